"""Parts of pages that go to clients: one HTML file that needs nothing else, neither the network nor files beside it.

Everything that comes from images, people or files is escaped; a content security policy in the page forbids it to load
or send anything. Plotly's script stands in it once.
"""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from plotly.offline import get_plotlyjs

from workbench.tables import visible

_CSS = Path(__file__).with_name("page_parts.css")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_LONGEST = 300

# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────


def text(value: object, *, longest: int = _LONGEST) -> str:
    """Return a value as HTML shows it literally: escaped, control and direction characters made visible, bounded.

    Examples
    --------
    >>> text('<img src=x onerror="run()">')
    '&lt;img src=x onerror=&quot;run()&quot;&gt;'
    """
    return html.escape(visible("" if value is None else str(value), width=longest))


def size(number: int) -> str:
    """Return bytes as people say them, by thousands.

    Examples
    --------
    >>> size(999), size(1_234_567)
    ('999 bytes', '1.23 MB')
    """
    if number < 1000:
        return f"{number} byte{'s' * (number != 1)}"
    units = ("kB", "MB", "GB", "TB", "PB")
    value, place = number / 1000, 0
    while value >= 999.5 and place < len(units) - 1:
        value, place = value / 1000, place + 1
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {units[place]}"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its word: ``1 file``, ``1,204 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share(part: float, whole: float) -> str:
    """Return a part in per cent, honest about little: never 0 % for something, never 100 % for less than all.

    Examples
    --------
    >>> share(1, 5000), share(1, 3), share(4999, 5000)
    ('< 0.1 %', '33 %', '> 99.9 %')
    """
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    return f"{percent:.0f} %" if percent == 0 or percent == 100 or 9.95 <= percent < 99 else f"{percent:.1f} %"


def money(amount: float, currency: str) -> str:
    """Return an amount to the cent; less than a cent is said to be so."""
    return f"< 0.01 {currency}" if 0 < amount < 0.01 else f"{amount:,.2f} {currency}"


def moment(value: datetime | str | None) -> str:
    """Return a time in UTC as people write it, to the minute; empty for none."""
    if value is None or value != value:
        return ""
    written = value.isoformat(" ") if isinstance(value, datetime) else str(value).replace("T", " ")
    return written[:16] + " UTC"


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────

Row = Mapping[str, Any]


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    heading : str
    cell : callable
        Makes the HTML of a cell from a row; what it puts in must be escaped.
    look : str
        ``n`` for numbers, ``short`` for what isn't wrapped.
    foot : str
        What stands below, as text.
    """

    heading: str
    cell: Callable[[Row], str]
    look: str = ""
    foot: str = ""


def plain(heading: str, name: str, look: str = "") -> Column:
    """Return a column of texts."""
    return Column(heading, lambda row: text(row[name]), look)


def numbers(heading: str, name: str, foot: int | None = None) -> Column:
    """Return a column of whole numbers."""
    return Column(heading, lambda row: f"{int(row[name] or 0):,}", "n", "" if foot is None else f"{foot:,}")


def sizes(heading: str, name: str, foot: int | None = None) -> Column:
    """Return a column of bytes."""
    return Column(heading, lambda row: size(int(row[name] or 0)), "n", "" if foot is None else size(foot))


def moments(heading: str, name: str) -> Column:
    """Return a column of times."""
    return Column(heading, lambda row: text(moment(row[name])), "short")


def two_lines(first: object, second: object) -> str:
    """Return a cell with a smaller second line."""
    return f"{text(first)}<small>{text(second)}</small>"


def table(columns: Sequence[Column], rows: Iterable[Row]) -> str:
    """Return a table."""
    head = "".join(f'<th scope="col"{_look(column)}>{text(column.heading)}</th>' for column in columns)
    lines = ["".join(f"<td{_look(column)}>{column.cell(row)}</td>" for column in columns) for row in rows]
    foot = "".join(f"<td{_look(column)}>{text(column.foot)}</td>" for column in columns)
    last = f"<tfoot><tr>{foot}</tr></tfoot>" if any(column.foot for column in columns) else ""
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody>{last}</table></div>'


def _look(column: Column) -> str:
    return f' class="{column.look}"' if column.look else ""


# ── other pieces ──────────────────────────────────────────────────────────────────────────────────────────────


def tile(figure: str, words: str, more: str = "") -> str:
    """Return a tile: a figure, what it counts, and a remark."""
    return f'<div class="tile"><b>{text(figure)}</b><span>{text(words)}</span><small>{text(more)}</small></div>'


def badge(words: str, look: str = "") -> str:
    """Return a word in a frame; ``look`` is ``gone``, ``waits`` or nothing."""
    return f'<span class="badge {look}">{text(words)}</span>'


def statement(words: str, more: str, *, holds: bool) -> str:
    """Return a statement set apart from the text, with a remark in small print."""
    look = "statement" if holds else "statement open"
    return f'<div class="{look}"><p>{text(words)}</p><p class="soft"><small>{text(more)}</small></p></div>'


def picture(jpeg: bytes | None, heading: str, caption: str, missing: str = "No thumbnail.") -> str:
    """Return a picture with its caption; ``missing`` stands where there is none."""
    inside = f'<div class="none">{text(missing)}</div>'
    if jpeg is not None:
        data = base64.b64encode(jpeg).decode()
        inside = f'<img src="data:image/jpeg;base64,{data}" alt="{text(f"{heading}: {caption}")}">'
    return f"<figure>{inside}<figcaption><b>{text(heading)}</b>{text(caption)}</figcaption></figure>"


def script_json(data: object) -> str:
    """Return data as JSON that may stand inside a ``<script>``: nothing in it can end the script."""
    dumped = json.dumps(data, ensure_ascii=False, allow_nan=False, sort_keys=True)
    return re.sub(r"[<>&\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", dumped)


class Bars(NamedTuple):
    """One series of a bar chart: its name, its colour, and a value a bar (None leaves a gap)."""

    name: str
    colour: str
    values: Sequence[float | None]


def bar_chart(
    name: str, labels: Sequence[str], series: Sequence[Bars], *, says: str, unit: str = "", percent: bool = False
) -> str:
    """Return a chart of horizontal bars, stacked where there are several series.

    Parameters
    ----------
    name : str
        Its id in the page.
    labels : sequence of str
        One a bar.
    series : sequence of Bars
    says : str
        What it shows, for those who don't see it.
    unit : str
        Behind the figures.
    percent : bool
        Whether the values are parts of 1.
    """
    form = "%{x:.1%}" if percent else "%{x:,}"
    traces = [
        {
            "type": "bar", "orientation": "h", "name": text(one.name), "x": [_finite(value) for value in one.values],
            "y": [text(label) for label in labels], "marker": {"color": one.colour},
            "hovertemplate": f"{form} {text(unit)}<extra>{text(one.name)}</extra>",
        }
        for one in series
    ]  # fmt: skip
    axis: dict[str, Any] = {"gridcolor": "#e6eaee", "zeroline": False, "fixedrange": True, "rangemode": "tozero"}
    axis |= {"tickformat": ".0%", "range": [0, 1.0]} if percent else {"tickformat": ",~s" if _large(series) else ",d"}
    axis |= {"dtick": 1} if not percent and _longest(series) <= _FEW else {}
    layout = _LAYOUT | {"xaxis": axis, "showlegend": len(series) > 1}
    height = 64 + (34 if len(series) > 1 else 0) + max(26, 46 - len(labels)) * len(labels)
    arguments = ", ".join(map(script_json, (name, traces, layout, {"responsive": True, "displayModeBar": False})))
    return (
        f'<div class="chart" id="{text(name)}" role="img" aria-label="{text(says)}" style="height:{height}px"></div>\n'
        f"<script>Plotly.newPlot({arguments});</script>"
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _large(series: Sequence[Bars]) -> bool:
    return max((value or 0 for one in series for value in one.values), default=0) >= 100_000


def _longest(series: Sequence[Bars]) -> float:
    """Return the length of the longest bar, of all series on top of each other."""
    return max(
        (sum(value or 0 for value in bar) for bar in zip(*(one.values for one in series), strict=True)), default=0
    )


_FEW = 5
"""Up to so many are counted one by one: between them the axis would name a number twice."""

_LAYOUT: dict[str, Any] = {
    "barmode": "stack",
    "bargap": 0.35,
    "font": {
        "family": "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
        "size": 13,
        "color": "#1c2430",
    },
    "margin": {"l": 8, "r": 24, "t": 8, "b": 40},
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    "yaxis": {"automargin": True, "fixedrange": True, "autorange": "reversed", "ticksuffix": "  "},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hoverlabel": {"bgcolor": "#ffffff"},
}


def document(
    title: str, body: str, *, language: str = "en", style: str = "", schemes: str = "light", charts: bool = True
) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        What the browser's tab says.
    body : str
        HTML.
    language : str
        Of its words.
    style : str
        CSS that comes after that of all pages.
    schemes : str
        ``light``, or ``light dark`` where the style has both.
    charts : bool
        Whether plotly's script comes along: 5 MB.
    """
    drawing = f"<script>{get_plotlyjs()}</script>" if charts else ""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="'
        f'{schemes}">\n<title>{text(title)}</title>\n<style>{_CSS.read_text("utf-8")}{style}</style>\n'
        f"{drawing}\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
