"""Dates that aren't known exactly: ``1920~`` is about 1920, ``192X`` some time in the twenties, ``1914/1918`` a span.

A subset of the Extended Date/Time Format, levels 0 and 1 (ISO 8601-2:2019; Library of Congress, 2019): dates to the
year, month, day or second, seasons, qualifiers at the end, unspecified digits from the right, intervals with open or
unknown ends. Not here: years before 1 or after 9999.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from workbench.errors import BadValue

_POINT = re.compile(
    r"(?P<year>[0-9]{1,4}X{0,3})(?:-(?P<month>[0-9]{2}|XX)(?:-(?P<day>[0-9]{2}|XX))?)?"
    r"(?:T(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?P<zone>Z|[+-][0-9]{2}(?::[0-9]{2})?)?)?(?P<mark>[?~%])?"
)
_LONGEST = 64
_SEASONS = (21, 22, 23, 24)


@dataclass(frozen=True, slots=True)
class Point:
    """One date, as exact as it is known.

    Attributes
    ----------
    text : str
        As written, without the qualifier.
    earliest, latest : date
        First and last day it can be.
    precision : str
        ``millennium``, ``century``, ``decade``, ``year``, ``season``, ``month``, ``day`` or ``second``.
    approximate : bool
        Qualified by ``~`` or ``%``.
    uncertain : bool
        Qualified by ``?`` or ``%``.
    """

    text: str
    earliest: date
    latest: date
    precision: str
    approximate: bool = False
    uncertain: bool = False

    @property
    def season(self) -> int:
        """21 spring, 22 summer, 23 autumn, 24 winter; only for the precision ``season``."""
        return int(self.text[5:7])


@dataclass(frozen=True, slots=True)
class UncertainDate:
    """A date or an interval of dates.

    Attributes
    ----------
    text : str
        The whole expression.
    start : Point or None
        The date, or the beginning of the interval; None when that is open or unknown.
    end : Point or None
        The end of the interval.
    interval : bool
        Whether there was a slash.
    open_start, open_end : bool
        Whether the interval goes on for ever (``..``); otherwise a missing end is just unknown.
    """

    text: str
    start: Point | None
    end: Point | None = None
    interval: bool = False
    open_start: bool = False
    open_end: bool = False

    @property
    def earliest(self) -> date | None:
        """First day it can be; None where the interval has no known beginning."""
        return self.start.earliest if self.start else None

    @property
    def latest(self) -> date | None:
        """Last day it can be; None where the interval has no known end."""
        last = self.end if self.interval else self.start
        return last.latest if last else None

    @property
    def exact(self) -> bool:
        """Whether it is one plain date, without doubt about what is said."""
        return not (self.interval or self._points[0].approximate or self._points[0].uncertain)

    @property
    def _points(self) -> list[Point]:
        return [point for point in (self.start, self.end) if point]

    def to_xmp_date(self) -> str | None:
        """Return the date as XMP writes dates (ISO 16684-1, 8.2.1.1), or None when XMP can't hold it.

        A month or day that is left open (``1985-04-XX``) is simply not written. Intervals, qualifiers, decades and
        seasons have no place in an XMP date.
        """
        point = self.start
        if point is None or not self.exact or point.precision not in ("year", "month", "day", "second"):
            return None
        plain = point.text.replace("-XX", "")
        return re.sub(r"(T.*[+-][0-9]{2})$", r"\1:00", plain)

    def describe(self, lang: str = "en") -> str:
        """Say the date in words: ``circa 1920``.

        Parameters
        ----------
        lang : str
            ``en``, ``de`` or ``fr``; any other language gets English.
        """
        words = _WORDS.get(lang.partition("-")[0].lower(), _WORDS["en"])
        if not self.interval:
            return _in_words(self._points[0], words)
        start, end = (_in_words(point, words) if point else "" for point in (self.start, self.end))
        if start and end:
            return words["span"].format(start, end)
        if start:
            return words["since" if self.open_end else "no_end"].format(start)
        return words["until" if self.open_start else "no_start"].format(end)

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> UncertainDate:
    """Read a date.

    Parameters
    ----------
    text : str
        Such as ``1920``, ``1920-05``, ``1920~``, ``192X``, ``1914/1918``, ``1985/..``, ``2004-06-01T10:10:10+02:00``.

    Raises
    ------
    BadValue
        It isn't a date; the message says why and the hint how to write what was probably meant.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        raise BadValue("This isn't a date." if text else "There is no date here.", hint="Write it like 1920-05-31.")
    start, slash, end = text.partition("/")
    if not slash:
        return UncertainDate(text, _point(start, text))
    if "/" in end or not (start.strip(".") or end.strip(".")):
        raise BadValue(f"{text!r} isn't an interval.", hint="Write it like 1914/1918, or 1985/.. without an end.")
    first, last = (None if side in ("", "..") else _point(side, text) for side in (start, end))
    if first and last and first.earliest > last.latest:
        raise BadValue(f"{text!r} ends before it begins.", hint=f"Perhaps {end}/{start}?")
    return UncertainDate(text, first, last, interval=True, open_start=start == "..", open_end=end == "..")


def is_valid(text: str) -> bool:
    """Say whether this is a date that `parse` understands."""
    try:
        parse(text)
    except BadValue:
        return False
    return True


def _point(text: str, whole: str) -> Point:
    match = _POINT.fullmatch(text)
    if not match or len(match["year"]) != 4:
        raise BadValue(f"{text!r} isn't a date.", hint=_hint(whole))
    if "X" in match["year"] and match["month"]:
        raise BadValue(f"{text!r} leaves the year open but names a month.", hint=f"Perhaps {match['year']}?")
    if match["time"] and (not match["day"] or match["day"] == "XX"):
        raise BadValue(f"{text!r} has a time but no day.", hint="A time needs a whole date.")
    earliest, latest, precision = _bounds(match)
    if match["time"]:
        _check_time(match)
    mark = match["mark"] or ""
    return Point(text.rstrip("?~%"), earliest, latest, precision, mark in ("~", "%") and bool(mark), mark in ("?", "%"))


def _bounds(match: re.Match[str]) -> tuple[date, date, str]:
    """Return the first and the last day, and how exact that is."""
    low, high = (int(match["year"].replace("X", digit)) for digit in "09")
    if low == 0 == high:
        raise BadValue("There is no year 0 here.", hint="Years go from 0001 to 9999.")
    month, day = match["month"], match["day"]
    if month in (None, "XX"):
        if day not in (None, "XX"):
            raise BadValue(f"{match[0]!r} has a day but no month.", hint=f"Perhaps {match['year']}?")
        precision = ("year", "decade", "century", "millennium")[match["year"].count("X")]
        return date(max(low, 1), 1, 1), date(high, 12, 31), precision
    number = int(month)
    if number in _SEASONS and not day:
        # Which months a season has depends on the hemisphere, and nobody says which.
        return date(low, 1, 1), date(low, 12, 31), "season"
    if not 1 <= number <= 12:
        raise BadValue(
            f"{match[0]!r}: there is no month {month}.", hint="Months go from 01 to 12; 21 to 24 are seasons."
        )
    last = monthrange(low, number)[1]
    if day in (None, "XX"):
        return date(low, number, 1), date(low, number, last), "month"
    if not 1 <= int(day) <= last:
        raise BadValue(f"{match[0]!r}: that month has {last} days.", hint=f"Perhaps {match['year']}-{month}?")
    exact = date(low, number, int(day))
    return exact, exact, "second" if match["time"] else "day"


def _check_time(match: re.Match[str]) -> None:
    hour, minute, second = map(int, match["time"].split(":"))
    zone = [int(part) for part in (match["zone"] or "Z").strip("Z+-").split(":") if part]
    if hour > 23 or minute > 59 or second > 59 or (zone and (zone[0] > 15 or zone[-1] > 59)):
        raise BadValue(f"{match[0]!r} has a time that no clock shows.", hint="Write it like 2004-06-01T18:05:00+02:00.")


# ── in words ──────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "about": "circa {}", "doubt": "{} (uncertain)", "decade": "{}s", "range": "between {} and {}",
        "span": "from {} to {}", "since": "from {} on", "until": "up to {}", "no_end": "from {} to an unknown date",
        "no_start": "from an unknown date to {}", "day": "{day} {month} {year}", "at": "{}, {}",
        "months": "January February March April May June July August September October November December",
        "seasons": "spring summer autumn winter",
    },
    "de": {
        "about": "um {}", "doubt": "{} (unsicher)", "decade": "{}er Jahre", "range": "zwischen {} und {}",
        "span": "{} bis {}", "since": "ab {}", "until": "bis {}", "no_end": "{} bis zu einem unbekannten Datum",
        "no_start": "von einem unbekannten Datum bis {}", "day": "{day}. {month} {year}", "at": "{}, {}",
        "months": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "seasons": "Frühling Sommer Herbst Winter",
    },
    "fr": {
        "about": "vers {}", "doubt": "{} (incertain)", "decade": "années {}", "range": "entre {} et {}",
        "span": "de {} à {}", "since": "à partir de {}", "until": "jusqu'à {}", "no_end": "de {} à une date inconnue",
        "no_start": "d'une date inconnue à {}", "day": "{day} {month} {year}", "at": "{}, {}",
        "months": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "seasons": "printemps été automne hiver",
    },
}  # fmt: skip


def _in_words(point: Point, words: dict[str, str]) -> str:
    said = _plain_words(point, words)
    if point.approximate:
        said = words["about"].format(said)
    return words["doubt"].format(said) if point.uncertain else said


def _plain_words(point: Point, words: dict[str, str]) -> str:
    first = point.earliest
    month = words["months"].split()[first.month - 1]
    if point.precision == "decade":
        return words["decade"].format(point.text.replace("X", "0"))
    if point.precision in ("century", "millennium"):
        return words["range"].format(first.year, point.latest.year)
    if point.precision == "season":
        return f"{words['seasons'].split()[point.season - 21]} {first.year}"
    if point.precision == "year":
        return str(first.year)
    if point.precision == "month":
        return f"{month} {first.year}"
    day = words["day"].format(day=first.day, month=month, year=first.year)
    return words["at"].format(day, point.text.partition("T")[2]) if point.precision == "second" else day


# ── what was probably meant ───────────────────────────────────────────────────────────────────────────────────

_MONTHS = {name.lower(): i for words in _WORDS.values() for i, name in enumerate(words["months"].split(), 1)}
_MONTHS |= {name[:3]: i for name, i in _MONTHS.items() if _MONTHS.get(name[:3], i) == i and name[:3] != "jui"}
_SEASON_NAMES = {name.lower(): i for words in _WORDS.values() for i, name in enumerate(words["seasons"].split(), 21)}


def suggest(text: str) -> str | None:
    """Turn what people write about dates into the format: ``circa 1920`` gives ``1920~``.

    Parameters
    ----------
    text : str
        English, German or French.

    Returns
    -------
    str or None
        An expression that `parse` understands, or None where the words don't say enough or are ambiguous
        (``03/04/1920``).
    """
    meant = _meant(text)
    return meant if meant and is_valid(meant) else None


def _meant(text: str) -> str | None:
    """Return what these words would be as an expression, which needn't be a date."""
    plain = " ".join(text.lower().replace("–", "-").split())
    for pattern, build in _MEANT:
        match = re.fullmatch(pattern, plain) if len(plain) <= _LONGEST else None
        if match:
            return build(match)
    return None


def _about(match: re.Match[str]) -> str | None:
    inner = match[1] if is_valid(match[1]) else suggest(match[1])
    return f"{inner}~" if inner and re.fullmatch(r"[0-9X-]+", inner) else None


def _doubted(match: re.Match[str]) -> str | None:
    inner = match[1] if is_valid(match[1]) else suggest(match[1])
    return f"{inner}?" if inner and re.fullmatch(r"[0-9X-]+", inner) else None


def _named(match: re.Match[str]) -> str | None:
    day, word, year = match.groups()
    month = _MONTHS.get(word.rstrip("."))
    if month:
        return f"{year}-{month:02}-{int(day):02}" if day else f"{year}-{month:02}"
    season = _SEASON_NAMES.get(word)
    return f"{year}-{season}" if season and not day else None


def _american(match: re.Match[str]) -> str | None:
    month = _MONTHS.get(match[1].rstrip("."))
    return f"{match[3]}-{month:02}-{int(match[2]):02}" if month else None


def _span(match: re.Match[str]) -> str:
    return f"{match[1]}/{match[2]}"


def _exif(match: re.Match[str]) -> str:
    day = "-".join(match.group(1, 2, 3))
    return f"{day}T{match[4]}" if match[4] and match[4] != "00:00:00" else day


_MEANT: tuple[tuple[str, Callable[[re.Match[str]], str | None]], ...] = (
    (r"(?:circa|ca\.?|c\.|about|around|approx\.?|approximately|etwa|um|gegen|vers|environ) ?(.+)", _about),
    (r"(?:possibly|probably|perhaps|vielleicht|vermutlich|wohl|peut-être) (.+)", _doubted),
    (r"(.+?) ?(?:\(\?\)|\(uncertain\)|\(unsicher\))", _doubted),
    (r"(?:the |die |les )?(?:années )?([0-9]{3})0 ?(?:'?s|er(?: jahre)?)", lambda m: f"{m[1]}X"),
    (r"(?:les )?années ([0-9]{3})0", lambda m: f"{m[1]}X"),
    (r"(?:before|vor|avant) ([0-9]{4})", lambda m: f"../{int(m[1]) - 1:04}"),
    (r"(?:after|nach|après) ([0-9]{4})", lambda m: f"{int(m[1]) + 1:04}/.."),
    (r"(?:until|up to|bis|jusqu'à) ([0-9-]{4,10})", lambda m: f"../{m[1]}"),
    (r"(?:since|from|ab|seit|depuis) ([0-9-]{4,10})", lambda m: f"{m[1]}/.."),
    (r"([0-9]{4}) ?- ?([0-9]{4})", _span),
    (r"(?:between|from|zwischen|von|entre|de) ([0-9]{4}) (?:and|to|und|bis|et|à) ([0-9]{4})", _span),
    (r"(?:([0-9]{1,2})(?:st|nd|rd|th|er|\.)? )?([^\W\d]+\.?),? ([0-9]{4})", _named),
    (r"([^\W\d]+\.?) ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})", _american),
    (r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})", lambda m: f"{m[3]}-{int(m[2]):02}-{int(m[1]):02}"),
    (r"([0-9]{4})[:/.]([0-9]{2})[:/.]([0-9]{2})(?:[ t]([0-9]{2}:[0-9]{2}:[0-9]{2}))?", _exif),
    (r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})", _exif),
    (r"([0-9]{4})-([0-9])", lambda m: f"{m[1]}-0{m[2]}"),
    (r"([0-9]{4})([0-9]{2})([0-9]{2})", lambda m: f"{m[1]}-{m[2]}-{m[3]}"),
    (r"([0-9]{1,3}x{1,3}|[0-9]{4}(?:-[0-9x]{2}){1,2})", lambda m: m[1].upper()),
)  # fmt: skip


def _hint(text: str) -> str:
    meant = _meant(text)
    meant = meant if meant and meant != text and is_valid(meant) else None
    return f"Write it like {meant}" if meant else "Write it like 1920, 1920-05, 1920-05-31, 1920~ or 192X."
