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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench import clusters
from workbench.decisions import decision_rows, said
from workbench.errors import BadValue, NotAllowed, NotFound, Stale
from workbench.grid import Reply
from workbench.review_pages import EDGE, Loading, Member, Page, known_edge
from workbench.review_queue import ORDERS, Cluster, ReviewQueue
from workbench.review_views import bulk_view, cluster_view, empty_view, progress_view
from workbench.tag_pages import Pace
from workbench.workspace import Workspace

QUEUE = "duplicates"
"""The queue that everybody shares who names no other."""

LOAD_AHEAD = 16
"""Clusters that are read ahead of the person."""

SHOWN_AHEAD = 3
"""Clusters whose pictures are rendered ahead."""

MOST_STEPS = 200
EXAMPLES = 12


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
        One of `workbench.review_queue.ORDERS`.
    relations : sequence of str
        Only clusters that these relations hold together; all when empty.
    second : int
        Look a second time at a random sample of so many clusters that were decided, by others first, without seeing
        how. Where both say the same nothing changes; where not, the cluster is open again.
    seed : int
        Draws the same sample again.
    clock : callable
        Seconds that only grow, for the pace.

    Raises
    ------
    BadValue
        There is no such order or relation, or nothing to look at a second time.
    """

    def __init__(
        self,
        ws: Workspace,
        *,
        queue: str | None = QUEUE,
        order: str = "bytes",
        relations: Sequence[str] = (),
        second: int = 0,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ws = ws
        self.on_ahead: Callable[[str], None] = lambda image_id: None
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._loading = Loading(ws)
        self._pace = Pace(clock)
        name = f"{queue or ws.actor}{'/second look' if second else ''}"
        self.queue = ReviewQueue(ws, name, shared=queue is not None, ask=self._loading.ask, on_found=self._found)
        self._judged: dict[str, Judgement] = {}
        self._steps: list[Step] = []
        self._stale: set[str] = set()
        self._preview: tuple[str, list[str]] = ("", [])
        self._current: str | None = None
        self._reserved: str | None = None
        self._begin(order, relations, second, seed)

    def _begin(self, order: str, relations: Sequence[str], second: int, seed: int) -> None:
        try:
            self.queue.load()
            if second:
                self.queue.draw(second, seed)
            self.queue.order(order)
            self.queue.filter(relations, 0)
        except BaseException:
            self._loading.close()
            raise
        own = [] if second else self._loading.ask("review_own", actor=self.ws.actor, most=MOST_STEPS)
        self._steps = [_own_step(row) for row in own][::-1]
        self._current = self.queue.take_from(0)

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
            self.queue.catch_up()
            return self._page()

    def _page(self) -> dict[str, Any]:
        shown, queue = self._shown(), self.queue
        return {
            "cluster": shown,
            "empty": None if shown else empty_view(len(queue.shown), len(queue.listed)),
            "progress": {**progress_view(queue.counted()), **self._pace.view()},
            "undo": self._steps[-1].says if self._steps else None,
            "order": queue.by,
            "orders": ORDERS,
            "relations": list(queue.relations),
            "at_least": queue.at_least,
            "kinds": queue.kinds(),
            "second": queue.is_second,
        }

    def _shown(self) -> dict[str, Any] | None:
        while self._current is not None:
            try:
                page = self._loading.page(self._current)
            except NotFound:  # found anew since: it isn't a cluster any more
                self.queue.forget(self._current)
                self._current = self._following()
                continue
            judged, one = self._judgement(page), self.queue.shown.get(self._current, _GONE)
            held = self.queue.items.others(self._current)
            return {
                "place": self.queue.place(self._current),
                "count": len(self.queue.listed),
                "relation": one.relation,
                "uncertainty": one.uncertainty,
                "state": one.state,
                "decision": one.decision,
                "decided_by": one.decided_by,
                "held_by": held.actor if held else None,
                **cluster_view(page, judged.keeper, judged.marks, judged.looked),
            }
        return None

    def _judgement(self, page: Page) -> Judgement:
        """Return what was said of a cluster so far, in step with its members."""
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
        """Return the cluster shown; None when another one is meant: then it was decided before its answer came."""
        self._pace.touch()
        self.queue.catch_up()
        if self._current is None:
            raise NotFound("There is no cluster to decide.", hint="All are decided, or others have them.")
        if cluster_id not in (None, self._current):
            return None
        page = self._loading.page(self._current)
        return page, self._judgement(page)

    def keeper(
        self, number: int | None = None, *, image_id: str | None = None, cluster_id: str | None = None
    ) -> dict[str, Any]:
        """Choose what stays, by its number from 1 or by its id; nothing is decided by that yet.

        Raises
        ------
        NotFound
            The cluster shown has no such image.
        """
        with self._lock:
            if found := self._at(cluster_id):
                page, judged = found
                chosen = (page.member(image_id) if image_id is not None else page.numbered(number)).image_id
                before, judged.keeper = judged.keeper, chosen
                if judged.looked == chosen:
                    judged.looked = before
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
        """Say that the image compared is a variant of the keeper: both stay.

        When nothing is left to be said the cluster is decided and the next one shown.

        Parameters
        ----------
        image_id : str, optional
            Another image than the one compared.
        whole : bool
            Say it of every pair of the cluster.
        """
        return self._mark("variant", cluster_id, image_id, whole)

    def not_duplicate(
        self, *, cluster_id: str | None = None, image_id: str | None = None, whole: bool = False
    ) -> dict[str, Any]:
        """Say that the image compared is no duplicate of the keeper; otherwise as `variant`."""
        return self._mark("not_duplicate", cluster_id, image_id, whole)

    def _mark(self, mark: str, cluster_id: str | None, image_id: str | None, whole: bool) -> dict[str, Any]:
        with self._lock:
            if (found := self._at(cluster_id)) is None:
                return self._page()
            page, judged = found
            if whole or len(page.members) == 2:
                return self._decide(page, judged, mark)
            here = page.member(image_id or judged.looked)
            if here.image_id == judged.keeper:
                raise BadValue("That is the image to keep.", hint="Choose another keeper first.")
            words = f"{'variant' if mark == 'variant' else 'not a duplicate'}: {here.facts['name']}"
            self._remember(Step(words, page.cluster_id, before=judged.copy()))
            judged.marks[here.image_id] = mark
            rest = page.after(here, but={judged.keeper, *judged.marks})
            if not rest:
                return self._decide(page, judged)
            judged.looked = rest[0].image_id
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
            about = [len(page.members), 0, page.relation]
            self._write([[page.cluster_id, "skipped", judged.keeper, None, None, None, *about]], page, judged)
            return self._on()

    def _decide(self, page: Page, judged: Judgement, whole: str = "") -> dict[str, Any]:
        self._must_be_free(page)
        rows = decision_rows(page, judged.keeper, judged.marks, whole)
        self._pace.accepted += 1
        if self.queue.is_second:
            self._write_second(rows[0], page, judged)
        else:
            remade = bool(judged.marks or whole or judged.keeper != page.members[0].image_id)
            self._write(rows, page, judged, remade=remade)
            if remade:
                self._refresh_later(page.contents())
        return self._on()

    def _must_be_free(self, page: Page) -> None:
        if not self.queue.items.take(page.cluster_id):
            other = self.queue.items.others(page.cluster_id)
            who = other.actor if other else "Somebody"
            raise NotAllowed(f"{who} has this cluster now.", hint="You left it for more than 15 minutes. Go on.")

    def _write(self, rows: list[list[Any]], page: Page, judged: Judgement, *, how: str = "single", **told: Any) -> None:
        words = said(rows[0][1])
        event = self.queue.decide(rows, words, how, **told)
        self._judged.pop(page.cluster_id, None)
        self._steps = [one for one in self._steps if one.seq or one.cluster_id != page.cluster_id]
        self._remember(Step(f"{words}: {page.members[0].facts['name']}", page.cluster_id, event.seq, judged.copy()))

    def _write_second(self, row: list[Any], page: Page, judged: Judgement) -> None:
        """Note what a second person says; where it isn't what the first one said, the cluster is open again."""
        first = self.queue.clusters.get(page.cluster_id, _GONE)
        agrees = (row[1], row[2]) == (first.decision, first.decided_keeper)
        told = {"agrees": agrees, "first": first.seq, "first_by": first.decided_by}
        self._write([row], page, judged, how="second", **told)
        if not agrees and first.state == "decided":
            self.queue.reopen(first.seq, f"{first.decided_by} and {self.ws.actor} disagree", [page.cluster_id])
            self._refresh_later(page.contents())

    def _on(self) -> dict[str, Any]:
        following = self._following()
        self._move(following)
        return {**self._page(), "finished": following is None}

    def _following(self) -> str | None:
        """Return the next cluster, taken for this session."""
        mine = self._reserved
        if mine is None or mine == self._current or self.queue.place(mine) < 0 or not self.queue.is_free(mine):
            self._reserved = self.queue.take_from(self.queue.place(self._current) + 1, self._current)
        return self._reserved

    def _move(self, cluster_id: str | None) -> None:
        """Show another cluster; give the one before back if it isn't decided."""
        left, self._current = self._current, cluster_id
        if cluster_id == self._reserved:
            self._reserved = None
        if left is not None and left != cluster_id and self.queue.shown.get(left, _GONE).state == "open":
            self.queue.release(left)

    def _remember(self, step: Step) -> None:
        self._steps.append(step)
        del self._steps[:-MOST_STEPS]

    # -- undoing

    def undo(self) -> dict[str, Any]:
        """Take back what was said last, also what was said before this session began, and show that cluster."""
        with self._lock:
            self._pace.touch()
            self.queue.catch_up()
            if not self._steps:
                return self._page()
            step = self._steps.pop()
            if step.seq:
                self._reopen(step)
            if step.cluster_id in self.queue.shown and self.queue.items.take(step.cluster_id):
                if step.before is not None:
                    self._judged[step.cluster_id] = step.before
                self._come_back(step.cluster_id)
            return self._page()

    def _reopen(self, step: Step) -> None:
        [decided] = self.ws.ledger.read(after=step.seq - 1, limit=1)
        self.queue.reopen(step.seq, f"undo: {step.says}")
        self._pace.accepted = max(0, self._pace.accepted - 1)
        rows = self.queue.rows(step.seq)
        contents = {key for row in rows for key in (row["content_a"], row["content_b"]) if key}
        if decided.payload.get("remade"):
            self._stale |= contents
            self._loading.forget(row["cluster_id"] for row in rows)
            self._refresh()
        else:
            names = list({row["cluster_id"] for row in rows})
            self._loading.ahead(lambda: self._refresh_if_remade(names, contents))

    def _refresh_if_remade(self, names: list[str], contents: set[str]) -> None:
        """Make clusters anew that were made of what has been taken back now."""
        if self._loading.ask("review_still_said", ids=names):
            with self._lock:
                self._stale |= contents
            self._refresh()

    def _come_back(self, cluster_id: str) -> None:
        """Show a cluster again; those after it come in their order, whatever was reserved."""
        if self._reserved not in (None, cluster_id):
            self.queue.release(self._reserved)
        self._reserved = None
        self._move(cluster_id)

    # -- moving about

    def next(self) -> dict[str, Any]:
        """Go on to the next cluster that is listed, decided or not, without saying anything about this one."""
        return self._step(1)

    def previous(self) -> dict[str, Any]:
        """Go back to the cluster before this one."""
        return self._step(-1)

    def _step(self, by: int) -> dict[str, Any]:
        with self._lock:
            self._pace.touch()
            self.queue.catch_up()
            place = self.queue.place(self._current) + by
            if 0 <= place < len(self.queue.listed):
                self._move(self.queue.listed[place])
            return self._page()

    def order(self, by: str) -> dict[str, Any]:
        """Have clusters come in another order, one of `ORDERS`; begin at its beginning."""
        with self._lock:
            self.queue.order(by)
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
        with self._lock:
            self.queue.filter(relations, at_least)
            return self._anew()

    def _anew(self) -> dict[str, Any]:
        self._pace.touch()
        self.queue.catch_up()
        self._preview = ("", [])
        if self._reserved:
            self.queue.release(self._reserved)
            self._reserved = None
        self._move(self.queue.take_from(0))
        return self._page()

    # -- many at once

    def bulk_preview(self) -> dict[str, Any]:
        """Say what accepting all open clusters of the filter would do: how many, how much, and some of them to look at.

        Returns
        -------
        dict
            ``token`` for `bulk_accept`; clusters, redundant (files that may go), bytes, held (left out, because
            somebody has them), kinds (relation → clusters), proved (whether all are), examples (some, with members).
        """
        with self._lock:
            self._pace.touch()
            self.queue.catch_up()
            rest = [one for one in self.queue.in_order() if one.state != "decided"]
            free = [one for one in rest if not self.queue.items.others(one.cluster_id)]
            self._preview = (uuid.uuid4().hex, [one.cluster_id for one in free])
            looked = [one.cluster_id for one in free[:: max(1, len(free) // EXAMPLES)][:EXAMPLES]]
            self._loading.load(looked)
            pages = [self._loading.page(one) for one in looked]
            return {"token": self._preview[0], "held": len(rest) - len(free), **bulk_view(free, pages)}

    def bulk_accept(self, token: str) -> dict[str, Any]:
        """Decide all clusters of a preview, each with the proposed keeper: one event, taken back by one undo.

        What was decided, or taken by somebody, since the preview is left out; ``accepted`` says how many were decided.

        Raises
        ------
        Stale
            The preview isn't the last one.
        BadValue
            A second look is a look at each.
        """
        with self._lock:
            self._pace.touch()
            self.queue.catch_up()
            if self.queue.is_second:
                raise BadValue("A second look is a look at each cluster.", hint="Accept them one by one.")
            if not token or self._preview[0] != token:
                raise Stale("Another preview was made since.", hint="Look at the new one.")
            wanted, self._preview = self._preview[1], ("", [])
            ids = [one for one in wanted if self.queue.is_free(one) or self.queue.is_free(one, "skipped")]
            rows = self._bulk_rows(ids)
            if not rows:
                raise NotFound("There is nothing to accept.", hint="All of these clusters are decided.")
            words = f"accepted {len(ids):,} clusters at once"
            event = self.queue.decide(rows, words, "bulk")
            self._remember(Step(words, self._current or ids[0], event.seq))
            self._pace.accepted += 1
            return {**self._on(), "accepted": len(ids)}

    def _bulk_rows(self, ids: list[str]) -> list[list[Any]]:
        pages: dict[str, Page] = {}
        for row in self._loading.ask("review_contents", ids=ids):
            pages.setdefault(row["cluster_id"], Page(row["cluster_id"], [])).members.append(Member(row))
        return [row for page in pages.values() for row in decision_rows(page, page.members[0].image_id, {})]

    # -- pictures, and what comes next

    def peek(self, edge: int = EDGE) -> dict[str, Any]:
        """Reserve the next cluster, and have those to come loaded and their pictures rendered."""
        with self._lock:
            first = self._following() if self._current else None
            coming = [first] if first else []
            for cluster_id in self.queue.free(self.queue.place(self._current) + 1, self._current):
                if len(coming) >= LOAD_AHEAD:
                    break
                if cluster_id != first:
                    coming.append(cluster_id)
        self._loading.ahead(lambda: self._render(coming, known_edge(edge)))
        return {"next": first}

    def _render(self, coming: list[str], edge: int) -> None:
        self._loading.load(coming)
        for cluster_id in coming[:SHOWN_AHEAD]:
            for one in self._loading.page(cluster_id).members[:2]:
                self._loading.picture(one.image_id, edge)
                self.on_ahead(one.image_id)

    def picture(self, image_id: str, edge: int = EDGE) -> Reply:
        """Return a rendering of an image of a cluster that was shown, its longer edge at most ``edge`` pixels."""
        return Reply({"image_id": image_id}, [self._loading.picture(image_id, known_edge(edge))])

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

    def _found(self) -> None:
        self._loading.ahead(self._read_again)

    def _read_again(self) -> None:
        self.queue.load()
        with self._lock:
            self._loading.forget(set(self._loading.pages()) - {self._current or ""})
        self.on_change()

    def take_over(self, other: ReviewSession) -> None:
        """Continue where another session was: the same cluster, what was said of it so far, what can be undone."""
        with other._lock, self._lock:
            if other.ws.folder != self.ws.folder or other.queue.is_second != self.queue.is_second:
                return
            self._judged = {name: one.copy() for name, one in other._judged.items()}
            self._steps = list(other._steps)
            if self.queue.place(other._current) >= 0 and self.queue.items.take(str(other._current)):
                self._move(other._current)

    def release(self) -> dict[str, Any]:
        """Let go of the clusters taken, so that others get them."""
        with self._lock:
            self.queue.release_all()
            self._reserved = None
            return {"released": True}

    def close(self) -> None:
        """Let go of everything."""
        self._loading.close()
        self.release()

    # -- what a person in a notebook asks

    def frame(self) -> pd.DataFrame:
        """Return the clusters listed, in their order, and where each stands; gain is in bytes."""
        with self._lock:
            self.queue.catch_up()
            columns = list(Cluster.__slots__)
            rows = [[getattr(one, name) for name in columns] for one in self.queue.in_order()]
        return pd.DataFrame(rows, columns=columns)

    def agreement(self) -> pd.DataFrame:
        """Return how second looks agreed with the first: first_by, second_by, looked, agreed (clusters)."""
        return self.ws.query("review_agreement")


_GONE = Cluster("", "", 0, 0, "", "gone", 0.0)


def _own_step(row: dict[str, Any]) -> Step:
    many = f"{row['clusters']:,} clusters" if row["clusters"] > 1 else "a cluster"
    return Step(f"{said(row['decision'])}: {many}, decided before", row["cluster_id"], row["seq"])
