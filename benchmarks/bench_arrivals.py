"""How long until an arriving file is answered for, beside a million catalogued images? Limit: 100 ms, 95th percentile.

    python benchmarks/bench_arrivals.py [--images 1000000] [--files 60] [--parts 100000] [--only-parts]

The catalogue holds made-up rows, and a few real pictures, of which copies arrive: the same bytes, other metadata,
recompressed, turned; and new pictures. Files have 6 megapixels and some 1.5 MB. Wall time, as whoever waits feels it,
and CPU time, which says more on a busy machine. First, what looking for parts of pictures costs: it is done in
collections of up to so many, for pictures that neither bytes nor hashes know, and isn't in the figures of a million.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

HOME = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOME)]

import workbench  # noqa: E402 - after the path is set, so that a bare checkout works
from benchmarks.synthetic import fill  # noqa: E402 - likewise
from workbench import arrivals  # noqa: E402 - likewise
from workbench.known_parts import FEATURES, Descriptors, KnownParts  # noqa: E402 - likewise

LIMIT = 100.0
WORKING = (3000, 2000)


def photograph(seed: int) -> Image.Image:
    """Return 6 megapixels with coarse shapes and fine grain, as a camera's file has."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (7, 9, 3), dtype=np.uint8)).resize(
        WORKING, Image.Resampling.BICUBIC
    )
    fine = Image.fromarray(random.integers(90, 166, (250, 375, 3), dtype=np.uint8)).resize(WORKING)
    grain = random.normal(0, 4, (WORKING[1], WORKING[0], 1)).astype(np.float32)
    mixed = np.asarray(coarse, np.float32) * 0.7 + np.asarray(fine, np.float32) * 0.3 + grain
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, *, quality: int = 90, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, comment=comment)
    return out.getvalue()


def arriving(known: list[Image.Image], count: int) -> dict[str, bytes]:
    """Return files: kind and number → bytes."""
    made = {}
    for number in range(count):
        one = known[number % len(known)]
        kind, change = [
            ("the same bytes", lambda p: encoded(p)),
            ("other metadata", lambda p: encoded(p, comment=b"arrived")),
            ("recompressed", lambda p: encoded(p, quality=80)),
            ("turned", lambda p: encoded(p.transpose(Image.Transpose.ROTATE_90))),
            ("new", lambda p: encoded(photograph(1_000 + number))),  # noqa: B023 - called in this very round
        ][number % 5]
        made[f"{kind} {number}"] = change(one)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--parts", type=int, default=100_000, help="pictures that parts of one are looked for in")
    parser.add_argument("--only-parts", action="store_true")
    args = parser.parse_args()
    looked_for_parts(args.parts)
    if args.only_parts:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        known = [photograph(seed) for seed in range(4)]
        (home / "in").mkdir()
        (home / "drop").mkdir()
        for number, picture in enumerate(known):
            (home / "in" / f"{number}.jpg").write_bytes(encoded(picture))
        with workbench.open(home / "ws", actor="bench") as ws:
            with ws.catalog.writing() as connection:
                fill(connection, args.images)
            ws.scan(home / "in", workers=1, progress=False)
            return answered(ws, home / "drop", arriving(known, args.files))


def looked_for_parts(pictures: int) -> None:
    """Print what the index of a few features costs, of pictures whose features are drawn by lot."""
    random = np.random.default_rng(5)

    def drawn(features: int) -> Descriptors:
        return random.integers(0, 256, (features, 32), dtype=np.uint8)

    with tempfile.TemporaryDirectory() as folder:
        parts = KnownParts(Path(folder))
        spent = 0.0
        for start in range(0, pictures, 256):
            some = [(random.bytes(32).hex(), drawn(FEATURES)) for _ in range(min(256, pictures - start))]
            began = time.process_time()
            parts._add(some)
            spent += time.process_time() - began
        held = sum(path.stat().st_size for path in Path(folder).iterdir())
        asked = [drawn(300) for _ in range(40)]
        began = time.process_time()
        for descriptors in asked:
            list(parts._votes(descriptors))
        looked = (time.process_time() - began) / len(asked) * 1_000
    print(
        f"parts of {pictures:,} pictures: {held / pictures:,.0f} bytes each, {spent / pictures * 1_000:.2f} CPU-ms each"
    )
    print(f"which of them share words with one: {looked:.1f} CPU-ms, for it and for its mirror image each")


def worker_seconds(ws: workbench.Bench) -> float:
    """Return the CPU seconds that the decoding process has used (Linux; 0 elsewhere)."""
    spent = 0.0
    for pid in arrivals._checkers[ws].pool.pids():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/schedstat").read_text().split()
            spent += int(fields[0]) / 1e9
    return spent


def answered(ws: workbench.Bench, folder: Path, files: dict[str, bytes]) -> int:
    """Check one file after the other, print the times, return the exit code."""
    began = time.perf_counter()
    ws.check(encoded(Image.new("RGB", (64, 64))))
    print(f"first answer, with starting the worker and loading what is known: {time.perf_counter() - began:.1f} s")
    spent: dict[str, list[float]] = {}
    cpu: list[float] = []
    wrong = 0
    for name, data in files.items():
        path = folder / f"{name}.jpg"
        path.write_bytes(data)
        began, busy = time.perf_counter(), time.process_time() + worker_seconds(ws)
        arrival = ws.check(path)
        kind = name.rpartition(" ")[0]
        cpu.append((time.process_time() + worker_seconds(ws) - busy) * 1_000)
        spent.setdefault(kind, []).append((time.perf_counter() - began) * 1_000)
        wrong += arrival.verdict != ("new" if kind == "new" else "duplicate")
    for kind, times in spent.items():
        print(f"{kind:<18} median {statistics.median(times):6.1f} ms   slowest {max(times):6.1f} ms")
    every = [t for times in spent.values() for t in times]
    p95 = float(np.percentile(every, 95))
    size = statistics.mean(len(d) for d in files.values()) / 1e6
    load = os.getloadavg()[0]
    print(f"{len(every)} files of {size:.1f} MB at load {load:.1f}: 95th percentile {p95:.1f} ms (≤ {LIMIT:.0f} ms)")
    middle, most = np.percentile(cpu, [50, 95])
    print(f"CPU time of both processes: median {middle:.1f} ms, 95th percentile {most:.1f} ms")
    print(f"wrong answers: {wrong}")
    return 1 if p95 > LIMIT or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
