"""What a report of deliveries says: where every batch stands, and what was written into which file."""

from __future__ import annotations

from collections import defaultdict

import pyarrow as pa

from workbench.report_model import Axis, Section, Series
from workbench.report_questions import Asked, with_columns, with_share

_WRITTEN = ("embedded", "sidecar", "copied")
_SHADES = {"embedded": "good", "sidecar": "accent", "copied": "soft", "failed": "bad", "restored": "warn"}


def sections(asked: Asked) -> list[Section]:
    """Return the sections of the report."""
    return [_status(asked), _written(asked)]


def _status(asked: Asked) -> Section:
    data = asked.table("progress_of_batches")
    rows = data.to_pylist()
    images, delivered = (sum(row[name] for row in rows) for name in ("images", "delivered"))
    states: dict[str, int] = defaultdict(int)
    for row in rows:
        states[asked.words.known("state", row["state"])] += row["images"]
    figure = None
    if states:
        series = Series(asked.words("images"), "bars", tuple(states), tuple(map(float, states.values())))
        figure = asked.figure("states", [series], y=Axis(unit="text"), x=Axis(asked.words("images")), sideways=True)
    data = with_share(data, "part", "delivered", "images").drop_columns(["part_low", "part_high"])
    data = with_columns(data, state=[asked.words.known("state", row["state"]) for row in rows])
    names = ("batch", "state", "since", "images", "part", "resubmission", "bytes")
    return Section("status", asked.words("section.status")).add(
        asked.words("intro.delivery"),
        asked.total("images", images, images, "progress_of_batches"),
        asked.share("delivered", delivered, images, "progress_of_batches", sampled=False),
        asked.total("batches", len(rows), len(rows), "progress_of_batches"),
        figure,
        asked.listed("status", data, *names, query="progress_of_batches", show=40),
    )


def _written(asked: Asked) -> Section:
    data = asked.table("embedded_by_how")
    rows, made = data.to_pylist(), Section("written", asked.words("section.written"))
    if not rows:
        return made.add(asked.words("nothing_written"))
    failed, tried = sum(row["files"] for row in rows if row["how"] == "failed"), sum(row["files"] for row in rows)
    heaps: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        heaps[row["how"]][row["day"]] += row["files"]
    days = tuple(sorted({row["day"] for row in rows}))
    series = [
        Series(
            asked.words.known("how", how), "bars", days, tuple(float(heaps[how][day]) for day in days),
            colour=_SHADES.get(how, "fourth"),
        )
        for how in sorted(heaps)
    ]  # fmt: skip
    files = asked.table("embedded_files")
    return made.add(
        asked.total("written", sum(row["files"] for row in rows if row["how"] in _WRITTEN), tried, "embedded_by_how"),
        asked.share("failed", failed, tried, "embedded_by_how", sampled=False),
        asked.figure("written", series, x=Axis(unit="date"), y=Axis(asked.words("files")), stacked=True),
        asked.listed("written", _said(asked, data), "day", "mode", "how", "actor", "files", query="embedded_by_how"),
        asked.listed(
            "files", _said(asked, files), "path", "batch", "how", "why", "at", "sha256", query="embedded_files"
        ),
    )


_FILE = ("path", "batch", "how", "why", "at", "sha256")


def _said(asked: Asked, data: pa.Table) -> pa.Table:
    columns = {group: [asked.words.known(group, one) for one in data[group].to_pylist()] for group in ("mode", "how")}
    return with_columns(data, **columns)
