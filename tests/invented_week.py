"""A week of invented work over sixty tiny pictures, to test reports and quality control on."""

from __future__ import annotations

from pathlib import Path

from small_collections import jpeg

from workbench import sample_work

BATCHES = {"Spring": 30, "Summer": 18, "Autumn": 12}


def folders(home: Path) -> dict[str, str]:
    """The three batches' folders, with files of different pictures."""
    made, number = {}, 0
    for batch, count in BATCHES.items():
        (home / batch).mkdir(parents=True)
        for _ in range(count):
            number += 1
            (home / batch / f"{number:03}.jpg").write_bytes(jpeg(number * 37, f"Item {number}" if number % 3 else ""))
        made[batch] = str(home / batch)
    return made


def record(home: Path, seed: int = 7) -> sample_work.Recorded:
    """Record a week of it in ``home/ws``."""
    return sample_work.record(home / "ws", folders(home / "images"), seed=seed, double=10)
