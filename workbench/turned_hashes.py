"""Pairs of perceptual hashes that are near when one picture is turned or mirrored: eight hashes against one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import BadValue
from workbench.hash_index import MOST_PAIRS, Engine, Hashes, Pairs, Progress, pairs_between, pairs_within

_BACK = np.array([0, 3, 2, 1, 4, 5, 6, 7])
"""For each symmetry the one that takes it back: only quarter turns aren't their own."""
_ASKED = (1, 2, 4, 5, 6, 7)
"""The symmetries that are searched; what a turn by 270° finds, the one by 90° finds from the other side."""


class TurnedPairs(NamedTuple):
    """Pairs of pictures, each once, ``i < j``, sorted.

    Attributes
    ----------
    i, j : ndarray of int64, shape (pairs,)
    symmetry : ndarray of int64, shape (pairs,)
        How picture ``i`` is turned to look like ``j``: a place in `workbench.fingerprints.SYMMETRIES`.
    distance : ndarray of uint8, shape (pairs,)
        In how many bits they differ then.
    """

    i: npt.NDArray[np.int64]
    j: npt.NDArray[np.int64]
    symmetry: npt.NDArray[np.int64]
    distance: npt.NDArray[np.uint8]

    def at(self, which: npt.NDArray[Any]) -> TurnedPairs:
        """Return some of them, by places or by a mask, in that order."""
        return TurnedPairs(self.i[which], self.j[which], self.symmetry[which], self.distance[which])


def turned_pairs(
    hashes: Hashes,
    radius: int,
    *,
    engine: Engine = "auto",
    most: int = MOST_PAIRS,
    progress: Progress | None = None,
) -> TurnedPairs:
    """Return every pair of pictures whose hashes are near under one of the eight symmetries; of several, the nearest.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (n, 8)
        As `workbench.fingerprints.phash_symmetries` gives them.
    radius, engine, most, progress
        See `workbench.hash_index.pairs_within`.
    """
    if hashes.ndim != 2 or hashes.shape[1] != 8:
        raise BadValue(f"An array of shape {hashes.shape} isn't eight hashes a picture.", hint="Give (n, 8).")
    plain = np.ascontiguousarray(hashes[:, 0])
    found = [_upright(pairs_within(plain, radius, engine=engine, most=most, progress=_part(progress, 0)))]
    for done, symmetry in enumerate(_ASKED, 1):
        pairs = pairs_between(
            np.ascontiguousarray(hashes[:, symmetry]), plain, radius, engine=engine, most=most,
            progress=_part(progress, done),
        )  # fmt: skip
        found.append(_turned(pairs, symmetry))
    return _nearest(TurnedPairs(*(np.concatenate(parts) for parts in zip(*found, strict=True))))


def _part(progress: Progress | None, done: int) -> Progress | None:
    return None if progress is None else lambda part: progress((done + part) / (1 + len(_ASKED)))


def _upright(pairs: Pairs) -> TurnedPairs:
    return TurnedPairs(pairs.i, pairs.j, np.zeros(len(pairs.i), np.int64), pairs.distance)


def _turned(pairs: Pairs, symmetry: int) -> TurnedPairs:
    """Return pairs of different pictures, the lesser first, turned the other way where that exchanged them."""
    other = pairs.i != pairs.j
    i, j, distance = pairs.i[other], pairs.j[other], pairs.distance[other]
    way = np.where(i < j, symmetry, _BACK[symmetry])
    return TurnedPairs(np.minimum(i, j), np.maximum(i, j), way, distance)


def _nearest(pairs: TurnedPairs) -> TurnedPairs:
    pairs = pairs.at(np.lexsort((pairs.symmetry, pairs.distance, pairs.j, pairs.i)))
    first = np.ones(len(pairs.i), np.bool_)
    first[1:] = (pairs.i[1:] != pairs.i[:-1]) | (pairs.j[1:] != pairs.j[:-1])
    return pairs.at(first)
