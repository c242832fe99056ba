"""What was put on a picture: a bar along an edge, a badge or small picture in a corner, lettering or a thin drawing.

Each of them follows rules that a changed thing breaks. A bar has one ground over its whole length. What is stuck on
lies in a corner. Lettering has one ink, has its outlines in one of the two pictures only, and consists of strokes: a
word in place of another has ink where the other has ground, and the other way round; another colour fills its outlines,
and they are there before and after. On paper dark writing is what the paper says, and nothing that was put on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import features
from workbench.features import Floats
from workbench.tones import luma

Mask = npt.NDArray[np.bool_]

FLAT = 14.0
"""Levels within which a bar's ground is of one colour."""
LONGEST_BAR = 0.32
"""Part of the picture's side that a bar may take up."""
CHANGED = 0.3
"""Part of a bar in which the pictures differ, at least."""
CORNER = 0.4
"""Part of the picture's sides within which something lies in a corner."""
ROUND, AT_CORNER = 0.2, 0.03
"""The same for the corners of a page that show behind rounded ones: how large, and how far from the edges."""
GAP = 0.09
"""Part of the picture's sides by which it stands off from the edges."""
LEAST = 0.003
"""Part of the picture from which on something can have been put on; what is smaller was changed."""
ONE_INK = 0.96
"""Part of the strokes that one ink must explain."""
LEAN = 0.2
"""Lean (see `lean_of`) of all strokes together from which on they are in one picture only."""
LEAST_STROKES = 0.012
"""The same for strokes, which a line of lettering or a ring has."""
STROKE = 0.035
"""Widest stroke, as a part of the long edge."""


class PutOn(NamedTuple):
    """Where something was put on, and the words for what: shape (height, width)."""

    bars: Mask
    corner: Mask
    strokes: Mask

    @property
    def anywhere(self) -> Mask:
        """Where any of it is."""
        return self.bars | self.corner | self.strokes


def find(one: Floats, other: Floats, off: Mask, known: Mask) -> PutOn:
    """Find what was put on one of two pictures that lie on each other in the same tones.

    Parameters
    ----------
    one, other : ndarray of float32, shape (height, width, 3)
    off : ndarray of bool, shape (height, width)
        Where they differ.
    known : ndarray of bool, same shape
        Where both are known.
    """
    bars = _bars(one, other, off, known)
    left = off & ~bars
    corner = _corner(left & ~features.grown(bars, 2), known)
    left = left & ~features.grown(corner, 3)
    strokes = _strokes(one, other, left, known & ~bars & ~corner)
    return PutOn(bars, corner, strokes)


def _bars(one: Floats, other: Floats, off: Mask, known: Mask) -> Mask:
    """Return the one bar, along whichever edge, that covers the most."""
    best = np.zeros(off.shape, np.bool_)
    if off.sum() < LEAST * known.sum():
        return best
    for turned in range(4):
        first, second = (np.rot90(picture, turned) for picture in (one, other))
        differs, here = (np.rot90(mask, turned) for mask in (off, known))
        found = np.zeros(off.shape, np.bool_)
        high = max(_bar_height(first, second, differs, here), _bar_height(second, first, differs, here))
        np.rot90(found, turned)[:high] = True
        if found.sum() > best.sum():
            best = found
    return best & known


def _bar_height(on: Floats, bare: Floats, off: Mask, known: Mask) -> int:
    """Return how many rows from the top are a bar that was put on the first picture; 0 where there is none."""
    rows = np.flatnonzero(known.mean(1) > 0.5)
    if len(rows) < 20:
        return 0
    top, most = int(rows[0]), int(LONGEST_BAR * len(on))
    area = np.s_[top : top + most + 4]
    changed = (off[area] | ~known[area]).mean(1)
    if (np.cumsum(changed) <= CHANGED * np.arange(1, len(changed) + 1))[4:].all():
        return 0
    ground = np.median(on[top : top + 3][known[top : top + 3]], axis=0)
    flat = (_is(on[area], ground) | ~known[area]).astype(np.float32)
    part = flat.mean(1)
    ends = np.flatnonzero((part[:-1] > 0.7) & (part[1:] <= 0.7)) + 1
    if not len(ends):
        return 0
    same = _is(bare[area], ground).mean(1)
    for high in (int(end) for end in ends[::-1] if 5 <= end <= most):
        if part[:high].mean() > 0.5 and same[:high].mean() < 0.6 and changed[:high].mean() > CHANGED:
            return top + high + 2
    return 0


def _is(picture: Floats, ground: Floats) -> Mask:
    """Return where a picture is of one colour."""
    return np.asarray(features.strongest(np.abs(picture - ground.astype(np.float32))) < FLAT)


def _corner(off: Mask, known: Mask) -> Mask:
    """Return the largest thing that lies in a corner, and what rounded corners leave of the page behind."""
    high, wide = off.shape
    best, rounds = np.zeros(off.shape, np.bool_), np.zeros(off.shape, np.bool_)
    for part in features.parts(features.grown(off, 3), least=4):
        left, top, w, h = part.box
        right, bottom = wide - left - w, high - top - h
        gaps = min(left, right) / wide, min(top, bottom) / high
        if w > CORNER * wide or h > CORNER * high or max(gaps) > GAP:
            continue
        piece = part.mask & off
        if max(gaps) < AT_CORNER and w < ROUND * wide and h < ROUND * high:
            rounds |= piece
            continue
        if piece.sum() > best.sum():
            best = piece
    return best | rounds if best.sum() > LEAST * max(1, known.sum()) else rounds


def _strokes(one: Floats, other: Floats, off: Mask, known: Mask) -> Mask:
    nothing = np.zeros(off.shape, np.bool_)
    share = off.sum() / max(1, known.sum())
    if share < LEAST_STROKES:
        return nothing
    wide = max(3, round(STROKE * max(off.shape)))
    thin = off & ~features.grown(features.shrunk(off, wide), wide)
    if thin.sum() < 0.95 * off.sum():
        return nothing
    lean = lean_of(one, other, off, known)
    on, bare = (other, one) if lean > 0 else (one, other)
    if abs(lean) < LEAN or not _one_ink(bare, on, off):
        return nothing
    return off


def lean_of(one: Floats, other: Floats, off: Mask, known: Mask) -> float:
    """Return in which picture the rims of all pieces stand out: -1 the first only, 1 the second only."""
    wide = features.grown(off, 1)
    around = features.grown(wide, 4) & ~wide & known
    stands = []
    for picture in (one, other):
        slope = features.slope(picture)
        ground = float(slope[around].mean()) if around.any() else 0.0
        stands.append(max(0.0, float(slope[off].mean()) - ground))
    return (stands[1] - stands[0]) / (stands[0] + stands[1] + 1.5)


def ink_of(bare: Floats, on: Floats, off: Mask) -> tuple[Floats, float]:
    """Return the ink that explains most of what differs, and how large a part that is.

    Ink of any opacity takes each pixel some way towards its own colour.
    """
    before, after = bare[off], on[off]
    step = after - before
    far = np.abs(step).max(1)
    strong = far >= np.quantile(far, 0.6)
    inks = [np.median(after[strong], axis=0), np.full(3, 255, np.float32), np.zeros(3, np.float32)]
    best: tuple[Floats, float] = (inks[0].astype(np.float32), 0.0)
    for ink in inks:
        way = ink - before
        length = (way * way).sum(1) + 60
        part = np.clip((step * way).sum(1) / length, 0, 1)
        miss = np.abs(step - part[:, None] * way).max(1)
        explained = float((far * (miss < 0.3 * far + 8)).sum() / max(1e-6, far.sum()))
        if explained > best[1]:
            best = ink.astype(np.float32), explained
    return best


def _one_ink(bare: Floats, on: Floats, off: Mask) -> bool:
    ink, explained = ink_of(bare, on, off)
    if explained < ONE_INK:
        return False
    ground = np.median(bare[off], axis=0)
    paper = float(luma(ground.astype(np.float32)))
    on_paper = paper > 165 and float(np.ptp(ground)) < 50
    # Small letters are grey: only their innermost pixels are as dark as their ink.
    is_writing = luma(ink) < paper - 20 and float(ink[0] - ink[2]) < 60
    return not (on_paper and is_writing)
