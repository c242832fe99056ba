"""A small collection with duplicates to review: clusters of made-up pictures, as finders would put them together."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from small_collections import fill, image_ids
from tagged_collection import packet
from widgets.small_workspace import made_picture

import workbench as wb
from workbench import clusters
from workbench.workspace import Workspace

KINDS = ("exact", "same-picture", "fuzzy", "content")
SCORES = {"exact": 1.0, "same-picture": 1.0, "fuzzy": 0.97, "content": 0.81}


def picture(number: int, title: str = "", *, edge: int = 320, quality: int = 85) -> bytes:
    out = io.BytesIO()
    drawn = Image.open(io.BytesIO(made_picture(number, 640, 480))).resize((edge, edge * 3 // 4))
    drawn.save(out, "JPEG", quality=quality, xmp=packet(title) if title else b"")
    return out.getvalue()


def copy_of(number: int, kind: str, turn: int, edge: int) -> bytes:
    """The turn-th copy of an original, of one kind."""
    if kind == "exact":
        return picture(number, f"Hill {number}", edge=edge)
    if kind == "same-picture":
        return picture(number, f"Hill {number}, copy {turn}", edge=edge)
    return picture(number, edge=edge - 40 * turn, quality=60 + turn)


def files(count: int, copies: int, edge: int) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for number in range(count):
        made[f"originals/{number:03}.jpg"] = picture(number, f"Hill {number}", edge=edge)
        for turn in range(1, copies + 1):
            made[f"{KINDS[number % 4]}/{number:03}-{turn}.jpg"] = copy_of(number, KINDS[number % 4], turn, edge)
    return made


def workspace(home: Path, count: int = 8, *, copies: int = 1, actor: str = "ann", edge: int = 320) -> wb.Bench:
    """A scanned workspace of so many clusters: of each kind by turns, an original and its copies."""
    fill(home / "images", files(count, copies, edge))
    ws = wb.open(home / "ws", actor=actor)
    ws.scan(home / "images", progress=False)
    put_clusters(ws, count, copies)
    return ws


def put_clusters(ws: Workspace, count: int, copies: int) -> None:
    ids = image_ids(ws)  # type: ignore[arg-type]  # it has what is needed
    for number in range(count):
        kind = KINDS[number % 4]
        keeper = ids[f"originals/{number:03}.jpg"]
        put_pairs(ws, kind, keeper, [ids[f"{kind}/{number:03}-{turn}.jpg"] for turn in range(1, copies + 1)])
    clusters.make(ws)


def put_pairs(ws: Workspace, relation: str, one: str, others: list[str], score: float = 0, **evidence: Any) -> None:
    """Write pairs of one image with others, as a finder would."""
    told = json.dumps({"because": "Every tile agrees.", **evidence})
    with ws.catalog.writing() as connection:
        for other in others:
            first, second = sorted((one, other))
            connection.execute(
                "insert into pair_facts select a.image_id, b.image_id, ?, ?, ?, ?, 'run', a.checksum, b.checksum"
                " from image_facts a, image_facts b where a.image_id = ? and b.image_id = ?",
                [relation, relation, score or SCORES[relation], told, first, second],
            )


def shown(view: dict[str, Any]) -> list[str]:
    """The paths of the images of the cluster shown, the keeper first."""
    members = sorted(view["cluster"]["members"], key=lambda one: one["image_id"] != view["cluster"]["keeper"])
    return [one["path"] for one in members]


def multiply(ws: Workspace, times: int) -> None:
    """Put every image and cluster into the catalogue again so many times, each with contents of its own."""
    new = "substr(sha256({0}.image_id || i), 1, 20) as image_id, sha256({0}.checksum || i) as checksum"
    with ws.catalog.writing() as connection:
        connection.execute(
            f"insert into image_facts by name select {new.format('s')},"
            " 'x:' || sha256(picture_hash || i) as picture_hash, s.* exclude (image_id, checksum, picture_hash)"
            " from image_facts s, range($times) r(i)",
            {"times": times},
        )
        connection.execute(
            f"insert into cluster_rows by name select md5(k.cluster_id || i)[1:16] as cluster_id, {new.format('k')},"
            " role, reason, score, relation from cluster_rows k, range($times) r(i)",
            {"times": times},
        )
