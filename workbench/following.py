"""Values of images in memory, true to the ledger: loaded from the catalogue once, then changed by every event.

The catalogue may be busy for a while (a scan, another program); the ledger answers in milliseconds. So images are
loaded ahead on a thread of their own, and whoever saves or goes on asks the ledger only.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from workbench import events, remarks, sources
from workbench.catalog import Connection
from workbench.errors import NotFound, WorkbenchError
from workbench.events import Event
from workbench.image_values import Entry, ImageValues, content_of, grouped, mixed_origins
from workbench.workspace import Workspace

KEPT = 2_500
"""Images whose values are kept in memory."""

RENDERED = 6
"""Pictures that are kept as rendered."""

VALUE_KINDS = ("values_set", "values_withdrawn", "values_changed")


class Following:
    """The values of images, as of now.

    Parameters
    ----------
    ws : Workspace
    heard : callable
        Called with every new event of the ledger, whatever it is about.
    """

    kinds: Collection[str] = VALUE_KINDS
    """The kinds of events that change what is shown."""

    def __init__(self, ws: Workspace, heard: Callable[[Event], None]) -> None:
        self.ws = ws
        self.seq = 0
        self._heard = heard
        self._lock = threading.RLock()
        self._known: OrderedDict[str, ImageValues] = OrderedDict()
        self._pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._rendering: dict[tuple[str, int], threading.Lock] = defaultdict(threading.Lock)
        self._ahead = ThreadPoolExecutor(1, "tagging-ahead")

    # -- the ledger

    def catch_up(self) -> None:
        """Hear what is new in the ledger; never waits for the catalogue."""
        with self._lock:
            for event in self.ws.ledger.read(after=self.seq):
                self.hear(event)
                self.seq = event.seq

    def hear(self, event: Event) -> None:
        """Take note of one event; hearing it twice does no harm."""
        self._heard(event)
        self._note(event)

    def _note(self, event: Event) -> None:
        if event.kind in self.kinds:
            self._note_values(event)
        elif event.kind in remarks.KINDS:
            with self._lock:
                again = [one for one, values in self._known.items() if remarks.hear(event, values, one)]
                for image_id in again:
                    del self._known[image_id]

    def _note_values(self, event: Event) -> None:
        with self._lock:
            ids = event.payload.get("image_ids")
            if ids is not None and self._known.keys().isdisjoint(ids):
                return
            for image_id, name, entry in self.entries(event, set(self._known)):
                self._known[image_id].hear(name, entry)

    def entries(self, event: Event, wanted: Iterable[str]) -> Iterator[tuple[str, str, Entry]]:
        """Give what an event did to the fields of some images: image_id, field, entry."""
        attachment = self.ws.ledger.attachment(event.seq) if "attachment_sha256" in event.payload else None
        return _entries(event, attachment, wanted)

    # -- the catalogue

    def has(self, image_id: str) -> bool:
        """Whether an image's values are in memory."""
        return image_id in self._known

    def values(self, image_id: str) -> ImageValues:
        """Return one image's values; waits for the catalogue only when they aren't in memory yet.

        Raises
        ------
        NotFound
            The image isn't catalogued.
        """
        if image_id not in self._known:
            self.load([image_id])
        with self._lock:
            if image_id not in self._known:
                raise NotFound("This image isn't in the catalogue any more.", hint="Go on to the next one.")
            self._known.move_to_end(image_id)
            return self._known[image_id]

    def load(self, image_ids: Sequence[str]) -> None:
        """Read the values of images that aren't in memory from the catalogue."""
        missing = [one for one in image_ids if one not in self._known]
        if missing:
            self._keep(*self.read(missing))

    def read(self, image_ids: Sequence[str]) -> tuple[dict[str, ImageValues], int]:
        """Read the values of images from the catalogue, and how far of the ledger that is; keep nothing."""
        with self.ws.reading() as connection:
            ask = _Asking(self.ws, connection, list(image_ids))
            found = {row["image_id"]: ImageValues(row) for row in ask("tagging_facts")}
            for image_id, rows in groupby(ask("tagging_file_values"), key=lambda row: row["image_id"]):
                if one := found.get(image_id):
                    listed = list(rows)
                    one.file = grouped(listed)
                    one.origins = {row["field"]: row["origin"] for row in listed}
            for row in ask("tagging_conflicts"):
                if one := found.get(row["image_id"]):
                    one.conflicts.setdefault(row["field"], []).append(row)
            for (image_id, name), rows in groupby(ask("tagging_entered"), key=lambda r: (r["image_id"], r["field"])):
                if one := found.get(image_id):
                    one.hear(name, _entry_of(list(rows)))
            self._read_looks(connection, ask, found)
            [(seq,)] = connection.execute(self.ws.catalog.named("tagging_applied").sql).fetchall()
        return found, int(seq)

    def _read_looks(self, connection: Connection, ask: _Asking, found: dict[str, ImageValues]) -> None:
        for image_id, look in remarks.looks(ask("remarks_looks")).items():
            if one := found.get(image_id):
                one.look = look
        remarked = {image_id: one for image_id, one in found.items() if one.look and one.look.fields()}
        if remarked:
            told = _Asking(self.ws, connection, list(remarked))("remarks_then")
            rows = {image_id: list(listed) for image_id, listed in groupby(told, key=lambda row: row["image_id"])}
            for image_id, one in remarked.items():
                remarks.note_then(one, rows.get(image_id, []))

    def _keep(self, found: dict[str, ImageValues], seq: int) -> None:
        """Keep what was read, and hear again what was written while it was."""
        with self._lock:
            self._known.update(found)
            for event in self.ws.ledger.read(after=seq):
                self._note(event)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    # -- ahead

    def ahead(self, work: Callable[[], None]) -> None:
        """Do something on the thread for what comes next; a failure there is met again by who asks for it."""

        def quietly() -> None:
            with contextlib.suppress(WorkbenchError):
                work()

        with contextlib.suppress(RuntimeError):  # closed meanwhile
            self._ahead.submit(quietly)

    def picture(self, image_id: str, edge: int) -> bytes:
        """Return a rendering a browser can show, its longer edge at most ``edge`` pixels."""
        from workbench.images import large_jpeg

        key = (image_id, edge)
        with self._rendering[key]:  # who asks while the picture is being made ahead, waits for it
            if key not in self._pictures:
                with sources.open_blob(self.values(image_id).facts["uri"]) as blob:
                    made = large_jpeg(blob.data, edge=edge)
                with self._lock:
                    self._pictures[key] = made
                    while len(self._pictures) > RENDERED:
                        self._rendering.pop(self._pictures.popitem(last=False)[0], None)
            return self._pictures[key]

    def close(self) -> None:
        """End the thread."""
        self._ahead.shutdown(wait=True, cancel_futures=True)


class _Asking:
    """Asks named queries about the same images on one connection."""

    def __init__(self, ws: Workspace, connection: Connection, ids: list[str]) -> None:
        self.ws, self.connection, self.ids = ws, connection, ids

    def __call__(self, name: str) -> list[dict[str, Any]]:
        result = self.connection.execute(self.ws.catalog.named(name).sql, {"ids": self.ids})
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _entry_of(rows: list[dict[str, Any]]) -> Entry:
    first = rows[0]
    content = content_of(rows) if first["value"] is not None else None
    at = first["at"].isoformat(timespec="microseconds") + "Z"
    return Entry(content, first["actor"], at, first["seq"], first["origin"], mixed=mixed_origins(rows))


def _entries(event: Event, attachment: bytes | None, wanted: Iterable[str]) -> Iterator[tuple[str, str, Entry]]:
    """Give what an event did to the fields of some images."""
    by_field: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in events.rows(event, attachment):
        if row["image_id"] in wanted:
            by_field.setdefault((row["image_id"], row["field"]), []).append(row)
    for (image_id, name), rows in by_field.items():
        origin = rows[0].get("origin")
        withdrawn = event.kind == "values_withdrawn" or origin is None
        cleared = withdrawn or rows[0]["value"] is None
        content = None if cleared else content_of(rows)
        mixed = {} if cleared else mixed_origins(rows)
        yield image_id, name, Entry(content, event.actor, event.at, event.seq, origin or "", withdrawn, mixed)
