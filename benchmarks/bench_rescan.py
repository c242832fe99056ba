"""How long does scanning an unchanged tree again take, beyond looking at every file's size and time?

python benchmarks/bench_rescan.py [--files 100000] [--folder DIR] [--json]

Makes a tree of tiny pictures (kept and used again when the folder is there), scans it twice, and prints the seconds of
a bare `os.scandir` walk, of the two scans, and what the process that runs the scan spends and holds itself.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import tempfile
import time
import zlib
from pathlib import Path

import workbench as wb

PER_FOLDER = 1_000


def tiny_png(number: int) -> bytes:
    """A picture of 16 × 16 pixels that no other number gives."""
    rows = b"".join(b"\0" + zlib.crc32(bytes([y]), number).to_bytes(4, "big") * 4 for y in range(16))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 1)),
        (b"IEND", b""),
    ]
    framed = (len(d).to_bytes(4, "big") + k + d + zlib.crc32(k + d).to_bytes(4, "big") for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def make_tree(folder: Path, files: int) -> None:
    for start in range(0, files, PER_FOLDER):
        inner = folder / f"{start // PER_FOLDER:05}"
        inner.mkdir(parents=True, exist_ok=True)
        for number in range(start, min(files, start + PER_FOLDER)):
            (inner / f"{number:08}.png").write_bytes(tiny_png(number))


def stat_walk(folder: str) -> int:
    """The least that any second scan must do: ask size and time of every file."""
    count = 0
    for entry in os.scandir(folder):
        if entry.is_dir():
            count += stat_walk(entry.path)
        else:
            entry.stat()
            count += 1
    return count


def timed(work: object) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]  # a closure
    return {"seconds": round(time.perf_counter() - wall, 2), "own_cpu_seconds": round(time.process_time() - cpu, 2)}


def measure(tree: Path, files: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as home, wb.open(Path(home) / "workspace", actor="benchmark") as ws:
        found = {"files": files, "walk": timed(lambda: stat_walk(str(tree)))}
        found["first_scan"] = timed(lambda: ws.scan(tree, progress=False))
        found["second_scan"] = timed(lambda: ws.scan(tree, progress=False))
        found["beyond_the_walk"] = round(found["second_scan"]["seconds"] - found["walk"]["seconds"], 2)
        found["own_ms_per_new_file"] = round(1000 * found["first_scan"]["own_cpu_seconds"] / files, 3)
        found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        assert ws.query("catalogue_counts")["images"].iloc[0] == files
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where to make the tree, or a tree made before")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        tree = args.folder or Path(spare)
        if not any(tree.glob("*")):
            make_tree(tree, args.files)
        found = measure(tree, args.files)
    print(json.dumps(found) if args.json else "\n".join(f"{k:>20}: {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
