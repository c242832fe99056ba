"""The verbs of de-duplication on a bench: ``ws.dedup.find()`` and the like, each a line that leads to its module."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from workbench import certificate, dedup, merging, removal, review_bulk, turning_away
from workbench.optimise import Optimisation, Policy
from workbench.optimise import preview as smaller
from workbench.removal_journal import RemovalReport, Tell

if TYPE_CHECKING:
    import pandas as pd

    from workbench import dedup_report
    from workbench.calibration_figures import Calibration
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

    def calibrate(
        self, *, progress: bool | Tell = True, cancel: threading.Event | None = None, **how: Any
    ) -> Calibration:
        """Try out on this collection what is found, and set thresholds: see `workbench.calibration.calibrate`."""
        from workbench import calibration  # brings OpenCV, which few need

        cancel = cancel or threading.Event()
        with self._show(progress, cancel, "Calibrating", "steps") as tell:
            return calibration.calibrate(self._ws, progress=tell, cancel=cancel, **how)

    def before_review(self, *, progress: bool | Tell = True, **how: Any) -> Calibration | None:
        """Calibrate once, before anybody reviews: see `workbench.calibration.before_review`."""
        from workbench import calibration  # as above

        cancel = how.pop("cancel", None) or threading.Event()
        with self._show(progress, cancel, "Calibrating", "steps") as tell:
            return calibration.before_review(self._ws, progress=tell, cancel=cancel, **how)

    def calibration(self) -> Calibration | None:
        """Return the last calibration: see `workbench.calibration.last`."""
        from workbench import calibration  # as above

        return calibration.last(self._ws)

    def accept(
        self, relations: Sequence[str] = ("exact", "same-picture"), *, at_least: float = 0.0
    ) -> review_bulk.Acceptance:
        """Prepare to accept all open clusters of some kinds at once: see `workbench.review_bulk.accept`."""
        return review_bulk.accept(self._ws, relations, at_least=at_least)

    def plan(self, clusters: Sequence[str] | None = None, **what: Any) -> removal.Plan:
        """Plan to move the redundant images of decided clusters into quarantine: see `workbench.removal.plan`."""
        return removal.plan(self._ws, clusters, **what)

    def apply(
        self,
        plan: removal.Plan,
        reason: str = "",
        *,
        uncertified: str = "",
        progress: bool | Tell = True,
        cancel: threading.Event | None = None,
    ) -> RemovalReport:
        """Carry a plan out: see `workbench.removal.Plan.apply`; ``progress=True`` shows a bar."""
        cancel = cancel or threading.Event()
        with self._show(progress, cancel, _DOING[plan.action], "files") as tell:
            return plan.apply(reason, uncertified=uncertified, progress=tell, cancel=cancel)

    def restore(
        self, images: Sequence[str] | None = None, *, plans: Sequence[str] | None = None, reason: str = "", **how: Any
    ) -> RemovalReport:
        """Put files back from quarantine: see `workbench.removal.restore`; ``progress=True`` shows a bar."""
        return self.apply(removal.restoration(self._ws, images, plans=plans), reason, **how)

    def turned_away(self) -> pd.DataFrame:
        """List the arriving files that were turned away: see `workbench.turning_away.turned_away`."""
        return turning_away.turned_away(self._ws)

    def put_back(self, place: str | os.PathLike[str]) -> str:
        """Move a file that was turned away back to where it arrived: see `workbench.turning_away.put_back`."""
        return turning_away.put_back(self._ws, place)

    def purge(self, images: Sequence[str] | None = None, **what: Any) -> removal.Plan:
        """Plan to delete for good what has been in quarantine long enough: see `workbench.removal.purge`."""
        return removal.purge(self._ws, images, **what)

    def merge(self, clusters: Sequence[str] | None = None, policy: Any = None, **how: Any) -> merging.MergePreview:
        """Work out what the images that stay would take over from their duplicates: see `workbench.merging.preview`."""
        return merging.preview(self._ws, clusters, policy, **how)

    def certify(self, plan: removal.Plan | certificate.Pairs, n: int | None = None, **how: Any) -> certificate.Draw:
        """Draw a random sample of a plan, to be looked at: see `workbench.certificate.draw`."""
        return certificate.draw(self._ws, plan, n, **how)

    def report(self, to: str | os.PathLike[str], **what: Any) -> dedup_report.Report:
        """Write the report of the de-duplication: see `workbench.dedup_report.report`."""
        from workbench import dedup_report  # brings OpenCV and plotly

        return dedup_report.report(self._ws, to, **what)

    def verify_report(
        self, folder: str | os.PathLike[str], *, progress: Callable[[int, int], None] | None = None
    ) -> dedup_report.Verification:
        """Check a report again, against this workspace: see `workbench.dedup_report.verify_report`."""
        from workbench import dedup_report  # as above

        return dedup_report.verify_report(folder, self._ws.folder, progress=progress)

    def prepare(self, *, progress: bool | Tell = True, cancel: threading.Event | None = None) -> int:
        """Describe the pictures that parts of arriving files are looked for in: see `workbench.arrivals.prepare`."""
        from workbench import arrivals  # brings OpenCV, which few need

        cancel = cancel or threading.Event()
        with self._show(progress, cancel, "Describing", "images") as tell:
            return arrivals.prepare(self._ws, progress=tell, cancel=cancel)

    def optimise(self, images: Any = None, policy: Policy | None = None, **how: Any) -> Optimisation:
        """Work out how much smaller files can become, without loss or by a policy: see `workbench.optimise.preview`."""
        return smaller(self._ws, images, policy, **how)
