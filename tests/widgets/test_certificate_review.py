"""The sample of a removal as a person meets it: the real module and widget in a real browser, a real workspace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reviewed_collection import workspace
from waiting import until

import workbench as wb
from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT
from workbench.errors import BadValue, NotFound
from workbench.widgets.certificate_review import CertificateReview

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

ON_SCREEN = """(place) => {
  const root = document.querySelector(".wb-certify"), pictures = [...document.querySelectorAll(".wb-twin-image")];
  return root?.dataset.pair === String(place) && pictures.length === 2
    && pictures.every((one) => one.complete && one.naturalWidth > 0 && !one.classList.contains("wb-soft"));
}"""
UNNAMED = """() => [...document.querySelectorAll(".wb-certify button, .wb-certify input, .wb-certify [role]")]
  .filter((one) => !one.closest("[hidden]") && one.getAttribute("role") !== "status"
    && !one.getAttribute("aria-label") && !one.textContent.trim())
  .map((one) => one.outerHTML.slice(0, 80))"""
OVERFLOWING = """() => [...document.querySelectorAll(
    ".wb-certify, .wb-review-bar, .wb-review-foot, .wb-review-panel, .wb-certify-done, .wb-help")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("sample"), 4, copies=2, edge=800)
    made.close()
    return made.folder


@pytest.fixture
def sample(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    """The first of three pairs, with the keyboard in the widget."""
    draw = ws.dedup.certify(ws.dedup.plan(relations=["exact"], undecided=True), 2, seed=5, what="copies of files")
    made = host(lambda: CertificateReview(ws, draw))
    there(made, 0)
    page.locator(".wb-certify").focus()
    return made


def there(sample: MiniHost, place: int) -> None:
    sample.page.wait_for_function(ON_SCREEN, arg=place)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_pair_is_told_in_words(sample: MiniHost, page: Any) -> None:
    assert page.locator(".wb-review-title").inner_text() == "Sample of copies of files"
    assert page.locator(".wb-review-where").inner_text() == "1 of 2"
    assert page.locator(".wb-twin-fate").all_inner_texts() == ["would stay", "would go"]
    assert "byte for byte" in page.locator(".wb-review-panel").inner_text()
    assert page.evaluate(UNNAMED) == []


def test_one_key_a_pair_and_the_statement_in_the_end(ws: wb.Bench, sample: MiniHost, page: Any) -> None:
    press(page, "Enter")
    there(sample, 1)
    press(page, "r")
    page.get_by_text("All pairs have been looked at").wait_for()
    told = page.locator(".wb-certify-done p").last.inner_text()
    assert told == sample.widget.result().statement
    assert ws.sql("select verdict, actor from last_judgements")["verdict"].tolist() == ["right", "right"]
    assert page.evaluate("window.leaked") == []


def test_back_with_a_word_why(ws: wb.Bench, sample: MiniHost, page: Any) -> None:
    press(page, "c")
    page.keyboard.type("other colour")
    press(page, "Enter", "w")
    there(sample, 1)
    press(page, "u")
    there(sample, 0)
    assert page.locator(".wb-review-verdict").inner_text() == "ann said: wrong. What you say now counts."
    assert page.get_by_label("Why: stands beside").input_value() == "other colour"
    press(page, "s")
    there(sample, 1)
    until(lambda: ws.sql("select verdict from last_judgements")["verdict"].tolist() == ["unsure"])
    assert ws.sql("select note from last_judgements")["note"].tolist() == ["other colour"]


def test_looking_says_nothing(ws: wb.Bench, sample: MiniHost, page: Any) -> None:
    press(page, "b")
    page.locator('.wb-twins[data-mode="blink"]').wait_for()
    press(page, "d")
    page.locator('.wb-twins[data-mode="difference"]').wait_for()
    press(page, "Escape", "ArrowRight")
    there(sample, 1)
    press(page, "ArrowLeft")
    there(sample, 0)
    press(page, "?")
    page.locator(".wb-help").wait_for()
    press(page, "Escape")
    page.locator(".wb-help").wait_for(state="detached")
    assert ws.sql("select count(*) as n from last_judgements")["n"].iloc[0] == 0


def test_the_mouse_says_the_same(sample: MiniHost, page: Any) -> None:
    page.get_by_role("button", name="Wrong:").click()
    there(sample, 1)
    page.get_by_role("button", name="Right:").click()
    page.locator(".wb-certify-done", has_text="1 was wrong").wait_for()
    page.get_by_role("button", name="Look at them again").click()
    there(sample, 0)


def test_a_narrow_window_and_a_hostile_name(ws: wb.Bench, host: Show, page: Any) -> None:
    plan = ws.dedup.plan(relations=["same-picture"], undecided=True)
    draw = ws.dedup.certify(plan, 1, what=SCRIPT)
    with ws.catalog.writing() as connection:
        connection.execute("update image_facts set path = ?, name = ?", [SCRIPT * 5, SCRIPT])
    shown = host(lambda: CertificateReview(ws, draw), "dark")
    there(shown, 0)
    for width in (1400, 900, 620):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("window.hacked") is None
    assert page.locator(".wb-certify script, .wb-certify img[onerror]").count() == 0


def test_what_cant_be_made(ws: wb.Bench) -> None:
    with pytest.raises(NotFound, match="Nothing was drawn"):
        CertificateReview(ws, "nothing")
    draw = ws.dedup.certify(ws.dedup.plan(relations=["exact"], undecided=True), 1)
    with pytest.raises(BadValue, match="height"):
        CertificateReview(ws, draw, height=3)
