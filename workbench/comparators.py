"""Comparators: whether two people entered the same, and how far apart they are. Pure.

Whatever is equal letter for letter agrees, and only the rest is looked at, all of it together: a million pairs take a
second or two, also when no two are equal. Edit distance is V. I. Levenshtein's (1966): insertions, deletions and
replacements.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from inspect import signature
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from workbench import date_spans
from workbench.errors import BadValue
from workbench.folding import folded_all
from workbench.vocabularies import Vocabulary

Values = Sequence[Any] | npt.NDArray[Any]
_LISTS = (list, tuple, set)


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
_Codes = npt.NDArray[np.int64]


def _by_pair(judge: _Judge, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> _Judged:
    """Judge what both have; missing ones need no judge."""
    blank_a, blank_b = _blanks(a), _blanks(b)
    agree, distance = blank_a & blank_b, np.where(blank_a & blank_b, 0.0, np.nan)
    both = np.flatnonzero(~(blank_a | blank_b))
    if len(both):
        agree[both], distance[both] = judge(a[both].tolist(), b[both].tolist())
    return agree, distance


def _column(values: Values) -> npt.NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype == object:
        return values
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def _only_texts(values: Iterable[Any]) -> bool:
    return set(map(type, values)) <= {str}


def _blanks(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if _only_texts(values):
        return np.array([not text or text.isspace() for text in values.tolist()], dtype=np.bool_)
    if set(map(type, values)) <= set(_LISTS):
        return ~values.astype(np.bool_)
    return np.array([_is_blank(value) for value in values.tolist()], dtype=np.bool_)


def _is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or value != value or (isinstance(value, _LISTS) and not value)


def _coded(texts: list[str] | pa.LargeStringArray) -> tuple[_Codes, list[str]]:
    """Return texts as numbers, and the different ones that these stand for."""
    if isinstance(texts, pa.LargeStringArray):
        coded = texts.dictionary_encode()
        return coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.fromiter(map(places.__getitem__, texts), np.int64, len(texts)), list(places)


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
    x, y = _as_numbers(a), _as_numbers(b)
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.where(x == y, 0.0, np.abs(x - y))  # infinite less infinite is nothing
        larger = np.maximum(np.abs(x), np.abs(y))
        fuzz = 8 * np.finfo(np.float64).eps * larger  # 0.3 − 0.2 is within 0.1, whatever binary makes of it
        same = (far == 0) | (far <= np.maximum(absolute, relative * larger) + fuzz)
    return _or_equal(same, far, a, b)


def _date(a: list[Any], b: list[Any], *, precision: str | None = None, days: int = 0, within: bool = False) -> _Judged:
    if precision not in (None, *date_spans.PRECISIONS):
        hint = f"Say one of {', '.join(date_spans.PRECISIONS)}."
        raise BadValue(f"Dates aren't cut to {precision!r}.", hint=hint)
    ones, others = (date_spans.spans(side, precision) for side in (a, b))
    starts, ends = ((ones[:, end], others[:, end]) for end in (0, 1))
    far = np.maximum(np.abs(starts[0] - starts[1]), np.abs(ends[0] - ends[1]))
    same = far <= days
    if within:
        same |= ((starts[0] <= starts[1]) & (ends[1] <= ends[0])) | ((starts[1] <= starts[0]) & (ends[0] <= ends[1]))
    return _or_equal(same, far, a, b)


def _set(a: list[Any], b: list[Any], *, least: float = 1.0, folded: bool = False, separator: str = ";") -> _Judged:
    rows, entries = _entries([*a, *b], separator)
    codes, found = _coded(entries)
    alike, kinds = _coded([entry.strip() for entry in (_folded_all if folded else _composed)(found)])
    # one number for each entry of a pair, its last bit for who has it: sorted, those that both have stand in a row
    bits, second = len(kinds).bit_length() + 1, rows >= len(a)
    has = np.sort((rows - len(a) * second) << bits | alike[codes] << 1 | second)
    has = has[np.diff(has, prepend=-1) != 0]
    if "" in kinds:
        has = has[(has & ((1 << bits) - 2)) >> 1 != kinds.index("")]
    shared = has[:-1][(has[:-1] ^ 1) == has[1:]]
    both, every = (np.bincount(those >> bits, minlength=len(a)) for those in (shared, has))
    far = np.where(every > 0, 1.0 - both / np.maximum(every - both, 1), 0.0)
    return 1.0 - far >= least - 1e-12, far


def _vocabulary(a: list[Any], b: list[Any], *, vocabulary: Vocabulary, most: int = 0) -> _Judged:
    codes, found = _coded(_texts([*a, *b]))
    one, other = codes[: len(a)], codes[len(a) :]
    plain = folded_all(found)
    terms = vocabulary.find_all(found, plain)
    far = _steps([vocabulary.path(term.term) if term else [] for term in terms], one, other)
    spelt, _ = _coded(plain)
    same = spelt[one] == spelt[other]
    return (far <= most) | same, np.where(same & np.isnan(far), 0.0, far)


_COMPARATORS: dict[str, Callable[..., _Judged]] = {
    "exact": _exact,
    "folded": _folded,
    "edit_distance": _edit_distance,
    "number": _number,
    "date": _date,
    "set": _set,
    "vocabulary": _vocabulary,
}


def _chosen(kind: str, options: dict[str, Any]) -> _Judge:
    if kind not in _COMPARATORS:
        raise BadValue(f"There is no comparator {kind!r}.", hint=f"There are {', '.join(_COMPARATORS)}.")
    known = [name for name in signature(_COMPARATORS[kind]).parameters if name not in ("a", "b")]
    if unknown := [name for name in options if name not in known]:
        hint = f"It takes {', '.join(known)}." if known else "It takes no options."
        raise BadValue(f"The comparator {kind!r} has no option {unknown[0]!r}.", hint=hint)
    if kind == "vocabulary" and not isinstance(options.get("vocabulary"), Vocabulary):
        raise BadValue("There is no vocabulary to compare in.", hint="Give the one of the field: vocabulary=….")
    return partial(_COMPARATORS[kind], **options)


def _texts(values: list[Any]) -> list[str]:
    if _only_texts(values):
        return values
    return ["\n".join(map(str, one)) if isinstance(one, _LISTS) else str(one) for one in values]


def _composed(values: list[Any]) -> list[str]:
    """Return texts with accents encoded one way."""
    return [text if text.isascii() else unicodedata.normalize("NFC", text) for text in _texts(values)]


def _folded_all(values: list[Any]) -> list[str]:
    return folded_all(_texts(values))


def _or_equal(same: npt.NDArray[np.bool_], far: npt.NDArray[np.float64], a: list[Any], b: list[Any]) -> _Judged:
    """Let what the comparator can't read agree where it is the same text."""
    unread = np.flatnonzero(np.isnan(far))
    if len(unread):
        same[unread], equal_far = _exact([a[at] for at in unread], [b[at] for at in unread])
        far[unread] = np.where(equal_far == 0.0, 0.0, np.nan)
    return same, far


def _as_numbers(values: list[Any]) -> npt.NDArray[np.float64]:
    try:
        return np.array(list(map(float, values)))
    except (TypeError, ValueError, OverflowError):
        return np.array([_as_number(value) for value in values], dtype=np.float64)


def _as_number(value: Any) -> float:
    try:
        if isinstance(value, str) and "/" in value:
            over, _, under = value.partition("/")
            if over.isdecimal() and under.isdecimal() and len(value) < 100:
                return int(over) / int(under)
            return float(Fraction(value.replace(" ", "")))
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return math.nan


def _entries(values: list[Any], separator: str) -> tuple[_Codes, list[str] | pa.LargeStringArray]:
    """Return the row that each entry of each set stands in, and all entries, one after another."""
    if separator and _only_texts(values):
        try:
            split = pc.split_pattern(pa.array(values, pa.large_string()), separator)
            return np.repeat(np.arange(len(split)), np.diff(split.offsets.to_numpy())), split.flatten()
        except UnicodeEncodeError:  # half characters, which Arrow doesn't take
            pass
    sets = [value if isinstance(value, _LISTS) else str(value).split(separator) for value in values]
    lengths = np.fromiter(map(len, sets), np.int64, len(sets))
    entries = list(chain.from_iterable(sets))
    return np.repeat(np.arange(len(sets)), lengths), entries if _only_texts(entries) else list(map(str, entries))


def _steps(paths: list[list[str]], one: _Codes, other: _Codes) -> npt.NDArray[np.float64]:
    """Return how many steps lead up from one term and down to the other; NaN where there is no way."""
    lengths = np.fromiter(map(len, paths), np.int64, len(paths))
    terms, _ = _coded(list(chain.from_iterable(paths)))
    starts = np.cumsum(lengths) - lengths
    shared = np.zeros(len(one), np.int64)
    level, together = 0, np.arange(len(one))
    while len(together):
        together = together[np.minimum(lengths[one[together]], lengths[other[together]]) > level]
        together = together[terms[starts[one[together]] + level] == terms[starts[other[together]] + level]]
        shared[together] += 1
        level += 1
    return np.where(shared > 0, lengths[one] + lengths[other] - 2.0 * shared, np.nan)
