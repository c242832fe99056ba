"""Sampling: the printed tables hold together, odds equal scipy's and exact fractions, draws are fair and repeatable."""

from __future__ import annotations

import doctest
import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench import sampling
from workbench.errors import BadValue
from workbench.sampling import (
    KINDS,
    LEVELS,
    SEVERITIES,
    LotResult,
    Plan,
    allocate,
    aqls,
    average_outgoing_quality,
    average_sample_number,
    code_letter,
    draw,
    operating_characteristic,
    outgoing_limit,
    plan,
    quality_accepted,
    switch,
)

LETTERS = "ABCDEFGHJKLMNPQR"
LOTS = [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000, 1_000_000]
SIZES = {
    "normal": [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000],
    "tightened": [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000],
    "reduced": [2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800],
}
STEPS = {  # down a diagonal of a printed table: each next letter at the same AQL
    "normal": [(0, 1), None, None, (1, 2), (2, 3), (3, 4), (5, 6), (7, 8), (10, 11), (14, 15), (21, 22)],
    "tightened": [(0, 1), None, None, (1, 2), (2, 3), (3, 4), (5, 6), (8, 9), (12, 13), (18, 19)],
    "reduced": [(0, 1), None, None, (0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13)],
}


def lot_of(letter: str) -> int:
    """A lot that gets this letter, at level II or III."""
    return next(lot for lot in LOTS for level in ("III",) if code_letter(lot, level) == letter)


def own_plan(letter: str, aql: float, severity: str, kind: str = "single") -> Plan | None:
    """The plan that stands in the cell itself; None where there is an arrow, or the single plan is taken."""
    if letter == "A":
        found = plan(8, aql=aql, severity=severity, kind=kind)
    else:
        found = plan(lot_of(letter), aql=aql, level="III", severity=severity, kind=kind)
    return found if found.code == letter and found.kind == kind else None


def test_the_examples_hold() -> None:
    assert doctest.testmod(sampling).failed == 0


# ── the tables ────────────────────────────────────────────────────────────────────────────────────────────────


def test_letters_rise_with_the_lot_and_with_the_level() -> None:
    order = {letter: i for i, letter in enumerate(LETTERS)}
    for level in LEVELS:
        ranks = [order[code_letter(lot, level)] for lot in LOTS]
        assert ranks == sorted(ranks)
    for lot in LOTS:
        ranks = [order[code_letter(lot, level)] for level in LEVELS]
        assert ranks == sorted(ranks)
    assert [code_letter(lot) for lot in LOTS] == list("ABCDEFGHJKLMNPQ")
    assert "".join(code_letter(lot, "III") for lot in LOTS) == "BCDEFGHJKLMNPQR"
    assert "".join(code_letter(lot, "S1") for lot in LOTS) == "AAAABBBBCCCCDDD"
    assert "".join(code_letter(lot, "S4") for lot in LOTS) == "AABCCDEEFGGHJJK"
    assert "".join(code_letter(lot, "I") for lot in LOTS) == "AABCCDEFGHJKLMN"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_each_diagonal_of_a_table_is_the_same_sequence(severity: str) -> None:
    first = {"normal": 14, "tightened": 15, "reduced": 14}[severity]
    for row, letter in enumerate(LETTERS):
        if severity == "reduced" and letter in "AB":
            continue  # samples of two, which have sequences of their own
        for column, aql in enumerate(aqls()):
            at = row + column - first
            if not 0 <= at < len(STEPS[severity]) or (letter == "A" and severity == "tightened" and at == 0):
                continue
            found = own_plan(letter, aql, severity)
            expected = STEPS[severity][at]
            assert (found and (found.accept, found.reject)) == expected, (letter, aql)
            if found and found.n < (found.lot_size or 0):
                assert found.n == SIZES[severity][row]


PRINTED = [  # letter, AQL, severity → n, accept, reject; a second sample where there is one
    ("A", 6.5, "normal", (2, 0, 1)),
    ("A", 1000, "normal", (2, 30, 31)),
    ("B", 1000, "normal", (3, 44, 45)),
    ("E", 250, "normal", (13, 44, 45)),
    ("G", 4.0, "normal", (32, 3, 4)),
    ("J", 1.0, "normal", (80, 2, 3)),
    ("K", 2.5, "normal", (125, 7, 8)),
    ("L", 0.65, "normal", (200, 3, 4)),
    ("N", 1.0, "normal", (500, 10, 11)),
    ("R", 0.65, "normal", (2000, 21, 22)),
    ("R", 0.010, "normal", (1250, 0, 1)),
    ("A", 1000, "tightened", (2, 27, 28)),
    ("B", 1000, "tightened", (3, 41, 42)),
    ("J", 1.0, "tightened", (80, 1, 2)),
    ("L", 1.0, "tightened", (200, 3, 4)),
    ("R", 0.010, "tightened", (2000, 0, 1)),
    ("R", 0.025, "tightened", (3150, 1, 2)),
    ("A", 25, "reduced", (2, 1, 2)),
    ("B", 25, "reduced", (2, 1, 3)),
    ("B", 65, "reduced", (2, 3, 5)),
    ("C", 65, "reduced", (2, 3, 6)),
    ("D", 400, "reduced", (3, 21, 24)),
    ("J", 1.0, "reduced", (32, 1, 3)),
    ("L", 1.5, "reduced", (80, 3, 6)),
]


@pytest.mark.parametrize(("letter", "aql", "severity", "numbers"), PRINTED)
def test_known_single_plans(letter: str, aql: float, severity: str, numbers: tuple[int, ...]) -> None:
    lot, level = (8, "II") if letter == "A" else (10**7 if letter == "R" else lot_of(letter), "III")
    found = plan(lot, aql=aql, level=level, severity=severity)
    assert (found.n, found.accept, found.reject) == numbers


@pytest.mark.parametrize(
    ("lot", "aql", "severity", "first", "second"),
    [
        (1000, 1.0, "normal", (50, 0, 3), (50, 3, 4)),
        (3000, 1.0, "normal", (80, 1, 4), (80, 4, 5)),
        (8000, 4.0, "normal", (125, 7, 11), (125, 18, 19)),
        (10_000, 6.5, "normal", (125, 11, 16), (125, 26, 27)),
        (8000, 2.5, "tightened", (125, 3, 7), (125, 11, 12)),
        (8000, 6.5, "tightened", (125, 9, 14), (125, 23, 24)),
        (8000, 1.0, "reduced", (50, 0, 4), (50, 3, 6)),
        (8000, 6.5, "reduced", (50, 5, 10), (50, 12, 16)),
    ],
)
def test_known_double_plans(
    lot: int, aql: float, severity: str, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    found = plan(lot, aql=aql, severity=severity, kind="double")
    assert (found.n, found.accept, found.reject) == first
    assert (found.n2, found.accept2, found.reject2) == second


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_double_plan_lets_through_what_the_single_one_does(severity: str) -> None:
    compared = 0
    for letter in LETTERS[1:]:
        for aql in aqls():
            single, double = (own_plan(letter, aql, severity, kind) for kind in KINDS)
            if single is None or double is None or aql > 10:
                continue
            shares = np.linspace(0, quality_accepted(single, 0.01), 40)
            gap = operating_characteristic(single, shares) - operating_characteristic(double, shares)
            assert np.abs(gap).max() < (0.19 if severity == "reduced" else 0.09), (letter, aql)
            assert average_sample_number(double, shares[:1]) < single.n
            compared += 1
    assert compared >= 70


def test_normal_plans_accept_work_of_the_agreed_quality() -> None:
    for letter in LETTERS:
        for aql in (one for one in aqls() if one <= 10):
            found = own_plan(letter, aql, "normal")
            if found:
                assert 0.86 < operating_characteristic(found, [aql / 100])[0] < 0.999, (letter, aql)


@pytest.mark.parametrize("aql", [0.065, 0.25, 1.0, 4.0])
@pytest.mark.parametrize("lot", [1200, 35_000, 500_000])
def test_tightened_is_stricter_and_reduced_looser(aql: float, lot: int) -> None:
    shares = np.linspace(0, 0.2, 80)
    tightened, normal, reduced = (
        operating_characteristic(plan(lot, aql=aql, severity=severity), shares)
        for severity in ("tightened", "normal", "reduced")
    )
    assert (tightened <= normal + 1e-12).all()
    assert (normal <= reduced + 1e-5).all()


@given(st.integers(1, 10**9), st.sampled_from(aqls()), st.sampled_from(LEVELS), st.sampled_from(SEVERITIES))
@example(1, 0.010, "S1", "normal")
@example(2, 1000.0, "III", "reduced")
def test_every_question_has_a_plan(lot: int, aql: float, level: str, severity: str) -> None:
    for kind in KINDS:
        found = plan(lot, aql=aql, level=level, severity=severity, kind=kind)
        assert 1 <= found.n <= lot
        assert 0 <= found.accept < found.reject
        assert (found.kind == "double") == (found.n2 > 0) == (found.reject2 > 0)
        assert found.n + found.n2 <= lot
        if found.kind == "double":
            assert found.accept <= found.accept2 < found.reject2
            assert found.reject <= found.reject2
        if severity != "reduced":
            assert (found.reject2 - found.accept2 if found.n2 else found.reject - found.accept) == 1


def test_larger_lots_never_get_smaller_samples() -> None:
    """But where an arrow points back up: the letter before has the plan then, with the smaller sample."""
    for severity in SEVERITIES:
        for aql in (one for one in aqls() if one <= 10):
            found = [plan(lot, aql=aql, severity=severity) for lot in LOTS]
            assert all(one.n <= other.n or one.n == one.lot_size or other.accept == 0 for one, other in pairwise(found))
    assert [plan(lot, aql=1.0).n for lot in LOTS[4:]] == [13, 13, 50, 50, 80, 125, 200, 315, 500, 800, 1250]


def test_a_note_says_why_a_plan_is_another() -> None:
    assert plan(1000, aql=1.0).note == ""
    assert "K" in plan(1000, aql=0.10).note
    assert "whole lot" in plan(10, aql=0.10).note
    assert "single" in plan(1000, aql=0.15, kind="double").note
    assert plan(1000, aql=1.0, level="s-1").level == "S1"


@pytest.mark.parametrize(
    ("lot", "more"),
    [
        (0, {}),
        (-5, {}),
        (100, {"aql": 1.1}),
        (100, {"aql": math.nan}),
        (100, {"aql": -1.0}),
        (100, {"level": "IV"}),
        (100, {"severity": "strict"}),
        (100, {"kind": "triple"}),
    ],
)
def test_there_is_no_such_plan(lot: int, more: dict[str, Any]) -> None:
    with pytest.raises(BadValue) as caught:
        plan(lot, **{"aql": 1.0, **more})
    assert caught.value.hint


# ── verdicts ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["en", "de-AT", "fr", "xx"])
def test_a_verdict_names_its_numbers(lang: str) -> None:
    one = plan(1000, aql=1.0)
    assert [one.judge(k, lang).verdict for k in range(5)] == ["accepted"] * 3 + ["rejected"] * 2
    assert "80" in one.judge(2, lang).reason
    two = plan(1000, aql=1.0, kind="double")
    assert [two.judge(k, lang).verdict for k in range(4)] == ["accepted", "continue", "continue", "rejected"]
    assert two.judge([2, 1], lang).verdict == "accepted"
    assert two.judge([2, 2], lang).verdict == "rejected"
    assert "100" in two.judge([2, 2], lang).reason
    reduced = plan(1000, aql=1.0, severity="reduced").judge(2, lang)
    assert (reduced.verdict, reduced.back_to_normal) == ("accepted", True)


def test_the_languages_say_the_same_things() -> None:
    for words in (sampling._REASONS, sampling._SWITCHES):
        assert len({tuple(said) for said in words.values()}) == 1


@pytest.mark.parametrize("found", [-1, 81, [], [1, 1], [1, 1, 1]])
def test_what_was_not_looked_at_is_not_judged(found: int | list[int]) -> None:
    with pytest.raises(BadValue):
        plan(1000, aql=1.0).judge(found)


# ── odds ──────────────────────────────────────────────────────────────────────────────────────────────────────


def reference(one: Plan, shares: np.ndarray, lot: int | None) -> np.ndarray:
    """The chance of being accepted, as scipy has it."""
    wrong = None if lot is None else np.rint(shares * lot).astype(int)

    def exactly(x: int, n: int) -> np.ndarray:
        return stats.binom.pmf(x, n, shares) if wrong is None else stats.hypergeom.pmf(x, lot, wrong, n)

    def at_most(x: int, n: int, drawn: int, before: int) -> np.ndarray:
        if wrong is None:
            return stats.binom.cdf(x, n, shares)
        return stats.hypergeom.cdf(x, lot - drawn, np.maximum(wrong - before, 0), n)

    if one.kind == "single":
        return at_most(one.reject - 1, one.n, 0, 0)
    accepted = at_most(one.accept, one.n, 0, 0)
    for x in range(one.accept + 1, one.reject):
        first = exactly(x, one.n)
        accepted = accepted + np.where(first > 0, first * at_most(one.reject2 - 1 - x, one.n2, one.n, x), 0)
    return accepted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(("lot", "aql"), [(90, 6.5), (200, 2.5), (1000, 1.0), (35_000, 0.65), (10**7, 0.4)])
def test_odds_equal_scipys(lot: int, aql: float, severity: str, kind: str) -> None:
    one = plan(lot, aql=aql, severity=severity, kind=kind)
    shares = np.concatenate([np.linspace(0, 1, 21), np.linspace(0, 8 * one.reject / one.n, 60).clip(0, 1)])
    for size in (lot, None):
        assert operating_characteristic(one, shares, size) == pytest.approx(reference(one, shares, size), abs=1e-9)


@settings(max_examples=60)
@given(st.integers(1, 60), st.data())
def test_odds_of_one_lot_are_exact(lot: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, lot))
    reject = data.draw(st.integers(1, n))
    wrong = data.draw(st.integers(0, lot))
    ways = sum(math.comb(wrong, k) * math.comb(lot - wrong, n - k) for k in range(min(reject, wrong + 1)))
    found = operating_characteristic(Plan(n, reject - 1, reject), [wrong / lot], lot)[0]
    assert found == pytest.approx(float(Fraction(ways, math.comb(lot, n))), abs=1e-12)


def test_ten_million_keep_their_digits() -> None:
    wrong, n, lot = 8000, 1250, 10**7
    ways = sum(Fraction(math.comb(wrong, k) * math.comb(lot - wrong, n - k)) for k in range(3))
    exact = float(ways / math.comb(lot, n))
    assert operating_characteristic(Plan(n, 2, 3), [wrong / lot], lot)[0] == pytest.approx(exact, abs=1e-13)


def test_defects_per_hundred_are_counted_by_poisson() -> None:
    one = plan(1000, aql=40)
    assert one.counts_defects
    assert one.judge(5 * one.n).verdict == "rejected"
    rates = np.linspace(0, 2, 30)
    assert operating_characteristic(one, rates) == pytest.approx(stats.poisson.cdf(one.accept, one.n * rates), abs=1e-9)
    assert quality_accepted(one, 0.5) == pytest.approx((one.accept + 0.67) / one.n, rel=0.01)


def test_published_figures_of_code_letter_j() -> None:
    one = plan(1000, aql=1.0)  # table X-J-1, percent defective at 95, 90, 50 and 10 of 100 lots accepted
    assert [100 * quality_accepted(one, chance) for chance in (0.95, 0.9, 0.5, 0.1)] == pytest.approx(
        [1.03, 1.38, 3.33, 6.52], abs=0.01
    )
    assert 100 * outgoing_limit(one).limit == pytest.approx(1.7, abs=0.05)  # table V-A
    none = plan(1000, aql=0.15)
    assert 100 * outgoing_limit(none).limit == pytest.approx(0.46, abs=0.005)


@settings(max_examples=25)
@given(st.sampled_from([(200, 2.5), (90, 6.5), (500, 1.0), (1200, 4.0)]), st.sampled_from(KINDS), st.booleans())
def test_the_outgoing_limit_is_the_worst_there_is(asked: tuple[int, float], kind: str, whole: bool) -> None:
    lot, aql = asked
    one = plan(lot, aql=aql, kind=kind)
    size = lot if whole else None
    shares = np.arange(lot + 1) / lot if whole else np.linspace(0, 1, 20_001)
    worst = average_outgoing_quality(one, shares, size).max()
    found = outgoing_limit(one, size)
    assert found.limit == pytest.approx(worst, abs=0 if whole else 1e-6)
    assert average_outgoing_quality(one, [found.share], size)[0] == pytest.approx(found.limit, abs=1e-12)


def test_inspecting_all_lets_nothing_through() -> None:
    everything = plan(10, aql=0.10)
    assert average_outgoing_quality(everything, [0.0, 0.1, 1.0], 10).tolist() == [0.0, 0.0, 0.0]
    assert outgoing_limit(everything, 10).limit == 0.0


def test_the_average_number_looked_at() -> None:
    two = plan(1000, aql=1.0, kind="double")
    shares = np.array([0.0, 0.02, 0.5, 1.0])
    more = stats.binom.cdf(2, 50, shares) - stats.binom.cdf(0, 50, shares)
    assert average_sample_number(two, shares) == pytest.approx(50 + 50 * more, abs=1e-9)
    assert average_sample_number(plan(1000, aql=1.0), shares).tolist() == [80] * 4


def test_a_plan_lets_through_what_a_simulation_does() -> None:
    two, dice = plan(1000, aql=2.5, kind="double"), np.random.default_rng(11)
    wrong = 60
    first = dice.hypergeometric(wrong, 1000 - wrong, two.n, 40_000)
    second = dice.hypergeometric(wrong - first, 1000 - wrong - (two.n - first), two.n2)
    accepted = (first <= two.accept) | ((first < two.reject) & (first + second <= two.accept2))
    assert operating_characteristic(two, [wrong / 1000], 1000)[0] == pytest.approx(accepted.mean(), abs=0.01)


@pytest.mark.parametrize("shares", [[-0.1], [1.1], [math.nan], 0.1, [[0.1]]])
def test_a_share_is_a_share(shares: Any) -> None:
    with pytest.raises(BadValue):
        operating_characteristic(plan(1000, aql=1.0), shares)


def test_a_plan_needs_a_lot_of_its_size() -> None:
    with pytest.raises(BadValue, match="80 of 50"):
        operating_characteristic(plan(1000, aql=1.0), [0.1], 50)
    with pytest.raises(BadValue):
        quality_accepted(plan(1000, aql=1.0), 1.0)


# ── switching ─────────────────────────────────────────────────────────────────────────────────────────────────

GOOD, BAD = LotResult(True), LotResult(False, 9)


@pytest.mark.parametrize(
    ("history", "severity"),
    [
        ([], "normal"),
        ([BAD], "normal"),
        ([BAD, BAD], "tightened"),
        ([BAD, GOOD, GOOD, GOOD, BAD], "tightened"),
        ([BAD, GOOD, GOOD, GOOD, GOOD, BAD], "normal"),
        ([BAD, BAD, *[GOOD] * 4], "tightened"),
        ([BAD, BAD, *[GOOD] * 5], "normal"),
        ([BAD, BAD, *[GOOD] * 4, BAD, *[GOOD] * 4], "tightened"),
        ([BAD, BAD, *[BAD, GOOD] * 4], "tightened"),
        ([BAD, BAD, *[BAD, GOOD] * 4, BAD], "discontinued"),
        ([BAD, BAD, *[BAD] * 5, *[GOOD] * 20], "discontinued"),
        ([GOOD] * 9, "normal"),
        ([GOOD] * 10, "reduced"),
        ([*[GOOD] * 10, BAD], "normal"),
        ([*[GOOD] * 10, LotResult(True, 3, back_to_normal=True)], "normal"),
        ([*[GOOD] * 10, BAD, *[GOOD] * 9], "normal"),
        ([BAD, *[GOOD] * 10], "reduced"),
        ([BAD, LotResult(False, resubmitted=True), GOOD], "normal"),
    ],
)
def test_switching(history: list[LotResult], severity: str) -> None:
    assert switch(history, reduced_allowed=True).severity == severity


def test_less_is_looked_at_only_where_it_was_agreed() -> None:
    ten = [LotResult(True, 2)] * 10
    assert switch(ten).severity == "normal"
    assert switch(ten, reduced_allowed=True, limit=19).severity == "normal"
    assert switch(ten, reduced_allowed=True, limit=20).severity == "reduced"
    assert switch([GOOD], start="reduced").severity == "normal"
    assert switch([GOOD] * 5, start="tightened").severity == "normal"
    with pytest.raises(BadValue):
        switch([], start="lax")


def test_switching_says_why() -> None:
    assert "two of five" in switch([BAD, BAD]).reason
    assert "zwei von fünf" in switch([BAD, BAD], lang="de-DE").reason
    assert "deux lots" in switch([BAD, BAD], lang="fr").reason
    assert switch([], start="tightened").reason != switch([]).reason


# ── draws ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 400), st.data(), st.integers(0, 2**64))
def test_a_draw_is_repeatable_and_without_repeats(size: int, data: st.DataObject, seed: int) -> None:
    n = data.draw(st.integers(0, size))
    found = draw(size, n, seed=seed)
    assert found.dtype == np.int64
    assert len(set(found.tolist())) == n == len(found)
    assert not n or (0 <= found.min() <= found.max() < size)
    assert found.tolist() == draw(["x"] * size, n, seed=seed).tolist()


def test_a_seed_means_the_same_everywhere() -> None:
    """These numbers stand in ledgers: another algorithm would have to keep them."""
    assert draw(1000, 5, seed=42).tolist() == SEEDED[0]
    assert draw(10, 4, seed=42).tolist() == SEEDED[1]
    assert draw(1000, 5, seed=42, weights=np.arange(1000)).tolist() == SEEDED[2]
    assert draw(1000, 5, seed=42, strata=np.arange(1000) % 3).tolist() == SEEDED[3]


SEEDED = [[360, 585, 132, 597, 251], [4, 8, 1, 9], [879, 662, 926, 835, 307], [499, 585, 251, 961, 360]]


@pytest.mark.parametrize("weights", [None, [1.0] * 12])
def test_every_one_is_drawn_equally_often(weights: list[float] | None) -> None:
    drawn = np.concatenate([draw(12, 3, seed=seed, weights=weights) for seed in range(3000)])
    counts = np.bincount(drawn, minlength=12)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_beginning_is_a_sample_too() -> None:
    first = np.array([draw(40, 8, seed=seed, strata=[0] * 20 + [1] * 20)[0] for seed in range(2000)])
    assert stats.chisquare(np.bincount(first, minlength=40)).pvalue > 1e-4


def test_large_populations_are_drawn_from_everywhere() -> None:
    found = draw(10_000_000, 5000, seed=3)
    assert stats.kstest(found / 1e7, "uniform").pvalue > 1e-4
    assert len(set(found.tolist())) == 5000


def test_risk_is_drawn_in_proportion() -> None:
    weights = np.array([0.0, 1, 1, 2, 4])
    first = np.array([draw(5, 2, seed=seed, weights=weights) for seed in range(6000)])
    assert (first != 0).all()
    shares = np.bincount(first[:, 0], minlength=5)[1:]
    assert stats.chisquare(shares, 6000 * weights[1:] / 8).pvalue > 1e-4
    second = np.bincount(first[first[:, 0] == 4][:, 1], minlength=5)[1:4]
    assert stats.chisquare(second, second.sum() * weights[1:4] / 4).pvalue > 1e-4


def test_risk_that_few_have_finds_the_others_in_time() -> None:
    weights = np.full(10_000, 1e-9)
    weights[17] = 1.0
    found = draw(10_000, 500, seed=1, weights=weights)
    assert len(set(found.tolist())) == 500
    assert found[0] == 17


@given(st.lists(st.integers(0, 500), min_size=1, max_size=12), st.data(), st.integers(0, 20))
def test_strata_get_their_share(sizes: list[int], data: st.DataObject, least: int) -> None:
    total = sum(sizes)
    n = data.draw(st.integers(0, total))
    given_out = allocate(sizes, n, least=least)
    assert sum(given_out) == n
    assert all(0 <= one <= size for one, size in zip(given_out, sizes, strict=True))
    filled = sum(size > 0 for size in sizes)
    promised = min(least, n // filled) if filled else 0
    assert all(one >= min(size, promised) for one, size in zip(given_out, sizes, strict=True))
    if least == 0 and n:
        assert all(abs(one - n * size / total) < 1 for one, size in zip(given_out, sizes, strict=True))


def test_strata_are_drawn_as_shared_out() -> None:
    people = np.array(["ann"] * 9000 + ["bob"] * 900 + ["cid"] * 90 + [None] * 3, dtype=object)
    found = draw(len(people), 100, seed=5, strata=people)
    counts = {str(name): int((people[found] == name).sum()) for name in ("ann", "bob", "cid")}
    assert counts == {"ann": 83, "bob": 9, "cid": 5}
    assert len(set(found.tolist())) == 100
    risky = np.where(people == "cid", 0.0, 1.0)
    assert not (people[draw(len(people), 100, seed=5, strata=people, weights=risky)] == "cid").any()


def test_how_strata_are_named_says_nothing() -> None:
    whole = np.arange(3000) % 7
    assert sorted(draw(3000, 50, seed=9, strata=whole).tolist()) == sorted(
        draw(3000, 50, seed=9, strata=[f"person {one}" for one in whole]).tolist()
    )


@pytest.mark.parametrize(
    ("size", "n", "more"),
    [
        (5, 6, {}),
        (5, -1, {}),
        (5, 2, {"seed": -1}),
        (5, 2, {"weights": [1, 1]}),
        (5, 2, {"weights": [1, 1, 1, 1, -1]}),
        (5, 2, {"weights": [1, 1, 1, 1, math.nan]}),
        (5, 2, {"weights": [1, 1, 1, 1, math.inf]}),
        (5, 2, {"weights": [1, 0, 0, 0, 0]}),
        (5, 2, {"strata": [1, 2]}),
    ],
)
def test_draws_that_can_not_be(size: int, n: int, more: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        draw(size, n, **{"seed": 1, **more})
