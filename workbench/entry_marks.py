"""Show two entries so that nobody has to search for the difference: the characters that differ, marked. Pure."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from typing import Any

from workbench.image_values import Content
from workbench.vocabularies import folded

MOST_WORK = 2_000_000
"""Characters of one text times those of the other up to which single differences are looked for."""

Part = tuple[str, bool]
"""A stretch of text, and whether it differs."""


def parts(a: str, b: str) -> tuple[list[Part], list[Part]]:
    """Cut two texts into stretches that both have and stretches that differ.

    Long texts that differ a lot are marked from the first to the last difference.
    """
    if len(a) * len(b) > MOST_WORK:
        return _between(a, b)
    left: list[Part] = []
    right: list[Part] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for side, text in ((left, a[i:j]), (right, b[k:m])):
            if text:
                side.append((text, tag != "equal"))
    return left, right


def _between(a: str, b: str) -> tuple[list[Part], list[Part]]:
    most = min(len(a), len(b))
    head = next((at for at in range(most) if a[at] != b[at]), most)
    tail = next((at for at in range(most - head) if a[-1 - at] != b[-1 - at]), most - head)
    cut = ((a, len(a) - tail), (b, len(b) - tail))
    both = [[(text[:head], False), (text[head:end], True), (text[end:], False)] for text, end in cut]
    left, right = ([part for part in side if part[0]] for side in both)
    return left, right


def lines(a: Content | None, b: Content | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return both contents as lines to show: ``name`` (a language, else empty) and ``parts``.

    A list has a line an entry; what the other hasn't got is marked, letter by letter where one entry faces one other.
    """
    if isinstance(a, dict) or isinstance(b, dict):
        return _by_language(_mapping(a), _mapping(b))
    if isinstance(a, list) or isinstance(b, list):
        return _by_entry(_listed(a), _listed(b))
    left, right = parts(a or "", b or "")
    return [_line("", left)] if a else [], [_line("", right)] if b else []


def _by_language(a: dict[str, Any], b: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a line for every language that one of the two has, so that the lines stand side by side."""
    sides: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    langs = dict.fromkeys([*a, *b])
    for lang in sorted(langs, key=lambda lang: lang != "x-default"):
        found = parts(_text(a.get(lang)), _text(b.get(lang)))
        for side, cut in zip(sides, found, strict=True):
            side.append(_line(lang, cut))
    left, right = (side if given else [] for side, given in zip(sides, (a, b), strict=True))
    return left, right


def _by_entry(a: list[str], b: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    only_a, only_b = ([one for one in x if one not in y] for x, y in ((a, b), (b, a)))
    marked = {one: [(one, True)] for one in (*only_a, *only_b)}
    if len(only_a) == len(only_b) == 1:
        marked[only_a[0]], marked[only_b[0]] = parts(only_a[0], only_b[0])
    left, right = ([_line("", marked.get(one, [(one, False)])) for one in side] for side in (a, b))
    return left, right


def _line(name: str, cut: list[Part]) -> dict[str, Any]:
    return {"name": name, "parts": [list(part) for part in cut]}


def _mapping(content: Content | None) -> dict[str, Any]:
    return content if isinstance(content, dict) else {} if content is None else {"": _text(content)}


def _listed(content: Content | None) -> list[str]:
    return content if isinstance(content, list) else [] if content is None else [_text(content)]


def _text(content: Any) -> str:
    return "; ".join(map(str, content)) if isinstance(content, list) else "" if content is None else str(content)


def note(a: Content | None, b: Content | None) -> str:
    """Say in words what hardly shows: only case, accents, blanks or order, or characters that look alike."""
    if a is None or b is None:
        return "One left it empty."
    if isinstance(a, list) and isinstance(b, list) and sorted(a) == sorted(b):
        return "Only the order differs."
    one, other = _flat(a), _flat(b)
    if one == other:
        return ""
    same = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
    if same:
        return "They look alike, but are written with different characters."
    if "".join(one.split()) == "".join(other.split()):
        return "Only blanks differ."
    if one.casefold() == other.casefold():
        return "Only upper and lower case differ."
    if folded(one) == folded(other):
        return "Only accents or case differ."
    return ""


def _flat(content: Content) -> str:
    if isinstance(content, dict):
        return "\n".join(f"{lang}: {_text(text)}" for lang, text in sorted(content.items()))
    return "\n".join(content) if isinstance(content, list) else content
