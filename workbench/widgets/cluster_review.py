"""The review of duplicates in JupyterLab: `ClusterReview`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.cluster_review import QUEUE, ReviewSession
from workbench.errors import BadValue, WorkbenchError
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, styles
from workbench.widgets.work_progress import WorkProgress
from workbench.workspace import Workspace


def _calibrate(ws: Workspace) -> None:
    from workbench import calibration  # brings OpenCV, which the other widgets don't need

    if calibration.is_due(ws):
        cancel = threading.Event()
        with WorkProgress(cancel, "Calibrating", "steps") as tell:
            calibration.before_review(ws, progress=tell, cancel=cancel)


class ClusterReview(SessionWidget):
    """One cluster of duplicates after the other: what stays is proposed, a key accepts it.

    Parameters
    ----------
    ws : Workspace
        An open workspace, in which duplicates have been looked for.
    queue : str or None
        Whoever names the same queue never gets a cluster that somebody else has; all reviewers share one unless they
        say otherwise. None: alone.
    order : str
        ``bytes`` (to gain), ``uncertainty`` or ``images``: the most comes first.
    relations : sequence of str
        Only clusters of these kinds: ``exact``, ``same-picture``, ``fuzzy``, ``content``. All when empty.
    second : int
        Look a second time, without seeing how they were decided, at a random sample of so many decided clusters.
    seed : int
        Draws the same sample again.
    height : int
        Height of the widget, pixels.
    calibrate : bool
        Whether to try out on this collection first what the search is worth, where that was never done: it takes
        minutes, once. See `workbench.calibration.before_review` for when it is left out.

    Raises
    ------
    BadValue
        There is no such order or relation, nothing to look at a second time, or a height out of bounds.

    Examples
    --------
    >>> review = ClusterReview(ws, order="uncertainty")  # doctest: +SKIP
    >>> review.frame()  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "cluster_review.js")
    _css = styles("session_widget.css", "cluster_review.css")

    def __init__(
        self,
        ws: Workspace,
        *,
        queue: str | None = QUEUE,
        order: str = "bytes",
        relations: Sequence[str] = (),
        second: int = 0,
        seed: int = 0,
        height: int = 760,
        calibrate: bool = True,
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        if calibrate:
            _calibrate(ws)
        made: dict[str, ReviewSession] = {}
        before = (in_this_cell("cluster review", made) or {}).get("session")
        if before is not None:
            before.close()  # or its clusters would stay taken
        self.session = made["session"] = ReviewSession(
            ws, queue=queue, order=order, relations=relations, second=second, seed=seed
        )
        if before is not None:
            self.session.take_over(before)
        self._height = int(height)
        super().__init__({**self.session.verbs, "view": self._view})
        self.session.on_ahead = lambda image_id: self.push("ahead", {"image_id": image_id})
        self.session.on_change = lambda: self.push("changed", self._view())

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    def frame(self) -> pd.DataFrame:
        """Return the clusters listed, in their order, and where each stands."""
        return self.session.frame()

    def close(self) -> None:
        """Let go of the clusters taken, and close the widget."""
        session = getattr(self, "session", None)  # a review that couldn't be made is closed, too
        if session is not None:
            with contextlib.suppress(WorkbenchError):  # what isn't released now is free again after a while
                session.close()
        super().close()
