"""The look of a client's reports: a small TOML file with a name, a logo and a colour, checked for being readable.

Contrast is that of WCAG 2.2, 1.4.3: the ratio of relative luminances, at least 4.5 for text.
"""

from __future__ import annotations

import base64
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import BadValue

LEAST_CONTRAST = 4.5
PAPER, NIGHT = "#ffffff", "#14181d"
"""What the page lies on in light and in the dark."""

_ACCENT, _ACCENT_DARK = "#1f5fa8", "#7fb2ee"
_LARGEST_LOGO = 1_000_000
_LOGOS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
_KEYS = {"name", "logo", "accent", "accent_dark", "footer", "fonts"}


@dataclass(frozen=True, slots=True)
class Theme:
    """How a report looks.

    Attributes
    ----------
    name : str
        Who makes it, or whom it is for; stands at its head.
    logo : bytes or None
        A PNG or JPEG file.
    accent, accent_dark : str
        ``#rrggbb``: of headings and charts, on white and on dark ground.
    footer : str
        A line at the end of every page.
    fonts : str
        A folder with fonts for print, for alphabets that this machine has none for.
    """

    name: str = ""
    logo: bytes | None = None
    accent: str = _ACCENT
    accent_dark: str = _ACCENT_DARK
    footer: str = ""
    fonts: str = ""

    def logo_kind(self) -> str:
        """Return ``png``, ``jpeg``, or nothing."""
        return next((kind for mark, kind in _LOGOS.items() if (self.logo or b"").startswith(mark)), "")

    def logo_uri(self) -> str:
        """Return the logo as a data URI; empty without one."""
        return f"data:image/{self.logo_kind()};base64,{base64.b64encode(self.logo).decode()}" if self.logo else ""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1), round(contrast("#1f5fa8", "#ffffff"), 1)
    (21.0, 6.4)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _towards(colour: str, goal: int, ground: str) -> str:
    """Return the colour mixed with black (0) or white (255) as little as is needed to be readable on a ground."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    mixes = ("#" + "".join(f"{round(c + (goal - c) * step / 40):02x}" for c in parts) for step in range(41))
    return next(mixed for mixed in mixes if contrast(mixed, ground) >= LEAST_CONTRAST)


def read_theme(path: str | os.PathLike[str] | None) -> Theme:
    """Read a theme; the workbench's own without a path.

    Parameters
    ----------
    path : str or path, optional
        A TOML file with any of ``name``, ``logo`` (a PNG or JPEG beside it, up to 1 MB), ``accent`` and
        ``accent_dark`` (``#rrggbb``), ``footer`` and ``fonts`` (a folder beside it).

    Raises
    ------
    BadValue
        It can't be read, says something unknown, or its colours can't be read on their ground.
    """
    if path is None:
        return Theme()
    home = Path(path).expanduser()
    try:
        told = tomllib.loads(home.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadValue(f"The theme {home} can't be read: {error}.", hint="Write it as TOML, in UTF-8.") from error
    wrong = sorted(key for key, value in told.items() if key not in _KEYS or not isinstance(value, str))
    if wrong:
        raise BadValue(
            f"The theme {home.name} has {', '.join(wrong)}.", hint=f"It may say, as text: {', '.join(sorted(_KEYS))}."
        )
    accent = _colour(told.get("accent", _ACCENT), PAPER, 0)
    dark = told.get("accent_dark")
    return Theme(
        name=told.get("name", "")[:120],
        logo=_logo(home.parent / told["logo"]) if told.get("logo") else None,
        accent=accent,
        accent_dark=_towards(accent, 255, NIGHT) if dark is None else _colour(dark, NIGHT, 255),
        footer=told.get("footer", "")[:200],
        fonts=str(home.parent / told["fonts"]) if told.get("fonts") else "",
    )


def _colour(colour: str, ground: str, goal: int) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise BadValue(f"{colour!r} is no colour.", hint="Write it as #1f5fa8.")
    ratio = contrast(colour, ground)
    if ratio < LEAST_CONTRAST:
        raise BadValue(
            f"{colour} can't be read on {ground}: a contrast of {ratio:.1f}, and {LEAST_CONTRAST} is the least.",
            hint=f"The nearest that can is {_towards(colour, goal, ground)}.",
        )
    return colour.lower()


def _logo(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_LOGO + 1)
    except (OSError, ValueError) as error:
        raise BadValue(f"The logo {path} can't be read: {error}.", hint="Name a file beside the theme.") from error
    if len(content) > _LARGEST_LOGO or not any(map(content.startswith, _LOGOS)):
        raise BadValue(f"The logo {path.name} is too large, or no PNG or JPEG.", hint="Save a PNG of up to 1 MB.")
    return content
