"""Remarks: what the last inspection said of an image, for whoever mends it while its batch is in rework.

A remark about a field stands until the field says something else than the inspector saw, or the image is inspected
again; so taking a correction back brings it back. Pure: no store is touched in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from workbench.fields import spec
from workbench.image_values import Content, content_of, shaped

if TYPE_CHECKING:
    from workbench.events import Event
    from workbench.image_values import ImageValues
    from workbench.profile_rules import ProfileField

KINDS = ("item_inspected", "inspection_withdrawn", "batch_moved")
"""The kinds of events that change what is remarked."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing an inspector found wrong; ``field`` is None where it is about the picture."""

    field: str | None
    defect: str
    severity: str
    comment: str = ""


@dataclass(slots=True)
class Look:
    """The last inspection of an image.

    Attributes
    ----------
    batch : str or None
        Whose state says whether remarks are shown.
    rework : bool
        Whether the batch is in rework now.
    moved, seq : int
        The events that said so last, and of the inspection; 0 where there was none.
    inspector, at, comment : str
        Who looked, when (ISO 8601, UTC), and what was said of the image as a whole.
    remarks : list of Remark
    then : dict
        Field with a remark → what it said when it was inspected.
    """

    batch: str | None = None
    rework: bool = False
    moved: int = 0
    seq: int = 0
    inspector: str = ""
    at: str = ""
    comment: str = ""
    remarks: list[Remark] = field(default_factory=list)
    then: dict[str, Content | None] = field(default_factory=dict)

    def fields(self) -> list[str]:
        """Return the fields that something was said of."""
        return list(dict.fromkeys(one.field for one in self.remarks if one.field))

    def of(self, values: ImageValues, wanted: ProfileField) -> list[Remark]:
        """Return what still stands of the remarks about a field."""
        found = [one for one in self.remarks if one.field == wanted.key] if self.rework else []
        return found if found and self._still(values, wanted.key, wanted.spec.kind) else []

    def besides(self, values: ImageValues, known: Iterable[str]) -> list[Remark]:
        """Return what still stands of the remarks about the picture, and about fields that aren't shown."""
        shown = frozenset(known)
        rest = [one for one in self.remarks if one.field not in shown] if self.rework else []
        return [one for one in rest if one.field is None or self._still(values, one.field, spec(one.field).kind)]

    def _still(self, values: ImageValues, name: str, kind: str) -> bool:
        return shaped(values.shown(name), kind) == shaped(self.then.get(name), kind)


def looks(rows: Iterable[Mapping[str, Any]]) -> dict[str, Look]:
    """Make looks of the rows of the query ``remarks_looks``: image_id → look."""
    found: dict[str, Look] = {}
    for image_id, listed in groupby(rows, key=lambda row: str(row["image_id"])):
        of = list(listed)
        first = of[0]
        look = found[image_id] = Look(first["batch"], bool(first["rework"]), int(first["moved"]))
        if first["seq"] is not None:
            look.seq, look.inspector, look.comment = int(first["seq"]), first["inspector"], first["comment"]
            look.at = first["at"].isoformat(timespec="microseconds") + "Z"
            told = [row for row in of if row["defect"] is not None]
            look.remarks = [Remark(row["field"], row["defect"], row["severity"], row["remark"]) for row in told]
    return found


def note_then(values: ImageValues, rows: Iterable[Mapping[str, Any]]) -> None:
    """Note what fields with remarks said when they were inspected: by rows of ``remarks_then``, else by the file."""
    look = values.look
    if look is None:
        return
    look.then = {name: values.file.get(name) for name in look.fields()}
    for name, listed in groupby(rows, key=lambda row: str(row["field"])):
        of = list(listed)
        if name in look.then and of[0]["origin"] is not None:
            look.then[name] = None if of[0]["value"] is None else content_of(of)


def hear(event: Event, values: ImageValues, image_id: str) -> bool:
    """Take note of one of `KINDS`; return whether what counts now has to be read again."""
    look, told = values.look, event.payload
    if look is None:
        return False
    if event.kind == "batch_moved":
        if told["batch"] == look.batch and event.seq > look.moved:
            look.rework, look.moved = told["state"] == "rework", event.seq
        return False
    if told["image_id"] != image_id:
        return False
    if event.kind == "inspection_withdrawn":
        return bool(told["inspected"] == look.seq)
    if event.seq > look.seq:
        look.seq, look.inspector, look.at, look.comment = event.seq, event.actor, event.at, told["comment"]
        look.remarks = [Remark(*one) for one in told["defects"]]
        look.then = {name: values.shown(name) for name in look.fields()}
    return False
