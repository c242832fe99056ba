"""The verbs of de-duplication on a bench: ``ws.dedup.find()`` and the like, each a line that leads to its module."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from workbench import dedup, removal
from workbench.removal_journal import RemovalReport, Tell

if TYPE_CHECKING:
    from workbench.workspace import Workspace


_DOING = {"quarantine": "Moving into quarantine", "restore": "Putting back", "purge": "Deleting"}


def _unseen(progress: Any, cancel: threading.Event, doing: str, unit: str) -> Any:
    return nullcontext(progress if callable(progress) else None)


class Dedup:
    """What can be done about duplicates; reached as ``ws.dedup``.

    Parameters
    ----------
    ws : Workspace
    show : callable, optional
        Makes the bar for ``progress=True``: takes what was said for progress, the event that cancels, what is done
        and what is counted, and returns a context manager that yields what is to be called.
    """

    def __init__(self, ws: Workspace, show: Callable[[Any, threading.Event, str, str], Any] = _unseen) -> None:
        self._ws, self._show = ws, show

    def find(self, methods: Sequence[str] | None = None, **how: Any) -> dedup.FindReport:
        """Find duplicates and put them into clusters: see `workbench.dedup.find_duplicates`."""
        return dedup.find_duplicates(self._ws, methods, **how)

    def plan(self, clusters: Sequence[str] | None = None, **what: Any) -> removal.Plan:
        """Plan to move the redundant images of decided clusters into quarantine: see `workbench.removal.plan`."""
        return removal.plan(self._ws, clusters, **what)

    def apply(
        self,
        plan: removal.Plan,
        reason: str = "",
        *,
        progress: bool | Tell = True,
        cancel: threading.Event | None = None,
    ) -> RemovalReport:
        """Carry a plan out: see `workbench.removal.Plan.apply`; ``progress=True`` shows a bar."""
        cancel = cancel or threading.Event()
        with self._show(progress, cancel, _DOING[plan.action], "files") as tell:
            return plan.apply(reason, progress=tell, cancel=cancel)

    def restore(
        self, images: Sequence[str] | None = None, *, plans: Sequence[str] | None = None, reason: str = "", **how: Any
    ) -> RemovalReport:
        """Put files back from quarantine: see `workbench.removal.restore`; ``progress=True`` shows a bar."""
        return self.apply(removal.restoration(self._ws, images, plans=plans), reason, **how)

    def purge(self, images: Sequence[str] | None = None, **what: Any) -> removal.Plan:
        """Plan to delete for good what has been in quarantine long enough: see `workbench.removal.purge`."""
        return removal.purge(self._ws, images, **what)
