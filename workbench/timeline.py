"""Everything that ever happened: to an image, to a batch, in a person's day; and values as they were at any moment.

The ledger is what is told; the catalogue only helps to find what concerns an image. What files say inside themselves is
known as of their last scan only: the ledger holds what people did.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd

from workbench import event_words, events, fields
from workbench.errors import BadValue, NotAllowed, NotFound
from workbench.event_words import Line
from workbench.events import Event
from workbench.history import ask
from workbench.workspace import Workspace

SHORT = 20
"""Events about at most so many images are told value by value in the timeline of a batch or a day."""

_FIRST, _LAST = datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31")


@dataclass(frozen=True, slots=True)
class About:
    """What a timeline is about: exactly one of image, batch and person, or everything.

    Attributes
    ----------
    since, until : datetime
        UTC, without a zone; from, and before.
    """

    image: str | None = None
    batch: str | None = None
    person: str | None = None
    since: datetime = _FIRST
    until: datetime = _LAST

    @property
    def kind(self) -> str:
        """``image``, ``batch``, ``person`` or ``all``."""
        return next((name for name in ("image", "batch", "person") if getattr(self, name) is not None), "all")


@dataclass(slots=True)
class Happening:
    """One event as people read it.

    Attributes
    ----------
    at : datetime
        UTC.
    images : int or None
        How many images it is about, where the ledger says so.
    image_id : str or None
        Which, if it is one.
    lines : list of Line
        What changed: label, before, after.
    """

    seq: int
    at: datetime
    actor: str
    kind: str
    what: str
    reason: str
    images: int | None = None
    image_id: str | None = None
    lines: list[Line] = field(default_factory=list)

    @property
    def area(self) -> str:
        """What it is about: a key of `workbench.event_words.AREAS`."""
        return event_words.area(self.kind)


def about(
    ws: Workspace,
    *,
    image: str | None = None,
    batch: str | None = None,
    person: str | None = None,
    day: str | date | None = None,
    since: str | datetime | date | None = None,
    until: str | datetime | date | None = None,
) -> About:
    """Say what a timeline is to be about.

    Parameters
    ----------
    image : str, optional
        An image's id, also one that it had before it was moved.
    batch, person : str, optional
    day : str or date, optional
        One day (UTC), such as ``2026-03-02``; of a person when not given, the last one on which they did something.
    since, until : str, datetime or date, optional
        From, and up to and with; times without a zone are UTC, a day means all of it.

    Raises
    ------
    NotFound
        There is no such image, batch or person.
    BadValue
        More than one of image, batch and person, or no time.
    """
    named = {
        name: value for name, value in (("image", image), ("batch", batch), ("person", person)) if value is not None
    }
    if len(named) > 1:
        raise BadValue("This is about more than one thing.", hint="Name an image, or a batch, or a person.")
    if image is not None:
        image = str(_image(ws, image)["image_id"])
    if batch is not None and ask(ws, "batch_called", batch=batch).num_rows == 0:
        raise NotFound(f"There is no batch {batch!r}.", hint="ws.qc.batches() lists them.")
    if person is not None and day is None and since is None and until is None:
        day = _last_day(ws, person)
    start, end = (_FIRST, _LAST) if day is None else (_moment(day), _moment(day, end=True))
    start = start if since is None else max(start, _moment(since))
    end = end if until is None else min(end, _moment(until, end=True))
    if start >= end:
        raise BadValue("This time ends before it begins.", hint="Look at since and until.")
    return About(image, batch, person, start, end)


def _image(ws: Workspace, image_id: str) -> dict[str, Any]:
    found = ask(ws, "image_called", image_id=image_id).to_pylist()
    if found:
        return dict(found[0])
    gone = ask(ws, "receipts_called", image_id=image_id).to_pylist()
    if not gone:
        raise NotFound(f"There is no image {image_id!r}.", hint="Check the id.")
    return dict(gone[0])


def image_facts(ws: Workspace, image_id: str) -> dict[str, Any]:
    """Return image_id, name, path, batch, checksum, format, width and height of an image, also of one that is gone."""
    return _image(ws, image_id)


def _last_day(ws: Workspace, person: str) -> date:
    found = ask(ws, "last_day_of", actor=person)["day"].to_pylist()
    if not found:
        raise NotFound(
            f"{person!r} hasn't done anything here.", hint="Names are as the ledger has them: ws.history.days()."
        )
    day: date = found[0]
    return day


def _moment(value: str | datetime | date | int, *, end: bool = False) -> datetime:
    """Return a time as UTC without a zone; of a day its beginning, or its end."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) <= len("2026-03-02") else datetime.fromisoformat(value)
        except ValueError:
            raise BadValue(f"{value!r} is no time.", hint="Write 2026-03-02, or 2026-03-02T09:30.") from None
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise BadValue(f"{value!r} is no time.", hint="Write 2026-03-02, or 2026-03-02T09:30.")
        return datetime.combine(value, time()) + timedelta(days=int(end))
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def seq_at(ws: Workspace, moment: int | str | datetime | date) -> int:
    """Return the position of the last event up to a moment: a position itself, a time (UTC), or a day (its end).

    Raises
    ------
    BadValue
        A position that the ledger doesn't have, or no time.
    """
    head = ws.ledger.head()[0]
    if isinstance(moment, int) and not isinstance(moment, bool):
        if not 0 <= moment <= head:
            raise BadValue(f"The ledger has no event {moment}.", hint=f"It has 1 to {head:,}.")
        return moment
    [row] = ask(ws, "moment_seq", moment=_moment(moment, end=True).isoformat(" ")).to_pylist()
    return int(row["seq"])


def values_at(ws: Workspace, image_id: str, moment: int | str | datetime | date | None = None) -> pd.DataFrame:
    """Return the values of an image as they were at a moment.

    What people entered is as it was then. What the file says inside itself is what the last scan read: the ledger
    doesn't keep what files said before.

    Parameters
    ----------
    image_id : str
    moment : int, str, datetime or date, optional
        A position in the ledger, a time (UTC), or a day, which means its end; now when not given.

    Returns
    -------
    DataFrame
        field, lang, ordinal, value, origin, actor, at, seq; the last three missing for what the file says.
    """
    known = _image(ws, image_id)["image_id"]
    seq = ws.ledger.head()[0] if moment is None else seq_at(ws, moment)
    return ws.query("values_at", image_id=known, seq=seq)


# ── what there is ─────────────────────────────────────────────────────────────────────────────────────────────


class Timeline:
    """The events about something, in order; told in words only where somebody looks.

    Parameters
    ----------
    ws : Workspace
    about : About

    Attributes
    ----------
    heads : list of dict
        seq, at, actor, kind, images: of every event, the first first.
    """

    def __init__(self, ws: Workspace, about: About) -> None:
        self.ws = ws
        self.about = about
        self._rows: dict[int, list[dict[str, Any]]] = {}
        """Of an image: what each event says of it."""
        found = self._found()
        told = ask(ws, "event_heads", seqs=list(found)).to_pylist()
        hidden = _hidden(ws)
        self.heads: list[dict[str, Any]] = [
            {**one, "images": found[one["seq"]]}
            for one in told
            if one["kind"] not in hidden and about.since <= one["at"] < about.until
        ]

    def _found(self) -> dict[int, int | None]:
        """Return the positions of the events, and of how many images each tells."""
        if self.about.image is not None:
            self._rows = _of_image(self.ws, self.about.image)
            return dict.fromkeys(self._rows, 1)
        if self.about.batch is not None:
            rows = ask(self.ws, "events_of_batch", batch=self.about.batch).to_pylist()
        else:
            between = {name: getattr(self.about, name).isoformat(" ") for name in ("since", "until")}
            rows = ask(self.ws, "events_between", actor=self.about.person, **between).to_pylist()
        return {row["seq"]: row["images"] for row in rows}

    def tell(self, seqs: Sequence[int]) -> list[Happening]:
        """Return events in words, in the order of the ledger."""
        images = {head["seq"]: head["images"] for head in self.heads}
        wanted = [seq for seq in seqs if seq in images]
        listed = [_event(row) for row in ask(self.ws, "events_listed", seqs=wanted).to_pylist()]
        made = {event.seq: self._happening(event, images[event.seq]) for event in listed}
        self._add_values({event.seq: made[event.seq] for event in listed if event.kind in event_words.OF_VALUES})
        return list(made.values())

    def _happening(self, event: Event, images: int | None) -> Happening:
        told = event.payload
        named = told.get("image_ids") or ([told["image_id"]] if "image_id" in told else [])
        if self.about.image is not None:
            named = [self.about.image]
        count = images if images is not None else told.get("count", len(named) or None)
        what = event_words.sentence(event.kind, told)
        one = named[0] if len(named) == 1 else None
        at = datetime.fromisoformat(event.at)
        lines = event_words.lines(event.kind, told, self._about(event, len(named)))
        return Happening(event.seq, at, event.actor, event.kind, what, event.reason, count, one, lines)

    def _about(self, event: Event, named: int) -> list[dict[str, Any]]:
        """Return the rows of an event that are told one by one."""
        if self.about.image is not None:
            return self._rows[event.seq]
        if "attachment_sha256" in event.payload or event.kind in event_words.OF_VALUES or not 0 < named <= SHORT:
            return []
        return events.rows(event)

    def _add_values(self, changed: dict[int, Happening]) -> None:
        """Add what changes of values entered, and what stood there before, where they are about few images."""
        few = [seq for seq, one in changed.items() if self.about.image is not None or (one.images or SHORT) <= SHORT]
        if not few:
            return
        if self.about.image is not None:
            ids = [self.about.image]
        else:
            ids = list(dict.fromkeys(ask(self.ws, "ids_of_changes", seqs=few)["image_id"].to_pylist()))
        steps = ask(self.ws, "value_steps", seqs=few, ids=ids).to_pylist()
        grouped: dict[tuple[int, str, str], tuple[list[Any], list[Any]]] = {}
        for row in steps:
            grouped.setdefault((row["seq"], row["image_id"], row["field"]), ([], []))[not row["earlier"]].append(row)
        for (seq, image_id, name), (before, after) in grouped.items():
            one = changed[seq]
            one.image_id = one.image_id or (image_id if one.images == 1 else None)
            line = Line(name, _entered(before), _entered(after))
            if line not in one.lines:  # many images, the same change
                one.lines.append(line)

    def frame(self) -> pd.DataFrame:
        """Return everything as a table, the latest first, a row for each line of a change.

        Returns
        -------
        DataFrame
            seq, at (UTC), actor, what, area, changed, before, after, reason, images, image_id.
        """
        told = reversed(self.tell([head["seq"] for head in self.heads]))
        rows = [_told(one, line) for one in told for line in one.lines or [Line("", None, None)]]
        return pd.DataFrame(rows, columns=_COLUMNS).astype({"images": "Int64"})


def _told(one: Happening, line: Line) -> tuple[Any, ...]:
    return one.seq, one.at, one.actor, one.what, one.area, *line, one.reason, one.images, one.image_id


_COLUMNS = ["seq", "at", "actor", "what", "area", "changed", "before", "after", "reason", "images", "image_id"]


def _hidden(ws: Workspace) -> frozenset[str]:
    """Known answers are told only to those who may set them: others would know which images are watched."""
    try:
        ws.must_be_allowed("gold_set")
    except NotAllowed:
        return event_words.ABOUT_GOLD
    return frozenset()


def _event(row: dict[str, Any]) -> Event:
    payload = json.loads(row["payload"])
    head = (row["seq"], row["event_id"], row["at"].isoformat(), row["actor"], row["kind"], row["reason"] or "")
    return Event(*head, payload, row["version"], "", "")


def _entered(rows: list[dict[str, Any]]) -> str | None:
    """Return what was entered for a field: None where nothing was, or it was taken back."""
    if not rows or rows[0]["origin"] is None:
        return None
    return event_words.content(rows) or ""


def label(key: str) -> str:
    """Return the name of a field, or what stands in its place."""
    try:
        return fields.spec(key).label
    except (NotFound, BadValue):
        return key


# ── what concerns an image ────────────────────────────────────────────────────────────────────────────────────


def _of_image(ws: Workspace, image_id: str) -> dict[int, list[dict[str, Any]]]:
    """Return the events about an image, and the rows that are: also under the names it had before."""
    ids, known = {image_id}, set[str]()
    found: dict[int, tuple[Event, list[dict[str, Any]]]] = {}
    while ids - known:
        known = set(ids)
        found = {event.seq: (event, rows) for event, rows in _naming(ws, ids)}
        ids |= {old for _, rows in found.values() for row in rows for new, old in [_moved(row)] if old and new in ids}
    return _as_one_file(found, image_id)


def _moved(row: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the id that a file got by an event, and the one it had; None, None where it wasn't moved."""
    if row.get("moved_from"):
        return row["image_id"], row["moved_from"]
    return (row["new_id"], row["image_id"]) if row.get("new_id") else (None, None)


def _as_one_file(
    found: dict[int, tuple[Event, list[dict[str, Any]]]], image_id: str
) -> dict[int, list[dict[str, Any]]]:
    """Keep, going back in time, what is about the file under the id that it had then: names are given again."""
    kept: dict[int, list[dict[str, Any]]] = {}
    then = image_id
    for seq in sorted(found, reverse=True):
        event, rows = found[seq]
        mine = [row for row in rows if then in row.values()]
        if mine or then in events.canonical(event.payload):
            kept[seq] = mine
        then = next((old for row in mine for new, old in [_moved(row)] if old and new == then), then)
    return kept


def _naming(ws: Workspace, ids: set[str]) -> Iterable[tuple[Event, list[dict[str, Any]]]]:
    seqs = {int(seq) for seq in ask(ws, "events_naming", ids=sorted(ids))["seq"].to_pylist()}
    bulky = [int(seq) for seq in ask(ws, "bulky_events")["seq"].to_pylist()]
    seqs |= {seq for seq in bulky if _lines_naming(ws.ledger.attachment(seq), ids)}
    for row in ask(ws, "events_listed", seqs=sorted(seqs)).to_pylist():
        event = _event(row)
        if event.kind in events.KINDS:
            yield event, _rows_naming(ws, event, ids)


def _rows_naming(ws: Workspace, event: Event, ids: set[str]) -> list[dict[str, Any]]:
    """Return the rows of an event that name one of these ids, without making the others."""
    if isinstance(event.payload.get("image_ids"), list):
        event.payload["image_ids"] = [one for one in event.payload["image_ids"] if one in ids]
    attachment = None
    if "attachment_sha256" in event.payload:
        attachment = zlib.compress(b"\n".join(_lines_naming(ws.ledger.attachment(event.seq), ids)), 1)
    made = events.rows(event, attachment)
    return [row for row in made if any(isinstance(value, str) and value in ids for value in row.values())]


def _lines_naming(attachment: bytes | None, ids: set[str]) -> list[bytes]:
    """Return the records of an attachment that name one of these ids, as they are written."""
    if attachment is None:
        return []
    text = zlib.decompress(attachment)
    found: dict[int, bytes] = {}
    for wanted in (one.encode() for one in ids):
        at = text.find(wanted)
        while at >= 0:
            start, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            end = len(text) if end < 0 else end
            found[start] = text[start:end]
            at = text.find(wanted, end)
    return [found[start] for start in sorted(found)]
