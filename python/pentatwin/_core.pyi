"""The compiled part of pentatwin (python/src): written by hand, checked by mypy's stubtest in python/tests/test_package.py."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Protocol, TypeAlias, TypedDict

__all__ = [
    "AnalyzeError",
    "ExportError",
    "FitError",
    "PentatwinError",
    "ProtocolError",
    "RecordError",
    "SimulationError",
    "SweepError",
    "analyze",
    "command",
    "export",
    "fit",
    "format_si",
    "lattice",
    "protocol_toml",
    "protocols",
    "quantity",
    "read_heating",
    "read_log",
    "record_folder",
    "run",
    "run_in_memory",
    "sweep_begin",
    "sweep_collect",
    "sweep_read",
    "sweep_run",
    "toml_text",
    "version",
]

class PentatwinError(Exception): ...
class ProtocolError(PentatwinError): ...
class RecordError(PentatwinError): ...
class SimulationError(PentatwinError): ...
class AnalyzeError(PentatwinError): ...
class ExportError(PentatwinError): ...
class SweepError(PentatwinError): ...
class FitError(PentatwinError): ...

_Path: TypeAlias = str | PathLike[str]
# (name, TOML text), or a name or path.
_Source: TypeAlias = tuple[str, str] | _Path
_Sets: TypeAlias = Sequence[tuple[str, str]]
_Progress: TypeAlias = Callable[[float, str], object] | None
_Log: TypeAlias = tuple[list[float], list[float], list[float]]

class _KeptArray(TypedDict):
    group: str
    name: str
    dimensions: list[str]
    shape: list[int]
    type: str
    attributes: str
    bytes: bytearray

# What a movie needs (python/src/movie.rs); not a class of its own there.
class _Frames(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def frames(self) -> int: ...
    @property
    def pixel(self) -> tuple[float, float] | None: ...
    @property
    def times(self) -> list[float] | None: ...
    @property
    def origin(self) -> float | None: ...
    @property
    def read(self) -> Callable[[int], tuple[str, bytes]]: ...

def version() -> str: ...
def command(words: Sequence[str]) -> int: ...
def protocols() -> list[tuple[str, str, str]]: ...
def protocol_toml(protocol: _Source, sets: _Sets) -> str: ...
def toml_text(json: str) -> str: ...
def run(
    protocol: _Source, sets: _Sets, seed: int, band: int, companions: bool, out: _Path | None, bar: bool, progress: _Progress
) -> tuple[Path, BaseException | None]: ...
def run_in_memory(
    protocol: _Source, sets: _Sets, seed: int, band: int, companions: bool, progress: _Progress
) -> tuple[list[_KeptArray], str, BaseException | None]: ...
def record_folder(path: _Path) -> Path: ...
def export(run: _Path, to: str, out: _Path | None) -> Path: ...
def format_si(value: float, unit: str, digits: int) -> str: ...
def quantity(text: str, example: str | None = None) -> float: ...
def analyze(
    movie: _Path | _Frames,
    pixel: float | None,
    frame_time: float | None,
    iv: _Log | None,
    iv_path: _Path | None,
    iv_columns: str | None,
    angle: float | None,
    out: _Path | None,
    progress: _Progress,
) -> tuple[Path, Path, str, BaseException | None]: ...
def lattice(movie: _Path | _Frames, pixel: float | None, crystal: str | None, out: _Path | None) -> tuple[Path, str]: ...
def read_log(path: _Path, columns: str | None) -> tuple[_Log, list[str]]: ...
def read_heating(path: _Path) -> tuple[list[float], list[tuple[str, str, str, list[float]]], list[str]] | None: ...
def sweep_read(sweep: _Source) -> tuple[str, int]: ...
def sweep_begin(sweep: _Source, folder: _Path) -> list[int]: ...
def sweep_run(
    folder: _Path, indices: Sequence[int], jobs: int, progress: _Progress
) -> tuple[int, int, int, BaseException | None]: ...
def sweep_collect(folder: _Path) -> Path: ...
def fit(
    protocol: _Source,
    sets: _Sets,
    iv: _Log,
    name: str,
    free: Sequence[str],
    bounds: Sequence[tuple[str, float, float]],
    sigma: float | None,
    until: float,
    meter: bool,
    seed: int,
    draws: int,
) -> tuple[str, list[str]]: ...
