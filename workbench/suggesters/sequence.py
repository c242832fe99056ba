"""Sequence neighbours: pictures with the numbers before and after, from the same folder and time."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Several
from typing import Any

from workbench.suggesters import Setting, Subject, Suggestion, Wants

FIELDS = ("Xmp.dc.title", "Xmp.dc.creator", "Xmp.dc.subject", "Xmp.dc.rights")
"""What pictures taken one after the other tend to share."""

FARTHEST = 2
"""Numbers between an image and a neighbour."""

MINUTES = 10
"""Between their times of capture, where both are known."""


class Sequence:
    """Proposes what the pictures taken just before and after say."""

    name = "sequence"
    model = "file numbers"
    version = "1"
    wants: Wants = "neighbours"

    def __init__(self, setting: Setting) -> None:
        self._ask = setting.ask
        self._fields = [key for key in FIELDS if setting.wants(key)]

    def suggest(self, subjects: Several[Subject]) -> Iterator[Suggestion]:
        """Yield the titles, creators, keywords and rights of the neighbours."""
        ids = [subject.image_id for subject in subjects]
        near = self._ask("sequence_neighbours", ids=ids, farthest=FARTHEST, minutes=MINUTES).to_pylist()
        others = sorted({row["other_id"] for row in near})
        values: dict[str, list[dict[str, Any]]] = {}
        for row in self._ask("values_to_share", ids=others, fields=self._fields).to_pylist() if others else ():
            values.setdefault(row["image_id"], []).append(row)
        votes: dict[tuple[str, str, str | None, str], list[dict[str, Any]]] = {}
        for row in near:
            for v in values.get(row["other_id"], ()):
                votes.setdefault((row["image_id"], v["field"], v["lang"], v["value"]), []).append(row)
        for (image_id, name, lang, value), rows in votes.items():
            told = "as in " + ", ".join(row["other"] for row in rows[:2])
            yield Suggestion(image_id, name, lang, value, _how_sure(rows), self.model, self.version, told)


def _how_sure(rows: list[dict[str, Any]]) -> float:
    nearest = rows[0]
    sure = 0.55 if nearest["steps"] == 1 else 0.4
    sure += 0.1 if nearest["seconds"] is not None and nearest["seconds"] <= 60 else 0
    return sure + 0.15 * (len(rows) > 1)
