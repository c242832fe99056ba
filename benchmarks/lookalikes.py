"""A hard catalogue: pictures that look alike and are all different, as product shoots, offices and clinics have them.

Every group shares a backdrop, a pose, a form or a machine, and differs in what matters: the colour, the garment, a
small print, the number on a size label, the handwriting, where the subject stands. No two pictures of the catalogue
are copies of each other, within a group or across: whatever a finder calls a duplicate here is wrong. Half of the
recoloured ones are the very same shot coloured anew, with the same grain; the others were taken one after the other,
each with its own.

    python benchmarks/lookalikes.py FOLDER [--pictures 1000] [--seed 1]
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from workbench import sample_pictures as draw  # noqa: E402 - after the path is set, so that a bare checkout works

Rng = np.random.Generator
EDGE = 640
"""Pixels a side of a studio shot."""
INK = (28, 47, 134)


class Lookalike(NamedTuple):
    """One picture of the catalogue.

    Attributes
    ----------
    name : str
        The file's name: the group's and a number.
    group : str
        Pictures of one group look alike.
    family : str
        A key of `FAMILIES`: what differs within the group.
    image : PIL.Image.Image
    """

    name: str
    group: str
    family: str
    image: Image.Image


def catalogue(pictures: int = 1000, *, seed: int = 1, per_group: int = 6) -> Iterator[Lookalike]:
    """Yield look-alikes, the families in turn, until there are as many as asked for; the same for the same seed."""
    made = 0
    for number in itertools.count():
        family = list(FAMILIES)[number % len(FAMILIES)]
        group = f"{family}-{number // len(FAMILIES):03}"
        rng = np.random.default_rng([seed, number])
        for index, image in enumerate(itertools.islice(FAMILIES[family](rng), per_group)):
            yield Lookalike(f"{group}-{index}", group, family, image.convert("RGB"))
            made += 1
            if made == pictures:
                return


def write(folder: Path, pictures: int = 1000, *, seed: int = 1) -> list[tuple[str, str, str]]:
    """Write the catalogue as JPEGs, and ``lookalikes.csv`` beside the folder with the pairs of each group."""
    folder.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[str]] = {}
    for one in catalogue(pictures, seed=seed):
        one.image.save(folder / f"{one.name}.jpg", quality=90)
        groups.setdefault(one.group, []).append(f"{one.name}.jpg")
    pairs = [
        (a, b, group.rpartition("-")[0]) for group, names in groups.items() for a, b in itertools.combinations(names, 2)
    ]
    with folder.with_name(f"{folder.name}.lookalikes.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([("one", "other", "differs"), *pairs])
    return pairs


# -- products


def _of(rng: Rng, things: Any) -> Any:
    values = list(things)
    return values[int(rng.integers(len(values)))]


def _paper(rng: Rng) -> str:
    return str(_of(rng, draw.data()["backdrops"]["papers"]))


def _paints(colour: str) -> dict[str, str]:
    return {**draw.data()["paints"], **draw.data()["colours"][colour]}


def _shuffled(rng: Rng, things: Any) -> list[Any]:
    values = list(things)
    return [values[at] for at in rng.permutation(len(values))]


def colours(rng: Rng) -> Iterator[Image.Image]:
    """One product, one shot, in other colours."""
    design, paper, cut = _of(rng, draw.data()["designs"]), _paper(rng), int(rng.integers(1 << 30))
    angle, same_shot = _of(rng, draw.data()["angles"]), rng.random() < 0.5
    for colour in _shuffled(rng, draw.data()["colours"]):
        shot = draw.product(design, _paints(colour), angle, paper, cut=cut, edge=EDGE)
        yield draw.grain(np.random.default_rng(cut) if same_shot else rng, shot, 2.0)


def turntable(rng: Rng) -> Iterator[Image.Image]:
    """One product, turned a little further from shot to shot."""
    design, paper, cut = _of(rng, draw.data()["designs"]), _paper(rng), int(rng.integers(1 << 30))
    angle, paints = draw.data()["angles"][0], _paints(_of(rng, draw.data()["colours"]))
    for step in itertools.count():
        seen = {**angle, "squeeze": 1.0 - 0.07 * step, "tilt": 0.012 * step}
        yield draw.grain(rng, draw.product(design, paints, seen, paper, cut=cut, edge=EDGE), 2.0)


def models(rng: Rng) -> Iterator[Image.Image]:
    """One product, one colour, one pose, of another cut: the next model of the range."""
    design, paper = _of(rng, draw.data()["designs"]), _paper(rng)
    angle, paints = _of(rng, draw.data()["angles"]), _paints(_of(rng, draw.data()["colours"]))
    for cut in rng.integers(1 << 30, size=99):
        yield draw.grain(rng, draw.product(design, paints, angle, paper, cut=int(cut), edge=EDGE), 2.0)


def _swatch(rng: Rng) -> tuple[int, int, int]:
    return tuple(int(v) for v in rng.integers(20, 236, 3))  # type: ignore[return-value]  # three of them


def _texture(rng: Rng, size: tuple[int, int], kind: str) -> Image.Image:
    """Return cloth: plain, striped, checked, dotted or flowered."""
    cloth = Image.new("RGB", size, _swatch(rng))
    pen, ink, step = ImageDraw.Draw(cloth), _swatch(rng), int(rng.integers(14, 34))
    for at in range(0, max(size), step):
        if kind in ("striped", "checked"):
            pen.rectangle((0, at, size[0], at + step // 2), fill=ink)
        if kind == "checked":
            pen.rectangle((at, 0, at + step // 3, size[1]), fill=_swatch(rng))
        for x in range(at // step % 2 * step // 2, size[0], step) if kind in ("dotted", "flowered") else ():
            pen.ellipse((x, at, x + step * 0.45, at + step * 0.45), fill=ink if kind == "dotted" else _swatch(rng))
    return cloth


SHIRT = [(0.38, 0.27), (0.45, 0.29), (0.55, 0.29), (0.62, 0.27), (0.73, 0.34), (0.70, 0.46), (0.63, 0.42), (0.63, 0.66),
         (0.37, 0.66), (0.37, 0.42), (0.30, 0.46), (0.27, 0.34)]  # fmt: skip
DRESS = [(0.40, 0.27), (0.46, 0.31), (0.54, 0.31), (0.60, 0.27), (0.64, 0.34), (0.60, 0.50), (0.70, 0.80), (0.30, 0.80),
         (0.40, 0.50), (0.36, 0.34)]  # fmt: skip
SKIN = ["#e8c0a0", "#c48a63", "#8d5a3b", "#f2d3bd"]


def _part(canvas: Image.Image, at: Any, paint: Any, rng: Rng, **more: Any) -> None:
    """Draw one lit part; ``paint`` is a colour or a cloth."""
    part = {"at": at, "swell": 0.04, "gloss": 0.08, "rough": True, **more}
    mask, corner = draw.outline(part, lambda point: point, canvas.width)
    if isinstance(paint, Image.Image):
        bright, _ = draw.lighting(mask, part, canvas.width)
        pixels = draw.to_floats(paint.crop((0, 0, *mask.size))) * bright[..., None]
        canvas.paste(draw.to_image(pixels), corner, mask)
    else:
        piece = draw.painted(part, mask, paint, canvas.width, rng)
        canvas.paste(piece, corner, piece)


def _figure(rng: Rng, paper: str, skin: str, hair: Any) -> Image.Image:
    """Return a person in a studio, undressed as a shop-window dummy is."""
    page, tone = draw.studio((EDGE, EDGE), paper), draw.rgb(skin)
    _part(page, [(0.45, 0.62), (0.44, 0.78), (0.45, 0.93)], tone, rng, width=0.065)
    _part(page, [(0.55, 0.62), (0.56, 0.78), (0.55, 0.93)], tone, rng, width=0.065)
    _part(page, [(0.36, 0.32), (0.29, 0.46), (0.31, 0.60)], tone, rng, width=0.045)
    _part(page, [(0.64, 0.32), (0.71, 0.46), (0.69, 0.60)], tone, rng, width=0.045)
    _part(page, [(0.38, 0.28), (0.62, 0.28), (0.60, 0.64), (0.40, 0.64)], tone, rng)
    _part(page, [(0.5, 0.20), (0.5, 0.30)], tone, rng, width=0.05)
    _part(page, [(0.5, 0.075), (0.545, 0.13), (0.53, 0.2), (0.5, 0.225), (0.47, 0.2), (0.455, 0.13)], tone, rng)
    _part(
        page,
        [(0.5, 0.055), (0.555, 0.09), (0.55, 0.16), (0.53, 0.10), (0.47, 0.10), (0.45, 0.16), (0.445, 0.09)],
        hair,
        rng,
    )
    return page


def garments(rng: Rng) -> Iterator[Image.Image]:
    """One person, one pose, one backdrop; another garment, colour or pattern."""
    body = _figure(rng, _paper(rng), _of(rng, SKIN), _swatch(rng))
    cut = _of(rng, (SHIRT, DRESS))
    for kind in itertools.cycle(_shuffled(rng, ("plain", "plain", "striped", "checked", "dotted", "flowered"))):
        page = body.copy()
        _part(page, [(0.39, 0.62), (0.61, 0.62), (0.60, 0.74), (0.40, 0.74)], (40, 44, 60), np.random.default_rng(1))
        _part(page, cut, _texture(rng, (EDGE, EDGE), kind), rng, swell=0.03)
        yield draw.grain(rng, page, 2.0)


WORDS = ["PARIS", "LONDON", "OSLO", "KYOTO", "LISBOA", "TURIN", "QUITO", "CAIRO", "LAGOS", "DELHI"]


def prints(rng: Rng) -> Iterator[Image.Image]:
    """One shirt, laid flat, with another word or sign on its chest."""
    page, cloth = draw.studio((EDGE, EDGE), _paper(rng)), _swatch(rng)
    ink = (250, 250, 250) if sum(cloth) < 380 else (20, 20, 30)
    wide = [(0.5 + (x - 0.5) * 1.7, 0.5 + (y - 0.47) * 1.7) for x, y in SHIRT]
    _part(page, wide, cloth, rng)
    for word in _shuffled(rng, WORDS):
        one = page.copy()
        ImageDraw.Draw(one).text(
            (EDGE * 0.5, EDGE * 0.42), word, fill=ink, font=draw.font(int(EDGE * 0.055)), anchor="mm"
        )
        yield draw.grain(rng, one, 2.0)


def logos(rng: Rng) -> Iterator[Image.Image]:
    """One bag or bottle with another small sign on it."""
    design, paper, cut = _of(rng, ("tote", "rucksack", "flask", "mug")), _paper(rng), int(rng.integers(1 << 30))
    shot = draw.product(
        design, _paints(_of(rng, draw.data()["colours"])), draw.data()["angles"][0], paper, cut=cut, edge=EDGE
    )
    for sides in itertools.count(3):
        one, (x, y), r = shot.copy(), (EDGE * 0.5, EDGE * 0.58), EDGE * 0.035
        pen = ImageDraw.Draw(one)
        pen.regular_polygon((x, y, r), min(sides, 8), fill=_swatch(rng), outline="white")
        yield draw.grain(rng, one, 2.0)


def size_labels(rng: Rng) -> Iterator[Image.Image]:
    """One garment, taken once for every size, with the size on a label."""
    page = draw.studio((EDGE, EDGE), _paper(rng))
    _part(page, [(0.5 + (x - 0.5) * 1.7, 0.5 + (y - 0.47) * 1.7) for x, y in SHIRT], _swatch(rng), rng)
    pen = ImageDraw.Draw(page)
    pen.rectangle((EDGE * 0.46, EDGE * 0.20, EDGE * 0.54, EDGE * 0.255), fill="white", outline="#888")
    for size in ("S", "M", "L", "XL", "36", "38", "40", "42"):
        one = page.copy()
        face = draw.font(int(EDGE * 0.042))
        ImageDraw.Draw(one).text((EDGE * 0.5, EDGE * 0.228), size, fill="#111", font=face, anchor="mm")
        yield draw.grain(rng, one, 2.0)


def vintages(rng: Rng) -> Iterator[Image.Image]:
    """One bottle, another year on the label."""
    shot = draw.product(
        "bottle", _paints(_of(rng, draw.data()["colours"])), draw.data()["angles"][0], _paper(rng),
        cut=int(rng.integers(1 << 30)), edge=EDGE,
    )  # fmt: skip
    start, pen = int(rng.integers(1990, 2015)), ImageDraw.Draw(shot)
    pen.rectangle((EDGE * 0.41, EDGE * 0.51, EDGE * 0.59, EDGE * 0.64), fill="#f4efe2", outline="#7a6a48")
    for year in range(start, start + 99):
        one = shot.copy()
        pen = ImageDraw.Draw(one)
        pen.text((EDGE * 0.5, EDGE * 0.545), "Chateau", fill="#333", font=draw.font(22), anchor="mm")
        pen.text((EDGE * 0.5, EDGE * 0.60), str(year), fill="#722", font=draw.font(36), anchor="mm")
        yield draw.grain(rng, one, 2.0)


# -- paper and screens

PROSE = (
    "the", "claim", "was", "received", "on", "time", "and", "damage", "to", "roof", "has", "been", "looked", "at", "by",
    "our", "surveyor", "who", "found", "nothing", "unusual",
)  # fmt: skip
NAMES = [
    "Anna Weber",
    "J. Okafor",
    "Li Wei",
    "M. Rossi",
    "S. Haddad",
    "Ingrid Holm",
    "P. Novak",
    "Tomas Silva",
    "Y. Tanaka",
]
LABELS = ["Name", "Date of birth", "Policy number", "Place", "Amount", "Account", "Telephone", "Remarks", "Signature"]


def _written(rng: Rng, page: Image.Image, text: str, at: tuple[float, float], size: int) -> None:
    """Write by hand: every letter a little out of line, slanted."""
    ink = Image.new("L", (size * len(text), size * 2))
    pen, x = ImageDraw.Draw(ink), 4.0
    for letter in text:
        face = draw.font(int(size * rng.uniform(0.85, 1.1)))
        pen.text((x, size * 0.3 + rng.normal(0, size * 0.06)), letter, fill=230, font=face)
        x += face.getlength(letter) * rng.uniform(0.86, 1.0)
    slanted = ink.transform(ink.size, Image.Transform.AFFINE, (1, 0.22, -4, 0, 1, 0), Image.Resampling.BILINEAR)
    page.paste(INK, (round(at[0]), round(at[1])), slanted)


def _blank_form(rng: Rng) -> Image.Image:
    page = Image.new("RGB", (640, 900), (252, 251, 247))
    pen = ImageDraw.Draw(page)
    pen.rectangle((40, 36, 600, 92), fill=_swatch(rng))
    pen.text((60, 64), "Application for reimbursement", fill="white", font=draw.font(24), anchor="lm")
    for row, label in enumerate(_shuffled(rng, LABELS)):
        y = 120 + row * 82
        pen.rectangle((40, y, 600, y + 70), outline="#7c8a98", width=2)
        pen.text((48, y + 4), label, fill="#4a5b6c", font=draw.font(14))
    return page


def forms(rng: Rng) -> Iterator[Image.Image]:
    """One printed form, filled in by other people."""
    blank = _blank_form(rng)
    for _ in itertools.count():
        page = blank.copy()
        for row in range(9):
            text = _of(rng, NAMES) if row % 3 == 0 else f"{rng.integers(10**7):,}"
            if rng.random() < 0.9:
                _written(rng, page, text, (70 + rng.uniform(0, 40), 138 + row * 82), 30)
        yield draw.scanned(rng, page)


def form_values(rng: Rng) -> Iterator[Image.Image]:
    """One form, typed, on which only two numbers differ."""
    blank, face = _blank_form(rng), draw.font(28)
    for row in range(9):
        text = _of(rng, NAMES) if row in (0, 3) else f"{rng.integers(10**6, 10**7)}"
        if row not in (2, 5):
            ImageDraw.Draw(blank).text((80, 148 + row * 82), text, fill="#222", font=face)
    for _ in itertools.count():
        page = blank.copy()
        for row in (2, 5):
            ImageDraw.Draw(page).text((80, 148 + row * 82), f"{rng.integers(10**6, 10**7)}", fill="#222", font=face)
        yield draw.scanned(rng, page)


def pages(rng: Rng) -> Iterator[Image.Image]:
    """The pages of one typed document, with the same letterhead."""
    colour = _swatch(rng)
    for number in itertools.count(1):
        page = Image.new("RGB", (640, 900), (252, 251, 247))
        pen = ImageDraw.Draw(page)
        pen.rectangle((50, 40, 110, 100), fill=colour)
        pen.text((124, 70), "Harbour & Vale Insurance", fill="#222", font=draw.font(26), anchor="lm")
        for y in range(150, 820, 26):
            line = " ".join(_of(rng, PROSE) for _ in range(9 if y % 4 else int(rng.integers(3, 10))))
            pen.text((50, y), line[:62], fill="#262422", font=draw.font(17))
        pen.text((320, 860), f"- {number} -", fill="#555", font=draw.font(16), anchor="mm")
        yield draw.scanned(rng, page)


def screens(rng: Rng) -> Iterator[Image.Image]:
    """One program on a screen, showing other figures."""
    page = Image.new("RGB", (800, 500), (244, 245, 247))
    pen, colour = ImageDraw.Draw(page), _swatch(rng)
    pen.rectangle((0, 0, 800, 44), fill=colour)
    pen.text((16, 22), "Control room", fill="white", font=draw.font(20), anchor="lm")
    pen.rectangle((0, 44, 150, 500), fill="#e2e5ea")
    for row, word in enumerate(("Overview", "Orders", "Stock", "People", "Reports", "Settings")):
        pen.text((20, 76 + row * 36), word, fill="#333", font=draw.font(17))
    for _ in itertools.count():
        one = page.copy()
        pen = ImageDraw.Draw(one)
        for column in range(3):
            x = 170 + column * 208
            pen.rectangle((x, 64, x + 192, 150), fill="white", outline="#ccc")
            pen.text((x + 12, 104), f"{rng.integers(100, 99999):,}", fill="#111", font=draw.font(34), anchor="lm")
        heights = rng.integers(20, 250, 24)
        pen.rectangle((170, 170, 778, 480), fill="white", outline="#ccc")
        for at, high in enumerate(heights):
            pen.rectangle((182 + at * 24.5, 470 - int(high), 198 + at * 24.5, 470), fill=colour)
        yield one


# -- places, bursts, machines


def bursts(rng: Rng) -> Iterator[Image.Image]:
    """A camera on a stand, a subject that moves: the frames of a burst."""
    ground = draw.scene(_of(rng, ("table", "sea", "skyline", "lake")), rng, (760, 520))
    thing = draw.cutout(
        _of(rng, draw.data()["designs"]), _paints(_of(rng, draw.data()["colours"])), draw.data()["angles"][0],
        cut=int(rng.integers(1 << 30)), edge=300,
    )  # fmt: skip
    x, y, dx = float(rng.uniform(20, 180)), float(rng.uniform(150, 215)), float(rng.uniform(18, 70))
    for step in itertools.count():
        left = round(x + dx * step) % 470
        yield draw.grain(rng, draw.placed(thing, ground.copy(), left, round(y + 6 * np.sin(step))), 2.5)


def shelves(rng: Rng) -> Iterator[Image.Image]:
    """One table in one room, with another thing on it."""
    ground, paints = draw.scene("table", rng, (760, 520)), draw.data()["colours"]
    for design in _shuffled(rng, draw.data()["designs"]):
        thing = draw.cutout(
            design, _paints(_of(rng, paints)), draw.data()["angles"][0], cut=int(rng.integers(1 << 30)), edge=380
        )
        yield draw.grain(rng, draw.placed(thing, ground.copy(), 190, 110), 2.5)


def slices(rng: Rng) -> Iterator[Image.Image]:
    """The slices of one scan of a head: each a little further up than the one before."""
    ellipses = [
        rng.uniform([-0.4, -0.5, 0.08, 0.08, -0.25, -0.5], [0.4, 0.5, 0.24, 0.3, 0.3, 0.5]) for _ in range(11)
    ]  # across, down, width, height, density, turn
    drift = [rng.normal(0, 0.02, 2) for _ in ellipses]
    y, x = np.mgrid[-1:1:420j, -1:1:420j].astype(np.float32)
    for step in itertools.count():
        body = 0.9 * np.clip((1 - np.hypot(x / 0.7, y / 0.9)) * 30, 0, 1) - 0.6 * np.clip(
            (1 - np.hypot(x / 0.63, y / 0.83)) * 30, 0, 1
        )
        for (cx, cy, wide, high, density, turn), (mx, my) in zip(ellipses, drift, strict=True):
            u, v = x - cx - mx * step, y - cy - my * step
            u, v = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
            grown = 1 + 0.10 * np.sin(step * 0.9 + 7 * density)
            body = body + density * np.clip((1 - np.hypot(u / wide / grown, v / high / grown)) * 30, 0, 1)
        yield draw.grain(rng, draw.to_image(draw.soft(body, 1) * 165 + 6), 3.0)


FAMILIES: dict[str, Callable[[Rng], Iterator[Image.Image]]] = {
    "colours": colours,
    "garments": garments,
    "prints": prints,
    "forms": forms,
    "bursts": bursts,
    "size_labels": size_labels,
    "models": models,
    "logos": logos,
    "pages": pages,
    "form_values": form_values,
    "turntable": turntable,
    "vintages": vintages,
    "shelves": shelves,
    "screens": screens,
    "slices": slices,
}
"""What differs within a group → what draws one."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    pairs = write(args.folder, args.pictures, seed=args.seed)
    print(f"{args.pictures:,} pictures in {args.folder}; {len(pairs):,} pairs that look alike and are different.")


if __name__ == "__main__":
    main()
