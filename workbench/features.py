"""Local features of a picture, how two pictures lie on each other by them, and the pixel work that needs OpenCV.

The only module that imports OpenCV. Everything here is deterministic: the random samples it draws are seeded.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""A picture: shape (height, width, 3) in sRGB, or (height, width) in grey."""
Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.floating[Any]]
"""3 x 3, maps points (x, y, 1)."""

EDGE = 400
"""Long edge, in pixels, at which features are looked for; smaller pictures are enlarged up to `ENLARGED` times."""
ENLARGED = 2.0
MOST = 600
"""Features kept of one picture, if no other number is asked for."""
NARROWEST = 24
"""Pixels across, at that size, below which nothing is looked for."""
REACH = 4.0
"""Pixels (at `EDGE`) by which two matching points may miss each other and still count."""
CLOSER, HOLDING = 0.93, 30
"""Part of their misses down to which points must come to lie by what is free to bend, and how many hold it then."""

_FOUND, _CELLS = 2500, 8  # features looked for, and cells along the long edge from which they are taken by turns
_ROWS = 64
_AROUND, _SPREAD, _FAINTEST = 33, 40.0, 1.5

_cv2: Any = cv2  # its type stubs leave the detectors out
cv2.setNumThreads(1)  # there is a process for each core


class Features(NamedTuple):
    """The local features of one picture, first those that say most; see `extract`.

    Attributes
    ----------
    points : ndarray of float32, shape (n, 2)
        x and y in pixels of the picture given.
    scales, angles : ndarray of float32, shape (n,)
        Diameter in pixels, and direction in degrees.
    descriptors : ndarray of uint8, shape (n, 32)
    size : tuple of int
        Width and height of the picture.
    """

    points: Floats
    scales: Floats
    angles: Floats
    descriptors: npt.NDArray[np.uint8]
    size: tuple[int, int]


def extract(picture: Pixels, *, most: int = MOST) -> Features:
    """Find a picture's local features: ORB (Rublee et al., ICCV 2011).

    Of more than are kept, strong ones are taken from everywhere in the picture, and of every size as many as there are
    found: a crop, or the quarter of a collage, has only those of one part, what was put on a picture has the strongest,
    and a copy of half its size only the large ones. A mirrored picture isn't recognised: extract that one too.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3) or (height, width)
    most : int
        Features kept.
    """
    grey = to_grey(picture)
    height, width = grey.shape
    factor = min(EDGE / max(width, height), ENLARGED)
    if abs(factor - 1) > 0.02:
        grey = resize(grey, (max(1, round(width * factor)), max(1, round(height * factor))))
    detector = _detector()
    found = detector.detect(grey, None) if min(grey.shape) >= NARROWEST else ()
    chosen = [found[k] for k in _spread(found, max(grey.shape) / _CELLS)[:most]] if found else []
    for place, feature in enumerate(chosen):
        feature.class_id = place  # they come back in another order
    chosen, descriptors = detector.compute(grey, chosen)
    if descriptors is None:
        descriptors = np.zeros((0, 32), np.uint8)
    order = np.argsort([k.class_id for k in chosen])
    scale = np.array([width / grey.shape[1], height / grey.shape[0]], np.float32)
    points = np.array([chosen[k].pt for k in order], np.float32).reshape(-1, 2) * scale
    scales = np.array([chosen[k].size for k in order], np.float32) * scale[0]
    angles = np.array([chosen[k].angle for k in order], np.float32)
    return Features(points, scales, angles, descriptors[order], (width, height))


def _spread(found: Any, cell: float) -> npt.NDArray[np.int64]:
    """Return in which order features are to be kept: those of an octave by turns from its cells, the octaves mixed."""
    x, y = _cv2.KeyPoint.convert(found).T
    octave = np.array([k.octave for k in found])
    # Equal strengths leave the order to chance: more keys keep runs alike.
    order = np.lexsort((octave, y, x, [-k.response for k in found]))
    place = (octave * _CELLS + y // cell) * _CELLS + x // cell
    order = order[np.lexsort((_turn(place[order]), octave[order]))]
    octave = octave[order]
    return np.asarray(order[np.argsort((_turn(octave) + 1) / np.bincount(octave)[octave], kind="stable")])


def _turn(group: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return for each member how many of its group come before it."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    turn = np.empty_like(order)
    turn[order] = np.arange(len(group)) - first
    return turn


def joined(one: Features, other: Features) -> Features:
    """Return both of two sets of features of a picture."""
    return Features(
        np.concatenate([one.points, other.points]),
        np.concatenate([one.scales, other.scales]),
        np.concatenate([one.angles, other.angles]),
        np.concatenate([one.descriptors, other.descriptors]),
        one.size,
    )


def evened(picture: Pixels) -> Pixels:
    """Return a picture in grey whose faint parts stand out as much as the others: faint things have features then."""
    grey = to_grey(picture).astype(np.float32)
    rest = grey - box(box(grey, _AROUND), _AROUND)
    spread = np.sqrt(np.maximum(box(box(rest * rest, _AROUND), _AROUND), 0)) + np.float32(_FAINTEST)
    return np.asarray(np.clip(128 + _SPREAD * rest / spread, 0, 255), np.uint8)


def _detector() -> Any:
    # A low threshold and a narrow margin: faded pictures and the corners of crops have features too.
    return _cv2.ORB_create(
        nfeatures=_FOUND, scaleFactor=1.2, nlevels=10, edgeThreshold=15, patchSize=31, fastThreshold=6
    )


def match(one: Pixels, other: Pixels, *, ratio: float = 0.85, farthest: int = 72) -> npt.NDArray[np.int64]:
    """Return the pairs of descriptors that belong to each other, the surest first; shape (m, 2), of indexes.

    Each must be the other's nearest, and either way clearly nearer than the second nearest.

    Parameters
    ----------
    ratio : float
        Largest part of the second nearest's distance that the nearest one may have, in one of the two directions.
    farthest : int
        Largest distance, of 256 bits.
    """
    if len(one) < 2 or len(other) < 2:
        return np.zeros((0, 2), np.int64)
    distances = hamming(one, other)
    across, along = distances.argmin(1), distances.argmin(0)
    rows = np.flatnonzero(along[across] == np.arange(len(across)))
    columns = across[rows]
    best = distances[rows, columns]
    second_there = np.partition(distances[rows], 1, axis=1)[:, 1]
    second_back = np.partition(distances[:, columns], 1, axis=0)[1]
    rarity = best / np.maximum(np.maximum(second_there, second_back), 1e-6)
    keep = (rarity <= ratio) & (best <= farthest)
    order = np.lexsort((columns, rows, rarity))
    order = order[keep[order]]
    return np.stack([rows[order], columns[order]], axis=1)


def hamming(one: Pixels, other: Pixels) -> npt.NDArray[np.uint16]:
    """Return the distances in bits between two sets of binary descriptors; shape (len(one), len(other))."""
    left, right = (np.ascontiguousarray(np.ascontiguousarray(x).view(np.uint64).T) for x in (one, other))
    distances = np.zeros((len(one), len(other)), np.uint16)
    differ, bits = np.empty((_ROWS, len(other)), np.uint64), np.empty((_ROWS, len(other)), np.uint8)
    for start in range(0, len(one), _ROWS):  # so few at once that they stay in a core's cache
        here = distances[start : start + _ROWS]
        for word in range(len(left)):
            np.bitwise_xor(left[word, start : start + _ROWS, None], right[word], out=differ[: len(here)])
            here += np.bitwise_count(differ[: len(here)], out=bits[: len(here)])
    return distances


class Fit(NamedTuple):
    """How one picture lies on another: maps pixels of one to pixels of the other; ``inliers`` agree with it."""

    matrix: Matrix
    inliers: int
    matches: int


def fit(one: Features, other: Features, pairs: npt.NDArray[Any], *, least: int = 6) -> Fit | None:
    """Return how the first picture lies on the second, or None where too few features agree.

    A similarity by RANSAC first: it needs two pairs only, so a few good ones among many bad ones are found. An
    affinity or a homography takes its place where it explains clearly more: what is free to bend bends at the edges,
    where there are no features to hold it.
    """
    if len(pairs) < least:
        return None
    source, target = one.points[pairs[:, 0]], other.points[pairs[:, 1]]
    reach = REACH * max(other.size) / EDGE
    found, _ = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=1.5 * reach, maxIters=3000, confidence=0.999
    )
    ways = [] if found is None else _bent(_square(found), source, target, reach)
    if max((count for _, count in ways), default=0) < 0.5 * len(pairs):
        direct, _ = cv2.findHomography(source, target, cv2.USAC_MAGSAC, reach, maxIters=3000, confidence=0.999)
        if direct is not None and abs(direct[2, 2]) > 1e-9:
            ways.append((direct / direct[2, 2], int((misses(direct, source, target) <= reach).sum())))
    ways = [(matrix, count) for matrix, count in ways if count >= least and is_sane(matrix, one.size)]
    enough = 0.97 * max((count for _, count in ways), default=0)
    ways = [(matrix, count) for matrix, count in ways if count >= enough]
    return Fit(*_closest(ways, source, target, reach), len(pairs)) if ways else None


def _closest(ways: list[tuple[Matrix, int]], source: Floats, target: Floats, reach: float) -> tuple[Matrix, int]:
    """Return the first of some ways, or a later one to which the points that agree lie clearly closer."""
    missed = np.stack([misses(matrix, source, target) for matrix, _ in ways])
    agree = missed.min(0) <= reach
    off = np.sqrt((np.minimum(missed[:, agree], reach) ** 2).mean(1))
    best = 0
    for at in range(1, len(ways) if agree.sum() >= HOLDING else 1):
        best = at if off[at] < CLOSER * off[best] else best
    return ways[best]


def _square(affine: npt.NDArray[Any]) -> Matrix:
    return np.vstack([affine, [0, 0, 1]]).astype(np.float64)


def _bent(matrix: Matrix, source: Floats, target: Floats, reach: float) -> list[tuple[Matrix, int]]:
    """Return a similarity, an affinity and a homography around it, each with how many points agree."""
    near = misses(matrix, source, target) <= 3 * reach
    ways = [(matrix, int((misses(matrix, source, target) <= reach).sum()))]
    tries: list[Any] = []
    if near.sum() >= 6:
        again, _ = cv2.estimateAffinePartial2D(
            source[near], target[near], method=cv2.RANSAC, ransacReprojThreshold=reach
        )
        affine, _ = cv2.estimateAffine2D(source[near], target[near], method=cv2.RANSAC, ransacReprojThreshold=reach)
        tries += [None if m is None else _square(m) for m in (again, affine)]
    if near.sum() >= 12:
        tries.append(cv2.findHomography(source[near], target[near], cv2.RANSAC, reach)[0])
    made = [matrix / matrix[2, 2] for matrix in tries if matrix is not None and abs(matrix[2, 2]) > 1e-9]
    return ways + [(matrix, int((misses(matrix, source, target) <= reach).sum())) for matrix in made]


def misses(matrix: Matrix, source: Floats, target: Floats) -> Floats:
    """Return by how many pixels each point misses its counterpart."""
    return np.asarray(np.hypot(*(apply(matrix, source) - target).T), dtype=np.float32)


def apply(matrix: Matrix, points: npt.ArrayLike) -> Matrix:
    """Return points mapped by a homography; shape (n, 2)."""
    flat = np.asarray(points, np.float64).reshape(-1, 2)
    mapped = flat @ matrix[:, :2].T + matrix[:, 2]
    depth = np.where(np.abs(mapped[:, 2:]) < 1e-9, 1e-9, mapped[:, 2:])
    return np.asarray(mapped[:, :2] / depth)


def inverse(matrix: Matrix) -> Matrix:
    """Return the homography back."""
    back = np.linalg.inv(matrix)
    return np.asarray(back / back[2, 2])


def is_sane(matrix: Matrix, size: tuple[float, ...]) -> bool:
    """Tell whether a homography can be how a copy lies: not folded, not mirrored, not squeezed to a sliver."""
    width, height = float(size[0]), float(size[1])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    depth = corners @ matrix[2, :2] + matrix[2, 2]
    if not np.isfinite(matrix).all() or depth.min() <= 0 or depth.max() > 2.5 * depth.min():
        return False
    mapped = apply(matrix, corners)
    sides = np.roll(mapped, -1, axis=0) - mapped
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    lengths = np.hypot(sides[:, 0] / width, sides[:, 1] / height)
    stretch = np.hypot(*sides.T) / np.array([width, height, width, height])
    return bool((turns > 0).all() and lengths.min() > 0 and stretch.max() < 3.0 * stretch.min())


# — pixels —


def decode(file: bytes) -> Pixels | None:
    """Return the picture in a thumbnail's file, shape (height, width, 3); None where it is damaged."""
    if not file:
        return None
    found = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if found is None else cast(Pixels, np.ascontiguousarray(found[..., ::-1]))


def to_grey(picture: Pixels) -> Pixels:
    """Return a picture's luma."""
    return picture if picture.ndim == 2 else cast(Pixels, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def resize(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """Return a picture in another size (width, height): by area when smaller, cubic when larger."""
    smaller = size[0] * size[1] < picture.shape[0] * picture.shape[1]
    return cast(Pixels, cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC))


def reduced(picture: Pixels, edge: int) -> Pixels:
    """Return a grey picture with a long edge of at most so many pixels, smoothed enough not to turn into moiré.

    Where little is to be reduced, a fifth of the time that reducing by area takes, and hardly another picture.
    """
    ratio = max(picture.shape) / edge
    if ratio <= 1:
        return picture
    size = (max(1, round(picture.shape[1] / ratio)), max(1, round(picture.shape[0] / ratio)))
    if ratio >= 2:
        return resize(picture, size)
    soft = picture if ratio < 1.25 else cv2.blur(picture, (3, 3))
    return cast(Pixels, cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR))


def warp(picture: Pixels, matrix: Matrix, size: tuple[int, int]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return a picture mapped into a frame of `size` (width, height), as float32 0–255, and where the frame is covered.

    Where the mapping shrinks, the picture is shrunk by area first, so that fine structure doesn't turn into moiré.
    """
    height, width = picture.shape[:2]
    x, y = np.clip(apply(inverse(matrix), [[size[0] / 2, size[1] / 2]])[0], 0, [width, height])
    step = apply(matrix, [[x, y], [x + 1, y], [x, y + 1]])
    scale = float(np.sqrt(abs(np.linalg.det(np.stack([step[1] - step[0], step[2] - step[0]])))))
    if scale < 0.75:
        small = (max(8, round(width * scale)), max(8, round(height * scale)))
        picture = resize(picture, small)
        matrix = matrix @ np.diag([width / small[0], height / small[1], 1.0])
        height, width = picture.shape[:2]
    # OpenCV speaks of pixel centres, everybody else here of pixel corners.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    centred = np.linalg.inv(half) @ matrix @ half
    if (turned := _only_turned(picture, centred, size)) is not None:
        return turned.astype(np.float32, order="C"), np.ones(turned.shape[:2], np.bool_)
    warped = cv2.warpPerspective(
        picture.astype(np.float32), centred, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    inside = cv2.warpPerspective(np.full((height, width), 255, np.uint8), centred, size, flags=cv2.INTER_LINEAR)
    return cast(Floats, warped), np.asarray(inside > 250)


def _only_turned(picture: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels | None:
    """Return a picture as a homography over its pixels' centres lays it, where that only turns or mirrors the whole.

    Most copies lie so, and warping takes ten times as long.
    """
    whole = np.rint(matrix)
    turn = whole[:2, :2].astype(int)
    is_turn = (np.abs(turn).sum(0) == 1).all() and (np.abs(turn).sum(1) == 1).all() and (whole[2] == [0, 0, 1]).all()
    if not is_turn or np.abs(matrix - whole).max() > 1e-6:
        return None
    laid = picture if turn[0, 0] else picture.swapaxes(0, 1)
    mirrored = turn.sum(1) < 0
    if laid.shape[1::-1] != size or (whole[:2, 2] != np.where(mirrored, np.array(size) - 1, 0)).any():
        return None
    return laid[:: -1 if mirrored[1] else 1, :: -1 if mirrored[0] else 1]


def refine(
    still: Floats, moving: Floats, covered: npt.NDArray[np.bool_], *, bends: bool, steps: int = 25
) -> Matrix | None:
    """Return the homography that lays one grey picture more exactly on another of the same size, or None.

    By enhanced correlation (Evangelidis & Psarakis, PAMI 2008), which brightness and contrast don't disturb. The
    matrix maps the moving picture's pixels to the still one's; without ``bends`` it is an affinity.
    """
    start = np.eye(3 if bends else 2, 3, dtype=np.float32)
    motion = cv2.MOTION_HOMOGRAPHY if bends else cv2.MOTION_AFFINE
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, 1e-4)
    try:
        _, found = cv2.findTransformECC(still, moving, start, motion, ends, covered.astype(np.uint8), 5)
    except cv2.error:
        return None  # nothing to hold on to, or it ran away
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    found = found if bends else _square(found)
    found = half @ np.linalg.inv(found.astype(np.float64)) @ np.linalg.inv(half)
    return np.asarray(found / found[2, 2])


def smooth(values: Floats, sigma: float) -> Floats:
    """Return values smoothed by a Gaussian of `sigma` pixels."""
    return cast(Floats, cv2.GaussianBlur(values, (0, 0), sigma)) if sigma > 0 else values


def box(values: Floats, edge: int) -> Floats:
    """Return the means over squares of `edge` pixels around each pixel."""
    return cast(Floats, cv2.blur(values, (edge, edge), borderType=cv2.BORDER_REFLECT))


def box_of_squares(values: Floats, edge: int) -> Floats:
    """Return the means of the squares around each pixel."""
    return cast(Floats, cv2.sqrBoxFilter(values, cv2.CV_32F, (edge, edge), borderType=cv2.BORDER_REFLECT))


def gap(one: Floats, other: Floats, where: npt.NDArray[np.bool_]) -> float:
    """Return by how much two grey pictures differ, summed over where they are compared."""
    return float(cv2.norm(one, other, cv2.NORM_L1, where.astype(np.uint8)))


def slope(picture: Floats) -> Floats:
    """Return how steep a picture is at each pixel, in its steepest channel (Scharr, in levels a pixel)."""
    across, down = cv2.Scharr(picture, cv2.CV_32F, 1, 0), cv2.Scharr(picture, cv2.CV_32F, 0, 1)
    steep = cast(Floats, cv2.magnitude(across, down)) / np.float32(32)
    return strongest(steep) if steep.ndim == 3 else steep


def mixed(values: Floats, matrix: Matrix) -> Floats:
    """Return a picture whose channels are mixtures of another's: a row of three shares and an offset for each."""
    return cast(Floats, cv2.transform(values, matrix.astype(np.float32)))


def strongest(values: Floats) -> Floats:
    """Return the largest of the three channels at each pixel."""
    red, green, blue = cv2.split(values)
    return cast(Floats, cv2.max(cv2.max(red, green), blue))


def shrunk(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    """Return a mask without the `by` outermost pixels of each part; the picture's edge is no edge of a part."""
    kernel = np.ones((2 * by + 1, 2 * by + 1), np.uint8)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0)


def inner(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    """Return a mask without its `by` outermost pixels, nor those of the picture."""
    small = shrunk(mask, by)
    small[:by], small[-by:], small[:, :by], small[:, -by:] = False, False, False, False
    return small


def grown(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    """Return a mask with `by` more pixels around each part."""
    kernel = np.ones((2 * by + 1, 2 * by + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)


class Labelled:
    """The connected parts of a mask, for sums over each: values are given for the mask's pixels, in its order.

    Attributes
    ----------
    count : int
    sizes : ndarray of float64, shape (count,)
        Pixels of each.
    """

    def __init__(self, mask: npt.NDArray[np.bool_]) -> None:
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        self.count = count - 1
        self._label = labels[mask] - 1
        self.sizes = np.bincount(self._label, minlength=self.count).astype(np.float64)

    def sums(self, values: Floats) -> npt.NDArray[np.float64]:
        """Return the sum over each part."""
        return np.asarray(np.bincount(self._label, values, minlength=self.count), np.float64)

    def reached(self, values: Floats, pixels: int) -> npt.NDArray[np.float64]:
        """Return what so many pixels of each part reach; 0 for parts that have fewer."""
        order = np.lexsort((-values, self._label))
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)
        at = np.minimum(starts + pixels - 1, len(values) - 1)
        return np.where(self.sizes >= pixels, values[order[at]], 0.0)


def labelled(mask: npt.NDArray[np.bool_]) -> Labelled:
    """Return the connected parts of a mask."""
    return Labelled(mask)


def likest(piece: Floats, within: Floats) -> tuple[float, int, int]:
    """Return how like a piece is to what it correlates best with in another picture, and where: left and top."""
    _, best, _, (left, top) = cv2.minMaxLoc(cv2.matchTemplate(within, piece, cv2.TM_CCOEFF_NORMED))
    return float(best), left, top


class Part(NamedTuple):
    """One connected part of a mask: its pixels, and the box around it (left, top, width, height)."""

    mask: npt.NDArray[np.bool_]
    pixels: int
    box: tuple[int, int, int, int]


def parts(mask: npt.NDArray[np.bool_], *, least: int = 1) -> list[Part]:
    """Return the connected parts of a mask that have at least `least` pixels, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = [
        Part(labels == k, int(stats[k, cv2.CC_STAT_AREA]), tuple(int(v) for v in stats[k, :4]))  # type: ignore[arg-type]  # four
        for k in range(1, count)
        if stats[k, cv2.CC_STAT_AREA] >= least
    ]
    return sorted(found, key=lambda part: (-part.pixels, part.box))


def lowest(values: Floats, window: int = 3) -> Floats:
    """Return the smallest value of a window around each pixel."""
    return cast(Floats, cv2.erode(values, np.ones((window, window), np.uint8)))


def highest(values: Floats, window: int = 3) -> Floats:
    """Return the largest value of a window around each pixel."""
    return cast(Floats, cv2.dilate(values, np.ones((window, window), np.uint8)))
