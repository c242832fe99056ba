from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import BadValue
from workbench.turned_hashes import turned_pairs

BACK = [0, 3, 2, 1, 4, 5, 6, 7]


@st.composite
def pictures(draw: st.DrawFn) -> np.ndarray:
    """Eight hashes a picture, some of them near to those of another picture under some symmetry."""
    words = st.integers(0, 2**64 - 1)
    rows = [draw(st.lists(words, min_size=8, max_size=8)) for _ in range(draw(st.integers(0, 6)))]
    for _ in range(draw(st.integers(0, 10)) if rows else 0):
        row = list(draw(st.sampled_from(rows)))
        copy = draw(st.lists(words, min_size=8, max_size=8))
        flipped = sum({1 << bit for bit in draw(st.lists(st.integers(0, 63), max_size=10))})
        copy[0] = row[draw(st.integers(0, 7))] ^ flipped
        rows.append(copy)
    return np.array(rows, np.uint64).reshape(-1, 8)


def compared(hashes: np.ndarray, radius: int) -> list[tuple[int, int, int, int]]:
    """Each pair's nearest symmetry, found by trying all; a turn by 270° is one by 90° from the other side."""
    found = {}
    for i in range(len(hashes)):
        for j in range(len(hashes)):
            for way in (0, 1, 2, 4, 5, 6, 7):
                bits = (int(hashes[i, way]) ^ int(hashes[j, 0])).bit_count()
                if i != j and bits <= radius and (way or i < j):
                    key, turned = (min(i, j), max(i, j)), way if i < j else BACK[way]
                    found[key] = min(found.get(key, (99, 99)), (bits, turned))
    return sorted((i, j, turned, bits) for (i, j), (bits, turned) in found.items())


@settings(max_examples=120)
@given(pictures(), st.integers(0, 10))
def test_every_pair_is_found_once_under_its_nearest_symmetry(hashes: np.ndarray, radius: int) -> None:
    found = turned_pairs(hashes, radius)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == compared(hashes, radius)
    slow = turned_pairs(hashes, radius, engine="numpy")
    assert all(np.array_equal(one, other) for one, other in zip(found, slow, strict=True))


def test_progress_goes_from_nothing_to_everything() -> None:
    told: list[float] = []
    turned_pairs(np.random.default_rng(1).integers(0, 2**64, (3_000, 8), dtype=np.uint64), 6, progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < 0.2
    assert 0.9 < told[-1] <= 1


@pytest.mark.parametrize("wrong", [np.zeros(8, np.uint64), np.zeros((3, 7), np.uint64)])
def test_less_than_eight_hashes_a_picture_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(BadValue, match="eight"):
        turned_pairs(wrong, 3)
