"""First and last days of many dates: what is read all together is what each alone would be."""

from __future__ import annotations

import doctest
import math
from calendar import monthrange
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import date_spans, edtf
from workbench.date_spans import PRECISIONS, spans
from workbench.errors import BadValue

digits = st.text("0123456789", min_size=1, max_size=4)
shapes = [
    *("{0:0>4}", "{0:0>4}-{1:02}", "{0:0>4}-{1:02}-{2:02}", "{0:0>4}:{1:02}:{2:02}", "{0:0>4}:{1:02}-{2:02}"),
    *("{0:0>4}-{1:02}-{2:02}T{3:02}:{4:02}:{5:02}", "{0:0>4}-{1:02}-{2:02} {3:02}:{4:02}:{5:02}"),
    *("{0:0>4}:{1:02}:{2:02} {3:02}:{4:02}:{5:02}", "{0:0>4}-{1:02}-{2:02}T{3:02}:{4:02}:{5:02}Z"),
    *("{0:0>4}-{1:02}-{2:02}T{3:02}:{4:02}:{5:02}+{6:02}:{7:02}", "{0:0>4}-{1:02}-{2:02}T{3:02}:{4:02}:{5:02}-{6:02}"),
    *("{0:0>4}-{1:02}-{2:02}T{3:02}:{4:02}:{5:02}-{6:02}:{7:02}", "{0:0>4}/..", "circa {0:0>4}-{1:02}", "{0:0>3}X"),
]
numbers = st.tuples(
    digits, st.integers(0, 25), st.integers(0, 32), *[st.integers(0, 61)] * 3, st.integers(0, 20), st.integers(0, 61)
)
dates = st.one_of(st.builds(lambda shape, parts: shape.format(*parts), st.sampled_from(shapes), numbers), st.text())


def alone(text: str) -> tuple[float, float]:
    """What one date spans, read by `edtf` itself."""
    text = text.strip()
    try:
        found = edtf.parse(text if edtf.is_valid(text) else edtf.suggest(text) or text)
    except BadValue:
        return math.nan, math.nan
    return (found.earliest or date.min).toordinal(), (found.latest or date.max).toordinal()


def grown(day: float, precision: str, *, last: bool) -> float:
    """The first or last day of the unit that a day is in, by the calendar of the standard library."""
    if math.isnan(day):
        return day
    year, month = date.fromordinal(int(day)).year, date.fromordinal(int(day)).month
    if precision == "day":
        return day
    if precision == "month":
        return date(year, month, monthrange(year, month)[1] if last else 1).toordinal()
    start = year // 10 * 10 if precision == "decade" else year
    end = start + 9 if precision == "decade" else year
    return (date(end, 12, 31) if last else date(max(1, start), 1, 1)).toordinal()


def test_the_examples_hold() -> None:
    assert doctest.testmod(date_spans).failed == 0


@settings(deadline=None, max_examples=300)
@given(st.lists(dates, max_size=20))
def test_together_is_as_alone(texts: list[str]) -> None:
    expected = np.array([alone(text) for text in texts]).reshape(-1, 2)
    np.testing.assert_array_equal(spans(texts), expected)


@settings(deadline=None)
@given(st.lists(dates, max_size=10), st.sampled_from(PRECISIONS))
def test_spans_grow_to_whole_units(texts: list[str], precision: str) -> None:
    plain = spans(texts)
    expected = [[grown(low, precision, last=False), grown(high, precision, last=True)] for low, high in plain.tolist()]
    np.testing.assert_array_equal(spans(texts, precision), np.array(expected).reshape(-1, 2))


def test_every_day_of_a_leap_century() -> None:
    days = [date.fromordinal(day) for day in range(date(1896, 1, 1).toordinal(), date(2001, 1, 1).toordinal())]
    expected = np.array([[day.toordinal()] * 2 for day in days], dtype=float)
    np.testing.assert_array_equal(spans([day.isoformat() for day in days]), expected)


@pytest.mark.parametrize(
    "text", ["2019-02-29", "0000-01-01", "2019-13", "2019-01-01T24:00:00Z", "２０１９", "2019-1\u0660"]
)
def test_what_looks_like_a_date_and_is_none(text: str) -> None:
    assert np.isnan(spans([text])).all()
    assert spans([text, "9999"])[1].tolist() == [date(9999, 1, 1).toordinal(), date.max.toordinal()]
