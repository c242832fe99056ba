"""Accept many clusters of duplicates at once, after a preview, and take that back: as the key A of the review does."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.cluster_review import ReviewSession
from workbench.errors import BadValue
from workbench.workspace import Workspace

_COLUMNS = ["stays", "goes", "relation", "images", "gain", "uncertainty", "cluster_id", "keeper"]


class Acceptance:
    """What accepting the open clusters of some kinds would do; nothing is decided before `apply`.

    Parameters
    ----------
    session : ReviewSession
        Of one's own, with its filter set.
    """

    def __init__(self, session: ReviewSession) -> None:
        self._session = session
        self._preview = session.bulk_preview()
        self._listed = session.frame()
        self._applied = False

    @property
    def counts(self) -> dict[str, int]:
        """How much: clusters, redundant (files that may go), bytes, held (clusters left out: somebody is at them)."""
        return {name: int(self._preview[name]) for name in ("clusters", "redundant", "bytes", "held")}

    def frame(self, most: int | None = None) -> pd.DataFrame:
        """Return the clusters, a row each, with the path of what stays and those of what may go; gain is in bytes."""
        rows = self._listed[self._listed["state"] != "decided"]
        rows = rows.head(len(rows) if most is None else most).reset_index(drop=True)
        paths = self._session.ws.query("paths_of_clusters", ids=rows["cluster_id"].tolist())
        return rows.merge(paths, "left", on="cluster_id")[_COLUMNS]

    def apply(self) -> int:
        """Decide them, each with the proposed keeper, as one event; return how many that were.

        What somebody decided or took since the preview is left out.

        Raises
        ------
        NotFound
            There is nothing to accept.
        Stale
            It was applied already.
        """
        accepted = int(self._session.bulk_accept(self._preview["token"])["accepted"])
        self._applied = True
        return accepted

    def undo(self) -> None:
        """Take it back.

        Raises
        ------
        BadValue
            It wasn't applied.
        """
        if not self._applied:
            raise BadValue("There is nothing to undo.", hint="apply() first.")
        self._session.undo()
        self._applied = False

    def __repr__(self) -> str:
        told = self.counts
        files = f"{told['redundant']:,} files may go, {told['bytes']:,} bytes"
        return f"<Acceptance of {told['clusters']:,} clusters: {files}>"


def accept(ws: Workspace, relations: Sequence[str] = ("exact", "same-picture"), *, at_least: float = 0.0) -> Acceptance:
    """Prepare to accept all open clusters of some kinds.

    Parameters
    ----------
    relations : sequence of str
        What holds the clusters together; by default only what is proved.
    at_least : float
        The least score in a cluster, 0 to 1.

    Raises
    ------
    BadValue
        There is no such relation or score.
    """
    session = ReviewSession(ws, queue=None)
    try:
        session.filter(relations, at_least=at_least)
        return Acceptance(session)
    finally:
        session.close()
