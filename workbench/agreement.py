"""Agreement: how far people say the same of the same images, beyond what chance would do. Pure.

Share of equal answers; J. Cohen, "A coefficient of agreement for nominal scales" (1960) and "Weighted kappa" (1968),
with the variance of J. L. Fleiss, J. Cohen and B. S. Everitt, Psychological Bulletin 72 (1969); J. L. Fleiss,
"Measuring nominal scale agreement among many raters" (1971), with the variance of K. L. Gwet, "Large-sample variance of
Fleiss generalized kappa", Educational and Psychological Measurement 81 (2021); K. Krippendorff, "Computing
Krippendorff's alpha-reliability" (2011), with a bootstrap over images.

Answers are anything that can be compared for equality; None and NaN are missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import BadValue
from workbench.in_words import InWords
from workbench.intervals import clopper_pearson, wilson

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Answers = Sequence[object] | npt.NDArray[Any]

WEIGHTS = ("linear", "quadratic")
SCALES = ("nominal", "ordinal", "interval", "ratio")
_REPLICATES, _FEWER = 1000, 200
_MANY = 2000


@dataclass(frozen=True, slots=True)
class Agreement(InWords):
    """A coefficient of agreement with what it is worth.

    Attributes
    ----------
    value : float
        1 is perfect; of the coefficients, 0 is what chance does. NaN where it says nothing: all answers are the same.
    low, high : float
        Its interval.
    n : int
        How many images were compared: those with answers of two people at least.
    method : str
        The coefficient, and how the interval was made.
    confidence : float
        Two-sided.
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    confidence: float = 0.95

    @property
    def defined(self) -> bool:
        """Whether it says anything."""
        return not math.isnan(self.value)

    def __str__(self) -> str:
        if not self.defined:
            return f"undefined for {self.n:,} images ({self.method})"
        said = f"{100 * self.confidence:g} %: {self.low:.3f}–{self.high:.3f}, n = {self.n:,}"
        return f"{self.value:.3f} ({said}, {self.method})"


def percent(a: Answers, b: Answers, *, confidence: float = 0.95) -> Agreement:
    """Return the share of images of which two people say the same, from 0 to 1, with Wilson's interval.

    Parameters
    ----------
    a, b : sequence of shape (images,)
        Their answers; images with a missing one are passed over.
    confidence : float

    Raises
    ------
    BadValue
        The lengths differ, or there is no image with two answers.
    """
    codes, _ = _coded([a, b])
    both = codes[:, (codes >= 0).all(0)]
    same, n = int((both[0] == both[1]).sum()), both.shape[1]
    _some(n)
    interval = wilson(same, n, confidence)
    return Agreement(interval.share, interval.low, interval.high, n, "share of equal answers, Wilson", confidence)


def cohen_kappa(
    a: Answers,
    b: Answers,
    *,
    weights: str | None = None,
    order: Sequence[object] | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Return Cohen's κ of two people.

    Parameters
    ----------
    a, b : sequence of shape (images,)
        Their answers; images with a missing one are passed over.
    weights : str, optional
        How much answers further apart disagree more: ``linear`` or ``quadratic`` in the number of steps.
    order : sequence, optional
        The answers there are, from the least to the greatest; sorted when not given. It matters with weights only.
    confidence : float

    Raises
    ------
    BadValue
        The lengths differ, there is no image with two answers, or answers aren't in the order, or can't be sorted.

    Examples
    --------
    >>> print(cohen_kappa("aabbabbbaa", "aabbbbbaaa"))
    0.600 (95 %: 0.104–1.000, n = 10, Cohen's κ, Fleiss–Cohen–Everitt variance)
    """
    if weights not in (None, *WEIGHTS):
        raise BadValue(f"There are no {weights!r} weights.", hint="Say linear or quadratic.")
    codes, values = _coded([a, b], order=order, in_order=weights is not None)
    both = codes[:, (codes >= 0).all(0)]
    n, size = both.shape[1], len(values)
    _some(n)
    named = f"Cohen's κ{f' ({weights} weights)' if weights else ''}"
    if size > _MANY:
        raise BadValue(f"{size:,} different answers are no categories.", hint="Take krippendorff_alpha.")
    table = np.bincount(both[0] * size + both[1], minlength=size * size).reshape(size, size) / n
    rows, columns = table.sum(1), table.sum(0)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(1, size - 1)
    agreed = 1.0 - ((apart > 0) if weights is None else apart if weights == "linear" else apart**2)
    chance = float(rows @ agreed @ columns)
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        return _undefined(n, named, confidence)
    kappa = (float((table * agreed).sum()) - chance) / (1.0 - chance)
    if not (table * (1 - agreed)).any():
        return _perfect(n, 1.0 - chance, named, confidence)
    margins = np.add.outer(agreed @ columns, rows @ agreed)
    spread = float((table * (agreed - margins * (1 - kappa)) ** 2).sum()) - (kappa - chance * (1 - kappa)) ** 2
    error = math.sqrt(max(0.0, spread) / n) / (1.0 - chance)
    return _around(kappa, error, n, f"{named}, Fleiss–Cohen–Everitt variance", confidence)


def fleiss_kappa(ratings: Iterable[Answers], *, confidence: float = 0.95) -> Agreement:
    """Return Fleiss' κ of several people, all of whom answered for every image.

    Parameters
    ----------
    ratings : iterable of sequences, shape (people, images)
        Who gave which answer doesn't matter, how many people did.
    confidence : float

    Raises
    ------
    BadValue
        The lengths differ, answers are missing, or there are fewer than two people, or no images.
    """
    codes, values = _coded(ratings)
    people, n = codes.shape
    _some(n)
    if (codes < 0).any():
        raise BadValue("Fleiss' κ needs everybody's answer for every image.", hint="Take krippendorff_alpha.")
    named = "Fleiss' κ"
    shares = np.bincount(codes.ravel(), minlength=len(values)) / codes.size
    chance = float(shares @ shares)
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        return _undefined(n, named, confidence)
    same = np.zeros(n)
    for one in codes:
        same += (codes == one).sum(0)
    agreed = (same - people) / (people * (people - 1))
    kappa = (float(agreed.mean()) - chance) / (1.0 - chance)
    if (agreed == 1.0).all():
        return _perfect(n, 1.0 - chance, named, confidence)
    expected = shares[codes].mean(0)
    each = (agreed - chance) / (1.0 - chance) - 2 * (1 - kappa) * (expected - chance) / (1.0 - chance)
    error = math.sqrt(float(((each - kappa) ** 2).sum()) / n / max(1, n - 1))
    return _around(kappa, error, n, f"{named}, Gwet's variance", confidence)


def krippendorff_alpha(
    ratings: Iterable[Answers],
    *,
    scale: str = "nominal",
    order: Sequence[object] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    replicates: int | None = None,
) -> Agreement:
    """Return Krippendorff's α of any number of people, with any answers missing.

    Parameters
    ----------
    ratings : iterable of sequences, shape (people, images)
        Images with fewer than two answers are passed over.
    scale : str
        ``nominal`` (equal or not), ``ordinal`` (ranks), ``interval`` (differences count, as of years) or ``ratio``
        (proportions count, as of weights; nothing below 0).
    order : sequence, optional
        For ``ordinal``: the answers there are, from the least to the greatest; sorted when not given.
    confidence : float
    seed, replicates : int, optional
        Of the bootstrap over images, which the interval's ends are quantiles of.

    Raises
    ------
    BadValue
        The lengths differ, no image has two answers, the scale needs numbers and these aren't, or there is no such one.

    Notes
    -----
    With the values in order, an ordinal difference is one of mid-ranks, so that both ordinal and interval
    disagreement come from sums of squares: no matrix of all values against all is made.

    Examples
    --------
    >>> from math import nan
    >>> krippendorff_alpha([[1, 2, 3, 3, nan, 1], [1, 2, 3, 2, 2, nan]]).n
    4
    """
    if scale not in SCALES:
        raise BadValue(f"There is no scale {scale!r}.", hint=f"Say one of {', '.join(SCALES)}.")
    codes, values = _coded(ratings, order=order if scale == "ordinal" else None, in_order=scale == "ordinal")
    codes = codes[:, (codes >= 0).sum(0) >= 2]
    n = codes.shape[1]
    _some(n)
    units = _Units(*_patterns(codes, len(values)), scale, _numbers(values, scale))
    named = f"Krippendorff's α ({scale})"
    alpha = units.alpha(units.counts)
    if math.isnan(alpha):
        return _undefined(n, named, confidence)
    if alpha == 1.0:
        return _perfect(n, units.nominal_chance(), named, confidence)
    count = replicates or (_REPLICATES if len(units.counts) <= _MANY else _FEWER)
    again = np.array([units.alpha(weights) for weights in units.resampled(count, seed)])
    again = again[~np.isnan(again)]
    if not len(again) or np.ptp(again) == 0:
        return _around(alpha, 0.0, n, named, confidence)
    low, high = np.quantile(again, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Agreement(alpha, float(low), float(high), n, f"{named}, bootstrap of {count:,} over images", confidence)


class _Units:
    """The answers by image, equal images once; α is a function of how often each is there."""

    def __init__(self, codes: Codes, counts: Codes, scale: str, numbers: Floats) -> None:
        self.codes, self.counts, self.scale, self.numbers = codes, counts, scale, numbers
        self.there = codes >= 0
        self.answers = self.there.sum(1)
        self.people = np.where(self.there, codes, 0)
        self.every, self.image = codes[self.there], np.nonzero(self.there)[0]
        self.fixed = None if scale == "ordinal" else self._observed(numbers)

    def alpha(self, weights: Codes) -> float:
        """Return α when each image is there so often; NaN when all answers are the same."""
        often = self._often(weights)
        numbers = np.cumsum(often) - often / 2 if self.scale == "ordinal" else self.numbers
        observed = self.fixed if self.fixed is not None else self._observed(numbers)
        expected = self._expected(often, numbers)
        if expected <= 0:
            return math.nan
        return 1.0 - float((often.sum() - 1) * (weights @ observed) / expected)

    def nominal_chance(self) -> float:
        """Return how often two answers drawn at random differ."""
        often = self._often(self.counts)
        return 1.0 - float(((often / often.sum()) ** 2).sum())

    def _often(self, weights: Codes) -> Floats:
        counted = np.bincount(self.every, weights[self.image], minlength=len(self.numbers))
        return np.asarray(counted, dtype=np.float64)

    def resampled(self, times: int, seed: int) -> Iterable[Codes]:
        """Yield how often each is there when as many images are drawn with putting back."""
        dice = np.random.Generator(np.random.PCG64(seed))
        size = int(self.counts.sum())
        if len(self.counts) <= _MANY:
            yield from dice.multinomial(size, self.counts / size, size=times)
            return
        which = np.repeat(np.arange(len(self.counts)), self.counts)
        for _ in range(times):
            yield np.bincount(which[dice.integers(0, size, size)], minlength=len(self.counts))

    def _observed(self, numbers: Floats) -> Floats:
        """Return the disagreement within each image: over ordered pairs of answers, by the number of answers less 1."""
        if self.scale in ("nominal", "ratio"):
            pairs = np.zeros(len(self.counts))
            for one, there in zip(self.people.T, self.there.T, strict=True):
                apart = self._apart(numbers[one][:, None], numbers[self.people])
                pairs += np.where(self.there & there[:, None], apart, 0.0).sum(1)
            return np.asarray(pairs / (self.answers - 1))
        given = np.where(self.there, numbers[self.people], 0.0)
        mean = given.sum(1) / self.answers
        off = np.where(self.there, given - mean[:, None], 0.0)
        return np.asarray(2.0 * self.answers * (off**2).sum(1) / (self.answers - 1))

    def _expected(self, often: Floats, numbers: Floats) -> float:
        """Return the disagreement of all answers with all others."""
        total = often.sum()
        if self.scale == "nominal":
            return float(total**2 - often @ often)
        if self.scale == "ratio":
            some = often > 0
            rows = (often[some] @ self._apart(one, numbers[some]) for one in numbers[some])
            return math.fsum(float(row) * count for row, count in zip(rows, often[some], strict=True))
        off = numbers - often @ numbers / total
        return float(2.0 * total * (often @ off**2))

    def _apart(self, one: Any, other: Any) -> Any:
        if self.scale == "nominal":
            return (one != other).astype(np.float64)
        both = one + other
        return np.where(both == 0, 0.0, ((one - other) / np.where(both == 0, 1.0, both)) ** 2)


def _coded(
    ratings: Iterable[Answers], *, order: Sequence[object] | None = None, in_order: bool = False
) -> tuple[Codes, list[Any]]:
    """Return everybody's answers as numbers, shape (people, images), −1 where missing, and what they stand for."""
    rows = [one if isinstance(one, np.ndarray) else _as_objects(one) for one in ratings]
    if len(rows) < 2 or len({len(row) for row in rows}) != 1:
        raise BadValue("Agreement is of two people at least, about the same images.", hint="Give rows of one length.")
    codes, found = pd.factorize(np.concatenate(rows), use_na_sentinel=True)
    values = list(found)
    if in_order:
        ranks = _ranks(values, order)
        codes = np.where(codes < 0, -1, np.append(ranks, -1)[codes])
        values = list(order) if order is not None else sorted(values)
    return np.asarray(codes, dtype=np.int64).reshape(len(rows), -1), values


def _as_objects(answers: Sequence[object]) -> npt.NDArray[Any]:
    array = np.empty(len(answers), dtype=object)
    array[:] = list(answers)
    return array


def _ranks(values: list[Any], order: Sequence[object] | None) -> Codes:
    try:
        place = {value: rank for rank, value in enumerate(sorted(values) if order is None else order)}
        return np.array([place[value] for value in values], dtype=np.int64)
    except TypeError:
        raise BadValue("These answers have no order of their own.", hint="Give it: order=['low', 'high'].") from None
    except KeyError as missing:
        raise BadValue(f"{missing.args[0]!r} isn't in the order.", hint="Name every answer there is.") from None


def _patterns(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """Return the different images, shape (different, people), and how often each is there."""
    people = len(codes)
    if (size + 1) ** people < 2**62:
        keys = np.zeros(codes.shape[1], dtype=np.int64)
        for row in codes:
            keys = keys * (size + 1) + row + 1
        _, first, counts = np.unique(keys, return_index=True, return_counts=True)
        return codes[:, first].T, counts
    different, counts = np.unique(codes.T, axis=0, return_counts=True)
    return different, counts


def _numbers(values: list[Any], scale: str) -> Floats:
    if scale in ("nominal", "ordinal"):
        return np.arange(len(values), dtype=np.float64)
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadValue(f"The scale {scale!r} needs numbers.", hint="Take nominal or ordinal for words.") from None
    if not np.isfinite(numbers).all() or (scale == "ratio" and (numbers < 0).any()):
        raise BadValue(f"The scale {scale!r} doesn't take these numbers.", hint="ratio takes those from 0 on.")
    return numbers


def _some(n: int) -> None:
    if n < 1:
        raise BadValue("No image has two answers.", hint="Agreement needs images that two people looked at.")


def _undefined(n: int, named: str, confidence: float) -> Agreement:
    return Agreement(math.nan, math.nan, math.nan, n, f"{named}: all answers are the same", confidence)


def _perfect(n: int, chance: float, named: str, confidence: float) -> Agreement:
    """Return perfect agreement, with what a larger sample might have shown; a variance would be 0 and say nothing."""
    low = 1.0 - (1.0 - clopper_pearson(n, n, confidence).low) / chance
    return Agreement(1.0, max(-1.0, low), 1.0, n, f"{named}, Clopper–Pearson for no difference", confidence)


def _around(value: float, error: float, n: int, method: str, confidence: float) -> Agreement:
    if error < 1e-12:  # one of them always said the same, or there is one image: no interval can be told from that
        return Agreement(value, -1.0, 1.0, n, f"{method}: too few different answers for an interval", confidence)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return Agreement(value, max(-1.0, value - reach), min(1.0, value + reach), n, method, confidence)
