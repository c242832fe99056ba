"""Parts of pages: figures in words, everything escaped, and nothing that could load or run what comes from data."""

import doctest
import json
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import page_parts
from workbench.page_parts import (
    Bars,
    Column,
    bar_chart,
    document,
    moment,
    money,
    picture,
    script_json,
    share,
    size,
    statement,
    table,
    text,
    tile,
)

HOSTILE = "<script>alert(1)</script>\"'&\u202egpj.exe\x00"


def test_the_examples_hold() -> None:
    assert doctest.testmod(page_parts).failed == 0


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1000, "1.00 kB"),
        (9_995, "10.0 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (5 * 10**17, "500 PB"),
    ],
)
def test_bytes_in_words(number: int, words: str) -> None:
    assert size(number) == words


@given(st.integers(0, 10**18))
def test_bytes_in_words_are_off_by_less_than_a_hundredth(number: int) -> None:
    figure, unit = size(number).split()
    factor = {"bytes": 1, "byte": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}[unit]
    assert abs(float(figure) * factor - number) <= number * 0.0051


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_share_is_never_nothing_for_something_nor_all_for_less(part: int, more: int) -> None:
    said = share(part, part + more)
    assert (said == "0 %") == (part == 0)
    assert said != "100 %"


def test_small_money_and_times() -> None:
    assert [money(a, "EUR") for a in (0, 0.004, 1234.5)] == ["0.00 EUR", "< 0.01 EUR", "1,234.50 EUR"]
    assert moment(datetime(2026, 3, 1, 9, 30, 59)) == moment("2026-03-01T09:30:59.1Z") == "2026-03-01 09:30 UTC"
    assert [moment(None), moment(float("nan"))] == ["", ""]  # type: ignore[arg-type]  # what pandas gives for none
    assert share(1, 0) == "–"


@given(st.text(max_size=80))
def test_text_never_ends_in_markup(value: str) -> None:
    shown = text(value)
    assert not re.search(r"[<>\"']", shown)
    assert not re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", shown)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_in_a_script_stays_json_and_inside(data: object) -> None:
    dumped = script_json(data)
    assert json.loads(dumped) == data
    assert "<" not in dumped
    assert "\u2028" not in dumped


def test_every_piece_escapes_what_it_is_given() -> None:
    pieces = [
        tile(HOSTILE, HOSTILE, HOSTILE),
        statement(HOSTILE, HOSTILE, holds=True),
        picture(None, HOSTILE, HOSTILE, HOSTILE),
        picture(b"\xff\xd8", HOSTILE, HOSTILE),
        page_parts.badge(HOSTILE),
        page_parts.two_lines(HOSTILE, HOSTILE),
        table([page_parts.plain(HOSTILE, "x"), Column("n", lambda row: "1", "n", HOSTILE)], [{"x": HOSTILE}]),
        bar_chart("a", [HOSTILE], [Bars(HOSTILE, "#000", [1])], says=HOSTILE, unit=HOSTILE),
        document(HOSTILE, "").partition("<style>")[0],
    ]
    for piece in pieces:
        assert "<script>alert" not in piece
        assert "\u202e" not in piece
        assert "\x00" not in piece


def test_a_page_forbids_itself_to_load_anything_and_has_its_script_once() -> None:
    page = document("A", "<p>b</p>")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    assert page.count("plotly.js v") == 1
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"']?https?:", page)


def test_a_chart_leaves_a_gap_where_there_is_no_value() -> None:
    chart = bar_chart("c", ["a", "b"], [Bars("x", "#000", [None, float("nan")])], says="s", percent=True)
    assert '"x": [null, null]' in chart


@pytest.mark.parametrize(("values", "one_by_one"), [(([3, 2], [2, 1]), True), (([3, 2], [3, 1]), False)])
def test_few_things_are_counted_one_by_one(values: tuple[list[float], ...], one_by_one: bool) -> None:
    chart = bar_chart("c", ["a", "b"], [Bars("x", "#000", one) for one in values], says="s")
    assert ('"dtick": 1' in chart or '"dtick":1' in chart) == one_by_one
