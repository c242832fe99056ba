import errno
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_collections import account, command, entered, fill, image_ids, jpeg, pictures, png

import workbench as wb
from workbench import sources
from workbench.errors import BadValue, SourceUnreachable, Stale
from workbench.measure import Item, measure_file
from workbench.scan import Progress, _Departed, _Scan, scan

pytestmark = pytest.mark.core


@pytest.fixture
def ws(tmp_path: Path):
    with wb.open(tmp_path / "workspace", actor="ann") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    return made


def quiet(ws: wb.Bench, source: str | Path, **how: object):
    return ws.scan(source, progress=False, workers=1, **how)


def problems(ws: wb.Bench) -> dict[str, str]:
    found = ws.sql("select path, kind from problems")
    return dict(zip(found["path"], found["kind"], strict=True))


def batches(ws: wb.Bench) -> dict[str, str]:
    found = ws.sql("select path, batch from images")
    return dict(zip(found["path"], found["batch"], strict=True))


# -- every file gets a row


def test_everything_in_a_folder_is_accounted_for(ws: wb.Bench, folder: Path) -> None:
    whole = jpeg(9, "Nine", ("red", "Röd", "rod"))
    fill(
        folder,
        {
            "a.png": png(1), "same/a.png": png(1), "wrong.txt": png(2), "deep/" + "d/" * 60 + "x.jpg": whole,
            "empty.jpg": b"", "notes.txt": b"no picture at all", "cut.jpg": whole[: len(whole) // 2],
            "-rf.png": png(3), " spaces  .png": png(4), "日本語 – ёлка.png": png(5), "new\nline.png": png(6),
            "'quote\";drop table.png": png(7), "%2e%2e.png": png(8), ("ü" * 125)[:125] + ".png": png(10),
        },
    )  # fmt: skip
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.png")).write_bytes(png(11))
    (folder / "round").symlink_to(folder)
    (folder / "nowhere.png").symlink_to("missing.png")
    (folder / "again.png").symlink_to("a.png")
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(folder / "s"))
    report = quiet(ws, folder)
    account(ws, 19)
    assert (report.files, report.read, report.images, report.problems) == (19, 19, 13, 6)
    assert problems(ws) == {
        "empty.jpg": "empty", "notes.txt": "not_an_image", "cut.jpg": "truncated",
        "nowhere.png": "not_a_file", "pipe.png": "not_a_file", "s": "not_a_file",
    }  # fmt: skip
    assert "\\xff\\xfe.png" in image_ids(ws)
    assert ws.sql("select format from images where path = 'wrong.txt'")["format"].tolist() == ["PNG"]
    assert ws.sql("select keyword_count from images where title = 'Nine'")["keyword_count"].tolist() == [2]

    again = quiet(ws, folder)
    assert (again.read, again.unchanged, again.moved, again.vanished) == (0, 19, 0, 0)
    account(ws, 19)


def test_an_empty_source(ws: wb.Bench, folder: Path) -> None:
    assert quiet(ws, folder).files == 0
    account(ws, 0)
    assert ws.sql("select files from sources")["files"].tolist() == [0]


def test_a_source_that_is_not_there(ws: wb.Bench, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable) as caught:
        quiet(ws, tmp_path / "missing")
    assert caught.value.hint
    assert ws.sql("from sources").empty


@pytest.mark.parametrize("how", [{"workers": 0}, {"workers": -2}, {"batch": "  "}])
def test_arguments_that_cannot_be_right(ws: wb.Bench, folder: Path, how: dict[str, object]) -> None:
    with pytest.raises(BadValue) as caught:
        scan(ws, folder, **how)
    assert caught.value.hint


def test_the_workspace_is_no_source(ws: wb.Bench) -> None:
    with pytest.raises(BadValue, match="workspace itself"):
        quiet(ws, ws.folder)


def test_a_workspace_inside_its_source_is_left_out(folder: Path) -> None:
    pictures(folder, 3)
    with wb.open(folder / "work", actor="ann") as ws:
        assert quiet(ws, folder).files == 3
        assert quiet(ws, folder).unchanged == 3
        account(ws, 3)


def test_one_source_by_any_of_its_names(ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(folder, 2)
    monkeypatch.chdir(folder.parent)
    (folder / "inner").mkdir()
    for name in (folder, f"{folder}/", "photos", "./photos//", folder / "inner" / "..", sources.root_uri(folder)):
        report = quiet(ws, name)
        assert report.source == "photos"
    assert ws.sql("from sources")["source"].tolist() == ["photos"]
    account(ws, 2)


def test_two_sources_of_the_same_name(ws: wb.Bench, tmp_path: Path) -> None:
    names = [quiet(ws, pictures(tmp_path / who / "photos", 2)).source for who in "abc"]
    assert names == ["photos", "photos (2)", "photos (3)"]
    assert quiet(ws, tmp_path / "b" / "photos").source == "photos (2)"
    account(ws, 6)


def test_a_single_file_as_source(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 2)
    assert quiet(ws, folder / "001.png").files == 1
    assert list(image_ids(ws)) == ["001.png"]
    (folder / "001.png").write_bytes(png(99))
    assert quiet(ws, folder / "001.png").read == 1
    account(ws, 1)


def test_a_source_inside_another(ws: wb.Bench, folder: Path) -> None:
    pictures(folder / "inner", 2)
    pictures(folder, 1)
    quiet(ws, folder / "inner")
    assert quiet(ws, folder).unchanged == 2
    account(ws, 3)
    (folder / "inner" / "000.png").unlink()
    assert quiet(ws, folder).vanished == 1
    account(ws, 2)


# -- files that change while they are looked at


def item(path: Path) -> Item:
    status = path.stat()
    uri = sources.root_uri(path)
    return Item(sources.image_id(uri), uri, path.name, status.st_size, status.st_mtime_ns)


def test_a_file_removed_after_it_was_listed(folder: Path) -> None:
    path = pictures(folder, 1) / "000.png"
    listed = item(path)
    path.unlink()
    [found] = measure_file(listed).problems
    assert (found.stage, found.kind) == ("read", "vanished_while_reading")


def test_a_folder_put_in_a_files_place(folder: Path) -> None:
    path = pictures(folder, 1) / "000.png"
    listed = item(path)
    path.unlink()
    path.mkdir()
    [found] = measure_file(listed).problems
    assert found.kind == "unreadable"


def test_a_file_written_after_it_was_listed_is_read_as_it_is_now(folder: Path) -> None:
    path = pictures(folder, 1) / "000.png"
    listed = item(path)
    path.write_bytes(png(5, side=32))
    os.utime(path, ns=(1, 1))
    measured = measure_file(listed)
    assert measured.problems == []
    assert measured.size == path.stat().st_size


def test_a_file_that_somebody_keeps_writing(ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(folder, 4)
    with monkeypatch.context() as patched:
        patched.setattr("workbench.scan._TASK", "scan_tasks:measure_while_written")
        quiet(ws, folder)
    account(ws, 4)
    assert problems(ws) == {"003.png": "changed_while_reading"}
    assert quiet(ws, folder).read == 1
    assert problems(ws) == {}
    account(ws, 4)


def test_folders_that_come_and_go_while_the_scan_runs(ws: wb.Bench, folder: Path) -> None:
    pictures(folder / "stays", 5)
    stop = threading.Event()

    def restless() -> None:
        while not stop.is_set():
            pictures(folder / "moves", 5, start=50)
            (folder / "moves").rename(folder / "moved")
            for path in (folder / "moved").iterdir():
                path.unlink()
            (folder / "moved").rmdir()

    thread = threading.Thread(target=restless)
    thread.start()
    try:
        for _ in range(5):
            assert quiet(ws, folder).outcome == "finished"
            assert ws.check().empty
    finally:
        stop.set()
        thread.join()
    quiet(ws, folder)
    account(ws, 5)


# -- the second time


def test_a_file_changed_in_place_is_read_again(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 3)
    quiet(ws, folder, batch="first")
    ids = image_ids(ws)
    (folder / "001.png").write_bytes(png(77, side=32))
    report = quiet(ws, folder, batch="second")
    assert (report.read, report.unchanged, report.moved, report.vanished) == (1, 2, 0, 0)
    assert image_ids(ws) == ids
    assert set(batches(ws).values()) == {"first"}
    account(ws, 3)


def test_a_file_only_touched_is_read_but_not_received_again(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 2)
    quiet(ws, folder)
    os.utime(folder / "001.png", ns=(10**18, 10**18))
    assert quiet(ws, folder).read == 1
    assert ws.sql("select count(*) as n from events where kind = 'images_received'")["n"].tolist() == [1]
    account(ws, 2)


def test_stopped_between_receiving_a_file_and_noting_its_facts(
    ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(folder, 3)
    quiet(ws, folder)
    changed, before = folder / "001.png", (folder / "001.png").read_bytes()
    time = changed.stat().st_mtime_ns
    changed.write_bytes(png(77, side=32))
    with monkeypatch.context() as stopped:
        stopped.setattr(_Scan, "_add", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            quiet(ws, folder)
    assert ws.check().empty
    # As it was when its facts were noted, in time and size too: it must be read all the same.
    changed.write_bytes(before)
    os.utime(changed, ns=(time, time))
    assert quiet(ws, folder).read == 1
    account(ws, 3)
    assert ws.check().empty


def test_again_reads_everything(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 3)
    quiet(ws, folder)
    assert quiet(ws, folder, again=True).read == 3
    account(ws, 3)


@pytest.mark.parametrize("time", [-(10**18), 0, 4_000_000_000 * 10**9, 2**63 - 1])
def test_times_no_camera_has(ws: wb.Bench, folder: Path, time: int) -> None:
    path = pictures(folder, 1) / "000.png"
    os.utime(path, ns=(time, time))  # the file system keeps what it can
    quiet(ws, folder)
    account(ws, 1)
    assert quiet(ws, folder).unchanged == 1


def test_a_broken_file_that_was_mended_becomes_an_image(ws: wb.Bench, folder: Path) -> None:
    fill(folder, {"a.png": png(1)[:60]})
    quiet(ws, folder)
    assert list(problems(ws)) == ["a.png"]
    fill(folder, {"a.png": png(1)})
    quiet(ws, folder)
    assert problems(ws) == {}
    account(ws, 1)


# -- moved and vanished


def test_a_moved_file_keeps_its_batch_and_what_was_entered(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 3)
    quiet(ws, folder, batch="first")
    ids = image_ids(ws)
    ws.set_values([ids["001.png"]], {"Xmp.dc.title": "One"})
    (folder / "sub").mkdir()
    (folder / "001.png").rename(folder / "sub" / "one.png")
    report = quiet(ws, folder, batch="second")
    assert (report.read, report.moved, report.vanished) == (1, 1, 0)
    assert entered(ws) == {"sub/one.png": "One"}
    assert batches(ws) == {"000.png": "first", "002.png": "first", "sub/one.png": "first"}
    assert ws.sql("select moved_from from images where path = 'sub/one.png'")["moved_from"].tolist() == [ids["001.png"]]
    assert ws.sql("from vanished").empty
    account(ws, 3)

    # Somebody whose screen still shows the old place saves: it arrives at the file.
    ws.set_values([ids["001.png"]], {"Xmp.dc.title": "One, corrected"})
    assert entered(ws) == {"sub/one.png": "One, corrected"}

    (folder / "sub" / "one.png").rename(folder / "001.png")
    assert quiet(ws, folder, batch="third").moved == 1
    assert entered(ws) == {"001.png": "One, corrected"}
    assert batches(ws)["001.png"] == "first"
    account(ws, 3)

    (folder / "001.png").unlink()
    quiet(ws, folder)
    gone = ws.sql("from vanished")
    assert (gone["uri"].tolist(), gone["batch"].tolist()) == ([sources.root_uri(folder) + "/001.png"], ["first"])


def test_a_renamed_folder_full_of_copies_moves_whole(ws: wb.Bench, folder: Path) -> None:
    fill(folder, {f"old/{n}.png": png(n % 2) for n in range(6)})
    quiet(ws, folder)
    for path, image_id in image_ids(ws).items():
        ws.set_values([image_id], {"Xmp.dc.title": path[-5:]})
    (folder / "old").rename(folder / "new")
    assert quiet(ws, folder).moved == 6
    assert entered(ws) == {f"new/{n}.png": f"{n}.png" for n in range(6)}
    account(ws, 6)


def test_a_file_moved_over_another(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 2)
    quiet(ws, folder)
    for path, image_id in image_ids(ws).items():
        ws.set_values([image_id], {"Xmp.dc.title": path})
    (folder / "000.png").rename(folder / "001.png")
    assert quiet(ws, folder).moved == 1
    assert entered(ws) == {"001.png": "000.png"}
    account(ws, 1)


def test_a_copy_is_no_move(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 1)
    quiet(ws, folder)
    ws.set_values([image_ids(ws)["000.png"]], {"Xmp.dc.title": "original"})
    fill(folder, {"copy.png": png(0)})
    assert quiet(ws, folder).moved == 0
    assert entered(ws) == {"000.png": "original"}


def test_empty_files_are_never_taken_for_each_other(ws: wb.Bench, folder: Path) -> None:
    fill(folder, {"a.jpg": b""})
    quiet(ws, folder)
    (folder / "a.jpg").rename(folder / "b.jpg")
    report = quiet(ws, folder)
    assert (report.moved, report.vanished) == (0, 1)
    account(ws, 1)


def test_a_place_left_and_taken_by_a_copy_stands_for_itself(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 1)
    quiet(ws, folder)
    old = image_ids(ws)["000.png"]
    (folder / "000.png").rename(folder / "b.png")
    quiet(ws, folder)
    fill(folder, {"000.png": png(0)})
    quiet(ws, folder)
    ws.set_values([old], {"Xmp.dc.title": "mine"})
    assert entered(ws) == {"000.png": "mine"}
    account(ws, 2)


def test_vanished_files_leave_the_images_and_are_remembered(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 3)
    quiet(ws, folder, batch="b")
    (folder / "001.png").unlink()
    assert quiet(ws, folder).vanished == 1
    assert list(image_ids(ws)) == ["000.png", "002.png"]
    assert ws.sql("select batch from vanished")["batch"].tolist() == ["b"]
    account(ws, 2)
    pictures(folder, 3)
    quiet(ws, folder)
    assert ws.sql("from vanished").empty
    account(ws, 3)


def test_files_under_a_folder_that_cannot_be_listed_have_not_vanished(
    ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(folder / "locked", 2)
    pictures(folder / "locked too", 1, start=5)
    quiet(ws, folder)
    listed = os.scandir

    def refuse(place: object) -> object:
        if os.fsencode(str(place) if isinstance(place, Path) else place).endswith(b"/locked"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listed(place)

    with monkeypatch.context() as patched:  # root may list every folder, so the system call is made to refuse
        patched.setattr(os, "scandir", refuse)
        report = quiet(ws, folder)
    assert (report.vanished, problems(ws)) == (0, {"locked": "unreadable_folder"})
    assert len(image_ids(ws)) == 3
    assert ws.check().empty
    quiet(ws, folder)
    account(ws, 3)


names = st.integers(0, 5).map(lambda n: f"{n}.png")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), names, st.integers(0, 3)),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("remove"), names, st.just(0)),
        st.tuples(st.just("scan"), st.just(""), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(steps)
def test_whatever_happens_to_the_files_each_has_one_row(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    home = tmp_path_factory.mktemp("any")
    folder = home / "photos"
    folder.mkdir()
    with wb.open(home / "workspace", actor="ann") as ws:
        for verb, name, what in [*steps, ("scan", "", 0)]:
            path = folder / name
            if verb == "write":
                path.write_bytes(png(what))
            elif verb == "scan":
                quiet(ws, folder)
            elif path.exists():
                path.rename(folder / what) if verb == "rename" else path.unlink()
        account(ws, len(list(folder.iterdir())))
        assert set(image_ids(ws)) == {p.name for p in folder.iterdir()}


def test_departed_prefers_the_same_name() -> None:
    departed = _Departed([("c", "1", "file:///a/x.png"), ("c", "2", "file:///a/y.png")])
    assert departed.take("c", "file:///b/y.png") == "2"
    assert departed.take("c", "file:///b/y.png") == "1"
    assert departed.take("c", "file:///b/y.png") is None
    assert departed.take(None, "file:///b/y.png") is None


# -- stopped, interrupted, in company


def test_cancelled_and_resumed(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 40)
    cancel = threading.Event()

    def after_ten(progress: Progress) -> None:
        if progress.done >= 1:
            cancel.set()

    report = scan(ws, folder, workers=1, progress=after_ten, cancel=cancel)
    assert report.outcome == "cancelled"
    assert 0 < report.read <= 40
    assert ws.sql("select outcome from scans")["outcome"].tolist() == ["cancelled"]
    [says] = ws.check()["says"]
    assert "scan the source again" in says
    rest = quiet(ws, folder)
    assert rest.read == 40 - report.read
    account(ws, 40)


def test_cancelled_before_it_began(ws: wb.Bench, folder: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    assert scan(ws, pictures(folder, 3), cancel=cancel).outcome == "cancelled"
    assert ws.sql("from scans").empty


def test_ctrl_c_on_the_command_line(tmp_path: Path, folder: Path) -> None:
    pictures(folder, 400)
    line = [sys.executable, "-m", "workbench", "scan", str(folder), "--workspace", str(tmp_path / "w"), "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ledger = tmp_path / "w" / "thumbnails"
    while not ledger.exists() and process.poll() is None:
        pass
    with wb.open(tmp_path / "w", actor="ann") as ws:
        while not any(event.kind == "scan_started" for event in ws.ledger.read()):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        assert process.returncode == 130
        assert '"cancelled"' in out
        quiet(ws, folder)
        account(ws, 400)


def test_two_scans_of_one_source_at_once(tmp_path: Path, folder: Path) -> None:
    pictures(folder, 60)
    line = [sys.executable, "-m", "workbench", "scan", str(folder), "--workspace", str(tmp_path / "w"), "--quiet"]
    scans = [subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [scanning.communicate(timeout=120)[1] for scanning in scans]
    assert [scanning.returncode for scanning in scans] == [0, 0], said
    with wb.open(tmp_path / "w", actor="ann") as ws:
        account(ws, 60)
        received = ws.sql("select sum((payload->>'count')::int) as n from events where kind = 'images_received'")
        assert received["n"].tolist() == [60]


def test_two_new_sources_of_one_name_at_once(tmp_path: Path) -> None:
    for who in ("a", "b"):
        pictures(tmp_path / who / "photos", 5)
    lines = [
        [sys.executable, "-m", "workbench", "scan", str(tmp_path / who / "photos"), "--workspace", str(tmp_path / "w")]
        for who in ("a", "b")
    ]
    scans = [subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for line in lines]
    said = [scanning.communicate(timeout=120)[1] for scanning in scans]
    assert [scanning.returncode for scanning in scans] == [0, 0], said
    with wb.open(tmp_path / "w", actor="ann") as ws:
        account(ws, 10)
        assert ws.sql("select source, files from sources order by source").values.tolist() == [
            ["photos", 5],
            ["photos (2)", 5],
        ]


def test_a_catalogue_made_anew_under_a_scan_is_noticed(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 5)
    remade = []

    def remake(progress: Progress) -> None:
        if progress.phase == "reading" and not remade:
            remade.append(1)
            ws.catalog.remake()

    with pytest.raises(Stale, match="anew"):
        scan(ws, folder, workers=1, progress=remake)
    quiet(ws, folder)
    account(ws, 5)


def test_a_worker_that_dies_costs_one_file(ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(folder, 8)
    monkeypatch.setattr("workbench.scan._TASK", "scan_tasks:measure_or_die")
    report = quiet(ws, folder)
    assert report.problem_kinds == {"crashed": 1}
    assert problems(ws) == {"003.png": "crashed"}
    account(ws, 8)
    monkeypatch.undo()
    assert quiet(ws, folder).read == 1
    assert problems(ws) == {}


def test_a_file_that_takes_too_long_costs_one_file(ws: wb.Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(folder, 8)
    monkeypatch.setattr("workbench.scan._TASK", "scan_tasks:measure_or_hang")
    monkeypatch.setattr("workbench.scan.DEADLINE", 1.0)
    assert quiet(ws, folder).problem_kinds == {"timeout": 1}
    assert problems(ws) == {"003.png": "timeout"}
    account(ws, 8)


def test_a_decompression_bomb_is_a_row(ws: wb.Bench, folder: Path) -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10_000_000), 9)
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    framed = b"".join(len(d).to_bytes(4, "big") + k + d + zlib.crc32(k + d).to_bytes(4, "big") for k, d in chunks)
    fill(folder, {"bomb.png": b"\x89PNG\r\n\x1a\n" + framed, "good.png": png(1)})
    quiet(ws, folder)
    assert problems(ws) == {"bomb.png": "decompression_bomb"}
    account(ws, 2)


def test_progress_adds_up(ws: wb.Bench, folder: Path) -> None:
    pictures(folder, 6)
    seen = []
    scan(ws, folder, workers=1, progress=lambda p: seen.append((p.phase, p.listed, p.total, p.done)))
    assert next(phase for phase, *_ in seen) == "waiting"
    assert seen[-1] == ("finished", 6, 6, 6)
    assert Progress(total=4, done=2, seconds=2.0).seconds_left == 2.0
    assert Progress().seconds_left is None


def test_the_command_scans_several_sources(tmp_path: Path) -> None:
    a, b = pictures(tmp_path / "a", 2), pictures(tmp_path / "b", 3, start=10)
    ran = command("scan", a, b, "--workspace", tmp_path / "w", "--batch", "march")
    assert ran.returncode == 0, ran.stderr
    assert "5 files: 5 images" in ran.stdout
