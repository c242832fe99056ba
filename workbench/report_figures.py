"""Figures of a report: as plotly's data for the page, and as SVG for print. Pure, and no plotting library needed.

Both are drawn from the same `workbench.report_model.Figure`; labels from the data are escaped for whoever reads them.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workbench.report_model import Axis, Figure, Series, Unit
from workbench.report_theme import Theme
from workbench.report_words import Words
from workbench.tables import visible

Colours = dict[str, str]

_SHORT = 26
_DASHES = {"dashed": "6 5"}
_PLOTLY_LINES = {"line": {}, "step": {"shape": "hv"}, "dashed": {"dash": "dash"}}
_FORMATS: dict[str, str] = {"share": ".0%", "count": ",~d", "number": ",.3~g", "bytes": ".3~s", "per_hour": ",.3~g"}
_HOVERS: dict[str, str] = {"share": ".1%", "count": ",d", "number": ",.3f", "bytes": ".3s", "per_hour": ",.1f"}


def colours(theme: Theme, *, dark: bool = False) -> Colours:
    """Return the colour of each role, on white or on dark ground; told apart also without seeing colours well."""
    if dark:
        shades = ("#e0a458", "#66c2a5", "#c8a2e8", "#66c28a", "#e0b050", "#f08a7a", "#8792a0", "#e8ecf1", "#343c46")
    else:
        shades = ("#c2571a", "#11836b", "#7d4fa8", "#2b7a4b", "#9a5b00", "#b3261e", "#8a95a3", "#1c2430", "#dde2e8")
    roles = ("second", "third", "fourth", "good", "warn", "bad", "soft", "ink", "line")
    return {"accent": theme.accent_dark if dark else theme.accent} | dict(zip(roles, shades, strict=True))


def short(name: object, *, most: int = _SHORT) -> str:
    """Return a name as it fits beside a bar: one line, no control or direction characters."""
    return visible(str(name), width=most)


# ── for the page ──────────────────────────────────────────────────────────────────────────────────────────────


def plotly(figure: Figure, words: Words) -> dict[str, Any]:
    """Return a figure as plotly's data; colours are roles in ``meta`` that the page replaces, light or dark."""
    value, names = ("x", "y") if figure.sideways else ("y", "x")
    layout: dict[str, Any] = {
        "barmode": "stack" if figure.stacked else "group",
        "bargap": 0.35,
        "showlegend": len(figure.series) > 1,
        "separators": {"de": ",.", "fr": ",\u202f"}.get(words.language, ".,"),
        f"{names}axis": _plotly_axis(figure.y if figure.sideways else figure.x, figure, words),
        f"{value}axis": _plotly_axis(figure.x if figure.sideways else figure.y, figure, words) | {"zeroline": False},
        "shapes": [
            {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "meta": "mark"}
            for at, _ in figure.marks
        ],
        "annotations": [
            {
                "x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "font": {"size": 11},
                "text": html.escape(short(said)),
            }
            for at, said in figure.marks
        ],
    }  # fmt: skip
    if any(one.right for one in figure.series):
        layout["yaxis2"] = {
            "automargin": True,
            "overlaying": "y", "side": "right", "range": [0, 1.05], "tickformat": ".0%", "showgrid": False,
            "fixedrange": True,
        }  # fmt: skip
    return {"data": [_trace(one, figure) for one in figure.series], "layout": layout, "height": _height(figure)}


def _plotly_axis(axis: Axis, figure: Figure, words: Words) -> dict[str, Any]:
    made: dict[str, Any] = {"fixedrange": True, "automargin": True, "zeroline": False}
    if axis.title:
        made["title"] = {"text": html.escape(axis.title), "standoff": 8, "font": {"size": 13}}
    if axis.unit == "text":
        made |= {"type": "category", "showgrid": False, "categoryorder": "array"}
        made["categoryarray"] = [html.escape(short(name)) for name in figure.names()]
        return made | ({"autorange": "reversed", "ticksuffix": "  "} if figure.sideways else {})
    if axis.unit == "date":
        made |= {"type": "date", "showgrid": False, "tickformat": "%d %b" if words.language == "en" else "%d.%m."}
        few = len({day for one in figure.series for day in one.x}) <= 10
        return made | ({"dtick": 86_400_000} if few else {})  # else plotly names a day again at noon
    low, high = span(axis, [])
    fixed: dict[str, Any] = {"range": [low, high]} if axis.high is not None else {"rangemode": "tozero"}
    if axis.unit == "count" and (max(_values(figure), default=0) if axis.high is None else axis.high) < 6:
        fixed["dtick"] = 1
    return made | fixed | {"tickformat": _FORMATS.get(axis.unit, ",.3~g"), "nticks": 7}


def _trace(one: Series, figure: Figure) -> dict[str, Any]:
    names = [html.escape(short(x)) if _named(figure) else x for x in one.x]
    values = [y if y is not None and math.isfinite(y) else None for y in one.y]
    unit = "share" if one.right else (figure.x if figure.sideways else figure.y).unit
    axis = "x" if figure.sideways else "y"
    form = _HOVERS.get(unit, ",.3~g")
    trace: dict[str, Any] = {
        "name": html.escape(short(one.name, most=40)),
        "x": values if figure.sideways else names,
        "y": names if figure.sideways else values,
        "meta": {"role": one.colour},
        "hovertemplate": f"%{{{'y' if figure.sideways else 'x'}}}: %{{{axis}:{form}}}<extra>%{{fullData.name}}</extra>",
    }
    if one.right:
        trace["yaxis"] = "y2"
    if one.look == "bars":
        return trace | {"type": "bar"} | ({"orientation": "h"} if figure.sideways else {})
    if one.look != "points":
        return trace | {"type": "scatter", "mode": "lines", "line": {"width": 2} | _PLOTLY_LINES[one.look]}
    bars = {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 5,
        "array": [_gap(high, y) for high, y in zip(one.high, one.y, strict=False)],
        "arrayminus": [_gap(y, low) for low, y in zip(one.low, one.y, strict=False)],
    }  # fmt: skip
    more = {f"error_{axis}": bars} if one.high else {}
    return trace | {"type": "scatter", "mode": "markers", "marker": {"size": 8}, "cliponaxis": False} | more


def _gap(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else max(0.0, high - low)


def _named(figure: Figure) -> bool:
    return (figure.y if figure.sideways else figure.x).unit == "text"


def _height(figure: Figure) -> int:
    if figure.height:
        return figure.height
    if not figure.sideways:
        return 320
    return 84 + (30 if len(figure.series) > 1 else 0) + max(26, 46 - len(figure.names())) * max(1, len(figure.names()))


# ── for print ─────────────────────────────────────────────────────────────────────────────────────────────────


def span(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
    """Return from where to where an axis goes."""
    low = axis.low if axis.low is not None else min(0.0, *values, 0.0)
    high = axis.high if axis.high is not None else max([*values, low])
    return low, high if high > low else low + 1.0


def ticks(low: float, high: float, most: int = 6, least: float = 0.0) -> list[float]:
    """Return round places for the marks of an axis, no closer than ``least``.

    Examples
    --------
    >>> ticks(0, 47)
    [0.0, 10.0, 20.0, 30.0, 40.0]
    """
    rough = max((high - low) / most, least)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * part for part in (1, 2, 5, 10) if power * part >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round((first + k) * step, 12) for k in range(most + 2) if (first + k) * step <= high + step * 1e-9]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things lie in a drawing: its size, the box of the data, and how values become places."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    x: Callable[[Any], float]
    y: Callable[[Any], float]
    slot: float


def svg(
    figure: Figure, words: Words, shades: Colours, *, width: float = 680, ground: str = "", titled: bool = False
) -> str:
    """Return a figure as SVG, on a ground and with its title if wanted; there is nothing in it but shapes and text."""
    frame = _frame(figure, words, width)
    inside = [*_grid(figure, frame, words, shades), *_marks(figure, frame, shades)]
    for place, one in enumerate(figure.series):
        inside += _drawn(figure, one, place, frame, shades)
    inside += _legend(figure, frame, shades)
    above = 30 * titled
    behind = f'<rect width="100%" height="100%" fill="{ground}"/>' if ground else ""
    if titled:
        behind += _text(8, 20, figure.title, shades["ink"], more=' font-size="14" font-weight="bold"')
        inside = [f'<g transform="translate(0 {above})">', *inside, "</g>"]
    size = f'viewBox="0 0 {width:g} {frame.height + above:g}" width="{width:g}" height="{frame.height + above:g}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}" font-size="11">'
    return f"{start}{behind}{''.join(inside)}</svg>"


FONTS = "Noto Sans, Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"


def _frame(figure: Figure, words: Words, width: float) -> _Frame:
    names = figure.names() if _named(figure) else []
    longest = max((len(short(name)) for name in names), default=0)
    height = 40.0 + 24 * len(names) + 20 * (len(figure.series) > 1) if figure.sideways else 250.0
    left = 14 + 5.8 * longest if figure.sideways else 54.0
    legend = 22 * (len(figure.series) > 1) + 16 * bool(figure.marks)
    tilt = not figure.sideways and longest * 6 > (width - 100) / max(1, len(names))
    titled = 16 * bool(figure.x.title)
    bottom = height - 24 - (4.2 * longest if tilt else 0) - titled
    right = width - (44 if any(one.right for one in figure.series) else 16)
    top = 8.0 + legend
    across, up = (left, right), (bottom, top)
    if figure.sideways:
        spot, slot = _slots(names, top, bottom)
        return _Frame(width, height, left, top, right, bottom, _scale(figure.x, figure, across), spot, slot)
    if names:
        spot, slot = _slots(names, left, right)
        return _Frame(width, height, left, top, right, bottom, spot, _scale(figure.y, figure, up), slot)
    slot = _day_slot(figure, right - left)
    inner = (left + slot / 2 + 4, right - slot / 2 - 4) if slot else across
    return _Frame(
        width, height, left, top, right, bottom, _scale(figure.x, figure, inner, across=True),
        _scale(figure.y, figure, up), slot,
    )  # fmt: skip


def _slots(names: list[str], start: float, end: float) -> tuple[Callable[[Any], float], float]:
    slot = (end - start) / max(1, len(names))
    places = {name: start + slot * (at + 0.5) for at, name in enumerate(names)}
    return (lambda name: places[str(name)]), slot


def _day_slot(figure: Figure, width: float) -> float:
    if figure.x.unit != "date" or not any(one.look == "bars" for one in figure.series):
        return 0.0
    days = [_place(x) for one in figure.series for x in one.x]
    return width / ((max(days) - min(days)) + 1.0) if days else 0.0


def _place(value: Any) -> float:
    """Return a value as a number: days for dates."""
    if isinstance(value, str):
        return (datetime.fromisoformat(value) - datetime(1970, 1, 1)) / timedelta(1)  # noqa: DTZ001  days of a chart
    return float(value)


def _scale(axis: Axis, figure: Figure, onto: tuple[float, float], *, across: bool = False) -> Callable[[Any], float]:
    if across:
        known = [_place(x) for one in figure.series for x in one.x]
        low, high = (min(known), max(known)) if axis.unit == "date" and known else span(axis, known)
    else:
        low, high = span(axis, list(_values(figure)))
        high *= 1.0 if axis.high is not None else 1.04
    width = (high - low) or 1.0
    return lambda value: onto[0] + (onto[1] - onto[0]) * (_place(value) - low) / width


def _values(figure: Figure) -> Iterator[float]:
    if figure.stacked:
        heaps: dict[str, float] = {}
        for one in figure.series:
            for x, y in zip(one.x, one.y, strict=True):
                heaps[str(x)] = heaps.get(str(x), 0.0) + (y or 0.0)
        yield from heaps.values()
        return
    for one in figure.series:
        if not one.right:
            yield from (y for y in (*one.y, *one.high) if y is not None and math.isfinite(y))


def _text(x: float, y: float, said: str, fill: str, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}"{more}>{html.escape(said)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"{more}/>'


def _said(value: float, unit: Unit, words: Words) -> str:
    if unit == "share":
        return f"{words.number(100 * value, 0 if abs(value * 100 - round(value * 100)) < 1e-6 else 1)} %"
    if unit == "bytes":
        return words.bytes(value)
    return words.number(value, 0 if abs(value - round(value)) < 1e-9 else 2)


def _grid(figure: Figure, frame: _Frame, words: Words, shades: Colours) -> Iterator[str]:
    ink, line = shades["ink"], shades["line"]
    least = float((figure.x if figure.sideways else figure.y).unit == "count")
    if figure.sideways:
        for at in ticks(*span(figure.x, list(_values(figure))), 5, least):
            yield _line(frame.x(at), frame.top, frame.x(at), frame.bottom, line)
            yield _text(frame.x(at), frame.bottom + 15, _said(at, figure.x.unit, words), ink, "middle")
        for name in figure.names():
            yield _text(frame.left - 8, frame.y(name) + 4, short(name), ink, "end")
        yield _title_below(figure, frame, ink)
        return
    for at in ticks(*span(figure.y, list(_values(figure))), 5, least):
        yield _line(frame.left, frame.y(at), frame.right, frame.y(at), line)
        yield _text(frame.left - 6, frame.y(at) + 4, _said(at, figure.y.unit, words), ink, "end")
    if any(one.right for one in figure.series):
        for part in (0.0, 0.25, 0.5, 0.75, 1.0):
            where = frame.bottom + (frame.top - frame.bottom) * part / 1.05
            yield _text(frame.right + 6, where + 4, _said(part, "share", words), ink)
    yield from _below(figure, frame, words, ink)
    yield _title_below(figure, frame, ink)


def _title_below(figure: Figure, frame: _Frame, ink: str) -> str:
    if not figure.x.title:
        return ""
    return _text((frame.left + frame.right) / 2, frame.height - 4, figure.x.title, ink, "middle")


def _below(figure: Figure, frame: _Frame, words: Words, ink: str) -> Iterator[str]:
    if figure.x.unit == "text":
        names = figure.names()
        tilt = max((len(short(name)) for name in names), default=0) * 6 > frame.slot
        for name in names:
            x, y = frame.x(name), frame.bottom + 14
            turn = f' transform="rotate(-35 {x:.1f} {y:.1f})"' if tilt else ""
            yield _text(x, y, short(name), ink, "end" if tilt else "middle", turn)
    elif figure.x.unit == "date":
        known = sorted({str(x)[:10] for one in figure.series for x in one.x})
        for day in known[:: max(1, math.ceil(len(known) / 8))]:
            yield _text(frame.x(day), frame.bottom + 15, words.short_day(day), ink, "middle")
    else:
        known_x = [float(x) for one in figure.series for x in one.x]
        for at in ticks(*span(figure.x, known_x), 8):
            yield _text(frame.x(at), frame.bottom + 15, _said(at, figure.x.unit, words), ink, "middle")


def _marks(figure: Figure, frame: _Frame, shades: Colours) -> Iterator[str]:
    for at, said in figure.marks:
        yield _line(frame.x(at), frame.top, frame.x(at), frame.bottom, shades["soft"], ' stroke-dasharray="3 3"')
        yield _text(frame.x(at), frame.top - 4, short(said, most=40), shades["ink"], "middle", ' font-size="10"')


def _drawn(figure: Figure, one: Series, place: int, frame: _Frame, shades: Colours) -> Iterator[str]:
    colour = shades[one.colour]
    if one.look == "bars":
        yield from _bars(figure, one, place, frame, colour)
    elif one.look == "points":
        yield from _points(figure, one, frame, colour)
    else:
        yield from _lines(figure, one, frame, colour)


def _bars(figure: Figure, one: Series, place: int, frame: _Frame, colour: str) -> Iterator[str]:
    bars = [n for n, other in enumerate(figure.series) if other.look == "bars"]
    share = 1 if figure.stacked else len(bars)
    thick = min(frame.slot * 0.66, 64.0) / share
    offset = 0.0 if figure.stacked else thick * (bars.index(place) - (share - 1) / 2)
    below = _heaped(figure, place)
    for x, y in zip(one.x, one.y, strict=True):
        if not y:
            continue
        start = below.get(str(x), 0.0)
        if figure.sideways:
            left, right, middle = frame.x(start), frame.x(start + y), frame.y(x) + offset
            box = (left, middle - thick / 2, right - left, thick)
        else:
            bottom, top, middle = frame.y(start), frame.y(start + y), frame.x(x) + offset
            box = (middle - thick / 2, top, thick, bottom - top)
        left, top, width, height = box
        yield f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _heaped(figure: Figure, place: int) -> dict[str, float]:
    """Return what lies below the bars of a series."""
    made: dict[str, float] = {}
    if figure.stacked:
        for one in figure.series[:place]:
            for x, y in zip(one.x, one.y, strict=True):
                made[str(x)] = made.get(str(x), 0.0) + (y or 0.0)
    return made


def _points(figure: Figure, one: Series, frame: _Frame, colour: str) -> Iterator[str]:
    lows, highs = one.low or (None,) * len(one.x), one.high or (None,) * len(one.x)
    for x, y, low, high in zip(one.x, one.y, lows, highs, strict=True):
        if y is None:
            continue
        at = (frame.x(y), frame.y(x)) if figure.sideways else (frame.x(x), frame.y(y))
        if low is not None and high is not None:
            ends = (frame.x(low), at[1], frame.x(high), at[1]) if figure.sideways else ()
            yield _line(*(ends or (at[0], frame.y(low), at[0], frame.y(high))), colour, ' stroke-width="1.5"')
        yield f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="4" fill="{colour}"/>'


def _lines(figure: Figure, one: Series, frame: _Frame, colour: str) -> Iterator[str]:
    up = (lambda y: frame.bottom + (frame.top - frame.bottom) * y / 1.05) if one.right else frame.y
    path, before = "", None
    for x, y in zip(one.x, one.y, strict=True):
        if y is None or not math.isfinite(y):
            before = None
            continue
        across, along = (frame.x(y), frame.y(x)) if figure.sideways else (frame.x(x), up(y))
        here = f"{across:.1f} {along:.1f}"
        step = f"H{across:.1f}" if one.look == "step" and before is not None else ""
        path += f"M{here}" if before is None else f"{step}L{here}"
        before = y
    dash = f' stroke-dasharray="{_DASHES[one.look]}"' if one.look in _DASHES else ""
    yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>' if path else ""


def _legend(figure: Figure, frame: _Frame, shades: Colours) -> Iterator[str]:
    if len(figure.series) < 2:
        return
    x = frame.left
    for one in figure.series:
        said = short(one.name, most=40)
        yield f'<rect x="{x:.1f}" y="4" width="10" height="10" rx="2" fill="{shades[one.colour]}"/>'
        yield _text(x + 15, 13, said, shades["ink"])
        x += 32 + 5.9 * len(said)
