"""An in situ TEM laboratory for silver nanowires, in software.

    import pentatwin as pt
    run = pt.run("fig2a", seed=3, wire={"diameter": "90 nm"})
    run.iv.plot()                                    # xarray, with units and labels
    run.frames.isel(frame_time=-1).plot()
    run.events, run.results, run.truth               # tables and datasets

What is simulated, and how far to believe it: the project's README. Numbers are SI, positions in images nm, times seconds from the start of
the run; quantities handed in are text with their unit. Contact 1 is at x = 0; a positive voltage makes it the cathode.

Importing this loads neither xarray nor pandas nor matplotlib: they come with the first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._core import (
    AnalyzeError,
    ExportError,
    FitError,
    PentatwinError,
    ProtocolError,
    RecordError,
    SimulationError,
    SweepError,
    version as _version,
)

if TYPE_CHECKING:
    from ._analysis import Analysis, analyze
    from ._fit import Fit, fit
    from ._logs import read_log
    from ._open import open
    from ._protocols import protocols, show
    from ._record import Interrupted, Run
    from ._run import NEW, run
    from ._sweep import collect, sweep

__version__ = _version()

# Name to module: each is imported at its first use.
_LAZY = {
    "Analysis": "_analysis",
    "Fit": "_fit",
    "Interrupted": "_record",
    "NEW": "_run",
    "Run": "_record",
    "analyze": "_analysis",
    "collect": "_sweep",
    "fit": "_fit",
    "open": "_open",
    "protocols": "_protocols",
    "read_log": "_logs",
    "run": "_run",
    "show": "_protocols",
    "sweep": "_sweep",
}

__all__ = [
    "NEW",
    "Analysis",
    "AnalyzeError",
    "ExportError",
    "Fit",
    "FitError",
    "Interrupted",
    "PentatwinError",
    "ProtocolError",
    "RecordError",
    "Run",
    "SimulationError",
    "SweepError",
    "analyze",
    "collect",
    "fit",
    "open",
    "protocols",
    "read_log",
    "run",
    "show",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'pentatwin' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
