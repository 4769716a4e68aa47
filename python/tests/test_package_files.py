"""Movies in, archive formats out: HyperSpy, RosettaSciIO, Dask, NeXus as others meet them."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import pentatwin as pt

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "real"
# Public validator of NeXus files; its 40 packages are fetched by the long tier only.
PYNXTOOLS = ["pynxtools==0.16.0", "numpy==2.4.6", "h5py==3.16.0"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A recorded run with frames."""
    out = tmp_path_factory.mktemp("recorded") / "run"
    return pt.run("fig2a", out=out, band=0, companions=False, shape="off", microscope={"pixels": 512, "interval": "1 s"}, numerics={"cells": 100})


@pytest.fixture(scope="module")
def measured(recorded):
    """What is measured in its frames, as an array with its calibration."""
    return pt.analyze(recorded.frames, iv=recorded.iv)


@pytest.fixture(scope="module")
def hs():
    """HyperSpy."""
    return pytest.importorskip("hyperspy.api")


def real(name):
    """A real file; the tests on them are skipped where they are not at hand."""
    if not (REAL / name).exists():
        pytest.skip(f"../shared/data/real/{name} is not here")
    return REAL / name


def same(found, wanted):
    """Whether two analyses say the same, to round-off."""
    numbers = ["value", "uncertainty", "systematic"]
    pd.testing.assert_frame_equal(found.findings[numbers], wanted.findings[numbers], rtol=1e-9)
    assert found.events.name.tolist() == wanted.events.name.tolist()
    xr.testing.assert_allclose(found.measurements, wanted.measurements)


def test_a_movie_is_measured_alike_from_everything_python_has_it_in(recorded, measured, hs, tmp_path):
    import dask.array

    frames = recorded.frames
    # To the last bit: a pixel that differs by round-off alone shifts the widths by some 0.02 nm, far within their uncertainty.
    pixel = float(frames.x[-1] - frames.x[0]) / (len(frames.x) - 1) * 1e-9
    assert measured.measured["pixel"] == pytest.approx(pixel) and measured.folder is None
    assert "C" in set(measured.events.letter)
    # An array without a calibration says its times and sizes itself.
    bare = pt.analyze(frames.values, pixel=pixel, frame_time="1 s", iv=recorded.samples)
    lazy = pt.analyze(dask.array.from_array(frames.values, chunks=(1, -1, -1)), pixel=pixel, frame_time="1 s", iv=recorded.samples)
    same(lazy, bare)
    assert bare.findings.loc["width_at_start", "value"] == pytest.approx(measured.findings.loc["width_at_start", "value"])
    # Counted from the image's centre instead of contact 1, otherwise the same.
    signal = recorded.to_hyperspy()
    from_signal = pt.analyze(signal, iv=recorded.iv)
    signal.save(tmp_path / "movie.hspy")
    same(pt.analyze(tmp_path / "movie.hspy", iv=recorded.iv), from_signal)
    np.testing.assert_allclose(from_signal.measurements.measured_width, measured.measurements.measured_width, rtol=1e-6)


def test_the_command_line_measures_the_same(recorded, measured, binary, tmp_path):
    command = [binary, "analyze", recorded.folder, "--out", tmp_path / "cli", "-q"]
    subprocess.run(command, check=True, capture_output=True)
    table = pd.read_csv(tmp_path / "cli" / "findings.csv")
    # (The command line knows that a run's camera and source-meter share a clock.)
    shared = [k for k in measured.findings.index if k in set(table.key)]
    assert len(shared) > 20
    width = xr.open_zarr(tmp_path / "cli" / "analysis.zarr", group="measurements").measured_width
    np.testing.assert_allclose(width.values, measured.measurements.measured_width.values, rtol=1e-6)


def test_one_frame_at_a_time_is_asked_for(recorded):
    class Movie:
        """An array that is never whole."""

        shape, dtype, ndim = recorded.frames.shape, recorded.frames.dtype, 3
        asked: list[int] = []

        def __getitem__(self, k):
            self.asked.append(k)
            return recorded.frames[k].values

    movie = Movie()
    pt.analyze(movie, pixel="11.71875 nm", frame_time="1 s")
    assert set(movie.asked) == set(range(len(recorded.frames)))


def test_what_cannot_be_measured_is_said(recorded):
    with pytest.raises(pt.AnalyzeError, match="size of a pixel"):
        pt.analyze(recorded.frames.values, frame_time="1 s")
    with pytest.raises(ValueError, match="shape"):
        pt.analyze(np.zeros(5))
    with pytest.raises(ValueError, match="write it with its unit"):
        pt.analyze(recorded.frames, pixel="1 nmm")
    with pytest.raises(pt.AnalyzeError, match="nothing.tif"):
        pt.analyze("nothing.tif")
    colours = np.zeros((2, 8, 8), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(ValueError, match="colours"):
        pt.analyze(colours, pixel="1 nm", frame_time="1 s")


def test_hyperspy_reads_what_is_exported(recorded, hs, tmp_path):
    for to in ("hspy", "zspy"):
        path = recorded.export(to, tmp_path / f"run.{to}")
        opened = {s.metadata.General.title.split(": ")[-1]: s for s in hs.load(path, lazy=True)}
        frames = opened["frames"]
        assert frames.data.shape == recorded.frames.shape and frames._lazy
        np.testing.assert_array_equal(frames.data[3].compute(), recorded.frames[3].values)
        (time,), (x, y) = frames.axes_manager.navigation_axes, frames.axes_manager.signal_axes
        assert (time.name, time.units, x.name, x.units, y.units) == ("time", "s", "x", "nm", "nm")
        np.testing.assert_allclose(time.axis, recorded.frames.frame_time)
        np.testing.assert_allclose(x.axis, recorded.frames.x)
        tem = frames.metadata.Acquisition_instrument.TEM
        assert tem.beam_energy == 200 and tem.Virtual.seed == recorded.seed and "[wire]" in tem.Virtual.protocol
        np.testing.assert_array_equal(opened["current"].data.compute(), recorded.samples.current)


def test_a_spectrum_opens_as_eds(tmp_path, hs):
    pytest.importorskip("exspy")
    protocol = {"title": "EDX", "step": [{"sweep": {"to": "5 V", "rate": "10 V/s", "step": "5 mV", "nplc": 0.01}}, {"spectrum": {"at": "gap", "area": "60 nm"}}]}
    run = pt.run(protocol, out=tmp_path / "run", band=0, companions=False, shape="off")
    (name,) = run.spectra
    spectrum = run.to_hyperspy(name)
    assert type(spectrum).__name__ == "EDSTEMSpectrum" and spectrum.axes_manager[-1].units == "keV"
    loaded = {s.metadata.General.title: s for s in hs.load(run.export("hspy"))}
    (found,) = [s for title, s in loaded.items() if "spectrum" in title]
    assert found.metadata.Acquisition_instrument.TEM.Detector.EDS.live_time == run.spectra[name].attrs["live_time"]
    assert found.data.sum() == int(run.spectra[name].sum())
    assert [p.suffix for p in run.export("msa").iterdir()] == [".msa"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # RosettaSciIO leaves the file open
def test_stacks_and_tables_open_elsewhere(recorded, tmp_path):
    from rsciio.mrc import file_reader

    (stack,) = file_reader(str(recorded.export("mrc")), lazy=False)
    np.testing.assert_array_equal(stack["data"], recorded.frames.values)
    scale = {a["name"]: (a["scale"], a["units"]) for a in stack["axes"]}
    assert scale["x"] == (pytest.approx(6000 / 512), "nm") and scale["y"] == scale["x"]
    table = pd.read_csv(recorded.export("csv", tmp_path / "iv.csv"))
    np.testing.assert_allclose(table.current_A, recorded.samples.current)
    with pytest.raises(pt.ExportError, match="no format"):
        recorded.export("docx")
    with pytest.raises(pt.ExportError, match="in memory"):
        pt.run("fig2a", out=None, imaging=False, band=0).export("csv")


def test_the_command_line_exports_through_python(recorded, binary, hs, tmp_path):
    command = [binary, "export", recorded.folder, "--to", "hspy", "--out", tmp_path / "a.hspy"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PENTATWIN_PYTHON": sys.executable}, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "a.hspy") and "frames (" in done.stderr
    assert hs.load(tmp_path / "a.hspy")
    # A Python without the package.
    without = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PENTATWIN_PYTHON": sys._base_executable}, check=False)
    assert without.returncode == 2 and "does not have it" in without.stderr and "pip install" in without.stderr


def test_nexus_has_bias_current_and_heater_on_the_clock_of_the_frames(recorded, tmp_path):
    import h5py

    with h5py.File(recorded.export("nxem", tmp_path / "run.nxs")) as file:
        entry = file["entry1"]
        assert entry["definition"][()] == b"NXem" and entry.attrs["NX_class"] == "NXentry"
        event = entry["measurement/event1"]
        stage = event["instrument/stage1"]
        for name, ours in (("sample_bias_voltmeter", "voltage"), ("drain_current_ammeter", "current"), ("temperature_sensor", "chip_temperature")):
            log = stage[name]["value_log"]
            np.testing.assert_array_equal(log["value"], recorded.samples[ours])
            np.testing.assert_array_equal(log["time"], recorded.samples["time"])
            assert log["time"].attrs["start"] == entry["start_time"][()].decode()
        stack = event["image1/stack_2d"]
        np.testing.assert_array_equal(stack["real"], recorded.frames)
        np.testing.assert_array_equal(stack["frame_time"], recorded.frames.frame_time)
        assert stack["axis_i"].attrs["units"] == "nm"


@pytest.mark.long
def test_nexus_passes_the_public_validator(recorded, tmp_path):
    path = recorded.export("nxem", tmp_path / "run.nxs")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", *PYNXTOOLS], capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"pynxtools cannot be installed: {installed.stderr.strip()[-200:]}")
    said = subprocess.run([python.parent / "pynx", "validate", path], capture_output=True, text=True, check=False)
    assert "is valid" in said.stdout + said.stderr and "NOT valid" not in said.stdout + said.stderr, said.stdout + said.stderr


def test_a_real_lattice_image_opens_with_its_calibration():
    seen = pt.analyze(real("Acquisition_18.emd"), lattice=True, crystal="SrTiO3")
    assert seen.measured["pixel"] == pytest.approx(12.247e-12, rel=1e-3)  # SOURCES.md
    spacings = sorted(seen.findings.filter(like="spacing", axis=0)["value"].dropna())
    # Of {100} 0.4112 and 0.4092 nm as the image has them.
    assert any(s == pytest.approx(0.4112e-9, rel=0.01) for s in spacings) and any(s == pytest.approx(0.4092e-9, rel=0.01) for s in spacings)


def test_real_files_open_with_their_calibration():
    from pentatwin._frames import frames_of, read_file

    needle = frames_of(real("128x128-TEM_search_1.ser"))
    assert (needle.size, needle.frames) == ((128, 128), 1) and needle.pixel == pytest.approx((5.2612e-9, 5.2612e-9), rel=1e-3)
    kind, samples = needle.read(0)
    assert kind == "int32" and np.median(np.frombuffer(samples, kind)) == pytest.approx(12424, abs=1)  # SOURCES.md
    dark = frames_of(real("Camera Ceta Imaging Micro.emd"))
    assert dark.size == (512, 512) and np.frombuffer(*dark.read(0)[::-1]).mean() == pytest.approx(-1.57, abs=0.01)
    (spectrum,) = read_file(real("test-EDS_spectrum.dm3"))
    assert spectrum["data"].shape == (4096,) and int(np.asarray(spectrum["data"]).sum()) == 17051
    with pytest.raises(pt.AnalyzeError, match="movies or images"):
        frames_of(real("test-EDS_spectrum.dm3"))


def test_a_holder_log_keeps_its_own_times():
    log = pt.read_log(real("protochips_electrical.csv"))
    steps = np.diff(log.time)
    assert log.time.attrs["units"] == "s" and steps.min() < 0.05 and steps.max() == pytest.approx(0.151)  # uneven: SOURCES.md


def test_a_holder_log_of_temperatures_is_read_as_well():
    log = pt.read_log(real("protochips_thermal.csv"))
    assert list(log.data_vars) == ["chip_temperature"] and log.chip_temperature.attrs["units"] == "K"
    assert log.chip_temperature[0] == pytest.approx(298.15) and np.diff(log.time).min() < 0.05
