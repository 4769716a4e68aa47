"""How far it is: in a terminal the command line's bar, in a notebook a bar of its own, elsewhere nothing."""

from __future__ import annotations

import html
import importlib
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

Progress: TypeAlias = "bool | Callable[[float, str], object] | None"


def choose(progress: Progress, title: str) -> tuple[bool, Callable[[float, str], object] | None, Callable[[], object]]:
    """Whether the terminal's bar is wanted; who is told how far it is; what to do at the end."""
    nothing = lambda: None  # noqa: E731
    if callable(progress):
        return False, progress, nothing
    if progress is False:
        return False, None, nothing
    if in_notebook():
        bar = _NotebookBar(title)
        return False, bar, bar.close
    return progress is True or sys.stderr.isatty(), None, nothing


def in_notebook() -> bool:
    """Whether this is a kernel that shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


class _NotebookBar:
    def __init__(self, title: str) -> None:
        # It has no types to check against.
        ipython: Any = importlib.import_module("IPython.display")
        self._html, self._title = ipython.HTML, title
        self._handle: Any = ipython.display(self._html(self._page(0.0, "")), display_id=True)

    def _page(self, fraction: float, text: str) -> str:
        return (
            f"<b>{html.escape(self._title)}</b> <progress max='1' value='{fraction:.4f}'></progress> "
            f"<span style='font-variant-numeric: tabular-nums'>{html.escape(text)}</span>"
        )

    def __call__(self, fraction: float, text: str) -> None:
        if self._handle is not None:
            self._handle.update(self._html(self._page(fraction, text)))

    def close(self) -> None:
        if self._handle is not None:
            self._handle.update(self._html(""))
