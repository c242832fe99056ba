"""What carries metadata in a file: byte walks that find raw EXIF, IPTC and XMP without decoding a pixel.

Pure. Reads what is there and stops quietly where a file is cut off or broken, so a truncated picture still gives up the
metadata at its beginning. Layouts: JPEG (ITU-T T.81), PNG 3, RIFF/WebP, GIF89a, TIFF 6, ISO 14496-12/23008-12
(HEIF, AVIF), ISO 18181-2 (JPEG XL), ISO 15444 (JP2), Photoshop image resources, XMP part 3.
"""

from __future__ import annotations

import binascii
import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench import exif

Data = bytes | mmap.mmap

_MAX_PARTS = 10_000
_MAX_BLOCK = 33 * 2**20
_MAX_NOTE = 4 * 2**20
_MAX_SCANNED = 64 * 2**20
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_IPTC_UUID = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_EXIF_UUID = b"JpgTiffExif->JP2"
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"MMOR", b"IIRS", b"IIU\0", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR", b"FOVb")


@dataclass(slots=True)
class Blocks:
    """The raw metadata of one file.

    Attributes
    ----------
    exif : list of bytes
        TIFF streams.
    iptc : bytearray
        The IPTC-IIM datasets, one block after the other.
    iptc_digest : bytes
        MD5 of the IPTC-IIM block when XMP was last written from it (Photoshop resource 0x0425), if noted.
    xmp : list of bytes
        XMP packets.
    notes : list of (str, str)
        Plain text outside the three standards: key such as ``Png.Title`` or ``Jpeg.Comment``, and the text.
    stream : bool
        True where the file itself is the TIFF stream.
    opaque : bool
        True for a camera's own container that only Exiv2 can open.
    """

    exif: list[bytes] = field(default_factory=list)
    iptc: bytearray = field(default_factory=bytearray)
    iptc_digest: bytes = b""
    xmp: list[bytes] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    stream: bool = False
    opaque: bool = False


def find(data: Data) -> Blocks:
    """Find the metadata blocks of a file by its content; never raises on bad content."""
    blocks = Blocks()
    head = bytes(data[:32])
    if head.startswith(b"\xff\xd8"):
        _jpeg(data, blocks)
    elif head.startswith(b"\x89PNG"):
        _png(data, blocks)
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        _webp(data, blocks)
    elif head.startswith(b"GIF8"):
        _gif(data, blocks)
    elif head.startswith(_RAW_STARTS) or head[4:11] == b"ftypcrx":
        blocks.opaque = True
    elif exif.is_tiff(head):
        blocks.stream = True
        take_embedded(data, list(exif.entries(data)), blocks)
    elif head[4:8] in (b"ftyp", b"JXL ", b"jP  "):
        _boxes(data, blocks)
    elif head.startswith(b"8BPS"):
        _photoshop_document(data, blocks)
    else:
        _scan_for_packet(data, blocks)
    return blocks


# ── JPEG ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _jpeg(data: Data, blocks: Blocks) -> None:
    resources = bytearray()
    extended: dict[bytes, dict[int, bytes]] = {}
    for marker, body in _segments(data):
        if marker == 0xE1 and body.startswith(b"Exif\0"):
            blocks.exif.append(body[6:])
        elif marker == 0xE1 and body.startswith(_XMP_JPEG):
            blocks.xmp.append(body[len(_XMP_JPEG) :])
        elif marker == 0xE1 and body.startswith(_XMP_MORE):
            extended.setdefault(body[35:67], {})[int.from_bytes(body[71:75], "big")] = body[75:]
        elif marker == 0xED and body.startswith(b"Photoshop 3.0\0"):
            resources += body[14:]
        elif marker == 0xFE:
            _note(blocks, "Jpeg.Comment", body)
    _resources(bytes(resources), blocks)
    main = blocks.xmp[0] if blocks.xmp else b""
    blocks.xmp += [b"".join(parts[at] for at in sorted(parts)) for guid, parts in extended.items() if guid in main]


def _segments(data: Data) -> Iterator[tuple[int, bytes]]:
    """Yield marker and body of the segments before the picture data.

    Where the chain is broken, reading goes on at the next metadata segment within a megabyte.
    """
    at = 2
    for _ in range(_MAX_PARTS):
        head = data[at : at + 4]
        if len(head) < 4:
            return
        marker, size = head[1], int.from_bytes(head[2:4], "big")
        if marker == 0xFF == head[0]:
            at += 1
        elif head[0] != 0xFF or marker in (0x00, 0xD8) or size < 2:
            at = _next_metadata(data, at)
            if at < 0:
                return
        elif marker in (0xDA, 0xD9):
            return
        else:
            if marker in (0xE1, 0xED, 0xFE):
                yield marker, bytes(data[at + 4 : at + 2 + size])
            at += 2 + size


def _next_metadata(data: Data, at: int) -> int:
    reach = at + 2**20
    found = (data.find(start, at + 5, reach) for start in (b"Exif\0\0II", b"Exif\0\0MM", _XMP_JPEG))
    return min((place - 4 for place in found if place >= 0), default=-1)


def _resources(block: bytes, blocks: Blocks) -> None:
    """Read Photoshop image resources: IPTC and its digest, and in documents EXIF and XMP."""
    for number, body in _resource_walk(block):
        if number == 0x0404:
            blocks.iptc += body
        elif number == 0x0425:
            blocks.iptc_digest = body
        elif number in (0x0422, 0x0423):
            blocks.exif.append(body)
        elif number == 0x0424:
            blocks.xmp.append(body)


def _resource_walk(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while block[at : at + 4] == b"8BIM" and at + 12 <= len(block):
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        start = at + 6 + (block[at + 6] | 1) + 1
        size = int.from_bytes(block[start : start + 4], "big")
        yield number, block[start + 4 : start + 4 + size]
        at = start + 4 + size + (size & 1)


def _note(blocks: Blocks, key: str, value: bytes) -> None:
    decoded = exif.text(value[:_MAX_NOTE])
    if decoded:
        blocks.notes.append((key, decoded))


# ── PNG ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _png(data: Data, blocks: Blocks) -> None:
    at = 8
    for _ in range(_MAX_PARTS):
        head = data[at : at + 8]
        if len(head) < 8 or head[4:] == b"IEND":
            return
        size = int.from_bytes(head[:4], "big")
        if head[4:] == b"eXIf":
            blocks.exif.append(_stream(bytes(data[at + 8 : at + 8 + size])))
        elif head[4:] in (b"iTXt", b"zTXt", b"tEXt"):
            _png_text(bytes(head[4:]), bytes(data[at + 8 : at + 8 + min(size, _MAX_BLOCK)]), blocks)
        at += 12 + size


def _png_text(chunk: bytes, body: bytes, blocks: Blocks) -> None:
    keyword, _, rest = body.partition(b"\0")
    codec = "utf-8" if chunk == b"iTXt" else "latin-1"
    if chunk == b"zTXt":
        rest = _inflated(rest[1:])
    elif chunk == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        rest = _inflated(rest) if packed else rest
    if keyword == b"XML:com.adobe.xmp":
        blocks.xmp.append(rest)
    elif keyword.startswith(b"Raw profile type "):
        _raw_profile(keyword[17:].strip().lower(), rest, blocks)
    else:
        decoded = rest[:_MAX_NOTE].decode(codec, "replace").strip("\0 \r\n")
        if decoded and keyword:
            blocks.notes.append((f"Png.{keyword[:79].decode('latin-1')}", decoded))


def _inflated(packed: bytes) -> bytes:
    """Decompress, but never beyond the limit for one block; damaged data gives nothing."""
    try:
        return zlib.decompressobj().decompress(packed, _MAX_BLOCK)
    except zlib.error:
        return b""


def _raw_profile(kind: bytes, profile: bytes, blocks: Blocks) -> None:
    """Read ImageMagick's way of keeping a profile in PNG text: name, length, then hexadecimal lines."""
    lines = profile.strip().split(b"\n", 2)
    try:
        body = binascii.unhexlify(b"".join(lines[2].split())) if len(lines) == 3 else b""
    except binascii.Error:
        return
    if kind == b"iptc" and body.startswith(b"8BIM"):
        _resources(body, blocks)
    elif kind == b"iptc":
        blocks.iptc += body
    elif kind == b"xmp" or body.startswith(_XMP_JPEG):
        blocks.xmp.append(body.removeprefix(_XMP_JPEG))
    elif kind in (b"exif", b"app1"):
        blocks.exif.append(_stream(body))


def _stream(body: bytes) -> bytes:
    """Return the TIFF stream of an EXIF block, with or without the marker that JPEG puts before it."""
    return body[6:] if body.startswith(b"Exif\0") else body


# ── WebP, GIF, TIFF ───────────────────────────────────────────────────────────────────────────────────────────


def _webp(data: Data, blocks: Blocks) -> None:
    at = 12
    for _ in range(_MAX_PARTS):
        head = data[at : at + 8]
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            blocks.exif.append(_stream(bytes(data[at + 8 : at + 8 + size])))
        elif head[:4] == b"XMP ":
            blocks.xmp.append(bytes(data[at + 8 : at + 8 + size]))
        at += 8 + size + (size & 1)


def _gif(data: Data, blocks: Blocks) -> None:
    """Read the comments before the first frame, and the XMP packet wherever it is."""
    flags = data[10] if len(data) > 10 else 0
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    for _ in range(_MAX_PARTS):
        kind = data[at : at + 2]
        if kind[:1] != b"!":
            break
        body, at = _sub_blocks(data, at + 2)
        if kind == b"!\xfe":
            _note(blocks, "Gif.Comment", body)
    start = data.find(b"!\xff\x0bXMP DataXMP")
    end = data.find(b"\x01\xff\xfe\xfd", start)
    if start >= 0:
        blocks.xmp.append(bytes(data[start + 14 : end if end > 0 else len(data)]))


def _sub_blocks(data: Data, at: int) -> tuple[bytes, int]:
    """Read a chain of GIF sub-blocks; return its bytes, and where it ends."""
    parts = []
    while at < len(data) and data[at]:
        parts.append(bytes(data[at + 1 : at + 1 + data[at]]))
        at += 1 + data[at]
    return b"".join(parts), at + 1


def take_embedded(data: exif.Data, entries: list[exif.Entry], blocks: Blocks) -> None:
    """Take the XMP, IPTC and Photoshop blocks that lie in TIFF tags of the first page."""
    resources = b""
    for entry in entries:
        if entry.group != "Image" or entry.size > _MAX_BLOCK:
            continue
        if entry.tag == exif.XMP:
            blocks.xmp.append(exif.raw(data, entry))
        elif entry.tag == exif.IPTC:
            blocks.iptc += _unswapped(data, entry)
        elif entry.tag == exif.PHOTOSHOP:
            resources = exif.raw(data, entry)
    if not blocks.iptc:
        _resources(resources, blocks)
    else:
        blocks.iptc_digest = dict(_resource_walk(resources)).get(0x0425, blocks.iptc_digest)


def _unswapped(data: exif.Data, entry: exif.Entry) -> bytes:
    """Return an IPTC block; some writers store it as 32-bit numbers in the other byte order."""
    block = exif.raw(data, entry)
    if entry.type == 4 and block[:1] != b"\x1c" and block[3:4] == b"\x1c":
        return b"".join(block[at : at + 4][::-1] for at in range(0, len(block), 4))
    return block


# ── boxes: HEIF, AVIF, JPEG XL, JP2 ───────────────────────────────────────────────────────────────────────────


def _boxes(data: Data, blocks: Blocks) -> None:
    for kind, start, end in _box_walk(data, 0, len(data)):
        if kind == b"meta":
            _heif_items(data, start + 4, end, blocks)
        elif kind == b"Exif":
            blocks.exif.append(_counted_stream(bytes(data[start : min(end, start + _MAX_BLOCK)])))
        elif kind == b"xml ":
            blocks.xmp.append(bytes(data[start : min(end, start + _MAX_BLOCK)]))
        elif kind == b"uuid":
            _uuid(bytes(data[start : start + 16]), bytes(data[start + 16 : min(end, start + _MAX_BLOCK)]), blocks)


def _counted_stream(body: bytes) -> bytes:
    """Return the TIFF stream of an EXIF item, which begins with the number of bytes to skip."""
    skipped = int.from_bytes(body[:4], "big")
    return _stream(body[4 + skipped :] if skipped < len(body) else body[4:])


def _uuid(which: bytes, body: bytes, blocks: Blocks) -> None:
    if which == _XMP_UUID:
        blocks.xmp.append(body)
    elif which == _IPTC_UUID:
        blocks.iptc += body
    elif which == _EXIF_UUID:
        blocks.exif.append(_stream(body))


def _box_walk(data: Data, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the contents of each box."""
    for _ in range(_MAX_PARTS):
        head = bytes(data[at : at + 16])
        if len(head) < 8 or at + 8 > end:
            return
        size, start = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        close = min(end, at + size) if size else end
        if close < start:
            return
        yield head[4:8], start, close
        at = close


def _heif_items(data: Data, start: int, end: int, blocks: Blocks) -> None:
    wanted: dict[int, bytes] = {}
    places: dict[int, list[tuple[int, int]]] = {}
    for kind, inner, close in _box_walk(data, start, end):
        if kind == b"iinf":
            wanted = _item_types(data, inner, close)
        elif kind == b"iloc":
            places = _item_places(bytes(data[inner:close]))
    for number, kind in wanted.items():
        body = b"".join(bytes(data[at : at + min(size, _MAX_BLOCK)]) for at, size in places.get(number, [])[:64])
        if kind == b"Exif" and body:
            blocks.exif.append(_counted_stream(body))
        elif body:
            blocks.xmp.append(body)


def _item_types(data: Data, start: int, end: int) -> dict[int, bytes]:
    """Return item number → ``Exif`` or ``mime`` for the items that hold metadata (ISO 14496-12, 8.11.6)."""
    wide = start < end and data[start] > 0
    wanted = {}
    for kind, inner, close in _box_walk(data, start + (8 if wide else 6), end):
        entry = bytes(data[inner : min(close, inner + 256)])
        if kind != b"infe" or len(entry) < 12:
            continue
        long = entry[0] == 3
        number = int.from_bytes(entry[4 : 8 if long else 6], "big")
        what = entry[10:14] if long else entry[8:12]
        if what == b"Exif" or (what == b"mime" and b"rdf+xml" in entry):
            wanted[number] = what
    return wanted


def _item_places(box: bytes) -> dict[int, list[tuple[int, int]]]:
    """Return item number → (offset, size) of its extents in the file (ISO 14496-12, 8.11.3)."""
    cursor = _Cursor(box)
    version = cursor.take(4) >> 24
    offset_size, length_size = divmod(cursor.take(1), 16)
    base_size, index_size = divmod(cursor.take(1), 16)
    long = 4 if version == 2 else 2
    places: dict[int, list[tuple[int, int]]] = {}
    for _ in range(min(cursor.take(long), _MAX_PARTS)):
        if cursor.at >= len(box):
            break
        item = cursor.take(long)
        method = cursor.take(2) & 15 if version else 0
        cursor.take(2)
        base = cursor.take(base_size)
        extents = []
        for _ in range(cursor.take(2)):
            cursor.take(index_size if version else 0)
            extents.append((base + cursor.take(offset_size), cursor.take(length_size)))
            if cursor.at >= len(box):
                break
        if method == 0:
            places[item] = extents
    return places


class _Cursor:
    """Takes big-endian numbers off a block, zeros beyond its end."""

    def __init__(self, block: bytes) -> None:
        self.block = block
        self.at = 0

    def take(self, width: int) -> int:
        self.at += width
        return int.from_bytes(self.block[self.at - width : self.at], "big")


# ── documents and the rest ────────────────────────────────────────────────────────────────────────────────────


def _photoshop_document(data: Data, blocks: Blocks) -> None:
    start = 30 + int.from_bytes(data[26:30], "big")
    size = int.from_bytes(data[start : start + 4], "big")
    _resources(bytes(data[start + 4 : start + 4 + min(size, _MAX_BLOCK)]), blocks)


def _scan_for_packet(data: Data, blocks: Blocks) -> None:
    """Look for a plain XMP packet, as SVG, EPS, Illustrator and PDF files carry one."""
    for opening, closing in ((b"<x:xmpmeta", b"</x:xmpmeta>"), (b"<rdf:RDF", b"</rdf:RDF>")):
        start = data.find(opening, 0, _MAX_SCANNED)
        end = data.find(closing, start, _MAX_SCANNED) if start >= 0 else -1
        if end > 0:
            blocks.xmp.append(bytes(data[start : end + len(closing)]))
            return
