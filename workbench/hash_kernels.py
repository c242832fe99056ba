"""The loops of the hash index as machine code. The only module that imports numba, and imported only where that is."""

from __future__ import annotations

import contextlib
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.core import types
from numba.extending import intrinsic

Words = npt.NDArray[np.uint64]
Small = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]

_TILE = 1024  # buckets whose hashes stay in the cache while they are compared


def _count_bits(typing: Any, word: Any) -> Any:
    """Count the bits of a 64-bit word by the processor's own instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _scatter(keys: Small, hashes: Words, starts: Small, order: Small, placed: Words) -> None:
    """Put hashes into the buckets of their keys, in the order they have (a counting sort)."""
    filled = starts[:-1].copy()
    for at in range(len(keys)):
        to = filled[keys[at]]
        filled[keys[at]] = to + 1
        order[to] = at
        placed[to] = hashes[at]


def _join(
    left: Words,
    left_order: Small,
    left_starts: Small,
    right: Words,
    right_order: Small,
    right_starts: Small,
    masks: Small,
    first: int,
    last: int,
    same: bool,
    radius: int,
    before: Words,
    before_bits: Words,
    most: int,
) -> tuple[Small, Small, Bytes, int]:
    """Compare buckets ``first`` to ``last`` of the left with those of the right whose keys differ by one of the masks.

    Where both sides are the same, each pair is met once. A pair that an earlier block finds too is left to it.
    Returns the pairs and how many there were; more than ``most`` are only said, not returned whole.
    """
    found, room = 0, 1024
    here, there = np.empty(room, np.uint32), np.empty(room, np.uint32)
    bits = np.empty(room, np.uint8)
    for tile in range(first, last, _TILE):
        for mask in masks:
            for bucket in range(tile, min(tile + _TILE, last)):
                other = bucket ^ np.int64(mask)
                if same and other < bucket:
                    continue
                begin, end = np.int64(right_starts[other]), np.int64(right_starts[other + 1])
                for x in range(np.int64(left_starts[bucket]), np.int64(left_starts[bucket + 1])):
                    one = left[x]
                    start = x + 1 if same and mask == 0 else begin
                    if not _any_near(one, right, start, end, radius):
                        continue
                    for y in range(start, end):
                        differ = one ^ right[y]
                        if bit_count(differ) > radius or _met(differ, before, before_bits):
                            continue
                        if found == room:
                            if found >= most:
                                return here, there, bits, found + 1
                            room *= 2
                            here, there, bits = _wider(here, room), _wider(there, room), _wider(bits, room)
                        here[found], there[found], bits[found] = left_order[x], right_order[y], bit_count(differ)
                        found += 1
    return here[:found], there[:found], bits[:found], found


def _is_any_near(one: Any, others: Words, start: int, end: int, radius: int) -> bool:
    """Tell whether there is anything to find: without leaving the loop early, so that eight are compared at once."""
    found = False
    for y in range(start, end):
        found |= bit_count(one ^ others[y]) <= radius
    return found


def _is_met(differ: Any, before: Words, before_bits: Words) -> bool:
    """Tell whether one of the blocks before finds a pair, too."""
    for k in range(len(before)):  # noqa: SIM110 - numba compiles no generator
        if bit_count(differ & before[k]) <= before_bits[k]:
            return True
    return False


def _widen(array: Any, room: int) -> Any:
    wider = np.empty(room, array.dtype)
    wider[: len(array)] = array
    return wider


def _compiled(function: Any) -> Any:
    """Compile on first use, kept on disk where there is a place for it."""
    with contextlib.suppress(RuntimeError):  # neither beside this file nor in the home folder
        return numba.njit(cache=True, nogil=True)(function)
    return numba.njit(nogil=True)(function)


bit_count: Any = intrinsic(_count_bits)
_any_near = _compiled(_is_any_near)
_met = _compiled(_is_met)
_wider = _compiled(_widen)
scatter = _compiled(_scatter)
join = _compiled(_join)
