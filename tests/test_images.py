from __future__ import annotations

import itertools
import mmap
import struct
import warnings
import zlib
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from picture_files import (
    chunk,
    decoded,
    encoded,
    oriented,
    photograph,
    png,
    tiff,
    with_segment,
    with_size,
)
from PIL import Image, ImageCms, ImageFile, ImageFilter

from workbench import images
from workbench.errors import BadValue, WorkbenchError
from workbench.fingerprints import distance
from workbench.images import Picture, large_jpeg, measure

PHOTO = photograph()
JPEG = encoded(PHOTO, "JPEG", quality=88)
SMALL = photograph(48, 32)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def kinds(picture: Picture) -> list[str]:
    return [problem.kind for problem in picture.problems]


def shown(picture: Picture) -> np.ndarray:
    assert picture.thumbnail is not None
    return np.asarray(decoded(picture.thumbnail).convert("RGB")).astype(int)


# -- what is said of a sound picture


@pytest.mark.parametrize(
    ("format", "name", "mime"),
    [
        ("JPEG", "JPEG", "image/jpeg"),
        ("PNG", "PNG", "image/png"),
        ("GIF", "GIF", "image/gif"),
        ("TIFF", "TIFF", "image/tiff"),
        ("BMP", "BMP", "image/bmp"),
        ("WEBP", "WEBP", "image/webp"),
        ("HEIF", "HEIC", "image/heic"),
        ("AVIF", "AVIF", "image/avif"),
        ("PPM", "PPM", "image/x-portable-anymap"),
        ("TGA", "TGA", "image/x-tga"),
        ("PCX", "PCX", "image/x-pcx"),
        ("SGI", "SGI", "image/sgi"),
        ("JPEG2000", "JPEG2000", "image/jp2"),
        ("QOI", "QOI", "image/qoi"),
        ("MPO", "JPEG", "image/jpeg"),
    ],
)
def test_every_format_is_read_by_its_content(format: str, name: str, mime: str) -> None:
    picture = measure(encoded(PHOTO, format))
    assert (picture.format, picture.mime, picture.problems) == (name, mime, [])
    assert (picture.width, picture.height, picture.bit_depth, picture.frames) == (640, 426, 8, 1)
    assert picture.picture_hash is not None
    assert picture.flat is False
    assert picture.phash is not None
    assert distance(picture.phash, _whole_phash(PHOTO)) <= 4
    assert decoded(picture.thumbnail or b"").size == (320, 213)
    assert decoded(large_jpeg(encoded(PHOTO, format), edge=500)).size == (500, 333)


def _whole_phash(image: Image.Image) -> int:
    return int(str(imagehash.phash(image)), 16)


def _whole_dhash(image: Image.Image) -> int:
    return int(str(imagehash.dhash(image)), 16)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_fingerprints_of_losslessly_stored_pictures_are_exactly_imagehashs(format: str) -> None:
    picture = measure(encoded(PHOTO, format))
    assert (picture.phash, picture.dhash) == (_whole_phash(PHOTO), _whole_dhash(PHOTO))


@pytest.mark.parametrize("size", [(3000, 2000), (1000, 1500), (640, 426), (4000, 260), (90, 2400), (20, 20)])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_reduced_decode_keeps_the_fingerprints(size: tuple[int, int], progressive: bool) -> None:
    jpeg = encoded(photograph(*size), "JPEG", quality=85, progressive=progressive)
    picture = measure(jpeg)
    assert distance(picture.phash or 0, _whole_phash(decoded(jpeg))) <= 4
    assert distance(picture.dhash or 0, _whole_dhash(decoded(jpeg))) <= 6


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_orientations_are_the_same_picture(format: str, orientation: int) -> None:
    upright = measure(encoded(PHOTO, format))
    data = oriented(PHOTO, orientation, format)
    picture = measure(data)
    assert picture.orientation == orientation
    assert (picture.width, picture.height) == ((426, 640) if orientation > 4 else (640, 426))
    assert distance(picture.phash or 0, upright.phash or 0) <= 2
    assert distance(picture.dhash or 0, upright.dhash or 0) <= 3
    assert shown(picture).shape == (213, 320, 3)
    assert np.abs(shown(picture) - shown(upright)).mean() < 4
    assert decoded(large_jpeg(data)).size == (640, 426)


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_a_senseless_orientation_is_none(orientation: int) -> None:
    picture = measure(oriented(PHOTO, orientation))
    assert picture.orientation is None
    assert picture.problems == []


def test_a_mirrored_picture_is_not_the_same() -> None:
    mirrored = measure(encoded(PHOTO.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG"))
    assert distance(mirrored.phash or 0, measure(JPEG).phash or 0) > 10


@pytest.mark.parametrize(
    ("mode", "format", "depth"),
    [
        ("1", "PNG", 1),
        ("1", "TIFF", 1),
        ("L", "JPEG", 8),
        ("P", "PNG", 8),
        ("LA", "PNG", 8),
        ("RGBA", "TIFF", 8),
        ("CMYK", "JPEG", 8),
        ("CMYK", "TIFF", 8),
        ("YCbCr", "TIFF", 8),
    ],
)
def test_every_pixel_layout_is_shown_alike(mode: str, format: str, depth: int) -> None:
    image = PHOTO.convert("L").convert("LA") if mode == "LA" else PHOTO.convert(mode)
    picture = measure(encoded(image, format))
    assert (picture.mode, picture.bit_depth, picture.problems) == (mode, depth, [])
    assert np.abs(shown(picture).mean(axis=2) - shown(measure(JPEG)).mean(axis=2)).mean() < 20
    assert distance(picture.phash or 0, measure(JPEG).phash or 0) <= 8


@pytest.mark.parametrize("top", [255, 1023, 4095, 65535])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_deep_greys_are_scaled_and_not_clipped(top: int, format: str) -> None:
    ramp = np.linspace(0, top, 256).astype(np.uint16)[None, :].repeat(64, axis=0)
    picture = measure(encoded(Image.fromarray(ramp), format))
    assert picture.bit_depth == 16
    assert picture.brightness == pytest.approx(0.5, abs=0.02)
    row = shown(picture)[32, :, 0]
    assert row[:8].mean() < 12
    assert row[-8:].mean() > 243


@pytest.mark.parametrize("reach", [(0.0, 1.0), (-5.0, 5.0), (0.0, 1e9)])
def test_floating_point_pictures_are_scaled(reach: tuple[float, float]) -> None:
    ramp = np.linspace(*reach, 256).astype(np.float32)[None, :].repeat(64, axis=0)
    ramp[0, 0] = np.nan
    picture = measure(encoded(Image.fromarray(ramp), "TIFF"))
    assert (picture.mode, picture.bit_depth, picture.problems) == ("F", 32, [])
    assert picture.brightness == pytest.approx(0.5, abs=0.02)


def test_deep_colour_says_its_depth() -> None:
    wide = (np.asarray(SMALL).astype(np.uint16) * 257).byteswap().tobytes()
    rows = b"".join(b"\0" + wide[y * 48 * 6 : (y + 1) * 48 * 6] for y in range(32))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 48, 32, 16, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    picture = measure(data)
    assert (picture.bit_depth, picture.problems) == (16, [])
    assert picture.brightness == pytest.approx(measure(encoded(SMALL, "PNG")).brightness, abs=0.01)


def test_what_is_transparent_lies_on_white() -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (25, 25, 75, 75))
    palette = clear.convert("RGB").quantize(4)
    for data in (
        encoded(clear, "PNG"),
        encoded(clear, "WEBP"),
        encoded(palette, "GIF", transparency=palette.getpixel((0, 0))),
    ):
        picture = measure(data)
        assert shown(picture)[5, 5].min() > 240
        assert shown(picture)[50, 50, 0] > 150


def test_the_thumbnail_has_the_wanted_edge_and_nothing_is_enlarged() -> None:
    for edge in (64, 160, 320, 600):
        size = decoded(measure(JPEG, thumbnail_edge=edge).thumbnail or b"").size
        assert 0.75 * edge <= max(size) <= 1.25 * edge
    assert decoded(measure(encoded(SMALL, "JPEG")).thumbnail or b"").size == (48, 32)
    assert decoded(large_jpeg(encoded(SMALL, "PNG"))).size == (48, 32)


# -- colour profiles


def _wide_profile() -> bytes:
    """Turn the sRGB profile into another one by swapping the red and blue primaries, and give it another name."""
    table = {SRGB[at : at + 4]: at for at in range(132, 132 + 12 * SRGB[131], 12)}
    red, blue = SRGB[table[b"rXYZ"] + 4 : table[b"rXYZ"] + 12], SRGB[table[b"bXYZ"] + 4 : table[b"bXYZ"] + 12]
    swapped = bytearray(SRGB)
    swapped[table[b"rXYZ"] + 4 : table[b"rXYZ"] + 12] = blue
    swapped[table[b"bXYZ"] + 4 : table[b"bXYZ"] + 12] = red
    return bytes(swapped).replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_thumbnails_are_in_srgb(format: str) -> None:
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    picture = measure(encoded(red, format, icc_profile=_wide_profile()))
    assert picture.has_icc is True
    assert picture.icc_name is not None
    assert picture.icc_name.startswith("Swap")
    middle = shown(picture)[32, 32]
    assert middle[2] > 200 > 80 > middle[0]


def test_an_srgb_profile_changes_nothing() -> None:
    picture = measure(encoded(PHOTO, "JPEG", quality=88, icc_profile=SRGB))
    assert picture.has_icc is True
    assert "sRGB" in (picture.icc_name or "")
    assert picture.thumbnail == measure(JPEG).thumbnail


@pytest.mark.parametrize("profile", [b"nonsense", SRGB[:200], b"\0" * 4000])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_a_broken_profile_is_ignored(profile: bytes, format: str) -> None:
    picture = measure(encoded(PHOTO, format, icc_profile=profile))
    assert (picture.has_icc, picture.icc_name, picture.problems) == (True, None, [])
    assert picture.thumbnail is not None


# -- frames


def test_frames_and_pages_are_counted_and_all_hashed() -> None:
    colours = [Image.new("RGB", (40, 30), (i * 40, 200 - i * 40, 90)) for i in range(5)]
    for format in ("GIF", "TIFF", "WEBP", "PNG", "AVIF"):
        whole = measure(encoded(colours[0], format, save_all=True, append_images=colours[1:]))
        other = measure(
            encoded(colours[0], format, save_all=True, append_images=[*colours[1:-1], SMALL.resize((40, 30))])
        )
        assert (whole.frames, whole.problems) == (5, [])
        assert whole.picture_hash != other.picture_hash
        assert np.abs(shown(whole)[15, 20] - (0, 200, 90)).max() < 30


def test_a_hundred_thousand_frames_do_not_take_long() -> None:
    one = encoded(Image.new("L", (4, 4)), "GIF")
    at = one.index(b",")
    picture = measure(one[:at] + one[at:-1] * 100_000 + b";")
    assert (picture.frames, picture.problems) == (100_000, [])
    assert (picture.picture_hash or "").startswith("bytes:")


# -- the picture hash


def test_metadata_does_not_change_the_picture_hash() -> None:
    plain = measure(JPEG).picture_hash
    exif = Image.Exif()
    exif[0x010F] = "Somebody"
    edited = with_segment(
        with_segment(JPEG, 0xE1, b"Exif\0\0" + exif.tobytes()[6:]), 0xFE, b"a comment \xff\xd9 inside"
    )
    assert measure(edited).picture_hash == plain
    assert measure(with_segment(JPEG, 0xED, b"Photoshop 3.0\0" + b"x" * 60_000) + b"a trailer").picture_hash == plain
    assert measure(encoded(PHOTO, "JPEG", quality=87)).picture_hash != plain


def test_png_text_and_chunk_borders_do_not_change_the_picture_hash() -> None:
    data = encoded(SMALL, "PNG")
    plain = measure(data).picture_hash
    at = data.index(b"IDAT") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    body = data[at + 8 : at + 8 + length]
    split = (
        data[:at]
        + chunk(b"tEXt", b"Title\0x")
        + chunk(b"IDAT", body[:50])
        + chunk(b"IDAT", body[50:])
        + data[at + 12 + length :]
    )
    assert measure(split).picture_hash == plain
    assert measure(encoded(SMALL.rotate(180), "PNG")).picture_hash != plain


def test_the_same_pixels_in_other_files_are_the_same_picture() -> None:
    hashes = {measure(encoded(PHOTO, "TIFF", compression=c)).picture_hash for c in ("raw", "tiff_lzw", "tiff_deflate")}
    hashes.add(measure(encoded(PHOTO, "BMP")).picture_hash)
    assert len(hashes) == 1
    assert hashes.pop().startswith("pixels:")  # type: ignore[union-attr]  # None would fail the line above


# -- quality


def test_blur_lowers_sharpness_at_every_size() -> None:
    for size in ((1600, 1066), (640, 426)):
        sharp = photograph(*size)
        blurred = sharp.filter(ImageFilter.GaussianBlur(size[0] / 80))
        assert (measure(encoded(sharp, "JPEG")).sharpness or 0) > 3 * (measure(encoded(blurred, "JPEG")).sharpness or 0)


def test_sharpness_hardly_depends_on_size_or_format() -> None:
    large = photograph(2400, 1600)
    figures = [
        measure(encoded(image, format)).sharpness or 0
        for image, format in itertools.product((large, large.resize((960, 640))), ("JPEG", "PNG"))
    ]
    assert max(figures) < 1.25 * min(figures)


@pytest.mark.parametrize(("value", "dark", "bright"), [(0, 1.0, 0.0), (255, 0.0, 1.0), (128, 0.0, 0.0)])
def test_one_colour_is_flat(value: int, dark: float, bright: float) -> None:
    picture = measure(encoded(Image.new("L", (600, 400), value), "PNG"))
    assert (picture.flat, picture.clipped_dark, picture.clipped_bright) == (True, dark, bright)
    assert picture.brightness == pytest.approx(value / 255)
    assert picture.contrast == pytest.approx(0, abs=1e-9)


# -- what can't be decoded


def test_an_empty_file_says_so() -> None:
    assert kinds(measure(b"")) == ["empty"]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP", "HEIF", "AVIF", "JPEG2000", "PPM"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_cut_file_is_truncated(format: str, part: float) -> None:
    data = encoded(PHOTO, format)
    picture = measure(data[: int(len(data) * part)])
    assert kinds(picture) == ["truncated"]
    assert (picture.thumbnail, picture.picture_hash) == (None, None)
    assert picture.problems[0].stage == "decode"
    assert picture.problems[0].detail


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP"])
def test_a_cut_file_still_tells_its_size(format: str) -> None:
    data = encoded(PHOTO, format)
    picture = measure(data[: len(data) * 2 // 3])
    assert (picture.format, picture.width, picture.height) == (format, 640, 426)


def test_a_damaged_file_is_corrupt() -> None:
    data = bytearray(encoded(PHOTO, "PNG"))
    at = data.index(b"IDAT") + 100
    data[at : at + 200] = b"\xaa" * 200
    assert kinds(measure(bytes(data))) == ["corrupt"]


def test_the_tolerant_mode_of_pillow_stays_off() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize(
    "data",
    [
        with_size(JPEG, 65_500, 65_500),
        with_size(encoded(PHOTO, "JPEG", progressive=True), 20_000, 20_000),
        png(60_000, 60_000, rows=b"\0" * 1000),
        b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\0;",
        tiff([(256, 4, (100_000,)), (257, 4, (100_000,)), (258, 3, (8,)), (273, 4, (8,)), (279, 4, (4,))]),
        b"BM"
        + struct.pack("<IIIIiiHHIIiiII", 1 << 20, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0)
        + b"\0" * 99,
        b"P6\n60000 60000\n255\n" + b"\0" * 99,
    ],
    ids=["jpeg", "progressive", "png", "gif", "tiff", "bmp", "ppm"],
)
def test_a_decompression_bomb_is_not_decoded(data: bytes) -> None:
    picture = measure(data)
    assert kinds(picture) == ["decompression_bomb"]
    with pytest.raises(BadValue, match="pixels"):
        large_jpeg(data)


def test_a_jpeg_of_a_thousand_passes_is_a_bomb() -> None:
    data = encoded(photograph(2000, 2000), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert kinds(measure(data[:last] + data[last:-2] * 990 + b"\xff\xd9")) == ["decompression_bomb"]


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_a_bomb_in_a_png_text_or_profile_is_passed_over(name: bytes) -> None:
    packed = zlib.compress(b"a" * 80_000_000)
    picture = measure(png(10, 10, chunk(name, b"x\0\0" + packed)))
    assert (picture.problems, picture.width, picture.has_icc) == ([], 10, False)


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"\0" * 128 + b"DICM" + b"\0" * 64, "DICOM"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JXL"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"FUJIFILMCCD-RAW 0201FF393101", "RAF"),
    ],
)
def test_what_has_no_decoder_is_recognised_without_a_problem(data: bytes, format: str) -> None:
    assert measure(data) == Picture(format=format, mime=measure(data).mime)
    with pytest.raises(BadValue, match=format):
        large_jpeg(data)


def test_a_raw_file_is_not_its_little_preview() -> None:
    preview = encoded(SMALL, "TIFF")
    raw = tiff(
        [(256, 3, (48,)), (257, 3, (32,)), (271, 2, b"NIKON CORPORATION\0"), (330, 4, (8,)), (33422, 1, (0, 1, 1, 2))]
    )
    assert measure(preview).format == "TIFF"
    assert measure(raw) == Picture(format="NEF", mime="image/x-nikon-nef")


def test_a_sound_tiff_of_an_unknown_variety_has_no_picture_and_no_problem() -> None:
    pixels = 16 * 16 * 3 * 8
    data = tiff(
        [
            (256, 3, (16,)), (257, 3, (16,)), (258, 3, (64, 64, 64)), (259, 3, (1,)), (262, 3, (2,)), (273, 4, (8,)),
            (277, 3, (3,)), (278, 3, (16,)), (279, 4, (pixels,)), (339, 3, (3, 3, 3)),
        ]
    ) + b"\0" * pixels  # fmt: skip
    picture = measure(data)
    assert (picture.width, picture.height, picture.bit_depth, picture.problems) == (16, 16, 64, [])
    assert picture.thumbnail is None


def test_what_is_no_image_is_named() -> None:
    picture = measure(b"%PDF-1.7\n%\xe2\xe3")
    assert (picture.format, picture.problems[0].kind) == (None, "not_an_image")
    assert picture.problems[0].message == "This is a PDF document, not an image."
    assert measure(b"\0" * 5000).problems[0].message == "This isn't an image."
    with pytest.raises(BadValue, match="PDF"):
        large_jpeg(b"%PDF-1.7\n")


def test_the_error_of_the_large_view_has_a_hint() -> None:
    with pytest.raises(WorkbenchError) as raised:
        large_jpeg(JPEG[:5000])
    assert raised.value.hint
    assert "cut off" in raised.value.message


# -- mapped files, warnings, and whatever else arrives


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "GIF", "WEBP", "HEIF", "AVIF", "BMP"])
@pytest.mark.parametrize("part", [1.0, 0.6])
def test_a_mapped_file_is_measured_alike_and_can_be_closed(tmp_path: Path, format: str, part: float) -> None:
    data = encoded(PHOTO, format)
    data = data[: int(len(data) * part)]
    path = tmp_path / "mapped"
    path.write_bytes(data)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        from_map, from_bytes = measure(mapped), measure(data)
        if part == 1.0:
            assert large_jpeg(mapped) == large_jpeg(data)
        else:
            with pytest.raises(BadValue):
                large_jpeg(mapped)
        mapped.close()
    assert [p.kind for p in from_map.problems] == [p.kind for p in from_bytes.problems]
    from_map.problems, from_bytes.problems = [], []
    assert from_map == from_bytes


def test_warnings_of_pillow_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200_000)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert measure(encoded(PHOTO, "BMP")).problems == []
    assert seen == []


SAMPLES = {
    "jpeg": encoded(SMALL, "JPEG"),
    "progressive": encoded(SMALL, "JPEG", progressive=True, icc_profile=SRGB),
    "oriented": oriented(SMALL, 6),
    "png": encoded(SMALL, "PNG", icc_profile=SRGB),
    "apng": encoded(SMALL, "PNG", save_all=True, append_images=[SMALL.rotate(180)]),
    "tiff": encoded(SMALL, "TIFF", save_all=True, append_images=[SMALL.rotate(180)]),
    "lzw": encoded(SMALL, "TIFF", compression="tiff_lzw"),
    "gif": encoded(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(180)]),
    "webp": encoded(SMALL, "WEBP"),
    "bmp": encoded(SMALL, "BMP"),
    "heic": encoded(SMALL, "HEIF"),
    "avif": encoded(SMALL, "AVIF"),
    "j2k": encoded(SMALL, "JPEG2000"),
    "ico": encoded(SMALL, "ICO"),
    "psd-head": b"8BPS\0\1" + b"\0" * 7 + b"\3\0\0\0\x20\0\0\0\x30\0\x08\0\3" + b"\0" * 40,
}


def _sensible(picture: Picture) -> None:
    assert picture.format is not None or picture.problems
    assert (picture.thumbnail is None) == (picture.phash is None) or picture.problems
    assert all(problem.message and len(problem.detail) <= 500 for problem in picture.problems)
    for share in (picture.brightness, picture.clipped_dark, picture.clipped_bright):
        assert share is None or 0 <= share <= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SAMPLES)), st.floats(0, 1))
def test_cut_anywhere_never_raises(name: str, part: float) -> None:
    data = SAMPLES[name]
    _sensible(measure(data[: int(len(data) * part)]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_flipped_bytes_never_raise(name: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(SAMPLES[name])
    for place, value in flips:
        data[int(place * len(data))] ^= value
    _sensible(measure(bytes(data)))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["", "jpeg", "png", "gif", "tiff", "webp", "bmp", "heic", "ico"]),
    st.integers(2, 40),
    st.binary(max_size=300),
)
@example("", 0, b"\xff\xd8\xff" + b"\xff" * 50)
@example("", 0, b"II*\0\xff\xff\xff\xff")
@example("", 0, b"P6 #")
def test_noise_behind_a_real_beginning_never_raises(name: str, keep: int, noise: bytes) -> None:
    _sensible(measure(SAMPLES.get(name, b"")[:keep] + noise))


def test_the_limits_are_what_pillow_is_told() -> None:
    assert images.MAX_PIXELS == Image.MAX_IMAGE_PIXELS
