"""The inspection as an inspector meets it: the real module and widget in a real browser, a real workspace."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspected_collection import BATCH, ready
from waiting import until

import workbench as wb
from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT
from workbench.errors import BadValue, NotAllowed
from workbench.widgets.inspection import Inspection

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

ON_SCREEN = """(image) => {
  const root = document.querySelector(".wb-inspect"), picture = document.querySelector(".wb-tag-image");
  return root?.dataset.image === image && picture?.dataset.id === image && picture.complete && picture.naturalWidth > 0;
}"""
UNNAMED = """() => [...document.querySelectorAll(".wb-inspect button, .wb-inspect input, .wb-inspect [role]")]
  .filter((one) => one.getAttribute("role") !== "status" && !one.closest("[hidden]")
    && !one.getAttribute("aria-label") && !one.textContent.trim())
  .map((one) => one.outerHTML.slice(0, 80))"""
OVERFLOWING = """() => [...document.querySelectorAll(
    ".wb-inspect, .wb-tag-bar, .wb-inspect-list, .wb-inspect-foot, .wb-help")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = ready(tmp_path_factory.mktemp("inspection"), large=True)
    ws.qc.draw(BATCH, aql=10.0, level="III", seed=5)
    ws.close()
    return ws.folder


@pytest.fixture
def ws(tmp_path: Path, made: Path) -> Iterator[wb.Bench]:
    shutil.copytree(made, tmp_path / "ws")
    opened = wb.open(tmp_path / "ws", actor="cy")
    yield opened
    opened.close()


@pytest.fixture
def widget(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    shown = host(lambda: Inspection(ws, sample_of(ws), "shop"))
    there(shown)
    page.locator(".wb-inspect-list").focus()
    return shown


def sample_of(ws: wb.Bench) -> str:
    return str(ws.qc.samples().iloc[0]["sample_id"])


def there(widget: MiniHost) -> str:
    """Wait until the session's image is on the screen."""
    image = str(widget.widget.session.image_id)
    widget.page.wait_for_function(ON_SCREEN, arg=image)
    return image


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def done(widget: MiniHost) -> str:
    before = widget.widget.session.image_id
    press(widget.page, "Enter")
    until(lambda: widget.widget.session.image_id != before)
    return there(widget)


def marks(page: Any) -> list[str]:
    return [text.replace("\n", " ") for text in page.locator(".wb-inspect-mark").all_inner_texts()]


def row(page: Any, key: str) -> Any:
    return page.locator(f'.wb-inspect-row[data-key="{key}"]')


def test_one_key_passes_an_image_and_shows_the_next(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    first = there(widget)
    assert page.get_by_role("button", name="Done, next image").inner_text() == "Passes, next"
    assert done(widget) != first
    [found] = ws.sql("select * from inspections").to_dict("records")
    assert (found["image_id"], found["verdict"], found["inspector"]) == (first, "pass", "cy")
    assert found["operator"] in ("ann", "bob")
    assert "1 of 13 inspected, 0 defective · 12 left" in page.locator(".wb-tag-pace").inner_text()


def test_values_are_shown_as_text_with_where_they_are_from(widget: MiniHost, page: Any) -> None:
    title = row(page, "Xmp.dc.title")
    assert "Shirt" in title.inner_text()
    assert "nothing" in row(page, "Xmp.photoshop.Headline").inner_text()
    assert row(page, "Xmp.dc.subject").locator(".wb-inspect-chip").all_inner_texts() == ["shirt", "linen"]
    assert "XMP" in row(page, "Xmp.dc.subject").inner_text()
    assert "required" in row(page, "Xmp.photoshop.Country").inner_text()


def test_a_defect_takes_the_field_and_one_key(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    first = there(widget)
    press(page, "ArrowDown", "2")
    page.locator(".wb-inspect-mark").wait_for()
    assert marks(page) == ["Missing major"]
    assert page.get_by_role("button", name="Done, next image").inner_text() == "Defective, next"
    done(widget)
    assert page.locator(".wb-inspect-mark").count() == 0
    [found] = ws.sql("select image_id, field, defect, severity, inspector from defects").to_dict("records")
    wanted = {"image_id": first, "field": "Xmp.photoshop.Headline", "defect": "missing", "severity": "major"}
    assert found == wanted | {"inspector": "cy"}


def test_severity_comment_and_taking_a_mark_away(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    press(page, "1")
    page.locator(".wb-inspect-mark").wait_for()
    press(page, "v")
    page.locator(".wb-inspect-noted").wait_for()
    assert page.get_by_role("button", name="Done, next image").inner_text() == "Passes with notes, next"
    press(page, "c")
    page.keyboard.type("a coat, not a shirt")
    press(page, "Enter")
    page.locator(".wb-inspect-said").wait_for()
    assert marks(page) == ["Wrong minor a coat, not a shirt"]
    assert widget.widget.session.progress()["done"] == 0  # Enter in the comment isn't Done
    press(page, "3")
    page.locator(".wb-inspect-mark", has_text="Misspelt").wait_for()
    press(page, "1")
    page.locator(".wb-inspect-mark", has_text="Wrong").wait_for(state="detached")
    press(page, "Backspace")
    page.locator(".wb-inspect-mark").first.wait_for(state="detached")
    press(page, "c")
    page.keyboard.type("blurred")
    press(page, "Enter")
    until(lambda: widget.widget.session.view()["comment"] == "blurred")
    done(widget)
    assert ws.sql("select comment, verdict from inspections").to_dict("records") == [
        {"comment": "blurred", "verdict": "pass"}
    ]


def test_the_mouse_does_it_too(widget: MiniHost, page: Any) -> None:
    row(page, "Xmp.photoshop.City").click()
    page.get_by_role("button", name="Too vague").click()
    page.locator(".wb-inspect-mark").wait_for()
    assert "Too vague" in row(page, "Xmp.photoshop.City").inner_text()
    page.get_by_role("button", name="Take “Too vague” away").click()
    page.locator(".wb-inspect-mark").wait_for(state="detached")


def test_undo_brings_the_image_back_with_its_marks(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    first = there(widget)
    press(page, "1")
    page.locator(".wb-inspect-mark").wait_for()
    done(widget)
    press(page, "u")
    until(lambda: widget.widget.session.image_id == first)
    there(widget)
    assert marks(page) == ["Wrong major"]
    assert ws.sql("select count(*) as n from inspections")["n"].iloc[0] == 0


def test_an_image_before_can_be_looked_at_again(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    first, second = there(widget), done(widget)
    press(page, "ArrowLeft")
    until(lambda: widget.widget.session.image_id == first)
    there(widget)
    press(page, "2")
    page.locator(".wb-inspect-mark").wait_for()
    assert done(widget) == second
    assert ws.sql("select image_id, verdict from inspections").to_dict("records") == [
        {"image_id": first, "verdict": "defective"}
    ]


def test_what_is_skipped_comes_again_at_the_end(widget: MiniHost, page: Any) -> None:
    first = there(widget)
    press(page, "s")
    until(lambda: widget.widget.session.image_id != first)
    seen = [there(widget)]
    while seen[-1] != first:
        seen.append(done(widget))
    assert len(seen) == 13
    press(page, "Enter")
    page.locator(".wb-tag-empty", has_text="Every image is inspected").wait_for()


def test_the_batch_is_judged_by_one_key_at_the_end(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    press(page, "j")
    page.get_by_text("Judge the batch when every image is inspected.").wait_for()
    for _ in range(12):
        done(widget)
    press(page, "Enter")
    end = page.locator(".wb-tag-empty", has_text="0 of 13 images are defective.")
    end.wait_for()
    press(page, "Enter", "u")  # one Enter too many judges nothing; the keys still mean the inspection
    until(lambda: widget.widget.session.progress()["done"] == 12)
    there(widget)
    press(page, "Enter")
    end.wait_for()
    assert page.evaluate(UNNAMED) == []
    press(page, "j")
    page.locator(".wb-tag-empty", has_text="is accepted").wait_for()
    assert page.locator(".wb-inspect-end button").count() == 0
    assert ws.qc.verdicts()["verdict"].tolist() == ["accepted"]
    assert ws.qc.batches()["state"].tolist() == ["accepted"]


def test_zoom_and_pan_by_keyboard(widget: MiniHost, page: Any) -> None:
    zoom = page.locator(".wb-tag-zoom")
    before, image = zoom.inner_text(), page.locator(".wb-tag-image")
    press(page, "+", "+")
    assert zoom.inner_text() != before
    place = image.get_attribute("style")
    press(page, "Shift+ArrowRight")
    assert image.get_attribute("style") != place
    press(page, "f")
    assert zoom.inner_text() == before
    press(page, "f")
    assert zoom.inner_text() == "100 %"


def test_fast_fingers_mean_the_image_they_saw(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    """Keys pressed while Python is busy keep their order, and none falls on an image that wasn't on the screen."""
    first, free = there(widget), threading.Event()
    widget.lose = lambda content: (free.wait(20) and False) if content.get("command") == "mark" else False
    press(page, "ArrowDown", "1", "c")
    page.keyboard.type("typed at once")
    press(page, "Enter", "v", "Enter", "2", "Enter", "Enter")
    free.set()
    until(lambda: widget.widget.session.image_id != first)
    there(widget)
    [found] = ws.sql("select image_id, field, defect, severity, comment from defects").to_dict("records")
    wanted = {"image_id": first, "field": "Xmp.photoshop.Headline", "defect": "wrong", "severity": "minor"}
    assert found == wanted | {"comment": "typed at once"}
    assert widget.widget.session.progress()["done"] == 1
    assert page.locator(".wb-inspect-mark").count() == 0


def test_the_help_panel_shows_keys_and_types(widget: MiniHost, page: Any) -> None:
    press(page, "?")
    told = page.locator(".wb-help").inner_text()
    assert "Names, credits or personal data" in told
    assert "Done with this image" in told
    assert page.evaluate(OVERFLOWING) == []
    press(page, "Escape")
    page.locator(".wb-help").wait_for(state="detached")
    assert page.evaluate("document.activeElement.className") == "wb-inspect-list"


def test_no_key_reaches_the_notebook(widget: MiniHost, page: Any) -> None:
    press(page, "d", "d", "x", "1", "ArrowDown", "Shift+M", "z")
    page.locator(".wb-inspect-mark").wait_for()
    assert page.evaluate("window.leaked") == []


def test_everything_has_a_name_and_nothing_overflows(widget: MiniHost, page: Any) -> None:
    press(page, "1", "2", "8")
    page.locator(".wb-inspect-mark").nth(2).wait_for()
    assert page.evaluate(UNNAMED) == []
    for width in (1400, 900, 620):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOWING) == []


def test_the_next_image_is_fetched_while_one_looks(widget: MiniHost, page: Any) -> None:
    session = widget.widget.session
    for _ in range(3):
        before = there(widget)
        until(lambda: bool(session._coming))
        until(lambda coming=session._coming[0]: (coming, 1_600) in session._following._pictures)
        press(page, "Enter")
        until(lambda before=before: session.image_id != before)
    there(widget)


def test_metadata_runs_nothing(ws: wb.Bench, host: Show, page: Any) -> None:
    sample = ws.qc.sample(sample_of(ws))
    with wb.open(ws.folder, actor="mallory") as other:
        other.set_values(sample.image_ids, {"Xmp.dc.title": {"x-default": SCRIPT}, "Xmp.dc.subject": [SCRIPT]})
        other.set_values(sample.image_ids, {"Xmp.dc.source": SCRIPT, "Xmp.photoshop.City": SCRIPT})
    shown = host(lambda: Inspection(ws, sample, "shop"))
    there(shown)
    page.locator(".wb-inspect-list").focus()
    press(page, "1", "c")
    page.keyboard.type(SCRIPT)
    press(page, "Enter")
    page.locator(".wb-inspect-said").wait_for()
    assert SCRIPT in row(page, "Xmp.dc.source").inner_text()
    assert page.evaluate("window.hacked") is None


def test_own_work_is_for_somebody_else(made: Path, tmp_path: Path, host: Show, page: Any) -> None:
    shutil.copytree(made, tmp_path / "ws")
    with wb.open(tmp_path / "ws", actor="cy") as cy:
        cy.set_values(cy.qc.sample(sample_of(cy)).image_ids, {"Xmp.dc.title": {"x-default": "mine"}})
        host(lambda: Inspection(cy, sample_of(cy), "shop"))
        page.get_by_text("The rest is your own work").wait_for()
        assert "13 my own work" in page.locator(".wb-tag-pace").inner_text()


def test_a_refusal_is_a_sentence_on_the_screen(widget: MiniHost, ws: wb.Bench, page: Any) -> None:
    image = there(widget)
    ws.set_values([image], {"Xmp.dc.title": {"x-default": "corrected on the way"}})
    press(page, "Enter")
    page.get_by_text("You have entered values for this image.").first.wait_for()
    assert ws.sql("select count(*) as n from inspections")["n"].iloc[0] == 0
    press(page, "s")
    until(lambda: widget.widget.session.image_id != image)


def test_what_cant_be_made_is_refused(ws: wb.Bench) -> None:
    with pytest.raises(BadValue, match="height"):
        Inspection(ws, sample_of(ws), "shop", height=3)
    (ws.folder / "workspace.toml").open("a").write('\n[people]\ncy = "operator"\nqu = "qc_specialist"\n')
    with pytest.raises(NotAllowed, match="qu"):
        Inspection(ws, sample_of(ws), "shop")
