"""Removals, restorations and purges of duplicates, killed at random instants; and how fast they are when nobody does.

    python benchmarks/bench_removal.py [--kills N] [--seed N] [--minutes N]

A kill counts when it met the process at work. Each round is a process of its own, forked from one that has everything
imported; as many run at once as there are cores, each in worlds of its own: eight clusters of three files, sidecars
beside some, put back as they were made when a third of the files is purged. Half of the collections lie on the
workspace's volume, half on another (/dev/shm), where there is one: there files are copied. After each kill the
workspace is opened, which recovers it, and every file is looked for and hashed; in the end of each world everything is
restored and compared.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "tests")]

import removal_world as rw  # noqa: E402  the paths come first

import workbench as wb  # noqa: E402  the paths come first
from workbench import removal  # noqa: E402  the paths come first

LIMIT, CLUSTERS = 2_000, 8


def killed(kills: int, seed: int, minutes: float, home: Path, shared: Path | None) -> bool:
    places = [(home, home)] + ([(home, shared), (shared, shared)] if shared else [])
    at_once, so_far = os.cpu_count() or 1, {}

    def some(number: int) -> rw.Killing:
        wanted = kills // at_once + (number < kills % at_once)
        how: dict[str, Any] = {"seed": seed + number, "clusters": CLUSTERS, "minutes": minutes}
        return rw.kill(places, wanted, **how, tell=lambda done: told(number, done))

    def told(number: int, done: rw.Killing) -> None:
        so_far[number] = sum(done.amid.values()), len(done.faults)
        hit, faults = (sum(each) for each in zip(*so_far.values(), strict=True))
        print(f"\r{hit:,} kills, {faults} faults", end="", file=sys.stderr, flush=True)

    begun = time.monotonic()
    with ThreadPoolExecutor(at_once) as threads:  # each waits for processes of its own
        parts = list(threads.map(some, range(at_once)))
    amid = Counter({action: sum(part.amid.get(action, 0) for part in parts) for action in rw.ACTIONS})
    faults = [fault for part in parts for fault in part.faults]
    worlds, moved = sum(part.worlds for part in parts), sum(part.moved_some for part in parts)
    print(f"\nkills at work: {amid.total():,} {dict(amid)} in {worlds} worlds, {time.monotonic() - begun:,.0f} s")
    print(f"  of the rounds {moved:,} moved something; faults: {len(faults)} (limit 0)")
    print("\n".join(f"  {fault}" for fault in faults[:20]))
    return not faults


def timed(home: Path, clusters: int = 500) -> None:
    world = rw.World.made(home / "quick", home / "quick photos", clusters)
    with wb.open(world.home, actor="ann") as ws:
        for verb in ("in", "back"):
            plan = removal.plan(ws, relations=rw.EXACT, undecided=True) if verb == "in" else removal.restoration(ws)
            begun, wall = time.process_time(), time.monotonic()
            report = plan.apply(uncertified="a benchmark")
            cpu, wall = time.process_time() - begun, time.monotonic() - wall
            print(f"{verb}: {len(report.done):,} files in {cpu:.1f} CPU-s, {wall:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=LIMIT)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end after so many, however many were hit")
    parser.add_argument("--no-times", action="store_true", help="only the kills")
    args = parser.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory() as home:
        if not args.no_times:
            timed(Path(home))
        if not memory.is_dir():
            return 0 if killed(args.kills, args.seed, args.minutes, Path(home), None) else 1
        with tempfile.TemporaryDirectory(dir=memory) as shared:
            return 0 if killed(args.kills, args.seed, args.minutes, Path(home), Path(shared)) else 1


if __name__ == "__main__":
    sys.exit(main())
