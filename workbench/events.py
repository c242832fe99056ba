"""Events: what people did, as lines of the ledger, and the chain that makes them tamper-evident.

Every kind of event is listed in `KINDS` with the keys its payload must have; ``sql/apply/<kind>.sql`` says what it
changes in the catalogue, reading the rows that `rows` makes of it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import BadValue

GENESIS = "0" * 64
"""The hash that the first event of a ledger points back to."""

ORIGINS = ("entered", "template", "suggested", "merged")
"""How a value that somebody set came about: typed, by a template, as a suggestion that was accepted, or taken over from
a duplicate."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that isn't in the ledger yet.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    payload : dict
        What happened, JSON-able.
    attachment : bytes or None
        Bulk that belongs to the event (see `pack`); its SHA-256 goes into the payload and so into the chain.
    event_id : str
        Makes a repeated append harmless: an id that is already there isn't written again.
    """

    kind: str
    payload: Mapping[str, Any]
    attachment: bytes | None = None
    event_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadValue(
                f"There is no kind of event called {self.kind!r}.", hint=f"Known: {', '.join(sorted(KINDS))}."
            )
        missing = KINDS[self.kind].keys - self.payload.keys()
        if missing:
            raise BadValue(f"An event {self.kind!r} needs {', '.join(sorted(missing))}.", hint="Add what is missing.")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger.

    Attributes
    ----------
    seq : int
        Position in the ledger, from 1, without gaps.
    at : str
        UTC, ISO 8601 with microseconds, e.g. ``2026-03-01T09:30:00.000000Z``.
    prev, hash : str
        SHA-256 in hex: of the event before, and of this one (see `digest`).
    """

    seq: int
    event_id: str
    at: str
    actor: str
    kind: str
    reason: str
    payload: dict[str, Any]
    version: str
    prev: str
    hash: str

    def __repr__(self) -> str:
        """Return it in words: what a notebook shows of a change."""
        says = KINDS[self.kind].says if self.kind in KINDS else self.kind
        why = f" Why: {self.reason}" if self.reason else ""
        return f"<Event {self.seq}, {self.at[:16].replace('T', ' ')} UTC, by {self.actor}: {says}{why}>"


def canonical(payload: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return the one JSON text of a payload: sorted keys, no spaces, NaN refused."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(
    seq: int, event_id: str, at: str, actor: str, kind: str, reason: str, payload: str, version: str, prev: str
) -> str:
    """Return the SHA-256 (hex) that chains an event to the one before.

    ``payload`` is the `canonical` text as stored, so that verifying never depends on parsing JSON.
    """
    line = json.dumps([seq, event_id, at, actor, kind, reason, payload, version, prev], ensure_ascii=False)
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()


def pack(records: Sequence[Sequence[Any]]) -> bytes:
    """Return records as an attachment: zlib-compressed JSON lines, readable with any standard tool for ever."""
    return zlib.compress(_lines(records).encode("utf-8", "surrogatepass"), level=1)


def _lines(records: Sequence[Sequence[Any]]) -> str:
    # All at once is three times as fast as line by line; inside JSON a newline is always written as an escape, so it
    # can stand for every comma first.
    whole = json.dumps(records, separators=(",\n", ":"), ensure_ascii=False)[1:-1]
    lines = whole.replace("],\n[", "]\n[").replace(",\n", ",")
    if lines.count("\n") == max(0, len(records) - 1):
        return lines
    return "\n".join(json.dumps(r, separators=(",", ":"), ensure_ascii=False) for r in records)  # lists within lists


def unpack(attachment: bytes) -> list[list[Any]]:
    """Return the records that `pack` wrote."""
    text = zlib.decompress(attachment).decode("utf-8", "surrogatepass")
    return list(json.loads(f"[{text.replace(chr(10), ',')}]"))


def _received_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {"source": event.payload["source"], "batch": event.payload["batch"]}
    for image_id, uri, size, checksum, moved_from in unpack(attachment or zlib.compress(b"")):
        yield common | {
            "image_id": image_id, "uri": uri, "size": size, "checksum": checksum, "moved_from": moved_from,
        }  # fmt: skip


def flatten(values: Mapping[str, Any]) -> Iterator[tuple[str, str | None, int, str | None]]:
    """Yield ``(field, lang, ordinal, value)`` of values keyed by field.

    A value is text, a number, a list, a mapping of language to text (or to a list), or None, which clears the field and
    is yielded as one row whose value is None.
    """
    for name, value in values.items():
        by_lang = value if isinstance(value, Mapping) else {None: value}
        if value is None or value == [] or by_lang == {}:
            yield name, None, 0, None
            continue
        for lang, content in by_lang.items():
            for ordinal, item in enumerate(content if isinstance(content, list) else [content]):
                yield name, lang, ordinal, str(item)


def _value_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    flat = list(flatten(event.payload["values"]))
    origin = event.payload.get("origin", ORIGINS[0])
    for image_id in event.payload["image_ids"]:
        for name, lang, ordinal, value in flat:
            yield {
                "image_id": image_id, "field": name, "lang": lang, "ordinal": ordinal, "value": value, "origin": origin,
            }  # fmt: skip


def _withdrawn_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    for image_id in event.payload["image_ids"]:
        for name in event.payload["fields"]:
            yield {"image_id": image_id, "field": name}


def _taken_row(event: Event, attachment: bytes | None) -> Iterator[Row]:
    yield event.payload | {"outcome": "taken"}


_CHANGED = ("image_id", "field", "lang", "ordinal", "value", "origin")


def _changed_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    return (dict(zip(_CHANGED, record, strict=True)) for record in unpack(attachment or zlib.compress(b"")))


def _changed_columns(event: Event, attachment: bytes | None) -> dict[str, Sequence[Any]]:
    records = unpack(attachment or zlib.compress(b""))
    return dict(zip(_CHANGED, zip(*records, strict=True), strict=True)) if records else dict.fromkeys(_CHANGED, ())


def _embedded_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    names = ("image_id", "uri", "how", "why", "target", "before", "after")
    for record in unpack(attachment or zlib.compress(b"")):
        yield dict(zip(names, record, strict=True)) | {"mode": event.payload["mode"]}


def _renamed_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    names = ("image_id", "new_id", "new_uri", "name", "folder")  # the last is missing in older ledgers
    return (dict(zip(names, record, strict=False)) for record in unpack(attachment or zlib.compress(b"")))


def _audit_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {name: event.payload[name] for name in ("audit_id", "profile", "batch")}
    for rule, severity, findings, images in event.payload["counts"]:
        yield common | {"rule": rule, "severity": severity, "findings": findings, "images": images}


def _decided_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    names = ("cluster_id", "decision", "image_a", "content_a", "image_b", "content_b", "images", "bytes", "relation")
    agrees = event.payload.get("agrees")
    common = {"how": event.payload["how"], "first_by": event.payload.get("first_by")}
    common["agrees"] = None if agrees is None else int(agrees)
    for record in event.payload.get("rows") or unpack(attachment or zlib.compress(b"")):
        yield dict(zip(names, record, strict=True)) | common


def _reopened_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    for cluster_id in event.payload["clusters"] or [None]:
        yield {"decided": event.payload["decided"], "cluster_id": cluster_id}


def _search_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {"run_id": event.payload["run_id"], "images": event.payload["images"]}
    settings = canonical(event.payload["settings"])
    for method, outcome, pairs in event.payload["methods"]:
        yield common | {"method": method, "settings": settings, "outcome": outcome, "pairs": pairs}


def _calibration_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {name: event.payload[name] for name in ("calibration_id", "seed", "pictures", "sampled")}
    common["thresholds"] = canonical(event.payload["thresholds"])
    names = ("part", "kind", "says", "tried", "proposed", "found", "refuted", "low", "high")
    return (common | dict(zip(names, figure, strict=True)) for figure in event.payload["figures"])


_REMOVED = (
    "plan_id", "image_id", "goes_with", "uri", "source", "path", "checksum", "size", "mtime_ns", "mode", "place",
    "keeper_id", "keeper_uri", "keeper_checksum", "keeper_content", "cluster_id", "relation",
    "leaves",
)  # fmt: skip
_REMOVED_COLUMNS = " ".join(f"{name}:{'int' if name in ('size', 'mtime_ns', 'mode') else 'text'}" for name in _REMOVED)


def _removed_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    return (dict(zip(_REMOVED, record, strict=True)) for record in unpack(attachment or zlib.compress(b"")))


def _ended_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    yield {name: event.payload[name] for name in ("plan_id", "outcome", "done")}
    for image_id, uri, reason in unpack(attachment or zlib.compress(b"")):
        yield {"plan_id": event.payload["plan_id"], "image_id": image_id, "uri": uri, "reason": reason}


def _drawn_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    names = ("place", "image_id", "keeper_id", "checksum", "keeper_checksum")
    for record in unpack(attachment or zlib.compress(b"")):
        yield dict(event.payload) | dict(zip(names, record, strict=True))


def _judged_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    for place, verdict, note in event.payload["rows"]:
        yield {"draw_id": event.payload["draw_id"], "place": place, "verdict": verdict, "note": note}


def _ignored_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {name: event.payload[name] for name in ("profile", "rule", "field")}
    for image_id, value, why in unpack(attachment or zlib.compress(b"")):
        yield common | {"image_id": image_id, "value": value, "why": why}


_OPTIMISED = (
    "image_id", "uri", "how", "before", "after", "size_before", "size_after", "likeness", "content_before",
    "content_after",
)  # fmt: skip


def _optimised_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    for record in unpack(attachment or zlib.compress(b"")):
        yield {"job_id": event.payload["job_id"]} | dict(zip(_OPTIMISED, record, strict=True))


def _job_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    names = ("job_id", "image_id")
    return (dict(zip(names, record, strict=True)) for record in unpack(attachment or zlib.compress(b"")))


def _sample_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    told = event.payload
    common = {name: told.get(name) for name in ("sample_id", "batch", "lot_size", "method", "stage", "follows")}
    common |= {"submission": told.get("submission", 0), "n": told["count"], "seed": str(told["seed"])}
    common |= {"accept": told["plan"].get("accept"), "reject": told["plan"].get("reject")}
    common["plan"] = canonical(told["plan"])
    for ordinal, (image_id, stratum, operator) in enumerate(unpack(attachment or zlib.compress(b""))):
        yield common | {"ordinal": ordinal, "image_id": image_id, "stratum": stratum, "operator": operator}


def _inspected_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    told = event.payload
    common = {name: told.get(name) for name in ("sample_id", "image_id", "verdict", "operator", "seconds")}
    yield common | {"comment": told["comment"]}
    for name, defect, severity, comment in told["defects"]:
        yield common | {"field": name, "defect": defect, "severity": severity, "comment": comment}


def whole(value: Any) -> str | None:
    """Return a value as one text, for comparing: a list or a mapping as its `canonical` JSON, None as None."""
    if value is None or value == [] or value == {}:
        return None
    return canonical(value) if isinstance(value, Mapping | list) else str(value)


def _opened_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {name: event.payload.get(name) for name in ("task_id", "what", "batch", "profile", "seed", "start")}
    common["people"] = canonical(event.payload["people"])
    for ordinal, (image_id,) in enumerate(unpack(attachment or zlib.compress(b""))):
        yield common | {"ordinal": ordinal, "image_id": image_id}
    comparators = event.payload["comparators"]
    for ordinal, name in enumerate(event.payload["fields"]):
        options = dict(comparators[name])
        kind = options.pop("kind")
        yield common | {"ordinal": ordinal, "field": name, "comparator": kind, "options": canonical(options)}


def _entry_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {"task_id": event.payload.get("task_id"), "image_id": event.payload["image_id"]}
    for name, value in event.payload["values"].items():
        for part, (_, lang, ordinal, text) in enumerate(flatten({name: value})):
            content = None if part else whole(value)
            yield common | {
                "field": name, "part": part, "lang": lang, "ordinal": ordinal, "value": text, "content": content,
            }  # fmt: skip


def _entry_fields(event: Event, attachment: bytes | None) -> Iterator[Row]:
    for name in event.payload["fields"]:
        yield {"task_id": event.payload["task_id"], "image_id": event.payload["image_id"], "field": name}


def _compared_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {name: event.payload[name] for name in ("task_id", "upto", "pairs", "agreed")}
    yield common
    names = ("image_id", "field", "seq_a", "seq_b", "agree", "distance")
    for record in unpack(attachment or zlib.compress(b"")):
        yield common | dict(zip(names, record, strict=True))


def _adjudicated_row(event: Event, attachment: bytes | None) -> Iterator[Row]:
    yield event.payload | {"content": whole(event.payload["value"])}


def _gold_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    for row in _entry_rows(event, attachment):
        options = dict(event.payload["comparators"][row["field"]])
        kind = options.pop("kind")
        said = {"category": event.payload.get("category") or "", "comment": event.payload.get("comment") or ""}
        yield row | said | {"comparator": kind, "options": canonical(options)}


def _answer_rows(event: Event, attachment: bytes | None) -> Iterator[Row]:
    common = {name: event.payload[name] for name in ("task_id", "image_id", "training")}
    names = ("field", "expected", "given", "right", "distance", "comparator")
    return (common | dict(zip(names, answer, strict=True)) for answer in event.payload["answers"])


def _payload_row(event: Event, attachment: bytes | None) -> Iterator[Row]:
    yield dict(event.payload)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of one kind of event: a sentence, the keys its payload must have, the columns of its rows.

    ``unfold``, where there is one, gives the columns of an event's rows at once: bulk is slow row by row.
    """

    says: str
    keys: frozenset[str]
    columns: Mapping[str, str]
    explode: Callable[[Event, bytes | None], Iterator[Row]] = _payload_row
    applies: bool = True
    unfold: Callable[[Event, bytes | None], dict[str, Sequence[Any]]] | None = None


def _kind(says: str, keys: str, columns: str = "", **more: Any) -> Kind:
    typed = dict(c.split(":") for c in columns.split()) if columns else dict.fromkeys(keys.split(), "text")
    return Kind(says, frozenset(keys.split()), typed, **more)


_SUGGESTION = (
    "suggestion_id image_id field lang value suggested suggester confidence model version",
    "suggestion_id:text image_id:text field:text lang:text value:text suggested:text suggester:text confidence:float "
    "model:text version:text",
)

_FINDINGS = (
    "profile rule field count what",
    "profile:text rule:text field:text image_id:text value:text why:text",
)

KINDS: dict[str, Kind] = {
    "workspace_created": _kind("The workspace was made.", "name", applies=False),
    "source_added": _kind("A source of images was named.", "source uri"),
    "scan_started": _kind("Somebody started to scan a source.", "scan_id source batch", applies=False),
    "images_received": _kind(
        "Files were seen for the first time, or with new content: what they were, to the byte.",
        "scan_id source batch count",
        "image_id:text source:text batch:text uri:text size:int checksum:text moved_from:text",
        explode=_received_rows,
    ),
    "files_embedded": _kind(
        "Values were written into files, into copies of them or beside them, or taken out again.",
        "mode count",
        "mode:text image_id:text uri:text how:text why:text target:text before:text after:text",
        explode=_embedded_rows,
    ),
    "scan_finished": _kind(
        "A scan came to its end, or was cancelled.",
        "scan_id source batch outcome files images problems",
        "scan_id:text source:text batch:text outcome:text files:int images:int problems:int",
    ),
    "values_set": _kind(
        "Somebody entered values for fields of images.",
        "image_ids values",
        "image_id:text field:text lang:text ordinal:int value:text origin:text",
        explode=_value_rows,
    ),
    "audit_made": _kind(
        "Somebody audited the metadata: how much each rule found.",
        "audit_id profile batch counts",
        "audit_id:text profile:text batch:text rule:text severity:text findings:int images:int",
        explode=_audit_rows,
    ),
    "findings_ignored": _kind(
        "Somebody said of findings that they are all right: they count no more, until their value changes.",
        *_FINDINGS,
        explode=_ignored_rows,
    ),
    "findings_reopened": _kind(
        "Somebody let findings count again that were ignored.", *_FINDINGS, explode=_ignored_rows
    ),
    "values_withdrawn": _kind(
        "Somebody took back what was entered for fields of images: what the file says shows again.",
        "image_ids fields",
        "image_id:text field:text",
        explode=_withdrawn_rows,
    ),
    # A row without a value clears the field; one without an origin takes back what was entered.
    "values_changed": _kind(
        "Somebody changed values of many images at once, each to a value of its own, or undid such a change.",
        "count fields what",
        "image_id:text field:text lang:text ordinal:int value:text origin:text",
        explode=_changed_rows,
        unfold=_changed_columns,
    ),
    "rename_planned": _kind("Somebody is about to rename files: which, and how.", "plan_id what", applies=False),
    "rename_staged": _kind("Files that swap names have all been put aside.", "plan_id", applies=False),
    "files_renamed": _kind(
        "Files were renamed on the disk, or moved into other folders; what was entered for them stays with them.",
        "plan_id count fields what",
        "image_id:text new_id:text new_uri:text name:text folder:text",
        explode=_renamed_rows,
    ),
    "item_taken": _kind(
        "Somebody took an image of a queue to work at, or kept it for longer.",
        "queue image_id holder turn",
        "queue:text image_id:text holder:text turn:int outcome:text",
        explode=_taken_row,
    ),
    "item_returned": _kind(
        "Somebody gave an image of a queue back: done, skipped, or released for others.",
        "queue image_id holder turn outcome",
        "queue:text image_id:text holder:text turn:int outcome:text",
    ),
    "clusters_decided": _kind(
        "Somebody decided clusters of duplicates: what is kept, what may go, what is none. "
        "A row without a second image is about a whole cluster.",
        "count what how",
        "cluster_id:text decision:text image_a:text content_a:text image_b:text content_b:text images:int bytes:int "
        "relation:text how:text first_by:text agrees:int",
        explode=_decided_rows,
    ),
    "clusters_reopened": _kind(
        "Somebody took decisions about clusters of duplicates back.",
        "decided clusters what",
        "decided:int cluster_id:text",
        explode=_reopened_rows,
    ),
    "duplicates_found": _kind(
        "Somebody looked for duplicates: by which methods and settings, and how many pairs came of it.",
        "run_id settings outcome images methods",
        "run_id:text method:text settings:text outcome:text images:int pairs:int",
        explode=_search_rows,
    ),
    "duplicates_calibrated": _kind(
        "Somebody tried out on this collection what finding duplicates is worth, and set its thresholds by it.",
        "calibration_id thresholds seed pictures sampled figures",
        "calibration_id:text part:text kind:text says:text tried:int proposed:int found:int refuted:int low:float "
        "high:float thresholds:text seed:int pictures:int sampled:int",
        explode=_calibration_rows,
    ),
    "arrival_turned_away": _kind(
        "An arriving file was refused, or moved out of the way, because it is here already.",
        "uri checksum policy place of because",
        applies=False,
    ),
    "arrival_put_back": _kind(
        "A file that was turned away was moved back to where it arrived.", "uri place checksum", applies=False
    ),
    "removal_planned": _kind(
        "Somebody is about to move files into quarantine, out of it, or to delete them there: which, and why.",
        "plan_id action what count",
        "plan_id:text action:text what:text count:int certificate:text uncertified:text merge:int",
    ),
    "files_quarantined": _kind(
        "Files were moved into quarantine, each with the file that stays in its stead.",
        "plan_id count",
        _REMOVED_COLUMNS,
        explode=_removed_rows,
    ),
    "files_restored": _kind(
        "Files were moved out of quarantine, to where they had been.",
        "plan_id count",
        _REMOVED_COLUMNS,
        explode=_removed_rows,
    ),
    "files_purged": _kind(
        "Quarantined files were deleted for good.", "plan_id count", _REMOVED_COLUMNS, explode=_removed_rows
    ),
    "removal_ended": _kind(
        "Moving files into quarantine, out of it, or deleting them there came to its end; what wasn't moved, and why.",
        "plan_id outcome done",
        "plan_id:text outcome:text done:int image_id:text uri:text reason:text",
        explode=_ended_rows,
    ),
    "certificate_drawn": _kind(
        "Somebody drew a random sample of what is to be removed, to be looked at.",
        "draw_id what population sampled seed digest confidence",
        "draw_id:text what:text population:int sampled:int seed:text digest:text confidence:float "
        "place:int image_id:text keeper_id:text checksum:text keeper_checksum:text",
        explode=_drawn_rows,
    ),
    "certificate_judged": _kind(
        "Somebody looked at pairs of a sample: right, wrong, or nobody can tell.",
        "draw_id rows",
        "draw_id:text place:int verdict:text note:text",
        explode=_judged_rows,
    ),
    "optimise_planned": _kind(
        "Somebody is about to make files smaller: which, and what they will be.", "job_id chunk_id count", applies=False
    ),
    "files_optimised": _kind(
        "Files were made smaller where they are, or converted; their originals are kept.",
        "job_id count",
        "job_id:text image_id:text uri:text how:text before:text after:text size_before:int size_after:int "
        "likeness:float content_before:text content_after:text",
        explode=_optimised_rows,
    ),
    "originals_planned": _kind(
        "Somebody is about to put originals of converted files back, under the names they had.",
        "chunk_id count",
        applies=False,
    ),
    "optimised_restored": _kind(
        "Originals were put back in the place of smaller files.",
        "count",
        "job_id:text image_id:text",
        explode=_job_rows,
    ),
    "optimised_confirmed": _kind(
        "Somebody let go of the originals of smaller files.", "count", "job_id:text image_id:text", explode=_job_rows
    ),
    "batch_moved": _kind(
        "A batch went on to another state: in work, ready for QC, accepted, rework, delivered.",
        "batch state",
        "batch:text state:text came_from:text lot:text",
    ),
    "sample_drawn": _kind(
        "Somebody drew a sample of a batch, to be inspected: by which plan, from which seed.",
        "sample_id batch lot_size plan seed method count",
        "sample_id:text batch:text submission:int lot_size:int n:int plan:text accept:int reject:int seed:text "
        "method:text stage:int follows:text ordinal:int image_id:text stratum:text operator:text",
        explode=_sample_rows,
    ),
    # The row without a field or a type is the inspection itself; its comment is about the whole image.
    "item_inspected": _kind(
        "Somebody inspected an image of a sample: what is wrong with which field, if anything.",
        "sample_id image_id verdict defects comment seconds",
        "sample_id:text image_id:text verdict:text operator:text seconds:float field:text defect:text severity:text "
        "comment:text",
        explode=_inspected_rows,
    ),
    "inspection_withdrawn": _kind(
        "Somebody took an inspection back: the image is to be inspected again.",
        "sample_id image_id inspected",
        "sample_id:text image_id:text inspected:int",
    ),
    "lot_judged": _kind(
        "A batch was accepted or rejected by its sample, or needs a second one: with the reason.",
        "sample_id verdict reason defectives n",
        "sample_id:text verdict:text reason:text defectives:int n:int",
    ),
    "suggestion_accepted": _kind(
        "Somebody accepted what a machine had suggested; a change beside it enters the value.", *_SUGGESTION
    ),
    "suggestion_edited": _kind(
        "Somebody entered another value than the one suggested; a change beside it enters the value.", *_SUGGESTION
    ),
    "suggestion_rejected": _kind(
        "Somebody rejected what a machine had suggested: the same model won't suggest it again.", *_SUGGESTION
    ),
    "suggestion_reopened": _kind("Somebody took back that a suggestion was rejected.", *_SUGGESTION),
    "double_entry_opened": _kind(
        "Two people, or whoever takes it, are to enter the same fields of images without seeing each other's.",
        "task_id what batch profile fields comparators people start seed count",
        "task_id:text what:text batch:text profile:text people:text start:text seed:text ordinal:int image_id:text "
        "field:text comparator:text options:text",
        explode=_opened_rows,
    ),
    "entry_made": _kind(
        "Somebody entered fields of an image in blind double entry: no values yet.",
        "task_id image_id values",
        "task_id:text image_id:text field:text part:int lang:text ordinal:int value:text content:text",
        explode=_entry_rows,
    ),
    "entry_withdrawn": _kind(
        "Somebody took back what they had entered in blind double entry.",
        "task_id image_id fields",
        "task_id:text image_id:text field:text",
        explode=_entry_fields,
    ),
    "entry_finished": _kind("Somebody said that an image is done in blind double entry.", "task_id image_id"),
    "entries_compared": _kind(
        "Two people's entries were compared as far as both had finished; a change beside it enters what agrees.",
        "task_id upto pairs agreed",
        "task_id:text upto:int pairs:int agreed:int image_id:text field:text seq_a:int seq_b:int agree:int "
        "distance:float",
        explode=_compared_rows,
    ),
    "field_adjudicated": _kind(
        "Somebody decided between two people's entries for a field; a change beside it enters the value.",
        "task_id image_id field value chosen comment",
        "task_id:text image_id:text field:text content:text chosen:text comment:text",
        explode=_adjudicated_row,
    ),
    "adjudication_withdrawn": _kind("Somebody took a decision between two entries back.", "task_id image_id field"),
    "gold_set": _kind(
        "Somebody said what the right answers for an image are: it can be mixed into anybody's work since.",
        "image_id values comparators",
        "image_id:text field:text part:int content:text comparator:text options:text category:text comment:text",
        explode=_gold_rows,
    ),
    "gold_withdrawn": _kind("Somebody said that an image is no known answer any more.", "image_id"),
    "gold_answered": _kind(
        "Somebody came past an image whose answers are known: what was right, and what was answered.",
        "task_id image_id training answers",
        "task_id:text image_id:text field:text expected:text given:text right:int distance:float comparator:text "
        "training:int",
        explode=_answer_rows,
    ),
    "training_ended": _kind(
        "Somebody came to the end of a training with known answers.",
        "training_id profile images answered correct pass_mark passed",
        "training_id:text profile:text images:int answered:int correct:int pass_mark:float passed:int",
    ),
}
"""Kind of event → what is known of it."""


def rows(event: Event, attachment: bytes | None = None) -> list[Row]:
    """Return the rows that ``sql/apply/<kind>.sql`` works on, each with the event's ``seq``, ``at`` and ``actor``."""
    stamp = {"seq": event.seq, "at": event.at, "actor": event.actor}
    return [row | stamp for row in KINDS[event.kind].explode(event, attachment)]


def columns(event: Event, attachment: bytes | None = None) -> dict[str, Sequence[Any]]:
    """Return the same as `rows`, column by column."""
    kind = KINDS[event.kind]
    if kind.unfold is not None:
        made = kind.unfold(event, attachment)
    else:
        listed = list(kind.explode(event, attachment))
        made = {name: [row.get(name) for row in listed] for name in kind.columns}
    count = len(next(iter(made.values()), ()))
    stamp = {"seq": event.seq, "at": event.at, "actor": event.actor}
    return made | {name: [value] * count for name, value in stamp.items()}
