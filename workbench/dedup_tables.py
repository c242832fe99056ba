"""What the tables of ``dedup.toml`` may say: a mistyped name would otherwise change nothing, and nobody knew."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from workbench.errors import BadValue


class _Kind(NamedTuple):
    """What a value may be, and that in words."""

    fits: Callable[[Any], bool]
    says: str


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_whole(value: object) -> bool:
    return _is_number(value) and isinstance(value, int)


def are_texts(value: object) -> bool:
    """Whether a value is a list of texts."""
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _one_of(*names: str) -> _Kind:
    return _Kind(lambda value: value in names, f"one of {', '.join(names)}")


_NUMBER = _Kind(_is_number, "a number from 0 on")
_WHOLE = _Kind(_is_whole, "a whole number from 0 on")
_SOME = _Kind(lambda value: _is_whole(value) and value > 0, "a whole number from 1 on")
_BITS = _Kind(lambda value: _is_whole(value) and value <= 32, "a whole number from 0 to 32")
_YES = _Kind(lambda value: isinstance(value, bool), "true or false")
_TEXTS = _Kind(are_texts, "a list of texts")

TABLES: dict[str, dict[str, _Kind] | None] = {
    "arrivals": {
        "policy": _one_of("report", "refuse", "quarantine"), "settle": _NUMBER, "parts": _YES, "parts_up_to": _WHOLE,
    },
    "burst": {"seconds": _NUMBER},
    "calibration": {"automatic": _YES},
    "companions": {"extensions": _TEXTS},
    "content": {"candidates": _SOME, "votes": _NUMBER, "agreeing": _WHOLE, "workers": _SOME},
    "descriptor": None,
    "fuzzy": {"radius": _BITS, "candidates": _SOME, "engine": _one_of("auto", "numba", "numpy"), "workers": _SOME},
    "merge": None,
    "optimise": None,
    "quarantine": None,
    "thresholds": None,
}  # fmt: skip
"""Each table → what it may say; None where whoever uses it looks at that."""


def check(said: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse tables that aren't known, and what those that are can't say.

    Raises
    ------
    BadValue
    """
    for table, values in said.items():
        if table not in TABLES:
            raise BadValue(f"There is no table [{table}].", hint=_meant(table, TABLES))
        kinds = TABLES[table]
        if kinds is not None:
            _check_values(table, values, kinds)


def _check_values(table: str, values: Mapping[str, Any], kinds: Mapping[str, _Kind]) -> None:
    for name, value in values.items():
        if name not in kinds:
            raise BadValue(f"[{table}] doesn't know {name!r}.", hint=_meant(name, kinds))
        if not kinds[name].fits(value):
            raise BadValue(f"[{table}] can't have {name} = {value!r}.", hint=f"It is {kinds[name].says}.")


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
