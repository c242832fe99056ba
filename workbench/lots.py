"""Lots: a sample is drawn of a batch, inspected, and the batch accepted or sent back by it.

::

    sample = draw(ws, "2026-03", aql=1.5)
    ...  # somebody else than who entered the values inspects it: wb.Inspection(ws, sample)
    judge(ws, sample)

The plans are those of `workbench.sampling`. Nothing is decided here that `Plan.judge` doesn't say, except that a defect
whose severity ``rejects_lot`` sends the batch back by itself.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench import batches, defect_types, sampling
from workbench.errors import BadValue, NotFound, Stale
from workbench.events import pack
from workbench.in_words import InWords
from workbench.intervals import Interval, wilson
from workbench.sampling import LotResult, Plan, Switch
from workbench.workspace import Change, Workspace

METHODS = ("random", "stratified", "weighted")
"""How a sample can be drawn; one that was drawn by risk can't judge a batch."""

STRATA = ("operator", "source", "folder", "format")
"""What a sample can be spread over, besides the values of any field."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of a batch.

    Attributes
    ----------
    sample_id, batch : str
    lot_size : int
        How many images the batch had.
    plan : Plan or None
        By which it is judged; None when a number was drawn without one.
    seed : str
        From which the same images are drawn again.
    method : str
        One of `METHODS`.
    stage : int
        2 for the second sample of a double plan.
    follows : str or None
        Its first one.
    state : str
        ``open``, ``inspected``, ``accepted``, ``rejected``, ``undecided`` or ``void``.
    inspected, defectives : int
        How far the inspection is.
    image_ids : list of str
        In the order drawn.
    """

    sample_id: str
    batch: str
    lot_size: int
    plan: Plan | None
    seed: str
    method: str
    stage: int
    follows: str | None
    state: str
    inspected: int
    defectives: int
    image_ids: list[str] = field(repr=False)

    @property
    def n(self) -> int:
        """How many images."""
        return len(self.image_ids)

    @property
    def says(self) -> str:
        """The sample and its plan in a sentence or two."""
        how = {"random": "at random", "stratified": "at random in each of its parts", "weighted": "by risk"}[
            self.method
        ]
        return f"{self.n:,} of {self.lot_size:,} images of {self.batch!r}, {how}. {self.rule}"

    @property
    def rule(self) -> str:
        """By what the batch is judged, in a sentence."""
        if self.plan is None or self.method == "weighted":
            return "It shows what is wrong, and judges nothing."
        plan, second = self.plan, self.stage == 2
        accept, reject = (plan.accept2, plan.reject2) if second else (plan.accept, plan.reject)
        both = " in both samples" if second else ""
        by = f"AQL {plan.aql:g}, level {plan.level}, {plan.severity}, code letter {plan.code}"
        return f"{by}: up to {accept} defective{both} are accepted, {reject} or more send it back."

    def __str__(self) -> str:
        return f"{self.says} {self.inspected:,} inspected, {self.defectives:,} defective: {self.state}."


@dataclass(frozen=True, slots=True)
class LotVerdict(InWords):
    """How a batch was judged.

    Attributes
    ----------
    verdict : str
        ``accepted``, ``rejected`` or ``undecided`` (draw the second sample: `second`).
    reason : str
        In words, with the numbers.
    defectives, n : int
        Counted over all samples of the lot.
    share : Interval
        Defective images of those inspected, with its interval.
    """

    sample_id: str
    batch: str
    verdict: str
    reason: str
    defectives: int
    n: int
    share: Interval

    def __str__(self) -> str:
        return f"{self.batch!r} is {self.verdict}: {self.reason} Defective: {self.share}."


def draw(
    ws: Workspace,
    batch: str,
    *,
    aql: float | None = None,
    level: str = "II",
    severity: str | None = None,
    kind: str = "single",
    n: int | None = None,
    seed: int | None = None,
    stratify: str | None = None,
    by_risk: bool = False,
) -> Sample:
    """Draw a sample of a batch that is ready for QC, to be inspected.

    Parameters
    ----------
    batch : str
    aql : float, optional
        Acceptable quality level, percent defective: it decides how many are drawn (`workbench.sampling.plan`).
    level, kind : str
        Inspection level, and ``single`` or ``double``.
    severity : str, optional
        ``normal``, ``tightened`` or ``reduced``; what the lots before say (`switching`) when not given.
    n : int, optional
        So many, without a plan: such a sample describes the batch, and judges nothing.
    seed : int, optional
        The same seed draws the same images; made up, and recorded, when not given.
    stratify : str, optional
        Spread the sample over ``operator``, ``source``, ``folder``, ``format``, or the values of a field.
    by_risk : bool
        Draw images with audit findings more often: to find defects, not to judge by.

    Raises
    ------
    NotFound
        There is no such batch.
    BadValue
        The batch isn't ready for QC, has a sample that is open, or there is no such plan.
    """
    if (aql is None) == (n is None):
        raise BadValue("How many images?", hint="Say an AQL, like aql=1.5, or a number, n=50.")
    at = batches.state_of(ws, batch)
    if at["state"] != "ready_for_qc" and aql is not None:
        raise BadValue(f"{batch!r} is {at['state']}.", hint=f"Hand it in first: ws.qc.move({batch!r}, 'ready_for_qc').")
    _must_be_judged(ws, batch, aql)
    lot = _lot(ws, batch, stratify, by_risk)
    severity = severity or _severity(ws, aql, level)
    plan = sampling.plan(len(lot), aql=aql, level=level, severity=severity, kind=kind) if aql is not None else None
    method = "weighted" if by_risk else "stratified" if stratify else "random"
    about = {"batch": batch, "submission": int(at["resubmission"]), "lot_size": len(lot), "method": method, "stage": 1}
    how = {"stratify": stratify, **(asdict(plan) if plan else {})}
    return _drawn(ws, lot, plan.n if plan else int(n or 0), seed, about | {"plan": how})


def second(ws: Workspace, sample: Sample | str) -> Sample:
    """Draw the second sample of a double plan, of the images that the first one left.

    Raises
    ------
    BadValue
        The first sample has decided, or its plan has no second one.
    """
    first = get(ws, sample)
    if first.state != "undecided" or first.plan is None:
        raise BadValue(f"The sample {first.sample_id} is {first.state}.", hint="A second one follows an undecided one.")
    row = _row(ws, first.sample_id)
    how = json.loads(row["plan"])
    lot = _lot(ws, first.batch, how.get("stratify"), by_risk=False, besides=first.sample_id)
    about = {"batch": first.batch, "submission": int(row["resubmission"]), "lot_size": first.lot_size}
    about |= {"method": first.method, "stage": 2, "follows": first.sample_id, "plan": how}
    return _drawn(ws, lot, first.plan.n2, None, about)


def _must_be_judged(ws: Workspace, batch: str, aql: float | None) -> None:
    rows = ws.query("lot_samples", batch=batch)
    pending = rows[rows["state"].isin(["open", "inspected", "undecided"]) & rows["accept"].notna()]
    if aql is None or pending.empty:
        return
    row = pending.iloc[0]
    followed = row["state"] == "undecided" and len(rows[(rows["stage"] == 2) & (rows["state"] != "open")])
    if not followed:
        raise BadValue(
            f"{batch!r} has a sample that isn't judged yet: {row['sample_id']}.",
            hint="Drawing until one pleases proves nothing: inspect that one, and judge it.",
        )


def _severity(ws: Workspace, aql: float | None, level: str) -> str:
    if aql is None:
        return "normal"
    now = switching(ws, aql=aql, level=level)
    if now.severity == "discontinued":
        raise BadValue(now.reason, hint="When the work is better, go on with severity='tightened'.")
    return now.severity


def _lot(ws: Workspace, batch: str, stratify: str | None, by_risk: bool, besides: str = "") -> pd.DataFrame:
    if by_risk:
        return ws.query("lot_risks", batch=batch)
    if stratify is None and not besides:
        return ws.query("lot_images_plain", batch=batch)
    return ws.query("lot_images", batch=batch, stratify=stratify or "", besides=besides)


def _drawn(ws: Workspace, lot: pd.DataFrame, n: int, seed: int | None, about: dict[str, Any]) -> Sample:
    if not 1 <= n <= len(lot):
        raise BadValue(f"{n:,} of {len(lot):,} images can't be drawn.", hint="Draw at least 1, at most all.")
    number = secrets.randbits(48) if seed is None else seed
    spread = lot["stratum"].astype("category").cat.codes.to_numpy() if about["method"] == "stratified" else None
    risks = 1.0 + lot["findings"].to_numpy(np.float64) if about["method"] == "weighted" else None
    places = sampling.draw(len(lot), n, seed=number, strata=spread, weights=risks)
    chosen = lot.iloc[places]
    ids = chosen["image_id"].tolist()
    known = ws.query("lot_operators", ids=ids)
    operators = dict(zip(known["image_id"], known["operator"], strict=True))
    strata = chosen["stratum"].tolist() if about["method"] == "stratified" else [None] * n
    records = [[one, stratum, operators.get(one)] for one, stratum in zip(ids, strata, strict=True)]
    sample_id = secrets.token_hex(8)
    with ws.change() as change:
        told = {"sample_id": sample_id, "seed": str(number), "count": n, **about}
        change.add("sample_drawn", told, attachment=pack(records))
    return get(ws, sample_id)


def samples(ws: Workspace, batch: str | None = None) -> pd.DataFrame:
    """List the samples that were drawn, the latest first."""
    return ws.query("lot_samples", batch=batch)


def get(ws: Workspace, sample: Sample | str) -> Sample:
    """Return a sample as it stands now, by its id.

    Raises
    ------
    NotFound
        There is no such sample.
    """
    row = _row(ws, sample.sample_id if isinstance(sample, Sample) else sample)
    plan = _plan(row["plan"])
    follows = row["follows"] if isinstance(row["follows"], str) else None
    ids = ws.query("lot_items", sample_id=row["sample_id"])["image_id"].tolist()
    named = {name: row[name] for name in ("sample_id", "batch", "seed", "method", "state")}
    sizes = {name: int(row[name]) for name in ("lot_size", "stage", "inspected", "defectives")}
    return Sample(**{**named, **sizes, "plan": plan, "follows": follows, "image_ids": ids})


def _row(ws: Workspace, sample_id: str) -> dict[Any, Any]:
    rows = ws.query("lot_sample", sample_id=sample_id).to_dict("records")
    if not rows:
        raise NotFound(f"There is no sample {sample_id!r}.", hint="ws.qc.samples() lists them.")
    return rows[0]


def _plan(text: str) -> Plan | None:
    told = json.loads(text)
    names = {one: told[one] for one in Plan.__dataclass_fields__ if one in told}
    return Plan(**names) if "n" in names else None


def judge(ws: Workspace, sample: Sample | str, *, reason: str = "") -> LotVerdict:
    """Judge a batch by its sample: accepted, rejected (it goes to rework), or undecided until a second one is drawn.

    Parameters
    ----------
    sample : Sample or str
    reason : str
        What else is to stand in the ledger.

    Raises
    ------
    BadValue
        Images of the sample aren't inspected yet, or it judges nothing because it was drawn by risk or without a plan.
    Stale
        It was judged before, or the batch has moved on since it was drawn.
    """
    one = get(ws, sample)
    if one.plan is None or one.method == "weighted":
        raise BadValue("This sample judges nothing.", hint="Draw one at random, with an AQL.")
    if one.state not in ("open", "inspected"):
        raise Stale(f"This sample was judged before: {one.state}.", hint="See ws.qc.verdicts().")
    if left := one.n - one.inspected:
        raise BadValue(f"{left:,} of {one.n:,} images aren't inspected yet.", hint="Somebody must look at them first.")
    verdict = _judged(ws, one, one.plan)
    _write(ws, verdict, reason)
    return verdict


def void(ws: Workspace, sample: Sample | str, reason: str) -> None:
    """Set a sample aside that can't be inspected to its end, with the reason; another one can be drawn then.

    Raises
    ------
    BadValue
        No reason was given.
    Stale
        It is judged already.
    """
    one = get(ws, sample)
    if not reason.strip():
        raise BadValue("Say why the sample is set aside.", hint="The reason stands in the ledger.")
    if one.state not in ("open", "inspected"):
        raise Stale(f"This sample was judged before: {one.state}.", hint="See ws.qc.verdicts().")
    told: dict[str, Any] = {"sample_id": one.sample_id, "verdict": "void", "reason": reason}
    told |= {"defectives": one.defectives, "n": one.inspected}
    with ws.change(reason) as change:
        change.add("lot_judged", told, event_id=f"lot-judged-{one.sample_id}")


def _judged(ws: Workspace, one: Sample, plan: Plan) -> LotVerdict:
    stages = [one] if one.follows is None else [get(ws, one.follows), one]
    types = defect_types.load(ws.folder)
    found = ws.query("lot_defects", sample_ids=[stage.sample_id for stage in stages])
    counted = found[[types.counts(severity) for severity in found["severity"]]]
    defectives = [stage.defectives for stage in stages]
    numbers = [int((counted["sample_id"] == s.sample_id).sum()) for s in stages] if plan.counts_defects else defectives
    verdict, why, _ = plan.judge(numbers)
    verdict = "undecided" if verdict == "continue" else verdict
    worst = found[[types.rejects_lot(severity) for severity in found["severity"]]]
    if len(worst):
        many = "1 defect that sends" if len(worst) == 1 else f"{len(worst):,} defects that each send"
        kinds = ", ".join(sorted({types.label(name) for name in worst["defect"]}))
        verdict, why = "rejected", f"{many} the batch back by itself ({kinds}). {why}"
    n = sum(stage.n for stage in stages)
    return LotVerdict(one.sample_id, one.batch, verdict, why, sum(defectives), n, wilson(sum(defectives), n))


def _write(ws: Workspace, verdict: LotVerdict, reason: str) -> None:
    told = {name: getattr(verdict, name) for name in ("sample_id", "verdict", "reason", "defectives", "n")}
    at = batches.state_of(ws, verdict.batch)
    if at["state"] != "ready_for_qc":
        raise Stale(f"{verdict.batch!r} is {at['state']} by now.", hint="Its sample says nothing of it any more.")
    moves = {"accepted": "accepted", "rejected": "rework"}
    with ws.change(reason or verdict.reason) as change:
        change.add("lot_judged", told, event_id=f"lot-judged-{verdict.sample_id}")
        if verdict.verdict in moves:
            batches.add_move(change, at, moves[verdict.verdict], lot=verdict.sample_id)
    _must_be_written(change, verdict)


def _must_be_written(change: Change, verdict: LotVerdict) -> None:
    if not any(event.kind == "lot_judged" for event in change.events):
        raise Stale("Somebody else has judged this sample just now.", hint="See ws.qc.verdicts().")
    if verdict.verdict != "undecided":
        batches.written(change, verdict.batch)


def verdicts(ws: Workspace) -> pd.DataFrame:
    """List how batches were judged, the oldest first, each with its share of defectives and the interval."""
    rows = ws.query("lot_results").drop(columns=["plan"])
    counted = list(zip(rows["defectives"], rows["n"], strict=True))
    shares = [wilson(int(k), int(n)) if n else None for k, n in counted]  # a sample set aside may have no look yet
    bounds = [(one.low, one.high) if one else (np.nan, np.nan) for one in shares]
    return rows.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds])


def switching(
    ws: Workspace, *, aql: float | None = None, level: str = "II", reduced_allowed: bool = False, language: str = "en"
) -> Switch:
    """Say how the next lot is to be inspected, from the lots judged so far by the same AQL and level.

    See `workbench.sampling.switch`: a lot that was sent back and handed in again moves nothing.
    """
    rows = ws.query("lot_results").to_dict("records")
    listed = [(row, _plan(row["plan"])) for row in rows if row["verdict"] in ("accepted", "rejected")]
    history = [_result(row, plan) for row, plan in listed if plan and _alike(plan, aql, level)]
    return sampling.switch(history, reduced_allowed=reduced_allowed, lang=language)


def _alike(plan: Plan, aql: float | None, level: str) -> bool:
    return (aql is None or plan.aql == aql) and plan.level == level.upper().replace("-", "")


def _result(row: Mapping[Any, Any], plan: Plan) -> LotResult:
    accepted, found = row["verdict"] == "accepted", int(row["defectives"])
    between = plan.severity == "reduced" and accepted and plan.accept < found < plan.reject
    return LotResult(accepted, found, back_to_normal=between, resubmitted=int(row["resubmission"]) > 0)


def rework(ws: Workspace, batch: str, *, everything: bool = False) -> pd.DataFrame:
    """List the images of a batch that inspectors found something wrong with, to be mended.

    Parameters
    ----------
    everything : bool
        All images of the batch, those with defects first: a sample that was rejected says that the others have
        defects, too.

    Returns
    -------
    DataFrame
        ``image_id``, ``path``, ``defects``, ``what`` (field: defect), ``operator``; can be given to `wb.TagForm`.
    """
    batches.state_of(ws, batch)
    found = ws.query("lot_rework", batch=batch)
    return found if everything else found[found["defects"] > 0].reset_index(drop=True)
