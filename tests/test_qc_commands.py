"""``workbench qc``: a batch from hand-in to verdict on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from inspected_collection import BATCH, ready

import workbench as wb
from workbench.__main__ import main
from workbench.inspection import InspectionSession


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = ready(tmp_path_factory.mktemp("commands"))
    ws.close()
    return ws.folder


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "ws"))


def run(capsys: pytest.CaptureFixture[str], folder: Path, verb: str, *args: str, code: int = 0) -> str:
    assert main(["qc", verb, "--workspace", str(folder), "--actor", "cy", *args]) == code
    told = capsys.readouterr()
    return told.out + told.err


def asked(capsys: pytest.CaptureFixture[str], folder: Path, verb: str, *args: str) -> Any:
    return json.loads(run(capsys, folder, verb, *args, "--json"))


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
