"""What text in a picture says about it: whatever read it, here or in a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workbench.suggesters import Setting
from workbench.suggesters.names import articles, identifier_of

TITLE, DESCRIPTION, GTIN = "Xmp.dc.title", "Xmp.dc.description", "Xmp.wb.gtin"

_LEAST = 0.5  # confidence of a line that counts
_TITLE_LONGEST = 120
_TEXT_LONGEST = 10_000
_GTIN_LENGTHS = (8, 12, 13, 14)


class Line(NamedTuple):
    """A line of text: what it says, how sure the reader is (0–1), and its height (any unit, the same for all)."""

    text: str
    sure: float
    height: float = 0.0


class Proposal(NamedTuple):
    """A value for a field, and how sure that is (0–1)."""

    field: str
    value: str
    sure: float


class TextReader:
    """Turns lines of text into values: the whole text, a title, article numbers.

    Parameters
    ----------
    setting : Setting
        Its option ``text_field`` names the field for the whole text, `DESCRIPTION` otherwise.
    """

    def __init__(self, setting: Setting) -> None:
        self._text_field = str(setting.options.get("text_field", DESCRIPTION))
        self._identifier = identifier_of(setting)
        self._gtin = setting.profile is not None and setting.wants(GTIN)

    def proposals(self, lines: list[Line]) -> Iterator[Proposal]:
        """Yield what lines, from top to bottom, propose."""
        good = [line for line in lines if line.sure >= _LEAST and sum(map(str.isalnum, line.text)) > 1]
        if not good:
            return
        mean = sum(line.sure for line in good) / len(good)
        yield Proposal(self._text_field, "\n".join(line.text for line in good)[:_TEXT_LONGEST], 0.6 * mean)
        worded = [line for line in good if sum(map(str.isalpha, line.text)) > 2 and len(line.text) <= _TITLE_LONGEST]
        if worded:
            biggest = max(worded, key=lambda line: line.height)
            yield Proposal(TITLE, biggest.text, 0.5 * biggest.sure)
        for line in good:
            yield from self._numbers(line)

    def _numbers(self, line: Line) -> Iterator[Proposal]:
        if self._identifier is not None:
            for article in articles(line.text):
                yield Proposal(self._identifier, article, 0.8 * line.sure)
        digits = "".join(letter for letter in line.text if letter not in " -")
        if self._gtin and is_gtin(digits):
            yield Proposal(GTIN, digits, 0.9 * line.sure)


def is_gtin(text: str) -> bool:
    """Say whether this is a GTIN (EAN, UPC) with the right check digit: GS1 General Specifications, section 7.9."""
    if len(text) not in _GTIN_LENGTHS or not (text.isascii() and text.isdigit()):
        return False
    weighted = (int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(text)))
    return sum(weighted) % 10 == 0
