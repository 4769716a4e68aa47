"""A run: what its record holds, as xarray and pandas. Format and source: docs/record.md."""

from __future__ import annotations

import html
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from . import _core

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr

STORE = "run.zarr"
# Units of an event's value, by what the kind's value is (docs/record.md).
_EVENT_UNITS = {
    "onset": "m", "void": "m", "break": "m", "droplet": "m", "trip": "V", "rewire": "V", "power_off": "V", "compliance": "A",
}  # fmt: skip
# The height of the page in a notebook.
_PAGE_HEIGHT = 720


class Source(Protocol):
    """Where the arrays of a run are."""

    folder: Path | None

    def groups(self, below: str) -> list[str]: ...
    def dataset(self, group: str) -> xr.Dataset: ...
    def attributes(self) -> dict[str, Any]: ...


class Store:
    """A record on disk."""

    def __init__(self, folder: Path | str) -> None:
        self.folder: Path | None = Path(folder)
        inside = self.folder / STORE
        self.path = inside if inside.is_dir() else self.folder

    def groups(self, below: str) -> list[str]:
        """Names of the groups inside this one."""
        inside = self._metadata().get("consolidated_metadata", {}).get("metadata", {})
        prefix = f"{below}/"
        return sorted({key.removeprefix(prefix).split("/")[0] for key in inside if key.startswith(prefix)})

    def dataset(self, group: str) -> xr.Dataset:
        """A group: with Dask chunk by chunk, without it read when it is used."""
        import xarray as xr

        opened: xr.Dataset = xr.open_zarr(self.path, group=group or None, chunks={} if _has_dask() else None)
        return opened

    def attributes(self) -> dict[str, Any]:
        """Those of the root."""
        found: dict[str, Any] = self._metadata().get("attributes", {})
        return found

    def _metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "zarr.json").read_text(encoding="utf-8"))
        return found


class Memory:
    """A record that was never written."""

    def __init__(self, arrays: list[_core._KeptArray], attributes: str) -> None:
        self.folder: Path | None = None
        self._arrays, self._attributes = arrays, attributes

    def groups(self, below: str) -> list[str]:
        """Names of the groups inside this one."""
        prefix = f"{below}/"
        return sorted({a["group"].removeprefix(prefix).split("/")[0] for a in self._arrays if a["group"].startswith(prefix)})

    def dataset(self, group: str) -> xr.Dataset:
        """A group."""
        import numpy as np
        import xarray as xr

        variables: dict[str, Any] = {}
        coordinates: dict[str, Any] = {}
        for a in self._arrays:
            if a["group"] != group:
                continue
            values: np.ndarray[Any, Any] = np.frombuffer(a["bytes"], dtype=a["type"]).reshape(a["shape"])
            kind = coordinates if list(a["dimensions"]) == [a["name"]] else variables
            kind[a["name"]] = (a["dimensions"], values, json.loads(a["attributes"]))
        return xr.Dataset(variables, coordinates, self.attributes() if not group else {})

    def attributes(self) -> dict[str, Any]:
        """Those of the root."""
        found: dict[str, Any] = json.loads(self._attributes)
        return found


def _has_dask() -> bool:
    from importlib.util import find_spec

    return find_spec("dask") is not None


class Run:
    """One run. Everything is read when it is asked for, and kept.

    Numbers are SI; x and y of images are nm; times are seconds from the start of the run. Arrays carry `units` and `long_name`.
    In Jupyter a run shows the page of its report.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def folder(self) -> Path | None:
        """Folder of the run; None for one in memory."""
        return self._source.folder

    @cached_property
    def attrs(self) -> dict[str, Any]:
        """What the run says about itself (docs/record.md): put_in, parameters, results, checklist, moments, provenance …"""
        return self._source.attributes()

    @property
    def title(self) -> str:
        """Title of the protocol."""
        return str(self.attrs.get("title", ""))

    @property
    def ended(self) -> str:
        """How it ended, in one sentence."""
        return str(self.attrs.get("ended", ""))

    @property
    def protocol(self) -> str:
        """The protocol as run, every setting written out (TOML)."""
        return str(self.attrs.get("protocol", ""))

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return int(self.attrs["seed"])

    @cached_property
    def ds(self) -> xr.Dataset:
        """What an instrument could have delivered: samples over `time`, events over `event_time`, frames over `frame_time`."""
        return self._source.dataset("")

    @cached_property
    def samples(self) -> xr.Dataset:
        """Samples of the source-meter over time [s]: voltage [V], current [A], flags, chip_temperature [K]."""
        names = [name for name, a in self.ds.data_vars.items() if a.dims == ("time",)]
        return self.ds[names].load()

    @cached_property
    def iv(self) -> xr.DataArray:
        """The I-V curve: current [A] over voltage [V] in the order of the samples, with time [s] and flags; `run.iv.plot()` draws it.

        Voltages that come again (cycles) are there again.
        """
        s = self.samples
        curve = s["current"].rename(time="voltage").drop_vars("voltage", errors="ignore")
        curve = curve.assign_coords(voltage=("voltage", s["voltage"].values), flags=("voltage", s["flags"].values, s["flags"].attrs))
        curve = curve.assign_coords(time=("voltage", s["time"].values, s["time"].attrs))
        curve["voltage"].attrs = {"units": "V", "long_name": "Voltage"}
        curve.attrs = {"units": "A", "long_name": "Current"}
        return curve

    @cached_property
    def frames(self) -> xr.DataArray:
        """The movie: counts (frame_time [s], y [nm], x [nm]), uint16, x along the wire from the edge of contact 1. Read frame by frame.

        Raises `RecordError` if the run took no frames.
        """
        if "frames" not in self.ds:
            raise _core.RecordError("this run took no frames: run a protocol with a [microscope] in it, and with imaging")
        return self.ds["frames"]

    @cached_property
    def events(self) -> pd.DataFrame:
        """Key moments: time [s], kind, value with its unit, in the order of their times."""
        import pandas as pd

        kinds = self.ds["event_kind"]
        words = dict(zip(kinds.attrs["flag_values"], kinds.attrs["flag_meanings"].split(), strict=True))
        names = [words.get(int(k), str(int(k))) for k in kinds.values]
        return pd.DataFrame({
            "time": self.ds["event_time"].values,
            "kind": names,
            "value": self.ds["event_value"].values,
            "unit": [_EVENT_UNITS.get(name, "") for name in names],
        })  # fmt: skip

    @cached_property
    def results(self) -> pd.DataFrame:
        """The headline numbers by name: label, value and its band (low, median, high: 16, 50, 84 %) in SI; bound ("<=" where it is only
        one); basis (measured, or simulated truth); text, as the command line says it; meaning."""
        import pandas as pd

        rows = []
        for row in self.attrs.get("results", []):
            band = row["band"] or {}
            value = row["value"]
            rows.append({
                "name": row["name"],
                "label": row["label"],
                "value": float("nan") if value is None else value,
                **{key: band.get(key, float("nan")) for key in ("low", "median", "high")},
                "bound": row["bound"],
                "basis": row["basis"],
                "text": "none" if value is None else f"{row['bound']} {_core.format_si(value, row['unit'], 3)}".strip(),
                "meaning": row["meaning"],
            })  # fmt: skip
        columns = ["name", "label", "value", "low", "median", "high", "bound", "basis", "text", "meaning"]
        return pd.DataFrame(rows, columns=columns).set_index("name")

    def _table(self, key: str) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.attrs.get(key) or [])

    @cached_property
    def put_in(self) -> pd.DataFrame:
        """What was set by hand, and why: read this first."""
        return self._table("put_in")

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """Every parameter as used, by its key: value, default, range, status, source."""
        table = self._table("parameters")
        return table.set_index("key") if "key" in table else table

    @cached_property
    def checklist(self) -> pd.DataFrame:
        """The paper's findings: emerged, input, not-reproduced or not-tested, with the evidence."""
        return self._table("checklist")

    @cached_property
    def companions(self) -> pd.DataFrame:
        """Runs beside this one: label, rate [V/s], how they ended, and their numbers (SI) by name."""
        import pandas as pd

        rows = self.attrs.get("companions") or []
        return pd.DataFrame([{"label": r["label"], "rate": r["rate"], "ended": r["ended"], **r["numbers"]} for r in rows])

    @cached_property
    def truth(self) -> xr.Dataset:
        """What only the simulator knows: radius [m] and temperature [K] over (profile_time [s], position [m]), and more."""
        return self._source.dataset("truth")

    @cached_property
    def measurements(self) -> xr.Dataset:
        """What `analyze` found in the frames. Raises `RecordError` before it."""
        if "measured" not in self.attrs:
            raise _core.RecordError("this run's frames were not analysed: pt.analyze(run), or pentatwin analyze RUN")
        return self._source.dataset("measurements")

    @cached_property
    def images(self) -> dict[str, xr.DataArray]:
        """Single images by name: counts (y [nm], x [nm]), uint16."""
        found = {name: self._source.dataset(f"images/{name}") for name in self._source.groups("images")}
        return {name: group["image"] for name, group in found.items() if "image" in group}

    @cached_property
    def spectra(self) -> dict[str, xr.DataArray]:
        """X-ray spectra by name: counts over energy [eV]."""
        found = {name: self._source.dataset(f"spectra/{name}") for name in self._source.groups("spectra")}
        return {name: group["counts"] for name, group in found.items() if "counts" in group}

    @property
    def report(self) -> Path | None:
        """Its page, which needs no network; None in memory, or before it is written."""
        page = self.folder / "report.html" if self.folder else None
        return page if page is not None and page.exists() else None

    def to_hyperspy(self, what: str = "frames") -> Any:
        """Frames, an image or a spectrum as a calibrated HyperSpy signal, read lazily.

        Parameters
        ----------
        what
            "frames", or the name of one of `images` or `spectra`.

        Raises
        ------
        ImportError
            HyperSpy is not installed; it is GPL-3 and therefore never required.
        RecordError
            The run has nothing of that name.
        """
        from ._hyperspy import signal

        return signal(self, what)

    def export(self, to: str, out: str | Path | None = None) -> Path:
        """Write what was recorded in another format, and return where.

        Parameters
        ----------
        to
            "hspy", "zspy", "nxem" (NeXus), "csv" (samples), "tiff" (ImageJ), "mrc", "mp4", "msa" (spectra, a folder).
        out
            File to write; by default one beside the record.

        Raises
        ------
        ExportError
            There is nothing to write, or it cannot be written there.
        ImportError
            The format needs a package that is not installed.
        """
        from ._export import export

        return export(self, to, out)

    def __repr__(self) -> str:
        where = str(self.folder) if self.folder else "in memory"
        lines = [f"<pentatwin.Run: {self.title}, seed {self.attrs.get('seed')}, {where}>", self.ended]
        shown = [row for _, row in self.results.iterrows() if row["text"] != "none"][:8]
        return "\n".join([*lines, *(f"  {row['label']:42} {row['text']}" for row in shown)])

    def _repr_html_(self) -> str:
        if self.report is None:
            table = self.results[["label", "text", "basis", "meaning"]].to_html(index=False)
            return f"<b>{html.escape(self.title)}</b>, seed {self.attrs.get('seed')}<br>{html.escape(self.ended)}{table}"
        page = html.escape(self.report.read_text(encoding="utf-8"), quote=True)
        style = f"width: 100%; height: {_PAGE_HEIGHT}px; border: 1px solid #ccc"
        return f'<iframe title="{html.escape(self.title)}" sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


class Interrupted(KeyboardInterrupt):  # noqa: N818, as KeyboardInterrupt
    """Ctrl-C ended a run; `run` is what was recorded until then, whole."""

    def __init__(self, text: str, run: Run) -> None:
        super().__init__(text)
        self.run = run
