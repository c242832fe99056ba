"""The explorer as a person meets it: the real module in a real browser, the real widget in this process."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import Any

import pytest

from widgets.mini_host import THEMES, MiniHost
from widgets.small_workspace import ROWS, SCRIPT, SmallWorkspace, image_id
from workbench.errors import BadValue, StorageError
from workbench.widgets.explorer import Explorer, plotly_script

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

LINK = "<a href=x>y</a>"
DRAWN = "document.querySelectorAll('.wb-plot:not([hidden]) .main-svg').length > 0"


@pytest.fixture
def ws() -> SmallWorkspace:
    """120 images, some with places and keywords; two broken files that are no images."""
    made = SmallWorkspace(120)
    made.root.execute("update image_facts set latitude = 48 + size % 7, longitude = 11 - size % 5 where size % 3 = 0")
    made.root.execute("insert into search_texts select image_id, fold(name) from image_facts")
    for number in range(30):
        made.root.execute("insert into keywords values ('Sale', 'sale', ?)", [image_id(number)])
    made.add_problem("f" * 20, "This isn't an image.", path="notes.txt", kind="not_an_image")
    made.add_problem("e" * 20, "Cut off.", path=f"a/{SCRIPT}.jpg")
    made.add_problem(image_id(3), "No date.", path="shop/three.jpg", kind="bad_date")
    return made


@pytest.fixture
def explorer(ws: SmallWorkspace, host: Show, page: Any) -> MiniHost:
    shown = host(lambda: Explorer(ws))
    says(page, "120 images")
    return shown


def says(page: Any, count: str) -> None:
    """Wait until the explorer shows so many images."""
    page.wait_for_function("said => document.querySelector('.wb-x-count')?.textContent === said", arg=count)


def calm(page: Any) -> None:
    """Wait until nothing is asked any more."""
    page.wait_for_function("document.querySelector('.wb-explorer').getAttribute('aria-busy') === 'false'")


def drawn(page: Any) -> None:
    page.wait_for_function(DRAWN)
    calm(page)


def search_box(page: Any) -> Any:
    return page.get_by_role("searchbox", name="Search", exact=True)


def chips(page: Any) -> list[str]:
    return [re.sub(r"\s+", " ", one).strip() for one in page.locator(".wb-chip").all_inner_texts()]


def tick(page: Any, facet: str, label: str) -> Any:
    """Return the box before a value."""
    return page.locator(f".wb-facet-{facet} li").filter(has_text=label).get_by_role("checkbox")


def asked(explorer: MiniHost, command: str) -> list[dict[str, Any]]:
    return [one["args"] for one in explorer.asked if one["command"] == command]


def focus_in(page: Any) -> str:
    return str(page.evaluate("document.activeElement.className"))


# -- searching


def test_it_opens_with_everything_and_asks_for_it_once(explorer: MiniHost, page: Any) -> None:
    drawn(page)
    calm(page)
    assert page.locator(".wb-cell img:not([hidden])").count() > 3
    assert page.get_by_role("tab", name="Problems").inner_text().split() == ["Problems", "3"]
    assert len(asked(explorer, "view")) == 1
    assert asked(explorer, "grid.view") == []
    assert len(asked(explorer, "plotly")) == 1
    assert page.evaluate("'Plotly' in window || 'module' in window") is False


def test_typing_searches_when_the_hands_rest(explorer: MiniHost, page: Any) -> None:
    search_box(page).press_sequentially("format:dicom", delay=5)
    says(page, "3 of 120 images")
    calm(page)
    typed = [one["query"] for one in asked(explorer, "find")]
    assert typed[-1] == "format:dicom"
    assert len(typed) < 4
    assert search_box(page).input_value() == "format:dicom"  # as typed, not as the machine would write it
    assert chips(page) == ["Format DICOM"]
    assert page.locator(".wb-row:not([hidden]) .wb-cell:not([hidden])").count() == 3


def test_what_cant_be_read_is_said_under_the_box(explorer: MiniHost, page: Any) -> None:
    search_box(page).fill("img fromat:png")
    note = page.locator(".wb-x-note")
    note.wait_for()
    assert "'fromat:png' (at character 5)" in note.inner_text()
    assert "Known: keyword, format" in note.inner_text()
    says(page, "120 images")
    assert search_box(page).get_attribute("aria-invalid") == "true"
    search_box(page).fill("img format:jpeg")
    says(page, "117 of 120 images")
    assert note.is_hidden()
    assert search_box(page).get_attribute("aria-invalid") is None


def test_examples_of_the_language_are_a_click_away(explorer: MiniHost, page: Any) -> None:
    page.get_by_role("button", name="How to search").click()
    page.get_by_role("button", name="missing:title").click()
    says(page, "30 of 120 images")
    assert page.get_by_role("dialog", name="How to search").is_hidden()
    assert search_box(page).input_value() == "missing:title"


def test_chips_go_one_by_one_or_all_at_once(explorer: MiniHost, page: Any) -> None:
    search_box(page).fill("format:jpeg missing:title -keyword:sale")
    page.keyboard.press("Enter")
    says(page, "21 of 120 images")
    assert chips(page) == ["Format JPEG", "Missing title", "not keyword sale"]
    page.get_by_role("button", name="Remove Missing title").click()
    says(page, "88 of 120 images")
    assert search_box(page).input_value() == "format:JPEG -keyword:sale"
    page.get_by_role("button", name="Clear all").click()
    says(page, "120 images")
    page.get_by_role("button", name="Undo the last filter").click()
    says(page, "88 of 120 images")
    page.locator(".wb-scroller").focus()
    page.keyboard.press("Control+z")
    says(page, "21 of 120 images")
    page.keyboard.press("Control+Shift+Z")
    says(page, "88 of 120 images")


def test_sorting(explorer: MiniHost, page: Any) -> None:
    page.get_by_label("Sort by").select_option(label="File name")
    page.get_by_role("button", name="Ascending; change to descending").click()
    page.get_by_role("button", name="Descending; change to ascending").wait_for()
    first = page.locator('.wb-cell[data-place="0"] .wb-caption')
    page.wait_for_function(
        "document.querySelector('[data-place=\"0\"] .wb-caption').textContent === 'IMG_00000119.jpg'"
    )
    assert first.inner_text() == "IMG_00000119.jpg"


# -- facets


def test_facets_by_keyboard(explorer: MiniHost, page: Any) -> None:
    tick(page, "format", "JPEG").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    says(page, "3 of 120 images")
    assert tick(page, "format", "DICOM").is_checked()
    assert page.evaluate("document.activeElement.dataset.key") == "format:DICOM"  # where one was
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    says(page, "120 images")
    assert chips(page) == ["Format DICOM", "Format JPEG"]


def test_duplicates_to_be_reviewed_are_found_and_marked(ws: SmallWorkspace, host: Show, page: Any) -> None:
    ws.add_cluster([image_id(number) for number in (10, 11, 12)])
    host(lambda: Explorer(ws))
    says(page, "120 images")
    tick(page, "duplicates", "to be reviewed").check()
    says(page, "3 of 120 images")
    page.wait_for_function(
        "[...document.querySelectorAll('.wb-badge-duplicate')].filter(one => one.checkVisibility()).length === 3"
    )
    marked = sorted(page.locator(".wb-badge-duplicate:visible").all_inner_texts())
    assert marked == ["duplicate", "duplicate", "duplicate, stays"]


def test_a_facet_folds_and_stays_folded(explorer: MiniHost, page: Any) -> None:
    page.get_by_role("button", name="Folder").click()
    assert page.locator(".wb-facet-folder ul").count() == 0
    calm(page)
    tick(page, "format", "DICOM").check()
    says(page, "3 of 120 images")
    assert page.locator(".wb-facet-folder ul").count() == 0
    explorer.open()
    says(page, "3 of 120 images")
    assert page.locator(".wb-facet-folder ul").count() == 0


def test_a_long_facet_opens_and_can_be_searched(ws: SmallWorkspace, host: Show, page: Any) -> None:
    for number in range(60):
        word = f"word {number:02}"
        ws.root.execute("insert into keywords values (?, ?, ?)", [word, word, image_id(number)])
    host(lambda: Explorer(ws))
    says(page, "120 images")
    assert page.locator(".wb-facet-keyword li").count() == 6
    page.get_by_role("button", name="More: Keyword").click()
    page.wait_for_function("document.querySelectorAll('.wb-facet-keyword li').length === 61")
    page.get_by_role("searchbox", name="Find in Keyword").fill("word 5")
    assert page.locator(".wb-facet-keyword li").count() == 10
    tick(page, "keyword", "word 59").check()
    says(page, "1 of 120 images")


# -- charts


def middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def bars(page: Any, chart: str) -> list[dict[str, float]]:
    return [one.bounding_box() for one in page.locator(f".wb-chart-{chart} .bars .point").all()]


def test_a_click_on_a_bar_filters(explorer: MiniHost, page: Any) -> None:
    drawn(page)
    days = bars(page, "timeline")
    assert len(days) == 5
    page.mouse.click(*middle(days[1]))
    says(page, "24 of 120 images")
    assert chips(page) == ["Captured 2020-01-02"]
    page.get_by_role("button", name="Clear all").click()
    says(page, "120 images")
    page.wait_for_function("document.querySelectorAll('.wb-chart-timeline .bars .point').length === 5")
    page.mouse.click(*middle(min(bars(page, "formats"), key=lambda box: box["width"])))
    says(page, "3 of 120 images")
    assert tick(page, "format", "DICOM").is_checked()


def test_a_box_drawn_across_bars_filters(explorer: MiniHost, page: Any) -> None:
    drawn(page)
    days = bars(page, "timeline")
    drag(page, middle(days[1]), middle(days[3]))
    says(page, "72 of 120 images")
    assert chips(page) == ["Captured 2020-01-02 to 2020-01-04"]


def test_a_box_drawn_on_the_map_filters(explorer: MiniHost, page: Any) -> None:
    drawn(page)
    box = page.locator(".wb-chart-places .nsewdrag").bounding_box()
    drag(page, (box["x"] + 3, box["y"] + 3), (box["x"] + box["width"] - 3, box["y"] + box["height"] / 2))
    page.locator(".wb-chip").wait_for()
    calm(page)
    south, west, north, east = explorer.widget.session.filter.place
    frame = explorer.widget.frame()
    assert 0 < len(frame) < 40
    assert frame["latitude"].between(south, north).all()
    assert frame["longitude"].between(west, east).all()


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*[(a + b) / 2 for a, b in zip(start, end, strict=True)])
    page.mouse.move(*end)
    page.mouse.up()


def test_charts_follow_the_theme_at_once(explorer: MiniHost, page: Any) -> None:
    drawn(page)
    fill = "getComputedStyle(document.querySelector('.wb-chart-timeline .bars path')).fill"
    words = "getComputedStyle(document.querySelector('.wb-chart-timeline .xtick text')).fill"
    before = page.evaluate(f"[{fill}, {words}]")
    assert before[0] == "rgb(25, 118, 210)"
    css = ";".join(f"{name}:{value}" for name, value in THEMES["dark"].items())
    page.evaluate("css => document.documentElement.setAttribute('style', css)", css)
    page.wait_for_function(f"{fill} === 'rgb(33, 150, 243)'")
    light = [int(one) for one in re.findall(r"\d+", page.evaluate(words))[:3]]
    assert min(light) > 150  # light on dark


def test_closed_charts_are_not_loaded(ws: SmallWorkspace, host: Show, page: Any) -> None:
    page.set_viewport_size({"width": 780, "height": 900})
    shown = host(lambda: Explorer(ws))
    says(page, "120 images")
    calm(page)
    assert asked(shown, "plotly") == []
    page.get_by_role("button", name="Charts").click()
    drawn(page)
    assert len(asked(shown, "plotly")) == 1
    page.get_by_role("button", name="Charts").click()
    page.locator(".wb-x-charts").wait_for(state="hidden")
    page.get_by_role("button", name="Charts").click()
    drawn(page)
    assert len(asked(shown, "plotly")) == 1


def test_plotly_comes_from_the_installed_package() -> None:
    reply = plotly_script()
    assert len(reply.buffers) == 1
    assert len(reply.buffers[0]) < 3_000_000
    assert plotly_script().buffers[0] is reply.buffers[0]


# -- what comes from files is data


def test_text_from_images_is_text_everywhere(ws: SmallWorkspace, host: Show, page: Any) -> None:
    ws.root.execute("update image_facts set title = ?, camera_model = ?, batch = ? where size % 2 = 0", [SCRIPT] * 3)
    ws.root.execute("update image_facts set format = ? where size % 5 = 0", [LINK])
    ws.root.execute("insert into keywords values (?, ?, ?)", [SCRIPT, SCRIPT.lower(), image_id(5)])
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    shown = host(lambda: Explorer(ws))
    says(page, "120 images")
    drawn(page)
    page.wait_for_function("document.querySelectorAll('.wb-chart-formats .bars .point').length === 3")
    labels = page.locator(".wb-chart-formats .ytick text").all_text_contents()
    assert LINK in labels
    page.mouse.move(*middle(bars(page, "formats")[1]))
    page.wait_for_function(
        "document.querySelector('.wb-chart-formats .hoverlayer text')?.textContent.includes('images')"
    )
    tick(page, "camera", "onerror").check()
    says(page, "60 of 120 images")
    page.get_by_role("button", name="SQL").click()
    page.locator(".wb-x-sql pre").wait_for()
    page.get_by_role("tab", name="Problems").click()
    page.locator(".wb-problems tbody tr").first.wait_for()
    assert SCRIPT in page.locator(".wb-problems").inner_text()
    assert page.locator(".wb-explorer a, .wb-explorer script, .wb-explorer img[onerror]").count() == 0
    assert page.evaluate("window.hacked") is None
    server = f"http://127.0.0.1:{shown.server.server_port}/"
    assert [url for url in requests if not url.startswith((server, "blob:", "data:"))] == []


# -- SQL, problems, empty states, errors


def test_the_sql_it_ran_can_be_read_and_run(explorer: MiniHost, ws: SmallWorkspace, page: Any) -> None:
    search_box(page).fill("format:dicom missing:title")
    says(page, "1 of 120 images")
    page.get_by_role("button", name="SQL").click()
    page.locator(".wb-x-sql").wait_for()
    text = page.locator(".wb-x-sql pre").inner_text()
    with ws.reading() as connection:
        found = [row[0] for row in connection.execute(f"select image_id from ({text})").fetchall()]
    assert found == explorer.widget.frame()["image_id"].tolist()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_files_that_are_no_images_are_found(explorer: MiniHost, page: Any) -> None:
    page.get_by_role("tab", name="Problems").click()
    rows = page.locator(".wb-problems tbody tr")
    page.wait_for_function("document.querySelectorAll('.wb-problems tbody tr').length === 3")
    page.get_by_role("checkbox", name="Only files that aren't images").check()
    page.wait_for_function("document.querySelectorAll('.wb-problems tbody tr').length === 2")
    page.get_by_role("button", name="not an image").click()
    page.wait_for_function("document.querySelectorAll('.wb-problems tbody tr').length === 1")
    assert "notes.txt" in rows.first.inner_text()
    page.get_by_role("button", name="bad date").click()
    page.get_by_role("checkbox", name="Only files that aren't images").uncheck()
    page.get_by_role("button", name="Show", exact=True).click()
    says(page, "1 of 120 images")
    assert page.get_by_role("tab", name="Images").get_attribute("aria-selected") == "true"
    assert explorer.widget.session.grid.ids == [image_id(3)]


def test_nothing_scanned_yet_says_how(host: Show, page: Any) -> None:
    empty = SmallWorkspace(0)
    host(lambda: Explorer(empty))
    page.get_by_text("No images yet").wait_for()
    assert "ws.scan(" in page.locator(".wb-x-empty").inner_text()
    empty.root.execute(ROWS, {"count": 1})
    page.get_by_role("button", name="Refresh", exact=True).click()
    says(page, "1 image")


def test_no_match_offers_ways_out(explorer: MiniHost, page: Any) -> None:
    search_box(page).fill("year:1999")
    page.get_by_text("No image matches").wait_for()
    assert "images with year 1999" in page.locator(".wb-x-empty").inner_text()
    page.get_by_role("button", name="Clear all filters").click()
    says(page, "120 images")
    assert page.locator(".wb-x-empty").is_hidden()


def test_an_error_is_shown_with_its_hint_and_traceback(explorer: MiniHost, page: Any) -> None:
    verbs = explorer.widget._verbs
    works = verbs["toggle"]

    def fails(**_: Any) -> dict[str, Any]:
        raise StorageError("The disk is gone.", hint="Plug it in again.")

    verbs["toggle"] = fails
    tick(page, "format", "DICOM").click()
    page.get_by_text("The disk is gone.", exact=True).wait_for()
    assert page.get_by_text("Plug it in again.", exact=True).is_visible()
    page.get_by_text("Technical details").click()
    assert "in fails" in page.locator(".wb-error pre").inner_text()
    verbs["toggle"] = works
    page.get_by_role("button", name="Try again").click()
    page.locator(".wb-error").wait_for(state="detached")
    assert not tick(page, "format", "DICOM").is_checked()  # what isn't so isn't shown


# -- keyboard


def test_the_explorers_own_keys(explorer: MiniHost, page: Any) -> None:
    page.locator(".wb-scroller").focus()
    page.keyboard.press("/")
    assert "wb-x-input" in focus_in(page)
    page.keyboard.type("a/b?c")
    assert search_box(page).input_value() == "a/b?c"
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    calm(page)
    page.keyboard.press("Escape")
    says(page, "120 images")
    assert "wb-scroller" in focus_in(page)
    page.keyboard.press("f")
    page.locator(".wb-x-facets").wait_for(state="hidden")
    page.keyboard.press("c")
    page.locator(".wb-x-charts").wait_for(state="hidden")
    page.keyboard.press("q")
    page.locator(".wb-x-sql").wait_for()
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keyboard").inner_text()
    assert all(title in help for title in ("Explorer", "Grid", "Large view", "Go to the search box"))
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog", name="Keyboard").count() == 0


def test_the_grid_works_as_it_does_alone(explorer: MiniHost, page: Any) -> None:
    page.locator(".wb-scroller").focus()
    for key in ("ArrowRight", "Space", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_function("document.querySelector('.wb-chosen').textContent === '2 selected'")
    poll(lambda: len(explorer.widget.selected) == 2, page)
    chosen = explorer.widget.selected
    assert explorer.widget.frame(selected=True)["image_id"].tolist() == chosen
    tick(page, "format", "JPEG").check()
    says(page, "117 of 120 images")
    assert explorer.widget.selected == chosen  # what still matches stays selected
    page.wait_for_function("document.querySelector('.wb-chosen').textContent === '2 selected'")
    page.locator(".wb-scroller").focus()
    page.keyboard.press("Enter")
    page.locator(".wb-large[open]").wait_for()
    page.keyboard.press("/")
    assert "wb-x-input" not in focus_in(page)  # in the large view this key searches the metadata
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".wb-large[open]").wait_for(state="detached")


def poll(holds: Callable[[], bool], page: Any, patience: int = 400) -> None:
    for _ in range(patience):
        if holds():
            return
        page.evaluate("() => new Promise((done) => setTimeout(done, 10))")
    raise AssertionError("It didn't come to hold.")


@pytest.mark.parametrize(
    "where", [".wb-scroller", ".wb-x-input", ".wb-facet-format input", ".wb-x-tab", ".wb-chip-off", "select"]
)
def test_no_key_reaches_the_notebook(ws: SmallWorkspace, host: Show, page: Any, where: str) -> None:
    host(lambda: Explorer(ws, "format:jpeg"))
    says(page, "117 of 120 images")
    page.evaluate("window.leaked.length = 0")
    for key in [
        *string.ascii_letters,
        *string.digits,
        *string.punctuation,
        "Escape",
        "Backspace",
        "Delete",
        "ArrowDown",
        "Control+z",
    ]:
        page.locator(where).first.focus()
        page.keyboard.press(key)
    calm(page)
    assert [key for key in page.evaluate("window.leaked") if key != "Control"] == []


# -- staying


def test_a_reload_shows_the_same(explorer: MiniHost, page: Any) -> None:
    tick(page, "format", "JPEG").check()
    says(page, "117 of 120 images")
    search_box(page).fill("format:jpeg missing:title")
    says(page, "29 of 120 images")
    page.get_by_role("button", name="SQL").click()
    page.locator(".wb-x-sql").wait_for()
    explorer.open("dark")
    says(page, "29 of 120 images")
    assert search_box(page).input_value() == "format:jpeg missing:title"
    assert chips(page) == ["Format JPEG", "Missing title"]
    assert page.locator(".wb-x-sql").is_visible()
    page.get_by_role("button", name="Undo the last filter").click()
    says(page, "117 of 120 images")


def test_code_can_search_too(explorer: MiniHost, page: Any) -> None:
    explorer.widget.find("format:dicom")
    says(page, "3 of 120 images")
    assert search_box(page).input_value() == "format:dicom"
    assert explorer.widget.search.count() == len(explorer.widget.frame()) == 3
    with pytest.raises(BadValue):
        explorer.widget.find("fromat:dicom")


@pytest.mark.parametrize("width", [780, 900, 1100, 1400, 2500])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_width_breaks_it(ws: SmallWorkspace, host: Show, page: Any, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    host(lambda: Explorer(ws, f'format:jpeg,dicom folder:"{"long " * 30}","shop","press","archive"'), theme)
    says(page, "120 images")
    calm(page)
    if width == 780:
        assert page.locator(".wb-x-facets").is_hidden()
        page.get_by_role("button", name="Filters").click()
        assert page.locator(".wb-x-facets").is_visible()
        page.keyboard.press("Escape")
        assert page.locator(".wb-x-facets").is_hidden()
        page.get_by_role("button", name="Charts").click()
    drawn(page)
    calm(page)
    root = page.locator(".wb-explorer").bounding_box()
    for part in (".wb-x-top", ".wb-x-second", ".wb-x-main", ".wb-x-charts", ".wb-grid", ".wb-x-tools"):
        box = page.locator(part).bounding_box()
        assert root["x"] <= box["x"] < box["x"] + box["width"] <= root["x"] + root["width"] + 1, part
        assert box["y"] + box["height"] <= root["y"] + root["height"] + 1, part
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".wb-grid").bounding_box()["width"] > 400
    assert page.locator(".wb-grid").bounding_box()["height"] > 300
    beside = page.locator(".wb-x-charts").bounding_box()["x"] > page.locator(".wb-grid").bounding_box()["x"] + 100
    assert beside == (width >= 1400)


@pytest.mark.parametrize("height", [0, 100, 10_000])
def test_absurd_heights_are_refused(ws: SmallWorkspace, height: int) -> None:
    with pytest.raises(BadValue):
        Explorer(ws, height=height)
