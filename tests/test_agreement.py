"""Agreement: equal to scikit-learn, statsmodels and krippendorff, with intervals that hold what they say."""

from __future__ import annotations

import doctest
import math
import time
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from workbench import agreement
from workbench.agreement import SCALES, cohen_kappa, fleiss_kappa, krippendorff_alpha, percent
from workbench.errors import BadValue

answers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60)
missing = st.one_of(st.none(), st.integers(0, 4))
tables = st.integers(2, 4).flatmap(
    lambda people: st.lists(st.lists(missing, min_size=people, max_size=people), min_size=2, max_size=40)
)


def people(n: int, seed: int, *, agree: float = 0.7, kinds: int = 5) -> np.ndarray:
    """Three people who often see the same, and else guess."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, kinds, n)
    return np.array([np.where(dice.random(n) < agree, truth, dice.integers(0, kinds, n)) for _ in range(3)])


def test_the_examples_hold() -> None:
    assert doctest.testmod(agreement).failed == 0


@settings(deadline=None, max_examples=60)
@given(answers, st.sampled_from([None, "linear", "quadratic"]))
def test_cohens_kappa_equals_scikit_learns(pairs: list[tuple[int, int]], weights: str | None) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    assume(len({*a, *b}) > 1)
    found = cohen_kappa(a, b, weights=weights)
    expected = cohen_kappa_score(a, b, weights=weights, labels=sorted({*a, *b}))
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.n == len(pairs)
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


@settings(deadline=None, max_examples=60)
@given(answers, st.sampled_from([None, "linear", "quadratic"]))
@example([(0, 1), (1, 1), (1, 2)], "linear")
def test_its_interval_equals_statsmodels(pairs: list[tuple[int, int]], weights: str | None) -> None:
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    values = sorted({*a.tolist(), *b.tolist()})
    assume(len(values) > 1)
    table = np.array([[((a == x) & (b == y)).sum() for y in values] for x in values])
    assume((table * (1 - np.eye(len(values)))).any())
    with np.errstate(all="ignore"):
        expected = inter_rater.cohens_kappa(table, wt=weights)
    found = cohen_kappa(a, b, weights=weights)
    if "too few" in found.method:
        assert np.nan_to_num(expected.std_kappa) == pytest.approx(0, abs=1e-7)  # the root of a rounding error, at times
        return
    assert found.value == pytest.approx(expected.kappa, abs=1e-9)
    if np.isnan(expected.std_kappa):  # the root of a rounding error below 0, which is one above 0 here
        assert found.low == pytest.approx(found.high, abs=1e-6)
        return
    assert found.low == pytest.approx(max(-1.0, expected.kappa_low), abs=1e-9)
    assert found.high == pytest.approx(min(1.0, expected.kappa_upp), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 5).flatmap(lambda k: st.lists(st.lists(st.integers(0, 3), min_size=k, max_size=k), min_size=2)))
def test_fleiss_kappa_equals_statsmodels(images: list[list[int]]) -> None:
    table = np.array(images)
    assume(len(np.unique(table)) > 1)
    found = fleiss_kappa(table.T)
    assert found.value == pytest.approx(inter_rater.fleiss_kappa(inter_rater.aggregate_raters(table)[0]), abs=1e-9)
    assert found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12


@settings(deadline=None, max_examples=60)
@given(tables, st.sampled_from(SCALES))
def test_alpha_equals_krippendorffs(images: list[list[int | None]], scale: str) -> None:
    rows = np.array([[math.nan if one is None else one for one in image] for image in images], dtype=float).T
    pairable = rows[:, (~np.isnan(rows)).sum(0) >= 2]
    assume(len(np.unique(pairable[~np.isnan(pairable)])) > 1)
    found = krippendorff_alpha(rows, scale=scale, replicates=20)
    assert found.value == pytest.approx(krippendorff.alpha(rows, level_of_measurement=scale), abs=1e-9)
    assert found.n == pairable.shape[1]


@pytest.mark.parametrize(
    ("scale", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_own_example(scale: str, expected: float) -> None:
    """Four observers and twelve units, from "Computing Krippendorff's alpha-reliability"."""
    observers = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
            [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
        ]
    )
    found = krippendorff_alpha(observers, scale=scale)
    assert found.value == pytest.approx(expected, abs=5e-4)
    assert found.n == 11
    assert found.low < found.value < found.high


def test_words_are_answers_too() -> None:
    words = np.array(["cat", "dog", "bird"], dtype=object)
    a, b, c = (words[row % 3] for row in people(400, 1))
    numbers = people(400, 1) % 3
    for found, same in [
        (percent(a, b), percent(numbers[0], numbers[1])),
        (cohen_kappa(list(a), b), cohen_kappa(numbers[0], numbers[1])),
        (fleiss_kappa([a, b, c]), fleiss_kappa(numbers)),
        (krippendorff_alpha([a, b, c]), krippendorff_alpha(numbers)),
    ]:
        assert found.value == pytest.approx(same.value, abs=1e-12)
    sets = [("x", "y"), ("x",), ("y",), ("x",)]
    assert percent(sets, sets[::-1]).value == 0.0
    with pytest.raises(BadValue, match="numbers"):
        krippendorff_alpha([a, b], scale="interval")


def test_an_order_of_words_is_given() -> None:
    order = ["poor", "fair", "good"]
    rows = [[order[x % 3] for x in row] for row in people(300, 2).tolist()]
    numbers = people(300, 2) % 3
    ordinal = krippendorff_alpha(rows, scale="ordinal", order=order).value
    assert ordinal == pytest.approx(krippendorff_alpha(numbers, scale="ordinal").value, abs=1e-12)
    assert ordinal != pytest.approx(krippendorff_alpha(rows, scale="ordinal").value)
    weighted = cohen_kappa(rows[0], rows[1], weights="linear", order=order).value
    assert weighted == pytest.approx(cohen_kappa_score(numbers[0], numbers[1], weights="linear"), abs=1e-9)
    with pytest.raises(BadValue, match="order"):
        cohen_kappa(rows[0], rows[1], weights="linear", order=order[:2])
    with pytest.raises(BadValue, match="no order"):
        cohen_kappa([1, "a"], ["a", 1], weights="linear")


def test_missing_answers_are_passed_over() -> None:
    a, b = ["x", None, "y", math.nan, "y"], ["x", "x", None, "y", "x"]
    found = percent(a, b)
    assert (found.n, found.value) == (2, 0.5)
    assert cohen_kappa(a, b).n == 2
    with pytest.raises(BadValue, match="everybody"):
        fleiss_kappa([a, b])


@pytest.mark.parametrize("measure", ["cohen", "fleiss", "alpha"])
def test_perfect_agreement_of_few_isn_t_certain(measure: str) -> None:
    made: Any = {
        "cohen": cohen_kappa,
        "fleiss": lambda *rows: fleiss_kappa(rows),
        "alpha": lambda *rows: krippendorff_alpha(rows),
    }
    few, many = [0, 1, 1, 0, 1], [0, 1] * 500
    assert made[measure](few, few).value == made[measure](many, many).value == 1.0
    assert made[measure](few, few).low < 0.5 < 0.98 < made[measure](many, many).low < 1.0


@pytest.mark.parametrize("measure", ["cohen", "fleiss", "alpha"])
def test_one_answer_only_says_nothing(measure: str) -> None:
    same = ["x"] * 9
    found = {
        "cohen": lambda: cohen_kappa(same, same),
        "fleiss": lambda: fleiss_kappa([same, same]),
        "alpha": lambda: krippendorff_alpha([same, same]),
    }[measure]()
    assert not found.defined
    assert math.isnan(found.value)
    assert found.n == 9
    assert "undefined for 9 images" in str(found)


@pytest.mark.parametrize("measure", ["cohen", "weighted", "fleiss", "nominal", "interval"])
def test_simulated_coverage(measure: str) -> None:
    """The interval of a sample holds what a very large sample has, about as often as it says."""
    made: Any = {
        "cohen": lambda rows: cohen_kappa(rows[0], rows[1]),
        "weighted": lambda rows: cohen_kappa(rows[0], rows[1], weights="quadratic"),
        "fleiss": fleiss_kappa,
        "nominal": lambda rows: krippendorff_alpha(rows, replicates=100),
        "interval": lambda rows: krippendorff_alpha(rows, scale="interval", replicates=100),
    }[measure]
    truth = made(people(200_000, 99)).value
    found = [made(people(150, seed)) for seed in range(120)]
    held = sum(one.low <= truth <= one.high for one in found)
    assert 0.88 <= held / 120 <= 1


def test_the_bootstrap_is_repeatable() -> None:
    rows = people(200, 4)
    assert krippendorff_alpha(rows, seed=3) == krippendorff_alpha(rows, seed=3)
    assert krippendorff_alpha(rows, seed=3).low != krippendorff_alpha(rows, seed=4).low
    assert "bootstrap of 1,000" in krippendorff_alpha(rows).method


def test_continuous_answers_are_not_compared_all_with_all() -> None:
    rows = people(30_000, 5) + np.random.default_rng(5).normal(size=(3, 30_000))
    found = krippendorff_alpha(rows, scale="interval", replicates=20)
    assert found.low < found.value < found.high
    small = krippendorff_alpha(rows[:, :60], scale="interval", replicates=20)
    assert small.value == pytest.approx(krippendorff.alpha(rows[:, :60], level_of_measurement="interval"), abs=1e-9)


def test_many_people_and_many_answers_have_no_common_number() -> None:
    """More combinations than fit a number: images are told apart all the same."""
    rows = np.random.default_rng(6).integers(0, 50, (12, 80)).astype(float)
    rows[:, :40] = rows[:1, :40]
    assert krippendorff_alpha(rows).value == pytest.approx(
        krippendorff.alpha(rows, level_of_measurement="nominal"), abs=1e-9
    )


def test_three_times_a_hundred_thousand_take_no_time() -> None:
    rows = people(100_000, 8).astype(float)
    rows[:, ::9] = np.nan
    began = time.process_time()
    krippendorff_alpha(rows)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "asked",
    [
        lambda: percent([1], [1, 2]),
        lambda: percent([], []),
        lambda: percent([None], [1]),
        lambda: fleiss_kappa([[1, 2]]),
        lambda: krippendorff_alpha([[1, None], [None, 2]]),
        lambda: krippendorff_alpha([[1, 2], [1, 2]], scale="cardinal"),
        lambda: krippendorff_alpha([[-1, 2], [1, 2]], scale="ratio"),
        lambda: krippendorff_alpha([[math.inf, 2], [1, 2]], scale="interval"),
        lambda: cohen_kappa([1, 2], [1, 2], weights="cubic"),
        lambda: cohen_kappa(range(3000), range(3000)),
    ],
)
def test_what_has_no_agreement(asked: Any) -> None:
    with pytest.raises(BadValue) as caught:
        asked()
    assert caught.value.hint
