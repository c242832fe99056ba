"""Writing EXIF: change some tags of a TIFF stream without moving anything else.

New values and grown directories are put behind the end of the stream and only the entries that point to them change.
So maker notes, whose inner offsets break when they move, thumbnails and the pages of a TIFF stay where they are. Layout
after TIFF 6.0 and Exif 3.0 (CIPA DC-008).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from workbench import exif
from workbench.splices import Splice, Untouchable

Data = bytes | mmap.mmap

ASCII, SHORT, LONG, RATIONAL, BYTE, UNDEFINED = 2, 3, 4, 5, 1, 7
EMPTY = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
"""A stream with a first directory that holds nothing yet."""

_PARENTS = {"Photo": exif.EXIF_IFD, "GPSInfo": exif.GPS_IFD}
_STRIPS = {0x0111: 0x0117, 0x0144: 0x0145, 0x0201: 0x0202, 0x0120: 0x0121}
_MAX_ENTRIES = 1000
_MAKER_NOTE = 0x927C

Tag = tuple[str, int]


class Value(NamedTuple):
    """A tag's TIFF type, how many values, and their bytes in the stream's order."""

    type: int
    many: int
    data: bytes


def text(value: str) -> Value:
    """Return a text as EXIF holds it: UTF-8 and a closing NUL."""
    data = value.encode("utf-8") + b"\0"
    return Value(ASCII, len(data), data)


def rationals(order: str, *pairs: tuple[int, int]) -> Value:
    """Return fractions as EXIF holds them."""
    return Value(RATIONAL, len(pairs), b"".join(struct.pack(f"{order}II", *pair) for pair in pairs))


def edit(stream: Data, changes: Mapping[Tag, Value | None]) -> list[Splice]:
    """Return the splices that change these tags.

    Parameters
    ----------
    stream : bytes or mmap.mmap
        A classic TIFF stream: the content of an EXIF block, or a whole TIFF file.
    changes : mapping of (group, tag) to Value
        Groups are ``Image`` (the first directory), ``Photo`` and ``GPSInfo``. None takes a tag away.

    Returns
    -------
    list of Splice
        Nothing but the entries concerned, their old values (blanked, where nobody else points to them) and an
        addition at the end.

    Raises
    ------
    Untouchable
        The directories are damaged or unusual, so that a change might harm other tags.
    """
    return _Editor(stream).edited(changes) if changes else []


@dataclass(slots=True)
class _Directory:
    where: int
    entries: list[tuple[int, int, int, bytes]]
    following: bytes
    old: int = 0

    def find(self, tag: int) -> tuple[int, int, int, bytes] | None:
        return next((entry for entry in self.entries if entry[0] == tag), None)

    def put(self, tag: int, kind: int, many: int, raw: bytes) -> None:
        fresh = (tag, kind, many, raw)
        for number, entry in enumerate(self.entries):
            if entry[0] == tag:
                self.entries[number] = fresh
                return
        at = next((n for n, entry in enumerate(self.entries) if entry[0] > tag), len(self.entries))
        self.entries.insert(at, fresh)

    def drop(self, tag: int) -> None:
        self.entries = [entry for entry in self.entries if entry[0] != tag]


class _Editor:
    """The changes to one stream while they are collected."""

    def __init__(self, stream: Data) -> None:
        if stream[:4] not in (b"II*\0", b"MM\0*") or len(stream) < 8:
            raise Untouchable("The EXIF block that is there isn't a plain TIFF stream.")
        self.stream = stream
        self.order = exif.order(stream)
        self.walked = list(exif.entries(stream))
        self.taken = self._taken()
        self.tail = bytearray(len(stream) & 1)
        self.splices: list[Splice] = []
        (first,) = struct.unpack(f"{self.order}I", stream[4:8])
        self.groups = {"Image": self._directory(first)}
        for group, pointer in _PARENTS.items():
            entry = self.groups["Image"].find(pointer)
            if entry:
                self.groups[group] = self._directory(struct.unpack(f"{self.order}I", entry[3])[0])

    def _directory(self, where: int) -> _Directory:
        """Read a directory strictly: every entry inside the stream, and every value too."""
        stream = self.stream
        many = int.from_bytes(stream[where : where + 2], "little" if self.order == "<" else "big")
        end = where + 2 + 12 * many
        if where < 8 or many > _MAX_ENTRIES or end + 4 > len(stream):
            raise Untouchable("An EXIF directory that is there is cut off or damaged.")
        entries = list(struct.iter_unpack(f"{self.order}HHI4s", stream[where + 2 : end]))
        if len({entry[0] for entry in entries}) != len(entries):
            raise Untouchable("An EXIF directory that is there holds a tag twice.")
        for tag, kind, count, raw in entries:
            size = exif.SIZES.get(kind, 0) * count
            if not exif.SIZES.get(kind) or (size > 4 and self._number(raw) + size > len(stream)):
                raise Untouchable(f"The EXIF tag 0x{tag:04x} that is there is cut off or damaged.")
        return _Directory(where, entries, stream[end : end + 4], many)

    def _number(self, raw: bytes) -> int:
        return int(struct.unpack(f"{self.order}I", raw)[0])

    def _taken(self) -> list[tuple[int, int]]:
        """Return every range of the stream that some value or picture of it uses."""
        found = [(entry.start, entry.start + entry.size) for entry in self.walked]
        by_group = {(entry.group, entry.tag): entry for entry in self.walked}
        for (group, tag), entry in by_group.items():
            sizes = by_group.get((group, _STRIPS.get(tag, -1)))
            if sizes:
                pairs = zip(exif.integers(self.stream, entry), exif.integers(self.stream, sizes), strict=False)
                found += [(start, start + size) for start, size in pairs]
        return found

    def edited(self, changes: Mapping[Tag, Value | None]) -> list[Splice]:
        if any(group == "Image" and tag == 0x010F for group, tag in changes) and self._has_maker_note():
            raise Untouchable("The camera's maker notes are read by the maker's name, so that can't be changed.")
        for (group, tag), value in changes.items():
            self._change(group, tag, value)
        for group, pointer in _PARENTS.items():
            if group in self.groups:
                self._settle(group, pointer)
        where = self._written(self.groups["Image"])
        if where != self.groups["Image"].where:
            self.splices.append(Splice(4, 8, struct.pack(f"{self.order}I", where)))
        if len(self.tail) > len(self.stream) & 1:
            end = len(self.stream)
            self.splices.append(Splice(end, end, bytes(self.tail)))
        return [splice for splice in self.splices if bytes(self.stream[splice.start : splice.end]) != splice.new]

    def _has_maker_note(self) -> bool:
        return any(entry.tag == _MAKER_NOTE for entry in self.walked)

    def _change(self, group: str, tag: int, value: Value | None) -> None:
        if group not in self.groups:
            if value is None:
                return
            self.groups[group] = _Directory(0, [], bytes(4))
        directory = self.groups[group]
        known = directory.find(tag)
        room = self._release(known) if known else None
        if value is None:
            directory.drop(tag)
        elif len(value.data) <= 4:
            directory.put(tag, value.type, value.many, value.data.ljust(4, b"\0"))
        else:
            directory.put(tag, value.type, value.many, self._placed(value.data, room))

    def _release(self, entry: tuple[int, int, int, bytes]) -> tuple[int, int] | None:
        """Return the place of an old value if nothing else lies there."""
        size = exif.SIZES[entry[1]] * entry[2]
        if size <= 4:
            return None
        start = self._number(entry[3])
        end = start + size
        inside = sum(a < end and start < b for a, b in self.taken)
        tables = [(0, 8), *((e.at, e.at + 12) for e in self.walked)]
        if inside != 1 or any(a < end and start < b for a, b in tables):
            return None
        self.splices.append(Splice(start, end, bytes(size)))
        return start, end

    def _placed(self, data: bytes, room: tuple[int, int] | None) -> bytes:
        """Return the offset of a value: in its old place if it fits there, otherwise at the end."""
        if room and len(data) <= room[1] - room[0]:
            self.splices[-1] = Splice(*room, data.ljust(room[1] - room[0], b"\0"))
            return struct.pack(f"{self.order}I", room[0])
        return struct.pack(f"{self.order}I", self._append(data))

    def _append(self, data: bytes) -> int:
        at = len(self.stream) + len(self.tail)
        if at + len(data) > 0xFFFFFFFF:
            raise Untouchable("The file is as long as a TIFF can be.")
        self.tail += data + b"\0" * (len(data) & 1)
        return at

    def _settle(self, group: str, pointer: int) -> None:
        """Write a child directory and let the first directory point to it."""
        directory, parent = self.groups[group], self.groups["Image"]
        if not directory.entries:
            parent.drop(pointer)
            if directory.where:
                self._blank(directory)
            return
        where = self._written(directory)
        if where != directory.where:
            parent.put(pointer, LONG, 1, struct.pack(f"{self.order}I", where))

    def _written(self, directory: _Directory) -> int:
        """Write a directory in its place, or where it has grown at the end; return its offset."""
        body = struct.pack(f"{self.order}H", len(directory.entries))
        body += b"".join(struct.pack(f"{self.order}HHI4s", *entry) for entry in directory.entries)
        body += directory.following
        room = 6 + 12 * directory.old if directory.where else 0
        if len(body) <= room:
            start = directory.where
            self.splices += _differences(bytes(self.stream[start : start + room]), body.ljust(room, b"\0"), start)
            return start
        if directory.where:
            self._blank(directory)
        return self._append(body)

    def _blank(self, directory: _Directory) -> None:
        start, end = directory.where, directory.where + 6 + 12 * directory.old
        values = [pair for entry, pair in zip(self.walked, self.taken, strict=False) if not start <= entry.at < end]
        if not any(a < end and start < b for a, b in [*values, *self.taken[len(self.walked) :]]):
            self.splices.append(Splice(start, end, bytes(end - start)))


def _differences(old: bytes, new: bytes, start: int) -> list[Splice]:
    """Return splices for the entries of a directory that differ, so that the others aren't even touched."""
    edges = pairwise([0, *range(2, len(old) - 3, 12), len(old)])
    return [Splice(start + a, start + b, new[a:b]) for a, b in edges if old[a:b] != new[a:b]]
