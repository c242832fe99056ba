"""Image files made on the spot, good and bad, for the tests of whatever reads pictures."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

JPEG_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a picture is stored so that the orientation turns it upright again."""


def photograph(width: int = 640, height: int = 426, seed: int = 1) -> Image.Image:
    """Return something like a photograph: a sky, hills, a few things, and sensor noise."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        draw.line((0, y, width, y), (80 + 120 * y // height, 120 + 70 * y // height, 220 - 120 * y // height))
    for _ in range(14):
        x, y, size = random.integers(0, width), random.integers(0, height), random.integers(width // 16, width // 3)
        colour = tuple(int(c) for c in random.integers(0, 255, 3))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((int(x), int(y), int(x + size), int(y + size * 0.7)), fill=colour)
    noisy = np.asarray(image).astype(np.int16) + random.normal(0, 5, (height, width, 1)).astype(np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def oriented(image: Image.Image, orientation: int, format: str = "JPEG", **options: Any) -> bytes:
    """Store a picture turned, with the EXIF orientation that makes it upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = image.transpose(JPEG_TURNS[orientation]) if orientation in JPEG_TURNS else image
    return encoded(turned, format, exif=exif, **options)


def with_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """Put an APPn or comment segment behind the start of a JPEG."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """Make a JPEG's frame header claim another size."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2")) + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *extra: bytes, rows: bytes | None = None) -> bytes:
    """Build a black 8-bit grey PNG by hand, with extra chunks before the data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * ((width + 1) * height) if rows is None else rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + chunk(b"IEND", b"")


def tiff(*directories: list[tuple[int, int, tuple[int, ...] | bytes]], order: str = "<") -> bytes:
    """Build a TIFF structure: each directory a list of (tag, type, values)."""
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8))
    for number, entries in enumerate(directories):
        size = 2 + 12 * len(entries) + 4
        body, extra = struct.pack(order + "H", len(entries)), b""
        for tag, kind, values in entries:
            packed = (
                values
                if isinstance(values, bytes)
                else b"".join(struct.pack(order + {1: "B", 3: "H", 4: "I"}[kind], value) for value in values)
            )
            if len(packed) > 4:
                field, extra = struct.pack(order + "I", len(out) + size + len(extra)), extra + packed
            else:
                field = packed.ljust(4, b"\0")
            body += struct.pack(order + "HHI", tag, kind, len(values)) + field
        last = number == len(directories) - 1
        out += body + struct.pack(order + "I", 0 if last else len(out) + size + len(extra)) + extra
    return bytes(out)
