"""Recompressing: the same pixels, the same metadata to the byte, fewer bytes; or a reason, and nothing."""

import importlib
import io
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_collections import jpeg, png

from workbench import images, metadata, recompress
from workbench.errors import MissingExtra
from workbench.recompress import Refused, jpeg_of_parts, jpeg_parts, png_chunks


def scene(width: int = 200, height: int = 150, mode: str = "RGB") -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    colours = np.stack([(x * 3 + y) % 256, (y * 5) % 256, 128 + 100 * np.sin(x / 9)], axis=-1)
    return Image.fromarray(colours.astype(np.uint8)).convert(mode)


def saved(format: str, mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    scene(mode=mode).save(out, format, **how)
    return out.getvalue()


def with_segments(data: bytes, *segments: tuple[int, bytes], trailer: bytes = b"") -> bytes:
    made = b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(b) + 2) + b for m, b in segments)
    return data[:2] + made + data[2:] + trailer


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


# -- JPEG


@pytest.mark.parametrize(
    "how", [{}, {"progressive": True}, {"subsampling": 0, "quality": 98}, {"restart_marker_rows": 1}]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_gets_smaller_and_stays_the_same_picture(mode: str, how: dict[str, object]) -> None:
    data = saved("JPEG", mode, **how)
    made = recompress.recompress(data, "JPEG")
    assert made.saved == len(data) - len(made.data) > 0
    one, two = (np.asarray(Image.open(io.BytesIO(file))) for file in (data, made.data))
    assert (one == two).all()


def test_its_metadata_stays_byte_for_byte_and_in_order() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    base = saved("JPEG", exif=exif.tobytes(), icc_profile=b"not really a profile" * 9, comment=b"a comment")
    data = with_segments(base, (0xED, b"Photoshop 3.0\0what it says"), (0xEF, b"own"), trailer=b"\0\1after the picture")
    made = recompress.recompress(data, "JPEG").data
    assert jpeg_parts(made).metadata == jpeg_parts(data).metadata
    assert made.endswith(b"\xff\xd9\0\1after the picture")
    assert metadata.read(made, format="JPEG").values == metadata.read(data, format="JPEG").values


def test_an_orientation_is_not_applied_twice() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved("JPEG", exif=exif.tobytes())
    made = recompress.recompress(data, "JPEG").data
    assert images.measure(made).orientation == 6
    assert images.measure(made).phash == images.measure(data).phash


def test_taking_a_jpeg_apart_and_putting_it_together_keeps_every_byte() -> None:
    data = jpeg(3, "Title", ("a", "b"))
    parts = jpeg_parts(data)
    whole = jpeg_of_parts(parts)
    assert sorted(whole) == sorted(data)
    assert jpeg_parts(whole) == parts


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "isn't a whole JPEG"),
        (b"\xff\xd8\xff\xd9", "isn't a whole JPEG"),
        (saved("JPEG")[:-500], "isn't a whole JPEG"),
        (with_segments(saved("JPEG"), (0xEB, b"JP\0\1jumb")), "sign every byte"),
        (with_segments(saved("JPEG"), (0xE2, b"MPF\0rest")), "counting bytes"),
        (saved("JPEG")[:2] + b"stray" + saved("JPEG")[2:], "stray bytes"),
    ],
)
def test_a_jpeg_that_is_risky_is_left_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        recompress.recompress(data, "JPEG")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_a_reason_or_the_same_pixels(data: st.DataObject) -> None:
    format = data.draw(st.sampled_from(["JPEG", "PNG"]))
    whole = bytearray(saved(format))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))]) if data.draw(st.booleans()) else bytes(whole)
    try:
        made = recompress.recompress(cut, format).data
    except Refused:
        return
    assert images.same_pixels(cut, made)
    assert len(made) < len(cut)


# -- PNG


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "I;16"])
def test_a_png_gets_smaller_and_keeps_every_other_chunk(mode: str) -> None:
    out = io.BytesIO()
    picture = scene(mode="L").convert("I;16") if mode == "I;16" else scene(mode=mode)
    picture.save(out, "PNG", compress_level=0, dpi=(300, 300))
    data = out.getvalue()
    more = chunk(b"tEXt", b"Comment\0kept") + chunk(b"prVt", b"private")
    data = data[:-12] + more + data[-12:] + b"after the picture"
    made = recompress.recompress(data, "PNG").data
    assert len(made) < len(data)
    one, two = (np.asarray(Image.open(io.BytesIO(file))) for file in (data, made))
    assert (one == two).all()
    others = [[c.whole for c in png_chunks(file)[0] if c.name != b"IDAT"] for file in (data, made)]
    assert others[0] == others[1]
    assert made.endswith(b"after the picture")


def test_a_png_that_is_small_already_moves_or_is_cut_is_left() -> None:
    small = recompress.recompress(png(5, 64), "PNG").data
    with pytest.raises(Refused, match="as small as it gets"):
        recompress.recompress(small, "PNG")
    with pytest.raises(Refused, match="whole PNG"):
        recompress.recompress(png(5)[:-4], "PNG")
    moving = png(5)[:33] + chunk(b"acTL", b"\0\0\0\1\0\0\0\0") + png(5)[33:]
    with pytest.raises(Refused, match="Moving"):
        recompress.recompress(moving, "PNG")


@pytest.mark.parametrize("format", ["TIFF", "GIF", "HEIC", None])
def test_other_formats_are_left(format: str | None) -> None:
    with pytest.raises(Refused, match="can't be recompressed"):
        recompress.recompress(b"anything", format)


# -- the library


def test_a_missing_library_is_said_to_be_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mozjpeg_lossless_optimization", "oxipng"):
        monkeypatch.setitem(sys.modules, name, None)
    for data, format in ((jpeg(1), "JPEG"), (png(1), "PNG")):
        with pytest.raises(MissingExtra, match="optimise"):
            recompress.recompress(data, format)
    assert importlib.util.find_spec("workbench.recompress") is not None


def test_pixels_are_compared_as_stored() -> None:
    assert images.same_pixels(saved("PNG"), saved("PNG", compress_level=1))
    assert not images.same_pixels(saved("PNG"), saved("PNG", mode="L"))
    assert not images.same_pixels(saved("JPEG"), saved("JPEG", quality=60))
