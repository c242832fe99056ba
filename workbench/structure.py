"""The structure of image files, walked without decoding a pixel.

JPEG markers after ITU-T T.81, PNG chunks after the W3C recommendation, GIF blocks after GIF89a, TIFF
directories after TIFF 6.0 and the BigTIFF extension, orientation after Exif 2.32. Every walk is
bounded and never raises on hostile input: what doesn't fit ends it.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

Data = bytes | mmap.mmap

MAX_PAGES = 10_000
MAX_FRAMES = 100_000
MAX_SCANS = 1_000
MAX_ICC = 4 << 20
"""Bytes of an ICC profile beyond which it is ignored; real ones are under 3 MB."""

_NOT_FRAMES = (0xC4, 0xC8, 0xCC)


@dataclass(slots=True)
class Jpeg:
    """What the markers of a JPEG say.

    Attributes
    ----------
    width, height : int
        Pixels as stored; 0 when there was no frame header.
    precision : int
        Bits per sample.
    progressive : bool
        Whether it is decoded in several passes over all coefficients.
    scans : int
        Number of scans, counted up to `MAX_SCANS`.
    exif : bytes
        The TIFF structure of the Exif segment, or empty.
    icc : bytes
        The ICC profile, or empty.
    colour : bytes
        The JFIF and Adobe segments, which tell a decoder the colour space.
    coded : list of bytes or memoryview
        Everything that makes the picture: tables, frame and scan headers and entropy-coded data.
    complete : bool
        Whether the end-of-image marker was found.
    """

    width: int = 0
    height: int = 0
    precision: int = 8
    components: int = 0
    progressive: bool = False
    scans: int = 0
    exif: bytes = b""
    icc: bytes = b""
    colour: bytes = b""
    coded: list[bytes | memoryview] = field(default_factory=list)
    complete: bool = False
    profile: dict[int, bytes] = field(default_factory=dict)

    def stream(self) -> bytes:
        """Return the picture as a JPEG without any metadata, for a decoder."""
        return b"".join((b"\xff\xd8", self.colour, *self.coded, b"\xff\xd9" if self.complete else b""))


def walk_jpeg(data: Data) -> Jpeg:
    """Walk the markers of a JPEG once, from the first to the end of the first image."""
    jpeg = Jpeg()
    # Views spare three copies of the file, but a view of a mapped file would keep it from being closed.
    whole = memoryview(data) if isinstance(data, bytes) else data
    position, size = 2, len(data)
    while 0 <= position < size - 1 and jpeg.scans < MAX_SCANS:
        marker = data[position + 1]
        if data[position] != 0xFF or marker in (0x00, 0xFF):
            position = data.find(b"\xff", position + 1)
            continue
        if marker == 0xD9:
            jpeg.complete = True
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if end > size or end < position + 4:
            break
        segment = data[position:end]
        _take_segment(jpeg, marker, segment)
        position = end
        if marker == 0xDA:
            position = _scan_end(data, end, jpeg, segment)
            jpeg.coded.append(whole[end:position])
    jpeg.icc = b"".join(jpeg.profile[part] for part in sorted(jpeg.profile))[:MAX_ICC]
    return jpeg


def _take_segment(jpeg: Jpeg, marker: int, segment: bytes) -> None:
    if 0xE0 <= marker <= 0xEF or marker == 0xFE:
        if marker == 0xE1 and not jpeg.exif and segment[4:10] == b"Exif\0\0":
            jpeg.exif = segment[10:]
        elif marker == 0xE2 and segment[4:16] == b"ICC_PROFILE\0":
            jpeg.profile.setdefault(segment[16] if len(segment) > 16 else 0, segment[18:])
        elif (marker == 0xE0 and segment[4:9] == b"JFIF\0") or (marker == 0xEE and segment[4:9] == b"Adobe"):
            jpeg.colour += segment if len(jpeg.colour) < 256 else b""
        return
    if 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES and not jpeg.width and len(segment) >= 10:
        jpeg.precision = segment[4]
        jpeg.height, jpeg.width, jpeg.components = struct.unpack(">HHB", segment[5:10])
        jpeg.progressive = marker in (0xC2, 0xC6, 0xCA, 0xCE)
    jpeg.scans += marker == 0xDA
    jpeg.coded.append(segment)


def _scan_end(data: Data, start: int, jpeg: Jpeg, header: bytes) -> int:
    """Return where the entropy-coded data after a scan header end.

    Inside them 0xFF is followed by 0 or a restart marker only. Where one scan holds everything, only the
    end-of-image marker ends it, as decoders do too: a flipped bit must not look like a segment.
    """
    if not jpeg.progressive and header[4:5] == bytes([jpeg.components & 0xFF]):
        return _first_end(data, start)
    window = 1 << 16
    while start < len(data) - 1:
        values = np.frombuffer(data, np.uint8, min(window, len(data) - start), start)
        places = np.flatnonzero(values[:-1] == 0xFF)
        after = values[places + 1]
        ends = (after - 1 < 0xCF) | ((after > 0xD7) & (after < 0xFF))
        if ends.any():
            return start + int(places[ends.argmax()])
        start += len(values) - 1
        window = min(window * 4, 1 << 20)
    return len(data)


def _first_end(data: Data, start: int) -> int:
    """Return where the first end-of-image marker at or after ``start`` is; by pairs of bytes, four times bytes.find."""
    window = 1 << 20
    for at in range(start, len(data), window):
        found = []
        for first in (at, at + 1):
            pairs = np.frombuffer(data, "<u2", max(0, min(window, len(data) - first)) // 2, first)
            hits = pairs == 0xD9FF
            if hits.any():
                found.append(first + 2 * int(hits.argmax()))
        if found:
            return min(found)
    return len(data)


def exif_orientation(exif: bytes) -> int | None:
    r"""Return the orientation (1–8) that an Exif block states, or None.

    Parameters
    ----------
    exif : bytes
        A TIFF structure, with or without ``Exif\0\0`` in front.
    """
    directories = tiff_directories(exif.removeprefix(b"Exif\0\0"), limit=1)
    return directories[0].orientation if directories else None


@dataclass(slots=True)
class Directory:
    """The tags of one TIFF directory that the workbench looks at."""

    width: int = 0
    height: int = 0
    bits: int = 1
    compression: int = 1
    photometric: int = 0
    orientation: int | None = None
    make: bytes = b""
    dng: bool = False
    cfa: bool = False
    icc: bytes = b""
    children: tuple[int, ...] = ()
    data_end: int = 0
    tags: dict[int, tuple[int, ...]] = field(default_factory=dict)


_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}
_TYPE_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_WANTED = {256, 257, 258, 259, 262, 273, 274, 279, 324, 325, 330}
_VENDOR_COMPRESSIONS = {32767, 32769, 32770, 32772, 34713, 65000, 65535}


def looks_raw(directory: Directory) -> bool:
    """Whether a directory holds sensor data: a colour filter array, linear raw, or a maker's own compression."""
    return directory.cfa or directory.photometric in (32803, 34892) or directory.compression in _VENDOR_COMPRESSIONS


def tiff_directories(data: Data, *, limit: int = MAX_PAGES, deep: bool = False) -> list[Directory]:
    """Read the chain of TIFF directories (classic or Big), each with its own child directories if ``deep``.

    Parameters
    ----------
    data : bytes or mmap.mmap
        A TIFF file or the TIFF structure of an Exif block.
    limit : int
        How many directories of the chain to follow.

    Returns
    -------
    list of Directory
        Up to where the structure makes sense; loops are cut.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        return []
    big = struct.unpack(order + "H", data[2:4])[0] == 43
    try:
        (offset,) = struct.unpack(order + ("Q" if big else "I"), data[8:16] if big else data[4:8])
    except struct.error:
        return []
    found: list[Directory] = []
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) < limit:
        seen.add(offset)
        directory, offset = _directory(data, offset, order, big)
        if directory is None:
            break
        found.append(directory)
        if deep:
            children = (_directory(data, child, order, big)[0] for child in directory.children[:16])
            found.extend(child for child in children if child is not None)
    return found


def _directory(data: Data, offset: int, order: str, big: bool) -> tuple[Directory | None, int]:
    count_size, entry_size, next_size = (8, 20, 8) if big else (2, 12, 4)
    head = data[offset : offset + count_size]
    if len(head) < count_size:
        return None, 0
    (count,) = struct.unpack(order + ("Q" if big else "H"), head)
    if not 0 < count <= 4096:
        return None, 0
    start = offset + count_size
    block = data[start : start + count * entry_size + next_size]
    directory = Directory()
    for at in range(0, min(count * entry_size, len(block) - entry_size + 1), entry_size):
        tag, kind, length = struct.unpack(order + ("HHQ" if big else "HHI"), block[at : at + (12 if big else 8)])
        _take_tag(directory, data, block[at + (12 if big else 8) : at + entry_size], order, tag, kind, length)
    _settle(directory)
    tail = block[count * entry_size :]
    following = struct.unpack(order + ("Q" if big else "I"), tail)[0] if len(tail) == next_size else 0
    return directory, following


def _take_tag(d: Directory, data: Data, field_: bytes, order: str, tag: int, kind: int, length: int) -> None:
    size = _TYPE_SIZES.get(kind, 0) * length
    if not size:
        return
    if tag == 50706:
        d.dng = True
    elif tag == 33422:
        d.cfa = True
    elif tag in (271, 34675):
        value = _bytes_at(data, field_, order, size)
        if tag == 271:
            d.make = value[:64].strip(b"\0 ")
        elif size <= MAX_ICC:
            d.icc = value
    elif tag in _WANTED and kind in _TYPE_CODES and size <= 8 << 20:
        value = _bytes_at(data, field_, order, size)
        if len(value) == size:
            d.tags[tag] = struct.unpack(f"{order}{length}{_TYPE_CODES[kind]}", value)


def _bytes_at(data: Data, field_: bytes, order: str, size: int) -> bytes:
    if size <= len(field_):
        return field_[:size]
    (offset,) = struct.unpack(order + ("Q" if len(field_) == 8 else "I"), field_)
    return bytes(data[offset : offset + min(size, 8 << 20)])


def _settle(d: Directory) -> None:
    def first(tag: int, otherwise: int) -> int:
        return d.tags.get(tag, (otherwise,))[0]

    d.width, d.height, d.compression, d.photometric = first(256, 0), first(257, 0), first(259, 1), first(262, 0)
    d.bits = max(d.tags.get(258, (1,)))
    d.orientation = first(274, 0) if 1 <= first(274, 0) <= 8 else None
    d.children = d.tags.get(330, ())
    for starts, lengths in ((273, 279), (324, 325)):
        if starts in d.tags and lengths in d.tags:
            ends = (a + b for a, b in zip(d.tags[starts], d.tags[lengths], strict=False))
            d.data_end = max(d.data_end, *ends, 0)
    d.tags.clear()


@dataclass(slots=True)
class Png:
    """What the chunks of a PNG say; ``coded`` is what makes the picture, ``stream`` a PNG of its still image only."""

    width: int = 0
    height: int = 0
    bits: int = 8
    frames: int = 1
    exif: bytes = b""
    icc: bytes = b""
    coded: list[bytes] = field(default_factory=list)
    stream: bytes = b""
    complete: bool = False


_PNG_STILL = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_PNG_MOVING = {b"acTL", b"fcTL", b"fdAT"}


def walk_png(data: Data) -> Png:
    """Walk the chunks of a PNG; text chunks, where bombs hide, are passed over unread."""
    png = Png()
    still: list[bytes] = [b"\x89PNG\r\n\x1a\n"]
    for name, body, whole in _png_chunks(data):
        if name in _PNG_STILL:
            still.append(whole)
        if name in _PNG_STILL or name in _PNG_MOVING:
            png.coded.append(body if name == b"IDAT" else name + body)
        if name == b"IHDR" and len(body) >= 13:
            png.width, png.height, png.bits = struct.unpack(">IIB", body[:9])
        elif name == b"acTL" and len(body) >= 8:
            png.frames = max(1, int.from_bytes(body[:4], "big"))
        elif name == b"eXIf":
            png.exif = body
        elif name == b"iCCP":
            png.icc = _inflate_profile(body)
        png.complete = name == b"IEND"
    png.stream = b"".join(still)
    return png


def _png_chunks(data: Data) -> Iterator[tuple[bytes, bytes, bytes]]:
    position, size = 8, len(data)
    while position + 8 <= size:
        length = int.from_bytes(data[position : position + 4], "big")
        name = bytes(data[position + 4 : position + 8])
        end = position + 12 + length
        if name in _PNG_STILL or name in _PNG_MOVING or name in (b"eXIf", b"iCCP"):
            whole = bytes(data[position:end])
            yield name, whole[8 : 8 + length], whole
        if name == b"IEND":
            return
        position = end


def _inflate_profile(body: bytes) -> bytes:
    _, _, packed = body.partition(b"\0")
    try:
        inflater = zlib.decompressobj()
        profile = inflater.decompress(packed[1:], MAX_ICC)
    except zlib.error:
        return b""
    return b"" if inflater.unconsumed_tail else profile


def count_gif_frames(data: Data) -> tuple[int, bool]:
    """Count the frames of a GIF up to `MAX_FRAMES`, and say whether its trailer was reached."""
    position, frames, size = 13, 0, len(data)
    if size >= 13 and data[10] & 0x80:
        position += 3 << ((data[10] & 7) + 1)
    while position < size and frames < MAX_FRAMES:
        block = data[position]
        if block == 0x3B:
            return frames, True
        if block == 0x21:
            position = _skip_blocks(data, position + 2)
        elif block == 0x2C and position + 10 <= size:
            flags = data[position + 9]
            position += 10 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
            position = _skip_blocks(data, position + 1)
            frames += 1
        else:
            position += 1
    return frames, False


def _skip_blocks(data: Data, position: int) -> int:
    size = len(data)
    while position < size and data[position]:
        position += data[position] + 1
    return position + 1


def heif_bit_depth(data: Data) -> int | None:
    """Return the bits per channel stated by a HEIF or AVIF file (``pixi``, ``av1C`` or ``hvcC`` property), or None."""
    head = bytes(data[: 256 << 10])
    at = head.find(b"pixi")
    if at >= 0 and len(head) > at + 9 and head[at + 8] in (1, 3, 4):
        return head[at + 9]
    at = head.find(b"av1C")
    if at >= 0 and len(head) > at + 6:
        return 8 if not head[at + 6] & 0x40 else 12 if head[at + 6] & 0x20 else 10
    at = head.find(b"hvcC")
    if at >= 0 and len(head) > at + 21:
        return 8 + (head[at + 21] & 7)
    return None


def stops_early(data: Data, format: str) -> bool:
    """Whether the file's own structure says that its end is missing.

    Asked only about a picture that would not decode, to tell a cut file from a damaged one.
    """
    size = len(data)
    if format == "JPEG":
        return not walk_jpeg(data).complete
    if format == "PNG":
        return not walk_png(data).complete
    if format == "GIF":
        return not count_gif_frames(data)[1]
    if format == "TIFF":
        directories = tiff_directories(data)
        return not directories or any(directory.data_end > size for directory in directories)
    if format == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > size
    if format == "BMP":
        return int.from_bytes(data[2:6], "little") > size
    if format in ("HEIC", "AVIF", "JPEG2000"):
        return _boxes_end(data) > size
    return False


def _boxes_end(data: Data) -> int:
    position, size = 0, len(data)
    for _ in range(1000):
        if position + 8 > size:
            break
        length = int.from_bytes(data[position : position + 4], "big")
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16], "big")
        if length < 8:
            break
        position += length
    return position
