"""Small print: what stands in both of two pictures that lie on each other, and isn't the same.

Two forms with other numbers are the same picture as thumbnails, where a digit is a few pixels high. At a larger size
print is compared window by window: it correlates above 0.9 in copies, however they were recompressed, blurred or
printed again, and hardly where other characters stand. What stands in one of them only was put on, or taken away:
that is for others to judge. But where each of them has print that the other hasn't, and what stands in both is on the
whole another's, two pages of one letterhead lie on each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from workbench import differences, features, images

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

EDGE = 1_024
"""Long edge, in pixels, at which print is compared; smaller where one of the pictures is."""

LIMIT = 0.7
"""Windows of other print from which on two pictures aren't the same. Copies that nothing was put on have 0.4 at most,
of 298 of three papers, a scene and a product; forms with two other numbers of seven digits 1.6 or more."""

WINDOW = 21
_PAGE, _ALONE = 30, 1.0
"""Windows of print from which on a page can be another, and of print that each has alone, from which on it is: pages of
other letters have 1.2 to 50, blurred copies up to 0.5."""
_BLURRED = (0.65, 0.9)
"""Correlation that nine tenths and half of all print reach in blurred or coarsened copies; less on another page."""
_AROUND = 0.8  # correlation of nine tenths of the print beside strokes from which on the page is the same
_REACH = 2  # pixels by which print may lie beside where it should
_FAITHFUL = 0.9  # correlation that half of all print must reach for the rest to say anything
_OTHER = (0.5, 0.7)  # correlation below which it is other print, and where nearly all of the rest is the same
_SAME = (0.9, 0.96)  # correlation of nine tenths of all print up to which, and from which on, that is so
_NOTHING, _MORE = 0.3, 6.0  # such a correlation that no blur leaves, and how much more must differ there
_PLAIN = 6.0  # levels of contrast below which nothing stands there
_STRONG = 0.35  # of the strongest contrasts: fainter ones are the ground's
_LEAST = 20 * WINDOW  # pixels of print
_SUSPECT = round(LIMIT * WINDOW**2 / 4)  # pixels of a piece of other print
_FURTHER, _MOVED = 0.016, 0.85
"""Part of the long edge by which print may lie further beside where it should, and how like it is then."""
_DETAIL, _FINE = (0.9, 0.95), 100
"""Correlation below which a detail of a character may be another, in faithful copies, and in small and exact ones; and
pixels of such a piece. Labels with other years, 320 pixels wide, have 0.9, the same label 0.953."""
_EXACT, _SMALL = (0.96, 0.98), (400, 640)
"""How like nine tenths of all print are in exact ones; long edges, in pixels, of small ones. A window holds several
characters there, and a stroke is little of it."""
_WEIGHT, _WEIGHTY, _FAITHFUL_TO = (0.1, 0.03), (0.95, 0.98), 0.94
"""How much of a window is unlike at least, by how like nine tenths of all print are, and how like they must be at all:
2005 and 2006 on two labels differ by 0.2 recompressed at quality 30, by 0.04 at half the size."""
_STARTLING, _MISFIT, _LOOSE = (20.0, 15.0), 0.4, 0.25
"""Times by which a stroke of another character differs more, in squares, than steepness lets expect: 26 to 1,000 where
a digit is another, up to 18 in copies that fit well; 18 or more in small and exact ones, where copies have no such
stroke; the misfit up to which that can be said, and the one from which on they are looked at as they lie best."""
_WOVEN = 0.42  # part of a picture above which what stands there is tissue, bark or gravel: on a full page 0.39 is print
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


class Differing(NamedTuple):
    """How much print differs, and how well the rest agrees.

    Attributes
    ----------
    windows : float
        The largest piece of other print, in windows of `WINDOW` pixels squared; 0 where too little is alike to say so.
    faithful : float
        Correlation that nine tenths of all print reach: the more, the better one lies on the other.
    """

    windows: float
    faithful: float


ALIKE = Differing(0.0, 1.0)
"""Nothing that may be other print, however exactly they lie on each other."""


def compared(
    one: Floats, other: Floats, known: Mask, strokes: Mask | None = None, corner: Mask | None = None
) -> Differing:
    """Return how much print differs in two pictures as they lie on each other.

    Parameters
    ----------
    one, other : ndarray of float32, shape (height, width)
        The brightness of two pictures as they lie on each other, 0–255.
    known : ndarray of bool, shape (height, width)
        Where both are, and nothing lies on them.
    strokes : ndarray of bool, shape (height, width), optional
        Where lettering or a drawing may have been put on one of them. Another page looks like that, too: what is there
        counts only for a page on the whole.
    corner : ndarray of bool, shape (height, width), optional
        Where something small lies in a corner: it may be another number, or a date that was put on. What is there
        counts, but not its details.
    """
    known = features.inner(known, WINDOW // 2 + 3)
    bare = known
    if strokes is not None and strokes.any():
        bare = features.inner(known & ~strokes, WINDOW // 2 + 3)
    if known.mean() < 0.2:
        return ALIKE
    a, b = _equally_sharp(one, other, bare if bare.any() else known)
    varies, varies_there, alike = _as_they_lie(a, b)
    stands = _stands(varies, known), _stands(varies_there, known)
    printed = stands[0] & stands[1]
    if int(printed.sum()) < _LEAST:
        return ALIKE
    if bare is known:
        beside = printed
    elif bare.mean() < 0.2:
        beside = np.zeros(bare.shape, np.bool_)
    else:
        beside = _stands(varies, bare) & _stands(varies_there, bare)
    detailed = beside if corner is None else beside & ~corner
    suspected = _pieces(printed & (alike < _OTHER[0]), _SUSPECT)
    if not suspected and _other_details(a, b, alike, detailed, bare) < LIMIT / 2:
        return ALIKE  # most copies: what is alike where it lies isn't looked for beside it
    alike = _beside(_Windows.of(a), _Windows.of(b))
    if int(beside.sum()) < _LEAST:
        return Differing(_another_page(alike, stands), float(np.quantile(alike[printed], 0.1)))
    faithful, half = (float(v) for v in np.quantile(alike[beside], (0.1, 0.5)))
    found = 0.0 if half >= _FAITHFUL and faithful >= _AROUND else _another_page(alike, stands)
    if half >= _FAITHFUL:
        for limit in (_OTHER[0], float(np.interp(faithful, _SAME, _OTHER))):
            found = max(found, _OTHER[0] / limit * _other_windows(a, b, beside & (alike < limit), bare))
        if faithful >= _FAITHFUL_TO:
            found = max(found, _other_details(a, b, alike, detailed, bare, faithful))
    elif faithful < _NOTHING:
        found = max(found, _other_windows(a, b, beside & (alike < _OTHER[0]), bare) / _MORE)
    return Differing(found, faithful)


def _another_page(alike: Floats, stands: tuple[Mask, Mask]) -> float:
    """Return how much print each has that the other hasn't, by the measure of `LIMIT`; 0 where both have the same."""
    printed = stands[0] & stands[1]
    if int(printed.sum()) < _PAGE * WINDOW**2 or (np.quantile(alike[printed], (0.1, 0.5)) > _BLURRED).any():
        return 0.0
    alone = (int((here & ~features.grown(there, WINDOW // 2)).sum()) for here, there in (stands, stands[::-1]))
    return LIMIT * min(alone) / (_ALONE * WINDOW**2)


def _pieces(mask: Mask, least: int) -> list[features.Part]:
    """Return the connected pieces of so many pixels, the largest first; most copies have none, which is seen sooner."""
    return features.parts(mask, least=least) if np.count_nonzero(mask) >= least else []


def _off_the_rim(pieces: list[features.Part], known: Mask) -> list[features.Part]:
    """Return the pieces that don't lie at the end of what is known, which rounded corners and frames reach."""
    if not pieces:
        return []
    rim = known & ~features.shrunk(known, 2)
    return [piece for piece in pieces if not (piece.mask & rim).any()]


def _other_windows(one: Floats, other: Floats, unlike: Mask, known: Mask) -> float:
    """Return how large the largest piece of print is that isn't the same, nor lies only a little further off."""
    inside = _off_the_rim(_pieces(unlike, _SUSPECT), known)
    return next((part.pixels / WINDOW**2 for part in inside if not _is_moved(one, other, part.box)), 0.0)


def _other_details(
    one: Floats, other: Floats, alike: Floats, printed: Mask, known: Mask, faithful: float | None = None
) -> float:
    """Return how far a part of a character stands out that is another, by the measure of `LIMIT`.

    A 5 and a 6 are alike but for one short stroke. What stands nearly everywhere isn't made of strokes, and any of it
    may seem to be another where it is coarsened or reduced to a few colours.

    Parameters
    ----------
    faithful : float, optional
        How like nine tenths of all print are; without it is told what may differ where they lie more exactly.
    """
    if np.count_nonzero(printed) > _WOVEN * np.count_nonzero(known):
        return 0.0
    least = _WEIGHT[1] if faithful is None else float(np.interp(faithful, _WEIGHTY, _WEIGHT))
    exact = _exactly_small(alike, printed, faithful)
    detail = float(np.interp(exact, (0, 1), _DETAIL))
    least *= WINDOW**2 * (detail - _OTHER[0])
    unlike = _pieces(printed & (alike < detail), _FINE)
    heavy = [part for part in unlike if float((detail - np.maximum(alike[part.mask], 0)).sum()) >= least]
    weighty = _off_the_rim(heavy, known)
    if not weighty:
        return 0.0
    startling, misfit = _startling(one, other, printed, known)
    if faithful is None and misfit > _LOOSE:
        return LIMIT
    if faithful is not None:
        weighty = [part for part in weighty if misfit <= _MISFIT and not _is_moved(one, other, part.box)]
    limit = float(np.interp(exact, (0, 1), _STARTLING))
    return LIMIT / limit * max((float(startling[part.mask].max()) for part in weighty), default=0.0)


def _exactly_small(alike: Floats, printed: Mask, faithful: float | None) -> float:
    """Return how small a picture is in which print agrees exactly, from 0 to 1: there a stroke is little of it."""
    small = float(np.interp(max(alike.shape), _SMALL, (1, 0)))
    if not small or not printed.any():
        return 0.0
    like = float(np.quantile(alike[printed], 0.1)) if faithful is None else faithful
    return small * float(np.interp(like, _EXACT, (0, 1)))


def _startling(one: Floats, other: Floats, printed: Mask, known: Mask) -> tuple[Floats, float]:
    """Return how much more than is to be expected differs around each pixel, and the misfit of outlines."""
    slope, offset = np.polyfit(one[printed].astype(np.float64), other[printed], 1)
    if abs(slope) > 1:
        one, other, slope, offset = other, one, 1 / slope, -offset / slope
    predicted = np.asarray(one * np.float32(slope) + np.float32(offset), np.float32)
    startling, misfit = differences.startling(one, predicted, other, known, max(0.35, abs(slope)))
    calm = float(np.clip(np.quantile(startling[known], 0.99), 0.3, 1))  # where hardly anything differs, less stands out
    return startling / np.float32(calm), misfit


def _is_moved(one: Floats, other: Floats, box: tuple[int, int, int, int]) -> bool:
    """Tell whether a piece of either picture lies in the other one too, both as far beside where they should.

    Paper is bent, and lies askew where what it was laid by is far off.
    """
    there, back = _found(one, other, box), _found(other, one, box)
    if there is None or back is None or max(map(abs, there)) <= _REACH:
        return False
    return max(abs(way + returned) for way, returned in zip(there, back, strict=True)) <= _REACH


def _found(piece_of: Floats, within: Floats, box: tuple[int, int, int, int]) -> tuple[int, int] | None:
    """Return by how many pixels across and down a piece of a picture lies elsewhere in another; None if it doesn't."""
    high, wide = piece_of.shape
    reach = round(_FURTHER * max(high, wide))
    left, top, right, bottom = box[0] - 4, box[1] - 4, box[0] + box[2] + 4, box[1] + box[3] + 4
    piece = piece_of[max(0, top) : bottom, max(0, left) : right]
    from_x, from_y = max(0, left - reach), max(0, top - reach)
    around = within[from_y : bottom + reach, from_x : right + reach]
    alike, x, y = features.likest(piece, around)
    return (from_x + x - max(0, left), from_y + y - max(0, top)) if alike > _MOVED else None


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
    return np.asarray(known & (variance > max(_PLAIN**2, _STRONG**2 * strong)))


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
