"""Removals, restorations and purges of duplicates, killed at random instants; and how fast they are when nobody does.

    python benchmarks/bench_removal.py [--kills N] [--seed N]

A kill counts when it met the process at work. Half of the collections lie on the workspace's volume, half on another
(/dev/shm), where there is one: there files are copied. After each kill the workspace is opened, which recovers it, and
every file is looked for and hashed; in the end of each world everything is restored and compared.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "tests")]

import removal_world as rw  # noqa: E402  the paths come first

import workbench as wb  # noqa: E402  the paths come first
from workbench import removal  # noqa: E402  the paths come first

LIMIT = 2_000


def told(done: rw.Killing) -> None:
    print(f"\r{sum(done.amid.values()):,} kills, {len(done.faults)} faults", end="", file=sys.stderr, flush=True)


def killed(kills: int, seed: int, home: Path, shared: Path | None) -> bool:
    places = [(home, home)] + ([(home, shared), (shared, shared)] if shared else [])
    done = rw.kill(places, kills, seed=seed, tell=told)
    print(f"\nkills at work: {sum(done.amid.values()):,} {done.amid} in {done.worlds} worlds, {done.seconds:,.0f} s")
    print(f"  of the rounds {done.moved_some:,} moved something; faults: {len(done.faults)} (limit 0)")
    print("\n".join(f"  {fault}" for fault in done.faults[:20]))
    return not done.faults


def timed(home: Path, clusters: int = 500) -> None:
    world = rw.World.made(home / "quick", home / "quick photos", clusters)
    with wb.open(world.home, actor="ann") as ws:
        for verb, made in (("in", removal.plan(ws, relations=rw.EXACT, undecided=True)), ("back", None)):
            begun, wall = time.process_time(), time.monotonic()
            report = (made or removal.restoration(ws)).apply()
            cpu, wall = time.process_time() - begun, time.monotonic() - wall
            print(f"{verb}: {len(report.done):,} files in {cpu:.1f} CPU-s, {wall:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=LIMIT)
    parser.add_argument("--seed", type=int, default=20)
    args = parser.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory() as home:
        timed(Path(home))
        if not memory.is_dir():
            return 0 if killed(args.kills, args.seed, Path(home), None) else 1
        with tempfile.TemporaryDirectory(dir=memory) as shared:
            return 0 if killed(args.kills, args.seed, Path(home), Path(shared)) else 1


if __name__ == "__main__":
    sys.exit(main())
