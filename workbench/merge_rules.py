"""How the metadata of duplicates is merged into the one that stays: a policy for each field, as data.

`POLICIES` names what can be done; ``merge_rules.toml`` says which is done for which field; a workspace's ``dedup.toml``
may say otherwise under ``[merge.fields]``, ``[merge.namespaces]`` and ``[merge.kinds]``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import BadValue
from workbench.fields import FIELDS, exiv2_key

POLICIES: dict[str, str] = {
    "union": "all that any of them says; a text that the keeper has in a language stays",
    "longest": "the longest text in each language",
    "oldest": "of dates the earliest; of anything else what the oldest image says",
    "agree": "what the keeper lacks, where the others don't contradict each other",
    "ask": "nothing until somebody has chosen",
    "keep": "what the keeper says, and nothing else",
}
"""What can be done with a field → what is taken, in words."""

TOGETHER: tuple[tuple[str, ...], ...] = (
    ("Xmp.exif.GPSLatitude", "Xmp.exif.GPSLongitude", "Xmp.exif.GPSAltitude"),
    (
        "Xmp.iptc.Location", "Xmp.photoshop.City", "Xmp.photoshop.State", "Xmp.photoshop.Country",
        "Xmp.iptc.CountryCode",
    ),
)  # fmt: skip
"""Fields that are one statement: an image that contradicts the keeper in one of them gives none of them."""

Languages = Mapping[str | None, Sequence[str]]
"""Language → texts."""

_SHIPPED = Path(__file__).with_name("merge_rules.toml")
_LISTS = ("bag", "seq")
_UNSET_CLOCK = re.compile(r"\d{4}-01-01T00:0\d")


@dataclass(frozen=True, slots=True)
class Rules:
    """Which policy holds for which field.

    Attributes
    ----------
    fields, namespaces, kinds : mapping
        Field key, Exiv2's prefix, or kind of field (`workbench.fields.KINDS`, and ``unknown``) → a key of `POLICIES`.
        The first that knows a field decides, in this order.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def policy(self, key: str) -> str:
        """Return the policy for a field.

        Examples
        --------
        >>> defaults().policy("Xmp.dc.subject")
        'union'
        """
        prefix = key.split(".")[1] if key.count(".") >= 2 else ""
        found = self.fields.get(key) or self.namespaces.get(prefix) or self.kinds.get(kind_of(key), "agree")
        return found if fits(found, kind_of(key)) else "agree"

    def over(self, table: Mapping[str, Any]) -> Rules:
        """Return these rules with others before them.

        Parameters
        ----------
        table : mapping
            Field or kind → policy, or the tables ``fields``, ``namespaces`` and ``kinds`` of ``dedup.toml``.

        Raises
        ------
        BadValue
            A policy, field or kind isn't known, or a policy can't be used for a field.
        """
        own: dict[str, dict[str, str]] = {"fields": {}, "namespaces": {}, "kinds": {}}
        for name, said in table.items():
            if name in own and isinstance(said, Mapping):
                own[name] |= {_key(name, key): _checked(key, policy) for key, policy in said.items()}
            else:
                own["kinds" if name in self.kinds else "fields"][name if name in self.kinds else exiv2_key(name)] = (
                    _checked(name, said)
                )
        for key, policy in own["fields"].items():
            if not fits(policy, kind_of(key)):
                raise BadValue(f"{key} can't be merged by {policy!r}.", hint="It holds a structure, or one value.")
        tables = {name: {**getattr(self, name), **said} for name, said in own.items()}
        return Rules(**tables)

    def as_toml(self) -> str:
        """Return the rules as they may stand in ``dedup.toml``, to be edited there."""
        lines = [f"# {name}: {says}" for name, says in POLICIES.items()]
        for table in ("fields", "namespaces", "kinds"):
            lines += ["", f"[merge.{table}]"]
            lines += [f'"{key}" = "{policy}"' for key, policy in getattr(self, table).items()]
        return "\n".join(lines) + "\n"


def _key(table: str, key: str) -> str:
    return exiv2_key(key) if table == "fields" else key


def _checked(key: str, policy: object) -> str:
    if not isinstance(policy, str) or policy not in POLICIES:
        raise BadValue(f"{key}: there is no way {policy!r} to merge.", hint=f"Known: {', '.join(POLICIES)}.")
    return policy


@cache
def defaults() -> Rules:
    """Return the rules that come with the workbench."""
    return Rules(**tomllib.loads(_SHIPPED.read_text("utf-8")))


def kind_of(key: str) -> str:
    """Return a field's kind: one of `workbench.fields.KINDS`; ``structure`` for a member of one, or ``unknown``."""
    if re.search(r"[/\[]", key):
        return "structure"
    spec = FIELDS.get(key)
    return spec.kind if spec else "unknown"


def fits(policy: str, kind: str) -> bool:
    """Whether a policy can be used for a kind of field: a structure stays or is asked about, one value has no union."""
    if kind in ("structure", "structures"):
        return policy in ("keep", "ask")
    return policy != "union" or kind in (*_LISTS, "langalt", "unknown")


# ── merging one field ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Said:
    """What one image says in a field.

    Attributes
    ----------
    image_id : str
    languages : mapping
        Language → texts; empty when it says nothing.
    entered : bool
        Whether somebody entered it: what people entered counts over what files say.
    taken_at : datetime or None
        When the image was made, as well as is known.
    """

    image_id: str
    languages: Languages
    entered: bool = False
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What a field becomes.

    Attributes
    ----------
    languages : dict
        Language → texts.
    sources : tuple of str
        Images that something was taken from, besides the keeper.
    open : bool
        Whether the images say different things that nothing was made of.
    """

    languages: dict[str | None, list[str]]
    sources: tuple[str, ...] = ()
    open: bool = False


def comparable(text: str, kind: str = "text") -> str:
    """Return a text without differences that don't count: spaces, forms of accents, digits nobody can see on a map."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if kind == "gps" and (degrees := _degrees(plain)) is not None:
        return f"{degrees:.4f}"
    return plain.casefold() if kind in _LISTS else plain


def _degrees(text: str) -> float | None:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?([NSEW])", text)
    if not match:
        return None
    whole, minutes, seconds, side = match.groups()
    return (float(whole) + float(minutes or 0) / 60 + float(seconds or 0) / 3600) * (-1 if side in "SW" else 1)


def merge(policy: str, kind: str, keeper: Said, others: Sequence[Said]) -> Merged:
    """Merge one field of a cluster.

    Parameters
    ----------
    policy : str
        A key of `POLICIES` that `fits`.
    kind : str
        See `kind_of`.
    keeper : Said
    others : sequence of Said
        In the order in which they count.

    Returns
    -------
    Merged
        Whatever the policy: what only one of them says in a language is never put beside itself twice, and the keeper
        says in the end at least one text in every language it had.
    """
    made: dict[str | None, list[str]] = {lang: list(texts) for lang, texts in keeper.languages.items() if texts}
    speaking = [one for one in others if any(one.languages.values())]
    if policy == "keep" or not speaking:
        return Merged(made)
    languages = list(
        dict.fromkeys([*made, *(lang for one in speaking for lang, texts in one.languages.items() if texts)])
    )
    choose = _CHOICES[policy]
    taken: list[str] = []
    is_open = False
    for lang in languages:
        texts, sources, differs = choose(
            kind, _in(lang, keeper), [s for one in speaking if (s := _in(lang, one)).texts]
        )
        is_open = is_open or differs
        if texts and [*texts] != made.get(lang, []):
            made[lang] = [*texts]
            taken += sources
    return Merged(made, tuple(dict.fromkeys(taken)), is_open)


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one image says in one language."""

    image_id: str
    texts: tuple[str, ...]
    entered: bool
    taken_at: datetime | None

    def folded(self, kind: str) -> tuple[str, ...]:
        found = [comparable(text, kind) for text in self.texts]
        return tuple(sorted(found) if kind == "bag" else found)


def _in(lang: str | None, one: Said) -> _Voice:
    return _Voice(one.image_id, tuple(one.languages.get(lang, ())), one.entered, one.taken_at)


Choice = tuple[Sequence[str], list[str], bool]
"""Texts, whom they are from, whether something different was left aside."""


def _union(kind: str, keeper: _Voice, others: Sequence[_Voice]) -> Choice:
    if kind not in _LISTS:
        return _agree(kind, keeper, others)
    texts, sources = list(keeper.texts), []
    known = {comparable(text, kind) for text in texts}
    for one in others:
        for text in one.texts:
            if comparable(text, kind) not in known:
                known.add(comparable(text, kind))
                texts.append(text)
                sources.append(one.image_id)
    return texts, sources, False


def _agree(kind: str, keeper: _Voice, others: Sequence[_Voice]) -> Choice:
    voices = _weightiest([one for one in others if one.texts])
    said = {one.folded(kind) for one in voices}
    if keeper.texts:
        return keeper.texts, [], any(one.folded(kind) != keeper.folded(kind) for one in others)
    if len(said) == 1:
        return voices[0].texts, [voices[0].image_id], False
    return (), [], len(said) > 1


def _longest(kind: str, keeper: _Voice, others: Sequence[_Voice]) -> Choice:
    best = max(_weightiest([keeper, *others]), key=_length)
    return best.texts, [best.image_id], False


def _length(one: _Voice) -> tuple[int, int]:
    return len(one.texts), sum(len(" ".join(text.split())) for text in one.texts)


def _oldest(kind: str, keeper: _Voice, others: Sequence[_Voice]) -> Choice:
    voices = _weightiest([one for one in (keeper, *others) if one.texts])
    first = min(voices, key=_date_order if kind == "date" else _age)
    return first.texts, [first.image_id], False


def _age(one: _Voice) -> tuple[bool, datetime]:
    return one.taken_at is None, one.taken_at or datetime.max  # noqa: DTZ901  compared with cameras' naive times only


def _date_order(one: _Voice) -> tuple[bool, str, int]:
    """Order dates: a clock that was never set comes last, and of one date told twice the more exact comes first."""
    text = one.texts[0].strip()
    return _UNSET_CLOCK.match(text) is not None, text[:19].ljust(19, "~"), -len(text)


def _ask(kind: str, keeper: _Voice, others: Sequence[_Voice]) -> Choice:
    return keeper.texts, [], any(one.folded(kind) != keeper.folded(kind) for one in others)


def _weightiest(voices: list[_Voice]) -> list[_Voice]:
    """Return those that somebody entered, where there are any."""
    speaking = [one for one in voices if one.texts]
    return [one for one in speaking if one.entered] or speaking


_CHOICES: dict[str, Callable[[str, _Voice, Sequence[_Voice]], Choice]] = {
    "union": _union,
    "longest": _longest,
    "oldest": _oldest,
    "agree": _agree,
    "ask": _ask,
}


def contradicts(keeper: Mapping[str, Said], other: Mapping[str, Said], group: Sequence[str]) -> bool:
    """Whether two images say different things in one of the fields of a group (see `TOGETHER`)."""
    for key in group:
        one, two = keeper.get(key), other.get(key)
        if one is None or two is None:
            continue
        for lang, texts in one.languages.items():
            said = two.languages.get(lang)
            kind = kind_of(key)
            if texts and said and [comparable(t, kind) for t in texts] != [comparable(t, kind) for t in said]:
                return True
    return False
