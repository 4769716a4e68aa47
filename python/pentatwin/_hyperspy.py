"""A run as HyperSpy signals, and HyperSpy's two formats: HDF5 (.hspy) through h5py, Zarr v2 (.zspy) through zarr. Neither needs HyperSpy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _core
from ._signals import Signal, signals

if TYPE_CHECKING:
    from ._record import Run

# Version of the layout, the same for both (RosettaSciIO 0.15, _hierarchical.py).
_VERSION = "3.3"


def signal(run: Run, what: str) -> Any:
    """See `Run.to_hyperspy`."""
    try:
        import hyperspy.api as hs
    except ImportError as error:
        raise ImportError("HyperSpy is not installed: pip install 'pentatwin[hyperspy]' (it is GPL-3, therefore not required)") from error
    found = {s.name: s for s in signals(run)}
    if what not in found:
        raise _core.RecordError(f"this run has no `{what}`; it has {', '.join(found)}")
    s = found[what]
    data = s.data.data
    lazy = not hasattr(data, "flags")  # neither NumPy's nor read yet
    if lazy and (data.ndim < 3 or not hasattr(data, "dask")):  # an image or a spectrum is small
        data, lazy = s.data.values, False
    axes = []
    for a in s.axes:
        axis = {"name": a.name, "units": a.units, "navigate": a.navigate}
        axes.append({**axis, "offset": a.offset, "scale": a.scale, "size": a.size} if a.is_even else {**axis, "axis": a.values})
    kind = hs.signals.Signal1D if sum(not a.navigate for a in s.axes) == 1 else hs.signals.Signal2D
    made = kind(data, axes=axes, metadata=s.metadata)
    if lazy:
        made = made.as_lazy()
    if s.signal_type:
        from importlib.util import find_spec

        if find_spec("exspy") is not None:  # it brings the types of spectra
            made.set_signal_type(s.signal_type)
    return made


def write_hspy(run: Run, out: Path) -> str:
    """One HDF5 file with an experiment for each signal; says what is in it."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError("h5py is needed for .hspy: pip install 'pentatwin[hdf5]'") from error
    found = _some(run)
    with h5py.File(out, "w") as file:
        file.attrs["file_format"] = "HyperSpy"
        file.attrs["file_format_version"] = _VERSION
        experiments = file.create_group("Experiments")
        for s in found:
            group = experiments.create_group(s.name)
            chunks = (1, *s.data.shape[1:]) if s.data.ndim == 3 else None
            data = group.create_dataset("data", s.data.shape, s.data.dtype, chunks=chunks, compression="gzip", compression_opts=1)
            for k, block in s.blocks():
                data[... if k is None else k] = block
            _describe(group, s, lambda g, name, values: g.create_dataset(name, data=values))
    return _said(found)


def write_zspy(run: Run, out: Path) -> str:
    """A Zarr v2 store of the same layout; says what is in it."""
    import zarr

    found = _some(run)
    root = zarr.open_group(str(out), mode="w", zarr_format=2, attributes={"file_format": "ZSpy", "file_format_version": _VERSION})
    experiments = root.create_group("Experiments")
    for s in found:
        group = experiments.create_group(s.name)
        chunks = (1, *s.data.shape[1:]) if s.data.ndim == 3 else s.data.shape
        data = group.create_array("data", shape=s.data.shape, dtype=s.data.dtype, chunks=chunks, chunk_key_encoding={"name": "v2", "separator": "/"})
        for k, block in s.blocks():
            data[... if k is None else k] = block
        _describe(group, s, lambda g, name, values: g.create_array(name, data=values))
    return _said(found)


def _some(run: Run) -> list[Signal]:
    found = signals(run)
    if not found:
        raise _core.ExportError("this run recorded nothing that could be exported")
    return found


def _said(found: list[Signal]) -> str:
    return ", ".join(f"{s.title} ({' x '.join(map(str, s.data.shape))})" for s in found)


def _describe(group: Any, s: Signal, write: Any) -> None:
    for k, a in enumerate(s.axes):
        axis = group.create_group(f"axis-{k}")
        common = {"name": a.name, "units": a.units, "navigate": a.navigate, "is_binned": s.signal_type == "EDS_TEM"}
        if a.is_even:
            axis.attrs.update({"_type": "UniformDataAxis", "offset": a.offset, "scale": a.scale, "size": a.size, **common})
        else:
            axis.attrs.update({"_type": "DataAxis", "size": a.size, **common})
            write(axis, "axis", a.values)
    attributes = group.create_group("attributes")
    attributes.attrs.update({"_lazy": False, "ragged": False})
    for empty in ("learning_results", "original_metadata"):
        group.create_group(empty)
    metadata = {**s.metadata, "Signal": {**s.metadata["Signal"], "signal_type": s.signal_type}}
    _tree(group.create_group("metadata"), metadata)


def _tree(group: Any, tree: dict[str, Any]) -> None:
    for key, value in tree.items():
        if isinstance(value, dict):
            _tree(group.create_group(key), value)
        elif value is None:
            group.attrs[key] = "_None_"
        elif isinstance(value, list):
            # HyperSpy's way of a list of texts: a group of its own kind is read, an attribute array of texts as well.
            group.attrs[key] = value
        else:
            group.attrs[key] = value
