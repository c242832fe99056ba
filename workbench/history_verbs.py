"""The verbs of history on a bench: ``ws.history(image_id)``, ``ws.history.timeline(batch="May")`` and the like."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import history, history_export, timeline

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class Histories:
    """What happened; reached as ``ws.history``.

    Parameters
    ----------
    ws : Workspace
    """

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    def __call__(
        self, image_id: str, field: str | None = None, *, as_of: int | str | datetime | date | None = None
    ) -> pd.DataFrame:
        """List what people did to one image's fields; with ``as_of``, its values as they were then.

        Parameters
        ----------
        image_id : str
        field : str, optional
            One field's key; all fields when not given.
        as_of : int, str, datetime or date, optional
            A position in the ledger, a time (UTC), or a day, which means its end.

        See Also
        --------
        workbench.history.history, workbench.timeline.values_at
        """
        if as_of is None:
            return history.history(self._ws, image_id, field)
        frame = timeline.values_at(self._ws, image_id, as_of)
        return frame if field is None else frame[frame["field"] == field].reset_index(drop=True)

    def timeline(self, **about: Any) -> pd.DataFrame:
        """List everything that happened: ``timeline(image=…)``, ``timeline(batch=…)``, ``timeline(person=…, day=…)``.

        See `workbench.timeline.about` for what can be named, and `workbench.timeline.Timeline.frame` for the columns.
        """
        return timeline.Timeline(self._ws, timeline.about(self._ws, **about)).frame()

    def days(self, *, last: int = 30) -> pd.DataFrame:
        """List who did something on which day (UTC), the latest first: actor, day, events."""
        return self._ws.query("busy_days", last=last)

    def images(self, *, last: int = 10) -> pd.DataFrame:
        """List the images that were changed most often: image_id, path, batch, changes, people, latest."""
        return self._ws.query("changed_most", last=last)

    def export(self, out: str | Path, **about: Any) -> history_export.Exported:
        """Write a history for an auditor, with a verifier: see `workbench.history_export.export`."""
        return history_export.export(self._ws, out, **about)
