"""Whether two pictures are the same picture: one is laid on the other, and what differs is looked at piece by piece.

A hash or a few matching features propose; this decides. Everything that an edit does to the whole picture (brightness,
contrast, colour cast, grey) is estimated once for the whole and taken out. What is left over must be little, or look
like something that was put on: lettering, a badge, a bar along an edge. A piece whose colour or pattern differs inside
unchanged outlines is how one product comes in two colours: a `variant`, never a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features
from workbench.errors import BadValue
from workbench.features import Features, Floats, Matrix, Pixels

Relation = Literal["fuzzy", "content", "variant", "unrelated"]
Mask = npt.NDArray[np.bool_]

SYMMETRIES: dict[str, Matrix] = {
    "identity": np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1.0]]),
    "rotate_90": np.array([[0, 1, 0], [-1, 0, 1], [0, 0, 1.0]]),
    "rotate_180": np.array([[-1, 0, 1], [0, -1, 1], [0, 0, 1.0]]),
    "rotate_270": np.array([[0, -1, 1], [1, 0, 0], [0, 0, 1.0]]),
    "mirror": np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]]),
    "flip": np.array([[1, 0, 0], [0, -1, 1], [0, 0, 1.0]]),
    "transpose": np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]]),
    "transverse": np.array([[0, -1, 1], [-1, 0, 1], [0, 0, 1.0]]),
}
"""The eight ways a whole picture can be turned and mirrored; rotations are counter-clockwise, points relative (0–1)."""

MIRRORED = ("mirror", "flip", "transpose", "transverse")

VERSION = 1
"""Goes up with whatever changes verdicts: what was said before is then asked again."""

FRAME = 128
"""Long edge, in pixels, at which the overlap is compared."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What it takes to call two pictures the same.

    Attributes
    ----------
    least : float
        Score from which on they are duplicates.
    inliers : int
        Features that must agree on how the pictures lie, where no symmetry of the whole explains it.
    agreement : float
        Part of the structured area whose structure must agree.
    deviation : float
        Levels of 255 by which a pixel may be off after the whole picture's change of tone was taken out.
    recoloured : float
        Part of the overlap that may differ in colour inside unchanged outlines.
    overlaid : float
        Part of the overlap that something put on may cover.
    whole : float
        Part of both pictures that the overlap covers when the relation is called fuzzy rather than content.
    """

    least: float = 0.5
    inliers: int = 10
    agreement: float = 0.7
    deviation: float = 20.0
    recoloured: float = 0.006
    overlaid: float = 0.12
    whole: float = 0.85


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about two pictures.

    Attributes
    ----------
    relation : {'fuzzy', 'content', 'variant', 'unrelated'}
    score : float
        0 to 1; how far inside (from 0.5 on) or outside the limits of a duplicate it is.
    evidence : dict
        ``because`` (words), ``homography`` (3 rows of 3; takes points of the first picture, relative 0–1, to the
        second's; None where nothing fits), ``symmetry`` (its nearest of `SYMMETRIES`), ``inliers``, ``agreement``,
        ``recoloured``, ``overlaid``, ``covers_a``, ``covers_b`` (parts of 1).
    """

    relation: Relation
    score: float
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def is_duplicate(self) -> bool:
        """Whether the pictures are the same."""
        return self.relation in ("fuzzy", "content")


class Seen(NamedTuple):
    """A picture and its features, upright and mirrored, made once for many comparisons."""

    picture: Pixels
    upright: Features
    mirrored: Features


def look(picture: Pixels) -> Seen:
    """Return a picture with its features, for comparing it with many."""
    return Seen(picture, features.extract(picture), features.extract(np.ascontiguousarray(picture[:, ::-1])))


def verify(
    a: Pixels | Seen,
    b: Pixels | Seen,
    *,
    hint: str | npt.ArrayLike | None = None,
    thresholds: Thresholds | None = None,
    thorough: bool = True,
) -> Verdict:
    """Find out whether two pictures are the same picture, one holds a part of the other, or they only look alike.

    The same whichever way round they are given.

    Parameters
    ----------
    a, b : ndarray of uint8, shape (height, width, 3), or Seen
        Oriented, in sRGB; thumbnails of about 320 pixels are enough.
    hint : str or array_like, optional
        How `a` probably lies on `b`: a key of `SYMMETRIES`, or a homography over relative points (0–1) of `a` to
        those of `b`. A right hint saves looking for features; a wrong one costs a millisecond.
    thresholds : Thresholds, optional
    thorough : bool
        Whether to look for features where the hint doesn't fit; without a hint that is done in any case.

    Raises
    ------
    BadValue
        A picture that is none, or a hint that is none.
    """
    limits = thresholds or Thresholds()
    one, other = _picture(a), _picture(b)
    start = _as_matrix(hint)
    if (one.shape, one.tobytes()) > (other.shape, other.tobytes()):
        back = None if start is None else features.inverse(start)
        swapped = verify(b, a, hint=back, thresholds=limits, thorough=thorough)
        return _turned_round(swapped)
    best: Verdict | None = None
    for laid in _ways(a, b, start, limits):
        found = _compare(one, other, laid, limits)
        if best is None or _rank(found) > _rank(best):
            best = found
        if best.is_duplicate or not thorough:
            break
    return best or Verdict("unrelated", 0.0, {"because": "Nothing in the one is found in the other."})


def _rank(verdict: Verdict) -> tuple[bool, bool, float]:
    return verdict.is_duplicate, verdict.relation == "variant", verdict.score


def _picture(given: Pixels | Seen) -> Pixels:
    picture = given.picture if isinstance(given, Seen) else given
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or min(picture.shape[:2]) < 8:
        raise BadValue(
            f"An array of {picture.dtype} and shape {picture.shape} can't be compared.",
            hint="Give pictures of 8-bit RGB, at least 8 pixels each way.",
        )
    return picture


def _as_matrix(hint: str | npt.ArrayLike | None) -> Matrix | None:
    if hint is None:
        return None
    if isinstance(hint, str):
        if hint not in SYMMETRIES:
            raise BadValue(f"There is no symmetry {hint!r}.", hint=f"Known: {', '.join(SYMMETRIES)}.")
        return SYMMETRIES[hint]
    matrix = np.asarray(hint, np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-9:
        raise BadValue("That is no homography.", hint="Give 3 rows of 3 numbers, or the name of a symmetry.")
    return matrix


def _turned_round(verdict: Verdict) -> Verdict:
    told = dict(verdict.evidence)
    if told.get("homography") is not None:
        back = features.inverse(np.array(told["homography"]))
        told["homography"] = _rounded(back)
        told["symmetry"] = nearest_symmetry(back)
    for name in ("covers", "size"):
        if f"{name}_a" in told:
            told[f"{name}_a"], told[f"{name}_b"] = told[f"{name}_b"], told[f"{name}_a"]
    return replace(verdict, evidence=told)


def nearest_symmetry(matrix: Matrix) -> str:
    """Return the symmetry that turns the picture's sides most like a homography over relative points does."""
    middle = features.apply(matrix, [[0.5, 0.5], [0.6, 0.5], [0.5, 0.6]])
    axes = np.stack([middle[1] - middle[0], middle[2] - middle[0]], axis=1)
    axes /= max(1e-9, float(np.abs(axes).max()))
    return max(SYMMETRIES, key=lambda name: float((SYMMETRIES[name][:2, :2] * axes).sum()))


# — how the pictures may lie on each other —


class _Laid(NamedTuple):
    matrix: Matrix  # relative points of a to relative points of b
    inliers: int
    matches: int


def _ways(a: Pixels | Seen, b: Pixels | Seen, start: Matrix | None, limits: Thresholds) -> Iterator[_Laid]:
    """Yield how the first picture may lie on the second, the cheapest to find first."""
    if start is not None:
        yield _Laid(start, 0, 0)
    one, other = (x if isinstance(x, Seen) else look(x) for x in (a, b))
    found = [_by_features(one.upright, other, mirrored) for mirrored in (False, True)]
    yield from sorted((laid for laid in found if laid is not None), key=lambda laid: -laid.inliers)


def _by_features(one: Features, other: Seen, mirrored: bool) -> _Laid | None:
    target = other.mirrored if mirrored else other.upright
    fit = features.fit(one, target, features.match(one, target))
    if fit is None:
        return None
    relative = _to_relative(target.size) @ fit.matrix @ features.inverse(_to_relative(one.size))
    if mirrored:
        relative = SYMMETRIES["mirror"] @ relative
    return _Laid(relative / relative[2, 2], fit.inliers, fit.matches)


def _to_relative(size: tuple[int, int]) -> Matrix:
    return np.diag([1 / size[0], 1 / size[1], 1.0])


# — the comparison —


class _Overlap(NamedTuple):
    """The part that both pictures show, at the same size: float32 (height, width, 3), and where both are known."""

    one: Floats
    other: Floats
    known: Mask
    covers_a: float
    covers_b: float
    matrix: Matrix


def _compare(a: Pixels, b: Pixels, laid: _Laid, limits: Thresholds) -> Verdict:
    overlap = _lay(a, b, laid.matrix)
    if overlap is None:
        return Verdict("unrelated", 0.0, {"because": "Nothing in the one is found in the other."})
    figures = _figures(overlap, limits)
    if figures.agreement < 0.995:
        finer = _refined(a, b, overlap)
        if finer is not None:
            again = _figures(finer, limits)
            if (again.agreement, -again.off) > (figures.agreement, -figures.off):
                overlap, figures = finer, again
    return _judge(overlap, figures, laid, limits)


def _lay(a: Pixels, b: Pixels, matrix: Matrix) -> _Overlap | None:
    """Lay the pictures on each other in the frame of the one that the overlap covers more of."""
    box_a, covers_a = _shared(matrix, b.shape)
    box_b, covers_b = _shared(features.inverse(matrix), a.shape)
    if box_a is None or box_b is None or max(covers_a, covers_b) < 0.15:
        return None
    in_a = covers_a >= covers_b
    box, shape = (box_a, a.shape) if in_a else (box_b, b.shape)
    fine = [_pixels_across(box_a, a.shape), _pixels_across(box_b, b.shape)]
    wide, high = box[2] * shape[1], box[3] * shape[0]
    edge = min(FRAME, max(40, min(fine)))
    size = (max(16, round(edge * wide / max(wide, high))), max(16, round(edge * high / max(wide, high))))
    to_frame = np.diag([size[0] / box[2], size[1] / box[3], 1.0]) @ np.array(
        [[1, 0, -box[0]], [0, 1, -box[1]], [0, 0, 1.0]]
    )
    from_a, from_b = (to_frame, to_frame @ features.inverse(matrix)) if in_a else (to_frame @ matrix, to_frame)
    one, known_a = features.warp(a, from_a @ _to_relative((a.shape[1], a.shape[0])), size)
    other, known_b = features.warp(b, from_b @ _to_relative((b.shape[1], b.shape[0])), size)
    known = known_a & known_b
    if known.mean() < 0.2:
        return None
    return _Overlap(one, other, known, covers_a, covers_b, matrix)


def _shared(matrix: Matrix, shape: tuple[int, ...]) -> tuple[tuple[float, float, float, float] | None, float]:
    """Return the box (left, top, width, height) in the first picture that holds what the second shows too."""
    steps = np.linspace(0, 1, 33)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    depth = grid @ matrix[2, :2] + matrix[2, 2]
    mapped = features.apply(matrix, grid)
    inside = (mapped >= -0.001).all(1) & (mapped <= 1.001).all(1) & (depth > 0)
    if inside.sum() < 9:
        return None, 0.0
    low, high = grid[inside].min(0), grid[inside].max(0)
    return (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])), float(inside.mean())


def _pixels_across(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> int:
    return round(max(box[2] * shape[1], box[3] * shape[0]))


def _refined(a: Pixels, b: Pixels, overlap: _Overlap) -> _Overlap | None:
    one, other = (features.smooth(_luma(x), 1.0) for x in (overlap.one, overlap.other))
    better = features.refine(one, other, overlap.known)
    if better is None:
        return None
    high, wide = overlap.known.shape
    box_a, covers_a = _shared(overlap.matrix, b.shape)
    box_b, covers_b = _shared(features.inverse(overlap.matrix), a.shape)
    box = box_a if covers_a >= covers_b else box_b
    if box is None or np.abs(
        features.apply(better, [[0, 0], [wide, 0], [0, high], [wide, high]])
        - [[0, 0], [wide, 0], [0, high], [wide, high]]
    ).max() > 0.2 * max(wide, high):
        return None
    to_frame = np.diag([wide / box[2], high / box[3], 1.0]) @ np.array([[1, 0, -box[0]], [0, 1, -box[1]], [0, 0, 1.0]])
    shift = features.inverse(to_frame) @ better @ to_frame  # moves the second picture within the frame
    if covers_a >= covers_b:
        matrix = features.inverse(shift @ features.inverse(overlap.matrix))
    else:
        matrix = features.inverse(shift) @ overlap.matrix
    return _lay(a, b, matrix / matrix[2, 2])


class _Figures(NamedTuple):
    agreement: float  # part of the structured area whose structure agrees
    structured: float  # part of the overlap that has structure
    off: float  # part of the overlap that is off
    recoloured: float
    overlaid: float
    two_sided: bool  # both pictures have something that the other lacks
    tone: str


def _luma(picture: Floats) -> Floats:
    return np.asarray(picture @ np.array([0.299, 0.587, 0.114], np.float32), dtype=np.float32)


def _figures(overlap: _Overlap, limits: Thresholds) -> _Figures:
    known = features.shrunk(overlap.known, 1)
    one, other = _equally_sharp(overlap.one, overlap.other)
    source, target = (one, other) if _liveliness(one, known) >= _liveliness(other, known) else (other, one)
    predicted, slope, tone = _retoned(source, target, known)
    residual = _beyond(predicted, target) / max(0.35, min(1.0, slope))
    structure, textured = _structure(_luma(predicted), _luma(target))
    textured &= known
    slow = np.abs(features.box(target - predicted, 7)).max(2) / max(0.35, min(1.0, slope))
    off = known & ((residual > limits.deviation) | ((slow > 0.8 * limits.deviation) & (residual > 4)))
    recoloured, overlaid, two_sided, excused = _sort_out(off, known, predicted, target)
    counted = textured & ~excused
    agreement = float((structure[counted] > 0.5).mean()) if counted.sum() > 30 else float(not off.any())
    area = max(1, int(known.sum()))
    return _Figures(
        agreement, float(textured.sum() / area), float(off.sum() / area), recoloured, overlaid, two_sided, tone
    )


def _liveliness(picture: Floats, known: Mask) -> float:
    values = picture[known]
    chroma = values - values.mean(1, keepdims=True)
    return float(values.std()) + 2 * float(chroma.std())


def _equally_sharp(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Blur the sharper of two pictures until both are equally sharp."""
    pair = [features.smooth(one, 0.7), features.smooth(other, 0.7)]
    for _ in range(4):
        steep = [_sharpness(x) for x in pair]
        if min(steep) <= 0 or max(steep) < 1.15 * min(steep):
            break
        sharper = int(steep[1] > steep[0])
        pair[sharper] = features.smooth(pair[sharper], 0.8)
    return pair[0], pair[1]


def _sharpness(picture: Floats) -> float:
    """Return how much fine structure there is in proportion to the coarse."""
    grey = _luma(picture)
    fine, coarse = grey - features.smooth(grey, 1.0), features.smooth(grey, 1.0) - features.smooth(grey, 3.0)
    return float(fine.std()) / max(0.3, float(coarse.std()))


def _beyond(predicted: Floats, target: Floats) -> Floats:
    """Return by how much pixels are beyond everything that the other has in the 3 × 3 around."""
    return np.minimum(_outside(target, predicted), _outside(predicted, target))


def _outside(values: Floats, bounds: Floats) -> Floats:
    low, high = features.lowest(bounds), features.highest(bounds)
    return np.asarray(np.maximum(np.maximum(low - values, values - high), 0).max(2))


def _structure(one: Floats, other: Floats) -> tuple[Floats, Mask]:
    """Return how far the structure around each pixel agrees (-1 to 1), and where there is any."""
    mean_one, mean_other = features.box(one, 9), features.box(other, 9)
    var_one = np.maximum(features.box(one * one, 9) - mean_one**2, 0)
    var_other = np.maximum(features.box(other * other, 9) - mean_other**2, 0)
    shared = features.box(one * other, 9) - mean_one * mean_other
    agree = (shared + 9.0) / (np.sqrt(var_one * var_other) + 9.0)
    return agree, np.maximum(var_one, var_other) > 36.0


# — the change of tone of the whole —


def _retoned(source: Floats, target: Floats, known: Mask) -> tuple[Floats, float, str]:
    """Return the source in the target's tones, the steepness of the tone curve, and what was changed, in words."""
    rows, columns = np.nonzero(known)
    step = max(1, len(rows) // 2500)
    rows, columns = rows[::step], columns[::step]
    high, wide = known.shape
    grey = _luma(source)
    curve = _Curve(source.shape[:2])
    y_in, y_out = grey[rows, columns], _luma(target)[rows, columns]
    where = np.stack([columns / wide - 0.5, rows / high - 0.5], axis=1)
    weights = curve.learn(y_in, y_out, where)
    inside, outside = source[rows, columns], target[rows, columns]
    strength = _saturation(inside, outside, y_in, y_out, weights)
    mixed = grey[..., None] + strength * (source - grey[..., None])
    toned = np.stack([curve(mixed[..., c]) for c in range(3)], axis=2)
    for c in range(3):
        toned[..., c] = _cast(toned[rows, columns, c], target[rows, columns, c], weights, toned[..., c], strength)
    return np.clip(toned, 0, 255).astype(np.float32), curve.slope, curve.words(strength)


class _Curve:
    """A smooth tone curve that may drift over the picture: a cubic in the grey value, times a plane and a bowl."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        high, wide = shape[:2]
        u, v = np.meshgrid(np.arange(wide) / wide - 0.5, np.arange(high) / high - 0.5)
        self._u, self._v = u.astype(np.float32), v.astype(np.float32)
        self.slope = 1.0

    def learn(self, y_in: Floats, y_out: Floats, where: npt.NDArray[Any]) -> Floats:
        """Fit the curve, and return how far each point takes part in it."""
        x = y_in / 255
        drift = [where[:, 0] * x, where[:, 1] * x, (where**2).sum(1) * x]
        terms = np.stack([np.ones_like(x), x, x**2, x**3, *drift], axis=1).astype(np.float64)
        pull = np.diag([0.02, 0.02, 2.0, 2.0, 20.0, 20.0, 20.0])
        self._terms, weights = _robust(terms, y_out.astype(np.float64), pull, np.array([0, 255, 0, 0, 0, 0, 0.0]))
        spread = np.quantile(x, [0.1, 0.9])
        ends = np.stack([np.ones(2), spread, spread**2, spread**3], axis=1) @ self._terms[:4]
        self.slope = float(abs(ends[1] - ends[0]) / max(1.0, 255 * (spread[1] - spread[0]))) if np.ptp(spread) else 1.0
        return weights

    def __call__(self, values: Floats) -> Floats:
        """Return values of the whole picture in the target's tones."""
        x = values / 255
        a, b, c, d, right, down, out = (np.float32(t) for t in self._terms)
        drift = right * self._u + down * self._v + out * (self._u**2 + self._v**2)
        return np.asarray(a + x * (b + drift + x * (c + x * d)), dtype=np.float32)

    def words(self, strength: float) -> str:
        """Return what was changed."""
        if strength < 0.15:
            return "one is without its colours"
        return "tones differ" if abs(self.slope - 1) > 0.1 or abs(float(self._terms[0])) > 12 else "same tones"


def _robust(
    terms: npt.NDArray[np.float64],
    wanted: npt.NDArray[np.float64],
    pull: npt.NDArray[np.float64],
    rest: npt.NDArray[Any],
) -> tuple[npt.NDArray[np.float64], Floats]:
    """Fit by least squares in which what strays counts less and less; `pull` holds it at `rest`."""
    weights = np.ones(len(wanted))
    found = rest
    for width in (None, 40.0, 25.0, 16.0, 12.0):
        if width is not None:
            weights = 1 / (1 + ((np.clip(terms @ found, 0, 255) - wanted) / width) ** 2) ** 2
        weighted = terms * weights[:, None]
        found = np.linalg.solve(weighted.T @ terms + pull, weighted.T @ wanted + pull @ rest)
    return found, np.asarray(weights, dtype=np.float32)


def _saturation(inside: Floats, outside: Floats, y_in: Floats, y_out: Floats, weights: Floats) -> float:
    """Return by how much the colours are stronger (1: the same, 0: grey)."""
    before, after = inside - y_in[:, None], outside - y_out[:, None]
    before, after = (x - np.average(x, axis=0, weights=weights) for x in (before, after))
    strength = 1.0
    for width in (40.0, 20.0, 12.0):
        miss = ((after - strength * before) ** 2).sum(1) / width**2
        weighted = weights / (1 + miss) ** 2
        strength = float((weighted[:, None] * before * after).sum() + 50) / float(
            (weighted[:, None] * before * before).sum() + 50
        )
        strength = min(2.2, max(0.0, strength))
    return strength


def _cast(values: Floats, wanted: Floats, weights: Floats, everywhere: Floats, strength: float) -> Floats:
    """Return a channel with the colour cast of the target."""
    terms = np.stack([np.ones_like(values), values / 255], axis=1).astype(np.float64)
    terms *= np.sqrt(weights)[:, None]
    free = strength < 0.15
    pull = np.diag([0.1, 0.1]) if free else np.diag([3.0, 3.0])
    found, _ = _robust(terms, wanted.astype(np.float64) * np.sqrt(weights), pull, np.array([0.0, 255.0]))
    offset, gain = float(found[0]), float(found[1]) / 255
    if not free:
        offset, gain = min(20.0, max(-20.0, offset)), min(1.3, max(0.75, gain))
    return np.asarray(offset + gain * everywhere, dtype=np.float32)


# — what is off —


def _sort_out(off: Mask, known: Mask, one: Floats, other: Floats) -> tuple[float, float, bool, Mask]:
    """Tell what was put on from what has another colour or pattern.

    What was put on has its outline in one of the pictures only, and all of it in the same one; what has another
    colour has its outline in both.

    Returns
    -------
    recoloured, overlaid : float
        Parts of the overlap.
    two_sided : bool
        Both pictures have something that the other lacks.
    excused : mask
        What was put on, with a margin.
    """
    area = max(1, int(known.sum()))
    steep = [features.slope(_luma(one)), features.slope(_luma(other))]
    recoloured = overlaid = 0.0
    added = [0.0, 0.0]
    excused = np.zeros_like(off)
    for part in features.parts(off, least=3):
        rim = features.grown(part.mask, 1) & ~features.shrunk(part.mask, 1) & known
        strong = [float((s[rim] > 5).mean()) if rim.any() else 0.0 for s in steep]
        share = part.pixels / area
        if min(strong) > 0.6 * max(strong) and share > 0.0008:
            recoloured += share
        else:
            added[int(strong[1] > strong[0])] += share
            overlaid += share
            excused |= part.mask
    return recoloured, overlaid, min(added) > 0.004, features.grown(excused, 4)


# — the verdict —


def _judge(overlap: _Overlap, figures: _Figures, laid: _Laid, limits: Thresholds) -> Verdict:
    whole = min(overlap.covers_a, overlap.covers_b) >= limits.whole
    marks = {
        "structure": _mark(figures.agreement, 2 * limits.agreement - 1, limits.agreement, 1.0),
        "colour": _mark(-figures.recoloured, -4 * limits.recoloured, -limits.recoloured, 0.0),
        "cover": _mark(-figures.overlaid, -2 * limits.overlaid, -limits.overlaid, 0.0),
        "sides": 0.3 if figures.two_sided else 1.0,
        "evidence": _mark(figures.structured, 0.0, 0.04, 0.3),
    }
    if laid.matches:
        marks["features"] = _mark(laid.inliers, limits.inliers / 2, limits.inliers, 4 * limits.inliers)
    score = min(marks.values())
    weakest = min(marks, key=lambda name: marks[name])
    if score >= limits.least:
        relation: Relation = "fuzzy" if whole else "content"
    else:
        alike = (
            figures.agreement >= 0.5
            and figures.structured > 0.04
            and (not laid.matches or laid.inliers >= limits.inliers)
        )
        relation = "variant" if alike else "unrelated"
    return Verdict(relation, round(score, 4), _evidence(overlap, figures, laid, relation, weakest))


def _mark(value: float, none: float, limit: float, full: float) -> float:
    """Return 0 up to `none`, 0.5 at the limit, 1 from `full` on."""
    return float(np.interp(value, [none, limit, full], [0.0, 0.5, 1.0]))


_BECAUSE = {
    "structure": "Outlines and texture don't agree.",
    "colour": "A part has another colour or pattern inside the same outlines.",
    "cover": "Too much differs.",
    "sides": "Each has something that the other lacks.",
    "evidence": "There is too little in the picture to tell.",
    "features": "Too few details agree on how one lies on the other.",
}


def _rounded(matrix: Matrix) -> list[list[float]]:
    return [[round(float(v), 6) for v in row] for row in matrix / matrix[2, 2]]


def _evidence(overlap: _Overlap, figures: _Figures, laid: _Laid, relation: str, weakest: str) -> dict[str, Any]:
    symmetry = nearest_symmetry(overlap.matrix)
    because = _BECAUSE[weakest]
    if relation == "fuzzy":
        because = "The whole picture agrees, piece by piece."
    elif relation == "content":
        because = "The part that both show agrees, piece by piece."
    if relation in ("fuzzy", "content") and figures.overlaid > 0.002:
        because += " Something was put on one of them."
    return {
        "because": because,
        "weakest": weakest,
        "homography": _rounded(overlap.matrix),
        "symmetry": symmetry,
        "inliers": laid.inliers,
        "matches": laid.matches,
        "tone": figures.tone,
        "agreement": round(figures.agreement, 4),
        "structured": round(figures.structured, 4),
        "recoloured": round(figures.recoloured, 4),
        "overlaid": round(figures.overlaid, 4),
        "covers_a": round(overlap.covers_a, 3),
        "covers_b": round(overlap.covers_b, 3),
    }
