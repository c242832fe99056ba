"""How many edited copies are found, and what is called a copy that is none? Prints tables beside the limits.

    python benchmarks/bench_dedup.py [--originals 60] [--lookalikes 1000] [--negatives 40000] [--photos DIR]
                                     [--kinds crop_50,collage_2x2] [--only verify|search] [--misses FILE]
                                     [--skip 0] [--every 1] [--workers 1]

Two measurements, of which the second is what counts:

verify  every copy is laid beside its original, and pairs of different pictures, the likest first, beside each other:
        what verification alone says, whoever proposes the pair
search  originals and copies are scanned into one workspace, the catalogue of look-alikes with some copies into another,
        and duplicates are looked for as a person would: ``ws.find_duplicates()``

Beside them, from the same files: imagehash's pHash with at most 10 differing bits, as people use it, and the same under
the eight symmetries. The originals are photographs that come with scikit-image, drawn places, products and papers, and
the JPEGs of a folder of your own; the kinds of edits are those of `workbench.edits`, the look-alikes those of
`benchmarks/lookalikes.py`.
"""

from __future__ import annotations

import argparse
import heapq
import io
import itertools
import multiprocessing
import sys
import tempfile
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import imagehash
import numpy as np
from PIL import Image, ImageOps

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import workbench as wb  # noqa: E402 - after the path is set, so that a bare checkout works
from benchmarks.lookalikes import catalogue  # noqa: E402 - likewise
from workbench import edits, images, small_print, verification  # noqa: E402 - likewise
from workbench import sample_pictures as draw  # noqa: E402 - likewise
from workbench.relations import DUPLICATES  # noqa: E402 - likewise

MEAN, LEAST, NEGATIVES = 0.98, 0.6, 40_000
"""The limits: recall over all kinds, of each kind, and verified negatives without a false accept."""
RADIUS = 10
MILD = ("resize_50", "jpeg_q30", "crop_90", "mirror", "caption")
"""Edits planted among the look-alikes, so that there is something to be found."""


class File(NamedTuple):
    """One file of a collection: whose copy it is (its own name for an original), and by which kind of edit."""

    name: str
    data: bytes
    original: str
    kind: str = ""


# -- pictures


def originals(count: int, photos: Path | None, seed: int) -> Iterator[tuple[str, edits.Pixels]]:
    """Yield names and pictures that are all different."""
    given = sorted(photos.rglob("*.jp*g")) if photos else []
    made = itertools.chain(
        ((f"own-{n:03}", _opened(path)) for n, path in enumerate(given)), _photographs(seed), _drawn(seed)
    )
    for name, image in itertools.islice((one for one in made if min(one[1].size) >= 200), count):
        image.thumbnail((900, 900))
        yield name, np.asarray(image.convert("RGB"))


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def _photographs(seed: int) -> Iterator[tuple[str, Image.Image]]:
    for trade, regions in draw.data()["regions"].items():
        for n, region in enumerate(regions):
            rng = np.random.default_rng([seed, n])
            yield f"{trade}-{n}", draw.photograph(region["file"], region["box"], rng, edge=800, grade="none")


def _drawn(seed: int) -> Iterator[tuple[str, Image.Image]]:
    designs, angles = list(draw.data()["designs"]), draw.data()["angles"]
    for n in itertools.count():
        rng = np.random.default_rng([seed, 7, n])
        scene = list(draw.SCENES)[n % len(draw.SCENES)]
        yield f"scene-{n}", draw.scene(scene, rng, (840, 600))
        colour = list(draw.data()["colours"].values())[n % len(draw.data()["colours"])]
        paints = {**draw.data()["paints"], **colour}
        paper = draw.data()["backdrops"]["papers"][n % len(draw.data()["backdrops"]["papers"])]
        shot = draw.product(designs[n % len(designs)], paints, angles[n % 3], paper, cut=seed + n, edge=720)
        yield f"product-{n}", draw.grain(rng, shot, 2.0)
        kind = list(draw.PAPERS)[n % len(draw.PAPERS)]
        yield f"paper-{n}", draw.document(kind, "en", rng, number=n + seed)


def copies(name: str, pixels: edits.Pixels, kinds: Iterable[str], others: list[edits.Pixels]) -> Iterator[File]:
    """Yield a picture's edited copies."""
    for kind in kinds:
        data = edits.edited_file(pixels, kind, seed=zlib.crc32(name.encode()), others=others)
        yield File(f"{name}__{kind}.{edits.KINDS[kind].format.lower()}", data, name, kind)


# -- peers


def phashes(data: bytes) -> list[int]:
    """Return imagehash's pHash of a file as it is, and of the seven other ways to turn it."""
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    ways = [image, image.transpose(Image.Transpose.ROTATE_90), image.transpose(Image.Transpose.ROTATE_180)]
    ways.append(image.transpose(Image.Transpose.ROTATE_270))
    ways += [ImageOps.mirror(way) for way in ways]
    return [int(str(imagehash.phash(way)), 16) for way in ways]


def near(one: int, others: Iterable[int]) -> bool:
    """Tell whether one of the hashes differs in few bits."""
    return any((one ^ other).bit_count() <= RADIUS for other in others)


# -- counting


@dataclass
class Recall:
    """Found and looked for, by kind of edit."""

    found: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def add(self, kind: str, *, found: bool, what: str = "") -> None:
        self.asked[kind] += 1
        self.found[kind] += found
        if not found and what:
            self.misses.append(what)

    def of(self, kind: str) -> float:
        return self.found[kind] / max(1, self.asked[kind])

    def mean(self) -> float:
        return float(np.mean([self.of(kind) for kind in self.asked])) if self.asked else 0.0

    def worst(self) -> tuple[float, str]:
        return min((self.of(kind), kind) for kind in self.asked)


@dataclass
class Outcome:
    """What one measurement came to."""

    recall: Recall = field(default_factory=Recall)
    negatives: int = 0
    false: list[str] = field(default_factory=list)
    found: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, more: Outcome) -> None:
        """Count another one in."""
        self.recall.found += more.recall.found
        self.recall.asked += more.recall.asked
        self.recall.misses += more.recall.misses
        self.negatives += more.negatives
        self.false += more.false
        self.found += more.found
        self.wrong += more.wrong
        self.seconds += more.seconds


@dataclass(frozen=True)
class Seen:
    """A file, measured, and its thumbnail."""

    file: File
    phash: int
    thumbnail: bytes


def seen(file: File) -> Seen:
    """Measure a file as a scan does."""
    found = images.measure(file.data)
    if found.thumbnail is None:
        raise SystemExit(f"{file.name} can't be measured: {found.problems}")
    return Seen(file, found.phash or 0, found.thumbnail)


@lru_cache(2_000)
def view(one: Seen) -> verification.Seen:
    """Return a file's thumbnail as verification sees it."""
    with Image.open(io.BytesIO(one.thumbnail)) as small:
        return verification.look(np.asarray(small.convert("RGB")))


# -- verification alone


def verified(one: Seen, other: Seen) -> verification.Verdict:
    """Compare two files as the search does: by their thumbnails, and those that agree in small print."""
    verdict = verification.verify(view(one), view(other))
    if not verdict.is_duplicate:
        return verdict
    large = [small_print.readable(each.file.data) for each in (one, other)]
    return verification.confirm(verdict, view(one).picture, view(other).picture, *large)


def verify(collection: dict[str, edits.Pixels], kinds: list[str], args: argparse.Namespace) -> Outcome:
    """Lay every copy on its original; lay different pictures on each other, the likest first."""
    outcome, everything = Outcome(), list[Seen]()
    beside = partial(laid_on_original, list(collection.items()), kinds)
    for n, (some, recall, spent) in enumerate(mapped(beside, range(len(collection)), args.workers)):
        outcome.add(Outcome(recall, seconds=Counter(copies=spent)))
        everything += [one for one in some if one.file.kind in ("", *MILD) or n % 4 == 0]
        tick(f"verify: {n + 1} of {len(collection)} originals")
    drawn = catalogue(args.lookalikes, seed=args.seed)
    everything += [seen(File(one.name, edits.encoded(np.asarray(one.image)), one.name)) for one in drawn]
    for false, spent in mapped(taken_for_copy, likest(everything, args.negatives), args.workers):
        outcome.add(Outcome(negatives=1, false=[false] * bool(false), seconds=Counter(negatives=spent)))
        if outcome.negatives % 200 == 0:
            tick(f"verify: {outcome.negatives:,} pairs of different pictures, {len(outcome.false)} taken for copies")
    return outcome


def mapped(ask: Callable[[Any], Any], items: Iterable[Any], workers: int) -> Iterator[Any]:
    """Ask for each item, in order; in so many processes."""
    if workers == 1:
        yield from map(ask, items)
        return
    with multiprocessing.Pool(workers) as pool:
        yield from pool.imap(ask, items, chunksize=1 if isinstance(items, range) else 50)


def laid_on_original(
    collection: list[tuple[str, edits.Pixels]], kinds: list[str], n: int
) -> tuple[list[Seen], Recall, float]:
    """Return a picture and its copies, which of these are recognised, and the CPU seconds of it all."""
    started, recall = time.process_time(), Recall()
    name, pixels = collection[n]
    first = seen(File(name, edits.encoded(pixels), name))
    others = [collection[(n + step) % len(collection)][1] for step in (1, 2, 3)]
    made = [seen(file) for file in copies(name, pixels, kinds, others)]
    for copy in made:
        verdict, kind = verified(first, copy), copy.file.kind
        says = f"{kind:20}{name:16}{verdict.relation:10}{verdict.score:.2f} {verdict.evidence.get('because')}"
        recall.add(kind, found=verdict.is_duplicate, what=says)
    return [first, *made], recall, time.process_time() - started


def taken_for_copy(pair: tuple[Seen, Seen]) -> tuple[str, float]:
    """Return what is wrongly said of two different pictures, or nothing, and the CPU seconds it took."""
    started, (one, other) = time.process_time(), pair
    verdict, says = verified(one, other), ""
    if verdict.is_duplicate:
        says = f"{one.file.name} ~ {other.file.name}: {verdict.relation} {verdict.score:.2f}"
        says += f" {verdict.evidence.get('because')}"
    return says, time.process_time() - started


def likest(files: list[Seen], count: int) -> list[tuple[Seen, Seen]]:
    """Return pairs of different pictures: half the nearest by their hashes, half by chance."""
    hashes = np.array([one.phash for one in files], dtype=np.uint64)
    # In a collage stand other pictures of the collection: those pairs are true.
    usable = np.array(["collage" not in one.file.kind and one.file.kind != "inset" for one in files])
    owner = np.array([zlib.crc32(one.file.original.encode()) for one in files])
    nearest: list[tuple[int, int, int]] = []
    for at in np.flatnonzero(usable):
        later = np.flatnonzero(usable[at + 1 :] & (owner[at + 1 :] != owner[at])) + at + 1
        bits = np.bitwise_count(hashes[later] ^ hashes[at])
        keep = np.argsort(bits, kind="stable")[: max(4, count // 200)]
        nearest += [(int(bits[k]), int(at), int(later[k])) for k in keep]
    chosen = {(i, j) for _, i, j in heapq.nsmallest(count // 2, nearest)}
    rng, places = np.random.default_rng(1), np.flatnonzero(usable)
    possible = len(places) * (len(places) - 1) // 2
    while len(chosen) < min(count, possible // 2):
        i, j = sorted(int(v) for v in rng.choice(places, 2, replace=False))
        if owner[i] != owner[j]:
            chosen.add((i, j))
    return [(files[i], files[j]) for i, j in sorted(chosen)]


# -- as a person looks for duplicates


def search(collection: dict[str, edits.Pixels], kinds: list[str], args: argparse.Namespace) -> tuple[Outcome, Outcome]:
    """Scan and find: in originals and copies, some kinds of edits at a time; then in look-alikes with a few copies."""
    whole = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        for number, start in enumerate(range(0, len(kinds), args.at_once)):
            some = kinds[start : start + args.at_once]
            whole.add(_searched(Path(folder) / f"copies {number}", list(_planted(collection, some))))
            tick(f"search: {start + len(some)} of {len(kinds)} kinds, recall {whole.recall.mean():.3f}\n")
        return whole, _searched(Path(folder) / "lookalikes", list(_lookalikes(args)))


def _planted(collection: dict[str, edits.Pixels], kinds: list[str]) -> Iterator[File]:
    others = list(collection.values())
    for n, (name, pixels) in enumerate(collection.items()):
        yield File(f"{name}.jpg", edits.encoded(pixels), name)
        yield from copies(name, pixels, kinds, [others[(n + step) % len(others)] for step in (1, 2, 3)])


def _lookalikes(args: argparse.Namespace) -> Iterator[File]:
    for n, one in enumerate(catalogue(args.lookalikes, seed=args.seed)):
        pixels = np.asarray(one.image)
        yield File(f"{one.name}.jpg", edits.encoded(pixels), one.name)
        if n % 10 == 0:
            yield from copies(one.name, pixels, [MILD[n // 10 % len(MILD)]], [])


def _searched(folder: Path, files: list[File]) -> Outcome:
    (folder / "files").mkdir(parents=True)
    for file in files:
        (folder / "files" / file.name).write_bytes(file.data)
    outcome = Outcome()
    with wb.open(folder / "workspace", actor="benchmark") as ws:
        for verb, run in _steps(ws, folder / "files"):
            started = time.monotonic()
            run()
            outcome.seconds[verb] = time.monotonic() - started
        _count(ws, {file.name: file for file in files}, outcome)
    return outcome


def _steps(ws: Any, folder: Path) -> list[tuple[str, Callable[[], Any]]]:
    return [
        ("scan", lambda: ws.scan(folder, progress=False)),
        ("search", lambda: ws.find_duplicates(progress=lambda now: tick(now.in_words()))),
    ]


FOUND = """
select a.name, b.name, p.relation, p.score, p.method from duplicate_pairs p
join image_facts a on a.image_id = p.image_a join image_facts b on b.image_id = p.image_b
"""


def _count(ws: Any, files: dict[str, File], outcome: Outcome) -> None:
    with ws.reading() as connection:
        pairs = connection.execute(FOUND).fetchall()
        [(outcome.negatives,)] = connection.execute(
            "select count(*) from pair_checks where relation not in ('fuzzy', 'content')"
        ).fetchall()
    linked = set()
    for one, other, relation, score, method in pairs:
        if relation not in DUPLICATES:
            continue
        mine, theirs = files[one], files[other]
        outcome.found += 1
        linked |= {(one, other), (other, one)}
        if mine.original != theirs.original and not _shows_both(mine, theirs):
            outcome.wrong.append(f"{one} ~ {other}: {relation} {score:.2f} by {method}")
    names = {file.original: file.name for file in files.values() if not file.kind}
    same_bytes: dict[tuple[str, bytes], list[str]] = defaultdict(list)
    for file in files.values():
        same_bytes[file.original, file.data].append(file.name)
    for file in files.values():
        if file.kind:
            # Of files with the same bytes one is compared: a grey picture in grey is itself in paler colours, too.
            twins = [file.name, *(name for name in same_bytes[file.original, file.data] if (file.name, name) in linked)]
            found = any((names[file.original], name) in linked for name in twins)
            outcome.recall.add(file.kind, found=found, what=f"{file.kind:20}{file.original}")


def _shows_both(one: File, other: File) -> bool:
    """Tell whether two files may share a picture though made from different ones: collages show four."""
    return any("collage" in file.kind or file.kind == "inset" for file in (one, other))


# -- peers, from the same files


def peers(collection: dict[str, edits.Pixels], kinds: list[str], args: argparse.Namespace) -> dict[str, Any]:
    """Count what imagehash's pHash finds: copies by kind, and look-alikes taken for copies."""
    plain, eight = Recall(), Recall()
    others = list(collection.values())
    for n, (name, pixels) in enumerate(collection.items()):
        first = phashes(edits.encoded(pixels))
        for file in copies(name, pixels, kinds, [others[(n + step) % len(others)] for step in (1, 2, 3)]):
            ways = phashes(file.data)
            plain.add(file.kind, found=near(first[0], ways[:1]))
            eight.add(file.kind, found=near(first[0], ways))
        tick(f"peers: {n + 1} of {len(collection)} originals")
    found, owners = [], []
    for file in _lookalikes(args):
        found.append(phashes(file.data)[0])
        owners.append(file.original)
    hashes, names = np.array(found, dtype=np.uint64), np.array(owners)
    called = right = 0
    for at in range(len(hashes)):
        close = np.bitwise_count(hashes[at + 1 :] ^ hashes[at]) <= RADIUS
        called += int(close.sum())
        right += int((close & (names[at + 1 :] == names[at])).sum())
    return {"plain": plain, "eight": eight, "called": called, "right": right}


# -- telling


def tick(text: str) -> None:
    if sys.stderr.isatty() or text.endswith("\n"):
        sys.stderr.write(f"\r{text:<100}")
        sys.stderr.flush()


def by_kind(columns: dict[str, Recall], kinds: list[str]) -> str:
    """Return recall by kind of edit as a table, what is found least first."""
    first = next(iter(columns.values()))
    lines = [f"{'kind':22}" + "".join(f"{name:>14}" for name in columns)]
    ordered = sorted(kinds, key=lambda k: (first.of(k), k))
    lines += [f"{kind:22}" + "".join(f"{r.of(kind):14.2f}" for r in columns.values()) for kind in ordered]
    families: dict[str, list[str]] = defaultdict(list)
    for kind in kinds:
        families[edits.KINDS[kind].family].append(kind)
    lines.append("")
    for family, members in families.items():
        means = [np.mean([r.of(kind) for kind in members]) for r in columns.values()]
        lines.append(f"all of {family:15}" + "".join(f"{mean:14.3f}" for mean in means))
    lines.append(f"{f'all {len(kinds)} kinds':22}" + "".join(f"{r.mean():14.3f}" for r in columns.values()))
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and say by the exit code whether every limit is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--originals", type=int, default=60)
    parser.add_argument("--skip", type=int, default=0, help="originals to leave out first: those limits were chosen on")
    parser.add_argument(
        "--every", type=int, default=1, help="take each so many-th original, so that few are of all sorts"
    )
    parser.add_argument("--lookalikes", type=int, default=1000)
    parser.add_argument("--negatives", type=int, default=NEGATIVES)
    parser.add_argument("--photos", type=Path, help="a folder with JPEGs of your own, all different")
    parser.add_argument("--kinds", help="only these kinds of edits, with commas")
    parser.add_argument("--at-once", type=int, default=5, help="kinds of edits in one workspace")
    parser.add_argument("--only", choices=("verify", "search"))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--misses", type=Path, help="write what was missed and what was wrong to this file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that verify; more make CPU times worse")
    args = parser.parse_args()
    kinds = args.kinds.split(",") if args.kinds else list(edits.KINDS)
    enough = args.skip + args.every * args.originals
    collection = dict(itertools.islice(originals(enough, args.photos, args.seed), args.skip, enough, args.every))
    columns: dict[str, Recall] = {}
    rows: list[tuple[str, str, str, bool]] = []
    told: list[str] = []
    if args.only != "search":
        alone = verify(collection, kinds, args)
        columns["verification"] = alone.recall
        rows += _judged("verification", alone)
        told += alone.recall.misses + alone.false
    if args.only != "verify":
        whole, shop = search(collection, kinds, args)
        columns = {"search": whole.recall, **columns}
        rows += _searched_rows(whole, shop)
        told += whole.recall.misses + whole.wrong + shop.wrong
    if not args.no_peers:
        beside = peers(collection, kinds, args)
        columns |= {"pHash <= 10": beside["plain"], "8 symmetries": beside["eight"]}
        precision = beside["right"] / max(1, beside["called"])
        rows.append(("… imagehash pHash <= 10 there", f"{precision:.3f} of {beside['called']:,}", "", True))
    print("\n\n" + by_kind(columns, kinds), end="\n\n")
    for what, measured, limit, kept in rows:
        print(f"{what:58}{measured:>24}{limit:>12}  {'' if not limit else 'ok' if kept else 'MISSED'}")
    if args.misses:
        args.misses.write_text("\n".join(told) + "\n", encoding="utf-8")
    return 0 if all(kept for *_, kept in rows) else 1


def _judged(name: str, outcome: Outcome) -> list[tuple[str, str, str, bool]]:
    recall, (worst, kind) = outcome.recall, outcome.recall.worst()
    copies_made = sum(recall.asked.values())
    rows = [
        (f"{name}: recall, {len(recall.asked)} kinds", f"{recall.mean():.4f}", f">= {MEAN}", recall.mean() >= MEAN),
        (f"{name}: the kind found least, {kind}", f"{worst:.2f}", f">= {LEAST}", worst >= LEAST),
    ]  # fmt: skip
    if "negatives" in outcome.seconds:
        falsely = len(outcome.false)
        rows.append((f"{name}: false accepts in {outcome.negatives:,} negatives", f"{falsely}", "0", not falsely))
        each = outcome.seconds["negatives"] / max(1, outcome.negatives) * 1000
        rows.append((f"{name}: CPU time a pair of different pictures", f"{each:.1f} ms", "", True))
        each = outcome.seconds["copies"] / max(1, copies_made) * 1000
        rows.append((f"{name}: CPU time a copy, made, measured and verified", f"{each:.1f} ms", "", True))
    return rows


def _searched_rows(whole: Outcome, shop: Outcome) -> list[tuple[str, str, str, bool]]:
    rows = _judged("search", whole)
    negatives = whole.negatives + shop.negatives
    rows.append(
        (
            "search: pairs called duplicates that are none",
            f"{len(whole.wrong)} of {whole.found:,}",
            "0",
            not whole.wrong,
        )
    )
    rows.append(("search: pairs that it verified and turned down", f"{negatives:,}", "", True))
    precision = 1 - len(shop.wrong) / max(1, shop.found)
    rows.append(
        ("look-alikes: precision", f"{precision:.4f} of {shop.found:,}", "1", not shop.wrong and shop.found > 0)
    )
    rows.append(("look-alikes: recall of the copies among them", f"{shop.recall.mean():.3f}", "", True))
    for name, outcome in (("copies", whole), ("look-alikes", shop)):
        spent = ", ".join(f"{verb} {seconds:.0f} s" for verb, seconds in outcome.seconds.items())
        rows.append((f"time, {name}", spent, "", True))
    return rows


if __name__ == "__main__":
    sys.exit(main())
