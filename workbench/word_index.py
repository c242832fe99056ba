"""An inverted index of visual words: which pictures share local features with a given one.

A word is some bits of a binary descriptor. Two descriptors of the same spot differ in a few of their 256 bits, so that
several small draws of bits, each a table of its own, find it with good chance, and strangers hardly ever (Indyk &
Motwani, "Approximate nearest neighbors", STOC 1998). Nothing is learned from the collection: a picture's words are
the same today and tomorrow, and the index can be made piece by piece.

What is gathered lies in files; memory is bounded whatever the number of pictures.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

TABLES = 8
BITS = 24
BUDGET = 256 * 2**20
"""Bytes of memory for making the index."""
COMMON = 400
"""A word that more pictures have (or a 50th of all, if that is more) says nothing and isn't followed."""

Words = npt.NDArray[np.uint32]

_DRAWN = np.stack([np.random.default_rng([7, table]).permutation(256)[:BITS] for table in range(TABLES)])


def words_of(descriptors: npt.NDArray[np.uint8]) -> Words:
    """Return the words of binary descriptors of 256 bits: shape (n, 32) gives (n, `TABLES`)."""
    bits = np.unpackbits(descriptors.reshape(-1, 32), axis=1)[:, _DRAWN]
    packed = np.packbits(bits, axis=2).astype(np.uint32)
    return np.asarray(packed[..., 0] << 16 | packed[..., 1] << 8 | packed[..., 2], dtype=np.uint32)


def weight(pictures: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how much words say that so many pictures have: what all screenshots share says next to nothing."""
    return np.asarray(1 / np.sqrt(pictures), np.float64)


class Candidate(NamedTuple):
    """A picture that shares words with the one asked about, and how much that says."""

    number: int
    votes: float


class _Table(NamedTuple):
    words: npt.NDArray[np.uint32]  # sorted
    numbers: npt.NDArray[np.uint32]


class WordIndex:
    """Pictures by their words. Add them all, `finish`, then ask.

    Parameters
    ----------
    folder : Path
        An empty folder for the index's files.
    budget : int
        Bytes of memory for making it.
    """

    def __init__(self, folder: Path, *, budget: int = BUDGET) -> None:
        self._folder, self._budget = folder, budget
        self._waiting: list[tuple[Words, npt.NDArray[np.uint32]]] = []
        self._held = 0
        self._tables: list[_Table] = []
        self.pictures = 0

    def add(self, number: int, words: Words) -> None:
        """Add a picture under a number of one's own, below 2³²."""
        numbers = np.full(len(words), number, np.uint32)
        self._waiting.append((words, numbers))
        self._held += words.nbytes + numbers.nbytes
        self.pictures += 1
        if self._held > self._budget // 4:
            self._spill()

    def _spill(self) -> None:
        if not self._waiting:
            return
        words = np.concatenate([w for w, _ in self._waiting])
        numbers = np.concatenate([n for _, n in self._waiting])
        for table in range(TABLES):
            with (self._folder / f"{table}.unsorted").open("ab") as file:
                np.stack([words[:, table], numbers], axis=1).tofile(file)
        self._waiting, self._held = [], 0

    def finish(self) -> None:
        """Sort what was added."""
        self._spill()
        self._tables = [self._sorted(table) for table in range(TABLES)]

    def _sorted(self, table: int) -> _Table:
        raw = self._folder / f"{table}.unsorted"
        if not raw.exists() or not raw.stat().st_size:  # no pictures, or none with features
            nothing = np.zeros(0, np.uint32)
            return _Table(nothing, nothing)
        rows = raw.stat().st_size // 8
        ranges = max(1, -(-rows * 40 // self._budget))  # sorting takes several copies
        edges = np.linspace(0, 1 << BITS, ranges + 1).astype(np.uint32)
        files = [self._folder / f"{table}.{part}" for part in ("words", "numbers")]
        with files[0].open("wb") as words, files[1].open("wb") as numbers:
            for low, high in pairwise(edges):
                piece = self._between(raw, rows, low, high)
                piece = piece[np.lexsort((piece[:, 1], piece[:, 0]))]
                piece[:, 0].tofile(words)
                piece[:, 1].tofile(numbers)
        raw.unlink()
        return _Table(*(np.memmap(file, np.uint32, "r") for file in files))

    def _between(self, raw: Path, rows: int, low: np.uint32, high: np.uint32) -> npt.NDArray[np.uint32]:
        at_once, found = max(1, self._budget // 64), []
        for start in range(0, rows, at_once):
            some = np.fromfile(raw, np.uint32, 2 * min(at_once, rows - start), offset=8 * start).reshape(-1, 2)
            found.append(some[(some[:, 0] >= low) & (some[:, 0] < high)])
        return np.concatenate(found)

    def candidates(self, words: Words, *, most: int, least: float = 2.0, below: int | None = None) -> list[Candidate]:
        """Return the pictures that share most with one, the likeliest first.

        Parameters
        ----------
        words : ndarray of uint32, shape (n, TABLES)
        most : int
            How many.
        least : float
            Votes they need; a word counts the more, the fewer pictures have it, at most 1.
        below : int, optional
            Only pictures with a smaller number: for each pair to come up once.
        """
        found = [self._postings(table, words[:, at]) for at, table in enumerate(self._tables)]
        numbers = np.concatenate([f[0] for f in found]) if found else np.zeros(0, np.uint32)
        weights = np.concatenate([f[1] for f in found]) if found else np.zeros(0)
        if below is not None:
            keep = numbers < below
            numbers, weights = numbers[keep], weights[keep]
        known, place = np.unique(numbers, return_inverse=True)
        votes = np.bincount(place, weights, len(known))
        order = np.lexsort((known, -votes))[:most]
        return [Candidate(int(known[k]), round(float(votes[k]), 3)) for k in order if votes[k] >= least]

    def _postings(self, table: _Table, wanted: Words) -> tuple[npt.NDArray[np.uint32], npt.NDArray[Any]]:
        wanted = np.unique(wanted)
        start = np.searchsorted(table.words, wanted, "left")
        length = np.searchsorted(table.words, wanted, "right") - start
        keep = (length > 0) & (length <= max(COMMON, self.pictures // 50))
        start, length = start[keep], length[keep]
        steps = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
        return np.asarray(table.numbers[np.repeat(start, length) + steps]), np.repeat(weight(length), length)
