"""Sheets: what goes out untouched comes back as no change, what was edited comes back exactly, the rest is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_collections import fill, image_ids, jpeg, pictures

import workbench as wb
from workbench.errors import BadValue, StorageError
from workbench.sheets import joined, mangled, split
from workbench.spreadsheets import neutralised, read, restored, to_csv, to_xlsx

TITLE, WORDS, CREDIT = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Credit"
HOSTILE = [
    "=1+1", "'=1+1", "''=x", "@SUM(A1)", "+49 30 1234", "-5", "\t=x", " =x", "＝1", '=LINK("x")', "a;b", "a\\;b",
    'say "hi"', "two\nlines", "سلام", "_x0041_", "😀", "'quoted'", "007", "1e5", "https://example.org/x",
    "<b>&amp;</b>", "trailing ",
]  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(HOSTILE)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    home = tmp_path_factory.mktemp("sheets")
    folder = pictures(fill(home / "photos", {"red.jpg": jpeg(1, "Red", ("a", "b;c", "d\\e"))}), len(HOSTILE))
    with wb.open(home / "w", actor="ann") as opened:
        opened.scan(folder, progress=False, workers=1)
        yield opened


def cells(path: Path) -> list[list[str]]:
    return read(path.read_bytes())[0]


def edit(path: Path, image_id: str, column: str, value: str) -> None:
    """Change one cell as somebody in a spreadsheet would, and save in the same form."""
    rows = cells(path)
    row = next(r for r in rows if r[0] == image_id)
    row[rows[0].index(column)] = value
    path.write_bytes(to_csv(rows) if path.suffix == ".csv" else to_xlsx(rows))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_untouched_is_no_change_and_edits_come_back_exactly(ws: wb.Bench, tmp_path: Path, ending: str) -> None:
    ids = image_ids(ws)
    for number, text in enumerate(HOSTILE):
        values = {TITLE: {"x-default": text, "ar": text}, WORDS: [text, "x"], CREDIT: text}
        ws.set_values([ids[f"{number:03}.png"]], values)
    path = ws.sheet_out(tmp_path / f"out.{ending}", [TITLE, WORDS, CREDIT], languages=["de"])
    preview = ws.sheet_in(path)
    assert (preview.steps, preview.refused) == ([], [])
    assert preview.unchanged == len(HOSTILE) + 1
    for number, text in enumerate(reversed(HOSTILE)):
        edit(path, ids[f"{number:03}.png"], f"{TITLE} [de]", text)
    again = ws.sheet_in(path)
    assert again.refused == []
    again.apply()
    sql = "select path, value from metadata join images using (image_id) where field = $f and lang = 'de'"
    rows = ws.sql(sql, {"f": TITLE})
    said = dict(zip(rows["path"], rows["value"], strict=True))
    assert said == {f"{n:03}.png": text for n, text in enumerate(reversed(HOSTILE))}
    again.undo()


@settings(max_examples=200)
@given(st.lists(TEXTS.filter(lambda t: t.strip() == t and t), max_size=5))
def test_lists_are_joined_and_split(entries: list[str]) -> None:
    assert split(joined(entries)) == (entries or [""])


@settings(max_examples=300)
@given(st.text(max_size=10) | st.text("'=+-@\t a", max_size=6) | st.sampled_from(HOSTILE))
def test_neutralised_text_is_restored_and_harmless(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert not neutralised(text).lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_files_give_back_what_was_written(rows: list[list[str]]) -> None:
    written = [["a", "b"], *rows]
    assert read(to_csv(written))[0] == written
    back = read(to_xlsx(written))[0]
    assert back + [["", ""]] * (len(written) - len(back)) == written, "a sheet may end where its last text is"


def test_stale_rows_are_refused_with_who_changed_them(ws: wb.Bench, tmp_path: Path) -> None:
    ids = image_ids(ws)
    path = ws.sheet_out(tmp_path / "s.csv", [TITLE, CREDIT])
    with wb.open(ws.folder, actor="bob") as other:
        other.set_values([ids["000.png"], ids["001.png"]], {TITLE: {"x-default": "Bob's"}})
    assert ws.sheet_in(path).refused == [], "rows that nobody edited in the sheet do no harm"
    edit(path, ids["000.png"], f"{TITLE} [x-default]", "Ann's")
    edit(path, ids["001.png"], CREDIT, "Ann's")
    preview = ws.sheet_in(path)
    [refused] = preview.refused
    assert refused.image_id == ids["000.png"]
    assert refused.reason.startswith("bob changed Xmp.dc.title [x-default]")
    assert [(s.image_id, s.field) for s in preview.steps] == [(ids["001.png"], CREDIT)], "another field is still fresh"


def test_semicolons_code_pages_and_new_columns(ws: wb.Bench, tmp_path: Path) -> None:
    image_id = image_ids(ws)["red.jpg"]
    path = ws.sheet_out(tmp_path / "s.csv", [CREDIT], [image_id])
    [heading, row] = cells(path)
    out = io.StringIO(newline="")
    more = [[*heading, "Xmp.dc.rights [fr]", "comment"], [*row, "Tous droits réservés", "x"]]
    csv.writer(out, delimiter=";").writerows(more)
    path.write_bytes(("sep=;\r\n" + out.getvalue()).encode("cp1252"))
    preview = ws.sheet_in(path)
    assert preview.frame()[["field", "after"]].values.tolist() == [["Xmp.dc.rights", "fr: Tous droits réservés"]]
    assert "Windows-1252 with ;" in repr(preview)
    assert "left alone: comment." in repr(preview)


def test_columns_may_be_dropped_and_reordered(ws: wb.Bench, tmp_path: Path) -> None:
    image_id = image_ids(ws)["red.jpg"]
    path = ws.sheet_out(tmp_path / "s.csv", [TITLE, WORDS, CREDIT], [image_id])
    rows = cells(path)
    keep = [rows[0].index(name) for name in (f"{WORDS} [;]", rows[0][2], "image_id")]
    path.write_bytes(to_csv([[row[i] for i in keep] for row in rows]))
    assert ws.sheet_in(path).counts["changed"] == 0
    edit_rows = [[row[i] for i in keep] for row in rows]
    edit_rows[1][0] = "a; b\\;c"
    path.write_bytes(to_csv(edit_rows))
    [step] = ws.sheet_in(path).steps
    assert [value for *_, value in step.after] == ["a", "b;c"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("4006381333931", "4.00638E+12", "rounded"),
        ("00123", "123", "zeros"),
        ("12345678901234567", "12345678901234500", "rounded"),
        ("2024-03-01", "01.03.2024", "date"),
        ("3-4", "03. Apr", "date"),
        ("true", "WAHR", "yes or no"),
        ("blue", "red", ""),
        ("2024-03-01", "2024-03-02", ""),
        ("", "123", ""),
        ("123", "0123", ""),
    ],
)
def test_what_spreadsheets_do_to_numbers_and_dates_is_noticed(before: str, after: str, says: str) -> None:
    assert says in mangled(before, after)
    assert bool(mangled(before, after)) == bool(says)


def test_unknown_ids_and_doubles_are_named(ws: wb.Bench, tmp_path: Path) -> None:
    path = ws.sheet_out(tmp_path / "s.csv", [CREDIT], [image_ids(ws)["003.png"]])
    heading, row = cells(path)
    rows = [heading, row, [*row[:-1], "other"], ["feedfeed", *row[1:]]]
    path.write_bytes(to_csv(rows))
    reasons = {one.image_id: one.reason for one in ws.sheet_in(path).refused}
    twice = "This id is in the sheet twice, with different values."
    assert reasons == {row[0]: twice, "feedfeed": "No image has this id."}


@pytest.mark.parametrize("content", [b"", b"a,b\r\n1,2\r\n", b"PK\x03\x04broken", b"\xff\xfe\x00", b"\0" * 100])
def test_files_that_are_no_sheets(ws: wb.Bench, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(BadValue):
        ws.sheet_in(path)


def test_calls_that_cant_be_right(ws: wb.Bench, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="End it"):
        ws.sheet_out(tmp_path / "x.pdf", [TITLE])
    with pytest.raises(BadValue, match="fields"):
        ws.sheet_out(tmp_path / "x.csv", [])
    with pytest.raises(StorageError):
        ws.sheet_in(tmp_path / "missing.csv")
