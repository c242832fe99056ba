"""Changes made while tagging: how they are written as events, and the steps that can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.events import ORIGINS, flatten, pack
from workbench.image_values import Entry
from workbench.workspace import Change

MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One change that can be undone.

    Attributes
    ----------
    says : str
        What it was, for the button.
    place : int
        Where the person was.
    before, after : dict
        image_id → field → entry.
    visit : str
        Changes of one field on one visit are one step.
    rejected : sequence of mapping
        Suggestions that were rejected, as the events say it; then no value was changed.
    """

    says: str
    place: int
    before: dict[str, dict[str, Entry | None]]
    after: dict[str, dict[str, Entry | None]]
    visit: str = ""
    rejected: Sequence[Mapping[str, Any]] = ()


class Steps:
    """What one person can undo, and do again."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.undone: list[Step] = []

    def remember(self, step: Step) -> None:
        """Take note of a change; those of one field on one visit become one step."""
        last = self.done[-1] if self.done else None
        self.undone.clear()
        if last and step.visit and last.visit == step.visit and _touches(last) == _touches(step):
            step = Step(last.says, last.place, last.before, step.after, step.visit)
            self.done.pop()
        self.done.append(step)
        del self.done[:-MOST_STEPS]

    def view(self) -> dict[str, str | None]:
        """Say what can be undone and done again."""
        return {
            "undo": self.done[-1].says if self.done else None,
            "redo": self.undone[-1].says if self.undone else None,
        }


def _touches(step: Step) -> list[tuple[str, list[str]]]:
    return [(image_id, sorted(names)) for image_id, names in step.after.items()]


def add_entries(change: Change, ids: list[str], names: Mapping[str, Entry | None], says: str) -> None:
    """Add the events that make fields of images what these entries say."""
    gone = [name for name, entry in names.items() if entry is None or entry.withdrawn]
    if gone:
        change.add("values_withdrawn", {"image_ids": ids, "fields": gone})
    kept = {name: entry for name, entry in names.items() if entry and name not in gone}
    for origin in ORIGINS:
        values = {n: e.content for n, e in kept.items() if e.origin == origin and not e.mixed}
        more = {} if origin == ORIGINS[0] else {"origin": origin}
        if values:
            change.add("values_set", {"image_ids": ids, "values": values, **more})
    mixed = {name: entry for name, entry in kept.items() if entry.mixed}
    if mixed:
        told = {"count": len(ids), "fields": sorted(mixed), "what": says}
        records = [
            [image_id, name, lang, ordinal, text, entry.origin_of(lang, str(text))]
            for image_id in ids
            for name, entry in mixed.items()
            for _, lang, ordinal, text in flatten({name: entry.content})
        ]
        change.add("values_changed", told, attachment=pack(records))
