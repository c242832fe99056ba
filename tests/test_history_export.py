"""A history that leaves the workspace: read by people, verified with Python alone, and what tampering shows."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from inspected_collection import BATCH, in_order, tagged

import workbench as wb
from workbench import history_verifier
from workbench.__main__ import main
from workbench.errors import BadValue, LedgerBroken, NotFound
from workbench.event_words import Line
from workbench.events import Draft, pack
from workbench.history_export import _line
from workbench.history_verifier import Wrong

pytestmark = pytest.mark.core
CITY = "Xmp.photoshop.City"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tagged(tmp_path_factory.mktemp("audited"), 4)
    made.close()
    return made.folder


@pytest.fixture
def actor() -> str:
    return "cy"


def by_itself(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as an auditor does: isolated, without the workbench to be found anywhere."""
    return subprocess.run(
        [sys.executable, "-I", "-S", folder / "verify.py", *arguments], capture_output=True, text=True, check=False
    )


def test_an_image_leaves_with_its_proof(ws: wb.Bench, tmp_path: Path) -> None:
    image_id = in_order(ws)[0]
    made = ws.history.export(tmp_path / "out", image=image_id)
    assert (made.events, made.attachments, made.ledger) == (2, 1, ws.ledger.head()[0])
    ran = by_itself(made.folder, "--head", made.head)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("OK: 2 events exported")
    assert "hashes only" in ran.stdout
    lines = [json.loads(line) for line in (made.folder / "events.jsonl").read_text("utf-8").splitlines()]
    assert [line["kind"] for line in lines] == ["images_received", "values_set"]
    page = (made.folder / "index.html").read_text("utf-8")
    assert "de: Hemd 0<br>Shirt 0" in page
    assert "ask for an export with --whole" in page


def test_the_whole_ledger_is_proved_from_the_first_event_to_the_last(ws: wb.Bench, tmp_path: Path) -> None:
    for name, how in (("all", {}), ("batch", {"batch": BATCH, "whole": True})):
        made = ws.history.export(tmp_path / name, **how)
        ran = by_itself(made.folder)
        assert f"{made.ledger:,} were computed again in full" in ran.stdout, ran.stderr
        assert "nothing was changed, left out or added" in ran.stdout
    assert made.events < made.ledger


def test_a_person_means_all_their_days_unless_one_is_said(ws: wb.Bench, tmp_path: Path) -> None:
    assert ws.history.export(tmp_path / "a", person="ann").events == 2
    assert ws.history.export(tmp_path / "b", person="ann", until="1999-12-31").events == 0
    assert "Nothing happened." in (tmp_path / "b" / "index.html").read_text("utf-8")
    assert by_itself(tmp_path / "b").returncode == 0


def test_twice_the_same_bytes(ws: wb.Bench, tmp_path: Path) -> None:
    one, two = (ws.history.export(tmp_path / name, batch=BATCH).folder for name in ("one", "two"))
    for path in sorted(one.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path


def test_half_characters_and_other_alphabets_verify(ws: wb.Bench, tmp_path: Path) -> None:
    ws.set_values([in_order(ws)[0]], {CITY: "თბილისი \u202e 🏔"}, reason="\u202egnp.exe")
    with pytest.raises(BadValue, match="half a character after 'half '"):
        ws.set_values([in_order(ws)[0]], {CITY: "half \ud800"})
    ws.ledger.append([Draft("rename_planned", {"plan_id": "p", "what": "NaN 1e400"}, pack([["\udfff"]]))], actor="cy")
    made = ws.history.export(tmp_path / "out")
    ran = by_itself(made.folder)
    assert ran.returncode == 0, ran.stderr


# -- tampering


def event(line: int, **changed: object) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        path = folder / "events.jsonl"
        lines = path.read_text("utf-8").splitlines()
        lines[line] = json.dumps(json.loads(lines[line]) | changed)
        path.write_text("\n".join(lines) + "\n", "utf-8")

    return do


def without(name: str, line: int) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        lines = (folder / name).read_text("utf-8").splitlines()
        (folder / name).write_text("".join(f"{one}\n" for n, one in enumerate(lines) if n != line), "utf-8")

    return do


def swapped(name: str) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        lines = (folder / name).read_text("utf-8").splitlines()
        (folder / name).write_text("\n".join([lines[1], lines[0], *lines[2:]]) + "\n", "utf-8")

    return do


def doubled(folder: Path) -> None:
    lines = (folder / "events.jsonl").read_text("utf-8").splitlines()
    (folder / "events.jsonl").write_text("\n".join([lines[0], *lines]) + "\n", "utf-8")


def other_attachment(folder: Path) -> None:
    next((folder / "attachments").iterdir()).write_bytes(pack([["another"]]))


def cut(folder: Path) -> None:
    path = folder / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-40])


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def files_elsewhere(folder: Path) -> None:
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    told["files"]["../../ws/ledger.sqlite"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(told), "utf-8")


TAMPERINGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "actor": (event(1, actor="somebody else"), "was changed after it was written"),
    "reason": (event(1, reason="another"), "was changed after it was written"),
    "time": (event(1, at="2001-01-01T00:00:00.000000Z"), "was changed after it was written"),
    "number": (event(1, seq=True), "was changed after it was written"),
    "payload": (event(1, payload={"image_ids": [], "values": {}}), "was changed after it was written"),
    "payload gone": (event(1, payload=None), "something is missing"),
    "not a number": (event(1, payload={"x": float("nan")}), "something is missing"),
    "chain cut": (without("chain.jsonl", 2), "Event 3 is missing"),
    "chain begun late": (without("chain.jsonl", 0), "Event 1 is missing"),
    "chain swapped": (swapped("chain.jsonl"), "Event 1 is missing"),
    "events swapped": (swapped("events.jsonl"), "doesn't stand in the chain, or stands there twice"),
    "event twice": (doubled, "doesn't stand in the chain, or stands there twice"),
    "attachment": (other_attachment, "was changed"),
    "cut off": (cut, "not an event"),
    "manifest": (no_manifest, "can't be read"),
    "outside": (files_elsewhere, "outside the folder"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("sums_made_again", [False, True])
def test_tampering_shows_also_when_checksums_are_made_again(
    ws: wb.Bench, tmp_path: Path, name: str, sums_made_again: bool
) -> None:
    folder = ws.history.export(tmp_path / "out", batch=BATCH).folder
    tamper, says = TAMPERINGS[name]
    tamper(folder)
    if sums_made_again and name not in ("manifest", "outside"):
        told = json.loads((folder / "manifest.json").read_text("utf-8"))
        told["files"] = {one: hashlib.sha256((folder / one).read_bytes()).hexdigest() for one in told["files"]}
        (folder / "manifest.json").write_text(json.dumps(told), "utf-8")
    with pytest.raises(Wrong, match=says if sums_made_again else "was changed|can't be read|outside"):
        history_verifier.verify(folder)


def test_an_event_forged_with_its_hash_shows_in_a_whole_export(ws: wb.Bench, tmp_path: Path) -> None:
    """By hashes alone a forger could put a new hash in its place; in full the one after it doesn't fit any more."""
    made = ws.history.export(tmp_path / "out", whole=True)
    for name in ("events.jsonl", "chain.jsonl"):
        lines = [json.loads(line) for line in (made.folder / name).read_text("utf-8").splitlines()]
        lines[4]["actor"] = "mallory"
        lines[4]["hash"] = lines[5]["prev"] = history_verifier.digest(lines[4])
        (made.folder / name).write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    told = json.loads((made.folder / "manifest.json").read_text("utf-8"))
    (made.folder / "manifest.json").write_text(json.dumps(told | {"files": {}}), "utf-8")
    with pytest.raises(Wrong, match="Event 6 was changed"):
        history_verifier.verify(made.folder)


def test_another_head_is_refused(ws: wb.Bench, tmp_path: Path) -> None:
    made = ws.history.export(tmp_path / "out")
    ran = by_itself(made.folder, "--head", "0" * 64)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("NOT VERIFIED: The export's last hash isn't the one given")


# -- what isn't exported


def test_a_broken_chain_a_full_folder_and_nobody(ws: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(BadValue, match="isn't empty"):
        ws.history.export(tmp_path / "full")
    with pytest.raises(NotFound):
        ws.history.export(tmp_path / "out", image="f" * 20)
    with ws.ledger._transaction() as db:
        db.execute("drop trigger events_no_update")
        db.execute("update events set reason = 'another' where seq = 3")
    with pytest.raises(LedgerBroken):
        ws.history.export(tmp_path / "out")
    assert not list(tmp_path.glob("out*"))
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"


def test_the_command_line(ws: wb.Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = ["--workspace", str(ws.folder)]
    ws.close()
    assert main(["history", "export", *here, "--batch", BATCH, "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["head"]
    assert by_itself(tmp_path / "out").returncode == 0
    assert main(["history", "show", *here, "--person", "ann"]) == 0
    assert "Entered values" in capsys.readouterr().out
    assert main(["history", "show", *here, "--batch", BATCH, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[-1]["what"] == f"Began to scan, batch {BATCH}"
    assert main(["history", "show", "--workspace", str(tmp_path)]) == 1
    assert "is not a workspace" in capsys.readouterr().err


@pytest.mark.parametrize(("before", "struck"), [("old", True), ("new", False), ("", False), (None, False)])
def test_only_what_changed_is_struck_out(before: str | None, struck: bool) -> None:
    assert ('class="was"' in _line(Line("Xmp.dc.title", before, "new"))) == struck
