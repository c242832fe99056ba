"""What the sample's pictures say about themselves, and the bytes that carry it.

EXIF is built with Pillow; the XMP packet and the IPTC records are put together here, byte by byte,
because the sample also needs the wrong ones: undeclared character sets, stale digests, broken XML.

Sources: IPTC-IIM 4.2 (records and data sets), Adobe's "Photoshop File Formats" (image resources
0x0404 and 0x0425), XMP Specification Part 1 (serialisation), Exif 3.0 (tags).
"""

from __future__ import annotations

import hashlib
import io
import random
import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image, PngImagePlugin, TiffImagePlugin

from workbench.sample_pictures import data

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}

IIM = {
    "title": (5, 64),
    "keyword": (25, 32),
    "date": (55, 8),
    "time": (60, 11),
    "creator": (80, 32),
    "city": (90, 32),
    "code": (100, 3),
    "country": (101, 64),
    "rights": (116, 128),
    "description": (120, 2000),
}
"""Name → (data set of record 2, most bytes it may hold)."""

UTF8 = b"\x1c\x01\x5a\x00\x03\x1b%G"
"""Data set 1:90, which declares that the records are UTF-8."""


@dataclass
class Caption:
    """What one picture says about itself, before it is divided among the carriers.

    Attributes
    ----------
    title, description : dict of str to str
        Text per language.
    taken : datetime or None
        Wall clock where the camera was; ``offset`` (``+01:00``) says which, if anything does.
    place : tuple or None
        Latitude, longitude (degrees) and altitude (metres).
    carriers : tuple of str
        Which of ``exif``, ``iptc`` and ``xmp`` are written.
    charset : str
        How IPTC text is encoded: ``declared`` (UTF-8, and says so), ``utf-8`` or ``cp1252`` (neither says so).
    digest : str
        Photoshop's checksum over the IPTC records: ``right``, ``stale`` or ``none``.
    differs : dict of str to str
        Values that only the IPTC records carry, in contradiction to the rest.
    """

    title: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    keywords: list[str] = field(default_factory=list)
    creator: str = ""
    rights: str = ""
    city: str = ""
    country: str = ""
    code: str = ""
    taken: datetime | None = None
    offset: str = ""
    place: tuple[float, float, float] | None = None
    camera: dict[str, Any] | None = None
    exposure: tuple[int, float, int, float] | None = None
    rating: int | None = None
    software: str = ""
    serial: str = ""
    owner: str = ""
    orientation: int | None = None
    carriers: tuple[str, ...] = ("exif", "xmp")
    charset: str = "declared"
    digest: str = "none"
    differs: dict[str, str] = field(default_factory=dict)


def first(texts: dict[str, str]) -> str:
    """Return the text of the first language, which is the default one."""
    return next(iter(texts.values()), "")


# --- what is said ----------------------------------------------------------------------------


def caption(
    rng: random.Random,
    subject: str,
    detail: dict[str, str],
    *,
    taken: datetime,
    city: dict[str, Any] | None,
) -> Caption:
    """Return realistic metadata with realistic gaps for a picture of ``subject``.

    Parameters
    ----------
    rng : random.Random
        Decides everything that isn't given.
    subject : str
        A key of ``subjects`` in the tables.
    detail : dict of str to str
        What tells this picture from its neighbours, per language (a colour, a town, a number).
    taken : datetime
        When the picture was made.
    city : dict or None
        A row of ``cities``, where the camera was; None for a scanner, which has no lens and no position.
    """
    tables, words = data()["metadata"], data()["subjects"][subject]
    gaps, languages = tables["missing"], rng.choice(tables["languages"])

    def has(name: str) -> bool:
        return rng.random() >= float(gaps[name])

    said = Caption(taken=taken, carriers=carriers(rng))
    if has("title"):
        said.title = titles(words["names"], detail, languages)
    if has("description"):
        said.description = {lang: words["text"][lang] for lang in languages if lang in words["text"]}
    if has("keywords"):
        chosen = rng.sample(words["keywords"], rng.randint(1, len(words["keywords"])))
        said.keywords = [spelled[0] if rng.random() < 0.6 else rng.choice(spelled) for spelled in chosen]
    said.creator = rng.choice(tables["creators"]) if has("creator") else ""
    said.rights = rng.choice(tables["rights"]) if has("rights") else ""
    said.rating = rng.randint(1, 5) if has("rating") else None
    said.software = rng.choice(tables["software"]) if rng.random() < 0.4 else ""
    said.charset = rng.choices(["declared", "utf-8", "cp1252"], [5, 2, 3])[0]
    said.digest = rng.choices(["right", "stale", "none"], [4, 2, 4])[0]
    if city is None:
        said.camera = data()["scanner"]
    else:
        expose(rng, said, city)
    return said


def carriers(rng: random.Random) -> tuple[str, ...]:
    """Return which metadata blocks a file carries; some carry none."""
    choices = [("exif", "iptc", "xmp"), ("exif", "xmp"), ("exif",), ("exif", "iptc"), ("iptc", "xmp"), ()]
    return rng.choices(choices, [36, 22, 15, 10, 9, 8])[0]


def titles(names: dict[str, str], detail: dict[str, str], languages: list[str]) -> dict[str, str]:
    """Return ``subject, detail`` in every language that has a name for the subject."""
    known = [lang for lang in languages if lang in names] or ["en"]
    comma = {"ja": "、", "ar": "، "}
    return {lang: names[lang] + comma.get(lang, ", ") + detail.get(lang, detail["en"]) for lang in known}


def expose(rng: random.Random, said: Caption, city: dict[str, Any]) -> None:
    """Fill in camera, exposure, time zone, place."""
    tables, gaps = data()["metadata"], data()["metadata"]["missing"]
    said.camera = rng.choice(data()["cameras"])
    focal = rng.choice(said.camera["focal"])
    said.exposure = (rng.choice(tables["shutters"]), rng.choice(tables["apertures"]), rng.choice(tables["isos"]), focal)
    said.offset = rng.choice(tables["offsets"]) if rng.random() >= gaps["offset"] else ""
    if rng.random() >= gaps["place"]:
        said.city, said.country, said.code = city["names"]["en"], city["country"], city["code"]
    if rng.random() >= gaps["gps"]:
        lat, lon, altitude = city["at"]
        said.place = (round(lat + rng.gauss(0, 0.03), 6), round(lon + rng.gauss(0, 0.03), 6), altitude)


# --- EXIF ------------------------------------------------------------------------------------


def degrees(value: float) -> tuple[TiffImagePlugin.IFDRational, ...]:
    """Return an angle as degrees, minutes and seconds the way GPS tags want it."""
    seconds = round(abs(value) * 3600 * 1000)
    parts = (seconds // 3_600_000, 1), (seconds // 60_000 % 60, 1), (seconds % 60_000, 1000)
    return tuple(TiffImagePlugin.IFDRational(*part) for part in parts)


def exif(said: Caption) -> Image.Exif:
    """Return the EXIF block: camera, exposure, times, position, and the text it has room for."""
    block = Image.Exif()
    camera = said.camera or {}
    text = {
        0x010E: first(said.description),
        0x010F: camera.get("make", ""),
        0x0110: camera.get("model", ""),
        0x0131: said.software,
        0x013B: said.creator,
        0x8298: said.rights,
    }
    block.update({tag: utf8(value) for tag, value in text.items() if value})
    if said.orientation:
        block[0x0112] = said.orientation
    block[0x8769] = shot(said, camera)
    if said.taken:
        block[0x0132] = said.taken.strftime("%Y:%m:%d %H:%M:%S")
    if said.place:
        block[0x8825] = position(said.place)
    return block


def utf8(text: str) -> str | bytes:
    """Return text for an ASCII tag the way cameras write names: as UTF-8, where Pillow would write question marks."""
    return text if text.isascii() else text.encode()


def shot(said: Caption, camera: dict[str, Any]) -> dict[int, Any]:
    """Return the tags of the Exif IFD."""
    tags: dict[int, Any] = {0x9000: b"0232"}
    if said.taken:
        tags[0x9003] = tags[0x9004] = said.taken.strftime("%Y:%m:%d %H:%M:%S")
    text = {0x9011: said.offset, 0xA434: camera.get("lens", ""), 0xA431: said.serial, 0xA430: said.owner}
    tags |= {tag: value for tag, value in text.items() if value}
    if said.exposure:
        shutter, aperture, iso, focal = said.exposure
        tags[0x829A] = TiffImagePlugin.IFDRational(1, shutter)
        tags[0x829D] = TiffImagePlugin.IFDRational(round(aperture * 10), 10)
        tags[0x8827] = iso
        tags[0x920A] = TiffImagePlugin.IFDRational(round(focal * 1000), 1000)
    return tags


def position(place: tuple[float, float, float]) -> dict[int, Any]:
    """Return the tags of the GPS IFD."""
    lat, lon, altitude = place
    return {
        0: b"\x02\x03\x00\x00",
        1: "N" if lat >= 0 else "S",
        2: degrees(lat),
        3: "E" if lon >= 0 else "W",
        4: degrees(lon),
        5: b"\x00" if altitude >= 0 else b"\x01",
        6: TiffImagePlugin.IFDRational(round(abs(altitude) * 10), 10),
    }


# --- XMP -------------------------------------------------------------------------------------


def alternatives(name: str, texts: dict[str, str]) -> str:
    """Return a property with one text per language; the first is also the default."""
    if not texts:
        return ""
    items = [("x-default", first(texts)), *(texts.items() if len(texts) > 1 else ())]
    inner = "".join(f'<rdf:li xml:lang="{lang}">{escape(text)}</rdf:li>' for lang, text in items)
    return f"<{name}><rdf:Alt>{inner}</rdf:Alt></{name}>"


def listing(name: str, kind: str, values: list[str]) -> str:
    """Return a property with several values, ``kind`` being ``Bag`` or ``Seq``."""
    if not any(values):
        return ""
    inner = "".join(f"<rdf:li>{escape(value)}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{inner}</rdf:{kind}></{name}>"


def xmp(said: Caption) -> bytes:
    """Return the XMP packet."""
    simple = {
        "xmp:Rating": "" if said.rating is None else str(said.rating),
        "xmp:CreatorTool": said.software,
        "photoshop:City": said.city,
        "photoshop:Country": said.country,
        "photoshop:DateCreated": f"{said.taken.isoformat()}{said.offset}" if said.taken else "",
        "Iptc4xmpCore:CountryCode": said.code,
        "xmpRights:Marked": "True" if said.rights.startswith("©") else "",
    }
    body = [
        alternatives("dc:title", said.title),
        alternatives("dc:description", said.description),
        alternatives("dc:rights", {"en": said.rights} if said.rights else {}),
        listing("dc:subject", "Bag", said.keywords),
        listing("dc:creator", "Seq", [said.creator]),
        *(f"<{name}>{escape(value)}</{name}>" for name, value in simple.items() if value),
    ]
    return packet("".join(body))


def packet(body: str) -> bytes:
    """Return properties, already as XML, wrapped into an XMP packet."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {names}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


# --- IPTC ------------------------------------------------------------------------------------


def record(name: str, text: str, encoding: str) -> bytes:
    """Return one data set of record 2, cut between characters to what the standard allows."""
    number, most = IIM[name]
    coded = text.encode(encoding)[:most].decode(encoding, "ignore").encode(encoding)
    return struct.pack(">BBBH", 0x1C, 2, number, len(coded)) + coded


def iptc(said: Caption) -> bytes:
    """Return the IPTC-IIM records."""
    values = {
        "title": first(said.title),
        "description": first(said.description),
        "creator": said.creator,
        "rights": said.rights,
        "city": said.city,
        "country": said.country,
        "code": said.code,
        "date": said.taken.strftime("%Y%m%d") if said.taken else "",
        "time": said.taken.strftime("%H%M%S") + said.offset.replace(":", "") if said.taken else "",
    } | said.differs
    pairs = [(name, value) for name, value in values.items() if value] + [("keyword", word) for word in said.keywords]
    western = said.charset == "cp1252" and all(fits(value) for _, value in pairs)
    coded = b"".join(record(name, value, "cp1252" if western else "utf-8") for name, value in pairs)
    silent = western or said.charset == "utf-8"
    return (b"" if silent else UTF8) + b"\x1c\x02\x00\x00\x02\x00\x04" + coded


def fits(text: str) -> bool:
    """Say whether a text can be written in Windows' western code page."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def resources(said: Caption) -> bytes:
    """Return Photoshop's image resources: the IPTC records and perhaps the digest over them."""
    records = iptc(said)
    block = resource(0x0404, records)
    if said.digest != "none":
        covered = records if said.digest == "right" else b"as it was before"
        block += resource(0x0425, hashlib.md5(covered, usedforsecurity=False).digest())
    return block


def resource(number: int, content: bytes) -> bytes:
    """Return one image resource, padded to an even length."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + b"\0" * (len(content) % 2)


# --- files -----------------------------------------------------------------------------------


def encode(image: Image.Image, format: str, said: Caption | None, **options: Any) -> bytes:
    """Return a picture as a file with its metadata.

    Parameters
    ----------
    image : PIL.Image.Image
        The pixels.
    format : str
        Pillow's name of the format.
    said : Caption or None
        What to embed, as far as the format has room for it.
    **options
        Passed on to Pillow.
    """
    said = said or Caption(carriers=())
    out = io.BytesIO()
    if format == "JPEG":
        image.save(out, format, **options)
        return with_segments(out.getvalue(), segments(said))
    if format == "PNG":
        options |= png_texts(said)
    elif format == "TIFF":
        options |= {"tiffinfo": tiff_tags(said)}
        if said.exposure:
            options.pop("compression", None)  # Pillow can't write a compressed TIFF with an Exif IFD
    elif format in ("WEBP", "HEIF", "AVIF"):
        options |= {"xmp": xmp(said)} if "xmp" in said.carriers else {}
        options |= {"exif": exif(said).tobytes()} if "exif" in said.carriers else {}
    image.save(out, format, **options)
    return out.getvalue()


def png_texts(said: Caption) -> dict[str, Any]:
    """Return Pillow's options for a PNG's metadata."""
    options: dict[str, Any] = {"exif": exif(said).tobytes()} if "exif" in said.carriers else {}
    if "xmp" in said.carriers:
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp(said).decode())
        options["pnginfo"] = texts
    return options


def tiff_tags(said: Caption) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return a TIFF's tags: EXIF's own, XMP in 700, IPTC in 33723."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if "exif" in said.carriers:
        tags.update({tag: value for tag, value in exif(said).items() if said.exposure or tag not in (0x8769, 0x8825)})
    for name, tag, build in (("xmp", 700, xmp), ("iptc", 33723, iptc)):
        if name in said.carriers:
            tags[tag] = build(said)
            tags.tagtype[tag] = 1 if name == "xmp" else 7
    return tags


def segments(said: Caption) -> list[tuple[int, bytes]]:
    """Return a JPEG's metadata segments as (marker, content)."""
    built = []
    if "exif" in said.carriers:
        built.append((0xE1, exif(said).tobytes()))
    if "xmp" in said.carriers:
        built.append((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(said)))
    if "iptc" in said.carriers:
        built.append((0xED, b"Photoshop 3.0\0" + resources(said)))
    return built


def with_segments(jpeg: bytes, new: list[tuple[int, bytes]]) -> bytes:
    """Return a JPEG with segments added behind its JFIF header."""
    at = 2 + (2 + int.from_bytes(jpeg[4:6], "big") if jpeg[2:4] == b"\xff\xe0" else 0)
    coded = b"".join(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for marker, content in new)
    return jpeg[:at] + coded + jpeg[at:]


def without_metadata(jpeg: bytes) -> bytes:
    """Return a JPEG without its EXIF, XMP and Photoshop segments, the coded picture untouched."""
    kept, at = [jpeg[:2]], 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] not in (0xE1, 0xED):
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, jpeg[at:]])
