"""A run as NeXus, application definition NXem (NIAC, fairmat-nfdi.github.io/nexus_definitions/classes/applications/NXem.html), through h5py.

One event holds everything: frames, images, spectra, and on its stage the logs of bias, current and heater. All times count from the same
`start_time`: the frames' own (`frame_time` in the stack) and the logs'.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._signals import Signal, signals, word

if TYPE_CHECKING:
    from ._record import Run

# Where NXmanipulator has the three logs: group, what it measures, unit, our name.
_LOGS = (
    ("sample_bias_voltmeter", "voltage", "V", "voltage"),
    ("drain_current_ammeter", "current", "A", "current"),
    ("temperature_sensor", "temperature", "K", "chip_temperature"),
)


def write_nxem(run: Run, out: Path) -> str:
    """Writes the file; says what is in it."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError("h5py is needed for NeXus: pip install 'pentatwin[hdf5]'") from error
    provenance = run.attrs.get("provenance", {})
    started = str(provenance.get("started_utc", "1970-01-01T00:00:00Z")).replace("Z", "+00:00")
    last = max((float(run.ds[t][-1]) for t in ("time", "frame_time") if t in run.ds and run.ds.sizes[t]), default=0.0)
    ended = (datetime.fromisoformat(started) + timedelta(seconds=last)).isoformat(timespec="milliseconds")
    version = str(provenance.get("pentatwin", _core.version()))
    with h5py.File(out, "w") as file:
        file.attrs.update({"NX_class": "NXroot", "default": "entry1", "creator": "pentatwin", "creator_version": version})
        entry = _group(file, "entry1", "NXentry")
        _fields(entry, definition="NXem", start_time=started, end_time=ended, experiment_alias=run.title)
        entry["experiment_description"] = f"{run.title}. Simulated: {run.ended}"
        program = _group(_group(entry, "profiling", "NXcs_profiling"), "program1", "NXprogram")
        _program(program, version)
        sample = _group(entry, "sample1", "NXsample")
        _fields(sample, is_simulation=True, preparation_date=started, name="silver nanowire", atom_types="Ag")
        sample["description"] = f"five-fold twinned silver nanowire, diameter {word(run, 'wire.diameter')}; protocol and seed {run.seed} are in the note"
        # The protocol does it again: pentatwin run protocol.toml --seed N.
        note = _group(entry, "note1", "NXnote")
        _fields(note, type="application/toml", file_name="protocol.toml", data=np.bytes_(run.protocol.encode()))
        measurement = _group(entry, "measurement", "NXem_measurement")
        instrument = _group(measurement, "instrument", "NXem_instrument")
        _fields(instrument, name="virtual transmission electron microscope", type="tem")
        _fabrication(instrument)
        _column(instrument)
        event = _group(measurement, "event1", "NXem_event_data")
        _fields(event, start_time=started, end_time=ended, identifier_sample="sample1")
        state = _group(event, "instrument", "NXem_instrument")
        source = _column(state)
        source["voltage"] = 200e3  # the virtual microscope is one of 200 kV
        source["voltage"].attrs["units"] = "V"
        _stage(state, run, started)
        found = [s for s in signals(run) if s.data.ndim > 1 or s.signal_type]
        for k, s in enumerate(found, start=1):
            _signal(event, k, s, version)
        if found:
            entry.attrs["default"] = "measurement"
    logs = "" if not run.samples.sizes.get("time") else "voltage, current and chip temperature on one clock"
    return ", ".join([*(f"{s.title} ({' x '.join(map(str, s.data.shape))})" for s in found), logs])


def _group(parent: Any, name: str, nx_class: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def _fields(group: Any, **values: Any) -> None:
    for name, value in values.items():
        group[name] = value


def _program(group: Any, version: str) -> None:
    group["program"] = "pentatwin"
    group["program"].attrs["version"] = version


def _fabrication(parent: Any) -> None:
    _fields(_group(parent, "fabrication", "NXfabrication"), vendor="pentatwin", model="virtual microscope", serial_number="none: simulated")


def _column(instrument: Any) -> Any:
    source = _group(_group(instrument, "ebeam_column", "NXebeam_column"), "electron_source", "NXsource")
    _fields(source, emitter_type="field_emission", probe="electron")
    return source


def _stage(instrument: Any, run: Run, started: str) -> None:
    stage = _group(instrument, "stage1", "NXmanipulator")
    _fields(stage, name="chip in a biasing and heating holder", type="electrical biasing", design="two contacts; contact 2 is source HI")
    for name in ("tilt1", "tilt2", "rotation"):
        stage[name] = 0.0
        stage[name].attrs["units"] = "deg"
    stage["position"] = np.zeros(3)
    stage["position"].attrs["units"] = "m"
    samples = run.samples
    for group_name, measures, unit, ours in _LOGS:
        if ours not in samples or not samples.sizes["time"]:
            continue
        sensor = _group(stage, group_name, "NXsensor")
        _fields(sensor, measurement=measures, name=str(samples[ours].attrs.get("long_name", ours)))
        log = _group(sensor, "value_log", "NXlog")
        log.create_dataset("time", data=samples["time"].values)
        log["time"].attrs.update({"units": "s", "start": started})
        log.create_dataset("value", data=samples[ours].values)
        log["value"].attrs["units"] = unit


def _signal(event: Any, number: int, s: Signal, version: str) -> None:
    spectrum = bool(s.signal_type)
    parent = _group(event, f"{'spectrum' if spectrum else 'image'}{number}", "NXspectrum" if spectrum else "NXimage")
    process = _group(parent, "process", "NXprocess")
    process["detector_identifier"] = "virtual X-ray detector" if spectrum else "virtual camera or annular detector"
    _program(_group(process, "program1", "NXprogram"), version)
    if spectrum:
        data, names, name = _group(parent, "spectrum_0d", "NXdata"), ["axis_energy"], "intensity"
    elif s.data.ndim == 3:
        data, names, name = _group(parent, "stack_2d", "NXdata"), ["indices_image", "axis_j", "axis_i"], "real"
    else:
        data, names, name = _group(parent, "image_2d", "NXdata"), ["axis_j", "axis_i"], "real"
    data.attrs.update({"signal": name, "axes": names, **{f"{n}_indices": np.uint32(k) for k, n in enumerate(names)}})
    data["title"] = s.title
    chunks = (1, *s.data.shape[1:]) if s.data.ndim == 3 else None
    values = data.create_dataset(name, s.data.shape, s.data.dtype, chunks=chunks, compression="gzip", compression_opts=1)
    values.attrs["long_name"] = "Counts"
    for k, block in s.blocks():
        values[... if k is None else k] = block
    for axis, axis_name in zip(s.axes, names, strict=True):
        if axis_name == "indices_image":
            data[axis_name] = np.arange(axis.size, dtype=np.int64)
            data[axis_name].attrs["long_name"] = "Number of the frame"
            # NXdata allows further axes; the times of the frames, on the clock of the logs.
            data["frame_time"] = axis.values
            data["frame_time"].attrs.update({"units": "s", "long_name": "Middle of the exposure since start_time (s)"})
            data.attrs["frame_time_indices"] = np.uint32(0)
        else:
            data[axis_name] = axis.values
            data[axis_name].attrs.update({"units": axis.units, "long_name": f"{axis.name} ({axis.units})"})
    parent.attrs["default"] = data.name.rsplit("/", 1)[-1]
