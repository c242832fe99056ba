"""Pairs by what the metadata say: rules as data, each compiled to one statement whose work grows with the images only.

A rule looks for images that agree in some columns. Where that is all, a group of k images gives k − 1 pairs, each with
the group's first. Where two sides are told apart (RAW and JPEG), each pairs with the other side. Where values have to
be near each other or to differ (the frames of a burst), each pairs with the next ones in its group.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from workbench.catalog import Query
from workbench.dedup_settings import Settings
from workbench.errors import BadValue

RELATIONS = ("metadata", "companion", "burst")
"""What a rule may call its pairs; metadata alone never make a duplicate."""

COLUMNS: dict[str, str] = {
    "source": "f.source", "folder": "f.folder", "batch": "f.batch", "size": "f.size", "format": "f.format",
    "stem": r"lower(regexp_replace(f.name, '\.[^.]*$', ''))",
    "width": "f.width", "height": "f.height", "mode": "f.mode",
    "captured_at": "f.captured_at", "captured_offset": "f.captured_offset",
    "captured_to_the_fraction": "case when epoch_us(f.captured_at) % 1000000 <> 0 then f.captured_at end",
    "camera_make": "f.camera_make", "camera_model": "f.camera_model", "lens": "f.lens",
    "latitude": "f.latitude", "longitude": "f.longitude", "altitude": "f.altitude",
    "title": "f.title", "description": "f.description", "creator": "f.creator",
    "picture_hash": "f.picture_hash", "phash": "f.phash", "dhash": "f.dhash",
}  # fmt: skip
"""What rules may look at, beside any embedded property (``Exif.Photo.BodySerialNumber``) → SQL."""

_DISTANCES = {
    "captured_at": "abs(epoch(b.{c}) - epoch(a.{c}))",
    "phash": "bit_count(xor(a.{c}, b.{c}))",
    "dhash": "bit_count(xor(a.{c}, b.{c}))",
}
_NUMBERS = {"size", "width", "height", "captured_at", "latitude", "longitude", "altitude", "phash", "dhash"}
_EMBEDDED = re.compile(r"(Exif|Iptc|Xmp)(\.[A-Za-z0-9_]+)+(/[\w:.\[\]]+)?", re.ASCII)
_KEYS = {"name", "relation", "same", "agree", "differ", "within", "one", "other", "next", "most"}
_NEXT = 8
_MOST = 1_000


def statements(settings: Settings) -> list[Query]:
    """Return the statement of each rule.

    A rule is a mapping with

    ``name``
        What it is called.
    ``relation``
        Of `RELATIONS`; ``metadata`` when not given.
    ``same``
        Columns (see `COLUMNS`) or embedded properties that both have, and alike.
    ``agree``
        Columns that are alike unless one of the two says nothing.
    ``differ``
        Columns that both have, and unlike.
    ``within``
        Columns → how far apart the two may be: seconds, bits, degrees, pixels.
    ``one``, ``other``
        Formats that the one image, and those that the other has.
    ``next``
        With how many of the following images each is compared, where values must differ or be near.
    ``most``
        Groups with more images say nothing: a date that a camera without a clock writes into everything.

    Raises
    ------
    BadValue
        A rule has mistakes.
    """
    return [Query(f"metadata:{rule.get('name')}", (), "A rule.", compiled(rule), "rules") for rule in settings.metadata]


def compiled(rule: Mapping[str, Any]) -> str:
    """Return a rule as a SELECT of image_a, image_b, relation, method, score and evidence."""
    _check(rule)
    if "one" in rule:
        body = _two_sides(rule)
    elif rule.get("within") or rule.get("differ"):
        body = _neighbours(rule)
    else:
        body = _to_the_first(rule)
    evidence = json.dumps({"rule": rule["name"], "same": list(rule["same"])}, ensure_ascii=False)
    return (
        f"with looked_over as ({_looked_over(rule)}), paired as ({body}) "
        f"select distinct least(one, two) as image_a, greatest(one, two) as image_b, "
        f"{_text(rule.get('relation', RELATIONS[0]))} as relation, {_text('metadata:' + rule['name'])} as method, "
        f"1.0::double as score, {_text(evidence)} as evidence from paired where one <> two"
    )


def _check(rule: Mapping[str, Any]) -> None:
    lists = {k: rule.get(k, []) for k in ("same", "agree", "differ", "one", "other")}
    within = rule.get("within", {})
    for ok, what in (
        (isinstance(rule.get("name"), str) and rule["name"].strip(), "it needs a name"),
        (not rule.keys() - _KEYS, f"it can't have {', '.join(sorted(rule.keys() - _KEYS))}"),
        (rule.get("relation", RELATIONS[0]) in RELATIONS, f"its relation is one of {', '.join(RELATIONS)}"),
        (all(isinstance(v, list) and all(isinstance(t, str) for t in v) for v in lists.values()), "names go in lists"),
        (bool(lists["same"]), "it needs columns in which images are the same"),
        (("one" in rule) == ("other" in rule), "'one' and 'other' go together"),
        (isinstance(within, dict) and all(_is_number(v) for v in within.values()), "'within' maps columns to numbers"),
        (all(isinstance(rule.get(k, 1), int) and 0 < rule.get(k, 1) <= 10_000 for k in ("next", "most")), "too many"),
    ):
        if not ok:
            raise BadValue(f"The metadata rule {rule.get('name')!r} can't be: {what}.", hint="Mend dedup.toml.")
    for name in _columns(rule):
        if name not in COLUMNS and not _EMBEDDED.fullmatch(name):
            raise BadValue(
                f"The metadata rule {rule['name']!r} asks for {name!r}, which isn't known.",
                hint=f"Known: {', '.join(COLUMNS)}, and embedded properties such as Exif.Photo.BodySerialNumber.",
            )
    if strange := within.keys() - _NUMBERS:
        raise BadValue(
            f"{', '.join(sorted(strange))} can't be near.", hint=f"These can: {', '.join(sorted(_NUMBERS))}."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _columns(rule: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for key in ("same", "agree", "differ", "within") for name in rule.get(key, ())))


def _looked_over(rule: Mapping[str, Any]) -> str:
    """Return the images that may be in a pair by this rule, each with the columns it looks at (c0, c1 …)."""
    columns, joins = [], []
    for i, name in enumerate(_columns(rule)):
        if name in COLUMNS:
            columns.append(f"{COLUMNS[name]} as c{i}")
            continue
        columns.append(f"e{i}.value as c{i}")
        joins.append(
            f"left join (select image_id, min(value) as value from embedded where key = {_text(name)} and value <> '' "
            f"group by image_id) e{i} on e{i}.image_id = f.image_id"
        )
    needed = " and ".join(f"{c} is not null" for c in _names(rule, "same", "differ", "within"))
    inner = f"select f.image_id, f.received_at, f.format, {', '.join(columns)} from image_facts f {' '.join(joins)}"
    # Neighbours are compared with the next ones only, however large the group.
    most = rule.get("most", _MOST if "one" in rule or not (rule.get("within") or rule.get("differ")) else 2**62)
    groups = f"count(*) over (partition by {', '.join(_names(rule, 'same'))})"
    return f"select * from ({inner}) where {needed} qualify {groups} between 2 and {most}"


def _names(rule: Mapping[str, Any], *keys: str) -> list[str]:
    place = {name: f"c{i}" for i, name in enumerate(_columns(rule))}
    return [place[name] for key in keys for name in rule.get(key, ())]


def _to_the_first(rule: Mapping[str, Any]) -> str:
    same = ", ".join(_names(rule, "same"))
    first = f"first_value(image_id) over (partition by {same} order by received_at, image_id)"
    columns = f"image_id, {first} as first_id"
    if not rule.get("agree"):
        return f"select image_id as one, first_id as two from (select {columns} from looked_over)"
    return (
        f"select a.image_id as one, b.image_id as two from (select *, {first} as first_id from looked_over) a "
        f"join looked_over b on b.image_id = a.first_id where {_conditions(rule, 'agree')}"
    )


def _two_sides(rule: Mapping[str, Any]) -> str:
    sides = [", ".join(_text(f.upper()) for f in rule[side]) or "''" for side in ("one", "other")]
    on = " and ".join(f"a.{c} = b.{c}" for c in _names(rule, "same"))
    near = _conditions(rule, "agree", "differ", "within")
    return (
        f"select a.image_id as one, b.image_id as two from looked_over a join looked_over b on {on} "
        f"where a.format in ({sides[0]}) and b.format in ({sides[1]}) and {near}"
    )


def _neighbours(rule: Mapping[str, Any]) -> str:
    same = ", ".join(_names(rule, "same"))
    ordered = ", ".join([*_names(rule, "within"), "image_id"])
    numbered = f"select *, row_number() over (partition by {same} order by {ordered}) as place from looked_over"
    on = " and ".join(f"a.{c} = b.{c}" for c in _names(rule, "same"))
    return (
        f"with numbered as ({numbered}) select a.image_id as one, b.image_id as two "
        f"from (select *, unnest(range(1, {rule.get('next', _NEXT) + 1})) as step from numbered) a "
        f"join numbered b on {on} and b.place = a.place + a.step where {_conditions(rule, 'agree', 'differ', 'within')}"
    )


def _conditions(rule: Mapping[str, Any], *keys: str) -> str:
    """Return what must be true of ``a`` and ``b``, beside that they are in one group."""
    place = {name: f"c{i}" for i, name in enumerate(_columns(rule))}
    found = ["true"]
    for key in keys:
        for name in rule.get(key, ()):
            c = place[name]
            if key == "agree":
                found.append(f"coalesce(a.{c} = b.{c}, true)")
            elif key == "differ":
                found.append(f"a.{c} <> b.{c}")
            else:
                distance = _DISTANCES.get(name, "abs(b.{c} - a.{c})").format(c=c)
                found.append(f"{distance} <= {float(rule['within'][name])!r}")
    return " and ".join(found)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
