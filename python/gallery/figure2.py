"""Figure 2 of the paper as a publication figure: I-V curves at two rates, and what the microscope saw at the key moments.

    python figure2.py [FOLDER] [--quick]
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import pentatwin as pt

MOMENTS = "ABC"  # onset of thinning, highest current, break


def main(folder: Path, quick: bool) -> None:
    settings = {"shape": {"shells": 8} if quick else None, "band": 0, "companions": False}
    runs = {"100 mV/s": pt.run("fig2a", out=folder / "fig2a", **settings), "10 mV/s": pt.run("fig2b", out=folder / "fig2b", **settings)}

    plt.rcParams.update({"font.size": 8, "axes.linewidth": 0.6, "font.family": "sans-serif", "savefig.dpi": 300})
    figure = plt.figure(figsize=(7.0, 3.6), layout="constrained")
    curves, seen = figure.subfigures(1, 2, width_ratios=[1.05, 1.0])
    axes = curves.subplots()
    for (label, run), colour in zip(runs.items(), ("#b2182b", "#2166ac"), strict=True):
        moments = [m for m in run.attrs["moments"] if m["name"] in MOMENTS]
        # Up to the sample that saw the break: after it the source is off.
        curve = run.iv[: run.iv["time"].values.searchsorted(moments[-1]["time"]) + 1]
        (1e3 * curve).plot(ax=axes, color=colour, lw=1, label=label)
        for moment in moments:
            axes.plot(moment["voltage"], 1e3 * moment["current"], "o", ms=3, color=colour)
            if run is runs["100 mV/s"]:
                axes.annotate(moment["name"], (moment["voltage"], 1e3 * moment["current"]), (-9, 3), textcoords="offset points")
    axes.set(xlabel="Voltage (V)", ylabel="Current (mA)", ylim=(0, None), xlim=(0, None), title="")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")

    run = runs["100 mV/s"]
    moments = [m for m in run.attrs["moments"] if m["name"] in MOMENTS]
    for moment, panel in zip(moments, seen.subplots(len(moments), 1), strict=True):
        # Of A and B the last frame that was taken before, of the break the first one after it.
        frame = run.frames.sel(frame_time=moment["time"], method="bfill" if moment["name"] == "C" else "ffill").sel(y=slice(-800, 800))
        panel.imshow(frame, cmap="gray", extent=[frame.x[0] / 1e3, frame.x[-1] / 1e3, -0.8, 0.8], interpolation="bilinear")
        panel.set(xticks=[], yticks=[])
        text = f"{moment['name']}   {moment['voltage']:.2f} V, {1e3 * moment['current']:.1f} mA"
        panel.set_title(text, loc="left", fontsize=7, pad=2)
    panel.plot([3.9, 4.9], [-0.6, -0.6], "k-", lw=2)
    panel.text(4.4, -0.5, "1 µm", color="k", ha="center", fontsize=7)
    figure.savefig(folder / "figure2.png")
    figure.savefig(folder / "figure2.pdf")


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if not a.startswith("-")]
    folder = Path(arguments[0] if arguments else "figure2")
    folder.mkdir(parents=True, exist_ok=True)
    main(folder, "--quick" in sys.argv)
