"""Folding many texts at once: letter by letter what folding each by itself gives, whatever the alphabet."""

from __future__ import annotations

import doctest
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import folding
from workbench.folding import folded_all
from workbench.vocabularies import folded

words = st.text(st.one_of(st.characters(), st.sampled_from("ßﷺﬃ\u0301İ\u3000\u200b \t\x85각がΣς\ud800")), max_size=8)


def test_the_examples_hold() -> None:
    assert doctest.testmod(folding).failed == 0


@settings(deadline=None)
@given(st.lists(words, max_size=30))
def test_each_text_is_folded_as_if_alone(texts: list[str]) -> None:
    assert folded_all(texts) == [folded(text.replace("\0", "")) for text in texts]


def test_every_letter_there_is() -> None:
    """All code points, each between two others: what one becomes depends on no neighbour."""
    texts = [f"x{chr(point)}y" for point in range(1, sys.maxunicode + 1)]
    assert folded_all(texts) == [folded(text) for text in texts]


def test_where_one_text_ends_and_the_next_begins() -> None:
    assert folded_all([]) == []
    assert folded_all(["", " ", "\0", "a\0b", " c ", ""]) == ["", "", "", "ab", "c", ""]
    assert folded_all(["\u0301", "é"]) == ["", "e"]
    assert folded_all(["Ä "] * 120_001) == ["a"] * 120_001
