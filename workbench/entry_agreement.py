"""How far two people's blind entries agree: by field, people, category and day, each figure with its n and interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from workbench.agreement import krippendorff_alpha
from workbench.errors import BadValue
from workbench.intervals import wilson
from workbench.workspace import Workspace

BY = ("field", "people", "category", "batch", "day", "week", "comparator", "all")
"""What agreement can be told by; ``category`` is the folder an image is in."""


def agreement(
    ws: Workspace, task_id: str | None = None, *, by: str = "field", confidence: float = 0.95
) -> pd.DataFrame:
    """Say how many compared pairs of entries agreed, before anybody decided between them.

    Parameters
    ----------
    task_id : str, optional
        One task; all when left out.
    by : str
        One of `BY`. By week: the Monday it began with; days and weeks are of the later entry, in UTC.
    confidence : float
        Of the intervals, over 0 and under 1.

    Returns
    -------
    DataFrame
        What is told by; n (pairs), agreed, share, low, high (Wilson's interval), method; by field also alpha,
        alpha_low, alpha_high and alpha_method: Krippendorff's α of the answers, where it says something. Answers that
        the comparator takes for the same are one answer, and left empty is an answer, too.
    """
    if by not in BY:
        raise BadValue(f"Agreement can't be told by {by!r}.", hint=f"Say one of {', '.join(BY)}.")
    rows = ws.query("agreement_counted", task_id=task_id, by=by).to_dict("records")
    listed = []
    for row in rows:
        made = wilson(int(row["agreed"]), int(row["n"]), confidence)
        listed.append([row["what"], made.n, made.k, made.share, made.low, made.high, made.method])
    frame = pd.DataFrame(listed, columns=[by, "n", "agreed", "share", "low", "high", "method"])
    if by != "field":
        return frame
    alphas = pd.DataFrame(_alphas(ws, task_id, confidence), columns=["field", *_ALPHA])
    return frame.merge(alphas, on="field", how="left")


_ALPHA = ("alpha", "alpha_low", "alpha_high", "alpha_method")


def _alphas(ws: Workspace, task_id: str | None, confidence: float) -> Iterator[list[Any]]:
    """Count equal pairs of answers once each: a collection has few different ones."""
    found = ws.query("agreement_answers", task_id=task_id)
    for name, rows in found.groupby("field", sort=True):
        told = krippendorff_alpha([rows["a"].to_numpy(object), rows["b"].to_numpy(object)], confidence=confidence)
        yield [name, told.value, told.low, told.high, told.method]
