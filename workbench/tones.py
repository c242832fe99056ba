"""What an edit did to the tones of a whole picture, estimated from two pictures that lie on each other.

Brightness, contrast and gamma make a smooth curve, light from a side or dark corners a slow drift over the picture,
a colour cast a gain for each channel, fading or greying a common factor on all colours; grey and brown tones are made
of the brightness alone. Beyond that a few levels by colour are allowed for and nothing else: a mapping that could take
every colour to any other would explain a red shirt from a blue one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.features import Floats, Pixels, highest, lowest, mixed

Mask = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]

GREY = 0.15
"""Strength of the colours below which a picture is without them."""

ONE_TINT = 4.5
"""Levels by which the colours of a picture in one tint stray from what the brightness makes them, at most."""
SURELY = 4.0
"""Times by which they stray less than before where a picture of little colour, as paper is, became one tint."""
STRONGEST_TINT = 85.0
"""Levels between the channels of a tint, at most: brown tones have some 70, a green shirt on grey has more."""
WEAKEST = 0.3
"""How weak colours can have become that are still there."""
POLISH = 10.0
"""Levels by which tones may be off, by colour, from what a curve and a cast explain."""

_SAMPLE = 2_000
_UNCHANGED, _MUCH_BETTER = 3.0, 0.9
"""Levels by which half of all points may miss where tones are unchanged, and part of what they miss by any curve."""
_TINTED, _MUCH_OF_IT, _MOST_OF_IT = 12.0, 0.2, 0.6
"""Levels between the channels from which on a pixel has a tint; the part of a picture that has it; and the part of
that which is as it was where the picture was in that tint already."""
_ONE_COLOUR, _MOST_COLOURS = 9.0, 20
"""Levels within which colours are one, and colours that a picture of few has at most."""
_MOSTLY_FLAT, _FLATTER = 0.78, 1.25
"""Part of a picture in few colours that is of one of them, and by how many times it is flatter than the other."""
_STRAY, _STRAYS, _LARGE = 7.0, 42.0, 0.03
"""Levels by which its colours may miss the mean of what they stand for: on average, and at most among those that take
up such a part of it."""
_LOST, _LOST_IN = 50.0, 0.04
"""Levels from which on a colour was lost, and the part of a picture that may have lost its own: a small thing's."""
_TAKEN, _FURTHER = 15.0, ((8.0, 0.0125), (24.0, 0.0005))
"""Levels within which a pixel is of one of them; levels by which the nearest may be nearer, in which part of it."""
_UNSURE = 12.0
"""Levels by which a colour may be further away than the nearest and be the one that was taken."""
_COUNTED = 4_000  # pixels that a picture's colours are counted in
_PIECE = 4_096  # pixels whose terms stay in a core's cache, and too few for threads to be worth starting
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_OFFSET, _GAINS = 20.0, (0.72, 1.35)  # a cast's limits, in levels and times
_STRONGEST = 2.2  # times by which colours can have become stronger
_GAIN, _APART = (0.5, 3.2), 2.7
"""Times by which a channel can have been stretched, and more than another."""
_LEAST_SAID = 20
"""Pixels of which a channel must be between the ends of the scale to say how it was stretched."""
_BLACK, _AS_STRONG = 0.1, 2000.0
"""How many pixels what is usual counts for: that black stays black, and (times squared levels) colours as they are."""
_MISSED, _WELL, _BETTER, _SAME = 8.0, 0.97, 0.01, 0.2
"""Levels that a pixel may miss, the part that is explained well, by how much more another way must explain, and within
which strengths are the same."""


class Retoned(NamedTuple):
    """A picture in another's tones.

    Attributes
    ----------
    picture : ndarray of float32, shape (height, width, 3)
        0 to 255.
    slope : float
        How steep the tone curve is between the dark and the light tenth.
    strength : float
        How strong the colours are: 1 unchanged, 0 without.
    drift : float
        Levels by which the light changes over the picture, at a middle grey.
    words : str
        What was changed.
    """

    picture: Floats
    slope: float
    strength: float
    drift: float
    words: str


def luma(picture: Floats) -> Floats:
    """Return a picture's brightness by ITU-R BT.601; shape (..., 3) gives (...)."""
    return np.asarray(picture @ _LUMA, dtype=np.float32)


def liveliness(picture: Floats, known: Mask) -> float:
    """Return how much contrast and colour there is: the livelier picture explains the duller, not the other way."""
    values = _thinned(picture, known)
    return float(values.std()) + 2 * float((values - values.mean(1, keepdims=True)).std())


def in_order(one: Floats, other: Floats, known: Mask) -> bool:
    """Tell whether the first picture explains the second, rather than the other way round.

    Colours explain grey, what was not clipped explains what was, and the livelier explains the duller.
    """
    values = [_thinned(x, known) for x in (one, other)]
    loose = [_looseness(x) for x in values]
    if min(loose) < ONE_TINT and max(loose) > 1.6 * min(loose):
        return loose[0] > loose[1]
    clipped = [float(((x <= 4) | (x >= 251)).mean()) for x in values]
    if abs(clipped[0] - clipped[1]) > 0.004:
        return clipped[0] < clipped[1]
    return liveliness(one, known) >= liveliness(other, known)


def _thinned(picture: Floats, known: Mask, most: int = _SAMPLE) -> Floats:
    """Return the values of evenly spaced pixels, at least `most` of them."""
    at = np.flatnonzero(known)
    return picture.reshape(-1, 3)[at[:: max(1, len(at) // most)]]


def _tint(values: Floats, other: Floats) -> str:
    """Return "grey" or "tint" where colours are made of the brightness alone, and the other's are not."""
    strong = float(np.quantile(np.ptp(values, axis=1), 0.98))
    name = "grey" if strong < 6 else "tint" if 18 < strong < STRONGEST_TINT else ""
    loose = _looseness(values) if name else ONE_TINT
    is_one = loose < ONE_TINT and _looseness(other) > 1.6 * loose
    return name if is_one and not (name == "tint" and _mostly_same(values, other)) else ""


def _mostly_same(values: Floats, other: Floats) -> bool:
    """Tell whether the colours of one picture are mostly the other's: that was in the tint before it was changed."""
    coloured = np.ptp(values, axis=1) > _TINTED
    same = _largest(np.abs(values - other))[coloured] < 2 * _UNCHANGED
    return float(coloured.mean()) > _MUCH_OF_IT and float(same.mean()) > _MOST_OF_IT


def _astray(colours: Floats, outside: Floats, weights: Doubles) -> float:
    """Return by how many levels colours stray, on average, from where the same hues, weaker or stronger, would be."""
    miss = outside - luma(outside)[:, None] - colours
    miss = miss - np.average(miss, axis=0, weights=weights)
    return float(np.average(_largest(np.abs(miss)), weights=weights))


def _looseness(values: Floats) -> float:
    """Return by how many levels colours stray from what a tint of the brightness would make them."""
    y = luma(values) / 255
    terms = np.stack([np.ones_like(y), y, y * y, y**3], axis=1).astype(np.float64)
    terms_t = terms.T
    rest = values - terms @ np.linalg.solve(terms_t @ terms + 1e-3 * np.eye(4), terms_t @ values)
    return float(_largest(np.abs(rest)).mean())


def _largest(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the largest of three columns; numpy's own maximum over so short an axis takes ten times as long."""
    return np.asarray(np.maximum(np.maximum(rows[:, 0], rows[:, 1]), rows[:, 2]))


def retoned(source: Floats, target: Floats, known: Mask) -> Retoned:
    """Return the source in the target's tones.

    Parameters
    ----------
    source, target : ndarray of float32, shape (height, width, 3)
        They lie on each other; 0 to 255.
    known : ndarray of bool, shape (height, width)
        Where both are known.
    """
    rows, columns = np.nonzero(known)
    step = max(1, len(rows) // _SAMPLE)
    rows, columns = rows[::step], columns[::step]
    outside = target[rows, columns]
    y_in, y_out = luma(source[rows, columns]), luma(outside)
    curve = _Curve(known.shape)
    weights = curve.learn(y_in, y_out, rows, columns)
    toned = np.clip(curve(source), 0, 255)
    before = toned[rows, columns]
    before -= luma(before)[:, None]
    strength, tint = _strength(before, outside - y_out[:, None], weights), _tint(outside, source[rows, columns])
    tinted = tint == "grey"
    if tint == "tint":
        is_one = SURELY * _looseness(outside) < _looseness(source[rows, columns])
        tinted = is_one or _astray(strength * before, outside, weights) > ONE_TINT
    strength = 0.0 if tinted else strength if tint else max(WEAKEST, strength)
    toned = mixed(toned, np.column_stack([_saturating(strength), np.zeros(3)]))
    for channel in range(3):
        cast = _cast(toned[rows, columns, channel], outside[:, channel], weights, free=tinted)
        toned[..., channel] = cast(toned[..., channel])
    toned = _polished(np.clip(toned, 0, 255), target, rows, columns)
    made = Retoned(toned, curve.slope, strength, curve.drift, curve.words(strength))
    explained = 1.0 if tinted else _explained(toned, target, rows, columns)
    # Where no change explains as much as this one does, nothing was changed, and nothing was stretched.
    seems_changed = explained < _WELL and explained > _explained(source, target, rows, columns) + _BETTER
    stretched = _stretched(source, target, known, curve) if seems_changed else None
    # What takes no fading of colours to explain as much is the likelier.
    better = explained + _BETTER * (abs(strength - 1) < _SAME)
    if stretched is not None and _explained(stretched.picture, target, rows, columns) > better:
        return stretched
    return made


def _explained(made: Floats, wanted: Floats, rows: Any, columns: Any) -> float:
    """Return how much of a picture is as another: 1 all of it, pixel by pixel."""
    miss = _largest(np.abs(made[rows, columns] - wanted[rows, columns]))
    return float((1 / (1 + (miss / _MISSED) ** 2) ** 2).mean())


def _stretched(source: Floats, target: Floats, known: Mask, curve: _Curve) -> Retoned | None:
    """Return the source with each channel stretched by itself and clipped; None where nothing says by how much.

    A cast, more brightness, contrast, saturation or contrast stretched to the ends of the scale do that. What they
    clipped says nothing about how far they went: only what lies between the ends does. A thumbnail's pixel is the
    mean of many, of which some were clipped and others not: it may be anything between the clipped mean and the mean
    of the clipped.
    """
    between = (lowest(target, 5) > 4) & (highest(target, 5) < 251) & (source > 4) & (source < 251)
    at = np.flatnonzero(known & (between[..., 0] | between[..., 1] | between[..., 2]))
    at = at[:: max(1, len(at) // _SAMPLE)]
    inside, outside = (np.ascontiguousarray(x.reshape(-1, 3)[at].T, np.float64) for x in (source, target))
    found = _stretch(inside, outside, np.ascontiguousarray(between.reshape(-1, 3)[at].T))
    if found is None:
        return None
    shares = found.gains[:, None] * _saturating(found.strength)
    made = mixed(source, np.column_stack([shares, found.offsets]))
    clipped = np.clip(made, 0, 255)
    polished = _polished(clipped, target, *np.divmod(at, known.shape[1]))
    low, high = lowest(made, 5), highest(made, 5)
    darkest, lightest = (np.clip(end, 0, 255) for end in (low, high))
    blended = darkest + (made - low) / np.maximum(high - low, 1) * (lightest - darkest)
    blended += polished - clipped  # where nothing was clipped both are the same, and the target says nothing
    picture = np.clip(target, np.minimum(polished, blended), np.maximum(polished, blended))
    words = curve.words(found.strength)
    return Retoned(np.asarray(picture, np.float32), float(found.gains @ _LUMA), found.strength, curve.drift, words)


def _saturating(strength: float) -> Doubles:
    """Return the matrix that makes colours stronger and leaves the brightness as it is."""
    return strength * np.eye(3) + (1 - strength) * np.outer(np.ones(3), _LUMA)


class _Stretch(NamedTuple):
    """How strong colours became, and what each channel was multiplied by and shifted by after that."""

    strength: float
    gains: Doubles
    offsets: Doubles


def _stretch(inside: Doubles, outside: Doubles, says: Mask) -> _Stretch | None:
    """Fit how colours were stretched, shape (3, n) each, where they say; None beyond what an edit does."""
    if says.sum(1).min() < _LEAST_SAID:
        return None
    grey = _LUMA @ inside
    colours = inside - grey
    found, counts = _Stretch(1.0, np.ones(3), np.zeros(3)), says.astype(np.float64)
    for width in (np.inf, 40.0, 25.0, 16.0, 12.0, 10.0, 8.0, 8.0, 8.0):
        before = grey + found.strength * colours
        if width < np.inf:
            made = found.offsets[:, None] + found.gains[:, None] * before
            far = np.abs(np.clip(made, 0, 255) - outside).max(0)
            counts = says / (1 + (far / width) ** 2) ** 2
        found = _stretched_by(before, outside, counts, found.strength)
        if width < 30:
            found = found._replace(strength=_strengthened(found, colours, before, outside, counts))
    most, least = float(found.gains.max()), float(found.gains.min())
    return found if _GAIN[0] < least and most < min(_GAIN[1], _APART * least) else None


def _stretched_by(before: Doubles, outside: Doubles, counts: Doubles, strength: float) -> _Stretch:
    """Fit each channel's gain and offset; black stays black where nothing else is known."""
    total = counts.sum(1) + 1e-6
    mean_in, mean_out = ((counts * x).sum(1) / total for x in (before, outside))
    far_in, far_out = before - mean_in[:, None], outside - mean_out[:, None]
    counted = counts * far_in
    black = total * _BLACK / (total + _BLACK) * mean_in
    gains = (counted * far_out).sum(1) + black * mean_out
    gains /= (counted * far_in).sum(1) + black * mean_in + 1
    return _Stretch(strength, gains, (mean_out - gains * mean_in) * total / (total + _BLACK))


def _strengthened(found: _Stretch, colours: Doubles, before: Doubles, outside: Doubles, counts: Doubles) -> float:
    """Return how strong colours became, given what else was done; unchanged where nothing says so."""
    gains = found.gains[:, None]
    step = gains * (colours - ((counts * colours).sum(1) / (counts.sum(1) + 1e-6))[:, None])
    miss = outside - found.offsets[:, None] - gains * before
    counted = counts * step
    more = float((counted * miss).sum() / ((counted * step).sum() + _AS_STRONG))
    return min(_STRONGEST, max(WEAKEST, found.strength + more))


def few_colours(flat: Pixels, laid: tuple[Floats, Floats], known: Mask) -> Floats | None:
    """Return the few colours of a picture, shape (n, 3), where another was reduced to them; else None.

    It was where this one is flat and the other is not, and each of its colours is what the other has there on average:
    who reduces colours takes the mean of those that become one. A thing in another colour has another mean.

    Parameters
    ----------
    flat : ndarray of uint8, shape (height, width, 3)
        The picture that may be of few colours.
    laid : tuple of ndarray of float32, shape (height, width, 3)
        The other and this one as they lie on each other.
    known : ndarray of bool, shape (height, width)
        Where both are known there.
    """
    palette = _palette(flat)
    inside, outside = (_thinned(x, known, _COUNTED) for x in laid)
    chosen, far = _nearest(outside, palette)
    near = far <= _ONE_COLOUR
    if near.mean() < _MOSTLY_FLAT:
        return None
    inside, chosen, far = inside[near], chosen[near], far[near]
    pixels = np.bincount(chosen, minlength=len(palette))
    many = np.maximum(pixels, 1)
    means = np.stack([np.bincount(chosen, inside[:, k], minlength=len(palette)) / many for k in range(3)], axis=1)
    spread = float(_largest(np.abs(inside - means[chosen].astype(np.float32))).mean())
    strays = np.abs(means - palette).max(1)
    counts = pixels > _LARGE * len(chosen)
    strayed = float(strays[counts].max()) if counts.any() else np.inf
    astray = float(strays @ pixels) / len(chosen)
    if spread < _FLATTER * float(far.mean()) or strayed > _STRAYS or astray > _STRAY:
        return None
    if float((_largest(np.abs(inside - palette[chosen])) > _LOST).mean()) > _LOST_IN:
        return None
    return palette if _took_the_nearest(laid, known, palette) else None


def _took_the_nearest(laid: tuple[Floats, Floats], known: Mask, palette: Floats) -> bool:
    """Tell whether, but for outlines, each pixel has the nearest of few colours: who reduces them takes that."""
    before, after = (np.sqrt(_squares(x.reshape(-1, 3), palette)) for x in laid)
    taken = np.take_along_axis(before, after.argmin(1)[:, None], 1)[:, 0] - before.min(1)
    taken[(after.min(1) > _TAKEN) | ~known.reshape(-1)] = 0
    further = lowest(np.asarray(taken.reshape(known.shape), np.float32))
    return all(float((further > levels).mean()) <= most for levels, most in _FURTHER)


def in_few_colours(rich: Pixels, there: Floats, palette: Floats) -> Pixels:
    """Return a picture in the nearest of few colours.

    Where two of them are all but equally near, a thumbnail can't tell which of them it was; the other picture says.

    Parameters
    ----------
    rich : ndarray of uint8, shape (height, width, 3)
    there : ndarray of float32, same shape
        The picture of few colours as it lies on this one.
    palette : ndarray of float32, shape (n, 3)
        These colours.
    """
    ours, theirs = (_squares(x.reshape(-1, 3).astype(np.float32), palette) for x in (rich, there))
    distance = np.sqrt(ours, out=ours)
    theirs[distance > distance.min(1, keepdims=True) + _UNSURE] = np.inf
    return np.asarray(palette[theirs.argmin(1)].round().astype(np.uint8).reshape(rich.shape))


def _squares(colours: Floats, palette: Floats) -> Floats:
    """Return the squared distance of each colour from each of a palette."""
    own = np.einsum("ij,ij->i", colours, colours)[:, None]
    return np.asarray(np.maximum(own + (palette * palette).sum(1)[None] - 2 * colours @ palette.T, 0), np.float32)


def _palette(picture: Pixels) -> Floats:
    """Return the colours that most of a picture consists of, the most frequent first; shape (n, 3)."""
    left = picture.reshape(-1, 3)[:: max(1, picture.size // (3 * _COUNTED))].astype(np.float32)
    least, found = 0.004 * len(left), list[Floats]()
    while len(found) < _MOST_COLOURS and len(left) > least:
        bins = (left.astype(np.int32) >> 3) @ np.array([1024, 32, 1])
        top = int(np.bincount(bins).argmax())
        colour = np.array([top >> 10, top >> 5 & 31, top & 31], np.float32) * 8 + 4
        near = _largest(np.abs(left - colour)) <= _ONE_COLOUR
        colour = np.median(left[near], axis=0)
        near = _largest(np.abs(left - colour)) <= _ONE_COLOUR
        if near.sum() >= least:
            found.append(colour)
        left = left[~(near | (bins == top))]
    return np.stack(found) if found else np.full((1, 3), 128, np.float32)


def _nearest(colours: Floats, palette: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return which colour of a palette is nearest to each, and how far its furthest channel is."""
    squares = (palette * palette).sum(1)[None] - 2 * colours @ palette.T
    chosen = squares.argmin(1)
    return chosen, np.asarray(_largest(np.abs(colours - palette[chosen])), np.float32)


def _polished(toned: Floats, target: Floats, rows: Any, columns: Any) -> Floats:
    """Return tones corrected by a few levels, smoothly by colour: what the curve and the casts are too simple for."""
    here = toned[rows, columns]
    terms, miss = _quadratic(here).astype(np.float64), (target[rows, columns] - here).astype(np.float64)
    weights, found = np.ones(len(terms)), np.zeros((10, 3))
    for width in (30.0, 15.0, 10.0):
        weighted = terms * weights[:, None]
        found = np.linalg.solve(weighted.T @ terms + 2 * np.eye(10), weighted.T @ miss)
        weights = 1 / (1 + (_largest(np.abs(miss - terms @ found)) / width) ** 2) ** 2
    polished, factors = np.empty((toned.size // 3, 3), np.float32), found.astype(np.float32)
    for start in range(0, len(polished), _PIECE):
        some = toned.reshape(-1, 3)[start : start + _PIECE]
        step = _quadratic(some) @ factors
        np.maximum(step, -POLISH, out=step)
        np.minimum(step, POLISH, out=step)
        step += some
        np.maximum(step, 0, out=step)
        np.minimum(step, 255, out=polished[start : start + _PIECE])
    return polished.reshape(toned.shape)


def _quadratic(colours: Floats) -> Floats:
    """Return the terms of a second degree of each colour; shape (n, 3) gives (n, 10)."""
    terms = np.empty((10, len(colours)), np.float32)  # a term after the other: that is how they are computed
    terms[0] = 1
    np.multiply(colours.T, np.float32(1 / 255), out=terms[1:4])
    np.multiply(terms[1:4], terms[1:4], out=terms[4:7])
    np.multiply(terms[1], terms[2:4], out=terms[7:9])
    np.multiply(terms[2], terms[3], out=terms[9])
    return terms.T


class _Curve:
    """A cubic tone curve, times a plane and a bowl over the picture."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self.slope = 1.0

    def _places(self, rows: Any, columns: Any) -> tuple[Any, Any]:
        high, wide = self._shape
        return np.asarray(columns, np.float32) / wide - 0.5, np.asarray(rows, np.float32) / high - 0.5

    def learn(self, y_in: Floats, y_out: Floats, rows: Any, columns: Any) -> Doubles:
        """Fit the curve, and return how far each point takes part in it."""
        x = (y_in / 255).astype(np.float64)
        u, v = self._places(rows, columns)
        terms = np.stack([np.ones_like(x), x, x**2, x**3, u * x, v * x, (u * u + v * v) * x], axis=1)
        pull = np.diag([0.02, 0.02, 1.0, 1.0, 1.0, 1.0, 1.0])
        rest = np.array([0, 255, 0, 0, 0, 0, 0.0])
        wanted, clipped = y_out.astype(np.float64), _clipped(y_in)
        self._terms, weights = robust_fit(terms, wanted, pull, rest, clipped=clipped)
        stays, fits = (np.median(np.abs(_miss(terms, found, wanted))) for found in (rest, self._terms))
        if stays < _UNCHANGED and stays < _MUCH_BETTER * fits:  # what was written over a dull picture has more contrast
            self._terms, weights = rest, _weights(_miss(terms, rest, wanted), clipped, 12.0)
        low, high = np.quantile(x, [0.1, 0.9])
        if high - low > 0.02:
            a, b = (np.polyval(self._terms[3::-1], t) for t in (low, high))
            self.slope = float(abs(b - a) / (255 * (high - low)))
        return weights

    def __call__(self, values: Floats) -> Floats:
        """Return a picture, shape (height, width, 3), in the target's tones."""
        high, wide = self._shape
        u, v = self._places(np.arange(high)[:, None, None], np.arange(wide)[None, :, None])
        a, b, c, d, right, down, out = (np.float32(t) for t in self._terms)
        x = values / np.float32(255)
        drift = b + right * u + down * v + out * (u * u + v * v)
        return np.asarray(((d * x + c) * x + drift) * x + a, np.float32)

    @property
    def drift(self) -> float:
        """Levels by which the light changes over the picture, at a middle grey."""
        right, down, out = np.abs(self._terms[4:])
        return float(0.5 * (right + down + 0.5 * out))

    def words(self, strength: float) -> str:
        """Return what was changed."""
        if strength < GREY:
            return "one is without its colours"
        same = abs(self.slope - 1) < 0.1 and abs(float(self._terms[0])) < 12
        return "same tones" if same and abs(strength - 1) < 0.15 else "tones differ"


def _clipped(values: Floats) -> npt.NDArray[np.int8]:
    return (values >= 251).astype(np.int8) - (values <= 4).astype(np.int8)


def robust_fit(
    terms: Doubles, wanted: Doubles, pull: Doubles, rest: Doubles, *, clipped: npt.NDArray[Any] | None = None
) -> tuple[Doubles, Doubles]:
    """Fit by least squares in which whatever strays counts less and less, and return how much each point counts.

    Weights are those of Geman and McClure, over ever narrower widths.

    Parameters
    ----------
    terms, wanted : ndarray of float64, shape (n, k) and (n,)
    pull : ndarray, shape (k, k)
        How strongly the result is held at `rest`.
    rest : ndarray, shape (k,)
    clipped : ndarray, shape (n,), optional
        1 where the input is at its upper end and more is no contradiction, -1 at its lower end.
    """
    # From where nothing was changed, and from the plain fit: a large overlay leads the one astray, a large change of
    # tone the other.
    terms = np.asarray(terms, order="F")  # a term after the other: that is how they are multiplied
    plain: Doubles = np.asarray(np.linalg.solve(terms.T @ terms + pull, terms.T @ wanted + pull @ rest), np.float64)
    tried = []
    for found in (rest, plain):
        for width in (40.0, 25.0, 16.0, 12.0):
            weights = _weights(_miss(terms, found, wanted), clipped, width)
            weighted = terms.T * weights
            found = np.asarray(np.linalg.solve(weighted @ terms + pull, weighted @ wanted + pull @ rest), np.float64)
        weights = _weights(_miss(terms, found, wanted), clipped, 12.0)
        tried.append((-float(weights.sum()), found, weights))
    _, found, weights = min(tried, key=lambda one: one[0])
    return np.asarray(found, np.float64), weights


def _miss(terms: Doubles, found: Doubles, wanted: Doubles) -> Doubles:
    miss = terms @ found
    np.maximum(miss, 0, out=miss)
    np.minimum(miss, 255, out=miss)
    return np.subtract(wanted, miss, out=miss)


def _weights(miss: Doubles, clipped: npt.NDArray[Any] | None, width: float) -> Doubles:
    if clipped is not None:
        miss[clipped * miss > 0] *= 0.5
    miss /= width
    miss *= miss
    miss += 1
    miss *= miss
    return np.divide(1, miss, out=miss)


def _strength(before: Floats, after: Floats, weights: Doubles) -> float:
    """Return by how much the colours are stronger: 1 the same, 0 grey."""
    one, other = (x - np.average(x, axis=0, weights=weights) for x in (before, after))
    strength = 1.0
    shared, own, others = (np.einsum("ij,ij->i", x, y) for x, y in ((one, other), (one, one), (other, other)))
    for width in (40.0, 20.0, 12.0):
        far = others - 2 * strength * shared + strength**2 * own
        weighted = weights / (1 + far / width**2) ** 2
        over, under = weighted @ shared, weighted @ own
        strength = min(_STRONGEST, max(0.0, float(over + 50) / float(under + 50)))
    return strength


def _cast(values: Floats, wanted: Floats, weights: Doubles, *, free: bool) -> Callable[[Floats], Floats]:
    """Return what a colour cast does to one channel: an offset and a gain within bounds.

    Where the target has no colours of its own, any curve: brown tones and the like are made of the brightness alone.
    """
    x = values / 255.0
    powers = [np.ones(len(x)), x, x**2, x**3] if free else [np.ones(len(x)), x]
    terms = np.stack(powers, axis=1) * np.sqrt(weights)[:, None]
    pull = np.diag([0.1] * 4 if free else [3.0] * 2)
    found, _ = robust_fit(
        terms, np.asarray(wanted * np.sqrt(weights), np.float64), pull, np.array([0.0, 255.0, 0.0, 0.0][: len(powers)])
    )
    if free:
        scaled: Floats = (found / 255.0 ** np.arange(4)).astype(np.float32)
        return lambda channel: ((scaled[3] * channel + scaled[2]) * channel + scaled[1]) * channel + scaled[0]
    offset, gain = np.float32(np.clip(found[0], -_OFFSET, _OFFSET)), np.float32(np.clip(found[1] / 255, *_GAINS))
    return lambda channel: np.asarray(offset + gain * channel, np.float32)
