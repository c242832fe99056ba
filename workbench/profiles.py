"""Profiles: the fields, vocabularies and rules of a client or trade, over the standards' fields.

A profile is a TOML file, shipped with the workbench or lying in the workspace's folder ``profiles``. It may extend
others and change only what differs. See `load`, `available`, `start` and `Profile.validate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import Any

from workbench import fields
from workbench.errors import BadValue, NotFound, StorageError
from workbench.fields import FieldSpec
from workbench.finding_words import Words, in_language, words_of
from workbench.profile_rules import Finding, ProfileField, shortened
from workbench.profile_source import ProfileSource, as_list, key_mistake, words
from workbench.vocabularies import Mistake

SHIPPED = Path(__file__).with_name("profile_files")
"""Folder with the profiles that come with the workbench."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are shown together: a key, and its label in each language."""

    key: str
    label: Mapping[str, str]

    def name(self, lang: str = "en") -> str:
        """Return the label in a language, or in English."""
        return in_language(self.label, lang) or self.key


@dataclass(frozen=True, slots=True)
class PersonalPattern:
    """What gives personal data away in a text, and what to say then."""

    pattern: re.Pattern[str]
    message: str


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A profile that can be loaded.

    Attributes
    ----------
    name : str
    label : str
        In English; the name where the file gives none.
    path : Path
    shipped : bool
        Whether it comes with the workbench; otherwise it lies in the workspace.
    problem : str
        What is wrong with the file, if anything; the first mistake.
    """

    name: str
    label: str
    path: Path
    shipped: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields a client or trade wants, and the rules for them.

    Attributes
    ----------
    name : str
    label, description : dict
        Language → words.
    extends : tuple of str
        Profiles it builds on.
    languages : tuple of str
        Languages that its texts should be in.
    groups : tuple of Group
        In the order they are shown.
    fields : dict
        Key → `ProfileField`, in the order they are shown.
    forbidden : tuple of str
        Keys that must have no value; ``*`` stands for anything.
    personal_patterns : tuple of PersonalPattern
        What must not occur in any text.
    example : dict
        Key → value: one image's metadata as it should be.
    path : Path
        The file.
    """

    name: str
    label: Mapping[str, str]
    description: Mapping[str, str]
    extends: tuple[str, ...]
    languages: tuple[str, ...]
    groups: tuple[Group, ...]
    fields: dict[str, ProfileField]
    forbidden: tuple[str, ...]
    personal_patterns: tuple[PersonalPattern, ...]
    example: dict[str, Any]
    path: Path

    def title(self, lang: str = "en") -> str:
        """Return the label in a language, or in English."""
        return in_language(self.label, lang) or self.name

    def by_group(self) -> dict[str, list[ProfileField]]:
        """Return the fields of each group, in the order they are shown; ``""`` holds those without a group."""
        found: dict[str, list[ProfileField]] = {group.key: [] for group in self.groups}
        for wanted in self.fields.values():
            found.setdefault(wanted.group, []).append(wanted)
        return {key: members for key, members in found.items() if members}

    def forbids(self, key: str) -> bool:
        """Say whether this field must have no value."""
        base = re.split(r"[/\[]", key, maxsplit=1)[0]
        return any(fnmatchcase(base, pattern) for pattern in self.forbidden)

    def validate(self, values: Mapping[str, object], *, partial: bool = False) -> list[Finding]:
        """Check the values of one image.

        Parameters
        ----------
        values : mapping
            Key → value, as for `ProfileField.check`. Fields the profile doesn't name are only looked through for
            personal data.
        partial : bool
            Check only what is there: say nothing of fields without a value.

        Returns
        -------
        list of Finding
            Field by field in the profile's order; empty when all is well.
        """
        found: list[Finding] = []
        for key, wanted in self.fields.items():
            if key in values or not partial:
                found += wanted.check(values.get(key))
        for key, value in values.items():
            found += self._personal(key, value)
        return found

    def _personal(self, key: str, value: object) -> Iterator[Finding]:
        texts = [text for text in _texts(value) if text.strip()]
        if texts and self.forbids(key):
            names = self.fields[key].label if key in self.fields else {}
            words = words_of("personal", label=names or {"en": _label_of(key)})
            yield Finding(key, "personal_data", words, "error", value=shortened(texts[0]))
            return
        for text in texts if self.personal_patterns else ():
            for pattern in self.personal_patterns:
                if pattern.pattern.search(text):
                    yield Finding(key, "personal_data", pattern.message, "warning", value=shortened(text))


def _label_of(key: str) -> str:
    known = fields.FIELDS.get(fields.CARRIERS.get(key, key))
    return known.label if known else key


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)
    elif value is not None:
        yield str(value)


# ── finding and reading ───────────────────────────────────────────────────────────────────────────────────────


def load(name: str | PathLike[str], folder: str | PathLike[str] | None = None) -> Profile:
    """Load a profile.

    Parameters
    ----------
    name : str or path
        A name such as ``"ecommerce"``, or the path of a TOML file.
    folder : path, optional
        The workspace's folder: its ``profiles`` are looked through before the shipped ones.

    Raises
    ------
    NotFound
        There is no such profile.
    BadValue
        The file has mistakes; all of them are in the message, by line.
    """
    profile, mistakes = _assemble(_find(name, folder), folder)
    if profile is None or mistakes:
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        listed = "\n".join(f"  {mistake}" for mistake in mistakes)
        raise BadValue(
            f"The profile {Path(name).stem!r} has {count}:\n{listed}\n", hint="Mend the file and load it again."
        )
    return profile


def check(name: str | PathLike[str], folder: str | PathLike[str] | None = None) -> list[Mistake]:
    """Look for everything that is wrong with a profile, its example included.

    Parameters
    ----------
    name, folder
        As for `load`.

    Returns
    -------
    list of Mistake
        By file and line; empty when all is well.

    Raises
    ------
    NotFound
        There is no such profile.
    """
    path = _find(name, folder)
    profile, mistakes = _assemble(path, folder)
    if profile is not None and not mistakes and profile.example:
        source = ProfileSource(path)
        for finding in profile.validate(profile.example):
            line = source.line("example", finding.field)
            mistakes.append(Mistake(path.name, line, f"the example breaks its own rule: {finding.message}"))
    return mistakes


def available(folder: str | PathLike[str] | None = None) -> list[ProfileEntry]:
    """List the profiles that can be loaded, the workspace's own first.

    A workspace's profile hides a shipped one of the same name. Files with mistakes are listed with the first of them.
    """
    own = Path(folder, "profiles") if folder is not None else None
    found: dict[str, ProfileEntry] = {}
    for home in (own, SHIPPED):
        for path in sorted(home.glob("*.toml")) if home and home.is_dir() else ():
            source = ProfileSource(path)
            # Vocabularies in TOML lie beside the profiles and aren't profiles.
            if path.stem not in found and source.data.keys() != {"terms"}:
                label = in_language(words(source.data.get("label", {})), "en") or path.stem
                problem = str(source.mistakes[0]) if source.mistakes else ""
                found[path.stem] = ProfileEntry(path.stem, label, path, home == SHIPPED, problem)
    return list(found.values())


def start(name: str, *, extends: str = "dublin-core", folder: str | PathLike[str]) -> Path:
    """Begin a client's own profile: write a few commented lines into the workspace.

    Parameters
    ----------
    name : str
        Lower-case letters, digits, ``-`` and ``_``.
    extends : str
        The profile to build on.
    folder : path
        The workspace's folder; the file becomes ``profiles/<name>.toml`` in it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    BadValue
        The name can't be one, or the file is there already; or ``extends`` has mistakes.
    NotFound
        There is no profile ``extends``.
    """
    if not _NAME.fullmatch(name):
        raise BadValue(f"{name!r} can't be a profile's name.", hint="Use lower-case letters, digits, - and _.")
    parent = load(extends, folder)
    path = Path(folder, "profiles", f"{name}.toml")
    title = name.replace("-", " ").replace("_", " ").title()
    wanted = next(iter(parent.fields), "Xmp.dc.title")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_START.format(name=name, title=title, extends=extends, wanted=wanted))
    except FileExistsError:
        raise BadValue(f"There is already a profile {name!r}.", hint=f"Edit {path}.") from None
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}.", hint="Check the folder's rights.") from error
    return path


_START = """\
# The profile "{name}": all of "{extends}", and what differs. Lines that begin with # are notes.
name = "{name}"
label = {{ en = "{title}" }}
extends = "{extends}"

# A field that "{extends}" has: write only what you want different.
[[fields]]
key = "{wanted}"
recommended = true

# A field of your own; own keys begin with Xmp.wb.
# [[fields]]
# key = "Xmp.wb.clientReference"
# type = "text"
# label = {{ en = "Client reference", de = "Kundenreferenz" }}
# help = "As on the order, such as AC-2041."
# examples = ["AC-2041"]
# pattern = "[A-Z]{{2}}-[0-9]{{4}}"
# message = "Two letters, a hyphen, four digits."
# required = true

# Leave a field out:
# [[fields]]
# key = "Xmp.dc.source"
# omit = true
"""


def _find(name: str | PathLike[str], folder: str | PathLike[str] | None, *, hidden: Path | None = None) -> Path:
    """Return a profile's file; ``hidden`` is left out, so that a profile may extend the shipped one of its name."""
    text = str(name)
    if not isinstance(name, str) or text.endswith(".toml"):
        if not Path(name).is_file():
            raise NotFound(f"There is no profile file {text!r}.", hint="Check the path.")
        return Path(name)
    homes = ([Path(folder, "profiles")] if folder is not None else []) + [SHIPPED]
    for home in homes if _NAME.fullmatch(text) else []:
        path = home / f"{text}.toml"
        if path.is_file() and (hidden is None or path.resolve() != hidden.resolve()):
            return path
    known = ", ".join(entry.name for entry in available(folder))
    raise NotFound(f"There is no profile {text!r}.", hint=f"There are {known}.")


def _assemble(path: Path, folder: str | PathLike[str] | None) -> tuple[Profile | None, list[Mistake]]:
    """Read a profile and all it extends, and put them together."""
    chain: dict[Path, ProfileSource] = {}
    mistakes = list(_gather(path, folder, chain, ()))
    for source in chain.values():
        mistakes += source.mistakes
    if mistakes:
        return None, list(dict.fromkeys(mistakes))
    return _Assembly(list(chain.values())).profile()


def _gather(
    path: Path, folder: str | PathLike[str] | None, chain: dict[Path, ProfileSource], above: tuple[Path, ...]
) -> Iterator[Mistake]:
    """Read what a profile extends before itself; every file once."""
    here = path.resolve()
    if here in chain:
        return
    source = ProfileSource(path)
    for parent in source.texts("extends"):
        line = source.line("extends")
        try:
            found = _find(parent, folder, hidden=path)
        except NotFound as error:
            if parent == path.stem:
                yield Mistake(path.name, line, "a profile can't extend itself.")
            else:
                yield Mistake(path.name, line, f"it extends {parent!r}, which isn't there. {error.hint}")
            continue
        if found.resolve() in (*above, here) or len(above) > _DEEPEST:
            steps = " → ".join([*(step.stem for step in above), path.stem, parent])
            yield Mistake(path.name, line, f"profiles extend each other in a circle: {steps}.")
        else:
            yield from _gather(found, folder, chain, (*above, here))
    chain[here] = source


class _Assembly:
    """Puts the files of a profile together, the most general first."""

    def __init__(self, sources: list[ProfileSource]) -> None:
        self.sources = sources
        self.last = sources[-1]
        self.mistakes: list[Mistake] = []
        self.tables: dict[str, dict[str, Any]] = {}
        self.origins: dict[str, tuple[ProfileSource, int]] = {}
        for source in sources:
            self._overlay(source)

    def profile(self) -> tuple[Profile | None, list[Mistake]]:
        data, languages = self.last.data, self._latest("languages")
        groups = self._groups()
        wanted = {key: self._field(key, table, groups, languages) for key, table in self.tables.items()}
        if self.mistakes:
            return None, self.mistakes
        profile = Profile(
            name=self.last.path.stem,
            label=words(data.get("label", {})),
            description=words(data.get("description", {})),
            extends=tuple(self.last.texts("extends")),
            languages=tuple(languages),
            groups=tuple(Group(key, label) for key, label in groups.items()),
            fields={key: field for key, field in wanted.items() if field},
            forbidden=tuple(dict.fromkeys(key for source in self.sources for key in source.texts("forbidden"))),
            personal_patterns=tuple(_personal_patterns(self.sources)),
            example=self._example(),
            path=self.last.path,
        )
        self._check_defaults(profile)
        return profile, self.mistakes

    def _overlay(self, source: ProfileSource) -> None:
        for number, table in source.fields():
            key = table["key"]
            below = self.tables.get(key, {})
            merged = below | table
            for name in ("label", "help", "message"):
                if name in table and name in below:
                    merged[name] = words(below[name]) | words(table[name])
            if number in source.vocabularies:
                merged["_vocabulary"] = source.vocabularies[number]
            self.tables[key] = merged
            self.origins[key] = (source, number)

    def _latest(self, name: str) -> list[str]:
        return next((source.texts(name) for source in reversed(self.sources) if name in source.data), [])

    def _groups(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for source in self.sources:
            for table in source.data.get("groups", []):
                key = str(table.get("key", ""))
                found[key] = found.get(key, {}) | words(table.get("label", {}))
        return found

    def _example(self) -> dict[str, Any]:
        """Return the profile's own example over those of what it extends, without fields it has left out."""
        merged: dict[str, Any] = {}
        for source in self.sources:
            merged |= source.data.get("example", {})
        return {key: value for key, value in merged.items() if not self.tables.get(key, {}).get("omit")}

    def _blame(self, key: str, message: str, name: str) -> None:
        source, number = self.origins[key]
        self.mistakes.append(Mistake(source.path.name, source.line("fields", number, name), message))

    def _field(
        self, key: str, table: dict[str, Any], groups: dict[str, dict[str, str]], languages: list[str]
    ) -> ProfileField | None:
        wrong = key_mistake(key)
        if wrong:
            self._blame(key, wrong, "key")
            return None
        if table.get("omit"):
            return None
        group = table.get("group", "")
        if group and group not in groups:
            self._blame(key, f"there is no group “{group}”; groups are {', '.join(groups) or 'not defined'}.", "group")
        spec, kind = self._spec(key, table)
        return _built(key, table, spec, kind, languages)

    def _spec(self, key: str, table: dict[str, Any]) -> tuple[FieldSpec, str]:
        """Return what the standard says of a field, with the profile's mapping, and the field's type."""
        known = fields.FIELDS.get(key)
        if known is None:
            kind = table.get("type")
            if kind is None:
                self._blame(key, f'“{key}” is a field of your own and needs a type, such as type = "text".', "key")
            elif kind == "structure":
                self._blame(key, "a field of your own can't be a structure.", "type")
            shape, item = _OWN_KINDS.get(kind or "text", ("text", "text"))
            if table.get("many") or shape == "bag":
                shape = "seq" if table.get("ordered") else "bag"
            spec = fields.custom(key, in_language(words(table.get("label", {})), "en") or key, shape, item=item)
            return _mapped(spec, table), kind or "text"
        kind = table.get("type") or _USUAL_TYPES[known.kind]
        if kind not in _POSSIBLE_TYPES[known.kind]:
            possible = ", ".join(_POSSIBLE_TYPES[known.kind])
            self._blame(key, f"{known.label} can't be of type “{kind}” – possible are {possible}.", "type")
        return _mapped(known, table), kind

    def _check_defaults(self, profile: Profile) -> None:
        for key, wanted in profile.fields.items():
            for finding in wanted.check(wanted.default) if wanted.default is not None else ():
                if finding.severity == "error":
                    self._blame(key, f"the default breaks the field's own rule: {finding.message}", "default")


_USUAL_TYPES: dict[str, str] = {
    "text": "text", "longtext": "longtext", "langalt": "langalt", "bag": "list", "seq": "list", "date": "date",
    "integer": "number", "real": "number", "boolean": "boolean", "choice": "choice", "structure": "structure",
    "structures": "structure", "gps": "text",
}  # fmt: skip

_TEXTS = ("text", "longtext", "choice", "hierarchy", "place", "person", "date", "number")
_LISTS = ("list", *_TEXTS)
_POSSIBLE_TYPES: dict[str, tuple[str, ...]] = {
    "text": _TEXTS, "longtext": _TEXTS, "choice": _TEXTS, "langalt": ("langalt", *_TEXTS), "bag": _LISTS, "seq": _LISTS,
    "date": ("date",), "integer": ("number", "rating"), "real": ("number", "rating"), "boolean": ("boolean",),
    "structure": ("structure",), "structures": ("structure",), "gps": ("text", "place", "number"),
}  # fmt: skip
"""What the standard's kind of a field can be called in a profile."""

_OWN_KINDS: dict[str, tuple[str, str]] = {
    "longtext": ("longtext", "text"), "langalt": ("langalt", "text"), "list": ("bag", "text"),
    "number": ("real", "real"), "rating": ("integer", "integer"), "boolean": ("boolean", "boolean"),
}  # fmt: skip
"""Type of a field of one's own → its kind, and what it holds when there are several."""


def _mapped(spec: FieldSpec, table: dict[str, Any]) -> FieldSpec:
    """Apply a profile's own mapping to EXIF and IIM; an empty text means: not there."""
    if "exif" in table:
        spec = replace(spec, exif=tuple(filter(None, as_list(table["exif"]))), exif_parts=())
    if "iim" in table:
        other = fields.FIELDS.get(fields.CARRIERS.get(table["iim"], ""))
        size, repeats = (other.iim_bytes, other.iim_repeats) if other else (None, False)
        spec = replace(spec, iim=table["iim"] or None, iim_bytes=size, iim_repeats=repeats, iim_time=None)
    return spec


def _built(key: str, table: dict[str, Any], spec: FieldSpec, kind: str, languages: list[str]) -> ProfileField:
    limit, low, high = table.get("max_bytes"), table.get("minimum"), table.get("maximum")
    own_limit = "max_bytes" in table
    if not own_limit and spec.kind not in ("date", "integer", "structure"):
        limit = spec.iim_bytes
    if kind == "rating":
        low, high = (-1 if low is None else low), (5 if high is None else high)
    return ProfileField(
        key=key, spec=spec, type=kind, label=words(table.get("label", {})), help=words(table.get("help", {})),
        examples=tuple(as_list(table.get("examples", []))), group=table.get("group", ""),
        vocabulary=table.get("_vocabulary"), strict=table.get("strict", True), required=table.get("required", False),
        recommended=table.get("recommended", False), max_bytes=limit or None, max_chars=table.get("max_chars"),
        own_limit=own_limit, pattern=re.compile(table["pattern"]) if "pattern" in table else None,
        message=Words(words(table["message"])) if table.get("message") else "", default=table.get("default"),
        languages=tuple(as_list(table.get("languages", languages if spec.kind == "langalt" else []))),
        personal=table.get("personal", False), minimum=low, maximum=high,
        uncertain=table.get("uncertain", spec.kind != "date" and spec.item != "date"),
    )  # fmt: skip


def _personal_patterns(sources: list[ProfileSource]) -> Iterator[PersonalPattern]:
    for source in sources:
        for table in source.data.get("personal", []):
            own = words(table.get("message", {}))
            message = Words(own) if own else words_of("looks_personal")
            yield PersonalPattern(re.compile(table.get("pattern", r"(?!)")), message)
