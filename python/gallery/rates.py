"""Rate dependence of the breakdown voltage with bands, in ten lines: `python rates.py [FOLDER] [--quick]`."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import pentatwin as pt

quick = "--quick" in sys.argv
sweeps = {0.0033: ("3.3 mV/s", 1), 0.01: ("10 mV/s", 1), 0.1: ("100 mV/s", 1), 1.0: ("1 V/s", 0.1), 10.0: ("10 V/s", 0.01)}
draws = {"imaging": False, "band": 4 if quick else 32, "out": None}
steps = {r: {0: {"sweep": {"rate": text, "nplc": nplc, "step": "5 mV"}}} for r, (text, nplc) in sweeps.items()}
runs = {r: pt.run("fig2a", **draws, step=step) for r, step in steps.items()}
found = pd.DataFrame({r: run.results.loc["breakdown_voltage", ["value", "low", "median", "high"]] for r, run in runs.items()}).T.astype(float)
plt.fill_between(found.index, found.low, found.high, alpha=0.25, label="16 to 84 % of the draws")
plt.plot(found.index, found["value"], "o-", label="this wire")
plt.gca().set(xscale="log", xlabel="Sweep rate (V/s)", ylabel="Breakdown voltage (V)")
plt.legend(frameon=False)
folder = Path(next((a for a in sys.argv[1:] if not a.startswith("-")), "."))
plt.savefig(folder / "rates.png", dpi=200)
print(found)
