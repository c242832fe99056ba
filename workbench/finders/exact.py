"""Same bytes, and same picture: found by SQL, because equal checksums need no looking.

Groups of k equal files give k − 1 pairs, each with the group's first by received_at, then by id: never k².
"""

from __future__ import annotations

from workbench.catalog import Query, load_queries, sql_folder
from workbench.dedup_settings import Settings


def statements(settings: Settings) -> list[Query]:
    """Return the statement that finds files that are the same to the byte."""
    return [_known()["exact_pairs"]]


def statements_same_picture(settings: Settings) -> list[Query]:
    """Return the statement that finds files whose picture is the same, though the bytes differ."""
    return [_known()["same_picture_pairs"]]


def _known() -> dict[str, Query]:
    return load_queries(sql_folder() / "finders")
