"""Protocols and settings, from what Python has to what the program reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from . import _core

Protocol: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any]"


def source(protocol: Protocol) -> tuple[str, str] | Path:
    """What _core reads a protocol from: a name or path, or (name, text)."""
    if isinstance(protocol, Mapping):
        return "protocol", _core.toml_text(json.dumps(protocol, default=str))
    if isinstance(protocol, str) and "\n" in protocol:
        return "protocol", protocol
    if isinstance(protocol, str | os.PathLike):
        return Path(protocol)
    raise TypeError(f"a protocol is a name, a path, TOML text or a dict, not {type(protocol).__name__}")


def settings(tables: Mapping[str, Any]) -> list[tuple[str, str]]:
    """{"wire": {"diameter": "90 nm"}} as [("wire.diameter", "90 nm")], as --set takes them; {"step": {0: …}} as "step[0].…"."""
    found: list[tuple[str, str]] = []
    for key, value in tables.items():
        _flatten(str(key), value, found)
    return found


def _flatten(key: str, value: Any, found: list[tuple[str, str]]) -> None:
    if isinstance(value, Mapping):
        for inner, v in value.items():
            _flatten(f"step[{inner}]" if key == "step" else f"{key}.{inner}", v, found)
    elif key == "step" and isinstance(value, list | tuple):
        for index, v in enumerate(value):
            _flatten(f"step[{index}]", v, found)
    else:
        found.append((key, _text(value)))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    return str(value)


def protocols() -> dict[str, str]:
    """Name and title of each protocol that ships.

    >>> pt.protocols()["fig2a"]
    'Breakdown at 100 mV/s (Figure 2a)'
    """
    return {name: title for name, title, _ in _core.protocols()}


def show(protocol: Protocol, **tables: Any) -> str:
    """A protocol with every setting written out, its meaning and limits, as TOML text to start from.

    Parameters: as for `run`. Raises `ProtocolError` as `run` does.
    """
    return _core.protocol_toml(source(protocol), settings(tables))
