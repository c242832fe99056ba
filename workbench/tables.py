"""Tables as text and files: what a query answers, for a terminal, a spreadsheet or another program."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import unicodedata
import uuid
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import BadValue, StorageError

FORMATS = ("table", "csv", "json", "parquet")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WIDEST = 60
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of characters that nobody sees, that turn others around, or that end lines."""


def harmless(text: str) -> str:
    """Return text that a spreadsheet shows instead of running it: an apostrophe before what looks like a formula.

    After OWASP, "CSV Injection": a cell is dangerous when it begins with ``= + - @``, tab or carriage return.
    """
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text


def visible(text: str, *, width: int = _WIDEST) -> str:
    """Return text safe for a terminal: control and direction characters escaped, one line, bounded."""
    shown = "".join(f"\\u{ord(c):04x}" if _is_hidden(c) else c for c in text[: width * 2])
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _is_hidden(character: str) -> bool:
    # Persian words and joined emoji need the two that join and part letters.
    return unicodedata.category(character) in _HIDDEN and character not in "\u200c\u200d"


def as_table(table: pa.Table) -> str:
    """Return a table as aligned columns for a terminal."""
    cells = [[_cell(value) for value in column.to_pylist()] for column in table.columns]
    names = [visible(name) for name in table.column_names]
    widths = [max(map(_columns, [name, *column])) for name, column in zip(names, cells, strict=True)]
    right = [pa.types.is_integer(f.type) or pa.types.is_floating(f.type) for f in table.schema]
    lines = [_line(names, widths, right), "  ".join("─" * w for w in widths)]
    lines += [_line(list(row), widths, right) for row in zip(*cells, strict=True)]
    return "\n".join(lines) + f"\n({table.num_rows:,} row{'s' * (table.num_rows != 1)})\n"


def as_csv(table: pa.Table, *, raw: bool = False) -> str:
    """Return a table as CSV (RFC 4180, UTF-8); text that looks like a formula gets an apostrophe unless ``raw``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([name if raw else harmless(name) for name in table.column_names])
    columns = [column.to_pylist() for column in table.columns]
    for row in zip(*columns, strict=True):
        writer.writerow([v if raw or not isinstance(v, str) else harmless(v) for v in row])
    return out.getvalue()


def as_json(table: pa.Table) -> str:
    """Return a table as a JSON list of objects; times in ISO 8601."""
    columns = [[_known_to_json(value) for value in column.to_pylist()] for column in table.columns]
    records = [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
    return json.dumps(records, ensure_ascii=False, indent=1, default=_plain, allow_nan=False) + "\n"


def as_parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def render(table: pa.Table, format: str, *, raw: bool = False) -> bytes:
    """Return a table in one of `FORMATS`."""
    makers: dict[str, Callable[[], str | bytes]] = {
        "table": lambda: as_table(table),
        "csv": lambda: as_csv(table, raw=raw),
        "json": lambda: as_json(table),
        "parquet": lambda: as_parquet(table),
    }
    if format not in makers:
        raise BadValue(f"There is no format {format!r}.", hint=f"Choose one of {', '.join(FORMATS)}.")
    made = makers[format]()
    return made.encode("utf-8", "replace") if isinstance(made, str) else made


def save_table(frame: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Save a DataFrame for a spreadsheet or another program; the file's ending says as what.

    Parameters
    ----------
    frame : DataFrame
    path : str or path
        Ends with ``.csv`` (UTF-8 with a mark that Excel needs to read it; text that looks like a formula gets an
        apostrophe), ``.json`` or ``.parquet``. A file of this name is replaced.

    Returns
    -------
    Path
        Where it was saved.

    Raises
    ------
    BadValue
        Another ending.
    StorageError
        It can't be written; what was there before is untouched.
    """
    format = Path(path).suffix.lower().lstrip(".")
    if format not in ("csv", "json", "parquet"):
        raise BadValue(f"{Path(path).name} doesn't say what to save as.", hint="End it with .csv, .json or .parquet.")
    mark = b"\xef\xbb\xbf" if format == "csv" else b""
    return write_whole(path, mark + render(pa.Table.from_pandas(frame, preserve_index=False), format))


def write_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file so that it is there whole or not at all, also on a full disk.

    Raises
    ------
    StorageError
        It can't be written; what was there before is untouched.
    """
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():  # a pipe or a device: nothing can be put in its place
            target.write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"{path} can't be written: {reason}.", hint="Check the folder and free space.") from error
    return target


def _replace(target: Path, content: bytes) -> None:
    spare = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with spare.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        spare.replace(target)
    except BaseException:
        spare.unlink(missing_ok=True)
        raise


def _known_to_json(value: Any) -> Any:
    """Return None for numbers that JSON has no word for, also inside lists and structs."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_known_to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _known_to_json(item) for key, item in value.items()}
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return visible(f"{value:.6g}" if isinstance(value, float) else str(value))


def _columns(text: str) -> int:
    """Return how many terminal columns text takes: wide East Asian characters two, combining marks none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = []
    for cell, width, to_right in zip(cells, widths, right, strict=True):
        gap = " " * (width - _columns(cell))
        padded.append(gap + cell if to_right else cell + gap)
    return "  ".join(padded).rstrip()
