"""What the metadata of one image says while somebody works at it: the file's values, what people entered, and both.

A form can't wait for the catalogue. It loads an image's values once, then follows the ledger: every later change, one's
own or a colleague's, is an event, and the last one of a field counts. Pure: no store is touched in here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from workbench.errors import BadValue

if TYPE_CHECKING:
    from workbench.remarks import Look

LONGEST = 100_000
"""Most characters of one value."""

Content = str | list[str] | dict[str, Any]
"""A text, a list of texts, or by language a text."""

_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody entered for a field: a value, nothing (the file's is hidden), or that the file's counts again.

    Attributes
    ----------
    content : Content or None
        None when the field was cleared or taken back.
    withdrawn : bool
        Whether the entry was taken back: the file's value counts.
    seq : int
        The event.
    mixed : dict
        (lang, text) → how that part came about, where it isn't as ``origin`` says.
    """

    content: Content | None
    actor: str
    at: str
    seq: int
    origin: str = "entered"
    withdrawn: bool = False
    mixed: Mapping[tuple[str | None, str], str] = field(default_factory=dict)

    def origin_of(self, lang: str | None, text: str) -> str:
        """Return how one text of the content came about."""
        return self.mixed.get((lang, text), self.origin)


@dataclass(slots=True)
class ImageValues:
    """One image's facts and values.

    Attributes
    ----------
    facts : dict
        image_id, name, path, format, checksum, width, height (pixels, oriented), uri.
    file : dict
        Field → what the file says.
    origins : dict
        Field → which carrier says it: exif, iptc, xmp or sidecar.
    entries : dict
        Field → the last thing somebody did to it.
    conflicts : dict
        Field → rows of ``metadata_conflicts``.
    look : Look or None
        What the last inspection said; None where that isn't to be known.
    """

    facts: dict[str, Any]
    file: dict[str, Content] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    conflicts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    look: Look | None = None

    def shown(self, name: str) -> Content | None:
        """Return what counts for a field: what was entered, else what the file says."""
        entry = self.entries.get(name)
        return self.file.get(name) if entry is None or entry.withdrawn else entry.content

    def all_shown(self) -> dict[str, Content]:
        """Return what counts, field by field, without fields that have no value."""
        names = [*self.file, *(name for name in self.entries if name not in self.file)]
        return {name: value for name in names if (value := self.shown(name)) is not None}

    def is_entered(self, name: str) -> bool:
        """Whether somebody's entry counts, and not the file."""
        entry = self.entries.get(name)
        return entry is not None and not entry.withdrawn

    def hear(self, name: str, entry: Entry) -> None:
        """Take note of a change, whatever order changes are heard in: the last of the ledger counts."""
        known = self.entries.get(name)
        if known is None or known.seq < entry.seq:
            self.entries[name] = entry


def grouped(rows: Iterable[Mapping[str, Any]]) -> dict[str, Content]:
    """Put rows (field, lang, ordinal, value) of one image together, in their order, into one content a field."""
    found: dict[str, Content] = {}
    for name, of_field in groupby(rows, key=lambda row: str(row["field"])):
        found[name] = content_of(list(of_field))
    return found


def content_of(rows: Sequence[Mapping[Any, Any]]) -> Content:
    """Put the rows (lang, ordinal, value) of one field together."""
    by_lang: dict[str | None, list[str]] = {}
    for row in rows:
        by_lang.setdefault(row["lang"], []).append(str(row["value"]))
    if set(by_lang) == {None}:
        texts = by_lang[None]
        return texts if len(texts) > 1 else texts[0]
    return {lang or "x-default": texts if len(texts) > 1 else texts[0] for lang, texts in by_lang.items()}


def mixed_origins(rows: Sequence[Mapping[Any, Any]]) -> dict[tuple[str | None, str], str]:
    """Return how the parts of one field came about that didn't as its first one did."""
    first = rows[0].get("origin")
    return {(row["lang"], str(row["value"])): row["origin"] for row in rows if row.get("origin") not in (None, first)}


def shaped(content: Content | None, kind: str) -> Content | None:
    """Return a content in the shape its field has: a mapping for ``langalt``, a list for ``bag`` and ``seq``."""
    if content is None:
        return None
    if kind == "langalt":
        return content if isinstance(content, dict) else {"x-default": _joined(content)}
    if kind in ("bag", "seq"):
        return content if isinstance(content, list) else _texts(content)
    return _joined(content)


def _texts(content: Content) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content.values() if isinstance(content, dict) else content
    return [text for part in parts for text in (part if isinstance(part, list) else [str(part)])]


def _joined(content: Content) -> str:
    return "; ".join(_texts(content))


def with_text(content: Content | None, lang: str, text: str) -> dict[str, Any] | None:
    """Return a content by language with one language changed; an empty text takes the language out."""
    known = shaped(content, "langalt")
    changed = {**known, lang: text} if isinstance(known, dict) else {lang: text}
    kept = {name: value for name, value in changed.items() if value}
    return kept or None


def cleaned(value: object) -> Content | None:
    """Return what somebody typed as it can be stored; None when nothing is left.

    Characters that can't be written into XMP are left out, line breaks become one character, blanks around are cut,
    entries that are empty or there twice go.

    Raises
    ------
    BadValue
        It isn't text or a list of texts, or it is too long.
    """
    if value is None:
        return None
    if isinstance(value, list):
        texts = [text for part in value if (text := _clean_text(part))]
        return list(dict.fromkeys(texts)) or None
    if isinstance(value, dict):
        by_lang = {str(lang): text for lang, part in value.items() if (text := _clean_text(part))}
        return by_lang or None
    return _clean_text(value) or None


def _clean_text(value: object) -> str:
    if not isinstance(value, str):
        raise BadValue(f"A {type(value).__name__} can't be entered here.", hint="Give a text, or a list of texts.")
    if len(value) > LONGEST:
        raise BadValue(f"{len(value):,} characters are too many.", hint=f"At most {LONGEST:,} can be entered.")
    return _UNWRITABLE.sub("", _BREAKS.sub("\n", value)).strip()
