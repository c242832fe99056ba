"""Charts of a search, as plotly figures: when, where, how large, which format. No Jupyter in here.

The figures carry no colours: whoever shows them paints each trace by the role in its ``meta`` (bars, other, points,
coast), so that a chart follows the theme of the page around it. What a bar or a dot stands for is in its
``customdata``: the bounds that `workbench.explorer` takes as a filter.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta

import plotly.graph_objects as go

from workbench.coastlines import COASTLINES
from workbench.search import FacetCount, PlaceBin, SizeBin, TimeBin

_COARSE = 12.0
"""Degrees: on a map that is narrower, the simplified coastlines would be wrong rather than rough."""

_LEAST_SPAN = 0.02
_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 90.0)
_DAY = 86_400_000


def plain(text: object) -> str:
    """Return text as plotly shows it literally: its labels read ``<b>`` and ``<a href>`` as markup.

    Examples
    --------
    >>> plain('<a href="javascript:run()">')
    '&lt;a href="javascript:run()"&gt;'
    """
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def timeline(bins: Sequence[TimeBin]) -> go.Figure:
    """Draw images by time of capture: a bar a day, month, year …; ``customdata`` is its first and last day."""
    days = [(one.last - one.first).days + 1 for one in bins]
    bars = go.Bar(
        x=[_middle(one.first, one.last) for one in bins],
        y=[one.count for one in bins],
        width=[length * _DAY * (0.86 if length > 1 else 0.7) for length in days],
        customdata=[[one.first.isoformat(), one.last.isoformat()] for one in bins],
        hovertext=[f"{_said_days(one)}<br>{_images(one.count)}" for one in bins],
        hoverinfo="text",
        meta={"role": "bars"},
    )
    return _figure([bars], {"type": "date", **_time_axis(bins)}, {"rangemode": "tozero", "nticks": 4})


def sizes(bins: Sequence[SizeBin]) -> go.Figure:
    """Draw images by megapixels; ``customdata`` is the least and the most number of pixels (None: no limit)."""
    filled = [place for place, one in enumerate(bins) if one.count]
    shown = bins[filled[0] : filled[-1] + 1] if filled else []
    bars = go.Bar(
        x=[place + 0.5 for place in range(len(shown))],
        y=[one.count for one in shown],
        width=0.9,
        customdata=[list(one.pixels) for one in shown],
        hovertext=[f"{_megapixels(one)} megapixels<br>{_images(one.count)}" for one in shown],
        hoverinfo="text",
        meta={"role": "bars"},
    )
    edges = [*(one.low for one in shown), *([shown[-1].high] if shown else [])]
    words = ["" if edge is None else f"{edge:g}" for edge in edges]
    axis = {"tickvals": list(range(len(edges))), "ticktext": words, "range": [-0.05, max(len(shown), 5) + 0.05]}
    return _figure([bars], {**axis, "zeroline": False}, {"nticks": 4})


def formats(counts: Sequence[FacetCount], chosen: Collection[str] = ()) -> go.Figure:
    """Draw images by format, those chosen in the foreground; ``customdata`` is the format."""
    shown = list(reversed(counts[:10]))
    most = max((one.count for one in shown), default=1)
    labels = [plain(name if len(name) <= 16 else f"{name[:15]}…") for name in (str(one.value) for one in shown)]
    names: dict[str, object] = {
        "tickvals": list(range(len(shown))),
        "ticktext": labels,
        "showgrid": False,
        "zeroline": False,
    }
    names["range"] = [len(shown) - 0.5 - max(len(shown), 5), len(shown) - 0.5]
    bars = go.Bar(
        x=[one.count for one in shown],
        y=list(range(len(shown))),
        orientation="h",
        customdata=[one.value for one in shown],
        text=[f"{one.count:,}" for one in shown],
        textposition="outside",
        cliponaxis=False,
        hovertext=[f"{plain(one.value)}<br>{_images(one.count)}" for one in shown],
        hoverinfo="text",
        meta={"role": "bars", "chosen": [not chosen or one.value in chosen for one in shown]},
    )
    return _figure([bars], {"visible": False, "range": [0, most * 1.2]}, names, hovermode="y")


def places(heaps: Sequence[PlaceBin]) -> go.Figure:
    """Draw where images were taken, north up, a degree north as long as a degree east there; no map from elsewhere.

    ``customdata`` is the box around a dot's images: south, west, north, east.
    """
    south, west, north, east = _frame(heaps)
    wide = max(east - west, north - south) > _COARSE
    most = max((one.count for one in heaps), default=1)
    dots = go.Scatter(
        x=[one.longitude for one in heaps],
        y=[one.latitude for one in heaps],
        mode="markers",
        marker={"size": [round(6 + 16 * math.sqrt(one.count / max(most, 24)), 1) for one in heaps]},
        customdata=[[round(edge, 6) for edge in one.box] for one in heaps],
        hovertext=[f"{_degrees(one)}<br>{_images(one.count)}" for one in heaps],
        hoverinfo="text",
        meta={"role": "points"},
    )
    stretch = 1 / max(0.2, math.cos(math.radians((south + north) / 2)))
    step = _step(max(east - west, (north - south) * stretch))
    across = {"range": [west, east], "showgrid": True, **_graticule(west, east, step, 180, "EW")}
    up = {"range": [south, north], **_graticule(south, north, step, 90, "NS")}
    up |= {"scaleanchor": "x", "scaleratio": stretch}
    return _figure([*([_coast()] if wide else []), dots], across, up, hovermode="closest")


def _figure(
    traces: list[go.Bar | go.Scatter], xaxis: dict[str, object], yaxis: dict[str, object], hovermode: str = "x"
) -> go.Figure:
    figure = go.Figure(traces)
    margins = {"l": 8, "r": 12, "t": 6, "b": 4}
    figure.update_layout(template="none", margin=margins, showlegend=False, bargap=0.14, hovermode=hovermode)
    figure.update_xaxes(automargin=True, fixedrange=True, **{"showgrid": False, **xaxis})
    figure.update_yaxes(automargin=True, fixedrange=True, **yaxis)
    return figure


def _time_axis(bins: Sequence[TimeBin]) -> dict[str, object]:
    """Leave room around few bars, and name them: plotly would name hours where there are only days."""
    if not bins or len(bins) > 6:
        return {}
    first, last = datetime.combine(bins[0].first, time()), datetime.combine(bins[-1].last, time(23, 59))
    bar = bins[0].last - bins[0].first + timedelta(1)
    named = bins if len(bins) < 4 else [bins[0], bins[-1]]
    missing = max(timedelta(), 7 * bar - (last - first)) / 2
    axis: dict[str, object] = {
        "tickvals": [_middle(one.first, one.last) for one in named],
        "ticktext": [_said_days(one, short=True) for one in named],
        "tickangle": 0,
    }
    with contextlib.suppress(OverflowError):  # at the ends of the calendar there is no room
        axis["range"] = [(first - missing).isoformat(), (last + missing).isoformat()]
    return axis


def _step(span: float) -> float:
    """Return how many degrees apart to draw the lines of a map so wide: few, for their names are long."""
    return next((step for step in _STEPS if span / step <= 4), _STEPS[-1])


def _graticule(low: float, high: float, step: float, end: float, names: str) -> dict[str, object]:
    """Return where the lines of a map are and what they are called: ``30° E``, not ``30``."""
    room = high - low  # the other axis may make the map show more than this
    first, last = math.ceil((low - room) / step), math.floor((high + room) / step)
    lines = [round(place * step, 6) for place in range(first, last + 1) if abs(place * step) <= end]
    said = [f"{abs(line):g}°{' ' + names[line < 0] if line else ''}" for line in lines]
    return {"tickvals": lines, "ticktext": said, "tickangle": 0, "zeroline": False}


def _middle(first: date, last: date) -> str:
    start, end = (datetime.combine(day, time()) for day in (first, last))
    return (start + (end - start) / 2).replace(hour=12).isoformat()


def _said_days(one: TimeBin, *, short: bool = False) -> str:
    first, last = one.first, one.last
    if first == last:
        return f"{first.day} {first:%b}<br>{first.year:04}" if short else f"{first.day} {first:%B} {first.year:04}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"{first.year:04}" if first.year == last.year else f"{first.year:04}–{last.year:04}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%b}<br>{first.year:04}" if short else f"{first:%B} {first.year:04}"
    return f"{first:%b}–{last:%b}<br>{last.year:04}" if short else f"{first:%B} to {last:%B} {last.year:04}"


def _images(count: int) -> str:
    return f"{count:,} image{'s' * (count != 1)}"


def _megapixels(one: SizeBin) -> str:
    return f"{one.low:g}+" if one.high is None else f"{one.low:g}–{one.high:g}"


def _degrees(one: PlaceBin) -> str:
    north = f"{abs(one.latitude):.3f}° {'N' if one.latitude >= 0 else 'S'}"
    return f"{north}, {abs(one.longitude):.3f}° {'E' if one.longitude >= 0 else 'W'}"


def _frame(heaps: Sequence[PlaceBin]) -> tuple[float, float, float, float]:
    """Return the box the map shows: that of the places, and some room around it."""
    if not heaps:
        return -60.0, -180.0, 85.0, 180.0
    south, west = min(one.box[0] for one in heaps), min(one.box[1] for one in heaps)
    north, east = max(one.box[2] for one in heaps), max(one.box[3] for one in heaps)
    room = max(0.08 * max(north - south, east - west), _LEAST_SPAN)
    return max(-90.0, south - room), max(-180.0, west - room), min(90.0, north + room), min(180.0, east + room)


def _coast() -> go.Scatter:
    """Return the coastlines as one line with gaps."""
    points = list(_lines())
    return go.Scatter(
        x=[x for x, _ in points], y=[y for _, y in points], mode="lines", hoverinfo="skip", meta={"role": "coast"}
    )


def _lines() -> Iterator[tuple[float | None, float | None]]:
    for line in COASTLINES:
        yield from line
        yield None, None
