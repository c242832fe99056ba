"""Smaller files of the same picture: JPEG and PNG coded anew without loss. The door to MozJPEG and oxipng.

Only what codes the pixels is replaced. Every other segment or chunk, and whatever follows the picture, stays byte for
byte, and the new file counts only when it decodes to the same pixels. The libraries come with the extra ``optimise``:
mozjpeg-lossless-optimization (BSD) and pyoxipng (MIT).
"""

from __future__ import annotations

import importlib
import mmap
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench import images
from workbench.errors import BadValue, MissingExtra
from workbench.structure import walk_jpeg

Data = bytes | mmap.mmap

FORMATS = ("JPEG", "PNG")
"""What can be recompressed."""

_EFFORT = 4
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STANDALONE = {0x01, *range(0xD0, 0xD9)}


class Refused(Exception):
    """Why a file is left as it is: a sentence for people."""


class Recompressed(NamedTuple):
    """A file coded anew.

    Attributes
    ----------
    data : bytes
    saved : int
        Bytes that it is smaller by, > 0.
    """

    data: bytes
    saved: int


def recompress(data: bytes, format: str | None) -> Recompressed:
    """Return a smaller file with the same pixels and the same metadata.

    Parameters
    ----------
    data : bytes
        The whole file.
    format : str or None
        By content: ``JPEG``, ``PNG``.

    Raises
    ------
    Refused
        It can't be made smaller, or not without risk.
    MissingExtra
        The library for this format isn't installed.
    """
    if format not in _CODERS:
        raise Refused(f"{format or 'This'} files can't be recompressed without loss here.")
    try:
        made = _CODERS[format](data)
    except ValueError as error:
        raise Refused(f"The encoder doesn't take this file: {error}.") from error
    if len(made) >= len(data):
        raise Refused("It is as small as it gets without loss.")
    _prove(data, made)
    return Recompressed(made, len(data) - len(made))


def _prove(data: bytes, made: bytes) -> None:
    try:
        same = images.same_pixels(data, made)
    except BadValue as error:
        raise Refused(error.message) from error
    if not same:
        raise Refused("The new file didn't decode to the same pixels.")


def library(name: str, package: str) -> Any:
    """Return an optional library.

    Raises
    ------
    MissingExtra
        It isn't installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        hint = "Install it: pip install 'image-workbench[optimise]'."
        raise MissingExtra(f"Recompressing needs {package}, which isn't installed.", hint=hint) from error


# ── JPEG (ITU-T T.81) ─────────────────────────────────────────────────────────────────────────────────────────


class JpegParts(NamedTuple):
    """A JPEG taken apart: its metadata segments in order, what codes the picture, and what follows it."""

    metadata: list[bytes]
    coded: bytes
    trailer: bytes


def jpeg_parts(data: bytes) -> JpegParts:
    """Take a JPEG apart.

    Raises
    ------
    Refused
        It is no whole JPEG, or something is in it that is no segment.
    """
    jpeg = walk_jpeg(data)
    if not jpeg.complete or not jpeg.coded:
        raise Refused("The file isn't a whole JPEG.")
    pieces = iter([bytes(piece) for piece in jpeg.coded])
    metadata, position = [], 2
    while (marker := data[position + 1]) != 0xD9 or data[position] != 0xFF:
        if data[position] != 0xFF or marker in _STANDALONE:
            raise Refused("There are stray bytes between the file's segments.")
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            metadata.append(data[position:end])
        elif next(pieces, b"") != data[position:end]:
            raise Refused("The file's structure can't be followed.")
        position = end + (len(next(pieces, b"")) if marker == 0xDA else 0)
        if position + 2 > len(data):
            raise Refused("The file's structure can't be followed.")
    return JpegParts(metadata, b"".join(map(bytes, jpeg.coded)), data[position + 2 :])


def jpeg_of_parts(parts: JpegParts) -> bytes:
    """Return the file that `jpeg_parts` took apart, metadata first."""
    return b"".join((b"\xff\xd8", *parts.metadata, parts.coded, b"\xff\xd9", parts.trailer))


def with_metadata_of(file: bytes, parts: JpegParts) -> bytes:
    """Return a newly encoded JPEG with the metadata, byte for byte, and what follows the picture, of another.

    Only the segments that tell a decoder how the pixels are coded (JFIF, Adobe) are the new file's own.
    """
    new = jpeg_parts(file)
    own = [segment for segment in new.metadata if _is_about_coding(segment)]
    others = [segment for segment in parts.metadata if not _is_about_coding(segment)]
    return jpeg_of_parts(JpegParts(own + others, new.coded, parts.trailer))


def _is_about_coding(segment: bytes) -> bool:
    return segment[1] == 0xE0 or (segment[1] == 0xEE and segment[4:9] == b"Adobe")


def _jpeg(data: bytes) -> bytes:
    parts = jpeg_parts(data)
    must_be_movable(parts)
    encoder = library("mozjpeg_lossless_optimization", "mozjpeg-lossless-optimization")
    made = encoder.optimize(bytes(walk_jpeg(data).stream()))
    new = jpeg_of_parts(parts._replace(coded=jpeg_parts(made).coded))
    if jpeg_parts(new)[::2] != parts[::2]:
        raise Refused("The new file doesn't hold the same metadata.")
    return new


def must_be_movable(parts: JpegParts) -> None:
    """Raise `Refused` for a file in which something counts bytes, or signs them."""
    for segment in parts.metadata:
        if segment[1] == 0xEB and segment[4:6] == b"JP":
            raise Refused("It carries content credentials, which sign every byte.")
        if segment[1] == 0xE2 and segment[4:8] == b"MPF\0":
            raise Refused("It holds further pictures, which are found by counting bytes.")


# ── PNG (W3C, 3rd edition) ────────────────────────────────────────────────────────────────────────────────────


class Chunk(NamedTuple):
    """A chunk of a PNG: its name, and all its bytes."""

    name: bytes
    whole: bytes


def png_chunks(data: bytes) -> tuple[list[Chunk], bytes]:
    """Return the chunks of a PNG, and what follows the last.

    Raises
    ------
    Refused
        It is no whole PNG.
    """
    found = list(_chunks(data))
    end = len(_SIGNATURE) + sum(len(chunk.whole) for chunk in found)
    if not data.startswith(_SIGNATURE) or not found or found[-1].name != b"IEND":
        raise Refused("The file isn't a whole PNG.")
    return found, data[end:]


def _chunks(data: bytes) -> Iterator[Chunk]:
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        [length] = struct.unpack_from(">I", data, position)
        end = position + 12 + length
        if end > len(data):
            return
        yield Chunk(data[position + 4 : position + 8], data[position:end])
        if data[position + 4 : position + 8] == b"IEND":
            return
        position = end


def _png(data: bytes) -> bytes:
    chunks, trailer = png_chunks(data)
    names = [chunk.name for chunk in chunks]
    if b"acTL" in names:
        raise Refused("Moving pictures aren't recompressed here.")
    encoder = library("oxipng", "pyoxipng")
    reductions = ("bit_depth_reduction", "color_type_reduction", "palette_reduction", "grayscale_reduction")
    try:
        made = encoder.optimize_from_memory(
            data, level=_EFFORT, strip=encoder.StripChunks.none(), interlace=None, optimize_alpha=False,
            **dict.fromkeys(reductions, False),
        )  # fmt: skip
    except encoder.PngError as error:
        raise Refused(f"The encoder doesn't take this file: {error}.") from error
    new, _ = png_chunks(bytes(made))
    if new[0].whole != chunks[0].whole:
        raise Refused("The encoder changed more than how the pixels are coded.")
    coded = [chunk for chunk in new if chunk.name == b"IDAT"]
    first = names.index(b"IDAT")
    kept = [chunk for chunk in chunks[first:] if chunk.name != b"IDAT"]
    return b"".join([_SIGNATURE, *(chunk.whole for chunk in [*chunks[:first], *coded, *kept]), trailer])


_CODERS = {"JPEG": _jpeg, "PNG": _png}
