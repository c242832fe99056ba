"""Small print: what stands in both of two pictures that lie on each other, and isn't the same.

Two forms with other numbers are the same picture as thumbnails, where a digit is a few pixels high. At a larger size
print is compared window by window: it correlates above 0.9 in copies, however they were recompressed, blurred or
printed again, and hardly where other characters stand. What stands in one of them only was put on, or taken away:
that is for others to judge.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from workbench import features, images

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

EDGE = 1_024
"""Long edge, in pixels, at which print is compared; smaller where one of the pictures is."""

LIMIT = 0.7
"""Windows of other print from which on two pictures aren't the same. Copies that nothing was put on have 0.4 at most,
of 298 of three papers, a scene and a product; forms with two other numbers of seven digits 1.6 or more."""

WINDOW = 21
_REACH = 2  # pixels by which print may lie beside where it should
_FAITHFUL = 0.9  # correlation that half of all print must reach for the rest to say anything
_OTHER = 0.5  # correlation below which it is other print
_PLAIN = 6.0  # levels of contrast below which nothing stands there
_STRONG = 0.35  # of the strongest contrasts: fainter ones are the ground's
_LEAST = 20 * WINDOW  # pixels of print
_BAND = 96  # rows that are looked at together

_Made = TypeVar("_Made")


def readable(data: images.Data) -> npt.NDArray[np.uint8]:
    """Return a file's brightness, oriented, at the size at which print is compared, or smaller; shape (height, width).

    Raises
    ------
    BadValue
        The file isn't an image, or can't be decoded.
    """
    return features.reduced(images.grey_of(data, edge=EDGE), EDGE)


def apart(one: Floats, other: Floats, known: Mask) -> float:
    """Return how much print differs, in windows of `WINDOW` pixels squared; 0 where too little is alike to say so.

    Parameters
    ----------
    one, other : ndarray of float32, shape (height, width)
        The brightness of two pictures as they lie on each other, 0–255.
    known : ndarray of bool, shape (height, width)
        Where both are.
    """
    known = features.inner(known, WINDOW // 2 + 3)
    if known.mean() < 0.2:
        return 0.0
    a, b = _equally_sharp(one, other, known)
    varies, varies_there, alike = _as_they_lie(a, b)
    printed = known & _stands(varies, known) & _stands(varies_there, known)
    if int(printed.sum()) < _LEAST:
        return 0.0
    least = round(LIMIT * WINDOW**2 / 4)
    suspected = printed & (alike < _OTHER)
    if int(suspected.sum()) < least or not features.parts(suspected, least=least):
        return 0.0  # most copies: what is alike where it lies isn't looked for beside it
    alike = _beside(_Windows.of(a), _Windows.of(b))
    if float(np.median(alike[printed])) < _FAITHFUL:
        return 0.0
    rim = known & ~features.shrunk(known, 2)  # rounded corners and frames reach it
    found = features.parts(printed & (alike < _OTHER), least=least)
    return max((part.pixels for part in found if not (part.mask & rim).any()), default=0) / WINDOW**2


class _Windows(NamedTuple):
    """A picture, and the mean and variance of the window around each pixel."""

    picture: Floats
    mean: Floats
    variance: Floats

    @classmethod
    def of(cls, picture: Floats) -> _Windows:
        mean, variance = features.box(picture, WINDOW), features.box_of_squares(picture, WINDOW)
        variance -= mean * mean
        return cls(picture, mean, np.maximum(variance, 0, out=variance))


def _alike(one: _Windows, other: _Windows) -> Floats:
    """Return how windows correlate with those that lie on them."""
    together = features.box(one.picture * other.picture, WINDOW)
    together -= one.mean * other.mean
    spread = one.variance * other.variance
    spread += np.float32(1e-3)
    together /= np.sqrt(spread, out=spread)
    return together


def _beside(one: _Windows, other: _Windows) -> Floats:
    """Return how windows correlate, at best, with those up to `_REACH` pixels beside where they lie."""
    best = np.full(one.picture.shape, -1, np.float32)
    for shift in itertools.product(range(-_REACH, _REACH + 1), repeat=2):
        np.maximum(best, _alike(one, _Windows(*(np.roll(x, shift, (0, 1)) for x in other))), out=best)
    return best


def _as_they_lie(one: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the variances of the windows around each pixel, of either picture, and how they correlate."""
    made = np.empty((3, *one.shape), np.float32)

    def fill(rows: _Rows) -> None:
        first, second = _Windows.of(one[rows.around]), _Windows.of(other[rows.around])
        for into, values in zip(made, (first.variance, second.variance, _alike(first, second)), strict=True):
            into[rows.inside] = values[rows.kept]

    _everywhere(fill, len(one), WINDOW // 2)
    return made[0], made[1], made[2]


class _Rows(NamedTuple):
    """Some rows of a picture, those around that they depend on, and where they are among these."""

    inside: slice
    around: slice
    kept: slice


def _everywhere(fill: Callable[[_Rows], _Made], height: int, reach: int) -> list[_Made]:
    """Call a function for all rows of a picture, as many at once as stay in a core's cache, and in two threads.

    New memory for whole pictures takes longer to get than what is computed in it; and somebody waits for the answer.
    """
    bands = []
    for top in range(0, height, _BAND):
        first, last = max(0, top - reach), min(height, top + _BAND)
        bands.append(_Rows(slice(top, last), slice(first, last + reach), slice(top - first, last - first)))
    coming = _helper().submit(lambda: [fill(rows) for rows in bands[1::2]])
    return [fill(rows) for rows in bands[::2]] + coming.result()


@cache
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "print")


def _stands(variance: Floats, known: Mask) -> Mask:
    thin = np.s_[::4, ::4]
    strong = float(np.quantile(variance[thin][known[thin]], 0.95))
    return np.asarray(variance > max(_PLAIN**2, _STRONG**2 * strong))


def _equally_sharp(one: Floats, other: Floats, known: Mask) -> tuple[Floats, Floats]:
    """Blur the sharper one until both are equally sharp."""
    steep = [_steepness(x, known) for x in (one, other)]
    if steep[0] > 1.1 * steep[1]:
        return _softened(one, 1.05 * steep[1], known), other
    if steep[1] > 1.1 * steep[0]:
        return one, _softened(other, 1.05 * steep[0], known)
    return one, other


def _softened(picture: Floats, steep: float, known: Mask) -> Floats:
    for sigma in (0.5, 0.7, 0.9, 1.1, 1.4):
        soft = features.smooth(picture, sigma)
        if _steepness(soft, known) <= steep:
            return soft
    return features.smooth(picture, 1.8)


def _steepness(picture: Floats, known: Mask) -> float:
    def gap(rows: _Rows) -> float:
        some = picture[rows.around]
        return features.gap(some[rows.kept], features.smooth(some, 0.8)[rows.kept], known[rows.inside])

    return sum(_everywhere(gap, len(picture), 4)) / max(1, int(known.sum()))
