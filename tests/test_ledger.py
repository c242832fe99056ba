import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from workbench.errors import LedgerBroken, StorageError
from workbench.events import GENESIS, Draft, pack
from workbench.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def note(number: int, **more: object) -> Draft:
    return Draft("values_set", {"image_ids": [f"i{number}"], "values": {"Xmp.dc.title": f"title {number}"}}, **more)


def tamper(path: Path, statement: str, table: str = "events") -> None:
    db = sqlite3.connect(path)
    for verb in ("update", "delete"):
        db.execute(f"drop trigger {table}_no_{verb}")
    db.execute(statement)
    db.commit()
    db.close()


def test_events_come_back_in_order_and_chained(path: Path) -> None:
    ledger = Ledger(path, version="1")
    ledger.append([note(1), note(2)], actor="ann", reason="letter")
    ledger.append([note(3)], actor="bob")
    events = ledger.read()
    assert [e.seq for e in events] == [1, 2, 3]
    assert [e.actor for e in events] == ["ann", "ann", "bob"]
    assert events[0].prev == GENESIS
    assert [e.prev for e in events[1:]] == [e.hash for e in events[:-1]]
    assert ledger.verify().events == 3
    assert ledger.verify().head == events[-1].hash == ledger.hash_at(3)
    assert [e.seq for e in ledger.read(after=1, limit=1)] == [2]


def test_same_event_twice_is_written_once(path: Path) -> None:
    ledger = Ledger(path, version="1")
    draft = note(1)
    assert len(ledger.append([draft], actor="ann")) == 1
    assert ledger.append([draft], actor="ann") == []
    assert ledger.verify().events == 1


def test_all_or_nothing(path: Path) -> None:
    ledger = Ledger(path, version="1")
    unwritable = Draft("values_set", {"image_ids": [], "values": {"x": float("nan")}})
    with pytest.raises(ValueError, match="JSON"):
        ledger.append([note(1), unwritable], actor="ann")
    assert ledger.head() == (0, GENESIS)


@pytest.mark.parametrize(
    "statement", ["update events set actor = 'eve'", "delete from events", "delete from attachments"]
)
def test_engine_refuses_changes(path: Path, statement: str) -> None:
    ledger = Ledger(path, version="1")
    ledger.append([note(1, attachment=pack([[1]]))], actor="ann")
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("update events set payload = '{}' where seq = 2", "Event 2 was changed"),
        ("update events set actor = 'eve' where seq = 3", "Event 3 was changed"),
        ("delete from events where seq = 2", "Event 2 is missing"),
    ],
)
def test_tampering_is_found_and_the_first_broken_event_named(path: Path, statement: str, says: str) -> None:
    ledger = Ledger(path, version="1")
    ledger.append([note(n) for n in range(1, 6)], actor="ann")
    tamper(path, statement)
    with pytest.raises(LedgerBroken, match=says):
        ledger.verify()


def test_tampered_attachment_is_found(path: Path) -> None:
    ledger = Ledger(path, version="1")
    ledger.append([note(1, attachment=pack([["a"]]))], actor="ann")
    assert ledger.attachment(1) == pack([["a"]])
    tamper(path, "update attachments set data = x'00'", table="attachments")
    with pytest.raises(LedgerBroken, match="attachment of event 1"):
        ledger.verify()


def test_not_a_ledger_is_a_clear_error(path: Path) -> None:
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(StorageError, match="ledger"):
        Ledger(path, version="1")


def test_threads_write_at_once(path: Path) -> None:
    ledger = Ledger(path, version="1")
    threads = [
        threading.Thread(target=lambda who=who: [ledger.append([note(n)], actor=who) for n in range(20)])
        for who in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.verify().events == 80


WRITER = """
import sys
from pathlib import Path
from workbench.events import Draft
from workbench.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), version="1")
for n in range(50):
    ledger.append([Draft("values_set", {"image_ids": [str(n)], "values": {}})], actor=sys.argv[2])
"""


def test_processes_write_at_once(path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), who]) for who in ("ann", "bob", "cyd")]
    assert [w.wait(60) for w in writers] == [0, 0, 0]
    ledger = Ledger(path, version="1")
    assert ledger.verify().events == 150
    for who in ("ann", "bob", "cyd"):
        assert [e.payload["image_ids"] for e in ledger.read() if e.actor == who] == [[str(n)] for n in range(50)]
