"""A report as one page: self-contained, interactive, in light and dark, with nothing loaded and nothing sent."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench import page_parts
from workbench.page_parts import script_json, text
from workbench.report_figures import colours, plotly, svg
from workbench.report_model import Column, Content, Figure, Number, Part, Remark, Section, Table
from workbench.report_theme import Theme
from workbench.report_words import Words

_STYLE = Path(__file__).with_name("report_page.css")
_LONG = 2_000
_LEFT = ("text", "date")

_DRAW = Path(__file__).with_name("report_page.js")
"""Draws the figures: their data comes as JSON, and roles of colours become colours only there."""


def page(content: Content, words: Words, theme: Theme) -> str:
    """Return the page.

    Parameters
    ----------
    content : Content
    words : Words
        In the language of the content.
    theme : Theme
    """
    sections = "\n".join(_section(section, words, theme) for section in content.sections)
    foot = [words("footer", workspace=content.workspace, events=words.count(content.events)), theme.footer]
    drawing = _DRAW.read_text("utf-8")
    body = (
        f"<script>{_look(theme)}{drawing}</script>\n{_header(content, words, theme)}\n"
        f"{_contents(content)}\n{sections}\n"
        f"{_unsaid(content, words)}\n<footer>{'<br>'.join(text(line, longest=_LONG) for line in foot if line)}"
        f'<br><span class="mono">{text(content.head)}</span></footer>'
    )
    style = _STYLE.read_text("utf-8")
    style += f":root {{ --accent: {theme.accent}; }}\n"
    style += f"@media screen and (prefers-color-scheme: dark) {{ :root {{ --accent: {theme.accent_dark}; }} }}\n"
    title = f"{content.title} · {content.subtitle}"
    return page_parts.document(title, body, language=content.language, style=style, schemes="light dark")


def _look(theme: Theme) -> str:
    light, dark = colours(theme), colours(theme, dark=True)
    return f"const LOOK = {script_json({'light': light | {'page': '#ffffff'}, 'dark': dark | {'page': '#14181d'}})};"


def _header(content: Content, words: Words, theme: Theme) -> str:
    logo = f'<img src="{theme.logo_uri()}" alt="{text(theme.name)}">' if theme.logo else ""
    seen = " · ".join(
        filter(None, [words("as_of", at=words.moment(content.at)) if content.at else "", _scope(content)])
    )
    kind = f"{theme.name} · {content.title}" if theme.name else content.title
    return (
        f'<header><div><p class="kind">{text(kind)}</p><h1>{text(content.subtitle)}</h1>'
        f"<p>{text(seen, longest=_LONG)}</p></div>{logo}</header>"
    )


def _scope(content: Content) -> str:
    return " · ".join(f"{name}: {value}" for name, value in content.scope.items())


def _contents(content: Content) -> str:
    links = [f'<a href="#{text(one.key)}">{text(one.title)}</a>' for one in content.sections]
    return f"<nav>{''.join(links)}</nav>"


def _section(section: Section, words: Words, theme: Theme) -> str:
    made = []
    for kind, parts in itertools.groupby(section.parts, type):
        if kind is Number:
            made.append(f'<div class="tiles few">{"".join(_tile(one, words) for one in parts)}</div>')
        else:
            made += [_part(one, words, theme) for one in parts]
    return f'<section id="{text(section.key)}"><h2>{text(section.title)}</h2>{"".join(made)}</section>'


def _part(part: Part, words: Words, theme: Theme) -> str:
    if isinstance(part, Table):
        return _table(part, words)
    if isinstance(part, Figure):
        return _figure(part, words, theme)
    if isinstance(part, Remark):
        more = f'<p class="soft"><small>{text(part.more, longest=_LONG)}</small></p>' if part.more else ""
        return f'<div class="statement {part.look or "plain"}"><p>{text(part.words, longest=_LONG)}</p>{more}</div>'
    return f"<p>{text(part, longest=_LONG)}</p>"


def _tile(number: Number | Any, words: Words) -> str:
    notes = [words.basis(number), number.note]
    small = "".join(f"<small>{text(note, longest=_LONG)}</small>" for note in notes if note)
    value = text(words.written(number.value, number.unit))
    return f'<div class="tile"><b>{value}</b><span>{text(number.label)}</span>{small}</div>'


def _figure(figure: Figure, words: Words, theme: Theme) -> str:
    made = plotly(figure, words)
    still = svg(figure, words, colours(theme))
    arguments = f"{script_json(f'figure-{figure.key}')}, {script_json(made)}"
    return (
        f'<div class="part"><h3>{text(figure.title)}</h3><div class="chart" id="figure-{text(figure.key)}" role="img" '
        f'aria-label="{text(figure.says, longest=_LONG)}" style="height:{made["height"]}px"><noscript>{still}'
        f"</noscript></div></div>\n<script>drawReport({arguments});</script>\n"
    )


def _unsaid(content: Content, words: Words) -> str:
    if not content.unsaid:
        return ""
    items = "".join(f"<li>{text(one, longest=_LONG)}</li>" for one in content.unsaid)
    return f'<section id="unsaid"><h2>{text(words("unsaid"))}</h2><ul class="unsaid">{items}</ul></section>'


def _table(table: Table, words: Words) -> str:
    columns = [_column(column, words) for column in table.columns]
    note = f'<p class="soft">{text(table.note, longest=_LONG)}</p>' if table.note else ""
    if not table.data.num_rows:
        return f'<h3>{text(table.title)}</h3><p class="soft">{text(words("nothing"))}</p>'
    more = ""
    if table.data.num_rows > table.show:
        shown, every = words.count(table.show), words.count(table.data.num_rows)
        more = (
            f'<p class="soft">{text(words("first_rows", shown=shown, rows=every, file=f"tables/{table.key}.csv"))}</p>'
        )
    return f"<h3>{text(table.title)}</h3>{note}{page_parts.table(columns, table.rows(table.show))}{more}"


def _column(column: Column, words: Words) -> page_parts.Column:
    def cell(row: page_parts.Row) -> str:
        below = under(column, row, words)
        written = text(words.written(row[column.name], column.unit))
        return f"{written}<small>{text(below)}</small>" if below else written

    look = "" if column.unit == "text" else "short" if column.unit in _LEFT else "n"
    return page_parts.Column(column.heading, cell, look)


def under(column: Column, row: page_parts.Row, words: Words) -> str:
    """Return what stands below a value in a table: its interval, and what it rests on."""
    parts: Iterable[str] = (
        words.interval(row[column.low], row[column.high], column.unit) if column.low else "",
        f"n = {words.count(row[column.n])}" if column.n and row[column.n] and row[column.name] is not None else "",
    )
    return ", ".join(part for part in parts if part)
