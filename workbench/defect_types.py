"""Types of defects and how much they matter: the shipped list, or a client's own, ``defects.toml`` in the workspace."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import BadValue, StorageError
from workbench.finding_words import in_language

FILE = "defects.toml"
"""The client's own list, in the workspace's folder."""

_SHIPPED = Path(__file__).with_name("defect_types.toml")


@dataclass(frozen=True, slots=True)
class Severity:
    """How much a defect matters.

    Attributes
    ----------
    counts : bool
        Whether it makes the image defective; else it is only noted.
    rejects_lot : bool
        Whether one such defect is enough to send the batch back.
    """

    name: str
    label: Mapping[str, str]
    counts: bool
    rejects_lot: bool = False


@dataclass(frozen=True, slots=True)
class DefectType:
    """What can be wrong.

    Attributes
    ----------
    key : str
        One character that marks it.
    severity : str
        What it is taken for, unless the inspector says otherwise.
    picture : bool
        Whether it is about the picture, and not about a field.
    """

    name: str
    key: str
    severity: str
    label: Mapping[str, str]
    help: Mapping[str, str]
    picture: bool = False


@dataclass(frozen=True, slots=True)
class DefectTypes:
    """A list of types of defects and their severities, by name."""

    types: Mapping[str, DefectType]
    severities: Mapping[str, Severity]

    def defective(self, severities: Iterable[str]) -> bool:
        """Whether an image with defects of these severities is defective."""
        return any(self.counts(severity) for severity in severities)

    def counts(self, severity: str) -> bool:
        """Whether a severity makes an image defective; one that isn't in the list any more does."""
        return severity not in self.severities or self.severities[severity].counts

    def rejects_lot(self, severity: str) -> bool:
        """Whether one defect of it is enough to send a batch back."""
        return severity in self.severities and self.severities[severity].rejects_lot

    def label(self, name: str, language: str = "en") -> str:
        """Return how a type is called; its name when it isn't in the list any more."""
        return in_language(self.types[name].label, language) if name in self.types else name


def load(folder: Path | None = None) -> DefectTypes:
    """Return the list of a workspace: its own, or the shipped one.

    Raises
    ------
    BadValue
        The file can't be read as such a list; the sentence says where.
    """
    path = folder / FILE if folder is not None and (folder / FILE).exists() else _SHIPPED
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadValue(f"{path.name} can't be read: {error}.", hint="Mend it, or take it away.") from error
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}.", hint="Check permissions.") from error
    severities = {str(name): _severity(path, str(name), one) for name, one in _table(path, told, "severities").items()}
    types = told.get("types")
    if not isinstance(types, list) or not types or not severities:
        raise BadValue(f"{path.name} lists no types or no severities.", hint="See the shipped list for its form.")
    read = [_type(path, one, severities) for one in types]
    for names in ([one.name for one in read], [one.key for one in read]):
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise BadValue(f"{path.name} has {twice!r} twice.", hint="Give every type a name and a key of its own.")
    return DefectTypes({one.name: one for one in read}, severities)


def _table(path: Path, told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name, {})
    if not isinstance(found, dict):
        raise BadValue(f"{name} in {path.name} must be a table.", hint="See the shipped list for its form.")
    return found


def _severity(path: Path, name: str, told: object) -> Severity:
    if not isinstance(told, dict):
        raise BadValue(f"The severity {name!r} in {path.name} must be a table.", hint="Write [severities.major].")
    return Severity(
        name, _texts(told.get("label"), name), told.get("counts") is not False, bool(told.get("rejects_lot"))
    )


def _type(path: Path, told: object, severities: Mapping[str, Severity]) -> DefectType:
    where = f"A type in {path.name}"
    if not isinstance(told, dict) or not isinstance(told.get("name"), str) or not told["name"].strip():
        raise BadValue(f"{where} has no name.", hint='Give it one: name = "wrong".')
    name, key = told["name"], told.get("key", "")
    if not isinstance(key, str) or len(key) != 1 or not ("0" <= key <= "9"):
        raise BadValue(f"{where}, {name!r}, has no key.", hint='Give it one digit: key = "1".')
    if told.get("severity") not in severities:
        raise BadValue(f"{where}, {name!r}, has no severity of the list.", hint=f"Say one: {', '.join(severities)}.")
    texts = _texts(told.get("label"), name), _texts(told.get("help"), "")
    return DefectType(name, key, told["severity"], *texts, picture=bool(told.get("picture")))


def _texts(told: object, otherwise: str) -> dict[str, str]:
    if isinstance(told, str):
        return {"en": told}
    return {str(lang): str(text) for lang, text in told.items()} if isinstance(told, dict) else {"en": otherwise}
