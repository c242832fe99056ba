"""What a report of operations says: how far every batch is, when it will be done, how fast it goes, who did what."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.report_model import Axis, Figure, Part, Section, Series, Table
from workbench.report_questions import Asked, mean_interval, with_columns, with_share

SHADES = ("accent", "second", "third", "fourth", "good", "warn", "bad", "soft")
"""Colours of people and batches, in their order; whoever comes later shares the last."""

_PEOPLE = 7
_RECENT = 10
"""Working days that a forecast is made from."""


def sections(asked: Asked) -> list[Section]:
    """Return the sections of the report."""
    return [overview(asked), progress(asked), throughput(asked), people(asked), received(asked)]


def overview(asked: Asked) -> Section:
    """Return the section with the totals."""
    batches = asked.rows("progress_of_batches")
    images, tagged = sum(row["images"] for row in batches), sum(row["tagged"] for row in batches)
    made = Section("overview", asked.words("section.overview"))
    return made.add(
        asked.words("intro.operations"),
        asked.total("images", images, images, "progress_of_batches"),
        asked.total("batches", len(batches), len(batches), "progress_of_batches"),
        asked.share("tagged", tagged, images, "progress_of_batches", sampled=False),
        asked.total("bytes_held", sum(row["bytes"] for row in batches), images, "progress_of_batches", unit="bytes"),
    )


# ── progress and forecast ─────────────────────────────────────────────────────────────────────────────────────


def progress(asked: Asked) -> Section:
    """Return the section about batches: how far they are, and when they will be done."""
    data = asked.table("progress_of_batches")
    rows = data.to_pylist()
    ahead = _forecasts(asked, rows)
    data = with_share(data, "tagged_share", "tagged", "images").drop_columns(["tagged_share_low", "tagged_share_high"])
    data = with_columns(
        data,
        days_left=[one[0] for one in ahead], days_left_low=[one[1] for one in ahead],
        days_left_high=[one[2] for one in ahead], days_left_n=[one[3] for one in ahead],
        expected=[one[4] for one in ahead], expected_low=[one[5] for one in ahead],
        expected_high=[one[6] for one in ahead],
        state=[asked.words.known("state", row["state"]) for row in rows],
    )  # fmt: skip
    names = ("batch", "state", "images", "tagged_share", "delivered", "damaged", "days_left", "expected", "last_at")
    shown = sorted(rows, key=lambda row: (-row["images"], row["batch"]))[:20]
    figure = None
    if shown:
        labels = tuple(row["batch"] for row in shown)
        left = tuple(row["images"] - row["tagged"] for row in shown)
        figure = asked.figure(
            "progress",
            [
                Series(asked.words("tagged"), "bars", labels, tuple(row["tagged"] for row in shown), colour="good"),
                Series(asked.words("open"), "bars", labels, left, colour="soft"),
            ],
            y=Axis(unit="text"), x=Axis(asked.words("images")), sideways=True, stacked=True,
        )  # fmt: skip
    table = asked.listed("progress", data, *names, query="progress_of_batches", show=40)
    curve = _course(asked)
    return Section("progress", asked.words("section.progress")).add(figure, table, curve, asked.words("rule.forecast"))


Forecast = tuple[float | None, float | None, float | None, int | None, str | None, str | None, str | None]
_NO_FORECAST: Forecast = (None,) * 7


def _forecasts(asked: Asked, rows: list[dict[str, Any]]) -> list[Forecast]:
    days: dict[str, list[int]] = defaultdict(list)
    for row in asked.rows("batch_work_by_day"):
        days[row["batch"]].append(row["images"])
    as_of = datetime.fromisoformat(asked.as_of).date() if asked.as_of else None
    return [forecast(row["images"] - row["tagged"], days[row["batch"]], as_of) for row in rows]


def forecast(left: int, done: list[int], as_of: date | None) -> Forecast:
    """Return working days left, their 95 % interval and n, and the dates that gives from a day on.

    The mean of the latest working days, with Student's interval, goes on; weekends aren't worked. Nothing is said from
    fewer than three days.
    """
    recent = done[-_RECENT:]
    made = (
        mean_interval(len(recent), float(sum(recent)), float(sum(n * n for n in recent))) if len(recent) > 2 else None
    )
    if made is None or as_of is None or left <= 0:
        return _NO_FORECAST
    mean, low, high = made
    days = (left / mean, left / high, left / low if low > 0 else None)
    dates = [None if one is None or one > 5_000 else _workday(as_of, one) for one in days]
    return (*days, len(recent), *dates)  # type: ignore[return-value]  # three numbers, n, three dates


def _workday(start: date, days: float) -> str:
    return str(np.busday_offset(np.datetime64(start), int(np.ceil(days)), roll="backward"))


def _course(asked: Asked) -> Figure | None:
    """Return how many images had been worked at, day by day."""
    heaps: dict[str, dict[str, int]] = defaultdict(dict)
    for row in asked.rows("batch_work_by_day"):
        heaps[row["batch"]][row["day"]] = row["images"]
    if not heaps or len({day for one in heaps.values() for day in one}) < 2:
        return None
    largest = sorted(heaps, key=lambda batch: (-sum(heaps[batch].values()), batch))[:6]
    series = []
    for place, batch in enumerate(sorted(largest)):
        days = sorted(heaps[batch])
        total = np.cumsum([heaps[batch][day] for day in days])
        series.append(Series(batch, "line", tuple(days), tuple(map(float, total)), colour=SHADES[place]))
    return asked.figure("course", series, x=Axis(unit="date"), y=Axis(asked.words("images")))


# ── throughput and pace ───────────────────────────────────────────────────────────────────────────────────────


def throughput(asked: Asked) -> Section:
    """Return the section about what was done each day, and how fast everybody is."""
    data = asked.table("work_by_day")
    rows = data.to_pylist()
    made = Section("throughput", asked.words("section.throughput"))
    if not rows:
        return made.add(asked.words("no_work"))
    items = sum(row["items"] for row in rows)
    return made.add(
        asked.total("items", items, items, "work_by_day"),
        asked.total(
            "hours", sum(row["seconds"] for row in rows) / 3600, sum(row["timed"] for row in rows), "work_by_day",
            unit="hours", note=asked.words("rule.idle"),
        ),
        asked.total("people", len({row["actor"] for row in rows}), items, "work_by_day"),
        _days(asked, rows),
        *pace(asked, rows),
        _day_table(asked, data),
    )  # fmt: skip


def _days(asked: Asked, rows: list[dict[str, Any]]) -> Figure:
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[row["actor"]] += row["items"]
    first = sorted(sorted(totals), key=lambda actor: -totals[actor])[:_PEOPLE]
    days = tuple(sorted({row["day"] for row in rows}))
    heaps: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        heaps[row["actor"] if row["actor"] in first else asked.words("others")][row["day"]] += row["items"]
    names = [*sorted(first), *([asked.words("others")] if len(totals) > len(first) else [])]
    series = [
        Series(name, "bars", days, tuple(float(heaps[name][day]) for day in days), colour=SHADES[place])
        for place, name in enumerate(names)
    ]
    return asked.figure("days", series, x=Axis(unit="date"), y=Axis(asked.words("items")), stacked=True)


def pace(asked: Asked, rows: list[dict[str, Any]]) -> list[Part]:
    """Return figure and table of how fast everybody is, with intervals."""
    heaps: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0.0, 0.0, 0.0])
    for row in rows:
        heap = heaps[row["actor"], row["task"]]
        for at, name in enumerate(("items", "timed", "seconds", "squares", "idle")):
            heap[at] += row[name]
    listed = []
    for (actor, task), (items, timed, seconds, squares, idle) in sorted(heaps.items()):
        mean = mean_interval(int(timed), seconds, squares)
        listed.append(
            {
                "actor": actor, "task": asked.words.known("task", task), "items": int(items), "hours": seconds / 3600,
                "mean_seconds": mean and mean[0], "mean_seconds_low": mean and max(0.0, mean[1]),
                "mean_seconds_high": mean and mean[2], "mean_seconds_n": int(timed),
                "per_hour": mean and 3600 / mean[0] if mean and mean[0] else None,
                "per_hour_low": 3600 / mean[2] if mean and mean[2] else None,
                "per_hour_high": 3600 / mean[1] if mean and mean[1] > 0 else None,
                "idle": idle,
            }
        )  # fmt: skip
    data = pa.Table.from_pylist(listed)
    names = ("actor", "task", "items", "hours", "mean_seconds", "per_hour", "idle")
    table = asked.listed("pace", data, *names, query="work_by_day", note=asked.words("rule.idle"), show=40)
    timed_rows = [row for row in listed if row["per_hour"] is not None][:24]
    if not timed_rows:
        return [table]
    labels = tuple(f"{row['actor']} · {row['task']}" for row in timed_rows)
    values, lows, highs = (tuple(map(_number, (row[name] for row in timed_rows))) for name in _PACE)
    series = Series(asked.words("column.per_hour"), "points", labels, values, lows, highs)
    return [asked.figure("pace", [series], y=Axis(unit="text"), x=Axis(unit="per_hour"), sideways=True), table]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


_PACE = ("per_hour", "per_hour_low", "per_hour_high")


def _day_table(asked: Asked, data: pa.Table) -> Table:
    data = with_columns(data, task=[asked.words.known("task", task) for task in data["task"].to_pylist()])
    names = ("day", "actor", "task", "items", "seconds", "idle")
    return asked.listed("work_by_day", data, *names, query="work_by_day")


def people(asked: Asked) -> Section:
    """Return the section about who did what."""
    data = asked.table("who_did_what")
    data = with_columns(data, what=[asked.words.known("kind", kind) for kind in data["kind"].to_pylist()])
    table = asked.listed(
        "people", data, "actor", "what", "events", "first_at", "last_at", query="who_did_what", show=40
    )
    return Section("people", asked.words("section.people")).add(asked.words("intro.people"), table)


def received(asked: Asked) -> Section:
    """Return the section about what came in, and what couldn't be read."""
    scans, problems = asked.table("scans_made"), asked.table("problems_by_kind")
    outcomes = [asked.words.known("outcome", one) for one in scans["outcome"].to_pylist()]
    messages = list(map(asked.words.sentence, problems["message"].to_pylist()))
    scans, problems = with_columns(scans, outcome=outcomes), with_columns(problems, message=messages)
    names = ("finished_at", "batch", "source", "outcome", "files", "images", "problems", "actor")
    return Section("received", asked.words("section.received")).add(
        asked.listed("scans", scans, *names, query="scans_made"),
        asked.listed("problems", problems, "kind", "message", "files", "lost", query="problems_by_kind"),
    )
