"""A history to look at, step by step: the session behind the widget, without Jupyter.

::

    session = HistorySession(ws, image=image_id)
    session.window(0, 50)  # the latest 50 events
    session.moment(1204)  # the image as it was then
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from workbench import event_words, timeline
from workbench.errors import NotFound, StorageError, WorkbenchError
from workbench.form_views import RIGHT_TO_LEFT
from workbench.grid import Reply
from workbench.timeline import Happening, Timeline
from workbench.workspace import Workspace

AT_ONCE = 500
SEARCHED = 5_000
"""At most so many of the latest events are searched for words."""
EDGES = (256, 8_192)
_QUIET = frozenset({"turns"})
"""What isn't shown at first: it happens all the time."""


@dataclass(slots=True)
class _Filter:
    off: frozenset[str] = _QUIET
    actor: str | None = None
    words: str = ""


class HistorySession:
    """One person's look at what happened to an image, to a batch, or in somebody's day.

    Parameters
    ----------
    ws : Workspace
    image, batch, person : str, optional
        One of them; without any, the day of who looks.
    day : str or date, optional
        Of a person: the day (UTC); the last one on which they did something when not given.

    Raises
    ------
    NotFound
        There is no such image, batch or person.
    """

    def __init__(
        self,
        ws: Workspace,
        *,
        image: str | None = None,
        batch: str | None = None,
        person: str | None = None,
        day: str | date | None = None,
    ) -> None:
        self.ws = ws
        self._lock = threading.RLock()
        self._before: list[tuple[Timeline, _Filter]] = []
        self._verified: dict[str, Any] | None = None
        if image is None and batch is None and person is None:
            person = ws.actor
            day = day or _today(ws)
        told = timeline.about(ws, image=image, batch=batch, person=person, day=day)
        self._show(Timeline(ws, told), _Filter())

    def _show(self, line: Timeline, chosen: _Filter) -> None:
        self.timeline, self._filter = line, chosen
        self._listed = self._choose()

    def _choose(self) -> list[int]:
        """Return the positions of what is shown, the latest first."""
        chosen = self._filter
        heads = [
            one
            for one in reversed(self.timeline.heads)
            if event_words.area(one["kind"]) not in chosen.off and chosen.actor in (None, one["actor"])
        ]
        seqs = [int(one["seq"]) for one in heads]
        if not chosen.words:
            return seqs
        wanted = chosen.words.casefold().split()
        found = {one.seq for one in self.timeline.tell(seqs[:SEARCHED]) if _has(one, wanted)}
        return [seq for seq in seqs if seq in found]

    # -- verbs

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """What a browser may ask for."""
        names = ("view", "window", "moment", "filter", "verify", "open", "back", "refresh", "picture")
        return {name: getattr(self, name) for name in names}

    def view(self) -> dict[str, Any]:
        """Return what this is about, what can be filtered, and the latest events."""
        with self._lock:
            about = self.timeline.about
            return {
                "about": about.kind,
                "title": self._title(),
                "image": self._image(about.image),
                "count": len(self.timeline.heads),
                "areas": self._areas(),
                "people": [[name, n] for name, n in Counter(one["actor"] for one in self.timeline.heads).most_common()],
                "actor": self._filter.actor,
                "words": self._filter.words,
                "searched": SEARCHED if self._filter.words and len(self.timeline.heads) > SEARCHED else None,
                "verified": self._verified,
                "back": bool(self._before),
                "empty": self._empty(),
                "rtl": list(RIGHT_TO_LEFT),
                **self.window(0, AT_ONCE),
            }

    def window(self, start: int, count: int = AT_ONCE) -> dict[str, Any]:
        """Return some of the events shown: from a place on, the latest is 0."""
        with self._lock:
            start, count = max(0, int(start)), max(1, min(int(count), AT_ONCE))
            seqs = self._listed[start : start + count]
            told = {one.seq: one for one in self.timeline.tell(seqs)}
            paths = self._paths(told.values())
            rows = [_row(told[seq]) | {"path": paths.get(told[seq].image_id or "", "")} for seq in seqs]
            return {"start": start, "listed": len(self._listed), "rows": rows}

    def _paths(self, shown: Iterable[Happening]) -> dict[str, str]:
        """Return where the images are that events are about; nothing where all are about one."""
        ids = sorted({one.image_id for one in shown if one.image_id and (one.images or 1) == 1})
        if self.timeline.about.kind == "image" or not ids:
            return {}
        found = self.ws.query("paths_now", ids=ids)
        return dict(zip(found["image_id"], found["path"], strict=True))

    def filter(
        self, *, off: Sequence[str] | None = None, actor: str | None = None, words: str | None = None
    ) -> dict[str, Any]:
        """Show only some events.

        Parameters
        ----------
        off : list of str, optional
            What isn't to be shown: keys of `workbench.event_words.AREAS`; as it is when not given.
        actor : str, optional
            Only one person's; everybody's when empty, as it is when not given.
        words : str, optional
            Only events with all these words in them.
        """
        with self._lock:
            now = self._filter
            hidden = now.off if off is None else frozenset(map(str, off)) & event_words.AREAS.keys()
            by = now.actor if actor is None else (str(actor) or None)
            self._show(self.timeline, _Filter(hidden, by, now.words if words is None else str(words)[:200].strip()))
            return self.view()

    def moment(self, seq: int) -> dict[str, Any]:
        """Return how things were right after an event: an image's values, or where a batch stood."""
        with self._lock:
            heads = {one["seq"]: one for one in self.timeline.heads}
            if seq not in heads:
                raise NotFound(f"Event {seq} isn't in this history.", hint="Take one of those that are shown.")
            [one] = self.timeline.tell([seq])
            head = self.ws.ledger.head()[0]
            told = {"seq": seq, "at": one.at.isoformat(), "now": seq == self.timeline.heads[-1]["seq"], "head": head}
            return told | {"image": self._image(one.image_id), "values": self._values(one), "facts": self._facts(seq)}

    def verify(self) -> dict[str, Any]:
        """Compute the hash of every event of the ledger again, and follow the chain."""
        try:
            found = self.ws.verify()
            told: dict[str, Any] = {"ok": True, "events": found.events, "head": found.head}
        except StorageError:
            raise
        except WorkbenchError as error:
            told = {"ok": False, "says": error.message, "hint": error.hint}
        with self._lock:
            self._verified = told
        return told

    def open(self, image_id: str) -> dict[str, Any]:
        """Show the whole history of one image; `back` returns."""
        with self._lock:
            line = Timeline(self.ws, timeline.about(self.ws, image=str(image_id)))
            self._before.append((self.timeline, self._filter))
            self._show(line, _Filter())
            return self.view()

    def back(self) -> dict[str, Any]:
        """Show again what was shown before an image's history was opened."""
        with self._lock:
            if self._before:
                self._show(*self._before.pop())
            return self.view()

    def refresh(self) -> dict[str, Any]:
        """Look for what has happened since."""
        with self._lock:
            self._show(Timeline(self.ws, self.timeline.about), self._filter)
            return self.view()

    def picture(self, image_id: str, edge: int = 1_600) -> Reply:
        """Return a picture as the only buffer, at most ``edge`` pixels long; a thumbnail if its file is gone."""
        from workbench.images import large_jpeg  # brings Pillow

        edge = max(EDGES[0], min(int(edge), EDGES[1]))
        try:
            made = large_jpeg(self.ws.image_bytes(image_id), edge=edge)
        except (NotFound, StorageError):
            kept = self.ws.thumbnails.get_many([str(timeline.image_facts(self.ws, image_id)["checksum"])])
            if not kept:
                raise
            [made] = kept.values()
        return Reply({"image_id": image_id, "edge": edge}, [made])

    # -- what is shown

    def _title(self) -> str:
        about = self.timeline.about
        if about.image is not None:
            return str(timeline.image_facts(self.ws, about.image)["path"])
        return f"Batch {about.batch}" if about.batch is not None else f"{about.person}, {about.since:%A %Y-%m-%d}"

    def _image(self, image_id: str | None) -> dict[str, Any] | None:
        if image_id is None:
            return None
        try:
            facts = timeline.image_facts(self.ws, image_id)
        except NotFound:
            return None
        names = ("image_id", "name", "path", "batch", "format", "width", "height")
        return {name: facts[name] for name in names}

    def _areas(self) -> list[dict[str, Any]]:
        counts = Counter(event_words.area(one["kind"]) for one in self.timeline.heads)
        return [
            {"key": key, "label": name, "count": counts[key], "on": key not in self._filter.off}
            for key, name in event_words.AREAS.items()
            if counts[key]
        ]

    def _empty(self) -> dict[str, str] | None:
        if self._listed:
            return None
        if self.timeline.heads:
            return {"title": "Nothing like that", "hint": "Press A to see everything again."}
        if self.timeline.about.person is not None:
            return {"title": "Nothing on this day", "hint": "ws.history.days() says who did something when."}
        return {"title": "Nothing happened yet", "hint": "Press R to look again."}

    def _values(self, one: Happening) -> list[dict[str, Any]] | None:
        """Return the values of the image that an event is about, as they were after it."""
        if one.image_id is None:
            return None
        rows: list[dict[str, Any]] = timeline.values_at(self.ws, one.image_id, one.seq).to_dict("records")  # type: ignore[assignment]  # names are text
        grouped: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            grouped.setdefault(str(row["field"]), []).append({**row, "lang": _text(row["lang"])})
        touched = {line.label for line in one.lines}
        told = [_value(name, parts, name in touched) for name, parts in grouped.items()]
        return sorted(told, key=lambda field: (not field["changed"], not field["by"], field["label"]))

    def _facts(self, seq: int) -> list[list[str]]:
        """Return where things stood after an event, in words: what it is, how much."""
        past = [one for one in self.timeline.heads if one["seq"] <= seq]
        counts = Counter(event_words.area(one["kind"]) for one in past)
        told = [[event_words.AREAS[key], f"{counts[key]:,}"] for key in event_words.AREAS if counts[key]]
        moves = [one["seq"] for one in past if one["kind"] == "batch_moved"]
        if self.timeline.about.batch is not None:
            state = "received"
            if moves:
                [last] = self.timeline.tell(moves[-1:])
                state = last.what.rpartition(" to ")[2]
            told.insert(0, ["State of the batch", state])
        return told


def _today(ws: Workspace) -> date | None:
    """Return None where somebody has done something, so that their last day is shown, and else today."""
    found = ws.query("last_day_of", actor=ws.actor)
    return datetime.now(UTC).date() if found.empty else None


def _has(one: Happening, words: Sequence[str]) -> bool:
    parts = [one.what, one.actor, one.reason, *(f"{timeline.label(x.label)} {x.before} {x.after}" for x in one.lines)]
    text = "\n".join(parts).casefold()
    return all(word in text for word in words)


def _row(one: Happening) -> dict[str, Any]:
    lines = [[timeline.label(line.label), line.before, line.after] for line in one.lines]
    return {
        "seq": one.seq,
        "at": one.at.isoformat(),
        "actor": one.actor,
        "area": one.area,
        "what": one.what,
        "reason": one.reason,
        "images": one.images,
        "image_id": one.image_id,
        "lines": lines,
    }


def _value(name: str, parts: list[dict[str, Any]], changed: bool) -> dict[str, Any]:
    first = parts[0]
    by = _text(first["actor"])
    return {
        "key": name,
        "label": timeline.label(name),
        "text": event_words.content(parts) or "",
        "origin": first["origin"],
        "by": by,
        "at": first["at"].isoformat() if by else None,
        "changed": changed,
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
