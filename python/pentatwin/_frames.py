"""Movies from whatever Python has them in, frame by frame: arrays, xarray, HyperSpy signals, files that RosettaSciIO reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from . import _core

# Units as microscopes write them, beyond what the program reads itself.
_LENGTHS = {"n_m": 1e-9, "nanometer": 1e-9, "micron": 1e-6, "µm": 1e-6, "\u03bcm": 1e-6, "um": 1e-6, "Å": 1e-10, "A": 1e-10, "angstrom": 1e-10}
# Types that the program takes as they are.
_TAKEN = {"uint8", "uint16", "int16", "uint32", "int32", "float32"}
# What the program reads itself.
_OWN = {".tif", ".tiff", ".png"}


@dataclass
class Frames:
    """A movie: what _core asks for (python/src/movie.rs)."""

    name: str
    size: tuple[int, int]
    frames: int
    pixel: tuple[float, float] | None
    times: list[float] | None
    origin: float | None
    read: Callable[[int], tuple[str, bytes]]


def frames_of(movie: Any, dataset: int | None = None) -> Frames | Path:
    """The frames of a movie; a path if the program reads it itself."""
    if isinstance(movie, str | os.PathLike):
        path = Path(movie)
        if path.is_dir() and path.suffix.lower() != ".zspy" or path.suffix.lower() in _OWN or not path.exists():
            return path
        return _of_file(path, dataset)
    if hasattr(movie, "axes_manager"):
        return _of_signal(movie)
    if hasattr(movie, "dims") and hasattr(movie, "coords"):
        return _of_xarray(movie)
    return _of_array(movie, "movie")


def _of_array(data: Any, name: str, pixel: Any = None, times: Any = None, origin: float | None = None) -> Frames:
    """Of (frame, y, x) or (y, x): NumPy, Dask or the like, of which one frame at a time is computed."""
    if not hasattr(data, "shape") or not hasattr(data, "dtype"):
        data = np.asarray(data)
    if data.ndim not in (2, 3):
        raise ValueError(f"a movie has the dimensions (frame, y, x), an image (y, x); this has the shape {data.shape}")
    if data.dtype.names or data.dtype.kind not in "biuf":
        raise ValueError(f"samples of type {data.dtype} are no counts: turn a movie in colours into grey")
    height, width = data.shape[-2:]
    return Frames(name, (width, height), 1 if data.ndim == 2 else data.shape[0], pixel, times, origin, lambda k: _samples(data if data.ndim == 2 else data[k]))


def _samples(frame: Any) -> tuple[str, bytes]:
    values = np.asarray(frame)
    kind = values.dtype.newbyteorder("=")
    if kind.kind == "b":
        kind = np.dtype("uint8")
    elif kind.name not in _TAKEN:
        # Wide integers mostly hold small ones.
        whole = kind.kind in "iu" and values.size and np.abs(values).max() < 2**31
        kind = np.dtype(("uint8" if kind.itemsize == 1 else "int32") if whole else "float32")
        if values.dtype.kind == "i" and values.dtype.itemsize == 1:
            kind = np.dtype("int16")
    return kind.name, np.ascontiguousarray(values, dtype=kind).tobytes()


def metres(units: Any) -> float | None:
    """Metres in a unit of length; None if it is none."""
    text = str(units).strip()
    if text in _LENGTHS:
        return _LENGTHS[text]
    return _in_si(text, "1 m")


def seconds(units: Any) -> float | None:
    """Seconds in a unit of time; None if it is none."""
    text = str(units).strip()
    return {"sec": 1.0, "seconds": 1.0, "second": 1.0, "msec": 1e-3}.get(text) or _in_si(text, "1 s")


def _in_si(text: str, example: str) -> float | None:
    if not text or text[0].isdigit():
        return None
    try:
        return _core.quantity(f"1 {text}", example)
    except ValueError:
        return None


def _pitch(values: Any, units: Any) -> float | None:
    metre = metres(units)
    if metre is None or len(values) < 2:
        return None
    return abs(float(values[-1]) - float(values[0])) / (len(values) - 1) * metre


def _of_xarray(movie: Any) -> Frames:
    *first, y, x = movie.dims
    axis = {d: movie.coords[d] for d in movie.dims if d in movie.coords}
    steps = [_pitch(axis[d].values, axis[d].attrs.get("units")) if d in axis else None for d in (x, y)]
    pixel = (steps[0], steps[1]) if None not in steps else None
    times = None
    if first and first[0] in axis and (second := seconds(axis[first[0]].attrs.get("units"))) is not None:
        times = [float(t) * second for t in axis[first[0]].values]
    # The frames of a run count x from contact 1 (docs/record.md).
    ours = first == ["frame_time"] and metres(axis[x].attrs.get("units") if x in axis else None) == 1e-9
    origin = float(axis[x].values[0] + axis[x].values[-1]) / 2 * 1e-9 if ours and x in axis else None
    # One frame at a time, whether NumPy, Dask or a file is behind it.
    made = _of_array(movie.variable if movie.ndim == 2 else movie, str(movie.name or "movie"), pixel, times, origin)
    if movie.ndim == 3:
        made.read = lambda k: _samples(movie.isel({first[0]: k}).values)
    else:
        made.read = lambda _: _samples(movie.values)
    return made


def _of_signal(signal: Any) -> Frames:
    manager = signal.axes_manager
    if len(manager.signal_axes) != 2 or len(manager.navigation_axes) > 1:
        raise ValueError(f"a movie is a signal of images, (time | x, y) or (| x, y); this is {signal}")
    axes = [*manager.navigation_axes, manager.signal_axes[1], manager.signal_axes[0]]
    described = [{"values": a.axis, "units": a.units} for a in axes]
    title = signal.metadata.get_item("General.title", "") or "signal"
    return _of_axes(signal.data, str(title), described)


def _of_axes(data: Any, name: str, axes: list[dict[str, Any]]) -> Frames:
    """Of an array and its axes in the array's order."""
    steps = [_pitch(a["values"], a["units"]) for a in (axes[-1], axes[-2])]
    pixel = (steps[0], steps[1]) if None not in steps else None
    times = None
    if len(axes) == 3 and (second := seconds(axes[0]["units"])) is not None:
        times = [float(t) * second for t in axes[0]["values"]]
    return _of_array(data, name, pixel, times)


def read_file(path: Path) -> list[dict[str, Any]]:
    """What RosettaSciIO finds in a file of a microscope, its data not read yet: dictionaries with data, axes, metadata.

    Raises `ImportError` without RosettaSciIO, `AnalyzeError` if it cannot read the file.
    """
    try:
        from rsciio import IO_PLUGINS
    except ImportError as error:
        raise ImportError(f"RosettaSciIO reads {path.suffix} files: pip install 'pentatwin[files]' (it is GPL-3, therefore not required)") from error
    extension = path.suffix.lower().removeprefix(".")
    failures = []
    for plugin in IO_PLUGINS:
        known = [e.lower() for e in _field(plugin, "file_extensions")]
        if extension not in known:
            continue
        try:
            found: list[dict[str, Any]] = import_module(_field(plugin, "api")).file_reader(str(path), lazy=True)
            return found
        except Exception as error:  # noqa: BLE001, another reader may know better
            failures.append(f"{_field(plugin, 'name')}: {error}")
    why = "; ".join(failures) or f"RosettaSciIO has no reader for .{extension}"
    raise _core.AnalyzeError(f"{path} cannot be read: {why}")


def _field(plugin: Any, name: str) -> Any:
    return plugin[name] if isinstance(plugin, Mapping) else getattr(plugin, name)


def _of_file(path: Path, dataset: int | None) -> Frames:
    found = read_file(path)
    images = [k for k, d in enumerate(found) if d["data"].ndim in (2, 3) and sum(not a.get("navigate", False) for a in d["axes"]) == 2]
    if dataset is not None:
        images = [dataset] if 0 <= dataset < len(found) else []
    if len(images) != 1:
        listed = ", ".join(f"{k}: {_title(d)} {tuple(d['data'].shape)}" for k, d in enumerate(found))
        raise _core.AnalyzeError(f"{path} has {len(images)} movies or images to choose from; say which with dataset=N ({listed})")
    chosen = found[images[0]]
    axes = [{"values": _values(a), "units": a.get("units")} for a in chosen["axes"]]
    return _of_axes(chosen["data"], path.name, axes)


def _title(found: Mapping[str, Any]) -> str:
    return str(found.get("metadata", {}).get("General", {}).get("title", "")) or "untitled"


def _values(axis: Mapping[str, Any]) -> Any:
    if "axis" in axis:
        return np.asarray(axis["axis"])
    return axis.get("offset", 0.0) + axis.get("scale", 1.0) * np.arange(axis["size"])
