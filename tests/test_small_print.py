"""Print that is too small to be seen in thumbnails: forms with other numbers, and copies of the same form."""

from __future__ import annotations

import functools
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded
from PIL import Image, ImageDraw, ImageFont
from seen_pictures import FAMILIES
from small_collections import fill, image_ids

import workbench as wb
from workbench import comparing, edits, small_print, verification
from workbench.comparing import Comparison, Shown, _large, compare, compare_turned
from workbench.features import Pixels
from workbench.verification import Verdict

WHOLE = np.eye(3)


@functools.cache
def forms(seed: int = 9) -> list[Pixels]:
    """Three scans of one form that is filled in by typewriter: two numbers differ."""
    drawn = itertools.islice(FAMILIES["form_values"](np.random.default_rng([seed, 0])), 3)
    return [np.asarray(one.convert("RGB")) for one in drawn]


def png(picture: Pixels) -> bytes:
    return encoded(Image.fromarray(picture), "PNG")


def saved(picture: Pixels) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(edits.encoded(picture))))


def laid(one: Pixels, other: Pixels) -> Verdict:
    """How they lie on each other, as seen from their thumbnails."""
    return verification.verify(*(thumbnail(each) for each in (one, other)))


def confirmed(verdict: Verdict, one: Pixels, other: Pixels) -> Verdict:
    return verification.confirm(verdict, thumbnail(one), thumbnail(other), *grey(one, other))


def grey(*pictures: Pixels) -> list[Pixels]:
    return [np.asarray(Image.fromarray(picture).convert("L")) for picture in pictures]


def thumbnail(picture: Pixels) -> Pixels:
    small = Image.fromarray(picture)
    small.thumbnail((320, 320))
    return np.asarray(small)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (1, 2)])
def test_other_numbers_are_seen_at_the_size_of_the_files(one: int, other: int) -> None:
    a, b = forms()[one], forms()[other]
    matrix = laid(a, b).evidence["homography"]
    assert verification.other_print(*grey(a, b), matrix) > small_print.LIMIT
    assert verification.other_print(*grey(b, a), np.linalg.inv(matrix)) > small_print.LIMIT


@pytest.mark.parametrize(
    "kind",
    ["jpeg_q10", "resize_50", "rotate_90", "rotate_5", "blur", "grey", "darker", "noise", "border_white", "sepia"],
)
def test_the_same_numbers_are_the_same_print(kind: str) -> None:
    original = forms()[0]
    copy = edits.edited(original, kind, seed=3)
    verdict = laid(original, copy)
    assert verdict.is_duplicate, verdict.evidence
    assert verification.other_print(*grey(original, copy), verdict.evidence["homography"]) < small_print.LIMIT


@pytest.mark.parametrize("kind", ["marked", "date_stamp"])
def test_what_was_drawn_on_is_no_other_print(kind: str) -> None:
    """A thin ring over wood or stones stands where something else stands in the other picture."""
    grain = np.random.default_rng(4).uniform(30, 225, (256, 340)).astype(np.uint8)
    stones = np.asarray(Image.fromarray(grain).resize((1360, 1024)).convert("RGB"))
    copy = edits.edited(stones, kind, seed=3)
    verdict = laid(stones, copy)
    assert verdict.relation == "fuzzy", verdict.evidence
    assert confirmed(verdict, stones, copy).is_duplicate


@pytest.mark.parametrize("kind", ["inset", "headline", "logo"])
def test_print_is_compared_beside_what_was_put_on(kind: str) -> None:
    """A picture in the corner of a form is no reason to leave its numbers unread."""
    one, other = forms()[:2]
    for form, is_copy in ((one, True), (other, False)):
        copy = edits.edited(form, kind, seed=3, others=[np.full((90, 120, 3), (40, 90, 60), np.uint8)])
        assert confirmed(laid(one, copy), one, copy).is_duplicate == is_copy


def test_where_nothing_is_printed_nothing_differs() -> None:
    plain = np.full((600, 600, 3), 240, np.uint8)
    assert verification.other_print(*grey(plain, plain), WHOLE) == 0
    noise = np.random.default_rng(1).integers(0, 255, (2, 600, 600, 3)).astype(np.uint8)
    assert verification.other_print(*grey(*noise), WHOLE) == 0, "half of it must agree for the rest to say anything"
    nowhere = np.array([[1, 0, 5.0], [0, 1, 5], [0, 0, 1]])
    assert verification.other_print(*grey(plain, plain), nowhere) == 0


@pytest.mark.parametrize("height", [1, 95, 96, 97, 400])
def test_pieces_of_a_picture_are_compared_as_the_whole_is(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (x[:height].astype(np.float32) for x in grey(*forms()[:2]))
    known = np.ones(one.shape, np.bool_)
    in_pieces = [*small_print._as_they_lie(one, other), small_print._steepness(one, known)]
    monkeypatch.setattr(small_print, "_BAND", 10_000)
    at_once = [*small_print._as_they_lie(one, other), small_print._steepness(one, known)]
    for piecewise, whole in zip(in_pieces, at_once, strict=True):
        np.testing.assert_allclose(piecewise, whole, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("edge", "format"), [(3000, "JPEG"), (1200, "JPEG"), (2600, "PNG"), (900, "PNG")])
def test_files_are_read_upright_and_as_large_as_print_needs(edge: int, format: str) -> None:
    page = Image.fromarray(forms()[0]).resize((edge, edge // 2))
    lying = page.transpose(Image.Transpose.ROTATE_90)
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    lying.save(out, format, exif=exif)
    found = small_print.readable(out.getvalue())
    assert found.shape[1] == min(edge, small_print.EDGE)
    wanted = np.asarray(page.convert("L").resize(found.shape[::-1], Image.Resampling.BOX), np.float32)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.95


@pytest.fixture
def ws(tmp_path: Path) -> wb.Bench:
    a, b = forms()[:2]
    files = {
        "a.png": png(a),
        "b.png": png(b),
        "copy.jpg": edits.encoded(a, quality=60),
    }
    fill(tmp_path / "claims", files)
    made = wb.open(tmp_path / "ws", actor="ann")
    made.scan(tmp_path / "claims", progress=False, workers=1)
    return made


def shown(ws: wb.Bench, path: str, *, uri: str | None = None) -> Shown:
    row = ws.sql("select checksum, uri from image_facts where path = ?", [path]).iloc[0]
    small = ws.thumbnails.get_many([row["checksum"]])
    return Shown(row["checksum"], row["uri"] if uri is None else uri, small[row["checksum"]])


def test_thumbnails_propose_and_files_decide(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    agreeing = Verdict("fuzzy", 0.9, {"homography": WHOLE.tolist(), "overlaid": 0.0, "agreement": 1.0,
                                      "covers_a": 1.0, "covers_b": 1.0, "because": ""})  # fmt: skip
    monkeypatch.setattr(verification, "verify", lambda *pair, **how: agreeing)
    # Two scans lie a little askew of each other: say how, as verification would.
    agreeing.evidence["homography"] = _askew()
    other = Comparison(shown(ws, "a.png"), shown(ws, "b.png"), "identity", None)
    for verdict in (compare(other), compare_turned(other)):
        assert isinstance(verdict, Verdict)
        assert (verdict.relation, verdict.score < 0.5) == ("variant", True)
        assert verdict.evidence["other_print"] > small_print.LIMIT
        assert "small print" in verdict.evidence["because"]
    agreeing.evidence["homography"] = WHOLE.tolist()
    same = Comparison(shown(ws, "a.png"), shown(ws, "copy.jpg"), "identity", None)
    assert compare(same).relation == "fuzzy"  # type: ignore[union-attr]  # both can be read
    thumbnail_only = Comparison(shown(ws, "a.png"), shown(ws, "b.png", uri=""), "identity", None)
    assert compare(thumbnail_only).relation == "fuzzy"  # type: ignore[union-attr]  # likewise
    ws.close()


def _askew() -> list[list[float]]:
    found = laid(*forms()[:2]).evidence["homography"]
    return [list(map(float, row)) for row in found]


def test_what_is_as_small_as_its_thumbnail_shows_no_more(tmp_path: Path) -> None:
    (tmp_path / "small.png").write_bytes(png(forms()[0][:300, :300]))
    assert _large(Shown("x", (tmp_path / "small.png").as_uri(), None)) is None
    assert _large(Shown("y", (tmp_path / "gone.png").as_uri(), None)) is None
    assert _large(Shown("z", "", None)) is None


def test_forms_in_a_collection_are_variants(ws: wb.Bench) -> None:
    ws.find_duplicates(["fuzzy"], progress=False)
    ids = {image_id: path for path, image_id in image_ids(ws).items()}
    pairs = ws.sql("select image_a, image_b, relation from duplicate_pairs")
    said = {frozenset((ids[a], ids[b])): relation for a, b, relation in pairs.to_numpy()}
    assert said[frozenset(("a.png", "copy.jpg"))] == "fuzzy"
    assert said.get(frozenset(("a.png", "b.png")), "variant") == "variant"
    ws.close()


def test_arriving_bytes_are_looked_at_like_a_file(
    ws: wb.Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    agreeing = Verdict("fuzzy", 0.9, {"homography": _askew(), "overlaid": 0.0, "agreement": 1.0,
                                      "covers_a": 1.0, "covers_b": 1.0, "because": ""})  # fmt: skip
    monkeypatch.setattr(verification, "verify", lambda *pair, **how: agreeing)
    data = edits.encoded(forms()[0], quality=95)
    (tmp_path / "arriving.jpg").write_bytes(data)
    for arriving in (data, tmp_path / "arriving.jpg"):
        found = {match.path: match.relation for match in ws.check(arriving).of}
        assert found.get("b.png") == "variant", found
    ws.close()


def test_no_bytes_stay_with_what_is_remembered() -> None:
    """Thousands of pictures are remembered by a process that answers for arriving ones; their files are not."""
    held = Shown("checksum", "", edits.encoded(forms()[0][:320, :320]), b"the whole file")
    assert comparing._look(held, None).picture.shape == (320, 320, 3)
    before = comparing._remembered.cache_info().misses
    comparing._look(held._replace(held=None), None)
    assert comparing._remembered.cache_info().misses == before


def page(*lines: str, lower: int = 0) -> Pixels:
    """A page of one letterhead, its print `lower` than on another one."""
    sheet = Image.new("L", (640, 900), 250)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(22)
    for row, line in enumerate(("Harbour & Vale Insurance", "14 Quay Street, Whitby", *lines)):
        pen.text((60, 60 + 42 * row + (lower if row > 1 else 0)), line, 30, font=font)
    return np.asarray(sheet.convert("RGB"))


LETTERS = (
    [f"We will pay the costs of room {n} within ten days." * (n % 4 != 3) for n in range(14)],
    [f"Order {7 * n} of {n} bricks:    {31 * n}.50" * (n % 4 != 1) for n in range(14)],
)


@pytest.mark.parametrize("kind", ["blur", "jpeg_q20", "noise", "pixelate"])
def test_a_page_of_the_same_letterhead_is_another_whatever_seems_to_have_been_written_over_it(kind: str) -> None:
    """Its words lie on the other's like lettering that was put on: but either has words where the other has none."""
    letter, order = (page(*lines) for lines in LETTERS)
    everywhere = np.ones(letter.shape[:2], np.bool_)
    for other, is_same in ((letter, True), (order, False)):
        pair = (x.astype(np.float32) for x in grey(letter, edits.edited(other, kind, seed=3)))
        found = small_print.compared(*pair, everywhere, strokes=everywhere).windows
        assert (found < small_print.LIMIT) == is_same


def test_print_that_lies_a_little_lower_is_the_same() -> None:
    first, moved, other = page(*LETTERS[0]), page(*LETTERS[0][:8], lower=9), page(*LETTERS[1][:1], lower=9)
    everywhere = np.ones(first.shape[:2], np.bool_)
    one, *others = (x.astype(np.float32) for x in grey(first, moved, other))
    for piece, is_same in zip(others, (True, False), strict=True):
        mixed = one.copy()
        mixed[142:226] = piece[142:226]
        assert (small_print.compared(one, mixed, everywhere).windows < small_print.LIMIT) == is_same


@pytest.mark.parametrize("seed", [0, 2])
def test_tissue_in_few_colours_is_the_same_tissue(seed: int) -> None:
    """On a slide under the microscope something stands everywhere: a piece that is coarsened is no other character."""
    rng, slide = np.random.default_rng(seed), np.full((800, 800), 128.0)
    for cells, strength in ((16, 18), (40, 26), (90, 26), (200, 14)):
        speckled = Image.fromarray(rng.normal(0, strength, (cells, 2 * cells)).astype(np.float32))
        slide += np.asarray(speckled.resize((800, 800), Image.Resampling.BICUBIC))
    tissue = np.dstack([np.clip(slide, 0, 255).astype(np.uint8)] * 3)
    copy = edits.edited(tissue, "palette_16", seed=3)
    assert verification.other_print(*grey(tissue, copy), WHOLE) < small_print.LIMIT


@pytest.mark.parametrize("kind", ["jpeg_q30", "crop_90", "mirror"])
def test_a_digit_of_a_label_is_seen_in_edited_copies(kind: str) -> None:
    """A 5 and a 6 are alike but for one short stroke, and a label takes up a twentieth of the picture."""
    drawn = itertools.islice(FAMILIES["vintages"](np.random.default_rng([1, 1])), 6)
    labels = [np.asarray(one.convert("RGB")) for one in drawn]
    copies = [edits.edited(one, kind, seed=3) for one in labels]
    for (i, label), (j, copy) in itertools.product(enumerate(labels), enumerate(copies)):
        verdict = laid(label, copy)
        assert (verdict.is_duplicate and confirmed(verdict, label, copy).is_duplicate) == (i == j)


def test_a_digit_of_a_label_is_seen_where_it_is_nine_pixels_high() -> None:
    drawn = itertools.islice(FAMILIES["vintages"](np.random.default_rng([1, 11])), 3, 5)
    labels = [saved(np.asarray(one.convert("RGB"))) for one in drawn]
    small = saved(edits.edited(labels[1], "resize_50", seed=3))
    for label, is_same in zip(labels, (False, True), strict=True):
        assert (verification.other_print(*grey(label, small), WHOLE) < small_print.LIMIT) == is_same


@pytest.mark.parametrize("wider", [0.006, 0.01])
def test_a_digit_of_a_label_is_seen_where_it_is_laid_loosely(wider: float) -> None:
    """By their thumbnails a crop and its original lie on each other a pixel or two off: nothing stands out of that."""
    drawn = itertools.islice(FAMILIES["vintages"](np.random.default_rng([1, 86])), 3, 6)
    label, _, other = (np.asarray(one.convert("RGB")) for one in drawn)
    matrix = np.array([[1 + wider, 0, -wider / 2], [0, 1 + wider, -wider / 2], [0, 0, 1]])
    assert verification.other_print(*grey(label, other), matrix) > small_print.LIMIT
    assert verification.other_print(*grey(label, saved(label)), matrix) < small_print.LIMIT
