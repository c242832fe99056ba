"""Sheets: metadata out to a spreadsheet, edited there, and back in as one change; stale rows are refused.

A sheet has a row an image: its id, its path, a hidden version, and a column for each field and language. The heading of
a column says what it holds: ``Xmp.dc.title [de]``, or ``Xmp.dc.subject [;]`` for a list whose entries are separated by
``;`` (with a backslash before one that an entry has itself). The version tells, cell by cell, what stood there when the
sheet was made.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.bulk import (
    Content,
    Languages,
    Preview,
    Refused,
    Step,
    as_languages,
    changed_since,
    contents,
    has_languages,
    ids_of,
    in_order,
    is_list,
    lent,
    selection,
)
from workbench.errors import BadValue, StorageError
from workbench.fields import exiv2_key
from workbench.spreadsheets import LONGEST_CELL, read, to_csv, to_xlsx
from workbench.tables import write_whole
from workbench.workspace import Workspace

SEPARATOR = ";"
TOO_LONG = "[too long for a spreadsheet: edit it in the form]"

_HASH = 8
_HEADING = re.compile(r"(?P<field>\S+)(?: \[(?P<what>[^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: a field in one language, or a list."""

    field: str
    lang: str | None = None
    separator: str = ""

    @property
    def heading(self) -> str:
        """What stands above it."""
        what = self.lang or self.separator
        return f"{self.field} [{what}]" if what else self.field

    def text(self, content: Content) -> str:
        """Return a cell's text for the content of its field."""
        texts = self._mine(as_languages(content))
        if self.separator or len(texts) > 1:
            text = joined(texts, self.separator or SEPARATOR)
        else:
            text = texts[0] if texts else ""
        text = _same_lines(text)
        return text if len(text) < LONGEST_CELL else TOO_LONG

    def _mine(self, languages: Languages) -> list[str]:
        if self.lang == "x-default":
            return languages.get("x-default") or languages.get(None) or []
        return languages.get(self.lang, [])

    def texts(self, cell: str) -> list[str]:
        """Return what a cell's text says."""
        if self.separator:
            return [entry.strip() for entry in split(cell, self.separator) if entry.strip()]
        return [cell] if cell.strip() else []


def _same_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def joined(entries: Iterable[str], separator: str = SEPARATOR) -> str:
    """Return the entries of a list as one text; `split` takes it apart again."""
    escaped = (entry.replace("\\", "\\\\").replace(separator, f"\\{separator}") for entry in entries)
    return f"{separator} ".join(escaped)


def split(text: str, separator: str = SEPARATOR) -> list[str]:
    """Return the entries that `joined` put together."""
    entries: list[str] = []
    current, at = "", 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in ("\\", separator):
            current, at = current + text[at + 1], at + 1
        elif text[at] == separator:
            entries, current = [*entries, current], ""
        else:
            current += text[at]
        at += 1
    return [entry.removeprefix(" ") if place else entry for place, entry in enumerate([*entries, current])]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]


# ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet_out(
    ws: Workspace,
    to: str | os.PathLike[str],
    fields: Sequence[str],
    images: Any = None,
    *,
    languages: Sequence[str] = (),
) -> Path:
    """Save metadata as a sheet to be edited in a spreadsheet program.

    Parameters
    ----------
    to : str or path
        Ends with ``.csv`` or ``.xlsx``. A file of this name is replaced.
    fields : sequence of str
        Field keys, a column each (for texts in languages: one for each language).
    images : list of str, DataFrame or Search, optional
        All images when not given.
    languages : sequence of str
        Languages to have columns for, besides the default and those that the images have.

    Returns
    -------
    Path
        Where it was saved.

    Raises
    ------
    BadValue
        Another ending, no field, or a field isn't known.
    StorageError
        It can't be written.
    """
    ending = Path(to).suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise BadValue(f"{Path(to).name} is no name for a sheet.", hint="End it with .csv or .xlsx.")
    rows = sheet_rows(ws, fields, ids_of(ws, images), languages)
    return write_whole(to, to_csv(rows) if ending == ".csv" else to_xlsx(rows, hidden=[2]))


def sheet_rows(ws: Workspace, fields: Sequence[str], ids: list[str], languages: Sequence[str] = ()) -> list[list[str]]:
    """Return a sheet's rows, the heading first."""
    keys = list(dict.fromkeys(exiv2_key(field) for field in fields))
    if not keys:
        raise BadValue("A sheet needs fields.", hint='Say ["Xmp.dc.title", "Xmp.dc.subject"].')
    seq = ws.ledger.head()[0]
    now = contents(ws, ids, keys)
    columns = [column for key in keys for column in _columns(key, now, languages)]
    found = lent(ws, "selected_facts", selection(ids))
    heading = ["image_id", "path", "version:" + ".".join(_hash(c.heading) for c in columns)]
    rows = [[*heading, *[c.heading for c in columns]]]
    for image_id, path in zip(found["image_id"].to_pylist(), found["path"].to_pylist(), strict=True):
        cells = [c.text(now.get((image_id, c.field), ())) for c in columns]
        rows.append([image_id, path, ".".join([str(seq), *map(_hash, cells)]), *cells])
    return rows


def _columns(key: str, now: dict[tuple[str, str], Content], languages: Sequence[str]) -> list[Column]:
    if is_list(key):
        return [Column(key, separator=SEPARATOR)]
    if not has_languages(key):
        return [Column(key)]
    met = {lang for (_, field), content in now.items() if field == key for lang, *_ in content if lang}
    others = sorted({*met, *languages} - {"x-default"})
    return [Column(key, lang) for lang in ["x-default", *others]]


# ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet_in(ws: Workspace, path: str | os.PathLike[str]) -> Preview:
    """Read an edited sheet and show what it would change; ``.apply()`` makes the change.

    Rows are refused, with the reason, when somebody changed the same values since the sheet was made, when no image has
    their id, and when a spreadsheet program has mangled a number or a date. Other columns are left alone, and named.

    Raises
    ------
    BadValue
        The file isn't a sheet that `sheet_out` made.
    StorageError
        It can't be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}.", hint="Check name and permissions.") from error
    rows, form = read(content)
    return _Reading(ws, rows, f"sheet {Path(path).name}", form).preview()


@dataclass(frozen=True, slots=True)
class _Cell:
    column: Column
    was: str  # hash of what stood there when the sheet was made
    text: str

    @property
    def edited(self) -> bool:
        return _hash(self.text) != self.was


class _Reading:
    """One sheet being read."""

    def __init__(self, ws: Workspace, rows: list[list[str]], what: str, form: str) -> None:
        self.ws = ws
        self._rows = [row for row in rows if any(row)]
        heading = [cell.strip() for cell in self._rows[0]] if self._rows else []
        version = next((i for i, name in enumerate(heading) if name.startswith("version:")), None)
        if "image_id" not in heading or version is None:
            raise BadValue(
                "The file has no columns image_id and version.", hint="Start from a sheet that the workbench made."
            )
        self._id, self._version = heading.index("image_id"), version
        self._order = heading[version].removeprefix("version:").split(".")
        self._columns = {place: column for place, name in enumerate(heading) if (column := _column(name))}
        self._preview = Preview(ws, what, "entered", ws.ledger.head()[0])
        self._preview.notes.append(f"Read as {form}.")
        ours = {self._id, self._version, *self._columns}
        ignored = [name for place, name in enumerate(heading) if place not in ours and name not in ("path", "")]
        if ignored:
            self._preview.notes.append(f"Columns that are no fields, left alone: {', '.join(ignored)}.")

    def preview(self) -> Preview:
        rows = self._by_image()
        known = self._known(list(rows))
        keys = list(dict.fromkeys(column.field for column in self._columns.values()))
        self._now = contents(self.ws, list(known), keys) if known else {}
        self._seqs: dict[str, int] = {}
        edited = {image_id: cells for image_id in known if (cells := self._edited(image_id, rows[image_id]))}
        self._preview.unchanged = len(known) - len(edited)
        self._changed = self._changed_since(edited)
        for image_id, cells in edited.items():
            self._take(image_id, cells)
        return self._preview

    def _by_image(self) -> dict[str, list[str]]:
        rows: dict[str, list[str]] = {}
        width = len(self._rows[0])
        for row in self._rows[1:]:
            padded = row + [""] * (width - len(row))
            image_id = padded[self._id].strip()
            if image_id in rows and rows[image_id] != padded:
                self._refuse(image_id, "", "This id is in the sheet twice, with different values.")
            rows.setdefault(image_id, padded)
        return rows

    def _known(self, ids: list[str]) -> dict[str, None]:
        unknown = set(self.ws.query("unknown_images", image_ids=ids)["image_id"]) if ids else set()
        for image_id in ids:
            if image_id in unknown:
                self._refuse(image_id, "", "No image has this id.")
        twice = {one.image_id for one in self._preview.refused}
        return dict.fromkeys(image_id for image_id in ids if image_id not in unknown | twice)

    def _refuse(self, image_id: str, field: str, reason: str) -> None:
        self._preview.refused.append(Refused(image_id, field, reason))

    def _edited(self, image_id: str, row: list[str]) -> list[_Cell]:
        seq, *hashes = row[self._version].strip().split(".")
        was = dict(zip(self._order, hashes, strict=False))
        self._seqs[image_id] = int(seq) if re.fullmatch(r"\d{1,18}", seq) else 0
        nothing = _hash("")
        cells = [
            _Cell(column, was.get(_hash(column.heading), nothing), _same_lines(row[place]))
            for place, column in self._columns.items()
        ]
        return [cell for cell in cells if cell.edited and cell.text != self._current(image_id, cell.column)]

    def _current(self, image_id: str, column: Column) -> str:
        return column.text(self._now.get((image_id, column.field), ()))

    def _changed_since(self, edited: dict[str, list[_Cell]]) -> dict[tuple[str, str], tuple[str, int]]:
        pairs = [(image_id, cell.column.field) for image_id, cells in edited.items() for cell in cells]
        return changed_since(self.ws, pairs, min(self._seqs.values(), default=0)) if pairs else {}

    def _take(self, image_id: str, cells: list[_Cell]) -> None:
        for cell in cells:
            current = self._current(image_id, cell.column)
            reason = self._stale(image_id, cell, current) or mangled(current, cell.text)
            if reason:
                self._refuse(image_id, cell.column.field, reason)
                return
        for field in dict.fromkeys(cell.column.field for cell in cells):
            old = self._now.get((image_id, field), ())
            new = in_order(field, _edited_languages(old, [cell for cell in cells if cell.column.field == field]))
            if new != old:
                self._preview.steps.append(Step(image_id, field, old, new))

    def _stale(self, image_id: str, cell: _Cell, current: str) -> str:
        if _hash(current) == cell.was:
            return ""
        who, seq = self._changed.get((image_id, cell.column.field), ("", 0))
        if who and seq > self._seqs[image_id]:
            return f"{who} changed {cell.column.heading} after the sheet was made (change {seq})."
        return f"{cell.column.heading} isn't what it was when the sheet was made."


def _column(heading: str) -> Column | None:
    match = _HEADING.fullmatch(heading)
    try:
        key = exiv2_key(match["field"]) if match else ""
    except BadValue:
        return None
    if match is None or not key.startswith("Xmp."):
        return None
    what = match["what"] or ""
    if is_list(key) or what in (";", "|", ","):
        return Column(key, separator=what or SEPARATOR)
    return Column(key, (what or "x-default") if has_languages(key) else None)


def _edited_languages(old: Content, cells: list[_Cell]) -> Languages:
    languages = as_languages(old)
    for cell in cells:
        if cell.column.lang == "x-default":
            languages.pop(None, None)
        languages[cell.column.lang] = cell.column.texts(cell.text)
    return languages


_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?: 00:00(?::00)?)?")
_ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+]\d+")


def mangled(before: str, after: str) -> str:
    """Say how a spreadsheet program has changed a text that nobody edited; empty when it doesn't look so.

    Parameters
    ----------
    before, after : str
        What stood in the cell, and what stands there now.
    """
    if _ROUNDED.fullmatch(after) and not _ROUNDED.fullmatch(before):
        return f"A spreadsheet program has rounded {before or 'a number'!r} to {after!r}."
    if before.isdigit() and before != after and before.lstrip("0") == after:
        return f"A spreadsheet program has cut the zeros of {before!r}."
    digits = re.sub(r"\D", "", before)
    if before.isdigit() and len(digits) > 15 and after.isdigit() and after[:15] == before[:15]:
        return f"A spreadsheet program has rounded {before!r} to {after!r}."
    if before != after and _same_date(before, after):
        return f"A spreadsheet program has rewritten the date {before!r} as {after!r}."
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}", before) and re.fullmatch(
        r"\d{1,2}[-. ]+[^\W\d]{3,4}\.?|\d{4}-\d\d-\d\d", after
    ):
        return f"A spreadsheet program has taken {before!r} for a date."
    if before.lower() in ("true", "false") and after in ("TRUE", "FALSE", "WAHR", "FALSCH", "VRAI", "FAUX"):
        return f"A spreadsheet program has taken {before!r} for yes or no."
    return ""


def _same_date(one: str, other: str) -> bool:
    found = _DATE.fullmatch(one), _DATE.fullmatch(other)
    if not all(found):
        return False
    parts = [
        sorted(int(part) % 100 if len(part) == 4 else int(part) for part in match.groups()) for match in found if match
    ]
    return parts[0] == parts[1]
