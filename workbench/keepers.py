"""Keepers: which image of a cluster is proposed to stay, by an ordered list of rules, each with its reason in words."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import BadValue

_LOSSLESS = frozenset({"PNG", "TIFF", "BMP", "GIF", "DNG", "PSD", "PPM", "TGA", "DICOM", "FITS"})
_LOSSY = 1 / 20  # about a JPEG of middling quality
_FEW_COLOURS = frozenset({"1", "L", "P", "LA", "PA"})
_FEW = 1e-3
_CLOSE = 1.1  # so many times the pixels are no more
_MOSTLY = 0.5
"""Part of its copies that lack what a picture has, from which on it was put there and isn't missing elsewhere."""

Facts = Mapping[str, Sequence[Any]]
"""What is known of some images, column by column, as the query ``keeper_facts`` gives it."""

Values = npt.NDArray[np.float64]
Measure = Callable[[Facts, Mapping[str, Any]], Values]
Says = Callable[[Facts, int, int], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to tell images apart.

    Attributes
    ----------
    values : callable
        From facts and the rule's parameters to a number an image: more is better; equal ones are left to later rules.
    says : callable
        From facts and the places of a better and a worse image to why, in words about the better one.
    parameters : mapping
        What it may be told → what it says where it isn't.
    """

    values: Measure
    says: Says
    parameters: Mapping[str, Any]


class Judge:
    """Proposes keepers among images, by rules.

    Each rule leaves those that are as good as the best, within its tolerance, to the next. One to which all are alike
    isn't asked again for each cluster.

    Parameters
    ----------
    facts : mapping of str to sequence
        See `Facts`.
    rules : sequence of mapping
        Each with ``rule`` (a key of `RULES`) and its parameters.

    Raises
    ------
    BadValue
        There is no such rule, or it doesn't take that parameter.
    """

    def __init__(self, facts: Facts, rules: Sequence[Mapping[str, Any]]) -> None:
        self.facts = facts
        judged = [(str(said.get("rule")), *_values(facts, said)) for said in rules]
        judged = [(name, values, slack) for name, values, slack in judged if (values[:1] != values).any()]
        judged.append(("", _in_order(facts["image_id"]), 0.0))
        self._columns = [(name, values.tolist(), slack) for name, values, slack in judged]

    def best(self, places: Sequence[int]) -> int:
        """Return which of some images, by their places in the facts, is to stay."""
        left = list(places)
        for _, values, slack in self._columns:
            if len(left) == 1:
                break
            mine = [values[i] for i in left]
            least = max(mine) - slack
            left = [i for i, value in zip(left, mine, strict=True) if value >= least]
        return left[0]

    def why(self, better: int, worse: int) -> tuple[str, str]:
        """Return the rule that tells two images apart, and the reason in words."""
        for name, values, slack in self._columns[:-1]:
            if values[better] > values[worse] + slack:
                return name, RULES[name].says(self.facts, better, worse) + _blown_up(self.facts, name, better, worse)
            if values[worse] > values[better] + slack:
                return "", "the rules would prefer the other"
        return "", "they are alike in everything that the rules look at"


def propose(members: Facts, rules: Sequence[Mapping[str, Any]]) -> tuple[str, list[tuple[str, str]]]:
    """Return the id of the image that is proposed to stay, and why: each rule that decided, and its reason in words."""
    judge, places = Judge(members, rules), range(len(members["image_id"]))
    first = judge.best(places)
    return str(members["image_id"][first]), reasons(judge, first, [i for i in places if i != first])


def reasons(judge: Judge, keeper: int, others: Sequence[int]) -> list[tuple[str, str]]:
    """Return why a keeper is better than others: one reason for each rule that decided."""
    found: dict[str, str] = {}
    for other in others:
        rule, reason = judge.why(keeper, other)
        found.setdefault(rule, reason)
    return list(found.items())


def _values(facts: Facts, said: Mapping[str, Any]) -> tuple[Values, float]:
    """Return what a rule makes of images, and by how much two of them may differ and be alike to it."""
    name = said.get("rule")
    rule = RULES.get(str(name))
    if rule is None:
        raise BadValue(f"There is no rule {name!r} for keepers.", hint=f"Known: {', '.join(RULES)}.")
    told = {key: value for key, value in said.items() if key != "rule"}
    for key, value in told.items():
        default = rule.parameters.get(key)
        kinds = (int, float) if isinstance(default, float) else type(default)
        if default is None or not isinstance(value, kinds) or isinstance(value, bool):
            raise BadValue(
                f"The rule {name!r} can't have {key} = {value!r}.",
                hint=f"It takes {', '.join(rule.parameters) or 'nothing'}.",
            )
    parameters = {**rule.parameters, **told}
    return rule.values(facts, parameters), float(np.log1p(max(0.0, parameters.get("same_within", 0.0))))


# -- what the rules look at


def _in_order(values: Sequence[Any]) -> Values:
    """Return numbers that are greatest for what sorts first; what is missing comes last."""
    known = sorted({value for value in values if value is not None})
    place = {value: -float(i) for i, value in enumerate(known)}
    return np.array([place.get(value, -np.inf) for value in values], dtype=np.float64)


def _listed(values: Sequence[str], order: Sequence[str]) -> Values:
    """Return numbers that are greatest for what matches the first pattern."""
    found = {
        value: -float(next((i for i, p in enumerate(order) if fnmatch.fnmatchcase(value, p)), len(order)))
        for value in set(values)
    }
    return np.array([found[value] for value in values], dtype=np.float64)


def _numbers(values: Sequence[Any]) -> Values:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _logarithms(values: Values) -> Values:
    """Return what ratios are differences of; what is missing comes last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(values)
    return np.where(np.isfinite(found), found, -np.inf)


def _by_source(facts: Facts, told: Mapping[str, Any]) -> Values:
    return _listed(facts["source"], told["order"])


def _by_folder(facts: Facts, told: Mapping[str, Any]) -> Values:
    return _listed(facts["path"], told["order"])


def _by_origin(facts: Facts, told: Mapping[str, Any]) -> Values:
    # A file that says nothing is no original for that: copies are stripped, and made smaller.
    return _by_editing(facts, told) * np.array(facts["camera"], np.float64)


def _by_editing(facts: Facts, told: Mapping[str, Any]) -> Values:
    editors = re.compile("|".join(map(re.escape, told["software"])) or r"(?!)", re.IGNORECASE)
    saved = {text: bool(editors.search(text)) for text in set(facts["software"]) if text}
    rows = zip(facts["software"], facts["derived"], strict=True)
    return np.array([not (derived or saved.get(text)) for text, derived in rows], np.float64)


def _by_companion(facts: Facts, told: Mapping[str, Any]) -> Values:
    return _numbers(facts["companions"])


def _by_plainness(facts: Facts, told: Mapping[str, Any]) -> Values:
    return np.array([share < _MOSTLY for share in facts["made_over"]], np.float64)


def _by_resolution(facts: Facts, told: Mapping[str, Any]) -> Values:
    return _logarithms(_numbers(facts["true_pixels"]))


def _by_compression(facts: Facts, told: Mapping[str, Any]) -> Values:
    columns = zip(facts["format"], facts["step"], facts["mode"], strict=True)
    return _logarithms(np.array([_fineness(*row) for row in columns], np.float64))


def _fineness(format: str, step: float | None, mode: str | None) -> float:
    """Return how finely a picture is coded: 1 without loss, less where tones are rounded, or colours are few."""
    fine = 1 / step if step else 1.0 if format in _LOSSLESS else _LOSSY
    return fine * (_FEW if mode in _FEW_COLOURS else 1)


def _by_metadata(facts: Facts, told: Mapping[str, Any]) -> Values:
    return _logarithms(_numbers(facts["values_embedded"]))


def _by_name(facts: Facts, told: Mapping[str, Any]) -> Values:
    try:
        copy = re.compile("|".join(f"(?:{p})" for p in told["avoid"]) or r"(?!)", re.IGNORECASE)
    except re.error as error:
        raise BadValue(f"The rule 'name' has a pattern that can't be read: {error}.", hint="Mend dedup.toml.") from None
    return np.array([not copy.search(name.rpartition(".")[0] or name) for name in facts["name"]], np.float64)


def _by_age(facts: Facts, told: Mapping[str, Any]) -> Values:
    # Whether a time of capture is there at all is for the rules about originals and metadata.
    return _in_order([(m or r, r) for m, r in zip(facts["modified_at"], facts["received_at"], strict=True)])


def _by_path(facts: Facts, told: Mapping[str, Any]) -> Values:
    return _in_order([(path.count("/"), path) for path in facts["path"]])


# -- and how they say it


def _origin_says(facts: Facts, better: int, worse: int) -> str:
    if facts["camera"][worse]:
        return _editing_says(facts, better, worse)
    return "tells which camera took it, and when"


def _editing_says(facts: Facts, better: int, worse: int) -> str:
    return f"not saved by an editing program ({facts['software'][worse] or 'the other says what it was made from'})"


def _resolution_says(facts: Facts, better: int, worse: int) -> str:
    sizes = [f"{facts['width'][i]} × {facts['height'][i]}" for i in (better, worse)]
    if (facts["pixels"][better] or 0) <= (facts["pixels"][worse] or 0):
        return f"holds more: {sizes[0]}, where the other is blown up or framed to {sizes[1]}"
    return f"more pixels: {sizes[0]} against {sizes[1]}"


def _blown_up(facts: Facts, rule: str, better: int, worse: int) -> str:
    """Say of an image with more pixels than the better one that it shows no more, if that is so."""
    more, true = ([float(facts[name][i] or 0) for i in (better, worse)] for name in ("pixels", "true_pixels"))
    if rule == "resolution" or more[1] <= more[0] * _CLOSE or true[1] > true[0] * _CLOSE:
        return ""
    return f"; the other is blown up: its {facts['width'][worse]} × {facts['height'][worse]} pixels show no more"


def _compression_says(facts: Facts, better: int, worse: int) -> str:
    modes = facts["mode"][better], facts["mode"][worse]
    if (modes[0] in _FEW_COLOURS) != (modes[1] in _FEW_COLOURS):
        return f"more colours: {modes[0]} against {modes[1]}"
    steps = facts["step"][better], facts["step"][worse]
    if all(steps):
        return f"less compressed: tones rounded to steps of {steps[0]:.1f} against {steps[1]:.1f}"
    return f"less compressed: {facts['format'][better]} against {facts['format'][worse]}"


def _metadata_says(facts: Facts, better: int, worse: int) -> str:
    return f"richer metadata: {facts['values_embedded'][better]} values against {facts['values_embedded'][worse]}"


def _age_says(facts: Facts, better: int, worse: int) -> str:
    for column, word in (("modified_at", "changed last"), ("received_at", "received")):
        mine, other = facts[column][better], facts[column][worse]
        if mine is not None and other is not None and mine < other:
            digits = 19 if str(mine)[:19] != str(other)[:19] else 26
            return f"older: {word} {str(mine)[:digits]} against {str(other)[:digits]}"
    return "older"


RULES: dict[str, Rule] = {
    "source": Rule(
        _by_source,
        lambda f, a, b: f"from {f['source'][a]!r}, which is trusted more than {f['source'][b]!r}",
        {"order": []},
    ),
    "folder": Rule(_by_folder, lambda f, a, b: f"in a folder that is preferred ({f['path'][a]})", {"order": []}),
    "original": Rule(_by_origin, _origin_says, {"software": []}),
    "companion": Rule(_by_companion, lambda f, a, b: "has the file with it that belongs to the same shot", {}),
    "plain": Rule(
        _by_plainness,
        lambda f, a, b: "has nothing put around it or on it, as the other has: a frame, a page, lettering",
        {},
    ),
    "resolution": Rule(_by_resolution, _resolution_says, {"same_within": 0.1}),
    "compression": Rule(_by_compression, _compression_says, {"same_within": 0.05}),
    "unedited": Rule(_by_editing, _editing_says, {"software": []}),
    "metadata": Rule(_by_metadata, _metadata_says, {"same_within": 0.1}),
    "name": Rule(_by_name, lambda f, a, b: f"the other is called a copy ({f['name'][b]})", {"avoid": []}),
    "oldest": Rule(_by_age, _age_says, {}),
    "path": Rule(_by_path, lambda f, a, b: f"its path comes first ({f['path'][a]})", {}),
}
"""Rule → how it tells images apart."""
