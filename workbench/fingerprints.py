"""Perceptual hashes by imagehash's definitions, and simple quality figures of a grey picture.

The only module that imports imagehash. It knows nothing of files: it is given pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import imagehash
import numpy as np
import numpy.typing as npt
import scipy.fftpack

SYMMETRIES = (
    "identity", "rotate_90", "rotate_180", "rotate_270", "mirror", "flip", "transpose", "transverse",
)  # fmt: skip
"""How a whole picture can be turned and mirrored, in the order of `phash_symmetries`; rotations are counter-clockwise.

``mirror`` exchanges left and right, ``flip`` top and bottom, ``transpose`` and ``transverse`` rows and columns.
"""

FLAT_CONTRAST = 0.015
"""Standard deviation of the grey values (of 0–1) below which a picture is called flat."""


class Raster(Protocol):
    """What imagehash needs of a picture: a Pillow image has it."""

    def convert(self, mode: str, /) -> Any:
        """Return the picture in another mode."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Simple figures of a picture, from its grey values scaled to 0–1.

    Attributes
    ----------
    sharpness : float
        Variance of the Laplacian of the smoothed picture, at the scale of the array given; 0 under 5 x 5 pixels.
    brightness : float
        Mean.
    contrast : float
        Standard deviation (population).
    clipped_dark, clipped_bright : float
        Fraction of pixels at 0–1 and at 254–255 of 255.
    flat : bool
        Whether nearly everything is one grey; fingerprints of such a picture are unreliable.
    """

    sharpness: float
    brightness: float
    contrast: float
    clipped_dark: float
    clipped_bright: float
    flat: bool


def phash(picture: Raster) -> int:
    """Return imagehash's ``phash`` (8 × 8 of the 32 × 32 DCT) as an unsigned 64-bit number.

    The most significant bit is the first of imagehash's rows, so ``f"{value:016x}"`` is what
    ``str(imagehash.phash(picture))`` gives.
    """
    return phash_symmetries(picture)[0]


def phash_symmetries(picture: Raster) -> list[int]:
    """Return the ``phash`` of a picture turned and mirrored in every way, in the order of `SYMMETRIES`.

    One cosine transform is enough: mirroring a picture changes the sign of every other column of its coefficients,
    flipping it that of every other row, and exchanging rows and columns exchanges theirs.

    Returns
    -------
    list of int
        Eight unsigned 64-bit numbers; the first is `phash`.
    """
    small = np.asarray(picture.convert("L").resize((32, 32), imagehash.ANTIALIAS))
    low = scipy.fftpack.dct(scipy.fftpack.dct(small, axis=0), axis=1)[:8, :8]
    turned = np.stack([(low.T if exchanged else low) * signs for exchanged, signs in _TURNS]).reshape(8, 64)
    ordered = np.sort(turned, axis=1)
    middle = (ordered[:, 31:32] + ordered[:, 32:33]) / 2
    return cast("list[int]", np.packbits(turned > middle, axis=1).view(">u8")[:, 0].tolist())


def dhash(picture: Raster) -> int:
    """Return imagehash's ``dhash`` (8 × 8 horizontal differences) as an unsigned 64-bit number."""
    return _number(imagehash.dhash(cast(Any, picture)))


_COLUMNS = np.where(np.arange(64).reshape(8, 8) % 2, -1.0, 1.0)
_TURNS = (
    (False, np.ones((8, 8))), (True, _COLUMNS.T), (False, _COLUMNS * _COLUMNS.T), (True, _COLUMNS),
    (False, _COLUMNS), (False, _COLUMNS.T), (True, np.ones((8, 8))), (True, _COLUMNS * _COLUMNS.T),
)  # fmt: skip
"""For each symmetry, whether rows and columns are exchanged, and then the signs of the coefficients."""


def distance(one: int, other: int) -> int:
    """Return the number of differing bits of two fingerprints."""
    return (one ^ other).bit_count()


def _number(value: Any) -> int:
    return int.from_bytes(np.packbits(value.hash).tobytes(), "big")


def quality(grey: npt.NDArray[np.uint8]) -> Quality:
    """Measure a grey picture.

    Sharpness is the variance of the 4-neighbour Laplacian
    ``L(x, y) = s(x-1, y) + s(x+1, y) + s(x, y-1) + s(x, y+1) - 4 s(x, y)`` over the inner pixels (Pech-Pacheco et
    al., "Diatom autofocusing in brightfield microscopy", ICPR 2000), where ``s`` is the picture smoothed by the 3 x 3
    binomial ``[1 2 1]/4``: without that the filter which shrank the picture decides the figure, not the picture.
    It depends on the scale: compare only pictures measured at the same one.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        0 is black, 255 is white; not empty.

    Returns
    -------
    Quality
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    share = counts / grey.size
    levels = np.arange(256) / 255
    brightness = float(share @ levels)
    contrast = float(np.sqrt(share @ (levels - brightness) ** 2))
    return Quality(
        sharpness=_laplacian_variance(grey),
        brightness=brightness,
        contrast=contrast,
        clipped_dark=float(share[:2].sum()),
        clipped_bright=float(share[254:].sum()),
        flat=contrast < FLAT_CONTRAST,
    )


def _laplacian_variance(grey: npt.NDArray[np.uint8]) -> float:
    if min(grey.shape) < 5:
        return 0.0
    wide = grey.astype(np.int16)
    across = wide[:, :-2] + (wide[:, 1:-1] << 1) + wide[:, 2:]
    soft = across[:-2] + (across[1:-1] << 1) + across[2:]
    inner = soft[:-2, 1:-1] + soft[2:, 1:-1] + soft[1:-1, :-2] + soft[1:-1, 2:] - (soft[1:-1, 1:-1] << 2)
    values = inner.ravel().astype(np.float32)
    mean = float(values.sum()) / values.size
    return max(0.0, float(values @ values) / values.size - mean * mean) / (16 * 255) ** 2
