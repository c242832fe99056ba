"""Finding the raw blocks in every container, whole, cut off and broken."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_files import (
    ascii_entry,
    box,
    gif,
    heif,
    iim,
    jpeg,
    packet,
    picture,
    png,
    png_chunk,
    resource,
    segment,
    tiff,
)

from workbench import carriers

EXIF = tiff([ascii_entry(0x010F, "Acme"), ascii_entry(0x010E, "harbour")])
XMP = packet("<dc:format>image/jpeg</dc:format>")
IPTC = iim((2, 5, b"Harbour"))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(k + struct.pack("<I", len(b)) + b + b"\0" * (len(b) & 1) for k, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def profile(kind: str, body: bytes) -> bytes:
    return f"Raw profile type {kind}\0\0".encode() + zlib.compress(f"\n{kind}\n{len(body)}\n{body.hex()}\n".encode())


JXL = b"\0\0\0\x0cJXL \r\n\x87\n"
JP2 = b"\0\0\0\x0cjP  \r\n\x87\n"
PSD = b"8BPS" + bytes(22) + bytes(4)
RESOURCES = resource(0x0404, IPTC) + resource(0x0422, EXIF) + resource(0x0424, XMP)
CASES = {
    "jpeg": (jpeg(EXIF, XMP, IPTC), (True, True, True)),
    "png": (png((b"eXIf", EXIF), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), (True, True, False)),
    "png, packed": (png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP))), (False, True, False)),
    "png, raw profiles": (
        png(
            (b"zTXt", profile("exif", b"Exif\0\0" + EXIF)),
            (b"zTXt", profile("xmp", XMP)),
            (b"zTXt", profile("iptc", resource(0x0404, IPTC))),
        ),
        (True, True, True),
    ),
    "webp": (riff((b"EXIF", b"Exif\0\0" + EXIF), (b"XMP ", XMP)), (True, True, False)),
    "gif": (gif(XMP), (False, True, False)),
    "heif": (heif(EXIF, XMP), (True, True, False)),
    "jpeg xl": (JXL + box(b"Exif", bytes(4) + EXIF) + box(b"xml ", XMP), (True, True, False)),
    "jp2": (
        JP2
        + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP)
        + box(b"uuid", bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38") + IPTC)
        + box(b"uuid", b"JpgTiffExif->JP2" + EXIF),
        (True, True, True),
    ),
    "psd": (PSD + struct.pack(">I", len(RESOURCES)) + RESOURCES, (True, True, True)),
    "svg": (b"<svg><metadata>" + XMP[XMP.index(b"<x:") :] + b"</metadata></svg>", (False, True, False)),
}


@pytest.mark.parametrize("name", CASES)
def test_every_container_gives_up_its_blocks(name):
    data, (has_exif, has_xmp, has_iptc) = CASES[name]
    found = carriers.find(data)
    assert found.exif == ([EXIF] if has_exif else [])
    assert [b"image/jpeg" in each for each in found.xmp] == ([True] if has_xmp else [])
    assert found.iptc == (IPTC if has_iptc else b"")


def test_tiff_tags_hold_the_other_blocks():
    swapped = b"".join(
        IPTC.ljust(len(IPTC) + -len(IPTC) % 4, b"\0")[at : at + 4][::-1] for at in range(0, len(IPTC), 4)
    )
    stream = tiff([(0x02BC, 1, len(XMP), XMP), (0x83BB, 4, len(swapped) // 4, swapped)])
    found = carriers.find(stream)
    assert found.stream
    assert found.xmp == [XMP]
    assert found.iptc.rstrip(b"\0") == IPTC


def test_a_long_packet_in_several_segments_is_put_together():
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    first = XMP.replace(b"image/jpeg", guid)
    more = b"http://ns.adobe.com/xmp/extension/\0" + guid
    parts = [more + struct.pack(">II", 6, at) + XMP[at : at + 3] for at in (3, 0)]
    data = jpeg(xmp=first)
    data = data[:2] + b"".join(segment(0xE1, part) for part in parts) + data[2:]
    assert carriers.find(data).xmp == [first, XMP[:6]]


def test_resources_split_over_segments_are_one():
    block = resource(0x0404, iim((2, 120, b"x" * 900)))
    halves = [segment(0xED, b"Photoshop 3.0\0" + half) for half in (block[:500], block[500:])]
    assert carriers.find(b"\xff\xd8" + b"".join(halves)).iptc == iim((2, 120, b"x" * 900))


def test_a_broken_chain_of_segments_is_picked_up_again():
    data = b"\xff\xd8" + segment(0xE0, b"JFIF\0")[:-2] + b"garbage" * 9 + jpeg(EXIF, XMP)[2:]
    found = carriers.find(data)
    assert (found.exif, found.xmp) == ([EXIF], [XMP])


def test_notes_outside_the_standards():
    text = png((b"tEXt", b"Title\0Caf\xe9"), (b"iTXt", b"Author\0\0\0\0\0" + "東京".encode()))
    assert carriers.find(text).notes == [("Png.Title", "Café"), ("Png.Author", "東京")]
    assert carriers.find(jpeg(comment=b"by hand")).notes == [("Jpeg.Comment", "by hand")]
    assert carriers.find(gif(comment="by hand")).notes == [("Gif.Comment", "by hand")]


def test_a_compressed_bomb_stops_at_the_limit():
    bomb = zlib.compress(bytes(100 * 2**20))
    found = carriers.find(b"\x89PNG\r\n\x1a\n" + png_chunk(b"zTXt", b"Comment\0\0" + bomb))
    assert found.notes == []
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + bomb
    assert len(carriers.find(b"\x89PNG\r\n\x1a\n" + png_chunk(b"iTXt", packed)).xmp[0]) == 33 * 2**20


@pytest.mark.parametrize("junk", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"8BPS", b"\x89PNG"])
def test_stumps_hold_nothing(junk):
    assert carriers.find(junk) == carriers.Blocks()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_plain_pictures_hold_nothing(kind):
    found = carriers.find(picture(kind))
    assert (found.exif, found.iptc, found.xmp) == ([], b"", [])


@settings(deadline=None)
@given(st.sampled_from(sorted(CASES)), st.data())
def test_any_cut_and_flipped_bits_are_survived(name, data):
    whole = bytearray(CASES[name][0])
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    carriers.find(bytes(whole))
    carriers.find(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


@given(st.sampled_from([b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", JXL, JP2, PSD]), st.binary())
def test_any_bytes_are_survived(head, junk):
    carriers.find(head + junk)
