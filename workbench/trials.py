"""Trying out in worker processes what is found: edited copies and look-alikes of one picture, compared with it.

Nothing is written: copies are made, measured and compared in memory. Imports no more than it needs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from workbench import comparing, edits, features, images, sources, verification
from workbench.errors import NotFound, StorageError, WorkbenchError
from workbench.verification import Seen, Thresholds

EDGE = 900
"""Long edge, in pixels, at which copies are made; smaller pictures are taken as they are."""


class Trial(NamedTuple):
    """One picture and what is to be done to it.

    Attributes
    ----------
    content, uri : str
        The picture's content key, and where its file is.
    kinds : tuple of str
        Of `edits.KINDS` and `edits.LOOKALIKES`.
    seed : int
    others : tuple of bytes
        Thumbnails of other pictures, for collages.
    thresholds : Thresholds
    """

    content: str
    uri: str
    kinds: tuple[str, ...]
    seed: int
    others: tuple[bytes, ...]
    thresholds: Thresholds


class Tried(NamedTuple):
    """What came of one copy, or one pair of look-alikes.

    Attributes
    ----------
    kind : str
    score : float
        What verification says, 0 to 1; 0 for a copy whose picture can't be told from nothing.
    bits : int
        By how much the copy's hash differs from the picture's under the symmetry that fits best; 64 for look-alikes.
    described : bytes
        The copy's descriptors, packed, to be looked up in the index of words; none for look-alikes.
    """

    kind: str
    score: float
    bits: int
    described: bytes


def attempt(trial: Trial) -> list[Tried] | WorkbenchError:
    """Make what a trial names and compare it; a file that can't be read is returned as an error."""
    try:
        with sources.open_blob(trial.uri) as blob:
            return _attempt(trial, bytes(blob.data))
    except (NotFound, StorageError) as error:
        return error
    except OSError as error:
        return StorageError(f"{trial.uri} can't be read: {error.strerror}.", hint="Check permissions.")


def _attempt(trial: Trial, data: bytes) -> list[Tried]:
    original = images.measure(data)
    seen = _look(original)
    if seen is None:
        raise StorageError(f"{trial.uri} can't be decoded any more.", hint="Scan its source again.")
    pixels = _working_copy(data, original, seen)
    others = [picture for picture in map(features.decode, trial.others) if picture is not None]
    tried = []
    for kind in trial.kinds:
        if kind in edits.KINDS:
            copy = edits.edited_file(pixels, kind, seed=trial.seed, others=others)
            tried.append(_compared(kind, original, seen, copy, trial.thresholds))
        else:
            pair = edits.lookalikes(pixels, kind, seed=trial.seed, others=others)
            tried += [] if pair is None else [_told_apart(kind, pair, trial.thresholds)]
    return tried


def _working_copy(data: bytes, original: images.Picture, seen: Seen) -> edits.Pixels:
    """Return the picture at `EDGE`, in the proportions of its thumbnail; never under 32 pixels."""
    high, wide = seen.picture.shape[:2]
    longest = max(original.width or 0, original.height or 0)
    part = min(EDGE, longest) / max(high, wide)
    return images.pixels(data, width=max(32, math.ceil(wide * part)), height=max(32, math.ceil(high * part)))


def _look(picture: images.Picture) -> Seen | None:
    shown = features.decode(picture.thumbnail or b"")
    return None if shown is None or min(shown.shape[:2]) < 8 else verification.look(shown)


def _compared(kind: str, original: images.Picture, seen: Seen, copy: bytes, thresholds: Thresholds) -> Tried:
    measured = images.measure(copy)
    other = _look(measured)
    if other is None:
        return Tried(kind, 0.0, 64, b"")
    verdict = verification.verify(seen, other, thresholds=thresholds)
    return Tried(kind, verdict.score, _bits(original, measured), comparing.packed(other.picture))


def _bits(one: images.Picture, other: images.Picture) -> int:
    if one.phash is None or other.phashes is None or other.flat:
        return 64
    return min((one.phash ^ turned).bit_count() for turned in other.phashes)


def _told_apart(kind: str, pair: tuple[bytes, bytes], thresholds: Thresholds) -> Tried:
    one, other = (_look(images.measure(data)) for data in pair)
    if one is None or other is None:
        return Tried(kind, 0.0, 64, b"")
    return Tried(kind, verification.verify(one, other, thresholds=thresholds).score, 64, b"")
