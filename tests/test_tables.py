from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadValue, StorageError
from workbench.tables import harmless, save_table

NASTY = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "  =1",
    "＝1",
    'quo"te',
    "two\nlines",
    "Köln, 写真",
    "",
]


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"title": NASTY, "count": range(len(NASTY))})


def test_a_spreadsheet_shows_formulas_and_does_not_run_them(frame: pd.DataFrame, tmp_path: Path) -> None:
    saved = save_table(frame, tmp_path / "titles.csv")
    assert saved.read_bytes().startswith(b"\xef\xbb\xbf")
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == [harmless(text) for text in NASTY]
    assert [row["title"][:1] for row in rows[:7]] == ["'"] * 7
    assert [int(row["count"]) for row in rows] == list(range(len(NASTY)))


@pytest.mark.parametrize("ending", ["json", "parquet", "PARQUET"])
def test_other_programs_get_the_very_text(frame: pd.DataFrame, tmp_path: Path, ending: str) -> None:
    saved = save_table(frame, tmp_path / f"titles.{ending}")
    back = pd.read_json(saved) if ending == "json" else pd.read_parquet(saved)
    assert back["title"].tolist() == NASTY


@pytest.mark.parametrize("name", ["table", "table.xlsx", ".csv", "table.csv.exe"])
def test_an_unknown_ending_is_refused(frame: pd.DataFrame, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValue, match="what to save as"):
        save_table(frame, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_leaves_the_old_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        save_table(frame, tmp_path / "nowhere" / "titles.csv")
    old = tmp_path / "titles.csv"
    old.write_text("old", "utf-8")
    with pytest.raises(BadValue):
        save_table(frame, old.with_suffix(".xls"))
    assert old.read_text("utf-8") == "old"


@given(st.text())
def test_nothing_that_is_saved_begins_like_a_formula(text: str) -> None:
    assert harmless(text).lstrip(" \n")[:1] not in {"=", "+", "-", "@", "\t", "\r"} or harmless(text).startswith("'")
