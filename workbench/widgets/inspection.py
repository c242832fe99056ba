"""The inspection of a sample in JupyterLab: `Inspection`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from workbench.errors import BadValue, WorkbenchError
from workbench.inspection import InspectionSession
from workbench.lots import Sample
from workbench.profiles import Profile
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, styles
from workbench.workspace import Workspace


class Inspection(SessionWidget):
    """One image of a sample after the other, its values beside it; a key marks what is wrong with a field.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    sample : Sample or str
        What is inspected, or its id: ``ws.qc.draw(batch, aql=1.5)``.
    profile : str or Profile
        The fields to look at: a profile's name, a path, or one that is loaded. What was entered besides is shown, too.
    language : str, optional
        Language of labels and types of defects; ``language`` of ``workspace.toml``, or English, when not given.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        There is no such sample or profile.
    Stale
        The sample is judged already.
    NotAllowed
        The person's roles don't allow it.
    BadValue
        A height out of bounds.

    Examples
    --------
    >>> inspection = Inspection(ws, sample, "iptc-core")  # doctest: +SKIP
    >>> inspection.session.progress()  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "inspection.js")
    _css = styles("session_widget.css", "tag_form.css", "inspection.css")

    def __init__(
        self,
        ws: Workspace,
        sample: Sample | str,
        profile: str | Profile = "dublin-core",
        *,
        language: str | None = None,
        height: int = 720,
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        made: dict[str, InspectionSession] = {}
        before = (in_this_cell("inspection", made) or {}).get("session")
        if before is not None:
            before.close()  # or its images would stay taken
        self.session = made["session"] = InspectionSession(ws, sample, profile, language=language)
        self._height = int(height)
        super().__init__({**self.session.verbs, "view": self._view})
        self.session.on_ahead = lambda image_id: self.push("ahead", {"image_id": image_id})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    def close(self) -> None:
        """Let go of the images taken, and close the widget."""
        session = getattr(self, "session", None)  # an inspection that couldn't be made is closed, too
        if session is not None:
            with contextlib.suppress(WorkbenchError):  # what isn't released now is free again after a while
                session.close()
        super().close()
