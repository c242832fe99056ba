"""Inspection: look at the images of a sample one by one, and mark what is wrong. The session, without Jupyter.

::

    session = InspectionSession(ws, sample)
    session.mark("Xmp.dc.title", "wrong", comment="That is the new harbour")
    session.done()

Several inspectors share a sample: nobody gets an image that somebody else has, that is inspected, or that they entered
values for themselves. What was marked is an event when `done` is said, and not before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench import defect_types, lots, profiles
from workbench.defect_types import DefectTypes
from workbench.errors import BadValue, NotAllowed, NotFound, Stale
from workbench.events import Draft, Event
from workbench.fields import spec
from workbench.finding_words import in_language
from workbench.following import Following
from workbench.form_views import field_form, field_state, told_finding
from workbench.grid import Reply
from workbench.image_values import ImageValues, shaped
from workbench.intervals import wilson
from workbench.profile_rules import ProfileField
from workbench.profiles import Profile
from workbench.queues import Queue, has_ended, holder_here
from workbench.tag_pages import Pace
from workbench.workspace import Workspace

PICTURE = ""
"""The field that stands for the picture as a whole."""

LOAD_AHEAD = 12
"""Images whose values are read from the catalogue at once, ahead of the person."""

LONGEST = 2_000
"""Characters of a comment."""

EDGES = (256, 8_192)

_VERDICTS = {
    "accepted": ("is accepted", ""),
    "rejected": ("goes back: it is rejected", "What to mend: ws.qc.rework({batch!r})."),
    "undecided": ("is undecided", "A second sample decides: ws.qc.second(sample)."),
    "void": ("isn't judged: its sample was set aside", ""),
}
"""What a batch is after a verdict, and what comes next."""

_FACTS = ("image_id", "name", "path", "format", "width", "height")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that is wrong with a field."""

    field: str
    defect: str
    severity: str
    comment: str = ""

    def told(self) -> dict[str, str]:
        """Return it as plain data."""
        return {"field": self.field, "defect": self.defect, "severity": self.severity, "comment": self.comment}


@dataclass(slots=True)
class _Item:
    """One image of the sample: whose work it is, and what was said of it."""

    operator: str | None
    own: bool
    present: bool
    looks: int = 0
    seq: int = 0
    inspector: str = ""
    verdict: str = ""
    comment: str = ""
    marks: list[Mark] = field(default_factory=list)


class InspectionSession:
    """One inspector's way through a sample.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    sample : Sample or str
        What is inspected, or its id.
    profile : str or Profile
        The fields to look at: a profile's name, a path, or one that is loaded. What was entered besides is shown, too.
    language : str, optional
        Language of labels and types of defects; ``language`` of ``workspace.toml``, or English, when not given.
    clock : callable
        Seconds that only grow, for the pace.

    Raises
    ------
    NotFound
        There is no such sample or profile.
    Stale
        The sample is judged already.
    """

    def __init__(
        self,
        ws: Workspace,
        sample: lots.Sample | str,
        profile: str | Profile = "dublin-core",
        *,
        language: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ws = ws
        self.sample = lots.get(ws, sample)
        if self.sample.state not in ("open", "inspected"):
            raise Stale(f"This sample is judged: {self.sample.state}.", hint="See ws.qc.verdicts().")
        ws.must_be_allowed("item_inspected")
        self.profile = profile if isinstance(profile, Profile) else profiles.load(profile, ws.folder)
        self.language = language or str(ws.settings.get("language") or "en")
        self.types: DefectTypes = defect_types.load(ws.folder)
        self.on_ahead: Callable[[str], None] = lambda image_id: None
        self._lock = threading.RLock()
        self._pace = Pace(clock)
        self._since = 0.0
        self._items: dict[str, _Item] = {}
        self._marks: list[Mark] = []
        self._comment = ""
        self._mine: list[tuple[str, int]] = []
        self._drafts: dict[str, tuple[list[Mark], str]] = {}
        self._image: str | None = None
        self._verdict: dict[str, Any] | None = None
        self._coming: list[str] = []
        ids = frozenset(self.sample.image_ids)
        name = f"qc/inspection/{self.sample.sample_id}"
        self.queue = Queue(name, self._append, members=ids, holder=holder_here(), gone=has_ended)
        self._following = Following(ws, self._hear)
        self._load()
        self._take_next()

    def _append(self, drafts: Sequence[Draft]) -> list[Event]:
        return self.ws.ledger.append(drafts, actor=self.ws.actor)

    def _load(self) -> None:
        sample_id = self.sample.sample_id
        with self.ws.reading() as connection:

            def ask(name: str, **given: Any) -> Iterator[dict[str, Any]]:
                result = connection.execute(self.ws.catalog.named(name).sql, given)
                columns = [column[0] for column in result.description]
                return (dict(zip(columns, row, strict=True)) for row in result.fetchall())

            for row in ask("inspection_items", sample_id=sample_id, actor=self.ws.actor):
                item = _Item(row["operator"], bool(row["own"]), row["present"], row["looks"], row["seq"] or 0)
                item.inspector, item.verdict = row["inspector"] or "", row["verdict"] or ""
                item.comment = row["comment"] or ""
                self._items[row["image_id"]] = item
            for row in ask("inspection_marks", sample_id=sample_id):
                marked = Mark(row["field"] or PICTURE, row["defect"], row["severity"], row["comment"])
                self._items[row["image_id"]].marks.append(marked)
            self.queue.load(ask("tagging_queue", queue=self.queue.name))
            [row] = ask("tagging_applied")
        self._following.seq = int(row["seq"])

    def _hear(self, event: Event) -> None:
        self.queue.hear(event)
        told = event.payload
        if event.kind == "lot_judged" and told["sample_id"] == self.sample.sample_id:
            self._verdict = told
        item = self._items.get(str(told.get("image_id")))
        if item is None or told.get("sample_id") != self.sample.sample_id:
            return
        if event.kind == "item_inspected" and event.seq > item.seq:
            item.looks += 1
            item.seq, item.inspector, item.verdict = event.seq, event.actor, told["verdict"]
            item.comment, item.marks = told["comment"], [Mark(one[0] or PICTURE, *one[1:]) for one in told["defects"]]
        elif event.kind == "inspection_withdrawn" and told["inspected"] == item.seq:
            item.inspector, item.verdict = "", ""

    # -- going on

    @property
    def image_id(self) -> str | None:
        """The image shown; None when there is none to inspect."""
        return self._image

    def _is_open(self, image_id: str, outcomes: Sequence[str]) -> bool:
        item = self._items[image_id]
        if item.verdict or item.own or not item.present:
            return False
        return self.queue.outcome(image_id) in outcomes and not self.queue.others(image_id)

    def _take_from(self, start: int) -> str | None:
        """Take the next open image from a place on, round to the beginning; then those that were skipped."""
        ids = self.sample.image_ids
        for outcomes in (("open", "done"), ("skipped",)):
            for image_id in [*ids[start:], *ids[:start]]:
                if image_id != self._image and self._is_open(image_id, outcomes) and self.queue.take(image_id):
                    return image_id
        return None

    def _place(self) -> int:
        return self.sample.image_ids.index(self._image) + 1 if self._image else 0

    def _take_next(self) -> None:
        self._look_ahead()
        self._show(self._coming.pop(0) if self._coming else None)

    def _look_ahead(self) -> None:
        """Have an image taken that comes next, if there is one left."""
        mine = [one for one in self._coming if self.queue.mine(one) and one != self._image]
        self._coming = mine or [one for one in [self._take_from(self._place())] if one]

    def _show(self, image_id: str | None) -> None:
        self._image = image_id
        self._marks, self._comment = [], ""
        if image_id:
            item = self._items[image_id]
            self._marks, self._comment = self._drafts.pop(image_id, (list(item.marks), item.comment))
            self._following.load(self._near(image_id) if not self._following.has(image_id) else [image_id])
        self._pace.touch()
        self._since = float(self._pace.view()["active"])

    def _near(self, image_id: str) -> list[str]:
        place = self.sample.image_ids.index(image_id)
        ids = self.sample.image_ids[place : place + LOAD_AHEAD]
        return [one for one in ids if self._items[one].present]

    def _put_off(self) -> None:
        """Leave the image shown for now: it comes next, with what was marked on it."""
        if self._image and self.queue.mine(self._image):
            if self._items[self._image].verdict:
                self.queue.give_back(self._image, "done")
            else:
                self._coming.insert(0, self._image)
                self._drafts[self._image] = (self._marks, self._comment)

    def _here(self, image_id: str | None) -> str:
        if self._image is None:
            raise NotFound("There is no image to inspect.", hint="All are done, or others have them.")
        if image_id not in (None, self._image):
            raise Stale("Another image is shown by now.", hint="Look at it again.")
        return self._image

    # -- verbs

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """What a browser may ask for."""
        names = ("view", "mark", "unmark", "say", "done", "skip", "previous", "undo", "judge", "release", "peek")
        return {name: getattr(self, name) for name in (*names, "picture")}

    def view(self) -> dict[str, Any]:
        """Return everything the widget shows: fields, types of defects, the image, its values and marks, progress."""
        with self._lock:
            self._following.catch_up()
            if self._image is None:
                self._take_next()
            return {"form": self._form(), **self._page()}

    def mark(
        self, field: str, defect: str, severity: str | None = None, comment: str = "", *, image_id: str | None = None
    ) -> dict[str, Any]:
        """Mark a defect in a field; marking the same again changes its severity and comment.

        Parameters
        ----------
        field : str
            Key of a field; `PICTURE` for the picture as a whole, where a type that is about it always goes.
        defect : str
            Name of a type.
        severity : str, optional
            That of the type when left out.
        """
        with self._lock:
            self._pace.touch()
            self._here(image_id)
            found = self._found(field, defect, severity, comment)
            known = [(one.field, one.defect) for one in self._marks]
            if (found.field, defect) in known:
                self._marks[known.index((found.field, defect))] = found
            else:
                self._marks.append(found)
            return self._marked()

    def _found(self, field: str, defect: str, severity: str | None, comment: str) -> Mark:
        if defect not in self.types.types:
            raise BadValue(f"There is no type of defect {defect!r}.", hint=f"Types: {', '.join(self.types.types)}.")
        severity = severity or self.types.types[defect].severity
        if severity not in self.types.severities:
            known = ", ".join(self.types.severities)
            raise BadValue(f"There is no severity {severity!r}.", hint=f"Severities: {known}.")
        keys = {*self.profile.fields, *self._besides(), PICTURE}
        if field not in keys:
            raise BadValue(f"There is no field {field!r} here.", hint="Take one of those shown.")
        return Mark(PICTURE if self.types.types[defect].picture else field, defect, severity, _short(comment))

    def unmark(self, field: str, defect: str | None = None, *, image_id: str | None = None) -> dict[str, Any]:
        """Take a mark away again; all of a field without a type."""
        with self._lock:
            self._pace.touch()
            self._here(image_id)
            self._marks = [m for m in self._marks if m.field != field or (defect is not None and m.defect != defect)]
            return self._marked()

    def say(self, comment: str, *, image_id: str | None = None) -> dict[str, Any]:
        """Say something of the image as a whole."""
        with self._lock:
            self._pace.touch()
            self._here(image_id)
            self._comment = _short(comment)
            return self._marked()

    def done(self, *, image_id: str | None = None) -> dict[str, Any]:
        """Write down what was found, and go on to the next image.

        The image is defective when a mark's severity counts; else it passes, with its marks noted.

        Raises
        ------
        NotAllowed
            The person has entered values for it.
        Stale
            Somebody else inspected it meanwhile.
        """
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            self._must_be_unjudged()
            here = self._here(image_id)
            self._must_not_be_own(here)
            self._must_be_held(here)
            written = self._append([self._inspected(here)])
            if not written:
                raise Stale("Somebody else has inspected this image just now.", hint="Go on to the next one.")
            for event in written:
                self._hear(event)
            self._mine.append((here, written[0].seq))
            self._pace.accepted += 1
            self.queue.give_back(here, "done")
            self._take_next()
            return self._page()

    def _inspected(self, image_id: str) -> Draft:
        item = self._items[image_id]
        active = float(self._pace.view()["active"]) - self._since
        told = {
            "sample_id": self.sample.sample_id,
            "image_id": image_id,
            "verdict": "defective" if self.types.defective(m.severity for m in self._marks) else "pass",
            "defects": [[m.field or None, m.defect, m.severity, m.comment] for m in self._marks],
            "comment": self._comment,
            "seconds": round(active, 1) if active > 0 else None,
            "operator": item.operator,
        }
        event_id = f"inspected-{self.sample.sample_id}-{image_id}-{item.looks + 1}"
        return Draft("item_inspected", told, event_id=event_id)

    def _must_be_unjudged(self) -> None:
        if self._verdict:
            raise Stale(f"This sample is judged: {self._verdict['verdict']}.", hint="See ws.qc.verdicts().")

    def _must_not_be_own(self, image_id: str) -> None:
        item, values = self._items[image_id], self._following.values(image_id)
        if item.own or any(entry.actor == self.ws.actor for entry in values.entries.values()):
            item.own = True
            raise NotAllowed(
                "You have entered values for this image.", hint="Nobody inspects their own work. Go on: skip it."
            )

    def _must_be_held(self, image_id: str) -> None:
        item = self._items[image_id]
        if item.verdict and item.inspector != self.ws.actor:
            raise Stale(f"{item.inspector} has inspected this image meanwhile.", hint="Go on: skip it.")
        if not self.queue.mine(image_id) and not self.queue.take(image_id):
            raise Stale("Somebody else has this image by now.", hint="You left it for more than 15 minutes. Go on.")

    def skip(self, *, image_id: str | None = None) -> dict[str, Any]:
        """Leave this image for later: it comes again, to whoever is there, when all others are done."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            here = self._here(image_id)
            if self.queue.mine(here):
                self.queue.give_back(here, "done" if self._items[here].verdict else "skipped")
            self._take_next()
            return self._page()

    def previous(self) -> dict[str, Any]:
        """Go back to the image before, to look at it again; `done` then replaces what was said of it."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            self._must_be_unjudged()
            before = self._before()
            if before is None:
                raise NotFound("There is no image before this one.", hint="Go on to the next one.")
            if not self.queue.take(before):
                raise NotAllowed("Somebody else has this image now.", hint="Go on.")
            self._put_off()
            self._show(before)
            return self._page()

    def _before(self) -> str | None:
        listed = list(dict.fromkeys(one for one, _ in self._mine if self._items[one].inspector == self.ws.actor))
        place = listed.index(self._image) if self._image in listed else len(listed)
        return listed[place - 1] if place > 0 else None

    def undo(self) -> dict[str, Any]:
        """Take the last inspection of this session back, and show its image again with what was marked on it."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            self._must_be_unjudged()
            if not self._mine:
                raise NotFound("There is nothing to undo.", hint="Only what you inspected here can be undone.")
            image_id, seq = self._mine[-1]
            if not self.queue.take(image_id):
                raise NotAllowed("Somebody else has this image now.", hint="Ask them.")
            told = {"sample_id": self.sample.sample_id, "image_id": image_id, "inspected": seq}
            for event in self._append([Draft("inspection_withdrawn", told, event_id=f"withdrawn-{seq}")]):
                self._hear(event)
            self._mine.pop()
            self._pace.accepted = max(0, self._pace.accepted - 1)
            if self._image != image_id:
                self._put_off()
            self._show(image_id)
            return self._page()

    def judge(self) -> dict[str, Any]:
        """Judge the batch by the sample, every image of which is inspected; the page then says what becomes of it.

        Raises
        ------
        BadValue, Stale
            As `workbench.lots.judge` does.
        NotAllowed
            The person's roles don't allow it.
        """
        with self._lock:
            lots.judge(self.ws, self.sample)
            self._following.catch_up()
            return self._page()

    def release(self) -> dict[str, Any]:
        """Let go of the images taken, so that others get them."""
        with self._lock:
            for image_id in self.queue.held():
                self.queue.give_back(image_id, "done" if self._items[image_id].verdict else "released")
            self._coming.clear()
            return {"released": True}

    def close(self) -> None:
        """Let go of everything."""
        self.release()
        self._following.close()

    # -- what is shown

    def _form(self) -> dict[str, Any]:
        groups = {group.key: group.name(self.language) for group in self.profile.groups}
        fields = [wanted for members in self.profile.by_group().values() for wanted in members]
        types = [
            {
                "name": one.name,
                "key": one.key,
                "severity": one.severity,
                "picture": one.picture,
                "label": in_language(one.label, self.language),
                "help": in_language(one.help, self.language),
            }
            for one in sorted(self.types.types.values(), key=lambda one: one.key)
        ]
        severities = [
            {"name": one.name, "label": in_language(one.label, self.language), "counts": one.counts}
            for one in self.types.severities.values()
        ]
        about = {"sample_id": self.sample.sample_id, "batch": self.sample.batch, "says": self.sample.says}
        listed = [field_form(wanted, self.language) for wanted in fields]
        return {"groups": groups, "fields": listed, "types": types, "severities": severities, "sample": about}

    def _page(self) -> dict[str, Any]:
        page: dict[str, Any] = {"image": None, "fields": {}, "besides": [], "empty": None, "progress": self.progress()}
        back = {"before": self._before() is not None, "undo": len(self._mine)} if not self._verdict else {}
        page |= {"before": False, "undo": 0} | back | self._marked()
        if self._image is None:
            return page | {"empty": self._empty()}
        item, values = self._items[self._image], self._following.values(self._image)
        facts = {name: values.facts[name] for name in _FACTS}
        about = {"place": self.sample.image_ids.index(self._image), "count": self.sample.n, "verdict": item.verdict}
        fields = {key: self._state(values, wanted) for key, wanted in self.profile.fields.items()}
        return page | {"image": {**facts, **about}, "fields": fields, "besides": list(self._besides().values())}

    def _state(self, values: ImageValues, wanted: ProfileField) -> dict[str, Any]:
        content = shaped(values.shown(wanted.key), wanted.spec.kind)
        found = [] if wanted.spec.structure else self.profile.validate({wanted.key: content}, partial=True)
        state = field_state(values, wanted, found, self.language)
        missing = ("missing", "missing_language")
        kept = ("value", "parts", "origin", "entered", "at", "how", "labels", "words")
        told = {name: state[name] for name in kept if name in state}
        return told | {"findings": [told_finding(one, self.language) for one in found if one.rule not in missing]}

    def _besides(self) -> dict[str, dict[str, Any]]:
        """Return what was entered outside the profile, by field."""
        if self._image is None:
            return {}
        values = self._following.values(self._image)
        names = [n for n, e in values.entries.items() if n not in self.profile.fields and e.content is not None]
        return {name: {"key": name, "label": spec(name).label, "value": values.shown(name)} for name in sorted(names)}

    def _marked(self) -> dict[str, Any]:
        verdict = "defective" if self.types.defective(m.severity for m in self._marks) else "pass"
        return {"marks": [one.told() for one in self._marks], "comment": self._comment, "would_be": verdict}

    def _empty(self) -> dict[str, Any]:
        if self._verdict:
            return _judged(self.sample.batch, self._verdict)
        told = self.progress()
        if told["own"] and told["left"] == told["own"]:
            many = f"{told['own']:,} images are" if told["own"] > 1 else "1 image is"
            return {"title": "The rest is your own work", "hint": f"{many} for somebody else to inspect."}
        if told["left"] - told["own"] - told["gone"] > 0:
            return {"title": "Nothing left for you", "hint": "Somebody else is at what is left; it comes back here."}
        if told["gone"]:
            return {"title": "Files are gone", "hint": "Scan again, or set the sample aside: ws.qc.void(…)."}
        counted = f"{told['defective']:,} of {told['done']:,} images are defective."
        judges = self.sample.plan is not None and self.sample.method != "weighted"
        return {"title": "Every image is inspected", "hint": f"{counted} {self.sample.rule}", "judge": judges}

    def progress(self) -> dict[str, Any]:
        """Return how far the sample is, and one's own pace: inspected images an hour of working time."""
        items = self._items.values()
        done, defective = sum(bool(i.verdict) for i in items), sum(i.verdict == "defective" for i in items)
        left = [item for item in items if not item.verdict]
        own, gone = sum(i.own and i.present for i in left), sum(not i.present for i in left)
        counts = {"count": len(self._items), "done": done, "defective": defective, "left": len(left)}
        return {**counts, "own": own, "gone": gone, **self._pace.view()}

    # -- ahead of the person

    def peek(self, edge: int = 1_600) -> dict[str, Any]:
        """Take the next image, and prepare it on another thread; `on_ahead` is called when it is ready."""
        with self._lock:
            self._following.catch_up()
            self._look_ahead()
            coming = self._coming[0] if self._coming else None
        if coming is None:
            return {"next": None}
        self._following.ahead(lambda: self._prepare(coming, _edge(edge)))
        return {"next": coming}

    def _prepare(self, image_id: str, edge: int) -> None:
        if not self._following.has(image_id):
            self._following.load(self._near(image_id))
        self._following.picture(image_id, edge)
        self.on_ahead(image_id)

    def picture(self, image_id: str, edge: int = 1_600) -> Reply:
        """Return a rendering a browser can show, its longer edge at most ``edge`` pixels, as the only buffer."""
        edge = _edge(edge)
        return Reply({"image_id": image_id, "edge": edge}, [self._following.picture(image_id, edge)])


def _edge(edge: int) -> int:
    return max(EDGES[0], min(int(edge), EDGES[1]))


def _judged(batch: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Say what became of a batch, why, and what comes next."""
    says, after = _VERDICTS[told["verdict"]]
    share = f"Defective: {wilson(told['defectives'], told['n'])}." if told["n"] else ""
    return {"title": f"“{batch}” {says}", "hint": " ".join([told["reason"], share, after.format(batch=batch)]).strip()}


def _short(comment: object) -> str:
    if not isinstance(comment, str):
        raise BadValue("A comment must be text.", hint="Type it.")
    if len(comment) > LONGEST:
        raise BadValue(f"The comment has {len(comment):,} characters.", hint=f"Say it in {LONGEST:,}.")
    return comment.strip()
