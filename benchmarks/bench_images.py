"""What measuring one picture costs, beside decoding alone and beside imagehash on the fully decoded picture.

    python benchmarks/bench_images.py [--rounds N]

Pictures are made on the spot: camera-like JPEGs of 6 megapixels (about 2.5 MB) and of 0.2 megapixels. Figures are
CPU seconds of one process, best of the rounds, so that a busy machine disturbs them little.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from workbench.images import measure

SIZES = {"6 MP": (3000, 2000, 8.0, 92), "0.2 MP": (548, 365, 4.0, 88)}


def camera_like(width: int, height: int, noise: float, quality: int, seed: int) -> bytes:
    """Make a JPEG with a photograph's spectrum (amplitude falling as 1/frequency), soft colours and sensor noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    fall = 1 / np.maximum(np.hypot(rows, columns), 1 / max(width, height)) ** 1.4
    planes = []
    for _ in range(3):
        plane = np.fft.irfft2(np.fft.rfft2(random.normal(size=(height, width))) * fall, s=(height, width))
        planes.append((plane - plane.mean()) / plane.std())
    light = planes[0]
    shades = [light + 0.25 * plane for plane in planes]
    pixels = 118 + 48 * np.stack(shades, axis=-1) + random.normal(0, noise, (height, width, 1))
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def decode_alone(data: bytes) -> None:
    image = Image.open(io.BytesIO(data))
    step = next((step for step in (8, 4, 2) if max(image.size) // step >= 240), 1)
    image.draft(None, (image.width // step, image.height // step))
    image.load()


def imagehash_peer(data: bytes) -> None:
    image = Image.open(io.BytesIO(data))
    imagehash.phash(image)
    imagehash.dhash(image)


def cpu_ms(task: Callable[[bytes], object], files: list[bytes], rounds: int) -> float:
    for data in files:
        task(data)
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for data in files:
            task(data)
        best = min(best, (time.process_time() - start) / len(files))
    return best * 1000


def in_a_worker(files: list[bytes], rounds: int) -> tuple[float, int, list[int]]:
    """Return milliseconds an image, the process's peak memory in MB, and the fingerprints."""
    spent = cpu_ms(measure, files, rounds)
    # ru_maxrss would count the parent's peak too: it survives fork and exec.
    status = Path("/proc/self/status").read_text().splitlines()
    memory = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    return spent, memory, [measure(data).phash or 0 for data in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("size    file KB  decode ms  measure ms  measured/s  worker MB  imagehash ms  pHash bits off (worst)")
    for name, (width, height, noise, quality) in SIZES.items():
        files = [camera_like(width, height, noise, quality, seed) for seed in range(4 if width > 1000 else 40)]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker:
            ours, memory, hashes = worker.submit(in_a_worker, files, rounds).result()
        decode, peer = (cpu_ms(task, files, rounds) for task in (decode_alone, imagehash_peer))
        whole = [int(str(imagehash.phash(Image.open(io.BytesIO(data)))), 16) for data in files]
        off = max((ours_ ^ theirs).bit_count() for ours_, theirs in zip(hashes, whole, strict=True))
        size = sum(map(len, files)) / len(files) / 1000
        figures = f"{decode:10.2f} {ours:11.2f} {1000 / ours:11.0f} {memory:10d} {peer:13.2f} {off:10d}"
        print(f"{name:6} {size:8.0f} {figures}")


if __name__ == "__main__":
    main()
