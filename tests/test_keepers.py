"""Which image of a cluster is proposed to stay, and why, in words."""

import io
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from picture_files import encoded, photograph
from PIL import Image, ImageFilter
from test_clusters import facts, image

from workbench.dedup_settings import SHIPPED, load
from workbench.detail import inner_share, quantisation, true_share
from workbench.errors import BadValue
from workbench.keepers import RULES, Judge, propose

SHIPPED_RULES = load(SHIPPED.parent / "nowhere").keepers


def chosen(*images: dict[str, Any], rules: Any = SHIPPED_RULES) -> str:
    return propose(facts(*images), rules)[0]


@pytest.mark.parametrize(
    ("better", "worse", "rule", "word"),
    [
        ({"camera": True}, {}, "original", "camera"),
        ({"camera": True}, {"camera": True, "software": "Adobe Photoshop 25.0"}, "original", "Photoshop"),
        ({"camera": True}, {"camera": True, "derived": True}, "original", "made from"),
        ({}, {"software": "Adobe Photoshop 25.0"}, "unedited", "Photoshop"),
        ({"software": "Ver.1.02"}, {"derived": True}, "unedited", "made from"),
        ({"software": "Photoshop", "true_pixels": 40_000, "pixels": 40_000}, {}, "resolution", "more pixels"),
        ({"software": "Photoshop", "camera": True, "step": 3.0}, {"step": 12.0}, "compression", "less compressed"),
        ({"companions": 1}, {}, "companion", "same shot"),
        ({"made_over": 0.4}, {"made_over": 0.6, "true_pixels": 90_000}, "plain", "frame"),
        ({"true_pixels": 40_000, "pixels": 40_000, "width": 200}, {}, "resolution", "more pixels: 200 × 100"),
        ({}, {"true_pixels": 8_000, "pixels": 40_000, "width": 400}, "resolution", "blown up or framed to 400 × 100"),
        ({"step": 9.0}, {"step": 12.0}, "compression", "9.0 against 12.0"),
        (
            {"step": 9.0}, {"step": 12.0, "pixels": 80_000, "width": 400, "height": 200},
            "compression", "; the other is blown up: its 400 × 200 pixels show no more",
        ),
        ({}, {"mode": "P"}, "compression", "RGB against P"),
        ({"format": "PNG"}, {"step": 4.0}, "compression", "PNG against JPEG"),
        ({"values_embedded": 40}, {"values_embedded": 3}, "metadata", "40 values against 3"),
        ({"name": "IMG_1.jpg"}, {"name": "IMG_1 (2).jpg"}, "name", "IMG_1 (2).jpg"),
        ({"name": "a.jpg"}, {"name": "a - Copy.jpg"}, "name", "Copy"),
        ({"modified_at": datetime(2020, 1, 1)}, {}, "oldest", "changed last 2020-01-01"),
        (
            {"modified_at": datetime(2020, 1, 1, 0, 0, 0, 250_000)},
            {"modified_at": datetime(2020, 1, 1, 0, 0, 0, 750_000)},
            "oldest", "00.250000 against 2020-01-01 00:00:00.75",
        ),
        ({"path": "a"}, {"path": "folder/a"}, "path", "(a)"),
    ],
)  # fmt: skip
def test_each_rule_decides_where_nothing_before_it_does(
    better: dict[str, Any], worse: dict[str, Any], rule: str, word: str
) -> None:
    # The one that is better has the later id, so that it isn't kept by chance.
    alike = {"path": "p", "name": "p"}
    members = facts(image("1", **(alike | worse)), image("2", **(alike | better)))
    kept, [(decided, reason)] = propose(members, SHIPPED_RULES)
    assert (kept, decided) == ("2", rule)
    assert word in reason


def test_an_earlier_rule_outweighs_all_later_ones() -> None:
    original = image("a", camera=True, pixels=10, true_pixels=10, step=50.0, name="a (1).jpg", path="z/z/z")
    assert chosen(original, image("b", values_embedded=90, pixels=10**6, true_pixels=10**6)) == "a"


def test_what_is_nearly_equal_is_left_to_later_rules() -> None:
    assert chosen(image("a", true_pixels=10_000, step=12.0), image("b", true_pixels=9_800, step=9.0)) == "b"


def test_trusted_sources_and_folders_are_as_the_workspace_says() -> None:
    rules = [
        {"rule": "source", "order": ["archive", "web*"]},
        {"rule": "folder", "order": ["masters/*"]},
        *SHIPPED_RULES,
    ]
    images = [image("a", source="web 2", camera=True), image("b", source="archive"), image("c", source="else")]
    assert chosen(*images, rules=rules) == "b"
    assert chosen(image("a"), image("b", path="masters/b"), rules=rules) == "b"


def test_rules_can_be_reordered() -> None:
    pair = image("a", camera=True, true_pixels=10), image("b")
    assert chosen(*pair, rules=[{"rule": "original"}, {"rule": "resolution"}]) == "a"
    assert chosen(*pair, rules=[{"rule": "resolution"}, {"rule": "original"}]) == "b"


def test_without_rules_the_first_id_stays() -> None:
    assert propose(facts(image("b"), image("a")), []) == (
        "a",
        [("", "they are alike in everything that the rules look at")],
    )


@pytest.mark.parametrize(
    "rule",
    [
        {}, {"rule": "beauty"}, {"rule": "oldest", "than": 3}, {"rule": "resolution", "same_within": "little"},
        {"rule": "source", "order": "archive"}, {"rule": "name", "avoid": ["("]}, {"rule": 3},
    ],
)  # fmt: skip
def test_mistakes_in_rules_are_said(rule: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        Judge(facts(image("a"), image("b")), [rule])


@given(st.permutations(range(6)), st.lists(st.integers(1, 50), min_size=6, max_size=6))
def test_the_keeper_does_not_depend_on_the_order(order: list[int], sizes: list[int]) -> None:
    images = [image(f"{i}", true_pixels=size * 100, pixels=size * 100) for i, size in enumerate(sizes)]
    assert chosen(*images) == chosen(*(images[i] for i in order))


def test_every_rule_says_something_about_nothing() -> None:
    nothing = image("a", width=None, height=None, pixels=None, true_pixels=None, mode=None, modified_at=None)
    assert all(rule.says(facts(nothing, nothing | {"image_id": "b"}), 0, 1) for rule in RULES.values())


# -- what a picture really holds


def grey(picture: Image.Image, quality: int = 90) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality))).convert("L"))


def textured(side: int = 400) -> Image.Image:
    """A picture with detail down to its pixels, falling off as that of photographs does."""
    chance = np.random.default_rng(3)
    spectrum = np.fft.fft2(chance.normal(size=(side, side)))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = 1
    picture = np.fft.ifft2(spectrum / frequency).real
    low, high = np.percentile(picture, [1, 99])
    return Image.fromarray(np.clip((picture - low) / (high - low) * 255, 0, 255).astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize("times", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("how", [Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
def test_a_blown_up_picture_uses_less_of_its_resolution(times: float, how: Image.Resampling) -> None:
    def share(picture: Image.Image) -> float:
        return true_share(grey(picture, quality=90), quantisation(encoded(picture, "JPEG", quality=90)))

    # As soft as a lens makes it: of what is sharper, enlarging leaves echoes beyond what the picture has.
    small = textured().filter(ImageFilter.GaussianBlur(1.2))
    large = small.resize((round(small.width * times), round(small.height * times)), how)
    assert share(large) * times == pytest.approx(share(small), rel=0.2)


@pytest.mark.parametrize("quality", [60, 90])
def test_what_coding_leaves_is_not_taken_for_detail(quality: int) -> None:
    picture = textured().filter(ImageFilter.GaussianBlur(2))
    step = quantisation(encoded(picture, "JPEG", quality=quality))
    assert true_share(grey(picture, quality=quality), step) < 0.8 * true_share(grey(picture, quality=quality))


def test_made_smaller_or_squeezed_it_uses_all_of_it() -> None:
    picture = textured()
    assert true_share(grey(picture.resize((200, 200), Image.Resampling.LANCZOS))) > 0.9
    assert true_share(grey(picture, quality=20)) > 0.8


@pytest.mark.parametrize("shape", [(1, 1), (63, 900), (200, 200)])
def test_small_and_plain_pictures_are_not_judged(shape: tuple[int, int]) -> None:
    assert true_share(np.full(shape, 90, np.uint8)) == 1.0


def test_a_border_is_not_counted() -> None:
    picture = np.asarray(photograph(200, 100).convert("L"))
    framed = np.pad(picture, ((50, 50), (100, 100)), constant_values=255)
    assert inner_share(framed) == pytest.approx(inner_share(picture) / 4, rel=0.05)
    assert inner_share(np.zeros((40, 40), np.uint8)) == 0


@given(st.integers(1, 100))
def test_quantisation_is_that_of_the_quality_it_was_saved_in(quality: int) -> None:
    picture = Image.new("RGB", (16, 16), (90, 60, 30))
    coarse = quantisation(encoded(picture, "JPEG", quality=quality))
    fine = quantisation(encoded(picture, "JPEG", quality=min(100, quality + 10)))
    assert coarse is not None
    assert fine is not None
    assert coarse >= fine >= 1


@given(st.binary(max_size=300))
def test_quantisation_of_rubbish_is_unknown_or_a_number(data: bytes) -> None:
    found = quantisation(b"\xff\xd8" + data)
    assert found is None or found >= 0
