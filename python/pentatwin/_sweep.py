"""`sweep`: a protocol over lists and distributions of parameters and over seeds, on this machine or on a cluster."""

from __future__ import annotations

import json
import math
import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from . import _core
from ._progress import Progress, choose

if TYPE_CHECKING:
    import xarray as xr

Sweep: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any]"
# A task on a cluster should take this long [s]: Dask needs 5 to 8 ms for each.
_TASK = 1.0
# Tasks for each worker, at least, so that none is idle while others still have many.
_SHARES = 4


def sweep(
    sweep: Sweep,
    *,
    client: Any = None,
    out: str | os.PathLike[str] | None = None,
    keep: str | None = None,
    jobs: int = 0,
    progress: Progress = None,
) -> xr.Dataset:
    """Carry out a sweep and return its dataset. Runs that have a result are not made again; a run that fails stops nothing.

    Parameters
    ----------
    sweep
        Path of a `sweep.toml` (docs/sweep.md), the name of one that ships ("rates", "plan"), TOML text, or the same as a dict.
    client
        A `dask.distributed.Client`, of a LocalCluster or of dask-jobqueue's SLURMCluster: one thread a worker, and the package on each.
        None: this machine's cores, without Dask.
    out
        Folder of the sweep, which all workers must see; by default `sweep-NAME` below $PENTATWIN_RUNS or ./runs, as the command line has it.
        The same folder again goes on where it was.
    keep
        "results" (numbers only) or "records", instead of what the sweep says.
    jobs
        Threads without a client; 0 for all cores.
    progress
        As for `run`.

    Returns
    -------
    xarray.Dataset
        Over `seed` and each listed parameter (SI): the results by name, drawn parameters over `seed`, `status`, and `reason` where a run
        failed. Failed runs are also warned of. The same numbers come out wherever and by how many workers the runs are made.

    Raises
    ------
    SweepError
        The sweep is wrong (the text underlines where), or the folder cannot be written.
    KeyboardInterrupt
        Ctrl-C. Finished runs stay.
    """
    source = _source(sweep, keep)
    name, runs = _core.sweep_read(source)
    folder = Path(out) if out is not None else Path(os.environ.get("PENTATWIN_RUNS") or "runs") / f"sweep-{name or 'unnamed'}"
    folder = folder.absolute()  # workers start somewhere else
    missing = _core.sweep_begin(source, folder)
    bar, tell, close = choose(progress, f"sweep {name}")
    close_bar = None
    if bar and tell is None:
        tell, close_bar = _line(name)
    try:
        if missing and client is None:
            raised = _core.sweep_run(folder, missing, jobs, tell)[3]
            if raised is not None:
                raise raised
        elif missing:
            _on_cluster(client, folder, missing, runs, tell)
    finally:
        close()
        if close_bar:
            close_bar()
    return collect(folder)


def collect(folder: str | os.PathLike[str]) -> xr.Dataset:
    """The dataset of a sweep's folder, made by this package, the command line or a Slurm array; it may be unfinished. As `sweep` returns it."""
    import xarray as xr

    ds: xr.Dataset = xr.open_zarr(_core.sweep_collect(os.fspath(folder)), chunks=None).load()
    failed = ds.attrs.get("runs_failed", 0)
    if failed:
        reasons = sorted({str(r) for r in ds["reason"].values.ravel() if str(r)})
        more = f" and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
        warnings.warn(f"{failed} of {ds['status'].size} runs failed (see ds.reason): {'; '.join(reasons[:3])}{more}", RuntimeWarning, stacklevel=2)
    return ds


def _source(sweep: Sweep, keep: str | None) -> tuple[str, str] | Path:
    if isinstance(sweep, Mapping):
        table = dict(sweep) if keep is None else {**sweep, "keep": keep}
        return "unnamed", _core.toml_text(json.dumps(table, default=str))
    text = sweep if isinstance(sweep, str) and "\n" in sweep else None
    if keep is None:
        return ("unnamed", text) if text is not None else Path(sweep)
    import tomllib

    if text is None:
        path = Path(sweep)
        text, name = path.read_text(encoding="utf-8"), path.stem
    else:
        name = "unnamed"
    return name, _core.toml_text(json.dumps({**tomllib.loads(text), "keep": keep}, default=str))


def _batch(folder: str, indices: list[int]) -> tuple[int, int, int]:
    """A task on a worker: on one thread, for each worker has one."""
    from pentatwin import _core as core

    return core.sweep_run(folder, indices, 1, None)[:3]


def _on_cluster(client: Any, folder: Path, missing: list[int], runs: int, tell: Any) -> None:
    from distributed import as_completed

    # How long one takes says how many make a task.
    started = time.perf_counter()
    _core.sweep_run(folder, missing[:1], 1, None)
    taken = max(time.perf_counter() - started, 1e-3)
    rest = missing[1:]
    workers = max(len(client.scheduler_info().get("workers", {})), 1)
    size = max(1, min(math.ceil(_TASK / taken), math.ceil(len(rest) / (_SHARES * workers))))
    batches = [rest[k : k + size] for k in range(0, len(rest), size)]
    # A batch whose worker died is made again by another one, which finds what was finished.
    futures = client.map(_batch, [os.fspath(folder)] * len(batches), batches, pure=False, retries=2)
    done = runs - len(rest)
    try:
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            done += future.result()[0]
            if tell is not None:
                tell(done / runs, f"{done}/{runs} runs")
    finally:
        client.cancel([f for f in futures if not f.done()])


def _line(name: str) -> tuple[Any, Any]:
    """A line on the terminal that is written over."""
    import sys

    def tell(fraction: float, text: str) -> None:
        print(f"\rsweep {name}: {100 * fraction:3.0f} %, {text}", end="", file=sys.stderr, flush=True)

    return tell, lambda: print(file=sys.stderr)
