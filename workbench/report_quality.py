"""What a report of quality says: which lots passed by which plan, what was wrong, whose work it was, and who agrees."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa

from workbench import control_charts, defect_types, report_operations, sampling
from workbench.agreement import Agreement, krippendorff_alpha
from workbench.errors import WorkbenchError
from workbench.intervals import wilson
from workbench.report_model import Axis, Figure, Part, Remark, Section, Series
from workbench.report_operations import SHADES
from workbench.report_questions import Asked, with_columns, with_share

_WORST = 0.3
"""Up to which share of defective images an operating characteristic is drawn."""

_TYPES = 10
_VERDICTS = {"accepted": "good", "rejected": "bad"}


def sections(asked: Asked) -> list[Section]:
    """Return the sections of the report."""
    return [
        _overview(asked), _lots(asked), _defects(asked), _operators(asked), _agreement(asked), _gold(asked),
        report_operations.throughput(asked), report_operations.people(asked),
    ]  # fmt: skip


def _overview(asked: Asked) -> Section:
    looked, lots = asked.rows("inspected_images"), _judged(asked.rows("lots_of"))
    first = [row for row in looked if not row["resubmission"]]
    first_lots = [row for row in lots if not row["resubmission"]]
    fields_compared, gold = asked.rows("compared_fields"), asked.rows("gold_given")
    accepted_lots = {(row["batch"], row["resubmission"]) for row in lots if row["state"] == "accepted"}
    after = [row for row in looked if (row["batch"], row["resubmission"]) in accepted_lots]
    inspected = sum(row["inspected"] for row in looked)
    passed = sum(row["inspected"] - row["defective"] for row in first)
    agreed, pairs = (sum(row[name] for row in fields_compared) for name in ("agreed", "pairs"))
    correct, answers = (sum(row[name] for row in gold) for name in ("correct", "answers"))
    accepted = sum(row["state"] == "accepted" for row in first_lots)
    return Section("overview", asked.words("section.overview")).add(
        asked.words("intro.qc"),
        asked.total("inspected", inspected, inspected, "inspected_images"),
        asked.share("first_pass", passed, sum(row["inspected"] for row in first), "inspected_images"),
        asked.share(
            "defective_accepted",
            sum(row["defective"] for row in after),
            sum(row["inspected"] for row in after),
            "inspected_images",
        ),
        asked.share("first_lots", accepted, len(first_lots), "lots_of"),
        asked.share("agreement", agreed, pairs, "compared_fields"),
        asked.share("gold", correct, answers, "gold_given"),
    )


def _judged(lots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in lots if row["state"] in _VERDICTS]


# ── lots ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _lots(asked: Asked) -> Section:
    data = asked.table("lots_of")
    rows, made = data.to_pylist(), Section("lots", asked.words("section.lots"))
    if not rows:
        return made.add(asked.words("no_lots"))
    for row in rows[:_TYPES]:
        made.add(_verdict(asked, row))
    data = with_share(data, "defective_share", "defectives", "inspected")
    data = with_columns(
        data, plan=[plan_said(asked, row) for row in rows],
        state=[asked.words.known("verdict", row["state"]) for row in rows],
    )  # fmt: skip
    names = (
        "batch",
        "resubmission",
        "lot_size",
        "plan",
        "inspected",
        "defectives",
        "defective_share",
        "state",
        "judged_by",
    )
    return made.add(
        _odds(asked, rows), asked.words("rule.odds"), asked.listed("lots", data, *names, query="lots_of", show=40)
    )


def _verdict(asked: Asked, row: dict[str, Any]) -> Remark:
    words = asked.words
    said = words(
        "lot", batch=row["batch"], verdict=words.known("verdict", row["state"]),
        inspected=words.count(row["inspected"]), n=words.count(row["n"]), defectives=words.count(row["defectives"]),
    )  # fmt: skip
    interval = ""
    if row["inspected"]:
        made = wilson(row["defectives"], row["inspected"])
        interval = words("lot_interval", interval=words.interval(made.low, made.high, "share"), method=made.method)
    seed = words("lot_drawn", plan=plan_said(asked, row), method=words.known("draw", row["method"]), seed=row["seed"])
    return Remark(said, " ".join(part for part in (interval, seed) if part), _VERDICTS.get(row["state"], "warn"))


def plan_of(row: dict[str, Any]) -> sampling.Plan | None:
    """Return the plan of a sample, as it was drawn; None for a sample without one."""
    try:
        told = json.loads(row["plan"] or "{}")
        known = {one.name: told[one.name] for one in fields(sampling.Plan) if one.name in told}
        return sampling.Plan(**known) if known.get("aql") else None
    except (ValueError, TypeError, AttributeError):
        return None


def plan_said(asked: Asked, row: dict[str, Any]) -> str:
    """Return a plan in a line: ``AQL 1, level II, normal: n 80, accept 2, reject 3``."""
    plan = plan_of(row)
    if plan is None:
        return asked.words("no_plan", n=asked.words.count(row["n"]))
    said = asked.words(
        "plan", aql=asked.words.number(plan.aql, 0 if plan.aql == int(plan.aql) else 2), level=plan.level,
        severity=asked.words.known("severity_of", plan.severity), n=plan.n, accept=plan.accept, reject=plan.reject,
    )  # fmt: skip
    return said + (asked.words("plan_second", n=plan.n2, accept=plan.accept2, reject=plan.reject2) if plan.n2 else "")


def _odds(asked: Asked, rows: list[dict[str, Any]]) -> Figure | None:
    """Return how likely the plans that were used accept a lot, by how much of it is defective."""
    plans = list(dict.fromkeys(plan for row in rows if (plan := plan_of(row)) is not None))[:4]
    if not plans:
        return None
    series = []
    for place, plan in enumerate(plans):
        shares = _shares(plan)
        try:
            odds = sampling.operating_characteristic(plan, shares, plan.lot_size)
        except WorkbenchError:  # a plan that counts defects has other odds
            continue
        lot = f"N {plan.lot_size:,}, " if plan.lot_size else ""
        name = f"{lot}n {plan.n}, c {plan.accept} (AQL {plan.aql:g} %)"
        series.append(Series(name, "line", shares, tuple(map(float, odds)), colour=SHADES[place]))
    if not series:
        return None
    x, y = Axis(asked.words("defective_in_lot"), "share", 0.0, _WORST), Axis("", "share", 0.0, 1.0)
    marks = ((plans[0].aql / 100, f"AQL {plans[0].aql:g} %"),)
    return asked.figure("odds", series, x=x, y=y, marks=marks)


def _shares(plan: sampling.Plan) -> tuple[float, ...]:
    """Return shares that a lot can have: whole numbers of images, but no more than a curve needs."""
    whole = plan.lot_size or 200
    most = int(whole * _WORST)
    return tuple(k / whole for k in range(0, most + 1, max(1, most // 100)))


# ── defects ───────────────────────────────────────────────────────────────────────────────────────────────────


def _defects(asked: Asked) -> Section:
    data = asked.table("defects_found")
    rows, made = data.to_pylist(), Section("defects", asked.words("section.defects"))
    if not rows:
        return made.add(asked.words("no_defects"))
    inspected = sum(row["inspected"] for row in asked.rows("inspected_images"))
    total = sum(row["defects"] for row in rows)
    by_field = _summed(rows, "field")
    fields_figure = None
    if any(by_field):
        names = tuple(asked.field(key) or asked.words("picture") for key in by_field)
        series = Series(asked.words("column.defects"), "bars", names, tuple(map(float, by_field.values())))
        fields_figure = asked.figure("fields", [series], y=Axis(unit="text"), x=Axis(unit="count"), sideways=True)
    types = defect_types.load(asked.ws.folder)
    told = {"defect": [types.label(row["defect"], asked.words.language) for row in rows]}
    told["severity"] = [asked.words.known("severity", row["severity"]) for row in rows]
    told["field_name"] = [asked.field(row["field"]) or asked.words("picture") for row in rows]
    columns = ("defect", "field_name", "severity", "operator", "defects", "images")
    return made.add(
        asked.total("defects", total, inspected, "defects_found", note=asked.words("per_inspected")),
        *_pareto(asked, rows, total),
        fields_figure,
        asked.listed("defects", with_columns(data, **told), *columns, query="defects_found"),
    )


def _summed(rows: list[dict[str, Any]], name: str) -> dict[str, int]:
    heaps: dict[str, int] = defaultdict(int)
    for row in rows:
        heaps[str(row[name])] += row["defects"]
    return dict(sorted(heaps.items(), key=lambda one: (-one[1], one[0])))


def _pareto(asked: Asked, rows: list[dict[str, Any]], total: int) -> list[Part]:
    heaps = list(_summed(rows, "defect").items())
    types = defect_types.load(asked.ws.folder)
    first = [(types.label(name, asked.words.language), count) for name, count in heaps[:_TYPES]]
    if rest := sum(count for _, count in heaps[_TYPES:]):
        first.append((asked.words("others"), rest))
    names, counts = tuple(name for name, _ in first), tuple(float(count) for _, count in first)
    running, parts = 0.0, []
    for count in counts:
        running += count
        parts.append(running / total)
    series = [
        Series(asked.words("column.defects"), "bars", names, counts),
        Series(asked.words("column.running"), "line", names, tuple(parts), colour="second", right=True),
    ]
    figure = asked.figure("pareto", series, x=Axis(unit="text"), y=Axis(asked.words("column.defects")))
    listed = [
        {"defect": name, "defects": int(count), "whole": total, "running": part}
        for (name, count), part in zip(first, parts, strict=True)
    ]
    data = with_share(pa.Table.from_pylist(listed), "part", "defects", "whole")
    return [figure, asked.listed("pareto", data, "defect", "defects", "part", "running", query="defects_found")]


# ── operators ─────────────────────────────────────────────────────────────────────────────────────────────────


def _operators(asked: Asked) -> Section:
    rows, made = asked.rows("inspected_images"), Section("operators", asked.words("section.operators"))
    if not rows:
        return made.add(asked.words("no_inspections"))
    first = [row for row in rows if not row["resubmission"]]
    data = with_share(_by(first or rows, "operator"), "defective_share", "defective", "inspected")
    inspectors = with_share(_by(rows, "inspector"), "defective_share", "defective", "inspected")
    return made.add(
        asked.words("intro.operators"),
        _with_intervals(asked, "operators", data, "operator", "defective_share"),
        asked.listed("operators", data, "operator", *_LOOKED, query="inspected_images"),
        *_control(asked, first),
        asked.listed("inspectors", inspectors, "inspector", *_LOOKED, query="inspected_images"),
    )


_LOOKED = ("inspected", "defective", "defective_share")


def _by(rows: list[dict[str, Any]], name: str) -> pa.Table:
    heaps: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        heaps[row[name]][0] += row["inspected"]
        heaps[row[name]][1] += row["defective"]
    return pa.Table.from_pylist(
        [{name: key, "inspected": heap[0], "defective": heap[1]} for key, heap in sorted(heaps.items())]
    )


def _control(asked: Asked, rows: list[dict[str, Any]]) -> list[Part]:
    """Return a control chart of defective images by day, and what it says; nothing from fewer than three days."""
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        days[row["day"]][0] += row["defective"]
        days[row["day"]][1] += row["inspected"]
    if len(days) < 3:
        return []
    names = tuple(sorted(days))
    counts = [[days[day][at] for day in names] for at in (0, 1)]
    labels = [asked.words.day(day) for day in names]
    chart = control_charts.p_chart(*counts, labels=labels, lang=asked.words.language)
    series = [
        Series(asked.words("column.defective_share"), "points", names, tuple(map(float, chart.points))),
        Series(asked.words("usual"), "line", names, (chart.centre,) * len(names), colour="soft"),
        Series(asked.words("upper_limit"), "dashed", names, tuple(map(float, chart.high)), colour="bad"),
    ]
    figure = asked.figure("control", series, x=Axis(unit="date"), y=Axis(unit="share"))
    return [figure, *_signals(asked, chart, chart.method)]


def _signals(asked: Asked, chart: control_charts.Chart, about: str) -> list[Part]:
    if chart.in_control:
        return [Remark(asked.words("in_control"), about, "good")]
    return [Remark(one.text, about, "warn" if one.worse else "good") for one in chart.signals[:5]]


def _with_intervals(asked: Asked, key: str, data: pa.Table, name: str, value: str) -> Figure | None:
    rows = [row for row in data.to_pylist() if row[value] is not None][:24]
    if not rows:
        return None
    values, lows, highs = (tuple(row[f"{value}{end}"] for row in rows) for end in ("", "_low", "_high"))
    labels = tuple(asked.field(row[name]) or asked.words("nobody") for row in rows)
    series = Series(asked.words(f"column.{value}"), "points", labels, values, lows, highs)
    most = max(high for high in highs if high is not None)
    across = Axis(asked.words(f"column.{value}"), "share", 0.0, min(1.0, round(most + 0.05, 1) or 0.1))
    return asked.figure(key, [series], y=Axis(unit="text"), x=across, sideways=True)


# ── agreement ─────────────────────────────────────────────────────────────────────────────────────────────────


def _agreement(asked: Asked) -> Section:
    data = asked.table("compared_fields")
    made = Section("agreement", asked.words("section.agreement"))
    if not data.num_rows:
        return made.add(asked.words("no_double_entry"))
    data = with_share(data, "agreed_share", "agreed", "pairs")
    data = with_columns(data, field_name=list(map(asked.field, data["field"].to_pylist())), **_alphas(asked, data))
    people = with_share(asked.table("compared_people"), "agreed_share", "agreed", "pairs")
    pairs = [f"{row['actor_a']} · {row['actor_b']}" for row in people.to_pylist()]
    decided = asked.table("decided_between")
    made.add(
        asked.words("intro.agreement"),
        _with_intervals(asked, "agreement", data, "field", "agreed_share"),
        asked.listed("agreement", data, *_COMPARED, query="compared_fields"),
        asked.listed("pairs", with_columns(people, pair=pairs), "pair", "agreed_share", query="compared_people"),
    )
    if decided.num_rows:
        said = {
            "chosen": [asked.words.known("chosen", one) for one in decided["chosen"].to_pylist()],
            "field_name": list(map(asked.field, decided["field"].to_pylist())),
        }
        names = ("field_name", "chosen", "adjudicator", "decisions")
        made.add(asked.listed("adjudicated", with_columns(decided, **said), *names, query="decided_between"))
    return made


_COMPARED = ("field_name", "comparator", "pairs", "agreed_share", "alpha", "open", "adjudicated")


def _alphas(asked: Asked, data: pa.Table) -> dict[str, list[Any]]:
    """Return Krippendorff's α of every field, with its interval; none where it says nothing."""
    made = [_alpha(asked.table("compared_values", field=key)) for key in data["field"].to_pylist()]
    return {
        name: [None if one is None else getattr(one, end) for one in made]
        for name, end in (("alpha", "value"), ("alpha_low", "low"), ("alpha_high", "high"), ("alpha_n", "n"))
    }


def _alpha(values: pa.Table) -> Agreement | None:
    times = values["pairs"].to_numpy()
    answers = [np.repeat(values[side].to_numpy(zero_copy_only=False), times) for side in ("value_a", "value_b")]
    made = krippendorff_alpha(answers)
    return made if made.defined else None


def _gold(asked: Asked) -> Section:
    data, made = asked.table("gold_given"), Section("gold", asked.words("section.gold"))
    if not data.num_rows:
        return made.add(asked.words("no_gold"))
    by_person = [
        {"actor": actor, "answers": sum(row["answers"] for row in rows), "correct": sum(row["correct"] for row in rows)}
        for actor, rows in _grouped(data.to_pylist(), "actor").items()
    ]
    people = with_share(pa.Table.from_pylist(by_person), "correct_share", "correct", "answers")
    by_field = with_share(data, "correct_share", "correct", "answers")
    by_field = with_columns(by_field, field_name=list(map(asked.field, data["field"].to_pylist())))
    return made.add(
        asked.words("intro.gold"),
        _with_intervals(asked, "gold", people, "actor", "correct_share"),
        *_cusums(asked),
        asked.listed("gold", by_field, "actor", "field_name", "correct_share", query="gold_given"),
    )


def _cusums(asked: Asked) -> list[Part]:
    """Return how wrong answers add up, a line a person, and what that says."""
    series, remarks = [], []
    limit = 0.0
    people = _grouped(asked.rows("gold_in_order"), "actor")
    for place, (actor, rows) in enumerate(people.items()):
        labels = [asked.words.moment(row["at"]) for row in rows]
        chart = control_charts.cusum([not row["right"] for row in rows], labels=labels, lang=asked.words.language)
        limit = float(chart.high[0])
        if place < len(SHADES):
            numbers = tuple(range(1, len(rows) + 1))
            series.append(Series(actor, "line", numbers, tuple(map(float, chart.points)), colour=SHADES[place]))
        remarks += [Remark(f"{actor}: {one.text}", chart.method, "warn") for one in chart.signals[:2]]
    longest = max(map(len, people.values()))
    series.append(Series(asked.words("upper_limit"), "dashed", (1, longest), (limit, limit), colour="soft"))
    across = Axis(asked.words("answers"), "count", 0.0, float(longest))
    return [asked.figure("cusum", series, x=across, y=Axis(unit="number")), *remarks]


def _grouped(rows: list[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    heaps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        heaps[row[name]].append(row)
    return dict(sorted(heaps.items()))
