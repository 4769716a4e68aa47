"""EDX of FePt nanoparticles at 200 kV (Rossouw et al. 2015; ../shared/data/real/SOURCES.md): counts and composition with the vendor's k."""

import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[4] / "shared" / "data" / "real" / "EDS_TEM_FePt_nanoparticles.hspy"
# Of the particles, their carbon film, the copper grid, and the microscope.
FAMILIES = ["Fe K=1.450226", "Pt L=5.075602", "Pt M", "C K", "N K", "O K", "Fe L", "Cu L", "Cu K", "Si K", "Co K", "Al K", "Zr K"]


@pytest.fixture(scope="module")
def fit(release, tmp_path_factory):
    """Families with counts, uncertainty, critical level and limit; elements with mass and atomic per cent and their uncertainties."""
    if not SOURCE.is_file():
        pytest.skip(f"no {SOURCE}: the real files are not part of the repository")
    with h5py.File(SOURCE) as file:
        (experiment,) = file["Experiments"].values()
        counts, axis = experiment["data"][:], dict(experiment["axis-0"].attrs)
        energies = axis["offset"] + axis["scale"] * np.arange(len(counts))
    assert len(counts) == 992 and axis["scale"] == pytest.approx(0.020028, abs=1e-6)  # SOURCES.md
    table = tmp_path_factory.mktemp("fept") / "table.txt"
    np.savetxt(table, np.c_[energies, counts])
    said = subprocess.run([release / "examples" / "edx_fit", table, "133.3", *FAMILIES], check=True, capture_output=True, text=True)
    print(said.stderr)
    rows = [line.split(",") for line in said.stdout.splitlines()]
    return {row[0]: [float(value) for value in row[1:]] for row in rows}


def test_iron_is_15_atomic_percent_with_the_vendors_k(fit):
    # From net counts in windows of one width: 15.4 (imaging.md 2.6).
    _, _, atomic, uncertainty = fit["Fe"]
    print(f"Fe {atomic:.2f} +- {uncertainty:.2f} at%")
    assert abs(atomic - 15.4) < 1.5
    assert uncertainty < 0.5


def test_platinum_m_over_l_is_that_of_the_declared_factor(fit):
    # The tables give 1.84 for the families; edx.platinum_m = 0.9 makes it 1.65.
    assert fit["Pt M"][0] / fit["Pt L"][0] == pytest.approx(1.65, abs=0.05)


def test_what_is_not_there_is_not_detected(fit):
    for there in ["Fe K", "Pt L", "Pt M", "C K", "Cu K", "Si K"]:
        assert fit[there][0] > fit[there][2], there
    # Aluminium and cobalt are at the edge: whatever they are, they are less than a hundredth of platinum.
    assert abs(fit["Co K"][0]) < 0.02 * fit["Pt L"][0] and abs(fit["Al K"][0]) < 0.02 * fit["Pt M"][0]
