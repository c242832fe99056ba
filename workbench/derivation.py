"""Which of two copies was made from the other, by what the pictures show: what was put around one, or on it.

Metadata say it better where there are any. A frame, a page, a collage has a seam where the picture in it ends; letters
have outlines that the other lacks. Blur, noise and recompression aren't looked at: thumbnails don't show them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features, tones
from workbench.features import Floats, Matrix, Pixels

EDGE = 240
"""Long edge, in pixels, at which the pictures are laid on each other."""
WHOLE = 0.93
"""Part of a picture that the other covers where nothing to speak of was put around it."""
SEAM = 1.8
"""Times by which a picture changes more across the end of what is in it than beside."""
OFF = 26.0
"""Levels by which a pixel differs where something was put on, after the change of tone is taken out."""
LEAST, MOST = 0.002, 0.4
"""Part of the overlap that what was put on covers."""
LEAN = 1.6
"""Times by which one of the two is steeper there."""


class Derived(NamedTuple):
    """Which of the two has something put around it, and which has something put on it: ``a``, ``b``, or None."""

    framed: str | None
    written_on: str | None

    def as_evidence(self) -> dict[str, Any]:
        """Return what was found, for the evidence of a pair."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def derived(a: Pixels, b: Pixels, matrix: npt.ArrayLike, covers_a: float, covers_b: float) -> Derived:
    """Find out which of two copies has something that the other lacks.

    Parameters
    ----------
    a, b : ndarray of uint8, shape (height, width, 3)
    matrix : array_like, shape (3, 3)
        Takes relative points of a to those of b.
    covers_a, covers_b : float
        Parts of each that the overlap covers.
    """
    way = np.asarray(matrix, np.float64)
    framed = None
    if covers_b < WHOLE and _seam(b, way) > SEAM:
        framed = "b"
    elif covers_a < WHOLE and _seam(a, features.inverse(way)) > SEAM:
        framed = "a"
    return Derived(framed, _written_on(a, b, way))


def _seam(picture: Pixels, matrix: Matrix) -> float:
    """Return how much more a picture changes across the outline of what lies in it than on either side of it.

    Only where the outline lies well inside the picture; the median of its sides, so that one side on the same ground
    doesn't hide the others.
    """
    height, width = picture.shape[:2]
    grey = tones.luma(picture.astype(np.float32))
    corners = features.apply(matrix, [[0, 0], [1, 0], [1, 1], [0, 1]]) * [width, height]
    middle, ratios = corners.mean(axis=0), []
    for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = np.linspace(0.06, 0.94, 64)[:, None] * (other - one) + one
        out = np.array([(other - one)[1], -(other - one)[0]]) / max(1e-6, float(np.hypot(*(other - one))))
        out *= np.sign((along.mean(axis=0) - middle) @ out) or 1.0
        steps = [along + out * k for k in (-5.0, -2.0, 2.0, 5.0)]
        if not all(_inside(step, width, height).mean() > 0.6 for step in steps):
            continue
        keep = np.logical_and.reduce([_inside(step, width, height) for step in steps])
        inner, near, far, outer = (_at(grey, step[keep]) for step in steps)
        beside = 0.5 * (np.abs(inner - near).mean() + np.abs(far - outer).mean())
        ratios.append(float(np.abs(near - far).mean() / (beside + 2.0)))
    return max(ratios, default=0.0) if len(ratios) < 3 else float(np.median(ratios))


def _inside(points: Matrix, width: int, height: int) -> npt.NDArray[np.bool_]:
    return np.asarray((points >= 1).all(axis=1) & (points < [width - 1, height - 1]).all(axis=1))


def _at(grey: Floats, points: Matrix) -> Floats:
    return np.asarray(grey[points[:, 1].astype(np.int64), points[:, 0].astype(np.int64)])


def _written_on(a: Pixels, b: Pixels, matrix: Matrix) -> str | None:
    """Tell which picture has outlines where they differ that the other hasn't."""
    height, width = b.shape[:2]
    scale = min(1.0, EDGE / max(width, height))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    to_pixels, from_a = np.diag([*size, 1.0]), np.diag([1 / a.shape[1], 1 / a.shape[0], 1.0])
    one, known = features.warp(a, to_pixels @ matrix @ from_a, size)
    other, _ = features.warp(b, to_pixels @ np.diag([1 / width, 1 / height, 1.0]), size)
    known = features.inner(known, 4)
    if known.sum() < 400:
        return None
    one, other = (features.smooth(x, 0.8) for x in (one, other))
    gaps = np.abs(_toned(one, other, known) - other)
    off = known & (features.strongest(gaps) > OFF)
    off = features.inner(features.grown(off, 1), 1) & known
    share = float(off.sum() / known.sum())
    if not LEAST <= share <= MOST:
        return None
    around = features.grown(off, 2) & known
    steep = [
        float(features.slope(x)[around].mean()) / max(0.5, float(features.slope(x)[known & ~around].mean()))
        for x in (one, other)
    ]
    if steep[0] > LEAN * steep[1]:
        return "a"
    return "b" if steep[1] > LEAN * steep[0] else None


def _toned(one: Floats, other: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Return the first picture with the second's brightness and contrast, channel by channel."""
    made, thin = np.empty_like(one), known[::2, ::2]
    for channel in range(3):
        x, y = one[::2, ::2, channel][thin], other[::2, ::2, channel][thin]
        middle_x, middle_y = float(np.median(x)), float(np.median(y))
        spread = float(np.median(np.abs(y - middle_y))) / max(1.0, float(np.median(np.abs(x - middle_x))))
        made[..., channel] = (one[..., channel] - middle_x) * np.clip(spread, 0.4, 2.5) + middle_y
    return made
