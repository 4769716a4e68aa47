"""The exit wave that validation/tests/multislice.rs compares with is what abTEM gives today."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[2] / "validation" / "data"


@pytest.mark.long
def test_the_reference_wave_is_what_abtem_gives(tmp_path):
    if importlib.util.find_spec("abtem") is None:
        pytest.skip("abTEM is not installed: pip install abtem==1.0.11 into this environment to make the reference anew")
    # A process of its own: abTEM's warnings are not this project's.
    made = subprocess.run([sys.executable, DATA / "multislice_abtem.py", tmp_path], capture_output=True, text=True, check=True)
    print(made.stdout)
    kept, now = (np.fromfile(f / "multislice_abtem.f32", "<c8") for f in (DATA, tmp_path))
    assert kept.shape == now.shape == (96 * 96,)
    assert np.linalg.norm(now - kept) / np.linalg.norm(kept) < 1e-5
