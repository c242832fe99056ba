"""EXIF: when and where the camera says that it was."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workbench.suggesters import Setting, Subject, Suggestion, Wants

DATE, COUNTRY, CODE = "Xmp.photoshop.DateCreated", "Xmp.photoshop.Country", "Xmp.iptc.CountryCode"


class Box(NamedTuple):
    """A country's rough outline, in degrees."""

    name: str
    code: str
    south: float
    west: float
    north: float
    east: float


class Exif:
    """Proposes the date of capture, and the country where it is beyond doubt."""

    name = "exif"
    model = "camera clock, GPS"
    version = "1"
    wants: Wants = "metadata"

    def __init__(self, setting: Setting) -> None:
        del setting

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        """Yield dates and countries that the metadata doesn't have."""
        for subject in subjects:
            taken = subject.facts.get("captured_at")
            if taken is not None and DATE not in subject.metadata:
                yield self._made(subject, DATE, taken.isoformat(timespec="seconds"), 0.9, "the camera's clock")
            yield from self._place(subject)

    def _place(self, subject: Subject) -> Iterator[Suggestion]:
        north, east = subject.facts.get("latitude"), subject.facts.get("longitude")
        if north is None or east is None or COUNTRY in subject.metadata or abs(north) + abs(east) < 0.01:
            return
        found = countries(north, east)
        if len(found) == 1:
            name, code, told = *found[0], f"position {north:.3f}, {east:.3f}"
            yield self._made(subject, COUNTRY, name, 0.7, told)
            if CODE not in subject.metadata and code:
                yield self._made(subject, CODE, code, 0.7, told)

    def _made(self, subject: Subject, key: str, value: str, sure: float, told: str) -> Suggestion:
        return Suggestion(subject.image_id, key, None, value, sure, self.model, self.version, told)


def countries(latitude: float, longitude: float) -> list[tuple[str, str]]:
    """Return name and code of every country whose rough outline, a box, holds a position (degrees north and east)."""
    return [
        (box.name, box.code)
        for box in _boxes()
        if box.south <= latitude <= box.north
        and (
            box.west <= longitude <= box.east
            if box.west <= box.east
            else longitude >= box.west or longitude <= box.east  # across the date line
        )
    ]


@cache
def _boxes() -> list[Box]:
    path = Path(__file__).parents[1] / "country_boxes.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Box(row["name"], _code(row["spellings"]), *(float(row[side]) for side in Box._fields[2:]))
            for row in csv.DictReader(file)
        ]


def _code(spellings: str) -> str:
    return next((word for word in spellings.split("|") if len(word) == 3 and word.isupper()), "")
