"""The bench: a workspace with every verb on it. What `workbench.open` returns."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import pandas as pd

from workbench import audit as auditing
from workbench import delivery, ignoring, removal, sheets
from workbench import embed as embedding
from workbench import history as remembering
from workbench import rebuild as rebuilding
from workbench import scan as scanning
from workbench import search as searching
from workbench import suggestion as suggesting
from workbench.bulk import Preview
from workbench.dedup import FindProgress, FindReport
from workbench.dedup_verbs import Dedup
from workbench.events import Event
from workbench.history_verbs import Histories
from workbench.optimise import recover as recover_smaller_files
from workbench.removal_journal import recover as recover_removals
from workbench.renaming import EveryBulk, recover, undo_rename
from workbench.scan import Progress, ScanReport
from workbench.suggesters import LOCAL, Suggester
from workbench.terminal import TerminalFinding, TerminalProgress, TerminalWork
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench import reports
    from workbench.arrivals import Arrival
    from workbench.qc_verbs import Qc


class Bench(Workspace):
    """An open workspace, with the verbs that analysts use.

    Parameters
    ----------
    folder : str or Path
    actor : str, optional
        Who works here.
    """

    def __init__(self, folder: str | Path, *, actor: str | None = None) -> None:
        super().__init__(folder, actor=actor)
        recover(self)
        recover_removals(self)
        recover_smaller_files(self)

    def scan(
        self,
        source: str | os.PathLike[str],
        *,
        batch: str | None = None,
        workers: int | None = None,
        progress: bool | Callable[[Progress], None] = True,
        cancel: threading.Event | None = None,
        again: bool = False,
    ) -> ScanReport:
        """Scan a source: see `workbench.scan.scan`.

        ``progress=True`` shows a bar: in a notebook with a Cancel button, in a terminal on stderr.
        """
        cancel = cancel or threading.Event()
        with _shown("scan", progress, cancel) as tell:
            return scanning.scan(
                self, source, batch=batch, workers=workers, progress=tell, cancel=cancel, again=again
            )  # fmt: skip

    def rebuild(
        self, *, workers: int | None = None, progress: bool | Callable[[Progress], None] = True
    ) -> list[ScanReport]:
        """Make the catalogue again from the ledger and the files: see `workbench.rebuild.rebuild`."""
        cancel = threading.Event()
        with _shown("scan", progress, cancel) as tell:
            return rebuilding.rebuild(self, workers=workers, progress=tell, cancel=cancel)

    @property
    def dedup(self) -> Dedup:
        """Everything about duplicates, from finding them to the report: see `workbench.dedup_verbs.Dedup`."""
        return Dedup(self, partial(_shown, "work"))

    @property
    def qc(self) -> Qc:
        """Everything about quality: batches, samples, verdicts, pace: see `workbench.qc_verbs.Qc`."""
        from workbench.qc_verbs import Qc  # brings scipy, which opening a workspace can do without

        return Qc(self)

    def find_duplicates(
        self,
        methods: Sequence[str] | None = None,
        *,
        progress: bool | Callable[[FindProgress], None] = True,
        cancel: threading.Event | None = None,
        **how: Any,
    ) -> FindReport:
        """Find duplicates and put them into clusters: see `workbench.dedup.find_duplicates`.

        ``progress=True`` shows a bar: in a notebook with a Cancel button, in a terminal on stderr.
        """
        cancel = cancel or threading.Event()
        with _shown("find", progress, cancel) as tell:
            return self.dedup.find(methods, progress=tell, cancel=cancel, **how)

    @overload
    def check(self) -> pd.DataFrame: ...
    @overload
    def check(self, file: str | Path | bytes, **how: Any) -> Arrival: ...
    def check(self, file: str | Path | bytes | None = None, **how: Any) -> pd.DataFrame | Arrival:
        """Say whether an arriving file is here already: see `workbench.arrivals.check`.

        Without a file, run every check of the catalogue: see `workbench.workspace.Workspace.check`.
        """
        if file is None:
            return super().check()
        from workbench import arrivals  # brings OpenCV, which few need

        return arrivals.check(self, file, **how)

    def search(self, query: str = "", **how: Any) -> searching.Search:
        """Find images: ``ws.search("red shoe format:png missing:title")``; see `workbench.search.parse`."""
        return searching.search(self, searching.parse(query), **how)

    def audit(
        self,
        profile: str | os.PathLike[str] | None = None,
        *,
        progress: bool | Callable[[int, int, str], None] = True,
        **what: Any,
    ) -> auditing.Audit:
        """Say what is wrong with the metadata: see `workbench.audit.audit`.

        ``progress=True`` shows a bar in a terminal; in a notebook the audit is over before one would be of use.
        """
        with _shown("work", progress and not in_notebook(), threading.Event(), "Auditing", "steps") as tell:
            return auditing.audit(self, profile, progress=tell, **what)

    @property
    def bulk(self) -> EveryBulk:
        """Bulk changes, each with a preview: see `workbench.bulk.Bulk` and `workbench.renaming.rename`."""
        return EveryBulk(self)

    def sheet_out(
        self, to: str | os.PathLike[str], fields: Sequence[str], images: Any = None, *, languages: Sequence[str] = ()
    ) -> Path:
        """Save metadata as CSV or XLSX to be edited: see `workbench.sheets.sheet_out`."""
        return sheets.sheet_out(self, to, fields, images, languages=languages)

    def sheet_in(self, path: str | os.PathLike[str]) -> Preview:
        """Read an edited sheet back, as a preview: see `workbench.sheets.sheet_in`."""
        return sheets.sheet_in(self, path)

    def embed(
        self,
        image_ids: Sequence[str],
        *,
        progress: bool | Callable[[int, int], None] = True,
        cancel: threading.Event | None = None,
        **how: Any,
    ) -> embedding.EmbedReport:
        """Write what was entered into files, by default into copies: see `workbench.embed.embed`.

        ``progress=True`` shows a bar: in a notebook with a Cancel button, in a terminal on stderr.
        """
        cancel = cancel or threading.Event()
        with _shown("work", progress, cancel, "Embedding", "files") as tell:
            return embedding.embed(self, image_ids, progress=tell, cancel=cancel, **how)

    def undo_embed(self, seq: int, *, reason: str = "") -> embedding.EmbedReport:
        """Restore files that were changed in place, bit for bit: see `workbench.embed.undo_embed`."""
        return embedding.undo_embed(self, seq, reason=reason)

    def export(self, format: str, to: str | os.PathLike[str], **what: Any) -> delivery.Delivery:
        """Export metadata with a manifest: ``ws.export("jsonld", folder)``; see `workbench.delivery.export`."""
        return delivery.export(self, format, to, **what)

    def report(self, kind: str, to: str | os.PathLike[str], **how: Any) -> reports.Report:
        """Write a report for a client: ``ws.report("qc", folder, language="de")``; see `workbench.reports.report`."""
        from workbench import reports  # brings the typesetter and plotly's script, which few need

        return reports.report(self, kind, to, **how)

    def changes(self, *, last: int = 50) -> pd.DataFrame:
        """List the latest changes: see `workbench.history.changes`."""
        return remembering.changes(self, last=last)

    @property
    def history(self) -> Histories:
        """What happened: ``ws.history(image_id)`` and more; see `workbench.history_verbs.Histories`."""
        return Histories(self)

    def undo(self, seq: int, *, reason: str = "", force: bool = False) -> Event:
        """Take a change back: see `workbench.history.undo`.

        File names: `workbench.renaming.undo_rename`; files in quarantine: `workbench.removal.undo`.
        """
        event = self.ledger.read(after=seq - 1, limit=1) if seq > 0 else []
        if event and event[0].kind == "files_renamed":
            return undo_rename(self, seq, reason=reason)
        if event and event[0].kind in removal.EVENTS:
            return removal.undo(self, seq, reason=reason)
        if event and event[0].kind in ignoring.KINDS:
            return ignoring.undo(self, seq, reason=reason)
        if event and event[0].kind == "suggestion_rejected":
            return suggesting.undo_reject(self, seq, reason=reason)
        return remembering.undo(self, seq, reason=reason, force=force)

    def suggest(
        self,
        images: Any = None,
        suggesters: Sequence[str | Suggester] = LOCAL,
        *,
        progress: bool | Callable[[suggesting.SuggestProgress], None] = True,
        cancel: threading.Event | None = None,
        **how: Any,
    ) -> suggesting.SuggestReport:
        """Let machines propose values: see `workbench.suggestion.suggest`.

        ``progress=True`` shows a bar: in a notebook with a Cancel button, in a terminal on stderr.
        """
        cancel = cancel or threading.Event()
        with _shown("work", progress, cancel, "Suggesting", "images") as shown:
            tell = shown if shown is None or callable(progress) else lambda at: shown(at.done, at.total, at.suggester)
            return suggesting.suggest(self, images, suggesters, progress=tell, cancel=cancel, **how)

    def suggestions(self, image_id: str) -> pd.DataFrame:
        """List what is proposed for an image: see `workbench.suggestion.suggestions`."""
        return suggesting.suggestions(self, image_id)

    def accept(self, ids: Sequence[str], *, reason: str = "") -> list[Event]:
        """Accept suggestions, which makes them values: see `workbench.suggestion.accept`."""
        return suggesting.accept(self, ids, reason=reason)

    def edit(self, suggestion_id: str, value: str, *, reason: str = "") -> list[Event]:
        """Enter another value than the one suggested: see `workbench.suggestion.edit`."""
        return suggesting.edit(self, suggestion_id, value, reason=reason)

    def reject(self, ids: Sequence[str], *, reason: str = "") -> list[Event]:
        """Reject suggestions, so that they aren't made again: see `workbench.suggestion.reject`."""
        return suggesting.reject(self, ids, reason=reason)

    def reopen(self, ids: Sequence[str], *, reason: str = "") -> list[Event]:
        """Take rejections of suggestions back: see `workbench.suggestion.reopen`."""
        return suggesting.reopen(self, ids, reason=reason)

    def acceptance_rates(self) -> pd.DataFrame:
        """Say how many suggestions were accepted, of which kind: see `workbench.suggestion.acceptance_rates`."""
        return suggesting.acceptance_rates(self)


def open(folder: str | Path, *, actor: str | None = None) -> Bench:
    """Open a workspace, making it when the folder is new.

    In a notebook the widgets are imported meanwhile, so that the first of them shows at once.

    Parameters
    ----------
    folder : str or Path
        The workspace: not the folder with the images.
    actor : str, optional
        Who works here; the login name when not given.

    Raises
    ------
    StorageError
        The folder can't be made or written.
    """
    opened = Bench(folder, actor=actor)
    if in_notebook():
        threading.Thread(target=importlib.import_module, args=["workbench.widgets.image_grid"], daemon=True).start()
    return opened


_DISPLAYS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "scan": ("workbench.widgets.scan_progress", "ScanProgress", TerminalProgress),
    "find": ("workbench.widgets.find_progress", "FindingProgress", TerminalFinding),
    "work": ("workbench.widgets.work_progress", "WorkProgress", TerminalWork),
}
"""What takes long → the module and class that show it in a notebook, and what does in a terminal."""


def _shown(kind: str, progress: Any, cancel: threading.Event, *about: str) -> Any:
    """Return a context manager that yields what is told how far work is: what was given, a display, or None."""
    if callable(progress):
        return nullcontext(progress)
    module, name, terminal = _DISPLAYS[kind]
    if progress and in_notebook():
        return getattr(importlib.import_module(module), name)(cancel, *about)
    return terminal(*about) if progress and sys.stderr.isatty() else nullcontext(None)


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
