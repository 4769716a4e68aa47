"""A broken wire rewired by a second sweep (exploratory: see the README). `python rewiring.py [FOLDER]`"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import pentatwin as pt

folder = Path(next((a for a in sys.argv[1:] if not a.startswith("-")), "."))
run = pt.run("fig5", out=None, band=0, imaging=False, rewiring={"gap": "5 nm"})
print(run)
curve = run.iv.where(run.iv["time"] > run.events.time[run.events.kind == "power_off"].iloc[0] + 1, drop=True)
figure, axes = plt.subplots(layout="constrained")
abs(1e9 * curve).plot(ax=axes, yscale="log", lw=0.8)
axes.set(xlabel="Voltage (V)", ylabel="Current (nA)", title="The second sweep, up and back")
figure.savefig(folder / "rewiring.png", dpi=200)
