"""The journal of removals: what is about to move is in the ledger before the first file does, and what moved, after.

One run at a time in a workspace. A run that was killed is found by `recover`, which asks the disk where each file is,
records that, and leaves the rest in place: nobody's files move because a workspace was opened.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from filelock import FileLock, Timeout

from workbench import clusters, sources
from workbench.errors import WorkspaceBusy
from workbench.events import Event, pack, unpack
from workbench.in_words import InWords
from workbench.quarantine import Refusal, place_bytes, settle, tidy
from workbench.scan import lock_of, take_in
from workbench.workspace import Workspace

QUARANTINE, RESTORE, PURGE = ACTIONS = ("quarantine", "restore", "purge")
DONE = {QUARANTINE: "files_quarantined", RESTORE: "files_restored", PURGE: "files_purged"}
"""Action → the event that says that it was done."""

_STATES = {QUARANTINE: "quarantined", RESTORE: "restored", PURGE: "purged"}
_AT_ONCE = 200
_NAMED = 3
_SECONDS = 2.0

Tell = Callable[[int, int], None]
"""Called with how many files are done, of how many."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file on its way into quarantine, or out of it, with the file that stays in its stead.

    Attributes
    ----------
    plan_id : str
        The removal that took it out, or will.
    goes_with : str or None
        For a sidecar file: the image it goes along with.
    place : str
        Where it lies in quarantine: see `workbench.quarantine.place_text`.
    keeper_content : str
        What stands for the keeper's picture.
    leaves : str
        ``hardlink`` or ``reflink`` when a link to the keeper is left under its name; else empty.
    """

    plan_id: str
    image_id: str
    goes_with: str | None
    uri: str
    source: str
    path: str
    checksum: str
    size: int
    mtime_ns: int
    mode: int
    place: str
    keeper_id: str
    keeper_uri: str
    keeper_checksum: str
    keeper_content: str
    cluster_id: str
    relation: str
    leaves: str

    @property
    def link_to(self) -> bytes | None:
        """The file that a link is left to; None when none is."""
        return sources.local_bytes(self.keeper_uri) if self.leaves else None

    @property
    def key(self) -> tuple[str, str]:
        """What tells this removal of this file from any other."""
        return self.plan_id, self.image_id


def items_of(rows: Iterable[dict[Any, Any]]) -> list[Item]:
    """Return items for rows that have a column for each of their fields."""
    names = [one.name for one in fields(Item)]
    return [Item(*[row[name] if isinstance(row[name], str | int) else None for name in names]) for row in rows]  # type: ignore[arg-type]  # a NaN in place of text is None


class Left(NamedTuple):
    """A file that isn't moved, and why."""

    image_id: str
    uri: str
    reason: str


@dataclass(slots=True)
class RemovalReport(InWords):
    """What a run did.

    Attributes
    ----------
    action : str
        ``quarantine``, ``restore`` or ``purge``.
    outcome : str
        ``finished``, ``cancelled``, or ``recovered`` when it had been killed.
    done : list of Item
    left : list of Left
        What wasn't moved, and why.
    events : list of Event
    notes : list of str
        What else should be known.
    """

    action: str
    run_id: str
    outcome: str = "finished"
    done: list[Item] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """Bytes of the files done."""
        return sum(item.size for item in self.done)

    def frame(self) -> pd.DataFrame:
        """Return a row a file done: image_id, path, bytes, relation, cluster_id, keeper_id, place."""
        rows = [(i.image_id, i.path, i.size, i.relation, i.cluster_id, i.keeper_id, i.place) for i in self.done]
        return pd.DataFrame(rows, columns=["image_id", "path", "bytes", "relation", "cluster_id", "keeper_id", "place"])

    def refusals(self) -> pd.DataFrame:
        """Return a row a file that wasn't moved: image_id, file, reason."""
        rows = [(one.image_id, sources.readable(one.uri), one.reason) for one in self.left]
        return pd.DataFrame(rows, columns=["image_id", "file", "reason"])

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "run_id": self.run_id, "action": self.action, "outcome": self.outcome, "files": len(self.done),
            "bytes": self.bytes, "done": self.frame().to_dict("records"), "left": self.refusals().to_dict("records"),
            "notes": self.notes,
        }  # fmt: skip

    def __str__(self) -> str:
        verbs = {QUARANTINE: "moved into quarantine", RESTORE: "put back", PURGE: "deleted for good"}
        said = f"{len(self.done):,} files ({self.bytes:,} bytes) {verbs[self.action]}, {len(self.left):,} not"
        outcome = "" if self.outcome == "finished" else f" ({self.outcome})"
        lines = [f"{said}{outcome}.{f' Run {self.run_id}.' if self.events else ''}"]
        names: dict[str, list[str]] = {}
        for one in self.left:
            names.setdefault(one.reason, []).append(sources.readable(one.uri))
        for reason, files in sorted(names.items(), key=lambda k: -len(k[1])):
            lines.append(f"  {len(files):>6,} × {reason}")
            lines += [f"           {name}" for name in files[:_NAMED]]
            lines += [f"           and {len(files) - _NAMED:,} more"] * (len(files) > _NAMED)
        lines += ["  The view not_removed lists these files, with the reasons."] * bool(self.left and self.events)
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


# ── one at a time ─────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def alone(ws: Workspace) -> Iterator[Path]:
    """Hold off other runs; yield where the note goes that tells the next one that this one didn't end.

    Raises
    ------
    WorkspaceBusy
        A run is under way.
    """
    lock = FileLock(str(ws.folder / "removal.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise WorkspaceBusy("Files of this workspace are being removed or restored.", hint="Wait for it.") from None
    try:
        yield ws.folder / "removal.unfinished"
    finally:
        lock.release()


@contextlib.contextmanager
def no_scans(ws: Workspace, names: Iterable[str]) -> Iterator[None]:
    """Hold off scans of some sources: one under way would look for files that are just being moved.

    Raises
    ------
    WorkspaceBusy
        One of them is being scanned.
    """
    found = ws.query("source_uris", names=sorted(set(names)))
    with contextlib.ExitStack() as locks:
        for source, uri in zip(found["source"], found["uri"], strict=True):
            lock = lock_of(ws, uri)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise WorkspaceBusy(f"{source} is being scanned.", hint="Wait for the scan to end.") from None
            locks.callback(lock.release)
        yield


def _leave_note(note: Path) -> None:
    with note.open("wb") as file:
        os.fsync(file.fileno())
    tidy([os.fsencode(note.parent)])


# ── a run ─────────────────────────────────────────────────────────────────────────────────────────────────────


def carry_out(
    ws: Workspace,
    note: Path,
    action: str,
    items: Sequence[Item],
    move: Callable[[Item], None],
    *,
    what: str,
    run_id: str = "",
    about: Mapping[str, str | int] | None = None,
    left: Sequence[Left] = (),
    reason: str = "",
    progress: Tell | None = None,
    cancel: threading.Event | None = None,
    locked: bool = False,
) -> RemovalReport:
    """Do something to files, one by one, with the journal kept; call it inside `alone`.

    Parameters
    ----------
    move : callable
        Moves one file, or raises `Refusal`: then that file is left, with the reason.
    about : mapping of str to str or int, optional
        What else is to stand in the ledger about the run.
    left : sequence of Left
        What is known beforehand not to be moved; goes into the records.
    locked : bool
        It is called inside `no_scans`.

    Returns
    -------
    RemovalReport
        Also after Ctrl-C, which cancels: what was done is kept. Nothing is recorded of a run without files.
    """
    report = RemovalReport(action, run_id or uuid.uuid4().hex, left=list(left))
    if not items and not left:
        return report
    run = _Run(ws, report, what, reason, locked=locked)
    _leave_note(note)
    run.begin(items, about or {})
    try:
        for number, item in enumerate(items):
            if cancel is not None and cancel.is_set():
                report.outcome = "cancelled"
                break
            run.one(item, move)
            if progress is not None:
                progress(number + 1, len(items))
    except KeyboardInterrupt:  # it may have come between moving a file and noting it: the disk knows
        [settled] = recover_alone(ws, note, outcome="cancelled", locked=locked)
        return settled
    run.end()
    note.unlink(missing_ok=True)
    return report


class _Run:
    """A run under way: what was moved and isn't recorded yet."""

    def __init__(self, ws: Workspace, report: RemovalReport, what: str, reason: str, *, locked: bool) -> None:
        self.ws, self.report, self.what, self.reason, self._locked = ws, report, what, reason, locked
        self._pending: list[Item] = []
        self._known: set[tuple[str, str]] = set()
        self._since = time.monotonic()
        self._numbers = count(1)

    def begin(self, items: Sequence[Item], more: Mapping[str, str | int]) -> None:
        about = {"plan_id": self.report.run_id, "action": self.report.action, "what": self.what, "count": len(items)}
        self._write("removal_planned", {**more, **about}, [astuple(item) for item in items], "planned")

    def one(self, item: Item, move: Callable[[Item], None]) -> None:
        try:
            move(item)
        except Refusal as refusal:
            self.report.left.append(Left(item.image_id, item.uri, str(refusal)))
        else:
            self.note(item)
        if len(self._pending) >= _AT_ONCE or time.monotonic() - self._since > _SECONDS:
            self.record()

    def note(self, item: Item) -> None:
        """Keep in mind that a file was moved."""
        self._pending.append(item)
        self._known.add(item.key)
        self.report.done.append(item)

    def record(self) -> None:
        """Write to the ledger what was moved, once it is sure to be on the disk."""
        if self._pending:
            tidy(self._folders(self._pending))
            about = {"plan_id": self.report.run_id, "count": len(self._pending)}
            records = [astuple(item) for item in self._pending]
            self._write(DONE[self.report.action], about, records, f"done-{next(self._numbers)}")
            self._pending.clear()
        self._since = time.monotonic()

    def _folders(self, items: Sequence[Item]) -> set[bytes]:
        places = [place_bytes(self.ws.folder, item.place) for item in items]
        places += [sources.local_bytes(item.uri) for item in items]
        return {path.rpartition(b"/")[0] for path in places}

    def end(self) -> None:
        self.record()
        if self.report.action != PURGE:
            changed = [item for item in self.report.done if item.leaves or self.report.action == RESTORE]
            measure_again(self.ws, changed, locked=self._locked)
        if self.report.action == RESTORE and self.report.done:
            clusters.refresh(self.ws, [item.checksum for item in self.report.done])
        about = {"plan_id": self.report.run_id, "outcome": self.report.outcome, "done": len(self.report.done)}
        self._write("removal_ended", about, self.report.left, "ended")

    def _write(self, kind: str, about: dict[str, Any], records: Sequence[Sequence[Any]], name: str) -> None:
        with self.ws.change(self.reason) as change:
            event_id = f"removal-{self.report.run_id}-{name}"
            change.add(kind, about, attachment=pack(records), event_id=event_id)
        self.report.events += change.events

    def settle(self, items: Sequence[Item]) -> None:
        """Note of every file that wasn't noted where the disk says that it is."""
        tidy(self._folders(items))
        for item in items:
            if item.key not in self._known and self._is_done(item):
                self.note(item)

    def skip_known(self, keys: Iterable[tuple[str, str]], number: int) -> None:
        """Leave alone what is recorded already, in so many events."""
        self._known |= set(keys)
        self._numbers = count(number + 1)

    def _is_done(self, item: Item) -> bool:
        place = place_bytes(self.ws.folder, item.place)
        action = self.report.action
        if action == PURGE:
            return not os.path.lexists(place)
        path = sources.local_bytes(item.uri)
        homeward = action == RESTORE
        where = settle(
            path, place, item.checksum, mtime_ns=item.mtime_ns, homeward=homeward, keeper=item.link_to
        )  # fmt: skip
        if action == QUARANTINE and where == "nowhere":
            self.report.left.append(Left(item.image_id, item.uri, "It isn't there any more."))
        return where == "place" if action == QUARANTINE else where != "place"


def measure_again(ws: Workspace, items: Sequence[Item], *, locked: bool) -> None:
    """Read files that were put back, or links that were left, into the catalogue unless a scan did so meanwhile."""
    if not items:
        return
    unseen = set(ws.query("not_seen", image_ids=[item.image_id for item in items])["image_id"])
    by_source: dict[str, list[sources.Listed]] = {}
    for item in items:
        with contextlib.suppress(OSError):
            status = os.stat(sources.local_bytes(item.uri))  # noqa: PTH116  bytes paths
            if item.image_id in unseen or item.leaves:
                listed = sources.Listed(item.uri, item.path, status.st_size, status.st_mtime_ns)
                by_source.setdefault(item.source, []).append(listed)
    found = ws.query("source_uris", names=list(by_source))
    for source, uri in zip(found["source"], found["uri"], strict=True):
        take_in(ws, uri, by_source[source], locked=locked)


# ── after a crash ─────────────────────────────────────────────────────────────────────────────────────────────


def recover(ws: Workspace) -> list[RemovalReport]:
    """Bring the records of runs that were killed in line with the disk; does nothing while one is under way."""
    if not (ws.folder / "removal.unfinished").exists():
        return []
    try:
        with alone(ws) as note:
            return recover_alone(ws, note)
    except WorkspaceBusy:
        return []


def recover_alone(
    ws: Workspace, note: Path, *, outcome: str = "recovered", locked: bool = False
) -> list[RemovalReport]:
    """Do what `recover` does, inside `alone`."""
    if not note.exists():
        return []
    reports = [_recovered(ws, row, outcome, locked=locked) for row in ws.query("open_removals").to_dict("records")]
    note.unlink(missing_ok=True)
    return reports


def _recovered(ws: Workspace, row: dict[Any, Any], outcome: str, *, locked: bool) -> RemovalReport:
    items = [Item(*record) for record in unpack(ws.ledger.attachment(int(row["seq"])) or b"")]
    report = RemovalReport(row["action"], row["plan_id"], outcome)
    run = _Run(ws, report, row["what"], row["reason"] or "", locked=locked)
    states = ws.query("removal_states", plan_ids=sorted({item.plan_id for item in items}))
    state = _STATES[report.action]
    done = states[states["state"] == state]
    known = set(zip(done["plan_id"], done["image_id"], strict=True))
    run.skip_known(known, len(known))
    report.done += [item for item in items if item.key in known]
    run.settle(items)
    run.end()
    return report
