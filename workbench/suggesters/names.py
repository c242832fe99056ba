"""Names of files and folders: article numbers, dates and words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from workbench.suggesters import Setting, Subject, Suggestion, Wants

TITLE, KEYWORDS, DATE = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.DateCreated"
IDENTIFIERS = ("Xmp.wb.sku", "Xmp.dc.identifier")
"""Where an article number goes: the first of these that the profile has."""

_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_. ]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.((?:19|20)\d\d)(?!\d)")
_CAMERA = (
    "IMG|DSC|DSCN|DSCF|DCIM|PXL|MVI|VID|GOPR|GX|SAM|SDC|CIMG|KIMG|PICT|HPIM|WA|P|PANO|BURST|SCAN|SCN|IMAGE|FILE|PHOTO|R"
)
_ARTICLE = re.compile(
    rf"(?<![A-Za-z0-9])(?!(?:{_CAMERA})[-.]?\d)[A-Z]{{1,6}}[-.]?\d{{2,8}}(?:[-.][A-Z0-9]{{1,6}})*(?![A-Za-z0-9])"
)
_HIDDEN = re.compile(r"\\x[0-9a-fA-F]{2}")
_SPLIT = re.compile(r"[\s_\-–—.+,;()\[\]{}#&@~=!'’\"%$§^`´]+")
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")
_WORD = re.compile(r"[^\W\d_]{2,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_NOISE = frozenset(
    """
    img dsc dscn dscf dcim pxl mvi vid gopr image images img1 photo photos picture pictures pic pics file files bild
    bilder foto fotos scan scans copy copies kopie final edit edited new neu old alt small large medium big thumb
    thumbnail preview
    web print hires lowres highres original originals export exports import jpg jpeg png tif tiff gif raw tmp temp test
    untitled unnamed unbenannt screenshot whatsapp dpi rgb cmyk bw srgb version ver rev backup misc sonstiges
    upload uploads download downloads desktop dropbox camera canon nikon msdcf front back side
    """.split()  # noqa: SIM905 - a list of so many words reads better so
)
_LONGEST = 120


class _Read(NamedTuple):
    words: tuple[str, ...]
    articles: tuple[str, ...]
    days: tuple[str, ...]


class Names:
    """Proposes titles, keywords, article numbers and dates from the names of files and folders."""

    name = "names"
    model = "file and folder names"
    version = "1"
    wants: Wants = "metadata"

    def __init__(self, setting: Setting) -> None:
        self._identifier = identifier_of(setting)
        self._folders: dict[str, _Read] = {}

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion]:
        """Yield what the names of these files and of the folders they are in say."""
        for subject in subjects:
            *folders, name = subject.path.split("/")
            yield from self._of_file(subject, read(_ENDING.sub("", name)), name)
            for far, folder in enumerate(reversed(folders)):
                if folder not in self._folders:
                    self._folders[folder] = read(folder)
                yield from self._of_folder(subject, self._folders[folder], folder, 0.4 - 0.08 * min(far, 3))

    def _of_file(self, subject: Subject, found: _Read, name: str) -> Iterator[Suggestion]:
        told = f"file name {name}"
        if found.words:
            title = " ".join(found.words)
            sure = 0.45 if len(found.words) > 1 else 0.3
            yield self._made(subject, TITLE, title[:1].upper() + title[1:], sure, told)
        for word in found.words:
            if len(word) > 2 or not word.isascii():
                yield self._made(subject, KEYWORDS, word.lower(), 0.3, told)
        yield from self._facts(subject, found, 0.6, told)

    def _of_folder(self, subject: Subject, found: _Read, folder: str, sure: float) -> Iterator[Suggestion]:
        told = f"folder {folder}"
        if found.words:
            yield self._made(subject, KEYWORDS, " ".join(found.words).lower(), sure, told)
        yield from self._facts(subject, found, sure, told)

    def _facts(self, subject: Subject, found: _Read, sure: float, told: str) -> Iterator[Suggestion]:
        if self._identifier is not None:
            for article in found.articles:
                yield self._made(subject, self._identifier, article, sure, told)
        if DATE not in subject.metadata:
            for day in found.days:
                yield self._made(subject, DATE, day, sure - 0.1, told)

    def _made(self, subject: Subject, key: str, value: str, sure: float, told: str) -> Suggestion:
        return Suggestion(subject.image_id, key, None, value, sure, self.model, self.version, told)


def read(name: str) -> _Read:
    """Return what a name without its ending says: words, article numbers, and days as ``2024-03-01``."""
    text = _HIDDEN.sub(" ", name[:_LONGEST])
    days = tuple(dict.fromkeys(_days(text)))
    text = _DAY_FIRST.sub(" ", _YEAR_FIRST.sub(" ", text))
    articles = tuple(dict.fromkeys(_ARTICLE.findall(text)))
    words = tuple(_words(_ARTICLE.sub(" ", text)))
    telling = any(len(word) > 2 or not word.isascii() for word in words)
    return _Read(words if telling else (), articles, days)


def identifier_of(setting: Setting) -> str | None:
    """Return the field for article numbers; None where a profile has none."""
    if setting.profile is None:
        return IDENTIFIERS[-1]
    return next((key for key in IDENTIFIERS if setting.wants(key)), None)


def articles(text: str) -> list[str]:
    """Return what looks like article numbers (``RJ-1042-NVY``) in a text."""
    return list(dict.fromkeys(_ARTICLE.findall(text)))


def _days(text: str) -> Iterator[str]:
    for year, _, month, day in _YEAR_FIRST.findall(text):
        yield from _day(year, month, day)
    for day, month, year in _DAY_FIRST.findall(text):
        yield from _day(year, month, day)


def _day(year: str, month: str, day: str) -> Iterator[str]:
    try:
        yield date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return


def _words(text: str) -> Iterator[str]:
    for part in _SPLIT.split(text):
        for word in _CAMEL.split(part) if part.lower() not in _NOISE else ():
            if _WORD.fullmatch(word) and word.lower() not in _NOISE:
                yield word
