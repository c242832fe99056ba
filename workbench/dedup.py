"""Find duplicates: run the finders, write the pairs they yield, and make clusters of them."""

from __future__ import annotations

import contextlib
import importlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from workbench import clusters, true_size
from workbench.catalog import Connection, Query, rows_as, was_interrupted
from workbench.deciding import code_digest
from workbench.dedup_settings import METHODS, Settings, burst_seconds, load
from workbench.events import canonical
from workbench.finders import exact
from workbench.finders import metadata as metadata_rules
from workbench.in_words import InWords
from workbench.relations import FinderProgress, Pair
from workbench.workspace import VERSION, Workspace

__all__ = ["METHODS", "FindProgress", "FindReport", "MethodReport", "Settings", "find_again", "find_duplicates", "load"]

_AT_ONCE = 2_000
_LOOKED_AT = "where image_a in (select image_id from looked_at) or image_b in (select image_id from looked_at)"
_PHASES = {
    "waiting": "Another search for duplicates is running; this one waits for it …",
    "measuring": "Looking what copies really hold …",
    "clustering": "Making clusters …",
    "finished": "The search for duplicates is finished.",
    "cancelled": "The search for duplicates was cancelled; what was found so far is kept.",
}
_STATEMENTS: dict[str, Callable[[Settings], list[Query]]] = {
    "exact": exact.statements,
    "same-picture": exact.statements_same_picture,
    "metadata": metadata_rules.statements,
}
_FINDERS = {name: f"workbench.finders.{name}" for name in ("fuzzy", "content", "descriptor")}
_PAIRS = pa.schema({
    "image_a": pa.string(), "image_b": pa.string(), "relation": pa.string(), "method": pa.string(),
    "score": pa.float64(), "evidence": pa.string(),
})  # fmt: skip


@dataclass(slots=True)
class FindProgress:
    """Where a search for duplicates is.

    Attributes
    ----------
    phase : str
        ``waiting`` (for another search), ``finding``, ``measuring`` (what copies really hold),
        ``clustering``, ``finished`` or ``cancelled``.
    method : str
        The finder at work.
    done, total : int
        How much of its work it has done; 0 of 0 while that isn't known.
    pairs : int
        Found so far, by all methods of this run.
    seconds : float
        Since the finder at work began.
    """

    phase: str = "waiting"
    method: str = ""
    done: int = 0
    total: int = 0
    pairs: int = 0
    seconds: float = 0.0

    def in_words(self) -> str:
        """Return one line for whoever waits."""
        if self.phase != "finding":
            return _PHASES[self.phase]
        far = f"{self.done:,} of {self.total:,}" if self.total else "looking"
        return f"Duplicates by {self.method}: {far}; {self.pairs:,} pairs so far"


@dataclass(slots=True)
class MethodReport:
    """What one method found.

    Attributes
    ----------
    outcome : str
        ``finished``; ``unchanged`` (was done before, on the same images with the same settings); ``cancelled``.
    pairs : int
        That it knows now.
    """

    method: str
    outcome: str = "finished"
    pairs: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class FindReport(InWords):
    """What a search for duplicates found.

    Attributes
    ----------
    outcome : str
        ``finished`` or ``cancelled``.
    images : int
        Looked at.
    methods : list of MethodReport
    relations : dict
        Relation → pairs, of all that are known now.
    clusters, redundant, bytes_to_gain : int
        Clusters there are now, the images in them that may go, and their bytes.
    """

    run_id: str
    outcome: str = "finished"
    images: int = 0
    methods: list[MethodReport] = field(default_factory=list)
    relations: dict[str, int] = field(default_factory=dict)
    clusters: int = 0
    redundant: int = 0
    bytes_to_gain: int = 0
    seconds: float = 0.0

    def __getitem__(self, method: str) -> MethodReport:
        return next(report for report in self.methods if report.method == method)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"Search for duplicates {self.outcome}: {self.images:,} images in {self.seconds:.1f} s."]
        lines += [f"  {m.method:<14}{m.pairs:>9,} pairs, {m.outcome}" for m in self.methods]
        lines += [
            f"  {pairs:>9,} {'pair is' if pairs == 1 else 'pairs are'} {relation}"
            for relation, pairs in self.relations.items()
        ]
        gain = f"{self.redundant:,} images ({self.bytes_to_gain / 1e6:,.1f} MB) may go once somebody has looked"
        return "\n".join([*lines, f"{self.clusters:,} clusters; {gain}."])


def find_duplicates(
    ws: Workspace,
    methods: Sequence[str] | None = None,
    *,
    images: Sequence[str] | None = None,
    settings: Settings | None = None,
    progress: Callable[[FindProgress], None] | None = None,
    cancel: threading.Event | None = None,
    again: bool = False,
    record: bool = True,
) -> FindReport:
    """Find duplicates, and put them into clusters.

    What a method found before is replaced. A search that was cancelled or killed goes on where it was when it is
    started again: methods that are done aren't run again while images and settings are the same, and what was
    verified isn't verified again.

    Parameters
    ----------
    ws : Workspace
    methods : sequence of str, optional
        Of `METHODS`; those of the settings when not given.
    images : sequence of str, optional
        Only pairs that one of these is in.
    settings : Settings, optional
        Those of the workspace's ``dedup.toml`` when not given, with the thresholds of the last calibration unless it
        names some.
    progress : callable, optional
        Called with a `FindProgress`, at most ten times a second.
    cancel : threading.Event, optional
        Set it from anywhere to cancel; what was found so far is kept.
    again : bool
        Also run what is done already.
    record : bool
        Whether the search goes into the ledger; a rebuild doesn't.

    Raises
    ------
    BadValue
        There is no such method, or ``dedup.toml`` has mistakes.
    """
    chosen = (settings or calibrated(ws, load(ws.folder))).with_methods(methods)
    ids = None if images is None else list(dict.fromkeys(images))
    return _Find(ws, chosen, ids, progress, cancel or threading.Event(), again, record).run()


def calibrated(ws: Workspace, settings: Settings) -> Settings:
    """Return settings with the thresholds of the last calibration where they name none themselves."""
    found = ws.query("last_calibration")
    if settings.thresholds or found.empty:
        return settings
    return replace(settings, thresholds=json.loads(found["thresholds"].iloc[0]))


def find_again(
    ws: Workspace,
    *,
    progress: Callable[[FindProgress], None] | None = None,
    cancel: threading.Event | None = None,
) -> list[FindReport]:
    """Find again what the ledger says was found last, with the settings of then: for a catalogue made anew."""
    runs = ws.query("last_searches")
    reports = []
    for settings, group in runs.groupby("settings", sort=False):
        chosen = Settings.from_dict(json.loads(str(settings))).with_methods(group["method"].tolist())
        found_by = dict(zip(group["method"], group["run_id"], strict=True))
        search = _Find(ws, chosen, None, progress, cancel or threading.Event(), again=False, record=False)
        search.run_ids |= {method: run_id for method, run_id in found_by.items() if run_id}
        reports.append(search.run())
    return reports


class _Find:
    """One search under way."""

    def __init__(
        self,
        ws: Workspace,
        settings: Settings,
        images: list[str] | None,
        tell: Callable[[FindProgress], None] | None,
        cancel: threading.Event,
        again: bool,
        record: bool,
    ) -> None:
        self.ws, self.settings, self.images, self.cancel = ws, settings, images, cancel
        self.again, self.record, self._tell = again, record, tell
        self.now = FindProgress()
        self.report = FindReport(uuid.uuid4().hex[:12])
        self.run_ids = dict.fromkeys(METHODS, self.report.run_id)
        self._told = self._since = 0.0
        self._started = time.monotonic()

    def run(self) -> FindReport:
        with self._alone():
            try:
                self._prepare()
                for method in self.settings.methods:
                    if self.cancel.is_set():
                        break
                    self._run_method(method)
            except (KeyboardInterrupt, RuntimeError) as error:
                if not was_interrupted(error):
                    raise
                self.cancel.set()
            if not self.cancel.is_set():
                self._enter("measuring")
                true_size.measure(self.ws, self._at, self.cancel)
            self._enter("clustering")
            clusters.make(self.ws, self.settings)
            return self._finish("cancelled" if self.cancel.is_set() else "finished")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One search at a time: a second one waits, then finds little left to do."""
        lock = FileLock(str(self.ws.folder / "dedup.lock"), thread_local=False)
        self._enter("waiting")
        while not lock.is_locked and not self.cancel.is_set():
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0.2)
            self._show()
        try:
            yield
        finally:
            lock.release()

    # -- telling

    def _enter(self, phase: str, method: str = "") -> None:
        self.now.phase, self.now.method, self.now.done, self.now.total = phase, method, 0, 0
        self._since = time.monotonic()
        self._show(force=True)

    def _show(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if self._tell is None or (not force and now - self._told < 0.1):
            return
        self._told, self.now.seconds = now, now - self._since
        self._tell(self.now)

    def _at(self, done: int, total: int) -> None:
        self.now.done, self.now.total = done, total
        self._show()

    # -- finding

    def _run(self, connection: Connection, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return connection.execute(self.ws.catalog.named(name).sql, parameters or None).fetchall()

    def _prepare(self) -> None:
        with self.ws.catalog.writing() as connection:
            for step in ("follow_moved_pairs", "forget_stale_pairs"):
                self._run(connection, step)
            [(self.report.images, self._stamp)] = self._run(connection, "catalogue_stamp")
        if self.images is not None:
            self.report.images = len(self.images)

    def _run_method(self, method: str) -> None:
        report = MethodReport(method)
        self.report.methods.append(report)
        self._enter("finding", method)
        code = {"code": code_digest()} if method in _FINDERS else {}
        settings = canonical({"version": VERSION, **code, **self._settings_of(method)})
        done = {"method": method, "settings": settings, "stamp": self._stamp}
        if self.images is None and not self.again and self._is_done(**done):
            report.outcome = "unchanged"
        else:
            self._find(method)
            if self.cancel.is_set():
                report.outcome = "cancelled"
            else:
                self._conclude(method, done)
        with self.ws.reading() as connection:
            [(report.pairs,)] = self._run(connection, "pairs_of_method", method=method)
        self.now.pairs += report.pairs
        report.seconds = round(time.monotonic() - self._since, 3)

    def _settings_of(self, method: str) -> dict[str, Any]:
        """Return what of the settings a method depends on."""
        plain = self.settings.as_dict()
        for other in {"methods", "keepers"} | ({"metadata"} if method != "metadata" else set()):
            del plain[other]
        return plain if method not in ("exact", "same-picture") else {}

    def _is_done(self, **done: str) -> bool:
        with self.ws.reading() as connection:
            return bool(self._run(connection, "is_method_done", **done))

    def _find(self, method: str) -> None:
        if method in _STATEMENTS:
            for query in _STATEMENTS[method](self.settings):
                self._find_by_sql(method, query)
                if self.cancel.is_set():
                    return
            if method == "metadata":
                self._note_companion_files()
        else:
            self._find_by(method)

    def _find_by_sql(self, method: str, query: Query) -> None:
        """Let SQL find and write the pairs: in one pass, whatever their number."""
        with self.ws.catalog.writing() as connection:
            self._keep(connection, method, query.sql)

    def _note_companion_files(self) -> None:
        extensions = self.settings.tables.get("companions", {}).get("extensions", [])
        with self.ws.catalog.writing() as connection:
            self._run(connection, "forget_companion_files")
            self._run(connection, "add_companion_files", extensions=[str(e).lower() for e in extensions])

    def _find_by(self, method: str) -> None:
        finder = importlib.import_module(_FINDERS[method])
        tell: FinderProgress = self._at
        found: Iterator[Pair] = iter(
            finder.find(self.ws, images=self.images, settings=self.settings, progress=tell, cancel=self.cancel)
        )
        while piece := list(islice(found, _AT_ONCE)):
            with self.ws.catalog.writing() as connection, rows_as(connection, "pairs_lent", _table(piece)):
                self._keep(connection, method, "from pairs_lent")
            self.now.pairs += len(piece)
            self._show()
        self.now.pairs = sum(m.pairs for m in self.report.methods)

    def _keep(self, connection: Connection, method: str, found: str) -> None:
        """Write the pairs that ``found`` selects, in place of what the same method said of the same pairs before."""
        with rows_as(connection, "looked_at", self._looked_at()):
            connection.execute(f"create or replace temp table pairs_found as select * from ({found}) {self._scope()}")
        self._run(connection, "replace_pairs")
        self._run(connection, "add_pairs", run_id=self.run_ids[method], burst_seconds=burst_seconds(self.settings))
        connection.execute("drop table pairs_found")

    def _looked_at(self) -> pa.Table:
        return pa.table({"image_id": pa.array(self.images or [], pa.string())})

    def _scope(self) -> str:
        return "" if self.images is None else _LOOKED_AT

    def _conclude(self, method: str, done: dict[str, str]) -> None:
        """Forget what the method said before and doesn't any more, and note that it is done."""
        with self.ws.catalog.writing() as connection:
            with rows_as(connection, "looked_at", self._looked_at()):
                self._run(
                    connection, "forget_earlier_pairs", method=method, run_id=self.run_ids[method],
                    every=self.images is None,
                )  # fmt: skip
            if self.images is None:
                self._run(connection, "forget_method_done", method=method)
                self._run(connection, "note_method_done", **done)

    # -- the end

    def _finish(self, outcome: str) -> FindReport:
        report = self.report
        report.outcome = outcome
        with self.ws.reading() as connection:
            report.relations = {row[0]: row[1] for row in self._run(connection, "pairs_by_relation")}
            [(report.clusters, report.redundant, report.bytes_to_gain)] = self._run(connection, "cluster_totals")
        report.seconds = round(time.monotonic() - self._started, 3)
        if self.record and report.methods and self.images is None:
            with self.ws.change() as change:
                change.add("duplicates_found", self._about())
        self._enter(outcome)
        return report

    def _about(self) -> dict[str, Any]:
        report = self.report
        found = [[m.method, m.outcome, m.pairs] for m in report.methods]
        return {
            "run_id": report.run_id,
            "settings": self.settings.as_dict(),
            "outcome": report.outcome,
            "images": report.images,
            "methods": found,
            "relations": report.relations,
            "clusters": report.clusters,
        }


def _table(pairs: list[Pair]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [getattr(p, name) for p in pairs] for name in _PAIRS.names[:-1]}
    columns["evidence"] = [canonical(p.evidence) for p in pairs]
    return pa.table(columns, schema=_PAIRS)
