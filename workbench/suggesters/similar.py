"""Similar images: what the same or nearly the same picture was tagged with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.suggesters import Setting, Subject, Suggestion, Wants
from workbench.suggesters.hashes import NearHashes

FARTHEST = 6
"""Bits of 64 in which perceptual hashes of nearly the same picture may differ."""

_NEIGHBOURS = 5
_ALIKE = 5  # images kept of those with equal hashes

Neighbour = tuple[int, str]  # distance in bits (-1: the same picture), image_id


class Similar:
    """Proposes what images with the same or nearly the same picture say, the nearest first."""

    name = "similar"
    model = "picture hash, pHash"
    version = "1"
    wants: Wants = "neighbours"

    def __init__(self, setting: Setting) -> None:
        self._ask = setting.ask
        self._fields = setting.shared_fields()

    @cached_property
    def _tagged(self) -> _Tagged:
        return _Tagged(self._ask("tagged_hashes", fields=self._fields).to_pydict())

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        """Yield the values of each image's nearest neighbours that are tagged."""
        ids = [subject.image_id for subject in subjects]
        near = self._tagged.neighbours(self._ask("hashes_of", ids=ids).to_pydict())
        others = sorted({other for found in near.values() for _, other in found})
        values: dict[str, list[tuple[str, str | None, str]]] = {}
        for row in self._ask("values_to_share", ids=others, fields=self._fields).to_pylist() if others else ():
            values.setdefault(row["image_id"], []).append((row["field"], row["lang"], row["value"]))
        for image_id, found in near.items():
            for distance, other in found:
                sure, told = _how_sure(distance), self._evidence(distance, other)
                for name, lang, value in values.get(other, ()):
                    yield Suggestion(image_id, name, lang, value, sure, self.model, self.version, told)

    def _evidence(self, distance: int, other: str) -> str:
        path = self._tagged.paths[other]
        return f"same picture as {path}" if distance < 0 else f"looks like {path} ({distance} of 64 bits differ)"


def _how_sure(distance: int) -> float:
    """Fall from 0.9 for equal perceptual hashes to 0.48 for the farthest; the same picture is all but certain."""
    return 0.97 if distance < 0 else 0.9 - 0.07 * distance


class _Tagged:
    """The images that have something to share, found by their pictures."""

    def __init__(self, rows: dict[str, list[Any]]) -> None:
        self.paths = dict(zip(rows["image_id"], rows["path"], strict=True))
        self._same: dict[str, list[str]] = {}
        alike: dict[int, list[str]] = {}
        for image_id, picture, phash in zip(rows["image_id"], rows["picture_hash"], rows["phash"], strict=True):
            if picture is not None:
                _add(self._same, picture, image_id)
            if phash is not None:
                _add(alike, phash, image_id)
        self._alike = [alike[phash] for phash in sorted(alike)]
        self._near = NearHashes(np.array(sorted(alike), dtype=np.uint64))

    def neighbours(self, rows: dict[str, list[Any]]) -> dict[str, list[Neighbour]]:
        """Return for each image its nearest tagged neighbours, the nearest first."""
        found: dict[str, dict[str, int]] = {image_id: {} for image_id in rows["image_id"]}
        asked = [(i, h) for i, h in zip(rows["image_id"], rows["phash"], strict=True) if h is not None]
        hashes = np.array([h for _, h in asked], dtype=np.uint64)
        for at, known, distance in zip(*(part.tolist() for part in self._near.within(hashes, FARTHEST)), strict=True):
            for other in self._alike[known]:
                found[asked[at][0]][other] = distance
        for image_id, picture in zip(rows["image_id"], rows["picture_hash"], strict=True):
            found[image_id].update(dict.fromkeys(self._same.get(picture, ()), -1))
        return {image_id: _nearest(image_id, others) for image_id, others in found.items()}


def _add(groups: dict[Any, list[str]], key: Any, image_id: str) -> None:
    members = groups.setdefault(key, [])
    if len(members) <= _ALIKE:
        members.append(image_id)


def _nearest(image_id: str, others: dict[str, int]) -> list[Neighbour]:
    return sorted((distance, other) for other, distance in others.items() if other != image_id)[:_NEIGHBOURS]
