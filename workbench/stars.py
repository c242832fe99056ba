"""Stars: how a graph of duplicates falls into clusters that nobody has to doubt.

A pair says something about two images, not about a third: A may be a crop of B, and B a collage with C. So clusters
aren't what hangs together somehow, but stars. The node with the most links becomes a centre, its neighbours its star,
and what is left goes on. Every member of a star is linked to the centre, no two of them are known to be apart, and each
is linked to the one that is kept, or both are the whole picture of the centre, not a part of it, and no comparison of
the two said otherwise. What people decided
makes stars first, and stays as it was decided; what is left over at the end goes where it is linked to the keeper.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

WHOLE = {"duplicate": 0, "exact": 1, "same-picture": 2, "fuzzy": 3}
"""Relations that hold for the whole of both pictures, the strongest first: what each is to a third, the other is."""


class Link(NamedTuple):
    """How two nodes are linked: a relation that makes duplicates, and how sure it is, 0 to 1.

    Attributes
    ----------
    found : str
        What was found of two that a person called ``duplicate``; empty where nothing was.
    """

    relation: str
    score: float
    found: str = ""

    @property
    def strength(self) -> tuple[int, float]:
        """What links are sorted by: the strongest first."""
        return WHOLE.get(self.relation, len(WHOLE)), -self.score


@dataclass(frozen=True, slots=True)
class Star:
    """A cluster of nodes.

    Attributes
    ----------
    keeper, centre : int
        The node that is kept, and the one that all are linked to; often they are one.
    members : dict of int to Link
        The others, with how each is linked to the keeper: through the centre where not directly.
    """

    keeper: int
    centre: int
    members: Mapping[int, Link]


Edges = Mapping[tuple[int, int], Link]
"""``(a, b)`` with ``a < b`` → their link."""


def make_stars(
    links: Edges,
    apart: Iterable[tuple[int, int]],
    keeper: Callable[[list[int]], int],
    *,
    kept: Iterable[int] = (),
    refuted: Container[tuple[int, int]] = (),
) -> list[Star]:
    """Return the stars that a graph falls into; a node is in one at most.

    The result depends on the numbers of the nodes, which break ties, never on the order in which links come.

    Parameters
    ----------
    links : mapping
        Two nodes, the lesser first → their link.
    apart : iterable of (int, int)
        Nodes that must not meet in one star, in any order; they aren't linked, whatever ``links`` says.
    keeper : callable
        Returns which of some nodes is kept.
    kept : iterable of int
        Nodes that people kept, the latest first: each keeps what they called its ``duplicate``.
    refuted : container of (int, int)
        Nodes, the lesser first, that were compared and have nothing in common, as two corners of one picture: both may
        be copies of a third, but neither is kept for the other.
    """
    forbidden: dict[int, set[int]] = {}
    for a, b in apart:
        forbidden.setdefault(a, set()).add(b)
        forbidden.setdefault(b, set()).add(a)
    around: dict[int, dict[int, Link]] = {}
    for (a, b), link in links.items():
        if b not in forbidden.get(a, ()):
            around.setdefault(a, {})[b] = link
            around.setdefault(b, {})[a] = link
    return _Sky(around, forbidden, keeper, refuted).stars(kept)


class _Sky:
    """The nodes that are in no star yet."""

    def __init__(
        self,
        around: dict[int, dict[int, Link]],
        forbidden: dict[int, set[int]],
        keeper: Callable[[list[int]], int],
        refuted: Container[tuple[int, int]],
    ) -> None:
        self.around, self.forbidden, self.keeper, self.refuted = around, forbidden, keeper, refuted
        self.free = set(around)

    def stars(self, kept: Iterable[int]) -> list[Star]:
        found = [star for node in kept if node in self.free and (star := self._decided(node)) is not None]
        found += [self._star(node) for node in sorted(self.free) if self._is_a_pair(node)]
        queue = [(*self._weight(node), node) for node in self.free]
        heapq.heapify(queue)
        while queue:
            *weight, node = heapq.heappop(queue)
            if node not in self.free:
                continue
            now = self._weight(node)
            if not now[0]:
                continue
            if now != tuple(weight):
                heapq.heappush(queue, (*now, node))
                continue
            found.append(self._star(node))
        return self._with_latecomers(found)

    def _is_a_pair(self, node: int) -> bool:
        """Whether a node and its only neighbour have but each other: most are like that, and quickly done."""
        around = self.around[node]
        if len(around) > 1 or node not in self.free:
            return False
        [other] = around
        return node < other and len(self.around[other]) == 1 and other in self.free

    def _decided(self, node: int) -> Star | None:
        said = {n: link for n, link in self.around[node].items() if link.relation == "duplicate" and n in self.free}
        members: dict[int, Link] = {}
        for other in sorted(said):
            if self.forbidden.get(other, set()).isdisjoint(members):
                members[other] = said[other]
        if not members:
            return None
        self.free -= {node, *members}
        return Star(node, node, members)

    def _with_latecomers(self, found: list[Star]) -> list[Star]:
        """Let what is left over join the star whose keeper it is linked to, the most strongly where to several."""
        stars = {star.keeper: star for star in found}
        for node in sorted(self.free):
            linked = [(link.strength, n) for n, link in self.around[node].items() if n in stars]
            for _, keeper in sorted(linked):
                star = stars[keeper]
                if self.forbidden.get(node, set()).isdisjoint(star.members):
                    members = {**star.members, node: self.around[node][keeper]}
                    stars[keeper] = Star(keeper, star.centre, members)
                    break
        return list(stars.values())

    def _weight(self, node: int) -> tuple[int, float]:
        """Return what makes a good centre, the best least: many free neighbours, surely linked."""
        scores = [link.score for other, link in self.around[node].items() if other in self.free]
        return -len(scores), -math.fsum(scores)

    def _star(self, centre: int) -> Star:
        chosen = {centre}
        neighbours = self.around[centre]
        for other in sorted(neighbours, key=lambda other: (neighbours[other].strength, other)):
            if other in self.free and chosen.isdisjoint(self.forbidden.get(other, ())):
                chosen.add(other)
        kept = self.keeper(sorted(chosen))
        members = {}
        for other in sorted(chosen - {kept}):
            link = self._link_to(kept, centre, other)
            if link is not None:
                members[other] = link
        self.free -= {kept, *members}
        return Star(kept, centre, members)

    def _link_to(self, kept: int, centre: int, other: int) -> Link | None:
        direct = self.around[kept].get(other)
        if direct is not None:
            return direct
        first, second = self.around[centre][kept], self.around[centre][other]
        if (min(kept, other), max(kept, other)) in self.refuted:
            return None
        if first.relation in WHOLE and second.relation in WHOLE:
            weaker = max(first, second, key=lambda link: link.strength)
            return Link(weaker.relation, first.score * second.score, _found_through(first, second))
        return None


def _found_through(first: Link, second: Link) -> str:
    """Return what was found of two that are both linked to a third, where a person called all three duplicates."""
    known = [WHOLE.get(link.found) for link in (first, second)]
    return max(first, second, key=lambda link: WHOLE.get(link.found, 0)).found if None not in known else ""
