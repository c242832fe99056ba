"""Charts of quality control, as plotly figures: what a plan lets through, control charts, defects by type.

As in `workbench.charts`, traces carry the role they play in their ``meta``, so that whoever shows them can paint them;
until then they have colours that do on light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import plotly.graph_objects as go

from workbench import sampling
from workbench.charts import plain
from workbench.control_charts import Chart, Floats
from workbench.intervals import percent
from workbench.sampling import Plan

_STEPS = 240
_COLOURS = {"points": "#3b82c4", "limit": "#8a8a8a", "signal": "#d9480f"}
_HOVER = "%{hovertext}<extra></extra>"


def operating_characteristic(plans: Plan | Sequence[Plan], lot_size: int | None = None) -> go.Figure:
    """Draw how likely a lot of each quality is accepted: a curve a plan, the AQL marked.

    Parameters
    ----------
    plans : Plan or sequence of Plan
        Several to compare them, as normal with tightened inspection.
    lot_size : int, optional
        As `workbench.sampling.operating_characteristic` takes it.
    """
    drawn = [plans] if isinstance(plans, Plan) else list(plans)
    shares = _qualities(drawn, lot_size)
    figure = go.Figure()
    for plan in drawn:
        chances = sampling.operating_characteristic(plan, shares, lot_size)
        said = [
            f"{percent(float(p))} % defective: {100 * chance:.1f} of 100 lots accepted"
            for p, chance in zip(shares, chances, strict=True)
        ]
        figure.add_trace(_curve(shares, chances, _named(plan), said))
    for aql in sorted({plan.aql for plan in drawn if plan.aql}):
        figure.add_vline(
            aql / 100,
            line={"dash": "dot", "width": 1},
            annotation_text=f"AQL {aql:g}",
            annotation_position="bottom right",
        )
    return _laid_out(
        figure,
        "Chance of being accepted",
        _quality_title(drawn),
        "accepted",
        y={"tickformat": ".0%", "range": [0, 1.03]},
    )


def outgoing_quality(plan: Plan, lot_size: int | None = None) -> go.Figure:
    """Draw what share is still defective after inspection, when rejected lots are put right, and its limit (AOQL)."""
    shares = _qualities([plan], lot_size)
    came_out = sampling.average_outgoing_quality(plan, shares, lot_size)
    worst = sampling.outgoing_limit(plan, lot_size)
    said = [f"{percent(float(p))} % in, {percent(float(q))} % out" for p, q in zip(shares, came_out, strict=True)]
    figure = go.Figure(_curve(shares, came_out, _named(plan), said))
    figure.add_hline(worst.limit, line={"dash": "dot", "width": 1}, annotation_text=f"AOQL {percent(worst.limit)} %")
    return _laid_out(
        figure,
        "Average outgoing quality",
        _quality_title([plan]),
        "defective after inspection",
        y={"tickformat": ".2~%", "rangemode": "tozero"},
    )


def control_chart(chart: Chart, title: str = "") -> go.Figure:
    """Draw a control chart: its points, limits and centre; points with a signal stand out and say it."""
    names = [plain(label) for label in chart.labels]
    at = list(range(len(names)))
    said: dict[int, list[str]] = {}
    for signal in chart.signals:
        said.setdefault(signal.at, []).append(plain(signal.text))
    texts = ["<br>".join([_point(chart, i), *said.get(i, [])]) for i in at]
    marked = sorted(said)
    points = go.Scatter(
        x=at,
        y=chart.points.tolist(),
        mode="lines+markers" if len(at) <= 200 else "lines",
        name="found",
        line={"color": _COLOURS["points"]},
        hovertext=texts,
        hovertemplate=_HOVER,
        meta={"role": "points"},
    )
    signals = go.Scatter(
        x=marked,
        y=[float(chart.points[i]) for i in marked],
        mode="markers",
        name="signal",
        marker={"size": 11, "symbol": "diamond", "color": _COLOURS["signal"]},
        hovertext=[texts[i] for i in marked],
        hovertemplate=_HOVER,
        meta={"role": "signal"},
    )
    limits = [_limit(chart.high, "upper limit")] + ([_limit(chart.low, "lower limit")] if chart.kind != "cusum" else [])
    figure = go.Figure([*limits, points, signals])
    if chart.kind != "cusum" and at:
        centre = f"{percent(chart.centre)} %"
        figure.add_hline(chart.centre, line={"width": 1}, annotation_text=centre, annotation_position="top left")
    y = {"rangemode": "tozero"} if chart.kind == "cusum" else {"rangemode": "tozero", "tickformat": ".2~%"}
    few = at[:: max(1, -(-len(at) // 10))]
    x = {"tickvals": few, "ticktext": [names[i] for i in few]}
    y_title = "wrong answers above what is allowed" if chart.kind == "cusum" else "defective"
    return _laid_out(figure, title, "", y_title, x=x, y=y)


def pareto(counts: Mapping[str, int], title: str = "Defects by type", most: int = 12) -> go.Figure:
    """Draw counts from the most to the fewest, with how much of all they make up together.

    Parameters
    ----------
    counts : mapping
        Type → how many.
    title : str
    most : int
        Beyond so many types the rest is one bar.
    """
    ordered = sorted(((name, n) for name, n in counts.items() if n > 0), key=lambda one: (-one[1], one[0]))
    rest = sum(n for _, n in ordered[most:])
    shown = [*ordered[:most], *([(f"{len(ordered) - most} others", rest)] if rest else [])]
    numbers = [n for _, n in shown]
    total, up_to = sum(numbers), list(accumulate(numbers))
    names = [plain(name) for name, _ in shown]
    said = [
        f"{name}: {n:,} of {total:,}<br>together {percent(sofar / total)} %"
        for name, n, sofar in zip(names, numbers, up_to, strict=True)
    ]
    bars = go.Bar(
        x=list(range(len(names))),
        y=numbers,
        name="defects",
        hovertext=said,
        hovertemplate=_HOVER,
        meta={"role": "bars"},
    )
    line = go.Scatter(
        x=list(range(len(names))),
        y=[sofar / total for sofar in up_to],
        mode="lines+markers",
        name="together",
        yaxis="y2",
        hovertext=said,
        hovertemplate=_HOVER,
        meta={"role": "points"},
    )
    figure = go.Figure([bars, line])
    second = {
        "overlaying": "y",
        "side": "right",
        "range": [0, 1.05],
        "tickformat": ".0%",
        "showgrid": False,
        "automargin": True,
    }
    figure.update_layout(yaxis2=second)
    x = {"tickvals": list(range(len(names))), "ticktext": names}
    return _laid_out(figure, plain(title), "", f"defects, n = {total:,}", x=x, y={"rangemode": "tozero"})


def _qualities(plans: Sequence[Plan], lot_size: int | None) -> Floats:
    """Return qualities up to where hardly any lot is accepted: of one lot, those that a whole number makes."""
    end = max(sampling.quality_accepted(plan, 0.005) for plan in plans)
    if lot_size is None:
        return np.linspace(0.0, end, _STEPS + 1)
    last = min(lot_size, max(1, round(end * lot_size)))
    return np.unique(np.rint(np.linspace(0, last, _STEPS + 1))) / lot_size


def _named(plan: Plan) -> str:
    first = f"n = {plan.n}, Ac {plan.accept}, Re {plan.reject}"
    second = f"; then {plan.n2}, Ac {plan.accept2}, Re {plan.reject2}" if plan.kind == "double" else ""
    return f"{plan.code} {plan.severity}: {first}{second}".strip()


def _quality_title(plans: Sequence[Plan]) -> str:
    return "defects an image" if any(plan.counts_defects for plan in plans) else "defective in the lot"


def _point(chart: Chart, i: int) -> str:
    if chart.kind == "cusum":
        return f"{plain(chart.labels[i])}: {'wrong' if chart.defectives[i] else 'right'}, {chart.points[i]:.2f}"
    found = f"{chart.defectives[i]:,} of {chart.inspected[i]:,} ({percent(float(chart.points[i]))} %)"
    return f"{plain(chart.labels[i])}: {found}, limits {percent(float(chart.low[i]))}–{percent(float(chart.high[i]))} %"


def _curve(x: Floats, y: Floats, name: str, said: list[str]) -> go.Scatter:
    return go.Scatter(
        x=x.tolist(),
        y=y.tolist(),
        mode="lines",
        name=plain(name),
        hovertext=said,
        hovertemplate=_HOVER,
        meta={"role": "points"},
    )


def _limit(ends: Floats, name: str) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(ends))),
        y=ends.tolist(),
        mode="lines",
        name=name,
        line={"shape": "hvh", "dash": "dash", "width": 1, "color": _COLOURS["limit"]},
        hoverinfo="skip",
        meta={"role": "limit"},
    )


def _laid_out(
    figure: go.Figure,
    title: str,
    x_title: str,
    y_title: str,
    *,
    x: Mapping[str, object] | None = None,
    y: Mapping[str, object] | None = None,
) -> go.Figure:
    across = {"tickformat": ".2~%", "rangemode": "tozero"} if x is None else x
    figure.update_layout(
        template="none", title=title or None, hovermode="closest", legend={"orientation": "h", "y": -0.2},
        margin={"l": 8, "r": 12, "t": 44 if title else 16, "b": 8},
    )  # fmt: skip
    figure.update_xaxes(automargin=True, title=x_title or None, showgrid=False, zeroline=False, **across)
    figure.update_layout(yaxis={"automargin": True, "title": y_title, "zeroline": False, **(y or {})})
    return figure
