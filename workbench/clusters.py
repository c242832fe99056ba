"""Clusters: pairs made into groups of which one image stays, with what people decided, and a keeper for each.

How a graph falls into groups stands in `workbench.stars`; files of the same picture are one node there. Clusters are
derived: the same pairs, decisions and rules give the same clusters, with the same ids, whatever order they come in.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
from filelock import FileLock

from workbench import dedup_settings, keepers
from workbench.catalog import Connection, arrow_table, rows_as
from workbench.dedup_settings import Settings
from workbench.relations import APART, DUPLICATES
from workbench.stars import Link, make_stars
from workbench.workspace import Workspace

_TOGETHER = {*DUPLICATES, "duplicate"}
_SAME = {"exact", "same-picture"}
_APART = {*APART, "not_duplicate"}
_ROWS = pa.schema({
    "cluster_id": pa.string(), "image_id": pa.string(), "role": pa.string(), "reason": pa.string(),
    "score": pa.float64(), "relation": pa.string(), "checksum": pa.string(), "said": pa.bool_(),
})  # fmt: skip
_PARTS = {
    "content": pa.string(), "checksum": pa.string(), "software": pa.string(), "derived": pa.bool_(),
    "values_embedded": pa.int64(),
}  # fmt: skip


@dataclass(slots=True)
class Known:
    """What clusters are made of.

    Attributes
    ----------
    pairs : list of (str, str, str, float)
        Two images, their relation (a person's word where there is one), and how sure it is.
    facts : mapping
        See `workbench.keepers.Facts`; of every image that is in a pair.
    verdicts : list of (str, str, str)
        Two content keys (checksums, where those are equal) → what a person (duplicate, variant, not_duplicate) or else
        a verification (variant, unrelated) said of them.
    better : list of (str, str)
        Keys of two contents of which people found the first better.
    chosen : dict of str to int
        Image that a person kept → how late; the latest counts.
    found : mapping of (str, str) to str
        Two images of ``pairs`` that a person called duplicates → the relation that was found.
    """

    pairs: Sequence[tuple[str, str, str, float]]
    facts: keepers.Facts
    verdicts: Sequence[tuple[str, str, str]] = ()
    better: Sequence[tuple[str, str]] = ()
    chosen: Mapping[str, int] = field(default_factory=dict)
    found: Mapping[tuple[str, str], str] = field(default_factory=dict)


class Member(NamedTuple):
    """A row of ``cluster_rows``; ``said`` by a person that it is a duplicate, whatever was found."""

    cluster_id: str
    image_id: str
    role: str
    reason: str
    score: float
    relation: str
    checksum: str
    said: bool


def make(ws: Workspace, settings: Settings | None = None) -> dict[str, int]:
    """Make all clusters anew; return how many ``clusters`` and ``images`` in them there are.

    Parameters
    ----------
    ws : Workspace
    settings : Settings, optional
        Those of the last search for duplicates when not given.
    """
    return _remake(ws, None, settings)


def refresh(ws: Workspace, contents: Iterable[str]) -> dict[str, int]:
    """Make those clusters anew that some contents are in, after a decision about them.

    Parameters
    ----------
    ws : Workspace
    contents : iterable of str
        Content keys or checksums.
    """
    return _remake(ws, list(dict.fromkeys(contents)), None)


def _remake(ws: Workspace, contents: list[str] | None, settings: Settings | None) -> dict[str, int]:
    chosen = settings or recorded_settings(ws)
    # One at a time, so that the last to begin has seen every decision.
    with FileLock(str(ws.folder / "clusters.lock"), thread_local=False):
        known, concerned = _read(ws, contents)
        made = cluster(known, chosen.keepers)
        _write(ws, made, concerned, every=contents is None)
    return {"clusters": sum(row.role == "keeper" for row in made.rows), "images": len(made.rows)}


def recorded_settings(ws: Workspace) -> Settings:
    """Return the settings of the last search for duplicates; those of the workspace where there was none."""
    last = ws.query("last_settings")["settings"].tolist()
    return Settings.from_dict(json.loads(last[0])) if last else dedup_settings.load(ws.folder)


# -- reading and writing


def _read(ws: Workspace, contents: list[str] | None) -> tuple[Known, pa.Table]:
    def ask(connection: Connection, name: str, **parameters: Any) -> pa.Table:
        return arrow_table(connection, ws.catalog.named(name).sql, parameters)

    with ws.reading() as connection:
        if contents is None:
            concerned = ask(connection, "images_in_pairs")
        else:
            with rows_as(connection, "contents_lent", pa.table({"content": pa.array(contents, pa.string())})):
                concerned = ask(connection, "images_together")
        with rows_as(connection, "concerned", concerned):
            pairs = ask(connection, "pairs_between")
            facts = ask(connection, "keeper_facts", fresh=contents is None).to_pydict()
            verdicts = ask(connection, "cluster_verdicts")
            better = ask(connection, "cluster_preferences")
            chosen = ask(connection, "cluster_choices")
    rows = _tuples(pairs)
    found = {(a, b): kind for a, b, relation, _, kind in rows if relation != kind and kind in DUPLICATES}
    known = Known([r[:4] for r in rows], facts, _tuples(verdicts), _tuples(better), dict(_tuples(chosen)), found)
    return known, concerned


def _tuples(table: pa.Table) -> list[Any]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _write(ws: Workspace, made: Clusters, concerned: pa.Table, *, every: bool) -> None:
    rows = pa.table({name: [getattr(r, name) for r in made.rows] for name in _ROWS.names}, schema=_ROWS)
    parts = pa.table(made.parts())
    with ws.catalog.writing() as connection:
        with rows_as(connection, "concerned", concerned):
            for step in ("forget_clusters", "forget_parts"):
                connection.execute(ws.catalog.named(step).sql, {"every": every})
        with rows_as(connection, "clusters_made", rows), rows_as(connection, "parts_made", parts):
            for step in ("add_clusters", "add_parts"):
                connection.execute(ws.catalog.named(step).sql)


# -- making


def cluster(known: Known, rules: Sequence[Mapping[str, Any]]) -> Clusters:
    """Return the clusters that pairs make, with the decisions of people, by the keeper rules."""
    made = Clusters(known, rules)
    made.run()
    return made


class Clusters:
    """Clusters in the making. Images are numbers here, in the order of content, bytes and id."""

    def __init__(self, known: Known, rules: Sequence[Mapping[str, Any]]) -> None:
        facts = known.facts
        keys = list(zip(facts["content"], facts["checksum"], facts["image_id"], strict=True))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self.facts: keepers.Facts = {name: [column[i] for i in order] for name, column in facts.items()}
        self.number: dict[str, int] = {image: i for i, image in enumerate(self.facts["image_id"])}
        self.judge = keepers.Judge(self.facts, rules)
        self.rows: list[Member] = []
        self._known = known
        self._beats = set(known.better)
        self._preferred = {key for pair in known.better for key in pair}
        self._links: dict[tuple[int, int], Link] = {}
        self._apart: set[tuple[int, int]] = set()
        self._refuted: set[tuple[int, int]] = set()
        self._companions: dict[int, list[int]] = defaultdict(list)

    def run(self) -> None:
        """Make them: what hangs together, stars of that, keepers, rows."""
        self._sort_pairs()
        self._sort_verdicts()
        self._group()
        found = [self._of_star(star) for star in self._stars()]
        in_stars = {self._group_of[image] for kept, others in found for image in (kept, *others)}
        for number, group in enumerate(self._groups):
            if len(group) > 1 and number not in in_stars:
                kept = self._best(group)
                found.append((kept, {image: self._same(kept, image) for image in group if image != kept}))
        found = self._let_companions_travel(found)
        self._name(found)

    def _sort_pairs(self) -> None:
        for image_a, image_b, relation, score in self._known.pairs:
            if image_a not in self.number or image_b not in self.number:
                continue  # gone since clusters were last made
            a, b = self.number[image_a], self.number[image_b]
            if a > b:
                a, b = b, a
            if relation in _TOGETHER:
                self._links[a, b] = Link(relation, score, self._known.found.get((image_a, image_b), ""))
            elif relation in _APART:
                self._apart.add((a, b))
            if relation == "companion":
                self._companions[a].append(b)
                self._companions[b].append(a)

    def _sort_verdicts(self) -> None:
        """Apply what is known of contents to the images that hold them, also where no finder has paired the files."""
        spoken_of = {key for key_a, key_b, _ in self._known.verdicts for key in (key_a, key_b)}
        if not spoken_of:
            return
        holders: dict[str, list[int]] = defaultdict(list)
        for number, (content, checksum) in enumerate(zip(self.facts["content"], self.facts["checksum"], strict=True)):
            for key in {content, checksum} & spoken_of:
                holders[key].append(number)
        for key_a, key_b, said in self._known.verdicts:
            for a in holders.get(key_a, ()):
                for b in holders.get(key_b, ()):
                    if a != b:
                        self._apply(said, (min(a, b), max(a, b)))

    def _apply(self, said: str, between: tuple[int, int]) -> None:
        if between in self._links:
            return
        if said == "duplicate":
            self._links[between] = Link("duplicate", 1.0)
        elif said == "unrelated":
            self._refuted.add(between)
        else:
            self._apart.add(between)

    # -- groups of the same picture

    def _group(self) -> None:
        roots = list(range(len(self.number)))
        for (a, b), link in self._links.items():
            if link.relation in _SAME:
                _join(roots, a, b)
        by_root: dict[int, list[int]] = defaultdict(list)
        for image in range(len(roots)):
            by_root[_root(roots, image)].append(image)
        forbidden: dict[int, set[int]] = defaultdict(set)
        for a, b in self._apart:
            forbidden[a].add(b)
            forbidden[b].add(a)
        self._groups = [part for group in by_root.values() for part in _split(group, forbidden)]
        self._group_of = {image: number for number, group in enumerate(self._groups) for image in group}

    def _stars(self) -> Iterator[tuple[int, int, Mapping[int, Link]]]:
        between: dict[tuple[int, int], Link] = {}
        for (a, b), link in self._links.items():
            pair = self._groups_of(a, b)
            if pair[0] != pair[1] and (pair not in between or link.strength < between[pair].strength):
                between[pair] = link
        linked = {group for pair in between for group in pair}
        apart = {self._groups_of(a, b) for a, b in self._apart}
        kept = dict.fromkeys(self._group_of[image] for image in self._chosen_last_first())
        refuted = {self._groups_of(a, b) for a, b in self._refuted}
        seeds = [group for group in kept if group in linked]
        for star in make_stars(between, apart, self._best_group, kept=seeds, refuted=refuted):
            yield star.keeper, star.centre, star.members

    def _groups_of(self, a: int, b: int) -> tuple[int, int]:
        one, other = self._group_of[a], self._group_of[b]
        return min(one, other), max(one, other)

    def _chosen_last_first(self) -> list[int]:
        there = [(-late, self.number[i]) for i, late in self._known.chosen.items() if i in self.number]
        return [image for _, image in sorted(there)]

    def _best_group(self, groups: list[int]) -> int:
        """Return the group of the image to stay by the rules, but for what people found worse than another here."""
        images = [image for group in groups for image in self._groups[group]]
        if not self._preferred:
            return self._group_of[self.judge.best(images)]
        beaten = self._beaten(images)
        return self._group_of[self.judge.best([i for i in images if i not in beaten] or images)]

    def _best(self, images: Sequence[int]) -> int:
        """Return which of the files of one picture is to stay: what people said counts first, then the rules."""
        if not self._preferred and not self._known.chosen:
            return self.judge.best(images)
        chosen = [self._known.chosen.get(self.facts["image_id"][i], 0) for i in images]
        beaten = self._beaten(images)
        if not beaten and not any(chosen):
            return self.judge.best(images)
        ranks = [(-late, i in beaten) for i, late in zip(images, chosen, strict=True)]
        return self.judge.best([i for i, rank in zip(images, ranks, strict=True) if rank == min(ranks)])

    def _beaten(self, images: Sequence[int]) -> set[int]:
        keys = [(i, key) for i in images for key in self._keys(i) if key in self._preferred]
        return {i for i, key in keys for other, better in keys if i != other and (better, key) in self._beats}

    def _keys(self, image: int) -> tuple[str, str]:
        return self.facts["content"][image], self.facts["checksum"][image]

    # -- from groups back to images

    def _of_star(self, star: tuple[int, int, Mapping[int, Link]]) -> tuple[int, dict[int, Link]]:
        keeper, _, members = star
        kept = self._best(self._groups[keeper])
        others = {image: self._same(kept, image) for image in self._groups[keeper] if image != kept}
        for group, link in members.items():
            others |= dict.fromkeys(self._groups[group], link)
        return kept, others

    def _same(self, kept: int, image: int) -> Link:
        return self._direct(kept, image) or Link(self._same_found(kept, image), 1.0)

    def _direct(self, one: int, other: int) -> Link | None:
        return self._links.get((min(one, other), max(one, other)))

    def _same_found(self, kept: int, image: int) -> str:
        return "exact" if self.facts["checksum"][kept] == self.facts["checksum"][image] else "same-picture"

    def _let_companions_travel(self, found: list[tuple[int, dict[int, Link]]]) -> list[tuple[int, dict[int, Link]]]:
        """Keep files of one shot together: what stays keeps its companions, what goes takes them along."""
        if not self._companions:
            return found
        found = self._agree(found)
        while True:
            going = {image for _, others in found for image in others}
            staying = {
                image for image in going if any(c not in going for c in self._companions.get(image, ()))
            }  # fmt: skip
            if not staying:
                return [(kept, others) for kept, others in found if others]
            found = [(kept, {i: link for i, link in others.items() if i not in staying}) for kept, others in found]

    def _agree(self, found: list[tuple[int, dict[int, Link]]]) -> list[tuple[int, dict[int, Link]]]:
        """Let clusters of companions keep files of one shot: the one with the first image decides."""
        place = {image: i for i, (kept, others) in enumerate(found) for image in (kept, *others)}
        agreed = dict(enumerate(found))
        fixed: set[int] = set()
        for first in sorted(agreed, key=lambda i: min(found[i][0], *found[i][1])):
            waiting = [first] if first not in fixed else []
            while waiting:
                now = waiting.pop()
                fixed.add(now)
                for companion in sorted(self._companions.get(agreed[now][0], ())):
                    other = place.get(companion)
                    if other is not None and other not in fixed:
                        agreed[other] = self._with_keeper(agreed[other], companion)
                        waiting.append(other)
        return list(agreed.values())

    def _with_keeper(self, found: tuple[int, dict[int, Link]], wanted: int) -> tuple[int, dict[int, Link]]:
        kept, others = found
        if wanted == kept or self._group_of[wanted] != self._group_of[kept] or self._decided(kept):
            return found
        moved = {image: link for image, link in others.items() if image != wanted}
        return wanted, {kept: self._same(wanted, kept), **{
            image: self._same(wanted, image) if self._group_of[image] == self._group_of[kept] else link
            for image, link in moved.items()
        }}  # fmt: skip

    def _decided(self, image: int) -> bool:
        return self.facts["image_id"][image] in self._known.chosen

    # -- rows

    def _name(self, found: list[tuple[int, dict[int, Link]]]) -> None:
        """Give clusters their ids, from the contents alone; where two hold the same contents, from the bytes too."""
        contents = [cluster_id({self.facts["content"][i] for i in (kept, *others)}) for kept, others in found]
        often = {name for name, count in Counter(contents).items() if count > 1}
        for name, (kept, others) in zip(contents, found, strict=True):
            if name in often:
                self._add(cluster_id({key for i in (kept, *others) for key in self._keys(i)}), kept, others)
            else:
                self._add(name, kept, others)

    def _add(self, name: str, kept: int, others: dict[int, Link]) -> None:
        order = sorted(others, key=self.facts["image_id"].__getitem__)
        why = [self.judge.why(kept, image) for image in order]
        told = {image: Link(self._told(kept, image, link), link.score) for image, link in others.items()}
        weakest = max(told.values(), key=lambda link: link.strength)
        least = min(link.score for link in told.values())
        reason = "chosen by a person" if self._decided(kept) else "; ".join(dict(reversed(why)).values())
        self.rows.append(self._row(name, kept, "keeper", reason, Link(weakest.relation, least)))
        for image, (_, reason) in zip(order, why, strict=True):
            said = others[image].relation == "duplicate"
            self.rows.append(self._row(name, image, "redundant", f"the keeper: {reason}", told[image], said=said))

    def _told(self, kept: int, image: int, link: Link) -> str:
        """Return what was found to tie an image to the one that is kept; ``duplicate`` where only a person says so."""
        if link.relation != "duplicate":
            return link.relation
        direct = self._direct(kept, image) or link
        if direct.relation != "duplicate" or direct.found:
            return direct.found or direct.relation
        if self.facts["content"][kept] == self.facts["content"][image]:
            return self._same_found(kept, image)
        return link.found or "duplicate"

    def _row(self, name: str, image: int, role: str, reason: str, link: Link, *, said: bool = False) -> Member:
        return Member(
            name, self.facts["image_id"][image], role, reason, link.score, link.relation,
            self.facts["checksum"][image], said,
        )  # fmt: skip

    def parts(self) -> dict[str, Any]:
        """Return which images hang together at all, by columns, with what is slow to look up again."""
        roots = list(range(len(self.number)))
        together = ((a, b) for a, others in self._companions.items() for b in others)
        for a, b in [*self._links, *together]:
            _join(roots, a, b)
        ids = self.facts["image_id"]
        return {
            "image_id": pa.array(ids, pa.string()),
            "part": pa.array([ids[_root(roots, i)] for i in range(len(roots))], pa.string()),
            **{name: pa.array(self.facts[name], kind) for name, kind in _PARTS.items()},
        }


def cluster_id(keys: set[str]) -> str:
    """Return the id of the cluster of some content keys: 16 hex digits."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()[:16]


def _root(roots: list[int], node: int) -> int:
    while roots[node] != node:
        roots[node] = roots[roots[node]]
        node = roots[node]
    return node


def _join(roots: list[int], a: int, b: int) -> None:
    """Join two sets; the lesser number stands for both, whatever the order."""
    one, other = sorted((_root(roots, a), _root(roots, b)))
    roots[other] = one


def _split(group: list[int], forbidden: Mapping[int, set[int]]) -> list[list[int]]:
    """Part images that mustn't meet, though the same picture: each goes to the first part where it may."""
    if all(image not in forbidden for image in group):
        return [group]
    parts: list[list[int]] = []
    for image in group:
        part = next((p for p in parts if forbidden.get(image, set()).isdisjoint(p)), None)
        if part is None:
            parts.append([image])
        else:
            part.append(image)
    return parts
