"""A batch that operators have tagged, ready to be inspected by somebody else."""

from __future__ import annotations

from pathlib import Path

from small_collections import fill
from tagged_collection import PROFILE, picture

import workbench as wb

BATCH = "spring"


def tagged(home: Path, count: int = 30, *, large: bool = False) -> wb.Bench:
    """A scanned batch of shirts: ann has entered values for every second one, bob for the others; as ann, in work."""
    fill(home / "shirts", {f"{n:02}.jpg": picture(n, f"Shirt {n}", large=large) for n in range(count)})
    ws = wb.open(home / "ws", actor="bob")
    (ws.folder / "profiles").mkdir(exist_ok=True)
    (ws.folder / "profiles" / "shop.toml").write_text(PROFILE, "utf-8")
    (ws.folder / "profiles" / "terms.csv").write_text("term,de\nshirt,Hemd\nlinen,Leinen\n", "utf-8")
    ws.scan(home / "shirts", batch=BATCH, progress=False, workers=1)
    ids = in_order(ws)
    ws.qc.move(BATCH, "in_work")
    ws.set_values(ids[1::2], {"Xmp.photoshop.City": "Batumi", "Xmp.dc.creator": ["Bob B."]})
    ws.close()
    ws = wb.open(home / "ws", actor="ann")
    for number, image_id in enumerate(ids[::2]):
        ws.set_values([image_id], {"Xmp.dc.title": {"x-default": f"Shirt {number}", "de": f"Hemd {number}"}})
    return ws


def ready(home: Path, count: int = 30, **how: bool) -> wb.Bench:
    """The same, ready for QC; as cy, who has entered nothing."""
    tagged(home, count, **how).close()
    ws = wb.open(home / "ws", actor="cy")
    ws.qc.move(BATCH, "ready_for_qc")
    return ws


def in_order(ws: wb.Bench) -> list[str]:
    """Image ids in the order of their names."""
    return [str(one) for one in ws.sql("select image_id from images order by path")["image_id"]]
