"""A report's own words in several languages, and how each of them writes numbers and times. Pure.

The words stand in ``report_words.toml``, one table a language, all with the same keys; what the catalogue says in
English stands in ``report_sentences.toml``, with what it is in the other languages.
"""

from __future__ import annotations

import functools
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.errors import BadValue
from workbench.intervals import percent_above
from workbench.report_model import Number, Unit

_FILE = Path(__file__).with_name("report_words.toml")
_SENTENCES = Path(__file__).with_name("report_sentences.toml")
_NESTED = ("what", "reason")
"""What is put into a sentence and may be one itself."""

_MARKS = {"en": (",", "."), "de": (".", ","), "fr": ("\u202f", ",")}
"""Language → between thousands, and before decimals."""

_DAYS = {"en": "%Y-%m-%d", "de": "%d.%m.%Y", "fr": "%d/%m/%Y"}
_SHORT_DAYS = {"en": "%d %b", "de": "%d.%m.", "fr": "%d/%m"}
NONE = "–"


@functools.cache
def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text("utf-8"))


def languages() -> tuple[str, ...]:
    """Return the languages there are words in."""
    return tuple(_read())


@functools.cache
def _sentences(language: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Return English sentences with what they are in a language: whole ones, and those that something is put into."""
    known = tomllib.loads(_SENTENCES.read_text("utf-8")).get(language, {})
    whole = {english: said for english, said in known.items() if "{" not in english}
    return whole, [(_pattern(english), said) for english, said in known.items() if english not in whole]


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", english)
    made = (f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)


class Words:
    """The words of one language: ``words("images", n="12")``.

    Parameters
    ----------
    language : str
        One of `languages`.

    Raises
    ------
    BadValue
        There are no words in that language.

    Examples
    --------
    >>> Words("de").count(1204), Words("en").share(0.0213)
    ('1.204', '2.1 %')
    """

    def __init__(self, language: str = "en") -> None:
        if language not in _read():
            raise BadValue(f"Reports don't speak {language!r}.", hint=f"They speak {', '.join(languages())}.")
        self.language = language
        self._words = _read()[language]
        self._thousands, self._decimals = _MARKS[language]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the words of a key, with values put in."""
        return self._words[key].format(**values)

    def known(self, group: str, key: object) -> str:
        """Return the words for a value from the data, such as a state; the value itself where there are none."""
        return self._words.get(f"{group}.{key}", str(key).replace("_", " "))

    def sentence(self, english: str) -> str:
        """Return what the catalogue says in English in this language; as it is where it isn't known here.

        Examples
        --------
        >>> Words("de").sentence("The file that would stay: it isn't there any more.")
        'Die Datei, die bliebe: Sie ist nicht mehr da.'
        """
        whole, patterns = _sentences(self.language)
        if english in whole:
            return whole[english]
        for pattern, said in patterns:
            if found := pattern.fullmatch(english):
                return said.format(**{name: self._put_in(name, value) for name, value in found.groupdict().items()})
        return english

    def _put_in(self, name: str, value: str) -> str:
        if name not in _NESTED:
            return value
        said = self.sentence(value)
        capital = value[:1].upper() + value[1:]
        return said if said != value or self.sentence(capital) == capital else self.sentence(capital)

    # -- numbers

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number as this language writes it."""
        plain = f"{value:,.{decimals}f}"
        return plain.translate({ord(","): self._thousands, ord("."): self._decimals})

    def count(self, value: float) -> str:
        """Return a whole number."""
        return self.number(round(value))

    def share(self, part: float) -> str:
        """Return a part of 1 in per cent, honest about little: never 0 % for something."""
        percent = 100 * part
        if 0 < percent < 0.05:
            return f"< {self.number(0.1, 1)} %"
        if 99.95 < percent < 100:
            return f"> {self.number(99.9, 1)} %"
        return f"{self.number(percent, 0 if percent in (0, 100) else 1)} %"

    def bound(self, part: float) -> str:
        """Return an upper bound of a part of 1 in per cent, rounded up to two digits."""
        percent, decimals = percent_above(part) if part else (0.0, 0)
        return f"{self.number(percent, decimals)} %"

    def bytes(self, held: float) -> str:
        """Return bytes by thousands."""
        place, units = 0, (self("bytes"), "kB", "MB", "GB", "TB", "PB")
        while held >= 999.5 and place < len(units) - 1:
            held, place = held / 1000, place + 1
        return f"{self.number(held, 0 if place == 0 or held >= 99.95 else 1)} {units[place]}"

    def seconds(self, held: float) -> str:
        """Return a time span, from seconds."""
        if held < 90:
            return f"{self.number(held, 1 if held < 20 else 0)} s"
        return f"{self.number(held / 60, 0)} min" if held < 5400 else f"{self.number(held / 3600, 1)} h"

    def day(self, value: datetime | str) -> str:
        """Return a day."""
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).strftime(_DAYS[self.language])

    def short_day(self, value: str) -> str:
        """Return a day without its year, for the axis of a figure."""
        return datetime.fromisoformat(value).strftime(_SHORT_DAYS[self.language])

    def moment(self, value: datetime | str) -> str:
        """Return a time to the minute, UTC."""
        told = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{told.strftime(_DAYS[self.language])} {told:%H:%M} UTC"

    def written(self, value: Any, unit: Unit) -> str:
        """Return a value as its unit is written; a dash for none."""
        if value is None or value != value:
            return NONE
        if unit == "text":
            return str(value)
        if unit == "date":
            return self.day(value) if isinstance(value, str) and len(value) == 10 else self.moment(value)
        return str(_WRITERS[unit](self, float(value)))

    def interval(self, low: float | None, high: float | None, unit: Unit) -> str:
        """Return an interval; nothing where there is none."""
        if low is None or high is None:
            return ""
        return f"{self.written(low, unit)} – {self.written(high, unit)}"

    def basis(self, number: Number) -> str:
        """Return what a number rests on: its interval, n and method."""
        n = f"n = {self.count(number.n)}"
        between = self.interval(number.low, number.high, number.unit)
        parts = (f"{between} ({number.method})", n) if between else (n, number.method)
        return ", ".join(part for part in parts if part)


_WRITERS: dict[str, Any] = {
    "count": Words.count,
    "share": Words.share,
    "bytes": Words.bytes,
    "seconds": Words.seconds,
    "number": lambda words, value: words.number(value, 2),
    "hours": lambda words, value: words.seconds(value * 3600) if value < 1.5 else f"{words.number(value, 1)} h",
    "per_hour": lambda words, value: words("per_hour", n=words.number(value, 0 if value >= 100 else 1)),
    "days": lambda words, value: words("days", n=words.number(value, 1)),
}
