"""The explorer in JupyterLab: `Explorer`."""

from __future__ import annotations

import functools
import gzip
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import BadValue
from workbench.explorer import ExplorerSession
from workbench.grid import Readable, Reply
from workbench.search import Search
from workbench.widgets.image_grid import HEIGHTS
from workbench.widgets.session_widget import SessionWidget, Verb, assemble, in_this_cell, prefixed, styles


class Explorer(SessionWidget):
    """Search, filters with counts, charts and the pictures on one page.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    query : str
        What to begin with, in the language of the search box: ``"format:png missing:title"``.
    sort : str
        A key of `workbench.search.SORTS`.
    descending : bool
        Largest or latest first.
    height : int
        Height of the widget, pixels.

    Raises
    ------
    BadValue
        The query can't be read, an unknown sort key, or a height out of bounds.

    Examples
    --------
    >>> explorer = Explorer(ws, "missing:title")  # doctest: +SKIP
    >>> explorer.frame()  # the rows that match  # doctest: +SKIP
    >>> explorer.frame(selected=True)  # the selected ones  # doctest: +SKIP
    """

    _esm = assemble(Path(__file__).parent / "explorer.js")
    _css = styles("session_widget.css", "image_grid.css", "explorer.css")

    def __init__(
        self,
        ws: Readable,
        query: str = "",
        *,
        sort: str = "captured_at",
        descending: bool = False,
        height: int = 760,
    ) -> None:
        if not HEIGHTS[0] <= height <= HEIGHTS[1]:
            raise BadValue(f"A height of {height} pixels doesn't work.", hint="Take 240 to 4,000.")
        self.session = ExplorerSession(ws, query, sort=sort, descending=descending)
        self._height = int(height)
        before = in_this_cell("explorer", self.session)
        if isinstance(before, ExplorerSession):
            self.session.take_over(before)
        own: dict[str, Verb] = {"view": self._view, "plotly": plotly_script}
        super().__init__({**self.session.verbs, **prefixed("grid.", self.session.grid.verbs), **own})

    def _view(self) -> dict[str, Any]:
        return {**self.session.view(), "height": self._height}

    @property
    def search(self) -> Search:
        """The search as it stands: ``search.count()``, ``search.facets()``, ``search.sql()``."""
        return self.session.search

    @property
    def selected(self) -> list[str]:
        """The ids of the selected images, in the order shown."""
        return self.session.selected

    def frame(self, *, selected: bool = False) -> pd.DataFrame:
        """Return the matching images as a table, or with ``selected=True`` only the selected ones."""
        return self.session.frame(selected=selected)

    def find(self, query: str) -> None:
        """Search for something else, in the browser too."""
        self.session.find(query)
        self.push("changed", self._view())


def plotly_script() -> Reply:
    """Return plotly's own JavaScript from the installed package, compressed; the browser asks once a page."""
    return Reply({"packed": "gzip"}, [_packed_plotly()])


@functools.cache
def _packed_plotly() -> bytes:
    from plotly.offline import get_plotlyjs

    return gzip.compress(get_plotlyjs().encode(), 6)
