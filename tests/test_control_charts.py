"""Control charts: limits equal scipy's, runs are found once, good work raises few alarms, and bad work soon does."""

from __future__ import annotations

import doctest
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench import control_charts
from workbench.control_charts import cusum, cusum_length, cusum_limit, cusum_pace, p_chart
from workbench.errors import BadValue

TAIL = stats.norm.cdf(-3)
work = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 5000)).map(lambda one: (min(one), one[1])), min_size=1, max_size=40
)


def rules(defectives: list[int], n: int = 1000, **more: Any) -> list[tuple[int, str, bool]]:
    chart = p_chart(defectives, [n] * len(defectives), limits="normal", **more)
    return [signal[:3] for signal in chart.signals]


def test_the_examples_hold() -> None:
    assert doctest.testmod(control_charts).failed == 0


@settings(deadline=None, max_examples=50)
@given(work)
def test_exact_limits_are_quantiles_of_the_binomial(points: list[tuple[int, int]]) -> None:
    wrong, n = (np.array(side) for side in zip(*points, strict=True))
    chart = p_chart(wrong, n, limits="exact")
    assert chart.centre == pytest.approx(wrong.sum() / n.sum())
    assert chart.low == pytest.approx(stats.binom.ppf(TAIL, n, chart.centre) / n, abs=1e-9)
    assert chart.high == pytest.approx(stats.binom.ppf(1 - TAIL, n, chart.centre) / n, abs=1e-9)
    outside = {signal.at for signal in chart.signals if signal.rule == "outside"}
    assert outside == set(np.flatnonzero((wrong / n > chart.high + 1e-12) | (wrong / n < chart.low - 1e-12)).tolist())


@settings(deadline=None, max_examples=50)
@given(work)
def test_normal_and_laneys_limits_are_their_formulas(points: list[tuple[int, int]]) -> None:
    wrong, n = (np.array(side, dtype=float) for side in zip(*points, strict=True))
    centre = wrong.sum() / n.sum()
    error = np.sqrt(centre * (1 - centre) / n)
    normal = p_chart(wrong, n, limits="normal")
    assert normal.high == pytest.approx(np.minimum(1, centre + 3 * error), abs=1e-9)
    assert normal.low == pytest.approx(np.maximum(0, centre - 3 * error), abs=1e-9)
    laney = p_chart(wrong, n, limits="laney")
    z = (wrong / n - centre) / error if 0 < centre < 1 else np.zeros(len(n))
    spread = np.abs(np.diff(z)).mean() / 1.128 if len(n) > 1 else 1.0
    assert laney.spread == pytest.approx(spread, abs=1e-9)
    assert laney.high == pytest.approx(np.minimum(1, centre + 3 * error * spread), abs=1e-9)


def test_laneys_limits_are_taken_where_everything_would_be_outside() -> None:
    dice = np.random.default_rng(1)
    drifting = dice.binomial(50_000, dice.normal(0.03, 0.004, 30))
    chart = p_chart(drifting, [50_000] * 30)
    assert chart.kind == "p'"
    assert chart.spread > 3
    assert len(p_chart(drifting, [50_000] * 30, limits="exact").signals) > 8 > len(chart.signals)
    steady = p_chart(dice.binomial(50_000, 0.03, 30), [50_000] * 30)
    assert (steady.kind, steady.spread) == ("p", 1.0)
    assert p_chart([1, 0, 9, 0, 8, 0, 0, 9, 0, 1, 7], [20] * 11).kind == "p"


def test_the_spread_is_of_the_size_chance_gives_it() -> None:
    dice = np.random.default_rng(2)
    often = sum(p_chart(dice.binomial(2000, 0.03, 25), [2000] * 25).kind == "p'" for _ in range(400))
    assert often / 400 < 0.08


def test_steady_work_rarely_raises_a_signal() -> None:
    dice = np.random.default_rng(3)
    charts = [p_chart(dice.binomial(300, 0.05, 20), [300] * 20, centre=0.05) for _ in range(300)]
    outside = sum(signal.rule == "outside" for chart in charts for signal in chart.signals)
    assert outside / 6000 < 0.0027 + 0.002
    assert sum(chart.in_control for chart in charts) > 200


def test_runs_trends_and_pairs() -> None:
    assert rules([30] * 5 + [36] * 9, centre=0.03) == [(13, "run", True)]
    assert rules([20] * 12, centre=0.03) == [(8, "run", False)]
    assert (5, "trend", True) in rules([28, 29, 30, 31, 32, 33], centre=0.03)
    assert rules([28, 29, 30, 31, 32, 30], centre=0.03) == []
    assert (6, "trend", False) in rules([30, 34, 33, 32, 31, 30, 29], centre=0.0315)
    assert rules([30, 43, 30, 43], centre=0.03) == [(3, "two_of_three", True)]
    assert rules([30, 43, 30, 30, 43], centre=0.03) == []
    assert rules([17, 17], centre=0.03) == [(1, "two_of_three", False)]
    assert rules([60], centre=0.03) == [(0, "outside", True)]
    assert rules([2], centre=0.03) == [(0, "outside", False)]


def test_where_few_are_expected_only_limits_and_sides_count() -> None:
    assert p_chart([1, 1], [10, 10], centre=0.02).in_control
    assert [s.rule for s in p_chart([4], [10], centre=0.02).signals] == ["outside"]


@pytest.mark.parametrize("lang", ["en", "de", "fr-CA", "xx"])
def test_signals_are_sentences(lang: str) -> None:
    chart = p_chart([3, 2, 4, 30], [200] * 4, labels=["Mo", "Tu", "We", "Th"], lang=lang)
    (found,) = (signal.text for signal in chart.signals if signal.rule == "outside")
    assert found.startswith("Th")
    assert "30" in found
    assert "200" in found
    alarm = cusum([True] * 9, lang=lang)
    assert alarm.signals[0].text.startswith("3")
    assert "{" not in alarm.method + alarm.signals[0].text + chart.method


def test_the_languages_say_the_same_things() -> None:
    english = control_charts._words("en")
    for lang in ("de", "fr"):
        other = control_charts._words(lang)
        assert other != english
        assert other.keys() == english.keys()
        for key, text in english.items():
            assert {part.split("}")[0] for part in text.split("{")[1:]} == {
                part.split("}")[0] for part in other[key].split("{")[1:]
            }, key


def test_nothing_wrong_at_all() -> None:
    for limits in ("auto", "exact", "normal", "laney"):
        chart = p_chart([0, 0, 0], [10, 20, 30], limits=limits)
        assert chart.in_control
        assert chart.high.tolist() == [0, 0, 0]
        assert not np.isnan(chart.points).any()
    assert p_chart([5], [5]).high.tolist() == [1.0]


@pytest.mark.parametrize(
    ("wrong", "n", "more"),
    [
        ([], [], {}),
        ([1], [1, 2], {}),
        ([3], [2], {}),
        ([-1], [2], {}),
        ([0], [0], {}),
        ([1], [2], {"limits": "wide"}),
        ([1], [2], {"centre": 1.5}),
        ([1], [2], {"centre": math.nan}),
        ([1], [2], {"labels": ["a", "b"]}),
    ],
)
def test_what_makes_no_chart(wrong: list[int], n: list[int], more: dict[str, Any]) -> None:
    with pytest.raises(BadValue) as caught:
        p_chart(wrong, n, **more)
    assert caught.value.hint


# ── answer by answer ──────────────────────────────────────────────────────────────────────────────────────────


def dense_length(share: float, pace: int, limit: int) -> float:
    """The average run length from the whole matrix of the Markov chain."""
    moves = np.zeros((limit, limit))
    for at in range(limit):
        moves[at, max(0, at - 1)] += 1 - share
        if at + pace - 1 < limit:
            moves[at, at + pace - 1] += share
    return float(np.linalg.solve(np.eye(limit) - moves, np.ones(limit))[0])


@settings(deadline=None, max_examples=50)
@given(st.floats(0.01, 0.5), st.integers(2, 40), st.integers(1, 80))
def test_run_lengths_are_exact(share: float, pace: int, limit: int) -> None:
    expected = dense_length(share, pace, limit)
    if 0 < expected < 1e9:
        assert cusum_length(share, pace, limit) == pytest.approx(expected, rel=1e-6)


def test_run_lengths_are_those_of_a_simulation() -> None:
    dice, lengths = np.random.default_rng(4), []
    pace, limit = cusum_pace(0.05, 0.15), 30
    for _ in range(1500):
        height, steps = 0, 0
        while height < limit:
            height, steps = max(0, height - 1 + pace * int(dice.random() < 0.1)), steps + 1
        lengths.append(steps)
    assert np.mean(lengths) == pytest.approx(cusum_length(0.1, pace, limit), rel=0.1)


@pytest.mark.parametrize(
    ("good", "bad", "every"), [(0.02, 0.06, 1000), (0.01, 0.03, 5000), (0.1, 0.2, 200), (0.001, 0.002, 20_000)]
)
def test_the_limit_is_as_low_as_false_alarms_allow(good: float, bad: float, every: int) -> None:
    pace = cusum_pace(good, bad)
    limit = cusum_limit(good, pace, every)
    assert cusum_length(good, pace, limit) >= every
    assert limit == 1 or cusum_length(good, pace, limit - 1) < every
    assert cusum_length(bad, pace, limit) < every / 3


def test_bad_work_is_noticed_and_good_work_left_alone() -> None:
    dice = np.random.default_rng(5)
    good, bad = dice.random(20_000) < 0.02, dice.random(2000) < 0.12
    assert 5 <= len(cusum(good).signals) <= 40
    alarm = cusum(bad)
    assert alarm.signals[0].at < 120
    assert alarm.points[alarm.signals[0].at] >= alarm.high[0]


def test_after_a_signal_it_begins_again() -> None:
    chart = cusum([True] * 12)
    assert [signal.at for signal in chart.signals] == [2, 5, 8, 11]
    assert all("3 of the last 3" in signal.text for signal in chart.signals)
    assert cusum([]).in_control
    assert cusum([True, *[False] * 40, True, True]).signals == ()


@pytest.mark.parametrize(
    ("wrong", "more"),
    [
        ([2], {}),
        ([[True]], {}),
        ([True], {"good": 0.1, "bad": 0.1}),
        ([True], {"good": 0.0}),
        ([True], {"bad": 1.0}),
        ([True], {"false_alarm": 0}),
        ([True], {"labels": []}),
    ],
)
def test_what_makes_no_cusum(wrong: Any, more: dict[str, Any]) -> None:
    with pytest.raises(BadValue) as caught:
        cusum(wrong, **more)
    assert caught.value.hint
