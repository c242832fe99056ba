"""Suggestions beside a form: those of the images at hand, in memory, and what becomes of them.

Whether a suggestion is open follows from what the image says now, so that it comes back when its acceptance is undone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench import suggestion
from workbench.errors import NotFound
from workbench.events import Event
from workbench.image_values import Content, Entry, ImageValues, shaped, with_text
from workbench.profile_rules import ProfileField
from workbench.profiles import Profile
from workbench.workspace import Workspace

KEPT = 500
"""Images whose suggestions are kept in memory."""

LISTS = ("bag", "seq")

Row = dict[str, Any]
Decision = tuple[str, dict[str, Any]]
"""Kind and payload of an event."""

_DECISIONS = {"suggestion_accepted": "accepted", "suggestion_edited": "edited", "suggestion_rejected": "rejected"}


class Offers:
    """The suggestions for images that somebody is about to see.

    Parameters
    ----------
    ws : Workspace
    profile : Profile
        Only its fields are of interest.
    """

    def __init__(self, ws: Workspace, profile: Profile) -> None:
        self.ws = ws
        self.profile = profile
        self._lock = threading.RLock()
        self._rows: OrderedDict[str, list[Row]] = OrderedDict()
        self._decided: dict[str, tuple[str, str | None]] = {}
        self._unwanted: set[tuple[str, str, str | None, str]] = set()
        self._arrived: tuple[str, dict[str, Content]] = ("", {})

    # -- knowing them

    def load(self, image_ids: Iterable[str]) -> list[str]:
        """Read the suggestions for images from the catalogue; return the images that have others than before."""
        names = [key for key, wanted in self.profile.fields.items() if not wanted.spec.structure]
        changed = []
        for image_id in image_ids:
            found = suggestion.for_form(self.ws, image_id, names)
            rows = [{**row, "image_id": image_id, "field": name} for name, listed in found.items() for row in listed]
            changed += [image_id] if self._keep(image_id, rows) else []
        return changed

    def _keep(self, image_id: str, rows: list[Row]) -> bool:
        with self._lock:
            before = self._rows.get(image_id, [])
            new = {row["suggestion_id"] for row in rows}
            # What was decided here isn't open in the catalogue any more, and is again once that is undone.
            rows += [r for r in before if r["suggestion_id"] in self._decided and r["suggestion_id"] not in new]
            rows.sort(key=lambda row: -row["confidence"])
            self._rows[image_id] = rows
            self._rows.move_to_end(image_id)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
            return rows != before

    def hear(self, event: Event) -> None:
        """Take note of a decision, one's own or a colleague's."""
        told = event.payload
        if event.kind == "suggestion_reopened":
            with self._lock:
                if self._decided.get(told["suggestion_id"], ("", None))[0] == "rejected":
                    del self._decided[told["suggestion_id"]]
                self._unwanted.discard((told["image_id"], told["field"], told["lang"], told["suggested"]))
        if event.kind not in _DECISIONS:
            return
        with self._lock:
            self._decided[told["suggestion_id"]] = (_DECISIONS[event.kind], told["value"])
            same = (told["image_id"], told["field"], told["lang"], told["suggested"])
            (self._unwanted.add if event.kind == "suggestion_rejected" else self._unwanted.discard)(same)

    def open(self, values: ImageValues, wanted: ProfileField) -> list[Row]:
        """Return the suggestions for a field that nobody has decided about, the surest first."""
        with self._lock:
            rows = [row for row in self._rows.get(values.facts["image_id"], []) if row["field"] == wanted.key]
        content = shaped(values.shown(wanted.key), wanted.spec.kind)
        chosen: set[str | None] = set()
        if wanted.spec.kind not in LISTS:
            chosen = {row["lang"] for row in rows if self._is_chosen(row, values.entries.get(wanted.key), content)}
        return [row for row in rows if row["lang"] not in chosen and self._is_open(row, content)]

    def _is_open(self, row: Row, content: Content | None) -> bool:
        if (row["image_id"], row["field"], row["lang"], row["value"]) in self._unwanted:
            return False
        return self._how(row) != "rejected" and row["value"] not in _texts(content, row["lang"])

    def _is_chosen(self, row: Row, entry: Entry | None, content: Content | None) -> bool:
        """Whether a suggestion, corrected or not, stands already where there is place for one."""
        there = _texts(content, row["lang"])
        if not there or entry is None or entry.withdrawn:
            return False
        how, value = self._decided.get(row["suggestion_id"], ("", None))
        return entry.origin_of(row["lang"], there[0]) == "suggested" or (how == "edited" and value == there[0])

    def find(self, values: ImageValues, suggestion_id: str) -> Row:
        """Return an open suggestion for an image.

        Raises
        ------
        NotFound
            There is no such suggestion, or something was decided about it.
        """
        for wanted in self.profile.fields.values():
            for row in self.open(values, wanted):
                if row["suggestion_id"] == suggestion_id:
                    return row
        raise NotFound("This suggestion isn't open any more.", hint="Take one that is shown, or type the value.")

    def sure(self, values: ImageValues, at_least: float) -> list[Row]:
        """Return what can be accepted without looking twice: sure enough, and nothing stands there yet.

        Of a field that holds one value, or of one of its languages, only the surest. Entries of lists are added, so
        all of them.
        """
        chosen: list[Row] = []
        for wanted in self.profile.fields.values():
            content = shaped(values.shown(wanted.key), wanted.spec.kind)
            taken: set[str | None] = set()
            for row in self.open(values, wanted):
                free = wanted.spec.kind in LISTS or not (_texts(content, row["lang"]) or row["lang"] in taken)
                if row["confidence"] >= at_least and free:
                    taken.add(row["lang"])
                    chosen.append(row)
        return chosen

    # -- deciding

    def rejected(self, row: Row) -> list[dict[str, Any]]:
        """Return what is written down when a suggestion is rejected: also for those of the same that it hides."""
        hidden = [{**row, **one} for one in row["also"]]
        return [suggestion.decision(one, None) for one in (row, *hidden)]

    def accepted(self, values: ImageValues, rows: Sequence[Row]) -> dict[str, Entry]:
        """Return what fields say with these suggestions in them: what stood there keeps how it came about."""
        entries: dict[str, Entry] = {}
        for row in rows:
            name, lang = row["field"], row["lang"]
            kind = self.profile.fields[name].spec.kind
            known = values.entries.get(name) if values.is_entered(name) else None
            before = entries.get(name, known)
            content = shaped(entries[name].content if name in entries else values.shown(name), kind)
            after = _with(content, kind, lang, row["value"])
            mixed = {
                (at, text): before.origin_of(at, text) if before else "entered" for at, text in _parts(after)
            }  # fmt: skip
            mixed[lang, row["value"]] = "suggested"
            entries[name] = Entry(after, "", "", 0, "suggested", mixed=mixed)
        return entries

    def arrive(self, values: ImageValues) -> None:
        """Remember what an image says when somebody comes to it."""
        self._arrived = (values.facts["image_id"], values.all_shown())

    def settled(self, values: ImageValues) -> list[Decision]:
        """Return what somebody who leaves an image has decided by typing: the same as suggested, or something else."""
        image_id, before = self._arrived
        if image_id != values.facts["image_id"]:
            return []
        with self._lock:
            rows = list(self._rows.get(image_id, []))
        made: list[Decision] = []
        for name in dict.fromkeys(row["field"] for row in rows):
            entry = values.entries.get(name)
            if values.is_entered(name) and entry is not None and entry.actor == self.ws.actor:
                kind = self.profile.fields[name].spec.kind
                now, then = shaped(entry.content, kind), shaped(before.get(name), kind)
                made += self._typed([row for row in rows if row["field"] == name], kind, then, now)
        return made

    def _typed(self, rows: list[Row], kind: str, then: Content | None, now: Content | None) -> list[Decision]:
        made: list[Decision] = []
        for lang in dict.fromkeys(row["lang"] for row in rows):
            fresh = [text for text in _texts(now, lang) if text not in _texts(then, lang)]
            of_lang = [row for row in rows if row["lang"] == lang and self._how(row) != "rejected"]
            right = [row for row in of_lang if row["value"] in fresh]
            if right or kind in LISTS or not fresh or not of_lang:
                made += [("suggestion_accepted", suggestion.decision(row, row["value"])) for row in right
                         if self._how(row) != "accepted"]  # fmt: skip
                continue
            row = next((row for row in of_lang if self._how(row) == "accepted"), of_lang[0])
            if self._decided.get(row["suggestion_id"]) != ("edited", fresh[0]):
                made.append(("suggestion_edited", suggestion.decision(row, fresh[0])))
        return made

    def _how(self, row: Row) -> str:
        return self._decided.get(row["suggestion_id"], ("", None))[0]


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a suggestion as a form shows it."""
    names = ("suggestion_id", "lang", "value", "confidence", "suggester", "model", "version", "evidence")
    return {name: row[name] for name in names}


def _texts(content: Content | None, lang: str | None) -> list[str]:
    if isinstance(content, dict):
        content = content.get(lang or "x-default")
    return [] if content is None else content if isinstance(content, list) else [str(content)]


def _parts(content: Content) -> list[tuple[str | None, str]]:
    by_lang = content if isinstance(content, dict) else {None: content}
    return [(lang, text) for lang, part in by_lang.items() for text in (part if isinstance(part, list) else [part])]


def _with(content: Content | None, kind: str, lang: str | None, value: str) -> Content:
    if kind in LISTS:
        known = _texts(content, None)
        return known if value in known else [*known, value]
    if kind == "langalt":
        return with_text(content, lang or "x-default", value) or {}
    return value
