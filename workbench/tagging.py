"""Tagging: go through images one by one and enter values by a profile. The session behind the form, without Jupyter.

::

    session = TagSession(ws, "dublin-core")
    session.set("Xmp.dc.title", "de", "Hafen bei Ebbe")
    session.accept()

Saving is one event of the ledger and waits for nothing else. What is on the screen is what the catalogue said when the
image was loaded, and all events since, one's own and other people's.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from workbench import profiles
from workbench.errors import BadValue, NotAllowed, NotFound, Stale, TooMuch
from workbench.events import Event
from workbench.following import Following
from workbench.form_views import date_words, form_of, told_finding
from workbench.grid import GridSession, Images, Reply
from workbench.image_values import Content, Entry, ImageValues, cleaned, content_of, shaped, with_text
from workbench.offers import Decision, Offers, Row
from workbench.profile_rules import Finding, ProfileField
from workbench.profiles import Profile
from workbench.queues import Queue, WorkQueue, has_ended, holder_here
from workbench.suggestion import decision
from workbench.tag_pages import Completing, Pace, Pages
from workbench.tag_steps import Step, Steps, add_entries
from workbench.workspace import Change, Workspace

LOAD_AHEAD = 24
"""Images whose values are read from the catalogue at once, ahead of the person."""

MOST_AT_ONCE = 2_000
"""Most images that `TagSession.apply_to` changes; for more there are bulk edits."""

SURE = 0.8
"""Confidence from which on all suggestions for an image are accepted by one key."""

EDGES = (256, 8_192)

_REJECTIONS = {"Undo": "suggestion_reopened", "Redo": "suggestion_rejected"}


class TagSession:
    """One person's way through images, entering values.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    profile : str or Profile
        The fields to fill in: a profile's name, a path, or one that is loaded.
    images : DataFrame, list of str, search, optional
        Which images, in which order. All when left out.
    queue : str, optional
        Name of a queue to share with others: whoever names the same one never gets an image that somebody else has or
        that is done. Without one everybody sees every image, and what is done is noted for oneself.
    language : str, optional
        Language of labels, guidelines and findings; ``language`` of ``workspace.toml``, or English, when not given.
    sure : float
        Confidence, 0 to 1, from which on `accept_sure` accepts suggestions.
    clock : callable
        Seconds that only grow, for the pace.

    Raises
    ------
    NotFound
        There is no such profile; the hint names those there are. Or an image nobody knows.
    BadValue
        The profile has mistakes, or ``images`` isn't images.
    """

    def __init__(
        self,
        ws: Workspace,
        profile: str | Profile = "dublin-core",
        images: Images | None = None,
        queue: str | None = None,
        *,
        language: str | None = None,
        sure: float = SURE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _must_be_confidence(sure)
        self.ws = ws
        self.profile = profile if isinstance(profile, Profile) else profiles.load(profile, ws.folder)
        self.language = language = language or str(ws.settings.get("language") or "en")
        self.ids = GridSession(ws, images).ids
        self.on_ahead: Callable[[str], None] = lambda image_id: None
        self._lock = threading.RLock()
        self.on_offers: Callable[[dict[str, Any]], None] = lambda offered: None
        self.sure = sure
        self.offers = self._make_offers()
        self._pace = Pace(clock)
        self._steps = Steps()
        self.queue = self._make_queue(queue)
        self._following = self._make_following()
        self._completing = self._make_completing()
        self._pages = Pages(self.ids, self.profile, language, self._following, self.queue, self.offers)
        self._load_queue()
        self._trail: list[int] = []
        self._at = -1
        self._next: int | None = None
        self._start()

    # What a session over other images, or one that writes elsewhere, makes differently.

    def _make_offers(self) -> Offers:
        return Offers(self.ws, self.profile)

    def _make_queue(self, queue: str | None) -> WorkQueue:
        return self._queue(queue or self._own_queue(), shared=queue is not None)

    def _make_following(self) -> Following:
        return Following(self.ws, self._hear)

    def _make_completing(self) -> Completing:
        return Completing(self.ws, self.language, self._following.ahead)

    def _queue(self, name: str, *, shared: bool, members: Iterable[str] | None = None) -> Queue:
        counted = frozenset(self.ids if members is None else members)
        return Queue(name, self._append, shared=shared, members=counted, holder=holder_here(), gone=has_ended)

    def _own_queue(self) -> str:
        """Name the list of what is done for oneself: the same person, profile and images find it again."""
        told = "\n".join([self.ws.actor, self.profile.name, *self.ids])
        return f"{self.ws.actor}/{self.profile.name}/{hashlib.sha256(told.encode()).hexdigest()[:12]}"

    def _append(self, drafts: Sequence[Any]) -> list[Event]:
        return self.ws.ledger.append(drafts, actor=self.ws.actor)

    def _hear(self, event: Event) -> None:
        self.queue.hear(event)
        self.offers.hear(event)

    def _load_queue(self) -> None:
        with self.ws.reading() as connection:
            for queue in self.queue.parts:
                result = connection.execute(self.ws.catalog.named("tagging_queue").sql, {"queue": queue.name})
                columns = [column[0] for column in result.description]
                queue.load(dict(zip(columns, row, strict=True)) for row in result.fetchall())
            [(seq,)] = connection.execute(self.ws.catalog.named("tagging_applied").sql).fetchall()
        self._following.seq = int(seq)

    def _start(self) -> None:
        place = self._take_from(0)
        if place is None and not self.queue.shared and self.ids:
            place = 0
        if place is not None:
            self._following.load(self.ids[place : place + LOAD_AHEAD])
            self.offers.load([self.ids[place]])
            self._show(place)
            self.offers.arrive(self._following.values(self.ids[place]))

    # -- where one is

    @property
    def place(self) -> int | None:
        """Place of the image shown, from 0; None when there is none to show."""
        return self._trail[self._at] if self._at >= 0 else None

    @property
    def image_id(self) -> str | None:
        """The image shown."""
        return None if self.place is None else self.ids[self.place]

    def _here(self, image_id: str | None = None) -> str:
        wanted = image_id or self.image_id
        if wanted is None:
            raise NotFound("There is no image to work at.", hint="All are done, or others have them.")
        return wanted

    def _show(self, place: int) -> None:
        if self.place == place:
            return
        del self._trail[self._at + 1 :]
        self._trail.append(place)
        self._at = len(self._trail) - 1

    def _is_open(self, place: int, outcomes: Iterable[str]) -> bool:
        return self.queue.outcome(self.ids[place]) in outcomes and not self.queue.others(self.ids[place])

    def _take_from(self, start: int) -> int | None:
        """Take the next open image from a place on, round to the beginning; then those that were skipped."""
        count = len(self.ids)
        for outcomes in (("open",), ("skipped",)):
            for place in chain(range(start, count), range(min(start, count))):
                if place != self.place and self._is_open(place, outcomes) and self.queue.take(self.ids[place]):
                    return place
        return None

    # -- verbs

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """What a browser may ask for."""
        names = (
            "view", "go", "next", "previous", "set", "accept", "skip", "copy_from_previous", "apply_to", "undo", "redo",
            "history", "revert", "take_over", "release", "peek", "picture", "complete", "read_date", "strip",
            "accept_suggestion", "accept_sure", "reject_suggestion",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def view(self) -> dict[str, Any]:
        """Return everything a form shows: the profile's fields, the image, its values and findings, the progress."""
        with self._lock:
            self._following.catch_up()
            return {"form": form_of(self.profile, self.language), **self._page()}

    def go(self, place: int) -> dict[str, Any]:
        """Show the image at a place.

        Raises
        ------
        NotAllowed
            Somebody else of the same queue has it.
        """
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            if not isinstance(place, int) or not 0 <= place < len(self.ids):
                raise BadValue(
                    f"There is no image at place {place!r}.", hint=f"Places go from 0 to {len(self.ids) - 1}."
                )
            self._move(place)
            return self._page()

    def next(self) -> dict[str, Any]:
        """Go on to the next image without saying that this one is done."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            if (place := self._after()) is not None:
                self._move(place)
            return self._page()

    def previous(self) -> dict[str, Any]:
        """Go back to the image before."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            if (place := self._before()) is not None:
                self._move(place, back=True)
            return self._page()

    def _after(self) -> int | None:
        if self._at < len(self._trail) - 1:
            return self._trail[self._at + 1]
        if not self.queue.shared:
            return None if self.place is None or self.place + 1 >= len(self.ids) else self.place + 1
        return self._reserved()

    def _before(self) -> int | None:
        if self._at > 0 and self.queue.shared:
            return self._trail[self._at - 1]
        place = self.place
        return None if self.queue.shared or not place else place - 1

    def _reserved(self) -> int | None:
        """Return the next image of a shared queue, taken for this session."""
        if self._next is not None and self.queue.mine(self.ids[self._next]) and self._next != self.place:
            return self._next
        self._next = self._take_from((self.place or 0) + 1)
        return self._next

    def _move(self, place: int, *, back: bool = False) -> None:
        """Show another image: take it, give the one before back if it isn't done."""
        left, wanted = self.image_id, self.ids[place]
        if left == wanted:
            return
        self._following.values(wanted)
        if self.queue.outcome(wanted) in ("open", "taken") and not self.queue.take(wanted):
            other = self.queue.others(wanted)
            raise NotAllowed(f"{other.actor if other else 'Somebody'} has this image now.", hint="Take another one.")
        self._settle()
        if left is not None and self.queue.shared and self.queue.mine(left):
            self.queue.give_back(left, "released")
        if self._next == place:
            self._next = None
        if back and self.queue.shared:
            self._at -= 1
        elif self._at < len(self._trail) - 1 and self._trail[self._at + 1] == place:
            self._at += 1
        else:
            self._show(place)
        self.offers.arrive(self._following.values(wanted))

    def _settle(self) -> None:
        """Write down what was decided about suggestions by typing; once for each visit."""
        decisions = self.offers.settled(self._following.values(self.image_id)) if self.image_id else []
        if decisions:
            with self.ws.change("Typed instead of a suggestion") as change:
                for kind, payload in decisions:
                    change.add(kind, payload)
            for event in change.events:
                self._following.hear(event)

    # -- entering

    def set(
        self,
        field: str,
        lang: str | None,
        value: str | list[str] | None,
        *,
        image_id: str | None = None,
        visit: str = "",
    ) -> dict[str, Any]:
        """Enter a value: saved when this returns.

        Parameters
        ----------
        field : str
            Key of a field of the profile.
        lang : str or None
            Language, for a field with languages; ``x-default`` when None.
        value : str, list of str or None
            None or nothing empties the field, or the language.
        image_id : str, optional
            The image shown, when left out.
        visit : str
            Changes of one field with the same visit are undone together.

        Returns
        -------
        dict
            ``field`` as in `view`, ``undo``, and ``seq`` of the event.
        """
        with self._lock:
            self._pace.touch()
            wanted, name = self._wanted(field), self._here(image_id)
            self._keep_hold(name)
            content = self._content(name, wanted, lang, value)
            seq = self._change({name: {field: content}}, f"Edit {wanted.name(self.language)}", visit)
            return {
                "image_id": name,
                "field": field,
                "state": self._pages.field(name, wanted),
                "undo": self._steps.view(),
                "seq": seq,
            }

    def _wanted(self, field: str) -> ProfileField:
        if field not in self.profile.fields:
            raise BadValue(f"The profile has no field {field!r}.", hint="Take one of the form's fields.")
        wanted = self.profile.fields[field]
        if wanted.spec.structure:
            raise BadValue(f"{wanted.name()} is a structure, which can't be entered here.", hint="Use ws.set_values.")
        return wanted

    def _keep_hold(self, image_id: str) -> None:
        if self.queue.mine(image_id) and not self.queue.take(image_id):
            raise NotAllowed("Somebody else has this image now.", hint="You left it for more than 15 minutes. Go on.")

    def _content(self, image_id: str, wanted: ProfileField, lang: str | None, value: object) -> Content | None:
        given, kind = cleaned(value), wanted.spec.kind
        if kind == "langalt" and not isinstance(given, dict):
            if isinstance(given, list):
                raise BadValue(f"{wanted.name()} holds one text a language.", hint="Give a text.")
            return with_text(self._following.values(image_id).shown(wanted.key), lang or "x-default", given or "")
        if isinstance(given, dict) and kind != "langalt":
            raise BadValue(f"{wanted.name()} has no languages.", hint="Leave lang out.")
        return shaped(given, kind)

    def _change(self, wanted: Mapping[str, Mapping[str, Content | None]], says: str, visit: str = "") -> int:
        """Write new contents, and keep the step for undo; what is as it was isn't written."""
        before: dict[str, dict[str, Entry | None]] = {}
        target: dict[str, dict[str, Entry | None]] = {}
        for image_id, contents in wanted.items():
            values = self._following.values(image_id)
            for name, content in contents.items():
                if content == shaped(values.shown(name), self.profile.fields[name].spec.kind):
                    continue
                before.setdefault(image_id, {})[name] = values.entries.get(name)
                # Where neither the file nor anybody says anything, emptying a field takes the entry back.
                gone = content is None and name not in values.file
                target.setdefault(image_id, {})[name] = None if gone else Entry(content, "", "", 0)
        return self._commit(target, before, says, visit)

    def _commit(
        self,
        target: Mapping[str, Mapping[str, Entry | None]],
        before: dict[str, dict[str, Entry | None]],
        says: str,
        visit: str = "",
        also: Sequence[Decision] = (),
    ) -> int:
        if not target:
            return self._following.seq
        after = self._write(target, says, also)
        self._steps.remember(Step(says, self.place or 0, before, after, visit))
        return max(entry.seq for names in after.values() for entry in names.values() if entry)

    def _write(
        self, target: Mapping[str, Mapping[str, Entry | None]], says: str, also: Sequence[Decision] = ()
    ) -> dict[str, dict[str, Entry | None]]:
        """Write entries (None takes back), images with the same ones in one event; return them as they are now."""
        groups: dict[str, tuple[list[str], dict[str, Entry | None]]] = {}
        for image_id, names in target.items():
            told = [[n, e and (e.content, e.origin, e.withdrawn, list(e.mixed.items()))] for n, e in names.items()]
            groups.setdefault(json.dumps(sorted(told)), ([], dict(names)))[0].append(image_id)
        with self.ws.change(says) as change:
            for ids, names in groups.values():
                self._add(change, ids, names, says)
            for kind, payload in also:
                change.add(kind, payload)
        return self._heard(change.events, target)

    def _add(self, change: Change, ids: list[str], names: Mapping[str, Entry | None], says: str) -> None:
        """Add the events that make fields of images what these entries say."""
        add_entries(change, ids, names, says)

    def _heard(
        self, written: list[Event], target: Mapping[str, Mapping[str, Entry | None]]
    ) -> dict[str, dict[str, Entry | None]]:
        after: dict[str, dict[str, Entry | None]] = {image_id: {} for image_id in target}
        for event in written:
            self._following.hear(event)
            if event.kind in self._following.kinds:
                for image_id, name, entry in self._following.entries(event, target):
                    after[image_id][name] = entry
        return after

    # -- undoing

    def undo(self) -> dict[str, Any]:
        """Take the last change back, by a new event, and show its image.

        Raises
        ------
        Stale
            Somebody has changed the same field since.
        """
        return self._turn(self._steps.done, self._steps.undone, "Undo")

    def redo(self) -> dict[str, Any]:
        """Do again what was undone last."""
        return self._turn(self._steps.undone, self._steps.done, "Redo")

    def _turn(self, steps: list[Step], others: list[Step], verb: str) -> dict[str, Any]:
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            if not steps:
                return self._page()
            step = steps[-1]
            if step.rejected:
                self._decide(_REJECTIONS[verb], f"{verb}: {step.says}", step.rejected)
                others.append(steps.pop())
                if step.place != self.place:
                    self._move(step.place)
                return self._page()
            here = len(step.after) == 1
            if not here:
                self._following.load(list(step.after))
            self._refuse_stale(step)
            after = self._write(step.before, f"{verb}: {step.says}")
            steps.pop()
            others.append(Step(step.says, step.place, step.after, after))
            if here and step.place != self.place:
                self._move(step.place)
            return self._page()

    def _refuse_stale(self, step: Step) -> None:
        for image_id, names in step.after.items():
            values = self._following.values(image_id)
            for name, entry in names.items():
                now = values.entries.get(name)
                if entry and now and (now.content, now.withdrawn) != (entry.content, entry.withdrawn):
                    label = self.profile.fields[name].name(self.language) if name in self.profile.fields else name
                    raise Stale(f"{now.actor} has changed {label} since.", hint="Its history shows both; revert there.")

    # -- finishing an image

    def accept(
        self, edits: Sequence[Mapping[str, Any]] = (), *, image_id: str | None = None, anyway: bool = False
    ) -> dict[str, Any]:
        """Say that this image is done, and go on to the next.

        Parameters
        ----------
        edits : sequence of dict
            Arguments of `set` to be saved first: what was typed last.
        image_id : str, optional
            The image that is meant; an answer asked for twice then does no harm.
        anyway : bool
            Also when a field has an error; otherwise the image stays, and ``refused`` in the answer names the errors.
        """
        with self._lock:
            for edit in edits:
                self.set(**edit)
            self._pace.touch()
            self._following.catch_up()
            name = self._here()
            if image_id is not None and image_id != name:
                return self._page()
            errors = [] if anyway else [finding for finding in self.findings(name) if finding.severity == "error"]
            if errors:
                return self._page() | {"refused": [told_finding(finding, self.language) for finding in errors]}
            self._settle()
            told = self._accepted(name)
            self.queue.give_back(name, "done")
            self._pace.accepted += 1
            return self._on() | told

    def _accepted(self, image_id: str) -> dict[str, Any]:
        """Write down what else follows from an image being done; what is returned is told along with the next page."""
        return {}

    def skip(self) -> dict[str, Any]:
        """Leave this image for later: it comes again, to whoever is there, when all others are done."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            self.queue.give_back(self._here(), "skipped")
            return self._on()

    def _on(self) -> dict[str, Any]:
        """Go on after an image was finished with; stay where nothing is left."""
        place = self._after() if self.queue.shared or self._at < len(self._trail) - 1 else self._following_open()
        if place is None:
            return self._page() | {"finished": True}
        self._move(place)
        return self._page()

    def _following_open(self) -> int | None:
        here = (self.place or 0) + 1
        return here if here < len(self.ids) else self._take_from(0)

    def release(self) -> dict[str, Any]:
        """Let go of the images taken, so that others get them."""
        with self._lock:
            for image_id in self.queue.held():
                self.queue.give_back(image_id, "released")
            self._next = None
            self._settle()
            return {"released": True}

    def close(self) -> None:
        """Let go of everything."""
        self.release()
        self._following.close()

    # -- taking values from elsewhere

    def copy_from_previous(self, field: str | None = None) -> dict[str, Any]:
        """Copy a field's value from the image before; without a field, all values into fields that are empty here."""
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            here, before = self._here(), self._before()
            if before is None:
                raise NotFound("There is no image before this one.", hint="Copying works from the second image on.")
            there, now = self._following.values(self.ids[before]), self._following.values(here)
            names = [self._wanted(field).key] if field else [n for n in self._editable() if now.shown(n) is None]
            found = {name: content for name in names if (content := there.shown(name)) is not None}
            if not found:
                raise NotFound("The image before has nothing to copy here.", hint="Type the value.")
            self._change({here: self._in_shape(found)}, f"Copy {self._said(found)}")
            return self._page()

    def apply_to(self, image_ids: Sequence[str], field: str | None = None) -> dict[str, Any]:
        """Enter this image's value of a field, or of all fields that have one, for other images: one change.

        Raises
        ------
        TooMuch
            More than `MOST_AT_ONCE` images.
        """
        with self._lock:
            self._pace.touch()
            self._following.catch_up()
            here = self._here()
            ids = [one for one in dict.fromkeys(image_ids) if one != here]
            if len(ids) > MOST_AT_ONCE:
                raise TooMuch(f"{len(ids):,} images are too many here.", hint="Use a bulk edit, which has a preview.")
            values = self._following.values(here)
            names = [self._wanted(field).key] if field else self._editable()
            found = {name: content for name in names if (content := values.shown(name)) is not None}
            free = [one for one in ids if not self.queue.others(one)]
            if not found or not free:
                why = "Somebody else has these images." if found else "There is nothing to apply."
                raise NotFound(why, hint="Enter a value and select other images first.")
            self._following.load(free)
            contents = self._in_shape(found)
            self._change(dict.fromkeys(free, contents), f"Apply {self._said(found)} to {len(free):,} images")
            return self._page() | {"applied": len(free), "left_out": len(ids) - len(free)}

    def take_over(self, field: str, origin: str = "file", lang: str | None = None) -> dict[str, Any]:
        """Enter what the file says: as it counts (``file``), or as one carrier has it (exif, iptc, xmp, sidecar)."""
        with self._lock:
            self._pace.touch()
            here, wanted = self._here(), self._wanted(field)
            values = self._following.values(here)
            if origin == "file":
                if field not in values.file:
                    raise NotFound("The file says nothing here.", hint="Type the value.")
                after = self._back_to_file(here, field)
                self._steps.remember(after)
                return self._page()
            rows = [row for row in values.conflicts.get(field, []) if row.get(origin) and lang in (None, row["lang"])]
            if origin not in ("exif", "iptc", "xmp", "sidecar") or not rows:
                raise NotFound(f"{origin} says nothing here.", hint="Type the value.")
            content = self._content(here, wanted, rows[0]["lang"], rows[0][origin])
            self._change({here: {field: content}}, f"Take over {wanted.name(self.language)}")
            return self._page()

    def _back_to_file(self, image_id: str, field: str) -> Step:
        before = {image_id: {field: self._following.values(image_id).entries.get(field)}}
        says = f"Back to the file's {self.profile.fields[field].name(self.language)}"
        return Step(says, self.place or 0, before, self._write({image_id: {field: None}}, says))

    def _editable(self) -> list[str]:
        return [key for key, wanted in self.profile.fields.items() if not wanted.spec.structure]

    def _in_shape(self, contents: Mapping[str, Content]) -> dict[str, Content | None]:
        return {name: shaped(content, self.profile.fields[name].spec.kind) for name, content in contents.items()}

    def _said(self, names: Iterable[str]) -> str:
        listed = [self.profile.fields[name].name(self.language) for name in names]
        return listed[0] if len(listed) == 1 else f"{len(listed)} fields"

    # -- history

    def history(self, field: str) -> dict[str, Any]:
        """Return what a field of this image was, the latest first; ``seq`` 0 is what the file says."""
        here, wanted = self._here(), self._wanted(field)
        rows = self.ws.query("tagging_history", image_id=here, field=field).to_dict("records")
        listed = []
        for seq in dict.fromkeys(row["seq"] for row in rows):
            change = [row for row in rows if row["seq"] == seq]
            first = change[0]
            content = shaped(content_of(change), wanted.spec.kind) if first["what"] == "set" else None
            listed.append(
                {k: first[k] for k in ("actor", "at", "what", "reason")} | {"seq": int(seq), "value": content}
            )
        values = self._following.values(here)
        file = shaped(values.file.get(field), wanted.spec.kind)
        told = {"seq": 0, "actor": None, "at": None, "what": "file", "reason": "", "value": file}
        return {"field": field, "changes": [*listed[::-1], told]}

    def revert(self, field: str, seq: int) -> dict[str, Any]:
        """Make a field what it was after an event, as `history` lists it; 0 is what the file says."""
        with self._lock:
            self._pace.touch()
            here = self._here()
            self._wanted(field)
            if seq == 0:
                self._steps.remember(self._back_to_file(here, field))
                return self._page()
            found = [change for change in self.history(field)["changes"] if change["seq"] == seq]
            if not found:
                raise NotFound(f"No change {seq} of this field is known.", hint="Open its history again.")
            if found[0]["what"] == "withdrawn":
                self._steps.remember(self._back_to_file(here, field))
            else:
                self._change({here: {field: found[0]["value"]}}, f"Revert {self._said([field])}")
            return self._page()

    # -- suggestions

    def accept_suggestion(self, suggestion_id: str, *, image_id: str | None = None) -> dict[str, Any]:
        """Enter what is suggested; what is open is in `view`, at each field under ``suggestions``.

        Raises
        ------
        NotFound
            The suggestion isn't open, or not for this image.
        """
        with self._lock:
            values = self._values_for(image_id)
            self._enter([self.offers.find(values, suggestion_id)], values)
            return self._page()

    def accept_sure(self, at_least: float | None = None, *, image_id: str | None = None) -> dict[str, Any]:
        """Enter all suggestions for this image that are sure enough, as one change; ``accepted`` says how many.

        Fields and languages in which something stands already are left alone; lists are added to.

        Parameters
        ----------
        at_least : float, optional
            Confidence, 0 to 1; what the session was made with when left out.
        """
        wanted = self.sure if at_least is None else at_least
        _must_be_confidence(wanted)
        with self._lock:
            values = self._values_for(image_id)
            rows = self.offers.sure(values, wanted)
            self._enter(rows, values)
            return self._page() | {"accepted": len(rows)}

    def reject_suggestion(self, suggestion_id: str, *, image_id: str | None = None) -> dict[str, Any]:
        """Say that a suggestion is wrong: the same model won't make it again. `undo` brings it back.

        Where several suggesters propose the same, all of them are rejected.

        Raises
        ------
        NotFound
            The suggestion isn't open, or not for this image.
        """
        with self._lock:
            row = self.offers.find(self._values_for(image_id), suggestion_id)
            step = Step(f"Reject “{row['value'][:60]}”", self.place or 0, {}, {}, rejected=self.offers.rejected(row))
            self._decide("suggestion_rejected", step.says, step.rejected)
            self._steps.remember(step)
            return self._page()

    def _decide(self, kind: str, says: str, told: Sequence[Mapping[str, Any]]) -> None:
        with self.ws.change(says) as change:
            for payload in told:
                change.add(kind, payload)
        for event in change.events:
            self._following.hear(event)

    def _values_for(self, image_id: str | None) -> ImageValues:
        self._pace.touch()
        self._following.catch_up()
        here = self._here()
        if image_id not in (None, here):
            raise NotFound("Another image is shown now.", hint="Go back to it.")
        self._keep_hold(here)
        return self._following.values(here)

    def _enter(self, rows: Sequence[Row], values: ImageValues) -> None:
        if not rows:
            return
        here = self._here()
        entries = self.offers.accepted(values, rows)
        before = {here: {name: values.entries.get(name) for name in entries}}
        what = f"{len(rows):,} suggestions" if len(rows) > 1 else f"the suggestion for {self._said(entries)}"
        decisions = [("suggestion_accepted", decision(row, row["value"])) for row in rows]
        self._commit({here: entries}, before, f"Accept {what}", also=decisions)

    # -- what is shown

    def findings(self, image_id: str | None = None) -> list[Finding]:
        """Return what is wrong with an image's values by the profile."""
        return self._pages.findings(self._here(image_id))

    def _page(self) -> dict[str, Any]:
        page: dict[str, Any] = {"image": None, "fields": {}, "progress": self.progress(), "undo": self._steps.view()}
        page |= {"queue": self.queue.name if self.queue.shared else None, "sure": self.sure, "empty": None}
        if self.place is None:
            return page | {"empty": self._pages.empty()}
        return page | self._pages.image(self.place, has_before=self._before() is not None)

    def progress(self) -> dict[str, Any]:
        """Return how far the work is, and one's own pace: accepted images an hour of working time.

        A pause longer than `IDLE_AFTER` seconds is no working time.
        """
        done = self.queue.done
        return {"count": len(self.ids), "done": done, "left": len(self.ids) - done, **self._pace.view()}

    # -- ahead of the person

    def peek(self, edge: int = 1_600) -> dict[str, Any]:
        """Name the image that comes next, and prepare it on another thread; `on_ahead` is called when it is ready."""
        with self._lock:
            self._following.catch_up()
            place = self._after()
        self._following.ahead(lambda: self._look_for_offers(place))
        if place is None:
            return {"next": None, "ready": False}
        image_id, edge = self.ids[place], _edge(edge)
        near = self.ids[place : place + LOAD_AHEAD]

        def prepare() -> None:
            if not all(self._following.has(one) for one in near[: LOAD_AHEAD // 4]):
                self._following.load(near)
            self._following.picture(image_id, edge)
            self.on_ahead(image_id)

        self._following.ahead(prepare)
        return {"next": image_id, "place": place}

    def _look_for_offers(self, following: int | None) -> None:
        """Read the suggestions for the image shown, and for the next one, and tell if they are others now."""
        here = self.image_id
        changed = self.offers.load([one for one in (here, following is not None and self.ids[following]) if one])
        if here in changed and here == self.image_id:
            self.on_offers({"image_id": here, "suggestions": self._pages.offered(here)})

    def picture(self, image_id: str, edge: int = 1_600) -> Reply:
        """Return a rendering a browser can show, its longer edge at most ``edge`` pixels, as the only buffer."""
        edge = _edge(edge)
        return Reply({"image_id": image_id, "edge": edge}, [self._following.picture(image_id, edge)])

    def strip(self, start: int, stop: int) -> Reply:
        """Return names and thumbnails of the images at these places, as far as they are loaded."""
        first = max(0, int(start))
        last = max(first, min(len(self.ids), int(stop), first + LOAD_AHEAD))
        return self._pages.strip(self.ws, first, last)

    def complete(self, field: str, text: str, limit: int = 12) -> dict[str, Any]:
        """Return terms for what has been typed: of the field's vocabulary, else of the values the collection uses."""
        return {"field": field, "text": text, "terms": self._completing.terms(self._wanted(field), text, limit)}

    def read_date(self, text: str) -> dict[str, Any]:
        """Say a date in words, or how it should be written."""
        return {"text": text, **date_words(text[:100], self.language)}


def _edge(edge: int) -> int:
    return max(EDGES[0], min(int(edge), EDGES[1]))


def _must_be_confidence(sure: float) -> None:
    if not isinstance(sure, int | float) or not 0 <= sure <= 1:
        raise BadValue(f"{sure!r} is no confidence.", hint="They go from 0 to 1.")
