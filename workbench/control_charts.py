"""Control charts: whether somebody's work changed, or only chance did. Pure.

Shares of defectives over time (p-chart): W. A. Shewhart, "Economic control of quality of manufactured product" (1931),
with exact binomial limits where images are few, and D. B. Laney's where they are so many that every point would lie
outside ("Improved control charts for attributes", Quality Engineering 14, 2002). Runs: "Statistical quality control
handbook", Western Electric (1956), and L. S. Nelson, Journal of Quality Technology 16 (1984). Answers one by one
(CUSUM): M. R. Reynolds and Z. G. Stoumbos, "A CUSUM chart for monitoring a proportion when inspecting continuously",
Journal of Quality Technology 31 (1999).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import BadValue
from workbench.intervals import percent

Floats = npt.NDArray[np.float64]

LIMITS = ("auto", "exact", "normal", "laney")
_TAIL = 0.5 * math.erfc(3 / math.sqrt(2))
"""The chance of lying beyond three standard deviations on one side: 0.00135."""
_NEVER = 1e12
_ENOUGH = 5.0
"""Expected defectives from which a share is about normally distributed."""


class Signal(NamedTuple):
    """Something on a chart that chance hardly explains.

    Attributes
    ----------
    at : int
        Position of the point where it shows.
    rule : str
        ``outside``, ``run`` (nine on one side), ``trend`` (six up or down), ``two_of_three`` or ``cusum``.
    worse : bool
        Whether it points to more defects.
    text : str
        The same in a sentence.
    """

    at: int
    rule: str
    worse: bool
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A control chart.

    Attributes
    ----------
    kind : str
        ``p``, ``p'`` (Laney's) or ``cusum``.
    labels : tuple of str
        What each point is: a day, a batch.
    points : ndarray of shape (k,)
        Shares, 0 to 1; of a CUSUM, wrong answers above what is allowed.
    centre : float
        The share that is usual.
    low, high : ndarray of shape (k,)
        Between these chance alone brings nearly every point.
    defectives, inspected : tuple of int
        What the points are made of.
    signals : tuple of Signal
        In order of time.
    method : str
        How the limits were made, in words.
    spread : float
        Laney's σ of z: by how much points vary more than counting alone would make them; 1 for other limits.
    """

    kind: str
    labels: tuple[str, ...]
    points: Floats
    centre: float
    low: Floats
    high: Floats
    defectives: tuple[int, ...]
    inspected: tuple[int, ...]
    signals: tuple[Signal, ...]
    method: str
    spread: float = 1.0

    @property
    def in_control(self) -> bool:
        """Whether there is no signal."""
        return not self.signals


def p_chart(
    defectives: Sequence[int],
    inspected: Sequence[int],
    *,
    labels: Sequence[str] | None = None,
    limits: str = "auto",
    centre: float | None = None,
    lang: str = "en",
) -> Chart:
    """Chart shares of defectives over time.

    Parameters
    ----------
    defectives, inspected : sequence of int, shape (k,)
        How many were found wrong, of how many looked at, in order of time.
    labels : sequence of str, optional
        What each point is; numbered from 1 when not given.
    limits : str
        ``exact`` (binomial, a chance of 0.135 % on each side), ``normal`` (three standard deviations), ``laney`` (three
        standard deviations as the points really vary), or ``auto``: Laney's where there are ten points of five expected
        defectives and more that vary more than counting explains, else exact.
    centre : float, optional
        The share that is usual, if known from before; that of all points when not given.
    lang : str
        Of the signals: ``en``, ``de`` or ``fr``; any other gets English.

    Raises
    ------
    BadValue
        More were wrong than looked at, nothing was looked at, or the sequences differ in length.

    Examples
    --------
    >>> chart = p_chart([3, 2, 4, 18], [200, 200, 200, 200])
    >>> [signal.text for signal in chart.signals]
    ['4: 18 of 200 defective (9.0 %), more than the 8.0 % that chance explains.']
    """
    if limits not in LIMITS:
        raise BadValue(f"There are no {limits!r} limits.", hint=f"Say one of {', '.join(LIMITS)}.")
    wrong, n = _counts(defectives, inspected)
    usual = float(wrong.sum() / n.sum()) if centre is None else centre
    if not 0 <= usual <= 1:
        raise BadValue(f"A share of {centre} can't be usual.", hint="Say 0.02 for 2 %.")
    shares, error = wrong / n, np.sqrt(usual * (1 - usual) / n)
    z = np.divide(shares - usual, error, out=np.zeros_like(shares), where=error > 0)
    spread = float(np.abs(np.diff(z)).mean() / 1.128) if len(z) > 1 else 1.0
    if limits == "auto":
        many = len(z) >= 10 and float((n * min(usual, 1 - usual)).min()) >= _ENOUGH
        limits = "laney" if many and spread > _spread_of_chance(len(z)) else "exact"
    spread = spread if limits == "laney" else 1.0
    low, high = _exact_limits(usual, n) if limits == "exact" else _normal_limits(usual, error * spread)
    names = tuple(labels) if labels is not None else tuple(str(at + 1) for at in range(len(z)))
    if len(names) != len(z):
        raise BadValue(f"{len(names)} labels don't fit {len(z)} points.", hint="Give one for each point.")
    words = _words(lang)
    z = z / spread if spread > 0 else z
    z = np.where(n * min(usual, 1 - usual) >= _ENOUGH, z, np.sign(z))  # where few are expected only the side counts
    found = [*_outside(shares, low, high), *_runs(z), *_trends(shares), *_two_of_three(z)]
    signals = tuple(
        Signal(at, rule, worse, _said(words, rule, worse, names[at], int(wrong[at]), int(n[at]), low[at], high[at]))
        for at, rule, worse in sorted(found)
    )
    kind = "p'" if limits == "laney" else "p"
    counted = tuple(wrong.astype(int).tolist()), tuple(n.astype(int).tolist())
    return Chart(kind, names, shares, usual, low, high, *counted, signals, words[limits], spread)


def cusum(
    wrong: Sequence[bool] | Sequence[int],
    *,
    good: float = 0.02,
    bad: float = 0.06,
    false_alarm: int = 1000,
    labels: Sequence[str] | None = None,
    lang: str = "en",
) -> Chart:
    """Chart answers to gold items one by one: the chart climbs while more are wrong than should be.

    Parameters
    ----------
    wrong : sequence of bool, shape (k,)
        In order of time, whether each answer was wrong.
    good, bad : float
        Shares of wrong answers: that of good work, and that which is to be noticed.
    false_alarm : int
        After how many answers, on average, good work would raise an alarm.
    labels : sequence of str, optional
        What each answer is; numbered from 1 when not given.
    lang : str
        Of the signals.

    Returns
    -------
    Chart
        Its points are wrong answers above what is allowed, never below 0; after a signal it begins at 0 again.

    Raises
    ------
    BadValue
        ``good`` isn't below ``bad``, or there is no such average.

    Examples
    --------
    >>> chart = cusum([False] * 20 + [True, False, True, True])
    >>> round(float(chart.high[0]), 2), chart.signals[0].at
    (2.44, 23)
    """
    if not 0 < good < bad < 1 or false_alarm < 1:
        raise BadValue(f"{good:g} can't be told from {bad:g}.", hint="Good work has fewer wrong answers than bad.")
    answers = np.asarray(wrong, dtype=np.int64)
    if answers.ndim != 1 or ((answers != 0) & (answers != 1)).any():
        raise BadValue("An answer is right or wrong.", hint="Give True where it was wrong.")
    pace = cusum_pace(good, bad)
    steps = cusum_limit(good, pace, false_alarm)
    names = tuple(labels) if labels is not None else tuple(str(at + 1) for at in range(len(answers)))
    if len(names) != len(answers):
        raise BadValue(f"{len(names)} labels don't fit {len(answers)} answers.", hint="Give one for each answer.")
    words = _words(lang)
    height, heights, signals, since = 0, [], [], 0
    for at, one in enumerate(answers.tolist()):
        height = max(0, height + one * pace - 1)
        heights.append(height / pace)
        if height >= steps:
            count, seen = int(answers[since : at + 1].sum()), at + 1 - since
            text = words["cusum"].format(label=names[at], wrong=count, n=seen, good=percent(good))
            signals.append(Signal(at, "cusum", True, text))
            height, since = 0, at + 1
        elif height == 0:
            since = at + 1
    level = np.full(len(answers), steps / pace)
    method = words["cusum_limit"].format(good=percent(good), bad=percent(bad), every=f"{false_alarm:,}")
    counted = tuple(answers.tolist()), (1,) * len(answers)
    points = np.array(heights, dtype=np.float64)
    return Chart("cusum", names, points, 0.0, np.zeros(len(answers)), level, *counted, tuple(signals), method)


def cusum_pace(good: float, bad: float) -> int:
    """Return how many right answers make up for a wrong one, halfway between good and bad in likelihood."""
    right = math.log((1 - good) / (1 - bad))
    return max(2, round(math.log(bad * (1 - good) / (good * (1 - bad))) / right))


def cusum_limit(share: float, pace: int, false_alarm: int) -> int:
    """Return the height, in steps of a right answer, that work of a share of errors reaches so rarely."""
    high = pace
    while cusum_length(share, pace, high) < false_alarm:
        high *= 2
    low = 1
    while low < high:
        middle = (low + high) // 2
        if cusum_length(share, pace, middle) < false_alarm:
            low = middle + 1
        else:
            high = middle
    return low


def cusum_length(share: float, pace: int, limit: int) -> float:
    """Return how many answers it takes on average until the chart reaches a limit, exactly (a Markov chain).

    Parameters
    ----------
    share : float
        Of wrong answers, above 0 and below 1.
    pace : int
        Steps down for a right answer are 1, up for a wrong one ``pace - 1``.
    limit : int
        In steps.
    """
    from scipy import linalg  # here: a workspace opens without it

    above = min(pace - 1, limit - 1)
    bands = np.zeros((above + 2, limit))
    bands[above] = 1.0
    bands[above + 1, :-1] = share - 1.0
    bands[above, 0] -= 1.0 - share
    if pace - 1 < limit:
        bands[above - (pace - 1), pace - 1 :] -= share
    length = float(linalg.solve_banded((1, above), bands, np.ones(limit))[0])
    return length if 0 < length < _NEVER else math.inf  # beyond that the digits are spent


# ── limits and rules ──────────────────────────────────────────────────────────────────────────────────────────


def _counts(defectives: Sequence[int], inspected: Sequence[int]) -> tuple[Floats, Floats]:
    wrong, n = np.asarray(defectives, dtype=np.float64), np.asarray(inspected, dtype=np.float64)
    if wrong.shape != n.shape or wrong.ndim != 1 or not len(n):
        raise BadValue("A chart needs as many numbers inspected as defective.", hint="Give one of each a point.")
    if not ((n >= 1) & (wrong >= 0) & (wrong <= n)).all():
        raise BadValue("More were defective than inspected, or none inspected.", hint="Leave out empty points.")
    return wrong, n


def _normal_limits(usual: float, error: Floats) -> tuple[Floats, Floats]:
    return np.clip(usual - 3 * error, 0.0, 1.0), np.clip(usual + 3 * error, 0.0, 1.0)


def _exact_limits(usual: float, n: Floats) -> tuple[Floats, Floats]:
    """Return the binomial distribution's quantiles, as shares."""
    from scipy import special  # here: a workspace opens without it

    ends = []
    for chance in (_TAIL, 1 - _TAIL):
        if usual in (0.0, 1.0):
            ends.append(np.full(len(n), usual))
            continue
        counts = np.clip(np.ceil(special.bdtrik(chance, n, usual)), 0, n)
        counts = np.where(np.isnan(counts), 0, counts)
        counts = np.where(
            (counts > 0) & (special.bdtr(counts - 1, n.astype(np.int64), usual) >= chance), counts - 1, counts
        )
        ends.append(counts / n)
    return ends[0], ends[1]


def _spread_of_chance(points: int) -> float:
    """Return the spread that points hardly exceed when only counting makes them vary."""
    return 1.0 + 2.0 * math.sqrt(0.826 / (points - 1))


_Found = tuple[int, str, bool]


def _outside(shares: Floats, low: Floats, high: Floats) -> Iterator[_Found]:
    for at in np.flatnonzero((shares > high + 1e-12) | (shares < low - 1e-12)).tolist():
        yield at, "outside", bool(shares[at] > high[at])


def _runs(z: Floats) -> Iterator[_Found]:
    """Find nine points in a row on one side of the centre."""
    yield from _streaks(np.sign(z), 9, "run")


def _trends(shares: Floats) -> Iterator[_Found]:
    """Find six points in a row that each go up, or each go down."""
    for at, rule, worse in _streaks(np.sign(np.diff(shares)), 5, "trend"):
        yield at + 1, rule, worse


def _streaks(signs: Floats, long: int, rule: str) -> Iterator[_Found]:
    """Find where a streak of one sign gets so long; it is told of once."""
    length = 0
    for at, sign in enumerate(signs.tolist()):
        length = length + 1 if at and sign == signs[at - 1] else 1
        if sign and length == long:
            yield at, rule, sign > 0


def _two_of_three(z: Floats) -> Iterator[_Found]:
    """Find two of three points beyond two standard deviations on one side, neither of them outside the limits."""
    for side in (1.0, -1.0):
        far = (z * side > 2) & (z * side <= 3)
        for at in range(1, len(z)):
            if far[at] and far[max(0, at - 2) : at].any():
                yield at, "two_of_three", side > 0


def _said(
    words: dict[str, str], rule: str, worse: bool, label: str, wrong: int, n: int, low: float, high: float
) -> str:
    rule_words = words[f"{rule}_{'worse' if worse else 'better'}"]
    share, limit = percent(wrong / n), percent(high if worse else low)
    return rule_words.format(label=label, wrong=f"{wrong:,}", n=f"{n:,}", share=share, limit=limit)


@cache
def _words(lang: str) -> dict[str, str]:
    read = tomllib.loads(Path(__file__).with_name("control_chart_words.toml").read_text("utf-8"))
    found: dict[str, str] = read.get(lang.partition("-")[0].lower(), read["en"])
    return found
