"""Findings that are all right: ignored for a reason, until the value changes, in the counts and in the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from audited_collection import WITHOUT_COUNTRY, workspace

import workbench as wb
from workbench.__main__ import main
from workbench.errors import BadValue, NotFound, Stale

COUNTRY = "Xmp.photoshop.Country"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("audited"))
    made.close()
    return made.folder


def counts(ws: wb.Bench, rule: str, profile: str = "shop") -> tuple[int, int]:
    """Return how many images break a rule about the country, and of how many it is ignored."""
    found = ws.audit(profile).summary()
    row = found[(found["rule"] == rule) & (found["field"] == COUNTRY)]
    return (int(row["images"].iloc[0]), int(row["ignored"].iloc[0])) if len(row) else (0, 0)


def test_it_counts_no_more_and_another_audit_remembers(ws: wb.Bench) -> None:
    made = ws.audit("shop")
    ids = made.images("required", COUNTRY)
    made.ignore("required", COUNTRY, ids[:2], reason="shot at sea")
    assert counts(ws, "required") == (WITHOUT_COUNTRY - 2, 2)
    again = ws.audit("shop")
    assert again.images("required", COUNTRY, ignored=True) == ids[:2]
    assert again.findings["ignored"].dropna().tolist() == ["shot at sea"] * 2
    [row] = ws.sql("select distinct ignored, ignored_by from findings where ignored is not null").to_dict("records")
    assert row == {"ignored": "shot at sea", "ignored_by": "ann"}


def test_it_comes_back_when_the_value_changes(ws: wb.Bench) -> None:
    made = ws.audit("shop")
    [image] = made.images("not_in_vocabulary", COUNTRY)
    made.ignore("not_in_vocabulary", COUNTRY, [image], reason="as on the label")
    assert counts(ws, "not_in_vocabulary") == (0, 1)
    ws.set_values([image], {COUNTRY: "Grmany"})
    assert counts(ws, "not_in_vocabulary") == (1, 0)
    ws.set_values([image], {COUNTRY: "Germny"})
    assert counts(ws, "not_in_vocabulary") == (0, 1)


def test_another_profile_judges_for_itself(ws: wb.Bench) -> None:
    (ws.folder / "profiles" / "other.toml").write_text('name = "other"\nextends = "shop"\n', "utf-8")
    made = ws.audit("shop")
    made.ignore("required", COUNTRY, reason="not wanted here")
    assert counts(ws, "required") == (0, WITHOUT_COUNTRY)
    assert counts(ws, "required", "other") == (WITHOUT_COUNTRY, 0)


def test_it_is_a_change_like_others_and_undone_by_anybody(ws: wb.Bench) -> None:
    made = ws.audit("shop")
    seq = made.ignore("required", COUNTRY, reason="shot at sea").seq
    [listed] = ws.changes(last=1).to_dict("records")
    assert (listed["seq"], listed["images"], listed["reason"]) == (seq, WITHOUT_COUNTRY, "shot at sea")
    with wb.open(ws.folder, actor="ben") as other:
        back = other.undo(seq)
    assert counts(ws, "required") == (WITHOUT_COUNTRY, 0)
    with pytest.raises(Stale, match="already"):
        ws.undo(seq)
    assert ws.changes(last=2)["undone_by"].iloc[1] == back.seq
    ws.undo(back.seq)
    assert counts(ws, "required") == (0, WITHOUT_COUNTRY)
    assert set(ws.sql("select ignored from findings where ignored is not null")["ignored"]) == {"shot at sea"}


def test_a_rebuild_remembers(ws: wb.Bench) -> None:
    ws.audit("shop").ignore("required", COUNTRY, reason="shot at sea")
    ws.rebuild(workers=1, progress=False)
    assert counts(ws, "required") == (0, WITHOUT_COUNTRY)


def test_the_trend_counts_what_is_left(ws: wb.Bench) -> None:
    made = ws.audit("shop")
    made.ignore("required", COUNTRY, reason="not wanted")
    trend = ws.audit("shop").trend()
    first, last = trend[trend["rule"].isna()]["findings"]
    assert first - last == WITHOUT_COUNTRY


def test_the_command_line_counts_them_apart(scanned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(shutil.copytree(scanned, tmp_path / "ws"))
    with wb.open(folder, actor="ann") as ws:
        made = ws.audit("shop")
        for row in made.summary().query("severity == 'error'").itertuples():
            made.ignore(row.rule, row.field, reason="agreed")
    assert main(["audit", "--workspace", folder, "--profile", "shop", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ignored"] >= WITHOUT_COUNTRY
    assert said["findings"] == sum(row["images"] for row in said["rules"])
    assert all(row["images"] == 0 for row in said["rules"] if row["severity"] == "error")
    assert main(["audit", "--workspace", folder, "--profile", "shop"]) == 0
    assert f"{said['ignored']} ignored" in capsys.readouterr().out


@pytest.mark.parametrize("reason", ["", " \n", "x" * 2_001])
def test_a_reason_is_needed(ws: wb.Bench, reason: str) -> None:
    with pytest.raises(BadValue, match="for a reason"):
        ws.audit("shop").ignore("required", COUNTRY, reason=reason)


def test_what_is_not_there_cannot_be_ignored_or_brought_back(ws: wb.Bench) -> None:
    made = ws.audit("shop")
    with pytest.raises(NotFound, match="no such finding"):
        made.ignore("required", COUNTRY, ["0" * 20], reason="fine")
    with pytest.raises(NotFound, match="no such finding"):
        made.reopen("required", COUNTRY, made.images("required", COUNTRY))
    made.ignore("required", COUNTRY, reason="fine")
    assert made.reopen("required", COUNTRY, reason="not fine").payload["count"] == WITHOUT_COUNTRY
