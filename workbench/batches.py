"""Batches and their states: received → in work → ready for QC → accepted or rework → delivered.

A batch goes from state to state by an event, never by a flag in a table; of two people who move the same batch at the
same moment one does, and the other is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.errors import BadValue, NotFound, Stale
from workbench.events import Event
from workbench.workspace import Change, Workspace

STATES: dict[str, str] = {
    "received": "scanned; nobody has begun with it",
    "in_work": "operators enter values",
    "ready_for_qc": "handed in: a sample can be drawn and inspected",
    "rework": "sent back: what is wrong is to be mended",
    "accepted": "passed quality control",
    "delivered": "with the client",
}
"""State → what it means."""

MOVES: dict[str, tuple[str, ...]] = {
    "received": ("in_work",),
    "in_work": ("ready_for_qc", "received"),
    "ready_for_qc": ("accepted", "rework", "in_work"),
    "rework": ("ready_for_qc",),
    "accepted": ("delivered", "rework"),
    "delivered": ("rework",),
}
"""State → where a batch can go from there. An accepted or delivered batch that a client complains of goes to rework."""


def states(ws: Workspace) -> pd.DataFrame:
    """Return where every batch stands: see the view ``batch_states``."""
    return ws.query("batch_states_now")


def state_of(ws: Workspace, batch: str) -> dict[str, Any]:
    """Return where one batch stands.

    Raises
    ------
    NotFound
        There is no such batch.
    """
    rows: list[dict[Any, Any]] = ws.query("batch_state", batch=batch).to_dict("records")
    if not rows:
        raise NotFound(f"There is no batch {batch!r}.", hint="ws.qc.batches() lists them.")
    return {str(key): value for key, value in rows[0].items()}


def move(ws: Workspace, batch: str, state: str, *, reason: str = "") -> Event:
    """Bring a batch to another state.

    Parameters
    ----------
    batch : str
    state : str
        One of `STATES`, where `MOVES` leads to from where it is.
    reason : str
        Why; needed to accept a batch, or to send it back, without a sample.

    Raises
    ------
    BadValue
        There is no way from where it is to there; the hint names where it can go.
    NotAllowed
        The person's roles don't allow it.
    Stale
        Somebody else moved it at the same moment.
    """
    at = state_of(ws, batch)
    if state in ("accepted", "rework") and not reason.strip():
        raise BadValue(
            f"Why is {batch!r} to be {state.replace('_', ' ')}?", hint="Judge a sample of it, or give a reason."
        )
    with ws.change(reason) as change:
        add_move(change, at, state)
    return written(change, batch)


def add_move(change: Change, at: Mapping[str, Any], state: str, *, lot: str | None = None) -> None:
    """Add the event that moves a batch from where it stands; `written` says whether it was taken."""
    batch, before = str(at["batch"]), str(at["state"])
    if state not in STATES:
        raise BadValue(f"There is no state {state!r}.", hint=f"States: {', '.join(STATES)}.")
    if state not in MOVES[before]:
        ways = ", ".join(MOVES[before])
        raise BadValue(f"{batch!r} is {before}; it can't become {state} from there.", hint=f"It can become: {ways}.")
    told = {"batch": batch, "state": state, "came_from": before, "lot": lot}
    turn = hashlib.sha256(f"{batch}\n{int(at['moves']) + 1}".encode()).hexdigest()[:40]
    change.add("batch_moved", told, event_id=f"batch-{turn}")


def written(change: Change, batch: str) -> Event:
    """Return the event that moved the batch.

    Raises
    ------
    Stale
        Somebody else was faster: the ledger has another move of the same turn.
    """
    for event in change.events:
        if event.kind == "batch_moved":
            return event
    raise Stale(f"Somebody else has moved {batch!r} just now.", hint="Look where it stands: ws.qc.batches().")
