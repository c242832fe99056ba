"""How many safe embeds a CPU-second holds: plan, embed, verify, write a temporary file, sync, rename.

    python benchmarks/bench_embedding.py [FOLDER] [--files N] [--rounds N]

Without a folder it draws JPEGs of half a megabyte with the EXIF, IPTC and XMP of an ordinary caption editor. With one,
every file in it is embedded into a copy, verified, compared by its decoded picture's hash, and restored bit for bit.
"""

from __future__ import annotations

import argparse
import collections
import io
import tempfile
import time
from pathlib import Path

import pyexiv2
from PIL import Image

from bench_metadata import WORDS, packet
from workbench import embedding, images, replacement

VALUES = {
    "Xmp.dc.title": {"x-default": "Fishing boats", "de": "Fischerboote"},
    "Xmp.dc.description": "Fishing boats at the quay, early in the morning",
    "Xmp.dc.creator": ["Ann Berg"],
    "Xmp.dc.rights": "© 2024 Ann Berg",
    "Xmp.dc.subject": ["harbour", "boats", "Küste"],
    "Xmp.photoshop.DateCreated": "2024-05-01T12:30:15+02:00",
    "Xmp.photoshop.City": "Bergen",
}


def camera_file(number: int) -> bytes:
    """Make one JPEG of about half a megabyte as it leaves a caption editor."""
    exif = Image.Exif()
    exif.update({0x010F: "Acme", 0x0110: "A-1", 0x010E: "Boats", 0x0112: 1, 0x013B: "A. B.", 0x8298: "A. B."})
    exif.get_ifd(0x8769).update({0x9003: "2024:05:01 12:30:15", 0x927C: bytes(range(256)) * 20, 0x9000: b"0232"})
    exif.get_ifd(0x8825).update({1: "N", 2: (60.0, 23.0, 30.5), 3: "E", 4: (5.0, 19.0, 12.0)})
    out = io.BytesIO()
    Image.effect_noise((1240, 930), 40).convert("RGB").save(out, "JPEG", quality=85, exif=exif, xmp=packet(number))
    image = pyexiv2.ImageData(out.getvalue())
    image.modify_iptc({"Iptc.Envelope.CharacterSet": "\x1b%G", "Iptc.Application2.Keywords": WORDS})
    made = image.get_bytes()
    image.close()
    return made


def embed(path: Path, target: Path) -> None:
    """Do what one safe embed does."""
    old = path.read_bytes()
    planned = embedding.plan(old, VALUES, format="JPEG")
    assert planned.how == "embed"
    made = embedding.embed_bytes(old, VALUES, format="JPEG", planned=planned)
    assert embedding.verify(old, made.new_bytes, VALUES, format="JPEG") == []
    replacement.write_file(
        path, target, made.new_bytes, expected=made.before if path == target else None, overwrite=True
    )


def speed(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"{number}.jpg" for number in range(count)]
        for number, path in enumerate(paths):
            path.write_bytes(camera_file(number))
        size = sum(path.stat().st_size for path in paths) / count / 1000
        (folder / "out").mkdir()
        best, elapsed = float("inf"), 0.0
        for _ in range(rounds):
            started, clock = time.process_time(), time.perf_counter()
            for path in paths:
                embed(path, folder / "out" / path.name)
            cost = (time.process_time() - started) / count
            best, elapsed = min((best, elapsed), (cost, (time.perf_counter() - clock) / count))
        print(
            f"{count} JPEGs of {size:,.0f} KB: {best * 1000:.2f} ms CPU each, {1 / best:,.0f} safe embeds a CPU-second"
        )
        print(f"({elapsed * 1000:.1f} ms each by the clock, syncing included)")


def check(folder: Path) -> None:
    """Embed into a copy of every file of a folder, in memory, and count what came of it."""
    counts: collections.Counter[str] = collections.Counter()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        old = path.read_bytes()
        planned = embedding.plan(old, VALUES)
        if planned.how == "sidecar":
            counts["left alone"] += 1
            continue
        made = embedding.embed_bytes(old, VALUES)
        counts["embedded"] += 1
        wrong = embedding.verify(old, made.new_bytes, VALUES)
        if images.measure(old).picture_hash != images.measure(made.new_bytes).picture_hash:
            wrong.append("The picture's hash differs.")
        if embedding.restore_bytes(made.new_bytes, made.undo) != old:
            wrong.append("It wasn't restored.")
        if wrong:
            counts["wrong"] += 1
            print(path.relative_to(folder), *wrong)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.folder:
        check(options.folder)
    else:
        speed(options.files, options.rounds)


if __name__ == "__main__":
    main()
