"""Everything about the picture in a file: what it is, what it shows, and a small copy to look at.

The only module that imports Pillow. EXIF orientation is applied here, once: fingerprints, thumbnails
and the large view are all of the picture as a person sees it.
"""

from __future__ import annotations

import io
import mmap
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pillow_heif
from blake3 import blake3
from PIL import Image, ImageCms, UnidentifiedImageError

from workbench import fingerprints
from workbench.errors import BadValue
from workbench.formats import Kind, recognise
from workbench.problems import Problem, problem
from workbench.structure import (
    count_gif_frames,
    exif_orientation,
    heif_bit_depth,
    stops_early,
    tiff_directories,
    walk_jpeg,
    walk_png,
)

pillow_heif.register_heif_opener()

Data = bytes | mmap.mmap
Made = TypeVar("Made")

MAX_PIXELS = 250_000_000
"""Pixels a picture may claim; more is treated as a decompression bomb."""
MAX_JPEG_PIXELS = 500_000_000
"""The same for a JPEG that is decoded line by line at a fraction of its size."""
MAX_SCAN_PIXELS = 3_000_000_000
"""Pixels times passes that decoding a progressive JPEG may take."""
FRAME_PIXELS = 200_000_000
"""Pixels of all frames together that are decoded for the picture hash."""
FRAME_LIMIT = 1_000
"""Frames that are decoded for the picture hash."""
WORK_EDGE = 240
"""Long edge, in pixels, at which quality is measured; smaller pictures are measured as they are."""
THUMBNAIL_EDGE = 320
SMALLEST = 0.75
"""Part of the wanted edge that a reduced decode may fall short of: a JPEG is scaled by halves almost for nothing."""
LARGEST = 1.25
"""Part of the wanted edge up to which a thumbnail is left as it was decoded: scaling it once more costs more."""
SHORT_EDGE = 64
"""Short edge that a reduced decode keeps, so that fingerprints of panoramas stay true."""
THUMBNAIL_QUALITY = 80
WHOLE_STREAM = 32 << 20
"""Bytes of a JPEG that are handed to its decoder in one piece."""

# Above this Pillow warns and at twice this it refuses: our own, stricter limits are asked first.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_PLUGINS = {"PPM": ["PPM"], "HEIC": ["HEIF"], "CUR": ["CUR"]}
_UPRIGHT = {"TIFF", "HEIC"}  # their decoders turn the picture themselves
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(slots=True)
class Picture:
    """What was measured of one file; None where it could not be.

    Attributes
    ----------
    format, mime : str or None
        Kind of file by its content (``JPEG``, ``CR2``, ``DICOM``…); None when it isn't an image.
    width, height : int or None
        Pixels as stored, before orientation is applied.
    mode : str or None
        Pillow's name of the pixel layout (``RGB``, ``L``, ``CMYK``, ``I;16``…).
    bit_depth : int or None
        Bits per channel as stored.
    frames : int or None
        Frames of an animation, pages of a TIFF, images of a HEIF; 1 for a single picture.
    has_icc : bool or None
        Whether a colour profile is embedded.
    icc_name : str or None
        The profile's description, at most 120 characters.
    orientation : int or None
        EXIF orientation, 1–8; None when the file doesn't say.
    picture_hash : str or None
        ``jpeg:`` or ``png:`` and the BLAKE3 hash of the coded image data without metadata; ``pixels:`` and that of
        the decoded pixels of all frames; ``bytes:`` and that of the whole file where decoding every frame would
        take too long. Equal hashes mean the same picture.
    phash, dhash : int or None
        Fingerprints of the oriented picture, unsigned 64-bit.
    phashes : list of int or None
        The ``phash`` under the 8 symmetries: see `workbench.fingerprints.phash_symmetries`.
    sharpness, brightness, contrast, clipped_dark, clipped_bright : float or None
        See `workbench.fingerprints.Quality`; measured at a long edge of `WORK_EDGE` pixels.
    flat : bool or None
        Nearly one grey: the fingerprints say nothing.
    thumbnail : bytes or None
        A JPEG, oriented, in sRGB.
    problems : list of Problem
        What was wrong; empty for a picture that decodes and for a recognised kind without a decoder.
    """

    format: str | None = None
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    bit_depth: int | None = None
    frames: int | None = None
    has_icc: bool | None = None
    icc_name: str | None = None
    orientation: int | None = None
    picture_hash: str | None = None
    phash: int | None = None
    dhash: int | None = None
    phashes: list[int] | None = None
    sharpness: float | None = None
    brightness: float | None = None
    contrast: float | None = None
    clipped_dark: float | None = None
    clipped_bright: float | None = None
    flat: bool | None = None
    thumbnail: bytes | None = None
    problems: list[Problem] = field(default_factory=list)


class _Bomb(Exception):
    """The header claims more than may be decoded."""


class _NoDecoder(Exception):
    """A sound file of a variety that nothing here decodes."""


@dataclass(slots=True)
class _Opened:
    """A picture whose header has been read: `image` decodes when it is loaded."""

    image: Image.Image
    icc: bytes = b""
    turn: int = 1
    drafts: bool = False


def measure(data: Data, *, thumbnail_edge: int = THUMBNAIL_EDGE) -> Picture:
    """Measure the picture in a file.

    Parameters
    ----------
    data : bytes or mmap.mmap
        The whole file.
    thumbnail_edge : int
        Longest edge of the thumbnail, in pixels. It may come out up to a quarter smaller or larger, and smaller
        pictures are not enlarged.

    Returns
    -------
    Picture
        Always: whatever goes wrong is in its ``problems``.
    """
    if not len(data):
        return Picture(problems=[problem("read", "empty")])
    kind = recognise(data)
    picture = Picture(format=kind.format, mime=kind.mime)
    if kind.format is None:
        message = f"This is {kind.what}, not an image." if kind.what else ""
        picture.problems.append(problem("decode", "not_an_image", message=message))
    elif kind.decodable:
        with _quiet():
            _measure(data, kind, picture, thumbnail_edge)
    return picture


def large_jpeg(data: Data, *, edge: int = 2048) -> bytes:
    """Render any decodable image for the large view: oriented, in sRGB, as a JPEG.

    Parameters
    ----------
    data : bytes or mmap.mmap
        The whole file.
    edge : int
        Long edge in pixels; smaller pictures are not enlarged.

    Raises
    ------
    BadValue
        The file isn't an image, or can't be decoded.
    """
    return _rendered(data, edge, lambda image: _encode(image, quality=88))


def pixels(data: Data, *, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return any decodable image in a given size, oriented, in sRGB; its shape is (height, width, 3).

    Parameters
    ----------
    data : bytes or mmap.mmap
        The whole file.
    width, height : int
        In pixels; the picture is stretched to fit.

    Raises
    ------
    BadValue
        The file isn't an image, or can't be decoded.
    """
    size = (width, height)
    return _rendered(
        data, 2 * max(size), lambda image: np.asarray(image.convert("RGB").resize(size, Image.Resampling.BILINEAR))
    )


def grey_of(data: Data, *, edge: int) -> npt.NDArray[np.uint8]:
    """Return the brightness of any decodable image, oriented; of a JPEG only as large as its long edge needs to be.

    Shape (height, width). As it stands in the file, whatever its profile: for looking at what stands in it.

    Raises
    ------
    BadValue
        The file isn't an image, or can't be decoded.
    """
    return _decoded(data, edge, lambda plain, opened: np.asarray(_turn(plain.convert("L"), opened.turn)), mode="L")


def turned_hashes(thumbnail: bytes) -> list[int] | None:
    """Return the pHashes of a stored thumbnail under the eight symmetries; None where it can't be decoded.

    See `workbench.fingerprints.phash_symmetries`. A hash of the thumbnail and one of the file differ in a bit or two.
    """
    try:
        with Image.open(io.BytesIO(thumbnail), formats=["JPEG"]) as picture:
            return fingerprints.phash_symmetries(picture)
    except (OSError, SyntaxError, ValueError):
        return None


def same_pixels(one: Data, other: Data) -> bool:
    """Whether two files decode to the same pixels: as stored, in full size, of every frame.

    Raises
    ------
    BadValue
        One of them isn't an image, can't be decoded, or has too many frames to be compared.
    """
    found = [_pixels_hash(data) for data in (one, other)]
    return found[0] == found[1]


def _pixels_hash(data: Data) -> str:
    kind, picture = recognise(data), Picture()
    if not kind.decodable:
        raise BadValue(_undecodable(kind), hint=_LOOK)
    with _quiet():
        try:
            image = _open(data, kind, picture).image
            image.load()
            found = _hash_frames(data, image, picture.frames or 1)
        except Exception as error:
            raise BadValue(_failure(data, kind, error).message, hint=_LOOK) from error
    if found.startswith("bytes:"):
        raise BadValue("It has too many frames to be compared.", hint="Leave it as it is.")
    return f"{found} {image.info.get('transparency')!r}"


def encoded(
    data: Data, *, format: str, quality: int, edge: int | None = None, exif: bytes = b"", xmp: bytes = b""
) -> tuple[bytes, npt.NDArray[np.uint8]]:
    """Encode a picture anew, as it is stored (not turned), with its colour profile and the metadata given.

    Parameters
    ----------
    data : bytes or mmap.mmap
        The whole file.
    format : {'JPEG', 'WEBP'}
    quality : int
        1 to 100, as the encoder means it.
    edge : int, optional
        Long edge in pixels that it is shrunk to; as it is when not given, or smaller already.
    exif, xmp : bytes
        Written byte for byte.

    Returns
    -------
    file : bytes
    source : ndarray of uint8
        The pixels that were handed to the encoder: shape (height, width, 3), or (height, width) for grey.

    Raises
    ------
    BadValue
        It can't be decoded, or has what the format can't hold: transparency, several frames, more than 8 bits.
    """
    kind, picture = recognise(data), Picture()
    if not kind.decodable:
        raise BadValue(_undecodable(kind), hint=_LOOK)
    with _quiet():
        try:
            opened = _open(data, kind, picture)
            opened.image.load()
        except Exception as error:
            raise BadValue(_failure(data, kind, error).message, hint=_LOOK) from error
        image = opened.image
        if image.mode not in ("L", "RGB") or (picture.frames or 1) > 1 or "transparency" in image.info:
            raise BadValue(f"A picture of the kind {image.mode} isn't converted here.", hint="Leave it as it is.")
        small = _shrink(image, edge or max(image.size), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        more: dict[str, Any] = {"exif": exif} if exif else {}
        more |= {"xmp": xmp} if xmp else {}
        more |= {"icc_profile": opened.icc} if opened.icc else {}
        more |= {"optimize": True, "progressive": True} if format == "JPEG" else {"method": 5}
        more |= _resolution(image) if format == "JPEG" else {}
        small.save(out, format, quality=quality, **more)
    return out.getvalue(), np.asarray(small)


def header(data: Data) -> Picture:
    """Return what a picture's header says, nothing of it decoded: kind, size, mode, bits, frames, profile, orientation.

    Raises
    ------
    BadValue
        The file isn't an image, or can't be decoded here.
    """
    kind = recognise(data)
    if not kind.decodable:
        raise BadValue(_undecodable(kind), hint=_LOOK)
    picture = Picture(format=kind.format, mime=kind.mime)
    with _quiet():
        try:
            opened = _open(data, kind, picture)
        except Exception as error:
            raise BadValue(_failure(data, kind, error).message, hint=_LOOK) from error
    if "transparency" in opened.image.info and picture.mode in ("1", "L", "I;16", "RGB", "P"):
        picture.mode = {"P": "PA", "RGB": "RGBA"}.get(picture.mode, "LA")
    return picture


def as_png(data: Data) -> bytes:
    """Return a picture of one frame as a PNG: the pixels as they are decoded, its colour profile and resolution.

    Raises
    ------
    BadValue
        It can't be decoded, or a PNG can't hold pixels of its kind.
    """
    kind = recognise(data)
    if not kind.decodable:
        raise BadValue(_undecodable(kind), hint=_LOOK)
    out = io.BytesIO()
    with _quiet():
        try:
            opened = _open(data, kind, Picture())
            opened.image.load()
        except Exception as error:
            raise BadValue(_failure(data, kind, error).message, hint=_LOOK) from error
        try:
            opened.image.save(out, "PNG", compress_level=9, icc_profile=opened.icc or None, **_resolution(opened.image))
        except OSError as error:
            raise BadValue(f"A PNG can't hold a picture of the kind {opened.image.mode}.", hint=_LOOK) from error
    return out.getvalue()


def _resolution(image: Image.Image) -> dict[str, Any]:
    """Return the pixels per inch that a file states, as an encoder takes them; 1 stands for none in a TIFF."""
    dpi = image.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2 or not all(1 < float(n) < 65_536 for n in dpi):
        return {}
    return {"dpi": (float(dpi[0]), float(dpi[1]))}


def decoded(data: Data) -> npt.NDArray[np.uint8]:
    """Return the pixels of an 8-bit picture as stored: shape (height, width, 3), or (height, width) for grey."""
    with _quiet():
        image = _open(data, recognise(data), Picture()).image
        return np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))


def jpeg_of(picture: npt.NDArray[np.uint8], *, quality: int = THUMBNAIL_QUALITY) -> bytes:
    """Return pixels as a JPEG.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        In sRGB.
    quality : int
        As libjpeg means it, 1 to 95.
    """
    return _encode(Image.fromarray(picture), quality=quality)


def _rendered(data: Data, edge: int, make: Callable[[Image.Image], Made]) -> Made:
    """Return what is made of the picture, oriented and in sRGB."""
    return _decoded(
        data, edge, lambda plain, opened: make(_to_srgb(_shrink(_turn(plain, opened.turn), edge), opened.icc))
    )


def _decoded(data: Data, edge: int, make: Callable[[Image.Image, _Opened], Made], *, mode: str | None = None) -> Made:
    """Return what is made of the decoded picture, which may be larger than asked for."""
    picture = Picture()
    kind = recognise(data)
    if not kind.decodable:
        raise BadValue(_undecodable(kind), hint=_LOOK)
    with _quiet():
        try:
            opened = _open(data, kind, picture)
            return make(_plain(_decode(opened, edge, mode)), opened)
        except Exception as error:
            raise BadValue(_failure(data, kind, error).message, hint=_LOOK) from error


_LOOK = "Open the file in another program to see what it holds."


def _undecodable(kind: Kind) -> str:
    if kind.format:
        return f"The workbench can't decode this {kind.format} file."
    return f"This is {kind.what or 'no known kind of image'}, so there is nothing to show."


def _measure(data: Data, kind: Kind, picture: Picture, thumbnail_edge: int) -> None:
    try:
        opened = _open(data, kind, picture)
        decoded = _decode(opened, max(WORK_EDGE, round(thumbnail_edge * SMALLEST)))
        plain = _turn(_plain(decoded), opened.turn)
        _look(picture, plain.convert("L"), small=opened.drafts)
        small = plain if max(plain.size) <= thumbnail_edge * LARGEST else _shrink(plain, thumbnail_edge)
        picture.thumbnail = _encode(_to_srgb(small, opened.icc), quality=THUMBNAIL_QUALITY)
        if picture.picture_hash is None:
            picture.picture_hash = _hash_frames(data, opened.image, picture.frames or 1)
    except _NoDecoder:
        return
    except Exception as error:
        picture.picture_hash = None
        picture.problems.append(_failure(data, kind, error))


_CUT = re.compile(r"is truncated|not enough image data")


def _failure(data: Data, kind: Kind, error: Exception) -> Problem:
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, (_Bomb, Image.DecompressionBombError)):
        return problem("decode", "decompression_bomb", str(error))
    if isinstance(error, MemoryError):
        return problem("decode", "out_of_memory", detail)
    cut = isinstance(error, EOFError) or stops_early(data, kind.format or "") or _CUT.search(str(error)) is not None
    return problem("decode", "truncated" if cut else "corrupt", detail)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# -- opening: each reads the header, fills in what it says, and refuses what is too large


def _open(data: Data, kind: Kind, picture: Picture) -> _Opened:
    opened = _OPENERS.get(kind.format or "", _open_other)(data, kind, picture)
    picture.mode = opened.image.mode
    picture.has_icc = bool(opened.icc)
    picture.icc_name = _profile(opened.icc)[0] if opened.icc else None
    return opened


def _open_jpeg(data: Data, kind: Kind, picture: Picture) -> _Opened:
    jpeg = walk_jpeg(data)
    picture.width, picture.height = jpeg.width or None, jpeg.height or None
    picture.bit_depth, picture.frames, picture.orientation = jpeg.precision, 1, exif_orientation(jpeg.exif)
    _check_size(jpeg.width, jpeg.height, MAX_PIXELS if jpeg.progressive else MAX_JPEG_PIXELS)
    if jpeg.width * jpeg.height * jpeg.scans > MAX_SCAN_PIXELS:
        raise _Bomb(f"{jpeg.width} x {jpeg.height} pixels in {jpeg.scans} passes")
    if jpeg.precision > 8:
        raise _NoDecoder(f"{jpeg.precision} bits per sample")
    stream = jpeg.stream()
    image = Image.open(io.BytesIO(stream), formats=["JPEG"])
    # Given in pieces, the decoder starts a row again at the end of every piece: 4 % slower at 6 megapixels.
    image.decodermaxblock = min(max(image.decodermaxblock, len(stream)), WHOLE_STREAM)
    picture.picture_hash = "jpeg:" + _hash(jpeg.coded)
    return _Opened(image, jpeg.icc, picture.orientation or 1, drafts=True)


def _open_png(data: Data, kind: Kind, picture: Picture) -> _Opened:
    png = walk_png(data)
    picture.width, picture.height, picture.bit_depth = png.width or None, png.height or None, png.bits
    picture.frames, picture.orientation = png.frames, exif_orientation(png.exif)
    _check_size(png.width, png.height, MAX_PIXELS)
    image = Image.open(io.BytesIO(png.stream), formats=["PNG"])
    picture.picture_hash = "png:" + _hash(png.coded)
    return _Opened(image, png.icc, picture.orientation or 1)


def _open_tiff(data: Data, kind: Kind, picture: Picture) -> _Opened:
    pages = tiff_directories(data)
    if not pages:
        raise EOFError("no page directory")
    first = pages[0]
    picture.width, picture.height = first.width or None, first.height or None
    picture.bit_depth, picture.frames, picture.orientation = first.bits, len(pages), first.orientation
    _check_size(first.width, first.height, MAX_PIXELS)
    try:
        image = Image.open(_stream(data), formats=["TIFF"])
    except UnidentifiedImageError as error:
        if first.width and first.height and 0 < first.data_end <= len(data):
            raise _NoDecoder(str(error)) from error
        raise
    return _Opened(image, first.icc)


def _open_gif(data: Data, kind: Kind, picture: Picture) -> _Opened:
    picture.width, picture.height = (int.from_bytes(data[at : at + 2], "little") or None for at in (6, 8))
    picture.frames, picture.bit_depth = count_gif_frames(data)[0], 8
    _check_size(picture.width or 0, picture.height or 0, MAX_PIXELS)
    return _Opened(Image.open(_stream(data), formats=["GIF"]))


def _open_other(data: Data, kind: Kind, picture: Picture) -> _Opened:
    image = Image.open(_stream(data), formats=_PLUGINS.get(kind.format or "", [kind.format or ""]))
    picture.width, picture.height = image.size
    stated = heif_bit_depth(data) if kind.format in ("HEIC", "AVIF") else None
    picture.bit_depth = stated or image.info.get("bit_depth") or _depth_of_mode(image.mode)
    picture.frames = int(getattr(image, "n_frames", 1))
    _check_size(image.width, image.height, MAX_PIXELS)
    exif = image.info.get("exif")
    if isinstance(exif, bytes):
        picture.orientation = exif_orientation(exif)
    icc = image.info.get("icc_profile")
    turn = 1 if kind.format in _UPRIGHT else picture.orientation or 1
    return _Opened(image, icc if isinstance(icc, bytes) else b"", turn)


_OPENERS: dict[str, Callable[[Data, Kind, Picture], _Opened]] = {
    "JPEG": _open_jpeg,
    "PNG": _open_png,
    "TIFF": _open_tiff,
    "GIF": _open_gif,
}


def _stream(data: Data) -> IO[bytes]:
    if isinstance(data, bytes):
        return io.BytesIO(data)
    data.seek(0)
    return cast("IO[bytes]", data)


def _check_size(width: int, height: int, limit: int) -> None:
    if width * height > limit:
        raise _Bomb(f"{width} x {height} pixels; the limit is {limit // 1_000_000} million")


def _depth_of_mode(mode: str) -> int:
    if mode == "1":
        return 1
    return 16 if mode.startswith("I") else 32 if mode == "F" else 8


# -- decoding, and making what was decoded showable


def _decode(opened: _Opened, edge: int, mode: str | None = None) -> Image.Image:
    image = opened.image
    if opened.drafts:
        width, height = image.size
        scale = min(max(width, height) // edge, min(width, height) // SHORT_EDGE)
        step = next((step for step in (8, 4, 2) if step <= scale), 1)
        image.draft(mode, (width // step, height // step))
    image.load()
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture as 8-bit L, RGB or CMYK without transparency, on white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scale_to_8_bits(image)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert("RGBA")
        page = Image.new("RGB", clear.size, "white")
        page.paste(clear, mask=clear.getchannel("A"))
        return page
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def _scale_to_8_bits(image: Image.Image) -> Image.Image:
    """Scale deep greys so that nothing clips: by the smallest usual bit depth that holds them, else by their range."""
    values = np.asarray(image)
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif values.dtype.kind != "f" and low >= 0 and high <= 65535:
        low, high = 0.0, next(2.0**bits - 1 for bits in (8, 10, 12, 14, 16) if high < 2**bits)
    span = (high - low) or 1.0
    return Image.fromarray(((values.astype(np.float32) - low) * (255 / span)).clip(0, 255).astype(np.uint8))


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _shrink(image: Image.Image, edge: int, resample: Image.Resampling = Image.Resampling.BILINEAR) -> Image.Image:
    longest = max(image.size)
    if longest <= edge:
        return image
    size = (max(1, round(image.width * edge / longest)), max(1, round(image.height * edge / longest)))
    return image.resize(size, resample, reducing_gap=2.0)


def _look(picture: Picture, grey: Image.Image, *, small: bool) -> None:
    """Fill in quality figures at the fixed scale, and fingerprints of the whole or, if told so, of the small grey."""
    # The box filter is what a reduced JPEG decode does too, so sharpness is comparable between the two.
    work = _shrink(grey, WORK_EDGE, Image.Resampling.BOX)
    found = fingerprints.quality(np.asarray(work))
    picture.sharpness, picture.brightness, picture.contrast = found.sharpness, found.brightness, found.contrast
    picture.clipped_dark, picture.clipped_bright, picture.flat = found.clipped_dark, found.clipped_bright, found.flat
    source = work if small and min(work.size) >= SHORT_EDGE else grey
    picture.phashes, picture.dhash = fingerprints.phash_symmetries(source), fingerprints.dhash(source)
    picture.phash = picture.phashes[0]


def _encode(image: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


# -- colour


@lru_cache(maxsize=4)
def _profile(icc: bytes) -> tuple[str | None, Any]:
    """Return a profile's name, and itself parsed unless it is sRGB; ``(None, None)`` when it is broken."""
    try:
        profile = ImageCms.getOpenProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile).strip()
    except Exception:
        return None, None
    printable = "".join(character for character in name if character.isprintable())[:120] or None
    return printable, None if "srgb" in name.lower() else profile


@lru_cache(maxsize=8)
def _transform(icc: bytes, mode: str) -> Any:
    _, profile = _profile(icc)
    if profile is None:
        return None
    try:
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    except Exception:
        return None


def _to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    transform = _transform(icc, image.mode) if icc else None
    if transform is not None:
        converted = ImageCms.applyTransform(image, transform)
        if converted is not None:
            return converted
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if converted is None:
        raise ValueError("no conversion from LAB")
    return converted


# -- the picture hash


def _hash(parts: Iterable[bytes | memoryview | mmap.mmap]) -> str:
    digest = blake3()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _hash_frames(data: Data, image: Image.Image, frames: int) -> str:
    """Hash the decoded pixels of every frame, or the whole file when that would take too long."""
    if frames > FRAME_LIMIT or frames * image.width * image.height > max(FRAME_PIXELS, image.width * image.height):
        return "bytes:" + _hash([data])
    digest = blake3()
    spent = 0
    for number in range(frames):
        if number:
            image.seek(number)
            spent += image.width * image.height
            if spent > FRAME_PIXELS:
                return "bytes:" + _hash([data])
            image.load()
        _hash_pixels(digest, image)
    return "pixels:" + digest.hexdigest()


def _hash_pixels(digest: Any, image: Image.Image) -> None:
    digest.update(f"{image.mode} {image.width} {image.height};".encode())
    strip = max(1, 4_000_000 // max(1, image.width))
    for top in range(0, image.height, strip):
        part = image.crop((0, top, image.width, min(image.height, top + strip)))
        if part.mode in ("P", "PA"):
            part = part.convert("RGBA")
        digest.update(part.tobytes())
