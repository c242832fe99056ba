"""Exact search for 64-bit hashes that differ in few bits, without comparing each with each.

If two hashes differ in at most r bits and some of the bits are dealt out into m blocks with thresholds t so that the
sum of all t + 1 is r + 1, then the hashes differ by at most t bits in one of the blocks at least. (Pigeonholes; the
idea is that of multi-index hashing: Norouzi, Punjani and Fleet, CVPR 2012; uneven thresholds: Qin et al., ICDE 2018.)
So hashes are put into buckets by the bits of a block, and only buckets whose keys are that near are compared. How many
blocks of how many bits is worked out from a sample of the hashes: real ones are far from evenly spread.

Two engines find the identical pairs: numba's machine code where numba is installed, else numpy.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb
from types import ModuleType
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import BadValue, MissingExtra, TooMuch

Hashes = npt.NDArray[np.uint64]
Engine = Literal["auto", "numba", "numpy"]
Progress = Callable[[float], None]

MOST_PAIRS = 50_000_000
"""Pairs that one search may return: more say that the radius is too wide or that the hashes say nothing."""

_SAMPLE = 60_000
_MOST_BLOCKS, _MOST_KEY_BITS = 8, 22
_STEPS = 64  # parts of a block's work between which progress is told
_EXPANDED = 1 << 19  # candidates that numpy compares at once


class Pairs(NamedTuple):
    """Pairs of places, sorted by the first, then the second, and in how many bits their hashes differ.

    Attributes
    ----------
    i, j : ndarray of int64, shape (pairs,)
    distance : ndarray of uint8, shape (pairs,)
    """

    i: npt.NDArray[np.int64]
    j: npt.NDArray[np.int64]
    distance: npt.NDArray[np.uint8]


class Running(NamedTuple):
    """Which engine does the work, and a sentence about it for people."""

    name: Literal["numba", "numpy"]
    says: str


def running(engine: Engine = "auto") -> Running:
    """Say which engine a search uses.

    Raises
    ------
    MissingExtra
        numba was asked for and can't be imported.
    BadValue
        There is no engine of that name.
    """
    if engine not in ("auto", "numba", "numpy"):
        raise BadValue(f"There is no engine {engine!r}.", hint="Say auto, numba or numpy.")
    if engine == "numpy":
        return Running("numpy", "Hashes are compared by numpy, as asked.")
    kernels, why = _kernels()
    if kernels is not None:
        return Running("numba", "Hashes are compared by numba's machine code.")
    if engine == "numba":
        raise MissingExtra(f"numba can't be used: {why}.", hint="Install it with `pip install image-workbench[fast]`.")
    return Running(
        "numpy",
        f"Hashes are compared by numpy, because numba can't be used ({why}): the same pairs, some 20 times slower with "
        "a million of them. `pip install image-workbench[fast]` makes it fast.",
    )


@cache
def _kernels() -> tuple[ModuleType | None, str]:
    try:
        return importlib.import_module("workbench.hash_kernels"), ""
    except Exception as error:  # also where it is installed and doesn't fit this numpy or this processor
        return None, str(error).strip().partition("\n")[0] or type(error).__name__


def pairs_within(
    hashes: npt.ArrayLike,
    radius: int,
    *,
    engine: Engine = "auto",
    most: int = MOST_PAIRS,
    progress: Progress | None = None,
) -> Pairs:
    """Return every pair of hashes that differ in at most so many bits.

    Parameters
    ----------
    hashes : array of uint64, shape (n,)
    radius : int
        In bits, 0 to 64; what is meant for is up to about 12.
    engine : str
        ``numba``, ``numpy``, or ``auto``: numba where it is installed. The pairs are the same.
    most : int
        More pairs than this raise `TooMuch`.
    progress : callable, optional
        Called now and then with the part that is done, 0–1; what it raises ends the search.

    Returns
    -------
    Pairs
        Each with ``i < j``.
    """
    known = _hashes(hashes)
    return _search(known, known, radius, same=True, engine=engine, most=most, progress=progress)


def pairs_between(
    one: npt.ArrayLike,
    other: npt.ArrayLike,
    radius: int,
    *,
    engine: Engine = "auto",
    most: int = MOST_PAIRS,
    progress: Progress | None = None,
) -> Pairs:
    """Return every pair of a hash of one set and a hash of the other that differ in at most so many bits.

    Parameters and errors are those of `pairs_within`; ``i`` is a place in ``one``, ``j`` a place in ``other``.
    """
    return _search(
        _hashes(one), _hashes(other), radius, same=False, engine=engine, most=most, progress=progress
    )  # fmt: skip


class HashIndex:
    """Hashes in memory, to be asked one at a time. Safe from several threads as long as one of them adds.

    Parameters
    ----------
    hashes : array of uint64, shape (n,)
    """

    def __init__(self, hashes: npt.ArrayLike = ()) -> None:
        self._known = _hashes(hashes).copy()
        self._count = len(self._known)

    def __len__(self) -> int:
        return self._count

    def add(self, hashes: npt.ArrayLike) -> None:
        """Add hashes; the first gets the place ``len(index)``."""
        more = _hashes(hashes)
        count = self._count + len(more)
        if count > len(self._known):
            wider = np.empty(max(count, 2 * len(self._known)), np.uint64)
            wider[: self._count] = self._known[: self._count]
            self._known = wider
        self._known[self._count : count] = more
        self._count = count

    @property
    def hashes(self) -> Hashes:
        """The hashes, by place; look, don't write."""
        return self._known[: self._count]

    def near(self, variants: npt.ArrayLike, radius: int) -> Pairs:
        """Return every hash near to one of several variants: ``i`` is the nearest variant, ``j`` the place.

        All hashes are looked at, a cache's worth at a time: a millisecond a variant and million. Building buckets pays
        for many questions at once only.
        """
        asked, found = _hashes(variants), []
        known = self.hashes
        for start in range(0, len(known) if len(asked) else 0, _EXPANDED // 8):
            part = known[start : start + _EXPANDED // 8]
            nearest = np.full(len(part), 255, np.uint8)
            for variant in asked:
                np.minimum(nearest, np.bitwise_count(part ^ variant), out=nearest)
            found.append(np.flatnonzero(nearest <= radius) + start)
        places = np.concatenate(found) if found else np.empty(0, np.int64)
        each = np.bitwise_count(known[places][:, None] ^ asked[None, :]) if len(places) else np.empty((0, 1), np.uint8)
        which = np.argmin(each, axis=1)
        return Pairs(which.astype(np.int64), places.astype(np.int64), each[np.arange(len(places)), which])


def query(index: HashIndex, hash: int, radius: int) -> Pairs:
    """Return every hash of an index that differs from one hash in at most so many bits; ``i`` is 0 throughout."""
    return index.near(np.array([hash], np.uint64), radius)


# -- how a search is laid out


@dataclass(frozen=True, slots=True, order=True)
class _Block:
    """Bits by which hashes are put into buckets, and in how many of them two may differ."""

    bits: tuple[int, ...]
    threshold: int

    @property
    def word(self) -> int:
        return sum(1 << bit for bit in self.bits)

    def masks(self) -> npt.NDArray[np.uint32]:
        """Return what keys of neighbouring buckets differ by, near ones in memory first."""
        width = len(self.bits)
        chosen = (c for k in range(min(self.threshold, width) + 1) for c in combinations(range(width), k))
        return np.array(sorted(sum(1 << bit for bit in bits) for bits in chosen), np.uint32)

    def keys(self, hashes: Hashes) -> npt.NDArray[np.uint32]:
        keys = np.zeros(len(hashes), np.uint32)
        for start in range(0, len(hashes), 1 << 15):
            part, into = hashes[start : start + (1 << 15)], keys[start : start + (1 << 15)]
            for at, bit in enumerate(self.bits):
                into |= (((part >> np.uint64(bit)) & np.uint64(1)) << np.uint64(at)).astype(np.uint32)
        return keys


class _Costs(NamedTuple):
    """Nanoseconds, measured: to visit a bucket or a hash in it, and to compare two hashes."""

    bucket: float
    visit: float
    compare: float


_COSTS = {"numba": _Costs(6.0, 0.5, 0.6), "numpy": _Costs(0.2, 25.0, 15.0)}


def _blocks(hashes: Hashes, count: int, radius: int, costs: _Costs) -> list[_Block]:
    """Return the blocks that make the least work, by how often two hashes of a sample share a bucket."""
    sample = hashes[:: max(1, len(hashes) // _SAMPLE)]
    bits = _best_first(sample)
    dealt = [
        _dealt(bits, blocks, width, radius)
        for blocks in range(1, min(_MOST_BLOCKS, radius + 1) + 1)
        for width in range(2, min(_MOST_KEY_BITS, 64 // blocks) + 1, 2)
    ]
    plans = [[_Block((), radius)], *dealt]
    best, least = plans[0], float("inf")
    for at_least, plan in sorted((_work(plan, count, costs), plan) for plan in plans):
        if at_least >= least:
            break
        work = _work(plan, count, costs, sample)
        if work < least:
            best, least = plan, work
    return best


def _best_first(sample: Hashes) -> list[int]:
    """Order the bits: those first that halve the hashes best."""
    ones = [np.count_nonzero(sample >> np.uint64(bit) & np.uint64(1)) for bit in range(64)]
    return sorted(range(64), key=lambda bit: (abs(2 * ones[bit] - len(sample)), bit))


def _dealt(bits: list[int], blocks: int, width: int, radius: int) -> list[_Block]:
    each, more = divmod(radius + 1, blocks)
    thresholds = [each - 1 + (k < more) for k in range(blocks)]
    return [_Block(tuple(bits[k::blocks][:width]), t) for k, t in enumerate(thresholds) if t >= 0]


def _work(plan: list[_Block], count: int, costs: _Costs, sample: Hashes | None = None) -> float:
    """Estimate the nanoseconds for a plan: by a sample, else for evenly spread hashes, which is the least."""
    work = 0.0
    for block in plan:
        width = len(block.bits)
        near = sum(comb(width, k) for k in range(min(block.threshold, width) + 1)) / 2
        share = 2.0**-width if sample is None else max(_share(block.keys(sample)), 2.0**-width)
        work += near * (costs.bucket * 2**width + costs.visit * count + costs.compare * share * count * count)
    return work


def _share(keys: npt.NDArray[np.uint32]) -> float:
    """Return how often two of them are equal."""
    sharing = np.bincount(keys).astype(np.float64)
    return float(sharing @ (sharing - 1)) / max(1, len(keys) * (len(keys) - 1))


# -- the search itself


class _Side(NamedTuple):
    """Hashes in the order of their buckets: where each comes from, and where each bucket starts."""

    hashes: Hashes
    order: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.uint32]
    keys: npt.NDArray[np.uint32] | None = None


_Found = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.uint8], int]


def _hashes(hashes: npt.ArrayLike) -> Hashes:
    try:
        if not isinstance(hashes, np.ndarray):
            # Left to itself, numpy makes floats of a list that mixes small and very large numbers.
            hashes = np.array([_whole(word) for word in hashes], np.uint64)  # type: ignore[union-attr]  # else TypeError
    except (TypeError, OverflowError) as error:
        raise _no_hashes() from error
    whole = hashes.dtype.kind == "u" or (hashes.dtype.kind == "i" and not (hashes < 0).any())
    if hashes.ndim != 1 or not (whole or not hashes.size):
        raise _no_hashes()
    return np.ascontiguousarray(hashes, np.uint64)


def _whole(word: object) -> int:
    if isinstance(word, bool | np.bool_):
        raise TypeError
    return operator.index(word)  # type: ignore[arg-type]  # what is no whole number raises


def _no_hashes() -> BadValue:
    return BadValue("Hashes are whole numbers from 0 to 2**64 - 1, in one row.", hint="Give a numpy array of uint64.")


def _search(
    one: Hashes, other: Hashes, radius: int, *, same: bool, engine: Engine, most: int, progress: Progress | None
) -> Pairs:
    if not 0 <= radius <= 64:
        raise BadValue(f"Hashes of 64 bits can't differ in {radius} bits.", hint="Give 0 to 64; about 10 is usual.")
    if max(len(one), len(other)) >= 2**32 - 1:
        raise TooMuch("More than 4 thousand million hashes.", hint="Search in parts with pairs_between.")
    name = running(engine).name
    found: list[_Found] = []
    if len(one) and len(other):
        for part in _each_block(one, other, radius, same=same, name=name, most=most, progress=progress):
            found.append(part)
            if sum(len(f[0]) for f in found) > most or part[3] > most:
                raise TooMuch(
                    f"More than {most:,} pairs differ in at most {radius} bits.",
                    hint="Use a smaller radius, and leave out flat and empty pictures.",
                )
    return _sorted_pairs(found)


def _sorted_pairs(found: list[_Found]) -> Pairs:
    if not found:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))
    i, j = (np.concatenate([f[side] for f in found]).astype(np.int64) for side in (0, 1))
    bits = np.concatenate([f[2] for f in found])
    order = np.lexsort((j, i))
    return Pairs(i[order], j[order], bits[order])


def _each_block(
    one: Hashes, other: Hashes, radius: int, *, same: bool, name: str, most: int, progress: Progress | None
) -> Iterator[_Found]:
    count = len(one) if same else round((2 * len(one) * len(other)) ** 0.5)
    bigger = one if len(one) >= len(other) else other
    blocks = _blocks(bigger, count, radius, _COSTS[name])
    for done, block in enumerate(blocks):
        left = _side(one, block, name)
        right = left if same else _side(other, block, name)
        work = _machine_join if name == "numba" else _numpy_join
        for step, part in enumerate(work(left, right, block, blocks[:done], radius, same, most)):
            yield _in_order(part) if same else part
            if progress is not None:
                progress(min(1.0, (done + (step + 1) / _STEPS) / len(blocks)))
        del left, right  # before the next block's are made


def _in_order(found: _Found) -> _Found:
    i, j, bits, count = found
    return np.minimum(i, j), np.maximum(i, j), bits, count


def _side(hashes: Hashes, block: _Block, name: str) -> _Side:
    keys = block.keys(hashes)
    starts = np.zeros(2 ** len(block.bits) + 1, np.uint32)
    for start in range(0, len(keys), 1 << 20):  # bincount makes wide copies
        starts[1:] += np.bincount(keys[start : start + (1 << 20)], minlength=len(starts) - 1).astype(np.uint32)
    np.cumsum(starts, out=starts)
    kernels, _ = _kernels() if name == "numba" else (None, "")
    if kernels is None:
        order = np.argsort(keys, kind="stable").astype(np.uint32)
        return _Side(hashes[order], order, starts, keys[order])
    order, placed = np.empty(len(hashes), np.uint32), np.empty(len(hashes), np.uint64)
    kernels.scatter(keys, hashes, starts, order, placed)
    return _Side(placed, order, starts)


def _machine_join(
    left: _Side, right: _Side, block: _Block, before: list[_Block], radius: int, same: bool, most: int
) -> Iterator[_Found]:
    kernels, _ = _kernels()
    assert kernels is not None
    words = np.array([b.word for b in before], np.uint64)
    thresholds = np.array([b.threshold for b in before], np.uint64)
    masks, buckets = block.masks(), len(left.starts) - 1
    step = max(1, -(-buckets // _STEPS))
    for first in range(0, buckets, step):
        yield kernels.join(
            left.hashes, left.order, left.starts, right.hashes, right.order, right.starts, masks, first,
            min(first + step, buckets), same, np.uint64(radius), words, thresholds, most,
        )  # fmt: skip


def _numpy_join(
    left: _Side, right: _Side, block: _Block, before: list[_Block], radius: int, same: bool, most: int
) -> Iterator[_Found]:
    assert left.keys is not None
    masks = block.masks()
    for mask in masks:
        others = left.keys ^ mask
        rows = np.arange(len(others)) if not (same and mask) else np.flatnonzero(others > left.keys)
        ends = right.starts[others[rows] + np.uint32(1)].astype(np.int64)
        begins = rows + 1 if same and not mask else right.starts[others[rows]].astype(np.int64)
        for x, y in _expanded(rows, begins, ends - begins):
            yield _near(left, right, x, y, before, radius)


def _expanded(
    rows: npt.NDArray[np.int64], begins: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield every candidate (row, place) of rows that have so many places each, a bounded number at a time."""
    some = counts > 0
    rows, begins, counts = rows[some], begins[some], counts[some]
    ends, start = np.cumsum(counts), 0
    while start < len(rows):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _EXPANDED, "right")))
        take = counts[start:stop]
        steps = np.arange(int(take.sum())) - np.repeat(ends[start:stop] - take - done, take)
        yield np.repeat(rows[start:stop], take), np.repeat(begins[start:stop], take) + steps
        start = stop


def _near(
    left: _Side,
    right: _Side,
    x: npt.NDArray[np.int64],
    y: npt.NDArray[np.int64],
    before: list[_Block],
    radius: int,
) -> _Found:
    """Return those candidates that are near enough and that no earlier block finds."""
    differ = left.hashes[x] ^ right.hashes[y]
    bits = np.bitwise_count(differ)
    near = np.flatnonzero(bits <= radius)
    for block in before:
        near = near[np.bitwise_count(differ[near] & np.uint64(block.word)) > block.threshold]
    return left.order[x[near]], right.order[y[near]], bits[near], len(near)
