"""Adjudication: decide between two people's entries. The session behind the widget, without Jupyter.

::

    session = AdjudicationSession(ws, task_id)
    session.choose("left")  # and on to the next difference

Who decides doesn't see who entered what, and which entry stands left is mixed, the same way each time. Nobody is shown
a difference of their own. A decision is two events written at once: the decision, and the value.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench import double_entry, profiles
from workbench.double_entry import Task
from workbench.entry_comparing import decoded
from workbench.entry_marks import lines, note
from workbench.errors import BadValue, NotAllowed, NotFound, Stale, WorkbenchError
from workbench.events import Event, whole
from workbench.following import Following
from workbench.form_views import RIGHT_TO_LEFT, field_form, told_finding
from workbench.grid import Reply
from workbench.image_values import Content, Entry, cleaned, shaped
from workbench.queues import Queue, has_ended, holder_here
from workbench.tag_pages import Completing, Pace
from workbench.tag_steps import add_entries
from workbench.workspace import Workspace

SIDES = ("left", "right")
LONGEST_COMMENT = 2_000
LOAD_AHEAD = 24
EDGES = (256, 8_192)


@dataclass(slots=True)
class Difference:
    """Two entries for one field of an image that don't agree.

    Attributes
    ----------
    values : tuple of str or None
        As they are kept, of the first and of the second by alphabet.
    state : str
        ``open``, or ``adjudicated``.
    """

    image_id: str
    field: str
    actors: tuple[str, str]
    values: tuple[str | None, str | None]
    distance: float | None
    comparator: str
    state: str = "open"

    @property
    def key(self) -> tuple[str, str]:
        """What it is about."""
        return self.image_id, self.field


@dataclass(frozen=True, slots=True)
class Step:
    """A decision that can be taken back: the difference, and what counted before and since."""

    says: str
    difference: Difference
    before: Entry | None
    seq: int


def swapped(seed: str, image_id: str, field: str) -> bool:
    """Whether the second entry stands left: as good as random, and the same each time."""
    return bool(hashlib.sha256(f"{seed}\n{image_id}\n{field}".encode()).digest()[0] & 1)


def latest_open(ws: Workspace) -> str:
    """Return the task opened last that has differences to be decided, else the one opened last.

    Raises
    ------
    NotFound
        There is no double entry at all.
    """
    found = ws.query("double_entry_list")
    if found.empty:
        raise NotFound("There is no double entry.", hint="ws.qc.double_entry(…) opens one.")
    waiting = found[found["open"] > 0]
    return str((waiting if len(waiting) else found)["task_id"].iloc[0])


class AdjudicationSession:
    """One person's way through the differences of a double entry.

    Parameters
    ----------
    ws : Workspace
    task : str, optional
        The task; that opened last with differences when left out.
    language : str, optional
        Language of labels, guidelines and findings; ``language`` of ``workspace.toml``, or English, when not given.
    clock : callable
        Seconds that only grow, for the pace.

    Raises
    ------
    NotFound
        There is no such task.
    """

    def __init__(
        self,
        ws: Workspace,
        task: str | None = None,
        *,
        language: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ws = ws
        self.task: Task = double_entry.task(ws, task or latest_open(ws))
        self.language = language or str(ws.settings.get("language") or "en")
        self.profile = profiles.load(self.task.profile, ws.folder)
        self.on_ahead: Callable[[str], None] = lambda image_id: None
        self._lock = threading.RLock()
        self._pace = Pace(clock)
        self._steps: list[Step] = []
        self._at = 0
        self.differences: list[Difference] = []
        self.own = 0
        self.queue = Queue(f"adjudicate/{self.task.task_id}", self._append, holder=holder_here(), gone=has_ended)
        self._following = Following(ws, self._hear)
        self._completing = Completing(ws, self.language, self._following.ahead)
        self._load()
        self._find(0)

    def _append(self, drafts: Any) -> list[Event]:
        return self.ws.ledger.append(drafts, actor=self.ws.actor)

    def _load(self) -> None:
        """Compare what has been finished since, and read all differences."""
        with suppress(NotAllowed):  # then somebody else has to compare
            double_entry.compare(self.ws, self.task.task_id)
        rows = self.ws.query("differences_of", task_id=self.task.task_id).to_dict("records")
        found = [_difference(row) for row in rows]
        self.own = sum(self.ws.actor in one.actors and one.state == "open" for one in found)
        place = {image_id: at for at, image_id in enumerate(self.task.image_ids)}
        order = {name: at for at, name in enumerate(self.task.fields)}
        others = [one for one in found if self.ws.actor not in one.actors and one.image_id in place]
        self.differences = sorted(others, key=lambda one: (place[one.image_id], order[one.field]))
        with self.ws.reading() as connection:
            result = connection.execute(self.ws.catalog.named("tagging_queue").sql, {"queue": self.queue.name})
            columns = [column[0] for column in result.description]
            self.queue.load(dict(zip(columns, row, strict=True)) for row in result.fetchall())
            [(seq,)] = connection.execute(self.ws.catalog.named("tagging_applied").sql).fetchall()
        self._following.seq = max(self._following.seq, int(seq))

    def _hear(self, event: Event) -> None:
        self.queue.hear(event)
        state = {"field_adjudicated": "adjudicated", "adjudication_withdrawn": "open"}.get(event.kind)
        if state and event.payload["task_id"] == self.task.task_id:
            key = (event.payload["image_id"], event.payload["field"])
            for one in self.differences:
                if one.key == key:
                    one.state = state

    # -- where one is

    @property
    def difference(self) -> Difference | None:
        """What is shown; None when there is nothing to decide."""
        return self.differences[self._at] if 0 <= self._at < len(self.differences) else None

    def _here(self, image_id: str | None, field: str | None) -> Difference:
        one = self.difference
        if one is None:
            raise NotFound("There is nothing to decide.", hint="All is decided, or others are at it.")
        if (image_id, field) not in ((None, None), one.key):
            raise Stale("Another difference is shown now.", hint="Look at it, then decide.")
        return one

    def _free(self, at: int) -> bool:
        return not self.queue.others(self.differences[at].image_id)

    def _find(self, start: int, step: int = 1) -> None:
        """Show the next open difference that nobody else has, from a place on, round to the beginning."""
        count = len(self.differences)
        for offset in range(count):
            at = (start + step * offset) % count
            if self.differences[at].state == "open" and self._free(at) and self._go(at):
                return
        self._leave(None)
        self._at = -1

    def _go(self, at: int) -> bool:
        wanted = self.differences[at].image_id
        if not self.queue.take(wanted):
            return False
        self._leave(wanted)
        self._at = at
        near = list(dict.fromkeys(one.image_id for one in self.differences[at : at + LOAD_AHEAD]))
        if not self._following.has(wanted):
            self._following.load(near)
        return True

    def _leave(self, following: str | None) -> None:
        """Give the image back that was shown before, unless it is shown further on."""
        for image_id in self.queue.held():
            if image_id != following:
                left = any(one.state == "open" for one in self.differences if one.image_id == image_id)
                with suppress(Stale):
                    self.queue.give_back(image_id, "released" if left else "done")

    # -- verbs

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """What a browser may ask for."""
        names = ("view", "choose", "edit", "next", "previous", "skip", "undo", "refresh", "peek", "picture", "release",
                 "complete")  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def view(self) -> dict[str, Any]:
        """Return everything that is shown: the image, the field with its guideline, both entries, the progress."""
        with self._lock:
            self._following.catch_up()
            return self._page()

    def choose(
        self, side: str, *, comment: str = "", image_id: str | None = None, field: str | None = None
    ) -> dict[str, Any]:
        """Decide for one of the two entries, and go on to the next difference.

        Parameters
        ----------
        side : str
            ``left`` or ``right``, as they are shown.
        comment : str
            Why, in words.
        image_id, field : str, optional
            What is meant; refused when something else is shown.

        Raises
        ------
        NotAllowed
            It is about an entry of one's own.
        Stale
            Somebody else has decided it meanwhile.
        """
        if side not in SIDES:
            raise BadValue(f"There is no side {side!r}.", hint="Say left or right.")
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            one = self._here(image_id, field)
            second = (side == "right") != self._swapped(one)
            kind = self.profile.fields[one.field].spec.kind
            self._decide(one, decoded(one.values[int(second)], kind), "second" if second else "first", comment)
            return self._page()

    def edit(
        self,
        value: Content | None,
        *,
        comment: str = "",
        anyway: bool = False,
        image_id: str | None = None,
        field: str | None = None,
    ) -> dict[str, Any]:
        """Decide for something else than either entry, and go on; ``refused`` says what is wrong with it.

        Parameters
        ----------
        value : Content or None
            A text, a list of texts, or by language a text; nothing leaves the field empty.
        anyway : bool
            Also when it has an error by the profile.
        """
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            one = self._here(image_id, field)
            wanted = self.profile.fields[one.field]
            given = cleaned(value)
            if isinstance(given, dict) and wanted.spec.kind != "langalt":
                raise BadValue(f"{wanted.name()} has no languages.", hint="Give a text.")
            content = shaped(given, wanted.spec.kind)
            errors = [f for f in self.profile.validate({one.field: content}, partial=True) if f.severity == "error"]
            if errors and not anyway:
                return self._page() | {"refused": [told_finding(found, self.language) for found in errors]}
            same = [at for at, kept in enumerate(one.values) if kept == whole(content)]
            self._decide(one, content, ("first", "second")[same[0]] if same else "edited", comment)
            return self._page()

    def _decide(self, one: Difference, content: Content | None, chosen: str, comment: str) -> None:
        if self.ws.actor in one.actors:
            raise NotAllowed("One of these entries is your own.", hint="Somebody else has to decide here.")
        if one.state != "open":
            raise Stale("This has been decided meanwhile.", hint="Go on to the next one.")
        if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
            raise BadValue("This comment is too long.", hint=f"At most {LONGEST_COMMENT:,} characters.")
        label = self.profile.fields[one.field].name(self.language)
        says = f"Decide {label}"
        before = self._following.values(one.image_id).entries.get(one.field)
        told = {"task_id": self.task.task_id, "image_id": one.image_id, "field": one.field}
        with self.ws.change(says) as change:
            change.add("field_adjudicated", {**told, "value": content, "chosen": chosen, "comment": comment.strip()})
            change.add("values_set", {"image_ids": [one.image_id], "values": {one.field: content}, **told})
        for event in change.events:
            self._following.hear(event)
        self._pace.accepted += 1
        self._steps.append(Step(says, one, before, change.events[-1].seq))
        self._find(self._at + 1)

    def undo(self) -> dict[str, Any]:
        """Take one's last decision back: it is open again, and what counted before counts.

        Raises
        ------
        Stale
            Somebody has changed the value since.
        """
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            if not self._steps:
                return self._page()
            step = self._steps[-1]
            one = step.difference
            now = self._following.values(one.image_id).entries.get(one.field)
            if now is not None and now.seq > step.seq:
                raise Stale(f"{now.actor} has changed this value since.", hint="ws.history(image_id) shows how.")
            says = f"Undo: {step.says}"
            with self.ws.change(says) as change:
                told = {"task_id": self.task.task_id, "image_id": one.image_id, "field": one.field}
                change.add("adjudication_withdrawn", told)
                add_entries(change, [one.image_id], {one.field: step.before}, says)
            for event in change.events:
                self._following.hear(event)
            self._steps.pop()
            self._pace.accepted -= 1
            at = next((n for n, each in enumerate(self.differences) if each.key == one.key), None)
            if at is None or not self._go(at):
                self._find(0)
            return self._page()

    def next(self) -> dict[str, Any]:
        """Show the next open difference, without deciding this one."""
        return self._move(1)

    def skip(self) -> dict[str, Any]:
        """Leave this difference for later; it stays open, and comes again at the end."""
        return self._move(1)

    def previous(self) -> dict[str, Any]:
        """Show the open difference before."""
        return self._move(-1)

    def _move(self, step: int) -> dict[str, Any]:
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            self._find(self._at + step, step)
            return self._page()

    def refresh(self) -> dict[str, Any]:
        """Compare what has been finished since, and show what is to be decided now."""
        with self._lock:
            here = self.difference.key if self.difference else None
            self._load()
            at = next((n for n, one in enumerate(self.differences) if one.key == here and one.state == "open"), None)
            if at is None or not self._go(at):
                self._find(max(0, self._at))
            return self._page()

    # -- what is shown

    def _swapped(self, one: Difference) -> bool:
        return swapped(self.task.seed, one.image_id, one.field)

    def _page(self) -> dict[str, Any]:
        one = self.difference
        return {
            "title": self.task.what,
            "difference": None if one is None else self._shown(one),
            "progress": self.progress(),
            "undo": self._steps[-1].says if self._steps else None,
            "empty": self._empty(),
            "rtl": list(RIGHT_TO_LEFT),
        }

    def _shown(self, one: Difference) -> dict[str, Any]:
        wanted = self.profile.fields[one.field]
        facts = self._following.values(one.image_id).facts
        first, second = (decoded(value, wanted.spec.kind) for value in one.values)
        left, right = (second, first) if self._swapped(one) else (first, second)
        shown = lines(left, right)
        same = [each for each in self.differences if each.image_id == one.image_id]
        return {
            "image": {name: facts[name] for name in ("image_id", "name", "path", "format", "width", "height")},
            "field": field_form(wanted, self.language),
            "left": {"value": left, "lines": shown[0]},
            "right": {"value": right, "lines": shown[1]},
            "note": note(left, right),
            "comparator": one.comparator,
            "distance": one.distance,
            "place": self._at,
            "of_image": [same.index(one) + 1, len(same)],
        }

    def _empty(self) -> dict[str, str]:
        waiting = sum(one.state == "open" for one in self.differences)
        own = f" {self.own:,} are about your own entries: somebody else decides these." if self.own else ""
        if waiting:
            return {"title": "Nothing for you now", "hint": f"Others are at the last {waiting:,}.{own}"}
        if not self.differences and not self.own:
            hint = "Nothing differs so far. Press R when more has been entered."
            return {"title": "Nothing to decide", "hint": hint}
        return {"title": "All decided", "hint": f"Press R to look for more.{own}"}

    def progress(self) -> dict[str, Any]:
        """Return how many differences there are, how many are decided, and one's own pace."""
        done = sum(one.state != "open" for one in self.differences)
        count = len(self.differences)
        return {"count": count, "done": done, "left": count - done, "own": self.own, **self._pace.view()}

    def frame(self) -> pd.DataFrame:
        """Return the differences and where each stands; not who entered what."""
        rows = [[one.image_id, one.field, one.comparator, one.distance, one.state] for one in self.differences]
        return pd.DataFrame(rows, columns=["image_id", "field", "comparator", "distance", "state"])

    def peek(self, edge: int = 1_600) -> dict[str, Any]:
        """Render the image that comes next on another thread; `on_ahead` is called when it is ready."""
        with self._lock:
            here = self.difference
            coming = [one for one in self.differences[self._at + 1 :] if one.state == "open" and here]
            following = next((one.image_id for one in coming if here and one.image_id != here.image_id), None)
        if following is None:
            return {"next": None}
        name, edge = following, max(EDGES[0], min(int(edge), EDGES[1]))

        def prepare() -> None:
            self._following.picture(name, edge)
            self.on_ahead(name)

        self._following.ahead(prepare)
        return {"next": name}

    def picture(self, image_id: str, edge: int = 1_600) -> Reply:
        """Return a rendering a browser can show, its longer edge at most ``edge`` pixels, as the only buffer."""
        edge = max(EDGES[0], min(int(edge), EDGES[1]))
        return Reply({"image_id": image_id, "edge": edge}, [self._following.picture(image_id, edge)])

    def complete(self, field: str, text: str, limit: int = 12) -> dict[str, Any]:
        """Return terms for what has been typed: of the field's vocabulary, else of the values the collection uses."""
        if field not in self.task.comparators:
            raise BadValue(f"The double entry has no field {field!r}.", hint=f"It has {', '.join(self.task.fields)}.")
        return {"field": field, "text": text, "terms": self._completing.terms(self.profile.fields[field], text, limit)}

    def release(self) -> dict[str, Any]:
        """Let go of the image taken, so that others get it."""
        with self._lock:
            self._leave(None)
            return {"released": True}

    def take_over(self, other: AdjudicationSession) -> None:
        """Go on where another session of the same person was, with what can be undone there."""
        if other.task.task_id != self.task.task_id:
            return
        self._steps = list(other._steps)
        here = other.difference.key if other.difference else None
        at = next((n for n, one in enumerate(self.differences) if one.key == here and one.state == "open"), None)
        if at is not None:
            self._go(at)

    def close(self) -> None:
        """Let go of everything."""
        with suppress(WorkbenchError):
            self.release()
        self._following.close()


def _difference(row: Mapping[Any, Any]) -> Difference:
    values = tuple(value if isinstance(value, str) else None for value in (row["value_a"], row["value_b"]))
    distance = None if row["distance"] is None or row["distance"] != row["distance"] else float(row["distance"])
    return Difference(
        row["image_id"], row["field"], (row["actor_a"], row["actor_b"]), (values[0], values[1]), distance,
        row["comparator"], row["state"],
    )  # fmt: skip
