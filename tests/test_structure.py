from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import chunk, encoded, photograph, png, tiff, with_segment
from PIL import Image

from workbench import structure
from workbench.structure import (
    count_gif_frames,
    exif_orientation,
    heif_bit_depth,
    stops_early,
    tiff_directories,
    walk_jpeg,
    walk_png,
)

PHOTO = photograph(120, 80)
JPEG = encoded(PHOTO, "JPEG")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("restarts", [0, 1])
def test_a_jpeg_without_its_metadata_shows_the_same(progressive: bool, restarts: int) -> None:
    data = encoded(PHOTO, "JPEG", progressive=progressive, restart_marker_rows=restarts)
    jpeg = walk_jpeg(with_segment(data, 0xE1, b"Exif\0\0" + b"x" * 500) + b"trailer \xff\xd9")
    assert (jpeg.width, jpeg.height, jpeg.precision, jpeg.complete) == (120, 80, 8, True)
    assert (jpeg.progressive, jpeg.scans > 1) == (progressive, progressive)
    assert jpeg.exif == b"x" * 500
    assert jpeg.stream() == data


def test_a_comment_holding_an_end_marker_ends_nothing() -> None:
    assert walk_jpeg(with_segment(JPEG, 0xFE, b"\xff\xd9\xff\xda")).stream() == JPEG


def test_a_profile_in_pieces_is_put_together_in_order() -> None:
    head = b"ICC_PROFILE\0"
    data = with_segment(with_segment(JPEG, 0xE2, head + b"\1\2first "), 0xE2, head + b"\2\2second")
    assert walk_jpeg(data).icc == b"first second"


@given(st.integers(0, len(JPEG) - 1))
def test_a_cut_jpeg_is_not_complete(length: int) -> None:
    assert walk_jpeg(JPEG[:length]).complete is False
    assert stops_early(JPEG[:length], "JPEG")


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_walk_raises(noise: bytes) -> None:
    walk_jpeg(b"\xff\xd8" + noise)
    walk_jpeg(JPEG[:200] + noise)
    walk_png(b"\x89PNG\r\n\x1a\n" + noise)
    count_gif_frames(b"GIF89a" + noise)
    exif_orientation(b"Exif\0\0II*\0\x08\0\0\0" + noise)
    tiff_directories(b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10" + noise, deep=True)
    heif_bit_depth(noise)
    for format in ("GIF", "TIFF", "WEBP", "BMP", "HEIC"):
        stops_early(noise, format)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_is_read_in_both_byte_orders(order: str, value: int) -> None:
    block = tiff([(271, 2, b"Somebody\0"), (274, 3, (value,))], order=order)
    assert exif_orientation(block) == exif_orientation(b"Exif\0\0" + block) == value


def test_a_loop_of_directories_is_cut() -> None:
    data = bytearray(tiff([(256, 3, (10,))], [(256, 3, (20,))]))
    assert [page.width for page in tiff_directories(bytes(data))] == [10, 20]
    data[-4:] = struct.pack("<I", 8)
    assert len(tiff_directories(bytes(data))) == 2


def test_bigtiff_directories_are_read() -> None:
    entry = struct.pack("<HHQQ", 256, 3, 1, 77)
    data = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 1) + entry + b"\0" * 8
    assert [page.width for page in tiff_directories(data)] == [77]


def test_png_walks_past_text_and_counts_frames() -> None:
    data = png(7, 5, chunk(b"tEXt", b"Title\0" + b"x" * 1000), chunk(b"acTL", struct.pack(">II", 3, 0)))
    walked = walk_png(data)
    assert (walked.width, walked.height, walked.bits, walked.frames, walked.complete) == (7, 5, 8, 3, True)
    assert walked.stream == png(7, 5)
    assert stops_early(data[:-12], "PNG")


def test_gif_frames_are_counted_and_a_missing_trailer_noticed() -> None:
    frames = [Image.new("RGB", (9, 9), (i * 60, 0, 0)) for i in range(4)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert count_gif_frames(data) == (4, True)
    assert count_gif_frames(data[:-1]) == (4, False)


@pytest.mark.parametrize("format", ["PNG", "GIF", "TIFF", "WEBP", "BMP", "HEIF", "AVIF"])
def test_whole_files_do_not_stop_early(format: str) -> None:
    name = "HEIC" if format == "HEIF" else format
    data = encoded(PHOTO, format)
    assert not stops_early(data, name)
    assert stops_early(data[: len(data) // 2], name)


def test_heif_bit_depth_is_read() -> None:
    assert heif_bit_depth(encoded(PHOTO, "AVIF")) == 8
    assert heif_bit_depth(b"\0\0\0\x10pixi\0\0\0\0\3\x0a\x0a\x0a") == 10
    assert heif_bit_depth(b"\0\0\0\x0cav1C\x81\x20\x70\0") == 12
    assert heif_bit_depth(b"nothing of the kind") is None


@given(st.binary(max_size=40), st.integers(0, 40))
def test_the_first_end_marker_is_found_at_even_and_odd_places(data: bytes, start: int) -> None:
    data = data.replace(b"\x01", b"\xff\xd9").replace(b"\x02", b"\xff")
    found = data.find(b"\xff\xd9", start)
    assert structure._first_end(data, start) == (found if found >= 0 else len(data))


def test_an_end_marker_across_a_window_is_found() -> None:
    for shift in (-2, -1, 0, 1):
        data = bytes((1 << 20) + shift) + b"\xff\xd9" + bytes(100)
        assert structure._first_end(data, 0) == (1 << 20) + shift
