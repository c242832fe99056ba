"""How much a picture really holds: pixels that were blown up say nothing, nor does a border; coarse coding loses more.

Enlarging adds no frequencies: the spectrum of what was enlarged n times ends at one n-th of what its pixels could hold.
The power of natural pictures falls off as one over the frequency squared (D. J. Field, J. Opt. Soc. Am. A 4, 1987), so
times that square it is spread evenly, up to the end.
"""

from __future__ import annotations

import mmap

import numpy as np
import numpy.typing as npt

WINDOW = 1024
"""Pixels each way that are looked at, from the middle of the picture."""

_RINGS = 200
_SHARE = 0.8
_ONE_TONE = 12


def true_share(grey: npt.NDArray[np.uint8]) -> float:
    """Return how much of a picture's resolution is used, each way: 1 all of it, 0.5 what half the pixels could hold.

    In an unenlarged picture the power times the square of the frequency is spread evenly: four fifths of it lie below
    four fifths of the highest frequency. The part of the spectrum below which they lie here is measured against that.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        Luminance at full size.

    Returns
    -------
    float
        Above 0, at most 1; 1 for pictures under 64 pixels, and for those of one colour.
    """
    height, width = (min(side, WINDOW) for side in grey.shape)
    if min(height, width) < 64:
        return 1.0
    top, left = (grey.shape[0] - height) // 2, (grey.shape[1] - width) // 2
    power = _power(grey[top : top + height, left : left + width].astype(np.float32))
    whole = float(power.sum())
    if whole <= 0:
        return 1.0
    reached = int(np.searchsorted(np.cumsum(power), _SHARE * whole)) + 1
    return min(1.0, reached / _RINGS / _SHARE)


def _power(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the power times the square of the frequency, summed in rings up to the highest frequency."""
    height, width = picture.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    power = np.abs(np.fft.rfft2((picture - picture.mean()) * window)) ** 2
    frequency = 2 * np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    inside = frequency < 1
    rings = (frequency[inside] * _RINGS).astype(np.int64)
    return np.bincount(rings, (power * frequency**2)[inside], _RINGS).astype(np.float64)


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
