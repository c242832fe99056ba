"""Kill -9 at any instant: no acknowledged change is lost, the records are whole, the scan goes on where it was."""

import contextlib
import random
import subprocess
import sys
from pathlib import Path

import pytest
from small_collections import account, pictures, png

import workbench as wb

pytestmark = pytest.mark.slow

ROUNDS = 36
FILES = 30

WRITER = """
import sys, itertools
import workbench as wb
ws = wb.open(sys.argv[1], actor=sys.argv[2])
print("ready", flush=True)
for n in itertools.count():
    with ws.change("round") as change:
        image_id = sys.argv[3 + n % (len(sys.argv) - 3)]
        change.add("values_set", {"image_ids": [image_id], "values": {"Xmp.dc.title": str(n)}})
    print(change.events[0].event_id, flush=True)
"""


def start(*line: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_kills_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(20260301)
    home, folder = tmp_path / "w", pictures(tmp_path / "photos", FILES)
    with wb.open(home, actor="ann") as ws:
        ws.scan(folder, progress=False, workers=1)
        ids = ws.sql("select image_id from images order by path limit 3")["image_id"].tolist()
    scan_line = ["-m", "workbench", "scan", str(folder), "--workspace", str(home), "--quiet", "--workers", "1"]
    kills = amid = 0
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        shuffle(folder, chance, number)
        processes = [start("-c", WRITER, str(home), who, *ids) for who in ("ann", "bob")]
        for writer in processes:
            assert writer.stdout.readline() == "ready\n", writer.stderr.read()
        processes.append(start(*scan_line))
        let_run(processes, chance.uniform(0.0, 2.2))
        for process in chance.sample(processes, 3):
            amid += process.poll() is None
            process.kill()
            kills += 1
        for process in processes:
            out, err = process.communicate(timeout=60)
            assert "Error" not in err, err
            acknowledged.update(line for line in out.split("\n")[:-1] if len(line) == 32)
        if number % 6 == 5:
            must_be_whole(home, acknowledged)
    must_be_whole(home, acknowledged)
    assert kills >= 100
    assert amid >= 80, "hardly anything was still running when it was killed"
    assert len(acknowledged) > ROUNDS
    with wb.open(home, actor="ann") as ws:
        assert ws.scan(folder, progress=False, workers=1).outcome == "finished"
        account(ws, len(list(folder.iterdir())))
        before = catalogued(ws)
        ws.rebuild(progress=False)
        assert catalogued(ws) == before
        account(ws, len(list(folder.iterdir())))


def let_run(processes: list[subprocess.Popen[str]], seconds: float) -> None:
    """Let them run for so long, or until the scan is done; any instant will do for the kill, so it is no guess."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        processes[-1].wait(timeout=seconds)


def shuffle(folder: Path, chance: random.Random, number: int) -> None:
    """Change, move, add and remove some files, so that every scan has something to do."""
    files = sorted(folder.iterdir())
    for path in chance.sample(files, 6):
        path.write_bytes(png(1_000 * (number + 1) + chance.randrange(900)))
    for path in chance.sample(files, 4):
        path.rename(folder / f"moved {number} {path.name[-10:]}")
    files = sorted(folder.iterdir())
    files[-1].unlink()
    pictures(folder, 2, start=500 + 2 * number)


def must_be_whole(home: Path, acknowledged: set[str]) -> None:
    with wb.open(home, actor="ann") as ws:
        ws.verify()
        written = set(ws.sql("select event_id from events")["event_id"])
        assert acknowledged <= written
        assert ws.sql("select count(*) as n from events")["n"].iloc[0] == ws.ledger.head()[0]
        found = ws.check()
        assert found.empty, found.to_string()


def catalogued(ws: wb.Bench) -> list[object]:
    questions = (
        "select image_id, path, batch, checksum, moved_from from images order by 1",
        "select image_id, field, value from entered order by all",
    )
    return [ws.sql_table(question).to_pylist() for question in questions]
