"""What the metadata says: EXIF, IPTC-IIM, XMP and sidecar files reconciled into one value for each field and language.

The rules are the Metadata Working Group's (Guidelines for Handling Image Metadata 2.0), in ``sql/reconcile.sql``; here
is what they need to know of the fields, and the wide table in which metadata is audited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pyarrow as pa

from workbench.catalog import Catalog, Connection, arrow_table, rows_as
from workbench.fields import FIELDS, FieldSpec
from workbench.metadata import BOILERPLATE, MACHINE_GROUPS

_SHAPES = {
    "langalt": "langalt", "bag": "list", "seq": "list", "date": "date", "gps": "gps",
    "integer": "number", "real": "number",
}  # fmt: skip
_STEPS = (
    "find_carried", "forget_file_values", "forget_conflicts", "add_file_values", "add_conflicts", "mark_stale",
    "drop_carried",
)  # fmt: skip
_AT_ONCE = 20_000


def _carriers(spec: FieldSpec) -> Iterator[dict[str, Any]]:
    shape = _SHAPES.get(spec.kind, "text")
    row = {"field": spec.key, "shape": shape, "cut": spec.iim_bytes, "place": 0, "part": None, "zone": None}
    yield row | {"key": spec.key, "carrier": "xmp"}
    parts = dict(zip(("part", "zone"), spec.exif_parts, strict=False))
    for place, key in enumerate(spec.exif):
        yield row | {"key": key, "carrier": "exif", "place": place} | parts
    if spec.iim:
        yield row | {"key": spec.iim, "carrier": "iptc", "part": spec.iim_time}
    for place, key in enumerate(spec.also, 1):
        yield row | {"key": key, "carrier": _FAMILIES[key.partition(".")[0]], "place": place}


_FAMILIES = {"Exif": "exif", "Iptc": "iptc", "Xmp": "xmp"}


@cache
def carriers() -> pa.Table:
    """Return the table ``field_carriers``: a row for each key that can carry a field's value, its own XMP key first."""
    text = ("field", "shape", "key", "carrier", "part", "zone")
    schema = pa.schema([(name, pa.string()) for name in text] + [("cut", pa.int32()), ("place", pa.int32())])
    return pa.Table.from_pylist([row for spec in FIELDS.values() for row in _carriers(spec)], schema)


def reconcile(catalog: Catalog, connection: Connection, touched: pa.Table, embedded: pa.Table) -> None:
    """Reconcile what these images' carriers say, replacing what was known of them.

    Parameters
    ----------
    touched : pyarrow.Table
        image_id, uri, format, iptc_digest (``current``, ``stale``, ``absent`` or None), latitude, longitude.
    embedded : pyarrow.Table
        image_id, key, lang, ordinal, value: all that is embedded in them.
    """
    known = {"boilerplate": BOILERPLATE.pattern, "machine_groups": sorted(MACHINE_GROUPS)}
    with (
        rows_as(connection, "touched", touched),
        rows_as(connection, "raw_embedded", embedded),
        rows_as(connection, "field_carriers", carriers()),
        rows_as(connection, "outdated", touched.select(["image_id"])),
    ):
        for step in _STEPS:
            query = catalog.named(step)
            connection.execute(query.sql, {name: known[name] for name in query.parameters} or None)


def reconcile_again(catalog: Catalog, connection: Connection, image_ids: list[str]) -> None:
    """Reconcile images whose embedded metadata is catalogued already: the rules or their sidecar files changed."""
    for start in range(0, len(image_ids), _AT_ONCE):
        ids = {"image_ids": image_ids[start : start + _AT_ONCE]}
        touched = arrow_table(connection, catalog.named("images_to_reconcile").sql, ids)
        embedded = arrow_table(connection, catalog.named("embedded_to_reconcile").sql, ids)
        reconcile(catalog, connection, touched, embedded)


# ── the wide table ────────────────────────────────────────────────────────────────────────────────────────────

WIDE = (
    "image_id",
    "batch",
    "folder",
    "name",
    "modified_at",
    "captured",
    "latitude",
    "longitude",
    "keyword_count",
    "keyword_repeated",
)
"""Columns of ``metadata_wide`` that aren't fields."""


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def refresh_wide(connection: Connection, fields: Iterable[str] = ()) -> int:
    """Bring ``metadata_wide`` up to date, inside a transaction; return how many images' rows were made again.

    Parameters
    ----------
    connection : Connection
    fields : iterable of str
        Fields beyond the standards' that need a column as well.
    """
    _add_columns(connection, [*FIELDS, *fields])
    [(stale,)] = connection.execute("select count(distinct image_id) from stale_metadata").fetchall()
    if stale:
        connection.execute("delete from metadata_wide where image_id in (select image_id from stale_metadata)")
        connection.execute(_STALE_SAID)
        said = [row[0] for row in connection.execute("select distinct field from stale_said").fetchall()]
        connection.execute(_wide_rows(_columns(connection), said))
        connection.execute("drop table stale_said")
        connection.execute("delete from stale_metadata")
    return int(stale)


# What is said of stale images; a structure's members stand under its key, with their own place in it beside.
_STALE_SAID = """
create or replace temp table stale_said as
with due as (select distinct image_id from stale_metadata),
said as (
    select v.image_id, v.field, v.lang, v.ordinal, v.value from file_values v semi join due using (image_id)
    anti join entered_values e on e.image_id = v.image_id and e.field = v.field
    union all
    select image_id, field, lang, ordinal, value from entered_values semi join due using (image_id)
    where value is not null
)
select image_id, case when cut > 0 then left(field, cut - 1) else field end as field, lang, ordinal, value,
       case when cut > 0 then substr(field, cut) else '' end as inner_key
from (select *, case when instr(field, '[') > 0 then instr(field, '[') else instr(field, '/') end as cut from said)
"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _columns(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("describe metadata_wide").fetchall()]


def _add_columns(connection: Connection, fields: list[str]) -> None:
    known = set(_columns(connection))
    missing = [field for field in dict.fromkeys(fields) if field not in known]
    for field in missing:
        connection.execute(f"alter table metadata_wide add column {quoted(field)} varchar")
    if missing:
        connection.execute(
            "insert into stale_metadata select distinct image_id from metadata where field in (select unnest($fields))",
            {"fields": missing},
        )


def _wide_rows(columns: list[str], said: list[str]) -> str:
    """Return the statement that makes the rows of stale images, with columns for those fields that say anything."""
    fields = [name for name in said if name in columns and name not in WIDE]
    picked = "".join(f", any_value(value) filter (where code = {at}) as {quoted(key)}" for at, key in enumerate(fields))
    wanted = "".join(f", p.{quoted(field)}" for field in fields)
    codes = ", ".join(f"({at}, {_text(field)})" for at, field in enumerate(fields)) or "(0, '')"
    lists = ", ".join(_text(spec.key) for spec in FIELDS.values() if spec.is_list)
    dated = 'moment_of(p."Xmp.photoshop.DateCreated")' if "Xmp.photoshop.DateCreated" in fields else "null"
    north, east = (
        f"degrees_of(p.{quoted(key)})" if key in fields else "null"
        for key in ("Xmp.exif.GPSLatitude", "Xmp.exif.GPSLongitude")
    )
    return f"""
    insert into metadata_wide by name
    with single as (
        select image_id, field, value from stale_said
        where ordinal = 0 and coalesce(lang, 'x-default') = 'x-default' and field not in ({lists}) and inner_key = ''
        union all
        select image_id, field, string_agg(value, '; ' order by ordinal) from stale_said
        where field in ({lists}) and inner_key = '' group by image_id, field
        union all
        select image_id, field, arg_min(value, lang) from stale_said s
        where lang <> 'x-default' and inner_key = '' and not exists (
            select 1 from stale_said d
            where d.image_id = s.image_id and d.field = s.field and coalesce(d.lang, 'x-default') = 'x-default')
        group by image_id, field
        union all
        select image_id, field, arg_min(value, inner_key) from stale_said where inner_key <> '' group by image_id, field
    ),
    pivoted as (
        select image_id{picked} from single join (values {codes}) c(code, field) using (field) group by image_id
    ),
    counted as (
        select image_id, count(*) as many, count(distinct lower(value)) < count(*) as repeated from stale_said
        where field = 'Xmp.dc.subject' and inner_key = '' group by image_id
    )
    select f.image_id, f.batch, f.folder, f.name, f.modified_at{wanted},
           {dated} as captured, {north} as latitude, {east} as longitude,
           coalesce(k.many, 0)::int as keyword_count, coalesce(k.repeated, false) as keyword_repeated
    from image_facts f semi join stale_metadata using (image_id)
    left join pivoted p using (image_id) left join counted k using (image_id)
    """
