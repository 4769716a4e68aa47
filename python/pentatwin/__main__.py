"""The command `pentatwin`: `python -m pentatwin`, and the script that the wheel installs."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """What `sys.argv` says; the exit code."""
    from . import _core

    # For formats that only Python writes the command calls this Python (crates/pentatwin/src/export.rs), which must not call it back.
    if sys.argv[1:2] == ["--write-export"]:
        from ._export import command

        return command(sys.argv[2:])
    os.environ.setdefault("PENTATWIN_PYTHON", sys.executable)
    return _core.command(["pentatwin", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
