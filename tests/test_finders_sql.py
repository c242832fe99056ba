"""The finders that are SQL: exact copies, and rules over metadata."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog import Catalog, rows_as
from workbench.dedup_settings import SHIPPED, Settings, load
from workbench.errors import BadValue
from workbench.finders import exact, metadata

NOON = datetime(2026, 5, 1, 12)
Found = set[tuple[str, str]]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    made = Catalog(tmp_path_factory.mktemp("finders") / "catalog.duckdb", lambda connection: None)
    yield made
    made.stop()


def fact(image_id: str, /, **more: Any) -> dict[str, Any]:
    """A row of image_facts; the stem is the id unless said."""
    return {
        "image_id": image_id, "uri": f"file:///in/{image_id}", "source": "in", "batch": "b", "path": image_id,
        "folder": "", "name": f"{image_id}.jpg", "size": 1000, "received_at": NOON, "checksum": f"c:{image_id}",
        "picture_hash": f"p:{image_id}",
        "format": "JPEG", "mime": "image/jpeg", "width": 60, "height": 40, "keyword_count": 0, "phash": 0,
        "captured_at": None, "camera_model": None,
    } | more  # fmt: skip


def found(catalog: Catalog, sql: str, rows: list[dict[str, Any]], embedded: dict[str, dict[str, str]] | None = None):
    said = [(i, key, value) for i, values in (embedded or {}).items() for key, value in values.items()]
    with catalog.lease() as connection:
        connection.execute("begin")
        try:
            types = {"captured_at": pa.timestamp("us"), "camera_model": pa.string(), "phash": pa.uint64()}
            table = pa.table({k: pa.array([r[k] for r in rows], types.get(k)) for k in rows[0]})
            with rows_as(connection, "lent", table):
                connection.execute("insert into image_facts by name select * from lent")
            for image_id, key, value in said:
                connection.execute("insert into embedded values (?, ?, null, 0, ?)", [image_id, key, value])
            return connection.execute(f"select * from ({sql}) order by 1, 2").fetchall()
        finally:
            connection.execute("rollback")


def by_rule(catalog: Catalog, rule: dict[str, Any], rows: list[dict[str, Any]], embedded: Any = None) -> Found:
    listed = [(a, b) for a, b, *_ in found(catalog, metadata.compiled(rule), rows, embedded)]
    assert len(listed) == len(set(listed)), "each pair once"
    assert all(a < b for a, b in listed)
    return set(listed)


def shipped(name: str) -> dict[str, Any]:
    return next(dict(rule) for rule in load(SHIPPED.parent / "nowhere").metadata if rule["name"] == name)


# -- exact


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=20))
def test_exact_and_same_picture_pairs_join_what_is_equal_and_are_as_few_as_can_be(
    catalog: Catalog, contents: list[tuple[int, int]]
) -> None:
    rows = [
        fact(f"{i:02}", checksum=f"c{picture}{wrapping}", picture_hash=f"p{picture}", size=wrapping)
        for i, (picture, wrapping) in enumerate(contents)
    ]
    [same], [alike] = exact.statements(Settings()), exact.statements_same_picture(Settings())
    by_bytes, by_picture = found(catalog, same.sql, rows), found(catalog, alike.sql, rows)
    checksum = {r["image_id"]: r["checksum"] for r in rows}
    assert all(checksum[a] == checksum[b] for a, b, *_ in by_bytes)
    assert all(checksum[a] != checksum[b] and checksum[a][:2] == checksum[b][:2] for a, b, *_ in by_picture)
    assert len(by_bytes) == len(rows) - len({*checksum.values()})
    assert len(by_picture) == len({*checksum.values()}) - len({c[:2] for c in checksum.values()})


# -- metadata


def test_rules_that_only_agree_give_a_star(catalog: Catalog) -> None:
    rule = {"name": "size", "same": ["size", "width"]}
    assert by_rule(catalog, rule, [fact(n) for n in "abcd"]) == {("a", "b"), ("a", "c"), ("a", "d")}
    assert by_rule(catalog, rule, [fact("a"), fact("b", size=2)]) == set()


def test_what_is_missing_agrees_with_nothing(catalog: Catalog) -> None:
    rule = {"name": "time", "same": ["captured_at"]}
    assert by_rule(catalog, rule, [fact("a"), fact("b")]) == set()


def test_groups_that_are_too_large_say_nothing(catalog: Catalog) -> None:
    rule = {"name": "date", "same": ["width"], "most": 3}
    assert by_rule(catalog, rule, [fact(n) for n in "abcd"]) == set()
    assert len(by_rule(catalog, rule, [fact(n) for n in "abc"])) == 2


def test_the_fraction_of_a_second_counts(catalog: Catalog) -> None:
    rule = shipped("same camera, same moment to the fraction of a second")
    serial = {n: {"Exif.Photo.BodySerialNumber": "123"} for n in "abcd"}
    fine = NOON + timedelta(microseconds=250_000)
    rows = [
        fact("a", captured_at=fine),
        fact("b", captured_at=fine),
        fact("c", captured_at=NOON),
        fact("d", captured_at=NOON),
    ]
    assert by_rule(catalog, rule, rows, serial) == {("a", "b")}
    assert by_rule(catalog, rule, rows) == set()


def test_raw_and_its_jpeg_are_companions(catalog: Catalog) -> None:
    rule = shipped("RAW and its picture")
    rows = [
        fact("raw", name="IMG_1.CR2", format="CR2", captured_at=NOON),
        fact("jpeg", name="img_1.JPG", captured_at=NOON),
        fact("later", name="IMG_1.jpeg", captured_at=NOON + timedelta(days=1)),
        fact("silent", name="IMG_1.heic", format="HEIC"),
        fact("elsewhere", name="IMG_1.jpg", folder="x", captured_at=NOON),
    ]
    assert by_rule(catalog, rule, rows) == {("jpeg", "raw"), ("raw", "silent")}
    assert {row[2] for row in found(catalog, metadata.compiled(rule), rows)} == {"companion"}


def test_frames_of_a_burst_are_told_from_copies(catalog: Catalog) -> None:
    rule = shipped("frames of a burst")

    def frame(name: str, seconds: float, phash: int, **more: Any) -> dict[str, Any]:
        return fact(name, camera_model="X", captured_at=NOON + timedelta(seconds=seconds), phash=phash, **more)

    rows = [
        frame("a", 0, 0b0), frame("b", 0.4, 0b11), frame("copy of b", 0.4, 0b11), frame("c", 1, 0b1111),
        frame("late", 60, 0b1), frame("unlike", 1.5, 2**64 - 1), frame("same picture", 0.2, 0, picture_hash="p:a"),
    ]  # fmt: skip
    pairs = by_rule(catalog, rule, rows)
    assert {("a", "b"), ("a", "c"), ("b", "c"), ("c", "copy of b")} <= pairs
    assert not any("late" in p or "unlike" in p for p in pairs)
    assert ("b", "copy of b") not in pairs, "the same moment: an edited copy, which the pictures must tell"
    assert ("a", "same picture") not in pairs


def test_a_long_burst_gives_pairs_in_proportion(catalog: Catalog) -> None:
    rule = {"name": "burst", "relation": "burst", "same": ["camera_model"], "within": {"captured_at": 1e6}, "next": 3}
    rows = [fact(f"{i:03}", camera_model="X", captured_at=NOON + timedelta(seconds=i)) for i in range(100)]
    assert len(by_rule(catalog, rule, rows)) == 3 * 100 - (1 + 2 + 3)


@pytest.mark.parametrize("rule", load(SHIPPED.parent / "nowhere").metadata, ids=lambda rule: rule["name"])
def test_every_shipped_rule_runs(catalog: Catalog, rule: dict[str, Any]) -> None:
    assert by_rule(catalog, dict(rule), [fact("a", size=1), fact("b", size=2)]) == set()


def test_names_and_values_are_data_never_sql(catalog: Catalog) -> None:
    rule = {"name": "it's'); drop table image_facts; --", "same": ["size"]}
    [(_, _, relation, method, score, evidence)] = found(catalog, metadata.compiled(rule), [fact("a"), fact("b")])
    assert (relation, method, score) == ("metadata", f"metadata:{rule['name']}", 1.0)
    assert rule["name"] in evidence


@pytest.mark.parametrize(
    "rule",
    [
        {"same": ["size"]}, {"name": "x"}, {"name": "x", "same": []}, {"name": "x", "same": "size"},
        {"name": "x", "same": ["shoe size"]}, {"name": "x", "same": ["Exif.Image.Model' or 1=1 --"]},
        {"name": "x", "same": ["size"], "relation": "exact"}, {"name": "x", "same": ["size"], "one": ["RAW"]},
        {"name": "x", "same": ["size"], "within": {"stem": 1}}, {"name": "x", "same": ["size"], "within": {"size": -1}},
        {"name": "x", "same": ["size"], "most": 0}, {"name": "x", "same": ["size"], "wanted": True},
        {"name": "x", "same": ["size"], "within": ["size"]}, {"name": "x", "same": ["size"], "next": "all"},
    ],
)  # fmt: skip
def test_mistakes_in_rules_are_said(rule: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        metadata.compiled(rule)


def test_copies_are_found_by_what_no_copy_changes(catalog: Catalog, tmp_path: Path) -> None:
    rows = [fact(n, captured_at=NOON, camera_model="X") for n in "ab"] + [fact("c", size=7, name="a.jpg")]
    methods = {row[3] for q in metadata.statements(load(tmp_path)) for row in found(catalog, q.sql, rows)}
    assert methods == {"metadata:same bytes in number, same pixels in number, same moment"}
