"""The image grid in JupyterLab: `ImageGrid`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import BadValue
from workbench.grid import USUAL_BADGES, GridSession, Images, Readable, Reply
from workbench.widgets.session_widget import SessionWidget, assemble, in_this_cell, styles

HEIGHTS = (240, 4_000)
OPENING = 36
"""Pictures sent along with the view."""


class ImageGrid(SessionWidget):
    """Thumbnails of any number of images, to look through, open large and select from.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    images : DataFrame, list of str, search, optional
        Which images, in which order: a table with a column ``image_id``, ids, or a search. All when left out.
    caption : str
        What stands under each picture: a name in `workbench.grid.CAPTIONS` or any embedded key.
    badges : sequence of str
        Names in `workbench.grid.BADGES`.
    size : int
        Height of a thumbnail, pixels.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    BadValue
        An unknown caption or badge, a height out of bounds, or something that isn't images.
    NotFound
        An id nobody knows.

    Examples
    --------
    >>> grid = ImageGrid(ws, ws.sql("select image_id from images where title is null"))  # doctest: +SKIP
    >>> grid.frame()  # the selected rows  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "image_grid.js")
    _css = styles("session_widget.css", "image_grid.css")

    def __init__(
        self,
        ws: Readable,
        images: Images | None = None,
        *,
        caption: str = "name",
        badges: Sequence[str] = USUAL_BADGES,
        size: int = 160,
        height: int = 560,
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        self.session = GridSession(ws, images, caption=caption, badges=badges, size=size)
        self._height = int(height)
        before = in_this_cell("grid", self.session)
        if isinstance(before, GridSession):
            self.session.take_over(before)
        super().__init__({**self.session.verbs, "view": self._opening})

    def _opening(self) -> Reply:
        """Return the view, and with it the pictures that it most likely shows: asking for them takes time, too."""
        view = self._view()
        start = int(view["top"])
        shown = self.session.window(start, start + OPENING)
        return Reply({**view, "first": shown.view}, shown.buffers)

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    def _changed(self) -> None:
        self.push("changed", self._view())

    @property
    def selected(self) -> list[str]:
        """The ids of the selected images, in the grid's order."""
        return self.session.selected

    def frame(self, *, all: bool = False) -> pd.DataFrame:
        """Return the selected images as a table, or with ``all=True`` every image of the grid."""
        return self.session.frame(all=all)

    def select(self, ids: Iterable[str]) -> None:
        """Select exactly these images, in the browser too."""
        self.session.select_ids(ids)
        self._changed()

    def show(self, images: Images | None = None) -> None:
        """Show other images in the same place; what is still there stays selected."""
        self.session.show(images)
        self._changed()
