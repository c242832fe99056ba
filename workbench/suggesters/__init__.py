"""Suggesters: what proposes values for the fields of images. Each is a module here, or a plug-in.

A plug-in names a callable in the entry points group ``workbench.suggesters``; it takes a `Setting` and returns a
`Suggester`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata as distributions
from typing import Any, Literal, Protocol

import pyarrow as pa

from workbench import sources
from workbench.errors import MissingExtra, NotFound
from workbench.profiles import Profile

GROUP = "workbench.suggesters"

BUILT_IN: dict[str, tuple[str, str]] = {
    "similar": ("workbench.suggesters.similar:Similar", ""),
    "names": ("workbench.suggesters.names:Names", ""),
    "exif": ("workbench.suggesters.exif:Exif", ""),
    "vocabulary": ("workbench.suggesters.vocabulary:Terms", ""),
    "sequence": ("workbench.suggesters.sequence:Sequence", ""),
    "ocr": ("workbench.suggesters.ocr:Ocr", "ocr"),
    "onnx": ("workbench.suggesters.onnx:Classifier", "onnx"),
    "aws": ("workbench.suggesters.aws:Rekognition", "aws"),
    "gcloud": ("workbench.suggesters.gcloud:Vision", ""),
}
"""Name → where its class is, and the extra it needs."""

LOCAL = ("similar", "names", "exif", "vocabulary", "sequence")
"""Those that run unless others are named: they need nothing more, and nothing leaves this machine."""

SHARED_FIELDS = (
    "Xmp.dc.title", "Xmp.dc.description", "Xmp.dc.subject", "Xmp.dc.creator", "Xmp.dc.rights",
    "Xmp.photoshop.Headline", "Xmp.photoshop.City", "Xmp.photoshop.State", "Xmp.photoshop.Country",
    "Xmp.iptc.CountryCode", "Xmp.iptc.Location", "Xmp.photoshop.Credit", "Xmp.photoshop.Source",
)  # fmt: skip
"""What pictures may have in common, where no profile says which fields matter."""

Wants = Literal["image", "metadata", "neighbours"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One image that values are wanted for.

    Attributes
    ----------
    image_id, uri, path : str
    metadata : dict
        Field → pairs of language (or None) and value, as the view ``metadata`` has them.
    facts : dict
        folder, name, picture_hash, captured_at, latitude, longitude.
    """

    image_id: str
    uri: str
    path: str
    metadata: Mapping[str, tuple[tuple[str | None, str], ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def picture(self) -> bytes:
        """Return the bytes of the file as they are now; `StorageError` when it can't be read."""
        with sources.open_blob(self.uri) as blob:
            return bytes(blob.data)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value that a machine proposes for a field of an image; for a list, one entry of it.

    Attributes
    ----------
    confidence : float
        0 to 1.
    evidence : str
        What it was taken from, in words.
    """

    image_id: str
    field: str
    lang: str | None
    value: str
    confidence: float
    model: str
    version: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong with one suggester: for one image, or (without an id) for many.

    A suggester may yield it among its suggestions.
    """

    image_id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class StillHere:
    """Says that a suggester is at work, though it has nothing to suggest."""


@dataclass(frozen=True)
class Setting:
    """What a suggester is made with.

    Attributes
    ----------
    ask : callable
        ``ask(name, **parameters)`` runs a named query and returns an Arrow table.
    profile : Profile or None
        The fields that are wanted; None means any.
    options : dict
        What the workspace's settings and the call say for this suggester.
    wait : callable
        Waits so many seconds, or less when somebody cancels.
    """

    ask: Callable[..., pa.Table]
    profile: Profile | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    wait: Callable[[float], object] = lambda seconds: None

    def wants(self, key: str) -> bool:
        """Whether values of a field are of use."""
        return self.profile is None or key in self.profile.fields

    def shared_fields(self) -> list[str]:
        """Return the fields that pictures may have in common: the profile's texts and lists, or `SHARED_FIELDS`."""
        if self.profile is None:
            return list(SHARED_FIELDS)
        kinds = ("text", "longtext", "langalt", "bag", "seq", "choice")
        return [key for key, wanted in self.profile.fields.items() if wanted.spec.kind in kinds]


class Suggester(Protocol):
    """Proposes values.

    Attributes
    ----------
    name, model, version : str
        Who proposes, by which model or rules, in which version.
    wants : str
        ``image`` for the picture itself (it is given few at a time), ``metadata`` or ``neighbours``.
    """

    name: str
    model: str
    version: str
    wants: Wants

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion | Trouble | StillHere]:
        """Yield what is proposed for these images, in any order."""
        ...


def available() -> dict[str, str]:
    """Return every suggester's name and where it is: those of the workbench, then plug-ins."""
    plugged = {point.name: point.value for point in distributions.entry_points(group=GROUP)}
    return plugged | {name: place for name, (place, _) in BUILT_IN.items()}


def load(name: str, setting: Setting) -> Suggester:
    """Make a suggester.

    Raises
    ------
    NotFound
        None has this name.
    MissingExtra
        It needs a package that isn't installed.
    """
    known = available()
    if name not in known:
        raise NotFound(f"There is no suggester {name!r}.", hint=f"Known: {', '.join(known)}.")
    module, _, attribute = known[name].partition(":")
    made: Suggester = getattr(importlib.import_module(module), attribute)(setting)
    return made


def missing(name: str, package: str) -> MissingExtra:
    """Return the error that says which extra a suggester needs."""
    extra = BUILT_IN[name][1]
    return MissingExtra(
        f"The suggester {name!r} needs {package}, which isn't installed.",
        hint=f"Install it: pip install 'image-workbench[{extra}]'.",
    )


def sends_out(suggester: Suggester) -> str:
    """Return where a suggester sends pictures; nothing when all stays on this machine."""
    return str(getattr(suggester, "sends_to", ""))
