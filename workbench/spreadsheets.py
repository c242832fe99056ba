"""Spreadsheet files: cells out to CSV and XLSX without live formulas, and back in, whoever saved them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine
import xlsxwriter

from workbench.errors import BadValue, TooMuch
from workbench.tables import harmless

LONGEST_CELL = 32_767
"""Characters one cell of an XLSX file holds."""

MOST_ROWS = 1_048_576
"""Rows one sheet of an XLSX file holds."""

_MOST_BYTES = 512 * 2**20
_MOST_UNPACKED = 2**30

csv.field_size_limit(2**24)


def neutralised(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; `restored` gives the text back, whatever it was."""
    return f"'{text}" if _dangerous(text) else text


def restored(text: str) -> str:
    """Return what `neutralised` was given."""
    return text[1:] if text.startswith("'") and _dangerous(text) else text


def _dangerous(text: str) -> bool:
    bare = text.lstrip("'")
    return harmless(bare) != bare


# ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def to_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows of text as CSV: RFC 4180, in UTF-8 with the mark that Excel needs to read it as such."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([[neutralised(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def to_xlsx(rows: Sequence[Sequence[str]], *, name: str = "metadata", hidden: Iterable[int] = ()) -> bytes:
    """Return rows of text as an XLSX file, the first one as its heading.

    Parameters
    ----------
    rows : sequence of sequences of str
    name : str
        Of the sheet.
    hidden : iterable of int
        Columns, from 0, that aren't shown.

    Raises
    ------
    TooMuch
        More rows or longer text than such a file can hold.
    """
    if len(rows) > MOST_ROWS:
        raise TooMuch(f"{len(rows):,} rows don't fit into an XLSX file.", hint="Save as CSV.")
    out = io.BytesIO()
    options = {
        "in_memory": True, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        width = len(rows[0]) if rows else 0
        for column in range(width):
            sheet.set_column(column, column, 24, as_text, {"hidden": column in set(hidden)})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell and sheet.write_string(at, column, neutralised(cell), as_text):
                    raise TooMuch("A text is too long for a cell of an XLSX file.", hint="Save as CSV.")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a book with cells of several kinds.

    Attributes
    ----------
    name : str
    headings : sequence of str
    rows : sequence of sequences
        Numbers, texts, times or None.
    units : sequence of str
        How a column's numbers are shown: see `workbench.report_model.Unit`.
    """

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    units: Sequence[str]


_SHOWN = {
    "count": "#,##0", "share": "0.0%", "number": "#,##0.###", "bytes": "#,##0", "seconds": "#,##0.0",
    "hours": "#,##0.0", "per_hour": "#,##0.0", "days": "#,##0.0", "date": "yyyy-mm-dd hh:mm", "text": "@",
}  # fmt: skip
_WIDE = {"text": 30, "date": 18}


def book(sheets: Iterable[Sheet], *, at: datetime | None = None, most: int = MOST_ROWS - 2) -> bytes:
    """Return sheets as an XLSX file: typed cells, filters, frozen headings; texts are texts, never formulas or links.

    Parameters
    ----------
    sheets : iterable of Sheet
    at : datetime, optional
        When it was made, as the file says; the same gives the same file.
    most : int
        Rows of a sheet: more are cut, and the last row says so.
    """
    out = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": False, "remove_timezone": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(out, options) as made:
        made.set_properties({"created": (at or datetime(2000, 1, 1)).replace(tzinfo=None)})  # noqa: DTZ001  UTC
        head = made.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        formats = {unit: made.add_format({"num_format": form}) for unit, form in _SHOWN.items()}
        for sheet, name in _named_once(sheets):
            _fill(made.add_worksheet(name), sheet, head, formats, min(most, MOST_ROWS - 2))
    return out.getvalue()


def _named_once(sheets: Iterable[Sheet]) -> Iterator[tuple[Sheet, str]]:
    """Give each sheet a name that Excel takes: 31 characters, some of them forbidden, no name twice."""
    taken: set[str] = set()
    for sheet in sheets:
        clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", _valid(sheet.name)).strip("' ") or "Sheet"
        name, nth = clean[:31], 2
        while name.lower() in taken:
            name, nth = f"{clean[:27]} {nth}", nth + 1
        taken.add(name.lower())
        yield sheet, name


def _fill(page: Any, sheet: Sheet, head: Any, formats: dict[str, Any], most: int) -> None:
    for column, (heading, unit) in enumerate(zip(sheet.headings, sheet.units, strict=True)):
        page.set_column(column, column, _WIDE.get(unit, 14))
        page.write_string(0, column, _valid(heading)[:LONGEST_CELL], head)
    rows = sheet.rows if len(sheet.rows) <= most else [*sheet.rows[:most], (_CUT,)]
    for at, row in enumerate(rows, 1):
        for column, (cell, unit) in enumerate(zip(row, sheet.units, strict=False)):
            _cell(page, at, column, cell, formats[unit], formats["text"])
    page.freeze_panes(1, 0)
    if sheet.headings and rows:
        page.autofilter(0, 0, len(rows), len(sheet.headings) - 1)


def _valid(text: str) -> str:
    """Return text without halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


_CUT = "There are more rows; the CSV file has all."


def _cell(page: Any, row: int, column: int, cell: object, shown: Any, as_text: Any) -> None:
    if cell is None or cell != cell:
        return
    if isinstance(cell, bool | int | float):
        page.write_number(row, column, cell, shown)
    elif isinstance(cell, datetime):
        page.write_datetime(row, column, cell.replace(tzinfo=None), shown)
    else:
        page.write_string(row, column, neutralised(_valid(str(cell)))[:LONGEST_CELL], as_text)


# ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(content: bytes) -> tuple[list[list[str]], str]:
    """Return the rows of a CSV or XLSX file as text, and as what it was read, such as ``CSV in UTF-8 with ;``.

    Raises
    ------
    BadValue
        It is neither, damaged, or absurdly large.
    """
    if len(content) > _MOST_BYTES:
        raise BadValue(f"The file has {len(content):,} bytes.", hint="Split it.")
    rows, form = (_from_xlsx(content), "XLSX") if content[:2] == b"PK" else _from_csv(content)
    return [[restored(cell) for cell in row] for row in rows], form


def _from_xlsx(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > _MOST_UNPACKED:
            raise BadValue(f"The XLSX file unpacks to {unpacked:,} bytes.", hint="Split it, or save it as CSV.")
        book = python_calamine.load_workbook(io.BytesIO(content))
        cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError, OSError) as error:
        raise BadValue(f"The file is no XLSX that can be read: {error}.", hint="Save it again, or as CSV.") from error
    return [[_text(cell) for cell in row] for row in cells]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell) if not isinstance(cell, timedelta) else str(cell.total_seconds())


def _from_csv(content: bytes) -> tuple[list[list[str]], str]:
    text, encoding = _decoded(content)
    first = text.partition("\n")[0].strip()
    declared = first[4:5] if first.lower().startswith("sep=") else ""
    if declared:
        text = text.partition("\n")[2]
    separator = declared or _separator(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False))
    except csv.Error as error:
        raise BadValue(
            f"The file is no CSV that can be read: {error}.", hint="Save it again as CSV in UTF-8."
        ) from error
    shown = {"\t": "tabs"}.get(separator, separator)
    return rows, f"CSV in {encoding} with {shown}"


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "Windows-1252"


def _separator(text: str) -> str:
    """Return what separates the cells: whichever of ``, ; tab`` the heading has most, outside of quotes."""
    outside = "".join(text.partition("\n")[0].split('"')[::2])
    return max(",;\t", key=lambda mark: (outside.count(mark), mark == ","))
