"""Looking at the sample of a removal in JupyterLab: `CertificateReview`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.certificate import Certificate, Draw
from workbench.certificate_review import CertificateSession
from workbench.errors import BadValue
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, styles
from workbench.workspace import Workspace


class CertificateReview(SessionWidget):
    """One pair of a random sample of a removal after the other: what would stay, what would go; a key says whether.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    draw : Draw or str
        What was drawn, or its id: ``ws.dedup.certify(plan)``.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        Nothing was drawn under this id.
    BadValue
        A height out of bounds.

    Examples
    --------
    >>> plan = ws.dedup.plan()  # doctest: +SKIP
    >>> review = CertificateReview(ws, ws.dedup.certify(plan))  # doctest: +SKIP
    >>> print(review.result())  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "certificate_review.js")
    _css = styles("session_widget.css", "cluster_review.css", "certificate_review.css")

    def __init__(self, ws: Workspace, draw: Draw | str, *, height: int = 700) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        made: dict[str, CertificateSession] = {}
        before = (in_this_cell("certificate review", made) or {}).get("session")
        if before is not None:
            before.close()
        self.session = made["session"] = CertificateSession(Draw(ws, draw) if isinstance(draw, str) else draw)
        self._height = int(height)
        super().__init__({**self.session.verbs, "view": self._view})
        self.session.on_ahead = lambda image_id: self.push("ahead", {"image_id": image_id})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    def result(self) -> Certificate:
        """Return what the sample shows so far."""
        return self.session.draw.result()

    def close(self) -> None:
        """End what runs ahead, and close the widget."""
        session = getattr(self, "session", None)  # a review that couldn't be made is closed, too
        if session is not None:
            session.close()
        super().close()
