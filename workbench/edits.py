"""What people do to a picture before it comes back as another file: named kinds of edits, the same every time.

Calibration plants copies made here in the collection at hand, and the benchmark counts how many of each kind are
found. Beside `images` the only module of the workbench that draws with Pillow: there pictures are read, here they are
spoilt.

Three things that can be done to a picture are no kinds of edits here. *Inverting* it: nobody delivers the negative as a
copy, and in an archive the negative is an item of its own, to be kept. *Turning its hues*: that is exactly how one
product comes in two colours, so calling it a copy would be calling every colour variant one. *Blacking out* a part:
whoever did that wants both, the one to show and the one to keep.
"""

from __future__ import annotations

import functools
import io
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from workbench.errors import BadValue

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

FAMILIES = {
    "size": "other size or proportions",
    "crop": "a part of it",
    "coding": "saved in another format or quality",
    "turn": "turned or mirrored",
    "tone": "other brightness or contrast",
    "colour": "other colours",
    "detail": "blurred, sharpened, noisy",
    "overlay": "something put on it",
    "frame": "something put around it",
    "scene": "shown inside another picture",
    "chain": "several edits one after the other",
}
"""Family of edits → what became of the picture, in words."""


@dataclass(slots=True)
class Table:
    """What an edit works with.

    Attributes
    ----------
    rng : numpy.random.Generator
        Where it takes chance from.
    others : sequence of ndarray of uint8, shape (height, width, 3)
        Other pictures, for collages; drawn ones stand in where there are none.
    """

    rng: np.random.Generator
    others: Sequence[Pixels] = ()


Change = Callable[[Image.Image, Table], Image.Image]


@dataclass(frozen=True)
class Edit:
    """One kind of edit.

    Attributes
    ----------
    says : str
        What was done, in words.
    family : str
        A key of `FAMILIES`.
    change : callable
        From a picture to the edited one.
    format, options
        How the copy is saved; as a good JPEG unless the kind is about that.
    """

    says: str
    family: str
    change: Change
    format: str = "JPEG"
    options: dict[str, Any] = field(default_factory=lambda: {"quality": 90})


def edited_file(pixels: Pixels, kind: str, *, seed: int = 0, others: Sequence[Pixels] = ()) -> bytes:
    """Return an edited copy of a picture as a file.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        The picture: oriented, sRGB, at least 16 pixels each way.
    kind : str
        A key of `KINDS`.
    seed : int
        Where a crop lies, which noise it is…: the same arguments give the same bytes, as long as the libraries that
        encode them are the same.
    others : sequence of ndarray, optional
        Pictures that may stand beside it in a collage, none of them a copy of it.

    Raises
    ------
    BadValue
        No such kind, or no such picture.
    """
    edit = KINDS.get(kind)
    if edit is None:
        raise BadValue(f"There is no kind of edit called {kind!r}.", hint=f"Known: {', '.join(KINDS)}.")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape[:2]) < 16 or pixels.dtype != np.uint8:
        raise BadValue(
            f"An array of {pixels.dtype} and shape {pixels.shape} can't be edited.",
            hint="Give a picture of 8-bit RGB, at least 16 pixels each way.",
        )
    table = Table(np.random.default_rng([seed, zlib.crc32(kind.encode())]), others)
    out = io.BytesIO()
    edit.change(Image.fromarray(pixels), table).save(out, edit.format, **edit.options)
    return out.getvalue()


def edited(pixels: Pixels, kind: str, *, seed: int = 0, others: Sequence[Pixels] = ()) -> Pixels:
    """Return what `edited_file` makes, as somebody sees who opens it: shape (height', width', 3)."""
    with Image.open(io.BytesIO(edited_file(pixels, kind, seed=seed, others=others))) as image:
        return np.asarray(image.convert("RGB"))


def encoded(pixels: Pixels, *, quality: int = 92) -> bytes:
    """Return a picture, shape (height, width, 3), as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def lookalikes(
    pixels: Pixels, kind: str, *, seed: int = 0, others: Sequence[Pixels] = ()
) -> tuple[bytes, bytes] | None:
    """Return two files made from one picture that look alike and are two pictures, neither a copy of the other.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
    kind : str
        A key of `LOOKALIKES`.
    seed : int
        As for `edited_file`.
    others : sequence of ndarray, optional
        Where what is put in their place is taken from; drawn where there are none.

    Returns
    -------
    tuple of (bytes, bytes) or None
        JPEGs, each with grain of its own; None where the picture has nothing that could be made to differ that way.
    """
    if kind not in LOOKALIKES:
        raise BadValue(f"There are no look-alikes called {kind!r}.", hint=f"Known: {', '.join(LOOKALIKES)}.")
    table = Table(np.random.default_rng([seed, zlib.crc32(kind.encode())]), others)
    made = LOOKALIKES[kind][1](Image.fromarray(pixels), table)
    if made is None:
        return None
    one, other = (encoded(np.asarray(_noisy(2)(image, table))) for image in made)
    return one, other


# -- small tools


@functools.cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(max(8, size))  # type: ignore[return-value]  # never the bitmap fallback, with FreeType


def _floats(image: Image.Image) -> npt.NDArray[np.float32]:
    return np.asarray(image, dtype=np.float32)


def _image(values: npt.NDArray[Any]) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).round().astype(np.uint8))


def _table(levels: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> list[int]:
    """Return a tone curve over 0–1 as the 256 entries that Pillow wants."""
    curve = levels(np.linspace(0, 1, 256))
    return [int(v) for v in np.clip(curve * 255, 0, 255).round()]


def then(*changes: Change) -> Change:
    """Return the edits one after the other as one."""

    def all_of_them(image: Image.Image, table: Table) -> Image.Image:
        return functools.reduce(lambda picture, change: change(picture, table), changes, image)

    return all_of_them


def _whole(image: Image.Image, table: Table) -> Image.Image:
    return image


# -- size, crop, turn


def _scaled(factor: float, tall: float = 1.0) -> Change:
    def change(image: Image.Image, table: Table) -> Image.Image:
        size = (max(16, round(image.width * factor)), max(16, round(image.height * factor * tall)))
        return image.resize(size, Image.Resampling.LANCZOS)

    return change


def _to_edge(edge: int) -> Change:
    def change(image: Image.Image, table: Table) -> Image.Image:
        return _scaled(edge / max(image.size))(image, table)

    return change


def _cropped(area: float) -> Change:
    """Keep a part of the area, of the same proportions, anywhere."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        side = math.sqrt(area)
        left, top = table.rng.uniform(0, 1 - side, 2) * image.size
        right, bottom = left + side * image.width, top + side * image.height
        return image.crop((round(left), round(top), round(right), round(bottom)))

    return change


def _trimmed(left: float, top: float, right: float, bottom: float) -> Change:
    def change(image: Image.Image, table: Table) -> Image.Image:
        wide, high = image.size
        return image.crop(
            (round(left * wide), round(top * high), round((1 - right) * wide), round((1 - bottom) * high))
        )

    return change


def _square(image: Image.Image, table: Table) -> Image.Image:
    """Cut the middle square; a square itself becomes 4:3."""
    wide, high = image.size
    if abs(wide - high) < 0.05 * max(wide, high):
        return _trimmed(0, 0.125, 0, 0.125)(image, table)
    return ImageOps.fit(image, (min(image.size),) * 2)


def _transposed(*how: Image.Transpose) -> Change:
    def change(image: Image.Image, table: Table) -> Image.Image:
        for one in how:
            image = image.transpose(one)
        return image

    return change


def _tilted(degrees: float, *, cut: bool = False) -> Change:
    """Turn a little: onto a larger white page, or cut to the largest upright rectangle without corners."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=not cut, fillcolor="white")
        if not cut:
            return turned
        angle, (wide, high) = math.radians(abs(degrees)), image.size
        part = min(wide, high) / (min(wide, high) * math.cos(angle) + max(wide, high) * math.sin(angle))
        return _trimmed(*[(1 - part) / 2] * 4)(turned, table)

    return change


def _quad(corners: Sequence[tuple[float, float]], ground: Colour | None = None) -> Change:
    """Show the picture as seen from aside: its corners (clockwise from the top left, 0–1) come to lie there."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        wide, high = image.size
        to = [(x * wide, y * high) for x, y in corners]
        fill = ground or tuple(int(v) for v in _floats(image).mean((0, 1)))
        come_from = [(0, 0), (wide, 0), (wide, high), (0, high)]
        return image.transform(
            image.size,
            Image.Transform.PERSPECTIVE,
            _homography(to, come_from),
            Image.Resampling.BICUBIC,
            fillcolor=fill,
        )

    return change


def _homography(to: Sequence[tuple[float, float]], come_from: Sequence[tuple[float, float]]) -> list[float]:
    """Return the eight numbers with which Pillow takes each point of the result back to the original."""
    rows = []
    for (x, y), (u, v) in zip(to, come_from, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return [float(v) for v in np.linalg.solve(np.array(rows), np.ravel(come_from))]


# -- tone, colour, detail


def _enhanced(what: Callable[[Image.Image], Any], factor: float) -> Change:
    return lambda image, table: what(image).enhance(factor)


def _curved(levels: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> Change:
    return lambda image, table: image.point(_table(levels) * 3)


def _cast(*gains: float) -> Change:
    return lambda image, table: _image(_floats(image) * np.array(gains, dtype=np.float32))


def _grey(image: Image.Image, table: Table) -> Image.Image:
    return image.convert("L").convert("RGB")


def _sepia(image: Image.Image, table: Table) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), (32, 20, 10), (250, 236, 206), (150, 118, 82))


def _duotone(image: Image.Image, table: Table) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), (18, 24, 66), (250, 244, 232))


def _vignette(image: Image.Image, table: Table) -> Image.Image:
    y, x = np.ogrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    return _image(_floats(image) * (1 - 0.38 * (x * x + y * y) / 2)[..., None])


def _gradient_light(image: Image.Image, table: Table) -> Image.Image:
    return _image(_floats(image) * np.linspace(0.68, 1.18, image.width, dtype=np.float32)[None, :, None])


def _blurred(part: float) -> Change:
    """Blur by a part of the long edge."""
    return lambda image, table: image.filter(ImageFilter.GaussianBlur(max(image.size) * part))


def _shaken(image: Image.Image, table: Table) -> Image.Image:
    """Blur along a line, as a moved camera does."""
    reach = max(2, max(image.size) // 110)
    pixels = np.pad(_floats(image), ((0, 0), (reach, reach), (0, 0)), mode="edge")
    return _image(np.mean([pixels[:, d : d + image.width] for d in range(2 * reach + 1)], axis=0))


def _sharpened(image: Image.Image, table: Table) -> Image.Image:
    return image.filter(ImageFilter.UnsharpMask(radius=max(image.size) / 500, percent=180, threshold=2))


def _noisy(strength: float) -> Change:
    def change(image: Image.Image, table: Table) -> Image.Image:
        pixels = _floats(image)
        return _image(pixels + table.rng.standard_normal(pixels.shape, dtype=np.float32) * strength)

    return change


def _specks(image: Image.Image, table: Table) -> Image.Image:
    pixels = np.array(image)
    chance = table.rng.random(pixels.shape[:2])
    pixels[chance < 0.006], pixels[chance > 0.994] = 0, 255
    return Image.fromarray(pixels)


def _pixelated(image: Image.Image, table: Table) -> Image.Image:
    """Make blocks of a 160th of the long edge."""
    part = 160 / max(image.size)
    small = image.resize((max(8, round(image.width * part)), max(8, round(image.height * part))), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


def _again(quality: int, times: int = 1) -> Change:
    """Save as a JPEG and open again."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        for _ in range(times):
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality)
            image = Image.open(io.BytesIO(out.getvalue())).convert("RGB")
        return image

    return change


def _few_colours(count: int, *, dither: Image.Dither = Image.Dither.FLOYDSTEINBERG) -> Change:
    return lambda image, table: image.quantize(count, dither=dither)


# -- overlays


def _lettering(text: str, part: float, slant: float, strength: int) -> Change:
    """Write half-transparent text over the middle, as wide as a part of the picture."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        face = _face(round(part * image.width * 1.7 / len(text)))
        ink = Image.new("L", image.size)
        ImageDraw.Draw(ink).text((image.width / 2, image.height / 2), text, fill=strength, font=face, anchor="mm")
        result = image.copy()
        result.paste((255, 255, 255), (0, 0), ink.rotate(slant, Image.Resampling.BICUBIC))
        return result

    return change


def _tiled_marks(image: Image.Image, table: Table) -> Image.Image:
    """Write a small watermark over and over."""
    face, ink = _face(image.width // 26), Image.new("L", image.size)
    draw = ImageDraw.Draw(ink)
    for row, y in enumerate(range(0, image.height, max(20, image.height // 7))):
        for x in range(-(row % 2) * image.width // 8, image.width, max(40, image.width // 4)):
            draw.text((x, y), "© preview", fill=110, font=face)
    result = image.copy()
    result.paste((255, 255, 255), (0, 0), ink)
    return result


def _bar(text: str, part: float, *, top: bool = False, inside: bool = True) -> Change:
    """Write text on a bar over the picture's lower or upper edge, or in a strip added there."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        high = max(14, round(image.height * part))
        result = image.copy() if inside else Image.new("RGB", (image.width, image.height + high), "white")
        if not inside:
            result.paste(image, (0, high if top else 0))
        start = 0 if top else result.height - high
        draw = ImageDraw.Draw(result)
        draw.rectangle((0, start, result.width, start + high), fill=(22, 22, 28) if inside else (255, 255, 255))
        ink = (255, 255, 255) if inside else (10, 10, 10)
        draw.text((result.width / 2, start + high / 2), text, fill=ink, font=_face(round(high * 0.5)), anchor="mm")
        return result

    return change


def _logo(part: float) -> Change:
    """Put an opaque badge into a corner, as wide as a part of the short edge."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        result, wide = image.copy(), round(min(image.size) * part)
        draw, gap = ImageDraw.Draw(result), round(min(image.size) * 0.03)
        left, top = image.width - wide - gap, gap
        draw.ellipse(
            (left, top, left + wide, top + wide), fill=(214, 40, 57), outline="white", width=max(1, wide // 24)
        )
        draw.text((left + wide / 2, top + wide / 2), "NEW", fill="white", font=_face(wide // 4), anchor="mm")
        return result

    return change


def _dated(image: Image.Image, table: Table) -> Image.Image:
    """Print the date into the corner, as compact cameras did."""
    result = image.copy()
    at = (image.width * 0.96, image.height * 0.95)
    ImageDraw.Draw(result).text(at, "12  3 '09", fill=(255, 140, 30), font=_face(image.height // 16), anchor="rs")
    return result


def _marked(image: Image.Image, table: Table) -> Image.Image:
    """Draw a red ring and an arrow, as people do who point at something."""
    result, (wide, high) = image.copy(), image.size
    draw, pen = ImageDraw.Draw(result), max(2, min(wide, high) // 70)
    x, y = table.rng.uniform(0.3, 0.7, 2) * image.size
    r = min(wide, high) * 0.13
    draw.ellipse((x - r, y - r, x + r, y + r), outline=(230, 20, 20), width=pen)
    draw.line((x + 2.2 * r, y + 2.0 * r, x + 0.9 * r, y + 0.85 * r), fill=(230, 20, 20), width=pen)
    return result


def _inset(image: Image.Image, table: Table) -> Image.Image:
    """Put another picture into a corner, a quarter as wide."""
    result = image.copy()
    size = (max(16, image.width // 4), max(16, image.height // 4))
    result.paste(ImageOps.fit(_another(table, 0), size), (round(image.width * 0.72), round(image.height * 0.71)))
    return result


# -- frames and scenes


def _bordered(part: float, colour: Colour) -> Change:
    return lambda image, table: ImageOps.expand(image, max(2, round(max(image.size) * part)), colour)


def _letterboxed(shape: float) -> Change:
    """Put black bars above and below, or left and right, to the given proportions."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        size = (image.width, round(image.width / shape))
        if size[1] < image.height:
            size = (round(image.height * shape), image.height)
        page = Image.new("RGB", size)
        page.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
        return page

    return change


def _rounded(image: Image.Image, table: Table) -> Image.Image:
    """Round the corners, on a white page with a margin."""
    mask, margin = Image.new("L", image.size), max(image.size) // 30
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *image.size), min(image.size) // 8, fill=255)
    page = Image.new("RGB", (image.width + 2 * margin, image.height + 2 * margin), "white")
    page.paste(image, (margin, margin), mask)
    return page


def _instant_print(image: Image.Image, table: Table) -> Image.Image:
    """Put the wide-footed white frame of an instant print around it."""
    edge = max(image.size) // 18
    page = Image.new("RGB", (image.width + 2 * edge, image.height + 5 * edge), (246, 244, 238))
    page.paste(image, (edge, edge))
    return page


def _window(image: Image.Image, table: Table) -> Image.Image:
    """Show the picture in a program's window on a desktop, as a screenshot has it."""
    wide, high = image.size
    page = Image.new("RGB", (round(wide * 1.3), round(high * 1.36)), (58, 92, 138))
    draw, line = ImageDraw.Draw(page), max(12, high // 18)
    left, top = round(wide * 0.12), round(high * 0.08)
    draw.rectangle((left - 8, top, left + wide + 8, top + 2 * line + high + 8), fill=(236, 236, 238))
    draw.text(
        (left + 4, top + line / 2), "IMG_2041.jpg - Viewer", fill=(40, 40, 40), font=_face(line // 2), anchor="lm"
    )
    for number, colour in enumerate([(240, 90, 80), (245, 190, 70), (90, 200, 90)]):
        x = left + wide - (number + 1) * line
        draw.ellipse((x, top + line * 0.25, x + line / 2, top + line * 0.75), fill=colour)
    words = "File   Edit   View   Image   Help"
    draw.text((left + 4, top + line * 1.5), words, fill=(70, 70, 70), font=_face(line // 2), anchor="lm")
    page.paste(image, (left, top + 2 * line))
    draw.rectangle((0, page.height - line, *page.size), fill=(28, 30, 36))
    return page


def _phone(image: Image.Image, table: Table) -> Image.Image:
    """Show the picture on a phone's screen, black above and below."""
    wide = 540
    shown = image.resize((wide, max(16, round(image.height * wide / image.width))), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (wide, max(1170, shown.height + 220)))
    draw = ImageDraw.Draw(page)
    draw.text((24, 16), "09:41", fill="white", font=_face(26))
    draw.text((wide - 24, 16), "5G  78%", fill="white", font=_face(26), anchor="ra")
    draw.text((wide / 2, page.height - 60), "Share      Like      Delete", fill="white", font=_face(26), anchor="mm")
    page.paste(shown, (0, (page.height - shown.height) // 2))
    return page


def _web_page(image: Image.Image, table: Table) -> Image.Image:
    """Show the picture in the column of a page of text."""
    wide, high = image.size
    page = Image.new("RGB", (round(wide * 1.5), round(high * 1.7)), (250, 250, 248))
    draw, size = ImageDraw.Draw(page), max(10, high // 24)
    draw.rectangle((0, 0, page.width, size * 2), fill=(32, 60, 92))
    draw.text((size, size), "News of the day", fill="white", font=_face(size), anchor="lm")
    line = "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore magna "
    for y in [size * 3, size * 4.3, *np.arange(high * 1.1 + size * 3.5, page.height - size, size * 1.3)]:
        shift = int(table.rng.integers(0, 40))
        draw.text((size, y), line[shift:] + line[:shift], fill=(60, 60, 60), font=_face(size * 3 // 4))
    page.paste(image, (size, round(size * 6)))
    return page


def _another(table: Table, number: int) -> Image.Image:
    """Return another picture: one of those given, or a drawn one."""
    if table.others:
        return Image.fromarray(table.others[number % len(table.others)])
    rng, page = table.rng, Image.new("RGB", (320, 240), tuple(int(v) for v in table.rng.integers(60, 230, 3)))
    draw = ImageDraw.Draw(page)
    for _ in range(40):
        x, y, w, h = rng.uniform([0, 0, 8, 8], [320, 240, 90, 70])
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return page.filter(ImageFilter.GaussianBlur(0.8))


def _collage(across: int, down: int, gap: float = 0.02) -> Change:
    """Put the picture into one cell of a table of pictures, each cell of the picture's own proportions."""

    def change(image: Image.Image, table: Table) -> Image.Image:
        wide, high = image.size
        space = round(max(image.size) * gap)
        page = Image.new("RGB", (across * (wide + space) + space, down * (high + space) + space), "white")
        mine = int(table.rng.integers(across * down))
        for cell in range(across * down):
            at = (space + cell % across * (wide + space), space + cell // across * (high + space))
            page.paste(image if cell == mine else ImageOps.fit(_another(table, cell), image.size), at)
        return page

    return change


def _printed(image: Image.Image, table: Table) -> Image.Image:
    """Photograph a print that lies on a table: aslant, unevenly lit, a little soft."""
    laid = ImageOps.expand(image, max(image.size) // 8, (112, 84, 58))
    seen = _quad([(0.05, 0.03), (0.98, 0.06), (0.93, 0.97), (0.02, 0.93)], (112, 84, 58))(laid, table)
    return _noisy(4)(_gradient_light(_blurred(0.0012)(seen, table), table), table)


def _scanned(image: Image.Image, table: Table) -> Image.Image:
    """Scan a print: a little askew on white, paler, with grain."""
    pale = _curved(lambda v: 0.06 + 0.9 * v)(_tilted(1.2)(image, table), table)
    return _noisy(5)(_blurred(0.001)(pale, table), table)


_T = Image.Transpose


def _jpeg(quality: int) -> Edit:
    return Edit(f"saved as a JPEG of quality {quality}", "coding", _whole, options={"quality": quality})


def _crop(percent: int) -> Edit:
    return Edit(f"cropped to {percent} % of its area", "crop", _cropped(percent / 100))


def _tilt(degrees: float) -> Edit:
    return Edit(f"turned by {degrees:g}° onto a larger white page", "turn", _tilted(degrees))


KINDS: dict[str, Edit] = {
    "resize_75": Edit("three quarters as wide", "size", _scaled(0.75)),
    "resize_50": Edit("half as wide", "size", _scaled(0.5)),
    "resize_25": Edit("a quarter as wide", "size", _scaled(0.25)),
    "thumbnail": Edit("a preview of 160 pixels", "size", _to_edge(160)),
    "enlarge_150": Edit("enlarged by half", "size", _scaled(1.5)),
    "enlarge_200": Edit("twice as wide", "size", _scaled(2.0)),
    "stretch_wide": Edit("squeezed to 85 % of its height", "size", _scaled(1.0, 0.85)),
    "stretch_tall": Edit("stretched to 120 % of its height", "size", _scaled(0.9, 1.2)),
    "crop_90": _crop(90),
    "crop_75": _crop(75),
    "crop_50": _crop(50),
    "crop_25": _crop(25),
    "crop_square": Edit("cut to a square, or a square to 4:3", "crop", _square),
    "crop_bottom": Edit("the lowest fifth cut off", "crop", _trimmed(0, 0, 0, 0.2)),
    "crop_side": Edit("a quarter cut off on the left", "crop", _trimmed(0.25, 0, 0, 0)),
    **{f"jpeg_q{quality}": _jpeg(quality) for quality in (90, 70, 50, 30, 20, 10)},
    "jpeg_five_times": Edit("saved as a JPEG of quality 60 five times over", "coding", _again(60, 5)),
    "webp": Edit("saved as WebP", "coding", _whole, "WEBP", {"quality": 80, "method": 2}),
    "webp_q20": Edit("saved as WebP of quality 20", "coding", _whole, "WEBP", {"quality": 20, "method": 2}),
    "gif": Edit("saved as GIF with 256 colours", "coding", _few_colours(256), "GIF", {}),
    "palette_16": Edit("reduced to 16 colours", "coding", _few_colours(16, dither=Image.Dither.NONE), "PNG", {}),
    "bmp_small": Edit("saved as BMP, 60 % as wide", "coding", _scaled(0.6), "BMP", {}),
    "rotate_90": Edit("turned by 90° to the left", "turn", _transposed(_T.ROTATE_90)),
    "rotate_180": Edit("turned upside down", "turn", _transposed(_T.ROTATE_180)),
    "rotate_270": Edit("turned by 90° to the right", "turn", _transposed(_T.ROTATE_270)),
    "mirror": Edit("left and right changed over", "turn", _transposed(_T.FLIP_LEFT_RIGHT)),
    "flip": Edit("above and below changed over", "turn", _transposed(_T.FLIP_TOP_BOTTOM)),
    "mirror_rotate_90": Edit("mirrored and turned by 90°", "turn", _transposed(_T.TRANSPOSE)),
    "rotate_2": _tilt(2),
    "rotate_5": _tilt(-5),
    "rotate_10": _tilt(10),
    "rotate_3_cut": Edit("turned by 3° and cut so that no corner shows", "turn", _tilted(3, cut=True)),
    "rotate_8_cut": Edit("turned by 8° and cut so that no corner shows", "turn", _tilted(-8, cut=True)),
    "perspective": Edit("seen a little from aside", "turn", _quad([(0.03, 0.02), (0.97, 0), (1, 1), (0, 0.95)])),
    "perspective_strong": Edit("seen from aside", "turn", _quad([(0.1, 0.06), (0.94, 0.01), (1, 0.99), (0.02, 0.9)])),
    "shear": Edit("slanted", "turn", _quad([(0.08, 0), (1, 0), (0.92, 1), (0, 1)])),
    "brighter": Edit("a third brighter", "tone", _enhanced(ImageEnhance.Brightness, 1.33)),
    "darker": Edit("a third darker", "tone", _enhanced(ImageEnhance.Brightness, 0.67)),
    "contrast_up": Edit("more contrast", "tone", _enhanced(ImageEnhance.Contrast, 1.45)),
    "contrast_down": Edit("less contrast", "tone", _enhanced(ImageEnhance.Contrast, 0.6)),
    "gamma_light": Edit("gamma 0.65", "tone", _curved(lambda v: v**0.65)),
    "gamma_dark": Edit("gamma 1.6", "tone", _curved(lambda v: v**1.6)),
    "autocontrast": Edit("contrast stretched", "tone", lambda image, table: ImageOps.autocontrast(image, cutoff=2)),
    "faded": Edit("paler, as an old print", "tone", _curved(lambda v: 0.18 + 0.7 * v)),
    "vignette": Edit("darker towards the corners", "tone", _vignette),
    "light_from_side": Edit("darker on one side", "tone", _gradient_light),
    "cast_warm": Edit("a warm colour cast", "colour", _cast(1.12, 1.0, 0.8)),
    "cast_cool": Edit("a cool colour cast", "colour", _cast(0.82, 0.98, 1.14)),
    "cast_green": Edit("a green colour cast, as of neon light", "colour", _cast(0.9, 1.1, 0.88)),
    "saturation_up": Edit("stronger colours", "colour", _enhanced(ImageEnhance.Color, 1.7)),
    "saturation_down": Edit("weaker colours", "colour", _enhanced(ImageEnhance.Color, 0.4)),
    "grey": Edit("without colour", "colour", _grey),
    "sepia": Edit("in brown tones", "colour", _sepia),
    "duotone": Edit("in blue and cream", "colour", _duotone),
    "blur": Edit("a little blurred", "detail", _blurred(0.0022)),
    "blur_strong": Edit("blurred", "detail", _blurred(0.006)),
    "blur_motion": Edit("blurred by motion", "detail", _shaken),
    "sharpen": Edit("sharpened", "detail", _sharpened),
    "median": Edit("smoothed", "detail", lambda image, table: image.filter(ImageFilter.MedianFilter(5))),
    "noise": Edit("some noise", "detail", _noisy(10)),
    "noise_strong": Edit("much noise", "detail", _noisy(26)),
    "specks": Edit("black and white specks", "detail", _specks),
    "pixelate": Edit("blocks of a 160th of its length", "detail", _pixelated),
    "watermark": Edit("a watermark across the middle", "overlay", _lettering("STUDIO NORD", 0.8, 24, 140)),
    "watermark_tiled": Edit("a watermark all over", "overlay", _tiled_marks),
    "caption": Edit("a line of text on a bar below", "overlay", _bar("Spring offer: now 20 % off", 0.1)),
    "headline": Edit("large text on a bar above", "overlay", _bar("SALE", 0.2, top=True)),
    "text_over": Edit("white text over the middle", "overlay", _lettering("SOLD OUT", 0.7, 0, 255)),
    "logo": Edit("a badge in a corner", "overlay", _logo(0.2)),
    "date_stamp": Edit("the date printed into the corner", "overlay", _dated),
    "marked": Edit("a red ring and an arrow", "overlay", _marked),
    "inset": Edit("another picture in its corner", "overlay", _inset),
    "border_white": Edit("a white border", "frame", _bordered(0.05, (255, 255, 255))),
    "border_black": Edit("a broad black border", "frame", _bordered(0.12, (0, 0, 0))),
    "letterbox": Edit("black bars to 21:9", "frame", _letterboxed(21 / 9)),
    "pillarbox": Edit("black bars to 9:16", "frame", _letterboxed(9 / 16)),
    "rounded": Edit("rounded corners on white", "frame", _rounded),
    "instant_print": Edit("the frame of an instant print", "frame", _instant_print),
    "meme": Edit("a strip with text added above", "frame", _bar("when it is friday", 0.22, top=True, inside=False)),
    "screenshot": Edit("a screenshot of it in a window", "scene", _window),
    "screenshot_phone": Edit("a screenshot of it on a phone", "scene", _phone),
    "web_page": Edit("on a page with text", "scene", _web_page),
    "collage_2x1": Edit("beside another picture", "scene", _collage(2, 1, 0.0)),
    "collage_2x2": Edit("one of four in a collage", "scene", _collage(2, 2)),
    "photo_of_print": Edit("a photograph of a print on a table", "scene", _printed),
    "scan_of_print": Edit("a scan of a print", "scene", _scanned),
    "messenger": Edit("half as wide, saved twice at quality 40", "chain", then(_scaled(0.5), _again(40, 2))),
    "crop_resize_q40": Edit(
        "cropped to 80 %, 60 % as wide, quality 40", "chain", then(_cropped(0.8), _scaled(0.6), _again(40))
    ),
    "tilt_crop_bright": Edit(
        "turned by 2°, cut, brightened", "chain", then(_tilted(2, cut=True), _enhanced(ImageEnhance.Brightness, 1.15))
    ),
    "mirror_crop": Edit("mirrored and cropped to 70 %", "chain", then(_transposed(_T.FLIP_LEFT_RIGHT), _cropped(0.7))),
    "grey_small_blur": Edit("grey, half as wide, blurred", "chain", then(_grey, _scaled(0.5), _blurred(0.002))),
    "crop_watermark": Edit(
        "cropped to 75 % with a watermark", "chain", then(_cropped(0.75), _lettering("STUDIO NORD", 0.8, 24, 140))
    ),
    "social_post": Edit(
        "square, framed, warm, quality 60", "chain",
        then(_square, _bordered(0.04, (255, 255, 255)), _cast(1.08, 1.0, 0.88), _again(60)),
    ),
    "screenshot_q30": Edit("a small screenshot at quality 30", "chain", then(_window, _scaled(0.5), _again(30))),
    "photocopy": Edit(
        "grey, hard contrast, grain", "chain", then(_grey, _enhanced(ImageEnhance.Contrast, 1.6), _noisy(8))
    ),
}  # fmt: skip
"""Kind of edit → what is done; the mean over all of them is what the benchmark reports as recall."""


# -- pairs that look alike and are different


def _spot(image: Image.Image, at: tuple[float, float], reach: float) -> Image.Image:
    """Return a mask of an ellipse with a soft edge; `at` and `reach` are parts of the picture's sides."""
    mask, (wide, high) = Image.new("L", image.size), image.size
    box = ((at[0] - reach) * wide, (at[1] - reach) * high, (at[0] + reach) * wide, (at[1] + reach) * high)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(max(image.size) / 200))


def _somewhere(table: Table, reach: float) -> tuple[float, float]:
    x, y = table.rng.uniform(reach, 1 - reach, 2)
    return float(x), float(y)


_TO_LUMA = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], dtype=np.float32)


def _other_colour(image: Image.Image, table: Table) -> tuple[Image.Image, Image.Image] | None:
    """Turn the hue of the most colourful part of the picture; brightness stays."""
    apart = _floats(image) @ _TO_LUMA.T
    strength = Image.fromarray(np.hypot(apart[..., 1], apart[..., 2])).resize((12, 12), Image.Resampling.BOX)
    level = np.asarray(strength)[2:10, 2:10]
    if level.max() < 24:
        return None
    row, column = np.unravel_index(level.argmax(), level.shape)
    angle = table.rng.uniform(0.35, 0.65) * 2 * math.pi
    turn = np.array(
        [[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]], dtype=np.float32
    )
    turned = _image(apart @ turn.T @ np.linalg.inv(_TO_LUMA).T)
    mask = _spot(image, ((column + 2.5) / 12, (row + 2.5) / 12), 0.16)
    return image, Image.composite(turned, image, mask)


def _other_part(image: Image.Image, table: Table) -> tuple[Image.Image, Image.Image]:
    """Show one thing in a place of one of them, and another thing there in the other."""
    mask = _spot(image, _somewhere(table, 0.17), 0.17)
    one, other = (Image.composite(ImageOps.fit(_another(table, number), image.size), image, mask) for number in (0, 1))
    return one, other


def _moved_part(image: Image.Image, table: Table) -> tuple[Image.Image, Image.Image]:
    """Show a thing in one place, and then in another a little further."""
    thing, (x, y) = ImageOps.fit(_another(table, 0), image.size), _somewhere(table, 0.2)
    step = 0.17 if x < 0.5 else -0.17
    shift = round(step * image.width)
    here, there = _spot(image, (x, y), 0.13), _spot(image, (x + step, y), 0.13)
    moved = thing.transform(image.size, Image.Transform.AFFINE, (1, 0, -shift, 0, 1, 0))
    return Image.composite(thing, image, here), Image.composite(moved, image, there)


def _other_word(image: Image.Image, table: Table) -> tuple[Image.Image, Image.Image]:
    """Print a word on a label in one, and another word on the same label in the other."""
    x, y = _somewhere(table, 0.2)
    made = []
    for word in ("38 M", "42 L"):
        page = image.copy()
        draw, size = ImageDraw.Draw(page), max(10, round(min(image.size) * 0.06))
        at = (x * image.width, y * image.height)
        box = (at[0] - size * 1.6, at[1] - size * 0.8, at[0] + size * 1.6, at[1] + size * 0.8)
        draw.rectangle(box, fill="white", outline=(90, 90, 90))
        draw.text(at, word, fill=(20, 20, 20), font=_face(size), anchor="mm")
        made.append(page)
    return made[0], made[1]


LOOKALIKES: dict[str, tuple[str, Callable[[Image.Image, Table], tuple[Image.Image, Image.Image] | None]]] = {
    "other_colour": ("a part in another colour", _other_colour),
    "other_part": ("another thing in the same place", _other_part),
    "moved_part": ("the same thing in another place", _moved_part),
    "other_word": ("another word on a label", _other_word),
}
"""Kind of look-alikes → in what they differ, in words, and what makes two from one picture."""
