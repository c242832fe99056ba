import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

from workbench import catalog as catalog_module
from workbench.catalog import Catalog, load_queries, parse_queries, rows_as, was_interrupted
from workbench.errors import BadQuery, BadValue, Broken, NotFound, StorageError, TooMuch, WorkspaceBusy

pytestmark = pytest.mark.core


@pytest.fixture
def catalog(tmp_path: Path):
    made = Catalog(tmp_path / "catalog.duckdb", lambda connection: None)
    yield made
    made.stop()


def ask(catalog: Catalog, sql: str, **limits: float) -> list[tuple[object, ...]]:
    table = catalog.ask(sql, None, **({"max_rows": 1000, "seconds": 20} | limits))
    return [tuple(row.values()) for row in table.to_pylist()]


def test_queries_are_parsed_with_doc_and_parameters() -> None:
    text = "-- top\n-- name: one(a, b)\n-- Says what\n-- it does.\nselect $a, $b;\n\n"
    text += "-- name: two()\n-- Another.\nselect 2\n"
    one, two = parse_queries(text, "m")
    assert (one.name, one.parameters, one.doc, one.sql) == ("one", ("a", "b"), "Says what it does.", "select $a, $b")
    assert (two.name, two.parameters, two.sql) == ("two", (), "select 2")


def test_every_query_of_the_project_loads() -> None:
    queries = load_queries()
    assert {"images", "catalogue_counts", "sources"} & set(queries)


def test_query_parameters_are_checked(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no query"):
        catalog.query("no_such", {})
    with pytest.raises(BadValue, match="image_id"):
        catalog.query("uri_of_image", {"id": "x"})
    assert catalog.query("uri_of_image", {"image_id": "x"}).empty


def test_ask_reads(catalog: Catalog) -> None:
    assert ask(catalog, "select 1 + 1 as two") == [(2,)]
    assert ask(catalog, "from images limit 1") == []
    assert ask(catalog, "describe images")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into applied values (1, 'x')",
        "delete from image_facts",
        "create table t (a int)",
        "drop view images",
        "attach ':memory:' as other",
        "copy (select 1) to 'out.csv'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '1GB'",
        "call pragma_version()",
        "select 1; delete from image_facts",
        "begin",
        "",
        "selec 1",
        "select * from no_such_table",
    ],
)
def test_ask_refuses_what_does_not_only_read(catalog: Catalog, sql: str) -> None:
    with pytest.raises(BadQuery) as caught:
        ask(catalog, sql)
    assert caught.value.hint


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from read_blob('{folder}/../*')",
        "select * from '{file}'",
        "select * from glob('{folder}/*')",
        "select * from parquet_scan('{file}')",
        "explain analyze insert into applied values (1, 'x')",
        "select * from read_text('https://example.org/')",
    ],
)
def test_ask_reaches_no_file(catalog: Catalog, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret\n42\n")
    with pytest.raises(BadQuery):
        ask(catalog, sql.format(file=secret, folder=tmp_path))
    assert ask(catalog, "select count(*) from applied") == [(1,)]


def test_python_variables_are_no_tables(catalog: Catalog) -> None:
    private = pa.table({"a": [1]})
    assert private.num_rows
    with pytest.raises(BadQuery):
        ask(catalog, "select * from private")


def test_too_many_rows_is_said(catalog: Catalog) -> None:
    with pytest.raises(TooMuch, match="more than 10 rows"):
        ask(catalog, "select * from range(11)", max_rows=10)
    assert len(ask(catalog, "select * from range(10)", max_rows=10)) == 10


def test_too_long_is_stopped_and_the_connection_works_on(catalog: Catalog) -> None:
    with pytest.raises(TooMuch, match="longer than"):
        ask(
            catalog,
            "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3",
            seconds=0.3,
        )
    assert ask(catalog, "select 1") == [(1,)]


def test_writing_is_all_or_nothing(catalog: Catalog) -> None:
    def write_and_fail() -> None:
        with catalog.writing() as connection:
            connection.execute("insert into aliases values ('a', 'b')")
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert ask(catalog, "select count(*) from aliases") == [(0,)]
    with catalog.writing() as connection, rows_as(connection, "lent", pa.table({"a": ["x"], "b": ["y"]})):
        connection.execute("insert into aliases select a, b from lent")
    assert ask(catalog, "select * from aliases") == [("x", "y")]


def test_leases_nest_and_threads_have_their_own_connection(catalog: Catalog) -> None:
    seen = []

    def look() -> None:
        with catalog.lease() as connection:
            seen.append(id(connection))
            assert connection.execute("select 42").fetchall() == [(42,)]

    with catalog.lease() as outer, catalog.lease() as inner:
        assert outer is inner
        seen.append(id(outer))
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert len(set(seen)) == 2


OTHER = """
import sys, time
from pathlib import Path
from workbench.catalog import Catalog
catalog = Catalog(Path(sys.argv[1]), lambda connection: None)
print("ready", flush=True)
for line in sys.stdin:
    begun = time.monotonic()
    with catalog.writing() as connection:
        connection.execute("insert into aliases values (?, ?)", [sys.argv[2], line.strip()])
    print(f"{time.monotonic() - begun:.3f}", flush=True)
"""


def other_process(catalog: Catalog, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OTHER, str(catalog.path), name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_hand_the_file_to_each_other(catalog: Catalog) -> None:
    others = [other_process(catalog, name) for name in ("b", "c")]
    for turn in range(5):
        with catalog.writing() as connection:
            connection.execute("insert into aliases values ('a', ?)", [str(turn)])
        for other in others:
            assert other.stdin is not None
            other.stdin.write(f"{turn}\n")
            other.stdin.flush()
    for other in others:
        assert other.stdout is not None
        waits = [float(other.stdout.readline()) for _ in range(5)]
        assert max(waits) < 30
        other.communicate()
    assert ask(catalog, "select old_id, count(*) from aliases group by old_id order by old_id") == [
        ("a", 5),
        ("b", 5),
        ("c", 5),
    ]


def test_who_never_lets_go_is_named(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    with catalog.lease():
        monkeypatch.setattr(catalog_module, "PATIENCE", 0.3)
        second = Catalog(catalog.path, lambda connection: None)
        with pytest.raises(WorkspaceBusy, match="process"), second.lease():
            pass
        second.stop()


def test_killed_holder_leaves_the_catalogue_usable(catalog: Catalog) -> None:
    other = other_process(catalog, "b")
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdin.write("1\n")
    other.stdin.flush()
    other.stdout.readline()
    other.kill()
    other.communicate()
    begun = time.monotonic()
    assert ask(catalog, "select count(*) from aliases") == [(1,)]
    assert time.monotonic() - begun < 30


def test_damaged_catalogue_is_a_clear_error_and_can_be_remade(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    path.write_bytes(b"\x00garbage" * 5000)
    catalog = Catalog(path, lambda connection: None)
    with pytest.raises((StorageError, Broken), match="catalogue") as caught:
        ask(catalog, "select 1")
    assert "rebuild" in caught.value.hint
    catalog.remake()
    assert ask(catalog, "select count(*) from images") == [(0,)]
    catalog.stop()


def test_ctrl_c_is_known_in_both_its_forms() -> None:
    """A query that Ctrl-C stops ends with the second in DuckDB 1.5."""
    assert was_interrupted(KeyboardInterrupt())
    assert was_interrupted(RuntimeError("Query interrupted"))
    assert not was_interrupted(RuntimeError("something else"))
