"""Compare what two people entered for a field: contents as they are kept, by the comparator the field was given."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from workbench import comparators
from workbench.errors import BadValue
from workbench.image_values import Content
from workbench.profile_rules import ProfileField
from workbench.profiles import Profile

LISTS = ("bag", "seq")

_BY_TYPE = {"date": "date", "number": "number", "rating": "number"}


def comparators_for(
    profile: Profile, fields: Sequence[str], how: Mapping[str, str | Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return field → comparator with its settings, by the fields' types where ``how`` says nothing.

    Parameters
    ----------
    profile : Profile
    fields : sequence of str
        Keys of fields of the profile.
    how : mapping
        Field → name of a comparator, or a mapping with ``kind`` and its settings.

    Raises
    ------
    BadValue
        No field, one that can't be entered in a form, or a comparator that there isn't.
    """
    wanted = list(dict.fromkeys(fields))
    if not wanted:
        raise BadValue("No field was named.", hint="Name at least one field of the profile.")
    if unknown := [name for name in [*wanted, *how] if name not in profile.fields]:
        raise BadValue(f"{profile.name} has no field {unknown[0]!r}.", hint=f"It has {', '.join(profile.fields)}.")
    if hard := [name for name in wanted if profile.fields[name].spec.structure]:
        raise BadValue(f"{hard[0]} is a structure, which can't be entered in a form.", hint="Leave it out.")
    return {name: _chosen(profile.fields[name], how.get(name)) for name in wanted}


def _chosen(wanted: ProfileField, how: str | Mapping[str, Any] | None) -> dict[str, Any]:
    if how is None:
        return {"kind": "set" if wanted.spec.kind in LISTS else _BY_TYPE.get(wanted.type, "exact")}
    told = {"kind": how} if isinstance(how, str) else dict(how)
    if not isinstance(told.get("kind"), str):
        raise BadValue(f"The comparator of {wanted.key} has no name.", hint="Say {'kind': 'exact'} or the like.")
    _asked(told, wanted, ["a"], ["b"])  # refuses what there isn't
    return told


def decoded(text: str | None, kind: str) -> Content | None:
    """Return a content of a field of this kind from the text it is kept as: see `workbench.events.whole`."""
    if text is None:
        return None
    if kind == "langalt" or kind in LISTS:
        found: Content = json.loads(text)
        return found
    return text


def compared(
    how: Mapping[str, Any], wanted: ProfileField, a: Sequence[str | None], b: Sequence[str | None]
) -> tuple[list[bool], list[float | None]]:
    """Compare kept contents of one field, two by two.

    Left empty by one of two is a difference; by both, agreement. Of a field with languages every language must agree,
    and the largest distance counts.

    Returns
    -------
    agree : list of bool
    distance : list of float or None
        None where the comparator can't say.
    """
    kind = wanted.spec.kind
    agree = [one is None and other is None for one, other in zip(a, b, strict=True)]
    distance: list[float | None] = [0.0 if same else None for same in agree]
    both = [at for at, (one, other) in enumerate(zip(a, b, strict=True)) if one is not None and other is not None]
    left, right = ([decoded(side[at], kind) for at in both] for side in (a, b))
    for at, same, far in zip(both, *_judged(how, wanted, left, right), strict=True):
        agree[at], distance[at] = same, far
    return agree, distance


def _judged(
    how: Mapping[str, Any], wanted: ProfileField, a: list[Any], b: list[Any]
) -> tuple[list[bool], list[float | None]]:
    if wanted.spec.kind == "langalt":
        return _by_language(how, wanted, a, b)
    if wanted.spec.kind in LISTS and how["kind"] != "set":  # entry by entry would need an order: as lines of one text
        a, b = (["\n".join(part) for part in side] for side in (a, b))
    return _asked(how, wanted, a, b)


def _by_language(
    how: Mapping[str, Any], wanted: ProfileField, a: list[Any], b: list[Any]
) -> tuple[list[bool], list[float | None]]:
    owner: list[int] = []
    parts: tuple[list[Any], list[Any]] = ([], [])
    agree, distance = [True] * len(a), [0.0 if a else None] * len(a)
    for at, (one, other) in enumerate(zip(a, b, strict=True)):
        if one.keys() != other.keys():
            agree[at], distance[at] = False, None
        for lang in one.keys() & other.keys():
            owner.append(at)
            parts[0].append(one[lang])
            parts[1].append(other[lang])
    for at, same, far in zip(owner, *_asked(how, wanted, *parts), strict=True):
        agree[at] = agree[at] and same
        known = distance[at]
        distance[at] = None if known is None or far is None else max(known, far)
    return agree, distance


def _asked(
    how: Mapping[str, Any], wanted: ProfileField, a: list[Any], b: list[Any]
) -> tuple[list[bool], list[float | None]]:
    options = {name: value for name, value in how.items() if name != "kind"}
    if how["kind"] == "vocabulary" and "vocabulary" not in options:
        options["vocabulary"] = wanted.vocabulary
    agree, distance = comparators.compare(how["kind"], a, b, **options)
    return [bool(same) for same in agree], [None if math.isnan(far) else float(far) for far in distance]
