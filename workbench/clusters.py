"""Clusters."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.dedup_settings import Settings
from workbench.workspace import Workspace


def make(ws: Workspace, settings: Settings | None = None) -> int:
    """Make all clusters anew."""
    return 0


def refresh(ws: Workspace, contents: Iterable[str]) -> int:
    """Make the clusters anew that these contents are in."""
    return make(ws)
