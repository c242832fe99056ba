"""Bounds for a share of errors: against published figures, against the definition, and never on the careless side."""

import doctest
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from workbench import intervals
from workbench.errors import BadValue
from workbench.intervals import (
    Interval,
    clopper_pearson,
    lower_bound,
    most_errors,
    percent,
    sample_size,
    upper_bound,
    wilson,
)


def chance(errors: int, sample: int, population: int, wrong: int) -> Fraction:
    """The chance of at most so many errors, exactly."""
    ways = sum(math.comb(wrong, k) * math.comb(population - wrong, sample - k) for k in range(errors + 1))
    return Fraction(ways, math.comb(population, sample))


def test_the_examples_hold() -> None:
    assert doctest.testmod(intervals).failed == 0


@pytest.mark.parametrize(
    ("errors", "sample", "confidence", "bound"),
    [
        (0, 2995, 0.95, 0.001),  # none in 2,995 shows fewer than one in a thousand
        (0, 300, 0.95, 0.009936),  # the rule of three, exactly
        (1, 10, 0.975, 0.44502),  # tabulated two-sided 95 % limits
        (5, 50, 0.975, 0.21814),
        (2, 100, 0.975, 0.07038),
    ],
)
def test_known_figures(errors: int, sample: int, confidence: float, bound: float) -> None:
    assert upper_bound(errors, sample, confidence=confidence) == pytest.approx(bound, abs=2e-5)


def test_two_errors_in_a_hundred_mean_much_or_little() -> None:
    assert lower_bound(2, 100, confidence=0.975) == pytest.approx(0.0024, abs=5e-5)
    assert upper_bound(2, 100, confidence=0.975) == pytest.approx(0.0704, abs=5e-5)


@settings(max_examples=60)
@given(st.data())
def test_the_bound_of_a_finite_population_is_the_definition(data: st.DataObject) -> None:
    population = data.draw(st.integers(1, 150))
    sample = data.draw(st.integers(1, population))
    errors = data.draw(st.integers(0, sample))
    most = most_errors(errors, sample, population)
    possible = range(errors, population - (sample - errors) + 1)
    assert most in possible
    assert chance(errors, sample, population, most) >= Fraction(1, 20) or most == errors
    if most + 1 in possible:
        assert chance(errors, sample, population, most + 1) <= Fraction(1, 20) + Fraction(1, 10**9)


@given(st.integers(1, 400), st.data())
def test_drawing_from_few_says_more_than_drawing_from_many(sample: int, data: st.DataObject) -> None:
    errors = data.draw(st.integers(0, sample))
    population = sample + data.draw(st.integers(0, 2000))
    assert most_errors(errors, sample, population) / population <= upper_bound(errors, sample) + 1 / population
    assert lower_bound(errors, sample) <= errors / sample <= upper_bound(errors, sample)


@given(st.integers(2, 5000), st.sampled_from([0.2, 0.05, 0.01, 0.003]), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_sample_is_as_large_as_it_must_be_and_no_larger(population: int, share: float, confidence: float) -> None:
    n = sample_size(share, population=population, confidence=confidence)
    assert n <= population
    assert most_errors(0, n, population, confidence=confidence) < share * population or n == population
    if n > 1:
        assert most_errors(0, n - 1, population, confidence=confidence) >= share * population


def test_all_or_nothing() -> None:
    assert most_errors(3, 10, 10) == 3
    assert upper_bound(7, 7) == 1.0
    assert lower_bound(0, 7) == 0.0
    assert most_errors(0, 1, 10_000_000) == 9_500_000
    assert sample_size(0.001, population=3) == 3


@pytest.mark.parametrize(
    ("errors", "sample", "more"),
    [
        (-1, 5, {}),
        (6, 5, {}),
        (0, 0, {}),
        (0, 6, {"population": 5}),
        (0, 5, {"confidence": 1.0}),
        (0, 5, {"confidence": 0.0}),
        (0, 5, {"confidence": math.nan}),
    ],
)
def test_what_can_not_be_is_refused(errors: int, sample: int, more: dict[str, float]) -> None:
    with pytest.raises(BadValue):
        upper_bound(errors, sample, **more)  # type: ignore[arg-type]  # population is whole wherever it is given


@pytest.mark.parametrize("share", [0, 1, -0.5, math.nan])
def test_no_sample_shows_nothing_or_all(share: float) -> None:
    with pytest.raises(BadValue):
        sample_size(share)


@given(st.integers(1, 10**6), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
@example(1, None, 0.95)
def test_intervals_equal_their_references(n: int, data: st.DataObject | None, confidence: float) -> None:
    k = data.draw(st.integers(0, n)) if data else 0
    for made, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
        found = made(k, n, confidence)
        expected = proportion_confint(k, n, alpha=1 - confidence, method=method)
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
        assert 0 <= found.low <= found.share <= found.high <= 1


def test_scipy_says_the_same() -> None:
    for k, n in ((0, 10), (3, 47), (500, 1250), (10, 10)):
        asked = stats.binomtest(k, n)
        for made, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
            expected = asked.proportion_ci(0.95, method=method)
            assert (made(k, n).low, made(k, n).high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("share", [0.002, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("n", [50, 200, 1250])
def test_simulated_coverage(share: float, n: int) -> None:
    """Drawn again and again, the interval holds the true share as often as it says."""
    counts = np.bincount(np.random.default_rng(7).binomial(n, share, 20_000), minlength=n + 1)
    often = {
        made: sum(counts[k] for k in np.flatnonzero(counts) if made(int(k), n).low <= share <= made(int(k), n).high)
        / 20_000
        for made in (wilson, clopper_pearson)
    }
    assert often[clopper_pearson] >= 0.945
    assert 0.90 <= often[wilson] <= 0.995


def test_wilson_is_right_on_average() -> None:
    shares, n = np.linspace(0.01, 0.99, 99), 100
    ends = np.array([(wilson(k, n).low, wilson(k, n).high) for k in range(n + 1)])
    held = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
    covered = (stats.binom.pmf(np.arange(n + 1)[:, None], n, shares) * held).sum(0)
    assert covered.mean() == pytest.approx(0.95, abs=0.006)


@given(st.integers(1, 300), st.data())
def test_of_a_finite_population_less_is_uncertain(population: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, population))
    k = data.draw(st.integers(0, n))
    finite, infinite = clopper_pearson(k, n, population=population), clopper_pearson(k, n)
    assert infinite.low - 1 / population <= finite.low <= finite.share <= finite.high <= infinite.high + 1 / population
    if n == population:
        assert finite.low == pytest.approx(finite.high) == pytest.approx(finite.share)


def test_an_interval_says_what_it_is() -> None:
    assert str(wilson(2, 100)) == "2 of 100: 2.0 % (95 %: 0.55–7.0 %, Wilson)"
    assert str(clopper_pearson(0, 2995)) == "0 of 2,995: 0 % (95 %: 0–0.12 %, Clopper–Pearson)"
    assert clopper_pearson(3, 10, population=10).method == "Clopper–Pearson, finite population"
    assert wilson(1, 4, 0.9) == Interval(wilson(1, 4, 0.9).low, wilson(1, 4, 0.9).high, "Wilson", 4, 1, 0.9)


@given(st.floats(0, 1))
def test_a_percentage_never_rounds_to_all_or_nothing(share: float) -> None:
    said = percent(share)
    assert (said in ("0", "100")) == (share in (0.0, 1.0))
    assert float(said) == pytest.approx(100 * share, abs=0.06)


@pytest.mark.parametrize(
    ("k", "n", "confidence"), [(-1, 5, 0.95), (6, 5, 0.95), (0, 0, 0.95), (1, 5, 1.0), (1, 5, 0.0)]
)
def test_no_interval_of_what_can_not_be(k: int, n: int, confidence: float) -> None:
    for made in (wilson, clopper_pearson):
        with pytest.raises(BadValue):
            made(k, n, confidence)
