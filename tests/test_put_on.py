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


@pytest.mark.parametrize(("ink", "is_put_on"), [((255, 140, 30), True), ((178, 34, 34), False), ((60, 60, 60), False)])
def test_bright_ink_on_paper_was_put_on_and_a_stamp_was_not(ink: tuple[int, int, int], is_put_on: bool) -> None:
    """However thin it is: that a date shines is said by the way it takes the paper's colour."""
    dated = page()
    ImageDraw.Draw(dated).text((20, 60), "12  3 '09", fill=ink, font_size=40)
    thin = Image.blend(page(), dated, 0.35)
    assert found(page(), thin)[0].strokes.any() == is_put_on


@pytest.mark.parametrize("at", [(90, 50), (20, 90)])
def test_a_thin_ring_over_many_colours_was_put_on(at: tuple[int, int]) -> None:
    """Over sky, hills and a shoe, and half of each of its pixels theirs: no pixel of it shows its ink."""
    ringed = picture().resize((2 * WIDE, 2 * HIGH))
    ImageDraw.Draw(ringed).ellipse((2 * at[0], 2 * at[1], 2 * at[0] + 140, 2 * at[1] + 140), outline=RED, width=4)
    what, off = found(picture(), ringed.resize((WIDE, HIGH)))
    assert (what.strokes & off).sum() > 0.9 * off.sum() > 200


def gravel(colour: tuple[int, int, int] | None, *, date: bool = False) -> np.ndarray:
    """A grey picture full of stones, and a ring or a date drawn on it."""
    stones = np.random.default_rng(3).uniform(40, 220, (HIGH // 5, WIDE // 5))
    made = Image.fromarray(stones.astype(np.uint8)).resize((WIDE, HIGH)).convert("RGB")
    pen = ImageDraw.Draw(made)
    if colour and date:
        pen.text((90, 70), "12  3 '09", fill=colour, font_size=15)
    elif colour:
        pen.ellipse((90, 50, 160, 120), outline=colour, width=3)
    return np.asarray(made, np.float32)


@pytest.mark.parametrize("date", [True, False])
def test_a_colour_in_a_grey_picture_was_put_on_however_much_is_around_it(date: bool) -> None:
    bare, on = gravel(None), gravel((255, 110, 30), date=date)
    grey = np.repeat(on.mean(2, keepdims=True), 3, 2)  # as it is in the other one's tones
    off = features.grown(np.abs(bare - on).max(2) > 25, 1)
    for pair, raw in (((bare, grey), (bare, on)), ((grey, bare), (on, bare))):
        what = put_on.find(*pair, off, np.ones(off.shape, bool), raw)
        assert (what.anywhere & off).sum() > 0.9 * off.sum()


def test_what_is_grey_in_the_one_and_coloured_in_the_other_was_painted() -> None:
    grey, red = gravel((110, 110, 110), date=True), gravel((230, 20, 20), date=True)
    off = features.grown(np.abs(grey - red).max(2) > 25, 1)
    assert not put_on.find(grey, red, off, np.ones(off.shape, bool)).anywhere.any()


def typed(white: str = "", *, rubbed_out: bool = False) -> np.ndarray:
    """A typed page of grey paper, white lettering half through it, or a number rubbed out of it."""
    sheet = Image.new("RGB", (2 * WIDE, 2 * HIGH), (241, 240, 236))
    pen = ImageDraw.Draw(sheet)
    for line in range(7):
        pen.text((30, 40 * line + 20), "Received on time: 4711 08 15 and 32168", fill=(40, 40, 44), font_size=22)
    if rubbed_out:
        pen.rectangle((230, 130, 290, 170), fill=(241, 240, 236))
    if white:
        ink = Image.new("L", sheet.size)
        ImageDraw.Draw(ink).text((60, 100), white, fill=150, font_size=110)
        sheet.paste(WHITE, (0, 0), ink)
    return np.asarray(sheet.resize((WIDE, HIGH)), np.float32)


def test_white_on_paper_is_told_from_what_was_rubbed_out() -> None:
    for changed, is_put_on in ((typed("NORD"), True), (typed(rubbed_out=True), False)):
        off = np.abs(typed() - changed).max(2) > 40
        assert off.sum() > 50
        for pair in ((typed(), changed), (changed, typed())):
            what = put_on.find(*pair, off, np.ones(off.shape, bool))
            assert (what.strokes & off).sum() > 0.9 * off.sum() if is_put_on else not what.anywhere.any()


@pytest.mark.parametrize(("ink", "strength", "is_put_on"), [("white", 110, True), ("black", 255, False)])
def test_light_lettering_all_over_stones_was_put_on(ink: str, strength: int, is_put_on: bool) -> None:
    """It has no outlines of its own among theirs; of dark words that aren't there, all that's brighter was dark."""
    stones = Image.fromarray(gravel(None).astype(np.uint8))
    marks = Image.new("L", stones.size)
    for y in range(5, HIGH, 25):
        for x in range(-(y % 2) * 30, WIDE, 64):
            ImageDraw.Draw(marks).text((x, y), "preview", fill=strength, font_size=13)
    marked = stones.copy()
    marked.paste(ink, (0, 0), marks)
    bare, on = (np.asarray(x, np.float32) for x in (stones, marked))
    off = features.grown(np.abs(bare - on).max(2) > 20, 1)
    for pair in ((bare, on), (on, bare)):
        assert put_on._is_all_over(*pair, off, np.ones(off.shape, bool)) == is_put_on


def test_one_ink_explains_itself() -> None:
    a, b = (np.asarray(x, np.float32) for x in (picture(), drawn("word")))
    ink, part = put_on.ink_of(a, b, np.abs(a - b).max(2) > 25)
    assert part > 0.95
    assert np.abs(ink - 255).max() < 20


def test_where_nothing_differs_nothing_was_put_on() -> None:
    assert not found(picture(), picture())[0].anywhere.any()


def test_the_ink_of_a_thin_stroke_is_what_its_steps_lead_to() -> None:
    """No pixel of it has the ink's own colour: thumbnails make it half ground, of more than one colour."""
    bare = np.zeros((60, 60, 3), np.float32)
    bare[:, :30], bare[:, 30:] = (40, 90, 200), (230, 220, 60)
    part = np.zeros((60, 60, 1), np.float32)
    part[28:31], part[29] = 0.25, 0.6
    on = bare + part * (np.float32([230, 20, 20]) - bare)
    ink, explained = put_on.ink_of(bare, on, part[..., 0] > 0, is_alone=True)
    assert explained > 0.99
    assert np.abs(ink - [230, 20, 20]).max() < 30
