"""Templates: text with variables in braces, and sets of such texts that fill in many fields at once.

``{stem|clean}`` is the file's name without its ending, made readable; ``{date:%Y}`` the year of capture;
``{sequence:04}`` a running number; ``{exif.Model}`` what a tag says; ``{Xmp.dc.title.de}`` a field in a language.
``{{`` and ``}}`` are braces.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from workbench.errors import BadValue
from workbench.fields import NAMESPACES, exiv2_key

MODES = ("set", "append", "replace", "clear", "only_if_empty")
"""What a template does with what a field has: ``set`` leaves other languages alone, ``replace`` doesn't."""

FACTS = (
    "filename", "stem", "extension", "folder", "path", "batch", "source", "format", "width", "height", "image_id",
    "checksum",
)  # fmt: skip
"""Variables that the catalogue knows of every image."""

MOMENTS = ("date", "received", "today")
"""Variables that are dates: of capture, of receipt, of now. ``{date:%Y-%m}`` says how they are written."""

NUMBERS = ("sequence",)
"""Variables that count: ``{sequence:04}`` is at least four digits wide."""

Value = str | int | list[str] | date | None
Lookup = Callable[[str], Value]

_LONGEST = 100_000
_DIRECTIVES = "YmdHMSyjf"


_SPACES = str.maketrans(dict.fromkeys("_.-–—+", " "))


def _clean(text: str) -> str:
    return " ".join(text.translate(_SPACES).split())


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower()
    return "-".join(re.findall(r"[^\W_]+", plain))


def _ascii(text: str) -> str:
    swapped = text.replace("ß", "ss").replace("æ", "ae").replace("ø", "o").replace("Æ", "Ae").replace("Ø", "O")
    return unicodedata.normalize("NFKD", swapped).encode("ascii", "ignore").decode()


FUNCTIONS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "capital": lambda text: text[:1].upper() + text[1:],
    "trim": str.strip,
    "clean": _clean,
    "slug": _slug,
    "ascii": _ascii,
}
"""Functions after ``|``. Two more take a word: ``or:text`` stands in for what is missing, ``left:3`` cuts."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable inside a text.

    Attributes
    ----------
    name : str
        ``filename``, ``sequence``, ``exif.Model``, ``Xmp.dc.title.de`` …
    format : str
        What stood after the colon.
    functions : tuple of (name, word)
    position : int
        Where its brace is, counted from 1.
    """

    name: str
    format: str
    functions: tuple[tuple[str, str], ...]
    position: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a text became, and which of its variables had nothing to say."""

    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text with variables; made by `parse`.

    Attributes
    ----------
    source : str
        As it was written.
    parts : tuple of str and Variable
    """

    source: str
    parts: tuple[str | Variable, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables, in order."""
        return tuple(part for part in self.parts if isinstance(part, Variable))

    def render(self, lookup: Lookup) -> Rendered:
        """Return the text for one image.

        Parameters
        ----------
        lookup : callable
            Variable's name → text, number, date, list of texts, or None when the image has nothing there.
        """
        missing: list[str] = []
        made = [part if isinstance(part, str) else _fill(part, lookup, missing) for part in self.parts]
        return Rendered("".join(made)[:_LONGEST], tuple(missing))


def _fill(variable: Variable, lookup: Lookup, missing: list[str]) -> str:
    text = _written(lookup(variable.name), variable.format)
    for name, word in variable.functions:
        if name == "or":
            text = text or word
        elif name == "left":
            text = text[: int(word)]
        else:
            text = FUNCTIONS[name](text)
    if not text:
        missing.append(variable.name)
    return text


def _written(value: Value, format: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime(format) if format else value.strftime("%Y-%m-%d")
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:{format}}" if format and isinstance(value, int) else str(value)


# ── reading a text ────────────────────────────────────────────────────────────────────────────────────────────


def parse(source: str) -> Text:
    """Read a text with variables.

    Parameters
    ----------
    source : str
        Such as ``"{stem|clean} – {date:%Y}"``.

    Raises
    ------
    BadValue
        A brace is open, or a variable, function or format isn't known; the message says at which character.
    """
    if len(source) > _LONGEST:
        raise BadValue("The text is too long for a template.", hint=f"Keep it under {_LONGEST:,} characters.")
    parts: list[str | Variable] = []
    at, plain = 0, ""
    while at < len(source):
        letter = source[at]
        if source[at : at + 2] in ("{{", "}}"):
            plain, at = plain + letter, at + 2
        elif letter == "{":
            end = source.find("}", at)
            if end < 0:
                raise _wrong("A brace is open", at, "Close it with }, or write {{ for a brace.")
            parts += [plain, _variable(source[at + 1 : end], at)]
            plain, at = "", end + 1
        elif letter == "}":
            raise _wrong("A brace closes that wasn't open", at, "Write }} for a brace.")
        else:
            plain, at = plain + letter, at + 1
    return Text(source, tuple(part for part in [*parts, plain] if part))


def _wrong(what: str, at: int, hint: str) -> BadValue:
    return BadValue(f"{what} at character {at + 1}.", hint=hint)


def _variable(inside: str, at: int) -> Variable:
    head, *calls = inside.split("|")
    name, _, format = head.strip().partition(":")
    name = _known(name, at)
    _check_format(name, format, at)
    return Variable(name, format, tuple(_function(call, at) for call in calls), at + 1)


def _known(name: str, at: int) -> str:
    if name in (*FACTS, *MOMENTS, *NUMBERS) or re.fullmatch(r"(exif|iptc)\.\w+", name):
        return name
    if name.startswith("Xmp.") or ":" in name:
        parts = name.split(".")
        if len(parts) in (3, 4) and parts[1] in NAMESPACES and all(re.fullmatch(r"[\w-]+", p) for p in parts[2:]):
            return name
        raise _wrong(f"There is no field {name!r}", at, "Write Xmp.dc.title, or Xmp.dc.title.de for German.")
    simple = [*FACTS, *MOMENTS, *NUMBERS]
    near = get_close_matches(name, simple, 1, 0.5)
    hint = f"Did you mean {{{near[0]}}}?" if near else f"Known: {', '.join(simple)}, exif.…, iptc.…, Xmp.…"
    raise _wrong(f"There is no variable {name!r}", at, hint)


def _check_format(name: str, format: str, at: int) -> None:
    if not format:
        return
    if name in NUMBERS and re.fullmatch(r"0?[1-9]?\d", format) and int(format) <= 20:
        return
    if name in MOMENTS and set(re.findall(r"%(.?)", format)) <= {*_DIRECTIVES, "%"} and "%" in format:
        return
    raise _wrong(f"{{{name}}} can't be written as {format!r}", at, "Dates take {date:%Y-%m-%d}, numbers {sequence:04}.")


def _function(call: str, at: int) -> tuple[str, str]:
    name, colon, word = call.strip().partition(":")
    if name in FUNCTIONS and not colon:
        return name, ""
    if (name == "or" and colon) or (name == "left" and re.fullmatch(r"\d{1,4}", word)):
        return name, word
    near = get_close_matches(name, [*FUNCTIONS, "or", "left"], 1, 0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(FUNCTIONS)}, or:text, left:3."
    raise _wrong(f"There is no function {call.strip()!r}", at, hint)


def field_of(variable: str) -> tuple[str, str | None] | None:
    """Return field and language of a variable like ``Xmp.dc.title.de``; None when it is no field."""
    if not variable.startswith("Xmp."):
        return None
    parts = variable.split(".")
    return ".".join(parts[:3]), parts[3] if len(parts) > 3 else None


# ── sets of texts ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FieldTemplate:
    """What a template does with one field.

    Attributes
    ----------
    mode : str
        One of `MODES`.
    texts : mapping
        Language (None where the field has none) → texts: one, or those of a list.
    """

    mode: str
    texts: Mapping[str | None, tuple[Text, ...]]

    @property
    def variables(self) -> set[str]:
        """Names of the variables in it."""
        return {v.name for texts in self.texts.values() for text in texts for v in text.variables}


@dataclass(frozen=True, slots=True)
class Template:
    """A named set of fields with what to do with each; made by `template` or `from_toml`."""

    name: str
    fields: Mapping[str, FieldTemplate]
    about: str = ""

    @property
    def variables(self) -> set[str]:
        """Names of all variables in it."""
        return {name for part in self.fields.values() for name in part.variables}


def template(name: str, fields: Mapping[str, Any], *, about: str = "") -> Template:
    """Make a template.

    Parameters
    ----------
    name : str
    fields : mapping
        Field → text, list of texts or mapping of language → text (all meaning ``set``), or
        ``{"mode": "append", "text": …}``.

    Raises
    ------
    BadValue
        A field, mode, variable or function isn't known; the message names field and character.
    """
    if not name.strip():
        raise BadValue("A template needs a name.", hint="Say what it is for.")
    if not fields:
        raise BadValue(f"The template {name!r} has no fields.", hint="Add at least one.")
    return Template(name.strip(), {exiv2_key(key): _field(key, what) for key, what in fields.items()}, about)


def _field(key: str, what: Any) -> FieldTemplate:
    described = isinstance(what, Mapping) and ("mode" in what or "text" in what)
    mode, text = (what.get("mode", "set"), what.get("text")) if described else ("set", what)
    if mode not in MODES:
        raise BadValue(f"{key}: there is no mode {mode!r}.", hint=f"Choose one of {', '.join(MODES)}.")
    if described and (unknown := set(what) - {"mode", "text"}):
        raise BadValue(f"{key}: {min(unknown)!r} isn't known here.", hint="A field has mode and text.")
    if mode == "clear":
        return FieldTemplate(mode, {})
    by_lang = text if isinstance(text, Mapping) else {None: text}
    try:
        texts = {lang: _texts(content) for lang, content in by_lang.items()}
    except BadValue as error:
        raise BadValue(f"{key}: {error.message}", hint=error.hint) from None
    if not any(texts.values()):
        raise BadValue(f"{key}: there is no text.", hint="Give text, or mode = 'clear' to empty the field.")
    return FieldTemplate(mode, texts)


def _texts(content: Any) -> tuple[Text, ...]:
    listed = content if isinstance(content, list | tuple) else [content]
    wrong = [item for item in listed if not isinstance(item, str | int | float) or isinstance(item, bool)]
    if wrong:
        raise BadValue(f"{wrong[0]!r} is no text.", hint="Write it in quotes.")
    return tuple(parse(str(item)) for item in listed)


def from_toml(source: str) -> Template:
    """Read a template from TOML.

    Raises
    ------
    BadValue
        It isn't TOML (the message has the line), or not a template.
    """
    try:
        data = tomllib.loads(source)
    except ValueError as error:
        raise BadValue(f"The template can't be read: {error}.", hint="Mend that line.") from error
    name, fields = data.get("name", ""), data.get("fields", {})
    if not isinstance(name, str) or not isinstance(fields, dict):
        raise BadValue("This isn't a template.", hint='It has name = "…" and tables [fields."Xmp.dc.title"].')
    return template(name, fields, about=str(data.get("about", "")))


def to_toml(made: Template) -> str:
    """Return a template as TOML, which `from_toml` reads back."""
    lines = [f"name = {_quoted(made.name)}"]
    if made.about:
        lines.append(f"about = {_quoted(made.about)}")
    for key, part in made.fields.items():
        lines += ["", f"[fields.{_quoted(key)}]", f"mode = {_quoted(part.mode)}"]
        if part.texts:
            lines.append(f"text = {_texts_toml(part.texts)}")
    return "\n".join(lines) + "\n"


def _texts_toml(texts: Mapping[str | None, tuple[Text, ...]]) -> str:
    written = {lang: _list_toml(content) for lang, content in texts.items()}
    if set(written) == {None}:
        return written[None]
    return "{ " + ", ".join(f"{_quoted(str(lang))} = {text}" for lang, text in written.items()) + " }"


def _list_toml(texts: tuple[Text, ...]) -> str:
    quoted = [_quoted(text.source) for text in texts]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(slots=True)
class Known:
    """What is known of one image, to look variables up in.

    Attributes
    ----------
    facts : mapping
        `FACTS` and `MOMENTS` → value; ``sequence`` too.
    tags : mapping
        ``exif.Model`` → text.
    values : mapping
        Field → its ``(lang, ordinal, value)``.
    """

    facts: Mapping[str, Value] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[tuple[str | None, int, str], ...]] = field(default_factory=dict)

    def lookup(self, name: str) -> Value:
        """Return what a variable stands for; None when the image has nothing there."""
        if name in self.facts:
            return self.facts[name]
        wanted = field_of(name)
        if wanted is None:
            return self.tags.get(name)
        entries = self.values.get(wanted[0], ())
        return in_language(entries, wanted[1])


def in_language(entries: tuple[tuple[str | None, int, str], ...], lang: str | None) -> Value:
    """Return a field's value in a language; without one the default language's, or whichever comes first."""
    langs = [entry[0] for entry in entries]
    if lang is None:
        lang = next((wish for wish in (None, "x-default") if wish in langs), langs[0] if langs else None)
    found = [value for its, _, value in entries if its == lang]
    return found[0] if len(found) == 1 else found or None
