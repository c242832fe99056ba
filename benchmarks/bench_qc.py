"""Statistics of quality control: draws from ten million, a million pairs compared, agreement beside its peers.

Times are CPU seconds of this process, the least of three runs where it takes less than a second. Run it with

    python benchmarks/bench_qc.py [--pairs 1000000] [--rows 10000000]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

sys.path.insert(0, str(Path(__file__).parents[1]))

from workbench import agreement, comparators, sampling
from workbench.vocabularies import Term, Vocabulary

WORDS = [
    *["old", "harbour", "Morning", "market", "tower", "river", "garden", "blue", "boat", "winter", "station", "people"],
    "Brücke",
    "Café",
    "Straße",
]


def timed(what: str, work: Callable[[], Any]) -> None:
    took = []
    while len(took) < 3 and sum(took) < 1:
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    print(f"{what:60} {min(took):8.3f} CPU-s", flush=True)


def draws(rows: int) -> None:
    dice = np.random.default_rng(1)
    weights, people = dice.random(rows), dice.integers(0, 8, rows)
    print(f"1,250 of {rows:,}")
    timed("  simple", lambda: sampling.draw(rows, 1250, seed=1))
    timed("  stratified over 8", lambda: sampling.draw(rows, 1250, seed=1, strata=people))
    timed("  weighted by risk", lambda: sampling.draw(rows, 1250, seed=1, weights=weights))
    timed("  both", lambda: sampling.draw(rows, 1250, seed=1, strata=people, weights=weights))


def texts(n: int, dice: np.random.Generator) -> list[str]:
    picked, numbers = dice.integers(0, len(WORDS), (n, 4)).tolist(), dice.integers(0, 99_999, n).tolist()
    return [f"{' '.join(WORDS[i] for i in row)} {number}" for row, number in zip(picked, numbers, strict=True)]


def one_in_twenty(values: list[Any], changed: Callable[[Any], Any]) -> list[Any]:
    return [changed(value) if i % 20 == 0 else value for i, value in enumerate(values)]


def pairs(n: int) -> None:
    dice = np.random.default_rng(2)
    titles, others = texts(n, dice), texts(n, dice)
    dates = [f"{1900 + v // 365}-{1 + v % 12:02}-{1 + v % 28:02}" for v in dice.integers(0, 36_500, n).tolist()]
    numbers = [str(v) for v in dice.integers(0, 5000, n).tolist()]
    keywords = [[WORDS[i] for i in row] for row in dice.integers(0, len(WORDS), (n, 3)).tolist()]
    terms = [f"t{i}" for i in dice.integers(0, 1000, n).tolist()]
    vocabulary = Vocabulary([Term("t0"), *(Term(f"t{i}", broader=f"t{(i - 1) // 5}") for i in range(1, 1000))])
    print(f"{n:,} pairs, one in twenty differs; and all differ")
    for kind, values, changed, options in (
        ("exact", titles, str.upper, {}),
        ("folded", titles, str.upper, {}),
        ("edit_distance", titles, lambda text: text[:-1] + "x", {}),
        ("number", numbers, lambda text: f"{text}.5", {"absolute": 0.1}),
        ("date", dates, lambda text: text[:7], {"precision": "month"}),
        ("set", keywords, lambda words: words[:2], {}),
        ("vocabulary", terms, lambda _: "t1", {"vocabulary": vocabulary}),
    ):
        second = one_in_twenty(values, changed)
        timed(f"  {kind}", lambda k=kind, a=values, b=second, o=options: comparators.compare(k, a, b, **o))
        turned = others if values is titles else values[1:] + values[:1]
        timed(f"  {kind}, all", lambda k=kind, a=values, b=turned, o=options: comparators.compare(k, a, b, **o))


def coefficients() -> None:
    dice = np.random.default_rng(3)
    truth = dice.integers(0, 5, 1_000_000)
    a, b = (np.where(dice.random(len(truth)) < 0.7, truth, dice.integers(0, 5, len(truth))) for _ in range(2))
    print("Cohen's kappa, 1,000,000 images")
    timed("  here, with an interval", lambda: agreement.cohen_kappa(a, b))
    timed("  scikit-learn, without", lambda: cohen_kappa_score(a, b))
    n = 100_000
    ratings = np.array([np.where(dice.random(n) < 0.7, truth[:n], dice.integers(0, 5, n)) for _ in range(3)], float)
    ratings[dice.random(ratings.shape) < 0.1] = np.nan
    years = np.round(ratings * 20 + dice.normal(0, 20, ratings.shape))
    print("Krippendorff's alpha, 3 people, 100,000 images, a tenth missing")
    for scale in ("nominal", "ordinal"):
        timed(
            f"  here, 5 answers, {scale}, with an interval",
            lambda s=scale: agreement.krippendorff_alpha(ratings, scale=s),
        )
        timed(
            f"  krippendorff, 5 answers, {scale}, without",
            lambda s=scale: krippendorff.alpha(ratings, level_of_measurement=s),
        )
    # krippendorff would take 42 GB for these 237 different years
    timed("  here, years, interval, with an interval", lambda: agreement.krippendorff_alpha(years, scale="interval"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    told = parser.parse_args()
    draws(told.rows)
    coefficients()
    pairs(told.pairs)
