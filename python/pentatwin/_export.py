"""`Run.export`, and what the command line calls for formats that only Python writes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import _core

if TYPE_CHECKING:
    from ._record import Run

# What Python writes: name beside the record, writer.
_USUAL = {"hspy": "run.hspy", "zspy": "run.zspy", "nxem": "run.nxs"}


def export(run: Run, to: str, out: str | os.PathLike[str] | None) -> Path:
    """See `Run.export`."""
    if to not in _USUAL:
        if run.folder is None:
            raise _core.ExportError(f"a run in memory is written as {', '.join(_USUAL)} only: give the run a folder with out=…")
        return _core.export(run.folder, to, out)
    if out is None:
        if run.folder is None:
            raise _core.ExportError("say where to write it: this run is in memory and has no folder")
        out = run.folder / _USUAL[to]
    path = Path(out)
    _whole(path, lambda temporary: _writer(to)(run, temporary))
    return path


def _writer(to: str) -> Callable[[Run, Path], str]:
    if to == "nxem":
        from ._nexus import write_nxem

        return write_nxem
    from . import _hyperspy

    return _hyperspy.write_hspy if to == "hspy" else _hyperspy.write_zspy


def _whole(path: Path, write: Callable[[Path], str]) -> str:
    """Under a passing name, then renamed: no reader meets half of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    _remove(temporary)
    try:
        said = write(temporary)
        if path.is_dir():
            _remove(path)
        temporary.replace(path)
    except OSError as error:
        _remove(temporary)
        raise _core.ExportError(f"cannot write {path}: {error}") from error
    except BaseException:
        _remove(temporary)
        raise
    return said


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def command(words: Sequence[str]) -> int:
    """`python -m pentatwin --write-export FORMAT STORE FILE`: writes it and says what is in it."""
    from ._open import open

    to, store, out = words
    try:
        print(_whole(Path(out), lambda temporary: _writer(to)(open(store), temporary)))
    except (_core.PentatwinError, ImportError) as error:
        print(str(error).strip(), file=sys.stderr)
        return 1
    return 0
