"""Gold: images whose answers are known, mixed into anybody's work unrecognisably, and what people answered.

::

    set_gold(ws, ids, ["Xmp.photoshop.Country"], profile="shop")  # what is entered there now is right
    ...  # the form mixes them in: wb.DoubleEntry(ws, task, gold=0.05)
    figures(ws, by="actor")

Answers are events of their own; what counts as the value of a gold image never changes by them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench import profiles, sampling
from workbench.entry_comparing import comparators_for, compared, decoded
from workbench.errors import BadValue, NotFound
from workbench.events import whole
from workbench.following import Following
from workbench.image_values import Content, cleaned, shaped
from workbench.intervals import wilson
from workbench.profiles import Profile
from workbench.workspace import Change, Workspace

BY = ("actor", "field", "category", "image_id", "day", "training")
"""What answers can be counted by."""


@dataclass(frozen=True, slots=True)
class Gold:
    """The known answers for one image.

    Attributes
    ----------
    answers : dict
        Field → the right answer as it is kept; None: to be left empty.
    comparators : dict
        Field → name of the comparator under ``kind``, and its settings.
    comments : dict
        Field → why that is right.
    """

    image_id: str
    answers: dict[str, str | None] = field(default_factory=dict)
    comparators: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


def set_gold(
    ws: Workspace,
    image_ids: Sequence[str],
    fields: Sequence[str],
    values: Mapping[str, Any] | None = None,
    *,
    profile: str = "dublin-core",
    how: Mapping[str, str | Mapping[str, Any]] | None = None,
    category: str = "",
    comment: str = "",
) -> int:
    """Say what the right answers for images are; return for how many.

    Parameters
    ----------
    image_ids : sequence of str
    fields : sequence of str
        Keys of fields of the profile.
    values : mapping, optional
        Field → the right answer. What counts for each image now, when left out: entered, else in the file.
    profile : str
        Says what the fields are.
    how : mapping, optional
        Field → comparator, as for `workbench.double_entry.open_task`.
    category : str
        What kind of items these are, in a word, to count by.
    comment : str
        Why the answers are right: shown as feedback.

    Raises
    ------
    BadValue
        No image, no field, a field the profile hasn't got, or a value that isn't text.
    NotFound
        An image isn't catalogued.
    """
    known = profiles.load(profile, ws.folder)
    chosen = comparators_for(known, fields, how or {})
    ids = list(dict.fromkeys(image_ids))
    if not ids:
        raise BadValue("No image was named.", hint="Give at least one image_id.")
    if values is not None and (other := set(values) - set(chosen)):
        raise BadValue(f"{min(other)} is given a value, but isn't among the fields.", hint="Name it as a field, too.")
    answers = _answers(ws, known, ids, list(chosen), values)
    with ws.change(f"Known answers for {len(ids):,} image{'s' * (len(ids) != 1)}") as change:
        for image_id in ids:
            told = {"image_id": image_id, "values": answers[image_id], "comparators": chosen}
            change.add("gold_set", {**told, "category": category, "comment": comment})
    return len(ids)


def _answers(
    ws: Workspace, known: Profile, ids: list[str], names: list[str], values: Mapping[str, Any] | None
) -> dict[str, dict[str, Content | None]]:
    following = Following(ws, lambda event: None)
    try:
        found, _ = following.read(ids)
    finally:
        following.close()
    if missing := [one for one in ids if one not in found]:
        raise NotFound(f"Not catalogued: {missing[0]}.", hint="Check the ids.")
    kinds = {name: known.fields[name].spec.kind for name in names}
    if values is not None:
        same = {name: shaped(cleaned(values.get(name)), kinds[name]) for name in names}
        return dict.fromkeys(ids, same)
    return {one: {name: shaped(found[one].shown(name), kinds[name]) for name in names} for one in ids}


def withdraw_gold(ws: Workspace, image_ids: Sequence[str]) -> None:
    """Say that images are no known answers any more; what was answered stays."""
    with ws.change("No known answers any more") as change:
        for image_id in dict.fromkeys(image_ids):
            change.add("gold_withdrawn", {"image_id": image_id})


def known(ws: Workspace, fields: Sequence[str]) -> dict[str, Gold]:
    """Return the images with known answers for at least one of these fields: image_id → gold."""
    found: dict[str, Gold] = {}
    for row in ws.query("gold_for", fields=list(fields)).to_dict("records"):
        one = found.setdefault(row["image_id"], Gold(row["image_id"]))
        one.answers[row["field"]] = row["value"] if isinstance(row["value"], str) else None
        one.comparators[row["field"]] = {"kind": row["comparator"], **json.loads(row["options"])}
        one.comments[row["field"]] = row["comment"]
    return found


def mixed(ids: Sequence[str], golds: Sequence[str], share: float, seed: str) -> list[str]:
    """Mix images with known answers into others, at places nobody can foresee; the same seed gives the same.

    Parameters
    ----------
    ids : sequence of str
        The work, whose order stays.
    golds : sequence of str
        Images to take from; those that are in ``ids`` anyway aren't added.
    share : float
        Of all images then, 0 to under 1; fewer where there aren't so many.
    seed : str

    Raises
    ------
    BadValue
        The share is out of bounds.
    """
    if not isinstance(share, int | float) or not 0 <= share < 1:
        raise BadValue(f"{share!r} is no share of known answers.", hint="Say 0.05 for one image in twenty.")
    free = sorted(set(golds) - set(ids))
    count = min(len(free), round(len(ids) * share / (1 - share)))
    chosen = [free[at] for at in sampling.draw(len(free), count, seed=seed_of(seed))] if count else []
    places = set(sampling.draw(len(ids) + count, count, seed=seed_of(f"{seed} places")).tolist()) if count else set()
    work, extra = iter(ids), iter(chosen)
    return [next(extra if place in places else work) for place in range(len(ids) + count)]


def seed_of(text: str) -> int:
    """Return a whole number that a text stands for, to draw by."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def judge(gold: Gold, given: Mapping[str, Content | None], profile: Profile) -> list[list[Any]]:
    """Compare answers with the known ones: field, expected, given, right (0 or 1), distance, comparator of each."""
    rows: list[list[Any]] = []
    for name in [name for name in gold.answers if name in given and name in profile.fields]:
        how, expected, answer = gold.comparators[name], gold.answers[name], whole(given[name])
        [same], [far] = compared(how, profile.fields[name], [expected], [answer])
        rows.append([name, expected, answer, int(same), far, how["kind"]])
    return rows


def add_answer(
    change: Change, task_id: str, image_id: str, answers: list[list[Any]], *, actor: str, training: bool
) -> None:
    """Write down what somebody answered: see `judge`. The first answer within a piece of work counts, and no other."""
    told = {"task_id": task_id, "image_id": image_id, "training": int(training), "answers": answers}
    said = hashlib.sha256(f"{task_id}\n{image_id}\n{actor}".encode()).hexdigest()[:40]
    change.add("gold_answered", told, event_id=f"gold-{said}")  # also where one has the same work open twice


def feedback(gold: Gold, answers: list[list[Any]], profile: Profile, language: str = "en") -> dict[str, Any]:
    """Return what somebody is told of an answer: which fields were right, and what the others should have been."""
    rows = []
    for name, expected, given, right, _, _ in answers:
        wanted = profile.fields[name]
        rows.append({
            "field": name, "label": wanted.name(language), "right": bool(right), "comment": gold.comments[name],
            "expected": decoded(expected, wanted.spec.kind), "given": decoded(given, wanted.spec.kind),
            "guideline": wanted.guideline(language),
        })  # fmt: skip
    return {"image_id": gold.image_id, "right": sum(row["right"] for row in rows), "of": len(rows), "rows": rows}


def figures(
    ws: Workspace, *, by: str = "actor", training: bool | None = False, confidence: float = 0.95
) -> pd.DataFrame:
    """Count the answers on images whose answers are known: who was right how often.

    Parameters
    ----------
    by : str
        One of `BY`.
    training : bool or None
        Whether only answers in trainings count, or only others (the default); None: all.
    confidence : float
        Of the intervals, over 0 and under 1.

    Returns
    -------
    DataFrame
        What is counted by; n (answers), right, share, low, high (of the share, Wilson's interval), method.
    """
    if by not in BY:
        raise BadValue(f"Answers can't be counted by {by!r}.", hint=f"Say one of {', '.join(BY)}.")
    rows = ws.query("gold_counted", by=by, training=training).to_dict("records")
    listed = []
    for row in rows:
        made = wilson(int(row["right"]), int(row["n"]), confidence)
        listed.append(
            [row["what"], int(row["n"]), int(row["right"]), row["right"] / row["n"], made.low, made.high, made.method]
        )
    return pd.DataFrame(listed, columns=[by, "n", "right", "share", "low", "high", "method"])


def items(ws: Workspace) -> pd.DataFrame:
    """Return the images whose answers are known, and how they were answered: hard ones have many wrong answers."""
    return ws.query("gold_list")


def trainings(ws: Workspace, actor: str | None = None) -> pd.DataFrame:
    """Return the trainings that were ended, the latest first, each with its n and interval.

    Returns
    -------
    DataFrame
        training_id, profile, images, n (fields answered), correct, share, low, high (95 %, Wilson), pass_mark, passed,
        actor, at.
    """
    found = ws.query("trainings_of", actor=actor).rename(columns={"answered": "n"})
    made = [wilson(int(k), int(n)) for k, n in zip(found["correct"], found["n"], strict=True)]
    for place, name in enumerate(("share", "low", "high"), start=5):
        found.insert(place, name, [float(getattr(one, name)) for one in made])
    return found
