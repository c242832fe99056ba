"""Faint structure between the edges agrees in copies, however degraded, and by chance in nothing else."""

import numpy as np
import pytest

from workbench import differences, features
from workbench.features import Floats

SHAPE = (192, 224)
EVERYWHERE = np.ones(SHAPE, np.bool_)


def noise(seed: int, sigma: float, strength: float) -> Floats:
    made = features.smooth(np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32), sigma)
    return made * np.float32(strength / made.std())


def cloth(seed: int) -> Floats:
    """A surface with a weave of its own, and the outline of one form, the same for every seed."""
    made = noise(seed, 1.5, 4.0) + 120
    made[40:150, 60:160] += 60
    return made


@pytest.mark.parametrize("sigma", [0.0, 1.0])
@pytest.mark.parametrize("grain", [0.0, 3.0])
def test_a_copys_texture_agrees_in_spite_of_blur_and_noise(sigma: float, grain: float) -> None:
    degraded = features.smooth(cloth(1), sigma) + noise(2, 0.0, 1.0) * np.float32(grain)
    assert differences.texture(cloth(1), degraded, EVERYWHERE) > 0.6


@pytest.mark.parametrize("other", [2, 3, 4])
def test_another_pieces_texture_does_not(other: int) -> None:
    assert differences.texture(cloth(1), cloth(other), EVERYWHERE) < 0.3


def test_it_is_the_same_either_way_round() -> None:
    there, back = (differences.texture(*pair, EVERYWHERE) for pair in ((cloth(1), cloth(2)), (cloth(2), cloth(1))))
    assert there == pytest.approx(back, abs=1e-5)


def test_where_one_has_none_nothing_speaks_against_it() -> None:
    plain = np.full(SHAPE, 120, np.float32)
    assert differences.texture(cloth(1), plain, EVERYWHERE) == 1.0


def test_too_little_to_compare_says_nothing() -> None:
    small = np.zeros(SHAPE, np.bool_)
    small[:40, :40] = True
    assert differences.texture(cloth(1), cloth(2), small) == 1.0
    assert differences.texture(cloth(1)[:20, :20], cloth(2)[:20, :20], EVERYWHERE[:20, :20]) == 1.0
