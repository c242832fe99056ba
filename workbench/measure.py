"""Measure one file: what a worker process does for a scan. Imports no more than it needs: each worker pays for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench import images, metadata, sources
from workbench.errors import NotFound, StorageError
from workbench.problems import Problem, problem

PICTURE_FACTS = (
    "format", "mime", "width", "height", "mode", "bit_depth", "frames", "has_icc", "icc_name", "orientation",
    "picture_hash", "phash", "dhash", "phashes",
    "sharpness", "brightness", "contrast", "clipped_dark", "clipped_bright", "flat",
)  # fmt: skip
METADATA_FACTS = (
    "captured_at", "captured_offset", "camera_make", "camera_model", "lens", "latitude", "longitude", "altitude",
    "title", "description", "creator", "copyright", "rating", "iptc_charset",
    "iptc_digest",
)  # fmt: skip

_READINGS = 3


class Item(NamedTuple):
    """One listed file that has to be read; ``stage`` and ``kind`` say what was already wrong when it was listed."""

    image_id: str
    uri: str
    path: str
    size: int
    mtime_ns: int
    stage: str | None = None
    kind: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a worker found out about one file; what is embedded in it as four lists of equal length."""

    size: int | None = None
    checksum: str | None = None
    facts: tuple[Any, ...] | None = None
    thumbnail: bytes | None = None
    keys: list[str] = field(default_factory=list)
    langs: list[str | None] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    text: str = ""
    problems: list[Problem] = field(default_factory=list)


def measure_file(item: Item) -> Measured:
    """Read one file and measure everything a scan wants to know, in a worker process; a bad file never raises."""
    if item.kind is not None:
        return failed(item.kind, item.detail or "", item.stage or "list")
    try:
        return _measure_still(item)
    except NotFound as error:
        return failed("vanished_while_reading", str(error))
    except (StorageError, OSError) as error:
        return failed("unreadable", str(error))


def measure_arrival(item: Item | bytes) -> Measured:
    """Measure one arriving file, or its bytes."""
    return _measure(item, is_sidecar=False) if isinstance(item, bytes) else measure_file(item)


def _measure_still(item: Item) -> Measured:
    """Measure a file that nobody writes to: read it again where its time says that somebody did meanwhile."""
    before = item.mtime_ns
    for _ in range(_READINGS):
        with sources.open_blob(item.uri) as blob:
            if blob.mtime_ns == before:
                return _measure(blob.data, is_sidecar=item.path.lower().endswith(".xmp"))
            before = blob.mtime_ns
    return failed("changed_while_reading", "")


def _measure(data: Any, *, is_sidecar: bool) -> Measured:
    size, checksum = len(data), hashlib.sha256(data).hexdigest()
    if size == 0:
        return Measured(size, checksum, problems=[problem("read", "empty")])
    picture = images.measure(data)
    if picture.format is None and not is_sidecar:
        return Measured(size, checksum, problems=list(picture.problems))
    if picture.format is None:
        picture.problems = [problem("decode", "sidecar")]
        found = metadata.read_sidecar(data)
    else:
        found = metadata.read(data, format=picture.format)
    problems = [*picture.problems, *found.problems]
    facts = None
    if picture.format is not None and not any(p.stage == "decode" for p in problems):
        facts = tuple(getattr(picture, n) for n in PICTURE_FACTS) + tuple(getattr(found, n) for n in METADATA_FACTS)
    if facts is None:
        problems = problems[:1]  # one row a file that is no image: images and these rows add up to the files
    keys, langs, ordinals, values = map(list, zip(*found.values, strict=True)) if found.values else ([], [], [], [])
    return Measured(
        size, checksum, facts, picture.thumbnail, keys, langs, ordinals, values, found.keywords, found.text, problems
    )


def failed(kind: str, detail: str, stage: str = "read") -> Measured:
    """Return what is known of a file that couldn't be read: its problem."""
    return Measured(problems=[problem(stage, kind, detail)])
