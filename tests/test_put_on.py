"""What was put on a picture is told from what was changed in it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from seen_pictures import original

from workbench import features, put_on

HIGH, WIDE = 175, 256
RED, WHITE = (225, 25, 25), (255, 255, 255)


def picture() -> Image.Image:
    return Image.fromarray(features.resize(original(0), (WIDE, HIGH)))


def page(text: str = "") -> Image.Image:
    blank = Image.new("RGB", (WIDE, HIGH), (250, 248, 244))
    ImageDraw.Draw(blank).text((30, 60), text, fill=(30, 40, 120), font_size=44)
    return blank


def drawn(kind: str) -> Image.Image:
    made = picture()
    pen = ImageDraw.Draw(made)
    if kind == "ring":
        pen.ellipse((90, 50, 160, 120), outline=RED, width=4)
    elif kind == "word":
        pen.text((30, 60), "SOLD OUT", fill=WHITE, font_size=44)
    elif kind == "bar":
        pen.rectangle((0, HIGH - 24, WIDE, HIGH), fill=(20, 20, 28))
    elif kind == "badge":
        pen.ellipse((WIDE - 45, 5, WIDE - 8, 42), fill=RED)
    elif kind == "patch":
        pen.rectangle((90, 50, 150, 110), fill=RED)
    return made


def found(one: Image.Image, other: Image.Image) -> tuple[put_on.PutOn, np.ndarray]:
    a, b = (np.asarray(x, np.float32) for x in (one, other))
    off = features.grown(np.abs(a - b).max(2) > 25, 1)
    return put_on.find(a, b, off, np.ones(off.shape, bool)), off


@pytest.mark.parametrize(("kind", "where"), [("ring", 2), ("word", 2), ("bar", 0), ("badge", 1)])
def test_what_was_put_on_is_found_whichever_has_it(kind: str, where: int) -> None:
    for pair in ((picture(), drawn(kind)), (drawn(kind), picture())):
        what, off = found(*pair)
        assert (what[where] & off).sum() > 0.9 * off.sum()


def barred(ground: tuple[int, int, int] = (20, 20, 28)) -> np.ndarray:
    made = picture()
    ImageDraw.Draw(made).rectangle((0, 0, WIDE, 39), fill=ground)
    ImageDraw.Draw(made).text((80, 5), "SALE", fill=WHITE, font_size=28)
    return np.asarray(made, np.float32)


@pytest.mark.parametrize("turned", range(4))
def test_a_bar_is_found_by_its_seam_in_whatever_tones(turned: int) -> None:
    bare = 40 + 0.7 * np.asarray(picture(), np.float32)
    for pair in ((bare, barred()), (barred(), bare)):
        laid = [np.ascontiguousarray(np.rot90(x, turned)) for x in pair]
        where = np.rot90(put_on.bars(*laid, np.ones(laid[0].shape[:2], bool)), -turned)
        assert where[:40].all()
        assert not where[43:].any()


def test_a_band_that_both_show_was_not_put_on() -> None:
    """The ground above a table's edge, on which a thing stands in one of two pictures."""
    one, other = barred(), barred()
    one[5:38, 60:190] = other[90:123, 60:190]
    assert not put_on.bars(one, other, np.ones(one.shape[:2], bool)).any()


def test_a_patch_in_the_middle_was_changed() -> None:
    what, off = found(picture(), drawn("patch"))
    assert off.sum() > 1000
    assert not what.anywhere.any()


def test_a_word_for_a_word_was_changed() -> None:
    assert not found(page("PARIS"), page("LONDON"))[0].anywhere.any()


def test_writing_on_paper_is_what_the_paper_says() -> None:
    assert not found(page(), page("Anna Weber"))[0].anywhere.any()


def test_one_ink_explains_itself() -> None:
    a, b = (np.asarray(x, np.float32) for x in (picture(), drawn("word")))
    ink, part = put_on.ink_of(a, b, np.abs(a - b).max(2) > 25)
    assert part > 0.95
    assert np.abs(ink - 255).max() < 20


def test_where_nothing_differs_nothing_was_put_on() -> None:
    assert not found(picture(), picture())[0].anywhere.any()
