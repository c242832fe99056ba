"""Pairs by what the metadata say."""

from __future__ import annotations

from workbench.catalog import Query
from workbench.dedup_settings import Settings


def statements(settings: Settings) -> list[Query]:
    """Return the statements of the rules."""
    return []
