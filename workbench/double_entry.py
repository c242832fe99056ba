"""Blind double entry: two people enter the same fields of the same images, neither sees the other's.

::

    task = open_task(ws, ["Xmp.dc.title"], batch="2026-03", people=("ann", "ben"))
    ...  # each enters, with workbench.entry_session or wb.DoubleEntry(ws, task.task_id)
    compare(ws, task.task_id)

What is entered is an event of its own and no value. It becomes one when both agree, by the field's comparator, or when
somebody else decides (`workbench.adjudication`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench import profiles
from workbench.catalog import arrow_table
from workbench.entry_comparing import comparators_for, compared, decoded
from workbench.errors import BadValue, NotAllowed, NotFound
from workbench.events import flatten, pack
from workbench.grid import GridSession, Images
from workbench.image_values import cleaned, content_of, shaped
from workbench.workspace import Change, Workspace

STARTS = ("blank", "file")
"""What the form begins with: nothing, or what the file says."""

AT_ONCE = 200_000
"""Most values that one event enters."""

FEW = 100
"""Images up to which agreed values are entered one event an image."""

_Records = list[tuple[str, str, str | None, int, str | None, str]]


@dataclass(frozen=True, slots=True)
class Task:
    """A task of double entry.

    Attributes
    ----------
    task_id : str
    what : str
        In words.
    batch : str or None
    profile : str
        Where the fields are from.
    people : tuple of str
        The two who enter; empty: whoever takes an image.
    start : str
        One of `STARTS`.
    seed : str
        Mixes which of two entries is shown first when somebody decides.
    comparators : dict
        Field → name of the comparator under ``kind``, and its settings. Its keys are the task's fields, in order.
    image_ids : list of str
        The images that are there now, in order.
    """

    task_id: str
    what: str
    batch: str | None
    profile: str
    people: tuple[str, ...]
    start: str
    seed: str
    comparators: dict[str, dict[str, Any]]
    image_ids: list[str] = field(repr=False)

    @property
    def fields(self) -> list[str]:
        """The fields, in order."""
        return list(self.comparators)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison came to.

    Attributes
    ----------
    pairs : int
        Pairs of entries that were compared now.
    agreed : int
        Of these: entered as values now.
    """

    task_id: str
    pairs: int
    agreed: int

    @property
    def differing(self) -> int:
        """Pairs that somebody has to decide."""
        return self.pairs - self.agreed

    def __str__(self) -> str:
        return (
            f"{self.pairs:,} pairs of entries compared: {self.agreed:,} agree and count as values now, "
            f"{self.differing:,} to be decided."
        )


def open_task(
    ws: Workspace,
    fields: Sequence[str],
    images: Images | None = None,
    *,
    batch: str | None = None,
    profile: str = "dublin-core",
    people: Sequence[str] = (),
    how: Mapping[str, str | Mapping[str, Any]] | None = None,
    what: str = "",
    start: str = "blank",
    seed: str | None = None,
) -> Task:
    """Have two people enter the same fields of the same images.

    Parameters
    ----------
    ws : Workspace
    fields : sequence of str
        Keys of fields of the profile.
    images : DataFrame, list of str, search, optional
        All images of ``batch``, or of the workspace, when left out.
    batch : str, optional
    profile : str
        Name of the profile that says what the fields are, with their guidelines.
    people : sequence of str
        Two names. None: whoever comes takes an image, until two different people have entered it.
    how : mapping, optional
        Field → comparator: its name, or a mapping with ``kind`` and its settings, such as
        ``{"kind": "number", "tolerance": 0.5}``. By the field's type when left out: dates by date, numbers by number,
        lists as sets, everything else exactly.
    what : str
        In words, for lists.
    start : str
        ``blank``, or ``file`` to show what the file says.
    seed : str, optional
        Mixes the two sides when somebody decides; drawn when left out.

    Raises
    ------
    BadValue
        No image, no field, a field the profile hasn't got, not two people, or a comparator that there isn't.
    """
    names = tuple(dict.fromkeys(people))
    if len(names) not in (0, 2) or not all(isinstance(one, str) and one.strip() for one in names):
        raise BadValue("Double entry takes two different people.", hint="Name two, or none for whoever comes.")
    if start not in STARTS:
        raise BadValue(f"A form can't start with {start!r}.", hint=f"Say one of {', '.join(STARTS)}.")
    known = profiles.load(profile, ws.folder)
    chosen = comparators_for(known, fields, how or {})
    ids = images_of(ws, images, batch)
    task_id = f"double-{secrets.token_hex(6)}"
    says = what or f"Double entry of {len(chosen)} field{'s' * (len(chosen) != 1)}"
    told = {
        "task_id": task_id, "what": says, "batch": batch,
        "profile": profile, "fields": list(chosen), "comparators": chosen, "people": list(names), "start": start,
        "seed": seed or secrets.token_hex(8), "count": len(ids),
    }  # fmt: skip
    with ws.change(says) as change:
        change.add("double_entry_opened", told, attachment=pack([[one] for one in ids]))
    return task(ws, task_id)


def images_of(ws: Workspace, images: Images | None, batch: str | None) -> list[str]:
    """Return the ids of some images, or of all of a batch.

    Raises
    ------
    BadValue
        There are none.
    """
    ids = GridSession(ws, images).ids
    if batch is not None:
        within = set(ws.sql("select image_id from images where batch = ?", [batch])["image_id"])
        ids = [one for one in ids if one in within]
    if not ids:
        raise BadValue("There are no such images.", hint="Name images, or a batch that has some.")
    return list(dict.fromkeys(ids))


def task(ws: Workspace, task_id: str) -> Task:
    """Return a task.

    Raises
    ------
    NotFound
        There is no such task.
    """
    found = ws.query("double_entry_task", task_id=task_id).to_dict("records")
    if not found:
        raise NotFound(f"There is no double entry {task_id!r}.", hint="ws.qc.double_entries() lists them.")
    told = found[0]
    rows = ws.query("double_entry_fields", task_id=task_id).to_dict("records")
    chosen = {row["field"]: {"kind": row["comparator"], **json.loads(row["options"])} for row in rows}
    ids = [str(one) for one in ws.query("double_entry_images", task_id=task_id)["image_id"]]
    batch = told["batch"] if isinstance(told["batch"], str) else None
    people = tuple(json.loads(told["people"]))
    return Task(task_id, told["what"], batch, told["profile"], people, told["start"], told["seed"], chosen, ids)


def tasks(ws: Workspace) -> pd.DataFrame:
    """Return every task and how far it is, the latest first.

    Returns
    -------
    DataFrame
        task_id, what, batch, profile, people, images, fields, finished (entries of an image, two to an image),
        compared, agreed, adjudicated, open (pairs of fields), actor, at.
    """
    return ws.query("double_entry_list")


def enter(ws: Workspace, task_id: str, image_id: str, values: Mapping[str, Any]) -> None:
    """Enter an image as the workspace's actor, and say that it is done: for scripts and imports; people use the form.

    Parameters
    ----------
    values : mapping
        Field → text, list of texts, mapping of language → text. Fields of the task that aren't named are left empty.

    Raises
    ------
    BadValue
        A field isn't one of the task, or a value isn't text.
    NotFound
        The image isn't one of the task.
    NotAllowed
        The task is for two other people.
    """
    of = task(ws, task_id)
    if of.people and ws.actor not in of.people:
        raise NotAllowed(f"This double entry is for {' and '.join(of.people)}.", hint="Open one that is for you.")
    if image_id not in of.image_ids:
        raise NotFound(f"{image_id} is no image of this double entry.", hint="task.image_ids lists them.")
    if unknown := set(values) - set(of.fields):
        raise BadValue(f"{min(unknown)} is no field of this double entry.", hint=f"It has {', '.join(of.fields)}.")
    kinds = profiles.load(of.profile, ws.folder).fields
    whole = {name: shaped(cleaned(values.get(name)), kinds[name].spec.kind) for name in of.fields}
    with ws.change("Double entry") as change:
        change.add("entry_made", {"task_id": task_id, "image_id": image_id, "values": whole})
        change.add("entry_finished", {"task_id": task_id, "image_id": image_id})


# -- comparing


def compare(ws: Workspace, task_id: str) -> Comparison:
    """Compare what two people have finished since the last time; what they agree on counts as a value at once.

    Entries that are the same to the letter agree by any comparator, so only the others are put to one. Where two count
    as the same but aren't written alike, the one entered first is taken. Comparing twice does no harm.
    """
    of = task(ws, task_id)
    with ws.reading() as connection:
        ask = _Asking(ws, connection, task_id)
        [(after, upto)] = ask.rows("compared_upto", within=False)
        ask.after, ask.upto = after, upto
        counted = ask.rows("pairs_to_compare")
        [(pairs, same)] = [(*row[4:],) for row in counted if row[0] is None]
        apart = [row for row in counted if row[0] is not None]
        if not pairs:
            return Comparison(task_id, 0, 0)
        merged = _records(ask.table("same_values")) if same else []
    judged, near = _judge(ws, of, apart)
    agreed = same + sum(bool(record[4]) for record in judged)
    told = {"task_id": task_id, "upto": upto, "pairs": pairs, "agreed": agreed}
    _write(ws, told, judged, [*merged, *near], key=f"{task_id}-{after}")
    return Comparison(task_id, pairs, agreed)


class _Asking:
    """Asks named queries about one task on one connection, within a stretch of the ledger."""

    def __init__(self, ws: Workspace, connection: Any, task_id: str) -> None:
        self.ws, self.connection, self.task_id = ws, connection, task_id
        self.after = self.upto = 0

    def rows(self, name: str, *, within: bool = True) -> list[tuple[Any, ...]]:
        table = self.table(name, within=within)
        return list(zip(*[column.to_pylist() for column in table.columns], strict=True))

    def table(self, name: str, *, within: bool = True) -> pa.Table:
        asked = {"task_id": self.task_id} | ({"after": self.after, "upto": self.upto} if within else {})
        return arrow_table(self.connection, self.ws.catalog.named(name).sql, asked)


def _records(table: pa.Table) -> _Records:
    columns = [table[name].to_pylist() for name in ("image_id", "field", "lang", "ordinal", "value")]
    return list(zip(*columns, ["entered"] * len(table), strict=True))


def _judge(ws: Workspace, of: Task, apart: list[tuple[Any, ...]]) -> tuple[list[list[Any]], _Records]:
    """Put pairs to their comparators: return a record each, and what those that agree come to."""
    known = profiles.load(of.profile, ws.folder).fields
    judged: list[list[Any]] = []
    near: _Records = []
    by_field: dict[str, list[tuple[Any, ...]]] = {}
    for row in apart:
        by_field.setdefault(row[1], []).append(row)
    for name, how in of.comparators.items():
        mine = by_field.get(name, [])
        agree, distance = compared(how, known[name], [row[2] for row in mine], [row[3] for row in mine])
        for (image_id, _, a, b, seq_a, seq_b), same, far in zip(mine, agree, distance, strict=True):
            judged.append([image_id, name, seq_a, seq_b, int(same), far])
            if same:
                near += _parts(image_id, name, decoded(a if seq_a < seq_b else b, known[name].spec.kind))
    return judged, near


def _parts(image_id: str, name: str, content: Any) -> Iterator[tuple[str, str, str | None, int, str | None, str]]:
    return ((image_id, name, lang, ordinal, text, "entered") for _, lang, ordinal, text in flatten({name: content}))


def _write(ws: Workspace, told: dict[str, Any], judged: list[list[Any]], merged: _Records, key: str) -> None:
    """Write a comparison and its values at once; whoever compares the same at the same moment writes nothing."""
    merged.sort(key=lambda record: record[:2])  # an image's field must not be cut in two
    with ws.change("Double entry: both agree") as change:
        change.add("entries_compared", told, attachment=pack(judged), event_id=f"compare-{key}")
        images = len({record[0] for record in merged})
        add = _add_one_by_one if images <= FEW else _add_in_bulk
        add(change, merged, str(told["task_id"]), f"agreed-{key}")


def _add_one_by_one(change: Change, merged: _Records, task_id: str, key: str) -> None:
    """Enter values as who types them does: operators may not change in bulk."""
    for image_id, rows in groupby(merged, key=itemgetter(0)):
        values: dict[str, Any] = {}
        for name, parts in groupby(rows, key=itemgetter(1)):
            listed = [dict(zip(("lang", "ordinal", "value"), part[2:5], strict=True)) for part in parts]
            values[name] = None if listed[0]["value"] is None else content_of(listed)
        told = {"image_ids": [image_id], "values": values, "task_id": task_id}
        change.add("values_set", told, event_id=f"{key}-{image_id}")


def _add_in_bulk(change: Change, merged: _Records, task_id: str, key: str) -> None:
    for part, chunk in enumerate(_chunks(merged)):
        told = {
            "count": len({record[0] for record in chunk}), "fields": sorted({record[1] for record in chunk}),
            "what": "double entry, both agree", "task_id": task_id,
        }  # fmt: skip
        change.add("values_changed", told, attachment=pack(chunk), event_id=f"{key}-{part}")


def _chunks(records: _Records) -> Iterator[_Records]:
    start = 0
    while start < len(records):
        stop = min(start + AT_ONCE, len(records))
        while stop < len(records) and records[stop][:2] == records[stop - 1][:2]:
            stop += 1
        yield records[start:stop]
        start = stop


def comparisons(ws: Workspace, task_id: str, state: str | None = None) -> pd.DataFrame:
    """Return the compared pairs of a task.

    Parameters
    ----------
    state : str, optional
        Only ``agreed``, ``open`` or ``adjudicated`` ones.

    Returns
    -------
    DataFrame
        image_id, field, actor_a, actor_b, value_a, value_b, agree, distance, comparator, state, seq.
    """
    if state not in (None, "agreed", "open", "adjudicated"):
        raise BadValue(f"There is no state {state!r}.", hint="Say agreed, open or adjudicated.")
    task(ws, task_id)
    return ws.query("field_comparisons_of", task_id=task_id, state=state)


def metadata(ws: Workspace, task_id: str) -> pd.DataFrame:
    """Return what may be seen of a running task's images: what one entered oneself; never what others did.

    Returns
    -------
    DataFrame
        image_id, field, lang, ordinal, value; a row without a value where nothing has been entered.
    """
    task(ws, task_id)
    return ws.query("blind_metadata", task_id=task_id, actor=ws.actor)
