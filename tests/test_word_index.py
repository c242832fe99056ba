"""Visual words: near descriptors share some, strangers hardly any, and the index answers the same in little memory."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.word_index import BITS, TABLES, WordIndex, words_of

Bits = np.ndarray


def descriptors(seed: int, count: int = 200) -> Bits:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def disturbed(given: Bits, bits: int, seed: int = 9) -> Bits:
    """Return descriptors with some bits of each turned over."""
    every = np.unpackbits(given, axis=1)
    rng = np.random.default_rng(seed)
    for row in every:
        row[rng.permutation(256)[:bits]] ^= 1
    return np.packbits(every, axis=1)


def filled(folder: Path, pictures: int, **more: int) -> WordIndex:
    index = WordIndex(folder, **more)
    for number in range(pictures):
        index.add(number, words_of(descriptors(number)))
    index.finish()
    return index


def test_a_picture_whose_descriptors_were_disturbed_comes_first(tmp_path: Path) -> None:
    index = filled(tmp_path, 60)
    for number in (0, 17, 59):
        found = index.candidates(words_of(disturbed(descriptors(number), 24)), most=5)
        assert found[0].number == number
        assert all(other.votes < found[0].votes / 5 for other in found[1:])


def test_strangers_have_no_candidates(tmp_path: Path) -> None:
    assert filled(tmp_path, 60).candidates(words_of(descriptors(1_000)), most=5) == []


@pytest.mark.parametrize("budget", [1 << 14, 1 << 18, 1 << 28])
def test_memory_changes_nothing(tmp_path: Path, budget: int) -> None:
    index = filled(tmp_path, 12, budget=budget)
    for table in index._tables:
        assert (np.diff(table.words.astype(np.int64)) >= 0).all()
        assert len(table.words) == 12 * 200
    assert [c.number for c in index.candidates(words_of(descriptors(5)), most=3)] == [5]


def test_only_smaller_numbers_where_asked(tmp_path: Path) -> None:
    index = WordIndex(tmp_path)
    for number in range(4):
        index.add(number, words_of(descriptors(1)))
    index.finish()
    words = words_of(descriptors(1))
    assert [c.number for c in index.candidates(words, most=9, below=2)] == [0, 1]
    assert [c.number for c in index.candidates(words, most=2)] == [0, 1]


def test_a_word_that_everybody_has_says_nothing(tmp_path: Path) -> None:
    index = WordIndex(tmp_path)
    for number in range(500):
        index.add(number, words_of(descriptors(1, 3)))
    index.finish()
    assert index.candidates(words_of(descriptors(1, 3)), most=9) == []


def test_an_index_of_nothing_answers(tmp_path: Path) -> None:
    index = WordIndex(tmp_path)
    index.add(0, words_of(np.zeros((0, 32), np.uint8)))
    index.finish()
    assert index.candidates(words_of(descriptors(1)), most=3) == []
    assert index.candidates(words_of(np.zeros((0, 32), np.uint8)), most=3) == []


@given(st.integers(0, 2**32), st.integers(0, 30))
def test_words_are_bits_of_the_descriptor(seed: int, count: int) -> None:
    given = descriptors(seed, count)
    words = words_of(given)
    assert words.shape == (count, TABLES)
    assert (words < 1 << BITS).all()
    assert np.array_equal(words, words_of(given))
    assert np.array_equal(words ^ words_of(~given), np.full((count, TABLES), (1 << BITS) - 1))
