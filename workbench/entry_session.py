"""Enter without seeing what others did: double entry, work with known answers in it, training. The session, no Jupyter.

::

    session = EntrySession(ws, double_entry(ws, task_id, gold=0.05))
    session.set("Xmp.dc.title", "de", "Hafen bei Ebbe")
    session.accept()

It is a `TagSession` that shows of some images only what oneself has entered, and writes it down as entries, which are
no values. What others entered for them is read nowhere: not for the form, not for terms offered, not for its history.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from workbench import double_entry as entering
from workbench import gold as known_answers
from workbench import profiles, sampling
from workbench.entry_queues import MixedQueue, PairQueue
from workbench.errors import BadValue, NotAllowed, NotFound
from workbench.events import Event
from workbench.following import VALUE_KINDS, Following
from workbench.gold import Gold
from workbench.grid import Images
from workbench.image_values import Content, Entry, ImageValues, content_of, shaped
from workbench.intervals import Interval, wilson
from workbench.offers import Offers
from workbench.profiles import Profile
from workbench.queues import WorkQueue
from workbench.tag_pages import Completing
from workbench.tag_steps import add_entries
from workbench.tagging import TagSession
from workbench.vocabularies import Vocabulary
from workbench.workspace import Change, Workspace

PASS_MARK = 0.9
"""Share of right answers that a training asks for unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be entered, and how blindly.

    Attributes
    ----------
    task_id : str
        What entries and answers are filed under.
    profile : Profile
        With the fields to be entered, no others.
    image_ids : list of str
        In order, those with known answers among them.
    blind : frozenset of str
        Images of which only one's own entries show; all others are tagged as ever.
    gold : dict
        image_id → known answers.
    people : tuple of str
        Who may enter; empty: anybody.
    pairs : bool
        Whether two different people are wanted for every image, whoever comes.
    blank : bool
        Whether the form hides what the files say of blind images.
    compares : bool
        Whether entries are compared when they are finished.
    feedback : bool
        Whether one is told at once how a known answer went.
    pass_mark : float or None
        Of a training; None for other work.
    alike : frozenset of str
        Images of tagging as ever among which those with known answers stand, and which look like them.
    names : bool
        Whether file names are shown: where images from elsewhere are mixed in, names would tell them.
    queue : str
        Name of one's own list of what is done; made from the images when empty.
    """

    task_id: str
    profile: Profile
    image_ids: list[str]
    blind: frozenset[str]
    gold: dict[str, Gold] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    pairs: bool = False
    blank: bool = True
    compares: bool = False
    feedback: bool = False
    pass_mark: float | None = None
    alike: frozenset[str] = frozenset()
    names: bool = True
    queue: str = ""

    def hides(self, image_id: str, name: str) -> bool:
        """Whether others' entries for a field of an image are not to be seen."""
        if image_id not in self.blind:
            return False
        return image_id not in self.alike or name in self.gold[image_id].answers


def double_entry(
    ws: Workspace, task_id: str, *, gold: float = 0.0, feedback: bool = False, names: bool = False
) -> Work:
    """Return one's part of a task of double entry.

    Parameters
    ----------
    gold : float
        Share of images with known answers that are mixed in, 0 to under 1.
    feedback : bool
        Whether one is told at once how a known answer went.
    names : bool
        Whether file names are shown even where known answers are mixed in, which names may tell.

    Raises
    ------
    NotAllowed
        The task is for two other people.
    """
    of = entering.task(ws, task_id)
    if of.people and ws.actor not in of.people:
        raise NotAllowed(f"This double entry is for {' and '.join(of.people)}.", hint="Open one that is for you.")
    profile = _only(profiles.load(of.profile, ws.folder), of.fields)
    golds = known_answers.known(ws, of.fields) if gold or feedback else {}
    ids = known_answers.mixed(of.image_ids, list(golds), gold, f"{task_id}\n{ws.actor}")
    return Work(
        task_id, profile, ids, frozenset(ids), golds, of.people, pairs=not of.people, blank=of.start == "blank",
        compares=True, feedback=feedback, names=names or len(ids) == len(of.image_ids),
    )  # fmt: skip


def with_gold(
    ws: Workspace,
    profile: str,
    images: Images | None = None,
    *,
    queue: str = "",
    share: float = 0.05,
    feedback: bool = False,
    seed: str = "",
    names: bool = False,
) -> Work:
    """Return tagging as ever, with images among it whose answers are known; any batch that comes for the first time.

    Nobody is to tell them from others. So nothing in such work has suggestions, file names aren't shown, and each
    stands among images that look like it: those in which the same people have entered the same fields before, or nobody
    any. Among images of a batch that was sent back there are none: `lots` measures rework, by a sample. What others
    enter meanwhile shows as ever, but for the fields whose answers are known: a bulk change of such a field, made while
    somebody works, can tell them.

    Parameters
    ----------
    profile : str
    images : DataFrame, list of str, search, optional
        All when left out; those with known answers are taken out of it.
    queue : str
        What answers are filed under: the queue's name.
    share : float
        Of all images then, 0 to under 1.
    feedback : bool
        Whether one is told at once how a known answer went.
    seed : str
        Mixes them in at other places.
    names : bool
        Whether file names are shown, which may tell images from elsewhere.

    Raises
    ------
    NotFound
        No answer is known for any field of the profile.
    """
    known = profiles.load(profile, ws.folder)
    golds = known_answers.known(ws, list(known.fields))
    if not golds:
        raise NotFound("No answer is known for any field of this profile.", hint="ws.qc.set_gold(…) says some.")
    asked = entering.images_of(ws, images, None)
    own = queue or _own_name(ws.actor, known, asked, seed)
    ids = [one for one in asked if one not in golds]
    groups = _alike(ws, known, own, ids, golds)
    for number, (fresh, like) in enumerate(groups):
        mixed = known_answers.mixed(fresh, like, share, f"{queue}\n{ws.actor}\n{seed}" + f"\n{number}" * (number > 0))
        ids = _in_order(ids, mixed)
    alike = frozenset(one for fresh, _ in groups for one in fresh) | frozenset(golds)
    return Work(
        f"queue-{queue or ws.actor}", known, ids, frozenset(golds), golds, blank=False, feedback=feedback, alike=alike,
        names=names or len(ids) == len([one for one in asked if one not in golds]), queue=own,
    )  # fmt: skip


def _own_name(actor: str, profile: Profile, ids: Sequence[str], seed: str) -> str:
    told = "\n".join([seed, *ids])
    return f"{actor}/{profile.name}/mixed/{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _known_queue(name: str, actor: str) -> str:
    return f"{name}/known/{actor}"


def _alike(
    ws: Workspace, profile: Profile, queue: str, ids: Sequence[str], golds: Mapping[str, Gold]
) -> list[tuple[list[str], list[str]]]:
    """Return images that look the same when the work begins, and with them the known answers that look like them."""
    began = ws.query("work_began", queues=[queue, _known_queue(queue, ws.actor)], actor=ws.actor)["seq"][0]
    asked = {"ids": [*ids, *golds], "fields": list(profile.fields), "before": int(began) or None}
    looks: dict[str, list[tuple[str, str, str]]] = {}
    for image_id, name, actor, origin in ws.query("shown_before", **asked).itertuples(index=False, name=None):
        if image_id not in golds or name not in golds[image_id].answers:
            looks.setdefault(image_id, []).append((name, actor, origin))
    reworked = set(ws.query("once_reworked")["image_id"])
    groups: dict[tuple[tuple[str, str, str], ...], tuple[list[str], list[str]]] = {}
    for one in ids:
        if one not in reworked:
            groups.setdefault(tuple(looks.get(one, ())), ([], []))[0].append(one)
    for one in golds:
        if (look := tuple(looks.get(one, ()))) in groups:
            groups[look][1].append(one)
    return [groups[look] for look in sorted(groups)]


def _in_order(work: list[str], mixed: list[str]) -> list[str]:
    """Return all the work in its order, with what was mixed into a part of it where it stands in that part."""
    part, ids, at = set(work) & set(mixed), [], 0
    for one in work:
        while one in part and mixed[at] != one:
            ids.append(mixed[at])
            at += 1
        ids.append(one)
        at += one in part
    return ids + mixed[at:] if part else ids


def training(
    ws: Workspace,
    profile: str = "dublin-core",
    n: int = 20,
    *,
    fields: Sequence[str] = (),
    pass_mark: float = PASS_MARK,
    feedback: bool = True,
    seed: str | None = None,
) -> Work:
    """Return a training: images whose answers are known, nothing else.

    Parameters
    ----------
    profile : str
    n : int
        Images; fewer where there aren't so many.
    fields : sequence of str
        Only these of the profile; all with known answers when empty.
    pass_mark : float
        Share of right answers that is asked for, over 0 to 1.
    feedback : bool
        Whether one is told at once how an answer went.
    seed : str, optional
        Draws the same images again, and goes on with a training that was begun with it.

    Raises
    ------
    NotFound
        No answer is known for any of the fields.
    BadValue
        No image is asked for, or the pass mark is out of bounds.
    """
    if n < 1 or not 0 < pass_mark <= 1:
        raise BadValue(f"A training of {n} images with a pass mark of {pass_mark!r}.", hint="Say n=20, pass_mark=0.9.")
    known = profiles.load(profile, ws.folder)
    golds = known_answers.known(ws, list(fields) or list(known.fields))
    if not golds:
        raise NotFound("No answer is known for any of these fields.", hint="ws.qc.set_gold(…) says some.")
    asked = {name for one in golds.values() for name in one.answers}
    seed = seed or secrets.token_hex(6)
    among, count = sorted(golds), min(n, len(golds))
    ids = [among[at] for at in sampling.draw(len(among), count, seed=known_answers.seed_of(seed))]
    part = _only(known, [name for name in known.fields if name in asked])
    chosen = {one: golds[one] for one in ids}
    return Work(
        f"training-{seed}", part, ids, frozenset(ids), chosen, (ws.actor,), feedback=feedback, pass_mark=pass_mark
    )  # fmt: skip


def _only(profile: Profile, names: Sequence[str]) -> Profile:
    return replace(profile, fields={name: profile.fields[name] for name in names if name in profile.fields})


class EntrySession(TagSession):
    """One person's way through images of which only their own entries show.

    Parameters
    ----------
    ws : Workspace
    work : Work
        See `double_entry`, `with_gold` and `training`.
    queue : str, optional
        Of work with known answers in it: the queue shared with others, as for `TagSession`.
    language : str, optional
    clock : callable
        Seconds that only grow, for the pace.
    """

    def __init__(
        self,
        ws: Workspace,
        work: Work,
        queue: str | None = None,
        *,
        language: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.work = work
        rows = ws.query("gold_answers_of", task_id=work.task_id, actor=ws.actor)
        self._answered: dict[str, list[bool]] = {
            str(image_id): [bool(one) for one in rows["right"][rows["image_id"] == image_id]]
            for image_id in rows["image_id"].unique()
        }
        super().__init__(ws, work.profile, work.image_ids, queue, language=language, clock=clock)
        if work.alike and not self.queue.shared and self.image_id is not None:
            # what was entered before this work began is known by when it began: see `with_gold`
            main = self.queue.parts[0]
            main.begin(next((one for one in self.ids if one not in work.gold), self.image_id))

    # -- what is made differently

    def _make_offers(self) -> Offers:
        # were there suggestions for the others only, none would tell a known answer
        return _OffersInSight(self.ws, self.profile, frozenset(self.ids) if self.work.gold else self.work.blind)

    def _make_following(self) -> Following:
        return _Blind(self.ws, self._hear, self.work)

    def _make_completing(self) -> Completing:
        return _VocabularyOnly(self.ws, self.language, self._following.ahead)

    def _make_queue(self, queue: str | None) -> WorkQueue:
        work = self.work
        extra = [one for one in self.ids if one in work.gold] if not work.compares else self._extra()
        rest = frozenset(self.ids) - frozenset(extra)
        if work.pairs:
            sides = [self._queue(f"{work.task_id}/{n}", shared=True, members=rest) for n in (1, 2)]
            main: WorkQueue = PairQueue(work.task_id, sides[0], sides[1], self.ws.actor)
        elif work.people:
            return self._queue(f"{work.task_id}/{self.ws.actor}", shared=False)
        else:
            main = self._queue(queue or self._own_queue(), shared=queue is not None, members=rest)
        own = self._queue(_known_queue(main.name, self.ws.actor), shared=main.shared, members=extra)
        return MixedQueue(main, own, _neighbours(self.ids, frozenset(extra)), self.ws.actor)

    def _own_queue(self) -> str:
        return self.work.queue or super()._own_queue()

    def _extra(self) -> list[str]:
        """Return the images that aren't the task's own."""
        own = set(entering.task(self.ws, self.work.task_id).image_ids)
        return [one for one in self.ids if one not in own]

    # -- writing

    def _add(self, change: Change, ids: list[str], names: Mapping[str, Entry | None], says: str) -> None:
        blind = [one for one in ids if one in self.work.blind]
        for image_id in blind:
            self._add_entry(change, image_id, names)
        if rest := [one for one in ids if one not in self.work.blind]:
            add_entries(change, rest, names, says)

    def _add_entry(self, change: Change, image_id: str, names: Mapping[str, Entry | None]) -> None:
        told = {"task_id": self.work.task_id, "image_id": image_id}
        gone = [name for name, entry in names.items() if entry is None or entry.withdrawn]
        kept = {name: entry.content for name, entry in names.items() if entry and name not in gone}
        if gone:
            change.add("entry_withdrawn", {**told, "fields": gone})
        if kept:
            change.add("entry_made", {**told, "values": kept})

    def _accepted(self, image_id: str) -> dict[str, Any]:
        """Write down that an image is entered: what was left empty is an answer, too."""
        if image_id not in self.work.blind:
            return {}
        values = self._following.values(image_id)
        told = {"task_id": self.work.task_id, "image_id": image_id}
        given = {name: shaped(values.shown(name), self.profile.fields[name].spec.kind) for name in self._editable()}
        # where others are tagged as ever, what nobody typed is entered for none
        left = {} if self.work.alike else given
        rest = {name: content for name, content in left.items() if not values.is_entered(name)}
        with self.ws.change("Entered") as change:
            if rest:
                change.add("entry_made", {**told, "values": rest})
            change.add("entry_finished", told)
            answered = self._answer(change, image_id, given)
        for event in change.events:
            self._following.hear(event)
        if self.work.compares:
            self._following.ahead(lambda: void(entering.compare(self.ws, self.work.task_id)))
        return answered

    # -- known answers

    def _answer(self, change: Change, image_id: str, given: Mapping[str, Content | None]) -> dict[str, Any]:
        """Judge an answer, once: who goes back to mend one doesn't make it right."""
        gold = self.work.gold.get(image_id)
        if gold is None or image_id in self._answered:
            return {}
        answers = known_answers.judge(gold, given, self.profile)
        if not answers:
            return {}
        known_answers.add_answer(
            change, self.work.task_id, image_id, answers, actor=self.ws.actor, training=self.work.pass_mark is not None
        )  # fmt: skip
        self._answered[image_id] = [bool(answer[3]) for answer in answers]
        told: dict[str, Any] = {}
        if self.work.feedback:
            told["feedback"] = known_answers.feedback(gold, answers, self.profile, self.language)
        if self.work.pass_mark is not None and len(self._answered) == len(self.ids):
            told["result"] = self._end(change)
        return told

    def _end(self, change: Change) -> dict[str, Any]:
        result = self.result()
        told = {name: result[name] for name in ("images", "answered", "correct", "pass_mark")}
        more = {"training_id": self.work.task_id, "profile": self.profile.name, "passed": int(result["passed"])}
        change.add("training_ended", told | more)
        return result

    def result(self) -> dict[str, Any]:
        """Return how a training stands.

        Returns
        -------
        dict
            images, answered (fields), correct, share, low, high (95 %, Wilson), says, pass_mark, passed. Passed is who
            has answered all images and reached the mark; with few answers the interval is wide, which ``says`` says.

        Raises
        ------
        BadValue
            This is no training.
        """
        if self.work.pass_mark is None:
            raise BadValue("This is no training.", hint="ws.qc.train(…) begins one.")
        right = [one for answers in self._answered.values() for one in answers]
        made = wilson(sum(right), len(right)) if right else None
        done = len(self._answered) == len(self.ids)
        passed = bool(done and made and made.share >= self.work.pass_mark)
        return {
            "images": len(self._answered), "answered": len(right), "correct": sum(right),
            "share": made.share if made else None, "low": made.low if made else None,
            "high": made.high if made else None, "says": _says(made, self.work.pass_mark, passed, done),
            "pass_mark": self.work.pass_mark, "passed": passed,
        }  # fmt: skip

    # -- what others did is shown nowhere

    def history(self, field: str) -> dict[str, Any]:
        """Return what oneself has entered for a field of this image, and what the file says; never what others did."""
        here, wanted = self._here(), self._wanted(field)
        if here not in self.work.blind | self.work.alike:
            return super().history(field)
        values = self._following.values(here)
        file = shaped(values.file.get(field), wanted.spec.kind)
        told: list[dict[str, Any]] = []
        entry = values.entries.get(field)
        if entry is not None and not entry.withdrawn:
            told.append({"actor": entry.actor, "at": entry.at, "what": "set", "reason": "", "seq": entry.seq,
                         "value": shaped(entry.content, wanted.spec.kind)})  # fmt: skip
        told.append({"seq": 0, "actor": None, "at": None, "what": "file", "reason": "", "value": file})
        return {"field": field, "changes": told}


def _neighbours(ids: Sequence[str], extra: frozenset[str]) -> dict[str, str | None]:
    """Return the image after each of some in the order of all, that isn't one of them; at the end the one before."""
    found: dict[str, str | None] = {}
    after = next((one for one in reversed(ids) if one not in extra), None)
    for one in reversed(ids):
        if one in extra:
            found[one] = after
        else:
            after = one
    return found


def void(_: object) -> None:
    """Leave a result unused."""


def _says(made: Interval | None, mark: float, passed: bool, done: bool) -> str:
    if made is None:
        return "Nothing has been answered yet."
    verdict = "passed" if passed else "not passed" if done else "not finished"
    wide = " Too few answers to be sure of it." if done and made.low < mark <= made.high else ""
    return f"{made}. Pass mark {100 * mark:g} %: {verdict}.{wide}"


class _Blind(Following):
    """The values of images, of which only one's own entries are known."""

    kinds = (*VALUE_KINDS, "entry_made", "entry_withdrawn")

    def __init__(self, ws: Workspace, heard: Callable[[Event], None], work: Work) -> None:
        super().__init__(ws, heard)
        self.work = work

    def read(self, image_ids: Sequence[str]) -> tuple[dict[str, ImageValues], int]:
        """Read images; of blind ones what oneself has entered, and maybe what the file says."""
        found, seq = super().read(image_ids)
        blind = [one for one in found if one in self.work.blind]
        for image_id in blind:
            entries = found[image_id].entries
            found[image_id].entries = {n: e for n, e in entries.items() if not self.work.hides(image_id, n)}
            found[image_id].look = None
            if self.work.blank:
                found[image_id].file, found[image_id].origins, found[image_id].conflicts = {}, {}, {}
        for one in found.values() if not self.work.names else ():
            one.facts["name"] = one.facts["path"] = ""
        with self.ws.reading() as connection:
            asked = {"task_id": self.work.task_id, "actor": self.ws.actor, "ids": blind}
            result = connection.execute(self.ws.catalog.named("own_entries").sql, asked)
            names = [column[0] for column in result.description]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        for (image_id, name), listed in groupby(rows, key=lambda row: (row["image_id"], row["field"])):
            found[image_id].hear(name, _entry(list(listed)))
        return found, seq

    def entries(self, event: Event, wanted: Iterable[str]) -> Iterator[tuple[str, str, Entry]]:
        """Give what an event did: of blind images only one's own entries for this work."""
        if not event.kind.startswith("entry_"):
            yield from (one for one in super().entries(event, wanted) if not self.work.hides(one[0], one[1]))
            return
        told = event.payload
        mine = told["task_id"] == self.work.task_id and event.actor == self.ws.actor
        if not mine or told["image_id"] not in wanted:
            return
        if event.kind == "entry_made":
            for name, content in told["values"].items():
                yield told["image_id"], name, Entry(content, event.actor, event.at, event.seq, "entered")
        else:
            for name in told["fields"]:
                yield told["image_id"], name, Entry(None, event.actor, event.at, event.seq, withdrawn=True)


def _entry(rows: list[dict[str, Any]]) -> Entry:
    first = rows[0]
    content = None if first["value"] is None else content_of(rows)
    at = first["at"].isoformat(timespec="microseconds") + "Z"
    return Entry(content, first["actor"], at, first["seq"], "entered")


class _OffersInSight(Offers):
    """Suggestions, but for blind images: they may come of what others entered."""

    def __init__(self, ws: Workspace, profile: Profile, blind: frozenset[str]) -> None:
        super().__init__(ws, profile)
        self._blind = blind

    def load(self, image_ids: Iterable[str]) -> list[str]:
        """Read the suggestions for images that aren't blind."""
        return super().load([one for one in image_ids if one not in self._blind])


class _VocabularyOnly(Completing):
    """Terms of vocabularies; not the values the collection uses, which others have entered."""

    def _used(self, field: str) -> Vocabulary:
        return Vocabulary([])
