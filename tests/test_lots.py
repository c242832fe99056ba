"""Lots: samples that are drawn, judged by their plan, sent back and handed in again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inspected_collection import BATCH, ready
from small_collections import pictures

import workbench as wb
from workbench import lots
from workbench.errors import BadValue, NotFound, Stale
from workbench.events import Draft


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = ready(tmp_path_factory.mktemp("lots"))
    ws.close()
    return ws.folder


@pytest.fixture
def ws(tmp_path: Path, made: Path) -> Iterator[wb.Bench]:
    shutil.copytree(made, tmp_path / "ws")
    with wb.open(tmp_path / "ws", actor="cy") as opened:
        yield opened


def inspect(ws: wb.Bench, sample: lots.Sample, wrong: int = 0, severity: str = "major", defect: str = "wrong") -> None:
    """Look at every image of a sample; the first ones are wrong."""
    drafts = [
        Draft(
            "item_inspected",
            {
                "sample_id": sample.sample_id, "image_id": image_id, "comment": "", "seconds": 4.0, "operator": None,
                "verdict": "defective" if number < wrong and severity != "minor" else "pass",
                "defects": [["Xmp.dc.title", defect, severity, "see there"]] if number < wrong else [],
            },
        )
        for number, image_id in enumerate(sample.image_ids)
    ]  # fmt: skip
    ws.ledger.append(drafts, actor=ws.actor)


def judged(ws: wb.Bench, wrong: int, **how: Any) -> lots.LotVerdict:
    sample = ws.qc.draw(BATCH, **({"aql": 10.0} | how))
    inspect(ws, sample, wrong)
    return ws.qc.judge(sample)


def state(ws: wb.Bench) -> str:
    return str(ws.qc.batches()["state"].iloc[0])


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sample_is_as_large_as_its_plan_says(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0, seed=7)
    assert sample.plan is not None
    assert (sample.n, sample.plan.code, sample.plan.accept, sample.plan.reject) == (8, "D", 2, 3)
    assert (sample.lot_size, sample.state, sample.method, sample.seed) == (30, "open", "random", "7")
    assert len(set(sample.image_ids)) == 8
    assert "8 of 30 images of 'spring', at random" in sample.says
    assert "up to 2 defective are accepted, 3 or more send it back" in sample.says


def test_the_same_seed_draws_the_same_images_again(ws: wb.Bench, made: Path, tmp_path: Path) -> None:
    first = ws.qc.draw(BATCH, n=9, seed=41)
    assert ws.qc.draw(BATCH, n=9, seed=41).image_ids == first.image_ids
    assert ws.qc.draw(BATCH, n=9, seed=42).image_ids != first.image_ids
    again = ws.qc.draw(BATCH, n=9)
    assert ws.qc.draw(BATCH, n=9, seed=int(again.seed)).image_ids == again.image_ids


def test_whose_work_it_is_stands_with_every_image(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, n=30)
    who = ws.sql("select operator, count(*) as n from sample_items group by operator order by operator")
    assert who.to_dict("records") == [{"operator": "ann", "n": 15}, {"operator": "bob", "n": 15}]
    assert sample.n == 30


def test_a_sample_can_be_spread_over_operators_and_values(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0, stratify="operator")
    rows = ws.sql("select stratum, operator from sample_items where sample_id = ?", [sample.sample_id])
    assert rows["stratum"].value_counts().to_dict() == {"ann": 4, "bob": 4}
    assert (rows["stratum"] == rows["operator"]).all()
    city = ws.qc.draw(BATCH, n=6, stratify="Xmp.photoshop.City")
    found = ws.sql("select distinct stratum from sample_items where sample_id = ?", [city.sample_id])
    assert set(found["stratum"]) == {"Batumi", "—"}


def test_by_risk_it_finds_more_and_judges_nothing(ws: wb.Bench) -> None:
    ws.audit("shop", progress=False)
    sample = ws.qc.draw(BATCH, n=8, by_risk=True)
    assert sample.method == "weighted"
    assert "judges nothing" in sample.says
    inspect(ws, sample)
    with pytest.raises(BadValue, match="judges nothing"):
        ws.qc.judge(sample)


def test_what_cant_be_drawn_is_said(ws: wb.Bench) -> None:
    for how, says in (
        ({}, "How many"), ({"aql": 1.0, "n": 3}, "How many"), ({"aql": 1.1}, "nearest one is 1"),
        ({"n": 31}, "can't be drawn"), ({"n": 0}, "can't be drawn"), ({"aql": 1.0, "level": "IV"}, "IV"),
    ):  # fmt: skip
        with pytest.raises(BadValue, match=says):
            ws.qc.draw(BATCH, **how)
    with pytest.raises(NotFound, match="no batch"):
        ws.qc.draw("autumn", aql=1.0)
    with pytest.raises(NotFound, match="no sample"):
        ws.qc.sample("nothing")
    assert ws.qc.samples().empty


def test_only_a_batch_that_was_handed_in_is_drawn_from(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="cy") as ws:
        ws.scan(pictures(tmp_path / "photos", 3), batch="b", progress=False, workers=1)
        with pytest.raises(BadValue, match=r"'b' is received.*ready_for_qc"):
            ws.qc.draw("b", aql=4.0)
        assert ws.qc.draw("b", n=2).n == 2  # to describe it, at any time


def test_drawing_until_one_pleases_is_refused(ws: wb.Bench) -> None:
    first = ws.qc.draw(BATCH, aql=10.0)
    with pytest.raises(BadValue, match=f"isn't judged yet: {first.sample_id}"):
        ws.qc.draw(BATCH, aql=10.0)
    with pytest.raises(BadValue, match="Say why"):
        ws.qc.void(first, " ")
    ws.qc.void(first, "files are gone")
    assert ws.qc.sample(first).state == "void"
    assert ws.qc.verdicts()["verdict"].tolist() == ["void"]
    assert ws.qc.draw(BATCH, aql=10.0).sample_id != first.sample_id
    with pytest.raises(Stale):
        ws.qc.void(first, "again")


# ── judging ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("wrong", "verdict", "to"), [(2, "accepted", "accepted"), (3, "rejected", "rework")])
def test_the_plan_decides(ws: wb.Bench, wrong: int, verdict: str, to: str) -> None:
    found = judged(ws, wrong)
    assert (found.verdict, found.defectives, found.n) == (verdict, wrong, 8)
    assert f"{wrong} defective of 8 inspected" in found.reason
    assert found.share.method == "Wilson"
    assert f"{wrong} of 8: " in str(found)
    assert state(ws) == to
    [row] = ws.qc.verdicts().to_dict("records")
    assert row["low"] < wrong / 8 < row["high"]
    assert ws.check().empty


def test_what_isnt_inspected_isnt_judged(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0)
    with pytest.raises(BadValue, match="8 of 8 images aren't inspected"):
        ws.qc.judge(sample)
    assert state(ws) == "ready_for_qc"


def test_a_sample_is_judged_once(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0)
    inspect(ws, sample)
    ws.qc.judge(sample)
    with pytest.raises(Stale, match="judged before: accepted"):
        ws.qc.judge(sample)


def test_a_batch_that_has_moved_on_isnt_judged(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0)
    inspect(ws, sample)
    ws.qc.move(BATCH, "in_work")
    with pytest.raises(Stale, match="is in_work by now"):
        ws.qc.judge(sample)


def test_minor_defects_are_noted_and_a_critical_one_is_enough(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0)
    inspect(ws, sample, 8, "minor")
    assert ws.qc.judge(sample).verdict == "accepted"
    ws.qc.move(BATCH, "rework", reason="the client found another one")
    ws.qc.move(BATCH, "ready_for_qc")
    again = ws.qc.draw(BATCH, aql=10.0)
    inspect(ws, again, 1, "critical", "rights")
    found = ws.qc.judge(again)
    assert found.verdict == "rejected"
    assert found.reason.startswith("1 defect that sends the batch back by itself (Rights or privacy). 1 defective of 8")


def test_a_double_plan_draws_its_second_sample_of_the_rest(ws: wb.Bench) -> None:
    first = ws.qc.draw(BATCH, aql=10.0, kind="double")
    assert first.plan is not None
    assert (first.n, first.plan.n2) == (5, 5)
    inspect(ws, first, first.plan.accept + 1)
    assert ws.qc.judge(first).verdict == "undecided"
    assert state(ws) == "ready_for_qc"
    second = ws.qc.second(first)
    assert (second.stage, second.follows, second.n) == (2, first.sample_id, 5)
    assert not set(first.image_ids) & set(second.image_ids)
    assert "in both samples" in second.says
    inspect(ws, second)
    found = ws.qc.judge(second)
    assert (found.verdict, found.defectives, found.n) == ("accepted", first.plan.accept + 1, 10)
    with pytest.raises(BadValue, match="follows an undecided one"):
        ws.qc.second(second)


def test_rework_lists_what_is_wrong_and_the_form_takes_it(ws: wb.Bench) -> None:
    assert judged(ws, 3).verdict == "rejected"
    listed = ws.qc.rework(BATCH)
    assert len(listed) == 3
    assert set(listed["what"]) == {"Xmp.dc.title: wrong (see there)"}
    whole = ws.qc.rework(BATCH, everything=True)
    assert len(whole) == 30
    assert whole["defects"].tolist() == sorted(whole["defects"], reverse=True)
    from workbench.tagging import TagSession

    session = TagSession(ws, "shop", listed)
    assert session.ids == listed["image_id"].tolist()
    session.close()


def test_what_is_handed_in_again_counts_apart(ws: wb.Bench) -> None:
    assert judged(ws, 3).verdict == "rejected"
    ws.qc.move(BATCH, "ready_for_qc")
    assert judged(ws, 0).verdict == "accepted"
    assert ws.qc.verdicts()["resubmission"].tolist() == [0, 1]
    assert ws.qc.rework(BATCH).empty  # of the last submission


def test_two_of_five_lots_sent_back_tighten_the_inspection(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="cy") as ws:
        for number in range(3):
            batch = f"b{number}"
            ws.scan(pictures(tmp_path / batch, 30, start=100 * number), batch=batch, progress=False, workers=1)
            ws.qc.move(batch, "in_work")
            ws.qc.move(batch, "ready_for_qc")
        for number in range(2):
            assert ws.qc.switching(aql=4.0).severity == "normal"
            sample = ws.qc.draw(f"b{number}", aql=4.0)
            inspect(ws, sample, 2)
            assert ws.qc.judge(sample).verdict == "rejected"
        now = ws.qc.switching(aql=4.0)
        assert now.severity == "tightened"
        assert "two of five consecutive lots were rejected" in now.reason
        assert ws.qc.switching(aql=1.0).severity == "normal"  # of other lots
        third = ws.qc.draw("b2", aql=4.0)
        assert third.plan is not None
        assert third.plan.severity == "tightened"


def test_all_of_it_survives_a_rebuild(ws: wb.Bench) -> None:
    judged(ws, 3, stratify="operator")
    names = ("samples", "sample_items", "inspections", "defects", "lot_verdicts", "batch_states")
    before = {name: ws.sql(f"from {name} order by all") for name in names}
    ws.rebuild(progress=False, workers=1)
    for name, table in before.items():
        assert ws.sql(f"from {name} order by all").equals(table), name


def test_a_renamed_image_stays_in_its_sample(ws: wb.Bench) -> None:
    sample = ws.qc.draw(BATCH, aql=10.0)
    inspect(ws, sample, 3)
    preview = ws.bulk.rename("moved-{sequence:03}", sample.image_ids)
    preview.apply("as the client wants it")
    now = ws.qc.sample(sample)
    assert (now.inspected, now.defectives) == (8, 3)
    assert not set(now.image_ids) & set(sample.image_ids)
    known = set(ws.sql("select image_id from images")["image_id"])
    assert set(now.image_ids) <= known
    assert ws.qc.judge(sample).verdict == "rejected"
    assert set(ws.qc.rework(BATCH)["image_id"]) <= known
