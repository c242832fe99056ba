"""Values into files: nothing else changes, everything can be undone, and what isn't safe isn't done."""

from __future__ import annotations

import hashlib
import io
import json
import mmap
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metadata_files import ascii_entry, iim, packet, picture, place, png_chunk, resource, segment, tiff
from metadata_files import jpeg as jpeg_with
from metadata_files import png as png_with
from PIL import Image, TiffImagePlugin

from workbench import carriers, embedding, exif, images, iptc, metadata
from workbench.errors import BadValue, NotFound, Stale

VALUES: dict[str, object] = {
    "Xmp.dc.title": {"x-default": "Boats 🚤", "de": "Boote", "ar": "قوارب"},
    "Xmp.dc.description": "Küste <&> 'quay'",
    "Xmp.dc.creator": ["Ann B.", "Кто-то; сын"],
    "Xmp.dc.rights": "© 2024 Ann",
    "Xmp.dc.subject": ["sea", "boats & nets"],
    "Xmp.photoshop.DateCreated": "2024-05-01T12:30:15.25+02:00",
    "Xmp.photoshop.City": "Århus",
    "Xmp.exif.GPSLatitude": 48.8583,
    "Xmp.exif.GPSLongitude": "-2.2945",
    "Xmp.exif.GPSAltitude": -12.5,
    "Xmp.iptc.CreatorContactInfo": {"CiEmailWork": "a@b.example"},
    "Xmp.iptcExt.LocationShown": [{"City": "Paris", "LocationName": {"x-default": "Ville"}}],
    "Xmp.xmp.Rating": 4,
    "Xmp.xmpRights.Marked": True,
}

MAKER_NOTE = b"Acme\0\1\0" + bytes(range(1, 200))


def camera_exif(order: str = "<") -> bytes:
    """Make an EXIF block with a maker note, a thumbnail directory and text in Windows' tags."""
    image = [
        ascii_entry(0x010F, "Acme"),
        ascii_entry(0x010E, "an old and rather long description"),
        (0x0112, 3, 1, b""),
    ]
    image[2] = (0x0112, 3, 1, struct.pack(f"{order}H", 6))
    image.append((0x9C9B, 1, 4, "x\0".encode("utf-16-le")[:4]))
    photo = [
        (0x927C, 7, len(MAKER_NOTE), MAKER_NOTE),
        (0x9000, 7, 4, b"0232"),
        ascii_entry(0x9003, "2001:01:01 01:01:01"),
    ]
    gps = [(0, 1, 4, b"\2\2\0\0"), *place(((1, 1), (2, 1), (3, 1)), "S", ((4, 1), (5, 1), (6, 1)), "E")]
    made = tiff(image, photo, gps if order == "<" else (), order)
    thumbnail = picture()
    first = struct.unpack_from(f"{order}I", made, 4)[0]
    many = struct.unpack_from(f"{order}H", made, first)[0]
    at = len(made) + (len(made) & 1)
    entries = [(0x0201, 4, 1, at + 30), (0x0202, 4, 1, len(thumbnail))]
    directory = struct.pack(f"{order}H", 2) + b"".join(struct.pack(f"{order}HHII", *e) for e in entries) + bytes(4)
    linked = bytearray(made.ljust(at, b"\0") + directory + thumbnail)
    struct.pack_into(f"{order}I", linked, first + 2 + 12 * many, at)
    return bytes(linked)


XMP = packet(
    "<dc:title><rdf:Alt><rdf:li xml:lang='fr'>Bateaux</rdf:li></rdf:Alt></dc:title><xmpMM:History><rdf:Seq>"
    '<rdf:li rdf:parseType="Resource"><xmpMM:action>saved</xmpMM:action></rdf:li></rdf:Seq></xmpMM:History>',
    'xmp:Rating="1" dc:format="image/jpeg"',
)
IPTC = iim((2, 0, b"\0\2"), (2, 5, b"old title"), (2, 103, "Zürich".encode("cp1252")), (2, 15, b"SPO"))


def camera_jpeg(order: str = "<", tail: bytes = b"trailing \xff\xd8 data") -> bytes:
    whole = jpeg_with(camera_exif(order), XMP, IPTC, b"a comment")
    return whole[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + whole[2:] + tail


def tiff_file(pages: int = 1, **options: Any) -> bytes:
    out = io.BytesIO()
    drawn = [Image.linear_gradient("L").resize((40, 30 + n)).convert("RGB") for n in range(pages)]
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270], tags[65000] = "first page", "private"
    drawn[0].save(out, "TIFF", save_all=True, append_images=drawn[1:], tiffinfo=tags, icc_profile=b"p" * 200, **options)
    return out.getvalue()


def webp_file(**options: Any) -> bytes:
    return picture("WEBP", **options)


FILES: dict[str, Callable[[], bytes]] = {
    "camera jpeg": camera_jpeg,
    "big-endian jpeg": lambda: camera_jpeg(">"),
    "plain jpeg": picture,
    "progressive jpeg": lambda: picture(progressive=True, icc_profile=b"p" * 300),
    "jpeg of xmp only": lambda: jpeg_with(xmp=XMP),
    "plain png": lambda: picture("PNG", icc_profile=b"p" * 300),
    "png with all": lambda: png_with(
        (b"eXIf", camera_exif()), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP), (b"prVt", b"?")
    ),
    "lossy webp": webp_file,
    "lossless webp": lambda: webp_file(lossless=True),
    "webp with all": lambda: webp_file(exif=b"Exif\0\0" + camera_exif(), xmp=XMP, icc_profile=b"p" * 300) + b"tail",
    "tiff": tiff_file,
    "deflated tiff of 4 pages": lambda: tiff_file(4, compression="tiff_adobe_deflate"),
}


def said(data: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, _, _, value in metadata.read(data, format=images.measure(data).format).values:
        found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("name", FILES)
def test_values_go_in_nothing_else_changes_and_the_way_back_is_exact(name: str) -> None:
    old = FILES[name]()
    before = images.measure(old)
    assert embedding.plan(old, VALUES).how == "embed"
    made = embedding.embed_bytes(old, VALUES, carriers=("exif",))
    assert set(made.carriers) >= {"xmp", "exif"}
    assert embedding.verify(old, made.new_bytes, VALUES) == []
    assert made.new_bytes != old
    after = images.measure(made.new_bytes)
    assert (after.picture_hash, after.frames, after.icc_name, after.orientation) == (
        before.picture_hash, before.frames, before.icc_name, before.orientation,
    )  # fmt: skip
    restored = embedding.restore_bytes(made.new_bytes, made.undo)
    assert hashlib.sha256(restored).digest() == hashlib.sha256(old).digest()
    again = embedding.embed_bytes(made.new_bytes, VALUES, carriers=("exif",))
    assert (again.new_bytes, again.carriers) == (made.new_bytes, [])


@pytest.mark.parametrize("name", FILES)
def test_the_carriers_agree_afterwards(name: str) -> None:
    read = metadata.read(embedding.embed_bytes(FILES[name](), VALUES, carriers=("exif",)).new_bytes, format=None)
    assert read.problems == []
    assert (read.title, read.description, read.copyright) == ("Boats 🚤", "Küste <&> 'quay'", "© 2024 Ann")
    assert read.creator == 'Ann B.; "Кто-то; сын"'
    assert read.latitude == pytest.approx(48.8583, abs=1e-6)
    assert read.longitude == pytest.approx(-2.2945, abs=1e-6)
    assert read.altitude == -12.5
    assert read.captured_at is not None
    assert read.captured_at.isoformat() == "2024-05-01T12:30:15.250000"
    assert read.captured_offset == 120


@pytest.mark.parametrize("name", FILES)
def test_a_mapped_file_gives_the_same_bytes_and_can_be_closed(name: str, tmp_path: Path) -> None:
    old = FILES[name]()
    (tmp_path / "a").write_bytes(old)
    with (tmp_path / "a").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        made = embedding.embed_bytes(mapped, VALUES)
        assert made.new_bytes == embedding.embed_bytes(old, VALUES).new_bytes
        assert embedding.verify(mapped, made.new_bytes, VALUES) == []


def test_clearing_takes_values_out_of_every_carrier_and_leaves_no_trace() -> None:
    old = camera_jpeg()
    cleared = dict.fromkeys(
        ["Xmp.dc.title", "Xmp.dc.description", "Xmp.exif.GPSLatitude", "Xmp.exif.GPSLongitude", "Xmp.xmp.Rating"]
    )
    made = embedding.embed_bytes(old, cleared)
    assert embedding.verify(old, made.new_bytes, cleared) == []
    found = said(made.new_bytes)
    assert not {"Xmp.dc.title", "Exif.Image.ImageDescription", "Iptc.Application2.ObjectName"} & set(found)
    assert not [key for key in found if "GPSLat" in key]
    assert b"rather long description" not in made.new_bytes
    assert found["Xmp.dc.format"] == ["image/jpeg"]


def test_iptc_is_transcoded_kept_in_step_and_written_only_where_it_is_or_asked_for() -> None:
    made = embedding.embed_bytes(camera_jpeg(), VALUES)
    blocks = carriers.find(made.new_bytes)
    digest = made.new_bytes.index(b"8BIM\x04\x25") + 12
    assert made.new_bytes[digest : digest + 16] == hashlib.md5(bytes(blocks.iptc)).digest()
    found = said(made.new_bytes)
    assert found["Iptc.Application2.TransmissionReference"] == ["Zürich"]
    assert found["Iptc.Application2.Byline"] == ["Ann B.", "Кто-то; сын"]
    assert (found["Iptc.Application2.DateCreated"], found["Iptc.Application2.TimeCreated"]) == (
        ["2024-05-01"], ["12:30:15+02:00"],
    )  # fmt: skip
    assert any("UTF-8" in warning for warning in made.warnings)
    plain = picture()
    assert "iptc" not in embedding.plan(plain, VALUES).carriers
    asked = embedding.embed_bytes(plain, VALUES, carriers=("iptc",))
    assert said(asked.new_bytes)["Iptc.Application2.City"] == ["Århus"]
    assert embedding.verify(plain, asked.new_bytes, VALUES) == []


def test_a_language_not_named_stays_and_so_do_exif_and_iptc() -> None:
    old = camera_jpeg()
    made = embedding.embed_bytes(old, {"Xmp.dc.title": {"de": "Boote"}})
    read = metadata.read(made.new_bytes, format="JPEG").values
    assert [(lang, value) for key, lang, _, value in read if key == "Xmp.dc.title"] == [
        ("x-default", "Bateaux"), ("fr", "Bateaux"), ("de", "Boote"),
    ]  # fmt: skip
    assert made.carriers == ["xmp"]
    assert embedding.verify(old, made.new_bytes, {"Xmp.dc.title": {"de": "Boote"}}) == []


def test_maker_notes_and_thumbnails_keep_their_bytes_and_place() -> None:
    for order in "<>":
        old = camera_exif(order)
        new = carriers.find(embedding.embed_bytes(jpeg_with(old), VALUES).new_bytes).exif[0]
        notes = [next(e for e in exif.entries(stream) if e.tag == 0x927C) for stream in (old, new)]
        assert notes[0].start == notes[1].start
        assert exif.raw(new, notes[1]) == MAKER_NOTE
        starts = [next(e for e in exif.entries(stream) if e.tag == 0x0201) for stream in (old, new)]
        assert exif.integers(old, starts[0]) == exif.integers(new, starts[1])
        assert new.endswith(old[-2:]) or old[exif.integers(old, starts[0])[0] :] in new


# ── dates ─────────────────────────────────────────────────────────────────────────────────────────────────────


def dated(date: str) -> tuple[dict[str, list[str]], list[str]]:
    made = embedding.embed_bytes(camera_jpeg(), {"Xmp.photoshop.DateCreated": date})
    assert embedding.verify(camera_jpeg(), made.new_bytes, {"Xmp.photoshop.DateCreated": date}) == []
    return said(made.new_bytes), made.warnings


def test_no_time_zone_is_ever_invented() -> None:
    found, _ = dated("2024-05-01T12:30:15")
    assert found["Exif.Photo.DateTimeOriginal"] == ["2024:05:01 12:30:15"]
    assert "Exif.Photo.OffsetTimeOriginal" not in found
    assert "Iptc.Application2.TimeCreated" not in found


def test_a_less_exact_date_leaves_an_exif_date_it_agrees_with() -> None:
    found, warnings = dated("2001-01")
    assert found["Exif.Photo.DateTimeOriginal"] == ["2001:01:01 01:01:01"]
    assert found["Iptc.Application2.DateCreated"] == ["2001-01-00"]
    found, warnings = dated("1931")
    assert "Exif.Photo.DateTimeOriginal" not in found
    assert any("1931" in warning for warning in warnings)


def test_uncertain_dates_stay_in_xmp_and_say_so() -> None:
    found, warnings = dated("1920~")
    assert found["Xmp.photoshop.DateCreated"] == ["1920~"]
    assert "Exif.Photo.DateTimeOriginal" not in found
    assert "Iptc.Application2.DateCreated" not in found
    assert len(warnings) >= 3


@pytest.mark.parametrize(
    ("given_", "written"),
    [("2024:05:01 12:30:15", "2024-05-01T12:30:15"), ("2024-05-01 12:30", "2024-05-01T12:30"), ("2024", "2024")],
)
def test_dates_are_written_as_xmp_wants_them(given_: str, written: str) -> None:
    assert dated(given_)[0]["Xmp.photoshop.DateCreated"] == [written]


# ── values that can't be right ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Xmp.photoshop.DateCreated", "next tuesday"),
        ("Xmp.photoshop.DateCreated", "2024-02-30"),
        ("Xmp.photoshop.DateCreated", "circa 1920"),
        ("Xmp.exif.GPSLatitude", 91),
        ("Xmp.exif.GPSLatitude", "nan"),
        ("Xmp.exif.GPSLatitude", "48,51E"),
        ("Xmp.xmp.Rating", "four"),
        ("Xmp.xmp.Rating", 4.5),
        ("Xmp.xmpRights.Marked", "perhaps"),
        ("Xmp.dc.title", "a\ufffeb"),
        ("Xmp.dc.title", {"not a tag!": "x"}),
        ("Xmp.dc.subject", {"de": "x"}),
        ("Xmp.photoshop.City", ["a", "b"]),
        ("Xmp.photoshop.City", b"bytes"),
        ("Xmp.iptc.CreatorContactInfo", "text"),
        ("Xmp.iptc.CreatorContactInfo", {"Nonsense": "x"}),
        ("Xmp.iptcExt.LocationShown/City", "x"),
        ("Xmp.tiff.Orientation", 99),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_before_anything_is_made(key: str, value: object) -> None:
    for call in (embedding.plan, embedding.embed_bytes):
        with pytest.raises(BadValue) as caught:
            call(picture(), {key: value})
        assert caught.value.message
    with pytest.raises(BadValue):
        embedding.sidecar_bytes({key: value})


def test_unknown_fields_and_carriers_are_refused() -> None:
    with pytest.raises(NotFound, match="title"):
        embedding.plan(picture(), {"Xmp.dc.titel": "x"})
    with pytest.raises(BadValue, match="carrier"):
        embedding.plan(picture(), VALUES, carriers=("gps",))


def test_blank_texts_clear() -> None:
    made = embedding.embed_bytes(camera_jpeg(), {"Xmp.dc.title": "  ", "Xmp.dc.subject": ["", " "]})
    assert "Xmp.dc.title" not in said(made.new_bytes)


# ── files better left alone ───────────────────────────────────────────────────────────────────────────────────


def after_start(data: bytes, piece: bytes) -> bytes:
    return data[:2] + piece + data[2:]


XMP_SEGMENT = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
EXIF_SEGMENT = segment(0xE1, b"Exif\0\0" + camera_exif())
BOMB = packet("", prolog='<!DOCTYPE a [<!ENTITY b "c">]>')
LEFT_ALONE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "this kind"),
    "text": (lambda: b"hello", "this kind"),
    "gif": (lambda: picture("GIF"), "GIF"),
    "cut jpeg": (lambda: camera_jpeg(tail=b"")[:-30], "cut off"),
    "cut header": (lambda: camera_jpeg()[:300], "cut off"),
    "cut png": (lambda: picture("PNG")[:-12], "cut off"),
    "cut webp": (lambda: webp_file()[:-2], "cut off"),
    "broken chain": (lambda: picture()[:20] + b"\0\0" + picture()[20:], "cut off"),
    "unparseable xmp": (lambda: jpeg_with(xmp=b"<x:xmpmeta"), "can't be read"),
    "hostile xmp": (lambda: jpeg_with(xmp=BOMB), "can't be read"),
    "two packets": (lambda: after_start(jpeg_with(xmp=XMP), XMP_SEGMENT), "several"),
    "two exif blocks": (lambda: after_start(jpeg_with(camera_exif()), EXIF_SEGMENT), "several"),
    "signed jpeg": (lambda: after_start(picture(), segment(0xEB, b"JP\0\1\0\0\0\1jumbc2pa")), "C2PA"),
    "signed png": (lambda: png_with((b"caBX", b"jumb")), "C2PA"),
    "damaged exif": (lambda: jpeg_with(camera_exif()[:60]), "cut off"),
    "no exif": (lambda: jpeg_with(b"II*\0\xff\xff\0\0"), "cut off"),
    "damaged iptc": (lambda: jpeg_with(iptc=IPTC[:-1]), "damaged"),
    "imagemagick's png": (lambda: png_with((b"tEXt", b"Raw profile type iptc\0\niptc\n 4\nffffffff\n")), "ImageMagick"),
    "many pages": (lambda: tiff_file(5), "5"),
    "bigtiff": (lambda: tiff_file(big_tiff=True), "BigTIFF"),
    "long xmp": (lambda: jpeg_with(xmp=packet(f"<dc:source>{'x' * 64_500}</dc:source>")), "65,502"),
    "xmp in exif": (lambda: jpeg_with(tiff([(0x02BC, 1, len(XMP), XMP)])), "inside"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_cannot_be_guaranteed_gets_a_sidecar_and_a_reason(name: str) -> None:
    make, why = LEFT_ALONE[name]
    data = make()
    planned = embedding.plan(data, VALUES)
    assert planned.how == "sidecar"
    assert why in planned.why
    with pytest.raises(BadValue) as caught:
        embedding.embed_bytes(data, VALUES)
    assert "sidecar" in caught.value.hint


def test_a_signed_file_is_written_when_told_so_with_a_warning() -> None:
    data = LEFT_ALONE["signed jpeg"][0]()
    made = embedding.embed_bytes(data, VALUES, allow_c2pa=True)
    assert any("C2PA" in warning for warning in made.warnings)
    assert b"jumbc2pa" in made.new_bytes
    assert embedding.verify(data, made.new_bytes, VALUES) == []


def test_padding_gives_way_before_the_file_is_refused() -> None:
    body = f"<dc:source>{'x' * 60_000}</dc:source>"
    data = jpeg_with(xmp=packet(body).replace(b" " * 50, b" " * 4_000))
    made = embedding.embed_bytes(data, VALUES)
    assert embedding.verify(data, made.new_bytes, VALUES) == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damaged_files_are_either_left_alone_or_written_without_harm(name: str, draw: st.DataObject) -> None:
    data = bytearray(FILES[name]())
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, min(len(data) - 1, 2_000)))] = draw.draw(st.integers(0, 255))
    old = bytes(data[: draw.draw(st.integers(0, len(data))) or None])
    if embedding.plan(old, VALUES).how == "embed":
        made = embedding.embed_bytes(old, VALUES)
        assert embedding.restore_bytes(made.new_bytes, made.undo) == old
        assert embedding.verify(old, made.new_bytes, {}) is not None


# ── verifying and undoing ─────────────────────────────────────────────────────────────────────────────────────


def spoiled(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"trailing", b"Trailing", "picture"),
        (b"a comment", b"A comment", "picture"),
        (MAKER_NOTE, MAKER_NOTE[:-1] + b"\0", "MakerNote"),
        (b"Acme\0", b"Acmf\0", "Make"),
        (b"SPO", b"SPP", "IPTC"),
        (b"saved", b"Saved", "XMP"),
        (b"Bateaux", b"bateaux", "XMP"),
        (b"Boote", b"boote", "Title"),
        (b"2024 Ann", b"2025 Ann", "Copyright"),
        (b"2024:05:01 12:30:15", b"2024:05:01 12:30:16", "EXIF"),
        (b"20240501", b"20240502", "IPTC"),
    ],
)
def test_verifying_finds_what_should_not_have_changed(old: bytes, new: bytes, says: str) -> None:
    data = camera_jpeg()
    made = embedding.embed_bytes(data, VALUES).new_bytes
    found = embedding.verify(data, spoiled(made, old, new), VALUES)
    assert any(says in sentence for sentence in found), found


def test_verifying_finds_lost_pages_and_changed_pictures() -> None:
    for make, other in ((tiff_file(2), tiff_file(1)), (picture("PNG"), picture("PNG", optimize=True) + b"x")):
        assert any("picture" in sentence for sentence in embedding.verify(make, other, {}))
    data = camera_jpeg()
    scan = data.index(b"\xff\xda") + 20
    assert embedding.verify(data, data[:scan] + bytes([data[scan] ^ 1]) + data[scan + 1 :], {}) != []
    assert embedding.verify(data, data, {}) == []
    assert embedding.verify(data, b"", {}) != []


def test_undo_refuses_another_file_and_other_bytes() -> None:
    made = embedding.embed_bytes(camera_jpeg(), VALUES)
    with pytest.raises(Stale):
        embedding.restore_bytes(made.new_bytes + b"x", made.undo)
    for broken in (b"", b"WBUNDO1\nxx", made.undo[:-9], made.undo[:20]):
        with pytest.raises(BadValue):
            embedding.restore_bytes(made.new_bytes, broken)


# ── multi-picture files ───────────────────────────────────────────────────────────────────────────────────────


def multi_picture(order: str, behind: bytes) -> bytes:
    """Make a JPEG whose index (CIPA DC-007) points to a second picture after it; ``behind`` stands behind the index."""
    second = picture(quality=20)
    first = picture()

    def build(size: int, offset: int) -> bytes:
        entries = struct.pack(f"{order}IIIHH", 0x20030000, size, 0, 0, 0) + struct.pack(
            f"{order}IIIHH", 0, len(second), offset, 0, 0
        )
        index = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack(f"{order}I", 2)), (0xB002, 7, 32, entries)]
        return first[:2] + segment(0xE2, b"MPF\0" + tiff(index, order=order)) + behind + first[2:]

    size = len(build(0, 0))
    base = build(0, 0).index(b"MPF\0") + 4
    return build(size, size - base) + second


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("behind", [b"", XMP_SEGMENT])
def test_the_index_of_a_multi_picture_file_still_points_to_its_pictures(order: str, behind: bytes) -> None:
    old = multi_picture(order, behind)
    new = embedding.embed_bytes(old, VALUES, carriers=("exif", "iptc")).new_bytes
    assert embedding.verify(old, new, VALUES) == []
    base = new.index(b"MPF\0") + 4
    entry = next(e for e in exif.entries(new[base : base + 200]) if e.tag == 0xB002)
    size, offset = (struct.unpack_from(f"{order}I", new, base + entry.start + n)[0] for n in (4, 24))
    assert new[size - 2 : size] == b"\xff\xd9"
    assert new[base + offset :] == picture(quality=20)
    assert size == base + offset


# ── TIFF ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_in_a_tiff_nothing_moves() -> None:
    old = tiff_file(3)
    new = embedding.embed_bytes(old, VALUES, carriers=("iptc",)).new_bytes
    assert embedding.verify(old, new, VALUES) == []
    changed = [n for n in range(len(old)) if old[n] != new[n]]
    assert len(changed) < 250
    assert said(new)["Exif.Image.0xfde8"] == ["private"]
    with Image.open(io.BytesIO(new)) as image:
        assert getattr(image, "n_frames", 1) == 3


# ── sidecars ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sidecar_keeps_what_others_wrote_into_it() -> None:
    fresh = embedding.sidecar_bytes(VALUES)
    assert metadata.read(fresh, format=None).title == "Boats 🚤"
    both = embedding.sidecar_bytes({"Xmp.dc.title": "T"}, XMP)
    assert b"<xmpMM:action>saved</xmpMM:action>" in both
    assert metadata.read(both, format=None).title == "T"
    with pytest.raises(BadValue, match="can't be read"):
        embedding.sidecar_bytes(VALUES, b"<x:xmpmeta")


@pytest.mark.parametrize(
    ("name", "beside", "expected"),
    [
        ("boats.jpg", (), "boats.jpg.xmp"),
        ("boats.jpg", ("boats.xmp",), "boats.xmp"),
        ("boats.jpg", ("BOATS.XMP",), "BOATS.XMP"),
        ("boats.jpg", ("boats.xmp", "boats.jpg.xmp"), "boats.jpg.xmp"),
        ("boats", ("boats.xmp",), "boats.xmp"),
        (".jpg", (), ".jpg.xmp"),
        ("a.b.jpg", ("a.b.xmp",), "a.b.xmp"),
    ],
)
def test_a_sidecar_is_called_as_its_folder_does(name: str, beside: tuple[str, ...], expected: str) -> None:
    assert embedding.sidecar_name(name, beside) == expected


# ── another program's opinion ─────────────────────────────────────────────────────────────────────────────────

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="NOT TESTED: ExifTool isn't installed")


def by_exiftool(folder: Path) -> dict[str, dict[str, Any]]:
    command = ["exiftool", "-j", "-G1", "-a", "-n", "-struct", "-all:all", "-x", "File:all", "-x", "Composite:all"]
    command += sorted(path.name for path in folder.iterdir())
    out = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout
    return {Path(row.pop("SourceFile")).name: row for row in json.loads(out)}


@needs_exiftool
def test_exiftool_reads_the_values_and_sees_no_other_change(tmp_path: Path) -> None:
    for number, make in enumerate(FILES.values()):
        old = make()
        (tmp_path / f"{number}.old").write_bytes(old)
        (tmp_path / f"{number}.new").write_bytes(embedding.embed_bytes(old, VALUES, carriers=("exif",)).new_bytes)
    found = by_exiftool(tmp_path)
    for number in range(len(FILES)):
        old_row, new_row = found[f"{number}.old"], found[f"{number}.new"]
        assert new_row["XMP-dc:Title"] == "Boats 🚤"
        assert new_row["XMP-dc:Subject"] == ["sea", "boats & nets"]
        assert new_row["IFD0:ImageDescription"] == "Küste <&> 'quay'"
        assert new_row["GPS:GPSLatitude"] == pytest.approx(48.8583, abs=1e-6)
        changed = {key for key in old_row.keys() | new_row.keys() if old_row.get(key) != new_row.get(key)}
        assert not {key for key in changed if not key.startswith(MEANT)}
        assert "ExifTool:Error" not in new_row


MEANT = (
    "XMP-dc:", "XMP-photoshop:DateCreated", "XMP-photoshop:City", "XMP-exif:GPS", "XMP-iptcCore:", "XMP-iptcExt:",
    "XMP-xmp:Rating", "XMP-xmpRights:", "IFD0:ImageDescription", "IFD0:Artist", "IFD0:Copyright", "GPS:",
    "ExifIFD:DateTimeOriginal", "ExifIFD:SubSecTimeOriginal", "ExifIFD:OffsetTimeOriginal", "ExifIFD:ExifVersion",
    "IPTC:ObjectName", "IPTC:Caption", "IPTC:By-line", "IPTC:Copyright", "IPTC:Keywords", "IPTC:City", "IPTC:Coded",
    "IPTC:DateCreated", "IPTC:TimeCreated", "IPTC:ApplicationRecordVersion", "Photoshop:IPTCDigest", "System:",
    "IFD1:ThumbnailOffset", "ExifTool:Warning", "RIFF:WebP_Flags", "IPTC:OriginalTransmissionReference",
)  # fmt: skip


def test_helpers_make_what_they_say() -> None:
    assert iptc.charset(iptc.parse(IPTC).datasets) == "cp1252"
    assert resource(1, b"a")[:4] == b"8BIM"
    assert png_chunk(b"a", b"")[:4] == bytes(4)
