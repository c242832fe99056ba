"""The verbs of double entry and known answers on ``ws.qc``, each a line that leads to its module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import double_entry as entering
from workbench import gold as known_answers

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class EntryVerbs:
    """What can be done with entries that are no values yet; part of ``ws.qc``."""

    _ws: Workspace

    # -- double entry

    def double_entry(self, fields: Sequence[str], images: Any = None, **how: Any) -> entering.Task:
        """Have two people enter the same: ``ws.qc.double_entry(["Xmp.dc.title"], people=("ann", "ben"))``.

        See `workbench.double_entry.open_task`.
        """
        return entering.open_task(self._ws, fields, images, **how)

    def double_entries(self) -> pd.DataFrame:
        """List the tasks of double entry and how far each is: see `workbench.double_entry.tasks`."""
        return entering.tasks(self._ws)

    def compare(self, task: entering.Task | str) -> entering.Comparison:
        """Compare what two people have finished since the last time: see `workbench.double_entry.compare`."""
        return entering.compare(self._ws, _id(task))

    def comparisons(self, task: entering.Task | str, state: str | None = None) -> pd.DataFrame:
        """Return the pairs of entries of a task: see `workbench.double_entry.comparisons`."""
        return entering.comparisons(self._ws, _id(task), state)

    def my_entries(self, task: entering.Task | str) -> pd.DataFrame:
        """Return what oneself has entered, and nothing else: see `workbench.double_entry.metadata`."""
        return entering.metadata(self._ws, _id(task))

    def agreement(self, task: entering.Task | str | None = None, **how: Any) -> pd.DataFrame:
        """Say how far entries agree: ``by="field"``, people, category, day …; see `workbench.entry_agreement`."""
        from workbench import entry_agreement  # brings its own statistics, which opening a workspace doesn't need

        return entry_agreement.agreement(self._ws, None if task is None else _id(task), **how)

    # -- known answers

    def set_gold(self, image_ids: Sequence[str], fields: Sequence[str], values: Any = None, **how: Any) -> int:
        """Say what the right answers for images are: see `workbench.gold.set_gold`."""
        return known_answers.set_gold(self._ws, image_ids, fields, values, **how)

    def withdraw_gold(self, image_ids: Sequence[str]) -> None:
        """Say that images are no known answers any more: see `workbench.gold.withdraw_gold`."""
        known_answers.withdraw_gold(self._ws, image_ids)

    def gold(self) -> pd.DataFrame:
        """List the images whose answers are known: see `workbench.gold.items`."""
        return known_answers.items(self._ws)

    def gold_figures(self, **how: Any) -> pd.DataFrame:
        """Count the answers on known images: ``by="actor"``, field, category, day …; see `workbench.gold.figures`."""
        return known_answers.figures(self._ws, **how)

    def trainings(self, actor: str | None = None) -> pd.DataFrame:
        """List the trainings that were ended: see `workbench.gold.trainings`."""
        return known_answers.trainings(self._ws, actor)


def _id(task: entering.Task | str) -> str:
    return task if isinstance(task, str) else task.task_id
