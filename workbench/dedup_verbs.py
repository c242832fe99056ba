"""The verbs of de-duplication on a bench: ``ws.dedup.find()`` and the like, each a line that leads to its module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench import dedup

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class Dedup:
    """What can be done about duplicates; reached as ``ws.dedup``."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    def find(self, methods: Sequence[str] | None = None, **how: Any) -> dedup.FindReport:
        """Find duplicates and put them into clusters: see `workbench.dedup.find_duplicates`."""
        return dedup.find_duplicates(self._ws, methods, **how)
