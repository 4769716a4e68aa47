"""The compact model of a rewired gap in ngspice and in Rust: the same current over a sweep up and down."""

import os
import shutil
import subprocess

import numpy as np
import pytest

pytestmark = pytest.mark.long

# At the rise and at the fall the current goes over orders of magnitude within millivolts: within this of either the two are compared by where
# it happens, everywhere else by the current itself.
AT_THE_EDGE = 0.01  # V
EDGE = 1e-8  # A: what counts as risen, and as fallen
APART = 3e-3  # V: how far the two may rise or fall from each other


@pytest.fixture(scope="session")
def ngspice():
    """Debian's ngspice, installed if we may."""
    if shutil.which("ngspice") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "ngspice"]):
            subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    found = shutil.which("ngspice")
    if found is None:
        pytest.skip("no ngspice (Debian: apt-get install ngspice)")
    return found


@pytest.mark.parametrize(
    "options",
    [
        ("--gap", "10 nm", "--top", "3 V"),
        ("--gap", "20 nm", "--top", "3 V", "--surroundings", "humid", "--device-seed", "3"),
        ("--gap", "5 nm", "--top", "2 V", "--temperature", "320 K"),
    ],
    ids=["vacuum 10 nm", "humid 20 nm, a device of its own", "warm 5 nm"],
)
def test_ngspice_and_rust_agree_to_one_per_cent(binary, ngspice, tmp_path, options):
    deck, table = tmp_path / "deck.cir", tmp_path / "rust.csv"
    for to, out in (("spice-deck", deck), ("iv", table)):
        subprocess.run([binary, "compact", "--to", to, *options, "--out", out], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    ran = subprocess.run([ngspice, "-b", deck.name], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=200)
    assert (tmp_path / "compact.csv").is_file(), ran.stdout[-2000:] + ran.stderr[-2000:]
    t, source, minus_i, *_ = np.loadtxt(tmp_path / "compact.csv", skiprows=1).T
    rust = np.genfromtxt(table, delimiter=",", names=True)
    assert t[-1] == pytest.approx(rust["time_s"][-1], rel=1e-6), ran.stdout[-2000:]
    spice = np.interp(rust["time_s"], t, -minus_i)
    up = rust["time_s"] <= 0.5 * rust["time_s"][-1]
    rate = rust["source_V"].max() / (0.5 * rust["time_s"][-1])
    on = [time[np.abs(current) > EDGE] for time, current in ((t, minus_i), (rust["time_s"], rust["current_A"]))]
    (rise, fall), rust_edges = ([rate * times[0], rate * times[-1]] for times in on)
    assert 0.1 < rust_edges[0] < rust["source_V"].max(), "it rises within the sweep"
    assert abs(rise - rust_edges[0]) < APART and abs(fall - rust_edges[1]) < APART, f"edges {rise, fall} and {rust_edges} V"
    # Between rise and fall; outside the current is below 10 nA and goes a decade in each 0.13 nm.
    place = rate * rust["time_s"]
    seen = (place > rust_edges[0] + AT_THE_EDGE) & (place < rust_edges[1] - AT_THE_EDGE)
    assert seen[up].sum() > 100 and seen[~up].sum() > 100
    apart = np.abs(spice[seen] / rust["current_A"][seen] - 1.0)
    assert apart.max() < 0.01, f"{apart.max():.4f} at {rust['source_V'][seen][apart.argmax()]:.3f} V"
