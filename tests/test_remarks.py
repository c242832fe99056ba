"""What an inspector said stands beside the field while the batch is in rework, until it says something else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from double_entered import opened
from inspected_collection import BATCH, in_order, ready

import workbench as wb
from workbench.entry_session import EntrySession, double_entry, with_gold
from workbench.inspection import PICTURE, InspectionSession
from workbench.lots import Sample
from workbench.tagging import TagSession

pytestmark = pytest.mark.core
TITLE, CITY, MAKER = "Xmp.dc.title", "Xmp.photoshop.City", "Xmp.dc.creator"
Begin = Callable[..., TagSession]


def inspect(ws: wb.Bench, sample: Sample, marks: list[tuple[str, ...]], comment: str = "") -> str:
    """Inspect the whole sample, the first image with these marks; return that image."""
    session = InspectionSession(ws, sample, "shop")
    first = str(session.image_id)
    for field, defect, *rest in marks:
        session.mark(field, defect, rest[0] if rest else None, rest[1] if len(rest) > 1 else "")
    session.say(comment)
    while session.image_id:
        session.done()
    session.close()
    return first


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A batch that was sent back: of one image its title, its maker (also a noted one) and the picture are wrong."""
    with ready(tmp_path_factory.mktemp("remarks"), 12) as ws:
        marks = [(TITLE, "wrong", "major", "That is a skirt"), (MAKER, "misspelt"), (PICTURE, "picture")]
        sample = ws.qc.draw(BATCH, aql=10.0, seed=5)
        first = inspect(ws, sample, marks, "Look again, please")
        if ws.qc.batches()["state"][0] == "ready_for_qc":
            ws.qc.move(BATCH, "rework", reason="The skirts are called shirts")
    return ws.folder, first


@pytest.fixture
def ws(tmp_path: Path, made: tuple[Path, str]) -> Iterator[wb.Bench]:
    shutil.copytree(made[0], tmp_path / "ws")
    opened = wb.open(tmp_path / "ws", actor="ann")
    yield opened
    opened.close()


@pytest.fixture
def image(made: tuple[Path, str]) -> str:
    return made[1]


@pytest.fixture
def begin(ws: wb.Bench) -> Iterator[Begin]:
    sessions: list[TagSession] = []

    def one(*ids: str, **how: Any) -> TagSession:
        sessions.append(TagSession(ws, "shop", list(ids), **how))
        return sessions[-1]

    yield one
    for session in sessions:
        session.close()


def said(page: dict[str, Any]) -> dict[str, list[str]]:
    """Field → the defects that are remarked at it."""
    return {
        key: [one["defect"] for one in state["remarks"]] for key, state in page["fields"].items() if state["remarks"]
    }


def test_what_the_inspector_said_stands_at_its_field(begin: Begin, image: str) -> None:
    page = begin(image).view()
    assert set(said(page)) == {TITLE, MAKER}
    [remark] = page["fields"][TITLE]["remarks"]
    assert remark == {"defect": "Wrong", "comment": "That is a skirt", "severity": "major", "counts": True}
    assert page["fields"][MAKER]["remarks"][0]["counts"] is False
    about = page["remarks"]
    assert (about["by"], about["comment"], len(about["rows"])) == ("cy", "Look again, please", 1)
    assert about["rows"][0]["label"] is None, "it is about the picture"
    assert about["at"].endswith("Z")


def test_other_images_have_none(ws: wb.Bench, begin: Begin, image: str) -> None:
    session = begin(*[one for one in in_order(ws) if one != image])
    for _ in range(3):
        page = session.view()
        assert said(page) == {}
        assert page["remarks"] is None
        session.next()


def test_it_goes_when_the_value_changes_and_comes_back_when_that_is_undone(begin: Begin, image: str) -> None:
    session = begin(image)
    assert session.set(TITLE, "x-default", "Skirt")["state"]["remarks"] == []
    assert set(said(session.view())) == {MAKER}
    assert set(said(session.undo())) == {TITLE, MAKER}
    assert set(said(session.redo())) == {MAKER}
    assert set(said(begin(image).view())) == {MAKER}, "and so for whoever opens the form anew"
    session.undo()
    assert set(said(begin(image).view())) == {TITLE, MAKER}


def test_typing_the_same_again_mends_nothing(begin: Begin, image: str) -> None:
    session = begin(image)
    before = session.view()["fields"][TITLE]["value"]["x-default"]
    session.set(TITLE, "x-default", before + "!")
    assert session.set(TITLE, "x-default", before)["state"]["remarks"] != []


def test_emptying_and_going_back_to_the_file_are_changes_like_others(ws: wb.Bench, begin: Begin, image: str) -> None:
    entered = ws.sql("select count(*) as n from entered_values where image_id = ? and field = ?", [image, TITLE])["n"][
        0
    ]
    session = begin(image)
    assert said(session.take_over(TITLE)).get(TITLE) == (None if entered else ["Wrong"])
    session.set(TITLE, "x-default", None)
    session.set(TITLE, "de", None)
    assert TITLE not in said(session.view())
    assert TITLE not in said(begin(image).view())


def test_remarks_are_in_the_language_of_the_form(begin: Begin, image: str) -> None:
    [remark] = begin(image, language="de").view()["fields"][TITLE]["remarks"]
    assert remark["defect"] == "Falsch"


def test_a_list_of_defects_that_cannot_be_read_stops_nobody(ws: wb.Bench, begin: Begin, image: str) -> None:
    (ws.folder / "defects.toml").write_text("no = [", "utf-8")
    [remark] = begin(image).view()["fields"][TITLE]["remarks"]
    assert (remark["defect"], remark["severity"]) == ("wrong", "major")


def test_they_show_in_rework_only(ws: wb.Bench, begin: Begin, image: str) -> None:
    session = begin(image)
    ws.qc.move(BATCH, "ready_for_qc")
    assert said(session.view()) == {}
    assert session.view()["remarks"] is None
    assert said(begin(image).view()) == {}
    ws.qc.move(BATCH, "rework", reason="Not yet")
    assert set(said(session.view())) == {TITLE, MAKER}


def test_the_last_inspection_counts(ws: wb.Bench, begin: Begin, image: str) -> None:
    before = begin(image)
    before.set(CITY, None, "Batumi")
    with wb.open(ws.folder, actor="cy") as theirs:
        sample = theirs.qc.draw(BATCH, n=12, seed=1)
        session = InspectionSession(theirs, sample, "shop")
        while session.image_id != image:
            session.done()
        session.mark(CITY, "wrong", comment="Kutaisi")
        session.done()
        for one in (before, begin(image)):
            assert set(said(one.view())) == {CITY}
            assert one.view()["remarks"]["comment"] == ""
        session.undo()
        for one in (before, begin(image)):
            assert set(said(one.view())) == {TITLE, MAKER}, "what was said before counts again"
        session.close()
    before.set(CITY, None, "Kutaisi")
    assert CITY not in said(before.view())


def test_a_field_that_the_form_has_not_stands_above(ws: wb.Bench, begin: Begin, image: str) -> None:
    with wb.open(ws.folder, actor="bob") as theirs:
        theirs.set_values([image], {"Xmp.dc.source": "a shoebox"})
    with wb.open(ws.folder, actor="cy") as theirs:
        sample = theirs.qc.draw(BATCH, n=12, seed=2)
        session = InspectionSession(theirs, sample, "shop")
        while session.image_id != image:
            session.done()
        session.mark("Xmp.dc.source", "wrong")
        session.done()
        session.close()
    rows = begin(image).view()["remarks"]["rows"]
    assert [(one["label"], one["defect"]) for one in rows] == [("Source", "Wrong")]
    ws.set_values([image], {"Xmp.dc.source": "an album"})
    about = begin(image).view()["remarks"]
    assert about["rows"] == []


def test_a_renamed_file_keeps_its_remarks(ws: wb.Bench, begin: Begin, image: str, made: tuple[Path, str]) -> None:
    home = made[0].parent / "shirts"
    path = home / str(ws.sql("select name from images where image_id = ?", [image])["name"][0])
    moved = home / "moved" / "there.jpg"
    moved.parent.mkdir()
    shutil.move(path, moved)
    try:
        ws.scan(home, batch=BATCH, progress=False, workers=1)
        now = str(ws.sql("select image_id from images where name = 'there.jpg'")["image_id"][0])
        assert now != image
        assert set(said(begin(now).view())) == {TITLE, MAKER}
    finally:
        shutil.move(moved, path)
        moved.parent.rmdir()


def test_whoever_enters_blind_sees_none(ws: wb.Bench, image: str) -> None:
    task = opened(ws, [TITLE], 12)
    session = EntrySession(ws, double_entry(ws, task.task_id))
    session.go(session.ids.index(image))
    page = session.view()
    assert (said(page), page["remarks"]) == ({}, None)
    session.close()


def test_with_known_answers_in_the_work_they_show_as_ever(ws: wb.Bench, image: str) -> None:
    other = next(one for one in in_order(ws) if one != image)
    ws.qc.set_gold([other], [CITY], {CITY: "Batumi"}, profile="shop")
    session = EntrySession(ws, with_gold(ws, "shop", [image], share=0.5))
    assert set(said(session.view())) == {TITLE, MAKER}
    session.close()
