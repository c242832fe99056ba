"""Where EXIF, IPTC and XMP lie in JPEG, PNG, WebP and TIFF files, read strictly, and how to put others in their place.

`carriers` reads leniently to show what is there; here anything unusual is a reason not to write. Layouts: JPEG (ITU-T
T.81, XMP part 3, CIPA DC-007 for multi-picture files), PNG 3, RIFF/WebP, TIFF 6.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench import carriers, exif, exif_write, iim, packet, structure
from workbench.exif_write import Tag, Value
from workbench.splices import Splice, Untouchable, apply

Data = bytes | mmap.mmap

MAX_PAGES = 4
"""Pages up to which a TIFF is written into."""
MAX_JPEG_XMP = 65_502
"""Bytes of XMP that one JPEG segment holds."""
_MAX_SEGMENT = 65_533
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_EXIF = b"Exif\0\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_END = b"\xff\xd9"
_BLOCK_TAGS = {exif.XMP: "xmp", exif.IPTC: "iptc", exif.PHOTOSHOP: "iptc"}
_CUT_OFF = "The file is cut off or damaged, so nothing is written into it."


@dataclass(slots=True)
class Container:
    """The carriers of one file.

    Attributes
    ----------
    data : bytes or mmap.mmap
        The whole file.
    xmp, exif, iptc : bytes or None
        The XMP packet, the TIFF stream (for a TIFF, the file), the IIM block; None where there is none.
    xmp_more : bytes
        What a JPEG keeps of its XMP outside the main packet.
    signed : bool
        Whether content credentials (C2PA) or another JUMBF block bind the file.
    odd : dict of str to str
        Carrier that can't be written → why.
    """

    data: Data
    xmp: bytes | None = None
    exif: Data | None = None
    iptc: bytes | None = None
    xmp_more: bytes = b""
    signed: bool = False
    odd: dict[str, str] = field(default_factory=dict)

    @property
    def order(self) -> str:
        """Byte order of the EXIF stream, or of the one that would be made."""
        return exif.order(self.exif) if self.exif else "<"

    def splices(self, xmp: bytes | None, tags: Mapping[Tag, Value | None], iptc: bytes | None) -> list[Splice]:
        """Return the splices that put these in: a packet and an IIM block (None keeps what is there), EXIF tags."""
        raise NotImplementedError

    def foreign(self) -> list[bytes]:
        """Return everything that isn't EXIF, IPTC or XMP, piece by piece, to be compared between two files."""
        raise NotImplementedError

    def new_exif(self, tags: Mapping[Tag, Value | None]) -> bytes:
        """Return a stream with nothing but these tags, little-endian."""
        present = {tag: value for tag, value in tags.items() if value is not None}
        return apply(exif_write.EMPTY, exif_write.edit(exif_write.EMPTY, present)) if present else b""


def open_container(data: Data, format: str | None) -> Container:
    """Read the carriers of a file strictly.

    Parameters
    ----------
    data : bytes or mmap.mmap
    format : str or None
        What `formats.recognise` said.

    Raises
    ------
    Untouchable
        Files of this format aren't written into, or this one is damaged or unusual.
    """
    opener = _OPENERS.get(format or "")
    if opener is None:
        raise Untouchable(f"Nothing can be written into {format or 'this kind of'} files without risk.")
    try:
        container = opener(data)
    except (struct.error, IndexError, ValueError) as error:
        raise Untouchable(_CUT_OFF) from error
    if container.exif is not None and container.exif is not data:
        _note_inner_blocks(container, container.exif)
    return container


def _note_inner_blocks(container: Container, stream: Data) -> None:
    """Leave alone what stands in a tag of the EXIF block, where it would contradict what is written elsewhere."""
    inner = {entry.tag for entry in exif.entries(stream) if entry.group == "Image"}
    for tag, carrier in _BLOCK_TAGS.items():
        if tag in inner:
            container.odd[carrier] = f"The file keeps {carrier.upper()} inside its EXIF block."


def _only(found: list[bytes], carrier: str, container: Container) -> bytes | None:
    if len(found) > 1:
        container.odd[carrier] = f"The file holds several {carrier.upper()} blocks."
    return found[0] if found else None


# ── JPEG ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Segment(NamedTuple):
    marker: int
    start: int
    end: int
    kind: str


@dataclass(slots=True)
class _Jpeg(Container):
    segments: list[_Segment] = field(default_factory=list)
    scan: int = 0

    def of(self, kind: str) -> list[_Segment]:
        return [segment for segment in self.segments if segment.kind == kind]

    def body(self, segment: _Segment) -> bytes:
        return bytes(self.data[segment.start + 4 : segment.end])

    def splices(self, xmp: bytes | None, tags: Mapping[Tag, Value | None], iptc: bytes | None) -> list[Splice]:
        made = self._exif_splices(tags) if tags else []
        if xmp is not None and xmp != self.xmp:
            made += self._put("xmp", 0xE1, [_XMP + fitting(xmp)])
        if iptc is not None and iptc != (self.iptc or b""):
            made += self._put("photoshop", 0xED, self._resources(iptc))
        return made + self._pointers(made)

    def _exif_splices(self, tags: Mapping[Tag, Value | None]) -> list[Splice]:
        known = self.of("exif")
        if not known or not self.exif:
            fresh = self.new_exif(tags)
            return self._put("exif", 0xE1, [_EXIF + fresh]) if fresh else []
        inner = exif_write.edit(self.exif, tags)
        start, end = known[0].start, known[0].end
        grown = sum(len(s.new) - (s.end - s.start) for s in inner)
        length = end - start - 2 + grown
        if length > _MAX_SEGMENT + 2:
            raise Untouchable("The EXIF block would become longer than a JPEG allows.")
        moved = [Splice(s.start + start + 10, s.end + start + 10, s.new) for s in inner]
        return [*moved, Splice(start + 2, start + 4, length.to_bytes(2, "big"))] if grown else moved

    def _resources(self, iptc: bytes) -> list[bytes]:
        run = iim.with_iptc(self._run(), iptc)
        room = _MAX_SEGMENT - len(_PHOTOSHOP)
        return [_PHOTOSHOP + run[at : at + room] for at in range(0, len(run), room)]

    def _run(self) -> bytes:
        return b"".join(self.body(segment)[len(_PHOTOSHOP) :] for segment in self.of("photoshop"))

    def _put(self, kind: str, marker: int, bodies: list[bytes]) -> list[Splice]:
        """Replace the segments of a kind, or put new ones where readers look for them."""
        if any(len(body) > _MAX_SEGMENT for body in bodies):
            raise Untouchable(f"The {kind.upper()} block would become longer than a JPEG allows.")
        new = b"".join(bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body for body in bodies)
        known = self.of(kind)
        if not known:
            at = self._place_for(kind)
            return [Splice(at, at, new)]
        first, *others = known
        return [Splice(first.start, first.end, new), *(Splice(other.start, other.end, b"") for other in others)]

    def _place_for(self, kind: str) -> int:
        before = {"exif": ("head",), "xmp": ("head", "exif"), "photoshop": ("head", "exif", "xmp", "xmp_more")}[kind]
        at = 2
        for segment in self.segments:
            if segment.kind == "mpf":
                break
            if segment.kind in before:
                at = segment.end
        return at

    def _pointers(self, made: list[Splice]) -> list[Splice]:
        """Let the index of a multi-picture file follow: the first picture's length, the others' places."""
        index = self.of("mpf")
        if not index or not made:
            return []
        base = index[0].start + 8
        total = sum(len(s.new) - (s.end - s.start) for s in made)
        behind = sum(len(s.new) - (s.end - s.start) for s in made if s.start >= base)
        return [
            Splice(at, at + 4, struct.pack(f"{order}I", number + (total if first else behind)))
            for at, order, number, first in _mpf_numbers(self.data, index[0])
            if number and (total if first else behind)
        ]

    def foreign(self) -> list[bytes]:
        kept = [s for s in self.segments if s.kind not in ("exif", "xmp", "photoshop")]
        pieces = [self._piece(segment) for segment in kept]
        pieces += [r.whole for r in iim.resources(self._run()) if r.number not in (0x0404, 0x0425)]
        return [*pieces, bytes(self.data[self.scan :])]

    def _piece(self, segment: _Segment) -> bytes:
        """Return a segment's bytes; the index of a multi-picture file as the pictures it points to."""
        whole = bytearray(self.data[segment.start : segment.end])
        if segment.kind != "mpf":
            return bytes(whole)
        base, starts = segment.start + 8, []
        for at, _, number, first in _mpf_numbers(self.data, segment):
            whole[at - segment.start : at - segment.start + 4] = bytes(4)
            starts.append(0 if first or not number else len(self.data) - base - number)
        return bytes(whole) + repr(starts).encode()


def fitting(xmp: bytes) -> bytes:
    """Return a packet short enough for one JPEG segment, without its padding where that makes it so."""
    if len(xmp) > MAX_JPEG_XMP:
        xmp = packet.strip_padding(xmp)
    if len(xmp) > MAX_JPEG_XMP:
        raise Untouchable(f"{len(xmp):,} bytes of XMP are more than a JPEG holds in one piece ({MAX_JPEG_XMP:,}).")
    return xmp


def _mpf_numbers(data: Data, segment: _Segment) -> Iterator[tuple[int, str, int, bool]]:
    """Yield place, byte order and value of the length of the first picture and the offsets of the others."""
    base = segment.start + 8
    stream = bytes(data[base : segment.end])
    if not exif.is_tiff(stream):
        return
    order = exif.order(stream)
    for entry in exif.entries(stream):
        if entry.tag != 0xB002 or entry.group != "Image":
            continue
        for number, at in enumerate(range(entry.start, entry.start + entry.size - 15, 16)):
            size, place = struct.unpack_from(f"{order}II", stream, at + 4)
            yield (base + at + 4, order, size, True) if number == 0 else (base + at + 8, order, place, False)


def _open_jpeg(data: Data) -> Container:
    jpeg = _Jpeg(data)
    at = 2
    while True:
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0x00, 0xD8, 0xD9):
            raise Untouchable(_CUT_OFF)
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise Untouchable(_CUT_OFF)
        if marker == 0xDA:
            break
        jpeg.segments.append(_Segment(marker, at, end, _segment_kind(marker, bytes(data[at + 4 : at + 40]))))
        at = end
    jpeg.scan = at
    if data[-2:] != _END and data.find(_END, at) < 0:
        raise Untouchable(_CUT_OFF)
    _take_jpeg(jpeg)
    return jpeg


def _segment_kind(marker: int, head: bytes) -> str:
    if marker == 0xE1:
        starts = {_EXIF: "exif", _XMP: "xmp", _XMP_MORE: "xmp_more"}
        return next((kind for start, kind in starts.items() if head.startswith(start)), "")
    if marker == 0xED and head.startswith(_PHOTOSHOP):
        return "photoshop"
    if marker == 0xE2 and head.startswith(b"MPF\0"):
        return "mpf"
    if marker == 0xEB and head.startswith(b"JP"):
        return "jumbf"
    return "head" if marker == 0xE0 else ""


def _take_jpeg(jpeg: _Jpeg) -> None:
    jpeg.exif = _only([jpeg.body(segment)[6:] for segment in jpeg.of("exif")], "exif", jpeg)
    jpeg.xmp = _only([jpeg.body(segment)[len(_XMP) :] for segment in jpeg.of("xmp")], "xmp", jpeg)
    if jpeg.of("xmp_more"):
        jpeg.xmp_more = b"".join(carriers.find(jpeg.data).xmp[len(jpeg.of("xmp")) :])
    jpeg.signed = bool(jpeg.of("jumbf"))
    try:
        jpeg.iptc = iim.iptc_of(jpeg._run())
    except Untouchable as reason:
        jpeg.odd["iptc"] = str(reason)


# ── PNG ───────────────────────────────────────────────────────────────────────────────────────────────────────


class _Chunk(NamedTuple):
    name: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Chunked(Container):
    """PNG and WebP: a list of chunks."""

    chunks: list[_Chunk] = field(default_factory=list)
    xmp_chunk: _Chunk | None = None
    exif_chunk: _Chunk | None = None

    def _exif_stream(self, tags: Mapping[Tag, Value | None]) -> bytes | None:
        """Return the stream with these tags, None where nothing changes."""
        if not tags:
            return None
        if self.exif is None:
            return self.new_exif(tags) or None
        inner = exif_write.edit(self.exif, tags)
        return apply(self.exif, inner) if inner else None


@dataclass(slots=True)
class _Png(_Chunked):
    def splices(self, xmp: bytes | None, tags: Mapping[Tag, Value | None], iptc: bytes | None) -> list[Splice]:
        if iptc is not None and iptc != (self.iptc or b""):
            raise Untouchable("A PNG has no place for IPTC datasets.")
        stream = self._exif_stream(tags)
        made = []
        after = self.chunks[0].end
        if stream is not None:
            made.append(_replacing(self.exif_chunk, after, _png_chunk(b"eXIf", stream)))
        if xmp is not None and xmp != self.xmp:
            made.append(_replacing(self.xmp_chunk, after, _png_chunk(b"iTXt", _PNG_XMP + bytes(4) + xmp)))
        return made

    def foreign(self) -> list[bytes]:
        kept = [chunk for chunk in self.chunks if chunk not in (self.xmp_chunk, self.exif_chunk)]
        return [*(bytes(self.data[c.start : c.end]) for c in kept), bytes(self.data[self.chunks[-1].end :])]


_PNG_XMP = b"XML:com.adobe.xmp\0"


def _replacing(known: _Chunk | None, after: int, new: bytes) -> Splice:
    return Splice(known.start, known.end, new) if known else Splice(after, after, new)


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def _open_png(data: Data) -> Container:
    png = _Png(data)
    at = 8
    while not png.chunks or png.chunks[-1].name != b"IEND":
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or (at == 8) != (data[at + 4 : at + 8] == b"IHDR"):
            raise Untouchable(_CUT_OFF)
        png.chunks.append(_Chunk(bytes(data[at + 4 : at + 8]), at, end))
        at = end
    _take_png(png)
    return png


def _take_png(png: _Png) -> None:
    found = carriers.find(png.data)
    streams = [chunk for chunk in png.chunks if chunk.name == b"eXIf"]
    packets = [c for c in png.chunks if c.name == b"iTXt" and png.data[c.start + 8 : c.start + 26] == _PNG_XMP]
    texts = [c for c in png.chunks if c.name in (b"tEXt", b"zTXt", b"iTXt")]
    if any(png.data[c.start + 8 : c.start + 25] == b"Raw profile type " for c in texts):
        why = "The file keeps metadata in text chunks of ImageMagick's kind, which aren't written."
        png.odd |= dict.fromkeys(("exif", "iptc", "xmp"), why)
    png.exif_chunk, png.xmp_chunk = (some[0] if some else None for some in (streams, packets))
    png.exif = _only(found.exif, "exif", png)
    png.xmp = _only(found.xmp, "xmp", png)
    png.iptc = bytes(found.iptc) or None
    png.signed = any(chunk.name == b"caBX" for chunk in png.chunks)


# ── WebP ──────────────────────────────────────────────────────────────────────────────────────────────────────

_HAS_EXIF, _HAS_XMP, _HAS_ALPHA = 0x08, 0x04, 0x10


@dataclass(slots=True)
class _WebP(_Chunked):
    end: int = 0
    size: tuple[int, int, bool] = (0, 0, False)

    def splices(self, xmp: bytes | None, tags: Mapping[Tag, Value | None], iptc: bytes | None) -> list[Splice]:
        if iptc is not None and iptc != (self.iptc or b""):
            raise Untouchable("A WebP has no place for IPTC datasets.")
        stream = self._exif_stream(tags)
        made, flags = [], 0
        if stream is not None:
            body = self._exif_head() + stream
            made.append(_replacing(self.exif_chunk, self._exif_place(), _webp_chunk(b"EXIF", body)))
            flags |= _HAS_EXIF
        if xmp is not None and xmp != self.xmp:
            made.append(_replacing(self.xmp_chunk, self.end, _webp_chunk(b"XMP ", xmp)))
            flags |= _HAS_XMP
        return self._with_head(made, flags) if made else []

    def _exif_head(self) -> bytes:
        start = self.exif_chunk.start + 8 if self.exif_chunk else 0
        return _EXIF if self.exif_chunk and self.data[start : start + 6] == _EXIF else b""

    def _exif_place(self) -> int:
        return self.xmp_chunk.start if self.xmp_chunk else self.end

    def _with_head(self, made: list[Splice], flags: int) -> list[Splice]:
        """Say in the head what the file now holds; a simple file becomes an extended one."""
        first = self.chunks[0]
        if first.name == b"VP8X":
            at = first.start + 8
            made.append(Splice(at, at + 1, bytes([self.data[at] | flags])))
        else:
            width, height, alpha = self.size
            head = bytes([flags | (_HAS_ALPHA if alpha else 0), 0, 0, 0])
            head += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
            made.append(Splice(12, 12, _webp_chunk(b"VP8X", head)))
        grown = sum(len(s.new) - (s.end - s.start) for s in made)
        return [*made, Splice(4, 8, (self.end - 8 + grown).to_bytes(4, "little"))]

    def foreign(self) -> list[bytes]:
        kept = [chunk for chunk in self.chunks if chunk not in (self.xmp_chunk, self.exif_chunk)]
        pieces = [bytes(self.data[chunk.start : chunk.end]) for chunk in kept if chunk.name != b"VP8X"]
        heads = [self.data[c.start : c.end] for c in kept if c.name == b"VP8X"]
        pieces += [bytes([head[8] & ~(_HAS_EXIF | _HAS_XMP)]) + bytes(head[9:]) for head in heads]
        return [repr(self.size).encode(), *(p for p in pieces if not _plain_head(p)), bytes(self.data[self.end :])]


def _plain_head(piece: bytes) -> bool:
    """Say whether this is a head that a simple file gets when it becomes an extended one."""
    return len(piece) == 10 and piece[0] & ~_HAS_ALPHA == 0


def _webp_chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) & 1)


def _open_webp(data: Data) -> Container:
    webp = _WebP(data)
    webp.end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while at < webp.end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + (size & 1)
        if end > webp.end or webp.end > len(data):
            raise Untouchable(_CUT_OFF)
        webp.chunks.append(_Chunk(bytes(data[at : at + 4]), at, end))
        at = end
    if not webp.chunks or webp.chunks[0].name not in (b"VP8X", b"VP8 ", b"VP8L"):
        raise Untouchable(_CUT_OFF)
    _take_webp(webp)
    return webp


def _take_webp(webp: _WebP) -> None:
    found = carriers.find(webp.data[: webp.end])
    streams = [chunk for chunk in webp.chunks if chunk.name == b"EXIF"]
    packets = [chunk for chunk in webp.chunks if chunk.name == b"XMP "]
    webp.exif_chunk, webp.xmp_chunk = (some[0] if some else None for some in (streams, packets))
    webp.exif = _only(found.exif, "exif", webp)
    webp.xmp = _only(found.xmp, "xmp", webp)
    webp.signed = any(chunk.name == b"C2PA" for chunk in webp.chunks)
    webp.size = _webp_size(webp.data, webp.chunks[0])


def _webp_size(data: Data, first: _Chunk) -> tuple[int, int, bool]:
    """Return width and height, and whether there is transparency (RFC 9649, 2.7; RFC 6386, 9.1)."""
    at = first.start + 8
    if first.name == b"VP8X":
        width, height = (int.from_bytes(data[at + n : at + n + 3], "little") + 1 for n in (4, 7))
        return width, height, bool(data[at] & _HAS_ALPHA)
    if first.name == b"VP8L":
        bits = int.from_bytes(data[at + 1 : at + 5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack("<HH", data[at + 6 : at + 10])
    return width & 0x3FFF, height & 0x3FFF, False


# ── TIFF ──────────────────────────────────────────────────────────────────────────────────────────────────────

_C2PA = 0xCD41


@dataclass(slots=True)
class _Tiff(Container):
    pages: int = 0
    resources: bytes = b""
    iptc_tag: bool = False

    def splices(self, xmp: bytes | None, tags: Mapping[Tag, Value | None], iptc: bytes | None) -> list[Splice]:
        wanted = dict(tags)
        if xmp is not None and xmp != self.xmp:
            wanted["Image", exif.XMP] = Value(exif_write.BYTE, len(xmp), xmp)
        if iptc is not None and iptc != (self.iptc or b""):
            run = iim.with_iptc(self.resources, iptc)
            wanted["Image", exif.PHOTOSHOP] = Value(exif_write.BYTE, len(run), run)
            if self.iptc_tag or not self.resources:
                wanted["Image", exif.IPTC] = Value(exif_write.UNDEFINED, len(iptc), iptc)
        return exif_write.edit(self.data, wanted)

    def foreign(self) -> list[bytes]:
        """Return every page's tags with their bytes and, where a tag says where a picture lies, the picture's bytes."""
        found = list(exif.entries(self.data))
        by_tag = {(entry.group, entry.tag): entry for entry in found}
        pieces = [repr(self.pages).encode()]
        for (group, tag), entry in by_tag.items():
            sizes = by_tag.get((group, _PICTURES.get(tag, -1)))
            if sizes:
                starts = zip(exif.integers(self.data, entry), exif.integers(self.data, sizes), strict=False)
                pieces += [bytes(self.data[start : start + size]) for start, size in starts]
            if group not in ("Image", "Photo", "GPSInfo"):
                pieces.append(repr(entry[:4]).encode() + exif.raw(self.data, entry))
        return pieces


_PICTURES = {0x0111: 0x0117, 0x0144: 0x0145, 0x0201: 0x0202}


def _open_tiff(data: Data) -> Container:
    if data[:4] not in (b"II*\0", b"MM\0*"):
        raise Untouchable("Nothing is written into BigTIFF files.")
    pages = structure.tiff_directories(data, deep=True)
    if not pages or any(structure.looks_raw(page) or page.dng for page in pages):
        raise Untouchable("Nothing is written into camera raw files.")
    if any(page.data_end > len(data) for page in pages):
        raise Untouchable(_CUT_OFF)
    count = len(structure.tiff_directories(data))
    if count > MAX_PAGES:
        raise Untouchable(f"Nothing is written into TIFF files of more than {MAX_PAGES} pages; this one has {count}.")
    tiff = _Tiff(data, exif=data, pages=count)
    _take_tiff(tiff)
    return tiff


def _take_tiff(tiff: _Tiff) -> None:
    for entry in exif.entries(tiff.data):
        if entry.group != "Image":
            continue
        if entry.tag == exif.XMP:
            tiff.xmp = exif.raw(tiff.data, entry)
        elif entry.tag == exif.PHOTOSHOP:
            tiff.resources = exif.raw(tiff.data, entry)
        elif entry.tag == exif.IPTC:
            tiff.iptc_tag = True
        elif entry.tag == _C2PA:
            tiff.signed = True
    try:
        run = iim.iptc_of(tiff.resources)
        tiff.iptc = bytes(carriers.find(tiff.data).iptc) or None
        if run and tiff.iptc_tag and run.rstrip(b"\0") != (tiff.iptc or b"").rstrip(b"\0"):
            tiff.odd["iptc"] = "The file holds two IPTC blocks that differ."
    except Untouchable as reason:
        tiff.odd["iptc"] = str(reason)


_OPENERS = {"JPEG": _open_jpeg, "PNG": _open_png, "WEBP": _open_webp, "TIFF": _open_tiff}
