"""The silhouette of a needle (Talos F200X, probably its beam stop; ../shared/data/real/SOURCES.md): an edge test, there is no truth in nm."""

import csv
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile

SOURCE = Path(__file__).resolve().parents[4] / "shared" / "data" / "real" / "128x128-TEM_search_1.ser"
PIXEL = 5.2612  # nm
# Where the image begins in a TIA series file of one image, whose rows run upwards.
BEGINS = 138


@pytest.fixture(scope="module")
def outline(binary, tmp_path_factory):
    """Position, width and middle [nm] along the needle."""
    if not SOURCE.is_file():
        pytest.skip(f"no {SOURCE}: the real files are not part of the repository")
    image = np.frombuffer(SOURCE.read_bytes(), "<i4", 128 * 128, BEGINS).reshape(128, 128)[::-1]
    assert np.median(image) == 12424 and image.min() == 255  # SOURCES.md
    folder = tmp_path_factory.mktemp("talos")
    tifffile.imwrite(folder / "needle.tif", image.astype(np.uint16), photometric="minisblack", metadata=None)
    arguments = ["analyze", folder / "needle.tif", "--pixel", f"{PIXEL} nm", "--frame-time", "1 s", "--out", folder / "out", "--quiet"]
    subprocess.run([binary, *arguments], check=True, stdin=subprocess.DEVNULL)
    with open(folder / "out" / "widths.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["width_nm"]]
    return np.array([[float(row[key]) for key in ("position_nm", "width_nm", "centre_nm")] for row in rows]).T


def test_shaft_and_bulge_have_the_widths_of_the_notes(outline):
    position, width, _ = outline
    assert abs(np.median(width[position < -200]) - 121) < PIXEL
    assert abs(width.max() - 200) < 1.5 * PIXEL


def test_the_profile_is_smooth(outline):
    # Shaft, bulge and cone are each smooth: second differences from bin to bin stay below a pixel, but for the two corners.
    _, width, _ = outline
    bends = np.sort(np.abs(np.diff(width, 2)))
    assert np.median(bends) < 0.3 * PIXEL and bends[-3] < 1.5 * PIXEL


def test_the_outline_is_symmetric_about_a_straight_line(outline):
    position, _, middle = outline
    rest = middle - np.polyval(np.polyfit(position, middle, 1), position)
    assert np.sqrt(np.mean(rest**2)) < 0.5 * PIXEL


def test_the_taper_is_a_cone(outline):
    position, width, _ = outline
    cone = (position > 170) & (position < 320)
    line = np.polyfit(position[cone], width[cone], 1)
    assert np.sqrt(np.mean((width[cone] - np.polyval(line, position[cone])) ** 2)) < 0.5 * PIXEL
    assert -0.8 < line[0] < -0.4
