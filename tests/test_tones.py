"""Tones: what an edit did to a whole picture, and what it didn't though something was written over it."""

import numpy as np
import pytest

from workbench import features, tones
from workbench.features import Floats


def _dull(seed: int) -> Floats:
    """A picture with little contrast, in two colours."""
    rng = np.random.default_rng(seed)
    grey = 112 + 8 * features.smooth(rng.normal(0, 9, (96, 128)).astype(np.float32), 3)
    return np.asarray(grey[..., None] * np.array([1, 0.97, 0.9], np.float32), np.float32)


def _lettered(picture: Floats) -> Floats:
    """The picture with a bar at its top and white in its middle, which have far more contrast than the rest."""
    lettered = picture.copy()
    lettered[8:26] = 20
    lettered[40:52, 20:108] = 250
    return lettered


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_lettering_on_a_dull_picture_is_no_change_of_its_tones(seed: int) -> None:
    plain, known = _dull(seed), np.ones((96, 128), bool)
    for source, target in ((_lettered(plain), plain), (plain, _lettered(plain))):
        assert abs(tones.retoned(source, target, known).slope - 1) < 0.02


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_a_dull_picture_that_became_lighter_is_explained(seed: int) -> None:
    plain, known = _dull(seed), np.ones((96, 128), bool)
    found = tones.retoned(plain, plain * 1.2 + 8, known)
    assert np.abs(found.picture - (plain * 1.2 + 8)).mean() < 1
    assert abs(found.slope - 1.2) < 0.1
