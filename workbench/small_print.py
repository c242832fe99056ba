"""Small print: what stands in both of two pictures that lie on each other, and isn't the same.

Two forms with other numbers are the same picture as thumbnails, where a digit is a few pixels high. At a larger size
print is compared window by window: it correlates above 0.9 in copies, however they were recompressed, blurred or
printed again, and hardly where other characters stand. What stands in one of them only was put on, or taken away:
that is for others to judge.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features

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
    first, second = _Windows.of(a), _Windows.of(b)
    printed = known & _stands(first.variance, known) & _stands(second.variance, known)
    if int(printed.sum()) < _LEAST:
        return 0.0
    least = round(LIMIT * WINDOW**2 / 4)
    alike = _alike(first, second, 0)
    suspected = printed & (alike < _OTHER)
    if int(suspected.sum()) < least or not features.parts(suspected, least=least):
        return 0.0  # most copies: what is alike where it lies isn't looked for beside it
    alike = _alike(first, second, _REACH)
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
        mean = features.box(picture, WINDOW)
        return cls(picture, mean, np.maximum(features.box(picture * picture, WINDOW) - mean * mean, 0))


def _alike(one: _Windows, other: _Windows, reach: int) -> Floats:
    """Return how windows correlate, at best, with those of the other picture up to so many pixels beside them."""
    best = np.full(one.picture.shape, -1, np.float32)
    for shift in itertools.product(range(-reach, reach + 1), repeat=2):
        moved, mean, variance = (np.roll(x, shift, (0, 1)) if any(shift) else x for x in other)
        together = features.box(one.picture * moved, WINDOW) - one.mean * mean
        np.maximum(best, together / np.sqrt(one.variance * variance + np.float32(1e-3)), out=best)
    return best


def _stands(variance: Floats, known: Mask) -> Mask:
    contrast = np.sqrt(variance)
    thin = np.s_[::2, ::3]
    strong = float(np.quantile(contrast[thin][known[thin]], 0.95))
    return np.asarray(contrast > max(_PLAIN, _STRONG * strong))


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
    return float(np.abs(picture - features.smooth(picture, 0.8))[known].mean())
