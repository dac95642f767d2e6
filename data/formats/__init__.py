"""One small file for each export that Holdfast recognises. Adding one = adding one file with `FORMATS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from data.formats.base import Format


@cache
def registry() -> dict[str, Format]:
    """Every format by name, in the order of file names."""
    return {found.name: found for found in _found()}


def _found() -> Iterator[Format]:
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        if module != "base":
            yield from importlib.import_module(f"{__name__}.{module}").FORMATS


def named(name: str) -> Format:
    """The format of a mapping; an unknown name (an older version's) is read by its columns alone."""
    return registry().get(name, registry()["generic"])
