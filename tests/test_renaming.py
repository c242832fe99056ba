"""Renaming: nothing is overwritten or lost, values follow their files, a crash is finished, undo gives names back."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from small_collections import account, fill, image_ids, jpeg, png

import workbench as wb
from workbench import renaming
from workbench.errors import BadValue, Stale
from workbench.suggesters import Subject, Suggestion
from workbench.tagging import TagSession

TITLE = "Xmp.dc.title"


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def titles(ws: wb.Bench) -> dict[str, str]:
    found = ws.sql("select path, value from entered join images using (image_id) where field = $f", {"f": TITLE})
    return dict(zip(found["path"], found["value"], strict=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {f"{n:04}.png": png(n) for n in range(1, 6)} | {"sub/a.jpg": jpeg(9, "A"), "sub/a.jpg.xmp": b"<x/>"}
    return fill(tmp_path / "photos", files)


@pytest.fixture
def ws(tmp_path: Path, folder: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "w", actor="ann") as opened:
        opened.scan(folder, progress=False, workers=1)
        for path, image_id in image_ids(opened).items():
            opened.set_values([image_id], {TITLE: f"I was {path}"})
        yield opened


def in_order(ws: wb.Bench, pattern: str = "%.png") -> list[str]:
    return ws.sql("select image_id from images where path like $p order by path", {"p": pattern})["image_id"].tolist()


def test_values_history_and_facts_follow(ws: wb.Bench, folder: Path) -> None:
    before = contents_of(folder)
    preview = ws.bulk.rename("{folder|or:top}-{sequence:03}", in_order(ws, "%"))
    assert contents_of(folder) == before, "a preview touches no file"
    event = preview.apply(reason="house style")
    assert preview.failed == []
    assert titles(ws)["top-001.png"] == "I was 0001.png"
    assert titles(ws)["sub/sub-006.jpg"] == "I was sub/a.jpg"
    assert (folder / "sub" / "sub-006.jpg.xmp").read_bytes() == b"<x/>", "the sidecar goes along"
    assert ws.history(image_ids(ws)["top-001.png"])["value"].tolist() == ["I was 0001.png"]
    assert ws.search("top-001").count() == 1
    report = ws.scan(folder, progress=False, workers=1)
    assert (report.read, report.vanished, report.moved) == (0, 0, 0), "the catalogue knew it all"
    account(ws, 7)
    assert event is not None
    ws.undo(event.seq)
    assert contents_of(folder) == before
    assert titles(ws) == {path: f"I was {path}" for path in image_ids(ws)}
    with pytest.raises(Stale, match="undone already"):
        ws.undo(event.seq)
    account(ws, 7)


def test_files_that_pass_names_round(ws: wb.Bench, folder: Path) -> None:
    ids = in_order(ws)
    before = contents_of(folder)
    shifted = ws.bulk.rename("{sequence:04}", [ids[-1], *ids[:-1]])
    shifted.apply()
    after = contents_of(folder)
    assert after["0001.png"] == before["0005.png"]
    assert after["0005.png"] == before["0004.png"]
    assert len(after) == len(before)
    assert titles(ws)["0001.png"] == "I was 0005.png"
    assert ws.scan(folder, progress=False, workers=1).read == 0
    account(ws, 7)
    told = titles(ws)
    ws.rebuild(progress=False, workers=1)
    assert titles(ws) == told
    shifted.undo()
    assert contents_of(folder) == before


class SaysItsName:
    """Suggests the file's name as a keyword."""

    name, wants, model, version = "says_its_name", "metadata", "told", "1"

    def suggest(self, subjects: Iterable[Subject]) -> Iterator[Suggestion]:
        for one in subjects:
            yield Suggestion(one.image_id, "Xmp.dc.subject", None, f"was {one.path}", 0.5, "told", "1", "")


def known_of(ws: wb.Bench) -> dict[str, set[tuple[object, ...]]]:
    """What is known of each file, by its picture: what people did, what machines said, what was found and written."""
    asked = {
        "entered": "select image_id, field, value from entered",
        "queue": "select image_id, queue, outcome from queues",
        "suggested": "select image_id, value, status from suggestions",
        "found": "select image_id, rule, field, ignored from findings where rule not in ('title_is_file_name')",
        "embedded": "select image_id, mode, how, after from deliveries",
    }
    pictures = dict(ws.sql("select image_id, picture_hash from images").itertuples(index=False, name=None))
    made: dict[str, set[tuple[object, ...]]] = {}
    for kind, statement in asked.items():
        for image_id, *rest in ws.sql(statement).astype(object).itertuples(index=False, name=None):
            told = (kind, *(None if value != value else value for value in rest))
            made.setdefault(pictures[image_id], set()).add(told)
    return made


def test_everything_that_is_known_follows_a_chain_of_names(ws: wb.Bench, folder: Path) -> None:
    ids = in_order(ws)
    ws.embed(ids[:1], mode="inplace", progress=False)
    written, [event] = (folder / "0001.png").read_bytes(), ws.sql("select distinct seq from deliveries")["seq"].tolist()
    ws.suggest(None, [SaysItsName()], progress=False)
    ws.reject([ws.suggestions(ids[1])["suggestion_id"].iloc[0]])
    ws.audit().ignore("missing", "Xmp.dc.rights", [ids[2]], reason="public domain")
    session = TagSession(ws, "dublin-core", images=ids, queue="spring")
    session.go(0)
    session.accept(anyway=True)
    session.close()
    before = known_of(ws)
    assert {kind for told in before.values() for kind, *_ in told} == {
        "entered", "queue", "suggested", "found", "embedded",
    }  # fmt: skip

    shifted = ws.bulk.rename("{sequence:04}", [ids[-1], *ids[:-1]])  # 1 → 2, 2 → 3 …, 5 → 1
    shifted.apply()
    assert (folder / "0002.png").read_bytes() == written
    assert known_of(ws) == before
    assert ws.undo_embed(event).counts() == {"restored": 1}
    assert (folder / "0002.png").read_bytes() == png(1)
    known = known_of(ws)
    ws.rebuild(progress=False, workers=1)
    made_again = {
        picture: {row for row in told if row[0] in ("entered", "queue", "embedded")} for picture, told in known.items()
    }
    assert {
        p: {row for row in told if row[0] in ("entered", "queue", "embedded")} for p, told in known_of(ws).items()
    } == made_again
    account(ws, 7)


def test_what_a_file_of_that_name_had_before_it_was_gone_goes_with_it(ws: wb.Bench, folder: Path) -> None:
    ids = in_order(ws)
    ws.suggest(None, [SaysItsName()], progress=False)
    ws.audit()
    (folder / "0002.png").unlink()
    ws.bulk.rename("0002", ids[:1]).apply()
    assert [one.split()[-1] for one in ws.suggestions(ids[1])["value"]] == ["0001.png"]
    assert (
        len(
            ws.sql(
                "select * from findings where image_id = ? and rule = 'missing' and field = 'Xmp.dc.rights'", [ids[1]]
            )
        )
        == 1
    )


def test_collisions_are_refused_whatever_the_case(ws: wb.Bench, folder: Path) -> None:
    (folder / "TAKEN.PNG").write_bytes(b"mine")
    ids = in_order(ws)
    assert ws.bulk.rename("same", ids).counts == {"changed": 0, "unchanged": 0, "refused": 5}
    preview = ws.bulk.rename("taken", ids[:1])
    assert preview.refusals()["reason"].tolist() == ["Another file is called taken.png, or would be."]
    assert preview.apply() is None
    late = ws.bulk.rename("fresh", ids[:1])
    (folder / "fresh.png").write_bytes(b"somebody was quicker")
    late.apply()
    assert len(late.failed) == 1
    assert (folder / "fresh.png").read_bytes() == b"somebody was quicker"
    assert (folder / "0001.png").exists()


def test_only_the_case_changes(ws: wb.Bench, folder: Path) -> None:
    preview = ws.bulk.rename("{stem|upper}", in_order(ws, "sub/%"))
    preview.apply()
    assert sorted(path.name for path in (folder / "sub").iterdir()) == ["A.jpg", "A.jpg.xmp"]
    assert titles(ws)["sub/A.jpg"] == "I was sub/a.jpg"


@pytest.mark.parametrize("name", ["con", "LPT1", "...", "x" * 300, "aux.b"])
def test_names_that_some_system_cant_have(ws: wb.Bench, name: str) -> None:
    preview = ws.bulk.rename(name, in_order(ws)[:1])
    assert preview.counts["refused"] == 1


def test_values_cant_lead_out_of_the_folder(ws: wb.Bench, folder: Path) -> None:
    image_id = in_order(ws)[0]
    ws.set_values([image_id], {TITLE: "../../evil"})
    assert ws.bulk.rename("{Xmp.dc.title}", [image_id]).refusals()["reason"].tolist() == [
        "The name would be empty or hidden."
    ]
    ws.set_values([image_id], {TITLE: "evil/../: a/b\0\n?. "})
    ws.bulk.rename("{Xmp.dc.title}", [image_id]).apply()
    assert [path.name for path in folder.glob("*evil*")] == ["evil_..__ a_b___.png"]
    for pattern in ("a/b", "..\\x", "what?", "a\0"):
        with pytest.raises(BadValue):
            ws.bulk.rename(pattern, [image_id])


def test_a_shared_sidecar_is_left_alone(ws: wb.Bench, folder: Path) -> None:
    fill(folder, {"two/x.jpg": jpeg(20), "two/x.png": png(21), "two/x.xmp": b"<x/>"})
    ws.scan(folder, progress=False, workers=1)
    preview = ws.bulk.rename("{stem}-{format|lower}", in_order(ws, "two/%"))
    assert set(preview.refusals()["reason"]) == {"Its sidecar x.xmp belongs to other files as well."}


def test_without_hard_links(ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(renaming.os, "link", refuse)  # as on FAT and some network shares
    before = contents_of(folder)
    ids = in_order(ws)
    preview = ws.bulk.rename("{sequence:04}", ids[::-1])
    preview.apply()
    assert contents_of(folder)["0001.png"] == before["0005.png"]
    preview.undo()
    assert contents_of(folder) == before


KILLED = """
import os, sys, signal
import workbench as wb
from workbench import renaming
ws = wb.open(sys.argv[1], actor="bob")
left = int(sys.argv[2])
def count(real):
    def counted(*args, **more):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*args, **more)
    return counted
for name in ("link", "unlink"):
    setattr(os, name, count(getattr(os, name)))
ids = ws.sql("select image_id from images where path like '%.png' order by path desc")["image_id"].tolist()
ws.bulk.rename(sys.argv[3], ids).apply()
print("done")
"""


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["{sequence:04}", "new-{sequence}"])
def test_killed_at_any_step_it_is_finished(tmp_path: Path, pattern: str) -> None:
    folder = fill(tmp_path / "photos", {f"{n:04}.png": png(n) for n in range(1, 6)})
    chance = random.Random(7)
    with wb.open(tmp_path / "w", actor="ann") as ws:
        ws.scan(folder, progress=False, workers=1)
        for path, image_id in image_ids(ws).items():
            ws.set_values([image_id], {TITLE: f"I was {path}"})
    holds = set(contents_of(folder).values())
    killed = 0
    for step in chance.sample(range(20), 8):
        with wb.open(tmp_path / "w", actor="ann") as ws:
            owners = {(folder / path).read_bytes(): title for path, title in titles(ws).items()}
        line = [sys.executable, "-c", KILLED, str(tmp_path / "w"), str(step), pattern]
        ended = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
        killed += ended.returncode == -9
        assert ended.returncode in (0, -9), ended.stderr
        with wb.open(tmp_path / "w", actor="ann") as ws:
            assert set(contents_of(folder).values()) == holds, "no file is lost or overwritten"
            assert len(contents_of(folder)) == 5, "no file has two names"
            assert not any(path.name.startswith(".") for path in folder.iterdir())
            assert {(folder / path).read_bytes(): title for path, title in titles(ws).items()} == owners
            assert ws.scan(folder, progress=False, workers=1).read == 0
            account(ws, 5)
        if pattern.startswith("new"):
            for number, path in enumerate(sorted(folder.iterdir()), 1):
                path.rename(folder / f"back-{step}-{number}.png")
            with wb.open(tmp_path / "w", actor="ann") as ws:
                ws.scan(folder, progress=False, workers=1)
    assert killed >= 4
