"""A workspace in which everything that can hold a text holds one that means harm."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

from hostile_payloads import PAYLOADS, file_name
from reviewed_collection import put_pairs
from small_collections import fill, jpeg
from tagged_collection import PROFILE

import workbench as wb
from workbench import clusters, double_entry
from workbench.events import Draft

TITLE, WORDS, CITY, CAPTION = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.City", "Xmp.dc.description"
CHUNK = 12
ACTORS = [text for text in PAYLOADS if text.isprintable() and len(text) <= 200 and text == text.strip()]
BATCHES = ["<img src=x onerror=window.__hit=1>", "=cmd|' /C calc'!A0", "\u202ehctab", "../../b"]


def chunks() -> list[list[str]]:
    """The payloads, so many at a time: no image need hold them all, but all are held."""
    return [PAYLOADS[at : at + CHUNK] for at in range(0, len(PAYLOADS), CHUNK)]


def make(home: Path) -> Path:
    """Make it, and return its folder: payloads as file names, values, batches, people, reasons and comments."""
    for number, text in enumerate(PAYLOADS):
        inside = escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text))
        name = f"{number:03}{file_name(text)}.jpg"
        fill(home / "in" / str(number % len(BATCHES)), {name: jpeg(number, inside, (inside,))})
    with wb.open(home / "ws", actor="ann") as ws:
        (ws.folder / "profiles").mkdir()
        (ws.folder / "profiles" / "shop.toml").write_text(PROFILE, "utf-8")
        (ws.folder / "profiles" / "terms.csv").write_text("term,de\n<img src=x onerror=window.__hit=1>,=1+1\n", "utf-8")
        for number, batch in enumerate(BATCHES):
            ws.scan(home / "in" / str(number), batch=batch, progress=False, workers=1)
        ids = in_order(ws)
        _values(ws, ids)
        _quality(ws, ids)
        _duplicates(ws, ids)
    return home / "ws"


def in_order(ws: wb.Bench) -> list[str]:
    """Image ids in the order of the payloads in their names."""
    return [str(one) for one in ws.sql("select image_id from images order by name")["image_id"]]


def _values(ws: wb.Bench, ids: list[str]) -> None:
    for number, (image_id, text) in enumerate(zip(ids, PAYLOADS, strict=True)):
        words = chunks()[number % len(chunks())]
        values = {TITLE: {"x-default": text, "de": text[::-1]}, WORDS: words, CITY: text, CAPTION: {"x-default": text}}
        told = Draft("values_set", {"image_ids": [image_id], "values": values})
        ws.ledger.append([told], actor=ACTORS[number % len(ACTORS)], reason=text)


def _quality(ws: wb.Bench, ids: list[str]) -> None:
    ws.qc.move(BATCHES[0], "in_work")
    ws.qc.move(BATCHES[0], "ready_for_qc")
    sample = ws.qc.draw(BATCHES[0], aql=4.0, seed=7)
    held = ws.sql("select image_id from sample_items where sample_id = ? limit 3", [sample.sample_id])["image_id"]
    for image_id, text in zip(held, PAYLOADS, strict=False):
        told = {
            "sample_id": sample.sample_id,
            "image_id": image_id,
            "verdict": "defective",
            "comment": text,
            "seconds": 2,
        }
        defects = [[TITLE, "wrong", "major", one] for one in PAYLOADS[::9]]
        ws.ledger.append([Draft("item_inspected", {**told, "defects": defects})], actor=ACTORS[3])
    task = double_entry.open_task(
        ws, [TITLE, WORDS], ids[: len(chunks())], people=("bo", "cy"), profile="shop", seed="s", what=PAYLOADS[0]
    )  # fmt: skip
    for actor, turn in (("bo", 1), ("cy", -1)):
        with wb.open(ws.folder, actor=actor) as theirs:
            for image_id, some in zip(ids, chunks(), strict=False):
                entered = {
                    TITLE: {"x-default": some[turn]},
                    WORDS: some[: CHUNK // 2] if turn > 0 else some[CHUNK // 2 :],
                }
                double_entry.enter(theirs, task.task_id, image_id, entered)


def _duplicates(ws: wb.Bench, ids: list[str]) -> None:
    for at in range(0, len(ids) - 3, 4):
        put_pairs(ws, "fuzzy", ids[at], ids[at + 1 : at + 4], 1, words=PAYLOADS[at])
    clusters.make(ws)
