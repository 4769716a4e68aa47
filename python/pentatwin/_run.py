"""`run`: carry out a protocol."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from . import _core
from ._progress import Progress, choose
from ._protocols import Protocol, settings, source
from ._record import Interrupted, Memory, Run, Store


class _New:
    """A new folder below $PENTATWIN_RUNS, or below ./runs."""

    def __repr__(self) -> str:
        return "NEW"


NEW: Final = _New()


def run(
    protocol: Protocol,
    *,
    seed: int = 1,
    band: int = 32,
    companions: bool | None = None,
    imaging: bool | None = None,
    shape: str | Mapping[str, Any] | None = None,
    out: str | os.PathLike[str] | None | _New = NEW,
    progress: Progress = None,
    **tables: Any,
) -> Run:
    """Carry out a protocol: record it, measure it, write its report and movie.

    Parameters
    ----------
    protocol
        Name of one that ships (`pt.protocols()`), path of a TOML file, TOML text, or the same as a dict.
    seed
        Of everything random. The same seed gives the same arrays, bit for bit.
    band
        Draws of the uncertain parameters for the bands of the results; 0 for none.
    companions
        Whether runs with other rates, polarity, mechanisms are made beside it, for comparison: by default with a folder, not in memory.
    imaging
        False: no frames, whatever the protocol says. True: frames.
    shape
        How the break is followed in three dimensions: "off", "one-way", "lock-step", or the table [shape]. Default: what the protocol
        says (seconds); in memory "off" (milliseconds), as in a sweep.
    out
        Folder, empty or new; `pt.NEW` (the default) for a new one below $PENTATWIN_RUNS or ./runs; None to write nothing and keep all in memory.
    progress
        None: a bar in terminals and notebooks. True, False, or a callable that gets (fraction, text).
    **tables
        Settings on top, as tables of the protocol: wire={"diameter": "90 nm"}, step={0: {"sweep": {"rate": "10 mV/s"}}}.
        Quantities are text with their unit.

    Returns
    -------
    Run
        Samples, frames, events, results and truth, read when they are asked for.

    Raises
    ------
    ProtocolError
        The protocol or a setting is wrong; the text underlines the place and says what would be right.
    RecordError
        The folder cannot be used, or the disk is full.
    SimulationError
        The simulation gave up; what was recorded until then is kept.
    Interrupted
        Ctrl-C. The record is whole up to there: `error.run`.

    The GIL is released meanwhile.
    """
    sets: dict[str, Any] = dict(tables)
    if shape is None and out is None:
        shape = "off"
    if shape is not None:
        sets["shape"] = shape if isinstance(shape, Mapping) else {"coupling": shape}
    # These last: they hold "whatever the protocol says".
    pairs = settings(sets)
    if imaging is not None:
        pairs.append(("microscope.frames", "true" if imaging else "false"))
    if companions is None:
        companions = out is not None
    bar, tell, close = choose(progress, str(protocol) if isinstance(protocol, str) and "\n" not in protocol else "run")
    try:
        if out is None:
            arrays, attributes, raised = _core.run_in_memory(source(protocol), pairs, seed, band, companions, tell)
            made = Run(Memory(arrays, attributes))
        else:
            folder = None if isinstance(out, _New) else os.fspath(out)
            path, raised = _core.run(source(protocol), pairs, seed, band, companions, folder, bar, tell)
            made = Run(Store(path))
    finally:
        close()
    if isinstance(raised, KeyboardInterrupt):
        where = "kept in memory" if out is None else f"whole up to there: {made.folder}"
        raise Interrupted(f"interrupted; the record is {where}", made) from None
    if raised is not None:
        raise raised
    return made
