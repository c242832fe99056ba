"""What the tagging form shows, as plain dicts for a browser: the image, its fields, suggestions, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from workbench import defect_types
from workbench.defect_types import DefectTypes
from workbench.errors import WorkbenchError
from workbench.fields import spec
from workbench.finding_words import in_language
from workbench.following import Following
from workbench.form_views import field_state
from workbench.grid import Reply
from workbench.image_values import ImageValues, shaped
from workbench.offers import Offers, told
from workbench.profile_rules import Finding, ProfileField
from workbench.profiles import Profile
from workbench.queues import WorkQueue
from workbench.remarks import Remark
from workbench.vocabularies import Term, Vocabulary
from workbench.workspace import Workspace

IDLE_AFTER = 120.0
"""Seconds: a longer pause doesn't count as working time."""

MOST_TERMS = 20_000

_FACTS = ("image_id", "name", "path", "format", "width", "height")


class Pace:
    """How fast somebody works: accepted images an hour of working time.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._last, self._active = clock, clock(), 0.0
        self.accepted = 0

    def touch(self) -> None:
        """Note that the person did something; a pause longer than `IDLE_AFTER` seconds is no working time."""
        now = self._clock()
        if now - self._last <= IDLE_AFTER:
            self._active += now - self._last
        self._last = now

    def view(self) -> dict[str, Any]:
        """Return the pace: ``mine`` images, ``per_hour`` and ``active`` seconds."""
        speed = self.accepted * 3600 / self._active if self.accepted and self._active > 1 else None
        return {
            "mine": self.accepted,
            "per_hour": None if speed is None else round(speed, 1),
            "active": round(self._active, 1),
            "idle_after": IDLE_AFTER,
        }


class Pages:
    """Makes what is shown of images, out of what is in memory."""

    def __init__(
        self,
        ids: Sequence[str],
        profile: Profile,
        language: str,
        following: Following,
        queue: WorkQueue,
        offers: Offers,
    ) -> None:
        self.ids, self.profile, self.language = ids, profile, language
        self.following, self.queue, self.offers = following, queue, offers
        self._types: DefectTypes | None = None

    def findings(self, image_id: str) -> list[Finding]:
        """Return what is wrong with an image's values by the profile."""
        values = self.following.values(image_id)
        return [finding for wanted in self.profile.fields.values() for finding in self._check(values, wanted)]

    def _check(self, values: ImageValues, wanted: ProfileField) -> list[Finding]:
        if wanted.spec.structure:
            return []
        content = shaped(values.shown(wanted.key), wanted.spec.kind)
        return self.profile.validate({wanted.key: content}, partial=True)

    def field(self, image_id: str, wanted: ProfileField) -> dict[str, Any]:
        """Return one field of an image: see `form_views.field_state`; and the suggestions for it."""
        values = self.following.values(image_id)
        offered = [told(row) for row in self.offers.open(values, wanted)]
        state = field_state(values, wanted, self._check(values, wanted), self.language)
        remarked = values.look.of(values, wanted) if values.look else []
        return {**state, "suggestions": offered, "remarks": [self._told(one) for one in remarked]}

    def remarks(self, values: ImageValues) -> dict[str, Any] | None:
        """Return what the inspector said of the image, besides what stands at its fields; None when nothing was."""
        look = values.look
        if look is None or not look.rework or not (look.remarks or look.comment):
            return None
        rows = [
            {**self._told(one), "label": spec(one.field).label if one.field else None}
            for one in look.besides(values, self.profile.fields)
        ]
        return {"by": look.inspector, "at": look.at, "comment": look.comment, "rows": rows}

    def _told(self, one: Remark) -> dict[str, Any]:
        if self._types is None:
            try:
                self._types = defect_types.load(self.following.ws.folder)
            except WorkbenchError:  # whoever mends values can't mend the list: names must do
                self._types = DefectTypes({}, {})
        severity = self._types.severities.get(one.severity)
        return {
            "defect": self._types.label(one.defect, self.language), "comment": one.comment,
            "severity": in_language(severity.label, self.language) if severity else one.severity,
            "counts": self._types.counts(one.severity),
        }  # fmt: skip

    def offered(self, image_id: str) -> dict[str, Any]:
        """Return the suggestions for an image, by field."""
        values = self.following.values(image_id)
        fields = self.profile.fields.items()
        return {key: [told(row) for row in self.offers.open(values, wanted)] for key, wanted in fields}

    def image(self, place: int, *, has_before: bool) -> dict[str, Any]:
        """Return the image at a place and its fields."""
        name = self.ids[place]
        values = self.following.values(name)
        facts = values.facts
        has = {"before": has_before, "place": place, "count": len(self.ids), "outcome": self.queue.outcome(name)}
        fields = {key: self.field(name, wanted) for key, wanted in self.profile.fields.items()}
        image = {**{key: facts[key] for key in _FACTS}, **has}
        return {"image": image, "fields": fields, "remarks": self.remarks(values)}

    def empty(self) -> dict[str, str]:
        """Say why there is no image."""
        if not self.ids:
            return {"title": "No images", "hint": "Scan a folder, or name other images: TagForm(ws, images=…)."}
        return {"title": "All done", "hint": "Every image of this queue is done, or somebody else is at it."}

    def strip(self, ws: Workspace, start: int, stop: int) -> Reply:
        """Return names and thumbnails of the images at these places, as far as they are loaded."""
        known = [self.following.values(i).facts if self.following.has(i) else None for i in self.ids[start:stop]]
        found = ws.thumbnails.get_many([one["checksum"] for one in known if one and one["checksum"]])
        items: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        for place, facts in zip(range(start, stop), known, strict=True):
            thumb = found.get(facts["checksum"]) if facts else None
            item = {"id": self.ids[place], "place": place, "name": facts["name"] if facts else ""}
            outcome = self.queue.outcome(self.ids[place])
            items.append({**item, "outcome": outcome, "thumb": len(buffers) if thumb else None})
            buffers += [thumb] if thumb else []
        return Reply({"start": start, "items": items}, buffers)


class Completing:
    """Offers terms while somebody types: of the field's vocabulary, else the values the collection uses."""

    def __init__(self, ws: Workspace, language: str, ahead: Callable[[Callable[[], None]], None]) -> None:
        self.ws, self.language, self._ahead = ws, language, ahead
        self._in_use: dict[str, Vocabulary] = {}

    def terms(self, wanted: ProfileField, text: str, limit: int) -> list[dict[str, str]]:
        """Return terms that fit what has been typed: term, label, and what they stand under."""
        vocabulary = wanted.vocabulary if wanted.vocabulary is not None else self._used(wanted.key)
        listed = []
        for term in vocabulary.complete(text[:200], limit):
            above = vocabulary.path(term.term)[:-1]
            listed.append({"term": term.term, "label": term.label(self.language), "path": " › ".join(above)})
        return listed

    def _used(self, field: str) -> Vocabulary:
        if field not in self._in_use:
            self._in_use[field] = Vocabulary([])

            def read() -> None:
                rows = self.ws.query("tagging_terms", field=field, most=MOST_TERMS)
                self._in_use[field] = Vocabulary(Term(value) for value in rows["value"])

            self._ahead(read)
        return self._in_use[field]
