"""The tagging form as a person meets it: the real module in a real browser, the real widget, a real workspace."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tagged_collection import ids, shown, workspace
from waiting import until

import workbench as wb
from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT
from workbench.errors import BadValue, NotFound
from workbench.events import Draft
from workbench.widgets.tag_form import TagForm

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

TITLE, WORDS, COUNTRY, CITY = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Country", "Xmp.photoshop.City"
DATE, HEADLINE, RATING = "Xmp.photoshop.DateCreated", "Xmp.photoshop.Headline", "Xmp.xmp.Rating"

ON_SCREEN = """([form, image]) => {
  const root = document.querySelector(".wb-tag"), picture = root?.querySelector(".wb-tag-image");
  return root?.dataset.image === image && picture?.dataset.id === image && picture.complete && picture.naturalWidth > 0;
}"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("form"), 12, large=True)
    made.close()
    return made.folder


@pytest.fixture
def form(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    """The form on the first of twelve images, the next one fetched."""
    made = host(lambda: TagForm(ws, "shop"))
    there(page, ids(ws)[0])
    return made


def there(page: Any, image_id: str) -> None:
    page.wait_for_function(ON_SCREEN, arg=["", image_id])


def box(page: Any, field: str, lang: str | None = None) -> Any:
    part = f'[data-lang="{lang}"]' if lang else "input:not(.wb-add-lang), textarea, select"
    return page.locator(f'.wb-tag-field[data-key="{field}"]').locator(part).first


def field(page: Any, key: str) -> Any:
    return page.locator(f'.wb-tag-field[data-key="{key}"]')


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Any) -> None:
    page.locator(".wb-tag-status", has_text="Saved").wait_for()


def says(page: Any, words: str) -> None:
    page.locator(".wb-tag-status", has_text=words).wait_for()


# ── entering ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_ten_images_cost_no_key_more_than_typing_and_one_each(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    everything, keys = ids(ws), 0
    box(page, HEADLINE).click()
    for image in everything[:10]:
        there(page, image)
        for letter in f"shirt {image[0]}":
            press(page, letter)
            keys += 1
        press(page, "Control+Enter")
        keys += 1
    there(page, everything[10])
    assert keys == 10 * (len("shirt x") + 1)
    assert [shown(ws, one, HEADLINE) for one in everything[:10]] == [
        [(None, f"shirt {one[0]}")] for one in everything[:10]
    ]
    assert page.evaluate("window.leaked") == []


def test_typing_replaces_what_was_there_on_the_next_image(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, TITLE, "x-default").click()
    for text in ("one", "two"):
        press(page, "Control+a", *text, "Control+Enter") if text == "one" else press(page, *text, "Control+Enter")
        there(page, ids(ws)[1 if text == "one" else 2])
    assert shown(ws, ids(ws)[1], TITLE) == [("x-default", "two")]


def test_what_was_typed_last_is_said_to_be_saved_on_the_next_image(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, CITY).click()
    press(page, *"Tbilisi", "Control+Enter")
    there(page, ids(ws)[1])
    saved(page)
    assert shown(ws, ids(ws)[0], CITY) == [(None, "Tbilisi")]


def test_typing_is_saved_without_a_key(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, CITY).fill("Tbilisi")
    saved(page)
    until(lambda: shown(ws, ids(ws)[0], CITY) == [(None, "Tbilisi")])
    assert field(page, CITY).locator(".wb-origin").inner_text() == "entered by ann"


def test_reloaded_page_and_new_form_show_what_was_saved(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, CITY).fill("Tbilisi")
    box(page, TITLE, "ar").fill("قميص")  # leaving a field saves it
    saved(page)
    press(page, "Control+Enter")
    there(page, ids(ws)[1])
    form.open()
    there(page, ids(ws)[1])
    page.locator(".wb-tag").focus()
    press(page, "Alt+ArrowLeft")
    there(page, ids(ws)[0])
    assert box(page, CITY).input_value() == "Tbilisi"
    assert box(page, TITLE, "ar").input_value() == "قميص"
    assert box(page, TITLE, "ar").get_attribute("dir") == "rtl"


def test_save_that_gets_lost_is_sent_again(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    lost: list[str] = []
    form.lose = lambda asked: asked["command"] == "set" and not lost and not lost.append(asked["id"])  # type: ignore[func-returns-value]  # list.append tells None
    box(page, CITY).fill("Tbilisi")
    until(lambda: bool(lost))
    box(page, CITY).fill("Batumi")
    saved(page)
    assert shown(ws, ids(ws)[0], CITY) == [(None, "Batumi")]


def test_chips_by_key(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, WORDS).click()
    press(page, *"summer", "Enter", *"a,b,", "Backspace")
    assert field(page, WORDS).locator(".wb-chip").all_inner_texts() == ["shirt", "linen", "summer", "a"]
    press(page, *"leinenh")
    field(page, WORDS).locator(".wb-terms li").first.wait_for()
    press(page, "ArrowDown", "Enter")
    saved(page)
    until(
        lambda: [value for _, value in shown(ws, ids(ws)[0], WORDS)] == ["shirt", "linen", "summer", "a", "linen shirt"]
    )
    assert page.evaluate("window.leaked") == []


def test_choice_takes_the_first_term_that_fits(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, COUNTRY).fill("")
    press(page, *"geor")
    field(page, COUNTRY).locator('.wb-terms li[aria-selected="true"]').wait_for()
    press(page, "Enter")
    assert box(page, COUNTRY).input_value() == "Georgia"


def test_date_in_words_and_one_key_to_write_it_right(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, DATE).click()
    press(page, *"circa 1920")
    field(page, DATE).locator(".wb-link", has_text="1920~").wait_for()
    press(page, "Enter")
    field(page, DATE).locator(".wb-words", has_text="circa 1920").wait_for()
    assert box(page, DATE).input_value() == "1920~"


def test_findings_counters_and_guideline(form: MiniHost, page: Any) -> None:
    box(page, HEADLINE).click()
    page.keyboard.type("ä" * 41)
    counter = field(page, HEADLINE).locator(".wb-counter")
    assert counter.inner_text() == "41 / 40 · 82 / 256 bytes"
    assert "wb-over" in (counter.get_attribute("class") or "")
    field(page, HEADLINE).locator(".wb-finding-error", has_text="1 character too long").wait_for()
    assert box(page, HEADLINE).get_attribute("aria-invalid") == "true"
    assert not field(page, TITLE).locator(".wb-guide").is_visible()
    box(page, TITLE, "x-default").click()
    assert "Red linen shirt" in field(page, TITLE).locator(".wb-guide").inner_text()


def test_rating_by_arrows(form: MiniHost, page: Any) -> None:
    box(page, RATING).click()
    press(page, "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown")
    assert box(page, RATING).input_value() == "4"


def test_another_language(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, TITLE, "x-default").click()
    field(page, TITLE).locator(".wb-add-lang").fill("he")
    press(page, "Enter")
    assert box(page, TITLE, "he").get_attribute("dir") == "rtl"
    press(page, *"abc", "Tab")
    saved(page)
    until(lambda: ("he", "abc") in shown(ws, ids(ws)[0], TITLE))


# ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_accept_shows_what_is_missing_and_takes_it_the_second_time(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, COUNTRY).fill("")
    press(page, "Control+Enter")
    says(page, "Country")
    field(page, COUNTRY).locator(".wb-finding-error", has_text="required").wait_for()
    press(page, "Control+Enter")
    there(page, ids(ws)[1])


def test_file_and_entered_and_one_key_back(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, TITLE, "x-default").fill("Mine")
    row = field(page, TITLE).locator(".wb-said-row", has_text="Shirt 0")
    row.wait_for()
    press(page, "Alt+o")
    row.wait_for(state="detached")
    assert box(page, TITLE, "x-default").input_value() == "Shirt 0"
    until(lambda: shown(ws, ids(ws)[0], TITLE) == [("x-default", "Shirt 0")])


def test_undo_and_redo_by_key(form: MiniHost, page: Any) -> None:
    box(page, CITY).fill("Tbilisi")
    box(page, HEADLINE).fill("A shirt")
    press(page, "Control+z")
    page.wait_for_function("(box) => box.value === ''", arg=box(page, HEADLINE).element_handle())
    assert box(page, CITY).input_value() == "Tbilisi"
    press(page, "Control+z")
    page.wait_for_function("(box) => box.value === ''", arg=box(page, CITY).element_handle())
    press(page, "Control+y", "Control+Shift+Z")
    page.wait_for_function("(box) => box.value === 'A shirt'", arg=box(page, HEADLINE).element_handle())


def test_copy_from_the_image_before(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, CITY).fill("Tbilisi")
    press(page, "Control+Enter")
    there(page, ids(ws)[1])
    press(page, "Alt+c")
    says(page, "Copied")
    assert box(page, CITY).input_value() == "Tbilisi"
    assert box(page, CITY).evaluate("box => document.activeElement === box"), "the keyboard stays in its field"


def test_history_and_revert(form: MiniHost, page: Any) -> None:
    for text in ("Tbilisi", "Batumi"):
        box(page, CITY).fill(text)
        box(page, HEADLINE).focus()
        saved(page)
    box(page, CITY).focus()
    press(page, "Alt+h")
    rows = field(page, CITY).locator(".wb-history li")
    rows.nth(2).wait_for()
    assert [row.split("\n")[1] for row in rows.all_inner_texts()] == ["Batumi", "Tbilisi", "nothing"]
    press(page, "Tab", "Enter")
    page.wait_for_function("(box) => box.value === 'Tbilisi'", arg=box(page, CITY).element_handle())


def test_apply_to_the_next_two(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    page.locator(".wb-strip-one").nth(2).wait_for()
    box(page, CITY).fill("Tbilisi")
    press(page, "Alt+Shift+ArrowRight", "Alt+Shift+ArrowRight", "Alt+a")
    says(page, "Applied to 2 images")
    assert [shown(ws, one, CITY) for one in ids(ws)[:4]] == [[(None, "Tbilisi")]] * 3 + [[]]


def test_escape_closes_one_thing_after_the_other(form: MiniHost, page: Any) -> None:
    box(page, CITY).focus()
    press(page, "F1")
    page.locator(".wb-help").wait_for()
    assert "Copy this field from the previous image" in page.locator(".wb-help").inner_text()
    press(page, "Escape")
    assert page.locator(".wb-help").count() == 0
    press(page, "Escape")
    assert page.evaluate("document.activeElement.className").startswith("wb-tag-stage")
    press(page, "?")
    page.locator(".wb-help").wait_for()
    press(page, "?", "Enter")
    assert box(page, TITLE, "x-default").evaluate("box => document.activeElement === box")


def test_zoom_and_pan(form: MiniHost, page: Any) -> None:
    page.locator(".wb-tag-stage").focus()
    place = page.locator(".wb-tag-image")
    before = place.get_attribute("style")
    press(page, "+", "+", "+")
    zoomed = place.get_attribute("style")
    press(page, "ArrowRight")
    assert len({before, zoomed, place.get_attribute("style")}) == 3
    press(page, "0")
    assert place.get_attribute("style") == before
    page.locator(".wb-tag-stage").hover(position={"x": 50, "y": 50})
    page.mouse.wheel(0, -400)
    page.wait_for_function(
        "(style) => document.querySelector('.wb-tag-image').getAttribute('style') !== style", arg=before
    )


# ── manners ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_key_reaches_the_notebook(form: MiniHost, page: Any) -> None:
    for place in (".wb-tag", ".wb-tag-stage", f'.wb-tag-field[data-key="{CITY}"] input', ".wb-main"):
        page.locator(place).first.focus()
        for key in [
            *string.ascii_letters,
            *string.digits,
            *".,-+/?#",
            "Enter",
            "Escape",
            "ArrowUp",
            "Delete",
            "F1",
            "F1",
        ]:
            if place != ".wb-main" or key not in ("Enter", " "):
                press(page, key)
        press(page, "Shift+Enter", "Control+Shift+ArrowDown", "Control+b", "Control+m", "Alt+Enter")
    assert page.evaluate("window.leaked.filter((key) => !['Shift', 'Control', 'Alt'].includes(key))") == []


def test_hostile_text_is_shown_as_text(ws: wb.Bench, host: Show, page: Any) -> None:
    first = ids(ws)[0]
    ws.set_values([first], {TITLE: {"x-default": SCRIPT, "de": SCRIPT}, WORDS: [SCRIPT], CITY: SCRIPT}, reason=SCRIPT)
    host(lambda: TagForm(ws, "shop"))
    there(page, first)
    box(page, CITY).focus()
    press(page, "Alt+h")
    field(page, CITY).locator(".wb-history li").first.wait_for()
    assert SCRIPT in field(page, WORDS).locator(".wb-chip").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator(".wb-tag script, .wb-tag img[onerror]").count() == 0


def test_next_image_is_fetched_while_one_types(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, HEADLINE).click()
    for image in ids(ws)[1:4]:
        until(lambda image=image: (image, 1_600) in form.widget.session._following._pictures)
        page.keyboard.type("red")
        press(page, "Control+Enter")
        there(page, image)


def test_error_is_visible_and_can_be_tried_again(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    real = form.widget._verbs["set"]

    def fails(**_: Any) -> Any:
        form.widget._verbs["set"] = real
        raise BadValue("The disk is full.", hint="Free some space.")

    form.widget._verbs["set"] = fails
    box(page, CITY).fill("Tbilisi")
    trouble = page.locator(".wb-tag-troubles .wb-error")
    trouble.wait_for()
    assert "isn't saved. The disk is full." in trouble.inner_text()
    trouble.get_by_text("Try again").click()
    until(lambda: shown(ws, ids(ws)[0], CITY) == [(None, "Tbilisi")])


def test_picture_that_cannot_be_shown_leaves_the_fields(ws: wb.Bench, host: Show, page: Any) -> None:
    gone = ws.query("uri_of_image", image_id=ids(ws)[0])["uri"].iloc[0].removeprefix("file://")
    kept = Path(gone).read_bytes()
    Path(gone).unlink()
    try:
        host(lambda: TagForm(ws, "shop"))
        page.locator(".wb-tag-note", has_text="can't be shown").wait_for()
        box(page, CITY).fill("Tbilisi")
        saved(page)
        assert shown(ws, ids(ws)[0], CITY) == [(None, "Tbilisi")]
    finally:
        Path(gone).write_bytes(kept)


def test_empty_form_says_what_to_do(ws: wb.Bench, host: Show, page: Any) -> None:
    host(lambda: TagForm(ws, "shop", []))
    page.locator(".wb-tag-empty", has_text="No images").wait_for()


def test_queue_of_two_forms(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    with wb.open(ws.folder, actor="ben") as other:
        theirs = TagForm(other, "shop", queue="q")
        mine = TagForm(ws, "shop", queue="q")
        assert theirs.session.image_id != mine.session.image_id
        theirs.close()
        mine.close()


def test_wrong_calls_are_explained(ws: wb.Bench) -> None:
    with pytest.raises(NotFound, match="dublin-core"):
        TagForm(ws, "nothing")
    with pytest.raises(BadValue):
        TagForm(ws, "shop", height=10)


def test_apply_from_a_cell_shows_in_the_form(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, CITY).fill("Tbilisi")
    saved(page)
    assert form.widget.apply_to(ids(ws)[1:3], CITY) == 2
    page.locator('.wb-button[title^="Undo: Apply City"]').wait_for()


# ── what an inspector said ────────────────────────────────────────────────────────────────────────────────────


def sent_back(ws: wb.Bench) -> str:
    """Have cy find the first image's title and city wrong, and the batch sent back; return the image."""
    image = ids(ws)[0]
    [batch] = ws.qc.batches()["batch"]
    defects = [
        [TITLE, "wrong", "major", f"A skirt {SCRIPT}"],
        [CITY, "missing", "minor", ""],
        [None, "picture", "major", ""],
    ]
    with wb.open(ws.folder, actor="cy") as theirs:
        for state in ("in_work", "ready_for_qc"):
            theirs.qc.move(batch, state)
        sample = theirs.qc.draw(batch, n=12, seed=1)
        told = {
            "sample_id": sample.sample_id,
            "image_id": image,
            "verdict": "defective",
            "seconds": 2,
            "operator": "ann",
        }
        theirs.ledger.append([Draft("item_inspected", {**told, "defects": defects, "comment": SCRIPT})], actor="cy")
        theirs.qc.move(batch, "rework", reason="Titles")
    return image


def remarks(page: Any, key: str) -> list[str]:
    return [one.replace("\n", " ") for one in field(page, key).locator(".wb-remark").all_inner_texts()]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_rework_the_remarks_stand_at_their_fields_until_they_are_mended(
    ws: wb.Bench, host: Show, page: Any, theme: str
) -> None:
    image = sent_back(ws)
    host(lambda: TagForm(ws, "shop"), theme)
    there(page, image)
    box_above = page.locator(".wb-remarked")
    box_above.wait_for()
    assert remarks(page, TITLE) == [f"Wrong major A skirt {SCRIPT}"]
    assert remarks(page, CITY) == ["Missing minor"]
    assert "To mend: Title City" in box_above.inner_text().replace("\n", " ")
    assert SCRIPT in box_above.inner_text()
    assert page.evaluate("window.hacked") is None
    described = box(page, TITLE, "x-default").get_attribute("aria-describedby").split()
    assert any(page.locator(f"#{one}").locator(".wb-remark").count() for one in described)
    page.locator(".wb-tag").focus()
    press(page, "Alt+r")
    page.wait_for_function("(key) => document.activeElement.closest('.wb-tag-field')?.dataset.key === key", arg=TITLE)
    press(page, *"Skirt")
    press(page, "Alt+r")
    page.wait_for_function("(key) => document.activeElement.closest('.wb-tag-field')?.dataset.key === key", arg=CITY)
    until(lambda: remarks(page, TITLE) == [])
    assert "Title" not in box_above.inner_text()
    press(page, *"Batumi")
    until(lambda: remarks(page, CITY) == [])
    assert "The picture" not in box_above.inner_text(), "what is said of the picture needs no name"
    assert box_above.locator(".wb-remark").count() == 1, "which nobody can mend here"
    press(page, "Control+Enter")
    there(page, ids(ws)[1])
    box_above.wait_for(state="hidden")


def test_undoing_a_correction_brings_the_remark_back(ws: wb.Bench, host: Show, page: Any) -> None:
    image = sent_back(ws)
    host(lambda: TagForm(ws, "shop"))
    there(page, image)
    box(page, CITY).fill("Batumi")
    until(lambda: remarks(page, CITY) == [])
    page.get_by_role("button", name="City (Alt + R)").wait_for(state="detached")
    press(page, "Control+z")
    until(lambda: remarks(page, CITY) == ["Missing minor"])
    page.get_by_role("button", name="Go to City (Alt + R)").click()
    assert page.evaluate("document.activeElement.closest('.wb-tag-field').dataset.key") == CITY


def test_a_batch_sent_back_while_the_form_is_open(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    assert page.locator(".wb-remarked").is_hidden()
    sent_back(ws)
    page.locator(".wb-tag").focus()
    press(page, "Alt+ArrowRight")
    there(page, ids(ws)[1])
    press(page, "Alt+ArrowLeft")
    there(page, ids(ws)[0])
    until(lambda: remarks(page, CITY) == ["Missing minor"])
