"""Relations between two images: which make duplicates, in words, and the pair that a finder yields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

RELATIONS: dict[str, str] = {
    "exact": "The files are the same, byte for byte.",
    "same-picture": "The picture is the same, pixel for pixel; metadata or wrapping differ.",
    "fuzzy": "The whole picture is the same, edited lightly: resized, recompressed, turned, mirrored, recoloured.",
    "content": "One picture holds the other or a part of it: cropped, framed, photographed again, in a collage.",
    "variant": "The pictures are alike but differ where it matters: another colour, another garment, another page.",
    "burst": "The same camera took them within seconds: two frames, not two copies.",
    "companion": "Two files of one shot that belong together: RAW with JPEG, a still with its clip.",
    "metadata": "The metadata agree as they only do for copies; nobody has compared the pictures.",
}
"""Relation → a sentence for people; the strongest first."""

DUPLICATES = ("exact", "same-picture", "fuzzy", "content")
"""The relations that are called a duplicate."""

APART = ("variant", "burst", "companion")
"""The relations that keep two images out of one cluster."""

DECISIONS: dict[str, str] = {
    "duplicate": "Somebody said that they are duplicates.",
    "variant": "Somebody said that one is a variant of the other: both stay.",
    "not_duplicate": "Somebody said that they aren't duplicates.",
}
"""What people can say about two images → in words."""

FinderProgress = Callable[[int, int], None]
"""What a finder calls now and then: how much it has done, of how much; 0 of 0 while it doesn't know."""


class Pair(NamedTuple):
    """Two images and how they are related, as a finder says.

    Attributes
    ----------
    image_a, image_b : str
        Ids, ``image_a < image_b``: see `pair`.
    relation : str
        A key of `RELATIONS`.
    method : str
        The finder, and where it has several ways the way: ``fuzzy``, ``metadata:serial number``.
    score : float
        How sure, 0 to 1; 1 is proved.
    evidence : mapping
        What it rests on, JSON-able: words, figures, the transformation.
    """

    image_a: str
    image_b: str
    relation: str
    method: str
    score: float
    evidence: Mapping[str, Any]


def pair(one: str, other: str, relation: str, method: str, score: float, evidence: Mapping[str, Any]) -> Pair:
    """Return a `Pair` of two ids given in any order.

    Where the evidence has a direction, from ``one`` to ``other``, say so in it (``"from": one``).

    Raises
    ------
    ValueError
        The ids are one, there is no such relation, or the score isn't between 0 and 1.
    """
    if one == other or relation not in RELATIONS or not 0 <= score <= 1:
        raise ValueError(f"No pair: {one!r}, {other!r}, {relation!r}, {score!r}")
    return Pair(min(one, other), max(one, other), relation, method, float(score), evidence)


def content_key(picture_hash: str | None, checksum: str) -> str:
    """Return what stands for an image's content wherever its file is: the picture's hash, else that of the bytes."""
    return picture_hash or checksum


def decision_keys(one: tuple[str | None, str], other: tuple[str | None, str]) -> tuple[str, str]:
    """Return the two keys under which a decision about two images is kept, in order.

    They are the content keys; where those are equal (the same picture in two files), the checksums.

    Parameters
    ----------
    one, other : tuple of (str or None, str)
        Picture hash and checksum.
    """
    keys = content_key(*one), content_key(*other)
    if keys[0] == keys[1]:
        keys = one[1], other[1]
    return min(keys), max(keys)
