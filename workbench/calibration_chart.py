"""The chart of a calibration: how many edited copies are found, by kind. No Jupyter in here."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from workbench.charts import plain
from workbench.edits import FAMILIES

_ROW = 17
"""Height of a row in pixels."""


def recall_chart(recalls: pd.DataFrame) -> go.Figure:
    """Draw recall by kind of edit with its interval, a row a kind, grouped by family, what is found least on top.

    Parameters
    ----------
    recalls : DataFrame
        As `workbench.calibration.Calibration.frame` returns it.
    """
    figure = go.Figure()
    for family, says in FAMILIES.items():
        rows = recalls[recalls["family"] == family].sort_values("recall", ascending=False)
        if not rows.empty:
            figure.add_trace(_dots(rows, says))
    return figure.update_layout(
        title="Edited copies found, by kind, with 95 % intervals",
        height=160 + _ROW * len(recalls),
        margin={"l": 10, "r": 10, "t": 60, "b": 40},
        xaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "title": "found"},
        yaxis={"automargin": True, "autorange": "reversed"},
        legend={"title": "What was done"},
    )


def _dots(rows: pd.DataFrame, says: str) -> go.Scatter:
    share = rows["recall"]
    return go.Scatter(
        x=share.tolist(),
        y=[plain(kind) for kind in rows["kind"]],
        mode="markers",
        name=plain(says),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (rows["high"] - share).clip(lower=0).tolist(),
            "arrayminus": (share - rows["low"]).clip(lower=0).tolist(),
        },
        hovertext=[
            f"{plain(row.says)}<br>{row.found} of {row.tried} found, {row.proposed} compared"
            for row in rows.itertuples()
        ],
        hoverinfo="text",
    )
