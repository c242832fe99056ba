"""Which is proposed to be kept, the original or a copy made of it: for every kind of edit, by what the files still say.

Each picture is written as a camera would, and beside it a copy of every kind of edit; the rules that come with the
workbench choose between the two, where verification takes them for copies. Times of change are made equal, so that the
clock doesn't help. Run it with

    python benchmarks/bench_keepers.py [--pictures 6] [--photos DIR]
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

import workbench as wb
from benchmarks.bench_dedup import originals
from workbench import edits, true_size
from workbench.catalog import arrow_table, rows_as
from workbench.comparing import Comparison, Shown, compare
from workbench.dedup_settings import load
from workbench.events import canonical
from workbench.keepers import Judge
from workbench.relations import pair
from workbench.verification import Verdict

SCENES = {
    "camera, copies stripped": ("camera", ""),
    "camera, copies by a program": ("camera", "program"),
    "camera, copies that keep everything": ("camera", "camera"),
    "nothing in any file": ("", ""),
}
"""What original and copies say about themselves."""

Collection = list[tuple[str, edits.Pixels]]
WHEN = 1_700_000_000


def exif(says: str) -> bytes:
    made = Image.Exif()
    if says in ("camera", "program"):
        made[0x010F], made[0x0110] = "Maker", "Model 1"
        made.get_ifd(0x8769)[0x9003] = "2021:05:06 07:08:09"
    if says == "program":
        made[0x0131] = "Adobe Photoshop 25.0"
    return made.tobytes() if says else b""


def with_exif(data: bytes, says: str) -> bytes:
    image = Image.open(io.BytesIO(data))
    if not says or image.format not in ("JPEG", "PNG", "WEBP", "TIFF"):
        return data
    out = io.BytesIO()
    options = {"quality": "keep"} if image.format == "JPEG" else {"quality": 90} if image.format == "WEBP" else {}
    image.save(out, image.format, exif=exif(says), **options)
    return out.getvalue()


def files(collection: Collection, original: str, copy: str) -> Iterator[tuple[str, bytes]]:
    for name, pixels in collection:
        yield f"{name}/original.jpg", with_exif(edits.encoded(pixels), original)
        others = [other for known, other in collection if known != name]
        for kind in edits.KINDS:
            yield f"{name}/{kind}.x", with_exif(edits.edited_file(pixels, kind, others=others), copy)


def judge(folder: Path, collection: Collection, original: str, copy: str) -> tuple[int, int, Counter[str]]:
    """Return how many copies were made and recognised, and of which kinds of edits the copy was preferred."""
    for name, data in files(collection, original, copy):
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_bytes(data)
        os.utime(folder / "in" / name, (WHEN, WHEN))
    with wb.open(folder / "ws", actor="bench") as ws:
        ws.scan(folder / "in", progress=False)
        paths = {row.path: row.image_id for row in ws.sql("select path, image_id from images").itertuples()}
        couples = [
            (paths[f"{path.rpartition('/')[0]}/original.jpg"], image, path)
            for path, image in paths.items()
            if not path.endswith("original.jpg")
        ]
        recognised = _pair(ws, couples)
        true_size.measure(ws, lambda done, total: None, threading.Event())
        facts = _facts(ws)
        place = {image: i for i, image in enumerate(facts["image_id"])}
        decided = Judge(facts, load(ws.folder).keepers)
        lost = Counter(
            Path(path).stem
            for kept, image, path in recognised
            if decided.best([place[kept], place[image]]) != place[kept]
        )
    return len(couples), len(recognised), lost


Couple = tuple[str, str, str]


def _pair(ws: wb.Bench, couples: list[Couple]) -> list[Couple]:
    """Write the pairs that verification finds; return the couples."""
    rows = ws.sql("select image_id, checksum, uri from image_facts")
    thumbnails = ws.thumbnails.get_many(rows["checksum"].tolist())
    shown = {
        image: Shown(checksum, uri, thumbnails.get(checksum)) for image, checksum, uri in rows.itertuples(index=False)
    }
    found = []
    with ws.catalog.writing() as connection:
        for a, b, path in couples:
            verdict = compare(Comparison(shown[a], shown[b], None, None))
            if not isinstance(verdict, Verdict) or not verdict.is_duplicate:
                continue
            found.append((a, b, path))
            one = pair(a, b, verdict.relation, "content", verdict.score, {**verdict.evidence, "from": a})
            connection.execute(
                "insert into pair_facts select ?, ?, ?, ?, ?, ?, 'bench', a.checksum, b.checksum "
                "from image_facts a, image_facts b where a.image_id = ? and b.image_id = ?",
                [
                    one.image_a, one.image_b, one.relation, one.method, one.score, canonical(one.evidence),
                    one.image_a, one.image_b,
                ],
            )  # fmt: skip
    return found


def _facts(ws: wb.Bench) -> dict[str, list[object]]:
    with ws.reading() as connection:
        concerned = arrow_table(connection, ws.catalog.named("images_in_pairs").sql, {})
        with rows_as(connection, "concerned", concerned):
            return arrow_table(connection, ws.catalog.named("keeper_facts").sql, {"fresh": True}).to_pydict()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--photos", type=Path, help="a folder with photographs; drawn pictures without")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=int, default=1, help="take every so manieth picture only: they come by kind")
    parser.add_argument("--scene", choices=list(SCENES), nargs="*", default=list(SCENES))
    args = parser.parse_args()
    every = originals(args.pictures * args.step, args.photos, args.seed)
    collection = list(itertools.islice(every, 0, args.pictures * args.step, args.step))
    for scene, (original, copy) in ((scene, SCENES[scene]) for scene in args.scene):
        with tempfile.TemporaryDirectory() as folder:
            made, count, lost = judge(Path(folder), collection, original, copy)
        missed = ", ".join(f"{kind} {n}" for kind, n in lost.most_common(12))
        kept = 1 - lost.total() / count
        print(f"{scene:<38}{kept:>7.1%} of {count:,} recognised of {made:,} copies   {missed}", flush=True)


if __name__ == "__main__":
    main()
