"""Pace: time per item from events, by the rule that is stated; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from small_collections import pictures

import workbench as wb
from workbench import ledger as ledgers
from workbench.errors import NotFound
from workbench.events import Draft
from workbench.pace import IDLE, median_interval
from workbench.tag_pages import IDLE_AFTER

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Told(datetime):
    """A clock that tells the time of the test's story."""

    at = BEGIN

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return cls.at


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[wb.Bench]:
    monkeypatch.setattr(ledgers, "datetime", Told)
    monkeypatch.setattr(Told, "at", BEGIN)
    with wb.open(tmp_path / "ws", actor="ann") as made:
        made.scan(pictures(tmp_path / "photos", 4), progress=False, workers=1)
        yield made


def ids(ws: wb.Bench) -> list[str]:
    return [str(one) for one in ws.sql("select image_id from images order by path")["image_id"]]


def does(ws: wb.Bench, seconds: float, *drafts: Draft, actor: str = "ann") -> None:
    """Let time go by, and something be written."""
    Told.at += timedelta(seconds=seconds)
    ws.ledger.append(drafts, actor=actor)


def sets(*image_ids: str) -> Draft:
    return Draft("values_set", {"image_ids": list(image_ids), "values": {"Xmp.dc.title": "t"}})


def takes(image_id: str, queue: str = "tags") -> Draft:
    return Draft("item_taken", {"queue": queue, "image_id": image_id, "holder": "h", "turn": 1})


def test_the_stated_rule_is_the_one_that_is_followed(ws: wb.Bench) -> None:
    assert IDLE == IDLE_AFTER
    text = ws.sql("select comment from duckdb_columns() where table_name = 'work_items' and column_name = 'seconds'")
    assert f"longer than {IDLE:.0f} seconds" in text["comment"].iloc[0]


def test_an_event_counts_from_the_one_before(ws: wb.Bench) -> None:
    a, b, *_ = ids(ws)
    does(ws, 1000, takes(a))
    does(ws, 20, sets(a))
    does(ws, 15, sets(a))
    does(ws, 40, sets(b))
    rows = ws.sql("select image_id, seconds, idle, started, ended from work_items order by ended")
    assert rows["image_id"].tolist() == [a, b]
    assert rows["seconds"].tolist() == [35.0, 40.0]
    assert rows["idle"].tolist() == [0.0, 0.0]
    assert (rows["ended"] - rows["started"]).dt.total_seconds().tolist() == [35.0, 40.0]


def test_a_pause_doesnt_count_and_what_follows_it_has_no_time(ws: wb.Bench) -> None:
    a, b, c, _ = ids(ws)
    does(ws, 1000, takes(a))
    does(ws, 10, sets(a))
    does(ws, IDLE + 1, sets(a))
    does(ws, 30, sets(a))
    does(ws, 4000, sets(b))
    does(ws, IDLE, sets(c))
    rows = ws.sql("select image_id, seconds, idle from work_items order by ended").set_index("image_id")
    assert rows.loc[a].tolist() == [40.0, IDLE + 1]
    assert np.isnan(rows.loc[b, "seconds"])
    assert rows.loc[c, "seconds"] == IDLE
    [told] = ws.qc.pace(task="tagging").to_dict("records")
    assert (told["items"], told["measured"]) == (3, 2)
    assert told["per_hour"] == pytest.approx(2 / (160 / 3600))
    assert told["idle_hours"] == pytest.approx((IDLE + 1) / 3600)
    assert told["low"] is None  # two items say nothing of a median


def test_people_work_side_by_side(ws: wb.Bench) -> None:
    a, b, *_ = ids(ws)
    does(ws, 1000, takes(a))
    does(ws, 5, takes(b), actor="ben")
    does(ws, 5, sets(a))
    does(ws, 10, sets(b), actor="ben")
    rows = ws.sql("select actor, seconds from work_items order by actor")
    assert rows.to_dict("records") == [{"actor": "ann", "seconds": 10.0}, {"actor": "ben", "seconds": 15.0}]


def test_many_at_once_are_nobodys_pace(ws: wb.Bench) -> None:
    a, b, c, _ = ids(ws)
    does(ws, 1000, sets(a))
    does(ws, 50, sets(b, c))
    does(ws, 10, sets(a))
    rows = ws.sql("select image_id, seconds from work_items")
    assert rows.to_dict("records") == [{"image_id": a, "seconds": 10.0}]


def test_what_is_taken_ahead_takes_no_time_from_what_is_looked_at(ws: wb.Bench) -> None:
    a, b, *_ = ids(ws)
    does(ws, 1000, takes(a))
    does(ws, 0.1, takes(b))
    does(ws, 20, sets(a))
    does(ws, 7, sets(b))
    rows = ws.sql("select image_id, round(seconds, 3) as seconds from work_items order by ended")
    assert rows["seconds"].tolist() == [20.0, 7.0]


def test_tasks_are_told_apart_and_a_time_can_be_chosen(ws: wb.Bench) -> None:
    a, *_ = ids(ws)
    told = {"sample_id": "s", "image_id": a, "verdict": "pass", "defects": [], "comment": "", "seconds": 1}
    does(ws, 1000, takes(a, "qc/inspection/s"))
    does(ws, 12, Draft("item_inspected", told))
    does(ws, 30, sets(a))
    assert ws.qc.pace()["task"].tolist() == ["inspection", "tagging"]
    assert ws.qc.pace(since=BEGIN + timedelta(seconds=1020))["task"].tolist() == ["tagging"]
    assert ws.qc.pace(until="2026-03-02 08:16:55")["task"].tolist() == ["inspection"]
    assert ws.qc.pace(task="entry").empty


def test_nothing_done_is_an_empty_table(ws: wb.Bench) -> None:
    assert ws.qc.pace().empty
    with pytest.raises(NotFound):
        ws.qc.rework("nowhere")


@given(gaps=some.lists(some.floats(0.001, 600, allow_nan=False), min_size=1, max_size=200))
def test_the_median_lies_in_its_interval(gaps: list[float]) -> None:
    low, high = median_interval(gaps)
    assert (low is None) == (len(gaps) < 6)
    if low is not None and high is not None:
        assert low <= np.median(gaps) <= high
        assert {low, high} <= set(gaps)


def test_the_interval_covers_the_true_median_as_often_as_it_says() -> None:
    luck = np.random.default_rng(5)
    covered = 0
    for _ in range(2_000):
        low, high = median_interval(luck.lognormal(3, 0.6, size=25))
        covered += low is not None and high is not None and low <= np.exp(3) <= high
    assert 0.95 <= covered / 2_000 <= 0.975  # never less; the steps between order statistics make it a little more
