"""Bounds for a share of errors: against published figures, against the definition, and never on the careless side."""

import doctest
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import intervals
from workbench.errors import BadValue
from workbench.intervals import lower_bound, most_errors, sample_size, upper_bound


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
