"""Describing and comparing pictures in worker processes: each takes thumbnails as they are kept, and no workspace.

Imports no more than it needs: each worker pays for it.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from workbench import derivation, features, images, shared_spots, small_print, sources, verification
from workbench.errors import WorkbenchError
from workbench.features import Features
from workbench.verification import Seen, Thresholds, Verdict

DESCRIBED = 300
"""Features of a picture that go into the index, and as many of its mirror image."""
PLAIN = 150
"""Features below which what is faint in a picture is described as well."""

HOPELESS = 0.2
"""Part of the structure that agrees below which two pictures, laid on each other as their hashes say, aren't looked at
any closer: chance pairs, of which there are many."""

_LARGE_KEPT = 8  # pictures of 1 MB
_KEPT, _FEATURES_KEPT = 160, 1600
"""Pictures that a process remembers, a quarter of a megabyte each, and features of pictures, 30 kB each: they take
longer to find than most comparisons."""


class Shown(NamedTuple):
    """A picture to look at: its checksum, its URI, its thumbnail where there is one; its bytes where it is no file."""

    checksum: str
    uri: str
    thumbnail: bytes | None
    held: bytes | None = None


class Described(NamedTuple):
    """A picture's descriptors, packed, and its thumbnail where it had to be made."""

    packed: bytes
    thumbnail: bytes | None


class Comparison(NamedTuple):
    """Two pictures to compare: see `workbench.verification.verify`.

    Where it is known whether one is mirrored, ``mirrored`` says so, and the other way isn't tried.
    """

    one: Shown
    other: Shown
    hint: str | None
    thresholds: Thresholds | None
    mirrored: bool | None = None


def describe(shown: Shown) -> Described | WorkbenchError:
    """Return the descriptors of a picture and of its mirror image; what can't be read is returned as an error."""
    try:
        picture, made = _picture(shown)
    except WorkbenchError as error:
        return error
    return Described(packed(picture), made)


def packed(picture: features.Pixels) -> bytes:
    """Return the features of a picture and of its mirror image that are kept, as one blob."""
    return shared_spots.pack(*(_with_faint_ones(p) for p in (picture, np.ascontiguousarray(picture[:, ::-1]))))


def _with_faint_ones(picture: features.Pixels) -> Features:
    found = features.extract(picture, most=DESCRIBED)
    if len(found.points) >= PLAIN:
        return found
    faint = features.extract(features.evened(picture), most=DESCRIBED - len(found.points))
    return features.joined(found, faint)


def compare(item: Comparison) -> Verdict | WorkbenchError:
    """Return what is found out about two pictures; what can't be read is returned as an error."""
    try:
        one, other = (_look(shown, item.mirrored) for shown in (item.one, item.other))
    except WorkbenchError as error:
        return error
    verdict = verification.verify(one, other, hint=item.hint, thresholds=item.thresholds)
    return _completed(item, verdict, one.picture, other.picture)


def compare_turned(item: Comparison) -> Verdict | WorkbenchError:
    """Compare two pictures of which the hint says how one lies on the other; look closer where that nearly fits."""
    try:
        one, other = (_remembered(_as_kept(shown)) for shown in (item.one, item.other))
    except WorkbenchError as error:
        return error
    verdict = verification.verify(one, other, hint=item.hint, thresholds=item.thresholds, thorough=False)
    verdict = _completed(item, verdict, one, other)
    settled = verdict.is_duplicate or "other_print" in verdict.evidence
    if settled or float(verdict.evidence.get("agreement", 0.0)) < HOPELESS:
        return verdict
    mirrored = None if item.hint is None else item.hint in verification.MIRRORED
    closer = compare(item._replace(hint=None, mirrored=mirrored))
    return max(verdict, closer, key=_rank) if isinstance(closer, Verdict) else closer


def _completed(item: Comparison, verdict: Verdict, a: features.Pixels, b: features.Pixels) -> Verdict:
    """Return a verdict on thumbnails with what the files say of small print, and which was made from the other."""
    told = verdict.evidence
    if not verdict.is_duplicate or told.get("homography") is None:
        return verdict
    found = _threads().submit(derivation.derived, a, b, told["homography"], told["covers_a"], told["covers_b"])
    verdict = _with_small_print(item, verdict, a, b)
    if not verdict.is_duplicate:
        return verdict
    return replace(verdict, evidence={**verdict.evidence, **found.result().as_evidence()})


def _with_small_print(item: Comparison, verdict: Verdict, a: features.Pixels, b: features.Pixels) -> Verdict:
    """Look at the files themselves where thumbnails agree: print may be too small in these."""
    one, other = (_large(shown) for shown in (item.one, item.other))
    return verdict if one is None or other is None else verification.confirm(verdict, a, b, one, other)


def look_ahead(*shown: Shown) -> None:
    """Begin to decode the files of pictures that will probably be looked at in small print, while others compute."""
    for one in shown:
        _coming(one)


def _large(shown: Shown) -> features.Pixels | None:
    """Return a file's brightness at the size at which print is compared; None where its thumbnail says as much."""
    return _coming(shown).result()


@lru_cache(_LARGE_KEPT)
def _coming(shown: Shown) -> Future[features.Pixels | None]:
    return _threads().submit(_decoded, shown)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "looking")


def _decoded(shown: Shown) -> features.Pixels | None:
    if shown.held is None and not shown.uri:
        return None  # a thumbnail is all there is
    try:
        if shown.held is not None:
            picture = small_print.readable(shown.held)
        else:
            with sources.open_blob(shown.uri) as blob:
                picture = small_print.readable(blob.data)
    except (WorkbenchError, OSError):
        return None
    return picture if max(picture.shape) >= images.THUMBNAIL_EDGE else None


def _rank(verdict: Verdict) -> tuple[bool, bool, float]:
    return verdict.is_duplicate, verdict.relation == "variant", verdict.score


def _look(shown: Shown, mirrored: bool | None) -> Seen:
    """Return a picture with its features; those of its mirror image only where they can be needed."""
    shown = _as_kept(shown)
    upright = _described(shown, turned=False)
    other = _described(shown, turned=True) if mirrored is not False else _without_any(upright)
    return Seen(_remembered(shown), upright, other)


def _as_kept(shown: Shown) -> Shown:
    """Return what pictures are remembered by: without the bytes of what is no file, which would stay with them."""
    return shown._replace(held=None)


@lru_cache(_KEPT)
def _remembered(shown: Shown) -> features.Pixels:
    return _picture(shown)[0]


@lru_cache(_FEATURES_KEPT)
def _described(shown: Shown, *, turned: bool) -> Features:
    picture = _remembered(shown)
    return features.extract(np.ascontiguousarray(picture[:, ::-1]) if turned else picture)


def _without_any(found: Features) -> Features:
    return Features(found.points[:0], found.scales[:0], found.angles[:0], found.descriptors[:0], found.size)


def _picture(shown: Shown) -> tuple[features.Pixels, bytes | None]:
    picture = features.decode(shown.thumbnail or b"")
    if picture is not None:
        return picture, None
    with sources.open_blob(shown.uri) as blob:
        made = images.large_jpeg(blob.data, edge=images.THUMBNAIL_EDGE)
    picture = features.decode(made)
    assert picture is not None, "it was encoded a moment ago"
    return picture, made
