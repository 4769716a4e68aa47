"""The opponent of `pentatwin analyze`: a movie measured as one would with scikit-image.

    python benches/python/movie_chain.py [MOVIE.tif] [--variant flat] [--every 4] [--pentatwin target/release/pentatwin]

Needs benches/python/requirements-movie.txt. MOVIE.tif has its truth beside it (python/tests/movies/generator.py); without one, the movie
is made in memory. Prints errors (by python/tests/movies/judge.py) and processor time. With --pentatwin, that measures the same file in the same run.

Two chains, both after a Gaussian of 2 pixels:
  otsu     Otsu's threshold, largest regions, medial axis: the width is twice the distance to the edge on the skeleton
  careful  threshold at three standard deviations from the background, pixels counted across the wire, whose angle is that of the second moments
and two drifts by phase_cross_correlation against the first frame: as it is by default, and without normalisation.

What the chains are given for nothing: where the contact is (it is cut off), the true drift to place their profiles, and no time for reading.
"""

import argparse
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from skimage.filters import gaussian, threshold_otsu
from skimage.measure import label, regionprops
from skimage.morphology import medial_axis
from skimage.registration import phase_cross_correlation

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python" / "tests" / "movies"))
import generator  # noqa: E402
import judge  # noqa: E402

LEAST = 300  # pixels of a region that is kept


class Clock:
    """Processor time of the stages [s]."""

    def __init__(self):
        self.spent = {}

    def __call__(self, stage, function, *arguments, **named):
        start = time.process_time()
        out = function(*arguments, **named)
        self.spent[stage] = self.spent.get(stage, 0.0) + time.process_time() - start
        return out


def regions(mask):
    """The pieces of wire, from left to right: at most the two largest."""
    found = [r for r in regionprops(label(mask)) if r.area >= LEAST]
    found = sorted(found, key=lambda r: r.area)[-2:]
    # A second piece is one only if it is no speck beside the first.
    return sorted((r for r in found if r.area > 0.05 * found[-1].area), key=lambda r: r.centroid[1])


def angle_of(pieces):
    """From +x towards +y, weighted by area."""
    # regionprops measures from the rows' axis.
    angles = [(math.pi / 2 - r.orientation + math.pi / 2) % math.pi - math.pi / 2 for r in pieces]
    return float(np.average(angles, weights=[r.area for r in pieces])) if pieces else math.nan


def ends(pieces):
    """Columns where the left piece ends and the right one begins, or NaN."""
    if len(pieces) < 2:
        return math.nan, math.nan
    return pieces[0].bbox[3] - 0.5, pieces[1].bbox[1] - 0.5


def otsu_chain(smooth):
    """Width in each column, ends of the gap, angle."""
    mask = smooth < threshold_otsu(smooth)
    pieces = regions(mask)
    skeleton, distance = medial_axis(mask, return_distance=True)
    width = np.full(mask.shape[1], np.nan)
    # Where the skeleton branches, the thickest branch is the wire.
    rows, columns = np.nonzero(skeleton)
    np.fmax.at(width, columns, 2 * distance[rows, columns])
    return width, ends(pieces), angle_of(pieces)


def careful_chain(smooth):
    """The same, by someone who knows that a threshold in the middle of the greys eats the wire's thin rim."""
    background = np.median(smooth)
    sigma = 1.4826 * np.median(np.abs(smooth[smooth > background] - background))
    mask = smooth < background - 3 * sigma
    pieces = regions(mask)
    kept = np.zeros_like(mask)
    for r in pieces:
        kept[r.bbox[0] : r.bbox[2], r.bbox[1] : r.bbox[3]] |= r.image_filled
    angle = angle_of(pieces)
    width = kept.sum(axis=0) * math.cos(angle) if pieces else np.full(mask.shape[1], np.nan)
    return width.astype(float), ends(pieces), angle


CHAINS = {"otsu": otsu_chain, "careful": careful_chain}
DRIFTS = {"phase": "phase", "plain": None}


def measure(frames, truth, sample):
    """Both chains and both drifts on the sampled frames: measurements for the judge, and the clock."""
    clock = Clock()
    pixel, size = float(truth["pixel"]), truth["position"].size
    c, s, offset = math.cos(truth["axis_angle"]), math.sin(truth["axis_angle"]), float(truth["axis_offset"]) / pixel
    edges = np.asarray(truth["contact_edges"]) / pixel + (size - 1) / 2
    first = int(edges[0]) + 30 if np.isfinite(edges[0]) else 0
    last = int(edges[1]) - 30 if np.isfinite(edges[1]) else size
    dark_field = '"mode": "haadf"' in str(truth["parameters"])
    found = {name: {"width": [], "gap": [], "angle": []} for name in CHAINS}
    drift = {name: [] for name in DRIFTS}
    reference = None
    for index in sample:
        frame = frames(index)
        if reference is None:
            reference = frame
        for name, normalization in DRIFTS.items():
            shift = clock(f"drift {name}", phase_cross_correlation, reference, frame, upsample_factor=10, normalization=normalization)[0]
            drift[name].append((-shift[1], -shift[0]))
        smooth = clock("gaussian", lambda: gaussian((frame[:, first:last] * (-1.0 if dark_field else 1.0)).astype(np.float32), 2, preserve_range=True))
        # From a column to u: where it crosses the axis, in the specimen.
        dx = truth["drift_x"][index] / pixel
        column = np.arange(first, last) - dx - (size - 1) / 2
        u = (column + offset * s) / c
        for name, chain in CHAINS.items():
            width, (left, right), angle = clock(name, chain, smooth)
            found[name]["width"].append(np.interp(truth["position"] / pixel, u, width, left=np.nan, right=np.nan))
            found[name]["gap"].append([((x + first - dx - (size - 1) / 2) + offset * s) / c for x in (left, right)])
            found[name]["angle"].append(angle)
    measured = {}
    for name, result in found.items():
        gap = np.array(result["gap"])
        shown = np.flatnonzero(np.isfinite(gap[:, 0]))
        measured[name] = judge.Measured(
            time=truth["time"][sample],
            position=truth["position"],
            width=np.array(result["width"]) * pixel,
            gap_left=gap[:, 0] * pixel,
            gap_right=gap[:, 1] * pixel,
            axis_angle=np.array(result["angle"]),
            rupture=int(sample[shown[0]]) if shown.size else None,
        )
    for name, shifts in drift.items():
        x, y = np.array(shifts).T * pixel
        empty = np.full((len(sample), truth["position"].size), np.nan)
        measured[f"drift {name}"] = judge.Measured(time=truth["time"][sample], position=truth["position"], width=empty, drift_x=x, drift_y=y)
    return measured, clock.spent


def pentatwin(binary, movie, truth):
    """`pentatwin analyze` on the whole file: errors, processor time [s], largest memory [bytes]."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [binary, "analyze", movie, "--pixel", f"{float(truth['pixel']) * 1e9:g} nm", "--frame-time", f"{float(truth['frame_time']):g} s"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*map(str, command), "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return judge.judge(truth, judge.read(out)), spent, after.ru_maxrss * 1024


def row(name, result, rate):
    """A line of the table."""

    def pair(key):
        entry = result.get(key, {})
        return f"{entry['bias']:+.1f} / {entry['rms']:.1f}" if entry.get("count") else ""

    axis, drift = result.get("axis_degrees"), result.get("drift_px")
    cells = [name, pair("width"), pair("width_below_60"), pair("gap")]
    cells += [f"{result['false_gaps']} / {result['missed_gaps']}" if "false_gaps" in result else ""]
    cells += [f"{result['rupture']} ({result['true_rupture']})" if result["rupture"] is not None else ""]
    cells += [f"{drift['rms']:.2f} / {drift['median']:.2f}" if drift else "", f"{axis['rms']:.2f}" if axis else "", f"{rate:.2f}"]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description="A movie measured with scikit-image: errors and processor time.")
    parser.add_argument("movie", type=Path, nargs="?")
    parser.add_argument("--variant", choices=generator.VARIANTS, default="flat", help="if there is no MOVIE")
    parser.add_argument("--every", type=int, default=4, help="frames: each of so many")
    parser.add_argument("--pentatwin", type=Path, metavar="BINARY")
    parser.add_argument("--size", type=int, default=1024, help="pixels, if there is no MOVIE; the field stays 1024 nm wide")
    parser.add_argument("--frames", type=int, default=200, help="if there is no MOVIE; it parts after 70 % of them")
    asked = parser.parse_args()
    made = {"size": asked.size, "frames": asked.frames, "rupture": round(0.7 * asked.frames)}
    if asked.size != 1024:
        made["pixel"] = generator.variant(asked.variant).pixel * 1024 / asked.size
    parameters = generator.variant(asked.variant, **made)
    with tempfile.TemporaryDirectory() as folder:
        if asked.movie is None and asked.pentatwin:
            asked.movie = Path(folder) / "movie.tif"
            generator.write(asked.movie, parameters)
        if asked.movie is None:
            scene = generator.Scene(parameters)
            truth, frames = scene.truth(), scene.frame
        else:
            import tifffile

            with np.load(asked.movie.with_suffix(".npz")) as file:
                truth = dict(file)
            frames = tifffile.memmap(asked.movie, mode="r").__getitem__
        sample = np.arange(0, truth["time"].size, asked.every)
        measured, spent = measure(frames, truth, sample)
        results = {name: judge.judge(truth, m) for name, m in measured.items()}

        print("| | width, bias / rms [nm] | below 60 nm | gap | gaps false / missed | rupture (true) | drift, rms / median [px] | axis [°] | frames/s |")
        print("|---|---|---|---|---|---|---|---|---|")
        count = len(sample)
        for name in CHAINS:
            print(row(name, results[name], count / (spent["gaussian"] + spent[name])))
        for name in DRIFTS:
            print(row(f"drift {name}", results[f"drift {name}"], count / spent[f"drift {name}"]))
        for name in CHAINS:
            whole = count / (spent["gaussian"] + spent[name] + spent["drift plain"])
            print(f"| {name} with drift, end to end | | | | | | | | {whole:.2f} |")
        if asked.pentatwin:
            result, seconds, memory = pentatwin(asked.pentatwin, asked.movie, truth)
            print(row("pentatwin analyze", result, result["frames"] / seconds))
            print(f"\npentatwin's largest memory: {memory / 1e6:.0f} MB, {memory / (2 * truth['position'].size ** 2):.1f} frames of 16 bits")
        print(f"\n{count} frames; processor time of a frame: " + ", ".join(f"{k} {1e3 * v / count:.0f} ms" for k, v in spent.items()))


if __name__ == "__main__":
    main()
