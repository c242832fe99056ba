"""Whether two pictures are the same: planted edits are, look-alikes aren't, whichever way round one asks."""

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seen_pictures import (
    FAMILIES,
    copy,
    edited,
    group,
    lookalikes,
    original,
    page,
    paper,
    photo,
    scene,
    shot,
    thumbnail,
)

from workbench import edits, features, tones, verification
from workbench import sample_pictures as draw
from workbench.errors import BadValue
from workbench.verification import SYMMETRIES, Thresholds, verify

PLANTED = (
    "resize_25", "enlarge_200", "stretch_wide", "crop_75", "crop_50", "crop_square", "jpeg_q10", "webp_q20",
    "rotate_90", "rotate_180", "mirror", "flip", "mirror_rotate_90", "rotate_5", "rotate_8_cut", "brighter", "darker",
    "contrast_down", "gamma_dark", "light_from_side", "cast_warm", "cast_cool", "saturation_down", "grey", "sepia",
    "blur_strong", "noise_strong", "watermark", "text_over", "logo", "border_white", "letterbox", "screenshot",
    "collage_2x1", "messenger", "mirror_crop",
)  # fmt: skip
QUARTER = ("rotate_90", "rotate_180", "rotate_270", "mirror", "flip", "mirror_rotate_90")


@pytest.mark.parametrize("kind", PLANTED)
def test_an_edited_copy_is_the_same(kind: str) -> None:
    found = [verify(original(number), copy(number, kind)) for number in (0, 2)]
    assert any(verdict.is_duplicate for verdict in found), [verdict.evidence for verdict in found]


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1, "cast_cool"), (2, "autocontrast"), (3, "cast_warm"), (6, "cast_green"), (6, "cast_warm"), (7, "autocontrast")],
)
def test_what_clipping_took_is_no_difference(number: int, kind: str) -> None:
    assert verify(original(number), copy(number, kind)).relation == "fuzzy"


@pytest.mark.parametrize("number", range(8))
def test_a_copy_in_few_colours_is_the_same(number: int) -> None:
    assert verify(original(number), copy(number, "palette_16")).relation == "fuzzy"


@pytest.mark.parametrize("kind", ["crop_50", "stretch_wide", "perspective_strong"])
def test_a_copy_of_a_picture_of_few_features_is_the_same(kind: str) -> None:
    sea = scene("sea", 0)
    assert len(verification.look(thumbnail(edits.encoded(sea))).upright.points) < verification.POOR
    assert verify(thumbnail(edits.encoded(sea)), edited(sea, kind)).is_duplicate


def test_a_page_ends_where_its_ground_was_painted_further() -> None:
    """The paper is nearly of the colour that was painted beside it, but has grain."""
    verdict = verify(thumbnail(edits.encoded(page(0))), edited(page(0), "perspective"))
    assert verdict.is_duplicate, verdict


def test_what_is_seen_a_little_from_aside_is_laid_bent() -> None:
    for pixels in (photo(1), scene("lake", 2)):
        verdict = verify(thumbnail(edits.encoded(pixels)), edited(pixels, "perspective"))
        assert verdict.is_duplicate, verdict
        assert np.abs(np.array(verdict.evidence["homography"])[2, :2]).max() > 0.01


def test_a_copy_that_seems_to_be_moved_by_less_than_a_pixel_is_the_same() -> None:
    assert verify(original(1), copy(1, "watermark")).is_duplicate


def test_nearly_all_edited_copies_are_found() -> None:
    kinds = [kind for kind in PLANTED if kind not in ("noise_strong", "collage_2x1")]
    found = [verify(original(number), copy(number, kind)).is_duplicate for kind in kinds for number in (0, 2)]
    assert np.mean(found) > 0.9


@pytest.mark.parametrize("family", FAMILIES)
def test_lookalikes_are_no_copies(family: str) -> None:
    one, other = lookalikes(family)
    for hint in (None, "identity"):
        verdict = verify(one, other, hint=hint)
        assert not verdict.is_duplicate, verdict
        assert verdict.score < 0.5


def test_two_plain_shirts_of_one_cut_are_no_copies() -> None:
    """A blue one and a brown one: paler and under another light, blue is nearly brown, but not its weave."""
    verdict = verify(*(shot("size_labels", group("size_labels", 1, number), 0) for number in (3, 5)), hint="identity")
    assert verdict.relation == "variant"
    assert verdict.score < 0.3
    assert verdict.evidence["texture"] < 0.4


@pytest.mark.parametrize(
    ("family", "seed", "number", "one", "other"),
    [
        ("garments", 3, 5, 1, 5),  # stripes for dots, which look like something put on
        ("size_labels", 2, 1, 4, 5),  # 36 for 38, four pixels high
        ("colours", 11, 1, 1, 2),  # a cream teapot for a yellow one: paler, but not all over
        ("form_values", 444, 0, 0, 1),  # two numbers of nine on a form that was scanned twice
        ("form_values", 20261, 3, 3, 5),
        ("turntable", 20261, 0, 0, 1),  # turned a little, on a ground that goes on
        ("models", 20261, 3, 2, 3),  # a smaller lamp, as if it were the larger one with more around it
        ("models", 1, 10, 1, 2),  # a lamp a little wider and taller than the other
        ("logos", 20261, 2, 4, 5),  # a badge with seven corners, turned a little
    ],
)
def test_the_hardest_lookalikes_are_no_copies(family: str, seed: int, number: int, one: int, other: int) -> None:
    of = group(family, seed, number)
    assert not verify(shot(family, of, one), shot(family, of, other)).is_duplicate


@pytest.mark.parametrize("family", ["colours", "prints", "vintages", "form_values"])
def test_what_differs_in_colour_or_a_word_is_a_variant(family: str) -> None:
    verdict = verify(*lookalikes(family), hint="identity")
    assert verdict.relation == "variant"
    assert verdict.evidence["because"]


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 4), (2, 3), (1, 5)])
def test_other_pictures_are_no_copies(one: int, other: int) -> None:
    assert not verify(original(one), original(other)).is_duplicate
    assert not verify(original(one), copy(other, "crop_50")).is_duplicate


@pytest.mark.parametrize("kind", ["crop_50", "rotate_90", "mirror_crop", "watermark", "screenshot"])
def test_it_is_the_same_whichever_way_round(kind: str) -> None:
    there, back = verify(original(0), copy(0, kind)), verify(copy(0, kind), original(0))
    assert (there.relation, there.score) == (back.relation, back.score)
    both = np.array(there.evidence["homography"]) @ np.array(back.evidence["homography"])
    assert np.allclose(both / both[2, 2], np.eye(3), atol=0.001)
    assert (there.evidence["covers_a"], there.evidence["covers_b"]) == (
        back.evidence["covers_b"],
        back.evidence["covers_a"],
    )


def test_it_is_the_same_every_time() -> None:
    assert verify(original(0), copy(0, "screenshot")) == verify(original(0), copy(0, "screenshot"))


@pytest.mark.parametrize("kind", QUARTER)
def test_the_symmetry_is_named_as_the_right_hint(kind: str) -> None:
    found = verify(original(0), copy(0, kind))
    assert found.relation == "fuzzy"
    hinted = verify(original(0), copy(0, kind), hint=found.evidence["symmetry"])
    assert hinted.relation == "fuzzy"
    assert hinted.evidence["matches"] == 0, "nobody had to look for features"


def test_a_wrong_hint_does_no_harm() -> None:
    assert verify(original(0), copy(0, "rotate_90"), hint="mirror").relation == "fuzzy"


def test_the_homography_takes_points_to_where_they_are() -> None:
    found = verify(original(0), copy(0, "crop_bottom")).evidence["homography"]
    assert np.allclose(features.apply(np.array(found), [[0.5, 0.4]]), [[0.5, 0.5]], atol=0.01)


def test_a_crop_is_content_and_a_resized_copy_fuzzy() -> None:
    assert verify(original(0), copy(0, "crop_50")).relation == "content"
    assert verify(original(0), copy(0, "resize_50")).relation == "fuzzy"


def test_something_put_on_is_told() -> None:
    verdict = verify(original(0), copy(0, "text_over"))
    assert verdict.evidence["overlaid"] > 0.005
    assert "put on" in verdict.evidence["because"]


@pytest.mark.parametrize("kind", ["headline", "caption"])
@pytest.mark.parametrize("what", ["letter", "invoice", "receipt"])
def test_a_black_bar_on_white_paper_is_no_change_of_tone(what: str, kind: str) -> None:
    verdict = verify(paper(what), paper(what, edit=kind))
    assert verdict.relation == "fuzzy", verdict
    assert verdict.evidence["overlaid"] > 0.03


@pytest.mark.parametrize("kind", ["headline", "caption"])
def test_the_next_form_under_a_bar_is_another(kind: str) -> None:
    one, other = lookalikes("forms")
    assert not verify(one, thumbnail(edits.edited_file(other, kind))).is_duplicate
    assert not verify(paper("invoice"), paper("invoice", 1, kind)).is_duplicate


def test_paler_arms_are_no_white_put_on_paper() -> None:
    one, other = (shot("garments", group("garments", 5, number), index) for number, index in ((9, 5), (10, 0)))
    assert not verify(one, other).is_duplicate


@pytest.mark.parametrize("kind", ["jpeg_q50", "resize_50", "crop_75", "cast_warm"])
def test_a_copy_of_a_lookalike_is_no_copy(kind: str) -> None:
    one, other = lookalikes("colours")
    assert not verify(one, thumbnail(edits.edited_file(other, kind))).is_duplicate


@pytest.mark.parametrize("family", ["colours", "prints", "vintages", "size_labels", "garments"])
def test_a_lookalike_in_few_colours_is_no_copy(family: str) -> None:
    one, other = lookalikes(family)
    assert not verify(one, thumbnail(edits.edited_file(other, "palette_16"))).is_duplicate


def _in_three(grey: np.ndarray) -> np.ndarray:
    steps = np.digitize(grey, [90, 160])
    return np.array([[59, 57, 54], [124, 124, 121], [195, 196, 199]], np.uint8)[steps]


def _laid(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return one.astype(np.float32), other.astype(np.float32)


def test_a_picture_in_few_colours_is_made_of_one_in_many() -> None:
    ramp = np.broadcast_to(np.linspace(30, 230, 120)[:, None], (120, 90))
    many = np.stack([ramp, ramp, ramp], axis=-1).astype(np.uint8)
    few, everywhere = _in_three(ramp), np.ones((120, 90), np.bool_)
    palette = tones.few_colours(few, _laid(many, few), everywhere)
    assert palette is not None
    made = tones.in_few_colours(many, few.astype(np.float32), palette)
    assert np.mean(np.abs(made.astype(int) - few) < 12) > 0.9
    assert tones.few_colours(many, _laid(few, many), everywhere) is None, "many colours are made of no few"


def test_few_other_colours_are_made_of_none() -> None:
    ramp = np.broadcast_to(np.linspace(30, 230, 120)[:, None], (120, 90))
    many = np.stack([ramp, ramp, ramp], axis=-1).astype(np.uint8)
    redder = _in_three(ramp) + np.array([40, 0, 0], np.uint8)
    assert tones.few_colours(redder, _laid(many, redder), np.ones((120, 90), np.bool_)) is None


def test_of_two_colours_all_but_equally_near_the_one_that_is_there_was_taken() -> None:
    ramp = np.broadcast_to(np.linspace(30, 230, 120)[:, None], (120, 90))
    many = np.stack([ramp, ramp, ramp], axis=-1).astype(np.uint8)
    for shift in (-3, 3):
        few = _in_three(ramp + shift)
        palette = tones.few_colours(few, _laid(many, few), np.ones((120, 90), np.bool_))
        assert palette is not None
        made = tones.in_few_colours(many, few.astype(np.float32), palette)
        assert np.mean(np.abs(made.astype(int) - few).max(2) < 8) == 1


@pytest.mark.parametrize(
    ("family", "number", "one", "other"),
    [
        ("colours", 6, 3, 4),  # a blue lamp, and a black one that has no colours
        ("garments", 10, 0, 3),  # stripes, and plain in their mean
    ],
)
def test_few_colours_excuse_no_other_colour(family: str, number: int, one: int, other: int) -> None:
    seed = group(family, 5, number)
    assert not verify(shot(family, seed, one), shot(family, seed, other)).is_duplicate


def test_other_digits_beside_white_paper_are_no_clipping() -> None:
    seed = group("form_values", 5, 10)
    assert not verify(shot("form_values", seed, 0), shot("form_values", seed, 2)).is_duplicate


@pytest.mark.parametrize("gains", [(1.12, 1.0, 0.8), (0.82, 0.98, 1.14), (1.33, 1.33, 1.33), (1.9, 1.4, 1.2)])
def test_channels_stretched_and_clipped_are_made_of_what_they_were(gains: tuple[float, float, float]) -> None:
    one = original(3).astype(np.float32)
    other = np.clip(one * np.array(gains, np.float32) - 6, 0, 255)
    made = tones.retoned(one, other, np.ones(one.shape[:2], np.bool_))
    assert np.abs(made.picture - other).mean() < 1.5
    assert np.quantile(np.abs(made.picture - other).max(2), 0.99) < 6


@pytest.mark.parametrize("family", ["colours", "garments", "prints"])
@pytest.mark.parametrize("kind", ["autocontrast", "cast_warm", "saturation_up"])
def test_a_retoned_lookalike_is_no_copy(family: str, kind: str) -> None:
    one, other = lookalikes(family)
    assert not verify(one, thumbnail(edits.edited_file(other, kind))).is_duplicate


def test_features_that_agree_by_chance_are_not_looked_at() -> None:
    few = verify(original(0), original(3), thresholds=Thresholds(inliers=10_000))
    same = verify(original(0), copy(0, "crop_75"), thresholds=Thresholds(inliers=10_000))
    assert not few.is_duplicate
    assert same.relation == "unrelated"
    assert same.evidence["weakest"] == "features"
    assert same.evidence["inliers"] > 100


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_is_like_nothing(value: int) -> None:
    flat = np.full((200, 300, 3), value, np.uint8)
    assert not verify(flat, original(0)).is_duplicate
    assert not verify(flat, flat.copy(), hint="identity").is_duplicate, "there is nothing in it to tell by"


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((4, 300, 3), np.uint8),
        np.zeros((30, 30), np.uint8),
        np.zeros((30, 30, 4), np.uint8),
        np.zeros((30, 30, 3), np.float32),
    ],
)
def test_what_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(BadValue):
        verify(bad, original(0))


@pytest.mark.parametrize("hint", ["sideways", [[1, 0], [0, 1]], np.zeros((3, 3)), np.full((3, 3), np.nan)])
def test_what_is_no_hint_is_refused(hint: object) -> None:
    with pytest.raises(BadValue):
        verify(original(0), original(1), hint=hint)  # type: ignore[arg-type]  # that is what is tested


def test_stricter_thresholds_let_less_pass() -> None:
    pair = original(0), copy(0, "text_over")
    assert verify(*pair).is_duplicate
    assert not verify(*pair, thresholds=Thresholds(overlaid=0.001)).is_duplicate


@pytest.mark.parametrize("name", SYMMETRIES)
def test_a_symmetry_is_its_own_nearest_and_its_inverse_is_one(name: str) -> None:
    assert verification.nearest_symmetry(SYMMETRIES[name]) == name
    assert any(np.allclose(features.inverse(SYMMETRIES[name]), other) for other in SYMMETRIES.values())


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 90), st.integers(8, 90), st.integers(8, 90), st.integers(8, 90), st.integers(0, 2**32))
def test_any_two_pictures_get_a_verdict_that_turns_round(a: int, b: int, c: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((a, b), (c, d)))
    there, back = verify(one, other, hint="identity"), verify(other, one, hint="identity")
    assert (there.relation, there.score) == (back.relation, back.score)
    assert not there.is_duplicate
    assert 0 <= there.score <= 1


@pytest.mark.parametrize(("number", "one", "other"), [(4, 0, 3)])
def test_what_moved_on_a_ground_that_stayed_is_no_crop(number: int, one: int, other: int) -> None:
    """A lamp that is 1.6 % smaller lies as a crop does; the light behind it says that it is none."""
    seed = group("models", 1, number)
    verdict = verify(shot("models", seed, one), shot("models", seed, other))
    assert (verdict.relation, verdict.evidence["weakest"]) == ("variant", "geometry")


@pytest.mark.parametrize(("one", "other"), [(0, 1), (2, 3), (4, 5)])
def test_pictures_that_share_a_part_and_show_more_beside_it_are_frames(one: int, other: int) -> None:
    """A chair is pushed along in front of the sea: neither holds the other, and nothing was put around them."""
    seed = group("bursts", 1, 5)
    assert verify(shot("bursts", seed, one), shot("bursts", seed, other)).relation == "variant"


def test_few_colours_make_no_black_bag_of_a_blue_one() -> None:
    seed = group("colours", 1, 11)
    assert verify(shot("colours", seed, 4), shot("colours", seed, 5)).relation == "variant"


@pytest.mark.parametrize("kind", ["crop_90", "crop_75", "rotate_3_cut", "tilt_crop_bright"])
def test_a_crop_takes_its_ground_along(kind: str) -> None:
    picture = shot("models", group("models", 1, 4), 0)
    assert verify(picture, edited(picture, kind)).is_duplicate


def test_a_header_in_another_colour_was_not_put_on() -> None:
    """Two forms with other names and numbers: all that differs has one ink, and the header leans less than it."""
    seeds = (group("form_values", 1, 2), group("form_values", 1, 10))
    assert verify(shot("form_values", seeds[0], 2), shot("form_values", seeds[1], 0)).relation == "variant"


def recoloured(picture: Any, seed: int) -> tuple[features.Pixels, features.Pixels]:
    """A picture, and the same with its most colourful part in another hue."""
    pair = edits.lookalikes(np.asarray(picture.convert("RGB")), "other_colour", seed=seed)
    assert pair is not None
    return thumbnail(pair[0]), thumbnail(pair[1])


def test_a_thing_in_a_corner_in_another_colour_was_not_put_on() -> None:
    """A badge on a sleeve in the upper left: what is put there hides what is beneath."""
    region = draw.data()["regions"]["photographs"][3]
    suit = draw.photograph(region["file"], region["box"], np.random.default_rng([1, 3]), edge=800, grade="none")
    assert verify(*recoloured(suit, 1)).relation == "variant"


@pytest.mark.parametrize("kind", ["sea", "lake"])
def test_another_colour_in_a_picture_of_one_tint_is_no_fading_of_colours(kind: str) -> None:
    blue = draw.scene(kind, np.random.default_rng([1, 7, 5]), (840, 600))
    assert verify(*recoloured(blue, 2)).relation == "variant"


def test_a_quarter_of_a_page_may_be_laid_by_the_error_of_its_fit() -> None:
    assert verify(paper("invoice", 1), paper("invoice", 1, "crop_25")).is_duplicate


def test_the_joints_of_a_wall_are_no_lettering_on_the_night_sky() -> None:
    """Two pages that show one text around two pictures."""
    pages = []
    for trade, number in (("claims", 5), ("photographs", 9)):
        region = draw.data()["regions"][trade][number]
        rng = np.random.default_rng([1, number])
        shown = draw.photograph(region["file"], region["box"], rng, edge=800, grade="none").convert("RGB")
        seed = zlib.crc32(f"{trade}-{number}".encode())
        pages.append(thumbnail(edits.edited_file(np.asarray(shown), "web_page", seed=seed)))
    assert not verify(*pages, hint="identity", thorough=False).is_duplicate
