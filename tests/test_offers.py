"""Suggestions in a tagging session: taken, corrected, rejected, undone, and what is written down about it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tagged_collection import ids, shown, workspace

import workbench as wb
from workbench.errors import BadValue, NotFound
from workbench.suggesters import Subject, Suggestion, Wants
from workbench.tagging import TagSession

pytestmark = pytest.mark.core

TITLE, WORDS, HEADLINE, CITY = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Headline", "Xmp.photoshop.City"
Said = tuple[str, str | None, str, float]  # field, language, value, confidence
SAID: list[Said] = [
    (HEADLINE, None, "Linen in summer", 0.9),
    (HEADLINE, None, "Cotton in winter", 0.6),
    (WORDS, None, "summer", 0.95),
    (WORDS, None, "blue", 0.7),
    (TITLE, "de", "Leinenhemd", 0.85),
    (TITLE, "x-default", "Linen shirt", 0.99),
    (CITY, None, "Tbilisi", 0.4),
]


class Says:
    """A suggester that says the same of every image."""

    name, model, version = "says", "told", "1"
    wants: Wants = "metadata"

    def __init__(self, said: Sequence[Said] = SAID) -> None:
        self.said = said

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        for subject in subjects:
            for field, lang, value, sure in self.said:
                yield Suggestion(subject.image_id, field, lang, value, sure, "told", "1", "the file's name")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("offers"), 4)
    made.suggest(None, [Says()])
    made.close()
    return made.folder


@pytest.fixture
def session(ws: wb.Bench) -> Iterator[TagSession]:
    made = TagSession(ws, "shop")
    yield made
    made.close()


def offered(session: TagSession, field: str) -> list[str]:
    return [row["value"] for row in session.view()["fields"][field]["suggestions"]]


def named(session: TagSession, field: str, value: str) -> str:
    rows = session.view()["fields"][field]["suggestions"]
    return next(str(row["suggestion_id"]) for row in rows if row["value"] == value)


def decisions(ws: wb.Bench) -> list[tuple[str, str, Any]]:
    """What the ledger says: (accepted, edited or rejected; what was suggested; what was entered)."""
    kinds = {f"suggestion_{how}": how for how in ("accepted", "edited", "rejected")}
    events = [event for event in ws.ledger.read() if event.kind in kinds]
    return [(kinds[event.kind], event.payload["suggested"], event.payload["value"]) for event in events]


def origins(ws: wb.Bench, field: str) -> dict[str, str]:
    rows = ws.sql("select value, origin from metadata where image_id = ? and field = ?", [ids(ws)[0], field])
    return dict(rows.itertuples(index=False, name=None))


def test_view_carries_what_is_suggested_the_surest_first(session: TagSession) -> None:
    assert offered(session, HEADLINE) == ["Linen in summer", "Cotton in winter"]
    first = session.view()["fields"][HEADLINE]["suggestions"][0]
    assert first.keys() == {
        "suggestion_id", "lang", "value", "confidence", "suggester", "model", "version", "evidence",
    }  # fmt: skip
    assert offered(session, "Xmp.dc.creator") == []


def test_accepted_is_entered_and_recorded_at_once(ws: wb.Bench, session: TagSession) -> None:
    page = session.accept_suggestion(named(session, HEADLINE, "Linen in summer"))
    state = page["fields"][HEADLINE]
    assert (state["value"], state["how"], state["suggestions"]) == ("Linen in summer", "suggested", [])
    assert origins(ws, HEADLINE) == {"Linen in summer": "suggested"}
    assert decisions(ws) == [("accepted", "Linen in summer", "Linen in summer")]
    assert set(ws.suggestions(ids(ws)[0]).query("value == 'Linen in summer'")["status"]) == {"accepted"}


def test_accepted_word_joins_the_list_which_keeps_how_it_came_about(ws: wb.Bench, session: TagSession) -> None:
    session.set(WORDS, None, ["shirt", "mine"])
    session.accept_suggestion(named(session, WORDS, "summer"))
    assert origins(ws, WORDS) == {"shirt": "entered", "mine": "entered", "summer": "suggested"}
    session.accept_suggestion(named(session, WORDS, "blue"))
    session.undo()
    assert origins(ws, WORDS) == {"shirt": "entered", "mine": "entered", "summer": "suggested"}
    assert offered(session, WORDS) == ["blue"]


def test_accepted_language_leaves_the_others(ws: wb.Bench, session: TagSession) -> None:
    session.accept_suggestion(named(session, TITLE, "Leinenhemd"))
    assert shown(ws, ids(ws)[0], TITLE) == [("de", "Leinenhemd"), ("x-default", "Shirt 0")]
    assert offered(session, TITLE) == ["Linen shirt"]


def test_undone_acceptance_can_be_accepted_again(ws: wb.Bench, session: TagSession) -> None:
    session.accept_suggestion(named(session, HEADLINE, "Linen in summer"))
    session.undo()
    assert shown(ws, ids(ws)[0], HEADLINE) == []
    assert offered(session, HEADLINE) == ["Linen in summer", "Cotton in winter"]
    session.redo()
    assert origins(ws, HEADLINE) == {"Linen in summer": "suggested"}
    assert offered(session, HEADLINE) == []


def test_rejected_is_gone_for_good(ws: wb.Bench, session: TagSession) -> None:
    session.reject_suggestion(named(session, HEADLINE, "Linen in summer"))
    assert offered(session, HEADLINE) == ["Cotton in winter"]
    assert decisions(ws) == [("rejected", "Linen in summer", None)]
    again = TagSession(ws, "shop")
    assert offered(again, HEADLINE) == ["Cotton in winter"]
    again.close()


def test_typed_instead_is_recorded_as_an_edit_once_the_image_is_left(ws: wb.Bench, session: TagSession) -> None:
    for text in ("Lin", "Linen in spring"):
        session.set(HEADLINE, None, text, visit="one")
    assert decisions(ws) == []
    session.accept()
    session.previous()
    session.next()
    assert decisions(ws) == [("edited", "Linen in summer", "Linen in spring")]
    assert ws.suggestions(ids(ws)[0]).query("value == 'Linen in summer'")["status"].tolist() == ["edited"]
    assert ws.acceptance_rates()["edited"].sum() == 1


def test_typed_the_same_counts_as_accepted(ws: wb.Bench, session: TagSession) -> None:
    session.set(HEADLINE, None, "Cotton in winter")
    session.set(WORDS, None, ["shirt", "linen", "blue", "other"])
    session.next()
    assert sorted(decisions(ws)) == [
        ("accepted", "Cotton in winter", "Cotton in winter"), ("accepted", "blue", "blue"),
    ]  # fmt: skip


def test_accepted_then_corrected_is_an_edit(ws: wb.Bench, session: TagSession) -> None:
    session.accept_suggestion(named(session, HEADLINE, "Cotton in winter"))
    session.set(HEADLINE, None, "Cotton, winter")
    session.release()
    assert decisions(ws)[-1] == ("edited", "Cotton in winter", "Cotton, winter")


def test_untouched_fields_decide_nothing(ws: wb.Bench, session: TagSession) -> None:
    session.set("Xmp.dc.creator", None, ["Ann"])
    session.set(TITLE, "ar", "قميص")
    session.set(CITY, None, "Batumi")
    session.set(CITY, None, "")
    session.next()
    assert decisions(ws) == []


def test_all_sure_ones_at_once_are_one_step_and_replace_nothing(ws: wb.Bench, session: TagSession) -> None:
    page = session.accept_sure()
    assert page["accepted"] == 3
    assert shown(ws, ids(ws)[0], HEADLINE) == [(None, "Linen in summer")]
    assert shown(ws, ids(ws)[0], WORDS) == [(None, "shirt"), (None, "linen"), (None, "summer")]
    assert shown(ws, ids(ws)[0], TITLE) == [("de", "Leinenhemd"), ("x-default", "Shirt 0")], "the file's title stays"
    assert page["undo"]["undo"] == "Accept 3 suggestions"
    session.undo()
    assert shown(ws, ids(ws)[0], WORDS) == [(None, "shirt"), (None, "linen")]
    assert shown(ws, ids(ws)[0], HEADLINE) == []


def test_how_sure_is_up_to_the_person(ws: wb.Bench, session: TagSession) -> None:
    assert session.accept_sure(0.99)["accepted"] == 0
    assert session.accept_sure(0)["accepted"] == 5
    for wrong in (-1, 80, float("nan")):
        with pytest.raises(BadValue, match="confidence"):
            TagSession(ws, "shop", sure=wrong)
        with pytest.raises(BadValue, match="confidence"):
            session.accept_sure(wrong)


def test_only_open_suggestions_of_this_image_can_be_decided(session: TagSession) -> None:
    name = named(session, HEADLINE, "Linen in summer")
    with pytest.raises(NotFound, match="Another image"):
        session.accept_suggestion(name, image_id="0" * 20)
    session.next()
    for verb in (session.accept_suggestion, session.reject_suggestion):
        with pytest.raises(NotFound, match="isn't open"):
            verb(name)


def test_suggestions_made_later_come_by_themselves(ws: wb.Bench, session: TagSession) -> None:
    told, came = [], threading.Event()

    def hear(offered: dict[str, Any]) -> None:
        told.append(offered)
        came.set()

    session.on_offers = hear
    ws.suggest(None, [Says([*SAID, ("Xmp.photoshop.Country", None, "Georgia", 0.5)])])
    session.peek()
    assert came.wait(10)
    assert told[0]["image_id"] == ids(ws)[0]
    assert [row["value"] for row in told[0]["suggestions"]["Xmp.photoshop.Country"]] == ["Georgia"]
    session.next()
    assert offered(session, "Xmp.photoshop.Country") == ["Georgia"]


def test_colleagues_decision_counts(ws: wb.Bench, session: TagSession) -> None:
    with wb.open(ws.folder, actor="ben") as other:
        theirs = TagSession(other, "shop")
        theirs.reject_suggestion(named(theirs, HEADLINE, "Linen in summer"))
        theirs.accept_suggestion(named(theirs, WORDS, "summer"))
        theirs.close()
    assert offered(session, HEADLINE) == ["Cotton in winter"]
    assert offered(session, WORDS) == ["blue"]


def test_going_on_waits_for_no_suggestion(ws: wb.Bench, session: TagSession, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    real = session.offers.load
    monkeypatch.setattr(session.offers, "load", lambda image_ids: go.wait(10) and real(image_ids))
    session.peek()
    session.accept()
    assert session.place == 1
    assert not go.is_set()
    go.set()


def test_a_rejection_is_undone_and_done_again(ws: wb.Bench, session: TagSession) -> None:
    page = session.reject_suggestion(named(session, HEADLINE, "Linen in summer"))
    assert page["undo"]["undo"] == "Reject “Linen in summer”"
    session.next()
    page = session.undo()
    assert page["image"]["place"] == 0, "it shows the image concerned"
    assert offered(session, HEADLINE) == ["Linen in summer", "Cotton in winter"]
    assert set(ws.suggestions(ids(ws)[0]).query("value == 'Linen in summer'")["status"]) == {"open"}
    session.redo()
    assert offered(session, HEADLINE) == ["Cotton in winter"]
    session.undo()
    session.accept_suggestion(named(session, HEADLINE, "Linen in summer"))
    assert origins(ws, HEADLINE) == {"Linen in summer": "suggested"}
    session.undo()
    assert session.view()["undo"]["undo"] is None


def test_a_colleague_brings_back_what_was_rejected_here(ws: wb.Bench, session: TagSession) -> None:
    session.reject_suggestion(named(session, HEADLINE, "Linen in summer"))
    with wb.open(ws.folder, actor="ben") as other:
        theirs = TagSession(other, "shop", images=ids(ws))
        other.undo(next(event.seq for event in ws.ledger.read() if event.kind == "suggestion_rejected"))
        theirs.close()
    session.next()
    session.previous()
    assert offered(session, HEADLINE) == ["Linen in summer", "Cotton in winter"]
