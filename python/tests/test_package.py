"""The Python package as a user meets it: runs, records, errors, Ctrl-C, types."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import pentatwin as pt

# A run of some tens of milliseconds.
FAST = {"imaging": False, "band": 0, "out": None, "numerics": {"cells": 100}}


@pytest.fixture(scope="module")
def fast():
    """Figure 2a in memory."""
    return pt.run("fig2a", **FAST)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A recorded run with frames, made by the package."""
    out = tmp_path_factory.mktemp("recorded") / "run"
    return pt.run("fig2a", out=out, band=0, companions=False, shape="off", microscope={"pixels": 256, "interval": "2 s"}, numerics={"cells": 100})


def test_a_run_in_memory_breaks_as_figure_2a_does_and_writes_nothing(fast, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    again = pt.run("fig2a", **FAST)
    assert list(tmp_path.iterdir()) == [] and again.folder is None
    assert set(fast.events.kind) >= {"onset", "break", "trip"}
    assert fast.results.loc["breakdown_voltage", "value"] == pytest.approx(2.4, abs=0.2)  # the README's example
    xr.testing.assert_identical(fast.ds.drop_attrs(deep=False), again.ds.drop_attrs(deep=False))  # wall times differ
    xr.testing.assert_identical(fast.truth, again.truth)
    with pytest.raises(pt.RecordError, match="no frames"):
        fast.frames  # noqa: B018


def test_arrays_have_units_and_labels(fast, recorded):
    assert fast.iv.dims == ("voltage",) and fast.iv.attrs == {"units": "A", "long_name": "Current"}
    assert fast.iv["voltage"].attrs["units"] == "V" and fast.iv["time"].attrs["units"] == "s"
    assert float(fast.iv.max()) == pytest.approx(float(fast.samples.current.max()))
    assert recorded.frames.dims == ("frame_time", "y", "x") and recorded.frames.dtype == np.uint16
    assert {recorded.frames[d].attrs["units"] for d in ("x", "y")} == {"nm"}
    assert fast.truth.radius.attrs["units"] == "m"


def test_figures_come_from_xarray(fast, recorded):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    (line,) = fast.iv.plot()
    assert (plt.gca().get_xlabel(), plt.gca().get_ylabel()) == ("Voltage [V]", "Current [A]")
    assert len(line.get_xdata()) == fast.iv.size
    plt.figure()
    recorded.frames.isel(frame_time=-1).plot()
    assert "[nm]" in plt.gca().get_xlabel()
    plt.close("all")


def test_the_record_and_the_memory_hold_the_same(recorded):
    kept = pt.run("fig2a", out=None, band=0, shape="off", microscope={"pixels": 256, "interval": "2 s"}, numerics={"cells": 100})
    xr.testing.assert_identical(kept.truth.load(), recorded.truth.load())
    for name in recorded.ds.variables:
        np.testing.assert_array_equal(kept.ds[name].values, recorded.ds[name].values, err_msg=name)
    pd.testing.assert_frame_equal(kept.results, recorded.results)
    assert set(kept.images) == set(recorded.images) == {"gap"}
    np.testing.assert_array_equal(kept.images["gap"].values, recorded.images["gap"].values)
    assert kept.put_in.equals(recorded.put_in) and len(kept.checklist) == len(recorded.checklist) > 5


def test_a_record_of_the_command_line_opens_unchanged(run, recorded):
    made = run("fig2a", "--band", "0", "--no-imaging", "--no-companions", "--shape", "off", "--set", "numerics.cells=100")
    opened = pt.open(made.folder)
    ours = pt.run("fig2a", **FAST)
    np.testing.assert_array_equal(opened.iv.values, ours.iv.values)
    xr.testing.assert_identical(opened.truth.load(), ours.truth)
    assert opened.report == made.folder / "report.html"
    # And the other way round: the command line reads what the package wrote.
    result = subprocess.run([sys.executable, "-m", "pentatwin", "report", recorded.folder], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_settings_are_tables(tmp_path):
    thin = pt.run("fig2a", **FAST, wire={"diameter": "90 nm"}, step={0: {"sweep": {"rate": "1 V/s", "nplc": 0.1}}}, physics={"electromigration": False})
    values = thin.parameters.value
    assert values["wire.diameter"].strip('"') == "90 nm" and values["step[0].sweep.rate"].strip('"') == "1000 mV/s"
    assert values["physics.electromigration"] == "false"
    text = pt.show("fig2a", wire={"diameter": "90 nm"})
    assert 'diameter = "90 nm"' in text and pt.protocols()["fig2a"].startswith("Breakdown")
    as_text = pt.run(text, **FAST)
    as_dict = pt.run({"title": "x", "wire": {"diameter": "90 nm"}, "step": [{"sweep": {"to": "5 V", "rate": "1 V/s", "nplc": 0.1}}]}, **FAST)
    file = tmp_path / "my.toml"
    file.write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(pt.run(file, **FAST).iv.values, as_text.iv.values)
    assert as_dict.title == "x" and len(as_dict.iv) > 100


def test_errors_have_the_command_lines_text(binary, tmp_path):
    for protocol, sets, words in [
        ("fig2a", {"step": {0: {"sweep": {"rate": "100 mV"}}}}, ['--set', 'step[0].sweep.rate=100 mV']),
        ("fig2x", {}, []),
    ]:  # fmt: skip
        with pytest.raises(pt.ProtocolError) as raised:
            pt.run(protocol, **FAST, **sets)
        said = subprocess.run([binary, "show", protocol, *words], capture_output=True, text=True, check=False).stderr
        assert str(raised.value).split() == said.split()
    with pytest.raises(pt.RecordError, match="not a record|no record|cannot"):
        pt.open(tmp_path)
    (tmp_path / "something").touch()
    with pytest.raises(pt.RecordError, match="empty"):
        pt.run("fig2a", out=tmp_path, band=0)
    assert issubclass(pt.ProtocolError, pt.PentatwinError) and pt.ProtocolError.__module__ == "pentatwin"


INTERRUPTED = """
import os, signal, sys, pentatwin as pt
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background
heard = []
def progress(fraction, text):
    heard.append(text)
    if len(heard) == 2:
        os.kill(os.getpid(), signal.SIGINT)
try:
    pt.run("fig2b", seed=2, out=sys.argv[1], band=400, shape="off", imaging=False, numerics={"cells": 100}, progress=progress)
except KeyboardInterrupt as e:
    print(e.run.ended, "|", len(e.run.iv), "|", e.run.report is not None)
    print(e)
"""


def test_ctrl_c_ends_a_run_and_leaves_a_whole_record(tmp_path):
    result = subprocess.run([sys.executable, "-c", INTERRUPTED, tmp_path / "run"], capture_output=True, text=True, timeout=60, check=True)
    assert "True" in result.stdout and str(tmp_path / "run") in result.stdout, result.stdout + result.stderr
    assert len(pt.open(tmp_path / "run").iv) > 0


def test_the_gil_is_released():
    counted = []
    stop = threading.Event()

    def count():
        while not stop.wait(0.001):
            counted.append(time.perf_counter())

    thread = threading.Thread(target=count)
    thread.start()
    for seed in range(3):
        pt.run("fig2a", seed=seed, **FAST)
    stop.set()
    thread.join()
    assert len(counted) > 5  # with the GIL held the other thread would have come to nothing


def test_in_jupyter_a_run_shows_its_page(fast, recorded):
    page = recorded._repr_html_()
    assert page.startswith("<iframe") and "srcdoc=" in page and "<script" not in page.split("srcdoc=")[0]
    assert "Breakdown at 100 mV/s" in page
    assert "<table" in fast._repr_html_() and "Breakdown voltage" in repr(fast)


def test_importing_is_light():
    script = "import sys, pentatwin; print([m for m in ('numpy', 'xarray', 'pandas', 'matplotlib', 'zarr', 'dask') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_the_package_has_the_command(binary, tmp_path):
    script = Path(sys.executable).parent / "pentatwin"
    for words in (["--version"], ["show", "fig2a"], ["show", "nothing"], ["run", "fig2a", "--sets"]):
        ours, theirs = (subprocess.run([p, *words], capture_output=True, text=True, check=False) for p in (script, binary))
        assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)
    run = subprocess.Popen([script, "run", "fig2b", "--band", "5000", "--out", tmp_path / "run", "-q"], stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "run" / "iv.csv").exists():
        time.sleep(0.02)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == 130, said
    assert pt.open(tmp_path / "run").report is not None


@pytest.mark.long
def test_stubs_say_what_is_there():
    """mypy's stubtest on the hand-written stub."""
    pytest.importorskip("mypy")
    source = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "MYPYPATH": str(source)}
    command = [sys.executable, "-m", "mypy.stubtest", "pentatwin._core", "--mypy-config-file", source / "pyproject.toml"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=source.parent, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.long
def test_types_hold_together(tmp_path):
    """mypy, strict, on the package."""
    pytest.importorskip("mypy")
    source = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "mypy", "-p", "pentatwin", "--config-file", source / "pyproject.toml", "--cache-dir", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(source)}, cwd=source, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_seed_of_the_record_and_its_protocol_do_it_again(fast):
    again = pt.run(fast.protocol, seed=fast.seed, **FAST)
    np.testing.assert_array_equal(again.iv.values, fast.iv.values)
    assert json.loads(json.dumps(again.attrs["results"])) == fast.attrs["results"]
