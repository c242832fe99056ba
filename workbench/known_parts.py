"""A few features of every catalogued picture, so that an arriving crop, screenshot or collage of one is found.

Of each picture `FEATURES`, from all over it, as visual words: `BYTES` bytes a picture on the disk (some
2.1 kB, so 0.2 GB for 100,000 and 2.1 GB for a million), in files that are mapped, not read. They are kept by the file's
checksum, so that renaming and scanning again change nothing; what is damaged or was made by another version is made
again. A picture is described from its thumbnail, in some 10 ms; `KnownParts.follow` takes in so many at a time.
"""

from __future__ import annotations

import contextlib
import os
import struct
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from workbench import comparing, features
from workbench.comparing import Shown
from workbench.errors import WorkbenchError
from workbench.shared_spots import lying, spots_of, unpack
from workbench.word_index import COMMON, Words, weight, words_of
from workbench.workspace import Workspace

FEATURES = 64
"""Features of a picture that are kept."""
TABLES = 4
"""Words of each feature that are kept; see `workbench.word_index`."""
BYTES = FEATURES * TABLES * 8 + 32
"""Bytes that a picture takes, at most."""
CANDIDATES = 8
"""Pictures that an arriving one is laid beside, the likeliest."""
VOTES, AGREEING = 2.0, 4
"""Rare words that two pictures must share, and features that must agree on how one lies on the other."""

_MADE_BY = 2  # goes up with whatever makes words come out otherwise
_HEAD = struct.Struct("<8sHHII")
_MAGIC = b"WBPARTS\0"
_PAGE = 2_000
_AT_ONCE = 256
_LARGEST = 16_384  # pictures of a file beyond which it isn't merged with others: bounds the memory for that

Numbers = npt.NDArray[np.uint32]
Descriptors = npt.NDArray[np.uint8]


class Found(NamedTuple):
    """A catalogued picture that shows something of an arriving one.

    Attributes
    ----------
    checksum : str
        Of its file.
    mirrored : bool or None
        Whether one is the mirror image of the other; None where that isn't clear.
    """

    checksum: str
    mirrored: bool | None


class _Segment(NamedTuple):
    """Some pictures: their checksums, and for each table words in order with the picture that each is of."""

    path: Path
    checksums: npt.NDArray[np.uint8]
    tables: list[tuple[Numbers, Numbers]]

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """Return the first 8 bytes of each checksum."""
        return np.ascontiguousarray(self.checksums[:, :8]).view(np.uint64).ravel()


class KnownParts:
    """The pictures of one workspace by a few of their features, following its catalogue.

    Parameters
    ----------
    folder : Path
        Where the files are; made when there is something to keep.

    Attributes
    ----------
    count : int
        Pictures of the catalogue that can be found.
    complete : bool
        Whether those are all that have a thumbnail and aren't nearly one grey.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count, self.complete = 0, False
        self._segments: dict[str, _Segment] = {}
        self._keys: npt.NDArray[np.uint64] = np.empty(0, np.uint64)
        self._state, self._after = (-1, -1), -1

    # -- following the catalogue

    def follow(self, ws: Workspace, most: int) -> int:
        """Describe pictures that aren't yet, so many at most; return how many were."""
        self._load()
        with ws.reading() as connection:
            [state] = connection.execute(ws.catalog.named("catalogue_rows").sql).fetchall()
        if tuple(state) == self._state and self.complete:
            return 0
        if tuple(state) != self._state and (state[1] < self._state[1] or state[0] < self._state[0]):
            self._after = -1
        if self._after < 0:
            self.count = 0
        self._state, self.complete = tuple(state), False
        described = 0
        while described < most and not self.complete:
            described += self._page(ws, min(most - described, _AT_ONCE))
        return described

    def _page(self, ws: Workspace, most: int) -> int:
        """Go on by a page of the catalogue, or as far as so many pictures are described."""
        with ws.reading() as connection:
            sql = ws.catalog.named("pictures_to_describe").sql
            rows = connection.execute(sql, {"after": self._after, "most": _PAGE}).fetchall()
        keys = np.array([_key(checksum) for _, checksum, _ in rows], np.uint64)
        fresh = np.flatnonzero(~np.isin(keys, self._keys))[: most + 1]
        upto = len(rows) if len(fresh) <= most else int(fresh[most])
        todo = {rows[k][1]: rows[k][2] for k in fresh[:most].tolist()}
        self._add(_described(ws, todo))
        self.count += int(np.isin(keys[:upto], self._keys).sum())
        if upto:
            self._after = rows[upto - 1][0]
        self.complete = upto == len(rows) < _PAGE
        return len(todo)

    # -- files

    def _load(self) -> None:
        """Take in what is in the folder: other processes put files there as well."""
        try:
            there = {path.name: path for path in self.folder.iterdir() if path.suffix == ".parts"}
        except FileNotFoundError:
            there = {}
        if there.keys() == self._segments.keys():
            return
        known = {name: self._segments.get(name) or _opened(path) for name, path in there.items()}
        self._segments = {name: segment for name, segment in known.items() if segment is not None}
        self._keys = _keys_of(self._segments.values())
        self._after, self.complete = -1, False

    def _add(self, pictures: Sequence[tuple[str, Descriptors]]) -> None:
        if not pictures:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{uuid.uuid4().hex}.parts"
        checksums = np.stack([np.frombuffer(bytes.fromhex(checksum), np.uint8) for checksum, _ in pictures])
        words = np.concatenate([words_of(found)[:, :TABLES] for _, found in pictures])
        numbers = np.repeat(np.arange(len(pictures), dtype=np.uint32), [len(found) for _, found in pictures])
        _write(path, checksums, ((words[:, table], numbers) for table in range(TABLES)))
        self._take(path)
        self._merge()

    def _take(self, path: Path) -> None:
        segment = _opened(path)
        if segment is not None:
            self._segments[path.name] = segment
            self._keys = np.union1d(self._keys, segment.keys)

    def _merge(self) -> None:
        """Make one file of several of a like size, so that they stay few."""
        with contextlib.suppress(Timeout), FileLock(str(self.folder / "merge.lock"), timeout=0):
            while few := _like_sized(self._segments.values()):
                path = self.folder / f"{uuid.uuid4().hex}.parts"
                starts = np.cumsum([0, *(len(one.checksums) for one in few)]).astype(np.uint32)
                tables = (
                    (
                        np.concatenate([one.tables[table][0] for one in few]),
                        np.concatenate([one.tables[table][1] + at for one, at in zip(few, starts, strict=False)]),
                    )
                    for table in range(TABLES)
                )
                _write(path, np.concatenate([one.checksums for one in few]), tables)
                self._take(path)
                for one in few:
                    del self._segments[one.path.name]
                    with contextlib.suppress(OSError):  # somebody may have it open, where that keeps it from going
                        one.path.unlink()

    # -- asking

    def alike(self, ws: Workspace, shown: Shown) -> list[Found]:
        """Return the pictures that an arriving one may be a part of, or hold a part of, the likeliest first."""
        both = _marks(shown)
        if both is None:
            return []
        votes: dict[str, float] = {}
        for marks in both:
            for checksum, said in self._votes(np.ascontiguousarray(marks.descriptors)):
                votes[checksum] = max(said, votes.get(checksum, 0.0))
        likely = sorted(votes, key=lambda checksum: (-votes[checksum], checksum))[:CANDIDATES]
        thumbnails = ws.thumbnails.get_many(likely)
        ways = spots_of(both[0]), spots_of(both[1])
        found = []
        for checksum in likely:
            other = _marks(Shown(checksum, "", thumbnails[checksum])) if checksum in thumbnails else None
            agree, mirrored = (0, None) if other is None else lying(ways, spots_of(other[0]))
            if agree >= AGREEING:
                found.append((agree, Found(checksum, mirrored)))
        return [one for _, one in sorted(found, key=lambda f: -f[0])]

    def _votes(self, descriptors: Descriptors) -> Iterable[tuple[str, float]]:
        words = words_of(descriptors)[:, :TABLES]
        segments = list(self._segments.values())
        votes = [np.zeros(len(segment.checksums)) for segment in segments]
        for table in range(TABLES):
            _vote(np.unique(words[:, table]), [segment.tables[table] for segment in segments], votes, len(self._keys))
        for segment, said in zip(segments, votes, strict=True):
            for number in np.flatnonzero(said >= VOTES):
                yield segment.checksums[number].tobytes().hex(), float(said[number])


def _vote(wanted: Numbers, tables: list[tuple[Numbers, Numbers]], votes: list[npt.NDArray[Any]], pictures: int) -> None:
    """Add up for each picture the words that it shares, the rarer a word the more."""
    if not tables:
        return
    starts = np.stack([np.searchsorted(words, wanted, "left") for words, _ in tables])
    lengths = np.stack([np.searchsorted(words, wanted, "right") for words, _ in tables]) - starts
    often = lengths.sum(axis=0)
    said = np.where((often > 0) & (often <= max(COMMON, pictures // 50)), weight(np.maximum(often, 1)), 0)
    for (_, numbers), start, length, into in zip(tables, starts, lengths * (said > 0), votes, strict=True):
        steps = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
        of = np.minimum(numbers[np.repeat(start, length) + steps], len(into) - 1)
        into += np.bincount(of, np.repeat(said, length), len(into))


def _like_sized(segments: Iterable[_Segment]) -> list[_Segment]:
    """Return files that are worth being made one: at least four within a factor of four."""
    small = sorted((one for one in segments if len(one.checksums) < _LARGEST), key=lambda one: len(one.checksums))
    for at, first in enumerate(small):
        like = [one for one in small[at:] if len(one.checksums) <= 4 * len(first.checksums)]
        if len(like) >= 4:
            return like[:8]
    return []


def _keys_of(segments: Iterable[_Segment]) -> npt.NDArray[np.uint64]:
    keys = [segment.keys for segment in segments]
    return np.unique(np.concatenate(keys)) if keys else np.empty(0, np.uint64)


def _key(checksum: str) -> int:
    return int.from_bytes(bytes.fromhex(checksum[:16]), "little")


# -- describing


def _marks(shown: Shown) -> Any:
    made = comparing.describe(shown)
    return None if isinstance(made, WorkbenchError) else unpack(made.packed)


def _described(ws: Workspace, pictures: dict[str, str]) -> list[tuple[str, Descriptors]]:
    """Return the features of pictures that have a thumbnail, by checksum; none of one that shows nothing."""
    thumbnails = ws.thumbnails.get_many(pictures)
    found = []
    for checksum in pictures:
        picture = features.decode(thumbnails.get(checksum, b""))
        if picture is not None:
            found.append((checksum, features.extract(picture, most=FEATURES).descriptors))
    return found


# -- one file


def _write(path: Path, checksums: npt.NDArray[np.uint8], tables: Iterable[tuple[Words, Numbers]]) -> None:
    """Write some pictures, table by table, so that the file is there whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(bytes(_HEAD.size))
            checksums.tofile(file)
            many = 0
            for words, numbers in tables:
                order = np.argsort(words, kind="stable")
                np.asarray(words)[order].astype(np.uint32).tofile(file)
                np.asarray(numbers)[order].astype(np.uint32).tofile(file)
                many = len(order)
            file.seek(0)
            file.write(_HEAD.pack(_MAGIC, _MADE_BY, TABLES, len(checksums), many))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _opened(path: Path) -> _Segment | None:
    """Map a file; None where it is damaged or of another version (then it is removed), or gone."""
    try:
        mapped = np.memmap(path, np.uint8, "r")
        magic, version, tables, pictures, many = _HEAD.unpack(mapped[: _HEAD.size].tobytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, struct.error):
        magic, version, tables, pictures, many = b"", 0, 0, 0, 0
    start = _HEAD.size + 32 * pictures
    if (magic, version, tables) != (_MAGIC, _MADE_BY, TABLES) or path.stat().st_size != start + tables * many * 8:
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    rows = mapped[start:].view(np.uint32).reshape(TABLES, 2, many)
    checksums = mapped[_HEAD.size : start].reshape(pictures, 32)
    return _Segment(path, checksums, [(rows[table, 0], rows[table, 1]) for table in range(TABLES)])
