"""Rebuild: delete the catalogue and make it again from the ledger and the files."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from filelock import FileLock

from workbench.dedup import find_again
from workbench.errors import Cancelled, SourceUnreachable
from workbench.scan import Progress, ScanReport, scan
from workbench.workspace import Workspace


def rebuild(
    ws: Workspace,
    *,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> list[ScanReport]:
    """Make the catalogue again; return a report for each source.

    Scans under way are waited for. A source that can't be reached now is reported with the outcome ``unreachable``;
    scan it when it is back. Duplicates are found again, too, as they were found last. A rebuild that is cancelled or
    killed is found by `Workspace.check`, and completed by scanning the sources, or by rebuilding again.

    Raises
    ------
    LedgerBroken
        The chain doesn't verify; the catalogue is left as it is.
    WorkspaceBusy
        Another rebuild is under way.
    """
    ws.verify()
    reports: list[ScanReport] = []
    with contextlib.suppress(Cancelled), ws.rebuilding():
        with _no_scans(ws):
            ws.catalog.remake()
        for source, uri in ws.query("sources")[["source", "uri"]].itertuples(index=False):
            reports.append(_scan(ws, source, uri, workers, progress, cancel))
            if reports[-1].outcome == "cancelled":
                raise Cancelled("The rebuild was cancelled.", hint="Run it again.")  # the note stays
        if any(found.outcome == "cancelled" for found in find_again(ws, cancel=cancel)):
            raise Cancelled("The rebuild was cancelled.", hint="Run it again.")
    return reports


def _scan(
    ws: Workspace,
    source: str,
    uri: str,
    workers: int | None,
    progress: Callable[[Progress], None] | None,
    cancel: threading.Event | None,
) -> ScanReport:
    try:
        return scan(ws, uri, workers=workers, progress=progress, cancel=cancel, record=False)
    except SourceUnreachable:
        return ScanReport("", source, uri, "", outcome="unreachable")


@contextlib.contextmanager
def _no_scans(ws: Workspace) -> Iterator[None]:
    """Wait until no source is being scanned, and keep it so: what a scan has listed would go with the catalogue."""
    with contextlib.ExitStack() as held:
        for path in sorted(ws.folder.glob("scan-*.lock")):
            held.enter_context(FileLock(str(path), thread_local=False))
        yield
