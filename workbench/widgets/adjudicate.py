"""Adjudication in JupyterLab: `Adjudicate`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.adjudication import AdjudicationSession
from workbench.errors import BadValue, WorkbenchError
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, styles
from workbench.workspace import Workspace


class Adjudicate(SessionWidget):
    """One difference of a double entry after the other: image, guideline, both entries; one key decides.

    Who entered what isn't shown, and which of the two stands left is mixed.

    Parameters
    ----------
    ws : Workspace
    task : str, optional
        The task; the one opened last that has differences when left out.
    language : str, optional
        Language of labels, guidelines and findings; ``language`` of ``workspace.toml``, or English, when not given.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        There is no such task.
    BadValue
        A height out of bounds.

    Examples
    --------
    >>> Adjudicate(ws, task=task.task_id)  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "adjudicate.js")
    _css = styles("session_widget.css", "tag_form.css", "adjudicate.css")

    def __init__(
        self, ws: Workspace, task: str | None = None, *, language: str | None = None, height: int = 700
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        made: dict[str, AdjudicationSession] = {}
        before = (in_this_cell("adjudicate", made) or {}).get("session")
        if before is not None:
            before.close()  # or its image would stay taken
        self.session = made["session"] = AdjudicationSession(ws, task, language=language)
        if before is not None:
            self.session.take_over(before)
        self._height = int(height)
        super().__init__({**self.session.verbs, "view": self._view})
        self.session.on_ahead = lambda image_id: self.push("ahead", {"image_id": image_id})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    def frame(self) -> pd.DataFrame:
        """Return the differences and where each stands."""
        return self.session.frame()

    def close(self) -> None:
        """Let go of the image taken, and close the widget."""
        session = getattr(self, "session", None)  # one that couldn't be made is closed, too
        if session is not None:
            with contextlib.suppress(WorkbenchError):  # what isn't released now is free again after a while
                session.close()
        super().close()
