"""The accuracy of `pentatwin analyze` on movies of generator.py, as a table in Markdown.

    python table.py target/release/pentatwin MOVIE.tif...

Each movie has its truth (.npz) beside it. Prints a line per movie and one for all of them; then what of issue 4 is missed.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import judge
import numpy as np

HEAD = """\
| movie | width [nm] | below 60 nm | gap | rupture, frames off | drift [px] | axis [°] | width within 1σ, median σ [nm] | gap within 1σ, median σ [nm] |
|---|---|---|---|---|---|---|---|---|"""


def command(binary: Path, movie: Path, truth: dict, out: Path) -> list[str]:
    """The command that measures a movie as a user would."""
    pixel, step = float(truth["pixel"]) * 1e9, float(truth["frame_time"])
    return [str(binary), "analyze", str(movie), "--pixel", f"{pixel:g} nm", "--frame-time", f"{step:g} s", "--out", str(out), "--quiet"]


def measure(binary: Path, movie: Path, out: Path) -> dict:
    """Measures a movie that has its truth beside it, and judges it."""
    with np.load(movie.with_suffix(".npz")) as file:
        truth = dict(file)
    ran = subprocess.run(command(binary, movie, truth, out), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode != 0:
        raise RuntimeError(f"{movie.name} was not measured: {ran.stderr}")
    return judge.judge(truth, judge.read(out))


def pooled(results: list[dict], name: str) -> float:
    """Part of all errors of all movies that is within the stated standard uncertainty."""
    stated = [r[name] for r in results if r.get(name, {}).get("count")]
    return sum(s["within_1"] * s["count"] for s in stated) / sum(s["count"] for s in stated)


def row(name: str, r: dict) -> str:
    """A line of the table."""

    def rms(key):
        return f"{r[key]['rms']:.2f}" if r.get(key, {}).get("count") else "-"

    def stated(key):
        return f"{r[key]['within_1']:.2f}, {r[key]['median_sigma']:.2f}" if r.get(key, {}).get("count") else "-"

    rupture = "not seen" if r["rupture_error"] is None else f"{r['rupture_error']:+d}" if r["rupture_error"] else "0"
    gaps = f" ({r['false_gaps']} false, {r['missed_gaps']} missed)" if r["false_gaps"] or r["missed_gaps"] else ""
    axis = r["axis_degrees"]
    cells = [name, rms("width"), rms("width_below_60"), rms("gap") + gaps, rupture, f"{r['drift_px']['rms']:.2f}", f"{axis['rms']:.3f}" if axis else "-"]
    return "| " + " | ".join([*cells, stated("width_sigma"), stated("gap_sigma")]) + " |"


def table_text(results: dict[str, dict]) -> str:
    """The table of several movies."""
    return "\n".join([HEAD, *(row(name, r) for name, r in results.items())])


def main():
    parser = argparse.ArgumentParser(description="The accuracy of pentatwin analyze on generated movies.")
    parser.add_argument("binary", type=Path)
    parser.add_argument("movies", type=Path, nargs="+")
    asked = parser.parse_args()
    print(HEAD)
    results = {}
    for movie in asked.movies:
        with tempfile.TemporaryDirectory() as folder:
            results[movie.stem] = measure(asked.binary, movie, Path(folder) / "out")
        print(row(movie.stem, results[movie.stem]), flush=True)
    shares = {name: pooled(list(results.values()), name) for name in ("width_sigma", "gap_sigma")}
    print("\nall errors together, within one stated sigma: " + ", ".join(f"{k.split('_')[0]} {100 * v:.0f} %" for k, v in shares.items()) + "\n")
    for name, result in results.items():
        for words in judge.missed(result, 2.0 if name == "quarter-dose" else 1.0):
            print(f"{name}: {words}")


if __name__ == "__main__":
    main()
