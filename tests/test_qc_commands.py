"""``workbench qc``: a batch from hand-in to verdict on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from double_entered import COUNTRY, TITLE, differing
from inspected_collection import BATCH, ready
from tagged_collection import ids, workspace

import workbench as wb
from workbench.__main__ import main
from workbench.entry_session import EntrySession, training
from workbench.inspection import InspectionSession


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = ready(tmp_path_factory.mktemp("commands"))
    ws.close()
    return ws.folder


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "ws"))


def run(
    capsys: pytest.CaptureFixture[str], folder: Path, verb: str, *args: str, code: int = 0, actor: str = "cy"
) -> str:
    assert main(["qc", verb, "--workspace", str(folder), "--actor", actor, *args]) == code
    told = capsys.readouterr()
    return told.out + told.err


def asked(capsys: pytest.CaptureFixture[str], folder: Path, verb: str, *args: str, actor: str = "cy") -> Any:
    assert main(["qc", verb, "--workspace", str(folder), "--actor", actor, *args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_from_hand_in_to_verdict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "ready_for_qc" in run(capsys, folder, "batches")
    told = asked(capsys, folder, "draw", BATCH, "--aql", "10", "--seed", "3")
    assert (told["n"], told["lot_size"], told["plan"]["accept"]) == (8, 30, 2)
    assert "8 of 8 images aren't inspected" in run(capsys, folder, "judge", told["sample_id"], code=1)
    with wb.open(folder, actor="cy") as ws:
        session = InspectionSession(ws, told["sample_id"], "shop")
        while session.image_id is not None:
            session.mark("Xmp.dc.title", "wrong")
            session.done()
        session.close()
    assert "8 defective of 8" in run(capsys, folder, "judge", told["sample_id"], code=1)  # rejected
    assert asked(capsys, folder, "verdicts")[0]["verdict"] == "rejected"
    assert asked(capsys, folder, "samples", "--batch", BATCH)[0]["state"] == "rejected"
    assert len(asked(capsys, folder, "rework", BATCH)) == 8
    assert len(asked(capsys, folder, "rework", BATCH, "--everything")) == 30
    assert "ann: " in run(capsys, folder, "feedback", "ann")
    assert asked(capsys, folder, "feedback", "ann")["defective"] > 0
    assert asked(capsys, folder, "pace", "--task", "inspection")[0]["actor"] == "cy"
    assert asked(capsys, folder, "switching", "--aql", "10")["severity"] == "normal"
    assert "is ready_for_qc now" in run(capsys, folder, "move", BATCH, "ready_for_qc")
    second = run(capsys, folder, "second", told["sample_id"], code=1)
    assert "follows an undecided one" in second


def test_who_may_do_what_is_shown_and_held_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Inspect, judge, accept or send back" in run(capsys, folder, "roles")
    (folder / "workspace.toml").open("a").write('\n[people]\ncy = "operator"\nqu = "qc_specialist"\n')
    assert asked(capsys, folder, "people")[0] == {"actor": "cy", "roles": "operator", "rights": ""}
    refused = run(capsys, folder, "draw", BATCH, "--aql", "10", code=1)
    assert "cy (operator) may not do this" in refused
    assert "Who may: qu." in refused


def test_what_isnt_a_workspace_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not a workspace" in run(capsys, tmp_path, "batches", code=1)
    assert not list(tmp_path.iterdir())


def test_a_sample_is_set_aside_with_a_reason(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = asked(capsys, folder, "draw", BATCH, "--aql", "10")["sample_id"]
    with pytest.raises(SystemExit):
        main(["qc", "void", sample, "--workspace", str(folder)])
    assert "Say why" in run(capsys, folder, "void", sample, "--reason", " ", code=1)
    assert "is set aside" in run(capsys, folder, "void", sample, "--reason", "A disk is gone")
    assert asked(capsys, folder, "samples")[0]["state"] == "void"


def test_types_of_defects_are_listed_in_the_language_of_the_workspace(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, folder, "defect-types")[0] == {
        "key": "1", "name": "wrong", "label": "Wrong", "severity": "major"
    }  # fmt: skip
    told = folder / "workspace.toml"
    told.write_text('language = "de"\n' + told.read_text("utf-8"), "utf-8")
    assert asked(capsys, folder, "defect-types")[0]["label"] == "Falsch"


@pytest.fixture(scope="module")
def shirts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with workspace(tmp_path_factory.mktemp("shirts"), 6) as ws:
        differing(ws)
    return ws.folder


@pytest.fixture
def entered(tmp_path: Path, shirts: Path) -> Path:
    """Four titles differ, and two countries; nothing has been compared."""
    return Path(shutil.copytree(shirts, tmp_path / "ws"))


def test_a_double_entry_from_comparing_to_agreement(entered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [listed] = asked(capsys, entered, "double-entries")
    task = listed["task_id"]
    assert (listed["finished"], listed["compared"]) == (8, 0)
    assert asked(capsys, entered, "differences", task) == []
    told = asked(capsys, entered, "compare", task)
    assert (told["pairs"], told["agreed"], told["differing"]) == (12, 6, 6)
    assert run(capsys, entered, "compare", task).startswith("0 pairs")
    assert {one["field"] for one in asked(capsys, entered, "differences", task)} == {TITLE, COUNTRY}
    assert len(asked(capsys, entered, "differences", task, "--state", "agreed")) == 6
    assert len(asked(capsys, entered, "differences", task, "--state", "all")) == 12
    figures = {one["field"]: one for one in asked(capsys, entered, "agreement", task)}
    assert (figures[COUNTRY]["n"], figures[COUNTRY]["agreed"], figures[COUNTRY]["method"]) == (4, 2, "Wilson")
    assert figures[COUNTRY]["low"] < 0.5 < figures[COUNTRY]["high"]
    assert asked(capsys, entered, "agreement", "--by", "people")[0]["n"] == 12
    assert "Agreement can't be told by 'mood'" in run(capsys, entered, "agreement", "--by", "mood", code=1)


def test_it_stays_blind(entered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [listed] = asked(capsys, entered, "double-entries")
    task = listed["task_id"]
    run(capsys, entered, "compare", task)
    mine = run(capsys, entered, "my-entries", task, "--json", actor="ann")
    assert "Red shirt 0" in mine
    assert "Red  shirt 0" not in mine
    told = run(capsys, entered, "differences", task, actor="ann")
    assert "Red" not in told
    assert "Not listed, because somebody else decides: 6 of your own." in told
    assert len(asked(capsys, entered, "differences", task, actor="ann")) == 0


def test_a_double_entry_is_opened(entered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    how = ("--how", f"{TITLE}=folded", "--how", COUNTRY + '={"kind": "edit_distance"}')
    about = ("--people", "ann", "ben", "--profile", "shop", "--query", '"Shirt 1"')
    told = run(capsys, entered, "double-entry", TITLE, COUNTRY, *about, *how)
    assert f"{TITLE}, {COUNTRY} of 1 image, by ann and ben." in told
    made = asked(capsys, entered, "double-entry", TITLE, "--profile", "shop", "--what", "Again", "--start", "file")
    assert (made["people"], made["start"], len(made["image_ids"])) == ([], "file", 6)
    with wb.open(entered, actor="cy") as ws:
        tasks = ws.qc.double_entries()
        assert tasks["what"].tolist() == ["Again", "Double entry of 2 fields", "Double entry of 3 fields"]
        assert ws.query("double_entry_fields", task_id=tasks["task_id"][1])["comparator"].tolist() == [
            "folded", "edit_distance"
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([TITLE, "--people", "ann", "ann"], "two different people"),
        (["Xmp.dc.nothing"], "no field"),
        ([TITLE, "--how", "folded"], "names no field"),
        ([TITLE, "--how", TITLE + "={kind}"], "isn't JSON"),
        ([TITLE, "--how", f"{TITLE}=mood"], "mood"),
        ([TITLE, "--batch", "nowhere"], "no such images"),
    ],
)
def test_a_double_entry_that_makes_no_sense_is_refused(
    entered: Path, capsys: pytest.CaptureFixture[str], args: list[str], says: str
) -> None:
    assert says in run(capsys, entered, "double-entry", *args, code=1)
    assert len(asked(capsys, entered, "double-entries")) == 1


def test_known_answers_are_set_counted_and_withdrawn(entered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with wb.open(entered, actor="ann") as ws:
        first, second = ids(ws)[:2]
    shop = ("--profile", "shop")
    told = run(capsys, entered, "set-gold", COUNTRY, "--image", first, "--image", second, *shop, "--category", "label")
    assert "The answers for 2 images are known." in told
    value = f"{COUNTRY}=France"
    assert asked(capsys, entered, "set-gold", COUNTRY, "--query", '"Shirt 5"', "--value", value, *shop) == {"images": 1}
    assert [one["category"] for one in asked(capsys, entered, "gold")] == ["label", "label", ""]
    with wb.open(entered, actor="ann") as ws:
        session = EntrySession(ws, training(ws, "shop", 3))
        while not session.set(COUNTRY, None, "Germany") or not session.accept(anyway=True).get("finished"):
            pass
        session.close()
    assert asked(capsys, entered, "gold-figures") == []
    [figure] = asked(capsys, entered, "gold-figures", "--training", "only")
    assert (figure["n"], figure["right"]) == (3, 2)
    assert len(asked(capsys, entered, "gold-figures", "--training", "all", "--by", "image_id")) == 3
    assert asked(capsys, entered, "trainings", "ann")[0]["correct"] == 2
    assert asked(capsys, entered, "trainings", "ben") == []
    assert "No known answers any more: 1 image." in run(capsys, entered, "withdraw-gold", "--image", first)
    assert len(asked(capsys, entered, "gold")) == 2
    assert "Which images?" in run(capsys, entered, "withdraw-gold", code=1)
    assert "Which images?" in run(capsys, entered, "set-gold", TITLE, "--image", first, "--query", "x", code=1)
