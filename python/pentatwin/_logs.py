"""Logs of voltage and current."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import _core

if TYPE_CHECKING:
    import xarray as xr


def read_log(path: str | os.PathLike[str], columns: str | None = None) -> xr.Dataset:
    """A log of a source-meter or holder: voltage [V] and current [A] over time [s], with the log's own time stamps, never re-gridded.

    A holder's log that has temperatures, but no voltage or no current, gives its columns as they are named in an imported record:
    `chip_temperature` [K] and what else there is.

    Parameters
    ----------
    path
        A table with a header: this program's, a Keithley's, Protochips', DENS', or another one.
    columns
        Which columns are meant, by name or number, with units if the log does not say them:
        "time=Time (ms),voltage=V,current=I (mA)".

    Raises
    ------
    AnalyzeError
        It cannot be read; the text says the line and what would be right.
    """
    import numpy as np
    import xarray as xr

    try:
        (time, voltage, current), notes = _core.read_log(os.fspath(path), columns)
    except _core.AnalyzeError:
        heating = _core.read_heating(os.fspath(path)) if columns is None else None
        if heating is None:
            raise
        time, found, notes = heating
        return xr.Dataset(
            {key: ("time", np.asarray(values), {"units": unit, "long_name": name}) for key, name, unit, values in found},
            {"time": ("time", np.asarray(time), {"units": "s", "long_name": "Time"})},
            {"source": os.fspath(path), "notes": notes},
        )
    return xr.Dataset(
        {
            "voltage": ("time", np.asarray(voltage), {"units": "V", "long_name": "Voltage"}),
            "current": ("time", np.asarray(current), {"units": "A", "long_name": "Current"}),
        },
        {"time": ("time", np.asarray(time), {"units": "s", "long_name": "Time"})},
        {"source": os.fspath(path), "notes": notes},
    )


def samples_of(iv: Any) -> tuple[list[float], list[float], list[float]]:
    """Time [s], voltage [V] and current [A] of `Run.iv`, `Run.samples`, a Dataset, a DataFrame, or three arrays."""
    names = ("time", "voltage", "current")
    if hasattr(iv, "coords") and not hasattr(iv, "data_vars"):  # a curve such as Run.iv
        found = [iv.coords["time"].values, iv.coords["voltage"].values, iv.values]
    elif hasattr(iv, "columns"):  # a table
        spelled = {str(c).split("_")[0].split(" ")[0].lower(): c for c in iv.columns}
        missing = [n for n in names if n not in spelled]
        if missing:
            raise ValueError(f"the table of the I-V log has no column {', '.join(missing)}; it has {', '.join(map(str, iv.columns))}")
        found = [iv[spelled[n]].to_numpy() for n in names]
    elif hasattr(iv, "data_vars"):
        found = [iv[n].values for n in names]
    else:
        found = list(iv)
        if len(found) != 3:
            raise ValueError("an I-V log is a path, Run.iv, a Dataset or table with time, voltage and current, or these three arrays")
    time, voltage, current = ([float(x) for x in values] for values in found)
    if not len(time) == len(voltage) == len(current):
        raise ValueError(f"time, voltage and current of the I-V log have {len(time)}, {len(voltage)} and {len(current)} values")
    return time, voltage, current
