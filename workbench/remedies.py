"""Remedies: what a finding's suggestion makes of a value, where a machine can tell. Nothing is changed in here.

Most findings need a person who looks at the picture. For the others there is a remedy by the rule's id: from the texts
of one language, the value that was found and what the rule noted about it, to the texts that should stand there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from workbench.bulk import Content, as_languages, has_languages, in_order, is_list

Remedy = Callable[[list[str], str, str], list[str]]

_CUT = 100
"""Notes are cut to so many characters: one of this length may not be whole."""

_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_SIGNS = re.compile(r"\s*[;|,/\n]\s*")


def _noted(texts: list[str], value: str, note: str) -> list[str]:
    """Put what was noted in the place of the value found."""
    return [note if note and text == value else text for text in texts]


def _all_noted(texts: list[str], _value: str, note: str) -> list[str]:
    return [note] if note and len(note) < _CUT else texts


def _nothing(_texts: list[str], _value: str, _note: str) -> list[str]:
    return []


def _without(texts: list[str], value: str, _note: str) -> list[str]:
    return [text for text in texts if text != value]


def _once(texts: list[str], _value: str, _note: str) -> list[str]:
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.casefold(), text)
    return list(first.values())


def _split(texts: list[str], value: str, _note: str) -> list[str]:
    return [part for text in texts for part in (_SIGNS.split(text) if text == value else [text]) if part]


def _spaced(texts: list[str], _value: str, _note: str) -> list[str]:
    return [" ".join(text.split()) for text in texts]


def _letters(texts: list[str], _value: str, _note: str) -> list[str]:
    return [html.unescape(text) for text in texts]


def _read_again(texts: list[str], _value: str, _note: str) -> list[str]:
    return [repaired(text) for text in texts]


def repaired(text: str) -> str:
    """Return a text that was read in the wrong character set as it was written; unchanged where that isn't sure.

    Examples
    --------
    >>> repaired("CafÃ© MÃ¼ller")
    'Café Müller'
    """
    for charset in ("cp1252", "latin-1"):
        try:
            return text.encode(charset).decode("utf-8")
        except UnicodeError:
            continue
    return text


REMEDIES: dict[str, Remedy] = {
    "keyword_spelling": _noted,
    "keyword_plural": _noted,
    "keyword_typo": _noted,
    "not_in_vocabulary": _noted,
    "holder_varies": _all_noted,
    "keyword_nothing": _without,
    "keyword_repeated": _once,
    "keywords_run_together": _split,
    "odd_spaces": _spaced,
    "entities": _letters,
    "mojibake": _read_again,
    "position_zero": _nothing,
    "position_nowhere": _nothing,
    "personal_data": _nothing,
    "unmarked_generated": lambda _texts, _value, _note: [_AI],
}
"""By the rule's id: from texts, the value found and the note, to texts."""

TOGETHER = {"Xmp.exif.GPSLatitude": ("Xmp.exif.GPSLatitude", "Xmp.exif.GPSLongitude")}
"""Fields that are mended together."""


def remedy(rule: str, field: str, before: Content, value: str | None, note: str | None) -> Content | None:
    """Return what a field should hold by the suggestion of a rule; None when only a person can tell.

    Parameters
    ----------
    rule : str
        Id of the rule.
    field : str
        Key of the field.
    before : Content
        What it holds.
    value, note : str, optional
        As the finding has them.
    """
    mend = REMEDIES.get(rule)
    if mend is None or not field:
        return None
    languages = as_languages(before) or {"x-default" if has_languages(field) else None: []}
    after = in_order(field, {lang: mend(texts, value or "", note or "") for lang, texts in languages.items()})
    return None if after == _plain(field, before) else after


def _plain(field: str, before: Content) -> Content:
    """Return content in the form `in_order` gives it, but with nothing left out."""
    found = as_languages(before)
    ordered = {lang: found[lang] for lang in sorted(found, key=lambda name: (name is not None, name or ""))}
    return tuple(
        (lang, place if len(texts) > 1 or is_list(field) else 0, text)
        for lang, texts in ordered.items() for place, text in enumerate(texts)
    )  # fmt: skip
