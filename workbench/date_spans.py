"""First and last days of many dates at once. Pure.

Plain dates and times are read all together; whatever else `workbench.edtf` understands or makes sense of (``circa
1920``, ``1914/1918``), each different one once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import edtf
from workbench.errors import BadValue

PRECISIONS = ("day", "month", "year", "decade")
_UNIX_EPOCH = date(1970, 1, 1).toordinal()

Spans = npt.NDArray[np.float64]


class _Shape(NamedTuple):
    """How plain dates are written: 0 stands for a digit, anything else for itself."""

    form: str
    zoned: bool = False


_SHAPES = [
    _Shape("0000"),
    _Shape("0000-00"),
    _Shape("0000-00-00"),
    _Shape("0000:00:00"),
    _Shape("0000-00-00T00:00:00"),
    _Shape("0000-00-00 00:00:00"),
    _Shape("0000:00:00 00:00:00"),
    _Shape("0000-00-00T00:00:00Z"),
    _Shape("0000-00-00T00:00:00+00:00", zoned=True),
    _Shape("0000-00-00T00:00:00-00:00", zoned=True),
]


def spans(values: Sequence[Any], precision: str | None = None) -> Spans:
    """Return the first and the last day that dates can be.

    Parameters
    ----------
    values : sequence of shape (n,)
        Anything, as text.
    precision : str, optional
        One of `PRECISIONS`: spans grow to whole months, years or decades.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Days, 1 for 0001-01-01; NaN where something is no date. An open end is the first or last day there is.

    Examples
    --------
    >>> (spans(["2020-02", "2020-02-03", "soon"]) - spans(["2020-02-01"])).tolist()
    [[0.0, 28.0], [2.0, 2.0], [nan, nan]]
    """
    texts = [text.strip() for text in map(str, values)]
    found = np.full((len(texts), 2), math.nan)
    read = np.zeros(len(texts), np.bool_)
    for at, days in _plain(texts):
        found[at], read[at] = days, True
    rest = np.flatnonzero(~read).tolist()
    if rest:
        once = {text: _span(text) for text in {texts[at] for at in rest}}
        found[rest] = [once[texts[at]] for at in rest]
    return _cut(found, precision) if precision else found


def _plain(texts: list[str]) -> Iterator[tuple[npt.NDArray[np.int64], Spans]]:
    """Yield which texts are written in one of the shapes and are dates, with their days."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for length in {len(shape.form) for shape in _SHAPES}:
        at = np.flatnonzero(lengths == length)
        if not len(at):
            continue
        # whatever isn't Latin becomes a question mark, which is in no shape
        letters = np.frombuffer("".join([texts[i] for i in at.tolist()]).encode("latin-1", "replace"), np.uint8)
        table = letters.reshape(-1, length)
        for shape in _SHAPES:
            if len(shape.form) == length:
                fits = _fits(table, shape.form)
                days, right = _days(table[fits], shape)
                yield at[fits][right], days[right]


def _fits(table: npt.NDArray[np.uint8], form: str) -> npt.NDArray[np.bool_]:
    fits = np.ones(len(table), np.bool_)
    for place, letter in enumerate(form):
        column = table[:, place]
        fits &= (column >= ord("0")) & (column <= ord("9")) if letter == "0" else column == ord(letter)
    return fits


def _days(table: npt.NDArray[np.uint8], shape: _Shape) -> tuple[Spans, npt.NDArray[np.bool_]]:
    """Return first and last days, and which rows are dates at all."""
    year = _digits(table, 0, 2) * 100 + _digits(table, 2, 2)
    right = year > 0
    if len(shape.form) == 4:
        return _ordinals(year, 1, 1, year + 1, 1), right
    month = _digits(table, 5, 2)
    right &= (month >= 1) & (month <= 12)
    month = np.where(right, month, 1)
    whole = _ordinals(year, month, 1, year + month // 12, month % 12 + 1)
    if len(shape.form) == 7:
        return whole, right
    day = _digits(table, 8, 2)
    exact = whole[:, :1] + day[:, None] - 1
    right &= (day >= 1) & (exact[:, 0] <= whole[:, 1])
    if len(shape.form) > 10:
        right &= (_digits(table, 11, 2) <= 23) & (_digits(table, 14, 2) <= 59) & (_digits(table, 17, 2) <= 59)
    if shape.zoned:
        right &= (_digits(table, 20, 2) <= 15) & (_digits(table, 23, 2) <= 59)
    return np.repeat(exact, 2, axis=1), right


def _digits(table: npt.NDArray[np.uint8], start: int, count: int) -> npt.NDArray[np.int64]:
    number = np.zeros(len(table), np.int64)
    for place in range(start, start + count):
        number = number * 10 + table[:, place] - ord("0")
    return number


def _ordinals(year: Any, month: Any, day: int, next_year: Any, next_month: Any) -> Spans:
    """Return a first day, and the last one before the next month or year begins."""
    first, after = (_months(*start).astype("datetime64[D]") for start in ((year, month), (next_year, next_month)))
    ends = [first.astype(np.int64) + day - 1, after.astype(np.int64) - 1]
    return (np.stack(ends, axis=1) + _UNIX_EPOCH).astype(np.float64)


def _months(year: Any, month: Any) -> npt.NDArray[np.datetime64]:
    return np.asarray((year - 1970) * 12 + month - 1).astype("datetime64[M]")


def _span(text: str) -> tuple[float, float]:
    try:
        found = edtf.parse(text if edtf.is_valid(text) else edtf.suggest(text) or text)
    except BadValue:
        return math.nan, math.nan
    return (found.earliest or date.min).toordinal(), (found.latest or date.max).toordinal()


def _cut(found: Spans, precision: str) -> Spans:
    """Let spans grow to whole units."""
    if precision == "day":
        return found
    there = ~np.isnan(found[:, 0])
    days = (found[there].astype(np.int64) - _UNIX_EPOCH).astype("datetime64[D]")
    step = {"month": 1, "year": 12, "decade": 120}[precision]
    month = (days.astype("datetime64[M]").astype(np.int64) + 1970 * 12) // step * step
    first, after = ((start - 1970 * 12).astype("datetime64[M]") for start in (month[:, 0], month[:, 1] + step))
    whole = np.stack([first.astype("datetime64[D]"), after.astype("datetime64[D]") - np.timedelta64(1, "D")], axis=1)
    grown = found.copy()
    grown[there] = np.maximum(whole.astype(np.int64) + _UNIX_EPOCH, 1)  # the first decade has no year 0
    return grown
