from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import hash_index
from workbench.errors import BadValue, MissingExtra, TooMuch
from workbench.hash_index import HashIndex, Pairs, pairs_between, pairs_within, query, running

needs_numba = pytest.mark.skipif(running().name != "numba", reason="NOT TESTED: numba is not installed")
ENGINES = ["numpy", pytest.param("numba", marks=needs_numba)]
WORDS = st.integers(0, 2**64 - 1)


@st.composite
def crowds(draw: st.DrawFn, most: int = 60) -> np.ndarray:
    """Hashes as real ones are: some alone, some in crowds around a centre, some equal, many bits the same in all."""
    alone = draw(st.lists(WORDS, max_size=8))
    kept = draw(WORDS)
    centres = draw(st.lists(WORDS, min_size=1, max_size=4))
    near = draw(st.lists(st.tuples(st.sampled_from(centres), st.lists(st.integers(0, 63), max_size=12)), max_size=most))
    crowd = [centre ^ sum({1 << bit for bit in bits}) for centre, bits in near]
    return np.array([word & kept if draw(st.booleans()) else word for word in alone + crowd], np.uint64)


def compared(one: np.ndarray, other: np.ndarray, radius: int, *, same: bool) -> list[tuple[int, int, int]]:
    bits = np.bitwise_count(one[:, None] ^ other[None, :]) if len(one) and len(other) else np.empty((0, 0), np.uint8)
    return [(int(i), int(j), int(bits[i, j])) for i, j in np.argwhere(bits <= radius) if i < j or not same]


def listed(pairs: Pairs) -> list[tuple[int, int, int]]:
    return list(zip(pairs.i.tolist(), pairs.j.tolist(), pairs.distance.tolist(), strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=150)
@given(crowds(), st.integers(0, 14))
def test_every_pair_is_found_once_and_nothing_else(engine: hash_index.Engine, hashes: np.ndarray, radius: int) -> None:
    assert listed(pairs_within(hashes, radius, engine=engine)) == compared(hashes, hashes, radius, same=True)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=100)
@given(crowds(30), crowds(30), st.integers(0, 14))
def test_every_pair_between_two_sets_is_found(
    engine: hash_index.Engine, one: np.ndarray, other: np.ndarray, radius: int
) -> None:
    assert listed(pairs_between(one, other, radius, engine=engine)) == compared(one, other, radius, same=False)


@settings(max_examples=40)
@given(crowds(), st.integers(0, 12), st.integers(1, 6), st.integers(2, 12))
def test_however_the_bits_are_dealt_out_the_pairs_are_the_same(
    hashes: np.ndarray, radius: int, blocks: int, width: int
) -> None:
    plan = hash_index._dealt(list(range(64)), min(blocks, radius + 1), min(width, 64 // blocks), radius)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hash_index, "_blocks", lambda *_: plan)
        for engine in ("numpy", running().name):
            assert listed(pairs_within(hashes, radius, engine=engine)) == compared(hashes, hashes, radius, same=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_many_hashes_with_planted_pairs(engine: hash_index.Engine) -> None:
    random = np.random.default_rng(3)
    hashes = random.integers(0, 2**64, 30_000, dtype=np.uint64)
    for place in range(0, 2_000, 2):  # neighbours at 0 to 12 bits
        flipped = random.choice(64, place // 2 % 13, replace=False)
        hashes[place + 1] = hashes[place] ^ np.bitwise_or.reduce(np.uint64(1) << flipped.astype(np.uint64), initial=0)
    hashes[20_000:] &= np.uint64(0x0F0F_FFFF_0F0F_FFFF)  # as unevenly spread as real ones are
    found = pairs_within(hashes, 10, engine=engine)
    planted = {(p, p + 1) for p in range(0, 2_000, 2) if p // 2 % 13 <= 10}
    assert planted <= set(zip(found.i.tolist(), found.j.tolist(), strict=True))
    assert (np.bitwise_count(hashes[found.i] ^ hashes[found.j]) == found.distance).all()
    assert (found.distance <= 10).all()
    assert (found.i < found.j).all()


@needs_numba
@pytest.mark.parametrize("radius", [0, 3, 7, 10])
def test_both_engines_agree_on_a_large_set(radius: int) -> None:
    random = np.random.default_rng(radius)
    hashes = random.integers(0, 2**64, 40_000, dtype=np.uint64) & random.integers(0, 2**64, 40_000, dtype=np.uint64)
    slow, fast = (pairs_within(hashes, radius, engine=engine) for engine in ("numpy", "numba"))
    for one, other in zip(slow, fast, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_crowd_of_equal_hashes_ends_in_a_message_instead_of_a_full_memory(engine: hash_index.Engine) -> None:
    with pytest.raises(TooMuch, match="1,000 pairs"):
        pairs_within(np.full(20_000, 7, np.uint64), 4, engine=engine, most=1_000)


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_is_told_and_may_end_the_search(engine: hash_index.Engine) -> None:
    told: list[float] = []
    pairs_within(
        np.random.default_rng(1).integers(0, 2**64, 5_000, dtype=np.uint64), 8, engine=engine, progress=told.append
    )
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1

    def stop(part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pairs_within(np.arange(9_000, dtype=np.uint64) << np.uint64(40), 3, engine=engine, progress=stop)


@given(crowds(), st.lists(WORDS, max_size=8), st.integers(0, 64))
def test_an_index_answers_what_comparing_with_each_does(hashes: np.ndarray, asked: list[int], radius: int) -> None:
    index = HashIndex(hashes[: len(hashes) // 2])
    for more in np.array_split(hashes[len(hashes) // 2 :], 3):
        index.add(more)
    assert len(index) == len(hashes)
    assert np.array_equal(index.hashes, hashes)
    for word in asked:
        expected = [(0, j, d) for _, j, d in compared(np.array([word], np.uint64), hashes, radius, same=False)]
        assert listed(query(index, word, radius)) == expected
    nearest = {j: min((d, i) for i, at, d in compared(np.array(asked, np.uint64), hashes, 64, same=False) if at == j)
               for j in range(len(hashes))} if asked else {}  # fmt: skip
    found = index.near(np.array(asked, np.uint64), radius)
    assert listed(found) == [(i, j, d) for j, (d, i) in nearest.items() if d <= radius]


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 2), np.uint64), np.array([-1, 5]), np.array([0.5]), np.array(["a"]), [True], [0.5], 3, [-1], [2**64]],
)
def test_what_is_no_row_of_hashes_is_refused(wrong: object) -> None:
    with pytest.raises(BadValue):
        pairs_within(wrong, 3)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("radius", [-1, 65])
def test_a_radius_that_cannot_be_is_refused(radius: int) -> None:
    with pytest.raises(BadValue, match="bits"):
        pairs_within([1, 2], radius)


@pytest.mark.parametrize("engine", ENGINES)
def test_of_nothing_comes_nothing(engine: hash_index.Engine) -> None:
    for pairs in (pairs_within([], 5, engine=engine), pairs_within([3], 64, engine=engine), pairs_between([], [1], 3)):
        assert listed(pairs) == []
    assert listed(pairs_within([0, 2**64 - 1], 64, engine=engine)) == [(0, 1, 64)]


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from workbench import hash_index
print(hash_index.running().name, hash_index.running().says)
print(hash_index.pairs_within([1, 3, 2**63], 1).i.tolist())
try:
    hash_index.pairs_within([1], 1, engine="numba")
except hash_index.MissingExtra as error:
    print(error)
"""


def test_without_numba_numpy_does_it_and_says_how_it_gets_faster() -> None:
    out = subprocess.run([sys.executable, "-c", WITHOUT_NUMBA], capture_output=True, text=True, check=True).stdout
    said, pairs, refused = out.splitlines()
    assert said.startswith("numpy ")
    assert "image-workbench[fast]" in said
    assert pairs == "[0]"
    assert "pip install image-workbench[fast]" in refused


def test_which_engine_runs_is_said() -> None:
    assert running("numpy").name == "numpy"
    assert running().name in running().says
    with pytest.raises(BadValue, match="fortran"):
        running("fortran")  # type: ignore[arg-type]  # wrong on purpose
    if running().name == "numba":
        assert running("numba").name == "numba"
    else:
        with pytest.raises(MissingExtra):
            running("numba")
