"""Profile files as they are written: TOML read with every mistake named by its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench import fields, vocabularies
from workbench.errors import NotFound
from workbench.profile_rules import TYPES
from workbench.vocabularies import Mistake, Vocabulary

MAX_BYTES = 4 * 2**20

TOP_KEYS: dict[str, str] = {
    "name": "text", "label": "words", "description": "words", "extends": "texts", "languages": "texts",
    "groups": "tables", "fields": "tables", "forbidden": "texts", "personal": "tables", "example": "table",
}  # fmt: skip
"""What may stand at the top of a profile → its shape."""

GROUP_KEYS: dict[str, str] = {"key": "text", "label": "words"}

PERSONAL_KEYS: dict[str, str] = {"pattern": "pattern", "message": "words"}

FIELD_KEYS: dict[str, str] = {
    "key": "text", "group": "text", "label": "words", "help": "words", "examples": "texts", "type": "type",
    "vocabulary": "vocabulary", "strict": "yes or no", "required": "yes or no", "recommended": "yes or no",
    "max_bytes": "whole number", "max_chars": "whole number", "pattern": "pattern", "message": "words",
    "default": "anything", "languages": "texts", "personal": "yes or no", "minimum": "number", "maximum": "number",
    "uncertain": "yes or no", "many": "yes or no", "ordered": "yes or no", "omit": "yes or no", "exif": "texts",
    "iim": "text",
}  # fmt: skip
"""What may stand in a field → its shape."""

_SHAPES: dict[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "a text in quotes"),
    "texts": ((str, list), "a text, or a list of texts in brackets"),
    "words": ((str, dict), "a text, or a text for each language such as { en = \"…\", de = \"…\" }"),
    "tables": ((list,), "written with double brackets, like [[fields]]"),
    "table": ((dict,), "a table in brackets"),
    "type": ((str,), "a text in quotes"),
    "pattern": ((str,), "a text in quotes"),
    "vocabulary": ((str, list), "a list of terms, or the name of a file"),
    "yes or no": ((bool,), "true or false, without quotes"),
    "whole number": ((int,), "a whole number, without quotes"),
    "number": ((int, float), "a number, without quotes"),
}  # fmt: skip

Place = tuple[str | int, ...]


@dataclass(slots=True)
class _Scan:
    """State while the lines are scanned: the table we are in, and how deep in brackets or in a long string."""

    table: Place = ()
    counts: dict[Place, int] = field(default_factory=dict)
    depth: int = 0
    quote: str = ""


_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')
_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?")
_PART = re.compile(r'"((?:\\.|[^"\\])*)"|\'([^\']*)\'|([\w-]+)')
_KEY = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"(?:\\.|[^"\\])*"|'[^']*'|[\w-]+))*)\s*=""")


def places(text: str) -> dict[Place, int]:
    """Find the line of every table and key of a TOML text, which tomllib forgets.

    Returns
    -------
    dict
        Path such as ``("fields", 2, "key")`` → line, from 1. The third ``[[fields]]`` is ``("fields", 2)``.
    """
    found: dict[Place, int] = {(): 1}
    scan = _Scan()
    for number, line in enumerate(text.splitlines(), 1):
        if not scan.depth and not scan.quote:
            _note(line, number, scan, found)
        _follow(line, scan)
    return found


def _note(line: str, number: int, scan: _Scan, found: dict[Place, int]) -> None:
    header = _HEADER.fullmatch(line)
    if header and "=" not in re.sub(r"\"[^\"]*\"|'[^']*'", "", header[2]):
        path: Place = tuple(_parts(header[2]))
        if header[1] == "[[":
            scan.counts[path] = scan.counts.get(path, -1) + 1
            path = (*path, scan.counts[path])
        scan.table = path
        found.setdefault(path, number)
        return
    key = _KEY.match(line)
    if key:
        found.setdefault((*scan.table, *_parts(key[1])), number)


def _parts(dotted: str) -> list[str]:
    return [double or single or bare for double, single, bare in _PART.findall(dotted)]


def _follow(line: str, scan: _Scan) -> None:
    """Keep count of brackets and of long strings that go on in the next line."""
    if scan.quote:
        _, closed, line = line.partition(scan.quote)
        if not closed:
            return
        scan.quote = ""
    if not scan.depth and _HEADER.fullmatch(line):
        return
    for token in _TOKEN.finditer(line):
        if token[0] in ('"""', "'''"):
            rest = line[token.end() :]
            scan.quote = token[0]
            _follow(rest, scan)
            return
        scan.depth += (token[0] in "[{") - (token[0] in "]}") if len(token[0]) == 1 else 0
    scan.depth = max(scan.depth, 0)


class ProfileSource:
    """One profile file, read and looked through.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    data : dict
        What tomllib read; empty when it couldn't.
    mistakes : list of Mistake
        All that is wrong in this file by itself, by line.
    vocabularies : dict
        Number of the field in the file → its vocabulary.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = ""
        self.data: dict[str, Any] = {}
        self.mistakes: list[Mistake] = []
        self.vocabularies: dict[int, Vocabulary] = {}
        self._read()
        if self.data:
            self._look_through()
        self.mistakes.sort(key=lambda mistake: mistake.line)

    @cached_property
    def places(self) -> dict[Place, int]:
        """Where everything stands; see `places`."""
        return places(self.text)

    def line(self, *place: str | int) -> int:
        """Return the line of a table or key, or of what it is in."""
        at: Place = place
        while at not in self.places:
            at = at[:-1]
        return self.places[at]

    def blame(self, message: str, *place: str | int) -> None:
        """Note a mistake at a place."""
        self.mistakes.append(Mistake(self.path.name, self.line(*place), message))

    def fields(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give the fields that are tables with a key, with their number in the file."""
        listed = self.data.get("fields", [])
        for number, table in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(table, dict) and isinstance(table.get("key"), str):
                yield number, table

    def texts(self, name: str) -> list[str]:
        """Return a list of texts from the top of the file, also where it is a single text."""
        return as_list(self.data.get(name, []))

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                self.mistakes.append(Mistake(self.path.name, 1, f"A profile has at most {MAX_BYTES:,} bytes."))
                return
            self.text = raw.decode("utf-8-sig").replace("\r\n", "\n")
            self.data = tomllib.loads(self.text)
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.mistakes.append(Mistake(self.path.name, line, "This isn't UTF-8 text. Save the file as UTF-8."))
        except OSError as error:
            raise NotFound(
                f"{self.path} can't be read: {error.strerror}.", hint="Check the name and the rights."
            ) from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            self.mistakes.append(self._not_toml(error))
        if not self.data and not self.mistakes:
            self.mistakes.append(Mistake(self.path.name, 1, "The profile is empty."))

    def _not_toml(self, error: Exception) -> Mistake:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(at[1]) if at else max(self.text.rstrip().count("\n") + 1, 1)
        said = re.sub(r"\s*\(at .*\)$", "", str(error)).rstrip(".")
        return Mistake(self.path.name, line, f"This isn't TOML: {said}.")

    def _look_through(self) -> None:
        self._check_table(self.data, TOP_KEYS, ())
        for kind, keys in (("groups", GROUP_KEYS), ("personal", PERSONAL_KEYS), ("fields", FIELD_KEYS)):
            listed = self.data.get(kind, [])
            for number, table in enumerate(listed if isinstance(listed, list) else []):
                if isinstance(table, dict):
                    self._check_table(table, keys, (kind, number))
                    first = next(iter(keys))
                    if kind != "fields" and first not in table:
                        self.blame(f"this entry of `{kind}` has no “{first}”.", kind, number)
                else:
                    self.blame(f"An entry of `{kind}` is written as a table, under [[{kind}]].", kind)
        seen: dict[str, int] = {}
        for number, table in enumerate(self.data["fields"] if isinstance(self.data.get("fields"), list) else []):
            if isinstance(table, dict):
                self._check_field(number, table, seen)

    def _check_table(self, table: dict[str, Any], known: dict[str, str], place: Place) -> None:
        for name, value in table.items():
            if name not in known:
                near = get_close_matches(name, known, 1)
                meant = f" – did you mean “{near[0]}”?" if near else f". Known here: {', '.join(known)}."
                self.blame(f"unknown key “{name}”{meant}", *place, name)
            elif known[name] != "anything":
                self._check_shape(name, value, known[name], (*place, name))

    def _check_shape(self, name: str, value: object, shape: str, place: Place) -> None:
        kinds, words = _SHAPES[shape]
        right = isinstance(value, kinds) and (shape == "yes or no" or not isinstance(value, bool))
        if right and shape in ("texts", "words") and not isinstance(value, str):
            right = all(isinstance(part, str) for part in _parts_of(value))
        if not right:
            self.blame(f"“{name}” must be {words}.", *place)
        elif shape == "whole number" and isinstance(value, int) and value < 0:
            self.blame(f"“{name}” can't be negative.", *place)
        elif shape == "pattern" and isinstance(value, str):
            self._check_pattern(name, value, place)
        elif shape == "type" and value not in TYPES:
            near = get_close_matches(str(value), TYPES, 1)
            meant = f"did you mean “{near[0]}”?" if near else f"types are {', '.join(TYPES)}."
            self.blame(f"“{value}” isn't a type – {meant}", *place)

    def _check_pattern(self, name: str, value: str, place: Place) -> None:
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            self.blame(f"“{name}” isn't a regular expression: {error}.", *place)

    def _check_field(self, number: int, table: dict[str, Any], seen: dict[str, int]) -> None:
        place = ("fields", number)
        key = table.get("key")
        if not isinstance(key, str):
            if key is None:
                self.blame('this field has no key, such as key = "Xmp.dc.title".', *place)
            return
        if key in seen:
            self.blame(f"the field “{key}” is there twice, first in line {seen[key]}.", *place, "key")
        seen.setdefault(key, self.line(*place, "key"))
        if "vocabulary" in table:
            self._take_vocabulary(number, table["vocabulary"])
        for name in ("exif", "iim"):
            start = {"exif": "Exif.", "iim": "Iptc."}[name]
            for carrier in as_list(table.get(name, [])):
                if carrier and not carrier.startswith(start):
                    self.blame(f"“{name}” names keys that begin with {start}, not {carrier!r}.", *place, name)
        if table.get("required") is True and table.get("omit") is True:
            self.blame("a field can't be required and omitted at once.", *place, "omit")
        low, high = table.get("minimum"), table.get("maximum")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            self.blame("“minimum” is more than “maximum”.", *place, "minimum")

    def _take_vocabulary(self, number: int, value: object) -> None:
        place = ("fields", number, "vocabulary")
        if isinstance(value, list):
            found, mistakes = vocabularies.from_list(value, self.path.name, self.line(*place))
        elif not isinstance(value, str):
            return
        elif not re.fullmatch(r"[\w-][\w .-]*\.(csv|toml)", value):
            self.blame(f"{value!r} must be a CSV or TOML file beside the profile.", *place)
            return
        elif not (self.path.parent / value).is_file():
            self.blame(f"the vocabulary file {value!r} isn't there (looked in {self.path.parent}).", *place)
            return
        else:
            found, mistakes = vocabularies.from_file(self.path.parent / value)
        self.vocabularies[number] = found
        self.mistakes += mistakes


def _parts_of(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else [value]


def as_list(value: object) -> list[str]:
    """Return texts as a list: a single one becomes a list of one, what isn't text is left out."""
    listed = value if isinstance(value, list) else [value]
    return [entry for entry in listed if isinstance(entry, str)]


def words(value: object) -> dict[str, str]:
    """Return words by language; a single text is English."""
    if isinstance(value, str):
        return {"en": value}
    return {lang: text for lang, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def key_mistake(key: str) -> str:
    """Say what is wrong with a field's key, or nothing."""
    match = re.fullmatch(r"Xmp\.(\w+)\.[A-Za-z_][\w.-]*", key)
    if key in fields.FIELDS or (match and match[1] == "wb"):
        return ""
    if match and match[1] not in fields.NAMESPACES:
        near = get_close_matches(match[1], fields.NAMESPACES, 1)
        meant = f" – did you mean “{near[0]}”?" if near else ". Own fields are called like Xmp.wb.sku."
        return f"“{key}” has an unknown prefix “{match[1]}”{meant}"
    try:
        return f"“{key}” must be written as {fields.spec(key).key}."
    except NotFound as error:
        return f"“{key}” isn't a field of any standard known here. {error.hint} Own fields are called like Xmp.wb.sku."
