"""What kind of file this is, told from its content and never from its name.

Pure functions over the bytes: nothing is decoded and nothing is trusted. Signatures are those of the
formats' own specifications and of the IANA media-type registrations.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass

from workbench.structure import looks_raw, tiff_directories

_Signature = tuple[int, bytes, str, str]
Data = bytes | mmap.mmap

HEAD = 4096
"""Bytes at the start of a file that the signatures look at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A recognised kind of file.

    Attributes
    ----------
    format : str or None
        Short name in capitals (``JPEG``, ``CR2``, ``DICOM``); None when it isn't an image.
    mime : str or None
        Media type.
    decodable : bool
        Whether the workbench has a decoder for it.
    what : str
        For something that isn't an image, what it is: ``a PDF document``; empty when unknown.
    """

    format: str | None
    mime: str | None
    decodable: bool = False
    what: str = ""


# (offset, signature, format, media type)
_DECODABLE: tuple[_Signature, ...] = (
    (0, b"\xff\xd8\xff", "JPEG", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG", "image/png"),
    (0, b"GIF87a", "GIF", "image/gif"),
    (0, b"GIF89a", "GIF", "image/gif"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000", "image/j2c"),
    (0, b"8BPS\x00\x01", "PSD", "image/vnd.adobe.photoshop"),
    (0, b"icns", "ICNS", "image/icns"),
    (0, b"qoif", "QOI", "image/qoi"),
    (0, b"DDS |\x00\x00\x00", "DDS", "image/vnd.ms-dds"),
    (0, b"SIMPLE  =", "FITS", "image/fits"),
    (0, b"\x59\xa6\x6a\x95", "SUN", "image/x-sun-raster"),
    (0, b"\x01\xda\x00\x01", "SGI", "image/sgi"),
    (0, b"\x01\xda\x01\x01", "SGI", "image/sgi"),
    (0, b"\x01\xda\x00\x02", "SGI", "image/sgi"),
    (0, b"\x01\xda\x01\x02", "SGI", "image/sgi"),
    (0, b"/* XPM */", "XPM", "image/x-xpixmap"),
)
_RECOGNISED: tuple[_Signature, ...] = (
    (128, b"DICM", "DICOM", "application/dicom"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JXL", "image/jxl"),
    (0, b"\xff\x0a", "JXL", "image/jxl"),
    (0, b"II\xbc", "JXR", "image/jxr"),
    (0, b"FUJIFILMCCD-RAW", "RAF", "image/x-fuji-raf"),
    (0, b"IIRO", "ORF", "image/x-olympus-orf"),
    (0, b"IIRS", "ORF", "image/x-olympus-orf"),
    (0, b"MMOR", "ORF", "image/x-olympus-orf"),
    (0, b"IIU\x00", "RW2", "image/x-panasonic-rw2"),
    (0, b"FOVb", "X3F", "image/x-sigma-x3f"),
    (0, b"\x00MRM", "MRW", "image/x-minolta-mrw"),
    (6, b"HEAPCCDR", "CRW", "image/x-canon-crw"),
    (8, b"IIII", "IIQ", "image/x-phaseone-iiq"),
    (0, b"8BPS\x00\x02", "PSB", "image/vnd.adobe.photoshop"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS", "image/x-eps"),
    (0, b"\x76\x2f\x31\x01", "EXR", "image/x-exr"),
    (0, b"#?RADIANCE", "HDR", "image/vnd.radiance"),
    (0, b"#?RGBE", "HDR", "image/vnd.radiance"),
    (0, b"gimp xcf", "XCF", "image/x-xcf"),
    (0, b"AT&TFORM", "DJVU", "image/vnd.djvu"),
    (0, b"\x97JB2\r\n\x1a\n", "JBIG2", "image/jbig2"),
    (0, b"\xd7\xcd\xc6\x9a", "WMF", "image/wmf"),
    (40, b" EMF", "EMF", "image/emf"),
    (0, b"BPG\xfb", "BPG", "image/bpg"),
    (0, b"FLIF", "FLIF", "image/flif"),
    (0, b"SDPX", "DPX", "image/x-dpx"),
    (0, b"XPDS", "DPX", "image/x-dpx"),
    (0, b"\x8bMNG\r\n\x1a\n", "MNG", "video/x-mng"),
    (0, b"\x8bJNG\r\n\x1a\n", "JNG", "image/x-jng"),
)
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document or a Thumbs.db"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (0, b"\x00\x00\x01\xba", "an MPEG video"),
    (0, b"\x00\x00\x01\xb3", "an MPEG video"),
    (0, b"FLV\x01", "a Flash video"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a Windows Media file"),
    (4, b"moov", "a QuickTime video"),
    (4, b"mdat", "a QuickTime video"),
    (4, b"wide", "a QuickTime video"),
    (0, b"ID3", "an MP3 sound file"),
    (0, b"OggS", "an Ogg sound or video file"),
    (0, b"fLaC", "a FLAC sound file"),
    (0, b"MThd", "a MIDI file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a Windows program"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"\x00\x00\x00\x01Bud1", "a folder-settings file of macOS"),
    (0, b"\x00\x05\x16\x07", "an AppleDouble companion file of macOS"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"wOFF", "a font"),
    (0, b"wOF2", "a font"),
    (0, b"OTTO", "a font"),
    (0, b"\x93NUMPY", "a NumPy array"),
)
_RIFF = {b"AVI ": "an AVI video", b"WAVE": "a WAV sound file"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}
_RAW_MAKERS = (
    (b"nikon", "NEF", "image/x-nikon-nef"),
    (b"sony", "ARW", "image/x-sony-arw"),
    (b"pentax", "PEF", "image/x-pentax-pef"),
    (b"ricoh", "PEF", "image/x-pentax-pef"),
    (b"samsung", "SRW", "image/x-samsung-srw"),
    (b"hasselblad", "3FR", "image/x-hasselblad-3fr"),
    (b"seiko epson", "ERF", "image/x-epson-erf"),
    (b"kodak", "DCR", "image/x-kodak-dcr"),
    (b"eastman kodak", "DCR", "image/x-kodak-dcr"),
    (b"mamiya", "MEF", "image/x-mamiya-mef"),
    (b"leaf", "MOS", "image/x-leaf-mos"),
    (b"phase one", "IIQ", "image/x-phaseone-iiq"),
    (b"canon", "CR2", "image/x-canon-cr2"),
)
_NETPBM = re.compile(rb"P[1-6fF]\s+(#[^\n]*\s+)*\d")
_XML_LEAD = re.compile(rb"\s*(<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(\[.*?\])?[^>]*>\s*)*", re.DOTALL)


def recognise(data: Data) -> Kind:
    """Say what kind of file this is.

    Parameters
    ----------
    data : bytes or mmap.mmap
        The whole file; only the beginning and, for TIFF and TGA, a few other places are looked at.

    Returns
    -------
    Kind
        ``Kind(None, None)`` when the content is not known at all. Never raises.
    """
    head = bytes(data[:HEAD])
    for offset, magic, name, mime in _DECODABLE:
        if head.startswith(magic, offset):
            return Kind(name, mime, decodable=True)
    return _container(data, head) or _by_signature(head) or _by_text(head) or _by_shape(data, head) or Kind(None, None)


def _container(data: Data, head: bytes) -> Kind | None:
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return _tiff(data, head)
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return Kind("WEBP", "image/webp", decodable=True)
        return Kind(None, None, what=_RIFF.get(head[8:12], ""))
    if head[4:8] == b"ftyp":
        return _isobmff(head)
    return None


def _tiff(data: Data, head: bytes) -> Kind:
    plain = Kind("TIFF", "image/tiff", decodable=True)
    if head[8:10] == b"CR":
        return Kind("CR2", "image/x-canon-cr2")
    directories = tiff_directories(data, limit=4, deep=True)
    if any(directory.dng for directory in directories):
        return Kind("DNG", "image/x-adobe-dng")
    if not any(looks_raw(directory) for directory in directories):
        return plain
    make = next((directory.make.lower() for directory in directories if directory.make), b"")
    for maker, name, mime in _RAW_MAKERS:
        if make.startswith(maker):
            return Kind(name, mime)
    return Kind("RAW", "image/x-raw")


def _isobmff(head: bytes) -> Kind:
    size = min(max(struct.unpack(">I", head[:4])[0], 16), 512)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]
    if brands[0] == b"crx ":
        return Kind("CR3", "image/x-canon-cr3")
    if brands[0] in _AVIF_BRANDS or (brands[0] in _HEIC_BRANDS and _AVIF_BRANDS.intersection(brands)):
        return Kind("AVIF", "image/avif", decodable=True)
    if brands[0] in _HEIC_BRANDS:
        return Kind("HEIC", "image/heic", decodable=True)
    if brands[0] in (b"M4A ", b"M4B "):
        return Kind(None, None, what="an MPEG-4 sound file")
    return Kind(None, None, what="a QuickTime video" if brands[0] == b"qt  " else "an MPEG-4 video")


def _by_signature(head: bytes) -> Kind | None:
    for offset, magic, name, mime in _RECOGNISED:
        if head.startswith(magic, offset):
            return Kind(name, mime)
    if head.startswith(b"%!PS-Adobe") and b"EPSF" in head[:64]:
        return Kind("EPS", "image/x-eps")
    for offset, magic, what in _OTHERS:
        if head.startswith(magic, offset):
            return Kind(None, None, what=what)
    return None


def _by_text(head: bytes) -> Kind | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="replace").encode()
    else:
        text = head.removeprefix(b"\xef\xbb\xbf")
    if _NETPBM.match(text):
        return Kind("PPM", "image/x-portable-anymap", decodable=True)
    if text.startswith(b"#define ") and b"_width " in text[:512]:
        return Kind("XBM", "image/x-xbitmap", decodable=True)
    if b"\0" in text:
        return None
    start = text.lstrip()[:1]
    if start == b"<":
        return _markup(text)
    return _plain_text(text)


def _markup(text: bytes) -> Kind:
    lead = _XML_LEAD.match(text)
    root = text[lead.end() if lead else 0 :][:64].lower()
    if re.match(rb"<(\w+:)?svg[\s>/]", root):
        return Kind("SVG", "image/svg+xml")
    if b"x:xmpmeta" in root or b"<rdf:rdf" in root or text.startswith(b"<?xpacket"):
        return Kind(None, None, what="an XMP sidecar file")
    if root.startswith(b"<html") or b"<!doctype html" in text[:256].lower():
        return Kind(None, None, what="a web page")
    return Kind(None, None, what="an XML document")


def _plain_text(text: bytes) -> Kind | None:
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in text[:512]):
        return None
    try:
        text.decode()
    except UnicodeDecodeError as error:
        cut_by_us = len(text) >= HEAD - 3 and error.start >= len(text) - 3
        plain = sum(32 <= byte < 127 or byte in b"\t\n\r" for byte in text)
        if not cut_by_us and plain < 0.85 * len(text):
            return None
    return Kind(None, None, what="a text file")


def _by_shape(data: Data, head: bytes) -> Kind | None:
    if _is_bmp(head):
        return Kind("BMP", "image/bmp", decodable=True)
    if head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and 0 < int.from_bytes(head[4:6], "little") <= 256:
        icon = head[2] == 1
        return Kind("ICO" if icon else "CUR", "image/vnd.microsoft.icon", decodable=True)
    if len(head) >= 128 and head[0] == 10 and head[1] in (0, 2, 3, 4, 5) and head[2] == 1 and head[3] in (1, 2, 4, 8):
        return Kind("PCX", "image/x-pcx", decodable=True)
    if len(data) > 44 and (bytes(data[-18:-1]) == b"TRUEVISION-XFILE." or _is_tga(head, len(data))):
        return Kind("TGA", "image/x-tga", decodable=True)
    return None


def _is_bmp(head: bytes) -> bool:
    if head[:2] != b"BM" or len(head) < 26:
        return False
    return int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)


def _is_tga(head: bytes, size: int) -> bool:
    """Old TGA files have no signature: believe one only if every field fits and the size is right."""
    colour_map, kind, depth = head[1], head[2], head[16]
    width, height = struct.unpack("<HH", head[12:16])
    if not (width and height) or head[17] & 0xC0 or any(head[8:12]):
        return False
    if (colour_map, kind, depth) in ((0, 2, 24), (0, 2, 32), (0, 3, 8)) and not any(head[3:8]):
        return bool(size >= 18 + head[0] + width * height * depth // 8)
    return False
