"""Where a search for duplicates is, in a notebook: a bar, a line, and a Cancel button."""

from __future__ import annotations

import threading
from typing import Self

import ipywidgets as widgets
from IPython.display import display

from workbench.dedup import FindProgress
from workbench.widgets.busy_kernel import answer_while_busy

_ROW = {"align_items": "center", "width": "100%", "max_width": "960px"}


class FindingProgress:
    """A progress display below the running cell; callable with a `workbench.dedup.FindProgress`.

    Parameters
    ----------
    cancel : threading.Event
        Set when somebody clicks Cancel.
    """

    def __init__(self, cancel: threading.Event) -> None:
        self._cancel = cancel
        self._phase = ""
        self.bar = widgets.IntProgress(value=0, max=1, layout={"flex": "1 1 auto", "margin": "2px 8px 2px 0"})
        self.line = widgets.Label()
        self.button = widgets.Button(
            description="Cancel",
            tooltip="Stop the search; what was found so far is kept",
            layout={"width": "110px", "flex": "0 0 auto"},
        )
        self.button.on_click(self._clicked)
        self._row = widgets.HBox([self.bar, self.button], layout=_ROW)
        self.box = widgets.VBox([self._row, self.line])

    def __enter__(self) -> Self:
        display(self.box)  # type: ignore[no-untyped-call] # IPython comes with partial types
        answer_while_busy(self.button)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._phase not in ("finished", "cancelled"):
            self.line.value = "The search stopped before its end. What was found so far is kept."
        self.box.children = (self.line,)

    def __call__(self, progress: FindProgress) -> None:
        """Show where the search is."""
        self._phase = progress.phase
        self.bar.max, self.bar.value = max(progress.total, 1), progress.done
        self.line.value = progress.in_words()

    def _clicked(self, _button: widgets.Button) -> None:
        self._cancel.set()
        self.button.disabled = True
        self.button.description = "Stopping …"
