import pytest

from workbench.problems import KINDS, problem


def test_every_kind_reads_as_a_sentence() -> None:
    for kind, sentence in KINDS.items():
        assert sentence.endswith("."), kind
        assert sentence[0].isupper(), kind


def test_message_comes_from_the_table_and_detail_is_bounded() -> None:
    made = problem("read", "empty", "x" * 10_000)
    assert made.message == KINDS["empty"]
    assert len(made.detail) == 500


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        problem("read", "no_such_kind")
