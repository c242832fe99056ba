"""Comparators: whether two people entered the same, and how far apart they are. Pure.

Whatever is equal letter for letter agrees, and only the rest is looked at, each different pair once: a million pairs
take a second or two. Edit distance is V. I. Levenshtein's (1966): insertions, deletions and replacements.
"""

from __future__ import annotations

import math
import sys
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from functools import cache, partial
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from workbench import edtf
from workbench.errors import BadValue
from workbench.vocabularies import Vocabulary

Values = Sequence[Any] | npt.NDArray[Any]
Pairs = tuple[list[Any], list[Any]]


class Compared(NamedTuple):
    """What a comparator says, pair by pair.

    Attributes
    ----------
    agree : ndarray of bool, shape (n,)
    distance : ndarray of float64, shape (n,)
        0 where there is no difference, else how far, in the unit of `UNITS`; NaN where the comparator can't say: one
        of the two is missing, or isn't what the comparator compares.
    """

    agree: npt.NDArray[np.bool_]
    distance: npt.NDArray[np.float64]


UNITS = {
    "exact": "",
    "folded": "",
    "edit_distance": "letters to change",
    "number": "difference",
    "date": "days",
    "set": "share of entries that only one has",
    "vocabulary": "steps in the vocabulary",
}
"""Name of a comparator → what its distances count; the first two only know 0 and 1."""


def compare(kind: str, a: Values, b: Values, **options: Any) -> Compared:
    """Compare two columns of values, pair by pair.

    Parameters
    ----------
    kind : str
        ``exact`` (letter for letter; how accents are encoded doesn't matter), ``folded`` (case, accents and spacing
        don't matter), ``edit_distance``, ``number``, ``date``, ``set`` or ``vocabulary``.
    a, b : sequence of shape (n,)
        Texts; for ``set`` lists of texts or one text with separators. None, NaN and a blank text are missing: two of
        them agree, one alone doesn't.
    **options
        ``edit_distance``: ``most`` letters may differ (1), of ``folded`` texts (False).
        ``number``: the difference may be ``absolute`` (0), or ``relative`` to the larger one (0); the larger counts.
        ``date``: ``precision`` (``day``, ``month``, ``year`` or ``decade``) to which both are cut before; ``days`` that
        they may be apart (0); whether it is enough that one lies ``within`` the other, as a day in a year (False).
        ``set``: ``least`` share of all entries that both must have (1), entries ``folded`` (False), and the
        ``separator`` within one text (``;``).
        ``vocabulary``: the ``vocabulary``, and ``most`` steps up and down it that terms may be apart (0).

    Returns
    -------
    Compared

    Raises
    ------
    BadValue
        There is no such comparator or option, or the columns aren't equally long.

    Examples
    --------
    >>> compare("folded", ["Café", "Paris", None], ["CAFE", "Berlin", " "]).agree.tolist()
    [True, False, True]
    >>> compare("date", ["1920", "1920-05-01"], ["1921", "1920-05"], within=True).distance.tolist()
    [366.0, 30.0]
    """
    judge = _chosen(kind, options)
    left, right = _column(a), _column(b)
    if len(left) != len(right):
        raise BadValue(f"{len(left)} values don't pair with {len(right)}.", hint="Give both columns one length.")
    agree = np.asarray(left == right, dtype=np.bool_) if len(left) else np.zeros(0, dtype=np.bool_)
    distance = np.where(agree, 0.0, np.nan)
    rest = np.flatnonzero(~agree)
    if len(rest):
        agree[rest], distance[rest] = _by_pair(judge, left[rest], right[rest])
    return Compared(agree, distance)


_Judged = tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]
_Judge = Callable[[list[Any], list[Any]], _Judged]


def _by_pair(judge: _Judge, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> _Judged:
    """Judge what both have; missing ones need no judge."""
    blank_a, blank_b = (np.array([_is_blank(value) for value in side], dtype=np.bool_) for side in (a, b))
    agree, distance = blank_a & blank_b, np.where(blank_a & blank_b, 0.0, np.nan)
    both = np.flatnonzero(~(blank_a | blank_b))
    if len(both):
        agree[both], distance[both] = judge(a[both].tolist(), b[both].tolist())
    return agree, distance


def _once(judge: _Judge, a: list[Any], b: list[Any]) -> _Judged:
    """Judge each different pair once."""
    (codes_a, found_a), (codes_b, found_b) = (pd.factorize(_column(_hashable(side))) for side in (a, b))
    pairs, place = np.unique(codes_a * len(found_b) + codes_b, return_inverse=True)
    same, far = judge(found_a[pairs // len(found_b)].tolist(), found_b[pairs % len(found_b)].tolist())
    return same[place], far[place]


def _by_value(how: Callable[[Any], Any], a: list[Any], b: list[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return both sides as what each different value is read as."""
    codes, found = pd.factorize(_column(_hashable([*a, *b])))
    read = np.array([how(value) for value in found.tolist()], dtype=np.float64)
    return read[codes[: len(a)]], read[codes[len(a) :]]


def _column(values: Values) -> npt.NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype == object:
        return values
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def _hashable(values: list[Any]) -> list[Any]:
    """Return lists as tuples."""
    return [tuple(value) if isinstance(value, (list, set)) else value for value in values]


def _is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or value != value or (isinstance(value, (list, tuple, set)) and not value)


# ── the comparators ───────────────────────────────────────────────────────────────────────────────────────────


def _exact(a: list[Any], b: list[Any]) -> _Judged:
    return _equal(_composed(a), _composed(b))


def _folded(a: list[Any], b: list[Any]) -> _Judged:
    return _equal(_folded_all(a), _folded_all(b))


def _equal(a: list[str], b: list[str]) -> _Judged:
    same = np.array([one == other for one, other in zip(a, b, strict=True)], dtype=np.bool_)
    return same, np.where(same, 0.0, 1.0)


def _edit_distance(a: list[Any], b: list[Any], *, most: int = 1, folded: bool = False) -> _Judged:
    prepared = _folded_all if folded else _composed
    far = process.cpdist(prepared(a), prepared(b), scorer=Levenshtein.distance, dtype=np.int32).astype(np.float64)
    return far <= most, far


def _number(a: list[Any], b: list[Any], *, absolute: float = 0.0, relative: float = 0.0) -> _Judged:
    x, y = _by_value(_as_number, a, b)
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.where(x == y, 0.0, np.abs(x - y))  # infinite less infinite is nothing
        larger = np.maximum(np.abs(x), np.abs(y))
        fuzz = 8 * np.finfo(np.float64).eps * larger  # 0.3 − 0.2 is within 0.1, whatever binary makes of it
        same = (far == 0) | (far <= np.maximum(absolute, relative * larger) + fuzz)
    return _or_equal(same, far, a, b)


def _date(a: list[Any], b: list[Any], *, precision: str | None = None, days: int = 0, within: bool = False) -> _Judged:
    if precision not in (None, *_PRECISIONS):
        raise BadValue(f"Dates aren't cut to {precision!r}.", hint=f"Say one of {', '.join(_PRECISIONS)}.")
    ones, others = _by_value(partial(_span, precision=precision), a, b)
    starts, ends = ((ones[:, end], others[:, end]) for end in (0, 1))
    far = np.maximum(np.abs(starts[0] - starts[1]), np.abs(ends[0] - ends[1]))
    same = far <= days
    if within:
        same |= ((starts[0] <= starts[1]) & (ends[1] <= ends[0])) | ((starts[1] <= starts[0]) & (ends[0] <= ends[1]))
    return _or_equal(same, far, a, b)


def _set(a: list[Any], b: list[Any], *, least: float = 1.0, folded: bool = False, separator: str = ";") -> _Judged:
    prepared = _folded_all if folded else _composed
    sets = {value: _entries(value, separator, prepared) for value in {*a, *b}}
    far = np.array([_unshared(sets[one], sets[other]) for one, other in zip(a, b, strict=True)])
    return 1.0 - far >= least - 1e-12, far


def _vocabulary(a: list[Any], b: list[Any], *, vocabulary: Vocabulary, most: int = 0) -> _Judged:
    paths = {value: _path(value, vocabulary) for value in {*a, *b}}
    far = np.array([_steps(paths[one], paths[other]) for one, other in zip(a, b, strict=True)])
    same, other_far = _folded(a, b)
    return (far <= most) | same, np.where(same & np.isnan(far), other_far, far)


_COMPARATORS: dict[str, Callable[..., _Judged]] = {
    "exact": _exact,
    "folded": _folded,
    "edit_distance": _edit_distance,
    "number": _number,
    "date": _date,
    "set": _set,
    "vocabulary": _vocabulary,
}
_QUICK = ("exact", "folded", "edit_distance", "number", "date")
_PRECISIONS = ("day", "month", "year", "decade")


def _chosen(kind: str, options: dict[str, Any]) -> _Judge:
    if kind not in _COMPARATORS:
        raise BadValue(f"There is no comparator {kind!r}.", hint=f"There are {', '.join(_COMPARATORS)}.")
    known = [name for name in signature(_COMPARATORS[kind]).parameters if name not in ("a", "b")]
    if unknown := [name for name in options if name not in known]:
        hint = f"It takes {', '.join(known)}." if known else "It takes no options."
        raise BadValue(f"The comparator {kind!r} has no option {unknown[0]!r}.", hint=hint)
    if kind == "vocabulary" and not isinstance(options.get("vocabulary"), Vocabulary):
        raise BadValue("There is no vocabulary to compare in.", hint="Give the one of the field: vocabulary=….")
    judge = partial(_COMPARATORS[kind], **options)
    return judge if kind in _QUICK else partial(_once, judge)


def _texts(values: list[Any]) -> list[str]:
    return ["\n".join(map(str, one)) if isinstance(one, (list, tuple, set)) else str(one) for one in values]


def _composed(values: list[Any]) -> list[str]:
    """Return texts with accents encoded one way."""
    return [text if text.isascii() else unicodedata.normalize("NFC", text) for text in _texts(values)]


def _folded_all(values: list[Any]) -> list[str]:
    """Return what `workbench.vocabularies.folded` makes of each: as one long text, which takes a tenth of the time."""
    texts = [text.replace("\0", "") for text in _texts(values)]
    plain = unicodedata.normalize("NFKD", "\0".join(texts).casefold())
    if not plain.isascii():
        letters = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        plain = letters[~_accents()[letters]].tobytes().decode("utf-32-le", "surrogatepass")
    return [" ".join(text.split()) for text in plain.split("\0")]


@cache
def _accents() -> npt.NDArray[np.bool_]:
    """Return for every code point whether it is an accent that stands for itself."""
    return np.array([unicodedata.combining(letter) != 0 for letter in map(chr, range(sys.maxunicode + 1))])


def _or_equal(same: npt.NDArray[np.bool_], far: npt.NDArray[np.float64], a: list[Any], b: list[Any]) -> _Judged:
    """Let what the comparator can't read agree where it is the same text."""
    unread = np.flatnonzero(np.isnan(far))
    if len(unread):
        same[unread], equal_far = _exact([a[at] for at in unread], [b[at] for at in unread])
        far[unread] = np.where(equal_far == 0.0, 0.0, np.nan)
    return same, far


def _as_number(value: Any) -> float:
    try:
        if isinstance(value, str) and "/" in value:
            return float(Fraction(value.replace(" ", "")))
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return math.nan


def _span(value: Any, precision: str | None) -> tuple[float, float]:
    """Return the first and the last day a date can be, as numbers; NaN where it isn't one."""
    try:
        text = str(value).strip()
        found = edtf.parse(text if edtf.is_valid(text) else edtf.suggest(text) or text)
    except BadValue:
        return math.nan, math.nan
    first, last = found.earliest or date.min, found.latest or date.max
    if precision is None:
        return first.toordinal(), last.toordinal()
    return _cut(first, precision, last=False), _cut(last, precision, last=True)


def _cut(day: date, precision: str, *, last: bool) -> float:
    """Return the first or last day of the month, year or decade that a day is in."""
    year, month = day.year, day.month
    if precision == "day":
        return day.toordinal()
    if precision == "month":
        return date(year, month, monthrange(year, month)[1] if last else 1).toordinal()
    start = year // 10 * 10 if precision == "decade" else year
    end = start + 9 if precision == "decade" else year
    return (date(end, 12, 31) if last else date(max(1, start), 1, 1)).toordinal()


def _entries(value: Any, separator: str, prepared: Callable[[list[Any]], list[str]]) -> frozenset[str]:
    parts = list(value) if isinstance(value, tuple) else str(value).split(separator)
    return frozenset(part.strip() for part in prepared(parts)) - {""}


def _unshared(one: frozenset[str], other: frozenset[str]) -> float:
    """Return Jaccard's distance: the share of all entries that only one of two has."""
    union = len(one | other)
    return 1.0 - len(one & other) / union if union else 0.0


def _path(value: Any, vocabulary: Vocabulary) -> list[str] | None:
    term = vocabulary.find(str(value))
    return vocabulary.path(term.term) if term else None


def _steps(one: list[str] | None, other: list[str] | None) -> float:
    """Return how many steps lead up from one term and down to the other; NaN where there is no way."""
    if one is None or other is None:
        return math.nan
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return float(len(one) + len(other) - 2 * shared) if shared else math.nan
