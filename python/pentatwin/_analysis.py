"""`analyze`: measure a movie or a lattice image."""

from __future__ import annotations

import html
import json
import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _core
from ._frames import frames_of
from ._logs import samples_of
from ._progress import Progress, choose

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_PAGE_HEIGHT = 720


def analyze(
    movie: Any,
    *,
    pixel: str | float | None = None,
    frame_time: str | float | None = None,
    iv: Any = None,
    iv_columns: str | None = None,
    axis: str = "auto",
    lattice: bool = False,
    crystal: str | None = None,
    dataset: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> Analysis:
    """Measure a movie: outline, gap, key moments, joined with a log of voltage and current. One frame at a time is in memory.

    Parameters
    ----------
    movie
        A run; a path (TIFF, PNG, Zarr, and what RosettaSciIO reads: dm3, dm4, emd, ser, emi, mrc, hspy, bcf …); an array (frame, y, x) of
        NumPy, Dask or xarray; a HyperSpy signal. Files and signals bring their calibration.
    pixel, frame_time
        Size of a pixel and time from frame to frame, as text ("1 nm", "0.5 s") or in SI; they govern over what the movie says.
    iv
        Log of voltage and current: a path, `Run.iv`, `pt.read_log(…)`, a table with time, voltage and current, or three arrays. A run has its own.
    iv_columns
        Columns of that path, see `read_log`.
    axis
        Direction of the wire against the image's x, such as "3 deg", or "auto".
    lattice, crystal
        Measure the lattice in the first image instead: spacings and angles, corrected by a known crystal ("SrTiO3", "Ag").
    dataset
        Which one, if a file has several.
    out
        Folder for tables, store and report. None: nothing is left on the disk, but a recorded run keeps it in its record, as
        `pentatwin analyze RUN` does.
    progress
        As for `run`.

    Returns
    -------
    Analysis
        `findings`, `events`, `measurements`, `tables`; in Jupyter its page.

    Raises
    ------
    AnalyzeError
        The movie or the log cannot be read, there is no wire in it, its scale is not known.
    KeyboardInterrupt
        Ctrl-C; with `out` or a recorded run what was measured until then is written.
    """
    from ._record import Run

    own = isinstance(movie, Run) and movie.folder is not None
    if isinstance(movie, Run):
        if movie.folder is not None:
            movie = movie.folder
        else:
            iv = movie.iv if iv is None else iv
            movie = movie.frames
    elif isinstance(movie, str | os.PathLike) and out is None:
        path = Path(movie)
        own = (path / "run.zarr").is_dir() or path.name == "run.zarr"
    # The store of a run in a notebook must not be half old, half new: it is opened again by whoever wants to see the change.
    given = frames_of(movie, dataset)
    angle = None if axis == "auto" else _core.quantity(axis, "3 deg")
    sizes = (_si(pixel, "1 nm"), _si(frame_time, "0.5 s"))
    _, tell, close = choose(progress, "analyze")
    try:
        with tempfile.TemporaryDirectory(prefix="pentatwin-") as scratch:
            to = os.fspath(out) if out is not None else None if own else scratch
            if lattice:
                folder, text = _core.lattice(given, sizes[0], crystal, to)
                store, raised = folder / "analysis.zarr", None
            else:
                is_path = isinstance(iv, str | os.PathLike)
                log = None if iv is None or is_path else samples_of(iv)
                log_path = os.fspath(iv) if is_path else None
                folder, store, text, raised = _core.analyze(given, *sizes, log, log_path, iv_columns, angle, to, tell)
            if raised is not None:
                raise raised
            made = Analysis(json.loads(text), Path(folder), Path(store))
            if to is scratch:
                made._keep()
    finally:
        close()
    return made


def _si(value: str | float | None, example: str) -> float | None:
    return _core.quantity(value, example) if isinstance(value, str) else value


class Analysis:
    """What was measured in a movie. Numbers are SI; uncertainties are one standard deviation."""

    def __init__(self, measured: dict[str, Any], folder: Path, store: Path) -> None:
        self.measured = measured
        """Everything but the arrays: source, pixel [m], size, contrast, clocks, notes, findings, events (docs/record.md)."""
        self._folder: Path | None = folder
        self._store = store

    def _keep(self) -> None:
        """Reads everything that is on disk, which then goes."""
        _ = self.measurements.load() if self._has_arrays else None
        _ = self.tables, self.page
        self._folder = None

    @property
    def _has_arrays(self) -> bool:
        return (self._store / "measurements").is_dir()

    @property
    def folder(self) -> Path | None:
        """Folder of tables, overlays and report; None if nothing was left on the disk."""
        return self._folder

    @property
    def notes(self) -> list[str]:
        """What had to be decided or left out."""
        return list(self.measured["notes"])

    @cached_property
    def findings(self) -> pd.DataFrame:
        """The numbers by key: group, label, value with uncertainty (statistical) and systematic, in SI; text; basis."""
        import pandas as pd

        rows = [{**f, "text": _text(f)} for f in self.measured["findings"]]
        columns = ["key", "group", "label", "value", "uncertainty", "systematic", "text", "basis"]
        table = pd.DataFrame(rows, columns=columns)
        numbers = ["value", "uncertainty", "systematic"]
        table[numbers] = table[numbers].astype(float)
        return table.set_index("key")

    @cached_property
    def events(self) -> pd.DataFrame:
        """Key moments: letter, name, time [s] and its uncertainty, frame, position [m], voltage [V], current [A]."""
        import pandas as pd

        columns = ["letter", "name", "time", "uncertainty", "frame", "position", "voltage", "current"]
        return pd.DataFrame(self.measured["events"], columns=columns)

    @cached_property
    def measurements(self) -> xr.Dataset:
        """Width [m] over (measured_time [s], measured_position [m]), gap, drift, each with its uncertainty. Of a lattice image nothing."""
        import xarray as xr

        if not self._has_arrays:
            return xr.Dataset()
        opened: xr.Dataset = xr.open_zarr(self._store, group="measurements", chunks=None)
        return opened

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, units in the names of their columns: frames, widths, events, findings, iv, conductance, particles, lattice."""
        import pandas as pd

        found = {}
        for path in sorted(self._folder.glob("*.csv")) if self._folder else []:
            try:
                found[path.stem] = pd.read_csv(path)
            except pd.errors.EmptyDataError:
                found[path.stem] = pd.DataFrame()
        return found

    @cached_property
    def page(self) -> str | None:
        """The report as a page that needs no network."""
        path = self._folder / "report.html" if self._folder else None
        return path.read_text(encoding="utf-8") if path is not None and path.exists() else None

    def __repr__(self) -> str:
        m = self.measured
        lines = [f"<pentatwin.Analysis: {m['source']}, {m['frames']} frames of {m['size'][0]} x {m['size'][1]} pixels>"]
        lines += [f"  {e['letter']:1} {e['name']} at {_core.format_si(e['time'], 's', 6)}" for e in m["events"]]
        return "\n".join([*lines, *(f"  {f['label']:42} {_text(f)}" for f in m["findings"] if f["value"] is not None)])

    def _repr_html_(self) -> str:
        if self.page is None:
            return str(self.findings[["label", "text", "basis"]].to_html(index=False))
        style = f"width: 100%; height: {_PAGE_HEIGHT}px; border: 1px solid #ccc"
        page = html.escape(self.page, quote=True)
        return f'<iframe title="analysis" sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


def _text(finding: dict[str, Any]) -> str:
    """ "115 nm ± 0.5 nm"."""
    if finding["value"] is None:
        return "none"
    words = [_core.format_si(finding["value"], finding["unit"], 4)]
    if finding["uncertainty"] is not None:
        words.append(f"± {_core.format_si(finding['uncertainty'], finding['unit'], 2)}")
    if finding["systematic"] is not None:
        words.append(f"(± {_core.format_si(finding['systematic'], finding['unit'], 2)})")
    return " ".join(words)
