"""Describing and comparing pictures in worker processes: each takes thumbnails as they are kept, and no workspace.

Imports no more than it needs: each worker pays for it.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features, images, sources, verification
from workbench.errors import WorkbenchError
from workbench.verification import Seen, Thresholds, Verdict

DESCRIBED = 300
"""Features of a picture that go into the index, and as many of its mirror image."""

HOPELESS = 0.2
"""Part of the structure that agrees below which two pictures, laid on each other as their hashes say, aren't looked at
any closer: chance pairs, of which there are many."""

_MADE_BY = 1  # goes up with whatever makes descriptors come out otherwise
_HEAD = struct.Struct("<4sHHH")
_KEPT = 48
_seen: OrderedDict[str, Seen] = OrderedDict()

Descriptors = npt.NDArray[np.uint8]


class Shown(NamedTuple):
    """A picture to look at: its file's checksum and URI, and its thumbnail where there is one."""

    checksum: str
    uri: str
    thumbnail: bytes | None


class Described(NamedTuple):
    """A picture's descriptors, packed, and its thumbnail where it had to be made."""

    packed: bytes
    thumbnail: bytes | None


class Comparison(NamedTuple):
    """Two pictures to compare: see `workbench.verification.verify`."""

    one: Shown
    other: Shown
    hint: str | None
    thresholds: Thresholds | None


def describe(shown: Shown) -> Described | WorkbenchError:
    """Return the descriptors of a picture and of its mirror image; what can't be read is returned as an error."""
    try:
        picture, made = _picture(shown)
    except WorkbenchError as error:
        return error
    both = [features.extract(p, most=DESCRIBED).descriptors for p in (picture, picture[:, ::-1])]
    return Described(pack(*both), made)


def compare(item: Comparison) -> Verdict | WorkbenchError:
    """Return what is found out about two pictures; what can't be read is returned as an error."""
    try:
        one, other = _look(item.one), _look(item.other)
    except WorkbenchError as error:
        return error
    return verification.verify(one, other, hint=item.hint, thresholds=item.thresholds)


def compare_turned(item: Comparison) -> Verdict | WorkbenchError:
    """Compare two pictures of which the hint says how one lies on the other; look closer where that nearly fits."""
    try:
        one, other = (_picture(shown)[0] for shown in (item.one, item.other))
    except WorkbenchError as error:
        return error
    verdict = verification.verify(one, other, hint=item.hint, thresholds=item.thresholds, thorough=False)
    if verdict.is_duplicate or float(verdict.evidence.get("agreement", 0.0)) < HOPELESS:
        return verdict
    return compare(item)


def _look(shown: Shown) -> Seen:
    """Return a picture with its features, from memory when it was compared a moment ago."""
    if shown.checksum in _seen:
        _seen.move_to_end(shown.checksum)
    else:
        _seen[shown.checksum] = verification.look(_picture(shown)[0])
        if len(_seen) > _KEPT:
            _seen.popitem(last=False)
    return _seen[shown.checksum]


def _picture(shown: Shown) -> tuple[features.Pixels, bytes | None]:
    picture = features.decode(shown.thumbnail or b"")
    if picture is not None:
        return picture, None
    with sources.open_blob(shown.uri) as blob:
        made = images.large_jpeg(blob.data, edge=images.THUMBNAIL_EDGE)
    picture = features.decode(made)
    assert picture is not None, "it was encoded a moment ago"
    return picture, made


def pack(upright: Descriptors, mirrored: Descriptors) -> bytes:
    """Return the descriptors of a picture and its mirror image as one blob for the cache."""
    return _HEAD.pack(b"ORB2", _MADE_BY, len(upright), len(mirrored)) + upright.tobytes() + mirrored.tobytes()


def unpack(blob: bytes) -> tuple[Descriptors, Descriptors] | None:
    """Return what was packed; None where another version made it, or it is damaged."""
    if len(blob) < _HEAD.size:
        return None
    magic, version, upright, mirrored = _HEAD.unpack_from(blob)
    if magic != b"ORB2" or version != _MADE_BY or len(blob) != _HEAD.size + 32 * (upright + mirrored):
        return None
    rows = np.frombuffer(blob, np.uint8, offset=_HEAD.size).reshape(-1, 32)
    return rows[:upright], rows[upright:]
