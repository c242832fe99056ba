"""Review of duplicates: go through clusters one by one and say what stays. The session behind the widget, no Jupyter.

::

    session = ReviewSession(ws)
    session.keeper(2)  # rather keep the second
    session.accept()  # and on to the next

A decision is one event of the ledger, kept by content, and waits for nothing else. All reviewers of a workspace share
one queue unless they say otherwise, so that everybody gets other clusters.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench import clusters, events
from workbench.decisions import decision_rows, said
from workbench.errors import BadValue, NotAllowed, NotFound, Stale
from workbench.events import Draft, Event
from workbench.grid import Reply
from workbench.queues import Queue, has_ended, holder_here
from workbench.relations import DUPLICATES, RELATIONS
from workbench.review_pages import Loading, Member, Page
from workbench.review_views import cluster_view, empty_view, progress_view
from workbench.tag_pages import Pace
from workbench.workspace import Workspace

QUEUE = "duplicates"
"""The queue that everybody shares who names no other."""

ORDERS = {"bytes": "Most bytes first", "uncertainty": "Least sure first", "images": "Most images first"}
"""In which order clusters come, and what that is called."""

MARKS = ("variant", "not_duplicate")
LOAD_AHEAD = 16
SHOWN_AHEAD = 3
EDGES = (256, 8_192)
EDGE = 1_400
INLINE = 300
MOST_STEPS = 200
EXAMPLES = 12


@dataclass(slots=True)
class Cluster:
    """Where a cluster stands, as the queue knows it."""

    cluster_id: str
    relation: str
    images: int
    gain: int
    keeper: str
    state: str
    uncertainty: float
    decision: str = ""
    decided_by: str | None = None
    gained: int = 0


@dataclass(slots=True)
class Judgement:
    """What somebody has said of a cluster so far: what stays, what is none of them, what is looked at."""

    keeper: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    looked: str = ""

    def copy(self) -> Judgement:
        """Return one that doesn't change with this."""
        return Judgement(self.keeper, dict(self.marks), self.looked)


@dataclass(frozen=True, slots=True)
class Step:
    """What can be undone: a mark on a cluster (``seq`` 0), or an event that decided clusters."""

    says: str
    cluster_id: str
    seq: int = 0
    before: Judgement | None = None


class ReviewSession:
    """One person's way through clusters of duplicates.

    Parameters
    ----------
    ws : Workspace
        An open workspace, in which duplicates have been looked for.
    queue : str or None
        Whoever names the same queue never gets a cluster that somebody else has. None: alone.
    order : str
        One of `ORDERS`.
    relations : sequence of str
        Only clusters that these relations hold together; all when empty.
    clock : callable
        Seconds that only grow, for the pace.

    Raises
    ------
    BadValue
        There is no such order or relation.
    """

    def __init__(
        self,
        ws: Workspace,
        *,
        queue: str | None = QUEUE,
        order: str = "bytes",
        relations: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ws = ws
        self.on_ahead: Callable[[str], None] = lambda image_id: None
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._loading = Loading(ws)
        self._pace = Pace(clock)
        self.queue = Queue(
            queue or f"{ws.actor}/{QUEUE}",
            lambda drafts: ws.ledger.append(drafts, actor=ws.actor),
            shared=queue is not None,
            holder=holder_here(),
            gone=has_ended,
        )
        self._order, self._relations, self._at_least = _known_order(order), _known_relations(relations), 0.0
        self._clusters: dict[str, Cluster] = {}
        self._past: list[Cluster] = []
        self._decided_by_event: dict[int, list[str]] = {}
        self._listed: list[str] = []
        self._places: dict[str, int] = {}
        self._judged: dict[str, Judgement] = {}
        self._steps: list[Step] = []
        self._stale: set[str] = set()
        self._preview: tuple[str, list[str]] | None = None
        self._current: str | None = None
        self._reserved: str | None = None
        self._seq = 0
        self._load_queue()
        self._steps = [self._own_step(row) for row in self._ask("review_own", actor=ws.actor, most=MOST_STEPS)][::-1]
        self._move(self._take_from(0))

    # -- the queue

    def _ask(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._loading.ask(name, **parameters)

    def _load_queue(self) -> None:
        """Read all clusters and where they stand; what was said since is heard again."""
        with self.ws.reading():
            rows, [applied] = self._ask("review_clusters"), self._ask("tagging_applied")
            taken = self._ask("tagging_queue", queue=self.queue.name)
        with self._lock:
            known = [Cluster(**{name: row[name] for name in Cluster.__slots__}) for row in rows]
            self._clusters = {one.cluster_id: one for one, row in zip(known, rows, strict=True) if row["here"]}
            self._past = [one for one in known if one.cluster_id not in self._clusters]
            self.queue.load(taken)
            self._seq = int(applied["seq"])
            self._list()
            self._catch_up()

    def _list(self) -> None:
        """Put the clusters that are wanted into their order."""
        wanted = [one for one in self._clusters.values() if self._is_wanted(one)]
        keys: dict[str, Callable[[Cluster], tuple[float, str]]] = {
            "bytes": lambda one: (-one.gain, one.cluster_id),
            "uncertainty": lambda one: (-one.uncertainty, one.cluster_id),
            "images": lambda one: (-one.images, one.cluster_id),
        }
        self._listed = [one.cluster_id for one in sorted(wanted, key=keys[self._order])]
        self._places = {cluster_id: place for place, cluster_id in enumerate(self._listed)}

    def _is_wanted(self, one: Cluster) -> bool:
        return (not self._relations or one.relation in self._relations) and 1 - one.uncertainty >= self._at_least

    def _catch_up(self) -> None:
        for event in self.ws.ledger.read(after=self._seq):
            self._hear(event)
            self._seq = event.seq

    def _hear(self, event: Event) -> None:
        """Take note of one event; hearing it twice does no harm."""
        self.queue.hear(event)
        if event.kind == "clusters_decided":
            self._note(event, self._attached(event))
        elif event.kind == "clusters_reopened":
            for cluster_id in event.payload["clusters"] or self._decided_in(event.payload["decided"]):
                if one := self._clusters.get(cluster_id):
                    one.state, one.decision, one.decided_by, one.gained = "open", "", None, 0
        elif event.kind == "duplicates_found":
            self._loading.ahead(self._read_again)

    def _attached(self, event: Event) -> bytes | None:
        return self.ws.ledger.attachment(event.seq) if "attachment_sha256" in event.payload else None

    def _note(self, event: Event, attachment: bytes | None) -> None:
        noted = []
        for row in events.rows(event, attachment):
            if not _is_whole(row) or row["how"] == "second":
                continue
            noted.append(row["cluster_id"])
            if one := self._clusters.get(row["cluster_id"]):
                skipped = row["decision"] == "skipped"
                one.state, one.decision = "skipped" if skipped else "decided", row["decision"]
                one.decided_by, one.gained = event.actor, row["bytes"]
        self._decided_by_event[event.seq] = noted

    def _decided_in(self, seq: int) -> list[str]:
        if seq not in self._decided_by_event:
            self._decided_by_event[seq] = [row["cluster_id"] for row in self._rows(seq) if _is_whole(row)]
        return self._decided_by_event[seq]

    def _rows(self, seq: int) -> list[dict[str, Any]]:
        found = self.ws.ledger.read(after=seq - 1, limit=1)
        return [row for event in found for row in events.rows(event, self._attached(event))]

    def _is_free(self, cluster_id: str, state: str) -> bool:
        return self._clusters[cluster_id].state == state and not self.queue.others(cluster_id)

    def _take_from(self, start: int) -> str | None:
        """Take the next open cluster from a place on, round to the beginning; then those that were skipped."""
        for cluster_id in self._candidates(start):
            if self.queue.take(cluster_id):
                return cluster_id
        return None

    def _candidates(self, start: int) -> Iterator[str]:
        turned = [*self._listed[start:], *self._listed[:start]]
        for state in ("open", "skipped"):
            for cluster_id in turned:
                if cluster_id != self._current and self._is_free(cluster_id, state):
                    yield cluster_id

    def _place(self) -> int:
        return self._places.get(self._current or "", -1)

    def _following(self) -> str | None:
        """Return the next cluster, taken for this session."""
        mine = self._reserved
        if mine and mine != self._current and mine in self._places and self._is_free(mine, "open"):
            return mine
        self._reserved = self._take_from(self._place() + 1)
        return self._reserved

    def _move(self, cluster_id: str | None) -> None:
        left, self._current = self._current, cluster_id
        if cluster_id == self._reserved:
            self._reserved = None
        if left is not None and left != cluster_id and self._clusters.get(left, _GONE).state == "open":
            self._release(left)

    def _release(self, cluster_id: str) -> None:
        if self.queue.shared and self.queue.mine(cluster_id):
            self.queue.give_back(cluster_id, "released")

    # -- what is shown

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """What a browser may ask for."""
        names = (
            "view", "accept", "keeper", "look", "variant", "not_duplicate", "skip", "undo", "next", "previous", "order",
            "filter", "bulk_preview", "bulk_accept", "peek", "picture", "thumbs", "release",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @property
    def cluster_id(self) -> str | None:
        """The cluster shown."""
        return self._current

    def view(self) -> dict[str, Any]:
        """Return everything that is shown: the cluster, its images, what differs; the progress, what can be undone."""
        with self._lock:
            self._catch_up()
            return self._page()

    def _page(self) -> dict[str, Any]:
        shown = self._shown()
        listed = [self._clusters[one] for one in self._listed]
        return {
            "cluster": shown,
            "empty": None if shown else empty_view(len(self._clusters), len(listed)),
            "progress": {**progress_view([*listed, *filter(self._is_wanted, self._past)]), **self._pace.view()},
            "undo": self._steps[-1].says if self._steps else None,
            "order": self._order,
            "orders": ORDERS,
            "relations": list(self._relations),
            "at_least": self._at_least,
            "kinds": self._kinds(),
        }

    def _shown(self) -> dict[str, Any] | None:
        while self._current is not None:
            try:
                page = self._loading.page(self._current)
            except NotFound:  # found anew since: it isn't a cluster any more
                self._clusters.pop(self._current, None)
                self._list()
                self._current = self._following()
                continue
            one, judged = self._clusters[self._current], self._judgement(page)
            place = {"place": self._place(), "count": len(self._listed)}
            held = self.queue.others(self._current)
            about = {"relation": one.relation, "images": one.images, "uncertainty": one.uncertainty, "state": one.state}
            told = {"decision": one.decision, "decided_by": one.decided_by, "held_by": held.actor if held else None}
            return {**place, **about, **told, **cluster_view(page, judged.keeper, judged.marks, judged.looked)}
        return None

    def _kinds(self) -> list[dict[str, Any]]:
        """Return how many clusters are open, by relation."""
        counts: dict[str, int] = dict.fromkeys((*DUPLICATES, "duplicate"), 0)
        for one in self._clusters.values():
            if one.state != "decided":
                counts[one.relation] = counts.get(one.relation, 0) + 1
        return [{"relation": name, "open": count} for name, count in counts.items() if count or name in self._relations]

    def _judgement(self, page: Page) -> Judgement:
        ids = [one.image_id for one in page.members]
        judged = self._judged.setdefault(page.cluster_id, Judgement())
        if judged.keeper not in ids:
            judged.keeper = ids[0]
        judged.marks = {name: mark for name, mark in judged.marks.items() if name in ids and name != judged.keeper}
        if judged.looked not in ids or judged.looked == judged.keeper:
            others = [one for one in ids if one != judged.keeper]
            judged.looked = next((one for one in others if one not in judged.marks), others[0] if others else "")
        return judged

    # -- verbs about the cluster shown

    def _at(self, cluster_id: str | None) -> tuple[Page, Judgement] | None:
        """Return the cluster shown; None when another one is meant, which an answer asked for twice may."""
        self._pace.touch()
        self._catch_up()
        if self._current is None:
            raise NotFound("There is no cluster to decide.", hint="All are decided, or others have them.")
        if cluster_id not in (None, self._current):
            return None
        page = self._loading.page(self._current)
        return page, self._judgement(page)

    def keeper(self, number: int | None = None, *, image_id: str | None = None, cluster_id: str | None = None) -> Any:
        """Choose what stays, by its number from 1 or by its id; nothing is decided by that yet.

        Raises
        ------
        NotFound
            The cluster shown has no such image.
        """
        with self._lock:
            if found := self._at(cluster_id):
                page, judged = found
                if image_id is None and (not isinstance(number, int) or not 1 <= number <= len(page.members)):
                    raise NotFound(f"There is no image number {number!r}.", hint=f"There are {len(page.members)}.")
                chosen = image_id or page.members[(number or 1) - 1].image_id
                page.member(chosen)
                before = judged.keeper
                judged.keeper = chosen
                judged.marks.pop(chosen, None)
                if judged.looked == chosen:
                    judged.looked = before if before != chosen else ""
                self._judgement(page)
            return self._page()

    def look(self, image_id: str, *, cluster_id: str | None = None) -> dict[str, Any]:
        """Compare another image of the cluster with the keeper."""
        with self._lock:
            if found := self._at(cluster_id):
                page, judged = found
                judged.looked = page.member(image_id).image_id
                self._judgement(page)
            return self._page()

    def variant(
        self, *, cluster_id: str | None = None, image_id: str | None = None, whole: bool = False
    ) -> dict[str, Any]:
        """Say that the image compared is a variant of the keeper: both stay. ``whole``: that holds for all of them.

        When nothing is left to be said the cluster is decided and the next one shown.
        """
        return self._mark("variant", cluster_id, image_id, whole)

    def not_duplicate(
        self, *, cluster_id: str | None = None, image_id: str | None = None, whole: bool = False
    ) -> dict[str, Any]:
        """Say that the image compared is no duplicate of the keeper. ``whole``: that holds for all of them."""
        return self._mark("not_duplicate", cluster_id, image_id, whole)

    def _mark(self, mark: str, cluster_id: str | None, image_id: str | None, whole: bool) -> dict[str, Any]:
        with self._lock:
            if (found := self._at(cluster_id)) is None:
                return self._page()
            page, judged = found
            others = [one.image_id for one in page.members if one.image_id != judged.keeper]
            if whole or len(others) == 1:
                return self._decide(page, judged, mark)
            here = page.member(image_id or judged.looked).image_id
            if here == judged.keeper:
                raise BadValue("That is the image to keep.", hint="Choose another keeper first.")
            words = f"{'variant' if mark == 'variant' else 'not a duplicate'}: {page.member(here).facts['name']}"
            self._remember(Step(words, page.cluster_id, before=judged.copy()))
            judged.marks[here] = mark
            rest = [one for one in others if one not in judged.marks]
            if not rest:
                return self._decide(page, judged)
            judged.looked = next((one for one in rest if others.index(one) > others.index(here)), rest[0])
            return self._page()

    def accept(self, *, cluster_id: str | None = None) -> dict[str, Any]:
        """Decide the cluster as it is shown: the keeper stays, what isn't marked may go; and go on to the next."""
        with self._lock:
            found = self._at(cluster_id)
            return self._decide(*found) if found else self._page()

    def skip(self, *, cluster_id: str | None = None) -> dict[str, Any]:
        """Leave the cluster for later: it comes again, to whoever is there, when all others are done."""
        with self._lock:
            if (found := self._at(cluster_id)) is None:
                return self._page()
            page, judged = found
            self._must_be_free(page)
            row = [page.cluster_id, "skipped", judged.keeper, None, None, None, len(page.members), 0, page.relation]
            self._write([row], "skipped", page, judged)
            return self._on()

    def _decide(self, page: Page, judged: Judgement, whole: str = "") -> dict[str, Any]:
        self._must_be_free(page)
        rows = decision_rows(page, judged.keeper, judged.marks, whole)
        remade = bool(judged.marks or whole or judged.keeper != page.members[0].image_id)
        self._write(rows, said(rows[0][1]), page, judged, remade=remade)
        self._pace.accepted += 1
        if remade:
            self._refresh_later(page.contents())
        return self._on()

    def _must_be_free(self, page: Page) -> None:
        if not self.queue.take(page.cluster_id):
            other = self.queue.others(page.cluster_id)
            who = other.actor if other else "Somebody"
            raise NotAllowed(f"{who} has this cluster now.", hint="You left it for more than 15 minutes. Go on.")

    def _write(self, rows: list[list[Any]], words: str, page: Page, judged: Judgement, *, remade: bool = False) -> None:
        event = self._append(rows, words, "single", remade=remade)
        before = judged.copy()
        self._judged.pop(page.cluster_id, None)
        self._steps = [one for one in self._steps if one.seq or one.cluster_id != page.cluster_id]
        self._remember(Step(f"{words}: {page.members[0].facts['name']}", page.cluster_id, event.seq, before))

    def _append(self, rows: list[list[Any]], words: str, how: str, *, remade: bool = False) -> Event:
        """Write a decision into the ledger; many rows go into an attachment.

        ``remade`` says that the clusters concerned have to be made anew by it.
        """
        count = sum(1 for row in rows if row[4] is None and row[1] != "rest")
        told: dict[str, Any] = {"count": count, "what": words, "how": how, "remade": remade}
        inline = len(rows) <= INLINE
        draft = Draft("clusters_decided", {**told, "rows": rows}) if inline else Draft(
            "clusters_decided", told, attachment=events.pack(rows)
        )  # fmt: skip
        [event] = self.ws.ledger.append([draft], actor=self.ws.actor, reason=words)
        self._hear(event)
        return event

    def _on(self) -> dict[str, Any]:
        following = self._following()
        self._move(following)
        return {**self._page(), "finished": following is None}

    def _remember(self, step: Step) -> None:
        self._steps.append(step)
        del self._steps[:-MOST_STEPS]

    # -- undoing

    @staticmethod
    def _own_step(row: dict[str, Any]) -> Step:
        many = f"{row['clusters']:,} clusters" if row["clusters"] > 1 else "a cluster"
        return Step(f"{said(row['decision'])}: {many}, decided before", row["cluster_id"], row["seq"])

    def undo(self) -> dict[str, Any]:
        """Take back what was said last, also what was said before this session began, and show that cluster."""
        with self._lock:
            self._pace.touch()
            self._catch_up()
            if not self._steps:
                return self._page()
            step = self._steps.pop()
            if step.seq:
                self._reopen(step)
            if step.cluster_id in self._clusters and self.queue.take(step.cluster_id):
                if step.before is not None:
                    self._judged[step.cluster_id] = step.before
                self._show(step.cluster_id)
            return self._page()

    def _reopen(self, step: Step) -> None:
        told = {"decided": step.seq, "clusters": [], "what": f"undo: {step.says}"}
        draft = Draft("clusters_reopened", told, event_id=f"reopened-{step.seq}")
        for event in self.ws.ledger.append([draft], actor=self.ws.actor, reason=f"undo: {step.says}"):
            self._hear(event)
        self._pace.accepted = max(0, self._pace.accepted - 1)
        [decided] = self.ws.ledger.read(after=step.seq - 1, limit=1)
        if decided.payload.get("remade"):
            rows = self._rows(step.seq)
            self._stale.update(key for row in rows for key in (row["content_a"], row["content_b"]) if key)
            self._loading.forget(row["cluster_id"] for row in rows)
            self._refresh()

    # -- moving about

    def _show(self, cluster_id: str) -> None:
        left = self._current
        if left and left != cluster_id and self._clusters[left].state == "open" and self._reserved is None:
            self._current, self._reserved = cluster_id, left  # it comes again right after this one
            return
        self._move(cluster_id)

    def next(self) -> dict[str, Any]:
        """Go on to the next cluster that is listed, decided or not, without saying anything about this one."""
        return self._step(1)

    def previous(self) -> dict[str, Any]:
        """Go back to the cluster before this one."""
        return self._step(-1)

    def _step(self, by: int) -> dict[str, Any]:
        with self._lock:
            self._pace.touch()
            self._catch_up()
            place = self._place() + by
            if 0 <= place < len(self._listed):
                self._move(self._listed[place])
            return self._page()

    def order(self, by: str) -> dict[str, Any]:
        """Have clusters come in another order, one of `ORDERS`; begin at its beginning."""
        with self._lock:
            self._order = _known_order(by)
            return self._anew()

    def filter(self, relations: Sequence[str] = (), *, at_least: float = 0.0) -> dict[str, Any]:
        """Review only clusters that certain relations hold together, and that are sure enough.

        Parameters
        ----------
        relations : sequence of str
            All when empty.
        at_least : float
            The least score in the cluster, 0 to 1.
        """
        if not isinstance(at_least, int | float) or not 0 <= at_least <= 1:
            raise BadValue(f"A score of {at_least!r} doesn't exist.", hint="Scores go from 0 to 1.")
        with self._lock:
            self._relations, self._at_least = _known_relations(relations), float(at_least)
            return self._anew()

    def _anew(self) -> dict[str, Any]:
        self._pace.touch()
        self._catch_up()
        self._list()
        self._preview = None
        if self._reserved:
            self._release(self._reserved)
            self._reserved = None
        left, self._current = self._current, None
        taken = self._take_from(0)
        self._current = left
        self._move(taken)
        return self._page()

    # -- many at once

    def bulk_preview(self) -> dict[str, Any]:
        """Say what accepting all open clusters of the filter would do: how many, how much, and some of them to look at.

        Returns
        -------
        dict
            ``token`` for `bulk_accept`; clusters, redundant (files that may go), bytes, held (left out, because
            somebody has them), kinds (relation → clusters), examples (name of the keeper and of what may go).
        """
        with self._lock:
            self._pace.touch()
            self._catch_up()
            open_ones = [one for one in map(self._clusters.__getitem__, self._listed) if one.state != "decided"]
            free = [one for one in open_ones if not self.queue.others(one.cluster_id)]
            token = uuid.uuid4().hex
            self._preview = (token, [one.cluster_id for one in free])
            shown = free[:: max(1, len(free) // EXAMPLES)][:EXAMPLES]
        self._loading.load([one.cluster_id for one in shown])
        kinds: dict[str, int] = {}
        for one in free:
            kinds[one.relation] = kinds.get(one.relation, 0) + 1
        return {
            "token": token,
            "clusters": len(free),
            "redundant": sum(one.images - 1 for one in free),
            "bytes": sum(one.gain for one in free),
            "held": len(open_ones) - len(free),
            "kinds": kinds,
            "proved": all(one.relation in ("exact", "same-picture") for one in free),
            "examples": [self._example(one) for one in shown],
        }

    def _example(self, one: Cluster) -> dict[str, Any]:
        page = self._loading.page(one.cluster_id)
        named = [{"image_id": m.image_id, "name": m.facts["name"], "path": m.facts["path"]} for m in page.members[:6]]
        return {"relation": one.relation, "images": one.images, "members": named}

    def bulk_accept(self, token: str) -> dict[str, Any]:
        """Decide all clusters of a preview, each with the proposed keeper: one event, taken back by one undo.

        What was decided, or taken by somebody, since the preview is left out; ``accepted`` says how many were decided.

        Raises
        ------
        Stale
            The preview isn't the last one.
        """
        with self._lock:
            self._pace.touch()
            self._catch_up()
            if self._preview is None or self._preview[0] != token:
                raise Stale("Another preview was made since.", hint="Look at the new one.")
            wanted, self._preview = self._preview[1], None
            ids = [one for one in wanted if self._clusters[one].state != "decided" and not self.queue.others(one)]
            rows = self._bulk_rows(ids)
            if not rows:
                raise NotFound("There is nothing to accept.", hint="All of these clusters are decided.")
            words = f"accepted {len(ids):,} clusters at once"
            event = self._append(rows, words, "bulk")
            self._remember(Step(words, self._current or ids[0], event.seq))
            self._pace.accepted += len(ids)
            return {**self._on(), "accepted": len(ids)}

    def _bulk_rows(self, ids: list[str]) -> list[list[Any]]:
        pages: dict[str, Page] = {}
        for row in self._ask("review_contents", ids=ids):
            pages.setdefault(row["cluster_id"], Page(row["cluster_id"], [])).members.append(Member(row))
        return [row for page in pages.values() for row in decision_rows(page, page.members[0].image_id, {})]

    # -- pictures, and what comes next

    def peek(self, edge: int = EDGE) -> dict[str, Any]:
        """Reserve the next cluster, and have those to come loaded and their pictures rendered."""
        with self._lock:
            first = self._following() if self._current else None
            coming = [first] if first else []
            for cluster_id in self._candidates(self._place() + 1):
                if len(coming) >= LOAD_AHEAD:
                    break
                if cluster_id != first:
                    coming.append(cluster_id)
        self._loading.ahead(lambda: self._render(coming, edge))
        return {"next": first}

    def _render(self, coming: list[str], edge: int) -> None:
        self._loading.load(coming)
        for cluster_id in coming[:SHOWN_AHEAD]:
            page = self._loading.page(cluster_id)
            for one in page.members[:2]:
                self._loading.picture(one.image_id, edge)
                self.on_ahead(one.image_id)

    def picture(self, image_id: str, edge: int = EDGE) -> Reply:
        """Return a rendering of an image of a cluster that was shown, its longer edge at most ``edge`` pixels."""
        if not isinstance(edge, int) or not EDGES[0] <= edge <= EDGES[1]:
            raise BadValue(f"An edge of {edge!r} pixels doesn't work.", hint=f"Take {EDGES[0]} to {EDGES[1]}.")
        return Reply({"image_id": image_id}, [self._loading.picture(image_id, edge)])

    def thumbs(self, image_ids: Sequence[str]) -> Reply:
        """Return the thumbnails there are: ``found`` maps image_id to a buffer's index."""
        return self._loading.thumbs(image_ids)

    # -- in step with the catalogue

    def _refresh_later(self, contents: Iterable[str]) -> None:
        """Have the clusters that a decision concerns made anew, on the thread for what comes next."""
        self._stale.update(contents)
        self._loading.ahead(self._refresh)

    def _refresh(self) -> None:
        with self._lock:
            contents, self._stale = self._stale, set()
        if contents:
            clusters.refresh(self.ws, contents)
            self._read_again()

    def _read_again(self) -> None:
        self._load_queue()
        with self._lock:
            self._loading.forget(set(self._loading.pages()) - {self._current or ""})
        self.on_change()

    def release(self) -> dict[str, Any]:
        """Let go of the clusters taken, so that others get them."""
        with self._lock:
            for cluster_id in [one for one in self.queue.items if self.queue.mine(one)]:
                self._release(cluster_id)
            self._reserved = None
            return {"released": True}

    def close(self) -> None:
        """Let go of everything."""
        self.release()
        self._loading.close()

    def take_over(self, other: ReviewSession) -> None:
        """Continue where another session was: the same cluster, what was said of clusters so far, the same filter."""
        with other._lock, self._lock:
            if other.ws.folder != self.ws.folder:
                return
            self._judged = {name: one.copy() for name, one in other._judged.items()}
            self._steps = list(other._steps)
            if other._current in self._places and self.queue.take(str(other._current)):
                self._move(other._current)

    # -- what a person in a notebook asks

    def frame(self) -> pd.DataFrame:
        """Return the clusters listed, in their order, and where each stands; gain is in bytes."""
        with self._lock:
            self._catch_up()
            rows = [{name: getattr(self._clusters[one], name) for name in Cluster.__slots__} for one in self._listed]
        return pd.DataFrame(rows, columns=list(Cluster.__slots__))


def _is_whole(row: dict[str, Any]) -> bool:
    """Whether a row of ``clusters_decided`` is about a cluster as somebody saw it."""
    return row["image_b"] is None and row["decision"] != "rest"


_GONE = Cluster("", "", 0, 0, "", "gone", 0.0)


def _known_order(by: str) -> str:
    if by not in ORDERS:
        raise BadValue(f"There is no order {by!r}.", hint=f"Known: {', '.join(ORDERS)}.")
    return by


def _known_relations(relations: Sequence[str]) -> tuple[str, ...]:
    unknown = [one for one in relations if one not in (*RELATIONS, "duplicate")]
    if isinstance(relations, str) or unknown:
        raise BadValue(f"There is no relation {unknown or relations!r}.", hint=f"Known: {', '.join(DUPLICATES)}.")
    return tuple(dict.fromkeys(relations))
