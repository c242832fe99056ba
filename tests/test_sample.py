"""The sample collection: the same every time, like a client's folder, and honest about its copies."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import struct
import sys
import tomllib
import warnings
import zlib
from collections import Counter
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps, IptcImagePlugin

from workbench import sample, sample_metadata, sample_pictures
from workbench.errors import BadValue, MissingExtra
from workbench.sample import SampleReport, make_sample
from workbench.sample_metadata import Caption

pytest.importorskip("skimage", reason="the sample needs the extra 'demo'")

XMP = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def checksums(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return make_sample(tmp_path_factory.mktemp("small") / "client", images=60)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return make_sample(tmp_path_factory.mktemp("whole") / "client")


def pixels(file: Path) -> Image.Image:
    with Image.open(file) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def gist(image: Image.Image) -> np.ndarray:
    """Return a picture's grey values at a small size, to compare it by."""
    return np.asarray(image.convert("L").resize((32, 32)), dtype=float)


def distance(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(gist(one) - gist(other)).mean())


# --- the collection --------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(small: SampleReport, tmp_path: Path) -> None:
    again = make_sample(tmp_path / "again", images=60)
    assert checksums(again.folder) == checksums(small.folder)
    assert again.truth_file.read_bytes() == small.truth_file.read_bytes()
    other = make_sample(tmp_path / "other", images=30, seed=8)
    images = set(checksums(other.folder)) - set(sample.BROKEN) - set(sample.OTHERS)
    shared = {path for path in images if checksums(other.folder)[path] == checksums(small.folder).get(path)}
    assert not shared


@pytest.mark.slow
def test_the_default_collection_has_the_promised_variety(whole: SampleReport) -> None:
    readable, formats = 0, Counter[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        for path in checksums(whole.folder):
            if path in sample.BROKEN or path in sample.OTHERS:
                continue
            with Image.open(whole.folder / path) as image:
                image.load()
                formats[image.format or "?"] += 1
                readable += 1
    assert readable == whole.images == 360
    assert set(formats) >= {"JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "HEIF", "AVIF"}
    assert whole.formats == {("HEIC" if name == "HEIF" else name): count for name, count in formats.items()}
    assert sum(whole.kinds.values()) == whole.images
    assert whole.size == sum(file.stat().st_size for file in whole.folder.rglob("*") if file.is_file()) < 65e6


@pytest.mark.slow
def test_depths_pages_and_colour_spaces_vary(whole: SampleReport) -> None:
    modes, pages = Counter[str](), Counter[int]()
    for path in set(checksums(whole.folder)) - set(sample.BROKEN) - set(sample.OTHERS):
        with Image.open(whole.folder / path) as image:
            modes[image.mode] += 1
            pages[getattr(image, "n_frames", 1)] += 1
    assert {"RGB", "L", "RGBA", "CMYK", "I;16"} <= set(modes)
    assert pages[3] >= 1
    assert pages[4] >= 1


@pytest.mark.slow
def test_titles_are_missing_as_often_as_in_real_life(whole: SampleReport) -> None:
    packets = [packet_of(whole.folder / path) for path in checksums(whole.folder) if path not in sample.BROKEN]
    said = [packet for packet in packets if packet is not None]
    with_title = sum(packet.find(f".//{DC}title") is not None for packet in said)
    assert 0.5 < with_title / len(said) < 0.85
    languages = {item.get(LANG) for packet in said for item in packet.iter(f"{XMP}li")} - {None}
    assert languages >= {"x-default", "en", "de", "fr", "ja", "ar", "ru", "es"}


@pytest.mark.slow
def test_pictures_that_are_no_copies_really_differ(whole: SampleReport) -> None:
    related = {pair.copy for pair in whole.truth}
    files = [path for path in checksums(whole.folder) if path.startswith(("Incoming/", "Catalogue"))]
    alone = [path for path in files if path not in related | set(sample.BROKEN) | set(sample.OTHERS)]
    shown = [(path, gist(pixels(whole.folder / path))) for path in alone]
    close = [
        (one, other)
        for number, (one, picture) in enumerate(shown)
        for other, second in shown[:number]
        if np.abs(picture - second).mean() < 1.0
    ]
    assert close == []


def test_names_are_as_people_give_them(small: SampleReport) -> None:
    names = [Path(path).name for path in checksums(small.folder)]
    assert any(name.startswith("-") for name in names)
    assert any("Ж" <= letter <= "я" for name in names for letter in name)
    assert any("\u0600" <= letter <= "\u06ff" for name in names for letter in name)
    assert any("\u4e00" <= letter <= "\u9fff" for name in names for letter in name)
    assert {"Thumbs.db", "IMG_0042 (1).JPG", "ohne Endung"} <= set(names)
    assert max(len(name.encode()) for name in names) <= 255
    with Image.open(small.folder / "Catalogue 2025/Shoes/cutout for web.jpg") as image:
        assert image.format == "PNG"


def test_no_name_is_forbidden_on_windows(small: SampleReport) -> None:
    for path in checksums(small.folder):
        assert not set(path) & set('<>:"\\|?*')
        assert all(part == part.strip() and not part.endswith(".") for part in path.split("/"))


# --- the truth about copies ------------------------------------------------------------------


def test_every_pair_names_two_files_and_stands_outside_the_folder(small: SampleReport) -> None:
    with small.truth_file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["copy"], row["original"], row["edit"]) for row in rows] == [tuple(pair) for pair in small.truth]
    assert small.folder not in small.truth_file.parents
    for pair in small.truth:
        assert (small.folder / pair.copy).is_file()
        assert (small.folder / pair.original).is_file()
        assert pair.copy != pair.original
    assert {row["duplicate"] for row in rows} == {"yes", "no"}


@pytest.mark.slow
def test_each_kind_of_copy_is_what_it_says(whole: SampleReport) -> None:
    assert Counter(pair.edit for pair in whole.truth) >= Counter(list(sample.EDITS) * 2 + ["next_page"] * 5)
    for pair in whole.truth:
        copy, original = whole.folder / pair.copy, whole.folder / pair.original
        if pair.edit == "exact":
            assert copy.read_bytes() == original.read_bytes()
        elif pair.edit == "metadata_only":
            assert copy.read_bytes() != original.read_bytes()
            assert ImageChops.difference(pixels(copy), pixels(original)).getbbox() is None
        elif pair.edit in (
            "exif_orientation",
            "resize_50",
            "resize_150",
            "recompress_q20",
            "format_webp",
            "format_heic",
        ):
            assert distance(pixels(copy), pixels(original)) < 4
        elif pair.edit == "mirror":
            assert distance(ImageOps.mirror(pixels(copy)), pixels(original)) < 4
        elif pair.edit == "colour_variant":
            assert not pair.duplicate
            assert copy.read_bytes() != original.read_bytes()


@pytest.mark.slow
def test_a_sideways_copy_lies_on_its_side(whole: SampleReport) -> None:
    turned = [whole.folder / pair.copy for pair in whole.truth if pair.edit == "exif_orientation"]
    assert turned
    for file in turned:
        with Image.open(file) as image:
            assert image.getexif()[0x0112] in (3, 6, 8)


# --- broken files ----------------------------------------------------------------------------


def test_broken_files_are_broken_each_in_its_way(small: SampleReport) -> None:
    def data(name: str) -> bytes:
        return (small.folder / next(path for path in sample.BROKEN if path.endswith(name))).read_bytes()

    assert data("empty.jpg") == b""
    assert data("poster_final.png")[16:24] == struct.pack(">II", 20_000, 20_000)
    assert len(data("poster_final.png")) < 500_000
    assert b"<!ENTITY" in data("entities.jpg")
    with pytest.warns(UserWarning, match="Corrupt"), pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(data("Plate 0099.tif")))
    for name in ("IMG_0107.JPG", "half.png", "404.jpg"):
        with (
            pytest.raises(OSError, match=r"truncated|cannot identify|broken"),
            Image.open(io.BytesIO(data(name))) as image,
        ):
            image.load()
    for name in ("unclosed.jpg", "nested.jpg"):
        text = data(name).partition(b"<?xpacket")[2].partition(b"<?xpacket end")[0]
        with pytest.raises(ElementTree.ParseError):
            ElementTree.fromstring(b"<?xpacket" + text)
        with Image.open(io.BytesIO(data(name))) as image:
            image.load()
    assert "Straßenfest".encode("cp1252") in data("Straßenfest.jpg")
    assert sample_metadata.UTF8 not in data("Straßenfest.jpg")


def test_an_endless_description_is_small_on_disk_and_ten_million_letters_long() -> None:
    png = sample.endless_text()
    at = png.index(b"XML:com.adobe.xmp") + len(b"XML:com.adobe.xmp\0\x01\0\0\0")
    assert len(png) < 100_000
    assert len(zlib.decompressobj().decompress(png[at:])) > 10_000_000


# --- metadata --------------------------------------------------------------------------------


def packet_of(file: Path) -> ElementTree.Element | None:
    """Return a file's XMP, read by Python's own parser, or None where there is none."""
    data = file.read_bytes()
    start, end = data.find(b"<x:xmpmeta"), data.find(b"</x:xmpmeta>")
    return ElementTree.fromstring(data[start : end + 12]) if 0 <= start < end else None


FULL = Caption(
    title={"en": "Shoe & <sole>", "de": "Schuh", "ja": "靴"},
    description={"en": "Left one"},
    keywords=["Shoe", "Schuhe", "靴"],
    creator="Zoë Müller",
    rights="© 2025 Studio",
    city="Köln",
    taken=datetime(2025, 3, 4, 5, 6, 7),
    offset="+02:00",
    place=(-34.6037, -58.3816, 25.0),
    camera={"make": "Canon", "model": "Canon EOS R6m2", "lens": "RF24-70mm"},
    exposure=(125, 2.8, 400, 35),
    rating=4,
    owner="Taro Yamada",
    carriers=("exif", "iptc", "xmp"),
    digest="right",
)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return sample_pictures.scene("sea", np.random.default_rng(1), (96, 64))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_exif_reads_back_as_written(picture: Image.Image, format: str) -> None:
    with Image.open(io.BytesIO(sample_metadata.encode(picture, format, FULL))) as image:
        block = image.getexif()
        assert block[0x0110] == "Canon EOS R6m2"
        assert block[0x013B].encode("latin-1") == "Zoë Müller".encode()  # Pillow reads these tags as Latin-1
        assert block.get_ifd(0x8769)[0xA430] == "Taro Yamada"
        assert block.get_ifd(0x8769)[0x9003] == "2025:03:04 05:06:07"
        assert block.get_ifd(0x8769)[0x9011] == "+02:00"
        place = block.get_ifd(0x8825)
        south = sum(float(part) / 60**power for power, part in enumerate(place[2]))
        assert (place[1], place[3]) == ("S", "W")
        assert south == pytest.approx(34.6037, abs=1e-6)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_language_of_the_title_stands_in_the_xmp(picture: Image.Image, format: str, tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_bytes(sample_metadata.encode(picture, format, FULL))
    packet = packet_of(file)
    assert packet is not None
    titles = {item.get(LANG): item.text for item in packet.iterfind(f".//{DC}title/{XMP}Alt/{XMP}li")}
    assert titles == {"x-default": "Shoe & <sole>", "en": "Shoe & <sole>", "de": "Schuh", "ja": "靴"}
    assert [item.text for item in packet.iterfind(f".//{DC}subject/{XMP}Bag/{XMP}li")] == FULL.keywords


def test_iptc_reads_back_and_its_digest_is_right(picture: Image.Image) -> None:
    data = sample_metadata.encode(picture, "JPEG", FULL)
    with Image.open(io.BytesIO(data)) as image:
        records = IptcImagePlugin.getiptcinfo(image) or {}
        resources = image.info["photoshop"]
    assert records[(2, 25)] == [word.encode() for word in FULL.keywords]
    assert records[(1, 90)] == b"\x1b%G"
    assert records[(2, 80)] == "Zoë Müller".encode()
    assert resources[0x0425] == hashlib.md5(resources[0x0404]).digest()


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_an_iptc_field_is_cut_between_characters(text: str) -> None:
    coded = sample_metadata.record("creator", text, "utf-8")
    length = int.from_bytes(coded[3:5], "big")
    assert length == len(coded) - 5 <= 32
    assert text.startswith(coded[5:].decode("utf-8"))


@given(value=st.floats(-180, 180))
def test_degrees_keep_the_position_to_a_thousandth_of_a_second(value: float) -> None:
    whole_degrees, minutes, seconds = (float(part) for part in sample_metadata.degrees(value))
    assert minutes < 60
    assert seconds < 60
    assert whole_degrees + minutes / 60 + seconds / 3600 == pytest.approx(abs(value), abs=1 / 3600 / 1000)


def test_taking_metadata_out_and_in_leaves_the_coded_picture_alone(picture: Image.Image) -> None:
    plain = sample_metadata.encode(picture, "JPEG", None, quality=80)
    full = sample_metadata.encode(picture, "JPEG", FULL, quality=80)
    assert len(full) > len(plain)
    assert sample_metadata.without_metadata(full) == plain


def test_oddities_are_all_there(small: SampleReport) -> None:
    everything = b"".join((small.folder / path).read_bytes() for path in checksums(small.folder))
    for odd in (
        b"&lt;img src=x onerror=",
        b"=HYPERLINK(",
        b"untitled",
        "KÃ¶ln".encode(),
        b"0480003127",
        b"Picture Desk",
    ):
        assert odd in everything


def test_a_caption_never_invents_a_language() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        subject = rng.choice(list(sample_pictures.data()["subjects"]))
        detail = {"en": "red", "ja": "赤"}
        said = sample_metadata.caption(rng, subject, detail, taken=datetime(2025, 1, 1), city=None)
        assert set(said.title) <= set(sample_pictures.data()["subjects"][subject]["names"])
        assert said.place is None
        assert said.exposure is None


# --- asking for it ---------------------------------------------------------------------------


@pytest.mark.parametrize("images", [0, 29, -1, 20_001])
def test_an_absurd_number_of_images_is_refused(images: int, tmp_path: Path) -> None:
    with pytest.raises(BadValue):
        make_sample(tmp_path / "x", images=images)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(BadValue, match="exists already"):
        make_sample(tmp_path)
    with pytest.raises(BadValue, match="exists already"):
        make_sample(tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_stopping_half_way_leaves_nothing_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_sample(tmp_path / "client", images=30, progress=stop)
    assert told == [(n, 30 + len(sample.BROKEN) + len(sample.OTHERS)) for n in range(1, 6)]
    assert list(tmp_path.iterdir()) == []


def test_without_scikit_image_the_hint_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample_pictures.photograph_file.cache_clear()
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(MissingExtra) as caught:
        make_sample(tmp_path / "client", images=30)
    assert 'pip install "image-workbench[demo]"' in caught.value.hint
    assert list(tmp_path.iterdir()) == []


# --- the tables ------------------------------------------------------------------------------


def test_tables_fit_together() -> None:
    tables = sample_pictures.data()
    assert set(sample.SHELVES) == set(tables["designs"])
    assert set(sample.TRADES) == set(tables["shares"])
    assert sum(tables["shares"].values()) == pytest.approx(1)
    regions = [region for group in tables["regions"].values() for region in group]
    assert {region["subject"] for region in regions} <= set(tables["subjects"])
    assert {part["paint"] for parts in tables["designs"].values() for part in parts} <= {
        *tables["paints"],
        "body",
        "trim",
        "sole",
    }
    assert len(sample.ROLLS) == len(tables["cities"])


def test_no_two_photographs_share_a_piece_of_the_same_picture() -> None:
    regions = [region for group in sample_pictures.data()["regions"].values() for region in group]
    for number, one in enumerate(regions):
        for other in regions[:number]:
            if one["file"] == other["file"]:
                (a, b, c, d), (e, f, g, h) = one["box"], other["box"]
                assert min(c, g) <= max(a, e) or min(d, h) <= max(b, f), (one, other)


def test_every_photograph_ships_inside_the_wheel() -> None:
    for group in sample_pictures.data()["regions"].values():
        for region in group:
            assert sample_pictures.photograph_file(region["file"]).is_file()


def test_paper_is_written_with_letters_the_font_has() -> None:
    face, nothing = sample_pictures.font(30), bytes(sample_pictures.font(30).getmask("\u4e00"))
    written = str(sample_pictures.data()["paper"])
    assert {letter for letter in written if not letter.isspace() and bytes(face.getmask(letter)) == nothing} == set()


def test_the_tables_are_a_file_of_the_package() -> None:
    file = Path(sample_pictures.__file__).with_name("sample_data.toml")
    assert tomllib.loads(file.read_text(encoding="utf-8")) == sample_pictures.data()
