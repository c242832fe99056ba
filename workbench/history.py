"""History: what was changed, by whom and why; what stood there before; and taking any change back."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench.catalog import arrow_table
from workbench.errors import BadValue, NotFound, Stale
from workbench.events import Event, pack
from workbench.workspace import Workspace

_COLUMNS = ("image_id", "field", "lang", "ordinal", "value", "origin")
_OF_VALUES = ("values_set", "values_withdrawn", "values_changed")


def ask(ws: Workspace, name: str, **parameters: Any) -> pa.Table:
    """Run a named query and return everything as Arrow."""
    with ws.reading() as connection:
        return arrow_table(connection, ws.catalog.named(name).sql, parameters)


def changes(ws: Workspace, *, last: int = 50) -> pd.DataFrame:
    """Return the latest changes of values, file names, what counts as a finding and what lies in quarantine.

    Parameters
    ----------
    last : int
        At most so many, ≥ 1.

    Returns
    -------
    DataFrame
        seq, at (UTC), actor, what, reason, images (of a removal: the files that were moved), fields, undone_by (seq or
        missing; of a removal: what put the last of its files back), undoable (bool): newest first. A change can't be
        undone when it was already, when a field it touched was changed again since, or when nothing that it moved is in
        quarantine any more.
    """
    if last < 1:
        raise BadValue(f"The last {last} changes.", hint="Ask for at least one.")
    found = ask(ws, "recent_changes", last=last).to_pylist()
    undone = _undone(ws)
    seqs = [row["seq"] for row in found]
    overtaken = {seq for name in ("touched_since", "removals_over") for seq in _seqs(ws, name, seqs)}
    moved = ask(ws, "removals_done", seqs=seqs).to_pylist()
    files = {row["seq"]: row["files"] for row in moved}
    undone |= {row["seq"]: row["undone_by"] for row in moved if row["undone_by"] is not None}
    rows = [_described(row, undone, overtaken, files.get(row["seq"])) for row in found]
    columns = ["seq", "at", "actor", "what", "reason", "images", "fields", "undone_by", "undoable"]
    return pd.DataFrame(rows, columns=columns).astype({"undone_by": "Int64"})


def _seqs(ws: Workspace, name: str, seqs: list[int]) -> list[int]:
    return [int(seq) for seq in ask(ws, name, seqs=seqs)["seq"].to_pylist()]


def _undone(ws: Workspace) -> dict[int, int]:
    rows = ask(ws, "undone_changes").to_pylist()
    return {seq: row["seq"] for row in rows for seq in json.loads(row["payload"])["undoes"]}


def _described(row: dict[str, Any], undone: dict[int, int], overtaken: set[int], moved: int | None) -> tuple[Any, ...]:
    payload = json.loads(row["payload"])
    images = payload.get("count", len(payload.get("image_ids", []))) if moved is None else moved
    fields = ", ".join(payload.get("fields", payload.get("values", [])))
    seq, what = row["seq"], _what(row["kind"], payload)
    undoable = seq not in undone and seq not in overtaken
    return seq, row["at"], row["actor"], what, row["reason"], images, fields, undone.get(seq), undoable


def _what(kind: str, payload: dict[str, Any]) -> str:
    plain = {"values_set": "entered", "values_withdrawn": "taken back"}
    return plain.get(kind) or str(payload["what"])


def history(ws: Workspace, image_id: str, field: str | None = None) -> pd.DataFrame:
    """Return what people did to one image's fields: seq, at, actor, field, lang, ordinal, value, what, origin, reason.

    Parameters
    ----------
    image_id : str
        Also an id that the file had before it was moved.
    field : str, optional
        One field's key; all fields when not given.
    """
    frame = ws.query("history_of", image_id=image_id)
    return frame if field is None else frame[frame["field"] == field].reset_index(drop=True)


def undo(ws: Workspace, seq: int, *, reason: str = "", force: bool = False) -> Event:
    """Take a change of values back: what was entered before it holds again, for every image it touched.

    The undoing is itself a change and can be undone. Works after a restart and for other people's changes.

    Parameters
    ----------
    seq : int
        Position of the change in the ledger, as `changes` lists it.
    reason : str, optional
    force : bool
        Undo although somebody changed the same fields since; their values go, too (and can be brought back).

    Raises
    ------
    NotFound
        No change has this seq.
    Stale
        It was undone already, or a field it touched was changed since.
    BadValue
        What this event did can't be undone.
    """
    seqs = _events_of(ws, seq)
    refuse_if_undone(ws, seq)
    if not force:
        _refuse_if_changed(ws, seq, seqs)
    before = ask(ws, "values_before", seqs=seqs)
    records = list(zip(*[before[name].to_pylist() for name in _COLUMNS], strict=True))
    fields = sorted({record[1] for record in records})
    payload = {
        "count": len({record[0] for record in records}), "fields": fields, "undoes": seqs, "what": f"undo of {seq}",
    }  # fmt: skip
    with ws.change(reason or f"undo of {seq}") as change:
        change.add("values_changed", payload, attachment=pack(records))
    return change.events[0]


def undone_by(ws: Workspace, seq: int) -> int | None:
    """Return the change that undid a change of values, names or findings; None where none did."""
    return _undone(ws).get(seq)


def is_overtaken(ws: Workspace, seq: int) -> bool:
    """Whether somebody changed again since what a change of values touched."""
    return bool(_seqs(ws, "touched_since", [seq]))


def refuse_if_undone(ws: Workspace, seq: int) -> None:
    """Raise `Stale` when a change was undone already."""
    if (by := undone_by(ws, seq)) is not None:
        raise Stale(f"Change {seq} was undone already.", hint=f"Undo {by} to bring it back.")


def _events_of(ws: Workspace, seq: int) -> list[int]:
    found = ask(ws, "change_kinds", seqs=[seq]).to_pylist()
    if not found:
        raise NotFound(f"There is no change {seq}.", hint="ws.changes() lists them.")
    if found[0]["kind"] not in _OF_VALUES:
        raise BadValue(f"Event {seq} ({found[0]['kind']}) can't be undone.", hint="ws.changes() lists what can.")
    change_id = json.loads(found[0]["payload"]).get("change_id")
    if change_id is None:
        return [seq]
    return [int(s) for s in ask(ws, "changes_by_id", change_id=change_id)["seq"].to_pylist()]


def _refuse_if_changed(ws: Workspace, seq: int, seqs: list[int]) -> None:
    later = ask(ws, "changed_later", seqs=seqs).to_pylist()
    if later:
        raise Stale(
            f"{later[0]['actor']} changed {later[0]['values']:,} of the same values since (change {later[0]['seq']}).",
            hint=f"Undo that first, or ws.undo({seq}, force=True) to take back both.",
        )
