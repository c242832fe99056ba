"""Pairs whose perceptual hashes are near, also when one picture is turned or mirrored; verification decides.

Pictures that are nearly one grey are left out: their hashes say nothing. Of images with the same picture one is
looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.catalog import rows_as
from workbench.dedup_settings import Settings
from workbench.errors import Cancelled
from workbench.finders.judging import Content, Judge, Proposed
from workbench.fingerprints import SYMMETRIES
from workbench.hash_index import Hashes, HashIndex
from workbench.images import turned_hashes
from workbench.relations import FinderProgress, Pair
from workbench.turned_hashes import TurnedPairs, turned_pairs
from workbench.workspace import Workspace

CANDIDATES = 50
"""Pictures that one is compared with, the nearest: where there are more, the hash says nothing about them."""

TASK = "workbench.comparing:compare_turned"
_AT_ONCE = 256


class Hashed(NamedTuple):
    """The pictures that can be compared by their hashes, one row a content.

    Attributes
    ----------
    table : pyarrow.Table
        With ``content``, ``image_id``, ``checksum`` and ``uri``.
    hashes : ndarray of uint64, shape (n, 8)
        See `workbench.fingerprints.phash_symmetries`.
    details : ndarray of uint64, shape (n,)
        Another hash, by which pictures with equal ones are told apart.
    """

    table: pa.Table
    hashes: Hashes
    details: Hashes

    def content(self, row: int) -> Content:
        """Return one picture."""
        return Content(*(self.table[name][row].as_py() for name in Content._fields))


def find(
    ws: Workspace,
    *,
    images: Sequence[str] | None = None,
    settings: Settings | None = None,
    progress: FinderProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of images whose hashes are near and that verification finds related.

    Parameters
    ----------
    ws : Workspace
    images : sequence of str, optional
        Only pairs that one of these is in.
    settings : Settings, optional
        Its ``radius`` and ``thresholds``; its table ``fuzzy`` may hold ``candidates``, ``engine`` and ``workers``.
    progress : callable, optional
        Called with how many of the proposed pairs are verified; 0 of 0 while hashes are compared.
    cancel : threading.Event, optional
        Set it from anywhere to end; what is verified by then is kept.
    """
    settings, cancel = settings or Settings(), cancel or threading.Event()
    tell = progress or (lambda done, total: None)

    def still(part: float) -> None:
        tell(0, 0)
        if cancel.is_set():
            raise Cancelled("The search was cancelled.")

    try:
        known = hashed(ws, still)
        if len(known.hashes) < 2:
            return
        found = _proposed(ws, known, images, settings, still)
    except Cancelled:
        return
    with Judge(ws, "fuzzy", TASK, settings, len(found.i)) as judge:
        proposals, done = _in_words(known, found), 0
        while not cancel.is_set() and (group := list(islice(proposals, _AT_ONCE))):
            yield from judge.pairs(group)
            done += len(group)
            tell(done, len(found.i))


def hashed(ws: Workspace, still: Any = lambda part: None) -> Hashed:
    """Return the pictures that have hashes; where the turned ones are missing, make and keep them."""
    with ws.reading() as connection:
        table = connection.sql(ws.catalog.named("hashes_to_compare").sql).to_arrow_table().combine_chunks()
    missing = np.flatnonzero(table["phashes"].is_null().to_numpy(zero_copy_only=False))
    hashes = np.repeat(table["phash"].to_numpy().astype(np.uint64)[:, None], 8, axis=1)
    flat = table["phashes"].drop_null().combine_chunks()
    there = np.setdiff1d(np.arange(len(table)), missing, assume_unique=True)
    if len(there):
        hashes[there] = flat.flatten().to_numpy().reshape(-1, 8)
    for start in range(0, len(missing), _AT_ONCE):
        still(0.0)
        _make_turned(ws, table, missing[start : start + _AT_ONCE], hashes)
    kept = table.select(["content", "image_id", "checksum", "uri"])
    return Hashed(kept, hashes, table["dhash"].to_numpy().astype(np.uint64))


def _make_turned(ws: Workspace, table: pa.Table, rows: npt.NDArray[np.int64], hashes: Hashes) -> None:
    checksums = table["checksum"].take(pa.array(rows)).to_pylist()
    thumbnails = ws.thumbnails.get_many(checksums)
    made = {}
    for row, checksum in zip(rows.tolist(), checksums, strict=True):
        found = turned_hashes(thumbnails.get(checksum, b""))
        if found is not None:
            hashes[row, 1:] = found[1:]
            made[checksum] = hashes[row].tolist()
    lent = pa.table({
        "checksum": pa.array(list(made), pa.string()), "phashes": pa.array(list(made.values()), pa.list_(pa.uint64()))
    })  # fmt: skip
    with ws.catalog.writing() as connection, rows_as(connection, "turned_lent", lent):
        connection.execute(ws.catalog.named("note_turned_hashes").sql)


def _in_words(known: Hashed, found: TurnedPairs) -> Iterator[Proposed]:
    for i, j, symmetry, distance in zip(*(part.tolist() for part in found), strict=True):
        yield Proposed(known.content(i), known.content(j), SYMMETRIES[symmetry], {"bits": distance})


# -- proposing


def _proposed(
    ws: Workspace, known: Hashed, images: Sequence[str] | None, settings: Settings, still: Any
) -> TurnedPairs:
    table = settings.tables.get("fuzzy", {})
    most = int(table.get("candidates", CANDIDATES))
    if images is not None:
        found = _of_some(known, _rows_of(ws, known, images), settings.radius)
    else:
        found = _of_all(known, settings.radius, most, table.get("engine", "auto"), still)
    return _nearest(found, len(known.hashes), most)


def _rows_of(ws: Workspace, known: Hashed, images: Sequence[str]) -> list[int]:
    with ws.reading() as connection:
        asked = connection.execute(ws.catalog.named("contents_of").sql, {"ids": list(images)}).fetchall()
    contents = {content for _, content in asked}
    return [row for row, content in enumerate(known.table["content"].to_pylist()) if content in contents]


def _of_some(known: Hashed, rows: list[int], radius: int) -> TurnedPairs:
    index, chosen = HashIndex(known.hashes[:, 0]), set(rows)
    found = []
    for row in rows:
        near = index.near(known.hashes[row], radius)
        other = [k for k, j in enumerate(near.j.tolist()) if j != row and not (j in chosen and j < row)]
        found.append((np.full(len(other), row), near.j[other], near.i[other], near.distance[other]))
    parts = [np.concatenate(part) for part in zip(*found, strict=True)] if found else [np.empty(0, np.int64)] * 4
    return TurnedPairs(parts[0], parts[1], parts[2], parts[3].astype(np.uint8))


def _of_all(known: Hashed, radius: int, most: int, engine: Any, still: Any) -> TurnedPairs:
    """Search among the different hashes, then go from hashes to pictures: crowds with equal hashes don't explode."""
    order = np.lexsort((known.details, *known.hashes.T[::-1]))
    ordered = known.hashes[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(order))
    near = turned_pairs(ordered[starts], radius, engine=engine, progress=still)
    i, j, pair = _members(starts, ends, near.i, near.j, most)
    alike_i, alike_j = _among_equals(starts, ends, most)
    none = np.zeros(len(alike_i), np.int64)
    return TurnedPairs(
        order[np.append(i, alike_i)], order[np.append(j, alike_j)], np.append(near.symmetry[pair], none),
        np.append(near.distance[pair], none).astype(np.uint8),
    )  # fmt: skip


_Places = npt.NDArray[np.int64]


def _members(
    starts: _Places, ends: _Places, one: _Places, other: _Places, most: int
) -> tuple[_Places, _Places, _Places]:
    """Return every pair of a member of one crowd and one of the other, of large crowds the first ones."""
    sizes = np.minimum(ends - starts, max(1, most))
    of_one, of_other = sizes[one], sizes[other]
    counts = of_one * of_other
    pair = np.repeat(np.arange(len(one)), counts)
    step = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return starts[one][pair] + step // of_other[pair], starts[other][pair] + step % of_other[pair], pair


def _among_equals(starts: _Places, ends: _Places, most: int) -> tuple[_Places, _Places]:
    """Pair each member of a crowd with those behind it, which are those with the nearest details."""
    place = np.arange(int(ends[-1]) if len(ends) else 0)
    left = np.repeat(ends, ends - starts) - place - 1
    counts = np.minimum(left, most)
    one = np.repeat(place, counts)
    step = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return one, one + 1 + step


def _nearest(found: TurnedPairs, count: int, most: int) -> TurnedPairs:
    """Keep the pairs that are among the nearest of one of their two pictures; the nearest come first."""
    found = found.at(np.lexsort((found.j, found.i, found.distance)))
    return found.at((_rank(found.i, count) < most) | (_rank(found.j, count) < most))


def _rank(places: _Places, count: int) -> _Places:
    """Return for each entry how many equal ones come before it."""
    order = np.argsort(places, kind="stable")
    sizes = np.bincount(places, minlength=count)
    ranks = np.empty(len(places), np.int64)
    ranks[order] = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return ranks
