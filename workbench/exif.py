"""EXIF as it lies in the bytes: walking the directories of a TIFF stream, and the words inside its values.

Pure reading of the layout in TIFF 6.0 and Exif 3.0 (CIPA DC-008), BigTIFF included. Exiv2 knows far more tags; this
is what finds embedded packets, and what still answers where Exiv2 gives up.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from typing import NamedTuple

Data = bytes | bytearray | mmap.mmap

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""TIFF type → bytes for one value."""

_CODES = {1: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d", 13: "I"}
_CODES |= {16: "Q", 17: "q", 18: "Q"}
_MAX_DIRECTORIES = 64
_MAX_ENTRIES = 4096
_MAX_SUBDIRECTORIES = 9

XMP, IPTC, PHOTOSHOP, SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD, USER_COMMENT = (
    0x02BC, 0x83BB, 0x8649, 0x014A, 0x8769, 0x8825, 0xA005, 0x9286,
)  # fmt: skip
_CHILDREN = {EXIF_IFD: "Photo", GPS_IFD: "GPSInfo", INTEROP_IFD: "Iop"}


class Entry(NamedTuple):
    """One directory entry: which tag, ``many`` values of which TIFF type, and where they lie (offsets in bytes)."""

    group: str
    tag: int
    type: int
    many: int
    at: int
    start: int
    size: int


def is_tiff(data: Data) -> bool:
    """Say whether a TIFF or BigTIFF stream starts here."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def order(data: Data) -> str:
    """Return the byte order in `struct`'s notation."""
    return "<" if data[:1] == b"I" else ">"


def entries(data: Data) -> Iterator[Entry]:
    """Walk every directory of a TIFF stream; what lies outside the data is left out, loops are cut.

    Groups are named as Exiv2 names them: Image, Photo, GPSInfo, Iop, Thumbnail, SubImage1…, Image2….
    """
    if not is_tiff(data) or len(data) < 8:
        return
    big = data[2:4] in (b"+\0", b"\0+")
    offset, at = ("Q", 8) if big else ("I", 4)
    first = _number(data, offset, at)
    pages = 1
    todo = [("Image", first)] if first else []
    seen: set[int] = set()
    while todo and len(seen) < _MAX_DIRECTORIES:
        group, where = todo.pop(0)
        if where in seen or where >= len(data):
            continue
        seen.add(where)
        found, following = _directory(data, group, where, big)
        for entry in found:
            yield entry
            todo += _children(data, entry)
        if following and (group.startswith("Image") or group == "Thumbnail"):
            pages += 1
            todo.append(("Thumbnail" if pages == 2 else f"Image{pages - 1}", following))


def _number(data: Data, code: str, at: int) -> int | None:
    try:
        return int(struct.unpack_from(order(data) + code, data, at)[0])
    except struct.error:
        return None


def _directory(data: Data, group: str, where: int, big: bool) -> tuple[list[Entry], int | None]:
    """Read one directory; return its entries and the offset of the next directory."""
    head, step, inline, offset = (8, 20, 8, "Q") if big else (2, 12, 4, "I")
    count = _number(data, "Q" if big else "H", where)
    if not count or count > _MAX_ENTRIES:
        return [], None
    room = (len(data) - where - head) // step
    body = data[where + head : where + head + min(count, room) * step]
    fields = struct.iter_unpack(f"{order(data)}HH{offset}{offset}", body)
    found = []
    for index, (tag, kind, many, target) in enumerate(fields):
        size = SIZES.get(kind, 0) * many
        at = where + head + index * step
        start = target if size > inline else at + step - inline
        if size and start + size <= len(data):
            found.append(Entry(group, tag, kind, many, at, start, size))
    return found, _number(data, offset, where + head + count * step)


def _children(data: Data, entry: Entry) -> list[tuple[str, int]]:
    if entry.tag in _CHILDREN and entry.many == 1 and entry.group in ("Image", "Photo"):
        return [(_CHILDREN[entry.tag], integers(data, entry)[0])]
    if entry.tag == SUB_IFDS and entry.group == "Image" and entry.many <= _MAX_SUBDIRECTORIES:
        return [(f"SubImage{n}", where) for n, where in enumerate(integers(data, entry), 1)]
    return []


def integers(data: Data, entry: Entry) -> list[int]:
    """Return the raw numbers of an entry (both halves of a rational one after the other)."""
    if entry.type not in _CODES or entry.type in (11, 12):
        return [0]
    code = _CODES[entry.type]
    many = entry.size // struct.calcsize(f"={code}")
    return list(struct.unpack_from(f"{order(data)}{many}{code}", data, entry.start))


def raw(data: Data, entry: Entry) -> bytes:
    """Return an entry's value as the bytes it is made of."""
    return bytes(data[entry.start : entry.start + entry.size])


def shown(data: Data, entry: Entry) -> str:
    """Return an entry's value as Exiv2 prints it: numbers with blanks between, rationals as ``n/d``."""
    if entry.type == 2:
        return text(raw(data, entry))
    if entry.type in (11, 12):
        pattern = f"{order(data)}{entry.many}{_CODES[entry.type]}"
        return " ".join(f"{n:g}" for n in struct.unpack_from(pattern, data, entry.start))
    numbers = integers(data, entry)
    if entry.type in (5, 10):
        return " ".join(f"{n}/{d}" for n, d in zip(numbers[::2], numbers[1::2], strict=True))
    return " ".join(map(str, numbers))


def extent(found: list[Entry], limit: int) -> int:
    """Return how much of the stream is needed to read all these entries, in bytes."""
    return min(limit, max((max(e.start + e.size, e.at + 20) for e in found), default=0) + 4)


def text(value: bytes) -> str:
    """Decode EXIF text: UTF-8 where it is that, otherwise Windows' Latin; nothing after the first NUL."""
    value = value.split(b"\0", 1)[0]
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return western(value).strip()


def western(value: bytes) -> str:
    """Decode as Windows-1252, and as Latin-1 where it has no character for a byte."""
    try:
        return value.decode("cp1252")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def comment(value: bytes, byte_order: str) -> str:
    """Decode ``UserComment`` by its 8-byte character code (Exif 3.0, 4.6.6.1).

    Writers disagree on the byte order of its Unicode; a byte order mark decides, then where the zeros are, then the
    order of the stream.
    """
    code, body = value[:8].rstrip(b"\0 ").upper(), value[8:]
    if code == b"UNICODE":
        return _utf16(body, byte_order)
    if code == b"JIS":
        return body.decode("iso2022_jp", "replace").rstrip("\0 ").strip()
    return text(body if code in (b"ASCII", b"") else value)


def _utf16(body: bytes, byte_order: str) -> str:
    body = body[: len(body) // 2 * 2]
    little = byte_order == "<"
    even, odd = body[::2].count(0), body[1::2].count(0)
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        little, body = body[:2] == b"\xff\xfe", body[2:]
    elif even != odd:
        little = odd > even
    decoded = body.decode("utf-16-le" if little else "utf-16-be", "replace")
    return decoded.split("\0", 1)[0].strip()


def windows_text(value: bytes) -> str:
    """Decode the UTF-16 text of the XPTitle, XPComment, XPAuthor, XPKeywords and XPSubject tags."""
    return value[: len(value) // 2 * 2].decode("utf-16-le", "replace").split("\0", 1)[0].strip()


def name(group: str, tag: int) -> str:
    """Return the Exiv2 key of a tag; a tag unknown here is written as its number, as Exiv2 does."""
    names = _GPS if group == "GPSInfo" else _IOP if group == "Iop" else _PHOTO if group == "Photo" else _IMAGE
    return f"Exif.{group}.{names.get(tag) or f'0x{tag:04x}'}"


def _table(words: str) -> dict[int, str]:
    pairs = (word.split("=") for word in words.split())
    return {int(number, 16): label for number, label in pairs}


_IMAGE = _table("""
    00fe=NewSubfileType 0100=ImageWidth 0101=ImageLength 0102=BitsPerSample 0103=Compression
    0106=PhotometricInterpretation 010a=FillOrder 010d=DocumentName 010e=ImageDescription 010f=Make 0110=Model
    0111=StripOffsets 0112=Orientation 0115=SamplesPerPixel 0116=RowsPerStrip 0117=StripByteCounts 011a=XResolution
    011b=YResolution 011c=PlanarConfiguration 011d=PageName 0128=ResolutionUnit 0129=PageNumber 0131=Software
    0132=DateTime 013b=Artist 013c=HostComputer 013d=Predictor 0142=TileWidth 0143=TileLength 0144=TileOffsets
    0145=TileByteCounts 014a=SubIFDs 0152=ExtraSamples 0153=SampleFormat 0201=JPEGInterchangeFormat
    0202=JPEGInterchangeFormatLength 0211=YCbCrCoefficients 0212=YCbCrSubSampling 0213=YCbCrPositioning
    0214=ReferenceBlackWhite 02bc=XMLPacket 4746=Rating 4749=RatingPercent 8298=Copyright 83bb=IPTCNAA
    8649=ImageResources 8769=ExifTag 8773=InterColorProfile 8825=GPSTag 9003=DateTimeOriginal c4a5=PrintImageMatching
    9c9b=XPTitle 9c9c=XPComment 9c9d=XPAuthor 9c9e=XPKeywords 9c9f=XPSubject c614=UniqueCameraModel
""")
_PHOTO = _table("""
    829a=ExposureTime 829d=FNumber 8822=ExposureProgram 8824=SpectralSensitivity 8827=ISOSpeedRatings
    8830=SensitivityType 8831=StandardOutputSensitivity 8832=RecommendedExposureIndex 9000=ExifVersion
    9003=DateTimeOriginal 9004=DateTimeDigitized 9010=OffsetTime 9011=OffsetTimeOriginal 9012=OffsetTimeDigitized
    9101=ComponentsConfiguration 9102=CompressedBitsPerPixel 9201=ShutterSpeedValue 9202=ApertureValue
    9203=BrightnessValue 9204=ExposureBiasValue 9205=MaxApertureValue 9206=SubjectDistance 9207=MeteringMode
    9208=LightSource 9209=Flash 920a=FocalLength 9214=SubjectArea 927c=MakerNote 9286=UserComment 9290=SubSecTime
    9291=SubSecTimeOriginal 9292=SubSecTimeDigitized a000=FlashpixVersion a001=ColorSpace a002=PixelXDimension
    a003=PixelYDimension a004=RelatedSoundFile a005=InteroperabilityTag a20e=FocalPlaneXResolution
    a20f=FocalPlaneYResolution a210=FocalPlaneResolutionUnit a214=SubjectLocation a215=ExposureIndex
    a217=SensingMethod a300=FileSource a301=SceneType a302=CFAPattern a401=CustomRendered a402=ExposureMode
    a403=WhiteBalance a404=DigitalZoomRatio a405=FocalLengthIn35mmFilm a406=SceneCaptureType a407=GainControl
    a408=Contrast a409=Saturation a40a=Sharpness a40b=DeviceSettingDescription a40c=SubjectDistanceRange
    a420=ImageUniqueID a430=CameraOwnerName a431=BodySerialNumber a432=LensSpecification a433=LensMake
    a434=LensModel a435=LensSerialNumber
""")
_GPS = _table("""
    0000=GPSVersionID 0001=GPSLatitudeRef 0002=GPSLatitude 0003=GPSLongitudeRef 0004=GPSLongitude 0005=GPSAltitudeRef
    0006=GPSAltitude 0007=GPSTimeStamp 0008=GPSSatellites 0009=GPSStatus 000a=GPSMeasureMode 000b=GPSDOP
    000c=GPSSpeedRef 000d=GPSSpeed 000e=GPSTrackRef 000f=GPSTrack 0010=GPSImgDirectionRef 0011=GPSImgDirection
    0012=GPSMapDatum 0013=GPSDestLatitudeRef 0014=GPSDestLatitude 0015=GPSDestLongitudeRef 0016=GPSDestLongitude
    0017=GPSDestBearingRef 0018=GPSDestBearing 0019=GPSDestDistanceRef 001a=GPSDestDistance
    001b=GPSProcessingMethod 001c=GPSAreaInformation 001d=GPSDateStamp 001e=GPSDifferential
    001f=GPSHPositioningError
""")
_IOP = _table(
    "0001=InteroperabilityIndex 0002=InteroperabilityVersion 1000=RelatedImageFileFormat "
    "1001=RelatedImageWidth 1002=RelatedImageLength"
)
