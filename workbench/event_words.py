"""Events in words: what each is about, in a sentence, and what it did to one image, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from workbench.events import flatten

AREAS: dict[str, str] = {
    "received": "Received",
    "values": "Values",
    "files": "Files",
    "duplicates": "Duplicates",
    "quality": "Quality",
    "suggestions": "Suggestions",
    "audits": "Audits",
    "turns": "Turns in queues",
    "workspace": "Workspace",
}
"""What events are about → how that is called."""

_WORDS: dict[str, tuple[str, str]] = {
    "workspace_created": ("workspace", "Made the workspace {name}"),
    "source_added": ("workspace", "Named a source: {uri}"),
    "scan_started": ("received", "Began to scan, batch {batch}"),
    "images_received": ("received", "Received in batch {batch}"),
    "scan_finished": ("received", "Scan {outcome}: {files} files, {images} images, {problems} problems"),
    "files_embedded": ("files", "Wrote values into files ({mode})"),
    "values_set": ("values", "Entered values"),
    "values_withdrawn": ("values", "Took back what was entered"),
    "values_changed": ("values", "Changed values: {what}"),
    "audit_made": ("audits", "Audited by {profile}"),
    "findings_ignored": ("audits", "Said that a finding is all right: {what}"),
    "findings_reopened": ("audits", "Let a finding count again: {what}"),
    "rename_planned": ("files", "Is about to rename: {what}"),
    "rename_staged": ("files", "Put files aside that swap names"),
    "files_renamed": ("files", "Renamed: {what}"),
    "item_taken": ("turns", "Took it from the queue {queue}"),
    "item_returned": ("turns", "Gave it back to the queue {queue}: {outcome}"),
    "clusters_decided": ("duplicates", "Decided about duplicates: {what}"),
    "clusters_reopened": ("duplicates", "Took a decision about duplicates back: {what}"),
    "duplicates_found": ("duplicates", "Looked for duplicates: {outcome}"),
    "duplicates_calibrated": ("duplicates", "Tried out what finding duplicates is worth"),
    "arrival_turned_away": ("duplicates", "Turned an arriving file away: {uri}"),
    "arrival_put_back": ("duplicates", "Put an arriving file back: {uri}"),
    "removal_planned": ("duplicates", "Is about to {action}: {what}"),
    "files_quarantined": ("duplicates", "Moved into quarantine"),
    "files_restored": ("duplicates", "Restored from quarantine"),
    "files_purged": ("duplicates", "Deleted for good from quarantine"),
    "removal_ended": ("duplicates", "The removal ended: {outcome}"),
    "certificate_drawn": ("duplicates", "Drew a sample of what is to be removed: {what}"),
    "certificate_judged": ("duplicates", "Looked at the sample of what is to be removed"),
    "optimise_planned": ("files", "Is about to make files smaller"),
    "files_optimised": ("files", "Made smaller"),
    "originals_planned": ("files", "Is about to put originals back"),
    "optimised_restored": ("files", "Put the original back"),
    "optimised_confirmed": ("files", "Let go of the original"),
    "batch_moved": ("quality", "Moved batch {batch} from {came_from} to {state}"),
    "sample_drawn": ("quality", "Drew a sample of batch {batch}: {count} of {lot_size} images"),
    "item_inspected": ("quality", "Inspected: {verdict}"),
    "inspection_withdrawn": ("quality", "Took an inspection back"),
    "lot_judged": ("quality", "Judged the batch by its sample: {verdict}, {defectives} of {n} defective. {reason}"),
    "suggestion_accepted": ("suggestions", "Accepted a suggestion of {suggester}"),
    "suggestion_edited": ("suggestions", "Entered something else than {suggester} suggested"),
    "suggestion_rejected": ("suggestions", "Rejected a suggestion of {suggester}"),
    "suggestion_reopened": ("suggestions", "Took back the rejection of a suggestion of {suggester}"),
    "double_entry_opened": ("quality", "Opened a double entry: {what}"),
    "entry_made": ("quality", "Entered in blind double entry"),
    "entry_withdrawn": ("quality", "Took an entry in blind double entry back"),
    "entry_finished": ("quality", "Finished the image in blind double entry"),
    "entries_compared": ("quality", "Compared two people's entries: {agreed} of {pairs} agree"),
    "field_adjudicated": ("quality", "Decided between two entries: {chosen}"),
    "adjudication_withdrawn": ("quality", "Took a decision between two entries back"),
    "gold_set": ("quality", "Said what the right answers are"),
    "gold_withdrawn": ("quality", "Said that it is no known answer any more"),
    "gold_answered": ("quality", "Came past known answers"),
    "training_ended": ("quality", "Ended a training: {correct} of {answered} right"),
}

ABOUT_GOLD = frozenset({"gold_set", "gold_withdrawn", "gold_answered"})
"""What only those may see who set known answers: others would know which images are watched."""

OF_VALUES = frozenset({"values_set", "values_withdrawn", "values_changed"})


class Line(NamedTuple):
    """One thing that an event changed: its label, and what stood there before and after (None for nothing)."""

    label: str
    before: str | None
    after: str | None


def area(kind: str) -> str:
    """Return what a kind of event is about: a key of `AREAS`."""
    return _WORDS[kind][0] if kind in _WORDS else "workspace"


def sentence(kind: str, payload: Mapping[str, Any]) -> str:
    """Return what happened, without who and when.

    Examples
    --------
    >>> sentence("batch_moved", {"batch": "May", "came_from": "rework", "state": "ready_for_qc"})
    'Moved batch May from rework to ready for QC'
    """
    if kind not in _WORDS:
        return kind.replace("_", " ")
    told: defaultdict[str, Any] = defaultdict(str, {name: _shown(value) for name, value in payload.items()})
    if kind == "batch_moved":
        told |= {name: _state(payload.get(name)) for name in ("state", "came_from")}
    return _WORDS[kind][1].format_map(told).rstrip(" :")


def _shown(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else value


def _state(name: Any) -> str:
    return str(name or "received").replace("_", " ").replace("qc", "QC")


def content(rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the values of one field as one text: entries of a list by semicolons, languages by lines.

    Examples
    --------
    >>> content([{"lang": None, "value": "shirt"}, {"lang": None, "value": "linen"}])
    'shirt; linen'
    >>> content([{"lang": "de", "value": "Hemd"}])
    'de: Hemd'
    """
    by_lang: dict[str | None, list[str]] = {}
    for row in rows:
        if row["value"] is not None:
            by_lang.setdefault(row["lang"], []).append(row["value"])
    parts = [
        f"{lang}: {'; '.join(v)}" if lang not in (None, "x-default") else "; ".join(v) for lang, v in by_lang.items()
    ]
    return "\n".join(parts) or None


def lines(kind: str, payload: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return what an event did to an image, from the event's rows about it; values are told by the catalogue.

    Answers in blind double entry and known answers aren't told: whoever looks may have to give them.
    """
    tell = _LINES.get(kind)
    return [line for row in rows for line in tell(row)] if tell else []


def _received(row: Mapping[str, Any]) -> list[Line]:
    told = [Line("file", None, row["uri"])]
    return told + ([Line("SHA-256", None, row["checksum"])] if row["checksum"] else [])


def _renamed(row: Mapping[str, Any]) -> list[Line]:
    return [Line("name", None, row["new_uri"])]


def _embedded(row: Mapping[str, Any]) -> list[Line]:
    told = [Line(row["how"], None, row["target"] or row["uri"])]
    if row["after"]:
        told.append(Line("SHA-256", row["before"], row["after"]))
    return told + ([Line("because", None, row["why"])] if row["why"] else [])


def _removed(row: Mapping[str, Any]) -> list[Line]:
    return [Line("file", row["uri"], row["place"]), Line("stays in its stead", None, row["keeper_uri"])]


def _decided(row: Mapping[str, Any]) -> list[Line]:
    return [Line("decision", None, str(row["decision"]).replace("_", " "))]


def _optimised(row: Mapping[str, Any]) -> list[Line]:
    if row.get("size_before") is None:
        return []
    sizes = Line("bytes", f"{row['size_before']:,}", f"{row['size_after']:,}")
    return [sizes, Line("SHA-256", row["before"], row["after"])]


def _inspected(row: Mapping[str, Any]) -> list[Line]:
    if not row.get("defect"):
        return [Line("comment", None, row["comment"])] if row["comment"] else []
    told = f"{row['defect'].replace('_', ' ')} ({row['severity']})"
    return [Line(row["field"] or "image", None, f"{told}: {row['comment']}" if row["comment"] else told)]


def _suggested(row: Mapping[str, Any]) -> list[Line]:
    return [Line(row["field"], row["suggested"], row["value"])]


def _entered(row: Mapping[str, Any]) -> list[Line]:
    return [Line(row["field"], None, "not shown")] if not row.get("part") else []


def _adjudicated(row: Mapping[str, Any]) -> list[Line]:
    parts = [{"lang": lang, "value": value} for _, lang, _, value in flatten({row["field"]: row["value"]})]
    told = [Line(row["field"], None, content(parts))]
    return told + ([Line("comment", None, row["comment"])] if row["comment"] else [])


def _answered(row: Mapping[str, Any]) -> list[Line]:
    return [Line(row["field"], None, "right" if row["right"] else "wrong")]


def _refused(row: Mapping[str, Any]) -> list[Line]:
    return [Line("not moved", None, row["reason"])] if row.get("reason") else []


def _ignored(row: Mapping[str, Any]) -> list[Line]:
    return [Line(row["field"] or row["rule"], None, row["value"])]


_LINES = {
    "images_received": _received,
    "files_renamed": _renamed,
    "files_embedded": _embedded,
    "files_quarantined": _removed,
    "files_restored": _removed,
    "files_purged": _removed,
    "removal_ended": _refused,
    "clusters_decided": _decided,
    "files_optimised": _optimised,
    "item_inspected": _inspected,
    "findings_ignored": _ignored,
    "findings_reopened": _ignored,
    "field_adjudicated": _adjudicated,
    "entry_made": _entered,
    "gold_answered": _answered,
} | dict.fromkeys(("suggestion_accepted", "suggestion_edited", "suggestion_rejected"), _suggested)
