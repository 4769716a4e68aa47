"""`open`: a record on disk."""

from __future__ import annotations

import os

from . import _core
from ._record import Run, Store


def open(run: str | os.PathLike[str]) -> Run:
    """Open the record of a run: of this package or of the command line, ended or still going on.

    Parameters
    ----------
    run
        Its folder, or the `run.zarr` in it.

    Raises
    ------
    RecordError
        It is no record, or one that a newer version wrote.
    """
    return Run(Store(_core.record_folder(os.fspath(run))))
