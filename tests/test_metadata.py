"""Reading what is embedded in a file: rows, facts, and nothing lost to one bad block."""

import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import time
from datetime import datetime

import pyexiv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_files import (
    ascii_entry,
    gif,
    heif,
    iim,
    jpeg,
    packet,
    picture,
    place,
    png,
    rational_entry,
    resource,
    segment,
    tiff,
)

from workbench import metadata

PARIS = place(((48, 1), (51, 1), (3000, 100)), "N", ((2, 1), (17, 1), (40, 1)), "E")
BOMB = packet("<dc:format>&b;</dc:format>", prolog='<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>')
TITLES = '<dc:title><rdf:Alt><rdf:li xml:lang="de">Hafen</rdf:li><rdf:li xml:lang="x-default">Harbour</rdf:li>'
TITLES += "</rdf:Alt></dc:title>"
SUBJECTS = "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>ship</rdf:li></rdf:Bag></dc:subject>"
CAMERA = [ascii_entry(0x010F, "NIKON CORPORATION  "), ascii_entry(0x0110, "NIKON D750")]
SHOT = [ascii_entry(0x9003, "2024:05:01 12:30:15"), ascii_entry(0xA434, "17.0-35.0 mm f/2.8")]


def read(data, format="JPEG"):
    return metadata.read(data, format=format)


def of_exif(image=(), photo=(), gps=()):
    return read(jpeg(tiff([*CAMERA, *image], [*SHOT, *photo], list(gps))))


def kinds(found):
    return [problem.kind for problem in found.problems]


def values(found, key):
    return [(lang, ordinal, value) for name, lang, ordinal, value in found.values if name == key]


# ── the facts ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_file_with_everything():
    body = TITLES + SUBJECTS
    iptc = iim(
        (1, 90, b"\x1b%G"), (2, 25, b"ship"), (2, 25, "Küste".encode()), (2, 120, b"from IPTC"), (2, 80, b"A. B.")
    )
    exif = tiff([*CAMERA, ascii_entry(0x010E, "At the quay")], SHOT, PARIS)
    found = read(jpeg(exif, packet(body, attributes='xmp:Rating="4"'), iptc))
    assert found.problems == []
    assert (found.title, found.description, found.creator, found.rating) == ("Harbour", "At the quay", "A. B.", 4)
    assert found.keywords == ["sea", "ship", "Küste"]
    assert (found.camera_make, found.camera_model, found.lens) == (
        "NIKON CORPORATION",
        "NIKON D750",
        "17.0-35.0 mm f/2.8",
    )
    assert (found.captured_at, found.captured_offset) == (datetime(2024, 5, 1, 12, 30, 15), None)
    assert (found.latitude, found.longitude) == (pytest.approx(48.858333, abs=1e-6), pytest.approx(2.294444, abs=1e-6))
    assert found.iptc_charset == "utf-8 declared"
    assert values(found, "Iptc.Application2.Keywords") == [(None, 0, "ship"), (None, 1, "Küste")]
    assert values(found, "Xmp.dc.title") == [("de", 0, "Hafen"), ("x-default", 0, "Harbour")]
    assert found.text.split("\n") == ["At the quay", "ship", "Küste", "from IPTC", "A. B.", "Hafen", "Harbour", "sea"]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "GIF", "HEIC"])
def test_other_containers_say_the_same(format):
    exif, xmp = tiff(CAMERA, SHOT), packet(TITLES)
    makers = {
        "PNG": lambda: png((b"eXIf", exif), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)),
        "WEBP": lambda: picture("WEBP", exif=b"Exif\0\0" + exif, xmp=xmp),
        "TIFF": lambda: tiff([*CAMERA, (0x02BC, 1, len(xmp), xmp)], SHOT),
        "GIF": lambda: gif(xmp),
        "HEIC": lambda: heif(exif, xmp),
    }
    found = read(makers[format](), format)
    assert (found.title, found.problems) == ("Harbour", [])
    assert format == "GIF" or (found.camera_model, found.captured_at) == (
        "NIKON D750",
        datetime(2024, 5, 1, 12, 30, 15),
    )


def test_a_plain_picture_has_nothing_to_say():
    for kind in ("JPEG", "PNG", "BMP", "GIF"):
        found = read(picture(kind), kind)
        assert (found.values, found.problems, found.text) == ([], [], "")


@pytest.mark.parametrize("junk", [b"", b"x", b"\xff\xd8\xff", b"DICM" * 99])
def test_what_is_no_picture_has_nothing_to_say(junk):
    assert read(junk, None) == metadata.Embedded()


def test_a_memory_map_reads_like_bytes(tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(jpeg(tiff(CAMERA, SHOT, PARIS), packet(TITLES), iim((2, 5, b"x"))))
    with file.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        assert read(data) == read(file.read_bytes())


# ── capture time ───────────────────────────────────────────────────────────────────────────────────────────────


def test_fractions_and_zone_when_the_file_says_them():
    found = of_exif(photo=[ascii_entry(0x9291, "045"), ascii_entry(0x9011, "-03:30")])
    assert (found.captured_at, found.captured_offset) == (datetime(2024, 5, 1, 12, 30, 15, 45_000), -210)


def test_no_zone_is_invented_for_iptc_time():
    found = read(jpeg(iptc=iim((2, 55, b"20240501"), (2, 60, b"123015"))))
    assert (found.captured_at, found.captured_offset) == (datetime(2024, 5, 1, 12, 30, 15), None)
    found = read(jpeg(iptc=iim((2, 55, b"20240501"), (2, 60, b"123015+0200"))))
    assert (found.captured_at, found.captured_offset) == (datetime(2024, 5, 1, 12, 30, 15), 120)


@pytest.mark.parametrize("name", ["exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"])
def test_xmp_dates_are_read_where_exif_has_none(name):
    found = read(jpeg(xmp=packet("", attributes=f'{name}="2024-05-01T12:30:15.5+01:00"')))
    assert (found.captured_at, found.captured_offset) == (datetime(2024, 5, 1, 12, 30, 15, 500_000), 60)


def test_an_unset_clock_is_no_problem():
    for blank in ("0000:00:00 00:00:00", "    :  :     :  :  ", " "):
        found = read(jpeg(tiff(CAMERA, [ascii_entry(0x9003, blank)])))
        assert (found.captured_at, kinds(found)) == (None, [])


def test_a_nonsense_date_is_a_problem_and_the_next_carrier_is_asked():
    exif = tiff(CAMERA, [ascii_entry(0x9003, "next tuesday"), ascii_entry(0x9004, "2024:05:01 12:30:15")])
    found = read(jpeg(exif))
    assert (found.captured_at, kinds(found)) == (datetime(2024, 5, 1, 12, 30, 15), ["bad_date"])
    assert "next tuesday" in found.problems[0].detail


# ── place ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_south_west_and_below_the_sea():
    where = place(((33, 1), (27, 1), (0, 1)), "S", ((70, 1), (3990, 100), (0, 1)), "W")
    found = of_exif(gps=[*where, (5, 1, 1, b"\1"), rational_entry(6, (123, 10))])
    assert (found.latitude, found.longitude) == (pytest.approx(-33.45), pytest.approx(-70.665))
    assert found.altitude == -12.3


@pytest.mark.parametrize(
    "where",
    [
        place(((48, 1), (0, 0), (0, 0)), "N", ((0, 0), (0, 0), (0, 0)), "E"),
        place(((95, 1), (0, 1), (0, 1)), "N", ((2, 1), (0, 1), (0, 1)), "E"),
        place(((48, 1), (0, 1), (0, 1)), "", ((2, 1), (0, 1), (0, 1)), "E"),
        PARIS[:2],
    ],
    ids=["zero denominators", "beyond the pole", "no hemisphere", "latitude alone"],
)
def test_no_place_on_earth_is_a_problem(where):
    found = of_exif(gps=where)
    assert (found.latitude, found.longitude, kinds(found)) == (None, None, ["bad_gps"])
    assert found.camera_model == "NIKON D750"


def test_a_camera_without_a_fix_has_no_place_and_no_problem():
    found = of_exif(gps=place(((0, 0), (0, 0), (0, 0)), "N", ((0, 0), (0, 0), (0, 0)), "E"))
    assert (found.latitude, found.longitude, found.problems) == (None, None, [])


def test_xmp_coordinates():
    found = read(jpeg(xmp=packet("", attributes='exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,17.5W"')))
    assert (found.latitude, found.longitude) == (pytest.approx(48.858333, abs=1e-6), pytest.approx(-2.291667, abs=1e-6))


def test_sea_level_is_an_altitude():
    found = read(jpeg(tiff(CAMERA, SHOT, [*PARIS, rational_entry(6, (0, 1))]), packet("", 'exif:GPSAltitude="35/1"')))
    assert found.altitude == 0.0


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "said", ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", "SAMSUNG CAMERA PICTURES", "DCIM\\100MEDIA\\1.JPG"]
)
def test_what_the_camera_says_on_its_own_is_no_description(said):
    found = read(jpeg(tiff([*CAMERA, ascii_entry(0x010E, said)]), iptc=iim((2, 120, b"Real words"))))
    assert (found.description, found.text) == ("Real words", "Real words")
    assert values(found, "Exif.Image.ImageDescription") == [(None, 0, said.strip())]


def test_windows_tags_and_comments_in_other_alphabets():
    keywords = "тест;東京".encode("utf-16-le") + b"\0\0"
    comment = b"UNICODE\0" + "emoji 🚲".encode("utf-16-le")
    found = of_exif([(0x9C9E, 1, len(keywords), keywords)], [(0x9286, 7, len(comment), comment)])
    assert found.keywords == ["тест", "東京"]
    assert values(found, "Exif.Photo.UserComment") == [(None, 0, "emoji 🚲")]
    assert found.description == "emoji 🚲"
    assert found.problems == []


def test_camera_settings_are_not_searched():
    found = read(jpeg(xmp=packet(SUBJECTS, attributes='exif:Flash="16" xmpMM:InstanceID="uuid:1" xmp:CreatorTool="T"')))
    assert found.text == "sea\nship"


def test_notes_in_a_png_are_searched_but_not_what_the_program_wrote():
    found = read(
        png((b"tEXt", b"Title\0Quay"), (b"tEXt", b"Software\0Draw 5"), (b"tEXt", b"date:create\0today")), "PNG"
    )
    assert (found.title, found.text) == ("Quay", "Quay")
    assert len(found.values) == 3


@pytest.mark.parametrize(
    ("attributes", "stars"),
    [
        ('xmp:Rating="5"', 5), ('xmp:Rating="-1"', -1), ('xmp:Rating="3.0"', 3), ('xmp:Rating="many"', None),
        ('MicrosoftPhoto:Rating="1"', 1), ('MicrosoftPhoto:Rating="25"', 2), ('MicrosoftPhoto:Rating="50"', 3),
        ('MicrosoftPhoto:Rating="75"', 4), ('MicrosoftPhoto:Rating="99"', 5), ('MicrosoftPhoto:Rating="0"', 0),
        ('xmp:Rating="nan"', None), ('xmp:Rating="1e400"', None),
    ],
)  # fmt: skip
def test_ratings(attributes, stars):
    assert read(jpeg(xmp=packet("", attributes=attributes))).rating == stars


def test_undeclared_western_iptc_is_read_and_said():
    found = read(jpeg(iptc=iim((2, 120, "Café à la crème – 3 €".encode("cp1252")), (2, 25, b"ma\xeetre"))))
    assert (found.description, found.keywords, found.iptc_charset) == ("Café à la crème – 3 €", ["maître"], "cp1252")
    assert found.problems == []


# ── one bad block never blanks the others ──────────────────────────────────────────────────────────────────────

GOOD = {"exif": tiff(CAMERA, SHOT), "xmp": packet(TITLES), "iptc": iim((2, 25, b"ship"))}
BAD = {
    "hostile_xmp": {"xmp": BOMB},
    "unparseable_xmp": {"xmp": packet(TITLES)[:-200]},
    "unparseable_iptc": {"iptc": iim((2, 25, b"ship")) + b"\x1c\x02\x19\xff\xff"},
    "unparseable_exif": {"exif": b"II*\0\xff\xff\0\0 its directory is far away"},
}


@pytest.mark.parametrize("kind", BAD)
def test_one_bad_block_leaves_the_others(kind):
    found = read(jpeg(**(GOOD | BAD[kind])))
    assert kinds(found) == [kind]
    assert ("exif" in BAD[kind]) or found.camera_model == "NIKON D750"
    assert ("xmp" in BAD[kind]) or found.title == "Harbour"
    assert found.keywords == ["ship"]


def test_what_is_no_tiff_stream_is_a_problem():
    assert kinds(read(jpeg(exif=b"not a TIFF stream"))) == ["unparseable_exif"]


def test_nothing_of_a_bad_file_reaches_the_next_one():
    good = read(jpeg(**GOOD))
    for blocks in BAD.values():
        read(jpeg(**(GOOD | blocks)))
        read(jpeg(**GOOD)[:300])
        assert read(jpeg(**GOOD)) == good


def test_a_truncated_jpeg_still_says_what_its_beginning_holds():
    whole = jpeg(**GOOD)
    found = read(whole[: whole.index(b"http://ns.adobe") + 200])
    assert found.camera_model == "NIKON D750"
    assert found.captured_at == datetime(2024, 5, 1, 12, 30, 15)


class Refusing:
    def __init__(self, _content):
        raise RuntimeError("refused")


def test_exif_that_exiv2_refuses_is_read_plainly(monkeypatch):
    expected = read(jpeg(tiff(CAMERA, SHOT, PARIS)))
    monkeypatch.setattr(pyexiv2, "ImageData", Refusing)
    found = read(jpeg(tiff(CAMERA, SHOT, PARIS)))
    assert kinds(found) == ["unparseable_exif"]
    assert found.values == expected.values
    assert (found.latitude, found.lens, found.captured_at) == (expected.latitude, expected.lens, expected.captured_at)


# ── absurd sizes ───────────────────────────────────────────────────────────────────────────────────────────────


def test_ten_million_characters_are_cut_quickly():
    long = "x" * 10_000_000
    started = time.process_time()
    xmp = packet(f"<dc:format>{long}</dc:format>")
    found = read(tiff([ascii_entry(0x010E, long), (0x02BC, 1, len(xmp), xmp)]))
    assert [len(value) for _, _, _, value in found.values] == [metadata.MAX_TEXT] * 2
    assert kinds(found) == ["value_too_long"]
    assert time.process_time() - started < 3


def test_too_many_values_are_cut():
    keywords = resource(0x0404, iim(*[(2, 25, b"k")] * 30_000))
    found = read(b"8BPS" + bytes(26) + struct.pack(">I", len(keywords)) + keywords)
    assert len(found.values) == metadata.MAX_ROWS
    assert kinds(found) == ["too_many_values"]


def test_giant_binary_values_are_counted_not_listed():
    found = of_exif([(0xC000, 7, 5000, b"\1" * 5000)], [(0x927C, 7, 3000, b"\2" * 3000)])
    assert values(found, "Exif.Image.0xc000") == [(None, 0, "(5000 bytes)")]
    assert values(found, "Exif.Photo.MakerNote") == []


@pytest.mark.parametrize("limit", [0, 2**25])
def test_a_stream_too_long_for_exiv2_says_the_same(limit, monkeypatch):
    comment = b"UNICODE\0" + "grün".encode("utf-16-le")
    stream = tiff([*CAMERA, (0x9C9B, 1, 4, b"a\0\0\0")], [*SHOT, (0x9286, 7, len(comment), comment)], PARIS)
    expected = sorted(read(stream, "TIFF").values)
    monkeypatch.setattr(metadata, "_MAX_STREAM", limit)
    assert sorted(read(stream, "TIFF").values) == expected
    assert ("Exif.Photo.UserComment", None, 0, "grün") in expected


def test_a_key_is_never_longer_than_a_line():
    name = "n" * 20_000
    found = read(jpeg(xmp=packet(f"<dc:{name}>x</dc:{name}>")))
    assert [len(key) for key, _, _, _ in found.values] == [metadata.MAX_KEY]


def test_a_tiff_with_its_directory_behind_the_pixels_is_read(tmp_path):
    found = read(picture("TIFF", tiffinfo={271: "Acme", 270: "harbour"}), "TIFF")
    assert (found.camera_make, found.description) == ("Acme", "harbour")


# ── noise, leaks, hostile bytes ────────────────────────────────────────────────────────────────────────────────

NOISY = [
    jpeg(tiff(CAMERA, SHOT)[:60], BOMB, b"\x1c\x02\x19\xff"),
    jpeg(tiff([ascii_entry(0x010F, "x")]).replace(b"\x0f\x01\x02\0", b"\x0f\x01\x63\0"), b"<nonsense"),
    tiff([(0x02BC, 1, len(BOMB), BOMB)], SHOT),
    b"\xff\xd8" + segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
]


def test_reading_prints_nothing(capfd):
    for data in NOISY:
        read(data)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc for the memory in use")
@pytest.mark.parametrize(
    "data",
    [tiff([ascii_entry(0x010E, "x" * 2_000_000)]), b"FUJIFILMCCD-RAW".ljust(2_000_000, b"?")],
    ids=["read", "refused"],
)
def test_what_exiv2_copied_is_given_back(data):

    def used():
        return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")

    for _ in range(5):
        read(data, "TIFF")
    before = used()
    for _ in range(50):
        read(data, "TIFF")
    assert used() - before < 20_000_000


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_cut_and_any_flipped_bits_are_survived(data):
    comment = b"UNICODE\0" + "grün".encode("utf-16-le")
    exif = tiff([*CAMERA, ascii_entry(0x010E, "x")], [*SHOT, (0x9286, 7, len(comment), comment)], PARIS)
    whole = bytearray(jpeg(exif, packet(TITLES + SUBJECTS), iim((2, 25, b"ship"), (2, 55, b"20240501"))))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    assert all(value and len(value) <= metadata.MAX_TEXT for _, _, _, value in found.values)
    for _, _, _, value in found.values:
        value.encode()


@settings(deadline=None)
@given(
    st.sampled_from([b"", b"\xff\xd8\xff\xe1\0\x40Exif\0\0II*\0\x08\0\0\0", b"II*\0\x08\0\0\0", b"FUJIFILMCCD-RAW"]),
    st.binary(),
)
def test_any_bytes_are_survived(head, junk):
    assert isinstance(read(head + junk, None), metadata.Embedded)


# ── ExifTool as the oracle ─────────────────────────────────────────────────────────────────────────────────────

needs_exiftool = pytest.mark.skipif(
    not shutil.which("exiftool"), reason="ExifTool, the independent reader, isn't installed"
)

TAGS = {
    "EXIF:Make": "Exif.Image.Make", "EXIF:Model": "Exif.Image.Model",
    "EXIF:DateTimeOriginal": "Exif.Photo.DateTimeOriginal",
    "EXIF:LensModel": "Exif.Photo.LensModel", "EXIF:UserComment": "Exif.Photo.UserComment",
    "EXIF:XPTitle": "Exif.Image.XPTitle", "EXIF:ImageDescription": "Exif.Image.ImageDescription",
    "IPTC:Caption-Abstract": "Iptc.Application2.Caption", "IPTC:Keywords": "Iptc.Application2.Keywords",
    "IPTC:City": "Iptc.Application2.City", "XMP:Subject": "Xmp.dc.subject", "XMP:Title": "Xmp.dc.title",
    "XMP:Title-de": "Xmp.dc.title", "XMP:City": "Xmp.photoshop.City", "XMP:Rating": "Xmp.xmp.Rating",
}  # fmt: skip


@needs_exiftool
def test_exiftool_reads_the_same(tmp_path):
    comment = b"UNICODE\0" + "grün 東".encode("utf-16-le")
    title = "Tïtel".encode("utf-16-le") + b"\0\0"
    exif = tiff(
        [*CAMERA, ascii_entry(0x010E, "Kaï à l'aube"), (0x9C9B, 1, len(title), title)],
        [*SHOT, (0x9286, 7, len(comment), comment)],
        PARIS,
    )
    iptc = iim(
        (1, 90, b"\x1b%G"), (2, 25, b"ship"), (2, 25, "Küste".encode()), (2, 120, "Łódź".encode()), (2, 90, b"Oslo")
    )
    xmp = packet(TITLES + SUBJECTS, attributes='xmp:Rating="4" photoshop:City="Kraków"')
    files = {
        "a.jpg": jpeg(exif, xmp, iptc),
        "b.png": png((b"eXIf", exif), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)),
        "c.webp": picture("WEBP", exif=b"Exif\0\0" + exif, xmp=xmp),
        "d.gif": gif(xmp),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    said = subprocess.run(
        ["exiftool", "-json", "-G0", "-n", "-a", *(f"-{tag}" for tag in TAGS), "-EXIF:GPS*", *files],
        cwd=tmp_path, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    compared = 0
    for answer in json.loads(said.stdout):
        found = read(files[answer["SourceFile"]])
        for tag, key in TAGS.items():
            if tag in answer:
                theirs = answer[tag] if isinstance(answer[tag], list) else [answer[tag]]
                lang = "de" if tag.endswith("-de") else "x-default" if tag == "XMP:Title" else None
                ours = [value for spoken, _, value in values(found, key) if spoken == lang]
                assert ours == [str(each).rstrip() for each in theirs], tag
                compared += 1
        if "EXIF:GPSLatitude" in answer:
            assert found.latitude == pytest.approx(answer["EXIF:GPSLatitude"])
    assert compared >= 40
