"""Suggestions in the tagging form as a person meets them, and the line to start it without programming."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tagged_collection import ids, shown, workspace
from waiting import until

import workbench as wb
from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT
from widgets.test_tag_form import box, field, press, saved, says, there
from workbench.errors import NotFound
from workbench.suggesters import Subject, Suggestion, Wants
from workbench.widgets import session_widget
from workbench.widgets.tag_form import TagForm
from workbench.widgets.tagging import Tagging

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

TITLE, WORDS, HEADLINE, CITY = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Headline", "Xmp.photoshop.City"
SAID = [
    (HEADLINE, None, "Linen in summer", 0.9),
    (HEADLINE, None, "Cotton in winter", 0.6),
    (WORDS, None, "summer", 0.95),
    (WORDS, None, "blue", 0.7),
    (TITLE, "de", "Leinenhemd", 0.85),
    (CITY, None, SCRIPT, 0.4),
]


class Says:
    """A suggester that says the same of every image."""

    name, model, version = "says", "<b>told</b>", "1"
    wants: Wants = "metadata"

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        for subject in subjects:
            for key, lang, value, sure in SAID:
                yield Suggestion(subject.image_id, key, lang, value, sure, "<b>told</b>", "1", SCRIPT)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("offers"), 6)
    made.suggest(None, [Says()])
    made.close()
    return made.folder


@pytest.fixture
def form(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    made = host(lambda: TagForm(ws, "shop"))
    there(page, ids(ws)[0])
    return made


def offer(page: Any, key: str) -> Any:
    return field(page, key).locator(".wb-offer-value")


def decided(ws: wb.Bench) -> list[tuple[str, str]]:
    events = [event for event in ws.ledger.read() if event.kind.startswith("suggestion_")]
    return [(event.kind.removeprefix("suggestion_"), event.payload["suggested"]) for event in events]


def focus_is_in(page: Any, key: str) -> bool:
    return bool(field(page, key).evaluate("one => one.contains(document.activeElement)"))


def test_best_suggestion_stands_under_its_field_with_who_says_so(form: MiniHost, page: Any) -> None:
    assert offer(page, HEADLINE).inner_text() == "Linen in summer"
    pill = field(page, HEADLINE).locator(".wb-offer")
    assert pill.locator(".wb-offer-sure").inner_text() == "90 %"
    assert "by says, model <b>told</b>, version 1. From: " in pill.locator(".wb-offer-from").get_attribute("title")
    assert box(page, HEADLINE).input_value() == "", "no value until somebody accepts it"
    assert f"{pill.get_attribute('id')} " in box(page, HEADLINE).get_attribute("aria-describedby")
    assert not field(page, "Xmp.dc.creator").locator(".wb-offer").is_visible()


def test_every_accepted_suggestion_costs_one_key(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, TITLE, "de").click()
    keys = 0
    for expected in ("Leinenhemd", "Linen in summer", "summer", "blue"):
        page.wait_for_function(
            "text => document.activeElement.closest('.wb-tag-field')"
            "?.querySelector('.wb-offer-value')?.textContent === text",
            arg=expected,
        )
        press(page, "Alt+Enter")
        keys += 1
    until(lambda: len(decided(ws)) == 4)
    assert keys == 4
    assert decided(ws) == [
        ("accepted", one) for one in ("Leinenhemd", "Linen in summer", "summer", "blue")
    ]  # fmt: skip
    assert box(page, HEADLINE).input_value() == "Linen in summer"
    assert shown(ws, ids(ws)[0], TITLE) == [("de", "Leinenhemd"), ("x-default", "Shirt 0")]
    assert focus_is_in(page, CITY), "the next field with a suggestion"
    assert page.evaluate("window.leaked.filter((key) => key !== 'Alt')") == []


def test_keys_faster_than_answers_take_one_each(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, WORDS).click()
    page.evaluate("""() => {
      const key = { key: 'Enter', code: 'Enter', altKey: true, bubbles: true, cancelable: true };
      for (let i = 0; i < 2; i += 1) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));
    }""")
    until(lambda: decided(ws) == [("accepted", "summer"), ("accepted", "blue")])
    page.wait_for_function("() => document.querySelectorAll('.wb-chip').length === 4")


def test_sure_ones_cost_one_key_together(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    assert page.get_by_text("Take 3 suggested").is_visible()
    page.locator(".wb-tag").focus()
    press(page, "Alt+Shift+Enter")
    says(page, "Took 3 suggestions")
    assert box(page, HEADLINE).input_value() == "Linen in summer"
    assert field(page, WORDS).locator(".wb-chip").all_inner_texts() == ["shirt", "linen", "summer"]
    assert not page.get_by_text("suggested", exact=False).locator("visible=true").filter(has_text="Take 3").count()
    press(page, "Control+z")
    page.wait_for_function("(box) => box.value === ''", arg=box(page, HEADLINE).element_handle())
    offer(page, HEADLINE).wait_for()


def test_rejected_gives_way_to_the_next(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, HEADLINE).click()
    press(page, "Alt+Backspace")
    assert offer(page, HEADLINE).inner_text() == "Cotton in winter"
    says(page, "Rejected “Linen in summer”")
    assert decided(ws) == [("rejected", "Linen in summer")]
    box(page, WORDS).click()
    press(page, "Alt+Backspace")
    until(lambda: decided(ws)[1:] == [("rejected", "summer")])
    assert field(page, WORDS).locator(".wb-chip").all_inner_texts() == ["shirt", "linen"], "no word goes with it"


def test_another_suggestion_by_key(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, HEADLINE).click()
    press(page, "Alt+ArrowDown")
    assert offer(page, HEADLINE).inner_text() == "Cotton in winter"
    press(page, "Alt+ArrowDown", "Alt+ArrowDown", "Alt+Enter")
    page.wait_for_function("(box) => box.value === 'Cotton in winter'", arg=box(page, HEADLINE).element_handle())


def test_corrected_in_the_field(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    box(page, HEADLINE).click()
    press(page, "Alt+e")
    assert box(page, HEADLINE).input_value() == "Linen in summer"
    press(page, "End", *"time")
    saved(page)
    press(page, "Control+Enter")
    there(page, ids(ws)[1])
    assert shown(ws, ids(ws)[0], HEADLINE) == [(None, "Linen in summertime")]
    assert decided(ws) == [("edited", "Linen in summer")]


def test_refused_suggestion_comes_back(ws: wb.Bench, form: MiniHost, page: Any) -> None:
    def fails(**_: Any) -> Any:
        raise NotFound("It is gone.", hint="Look again.")

    form.widget._verbs["accept_suggestion"] = fails
    box(page, HEADLINE).click()
    press(page, "Alt+Enter")
    page.locator(".wb-tag-troubles", has_text="It is gone").wait_for()
    assert offer(page, HEADLINE).inner_text() == "Linen in summer"


def test_hostile_suggestion_is_shown_as_text(form: MiniHost, page: Any) -> None:
    box(page, CITY).click()
    assert offer(page, CITY).inner_text() == SCRIPT
    press(page, "Alt+Backspace")
    says(page, "Rejected")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".wb-tag script, .wb-tag img[onerror], .wb-offer b").count() == 0


def test_made_while_the_form_is_open_they_come_with_the_next_image(ws: wb.Bench, host: Show, page: Any) -> None:
    with ws.catalog.writing() as connection:
        connection.execute("delete from suggestion_rows")
    host(lambda: TagForm(ws, "shop"))
    there(page, ids(ws)[0])
    assert not page.locator(".wb-offer:not([hidden])").count()
    ws.suggest(None, [Says()])
    box(page, HEADLINE).click()
    press(page, "Control+Enter")
    there(page, ids(ws)[1])
    offer(page, HEADLINE).wait_for()


# ── starting it without programming ───────────────────────────────────────────────────────────────────────────


def test_start_opens_the_form_for_what_is_chosen(ws: wb.Bench) -> None:
    ws.set_values(ids(ws)[:2], {TITLE: None})
    tagging = wb.Tagging(ws)
    assert ("Shop", "shop") in tagging.profile.options
    tagging.profile.value, tagging.what.value = "shop", "Images without a title"
    tagging.button.click()
    assert tagging.form is not None, "the button has started it"
    assert tagging.form.session.ids == ids(ws)[:2]
    assert tagging.form.session.profile.name == "shop"
    assert tagging.form in tagging.children
    first = tagging.form
    tagging.what.value = "All images"
    second = tagging.start()
    assert second is not None
    assert second is not first
    assert len(second.session.ids) == 6
    tagging.close()


def test_search_of_ones_own_and_a_shared_list(ws: wb.Bench) -> None:
    tagging = Tagging(ws, profile="shop", query="03")
    assert tagging.query in tagging._line.children
    tagging.queue.value = "morning"
    form = tagging.start()
    assert form is not None
    assert form.session.ids == [ids(ws)[3]]
    assert form.session.queue.name == "morning"
    tagging.what.value = "All images"
    assert tagging.query not in tagging._line.children
    tagging.close()


@pytest.mark.parametrize("query", ["nothing", "<b>:x", "size:<b>"])
def test_what_cannot_be_tagged_is_said_in_place(ws: wb.Bench, query: str) -> None:
    tagging = Tagging(ws, profile="shop", query=query)
    assert tagging.start() is None
    assert tagging.said.value
    assert "<b>" not in tagging.said.value
    tagging.query.value = ""
    assert tagging.start() is not None
    assert tagging.said.value == ""
    tagging.close()


def test_every_choice_says_what_there_is(ws: wb.Bench) -> None:
    tagging = Tagging(ws, profile="shop")
    ws.set_values(ids(ws), {"Xmp.dc.description": {"x-default": "Linen"}})
    found = {}
    for name in tagging.what.options:
        tagging.what.value = name
        tagging.start()
        found[name] = tagging.said.value == ""
    assert list(found.values()) == [True, False, False, False, True]
    tagging.close()


def test_a_cell_that_runs_again_lets_go_of_what_its_form_had_taken(
    ws: wb.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = iter([("cell", "run 1"), ("", ""), ("cell", "run 2"), ("", "")])  # a click isn't the cell's run
    monkeypatch.setattr(session_widget, "_cell_and_run", lambda: next(runs))
    first = Tagging(ws, profile="shop")
    first.queue.value = "morning"
    form = first.start()
    assert form is not None
    held = form.session.image_id
    again = Tagging(ws, profile="shop")
    assert ws.sql("select * from queues where outcome = 'taken'").empty
    again.queue.value = "morning"
    other = again.start()
    assert other is not None
    assert other.session.image_id == held
    again.close()


def test_unknown_profile_is_told_at_once(ws: wb.Bench) -> None:
    with pytest.raises(NotFound, match="nothing"):
        Tagging(ws, profile="nothing")
