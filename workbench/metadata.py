"""What a file says about itself: EXIF, IPTC and XMP as rows, and the few facts everybody asks for.

The only door to pyexiv2. Exiv2 decodes EXIF and maker notes, from the raw block alone; the XMP packet and the IPTC
datasets are read here, because Exiv2 splits some language alternatives wrongly, invents time zones, and gives up on a
whole block for one bad character. So a bad block never blanks the others, and nothing of one file reaches the next.
"""

from __future__ import annotations

import hashlib
import mmap
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import pyexiv2

from workbench import carriers, exif, iptc, moments, xmp
from workbench.problems import Problem, problem

MAX_TEXT = 32_768
MAX_ROWS = 20_000
MAX_KEY = 512
_MAX_STREAM = 32 * 2**20
_MAX_OPAQUE = 64 * 2**20
_MAX_NUMBERS = 512
_MAX_STREAMS = 4
_MAX_PACKETS = 8
_EMPTY_STREAM = 14

# 4 is mute. At any other level Exiv2 prints to stdout, and an error of one file is raised while reading the next.
pyexiv2.set_log_level(4)

Value = tuple[str, str | None, int, str]


@dataclass(slots=True)
class Embedded:
    """What is embedded in one file.

    Attributes
    ----------
    values : list of (key, lang, ordinal, value)
        Every value by its Exiv2 key. ``lang`` is set for language alternatives, ``ordinal`` counts from 0 in lists.
    keywords : list of str
        From XMP, IPTC and Windows' tags, in this order, each once.
    title, description, creator, copyright : str or None
        For display; all variants are in ``values``.
    rating : int or None
        -1 (rejected) to 5.
    captured_at : datetime or None
        Wall clock where the picture was taken, without a zone.
    captured_offset : int or None
        Minutes east of UTC; None where the file doesn't say.
    camera_make, camera_model, lens : str or None
    latitude, longitude : float or None
        Decimal degrees, north and east positive.
    altitude : float or None
        Metres above sea level.
    iptc_charset : str or None
        What `iptc.charset` found: ``utf-8 declared``, ``utf-8``, ``cp1252``, ``ascii``….
    iptc_digest : str or None
        ``current`` where the IPTC block is the one the XMP was written from, ``stale`` where it was changed since,
        ``absent`` where the file doesn't say; None without IPTC.
    text : str
        Everything people wrote, one value on each line, for searching; no camera settings.
    problems : list of Problem
        Stage ``metadata``.
    """

    values: list[Value] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    title: str | None = None
    description: str | None = None
    creator: str | None = None
    copyright: str | None = None
    rating: int | None = None
    captured_at: datetime | None = None
    captured_offset: int | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    iptc_charset: str | None = None
    iptc_digest: str | None = None
    text: str = ""
    problems: list[Problem] = field(default_factory=list)

    def report(self, kind: str, detail: str = "", message: str = "") -> None:
        """Note a problem, each kind once."""
        if all(known.kind != kind for known in self.problems):
            self.problems.append(problem("metadata", kind, detail, message=message))


def read(data: bytes | mmap.mmap, *, format: str | None) -> Embedded:
    """Read everything embedded in a file.

    Parameters
    ----------
    data : bytes or mmap
        The whole file, however damaged.
    format : str or None
        What `images.measure` recognised, such as ``'JPEG'``; ``'DICOM'`` and None save looking for metadata in files
        that can't have any. The container itself is recognised by its bytes.

    Returns
    -------
    Embedded
        Never raises on bad content; what can't be read is a `Problem` with stage ``metadata``.
    """
    found = Embedded()
    if format == "DICOM" or not len(data):
        return found
    blocks = carriers.find(data)
    entries = _Entries(found)
    _read_exif(data, blocks, entries)
    _read_iptc(bytes(blocks.iptc), entries)
    found.iptc_digest = _digest(bytes(blocks.iptc), blocks.iptc_digest)
    for packet in blocks.xmp[:_MAX_PACKETS]:
        _read_xmp(packet, entries)
    for key, note in blocks.notes:
        entries.add(key, None, note)
    entries.finish()
    _summarise(entries)
    return found


def read_sidecar(data: bytes | mmap.mmap) -> Embedded:
    """Read a sidecar file: an XMP packet that lies beside an image.

    Parameters
    ----------
    data : bytes or mmap
        The whole file.

    Returns
    -------
    Embedded
        Its values and problems; nothing is summarised.
    """
    entries = _Entries(Embedded())
    _read_xmp(bytes(data[: xmp.MAX_PACKET + 1]), entries)
    entries.finish()
    return entries.found


class _Entries:
    """The rows of one file while they are being collected, with the limits applied."""

    def __init__(self, found: Embedded) -> None:
        self.found = found
        self.first: dict[str, str] = {}
        self.by_key: dict[str, list[str]] = {}
        self.too_many = False

    def add(self, key: str, lang: str | None, value: str, ordinal: int | None = None) -> None:
        if not value:
            return
        rows = self.found.values
        if len(rows) >= MAX_ROWS:
            self.too_many = True
            return
        if len(value) > MAX_TEXT:
            self.found.report("value_too_long", f"{key}: {len(value):,} characters")
            value = value[:MAX_TEXT]
        key = key[:MAX_KEY]
        known = self.by_key.setdefault(key, [])
        rows.append((key, lang, len(known) if ordinal is None else ordinal, value))
        if not known or lang == "x-default":
            self.first[key] = value
        known.append(value)

    def finish(self) -> None:
        if self.too_many:
            self.found.report("too_many_values", f"Only the first {MAX_ROWS:,} were kept.")

    def all(self, key: str) -> list[str]:
        return self.by_key.get(key, [])

    def pick(self, *keys: str) -> str | None:
        """Return the first of these keys that has more than blanks to say."""
        for key in keys:
            value = self.first.get(key, "").strip()
            if value:
                return value
        return None


# ── EXIF ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_exif(data: carriers.Data, blocks: carriers.Blocks, entries: _Entries) -> None:
    if blocks.opaque:
        _read_opaque(data, blocks, entries)
        return
    for stream in [data] if blocks.stream else blocks.exif[:_MAX_STREAMS]:
        where = list(exif.entries(stream))
        if not blocks.stream:
            carriers.take_embedded(stream, where, blocks)
        if not exif.is_tiff(stream):
            entries.found.report("unparseable_exif", "It doesn't begin like a TIFF stream.")
        elif where:
            _read_stream(stream, where, entries)
        elif len(stream) > _EMPTY_STREAM:
            entries.found.report("unparseable_exif", "Its first directory lies outside the data.")


def _read_opaque(data: carriers.Data, blocks: carriers.Blocks, entries: _Entries) -> None:
    """Let Exiv2 open a camera's own container; take the raw XMP packet from it."""
    if len(data) > _MAX_OPAQUE:
        entries.found.report("unparseable_exif", f"{len(data):,} bytes are more than Exiv2 is given at once.")
        return
    try:
        _Exiv2Rows(bytes(data)).write(entries, blocks)
    except (RuntimeError, ValueError, UnicodeError) as error:
        entries.found.report("unparseable_exif", str(error))


def _read_stream(stream: exif.Data, where: list[exif.Entry], entries: _Entries) -> None:
    """Decode a TIFF stream with Exiv2, or without it where it refuses."""
    needed = exif.extent(where, len(stream))
    special = {(entry.group, entry.tag): entry for entry in where if entry.tag in _OWN}
    if needed <= _MAX_STREAM and stream[2:4] in (b"*\0", b"\0*"):
        try:
            _Exiv2Rows(_for_exiv2(bytes(stream[:needed]), where)).write(entries)
        except (RuntimeError, ValueError, UnicodeError) as error:
            entries.found.report("unparseable_exif", str(error), "Part of the EXIF metadata is damaged.")
            _write_plainly(stream, where, entries)
    else:
        _write_plainly(stream, where, entries)
    _write_own(stream, special, entries)


def _for_exiv2(stream: bytes, where: list[exif.Entry]) -> bytes:
    """Take away what is read here anyway, before Exiv2 sees it.

    A user comment becomes plain bytes, because Exiv2 raises for the whole block on some Unicode comments; embedded XMP,
    IPTC and Photoshop blocks become empty, because they may be hostile.
    """
    little = exif.order(stream) == "<"
    changed = bytearray(stream)
    for entry in where:
        if entry.tag == exif.USER_COMMENT and entry.type == 7:
            changed[entry.at + 2 : entry.at + 4] = b"\1\0" if little else b"\0\1"
        elif entry.tag in (exif.XMP, exif.IPTC, exif.PHOTOSHOP):
            changed[entry.at + 4 : entry.at + 8] = bytes(4)
    return bytes(changed)


class _Exiv2Rows:
    """EXIF rows from Exiv2; the file is opened, read and closed in one go, because an open one leaks."""

    def __init__(self, content: bytes) -> None:
        image = pyexiv2.ImageData.__new__(pyexiv2.ImageData)
        try:
            image.__init__(content)
            # The public read_exif() merges repeated tags and raises for all of them when one has odd bytes.
            self.rows = image._exiv2api_image.read_exif()
            self.xmp = image._exiv2api_image.read_raw_xmp()
            image._exiv2api_image.close_image()
        finally:
            # The copy leaks unless destroyed, also where opening it raised; close() is slow and can't do the latter.
            if "buffer" in vars(image):
                image.buffer.destroy()

    def write(self, entries: _Entries, blocks: carriers.Blocks | None = None) -> None:
        if blocks is not None and self.xmp:
            blocks.xmp.append(self.xmp)
        for row in self.rows:
            key = row["tag"].decode("ascii", "replace")
            last = key.rpartition(".")[2]
            if last not in _SKIPPED:
                entries.add(key, None, _exiv2_text(last, row["typeName"], row["value"]))


def _exiv2_text(name: str, kind: str, value: bytes) -> str:
    """Return Exiv2's printed value for people: text decoded, long runs of numbers counted instead of listed."""
    if kind in ("Ascii", "Comment"):
        return exif.text(value)
    if name in _WINDOWS:
        return exif.windows_text(_numbers(value))
    if name in _VERSIONS:
        return exif.text(_numbers(value))
    if len(value) > _MAX_NUMBERS:
        count = value.count(b" ") + 1
        return f"({count} bytes)" if kind in ("Byte", "Undefined", "SByte", "unknown") else f"({count} numbers)"
    return value.decode("utf-8", "replace").strip("\0 ")


def _numbers(value: bytes) -> bytes:
    return bytes(int(part) & 255 for part in value.split() if part.isdigit())


def _write_plainly(stream: exif.Data, where: list[exif.Entry], entries: _Entries) -> None:
    for entry in where:
        key = exif.name(entry.group, entry.tag)
        if key.rpartition(".")[2] in _SKIPPED or entry.tag in _OWN:
            continue
        if entry.size > _MAX_NUMBERS and entry.type != 2:
            entries.add(key, None, f"({entry.many} {'bytes' if entry.type in (1, 6, 7) else 'numbers'})")
        elif key.rpartition(".")[2] in _VERSIONS:
            entries.add(key, None, exif.text(exif.raw(stream, entry)))
        else:
            entries.add(key, None, exif.shown(stream, entry))


def _write_own(stream: exif.Data, special: dict[tuple[str, int], exif.Entry], entries: _Entries) -> None:
    """Write the values whose characters are decoded here: the user comment and Windows' own tags."""
    for (group, tag), entry in special.items():
        value = exif.raw(stream, entry)
        if tag == exif.USER_COMMENT:
            shown = exif.comment(value, exif.order(stream)) if entry.type != 2 else exif.text(value)
        else:
            shown = exif.windows_text(value)
        entries.add(exif.name(group, tag) if tag != exif.USER_COMMENT else f"Exif.{group}.UserComment", None, shown)


_WINDOWS = {"XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"}
_VERSIONS = {"ExifVersion", "FlashpixVersion", "InteroperabilityVersion", "0x0002"}
_OWN = {exif.USER_COMMENT, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F}
# Blocks that are read elsewhere, and bytes that tell nobody anything.
_SKIPPED = {
    "MakerNote", "UserComment", "XMLPacket", "IPTCNAA", "ImageResources", "InterColorProfile", "PrintImageMatching",
    "Padding", "OffsetSchema", "0xea1c", "0xea1d", "JPEGTables", "ExifTag", "GPSTag", "InteroperabilityTag", "SubIFDs",
    "MakerNoteSafety", "DNGPrivateData", "ByteOrder", "Offset", *_WINDOWS,
}  # fmt: skip


# ── IPTC and XMP ──────────────────────────────────────────────────────────────────────────────────────────────


def _read_iptc(block: bytes, entries: _Entries) -> None:
    parsed = iptc.parse(block)
    if parsed.damaged:
        entries.found.report("unparseable_iptc", f"{len(parsed.datasets)} datasets could be read.")
    spoken = iptc.charset(parsed.datasets)
    entries.found.iptc_charset = spoken
    for dataset in parsed.datasets:
        entries.add(iptc.key(dataset), None, iptc.shown(dataset, spoken))


def _digest(block: bytes, noted: bytes) -> str | None:
    """Compare the digest in the file with the IPTC block; TIFF pads the block with zeros."""
    if not block:
        return None
    if len(noted) != 16 or not any(noted):
        return "absent"
    same = (hashlib.md5(b, usedforsecurity=False).digest() == noted for b in (block, block.rstrip(b"\0")))
    return "current" if any(same) else "stale"


def _read_xmp(packet: bytes, entries: _Entries) -> None:
    parsed = xmp.parse(packet)
    for kind, detail in parsed.problems:
        entries.found.report(kind, detail)
    for key, lang, ordinal, value in parsed.rows:
        entries.add(key, lang, value, ordinal)


# ── the facts everybody asks for ──────────────────────────────────────────────────────────────────────────────


def _summarise(entries: _Entries) -> None:
    found, pick = entries.found, entries.pick
    found.title = pick("Xmp.dc.title", "Iptc.Application2.ObjectName", "Exif.Image.XPTitle", "Png.Title")
    found.description = _description(entries)
    found.creator = _joined(entries, "Exif.Image.Artist", "Xmp.dc.creator", "Iptc.Application2.Byline", *_CREATORS)
    found.copyright = pick("Exif.Image.Copyright", "Xmp.dc.rights", "Iptc.Application2.Copyright", "Png.Copyright")
    found.rating = _rating(entries)
    found.keywords = _keywords(entries)
    found.camera_make = pick("Exif.Image.Make", "Xmp.tiff.Make")
    found.camera_model = pick("Exif.Image.Model", "Xmp.tiff.Model", "Exif.Image.UniqueCameraModel")
    found.lens = _lens(entries)
    _capture_time(entries)
    _place(entries)
    found.text = "\n".join(_human_text(found))


_CREATORS = ("Exif.Image.XPAuthor", "Png.Author")

_DESCRIPTIONS = (
    "Exif.Image.ImageDescription", "Xmp.dc.description", "Iptc.Application2.Caption", "Exif.Photo.UserComment",
    "Exif.Image.XPComment", "Xmp.tiff.ImageDescription", "Png.Description", "Png.Comment", "Jpeg.Comment",
    "Gif.Comment",
)  # fmt: skip
# What cameras and programs write into descriptions on their own.
BOILERPLATE = re.compile(
    r"(olympus|sony|konica|minolta|konica minolta|samsung|pentax|casio|hp|kodak|fujifilm)?[\s_]*"
    r"(digital[\s_]*(still[\s_]*)?camera|camera pictures|dsc|exif_jpeg_picture|dcf 1\.0)"
    r"|default|binary comment|ascii|jpeg|hdr"
    r"|samsung|oznor\w*|cof|dcim[\\/].*|<.*kenox.*>|charset=\w+|untitled"
    r"|(created|optimized) with .*|creator: gd-jpeg .*|lead technologies inc.*|file (source|written by).*|screenshot",
    re.IGNORECASE,
)


def _description(entries: _Entries) -> str | None:
    for key in _DESCRIPTIONS:
        value = entries.pick(key)
        if value and not BOILERPLATE.fullmatch(value[:200]):
            return value
    return None


def _joined(entries: _Entries, *keys: str) -> str | None:
    """Return all values of the first key that has any, joined by semicolons."""
    for key in keys:
        values = [value.strip() for value in entries.all(key) if value.strip()]
        if values:
            return "; ".join(dict.fromkeys(values))
    return None


def _rating(entries: _Entries) -> int | None:
    """Read a rating; Windows' percentages stand for stars (1, 25, 50, 75, 99)."""
    for key in ("Xmp.xmp.Rating", "Exif.Image.Rating"):
        stars = _whole(entries.pick(key))
        if stars is not None and -1 <= stars <= 5:
            return stars
    for key in ("Xmp.MicrosoftPhoto.Rating", "Exif.Image.RatingPercent"):
        percent = _whole(entries.pick(key))
        if percent is not None and 0 <= percent <= 100:
            return 0 if percent == 0 else 1 + round(percent / 25 - 0.02)
    return None


def _whole(text: str | None) -> int | None:
    try:
        return round(float(text)) if text and len(text) < 32 else None
    except (ValueError, OverflowError):
        return None


def _keywords(entries: _Entries) -> list[str]:
    words = entries.all("Xmp.dc.subject") + entries.all("Iptc.Application2.Keywords")
    words += [word for value in entries.all("Exif.Image.XPKeywords") for word in value.split(";")]
    return list(dict.fromkeys(word for word in map(str.strip, words) if word))


def _lens(entries: _Entries) -> str | None:
    """Return the lens by name; maker notes often hold only a number for it, which isn't one."""
    for key in _LENSES:
        value = entries.pick(key)
        if value and any(letter.isalpha() for letter in value):
            return value
    return None


_LENSES = (
    "Exif.Photo.LensModel", "Xmp.exifEX.LensModel", "Xmp.aux.Lens", "Exif.Canon.LensModel", "Exif.Image.LensModel",
    "Exif.OlympusEq.LensModel", "Exif.Panasonic.LensType",
)  # fmt: skip


def _capture_time(entries: _Entries) -> None:
    """Take the first date that says when the picture was taken, from the surest to the weakest carrier."""
    first = entries.first
    for key, finer, zone in _CAPTURE:
        if key not in first:
            continue
        value = first[key]
        if key == "Iptc.Application2.DateCreated":
            value = f"{value} {first.get('Iptc.Application2.TimeCreated', '')}"
        try:
            read_moment = moments.moment(value)
        except (ValueError, OverflowError):
            entries.found.report("bad_date", f"{key}: {value[:80]}")
            continue
        if read_moment is None:
            continue
        when, offset = read_moment
        part = first.get(finer, "").strip()
        if part.isdecimal() and part.isascii():
            when = when.replace(microsecond=int(part[:6].ljust(6, "0")))
        entries.found.captured_at = when
        entries.found.captured_offset = moments.offset(first.get(zone, "")) if offset is None else offset
        return


_CAPTURE = (
    ("Exif.Photo.DateTimeOriginal", "Exif.Photo.SubSecTimeOriginal", "Exif.Photo.OffsetTimeOriginal"),
    ("Exif.Image.DateTimeOriginal", "", ""),
    ("Xmp.exif.DateTimeOriginal", "", "Xmp.exifEX.OffsetTimeOriginal"),
    ("Xmp.photoshop.DateCreated", "", ""),
    ("Iptc.Application2.DateCreated", "", ""),
    ("Xmp.xmp.CreateDate", "", ""),
    ("Exif.Photo.DateTimeDigitized", "Exif.Photo.SubSecTimeDigitized", "Exif.Photo.OffsetTimeDigitized"),
    ("Xmp.exif.DateTimeDigitized", "", "Xmp.exifEX.OffsetTimeDigitized"),
)


def _place(entries: _Entries) -> None:
    found, first = entries.found, entries.first
    gps = "Exif.GPSInfo.GPS"
    exif_pair = _without_blanks(first.get(f"{gps}Latitude"), first.get(f"{gps}Longitude"))
    xmp_pair = (first.get("Xmp.exif.GPSLatitude"), first.get("Xmp.exif.GPSLongitude"))
    try:
        if any(exif_pair):
            north, east = first.get(f"{gps}LatitudeRef", ""), first.get(f"{gps}LongitudeRef", "")
            place = moments.degrees(exif_pair[0] or "", north, 90), moments.degrees(exif_pair[1] or "", east, 180)
            found.latitude, found.longitude = place
    except (ValueError, OverflowError) as error:
        found.report("bad_gps", f"{exif_pair[0]}, {exif_pair[1]}: {error}")
    try:
        if found.latitude is None and any(xmp_pair):
            place = moments.xmp_degrees(xmp_pair[0] or "", 90), moments.xmp_degrees(xmp_pair[1] or "", 180)
            found.latitude, found.longitude = place
    except (ValueError, OverflowError) as error:
        found.report("bad_gps", f"{xmp_pair[0]}, {xmp_pair[1]}: {error}")
    heights = (_altitude(entries, key) for key in (f"{gps}Altitude", "Xmp.exif.GPSAltitude"))
    found.altitude = next((height for height in heights if height is not None), None)


def _without_blanks(latitude: str | None, longitude: str | None) -> tuple[str | None, str | None]:
    """Return no place where a camera without a fix wrote zeros over zeros: that is a blank, not a mistake."""
    blank = all(part == "0/0" for part in f"{latitude or ''} {longitude or ''}".split())
    return (None, None) if blank else (latitude, longitude)


def _altitude(entries: _Entries, key: str) -> float | None:
    value = entries.first.get(key)
    if not value:
        return None
    try:
        metres = moments.fraction(value)
    except (ValueError, OverflowError):
        return None
    below = entries.first.get(f"{key}Ref", "").strip().startswith("1")
    metres = -abs(metres) if below else metres
    return metres if -12_000 <= metres <= 100_000 else None


_HUMAN_EXIF = {
    "ImageDescription", "Artist", "Copyright", "DocumentName", "PageName", "HostComputer", "UserComment",
    "CameraOwnerName", "GPSAreaInformation", *_WINDOWS,
}  # fmt: skip
_HUMAN_IPTC = {
    "ObjectName", "EditStatus", "Category", "SuppCategory", "FixtureId", "Keywords", "LocationName",
    "SpecialInstructions", "Byline", "BylineTitle", "City", "SubLocation", "ProvinceState", "CountryCode",
    "CountryName", "TransmissionReference", "Headline", "Credit", "Source", "Copyright", "Contact", "Caption", "Writer",
}  # fmt: skip
MACHINE_GROUPS = {
    "tiff", "exif", "exifEX", "aux", "crs", "crss", "xmpMM", "xmpTPg", "xmpG", "xmpGImg", "stEvt", "stRef", "GPano",
    "MPRI", "GCamera", "GContainer", "Container", "Item", "HDRGainMap", "hdrgm", "xmpNote", "GIMP", "darktable",
}  # fmt: skip
_HUMAN_XMP = {
    "Xmp.tiff.ImageDescription", "Xmp.tiff.Artist", "Xmp.tiff.Copyright", "Xmp.exif.UserComment",
    "Xmp.exifEX.CameraOwnerName",
}  # fmt: skip
_MACHINE_NOTES = {"Software", "Creation Time", "CreationTime", "Creation time"}
_MACHINE_KEYS = {
    "Xmp.dc.format", "Xmp.xmp.CreatorTool", "Xmp.photoshop.ICCProfile", "Xmp.photoshop.LegacyIPTCDigest",
    "Xmp.photoshop.DocumentAncestors", "Xmp.xmpRights.Marked", "Xmp.plus.Version",
}  # fmt: skip


def _human_text(found: Embedded) -> Iterable[str]:
    """Yield what people wrote, each text once."""
    chosen = (value.strip() for key, _, _, value in found.values if _is_human(key) and not _is_machine_made(key, value))
    return dict.fromkeys(text for text in chosen if text)


@lru_cache(maxsize=4096)
def _is_human(key: str) -> bool:
    """Say whether people write into this field."""
    family, _, rest = key.partition(".")
    group, _, last = rest.partition(".")
    if family == "Xmp":
        return key in _HUMAN_XMP or (group not in MACHINE_GROUPS and key not in _MACHINE_KEYS)
    if family == "Exif":
        return last in _HUMAN_EXIF
    if family == "Iptc":
        return last in _HUMAN_IPTC
    return rest not in _MACHINE_NOTES and not rest.startswith(("date:", "exif:", "tiff:", "png:"))


_MACHINE_VALUE = re.compile(
    r"[\d\s.,:;/+%-]+|true|false|(xmp\.[id]id|uuid|adobe:docid|urn):\S*|[0-9a-f-]{32,36}|\d{4}-\d\d(-\d\d(t[\d:.]+(z|[+-][\d:]+)?)?)?",
    re.IGNORECASE,
)


def _is_machine_made(key: str, value: str) -> bool:
    """Say whether a program filled the field: numbers, dates and identifiers, or a camera's standing phrase."""
    pattern = _MACHINE_VALUE if key.startswith("Xmp.") else BOILERPLATE if key.startswith("Exif.") else None
    return pattern is not None and pattern.fullmatch(value[:200]) is not None
