"""Edited copies: every kind makes the same picture every time, and one that shows what its name says."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from workbench import edits, images
from workbench.errors import BadValue


def picture(wide: int = 320, high: int = 240, seed: int = 3) -> edits.Pixels:
    """Return something with edges, areas and a light side; no symmetry."""
    rng = np.random.default_rng(seed)
    page = np.zeros((high, wide, 3), dtype=np.float64) + np.linspace(90, 160, wide)[None, :, None]
    for _ in range(30):
        x, y = rng.integers(0, wide - 10), rng.integers(0, high - 10)
        page[y : y + rng.integers(10, 60), x : x + rng.integers(10, 60)] = rng.integers(0, 256, 3)
    return page.astype(np.uint8)


def likeness(one: edits.Pixels, other: edits.Pixels) -> float:
    """Return the correlation of two pictures' grey values at 64 × 64."""
    small = [
        np.asarray(Image.fromarray(p).convert("L").resize((64, 64), Image.Resampling.BOX), float) for p in (one, other)
    ]
    return float(np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1])


def test_there_are_many_kinds_in_every_family() -> None:
    assert len(edits.KINDS) >= 50
    assert {edit.family for edit in edits.KINDS.values()} == set(edits.FAMILIES)
    assert len({edit.says for edit in edits.KINDS.values()}) == len(edits.KINDS)


@pytest.mark.parametrize("kind", edits.KINDS)
def test_a_kind_makes_a_sound_file_that_differs_and_is_the_same_every_time(kind: str) -> None:
    original = picture()
    before = original.copy()
    made = edits.edited_file(original, kind, seed=5)
    assert made == edits.edited_file(original, kind, seed=5)
    assert (original == before).all()
    measured = images.measure(made)
    assert (measured.format, measured.problems) == (edits.KINDS[kind].format, [])
    assert made != edits.encoded(original, quality=90) or kind == "jpeg_q90"
    assert (edits.edited(original, kind, seed=5).shape[:2]) == (measured.height, measured.width)


STILL_IN_PLACE = sorted(
    kind for kind, edit in edits.KINDS.items() if edit.family in ("size", "coding", "tone", "colour", "detail")
)


@pytest.mark.parametrize("kind", STILL_IN_PLACE)
def test_what_leaves_the_picture_in_place_leaves_it_recognisable(kind: str) -> None:
    assert likeness(picture(), edits.edited(picture(), kind)) > 0.7


@pytest.mark.parametrize("kind", [kind for kind, edit in edits.KINDS.items() if edit.family == "overlay"])
def test_what_is_put_over_a_picture_leaves_most_of_it_alone(kind: str) -> None:
    apart = np.abs(edits.edited(picture(), kind).astype(int) - picture()).max(axis=2)
    assert 0.005 < (apart > 48).mean() < 0.3


@pytest.mark.parametrize("kind", [kind for kind, edit in edits.KINDS.items() if edit.family == "colour"])
def test_what_changes_colours_changes_little_else(kind: str) -> None:
    assert likeness(picture(), edits.edited(picture(), kind)) > 0.93


@pytest.mark.parametrize(("kind", "area"), [("crop_90", 0.9), ("crop_75", 0.75), ("crop_50", 0.5), ("crop_25", 0.25)])
def test_a_crop_keeps_the_area_it_says(kind: str, area: float) -> None:
    high, wide, _ = edits.edited(picture(800, 600), kind).shape
    assert wide * high / (800 * 600) == pytest.approx(area, rel=0.01)
    assert wide / high == pytest.approx(4 / 3, rel=0.02)


def test_a_crop_lies_elsewhere_by_another_seed() -> None:
    one, other = (edits.edited(picture(), "crop_50", seed=seed) for seed in (1, 2))
    assert one.shape == other.shape
    assert not (one == other).all()


@pytest.mark.parametrize(
    ("kind", "undone"),
    [
        ("rotate_90", lambda p: np.rot90(p, -1)),
        ("rotate_180", lambda p: np.rot90(p, 2)),
        ("rotate_270", lambda p: np.rot90(p, 1)),
        ("mirror", lambda p: p[:, ::-1]),
        ("flip", lambda p: p[::-1]),
        ("mirror_rotate_90", lambda p: p.swapaxes(0, 1)),
    ],
)
def test_a_turned_picture_turned_back_is_the_picture(kind: str, undone) -> None:
    back = undone(edits.edited(picture(), kind))
    assert likeness(back, picture()) > 0.99


def test_a_picture_seen_from_aside_has_its_corners_where_it_should() -> None:
    white = np.full((200, 300, 3), 255, dtype=np.uint8)
    seen = edits._quad([(0.1, 0.1), (0.9, 0.0), (1.0, 1.0), (0.0, 0.9)], (0, 0, 0))(
        Image.fromarray(white), edits.Table(np.random.default_rng(0))
    )
    pixels = np.asarray(seen)[..., 0]
    assert [pixels[10, 20], pixels[26, 40]] == [0, 255]  # outside and inside the corner at (30, 20)
    assert [pixels[198, 10], pixels[170, 10]] == [0, 255]  # below and above the one at (0, 180)


def test_a_collage_shows_the_other_pictures_that_are_given() -> None:
    red = np.zeros((240, 320, 3), dtype=np.uint8) + np.array([250, 0, 0], dtype=np.uint8)
    made = edits.edited(picture(), "collage_2x2", others=[red])
    reddish = (made[..., 0] > 200) & (made[..., 1] < 60) & (made[..., 2] < 60)
    assert reddish.mean() == pytest.approx(0.73, abs=0.05)
    drawn = edits.edited(picture(), "collage_2x2")
    assert drawn.shape == made.shape
    assert not (drawn == made).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((40, 40), dtype=np.uint8),
        np.zeros((40, 40, 4), dtype=np.uint8),
        np.zeros((40, 40, 3)),
        np.zeros((15, 40, 3), dtype=np.uint8),
        np.zeros((0, 0, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(bad) -> None:
    with pytest.raises(BadValue, match="can't be edited"):
        edits.edited_file(bad, "grey")


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BadValue) as refused:
        edits.edited_file(picture(), "inverted")
    assert "crop_50" in refused.value.hint


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(sorted(edits.KINDS)),
    wide=st.integers(16, 90),
    high=st.integers(16, 90),
    seed=st.integers(0, 2**31),
)
def test_no_shape_is_too_odd_to_be_edited(kind: str, wide: int, high: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (high, wide, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(edits.edited_file(pixels, kind, seed=seed))) as image:
        assert min(image.size) >= 1


@pytest.mark.parametrize("kind", edits.LOOKALIKES)
def test_lookalikes_are_alike_but_for_one_place(kind: str) -> None:
    pair = edits.lookalikes(picture(480, 360), kind, seed=3)
    assert pair is not None
    assert pair == edits.lookalikes(picture(480, 360), kind, seed=3)
    one, other = (images.pixels(data, width=480, height=360).astype(int) for data in pair)
    apart = np.abs(one - other).max(axis=2) > 40
    assert 0.001 < apart.mean() < 0.2
    rows, columns = np.nonzero(apart)
    assert (apart[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]).mean() > 0.03


def test_a_grey_picture_has_no_other_colour() -> None:
    grey = np.repeat(picture().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert edits.lookalikes(grey, "other_colour") is None


def test_unknown_lookalikes_are_refused() -> None:
    with pytest.raises(BadValue, match="no look-alikes"):
        edits.lookalikes(picture(), "twins")
