"""Walking TIFF directories without Exiv2, compared with Exiv2 where both can read."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_files import ascii_entry, place, rational_entry, tiff

from workbench import exif, metadata

LONDON = place(((51, 1), (30, 1), (0, 1)), "N", ((0, 1), (7, 1), (39, 1)), "W")


def plainly(stream: bytes) -> dict[str, str]:
    return {exif.name(e.group, e.tag): exif.shown(stream, e) for e in exif.entries(stream)}


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_in_both_byte_orders(order):
    stream = tiff(
        [ascii_entry(0x010F, "Acme"), (0x0112, 3, 1, struct.pack(f"{order}H", 6))],
        [rational_entry(0x829A, (1, 125), order=order), (0x9204, 10, 1, struct.pack(f"{order}ii", -1, 3))],
        order=order,
    )
    found = plainly(stream)
    assert found["Exif.Image.Make"] == "Acme"
    assert found["Exif.Image.Orientation"] == "6"
    assert found["Exif.Photo.ExposureTime"] == "1/125"
    assert found["Exif.Photo.ExposureBiasValue"] == "-1/3"


def test_big_tiff_is_walked():
    make = b"Acme Corporation\0"
    entry = struct.pack("<HHQQ", 0x010F, 2, len(make), 52)
    stream = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) + struct.pack("<Q", 1) + entry + bytes(8) + make
    assert plainly(stream) == {"Exif.Image.Make": "Acme Corporation"}
    assert metadata.read(stream, format="TIFF").camera_make == "Acme Corporation"


def test_directories_that_point_at_themselves_end():
    stream = bytearray(tiff([ascii_entry(0x010F, "Acme")]))
    stream[8 + 2 + 12 : 8 + 2 + 16] = struct.pack("<I", 8)
    assert len(list(exif.entries(bytes(stream)))) == 1


TABLES = {"Image": exif._IMAGE, "Photo": exif._PHOTO, "GPSInfo": exif._GPS}


@pytest.mark.parametrize("group", TABLES)
def test_names_are_those_that_exiv2_uses(group):
    """One stream with every tag in the table, read by Exiv2."""
    skipped = {0x8769, 0x8825, 0xA005, 0x014A, 0x0201, 0x0202, 0x927C}
    # Exiv2 gives some tags their names only where they belong, and blocks that it decodes none at all.
    tags = [tag for tag in TABLES[group] if tag not in skipped]
    entries = [(tag, 3, 1, struct.pack("<H", 1)) for tag in tags]
    parts = {"Image": (entries, [], []), "Photo": ([], entries, []), "GPSInfo": ([], [], entries)}[group]
    exiv2 = {row["tag"].decode() for row in metadata._Exiv2Rows(tiff(*parts)).rows}
    ours = {exif.name(group, tag) for tag in tags}
    assert ours <= exiv2


@pytest.mark.parametrize(
    ("value", "order", "read"),
    [
        (b"ASCII\0\0\0hello\0\0", "<", "hello"),
        (b"\0" * 8 + "grün".encode(), "<", "grün"),
        (b"UNICODE\0" + "héllo".encode("utf-16-le"), "<", "héllo"),
        (b"UNICODE\0" + "héllo".encode("utf-16-be"), "<", "héllo"),
        (b"UNICODE\0\xfe\xff" + "東京".encode("utf-16-be"), "<", "東京"),
        (b"UNICODE\0" + "東京".encode("utf-16-be"), ">", "東京"),
        (b"UNICODE\0" + "🚲".encode("utf-16-le"), "<", "🚲"),
        (b"JIS\0\0\0\0\0" + "東京".encode("iso2022_jp"), "<", "東京"),
        (b"no code at all", "<", "no code at all"),
        (b"", "<", ""),
    ],
)
def test_user_comments_in_every_character_code(value, order, read):
    assert exif.comment(value, order) == read


@pytest.mark.parametrize(("raw", "read"), [(b"caf\xc3\xa9 \0x", "café"), (b"caf\xe9", "café"), (b"\x81", "\x81")])
def test_text_is_utf8_or_western(raw, read):
    assert exif.text(raw) == read


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(junk):
    for head in (b"II*\0", b"MM\0*", b"II+\0"):
        for entry in exif.entries(head + junk):
            exif.shown(head + junk, entry)


@given(st.data())
def test_any_flipped_bit_is_survived(data):
    stream = bytearray(tiff([ascii_entry(0x010F, "Acme")], [rational_entry(0x829A, (1, 125))], LONDON))
    for _ in range(3):
        stream[data.draw(st.integers(0, len(stream) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    plainly(bytes(stream))
    metadata.read(bytes(stream), format="TIFF")
