"""How much a picture really holds: pixels that were blown up say nothing, nor does a border; coarse coding loses more.

Enlarging adds no frequencies: what was enlarged n times holds nothing beyond one n-th of what its pixels could hold,
but for what coding left there. So does a soft picture: it could be made smaller without losing anything, and made as
large again.
"""

from __future__ import annotations

import mmap

import numpy as np
import numpy.typing as npt

WINDOW = 1024
"""Pixels each way that are looked at, from the middle of the picture."""

_RINGS = 200
_GRAIN = 0.4
_PER_STEP = 0.05
_ONE_TONE = 12


def true_share(grey: npt.NDArray[np.uint8], step: float | None = None) -> float:
    """Return how small a picture can be made, each way, and lose no more than coding has cost anyway.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        Luminance at full size.
    step : float, optional
        Mean step by which it was rounded when coded: see `quantisation`. Rounding leaves some 0.05 levels a step at
        frequencies that the picture doesn't have.

    Returns
    -------
    float
        Above 0, at most 1; 1 for pictures under 64 pixels, and for those of one colour.
    """
    height, width = (min(side, WINDOW) for side in grey.shape)
    if min(height, width) < 64:
        return 1.0
    top, left = (grey.shape[0] - height) // 2, (grey.shape[1] - width) // 2
    rings = _rings(grey[top : top + height, left : left + width].astype(np.float32))
    beyond = np.sqrt(np.cumsum(rings[::-1])[::-1])  # in levels, from each frequency on
    there = np.flatnonzero(beyond > _GRAIN + _PER_STEP * (step or 1.0))
    return float(there[-1] + 1) / _RINGS if len(there) else 1.0


def _rings(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the variance at each frequency, up to the highest: of the two directions' the higher counts."""
    height, width = picture.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    power = np.abs(np.fft.fft2((picture - picture.mean()) * window)) ** 2
    across, down = np.abs(np.fft.fftfreq(width)), np.abs(np.fft.fftfreq(height))
    frequency = 2 * np.maximum(down[:, None], across[None, :])
    rings = np.minimum((frequency * _RINGS).astype(np.int64), _RINGS - 1)
    found = np.bincount(rings.ravel(), power.ravel(), _RINGS) / (height * width * float((window**2).sum()))
    return np.asarray(found, np.float64)


def inner_share(grey: npt.NDArray[np.uint8]) -> float:
    """Return how much of a picture's area is left without bands of one tone along its edges, 0 to 1.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
    """
    plain = 1.0
    for lines in (grey, grey.T):
        same = (lines.max(axis=1).astype(np.int16) - lines.min(axis=1)) <= _ONE_TONE
        first = int(np.argmin(same)) if not same.all() else len(same)
        last = int(np.argmin(same[::-1])) if first < len(same) else 0
        plain *= (len(same) - first - last) / len(same)
    return plain


def quantisation(data: bytes | mmap.mmap) -> float | None:
    """Return the mean step by which a JPEG's luminance was rounded (1 is the finest), None where none is found.

    It is read from the first quantisation table (ITU-T T.81, B.2.4.1), without decoding.
    """
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xDB and length >= 67:
            wide = data[place + 4] >> 4
            steps = np.frombuffer(data[place + 5 : place + 5 + 64 * (1 + bool(wide))], ">u2" if wide else "u1")
            return float(steps.mean()) if steps.size == 64 else None
        if marker in (0xDA, 0xD9) or length < 2:
            return None
        place += 2 + length
    return None
