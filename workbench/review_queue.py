"""The queue of clusters to review: which there are, where each stands, in which order they come, who has which.

It is read from the catalogue once, and true to the ledger ever after.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import events
from workbench.errors import BadValue
from workbench.events import Draft, Event
from workbench.queues import Queue, has_ended, holder_here
from workbench.relations import DUPLICATES, RELATIONS
from workbench.workspace import Workspace

ORDERS = {"bytes": "Most bytes first", "uncertainty": "Least sure first", "images": "Most images first"}
"""In which order clusters come, and what that is called."""

INLINE = 300
"""Rows of a decision that its event holds itself; more go into an attachment."""

Ask = Callable[..., list[dict[str, Any]]]


@dataclass(slots=True)
class Cluster:
    """Where a cluster stands.

    Attributes
    ----------
    gain : int
        Bytes to gain.
    state : str
        open, decided or skipped.
    decision : str
        What was decided, and by whom (``decided_by``, in the event ``seq``); ``gained`` bytes by it.
    """

    cluster_id: str
    relation: str
    images: int
    gain: int
    keeper: str
    state: str
    uncertainty: float
    decision: str = ""
    decided_by: str | None = None
    decided_keeper: str = ""
    gained: int = 0
    seq: int = 0

    def reopen(self) -> None:
        """Forget what was decided."""
        self.state, self.decision, self.decided_by, self.decided_keeper = "open", "", None, ""
        self.gained = self.seq = 0


class ReviewQueue:
    """The clusters of a workspace, as one session sees them.

    Parameters
    ----------
    ws : Workspace
    name : str
    shared : bool
        Whether clusters are taken, so that nobody else gets them.
    ask : callable
        Runs a named query and returns its rows as dicts.
    on_found : callable
        Called when somebody has looked for duplicates anew.
    """

    def __init__(self, ws: Workspace, name: str, *, shared: bool, ask: Ask, on_found: Callable[[], None]) -> None:
        self.ws = ws
        self.clusters: dict[str, Cluster] = {}
        self.listed: list[str] = []
        self.by, self.relations, self.at_least = "bytes", (), 0.0  # type: str, tuple[str, ...], float
        self.items = Queue(
            name,
            lambda drafts: ws.ledger.append(drafts, actor=ws.actor),
            shared=shared,
            holder=holder_here(),
            gone=has_ended,
        )
        self._ask, self._on_found = ask, on_found
        self._lock = threading.RLock()
        self._places: dict[str, int] = {}
        self._past: list[Cluster] = []
        self._decided_in: dict[int, list[str]] = {}
        self._sample: dict[str, Cluster] | None = None
        self._seq, self._loaded, self._tickets = 0, 0, itertools.count(1)

    # -- in step with the catalogue and the ledger

    def load(self) -> None:
        """Read all clusters and where they stand; what was said since is heard again."""
        ticket = next(self._tickets)
        with self.ws.reading():
            rows, [applied] = self._ask("review_clusters"), self._ask("tagging_applied")
            taken = self._ask("tagging_queue", queue=self.items.name)
        with self._lock:
            if ticket < self._loaded:  # somebody who began to read later was faster
                return
            self._loaded = ticket
            known = [Cluster(**{name: row[name] for name in Cluster.__slots__}) for row in rows]
            self.clusters = {one.cluster_id: one for one, row in zip(known, rows, strict=True) if row["here"]}
            self._past = [one for one in known if one.cluster_id not in self.clusters]
            self.items.load(taken)
            self._seq = int(applied["seq"])
            self.catch_up()
            self.relist()

    def catch_up(self) -> None:
        """Hear what is new in the ledger; never waits for the catalogue."""
        with self._lock:
            for event in self.ws.ledger.read(after=self._seq):
                self.hear(event)
                self._seq = event.seq

    def hear(self, event: Event) -> None:
        """Take note of one event; hearing it twice does no harm."""
        self.items.hear(event)
        if event.kind == "clusters_decided":
            self._note(event)
        elif event.kind == "clusters_reopened":
            for cluster_id in event.payload["clusters"] or self._decided(event.payload["decided"]):
                for known in (self.clusters, self._sample or {}):
                    if (one := known.get(cluster_id)) and one.seq <= event.payload["decided"]:
                        one.reopen()
        elif event.kind == "duplicates_found":
            self._on_found()

    def _note(self, event: Event) -> None:
        noted = [row for row in self._rows_of(event) if row["image_b"] is None and row["decision"] != "rest"]
        self._decided_in[event.seq] = [row["cluster_id"] for row in noted]
        second = event.payload["how"] == "second"
        known = (self._sample or {}) if second else self.clusters
        for row in noted:
            if one := known.get(row["cluster_id"]):
                one.state = "skipped" if row["decision"] == "skipped" else "decided"
                one.decision, one.decided_by, one.decided_keeper = row["decision"], event.actor, row["image_a"]
                one.gained, one.seq = row["bytes"], event.seq

    def _decided(self, seq: int) -> list[str]:
        if seq not in self._decided_in:
            rows = self.rows(seq)
            self._decided_in[seq] = list(dict.fromkeys(row["cluster_id"] for row in rows if row["decision"] != "rest"))
        return self._decided_in[seq]

    def rows(self, seq: int) -> list[dict[str, Any]]:
        """Return the rows of an event that decided clusters."""
        return [row for event in self.ws.ledger.read(after=seq - 1, limit=1) for row in self._rows_of(event)]

    def _rows_of(self, event: Event) -> list[dict[str, Any]]:
        attached = "attachment_sha256" in event.payload
        return events.rows(event, self.ws.ledger.attachment(event.seq) if attached else None)

    def decide(self, rows: list[list[Any]], words: str, how: str, **told: Any) -> Event:
        """Write a decision into the ledger, all of it in one event, and take note of it."""
        count = sum(1 for row in rows if row[4] is None and row[1] != "rest")
        payload = {"count": count, "what": words, "how": how, **told}
        if len(rows) <= INLINE:
            draft = Draft("clusters_decided", {**payload, "rows": rows})
        else:
            draft = Draft("clusters_decided", payload, attachment=events.pack(rows))
        return self._written([draft], words)[0]

    def reopen(self, seq: int, words: str, clusters: Sequence[str] = ()) -> None:
        """Take back what an event decided, of some clusters or of all; a second time changes nothing."""
        told = {"decided": seq, "clusters": list(clusters), "what": words}
        self._written([Draft("clusters_reopened", told, event_id="-".join(["reopened", str(seq), *clusters]))], words)

    def _written(self, drafts: list[Draft], reason: str) -> list[Event]:
        written = self.ws.ledger.append(drafts, actor=self.ws.actor, reason=reason)
        for event in written:
            self.hear(event)
        return written

    # -- what is listed

    @property
    def shown(self) -> dict[str, Cluster]:
        """The clusters that can be listed: all, or the sample of a second look."""
        return self.clusters if self._sample is None else self._sample

    @property
    def is_second(self) -> bool:
        """Whether this is a second look at a sample."""
        return self._sample is not None

    def draw(self, count: int, seed: int) -> None:
        """Look a second time at a random sample of what was decided, by others first; how isn't shown.

        Raises
        ------
        BadValue
            Nothing is decided yet, or the count is none.
        """
        if not isinstance(count, int) or count < 1:
            raise BadValue(f"A sample of {count!r} clusters is none.", hint="Take one at least.")
        looked = {row["cluster_id"] for row in self._ask("review_second")}
        decided = [one for one in self.clusters.values() if one.state == "decided" and one.cluster_id not in looked]
        others = [one for one in decided if one.decided_by != self.ws.actor] or decided
        if not others:
            raise BadValue("Nothing is decided that could be looked at a second time.", hint="Review clusters first.")
        drawn = random.Random(seed).sample(  # noqa: S311  a sample to be drawn again by the same seed, no secret
            sorted(others, key=lambda one: one.cluster_id), min(count, len(others))
        )
        kept = ("cluster_id", "relation", "images", "gain", "keeper")
        self._sample = {
            one.cluster_id: Cluster(
                **{name: getattr(one, name) for name in kept}, state="open", uncertainty=one.uncertainty
            )
            for one in drawn
        }
        self.relist()

    def order(self, by: str) -> None:
        """Have clusters come in another order, one of `ORDERS`."""
        if by not in ORDERS:
            raise BadValue(f"There is no order {by!r}.", hint=f"Known: {', '.join(ORDERS)}.")
        self.by = by
        self.relist()

    def filter(self, relations: Sequence[str], at_least: float) -> None:
        """List only clusters that certain relations hold together, and that are sure enough."""
        unknown = [one for one in relations if one not in (*RELATIONS, "duplicate")]
        if isinstance(relations, str) or unknown:
            raise BadValue(f"There is no relation {unknown or relations!r}.", hint=f"Known: {', '.join(DUPLICATES)}.")
        if not isinstance(at_least, int | float) or not 0 <= at_least <= 1:
            raise BadValue(f"A score of {at_least!r} doesn't exist.", hint="Scores go from 0 to 1.")
        self.relations, self.at_least = tuple(dict.fromkeys(relations)), float(at_least)
        self.relist()

    def relist(self) -> None:
        """Put the clusters that are wanted into their order."""
        keys: dict[str, Callable[[Cluster], tuple[float, str]]] = {
            "bytes": lambda one: (-one.gain, one.cluster_id),
            "uncertainty": lambda one: (-one.uncertainty, one.cluster_id),
            "images": lambda one: (-one.images, one.cluster_id),
        }
        with self._lock:
            wanted = [one for one in self.shown.values() if self._is_wanted(one)]
            self.listed = [one.cluster_id for one in sorted(wanted, key=keys[self.by])]
            self._places = {cluster_id: place for place, cluster_id in enumerate(self.listed)}

    def _is_wanted(self, one: Cluster) -> bool:
        return (not self.relations or one.relation in self.relations) and 1 - one.uncertainty >= self.at_least

    def in_order(self) -> list[Cluster]:
        """Return the clusters listed, in their order; never while another thread is listing them anew."""
        with self._lock:
            return [self.shown[one] for one in self.listed]

    def counted(self) -> list[Cluster]:
        """Return the clusters that the progress is about: those listed, and those that are none any more."""
        past = [] if self.is_second else [one for one in self._past if self._is_wanted(one)]
        return [*self.in_order(), *past]

    def kinds(self) -> list[dict[str, Any]]:
        """Return how many clusters are open, by relation."""
        counts: dict[str, int] = dict.fromkeys((*DUPLICATES, "duplicate"), 0)
        for one in self.shown.values():
            if one.state != "decided":
                counts[one.relation] = counts.get(one.relation, 0) + 1
        return [{"relation": name, "open": count} for name, count in counts.items() if count or name in self.relations]

    def place(self, cluster_id: str | None) -> int:
        """Return the place of a cluster in the list, from 0; -1 when it isn't listed."""
        return self._places.get(cluster_id or "", -1)

    def forget(self, cluster_id: str) -> None:
        """Take a cluster that isn't one any more out of the list."""
        with self._lock:
            self.shown.pop(cluster_id, None)
            self.relist()

    # -- who has which

    def is_free(self, cluster_id: str, state: str = "open") -> bool:
        """Whether a cluster is in a state, and nobody else has it."""
        one = self.shown.get(cluster_id)
        return one is not None and one.state == state and not self.items.others(cluster_id)

    def free(self, start: int, but: str | None = None) -> Iterator[str]:
        """Yield the open clusters that nobody else has, from a place on and round; then those that were skipped."""
        turned = [*self.listed[start:], *self.listed[:start]]
        for state in ("open", "skipped"):
            for cluster_id in turned:
                if cluster_id != but and self.is_free(cluster_id, state):
                    yield cluster_id

    def take_from(self, start: int, but: str | None = None) -> str | None:
        """Take the next free cluster."""
        return next((one for one in self.free(start, but) if self.items.take(one)), None)

    def release(self, cluster_id: str) -> None:
        """Let go of a cluster that is taken."""
        if self.items.shared and self.items.mine(cluster_id):
            self.items.give_back(cluster_id, "released")

    def release_all(self) -> None:
        """Let go of everything."""
        for cluster_id in [one for one in self.items.items if self.items.mine(one)]:
            self.release(cluster_id)
