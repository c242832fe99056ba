"""What the whole pack of reports costs for many images.

    python benchmarks/bench_report.py [IMAGES] [ENTERED]

A made-up catalogue, audited; values entered by five people for some of its images, a sample of a batch inspected.
Prints JSON: seconds and CPU-seconds of each report and of all, the peak memory, and how large what was written is.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import synthetic
import workbench as wb
from workbench import reports
from workbench.reconcile import refresh_wide

SECONDS, MEGABYTES = 60.0, 2000
"""The target for a million images."""

_AT_ONCE = 2_000


def enter(ws: wb.Bench, count: int) -> None:
    """Let five people enter a title each for some images, one event an image."""
    drawn = random.Random(1)
    ids = ws.sql("select image_id from images order by image_id limit ?", [count])["image_id"].tolist()
    for start in range(0, len(ids), _AT_ONCE):
        ws.actor = f"person {drawn.randrange(5)}"
        with ws.change("measuring") as change:
            for image_id in ids[start : start + _AT_ONCE]:
                change.add("values_set", {"image_ids": [image_id], "values": {"Xmp.dc.title": f"Title {image_id}"}})


def inspect(ws: wb.Bench) -> None:
    """Draw a sample of the largest batch and inspect it."""
    batch = ws.sql("select batch from images group by batch order by count(*) desc, batch limit 1")["batch"][0]
    for state in ("in_work", "ready_for_qc"):
        ws.qc.move(batch, state)
    sample = ws.qc.draw(batch, aql=1.0, seed=1)
    drawn = random.Random(2)
    with ws.change("measuring") as change:
        for image_id in sample.image_ids:
            bad = drawn.random() < 0.02
            told = {"sample_id": sample.sample_id, "image_id": image_id, "comment": "", "seconds": 9.0}
            defects = [["Xmp.dc.title", "wrong", "major", ""]] if bad else []
            change.add("item_inspected", told | {"verdict": "defective" if bad else "pass", "defects": defects})
    ws.qc.judge(sample)


def pack(folder: Path) -> dict[str, Any]:
    """Write every report, in a process of its own: its peak memory is that of the reports."""
    parts: dict[str, Any] = {}
    with wb.open(folder / "ws", actor="bench") as ws:
        for kind in reports.KINDS:
            wall, cpu = time.perf_counter(), time.process_time()
            made = ws.report(kind, folder / "pack" / kind)
            size = sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file())
            parts[kind] = {
                "seconds": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2),
                "megabytes": round(size / 1e6, 1), "largest_table": max(t.data.num_rows for t in made.content.tables()),
            }  # fmt: skip
    total = {name: round(sum(part[name] for part in parts.values()), 1) for name in ("seconds", "cpu", "megabytes")}
    return {"reports": parts, "all": total, "peak_mb": peak()}


def peak() -> int:
    """Return this process's peak memory in MB; ``ru_maxrss`` would count what the process that started it had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) // 1024


def main(images: int = 1_000_000, entered: int = 20_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with wb.open(folder / "ws", actor="bench") as ws:
            with ws.catalog.writing() as connection:
                synthetic.fill(connection, images)
                synthetic.fill_metadata(connection)
            with ws.catalog.writing() as connection:
                refresh_wide(connection)
            ws.audit(progress=False)
            enter(ws, entered)
            inspect(ws)
            ws.query("catalogue_counts")
        command = [sys.executable, __file__, "--pack", name]
        made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    target = {"seconds": SECONDS, "megabytes_of_memory": MEGABYTES}
    print(json.dumps({"images": images, "entered": entered, **made, "target": target}, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pack"]:
        print(json.dumps(pack(Path(sys.argv[2]))))
    else:
        main(*map(int, sys.argv[1:]))
