"""How alike two pictures of one size are: the structural similarity index. Pure numpy.

After Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from error visibility to
structural similarity", IEEE Transactions on Image Processing 13 (2004): a Gaussian window of 11 × 11 pixels with a
standard deviation of 1.5, K₁ = 0.01 and K₂ = 0.03, of the luma, averaged over all whole windows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import BadValue

Pixels = npt.NDArray[np.uint8]

_RADIUS, _SIGMA = 5, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LUMA = np.array([0.299, 0.587, 0.114])


def ssim(one: Pixels, other: Pixels) -> float:
    """Return the structural similarity of two pictures.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (height, width, 3) or (height, width)
        Of one size. Pictures smaller than the window are compared as a whole.

    Returns
    -------
    float
        At most 1, which only equal pictures have.

    Raises
    ------
    BadValue
        They differ in size.
    """
    a, b = _luma(one), _luma(other)
    if a.shape != b.shape:
        raise BadValue("Pictures of two sizes can't be compared.", hint="Scale one to the size of the other.")
    mean_a, mean_b = _windows(a), _windows(b)
    var_a, var_b = _windows(a * a) - mean_a**2, _windows(b * b) - mean_b**2
    together = _windows(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + _C1) * (2 * together + _C2)
    return float((top / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))).mean())


def _luma(picture: Pixels) -> npt.NDArray[np.float64]:
    plain = picture.astype(np.float64)
    return plain if plain.ndim == 2 else np.asarray(plain @ _LUMA)


def _windows(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the weighted means over all windows that lie whole in the picture."""
    for axis in (0, 1):
        values = _along(values, axis)
    return values


def _along(values: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    length = values.shape[axis]
    if length <= 2 * _RADIUS:
        return np.asarray(values.mean(axis=axis, keepdims=True))
    steps = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-(steps**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    inside = length - 2 * _RADIUS
    made = np.zeros((inside, values.shape[1]) if axis == 0 else (values.shape[0], inside))
    for weight, start in zip(weights, range(2 * _RADIUS + 1), strict=True):
        part = values[start : start + inside] if axis == 0 else values[:, start : start + inside]
        made += weight * part
    return made
