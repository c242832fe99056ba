"""Finding hashes of 64 bits that differ in few bits, without comparing each with each.

If two differ in at most 7 bits, one of their four quarters differs in at most one bit (pigeonholes; the idea is that of
multi-index hashing, Norouzi, Punjani and Fleet 2012). So each quarter is looked up in 17 spellings.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

MOST_BITS = 7
_QUARTERS = (0, 16, 32, 48)
_SPELLINGS = np.array([0, *(1 << bit for bit in range(16))], dtype=np.uint64)
_BLOCK = 2_000_000  # pairs compared at once


class NearHashes:
    """Hashes that can be searched.

    Parameters
    ----------
    hashes : array of uint64, shape (n,)
        Each once.
    """

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self._orders = [np.argsort(_quarter(hashes, shift), kind="stable") for shift in _QUARTERS]
        self._sorted = [_quarter(hashes, s)[order] for s, order in zip(_QUARTERS, self._orders, strict=True)]

    def within(self, asked: Hashes, bits: int) -> tuple[Places, Places, Places]:
        """Return every pair that differs in at most so many bits.

        Parameters
        ----------
        asked : array of uint64, shape (m,)
        bits : int
            0 to `MOST_BITS`.

        Returns
        -------
        tuple of three arrays, shape (pairs,)
            Place in ``asked``, place in ``hashes``, and in how many bits they differ; each pair once.
        """
        found = [np.empty((3, 0), dtype=np.int64)]
        for shift, order, keys in zip(_QUARTERS, self._orders, self._sorted, strict=True):
            for spelling in _SPELLINGS:
                found += self._look_up(asked, _quarter(asked, shift) ^ spelling, order, keys, bits)
        pairs = np.unique(np.concatenate(found, axis=1), axis=1)
        return pairs[0], pairs[1], pairs[2]

    def _look_up(
        self, asked: Hashes, wanted: Hashes, order: Places, keys: Hashes, bits: int
    ) -> list[npt.NDArray[np.int64]]:
        first = np.searchsorted(keys, wanted, "left")
        counts = np.searchsorted(keys, wanted, "right") - first
        ends, found, start = np.cumsum(counts), [], 0
        while start < len(asked):
            done = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, done + _BLOCK, "right")))
            some = counts[start:stop]
            places = np.repeat(np.arange(start, stop), some)
            steps = np.arange(int(some.sum())) - np.repeat(np.cumsum(some) - some, some)
            known = order[first[places] + steps]
            distance = np.bitwise_count(asked[places] ^ self.hashes[known]).astype(np.int64)
            near = distance <= bits
            found.append(np.stack([places[near], known[near], distance[near]]))
            start = stop
        return found


def _quarter(hashes: Hashes, shift: int) -> Hashes:
    return (hashes >> np.uint64(shift)) & np.uint64(0xFFFF)
