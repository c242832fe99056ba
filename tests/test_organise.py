"""Organising files into folders: by a pattern over metadata, nothing overwritten, nowhere else, and back again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_collections import account, command, fill, image_ids, jpeg, png

import workbench as wb
from workbench import renaming
from workbench.errors import BadValue

CITY = "Xmp.photoshop.City"


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {f"in/{n}.png": png(n) for n in range(4)} | {"a.jpg": jpeg(9, "A"), "a.jpg.xmp": b"<x/>"}
    return fill(tmp_path / "photos", files)


@pytest.fixture
def ws(tmp_path: Path, folder: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "w", actor="ann") as opened:
        opened.scan(folder, progress=False, workers=1)
        ids = image_ids(opened)
        for path, city in {"in/0.png": "Rome", "in/1.png": "Oslo", "in/2.png": "Oslo", "a.jpg": "Rome"}.items():
            opened.set_values([ids[path]], {CITY: city})
        yield opened


def cities(ws: wb.Bench) -> dict[str, str]:
    found = ws.sql("select path, value from entered join images using (image_id) where field = $f", {"f": CITY})
    return dict(zip(found["path"], found["value"], strict=True))


PATTERN = "by city/{Xmp.photoshop.City|or:nowhere}/{format|lower}"
ORGANISED = {
    "by city/Rome/png/0.png": "Rome",
    "by city/Oslo/png/1.png": "Oslo",
    "by city/Oslo/png/2.png": "Oslo",
    "by city/Rome/jpeg/a.jpg": "Rome",
}


def test_files_move_with_their_sidecars_and_their_values(ws: wb.Bench, folder: Path) -> None:
    before = contents_of(folder)
    preview = ws.bulk.organise(PATTERN)
    assert contents_of(folder) == before
    assert "files would be moved" in repr(preview)
    assert "by city/Rome/png/0.png" in set(preview.frame()["after"])
    preview.apply("tidy up")
    after = contents_of(folder)
    assert sorted(after.values()) == sorted(before.values())
    assert {"by city/Rome/jpeg/a.jpg.xmp", "by city/nowhere/png/3.png"} <= set(after)
    assert cities(ws) == ORGANISED
    found = ws.sql("select path, folder, name from images order by path")
    assert (found["path"] == found["folder"] + "/" + found["name"]).all()
    account(ws, 6)


def test_a_scan_afterwards_finds_nothing_new_and_a_search_finds_the_folder(ws: wb.Bench, folder: Path) -> None:
    ws.bulk.organise(PATTERN).apply()
    report = ws.scan(folder, progress=False, workers=1)
    assert report.outcome == "finished"
    assert cities(ws) == ORGANISED
    assert ws.search('folder:"by city/Oslo/png"').count() == 2
    account(ws, 6)


def test_undo_brings_every_file_back(ws: wb.Bench, folder: Path) -> None:
    before, said = contents_of(folder), cities(ws)
    event = ws.bulk.organise(PATTERN).apply()
    assert event is not None
    ws.undo(event.seq)
    assert contents_of(folder) == before
    assert cities(ws) == said
    account(ws, 6)


def test_organising_again_changes_nothing(ws: wb.Bench) -> None:
    ws.bulk.organise(PATTERN).apply()
    again = ws.bulk.organise(PATTERN)
    assert (again.moves, again.unchanged) == ([], 5)


def test_a_value_can_not_lead_out_of_the_source(ws: wb.Bench, folder: Path) -> None:
    ids = image_ids(ws)
    for path, city in {"in/0.png": "../../etc", "in/1.png": "..", "in/2.png": "/abs/x\0y", "in/3.png": "CON"}.items():
        ws.set_values([ids[path]], {CITY: city})
    preview = ws.bulk.organise("{Xmp.photoshop.City}", [ids[f"in/{n}.png"] for n in range(4)])
    preview.apply()
    assert all(path.is_relative_to(folder) for path in folder.parent.rglob("*.png"))
    assert {move.folder for move in preview.moves} == {"_abs_x_y"}
    assert len(preview.refused) == 3


def test_what_is_missing_taken_or_doubled_is_refused(ws: wb.Bench, folder: Path) -> None:
    fill(folder, {"x/0.png": png(50), "Oslo/1.png": b"in the way"})
    ws.scan(folder, progress=False, workers=1)
    ids = image_ids(ws)
    ws.set_values([ids["x/0.png"]], {CITY: "Rome"})
    before = contents_of(folder)
    preview = ws.bulk.organise("{Xmp.photoshop.City}")
    reasons = {refused.reason for refused in preview.refused}
    assert "Xmp.photoshop.City is empty." in reasons
    assert "Another file is called 0.png, or would be." in reasons
    assert "Another file is called 1.png, or would be." in reasons
    preview.apply()
    assert sorted(contents_of(folder).values()) == sorted(before.values())
    assert (folder / "Oslo/1.png").read_bytes() == b"in the way"


@pytest.mark.parametrize("pattern", ["", "/", "a//b", "a:b", "{nothing}", "a/<b>", "{date:%Q}"])
def test_patterns_that_are_none_are_refused(ws: wb.Bench, pattern: str) -> None:
    with pytest.raises(BadValue):
        ws.bulk.organise(pattern)


def test_a_folder_that_can_not_be_made_leaves_the_files_where_they_are(ws: wb.Bench, folder: Path) -> None:
    (folder / "by city").write_text("a file in the way")
    before = contents_of(folder)
    preview = ws.bulk.organise(PATTERN)
    assert (preview.moves, len(preview.refused)) == ([], 5)
    assert "Not a directory" in preview.refused[0].reason
    assert contents_of(folder) == before


def test_a_move_that_was_killed_is_finished(ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, done = renaming.move_without_overwriting, []

    def dies(old: bytes, new: bytes) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(new)
        real(old, new)

    monkeypatch.setattr(renaming, "move_without_overwriting", dies)
    with pytest.raises(KeyboardInterrupt):
        ws.bulk.organise(PATTERN).apply()
    monkeypatch.undo()
    with wb.open(ws.folder, actor="ben") as again:
        assert cities(again) == ORGANISED
        account(again, 6)


def test_a_rebuild_knows_the_new_places(ws: wb.Bench) -> None:
    ws.bulk.organise(PATTERN).apply()
    ws.close()
    assert command("rebuild", "--workspace", ws.folder, "--quiet").returncode == 0
    with wb.open(ws.folder, actor="ann") as again:
        assert cities(again) == ORGANISED
        account(again, 6)
