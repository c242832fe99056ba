"""Changes to a file as cuts and insertions: whatever no splice names stays byte for byte.

A change can be turned round: `inverse` gives the splices that lead back, and `pack` makes them storable.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import zlib
from collections.abc import Sequence
from typing import NamedTuple, TypedDict, cast

from workbench.errors import BadValue, Stale

Data = bytes | mmap.mmap

_MAGIC = b"WBUNDO1\n"
_MAX_UNDO = 256 * 2**20


class Untouchable(Exception):
    """What is there can't be changed without harm; the text says why, in words for people."""


class _Head(TypedDict):
    before: str
    after: str
    splices: list[tuple[int, int, int]]


class Splice(NamedTuple):
    """Replace the bytes from ``start`` up to ``end`` by ``new``."""

    start: int
    end: int
    new: bytes


def apply(data: Data, splices: Sequence[Splice]) -> bytes:
    """Return the data with every splice done.

    Parameters
    ----------
    data : bytes or mmap.mmap
    splices : sequence of Splice
        In any order; insertions at one place keep theirs.

    Raises
    ------
    BadValue
        Two splices overlap, or one reaches beyond the data.
    """
    parts: list[bytes | memoryview] = []
    at = 0
    with memoryview(data) as view:
        for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
            if not at <= start <= end <= len(data):
                raise BadValue("Two changes to the file overlap.", hint="Make them one change.")
            parts += [view[at:start], new]
            at = end
        parts.append(view[at:])
        return b"".join(parts)


def inverse(data: Data, splices: Sequence[Splice]) -> list[Splice]:
    """Return the splices that turn the changed data back into ``data``."""
    back, shift = [], 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        back.append(Splice(start + shift, start + shift + len(new), bytes(data[start:end])))
        shift += len(new) - (end - start)
    return back


def pack(old: Data, new: bytes, splices: Sequence[Splice]) -> tuple[bytes, str, str]:
    """Make the undo of a change: what was cut out, where it belongs, and the checksums before and after.

    Returns
    -------
    packed : bytes
        For `undo`; about as long as the cut-out bytes are when compressed.
    before, after : str
        SHA-256 of both, in hexadecimal digits.
    """
    back = inverse(old, splices)
    before, after = hashlib.sha256(old).hexdigest(), hashlib.sha256(new).hexdigest()
    head = {"before": before, "after": after, "splices": [[start, end, len(cut)] for start, end, cut in back]}
    body = json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(cut for _, _, cut in back)
    return _MAGIC + zlib.compress(body, 6), before, after


def undo(new: Data, packed: bytes) -> bytes:
    """Return the original bytes of a changed file.

    Raises
    ------
    BadValue
        This is no undo, or a damaged one.
    Stale
        The file isn't what the change left: somebody changed it since.
    """
    head, cuts = _unpacked(packed)
    if hashlib.sha256(new).hexdigest() != head["after"]:
        raise Stale("The file was changed since the metadata was embedded.", hint="Restore it from a copy, or keep it.")
    back, at = [], 0
    for start, end, size in head["splices"]:
        back.append(Splice(start, end, cuts[at : at + size]))
        at += size
    old = apply(new, back)
    if hashlib.sha256(old).hexdigest() != head["before"]:
        raise BadValue("This undo doesn't lead back to the original.", hint=_DAMAGED)
    return old


_DAMAGED = "The record of the change is damaged: restore the file from a copy."


def _unpacked(packed: bytes) -> tuple[_Head, bytes]:
    if not packed.startswith(_MAGIC):
        raise BadValue("This isn't the undo of an embedding.", hint=_DAMAGED)
    try:
        head, _, cuts = zlib.decompressobj().decompress(packed[len(_MAGIC) :], _MAX_UNDO).partition(b"\n")
        return cast("_Head", json.loads(head)), cuts
    except (ValueError, zlib.error) as error:
        raise BadValue("This isn't the undo of an embedding.", hint=_DAMAGED) from error
