"""xarray opens a record while it is written, after a kill and on a full disk, and finds each quantity described."""

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

# Of examples/slow_writer.rs: a sample each ms, mV and µA as ms, a profile every tenth, of 720 cells.
SAMPLES_PER_PROFILE = 10
CELLS = 720


def check(store: Path) -> tuple[int, int]:
    """Open both groups as a user does; the numbers of samples and profiles. All that is there must be what was written."""
    with xr.open_zarr(store) as root, xr.open_zarr(store, group="truth") as truth:
        n, profiles = root.sizes["time"], truth.sizes["profile_time"]
        np.testing.assert_array_equal(root.time, np.arange(n) * 1e-3)
        np.testing.assert_array_equal(root.voltage, root.time)
        np.testing.assert_array_equal(root.current, np.arange(n) * 1e-6)
        assert (np.diff(root.time) > 0).all()
        assert not root.flags.any()
        assert truth.radius.shape == truth.temperature.shape == (profiles, CELLS)
        expected = (np.arange(profiles) * 1e-9).astype("float32")
        np.testing.assert_array_equal(truth.radius, np.broadcast_to(expected[:, None], (profiles, CELLS)))
        assert (truth.temperature == 300).all()
        assert (truth.wire_volume == 1e-19).all()
    return n, profiles


def test_xarray_opens_a_record_while_it_is_written(slow_writer, tmp_path):
    folder = tmp_path / "run"
    total = 4000
    with subprocess.Popen([slow_writer, folder, str(total), "600"], stdout=subprocess.PIPE) as writer:
        seen = []
        while writer.poll() is None:
            if (folder / "run.zarr" / "zarr.json").exists():
                seen.append(check(folder / "run.zarr"))
        assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len({n for n, _ in seen}) >= 5, seen  # it grew while it was read
    assert check(folder / "run.zarr") == (total, total // SAMPLES_PER_PROFILE)
    assert xr.open_zarr(folder / "run.zarr").attrs["ended"] == "end of the samples"


@pytest.mark.parametrize("kill", range(10))
def test_xarray_opens_a_record_after_kill_9(slow_writer, tmp_path, kill):
    folder = tmp_path / "run"
    with subprocess.Popen([slow_writer, folder, "100000000", "0"]) as writer:
        while not (folder / "run.zarr" / "zarr.json").exists():
            assert writer.poll() is None
        time.sleep(random.Random(kill).uniform(0, 1.5))
        writer.send_signal(signal.SIGKILL)
    n, profiles = check(folder / "run.zarr")
    # The clocks are committed together, at most a profile apart.
    assert profiles in (n // SAMPLES_PER_PROFILE, n // SAMPLES_PER_PROFILE + 1)
    assert "ended" not in xr.open_zarr(folder / "run.zarr").attrs


def test_the_samples_are_in_the_table_as_well(slow_writer, tmp_path):
    subprocess.run([slow_writer, tmp_path / "run", "3000", "0"], check=True, stdout=subprocess.DEVNULL)
    table = np.genfromtxt(tmp_path / "run" / "iv.csv", delimiter=",", names=True)
    assert table.dtype.names == ("time_s", "voltage_V", "current_A", "flags")  # design.md, section 5
    with xr.open_zarr(tmp_path / "run" / "run.zarr") as root:
        for column, name in zip(table.dtype.names, ["time", "voltage", "current", "flags"]):
            np.testing.assert_array_equal(table[column], root[name])


def test_a_full_disk_is_said_and_leaves_the_record_readable(slow_writer, tmp_path):
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=2m tmpfs "$1" || exit 77; "$2" "$1/run" 100000000 0; code=$?; cp -r "$1/run" "$3"; exit $code'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", disk, slow_writer, copy]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode == 77 or "unshare" in result.stderr:
        pytest.skip("this machine lets no small disk be mounted")
    assert result.returncode == 1
    assert "DiskFull" in result.stderr
    n, _ = check(copy / "run.zarr")
    assert n > 1000
    lines = (copy / "iv.csv").read_text()
    assert lines.endswith("\n")
    assert all(line.count(",") == 3 for line in lines.splitlines())


def test_every_quantity_is_described(slow_writer, tmp_path):
    subprocess.run([slow_writer, tmp_path / "run", "10", "0"], check=True, stdout=subprocess.DEVNULL)
    tree = xr.open_datatree(tmp_path / "run" / "run.zarr", engine="zarr")
    assert tree.attrs["record_version"] == 1
    for node in tree.subtree:
        for name, variable in node.to_dataset().variables.items():
            assert variable.attrs["units"] and variable.attrs["long_name"], name
    assert tree["truth/radius"].attrs["units"] == "m"
    assert tree["time"].dtype == "float64", "a time in seconds, not a date"
    kind = tree["event_kind"]
    words = dict(zip(kind.attrs["flag_values"], kind.attrs["flag_meanings"].split()))
    assert words[int(kind[0])] == "power_off"
    assert len(tree["flags"].attrs["flag_masks"]) == len(tree["flags"].attrs["flag_meanings"].split())


def test_readers_without_consolidated_metadata_see_a_finished_record_too(slow_writer, tmp_path):
    subprocess.run([slow_writer, tmp_path / "run", "5000", "0"], check=True, stdout=subprocess.DEVNULL)
    store = tmp_path / "run" / "run.zarr"
    for group in [None, "truth"]:
        with xr.open_zarr(store, group=group, consolidated=False) as plain, xr.open_zarr(store, group=group) as usual:
            xr.testing.assert_identical(plain, usual)
    shutil.rmtree(store)
