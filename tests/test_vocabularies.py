"""Vocabularies: reading, looking up in any language, completing, climbing, and mistakes by line."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import vocabularies
from workbench.vocabularies import Term, Vocabulary

ANIMALS = """term,broader,en,de,synonyms
animal,,animal,Tier,
mammal,animal,mammal,Säugetier,
dog,mammal,dog,Hund,hound|pooch
cat,mammal,cat,Katze,
bird,animal,bird,Vogel,
"""


@pytest.fixture
def animals(tmp_path: Path) -> Vocabulary:
    return read(tmp_path, ANIMALS)[0]


def read(folder: Path, text: str, name: str = "v.csv") -> tuple[Vocabulary, list[vocabularies.Mistake]]:
    path = folder / name
    path.write_text(text, "utf-8")
    return vocabularies.from_file(path)


def test_terms_are_found_in_any_language_case_and_spelling(animals: Vocabulary) -> None:
    for text in ("dog", "DOG", "Hund", "hund", "  Pooch ", "animal|mammal|dog", "mammal|dog"):
        found = animals.find(text)
        assert found is not None, text
        assert found.term == "dog"
    assert animals.find("saugetier") == animals.terms["mammal"]
    assert animals.find("fish") is None
    assert animals.terms["dog"].label("de-AT") == "Hund"
    assert animals.terms["dog"].label("fr") == "dog"


def test_only_terms_and_their_paths_are_in_it(animals: Vocabulary) -> None:
    assert [text in animals for text in ("dog", "animal|mammal|dog", "Hund", "bird|dog", "dog|", "|", 7)] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip


def test_climbing(animals: Vocabulary) -> None:
    assert animals.path("dog") == ["animal", "mammal", "dog"]
    assert animals.narrower("mammal") == ["dog", "cat"]
    assert animals.narrower() == ["animal"]


def test_the_nearest_term_is_suggested(animals: Vocabulary) -> None:
    assert animals.nearest("mamal") == "mammal"
    assert animals.nearest("Katzen") == "cat"
    assert animals.nearest("spaceship") is None
    assert animals.nearest("") is None


def test_completing_begins_then_contains(animals: Vocabulary) -> None:
    assert [term.term for term in animals.complete("ma")] == ["mammal", "animal"]
    assert [term.term for term in animals.complete("hu")] == ["dog"]
    assert len(animals.complete("", limit=2)) == 2
    assert animals.complete("zzz") == []


def test_thousands_of_terms_are_quick(tmp_path: Path) -> None:
    rows = [f"term {n},{f'term {n // 10}' if n >= 10 else ''},label {n},Wort {n}" for n in range(20_000)]
    begun = time.process_time()
    found, mistakes = read(tmp_path, "term,broader,en,de\n" + "\n".join(rows))
    loaded = time.process_time()
    assert [term.term for term in found.complete("wort 1999")][:1] == ["term 1999"]
    assert found.nearest("tern 4711") == "term 4711"
    assert (len(found), mistakes) == (20_000, [])
    # Ten times what it takes here: a quadratic slip would take minutes.
    assert loaded - begun < 3
    assert time.process_time() - loaded < 6


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name,broader\ndog,\n", 1, "one of them `term`"),
        ("", 1, "one of them `term`"),
        ("term\ndog\ncat\ndog\n", 4, "there twice, first in line 2"),
        ("term,broader\ndog,mammal\n", 2, "below 'mammal', which isn't a term"),
        ("term,broader\na,b\nb,a\nc,\n", 2, "step by step, below itself"),
        ("term,broader\na,a\n", 2, "step by step, below itself"),
        ("term,en\n,dog\n", 2, "no term in this line"),
    ],
)
def test_mistakes_are_named_by_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    _, mistakes = read(tmp_path, text)
    assert mistakes
    assert (mistakes[0].line, mistakes[0].path) == (line, "v.csv")
    assert words in mistakes[0].message


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_bytes(b"term\ndog\nSchl\xfcssel\n")
    _, mistakes = vocabularies.from_file(tmp_path / "v.csv")
    assert str(mistakes[0]) == "v.csv, line 3: This isn't UTF-8 text. Save the file as UTF-8."
    _, mistakes = vocabularies.from_file(tmp_path / "absent.csv")
    assert "can't be read" in mistakes[0].message


def test_toml_and_lists(tmp_path: Path) -> None:
    text = 'terms = ["dog", { term = "cat", label = { de = "Katze" }, broader = "dog", synonyms = ["puss"] }]'
    found, mistakes = read(tmp_path, text, "v.toml")
    assert mistakes == []
    assert found.nearest("puss") == "cat"
    for bad in (
        "terms = []",
        "terms = [7]",
        'terms = [{ label = "x" }]',
        'terms = [{ term = "a", lable = "x" }]',
        "==",
    ):
        assert read(tmp_path, bad, "bad.toml")[1], bad


names = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="|"), min_size=1, max_size=12)


@given(st.lists(names.filter(lambda name: bool(name.strip())), min_size=1, max_size=30, unique=True))
def test_every_term_is_found_and_completed_by_its_own_name(terms: list[str]) -> None:
    found = Vocabulary(map(Term, terms))
    for term in terms:
        assert term in found
        assert found.find(term) == Term(term)
        nearest = found.nearest(term)
        assert nearest == term
        completed = {vocabularies.folded(known.term) for known in found.complete(term, limit=100)}
        assert vocabularies.folded(term) in completed
