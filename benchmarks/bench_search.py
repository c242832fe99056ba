"""How fast is search over a million images? Prints a table of limits, times and pass or fail.

    python benchmarks/bench_search.py [--images 1000000] [--runs 9] [--catalogue FILE]

Wall time in ms on one warm, kept-open connection: the median of the runs, beside it the fastest run and the CPU time,
because on a machine that others use too only these two say something about the code.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.synthetic import fill, migrate  # noqa: E402 - after the path is set, so that a bare checkout works
from workbench.catalog import load_queries  # noqa: E402 - likewise
from workbench.search import SORTS, Cursor, Search, parse, search  # noqa: E402 - likewise


class Warm:
    """A kept-open connection, as a workspace lends it."""

    def __init__(self, path: Path) -> None:
        self.con = duckdb.connect(str(path))

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        yield self.con


def prepare(path: Path, images: int) -> Warm:
    """Return a catalogue of so many made-up images; made when the file is missing."""
    made = path.exists()
    warm = Warm(path)
    if not made:
        migrate(warm.con)
        fill(warm.con, images)
    for name in ("forget_facet_counts", "refresh_facet_counts"):
        warm.con.execute(load_queries()[name].sql)
    return warm


def cases(warm: Warm) -> Iterator[tuple[str, float | None, Callable[[], Any]]]:
    """Yield what is measured: name, limit in ms (None: reported only), the call."""
    first, second = (str(c.value) for c in search(warm).facets(top=2)["keyword"])
    rare = str(search(warm).facets(top=900)["keyword"][-1].value)
    yield "all facets, no filter, kept counts", 50, lambda: search(warm).facets()
    everything = search(warm)
    yield "all facets, no filter, counted now", None, lambda: _counted_now(warm)
    for asked in ("year:2020", "format:png batch:batch-05", f'keyword:"{rare}"', '"product 77"', "missing:title"):
        yield f"all facets, {asked}", None, search(warm, asked).facets
    for sort in SORTS:
        yield f"first page by {sort}", 100, search(warm, sort=sort).page
        yield f"deep page by {sort}, descending", 100, deep_page(warm, search(warm, sort=sort, descending=True))
    yield "deep page, year:2020", 100, deep_page(warm, search(warm, "year:2020"))
    for name, keywords in (("the two most frequent", (first, second)), ("a frequent and a rare", (first, rare))):
        both = search(warm, parse(" ".join(f'keyword:"{keyword}"' for keyword in keywords)))
        yield f"two keywords, {name}: count", 100, both.count
        yield f"two keywords, {name}: first page", 100, both.page
    for text in ("product", '"product 77"', "product plain", "zzzz"):
        yield f"any text contains {text}: count", 500, search(warm, text).count
        yield f"any text contains {text}: first page", 500, search(warm, text).page
    for sort in ("captured_at", "size", "path"):
        yield f"ids of all by {sort}", 300, search(warm, sort=sort).ids
    yield "timeline, places, sizes", None, lambda: (everything.timeline(), everything.places(), everything.sizes())


def _counted_now(warm: Warm) -> None:
    warm.con.execute(load_queries()["all_facets"].sql, {"top": 50}).fetchall()


def deep_page(warm: Warm, found: Search) -> Callable[[], Any]:
    """Return a call that fetches a page from 90 % down the order."""
    ids = found.ids()
    image_id = ids[len(ids) * 9 // 10].as_py()
    key = SORTS[found.sort]
    with warm.reading() as con:
        ((value,),) = con.execute(f"select {key} from images where image_id = $1", [image_id]).fetchall()
    return lambda: found.page(Cursor(value, image_id))


def measure(call: Callable[[], Any], runs: int) -> tuple[float, float, float]:
    """Return median and least wall time, and least CPU time, in ms; one run before doesn't count."""
    call()
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return statistics.median(walls), min(walls), min(cpus)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--images", type=int, default=1_000_000)
    asked.add_argument("--runs", type=int, default=9)
    asked.add_argument("--catalogue", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warm = prepare(options.catalogue or Path(folder) / "synthetic.duckdb", options.images)
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
        print(f"{options.images:,} images, DuckDB {duckdb.__version__}, {machine}")
        print(f"{'':52}{'limit':>7}{'median':>9}{'least':>9}{'CPU':>9}")
        for name, limit, call in cases(warm):
            median, least, cpu = measure(call, options.runs)
            verdict = "" if limit is None else "pass" if median <= limit else "FAIL"
            print(f"{name:52}{limit or '':>7}{median:9.1f}{least:9.1f}{cpu:9.1f}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
