"""Suggesters that run models on this machine: OCR, and a classifier of one's own."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_files import classifier
from PIL import Image, ImageDraw, ImageFont
from small_collections import fill, image_ids, jpeg, png

import workbench as wb
from workbench import images, suggesters
from workbench.errors import BadValue, MissingExtra
from workbench.suggesters import Setting
from workbench.suggesters.ocr import read

LATIN = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
ASIAN = (
    "NotoSansCJK-Regular.ttc", "NotoSansJP-Regular.otf", "ipag.ttf", "fonts-japanese-gothic.ttf", "wqy-microhei.ttc",
    "msgothic.ttc", "Hiragino Sans GB.ttc",
)  # fmt: skip
HOSTILE = ("=HYPERLINK(A1)", "<script>alert</script>")


def font(names: tuple[str, ...], size: int = 44) -> Any:
    """Return the first font that is installed; without names Pillow's own, which is always there."""
    if not names:
        return ImageFont.load_default(size)
    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def written(*lines: str, names: tuple[str, ...] = LATIN) -> bytes:
    """A picture with lines of text."""
    face, out = font(names), io.BytesIO()
    if face is None:
        pytest.skip(f"NOT TESTED: none of the fonts {', '.join(names)} is installed")
    image = Image.new("RGB", (900, 40 + 90 * len(lines)), "white")
    for at, line in enumerate(lines):
        ImageDraw.Draw(image).text((30, 30 + 90 * at), line, font=face, fill="black")
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def values(ws: wb.Bench, path: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field, value in ws.suggestions(image_ids(ws)[path])[["field", "value"]].itertuples(index=False):
        found.setdefault(field, []).append(value)
    return found


# -- OCR


@pytest.fixture(scope="module")
def read_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[wb.Bench, Any]]:
    """Pictures with and without text, and files that break, read in one run."""
    home = tmp_path_factory.mktemp("ocr")
    files = {
        "english.jpg": written("Rain jacket for women", "Art. RJ-1042-NVY", names=()),
        "german.jpg": written("Größe für Mädchen", "Straße, Äpfel, Übung"),
        "hostile.jpg": written(*HOSTILE, names=()),
        "blank.png": png(1, 64),
        "gone.jpg": jpeg(1),
        "cut.jpg": jpeg(2),
    }
    with wb.open(home / "ws", actor="ann") as ws:
        ws.scan(fill(home / "src", files), progress=False)
        (home / "src" / "gone.jpg").unlink()
        (home / "src" / "cut.jpg").write_bytes(files["cut.jpg"][:200])
        yield ws, ws.suggest(None, ["ocr"], options={"ocr": {"workers": 1}})["ocr"]


@pytest.mark.slow
def test_text_in_pictures_is_read_offline(read_pictures: tuple[wb.Bench, Any]) -> None:
    ws, report = read_pictures
    assert (report.outcome, report.images) == ("finished", 6)
    found = values(ws, "english.jpg")
    assert found["Xmp.dc.description"] == ["Rain jacket for women\nArt. RJ-1042-NVY"]
    assert found["Xmp.dc.identifier"] == ["RJ-1042-NVY"]
    assert "Xmp.dc.title" in found
    assert values(ws, "blank.png") == {}


@pytest.mark.slow
def test_umlauts_are_read(read_pictures: tuple[wb.Bench, Any]) -> None:
    ws, _ = read_pictures
    [text] = values(ws, "german.jpg")["Xmp.dc.description"]
    assert all(word in text for word in ("Größe", "für", "Mädchen", "Äpfel"))


@pytest.mark.slow
def test_unreadable_pictures_cost_themselves(read_pictures: tuple[wb.Bench, Any]) -> None:
    ws, report = read_pictures
    ids = image_ids(ws)
    assert {trouble.image_id for trouble in report.troubles} == {ids["gone.jpg"], ids["cut.jpg"]}


@pytest.mark.slow
def test_what_a_picture_says_is_data(read_pictures: tuple[wb.Bench, Any]) -> None:
    ws, _ = read_pictures
    found = ws.suggestions(image_ids(ws)["hostile.jpg"])
    [row] = found[found["field"] == "Xmp.dc.description"].to_dict("records")
    assert row["value"].startswith("=HYPERLINK(A1)\n<script>")
    ws.accept([row["suggestion_id"]])
    [value] = ws.sql("select value from entered where field = 'Xmp.dc.description'")["value"]
    assert value == row["value"]


@pytest.mark.slow
def test_japanese_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(written("東京タワー", names=ASIAN))
    found = read(("i", (tmp_path / "a.jpg").as_uri(), 1_600))
    assert isinstance(found, list)
    assert "東京" in found[0].text


@pytest.mark.slow
def test_a_reader_that_takes_too_long_costs_one_picture(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        ws.scan(fill(tmp_path / "src", {"a.jpg": jpeg(1)}), progress=False)
        report = ws.suggest(None, ["ocr"], options={"ocr": {"workers": 1, "seconds": 0.01}})["ocr"]
    assert report.outcome == "finished"
    assert report.trouble_count == 1


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"rapidocr": "ocr", "onnxruntime": "onnx", "boto3": "aws"}
    for package, name in found.items():
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, package, None)  # as Python itself marks what can't be imported
            with pytest.raises(MissingExtra, match=rf"image-workbench\[{name}\]"):
                suggesters.load(name, Setting(lambda name, **parameters: None))


# -- a classifier: an ONNX file made here, byte by byte


def coloured(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[wb.Bench, Path]]:
    home = tmp_path_factory.mktemp("onnx")
    pictures = {"red.png": coloured((250, 10, 10)), "blue.png": coloured((10, 10, 250)), "gone.png": png(1)}
    models = {
        "nchw.onnx": classifier([1, 3, 8, 8]), "nhwc.onnx": classifier([1, 8, 8, 3]),
        "cut.onnx": classifier([1, 3, 8, 8])[:60],
        "labels.txt": "Rot\ngrün\n\nblue\n".encode(), "labels.json": b'["red", "green", "blue"]', "two.txt": b"a\nb",
        "bytes.txt": b"\xff\xfe\xff", "object.json": b"{}",
    }  # fmt: skip
    fill(home / "models", models)
    with wb.open(home / "ws", actor="ann") as ws:
        ws.scan(fill(home / "src", pictures), progress=False)
        (home / "src" / "gone.png").unlink()
        yield ws, home / "models"


@pytest.mark.parametrize("model", ["nchw.onnx", "nhwc.onnx"])
def test_a_model_of_ones_own_labels_pictures(colours: tuple[wb.Bench, Path], model: str) -> None:
    ws, models = colours
    told = {"model": models / model, "labels": models / "labels.txt", "least": 0.6, "workers": 1}
    report = ws.suggest(None, ["onnx"], options={"onnx": told})["onnx"]
    assert (report.outcome, report.kept, report.trouble_count) == ("finished", 2, 1)
    assert values(ws, "red.png") == {"Xmp.dc.subject": ["Rot"]}
    assert values(ws, "blue.png") == {"Xmp.dc.subject": ["blue"]}
    row = ws.suggestions(image_ids(ws)["red.png"]).iloc[0]
    assert row["model"] == model
    assert len(row["version"]) == 12
    assert 0.6 <= row["confidence"] <= 1
    assert report.sent_to == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"model": "nowhere.onnx"}, {"labels": "bytes.txt"}, {"labels": "object.json"}, {"mean": [1]},
        {"std": [0, 1, 1]},
    ],
)  # fmt: skip
def test_options_that_can_not_be_right(colours: tuple[wb.Bench, Path], wrong: dict[str, Any]) -> None:
    ws, models = colours
    told: dict[str, Any] = {"model": "nchw.onnx", "labels": "labels.json", **wrong} if wrong else {}
    paths = {name: models / value if isinstance(value, str) else value for name, value in told.items()}
    with pytest.raises(BadValue):
        ws.suggest(None, ["onnx"], options={"onnx": paths})


def test_a_model_that_does_not_fit_is_trouble(colours: tuple[wb.Bench, Path]) -> None:
    ws, models = colours
    told = {"model": models / "nchw.onnx", "labels": models / "two.txt", "workers": 1}
    report = ws.suggest(None, ["onnx"], options={"onnx": told})["onnx"]
    assert any("3 scores for 2 labels" in trouble.message for trouble in report.troubles)
    broken = ws.suggest(None, ["onnx"], options={"onnx": {**told, "model": models / "cut.onnx"}})["onnx"]
    assert broken.kept == 0
    assert "cut.onnx" in broken.troubles[0].message


def test_pixels_are_what_is_seen() -> None:
    out = io.BytesIO()
    image = Image.new("RGB", (4, 2), "black")
    image.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned: what is stored top left is seen top right
    image.save(out, "PNG", exif=exif)
    seen = images.pixels(out.getvalue(), width=2, height=4)
    assert seen.shape == (4, 2, 3)
    assert seen[0, 1, 0] == seen.max()
    assert np.argmax(seen[..., 0]) == 1
    with pytest.raises(BadValue):
        images.pixels(b"no picture", width=2, height=2)
