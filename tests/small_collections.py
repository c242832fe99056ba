"""Small folders of tiny pictures, and what a workspace knows of them: to scan, to rebuild and to kill."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from PIL import Image

import workbench as wb

NOT_COMPARED = {"migrations", "scan_listing", "facet_counts", "surveys", "stale_metadata", "metadata_wide"}
"""Tables that hold when things were done, or what is on its way, not what there is."""


def png(number: int, side: int = 16) -> bytes:
    """A small picture that no other number gives."""
    rows = b"".join(b"\0" + zlib.crc32(bytes([y]), number).to_bytes(4, "big") * (side // 4) * 4 for y in range(side))
    header = struct.pack(">IIBBBBB", side // 4 * 4, side, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    framed = (len(d).to_bytes(4, "big") + k + d + zlib.crc32(k + d).to_bytes(4, "big") for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def jpeg(number: int, title: str = "", keywords: tuple[str, ...] = ()) -> bytes:
    """A small JPEG with XMP in it."""
    out = io.BytesIO()
    bag = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:subject><rdf:Bag>{bag}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    colour = (number % 256, number // 256 % 256, 90)
    Image.new("RGB", (24, 16), colour).save(out, "JPEG", xmp=xmp.encode() if title or keywords else b"")
    return out.getvalue()


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def pictures(folder: Path, count: int, start: int = 0) -> Path:
    return fill(folder, {f"{n:03}.png": png(n) for n in range(start, start + count)})


def image_ids(ws: wb.Bench) -> dict[str, str]:
    """path → image_id of what is catalogued."""
    found = ws.sql("select path, image_id from images")
    return dict(zip(found["path"], found["image_id"], strict=True))


def entered(ws: wb.Bench) -> dict[str, str]:
    """path → entered title."""
    found = ws.sql("select path, e.value from entered e join images using (image_id) where field = 'Xmp.dc.title'")
    return dict(zip(found["path"], found["value"], strict=True))


def dump(ws: wb.Bench) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the catalogue, in an order that doesn't depend on how it came to be."""
    with ws.reading() as connection:
        names = [
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() where not temporary").fetchall()
        ]
        return {
            name: sorted(connection.execute(f'from "{name}"').fetchall(), key=repr)
            for name in sorted(set(names) - NOT_COMPARED)
        }


def account(ws: wb.Bench, files: int) -> None:
    """Every file has its row, the checks find nothing, the chain verifies."""
    assert ws.check().empty, ws.check().to_string()
    counted = ws.sql(
        "select (select count(*) from images) as images, "
        "(select count(distinct image_id) from problems where not is_image) as others, "
        "(select count(*) from files) as files"
    ).iloc[0]
    assert counted["images"] + counted["others"] == counted["files"] == files
    ws.verify()


def command(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line and wait for it."""
    line = [sys.executable, "-m", "workbench", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, **options)
