"""Evidence: two pictures side by side, the one laid on the other, and where they differ, as pictures for a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench import features, images, verification

EDGE = 320
"""Long edge of the pictures, in pixels."""

NOISE, PLAIN = 14, 48
"""Levels of 255: up to the one a difference is put down to compression, from the other on it is painted in full."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair as pictures.

    Attributes
    ----------
    kept, other : bytes or None
        Thumbnails (JPEG); None where there is none.
    difference : bytes or None
        Where the other, laid on the kept one, differs (JPEG): grey where they agree, red where they don't, white where
        the other doesn't reach; None where nothing says how they lie on each other.
    differing : float or None
        Part of the shared area that differs by more than compression does, 0 to 1.
    """

    kept: bytes | None = None
    other: bytes | None = None
    difference: bytes | None = None
    differing: float | None = None


def show(
    kept: bytes | None, other: bytes | None, *, relation: str, evidence: Mapping[str, Any], swapped: bool
) -> Shown:
    """Make the pictures for a pair.

    Parameters
    ----------
    kept, other : bytes or None
        Thumbnails.
    relation : str
        See `workbench.relations.RELATIONS`.
    evidence : mapping
        What the finder noted; its ``homography`` says how they lie on each other.
    swapped : bool
        Whether the homography leads from the other to the kept one.
    """
    one, two = (features.decode(data) if data else None for data in (kept, other))
    if one is None or two is None:
        return Shown(kept if one is not None else None, other if two is not None else None)
    matrix = _laid(one, two, relation, evidence, swapped=swapped)
    if matrix is None:
        return Shown(kept, other)
    painted, differing = difference(one, two, matrix)
    return Shown(kept, other, images.jpeg_of(painted, quality=82), differing)


def _laid(
    one: features.Pixels, two: features.Pixels, relation: str, evidence: Mapping[str, Any], *, swapped: bool
) -> features.Matrix | None:
    """Return what takes points of the kept picture (relative, 0–1) to the other's."""
    told = evidence.get("homography")
    if told is not None:
        matrix = np.asarray(told, np.float64)
        if matrix.shape == (3, 3) and np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-9:
            return features.inverse(matrix) if swapped else matrix
    if relation in ("exact", "same-picture"):
        return np.eye(3)
    found = verification.verify(one, two).evidence.get("homography")
    return None if found is None else np.asarray(found, np.float64)


def difference(
    one: npt.NDArray[np.uint8], two: npt.NDArray[np.uint8], matrix: features.Matrix
) -> tuple[npt.NDArray[np.uint8], float]:
    """Paint where two pictures differ.

    Parameters
    ----------
    one, two : ndarray of uint8, shape (height, width, 3)
    matrix : ndarray, shape (3, 3)
        Takes points of the first, relative 0–1, to the second's.

    Returns
    -------
    picture : ndarray of uint8
        In the frame of the first.
    differing : float
        Part of the shared area that differs by more than `NOISE`, 0 to 1; 0 where they share none.
    """
    height, width = one.shape[:2]
    to_frame = np.diag([width, height, 1.0]) @ features.inverse(matrix)
    laid, known = features.warp(two, to_frame @ np.diag([1 / two.shape[1], 1 / two.shape[0], 1.0]), (width, height))
    softened = features.smooth(one.astype(np.float32), 0.8) - features.smooth(laid, 0.8)
    off = np.abs(softened).max(axis=2)
    strength = np.clip((off - NOISE) / (PLAIN - NOISE), 0, 1)[..., None]
    grey = 150 + features.to_grey(one).astype(np.float32)[..., None] * 0.38
    painted = grey * (1 - strength) + np.array([214, 33, 48], np.float32) * strength
    painted = np.where(known[..., None], painted, 255)
    shared = int(known.sum())
    return painted.clip(0, 255).astype(np.uint8), float((off > NOISE)[known].sum() / shared) if shared else 0.0


def evidence_of(text: str | None) -> dict[str, Any]:
    """Return what a finder noted, from its JSON; empty where that is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
