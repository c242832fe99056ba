"""Every statement in sql/ is bound against the migrated, empty schema: a misspelt column fails here."""

from pathlib import Path

import pyarrow as pa
import pytest

from workbench import clusters, dedup, events, reconcile, scan, suggestion, true_size
from workbench.catalog import Catalog, load_queries, sql_folder

pytestmark = pytest.mark.core

PUBLIC = (
    "images", "problems", "files", "embedded", "keywords", "entered", "events", "sources", "batches", "vanished",
    "scans", "metadata", "metadata_conflicts", "cleared", "queues", "findings", "audits", "history", "deliveries",
    "certificates", "optimised",
    "duplicate_pairs", "duplicate_clusters", "cluster_members", "companions", "dedup_runs",
    "removals", "quarantined", "removal_runs", "not_removed",
    "double_entries", "entries", "field_comparisons", "adjudications", "gold_items", "gold_answers", "trainings",
    "batch_states", "samples", "sample_items", "inspections", "defects", "lot_verdicts", "work_items",
)  # fmt: skip


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory):
    made = Catalog(tmp_path_factory.mktemp("schema") / "catalog.duckdb", lambda connection: None)
    yield made
    made.stop()


def lent_tables() -> dict[str, pa.Table]:
    """Return the Arrow tables, empty, that a scan lends to its statements."""
    text, whole = pa.string(), pa.int64()
    ids = pa.schema({"image_id": text})
    return {
        "incoming": pa.schema(
            {"source": text, "image_id": text, "uri": text, "path": text, "size": whole, "mtime_ns": whole}
            | {"stage": text, "kind": text, "detail": text}
        ).empty_table(),
        "measured_files": pa.schema(
            {"image_id": text, "uri": text, "source": text, "path": text, "size": whole, "mtime_ns": whole}
            | {"real_size": whole, "checksum": text}
        ).empty_table(),
        "measured_facts": scan._facts_table([], "s"),
        "measured_embedded": scan._embedded_table([]),
        "measured_keywords": scan._pairs_table("keyword", iter(())),
        "measured_texts": scan._pairs_table("text", iter(())),
        "measured_problems": scan._problems_table([]),
        "outdated": ids.empty_table(),
        "touched_values": pa.schema({"image_id": text, "field": text}).empty_table(),
        "selected": pa.schema({"image_id": text, "place": whole}).empty_table(),
        "touched": pa.schema(
            {"image_id": text, "uri": text, "format": text, "iptc_digest": text}
            | {"latitude": pa.float64(), "longitude": pa.float64()}
        ).empty_table(),
        "raw_embedded": scan._embedded_table([]),
        "field_carriers": reconcile.carriers(),
        "carried": pa.schema(
            {"image_id": text, "root": text, "field": text, "carrier": text, "lang": text, "unit": text}
            | {"ordinal": pa.int32(), "value": text, "rank": pa.int32(), "shape": text, "cut": pa.int32()}
        ).empty_table(),
        "proposed": pa.schema(suggestion._COLUMNS).empty_table(),
        "looked_at": ids.empty_table(),
        "concerned": pa.schema({"image_id": text, "content": text, "checksum": text}).empty_table(),
        "contents_lent": pa.schema({"content": text}).empty_table(),
        "pictures_measured": pa.schema(
            {"checksum": text} | dict.fromkeys(true_size.Details._fields, pa.float64())
        ).empty_table(),
        "clusters_made": clusters._ROWS.empty_table(),
        "parts_made": pa.schema({"image_id": text, "part": text, **clusters._PARTS}).empty_table(),
        "pairs_found": dedup._PAIRS.empty_table(),
        "turned_lent": pa.schema({"checksum": text, "phashes": pa.list_(pa.uint64())}).empty_table(),
        "ordered_keywords": pa.schema({"keyword": text, "folded": text, "image_id": text}).empty_table(),
    }


@pytest.mark.parametrize("name", sorted(load_queries()))
def test_every_named_query_binds(catalog: Catalog, name: str) -> None:
    query = load_queries()[name]
    assert query.doc.endswith("."), "a query says in a sentence what it answers"
    with catalog.writing() as connection:
        for table, content in lent_tables().items():
            if table in query.sql:
                connection.register(table, content)
        connection.execute(f"explain {query.sql}", dict.fromkeys(query.parameters)).fetchall()


@pytest.mark.parametrize("kind", sorted(name for name, kind in events.KINDS.items() if kind.applies))
def test_every_apply_statement_runs_on_no_rows(catalog: Catalog, kind: str) -> None:
    types = {"text": pa.string(), "int": pa.int64(), "float": pa.float64()}
    columns = {**events.KINDS[kind].columns, "seq": "int", "at": "text", "actor": "text"}
    rows = pa.schema({name: types[t] for name, t in columns.items()}).empty_table()
    with catalog.writing() as connection:
        connection.register("event_rows", rows)
        connection.execute((sql_folder() / "apply" / f"{kind}.sql").read_text("utf-8"))
        connection.unregister("event_rows")


@pytest.mark.parametrize("path", sorted((sql_folder() / "checks").glob("*.sql")), ids=lambda p: p.stem)
def test_every_check_is_a_sentence_and_holds_for_an_empty_catalogue(catalog: Catalog, path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.splitlines()[0].startswith("-- ")
    with catalog.lease() as connection:
        assert connection.execute(text).fetchall() == []


def test_every_public_column_has_its_meaning(catalog: Catalog) -> None:
    sql = (
        "select table_name || '.' || column_name as name from duckdb_columns() "
        f"where table_name in {PUBLIC} and not internal and comment is null"
    )
    assert catalog.ask(sql, None, max_rows=100, seconds=10).to_pylist() == []
