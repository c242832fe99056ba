"""Where two pictures that lie on each other differ, and of which kind each difference is.

What was put on a picture (lettering, a badge, a bar) has its outline in one of the two only. What has another colour
or pattern has its outline in both. That tells a watermark from a recoloured shirt.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features
from workbench.features import Floats
from workbench.tones import luma

Mask = npt.NDArray[np.bool_]

_MOST = 60
_0 = np.float32(0)


_MISFIT = (0.08, 0.6)
_GRAIN = (1.5, 10.0)


class Difference(NamedTuple):
    """One connected piece that differs.

    Attributes
    ----------
    share : float
        Of the overlap.
    weight : float
        How far beyond the tolerance it is, summed over its pixels, in tolerances.
    lean : float
        -1: its outline is in the first picture only; 1: in the second only; around 0: in both, or in neither.
    outline : float
        How much its rim stands out in the picture where it does more, in levels a pixel.
    brighter : float
        1: the second picture is brighter all over it; -1: darker; around 0: both.
    mask : ndarray of bool
    """

    share: float
    weight: float
    lean: float
    outline: float
    brighter: float
    mask: Mask


def residual(source: Floats, predicted: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Return by how many levels two pictures differ at each pixel: beyond their neighbourhoods, and on average there.

    Parameters
    ----------
    source : ndarray of float32, shape (height, width, 3)
        As it was: where it is at an end of the scale, what went beyond is lost, and no contradiction.
    predicted, target : ndarray of float32, same shape
        The source in the target's tones, and the target.
    """
    full, empty = source >= 250, source <= 5
    low, high = features.lowest(predicted), features.highest(predicted)
    there = np.maximum(np.where(full, _0, target - high), np.where(empty, _0, low - target))
    low, high = features.lowest(target), features.highest(target)
    back = np.maximum(np.where(full, _0, low - predicted), np.where(empty, _0, predicted - high))
    drift = target - predicted
    drift[(full & (drift > 0)) | (empty & (drift < 0))] = 0
    beyond = np.maximum(np.minimum(features.strongest(there), features.strongest(back)), 0)
    return np.asarray(beyond, np.float32), features.strongest(np.abs(features.box(drift, 7)))


def startling(source: Floats, predicted: Floats, target: Floats, known: Mask, scale: float) -> Floats:
    """Return by how many times the squared difference around each pixel exceeds what is to be expected there.

    To be expected is the grain of the whole, measured where the pictures are smooth, and a misfit in proportion to
    their steepness, measured where they are steep.

    Parameters
    ----------
    source, predicted, target : ndarray of float32, shape (height, width, 3)
        See `residual`.
    known : ndarray of bool, shape (height, width)
    scale : float
        Steepness of the tone curve: a fainter target shows less.
    """
    miss = (target - predicted) / np.float32(scale)
    miss[((source >= 250) & (miss > 0)) | ((source <= 5) & (miss < 0))] = 0
    far = features.strongest(np.abs(features.smooth(miss, 0.7)))
    steep = (np.maximum(features.slope(predicted), features.slope(target)) / scale).astype(np.float32)
    middle, high = np.quantile(steep[known], [0.5, 0.8])
    smooth, edges = known & (steep <= middle), known & (steep >= high)
    grain = float(np.clip(1.48 * np.median(far[smooth]), *_GRAIN))
    misfit = float(np.clip(1.48 * np.median(np.maximum(far[edges] - grain / 2, 0) / (steep[edges] + 0.1)), *_MISFIT))
    times = far**2 / (grain**2 + (misfit * features.box(steep, 3)) ** 2 + 9)
    times[~known] = 0
    around = features.box(np.minimum(times, 400).astype(np.float32), 5)
    around[~known] = 0
    return around


def structure(one: Floats, other: Floats, *, window: int = 9, noise: float = 3.0) -> tuple[Floats, Mask]:
    """Return how far two grey pictures agree around each pixel (correlation, -1 to 1), and where there is structure."""
    mean_one, mean_other = features.box(one, window), features.box(other, window)
    var_one = np.maximum(features.box(one * one, window) - mean_one**2, 0)
    var_other = np.maximum(features.box(other * other, window) - mean_other**2, 0)
    shared = features.box(one * other, window) - mean_one * mean_other
    floor = noise**2
    return (shared + floor) / (np.sqrt(var_one * var_other) + floor), np.maximum(var_one, var_other) > 4 * floor


def pieces(
    off: Mask, beyond: Floats, tolerance: float, known: Mask, one: Floats, other: Floats, *, band: int = 1
) -> list[Difference]:
    """Return the connected pieces of what is off, the weightiest first, at most 60.

    Parameters
    ----------
    off : ndarray of bool, shape (height, width)
    beyond : ndarray of float32, same shape
        By how many levels the pictures differ.
    tolerance : float
        Levels that were allowed.
    known : ndarray of bool, same shape
        Where both pictures are known.
    one, other : ndarray of float32, shape (height, width, 3)
    band : int
        How many pixels inside a piece's edge its outline may lie.
    """
    steep = [features.slope(one), features.slope(other)]
    miss = luma(other) - luma(one)
    area, found = max(1, int(known.sum())), []
    for part in features.parts(off, least=2)[:_MOST]:
        left, top, wide, high = part.box
        window = np.s_[max(0, top - 6) : top + high + 6, max(0, left - 6) : left + wide + 6]
        mask, here = part.mask[window], known[window]
        lean, outline = _lean(mask, off[window], here, [s[window] for s in steep], band)
        weight = float((np.maximum(beyond[window][mask], tolerance * 0.5) / tolerance).sum())
        found.append(Difference(part.pixels / area, weight, lean, outline, _brighter(miss[window][mask]), part.mask))
    return sorted(found, key=lambda piece: (-piece.weight, piece.share))


def _brighter(miss: Floats) -> float:
    strong = miss[np.abs(miss) > 0.3 * np.abs(miss).max(initial=0.0)]
    return float(strong.sum() / max(1e-6, float(np.abs(strong).sum())))


def _lean(mask: Mask, off: Mask, known: Mask, steep: list[Floats], band: int) -> tuple[float, float]:
    """Return in which of the pictures a piece's rim stands out against what is around it, and how much at most."""
    wide = features.grown(mask, 1)
    rim = wide & ~features.shrunk(mask, band) & known
    around = features.grown(wide, 3) & ~wide & ~off & known
    stands = []
    for slope in steep:
        ground = float(slope[around].mean()) if around.any() else 0.0
        stands.append(max(0.0, (float(slope[rim].mean()) if rim.any() else 0.0) - ground))
    return (stands[1] - stands[0]) / (stands[0] + stands[1] + 1.5), max(stands)
