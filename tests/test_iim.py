"""Changing IPTC-IIM blocks: character sets, limits, digests, and foreign datasets."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_files import iim as datasets
from metadata_files import resource

from workbench import iim, iptc
from workbench.splices import Untouchable

CITY, CAPTION, WORDS, TITLE = (2, 90), (2, 120), (2, 25), (2, 5)


def shown(block: bytes) -> list[tuple[str, str]]:
    found = iptc.parse(block)
    assert not found.damaged
    return [(iptc.key(one), iptc.shown(one, iptc.charset(found.datasets))) for one in found.datasets]


def texts(block: bytes, place: tuple[int, int]) -> list[str]:
    return [one.value.decode() for one in iptc.parse(block).datasets if one[:2] == place]


def test_a_new_block_declares_utf8_and_its_version() -> None:
    made = iim.write(b"", {CITY: ["Århus"], WORDS: ["a", "b"]}, {})
    assert shown(made.data) == [
        ("Iptc.Envelope.CharacterSet", "ESC %G"),
        ("Iptc.Application2.RecordVersion", "4"),
        ("Iptc.Application2.Keywords", "a"),
        ("Iptc.Application2.Keywords", "b"),
        ("Iptc.Application2.City", "Århus"),
    ]
    assert made.warnings == []


def test_an_undeclared_block_is_transcoded_as_a_whole_and_says_so() -> None:
    old = datasets(
        (2, 0, b"\0\2"), (2, 90, "Zürich".encode("cp1252")), (2, 120, "5 €".encode("cp1252")), (7, 1, b"\xff")
    )
    made = iim.write(old, {TITLE: ["x"]}, {})
    assert shown(made.data)[1:] == [shown(old)[0], ("Iptc.Application2.ObjectName", "x"), *shown(old)[1:]]
    assert texts(made.data, CITY) == ["Zürich"]
    assert [one.value for one in iptc.parse(made.data).datasets if one.record == 7] == [b"\xff"]
    assert "UTF-8" in made.warnings[0]


def test_trailing_blanks_and_binary_datasets_survive_transcoding() -> None:
    old = datasets((2, 90, b"Z\xfcrich  "), (2, 125, b"\xff\xfe"))
    made = iim.write(old, {TITLE: ["x"]}, {}).data
    assert texts(made, CITY) == ["Zürich  "]
    assert [d.value for d in iptc.parse(made).datasets if d[:2] == (2, 125)] == [b"\xff\xfe"]


def test_declared_latin_becomes_utf8() -> None:
    old = datasets((1, 90, b"\x1b-A"), (2, 90, b"\xe5"))
    assert texts(iim.write(old, {TITLE: ["x"]}, {}).data, CITY) == ["å"]


def test_values_stay_where_they_stood_and_others_keep_their_order() -> None:
    old = datasets((1, 90, iim.UTF8), (2, 0, b"\0\4"), (2, 120, b"c"), (2, 25, b"one"), (2, 25, b"two"), (2, 5, b"t"))
    made = iim.write(old, {WORDS: ["three"], CITY: None}, {}).data
    assert made == datasets((1, 90, iim.UTF8), (2, 0, b"\0\4"), (2, 120, b"c"), (2, 25, b"three"), (2, 5, b"t"))
    assert iim.write(made, {WORDS: ["three"]}, {}).data is made
    assert iim.write(datasets((1, 90, iim.UTF8), (2, 0, b"\0\4"), (2, 5, b"t")), {TITLE: None}, {}).data == datasets(
        (1, 90, iim.UTF8), (2, 0, b"\0\4")
    )


def test_long_texts_are_cut_between_characters_with_a_warning() -> None:
    made = iim.write(b"", {CITY: ["日本" * 6], CAPTION: ["x" * 2000]}, {CITY: 32, CAPTION: 2000})
    assert texts(made.data, CITY) == ["日本" * 5]
    assert len(made.warnings) == 1
    assert "32 bytes: 36" in made.warnings[0]


def test_a_dataset_of_any_length_is_encoded() -> None:
    made = iim.write(b"", {CAPTION: ["x" * 40_000]}, {}).data
    assert texts(made, CAPTION) == ["x" * 40_000]


def test_a_damaged_block_is_refused() -> None:
    with pytest.raises(Untouchable, match="damaged"):
        iim.write(datasets((2, 90, b"x"))[:-1], {TITLE: ["y"]}, {})


@pytest.mark.parametrize(
    "cluster", ["👩‍👩‍👧‍👦", "👍🏽", "🇳🇴", "é", "한", "क्षि", "🏴\U000e0067\U000e0062\U000e007f", "\r\n", "☎️"]
)
def test_what_people_see_as_one_character_is_never_split(cluster: str) -> None:
    size = len(cluster.encode())
    assert iim.cut("ab" + cluster, size + 1) == "ab"
    assert iim.cut("ab" + cluster, size + 2) == ("ab" + cluster).rstrip()
    assert iim.graphemes(f"{cluster}x{cluster}") == [cluster, "x", cluster]


def test_flags_go_in_pairs() -> None:
    assert iim.graphemes("🇳🇴🇩🇪🇫") == ["🇳🇴", "🇩🇪", "🇫"]


@given(st.text(), st.integers(0, 60))
def test_a_cut_text_is_a_beginning_that_fits(text: str, limit: int) -> None:
    assert "".join(iim.graphemes(text)) == text
    text = text.encode("utf-8", "ignore").decode()
    cut = iim.cut(text, limit)
    assert text.startswith(cut)
    assert len(cut.encode()) <= limit


PLACES = st.sampled_from([CITY, CAPTION, TITLE, (2, 105), (2, 116)])
NAMES = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=20)


@given(st.dictionaries(PLACES, NAMES, min_size=1), st.dictionaries(PLACES, NAMES), st.sampled_from(["cp1252", "utf-8"]))
def test_foreign_datasets_read_the_same_afterwards(
    there: dict[tuple[int, int], str], wanted: dict[tuple[int, int], str], codec: str
) -> None:
    old = datasets(*((*place, text.encode(codec)) for place, text in there.items()))
    spoken = iptc.charset(iptc.parse(old).datasets)
    new = iim.write(old, {place: [text] for place, text in wanted.items()}, {}).data
    before = {d[:2]: iptc.text(d.value, spoken) for d in iptc.parse(old).datasets}
    after = {d[:2]: iptc.text(d.value, "utf-8") for d in iptc.parse(new).datasets if d[:2] not in ((1, 90), (2, 0))}
    if new is not old:
        assert after == before | wanted


def test_the_digest_follows_and_other_resources_keep_their_bytes() -> None:
    odd = b"8BIM\x04\x25\x03abc" + (16).to_bytes(4, "big") + b"0" * 16
    run = resource(0x03ED, b"dpi") + resource(0x0404, b"old") + odd + resource(0x0BB7, b"z")
    new = iim.with_iptc(run, b"new block")
    numbers = [one.number for one in iim.resources(new)]
    assert numbers == [0x03ED, 0x0404, 0x0425, 0x0BB7]
    assert iim.iptc_of(new) == b"new block"
    assert iim.resources(new)[2].body == hashlib.md5(b"new block").digest()
    assert [r.whole for r in iim.resources(new) if r.number in (0x03ED, 0x0BB7)] == [
        resource(0x03ED, b"dpi"),
        resource(0x0BB7, b"z"),
    ]
    assert [one.number for one in iim.resources(iim.with_iptc(b"", b"x"))] == [0x0404, 0x0425]


def test_resources_that_cannot_be_kept_are_refused() -> None:
    with pytest.raises(Untouchable, match="several"):
        iim.iptc_of(resource(0x0404, b"a") * 2)
    with pytest.raises(Untouchable, match="damaged"):
        iim.resources(resource(0x0404, b"abc")[:-2] + b"rest")
    assert [one.number for one in iim.resources(resource(0x0404, b"ab") + b"\0\0")] == [0x0404, -1]
