"""What a report of duplicates says in the frame of all reports; the pictures are in `workbench.dedup_report`."""

from __future__ import annotations

from typing import Any

from workbench import report_certainty
from workbench.report_model import Axis, Figure, Remark, Section, Series
from workbench.report_questions import Asked, with_columns

_STATES = (("undecided", "soft"), ("decided", "accent"), ("quarantined", "third"), ("purged", "good"))


def sections(asked: Asked) -> list[Section]:
    """Return the sections of the report."""
    return [_found(asked), _reviewed(asked), report_certainty.section(asked), _removed(asked), _left_out(asked)]


def _found(asked: Asked) -> Section:
    totals, data = asked.rows("report_totals")[0], asked.table("report_kinds")
    kinds = data.to_pylist()
    gone = sum(row["quarantined"] + row["purged"] for row in kinds)
    images, found = totals["images"] + gone, sum(row["found"] for row in kinds)
    freed = sum(row["purged_bytes"] for row in kinds)
    out = freed + sum(row["quarantined_bytes"] for row in kinds)
    note = asked.words("freed", n=asked.words.bytes(freed))
    made = Section("found", asked.words("section.found"))
    if not kinds and not gone and not asked.table("report_runs").num_rows:
        return made.add(Remark(asked.words("not_searched"), look="warn"))
    made.add(
        asked.words("intro.dedup"),
        asked.total("images_looked_at", images, images, "report_totals"),
        asked.share("duplicates", found, images, "report_kinds", sampled=False),
        asked.total("found_bytes", sum(row["found_bytes"] for row in kinds), found, "report_kinds", unit="bytes"),
        asked.total("taken_out", gone, found, "report_kinds"),
        asked.total("saved", out, gone, "report_kinds", unit="bytes", note=note),
    )
    if not kinds:
        return made.add(asked.words("no_duplicates"))
    names = ("relation", "found", "found_bytes", *(key for key, _ in _STATES))
    data = with_columns(data, relation=_relations(asked, kinds))
    return made.add(_kinds(asked, kinds), asked.listed("kinds", data, *names, query="report_kinds"))


def _relations(asked: Asked, rows: list[dict[str, Any]]) -> list[str]:
    return [asked.words.known("relation", row["relation"]) for row in rows]


def _kinds(asked: Asked, kinds: list[dict[str, Any]]) -> Figure:
    labels = tuple(_relations(asked, kinds))
    series = [
        Series(asked.words(f"column.{key}"), "bars", labels, tuple(float(row[key]) for row in kinds), colour=colour)
        for key, colour in _STATES
        if any(row[key] for row in kinds)
    ]
    across = Axis(asked.words("files"))
    return asked.figure("kinds", series, y=Axis(unit="text"), x=across, sideways=True, stacked=True)


def _reviewed(asked: Asked) -> Section:
    data, looks = asked.table("report_reviews"), asked.rows("report_second_looks")[0]
    made = Section("reviewed", asked.words("section.reviewed"))
    if not data.num_rows:
        return made.add(asked.words("no_review"))
    said = {name: [asked.words.known(group, one) for one in data[name].to_pylist()] for name, group in _SAID.items()}
    names = ("actor", "decision", "review", "clusters", "images", "first_at", "last_at")
    data = with_columns(data, decision=said["decision"], review=said["how"])
    agreed = None
    if looks["looks"]:
        agreed = asked.share("second_looks", looks["agreed"], looks["looks"], "report_second_looks")
    return made.add(agreed, asked.listed("reviews", data, *names, query="report_reviews"))


_SAID = {"decision": "decision", "how": "review"}


def _removed(asked: Asked) -> Section:
    removed, kept, smaller = (asked.table(f"report_{name}") for name in ("removed", "kept", "optimised"))
    made = Section("removed", asked.words("section.removed"))
    if not removed.num_rows and not smaller.num_rows:
        made.add(asked.words("nothing_removed"))
    out = [row for row in removed.to_pylist() if row["state"] != "restored" and not row["goes_with"]]
    undecided = sum(not row["decided"] for row in out)
    if undecided:
        n, every = asked.words.count(undecided), asked.words.count(len(out))
        made.add(Remark(asked.words("removed_undecided", n=n, removed=every), look="warn"))
    if removed.num_rows:
        states = [asked.words.known("file_state", one) for one in removed["state"].to_pylist()]
        data = with_columns(removed, state=states, relation=_relations(asked, removed.to_pylist()))
        data = with_columns(data, bytes=data["size"].to_pylist())
        names = ("path", "bytes", "relation", "kept_path", "state", "removed_by", "removed_at")
        made.add(asked.listed("removed", data, *names, query="report_removed"))
    if kept.num_rows:
        data = with_columns(kept, bytes=kept["bytes_of_others"].to_pylist())
        made.add(asked.listed("kept", data, "path", "stands_for", "bytes", "checksum", query="report_kept"))
    if smaller.num_rows:
        data = with_columns(smaller, review=[asked.words.known("smaller", one) for one in smaller["how"].to_pylist()])
        columns = ("review", "files", "bytes_before", "bytes_after", "saved")
        made.add(asked.listed("optimised", data, *columns, query="report_optimised"))
    return made


def _left_out(asked: Asked) -> Section:
    skipped, runs = asked.table("report_skipped"), asked.table("report_runs")
    made = Section("left_out", asked.words("section.left_out"))
    names = ("method", "outcome", "images", "pairs", "actor", "at")
    told = {name: [asked.words.known(name, one) for one in runs[name].to_pylist()] for name in ("method", "outcome")}
    runs = with_columns(runs, **told) if runs.num_rows else runs
    made.add(asked.listed("runs", runs, *names, query="report_runs"))
    if skipped.num_rows:
        data = with_columns(skipped, bytes=skipped["size"].to_pylist())
        said = {name: list(map(asked.words.sentence, data[name].to_pylist())) for name in ("stage", "reason")}
        data = with_columns(data, **said)
        made.add(asked.listed("skipped", data, "stage", "path", "reason", "bytes", query="report_skipped"))
    return made
