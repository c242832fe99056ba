from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from picture_files import tiff

from workbench.formats import Kind, recognise

MAKES = [
    (b"NIKON CORPORATION\0", "NEF"),
    (b"SONY\0", "ARW"),
    (b"PENTAX Corporation\0", "PEF"),
    (b"SAMSUNG\0", "SRW"),
    (b"Hasselblad\0", "3FR"),
    (b"A maker nobody knows\0", "RAW"),
]


def box(brand: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + brand + b"\0\0\0\0" + b"".join(others)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0\0\0\x08free"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("make", "format"), MAKES)
def test_sensor_data_in_a_child_directory_makes_a_raw_file(make: bytes, format: str, order: str) -> None:
    size = 8 + 2 + 12 * 4 + 4 + len(make)
    entries = [(256, 3, (160,)), (257, 3, (120,)), (271, 2, make), (330, 4, (size,))]
    child = tiff([(256, 3, (6000,)), (257, 3, (4000,)), (262, 3, (32803,))], order=order)[8:]
    raw = tiff(entries, order=order) + child
    assert recognise(raw).format == format
    assert recognise(tiff(entries[:3], order=order)).format == "TIFF"


def test_a_camera_makers_name_alone_makes_no_raw_file() -> None:
    plain = tiff([(256, 3, (6000,)), (257, 3, (4000,)), (262, 3, (2,)), (271, 2, b"NIKON CORPORATION\0")])
    assert recognise(plain) == Kind("TIFF", "image/tiff", decodable=True)


def test_dng_and_cr2_are_told_by_their_own_marks() -> None:
    assert recognise(tiff([(256, 3, (160,)), (50706, 1, (1, 4, 0, 0))])).format == "DNG"
    assert recognise(b"II*\0\x10\0\0\0CR\2\0" + b"\0" * 32).format == "CR2"


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (box(b"heic", b"mif1", b"heic"), "HEIC"),
        (box(b"mif1", b"heic"), "HEIC"),
        (box(b"mif1", b"avif", b"miaf"), "AVIF"),
        (box(b"avis", b"avif"), "AVIF"),
        (box(b"crx ", b"isom"), "CR3"),
        (b"IIRO\x08\0\0\0", "ORF"),
        (b"IIU\0\x18\0\0\0", "RW2"),
        (b"\0MRM\0\0", "MRW"),
        (b"\xff\x0a\xfa\x1f", "JXL"),
        (b"8BPS\0\2", "PSB"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "EPS"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <svg> --><svg/>", "SVG"),
        (b'<!DOCTYPE svg PUBLIC "a" "b" [<!ENTITY c "d">]>\n<svg:svg>', "SVG"),
        ("<svg xmlns='x'>".encode("utf-16"), "SVG"),
        (b"P6\n# made by hand\n3 2\n255\n", "PPM"),
    ],
)
def test_formats_are_told_by_content(data: bytes, format: str) -> None:
    assert recognise(data).format == format


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.4", "PDF"),
        (b"PK\3\4\x14\0", "ZIP"),
        (box(b"mp42", b"isom"), "video"),
        (box(b"qt  "), "QuickTime"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
        (b"<?xpacket begin='' id='x'?><x:xmpmeta>", "XMP"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"<?xml version='1.0'?><note/>", "XML"),
        ("Größe; 日本語\n".encode(), "text"),
        ("Äpfel für die Gäste, überall und jederzeit\n".encode("cp1252"), "text"),
        (b"P1 is where we park\n", "text"),
        (b"BMW is not a bitmap\n", "text"),
        (("日本語" * 2000).encode(), "text"),
        (b"SQLite format 3\0", "database"),
    ],
)
def test_what_is_no_image_is_named(data: bytes, what: str) -> None:
    kind = recognise(data)
    assert (kind.format, kind.mime, kind.decodable) == (None, None, False)
    assert what in kind.what


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_nothing(seed: int) -> None:
    assert recognise(b"\x01" + random.Random(seed).randbytes(6000)) == Kind(None, None)


@given(st.binary(max_size=400))
@example(b"")
@example(b"\xff")
@example(b"II*\0")
@example(b"<")
@example(b"\0\0\0\x08ftyp")
def test_recognising_never_raises(data: bytes) -> None:
    kind = recognise(data)
    assert (kind.format is None) == (kind.mime is None)
    assert not (kind.format and kind.what)
