"""Structural similarity: as published, as another implementation computes it, and sane at its edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.errors import BadValue
from workbench.similarity import ssim


def noisy(sigma: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[0:90, 0:120]
    one = np.stack([(x * 2) % 256, (y * 2) % 256, (x + y) % 256], axis=-1).astype(np.uint8)
    return one, np.clip(one + dice.normal(0, sigma, one.shape), 0, 255).astype(np.uint8)


def test_it_is_what_scikit_image_computes() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    one, other = noisy(10)
    luma = np.array([0.299, 0.587, 0.114])
    _, every = metrics.structural_similarity(
        one @ luma,
        other @ luma,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        full=True,
    )
    assert ssim(one, other) == pytest.approx(every[5:-5, 5:-5].mean(), abs=1e-9)


def test_more_noise_is_less_alike() -> None:
    found = [ssim(*noisy(sigma)) for sigma in (0, 2, 8, 30)]
    assert found[0] == 1
    assert found == sorted(found, reverse=True)


PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@given(PICTURES, st.randoms(use_true_random=False))
def test_at_most_one_and_the_same_both_ways(one: np.ndarray, dice: object) -> None:
    other = np.roll(one, 1, axis=0)[::-1]
    assert ssim(one, one) == pytest.approx(1)
    assert -1 <= ssim(one, other) <= 1 + 1e-9
    assert ssim(one, other) == pytest.approx(ssim(other, one))


def test_two_sizes_are_refused() -> None:
    with pytest.raises(BadValue):
        ssim(np.zeros((4, 5), np.uint8), np.zeros((5, 4), np.uint8))
