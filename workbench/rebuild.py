"""Rebuild: delete the catalogue and make it again from the ledger and the files."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workbench.errors import SourceUnreachable
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

    A source that can't be reached now is reported with the outcome ``unreachable``; scan it when it is back. A rebuild
    that is cancelled or killed is completed by scanning the sources, or by rebuilding again.

    Raises
    ------
    LedgerBroken
        The chain doesn't verify; the catalogue is left as it is.
    """
    ws.verify()
    ws.catalog.remake()
    reports = []
    for source, uri in ws.query("sources")[["source", "uri"]].itertuples(index=False):
        try:
            reports.append(scan(ws, uri, workers=workers, progress=progress, cancel=cancel, record=False))
        except SourceUnreachable:
            reports.append(ScanReport("", source, uri, "", outcome="unreachable"))
        if cancel is not None and cancel.is_set():
            break
    return reports
