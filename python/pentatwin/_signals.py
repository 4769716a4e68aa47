"""What a run recorded as calibrated signals, for formats that know axes and metadata: HyperSpy's and NeXus.

Names of axes and metadata are those of HyperSpy's and exspy's metadata structure; what they have no place for stands under
`Acquisition_instrument.TEM.Virtual`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core

if TYPE_CHECKING:
    import xarray as xr

    from ._record import Run

# Times that deviate from even ones by no more than this part of a step are written as even.
_EVEN = 1e-3
# The virtual microscope is one of 200 kV [keV] (crates/microscope/src/bright.rs).
_BEAM_ENERGY = 200.0
# HyperSpy's names and units of the axes of a record: name, unit, factor.
_AXES = {
    "frame_time": ("time", "s", 1.0),
    "time": ("time", "s", 1.0),
    "x": ("x", "nm", 1.0),
    "y": ("y", "nm", 1.0),
    "energy": ("Energy", "keV", 1e-3),
}


@dataclass
class Axis:
    """One axis, in the array's order."""

    name: str
    units: str
    values: np.ndarray[Any, Any]
    navigate: bool

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    @property
    def offset(self) -> float:
        """First value."""
        return float(self.values[0]) if self.size else 0.0

    @property
    def scale(self) -> float:
        """Mean step."""
        return float((self.values[-1] - self.values[0]) / (self.size - 1)) if self.size > 1 else 1.0

    @property
    def is_even(self) -> bool:
        """Whether offset and scale say all."""
        even = self.offset + self.scale * np.arange(self.size)
        return bool(np.all(np.abs(self.values - even) <= _EVEN * abs(self.scale)))


@dataclass
class Signal:
    """An array with axes and metadata."""

    name: str
    title: str
    data: xr.DataArray
    axes: list[Axis]
    signal_type: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def blocks(self) -> Iterator[tuple[int | None, np.ndarray[Any, Any]]]:
        """One frame after the other, or the whole where there are none."""
        if self.data.ndim == 3:
            for k in range(self.data.shape[0]):
                yield k, self.data[k].values
        else:
            yield None, self.data.values


def signals(run: Run) -> list[Signal]:
    """Frames, images, spectra, voltage and current of a run."""
    found = []
    if "frames" in run.ds:
        found.append(_image(run, "frames", "frames", run.frames, {}))
    found += [_image(run, name, f"image {name}", image, image.attrs) for name, image in run.images.items()]
    found += [_spectrum(run, name, counts) for name, counts in run.spectra.items()]
    for name, quantity in (("voltage", "Voltage (V)"), ("current", "Current (A)")):
        if run.samples.sizes.get("time", 0) > 1:
            data = run.samples[name]
            metadata = _metadata(run, name, quantity, {})
            found.append(Signal(name, name, data, [Axis("time", "s", data["time"].values, navigate=False)], metadata=metadata))
    return found


def parameter(run: Run, key: str, unit: str) -> float | None:
    """A parameter of a run as a number in this unit; None if it has none of that name."""
    try:
        text = str(run.parameters.loc[key, "value"])
        return _core.quantity(text, one := f"1 {unit}") / _core.quantity(one, one)
    except (KeyError, ValueError):
        return None


def word(run: Run, key: str) -> str:
    """A parameter of a run as text; empty if it has none of that name."""
    try:
        return str(run.parameters.loc[key, "value"]).strip('"')
    except KeyError:
        return ""


def _axes(data: xr.DataArray) -> list[Axis]:
    axes = []
    for d in data.dims:
        name, units, factor = _AXES.get(str(d), (str(d), "", 1.0))
        values = data[d].values * factor if d in data.coords else np.arange(data.sizes[d], dtype=float)
        axes.append(Axis(name, units, values, navigate=d == "frame_time"))
    return axes


def _metadata(run: Run, title: str, quantity: str, virtual: dict[str, Any]) -> dict[str, Any]:
    mode = word(run, "microscope.mode")
    started = str(run.attrs.get("provenance", {}).get("started_utc", ""))
    day, _, clock = started.rstrip("Z").partition("T")
    tem = {
        "microscope": f"virtual (pentatwin {run.attrs.get('provenance', {}).get('pentatwin', '')})",
        "acquisition_mode": "STEM" if "stem" in mode else "TEM",
        "beam_energy": _BEAM_ENERGY,
        "Virtual": {
            "seed": run.seed,
            "protocol": run.protocol,
            "mode": mode,
            "dose_rate": parameter(run, "microscope.dose_rate", "e/nm2/s"),
            "dose_rate_units": "e/nm2/s",
            **virtual,
        },
    }
    return {
        "General": {"title": f"{run.title}: {title}", "date": day, "time": clock, "time_zone": "UTC"},
        "Signal": {"quantity": quantity},
        "Acquisition_instrument": {"TEM": {k: v for k, v in tem.items() if v is not None}},
        "Sample": {"description": "silver nanowire, simulated", "elements": ["Ag"]},
    }


def _image(run: Run, name: str, title: str, data: xr.DataArray, attrs: dict[str, Any]) -> Signal:
    virtual: dict[str, Any] = {k: attrs[k] for k in ("time", "dose") if k in attrs}
    return Signal(name, title, data, _axes(data), metadata=_metadata(run, title, "Counts", virtual))


def _spectrum(run: Run, name: str, counts: xr.DataArray) -> Signal:
    a = counts.attrs
    metadata = _metadata(run, f"spectrum {name}", "X-rays (Counts)", {k: a[k] for k in ("time", "dose", "position", "area_side") if k in a})
    tem = metadata["Acquisition_instrument"]["TEM"]
    tem["beam_energy"] = a["beam_energy_ev"] / 1e3
    tem["beam_current"] = a["beam_current"] * 1e9
    tem["Stage"] = {"tilt_alpha": 0.0, "tilt_beta": 0.0}
    tem["Detector"] = {
        "EDS": {
            "energy_resolution_MnKa": a["resolution_mn_ka_ev"],
            "elevation_angle": float(np.degrees(a["take_off"])),
            "azimuth_angle": 0.0,
            "live_time": a["live_time"],
            "real_time": a["real_time"],
        }
    }
    return Signal(name, f"spectrum {name}", counts, _axes(counts), "EDS_TEM", metadata)
