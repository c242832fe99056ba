"""Pictures in another format: the same pixels, or like enough; their metadata with them; nothing lost in silence."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from tagged_collection import packet

from workbench import conversion, images, metadata
from workbench.conversion import TARGETS, convert
from workbench.iim import digest, resource
from workbench.recompress import Refused
from workbench.similarity import ssim


def scene(number: int = 0, width: int = 240, height: int = 180) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    colours = [(x * 3 + number * 40) % 256, (y * 2 + x) % 256, 128 + 100 * np.sin((x + number) / 9)]
    return Image.fromarray(np.stack(colours, axis=-1).astype(np.uint8))


def photograph(seed: int, width: int, height: int) -> Image.Image:
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (7, 9, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    grain = random.normal(0, 5, (height, width, 1))
    return Image.fromarray((np.asarray(coarse, np.float32) + grain).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, format: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **how)
    return out.getvalue()


def said(data: bytes) -> dict[str, str]:
    return {key: value for key, _, _, value in metadata.read(data, format=None).values}


def tags(**more: object) -> Image.Exif:
    made = Image.Exif()
    known: dict[int, Any] = {0x010E: "A red coat", 0x013B: "Ann", 0x8298: "Example Ltd"}
    for tag, value in (known | {int(name[1:], 16): value for name, value in more.items()}).items():
        made[tag] = value
    return made


@pytest.mark.parametrize("format", ["BMP", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA"])
def test_without_loss_the_pixels_are_the_same(format: str, mode: str) -> None:
    data = saved(scene().convert(mode), format)
    made = convert(data, "png")
    assert made.likeness is None
    assert images.same_pixels(data, made.data)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(made.data))), np.asarray(Image.open(io.BytesIO(data))))


def test_deep_greys_stay_deep() -> None:
    deep = np.arange(240 * 180, dtype=np.uint16).reshape(180, 240)
    made = convert(saved(Image.fromarray(deep), "TIFF"), "png")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(made.data))), deep)


@pytest.mark.parametrize("to", ["jpeg", "webp"])
@pytest.mark.parametrize("format", ["BMP", "TIFF", "PNG"])
def test_a_lossy_file_keeps_the_floor_and_no_more(format: str, to: str) -> None:
    picture = photograph(3, 320, 240)
    data = saved(picture, format)
    low, high = convert(data, to, floor=0.8), convert(data, to, floor=0.93)
    for made, floor in ((low, 0.8), (high, 0.93)):
        again = ssim(np.asarray(picture), np.asarray(Image.open(io.BytesIO(made.data)).convert("RGB")))
        assert made.likeness == pytest.approx(again, abs=1e-6)
        assert again >= floor
    assert len(low.data) < len(high.data) < len(data)


def test_a_large_picture_is_proved_as_a_whole() -> None:
    # Its middle is smooth and its rim is not: what the parts looked at say isn't what the whole does.
    picture = np.asarray(photograph(5, 1400, 1200)).copy()
    picture[300:500] = np.random.default_rng(1).integers(0, 255, (200, 1400, 3))
    data = saved(Image.fromarray(picture), "BMP")
    made = convert(data, "jpeg", floor=0.95)
    assert ssim(picture, images.decoded(made.data)) >= 0.95


@pytest.mark.parametrize("to", ["jpeg", "webp", "png"])
def test_exif_and_xmp_go_along(to: str) -> None:
    data = saved(scene(), "TIFF", exif=tags(x02BC=packet("A title"), x011A=300.0, x011B=300.0, x0128=2))
    before = said(data)
    made = convert(data, to, floor=0.9)
    after = said(made.data)
    assert made.lost == ()
    for key in ("Exif.Image.ImageDescription", "Exif.Image.Artist", "Exif.Image.Copyright", "Xmp.dc.title"):
        assert after[key] == before[key]
    assert Image.open(io.BytesIO(made.data)).getexif()[0x011A] == 300


def test_numbers_of_the_other_byte_order_are_turned() -> None:
    exif = Image.Exif()
    exif.endian = ">"
    exif[0x011A], exif[0x010E] = 72.5, "big end first"
    exif.get_ifd(0x8769)[0x829A] = 0.004
    data = saved(scene(), "PNG", exif=exif.tobytes(), compress_level=0)
    assert b"MM\0*" in data
    after = said(convert(data, "jpeg", floor=0.9).data)
    assert after["Exif.Image.XResolution"] == "145/2"
    assert after["Exif.Photo.ExposureTime"] in ("1/250", "0.004")
    assert after["Exif.Image.ImageDescription"] == "big end first"


def test_iptc_goes_into_a_jpeg_and_is_a_reason_elsewhere() -> None:
    block = b"\x1c\x02\x78\x00\x0cred overcoat"
    run = resource(0x0404, block) + resource(0x0425, digest(block))
    data = saved(scene(), "TIFF", tiffinfo={34377: run})
    made = convert(data, "jpeg", floor=0.9)
    assert said(made.data)["Iptc.Application2.Caption"] == "red overcoat"
    for to in ("png", "webp"):
        with pytest.raises(Refused, match="IPTC"):
            convert(data, to, floor=0.9)


@pytest.mark.parametrize("to", list(TARGETS))
def test_the_colour_profile_goes_along(to: str) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    data = saved(scene(), "TIFF", icc_profile=icc)
    assert Image.open(io.BytesIO(convert(data, to, floor=0.9).data)).info["icc_profile"] == icc


@pytest.mark.parametrize("to", list(TARGETS))
@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_was_turned_is_shown_as_before(orientation: int, to: str) -> None:
    # A TIFF's decoder turns the picture, a PNG's leaves it; readers of the new file must come to the same.
    about = f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"'
    xmp = packet("t").replace(b"<rdf:Description", about.encode(), 1)
    for format in ("TIFF", "PNG"):
        if format.lower() == to:
            continue
        more = {"x02BC": xmp} if format == "TIFF" else {}
        data = saved(scene(), format, exif=tags(x0112=orientation, **more))
        made = convert(data, to, floor=0.9)
        one, other = (images.pixels(d, width=60, height=60).astype(int) for d in (data, made.data))
        assert np.abs(one - other).mean() < 6
        if format == "TIFF":
            assert said(made.data)["Exif.Image.Orientation"] == "1"
            assert said(made.data)["Xmp.tiff.Orientation"] == "1"


def test_what_has_no_place_is_named() -> None:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Author", "Ann")
    assert convert(saved(photograph(2, 300, 200), "PNG", pnginfo=text), "jpeg", floor=0.9).lost == ("Png.Author",)


def animated() -> bytes:
    return saved(scene(), "PNG", save_all=True, append_images=[scene(1)])


@pytest.mark.parametrize(
    ("data", "to", "why"),
    [
        (lambda: saved(scene(), "TIFF", save_all=True, append_images=[scene(1)]), "png", "2 pages"),
        (animated, "jpeg", "2 pages or frames"),
        (lambda: saved(scene().convert("CMYK"), "TIFF"), "png", "CMYK"),
        (lambda: saved(scene().convert("RGBA"), "PNG"), "jpeg", "transparent"),
        (lambda: saved(scene().convert("RGBA"), "TIFF"), "webp", "transparent"),
        (lambda: saved(scene().convert("P"), "PNG", transparency=3), "webp", "transparent"),
        (lambda: saved(scene().convert("P"), "BMP"), "jpeg", "few colours"),
        (lambda: saved(Image.fromarray(np.zeros((20, 20), np.uint16)), "TIFF"), "jpeg", "16 bits"),
        (lambda: saved(Image.fromarray(np.zeros((20, 20), np.float32)), "TIFF"), "png", "32 bits"),
        (lambda: saved(scene(), "JPEG"), "webp", "JPEG files aren't converted"),
        (lambda: saved(scene(), "GIF"), "png", "GIF files aren't converted"),
        (lambda: saved(scene(), "PNG"), "png", "PNG already"),
        (lambda: saved(scene(), "TIFF", tiffinfo={37724: b"Adobe Photoshop Document Data Block"}), "png", "layers"),
        (lambda: saved(scene(), "TIFF", tiffinfo={34377: resource(2000, b"\0" * 26)}), "jpeg", "clipping paths"),
        (lambda: saved(scene(), "BMP")[:3000], "png", " "),
        (lambda: saved(scene(), "TIFF")[:900], "png", " "),
        (lambda: saved(scene(), "PNG", compress_level=0)[:9000], "jpeg", " "),
        (lambda: b"", "png", " "),
        (lambda: b"no picture at all", "png", " "),
    ],
)  # fmt: skip
def test_what_would_be_lost_or_cannot_be_read_is_left_with_a_reason(data: object, to: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        convert(data(), to)  # type: ignore[operator]  # made late, so that collecting is quick
    assert str(refused.value).endswith(".")


def test_sixteen_bits_of_colour_are_not_cut_to_eight() -> None:
    import struct
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = b"".join(b"\0" + bytes(range(192)) for _ in range(32))
    head = struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    with pytest.raises(Refused, match="16 bits"):
        convert(data, "jpeg")


def test_a_floor_out_of_reach_is_a_reason() -> None:
    noise = np.random.default_rng(7).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    with pytest.raises(Refused, match="No quality"):
        convert(saved(Image.fromarray(noise), "BMP"), "jpeg", floor=0.9999)


def test_the_same_file_comes_out_every_time() -> None:
    data = saved(photograph(1, 300, 200), "BMP")
    for to in TARGETS:
        assert convert(data, to, floor=0.9) == convert(data, to, floor=0.9)
    assert conversion.SOURCES == ("BMP", "PNG", "TIFF")
