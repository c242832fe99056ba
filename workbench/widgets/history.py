"""What happened, in JupyterLab: `History`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from workbench.errors import BadValue
from workbench.history_session import HistorySession
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, styles
from workbench.workspace import Workspace


class History(SessionWidget):
    """Everything that happened to an image, to a batch, or in a person's day; and how things were at any moment.

    Parameters
    ----------
    ws : Workspace
    image, batch, person : str, optional
        One of them; without any, the day of who looks.
    day : str or date, optional
        Of a person: the day (UTC); the last one on which they did something when not given.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        There is no such image, batch or person.
    BadValue
        A height out of bounds.

    Examples
    --------
    >>> History(ws, image=image_id)  # doctest: +SKIP
    >>> History(ws, person="ann", day="2026-03-02")  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "history.js")
    _css = styles("session_widget.css", "tag_form.css", "history.css")

    def __init__(
        self,
        ws: Workspace,
        *,
        image: str | None = None,
        batch: str | None = None,
        person: str | None = None,
        day: str | date | None = None,
        height: int = 680,
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        self.session = HistorySession(ws, image=image, batch=batch, person=person, day=day)
        self._height = int(height)
        super().__init__({**self.session.verbs, "view": self._view})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}
