"""Work to try quality control and reports on: recorded by a seeded generator, of people who don't exist.

Three invented operators enter values with a pace, pauses and error rates of their own; an inspector draws samples and
finds what was planted; two of them enter the same images blind, and part of the differences is decided; known answers
are mixed in. Everything goes through the workbench's own verbs and events, each with a reason that says it is invented,
and a report of such a workspace says so, too. What was planted is returned, so that figures can be compared with it.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import double_entry, gold, lots, profiles
from workbench.adjudication import AdjudicationSession
from workbench.bench import Bench
from workbench.errors import BadValue
from workbench.events import Draft, Event
from workbench.image_values import cleaned, shaped
from workbench.inspection import InspectionSession
from workbench.ledger import Ledger
from workbench.reports import INVENTED
from workbench.workspace import VERSION

PROFILE = "dublin-core"
TITLE, PLACE, CREATOR = "Xmp.dc.title", "Xmp.dc.coverage", "Xmp.dc.creator"

_PRODUCTS = {"BG": "bag", "BT": "bottle", "CH": "chair", "LA": "lamp", "MG": "pot", "SH": "shoe"}
_VIEWS = {"angle": "from the side", "detail": "detail", "front": "front view"}
_PRODUCT = re.compile(r"([A-Z]{2})-(\d+)_([a-z]+)_([a-z]+)")
_OTHERS = {"Plate": "Glass plate", "scan": "Scanned page"}
_PLACES = ("Freiburg", "Lyon", "Turin", "Porto", "Ghent", "Malmö", "Kraków", "Graz")
_MAKERS = ("Studio North", "Studio South", "A. Keller", "M. Duarte")
_MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_PAUSE = 0.04
"""How often somebody stops after an image, for longer than the rule of pauses takes for work."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented operator.

    Attributes
    ----------
    name : str
    seconds : float
        For an image, on average.
    spread : float
        Of the logarithm of the seconds.
    errors : dict of str to float
        Type of defect → share of images that have it: ``wrong`` place, ``missing`` creator or one in another
        ``format``, ``misspelt`` or ``too_vague`` title.
    """

    name: str
    seconds: float
    spread: float
    errors: Mapping[str, float]


PEOPLE = (
    Person("Ada", 38.0, 0.35, {"wrong": 0.02, "missing": 0.02, "misspelt": 0.05, "too_vague": 0.01, "format": 0.02}),
    Person("Ben", 55.0, 0.40, {"wrong": 0.03, "missing": 0.04, "misspelt": 0.08, "too_vague": 0.04, "format": 0.02}),
    Person("Cleo", 29.0, 0.45, {"wrong": 0.13, "missing": 0.08, "misspelt": 0.15, "too_vague": 0.10, "format": 0.05}),
)
INSPECTOR, MANAGER, ANALYST = "Iris", "Max", "Nora"
_FIELDS = {"wrong": PLACE, "missing": CREATOR, "misspelt": TITLE, "too_vague": TITLE, "format": CREATOR}


@dataclass(slots=True)
class Recorded:
    """What was recorded.

    Attributes
    ----------
    folder : Path
        The workspace.
    seed : int
    planted : DataFrame
        image_id, batch, operator, field, defect: every error of the first entry.
    answers : DataFrame
        operator, right: every known answer given.
    seconds : dict of str to list of float
        Operator → true working time of each image entered or mended, pauses left out.
    task_id : str
        The double entry.
    """

    folder: Path
    seed: int
    planted: pd.DataFrame = field(default_factory=pd.DataFrame)
    answers: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    task_id: str = ""


class _InventedLedger(Ledger):
    """A ledger whose time is the story's, and whose reasons say that the people are invented."""

    time = _MONDAY
    says = INVENTED

    def _now(self) -> datetime:  # type: ignore[override]  # the story's time instead of the clock's
        self.time += timedelta(milliseconds=20)
        return self.time

    def append(self, drafts: Sequence[Draft], *, actor: str, reason: str = "") -> list[Event]:
        return super().append(drafts, actor=actor, reason=f"{self.says}: {reason}" if reason else self.says)


def record(
    folder: str | os.PathLike[str],
    batches: Mapping[str, str | os.PathLike[str]],
    *,
    seed: int = 2026,
    people: Sequence[Person] = PEOPLE,
    finished: float = 0.6,
    double: int = 24,
) -> Recorded:
    """Record some weeks of invented work in a new workspace: two working days a batch, four for the last.

    Parameters
    ----------
    folder : path
        Of the workspace; doesn't exist yet.
    batches : mapping of str to path
        Batch → folder with its images. The last one stays unfinished, so that there is something to forecast.
    seed : int
        The same seed and images give the same work.
    people : sequence of Person
        Three or more operators.
    finished : float
        How much of the last batch is worked at, 0 to 1.
    double : int
        Images of the double entry.

    Raises
    ------
    BadValue
        The workspace is there already, or there are fewer than two batches or people.
    """
    home = Path(folder).expanduser().absolute()
    if (home / "ledger.sqlite").exists():
        raise BadValue(f"{home} is a workspace already.", hint="Record invented work in a new one.")
    if len(batches) < 2 or len(people) < 2:
        raise BadValue("That is too little to record.", hint="Give two batches and two people or more.")
    story = _Story(home, seed, people)
    try:
        story.receive(batches)
        story.audit()
        story.work(finished)
        story.enter_twice(double)
        story.answer_known()
        story.audit()
        story.deliver()
    finally:
        story.close()
    return story.made


class _Story:
    """The weeks, as they are recorded."""

    def __init__(self, home: Path, seed: int, people: Sequence[Person]) -> None:
        self.random = random.Random(seed)  # noqa: S311  a story, no secret
        self.people = people
        self.made = Recorded(home, seed, seconds={one.name: [] for one in people})
        self.planted: list[dict[str, str]] = []
        self.wrong: dict[str, list[tuple[str, str]]] = {}
        home.mkdir(parents=True, exist_ok=True)
        (home / "workspace.toml").write_text(_settings(people), "utf-8")
        self.ledger = _InventedLedger(home / "ledger.sqlite", version=VERSION)
        self.ledger.says = f"{INVENTED} (seed {seed})"
        created = Draft("workspace_created", {"name": _NAME}, event_id="workspace-created")
        self.ledger.append([created], actor=MANAGER)
        self.ws = Bench(home, actor=MANAGER)
        self.ws.ledger.close()
        self.ws.ledger = self.ledger
        self.images: dict[str, list[str]] = {}
        self.titles: dict[str, str] = {}

    def close(self) -> None:
        """Let go of the workspace."""
        self.ws.close()

    def at(self, day: int, hour: float) -> None:
        """Let it be that time of the working days, unless it is later already."""
        weeks, weekday = divmod(day, 5)
        wanted = _MONDAY.replace(hour=0) + timedelta(days=7 * weeks + weekday, hours=hour)
        self.ledger.time = max(self.ledger.time, wanted)

    def after(self, seconds: float) -> None:
        """Let time go by."""
        self.ledger.time += timedelta(seconds=seconds)

    def next_morning(self) -> None:
        """Let it be eight o'clock of the next working day."""
        days = 3 if self.ledger.time.weekday() == 4 else 1
        self.ledger.time = self.ledger.time.replace(hour=8, minute=0) + timedelta(days=days)

    def as_(self, actor: str) -> Bench:
        """Return the workspace, as one of the people."""
        self.ws.actor = actor
        return self.ws

    # -- what happens

    def receive(self, batches: Mapping[str, str | os.PathLike[str]]) -> None:
        """Scan the batches."""
        ws = self.as_(MANAGER)
        for batch, source in batches.items():
            ws.scan(source, batch=batch, progress=False)
            self.after(600)
            rows = ws.sql("select image_id, name from images where batch = ? order by path", [batch])
            if rows.empty:
                raise BadValue(f"There are no images in {source}.", hint="Name a folder with images for each batch.")
            self.images[batch] = rows["image_id"].tolist()
            self.titles |= zip(rows["image_id"], rows["name"].map(title_of), strict=True)

    def audit(self) -> None:
        """Audit everything."""
        self.as_(ANALYST).audit(progress=False)

    def work(self, finished: float) -> None:
        """Let the operators enter values, batch after batch; each hands in when it is done."""
        for number, (batch, ids) in enumerate(self.images.items()):
            last = number == len(self.images) - 1
            self.at(number * 2, 8.5)
            self.as_(MANAGER).qc.move(batch, "in_work")
            todo = ids[: max(3, round(len(ids) * finished))] if last else ids
            days = 4 if last else 2
            for time, person, image_id, seconds in sorted(
                self._schedule(todo, number * 2, days), key=lambda one: one[0]
            ):
                self.ledger.time = max(self.ledger.time, time)
                self._enter(person, batch, image_id, seconds)
            if not last:
                self.after(900)
                self.as_(MANAGER).qc.move(batch, "ready_for_qc")
                self.inspect(batch)

    def _schedule(self, ids: list[str], first: int, days: int) -> Iterator[tuple[datetime, Person, str, float]]:
        for day in range(days):
            share = ids[len(ids) * day // days : len(ids) * (day + 1) // days]
            weeks, weekday = divmod(first + day, 5)
            for place, person in enumerate(self.people):
                time = _MONDAY.replace(hour=9) + timedelta(days=7 * weeks + weekday, minutes=7 * place)
                for image_id in share[place :: len(self.people)]:
                    seconds = person.seconds * self.random.lognormvariate(-(person.spread**2) / 2, person.spread)
                    pause = self.random.uniform(180, 1200) if self.random.random() < _PAUSE else 0.0
                    time += timedelta(seconds=seconds + pause)
                    yield time, person, image_id, seconds

    def _enter(self, person: Person, batch: str, image_id: str, seconds: float) -> None:
        values, defects = self._answer(person, image_id)
        with self.as_(person.name).change("Entered") as change:
            change.add("values_set", {"image_ids": [image_id], "values": values})
        self.made.seconds[person.name].append(seconds)
        self.wrong[image_id] = defects
        told = {"image_id": image_id, "batch": batch, "operator": person.name}
        self.planted += [told | {"field": name, "defect": defect} for name, defect in defects]

    def _truth(self, image_id: str) -> dict[str, Any]:
        drawn = random.Random(image_id)  # noqa: S311  as above
        return {
            TITLE: {"x-default": self.titles[image_id]},
            PLACE: drawn.choice(_PLACES),
            CREATOR: [drawn.choice(_MAKERS)],
        }

    def _answer(self, person: Person, image_id: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return what somebody enters for an image, and what is wrong with it."""
        values = self._truth(image_id)
        defects: list[tuple[str, str]] = []
        for defect, rate in person.errors.items():
            name = _FIELDS[defect]
            if self.random.random() < rate and name not in dict(defects):
                values[name] = self._spoilt(defect, values[name])
                defects.append((name, defect))
        return values, defects

    def _spoilt(self, defect: str, value: Any) -> Any:
        if defect == "missing":
            return None
        if defect == "too_vague":
            return {"x-default": "Picture"}
        if defect == "format":
            return [one.upper() for one in value]
        if defect == "wrong":
            return self.random.choice([place for place in _PLACES if place != value])
        text = value["x-default"]
        place = self.random.choice([at for at in range(1, len(text) - 2) if text[at].lower() != text[at + 1].lower()])
        return {"x-default": text[:place] + text[place + 1] + text[place] + text[place + 2 :]}

    # -- quality

    def inspect(self, batch: str) -> None:
        """Inspect a batch that was handed in; when it is sent back, it is mended and inspected again."""
        if self._inspect(batch) == "rejected":
            self._mend(batch)
            self._inspect(batch)

    def _inspect(self, batch: str) -> str:
        self.after(1800)
        ws = self.as_(INSPECTOR)
        sample = ws.qc.draw(batch, aql=4.0, level="III", seed=self.random.randrange(10**6))
        session = InspectionSession(ws, sample, PROFILE, clock=lambda: self.ledger.time.timestamp())
        looked = 0
        while (image_id := session.image_id) is not None:
            if looked == 6:
                self.next_morning()
            looked += 1
            for name, defect in self.wrong.get(image_id, []):
                session.mark(name, defect)
            self.after(self.random.uniform(12, 40))
            session.done()
        session.close()
        self.after(60)
        return lots.judge(ws, sample).verdict

    def _mend(self, batch: str) -> None:
        self.after(5400)
        by = {row["image_id"]: row["operator"] for row in self.planted if row["batch"] == batch}
        for image_id, operator in sorted(by.items(), key=lambda one: one[1]):
            seconds = self.random.uniform(20, 60)
            self.after(seconds)
            self.made.seconds[operator].append(seconds)
            with self.as_(operator).change("Mended") as change:
                change.add("values_set", {"image_ids": [image_id], "values": self._truth(image_id)})
            self.wrong[image_id] = []
        self.after(600)
        self.as_(MANAGER).qc.move(batch, "ready_for_qc")

    def enter_twice(self, most: int) -> None:
        """Let two people enter the same images blind, and the inspector decide two thirds of what differs."""
        last = list(self.images)[-1]
        ids = self.images[last][-most:]
        pair = (self.people[0], self.people[-1])
        names = tuple(one.name for one in pair)
        ws = self.as_(INSPECTOR)
        task = double_entry.open_task(ws, [TITLE, PLACE, CREATOR], ids, people=names, profile=PROFILE, seed="invented")
        self.made.task_id = task.task_id
        for image_id in task.image_ids:
            for person in pair:
                self.after(self.random.uniform(15, 45))
                self._enter_blind(person, task.task_id, image_id)
        self.after(1200)
        session = AdjudicationSession(self.as_(INSPECTOR), task.task_id)
        for _ in range(len(session.differences) * 2 // 3):
            self.after(self.random.uniform(8, 25))
            one = session.difference
            if one is None:
                break
            session.edit(self._truth(one.image_id)[one.field], comment="Looked at the picture")
        session.close()

    def _enter_blind(self, person: Person, task_id: str, image_id: str) -> None:
        values, _ = self._answer(person, image_id)
        kinds = profiles.load(PROFILE).fields
        told = {name: shaped(cleaned(value), kinds[name].spec.kind) for name, value in values.items()}
        with self.as_(person.name).change("Double entry") as change:
            change.add("entry_made", {"task_id": task_id, "image_id": image_id, "values": told})
            change.add("entry_finished", {"task_id": task_id, "image_id": image_id})

    def answer_known(self) -> None:
        """Mix images with known answers into everybody's work."""
        ws, batch = self.as_(INSPECTOR), next(iter(self.images))
        ids = self.images[batch][:6]
        for image_id in ids:
            truth = self._truth(image_id)
            gold.set_gold(ws, [image_id], list(truth), truth, profile=PROFILE, category="practice")
        known, profile = gold.known(ws, list(self._truth(ids[0]))), profiles.load(PROFILE)
        rows = []
        for turn in range(4):
            for image_id in ids:
                for person in self.people:
                    self.after(self.random.uniform(10, 30))
                    values, _ = self._answer(person, image_id)
                    judged = gold.judge(known[image_id], values, profile)
                    with self.as_(person.name).change("Known answer") as change:
                        gold.add_answer(
                            change, f"gold-practice-{turn + 1}", image_id, judged, actor=person.name, training=False
                        )
                    rows += [{"operator": person.name, "right": bool(one[3])} for one in judged]
        self.made.answers = pd.DataFrame(rows)

    def deliver(self) -> None:
        """Deliver the first batch that was accepted."""
        self.after(3600)
        self.made.planted = pd.DataFrame(self.planted, columns=["image_id", "batch", "operator", "field", "defect"])
        ws = self.as_(MANAGER)
        stands = ws.qc.batches().set_index("batch")["state"]
        accepted = [batch for batch in self.images if stands.get(batch) == "accepted"]
        for batch in accepted[:1]:
            ws.embed(self.images[batch], mode="copy", to=self.made.folder / "exports" / batch, progress=False)
            self.after(300)
            ws.qc.move(batch, "delivered")


def title_of(name: str) -> str:
    """Return what a picture of the sample shows, as far as its file's name tells: what to enter for its title."""
    stem = name.rpartition(".")[0] or name
    found = _PRODUCT.match(stem)
    if found and found[1] in _PRODUCTS:
        return f"{found[3].capitalize()} {_PRODUCTS[found[1]]} {found[2]}, {_VIEWS.get(found[4], found[4])}"
    thing = next((said for begins, said in _OTHERS.items() if stem.startswith(begins)), "Photograph")
    return f"{thing} {''.join(re.findall(r'[0-9]+', stem)).lstrip('0') or stem}"


_NAME = "Invented work"


def _settings(people: Sequence[Person]) -> str:
    lines = [f'{json.dumps(one.name)} = "operator"' for one in people]
    lines += [f'{INSPECTOR} = "qc_specialist"', f'{MANAGER} = "project_manager"', f'{ANALYST} = "analyst"']
    lines += ['you = "administrator"']
    return f'# These people are invented.\nname = "{_NAME}"\nformat = 1\n\n[people]\n' + "\n".join(lines) + "\n"
