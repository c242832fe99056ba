"""Controlled vocabularies: terms with labels in several languages, broader terms and synonyms, from CSV or TOML.

A CSV file has a header with ``term``, and if wanted ``broader``, ``synonyms`` (separated by ``|``) and a column a
language for the labels. A TOML file has ``terms = [...]`` of texts or tables with the same names.
"""

from __future__ import annotations

import csv
import tomllib
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from workbench.folding import folded_all

MAX_TERMS = 200_000
_OTHER_COLUMNS = ("term", "broader", "synonyms")
_NEAR = 0.6
_COMPARED = 200


class Mistake(NamedTuple):
    """Something wrong in a profile or vocabulary file: where, and what in a sentence."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    Attributes
    ----------
    term : str
        What is stored.
    labels : dict
        Language → what is shown.
    broader : str or None
        The term above it.
    synonyms : tuple of str
        What people write instead; never stored.
    """

    term: str
    labels: Mapping[str, str] = field(default_factory=dict)
    broader: str | None = None
    synonyms: tuple[str, ...] = ()

    def label(self, lang: str = "en") -> str:
        """Return what is shown in a language; the term itself where there is no label."""
        return self.labels.get(lang) or self.labels.get(lang.partition("-")[0]) or self.term


def folded(text: str) -> str:
    """Return a text without differences of case, accents and spacing, for comparing."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


class Vocabulary:
    """A set of terms that can be looked up, completed and climbed.

    Parameters
    ----------
    terms : iterable of Term
    name : str
        For messages.
    """

    def __init__(self, terms: Iterable[Term], name: str = "") -> None:
        self.name = name
        self.terms: dict[str, Term] = {}
        for term in terms:
            self.terms.setdefault(term.term, term)

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms.values())

    def __contains__(self, text: object) -> bool:
        return text in self.terms or (isinstance(text, str) and "|" in text and self._is_path(text))

    def _is_path(self, text: str) -> bool:
        """Say whether this is a path such as ``animal|mammal|dog`` that the vocabulary has."""
        steps = text.split("|")
        return all(step in self.terms for step in steps) and self.path(steps[-1])[-len(steps) :] == steps

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Every folded term, label and synonym → its term; terms win over labels, labels over synonyms."""
        found = {folded(term.term): term.term for term in self}
        for term in self:
            for label in term.labels.values():
                found.setdefault(folded(label), term.term)
        for term in self:
            for other in term.synonyms:
                found.setdefault(folded(other), term.term)
        return found

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._spellings)

    @cached_property
    def _narrower(self) -> dict[str | None, list[str]]:
        found: dict[str | None, list[str]] = {}
        for term in self:
            found.setdefault(term.broader, []).append(term.term)
        return found

    def find(self, text: str) -> Term | None:
        """Return the term that this is, in whatever case, language or known synonym it is written."""
        return self._find(text, folded(text))

    def find_all(self, texts: Sequence[str], plain: Sequence[str] | None = None) -> list[Term | None]:
        """Return what `find` does for each of many texts, in a fraction of the time.

        Parameters
        ----------
        texts : sequence of str, shape (n,)
        plain : sequence of str, shape (n,), optional
            The same folded, where they are at hand.
        """
        return list(map(self._find, texts, folded_all(texts) if plain is None else plain))

    def _find(self, text: str, plain: str) -> Term | None:
        term = self.terms.get(text) or self.terms.get(self._spellings.get(plain, ""))
        if term is None and "|" in text and self._is_path(text):
            term = self.terms[text.rpartition("|")[2]]
        return term

    def nearest(self, text: str) -> str | None:
        """Return the term that was probably meant, or None where nothing looks like it."""
        found = self.find(text)
        if found:
            return found.term
        near = get_close_matches(folded(text), self._candidates(folded(text)), 1, _NEAR)
        return self._spellings[near[0]] if near else None

    def _candidates(self, text: str) -> list[str]:
        """Keep the spellings of about this length that share most letter pairs: comparing with all would be slow."""
        pairs = {text[i : i + 2] for i in range(len(text) - 1)}
        room = max(2, len(text) * 2 // 3)
        shared = (
            (sum(pair in known for pair in pairs), known)
            for known in self._spellings
            if abs(len(known) - len(text)) <= room
        )
        enough = (pair for pair in shared if pair[0] or len(text) < 4)
        return [known for _, known in nlargest(_COMPARED, enough)]

    def complete(self, text: str, limit: int = 20) -> list[Term]:
        """Return terms for what has been typed so far: those that begin so, then those that contain it.

        Parameters
        ----------
        text : str
            In any of the languages; case and accents don't matter.
        limit : int
            Most terms returned.
        """
        start = folded(text)
        found: dict[str, Term] = {}
        for at in range(bisect_left(self._sorted, start), len(self._sorted)):
            if not self._sorted[at].startswith(start) or len(found) >= limit:
                break
            self._add(found, self._sorted[at])
        for spelling in self._sorted if start and len(found) < limit else ():
            if start in spelling:
                self._add(found, spelling)
                if len(found) >= limit:
                    break
        return list(found.values())

    def _add(self, found: dict[str, Term], spelling: str) -> None:
        term = self.terms[self._spellings[spelling]]
        found.setdefault(term.term, term)

    def path(self, term: str) -> list[str]:
        """Return a term with all above it, the broadest first.

        Raises
        ------
        KeyError
            There is no such term.
        """
        steps, at = [term], self.terms[term].broader
        while at in self.terms and at not in steps:
            steps.append(at)
            at = self.terms[at].broader
        return steps[::-1]

    def narrower(self, term: str | None = None) -> list[str]:
        """Return the terms right below a term; without one, those at the top."""
        return list(self._narrower.get(term, ()))


def from_list(entries: object, where: str, line: int) -> tuple[Vocabulary, list[Mistake]]:
    """Make a vocabulary of texts and tables as they stand in a profile.

    Returns
    -------
    Vocabulary
        With the terms that are well formed.
    list of Mistake
    """
    if not isinstance(entries, list) or not entries:
        return Vocabulary([]), [Mistake(where, line, "A vocabulary is a list of terms or the name of a file.")]
    terms, mistakes = [], []
    for entry in entries:
        term = _term(entry)
        if term is None:
            mistakes.append(Mistake(where, line, f"{entry!r} isn't a term: write a text, or a table with `term`."))
        else:
            terms.append((line, term))
    return _checked(terms, where, mistakes)


def _term(entry: object) -> Term | None:
    if isinstance(entry, str) and entry.strip():
        return Term(entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("term"), str) or not entry["term"].strip():
        return None
    label, broader, synonyms = entry.get("label", {}), entry.get("broader"), entry.get("synonyms", [])
    labels = {"en": label} if isinstance(label, str) else label
    shaped = isinstance(labels, dict) and isinstance(broader, str | None) and isinstance(synonyms, list)
    if not shaped or entry.keys() - {"term", "label", "broader", "synonyms"}:
        return None
    return Term(entry["term"], {str(k): str(v) for k, v in labels.items()}, broader, tuple(map(str, synonyms)))


def from_file(path: Path) -> tuple[Vocabulary, list[Mistake]]:
    """Read a vocabulary from a CSV or TOML file.

    Parameters
    ----------
    path : Path
        Ending in ``.csv`` or ``.toml``, in UTF-8.

    Returns
    -------
    Vocabulary
    list of Mistake
        Empty when all is well; otherwise the vocabulary holds what could be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Vocabulary([]), [Mistake(path.name, line, "This isn't UTF-8 text. Save the file as UTF-8.")]
    except OSError as error:
        return Vocabulary([]), [Mistake(path.name, 1, f"The vocabulary can't be read: {error.strerror}.")]
    if path.suffix.lower() == ".csv":
        return _from_csv(text, path.name)
    try:
        return from_list(tomllib.loads(text).get("terms"), path.name, 1)
    except tomllib.TOMLDecodeError as error:
        return Vocabulary([]), [Mistake(path.name, 1, f"This isn't TOML: {error}.")]


def _from_csv(text: str, where: str) -> tuple[Vocabulary, list[Mistake]]:
    rows = csv.reader(text.splitlines())
    try:
        header = [column.strip().lower() for column in next(rows, [])]
        if "term" not in header:
            return Vocabulary([]), [Mistake(where, 1, "The first line must name the columns, one of them `term`.")]
        terms = list(_csv_terms(rows, header))
    except csv.Error as error:
        return Vocabulary([]), [Mistake(where, rows.line_num, f"This isn't CSV: {error}.")]
    return _checked(terms, where, [])


def _csv_terms(rows: Iterator[list[str]], header: list[str]) -> Iterator[tuple[int, Term]]:
    at = {column: header.index(column) for column in header if column}
    languages = [(column, place) for column, place in at.items() if column not in _OTHER_COLUMNS]
    for line, row in enumerate(rows, 2):
        cells = [cell.strip() for cell in row] + [""] * (len(header) - len(row))
        if not any(cells):
            continue
        labels = {lang: cells[place] for lang, place in languages if cells[place]}
        broader = (cells[at["broader"]] if "broader" in at else "") or None
        others = cells[at["synonyms"]].split("|") if "synonyms" in at and cells[at["synonyms"]] else ()
        yield line, Term(cells[at["term"]], labels, broader, tuple(other.strip() for other in others))


def _checked(terms: list[tuple[int, Term]], where: str, mistakes: list[Mistake]) -> tuple[Vocabulary, list[Mistake]]:
    """Look for terms that are empty, doubled, or hang under something that isn't there or under themselves."""
    lines: dict[str, int] = {}
    for line, term in terms[:MAX_TERMS]:
        if not term.term:
            mistakes.append(Mistake(where, line, "There is no term in this line."))
        elif term.term in lines:
            mistakes.append(Mistake(where, line, f"{term.term!r} is there twice, first in line {lines[term.term]}."))
        else:
            lines[term.term] = line
    if len(terms) > MAX_TERMS:
        mistakes.append(Mistake(where, terms[MAX_TERMS][0], f"A vocabulary holds at most {MAX_TERMS:,} terms."))
    vocabulary = Vocabulary((term for _, term in terms[:MAX_TERMS] if term.term), where)
    settled: set[str] = set()
    for term in vocabulary:
        if term.broader is not None and term.broader not in vocabulary.terms:
            message = f"{term.term!r} is below {term.broader!r}, which isn't a term here."
            mistakes.append(Mistake(where, lines[term.term], message))
        elif _goes_round(term, vocabulary, settled):
            mistakes.append(Mistake(where, lines[term.term], f"{term.term!r} is, step by step, below itself."))
    return vocabulary, mistakes


def _goes_round(term: Term, vocabulary: Vocabulary, settled: set[str]) -> bool:
    seen: set[str] = set()
    at: Term | None = term
    while at is not None and at.term not in settled:
        if at.term in seen:
            settled |= seen
            return True
        seen.add(at.term)
        at = vocabulary.terms.get(at.broader or "")
    settled |= seen
    return False
