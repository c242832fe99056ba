"""Sentences about findings in the languages that labels have, from ``finding_words.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

LANGUAGES = ("en", "de", "fr")
_THOUSANDS = {"en": ",", "de": ".", "fr": "\u202f"}
_DECIMAL = {"en": ".", "de": ",", "fr": ","}


def in_language(words: Mapping[str, str], lang: str) -> str:
    """Return words in a language, else in English, else in any there is."""
    found = words.get(lang) or words.get(lang.partition("-")[0]) or words.get("en")
    return found or next(iter(words.values()), "")


class Words(str):
    """A sentence in English that can be said in other languages, too.

    Parameters
    ----------
    templates : mapping
        Language → sentence with ``{name}`` for what is put in.
    given : object
        What is put in: numbers are written as in the language, and mappings of languages to words in its words.

    Examples
    --------
    >>> Words({"en": "{n} images", "de": "{n} Bilder"}, n=1200).in_language("de")
    '1.200 Bilder'
    """

    __slots__ = ("given", "templates")

    templates: Mapping[str, str]
    given: dict[str, Any]

    def __new__(cls, templates: Mapping[str, str], **given: Any) -> Self:
        """Make the sentence; as a text it is English."""
        made = super().__new__(cls, _said(templates, given, "en"))
        made.templates, made.given = templates, given
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[Mapping[str, str]], dict[str, Any]]:
        """Return what a copy is made of."""
        return (self.templates,), self.given

    def in_language(self, lang: str) -> str:
        """Return the sentence in a language, in English where there is none."""
        return _said(self.templates, self.given, lang)


def words_of(key: str, **given: Any) -> Words:
    """Return a sentence of ``finding_words.toml``."""
    return Words(_table()[key], **given)


def said(message: str, lang: str) -> str:
    """Return a message in a language, as far as it knows itself in it."""
    return message.in_language(lang) if isinstance(message, Words) else message


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _said(templates: Mapping[str, str], given: Mapping[str, Any], lang: str) -> str:
    text = in_language(templates, lang)
    return text.format_map({name: _written(value, lang) for name, value in given.items()}) if given else text


def _written(value: Any, lang: str) -> str:
    if isinstance(value, Mapping):
        return in_language(value, lang)
    if not isinstance(value, int | float):
        return str(value)
    plain = f"{value:,}" if isinstance(value, int) else f"{value:g}"
    short = lang.partition("-")[0]
    marks = {",": _THOUSANDS.get(short, ","), ".": _DECIMAL.get(short, ".")}
    return "".join(marks.get(sign, sign) for sign in plain)
