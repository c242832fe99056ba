"""What a form shows of a profile, a field and a finding: plain dicts that can be sent to a browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench import edtf
from workbench.errors import BadValue
from workbench.image_values import Content, ImageValues, shaped
from workbench.profile_rules import Finding, ProfileField
from workbench.profiles import Profile
from workbench.vocabularies import Vocabulary

RIGHT_TO_LEFT = ("ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi")
"""Languages that are written from right to left."""

_CONTROLS = {"boolean": "yes_no", "date": "date", "rating": "rating", "number": "number", "longtext": "long"}
_LONG = ("Xmp.dc.description", "Xmp.iptc.ExtDescrAccessibility", "Xmp.dc.rights", "Xmp.xmpRights.UsageTerms")


def form_of(profile: Profile, language: str) -> dict[str, Any]:
    """Return a profile as a form shows it: its groups, and its fields in order."""
    groups = {group.key: group.name(language) for group in profile.groups}
    fields = [wanted for members in profile.by_group().values() for wanted in members]
    return {
        "name": profile.name,
        "title": profile.title(language),
        "groups": groups,
        "fields": [field_form(wanted, language) for wanted in fields],
        "rtl": list(RIGHT_TO_LEFT),
    }


def field_form(wanted: ProfileField, language: str) -> dict[str, Any]:
    """Return one field as a form shows it."""
    return {
        "key": wanted.key,
        "label": wanted.name(language),
        "group": wanted.group,
        "control": control(wanted),
        "long": wanted.type == "longtext" or wanted.spec.kind == "longtext" or wanted.key in _LONG,
        "help": wanted.guideline(language),
        "examples": list(wanted.examples),
        "required": wanted.required,
        "recommended": wanted.recommended,
        "languages": ["x-default", *wanted.languages[1:]] if wanted.spec.kind == "langalt" else [],
        "first": wanted.languages[0] if wanted.languages else "",
        "max_bytes": wanted.max_bytes,
        "max_chars": wanted.max_chars,
        "completes": control(wanted) in ("text", "chips", "languages"),
        "terms": len(wanted.vocabulary) if wanted.vocabulary is not None else 0,
        "strict": wanted.vocabulary is not None and wanted.strict,
        "personal": wanted.personal,
        "low": wanted.minimum,
        "high": wanted.maximum,
    }


def control(wanted: ProfileField) -> str:
    """Say how a field is entered: languages, chips, date, rating, number, yes_no, text or none."""
    if wanted.spec.structure:
        return "none"
    if wanted.spec.kind == "langalt":
        return "languages"
    if wanted.spec.is_list:
        return "chips"
    found = _CONTROLS.get(wanted.type, "text")
    return "text" if found == "long" else found


def field_state(
    values: ImageValues, wanted: ProfileField, findings: Sequence[Finding], language: str = "en"
) -> dict[str, Any]:
    """Return a field of an image: what counts, what the file says, who entered what, and what is wrong with it."""
    kind, entry = wanted.spec.kind, values.entries.get(wanted.key)
    entered = entry is not None and not entry.withdrawn
    content = shaped(values.shown(wanted.key), kind)
    state: dict[str, Any] = {
        "value": content,
        "file": shaped(values.file.get(wanted.key), kind),
        "origin": values.origins.get(wanted.key),
        "entered": entered,
        "cleared": entered and entry is not None and entry.content is None,
        "actor": entry.actor if entry and entered else None,
        "at": entry.at if entry and entered else None,
        "how": entry.origin if entry and entered else None,
        "conflicts": [
            {key: row[key] for key in ("lang", "exif", "iptc", "xmp", "sidecar", "shown", "why")}
            for row in values.conflicts.get(wanted.key, [])
        ],
        "findings": [told_finding(finding, language) for finding in findings],
    }
    if wanted.spec.structure:
        state["parts"] = _parts(values, wanted.key)
    if wanted.type == "date" and isinstance(content, str):
        state["words"] = date_words(content, language)["words"]
    if wanted.vocabulary is not None:
        state["labels"] = _labels(wanted.vocabulary, content)
    return state


def told_finding(finding: Finding, language: str = "en") -> dict[str, Any]:
    """Return a finding as a dict, its message in a language."""
    names = ("field", "rule", "severity", "lang", "value", "suggestion")
    return {"message": finding.says(language), **{name: getattr(finding, name) for name in names}}


def date_words(text: str, language: str = "en") -> dict[str, str | None]:
    """Say a date in words, or how it should be written."""
    try:
        return {"words": edtf.parse(text).describe(language), "suggestion": None}
    except BadValue:
        return {"words": None, "suggestion": edtf.suggest(text)}


def _parts(values: ImageValues, key: str) -> list[dict[str, str]]:
    """Return the members of a structure, which the form shows but can't change."""
    shown = values.all_shown()
    return [
        {"name": name.removeprefix(key).lstrip("/"), "value": "; ".join(_flat(content))}
        for name, content in shown.items()
        if name.startswith((f"{key}/", f"{key}["))
    ]


def _flat(content: Content) -> list[str]:
    if isinstance(content, dict):
        return [f"{lang}: {text}" for lang, text in content.items()]
    return content if isinstance(content, list) else [content]


def _labels(vocabulary: Vocabulary, content: Content | None) -> dict[str, str]:
    texts = content if isinstance(content, list) else [content] if isinstance(content, str) else []
    found = {text: term.label() for text in texts if (term := vocabulary.find(text))}
    return {text: label for text, label in found.items() if label != text}
