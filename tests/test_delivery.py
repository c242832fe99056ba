"""Deliveries: every form is read back and says what the catalogue says; the manifest tells what was changed."""

from __future__ import annotations

import io
import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from small_collections import command, fill, image_ids, jpeg, pictures

import workbench as wb
from workbench.delivery import FORMATS, verify_delivery
from workbench.errors import BadValue, StorageError
from workbench.spreadsheets import read

TITLE, WORDS, CREDIT, CREATOR = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.Credit", "Xmp.dc.creator"
DC, RDF = "{http://purl.org/dc/elements/1.1/}", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NASTY = '</script><b a="1">&amp;\r\nسلام 😀'


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    home = tmp_path_factory.mktemp("delivery")
    folder = pictures(fill(home / "photos", {"a b/ré d.jpg": jpeg(1, "Red", ("x", "y;z"))}), 3)
    with wb.open(home / "w", actor="ann") as opened:
        opened.scan(folder, progress=False, workers=1)
        ids = image_ids(opened)
        opened.set_values([ids["000.png"]], {TITLE: {"x-default": "Zero", "de": NASTY}, CREATOR: ["Ann", "Bob"]})
        opened.set_values([ids["001.png"]], {CREDIT: "=1+1", "Xmp.exif.GPSLatitude": "48,30.0N"})
        opened.set_values([ids["001.png"]], {"Xmp.exif.GPSLongitude": "2,15.0W", "Xmp.photoshop.City": "Paris"})
        yield opened


def said(ws: wb.Bench) -> set[tuple[str, str, str | None, int, str]]:
    rows = ws.sql_table("select image_id, field, lang, ordinal, value from metadata").to_pylist()
    return {(r["image_id"], r["field"], r["lang"], r["ordinal"], r["value"]) for r in rows}


def delivered(ws: wb.Bench, tmp_path: Path, format: str, **what: Any) -> bytes:
    made = ws.export(format, tmp_path / "out", **what)
    [name] = made.files
    assert verify_delivery(tmp_path / "out") == []
    return (tmp_path / "out" / name).read_bytes()


def test_parquet_is_the_view(ws: wb.Bench, tmp_path: Path) -> None:
    rows = pq.read_table(io.BytesIO(delivered(ws, tmp_path, "parquet"))).to_pylist()
    assert {(r["image_id"], r["field"], r["lang"], r["ordinal"], r["value"]) for r in rows} == said(ws)


def test_json_has_every_value(ws: wb.Bench, tmp_path: Path) -> None:
    content = delivered(ws, tmp_path, "json")
    assert b"</script" not in content
    found = set()
    for image in json.loads(content):
        for field, value in image["metadata"].items():
            for lang, texts in value.items() if isinstance(value, dict) else [(None, value)]:
                for ordinal, text in enumerate(texts if isinstance(texts, list) else [texts]):
                    found.add((image["image_id"], field, lang, ordinal, text))
    assert found == said(ws)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_tables_have_a_row_an_image(ws: wb.Bench, tmp_path: Path, format: str) -> None:
    content = delivered(ws, tmp_path, format, fields=[TITLE, WORDS, CREDIT])
    assert b"\n=1+1" not in content
    heading, *rows = read(content)[0]
    assert heading == ["image_id", "path", "sha256", f"{TITLE} [x-default]", f"{TITLE} [de]", f"{WORDS} [;]", CREDIT]
    by_path = {row[1]: row[3:] for row in rows}
    assert len(rows) == 4
    assert by_path["000.png"] == ["Zero", NASTY.replace("\r\n", "\n"), "", ""]
    assert by_path["001.png"] == ["", "", "", "=1+1"]
    assert by_path["a b/ré d.jpg"] == ["Red", "", "x; y\\;z", ""]


def test_jsonld_is_an_image_object(ws: wb.Bench, tmp_path: Path) -> None:
    content = delivered(ws, tmp_path, "jsonld")
    assert b"</script" not in content
    data = json.loads(content)
    assert data["@context"] == "https://schema.org"
    by_url = {image["contentUrl"]: image for image in data["@graph"]}
    zero, one, red = by_url["000.png"], by_url["001.png"], by_url["a%20b/r%C3%A9%20d.jpg"]
    assert zero["name"] == [{"@value": NASTY, "@language": "de"}, "Zero"]
    assert [who["name"] for who in zero["creator"]] == ["Ann", "Bob"]
    assert one["contentLocation"]["geo"] == {"@type": "GeoCoordinates", "latitude": 48.5, "longitude": -2.25}
    assert (one["contentLocation"]["name"], one["creditText"]) == ("Paris", "=1+1")
    assert (red["keywords"], red["width"], red["@type"]) == (["x", "y;z"], 24, "ImageObject")


@pytest.mark.parametrize("format", ["xml", "xml-each"])
def test_dublin_core_is_read_back(ws: wb.Bench, tmp_path: Path, format: str) -> None:
    made = ws.export(format, tmp_path / "out")
    assert len(made.files) == (1 if format == "xml" else 4)
    roots = [ET.fromstring((tmp_path / "out" / name).read_bytes()) for name in made.files]
    described = {d.get(f"{RDF}about"): d for root in roots for d in root}
    zero = described["000.png"]
    titles = {(t.get("{http://www.w3.org/XML/1998/namespace}lang"), t.text) for t in zero.iter(f"{DC}title")}
    assert titles == {(None, "Zero"), ("de", NASTY)}
    assert [c.text for c in zero.iter(f"{DC}creator")] == ["Ann", "Bob"]
    assert [s.text for s in described["a%20b/r%C3%A9%20d.jpg"].iter(f"{DC}subject")] == ["x", "y;z"]
    assert {d.findtext(f"{DC}identifier") for d in described.values()} == set(image_ids(ws).values())


def test_control_characters_dont_break_xml(ws: wb.Bench, tmp_path: Path) -> None:
    ids = image_ids(ws)
    ws.set_values([ids["002.png"]], {TITLE: {"x-default": "a\x00\x08b\ufffe"}})
    content = delivered(ws, tmp_path, "xml", images=[ids["002.png"]])
    assert ET.fromstring(content).findtext(f".//{DC}title") == "a\ufffd\ufffdb\ufffd"
    ws.withdraw_values([ids["002.png"]], [TITLE])


def test_a_profile_chooses_the_fields(ws: wb.Bench, tmp_path: Path) -> None:
    made = ws.export("json", tmp_path / "out", profile="dublin-core")
    [name] = made.files
    kept = {field for image in json.loads((tmp_path / "out" / name).read_bytes()) for field in image["metadata"]}
    assert kept == {TITLE, WORDS, CREATOR}


def test_the_manifest_tells_what_was_done_to_a_delivery(ws: wb.Bench, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = ws.export("xml-each", out)
    first, second, *_ = sorted(made.files)
    (out / first).write_text("changed")
    (out / second).unlink()
    (out / "data" / "more.txt").write_text("added")
    wrong = [f"{second} is missing.", "data/more.txt isn't in the manifest.", f"{first} was changed."]
    assert verify_delivery(out) == wrong
    with pytest.raises(StorageError):
        verify_delivery(tmp_path)


def test_the_manifest_is_what_sha256sum_expects(ws: wb.Bench, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ws.export("csv", out)
    checked = subprocess.run(["sha256sum", "-c", "manifest-sha256.txt"], cwd=out, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    about = json.loads((out / "delivery.json").read_text())
    assert (about["images"], about["actor"], about["values"]) == (4, "ann", len(said(ws)))


def test_all_or_nothing(ws: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(BadValue, match="isn't empty"):
        ws.export("csv", tmp_path / "full")
    with pytest.raises(BadValue, match="no format"):
        ws.export("docx", tmp_path / "x")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        ws.export("csv", tmp_path / "file" / "below")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full"]


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_to_export_is_a_delivery_too(format: str, tmp_path: Path) -> None:
    with wb.open(tmp_path / "w", actor="ann") as empty:
        assert empty.export(format, tmp_path / "out").images == 0
    assert verify_delivery(tmp_path / "out") == []


def test_on_the_command_line(ws: wb.Bench, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command("export", "jsonld", out, "--workspace", ws.folder, "--query", "format:png", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 3
    again = command("export", "jsonld", out, "--workspace", ws.folder)
    assert again.returncode == 1
    assert "isn't empty" in again.stderr
