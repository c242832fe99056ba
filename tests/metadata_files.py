"""Makes small files with known metadata, well-formed or broken on purpose."""

import io
import struct
import zlib

from PIL import Image

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
}


def packet(body: str, attributes: str = "", prolog: str = "") -> bytes:
    """Wrap property elements in an XMP packet."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{prolog}<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" {declared} {attributes}>{body}</rdf:Description>'
        f'</rdf:RDF></x:xmpmeta>{" " * 50}<?xpacket end="w"?>'
    ).encode()


def tiff(image: list[tuple], photo: list[tuple] = (), gps: list[tuple] = (), order: str = "<") -> bytes:
    """Make a TIFF stream from (tag, type, count, bytes) entries; the Exif and GPS directories follow the first one."""
    groups = [list(image), list(photo), list(gps)]
    sizes = [2 + 12 * len(group) + 4 for group in groups]
    extra = 12 * (bool(photo) + bool(gps))
    starts = [8, 8 + sizes[0] + extra, 8 + sizes[0] + extra + (sizes[1] if photo else 0)]
    if photo:
        groups[0].append((0x8769, 4, 1, struct.pack(f"{order}I", starts[1])))
    if gps:
        groups[0].append((0x8825, 4, 1, struct.pack(f"{order}I", starts[2])))
    used = [group for group in groups if group]
    at = 8 + sum(2 + 12 * len(group) + 4 for group in used)
    directories, values = b"", b""
    for group in used:
        directories += struct.pack(f"{order}H", len(group))
        for tag, kind, many, value in sorted(group):
            inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(f"{order}I", at + len(values))
            directories += struct.pack(f"{order}HHI", tag, kind, many) + inline
            values += value + b"\0" * (len(value) & 1) if len(value) > 4 else b""
        directories += bytes(4)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return head + directories + values


def ascii_entry(tag: int, text: str | bytes) -> tuple[int, int, int, bytes]:
    value = (text.encode() if isinstance(text, str) else text) + b"\0"
    return (tag, 2, len(value), value)


def rational_entry(tag: int, *pairs: tuple[int, int], order: str = "<") -> tuple[int, int, int, bytes]:
    return (tag, 5, len(pairs), b"".join(struct.pack(f"{order}II", *pair) for pair in pairs))


def place(latitude: tuple, north: str, longitude: tuple, east: str) -> list[tuple]:
    """Make GPS entries from three rationals each."""
    return [
        ascii_entry(1, north),
        rational_entry(2, *latitude),
        ascii_entry(3, east),
        rational_entry(4, *longitude),
    ]


def iim(*datasets: tuple[int, int, bytes]) -> bytes:
    return b"".join(b"\x1c" + bytes([record, number]) + struct.pack(">H", len(v)) + v for record, number, v in datasets)


def resource(number: int, body: bytes) -> bytes:
    """Make one Photoshop image resource."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(body)) + body + b"\0" * (len(body) & 1)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def picture(kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (90, 120, 30)).save(out, kind, **options)
    return out.getvalue()


def jpeg(exif: bytes = b"", xmp: bytes = b"", iptc: bytes = b"", comment: bytes = b"") -> bytes:
    """Make a JPEG that carries these blocks."""
    parts = b""
    if exif:
        parts += segment(0xE1, b"Exif\0\0" + exif)
    if xmp:
        parts += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    if iptc:
        parts += segment(0xED, b"Photoshop 3.0\0" + resource(0x0425, b"x" * 16) + resource(0x0404, iptc))
    if comment:
        parts += segment(0xFE, comment)
    plain = picture()
    return plain[:2] + parts + plain[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Make a PNG with these chunks behind its picture data."""
    plain = picture("PNG")
    return plain[:-12] + b"".join(png_chunk(*chunk) for chunk in chunks) + plain[-12:]


def gif(xmp: bytes = b"", comment: str = "") -> bytes:
    plain = picture("GIF", comment=comment) if comment else picture("GIF")
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return plain[:-1] + b"!\xff\x0bXMP DataXMP" + xmp + trailer + b";" if xmp else plain


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def heif(exif: bytes, xmp: bytes) -> bytes:
    """Make the metadata half of a HEIF file: two items, their types and their places."""
    exif = bytes(4) + exif
    types = [b"\2\0\0\0\0\1\0\0Exif\0", b"\2\0\0\0\0\2\0\0mime\0application/rdf+xml\0"]
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", 2) + b"".join(box(b"infe", entry) for entry in types))
    start = box(b"ftyp", b"heicmif1mif1heic")

    def meta(first: int) -> bytes:
        extents = [(1, first, len(exif)), (2, first + len(exif), len(xmp))]
        places = b"".join(struct.pack(">HHHII", item, 0, 1, at, size) for item, at, size in extents)
        return box(b"meta", bytes(4) + iinf + box(b"iloc", bytes(4) + b"\x44\x00" + struct.pack(">H", 2) + places))

    length = len(start) + len(meta(0))
    return start + meta(length + 8) + box(b"mdat", exif + xmp)
