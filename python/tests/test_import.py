"""Logs from elsewhere as records: xarray opens them, at the log's own times."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

REAL = Path("/work/shared/data/real")

TABLE = "when (ms),Spannung,I (uA),stage\n0,0.1,1,a\n120,0.2,2,a\n310,0.3,nan,b\n"


def test_a_table_becomes_a_record_that_xarray_opens(binary, tmp_path):
    log = tmp_path / "sweep.csv"
    log.write_text(TABLE)
    out = tmp_path / "record"
    command = [binary, "import", log, "--out", out, "--columns", "time=when,voltage=Spannung (V),current=I", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["samples"] == 3
    run = xr.open_zarr(out / "run.zarr").load()
    np.testing.assert_allclose(run.time, [0, 0.12, 0.31], rtol=0, atol=1e-15)
    np.testing.assert_allclose(run.voltage, [0.1, 0.2, 0.3])
    np.testing.assert_allclose(run.current, [1e-6, 2e-6, np.nan])
    assert run.current.attrs["units"] == "A" and run.current.attrs["column"] == "I (uA)"
    assert run.stage.attrs["flag_meanings"] == "a b"
    assert "sweep.csv" in run.attrs["title"]
    page = (out / "report.html").read_text()
    assert "measured, not simulated" in page and "sweep.csv" in page
    # And again from the record alone.
    again = subprocess.run([binary, "report", out], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert again.returncode == 0 and (out / "report.html").read_text() == page


@pytest.mark.parametrize("name, samples, key", [("protochips_electrical.csv", 154, "voltage"), ("protochips_thermal.csv", 2578, "chip_temperature"), ("file1.dens", 7, "rheat")])
def test_real_logs(binary, tmp_path, name, samples, key):
    if not (REAL / name).is_file():
        pytest.skip(f"{REAL / name} is not here")
    result = subprocess.run([binary, "import", REAL / name, "--out", tmp_path / "r", "-q"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    run = xr.open_zarr(tmp_path / "r" / "run.zarr").load()
    assert run.sizes["time"] == samples and run[key].notnull().any()
    steps = np.diff(run.time)
    assert name == "file1.dens" or steps.std() > 1e-3, "its times are not even, and were not made so"


def test_what_is_wrong_is_said_with_its_line(binary, tmp_path):
    log = tmp_path / "bad.csv"
    log.write_text("time_s,voltage_V,current_A\n0,1,2\n1,x,3\n2,2,3\n")
    result = subprocess.run([binary, "import", log, "--out", tmp_path / "r"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 2 and "line 3" in result.stderr and "`x`" in result.stderr, result.stderr
    assert not (tmp_path / "r").exists()
