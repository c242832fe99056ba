"""Suggesters that look at names, neighbours and vocabularies."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from small_collections import fill, image_ids, jpeg

import workbench as wb
from workbench import profiles
from workbench.suggesters import Setting, Subject
from workbench.suggesters.exif import Exif, countries
from workbench.suggesters.hashes import MOST_BITS, NearHashes
from workbench.suggesters.names import Names, read
from workbench.suggesters.reading import Line, TextReader, is_gtin
from workbench.suggesters.vocabulary import Terms

TITLE, KEYWORDS, DATE = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.DateCreated"


def no_rows(name: str, **parameters: Any) -> Any:
    class Empty:
        def to_pylist(self) -> list[Any]:
            return []

    return Empty()


# -- names


@pytest.mark.parametrize(
    ("name", "words", "articles", "days"),
    [
        ("IMG_0042", (), (), ()),
        ("DSC01234", (), (), ()),
        ("P1010012", (), (), ()),
        ("RJ-1042-NVY_front_2024-03-01", (), ("RJ-1042-NVY",), ("2024-03-01",)),
        ("redRainJacket (copy 2)", ("red", "Rain", "Jacket"), (), ()),
        ("20240301_Hafen von Köln", ("Hafen", "von", "Köln"), (), ("2024-03-01",)),
        ("1.3.2024 Sommerfest", ("Sommerfest",), (), ("2024-03-01",)),
        ("2023-02-30 party", ("party",), (), ()),
        ("東京タワー", ("東京タワー",), (), ()),
        ("Красная площадь", ("Красная", "площадь"), (), ()),
        ("caf\\xe9 noir", ("caf", "noir"), (), ()),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", (), (), ()),
        ("WhatsApp Image 2024-03-01 at 10.11.12", (), (), ("2024-03-01",)),
        ("shoe 1200x800 final v2", ("shoe",), (), ()),
        ("", (), (), ()),
    ],
)
def test_what_names_say(name: str, words: tuple[str, ...], articles: tuple[str, ...], days: tuple[str, ...]) -> None:
    assert read(name) == (words, articles, days)


@given(st.text(max_size=300))
def test_any_name_can_be_read(name: str) -> None:
    found = read(name)
    assert all(word.strip() for word in found.words)
    assert all(len(day) == 10 for day in found.days)


def said(suggester: Any, subject: Subject) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for one in suggester.suggest([subject]):
        found[one.field, one.value] = max(one.confidence, found.get((one.field, one.value), 0))
    return found


def test_file_names_count_more_than_folders_and_near_folders_more_than_far_ones() -> None:
    subject = Subject("i", "file:///x", "Sports/Rain jackets/AB-1234 2024-03-01 red jacket.jpg")
    found = said(Names(Setting(no_rows)), subject)
    assert found[TITLE, "Red jacket"] == 0.45
    assert found[KEYWORDS, "rain jackets"] > found[KEYWORDS, "sports"]
    assert found["Xmp.dc.identifier", "AB-1234"] == 0.6
    assert found[DATE, "2024-03-01"] == 0.5
    shop = said(Names(Setting(no_rows, profiles.load("ecommerce"))), subject)
    assert ("Xmp.wb.sku", "AB-1234") in shop
    known = Subject("i", "file:///x", subject.path, {DATE: ((None, "2024-03-02"),)})
    assert (DATE, "2024-03-01") not in said(Names(Setting(no_rows)), known)


# -- similar pictures


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30, unique=True), st.integers(0, MOST_BITS), st.randoms())
def test_near_hashes_are_all_found_and_no_others(known: list[int], bits: int, rng: random.Random) -> None:
    asked = [h ^ sum(1 << bit for bit in rng.sample(range(64), rng.randint(0, 9))) for h in known]
    found = NearHashes(np.array(known, dtype=np.uint64)).within(np.array(asked, dtype=np.uint64), bits)
    pairs = {(int(a), int(k)): int(d) for a, k, d in zip(*found, strict=True)}
    assert len(pairs) == len(found[0]), "each pair once"
    distances = {(a, k): (x ^ y).bit_count() for a, x in enumerate(asked) for k, y in enumerate(known)}
    assert pairs == {pair: d for pair, d in distances.items() if d <= bits}


def test_many_equal_quarters_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.suggesters.hashes._BLOCK", 10)
    hashes = np.arange(40, dtype=np.uint64)
    found = NearHashes(hashes).within(hashes, 1)
    expected = {(a, k) for a in range(40) for k in range(40) if (a ^ k).bit_count() <= 1}
    assert set(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected


def scene(seed: int, quality: int = 90, xmp: bytes = b"") -> bytes:
    """A picture with enough in it for a perceptual hash."""
    rng, out = random.Random(seed), io.BytesIO()
    image = Image.new("RGB", (160, 120), tuple(rng.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = rng.randrange(140), rng.randrange(100)
        draw.rectangle(
            [x, y, x + rng.randrange(60), y + rng.randrange(60)], tuple(rng.randrange(256) for _ in range(3))
        )
    image.save(out, "JPEG", quality=quality, xmp=xmp)
    return out.getvalue()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    home = tmp_path_factory.mktemp("local")
    files = {
        "a/tagged.jpg": scene(1), "a/same.jpg": scene(1), "a/recompressed.jpg": scene(1, 60), "a/other.jpg": scene(2),
        "flat/blue.jpg": jpeg(1), "flat/bluish.jpg": jpeg(2),
        "run/IMG_0041.jpg": scene(41), "run/IMG_0042.jpg": scene(42), "run/IMG_0043.JPG": scene(43),
        "run/IMG_0050.jpg": scene(50), "run/DSC_0042.jpg": scene(52), "elsewhere/IMG_0042.jpg": scene(62),
    }  # fmt: skip
    with wb.open(home / "ws", actor="ann") as ws:
        ws.scan(fill(home / "src", files), progress=False)
        ids = image_ids(ws)
        tagged = {TITLE: {"x-default": "Red shoe", "de": "Roter Schuh"}, KEYWORDS: ["shoe", "red"]}
        ws.set_values([ids["a/tagged.jpg"], ids["flat/blue.jpg"]], tagged)
        ws.set_values([ids["run/IMG_0041.jpg"], ids["run/IMG_0043.JPG"]], {KEYWORDS: ["wedding"]})
        ws.set_values([ids["run/IMG_0041.jpg"]], {"Xmp.dc.creator": ["Ann"], TITLE: {"x-default": "Cake"}})
        yield ws


def proposed(ws: wb.Bench, path: str) -> dict[tuple[str, Any, str], float]:
    rows = ws.sql(
        "select field, coalesce(lang, '') as lang, value, confidence from suggestions join images using (image_id) "
        "where path = $path",
        {"path": path},
    )
    return {(f, lang, v): c for f, lang, v, c in rows.itertuples(index=False)}


def test_the_same_and_nearly_the_same_picture_share_their_values(scanned: wb.Bench) -> None:
    report = scanned.suggest(None, ["similar"])
    assert report["similar"].trouble_count == 0
    same, near = proposed(scanned, "a/same.jpg"), proposed(scanned, "a/recompressed.jpg")
    assert same.keys() == near.keys() == {
        (TITLE, "x-default", "Red shoe"), (TITLE, "de", "Roter Schuh"), (KEYWORDS, "", "shoe"), (KEYWORDS, "", "red"),
    }  # fmt: skip
    assert set(same.values()) == {0.97}
    assert all(0.4 < sure <= 0.9 for sure in near.values())
    assert proposed(scanned, "a/other.jpg") == {}
    assert proposed(scanned, "a/tagged.jpg") == {}
    assert proposed(scanned, "flat/bluish.jpg") == {}, "the hashes of flat pictures say nothing"


def test_only_fields_of_the_profile_are_shared(scanned: wb.Bench) -> None:
    scanned.suggest(None, ["similar"], profile="ecommerce")
    assert {field for field, _, _ in proposed(scanned, "a/same.jpg")} <= profiles.load("ecommerce").fields.keys()


def test_neighbours_in_a_sequence_share_what_they_say(scanned: wb.Bench) -> None:
    scanned.suggest(None, ["sequence"])
    found = proposed(scanned, "run/IMG_0042.jpg")
    assert found == {
        (KEYWORDS, "", "wedding"): 0.7, ("Xmp.dc.creator", "", "Ann"): 0.55, (TITLE, "x-default", "Cake"): 0.55,
    }  # fmt: skip
    assert proposed(scanned, "run/IMG_0043.JPG") == {
        ("Xmp.dc.creator", "", "Ann"): 0.4, (TITLE, "x-default", "Cake"): 0.4,
    }  # fmt: skip
    for path in ("run/IMG_0050.jpg", "run/DSC_0042.jpg", "elsewhere/IMG_0042.jpg"):
        assert proposed(scanned, path) == {}


# -- EXIF


def test_the_cameras_clock_and_position() -> None:
    from datetime import datetime

    facts = {"captured_at": datetime(2024, 3, 1, 9, 30), "latitude": -33.86, "longitude": 151.21}
    found = said(Exif(Setting(no_rows)), Subject("i", "u", "a.jpg", {}, facts))
    assert found[DATE, "2024-03-01T09:30:00"] == 0.9
    assert found["Xmp.photoshop.Country", "Australia"] == 0.7
    known = {DATE: ((None, "2024"),), "Xmp.photoshop.Country": ((None, "Atlantis"),)}
    assert said(Exif(Setting(no_rows)), Subject("i", "u", "a.jpg", known, facts)) == {}
    nowhere = {"captured_at": None, "latitude": 0.0, "longitude": 0.0}
    assert said(Exif(Setting(no_rows)), Subject("i", "u", "a.jpg", {}, nowhere)) == {}


def test_where_boxes_of_countries_overlap_nothing_is_said() -> None:
    assert len(countries(50.8, 6.1)) > 1, "Aachen"
    facts = {"captured_at": None, "latitude": 50.8, "longitude": 6.1}
    assert said(Exif(Setting(no_rows)), Subject("i", "u", "a.jpg", {}, facts)) == {}
    assert countries(0.0, -140.0) == [], "the middle of the Pacific"


# -- vocabularies


def test_terms_are_found_in_any_spelling_and_language() -> None:
    terms = Terms(Setting(no_rows, profiles.load("ecommerce")))
    found = said(terms, Subject("i", "u", "Regenjacken/RAIN-JACKETS_navy.jpg", {TITLE: (("de", "Jacke in Blau"),)}))
    assert ("Xmp.wb.productCategory", "rain jackets") in found
    assert found["Xmp.wb.productCategory", "rain jackets"] >= 0.6
    assert not any(value == "rain" for _, value in found)
    assert said(Terms(Setting(no_rows)), Subject("i", "u", "rain jackets.jpg")) == {}, "no profile, no terms"


def test_hostile_text_is_only_text() -> None:
    terms = Terms(Setting(no_rows, profiles.load("ecommerce")))
    text = "'; drop table images; -- <script>alert(1)</script> =cmd|' /C calc'!A0 \x00\u202e" * 2_000
    assert isinstance(said(terms, Subject("i", "u", text, {TITLE: ((None, text),)})), dict)
    assert isinstance(said(Names(Setting(no_rows)), Subject("i", "u", text)), dict)


# -- text that was read


def test_lines_become_a_text_a_title_and_numbers() -> None:
    reader = TextReader(Setting(no_rows, profiles.load("ecommerce")))
    lines = [Line("Sommerschuh", 0.9, 40), Line("Art. RJ-1042-NVY", 0.8, 10), Line("4 006381 333931", 0.9, 12)]
    found = {(p.field, p.value): p.sure for p in reader.proposals([*lines, Line("x?", 0.2, 99), Line("-", 0.9)])}
    assert found.keys() == {
        ("Xmp.dc.description", "Sommerschuh\nArt. RJ-1042-NVY\n4 006381 333931"), (TITLE, "Sommerschuh"),
        ("Xmp.wb.sku", "RJ-1042-NVY"), ("Xmp.wb.gtin", "4006381333931"),
    }  # fmt: skip
    assert found["Xmp.wb.sku", "RJ-1042-NVY"] == pytest.approx(0.64)
    assert list(reader.proposals([])) == []
    other = TextReader(Setting(no_rows, options={"text_field": "Xmp.photoshop.Instructions"}))
    assert next(other.proposals(lines)).field == "Xmp.photoshop.Instructions"


@given(st.integers(0, 10**12 - 1), st.integers(1, 9))
def test_a_wrong_check_digit_is_no_gtin(number: int, off: int) -> None:
    digits = f"{number:012}"
    right = next(d for d in "0123456789" if is_gtin(digits + d))
    assert not is_gtin(digits + str((int(right) + off) % 10))
    assert not is_gtin(digits[:-2] + "٣" + right)


def test_a_whole_run_from_the_command_line(
    scanned: wb.Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from workbench.__main__ import main

    folder = str(scanned.folder)
    assert main(["suggest", "--workspace", folder, "--suggester", "names", "--query", "cake", "--json"]) == 0
    assert '"name": "names"' in capsys.readouterr().out
    assert main(["suggest", "--workspace", folder, "--suggester", "horoscope"]) == 1
    assert "horoscope" in capsys.readouterr().err
