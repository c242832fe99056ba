"""Whether two pictures are the same picture: one is laid on the other, and what differs is looked at piece by piece.

A hash or a few matching features propose; this decides. Everything that an edit does to the whole picture (brightness,
contrast, colour cast, grey) is estimated once for the whole and taken out. What was put on (lettering, a badge, a bar
along an edge: see `workbench.put_on`) is set aside. No piece of the rest may differ in its fine structure, nor in its
colour: that is how one product comes in two colours, and one form with two names: a `variant`, never a duplicate.
Nor may the faint structure between the outlines: two plain shirts of one cut have only that, and their colours, to
themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import differences, features, put_on, small_print, tones
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

VERSION = 17
"""Goes up with whatever changes verdicts: what was said before is then asked again."""

FRAME = 128
"""Long edge, in pixels, at which the overlap is compared."""
FINE = 256
"""The same for small print, which is looked at once the rest agrees."""
FINEST, UNSURE, SHARPER = 400, 0.5, 1.2
"""The same where it nearly differs, from which part of the limit on that is, and how much further all stands out there.
"""


HOPELESS = 0.65
"""Agreement below which nobody looks any closer; copies with lettering over a quarter of them have 0.78."""
FAR_OFF = 0.35
"""Agreement below which no better fit is looked for; a copy in perspective has 0.39 before it is laid more exactly."""
NEARLY, ASLANT = 0.8, 0.15
"""Agreement from which on pictures that lie nearly whole on whole are laid exactly so, and by how much they may not."""
IN_FEW = 0.9
"""Part of what may differ elsewhere that may differ in few colours, where small print is nearly lost."""
OTHER, ELSEWHERE = 60.0, 0.85
"""Times by which a thing differs more than is to be expected that no better fit brings into line, and agreement."""
FEW = 0.5
"""Features that agree on another way to lie, as a part of those on the best, below which nobody tries it."""
SAME_SHAPE = (0.82, 0.93)
"""Likeness of fine structure up to which a piece was changed, and from which on it differs in tone only."""
SAME_SHAPE_IF_CALM = (0.955, 0.985)
"""The same where hardly anything else differs: a digit for another at the size of a label."""
IF_CALM = 1.6
"""Times by which a changed piece counts for more there."""
CLEAN = 1.0
"""Times by which the square of what differs exceeds what is to be expected, in a hundredth of an ordinary copy."""
SMALLEST_PATCH = 100
"""Pixels from which on a piece has a colour of its own."""
SHIFT, SHIFT_COLOUR = 44.0, 19.0
"""Levels by which a piece may be off on the whole, and its channels from each other; less where it is large."""
ASTRAY = (3.0, 6.0, 12.0)
"""Levels by which colours may be off on average where they became paler, but not grey."""
PALE = (0.2, 0.8)
"""Strength of colours that became paler, but not grey."""
PALER = 0.7
"""How pale colours can become whose differences count for so much more."""
TEXTURE = (0.2, 0.45, 0.65)
"""How far the faint structure between the outlines must agree."""
SEAM, FAINT_SEAM = 10.0, 4.0
"""Levels by which a picture changes where a picture inside it ends, and on a ground of one colour without grain."""
WITHOUT_GRAIN = 1.5
"""Levels by which half of a painted ground may be off its colour: recompression leaves so much."""
POOR = 400
"""Features of a picture below which it is also laid whole on whole, and by what is faint in it."""
AT_A_GLANCE = 0.8
"""Correlation of pictures of 32 x 32 pixels from which on one may be the other, turned or not."""
SQUEEZED, SMALL, SQUEEZED_SMALL = 1.01, 0.5, 1.04
"""Times by which a mere crop may be stretched more one way than the other, by the error of the fit; the part of a
picture below which a crop is small; and by how many times that may be, with plenty beside it: no thing lies on a
ground there."""
HELD = 0.93
"""Part of one of them that the other shows where one is a mere crop of the other; what moved in a picture shares less.
"""
ALONG, STILL, MOVED, BUSY = 0.5, 0.3, 1.8, 2.5
"""How much less the light on plain ground differs where things lie than where it is when it came along; levels by which
it may differ when it stayed, and how much more it does then where the things lie; steepness, in levels a pixel, from
which on it is no ground."""
A_PIXEL = 0.01
"""Part of a picture by which what lies whole on whole may seem to be moved."""
PUT_ON = 0.01
"""Part of a picture that was put on from which on whatever was is no print, and not strokes of one ink alone."""
IN_PRINT = 0.4
"""The score of pictures whose small print differs."""
DRIFT = 1.3
"""Levels by which the light over a mere crop can seem to change."""
PLENTY = 0.09
"""Part of what is beside the overlap that has structure where a picture was cropped, and no ground painted further."""


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
    overlaid : float
        Part of the overlap that something put on may cover; twice as much by strokes, two and a half times by a bar.
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
    agreement: float = 0.88
    deviation: float = 20.0
    overlaid: float = 0.1
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
        ``changed``, ``overlaid``, ``covers_a``, ``covers_b`` (parts of 1).
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
        lies_so = found.relation == "variant" and found.evidence["agreement"] > (0.9 if laid.matches else 0.97)
        lies_so &= found.evidence.get("weakest") != "geometry"
        if best.is_duplicate or not thorough or lies_so:
            break
    return best or Verdict("unrelated", 0.0, {"because": "Nothing in the one is found in the other."})


def confirm(verdict: Verdict, a: Pixels, b: Pixels, large_a: Pixels, large_b: Pixels) -> Verdict:
    """Say again, by larger pictures, whether two are the same that are it as thumbnails: see `other_print`.

    Parameters
    ----------
    verdict : Verdict
        What `verify` says of their thumbnails.
    a, b : ndarray of uint8, shape (height, width, 3)
        These, in the same order.
    large_a, large_b : ndarray of uint8, shape (height, width)
        Their brightness, larger.
    """
    if not verdict.is_duplicate:
        return verdict
    matrix = np.asarray(verdict.evidence["homography"], np.float64)
    if verdict.evidence["overlaid"] > PUT_ON:
        drawn = _drawn(a, b, matrix)
        if drawn is None or not drawn.is_anything:
            return verdict  # not seen again: print can't be told from it
        apart = other_print(large_a, large_b, matrix, (drawn,))
    else:
        apart = other_print(large_a, large_b, matrix, _with_and_without(a, b, matrix))
    if apart < small_print.LIMIT:
        return verdict
    what = "The whole picture" if verdict.relation == "fuzzy" else "What both show"
    because = f"{what} agrees, but not the small print in it: seen at the size of the files it differs."
    return Verdict("variant", IN_PRINT, {**verdict.evidence, "because": because, "other_print": round(apart, 2)})


class Drawn(NamedTuple):
    """What was put on one of two pictures: it isn't the other's print. Masks of shape (height, width).

    Attributes
    ----------
    hidden : ndarray of bool
        By a bar or a badge.
    strokes : ndarray of bool
        By lettering or a drawing.
    corner : ndarray of bool
        By what lies in a corner; what is small there may also be a number, and hides nothing.
    """

    hidden: Mask
    strokes: Mask
    corner: Mask

    @property
    def is_anything(self) -> bool:
        """Whether anything was."""
        return any(bool(mask.any()) for mask in self)


def _with_and_without(a: Pixels, b: Pixels, matrix: Matrix) -> Iterator[Drawn | None]:
    yield None
    drawn = _drawn(a, b, matrix)
    if drawn is not None and drawn.is_anything:
        yield drawn


def other_print(a: Pixels, b: Pixels, homography: npt.ArrayLike, drawn: Iterable[Drawn | None] = (None,)) -> float:
    """Return how much small print differs in two pictures of which `verify` says how they lie on each other.

    Parameters
    ----------
    a, b : ndarray of uint8, shape (height, width)
        Their brightness, oriented, larger than thumbnails: of `workbench.small_print.EDGE` pixels where there are so
        many.
    homography : array_like, shape (3, 3)
        As in `Verdict.evidence`.
    drawn : iterable of Drawn or None
        What was put on one of them, in the frame of what both show. Tried one after the other, where print seems to
        differ, until it doesn't.

    Returns
    -------
    float
        Windows of other print: see `workbench.small_print.Differing`.
    """
    overlap = _lay(a, b, np.asarray(homography, np.float64), small_print.EDGE)
    if overlap is None:
        return 0.0
    first = found = small_print.compared(overlap.one, overlap.other, overlap.known)
    if first == small_print.ALIKE:
        return 0.0
    finer = _refined(a, b, overlap, overlap.known, bends=True)
    for these in drawn:
        found = first if these is None else _compared_beside(these, overlap)
        if finer is not None:
            found = max(found, _compared_beside(these, finer), key=lambda one: one.faithful)
        if found.windows < small_print.LIMIT:
            break
    return found.windows


def _compared_beside(drawn: Drawn | None, overlap: _Overlap) -> small_print.Differing:
    if drawn is None:
        return small_print.compared(overlap.one, overlap.other, overlap.known)
    hidden, strokes, corner = (_enlarged(mask, overlap.known) for mask in drawn)
    return small_print.compared(overlap.one, overlap.other, overlap.known & ~hidden, strokes, corner)


def _drawn(a: Pixels, b: Pixels, matrix: Matrix) -> Drawn | None:
    close = _lay(a, b, matrix, FINE)
    if close is None:
        return None
    seen = _look_closely(close, Thresholds())
    found = seen.found
    if seen.overlaid > PUT_ON:
        return Drawn(*(features.grown(mask, 8) for mask in (found.bars | found.corner, found.strokes, found.corner)))
    return Drawn(np.zeros(close.known.shape, np.bool_), found.strokes, features.grown(found.corner, 4))


def _enlarged(mask: Mask, like: Mask) -> Mask:
    if not mask.any():
        return np.zeros(like.shape, np.bool_)
    return features.resize(features.grown(mask, 2).astype(np.uint8), like.shape[::-1]) > 0


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
    both = [_by_features(one.upright, other, mirrored) for mirrored in (False, True)]
    found = sorted((laid for laid in both if laid is not None), key=lambda laid: -laid.inliers)
    yield from (laid for laid in found if laid.inliers >= FEW * found[0].inliers)
    if min(len(one.upright.points), len(other.upright.points)) < POOR:
        yield from (_Laid(matrix, 0, 0) for matrix in _at_a_glance(one.picture, other.picture))
        faint = [features.extract(features.evened(x.picture)) for x in (one, other)]
        laid = _by_features(faint[0], Seen(other.picture, faint[1], faint[1]), mirrored=False)
        yield from [] if laid is None else [laid]


def _at_a_glance(a: Pixels, b: Pixels) -> Iterator[Matrix]:
    """Yield the symmetry of the whole that lays one on the other best, where a small picture of them agrees with it."""
    one, other = (features.resize(features.to_grey(x), (32, 32)).astype(np.float32) for x in (a, b))
    places = (np.stack(np.meshgrid(np.arange(32), np.arange(32)), axis=-1).reshape(-1, 2) + 0.5) / 32
    likeness = {}
    for name, matrix in SYMMETRIES.items():
        x, y = (features.apply(matrix, places) * 32).astype(int).T
        likeness[name] = float(np.corrcoef(one.ravel(), other[y, x])[0, 1]) if min(one.std(), other.std()) > 1 else 0.0
    best = max(likeness, key=lambda name: likeness[name])
    if likeness[best] > AT_A_GLANCE:
        yield SYMMETRIES[best]


def _by_features(one: Features, other: Seen, mirrored: bool) -> _Laid | None:
    target = other.mirrored if mirrored else other.upright
    fit = features.fit(one, target, features.match(one.descriptors, target.descriptors))
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
    """The part that both show, at the same size: float32 (height, width, 3) or grey, and where both are known."""

    one: Floats
    other: Floats
    known: Mask
    covers_a: float
    covers_b: float
    matrix: Matrix
    pictures: tuple[Pixels, Pixels]
    barred: float  # part of it that bars along the edges cover, which isn't compared


def _compare(a: Pixels, b: Pixels, laid: _Laid, limits: Thresholds) -> Verdict:
    """Compare two pictures that lie so; where they nearly lie whole on whole, also exactly so and in few colours."""
    verdict = _compare_as_they_are(a, b, laid, limits)
    exact = SYMMETRIES[nearest_symmetry(laid.matrix)]
    is_close = verdict.evidence.get("changed") is not None and verdict.evidence["agreement"] > NEARLY
    if verdict.is_duplicate or not is_close or _gap(exact, laid.matrix) > ASLANT:
        return verdict
    whole = laid._replace(matrix=exact)
    if verdict.evidence["weakest"] == "geometry":
        return max(verdict, _compare_as_they_are(a, b, whole, limits), key=_rank)
    strict = replace(limits, startling=IN_FEW * limits.startling)
    pairs = _in_few_colours(a, b, exact)
    return max([verdict, *(_compare_as_they_are(*pair, whole, strict) for pair in pairs)], key=_rank)


def _in_few_colours(a: Pixels, b: Pixels, exact: Matrix) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield two pictures in the few colours that the second consists of, and in those that the first does."""
    overlap = _lay(a, b, exact, FRAME)
    if overlap is None:
        return
    palette = tones.few_colours(b, (overlap.one, overlap.other), overlap.known)
    if palette is not None:
        yield tones.in_few_colours(a, _laid_on(b, a.shape, features.inverse(exact)), palette), b
    palette = tones.few_colours(a, (overlap.other, overlap.one), overlap.known)
    if palette is not None:
        yield a, tones.in_few_colours(b, _laid_on(a, b.shape, exact), palette)


def _laid_on(picture: Pixels, shape: tuple[int, ...], matrix: Matrix) -> Floats:
    """Return a picture as a homography over relative points lays it on one of another shape."""
    size = (shape[1], shape[0])
    here = _to_relative((picture.shape[1], picture.shape[0]))
    return features.warp(picture, features.inverse(_to_relative(size)) @ matrix @ here, size)[0]


def _compare_as_they_are(a: Pixels, b: Pixels, laid: _Laid, limits: Thresholds) -> Verdict:
    if laid.matches and laid.inliers < limits.inliers:
        return _by_chance(laid, limits)
    best = _best_laid(a, b, laid, limits)
    if best is None:
        return Verdict("unrelated", 0.0, {"because": "Nothing in the one is found in the other."})
    overlap, figures = best
    by_chance = laid.matches and _features_mark(laid, limits) < limits.least
    if figures.agreement < HOPELESS or figures.likeness < limits.likeness or by_chance:
        return _judge(overlap, figures, laid, limits)
    close = _lay(a, b, overlap.matrix, FINE)
    assert close is not None, "it overlapped at a smaller size"
    seen = _look_closely(close, limits)
    close, seen = _closer(a, b, close, seen, limits)
    if UNSURE * limits.startling < seen.changed < limits.startling:
        seen = _confirmed(a, b, close.matrix, limits, seen)
    return _judge(
        overlap._replace(matrix=close.matrix, covers_a=close.covers_a, covers_b=close.covers_b),
        figures,
        laid,
        limits,
        seen,
    )


def _closer(a: Pixels, b: Pixels, close: _Overlap, seen: _Close, limits: Thresholds) -> tuple[_Overlap, _Close]:
    """Lay pictures more exactly that nearly agree: first as they lie, then also bent where something still differs."""
    is_loose = seen.misfit > 0.2 or not _is_exact(close.matrix)
    if not is_loose or seen.agreement < ELSEWHERE or seen.changed > OTHER:
        return close, seen
    bent = _bend(close.matrix) > 0.002
    if seen.changed > 1 or seen.agreement < 0.99 or seen.texture < TEXTURE[2]:
        close, seen = _finer(a, b, close, seen, limits, bends=bent)
    may_bend = not bent and not _is_exact(close.matrix)
    if may_bend and (seen.changed > UNSURE * limits.startling or seen.texture < TEXTURE[1]):
        close, seen = _finer(a, b, close, seen, limits, bends=True)
    return close, seen


def _finer(
    a: Pixels, b: Pixels, close: _Overlap, seen: _Close, limits: Thresholds, *, bends: bool
) -> tuple[_Overlap, _Close]:
    finer = _still_plausible(_refined(a, b, close, seen.calm, bends=bends), close)
    again = None if finer is None else _look_closely(finer, limits)
    if finer is None or again is None or again.fits <= seen.fits:
        return close, seen
    return finer, again


def _confirmed(a: Pixels, b: Pixels, matrix: Matrix, limits: Thresholds, seen: _Close) -> _Close:
    """Look once more, at all there is to see, where something small may differ: digits are five pixels high."""
    finest = _lay(a, b, matrix, FINEST)
    if finest is None or max(finest.known.shape) < 1.1 * FINE:
        return seen
    again = _look_closely(finest, limits)
    changed = again.changed / SHARPER
    return seen._replace(changed=changed, worst=again.worst) if changed > seen.changed else seen


def _best_laid(a: Pixels, b: Pixels, laid: _Laid, limits: Thresholds) -> tuple[_Overlap, _Figures] | None:
    """Lay the pictures on each other as found, as the symmetry next to that says, and refined; return the best."""
    tried: list[tuple[_Overlap, _Figures]] = []
    for matrix in _snapped(laid.matrix):
        overlap = _lay(a, b, matrix, FRAME)
        if overlap is not None:
            tried.append((overlap, _figures(overlap, limits)))
            if tried[-1][1].is_calm:
                return tried[-1]
            if tried[-1][1].agreement > 0.99:
                break
    if not tried:
        return None
    overlap, figures = max(tried, key=lambda one: one[1].fits)
    if tried[0][1].fits > figures.fits - 1:
        overlap, figures = tried[0]
    if figures.agreement > FAR_OFF:
        bends = _bend(overlap.matrix) > 0.01
        finer = _still_plausible(_refined(a, b, overlap, figures.calm, bends=bends), overlap)
        if finer is not None and (again := _figures(finer, limits)).fits > figures.fits:
            return finer, again
    return overlap, figures


def _still_plausible(finer: _Overlap | None, before: _Overlap) -> _Overlap | None:
    """Return pictures laid more exactly, unless they lay whole on whole and no copy lies so: lettering led astray."""
    is_spoilt = finer is not None and _is_exact(before.matrix) and not _is_plausible(finer, None)
    return None if is_spoilt else finer


def _snapped(matrix: Matrix) -> list[Matrix]:
    """Return a homography over relative points, after the symmetry of the whole that it all but is."""
    exact = SYMMETRIES[nearest_symmetry(matrix)]
    gap = _gap(exact, matrix)
    return [exact] * (gap < 0.06) + [matrix] * (gap > 0.002)


def _gap(one: Matrix, other: Matrix) -> float:
    """Return how far apart two homographies over relative points take a corner."""
    corners = [[0, 0], [1, 0], [1, 1], [0, 1]]
    return float(np.abs(features.apply(one, corners) - features.apply(other, corners)).max())


def _is_exact(matrix: Matrix) -> bool:
    """Tell whether a homography is one of the symmetries of the whole."""
    return float(np.abs(matrix - SYMMETRIES[nearest_symmetry(matrix)]).max()) < 1e-9


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
    known, barred = known_a & known_b, 0.0
    if one.ndim == 3:
        bars = put_on.bars(one, other, known)
        barred = float(bars.sum() / max(1, known.sum()))
        known &= ~bars
    if known.mean() < 0.2:
        return None
    return _Overlap(one, other, known, covers_a, covers_b, matrix, (a, b), barred)


def _squeeze(a: Pixels, b: Pixels, matrix: Matrix) -> float:
    """Return by how many times the longer axis is stretched more than the shorter."""
    (high_a, wide_a), (high_b, wide_b) = a.shape[:2], b.shape[:2]
    axes = np.diag([wide_b, high_b]) @ matrix[:2, :2] @ np.diag([1 / wide_a, 1 / high_a])
    long, short = np.linalg.svd(axes, compute_uv=False)
    return float(long / short)


def _is_plausible(overlap: _Overlap, close: _Close | None) -> bool:
    """Tell whether a copy can lie so: who squeezes a picture neither crops it nor paints its ground further.

    A thing that was turned a little between two shots is squeezed, one that was exchanged for a larger one is
    enlarged, on a ground that goes on, in a light that stays where it was. A copy inside another picture ends at a
    seam, and a crop takes its light along.
    """
    if min(overlap.covers_a, overlap.covers_b) > 0.96:
        return True
    (a, b), matrix = overlap.pictures, overlap.matrix
    exact = SYMMETRIES[nearest_symmetry(matrix)]
    if _gap(exact, matrix) < A_PIXEL:
        return True
    back = features.inverse(matrix)
    for way, picture in ((matrix, b), (back, a)):
        if (seam := _seam(way, picture)) > FAINT_SEAM and (seam > SEAM or _is_painted(way, picture)):
            return True
    small, large = sorted((overlap.covers_a, overlap.covers_b))
    squeeze = _squeeze(a, b, matrix)
    if squeeze > (SQUEEZED_SMALL if small < SMALL else SQUEEZED) or large < HELD:
        return False
    if squeeze > SQUEEZED and not _is_plenty_beside(a, b, matrix):
        return False
    if close is None:
        return True
    moved, still = (_unlike_ground(a, b, way) for way in (matrix, exact))
    if moved < ALONG * still:
        return True  # the light on the ground lies where the things do
    if still < STILL and moved > MOVED * still:
        return False  # it stayed where it is, and the things moved
    return close.drift < DRIFT or _is_plenty_beside(a, b, matrix)


def _unlike_ground(a: Pixels, b: Pixels, matrix: Matrix) -> float:
    """Return by how many levels, as a standard deviation, the light on plain ground differs."""
    overlap = _lay(a, b, matrix, FINE)
    if overlap is None:
        return np.inf
    grey = [tones.luma(x) for x in (overlap.one, overlap.other)]
    busy = (features.slope(grey[0]) > BUSY) | (features.slope(grey[1]) > BUSY)
    plain = features.inner(overlap.known, 6) & ~features.grown(busy, 9)
    if plain.mean() < 0.05:
        return np.inf
    return float((features.smooth(grey[0], 4.0) - features.smooth(grey[1], 4.0))[plain].std())


def _is_plenty_beside(a: Pixels, b: Pixels, matrix: Matrix) -> bool:
    return max(_plenty_beside(matrix, b), _plenty_beside(features.inverse(matrix), a)) > PLENTY


def _plenty_beside(matrix: Matrix, picture: Pixels) -> float:
    """Return which part of what a picture shows beside the other one is more than plain ground."""
    grey = features.resize(features.to_grey(picture), (64, 64)).astype(np.float32)
    places = (np.stack(np.meshgrid(np.arange(64), np.arange(64)), axis=-1).reshape(-1, 2) + 0.5) / 64
    there = features.apply(features.inverse(matrix), places)
    beside = ((there < 0) | (there > 1)).any(1).reshape(64, 64)
    return float((features.slope(grey)[beside] > 3).mean()) if beside.sum() >= 64 else 0.0


def _is_painted(matrix: Matrix, picture: Pixels) -> bool:
    """Tell whether all that a picture shows beside the other one is of one colour, and without grain."""
    high, wide = picture.shape[:2]
    places = np.stack(np.meshgrid(np.arange(0, wide, 2), np.arange(0, high, 2)), axis=-1).reshape(-1, 2)
    there = features.apply(features.inverse(matrix), (places + 0.5) / [wide, high])
    beside = picture[::2, ::2].reshape(-1, 3)[((there < -0.015) | (there > 1.015)).any(1)].astype(int)
    return len(beside) >= 40 and bool(np.median(np.abs(beside - np.median(beside, axis=0)).max(1)) <= WITHOUT_GRAIN)


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
    corners = features.apply(matrix, [[0, 0], [1, 0], [0, 1], [1, 1]])
    if (corners >= 0).all() and (corners <= 1).all() and not matrix[2, :2].any():
        return (0.0, 0.0, 1.0, 1.0), 1.0
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
    grey = (x if x.ndim == 2 else tones.luma(x) for x in (overlap.one, overlap.other))
    one, other = (features.smooth(x, 1.0) for x in grey)
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
    source, target = (one, other) if tones.in_order(one, other, known) else (other, one)
    toned = tones.retoned(source, target, known)
    scale = max(0.35, min(1.0, toned.slope))
    beyond, slow = (x / scale for x in differences.residual(source, toned.picture, target))
    grain = 1.4826 * float(np.median(np.abs(tones.luma(toned.picture) - tones.luma(target))[known])) / scale
    tolerance = float(np.clip(8 + 4.5 * grain, limits.deviation, 2.2 * limits.deviation))
    off = known & ((beyond > tolerance) | ((slow > tolerance) & (beyond > 0.25 * tolerance)))
    agree, textured = differences.structure(tones.luma(toned.picture), tones.luma(target))
    counted = textured & known
    agreement = float((agree[counted] > 0.5).mean()) if counted.sum() > 30 else float(not off.any())
    area = max(1, int(known.sum()))
    return _Figures(
        agreement,
        float(counted.sum() / area),
        float(off.sum() / area),
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


# — a closer look —


class _Close(NamedTuple):
    """What a closer look shows: what differs, and isn't put on."""

    changed: float  # how far the worst change stands out of what differs anyway, or how far its colour is off
    worst: str  # 'details' or 'colour'
    agreement: float  # part of the structured area, without what was put on, whose structure agrees
    overlaid: float  # part that something put on covers
    drift: float  # levels by which the light drifts over the picture while its tones stay
    misfit: float  # pixels by which outlines miss each other
    texture: float  # how far the faint structure between the outlines agrees
    astray: float  # levels by which colours are off on average
    calm: Mask
    found: put_on.PutOn

    @property
    def fits(self) -> float:
        """How well the pictures lie on each other; more is better."""
        return 100 * self.agreement - 40 * self.misfit + 10 * min(self.texture, 1.0)


def _look_closely(overlap: _Overlap, limits: Thresholds) -> _Close:
    """Look for things that differ far more than the rest of the picture does.

    What recompression, blur and small misfits leave over is in proportion to how steep the picture is. That
    proportion is measured on the pictures themselves; a changed digit stands out from it.
    """
    known = features.inner(overlap.known, 4)
    if not known.any():
        return _Close(0.0, "details", 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, known, put_on.PutOn(known, known, known))
    one, other = _equally_sharp(overlap.one, overlap.other)
    source, target = (one, other) if tones.in_order(one, other, known) else (other, one)
    toned = tones.retoned(source, target, known)
    scale = max(0.35, min(1.0, toned.slope))
    startling, misfit = differences.startling(source, toned.picture, target, known, scale)
    # Where hardly anything differs, less stands out.
    calm = float(np.clip(np.quantile(startling[known], 0.99) / CLEAN, 0.3, 1))
    startling /= np.float32(calm)
    off = known & (startling > limits.startling / 2)
    found = put_on.find(toned.picture, target, off, known, (source, target))
    excused = features.grown(found.anywhere, 4)
    grey = [tones.luma(toned.picture), tones.luma(target)]
    agree, textured = differences.structure(*grey, window=11)
    counted = textured & known & ~excused
    agreement = float((agree[counted] > 0.5).mean()) if counted.sum() > 60 else 1.0
    area = max(1, int(known.sum()))
    share = [float(mask.sum() / area) for mask in found]
    changed, worst = _changed(off & ~excused, startling, toned, target, is_calm=calm < 0.6)
    drift = toned.drift if abs(toned.slope - 1) < 0.06 else 0.0
    overlaid = 0.4 * (overlap.barred + share[0]) + share[1] + 0.35 * share[2]
    plain = known & ~excused & ~_is_clipped(source)
    texture = differences.texture(grey[0], grey[1], plain)
    astray = _astray(toned, target, plain)
    return _Close(changed, worst, agreement, overlaid, drift, misfit, texture, astray, ~features.grown(off, 3), found)


def _is_clipped(picture: Floats) -> Mask:
    return np.asarray((features.strongest(picture) >= 250) | (features.strongest(-picture) >= -5))


def _astray(toned: tones.Retoned, target: Floats, where: Mask) -> float:
    """Return by how many levels colours are off on average, where they became paler.

    Who may make all colours paler and then cast another over them can nearly make blue from brown. In two tones, and
    where contrast was stretched to the ends of the scale, colours stray in an honest copy too.
    """
    if not PALE[0] < toned.strength < PALE[1]:
        return 0.0
    thin = np.s_[::2, ::2]
    counted = where[thin]
    if not counted.any():
        return 0.0
    return float(np.ptp((target[thin] - toned.picture[thin])[counted].mean(0)))


def _paleness(toned: tones.Retoned) -> float:
    """Return how strong colours still are that became paler; 1 where they are all but gone."""
    return float(np.clip(toned.strength, PALER, 1)) if toned.strength > tones.WEAKEST else 1.0


def _changed(off: Mask, startling: Floats, toned: tones.Retoned, other: Floats, *, is_calm: bool) -> tuple[float, str]:
    """Return how far the worst piece of what is off stands out, and whether by its details or by its colour."""
    pieces, one = features.labelled(off), toned.picture
    if not pieces.count:
        return 0.0, "details"
    fine = [(grey - features.smooth(grey, 3.0))[off] for grey in (tones.luma(one), tones.luma(other))]
    noise = 9.0 * pieces.sizes
    shared, left, right = (pieces.sums(x * y) + noise for x, y in (fine, fine[:1] * 2, fine[1:] * 2))
    likeness = shared / np.sqrt(left * right)
    miss = np.stack([pieces.sums((other - one)[off][:, channel]) for channel in range(3)]) / pieces.sizes
    peaks = pieces.reached(startling[off], 8)
    changed, same = SAME_SHAPE_IF_CALM if is_calm else SAME_SHAPE
    shape = (IF_CALM if is_calm else 1) * peaks * np.clip((same - likeness) / (same - changed), 0, 1)
    shift = np.maximum(np.ptp(miss, axis=0) / (SHIFT_COLOUR * _paleness(toned)), np.abs(miss).max(0) / SHIFT)
    large = np.clip(1 - 0.35 * np.log10(pieces.sizes / 300), 0.5, 1)
    colour = 14 * np.where(pieces.sizes >= SMALLEST_PATCH, shift / large, 0)
    return float(max(shape.max(), colour.max())), "colour" if colour.max() > shape.max() else "details"


# — the verdict —


def _by_chance(laid: _Laid, limits: Thresholds) -> Verdict:
    """Say that features agree by chance, as they do in any two pictures: nobody has to look at those."""
    told = {
        "because": _BECAUSE["features"],
        "weakest": "features",
        "homography": _rounded(laid.matrix),
        "symmetry": nearest_symmetry(laid.matrix),
        "inliers": laid.inliers,
        "matches": laid.matches,
    }
    return Verdict("unrelated", round(_features_mark(laid, limits), 4), told)


def _features_mark(laid: _Laid, limits: Thresholds) -> float:
    agree = _mark(laid.inliers / laid.matches, 0.06, 0.15, 0.4)
    return min(agree, _mark(laid.inliers, limits.inliers / 2, limits.inliers, 4 * limits.inliers))


def _judge(
    overlap: _Overlap, figures: _Figures, laid: _Laid, limits: Thresholds, close: _Close | None = None
) -> Verdict:
    whole = min(overlap.covers_a, overlap.covers_b) >= limits.whole
    agreement = figures.agreement if close is None else close.agreement
    marks = {
        "likeness": _mark(figures.likeness, 0.0, limits.likeness, 0.95),
        "structure": _mark(agreement, 2 * limits.agreement - 1, limits.agreement, 1.0),
        "geometry": 1.0 if _is_plausible(overlap, close) else 0.4,
        "share": _mark(max(overlap.covers_a, overlap.covers_b), 0.0, limits.share, 0.9),
        "evidence": _mark(figures.structured, 0.0, 0.04, 0.3),
    }
    if laid.matches:
        marks["features"] = _features_mark(laid, limits)
    if close is None:
        marks["structure"] = min(0.4, marks["structure"])
    else:
        marks["texture"] = _mark(close.texture, *TEXTURE)
        marks["astray"] = _mark(-close.astray, *(-levels for levels in reversed(ASTRAY)))
        marks["cover"] = _mark(-close.overlaid, -2 * limits.overlaid, -limits.overlaid, 0.0)
        marks[close.worst] = _mark(-close.changed, -4 * limits.startling, -limits.startling, -limits.startling / 2)
    score = min(marks.values())
    weakest = min(marks, key=lambda name: marks[name])
    if score >= limits.least:
        relation: Relation = "fuzzy" if whole else "content"
    else:
        found = not laid.matches or laid.inliers >= limits.inliers
        relation = "variant" if agreement >= 0.5 and figures.structured > 0.04 and found else "unrelated"
    return Verdict(relation, round(score, 4), _evidence(overlap, figures, laid, relation, weakest, close))


def _mark(value: float, none: float, limit: float, full: float) -> float:
    """Return 0 up to `none`, 0.5 at the limit, 1 from `full` on."""
    return float(np.interp(value, [none, limit, full], [0.0, 0.5, 1.0]))


_BECAUSE = {
    "likeness": "Light and dark don't agree.",
    "structure": "Outlines and texture don't agree.",
    "colour": "A part has another colour or pattern inside the same outlines.",
    "texture": "The outlines agree, the surfaces between them don't: another piece of the same form.",
    "astray": "Its colours are others.",
    "cover": "Too much differs.",
    "geometry": "It lies as no crop and no frame does: another view, or another size of the thing.",
    "share": "They share a part, and each shows more beside it.",
    "evidence": "There is too little in the picture to tell.",
    "details": "Something small differs: lettering, a number, a sign.",
    "features": "Too few details agree on how one lies on the other.",
}


def _rounded(matrix: Matrix) -> list[list[float]]:
    return [[round(float(v), 6) for v in row] for row in matrix / matrix[2, 2]]


def _evidence(
    overlap: _Overlap, figures: _Figures, laid: _Laid, relation: str, weakest: str, close: _Close | None
) -> dict[str, Any]:
    symmetry = nearest_symmetry(overlap.matrix)
    because = _BECAUSE[weakest]
    if relation == "fuzzy":
        because = "The whole picture agrees, piece by piece."
    elif relation == "content":
        because = "The part that both show agrees, piece by piece."
    if relation in ("fuzzy", "content") and close is not None and close.overlaid > 0.001:
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
        "agreement": round(figures.agreement if close is None else close.agreement, 4),
        "structured": round(figures.structured, 4),
        "overlaid": None if close is None else round(close.overlaid, 4),
        "changed": None if close is None else round(close.changed, 1),
        "texture": None if close is None else round(close.texture, 3),
        "astray": None if close is None else round(close.astray, 1),
        "covers_a": round(overlap.covers_a, 3),
        "covers_b": round(overlap.covers_b, 3),
    }
