"""What a profile says about one field, and what can be found wrong with a value of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TypeGuard

from workbench import edtf, fields
from workbench.errors import BadValue
from workbench.fields import FieldSpec, Member
from workbench.finding_words import LANGUAGES, Words, in_language, said, words_of
from workbench.vocabularies import Vocabulary, folded

TYPES = (
    "text", "longtext", "langalt", "date", "list", "choice", "hierarchy", "number", "place", "person", "rating",
    "boolean", "structure",
)  # fmt: skip
"""What a profile can call a field's type."""

RULES: dict[str, str] = {
    "missing": "A required or recommended field has no value.",
    "empty": "The value is only blanks.",
    "placeholder": "The value is a filler such as “untitled” or a camera's file name.",
    "wrong_kind": "The value has the wrong shape: a list where one text is wanted, or the like.",
    "too_long": "The value is longer than the field may be, or than IPTC-IIM can hold.",
    "too_many": "There are more entries than the standard allows.",
    "not_in_vocabulary": "The value isn't a term of the field's vocabulary.",
    "bad_pattern": "The value doesn't look as it should.",
    "bad_date": "The value isn't a date, or one that this field can't hold.",
    "out_of_range": "The number is too small or too large.",
    "missing_language": "A language that the profile wants isn't there.",
    "personal_data": "The profile doesn't want personal data, and here is some.",
}
"""Rule → what it means."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a value breaks.

    Attributes
    ----------
    field : str
        Key of the field.
    rule : str
        Key of `RULES`.
    message : str
        What is wrong, in a sentence; in English, see `says`.
    severity : str
        ``error``, ``warning`` or ``info``.
    lang : str or None
        The language the value is in, where it has one.
    value : str or None
        The value, shortened.
    suggestion : str or None
        What to write instead, where that is known.
    """

    field: str
    rule: str
    message: str
    severity: str
    lang: str | None = None
    value: str | None = None
    suggestion: str | None = None

    def says(self, lang: str = "en") -> str:
        """Return the message in a language: those of `workbench.finding_words.LANGUAGES`, otherwise in English."""
        return said(self.message, lang)


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One field as a profile wants it.

    Attributes
    ----------
    key : str
        The field's key.
    spec : FieldSpec
        What the standard says, with the profile's mapping to EXIF and IIM.
    type : str
        One of `TYPES`.
    label, help : dict
        Language → words.
    examples : tuple of str
    group : str
        Key of the profile's group.
    vocabulary : Vocabulary or None
    strict : bool
        Whether only terms of the vocabulary are right; otherwise they are offered.
    required, recommended : bool
    max_bytes : int or None
        Most UTF-8 bytes of one value. Where the profile says nothing, the limit of the IIM dataset: breaking it is a
        warning then, because XMP holds the whole value.
    max_chars : int or None
        Most characters of one value.
    own_limit : bool
        Whether the profile itself set ``max_bytes``.
    pattern : re.Pattern or None
        Each value must match it wholly.
    message : str
        Said when it doesn't.
    default : object
    languages : tuple of str
        Languages wanted.
    personal : bool
        Whether values are personal data (PHI in medicine).
    minimum, maximum : float or None
        For numbers.
    uncertain : bool
        Whether dates may be approximate, intervals and so on.
    """

    key: str
    spec: FieldSpec
    type: str
    label: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    group: str = ""
    vocabulary: Vocabulary | None = None
    strict: bool = True
    required: bool = False
    recommended: bool = False
    max_bytes: int | None = None
    max_chars: int | None = None
    own_limit: bool = False
    pattern: re.Pattern[str] | None = None
    message: str = ""
    default: object = None
    languages: tuple[str, ...] = ()
    personal: bool = False
    minimum: float | None = None
    maximum: float | None = None
    uncertain: bool = False

    def name(self, lang: str = "en") -> str:
        """Return the label in a language, or in English, or the standard's."""
        return in_language(self.label, lang) or self.spec.label

    def guideline(self, lang: str = "en") -> str:
        """Return the help text in a language, or in English."""
        return in_language(self.help, lang)

    def check(self, value: object) -> list[Finding]:
        """Check one value of this field.

        Parameters
        ----------
        value : object
            A text, a list, a mapping of languages to texts, a number, a truth value, a date, or for structures a
            mapping of members (a list of such). None and empty containers mean that there is no value.

        Returns
        -------
        list of Finding
            Empty when all is well.
        """
        if value is None or (isinstance(value, list | tuple | dict) and not value):
            return self._missing()
        wrong = _wrong_shape(self, value)
        if wrong:
            return [self._finding("wrong_kind", wrong, value=value)]
        if self.spec.structure:
            return list(_check_structure(self, value))
        entries = list(_entries(value))
        if all(isinstance(entry, str) and not entry.strip() for _, entry in entries):
            return self._empty()
        found = [finding for lang, entry in entries for finding in self._check_entry(lang, entry)]
        if self.spec.most and len(entries) > self.spec.most:
            words = words_of("too_many", most=self.spec.most, count=len(entries))
            found.append(self._finding("too_many", words))
        return found + list(self._languages(value))

    def _missing(self) -> list[Finding]:
        if self.required:
            return [self._finding("missing", words_of("required", label=self._names))]
        words = words_of("recommended", label=self._names)
        return [self._finding("missing", words, "warning")] if self.recommended else []

    @property
    def _names(self) -> Mapping[str, str]:
        return self.label or {"en": self.spec.label}

    def _empty(self) -> list[Finding]:
        words = words_of("blanks", label=self._names)
        return [self._finding("empty", words, "error" if self.required else "warning")]

    def _check_entry(self, lang: str | None, entry: object) -> Iterator[Finding]:
        text = _as_text(entry)
        if not text.strip():
            yield self._finding("empty", words_of("blanks", label=self._names), "warning", lang)
            return
        by_type = _BY_TYPE.get(self.type)
        if by_type:
            yield from by_type(self, text, lang)
        yield from self._check_length(text, lang)
        if self.vocabulary is not None:
            yield from self._check_term(self.vocabulary, text, lang)
        elif is_placeholder(text) and self.type not in ("date", "number", "rating", "boolean"):
            yield self._finding("placeholder", words_of("placeholder"), "warning", lang, text)
        if self.pattern is not None and not self.pattern.fullmatch(text):
            yield self._finding("bad_pattern", self.message or words_of("unlike"), "error", lang, text)

    def _check_length(self, text: str, lang: str | None) -> Iterator[Finding]:
        if self.max_chars is not None and len(text) > self.max_chars:
            over = len(text) - self.max_chars
            words = words_of("one_character" if over == 1 else "characters", over=over, most=self.max_chars)
            yield self._finding("too_long", words, "error", lang, text)
        if self.max_bytes is None or lang not in (None, "x-default", *self.languages[:1]):
            return
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self.max_bytes:
            over = size - self.max_bytes
            key = ("one_byte" if over == 1 else "bytes") + ("" if self.own_limit else "_in_iptc")
            words = words_of(key, over=over, most=self.max_bytes)
            yield self._finding("too_long", words, "error" if self.own_limit else "warning", lang, text)

    def _check_term(self, vocabulary: Vocabulary, text: str, lang: str | None) -> Iterator[Finding]:
        if text in vocabulary:
            return
        near = vocabulary.nearest(text)
        message = words_of("no_term_but_near", near=near) if near else words_of("no_term")
        severity = "error" if self.strict else "info"
        yield self._finding("not_in_vocabulary", message, severity, lang, text, near)

    def _languages(self, value: object) -> Iterator[Finding]:
        if self.spec.kind != "langalt" or not self.languages:
            return
        there = {lang for lang, entry in _entries(value) if _as_text(entry).strip()} or {None}
        if {None, "x-default"} & there:
            there.add(self.languages[0])
        for lang in self.languages:
            if not any(known == lang or (known or "").startswith(f"{lang}-") for known in there):
                words = words_of("no_language", label=self._names, lang=lang)
                yield self._finding("missing_language", words, "warning", lang)

    def _finding(
        self,
        rule: str,
        message: str,
        severity: str = "error",
        lang: str | None = None,
        value: object = None,
        suggestion: str | None = None,
    ) -> Finding:
        return Finding(self.key, rule, message, severity, lang, None if value is None else shortened(value), suggestion)


def shortened(value: object, most: int = 120) -> str:
    """Return a value as one line of text that isn't too long to show."""
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"


_FILLERS = {
    "untitled", "no title", "title", "n/a", "n.a.", "none", "null", "nil", "nan", "undefined", "tbd", "tba", "todo",
    "to do", "xxx", "test", "asdf", "foo", "default", "placeholder", "lorem ipsum", "-", "--", "—", "–", ".", "...",
    "…", "?", "???", "image", "photo", "picture", "description", "caption", "keyword", "keywords", "ohne titel",
    "unbenannt", "titel", "beschreibung", "bild", "foto", "k.a.", "k. a.", "keine angabe", "sans titre", "titre",
    "sans objet", "s.o.", "(leer)", "(empty)", "digital camera", "olympus digital camera", "sony dsc",
    "konica minolta digital camera", "exif_jpeg_picture", "samsung camera pictures", "samsung digital camera",
}  # fmt: skip
_CAMERA_NAMES = re.compile(
    r"_?(?:dsc|dscf|dscn|dsc_|img|imgp|_mg|mg|pict|pic|sam|gopr|cimg|mvc|hpim|image|photo|foto|bild|scan|wp|pxl|mvimg"
    r"|screenshot|bildschirmfoto|capture|rimg|kif|stb|dji|gh)[\s_-]*\d{3,}[\d\s_.()-]*(?:\.[a-z]{3,4})?"
    r"|untitled[\s_-]*\d+|unbenannt[\s_-]*\d+|[pr]\d{7}(?:\.[a-z]{3,4})?|lorem ipsum.*|([^\w\s])\1+|xx+"
)


def is_placeholder(text: str) -> bool:
    """Say whether a text says nothing: ``untitled``, ``n/a``, ``DSC_0001``.

    Examples
    --------
    >>> is_placeholder("DSC_0001.JPG"), is_placeholder("Dog on a beach")
    (True, False)
    """
    plain = folded(text[:200])
    return plain in _FILLERS or _CAMERA_NAMES.fullmatch(plain) is not None


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────────────────

_PLAIN = (str, int, float, date)


def _entries(value: object) -> Iterator[tuple[str | None, object]]:
    """Give every single value with its language."""
    if isinstance(value, Mapping):
        for lang, entry in value.items():
            yield str(lang), entry
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _entries(entry) if isinstance(entry, Mapping) else ((None, entry),)
    else:
        yield None, value


def _as_text(entry: object) -> str:
    return entry.isoformat() if isinstance(entry, date) else str(entry)


def _wrong_shape(wanted: ProfileField, value: object) -> Words | None:
    """Say in words what is wrong with the shape of a value; None when it is right."""
    spec = wanted.spec
    if spec.structure:
        parts = value if isinstance(value, list | tuple) and spec.is_list else [value]
        return None if all(isinstance(part, Mapping) for part in parts) else words_of("members")
    if isinstance(value, Mapping):
        if spec.kind != "langalt":
            return words_of("without_languages")
        bad = [lang for lang in value if not isinstance(lang, str) or not _LANG.fullmatch(lang)]
        return words_of("bad_language", lang=repr(bad[0])) if bad else _wrong_entries(value.values())
    if isinstance(value, list | tuple):
        return _wrong_entries(value) if spec.is_list else words_of("one_value")
    return _wrong_entries([value])


_LANG = re.compile(r"x-default|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*|x-\w+")


def _wrong_entries(entries: object) -> Words | None:
    odd = next((entry for entry in entries if not isinstance(entry, _PLAIN)), None)  # type: ignore[attr-defined]  # checked by the callers
    return words_of("no_value", kind=type(odd).__name__) if odd is not None else None


def _check_structure(wanted: ProfileField, value: object) -> Iterator[Finding]:
    parts = value if isinstance(value, list | tuple) else [value]
    if wanted.spec.most and len(parts) > wanted.spec.most:
        yield wanted._finding("too_many", words_of("too_many", most=wanted.spec.most, count=len(parts)))
    for part in filter(_is_mapping, parts):
        for message in _wrong_members(wanted.spec.structure or "", part):
            yield wanted._finding("wrong_kind", message, value=part)


def _is_mapping(part: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(part, Mapping)


def _wrong_members(structure: str, part: Mapping[str, object]) -> Iterator[Words]:
    members = {name: member for member in fields.STRUCTURES[structure] for name in (member.name, _local(member.name))}
    for name, inner in part.items():
        member = members.get(name)
        if member is None:
            # An image region may carry any property of the standard.
            if structure == "ImageRegion" and ":" in str(name):
                continue
            near = get_close_matches(str(name), members, 1)
            told = {"structure": structure, "name": repr(name)}
            yield words_of("no_member_but_near", near=near[0], **told) if near else words_of("no_member", **told)
        else:
            yield from _wrong_member(member, inner)


def _wrong_member(member: Member, inner: object) -> Iterator[Words]:
    name = _local(member.name)
    if member.structure:
        for part in inner if isinstance(inner, list | tuple) else [inner]:
            if isinstance(part, Mapping):
                yield from _wrong_members(member.structure, part)
            else:
                yield words_of("member_is_structure", name=name)
    elif isinstance(inner, Mapping) and member.kind != "langalt":
        yield words_of("member_without_languages", name=name)
    elif isinstance(inner, list | tuple) and member.kind not in ("bag", "seq"):
        yield words_of("member_holds_one", name=name)
    elif member.kind in ("integer", "real") and _number(_as_text(inner)) is None:
        yield words_of("member_is_number", name=name, value=repr(shortened(inner, 40)))
    elif member.kind == "date" and not edtf.is_valid(_as_text(inner)):
        yield words_of("member_is_date", name=name, value=repr(shortened(inner, 40)))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


# ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_date(wanted: ProfileField, text: str, lang: str | None) -> Iterator[Finding]:
    try:
        found = edtf.parse(text)
    except BadValue as error:
        words = words_of("no_date", error=str(error))
        yield wanted._finding("bad_date", words, "error", lang, text, edtf.suggest(text))
        return
    if not wanted.uncertain and found.to_xmp_date() is None:
        described = {known: found.describe(known) for known in LANGUAGES}
        yield wanted._finding("bad_date", words_of("plain_dates", date=described), "error", lang, text)


def _number(text: str) -> float | None:
    try:
        found = float(text) if len(text) < 40 and "_" not in text else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _check_number(wanted: ProfileField, text: str, lang: str | None) -> Iterator[Finding]:
    found = _number(text)
    if found is None:
        hint = text.replace(",", ".")
        yield wanted._finding("wrong_kind", words_of("no_number"), "error", lang, text, hint if _number(hint) else None)
        return
    if "integer" in (wanted.spec.kind, wanted.spec.item) and found != int(found):
        yield wanted._finding("wrong_kind", words_of("whole_number"), "error", lang, text)
    low, high = wanted.minimum, wanted.maximum
    if (low is not None and found < low) or (high is not None and found > high):
        key = "at_least" if high is None else "at_most" if low is None else "between"
        words = words_of(key, low=float(low or 0), high=float(high or 0))
        yield wanted._finding("out_of_range", words, "error", lang, text)


def _check_boolean(wanted: ProfileField, text: str, lang: str | None) -> Iterator[Finding]:
    if text.lower() not in ("true", "false"):
        meant = {
            "yes": "True",
            "ja": "True",
            "oui": "True",
            "1": "True",
            "no": "False",
            "nein": "False",
            "non": "False",
        }
        suggestion = meant.get(text.lower())
        yield wanted._finding("wrong_kind", words_of("true_or_false"), "error", lang, text, suggestion)


_BY_TYPE: dict[str, Callable[[ProfileField, str, str | None], Iterator[Finding]]] = {
    "date": _check_date,
    "number": _check_number,
    "rating": _check_number,
    "boolean": _check_boolean,
}
