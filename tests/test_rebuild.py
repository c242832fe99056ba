import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_collections import account, command, dump, entered, fill, image_ids, jpeg, pictures, png

import workbench as wb
from workbench import rebuild as rebuilding
from workbench.errors import LedgerBroken, WorkspaceBusy
from workbench.scan import Progress

pytestmark = pytest.mark.core


@pytest.fixture
def ws(tmp_path: Path):
    with wb.open(tmp_path / "workspace", actor="ann") as opened:
        yield opened


def quiet(ws: wb.Bench, source: Path, batch: str):
    return ws.scan(source, progress=False, workers=1, batch=batch)


def live_through_a_lot(ws: wb.Bench, home: Path) -> Path:
    """Several batches; files moved, moved back, changed, gone, replaced; values entered, changed and cleared."""
    a, b = pictures(home / "a", 8), fill(home / "b", {"x/1.jpg": jpeg(1, "Eins", ("rot", "Rot"))})
    quiet(ws, a, "first")
    quiet(ws, b, "second")
    ids = image_ids(ws)
    for path in ("000.png", "001.png", "002.png", "003.png"):
        ws.set_values([ids[path]], {"Xmp.dc.title": f"title of {path}", "Xmp.dc.subject": ["one", "two"]})
    ws.set_values([ids["x/1.jpg"]], {"Xmp.dc.title": {"x-default": "One", "de": "Eins"}}, reason="letter")
    (a / "000.png").rename(a / "moved.png")
    (a / "001.png").rename(a / "away.png")
    (a / "004.png").unlink()
    (a / "005.png").write_bytes(png(55, side=32))
    fill(a, {"new.png": png(77), "empty.png": b"", "text.txt": b"words"})
    (a / "nowhere").symlink_to("nothing")
    quiet(ws, a, "third")
    ws.set_values([ids["000.png"]], {"Xmp.dc.title": "entered at the old place"})
    ws.set_values([ids["002.png"]], {"Xmp.dc.title": None})
    (a / "away.png").rename(a / "001.png")
    (a / "003.png").rename(a / "002.png")
    (a / "moved.png").rename(a / "moved again.png")
    fill(a, {"000.png": png(88), "004.png": png(44)})
    quiet(ws, a, "fourth")
    ws.set_values([ids["001.png"], ids["006.png"]], {"Xmp.dc.title": "both"})
    (b / "x" / "1.jpg").unlink()
    quiet(ws, b, "fifth")
    return a


def test_a_rebuild_gives_the_same_catalogue(ws: wb.Bench, tmp_path: Path) -> None:
    a = live_through_a_lot(ws, tmp_path)
    account(ws, len(list(a.iterdir())))
    expected = {
        "001.png": "both", "002.png": "title of 003.png", "006.png": "both",
        "moved again.png": "entered at the old place",
    }  # fmt: skip
    assert entered(ws) == expected
    before, head = dump(ws), ws.verify()
    reports = ws.rebuild(progress=False)
    assert [r.outcome for r in reports] == ["finished", "finished"]
    assert ws.verify() == head
    after = dump(ws)
    for table in before | after:
        assert after[table] == before[table], table
    assert ws.check().empty
    assert entered(ws) == expected


def test_a_rebuild_on_the_command_line(tmp_path: Path) -> None:
    home = tmp_path / "w"
    with wb.open(home, actor="ann") as ws:
        quiet(ws, pictures(tmp_path / "a", 3), "first")
        before = dump(ws)
    ran = command("rebuild", "--workspace", home, "--quiet")
    assert (ran.returncode, ran.stderr) == (0, "")
    with wb.open(home, actor="ann") as ws:
        assert dump(ws) == before


def test_what_moved_meanwhile_is_recognised(ws: wb.Bench, tmp_path: Path) -> None:
    a = pictures(tmp_path / "a", 3)
    quiet(ws, a, "first")
    ws.set_values([image_ids(ws)["001.png"]], {"Xmp.dc.title": "One"})
    (a / "001.png").rename(a / "elsewhere.png")
    ws.rebuild(progress=False)
    assert entered(ws) == {"elsewhere.png": "One"}
    assert set(ws.sql("select batch from images")["batch"]) == {"first"}
    account(ws, 3)


@pytest.mark.parametrize("damage", ["nonsense", "empty", "gone", "wal only"])
def test_a_catalogue_that_is_lost_or_damaged_is_made_again(tmp_path: Path, damage: str) -> None:
    home = tmp_path / "w"
    with wb.open(home, actor="ann") as ws:
        quiet(ws, pictures(tmp_path / "a", 3), "first")
        ws.set_values([image_ids(ws)["001.png"]], {"Xmp.dc.title": "One"})
        before = dump(ws)
    path = home / "catalog.duckdb"
    if damage in ("nonsense", "empty"):
        path.write_bytes(b"nonsense" * 4096 if damage == "nonsense" else b"")
    else:
        path.unlink()
        if damage == "wal only":
            (home / "catalog.duckdb.wal").write_bytes(b"left over" * 100)
    checked = command("check", "--workspace", home)
    assert checked.returncode == 1
    assert "workbench rebuild" in checked.stdout + checked.stderr
    assert "Traceback" not in checked.stderr
    with wb.open(home, actor="ann") as ws:
        ws.rebuild(progress=False)
        assert dump(ws) == before
        assert ws.check().empty


def test_a_source_that_cannot_be_reached_is_reported_and_waited_for(ws: wb.Bench, tmp_path: Path) -> None:
    a = pictures(tmp_path / "a", 2)
    quiet(ws, a, "first")
    a.rename(tmp_path / "unplugged")
    [report] = ws.rebuild(progress=False)
    assert report.outcome == "unreachable"
    assert "rebuild" in " ".join(ws.check()["says"])
    (tmp_path / "unplugged").rename(a)
    quiet(ws, a, "later")
    account(ws, 2)
    assert set(ws.sql("select batch from images")["batch"]) == {"first"}


def test_a_broken_chain_leaves_the_catalogue_alone(ws: wb.Bench, tmp_path: Path) -> None:
    quiet(ws, pictures(tmp_path / "a", 2), "first")
    database = ws.ledger._connection()
    database.execute("drop trigger events_no_update")
    database.execute("update events set actor = 'eve' where seq = 2")
    with pytest.raises(LedgerBroken, match="Event 2"):
        ws.rebuild(progress=False)
    assert len(image_ids(ws)) == 2


def test_a_cancelled_rebuild_is_noticed_and_completed(ws: wb.Bench, tmp_path: Path) -> None:
    quiet(ws, pictures(tmp_path / "a", 12), "first")
    before = dump(ws)
    cancel = threading.Event()

    def after_one(progress: Progress) -> None:
        if progress.phase == "reading":
            cancel.set()

    [report] = rebuilding.rebuild(ws, workers=1, progress=after_one, cancel=cancel)
    assert report.outcome == "cancelled"
    assert "A rebuild did not finish; run `workbench rebuild` again." in ws.check()["says"].tolist()
    ws.rebuild(progress=False)
    assert dump(ws) == before
    account(ws, 12)


STUCK = """
import os, sys
import workbench as wb
from workbench import rebuild
def stop(progress):
    if progress.phase == sys.argv[2]:
        print("here", flush=True)
        sys.stdin.read()
ws = wb.open(sys.argv[1], actor="bob")
rebuild.rebuild(ws, workers=1, progress=stop)
"""


@pytest.mark.parametrize("phase", ["waiting", "listing", "reading"])
def test_a_killed_rebuild_is_noticed_and_completed(tmp_path: Path, phase: str) -> None:
    home = tmp_path / "w"
    with wb.open(home, actor="ann") as ws:
        quiet(ws, pictures(tmp_path / "a", 6), "first")
        before = dump(ws)
        process = subprocess.Popen(
            [sys.executable, "-c", STUCK, str(home), phase], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with process:
            assert process.stdout.readline() == b"here\n"
            assert "A rebuild is under way" in ws.check()["says"].iloc[0]
            with pytest.raises(WorkspaceBusy, match="under way"):
                ws.rebuild(progress=False)
            process.kill()
        assert "did not finish" in ws.check()["says"].iloc[0]
        ws.rebuild(progress=False)
        assert dump(ws) == before
        account(ws, 6)


def test_a_rebuild_waits_for_a_scan_under_way(ws: wb.Bench, tmp_path: Path) -> None:
    a = pictures(tmp_path / "a", 6)
    started, go_on = threading.Event(), threading.Event()

    def hold(progress: Progress) -> None:
        if progress.phase == "reading":
            started.set()
            assert go_on.wait(60)

    scanning = threading.Thread(target=lambda: ws.scan(a, workers=1, progress=hold))
    scanning.start()
    assert started.wait(60)
    rebuilt = threading.Thread(target=lambda: ws.rebuild(progress=False))
    rebuilt.start()
    while ws.unfinished_rebuild() is None:
        assert rebuilt.is_alive()
    assert (ws.folder / "rebuild.unfinished").exists()
    go_on.set()
    scanning.join(60)
    rebuilt.join(60)
    account(ws, 6)
