"""How much CPU reading the metadata of one file costs, with Pillow, plain pyexiv2 and ExifTool beside it.

    python benchmarks/bench_metadata.py [FOLDER] [--rounds N]

Without a folder it draws 200 small JPEGs with the metadata of an ordinary camera file after captioning: 45 EXIF tags
with GPS, 17 IPTC datasets, 4 KB of XMP in three languages. Files are read into memory first: this measures parsing.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyexiv2
from PIL import Image

from workbench import metadata

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANGUAGES = {"x-default": "Fishing boats at the quay", "de": "Fischerboote am Kai", "fr": "Bateaux de pêche à quai"}
WORDS = ["harbour", "boats", "quay", "morning", "Küste", "nets", "Norway", "work", "sea", "gull"]


def packet(number: int) -> bytes:
    """Make a captioned picture's XMP packet."""
    items = "".join(f'<rdf:li xml:lang="{lang}">{text} {number}</rdf:li>' for lang, text in LANGUAGES.items())
    words = "".join(f"<rdf:li>{word}</rdf:li>" for word in WORDS)
    alternatives = "".join(f"<dc:{name}><rdf:Alt>{items}</rdf:Alt></dc:{name}>" for name in ("title", "description"))
    settings = " ".join(f'crs:Setting{n}="{n}.0"' for n in range(40))
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
        f' xmp:Rating="4" xmp:CreatorTool="Lightroom" {settings}>{alternatives}'
        f"<dc:subject><rdf:Bag>{words}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def camera_file(number: int) -> bytes:
    """Make one JPEG as it leaves a caption editor."""
    exif = Image.Exif()
    exif.update({0x010F: "Acme", 0x0110: "A-1", 0x010E: "Fishing boats", 0x0112: 1, 0x013B: "A. B.", 0x8298: "A. B."})
    exif.update({0x011A: 300.0, 0x011B: 300.0, 0x0128: 2, 0x0131: "1.2", 0x0132: "2024:05:01 12:30:15"})
    photo = exif.get_ifd(0x8769)
    photo.update({0x9003: "2024:05:01 12:30:15", 0x9004: "2024:05:01 12:30:15", 0x9291: "25", 0x829A: 0.008})
    photo.update({0x829D: 5.6, 0x8827: 200, 0x920A: 35.0, 0xA434: "35 mm f/2.8", 0x9000: b"0232", 0xA001: 1})
    photo.update(dict.fromkeys((34850, 37383, 37384, 37385, 41495, 41985, 41986, 41987, 41990, 41992), 1))
    exif.get_ifd(0x8825).update({1: "N", 2: (60.0, 23.0, 30.5), 3: "E", 4: (5.0, 19.0, 12.0), 5: b"\0", 6: 12.5})
    out = io.BytesIO()
    picture = Image.effect_noise((320, 240), 40).convert("RGB")
    picture.save(out, "JPEG", exif=exif, xmp=packet(number))
    image = pyexiv2.ImageData(out.getvalue())
    iptc = {"Iptc.Envelope.CharacterSet": "\x1b%G", "Iptc.Application2.Keywords": WORDS}
    iptc |= {f"Iptc.Application2.{name}": "Bergen" for name in ("City", "Caption", "ObjectName", "Byline", "Credit")}
    image.modify_iptc(iptc)
    made = image.get_bytes()
    image.close()
    return made


def with_pillow(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        exif = image.getexif()
        for tag in (0x8769, 0x8825):
            dict(exif.get_ifd(tag))


def with_pyexiv2(data: bytes) -> None:
    image = pyexiv2.ImageData(data)
    try:
        for part in (image.read_exif, image.read_iptc, image.read_xmp):
            try:
                part()
            except (RuntimeError, UnicodeDecodeError):
                continue
    finally:
        image.close()


def measured(reader: Callable[[bytes], object], files: list[bytes], rounds: int) -> float:
    """Return CPU milliseconds for one file, the best of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for data in files:
            reader(data)
        best = min(best, time.process_time() - started)
    return best / len(files) * 1000


def with_exiftool(files: list[bytes]) -> float:
    """Return ExifTool's CPU milliseconds for one file, in one batch, without its start."""
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(files):
            (Path(folder) / f"{number}.jpg").write_bytes(data)
        costs = []
        for target in (folder, "-ver"):
            before = os.times()
            subprocess.run(["exiftool", "-json", "-G1", "-q", target], capture_output=True, check=False)
            after = os.times()
            costs.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return (costs[0] - costs[1]) / len(files) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.folder:
        files = [path.read_bytes() for path in sorted(options.folder.rglob("*.jp*g")) if path.is_file()]
    else:
        files = [camera_file(number) for number in range(200)]
    rows = sum(len(metadata.read(data, format="JPEG").values) for data in files) / len(files)
    print(f"{len(files)} files, {sum(map(len, files)) / len(files) / 1024:,.0f} KB and {rows:.0f} values each")
    readers = {
        "image-workbench": lambda data: metadata.read(data, format="JPEG"),
        "pyexiv2 alone": with_pyexiv2,
        "Pillow, EXIF only": with_pillow,
    }
    costs = {name: measured(reader, files, options.rounds) for name, reader in readers.items()}
    if shutil.which("exiftool"):
        costs["ExifTool, one batch"] = with_exiftool(files)
    for name, cost in costs.items():
        print(f"{name:22}{cost:8.2f} ms CPU each{1000 / cost:10,.0f} files a CPU-second")


if __name__ == "__main__":
    main()
