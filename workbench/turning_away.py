"""Turning arriving files away: refused by word, or moved to where they are out of the way and can be had back from."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench import quarantine, sources
from workbench.errors import NotFound, StorageError, WorkbenchError
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.arrivals import Arrival, Match

FOLDER = "incoming-quarantine"
"""Where refused files go, inside the workspace: scans don't look there."""


def turn_away(ws: Workspace, arrival: Arrival, uri: str) -> None:
    """Turn a file away as its policy says, and note in the ledger what, why and where to.

    A file is turned away only while one that it is a copy of is there, whole. The ledger is written first: a file that
    is in the folder is always accounted for. Where the file can't be moved it stays as it is, and the answer says why.
    """
    if not any(_is_there(match) for match in arrival.of if match.is_duplicate):
        arrival.because += " But what it is a copy of isn't there any more as it is catalogued, so it may stay."
        return
    if arrival.policy == "refuse":
        arrival.action = "refused"
        _note(ws, arrival, uri, None)
        return
    try:
        _move(ws, arrival, uri)
    except quarantine.Refusal as refusal:
        arrival.action = "failed"
        arrival.because += f" It couldn't be moved: {refusal}"


def _is_there(match: Match) -> bool:
    """Tell whether the file that makes the arriving one superfluous exists and holds what it held."""
    try:
        with sources.open_blob(match.uri) as blob:
            return hashlib.sha256(blob.data).hexdigest() == match.checksum
    except WorkbenchError:
        return False


def _move(ws: Workspace, arrival: Arrival, uri: str) -> None:
    if not sources.is_local(uri) or arrival.checksum is None:
        raise quarantine.Refusal("It doesn't lie on this machine.")
    path = sources.local_bytes(uri)
    with quarantine.held(path, arrival.checksum, to_move=True) as file:
        place = _free_place(ws.folder / FOLDER, arrival.checksum, path)
        arrival.place = os.fsdecode(place)
        _note(ws, arrival, uri, sources.local_uri(place))
        quarantine.take(file, place)
    arrival.action = "quarantined"


def _free_place(folder: Path, checksum: str, path: bytes) -> bytes:
    """Return a name that nothing has: by day, checksum and the file's own name."""
    day = os.fsencode(folder / f"{datetime.now(UTC):%Y-%m-%d}")
    head, name = checksum[:12].encode(), os.path.basename(path)[-180:]  # noqa: PTH119  bytes paths
    number, place = 1, os.path.join(day, head + b"-" + name)  # noqa: PTH118  bytes paths
    while os.path.lexists(place):
        number += 1
        place = os.path.join(day, head + b"-%d-" % number + name)  # noqa: PTH118  bytes paths
    return place


def _note(ws: Workspace, arrival: Arrival, uri: str, place: str | None) -> None:
    with ws.change() as change:
        change.add(
            "arrival_turned_away",
            {
                "uri": uri,
                "checksum": arrival.checksum,
                "policy": arrival.policy,
                "place": place,
                "of": [[m.image_id, m.path, m.relation, m.score] for m in arrival.of],
                "because": arrival.because,
            },
        )


def turned_away(ws: Workspace) -> pd.DataFrame:
    """List the files that were turned away: a row each, the latest first.

    Returns
    -------
    DataFrame
        ``at``, ``actor``, ``path``, ``checksum``, ``policy``, ``place`` (where it was moved; None where it wasn't),
        ``because``, ``put_back``.
    """
    rows, back = [], set()
    for at, actor, kind, payload in ws.query("turned_away").itertuples(index=False):
        told = json.loads(payload)
        if kind == "arrival_put_back":
            back.add(told["place"])
        else:
            place = told["place"] and _path(told["place"])
            rows.append((
                at, actor, _path(told["uri"]), told["checksum"], told["policy"], place, told["because"],
                told["place"] in back,
            ))  # fmt: skip
    columns = ["at", "actor", "path", "checksum", "policy", "place", "because", "put_back"]
    return pd.DataFrame(rows, columns=columns)


def _path(uri: str) -> str:
    return os.fsdecode(sources.local_bytes(uri)) if sources.is_local(uri) else uri


def waiting(ws: Workspace) -> pd.DataFrame:
    """Return those of `turned_away` that were moved and not put back."""
    found = turned_away(ws)
    return found[found["place"].notna() & ~found["put_back"].astype(bool)].reset_index(drop=True)


def put_back(ws: Workspace, place: str | os.PathLike[str]) -> str:
    """Move a file that was turned away back to where it arrived; return its path.

    Raises
    ------
    NotFound
        Nothing was moved there.
    StorageError
        It can't be moved; it stays where it is.
    """
    ws.must_be_allowed("arrival_turned_away")
    found = waiting(ws)
    found = found[found["place"] == str(Path(place).absolute())]
    if found.empty:
        raise NotFound(
            f"No arriving file that was moved to {place} is there.", hint="ws.dedup.turned_away() lists all."
        )
    path, checksum = str(found["path"].iloc[0]), str(found["checksum"].iloc[0])
    where = os.fsencode(found["place"].iloc[0])
    try:
        quarantine.give_back(where, os.fsencode(path), checksum)
    except quarantine.Refusal as refusal:
        raise StorageError(f"{place} can't be put back: {refusal}", hint="Move it by hand; it is whole.") from refusal
    with ws.change() as change:
        told = {"uri": sources.local_uri(os.fsencode(path)), "place": sources.local_uri(where), "checksum": checksum}
        change.add("arrival_put_back", told)
    return path
