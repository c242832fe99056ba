"""Pairs by what the pictures show: crops, screenshots, collages, turned, framed and written-over copies.

Local features, as visual words in an inverted index, propose which pictures share something; where enough of them agree
on how one lies on the other, `workbench.verification` lays them so and decides. All work on thumbnails. Features are
kept in a cache of the workspace, by checksum, and verdicts by content, so that a search which was cancelled goes on
where it was; what the finder by hashes had verified isn't looked at again.
"""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from workbench import comparing
from workbench.comparing import Described, Shown
from workbench.dedup_settings import Settings
from workbench.finders.judging import Content, Judge, Proposed
from workbench.relations import FinderProgress, Pair
from workbench.shared_spots import Marks, Spots, lying, spots_of, unpack
from workbench.thumbnails import Thumbnails
from workbench.word_index import WordIndex, words_of
from workbench.workers import Pool
from workbench.workspace import Workspace

CANDIDATES = 60
"""Pictures whose features are matched with those of one, the likeliest."""
VOTES = 2.0
"""Rare words that two pictures must share to be compared; see `workbench.word_index`."""
AGREEING = 4
"""Features that must agree on how one lies on the other; see `workbench.shared_spots`."""

TASK = "workbench.comparing:compare"

Thing = TypeVar("Thing")

_AT_ONCE = 256
_REMEMBERED = 4096  # pictures, 25 kB each
_DEADLINE = 60.0


def find(
    ws: Workspace,
    *,
    images: Sequence[str] | None = None,
    settings: Settings | None = None,
    progress: FinderProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of images that show the same, or that only look alike.

    Of images with the same picture one is looked at.

    Parameters
    ----------
    ws : Workspace
    images : sequence of str, optional
        Only pairs that one of these is in.
    settings : Settings, optional
        Its ``thresholds``; its table ``content`` may hold ``candidates``, ``votes``, ``agreeing`` and ``workers``.
    progress : callable, optional
        Called with how many of all steps are done: each image is described, then compared.
    cancel : threading.Event, optional
        Set it from anywhere to end; what is described and compared by then is kept.
    """
    return _Search(ws, images, settings or Settings(), progress or _ignore, cancel or threading.Event()).run()


def _ignore(done: int, total: int) -> None:
    """Nobody waits."""


def _pieces(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    rest = iter(things)
    while piece := list(islice(rest, _AT_ONCE)):
        yield piece


def descriptors_of(ws: Workspace) -> Thumbnails:
    """Return the workspace's cache of descriptors, by checksum; close it after use."""
    return Thumbnails(ws.folder / "features")


class _Search:
    """One run of the finder."""

    def __init__(
        self,
        ws: Workspace,
        images: Sequence[str] | None,
        settings: Settings,
        progress: FinderProgress,
        cancel: threading.Event,
    ) -> None:
        self.ws, self.images, self.settings, self.progress, self.cancel = ws, images, settings, progress, cancel
        table = settings.tables.get("content", {})
        self.most, self.least = int(table.get("candidates", CANDIDATES)), float(table.get("votes", VOTES))
        self.agreeing = int(table.get("agreeing", AGREEING))
        self.workers: int | None = table.get("workers")
        self.rows = self._ask("contents_to_compare")

    def run(self) -> Iterator[Pair]:
        if len(self.rows) < 2:
            return
        with ExitStack() as stack:
            cache = stack.enter_context(descriptors_of(self.ws))
            self._describe(cache)
            if self.cancel.is_set():
                return
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="words-", dir=cache.folder))
            index = self._index(cache, Path(folder))
            judge = stack.enter_context(Judge(self.ws, "content", TASK, self.settings, math.inf, trusted=["fuzzy"]))
            for group in _pieces(self._proposed(cache, index)):
                yield from judge.pairs(group)

    def _ask(self, name: str, **parameters: Any) -> pa.Table:
        with self.ws.reading() as connection:
            return connection.sql(self.ws.catalog.named(name).sql, params=parameters or None).to_arrow_table()

    def _column(self, name: str, rows: Iterable[int]) -> list[str]:
        column = self.rows[name]
        return [column[row].as_py() for row in rows]

    def _content(self, row: int) -> Content:
        return Content(*(self.rows[name][row].as_py() for name in Content._fields))

    # -- describing

    def _describe(self, cache: Thumbnails) -> None:
        """Describe the pictures that aren't yet."""
        total = len(self.rows)
        with Pool(f"{comparing.__name__}:describe", workers=self.workers, deadline=_DEADLINE) as pool:
            for rows in _pieces(range(total)):
                if self.cancel.is_set():
                    return
                checksums = self._column("checksum", rows)
                known = cache.get_many(checksums)
                todo = [row for row, c in zip(rows, checksums, strict=True) if unpack(known.get(c, b"")) is None]
                found = list(pool.run(self._shown(todo))) if todo else []
                good = [(shown, made) for shown, made in found if isinstance(made, Described)]
                cache.put_many((shown.checksum, made.packed) for shown, made in good)
                self.ws.thumbnails.put_many((s.checksum, made.thumbnail) for s, made in good if made.thumbnail)
                self.progress(rows[-1] + 1, 2 * total)

    def _shown(self, rows: Sequence[int]) -> list[Shown]:
        checksums = self._column("checksum", rows)
        thumbnails = self.ws.thumbnails.get_many(checksums)
        return [
            Shown(checksum, uri, thumbnails.get(checksum))
            for checksum, uri in zip(checksums, self._column("uri", rows), strict=True)
        ]

    # -- proposing

    def _index(self, cache: Thumbnails, folder: Path) -> WordIndex:
        index = WordIndex(folder)
        for row, (upright, _) in self._described(cache, range(len(self.rows))):
            index.add(row, words_of(upright.descriptors))
        index.finish()
        return index

    def _described(self, cache: Thumbnails, rows: Iterable[int]) -> Iterator[tuple[int, tuple[Marks, Marks]]]:
        for some in _pieces(rows):
            checksums = self._column("checksum", some)
            known = cache.get_many(checksums)
            for row, checksum in zip(some, checksums, strict=True):
                both = unpack(known.get(checksum, b""))
                if both is not None:
                    yield row, both

    def _proposed(self, cache: Thumbnails, index: WordIndex) -> Iterator[Proposed]:
        """Yield pairs that share words which agree on how one lies on the other, each once."""
        total, chosen = len(self.rows), self._chosen()
        rows: Iterable[int] = range(total) if chosen is None else sorted(chosen)
        upright: dict[int, Spots] = {}
        for done, (row, both) in enumerate(self._described(cache, rows), 1):
            if self.cancel.is_set():
                return
            near = neighbours(index, both, most=self.most, least=self.least, below=row if chosen is None else None)
            near = [n for n in near if n != row and not (chosen is not None and n in chosen and n > row)]
            self._remember(upright, [n for n in near if n not in upright], cache)
            ways = spots_of(both[0]), spots_of(both[1])
            for other in (n for n in near if n in upright):
                agree, mirrored = lying(ways, upright[other])
                if agree >= self.agreeing:
                    yield Proposed(self._content(row), self._content(other), "", {}, mirrored)
            self.progress(total + (done if chosen is None else row + 1), 2 * total)

    def _remember(self, upright: dict[int, Spots], rows: Sequence[int], cache: Thumbnails) -> None:
        for row, (marks, _) in self._described(cache, rows):
            while len(upright) >= _REMEMBERED:
                upright.pop(next(iter(upright)))
            upright[row] = spots_of(marks)

    def _chosen(self) -> set[int] | None:
        """Return the rows of the images asked about."""
        if self.images is None:
            return None
        wanted = set(self._ask("contents_of", ids=list(self.images))["content"].to_pylist())
        return {row for row, content in enumerate(self.rows["content"].to_pylist()) if content in wanted}


def neighbours(
    index: WordIndex,
    both: tuple[Marks, Marks],
    *,
    most: int = CANDIDATES,
    least: float = VOTES,
    below: int | None = None,
) -> list[int]:
    """Return the numbers of the pictures that share most words with one or with its mirror image, the likeliest first.

    Parameters
    ----------
    index : WordIndex
    both : tuple of Marks
        Of the picture and of its mirror image.
    most, least, below
        See `WordIndex.candidates`.
    """
    votes: dict[int, float] = {}
    for marks in both:
        for number, said in index.candidates(words_of(marks.descriptors), most=most, least=least, below=below):
            votes[number] = max(said, votes.get(number, 0.0))
    return sorted(votes, key=lambda number: (-votes[number], number))[:most]
