"""How many features of two pictures agree on how one lies on the other: two features that match say it each alone.

How one picture would be turned, scaled and shifted: in copies many say the same, in strangers each says something else.
First features match that share a visual word, which takes a seventh of a millisecond; where some of these agree, those
that are nearest to each other, which takes half of one and tells copies from strangers much better. Laying pictures on
each other takes fifty.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features
from workbench.features import Features
from workbench.word_index import BITS, TABLES, words_of

_MADE_BY = 3  # goes up with whatever makes features come out otherwise
_HEAD = struct.Struct("<4sHHH")
_ROW = np.dtype([("descriptor", np.uint8, 32), ("place", np.uint16, 2), ("angle", np.uint16), ("scale", np.uint16)])
_PARTS = 65_535
_SHARED_BY = 4
"""Features of one picture with the same word beyond which the word says nothing about where they belong."""
_WORTH = 2
"""Features that must agree by their words for a look at the nearest ones."""
_MOST = 400
"""Matches that are looked at; the cost grows with their square."""
_TURN, _SCALE = 0.4, 0.5
"""Radians, and logarithm of the scale, by which two matches may differ and still say the same."""
_NEAR, _DRIFT = 0.03, 0.15
"""By how much of the long edge a match may miss where another puts it, and how much more with the distance."""


class Marks(NamedTuple):
    """Features as they are kept.

    Attributes
    ----------
    descriptors : ndarray of uint8, shape (n, 32)
    places, turns : ndarray of complex64, shape (n,)
        Relative to the picture's long edge; a turn is as long as the feature is large, and points where it points.
    """

    descriptors: npt.NDArray[np.uint8]
    places: npt.NDArray[np.complex64]
    turns: npt.NDArray[np.complex64]


class Spots(NamedTuple):
    """A picture's marks by their words: ``keys`` (word and table) in order, the mark of each; then the marks."""

    keys: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.int16]
    descriptors: npt.NDArray[np.uint8]
    places: npt.NDArray[np.complex64]
    turns: npt.NDArray[np.complex64]


def pack(upright: Features, mirrored: Features) -> bytes:
    """Return the features of a picture and its mirror image as one blob for the cache, 40 bytes each."""
    rows = np.zeros(len(upright.points) + len(mirrored.points), _ROW)
    start = 0
    for found in (upright, mirrored):
        some, edge = rows[start : start + len(found.points)], max(1, *found.size)
        some["descriptor"] = found.descriptors
        some["place"] = np.clip(found.points / edge, 0, 1) * _PARTS
        some["angle"] = (found.angles % 360) / 360 * _PARTS
        some["scale"] = np.clip(found.scales / edge, 1 / _PARTS, 1) * _PARTS
        start += len(found.points)
    return _HEAD.pack(b"ORB3", _MADE_BY, len(upright.points), len(mirrored.points)) + rows.tobytes()


def unpack(blob: bytes) -> tuple[Marks, Marks] | None:
    """Return what was packed; None where another version made it, or it is damaged."""
    if len(blob) < _HEAD.size:
        return None
    magic, version, upright, mirrored = _HEAD.unpack_from(blob)
    if magic != b"ORB3" or version != _MADE_BY or len(blob) != _HEAD.size + _ROW.itemsize * (upright + mirrored):
        return None
    rows = np.frombuffer(blob, _ROW, offset=_HEAD.size)
    places = rows["place"].astype(np.float32) / _PARTS
    turns = np.exp(2j * np.pi * rows["angle"] / _PARTS) * (rows["scale"] / _PARTS)
    descriptors, where = rows["descriptor"], (places[:, 0] + 1j * places[:, 1]).astype(np.complex64)
    pointing = turns.astype(np.complex64)
    return (
        Marks(descriptors[:upright], where[:upright], pointing[:upright]),
        Marks(descriptors[upright:], where[upright:], pointing[upright:]),
    )


def spots_of(marks: Marks) -> Spots:
    """Return marks by their words, for `agreeing`."""
    descriptors = np.ascontiguousarray(marks.descriptors)
    words = words_of(descriptors)
    keys = (words | np.arange(TABLES, dtype=np.uint32) << np.uint32(BITS)).ravel()
    order = np.argsort(keys, kind="stable")
    return Spots(keys[order], (order // TABLES).astype(np.int16), descriptors, marks.places, marks.turns)


def agreeing(one: Spots, other: Spots) -> int:
    """Return how many features agree on how the first picture lies on the second: turned, scaled, shifted."""
    by_words = _agreeing(one, other, *_sharing_words(one, other))
    if by_words < _WORTH:
        return by_words
    return _agreeing(one, other, *features.match(one.descriptors, other.descriptors).T)


def lying(ways: tuple[Spots, Spots], other: Spots) -> tuple[int, bool | None]:
    """Return how many features of a picture or of its mirror image agree with another picture.

    Parameters
    ----------
    ways : tuple of Spots
        Of the picture, and of its mirror image.
    other : Spots

    Returns
    -------
    tuple of int and bool or None
        How many, and whether it lies mirrored; None where that isn't clear.
    """
    upright, mirrored = (agreeing(way, other) for way in ways)
    most, least = max(upright, mirrored), min(upright, mirrored)
    return most, mirrored > upright if most >= 2 * least else None


def _agreeing(one: Spots, other: Spots, i: npt.NDArray[np.int64], j: npt.NDArray[np.int64]) -> int:
    """Return of how many matches, of marks i with marks j, one says the same as most others do."""
    if len(i) < 2:
        return len(i)
    turns = other.turns[j] / one.turns[i]
    here, there = one.places[i], other.places[j]
    steps = here[None, :] - here[:, None]
    gaps = np.abs(there[:, None] + turns[:, None] * steps - there[None, :])
    ratios = turns[None, :] / turns[:, None]
    same = (
        (gaps < _NEAR + _DRIFT * np.abs(turns[:, None] * steps))
        & (np.abs(np.log(np.abs(ratios))) < _SCALE)
        & (np.abs(np.angle(ratios)) < _TURN)
    )
    best = same[int(same.sum(axis=1).argmax())]
    return min(len(np.unique(i[best])), len(np.unique(j[best])))


def _sharing_words(one: Spots, other: Spots) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the marks that share a word, each two once; of very many those that share most."""
    low, high = (np.searchsorted(other.keys, one.keys, side) for side in ("left", "right"))
    rare = np.flatnonzero((high > low) & (high - low <= _SHARED_BY))
    counts = (high - low)[rare]
    step = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    i = np.repeat(one.marks[rare].astype(np.int64), counts)
    j = other.marks[np.repeat(low[rare], counts) + step].astype(np.int64)
    width = max(1, len(other.places))
    both, often = np.unique(i * width + j, return_counts=True)
    if len(both) > _MOST:
        both = both[np.argsort(-often, kind="stable")[:_MOST]]
    return both // width, both % width
