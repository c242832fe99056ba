"""Batches: their states, the ways between them, and two people who move one at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from small_collections import pictures

import workbench as wb
from workbench.batches import MOVES, STATES
from workbench.errors import BadValue, NotFound, Stale


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "ws", actor="ann") as made:
        made.scan(pictures(tmp_path / "photos", 3), batch="b", progress=False, workers=1)
        yield made


def state(ws: wb.Bench, batch: str = "b") -> str:
    found = ws.qc.batches().set_index("batch")
    return str(found.loc[batch, "state"])


def test_every_way_leads_to_a_state_and_every_state_can_be_reached() -> None:
    assert set(MOVES) == set(STATES)
    assert {to for ways in MOVES.values() for to in ways} <= set(STATES)
    reached, fresh = set(), {"received"}
    while fresh:
        reached |= fresh
        fresh = {to for one in fresh for to in MOVES[one]} - reached
    assert reached == set(STATES)


def test_a_scanned_batch_is_received(ws: wb.Bench) -> None:
    [row] = ws.qc.batches().to_dict("records")
    assert (row["batch"], row["state"], row["images"], row["resubmission"]) == ("b", "received", 3, 0)
    assert row["since"] is not None


def test_it_goes_its_way_and_says_how_often_it_was_sent_back(ws: wb.Bench) -> None:
    for to in ("in_work", "ready_for_qc", "rework", "ready_for_qc", "accepted", "delivered"):
        ws.qc.move("b", to, reason="so it is")
        assert state(ws) == to
    assert ws.qc.batches()["resubmission"].tolist() == [1]
    moves = ws.sql("select kind, reason from events where kind = 'batch_moved'")
    assert len(moves) == 6
    assert set(moves["reason"]) == {"so it is"}


def test_there_is_no_other_way(ws: wb.Bench) -> None:
    with pytest.raises(BadValue, match=r"'b' is received.*It can become: in_work"):
        ws.qc.move("b", "delivered")
    with pytest.raises(BadValue, match="There is no state 'done'"):
        ws.qc.move("b", "done")
    with pytest.raises(NotFound, match="no batch 'nowhere'"):
        ws.qc.move("nowhere", "in_work")
    assert state(ws) == "received"


def test_accepting_by_hand_needs_a_reason(ws: wb.Bench) -> None:
    ws.qc.move("b", "in_work")
    ws.qc.move("b", "ready_for_qc")
    for to in ("accepted", "rework"):
        with pytest.raises(BadValue, match="Judge a sample of it, or give a reason"):
            ws.qc.move("b", to, reason=" ")


def test_of_two_people_at_the_same_moment_one_moves_it(ws: wb.Bench) -> None:
    there, told = threading.Barrier(2), []

    def move(actor: str) -> None:
        with wb.open(ws.folder, actor=actor) as mine:
            there.wait()
            try:
                mine.qc.move("b", "in_work")
                told.append("moved")
            except (Stale, BadValue):  # by a hair, or already seen
                told.append("refused")

    both = [threading.Thread(target=move, args=[actor]) for actor in ("ben", "cy")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(told) == ["moved", "refused"]
    assert len(ws.sql("select 1 from events where kind = 'batch_moved'")) == 1


def test_a_state_survives_a_rebuild(ws: wb.Bench) -> None:
    ws.qc.move("b", "in_work")
    before = ws.qc.batches()
    ws.rebuild(progress=False, workers=1)
    assert ws.qc.batches().equals(before)


class Moving(RuleBasedStateMachine):
    """Whatever is asked for, in whatever order: a batch is where the last move that was allowed brought it."""

    ws: wb.Bench

    def __init__(self) -> None:
        super().__init__()
        self.at, self.sent_back = state(self.ws), int(self.ws.qc.batches()["resubmission"].iloc[0])

    @rule(to=some.sampled_from([*STATES, "lost"]), reason=some.sampled_from(["", "because"]))
    def move(self, to: str, reason: str) -> None:
        allowed = to in MOVES[self.at] and (bool(reason) or to not in ("accepted", "rework"))
        try:
            self.ws.qc.move("b", to, reason=reason)
        except BadValue:
            assert not allowed
        else:
            assert allowed
            self.at = to
            self.sent_back += to == "rework"

    @invariant()
    def the_catalogue_agrees(self) -> None:
        [row] = self.ws.qc.batches().to_dict("records")
        assert (row["state"], row["resubmission"]) == (self.at, self.sent_back)


def test_the_state_machine(ws: wb.Bench) -> None:
    made: Any = type("Moved", (Moving,), {"ws": ws})
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(made, settings=settings(max_examples=6, stateful_step_count=12, deadline=None))
