"""Who may do what: the table, the people of a workspace, and that the ledger is held to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from small_collections import pictures

import workbench as wb
from workbench import events, roles
from workbench.errors import BadValue, NotAllowed
from workbench.roles import People

TEAM = """
[people]
ann = "operator"
ben = ["analyst"]
cy = { name = "Cy Example", roles = ["qc_specialist"] }
dan = ["project_manager", "purge"]
eve = "administrator"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with wb.open(tmp_path / "ws", actor="ben") as ws:
        ws.scan(pictures(tmp_path / "photos", 2), batch="b", progress=False, workers=1)
    with open(tmp_path / "ws" / "workspace.toml", "a", encoding="utf-8") as file:
        file.write(TEAM)
    return tmp_path / "ws"


def image(ws: wb.Bench) -> str:
    return str(ws.sql("select image_id from images order by path")["image_id"].iloc[0])


def test_every_kind_of_event_stands_in_the_table() -> None:
    listed = {kind.partition(":")[0] for kind in roles.MAY} | roles.RECORDS
    assert listed == set(events.KINDS)
    assert not {kind.partition(":")[0] for kind in roles.MAY} & roles.RECORDS


def test_the_table_fits_a_screen_and_says_each_kind_once() -> None:
    assert len(roles.DOINGS) <= 20
    kinds = [kind for _, _, kinds in roles.DOINGS for kind in kinds]
    assert len(kinds) == len(set(kinds))
    assert all("administrator" in who for _, who, _ in roles.DOINGS)


def test_a_workspace_that_gives_nobody_a_role_lets_everybody_do_everything() -> None:
    for people in (roles.people({}), roles.people({"people": {"ann": ["purge"]}})):
        for kind in events.KINDS:
            people.check("anybody", kind, {"state": "accepted"})


def test_people_are_read_as_text_as_a_list_and_as_a_table(folder: Path) -> None:
    with wb.open(folder, actor="ann") as ws:
        assert ws.people.of("ann") == {"operator"}
        assert ws.people.of("cy") == {"qc_specialist"}
        assert ws.people.of("dan") == {"project_manager"}
        assert ws.people.rights["dan"] == {"purge"}
        listed = ws.qc.people().set_index("actor")
        assert listed.loc["dan"].tolist() == ["project_manager", "purge"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"people": ["ann"]}, "must be a table"),
        ({"people": {"ann": "boss"}}, "nobody knows: 'boss'"),
        ({"people": {"ann": 7}}, "can't be read"),
        ({"people": {"ann": ["operator", 7]}}, "can't be read"),
    ],
)
def test_what_cant_be_read_is_said(told: dict[str, Any], says: str) -> None:
    with pytest.raises(BadValue, match=says):
        roles.people(told)


def test_the_ledger_refuses_and_says_who_may(folder: Path) -> None:
    with wb.open(folder, actor="ann") as ws:
        ws.set_values([image(ws)], {"Xmp.dc.title": "t"})
        before = ws.ledger.head()
        ws.qc.move("b", "in_work")
        ws.qc.move("b", "ready_for_qc")
        with pytest.raises(NotAllowed, match=r"ann \(operator\) may not .*Who may: cy, eve\."):
            ws.qc.move("b", "accepted", reason="because")
        with pytest.raises(NotAllowed, match="ben, dan, eve"):
            ws.scan(folder.parent / "photos", progress=False)
        with pytest.raises(NotAllowed, match="change in bulk"):
            ws.ledger.append([events.Draft("values_changed", {"count": 0, "fields": [], "what": ""})], actor="ann")
        assert ws.ledger.head()[0] == before[0] + 2  # the two moves that she may make


def test_nothing_of_a_change_is_written_when_a_part_of_it_is_refused(folder: Path) -> None:
    with wb.open(folder, actor="ann") as ws:
        one, before = image(ws), ws.ledger.head()
        drafts = [
            events.Draft("values_set", {"image_ids": [one], "values": {"Xmp.dc.title": "t"}}),
            events.Draft("audit_made", {"audit_id": "a", "profile": "", "batch": "", "counts": []}),
        ]
        with pytest.raises(NotAllowed, match="audit"):
            ws.ledger.append(drafts, actor="ann")
        assert ws.ledger.head() == before


def test_files_arent_touched_by_who_may_not(folder: Path) -> None:
    with wb.open(folder, actor="ann") as ws, pytest.raises(NotAllowed, match="remove files"):
        ws.embed([image(ws)], mode="inplace", progress=False)


def test_who_isnt_named_is_told_so(folder: Path) -> None:
    with wb.open(folder, actor="zoe") as ws, pytest.raises(NotAllowed, match="isn't among the people"):
        ws.set_values([image(ws)], {"Xmp.dc.title": "t"})


def test_a_changed_file_counts_at_once(folder: Path) -> None:
    with wb.open(folder, actor="zoe") as ws:
        path = folder / "workspace.toml"
        text = path.read_text("utf-8") + 'zoe = "analyst"\n'
        deadline = time.monotonic() + 5
        stamp = path.stat().st_mtime_ns
        while path.stat().st_mtime_ns == stamp:  # as coarse as the file system's clock is
            path.write_text(text, "utf-8")
            assert time.monotonic() < deadline
        ws.set_values([image(ws)], {"Xmp.dc.title": "t"})


def test_an_interrupted_removal_is_recorded_whoever_opens_the_workspace() -> None:
    people = People({"ann": frozenset({"operator"})})
    for kind in roles.RECORDS:
        people.check("ann", kind)


def test_nobody_inspects_their_own_work_not_even_an_administrator() -> None:
    for people in (People(), People({"eve": frozenset({"administrator"})})):
        with pytest.raises(NotAllowed, match="entered what is to be inspected"):
            people.check("eve", "item_inspected", {"operator": "eve"})
        people.check("eve", "item_inspected", {"operator": "ann"})
        people.check("eve", "item_inspected", {"operator": None})


@given(
    told=some.dictionaries(
        some.text(min_size=1, max_size=5), some.sets(some.sampled_from(list(roles.ROLES)), min_size=1)
    ),
    kind=some.sampled_from(sorted(roles.MAY)),
)
def test_who_may_agrees_with_check(told: dict[str, set[str]], kind: str) -> None:
    people = roles.people({"people": {actor: sorted(said) for actor, said in told.items()}})
    name, _, state = kind.partition(":")
    may = set()
    for actor in told:
        try:
            people.check(actor, name, {"state": state})
        except NotAllowed:
            continue
        may.add(actor)
    assert may == set(people.who_may(name, {"state": state}))
    assert {actor for actor, said in told.items() if "administrator" in said} <= may


def test_a_kind_that_isnt_listed_is_an_administrators() -> None:
    people = People({"ann": frozenset({"operator"}), "eve": frozenset({"administrator"})})
    people.check("eve", "something_new")
    with pytest.raises(NotAllowed, match="something new"):
        people.check("ann", "something_new")
