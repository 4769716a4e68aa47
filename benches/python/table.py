"""Runs both sides of the comparison and prints one table. Processor time throughout: the machine may be shared.

Called by benches/run, which builds what this needs.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

BUILT = Path("target/release")
SLOW, RATES = "0.0033", ["0.0033", "0.1", "10"]


def rows(*command):
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def rate(volts_per_second):
    return f"{1e3 * volts_per_second:g} mV/s" if volts_per_second < 1 else f"{volts_per_second:g} V/s"


def whole_run(*options):
    """Processor seconds and peak memory [MB] of a whole `pentatwin run fig2a`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(BUILT / "pentatwin"), "run", "fig2a", "--quiet", "--out", folder + "/run", *options]
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
        _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    print(f"{date.today()}, {cpu_name()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, processor time (median, least)\n")

    print("| wire engine, sweep until it breaks | steps + rejected | break [V] | time [ms] | least [ms] |")
    print("|---|---|---|---|---|")
    tool = BUILT / "sweep_times"
    for r in rows(tool, "paper", 400, "0.0033", "0.01", "0.1", "10") + rows(tool, "paper", 250, SLOW) + rows(tool, "paper", 1000, SLOW):
        print(f"| {rate(r['rate'])}, N = {r['cells']} | {r['steps']} + {r['rejected']} | {r['voltage']:.4f} "
              f"| {r['cpu_ms']:.1f} | {r['cpu_ms_least']:.1f} |")

    print("\n| blocked contacts, no disorder | break, pentatwin [V] | numba [V] | pentatwin [ms] | numba [ms] | numba / pentatwin |")
    print("|---|---|---|---|---|---|")
    apart = 0.0
    compiled = 0.0
    for cells in (250, 400):
        ours = rows(tool, "reference", cells, *RATES)
        theirs = rows(sys.executable, Path(__file__).parent / "wire_numba.py", cells, *RATES)
        for a, b in zip(ours, theirs, strict=True):
            apart = max(apart, abs(a["voltage"] / b["voltage"] - 1))
            compiled = b["compile_s"]
            print(f"| {rate(a['rate'])}, N = {cells} | {a['voltage']:.4f} | {b['voltage']:.4f} | {a['cpu_ms']:.1f} | {b['cpu_ms']:.1f} "
                  f"| {b['cpu_ms'] / a['cpu_ms']:.1f} |")
    print(f"\nThe voltages agree within {100 * apart:.2g} %. numba compiles for {compiled:.1f} s first.")

    print("\n| whole run | processor time [s] | on two cores [s] | peak memory [MB] |")
    print("|---|---|---|---|")
    for name, options in [("alone: `--band 0 --no-companions`", ["--band", "0", "--no-companions"]),
                          ("with other rates and polarity beside it: `--band 0`", ["--band", "0"]),
                          ("the default, with 32 draws", [])]:
        time, memory = min(whole_run(*options) for _ in range(3))
        print(f"| {name} | {time:.2f} | {time / 2:.2f} | {memory:.0f} |")

    if apart > 0.01:
        sys.exit("the two do not agree within 1 %: their times cannot be compared")


if __name__ == "__main__":
    main()
