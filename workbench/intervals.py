"""Bounds and intervals for a share of errors, from the errors in a random sample. Pure, without a table to look up.

From a large population: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
case of the binomial", Biometrika 26 (1934). From a finite one, drawn without putting back: the hypergeometric one.
Shorter, right on average instead of at least: E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", Journal of the American Statistical Association 22 (1927). On when to take which: L. D. Brown, T. T. Cai and
A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from workbench.errors import BadValue
from workbench.in_words import InWords

_CAUTION = 1e-9
"""By how much a logarithm may be off: bounds are rounded to the careful side."""


@dataclass(frozen=True, slots=True)
class Interval(InWords):
    """A share with what it is worth: no percentage is shown without one.

    Attributes
    ----------
    low, high : float
        Where the true share is at that confidence, 0 to 1.
    method : str
        ``Wilson``, ``Clopper–Pearson`` or ``Clopper–Pearson, finite population``.
    n : int
        How many were looked at.
    k : int
        How many of them were counted.
    confidence : float
        Two-sided.

    Examples
    --------
    >>> print(wilson(2, 100))
    2 of 100: 2.0 % (95 %: 0.55–7.0 %, Wilson)
    """

    low: float
    high: float
    method: str
    n: int
    k: int
    confidence: float = 0.95

    @property
    def share(self) -> float:
        """What was seen: k of n."""
        return self.k / self.n

    def __str__(self) -> str:
        low, high = percent(self.low), percent(self.high)
        said = f"{100 * self.confidence:g} %: {low}–{high} %, {self.method}"
        return f"{self.k:,} of {self.n:,}: {percent(self.share)} % ({said})"


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for k of n: it covers the true share as often as it says, on average.

    Parameters
    ----------
    k, n : int
        How many were counted, of how many looked at.
    confidence : float
        Two-sided, between 0 and 1.

    Raises
    ------
    BadValue
        More were counted than looked at, or nothing was.
    """
    _check(k, n, None, confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle, spread = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    low = 0.0 if k == 0 else max(0.0, (middle - spread) / (n + z * z))
    high = 1.0 if k == n else min(1.0, (middle + spread) / (n + z * z))
    return Interval(low, high, "Wilson", n, k, confidence)


def clopper_pearson(k: int, n: int, confidence: float = 0.95, *, population: int | None = None) -> Interval:
    """Return Clopper and Pearson's interval for k of n: it covers the true share at least as often as it says.

    Parameters
    ----------
    k, n : int
        How many were counted, of how many looked at.
    confidence : float
        Two-sided, between 0 and 1.
    population : int, optional
        How many there are; then the interval is the exact one for drawing without putting back, and one point when all
        were looked at.

    Raises
    ------
    BadValue
        More were counted than looked at, more looked at than there are, or nothing was.
    """
    from scipy import special  # here: a workspace opens without it

    _check(k, n, population, confidence)
    if population is not None:
        sided = (1 + confidence) / 2
        low = (population - most_errors(n - k, n, population, confidence=sided)) / population
        high = most_errors(k, n, population, confidence=sided) / population
        return Interval(low, high, "Clopper–Pearson, finite population", n, k, confidence)
    tail = (1 - confidence) / 2
    low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(special.betainccinv(k + 1, n - k, tail)) if k < n else 1.0
    return Interval(low, high, "Clopper–Pearson", n, k, confidence)


def percent(share: float) -> str:
    """Return a share as a percentage of two digits that say something, without the sign.

    Examples
    --------
    >>> percent(0.02), percent(0.00554), percent(0.99987), percent(0.0), percent(1.0)
    ('2.0', '0.55', '99.987', '0', '100')
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f}"
    rest = 100 * min(share, 1 - share)
    digits = max(1, 1 - math.floor(math.log10(rest))) if rest > 0 else 1
    return f"{100 * share:.{min(digits, 6)}f}"


def percent_above(share: float) -> tuple[float, int]:
    """Return a share above 0 in per cent, rounded up to two digits, and how many decimals these take.

    Examples
    --------
    >>> percent_above(0.000731)
    (0.074, 3)
    """
    whole = share * 100
    digits = 1 - math.floor(math.log10(whole))
    return math.ceil(whole * 10**digits - 1e-9) / 10**digits, max(0, digits)


def upper_bound(errors: int, sample: int, *, population: int | None = None, confidence: float = 0.95) -> float:
    """Return the share of errors that isn't exceeded, at a confidence.

    Parameters
    ----------
    errors, sample : int
        How many of the sample are wrong; how many were drawn.
    population : int, optional
        How many they were drawn from, without putting back; unlimited when not given.
    confidence : float
        Of the one-sided statement, between 0 and 1.

    Returns
    -------
    float
        From 0 to 1; for a finite population a whole number of errors divided by it.

    Raises
    ------
    BadValue
        More errors than drawn, more drawn than there are, or nothing was drawn.

    Examples
    --------
    >>> round(upper_bound(0, 2995), 6)
    0.001
    >>> upper_bound(0, 50, population=100) * 100
    4.0
    """
    _check(errors, sample, population, confidence)
    if population is not None:
        return most_errors(errors, sample, population, confidence=confidence) / population
    if errors == sample:
        return 1.0
    return _binomial_limit(errors, sample, math.log1p(-confidence))


def lower_bound(errors: int, sample: int, *, population: int | None = None, confidence: float = 0.95) -> float:
    """Return the share of errors that there are at least, at a confidence; the mirror of `upper_bound`."""
    return 1.0 - upper_bound(sample - errors, sample, population=population, confidence=confidence)


def most_errors(errors: int, sample: int, population: int, *, confidence: float = 0.95) -> int:
    """Return how many errors there are at most in a finite population, at a confidence."""
    _check(errors, sample, population, confidence)
    low, high = errors, population - (sample - errors)
    least = math.log1p(-confidence) - _CAUTION * max(1.0, math.log(population))
    while low < high:
        middle = (low + high + 1) // 2
        if _log_hypergeometric(errors, sample, population, middle) > least:
            low = middle
        else:
            high = middle - 1
    return low


def sample_size(share: float, *, population: int | None = None, confidence: float = 0.95) -> int:
    """Return how many must be drawn, and found right, to show that fewer than a share are wrong.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    population : int, optional
        How many there are; then no more than these.
    confidence : float

    Examples
    --------
    >>> sample_size(0.01)
    299
    >>> sample_size(0.01, population=500)
    225
    """
    if not 0 < share < 1:
        raise BadValue(f"A share of {share} can't be shown.", hint="Say 0.01 for one in a hundred.")
    _check(0, 1, None, confidence)
    if population is None:
        return math.floor(math.log1p(-confidence) / math.log1p(-share)) + 1
    low, high = 1, population
    while low < high:
        middle = (low + high) // 2
        if most_errors(0, middle, population, confidence=confidence) < share * population:
            high = middle
        else:
            low = middle + 1
    return low


def _check(errors: int, sample: int, population: int | None, confidence: float) -> None:
    if not 0 <= errors <= sample or sample < 1:
        raise BadValue(f"{errors} wrong of {sample} drawn can't be.", hint="Draw at least one.")
    if population is not None and sample > population:
        raise BadValue(f"{sample} of {population} can't be drawn.", hint="Draw fewer.")
    if not 0 < confidence < 1:
        raise BadValue(f"A confidence of {confidence} can't be had.", hint="Say 0.95 for 95 %.")


def _binomial_limit(errors: int, sample: int, log_alpha: float) -> float:
    low, high = errors / sample, 1.0
    while high - low > 1e-15 and low < (middle := (low + high) / 2) < high:
        if _log_binomial(errors, sample, middle) > log_alpha:
            low = middle
        else:
            high = middle
    return high


def _log_binomial(errors: int, sample: int, share: float) -> float:
    """Return the logarithm of the chance of at most so many errors."""
    right, wrong = math.log1p(-share), math.log(share)
    return _log_sum([_log_choose(sample, k) + k * wrong + (sample - k) * right for k in range(errors + 1)])


def _log_hypergeometric(errors: int, sample: int, population: int, wrong: int) -> float:
    fewest = max(0, sample - (population - wrong))
    whole = _log_choose(population, sample)
    return _log_sum(
        [
            _log_choose(wrong, k) + _log_choose(population - wrong, sample - k) - whole
            for k in range(fewest, min(errors, wrong) + 1)
        ]
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _log_sum(terms: list[float]) -> float:
    if not terms:
        return -math.inf
    largest = max(terms)
    return largest + math.log(math.fsum(math.exp(term - largest) for term in terms))
