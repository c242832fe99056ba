"""Which code says whether two pictures are the same: what other code said before is asked again."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

_FIRST = "comparing"
_IMPORT = re.compile(r"^from workbench(?:\.(\w+))? import (\w+(?:, \w+)*)", re.MULTILINE)
_READS_ONLY = {"errors", "images", "shared_spots", "sources"}
"""What gives pictures and takes features away, and says nothing about two of them."""


@functools.cache
def code_digest() -> str:
    """Return 8 hex digits that are others whenever the source of what compares pictures is another.

    A number that somebody has to raise by hand is forgotten sooner or later, and stale verdicts look like true ones.
    """
    sources = [_path(name).read_bytes() for name in deciding_modules()]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:8]


def deciding_modules() -> list[str]:
    """Return the modules that decide: the one that compares, and what it imports of the workbench, and so on."""
    found, waiting = set[str](), [_FIRST]
    while waiting:
        name = waiting.pop()
        found.add(name)
        for module, names in _IMPORT.findall(_path(name).read_text("utf-8")):
            waiting += {*([module] if module else names.split(", "))} - found - _READS_ONLY
    return sorted(found)


def _path(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.py")
