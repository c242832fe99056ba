"""People who enter the same shirts without seeing each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tagged_collection import ids

import workbench as wb
from workbench import double_entry
from workbench.double_entry import Task

TITLE, WORDS, COUNTRY = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Country"
DATE, RATING, HEADLINE = "Xmp.photoshop.DateCreated", "Xmp.xmp.Rating", "Xmp.photoshop.Headline"


def colleague(ws: wb.Bench, actor: str) -> wb.Bench:
    return wb.open(ws.folder, actor=actor)


def opened(ws: wb.Bench, fields: list[str], count: int = 4, **how: Any) -> Task:
    """A task over the first images, for ann and ben."""
    told = {"people": ("ann", "ben"), "profile": "shop", "seed": "mixed", **how}
    return double_entry.open_task(ws, fields, ids(ws)[:count], **told)


def enter(ws: wb.Bench, task: Task, actor: str, values: Mapping[int, Mapping[str, Any]]) -> None:
    """Somebody enters images of a task, by their place."""
    with colleague(ws, actor) as theirs:
        for place, entered in values.items():
            double_entry.enter(theirs, task.task_id, task.image_ids[place], entered)


def differing(ws: wb.Bench, count: int = 4) -> Task:
    """A task in which every title differs, every second country does, and keywords are the same."""
    task = opened(ws, [TITLE, COUNTRY, WORDS], count)
    words = ["shirt", "linen"]
    a = {n: {TITLE: f"Red shirt {n}", COUNTRY: "Germany", WORDS: words} for n in range(count)}
    b = {n: {TITLE: f"Red  shirt {n}", COUNTRY: ("Germany", "France")[n % 2], WORDS: words[::-1]} for n in range(count)}
    enter(ws, task, "ann", a)
    enter(ws, task, "ben", b)
    return task
