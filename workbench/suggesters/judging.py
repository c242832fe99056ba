"""Judging what suggesters say: whether it makes sense, and whether a profile wants it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from workbench.errors import BadValue
from workbench.fields import FIELDS
from workbench.image_values import cleaned
from workbench.profile_rules import ProfileField
from workbench.profiles import Profile
from workbench.suggesters import Suggestion, Trouble

_LANG = re.compile("[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_NO_TEXT = ("structure", "structures", "gps")
_WORDS = 300  # characters of a model's name, a version or the evidence


@dataclass(frozen=True, slots=True)
class Fitted:
    """A suggestion that can be kept, and the kind of its field."""

    image_id: str
    field: str
    kind: str
    lang: str | None
    value: str
    confidence: float
    model: str
    version: str
    evidence: str


class Judge:
    """Judges suggestions by the standards' fields, or by those of a profile."""

    def __init__(self, profile: Profile | None = None) -> None:
        self.profile = profile

    def fit(self, said: object, asked: set[str]) -> Fitted | Trouble | None:
        """Return a suggestion as it can be kept, what is wrong with it, or None when nobody wants it."""
        if not isinstance(said, Suggestion):
            return Trouble(None, f"It gave a {type(said).__name__} instead of a suggestion.")
        if said.image_id not in asked:
            return Trouble(None, f"It spoke of an image it wasn't asked about: {str(said.image_id)[:40]!r}.")
        wanted = self.profile.fields.get(said.field) if self.profile else None
        spec = wanted.spec if wanted else FIELDS.get(said.field)
        if spec is None:
            return self._unknown(said)
        if spec.kind in _NO_TEXT:
            return Trouble(said.image_id, f"{said.field} can't hold a text.")
        if self.profile and (wanted is None or self.profile.forbids(said.field)):
            return None
        return _checked(said, spec.kind, wanted)

    def _unknown(self, said: Suggestion) -> Trouble | None:
        if isinstance(said.field, str) and said.field.startswith("Xmp.wb."):
            return None  # a field of some other profile
        return Trouble(said.image_id, f"There is no field {str(said.field)[:60]!r}.")


def _checked(said: Suggestion, kind: str, wanted: ProfileField | None) -> Fitted | Trouble | None:
    sure = said.confidence
    if isinstance(sure, bool) or not isinstance(sure, int | float) or not math.isfinite(sure) or not 0 <= sure <= 1:
        return Trouble(said.image_id, f"A confidence of {str(sure)[:20]} isn't one: they go from 0 to 1.")
    try:
        value = cleaned(said.value) if isinstance(said.value, str) else None
    except BadValue as error:
        return Trouble(said.image_id, f"{said.field}: {error.message}")
    if not isinstance(value, str):
        return Trouble(said.image_id, f"{said.field}: there is no text in the suggestion.")
    lang = (said.lang or "x-default") if kind == "langalt" else None
    if lang is not None and not _LANG.fullmatch(lang):
        return Trouble(said.image_id, f"{str(lang)[:20]!r} is no language.")
    fitting = _as_wanted(value, wanted)
    if fitting is None:
        return None
    words = (str(text)[:_WORDS] for text in (said.model, said.version, said.evidence))
    return Fitted(said.image_id, said.field, kind, lang, fitting, round(float(sure), 4), *words)


def _as_wanted(value: str, wanted: ProfileField | None) -> str | None:
    """Return the value as the profile writes it; None when it doesn't fit."""
    if wanted is None:
        return value
    if wanted.vocabulary is not None:
        term = wanted.vocabulary.find(value)
        if term is not None:
            return term.term
        if wanted.strict:
            return None
    if wanted.pattern is not None and not wanted.pattern.fullmatch(value):
        return None
    return None if wanted.max_chars is not None and len(value) > wanted.max_chars else value
