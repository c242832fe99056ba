"""Two people enter the same without seeing each other; what they agree on becomes a value, nothing else does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from double_entered import COUNTRY, DATE, HEADLINE, RATING, TITLE, WORDS, colleague, differing, enter, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from tagged_collection import ids, shown, workspace

import workbench as wb
from workbench import double_entry, entry_agreement
from workbench.entry_comparing import comparators_for, compared, decoded
from workbench.entry_queues import PairQueue
from workbench.entry_session import EntrySession
from workbench.entry_session import double_entry as part
from workbench.errors import BadValue, NotAllowed, NotFound
from workbench.events import whole
from workbench.profiles import load
from workbench.queues import Queue

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("scanned"), 8)
    made.close()
    return made.folder


@pytest.fixture
def actor() -> str:
    return "cleo"


@pytest.fixture
def entering(ws: wb.Bench) -> Iterator[Callable[..., EntrySession]]:
    """Sessions of people, closed at the end."""
    made: list[Any] = []

    def begin(actor: str, task: Any, **how: Any) -> EntrySession:
        theirs = colleague(ws, actor)
        made.extend([theirs, EntrySession(theirs, part(theirs, task.task_id, **how))])
        return made[-1]

    yield begin
    for one in made[::-1]:
        one.close()


def values(session: EntrySession) -> dict[str, Any]:
    return {key: told["value"] for key, told in session.view()["fields"].items()}


def everything(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, default=str)


# -- blind


def test_nobody_sees_the_other_nowhere(ws: wb.Bench, entering: Callable[..., EntrySession]) -> None:
    first = ids(ws)[0]
    with colleague(ws, "ben") as ben:
        ben.set_values([first], {TITLE: {"x-default": "SECRET before"}, WORDS: ["SECRET word"]})
    task = opened(ws, [TITLE, COUNTRY, WORDS])
    ben_session, ann = entering("ben", task), entering("ann", task)
    ben_session.set(TITLE, None, "SECRET entry")
    ben_session.set(WORDS, None, ["SECRET term"])
    ben_session.accept(anyway=True)
    told = [
        ann.view(),
        ann.history(TITLE),
        ann.complete(WORDS, "SEC"),
        ann.complete(TITLE, "SEC"),
        ann.strip(0, 4).view,
    ]
    told += [double_entry.metadata(ann.ws, task.task_id).to_dict("records"), ann.go(1), ann.previous()]
    assert "SECRET" not in everything(told)
    assert set(values(ann).values()) == {None}
    with pytest.raises(NotFound):
        ann.take_over(TITLE)
    ann.set(TITLE, None, "Mine")
    assert ann.history(TITLE)["changes"][0]["value"] == {"x-default": "Mine"}
    assert double_entry.metadata(ann.ws, task.task_id).dropna()["value"].tolist() == ["Mine"]


def test_entries_are_no_values(ws: wb.Bench, entering: Callable[..., EntrySession]) -> None:
    task = opened(ws, [TITLE])
    ann = entering("ann", task)
    before = shown(ws, task.image_ids[0], TITLE)
    ann.set(TITLE, None, "Mine")
    ann.accept()
    assert shown(ws, task.image_ids[0], TITLE) == before
    assert ws.sql("select * from entered").empty
    assert ws.sql("select value, actor from entries").to_numpy().tolist() == [["Mine", "ann"]]


def test_the_form_can_start_with_what_the_file_says(ws: wb.Bench, entering: Callable[..., EntrySession]) -> None:
    blank, filled = opened(ws, [TITLE]), opened(ws, [TITLE], start="file")
    assert values(entering("ann", blank)) == {TITLE: None}
    session = entering("ann", filled)
    assert values(session) == {TITLE: {"x-default": "Shirt 0"}}
    session.accept()
    assert ws.sql("select value from entries")["value"].tolist() == ["Shirt 0"]


def test_undo_goes_on_and_another_session_finds_ones_own(ws: wb.Bench, entering: Callable[..., EntrySession]) -> None:
    task = opened(ws, [TITLE, COUNTRY])
    ann = entering("ann", task)
    ann.set(TITLE, None, "First")
    ann.set(COUNTRY, None, "France")
    ann.undo()
    ann.undo()
    assert values(ann) == {TITLE: None, COUNTRY: None}
    assert ws.sql("select * from entries").empty
    ann.redo()
    assert values(entering("ann", task))[TITLE] == {"x-default": "First"}
    ann.accept(anyway=True)
    ann.copy_from_previous(TITLE)
    assert values(ann)[TITLE] == {"x-default": "First"}


def test_only_the_two_named_enter(ws: wb.Bench) -> None:
    task = opened(ws, [TITLE])
    with pytest.raises(NotAllowed, match="ann and ben"):
        part(ws, task.task_id)


# -- whoever takes it


def test_two_different_people_take_each_image_and_no_third(ws: wb.Bench, entering: Callable[..., EntrySession]) -> None:
    task = opened(ws, [HEADLINE], 3, people=())
    people = {name: entering(name, task) for name in ("ann", "ben", "dan")}
    for turn in range(20):
        for name, session in people.items():
            if session.image_id and session.view()["image"]["outcome"] != "done":
                session.set(HEADLINE, None, f"by {name} {turn}")
                session.accept(anyway=True)
    who = ws.sql("select image_id, count(distinct actor) as people from entries group by image_id")
    assert sorted(who["people"]) == [2, 2, 2]
    assert len(who) == 3


def test_a_person_never_gets_both_sides_of_an_image() -> None:
    written: list[Any] = []
    sides = [Queue(f"q/{n}", lambda drafts: written.extend(drafts) or [], holder=f"h{n}") for n in (1, 2)]
    pair = PairQueue("q", sides[0], sides[1], "ann")
    row = {"image_id": "i", "outcome": "done", "holder": "x", "actor": "ann", "at": "2026-01-01T00:00:00Z", "turn": 1}
    sides[0].load([row])
    assert pair.outcome("i") == "done"
    assert not pair.take("i")
    other = PairQueue("q", sides[0], sides[1], "ben")
    assert other.outcome("i") == "open"
    sides[1].load([{**row, "actor": "cleo"}])
    assert other.outcome("i") == "done"
    assert not other.take("i")
    assert not written


# -- comparing and merging


def test_what_both_say_becomes_a_value_and_the_rest_waits(ws: wb.Bench) -> None:
    task = opened(ws, [COUNTRY, WORDS, DATE], 3, how={COUNTRY: "folded"})
    enter(
        ws, task, "ann", {0: {COUNTRY: "Germany", WORDS: ["a", "b"]}, 1: {COUNTRY: "GERMANY"}, 2: {COUNTRY: "France"}}
    )
    enter(ws, task, "ben", {0: {COUNTRY: "Germany", WORDS: ["b", "a"]}, 1: {COUNTRY: "Germany"}})
    found = double_entry.compare(ws, task.task_id)
    assert (found.pairs, found.agreed, found.differing) == (6, 6, 0)
    assert "6 agree" in str(found)
    assert shown(ws, task.image_ids[0], COUNTRY) == [(None, "Germany")]
    assert shown(ws, task.image_ids[1], COUNTRY) == [(None, "GERMANY")], "the one entered first"
    assert [value for _, value in shown(ws, task.image_ids[0], WORDS)] == ["a", "b"]
    assert shown(ws, task.image_ids[1], WORDS) == [], "both left it empty: what the file says is cleared"
    assert [value for _, value in shown(ws, task.image_ids[2], WORDS)] == ["shirt", "linen"], "ben hasn't been there"
    assert ws.check().empty


def test_comparing_again_does_nothing_until_something_is_entered(ws: wb.Bench) -> None:
    task = differing(ws)
    first = double_entry.compare(ws, task.task_id)
    assert (first.pairs, first.agreed) == (12, 6)
    head = ws.ledger.head()
    assert double_entry.compare(ws, task.task_id).pairs == 0
    assert ws.ledger.head() == head
    enter(ws, task, "ben", {0: {TITLE: "Red shirt 0", COUNTRY: "Germany", WORDS: ["shirt", "linen"]}})
    again = double_entry.compare(ws, task.task_id)
    assert (again.pairs, again.agreed) == (3, 3)
    assert set(double_entry.comparisons(ws, task.task_id, "open")["field"]) == {TITLE, COUNTRY}
    assert len(double_entry.comparisons(ws, task.task_id)) == 12


def test_two_who_compare_at_once_write_it_once(ws: wb.Bench) -> None:
    task = differing(ws)
    both = [colleague(ws, name) for name in ("cleo", "dan")]
    start = threading.Barrier(2)

    def compare(one: wb.Bench) -> None:
        start.wait()
        double_entry.compare(one, task.task_id)

    threads = [threading.Thread(target=compare, args=[one]) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = ws.sql(
        "select kind, count(*) as n from events where kind in ('entries_compared', 'values_set') group by kind"
    )
    assert dict(events.to_numpy().tolist()) == {"entries_compared": 1, "values_set": 4}
    for one in both:
        one.close()


def test_many_images_merge_in_one_event_a_chunk(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(double_entry, "FEW", 1)
    monkeypatch.setattr(double_entry, "AT_ONCE", 3)
    task = opened(ws, [WORDS, COUNTRY], 4)
    for who in ("ann", "ben"):
        enter(ws, task, who, {n: {WORDS: ["x", "y"], COUNTRY: "France"} for n in range(4)})
    assert double_entry.compare(ws, task.task_id).agreed == 8
    for image_id in task.image_ids:
        assert [value for _, value in shown(ws, image_id, WORDS)] == ["x", "y"]
        assert shown(ws, image_id, COUNTRY) == [(None, "France")]
    assert ws.sql("select count(*) as n from events where kind = 'values_changed'")["n"][0] > 1
    assert ws.check().empty


def test_the_last_one_to_finish_sets_off_the_comparison(ws: wb.Bench, entering: Callable[..., EntrySession]) -> None:
    task = opened(ws, [COUNTRY], 1)
    for who in ("ann", "ben"):
        session = entering(who, task)
        session.set(COUNTRY, None, "France")
        session.accept()
        session.close()
    assert shown(ws, task.image_ids[0], COUNTRY) == [(None, "France")]


def test_a_rebuild_gives_the_same(ws: wb.Bench) -> None:
    task = differing(ws)
    double_entry.compare(ws, task.task_id)
    before = double_entry.comparisons(ws, task.task_id)
    ws.rebuild(progress=False)
    after = double_entry.comparisons(ws, task.task_id)
    assert before.equals(after)


def test_a_renamed_file_keeps_its_entries(ws: wb.Bench) -> None:
    task = differing(ws, 2)
    ws.bulk.rename("new-{sequence}", task.image_ids[:1]).apply()
    moved = double_entry.task(ws, task.task_id).image_ids[0]
    assert moved != task.image_ids[0]
    with colleague(ws, "ben") as ben:
        double_entry.enter(ben, task.task_id, moved, {TITLE: "Red shirt 0"})
    double_entry.compare(ws, task.task_id)
    found = double_entry.comparisons(ws, task.task_id)
    assert set(found["image_id"]) == {moved, task.image_ids[1]}
    assert shown(ws, moved, TITLE) == [("x-default", "Red shirt 0")]


def test_agreement_has_an_n_and_an_interval(ws: wb.Bench) -> None:
    task = differing(ws)
    double_entry.compare(ws, task.task_id)
    by_field = entry_agreement.agreement(ws, task.task_id).set_index("field")
    assert by_field.loc[TITLE, ["n", "agreed"]].tolist() == [4, 0]
    assert by_field.loc[WORDS, ["n", "agreed"]].tolist() == [4, 4]
    assert (by_field["low"] <= by_field["share"]).all()
    assert (by_field["share"] <= by_field["high"]).all()
    assert by_field.loc[COUNTRY, "alpha"] == pytest.approx(1 - 7 * 4 / (2 * 6 * 2), abs=1e-9)
    for by in entry_agreement.BY:
        told = entry_agreement.agreement(ws, by=by)
        assert told["n"].sum() == 12
        assert told["agreed"].sum() == 6
    assert entry_agreement.agreement(ws, by="people")["people"].tolist() == ["ann, ben"]
    with pytest.raises(BadValue):
        entry_agreement.agreement(ws, by="moon")


# -- what can't be


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"fields": []}, "No field"),
        ({"fields": ["Xmp.no.such"]}, "no field"),
        ({"people": ("ann",)}, "two different"),
        ({"people": ("ann", "ann")}, "two different"),
        ({"people": ("ann", " ")}, "two different"),
        ({"start": "half"}, "start"),
        ({"how": {TITLE: "telepathy"}}, "comparator"),
        ({"how": {TITLE: {"most": 3}}}, "no name"),
        ({"how": {TITLE: {"kind": "number", "colour": 1}}}, "colour"),
        ({"images": []}, "no such images"),
        ({"batch": "nope"}, "no such images"),
    ],
)
def test_a_task_that_makes_no_sense_is_refused_and_leaves_nothing(ws: wb.Bench, how: dict[str, Any], says: str) -> None:
    told = {"fields": [TITLE], "profile": "shop", **how}
    with pytest.raises(BadValue, match=says):
        double_entry.open_task(ws, told.pop("fields"), told.pop("images", None), **told)
    assert double_entry.tasks(ws).empty


def test_what_isnt_there_is_said(ws: wb.Bench) -> None:
    with pytest.raises(NotFound):
        double_entry.task(ws, "double-none")
    task = opened(ws, [TITLE])
    with colleague(ws, "ben") as ben:
        with pytest.raises(NotFound):
            double_entry.enter(ben, task.task_id, ids(ws)[7], {})
        with pytest.raises(BadValue):
            double_entry.enter(ben, task.task_id, task.image_ids[0], {COUNTRY: "x"})
    with pytest.raises(NotAllowed, match="ann and ben"):
        double_entry.enter(ws, task.task_id, task.image_ids[0], {TITLE: "A shirt"})
    with pytest.raises(BadValue):
        double_entry.comparisons(ws, task.task_id, "odd")


# -- comparing contents


def test_every_field_is_compared_by_its_type(ws: wb.Bench) -> None:
    profile = load("shop", ws.folder)
    chosen = comparators_for(profile, [TITLE, WORDS, DATE, RATING, COUNTRY], {COUNTRY: {"kind": "vocabulary"}})
    kinds = {name: how["kind"] for name, how in chosen.items()}
    assert kinds == {TITLE: "exact", WORDS: "set", DATE: "date", RATING: "number", COUNTRY: "vocabulary"}


def test_languages_must_all_agree_and_left_empty_differs(ws: wb.Bench) -> None:
    wanted = load("shop", ws.folder).fields[TITLE]
    a = [whole({"x-default": "A", "de": "B"}), whole({"x-default": "A"}), None, None]
    b = [whole({"x-default": "a", "de": "X"}), whole({"x-default": "a", "de": "b"}), None, whole({"x-default": "A"})]
    agree, distance = compared({"kind": "folded"}, wanted, a, b)
    assert agree == [False, False, True, False]
    assert distance[0] == 1.0
    assert distance[1:] == [None, 0.0, None]


TEXTS = st.one_of(st.none(), st.text(max_size=8))


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
@settings(max_examples=60, deadline=None)
def test_the_same_agrees_with_itself_whatever_it_is(pairs: list[tuple[str | None, str | None]]) -> None:
    wanted = load("dublin-core").fields[TITLE]
    sides = [[None if one is None else whole({"x-default": one}) for one in side] for side in zip(*pairs, strict=True)]
    left, right = sides or ([], [])
    there, _ = compared({"kind": "exact"}, wanted, left, left)
    assert all(there)
    one, other = (compared({"kind": "exact"}, wanted, *two)[0] for two in ((left, right), (right, left)))
    assert one == other


@given(
    st.one_of(st.none(), st.lists(st.text(min_size=1), min_size=1), st.dictionaries(st.text(), st.text(), min_size=1))
)
def test_a_content_comes_back_as_it_was_kept(content: Any) -> None:
    kind = "bag" if isinstance(content, list) else "langalt"
    assert decoded(whole(content), kind) == content
