"""What the terminal shows while something takes long: a tqdm bar. The only module that knows tqdm."""

from __future__ import annotations

import sys
from typing import Self

from tqdm import tqdm

from workbench.dedup import FindProgress
from workbench.scan import Progress


class TerminalProgress:
    """A progress bar on stderr for a scan; callable with a `Progress`."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, progress: Progress) -> None:
        """Show where the scan is."""
        if progress.phase == "waiting":
            self._note("Another scan of this source is running; waiting for it …")
        elif progress.phase == "listing":
            self._note(f"Listing: {progress.listed:,} files so far …")
        else:
            self._show(progress)

    def _note(self, text: str) -> None:
        sys.stderr.write(f"\r{text}")
        sys.stderr.flush()

    def _show(self, progress: Progress) -> None:
        if self._bar is None:
            sys.stderr.write("\r" + " " * 70 + "\r")
            self._bar = tqdm(total=progress.total, unit=" files", smoothing=0.05, file=sys.stderr, dynamic_ncols=True)
        self._bar.n = progress.done
        self._bar.set_postfix_str(f"{progress.problems:,} problems", refresh=False)
        self._bar.refresh()


class TerminalWork:
    """A progress bar on stderr for work on many images; callable with how much is done, of how much, and with what.

    Parameters
    ----------
    doing : str
        What is done, such as ``Embedding``.
    unit : str
        What is counted.
    """

    def __init__(self, doing: str, unit: str) -> None:
        self._bar: tqdm[None] = tqdm(desc=doing, unit=f" {unit}", file=sys.stderr, dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Show where the work is."""
        self._bar.total, self._bar.n = total, done
        self._bar.set_postfix_str(what, refresh=False)
        self._bar.refresh()


class TerminalFinding:
    """A line on stderr for a search for duplicates; callable with a `FindProgress`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        sys.stderr.write("\r" + " " * 78 + "\r")
        sys.stderr.flush()

    def __call__(self, progress: FindProgress) -> None:
        """Show where the search is."""
        sys.stderr.write(f"\r{progress.in_words():<78.78}")
        sys.stderr.flush()
