"""How far two pictures that lie on each other differ around each pixel, and how far their structure agrees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench import features
from workbench.features import Floats

Mask = npt.NDArray[np.bool_]

_0 = np.float32(0)


_MISFIT = (0.08, 0.6)
_GRAIN = (1.5, 10.0)
_BAND = (1.0, 2.5)
_EDGE = 6.0
_FAINTEST = 0.25
_TILE = 32


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


def startling(source: Floats, predicted: Floats, target: Floats, known: Mask, scale: float) -> tuple[Floats, float]:
    """Return by how many times the squared difference around each pixel exceeds what is to be expected, and the misfit.

    To be expected is the grain of the whole, measured where the pictures are smooth, and a misfit in proportion to
    their steepness, measured where they are steep.

    Parameters
    ----------
    source, predicted, target : ndarray of float32, shape (height, width, 3) or (height, width)
        See `residual`.
    known : ndarray of bool, shape (height, width)
    scale : float
        Steepness of the tone curve: a fainter target shows less.
    """
    miss = (target - predicted) / np.float32(scale)
    miss[((source >= 250) & (miss > 0)) | ((source <= 5) & (miss < 0))] = 0
    far = np.abs(features.smooth(miss, 0.7))
    far = far if far.ndim == 2 else features.strongest(far)
    steep = (np.maximum(features.slope(predicted), features.slope(target)) / scale).astype(np.float32)
    middle, high = np.quantile(steep[known], [0.5, 0.8])
    smooth, edges = known & (steep <= middle), known & (steep >= high)
    grain = float(np.clip(1.48 * np.median(far[smooth]), *_GRAIN))
    misfit = float(np.clip(1.48 * np.median(np.maximum(far[edges] - grain / 2, 0) / (steep[edges] + 0.1)), *_MISFIT))
    times = far**2 / (grain**2 + (misfit * features.box(steep, 3)) ** 2 + 9)
    times[~known] = 0
    around = features.box(np.minimum(times, 400).astype(np.float32), 5)
    around[~known] = 0
    return around, misfit


def structure(one: Floats, other: Floats, *, window: int = 9, noise: float = 3.0) -> tuple[Floats, Mask]:
    """Return how far two grey pictures agree around each pixel (correlation, -1 to 1), and where there is structure."""
    mean_one, mean_other = features.box(one, window), features.box(other, window)
    var_one = np.maximum(features.box(one * one, window) - mean_one**2, 0)
    var_other = np.maximum(features.box(other * other, window) - mean_other**2, 0)
    shared = features.box(one * other, window) - mean_one * mean_other
    floor = noise**2
    return (shared + floor) / (np.sqrt(var_one * var_other) + floor), np.maximum(var_one, var_other) > 4 * floor


def texture(one: Floats, other: Floats, where: Mask) -> float:
    """Return how far the faint structure between the edges agrees: near 1 in copies, near 0 by chance.

    Edges are where a form's are, whoever wears it; the weave, the folds and the grain of the surface between them are
    each thing's own. They are compared tile by tile, in proportion to the fainter of the two: noise, blur and
    recompression add to one or take from it, and leave what both have in common. Of the tiles in which both pictures
    have any the lower quartile counts; 1 where there are hardly any such tiles.

    Parameters
    ----------
    one, other : ndarray of float32, shape (height, width)
        Grey, in the same tones.
    where : ndarray of bool, same shape
        What is compared.
    """
    steep = np.maximum(features.slope(one), features.slope(other)) > _EDGE
    calm = (where & ~features.grown(steep, 2)).astype(np.float32)
    # Divided by how much of the neighbourhood counts: edges left out don't shine in.
    shares = [np.maximum(features.smooth(calm, sigma), np.float32(1e-3)) for sigma in _BAND]
    fine: list[Floats] = []
    for grey in (one, other):
        soft, softer = (features.smooth(grey * calm, sigma) / share for sigma, share in zip(_BAND, shares, strict=True))
        fine.append(np.asarray((soft - softer) * calm, np.float32))
    pixels, shared, left, right = (_tiled(x) for x in (calm, fine[0] * fine[1], fine[0] * fine[0], fine[1] * fine[1]))
    fainter = np.minimum(left, right)
    usable = (pixels > 0.3 * _TILE**2) & (fainter > _FAINTEST * pixels)
    return float(np.quantile(shared[usable] / fainter[usable], 0.25)) if usable.sum() >= 4 else 1.0


def _tiled(values: Floats) -> Floats:
    """Return the sums over tiles, without what is left over at the right and at the bottom."""
    down, across = (edge // _TILE for edge in values.shape)
    tiles = values[: down * _TILE, : across * _TILE].reshape(down, _TILE, across, _TILE)
    return np.asarray(tiles.sum(axis=(1, 3)), np.float32)
