"""The audit board in JupyterLab: `AuditBoard`."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.audit_board import AuditSession
from workbench.errors import BadValue
from workbench.profiles import Profile
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, prefixed, styles
from workbench.workspace import Workspace


class AuditBoard(SessionWidget):
    """What is wrong with the metadata: the worst problems, their images, and the way to mend them.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    profile : str, path or Profile, optional
        What the client wants; without one the general rules alone are checked.
    run : bool
        Audit at once; otherwise when somebody presses the button.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        There is no such profile (the hint names those there are).
    BadValue
        The profile has mistakes, or a height out of bounds.

    Examples
    --------
    >>> board = AuditBoard(ws, profile="ecommerce")  # doctest: +SKIP
    >>> board.worst()  # doctest: +SKIP
    >>> board.improvement()  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "audit_board.js")
    _css = styles("session_widget.css", "image_grid.css", "audit_board.css")

    def __init__(
        self,
        ws: Workspace,
        profile: str | PathLike[str] | Profile | None = None,
        *,
        run: bool = True,
        height: int = 860,
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        self.session = AuditSession(ws, profile, run=run)
        self._height = int(height)
        before = in_this_cell("audit", self.session)
        if isinstance(before, AuditSession):
            self.session.take_over(before)
        own = {"view": self._view}
        super().__init__({**self.session.verbs, **prefixed("grid.", self.session.grid.verbs), **own})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    @property
    def selected(self) -> list[str]:
        """The ids of the selected images, in the order shown."""
        return self.session.grid.selected

    def worst(self, count: int = 5) -> pd.DataFrame:
        """Return the worst problems as a table: see `workbench.audit.Audit.worst`."""
        return self.session.made().worst(count)

    def summary(self) -> pd.DataFrame:
        """Return every rule that found something: see `workbench.audit.Audit.summary`."""
        return self.session.made().summary()

    def images(self, rule: str, field: str | None = None) -> list[str]:
        """Return the ids of the images that break a rule."""
        return self.session.made().images(rule, field)

    def improvement(self) -> pd.DataFrame:
        """Return what has changed since the board was opened: rule, field, title, before, after (images)."""
        return self.session.improvement()

    def frame(self) -> pd.DataFrame:
        """Return the selected images as a table."""
        return self.session.grid.frame()

    def run(self) -> None:
        """Audit again, and show it in the browser too."""
        self.session.run()
        self.push("changed", self._view())
