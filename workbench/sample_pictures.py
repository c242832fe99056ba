"""Drawing for the sample collection: products in a studio, landscapes, paperwork, glass plates.

Everything here is a pure function of its arguments and of the random generator it is given, so the
same seed draws the same picture. Shapes and texts are data (``sample_data.toml``); positions in
them are relative, 0–1, with y pointing down.
"""

from __future__ import annotations

import functools
import importlib.resources
import math
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from workbench.errors import MissingExtra

Floats = npt.NDArray[np.floating[Any]]
Point = tuple[float, float]
Colour = tuple[int, int, int]

LIGHT = np.array([-0.45, -0.62, 0.64], dtype=np.float32)
"""Where the studio lamp stands, as a unit vector: left of, above and in front of the object."""

FLOOR = 0.76
"""Height in the frame at which products stand."""


@functools.cache
def data() -> dict[str, Any]:
    """Return the tables of ``sample_data.toml``."""
    text = importlib.resources.files("workbench").joinpath("sample_data.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def photograph_file(name: str) -> Path:
    """Return where scikit-image keeps one of the pictures inside its wheel."""
    try:
        import skimage
    except ImportError as error:
        raise MissingExtra(
            "The sample collection uses photographs that come with scikit-image, which isn't installed.",
            hint='Run: pip install "image-workbench[demo]"',
        ) from error
    return Path(skimage.__file__).parent / "data" / name


# --- small tools -----------------------------------------------------------------------------


def rgb(text: str) -> Colour:
    """Return ``#rrggbb`` as three numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def to_image(pixels: Floats) -> Image.Image:
    """Return an array of 0–255 floats, (h, w) or (h, w, 3), as an 8-bit picture."""
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def to_floats(image: Image.Image) -> Floats:
    """Return an 8-bit picture as floats of 0–255."""
    return np.asarray(image, dtype=np.float32)


def stretched(values: Floats, size: tuple[int, int]) -> Floats:
    """Return a small (h, w) array smoothly enlarged to ``size`` = (width, height)."""
    return to_floats(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC))


def clouds(rng: np.random.Generator, size: tuple[int, int], cells: tuple[float, float], octaves: int = 4) -> Floats:
    """Return soft noise, mean about 0 and spread about 1, with ``cells`` blobs across and down."""
    total = np.zeros((size[1], size[0]), dtype=np.float32)
    for octave in range(octaves):
        across, down = (max(2, min(side, round(count * 2**octave))) for count, side in zip(cells, size, strict=True))
        total += stretched(rng.standard_normal((down, across), dtype=np.float32), size) / 2**octave
    return total


@functools.cache
def noise_tile() -> npt.NDArray[np.int16]:
    """Return a square of noise, spread 8, from which every picture's grain is cut."""
    return (np.random.default_rng(0).standard_normal((1600, 1600), dtype=np.float32) * 8).astype(np.int16)


def grain(rng: np.random.Generator, image: Image.Image, strength: float) -> Image.Image:
    """Return the picture with sensor noise of ``strength`` levels; at most 1,500 pixels a side."""
    left, top = rng.integers(0, 100, 2)
    noise = noise_tile()[top : top + image.height, left : left + image.width]
    noise = noise * np.int16(round(strength * 16)) >> 7
    pixels = np.asarray(image).astype(np.int16)
    pixels += noise[..., None] if pixels.ndim == 3 else noise
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))


def ramp(size: tuple[int, int], stops: Sequence[tuple[float, Colour]]) -> Floats:
    """Return a vertical gradient (h, w, 3) through ``stops`` of (height 0–1, colour)."""
    at = np.linspace(0, 1, size[1])
    heights = [stop[0] for stop in stops]
    columns = [np.interp(at, heights, [stop[1][band] for stop in stops]) for band in range(3)]
    return np.repeat(np.stack(columns, axis=1)[:, None, :], size[0], axis=1).astype(np.float32)


def vignette(size: tuple[int, int], strength: float) -> Floats:
    """Return factors (h, w, 1): 1 in the middle, ``1 - strength`` in the corners."""
    x, y = np.meshgrid(np.linspace(-1, 1, size[0], dtype=np.float32), np.linspace(-1, 1, size[1], dtype=np.float32))
    return (1 - strength * (x * x + y * y) / 2)[..., None]


def curve(points: Sequence[Point], *, closed: bool, steps: int = 8) -> list[Point]:
    """Return a smooth line through ``points`` (Catmull–Rom spline)."""
    at = np.asarray(points, dtype=np.float64)
    before, after = (np.roll(at, 1, axis=0), np.roll(at, -1, axis=0))
    if not closed:
        before[0], after[-1] = at[0], at[-1]
    second = np.roll(after, -1, axis=0) if closed else np.vstack([after[1:], after[-1:]])
    spans = len(at) if closed else len(at) - 1
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    line = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in list(zip(before, at, after, second, strict=True))[:spans]
    ]
    ends = [] if closed else [tuple(at[-1])]
    return [(float(x), float(y)) for x, y in [*np.vstack(line), *ends]]


# --- lit shapes ------------------------------------------------------------------------------


def soft(values: Floats, radius: int) -> Floats:
    """Return the array blurred in floating point: three box blurs, near enough to a Gaussian one."""
    for _ in range(3):
        for axis in (0, 1):
            edge = [(radius + 1, radius) if side == axis else (0, 0) for side in (0, 1)]
            sums = np.cumsum(np.pad(values, edge), axis=axis, dtype=np.float32)
            wide = 2 * radius + 1
            values = (sums[:, wide:] - sums[:, :-wide] if axis else sums[wide:] - sums[:-wide]) / wide
    return values


def swollen(mask: Floats, radius: int) -> tuple[Floats, Floats]:
    """Return the slopes (across, down) of a cushion that fills the mask."""
    height = np.sqrt(np.clip(2 * soft(mask, radius) - 0.9, 0.02, 1.1)) * radius * 2.2
    down, across = np.asarray(np.gradient(soft(height, 1)), dtype=np.float32)
    return across, down


def turned(mask: Floats) -> tuple[Floats, Floats]:
    """Return the slopes of a body made on a lathe, upright, whose outline fills the mask."""
    inside = mask > 0.5
    left = np.argmax(inside, axis=1)
    right = mask.shape[1] - 1 - np.argmax(inside[:, ::-1], axis=1)
    middle, half = (left + right) / 2, np.maximum((right - left) / 2, 1)
    sideways = np.clip((np.arange(mask.shape[1])[None, :] - middle[:, None]) / half[:, None], -0.97, 0.97)
    slope = -sideways / np.sqrt(1 - sideways**2)
    return slope.astype(np.float32), np.zeros_like(mask)


def lighting(mask: Image.Image, part: dict[str, Any], edge: int) -> tuple[Floats, Floats]:
    """Return how bright (1 = the paint itself) and how shiny (0–1) each pixel of a part is."""
    small = (max(4, mask.width // 3), max(4, mask.height // 3))
    shape = to_floats(mask.resize(small, Image.Resampling.BOX)) / 255
    swell = part.get("swell", 0.05)
    across, down = turned(shape) if part.get("turned") else swollen(shape, max(1, round(swell * edge / 3)))
    length = np.sqrt(across**2 + down**2 + 1)
    facing = (-across * LIGHT[0] - down * LIGHT[1] + LIGHT[2]) / length
    shine = np.clip((-across * LIGHT[0] * 0.6 - down * LIGHT[1] * 0.6 + 1.55) / length / 1.62, 0, 1) ** 38
    bright = 0.34 + 0.92 * np.clip(facing, 0, 1) + 0.10 * np.clip(down / length, 0, 1)
    return stretched(bright.astype(np.float32), mask.size), stretched(shine.astype(np.float32), mask.size)


def outline(part: dict[str, Any], place: Callable[[Point], Point], edge: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return the smooth-edged mask of a part and where its top left corner goes, in pixels."""
    closed = "width" not in part
    at = [place(point) for point in part["at"]]
    line = at if part.get("sharp") else curve(at, closed=closed)
    spread = 0.0 if closed else part["width"] / 2
    left, top = (math.floor((min(axis) - spread) * edge) - 6 for axis in zip(*line, strict=True))
    right, bottom = (math.ceil((max(axis) + spread) * edge) + 6 for axis in zip(*line, strict=True))
    mask = Image.new("L", (2 * (right - left), 2 * (bottom - top)))
    pixels = [(2 * (x * edge - left), 2 * (y * edge - top)) for x, y in line]
    draw = ImageDraw.Draw(mask)
    if closed:
        draw.polygon(pixels, fill=255)
    else:
        stroke(draw, pixels, 2 * part["width"] * edge)
    return mask.resize((right - left, bottom - top), Image.Resampling.BOX), (left, top)


def stroke(draw: ImageDraw.ImageDraw, pixels: Sequence[Point], width: float, fill: int | Colour = 255) -> None:
    """Draw a line with round joints and ends."""
    draw.line(pixels, fill=fill, width=max(1, round(width)))
    for x, y in pixels:
        draw.circle((x, y), width / 2 - 0.5, fill=fill)


def painted(part: dict[str, Any], mask: Image.Image, paint: Colour, edge: int, rng: np.random.Generator) -> Image.Image:
    """Return one part in its colour, lit, with a little texture of its material."""
    bright, shine = lighting(mask, part, edge)
    cells = (mask.width / 14, mask.height / 14) if part.get("rough") else (3.0, 3.0)
    texture = clouds(rng, mask.size, cells, 2) * (0.035 if part.get("rough") else 0.012)
    gloss = part.get("gloss", 0.35)
    pixels = np.asarray(paint, dtype=np.float32) * (bright + texture)[..., None] + (255 * gloss * shine)[..., None]
    image = to_image(pixels)
    image.putalpha(mask)
    return image


def cut_of(rng: np.random.Generator) -> Callable[[Point], Point]:
    """Return a gentle deformation, the difference between two models of one kind of product."""
    wide, high, lean, wave = rng.uniform([0.82, 0.8, -0.06, -0.035], [1.08, 1.1, 0.06, 0.035])

    def place(point: Point) -> Point:
        x, up = (point[0] - 0.5) * wide, (FLOOR - point[1]) * high
        return 0.5 + x + lean * (up - 0.25) * 0.5 + wave * math.sin(up * 9), FLOOR - up

    return place


def seen_from(angle: dict[str, Any], place: Callable[[Point], Point]) -> Callable[[Point], Point]:
    """Return ``place`` followed by the camera's point of view."""

    def look(point: Point) -> Point:
        x, y = place(point)
        x, y = x - 0.5, y - FLOOR
        x, y = x * angle["squeeze"] + y * angle["lean"], y + x * angle["tilt"]
        return 0.5 + angle["zoom"] * x + angle["dx"], FLOOR + angle["zoom"] * y + angle["dy"]

    return look


def cutout(
    design: str,
    colours: dict[str, str],
    angle: dict[str, Any],
    *,
    cut: int,
    edge: int,
) -> Image.Image:
    """Return a product on a transparent square of ``edge`` pixels."""
    canvas = Image.new("RGBA", (edge, edge))
    place = seen_from(angle, cut_of(np.random.default_rng(cut)))
    rng = np.random.default_rng(cut)
    for part in data()["designs"][design]:
        mask, corner = outline(part, place, edge)
        piece = painted(part, mask, rgb(colours[part["paint"]]), edge, rng)
        layer = Image.new("RGBA", canvas.size)
        layer.paste(piece, corner)
        canvas.alpha_composite(layer)
    return canvas


def shadow(alpha: Image.Image, strength: float = 0.55) -> Image.Image:
    """Return the soft shadow an object throws on the floor, as a mask of the same size."""
    box = alpha.getbbox() or (0, 0, 1, 1)
    small = Image.new("L", (alpha.width // 4, alpha.height // 4))
    draw = ImageDraw.Draw(small)
    left, right, floor = box[0] / 4, box[2] / 4, box[3] / 4
    height = (right - left) * 0.09
    draw.ellipse((left, floor - height, right + height, floor + height * 0.7), fill=round(150 * strength))
    draw.ellipse((left + height, floor - height / 3, right - height, floor + height / 3), fill=round(255 * strength))
    return small.filter(ImageFilter.GaussianBlur(max(2, height / 3))).resize(alpha.size, Image.Resampling.BICUBIC)


def studio(size: tuple[int, int], paper: str) -> Image.Image:
    """Return an empty studio: a sheet of paper that curves up behind the object."""
    tone = np.asarray(rgb(paper), dtype=np.float32)
    shades = [(0.0, 0.97), (0.62, 0.86), (0.75, 0.95), (1.0, 1.0)]
    return to_image(ramp(size, [(at, tuple(tone * shade)) for at, shade in shades]) * vignette(size, 0.14))


def product(
    design: str, colours: dict[str, str], angle: dict[str, Any], paper: str, *, cut: int, edge: int
) -> Image.Image:
    """Return a studio shot of a product."""
    return placed(cutout(design, colours, angle, cut=cut, edge=edge), studio((edge, edge), paper))


def placed(thing: Image.Image, ground: Image.Image, left: int = 0, top: int = 0) -> Image.Image:
    """Return ``ground`` with a product standing on it."""
    alpha = thing.getchannel("A")
    ground.paste((24, 20, 18), (left, top), shadow(alpha))
    ground.paste(thing, (left, top), thing)
    return ground


# --- places ----------------------------------------------------------------------------------


def ridge_line(rng: np.random.Generator, width: int, roughness: float) -> Floats:
    """Return the height of a hill's outline per column, about -1 to 1."""
    octaves = [(2**octave + 1, roughness**octave) for octave in range(1, 8)]
    at = np.linspace(0, 1, width)
    lines = [np.interp(at, np.linspace(0, 1, n), rng.uniform(-1, 1, n)) * weight for n, weight in octaves]
    return np.asarray(np.sum(lines, axis=0), dtype=np.float32)


def mountains(rng: np.random.Generator, size: tuple[int, int], palette: list[str]) -> Image.Image:
    """Return hills behind hills in the haze; ``palette`` is sky, horizon, far, near."""
    horizon, far, near = (np.asarray(rgb(colour), dtype=np.float32) for colour in palette[1:])
    level, roughness = rng.uniform(0.22, 0.62), rng.uniform(0.42, 0.66)
    pixels = overcast(rng, size, palette, level)
    layers = int(rng.integers(2, 7))
    for depth in np.linspace(0, 1, layers):
        sway = (0.16 - 0.07 * depth) * ridge_line(rng, size[0], roughness)
        top = size[1] * np.clip(level + (0.95 - level) * 0.75 * depth + sway, 0.02, 0.97)
        start = int(top.min())
        below = np.arange(start, size[1], dtype=np.float32)[:, None] - top[None, :]
        mist = np.clip(below / (size[1] * 0.22), 0, 1)[..., None] * (1 - depth) * 0.6
        body = (far * (1 - depth) + near * depth) * (1 - mist) + horizon * mist
        if roughness > 0.55 and depth < 0.5:
            snow = np.clip(1 - below / (size[1] * 0.09) + 0.5 * clouds(rng, below.shape[::-1], (30, 12), 2), 0, 0.85)
            body = body * (1 - snow[..., None]) + (horizon * 0.3 + 170) * snow[..., None]
        if depth > 0.4:
            body = body * (1 + clouds(rng, below.shape[::-1], (90, 60), 2) * 0.09 * depth)[..., None]
        inside = np.clip(below, 0, 1)[..., None]
        pixels[start:] = pixels[start:] * (1 - inside) + body * inside
    picture = to_image(pixels)
    if rng.random() < 0.5:
        firs(rng, picture, rgb(palette[3]))
    return picture


def overcast(rng: np.random.Generator, size: tuple[int, int], palette: list[str], level: float) -> Floats:
    """Return a sky with more or fewer clouds, and mostly with a sun or moon, down to ``level``."""
    sky, horizon = rgb(palette[0]), rgb(palette[1])
    pixels = ramp(size, [(0, sky), (level, horizon), (1, horizon)])
    cover = np.clip(clouds(rng, size, (3, 7)) + rng.uniform(-0.6, 0.7), 0, 2.5) * rng.uniform(5, 34)
    pixels += (cover * np.linspace(1, 0.1, size[1], dtype=np.float32)[:, None])[..., None]
    return pixels + sun(rng, size, level) if rng.random() < 0.7 else pixels


def firs(rng: np.random.Generator, picture: Image.Image, colour: Colour) -> None:
    """Draw a few dark trees into the foreground."""
    draw, (wide, high) = ImageDraw.Draw(picture), picture.size
    dark = tuple(round(band * 0.62) for band in colour)
    middle = rng.uniform(0, 1)
    for _ in range(int(rng.integers(4, 26))):
        x, tall = rng.normal(middle, 0.28) * wide, rng.uniform(0.16, 0.42) * high
        top, half = high * 1.02 - tall, tall * 0.17
        for tier in np.linspace(0.0, 0.8, 9):
            y, reach = top + tier * tall, half * (0.22 + tier) * rng.uniform(0.85, 1.1)
            draw.polygon([(x, y - 0.06 * tall), (x - reach, y + 0.16 * tall), (x + reach, y + 0.16 * tall)], fill=dark)


def sea(rng: np.random.Generator, size: tuple[int, int], palette: list[str]) -> Image.Image:
    """Return open water under a sky, with sails on some days and a beach on others."""
    level = rng.uniform(0.3, 0.62)
    pixels, line = overcast(rng, size, palette, level), round(size[1] * level)
    deep, high = np.asarray(rgb(palette[2]), dtype=np.float32) * 0.8, size[1] - line
    swell = clouds(rng, (size[0], high), (5, 34), 3) * np.linspace(3, 17, high, dtype=np.float32)[:, None]
    pixels[line:] = deep * np.linspace(1.15, 0.7, high, dtype=np.float32)[:, None, None] + swell[..., None]
    if rng.random() < 0.5:
        shore = size[1] * (0.86 + 0.05 * ridge_line(rng, size[0], 0.3))
        below = np.arange(line, size[1], dtype=np.float32)[:, None] - shore[None, :]
        foam, sand = np.exp(-((below + 5) ** 2) / 60)[..., None], np.clip(below / 6, 0, 1)[..., None]
        grains = (1 + clouds(rng, (size[0], high), (90, 60), 2) * 0.05)[..., None]
        beach = np.array([206, 182, 142], dtype=np.float32) * grains
        pixels[line:] = pixels[line:] * (1 - sand) + beach * sand + 90 * foam
    picture = to_image(pixels)
    for _ in range(int(rng.integers(0, 5))):
        sail(rng, ImageDraw.Draw(picture), size, line)
    return picture


def sail(rng: np.random.Generator, draw: ImageDraw.ImageDraw, size: tuple[int, int], line: int) -> None:
    """Draw a sailing boat, larger where it is nearer."""
    near = rng.uniform(0.02, 0.4)
    x, y, tall = rng.uniform(0.08, 0.92) * size[0], line + near * 0.4 * (size[1] - line), size[1] * (0.05 + 0.3 * near)
    draw.polygon([(x, y - tall), (x, y - 0.1 * tall), (x + 0.45 * tall, y - 0.1 * tall)], fill="#efe9dc")
    draw.polygon([(x - 3, y - 0.85 * tall), (x - 3, y - 0.1 * tall), (x - 0.3 * tall, y - 0.1 * tall)], fill="#d8d0c0")
    hull = [(x - 0.34 * tall, y - 0.07 * tall), (x + 0.5 * tall, y - 0.07 * tall), (x + 0.35 * tall, y + 0.05 * tall)]
    draw.polygon([*hull, (x - 0.25 * tall, y + 0.05 * tall)], fill="#3a2a24")


def sun(rng: np.random.Generator, size: tuple[int, int], level: float) -> Floats:
    """Return the glow around a low sun, to be added to a sky."""
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    away = np.hypot(x - rng.uniform(0.1, 0.9) * size[0], y - level * rng.uniform(0.3, 0.95) * size[1]) / size[0]
    glow = 70 * np.exp(-away * 7) + 150 * np.clip((0.022 - away) * 250, 0, 1)
    return np.asarray(glow[..., None] * np.array([1.0, 0.85, 0.6]), dtype=np.float32)


def lake(rng: np.random.Generator, size: tuple[int, int], palette: list[str]) -> Image.Image:
    """Return mountains mirrored in rippled water."""
    height = round(size[1] * rng.uniform(0.55, 0.7))
    shore = mountains(rng, (size[0], height), palette)
    water = shore.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, size[0], size[1] - height))
    ripple = clouds(rng, water.size, (6, 46), 3) * np.linspace(1, 9, water.height, dtype=np.float32)[:, None]
    rows = np.clip(np.arange(water.height)[:, None] + ripple, 0, water.height - 1).astype(np.intp)
    glitter = clouds(rng, water.size, (5, 60), 2)[..., None] * 5
    pixels = to_floats(water)[rows, np.arange(size[0])[None, :]] * 0.8 + glitter
    result = Image.new("RGB", size)
    result.paste(shore)
    result.paste(to_image(pixels), (0, height))
    return result


def skyline(rng: np.random.Generator, size: tuple[int, int], palette: list[str]) -> Image.Image:
    """Return a town at dusk: rows of houses, lit windows, lights in the street."""
    sky, horizon, far, near = (rgb(colour) for colour in palette)
    picture = to_image(ramp(size, [(0, sky), (0.75, horizon), (1, horizon)]) + sun(rng, size, 0.8) * 0.7)
    draw = ImageDraw.Draw(picture)
    for depth in range(3):
        tone = tuple(round(a + (b - a) * depth / 2) for a, b in zip(far, near, strict=True))
        x = -20.0
        while x < size[0]:
            wide, high = rng.uniform(0.05, 0.12) * size[0], rng.uniform(0.18, 0.5) * size[1] * (1.15 - 0.25 * depth)
            building(rng, draw, (x, size[1] * (0.86 + 0.05 * depth) - high, x + wide, size[1]), tone, depth)
            x += wide * rng.uniform(0.85, 1.3)
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def building(
    rng: np.random.Generator, draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], tone: Any, depth: int
) -> None:
    """Draw one house with its windows, some of them lit."""
    draw.rectangle(box, fill=tone)
    if rng.random() < 0.4:
        middle = (box[0] + box[2]) / 2
        draw.polygon([(box[0], box[1]), (middle, box[1] - (box[2] - box[0]) * 0.4), (box[2], box[1])], fill=tone)
    step = 9 + 5 * depth
    for y in np.arange(box[1] + step, box[3] - step, step * 1.4):
        for x in np.arange(box[0] + step * 0.6, box[2] - step * 0.8, step):
            warm = rng.random()
            lit = (255, 214, 140) if warm < 0.22 else tuple(round(c * (0.75 if warm < 0.6 else 1.2)) for c in tone)
            draw.rectangle((x, y, x + step * 0.45, y + step * 0.7), fill=lit)


def table_top(rng: np.random.Generator, size: tuple[int, int], palette: list[str]) -> Image.Image:
    """Return a wooden table in front of a room out of focus."""
    sky, horizon, _, near = (rgb(colour) for colour in palette)
    edge = round(size[1] * rng.uniform(0.5, 0.64))
    room = to_image(ramp((size[0] // 4, edge // 4), [(0, near), (0.5, sky), (1, horizon)]))
    draw = ImageDraw.Draw(room)
    for _ in range(26):
        x, y, r = rng.uniform(0, room.width), rng.uniform(0, room.height), rng.uniform(3, 15)
        tone = [near, horizon, sky, (255, 236, 200)][rng.integers(4)]
        draw.ellipse((x - r, y - r, x + r, y + r * rng.uniform(0.7, 2.0)), fill=tone)
    result = Image.new("RGB", size)
    result.paste(room.filter(ImageFilter.GaussianBlur(5)).resize((size[0], edge), Image.Resampling.BICUBIC))
    result.paste(planks(rng, (size[0], size[1] - edge)), (0, edge))
    return result


def planks(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return boards of wood, seen flat."""
    tone = np.array([186, 138, 92], dtype=np.float32) * np.float32(rng.uniform(0.5, 1.05))
    fibre = clouds(rng, size, (2.5, 55), 3) * 0.07 + clouds(rng, size, (4, 3), 2) * 0.04
    joints = np.ones(size[1], dtype=np.float32)
    joints[:: max(12, size[1] // 4)] = 0.55
    near = np.linspace(0.72, 1.08, size[1], dtype=np.float32)
    return to_image(tone * ((1 + fibre) * (joints * near)[:, None])[..., None])


SCENES: dict[str, Callable[[np.random.Generator, tuple[int, int], list[str]], Image.Image]] = {
    "mountains": mountains,
    "lake": lake,
    "sea": sea,
    "skyline": skyline,
    "table": table_top,
}


def scene(name: str, rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a place, in one of the palettes of light."""
    palettes = data()["dusk" if name == "skyline" else "light"]
    picture = SCENES[name](rng, size, palettes[rng.integers(len(palettes))])
    return grain(rng, picture, 2.2)


# --- photographs -----------------------------------------------------------------------------


@functools.lru_cache(maxsize=8)
def stored(name: str) -> Image.Image:
    """Return one of scikit-image's pictures as RGB."""
    with Image.open(photograph_file(name)) as image:
        if image.mode == "RGBA":
            white = Image.new("RGBA", image.size, "white")
            white.alpha_composite(image)
            return white.convert("RGB")
        return image.convert("RGB")


def photograph(file: str, box: Sequence[float], rng: np.random.Generator, *, edge: int, grade: str) -> Image.Image:
    """Return a region (left, top, right, bottom, 0–1) of a stored picture, enlarged and graded."""
    whole = stored(file)
    left, top, right, bottom = box
    region = whole.crop(
        (round(left * whole.width), round(top * whole.height), round(right * whole.width), round(bottom * whole.height))
    )
    scale = edge / max(region.size)
    region = region.resize((round(region.width * scale), round(region.height * scale)), Image.Resampling.LANCZOS)
    return grain(rng, graded(region, grade), 2.0)


def graded(image: Image.Image, grade: str) -> Image.Image:
    """Return the picture with the look of one kind of camera or film."""
    look = data()["grades"][grade]
    pixels = to_floats(image) * np.asarray(look["balance"], dtype=np.float32)
    picture = ImageEnhance.Contrast(to_image(pixels)).enhance(look["contrast"])
    return ImageEnhance.Color(picture).enhance(look["colour"])


def plate(image: Image.Image, rng: np.random.Generator, number: int) -> Image.Image:
    """Return a picture as a print from an old glass plate: brown, worn at the edges, numbered."""
    grey = ImageOps.autocontrast(image.convert("L").filter(ImageFilter.GaussianBlur(1.1)), cutoff=1)
    brown = ImageOps.colorize(grey, (30, 18, 8), (240, 224, 190), (142, 110, 74))
    pixels = to_floats(brown) * vignette(brown.size, 0.55) + clouds(rng, brown.size, (4, 4), 4)[..., None] * 5
    worn = to_image(pixels)
    draw = ImageDraw.Draw(worn)
    for _ in range(int(rng.integers(5, 14))):
        x, y = rng.uniform(0, worn.width), rng.uniform(0, worn.height)
        dx, dy = rng.normal(0, 12), rng.normal(0, 70)
        draw.line((x, y, x + dx, y + dy), fill=(236, 222, 196), width=1)
    draw.text((18, worn.height - 40), f"No. {number}", fill=(250, 240, 216), font=font(24))
    return grain(rng, ImageOps.expand(worn, 16, (22, 15, 10)), 3.0)


def slice_of_head(rng: np.random.Generator, edge: int) -> Image.Image:
    """Return a cross-section like a tomograph's, 16 bits of grey."""
    y, x = np.mgrid[-1 : 1 : edge * 1j, -1 : 1 : edge * 1j].astype(np.float32)
    body = np.zeros_like(x)
    ellipses = [(0, 0, 0.7, 0.9, 0.9), (0, 0, 0.63, 0.83, -0.62)]
    ellipses += [tuple(rng.uniform([-0.4, -0.5, 0.06, 0.08, -0.12], [0.4, 0.5, 0.22, 0.3, 0.22])) for _ in range(9)]
    for cx, cy, wide, high, density in ellipses:
        turn = rng.uniform(-0.5, 0.5) if wide < 0.5 else 0.0
        u, v = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn), (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        body += density * np.clip((1 - np.hypot(u / wide, v / high)) * 30, 0, 1)
    body = soft(body, 1) + clouds(rng, (edge, edge), (60, 60), 2) * 0.012
    return Image.fromarray(np.clip(body * 40000 + 900, 0, 65535).astype(np.uint16))


# --- paper -----------------------------------------------------------------------------------


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own scalable font, so no font of the machine is needed."""
    return ImageFont.load_default(size)  # type: ignore[return-value]  # the bitmap fallback has no FreeType build to meet


def scribble(rng: np.random.Generator, draw: ImageDraw.ImageDraw, at: Point, width: float) -> None:
    """Draw something like a signature."""
    steps = np.linspace(0, 1, 14)
    heights = rng.normal(0, width * 0.09, 14) * np.linspace(1.3, 0.4, 14)
    wander = rng.normal(0, width * 0.03, 14)
    points = [(at[0] + s * width + w, at[1] + h) for s, h, w in zip(steps, heights, wander, strict=True)]
    stroke(draw, curve(points, closed=False), 3, (28, 42, 120))


def stamp(rng: np.random.Generator, page: Image.Image, text: str, at: Point) -> None:
    """Put an office stamp on the page, at a slant, badly inked."""
    face = font(34)
    wide = round(face.getlength(text)) + 44
    ink = Image.new("L", (wide, 74))
    draw = ImageDraw.Draw(ink)
    draw.rounded_rectangle((3, 3, wide - 4, 70), 10, outline=220, width=5)
    draw.text((wide / 2, 37), text, fill=220, font=face, anchor="mm")
    worn = np.clip(0.75 + 0.35 * clouds(rng, ink.size, (12, 5), 3), 0, 1)
    ink = to_image(to_floats(ink) * worn).rotate(rng.uniform(-16, 16), expand=True, resample=Image.Resampling.BICUBIC)
    page.paste([(168, 28, 36), (36, 52, 140), (20, 104, 72)][rng.integers(3)], (round(at[0]), round(at[1])), ink)


def lines_of(text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return the text broken into lines no wider than ``width`` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def letter(rng: np.random.Generator, page: Image.Image, words: dict[str, Any], number: int, _: int) -> None:
    """Write a letter: sender, date, subject, paragraphs, signature."""
    draw, wide = ImageDraw.Draw(page), page.width - 240
    draw.text((120, 90), words["sender"], fill="#222", font=font(34))
    draw.text((120, 136), words["address"], fill="#555", font=font(20))
    draw.text((120, 260), f"{words['reference']} {number:05d}", fill="#222", font=font(22))
    y = 330.0
    paragraphs = list(words["paragraphs"])
    rng.shuffle(paragraphs)
    for paragraph in [words["greeting"], *paragraphs[: int(rng.integers(3, 5))], words["closing"]]:
        for line in lines_of(paragraph.format(n=number), font(22), wide):
            draw.text((120, y), line, fill="#262422", font=font(22))
            y += 32
        y += 26
    scribble(rng, draw, (140, y + 40), 240)


def form(rng: np.random.Generator, page: Image.Image, words: dict[str, Any], number: int, sheet: int) -> None:
    """Fill in a form: boxed fields with answers in ink, some ticked, some left empty."""
    draw, wide = ImageDraw.Draw(page), page.width - 160
    draw.rectangle((80, 70, 80 + wide, 140), fill="#2d4a66")
    draw.text((100, 88), f"{words['form']}  {number:05d}", fill="white", font=font(30))
    draw.text((80 + wide - 60, 92), f"{sheet}/3", fill="white", font=font(24))
    y = 176
    fields = words["fields"][sheet - 1 :: 3] + words["fields"][sheet % 3 :: 3]
    for label in fields:
        high = int(rng.integers(60, 96))
        draw.rectangle((80, y, 80 + wide, y + high), outline="#8294a6", width=2)
        draw.text((90, y + 5), label, fill="#4a5b6c", font=font(16))
        if rng.random() < 0.8:
            answer = str(rng.choice(words["answers"]))
            draw.text((110 + int(rng.integers(30)), y + high - 36), answer, fill="#1c2f86", font=font(26))
        y += high + 8
    for label in words["choices"]:
        draw.rectangle((90, y + 8, 112, y + 30), outline="#4a5b6c", width=2)
        draw.text((126, y + 8), label, fill="#333", font=font(19))
        if rng.random() < 0.5:
            stroke(draw, [(90, y + 18), (100, y + 30), (122, y - 2)], 4, (28, 47, 134))
        y += 40
    if sheet == 3:
        scribble(rng, draw, (120, min(y + 60, page.height - 90)), 260)


def invoice(rng: np.random.Generator, page: Image.Image, words: dict[str, Any], number: int, _: int) -> None:
    """Write an invoice: a table of goods, a total."""
    draw, wide = ImageDraw.Draw(page), page.width - 200
    draw.rectangle((100, 80, 172, 152), fill=tuple(int(c) for c in rng.integers(30, 180, 3)))
    draw.text((196, 84), words["sender"], fill="#222", font=font(32))
    draw.text((196, 126), words["address"], fill="#666", font=font(19))
    draw.text((100, 260), f"{words['invoice']} {number:05d}", fill="#111", font=font(40))
    y, total = 360, 0.0
    draw.rectangle((100, y, 100 + wide, y + 40), fill="#e4e2dc")
    for item in rng.permutation(words["goods"])[: int(rng.integers(4, len(words["goods"]) + 1))]:
        y += 52
        price = float(rng.integers(300, 30000)) / 100
        total += price
        draw.text((112, y), str(item), fill="#222", font=font(22))
        draw.text((88 + wide, y), f"{price:,.2f}", fill="#222", font=font(22), anchor="ra")
        draw.line((100, y + 38, 100 + wide, y + 38), fill="#cfccc4")
    draw.text((88 + wide, y + 70), f"{words['total']}  {total:,.2f} EUR", fill="#111", font=font(28), anchor="ra")
    draw.text((100, page.height - 110), words["thanks"], fill="#666", font=font(19))


def receipt(rng: np.random.Generator, page: Image.Image, words: dict[str, Any], number: int, _: int) -> None:
    """Print a till receipt."""
    draw, middle = ImageDraw.Draw(page), page.width / 2
    draw.text((middle, 60), words["sender"], fill="#333", font=font(30), anchor="ma")
    draw.text((middle, 104), words["address"], fill="#444", font=font(17), anchor="ma")
    y, total = 170, 0.0
    for item in rng.permutation(words["goods"])[: int(rng.integers(3, len(words["goods"]) + 1))]:
        price = float(rng.integers(80, 4000)) / 100
        total += price
        draw.text((40, y), str(item)[:24], fill="#333", font=font(21))
        draw.text((page.width - 40, y), f"{price:.2f}", fill="#333", font=font(21), anchor="ra")
        y += 36
    draw.line((40, y + 8, page.width - 40, y + 8), fill="#555", width=2)
    draw.text((page.width - 40, y + 20), f"{words['total']} {total:.2f}", fill="#111", font=font(28), anchor="ra")
    bars = np.repeat(rng.integers(0, 2, 90), 3)
    for x in np.flatnonzero(bars):
        draw.line((middle - 135 + int(x), y + 110, middle - 135 + int(x), y + 180), fill="#222")
    draw.text((middle, y + 190), f"{number:013d}", fill="#333", font=font(17), anchor="ma")


PAPERS: dict[str, tuple[Callable[..., None], tuple[int, int]]] = {
    "letter": (letter, (880, 1240)),
    "form": (form, (880, 1240)),
    "invoice": (invoice, (880, 1240)),
    "receipt": (receipt, (460, 860)),
}


def document(kind: str, language: str, rng: np.random.Generator, *, number: int, sheet: int = 1) -> Image.Image:
    """Return a scanned page: typed, stamped, a little askew, on tinted paper."""
    write, size = PAPERS[kind]
    words = data()["paper"][language]
    white, yellow = rng.integers(242, 256), rng.integers(2, 16)
    page = Image.new("RGB", size, (int(white), int(white - yellow // 3), int(white - yellow)))
    write(rng, page, words, number, sheet)
    if rng.random() < 0.6:
        stamp(rng, page, str(rng.choice(words["stamps"])), rng.uniform([0.45, 0.55], [0.6, 0.8]) * np.array(size))
    return scanned(rng, page)


def scanned(rng: np.random.Generator, page: Image.Image) -> Image.Image:
    """Return a clean page as it comes out of a scanner."""
    lid = tuple(int(c) for c in rng.integers([150, 150, 150], [215, 213, 208]))
    askew = page.rotate(rng.uniform(-1.6, 1.6), resample=Image.Resampling.BILINEAR, fillcolor=lid)
    uneven = 1 + 0.012 * clouds(rng, page.size, (2, 3), 3)
    uneven[:, :18] *= np.linspace(0.72, 1, 18)
    return grain(rng, to_image(to_floats(askew) * uneven[..., None]), 2.0)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    """Return the picture in another size."""
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


def lettered(image: Image.Image, text: str, size: int) -> Image.Image:
    """Return the picture with a half-transparent line of text across its middle."""
    band = Image.new("L", image.size)
    ImageDraw.Draw(band).text((image.width / 2, image.height / 2), text, fill=140, font=font(size), anchor="mm")
    result = image.copy()
    result.paste((255, 255, 255), (0, 0), band.rotate(24, resample=Image.Resampling.BICUBIC))
    return result


def captioned(image: Image.Image, text: str) -> Image.Image:
    """Return the picture with a dark line of text along its lower edge."""
    result = image.copy()
    draw, high = ImageDraw.Draw(result), max(30, image.height // 14)
    draw.rectangle((0, image.height - high, image.width, image.height), fill=(20, 20, 24))
    draw.text((14, image.height - high / 2), text, fill="white", font=font(round(high * 0.55)), anchor="lm")
    return result


def next_frame(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as the camera's next frame a moment later: shifted, a touch brighter."""
    dx, dy = (int(step) for step in rng.integers(4, 10, 2))
    moved = ImageChops.offset(image, dx, -dy).crop((dx, 0, image.width, image.height - dy))
    return grain(rng, ImageEnhance.Brightness(moved.resize(image.size, Image.Resampling.BICUBIC)).enhance(1.03), 2.0)
