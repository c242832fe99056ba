"""The image grid as a person meets it: the real module in a real browser, the real widget in this process."""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Callable
from typing import Any

import pytest

from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT, SmallWorkspace, image_id
from workbench.errors import BadValue
from workbench.widgets.image_grid import OPENING, ImageGrid

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

CELLS = ".wb-row:not([hidden]) .wb-cell:not([hidden])"
LOADED = f"""(last) => {{
  const cells = [...document.querySelectorAll("{CELLS}")];
  const pictures = cells.flatMap((cell) => [...cell.querySelectorAll("img:not([hidden])")]);
  return cells.length > 0 && cells.every((cell) => !cell.classList.contains("wb-loading"))
    && pictures.every((picture) => picture.complete && picture.naturalWidth > 0)
    && (last === null || cells.some((cell) => Number(cell.dataset.place) === last));
}}"""


@pytest.fixture(scope="module")
def ws() -> SmallWorkspace:
    return SmallWorkspace(300)


@pytest.fixture
def grid(ws: SmallWorkspace, host: Show, page: Any) -> MiniHost:
    """A grid of 300 images, its thumbnails there, the keyboard in it."""
    shown = host(lambda: ImageGrid(ws))
    loaded(page)
    page.locator(".wb-scroller").focus()
    return shown


def loaded(page: Any, place: int | None = None) -> None:
    page.wait_for_function(LOADED, arg=place)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def cell(page: Any, place: int) -> Any:
    return page.locator(f'{CELLS}[data-place="{place}"]')


def focused(page: Any, place: int) -> bool:
    """Wait until this image has the focus."""
    page.locator(f'{CELLS}.wb-focus[data-place="{place}"]').wait_for()
    return True


def until(page: Any, widget: ImageGrid, places: list[int]) -> None:
    """Wait for what the browser shows and what Python knows to be this selection."""
    shown = f"{len(places):,} selected" if places else ""
    page.wait_for_function(
        "said => (document.querySelector('.wb-chosen:not([hidden])')?.textContent ?? '') === said", arg=shown
    )
    expected = [widget.session.ids[place] for place in places]
    poll(lambda: widget.selected == expected, page)


def poll(holds: Callable[[], bool], page: Any, patience: int = 400) -> None:
    for _ in range(patience):
        if holds():
            return
        page.evaluate("() => new Promise((done) => setTimeout(done, 10))")
    raise AssertionError("It didn't come to hold.")


def test_only_what_is_in_sight_is_drawn_and_sent(grid: MiniHost, page: Any) -> None:
    assert page.locator(".wb-total").inner_text() == "300 images"
    assert page.locator(CELLS).count() < 80
    poll(lambda: grid.inbox.empty(), page)
    asked = [one["args"] for one in grid.asked if one["command"] == "window"]
    assert max(one["stop"] for one in asked) < 120
    assert len({place for one in asked for place in range(one["start"], one["stop"])}) == sum(
        one["stop"] - one["start"] for one in asked
    )  # nothing twice


def test_arrows_walk_and_page_keys_jump(grid: MiniHost, page: Any) -> None:
    columns = int(page.locator(".wb-scroller").get_attribute("aria-colcount"))
    press(page, "ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft")
    assert focused(page, columns + 1)
    press(page, "ArrowUp", "ArrowUp")
    assert focused(page, 1)
    press(page, "PageDown", "PageUp")
    assert focused(page, 1)
    press(page, "End")
    loaded(page, 299)
    assert focused(page, 299)
    press(page, "Home")
    loaded(page, 0)
    assert focused(page, 0)
    assert grid.widget.selected == []


def test_space_shift_all_and_escape_select(grid: MiniHost, page: Any) -> None:
    press(page, "ArrowRight", "Space")
    until(page, grid.widget, [1])
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft")
    until(page, grid.widget, [1, 3, 4])
    press(page, "Control+a")
    until(page, grid.widget, list(range(300)))
    press(page, "Space")
    until(page, grid.widget, [place for place in range(300) if place != 4])
    press(page, "Escape")
    until(page, grid.widget, [])


def test_only_deltas_travel(grid: MiniHost, page: Any) -> None:
    press(page, "Control+a")
    until(page, grid.widget, list(range(300)))
    press(page, "Space")
    until(page, grid.widget, list(range(1, 300)))
    sent = [{key: one["args"][key] for key in ("add", "remove")} for one in grid.asked if one["command"] == "select"]
    assert sent == [{"add": [[0, 300]], "remove": []}, {"add": [], "remove": [[0, 1]]}]


def test_the_mouse_selects(grid: MiniHost, page: Any) -> None:
    cell(page, 2).click()
    until(page, grid.widget, [2])
    cell(page, 5).click(modifiers=["Shift"])
    until(page, grid.widget, [2, 3, 4, 5])
    cell(page, 4).click(modifiers=["Control"])
    until(page, grid.widget, [2, 3, 5])
    cell(page, 9).hover()
    cell(page, 9).locator(".wb-check").click()
    until(page, grid.widget, [2, 3, 5, 9])
    page.get_by_role("button", name="Clear").click()
    until(page, grid.widget, [])


def test_selection_gives_a_table(grid: MiniHost, page: Any) -> None:
    press(page, "Space", "Shift+ArrowRight")
    until(page, grid.widget, [0, 1])
    assert grid.widget.frame()["image_id"].tolist() == grid.widget.selected
    assert len(grid.widget.frame(all=True)) == 300


def test_python_selects_and_shows_other_images(grid: MiniHost, page: Any) -> None:
    grid.widget.select([image_id(0), image_id(3)])
    until(page, grid.widget, sorted(grid.widget.session.ids.index(image_id(n)) for n in (0, 3)))
    grid.widget.show([image_id(3), image_id(4)])
    page.wait_for_function("document.querySelector('.wb-total').textContent === '2 images'")
    loaded(page, 1)
    until(page, grid.widget, [0])
    assert page.locator(CELLS).count() == 2


def test_a_reloaded_page_looks_the_same(grid: MiniHost, page: Any) -> None:
    page.locator(".wb-bar select").select_option("title")
    press(page, "+", "End", "ArrowLeft", "Space", "Shift+ArrowRight")
    until(page, grid.widget, [298, 299])
    loaded(page, 299)
    poll(lambda: grid.widget.session.view()["focus"] == 299 and grid.widget.session.view()["top"] > 0, page)
    state = "() => [document.querySelector('.wb-scroller').scrollTop, document.querySelector('.wb-bar input').value]"
    before, shot = page.evaluate(state), cell(page, 299).inner_text()
    grid.open()
    loaded(page, 299)
    after = page.evaluate(state)
    assert (abs(after[0] - before[0]) <= 2, after[1]) == (True, "184")
    assert focused(page, 299)
    assert cell(page, 299).inner_text() == shot
    until(page, grid.widget, [298, 299])


def test_captions_change_without_sending_pictures_again(grid: MiniHost, page: Any) -> None:
    poll(lambda: grid.inbox.empty(), page)
    page.locator(".wb-bar select").select_option("title")
    place = grid.widget.session.ids.index(image_id(2))
    cell(page, place).get_by_text("Title 2").wait_for()
    loaded(page)
    changed = [one["args"] for one in grid.asked if one["command"] == "window" and one["args"]["caption"] == "title"]
    assert changed[0]["thumbnails"] is False
    assert grid.widget.session.view()["caption"] == "title"


def test_the_size_slider_changes_columns_and_keeps_the_place(grid: MiniHost, page: Any) -> None:
    press(page, "End")
    loaded(page, 299)
    before = int(page.locator(".wb-scroller").get_attribute("aria-colcount"))
    page.locator(".wb-bar input").fill("320")
    loaded(page, 299)
    assert int(page.locator(".wb-scroller").get_attribute("aria-colcount")) < before
    poll(lambda: grid.widget.session.view()["size"] == 320, page)


def test_no_key_reaches_the_notebook(grid: MiniHost, page: Any) -> None:
    keys = [*string.ascii_letters, *string.digits, *"-=+?/,.;'[] ", "Delete", "Backspace", "Tab"]
    keys += ["Shift+Enter", "Control+ArrowDown", "ArrowUp", "Home", "End", "Escape"]
    for key in keys:
        page.locator(".wb-scroller").focus()
        press(page, "Space" if key == " " else key)
    press(page, "Home", "Enter")
    page.locator("dialog[open]").wait_for()
    for key in [
        *string.ascii_lowercase.replace("i", ""),
        *"0123456789-+",
        "ArrowLeft",
        "Backspace",
        "/",
        "x",
        "Escape",
        "Escape",
    ]:
        press(page, key)
    page.locator("dialog[open]").wait_for(state="hidden")
    assert page.evaluate("window.leaked.filter((key) => key !== 'Control')") == []
    press(page, "Control+s")
    assert "s" in page.evaluate("window.leaked")  # the notebook's own shortcuts go on


def test_large_view_shows_everything_as_text(host: Show, page: Any) -> None:
    ws = SmallWorkspace(3)
    ws.add_embedded(image_id(0), "Xmp.dc.title", SCRIPT, "x-default")
    ws.add_embedded(image_id(0), "Exif.Image.Model", "Canon")
    ws.add_problem(image_id(0), "The file ends too early.")
    ws.root.execute("update image_facts set name = ?, title = ?", [SCRIPT, SCRIPT])
    host(lambda: ImageGrid(ws, [image_id(0), image_id(1)], caption="title"))
    loaded(page)
    assert cell(page, 0).locator(".wb-caption").inner_text() == SCRIPT
    cell(page, 0).dblclick()
    page.wait_for_function("document.querySelector('.wb-large-image').naturalWidth === 1600")
    panel = page.locator(".wb-large-panel")
    panel.get_by_text("The file ends too early.").wait_for()
    assert panel.get_by_text(SCRIPT).count() >= 2
    page.locator(".wb-large-panel input").fill("canon")
    page.wait_for_function("!document.querySelector('.wb-large-facts').textContent.includes('Problems')")
    assert panel.get_by_text("Canon", exact=True).first.is_visible()
    assert page.evaluate("window.hacked") is None
    assert page.locator("script[src], .wb img[onerror], .wb script").count() == 0


def test_large_view_zooms_pans_and_goes_on(grid: MiniHost, page: Any) -> None:
    press(page, "ArrowRight", "Enter")
    page.wait_for_function("document.querySelector('.wb-large-image').naturalWidth === 1600")
    fit = page.locator(".wb-large-zoom").inner_text()
    press(page, "+", "+", "+")
    assert page.locator(".wb-large-zoom").inner_text() != fit
    matrix = "getComputedStyle(document.querySelector('.wb-large-image')).transform"
    before = page.evaluate(matrix)
    press(page, "ArrowRight")
    moved = page.evaluate(matrix)
    assert moved != before
    box = page.locator(".wb-large-stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 350, box["y"] + 330)
    page.mouse.up()
    assert page.evaluate(matrix) != moved
    page.mouse.wheel(0, 100_000)
    page.wait_for_function("fit => document.querySelector('.wb-large-zoom').textContent === fit", arg=fit)
    press(page, "ArrowRight")
    page.wait_for_function("document.querySelector('.wb-large-where').textContent === '3 of 300'")
    press(page, "Space")
    until(page, grid.widget, [2])
    press(page, "Escape")
    assert focused(page, 2)
    assert page.evaluate("document.activeElement.classList.contains('wb-scroller')")


def test_a_file_without_picture_shows_its_format_and_name(grid: MiniHost, page: Any) -> None:
    place = grid.widget.session.ids.index(image_id(7))
    for _ in range(place):
        press(page, "ArrowRight")
    loaded(page, place)
    assert re.split(r"\s+", cell(page, place).locator(".wb-blank").inner_text()) == ["DICOM", "IMG_00000007.jpg"]


def test_badges_are_words(host: Show, page: Any) -> None:
    ws = SmallWorkspace(12)
    ws.add_problem(image_id(5), "The file ends too early.")
    host(lambda: ImageGrid(ws, [image_id(5), image_id(8), image_id(0)]))
    loaded(page)
    assert cell(page, 0).locator(".wb-badge").all_inner_texts() == ["problem", "no title"]
    assert cell(page, 0).locator(".wb-badge").first.get_attribute("title") == "The file ends too early."
    assert cell(page, 1).locator(".wb-badge").all_inner_texts() == ["2 copies"]
    assert cell(page, 2).locator(".wb-badge").count() == 0
    assert cell(page, 0).get_attribute("aria-label") == "IMG_00000005.jpg, problem, no title"


def test_empty(ws: SmallWorkspace, host: Show, page: Any) -> None:
    host(lambda: ImageGrid(ws, []))
    page.get_by_text("No images match").wait_for()
    page.locator(".wb-bar button").last.focus()
    press(page, "Control+a", "End", "Enter")


def test_errors_are_seen_with_hint_and_traceback_and_can_be_retried(ws: SmallWorkspace, host: Show, page: Any) -> None:
    broken = threading.Event()
    broken.set()

    class Torn(SmallWorkspace):
        def __init__(self) -> None:
            self.__dict__ = dict(ws.__dict__)

        def reading(self) -> Any:
            if broken.is_set() and threading.current_thread() is not threading.main_thread():
                raise BadValue("The catalogue is away.", hint="Bring it back.")
            return super().reading()

    host(lambda: ImageGrid(Torn()))
    error = page.get_by_role("alert")
    error.get_by_text("The catalogue is away.", exact=True).wait_for()
    assert error.get_by_text("Bring it back.", exact=True).is_visible()
    assert not error.locator("pre").is_visible()
    error.get_by_text("Technical details").click()
    assert "in reading" in error.locator("pre").inner_text()
    broken.clear()
    error.get_by_role("button", name="Try again").click()
    loaded(page, 0)
    assert error.count() == 0


def test_lost_messages_freeze_nothing(ws: SmallWorkspace, page: Any, host: Show) -> None:
    lost: list[str] = []

    def lose(message: dict[str, Any]) -> bool:
        if message["command"] == "ping" and len(lost) < 2:
            lost.append(message["id"])
            return True
        return False

    shown = host(lambda: ImageGrid(ws))
    shown.lose = lose
    shown.open()
    loaded(page, 0)
    poll(lambda: len(lost) == 2, page)  # the first view needs no ping and may be back before the second one is sent


def test_a_screen_reader_hears_where_one_is(grid: MiniHost, page: Any) -> None:
    scroller = page.get_by_role("grid", name="Images")
    assert scroller.get_attribute("aria-multiselectable") == "true"
    press(page, "ArrowRight", "Space")
    active = scroller.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.wait_for_function("document.querySelector('.wb-unseen').textContent.includes('2 of 300, selected')")


def test_help_comes_from_the_table(grid: MiniHost, page: Any) -> None:
    press(page, "?")
    page.get_by_role("dialog", name="Keyboard").get_by_text("Open large, with all metadata").wait_for()
    press(page, "Escape")
    assert page.get_by_role("dialog", name="Keyboard").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_layout_break(ws: SmallWorkspace, host: Show, page: Any, theme: str) -> None:
    host(lambda: ImageGrid(ws), theme)
    for width in (900, 1400, 2500):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        loaded(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        bar = page.locator(".wb-bar").bounding_box()
        assert bar["height"] < 50
        boxes = page.locator(CELLS).evaluate_all("cells => cells.map((cell) => cell.getBoundingClientRect().toJSON())")
        assert min(box["width"] for box in boxes) >= 150
        assert max(box["right"] for box in boxes) <= width - 12


def test_ten_million_rows_can_be_reached(host: Show, page: Any) -> None:
    ws = SmallWorkspace(300)

    def make() -> ImageGrid:
        widget = ImageGrid(ws)
        widget.session._ids = widget.session._ids.repeat(33_334)[:10_000_000]  # too slow to fill a catalogue with
        return widget

    shown = host(make)
    loaded(page)
    assert page.locator(".wb-total").inner_text() == "10,000,000 images"
    page.locator(".wb-scroller").focus()
    press(page, "End")
    loaded(page, 9_999_999)
    assert focused(page, 9_999_999)
    press(page, "Control+a", "ArrowUp", "Space")
    page.wait_for_function("document.querySelector('.wb-chosen').textContent === '9,999,999 selected'")
    poll(lambda: shown.widget.session.select()["selected"] == 9_999_999, page)
    page.evaluate("() => { const s = document.querySelector('.wb-scroller'); s.scrollTop = s.scrollHeight / 2; }")
    page.wait_for_function(f"document.querySelector('{CELLS}').dataset.place < 6_000_000")
    loaded(page)
    first = "Math.min(...[...document.querySelectorAll('" + CELLS + "')].map((cell) => Number(cell.dataset.place)))"
    before = page.evaluate(first)
    box = page.locator(".wb-scroller").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, 600)
    page.wait_for_function(f"before => {first} > before", arg=before)
    assert page.evaluate(first) - before < 100  # a step of the wheel is a few rows here too


@pytest.mark.parametrize("height", [0, 100, 10_000])
def test_absurd_heights_are_refused(ws: SmallWorkspace, height: int) -> None:
    with pytest.raises(BadValue):
        ImageGrid(ws, height=height)


@pytest.mark.parametrize("height", [240, 320, 400])
def test_the_spare_rows_of_a_low_grid_are_loaded_too(ws: SmallWorkspace, host: Show, page: Any, height: int) -> None:
    host(lambda: ImageGrid(ws, height=height))
    loaded(page)
    drawn = page.locator(CELLS)
    assert drawn.count() >= 3 * int(page.locator(".wb-scroller").get_attribute("aria-colcount"))


def test_the_first_pictures_come_with_the_view(ws: SmallWorkspace, host: Show, page: Any) -> None:
    shown = host(lambda: ImageGrid(ws, height=320))
    loaded(page)
    poll(lambda: shown.inbox.empty(), page)
    asked = [one["args"] for one in shown.asked if one["command"] == "window"]
    assert all(one["start"] >= OPENING for one in asked)
