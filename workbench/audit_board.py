"""The audit to work with: the worst problems, their images, mending one or many, what got better. No Jupyter here.

`AuditSession` is what the audit board shows and drives. It can be used alone, from a script or a test::

    session = AuditSession(ws, "ecommerce")
    session.choose("required", "Xmp.dc.title")
    session.set_for("all", "Xmp.dc.title", "{stem|clean}")
    session.apply()
    session.improvement()
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from typing import Any, NamedTuple

import pandas as pd

from workbench import ignoring, profiles
from workbench.audit import Audit, audit
from workbench.audit_rules import label
from workbench.bulk import Bulk, Content, Preview, Step, contents, is_list, shown
from workbench.errors import BadValue
from workbench.events import ORIGINS, Event
from workbench.fields import FIELDS, exiv2_key
from workbench.grid import GridSession, Reply
from workbench.history import undo as undo_change
from workbench.profiles import Profile
from workbench.remedies import REMEDIES, TOGETHER, remedy
from workbench.templates import template
from workbench.workspace import Workspace

SEVERITIES = {"error": "errors", "warning": "warnings", "info": "hints"}
WORST, PREVIEWED, BATCHES_SHOWN, AUDITS_SHOWN = 5, 50, 60, 60
CHECKED_AT_ONCE = 5.0
"""CPU-seconds: where an audit takes no more than this, every change is followed by another look."""

WAYS = ("set", "append", "only_if_empty", "clear")
LONGEST = 20_000
_NO_BOX = ("structure", "structures", "gps")


class Chosen(NamedTuple):
    """Whose images the grid shows: those that break a rule, or those of a batch without a field."""

    rule: str
    field: str
    batch: str = ""
    ignored: bool = False

    @property
    def is_gap(self) -> bool:
        """Whether it is a cell of the completeness map rather than a rule."""
        return not self.rule


@dataclass(frozen=True, slots=True)
class Improved:
    """How many images a rule found when the board was opened, and now."""

    rule: str
    field: str
    title: str
    before: int
    after: int


class AuditSession:
    """An audit, looked at and worked on.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    profile : str, path or Profile, optional
        What the client wants; without one the general rules alone are checked.
    run : bool
        Audit at once.

    Attributes
    ----------
    audit : Audit or None
        The last one.
    grid : GridSession
        The images of the rule that is chosen, and what is selected among them.
    preview : Preview or None
        A bulk change that waits for `apply`.

    Raises
    ------
    NotFound
        There is no such profile.
    BadValue
        The profile has mistakes.

    Notes
    -----
    Every verb returns the whole `view`. What is changed is an event in the ledger at once; `undo` takes back what was
    changed here, the last change first.
    """

    def __init__(
        self, ws: Workspace, profile: str | PathLike[str] | Profile | None = None, *, run: bool = True
    ) -> None:
        self.ws = ws
        self._lock = threading.RLock()
        self.profile = self._loaded(profile)
        self.audit: Audit | None = None
        self.grid = GridSession(ws, [], badges=("problem", "duplicate"))
        self.preview: Preview | None = None
        self._chosen: Chosen | None = None
        self._severities: tuple[str, ...] = tuple(SEVERITIES)
        self._tab = "rules"
        self._summary: list[dict[str, Any]] = []
        self._first: dict[str, list[dict[str, Any]]] = {}
        self._undoable: list[tuple[int, str]] = []
        self._unchecked = 0
        self._took = 0.0
        self._said = ""
        self._ticket = ""
        self._heat: dict[str, Any] | None = None
        self._place, self._image = 0, ""
        if run:
            self.run()

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """The commands a widget may send."""
        return {
            "view": self.view, "run": self.run, "choose": self.choose, "gap": self.choose_gap, "close": self.close,
            "severity": self.severity, "show": self.show, "finding": self.finding, "fix_one": self.fix_one,
            "take": self.take, "ignore": self.ignore, "reopen": self.reopen, "fix_suggested": self.fix_suggested,
            "set_for": self.set_for, "apply": self.apply, "discard": self.discard, "undo": self.undo,
        }  # fmt: skip

    # -- looking

    def run(self, profile: str | None = None, ticket: str = "") -> dict[str, Any]:
        """Audit, by another profile if one is named; its result is kept in the trend.

        Parameters
        ----------
        profile : str, optional
            Name of a profile; empty for the general rules.
        ticket : str
            Asked twice with the same ticket, it runs once.
        """
        with self._lock:
            if ticket and ticket == self._ticket:
                return self.view()
            if profile is not None and profile != self._name:
                self.profile, self._chosen = self._loaded(profile or None), None
            began = time.process_time()
            self.audit = audit(self.ws, self.profile)
            self._took, self._ticket, self.preview = time.process_time() - began, ticket, None
            self._look(f"{self.audit.looked_at:,} images audited.")
            self._first.setdefault(self._name, self._summary)
            return self.view()

    def view(self) -> dict[str, Any]:
        """Return everything there is to show."""
        with self._lock:
            made = self.audit
            return {
                "profile": self._name,
                "profiles": self._profiles(),
                "ran": made is not None,
                "images": made.looked_at if made else 0,
                "took": round(self._took, 1),
                "rules_checked": len({rule.id for rule in made.rules}) if made else 0,
                "findings": sum(row["images"] for row in self._summary),
                "ignored": sum(row["ignored"] for row in self._summary),
                "worst": self._worst(),
                "rules": [row for row in self._summary if row["severity"] in self._severities],
                "severities": [
                    {"key": key, "label": label, "on": key in self._severities, "count": self._counted(key)}
                    for key, label in SEVERITIES.items()
                ],
                "chosen": self._chosen_view(),
                "grid": self.grid.view(),
                "fields": self._fields(),
                "preview": self._preview_view(),
                "heat": self._heat_map() if self._tab == "completeness" else None,
                "trend": self._trend() if self._tab == "trend" else None,
                "tab": self._tab,
                "improved": [_plain(one) for one in self._improved()],
                "unchecked": self._unchecked,
                "undo": {"what": self._undoable[-1][1]} if self._undoable else None,
                "said": self._said,
            }

    def choose(self, rule: str, field: str | None = None, ignored: bool = False) -> dict[str, Any]:
        """Show the images that break a rule.

        Parameters
        ----------
        rule : str
        field : str, optional
        ignored : bool
            Those instead of which somebody said that they are all right.

        Raises
        ------
        NotFound
            There is no such rule.
        BadValue
            There was no audit yet.
        """
        with self._lock:
            self.made().images(rule, field or "")  # refuses what isn't there
            self._chosen, self.preview = Chosen(rule, field or "", ignored=bool(ignored)), None
            self._show_images()
            return self.view()

    def choose_gap(self, field: str, batch: str) -> dict[str, Any]:
        """Show the images of a batch in which a field has no value."""
        with self._lock:
            self.made()
            self._chosen, self.preview = Chosen("", exiv2_key(field), str(batch)), None
            self._show_images()
            return self.view()

    def close(self) -> dict[str, Any]:
        """Leave the rule that is chosen."""
        with self._lock:
            self._chosen = self.preview = None
            return self.view()

    def severity(self, which: list[str]) -> dict[str, Any]:
        """List rules of these severities only."""
        if not isinstance(which, list) or not set(which) <= SEVERITIES.keys():
            raise BadValue(f"There is no severity {which!r}.", hint=f"Take any of {', '.join(SEVERITIES)}.")
        with self._lock:
            self._severities = tuple(key for key in SEVERITIES if key in which)
            return self.view()

    def show(self, tab: str) -> dict[str, Any]:
        """Turn to ``rules``, ``completeness`` or ``trend``."""
        if tab not in ("rules", "completeness", "trend"):
            raise BadValue(f"There is no page {tab!r}.", hint="Take rules, completeness or trend.")
        with self._lock:
            self._tab = tab
            return self.view()

    def finding(self, place: int) -> dict[str, Any]:
        """Return what was found in the image at a place of the grid, in words, and what a field holds now."""
        with self._lock:
            window = self.grid.window(place, place + 1, thumbnails=False)
            if not window.view["items"] or self._chosen is None:
                return {"image_id": None, "place": place}
            image_id, chosen = window.view["items"][0]["id"], self._chosen
            self._place, self._image = place, image_id
        rows = self._asked("board_findings_of", profile=self._name, image_id=image_id)
        own = [row for row in rows if (row["rule"], row["field"]) == (chosen.rule, chosen.field)]
        now = contents(self.ws, [image_id], [chosen.field]).get((image_id, chosen.field), ()) if chosen.field else ()
        better = self._better(chosen, now, own)
        return {
            "image_id": image_id,
            "place": place,
            "name": window.view["items"][0]["name"],
            "own": [{key: row[key] or "" for key in ("message", "suggestion", "value")} for row in own],
            "ignored": [{"why": row["ignored"], "by": row["ignored_by"]} for row in own if row["ignored"]],
            "also": [
                {key: row[key] or "" for key in ("rule", "field", "title", "severity", "message")}
                for row in rows if row not in own and not row["ignored"]
            ][:30],
            "field": chosen.field,
            "label": self._label(chosen.field),
            "text": _editable(chosen.field, now),
            "several": is_list(chosen.field),
            "languages": len({lang for lang, _, _ in now}) > 1,
            "better": None if better is None else {"text": shown(better), "clears": not better},
        }  # fmt: skip

    # -- mending

    def fix_one(self, image_id: str, field: str, value: str) -> dict[str, Any]:
        """Enter a value for one image; an empty one clears the field.

        Parameters
        ----------
        image_id, field : str
        value : str
            The text; for a list its entries, divided by semicolons.

        Raises
        ------
        BadValue
            The value is too long, the field is unknown, or nothing would change.
        """
        if not isinstance(value, str) or len(value) > LONGEST:
            raise BadValue(f"A value is text of at most {LONGEST:,} characters.", hint="Shorten it.")
        key = exiv2_key(field)
        texts = [part.strip() for part in value.split(";") if part.strip()] if is_list(key) else value.strip()
        with self._lock:
            made = self._bulk().set_values({key: texts or None}, [image_id], mode="set" if texts else "clear")
            return self._done(made, f"{self._label(key)} of one image")

    def take(self, image_id: str) -> dict[str, Any]:
        """Take what the rule suggests for one image.

        Raises
        ------
        BadValue
            It suggests nothing that a machine can do.
        """
        with self._lock:
            return self._done(self._suggested([image_id]), "one suggestion taken")

    def ignore(self, reason: str, image_id: str = "", scope: str = "selected") -> dict[str, Any]:
        """Say of what the chosen rule found that it is all right: it counts no more, until the value changes.

        Parameters
        ----------
        reason : str
            Why.
        image_id : str, optional
            The image; those of the scope when not given.
        scope : str
            ``selected`` or ``all`` of the rule.

        Raises
        ------
        BadValue
            There is no reason, or no rule is chosen.
        NotFound
            Nothing was found there.
        """
        with self._lock:
            chosen, ids = self._ruled(), [image_id] if image_id else self._scope(scope)
            event = self.made().ignore(chosen.rule, chosen.field, ids, reason=reason)
            return self._judged(event, "ignored")

    def reopen(self, image_id: str = "", scope: str = "selected") -> dict[str, Any]:
        """Let findings of the chosen rule count again that were ignored.

        Raises
        ------
        BadValue
            No rule is chosen.
        NotFound
            Nothing is ignored there.
        """
        with self._lock:
            chosen, ids = self._ruled(), [image_id] if image_id else self._scope(scope)
            return self._judged(self.made().reopen(chosen.rule, chosen.field, ids), "brought back")

    def fix_suggested(self, scope: str = "all") -> dict[str, Any]:
        """Preview what the rule suggests, for the ``selected`` images or ``all`` of the rule."""
        with self._lock:
            self.preview = self._suggested(self._scope(scope))
            return self.view()

    def set_for(self, scope: str, field: str, value: str = "", way: str = "set") -> dict[str, Any]:
        """Preview one value for many images.

        Parameters
        ----------
        scope : str
            ``selected`` or ``all`` of the rule.
        field : str
        value : str
            Text, in which ``{stem|clean}``, ``{folder}``, ``{date:%Y}`` … stand for what each image has; for a list its
            entries, divided by semicolons.
        way : str
            One of `WAYS`.

        Raises
        ------
        BadValue
            A variable or a field isn't known, or there is nothing to enter.
        """
        if way not in WAYS:
            raise BadValue(f"There is no way {way!r}.", hint=f"Take one of {', '.join(WAYS)}.")
        if not isinstance(value, str) or (way != "clear" and not value.strip()):
            raise BadValue("There is nothing to enter.", hint="Write a value, or choose to clear the field.")
        key = exiv2_key(field)
        texts = [part.strip() for part in value.split(";") if part.strip()] if is_list(key) else value.strip()
        filled = {"mode": "clear"} if way == "clear" else {"mode": way, "text": texts}
        with self._lock:
            ids = self._scope(scope)
            self.preview = self._bulk().template(template(f"audit: {self._label(key)}", {key: filled}), ids)
            return self.view()

    def apply(self, reason: str = "") -> dict[str, Any]:
        """Make the change that was previewed, as one that can be undone.

        Raises
        ------
        BadValue
            There is no preview.
        Stale
            Somebody changed one of the values meanwhile.
        """
        with self._lock:
            if self.preview is None:
                raise BadValue("There is nothing to apply.", hint="Make a preview first.")
            made, self.preview = self.preview, None
            return self._done(made, f"{self._images(made.counts['changed'])} changed", reason)

    def discard(self) -> dict[str, Any]:
        """Forget the preview."""
        with self._lock:
            self.preview = None
            return self.view()

    def undo(self) -> dict[str, Any]:
        """Take back the last change that was made here.

        Raises
        ------
        BadValue
            Nothing was changed here.
        Stale
            Somebody changed the same values since.
        """
        with self._lock:
            if not self._undoable:
                raise BadValue("There is nothing to undo.", hint="Other changes: ws.changes() and ws.undo(…).")
            seq, what = self._undoable[-1]
            if self.ws.ledger.read(after=seq - 1, limit=1)[0].kind in ignoring.KINDS:
                ignoring.undo(self.ws, seq)
                self._undoable.pop()
                self._look(f"Undone: {what}.")
            else:
                undo_change(self.ws, seq)
                self._undoable.pop()
                self._check_again(1, f"Undone: {what}.")
            return self.view()

    # -- what a person in a notebook asks

    def improvement(self) -> pd.DataFrame:
        """Return what has changed since the first audit here: rule, field, title, before, after (images)."""
        with self._lock:
            rows = [_plain(one) for one in self._improved()]
        return pd.DataFrame(rows, columns=["rule", "field", "title", "before", "after"])

    def take_over(self, other: AuditSession) -> None:
        """Continue where another session was, if it began with the same profile."""
        with other._lock, self._lock:
            if other._name != self._name or other.audit is None or other.ws.folder != self.ws.folder:
                return
            self._first, self._undoable = dict(other._first), list(other._undoable)
            self._tab, self._severities, self._chosen = other._tab, other._severities, other._chosen
            if self.audit is not None:
                self._look(self._said)
            self.grid.take_over(other.grid)

    # -- inside

    @property
    def _language(self) -> str:
        return str(self.ws.settings.get("language") or "en")

    @property
    def _name(self) -> str:
        return self.profile.name if self.profile else ""

    def _loaded(self, profile: str | PathLike[str] | Profile | None) -> Profile | None:
        return profile if profile is None or isinstance(profile, Profile) else profiles.load(profile, self.ws.folder)

    def made(self) -> Audit:
        """Return the last audit; raise `BadValue` where there was none."""
        if self.audit is None:
            raise BadValue("Nothing was audited yet.", hint="Press “Run audit”, or call run().")
        return self.audit

    def _bulk(self) -> Bulk:
        return Bulk(self.ws)

    def _asked(self, query: str, **given: Any) -> list[dict[str, Any]]:
        frame = self.ws.query(query, **given).astype(object)
        return _records(frame.where(frame.notna(), None))

    def _look(self, said: str) -> None:
        """Read anew what was found, and show it."""
        made = self.made()
        made.__dict__.pop("findings", None)
        frame = made.summary()
        frame["field"] = frame["field"].astype(object).where(frame["field"].notna(), "")
        self._summary = [
            {
                **{key: row[key] for key in ("rule", "field", "title", "severity")},
                "suggestion": "" if "{" in row["suggestion"] else row["suggestion"],
                "images": int(row["images"]), "ignored": int(row["ignored"]),
                "n": int(row["n"]), "share": float(row["share"]),
                "machine": row["rule"] in REMEDIES,
            }
            for row in _records(frame)
        ]  # fmt: skip
        self._unchecked, self._said, self._heat = 0, said, None
        self._show_images(again=True)

    def _check_again(self, count: int, said: str) -> None:
        """After a change: look again where that is quick, otherwise say that somebody should."""
        made = self.made()
        if self._took > CHECKED_AT_ONCE:
            self._unchecked += count
            self._said, self._heat = said, None
            return
        ids = self.ws.sql("select image_id from images", max_rows=10_000_000)["image_id"].tolist()
        audit(self.ws, self.profile, images=ids)
        self.audit = made
        self._look(said)

    def _done(self, made: Preview, what: str, reason: str = "") -> dict[str, Any]:
        if not made.steps:
            why = next(iter(made.counts["reasons"]), "It holds that already.")
            raise BadValue("Nothing would change.", hint=why)
        event = made.apply(reason or f"audit: {made.what}")
        if event is not None:
            self._undoable.append((event.seq, what))
            self._check_again(made.counts["changed"], f"{what[:1].upper()}{what[1:]}.")
        return self.view()

    def _judged(self, event: Event, how: str) -> dict[str, Any]:
        what = f"{self._images(event.payload['count'])} {how}"
        self._undoable.append((event.seq, what))
        self._look(f"{what}.")
        return self.view()

    def _ruled(self) -> Chosen:
        if self._chosen is None or self._chosen.is_gap:
            raise BadValue("No rule is chosen.", hint="Choose a problem first.")
        return self._chosen

    def _scope(self, scope: str) -> list[str]:
        if scope not in ("selected", "all"):
            raise BadValue(f"There is no scope {scope!r}.", hint="Take selected or all.")
        ids = self.grid.selected if scope == "selected" else self.grid.ids
        if not ids:
            raise BadValue("No image is selected.", hint="Select some with Space, or take all of the rule.")
        return ids

    def _suggested(self, ids: list[str]) -> Preview:
        """Return what the suggestions of the chosen rule make of these images."""
        chosen = self._chosen
        if chosen is None or chosen.rule not in REMEDIES:
            raise BadValue("Only a person can tell what is right here.", hint="Enter a value instead.")
        wanted = set(ids)
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._asked("board_noted", profile=self._name, rule=chosen.rule, field=chosen.field):
            if row["image_id"] in wanted:
                found.setdefault(row["image_id"], []).append(row)
        title = next((row["title"] for row in self._summary if self._is(row, chosen)), chosen.rule)
        made = Preview(self.ws, f"take the suggestions: {title}", ORIGINS[0], self.ws.ledger.head()[0])
        keys = TOGETHER.get(chosen.field, (chosen.field,))
        before = contents(self.ws, ids, keys)
        for image_id in ids:
            touched = False
            for key in keys:
                old = before.get((image_id, key), ())
                new = self._better(chosen._replace(field=key), old, found.get(image_id, []))
                if new is not None:
                    made.steps.append(Step(image_id, key, old, new))
                    touched = True
            made.unchanged += not touched
        return made

    def _better(self, chosen: Chosen, before: Content, found: list[dict[str, Any]]) -> Content | None:
        """Return what the findings of one image make of a field, all of them together."""
        now, changed = before, False
        for row in found:
            after = remedy(chosen.rule, chosen.field, now, row["value"], row["note"])
            if after is not None:
                now, changed = after, True
        return now if changed else None

    @staticmethod
    def _is(row: dict[str, Any], chosen: Chosen) -> bool:
        return (row["rule"], row["field"]) == (chosen.rule, chosen.field)

    def _show_images(self, *, again: bool = False) -> None:
        if self._chosen is None or self.audit is None:
            return
        chosen = self._chosen
        if chosen.is_gap:
            found = [row["image_id"] for row in self._asked("board_gaps", field=chosen.field, batch=chosen.batch)]
        else:
            found = self.audit.images(chosen.rule, chosen.field, ignored=chosen.ignored)
        top, stays = self.grid.view()["top"], self._image in found
        self.grid.show(found)
        if not stays and again:  # the next image has moved up to where the mended one was
            self.grid.focus(self._place, top=top)

    # -- parts of the view

    def _profiles(self) -> list[dict[str, str]]:
        known = [{"key": "", "label": "General rules only"}]
        known += [
            {"key": one.name, "label": one.label} for one in profiles.available(self.ws.folder) if not one.problem
        ]
        if self.profile and all(one["key"] != self._name for one in known):
            known.append({"key": self._name, "label": self.profile.title()})
        return known

    def _worst(self) -> list[dict[str, Any]]:
        if self.audit is None:
            return []
        keys = [(row["rule"], row["field"] or "") for row in _records(self.audit.worst(WORST).fillna(""))]
        return [row for key in keys for row in self._summary if (row["rule"], row["field"]) == key]

    def _counted(self, severity: str) -> int:
        return sum(1 for row in self._summary if row["severity"] == severity and row["images"])

    def _chosen_view(self) -> dict[str, Any] | None:
        chosen = self._chosen
        if chosen is None:
            return None
        about = next((row for row in self._summary if self._is(row, chosen)), None)
        if chosen.is_gap:
            title = f"{self._label(chosen.field)} is missing in “{chosen.batch}”"
        elif about:
            title = about["title"]
        else:
            first = self._first.get(self._name, [])
            title = next((row["title"] for row in first if self._is(row, chosen)), chosen.rule)
        return {
            "rule": chosen.rule,
            "field": chosen.field,
            "batch": chosen.batch,
            "title": title,
            "label": self._label(chosen.field),
            "severity": about["severity"] if about else "info",
            "suggestion": about["suggestion"] if about else "",
            "images": len(self.grid),
            "shows_ignored": chosen.ignored,
            "ignored": about["ignored"] if about else 0,
            "machine": chosen.rule in REMEDIES and not chosen.ignored,
        }

    def _fields(self) -> list[dict[str, str]]:
        keys = [
            *(self.profile.fields if self.profile else ()),
            *(row["field"] for row in self._summary if row["field"]),
        ]
        usual = ("Xmp.dc.title", "Xmp.dc.description", "Xmp.dc.subject", "Xmp.dc.creator", "Xmp.dc.rights")
        found = dict.fromkeys([*keys, *usual])
        simple = [
            key for key in found if key not in FIELDS or FIELDS[key].kind not in ("structure", "structures", "gps")
        ]
        return sorted(
            ({"key": key, "label": self._label(key)} for key in simple), key=lambda one: one["label"].casefold()
        )

    def _label(self, key: str) -> str:
        if self.profile and key in self.profile.fields:
            return self.profile.fields[key].name(self._language)
        return label(key, self._language)

    def _preview_view(self) -> dict[str, Any] | None:
        made = self.preview
        if made is None:
            return None
        rows = [{**row, "field": self._label(row["field"])} for row in _records(made.frame(PREVIEWED))]
        return {
            "what": made.what,
            "rows": [
                {**row, "field": self._label(str(row["field"])), "image_id": str(row["image_id"])} for row in rows
            ],
            **{key: value for key, value in made.counts.items() if key != "reasons"},
            "reasons": [{"why": why, "count": count} for why, count in made.counts["reasons"].items()],
            "notes": made.notes,
        }

    def _heat_map(self) -> dict[str, Any] | None:
        if self._heat is None and self.audit is not None:
            frame = self.audit.completeness()
            batches = frame.drop_duplicates("batch")[["batch", "n"]]
            shown_ones = batches.tail(BATCHES_SHOWN)
            rows: dict[str, dict[str, Any]] = {}
            for row in _records(frame[frame["batch"].isin(shown_ones["batch"])]):
                line = rows.setdefault(row["field"], {"field": row["field"], "label": row["label"], "cells": []})
                line["cells"].append({"batch": row["batch"], "present": int(row["present"]), "n": int(row["n"])})
            self._heat = {
                "batches": [{"name": row["batch"], "n": int(row["n"])} for row in _records(shown_ones)],
                "rows": list(rows.values()),
                "left_off": len(batches) - len(shown_ones),
            }
        return self._heat

    def _trend(self) -> list[dict[str, Any]]:
        if self.audit is None:
            return []
        audits: dict[str, dict[str, Any]] = {}
        for row in _records(self.audit.trend()):
            one = audits.setdefault(row["audit_id"], {"at": f"{row['at']:%Y-%m-%d %H:%M}", "actor": row["actor"]})
            if pd.isna(row["rule"]):
                one["findings"], one["images"] = int(row["findings"]), int(row["images"])
            else:
                one[row["severity"]] = one.get(row["severity"], 0) + int(row["findings"])
        known = [{**dict.fromkeys(SEVERITIES, 0), "findings": 0, "images": 0, **one} for one in audits.values()]
        return known[-AUDITS_SHOWN:]

    def _improved(self) -> list[Improved]:
        now = {(row["rule"], row["field"]): row for row in self._summary}
        first = {(row["rule"], row["field"]): row for row in self._first.get(self._name, [])}
        changed = []
        for key, row in {**first, **now}.items():
            before = first[key]["images"] if key in first else 0
            after = now[key]["images"] if key in now else 0
            if before != after:
                changed.append(Improved(*key, row["title"], before, after))
        return sorted(changed, key=lambda one: one.after - one.before)

    @staticmethod
    def _images(count: int) -> str:
        return f"{count:,} image{'' if count == 1 else 's'}"


def _plain(one: Improved) -> dict[str, Any]:
    return {"rule": one.rule, "field": one.field, "title": one.title, "before": one.before, "after": one.after}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _editable(field: str, content: Content) -> str:
    """Return what stands in the box to be changed: a list by semicolons, of several languages the default one."""
    if is_list(field):
        return "; ".join(text for _, _, text in content)
    return next((text for lang, _, text in content if lang in (None, "x-default")), content[0][2] if content else "")
