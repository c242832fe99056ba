"""Capture times and places as files write them, turned into numbers without inventing anything."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

_MOMENT = re.compile(
    r"(\d{4})(?:[-:/. ]?(\d{1,2})(?:[-:/. ]?(\d{1,2}))?)?"
    r"(?:[ T]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?$",
    re.ASCII,
)
_NOTHING = re.compile(r"[\s0:./TZ+-]*$")
_XMP_PLACE = re.compile(r"\s*(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([NSEWnsew])\s*$", re.ASCII)
_MAX_OFFSET = 15 * 60


def moment(text: str) -> tuple[datetime, int | None] | None:
    """Read a date and time.

    Parameters
    ----------
    text : str
        ``2024:05:01 12:30:00`` (EXIF), an XMP date (ISO 8601, also only a year or a month), or IIM's form. A date that
        leaves out its month or day stands for the beginning of that year or month, as does IIM's ``00``.

    Returns
    -------
    (datetime, int or None) or None
        Wall clock without a zone, and minutes east of UTC if the text says so; None for blanks and zeros, which
        cameras write when their clock isn't set.

    Raises
    ------
    ValueError
        The text says something that is no date.
    """
    text = text[:64].strip().strip("\0")
    if _NOTHING.match(text):
        return None
    match = _MOMENT.match(text)
    if not match:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in match.groups()[:6])
    fraction = int((match[7] or "0")[:6].ljust(6, "0"))
    clock = (hour, minute, min(second, 59), fraction)
    base = datetime(year, month or 1, day or 1, *clock)  # noqa: DTZ001 - a camera clock has no zone
    if second > 60:
        raise ValueError(text)
    return base + timedelta(seconds=1 if second == 60 else 0), offset(match[8] or "")


def offset(text: str) -> int | None:
    """Read a zone such as ``+02:00``, ``-0530`` or ``Z``; minutes east of UTC, None for anything else."""
    text = text.strip().strip("\0")
    if text == "Z":
        return 0
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", text, re.ASCII)
    if not match:
        return None
    minutes = (int(match[2]) * 60 + int(match[3])) * (-1 if match[1] == "-" else 1)
    return minutes if abs(minutes) <= _MAX_OFFSET and int(match[3]) < 60 else None


def fraction(text: str) -> float:
    """Read a rational ``n/d`` or a plain number; raises ValueError for a zero denominator or nonsense."""
    above, _, below = text.strip().partition("/")
    divisor = float(below) if below else 1.0
    if not divisor:
        raise ValueError(text)
    return float(above) / divisor


def degrees(value: str, reference: str, limit: int) -> float:
    """Turn EXIF's degrees, minutes and seconds into decimal degrees.

    Parameters
    ----------
    value : str
        One to three rationals with blanks between: ``48/1 51/1 3000/100``.
    reference : str
        ``N``, ``S``, ``E`` or ``W``; south and west are negative.
    limit : int
        90 for latitudes, 180 for longitudes.

    Raises
    ------
    ValueError
        No place on Earth, or no hemisphere given.
    """
    parts = [fraction(part) for part in value.split()]
    if not 1 <= len(parts) <= 3:
        raise ValueError(value[:80])
    return _checked(sum(part / 60**power for power, part in enumerate(parts)), reference, limit)


def xmp_degrees(value: str, limit: int) -> float:
    """Turn XMP's ``48,51.5N`` or ``48,51,30N`` into decimal degrees; raises ValueError like `degrees`."""
    match = _XMP_PLACE.match(value[:80])
    if not match:
        raise ValueError(value[:80])
    parts = (float(part or 0) for part in match.groups()[:3])
    return _checked(sum(part / 60**power for power, part in enumerate(parts)), match[4], limit)


def _checked(size: float, reference: str, limit: int) -> float:
    sign = {"N": 1, "E": 1, "S": -1, "W": -1}.get(reference.strip()[:1].upper())
    fits = reference.strip()[:1].upper() in ("NS" if limit == 90 else "EW")
    if sign is None or not fits or not math.isfinite(size) or not 0 <= size <= limit:
        raise ValueError(f"{size} {reference}"[:80])
    return sign * size
