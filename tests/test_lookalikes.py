"""The catalogue of look-alikes: hard, and all different."""

import csv
import itertools
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

from lookalikes import FAMILIES, Lookalike, catalogue, write
from workbench import fingerprints

PICTURES = 6 * len(FAMILIES)


@pytest.fixture(scope="module")
def made() -> list[Lookalike]:
    return list(catalogue(PICTURES, seed=2))


def test_every_family_is_there_and_every_name_once(made: list[Lookalike]) -> None:
    assert {one.family for one in made} == set(FAMILIES)
    assert len({one.name for one in made}) == len(made) == PICTURES


def test_no_two_pictures_are_one(made: list[Lookalike]) -> None:
    """Each differs from each of its group in some place by more than grain: a patch, not single pixels."""
    groups = defaultdict(list)
    for one in made:
        groups[one.group].append(np.asarray(one.image.reduce(4), dtype=int))
    for name, pictures in groups.items():
        for one, other in itertools.combinations(pictures, 2):
            assert np.abs(one - other).max() > 20, name


def test_a_usual_perceptual_hash_takes_most_of_them_for_copies(made: list[Lookalike]) -> None:
    groups = defaultdict(list)
    for one in made:
        groups[one.group].append(fingerprints.phash(one.image))
    pairs = [pair for hashes in groups.values() for pair in itertools.combinations(hashes, 2)]
    near = [one for one in pairs if fingerprints.distance(*one) <= 10]
    assert len(near) > len(pairs) / 3


def test_the_same_seed_draws_the_same(made: list[Lookalike]) -> None:
    for one, again in zip(made[:18], catalogue(18, seed=2), strict=True):
        assert one.name == again.name
        assert one.image.tobytes() == again.image.tobytes()


def test_written_pairs_are_those_within_a_group(tmp_path: Path) -> None:
    pairs = write(tmp_path / "shop", 9, seed=4)
    assert len(pairs) == 15 + 3
    with (tmp_path / "shop.lookalikes.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["one", "other", "differs"]
    assert [tuple(row) for row in rows[1:]] == pairs
    assert all((tmp_path / "shop" / name).stat().st_size for pair in pairs for name in pair[:2])
