"""Clusters of duplicates read from the catalogue ahead of the person, and their pictures, kept in memory."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from workbench import sources
from workbench.errors import BadValue, NotFound, WorkbenchError
from workbench.grid import Reply
from workbench.relations import content_key
from workbench.workspace import Workspace

KEPT = 200
"""Clusters that are kept in memory."""

RENDERED = 24
"""Pictures that are kept as rendered."""

MOST_PAIRED = 400
"""Members of one cluster whose pairs are looked up; of larger ones only the first."""

EDGES = (256, 8_192)
EDGE = 1_400
"""The longer edge of renderings, in pixels: least and most; the usual."""

LONGEST = 600
"""Characters of a value that are shown."""

Row = dict[str, Any]


@dataclass(slots=True)
class Member:
    """One image of a cluster.

    Attributes
    ----------
    facts : dict
        A row of the query ``review_members``.
    values : dict
        Field → what its metadata says, as one text.
    evidence : list of dict
        What is known of it and the proposed keeper: relation, method, score, evidence.
    """

    facts: Row
    values: dict[str, str] = field(default_factory=dict)
    evidence: list[Row] = field(default_factory=list)

    @property
    def image_id(self) -> str:
        """The image."""
        return str(self.facts["image_id"])


@dataclass(slots=True)
class Page:
    """A cluster as read from the catalogue; the proposed keeper is the first member."""

    cluster_id: str
    members: list[Member]

    @property
    def relation(self) -> str:
        """What holds the cluster together: the weakest relation in it."""
        return str(self.members[0].facts["relation"])

    def contents(self) -> set[str]:
        """Return what stands for the contents of its images."""
        return {content_key(one.facts["picture_hash"], one.facts["checksum"]) for one in self.members}

    def numbered(self, number: object) -> Member:
        """Return a member by its number, from 1.

        Raises
        ------
        NotFound
            There is no such number.
        """
        if not isinstance(number, int) or not 1 <= number <= len(self.members):
            raise NotFound(f"There is no image number {number!r}.", hint=f"There are {len(self.members)}.")
        return self.members[number - 1]

    def after(self, one: Member, *, but: Container[str]) -> list[Member]:
        """Return the other members, from those after one on and round, without some."""
        place = self.members.index(one)
        turned = [*self.members[place + 1 :], *self.members[:place]]
        return [other for other in turned if other.image_id not in but]

    def member(self, image_id: str) -> Member:
        """Return a member.

        Raises
        ------
        NotFound
            The image isn't in this cluster.
        """
        for one in self.members:
            if one.image_id == image_id:
                return one
        raise NotFound("This image isn't in the cluster shown.", hint="Choose one of those shown.")


class Loading:
    """Reads clusters and renders pictures ahead of the person, on a thread of its own.

    Parameters
    ----------
    ws : Workspace
    """

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self._lock = threading.RLock()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._facts: dict[str, Row] = {}
        self._pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._rendering: dict[tuple[str, int], threading.Lock] = defaultdict(threading.Lock)
        self._ahead = ThreadPoolExecutor(1, "review-ahead")

    def page(self, cluster_id: str) -> Page:
        """Return a cluster; asks the catalogue only when it isn't in memory.

        Raises
        ------
        NotFound
            There is no such cluster any more.
        """
        if cluster_id not in self._pages:
            self.load([cluster_id])
        with self._lock:
            if cluster_id not in self._pages:
                raise NotFound("This cluster isn't there any more.", hint="Go on to the next one.")
            self._pages.move_to_end(cluster_id)
            return self._pages[cluster_id]

    def load(self, cluster_ids: Sequence[str]) -> None:
        """Read clusters that aren't in memory."""
        missing = [one for one in cluster_ids if one not in self._pages]
        if not missing:
            return
        found = self._read(missing)
        with self._lock:
            self._pages.update(found)
            for page in found.values():
                self._facts.update((one.image_id, one.facts) for one in page.members)
            while len(self._pages) > max(KEPT, len(missing)):
                for one in self._pages.popitem(last=False)[1].members:
                    self._facts.pop(one.image_id, None)

    def known(self, cluster_id: str) -> Page | None:
        """Return a cluster if it is in memory."""
        return self._pages.get(cluster_id)

    def pages(self) -> list[str]:
        """Return which clusters are in memory."""
        with self._lock:
            return list(self._pages)

    def forget(self, cluster_ids: Iterable[str] | None = None) -> None:
        """Read clusters anew when they are asked for next: some, or all."""
        with self._lock:
            for one in list(self._pages) if cluster_ids is None else cluster_ids:
                self._pages.pop(one, None)

    def _read(self, cluster_ids: Sequence[str]) -> dict[str, Page]:
        with self.ws.reading():  # one lease for all questions: nothing changes between them
            pages: dict[str, Page] = {}
            for row in self.members(cluster_ids):
                page = pages.setdefault(row["cluster_id"], Page(row["cluster_id"], []))
                page.members.append(Member(row))
            by_id = {one.image_id: one for page in pages.values() for one in page.members}
            for image_id, values in self._values(list(by_id)).items():
                by_id[image_id].values = values
            self._pair(pages.values())
        return pages

    def members(self, cluster_ids: Sequence[str]) -> list[Row]:
        """Read the members of clusters: rows as of the query ``review_members``."""
        return self.ask("review_members", ids=list(cluster_ids))

    def _values(self, images: list[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in self.ask("review_values", images=images):
            lang = row["lang"]
            says = f"[{lang}] {row['value']}" if lang and lang != "x-default" else row["value"]
            found[row["image_id"]][row["field"]].append(says)
        return {
            image_id: {name: "; ".join(texts)[:LONGEST] for name, texts in fields.items()}
            for image_id, fields in found.items()
        }

    def _pair(self, pages: Iterable[Page]) -> None:
        """Put what is known of each member and the keeper beside the member."""
        shown = {page.cluster_id: page.members[:MOST_PAIRED] for page in pages}
        home = {one.image_id: cluster_id for cluster_id, members in shown.items() for one in members}
        for row in self.ask("review_pairs", images=list(home)):
            cluster_id = home[row["image_a"]]
            if home[row["image_b"]] != cluster_id:
                continue
            keeper = shown[cluster_id][0].image_id
            if keeper in (row["image_a"], row["image_b"]):
                other = row["image_b"] if row["image_a"] == keeper else row["image_a"]
                next(one for one in shown[cluster_id] if one.image_id == other).evidence.append(row)

    def ask(self, name: str, **parameters: Any) -> list[Row]:
        """Run a named query and return its rows."""
        with self.ws.reading() as connection:
            result = connection.execute(self.ws.catalog.named(name).sql, parameters or None)
            columns = [column[0] for column in result.description]
            return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    # -- ahead

    def ahead(self, work: Callable[[], None]) -> None:
        """Do something on the thread for what comes next; a failure there is met again by who asks for it."""

        def quietly() -> None:
            with contextlib.suppress(WorkbenchError):
                work()

        with contextlib.suppress(RuntimeError):  # closed meanwhile
            self._ahead.submit(quietly)

    def picture(self, image_id: str, edge: int) -> bytes:
        """Return a rendering a browser can show, its longer edge at most ``edge`` pixels.

        Raises
        ------
        NotFound
            The image isn't in a cluster that was shown.
        """
        from workbench.images import large_jpeg

        if image_id not in self._facts:
            raise NotFound("This image isn't in a cluster that was shown.", hint="Reload the page.")
        key = (image_id, edge)
        with self._rendering[key]:  # who asks while the picture is being made ahead, waits for it
            if key not in self._pictures:
                with sources.open_blob(self._facts[image_id]["uri"]) as blob:
                    made = large_jpeg(blob.data, edge=edge)
                with self._lock:
                    self._pictures[key] = made
                    while len(self._pictures) > RENDERED:
                        self._rendering.pop(self._pictures.popitem(last=False)[0], None)
            return self._pictures[key]

    def thumbs(self, image_ids: Sequence[str]) -> Reply:
        """Return the thumbnails there are: ``found`` maps image_id to a buffer's index."""
        known = {one: self._facts[one]["checksum"] for one in image_ids if one in self._facts}
        pictures = self.ws.thumbnails.get_many(list(dict.fromkeys(known.values())))
        found = [one for one, checksum in known.items() if checksum in pictures]
        return Reply({"found": {one: at for at, one in enumerate(found)}}, [pictures[known[one]] for one in found])

    def close(self) -> None:
        """End the thread."""
        self._ahead.shutdown(wait=True, cancel_futures=True)


def known_edge(edge: int) -> int:
    """Return an edge that can be asked for.

    Raises
    ------
    BadValue
        It can't.
    """
    if not isinstance(edge, int) or not EDGES[0] <= edge <= EDGES[1]:
        raise BadValue(f"An edge of {edge!r} pixels doesn't work.", hint=f"Take {EDGES[0]} to {EDGES[1]}.")
    return edge
