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
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
from filelock import FileLock, Timeout

from workbench import images, metadata, sources
from workbench.catalog import Connection, rows_as
from workbench.errors import BadValue, NotFound, StorageError
from workbench.events import pack
from workbench.problems import Problem, problem
from workbench.workers import Failure, Pool
from workbench.workspace import Workspace

DEADLINE = 60.0
"""Seconds one file may take in a worker before it becomes a problem."""

MEMORY = 2 * 2**30
"""Bytes of memory one worker may use for one file, where the system can limit it."""

_LIST_AT_ONCE = 20_000
_PAGE = 5_000
_FLUSH_ROWS = 2_000
_FLUSH_BYTES = 64 * 2**20
_FLUSH_SECONDS = 5.0

_PICTURE_FACTS: dict[str, pa.DataType] = {
    "format": pa.string(), "mime": pa.string(), "width": pa.int32(), "height": pa.int32(), "mode": pa.string(),
    "bit_depth": pa.int32(), "frames": pa.int32(), "has_icc": pa.bool_(), "icc_name": pa.string(), "orientation": pa.int32(),
    "picture_hash": pa.string(), "phash": pa.uint64(), "dhash": pa.uint64(), "sharpness": pa.float64(),
    "brightness": pa.float64(), "contrast": pa.float64(), "clipped_dark": pa.float64(), "clipped_bright": pa.float64(),
    "flat": pa.bool_(),
}  # fmt: skip
_METADATA_FACTS: dict[str, pa.DataType] = {
    "captured_at": pa.timestamp("us"), "captured_offset": pa.int32(), "camera_make": pa.string(),
    "camera_model": pa.string(), "lens": pa.string(), "latitude": pa.float64(), "longitude": pa.float64(),
    "altitude": pa.float64(), "title": pa.string(), "description": pa.string(), "creator": pa.string(),
    "copyright": pa.string(), "rating": pa.int32(), "iptc_charset": pa.string(),
}  # fmt: skip
_FILE_FACTS: dict[str, pa.DataType] = {
    "image_id": pa.string(), "uri": pa.string(), "source": pa.string(), "path": pa.string(), "folder": pa.string(),
    "name": pa.string(), "size": pa.int64(), "modified_at": pa.timestamp("us"), "checksum": pa.string(),
}  # fmt: skip
_FACTS = _FILE_FACTS | _PICTURE_FACTS | _METADATA_FACTS


class Item(NamedTuple):
    """One listed file that has to be read; ``stage`` and ``kind`` say what was already wrong when it was listed."""

    image_id: str
    uri: str
    path: str
    size: int
    mtime_ns: int
    stage: str | None = None
    kind: str | None = None
    detail: str | None = None


class Measured(NamedTuple):
    """What a worker found out about one file."""

    size: int | None
    checksum: str | None
    facts: tuple[Any, ...] | None
    thumbnail: bytes | None
    keys: list[str]
    langs: list[str | None]
    ordinals: list[int]
    values: list[str]
    keywords: list[str]
    text: str
    problems: list[Problem]


@dataclass(slots=True)
class Progress:
    """Where a scan is; handed to the ``progress`` callable several times a second.

    Attributes
    ----------
    phase : str
        ``waiting`` (for another scan of the source), ``listing``, ``reading``, ``finished`` or ``cancelled``.
    listed, total, done, problems : int
        Files listed, to be read, read, and with a problem so far.
    bytes_total, bytes_done : int
    seconds : float
        Since reading began.
    """

    phase: str = "listing"
    listed: int = 0
    total: int = 0
    done: int = 0
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
class ScanReport:
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
            f"Scan of {self.source} {self.outcome}: {self.files:,} files in {self.seconds:.1f} s, batch {self.batch!r}.",
            f"  {self.read:,} read ({self.images:,} images, {self.problems:,} with problems), {self.unchanged:,} unchanged, "
            f"{self.moved:,} moved, {self.vanished:,} vanished.",
        ]
        lines += [f"  {count:>7,} {kind}" for kind, count in sorted(self.problem_kinds.items(), key=lambda k: -k[1])]
        return "\n".join(lines)


def measure_file(item: Item) -> Measured:
    """Read one file and measure everything a scan wants to know. Runs in a worker process; never raises for a bad file."""
    try:
        with sources.open_blob(item.uri) as blob:
            return _measure(blob.data)
    except NotFound as error:
        return _failed("vanished_while_reading", str(error))
    except (StorageError, OSError) as error:
        return _failed("unreadable", str(error))


def _measure(data: Any) -> Measured:
    size = len(data)
    if size == 0:
        return Measured(0, hashlib.sha256(b"").hexdigest(), None, None, [], [], [], [], [], "", [problem("read", "empty")])
    checksum = hashlib.sha256(data).hexdigest()
    picture = images.measure(data)
    problems = list(picture.problems)
    if picture.format is None:
        return Measured(size, checksum, None, None, [], [], [], [], [], "", problems)
    found = metadata.read(data, format=picture.format)
    problems += found.problems
    facts = None
    if not any(p.stage == "decode" for p in problems):
        facts = tuple(getattr(picture, n) for n in _PICTURE_FACTS) + tuple(getattr(found, n) for n in _METADATA_FACTS)
    keys, langs, ordinals, values = (list(column) for column in zip(*found.values, strict=True)) if found.values else ([],) * 4
    return Measured(
        size, checksum, facts, picture.thumbnail, keys, langs, ordinals, values, found.keywords, found.text, problems
    )


def _failed(kind: str, detail: str, stage: str = "read") -> Measured:
    return Measured(None, None, None, None, [], [], [], [], [], "", [problem(stage, kind, detail)])


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
    again. Ctrl-C (or the notebook's stop button) cancels it: what was read so far is kept.

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
    """
    return _Scan(ws, source, batch, workers, progress, cancel or threading.Event(), again, record).run()


class _Scan:
    """One scan under way."""

    def __init__(
        self,
        ws: Workspace,
        source: str | os.PathLike[str],
        batch: str | None,
        workers: int | None,
        progress: Callable[[Progress], None] | None,
        cancel: threading.Event,
        again: bool,
        record: bool,
    ) -> None:
        if workers is not None and workers < 1:
            raise BadValue(f"{workers} workers can't work.", hint="Give 1 or more.")
        self.ws, self.cancel, self.again, self.record = ws, cancel, again, record
        self.workers = workers or os.cpu_count() or 1
        self.uri = sources.root_uri(source)
        self.source = self._source_name()
        scan_id = uuid.uuid4().hex[:12]
        batch = batch or f"{self.source} {datetime.now(UTC):%Y-%m-%d}"
        self.report = ScanReport(scan_id, self.source, self.uri, batch)
        self.progress = Progress()
        self._tell = progress
        self._told = 0.0
        self._started = time.monotonic()
        self._reading_since: float | None = None

    def _source_name(self) -> str:
        known = self.ws.query("source_by_uri", uri=self.uri)
        if not known.empty:
            return str(known["source"].iloc[0])
        taken = set(self.ws.query("sources")["source"])
        base = sources.readable(self.uri).rstrip("/").rpartition("/")[2] or "source"
        names = (base if n == 1 else f"{base} ({n})" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    # -- the course of it

    def run(self) -> ScanReport:
        with self._alone():
            if self.cancel.is_set():
                return self._finish("cancelled")
            self._announce()
            try:
                self._list()
                self._read()
            except KeyboardInterrupt:
                self.cancel.set()
            return self._finish("cancelled" if self.cancel.is_set() else "finished")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One scan of a source at a time: a second one waits, then finds little left to do."""
        name = hashlib.sha256(self.uri.encode()).hexdigest()[:16]
        lock = FileLock(str(self.ws.folder / f"scan-{name}.lock"), thread_local=False)
        self.progress.phase = "waiting"
        while True:
            try:
                lock.acquire(timeout=0.2)
                break
            except Timeout:
                self._show()
                if self.cancel.is_set():
                    break
        try:
            yield
        finally:
            lock.release()

    def _announce(self) -> None:
        if not self.record:
            return
        about = {"scan_id": self.report.scan_id, "source": self.source, "batch": self.report.batch}
        with self.ws.change() as change:
            change.add("source_added", {"source": self.source, "uri": self.uri}, event_id=f"source-{self.uri}")
            change.add("scan_started", about)

    def _finish(self, outcome: str) -> ScanReport:
        report = self.report
        report.outcome = outcome
        report.seconds = round(time.monotonic() - self._started, 3)
        if self.record and self.progress.phase != "waiting":
            names = ("scan_id", "source", "batch", "outcome", "files", "images", "problems")
            with self.ws.change() as change:
                change.add("scan_finished", {name: getattr(report, name) for name in names})
        self.progress.phase = outcome
        self._show(force=True)
        return report

    def _show(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if self._tell is None or (not force and now - self._told < 0.1):
            return
        self._told = now
        if self._reading_since is not None:
            self.progress.seconds = now - self._reading_since
        self._tell(self.progress)

    def _run(self, connection: Connection, name: str, **parameters: Any) -> Connection:
        return connection.execute(self.ws.catalog.named(name).sql, parameters or None)

    # -- listing

    def _list(self) -> None:
        self.progress.phase = "listing"
        with self.ws.catalog.writing() as connection:
            self._run(connection, "clear_listing", source=self.source)
        walk = sources.walk(self.uri, exclude=[sources.root_uri(self.ws.folder)])
        while piece := list(islice(walk, _LIST_AT_ONCE)):
            self._add_to_listing(piece)
            self.progress.listed += len(piece)
            self._show()
            if self.cancel.is_set():
                return
        with self.ws.catalog.writing() as connection:
            self._run(connection, "mark_unchanged", source=self.source, again=self.again)
            self._run(connection, "mark_vanishing", source=self.source)
            [counts] = self._run(connection, "listing_counts", source=self.source).fetchall()
        self.report.files, self.progress.total, self.progress.bytes_total, self._vanishing = counts
        self.report.unchanged = self.report.files - self.progress.total

    def _add_to_listing(self, piece: list[sources.Listed | sources.Unlisted]) -> None:
        rows = [_listing_row(entry) for entry in piece]
        columns = ["image_id", "uri", "path", "size", "mtime_ns", "stage", "kind", "detail"]
        types = [pa.string(), pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string(), pa.string(), pa.string()]
        arrays = {c: pa.array(v, t) for c, v, t in zip(columns, zip(*rows, strict=True), types, strict=True)}
        table = pa.table({"source": pa.array([self.source] * len(rows), pa.string()), **arrays})
        with self.ws.catalog.writing() as connection, rows_as(connection, "incoming", table):
            self._run(connection, "add_to_listing")

    # -- reading

    def _read(self) -> None:
        if self.cancel.is_set():
            return
        self.progress.phase = "reading"
        self._reading_since = time.monotonic()
        if self.progress.total:
            self._measure_all()
        if not self.cancel.is_set():
            self._drop_vanished()
        if self.progress.done or self.report.vanished:
            self._put_in_order()

    def _measure_all(self) -> None:
        pending = _Pending()
        with Pool("workbench.scan:measure_file", workers=self._useful_workers(), deadline=DEADLINE, memory=MEMORY) as pool:
            results = pool.run(self._items(pending))
            try:
                for item, result in results:
                    self._take(pending, item, _outcome(result))
                    if self.cancel.is_set():
                        pool.cancel()
                        break
            except KeyboardInterrupt:
                self.cancel.set()
                pool.cancel()
            self._flush(pending)

    def _useful_workers(self) -> int:
        return max(1, min(self.workers, -(-self.progress.total // 4)))

    def _items(self, pending: _Pending) -> Iterator[Item]:
        """Yield what a worker must read; what was wrong already when it was listed is put aside."""
        after = ""
        while True:
            with self.ws.reading() as connection:
                query = self._run(connection, "listing_page", source=self.source, after=after, size=_PAGE)
                page = [Item(*row) for row in query.fetchall()]
            if not page:
                return
            after = page[-1].uri
            for item in page:
                if item.kind is None:
                    yield item
                else:
                    pending.ready.append(item)

    def _take_ready(self, pending: _Pending) -> None:
        """Account for the files that were in trouble already when they were listed."""
        ready, pending.ready = pending.ready, []
        for item in ready:
            self._count(pending, item, _failed(item.kind or "unreadable", item.detail or "", item.stage or "list"))

    def _take(self, pending: _Pending, item: Item, measured: Measured) -> None:
        self._count(pending, item, measured)
        self._show()
        if pending.is_full():
            self._flush(pending)

    def _count(self, pending: _Pending, item: Item, measured: Measured) -> None:
        pending.add(item, measured)
        self.progress.done += 1
        self.progress.bytes_done += max(item.size, 0)
        self.report.images += measured.facts is not None
        self.report.problems += bool(measured.problems)
        self.progress.problems = self.report.problems
        for found in measured.problems:
            self.report.problem_kinds[found.kind] = self.report.problem_kinds.get(found.kind, 0) + 1

    # -- writing

    def _flush(self, pending: _Pending) -> None:
        self._take_ready(pending)
        if not pending.rows:
            return
        self.ws.thumbnails.put_many(
            [(m.checksum, m.thumbnail) for _, m in pending.rows if m.thumbnail is not None and m.checksum is not None]
        )
        files = self._files_table(pending.rows)
        moved = self._receive(pending.rows, files)
        with self.ws.catalog.writing() as connection, rows_as(connection, "measured_files", files):
            self._run(connection, "forget_facet_counts")
            self._forget(connection, moved)
            self._write(connection, pending.rows)
        self.report.read += len(pending.rows)
        self.report.bytes += sum(m.size or 0 for _, m in pending.rows)
        pending.clear()

    def _files_table(self, rows: list[tuple[Item, Measured]]) -> pa.Table:
        return pa.table(
            {
                "image_id": [i.image_id for i, _ in rows],
                "uri": [i.uri for i, _ in rows],
                "source": [self.source] * len(rows),
                "path": [i.path for i, _ in rows],
                "size": [i.size for i, _ in rows],
                "mtime_ns": [i.mtime_ns for i, _ in rows],
                "real_size": pa.array([m.size for _, m in rows], pa.int64()),
                "checksum": pa.array([m.checksum for _, m in rows], pa.string()),
            }
        )

    def _receive(self, rows: list[tuple[Item, Measured]], files: pa.Table) -> list[str]:
        """Write to the ledger what was received, new or with new content; return the ids that files moved from."""
        with self.ws.reading() as connection, rows_as(connection, "measured_files", files):
            known = {row[0]: row[1:] for row in self._run(connection, "known_receipts").fetchall()}
        received: list[list[Any]] = []
        gone: set[str] = set()
        for item, measured in rows:
            is_known, checksum, moved_from = known[item.image_id]
            if is_known and checksum == measured.checksum:
                continue
            if is_known or moved_from in gone:
                moved_from = None
            if moved_from is not None:
                gone.add(moved_from)
            received.append([item.image_id, item.uri, measured.size, measured.checksum, moved_from])
        if received:
            about = {"scan_id": self.report.scan_id, "source": self.source, "batch": self.report.batch}
            with self.ws.change() as change:
                change.add("images_received", about | {"count": len(received)}, attachment=pack(received))
        self.report.moved += len(gone)
        return sorted(gone)

    def _forget(self, connection: Connection, moved: list[str]) -> None:
        known = [row[0] for row in self._run(connection, "outdated_ids").fetchall()]
        self._forget_ids(connection, known + moved)

    def _forget_ids(self, connection: Connection, ids: list[str]) -> None:
        if not ids:
            return
        with rows_as(connection, "outdated", pa.table({"image_id": ids})):
            for what in ("images", "problems", "embedded", "keywords", "texts"):
                self._run(connection, f"forget_measured_{what}")
            self._run(connection, "forget_seen")

    def _write(self, connection: Connection, rows: list[tuple[Item, Measured]]) -> None:
        self._run(connection, "add_seen")
        tables = {
            "facts": _facts_table(rows, self.source),
            "embedded": _embedded_table(rows),
            "keywords": _pairs_table("keyword", ((i.image_id, k) for i, m in rows for k in m.keywords)),
            "texts": _pairs_table("text", ((i.image_id, _searchable(i, m)) for i, m in rows if m.facts is not None)),
            "problems": _problems_table(rows),
        }
        with contextlib.ExitStack() as lent:
            for what, table in tables.items():
                lent.enter_context(rows_as(connection, f"measured_{what}", table))
            for what, table in tables.items():
                if table.num_rows:
                    self._run(connection, f"add_{what}")

    def _drop_vanished(self) -> None:
        with self.ws.catalog.writing() as connection:
            gone = [row[0] for row in self._run(connection, "vanishing_ids", source=self.source).fetchall()]
            self._run(connection, "forget_facet_counts")
            self._forget_ids(connection, gone)
            self._run(connection, "clear_listing", source=self.source)
        self.report.vanished = len(gone)

    def _put_in_order(self) -> None:
        """Leave the catalogue as searches like it: keywords sorted, facets counted."""
        steps = ("keywords_in_order", "clear_keywords", "put_keywords_back", "drop_ordered_keywords")
        with self.ws.catalog.writing() as connection:
            for step in (*steps, "forget_facet_counts", "refresh_facet_counts"):
                self._run(connection, step)


@dataclass(slots=True)
class _Pending:
    """Measured files that aren't written yet."""

    rows: list[tuple[Item, Measured]] = field(default_factory=list)
    ready: list[Item] = field(default_factory=list)
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


def _outcome(result: Measured | Failure) -> Measured:
    if isinstance(result, Failure):
        return _failed(result.kind, result.detail, stage="decode")
    return result


def _listing_row(entry: sources.Listed | sources.Unlisted) -> tuple[Any, ...]:
    image_id = sources.image_id(entry.uri)
    if isinstance(entry, sources.Unlisted):
        found = entry.problem
        return image_id, entry.uri, entry.path, -1, -1, found.stage, found.kind, found.detail
    return image_id, entry.uri, entry.path, entry.size, entry.mtime_ns, None, None, None


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
        for column, more in zip(columns, (m.keys, m.langs, m.ordinals, m.values), strict=True):
            column += more
    types = (pa.string(), pa.string(), pa.int32(), pa.string())
    arrays = [pa.array(ids, pa.string()), *(pa.array(c, t) for c, t in zip(columns, types, strict=True))]
    return pa.table(arrays, names=["image_id", "key", "lang", "ordinal", "value"])


def _pairs_table(name: str, pairs: Iterator[tuple[str, str]]) -> pa.Table:
    listed = list(pairs)
    return pa.table(
        {"image_id": pa.array([a for a, _ in listed], pa.string()), name: pa.array([b for _, b in listed], pa.string())}
    )


def _searchable(item: Item, measured: Measured) -> str:
    return "\n".join([item.path, measured.text, *measured.keywords])


def _problems_table(rows: list[tuple[Item, Measured]]) -> pa.Table:
    listed = [(i.image_id, p.stage, p.kind, p.message, p.detail) for i, m in rows for p in m.problems]
    columns = zip(*listed, strict=True) if listed else [()] * 5
    names = ["image_id", "stage", "kind", "message", "detail"]
    return pa.table([pa.array(column, pa.string()) for column in columns], names=names)
