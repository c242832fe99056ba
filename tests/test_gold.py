"""Known answers: mixed in where nobody sees it, judged once, counted with an interval; and training with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from double_entered import COUNTRY, RATING, TITLE, colleague, opened
from hypothesis import given
from hypothesis import strategies as st
from tagged_collection import ids, shown, workspace

import workbench as wb
from workbench import entry_session, gold
from workbench.entry_session import EntrySession, Work, double_entry, training, with_gold
from workbench.errors import BadValue, NotFound
from workbench.suggesters import Subject, Suggestion, Wants
from workbench.tagging import TagSession

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten shirts; the last four are known to be from France, which their files don't say."""
    made = workspace(tmp_path_factory.mktemp("scanned"), 10)
    made.set_values(ids(made)[6:], {COUNTRY: "France"})
    gold.set_gold(made, ids(made)[6:], [COUNTRY], profile="shop", how={COUNTRY: "folded"}, category="label",
                  comment="It stands on the label.")  # fmt: skip
    made.close()
    return made.folder


@pytest.fixture
def ws(tmp_path: Path, scanned: Path) -> Iterator[wb.Bench]:
    shutil.copytree(scanned, tmp_path / "ws")
    made = wb.open(tmp_path / "ws", actor="ann")
    yield made
    made.close()


@pytest.fixture
def working(ws: wb.Bench) -> Iterator[Callable[..., EntrySession]]:
    made: list[EntrySession] = []

    def begin(work: Work, **how: Any) -> EntrySession:
        made.append(EntrySession(ws, work, **how))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def answer_all(session: EntrySession, country: str = "France") -> list[dict[str, Any]]:
    """Enter the same for every image, and return what was told after each."""
    told: list[dict[str, Any]] = []
    while not told or not told[-1].get("finished"):
        session.set(COUNTRY, None, country)
        told.append(session.accept(anyway=True))
    return told


def test_what_counts_now_is_the_answer(ws: wb.Bench) -> None:
    found = gold.known(ws, [COUNTRY])
    assert set(found) == set(ids(ws)[6:])
    assert {one.answers[COUNTRY] for one in found.values()} == {"France"}
    listed = gold.items(ws)
    assert listed["category"].tolist() == ["label"] * 4
    gold.withdraw_gold(ws, ids(ws)[6:8])
    assert len(gold.known(ws, [COUNTRY])) == 2
    gold.set_gold(ws, ids(ws)[:1], [TITLE], {TITLE: {"x-default": "T"}}, profile="shop")
    assert gold.known(ws, [TITLE])[ids(ws)[0]].answers == {TITLE: '{"x-default":"T"}'}


def test_mixed_into_a_double_entry_nothing_tells_them_apart(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    task = opened(ws, [COUNTRY], 6, people=())
    session = working(double_entry(ws, task.task_id, gold=0.3))
    assert len(session.ids) == 9
    extra = set(session.ids) - set(task.image_ids)
    assert extra <= set(ids(ws)[6:])
    assert [one for one in session.ids if one not in extra] == task.image_ids
    pages = [session.view(), *answer_all(session)]
    assert "France" not in json.dumps(pages[0])
    kept = [{key for key in page if key != "finished"} for page in pages[1:]]
    assert all(keys == kept[0] for keys in kept), "no page has anything that others haven't"
    assert gold.figures(ws)[["actor", "n", "right"]].to_numpy().tolist() == [["ann", 3, 3]]
    assert set(ws.sql("select image_id from entry_pairs")["image_id"]) <= set(task.image_ids)


def test_an_answer_changes_no_value(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    session = working(with_gold(ws, "shop", ids(ws)[:2], share=0.6, queue="q"), queue="q")
    answer_all(session, "Germany")
    golden = [one for one in session.ids if one in ids(ws)[6:]]
    assert len(golden) == 3
    assert [shown(ws, one, COUNTRY) for one in golden] == [[(None, "France")]] * 3
    assert [shown(ws, one, COUNTRY) for one in ids(ws)[:2]] == [[(None, "Germany")]] * 2
    [row] = gold.figures(ws).to_dict("records")
    assert (row["n"], row["right"], row["share"]) == (3, 0, 0.0)
    assert row["low"] == 0.0 < row["high"] < 1.0
    assert row["method"] == "Wilson"


def test_of_a_shared_queue_everybody_answers_their_own(ws: wb.Bench) -> None:
    for name in ("ann", "ben"):
        with colleague(ws, name) as theirs:
            session = EntrySession(theirs, with_gold(theirs, "shop", ids(ws)[:4], share=0.3, queue="q"), "q")
            for _ in range(3):
                session.set(COUNTRY, None, "France")
                session.accept(anyway=True)
            session.close()
    done = ws.sql("select image_id, count(*) as n from queues where queue = 'q' and outcome = 'done' group by 1")
    assert set(done["n"]) == {1}
    assert not set(done["image_id"]) & set(ids(ws)[6:])


def test_only_the_first_answer_counts(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    work = with_gold(ws, "shop", ids(ws)[:1], share=0.5, feedback=True)
    session = working(work)
    place = next(n for n, one in enumerate(session.ids) if one in work.gold)
    for country in ("Germany", "France"):
        session.go(place)
        session.set(COUNTRY, None, country)
        session.accept(anyway=True)
    again = working(work)
    again.go(place)
    again.set(COUNTRY, None, "France")
    again.accept(anyway=True)
    assert gold.figures(ws)[["n", "right"]].to_numpy().tolist() == [[1, 0]]


def test_feedback_says_what_was_right_and_why(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    session = working(training(ws, "shop", 2, seed="one"))
    session.set(COUNTRY, None, "Georgia")
    told = session.accept(anyway=True)["feedback"]
    assert (told["right"], told["of"]) == (0, 1)
    [row] = told["rows"]
    assert (row["given"], row["expected"], row["comment"]) == ("Georgia", "France", "It stands on the label.")
    session.set(COUNTRY, None, "FRANCE")
    assert session.accept(anyway=True)["feedback"]["right"] == 1, "the comparator folds"


@pytest.mark.parametrize(("mark", "passed"), [(0.5, True), (0.51, False), (1.0, False)])
def test_a_training_ends_with_a_pass_mark_its_n_and_interval(
    ws: wb.Bench, working: Callable[..., EntrySession], mark: float, passed: bool
) -> None:
    session = working(training(ws, "shop", 4, pass_mark=mark))
    told: dict[str, Any] = {}
    for country in ("France", "Germany", "France", "Georgia"):
        assert "result" not in told
        session.set(COUNTRY, None, country)
        told = session.accept(anyway=True)
    assert told["result"]["passed"] is passed
    assert told["result"]["says"].startswith("2 of 4: 50.0 % (95 %: 15.0–85.0 %, Wilson).")
    [row] = gold.trainings(ws).to_dict("records")
    assert (row["n"], row["correct"], row["passed"], row["actor"]) == (4, 2, passed, "ann")
    assert row["low"] < row["share"] < row["high"]
    assert gold.figures(ws).empty
    assert gold.figures(ws, training=True)["n"].tolist() == [4]


def test_a_training_goes_on_where_it_was_left(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    first = working(training(ws, "shop", 3, seed="mine"))
    first.set(COUNTRY, None, "France")
    first.accept()
    assert first.result()["answered"] == 1
    second = working(training(ws, "shop", 3, seed="mine"))
    assert second.ids == first.ids
    assert second.result()["answered"] == 1
    assert "not finished" in second.result()["says"]
    with pytest.raises(BadValue):
        working(with_gold(ws, "shop")).result()


def test_answers_counted_by_everything(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    answer_all(working(with_gold(ws, "shop", ids(ws)[:2], share=0.5)))
    for by in gold.BY:
        assert gold.figures(ws, by=by)["n"].tolist()
    assert gold.figures(ws, by="category")["category"].tolist() == ["label"]
    with pytest.raises(BadValue):
        gold.figures(ws, by="mood")


def test_a_rebuild_keeps_gold_and_answers(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    answer_all(working(training(ws, "shop", 2)))
    before = [ws.sql(f"select * from {name} order by all") for name in ("gold_items", "gold_answers", "trainings")]
    ws.rebuild(progress=False)
    after = [ws.sql(f"select * from {name} order by all") for name in ("gold_items", "gold_answers", "trainings")]
    assert all(one.equals(other) for one, other in zip(before, after, strict=True))


def test_what_makes_no_sense_is_refused(ws: wb.Bench) -> None:
    with pytest.raises(BadValue):
        gold.set_gold(ws, [], [COUNTRY], profile="shop")
    with pytest.raises(BadValue):
        gold.set_gold(ws, ids(ws)[:1], [COUNTRY], {TITLE: "x"}, profile="shop")
    with pytest.raises(NotFound):
        gold.set_gold(ws, ["0" * 20], [COUNTRY], profile="shop")
    with pytest.raises(NotFound):
        training(ws, "shop", fields=[RATING])
    with pytest.raises(BadValue):
        training(ws, "shop", 0)
    with pytest.raises(BadValue):
        training(ws, "shop", pass_mark=90)
    gold.withdraw_gold(ws, ids(ws))
    with pytest.raises(NotFound):
        with_gold(ws, "shop")


WORK = st.lists(st.integers(0, 10**6).map("w{}".format), unique=True, max_size=60)
GOLDS = st.lists(st.integers(0, 10**6).map("g{}".format), unique=True, max_size=30)


@given(WORK, GOLDS, st.floats(0, 0.9), st.text(max_size=5))
def test_mixing_keeps_the_work_and_its_order(work: list[str], golds: list[str], share: float, seed: str) -> None:
    found = gold.mixed(work, golds, share, seed)
    extra = [one for one in found if one.startswith("g")]
    assert [one for one in found if one.startswith("w")] == work
    assert len(set(extra)) == len(extra) <= round(len(work) * share / (1 - share))
    assert found == gold.mixed(work, golds[::-1], share, seed)


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, "much"])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    with pytest.raises(BadValue):
        gold.mixed(["a"], ["b"], share, "")


def test_places_are_spread_over_all_of_the_work() -> None:
    work, golds = [f"w{n}" for n in range(90)], [f"g{n}" for n in range(10)]
    places = [
        n for seed in range(200) for n, one in enumerate(gold.mixed(work, golds, 0.1, str(seed))) if one[0] == "g"
    ]
    assert len(places) == 2_000
    for tenth in range(10):
        assert 140 < sum(10 * tenth <= place < 10 * tenth + 10 for place in places) < 260


def test_of_a_batch_that_was_sent_back_none_could_be_told_apart(ws: wb.Bench) -> None:
    """There, earlier entries show: an image without any would be a known answer."""
    mine = ids(ws)[:6]
    assert set(with_gold(ws, "shop", mine, share=0.3).image_ids) > set(mine)
    [batch] = ws.sql("select distinct batch from images")["batch"]
    for state in ("in_work", "ready_for_qc", "rework"):
        ws.qc.move(batch, state, reason="so it is")
    assert with_gold(ws, "shop", mine, share=0.3).image_ids == mine
    ws.qc.move(batch, "ready_for_qc")
    assert with_gold(ws, "shop", mine, share=0.3).image_ids == mine


VARYING = ("image_id", "place", "at", "seq", "file", "value", "undo", "progress", "has_before", "before", "next")


def bare(told: Any) -> Any:
    """What a page says, without what differs from image to image anyway."""
    if isinstance(told, dict):
        return {key: bare(one) for key, one in told.items() if key not in VARYING}
    return [bare(one) for one in told] if isinstance(told, list) else told


def visited(session: EntrySession, place: int) -> list[Any]:
    """All that is told while somebody works at an image, goes back to it, and looks how its fields came about."""
    told: list[Any] = [session.go(place)]
    told += [session.set(COUNTRY, None, text) for text in ("Georgia", "France")]
    told += [session.set(TITLE, "de", "Hemd"), session.undo(), session.redo(), session.history(COUNTRY)]
    told += [session.take_over(TITLE), session.set(RATING, None, "3"), session.set(RATING, None, None)]
    accepted = set(session.accept(anyway=True, image_id=session.ids[place])) - {"finished"}
    told += [session.go(place), sorted(accepted)]
    return [bare(one) for one in [*told, *(session.history(name) for name in (COUNTRY, TITLE, RATING))]]


@pytest.mark.parametrize("queue", [None, "q"])
def test_nothing_that_is_told_tells_a_known_answer(
    ws: wb.Bench, working: Callable[..., EntrySession], queue: str | None
) -> None:
    session = working(with_gold(ws, "shop", ids(ws)[:6], share=0.4, queue=queue or ""), queue=queue)
    golds = [place for place, one in enumerate(session.ids) if one in session.work.gold]
    assert len(golds) == 4
    plain = [place for place in range(10) if place not in golds]
    told = {place: visited(session, place) for place in [*plain[:3], *golds]}
    for place in [*plain[1:3], *golds]:
        assert told[place] == told[plain[0]], place


def test_where_others_had_entered_something_known_answers_stand_among_images_that_look_like_them(
    ws: wb.Bench, working: Callable[..., EntrySession]
) -> None:
    """Ben gave the first three a country, and a rating to all: who sees no country could otherwise tell."""
    mine, golden = ids(ws)[:6], ids(ws)[6:]
    with colleague(ws, "ben") as theirs:
        theirs.set_values(mine[:3], {COUNTRY: "Germany"})
        theirs.set_values([*mine, *golden], {RATING: "4"})
    session = working(with_gold(ws, "shop", mine, share=0.5))
    assert [one for one in session.ids if one in mine] == mine
    assert set(session.ids) - set(mine) <= set(golden)
    fresh = [one for one in session.ids if one not in mine[:3]]
    assert len(fresh) == 6, "half of those without a country, not half of all"
    told = {}
    for place, one in enumerate(session.ids):
        fields = session.go(place)["fields"]
        told[one] = bare({name: fields[name] for name in (COUNTRY, RATING)})
    assert all(told[one] == told[fresh[0]] for one in fresh)
    assert told[fresh[0]][RATING]["actor"] == "ben"
    assert told[mine[0]][COUNTRY]["actor"] == "ben"


def test_where_all_have_earlier_entries_none_is_mixed_in(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    mine = ids(ws)[:6]
    ws.set_values(mine, {COUNTRY: "Germany"})
    session = working(with_gold(ws, "shop", mine, share=0.5))
    assert session.ids == mine
    assert session.view()["image"]["name"], "and so names needn't be hidden"


@pytest.mark.parametrize("queue", [None, "q"])
def test_the_order_stays_when_the_work_goes_on(
    ws: wb.Bench, working: Callable[..., EntrySession], queue: str | None
) -> None:
    mine = ids(ws)[:6]
    begun = working(with_gold(ws, "shop", mine, share=0.4, queue=queue or ""), queue=queue)
    order = begun.ids
    for _ in range(4):
        begun.set(COUNTRY, None, "France")
        begun.accept(anyway=True)
    begun.set(COUNTRY, None, "France")
    begun.close()
    after = working(with_gold(ws, "shop", mine, share=0.4, queue=queue or ""), queue=queue)
    assert after.ids == order
    assert after.progress()["done"] == 4
    answer_all(after)
    last = working(with_gold(ws, "shop", mine, share=0.4, queue=queue or ""), queue=queue)
    assert (last.ids, last.progress()["left"]) == (order, 0)


def test_names_and_folders_tell_nothing(ws: wb.Bench, working: Callable[..., EntrySession]) -> None:
    session = working(with_gold(ws, "shop", ids(ws)[:6], share=0.3))
    assert len(session.ids) > 6
    for place in range(len(session.ids)):
        told = session.go(place)["image"]
        assert (told["name"], told["path"]) == ("", "")
    assert {one["name"] for one in session.strip(0, 20).view["items"]} == {""}
    assert session.picture(session.ids[0]).buffers[0]
    named = working(with_gold(ws, "shop", ids(ws)[:6], share=0.3, names=True))
    assert named.view()["image"]["name"]
    task = opened(ws, [COUNTRY], 6, people=())
    assert working(double_entry(ws, task.task_id)).view()["image"]["name"]
    assert not working(double_entry(ws, task.task_id, gold=0.3)).view()["image"]["name"]


def test_who_comes_late_to_a_shared_queue_is_not_left_with_known_answers(
    ws: wb.Bench, working: Callable[..., EntrySession]
) -> None:
    """Where colleagues have done the image that a known answer stands by, it seems to be done, too."""
    mine = ids(ws)[:6]
    session = working(with_gold(ws, "shop", mine, share=0.4, queue="q"), queue="q")
    golds = [one for one in session.ids if one in session.work.gold]
    assert len(golds) == 4
    held = session.queue.held()
    with colleague(ws, "ben") as theirs:
        first = EntrySession(theirs, with_gold(theirs, "shop", mine, share=0, queue="q"), "q")
        answer_all(first)
        first.close()
    session.view()
    after = {one: next((x for x in session.ids[session.ids.index(one) :] if x in mine), mine[5]) for one in golds}
    mine_still = [one for one in mine if one in held]
    hidden = [one for one in golds if after[one] not in mine_still and one not in held]
    assert len(hidden) >= 2
    assert [session.queue.outcome(one) for one in hidden] == ["done"] * len(hidden)
    assert session.progress()["left"] == len(mine_still) + len(golds) - len(hidden)
    seen: list[str | None] = []
    page: dict[str, Any] = {}
    while not page.get("finished"):
        seen.append(session.image_id)
        page = session.accept(anyway=True)
    assert set(seen) == {*mine_still, *golds} - set(hidden)
    with colleague(ws, "cy") as theirs:
        last = EntrySession(theirs, with_gold(theirs, "shop", mine, share=0.4, queue="q"), "q")
        assert (last.image_id, last.progress()["left"]) == (None, 0)
        last.close()


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 9), st.integers(0, 99))
def test_known_answers_stand_among_images_that_look_like_them(fresh: list[bool], golds: int, seed: int) -> None:
    work = [f"image {i}" for i in range(len(fresh))]
    part = [one for one, new in zip(work, fresh, strict=True) if new]
    mixed = gold.mixed(part, [f"gold {i}" for i in range(golds)], 0.4, str(seed))
    found = entry_session._in_order(work, mixed)
    assert [one for one in found if one.startswith("image")] == work
    assert [one for one in found if one not in work or one in part] == mixed


class SaysFrance:
    """A suggester that proposes one country for every image."""

    name, model, version = "says", "told", "1"
    wants: Wants = "metadata"

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        yield from (Suggestion(one.image_id, COUNTRY, None, "France", 0.9, "told", "1", "a name") for one in subjects)


def test_nothing_has_suggestions_where_known_answers_have_none(
    ws: wb.Bench, working: Callable[..., EntrySession]
) -> None:
    ws.suggest(None, [SaysFrance()])
    assert ws.sql("select count(*) as n from suggestions")["n"][0] > 0
    plain, session = TagSession(ws, "shop", ids(ws)), working(with_gold(ws, "shop", ids(ws)[:6], share=0.3))
    assert set(ids(ws)[:6]) <= set(plain._make_offers().load(session.ids))
    assert session._make_offers().load(session.ids) == []
    plain.close()
