"""`fit`: from a measured I-V curve back to the device."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import _core
from ._logs import samples_of
from ._protocols import Protocol, settings, source

if TYPE_CHECKING:
    import pandas as pd


def fit(
    iv: Any,
    device: Protocol = "fig2a",
    free: Sequence[str] = ("chip.lead_resistance",),
    *,
    iv_columns: str | None = None,
    bounds: Mapping[str, tuple[str, str] | tuple[float, float]] | None = None,
    sigma: str | float | None = None,
    until: float = 0.9,
    meter: bool = True,
    seed: int = 1,
    draws: int = 32,
    **tables: Any,
) -> Fit:
    """Fit a device to a measured I-V curve by bounded least squares with the wire engine itself, and predict where and when it breaks.

    Parameters
    ----------
    iv
        A path, `Run.iv`, `pt.read_log(…)`, a table with time, voltage and current, or these three arrays.
    device
        The protocol whose device it is, and whose values the fit starts from.
    free
        Full keys of the free parameters, such as "contact.1.resistance", "chip.lead_resistance", "wire.diameter".
    bounds
        By key, as text or in SI, instead of the declared limits.
    sigma
        Noise of one sample ("1 uA", or [A]); by default from the scatter of neighbouring samples.
    until
        Samples up to this part of the breakdown voltage are used: the runaway beyond is decided by disorder.
    meter
        Whether the meter's gain and offset are unknown within its accuracy.
    seed, draws
        Seed of disorder and draws; number of draws of the prediction.
    **tables
        Settings of the device, as for `run`.

    Returns
    -------
    Fit
        Parameters with their covariance, what the data cannot tell apart, and the prediction with its band.

    Raises
    ------
    FitError
        A parameter cannot be fitted, or the log is no curve.
    """
    name = os.fspath(iv) if isinstance(iv, str | os.PathLike) else "the given samples"
    samples = _core.read_log(iv, iv_columns)[0] if isinstance(iv, str | os.PathLike) else samples_of(iv)
    si = [(key, _si(low), _si(high)) for key, (low, high) in (bounds or {}).items()]
    noise = _core.quantity(sigma, "1 A") if isinstance(sigma, str) else sigma
    found, lines = _core.fit(source(device), settings(tables), samples, name, list(free), si, noise, until, meter, seed, draws)
    return Fit(json.loads(found), lines)


def _si(value: str | float) -> float:
    return _core.quantity(value) if isinstance(value, str) else float(value)


class Fit:
    """A fitted device. Numbers are SI; uncertainties one standard deviation."""

    def __init__(self, summary: dict[str, Any], lines: list[str]) -> None:
        self.summary = summary
        """Everything, as `fit.json` of the command line has it."""
        self._lines = lines

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """The free parameters by key: unit, start, value, uncertainty (NaN where the data do not determine it), bounds, range, note."""
        import pandas as pd

        return pd.DataFrame(self.summary["parameters"]).set_index("key")

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the parameters."""
        import pandas as pd

        keys = list(self.parameters.index)
        return pd.DataFrame(self.summary["correlation"], index=keys, columns=keys)

    @cached_property
    def predicted(self) -> pd.DataFrame:
        """Where and when this device breaks, with a band."""
        import pandas as pd

        return pd.DataFrame(self.summary["predicted"])

    @property
    def said(self) -> list[str]:
        """What the data can and cannot say, in sentences."""
        return list(self.summary["said"])

    def __repr__(self) -> str:
        return "\n".join(self._lines)
