"""Deciding between two entries: blind to whose they are, never one's own, undone at will."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from double_entered import COUNTRY, TITLE, WORDS, colleague, differing, enter, opened
from hypothesis import given
from hypothesis import strategies as st
from tagged_collection import shown, workspace

import workbench as wb
from workbench import double_entry
from workbench.adjudication import AdjudicationSession, swapped
from workbench.entry_marks import lines, note, parts
from workbench.errors import BadValue, NotAllowed, NotFound, Stale

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("scanned"), 4)
    made.close()
    return made.folder


@pytest.fixture
def actor() -> str:
    return "cleo"


@pytest.fixture
def session(ws: wb.Bench) -> Iterator[AdjudicationSession]:
    """Six differences: four titles, and the country of the second and the fourth image."""
    differing(ws)
    made = AdjudicationSession(ws)
    yield made
    made.close()


def states(ws: wb.Bench) -> dict[str, int]:
    found = ws.sql("select state, count(*) as n from field_comparisons group by state")
    return {state: int(n) for state, n in found.to_numpy()}


def here(session: AdjudicationSession) -> dict[str, Any]:
    told: dict[str, Any] = session.view()["difference"]
    return told


def test_it_compares_first_and_shows_what_differs(session: AdjudicationSession) -> None:
    told = session.view()
    assert told["progress"]["count"] == 6
    one = told["difference"]
    assert one["field"]["key"] == TITLE
    assert one["field"]["help"] == "What it is, in a few words."
    assert one["note"] == "Only blanks differ."
    sides = {json.dumps(one[side]["value"]) for side in ("left", "right")}
    assert sides == {'{"x-default": "Red shirt 0"}', '{"x-default": "Red  shirt 0"}'}


def test_who_entered_what_is_told_nowhere(session: AdjudicationSession) -> None:
    told = json.dumps([session.view(), session.frame().to_dict("records"), session.choose("left"), session.undo()])
    assert '"ann"' not in told
    assert '"ben"' not in told


def test_choosing_enters_the_value_and_goes_on(ws: wb.Bench, session: AdjudicationSession) -> None:
    one = here(session)
    chosen = one["right"]["value"]["x-default"]
    told = session.choose("right", comment=" the label says so ")
    assert shown(ws, one["image"]["image_id"], TITLE) == [("x-default", chosen)]
    assert told["difference"]["image"]["image_id"] != one["image"]["image_id"]
    [row] = ws.sql("select * from adjudications").to_dict("records")
    assert row["comment"] == "the label says so"
    assert row["adjudicator"] == "cleo"
    entries = ws.sql("select actor, value from entries where value = ?", [chosen])
    assert row["chosen"] == {"ann": "first", "ben": "second"}[entries["actor"][0]]
    assert states(ws) == {"agreed": 6, "adjudicated": 1, "open": 5}


def test_all_by_ten_keys_at_most(ws: wb.Bench, session: AdjudicationSession) -> None:
    while session.difference:
        session.choose("left")
    assert states(ws) == {"agreed": 6, "adjudicated": 6}
    assert session.view()["empty"]["title"] == "All decided"
    assert ws.check().empty
    again = AdjudicationSession(ws)
    assert again.view()["difference"] is None
    again.close()


def test_writing_something_else(ws: wb.Bench, session: AdjudicationSession) -> None:
    first = here(session)["image"]["image_id"]
    session.edit({"x-default": "A red shirt", "de": "Ein rotes Hemd"})
    assert shown(ws, first, TITLE) == [("de", "Ein rotes Hemd"), ("x-default", "A red shirt")]
    assert ws.sql("select chosen from adjudications")["chosen"].tolist() == ["edited"]


def test_writing_the_same_as_one_is_choosing_it(ws: wb.Bench, session: AdjudicationSession) -> None:
    session.edit({"x-default": "Red shirt 0"})
    assert ws.sql("select chosen from adjudications")["chosen"].tolist() == ["first"]


def test_terms_are_offered_as_in_the_form(session: AdjudicationSession) -> None:
    assert [one["term"] for one in session.complete(COUNTRY, "ge")["terms"]] == ["Georgia", "Germany"]
    assert [one["term"] for one in session.complete(WORDS, "linen s")["terms"]] == ["linen shirt"]
    assert session.complete(COUNTRY, "zz")["terms"] == []
    with pytest.raises(BadValue, match="no field"):
        session.complete("Xmp.photoshop.City", "T")


def test_what_the_profile_refuses_is_said_first(ws: wb.Bench, session: AdjudicationSession) -> None:
    while here(session)["field"]["key"] != COUNTRY:
        session.next()
    one = here(session)
    refused = session.edit("Atlantis")["refused"]
    assert "vocabulary" in refused[0]["message"]
    assert here(session)["field"]["key"] == COUNTRY
    session.edit("Atlantis", anyway=True)
    assert shown(ws, one["image"]["image_id"], COUNTRY) == [(None, "Atlantis")]


def test_undo_brings_back_what_counted_before(ws: wb.Bench, session: AdjudicationSession) -> None:
    one = here(session)
    image_id = one["image"]["image_id"]
    before = shown(ws, image_id, TITLE)
    session.choose("left")
    session.choose("left")
    session.undo()
    told = session.undo()
    assert told["difference"]["image"]["image_id"] == image_id
    assert told["progress"]["done"] == 0
    assert shown(ws, image_id, TITLE) == before
    assert states(ws) == {"agreed": 6, "open": 6}
    assert session.undo()["undo"] is None


def test_a_value_changed_since_isnt_taken_back(ws: wb.Bench, session: AdjudicationSession) -> None:
    image_id = here(session)["image"]["image_id"]
    session.choose("left")
    with colleague(ws, "dan") as dan:
        dan.set_values([image_id], {TITLE: {"x-default": "Dan's"}})
    with pytest.raises(Stale, match="dan"):
        session.undo()
    assert shown(ws, image_id, TITLE) == [("x-default", "Dan's")]


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_nobody_decides_about_their_own(ws: wb.Bench, session: AdjudicationSession, who: str) -> None:
    with colleague(ws, who) as theirs:
        own = AdjudicationSession(theirs)
        told = own.view()
        assert told["difference"] is None
        assert own.own == 6
        assert "6 are about your own entries" in told["empty"]["hint"]
        with pytest.raises(NotFound):
            own.choose("left")
        own.close()
    session.differences[0].actors = ("cleo", "dan")
    with pytest.raises(NotAllowed):
        session.choose("left")


def test_two_people_get_different_images(ws: wb.Bench, session: AdjudicationSession) -> None:
    with colleague(ws, "dan") as dan:
        other = AdjudicationSession(dan)
        assert other.difference is not None
        assert session.difference is not None
        assert other.difference.image_id != session.difference.image_id
        key = session.difference.key
        session.choose("left")
        assert other.view()["progress"]["done"] == 1
        assert [one.state for one in other.differences if one.key == key] == ["adjudicated"]
        other.close()


def test_an_answer_for_something_else_is_refused(session: AdjudicationSession) -> None:
    one = here(session)
    session.next()
    with pytest.raises(Stale):
        session.choose("left", image_id=one["image"]["image_id"], field=one["field"]["key"])
    with pytest.raises(BadValue):
        session.choose("middle")
    with pytest.raises(BadValue):
        session.choose("left", comment="x" * 3_000)
    assert session.view()["progress"]["done"] == 0


def test_a_new_entry_opens_the_question_again(ws: wb.Bench, session: AdjudicationSession) -> None:
    while session.difference:
        session.choose("left")
    enter(ws, session.task, "ben", {0: {TITLE: "Something else", COUNTRY: "Germany", WORDS: ["shirt", "linen"]}})
    told = session.refresh()
    assert told["difference"]["field"]["key"] == TITLE
    assert told["progress"]["left"] == 1


def test_the_sides_are_mixed_and_always_the_same(ws: wb.Bench) -> None:
    sides = [swapped("seed", f"image {n}", TITLE) for n in range(400)]
    assert 150 < sum(sides) < 250
    assert sides == [swapped("seed", f"image {n}", TITLE) for n in range(400)]
    assert sides != [swapped("other", f"image {n}", TITLE) for n in range(400)]


def test_a_workspace_without_double_entry_says_so(ws: wb.Bench) -> None:
    with pytest.raises(NotFound, match="no double entry"):
        AdjudicationSession(ws)
    task = opened(ws, [TITLE])
    made = AdjudicationSession(ws, task.task_id)
    assert made.view()["empty"]["title"] == "Nothing to decide"
    assert made.picture(task.image_ids[0]).buffers[0][:2] == b"\xff\xd8"
    made.close()


def test_a_rebuild_keeps_decisions(ws: wb.Bench, session: AdjudicationSession) -> None:
    session.choose("left", comment="so")
    session.choose("right")
    session.undo()
    before = ws.sql("select * from adjudications"), double_entry.comparisons(ws, session.task.task_id)
    ws.rebuild(progress=False)
    after = ws.sql("select * from adjudications"), double_entry.comparisons(ws, session.task.task_id)
    assert all(one.equals(other) for one, other in zip(before, after, strict=True))


# -- what differs, marked


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_parts_are_the_texts_and_what_isnt_marked_is_equal(a: str, b: str) -> None:
    left, right = parts(a, b)
    assert ("".join(text for text, _ in left), "".join(text for text, _ in right)) == (a, b)
    same = ["".join(text for text, differs in side if not differs) for side in (left, right)]
    assert same[0] == same[1]
    assert any(differs for _, differs in left + right) == (a != b)


def test_long_texts_are_marked_from_first_to_last_difference() -> None:
    a, b = "x" * 3_000 + "A" + "y" * 3_000, "x" * 3_000 + "BC" + "y" * 3_000
    left, right = parts(a, b)
    assert [text for text, differs in left if differs] == ["A"]
    assert [text for text, differs in right if differs] == ["BC"]
    assert parts("a" * 3_000, "a" * 3_001)[0] == [("a" * 3_000, False)]


def test_lists_and_languages_line_by_line() -> None:
    left, right = lines(["a", "beach"], ["a", "bench"])
    assert left == [
        {"name": "", "parts": [["a", False]]},
        {"name": "", "parts": [["be", False], ["a", True], ["ch", False]]},
    ]
    assert right[1]["parts"][1] == ["n", True]
    left, right = lines({"x-default": "A", "de": "B"}, {"x-default": "A"})
    assert [line["name"] for line in left] == [line["name"] for line in right] == ["x-default", "de"]
    assert left[1]["parts"] == [["B", True]]
    assert right[1]["parts"] == []
    assert lines({"de": "B"}, None)[1] == []
    assert lines(None, "x") == ([], [{"name": "", "parts": [["x", True]]}])


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        ("Hafen", "hafen", "upper and lower"),
        ("Café", "Cafe", "accents"),
        ("Café", unicodedata.normalize("NFD", "Café"), "look alike"),
        ("a b", "a  b", "blanks"),
        (["a", "b"], ["b", "a"], "order"),
        ("a", None, "left it empty"),
    ],
)
def test_what_hardly_shows_is_said(a: Any, b: Any, says: str) -> None:
    assert says in note(a, b)
    assert says in note(b, a)
    assert note("a", "b") == note("a", "a") == ""
