"""Scan: walk a source, measure every file in worker processes, write what was found into the catalogue in batches."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from workbench import sources
from workbench.catalog import Connection, rows_as, was_interrupted
from workbench.errors import BadValue, Stale
from workbench.events import pack
from workbench.in_words import InWords
from workbench.measure import METADATA_FACTS, PICTURE_FACTS, Item, Measured, failed, measure_file
from workbench.reconcile import reconcile, reconcile_again
from workbench.workers import Failure, Pool, usable_cores
from workbench.workspace import Workspace

DEADLINE = 60.0
"""Seconds one file may take in a worker before it becomes a problem."""

MEMORY = 2 * 2**30
"""Bytes of memory one worker may use for one file, where the system can limit it."""

_TASK = "workbench.measure:measure_file"
_LIST_AT_ONCE = 20_000
_PAGE = 5_000
_FEW = 64
_FLUSH_ROWS = 4_000
_FLUSH_BYTES = 64 * 2**20
_FLUSH_SECONDS = 15.0
_SORT_AGAIN = 0.01  # share of the files read from which the keywords are put in order again

_DUPLICATES_IN_STEP = ("follow_moved_pairs", "forget_stale_pairs", "follow_moved_clusters", "forget_stale_clusters")

_PICTURE_FACTS: dict[str, pa.DataType] = {
    "format": pa.string(), "mime": pa.string(), "width": pa.int32(), "height": pa.int32(), "mode": pa.string(),
    "bit_depth": pa.int32(), "frames": pa.int32(), "has_icc": pa.bool_(), "icc_name": pa.string(),
    "orientation": pa.int32(), "picture_hash": pa.string(), "phash": pa.uint64(), "dhash": pa.uint64(),
    "phashes": pa.list_(pa.uint64()),
    "sharpness": pa.float64(),
    "brightness": pa.float64(), "contrast": pa.float64(), "clipped_dark": pa.float64(), "clipped_bright": pa.float64(),
    "flat": pa.bool_(),
}  # fmt: skip
_METADATA_FACTS: dict[str, pa.DataType] = {
    "captured_at": pa.timestamp("us"), "captured_offset": pa.int32(), "camera_make": pa.string(),
    "camera_model": pa.string(), "lens": pa.string(), "latitude": pa.float64(), "longitude": pa.float64(),
    "altitude": pa.float64(), "title": pa.string(), "description": pa.string(), "creator": pa.string(),
    "copyright": pa.string(), "rating": pa.int32(), "iptc_charset": pa.string(),
    "iptc_digest": pa.string(),
}  # fmt: skip
_FILE_FACTS: dict[str, pa.DataType] = {
    "image_id": pa.string(), "uri": pa.string(), "source": pa.string(), "path": pa.string(), "folder": pa.string(),
    "name": pa.string(), "size": pa.int64(), "modified_at": pa.timestamp("us"), "checksum": pa.string(),
}  # fmt: skip
_FACTS = _FILE_FACTS | _PICTURE_FACTS | _METADATA_FACTS
assert (*_PICTURE_FACTS, *_METADATA_FACTS) == (*PICTURE_FACTS, *METADATA_FACTS), "named alike in workers"


@dataclass(slots=True)
class Progress:
    """Where a scan is; handed to the ``progress`` callable several times a second.

    Attributes
    ----------
    phase : str
        ``waiting`` (for another scan of the source), ``listing``, ``reading``, ``finished`` or ``cancelled``.
    listed, unchanged, total, done, images, problems : int
        Files listed, not to be read again, to be read, read; of those read: images, and with a problem so far.
    bytes_total, bytes_done : int
    seconds : float
        Since reading began.
    """

    phase: str = "listing"
    listed: int = 0
    unchanged: int = 0
    total: int = 0
    done: int = 0
    images: int = 0
    problems: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Files a second."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds left at the pace so far, by files and bytes whichever is slower; None when nobody can tell."""
        if not self.done or not self.seconds:
            return None
        by_files = (self.total - self.done) * self.seconds / self.done
        by_bytes = (self.bytes_total - self.bytes_done) * self.seconds / self.bytes_done if self.bytes_done else 0.0
        return max(by_files, by_bytes)


@dataclass(slots=True)
class ScanReport(InWords):
    """What a scan did.

    Attributes
    ----------
    outcome : str
        ``finished`` or ``cancelled``.
    files : int
        Files in the source, all of them accounted for when finished.
    unchanged, read, moved, vanished : int
        Files not read again; read; read and recognised as moved; gone since the last scan.
    images, problems : int
        Of the files read: in ``images``; with a row in ``problems`` (some are both).
    """

    scan_id: str
    source: str
    uri: str
    batch: str
    outcome: str = "finished"
    files: int = 0
    unchanged: int = 0
    read: int = 0
    images: int = 0
    problems: int = 0
    moved: int = 0
    vanished: int = 0
    bytes: int = 0
    seconds: float = 0.0
    problem_kinds: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"Scan of {self.source} {self.outcome}: {self.files:,} files in {self.seconds:.1f} s, "
            f"batch {self.batch!r}.",
            f"  {self.read:,} read: {self.images:,} images, {self.read - self.images:,} that are none; "
            f"{self.problems:,} of all have problems. "
            f"{self.unchanged:,} unchanged, {self.moved:,} moved, {self.vanished:,} vanished.",
        ]
        lines += [f"  {count:>7,} {kind}" for kind, count in sorted(self.problem_kinds.items(), key=lambda k: -k[1])]
        return "\n".join(lines)


def scan(
    ws: Workspace,
    source: str | os.PathLike[str],
    *,
    batch: str | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
    again: bool = False,
    record: bool = True,
) -> ScanReport:
    """Scan a source into the catalogue: every file gets a row in ``images`` or in ``problems``.

    Only new and changed files are read. A scan that was cancelled or killed goes on where it was when it is started
    again. Ctrl-C (or the notebook's stop button) cancels it: what was read so far is kept. A file that isn't where it
    was, and whose bytes are met in a new place of the source, has moved: it stays in its batch and takes the values
    that were entered for it along.

    Parameters
    ----------
    ws : Workspace
    source : str or path
        A folder, a file, or a URI that fsspec knows.
    batch : str, optional
        Name for what is received by this scan; the source's name and today's date when not given.
    workers : int, optional
        Worker processes; one for each core when not given.
    progress : callable, optional
        Called with a `Progress`, at most ten times a second.
    cancel : threading.Event, optional
        Set it from anywhere to cancel.
    again : bool
        Read every file again, changed or not.
    record : bool
        Whether the scan itself goes into the ledger; a rebuild doesn't.

    Raises
    ------
    SourceUnreachable
        The source can't be listed at all.
    BadValue
        The source is the workspace itself, or an argument can't be right.
    """
    if workers is not None and workers < 1:
        raise BadValue(f"{workers} workers can't work.", hint="Give 1 or more.")
    if batch is not None and not batch.strip():
        raise BadValue("A batch needs a name.", hint="Leave it away to get the source's name and today's date.")
    uri = sources.root_uri(source)
    if uri == sources.root_uri(ws.folder):
        raise BadValue(f"{source} is the workspace itself.", hint="Name the folder with the images.")
    return _Scan(ws, uri, batch, workers, _Teller(progress), cancel or threading.Event(), again, record).run()


def take_in(ws: Workspace, uri: str, files: list[sources.Listed], *, locked: bool = False) -> ScanReport:
    """Read some files of a source that was scanned before, and nothing else of it: those that were put back.

    Parameters
    ----------
    uri : str
        The source's.
    files : list of Listed
        As a walk of the source would list them.
    locked : bool
        The caller holds `lock_of` the source.
    """
    return _Scan(ws, uri, None, None, _Teller(None), threading.Event(), False, False).take_in(files, locked=locked)


def lock_of(ws: Workspace, uri: str) -> FileLock:
    """Return the lock that a scan of a source holds."""
    name = hashlib.sha256(uri.encode()).hexdigest()[:16]
    return FileLock(str(ws.folder / f"scan-{name}.lock"), thread_local=False)


class _Teller:
    """Tells how far a scan is: often enough to see it move, seldom enough to cost nothing."""

    def __init__(self, tell: Callable[[Progress], None] | None) -> None:
        self.now = Progress()
        self._tell = tell
        self._told = 0.0
        self._reading_since: float | None = None

    def enter(self, phase: str) -> None:
        self.now.phase = phase
        if phase == "reading":
            self._reading_since = time.monotonic()
        self.show(force=True)

    def show(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if self._tell is None or (not force and now - self._told < 0.1):
            return
        self._told = now
        if self._reading_since is not None:
            self.now.seconds = now - self._reading_since
        self._tell(self.now)


class _Scan:
    """One scan under way."""

    def __init__(
        self,
        ws: Workspace,
        uri: str,
        batch: str | None,
        workers: int | None,
        teller: _Teller,
        cancel: threading.Event,
        again: bool,
        record: bool,
    ) -> None:
        self.ws, self.uri, self.cancel, self.again, self.record = ws, uri, cancel, again, record
        self.workers = workers or usable_cores()
        self.teller, self.progress = teller, teller.now
        self.source = self._known_name()
        self.report = ScanReport(uuid.uuid4().hex[:12], self.source, uri, batch or "")
        self._started = time.monotonic()

    # -- the course of it

    def run(self) -> ScanReport:
        with self._alone():
            if self.cancel.is_set():
                return self._finish("cancelled")
            try:
                self._announce()
                self._list()
                self._read()
            except (KeyboardInterrupt, RuntimeError) as error:
                if not was_interrupted(error):
                    raise
                self.cancel.set()
            return self._finish("cancelled" if self.cancel.is_set() else "finished")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One scan of a source at a time: a second one waits, then finds little left to do."""
        lock = lock_of(self.ws, self.uri)
        self.teller.enter("waiting")
        while not lock.is_locked and not self.cancel.is_set():
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0.2)
            self.teller.show()
        try:
            yield
        finally:
            lock.release()

    def _known_name(self) -> str:
        known = self.ws.query("source_by_uri", uri=self.uri)["source"].tolist()
        return str(known[0]) if known else ""

    def _announce(self) -> None:
        """Give the source its name, for good, and note that a scan began."""
        base = sources.readable(self.uri).rstrip("/").rpartition("/")[2] or "source"
        numbers = count(1)
        while not self.source:
            number = next(numbers)
            name = base if number == 1 else f"{base} ({number})"
            if name in self.ws.query("sources")["source"].tolist():
                continue
            # Somebody may take the name in this very moment: then the catalogue ignores ours, and we try the next.
            with self.ws.change() as change:
                change.add("source_added", {"source": name, "uri": self.uri}, event_id=f"source-{self.uri}-{number}")
            self.source = self._known_name()
        self.report.source = self.source
        self.report.batch = self.report.batch or f"{self.source} {datetime.now(UTC):%Y-%m-%d}"
        if self.record:
            with self.ws.change() as change:
                change.add("scan_started", self._about())

    def _about(self) -> dict[str, Any]:
        return {"scan_id": self.report.scan_id, "source": self.source, "batch": self.report.batch}

    def _finish(self, outcome: str) -> ScanReport:
        report = self.report
        report.outcome = outcome
        report.seconds = round(time.monotonic() - self._started, 3)
        if self.record and self.source:
            names = ("scan_id", "source", "batch", "outcome", "files", "images", "problems")
            with self.ws.change() as change:
                change.add("scan_finished", {name: getattr(report, name) for name in names})
        self.teller.enter(outcome)
        return report

    def _run(self, connection: Connection, name: str, **parameters: Any) -> Connection:
        return connection.execute(self.ws.catalog.named(name).sql, parameters or None)

    def _write(self, *names: str, **parameters: Any) -> None:
        with self.ws.catalog.writing() as connection:
            for name in names:
                self._run(connection, name, **parameters)

    # -- listing

    def _list(self) -> None:
        self.teller.enter("listing")
        self._write("clear_listing", source=self.source)
        entries = self._entries()
        while piece := list(islice(entries, _LIST_AT_ONCE)):
            table = _listing_table(piece, self.source)
            with self.ws.catalog.writing() as connection, rows_as(connection, "incoming", table):
                self._run(connection, "add_to_listing")
        with self.ws.catalog.writing() as connection:
            self._run(connection, "mark_unchanged", source=self.source, again=self.again)
            [counts] = self._run(connection, "listing_counts", source=self.source).fetchall()
        self.report.files, self.progress.total, self.progress.bytes_total = counts
        self.report.unchanged = self.progress.unchanged = self.report.files - self.progress.total

    def _entries(self) -> Iterator[sources.Listed | sources.Unlisted]:
        for entry in sources.walk(self.uri, exclude=_own_folders(self.ws)):
            if self.cancel.is_set():
                return
            yield entry
            self.progress.listed += 1
            if not self.progress.listed % 1_000:
                self.teller.show()

    # -- reading

    def _read(self) -> None:
        if self.cancel.is_set():
            return
        self.teller.enter("reading")
        if self.progress.total:
            self._measure_all()
        if not self.cancel.is_set():
            self._come_to_the_end()

    def _measure_all(self) -> None:
        pending = _Pending()
        workers = max(1, min(self.workers, -(-self.progress.total // 4)))
        with Pool(_TASK, workers=workers, deadline=DEADLINE, memory=MEMORY) as pool:
            try:
                for item, result in pool.run(self._items()):
                    self._count(pending, item, _outcome(result))
                    if pending.is_full():
                        self._flush(pending)
                    if self.cancel.is_set():
                        break
            except KeyboardInterrupt:
                self.cancel.set()
            pool.cancel()
            self._flush(pending)

    def _items(self) -> Iterator[Item]:
        after = ""
        while True:
            with self.ws.reading() as connection:
                query = self._run(connection, "listing_page", source=self.source, after=after, size=_PAGE)
                page = [Item(*row) for row in query.fetchall()]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].uri

    def take_in(self, files: list[sources.Listed], *, locked: bool) -> ScanReport:
        items = [Item(sources.image_id(f.uri), f.uri, f.path, f.size, f.mtime_ns) for f in files]
        pending = _Pending()
        self.report.batch = self.source
        with contextlib.nullcontext() if locked else self._alone():
            for item, result in self._measured(items):
                self._count(pending, item, _outcome(result))
                if pending.is_full():
                    self._flush(pending)
            self._flush(pending)
        return self._finish("finished")

    def _measured(self, items: list[Item]) -> Iterator[tuple[Item, Measured | Failure]]:
        """Measure a few files, which did no harm before, right here, and many in worker processes."""
        if len(items) <= _FEW:
            yield from ((item, measure_file(item)) for item in items)
            return
        with Pool(_TASK, workers=self.workers, deadline=DEADLINE, memory=MEMORY) as pool:
            yield from pool.run(iter(items))

    def _count(self, pending: _Pending, item: Item, measured: Measured) -> None:
        pending.add(item, measured)
        self.progress.done += 1
        self.progress.bytes_done += max(item.size, 0)
        self.report.images += measured.facts is not None
        self.report.problems += bool(measured.problems)
        self.progress.images, self.progress.problems = self.report.images, self.report.problems
        for found in measured.problems:
            self.report.problem_kinds[found.kind] = self.report.problem_kinds.get(found.kind, 0) + 1
        self.teller.show()

    # -- writing

    def _flush(self, pending: _Pending) -> None:
        if not pending.rows:
            return
        self.ws.thumbnails.put_many([(m.checksum, m.thumbnail) for _, m in pending.rows if m.checksum and m.thumbnail])
        files = _files_table(pending.rows, self.source)
        moved = self._receive(pending.rows, files)
        with self.ws.catalog.writing() as connection, rows_as(connection, "measured_files", files):
            self._run(connection, "forget_facet_counts")
            outdated = [row[0] for row in self._run(connection, "outdated_ids").fetchall()]
            beside = self._beside(connection, outdated + moved)
            self._forget(connection, outdated + moved)
            self._add(connection, pending.rows)
            sidecars = [item.image_id for item, m in pending.rows if any(p.kind == "sidecar" for p in m.problems)]
            reconcile_again(self.ws.catalog, connection, beside + self._beside(connection, sidecars))
        self.report.moved += len(moved)
        self.report.read += len(pending.rows)
        self.report.bytes += sum(m.size or 0 for _, m in pending.rows)
        pending.clear()

    def _receive(self, rows: list[tuple[Item, Measured]], files: pa.Table) -> list[str]:
        """Write to the ledger what was received, new or with new content; return the ids that files moved from."""
        with self.ws.reading() as connection, rows_as(connection, "measured_files", files):
            known = {row[0]: row[1:] for row in self._run(connection, "known_receipts").fetchall()}
            departed = _Departed(self._run(connection, "departed", source=self.source).fetchall())
        received: list[list[Any]] = []
        for item, measured in rows:
            checksum, moved_away = known.get(item.image_id, (None, True))
            if moved_away or (measured.checksum and measured.checksum != checksum):
                moved_from = departed.take(measured.checksum, item.uri)
                received.append([item.image_id, item.uri, measured.size, measured.checksum, moved_from])
        if received:
            with self.ws.change() as change:
                change.add("images_received", self._about() | {"count": len(received)}, attachment=pack(received))
        return [row[4] for row in received if row[4]]

    def _forget(self, connection: Connection, ids: list[str]) -> None:
        if not ids:
            return
        with rows_as(connection, "outdated", pa.table({"image_id": ids})):
            for what in ("images", "problems", "embedded", "keywords", "texts", "sidecars", "wide"):
                self._run(connection, f"forget_measured_{what}")
            for step in ("forget_file_values", "forget_conflicts", "forget_seen"):
                self._run(connection, step)

    def _add(self, connection: Connection, rows: list[tuple[Item, Measured]]) -> None:
        self._run(connection, "add_seen")
        tables = {
            "facts": _facts_table(rows, self.source),
            "embedded": _embedded_table(rows),
            "keywords": _pairs_table("keyword", _keywords(rows)),
            "texts": _pairs_table("text", ((i.image_id, _searchable(i, m)) for i, m in rows if m.facts is not None)),
            "problems": _problems_table(rows),
        }
        with contextlib.ExitStack() as lent:
            for what, table in tables.items():
                lent.enter_context(rows_as(connection, f"measured_{what}", table))
            for what, table in tables.items():
                if table.num_rows:
                    self._run(connection, f"add_{what}")
            self._run(connection, "add_sidecars")
        about = tables["facts"].select(["image_id", "uri", "format", "iptc_digest", "latitude", "longitude"])
        reconcile(self.ws.catalog, connection, about, tables["embedded"])

    def _beside(self, connection: Connection, sidecars: list[str]) -> list[str]:
        """Return the images beside which these sidecar files lie; ids of other files do no harm."""
        if not sidecars:
            return []
        with rows_as(connection, "outdated", pa.table({"image_id": sidecars})):
            return [row[0] for row in self._run(connection, "images_beside").fetchall()]

    def _come_to_the_end(self) -> None:
        """Drop what is gone, now that the whole source was seen, and leave the catalogue as searches like it."""
        with self.ws.catalog.writing() as connection:
            self._must_still_be_listed(connection)
            missing = self._run(connection, "missing_ids", source=self.source, root=self.uri)
            gone = [row[0] for row in missing.fetchall()]
            beside = self._beside(connection, gone)
            self._forget(connection, gone)
            reconcile_again(self.ws.catalog, connection, beside)
            for step in ("clear_listing", "note_survey"):
                self._run(connection, step, source=self.source)
            if gone:
                self._run(connection, "forget_facet_counts")
            if self.report.read or gone:
                for step in _DUPLICATES_IN_STEP:
                    self._run(connection, step)
        self.report.vanished = len(gone)
        if self.progress.done > self.report.files * _SORT_AGAIN:
            self._write("keywords_in_order", "clear_keywords", "put_keywords_back", "drop_ordered_keywords")
        if self.progress.done or gone:
            self._write("forget_facet_counts", "refresh_facet_counts")

    def _must_still_be_listed(self, connection: Connection) -> None:
        [counts] = self._run(connection, "listing_counts", source=self.source).fetchall()
        if counts[0] != self.report.files:
            raise Stale("The catalogue was made anew while this scan ran.", hint="Scan the source again.")


@dataclass(slots=True)
class _Pending:
    """Measured files that aren't written yet."""

    rows: list[tuple[Item, Measured]] = field(default_factory=list)
    weight: int = 0
    since: float = field(default_factory=time.monotonic)

    def add(self, item: Item, measured: Measured) -> None:
        self.rows.append((item, measured))
        self.weight += len(measured.thumbnail or b"") + len(measured.text) + 200 * len(measured.keys)

    def is_full(self) -> bool:
        late = time.monotonic() - self.since > _FLUSH_SECONDS
        return len(self.rows) >= _FLUSH_ROWS or self.weight >= _FLUSH_BYTES or late

    def clear(self) -> None:
        self.rows.clear()
        self.weight, self.since = 0, time.monotonic()


class _Departed:
    """Files that aren't where they were, by their bytes: each can turn up in one new place."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self._left: dict[str, list[tuple[str, str]]] = {}
        for checksum, image_id, uri in rows:
            self._left.setdefault(checksum, []).append((image_id, uri))

    def take(self, checksum: str | None, uri: str) -> str | None:
        """Return the id of the file that moved to ``uri``; among equals, the one that was called the same."""
        left = self._left.get(checksum or "")
        if not left:
            return None
        name = uri.rpartition("/")[2]
        chosen = next((entry for entry in left if entry[1].rpartition("/")[2] == name), left[0])
        left.remove(chosen)
        return chosen[0]


def _own_folders(ws: Workspace) -> list[str]:
    """Return what no scan walks: the workspace, and quarantine on other volumes."""
    kept = ws.query("quarantine_folders")["folder"].tolist()
    return [sources.root_uri(ws.folder), *kept]


def _outcome(result: Measured | Failure) -> Measured:
    if isinstance(result, Failure):
        return failed(result.kind, result.detail, stage="decode")
    return result


def _listing_table(entries: list[sources.Listed | sources.Unlisted], source: str) -> pa.Table:
    columns = ["source", "image_id", "uri", "path", "size", "mtime_ns", "stage", "kind", "detail"]
    types = [*[pa.string()] * 4, pa.int64(), pa.int64(), *[pa.string()] * 3]
    rows = zip(*[(source, *_listing_row(entry)) for entry in entries], strict=True)
    return pa.table({c: pa.array(values, kind) for c, kind, values in zip(columns, types, rows, strict=True)})


def _listing_row(entry: sources.Listed | sources.Unlisted) -> tuple[Any, ...]:
    image_id = sources.image_id(entry.uri)
    if isinstance(entry, sources.Unlisted):
        found = entry.problem
        return image_id, entry.uri, entry.path, -1, -1, found.stage, found.kind, found.detail
    return image_id, entry.uri, entry.path, entry.size, entry.mtime_ns, None, None, None


def _files_table(rows: list[tuple[Item, Measured]], source: str) -> pa.Table:
    return pa.table(
        {
            "image_id": [i.image_id for i, _ in rows],
            "uri": [i.uri for i, _ in rows],
            "source": [source] * len(rows),
            "path": [i.path for i, _ in rows],
            "size": [i.size for i, _ in rows],
            "mtime_ns": [i.mtime_ns for i, _ in rows],
            "real_size": pa.array([m.size for _, m in rows], pa.int64()),
            "checksum": pa.array([m.checksum for _, m in rows], pa.string()),
        }
    )


def _facts_table(rows: list[tuple[Item, Measured]], source: str) -> pa.Table:
    records = [_file_facts(i, m, source) + m.facts for i, m in rows if m.facts is not None]
    columns = zip(*records, strict=True) if records else [()] * len(_FACTS)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _FACTS.values(), strict=True)]
    return pa.table(arrays, names=list(_FACTS))


def _file_facts(item: Item, measured: Measured, source: str) -> tuple[Any, ...]:
    folder, _, name = item.path.rpartition("/")
    modified = item.mtime_ns // 1_000
    return item.image_id, item.uri, source, item.path, folder, name, measured.size, modified, measured.checksum


def _embedded_table(rows: list[tuple[Item, Measured]]) -> pa.Table:
    ids: list[str] = []
    columns: tuple[list[Any], ...] = ([], [], [], [])
    for item, m in rows:
        ids += [item.image_id] * len(m.keys)
        many: tuple[list[Any], ...] = (m.keys, m.langs, m.ordinals, m.values)
        for column, more in zip(columns, many, strict=True):
            column += more
    types = (pa.string(), pa.string(), pa.int32(), pa.string())
    arrays = [pa.array(ids, pa.string()), *(pa.array(c, t) for c, t in zip(columns, types, strict=True))]
    return pa.table(arrays, names=["image_id", "key", "lang", "ordinal", "value"])


def _pairs_table(name: str, pairs: Iterator[tuple[str, str]]) -> pa.Table:
    listed = list(pairs)
    return pa.table(
        {"image_id": pa.array([a for a, _ in listed], pa.string()), name: pa.array([b for _, b in listed], pa.string())}
    )


def _keywords(rows: list[tuple[Item, Measured]]) -> Iterator[tuple[str, str]]:
    return ((i.image_id, k) for i, m in rows if m.facts is not None for k in m.keywords)


def _searchable(item: Item, measured: Measured) -> str:
    return "\n".join([item.path, measured.text, *measured.keywords])


def _problems_table(rows: list[tuple[Item, Measured]]) -> pa.Table:
    listed = [(i.image_id, p.stage, p.kind, p.message, p.detail) for i, m in rows for p in m.problems]
    columns = zip(*listed, strict=True) if listed else [()] * 5
    names = ["image_id", "stage", "kind", "message", "detail"]
    return pa.table([pa.array(column, pa.string()) for column in columns], names=names)
