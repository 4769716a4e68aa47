"""The gallery's scripts run as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GALLERY = Path(__file__).resolve().parents[1] / "gallery"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "real" / "Acquisition_18.emd"


def run(script, *arguments):
    command = [sys.executable, GALLERY / script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MPLBACKEND": "Agg"}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("script", ["figure2.py", "heating.py", "rates.py", "rewiring.py", "sweep.py"])
def test_a_script_draws_its_figure(script, tmp_path):
    run(script, tmp_path, "--quick")
    (picture,) = tmp_path.glob("*.png")
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000


def test_every_script_is_tested():
    tested = {"figure2.py", "heating.py", "rates.py", "rewiring.py", "sweep.py", "real_file.py"}
    assert {p.name for p in GALLERY.glob("*.py")} == tested


def test_a_real_file_is_analysed():
    if not REAL.exists():
        pytest.skip("../shared/data/real/Acquisition_18.emd is not here")
    # Corrected by the crystal the spacing of {100} is the crystal's: 0.3905 nm.
    assert "0.390" in run("real_file.py", REAL)
