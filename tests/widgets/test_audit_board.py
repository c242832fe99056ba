"""The audit board by mouse and keyboard, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audited_collection import WITHOUT_COUNTRY, workspace

import workbench as wb
from widgets.mini_host import MiniHost
from workbench.widgets.audit_board import AuditBoard

pytestmark = pytest.mark.browser

COUNTRY, TITLE = "Xmp.photoshop.Country", "Xmp.dc.title"
ONLY_ERRORS = "[...document.querySelectorAll('.wb-a-rule')].every((one) => one.ariaLabel.startsWith('Error:'))"
Show = Callable[..., MiniHost]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("audited"))
    made.close()
    return made.folder


@pytest.fixture
def board(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    shown = host(lambda: AuditBoard(ws, profile="shop"))
    calm(page)
    return shown


def calm(page: Any) -> None:
    """Wait until nothing is asked any more, and what was found in the focused image is shown."""
    page.wait_for_function("document.querySelector('.wb-audit')?.getAttribute('aria-busy') === 'false'")


def card(page: Any, title: str) -> Any:
    return page.locator(".wb-a-card").filter(has_text=title)


def rule(page: Any, title: str) -> Any:
    return page.locator(".wb-a-rule").filter(has_text=title)


def open_rule(page: Any, title: str, count: int) -> None:
    rule(page, title).click()
    of(page, count)


def of(page: Any, count: int) -> None:
    """Wait until the grid has so many images and the focused one is told about."""
    words = f"{count} image{'' if count == 1 else 's'}"
    page.wait_for_function(
        "said => document.querySelector('.wb-a-pictures .wb-total')?.textContent === said", arg=words
    )
    page.locator(".wb-a-said p").first.wait_for()
    calm(page)


def improved(page: Any) -> list[str]:
    return [one.replace("\n", " ") for one in page.locator(".wb-a-gain").all_inner_texts()]


def countries(ws: wb.Bench) -> int:
    found = ws.sql("select count(*) as n from metadata where field = ? and value is not null", [COUNTRY])
    return int(found["n"].iloc[0])


def test_it_opens_with_the_five_worst(board: MiniHost, page: Any) -> None:
    assert page.locator(".wb-a-card").count() == 5
    assert "6 of 12 images · 50 %" in card(page, "Country is required").inner_text()
    assert "Every one of 12 images was looked at" in page.locator(".wb-a-numbers").inner_text()
    assert card(page, "Country is required").get_attribute("aria-label").endswith("Error, 6 of 12 images")
    assert page.get_by_role("button", name="Undo").is_hidden()


def test_a_value_is_written_by_keyboard_alone_and_taken_back(board: MiniHost, page: Any, ws: wb.Bench) -> None:
    rule(page, "Country is required").focus()
    page.keyboard.press("Enter")
    of(page, WITHOUT_COUNTRY)
    page.locator(".wb-a-pictures .wb-scroller").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading", name="01.jpg").wait_for()
    page.keyboard.press("e")
    page.keyboard.type("France")
    page.keyboard.press("Enter")
    of(page, WITHOUT_COUNTRY - 1)
    page.get_by_role("heading", name="02.jpg").wait_for()  # the next one, not the first
    assert improved(page)[0].endswith("6 → 5")
    assert countries(ws) == 12 - WITHOUT_COUNTRY + 1
    page.keyboard.press("Control+z")
    of(page, WITHOUT_COUNTRY)
    assert improved(page) == []
    assert page.evaluate("window.leaked.filter((key) => key.length === 1)") == []


def test_many_are_mended_after_a_look_at_before_and_after(board: MiniHost, page: Any, ws: wb.Bench) -> None:
    open_rule(page, "Country is required", WITHOUT_COUNTRY)
    page.locator(".wb-a-pictures .wb-scroller").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("option", name="The 2 images selected").wait_for(state="attached")
    page.keyboard.press("b")
    page.keyboard.type("Georgia")
    page.keyboard.press("Enter")
    preview = page.get_by_role("region", name="Preview")
    preview.wait_for()
    assert "2 images would change" in preview.inner_text()
    assert preview.locator("ins").all_inner_texts() == ["Georgia", "Georgia"]
    assert countries(ws) == 12 - WITHOUT_COUNTRY
    preview.get_by_role("button", name="Apply").click()
    of(page, WITHOUT_COUNTRY - 2)
    assert improved(page)[0].endswith("6 → 4")
    page.get_by_role("combobox", name="Which images").select_option("all")
    page.get_by_role("textbox", name="Value").fill("Germany")
    page.get_by_role("button", name="Preview", exact=True).click()
    preview.get_by_role("button", name="Apply").click()
    page.get_by_text("Nothing left to mend here").wait_for()
    assert countries(ws) == 12
    page.get_by_role("button", name="Undo").click()
    of(page, WITHOUT_COUNTRY - 2)


def test_a_suggestion_is_one_key(board: MiniHost, page: Any, ws: wb.Bench) -> None:
    open_rule(page, "Title has garbled letters", 1)
    page.get_by_role("button", name="Take “Café Müller”").wait_for()
    page.locator(".wb-a-pictures .wb-scroller").focus()
    page.keyboard.press("s")
    page.get_by_text("Nothing left to mend here").wait_for()
    assert "Café Müller" in ws.sql("select value from metadata where field = ?", [TITLE])["value"].tolist()


def test_severities_are_a_filter(board: MiniHost, page: Any) -> None:
    page.get_by_role("button", name="warnings").click()
    page.get_by_role("button", name="hints").click()
    page.wait_for_function(ONLY_ERRORS)
    assert page.locator(".wb-a-rule").count() > 0
    page.get_by_role("button", name="errors").click()
    page.get_by_text("Nothing of this kind").wait_for()


def test_a_cell_of_the_completeness_map_opens_its_images(board: MiniHost, page: Any) -> None:
    page.get_by_role("tab", name="Completeness").click()
    cell = page.get_by_role("button", name="Country, spring: 6 of 12 have a value")
    assert cell.inner_text() == "50 %"
    cell.click()
    of(page, WITHOUT_COUNTRY)
    assert page.locator(".wb-a-title").inner_text() == "Country is missing in “spring”"
    page.get_by_role("tab", name="Trend").click()
    page.get_by_role("row").nth(1).wait_for()
    page.get_by_role("button", name="Audit again").click()
    page.get_by_text("as before").wait_for()


def test_another_profile_audits_anew(board: MiniHost, page: Any) -> None:
    page.get_by_role("combobox", name="Profile").select_option("")
    card(page, "Nothing says who may use it").wait_for()
    calm(page)
    assert rule(page, "Country is required").count() == 0


def test_what_goes_wrong_is_said_with_what_to_do(board: MiniHost, page: Any, ws: wb.Bench) -> None:
    open_rule(page, "Country is required", WITHOUT_COUNTRY)
    page.get_by_role("textbox", name="Value").fill("Germany")
    page.get_by_role("button", name="Preview", exact=True).click()
    apply = page.get_by_role("button", name="Apply")
    apply.wait_for()
    wb.Bench.set_values(ws, [board.widget.session.grid.ids[0]], {COUNTRY: "France"})
    apply.click()
    alert = page.get_by_role("alert").filter(has_text="changed 1 of these values")
    alert.wait_for()
    assert "Make the preview again." in alert.inner_text()
    page.get_by_role("button", name="Close", exact=True).click()
    alert.wait_for(state="detached")


def test_what_metadata_says_is_never_run(board: MiniHost, page: Any) -> None:
    open_rule(page, "Title holds HTML", 1)
    assert "<script>" in page.locator(".wb-a-said").inner_text() + page.locator(".wb-a-text").first.input_value()
    page.get_by_role("textbox", name="Value").fill("<img src=x onerror=window.hacked=1>")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.locator(".wb-a-preview ins").first.wait_for()
    assert page.evaluate("'hacked' in window") is False


def test_without_images_it_says_what_to_do(tmp_path: Path, host: Show, page: Any) -> None:
    with wb.open(tmp_path / "empty") as ws:
        host(lambda: AuditBoard(ws))
        page.get_by_text("No images yet").wait_for()
        calm(page)


def test_a_reloaded_page_shows_the_same(board: MiniHost, page: Any) -> None:
    open_rule(page, "Country is required", WITHOUT_COUNTRY)
    board.open("dark")
    of(page, WITHOUT_COUNTRY)
    assert page.locator(".wb-a-title").inner_text() == "Country is required"


def test_one_is_all_right_by_keyboard_and_is_brought_back(board: MiniHost, page: Any, ws: wb.Bench) -> None:
    open_rule(page, "Country is required", WITHOUT_COUNTRY)
    page.locator(".wb-a-pictures .wb-scroller").focus()
    page.keyboard.press("i")
    page.keyboard.type("shot at sea <b>")
    page.keyboard.press("Enter")
    of(page, WITHOUT_COUNTRY - 1)
    assert "1 ignored" in rule(page, "Country is required").inner_text()
    page.get_by_role("button", name="Ignored (1)").click()
    of(page, 1)
    assert "Ignored by ann: shot at sea <b>" in page.locator(".wb-a-ignored").inner_text()
    page.get_by_role("region", name="The focused image").get_by_role("button", name="Bring back").click()
    page.get_by_text("Nothing left to mend here").wait_for()
    page.get_by_role("button", name="Ignored (0)").click()
    of(page, WITHOUT_COUNTRY)
    assert ws.sql("select * from findings where ignored is not null").empty
    assert page.evaluate("window.leaked.filter((key) => key.length === 1)") == []


def test_all_are_all_right_by_the_panel_for_many(board: MiniHost, page: Any) -> None:
    open_rule(page, "Country is required", WITHOUT_COUNTRY)
    many = page.get_by_role("region", name="Mend many")
    many.get_by_role("combobox", name="How").select_option("ignore")
    many.get_by_role("textbox", name="Value").fill("not wanted")
    many.get_by_role("button", name="Ignore").click()
    page.get_by_text("Nothing left to mend here").wait_for()
    page.keyboard.press("Control+z")
    of(page, WITHOUT_COUNTRY)
