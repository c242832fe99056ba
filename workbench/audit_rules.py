"""The rules of an audit: read from ``audit_rules.toml``, taken from a profile, and compiled to SQL.

Every rule is of a kind; the kinds are the named queries of ``sql/audit/kinds.sql``.
"""

from __future__ import annotations

import csv
import fnmatch
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made
from functools import cache
from pathlib import Path
from typing import Any

from workbench.catalog import Query, load_queries, sql_folder
from workbench.errors import Broken
from workbench.fields import FIELDS
from workbench.finding_words import said
from workbench.profile_rules import ProfileField
from workbench.profiles import Profile
from workbench.profiles import load as load_profile

SEVERITIES = ("error", "warning", "info")
"""From the worst on."""

NUMBERS = {
    "pixels": "ln(f.width::double * f.height)",
    "brightness": "f.brightness",
    "moment": "1970 + epoch(f.captured_at) / 86400 / 365.25",
}
"""Numbers of an image that are compared with its batch's: what a rule calls them, and what they are in SQL."""

_ABOUT = {
    "id", "title", "severity", "kind", "fields", "says", "suggestion", "other", "every", "number", "without_profile",
}  # fmt: skip
_EACH_ENTRY = {
    "too_many_bytes", "too_many_characters", "not_matching", "matching", "out_of_range", "not_a_term",
}  # fmt: skip
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for one field.

    Attributes
    ----------
    id : str
        The same for a rule's fields.
    field : str
        Key of the field; empty where the rule is about none.
    title, says, suggestion : str
        For people; ``{value}`` and ``{note}`` are put in where a finding is shown.
    severity : str
        One of `SEVERITIES`.
    kind : str
        A named query of ``sql/audit/kinds.sql``.
    parameters : dict
        Its parameters.
    other : str
        Key of a second field, for kinds that compare two.
    every : tuple of str
        Keys, for kinds about several.
    number : str
        Key of `NUMBERS`.
    """

    id: str
    field: str
    title: str
    severity: str
    kind: str
    says: str
    suggestion: str
    parameters: Mapping[str, Any] = made(default_factory=dict)
    other: str = ""
    every: tuple[str, ...] = ()
    number: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields it looks at."""
        return tuple(key for key in (self.field, self.other, *self.every) if key)


@cache
def kinds() -> dict[str, Query]:
    """Return the kinds of rules, and the steps that prepare them, by name."""
    return load_queries(sql_folder() / "audit")


@cache
def _table() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((_HERE / "audit_rules.toml").read_text("utf-8"))["rule"]
    for row in found:
        wanted = set(kinds()[row["kind"]].parameters) if row["kind"] in kinds() else None
        given = row.keys() - _ABOUT
        if (
            wanted is None
            or row["severity"] not in SEVERITIES
            or (row["fields"] != "iim" and given != wanted - {"fields"})
        ):
            raise Broken(f"The rule {row['id']!r} doesn't fit its kind.", hint="Mend audit_rules.toml.")
    return found


def label(key: str, language: str = "en") -> str:
    """Return a field's name in a language, as the shipped profiles have it, or in English."""
    for profile in ("iptc-ext", "dublin-core") if language != "en" else ():
        wanted = _shipped(profile).fields.get(key)
        if wanted is not None and language.partition("-")[0] in wanted.label:
            return wanted.name(language)
    known = FIELDS.get(key)
    return known.label if known else key


def shipped(*, with_profile: bool = False) -> list[Rule]:
    """Return the rules that come with the workbench, one for each field they are about.

    Parameters
    ----------
    with_profile : bool
        Leave out those that a profile decides itself.
    """
    return [rule for row in _table() if not (with_profile and row.get("without_profile")) for rule in _expanded(row)]


def _expanded(row: Mapping[str, Any]) -> Iterator[Rule]:
    given = {name: value for name, value in row.items() if name not in _ABOUT}
    if row["fields"] == "iim":
        limits = {spec.key: spec.iim_bytes for spec in FIELDS.values() if spec.iim_bytes and not spec.is_list}
        pairs: list[tuple[str, dict[str, Any]]] = [
            (key, {"most": most}) for key, most in limits.items() if FIELDS[key].kind not in ("date", "integer")
        ]
    else:
        pairs = [(key, given) for key in row["fields"]]
    if "fields" in kinds()[row["kind"]].parameters:
        pairs = [(key, {**given, "fields": [key]}) for key in row["fields"]]
    for key, parameters in pairs:
        yield _rule(row, key, parameters)


def _rule(row: Mapping[str, Any], key: str, parameters: Mapping[str, Any]) -> Rule:
    more = {"label": label(key), "value": "{value}", "note": "{note}"} | dict(parameters)
    title, says, suggestion = (_filled(row[name], more) for name in ("title", "says", "suggestion"))
    return Rule(
        row["id"], key, title, row["severity"], row["kind"], says, suggestion, parameters,
        row.get("other", ""), tuple(row.get("every", ())), row.get("number", ""),
    )  # fmt: skip


def _filled(text: str, words: Mapping[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: str(words.get(match[1], match[0])), text)


# ── what a profile asks for ───────────────────────────────────────────────────────────────────────────────────


def of_profile(profile: Profile) -> list[Rule]:
    """Return the rules that a profile makes: what must be there, of what length and look, and what mustn't."""
    found = [rule for wanted in profile.fields.values() for rule in _of_field(wanted)]
    return found + list(_forbidden(profile)) + list(_personal_patterns(profile))


def _of_field(wanted: ProfileField) -> Iterator[Rule]:
    """Yield the rules for one field, those that are cheap to check first."""
    guide = wanted.guideline() or "Enter it."
    for id, title, severity, kind, says, suggestion, given in (
        *_presence(wanted, guide), *_limits(wanted), *_looks(wanted, guide), *_languages(wanted),
    ):  # fmt: skip
        yield Rule(id, wanted.key, f"{wanted.name()} {title}", severity, kind, says, suggestion, given)


_Row = tuple[str, str, str, str, str, str, dict[str, Any]]


def _presence(wanted: ProfileField, guide: str) -> Iterator[_Row]:
    says = f"{wanted.name()} has no value."
    if wanted.required:
        yield "required", "is required", "error", "missing", says, guide, {}
    elif wanted.recommended:
        yield "recommended", "is recommended", "warning", "missing", says, guide, {}


def _limits(wanted: ProfileField) -> Iterator[_Row]:
    shorten = "Shorten it."
    if wanted.max_chars is not None:
        says = f"{{note}} characters too long: at most {wanted.max_chars:,} fit."
        yield "too_long", "is too long", "error", "too_many_characters", says, shorten, {"most": wanted.max_chars}
    if wanted.max_bytes is not None and wanted.own_limit:
        says = f"{{note}} bytes too long: at most {wanted.max_bytes:,} fit."
        yield "too_many_bytes", "is too long", "error", "too_many_bytes", says, shorten, {"most": wanted.max_bytes}
    if wanted.minimum is not None or wanted.maximum is not None:
        least, most = wanted.minimum, wanted.maximum
        limits = {"least": -1e308 if least is None else least, "most": 1e308 if most is None else most}
        says = "“{value}” is too small, too large, or no number."
        yield "out_of_range", "is out of range", "error", "out_of_range", says, "Correct the number.", limits


def _looks(wanted: ProfileField, guide: str) -> Iterator[_Row]:
    if wanted.type == "date" and not wanted.uncertain:
        says = "“{value}” can't be read as a date."
        yield "bad_date", "isn't a date", "error", "malformed_date", says, guide, {}
    if wanted.pattern is not None:
        says = "“{value}”: " + (wanted.message or "This doesn't look as it should.")
        plain = is_plain(wanted.pattern.pattern)
        kind, given = ("not_matching", {"pattern": wanted.pattern.pattern}) if plain else ("not_a_term", {})
        yield "bad_pattern", "doesn't look as it should", "error", kind, says, guide, given
    if wanted.vocabulary is not None:
        severity = "error" if wanted.strict else "info"
        says = "“{value}” isn't a term of the vocabulary."
        suggestion = "Choose a term: perhaps “{note}”."
        yield "not_in_vocabulary", "isn't a term of the list", severity, "not_a_term", says, suggestion, {}


def _languages(wanted: ProfileField) -> Iterator[_Row]:
    for place, lang in enumerate(wanted.languages if wanted.spec.kind == "langalt" else ()):
        says = f"{wanted.name()} has no text in “{lang}”."
        given = {"lang": lang, "default_too": place == 0}
        yield (
            f"missing_language_{lang}",
            f"is missing in “{lang}”",
            "warning",
            "language_missing",
            says,
            "Translate it.",
            given,
        )


def is_plain(pattern: str) -> bool:
    """Say whether SQL can match a pattern: looking around and references back are Python's only."""
    return re.search(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]|[*+?}]\+", pattern) is None


def _forbidden(profile: Profile) -> Iterator[Rule]:
    says, suggestion = "“{value}” is personal data, which this profile doesn't allow.", "Clear it, and embed."
    wanted = [key for key in FIELDS if profile.forbids(key)]
    for key in wanted:
        title = f"{label(key)} is personal data"
        yield Rule("personal_data", key, title, "error", "personal", says, suggestion)
    others = [fnmatch.translate(pattern) for pattern in profile.forbidden if pattern not in wanted]
    if others:
        given = {"patterns": "|".join(re.sub(r"\(\?s:(.*)\)\\[Zz]", r"\1([/\\[].*)?", pattern) for pattern in others)}
        says = "“{value}” is in the file, which this profile doesn't allow."
        yield Rule(
            "personal_tags", "", "Personal data in other tags", "error", "personal_keys", says, suggestion, given
        )


PERSONAL = "personal_text_"
"""How the ids of rules for a profile's personal patterns begin; the pattern's number follows."""

_TEXTS = (
    "Xmp.dc.title", "Xmp.dc.description", "Xmp.dc.creator", "Xmp.dc.rights", "Xmp.dc.subject", "Xmp.photoshop.Headline",
    "Xmp.photoshop.Instructions", "Xmp.iptc.AltTextAccessibility", "Xmp.exif.UserComment",
)  # fmt: skip


def _personal_patterns(profile: Profile) -> Iterator[Rule]:
    own = (key for key, field in profile.fields.items() if field.type in ("text", "longtext", "langalt"))
    keys = tuple(dict.fromkeys((*_TEXTS, *own)))
    for number, personal in enumerate(profile.personal_patterns, 1):
        flags = "(?i)" if personal.pattern.flags & re.IGNORECASE else ""
        plain = is_plain(personal.pattern.pattern)
        kind, given = ("matching", {"pattern": flags + personal.pattern.pattern}) if plain else ("not_a_term", {})
        says = "“{note}”: " + personal.message
        for key in keys:
            title = f"{label(key)} may give away a person"
            yield Rule(f"{PERSONAL}{number}", key, title, "warning", kind, says, "Look, and take it out.", given)


# ── in other languages ────────────────────────────────────────────────────────────────────────────────────────


def in_language(rules: list[Rule], language: str, profile: Profile | None = None) -> list[Rule]:
    """Return the same rules with what they say in a language of ``audit_words.toml``; as they are in any other.

    Parameters
    ----------
    language : str
        Such as ``de`` or ``fr-CA``.
    profile : Profile, optional
        The one the rules come from: its labels, guidelines and messages are its own in that language.
    """
    words = _words().get(language.partition("-")[0])
    return [_said(rule, words, language, profile) for rule in rules] if words else rules


def _said(rule: Rule, words: Mapping[str, list[str]], language: str, profile: Profile | None) -> Rule:
    wanted = profile.fields.get(rule.field) if profile else None
    number = rule.id.removeprefix(PERSONAL)
    known = next((key for key in (rule.id, *_FAMILIES) if key in words and rule.id.startswith(key)), "")
    if not known:
        return rule
    message = wanted.message if wanted else ""
    if profile is not None and number != rule.id:
        message = profile.personal_patterns[int(number) - 1].message
    given = dict(rule.parameters) | {
        "label": wanted.name(language) if wanted else label(rule.field, language),
        "guide": (wanted.guideline(language) if wanted else "") or rule.suggestion,
        "message": said(message, language), "value": "{value}", "note": "{note}",
    }  # fmt: skip
    title, says, suggestion = (_filled(text, given) for text in words[known])
    return replace(rule, title=title, says=says, suggestion=suggestion)


@cache
def _shipped(profile: str) -> Profile:
    return load_profile(profile)


_FAMILIES = ("missing_language", "personal_text")
"""How ids of rules begin that there are several of."""


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((_HERE / "audit_words.toml").read_text("utf-8"))


# ── SQL ───────────────────────────────────────────────────────────────────────────────────────────────────────


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def compiled(rules: list[Rule]) -> tuple[str, dict[str, Any]]:
    """Return one SELECT of all that these rules find, and its parameters.

    Its columns are rule, field, image_id, value, note.
    """
    parts, parameters = [], {}
    for number, rule in enumerate(rules):
        query = kinds()[rule.kind]
        sql = _with_columns(query.sql, rule)
        for name in query.parameters:
            sql = re.sub(rf"\${name}\b", f"$p{number}_{name}", sql)
            parameters[f"p{number}_{name}"] = rule.parameters[name]
        parts.append(f"select {text(rule.id)} as rule, {text(rule.field)} as field, image_id, value, note from ({sql})")
    return "\nunion all\n".join(parts), parameters


def _with_columns(sql: str, rule: Rule) -> str:
    spec = FIELDS.get(rule.field)
    if rule.kind in _EACH_ENTRY and (spec is not None and spec.is_list):
        entries = f"(select image_id, value as {quoted(rule.field)} from metadata where field = {text(rule.field)}) as"
        wide = re.compile(r"from metadata_wide(?: (w)\b)?")
        sql = wide.sub(lambda found: f"from {entries} {found[1] or 'metadata_wide'}", sql, count=1)
    for name, value in {
        "'{key}'": text(rule.field), "'{rule}'": text(rule.id),
        "{field}": quoted(rule.field), "{other}": quoted(rule.other),
        "{fields}": ", ".join(map(quoted, rule.every)), "{number}": NUMBERS.get(rule.number, ""),
        "{moment}": "captured" if rule.field == "Xmp.photoshop.DateCreated" else f"moment_of({quoted(rule.field)})",
    }.items():  # fmt: skip
        sql = sql.replace(name, value)
    return sql


# ── what some kinds look up ───────────────────────────────────────────────────────────────────────────────────


@cache
def country_boxes() -> list[dict[str, Any]]:
    """Return a row for each spelling of a country's name or code, as written, with the box that holds the country."""
    with (_HERE / "country_boxes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    edges = ("south", "west", "north", "east")
    return [
        {"spelling": spelling, "name": row["name"]} | {edge: float(row[edge]) for edge in edges}
        for row in rows for spelling in dict.fromkeys((row["name"], *row["spellings"].split("|")))
    ]  # fmt: skip


@cache
def languages() -> list[dict[str, Any]]:
    """Return the marks of each language: lang, script (a pattern for one letter), words."""
    table = tomllib.loads((_HERE / "audit_languages.toml").read_text("utf-8"))
    return [{"lang": lang} | marks for lang, marks in table.items()]
