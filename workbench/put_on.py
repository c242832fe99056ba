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
SEAM, NO_SEAM = 6.0, 0.35
"""Levels by which a picture changes at least where a bar ends, and up to which part of it the other one does there."""
COVERS = 0.8
"""How much less of a bar may be of its ground where something lies beneath than elsewhere: paper is plain in both."""
CHANGED = 0.3
"""Part of a bar in which the pictures differ, at least."""
CORNER = 0.4
"""Part of the picture's sides within which something lies in a corner."""
ROUND, AT_CORNER = 0.2, 0.03
"""The same for the corners of a page that show behind rounded ones: how large, and how far from the edges."""
GAP = 0.09
"""Part of the picture's sides by which it stands off from the edges."""
SAME_THING, STRUCTURED = 0.9, 1.0
"""Likeness of the fine structure from which on it is the same thing, and levels of it, as a standard deviation, from
which on that can be said."""
SAME_HUE, HUED = 0.7, 20.0
"""Likeness of the colours below which it has another, and levels of colour from which on that can be said."""
LEAST = 0.003
"""Part of the picture from which on something can have been put on; what is smaller was changed."""
ONE_INK = 0.96
"""Part of the strokes that one ink must explain."""
LEAN = 0.2
"""Lean (see `lean_of`) of all strokes together from which on they are in one picture only."""
LARGE, LARGE_LEAN = 0.3, 0.4
"""Part of all strokes from which on a piece must lean by itself, and how much: a header of a form, there in both in two
colours, leans by 0.32."""
ALONE = 0.5
"""The same from which on their ink may be whatever colour their steps lead to: two signs of two inks lean less."""
COLOURLESS, VIVID, INKED = 20.0, 35.0, 0.15
"""Levels between channels up to which a picture is without colour and from which on ink has one, and the part of a
piece that has it at least."""
SPOT, SKEW, BY_CHANCE = 8.0, 1.2, 0.3
"""Pixels around which spots are bright; the skewness of what differs in three quarters of all tiles, which is above 1.8
in watermarks and below 0 in other words on the same ground; and likeness up to which ink lies on anything alike."""
BESIDE, FAINT, WRITTEN = 8.0, 1.3, 0.04
"""Steepness of print beside which paper is plain, the levels by which white is brighter than paper at least, and the
part of the paper around erased print that is: 0.04 to 0.28 where white was put on it, 0.01 and less elsewhere."""
PAPER, BRIGHT = 165.0, 0.9
"""Brightness of paper, and how many times redder than darker the ink of screens makes it, which none of pens and stamps
does: 2.5 times for an orange date, 0.8 for a red stamp, and 0.98 to 1.3 for a red ring across black print."""
LIVELY, AS_LIVELY = 10.0, 0.95
"""Levels of fine structure beside strokes, as a standard deviation, from which on it must be the same, and how
like: 0.965 and more beside what was put on."""
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


def find(one: Floats, other: Floats, off: Mask, known: Mask, raw: tuple[Floats, Floats] | None = None) -> PutOn:
    """Find what was put on one of two pictures that lie on each other in the same tones.

    Parameters
    ----------
    one, other : ndarray of float32, shape (height, width, 3)
    off : ndarray of bool, shape (height, width)
        Where they differ.
    known : ndarray of bool, same shape
        Where both are known.
    raw : tuple of ndarray of float32, shape (height, width, 3), optional
        Both before they had the same tones, where they hadn't.
    """
    if _is_all_over(one, other, off, known):
        nothing = np.zeros(off.shape, np.bool_)
        return PutOn(nothing, nothing, off)
    bars = _bars(one, other, off, known)
    left = off & ~bars
    corner = _corner(one, other, left & ~features.grown(bars, 2), known)
    left = left & ~features.grown(corner, 3)
    strokes = _strokes(one, other, left, known & ~bars & ~corner, raw or (one, other))
    if left.any() and not strokes.any():
        strokes = _coloured(raw or (one, other), left, known)
    if left.any() and not strokes.any():
        strokes = _whiter_than_paper(one, other, left, known)
    if strokes.any() and _differs_beside(one, other, strokes, known & ~features.grown(bars | corner, 7)):
        strokes = np.zeros(off.shape, np.bool_)
    return PutOn(bars, corner, strokes)


def bars(one: Floats, other: Floats, known: Mask) -> Mask:
    """Find bars along the edges before anything is known of the tones: one ground, ended by a seam only the one has.

    Where a bar lies says nothing about the rest, and its black on white paper would pass for a change of tone.

    Parameters
    ----------
    one, other : ndarray of float32, shape (height, width, 3)
    known : ndarray of bool, shape (height, width)
        Where both are known.
    """
    found = np.zeros(known.shape, np.bool_)
    for turned in range(4):
        first, second = (np.rot90(picture, turned) for picture in (one, other))
        here = np.rot90(known, turned)
        high = _seam_after(first, second, here) or _seam_after(second, first, here)
        if high:
            np.rot90(found, turned)[:high] = True
    return found & known


def _seam_after(on: Floats, bare: Floats, known: Mask) -> int:
    """Return how many rows from the top are a bar of the first picture that ends where the second has no seam."""
    thin = np.s_[:, :: max(1, on.shape[1] // 48)]
    on, bare, known = on[thin], bare[thin], known[thin]
    rows = np.flatnonzero(known.mean(1) > 0.5)
    most = int(LONGEST_BAR * len(on))
    if len(rows) < 20 or most < 6:
        return 0
    top = int(rows[0])
    columns = known[top : top + most + 4].mean(0) > 0.9
    edge = on[top : top + 3, columns].reshape(-1, 3)
    if len(edge) < 30:
        return 0
    ground = np.median(edge, axis=0)
    if (np.abs(edge - ground).max(1) < FLAT).mean() < 0.8:
        return 0
    area = on[top : top + most + 4, columns]
    part = _is(area, ground).mean(1)
    if part.min() > 0.4:
        return 0
    beneath = bare[top : top + most + 4, columns]
    same = _is(beneath, ground).mean(1)
    for end in range(len(part) - 4, 2, -1):
        if part[end - 2] < 0.8 or part[end + 2] > 0.4 or part[:end].mean() < 0.6 or same[:end].mean() > 0.6:
            continue
        if part[end - 1] >= 0.6 > part[end] and _ends(area, beneath, end, ground):
            return top + end + 2
    return 0


def _ends(on: Floats, bare: Floats, end: int, ground: Floats) -> bool:
    """Tell whether the first picture changes below a row, and the second, on the whole, doesn't."""
    below, under = (np.median(x[end + 1 : end + 4], axis=(0, 1)) for x in (on, bare))
    above = np.median(bare[max(0, end - 4) : end - 1], axis=(0, 1))
    seam = float(np.abs(below - ground).max())
    return seam > SEAM and float(np.abs(under - above).max()) < NO_SEAM * seam


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
    beneath = ~_is(bare[area], ground)
    for high in (int(end) for end in ends[::-1] if 5 <= end <= most):
        if part[:high].mean() < 0.5 or beneath[:high].mean() < 0.4 or changed[:high].mean() < CHANGED:
            continue
        if flat[:high][beneath[:high]].mean() > COVERS * part[:high].mean():
            return top + high + 2
    return 0


def _is(picture: Floats, ground: Floats) -> Mask:
    """Return where a picture is of one colour."""
    return np.asarray(features.strongest(np.abs(picture - ground.astype(np.float32))) < FLAT)


def _corner(one: Floats, other: Floats, off: Mask, known: Mask) -> Mask:
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
        if piece.sum() > best.sum() and not _is_same_thing(one, other, features.inner(piece, 3)):
            best = piece
    return best | rounds if best.sum() > LEAST * max(1, known.sum()) else rounds


def _is_same_thing(one: Floats, other: Floats, where: Mask) -> bool:
    """Tell by fine structure and hue whether what lies in a corner is there in both pictures, in two colours."""
    here, there = _fine(one, other, where, 2.0)
    if len(here) < 60 or min(here.std(), there.std()) < STRUCTURED or np.corrcoef(here, there)[0, 1] < SAME_THING:
        return False
    hues = [(x - luma(x)[..., None])[where].astype(np.float64).ravel() for x in (one, other)]
    strong = [float(np.sqrt(hue @ hue)) for hue in hues]
    return (
        min(strong) > HUED * float(np.sqrt(len(here))) and float(hues[0] @ hues[1]) < SAME_HUE * strong[0] * strong[1]
    )


def _fine(one: Floats, other: Floats, where: Mask, sigma: float) -> tuple[Floats, Floats]:
    """Return the fine structure of both pictures there, in levels of brightness."""
    here, there = ((grey - features.smooth(grey, sigma))[where] for grey in (luma(one), luma(other)))
    return here, there


def _strokes(one: Floats, other: Floats, off: Mask, known: Mask, raw: tuple[Floats, Floats]) -> Mask:
    nothing = np.zeros(off.shape, np.bool_)
    share = off.sum() / max(1, known.sum())
    if share < LEAST_STROKES:
        return nothing
    lean = lean_of(one, other, off, known)
    is_alone = abs(lean) > ALONE
    if not _is_thin(off, 0.85 if is_alone else 0.95):
        return nothing
    way = 1 if lean > 0 else -1
    (bare, on), (bare_raw, on_raw) = (one, other)[::way], raw[::way]
    if abs(lean) < LEAN or ink_of(bare, on, off, is_alone=is_alone)[1] < ONE_INK or _is_writing(bare_raw, on_raw, off):
        return nothing
    # A field that is there in both, in two colours, has the same rim in both.
    large = (part.mask for part in features.parts(off, least=round(LARGE * int(off.sum()))))
    if any(way * lean_of(one, other, mask & off, known) < LARGE_LEAN for mask in large):
        return nothing
    return off


def _differs_beside(one: Floats, other: Floats, strokes: Mask, known: Mask) -> bool:
    """Tell whether the pictures differ in their fine structure right beside strokes: then these are no lettering on it.

    The joints of a wall lie like lettering on the night sky.
    """
    beside = known & features.grown(strokes, 18) & ~features.grown(strokes, 7)
    here, there = _fine(one, other, beside, 4.0)
    if len(here) < 60 or max(here.std(), there.std()) < LIVELY:
        return False
    return float(here @ there) < AS_LIVELY * float(np.sqrt((here @ here) * (there @ there)))


def _is_all_over(one: Floats, other: Floats, off: Mask, known: Mask) -> bool:
    """Tell whether light lettering was put all over one of the pictures, which shows through it.

    Nearly everywhere that one is brighter in spots and nowhere darker, whatever is beneath: who rubs writing out
    makes brighter what was dark.
    """
    if off.sum() < LEAST_STROKES * known.sum() or not _is_thin(off, 0.95):
        return False
    step = np.where(known, luma(other) - luma(one), np.float32(0))
    spots = _tiles(step - features.smooth(step, SPOT))
    skew = (spots**3).mean(1) / ((spots**2).mean(1) ** 1.5 + 1e-3)
    way = 1 if np.median(skew) > 0 else -1
    if float(np.quantile(way * skew, 0.25)) < SKEW:
        return False
    bare, on = (one, other)[::way]
    part, explained = _taken(bare[off], on[off], np.full(3, 255, np.float32))
    whole = np.zeros(off.shape, np.float32)
    whole[off] = part
    ink, beneath = ((x - features.smooth(x, 3.0))[off] for x in (whole, luma(bare)))
    alike = float((ink * beneath).sum() / np.sqrt((ink**2).sum() * (beneath**2).sum() + 1e-6))
    return explained > ONE_INK and abs(alike) < BY_CHANCE


def _tiles(values: Floats) -> Floats:
    """Return the pixels of 6 x 6 tiles, a row for each; what is left over at the ends is left out."""
    down, across = (edge // 6 for edge in values.shape)
    tiles = values[: 6 * down, : 6 * across].reshape(6, down, 6, across)
    return np.asarray(tiles.transpose(0, 2, 1, 3).reshape(36, -1), np.float32)


def _coloured(raw: tuple[Floats, Floats], off: Mask, known: Mask) -> Mask:
    """Return strokes that have a colour, across two pictures that have none: nothing else explains them.

    However much there is around and beneath them, and however small they are. Where the other picture has the same
    strokes in grey, they were painted, and not put on.
    """
    nothing = np.zeros(off.shape, np.bool_)
    elsewhere = known & ~features.grown(off, 4)
    vivid = [features.strongest(picture) + features.strongest(-picture) for picture in raw]
    if not elsewhere.any() or any(float(np.quantile(x[elsewhere], 0.99)) > COLOURLESS for x in vivid):
        return nothing
    way = 1 if vivid[1][off].mean() > vivid[0][off].mean() else -1
    (bare, on), (without, colour) = raw[::way], vivid[::way]
    inked = features.grown(off, 2) & (colour > VIVID)
    found = nothing.copy()
    for part in features.parts(features.grown(off, 2)):
        if (inked & part.mask).sum() > INKED * part.mask.sum() and (without[part.mask] > COLOURLESS).mean() < 0.01:
            found |= part.mask
    found &= off
    around = features.grown(found, 4) & ~features.grown(found, 1)
    inside = inked & found
    if not inside.any() or not around.any() or not _is_thin(found, 0.95) or _is_writing(bare, on, found):
        return nothing
    stands = [float(np.abs(x[inside].mean(0) - x[around].mean(0)).max()) for x in (bare, on)]
    varies, varies_around = (float(bare[where].mean(1).std()) for where in (inside, around))
    return found if stands[0] < NO_SEAM * stands[1] and varies + 4 > 0.6 * varies_around else nothing


def _whiter_than_paper(one: Floats, other: Floats, off: Mask, known: Mask) -> Mask:
    """Return strokes of white on paper, which are seen where they cross its print, and are faint beside it.

    Where a field is empty there is the paper's own white, no brighter; and who puts white on makes nothing darker.
    """
    nothing = np.zeros(off.shape, np.bool_)
    step = luma(other) - luma(one)
    way = 1 if step[off].mean() > 0 else -1
    bare, on = (one, other)[::way]
    ground = np.median(bare[known], axis=0).astype(np.float32)
    if float(luma(ground)) < PAPER or not _is_thin(off, 0.95):
        return nothing
    if _taken(bare[off], on[off], np.full(3, 255, np.float32))[1] < ONE_INK:
        return nothing
    step = features.smooth(way * step, 0.7)
    plain = known & ~features.grown(features.slope(bare) > BESIDE, 2)
    near, far = features.grown(off, 12) & plain, plain & ~features.grown(off, 25)
    if not near.any() or not far.any():
        return nothing
    level = float(np.median(step[far]))
    seen = max(FAINT, 6 * float(np.median(np.abs(step[far] - level))))
    bright, dark = plain & (step - level > seen), plain & (level - step > seen)
    share = float(bright[near].mean())
    if not _is_thin(bright & near, 0.95):
        return nothing
    if not max(WRITTEN, 4 * bright[far].mean()) < share < 0.4 or dark[near].mean() > share / 8:
        return nothing
    beside = [(part.mask, bright[features.grown(part.mask, 12) & near]) for part in features.parts(off)]
    written = [mask for mask, white in beside if white.size and white.mean() > WRITTEN / 3]
    found = np.any(np.stack([nothing, *written]), axis=0)
    return np.asarray(found | (features.grown(bright, 3) & features.grown(found, 25)), np.bool_)


def _is_thin(off: Mask, part: float) -> bool:
    wide = max(3, round(STROKE * max(off.shape)))
    thin = off & ~features.grown(features.shrunk(off, wide), wide)
    return bool(thin.sum() >= part * off.sum())


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


def ink_of(bare: Floats, on: Floats, off: Mask, *, is_alone: bool = False) -> tuple[Floats, float]:
    """Return the ink that explains most of what differs, and how large a part that is.

    Ink of any opacity takes each pixel some way towards its own colour.

    Parameters
    ----------
    bare, on : ndarray of float32, shape (height, width, 3)
    off : ndarray of bool, shape (height, width)
    is_alone : bool
        Whether nothing stands there in `bare`: the ink may be stronger than it is anywhere, and is preferred so.
    """
    before, after = bare[off], on[off]
    step = after - before
    far = np.abs(step).max(1)
    strong = far >= np.quantile(far, 0.6)
    inks = [np.median(after[strong], axis=0), np.full(3, 255, np.float32), np.zeros(3, np.float32)]
    if is_alone:
        inks.insert(0, _goal(before[strong], step[strong]))
    best: tuple[Floats, float] = (inks[0].astype(np.float32), 0.0)
    for ink in inks:
        explained = _taken(before, after, ink)[1]
        if explained > best[1] + 0.01 * is_alone:
            best = ink.astype(np.float32), explained
    return best


def _taken(before: Floats, after: Floats, ink: Floats) -> tuple[Floats, float]:
    """Return which part of its way to an ink each pixel was taken, and how much of what differs that explains."""
    way, step = ink - before, after - before
    far = np.abs(step).max(1)
    part = np.clip((step * way).sum(1) / ((way * way).sum(1) + 60), 0, 1)
    miss = np.abs(step - part[:, None] * way).max(1)
    return part, float((far * (miss < 0.3 * far + 8)).sum() / max(1e-6, far.sum()))


def _goal(before: Floats, step: Floats) -> Floats:
    """Return the colour that all steps lead towards: thin strokes are nowhere as strong as their ink.

    The point nearest to the lines along the steps; where all start from one ground, that is a little beyond their ends.
    """
    beyond = np.median(before + 1.5 * step, axis=0).astype(np.float64)
    found = beyond
    weights = (step * step).sum(1).astype(np.float64)
    ways = step / np.sqrt(weights + 1e-6)[:, None]
    for _ in range(3):
        across = weights.sum() * np.eye(3) - (ways * weights[:, None]).T @ ways
        along = (ways * before).sum(1)
        wanted = (weights[:, None] * (before - ways * along[:, None])).sum(0)
        pull = 0.003 * weights.sum()
        found = np.clip(np.linalg.solve(across + pull * np.eye(3), wanted + pull * beyond), 0, 255)
        gap = found - before
        miss = np.sqrt(np.maximum((gap * gap).sum(1) - ((gap * ways).sum(1)) ** 2, 0))
        weights = (step * step).sum(1) / (1 + (miss / 20) ** 2)
    return found.astype(np.float32)


def _is_writing(bare: Floats, on: Floats, off: Mask) -> bool:
    """Tell whether strokes are a pen's or a stamp's on paper: they darken it more than they colour it, however thin.

    Both pictures are as they were, not in the same tones: those of a grey one have no colours.
    """
    wide = features.grown(off, 2)  # files keep colours at half the size: they lie around strokes as thin as these
    around = features.grown(wide, 4) & ~wide
    if not around.any():
        return False
    grounds = [np.median(picture[around], axis=0) for picture in (bare, on)]
    if any(float(luma(ground)) <= PAPER or float(np.ptp(ground)) >= 50 for ground in grounds):
        return False
    ink = on[wide].mean(0) - grounds[1] - bare[wide].mean(0) + grounds[0]
    darkened = -float(luma(ink))
    return darkened > 2 and float(ink[0] - ink[2]) < BRIGHT * darkened
