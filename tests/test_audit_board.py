"""The audit to work with: what it shows, mending one and many, undoing, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audited_collection import GARBLED, WITHOUT_COUNTRY, workspace

import workbench as wb
from workbench import audit_board
from workbench.__main__ import main
from workbench.audit_board import AuditSession
from workbench.errors import BadValue, NotFound, Stale

COUNTRY, TITLE = "Xmp.photoshop.Country", "Xmp.dc.title"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("audited"))
    made.close()
    return made.folder


@pytest.fixture
def session(ws: wb.Bench) -> AuditSession:
    return AuditSession(ws, "shop")


def count(session: AuditSession, rule: str, field: str) -> int:
    found = [row for row in session.view()["rules"] if (row["rule"], row["field"]) == (rule, field)]
    return found[0]["images"] if found else 0


def countries(ws: wb.Bench) -> list[str | None]:
    found = ws.sql(
        "select m.value from images i left join metadata m on m.image_id = i.image_id and m.field = ? order by i.path",
        [COUNTRY],
    )
    return [None if value != value else value for value in found["value"].astype(object)]


def test_it_shows_the_worst_with_so_many_of_how_many(session: AuditSession) -> None:
    view = session.view()
    assert view["images"] == 12
    worst = view["worst"]
    assert len(worst) == 5
    assert ("required", COUNTRY) in [(one["rule"], one["field"]) for one in worst]
    assert {one["n"] for one in worst} == {12}
    assert all(one["images"] == round(one["share"] * 12) for one in worst)
    assert sum(one["count"] for one in view["severities"]) == len(view["rules"])
    json.dumps(view, allow_nan=False)


def test_a_rule_leads_to_its_images(session: AuditSession) -> None:
    view = session.choose("required", COUNTRY)
    assert view["chosen"]["images"] == WITHOUT_COUNTRY
    assert session.grid.ids == session.made().images("required", COUNTRY)
    finding = session.finding(2)
    assert finding["name"] == "02.jpg"
    assert finding["own"][0]["message"].endswith("has no value.")
    assert finding["better"] is None
    assert finding["also"]
    assert session.close()["chosen"] is None
    assert session.finding(0)["image_id"] is None


def test_one_is_mended_and_the_next_moves_up(session: AuditSession, ws: wb.Bench) -> None:
    session.choose("required", COUNTRY)
    third = session.finding(2)["image_id"]
    view = session.fix_one(third, COUNTRY, " France ")
    assert countries(ws)[2] == "France"
    assert view["chosen"]["images"] == WITHOUT_COUNTRY - 1
    assert view["grid"]["focus"] == 2
    assert session.finding(2)["name"] == "03.jpg"
    assert ws.changes(last=1)["actor"].tolist() == ["ann"]


def test_nothing_is_changed_before_it_is_applied(session: AuditSession, ws: wb.Bench) -> None:
    before = countries(ws)
    session.choose("required", COUNTRY)
    view = session.set_for("all", COUNTRY, "Germany", "only_if_empty")
    assert view["preview"]["changed"] == WITHOUT_COUNTRY
    assert view["preview"]["rows"][0]["before"] == ""
    assert view["preview"]["rows"][0]["after"] == "Germany"
    assert countries(ws) == before
    assert session.discard()["preview"] is None
    with pytest.raises(BadValue, match="nothing to apply"):
        session.apply()


def test_many_are_mended_the_audit_gets_better_and_undo_brings_it_back(session: AuditSession, ws: wb.Bench) -> None:
    before = countries(ws)
    session.choose("required", COUNTRY)
    session.grid.select_ids(session.grid.ids[:4])
    session.set_for("selected", COUNTRY, "Germany")
    view = session.apply("agreed")
    assert view["chosen"]["images"] == WITHOUT_COUNTRY - 4
    assert countries(ws)[:4] == ["Germany"] * 4
    rows = session.improvement().set_index(["rule", "field"])
    assert rows.loc[("required", COUNTRY), ["before", "after"]].tolist() == [WITHOUT_COUNTRY, WITHOUT_COUNTRY - 4]
    assert ws.changes(last=1)["reason"].tolist() == ["agreed"]
    assert session.undo()["improved"] == []
    assert countries(ws) == before
    with pytest.raises(BadValue, match="nothing to undo"):
        session.undo()


def test_variables_fill_in_what_each_image_has(session: AuditSession, ws: wb.Bench) -> None:
    session.choose("required", COUNTRY)
    session.set_for("all", TITLE, "{batch} {stem}")
    session.apply()
    titles = ws.sql("select value from metadata where field = ? and origin <> 'xmp' order by value", [TITLE])
    assert titles["value"].str.endswith("05").any()


@pytest.mark.parametrize(
    ("rule", "field", "after"), [("not_in_vocabulary", COUNTRY, "Germany"), ("mojibake", TITLE, "Café Müller")]
)
def test_a_suggestion_is_taken_for_one_or_all(session: AuditSession, rule: str, field: str, after: str) -> None:
    assert session.choose(rule, field)["chosen"]["machine"]
    finding = session.finding(0)
    assert finding["better"] == {"text": after, "clears": False}
    assert session.fix_suggested("all")["preview"]["rows"][0]["after"] == after
    session.apply()
    assert count(session, rule, field) == 0
    session.undo()
    assert count(session, rule, field) == 1
    session.take(finding["image_id"])
    assert count(session, rule, field) == 0


def test_a_cell_of_the_completeness_map_leads_to_the_images_without(session: AuditSession) -> None:
    heat = session.show("completeness")["heat"]
    line = next(row for row in heat["rows"] if row["field"] == COUNTRY)
    assert line["cells"] == [{"batch": "spring", "present": 12 - WITHOUT_COUNTRY, "n": 12}]
    view = session.choose_gap(COUNTRY, "spring")
    assert view["chosen"]["images"] == WITHOUT_COUNTRY
    assert "missing in “spring”" in view["chosen"]["title"]
    session.set_for("all", COUNTRY, "Georgia")
    assert session.apply()["chosen"]["images"] == 0
    assert session.view()["heat"]["rows"] != heat["rows"]


def test_only_audits_that_somebody_asked_for_are_in_the_trend(session: AuditSession) -> None:
    session.choose("required", COUNTRY)
    session.set_for("all", COUNTRY, "Germany")
    session.apply()
    assert len(session.show("trend")["trend"]) == 1
    session.run(ticket="a")
    session.run(ticket="a")  # asked twice by an impatient browser
    trend = session.view()["trend"]
    assert len(trend) == 2
    assert trend[1]["findings"] < trend[0]["findings"]
    assert trend[0]["findings"] == sum(trend[0][kind] for kind in ("error", "warning", "info"))


def test_somebody_elses_change_is_not_overwritten(session: AuditSession, ws: wb.Bench) -> None:
    session.choose("required", COUNTRY)
    session.set_for("all", COUNTRY, "Germany")
    ws.set_values([session.grid.ids[0]], {COUNTRY: "France"})
    with pytest.raises(Stale):
        session.apply()
    assert countries(ws)[0] == "France"


def test_where_an_audit_takes_long_it_says_that_it_should_be_made_again(
    session: AuditSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_board, "CHECKED_AT_ONCE", -1.0)
    session.choose("required", COUNTRY)
    session.set_for("all", COUNTRY, "Germany")
    view = session.apply()
    assert view["unchecked"] == WITHOUT_COUNTRY
    assert view["chosen"]["images"] == WITHOUT_COUNTRY
    view = session.run()
    assert (view["unchecked"], view["chosen"]["images"]) == (0, 0)


def test_severities_are_a_filter_of_the_list(session: AuditSession) -> None:
    errors = session.severity(["error"])["rules"]
    assert {row["severity"] for row in errors} == {"error"}
    assert session.severity([])["rules"] == []


def test_another_profile_is_another_audit(session: AuditSession) -> None:
    session.choose("required", COUNTRY)
    view = session.run("")
    assert (view["profile"], view["chosen"]) == ("", None)
    assert count(session, "required", COUNTRY) == 0
    assert count(session, "mojibake", TITLE) == 1
    assert session.run("shop")["profile"] == "shop"
    assert {"", "shop", "dublin-core"} <= {one["key"] for one in view["profiles"]}


def test_a_cell_that_runs_again_goes_on_where_the_person_was(session: AuditSession, ws: wb.Bench) -> None:
    session.choose("required", COUNTRY)
    session.set_for("all", COUNTRY, "Germany")
    session.apply()
    again = AuditSession(ws, "shop")
    again.take_over(session)
    assert again.view()["improved"] == session.view()["improved"] != []
    assert again.view()["chosen"]["title"] == session.view()["chosen"]["title"]
    again.undo()
    assert count(again, "required", COUNTRY) == WITHOUT_COUNTRY


def test_an_empty_workspace_has_nothing_wrong(tmp_path: Path) -> None:
    with wb.open(tmp_path / "empty") as ws:
        session = AuditSession(ws)
        view = session.view()
        assert (view["images"], view["findings"], view["worst"]) == (0, 0, [])
        session.show("completeness")
        json.dumps(session.show("trend"), allow_nan=False)


def test_before_the_first_audit_there_is_nothing_to_choose(ws: wb.Bench) -> None:
    session = AuditSession(ws, "shop", run=False)
    assert not session.view()["ran"]
    with pytest.raises(BadValue, match="Nothing was audited"):
        session.choose("required", COUNTRY)
    assert session.run()["ran"]


def test_the_bench_and_the_command_line_find_the_same(
    session: AuditSession, ws: wb.Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    by_bench = ws.audit("shop").as_dict()["rules"]
    assert len(by_bench) == len(session.view()["rules"])
    ws.close()
    assert main(["audit", "--profile", "shop", "--workspace", str(ws.folder), "--json"]) == 1
    assert [row["images"] for row in json.loads(capsys.readouterr().out)["rules"]] == [
        row["images"] for row in by_bench
    ]


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda s: s.choose("no_such_rule"), NotFound),
        (lambda s: s.severity(["fatal"]), BadValue),
        (lambda s: s.severity("error"), BadValue),
        (lambda s: s.show("elsewhere"), BadValue),
        (lambda s: s.set_for("selected", COUNTRY, "Germany"), BadValue),
        (lambda s: s.set_for("some", COUNTRY, "Germany"), BadValue),
        (lambda s: s.set_for("all", COUNTRY, " "), BadValue),
        (lambda s: s.set_for("all", COUNTRY, "x", "overwrite"), BadValue),
        (lambda s: s.set_for("all", COUNTRY, "{no_such_variable}"), BadValue),
        (lambda s: s.set_for("all", "Xmp.nowhere.field", "x"), BadValue),
        (lambda s: s.fix_suggested("all"), BadValue),
        (lambda s: s.fix_one(s.grid.ids[0], COUNTRY, "x" * 20_001), BadValue),
        (lambda s: s.fix_one(s.grid.ids[0], COUNTRY, ""), BadValue),
        (lambda s: s.fix_one("0" * 20, COUNTRY, "Germany"), NotFound),
        (lambda s: s.run("no-such-profile"), NotFound),
        (lambda s: s.finding(1.5), BadValue),
    ],
)  # fmt: skip
def test_what_it_refuses_changes_nothing(
    session: AuditSession, ws: wb.Bench, ask: Callable[[AuditSession], Any], error: type[Exception]
) -> None:
    session.choose("required", COUNTRY)
    before, head = countries(ws), ws.ledger.head()
    with pytest.raises(error) as raised:
        ask(session)
    assert raised.value.hint
    assert countries(ws) == before
    assert ws.ledger.head() == head
    assert GARBLED in ws.sql("select value from metadata where field = ?", [TITLE])["value"].tolist()


def test_what_is_all_right_is_ignored_shown_as_such_and_brought_back(session: AuditSession, ws: wb.Bench) -> None:
    session.choose("required", COUNTRY)
    third = session.finding(2)["image_id"]
    view = session.ignore("shot at sea", third)
    assert view["chosen"]["images"] == WITHOUT_COUNTRY - 1
    assert (view["chosen"]["ignored"], view["ignored"]) == (1, 1)
    assert session.finding(2)["name"] == "03.jpg"
    view = session.choose("required", COUNTRY, ignored=True)
    assert (view["chosen"]["images"], view["chosen"]["shows_ignored"]) == (1, True)
    assert session.finding(0)["ignored"] == [{"why": "shot at sea", "by": "ann"}]
    assert session.reopen(third)["ignored"] == 0
    assert session.undo()["ignored"] == 1
    assert session.undo()["ignored"] == 0
    assert count(session, "required", COUNTRY) == WITHOUT_COUNTRY
    json.dumps(view, allow_nan=False)


def test_all_of_a_rule_are_ignored_and_what_remains_is_no_problem(session: AuditSession) -> None:
    session.choose("required", COUNTRY)
    errors = next(one for one in session.view()["severities"] if one["key"] == "error")["count"]
    view = session.ignore("the client doesn't want it", scope="all")
    [row] = [row for row in view["rules"] if (row["rule"], row["field"]) == ("required", COUNTRY)]
    assert (row["images"], row["ignored"]) == (0, WITHOUT_COUNTRY)
    assert ("required", COUNTRY) not in [(one["rule"], one["field"]) for one in view["worst"]]
    assert next(one for one in view["severities"] if one["key"] == "error")["count"] == errors - 1
    assert view["undo"]["what"] == f"{WITHOUT_COUNTRY} images ignored"


def test_a_suggestion_passes_by_what_is_ignored(session: AuditSession) -> None:
    session.choose("not_in_vocabulary", COUNTRY)
    image = session.finding(0)["image_id"]
    session.ignore("an old spelling, quoted", image)
    session.choose("not_in_vocabulary", COUNTRY, ignored=True)
    with pytest.raises(BadValue, match="Nothing would change"):
        session.take(image)


def test_nothing_is_ignored_without_a_rule_or_a_reason(session: AuditSession) -> None:
    with pytest.raises(BadValue, match="No rule is chosen"):
        session.ignore("fine", "x")
    session.choose("required", COUNTRY)
    with pytest.raises(BadValue, match="for a reason"):
        session.ignore("  ", session.grid.ids[0])
    with pytest.raises(NotFound, match="no such finding"):
        session.ignore("fine", "0" * 20)
