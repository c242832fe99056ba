"""Findings that are all right: ignored with a reason, until their value changes, and brought back."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import BadValue, NotFound, Stale
from workbench.events import Event, pack, unpack
from workbench.workspace import Workspace

KINDS = ("findings_ignored", "findings_reopened")
LONGEST = 2_000
"""Characters of a reason."""


def ignore(ws: Workspace, profile: str, rule: str, field: str, image_ids: Sequence[str], *, reason: str) -> Event:
    """Say of a rule's findings in some images that they are all right: they count no more.

    A finding is known by image, rule, field and value: when the value changes, what is found then counts.

    Parameters
    ----------
    profile : str
        Name of the profile audited by; empty without one.
    rule, field : str
        Id of the rule, key of the field (empty where the rule is about none).
    image_ids : sequence of str
    reason : str
        Why they are all right.

    Raises
    ------
    BadValue
        No reason is given, or one of more than 2,000 characters.
    NotFound
        Nothing counts there that could be ignored.
    """
    if not isinstance(reason, str) or not reason.strip() or len(reason) > LONGEST:
        raise BadValue(
            "A finding is ignored for a reason.", hint=f"Say why it is all right, in up to {LONGEST:,} signs."
        )
    rows = _found(ws, "findings_to_ignore", profile, rule, field, image_ids)
    return _written(ws, KINDS[0], [profile, rule, field], [[*row, reason.strip()] for row in rows], reason.strip(), [])


def reopen(ws: Workspace, profile: str, rule: str, field: str, image_ids: Sequence[str], *, reason: str = "") -> Event:
    """Let findings count again that were ignored.

    Raises
    ------
    NotFound
        Nothing is ignored there.
    """
    rows = _found(ws, "findings_to_reopen", profile, rule, field, image_ids)
    return _written(ws, KINDS[1], [profile, rule, field], rows, reason, [])


def undo(ws: Workspace, seq: int, *, reason: str = "") -> Event:
    """Take back that findings were ignored, or brought back.

    Raises
    ------
    BadValue
        The event is another one.
    Stale
        It was taken back already.
    """
    found = ws.ledger.read(after=seq - 1, limit=1) if seq > 0 else []
    if not found or found[0].kind not in KINDS:
        raise BadValue(f"Event {seq} ignored no findings.", hint="ws.changes() lists what can be undone.")
    told = found[0].payload
    about = [told["profile"], told["rule"], told["field"]]
    was_ignored = found[0].kind == KINDS[0]
    frame = ws.query("ignored_now", profile=about[0], rule=about[1], field=about[2])
    now = dict(zip(zip(frame["image_id"], frame["value"], strict=True), frame["reason"], strict=True))
    # Ignored for another reason since, it isn't what this event did.
    rows = [
        row for row in unpack(ws.ledger.attachment(seq) or pack([]))
        if (now.get((row[0], row[1])) == row[2] if was_ignored else (row[0], row[1]) not in now)
    ]  # fmt: skip
    kind = KINDS[1] if was_ignored else KINDS[0]
    if not rows:
        raise Stale(f"Event {seq} was taken back already.", hint="There is nothing left of it.")
    return _written(ws, kind, about, rows, reason or f"undo of {seq}", [seq])


def _found(ws: Workspace, query: str, profile: str, rule: str, field: str, image_ids: Sequence[str]) -> list[list[str]]:
    found = ws.query(query, profile=profile, rule=rule, field=field, ids=list(image_ids))
    if found.empty:
        raise NotFound("These images have no such finding.", hint="Audit again, and choose among what it finds.")
    rows: list[list[str]] = found.to_numpy().tolist()
    return rows


def _written(
    ws: Workspace, kind: str, about: list[str], rows: list[list[str]], reason: str, undoes: list[int]
) -> Event:
    profile, rule, field = about
    payload = {
        "profile": profile, "rule": rule, "field": field, "fields": [field] if field else [],
        "count": len({row[0] for row in rows}), "undoes": undoes,
        "what": f"{'ignored' if kind == KINDS[0] else 'brought back'}: {rule}",
    }  # fmt: skip
    with ws.change(reason) as change:
        change.add(kind, payload, attachment=pack(rows))
    return change.events[0]
