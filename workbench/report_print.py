"""A report in print: PDF by Typst, without a browser. The layout stands in ``report_print.typ``; all content is data.

Typst's package brings Libertinus Serif, New Computer Modern and DejaVu Sans Mono (Latin, Greek, Cyrillic). Other
alphabets are printed with the fonts of this machine, or of the folder that a theme names. The file is PDF/UA-1: tagged,
with words for each figure; that standard forbids characters no font has, so those stand in it by their codes.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import typst

from workbench.errors import StorageError
from workbench.report_figures import colours, svg
from workbench.report_model import Column, Content, Figure, Number, Part, Remark, Section, Table
from workbench.report_page import under
from workbench.report_theme import Theme
from workbench.report_words import Words
from workbench.tables import visible

_LAYOUT = Path(__file__).with_name("report_print.typ")
_UNPRINTABLE = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_FONTS = '("Noto Sans", "Liberation Sans", "Arial", "Helvetica", "DejaVu Sans", "Libertinus Serif")'
"""As ``report_print.typ`` has them."""

_CELL, _WORDS = 160, 2_000
_MOST_ROWS = 40


def pdf(content: Content, words: Words, theme: Theme) -> bytes:
    """Return a report as a PDF file, A4.

    Parameters
    ----------
    content : Content
    words : Words
        In the language of the content.
    theme : Theme

    Raises
    ------
    StorageError
        It can't be laid out: the fonts of the theme can't be read, or the content is beyond all measure.
    """
    told = _told(content, words, theme)
    coded = _without_font(json.dumps(told, ensure_ascii=False), theme.fonts)
    if coded:
        told = _printable(told, coded) | {"unprintable": words("unprintable")}
    given = {"report": json.dumps(told, ensure_ascii=False)}
    at = content.as_of()
    for standard in (["ua-1"], []):
        try:
            made = _typeset(theme.fonts).compile(
                _LAYOUT.read_bytes(), format="pdf", sys_inputs=given, pdf_standards=standard,
                timestamp=int(at.timestamp()) if at else 0,
            )  # fmt: skip
            return bytes(made)
        except (typst.TypstError, RuntimeError) as error:
            reason = error
    raise StorageError(f"The report can't be printed: {reason}.", hint="Check the theme's fonts.") from reason


def _without_font(said: str, fonts: str) -> set[str]:
    """Return the characters that no font has: a page of them all is laid out, and Typst names those it can't show."""
    probe = " ".join(sorted({character for character in said if character > "~"}))
    source = f'#set text(font: {_FONTS})\n#set document(title: "probe")\n#sys.inputs.probe'
    try:
        _typeset(fonts).compile(source.encode(), format="pdf", sys_inputs={"probe": probe}, pdf_standards=["ua-1"])
    except (typst.TypstError, RuntimeError) as error:
        return set(_missing(str(getattr(error, "diagnostic", "") or error)))
    return set()


@functools.lru_cache(maxsize=4)
def _typeset(fonts: str) -> Any:
    return typst.Compiler(font_paths=typst.Fonts(font_paths=[fonts] if fonts else []))


def _missing(diagnostic: str) -> list[str]:
    """Return the characters that a message of Typst's says no font has."""
    found = (
        re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), one) for one in _UNPRINTABLE.findall(diagnostic)
    )
    return [
        character for one in found for character in one.replace('\\"', '"').replace("\\\\", "\\") if character > "~"
    ]


def _printable(told: Any, coded: set[str]) -> Any:
    if isinstance(told, str):
        return "".join(f"[{ord(c):04X}]" if c in coded else c for c in told) if coded else told
    if isinstance(told, list):
        return [_printable(one, coded) for one in told]
    return {name: _printable(one, coded) for name, one in told.items()} if isinstance(told, dict) else told


# ── what is told to the layout ────────────────────────────────────────────────────────────────────────────────


def _plain(said: object, longest: int = _CELL) -> str:
    return visible(str(said).encode("utf-8", "replace").decode(), width=longest)


def _told(content: Content, words: Words, theme: Theme) -> dict[str, Any]:
    seen = [words("as_of", at=words.moment(content.at)) if content.at else ""]
    seen += [f"{name}: {value}" for name, value in content.scope.items()]
    return {
        "language": content.language,
        "title": _plain(content.title),
        "subtitle": _plain(content.subtitle),
        "name": _plain(theme.name),
        "logo": list(theme.logo or b""),
        "logo_kind": {"jpeg": "jpg"}.get(theme.logo_kind(), theme.logo_kind()),
        "accent": theme.accent,
        "seen": _plain(" · ".join(one for one in seen if one), _WORDS),
        "footer": _plain(theme.footer, _WORDS),
        "made": words("footer", workspace=_plain(content.workspace), events=words.count(content.events)),
        "head": content.head,
        "sections": [_section(one, words, theme) for one in content.sections],
        "unsaid_title": words("unsaid"),
        "unsaid": [_plain(one, _WORDS) for one in content.unsaid],
        "unprintable": "",
    }


def _section(section: Section, words: Words, theme: Theme) -> dict[str, Any]:
    return {"title": _plain(section.title), "parts": [_part(one, words, theme) for one in section.parts]}


def _part(part: Part, words: Words, theme: Theme) -> dict[str, Any]:
    if isinstance(part, Number):
        notes = [note for note in (words.basis(part), part.note) if note]
        value = _plain(words.written(part.value, part.unit))
        return {
            "is": "number",
            "value": value,
            "label": _plain(part.label),
            "notes": [_plain(n, _WORDS) for n in notes],
        }
    if isinstance(part, Figure):
        drawn = svg(part, words, colours(theme))
        return {"is": "figure", "title": _plain(part.title), "says": _plain(part.says, _WORDS), "svg": drawn}
    if isinstance(part, Table):
        return _table(part, words)
    if isinstance(part, Remark):
        told = {"words": _plain(part.words, _WORDS), "more": _plain(part.more, _WORDS)}
        return {"is": "remark", "look": part.look or "plain"} | told
    return {"is": "words", "words": _plain(part, _WORDS)}


def _table(table: Table, words: Words) -> dict[str, Any]:
    most = min(table.show, _MOST_ROWS)
    every = table.data.num_rows
    more = ""
    if every > most:
        more = words("first_rows", shown=words.count(most), rows=words.count(every), file=f"tables/{table.key}.csv")
    return {
        "is": "table",
        "title": _plain(table.title),
        "note": _plain(table.note, _WORDS),
        "heads": [_plain(column.heading) for column in table.columns],
        "right": [column.unit not in ("text", "date") for column in table.columns],
        "widths": _widths(table, words),
        "rows": [[_cell(column, row, words) for column in table.columns] for row in table.rows(most)],
        "more": more if every else words("nothing"),
    }


def _cell(column: Column, row: dict[str, Any], words: Words) -> list[str]:
    return [_breakable(_plain(words.written(row[column.name], column.unit))), _plain(under(column, row, words))]


def _breakable(said: str) -> str:
    """Return text in which no run without spaces is so long that it leaves its column."""
    return re.sub(r"\S{24,}", lambda run: re.sub(r"(.{12})", "\\1\u200b", run[0]), said)


def _widths(table: Table, words: Words) -> list[int]:
    """Return how wide each column is against the others: by its longest text, within bounds."""
    rows = table.rows(min(table.show, _MOST_ROWS))
    wide = []
    for column in table.columns:
        cells = [_cell(column, row, words) for row in rows]
        longest = max((max(len(cell[0]), round(0.8 * len(cell[1]))) for cell in cells), default=0)
        whole = max(map(len, column.heading.split() or [""]))
        wide.append(max(5, min(44, max(longest, whole))))
    return wide
