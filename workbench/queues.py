"""Queues: images that several people work through, so that nobody gets an image that somebody else has.

Every event about an image of a queue carries its turn, counted from 1, and the event's id is made of queue, image and
turn. The ledger takes an id once, so of two people who reach for the same image at the same moment one gets it and the
other is told: nothing is locked, and no answer of the catalogue is waited for.
"""

from __future__ import annotations

import hashlib
import os
import platform
import uuid
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from workbench.errors import Stale
from workbench.events import Draft, Event

HOLD = timedelta(minutes=15)
"""How long an image stays taken without being renewed."""

RENEW = timedelta(minutes=5)
"""How old one's own take may become before it is renewed, at the next thing one does."""

OUTCOMES = ("done", "skipped", "released")
"""How an image can be given back."""

Append = Callable[[Sequence[Draft]], list[Event]]


@dataclass(frozen=True, slots=True)
class Item:
    """Where an image of a queue stands.

    Attributes
    ----------
    outcome : str
        ``taken``, or one of `OUTCOMES`.
    holder : str
        The session that did it.
    at : str
        UTC, ISO 8601.
    turn : int
        How many events this image had in this queue.
    """

    outcome: str
    holder: str
    actor: str
    at: str
    turn: int


class WorkQueue(Protocol):
    """What somebody who works through images needs of a queue, whether it is one or made of several."""

    name: str
    shared: bool

    @property
    def done(self) -> int:
        """How many images are done."""
        ...

    @property
    def parts(self) -> list[Queue]:
        """The queues it is made of, each of which loads what the catalogue knows of it."""
        ...

    def hear(self, event: Event) -> None:
        """Take note of an event of the ledger."""
        ...

    def held(self) -> list[str]:
        """Return the images this session has."""
        ...

    def mine(self, image_id: str) -> bool:
        """Whether this session has the image."""
        ...

    def others(self, image_id: str) -> Item | None:
        """Return who else has the image now, if that keeps this session from it."""
        ...

    def outcome(self, image_id: str) -> str:
        """Return how the image stands for this session."""
        ...

    def take(self, image_id: str) -> bool:
        """Take an image; False when it can't be had."""
        ...

    def give_back(self, image_id: str, outcome: str) -> None:
        """Note how the work at an image ended."""
        ...


def parsed(at: str) -> datetime:
    """Return an event's time."""
    return datetime.fromisoformat(at)


class Queue:
    """One queue, as one session sees it.

    Parameters
    ----------
    name : str
    append : callable
        Writes events into the ledger and returns those that were new.
    shared : bool
        Whether images are taken, so that nobody else gets them; otherwise only what is done is noted.
    members : container of str, optional
        The images that `done` counts; all when left out.
    holder : str
        Names this session; made up when empty.
    gone : callable
        Says of a holder whether its program has certainly ended: what it had is free at once.
    now : callable
        Tells the time, UTC.
    """

    def __init__(
        self,
        name: str,
        append: Append,
        *,
        shared: bool = True,
        members: Container[str] | None = None,
        holder: str = "",
        gone: Callable[[str], bool] = lambda holder: False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.shared = shared
        self.holder = holder or uuid.uuid4().hex[:12]
        self.items: dict[str, Item] = {}
        self.done: int = 0
        self._members = members
        self._append = append
        self._gone = gone
        self._now = now

    @property
    def parts(self) -> list[Queue]:
        """Itself alone: see `WorkQueue`."""
        return [self]

    def held(self) -> list[str]:
        """Return the images this session has."""
        return [one for one in self.items if self.mine(one)]

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take over what the catalogue knows of the queue."""
        for row in rows:
            self._keep(row["image_id"], Item(row["outcome"], row["holder"], row["actor"], row["at"], row["turn"]))

    def hear(self, event: Event) -> None:
        """Take note of an event of the ledger, if it is about this queue."""
        told = event.payload
        if event.kind not in ("item_taken", "item_returned") or told["queue"] != self.name:
            return
        outcome = told.get("outcome", "taken")
        self._keep(told["image_id"], Item(outcome, told["holder"], event.actor, event.at, told["turn"]))

    def _keep(self, image_id: str, item: Item) -> None:
        known = self.items.get(image_id)
        if known is None or known.turn < item.turn:
            self.items[image_id] = item
            if self._members is None or image_id in self._members:
                self.done += (item.outcome == "done") - (known is not None and known.outcome == "done")

    def mine(self, image_id: str) -> bool:
        """Whether this session has the image."""
        item = self.items.get(image_id)
        return item is not None and item.outcome == "taken" and item.holder == self.holder

    def others(self, image_id: str) -> Item | None:
        """Return who else has the image now, if anybody."""
        item = self.items.get(image_id)
        if not self.shared or item is None or item.outcome != "taken" or item.holder == self.holder:
            return None
        return item if self._now() - parsed(item.at) < HOLD and not self._gone(item.holder) else None

    def outcome(self, image_id: str) -> str:
        """Return how the image stands for showing: ``open``, ``done``, ``skipped``, or ``taken`` by somebody else."""
        item = self.items.get(image_id)
        if item is None or item.outcome == "released":
            return "open"
        if item.outcome == "taken":
            return "taken" if self.others(image_id) else "open"
        return item.outcome

    def take(self, image_id: str) -> bool:
        """Take an image; False when somebody else was faster. Taking what one has renews it when it is time."""
        if not self.shared:
            return True
        item = self.items.get(image_id)
        if item is not None and self.mine(image_id) and self._now() - parsed(item.at) < RENEW:
            return True
        if self.others(image_id):
            return False
        return self._write([self._draft("item_taken", image_id)])

    def begin(self, image_id: str) -> None:
        """Note that the work began with an image, also where nobody takes one from anybody."""
        if not self.items:
            self._write([self._draft("item_taken", image_id)])

    def give_back(self, image_id: str, outcome: str) -> None:
        """Note how the work at an image ended.

        Raises
        ------
        Stale
            Somebody else took it over, because it was left alone for longer than `HOLD`.
        """
        if other := self.others(image_id):
            raise Stale(
                f"{other.actor} has this image now.", hint="What you entered is saved. Go on to the next image."
            )
        if not self._write([self._draft("item_returned", image_id, outcome=outcome)]):
            raise Stale("Somebody else has changed this image's place in the queue.", hint="Try again.")

    def _write(self, drafts: list[Draft]) -> bool:
        written = self._append(drafts)
        for event in written:
            self.hear(event)
        return len(written) == len(drafts)

    def _draft(self, kind: str, image_id: str, **more: str) -> Draft:
        known = self.items.get(image_id)
        turn = known.turn + 1 if known else 1
        told = {"queue": self.name, "image_id": image_id, "holder": self.holder, "turn": turn, **more}
        event_id = hashlib.sha256(f"{self.name}\n{image_id}\n{turn}".encode()).hexdigest()[:40]
        return Draft(kind, told, event_id=f"turn-{event_id}")


def holder_here() -> str:
    """Name this session so that another one on this machine can tell whether its program still runs."""
    return f"{platform.node()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def has_ended(holder: str) -> bool:
    """Whether the program of a session on this machine has ended; False where that can't be known."""
    host, _, rest = holder.partition(":")
    process = rest.partition(":")[0]
    if os.name != "posix" or host != platform.node() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it runs, as somebody else
        return False
    return False
