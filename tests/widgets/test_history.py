"""The history as a person meets it: the real module and widget in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspected_collection import BATCH, in_order, tagged

import workbench as wb
from widgets.mini_host import MiniHost
from workbench.errors import BadValue, NotFound
from workbench.widgets.history import History

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]
CITY, TITLE = "Xmp.photoshop.City", "Xmp.dc.title"

SETTLED = """(seq) => {
  const told = document.querySelector(".wb-hist")?.dataset ?? {};
  return told.seq && told.seq === told.shown && (seq === null || told.seq === String(seq));
}"""
UNNAMED = """() => [...document.querySelectorAll(
    ".wb-hist button, .wb-hist input, .wb-hist select, .wb-hist [role=group]")]
  .filter((one) => !one.closest("[hidden]") && !one.getAttribute("aria-label") && !one.textContent.trim())
  .map((one) => one.outerHTML.slice(0, 80))"""
OVERFLOWING = """() => [...document.querySelectorAll(".wb-hist, .wb-hist-bar, .wb-hist-list, .wb-hist-then, .wb-help")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tagged(tmp_path_factory.mktemp("looked back"), 6)
    made.close()
    return made.folder


@pytest.fixture
def actor() -> str:
    return "cy"


def there(page: Any, seq: int | None = None) -> None:
    """Wait until a moment is shown: that after an event."""
    page.wait_for_function(SETTLED, arg=seq)


def opened(host: Show, page: Any, make: Callable[[], History], theme: str = "light") -> MiniHost:
    made = host(make, theme)
    there(page)
    page.locator(".wb-hist").focus()
    return made


def value(page: Any, label: str) -> str:
    """What the panel says of a field at the moment shown."""
    return str(page.locator(f'.wb-hist-values dt:text-is("{label}") + dd .wb-hist-text').text_content())


def test_back_in_time_by_keys_and_by_the_slider(ws: wb.Bench, host: Show, page: Any) -> None:
    image_id = in_order(ws)[0]
    seqs = [ws.set_values([image_id], {CITY: city})[0].seq for city in ("Tbilisi", "Batumi", "Kutaisi")]
    opened(host, page, lambda: History(ws, image=image_id))
    there(page, seqs[2])
    assert value(page, "City") == "Kutaisi"
    page.keyboard.press("ArrowDown")
    there(page, seqs[1])
    assert value(page, "City") == "Batumi"
    row = page.locator(f'.wb-hist-row[data-seq="{seqs[1]}"]')
    assert row.get_attribute("aria-selected") == "true"
    assert (row.locator("del").text_content(), row.locator(".wb-hist-line span").last.text_content()) == (
        "Tbilisi",
        "Batumi",
    )
    page.keyboard.press("End")
    there(page, 4)
    assert page.locator('.wb-hist-values dt:text-is("City")').count() == 0
    slider = page.locator(".wb-hist-slider")
    slider.evaluate("(one) => { one.value = one.max; one.dispatchEvent(new Event('input')); }")
    there(page, seqs[2])
    page.locator(f'.wb-hist-row[data-seq="{seqs[0]}"]').click()
    there(page, seqs[0])
    assert value(page, "City") == "Tbilisi"
    assert page.evaluate("window.leaked") == []


def test_filter_by_area_person_and_words(ws: wb.Bench, host: Show, page: Any) -> None:
    opened(host, page, lambda: History(ws, batch=BATCH))
    rows = page.locator(".wb-hist-row")
    whole = rows.count()
    page.keyboard.press("1")
    page.wait_for_function("n => document.querySelectorAll('.wb-hist-row').length < n", arg=whole)
    assert set(rows.evaluate_all("all => all.map((one) => one.dataset.area)")) == {"values", "quality"}
    page.keyboard.press("a")
    page.wait_for_function("n => document.querySelectorAll('.wb-hist-row').length === n", arg=whole)
    page.get_by_label("Only what one person did").select_option("ann")
    page.wait_for_function("document.querySelectorAll('.wb-hist-row').length === 3")
    page.locator(".wb-hist").focus()
    page.keyboard.press("f")
    page.keyboard.type("hemd 2")
    page.wait_for_function("document.querySelectorAll('.wb-hist-row').length === 1")
    page.keyboard.type(" never")
    page.wait_for_selector(".wb-hist-empty:not([hidden])")
    assert "Press A to see everything again" in page.locator(".wb-hist-empty").text_content()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_function("n => document.querySelectorAll('.wb-hist-row').length === n", arg=whole)


def test_from_a_batch_into_an_image_and_back_with_two_keys(ws: wb.Bench, host: Show, page: Any) -> None:
    made = opened(host, page, lambda: History(ws, batch=BATCH))
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.wb-hist-title').textContent === '04.jpg'")
    assert made.widget.session.timeline.about.kind == "image"
    there(page)
    page.keyboard.press("b")
    page.wait_for_function(f"document.querySelector('.wb-hist-title').textContent === 'Batch {BATCH}'")
    facts = page.locator(".wb-hist-facts")
    there(page)
    assert "in work" in facts.text_content()


def test_verified_by_a_key_and_said_when_it_is_broken(ws: wb.Bench, host: Show, page: Any) -> None:
    opened(host, page, lambda: History(ws, person="ann"))
    page.keyboard.press("v")
    page.wait_for_selector(".wb-hist-good")
    with ws.ledger._transaction() as db:
        db.execute("drop trigger events_no_update")
        db.execute("update events set actor = 'mallory' where seq = 3")
    page.keyboard.press("v")
    page.wait_for_selector(".wb-hist-bad")
    assert "Event 3 was changed" in page.locator(".wb-hist-sound").text_content()


def test_more_events_than_are_fetched_at_once(
    ws: wb.Bench, host: Show, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.history_session.AT_ONCE", 5)
    image_id = in_order(ws)[0]
    for number in range(20):
        ws.set_values([image_id], {CITY: f"City {number}"})
    opened(host, page, lambda: History(ws, image=image_id))
    page.keyboard.press("End")
    there(page, 4)
    assert page.locator(".wb-hist-row").count() == 22


def test_a_day_without_anything_says_so(ws: wb.Bench, host: Show, page: Any) -> None:
    host(lambda: History(ws))
    page.wait_for_selector(".wb-hist-empty:not([hidden])")
    assert "Nothing on this day" in page.locator(".wb-hist-empty").text_content()
    page.locator(".wb-hist").focus()
    for key in ("ArrowDown", "End", "Enter", "v", "b"):
        page.keyboard.press(key)
    page.wait_for_selector(".wb-hist-good")


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_everything_is_named_and_nothing_overflows(ws: wb.Bench, host: Show, page: Any, width: int) -> None:
    ws.set_values(in_order(ws)[:1], {CITY: "x" * 500, TITLE: {"x-default": "word " * 200, "ar": "قميص"}})
    page.set_viewport_size({"width": width, "height": 900})
    opened(host, page, lambda: History(ws, batch=BATCH), "dark")
    page.keyboard.press("?")
    assert page.locator(".wb-help").is_visible()
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(OVERFLOWING) == []
    page.keyboard.press("Escape")
    assert page.locator(".wb-help").count() == 0


def test_what_cannot_be_made(ws: wb.Bench) -> None:
    with pytest.raises(BadValue, match="height"):
        History(ws, batch=BATCH, height=10)
    with pytest.raises(NotFound, match="no batch"):
        History(ws, batch="autumn")
