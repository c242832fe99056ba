"""Vocabulary matches: terms of a profile's vocabularies that occur in names, titles, or text read off the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workbench.suggesters import Setting, Subject, Suggestion, Wants
from workbench.vocabularies import Vocabulary, folded

TEXTS = ("Xmp.dc.title", "Xmp.dc.description", "Xmp.photoshop.Headline", "Xmp.dc.subject")
_APART = re.compile(r"[\W_]+|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_LONGEST = 6  # words of a term
_SHORTEST = 3  # letters of a term
_ENOUGH = 20_000  # characters of text looked at
_KEPT = 5_000  # texts whose matches are kept


class _Wanted(NamedTuple):
    field: str
    spellings: dict[str, str]


class Terms:
    """Proposes terms, in whatever language or spelling the vocabulary knows them."""

    name = "vocabulary"
    model = "terms of the profile"
    version = "1"
    wants: Wants = "metadata"

    def __init__(self, setting: Setting) -> None:
        self._ask = setting.ask
        self._known: dict[str, list[tuple[str, str, str]]] = {}
        wanted = setting.profile.fields.values() if setting.profile else ()
        self._fields = [_Wanted(one.key, _spellings(one.vocabulary)) for one in wanted if one.vocabulary is not None]

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        """Yield the terms that occur in each image's texts; the file's name counts most."""
        if not self._fields:
            return
        was_read: dict[str, list[str]] = {}
        for row in self._ask("texts_read", ids=[subject.image_id for subject in subjects]).to_pylist():
            was_read.setdefault(row["image_id"], []).append(row["value"])
        for subject in subjects:
            folder, _, name = subject.path.rpartition("/")
            texts = [("file name", 0.6, name), ("folder", 0.5, folder)]
            texts += [("metadata", 0.55, text) for key in TEXTS for _, text in subject.metadata.get(key, ())]
            texts += [("text in the picture", 0.4, text) for text in was_read.get(subject.image_id, ())]
            yield from self._found(subject, texts)

    def _found(self, subject: Subject, texts: list[tuple[str, float, str]]) -> Iterator[Suggestion]:
        for where, sure, text in texts:
            for key, term, run in self._matches(text):
                told = f"“{run}” in the {where}"
                longer = min(0.2, 0.1 * run.count(" "))
                yield Suggestion(subject.image_id, key, None, term, sure + longer, self.model, self.version, told)

    def _matches(self, text: str) -> list[tuple[str, str, str]]:
        """Return field, term and spelling of every match; texts repeat, so the latest are kept."""
        if text not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            runs = list(_runs(text))
            self._known[text] = [(f.field, f.spellings[r], r) for f in self._fields for r in runs if r in f.spellings]
        return self._known[text]


def _spellings(vocabulary: Vocabulary) -> dict[str, str]:
    """Return every spelling as words with one blank between → its term; too short ones would occur everywhere."""
    found: dict[str, str] = {}
    for term in vocabulary:
        for text in (term.term, *term.labels.values(), *term.synonyms):
            words = " ".join(_words(text))
            if len(words) >= _SHORTEST or not words.isascii():
                found.setdefault(words, term.term)
    return found


def _words(text: str) -> list[str]:
    return [word for word in _APART.split(folded(text)) if word]


def _runs(text: str) -> Iterator[str]:
    """Yield every run of words up to `_LONGEST`, each once; the plural's s may be missing or too much."""
    words = _words(text[:_ENOUGH])
    seen: set[str] = set()
    for start in range(len(words)):
        for stop in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            run = " ".join(words[start:stop])
            seen.update((run, run + "s", run.removesuffix("s")))
    yield from sorted(seen)
