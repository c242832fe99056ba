"""Dates that aren't known exactly: reading, bounds, words, what XMP can hold, and what was probably meant."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import edtf
from workbench.errors import BadValue


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "words", "xmp"),
    [
        ("1920", "1920-01-01", "1920-12-31", "1920", "1920"),
        ("1920-05", "1920-05-01", "1920-05-31", "May 1920", "1920-05"),
        ("1920-02-29", "1920-02-29", "1920-02-29", "29 February 1920", "1920-02-29"),
        ("1920~", "1920-01-01", "1920-12-31", "circa 1920", None),
        ("1920-05?", "1920-05-01", "1920-05-31", "May 1920 (uncertain)", None),
        ("1920%", "1920-01-01", "1920-12-31", "circa 1920 (uncertain)", None),
        ("192X", "1920-01-01", "1929-12-31", "1920s", None),
        ("19XX", "1900-01-01", "1999-12-31", "between 1900 and 1999", None),
        ("0XXX", "0001-01-01", "0999-12-31", "between 1 and 999", None),
        ("1985-04-XX", "1985-04-01", "1985-04-30", "April 1985", "1985-04"),
        ("1985-XX-XX", "1985-01-01", "1985-12-31", "1985", "1985"),
        ("1947-24", "1947-01-01", "1947-12-31", "winter 1947", None),
        ("1914/1918", "1914-01-01", "1918-12-31", "from 1914 to 1918", None),
        ("1985/..", "1985-01-01", None, "from 1985 on", None),
        ("../1985", None, "1985-12-31", "up to 1985", None),
        ("1985/", "1985-01-01", None, "from 1985 to an unknown date", None),
        ("/1985-02", None, "1985-02-28", "from an unknown date to February 1985", None),
        ("1914~/1918-11-11?", "1914-01-01", "1918-11-11", "from circa 1914 to 11 November 1918 (uncertain)", None),
        ("2004-06-01T10:10:10Z", "2004-06-01", "2004-06-01", "1 June 2004, 10:10:10Z", "2004-06-01T10:10:10Z"),
        ("2004-06-01T10:10:10", "2004-06-01", "2004-06-01", "1 June 2004, 10:10:10", "2004-06-01T10:10:10"),
        ("2004-06-01T10:10:10+02", "2004-06-01", "2004-06-01", "1 June 2004, 10:10:10+02", "2004-06-01T10:10:10+02:00"),
    ],
)  # fmt: skip
def test_what_an_expression_means(
    text: str, earliest: str | None, latest: str | None, words: str, xmp: str | None
) -> None:
    found = edtf.parse(text)
    assert found.earliest == (date.fromisoformat(earliest) if earliest else None)
    assert found.latest == (date.fromisoformat(latest) if latest else None)
    assert (found.describe(), found.to_xmp_date()) == (words, xmp)
    assert str(found) == text


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        ("1920~", "um 1920", "vers 1920"),
        ("192X", "1920er Jahre", "années 1920"),
        ("1920-03-05", "5. März 1920", "5 mars 1920"),
        ("1914/1918", "1914 bis 1918", "de 1914 à 1918"),
        ("1947-21?", "Frühling 1947 (unsicher)", "printemps 1947 (incertain)"),
    ],
)
def test_other_languages(text: str, german: str, french: str) -> None:
    found = edtf.parse(text)
    assert (found.describe("de-AT"), found.describe("fr")) == (german, french)
    assert found.describe("ja") == found.describe("en")


@pytest.mark.parametrize(
    ("text", "part_of_message", "part_of_hint"),
    [
        ("", "no date", "1920-05-31"),
        ("circa 1920", "isn't a date", "1920~"),
        ("1921-02-30", "has 28 days", "1921-02"),
        ("1920-13", "no month 13", "01 to 12"),
        ("1920-00", "no month 00", "01 to 12"),
        ("1920-05-00", "31 days", "1920-05"),
        ("0000", "no year 0", "0001"),
        ("1930/1920", "ends before", "1920/1930"),
        ("../..", "isn't an interval", "1914/1918"),
        ("/", "isn't an interval", "1914/1918"),
        ("1/2/3", "isn't an interval", "1914/1918"),
        ("192X-05", "leaves the year open", "192X"),
        ("1985-XX-12", "no month", "1985"),
        ("1985-05T10:00:00", "no day", "whole date"),
        ("2004-06-01T25:00:00", "no clock", "18:05"),
        ("2004-06-01T10:00:00+29", "no clock", "18:05"),
        ("next tuesday", "isn't a date", "1920~"),
        ("19X0", "isn't a date", "192X"),
        ("XXXX", "isn't a date", "192X"),
        ("１９２０", "isn't a date", "1920"),
        ("9" * 10_000, "isn't a date", "1920-05-31"),
    ],
)
def test_errors_say_what_is_wrong_and_how_to_write_it(text: str, part_of_message: str, part_of_hint: str) -> None:
    with pytest.raises(BadValue) as caught:
        edtf.parse(text)
    assert part_of_message in caught.value.message
    assert part_of_hint in caught.value.hint
    assert not edtf.is_valid(text)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("circa 1920", "1920~"), ("ca. 1920", "1920~"), ("c.1920", "1920~"), ("um 1920", "1920~"),
        ("vers 1920", "1920~"), ("c. 1920s", "192X~"), ("1920s", "192X"), ("1920er Jahre", "192X"),
        ("années 1920", "192X"), ("192x", "192X"), ("before 1900", "../1899"), ("nach 1945", "1946/.."),
        ("since 1945", "1945/.."), ("1914–1918", "1914/1918"), ("between 1914 and 1918", "1914/1918"),
        ("May 1920", "1920-05"), ("5. Mai 1920", "1920-05-05"), ("May 5, 1920", "1920-05-05"),
        ("1er août 1920", "1920-08-01"), ("Summer 1947", "1947-22"), ("31.12.1920", "1920-12-31"),
        ("1920:05:01 10:11:12", "1920-05-01T10:11:12"), ("1920:05:01 00:00:00", "1920-05-01"),
        ("19200501", "1920-05-01"), ("1920-5", "1920-05"), ("probably 1920", "1920?"), ("1920 (?)", "1920?"),
    ],
)  # fmt: skip
def test_what_was_probably_meant(said: str, meant: str) -> None:
    assert edtf.suggest(said) == meant
    assert edtf.is_valid(meant)


@pytest.mark.parametrize("said", ["", "03/04/1920", "31.02.1920", "yesterday", "circa circa", "0000:00:00 00:00:00"])
def test_nothing_is_suggested_where_nothing_is_sure(said: str) -> None:
    assert edtf.suggest(said) is None


years = st.integers(1, 9999)
marks = st.sampled_from(["", "?", "~", "%"])


@given(st.dates(), marks)
def test_a_day_is_its_own_bounds(day: date, mark: str) -> None:
    found = edtf.parse(day.isoformat() + mark)
    assert (found.earliest, found.latest) == (day, day)
    assert found.to_xmp_date() == (None if mark else day.isoformat())


@given(years, st.integers(1, 12), marks)
def test_a_coarser_date_contains_the_finer_one(year: int, month: int, mark: str) -> None:
    texts = [f"{year:04}-{month:02}", f"{year:04}", f"{year:04}"[:3] + "X", f"{year:04}"[:2] + "XX"]
    found = [edtf.parse(text + mark) for text in texts if text != "000X"]
    for inner, outer in pairwise(found):
        assert outer.start is not None
        assert inner.start is not None
        assert outer.start.earliest <= inner.start.earliest <= inner.start.latest <= outer.start.latest


@given(st.dates(), st.dates())
def test_an_interval_is_read_only_forwards(one: date, other: date) -> None:
    first, last = sorted((one, other))
    found = edtf.parse(f"{first}/{last}")
    assert (found.earliest, found.latest) == (first, last)
    assert edtf.is_valid(f"{last}/{first}") == (first == last)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_an_error_with_a_hint(text: str) -> None:
    try:
        said = edtf.parse(text).describe()
    except BadValue as error:
        said = error.hint
    assert said


@given(st.from_regex(r"\A[0-9X?~%./:TZ+-]{1,24}\Z"))
def test_what_looks_like_a_date_never_breaks_it(text: str) -> None:
    meant = edtf.suggest(text)
    assert meant is None or edtf.is_valid(meant)
    if edtf.is_valid(text):
        assert all(edtf.parse(text).describe(lang) for lang in ("en", "de", "fr"))


def test_a_year_cut_short_is_refused_with_a_hint() -> None:
    with pytest.raises(BadValue) as caught:
        edtf.parse("0X")
    assert "192X" in caught.value.hint
