"""What an audit of many images costs, and what it finds of what was planted.

    python benchmarks/bench_audit.py [IMAGES] [PLANTED]

Prints JSON: CPU-seconds of the wide table's first filling and of an audit (all threads), the peak memory, the rules and
the findings; and recall and precision on planted errors.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import planted
import synthetic
import workbench as wb
from workbench import audit, audit_rules
from workbench.reconcile import refresh_wide

TARGET = 6.0
"""CPU-seconds for a million images."""


def measured(work: Any) -> tuple[float, float, Any]:
    """Run something; return CPU-seconds, seconds, and what it returned."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return round(time.process_time() - cpu, 2), round(time.perf_counter() - wall, 2), result


def at_scale(folder: Path, images: int) -> dict[str, Any]:
    with wb.open(folder / "scale", actor="bench") as ws:
        with ws.catalog.writing() as connection:
            synthetic.fill(connection, images)
            synthetic.fill_metadata(connection)
        with ws.catalog.writing() as connection:
            filling = measured(lambda: refresh_wide(connection))
        first = measured(lambda: audit.audit(ws))
        again = measured(lambda: audit.audit(ws))
        found = again[2].summary()
    return {
        "images": images, "wide_cpu": filling[0], "audit_cpu": first[0], "audit_seconds": first[1],
        "again_cpu": again[0],
        "rules": len({rule.id for rule in again[2].rules}), "checks": len(again[2].rules),
        "findings": int(found["images"].sum()), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cpu_target": round(TARGET * images / 1e6, 3),
    }  # fmt: skip


def on_planted(folder: Path, images: int) -> dict[str, Any]:
    with wb.open(folder / "clean", actor="bench") as ws:
        with ws.catalog.writing() as connection:
            planted.store(connection, planted.clean(images))
        false = len(audit.audit(ws).findings)
    made = planted.clean(images)
    wanted = planted.plant(made, each=max(1, images // 200))
    with wb.open(folder / "planted", actor="bench") as ws:
        with ws.catalog.writing() as connection:
            planted.store(connection, made)
        found = audit.audit(ws).findings
    got = {rule: set(ids) for rule, ids in found.groupby("rule")["image_id"]}
    hits = {rule: len(ids & got.get(rule, set())) / len(ids) for rule, ids in wanted.items()}
    certain = [rule for rule in wanted if rule not in planted.BY_SHARE]
    elsewhere = set().union(*got.values()) - set().union(*wanted.values())
    return {
        "images": images, "kinds": len(wanted), "planted": sum(map(len, wanted.values())),
        "recall_of_certain_kinds": sum(hits[rule] for rule in certain) / len(certain), "certain_kinds": len(certain),
        "recall_by_share": {rule: hits[rule] for rule in sorted(planted.BY_SHARE)},
        "false_on_clean": false, "false_elsewhere": len(elsewhere),
        "checks_on_clean": images * len(audit_rules.shipped()),
    }  # fmt: skip


def main(images: int = 1_000_000, small: int = 10_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps({"scale": at_scale(Path(folder), images), "planted": on_planted(Path(folder), small)}, indent=1)
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
