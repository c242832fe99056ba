from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from picture_files import encoded, photograph
from small_collections import command as run
from small_collections import fill
from waiting import until

import workbench as wb
from workbench.arrivals import Arrival
from workbench.errors import BadValue, SourceUnreachable
from workbench.stopping import until_stopped
from workbench.watching import watch

ONE = photograph(420, 300, 1)
PATIENCE = 60.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("watching")
    fill(home / "in", {"one.jpg": encoded(ONE, "JPEG", quality=92)})
    with wb.open(home / "ws", actor="tester") as ws:
        ws.scan(home / "in", workers=1, progress=False)
    return home


@pytest.fixture(scope="module")
def ws(home: Path) -> Iterator[wb.Bench]:
    with wb.open(home / "ws", actor="tester") as bench:
        yield bench


class Watching:
    """A watch on a thread of its own, and what it has told so far."""

    def __init__(self, ws: wb.Bench, folder: Path, **how: Any) -> None:
        self.told: list[Arrival] = []
        self.stop = threading.Event()
        self._news = threading.Condition()
        self.thread = threading.Thread(target=self._run, args=(ws, folder, how))
        self.thread.start()

    def _run(self, ws: wb.Bench, folder: Path, how: dict[str, Any]) -> None:
        self.report = watch(ws, folder, settle=0.05, tell=self._tell, stop=self.stop, **how)

    def _tell(self, arrival: Arrival) -> None:
        with self._news:
            self.told.append(arrival)
            self._news.notify_all()

    def wait(self, count: int) -> list[tuple[str, str]]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.told) >= count, timeout=PATIENCE)
            return [(Path(a.name).name, a.verdict) for a in self.told]

    def end(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def watching(ws: wb.Bench, tmp_path: Path) -> Iterator[Watching]:
    started = Watching(ws, tmp_path)
    yield started
    started.end()


def test_each_arriving_file_is_answered_for_once(watching: Watching, tmp_path: Path) -> None:
    fill(tmp_path, {"a.jpg": encoded(photograph(420, 300, 5), "JPEG")})
    assert watching.wait(1) == [("a.jpg", "new")]
    fill(tmp_path, {"deep/er/b.png": encoded(ONE.resize((210, 150)), "PNG")})
    assert watching.wait(2)[1:] == [("b.png", "duplicate")]
    fill(tmp_path, {"notes.txt": b"words"})
    assert watching.wait(3)[2:] == [("notes.txt", "problem")]
    watching.end()
    assert len(watching.told) == 3
    assert watching.report.verdicts == {"new": 1, "duplicate": 1, "problem": 1}
    assert "1 duplicate" in str(watching.report)


def test_of_two_copies_that_arrive_together_the_second_is_a_duplicate(watching: Watching, tmp_path: Path) -> None:
    picture = photograph(420, 300, 6)
    fill(tmp_path, {"1.jpg": encoded(picture, "JPEG"), "2.jpg": encoded(picture.resize((300, 214)), "JPEG")})
    assert watching.wait(2) == [("1.jpg", "new"), ("2.jpg", "duplicate")]
    assert watching.told[1].of[0].path == str(tmp_path / "1.jpg")


def test_a_file_that_is_written_again_is_answered_for_again(watching: Watching, tmp_path: Path) -> None:
    path = fill(tmp_path, {"c.jpg": encoded(photograph(420, 300, 7), "JPEG")}) / "c.jpg"
    watching.wait(1)
    path.write_bytes(encoded(ONE, "JPEG", quality=60))
    assert watching.wait(2) == [("c.jpg", "new"), ("c.jpg", "duplicate")]


def test_unfinished_files_are_left_alone_until_they_get_their_name(watching: Watching, tmp_path: Path) -> None:
    data = encoded(photograph(420, 300, 8), "JPEG")
    fill(tmp_path, {".hidden.jpg": data, "d.jpg.part": data, "d.jpg~": data})
    fill(tmp_path, {"marker.txt": b"after them"})
    assert watching.wait(1) == [("marker.txt", "problem")]
    (tmp_path / "d.jpg.part").rename(tmp_path / "d.jpg")
    assert watching.wait(2)[1] == ("d.jpg", "new")


def test_a_growing_file_is_waited_for(ws: wb.Bench, tmp_path: Path) -> None:
    data = encoded(photograph(420, 300, 10), "JPEG")
    told: list[Arrival] = []
    path = tmp_path / "slow.jpg"
    done = threading.Event()

    def write() -> None:
        with path.open("wb") as file:
            for start in range(0, len(data), len(data) // 12):
                file.write(data[start : start + len(data) // 12])
                file.flush()
                done.wait(0.1)  # slower than the file settles, if anybody looked at its name only

    writer = threading.Thread(target=write)
    writer.start()
    watch(ws, tmp_path, settle=1.0, once=True, tell=told.append)
    writer.join()
    if not told:  # it looked before the file was there
        watch(ws, tmp_path, settle=1.0, once=True, tell=told.append)
    assert [a.verdict for a in told] == ["new"]


def test_once_answers_for_what_is_there_and_ends(ws: wb.Bench, tmp_path: Path) -> None:
    fill(tmp_path, {"a.jpg": encoded(ONE, "JPEG", quality=66), "b.jpg": encoded(photograph(420, 300, 12), "JPEG")})
    told: list[Arrival] = []
    report = watch(ws, tmp_path, settle=0.05, once=True, tell=told.append)
    assert [a.verdict for a in told] == ["duplicate", "new"]
    assert report.turned_away == 0
    assert watch(ws, tmp_path / "a.jpg", settle=0.05, once=True).verdicts == {"duplicate": 1}


def test_refused_files_are_moved_and_not_met_again(ws: wb.Bench, home: Path, tmp_path: Path) -> None:
    fill(tmp_path, {"a.jpg": encoded(ONE, "JPEG", quality=67), "b.jpg": encoded(photograph(420, 300, 13), "JPEG")})
    report = watch(ws, tmp_path, settle=0.05, once=True, policy="quarantine")
    assert report.turned_away == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.jpg"]
    assert watch(ws, tmp_path, settle=0.05, once=True, policy="quarantine").turned_away == 0
    for inside in ("ws", "ws/incoming-quarantine"):
        with pytest.raises(BadValue, match="workspace"):
            watch(ws, home / inside, once=True)


def test_what_was_turned_away_is_listed_and_put_back(home: Path, tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="tester") as own:
        own.scan(home / "in", workers=1, progress=False)
    names = ("a.jpg", "b.jpg", "c.jpg")
    files = {name: encoded(ONE, "JPEG", quality=60 + n) for n, name in enumerate(names)}
    arriving = fill(tmp_path / "arriving", files)
    where = ("--workspace", tmp_path / "ws", "--actor", "t")
    watched = run("watch", arriving, *where, "--once", "--settle", "0.05", "--policy", "quarantine")
    assert "`workbench dedup turned-away` lists them" in watched.stderr
    assert list(arriving.iterdir()) == []
    listed = json.loads(run("dedup", "turned-away", *where, "--json").stdout)
    places = {Path(row["path"]).name: row["place"] for row in listed}
    assert sorted(places) == sorted(files)
    assert "3 arriving files" in run("dedup", "restore", "--all", *where).stdout
    one = run("dedup", "turned-away", *where, "--put-back", places["a.jpg"])
    assert (one.returncode, one.stdout.splitlines()[0]) == (0, "1 files put back, 0 not."), one.stderr
    again = run("dedup", "turned-away", *where, "--put-back", places["a.jpg"])
    assert (again.returncode, "`workbench dedup turned-away` lists" in again.stderr) == (1, True)
    fill(arriving, {"b.jpg": b"somebody else's"})
    rest = run("dedup", "turned-away", *where, "--put-back", "all", "--json")
    told = json.loads(rest.stdout)
    assert (rest.returncode, told["put_back"]) == (1, [str(arriving / "c.jpg")])
    assert [left["place"] for left in told["left"]] == [places["b.jpg"]]
    assert {name: (arriving / name).read_bytes() for name in names} == files | {"b.jpg": b"somebody else's"}


def test_a_share_that_goes_away_ends_nothing(watching: Watching, tmp_path: Path) -> None:
    moved = tmp_path.with_name(tmp_path.name + " away")
    fill(tmp_path, {"a.txt": b"1"})
    watching.wait(1)
    tmp_path.rename(moved)
    until(lambda: watching.thread.is_alive(), PATIENCE)
    moved.rename(tmp_path)
    fill(tmp_path, {"b.txt": b"2"})
    assert ("b.txt", "problem") in _told_until(watching, "b.txt")


def _told_until(watching: Watching, name: str) -> list[tuple[str, str]]:
    until(lambda: any(Path(a.name).name == name for a in watching.told), PATIENCE)
    return watching.wait(1)


def test_what_cannot_be_watched_is_said(ws: wb.Bench, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable):
        watch(ws, tmp_path / "nowhere", once=True)
    with pytest.raises(BadValue, match="settle"):
        watch(ws, tmp_path, settle=-1, once=True)
    with pytest.raises(BadValue, match="policy"):
        watch(ws, tmp_path, policy="burn", once=True)  # type: ignore[arg-type]  # wrong on purpose


def test_signals_stop_instead_of_breaking_off() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with until_stopped() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(PATIENCE)
    assert signal.getsignal(signal.SIGTERM) == before


def command(home: Path, folder: Path, *more: str) -> list[str]:
    asked = [sys.executable, "-m", "workbench", "watch", str(folder), "--workspace", str(home / "ws"), "--actor", "t"]
    return [*asked, "--settle", "0.05", *more]


def test_the_command_answers_one_line_each(home: Path, tmp_path: Path) -> None:
    fill(tmp_path, {"a.jpg": encoded(ONE, "JPEG", quality=68), "b é\n.jpg": encoded(photograph(420, 300, 14), "JPEG")})
    done = subprocess.run(command(home, tmp_path, "--once", "--json"), capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["verdict"] for a in answers] == ["duplicate", "new"]
    assert done.returncode == 0
    refused = subprocess.run(
        command(home, tmp_path, "--once", "--policy", "refuse"), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert len(refused.stdout.splitlines()) == 2, "one line each, whatever a name holds"
    assert refused.stdout.startswith("duplicate of one.jpg: ")


def test_the_command_stops_cleanly_when_asked_to(home: Path, tmp_path: Path) -> None:
    fill(tmp_path, {"a.jpg": encoded(ONE, "JPEG", quality=69)})
    with subprocess.Popen(
        command(home, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith("duplicate of one.jpg")
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0
        assert "1 duplicate" in running.stderr.read()
