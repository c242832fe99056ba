from __future__ import annotations

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from picture_files import photograph
from PIL import Image

from workbench.fingerprints import FLAT_CONTRAST, SYMMETRIES, dhash, distance, phash, phash_symmetries, quality
from workbench.verification import SYMMETRIES as MATRICES

GREYS = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))
HASHES = st.integers(0, 2**64 - 1)


@settings(max_examples=60, deadline=None)
@given(GREYS)
def test_hashes_are_imagehashs_own(grey: np.ndarray) -> None:
    image = Image.fromarray(grey)
    assert f"{phash(image):016x}" == str(imagehash.phash(image))
    assert f"{dhash(image):016x}" == str(imagehash.dhash(image))


@pytest.mark.parametrize("seed", range(6))
def test_hashes_of_colour_pictures_are_imagehashs_own(seed: int) -> None:
    image = photograph(300, 200, seed)
    assert f"{phash(image):016x}" == str(imagehash.phash(image))
    assert f"{dhash(image):016x}" == str(imagehash.dhash(image))
    assert distance(phash(image), phash(photograph(300, 200, seed + 50))) > 10


TURNS = {
    "rotate_90": Image.Transpose.ROTATE_90, "rotate_180": Image.Transpose.ROTATE_180,
    "rotate_270": Image.Transpose.ROTATE_270, "mirror": Image.Transpose.FLIP_LEFT_RIGHT,
    "flip": Image.Transpose.FLIP_TOP_BOTTOM, "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_the_eight_are_the_hashes_of_the_turned_pictures(seed: int) -> None:
    random = np.random.default_rng(seed)
    image = photograph(int(random.integers(40, 500)), int(random.integers(40, 500)), seed)
    found = dict(zip(SYMMETRIES, phash_symmetries(image), strict=True))
    assert f"{found['identity']:016x}" == str(imagehash.phash(image))
    for name, turn in TURNS.items():
        turned = int(str(imagehash.phash(image.transpose(turn))), 16)
        assert distance(found[name], turned) <= 2, name
        assert distance(found["identity"], turned) > 2, name


@settings(max_examples=60)
@given(arrays.arrays(np.uint8, (32, 32)))
def test_the_eight_are_exact_where_nothing_is_scaled(grey: np.ndarray) -> None:
    """Rounding can only move what lies at the median itself; that takes pictures of a few grey values."""
    image = Image.fromarray(grey)
    found = dict(zip(SYMMETRIES, phash_symmetries(image), strict=True))
    assert f"{found['identity']:016x}" == str(imagehash.phash(image))
    if len(np.unique(grey)) > 24:
        for name, turn in TURNS.items():
            assert distance(found[name], int(str(imagehash.phash(image.transpose(turn))), 16)) <= 1, name


def test_the_eight_are_in_the_order_and_of_the_sense_that_verification_uses() -> None:
    assert tuple(MATRICES) == SYMMETRIES
    corner = np.zeros((64, 64), np.uint8)
    corner[:8, :16] = 255  # in the upper left, wider than high
    for name, turn in TURNS.items():
        lit = np.argwhere(np.asarray(Image.fromarray(corner).transpose(turn))).mean(axis=0) / 64
        moved = MATRICES[name] @ [8 / 64, 4 / 64, 1]
        assert moved[:2] == pytest.approx([lit[1], lit[0]], abs=0.02), name


@given(HASHES, HASHES, HASHES)
def test_distance_is_a_metric(a: int, b: int, c: int) -> None:
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c) <= 128


@given(GREYS)
def test_quality_agrees_with_the_definitions(grey: np.ndarray) -> None:
    found = quality(grey)
    assert found.brightness == pytest.approx(grey.mean() / 255, abs=1e-9)
    assert found.contrast == pytest.approx(grey.std() / 255, abs=1e-6)
    assert found.clipped_dark == pytest.approx((grey <= 1).mean())
    assert found.clipped_bright == pytest.approx((grey >= 254).mean())
    assert found.flat == (found.contrast < FLAT_CONTRAST)
    assert found.sharpness == pytest.approx(_laplacian(grey), rel=1e-4, abs=1e-6)


def _laplacian(grey: np.ndarray) -> float:
    height, width = grey.shape
    g = grey.astype(float) / 255
    near = [(-1, 1), (0, 2), (1, 1)]
    soft = {
        (y, x): sum(a * b * g[y + dy, x + dx] for dy, a in near for dx, b in near) / 16
        for y in range(1, height - 1)
        for x in range(1, width - 1)
    }
    inner = [
        soft[y - 1, x] + soft[y + 1, x] + soft[y, x - 1] + soft[y, x + 1] - 4 * soft[y, x]
        for y in range(2, height - 2)
        for x in range(2, width - 2)
    ]
    return float(np.var(inner)) if inner else 0.0


def test_an_edge_is_sharper_than_a_ramp_and_a_ramp_than_nothing() -> None:
    edge = np.repeat(np.where(np.arange(64) < 32, 0, 255).astype(np.uint8)[None, :], 64, axis=0)
    ramp = np.repeat(np.clip((np.arange(64) - 24) * 16, 0, 255).astype(np.uint8)[None, :], 64, axis=0)
    assert quality(edge).sharpness > 4 * quality(ramp).sharpness > 0
    assert quality(np.full((64, 64), 90, np.uint8)).sharpness == 0.0
