"""How long does it take to find all near pairs among millions of hashes? Prints limits, figures and pass or fail.

    python benchmarks/bench_hash_index.py [--engine auto|numba|numpy] [--only NAME]

Each search runs in a process of its own, so that CPU time and memory are its alone; compiling, which happens once for
each machine and is kept on disk, happens before and is shown by itself. Half of the hashes are spread evenly; the other
sets have bits that depend on each other, as those of real pictures do.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from workbench.hash_index import Engine, HashIndex, pairs_within, running  # noqa: E402 - after the path is set


class Case(NamedTuple):
    """One search: how many hashes, how near, how they are spread; limits in CPU seconds and MB."""

    name: str
    count: int
    radius: int
    spread: str
    cpu: float | None = None
    memory: float | None = None


CASES = (
    Case("1 million, 10 bits, evenly spread", 1_000_000, 10, "even", 5.0),
    Case("1 million, 10 bits, as pictures are", 1_000_000, 10, "pictures", 5.0),
    Case("1 million, 4 bits, evenly spread", 1_000_000, 4, "even"),
    Case("10 million, 8 bits, evenly spread", 10_000_000, 8, "even", 60.0, 500.0),
    Case("10 million, 8 bits, as pictures are", 10_000_000, 8, "pictures", 60.0, 500.0),
)


def hashes(count: int, spread: str) -> np.ndarray:
    """Return hashes: even, or with half the bits set, coarse ones depending on each other: 12 times the pairs."""
    random = np.random.default_rng(count)
    if spread == "even":
        return random.integers(0, 2**64, count, dtype=np.uint64)
    made = np.empty(count, np.uint64)
    mixing = random.normal(0, 1, (64, 12)).astype(np.float32) * np.linspace(0.3, 0.05, 64, dtype=np.float32)[:, None]
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        waves = random.normal(0, 1, (size, 64)).astype(np.float32)
        waves += random.normal(0, 1, (size, 12)).astype(np.float32) @ mixing.T
        bits = waves > np.median(waves, axis=1)[:, None]
        made[start : start + size] = np.packbits(bits, axis=1).view(">u8")[:, 0]
    return made


def measured(case: Case, engine: Engine) -> dict[str, float]:
    """Search in this process."""
    pairs_within(np.arange(3_000, dtype=np.uint64), 3, engine=engine)  # loads or compiles the machine code
    known = hashes(case.count, case.spread)
    before = time.process_time()
    found = pairs_within(known, case.radius, engine=engine)
    spent = time.process_time() - before
    return {"cpu": spent, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "pairs": len(found.i)}


def in_a_process(case: Case, engine: str) -> dict[str, float]:
    asked = [sys.executable, __file__, "--engine", engine, "--one", case.name]
    out = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(out))


def one_question() -> float:
    """Return the milliseconds, at the 95th percentile, to find what is near to 8 variants among a million hashes."""
    index, random = HashIndex(hashes(1_000_000, "even")), np.random.default_rng(1)
    spent = []
    for _ in range(60):
        before = time.process_time()
        index.near(random.integers(0, 2**64, 8, dtype=np.uint64), 10)
        spent.append((time.process_time() - before) * 1_000)
    return float(np.percentile(spent, 95))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("auto", "numba", "numpy"), default="auto")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(next(c for c in CASES if c.name == args.one), args.engine)))
        return 0
    print(running(args.engine).says)
    missed = 0
    for case in CASES:
        if args.only not in case.name:
            continue
        found = in_a_process(case, args.engine)
        ok = found["cpu"] <= (case.cpu or 1e9) and found["mb"] <= (case.memory or 1e9)
        missed += not ok
        limits = f"≤ {case.cpu} CPU-s" if case.cpu else "no limit"
        limits += f", ≤ {case.memory:.0f} MB" if case.memory else ""
        print(
            f"{case.name:<38}{found['cpu']:7.2f} CPU-s {found['mb']:6.0f} MB {found['pairs']:>9,} pairs   {limits:<28}"
            f"{'ok' if ok else 'MISSED'}",
            flush=True,
        )
    print(f"{'one picture under 8 symmetries, of 1 million':<46}{one_question():7.2f} ms (95th percentile)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
