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

from workbench import differences, features, tones
from workbench.differences import Difference
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

VERSION = 4
"""Goes up with whatever changes verdicts: what was said before is then asked again."""

FRAME = 128
"""Long edge, in pixels, at which the overlap is compared."""
FINE = 300
"""The same for small print, which is looked at once the rest agrees."""


SMALL = 0.003
"""Part of the overlap from which on something can have been put on; what is smaller was changed."""
MINOR = 0.25
"""Part of what was put on one picture below which what seems to be put on the other is an effect of it."""
SEAM = 10.0
"""Levels by which a picture changes where a picture inside it ends."""
DRIFT = 1.9
"""Levels by which the light over a mere crop can seem to change."""
MARK = 0.03
"""Part of the overlap that one word of a watermark covers at most."""
CLEAR = 0.42
"""Lean from which on something has its outline in one picture only: see `workbench.differences.Difference`."""
FAINT = 2.0
"""Levels a pixel by which an outline stands out at least; what has none is light, not a thing."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What it takes to call two pictures the same.

    Attributes
    ----------
    least : float
        Score from which on they are duplicates.
    inliers : int
        Features that must agree on how the pictures lie, where no symmetry of the whole explains it.
    likeness : float
        Correlation of the brightness of what both show.
    agreement : float
        Part of the structured area whose structure must agree.
    deviation : float
        Levels of 255 by which a pixel may be off after the whole picture's change of tone was taken out.
    recoloured : float
        Part of the overlap that may differ in colour inside unchanged outlines.
    overlaid : float
        Part of the overlap that something put on may cover; two and a half times as much where it lies along an edge.
    two_sided : float
        Part of it that may be put on the other of the two, where one has more.
    share : float
        Part of at least one of them that both show.
    startling : float
        Times by which a small thing may differ more (in squares) than the steepness of the picture there lets expect.
    whole : float
        Part of both pictures that the overlap covers when the relation is called fuzzy rather than content.
    """

    least: float = 0.5
    inliers: int = 10
    likeness: float = 0.75
    agreement: float = 0.7
    deviation: float = 20.0
    recoloured: float = 0.0055
    overlaid: float = 0.1
    two_sided: float = 0.002
    startling: float = 14.0
    share: float = 0.55
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
    is_whole: bool  # nothing cropped, nothing around
    is_squeezed: bool
    has_seam: bool  # one ends inside the other


def _compare(a: Pixels, b: Pixels, laid: _Laid, limits: Thresholds) -> Verdict:
    best = _best_laid(a, b, laid, limits)
    if best is None:
        return Verdict("unrelated", 0.0, {"because": "Nothing in the one is found in the other."})
    overlap, figures = best
    verdict = _judge(overlap, figures, laid, limits)
    if not verdict.is_duplicate:
        return verdict
    close = _lay(a, b, overlap.matrix, FINE)
    assert close is not None, "it overlapped at a smaller size"
    details = _details(close, limits)
    if details.worst > limits.startling / 2:
        finer = _refined(a, b, close, np.ones_like(close.known), bends=_bend(close.matrix) > 0.002)
        again = None if finer is None else _details(finer, limits)
        if again is not None and again.worst < details.worst:
            details = again
    return _judge(overlap, figures, laid, limits, details)


def _best_laid(a: Pixels, b: Pixels, laid: _Laid, limits: Thresholds) -> tuple[_Overlap, _Figures] | None:
    """Lay the pictures on each other as found, as the symmetry next to that says, and refined; return the best."""
    tried: list[tuple[_Overlap, _Figures]] = []
    for matrix in _snapped(laid.matrix):
        overlap = _lay(a, b, matrix, FRAME)
        if overlap is not None:
            tried.append((overlap, _figures(overlap, limits)))
            if tried[-1][1].is_calm:
                return tried[-1]
    if not tried:
        return None
    overlap, figures = max(tried, key=lambda one: one[1].fits)
    if tried[0][1].fits > figures.fits - 1:
        overlap, figures = tried[0]
    if figures.agreement > 0.3:
        bends = _bend(overlap.matrix) > 0.01
        finer = _refined(a, b, overlap, figures.calm, bends=bends)
        if finer is not None and (again := _figures(finer, limits)).fits > figures.fits:
            return finer, again
    return overlap, figures


def _snapped(matrix: Matrix) -> list[Matrix]:
    """Return a homography over relative points, after the symmetry of the whole that it all but is."""
    exact = SYMMETRIES[nearest_symmetry(matrix)]
    corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
    gap = float(np.abs(features.apply(matrix, corners) - features.apply(exact, corners)).max())
    return [exact] * (gap < 0.06) + [matrix] * (gap > 0.002)


def _lay(a: Pixels, b: Pixels, matrix: Matrix, frame: int) -> _Overlap | None:
    """Lay the pictures on each other in the frame of the one that the overlap covers more of."""
    box_a, covers_a = _shared(matrix, b.shape)
    box_b, covers_b = _shared(features.inverse(matrix), a.shape)
    if box_a is None or box_b is None or max(covers_a, covers_b) < 0.15:
        return None
    in_a = covers_a >= covers_b
    box, shape = (box_a, a.shape) if in_a else (box_b, b.shape)
    fine = [_pixels_across(box_a, a.shape), _pixels_across(box_b, b.shape)]
    wide, high = box[2] * shape[1], box[3] * shape[0]
    edge = min(frame, max(40, min(fine)))
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
    has_seam = max(_seam(matrix, b), _seam(features.inverse(matrix), a)) > SEAM
    whole = min(covers_a, covers_b) > 0.96
    return _Overlap(one, other, known, covers_a, covers_b, matrix, whole, _squeeze(a, b, matrix) > 1.04, has_seam)


def _squeeze(a: Pixels, b: Pixels, matrix: Matrix) -> float:
    """Return by how many times the longer axis is stretched more than the shorter."""
    (high_a, wide_a), (high_b, wide_b) = a.shape[:2], b.shape[:2]
    axes = np.diag([wide_b, high_b]) @ matrix[:2, :2] @ np.diag([1 / wide_a, 1 / high_a])
    long, short = np.linalg.svd(axes, compute_uv=False)
    return float(long / short)


def _is_plausible(overlap: _Overlap, details: _Details | None) -> bool:
    """Tell whether a copy can lie so: who squeezes a picture neither crops it nor paints its ground further.

    A thing that was turned a little between two shots is squeezed, one that was exchanged for a larger one is
    enlarged, on a ground that goes on, in a light that stays where it was. A copy inside another picture ends at a
    seam, and a crop takes its light along.
    """
    if overlap.is_whole or overlap.has_seam:
        return True
    return not overlap.is_squeezed and (details is None or details.drift < DRIFT)


def _seam(matrix: Matrix, picture: Pixels) -> float:
    """Return by how many levels a picture changes, over a quarter of the way, where the other ends in it."""
    along = np.linspace(0.05, 0.95, 40)
    jumps = []
    for side in (0.0, 1.0):
        for flip in (False, True):
            lines = []
            for gap in (-0.02, 0.02):
                points = np.stack([along, np.full(40, side + gap)], axis=1)
                lines.append(features.apply(matrix, points[:, ::-1] if flip else points))
            inside = np.all([(line > 0.005) & (line < 0.995) for line in lines], axis=(0, 2))
            at = [(line[inside] * [picture.shape[1], picture.shape[0]]).astype(int) for line in lines]
            values = [picture[y, x].astype(int) for x, y in (p.T for p in at)]
            jumps.append(np.abs(values[0] - values[1]).max(1) if len(values[0]) else np.zeros(0))
    every = np.concatenate(jumps)
    return float(np.quantile(every, 0.75)) if len(every) >= 10 else 0.0


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


def _bend(matrix: Matrix) -> float:
    """Return how far a homography is from keeping parallels parallel."""
    return float(np.abs(matrix[2, :2] / matrix[2, 2]).sum())


def _refined(a: Pixels, b: Pixels, overlap: _Overlap, calm: Mask, *, bends: bool) -> _Overlap | None:
    one, other = (features.smooth(tones.luma(x), 1.0) for x in (overlap.one, overlap.other))
    better = features.refine(one, other, overlap.known & calm, bends=bends)
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
    return _lay(a, b, matrix / matrix[2, 2], max(wide, high))


class _Figures(NamedTuple):
    agreement: float  # part of the structured area whose structure agrees
    structured: float  # part of the overlap that has structure
    off: float  # part of the overlap that is off
    recoloured: float
    overlaid: float
    two_sided: float  # what the other side has put on, where both have
    tolerance: float
    tone: str
    likeness: float  # correlation of the brightness where nothing is off
    calm: Mask  # where nothing is off

    @property
    def is_calm(self) -> bool:
        """Whether nothing is off at all."""
        return self.agreement > 0.999 and self.off < 0.0005

    @property
    def fits(self) -> float:
        """How well the pictures lie on each other; more is better."""
        return 100 * self.agreement - self.tolerance - 20 * self.off


def _figures(overlap: _Overlap, limits: Thresholds) -> _Figures:
    known = features.inner(overlap.known, 2)
    one, other = _equally_sharp(overlap.one, overlap.other)
    livelier = tones.liveliness(one, known) >= tones.liveliness(other, known)
    source, target = (one, other) if livelier else (other, one)
    toned = tones.retoned(source, target, known)
    scale = max(0.35, min(1.0, toned.slope))
    beyond, slow = (x / scale for x in differences.residual(source, toned.picture, target))
    grain = 1.4826 * float(np.median(np.abs(tones.luma(toned.picture) - tones.luma(target))[known])) / scale
    tolerance = float(np.clip(8 + 4.5 * grain, limits.deviation, 2.2 * limits.deviation))
    off = known & ((beyond > tolerance) | ((slow > tolerance) & (beyond > 0.25 * tolerance)))
    agree, textured = differences.structure(tones.luma(toned.picture), tones.luma(target))
    found = differences.pieces(off, beyond, tolerance, known, toned.picture, target)
    recoloured, added, excused = _sort_out(found, off.shape)
    counted = textured & known & ~excused
    agreement = float((agree[counted] > 0.5).mean()) if counted.sum() > 30 else float(not off.any())
    area = max(1, int(known.sum()))
    return _Figures(
        agreement,
        float((textured & known).sum() / area),
        float(off.sum() / area),
        recoloured,
        sum(added),
        min(added) if min(added) > MINOR * max(added) else 0.0,
        tolerance,
        toned.words,
        _correlation(tones.luma(toned.picture), tones.luma(target), known & ~off),
        ~features.grown(off, 3),
    )


def _correlation(one: Floats, other: Floats, where: Mask) -> float:
    if where.sum() < 30:
        return 0.0
    a, b = (x[where] - x[where].mean() for x in (one, other))
    return float(a @ b / max(1e-3 * len(a), float(np.sqrt((a @ a) * (b @ b)))))


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
    grey = tones.luma(picture)
    soft = features.smooth(grey, 1.0)
    return float((grey - soft).std()) / max(0.3, float((soft - features.smooth(grey, 3.0)).std()))


def _sort_out(found: list[Difference], shape: tuple[int, ...]) -> tuple[float, list[float], Mask]:
    """Return what was recoloured, what was put on the first and on the second, and where that is.

    Where nearly everything was put on one of them, what isn't clear was too: lettering crosses outlines by chance.
    """
    clear = [sum(d.share for d in found if side * d.lean > CLEAR) for side in (-1, 1)]
    main = 1 if clear[1] >= clear[0] else -1
    unclear = sum(d.share for d in found if abs(d.lean) <= CLEAR and main * d.lean > 0.15)
    leans = 0.15 if max(clear) > 3 * unclear else CLEAR
    recoloured, added = 0.0, [0.0, 0.0]
    excused = np.zeros(shape, bool)
    bar = _bar(found, shape)
    for piece in found:
        in_bar = bool(bar[piece.mask].mean() > 0.9)
        if in_bar or main * piece.lean > leans or -main * piece.lean > CLEAR:
            added[int((main if in_bar else piece.lean) > 0)] += piece.share * (0.4 if in_bar else 1.0)
            excused |= piece.mask
        elif piece.weight > 6:
            recoloured += piece.share * (0.1 if piece.outline < FAINT else 1.0)
    return recoloured, added, features.grown(excused, 4)


def _bar(found: list[Difference], shape: tuple[int, ...]) -> Mask:
    """Return the rows or columns that a piece along one whole edge of the overlap takes up."""
    bar: Mask = np.zeros(shape, np.bool_)
    for piece in (piece for piece in found if abs(piece.lean) > 0.3):
        ways: list[tuple[Mask, Mask]] = [(piece.mask, bar), (piece.mask.T, bar.T)]
        for mask, target in ways:
            band = np.flatnonzero(mask.any(1))
            low, high = int(band[0]), int(band[-1]) + 1
            if mask.any(0).mean() > 0.75 and (low < 6 or high > len(mask) - 6) and high - low < 0.3 * len(mask):
                target[low:high] = True
    return bar


# — small print —


class _Details(NamedTuple):
    """How much smaller things stand out of what differs anyway: changed, and put on the side that has less."""

    changed: float
    two_sided: float
    drift: float  # levels by which the light drifts over the picture while its tones stay

    @property
    def worst(self) -> float:
        """The larger of the two."""
        return max(self.changed, self.two_sided)


def _details(overlap: _Overlap, limits: Thresholds) -> _Details:
    """Look for small things that differ far more than the rest of the picture does.

    What recompression, blur and small misfits leave over is in proportion to how steep the picture is. That
    proportion is measured on the pictures themselves; a changed digit stands out from it.
    """
    known = features.inner(overlap.known, 6)
    if not known.any():
        return _Details(0.0, 0.0, 0.0)
    one, other = _equally_sharp(overlap.one, overlap.other)
    livelier = tones.liveliness(one, known) >= tones.liveliness(other, known)
    source, target = (one, other) if livelier else (other, one)
    toned = tones.retoned(source, target, known)
    scale = max(0.35, min(1.0, toned.slope))
    startling = differences.startling(source, toned.picture, target, known, scale)
    off = startling > limits.startling / 2
    found = differences.pieces(off, startling, limits.startling, known, toned.picture, target, band=5)
    peaks = [_peak(startling, piece) * (0.3 if piece.outline < FAINT else 1.0) for piece in found]
    clear = [sum(d.share for d in found if side * d.lean > CLEAR) for side in (-1, 1)]
    has_overlay = max(clear) > max(SMALL, 4 * min(clear))
    lit = _lit(found) if has_overlay or _is_all_over(found) else 0
    changed, added = 0.0, [0.0, 0.0]
    for peak, piece in zip(peaks, found, strict=True):
        side = int(piece.lean > 0)
        if (has_overlay and piece.outline < FAINT) or (abs(piece.lean) > 0.3 and _in_corner(piece.mask)):
            continue  # a faint stroke of the same lettering; a corner of the page behind
        if lit and lit * piece.brighter > 0.8 and piece.share < MARK:
            continue  # lettering that lets the picture through has the picture's outlines too
        rest = clear[side] > 4 * clear[1 - side] + 0.5 * piece.share
        if clear[side] > SMALL and abs(piece.lean) > (0.2 if rest else CLEAR):
            added[side] = max(added[side], peak)
        else:
            changed = max(changed, peak)
    drift = toned.drift if abs(toned.slope - 1) < 0.1 else 0.0
    return _Details(changed, min(added) if min(clear) > MINOR * max(clear) else 0.0, drift)


def _lit(found: list[Difference]) -> int:
    """Return 1 where nearly all pieces are brighter in the second picture, -1 where darker, 0 where it is mixed.

    Translucent lettering of one colour does that; a number in place of another is brighter here and darker there.
    """
    total = sum(d.share for d in found)
    mean = sum(d.share * d.brighter for d in found) / max(1e-9, total)
    return int(np.sign(mean)) if abs(mean) > 0.9 else 0


def _is_all_over(found: list[Difference]) -> bool:
    """Tell whether there are many small pieces, spread over the whole picture, as a repeated mark is."""
    if len(found) < 8 or max(d.share for d in found) > MARK:
        return False
    rows, columns = np.nonzero(np.logical_or.reduce([d.mask for d in found]))
    high, wide = found[0].mask.shape
    return bool(np.ptp(rows) > 0.6 * high and np.ptp(columns) > 0.6 * wide)


def _in_corner(mask: Mask) -> bool:
    high, wide = mask.shape
    rows, columns = np.nonzero(mask)
    down, across = min(rows.min(), high - 1 - rows.max()), min(columns.min(), wide - 1 - columns.max())
    return bool(down < 12 and across < 12 and np.ptp(rows) < 0.15 * high and np.ptp(columns) < 0.15 * wide)


def _peak(startling: Floats, piece: Difference) -> float:
    """Return what some pixels of a piece reach: a speck doesn't count."""
    values = startling[piece.mask]
    return float(np.partition(values, -8)[-8]) if len(values) >= 8 else 0.0


# — the verdict —


def _judge(
    overlap: _Overlap, figures: _Figures, laid: _Laid, limits: Thresholds, details: _Details | None = None
) -> Verdict:
    whole = min(overlap.covers_a, overlap.covers_b) >= limits.whole
    marks = {
        "likeness": _mark(figures.likeness, 0.0, limits.likeness, 0.95),
        "structure": _mark(figures.agreement, 2 * limits.agreement - 1, limits.agreement, 1.0),
        "colour": _mark(-figures.recoloured, -4 * limits.recoloured, -limits.recoloured, 0.0),
        "cover": _mark(-figures.overlaid, -2 * limits.overlaid, -limits.overlaid, 0.0),
        "sides": _mark(-figures.two_sided, -4 * limits.two_sided, -limits.two_sided, 0.0),
        "geometry": 1.0 if _is_plausible(overlap, details) else 0.4,
        "share": _mark(max(overlap.covers_a, overlap.covers_b), 0.0, limits.share, 0.9),
        "evidence": _mark(figures.structured, 0.0, 0.04, 0.3),
    }
    if laid.matches:
        agree = _mark(laid.inliers / laid.matches, 0.06, 0.15, 0.4)
        marks["features"] = min(agree, _mark(laid.inliers, limits.inliers / 2, limits.inliers, 4 * limits.inliers))
    if details is not None:
        marks["details"] = _mark(-details.changed, -4 * limits.startling, -limits.startling, -limits.startling / 2)
        marks["sides"] = min(
            marks["sides"], _mark(-details.two_sided, -4 * limits.startling, -limits.startling, -limits.startling / 2)
        )
    score = min(marks.values())
    weakest = min(marks, key=lambda name: marks[name])
    if score >= limits.least:
        relation: Relation = "fuzzy" if whole else "content"
    else:
        found = not laid.matches or laid.inliers >= limits.inliers
        relation = "variant" if figures.agreement >= 0.5 and figures.structured > 0.04 and found else "unrelated"
    return Verdict(relation, round(score, 4), _evidence(overlap, figures, laid, relation, weakest, details))


def _mark(value: float, none: float, limit: float, full: float) -> float:
    """Return 0 up to `none`, 0.5 at the limit, 1 from `full` on."""
    return float(np.interp(value, [none, limit, full], [0.0, 0.5, 1.0]))


_BECAUSE = {
    "likeness": "Light and dark don't agree.",
    "structure": "Outlines and texture don't agree.",
    "colour": "A part has another colour or pattern inside the same outlines.",
    "cover": "Too much differs.",
    "sides": "Each has something that the other lacks.",
    "geometry": "It lies as no crop and no frame does: another view, or another size of the thing.",
    "share": "They share a part, and each shows more beside it.",
    "evidence": "There is too little in the picture to tell.",
    "details": "Something small differs: lettering, a number, a sign.",
    "features": "Too few details agree on how one lies on the other.",
}


def _rounded(matrix: Matrix) -> list[list[float]]:
    return [[round(float(v), 6) for v in row] for row in matrix / matrix[2, 2]]


def _evidence(
    overlap: _Overlap, figures: _Figures, laid: _Laid, relation: str, weakest: str, details: _Details | None
) -> dict[str, Any]:
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
        "likeness": round(figures.likeness, 3),
        "agreement": round(figures.agreement, 4),
        "structured": round(figures.structured, 4),
        "recoloured": round(figures.recoloured, 4),
        "overlaid": round(figures.overlaid, 4),
        "two_sided": round(figures.two_sided, 4),
        "tolerance": round(figures.tolerance, 1),
        "changed": None if details is None else round(details.changed, 1),
        "covers_a": round(overlap.covers_a, 3),
        "covers_b": round(overlap.covers_b, 3),
    }
