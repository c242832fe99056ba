"""Dates and places: what is there is read, what isn't is never invented."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import moments


@pytest.mark.parametrize(
    ("text", "when", "offset"),
    [
        ("2024:05:01 12:30:15", datetime(2024, 5, 1, 12, 30, 15), None),
        ("2024-05-01T12:30:15+02:00", datetime(2024, 5, 1, 12, 30, 15), 120),
        ("2024-05-01T12:30:15.25Z", datetime(2024, 5, 1, 12, 30, 15, 250_000), 0),
        ("2024-05-01T12:30", datetime(2024, 5, 1, 12, 30), None),
        ("2024-05-01 12:30:15-0330", datetime(2024, 5, 1, 12, 30, 15), -210),
        ("20240501", datetime(2024, 5, 1), None),
        ("1920", datetime(1920, 1, 1), None),
        ("1920-07", datetime(1920, 7, 1), None),
        ("1920-00-00 ", datetime(1920, 1, 1), None),
        ("2016:12:31 23:59:60", datetime(2017, 1, 1), None),
        ("2024:05:01 12:30:15\0", datetime(2024, 5, 1, 12, 30, 15), None),
    ],
)
def test_dates_as_files_write_them(text, when, offset):
    assert moments.moment(text) == (when, offset)


@pytest.mark.parametrize("text", ["", "  ", "0000:00:00 00:00:00", "    :  :     :  :  ", "0000-00-00"])
def test_a_clock_that_was_never_set_is_no_date(text):
    assert moments.moment(text) is None


@pytest.mark.parametrize(
    "text", ["next tuesday", "circa 1920", "2024:13:01 00:00:00", "2023:02:29", "2024:01:01 25:00:00", "99", "١٩٢٠"]
)
def test_nonsense_raises(text):
    with pytest.raises(ValueError):
        moments.moment(text)


@given(st.datetimes(min_value=datetime(1, 1, 1)), st.none() | st.integers(-840, 840))
def test_iso_dates_come_back(when, minutes):
    sign, size = ("-" if (minutes or 0) < 0 else "+"), abs(minutes or 0)
    zone = "" if minutes is None else f"{sign}{size // 60:02}:{size % 60:02}"
    assert moments.moment(when.isoformat() + zone) == (when, minutes)


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_nothing_or_a_value_error(text):
    try:
        found = moments.moment(text)
    except ValueError:
        return
    assert found is None or isinstance(found[0], datetime)


@pytest.mark.parametrize(
    ("text", "minutes"), [("+05:45", 345), ("Z", 0), ("-00:00", 0), ("   :  ", None), ("+99:00", None)]
)
def test_offsets(text, minutes):
    assert moments.offset(text) == minutes


def test_degrees_minutes_seconds():
    assert moments.degrees("48/1 51/1 3000/100", "N", 90) == pytest.approx(48.858333, abs=1e-6)
    assert moments.degrees("70/1 3990/100", "W", 180) == pytest.approx(-70.665)
    assert moments.xmp_degrees("48,51.5N", 90) == pytest.approx(48.858333, abs=1e-6)
    assert moments.xmp_degrees("2,17,40S", 90) == pytest.approx(-2.294444, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "reference", "limit"),
    [
        ("0/0 0/0 0/0", "N", 90),
        ("91/1 0/1 0/1", "N", 90),
        ("48/1 51/1 30/1", "", 90),
        ("48/1 51/1 30/1", "E", 90),
        ("181/1", "E", 180),
        ("", "N", 90),
        ("nan", "N", 90),
        ("a/b", "N", 90),
    ],
)
def test_no_place_on_earth(value, reference, limit):
    with pytest.raises(ValueError):
        moments.degrees(value, reference, limit)


@given(st.integers(0, 89), st.integers(0, 59), st.integers(0, 5999), st.sampled_from("NS"))
def test_latitudes_are_within_range_and_on_the_right_side(whole, minutes, hundredths, side):
    found = moments.degrees(f"{whole}/1 {minutes}/1 {hundredths}/100", side, 90)
    assert abs(found) == pytest.approx(whole + minutes / 60 + hundredths / 360_000)
    assert (found >= 0) == (side == "N") or found == 0
