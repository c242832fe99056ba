"""The ledger: what people did, append-only and hash-chained, in SQLite. The precious half of a workspace."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import BadValue, LedgerBroken, StorageError, WorkspaceBusy
from workbench.events import GENESIS, Draft, Event, canonical, digest

PATIENCE = 60.0
"""Seconds to wait for other writers before giving up; a write takes milliseconds."""

_TABLES = (
    """create table if not exists events (
    seq integer primary key, event_id text not null unique, at text not null, actor text not null, kind text not null,
    reason text not null, payload text not null, version text not null, prev text not null, hash text not null
) strict""",
    """create table if not exists attachments (
    seq integer primary key references events (seq), data blob not null
) strict""",
)
_TRIGGER = """create trigger if not exists {table}_no_{verb} before {verb} on {table}
    begin select raise(abort, 'the ledger is append-only'); end"""
_COLUMNS = "seq, event_id, at, actor, kind, reason, payload, version, prev, hash"


@dataclass(frozen=True, slots=True)
class Verified:
    """A chain that verifies: how many events, and the hash of the last."""

    events: int
    head: str


class Ledger:
    """Events of one workspace; any number of threads and processes may append and read at once.

    Parameters
    ----------
    path : Path
        The SQLite file; made when missing.
    version : str
        Version of the workbench, written into every event.
    guard : callable, optional
        Is given the drafts and the actor before anything is written, and raises when they may not be.
    """

    def __init__(
        self, path: Path, *, version: str, guard: Callable[[Sequence[Draft], str], None] | None = None
    ) -> None:
        self.path = path
        self.version = version
        self._guarded = guard or (lambda drafts, actor: None)
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        with self._transaction() as db:
            for statement in _TABLES:
                db.execute(statement)
            for table in ("events", "attachments"):
                for verb in ("update", "delete"):
                    db.execute(_TRIGGER.format(table=table, verb=verb))

    def _connection(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            try:
                db = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
                self._patiently(lambda: db.execute("pragma journal_mode = wal"))
                db.execute("pragma synchronous = full")
            except sqlite3.Error as error:
                raise StorageError(
                    f"The ledger {self.path} can't be opened: {error}.", hint="Check the disk."
                ) from error
            self._local.db = db
            with self._guard:
                self._all.append(db)
        return db

    def _patiently(self, attempt: object) -> None:
        """Call ``attempt`` until SQLite isn't busy; short random waits, because its own busy wait starves writers."""
        deadline = time.monotonic() + PATIENCE
        pause = 0.001
        while True:
            try:
                attempt()  # type: ignore[operator]  # a closure over one execute()
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
                if time.monotonic() > deadline:
                    raise WorkspaceBusy(
                        f"The ledger was busy for {PATIENCE:.0f} seconds.",
                        hint="Look for another program that holds ledger.sqlite open.",
                    ) from error
            time.sleep(random.uniform(0, pause))  # noqa: S311  an uneven wait, no secret
            pause = min(pause * 1.5, 0.02)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._connection()
        try:
            self._patiently(lambda: db.execute("begin immediate"))
            try:
                yield db
                self._patiently(lambda: db.execute("commit"))
            except BaseException:
                if db.in_transaction:
                    db.execute("rollback")
                raise
        except sqlite3.Error as error:
            raise StorageError(
                f"The ledger couldn't be written: {error}.",
                hint="Nothing was changed. Check free space and permissions.",
            ) from error

    def append(self, drafts: Sequence[Draft], *, actor: str, reason: str = "") -> list[Event]:
        """Write events, all or none, durable on return; return the ones written.

        A draft whose ``event_id`` is already in the ledger is left out.
        """
        self._guarded(drafts, actor)
        _refuse_half_characters([actor, reason, *(canonical(draft.payload) for draft in drafts)])
        written: list[Event] = []
        with self._transaction() as db:
            seq, head = self._head(db)
            for draft in drafts:
                if db.execute("select 1 from events where event_id = ?", [draft.event_id]).fetchone():
                    continue
                event = self._chain(draft, seq + 1, head, actor, reason)
                db.execute(
                    f"insert into events ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?)",
                    [
                        event.seq, event.event_id, event.at, event.actor, event.kind, event.reason,
                        canonical(event.payload), event.version, event.prev, event.hash,
                    ],
                )  # fmt: skip
                if draft.attachment is not None:
                    db.execute("insert into attachments values (?, ?)", [event.seq, draft.attachment])
                seq, head = event.seq, event.hash
                written.append(event)
        return written

    @staticmethod
    def _now() -> datetime:
        """Return the time that the next event is stamped with: UTC."""
        return datetime.now(UTC)

    def _chain(self, draft: Draft, seq: int, prev: str, actor: str, reason: str) -> Event:
        payload = dict(draft.payload)
        if draft.attachment is not None:
            payload["attachment_sha256"] = hashlib.sha256(draft.attachment).hexdigest()
        at = self._now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = (seq, draft.event_id, at, actor, draft.kind, reason)
        hashed = digest(*head, canonical(payload), self.version, prev)
        return Event(*head, payload, self.version, prev, hashed)

    @staticmethod
    def _head(db: sqlite3.Connection) -> tuple[int, str]:
        row = db.execute("select seq, hash from events order by seq desc limit 1").fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def head(self) -> tuple[int, str]:
        """Return position and hash of the last event; ``(0, GENESIS)`` when there is none."""
        return self._head(self._connection())

    def read(self, *, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return events with ``seq > after`` in order."""
        found = self._connection().execute(
            f"select {_COLUMNS} from events where seq > ? order by seq limit ?", [after, -1 if limit is None else limit]
        )
        return [
            Event(seq, event_id, at, actor, kind, reason, json.loads(payload), version, prev, hashed)
            for seq, event_id, at, actor, kind, reason, payload, version, prev, hashed in found
        ]

    def attachment(self, seq: int) -> bytes | None:
        """Return the bulk that belongs to an event, or None."""
        row = self._connection().execute("select data from attachments where seq = ?", [seq]).fetchone()
        return row[0] if row else None

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of one event, GENESIS for 0, None when there is no such event."""
        if seq == 0:
            return GENESIS
        row = self._connection().execute("select hash from events where seq = ?", [seq]).fetchone()
        return row[0] if row else None

    def verify(self) -> Verified:
        """Walk the whole chain, attachments too.

        Raises
        ------
        LedgerBroken
            Names the first event that doesn't fit.
        """
        seq, prev = 0, GENESIS
        try:
            for row in self._connection().execute(f"select {_COLUMNS} from events order by seq"):
                seq = self._verify_row(row, seq, prev)
                prev = row[9]
        except sqlite3.DatabaseError as error:
            raise LedgerBroken(f"The ledger can't be read after event {seq}: {error}.", hint=_STOP) from error
        return Verified(seq, prev)

    def _verify_row(self, row: tuple[object, ...], seq: int, prev: str) -> int:
        if row[0] != seq + 1:
            raise LedgerBroken(f"Event {seq + 1} is missing from the ledger.", hint=_STOP)
        if row[8] != prev or digest(*row[:9]) != row[9]:  # type: ignore[arg-type]  # SQLite's strict types
            raise LedgerBroken(f"Event {row[0]} was changed after it was written.", hint=_STOP)
        expected = json.loads(str(row[6])).get("attachment_sha256")
        if expected is not None:
            data = self.attachment(seq + 1)
            if data is None or hashlib.sha256(data).hexdigest() != expected:
                raise LedgerBroken(f"The attachment of event {row[0]} was changed or lost.", hint=_STOP)
        return seq + 1

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for db in self._all:
                db.close()
            self._all.clear()
        self._local = threading.local()


_STOP = "Stop working in this workspace, keep a copy of the folder, and compare ledger.sqlite with a backup."


def _refuse_half_characters(texts: Sequence[str]) -> None:
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            near = text[max(0, error.start - 20) : error.start].rpartition('"')[2]
            raise BadValue(
                f"There is half a character after {near!r}, which can't be kept.", hint="Type or paste that text again."
            ) from None


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
