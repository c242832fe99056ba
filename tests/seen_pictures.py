"""Pictures as the workbench sees them when it compares: drawn, saved as files, and read back as thumbnails."""

import functools
import itertools
import sys
from pathlib import Path

import numpy as np

from workbench import edits, features, images
from workbench import sample_pictures as draw

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

from lookalikes import FAMILIES

SCENES = ("table", "sea", "skyline", "lake")


@functools.cache
def photo(number: int, size: tuple[int, int] = (760, 520)) -> features.Pixels:
    """A drawn photograph; every number gives another."""
    rng = np.random.default_rng([11, number])
    ground = draw.scene(SCENES[number % len(SCENES)], rng, size)
    data = draw.data()
    design = list(data["designs"])[number % len(data["designs"])]
    colours = list(data["colours"].values())
    thing = draw.cutout(
        design, {**data["paints"], **colours[number % len(colours)]}, data["angles"][0], cut=number, edge=330
    )
    return np.asarray(draw.grain(rng, draw.placed(thing, ground, 180 + 9 * number % 160, 140), 3.0).convert("RGB"))


@functools.cache
def scene(kind: str, number: int) -> features.Pixels:
    """A drawn scene with nothing put into it: there are few features in some."""
    return np.asarray(draw.scene(kind, np.random.default_rng([23, number]), (640, 440)).convert("RGB"))


@functools.cache
def page(number: int) -> features.Pixels:
    """A page of text, scanned."""
    rng = np.random.default_rng(group("pages", 7, number))
    return np.asarray(next(FAMILIES["pages"](rng)).convert("RGB"))


def edited(pixels: features.Pixels, kind: str) -> features.Pixels:
    return thumbnail(edits.edited_file(pixels, kind, seed=3))


def thumbnail(file: bytes) -> features.Pixels:
    made = images.measure(file).thumbnail
    assert made is not None
    seen = features.decode(made)
    assert seen is not None
    return seen


@functools.cache
def original(number: int) -> features.Pixels:
    return thumbnail(edits.encoded(photo(number)))


@functools.cache
def copy(number: int, kind: str) -> features.Pixels:
    return thumbnail(edits.edited_file(photo(number), kind, seed=number, others=[photo(number + 1), photo(number + 2)]))


@functools.cache
def paper(kind: str, number: int = 0, edit: str = "") -> features.Pixels:
    """A scanned letter, form, invoice or receipt, or an edited copy of it."""
    rng = np.random.default_rng([5, number])
    page = np.asarray(draw.scanned(rng, draw.document(kind, "en", rng, number=number)).convert("RGB"))
    return thumbnail(edits.edited_file(page, edit, seed=number, others=[photo(0)]) if edit else edits.encoded(page))


@functools.cache
def lookalikes(family: str, seed: int | tuple[int, ...] = 5) -> tuple[features.Pixels, features.Pixels]:
    """Two pictures of a family of look-alikes."""
    return shot(family, seed, 0), shot(family, seed, 1)


@functools.cache
def shot(family: str, seed: int | tuple[int, ...], index: int) -> features.Pixels:
    """One of the pictures of a family of look-alikes."""
    image = next(itertools.islice(FAMILIES[family](np.random.default_rng(seed)), index, None))
    return thumbnail(edits.encoded(np.asarray(image.convert("RGB"))))


def group(family: str, seed: int, number: int) -> tuple[int, int]:
    """The seed of a group in the benchmark's catalogue of look-alikes."""
    return seed, list(FAMILIES).index(family) + len(FAMILIES) * number
