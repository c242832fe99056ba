"""Local features: the same spots are found again, however the picture was turned, and always the same ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seen_pictures import copy, original

from workbench import edits, features, verification


@pytest.mark.parametrize("edit", ["resize_50", "rotate_90", "rotate_10", "crop_75"])
def test_a_copy_lies_where_its_features_say(edit: str) -> None:
    one, other = (features.extract(p) for p in (original(0), copy(0, edit)))
    found = features.fit(one, other, features.match(one.descriptors, other.descriptors))
    assert found is not None
    assert found.inliers > 25
    assert features.is_sane(found.matrix, one.size)


def test_features_are_the_same_every_time() -> None:
    one, again = features.extract(original(0)), features.extract(original(0))
    assert all(np.array_equal(a, b) for a, b in zip(one[:4], again[:4], strict=True))
    few = features.extract(original(0), most=50)
    assert len(few.points) == 50
    assert few.descriptors.shape == (50, 32)


def test_fewer_are_the_first_of_more() -> None:
    few, more = features.extract(original(0), most=100), features.extract(original(0))
    assert np.array_equal(few.points, more.points[:100])
    assert np.array_equal(few.descriptors, more.descriptors[:100])


def test_what_stands_out_in_one_part_leaves_features_to_the_others() -> None:
    loud = original(0).copy()
    half = loud.shape[1] // 2
    squares = np.kron(np.random.default_rng(2).integers(0, 2, (60, 60)), np.ones((12, 12)))
    loud[:, half:] = 255 * squares[: loud.shape[0], : loud.shape[1] - half, None]
    found = features.extract(loud, most=300)
    assert (found.points[:, 0] < half - 20).sum() > 50


def test_points_are_in_the_pictures_own_pixels() -> None:
    large = features.resize(original(0), (1200, 820))
    found = features.extract(large)
    assert found.size == (1200, 820)
    assert 800 < found.points[:, 0].max() < 1200


@pytest.mark.parametrize("shape", [(8, 8), (1, 400), (8, 3000), (300, 300)])
def test_a_flat_picture_has_none_and_matches_nothing(shape: tuple[int, int]) -> None:
    flat = features.extract(np.full((*shape, 3), 90, np.uint8))
    assert flat.points.shape == (0, 2)
    pairs = features.match(flat.descriptors, features.extract(original(0)).descriptors)
    assert pairs.shape == (0, 2)
    assert features.fit(flat, flat, pairs) is None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
def test_hamming_counts_bits(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (rng.integers(0, 256, (k, 32), dtype=np.uint8) for k in (n, m))
    wanted = np.unpackbits(one[:, None] ^ other[None], axis=2).sum(2)
    assert np.array_equal(features.hamming(one, other), wanted)


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(0.4, 2.5), st.floats(-3.1, 3.1))
def test_there_and_back_is_where_one_was(x: float, y: float, scale: float, turn: float) -> None:
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    matrix = np.array([[c, -s, x], [s, c, y], [0.0005, 0.0003, 1.0]])
    points = np.array([[0.0, 0.0], [120.0, 30.0], [60.0, 90.0]])
    assert np.allclose(features.apply(features.inverse(matrix), features.apply(matrix, points)), points, atol=1e-6)


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([-1.0, 1.0, 1.0]),
        np.diag([1.0, 0.05, 1.0]),
        np.array([[1, 0, 0], [0, 1, 0], [-0.02, 0, 1.0]]),
        np.full((3, 3), np.nan),
    ],
    ids=["mirrored", "sliver", "folded", "nothing"],
)
def test_what_no_copy_can_lie_like_is_told(matrix: features.Matrix) -> None:
    assert not features.is_sane(matrix, (100, 80))
    assert features.is_sane(np.eye(3), (100, 80))


def test_a_warped_picture_lies_where_it_should_and_knows_what_it_lacks() -> None:
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[20:40, 30:50] = 200
    warped, known = features.warp(picture, np.array([[1, 0, 10], [0, 1, 5], [0, 0, 1.0]]), (80, 60))
    assert warped[30:40, 45:55].mean() > 190
    assert not known[:4].any()
    assert not known[:, :9].any()
    assert known[8:, 12:].all()


@pytest.mark.parametrize("turn", verification.SYMMETRIES)
@pytest.mark.parametrize("edge", [64, 240])
def test_what_is_only_turned_lies_as_if_it_were_warped(turn: str, edge: int) -> None:
    picture = original(0)
    wide, high = picture.shape[1::-1] if turn in ("identity", "mirror", "flip", "rotate_180") else picture.shape[:2]
    size = (edge, round(edge * high / wide)) if wide > high else (round(edge * wide / high), edge)
    pixels, relative = np.diag([*size, 1.0]), np.diag([1 / picture.shape[1], 1 / picture.shape[0], 1.0])
    way = pixels @ verification.SYMMETRIES[turn] @ relative
    turned, known = features.warp(picture, way, size)
    aside = np.array([[1, 0, 1e-3], [0, 1, 1e-3], [0, 0, 1]])
    warped, _ = features.warp(picture, aside @ way, size)
    assert known.all()
    assert np.abs(turned - warped).max() < 2


@pytest.mark.parametrize("edge", [400, 300, 220, 90])
def test_a_reduced_picture_has_no_moire(edge: int) -> None:
    """Stripes finer than the pixels left for them become grey, and nothing coarser."""
    stripes = np.tile(np.array([60, 200], np.uint8), (400, 200))
    small = features.reduced(stripes, edge)
    assert max(small.shape) == edge
    assert edge == 400 or small.std() < 30
    assert small.mean() == pytest.approx(130, abs=1)


def test_refining_finds_a_small_shift() -> None:
    grey = features.smooth(features.to_grey(original(0)).astype(np.float32)[:128, :128], 1.5)
    shift = np.array([[1, 0, 2.4], [0, 1, -1.3], [0, 0, 1.0]])
    moved, known = features.warp(grey, shift, (128, 128))
    found = features.refine(grey, moved, known, bends=False)
    assert found is not None
    assert np.allclose(found[:2, 2], [-2.4, 1.3], atol=0.6)
    assert (
        features.refine(np.zeros((64, 64), np.float32), np.zeros((64, 64), np.float32), known[:64, :64], bends=True)
        is None
    )


def test_thumbnails_are_read_and_damaged_ones_are_none() -> None:
    file = edits.encoded(original(0))
    read = features.decode(file)
    assert read is not None
    assert np.abs(read.astype(int) - original(0)).mean() < 4
    assert features.decode(b"") is None
    assert features.decode(b"no picture") is None


def test_parts_of_a_mask_come_with_their_boxes() -> None:
    mask = np.zeros((20, 30), bool)
    mask[2:5, 3:9], mask[10:12, 20:22], mask[18, 0] = True, True, True
    found = features.parts(mask, least=2)
    assert [(part.pixels, part.box) for part in found] == [(18, (3, 2, 6, 3)), (4, (20, 10, 2, 2))]
    assert features.inner(np.ones((9, 9), bool), 2).sum() == 25
    assert features.shrunk(np.ones((9, 9), bool), 2).sum() == 81


def test_points_that_bend_a_little_are_laid_bent_and_others_not() -> None:
    rng = np.random.default_rng(4)
    one = features.extract(original(0))
    pairs = np.stack([np.arange(len(one.points))] * 2, axis=1)
    for bend in (0.0, 0.00012):
        matrix = np.array([[1, 0, 4], [0, 1, -3], [bend, 0, 1]])
        points = features.apply(matrix, one.points) + rng.normal(0, 0.5, one.points.shape)
        found = features.fit(one, one._replace(points=points.astype(np.float32)), pairs)
        assert found is not None
        assert (abs(found.matrix[2, 0]) > 1e-5) == (bend > 0)


def test_faint_parts_have_features_when_evened() -> None:
    rng = np.random.default_rng(2)
    faint = np.clip(120 + 3 * features.smooth(rng.normal(0, 8, (240, 320)).astype(np.float32), 2), 0, 255)
    picture = np.repeat(faint.astype(np.uint8)[..., None], 3, axis=2)
    assert len(features.extract(features.evened(picture)).points) > 2 * len(features.extract(picture).points)
    assert np.ptp(features.evened(np.full((60, 60, 3), 90, np.uint8))) == 0
