import csv
import io
import json
import os
import resource
import stat
import subprocess
import sys
import threading
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadValue, StorageError
from workbench.tables import as_csv, as_json, as_table, harmless, render, visible, write_whole

TABLE = pa.table(
    {
        "name": ["a", "=1+1", None, "日本"],
        "n": pa.array([1, None, 3, 4], pa.int64()),
        "share": [0.123456789, 1e9, None, -0.5],
        "at": pa.array([datetime(2026, 3, 1, 9, 30), None, None, None], pa.timestamp("us")),
        "day": pa.array([date(2026, 3, 1), None, None, None]),
        "bytes": pa.array([b"\x00\xff", None, None, None]),
    }
)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\r=x", " =1", "\n=1", "＝1", "=cmd|' /C calc'!A0"])
def test_formulas_are_made_harmless(text: str) -> None:
    assert harmless(text) == "'" + text
    [[cell]] = list(csv.reader(io.StringIO(as_csv(pa.table({"x": [text]})), newline="")))[1:]
    assert cell == "'" + text
    [[cell]] = list(csv.reader(io.StringIO(as_csv(pa.table({"x": [text]}), raw=True), newline="")))[1:]
    assert cell == text


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "name@example.org", "'=1"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_column_named_like_a_formula_is_made_harmless() -> None:
    assert as_csv(pa.table({"=1+1": [1]})).startswith("'=1+1")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_csv_comes_back(values: list[str]) -> None:
    text = as_csv(
        pa.table({"a": pa.array(values, pa.string()), "b": pa.array(range(len(values)), pa.int64())}), raw=True
    )
    [head, *rows] = csv.reader(io.StringIO(text, newline=""))
    assert head == ["a", "b"]
    assert rows == [[value, str(n)] for n, value in enumerate(values)]


@given(st.text(max_size=200))
def test_nothing_steers_the_terminal(text: str) -> None:
    shown = visible(text)
    assert len(shown) <= 60
    assert all(c.isprintable() or c in " \u3000" or not c.isascii() for c in shown)
    assert not {"\n", "\x1b", "\u202e", "\0"} & set(shown)


def test_json_and_parquet_say_the_same() -> None:
    listed = json.loads(as_json(TABLE))
    assert listed[0] == {
        "name": "a", "n": 1, "share": 0.123456789, "at": "2026-03-01T09:30:00", "day": "2026-03-01", "bytes": "00ff",
    }  # fmt: skip
    assert pq.read_table(io.BytesIO(render(TABLE, "parquet"))).equals(TABLE)


def test_json_has_no_numbers_that_json_does_not_know() -> None:
    text = as_json(pa.table({"x": [float("nan"), float("inf"), 1.5]}))
    assert json.loads(text, parse_constant=pytest.fail) == [{"x": None}, {"x": None}, {"x": 1.5}]


def test_a_table_lines_up_also_with_wide_characters() -> None:
    lines = as_table(TABLE).splitlines()
    assert lines[-1] == "(4 rows)"
    assert [line.split() for line in (lines[0], lines[1 + 4])] == [
        ["name", "n", "share", "at", "day", "bytes"],
        ["日本", "4", "-0.5"],
    ]
    assert lines[2].index("1") == lines[3].index("=") + 6 == lines[5].index("4") + 2


@pytest.mark.parametrize("format", ["table", "csv", "json", "parquet"])
@pytest.mark.parametrize("rows", [0, 1])
def test_small_and_empty_tables(format: str, rows: int) -> None:
    assert render(TABLE.slice(0, rows), format)


def test_two_columns_of_one_name() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert as_csv(twice) == "a,a\r\n1,2\r\n"
    assert "1  2" in as_table(twice)


def test_an_unknown_format() -> None:
    with pytest.raises(BadValue, match="yaml") as caught:
        render(TABLE, "yaml")
    assert "csv" in caught.value.hint


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    for content in (b"first", b"second"):
        assert write_whole(target, content) == target
        assert target.read_bytes() == content
    assert list(tmp_path.iterdir()) == [target]
    umask = os.umask(0o022)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_whole(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_whole(tmp_path / "pipe", b"through")
    reader.join(30)
    assert got == [b"through"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("where", ["missing/out.csv", ".", "file/out.csv", "x" * 300, "nul\0"])
def test_places_that_cannot_be_written(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(StorageError, match="can't be written") as caught:
        write_whole(tmp_path / where, b"x")
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


SMALL = """
import resource, signal, sys
from workbench.errors import StorageError
from workbench.tables import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    write_whole(sys.argv[1], b"x" * 5000)
except StorageError as error:
    print(error.hint)
"""


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    target = tmp_path / "out.csv"
    target.write_bytes(b"before")
    ran = subprocess.run([sys.executable, "-c", SMALL, target], capture_output=True, text=True, check=False)
    assert ran.stdout == "Check the folder and free space.\n", ran.stderr
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_what_joins_letters_is_no_secret() -> None:
    persian, family = "می\u200cخواهم", "👩\u200d👧"
    assert visible(persian) == persian
    assert visible(family) == family
    assert visible("a\u200bb\u202ec") == r"a\u200bb\u202ec"
