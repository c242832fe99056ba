"""Adjudication, double entry and training as a person meets them: the real modules and widgets in a real browser."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from double_entered import COUNTRY, HEADLINE, TITLE, WORDS, colleague, differing, enter, opened
from tagged_collection import ids, shown, workspace

import workbench as wb
from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT
from workbench import gold
from workbench.errors import BadValue, NotFound
from workbench.widgets.adjudicate import Adjudicate
from workbench.widgets.double_entry import DoubleEntry, Training

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

ON_SCREEN = """([image, field]) => {
  const root = document.querySelector(".wb-judge"), picture = root?.querySelector(".wb-tag-image");
  return root?.dataset.image === image && root.dataset.field === field
    && picture?.dataset.id === image && picture.complete && picture.naturalWidth > 0;
}"""
TIMED = """([key]) => new Promise((done) => {
  const root = document.querySelector(".wb-judge"), begun = performance.now();
  const before = root.dataset.image + root.dataset.field;
  const look = () => {
    const picture = root.querySelector(".wb-tag-image");
    const moved = root.dataset.image + root.dataset.field !== before;
    const there = moved && picture?.dataset.id === root.dataset.image && picture.complete;
    there ? requestAnimationFrame(() => done(performance.now() - begun)) : requestAnimationFrame(look);
  };
  root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  look();
})"""
UNNAMED = """() => [...document.querySelectorAll(".wb-judge button, .wb-judge textarea, .wb-judge [role=group]")]
  .filter((one) => !one.closest("[hidden]") && !one.getAttribute("aria-label"))
  .filter((one) => !one.textContent.trim() && !one.labels?.length)
  .map((one) => one.outerHTML.slice(0, 80))"""
OVERFLOWING = """() => [...document.querySelectorAll(
    ".wb-judge, .wb-judge-bar, .wb-judge-foot, .wb-judge-panel, .wb-judge-card, .wb-help")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("judge"), 6, large=True)
    made.close()
    return made.folder


@pytest.fixture
def actor() -> str:
    return "cleo"


@pytest.fixture
def judging(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    """Six differences of four images, the keyboard in the widget."""
    differing(ws)
    made = host(lambda: Adjudicate(ws))
    there(made)
    page.locator(".wb-judge").focus()
    return made


def there(made: MiniHost) -> tuple[str, str]:
    """Wait until the session's difference is on the screen, with its picture."""
    one = made.widget.session.difference
    made.page.wait_for_function(ON_SCREEN, arg=[one.image_id, one.field])
    return one.image_id, one.field


def moved(page: Any, before: tuple[str, str]) -> None:
    page.wait_for_function(
        """([image, field]) => {
          const now = document.querySelector(".wb-judge").dataset;
          return now.image !== image || now.field !== field;
        }""",
        arg=list(before),
    )


def card(page: Any, side: str) -> Any:
    return page.locator(f".wb-judge-card[data-side={side}]")


def headline(page: Any) -> Any:
    return page.locator(f'.wb-tag-field[data-key="{HEADLINE}"]').locator("input, textarea").first


# -- adjudication


def test_six_differences_six_keys(ws: wb.Bench, judging: MiniHost, page: Any) -> None:
    keys = ["1", "2", "ArrowLeft", "ArrowRight", "1", "2"]
    for key in keys:
        before = there(judging)
        page.keyboard.press(key)
        moved(page, before)
    page.get_by_text("All decided").wait_for()
    found = ws.sql("select state, count(*) as n from field_comparisons group by 1")
    assert dict(found.to_numpy().tolist()) == {"agreed": 6, "adjudicated": 6}
    assert page.evaluate("window.leaked") == []


def test_the_key_takes_what_stands_on_its_side(ws: wb.Bench, judging: MiniHost, page: Any) -> None:
    image_id, field = before = there(judging)
    says = card(page, "right").locator(".wb-judge-text").text_content()
    page.keyboard.press("2")
    moved(page, before)
    assert shown(ws, image_id, field) == [("x-default", says.replace("␣", " "))]


def test_what_differs_is_marked_and_said(judging: MiniHost, page: Any) -> None:
    marks = page.locator(".wb-judge-card mark").all_text_contents()
    assert marks == ["␣"]
    assert "Only blanks differ." in page.locator(".wb-judge-note").text_content()
    assert "What it is, in a few words." in page.locator(".wb-judge-guideline").text_content()
    assert page.locator(".wb-judge-label").text_content() == "Title"


def test_something_else_is_written_and_undone_by_keys(ws: wb.Bench, judging: MiniHost, page: Any) -> None:
    image_id, field = before = there(judging)
    page.keyboard.press("c")
    page.keyboard.type("neither fits, 1 2 e s u")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("A shirt")
    page.keyboard.press("Control+Enter")
    moved(page, before)
    assert shown(ws, image_id, field) == [("x-default", "A shirt")]
    assert ws.sql("select comment from adjudications")["comment"].tolist() == ["neither fits, 1 2 e s u"]
    assert page.locator(".wb-judge-comment").input_value() == ""
    page.keyboard.press("u")
    page.locator(".wb-judge-status", has_text="Taken back").wait_for()
    assert there(judging) == before
    assert ws.sql("select * from adjudications").empty


def test_skipped_and_stepped_through(judging: MiniHost, page: Any) -> None:
    seen = []
    for key in ("s", "n", "PageDown", "p"):
        seen.append(there(judging))
        page.keyboard.press(key)
        moved(page, seen[-1])
    assert there(judging) == seen[2]
    assert len(set(seen)) == 4


def test_a_term_of_the_vocabulary_is_offered_and_taken_by_enter(ws: wb.Bench, judging: MiniHost, page: Any) -> None:
    while there(judging)[1] != COUNTRY:
        before = there(judging)
        page.keyboard.press("n")
        moved(page, before)
    image_id, _ = before = there(judging)
    page.keyboard.press("e")
    page.keyboard.type("geo")
    offered = page.locator(".wb-judge-edit .wb-terms li")
    page.locator(".wb-judge-edit .wb-terms [aria-selected=true]", has_text="Georgia").wait_for()
    page.keyboard.press("Escape")
    offered.first.wait_for(state="hidden")
    assert page.locator(".wb-judge-edit textarea").input_value() == "geo", "Escape has closed the list only"
    page.keyboard.press("ArrowDown")
    page.locator(".wb-judge-edit .wb-terms [aria-selected=true]", has_text="Georgia").wait_for()
    page.keyboard.press("Enter")
    assert page.locator(".wb-judge-edit textarea").input_value() == "Georgia"
    page.keyboard.press("Control+Enter")
    moved(page, before)
    assert shown(ws, image_id, COUNTRY) == [(None, "Georgia")]


def test_in_a_list_terms_are_offered_for_the_line_that_is_written(ws: wb.Bench, host: Show, page: Any) -> None:
    task = opened(ws, [WORDS], 2)
    enter(ws, task, "ann", {n: {WORDS: ["shirt", "term 0001"]} for n in range(2)})
    enter(ws, task, "ben", {n: {WORDS: ["shirt"]} for n in range(2)})
    made = host(lambda: Adjudicate(ws, task.task_id))
    image_id, _ = before = there(made)
    page.locator(".wb-judge").focus()
    page.keyboard.press("e")
    page.keyboard.type("shirt\nslee")
    page.locator(".wb-judge-edit .wb-terms li", has_text="sleeve").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("li")
    page.locator(".wb-judge-edit .wb-terms li", has_text="linen shirt").click()
    assert page.locator(".wb-judge-edit textarea").input_value().split("\n") == ["shirt", "sleeve", "linen shirt"]
    page.keyboard.press("Control+Enter")
    moved(page, before)
    assert [value for _, value in shown(ws, image_id, WORDS)] == ["shirt", "sleeve", "linen shirt"]


def test_a_wrong_value_is_taken_at_the_second_time_only(ws: wb.Bench, judging: MiniHost, page: Any) -> None:
    while there(judging)[1] != COUNTRY:
        before = there(judging)
        page.keyboard.press("n")
        moved(page, before)
    image_id, _ = before = there(judging)
    page.keyboard.press("e")
    page.keyboard.type("Atlantis")
    page.keyboard.press("Control+Enter")
    page.locator(".wb-judge-status", has_text="again takes it").wait_for()
    assert there(judging) == before
    page.keyboard.press("Control+Enter")
    moved(page, before)
    assert shown(ws, image_id, COUNTRY) == [(None, "Atlantis")]


def test_no_key_gets_out_and_a_held_key_decides_nothing(judging: MiniHost, page: Any) -> None:
    page.keyboard.press("?")
    page.locator(".wb-help").wait_for()
    page.keyboard.press("Escape")
    for key in [
        *(set(string.ascii_letters) - set("eEcCsSuUnNpPrR")),
        *"04567890",
        "Enter",
        "ArrowUp",
        "ArrowDown",
        " ",
    ]:
        page.keyboard.press(key)
    page.evaluate(
        """document.querySelector(".wb-judge")
             .dispatchEvent(new KeyboardEvent("keydown", { key: "1", repeat: true, bubbles: true }))"""
    )
    assert page.evaluate("window.leaked") == []
    assert judging.widget.session.view()["progress"]["done"] == 0


def test_zoomed_by_key_and_wheel(judging: MiniHost, page: Any) -> None:
    before = page.locator(".wb-tag-zoom").text_content()
    page.keyboard.press("+")
    assert page.locator(".wb-tag-zoom").text_content() != before
    page.keyboard.press("0")
    assert page.locator(".wb-tag-zoom").text_content() == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_part_has_a_name_and_its_room(ws: wb.Bench, host: Show, page: Any, theme: str) -> None:
    long = "Nothing but a very long description of a shirt that goes on and on. " * 12
    task = opened(ws, [TITLE, HEADLINE], 2)
    enter(ws, task, "ann", {n: {TITLE: {"x-default": long, "ar": "قميص"}, HEADLINE: "w" * 300} for n in range(2)})
    enter(ws, task, "ben", {n: {TITLE: {"x-default": long + "!"}, HEADLINE: None} for n in range(2)})
    made = host(lambda: Adjudicate(ws), theme)
    there(made)
    for width in (1400, 900, 520):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(UNNAMED) == []


def test_hostile_entries_are_shown_as_they_are(ws: wb.Bench, host: Show, page: Any) -> None:
    task = opened(ws, [HEADLINE], 1)
    enter(ws, task, "ann", {0: {HEADLINE: SCRIPT}})
    enter(ws, task, "ben", {0: {HEADLINE: "=cmd|' /C calc'!A0"}})
    there(host(lambda: Adjudicate(ws)))
    texts = {card(page, side).locator(".wb-judge-text").text_content() for side in ("left", "right")}
    assert texts == {SCRIPT, "=cmd|' /C calc'!A0"}
    page.locator(".wb-judge").focus()
    page.keyboard.press("e")
    assert page.evaluate("window.hacked") is None


def test_somebody_elses_decision_is_refused_with_words(ws: wb.Bench, judging: MiniHost, page: Any) -> None:
    one = judging.widget.session.difference
    with colleague(ws, "dan") as dan:
        told = {"task_id": judging.widget.session.task.task_id, "image_id": one.image_id, "field": one.field}
        with dan.change() as change:
            change.add("field_adjudicated", {**told, "value": None, "chosen": "edited", "comment": ""})
    page.keyboard.press("1")
    page.locator(".wb-error", has_text="decided meanwhile").wait_for()


def test_the_next_one_is_there_at_once(judging: MiniHost, page: Any) -> None:
    times = []
    for _ in range(5):
        there(judging)
        times.append(page.evaluate(TIMED, ["1"]))
    assert sorted(times)[2] < 400


def test_a_widget_that_makes_no_sense_is_refused(ws: wb.Bench) -> None:
    with pytest.raises(NotFound):
        Adjudicate(ws)
    differing(ws)
    with pytest.raises(BadValue):
        Adjudicate(ws, height=10)
    made = Adjudicate(ws)
    assert made.frame()["state"].tolist() == ["open"] * 6
    made.close()


# -- entering blind


def test_two_people_enter_the_same_by_keyboard(ws: wb.Bench, host: Show, page: Any) -> None:
    task = opened(ws, [HEADLINE, COUNTRY], 2)
    for actor, words in (("ann", "Red shirt"), ("ben", "Red shirts")):
        with colleague(ws, actor) as theirs:
            form = host(lambda theirs=theirs: DoubleEntry(theirs))
            for image_id in task.image_ids:
                page.wait_for_function("(id) => document.querySelector('.wb-tag')?.dataset.image === id", arg=image_id)
                box = headline(page)
                assert box.input_value() == ""
                box.click()
                page.keyboard.type(words)
                page.keyboard.press("Tab")
                page.keyboard.type("Germany")
                page.keyboard.press("Control+Enter")
            page.locator(".wb-tag-status", has_text="All done").wait_for()
            form.widget.session.close()
    found = ws.qc.compare(task)
    assert found.pairs == 0, "the last one to finish had it compared"
    states = ws.sql("select field, state from field_comparisons order by all").to_numpy().tolist()
    assert states == [[COUNTRY, "agreed"]] * 2 + [[HEADLINE, "open"]] * 2


def test_a_training_tells_at_once_and_ends_with_the_mark(ws: wb.Bench, host: Show, page: Any) -> None:
    gold.set_gold(ws, ids(ws)[:2], [HEADLINE], {HEADLINE: "Shirt"}, profile="shop", comment="Singular.")
    made = host(lambda: Training(ws, "shop", 2, pass_mark=0.9, seed="s"))
    for words in ("Shirt", "Shirts"):
        image_id = made.widget.session.image_id
        page.wait_for_function("(id) => document.querySelector('.wb-tag')?.dataset.image === id", arg=image_id)
        headline(page).click()
        page.keyboard.press("Control+a")
        page.keyboard.type(words)
        page.keyboard.press("Control+Enter")
        page.locator(".wb-told", has_text="All right" if words == "Shirt" else "0 of 1 right").wait_for()
    told = page.locator(".wb-told").text_content()
    assert "you entered Shirts, right is Shirt" in told
    assert "Singular." in told
    assert "Training not passed. 1 of 2: 50.0 % (95 %: " in told
    assert made.widget.result()["passed"] is False
