"""Suggestions: what machines propose for fields of images, and what people decide about it.

A suggestion is never a value until somebody accepts it. What is proposed lies in the catalogue and can be made again;
decisions are events, and what was rejected isn't proposed again by the same model.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench import profiles, suggesters
from workbench.bulk import ids_of
from workbench.catalog import arrow_table, rows_as
from workbench.errors import BadValue, NotFound, Stale, WorkbenchError
from workbench.events import ORIGINS, Event, pack
from workbench.image_values import cleaned
from workbench.in_words import InWords
from workbench.profiles import Profile
from workbench.suggesters import LOCAL, Setting, StillHere, Subject, Suggester, Trouble
from workbench.suggesters.judging import Fitted, Judge
from workbench.suggesters.listening import Hung, answers
from workbench.workspace import Change, Workspace

PATIENCE = 120.0
"""Seconds that a suggester may be silent."""

_AT_ONCE = {"image": 16}
_HIDDEN = ("suggestion_id", "confidence", "suggester", "model", "version")
_MANY = 1_000
_FAILURES = 3  # batches in a row that may fail before a suggester isn't asked any more
_TROUBLES = 20  # kept in the report, of each suggester
_COLUMNS = pa.schema({
    "suggestion_id": pa.string(), "image_id": pa.string(), "field": pa.string(), "kind": pa.string(),
    "lang": pa.string(), "value": pa.string(), "suggester": pa.string(), "confidence": pa.float64(),
    "model": pa.string(), "version": pa.string(), "evidence": pa.string(),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class SuggestProgress:
    """Where a run is: which suggester, and how many images it has been asked about out of how many."""

    suggester: str
    done: int
    total: int


@dataclass(slots=True)
class SuggesterReport:
    """What one suggester did.

    Attributes
    ----------
    outcome : str
        ``finished``, ``cancelled`` or ``gave up`` (it hung, or failed again and again).
    images : int
        Asked about.
    proposed, kept : int
        Suggestions it made; those among them that are of use: not known already, not rejected before, wanted.
    refused : int
        Suggestions that made no sense.
    troubles : list of Trouble
        The first 20 of them.
    sent_to : str
        Where it sent the pictures; empty when nothing left this machine.
    """

    name: str
    model: str = ""
    version: str = ""
    outcome: str = "finished"
    images: int = 0
    proposed: int = 0
    kept: int = 0
    refused: int = 0
    trouble_count: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    sent_to: str = ""
    seconds: float = 0.0

    def note(self, trouble: Trouble) -> None:
        """Take note of something that went wrong."""
        self.trouble_count += 1
        if len(self.troubles) < _TROUBLES:
            self.troubles.append(trouble)

    def __str__(self) -> str:
        line = f"{self.name} {self.outcome}: {self.kept:,} new suggestions for {self.images:,} images"
        line += f" in {self.seconds:.1f} s" + (f", {self.trouble_count:,} problems" if self.trouble_count else "") + "."
        if self.sent_to:
            line += f" The pictures were sent to {self.sent_to}."
        return "\n".join([line, *(f"  {trouble.message}" for trouble in self.troubles[:3])])


@dataclass(slots=True)
class SuggestReport(InWords):
    """What a run did, suggester by suggester."""

    images: int
    outcome: str = "finished"
    seconds: float = 0.0
    suggesters: list[SuggesterReport] = field(default_factory=list)

    def __getitem__(self, name: str) -> SuggesterReport:
        return next(report for report in self.suggesters if report.name == name)

    @property
    def kept(self) -> int:
        """New suggestions."""
        return sum(report.kept for report in self.suggesters)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(map(str, self.suggesters)) or "No suggester was asked."


# ── making them ───────────────────────────────────────────────────────────────────────────────────────────────


def suggest(
    ws: Workspace,
    images: Any = None,
    suggesters: Sequence[str | Suggester] = LOCAL,
    *,
    profile: str | Profile | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Callable[[SuggestProgress], None] | None = None,
    cancel: threading.Event | None = None,
    patience: float = PATIENCE,
) -> SuggestReport:
    """Let suggesters propose values.

    Parameters
    ----------
    ws : Workspace
    images : list of str, DataFrame or Search, optional
        All when not given.
    suggesters : sequence of str or Suggester
        Names as in `workbench.suggesters.available`. Those that send pictures to a service (``aws``, ``gcloud``) run
        only when they are named here.
    profile : str or Profile, optional
        Only fields of this profile are wanted, with values that fit its patterns and vocabularies.
    options : mapping, optional
        Suggester → what it is told; over what stands in ``workspace.toml`` under ``[suggesters.NAME]``.
    progress : callable, optional
        Called with a `SuggestProgress`.
    cancel : threading.Event, optional
        Set it to stop: what was proposed so far is kept.
    patience : float
        Seconds a suggester may be silent before it is given up.

    Raises
    ------
    NotFound
        There is no such suggester, profile or image.
    MissingExtra
        A suggester needs a package that isn't installed.
    """
    cancel = cancel or threading.Event()
    known = profile if isinstance(profile, Profile) or profile is None else profiles.load(profile, ws.folder)
    report = SuggestReport(0)
    made = list(_loaded(ws, suggesters, known, options or {}, cancel, report))
    ids = ids_of(ws, images)
    report.images, since = len(ids), time.monotonic()
    # What reads pictures goes first: others look at what was read.
    for one in sorted(made, key=lambda one: one.wants != "image"):
        run = _Run(ws, one, Judge(known), cancel, patience, progress)
        report.suggesters.append(run.over(ids))
    report.outcome = "cancelled" if cancel.is_set() else "finished"
    report.seconds = time.monotonic() - since
    return report


def _loaded(
    ws: Workspace,
    wanted: Iterable[str | Suggester],
    profile: Profile | None,
    options: Mapping[str, Mapping[str, Any]],
    cancel: threading.Event,
    report: SuggestReport,
) -> Iterator[Suggester]:
    if isinstance(wanted, str):
        raise BadValue("One text was given for the suggesters.", hint=f'Give a list, such as ["{wanted}"].')
    for one in dict.fromkeys(wanted):
        if not isinstance(one, str):
            yield one
            continue
        told = {**_settings(ws, one), **options.get(one, {})}
        try:
            yield suggesters.load(one, Setting(_asking(ws), profile, told, cancel.wait))
        except WorkbenchError:
            raise
        except Exception as error:  # a plug-in's failure costs its own suggestions only
            failed = SuggesterReport(one, outcome="gave up")
            failed.note(Trouble(None, f"It can't be started: {error!r}."))
            report.suggesters.append(failed)


def _settings(ws: Workspace, name: str) -> Mapping[str, Any]:
    """Return what ``workspace.toml`` says for a suggester."""
    tables = ws.settings.get("suggesters", {})
    told = tables.get(name, {}) if isinstance(tables, dict) else None
    if not isinstance(told, dict):
        raise BadValue("workspace.toml has no table for suggesters there.", hint=f"Write [suggesters.{name}].")
    return told


def _asking(ws: Workspace) -> Callable[..., pa.Table]:
    def ask(name: str, **parameters: Any) -> pa.Table:
        with ws.reading() as connection:
            return arrow_table(connection, ws.catalog.named(name).sql, parameters)

    return ask


class _Run:
    """One suggester on its way through the images."""

    def __init__(
        self,
        ws: Workspace,
        suggester: Suggester,
        judge: Judge,
        cancel: threading.Event,
        patience: float,
        progress: Callable[[SuggestProgress], None] | None,
    ) -> None:
        self.ws, self.suggester, self.judge, self.cancel = ws, suggester, judge, cancel
        self.patience, self.progress = patience, progress
        self.report = SuggesterReport(
            str(suggester.name), str(suggester.model), str(suggester.version), sent_to=suggesters.sends_out(suggester)
        )
        self._failures = 0

    def over(self, ids: list[str]) -> SuggesterReport:
        since, size = time.monotonic(), _AT_ONCE.get(self.suggester.wants, _MANY)
        for start in range(0, len(ids), size):
            if self.cancel.is_set() or self.report.outcome != "finished":
                break
            self._batch(ids[start : start + size])
            if self.progress is not None:
                self.progress(SuggestProgress(self.report.name, min(start + size, len(ids)), len(ids)))
        if self.cancel.is_set():
            self.report.outcome = "cancelled"
        with suppress(Exception):
            getattr(self.suggester, "close", lambda: None)()
        self.report.seconds = time.monotonic() - since
        return self.report

    def _batch(self, ids: list[str]) -> None:
        batch = subjects(self.ws, ids)
        kept: dict[str, Fitted] = {}
        try:
            for one in answers(self.suggester, batch, self.patience, self.cancel):
                self._take(one, {subject.image_id for subject in batch}, kept)
            self._failures = 0
        except Hung as hung:
            self._fail(str(hung), for_good=True)
        except Exception as error:  # a plug-in may raise whatever it likes
            self._fail(f"It failed over {len(batch):,} images: {_short(error)}.")
        else:
            self.report.images += len(batch)
            self._keep([subject.image_id for subject in batch], kept)

    def _fail(self, message: str, *, for_good: bool = False) -> None:
        self.report.note(Trouble(None, message))
        self._failures += 1
        if for_good or self._failures >= _FAILURES:
            self.report.outcome = "gave up"

    def _take(self, one: object, asked: set[str], kept: dict[str, Fitted]) -> None:
        if isinstance(one, StillHere):
            return
        if isinstance(one, Trouble):
            self.report.note(one)
            return
        self.report.proposed += 1
        fitted = self.judge.fit(one, asked)
        if isinstance(fitted, Trouble):
            self.report.refused += 1
            self.report.note(fitted)
        elif fitted is not None:
            name = _suggestion_id(fitted, self.report.name)
            if name not in kept or kept[name].confidence < fitted.confidence:
                kept[name] = fitted

    def _keep(self, ids: list[str], kept: Mapping[str, Fitted]) -> None:
        known: dict[str, list[Any]] = {"suggestion_id": list(kept), "suggester": [self.report.name] * len(kept)}
        columns = {n: known.get(n) or [getattr(one, n) for one in kept.values()] for n in _COLUMNS.names}
        table = pa.table(columns, schema=_COLUMNS)
        named = self.ws.catalog.named
        with self.ws.catalog.writing() as connection, rows_as(connection, "proposed", table):
            connection.execute(named("forget_suggestions").sql, {"suggester": self.report.name, "ids": ids})
            [(count,)] = connection.execute(named("keep_suggestions").sql).fetchall()
        self.report.kept += count


def _suggestion_id(one: Fitted, suggester: str) -> str:
    told = "\x1f".join([one.image_id, one.field, one.lang or "", one.value, suggester, one.model])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _short(error: Exception) -> str:
    return repr(error)[:300]


def subjects(ws: Workspace, ids: Sequence[str]) -> list[Subject]:
    """Return what suggesters are told of images."""
    ask = _asking(ws)
    values = ask("suggestion_values", ids=list(ids)).to_pylist()
    metadata: dict[str, dict[str, tuple[tuple[str | None, str], ...]]] = {}
    for (image_id, name), rows in groupby(values, key=lambda row: (row["image_id"], row["field"])):
        metadata.setdefault(image_id, {})[name] = tuple((row["lang"], row["value"]) for row in rows)
    return [
        Subject(fact["image_id"], fact["uri"], fact["path"], metadata.get(fact["image_id"], {}), fact)
        for fact in ask("suggestion_subjects", ids=list(ids)).to_pylist()
    ]


# ── deciding ──────────────────────────────────────────────────────────────────────────────────────────────────


def accept(ws: Workspace, ids: Sequence[str], *, reason: str = "") -> list[Event]:
    """Accept suggestions: their values count from now on, with the origin ``suggested``.

    All of it is one change, which can be undone. An entry of a list is added to the list, a text in a language joins
    the other languages, anything else replaces what was there. Accepting again what is accepted does nothing.

    Parameters
    ----------
    ids : list of str
        As `suggestions` returns them.

    Returns
    -------
    list of Event
        The change of the values, then what was decided about each suggestion.

    Raises
    ------
    NotFound
        An id isn't known; perhaps the suggestions were made anew.
    """
    chosen = [(row, row["value"]) for row in _chosen(ws, ids) if row["status"] not in ("accepted", "edited")]
    return _entered(ws, chosen, "suggestion_accepted", reason)


def edit(ws: Workspace, suggestion_id: str, value: str, *, reason: str = "") -> list[Event]:
    """Enter another value instead of a suggestion, which is accepted with a correction.

    Raises
    ------
    NotFound
        The id isn't known.
    BadValue
        The value is empty or can't be stored.
    Stale
        The suggestion was accepted already.
    """
    [row] = _chosen(ws, [suggestion_id])
    _must_not_be_accepted(row)
    text = cleaned(value)
    if not isinstance(text, str):
        raise BadValue("The value is empty.", hint="Reject the suggestion instead.")
    kind = "suggestion_accepted" if text == row["value"] else "suggestion_edited"
    return _entered(ws, [(row, text)], kind, reason)


def reject(ws: Workspace, ids: Sequence[str], *, reason: str = "") -> list[Event]:
    """Reject suggestions: the same model won't make them again.

    Raises
    ------
    NotFound
        An id isn't known.
    Stale
        One was accepted already.
    """
    rows = _chosen(ws, ids)
    for row in rows:
        _must_not_be_accepted(row)
    with ws.change(reason) as change:
        for row in rows:
            if row["status"] != "rejected":
                change.add("suggestion_rejected", decision(row, None))
    return change.events


def reopen(ws: Workspace, ids: Sequence[str], *, reason: str = "") -> list[Event]:
    """Take rejections back: the suggestions are open again; those that weren't rejected are left alone.

    Raises
    ------
    NotFound
        An id isn't known. Where suggestions were made anew since, a rejected one isn't among them: `undo_reject` takes
        its rejection back, and the next run proposes it again.
    """
    with ws.change(reason) as change:
        for row in _chosen(ws, ids):
            if row["status"] == "rejected":
                change.add("suggestion_reopened", decision(row, None))
    return change.events


def undo_reject(ws: Workspace, seq: int, *, reason: str = "") -> Event:
    """Take one rejection back, named by its place in the ledger.

    Raises
    ------
    BadValue
        The event is another one.
    Stale
        It was taken back already, or something else was decided since.
    """
    found = ws.ledger.read(after=seq - 1, limit=1) if seq > 0 else []
    if not found or found[0].kind != "suggestion_rejected":
        raise BadValue(f"Event {seq} rejected no suggestion.", hint="ws.changes() lists what can be undone.")
    if ws.query("rejection_that_holds", seq=seq).empty:
        raise Stale(f"The rejection {seq} holds no longer.", hint="Look at ws.suggestions(image_id).")
    with ws.change(reason or f"undo of {seq}") as change:
        payload = {key: value for key, value in found[0].payload.items() if key != "attachment_sha256"}
        change.add("suggestion_reopened", payload)
    return change.events[0]


def decision(row: Mapping[str, Any], value: str | None) -> dict[str, Any]:
    """Return the payload of an event that says what became of a suggestion.

    Parameters
    ----------
    row : mapping
        The suggestion, with the names of the view ``suggestions``.
    value : str or None
        What was entered.
    """
    names = ("suggestion_id", "image_id", "field", "lang", "suggester", "confidence", "model", "version")
    return {**{name: row[name] for name in names}, "suggested": row["value"], "value": value}


def _chosen(ws: Workspace, ids: Sequence[str]) -> list[dict[str, Any]]:
    if isinstance(ids, str):
        raise BadValue("One text was given for the ids.", hint="Give a list of ids.")
    wanted = list(dict.fromkeys(ids))
    found = {row["suggestion_id"]: row for row in _asking(ws)("suggestions_by_id", ids=wanted).to_pylist()}
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise NotFound(
            f"There is no suggestion {unknown[0]!r}.", hint="Suggestions may have been made anew: look again."
        )
    return [found[name] for name in wanted]


def _must_not_be_accepted(row: Mapping[str, Any]) -> None:
    if row["status"] in ("accepted", "edited"):
        raise Stale("This suggestion was accepted already.", hint="Undo that change first: ws.changes() lists it.")


_Entry = tuple[str | None, str, str]  # language, value, origin


def _entered(ws: Workspace, chosen: list[tuple[dict[str, Any], str]], kind: str, reason: str) -> list[Event]:
    if not chosen:
        return []
    contents = _contents(ws, [row for row, _ in chosen])
    for row, value in chosen:
        key = (row["image_id"], row["field"])
        contents[key] = _with(contents.get(key, []), row["kind"], row["lang"], value)
    with ws.change(reason) as change:
        _add_values(change, contents)
        for row, value in chosen:
            change.add(kind, decision(row, value))
    return change.events


def _contents(ws: Workspace, rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[_Entry]]:
    """Return what the metadata says now in the fields that are about to change."""
    touched = {(row["image_id"], row["field"]) for row in rows}
    ids, names = sorted({i for i, _ in touched}), sorted({f for _, f in touched})
    found: dict[tuple[str, str], list[_Entry]] = {key: [] for key in sorted(touched)}
    for row in _asking(ws)("values_under_suggestions", ids=ids, fields=names).to_pylist():
        if (row["image_id"], row["field"]) in found:
            origin = row["origin"] if row["origin"] in ORIGINS else ORIGINS[0]
            found[row["image_id"], row["field"]].append((row["lang"], row["value"], origin))
    return found


def _with(entries: list[_Entry], kind: str, lang: str | None, value: str) -> list[_Entry]:
    new = (lang, value, "suggested")
    if kind in ("bag", "seq"):
        return entries if any(text == value for _, text, _ in entries) else [*entries, new]
    if kind == "langalt":
        return [*(entry for entry in entries if (entry[0] or "x-default") != lang), new]
    return [new]


def _add_values(change: Change, contents: Mapping[tuple[str, str], list[_Entry]]) -> None:
    records = []
    for (image_id, name), entries in contents.items():
        places: dict[str | None, int] = {}
        for lang, value, origin in entries:
            records.append([image_id, name, lang, places.setdefault(lang, 0), value, origin])
            places[lang] += 1
    images, names = {image_id for image_id, _ in contents}, sorted({name for _, name in contents})
    payload = {"count": len(images), "fields": names, "what": "accepted suggestions"}
    change.add("values_changed", payload, attachment=pack(records))


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────


def suggestions(ws: Workspace, image_id: str) -> pd.DataFrame:
    """Return what is proposed for one image, by field, the surest first, with what was decided about it."""
    return ws.query("suggestions_of", image_id=image_id)


def for_form(
    ws: Workspace, image_id: str, fields: Iterable[str] | None = None, *, most: int = 5
) -> dict[str, list[dict[str, Any]]]:
    """Return the open suggestions for one image as a form shows them.

    Parameters
    ----------
    fields : iterable of str, optional
        Only these fields.
    most : int
        Of each field and language, at most so many.

    Returns
    -------
    dict
        Field → suggestions, the surest first: suggestion_id, lang, value, confidence, suggester, model, version,
        evidence, also. Where several suggesters propose the same, only the surest is there, and ``also`` has the
        others, which it hides: suggestion_id, confidence, suggester, model, version.
    """
    wanted = None if fields is None else set(fields)
    found: dict[str, list[dict[str, Any]]] = {}
    seen: dict[tuple[str, str | None], dict[str, dict[str, Any]]] = {}
    for row in _asking(ws)("suggestions_of", image_id=image_id).to_pylist():
        name = row.pop("field")
        values = seen.setdefault((name, row["lang"]), {})
        if row.pop("status") != "open" or (wanted is not None and name not in wanted):
            continue
        if row["value"] in values:
            values[row["value"]]["also"].append({key: row[key] for key in _HIDDEN})
        elif len(values) < most:
            values[row["value"]] = row | {"also": []}
            found.setdefault(name, []).append(values[row["value"]])
    return found


def acceptance_rates(ws: Workspace) -> pd.DataFrame:
    """Return how many suggestions were accepted as they were, by suggester, model, field and confidence.

    Returns
    -------
    DataFrame
        suggester, model, field, confidence_from, confidence_to, n, accepted, edited, rejected, rate, and low and high:
        the 95 % interval by Wilson (1927). Only the last decision about a suggestion counts.
    """
    return ws.query("acceptance_rates")
