"""Pictures in another format: without loss, the pixels proved equal, or coded no coarser than a likeness allows.

BMP, TIFF and PNG become PNG, JPEG or WebP. EXIF, IPTC, XMP, the colour profile and the resolution go along as far as
the new format has a place for them; what doesn't read back is named. What a picture has that the new format can't hold
(pages, movement, transparency, more than 8 bits, colours for print, layers, clipping paths) is a reason to leave it.
"""

from __future__ import annotations

import contextlib
import mmap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from workbench import carriers, exif, iim, images, metadata, recompress, splices
from workbench.containers import open_container
from workbench.errors import BadValue, MissingExtra
from workbench.exif_write import LONG, SHORT, Tag, Value
from workbench.recompress import Refused
from workbench.similarity import Pixels, ssim
from workbench.splices import Untouchable
from workbench.structure import tiff_directories

Data = bytes | mmap.mmap

SOURCES = ("BMP", "PNG", "TIFF")
"""What can be converted: files without loss."""

LEAST, MOST = 40, 95
"""The coarsest and the finest quality that is tried."""

_ORIENTATION, _MAKER_NOTE, _LAYERS = 0x0112, 0x927C, 0x935C
_SIZES = {("Photo", 0xA002): "width", ("Photo", 0xA003): "height"}
_ABOUT_CODING = frozenset((
    *range(0x00FE, 0x010B), 0x0111, *range(0x0115, 0x011A), 0x011C, *range(0x0120, 0x0126), 0x012D, 0x013D,
    *range(0x0140, 0x0146), exif.SUB_IFDS, *range(0x0152, 0x0157), 0x015B, *range(0x0200, 0x020A),
    *range(0x0211, 0x0215), exif.XMP, exif.IPTC, exif.PHOTOSHOP, 0x8773, exif.EXIF_IFD, exif.GPS_IFD, _LAYERS,
))  # fmt: skip
"""Tags of a TIFF that say how its pixels lie in it, or hold what goes elsewhere."""
_UNITS = {3: 2, 8: 2, 4: 4, 9: 4, 13: 4, 11: 4, 5: 4, 10: 4, 12: 8}
_CLEAR = {"RGBA", "LA", "PA", "RGBa", "La"}
_TILE, _TILES = 256, 3
_SHOWN = 64
_ALIKE = 8.0
_one_reads = threading.Lock()  # Exiv2's state is the process's


class Target(NamedTuple):
    """A format that pictures are converted into: its name, the ending of its files, whether it is coded with loss."""

    format: str
    ending: str
    lossy: bool


TARGETS: dict[str, Target] = {
    "jpeg": Target("JPEG", ".jpg", True),
    "webp": Target("WEBP", ".webp", True),
    "png": Target("PNG", ".png", False),
}
"""What a policy calls them → the formats."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A picture in another format.

    Attributes
    ----------
    data : bytes
        The whole file.
    likeness : float or None
        Structural similarity of the luma to the original; None where the pixels are the same.
    lost : tuple of str
        Keys of what the original says and the new file doesn't: maker notes, text that only a PNG has.
    """

    data: bytes
    likeness: float | None
    lost: tuple[str, ...]


def convert(data: bytes, to: str, *, floor: float = 0.98, edge: int | None = None) -> Converted:
    """Return a picture in another format, with its metadata.

    Parameters
    ----------
    data : bytes
        The whole file: see `SOURCES`.
    to : str
        A key of `TARGETS`.
    floor : float
        The least structural similarity to the original at the same size, 0 to 1; a lossy format's quality is the least
        that keeps it, to a step or two.
    edge : int, optional
        Long edge in pixels that a lossy picture is shrunk to.

    Raises
    ------
    Refused
        It can't be converted without losing something, and what.
    """
    target = TARGETS[to]
    head = _convertible(data, target)
    try:
        carried = _carried(data, head)
        file, likeness = _coded(data, target, floor, edge) if target.lossy else (_lossless(data), None)
        new = _dressed(file, target, carried)
        if not target.lossy and not images.same_pixels(data, new):
            raise Refused("The new file didn't decode to the same pixels.")
        _must_look_alike(data, new)
    except (BadValue, Untouchable) as error:
        raise Refused(error.message if isinstance(error, BadValue) else str(error)) from error
    return Converted(new, likeness, tuple(_lost(data, str(head.format), new, target.format)))


# ── what would be lost ────────────────────────────────────────────────────────────────────────────────────────


def _convertible(data: bytes, target: Target) -> images.Picture:
    """Return what the header says, unless that is a reason to leave the file as it is."""
    try:
        head = images.header(data)
    except BadValue as error:
        raise Refused(error.message) from error
    for reason in _reasons(head, target):
        raise Refused(reason)
    if head.format == "TIFF":
        _must_be_plain_tiff(data, str(head.mode))
    return head


def _reasons(head: images.Picture, target: Target) -> Iterator[str]:
    mode = str(head.mode)
    if head.format == target.format:
        yield f"It is a {target.format} already."
    if head.format not in SOURCES:
        yield f"{head.format} files aren't converted: only {', '.join(SOURCES)}, which hold pictures without loss."
    if (head.frames or 1) > 1:
        yield f"It holds {head.frames} pages or frames, of which one would be kept."
    if mode == "CMYK":
        yield f"Its colours are for print (CMYK); a {target.format} file would hold others."
    if (head.bit_depth or 8) > 8 and (target.lossy or mode != "I;16"):
        yield f"It has {head.bit_depth} bits a channel, of which 8 would be kept."
    if target.lossy and mode in _CLEAR:
        yield f"Parts of it may be transparent, which is lost or spoilt in a {target.format} of a photograph."
    if target.lossy and mode in ("1", "P"):
        yield "It is drawn in few colours, not photographed: PNG keeps such pictures smaller, and without loss."


def _must_be_plain_tiff(data: bytes, mode: str) -> None:
    tags = {(entry.group, entry.tag): entry for entry in exif.entries(data)}
    if ("Image", _LAYERS) in tags:
        raise Refused("It holds Photoshop's layers, which would be lost.")
    samples = tags.get(("Image", 0x0115))
    bands = {"1": 1, "L": 1, "P": 1, "I;16": 1, "LA": 2, "PA": 2, "RGB": 3, "RGBA": 4}.get(mode, 0)
    if samples is not None and bands and exif.integers(data, samples)[0] > bands:
        raise Refused(f"It has {exif.integers(data, samples)[0]} channels, of which {bands} would be kept.")
    if any(page.children for page in tiff_directories(data)):
        raise Refused("It holds further pictures inside, which would be lost.")
    resources = tags.get(("Image", exif.PHOTOSHOP))
    if resources is not None and any(2000 <= one.number < 2999 for one in _resources(exif.raw(data, resources))):
        raise Refused("It holds clipping paths, which would be lost.")


def _resources(block: bytes) -> list[iim.Resource]:
    try:
        return iim.resources(block)
    except Untouchable as error:
        raise Refused(str(error)) from error


# ── the picture ───────────────────────────────────────────────────────────────────────────────────────────────


def _lossless(data: bytes) -> bytes:
    file = images.as_png(data)
    with contextlib.suppress(MissingExtra, Refused):  # the encoder of the extra makes it smaller still
        return recompress.recompress(file, "PNG").data
    return file


def _coded(data: bytes, target: Target, floor: float, edge: int | None) -> tuple[bytes, float]:
    """Return the picture at the least quality that keeps the floor: sought in parts of it, proved on all of it."""

    def tried(quality: int) -> tuple[bytes, Pixels, Pixels]:
        file, source = images.encoded(data, format=target.format, quality=quality, edge=edge)
        return file, source, images.decoded(file)

    low, high = LEAST, MOST
    while low < high:
        quality = (low + high) // 2
        _, source, back = tried(quality)
        low, high = (low, quality) if _parts_alike(source, back) >= floor else (quality + 1, high)
    for quality in range(low, MOST + 1, 2):
        file, source, back = tried(quality)
        likeness = ssim(source, back)
        if likeness >= floor:
            return file, likeness
    raise Refused(f"No quality keeps a similarity of {floor:g}.")


def _parts_alike(one: Pixels, other: Pixels) -> float:
    """Return the similarity over a grid of parts, or of the whole where that is about as small."""
    height, width = one.shape[:2]
    if height * width <= 2 * (_TILE * _TILES) ** 2 or min(height, width) < _TILE:
        return ssim(one, other)
    tops, lefts = (np.linspace(0, length - _TILE, _TILES).astype(int) for length in (height, width))
    parts = [(slice(top, top + _TILE), slice(left, left + _TILE)) for top in tops for left in lefts]
    return float(np.mean([ssim(one[part], other[part]) for part in parts]))


def _must_look_alike(data: bytes, new: bytes) -> None:
    """Refuse a file that would be shown turned, or in other colours, because a reader takes it otherwise."""
    one, other = (images.pixels(file, width=_SHOWN, height=_SHOWN).astype(np.int16) for file in (data, new))
    if np.abs(one - other).mean() > _ALIKE:
        raise Refused("The new file would be shown otherwise than the old one.")


# ── its metadata ──────────────────────────────────────────────────────────────────────────────────────────────


class _Carried(NamedTuple):
    xmp: bytes | None
    tags: dict[Tag, Value | None]
    iptc: bytes | None


def _carried(data: bytes, head: images.Picture) -> _Carried:
    """Return what of the metadata goes into the new file.

    Raises
    ------
    Refused, Untouchable
        There is something unusual about it.
    """
    if head.format == "BMP":
        packets = carriers.find(data).xmp
        if len(packets) > 1:
            raise Refused("It holds several XMP blocks.")
        return _Carried(packets[0] if packets else None, {}, None)
    container = open_container(data, head.format)
    if container.odd:
        raise Refused(next(iter(container.odd.values())))
    if container.signed:
        raise Refused("It carries content credentials, which sign every byte.")
    turned = head.format == "TIFF" and (head.orientation or 1) != 1
    tags = _tags(container.exif) if container.exif else {}
    if turned:  # the decoder has turned the picture
        tags["Image", _ORIENTATION] = Value(SHORT, 1, b"\1\0")
    return _Carried(_upright(container.xmp) if turned and container.xmp else container.xmp, tags, container.iptc)


def _tags(stream: Data) -> dict[Tag, Value | None]:
    order, found = exif.order(stream), {}
    for entry in exif.entries(stream):
        about_coding = entry.group == "Image" and entry.tag in _ABOUT_CODING
        if entry.group in ("Image", "Photo", "GPSInfo") and not about_coding and entry.tag not in _LEFT:
            raw = exif.raw(stream, entry)
            found[entry.group, entry.tag] = Value(entry.type, entry.many, _little(raw, entry.type, order))
    return dict(found)


_LEFT = {_MAKER_NOTE, exif.INTEROP_IFD}  # a maker note's inner offsets break when it moves


def _little(raw: bytes, kind: int, order: str) -> bytes:
    unit = _UNITS.get(kind, 1)
    if order == "<" or unit == 1:
        return raw
    return b"".join(raw[at : at + unit][::-1] for at in range(0, len(raw), unit))


def _upright(packet: bytes) -> bytes:
    """Return an XMP packet that says that the picture isn't turned."""
    for before, after in ((b'tiff:Orientation="', b'"'), (b"tiff:Orientation='", b"'"), (b"<tiff:Orientation>", b"<")):
        at = packet.find(before)
        if at >= 0 and packet[at + len(before) + 1 : at + len(before) + 2] == after:
            packet = packet[: at + len(before)] + b"1" + packet[at + len(before) + 1 :]
    return packet


def _dressed(file: bytes, target: Target, carried: _Carried) -> bytes:
    """Return the new file with the old one's metadata."""
    if carried.iptc and target.format != "JPEG":
        raise Refused(f"Its IPTC block has no place in a {target.format} file; a JPEG has one.")
    head, tags = images.header(file), dict(carried.tags)
    for tag, name in _SIZES.items():
        if tag in tags:
            tags[tag] = Value(LONG, 1, int(getattr(head, name)).to_bytes(4, "little"))
    made = open_container(file, target.format)
    return splices.apply(file, made.splices(carried.xmp, tags, carried.iptc))


def _lost(data: bytes, format: str, new: bytes, new_format: str) -> list[str]:
    with _one_reads:
        before, after = metadata.read(data, format=format), metadata.read(new, format=new_format)
    said = {(key, lang, value) for key, lang, _, value in after.values}
    names = {key for key, lang, _, value in before.values if (key, lang, value) not in said}
    return sorted(names - _CODING_NAMES)


_CODING_NAMES = {exif.name("Image", tag) for tag in _ABOUT_CODING} | {
    f"Exif.Image.{name}" for name in (
        "NewSubfileType", "SubfileType", "ImageWidth", "ImageLength", "BitsPerSample", "Compression",
        "PhotometricInterpretation", "Thresholding", "CellWidth", "CellLength", "FillOrder", "StripOffsets",
        "SamplesPerPixel", "RowsPerStrip", "StripByteCounts", "MinSampleValue", "MaxSampleValue",
        "PlanarConfiguration", "FreeOffsets", "FreeByteCounts", "GrayResponseUnit", "GrayResponseCurve", "T4Options",
        "T6Options", "TransferFunction", "Predictor", "ColorMap", "HalftoneHints", "TileWidth", "TileLength",
        "TileOffsets", "TileByteCounts", "SubIFDs", "ExtraSamples", "SampleFormat", "SMinSampleValue",
        "SMaxSampleValue", "TransferRange", "JPEGTables", "JPEGProc", "YCbCrCoefficients", "YCbCrSubSampling",
        "YCbCrPositioning", "ReferenceBlackWhite", "XMLPacket", "IPTCNAA", "ImageResources", "InterColorProfile",
        "ExifTag", "GPSTag", "ImageSourceData", "Orientation",
    )
} | {"Exif.Photo.PixelXDimension", "Exif.Photo.PixelYDimension", "Xmp.tiff.Orientation"}  # fmt: skip
