"""How many features agree on how one picture lies on another: in copies many, in strangers hardly any."""

import numpy as np
import pytest
from seen_pictures import copy, lookalikes, original

from workbench import features
from workbench.comparing import PLAIN, packed
from workbench.features import Features, Pixels
from workbench.shared_spots import Spots, agreeing, lying, pack, spots_of, unpack


def spots(picture: Pixels, *, mirrored: bool = False) -> Spots:
    seen = np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture
    found = features.extract(seen, most=300)
    both = unpack(pack(found, found))
    assert both is not None
    return spots_of(both[0])


@pytest.mark.parametrize(
    "kind", ["crop_50", "crop_watermark", "collage_2x2", "screenshot", "rotate_5", "rotate_90", "watermark", "jpeg_q10"]
)
def test_copies_agree(kind: str) -> None:
    for number in range(3):
        assert agreeing(spots(copy(number, kind)), spots(original(number))) >= 4


def test_a_mirrored_copy_agrees_with_the_mirror_image() -> None:
    one, other = spots(original(0)), copy(0, "mirror_crop")
    assert agreeing(spots(other, mirrored=True), one) > 2 * agreeing(spots(other), one)


def test_which_way_it_lies_is_told_where_it_is_clear() -> None:
    one, other = copy(0, "mirror_crop"), copy(0, "crop_75")
    for picture, mirrored in ((one, True), (other, False)):
        agree, told = lying((spots(picture), spots(picture, mirrored=True)), spots(original(0)))
        assert agree >= 4
        assert told is mirrored
    empty = spots(np.full((60, 60, 3), 90, np.uint8))
    assert lying((empty, empty), spots(original(0))) == (0, False)


def test_what_is_faint_in_a_plain_picture_is_described() -> None:
    plain = (128 + (original(0).astype(int) - 128) // 16).astype(np.uint8)
    assert len(features.extract(plain).points) < PLAIN
    both = [unpack(packed(picture)) for picture in (plain, plain[:, 20:])]
    (one, _), (other, _) = (spots for spots in both if spots is not None)
    assert len(one.places) > 1.5 * PLAIN
    assert agreeing(spots_of(one), spots_of(other)) >= 10


def test_strangers_agree_on_little() -> None:
    said = [agreeing(spots(original(a)), spots(original(b))) for a in range(6) for b in range(a)]
    assert sorted(said)[len(said) // 2] <= 3


def test_lookalikes_agree_as_copies_do() -> None:
    one, other = lookalikes("colours")
    assert agreeing(spots(one), spots(other)) >= 4


def test_it_hardly_depends_on_which_is_asked_about() -> None:
    one, other = spots(original(1)), spots(copy(1, "crop_50"))
    there, back = agreeing(one, other), agreeing(other, one)
    assert abs(there - back) <= 0.2 * max(there, back)


def test_pictures_without_features_agree_on_nothing() -> None:
    empty = features.extract(np.full((60, 60, 3), 90, np.uint8))
    assert not len(empty.points)
    both = unpack(pack(empty, empty))
    assert both is not None
    nothing, something = spots_of(both[0]), spots(original(0))
    assert agreeing(nothing, something) == agreeing(something, nothing) == agreeing(nothing, nothing) == 0


def test_a_repeated_word_says_nothing() -> None:
    found = features.extract(original(0), most=1)
    same = Features(
        np.repeat(found.points, 9, 0), np.repeat(found.scales, 9), np.repeat(found.angles, 9),
        np.repeat(found.descriptors, 9, 0), found.size,
    )  # fmt: skip
    both = unpack(pack(same, same))
    assert both is not None
    assert agreeing(spots_of(both[0]), spots_of(both[0])) == 0
