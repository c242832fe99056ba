"""Where a scan is, in a notebook: a bar, what was counted so far, and a Cancel button."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import ipywidgets as widgets
from IPython.display import display

from workbench.scan import Progress
from workbench.widgets.busy_kernel import answer_while_busy

_ROW = {"align_items": "center", "width": "100%", "max_width": "960px"}
_SHOWN = {
    "waiting": "Another scan of this folder is running; this one waits for it …",
    "listing": "Looking for files: {listed} so far …",
    "reading": "{done} of {total} files",
}


class ScanProgress:
    """A progress display below the running cell; callable with a `workbench.scan.Progress`.

    Everything is shown by plain text widgets: nothing that comes from a file can become markup. A click on Cancel
    arrives while the cell is busy where the front end uses a second thread of the kernel, as JupyterLab does. In one
    that doesn't, the notebook's own stop button cancels the scan just as well.

    Parameters
    ----------
    cancel : threading.Event
        Set when somebody clicks Cancel.

    Examples
    --------
    >>> with ScanProgress(cancel) as tell:  # doctest: +SKIP
    ...     scan(ws, "photos", progress=tell, cancel=cancel)
    """

    def __init__(self, cancel: threading.Event) -> None:
        self._cancel = cancel
        self._since = time.monotonic()
        self._phase = ""
        self.bar = widgets.IntProgress(value=0, max=1, layout={"flex": "1 1 auto", "margin": "2px 8px 2px 0"})
        self.counts, self.pace, self.left, self.problems = (_label() for _ in range(4))
        self.button = widgets.Button(
            description="Cancel",
            tooltip="Stop the scan; what was read so far is kept",
            layout={"width": "110px", "flex": "0 0 auto"},
        )
        self.button.on_click(self._clicked)
        self.final = _label()
        self._working = widgets.VBox(
            [
                widgets.HBox([self.bar, self.button], layout=_ROW),
                widgets.HBox(
                    [self.counts, self.pace, self.left, self.problems], layout={**_ROW, "flex_flow": "row wrap"}
                ),
            ]
        )
        self.box = widgets.VBox([self._working])

    def __enter__(self) -> Self:
        self._since = time.monotonic()
        display(self.box)  # type: ignore[no-untyped-call] # IPython comes with partial types
        answer_while_busy(self.button)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._phase not in ("finished", "cancelled"):
            self._end("The scan stopped before its end. What was read so far is kept.")

    def __call__(self, progress: Progress) -> None:
        """Show where the scan is."""
        self._phase = progress.phase
        if progress.phase in ("finished", "cancelled"):
            self._end(summary(progress, time.monotonic() - self._since))
            return
        shown = {name: f"{getattr(progress, name):,}" for name in ("listed", "done", "total")}
        self.counts.value = _SHOWN[progress.phase].format(**shown)
        if progress.phase == "reading":
            self._show_pace(progress)

    def _show_pace(self, progress: Progress) -> None:
        self.bar.max = max(progress.total, 1)
        self.bar.value = progress.done
        self.problems.value = counted(progress.problems, "with problems so far") if progress.problems else ""
        if self._cancel.is_set() or not progress.done:
            self.pace.value, self.left.value = "", "stopping …" if self._cancel.is_set() else "starting …"
            return
        self.pace.value = f"{progress.rate:,.0f} files/s" if progress.rate >= 10 else f"{progress.rate:.1f} files/s"
        seconds = progress.seconds_left
        self.left.value = f"about {duration(seconds)} left" if seconds is not None else ""

    def _clicked(self, _button: widgets.Button) -> None:
        self._cancel.set()
        self.button.disabled = True
        self.button.description = "Stopping …"

    def _end(self, text: str) -> None:
        self.final.value = text
        self.box.children = (self.final,)


def _label() -> widgets.Label:
    return widgets.Label(layout={"margin": "0 20px 0 0"})


def summary(progress: Progress, seconds: float) -> str:
    """Return the one line that stays when a scan is over."""
    if progress.phase == "cancelled":
        return (
            f"Cancelled after {duration(seconds)}: {progress.done:,} of {files(progress.total)} read and kept. "
            "Scan again to go on from there."
        )
    if not progress.total:
        same = f"all {progress.unchanged:,} files are as they were" if progress.unchanged else "no files in this folder"
        return f"Nothing to read in {duration(seconds)}: {same}."
    found = [counted(progress.images, "images" if progress.images != 1 else "image")]
    found += [counted(progress.problems, "with problems")] if progress.problems else []
    line = f"{files(progress.done)} in {duration(seconds)}: {', '.join(found)}"
    return f"{line}; {progress.unchanged:,} unchanged, not read again." if progress.unchanged else f"{line}."


def counted(number: int, what: str) -> str:
    """Return a number with its thousands apart, and what was counted."""
    return f"{number:,} {what}"


def files(number: int) -> str:
    """Return so many files in words."""
    return counted(number, "file" if number == 1 else "files")


def duration(seconds: float) -> str:
    """Return a time in the words of a person waiting: ``12 s``, ``3 min``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s" if whole else "less than a second"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
