"""Where work on many images is, in a notebook: a bar, the time left, and a Cancel button."""

from __future__ import annotations

import threading
import time
from typing import Self

import ipywidgets as widgets
from IPython.display import display

from workbench.widgets.busy_kernel import answer_while_busy
from workbench.widgets.scan_progress import duration

_ROW = {"align_items": "center", "width": "100%", "max_width": "960px"}


class WorkProgress:
    """A progress display below the running cell; callable with how much is done, how much there is, and with what.

    Everything is shown by plain text widgets: nothing that comes from a file can become markup.

    Parameters
    ----------
    cancel : threading.Event
        Set when somebody clicks Cancel.
    doing : str
        What is done, such as ``Embedding``.
    unit : str
        What is counted, in the plural.

    Examples
    --------
    >>> with WorkProgress(cancel, "Embedding", "files") as tell:  # doctest: +SKIP
    ...     embed(ws, ids, to="export", progress=tell, cancel=cancel)
    """

    def __init__(self, cancel: threading.Event, doing: str, unit: str) -> None:
        self._cancel, self._doing, self._unit = cancel, doing, unit
        self._since = time.monotonic()
        self._done = self._total = 0
        self.bar = widgets.IntProgress(value=0, max=1, layout={"flex": "1 1 auto", "margin": "2px 8px 2px 0"})
        self.button = widgets.Button(
            description="Cancel",
            tooltip=f"Stop {doing.lower()}; what was done so far is kept",
            layout={"width": "110px", "flex": "0 0 auto"},
        )
        self.button.on_click(self._clicked)
        self.line = widgets.Label(value=f"{doing} …")
        self.box = widgets.VBox([widgets.HBox([self.bar, self.button], layout=_ROW), self.line])

    def __enter__(self) -> Self:
        self._since = time.monotonic()
        display(self.box)  # type: ignore[no-untyped-call] # IPython comes with partial types
        answer_while_busy(self.button)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.line.value = self._last_line(failed=kind is not None)
        self.box.children = (self.line,)

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Show where the work is."""
        self._done, self._total = done, total
        self.bar.max, self.bar.value = max(total, 1), done
        parts = [f"{self._doing}{f' ({what})' if what else ''}: {done:,} of {total:,} {self._unit}", self._left()]
        self.line.value = ", ".join(filter(None, parts))

    def _left(self) -> str:
        if self._cancel.is_set():
            return "stopping …"
        if not self._done or self._done >= self._total:
            return ""
        seconds = time.monotonic() - self._since
        return f"about {duration(seconds * (self._total - self._done) / self._done)} left"

    def _last_line(self, *, failed: bool) -> str:
        if failed:
            return f"{self._doing} stopped before its end. What was done so far is kept."
        took = duration(time.monotonic() - self._since)
        if self._cancel.is_set() and self._done < self._total:
            return (
                f"{self._doing} cancelled after {took}: {self._done:,} of {self._total:,} {self._unit} done and kept."
            )
        return f"{self._doing}: {self._done:,} {self._unit} in {took}."

    def _clicked(self, _button: widgets.Button) -> None:
        self._cancel.set()
        self.button.disabled = True
        self.button.description = "Stopping …"
