"""What a report of audits says: what was wrong with the metadata at first, what is now, and what to do about it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pyarrow as pa

from workbench.report_model import Axis, Figure, Section, Series
from workbench.report_questions import Asked, with_columns

_SEVERITIES = (("errors", "bad"), ("warnings", "warn"), ("remarks", "soft"))
_FACTS = ("title", "description", "keywords", "creator", "copyright", "captured_at", "gps")


def sections(asked: Asked) -> list[Section]:
    """Return the sections of the report."""
    audits = sorted(asked.rows("audits_over_time"), key=lambda row: row["profile"])
    made = [_filled(asked)]
    if not audits:
        made[0].add(asked.words("no_audits"))
    for place, (profile, rows) in enumerate(groupby(audits, key=lambda row: row["profile"])):
        made.append(_profile(asked, profile, list(rows), place))
    return made


def _filled(asked: Asked) -> Section:
    counts = asked.rows("metadata_filled")[0]
    images = counts["images"]
    names = tuple(asked.words(f"fact.{name}") for name in _FACTS)
    parts = tuple(counts[name] / images if images else None for name in _FACTS)
    series = Series(asked.words("filled"), "bars", names, parts)
    figure = asked.figure("filled", [series], y=Axis(unit="text"), x=Axis(unit="share", high=1.0), sideways=True)
    rows = [{"fact": name, "images": counts[key], "part": part, "part_n": images}
            for name, key, part in zip(names, _FACTS, parts, strict=True)]  # fmt: skip
    table = asked.listed("filled", pa.Table.from_pylist(rows), "fact", "images", "part", query="metadata_filled")
    return Section("filled", asked.words("section.filled")).add(
        asked.words("intro.audit"),
        asked.total("images", images, images, "metadata_filled"),
        figure if images else None,
        table,
    )


def _profile(asked: Asked, profile: str, audits: list[dict[str, Any]], place: int) -> Section:
    name = profile or asked.words("general_rules")
    first, last = audits[0], audits[-1]
    by_severity = {row["severity"]: row for row in asked.rows("images_with_findings", profile=profile)}
    made = Section(f"audit-{place}", asked.words("section.audit", profile=name))
    made.add(asked.words("audited", audits=asked.words.count(len(audits)), first=asked.words.moment(first["at"]),
                         last=asked.words.moment(last["at"])))  # fmt: skip
    for severity in ("error", "warning", "info"):
        found = by_severity.get(severity, {"images": 0, "findings": 0, "ignored": 0})
        note = asked.words("ignored", n=asked.words.count(found["ignored"])) if found["ignored"] else ""
        key = f"images_with_{severity}:{place}"
        made.add(asked.share(key, found["images"], max(last["images"], found["images"]), "images_with_findings",
                             sampled=False, note=note))  # fmt: skip
    made.add(_before_after(asked, first, last, place), _course(asked, audits, place))
    data = asked.table("audits_compared", profile=profile)
    data = with_columns(data, severity=[asked.words.known("severity", one) for one in data["severity"].to_pylist()])
    names = ("title", "severity", "before", "after", "suggestion")
    return made.add(asked.listed(f"rules-{place}", data, *names, query="audits_compared"))


def _before_after(asked: Asked, first: dict[str, Any], last: dict[str, Any], place: int) -> Figure:
    names = tuple(asked.words(f"severity.{name}") for name in ("errors", "warnings", "remarks"))
    series = [
        Series(asked.words("before"), "bars", names, tuple(float(first[key]) for key, _ in _SEVERITIES), colour="soft"),
        Series(asked.words("after"), "bars", names, tuple(float(last[key]) for key, _ in _SEVERITIES)),
    ]
    across = Axis(asked.words("findings"))
    return asked.figure(f"before_after-{place}", series, y=Axis(unit="text"), x=across, sideways=True)


def _course(asked: Asked, audits: list[dict[str, Any]], place: int) -> Figure | None:
    if len(audits) < 3:
        return None
    at = tuple(row["at"].isoformat() for row in audits)
    series = [
        Series(asked.words(f"severity.{key}"), "line", at, tuple(float(row[key]) for row in audits), colour=colour)
        for key, colour in _SEVERITIES
    ]
    return asked.figure(f"audits-{place}", series, x=Axis(unit="date"), y=Axis(asked.words("findings")))
