"""Figures of quality control: they can be sent, they show the numbers, and names from images are text, not markup."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from workbench import quality_charts
from workbench.control_charts import cusum, p_chart
from workbench.sampling import SEVERITIES, outgoing_limit, plan

HOSTILE = '<img src=x onerror="run()">'


def sent(figure: go.Figure) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(figure.to_plotly_json(), allow_nan=False))
    assert HOSTILE not in json.dumps(found).replace('\\"', '"')
    return found


@pytest.mark.parametrize("lot", [None, 1000])
@pytest.mark.parametrize("kind", ["single", "double"])
def test_a_plan_is_drawn_from_all_accepted_to_none(kind: str, lot: int | None) -> None:
    plans = [plan(1000, aql=1.0, severity=severity, kind=kind) for severity in SEVERITIES]
    figure = sent(quality_charts.operating_characteristic(plans, lot))
    assert len(figure["data"]) == 3
    for trace in figure["data"]:
        assert trace["y"][0] == pytest.approx(1.0)
        assert trace["y"][-1] < 0.02
        assert all(one >= other - 1e-12 for one, other in zip(trace["y"], trace["y"][1:], strict=False))
    assert "AQL 1" in json.dumps(figure["layout"])


@pytest.mark.parametrize("aql", [0.10, 1.0, 40])
def test_any_plan_can_be_drawn(aql: float) -> None:
    for lot in (3, 40, 10**6):
        one = plan(lot, aql=aql)
        sent(quality_charts.operating_characteristic(one))
        sent(quality_charts.outgoing_quality(one, lot))


def test_outgoing_quality_stays_under_its_limit() -> None:
    one = plan(3000, aql=1.0)
    figure = sent(quality_charts.outgoing_quality(one, 3000))
    worst = outgoing_limit(one, 3000).limit
    assert max(figure["data"][0]["y"]) <= worst + 1e-12
    assert max(figure["data"][0]["y"]) == pytest.approx(worst, rel=0.01)
    assert "AOQL 1.5 %" in json.dumps(figure["layout"])


def test_signals_stand_out_and_speak() -> None:
    chart = p_chart([9, 9, 9, 30], [200] * 4, labels=["a", "b", "c", HOSTILE])
    figure = sent(quality_charts.control_chart(chart, "Defects"))
    by_name = {trace["name"]: trace for trace in figure["data"]}
    assert by_name["signal"]["x"] == [3]
    assert "30 of 200" in by_name["signal"]["hovertext"][0]
    assert "&lt;img" in by_name["signal"]["hovertext"][0]
    assert by_name["upper limit"]["y"] == pytest.approx(chart.high.tolist())
    assert len(by_name["found"]["y"]) == 4


def test_a_cusum_has_one_limit() -> None:
    figure = sent(quality_charts.control_chart(cusum((np.arange(300) % 9 == 0).tolist())))
    assert [trace["name"] for trace in figure["data"]] == ["upper limit", "found", "signal"]
    assert figure["data"][2]["x"]
    sent(quality_charts.control_chart(cusum([])))


def test_pareto_goes_from_the_most_to_the_fewest() -> None:
    figure = sent(quality_charts.pareto({"b": 3, "a": 9, HOSTILE: 3, "never": 0}))
    bars, line = figure["data"]
    assert bars["y"] == [9, 3, 3]
    assert line["y"] == pytest.approx([0.6, 0.8, 1.0])
    assert "15" in figure["layout"]["yaxis"]["title"]["text"]
    many = sent(quality_charts.pareto({f"type {i}": 40 - i for i in range(30)}, most=5))
    assert many["data"][0]["y"] == [40, 39, 38, 37, 36, sum(range(11, 36))]
    assert many["layout"]["xaxis"]["ticktext"][-1] == "25 others"
    assert sent(quality_charts.pareto({}))["data"][0]["y"] == []
