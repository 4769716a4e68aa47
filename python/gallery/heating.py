"""A wire on a heating chip: how long until it breaks, by temperature. `python heating.py [FOLDER] [--quick]`"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import pentatwin as pt

quick = "--quick" in sys.argv
folder = Path(next((a for a in sys.argv[1:] if not a.startswith("-")), "."))
protocol = {"title": "Held at a temperature", "chip": {"kind": "heating"}, "numerics": {"tolerance": 1e-3}}
figure, axes = plt.subplots(layout="constrained")
for celsius in (700, 750) if quick else (550, 600, 650, 700, 750):
    hold = [{"heat": {"to": f"{celsius} degC", "rate": "100 K/s", "time": "20 s" if quick else "180 s"}}]
    run = pt.run({**protocol, "step": hold}, out=None, band=0)
    thinnest = 2e9 * run.truth.radius.sel(position=slice(0, None)).min("position")
    thinnest.plot(ax=axes, label=f"{celsius} °C")
    print(celsius, run.ended)
axes.set(xlabel="Time (s)", ylabel="Equal-area diameter at the thinnest place (nm)", title="", ylim=(0, None))
axes.legend(frameon=False)
figure.savefig(folder / "heating.png", dpi=200)
