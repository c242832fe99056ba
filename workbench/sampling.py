"""Sampling: how many of a lot are looked at, which, and what their defects say about the lot. Pure.

Plans, levels, severities and the switching rules are those of MIL-STD-105E, "Sampling procedures and tables for
inspection by attributes" (10 May 1989), whose tables stand in ``sampling_tables.toml`` as they are printed. What a plan
lets through is computed exactly: from the hypergeometric distribution for one lot, from the binomial for a run of lots,
from the Poisson distribution where defects are counted per hundred (AQL above 10). Rectifying inspection (AOQ, AOQL):
H. F. Dodge and H. G. Romig, "Sampling inspection tables" (1944).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import BadValue

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

LEVELS = ("S1", "S2", "S3", "S4", "I", "II", "III")
SEVERITIES = ("normal", "tightened", "reduced")
KINDS = ("single", "double")


# ── plans ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Plan:
    """How many to look at, and how many defectives decide.

    Attributes
    ----------
    n : int
        Size of the sample; of a double plan, of the first one.
    accept, reject : int
        Up to so many defectives the lot is accepted, from so many on rejected. Between them a double plan draws its
        second sample, and reduced inspection accepts the lot but ends.
    code : str
        Letter of the plan in the tables.
    aql : float
        Acceptable quality level: percent defective; above 10, defects per hundred.
    level, severity, kind : str
        One each of `LEVELS`, `SEVERITIES` and `KINDS`.
    lot_size : int or None
        Of the lot that it was chosen for.
    n2, accept2, reject2 : int
        Size of the second sample of a double plan, and what decides after both; 0 for a single one.
    note : str
        Why this isn't the plan one would look for, in words; mostly empty.
    """

    n: int
    accept: int
    reject: int
    code: str = ""
    aql: float = 0.0
    level: str = "II"
    severity: str = "normal"
    kind: str = "single"
    lot_size: int | None = None
    n2: int = 0
    accept2: int = 0
    reject2: int = 0
    note: str = ""

    @property
    def counts_defects(self) -> bool:
        """Whether defects are counted, of which an image can have several, instead of defective images."""
        return self.aql > 10

    def judge(self, defectives: int | Sequence[int], lang: str = "en") -> Verdict:
        """Say what becomes of a lot.

        Parameters
        ----------
        defectives : int or sequence of int
            How many were found in each sample: one number, or two once the second sample was looked at.
        lang : str
            Of the reason: ``en``, ``de`` or ``fr``; any other gets English.

        Raises
        ------
        BadValue
            More samples than the plan has, or more defectives than were looked at.
        """
        found = [defectives] if isinstance(defectives, int) else list(defectives)
        sizes = (self.n, self.n2)[: KINDS.index(self.kind) + 1]
        if not 1 <= len(found) <= len(sizes):
            raise BadValue(f"{len(found)} samples don't fit a {self.kind} plan.", hint="Give one number a sample.")
        if any(one < 0 or (one > size and not self.counts_defects) for one, size in zip(found, sizes, strict=False)):
            raise BadValue(f"{found} defectives of {sizes[: len(found)]} can't be.", hint="Count each image once.")
        accept, reject = (self.accept, self.reject) if len(found) == 1 else (self.accept2, self.reject2)
        total, n = sum(found), sum(sizes[: len(found)])
        words = _REASONS.get(lang.partition("-")[0].lower(), _REASONS["en"])
        if total >= reject:
            return Verdict("rejected", words["many"].format(found=total, n=n, limit=reject))
        if total <= accept:
            return Verdict("accepted", words["few"].format(found=total, n=n, limit=accept))
        if len(found) < len(sizes):
            return Verdict("continue", words["second"].format(found=total, n=n, n2=self.n2))
        return Verdict("accepted", words["between"].format(found=total, n=n, limit=accept), back_to_normal=True)


class Verdict(NamedTuple):
    """What becomes of a lot.

    Attributes
    ----------
    verdict : str
        ``accepted``, ``rejected`` or ``continue`` (draw the second sample).
    reason : str
        One sentence with the numbers.
    back_to_normal : bool
        Whether reduced inspection ends with this lot.
    """

    verdict: str
    reason: str
    back_to_normal: bool = False


_REASONS = {
    "en": {
        "few": "{found} defective of {n} inspected; up to {limit} are accepted.",
        "many": "{found} defective of {n} inspected; from {limit} on the lot is rejected.",
        "between": "{found} defective of {n} inspected: more than {limit}, so normal inspection is resumed.",
        "second": "{found} defective of {n} inspected decide nothing: look at the second sample of {n2}.",
    },
    "de": {
        "few": "{found} fehlerhaft von {n} geprüften; bis {limit} wird angenommen.",
        "many": "{found} fehlerhaft von {n} geprüften; ab {limit} wird das Los zurückgewiesen.",
        "between": "{found} fehlerhaft von {n} geprüften: mehr als {limit}, daher wird wieder normal geprüft.",
        "second": "{found} fehlerhaft von {n} geprüften entscheiden nichts: die zweite Stichprobe von {n2} prüfen.",
    },
    "fr": {
        "few": "{found} non conformes sur {n} contrôlées ; jusqu'à {limit}, le lot est accepté.",
        "many": "{found} non conformes sur {n} contrôlées ; à partir de {limit}, le lot est refusé.",
        "between": "{found} non conformes sur {n} contrôlées : plus de {limit}, retour au contrôle normal.",
        "second": "{found} non conformes sur {n} contrôlées ne décident rien : contrôler aussi le second de {n2}.",
    },
}


def plan(lot_size: int, *, aql: float, level: str = "II", severity: str = "normal", kind: str = "single") -> Plan:
    """Return the plan for a lot.

    Parameters
    ----------
    lot_size : int
        How many images there are in the lot.
    aql : float
        Acceptable quality level, one of `aqls`: percent defective; above 10, defects per hundred.
    level : str
        Of `LEVELS`: how much is looked at. ``II`` is the usual one; ``S1`` to ``S4`` are for costly inspections.
    severity : str
        Of `SEVERITIES`; which, `switch` says.
    kind : str
        ``single``, or ``double``: often less work, for a second sample is drawn only when the first decides nothing.

    Raises
    ------
    BadValue
        There is no such AQL, level, severity or kind, or the lot is empty.

    Examples
    --------
    >>> one = plan(1000, aql=1.0)
    >>> one.code, one.n, one.accept, one.reject
    ('J', 80, 2, 3)
    >>> two = plan(1000, aql=1.0, kind="double")
    >>> (two.n, two.accept, two.reject), (two.n2, two.accept2, two.reject2)
    ((50, 0, 3), (50, 3, 4))
    """
    level = level.upper().replace("-", "")
    _check_words(lot_size, level, severity, kind)
    letter = code_letter(lot_size, level)
    tables = _tables()
    if aql not in tables.aqls:
        raise BadValue(f"There are no plans for an AQL of {aql:g}.", hint=f"The nearest one is {_nearest(aql):g}.")
    cell = _follow(tables.plans[kind, severity], letter, tables.aqls.index(aql))
    if kind == "double" and (cell.single or cell.n + cell.n2 > lot_size):
        found = plan(lot_size, aql=aql, level=level, severity=severity)
        return replace(found, note="There is no double plan here: this is the single one.")
    found = Plan(
        min(cell.n, lot_size), cell.accept, cell.reject, cell.code, aql, level, severity, kind, lot_size,
        cell.n2, cell.accept2, cell.reject2,
    )  # fmt: skip
    notes = [f"Code letter {letter} has no plan for this AQL: {cell.code} has."] if cell.code != letter else []
    notes += ["The whole lot is inspected."] if found.n == lot_size else []
    return replace(found, note=" ".join(notes))


def code_letter(lot_size: int, level: str = "II") -> str:
    """Return the letter under which the plans for such a lot stand (table I).

    Examples
    --------
    >>> code_letter(3200), code_letter(3201), code_letter(10**7, "S1")
    ('K', 'L', 'D')
    """
    _check_words(lot_size, level, "normal", "single")
    row = next(letters for most, letters in _tables().letters if lot_size <= most)
    return row[LEVELS.index(level)]


def aqls() -> tuple[float, ...]:
    """Return the acceptable quality levels that there are plans for."""
    return _tables().aqls


class _Cell(NamedTuple):
    code: str
    n: int
    accept: int = 0
    reject: int = 0
    n2: int = 0
    accept2: int = 0
    reject2: int = 0
    single: bool = False


class _Row(NamedTuple):
    code: str
    n: int
    cells: list[str]


class _Tables(NamedTuple):
    aqls: tuple[float, ...]
    letters: list[tuple[float, list[str]]]
    plans: dict[tuple[str, str], list[_Row]]


@cache
def _tables() -> _Tables:
    read: dict[str, Any] = tomllib.loads(Path(__file__).with_name("sampling_tables.toml").read_text("utf-8"))
    letters = [(float(row[0]), row[1:]) for row in map(str.split, read["letters"].splitlines()) if row]
    rows = {
        (kind, severity): [
            _Row(row[0], int(row[1]), row[2:]) for row in map(str.split, read[kind][severity].splitlines())
        ]
        for kind in KINDS
        for severity in SEVERITIES
    }
    return _Tables(tuple(map(float, read["aql"].split())), letters, rows)


def _follow(rows: list[_Row], letter: str, column: int) -> _Cell:
    """Return the plan of a letter, following the arrows."""
    place = next(i for i, row in enumerate(rows) if row.code == letter)
    while (cell := rows[place].cells[column]) in ("^", "v"):
        place += 1 if cell == "v" else -1
    code, n, _ = rows[place]
    if cell == "*":
        return _Cell(code, 0, single=True)
    first, _, second = cell.partition("+")
    accept, reject = map(int, first.split("/"))
    if not second:
        return _Cell(code, n, accept, reject)
    accept2, reject2 = map(int, second.split("/"))
    return _Cell(code, n, accept, reject, n, accept2, reject2)


def _nearest(aql: float) -> float:
    if not aql > 0:
        return aqls()[0]
    return min(aqls(), key=lambda one: abs(math.log(one / min(aql, 1e9))))


def _check_words(lot_size: int, level: str, severity: str, kind: str) -> None:
    if lot_size < 1:
        raise BadValue("There is nothing in the lot.", hint="A lot has at least one image.")
    for word, known in ((level, LEVELS), (severity, SEVERITIES), (kind, KINDS)):
        if word not in known:
            raise BadValue(f"There is no {word!r} here.", hint=f"Say one of {', '.join(known)}.")


# ── what a plan lets through ──────────────────────────────────────────────────────────────────────────────────

_Chances = Callable[[int, int, int, int], Floats]
"""(sample, most, drawn before, found before) → the chance of 0 … most defectives; a column a quality."""


def operating_characteristic(plan: Plan, shares: npt.ArrayLike, lot_size: int | None = None) -> Floats:
    """Return the chance of being accepted at each quality.

    Parameters
    ----------
    plan : Plan
    shares : array_like of shape (m,)
        Defective images as a share of all, 0 to 1; for an AQL above 10, defects an image.
    lot_size : int, optional
        Of the one lot that is judged, whose defective images are the nearest whole number (hypergeometric
        distribution). Not given, a run of lots from a process of that quality (binomial). Defects are always taken as
        those of a process (Poisson).

    Returns
    -------
    ndarray of shape (m,)

    Examples
    --------
    >>> operating_characteristic(plan(1000, aql=1.0), [0.01, 0.05]).round(4).tolist()
    [0.9534, 0.2306]
    """
    first, second, _ = _stages(plan, *_given(plan, shares, lot_size))
    return np.asarray(np.clip(first + second, 0.0, 1.0))


def average_sample_number(plan: Plan, shares: npt.ArrayLike, lot_size: int | None = None) -> Floats:
    """Return how many images are looked at on average at each quality; parameters as `operating_characteristic`."""
    _, _, more = _stages(plan, *_given(plan, shares, lot_size))
    return np.asarray(plan.n + plan.n2 * more)


def average_outgoing_quality(plan: Plan, shares: npt.ArrayLike, lot_size: int | None = None) -> Floats:
    """Return the share that is still defective after inspection, when rejected lots are inspected whole and put right.

    Defectives found in samples are put right too. Parameters as `operating_characteristic`; without a size, lots are
    taken as large against their sample.
    """
    given = np.asarray(shares, dtype=np.float64)
    first, second, _ = _stages(plan, *_given(plan, given, lot_size))
    if lot_size is None:
        return np.asarray(given * (first + second))
    unseen = first * (lot_size - plan.n) + second * (lot_size - plan.n - plan.n2)
    return np.asarray(_whole(given, lot_size) / lot_size * unseen / lot_size)


class OutgoingLimit(NamedTuple):
    """The worst that comes out on average (AOQL), and the share going in at which it does."""

    limit: float
    share: float


def outgoing_limit(plan: Plan, lot_size: int | None = None) -> OutgoingLimit:
    """Return the average outgoing quality limit: whatever goes in, no more than this share comes out defective.

    Examples
    --------
    >>> limit, share = outgoing_limit(plan(1000, aql=1.0))
    >>> round(limit, 4), round(share, 4)
    (0.0171, 0.0281)
    """
    steps, low, high = 200, 0.0, float(lot_size or 1)
    scale = lot_size or 1
    while True:
        tried = np.linspace(low, high, steps + 1)
        tried = np.unique(np.rint(tried)) if lot_size else tried
        came_out = average_outgoing_quality(plan, tried / scale, lot_size)
        best = int(np.argmax(came_out))
        narrower = float(tried[max(0, best - 1)]), float(tried[min(len(tried) - 1, best + 1)])
        if (lot_size and high - low <= steps) or narrower[1] - narrower[0] < 1e-9:
            return OutgoingLimit(float(came_out[best]), float(tried[best]) / scale)
        low, high = narrower


def quality_accepted(plan: Plan, chance: float) -> float:
    """Return the share of defectives at which lots of a run are accepted with a chance.

    At 0.95 that is what the maker can rely on, at 0.1 what the client is protected from.

    Raises
    ------
    BadValue
        The chance isn't between 0 and 1.

    Examples
    --------
    >>> [round(quality_accepted(plan(1000, aql=1.0), chance), 4) for chance in (0.95, 0.1)]
    [0.0103, 0.0652]
    """
    if not 0 < chance < 1:
        raise BadValue(f"A chance of {chance} can't be had.", hint="Say 0.95 for 95 of 100.")
    low, high = 0.0, (plan.reject2 or plan.reject) * 60.0 / plan.n if plan.counts_defects else 1.0
    while low < (middle := (low + high) / 2) < high:
        if operating_characteristic(plan, [middle])[0] >= chance:
            low = middle
        else:
            high = middle
    return low


def _stages(plan: Plan, chances: _Chances, width: int) -> tuple[Floats, Floats, Floats]:
    """Return the chances of being accepted by the first sample, by the second, and of drawing a second."""
    first = chances(plan.n, plan.reject - 1, 0, 0)
    none = np.zeros(width)
    if plan.kind == "single":
        return first.sum(0), none, none
    second = none.copy()
    for found in range(plan.accept + 1, plan.reject):
        second += first[found] * chances(plan.n2, plan.reject2 - 1 - found, plan.n, found).sum(0)
    return first[: plan.accept + 1].sum(0), second, first[plan.accept + 1 :].sum(0)


def _given(plan: Plan, shares: npt.ArrayLike, lot_size: int | None) -> tuple[_Chances, int]:
    given = np.asarray(shares, dtype=np.float64)
    most = math.inf if plan.counts_defects else 1.0
    if given.ndim != 1 or not np.all((given >= 0) & (given <= most)):
        raise BadValue("Shares go from 0 to 1, in one row.", hint="Say 0.01 for 1 %.")
    if plan.counts_defects:
        return _poisson(given), len(given)
    if lot_size is None:
        return _binomial(given), len(given)
    if lot_size < plan.n + plan.n2:
        raise BadValue(f"{plan.n + plan.n2} of {lot_size} can't be drawn.", hint="Choose the plan for this lot's size.")
    return _hypergeometric(_whole(given, lot_size), lot_size), len(given)


def _whole(shares: Floats, lot_size: int) -> Floats:
    return np.asarray(np.rint(shares * lot_size))


def _binomial(shares: Floats) -> _Chances:
    from scipy import special  # here: a workspace opens without it

    def chances(n: int, most: int, _drawn: int, _found: int) -> Floats:
        up_to = special.bdtr(np.minimum(np.arange(most + 1), n)[:, None], n, shares)
        return np.diff(up_to, axis=0, prepend=0.0)

    return chances


def _poisson(rates: Floats) -> _Chances:
    from scipy import special  # here: a workspace opens without it

    def chances(n: int, most: int, _drawn: int, _found: int) -> Floats:
        return np.diff(special.pdtr(np.arange(most + 1)[:, None], n * rates), axis=0, prepend=0.0)

    return chances


def _hypergeometric(wrong: Floats, lot_size: int) -> _Chances:
    def chances(n: int, most: int, drawn: int, found: int) -> Floats:
        return _drawn_chances(n, most, lot_size - drawn, np.maximum(wrong - found, 0.0))

    return chances


def _drawn_chances(n: int, most: int, lot: int, wrong: Floats) -> Floats:
    """Return the chances of 0 … most defectives when n of a lot are drawn without putting back.

    From the fewest that there can be on, each from the one before. The logarithm of a factorial would cost the digits
    that are wanted here: at ten million it is only known to 3e-8.
    """
    right = lot - wrong
    fewest = np.maximum(0.0, n - right)
    place = np.arange(n)[:, None]
    left = np.where(fewest > 0, n, right) - place
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.where(place < np.minimum(n, right), np.log(left / (lot - place)), 0.0)
        chance = factors.sum(0)
        rows = np.full((most + 1, len(wrong)), -np.inf)
        for k in range(most + 1):
            rows[k] = np.where(k < fewest, -np.inf, chance)
            onward = np.log((wrong - k) * (n - k)) - np.log((k + 1) * (right - n + k + 1))
            chance = np.where(k < fewest, chance, chance + onward)
    return np.asarray(np.exp(np.nan_to_num(rows, nan=-np.inf, posinf=-np.inf)))


# ── switching ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LotResult:
    """How one lot fared, the first time it was handed in or again.

    Attributes
    ----------
    accepted : bool
    defectives : int
        In all samples looked at.
    back_to_normal : bool
        As in `Verdict`.
    resubmitted : bool
        Whether it was rejected before; such a lot moves nothing.
    """

    accepted: bool
    defectives: int = 0
    back_to_normal: bool = False
    resubmitted: bool = False


class Switch(NamedTuple):
    """How the next lot is to be inspected: one of `SEVERITIES` or ``discontinued``, and why, in words."""

    severity: str
    reason: str


def switch(
    history: Iterable[LotResult],
    *,
    start: str = "normal",
    reduced_allowed: bool = False,
    limit: int | None = None,
    lang: str = "en",
) -> Switch:
    """Say how the next lot is to be inspected (MIL-STD-105E, 4.7 and 4.8).

    Normal → tightened: two of up to five consecutive lots rejected. Tightened → normal: five consecutive accepted.
    Tightened → discontinued: five rejected while it lasts. Normal → reduced, where it was agreed: ten consecutive
    accepted, with no more defectives than ``limit``. Reduced → normal: one rejected, or accepted between the numbers.

    Parameters
    ----------
    history : iterable of LotResult
        The lots since ``start``, the oldest first.
    start : str
        How the first of them was inspected: ``normal``, or ``tightened`` after work was resumed.
    reduced_allowed : bool
        Whether who is responsible wants less inspection for good work, and the work comes in steadily.
    limit : int, optional
        How many defectives the ten lots may have had in all, if the contract keeps that condition (table VIII of the
        standard, which isn't stored here; its successor ANSI/ASQ Z1.4 lets both sides drop it).
    lang : str
        Of the reason: ``en``, ``de`` or ``fr``; any other gets English.
    """
    if start not in SEVERITIES:
        raise BadValue(f"There is no {start!r} here.", hint=f"Say one of {', '.join(SEVERITIES)}.")
    severity, why = start, "start"
    since: list[LotResult] = []
    for lot in history:
        if lot.resubmitted:
            continue
        since.append(lot)
        moved = _MOVES[severity](since, reduced_allowed, limit)
        if moved:
            severity, why = moved
            since = []
    words = _SWITCHES.get(lang.partition("-")[0].lower(), _SWITCHES["en"])
    return Switch(severity, words[why if why != "start" or start == "normal" else "as_agreed"])


_Moved = tuple[str, str] | None


def _from_normal(since: list[LotResult], reduced_allowed: bool, limit: int | None) -> _Moved:
    if sum(not lot.accepted for lot in since[-5:]) >= 2:
        return "tightened", "two_of_five"
    ten = since[-10:]
    good = len(ten) == 10 and all(lot.accepted for lot in ten)
    if reduced_allowed and good and (limit is None or sum(lot.defectives for lot in ten) <= limit):
        return "reduced", "ten_good"
    return None


def _from_tightened(since: list[LotResult], _allowed: bool, _limit: int | None) -> _Moved:
    if sum(not lot.accepted for lot in since) >= 5:
        return "discontinued", "five_bad"
    five = since[-5:]
    return ("normal", "five_good") if len(five) == 5 and all(lot.accepted for lot in five) else None


def _from_reduced(since: list[LotResult], allowed: bool, _limit: int | None) -> _Moved:
    if not since[-1].accepted:
        return "normal", "one_bad"
    if since[-1].back_to_normal:
        return "normal", "between"
    return None if allowed else ("normal", "not_agreed")


_MOVES: dict[str, Callable[[list[LotResult], bool, int | None], _Moved]] = {
    "normal": _from_normal,
    "tightened": _from_tightened,
    "reduced": _from_reduced,
    "discontinued": lambda _since, _allowed, _limit: None,
}

_SWITCHES = {
    "en": {
        "start": "Inspection begins as normal.",
        "as_agreed": "Inspection goes on as it began.",
        "two_of_five": "Tightened: two of five consecutive lots were rejected.",
        "ten_good": "Reduced: ten consecutive lots were accepted.",
        "five_good": "Normal again: five consecutive lots were accepted under tightened inspection.",
        "five_bad": "Stop: five lots were rejected under tightened inspection. Mend the work before it goes on.",
        "one_bad": "Normal again: a lot was rejected under reduced inspection.",
        "between": "Normal again: a lot had more defectives than reduced inspection allows.",
        "not_agreed": "Normal again: reduced inspection isn't agreed any more.",
    },
    "de": {
        "start": "Die Prüfung beginnt normal.",
        "as_agreed": "Die Prüfung geht weiter, wie sie begann.",
        "two_of_five": "Verschärft: zwei von fünf aufeinanderfolgenden Losen wurden zurückgewiesen.",
        "ten_good": "Reduziert: zehn aufeinanderfolgende Lose wurden angenommen.",
        "five_good": "Wieder normal: fünf aufeinanderfolgende Lose wurden bei verschärfter Prüfung angenommen.",
        "five_bad": "Halt: fünf Lose wurden bei verschärfter Prüfung zurückgewiesen. Erst die Arbeit verbessern.",
        "one_bad": "Wieder normal: ein Los wurde bei reduzierter Prüfung zurückgewiesen.",
        "between": "Wieder normal: ein Los hatte mehr Fehler, als die reduzierte Prüfung erlaubt.",
        "not_agreed": "Wieder normal: reduzierte Prüfung ist nicht mehr vereinbart.",
    },
    "fr": {
        "start": "Le contrôle commence en mode normal.",
        "as_agreed": "Le contrôle continue comme il a commencé.",
        "two_of_five": "Renforcé : deux lots sur cinq consécutifs ont été refusés.",
        "ten_good": "Réduit : dix lots consécutifs ont été acceptés.",
        "five_good": "Retour au normal : cinq lots consécutifs ont été acceptés en contrôle renforcé.",
        "five_bad": "Arrêt : cinq lots ont été refusés en contrôle renforcé. Améliorer d'abord le travail.",
        "one_bad": "Retour au normal : un lot a été refusé en contrôle réduit.",
        "between": "Retour au normal : un lot avait plus de défauts que le contrôle réduit n'en permet.",
        "not_agreed": "Retour au normal : le contrôle réduit n'est plus convenu.",
    },
}


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────


def draw(
    rows: int | Sequence[object],
    n: int,
    *,
    seed: int,
    strata: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    least: int = 5,
) -> Positions:
    """Draw a sample, each image at most once; the same again from the same seed, on any machine.

    Parameters
    ----------
    rows : int or sequence
        How many there are, or what they are. Their order belongs to the seed: sort them before.
    n : int
        How many to draw; no more than there are.
    seed : int
        Not negative; recorded with the sample.
    strata : array_like of shape (rows,), optional
        What each belongs to (its operator, source, category): every one gets its share of the sample, as `allocate`
        says. Whole numbers are the quickest.
    weights : array_like of shape (rows,), optional
        How likely each is to be drawn next, against the others: its risk. 0 is never drawn. A sample drawn so finds
        more defects than the lot has: don't take its share of defectives for the lot's.
    least : int
        How many every stratum gets at least, where there are as many.

    Returns
    -------
    ndarray of int64, shape (n,)
        Positions from 0, in the order drawn: any beginning of them is a random sample itself.

    Raises
    ------
    BadValue
        More than there are (with a weight above 0), a negative weight or seed, or arrays of another length.

    Examples
    --------
    >>> draw(1_000_000, 4, seed=7).tolist()
    [348043, 938325, 826786, 733314]
    """
    size = rows if isinstance(rows, int) else len(rows)
    dice = _Dice(seed)
    risk = None if weights is None else _checked_weights(weights, size)
    there = size if risk is None else int(np.count_nonzero(risk))
    if not 0 <= n <= there:
        raise BadValue(f"{n} of {there} can't be drawn.", hint="Draw fewer; a weight of 0 is never drawn.")
    if strata is None:
        return _drawn(dice, size, n, risk)
    codes, sizes = _strata(strata, size)
    if risk is not None:
        sizes = np.bincount(codes, weights=risk > 0, minlength=len(sizes)).astype(np.int64)
    pool = _drawn(dice, size, min(there, 4 * n + 100), risk)
    parts = [np.empty(0, np.int64)]
    for code, wanted in enumerate(allocate(sizes.tolist(), n, least=least)):
        mine = pool[codes[pool] == code][:wanted]
        if len(mine) < wanted:  # a small one, of which the pool has too few
            rest = np.setdiff1d(np.flatnonzero(codes == code), mine, assume_unique=True)
            more = _drawn(dice, len(rest), wanted - len(mine), None if risk is None else risk[rest])
            mine = np.concatenate([mine, rest[more]])
        parts.append(mine)
    together = np.concatenate(parts)
    return np.asarray(together[dice.order(len(together))])


def allocate(sizes: Sequence[int], n: int, *, least: int = 5) -> list[int]:
    """Share out a sample over strata: in proportion to their sizes, the small ones ``least`` where they have as many.

    When there isn't enough for that, the minimum shrinks until there is. What is left over after rounding down goes
    where most was cut off.

    Examples
    --------
    >>> allocate([9000, 900, 90, 3], 100)
    [83, 9, 5, 3]
    """
    total = sum(sizes)
    if not 0 <= n <= total:
        raise BadValue(f"{n} of {total} can't be drawn.", hint="Draw fewer.")
    filled = sum(size > 0 for size in sizes)
    given = [min(size, least, n // filled) for size in sizes] if filled else [0] * len(sizes)
    rest = n - sum(given)
    short = [max(0, n * size - total * one) for size, one in zip(sizes, given, strict=True)]
    parts = [divmod(rest * one, max(1, sum(short))) for one in short]
    first = sorted(range(len(sizes)), key=lambda i: (-parts[i][1], i))
    rounded_up = set(first[: rest - sum(whole for whole, _ in parts)])
    return [one + parts[i][0] + (i in rounded_up) for i, one in enumerate(given)]


class _Dice:
    """Random numbers that stay the same: of numpy's, only the raw stream of a bit generator is promised to."""

    def __init__(self, seed: int) -> None:
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise BadValue(f"{seed!r} is no seed.", hint="Any whole number from 0 on will do.")
        self._stream = np.random.PCG64(seed)

    def below(self, size: int, count: int) -> Positions:
        """Return numbers from 0 to size - 1; a few fewer than asked for, for the sake of equal chances."""
        raw = self._stream.random_raw(count)
        if 2**64 % size:
            raw = raw[raw < np.uint64(2**64 - 2**64 % size)]
        return np.asarray(raw % np.uint64(size), dtype=np.int64)

    def between(self, count: int) -> Floats:
        """Return numbers above 0 and below 1."""
        return np.asarray(((self._stream.random_raw(count) >> np.uint64(11)) + 0.5) * 2.0**-53)

    def order(self, size: int) -> Positions:
        return np.argsort(self._stream.random_raw(size), kind="stable").astype(np.int64)


def _drawn(dice: _Dice, size: int, n: int, risk: Floats | None) -> Positions:
    if risk is not None:
        return _drawn_by_risk(dice, n, risk)
    if n * 4 >= size:
        return dice.order(size)[:n]
    found: dict[int, None] = {}
    while len(found) < n:
        found |= dict.fromkeys(dice.below(size, n - len(found) + 16).tolist())
    return np.fromiter(found, np.int64, len(found))[:n]


def _drawn_by_risk(dice: _Dice, n: int, risk: Floats) -> Positions:
    """Draw one after another in proportion to the weights of those that are left.

    First by drawing with putting back and passing over who came before; then, when that becomes rare luck, the rest by
    P. S. Efraimidis and P. G. Spirakis, "Weighted random sampling with a reservoir", Inf. Process. Lett. 97 (2006).
    """
    up_to = np.cumsum(risk)
    found: dict[int, None] = {}
    for _ in range(4):
        if len(found) < n:
            at = np.searchsorted(up_to, dice.between(n - len(found) + 16) * up_to[-1], side="right")
            found |= dict.fromkeys(at.tolist())
    first = np.fromiter(found, np.int64, len(found))[:n]
    if len(first) == n:
        return first
    rest = risk.copy()
    rest[first] = 0.0
    left = np.flatnonzero(rest)
    late = -np.log(dice.between(len(left))) / rest[left]
    return np.concatenate([first, left[np.argsort(late, kind="stable")[: n - len(first)]]])


def _checked_weights(weights: npt.ArrayLike, size: int) -> Floats:
    risk = np.asarray(weights, dtype=np.float64)
    if risk.shape != (size,) or (size and not (risk.min() >= 0 and risk.max() < np.inf)):
        raise BadValue("Each row needs one weight from 0 on.", hint="Leave out weights for equal chances.")
    return risk


def _strata(strata: npt.ArrayLike, size: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the number of each one's stratum, and their sizes; strata are sorted, so that rows' order says nothing."""
    labels: npt.NDArray[Any] = np.asarray(strata)
    if labels.shape != (size,):
        raise BadValue(f"{labels.shape} strata don't fit {size} rows.", hint="Give one for each row.")
    if labels.dtype.kind in "iu" and size and labels.min() >= 0 and labels.max() < 1000:
        return labels, np.bincount(labels)
    codes, names = pd.factorize(labels, use_na_sentinel=False)
    ranks = np.argsort(sorted(range(len(names)), key=lambda i: (pd.isna(names[i]), str(names[i]))))
    codes = ranks[codes]
    return codes, np.bincount(codes, minlength=len(names))
