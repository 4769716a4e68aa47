"""A series of devices swept at several rates, with device-to-device scatter: `python sweep.py [FOLDER] [--quick]`.

On a cluster change one line: client = Client(SLURMCluster(cores=1, processes=1, memory="1GB", walltime="01:00:00")).
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import pentatwin as pt

folder = Path(next((a for a in sys.argv[1:] if not a.startswith("-")), "."))
sweep = {
    "title": "Breakdown of a series of devices",
    "protocol": "fig2a",
    "seeds": 3 if "--quick" in sys.argv else 20,
    "vary": {
        "step[0].sweep.rate": ["10 mV/s", "100 mV/s"] if "--quick" in sys.argv else ["3.3 mV/s", "10 mV/s", "30 mV/s", "100 mV/s"],
        "wire.diameter": {"normal": "115 nm", "sd": "5 nm"},
        "chip.lead_resistance": {"lognormal": "223 ohm", "factor": 1.25},
    },
}
client = None  # this machine
ds = pt.sweep(sweep, client=client, out=folder / "series")
print(ds)

figure, axes = plt.subplots(layout="constrained")
ds.breakdown_voltage.plot.line(x="rate", ax=axes, marker="o", lw=0.5, color="0.7", add_legend=False)
ds.breakdown_voltage.median("seed").plot(ax=axes, marker="s", color="C3", label="median")
axes.set(xscale="log", xlabel="Sweep rate (V/s)", ylabel="Breakdown voltage (V)", title="Each grey line a device")
axes.legend(frameon=False)
figure.savefig(folder / "sweep.png", dpi=200)
