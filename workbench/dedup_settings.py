"""How duplicates are looked for: the workspace's ``dedup.toml``, over the rules that come with the workbench."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench import dedup_tables
from workbench.errors import BadValue, StorageError

METHODS = ("exact", "same-picture", "metadata", "fuzzy", "content", "descriptor")
"""The finders, in the order in which they run: the cheap and certain ones first."""

USUAL = METHODS[:-1]
"""Those that need nothing but the pictures; ``descriptor`` needs a model that the user supplies."""

BURST_SECONDS = 3.0
"""How far apart frames of a burst are at most, where nothing is said."""

SHIPPED = Path(__file__).with_name("dedup_rules.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """How duplicates are looked for.

    Attributes
    ----------
    methods : tuple of str
        Of `METHODS`.
    radius : int
        Bits by which two perceptual hashes may differ to be compared at all.
    thresholds : mapping
        What verification measures itself by; empty means those of the last calibration, or the built-in ones.
    metadata : tuple of mapping
        The rules of the metadata finder: see `workbench.finders.metadata`.
    keepers : tuple of mapping
        The rules that propose a keeper, the weightiest first: see `workbench.keepers`.
    tables : mapping
        Every other table of the file by its name: ``arrivals``, ``content``, ``descriptor`` …
    """

    methods: tuple[str, ...] = USUAL
    radius: int = 10
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    metadata: tuple[Mapping[str, Any], ...] = ()
    keepers: tuple[Mapping[str, Any], ...] = ()
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def with_methods(self, methods: Sequence[str] | None) -> Settings:
        """Return these settings for some methods only, in their order.

        Raises
        ------
        BadValue
            There is no such method.
        """
        if methods is None:
            return self
        unknown = [m for m in methods if m not in METHODS]
        if unknown or not methods:
            raise BadValue(
                f"There is no method {', '.join(map(repr, unknown)) or 'to run'}.", hint=f"Known: {', '.join(METHODS)}."
            )
        return replace(self, methods=tuple(m for m in METHODS if m in methods))

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain data that `from_dict` reads."""
        plain: dict[str, Any] = json.loads(json.dumps({name: getattr(self, name) for name in self.__slots__}))
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Settings:
        """Return the settings that `as_dict` gave; what this version doesn't know is left out."""
        known: dict[str, Any] = {name: plain[name] for name in cls.__slots__ if name in plain}
        lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(**known | lists)


def load(folder: Path) -> Settings:
    """Return the settings of a workspace: its ``dedup.toml`` where there is one, else the built-in ones.

    A rule for keepers that says only its name has the parameters that it comes with; programs that edit are those of
    ``original`` for ``unedited``, too. Where a model is named in
    ``[descriptor]`` and no methods are, the finder that uses it is one of them.

    Raises
    ------
    BadValue
        The file is no TOML, or says something that can't be.
    """
    shipped, own = _read(SHIPPED), _read(folder / "dedup.toml")
    described = own.get("descriptor")
    if isinstance(described, dict) and "model" in described and "methods" not in own:
        own["methods"] = [*shipped["methods"], "descriptor"]
    try:
        made = _settings({**shipped, **own})
    except BadValue as error:
        raise BadValue(f"{folder / 'dedup.toml'}: {error.message}", hint=error.hint) from error
    known = {rule["rule"]: rule for rule in shipped["keeper"]}
    editors = next(rule for rule in (*made.keepers, known["original"]) if "software" in rule)["software"]
    known["unedited"]["software"] = editors  # they are said once
    return replace(made, keepers=tuple({**known.get(str(rule.get("rule")), {}), **rule} for rule in made.keepers))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BadValue(f"{path} can't be read: {error}.", hint="Mend it, or delete it to get the defaults.") from error
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}.", hint="Check permissions.") from error


def _settings(said: dict[str, Any]) -> Settings:
    said = dict(said)
    methods, metadata, keepers = said.pop("methods", list(METHODS)), said.pop("metadata", []), said.pop("keeper", [])
    for ok, what in (
        (dedup_tables.are_texts(methods), "Methods must be a list of names"),
        (_mappings(metadata), "[[metadata]] must be rules"),
        (_mappings(keepers), "[[keeper]] must be rules"),
        (all(isinstance(v, dict) for v in said.values()), "Only tables are known beside methods"),
    ):
        if not ok:
            raise BadValue(f"{what}.", hint="Look at README for how the file is written.")
    dedup_tables.check(said)
    thresholds, radius = said.pop("thresholds", {}), said.get("fuzzy", {}).get("radius", 10)
    made = Settings(METHODS, radius, thresholds, tuple(metadata), tuple(keepers), said)
    return made.with_methods(methods)


def burst_seconds(settings: Settings) -> float:
    """Return how far apart frames of a burst are at most: ``seconds`` of ``[burst]``."""
    return float(settings.tables.get("burst", {}).get("seconds", BURST_SECONDS))


def _mappings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, dict) for v in value)
