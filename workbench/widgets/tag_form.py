"""The tagging form in JupyterLab: `TagForm`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import BadValue, WorkbenchError
from workbench.grid import Images
from workbench.profiles import Profile
from workbench.tagging import SURE, TagSession
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, styles
from workbench.workspace import Workspace


class TagForm(SessionWidget):
    """One image after the other, its fields beside it, saved as you type.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    profile : str or Profile
        Which fields: a profile's name, a path, or one that is loaded.
    images : DataFrame, list of str, search, optional
        Which images, in which order. All when left out.
    queue : str, optional
        Name of a queue shared with others, so that nobody gets an image somebody else has; see
        `workbench.tagging.TagSession`.
    language : str, optional
        Language of labels, guidelines and findings; ``language`` of ``workspace.toml``, or English, when not given.
    sure : float
        Confidence, 0 to 1, from which on one key accepts all suggestions for an image.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        There is no such profile (the hint names those there are), or an image nobody knows.
    BadValue
        The profile has mistakes, or a height or confidence out of bounds.

    Examples
    --------
    >>> form = TagForm(ws, "iptc-core", ws.search("missing:title"))  # doctest: +SKIP
    >>> form.session.history("Xmp.dc.title")  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "tag_form.js")
    _css = styles("session_widget.css", "tag_form.css")

    def __init__(
        self,
        ws: Workspace,
        profile: str | Profile = "dublin-core",
        images: Images | None = None,
        *,
        queue: str | None = None,
        language: str | None = None,
        sure: float = SURE,
        height: int = 760,
    ) -> None:
        self._begin("tag form", lambda: TagSession(ws, profile, images, queue, language=language, sure=sure), height)

    def _begin(self, kind: str, make: Callable[[], TagSession], height: int) -> None:
        """Show a session, where the same cell showed one before at the image it was at."""
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        made: dict[str, TagSession] = {}
        before = (in_this_cell(kind, made) or {}).get("session")
        if before is not None:
            before.close()  # or its images would stay taken
        self.session = made["session"] = make()
        if before is not None and before.image_id in self.session.ids:
            with contextlib.suppress(WorkbenchError):  # somebody else has it by now
                self.session.go(self.session.ids.index(before.image_id))
        self._height = int(height)
        SessionWidget.__init__(self, {**self.session.verbs, "view": self._view})
        self.session.on_offers = lambda offered: self.push("offers", offered)
        self.session.on_ahead = lambda image_id: self.push("ahead", {"image_id": image_id})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    def apply_to(self, image_ids: Sequence[str], field: str | None = None) -> int:
        """Enter the shown image's value of a field, or of all, for other images; return how many were changed."""
        page = self.session.apply_to(image_ids, field)
        self.push("changed", self._view())
        return int(page["applied"])

    def close(self) -> None:
        """Let go of the images taken, and close the widget."""
        session = getattr(self, "session", None)  # a form that couldn't be made is closed, too
        if session is not None:
            with contextlib.suppress(WorkbenchError):  # what isn't released now is free again after a while
                session.close()
        super().close()
