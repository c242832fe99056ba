"""Tagging without a form: entering, undoing, going on, and two people who share a queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tagged_collection import ids, shown, workspace

import workbench as wb
from workbench.errors import BadValue, NotAllowed, NotFound, Stale, TooMuch
from workbench.image_values import Entry, ImageValues, cleaned, shaped, with_text
from workbench.ledger import Ledger
from workbench.queues import HOLD, RENEW, Queue
from workbench.tag_pages import IDLE_AFTER
from workbench.tagging import TagSession

pytestmark = pytest.mark.core

TITLE, WORDS, COUNTRY, CITY = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Country", "Xmp.photoshop.City"
DATE, HEADLINE = "Xmp.photoshop.DateCreated", "Xmp.photoshop.Headline"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of eight shirts, scanned once and copied for every test."""
    made = workspace(tmp_path_factory.mktemp("scanned"), 8)
    made.close()
    return made.folder


@pytest.fixture
def session(ws: wb.Bench) -> Iterator[TagSession]:
    made = TagSession(ws, "shop")
    yield made
    made.close()


def colleague(ws: wb.Bench, actor: str = "ben") -> wb.Bench:
    return wb.open(ws.folder, actor=actor)


def state(session: TagSession, field: str) -> dict[str, Any]:
    return session.view()["fields"][field]


# ── what the form shows ───────────────────────────────────────────────────────────────────────────────────────


def test_view_shows_what_the_file_says(session: TagSession) -> None:
    view = session.view()
    assert view["image"]["name"] == "00.jpg"
    assert view["image"]["count"] == 8
    assert view["fields"][TITLE]["value"] == {"x-default": "Shirt 0"}
    assert view["fields"][WORDS]["value"] == ["shirt", "linen"]
    assert view["fields"][WORDS]["origin"] == "xmp"
    assert not view["fields"][TITLE]["entered"]
    assert view["progress"] | {"active": 0} == {
        "count": 8, "done": 0, "left": 8, "mine": 0, "per_hour": None, "active": 0, "idle_after": 120.0,
    }  # fmt: skip


def test_form_describes_every_field(session: TagSession) -> None:
    form = session.view()["form"]
    by_key = {field["key"]: field for field in form["fields"]}
    assert form["groups"] == {"words": "Words", "facts": "Facts"}
    assert [by_key[key]["control"] for key in (TITLE, WORDS, DATE, "Xmp.xmp.Rating", "Xmp.xmpRights.Marked")] == [
        "languages", "chips", "date", "rating", "yes_no",
    ]  # fmt: skip
    assert by_key[TITLE]["languages"] == ["x-default", "de", "ar"]
    assert by_key[TITLE]["max_bytes"] == 64
    assert by_key[WORDS]["terms"] == 4_004
    assert by_key[COUNTRY]["strict"]
    assert "ar" in form["rtl"]


def test_unknown_profile_names_those_there_are(ws: wb.Bench) -> None:
    with pytest.raises(NotFound, match="shop"):
        TagSession(ws, "shoop")


def test_without_images_there_is_a_hint_and_nothing_to_do(ws: wb.Bench) -> None:
    session = TagSession(ws, "shop", [])
    assert session.view()["image"] is None
    assert session.view()["empty"]["title"] == "No images"
    for verb in (session.accept, session.skip, session.copy_from_previous, lambda: session.set(CITY, None, "x")):
        with pytest.raises(NotFound):
            verb()
    session.close()


# ── entering ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_value_is_in_the_catalogue_with_who_entered_it(ws: wb.Bench, session: TagSession) -> None:
    told = session.set(CITY, None, "  Tbilisi\r\n")
    assert told["state"]["value"] == "Tbilisi"
    assert told["state"]["actor"] == "ann"
    assert shown(ws, ids(ws)[0], CITY) == [(None, "Tbilisi")]
    assert ws.ledger.head()[0] == told["seq"]


def test_one_language_leaves_the_others(ws: wb.Bench, session: TagSession) -> None:
    session.set(TITLE, "de", "Hemd")
    session.set(TITLE, "ar", "قميص")
    assert state(session, TITLE)["value"] == {"x-default": "Shirt 0", "de": "Hemd", "ar": "قميص"}
    session.set(TITLE, "de", "")
    assert dict(shown(ws, ids(ws)[0], TITLE)) == {"x-default": "Shirt 0", "ar": "قميص"}


def test_emptied_field_hides_the_file_and_take_over_brings_it_back(ws: wb.Bench, session: TagSession) -> None:
    session.set(TITLE, "x-default", "")
    assert state(session, TITLE)["cleared"]
    assert shown(ws, ids(ws)[0], TITLE) == []
    session.take_over(TITLE)
    assert state(session, TITLE)["value"] == {"x-default": "Shirt 0"}
    assert not state(session, TITLE)["entered"]
    assert shown(ws, ids(ws)[0], TITLE) == [("x-default", "Shirt 0")]


def test_emptying_what_no_file_says_leaves_no_entry(ws: wb.Bench, session: TagSession) -> None:
    session.set(CITY, None, "Tbilisi")
    session.set(CITY, None, None)
    assert not state(session, CITY)["cleared"]
    assert ws.sql("select count(*) as n from entered")["n"].iloc[0] == 0


def test_list_keeps_its_order_without_doubles(session: TagSession) -> None:
    told = session.set(WORDS, None, ["b", " a ", "b", "", "c\u0000d"])
    assert told["state"]["value"] == ["b", "a", "cd"]


def test_same_value_writes_nothing(ws: wb.Bench, session: TagSession) -> None:
    before = ws.ledger.head()
    session.set(TITLE, "x-default", "Shirt 0")
    session.set(WORDS, None, ["shirt", "linen"])
    assert ws.ledger.head() == before
    assert session.view()["undo"] == {"undo": None, "redo": None}


@pytest.mark.parametrize(
    ("field", "lang", "value"),
    [
        ("Xmp.dc.nothing", None, "x"),
        (CITY, None, 7),
        (CITY, None, {"de": "x"}),
        (TITLE, "de", ["a", "b"]),
        (CITY, None, "x" * 100_001),
        (WORDS, None, ["a", None]),
    ],
)
def test_what_cannot_be_entered_is_refused(session: TagSession, field: str, lang: str | None, value: Any) -> None:
    with pytest.raises(BadValue):
        session.set(field, lang, value)


def test_findings_come_with_the_save(session: TagSession) -> None:
    told = session.set(HEADLINE, None, "x" * 41 + "y")
    assert [finding["rule"] for finding in told["state"]["findings"]] == ["too_long"]
    told = session.set(COUNTRY, None, "Germny")
    assert told["state"]["findings"][0]["suggestion"] == "Germany"
    told = session.set(DATE, None, "circa 1920")
    assert told["state"]["findings"][0]["suggestion"] == "1920~"
    assert session.set(DATE, None, "1920~")["state"]["words"] == "circa 1920"


def test_date_helper(session: TagSession) -> None:
    assert session.read_date("1914/1918")["words"] == "from 1914 to 1918"
    assert session.read_date("um 1920") == {"text": "um 1920", "words": None, "suggestion": "1920~"}


def test_terms_are_offered_in_any_language(session: TagSession) -> None:
    assert [term["term"] for term in session.complete(WORDS, "leinen")["terms"]] == ["linen", "linen shirt"]
    assert len(session.complete(WORDS, "term")["terms"]) == 12


def test_values_in_use_are_offered_where_there_is_no_vocabulary(session: TagSession) -> None:
    session.set(CITY, None, "Tbilisi")
    wait_for(lambda: session.complete(CITY, "tb")["terms"] != [])
    assert session.complete(CITY, "TB")["terms"][0]["term"] == "Tbilisi"


def wait_for(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


# ── undo ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_undo_and_redo_bring_every_state_back(ws: wb.Bench, session: TagSession) -> None:
    states = [{"x-default": "Shirt 0"}]
    for text in ("One", "Two", ""):
        session.set(TITLE, "x-default", text)
        states.append(state(session, TITLE)["value"])
    for wanted in states[-2::-1]:
        assert session.undo()["fields"][TITLE]["value"] == wanted
    assert not state(session, TITLE)["entered"]
    for wanted in states[1:]:
        assert session.redo()["fields"][TITLE]["value"] == wanted
    assert shown(ws, ids(ws)[0], TITLE) == []


def test_typing_on_one_visit_is_one_step(session: TagSession) -> None:
    for text in ("T", "Tb", "Tbilisi"):
        session.set(CITY, None, text, visit="1")
    session.set(CITY, None, "Batumi", visit="2")
    assert session.undo()["fields"][CITY]["value"] == "Tbilisi"
    assert session.undo()["fields"][CITY]["value"] is None
    assert session.undo()["undo"]["undo"] is None


def test_undo_goes_back_to_its_image(session: TagSession) -> None:
    session.set(CITY, None, "Tbilisi")
    session.accept()
    page = session.undo()
    assert page["image"]["name"] == "00.jpg"
    assert page["fields"][CITY]["value"] is None


def test_undo_of_what_somebody_changed_since_is_refused(ws: wb.Bench, session: TagSession) -> None:
    session.set(CITY, None, "Tbilisi")
    with colleague(ws) as other:
        other.set_values([ids(ws)[0]], {CITY: "Batumi"})
    assert state(session, CITY)["value"] == "Batumi"
    with pytest.raises(Stale, match="ben"):
        session.undo()
    assert state(session, CITY)["value"] == "Batumi"


def test_changes_of_others_show_without_the_catalogue(ws: wb.Bench, session: TagSession) -> None:
    session.view()
    with colleague(ws) as other:
        other.set_values([ids(ws)[0]], {WORDS: ["a", "b"], TITLE: {"de": "Hemd"}}, origin="template")
        assert state(session, WORDS)["value"] == ["a", "b"]
        assert state(session, TITLE) | {"at": ""} == state(session, TITLE) | {
            "value": {"de": "Hemd"}, "actor": "ben", "how": "template", "at": "",
        }  # fmt: skip
        other.withdraw_values([ids(ws)[0]], [WORDS])
        assert state(session, WORDS)["value"] == ["shirt", "linen"]


# ── history ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_lists_every_change_and_reverts_to_each(ws: wb.Bench, session: TagSession) -> None:
    session.set(WORDS, None, ["one"])
    with colleague(ws) as other:
        other.set_values([ids(ws)[0]], {WORDS: ["two", "three"]}, reason="client's letter")
    session.set(WORDS, None, None)
    changes = session.history(WORDS)["changes"]
    assert [(change["what"], change["actor"], change["value"]) for change in changes] == [
        ("cleared", "ann", None),
        ("set", "ben", ["two", "three"]),
        ("set", "ann", ["one"]),
        ("file", None, ["shirt", "linen"]),
    ]
    assert changes[1]["reason"] == "client's letter"
    for change in changes[1:]:
        assert session.revert(WORDS, change["seq"])["fields"][WORDS]["value"] == change["value"]
    with pytest.raises(NotFound):
        session.revert(WORDS, 1)


# ── from elsewhere ────────────────────────────────────────────────────────────────────────────────────────────


def test_copy_one_field_from_the_image_before(session: TagSession) -> None:
    with pytest.raises(NotFound, match="before"):
        session.copy_from_previous(CITY)
    session.set(CITY, None, "Tbilisi")
    session.accept()
    assert session.copy_from_previous(CITY)["fields"][CITY]["value"] == "Tbilisi"
    with pytest.raises(NotFound):
        session.copy_from_previous(HEADLINE)


def test_copy_all_fills_only_what_is_empty(session: TagSession) -> None:
    session.set(CITY, None, "Tbilisi")
    session.set(HEADLINE, None, "A shirt")
    session.accept()
    fields = session.copy_from_previous()["fields"]
    assert (fields[CITY]["value"], fields[HEADLINE]["value"]) == ("Tbilisi", "A shirt")
    assert fields[TITLE]["value"] == {"x-default": "Shirt 1"}
    assert session.undo()["fields"][CITY]["value"] is None


def test_apply_to_others_is_one_change_with_one_undo(ws: wb.Bench, session: TagSession) -> None:
    everything = ids(ws)
    ws.set_values([everything[3]], {CITY: "Batumi"})
    session.set(CITY, None, "Tbilisi")
    page = session.apply_to(everything[:5], CITY)
    assert (page["applied"], page["left_out"]) == (4, 0)
    assert [shown(ws, one, CITY) for one in everything[1:6]] == [[(None, "Tbilisi")]] * 4 + [[]]
    session.undo()
    assert [shown(ws, one, CITY) for one in everything[1:5]] == [[], [], [(None, "Batumi")], []]
    assert shown(ws, everything[0], CITY) == [(None, "Tbilisi")]
    with pytest.raises(TooMuch):
        session.apply_to([f"{n:020x}" for n in range(2_001)], CITY)
    with pytest.raises(NotFound):
        session.apply_to([everything[0]], CITY)


# ── going on ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_next_and_previous_without_a_queue(session: TagSession) -> None:
    assert session.previous()["image"]["place"] == 0
    assert session.next()["image"]["place"] == 1
    assert session.go(7)["image"]["name"] == "07.jpg"
    assert session.next()["image"]["place"] == 7
    assert session.previous()["image"]["place"] == 6
    for place in (-1, 8, "1", None):
        with pytest.raises(BadValue):
            session.go(place)  # type: ignore[arg-type]  # what a browser might send


def test_accept_stays_at_an_error_until_insisted(session: TagSession) -> None:
    session.set(COUNTRY, None, "")
    page = session.accept()
    assert page["image"]["place"] == 0
    assert [finding["field"] for finding in page["refused"]] == [COUNTRY]
    assert session.accept(anyway=True)["image"]["place"] == 1


def test_accept_saves_what_was_typed_last(ws: wb.Bench, session: TagSession) -> None:
    first = ids(ws)[0]
    edit = {"image_id": first, "field": CITY, "lang": None, "value": "Tbilisi", "visit": "1"}
    page = session.accept([edit], image_id=first)
    assert page["image"]["place"] == 1
    assert shown(ws, first, CITY) == [(None, "Tbilisi")]
    assert session.accept([edit], image_id=first)["image"]["place"] == 1, "asked twice does no more than once"


def test_all_done_is_said(session: TagSession) -> None:
    pages = [session.accept() for _ in range(8)]
    assert [page.get("finished", False) for page in pages] == [False] * 7 + [True]
    assert pages[-1]["progress"]["left"] == 0


def test_same_person_goes_on_where_they_were(ws: wb.Bench) -> None:
    first = TagSession(ws, "shop")
    first.accept()
    first.accept()
    first.close()
    with colleague(ws, "ann") as later:
        again = TagSession(later, "shop")
        assert again.view()["image"]["place"] == 2
        assert again.progress()["done"] == 2
        again.close()


def test_pace_leaves_pauses_out(ws: wb.Bench) -> None:
    now = [0.0]
    session = TagSession(ws, "shop", clock=lambda: now[0])
    for pause in (10.0, IDLE_AFTER, IDLE_AFTER + 1, 3600.0):
        now[0] += pause
        session.accept()
    told = session.progress()
    assert told["active"] == 130.0
    assert told["per_hour"] == pytest.approx(4 * 3600 / 130, abs=0.05)
    session.close()


# ── a queue ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_people_never_get_the_same_image(ws: wb.Bench) -> None:
    with colleague(ws) as other:
        ann, ben = TagSession(ws, "shop", queue="q"), TagSession(other, "shop", queue="q")
        got: list[str] = []
        for _ in range(4):
            for one in (ann, ben):
                one.peek()
                got.append(one.view()["image"]["image_id"])
            ann.accept()
            ben.accept()
        assert sorted(got) == sorted(ids(ws))
        assert ann.view()["progress"]["left"] == 0
        ann.close()
        ben.close()


def test_taken_image_is_refused_until_it_is_released(ws: wb.Bench) -> None:
    with colleague(ws) as other:
        ann, ben = TagSession(ws, "shop", queue="q"), TagSession(other, "shop", queue="q")
        with pytest.raises(NotAllowed, match="ann"):
            ben.go(0)
        assert ben.view()["image"]["place"] == 1
        ann.release()
        assert ben.go(0)["image"]["place"] == 0
        ann.close()
        ben.close()


def test_skipped_images_come_last(ws: wb.Bench) -> None:
    session = TagSession(ws, "shop", ids(ws)[:3], queue="q")
    assert session.skip()["image"]["place"] == 1
    assert session.accept()["image"]["place"] == 2
    page = session.accept()
    assert (page["image"]["place"], page["progress"]["left"]) == (0, 1)
    assert session.accept()["finished"]
    session.close()


def test_going_back_in_a_queue_and_forth_again(ws: wb.Bench) -> None:
    session = TagSession(ws, "shop", queue="q")
    session.accept()
    session.accept()
    assert session.previous()["image"]["place"] == 1
    assert session.view()["image"]["outcome"] == "done"
    assert session.next()["image"]["place"] == 2
    session.close()


def test_apply_leaves_out_what_others_have(ws: wb.Bench) -> None:
    with colleague(ws) as other:
        ann, ben = TagSession(ws, "shop", queue="q"), TagSession(other, "shop", queue="q")
        ann.set(CITY, None, "Tbilisi")
        page = ann.apply_to(ids(ws)[1:4], CITY)
        assert (page["applied"], page["left_out"]) == (2, 1)
        assert ben.view()["fields"][CITY]["value"] is None
        ann.close()
        ben.close()


def two_queues(path: Path) -> tuple[Queue, Queue, list[datetime]]:
    now = [datetime.now(UTC)]
    made = []
    for actor in ("ann", "ben"):
        ledger = Ledger(path / "ledger.sqlite", version="1")
        made.append(Queue("q", lambda d, o=ledger, a=actor: o.append(d, actor=a), now=lambda: now[0]))
    return made[0], made[1], now


def hear(*queues: Queue, path: Path) -> None:
    for event in Ledger(path / "ledger.sqlite", version="1").read():
        for queue in queues:
            queue.hear(event)


def test_who_is_late_is_told_even_when_he_hasnt_heard(tmp_path: Path) -> None:
    ann, ben, _ = two_queues(tmp_path)
    assert ann.take("i")
    assert not ben.take("i"), "the ledger takes the first turn only once"
    hear(ann, ben, path=tmp_path)
    assert ann.mine("i")
    assert ben.others("i") is not None


def test_forgotten_image_is_free_again_and_its_holder_is_told(tmp_path: Path) -> None:
    ann, ben, now = two_queues(tmp_path)
    ann.take("i")
    hear(ben, path=tmp_path)
    now[0] += HOLD - timedelta(minutes=1)
    assert not ben.take("i")
    now[0] += timedelta(minutes=2)
    assert ben.take("i")
    now[0] = datetime.now(UTC)  # events carry the machine's time
    hear(ann, path=tmp_path)
    with pytest.raises(Stale):
        ann.give_back("i", "done")


def test_work_renews_the_hold(tmp_path: Path) -> None:
    ann, _, now = two_queues(tmp_path)
    ann.take("i")
    assert ann.take("i")
    assert ann.items["i"].turn == 1
    now[0] += RENEW + timedelta(seconds=1)
    assert ann.take("i")
    assert ann.items["i"].turn == 2


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.sampled_from(["take", "done", "hear"])), max_size=25)
)
def test_an_image_has_at_most_one_holder(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    path = tmp_path_factory.mktemp("queue")
    ann, ben, _ = two_queues(path)
    for first, image, what in steps:
        one = ann if first else ben
        if what == "take":
            one.take(image)
        elif what == "hear":
            hear(one, path=path)
        elif one.mine(image):
            one.give_back(image, "done")
    hear(ann, ben, path=path)
    assert not [image for image in "abc" if ann.mine(image) and ben.mine(image)]
    assert ann.items == ben.items


# ── apart from the catalogue, and killed ──────────────────────────────────────────────────────────────────────


def test_saving_and_going_on_wait_for_nobody(ws: wb.Bench) -> None:
    with colleague(ws) as other:
        session = TagSession(ws, "shop", queue="q")
        ws.catalog.close()
        with other.reading():  # somebody else has the catalogue, and keeps it
            begun = time.monotonic()
            session.set(CITY, None, "Tbilisi")
            page = session.accept()
            session.undo()
            assert time.monotonic() - begun < 5
            assert page["image"]["place"] == 1
        session.close()


WORK = """
import sys, workbench as wb
from workbench.tagging import TagSession
ws = wb.open(sys.argv[1], actor=sys.argv[2])
session = TagSession(ws, "shop", queue="q")
while session.image_id and not (page := session.view()).get("finished"):
    session.set("Xmp.photoshop.City", None, sys.argv[2])
    print(session.image_id, flush=True)
    if session.accept().get("finished"):
        break
session.close()
"""


def worker(ws: wb.Bench, actor: str, code: str = WORK) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", code, str(ws.folder), actor]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)


def test_two_processes_share_a_queue(ws: wb.Bench) -> None:
    ws.catalog.close()
    workers = [worker(ws, actor) for actor in ("ann", "ben")]
    got = [one.communicate(timeout=120)[0].split() for one in workers]
    assert [one.returncode for one in workers] == [0, 0]
    assert sorted(got[0] + got[1]) == sorted(ids(ws))
    for actor, images in zip(("ann", "ben"), got, strict=True):
        assert all(shown(ws, image, CITY) == [(None, actor)] for image in images)
    assert ws.check().empty
    ws.verify()


KILLED = """
import os, signal, sys, workbench as wb
from workbench.tagging import TagSession
session = TagSession(wb.open(sys.argv[1], actor=sys.argv[2]), "shop")
session.set("Xmp.photoshop.City", None, "Tbilisi")
session.accept()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_after_a_save_loses_nothing(ws: wb.Bench) -> None:
    ws.catalog.close()
    died = worker(ws, "ann", KILLED)
    died.communicate(timeout=120)
    assert died.returncode == -signal.SIGKILL
    assert shown(ws, ids(ws)[0], CITY) == [(None, "Tbilisi")]
    again = TagSession(ws, "shop")
    assert again.view()["image"]["place"] == 1
    assert [change["value"] for change in TagSession.history(_at(again, 0), CITY)["changes"]] == ["Tbilisi", None]
    again.close()


def _at(session: TagSession, place: int) -> TagSession:
    session.go(place)
    return session


HELD = KILLED.replace('"shop")', '"shop", queue="q")').replace("session.accept()\n", "")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_what_a_dead_program_had_is_free_at_once(ws: wb.Bench) -> None:
    ws.catalog.close()
    died = worker(ws, "ann", HELD)
    died.communicate(timeout=120)
    again = TagSession(ws, "shop", queue="q")
    assert again.view()["image"]["place"] == 0
    assert again.view()["fields"][CITY]["value"] == "Tbilisi"
    again.close()


def test_rebuilt_catalogue_knows_the_queue(ws: wb.Bench) -> None:
    session = TagSession(ws, "shop", queue="q")
    session.accept()
    session.skip()
    session.close()
    before = ws.sql("select image_id, outcome, actor from queues order by image_id").to_dict("records")
    ws.rebuild(progress=False)
    assert ws.sql("select image_id, outcome, actor from queues order by image_id").to_dict("records") == before
    assert sorted(row["outcome"] for row in before) == ["done", "released", "skipped"]


# ── pure ──────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(st.characters(codec=None), max_size=60))
def test_cleaned_text_can_be_written_and_stays_as_it_is(text: str) -> None:
    found = cleaned(text)
    assert found is None or (isinstance(found, str) and found.encode("utf-8"))
    assert cleaned(found) == found
    assert not set("\x00\x0b\x1f\ufffe\uffff\r") & set(found or "")


@given(st.dictionaries(st.sampled_from(["x-default", "de", "ar"]), st.text(min_size=1)), st.sampled_from(["de", "fr"]))
def test_one_language_changes_one_language(content: dict[str, str], lang: str) -> None:
    changed = with_text(content or None, lang, "new") or {}
    assert changed == {**content, lang: "new"}
    left = {name: text for name, text in content.items() if name != lang}
    assert with_text(changed, lang, "") == (left or None)


def test_shapes() -> None:
    assert shaped("a", "langalt") == {"x-default": "a"}
    assert shaped("a", "bag") == ["a"]
    assert shaped(["a", "b"], "text") == "a; b"
    assert shaped({"de": "a"}, "seq") == ["a"]
    assert shaped(None, "bag") is None


@given(st.permutations([1, 2, 3, 4]))
def test_the_last_of_the_ledger_counts_in_whatever_order_it_is_heard(order: list[int]) -> None:
    values = ImageValues({}, file={CITY: "file"})
    for seq in order:
        values.hear(CITY, Entry(str(seq), "a", "", seq))
    assert values.shown(CITY) == "4"
    values.hear(CITY, Entry(None, "a", "", 5, withdrawn=True))
    assert values.shown(CITY) == "file"
