"""Builds the package from the root of the sources: maturin, in the folder `python`."""

import os
from typing import Any

import maturin


def _in_python(hook: str) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        # Paths are given from the root.
        arguments = tuple(os.path.abspath(a) if isinstance(a, str) else a for a in arguments)
        os.chdir("python")
        try:
            return getattr(maturin, hook)(*arguments, **named)
        finally:
            os.chdir("..")

    return call


build_wheel = _in_python("build_wheel")
build_sdist = _in_python("build_sdist")
build_editable = _in_python("build_editable")
prepare_metadata_for_build_wheel = _in_python("prepare_metadata_for_build_wheel")
prepare_metadata_for_build_editable = _in_python("prepare_metadata_for_build_editable")
get_requires_for_build_wheel = _in_python("get_requires_for_build_wheel")
get_requires_for_build_sdist = _in_python("get_requires_for_build_sdist")
get_requires_for_build_editable = _in_python("get_requires_for_build_editable")
