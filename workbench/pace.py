"""Pace: how long an item takes, from events; and what is fed back to who did the work.

The rule, which the view ``work_items`` follows: a person's event counts from the one before it. A pause longer than
`IDLE` seconds counts as none of it. What is the first after such a pause has no time at all, because nobody knows when
it began: it counts as an item, and not for the time. Changes of many images at once are nobody's pace.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import bdtr

from workbench import defect_types
from workbench.intervals import wilson
from workbench.workspace import Workspace

IDLE = 120.0
"""Seconds: a longer pause is no working time. The view ``work_items`` says the same number."""

_COLUMNS = ("task", "actor", "items", "measured", "hours", "per_hour", "median_seconds", "low", "high", "idle_hours")


def pace(
    ws: Workspace, *, task: str | None = None, since: str | datetime | None = None, until: str | datetime | None = None
) -> pd.DataFrame:
    """Return how fast people work, by task.

    Parameters
    ----------
    task : str, optional
        ``tagging``, ``inspection``, ``entry`` or ``adjudication``; each, when not given.
    since, until : str or datetime, optional
        UTC; what ended from then on, and before then.

    Returns
    -------
    DataFrame
        By task and actor: ``items`` (images worked at), ``measured`` (of these, with a known time), ``hours`` of
        working time, ``per_hour`` (measured items an hour of it), ``median_seconds`` an item with the 95 % interval
        ``low`` to ``high`` (see `median_interval`; None below six items), ``idle_hours`` that were left out.
    """
    visits = ws.query("pace_visits", task=task, since=_time(since), until=_time(until))
    rows = [_pace_of(name, group) for name, group in visits.groupby(["task", "actor"], sort=True)]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _time(at: str | datetime | None) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else at


def _pace_of(name: Any, visits: pd.DataFrame) -> tuple[Any, ...]:
    items = visits.groupby("image_id")["seconds"].sum(min_count=1)
    timed = np.sort(items.dropna().to_numpy(np.float64))
    hours = float(timed.sum()) / 3600
    low, high = median_interval(timed)
    middle = float(np.median(timed)) if len(timed) else None
    speed = len(timed) / hours if hours > 0 else None
    return (*name, len(items), len(timed), hours, speed, middle, low, high, float(visits["idle"].sum()) / 3600)


def median_interval(values: Any, confidence: float = 0.95) -> tuple[float | None, float | None]:
    """Return an interval for a median that holds whatever the distribution, at least that often: order statistics.

    None twice when there are too few values for it. H. A. David and H. N. Nagaraja, "Order Statistics" (3rd ed., 2003),
    section 7.1.

    Examples
    --------
    >>> median_interval([1, 2, 3, 4, 5, 6])
    (1.0, 6.0)
    >>> median_interval([1, 2, 3])
    (None, None)
    """
    ordered = np.sort(np.asarray(values, np.float64))
    count = len(ordered)
    place = count // 2
    while place > 0 and 2 * bdtr(place - 1, count, 0.5) > 1 - confidence:
        place -= 1
    if place < 1:
        return None, None
    return float(ordered[place - 1]), float(ordered[count - place])


class Feedback:
    """What inspectors said of one person's work.

    Attributes
    ----------
    operator : str
    inspected, defective : int
        Images of theirs that were looked at, and that were defective.
    defects : DataFrame
        A row a defect, the latest first: ``at``, ``batch``, ``image_id``, ``path``, ``field``, ``defect``,
        ``severity``, ``comment``, ``inspector``, ``sample_id``.
    """

    def __init__(self, operator: str, inspected: int, defective: int, defects: pd.DataFrame) -> None:
        self.operator, self.inspected, self.defective, self.defects = operator, inspected, defective, defects

    @property
    def says(self) -> str:
        """The whole in a sentence, with n and its interval."""
        if not self.inspected:
            return f"Nothing of {self.operator}'s work has been inspected yet."
        share = wilson(self.defective, self.inspected)
        return f"{self.operator}: {self.inspected:,} images inspected; defective: {share}."

    def by_type(self) -> pd.DataFrame:
        """Return how often each defect occurs in each field, the most frequent first."""
        counted = self.defects.groupby(["field", "defect", "severity"], dropna=False).size().reset_index(name="count")
        return counted.sort_values(["count", "field", "defect"], ascending=[False, True, True], ignore_index=True)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        told = {name: getattr(self, name) for name in ("operator", "inspected", "defective", "says")}
        return told | {"defects": self.defects.astype(object).where(self.defects.notna(), None).to_dict("records")}

    def __repr__(self) -> str:
        return self.says

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self.says)}</p>{self.by_type().to_html(index=False, border=0)}"


def feedback(
    ws: Workspace, operator: str, *, since: str | datetime | None = None, language: str | None = None
) -> Feedback:
    """Return what inspectors said of somebody's work.

    Parameters
    ----------
    operator : str
        Whose; ``ws.actor`` for one's own.
    since : str or datetime, optional
        UTC.
    language : str, optional
        Of the types of defects; that of ``workspace.toml``, or English, when not given.
    """
    types = defect_types.load(ws.folder)
    lang = language or str(ws.settings.get("language") or "en")
    found = ws.query("feedback_defects", operator=operator, since=_time(since))
    found["defect"] = [types.label(name, lang) for name in found["defect"]]
    counts = ws.query("feedback_inspected", operator=operator, since=_time(since)).iloc[0]
    return Feedback(operator, int(counts["inspected"]), int(counts["defective"]), found)
