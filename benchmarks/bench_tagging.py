"""How fast does the tagging form save, go on and offer terms? Prints a table of limits, times and pass or fail.

    python benchmarks/bench_tagging.py [--images 200] [--saves 200] [--folder DIR]

Wall time in ms: the median, the 95th percentile and the slowest. Saves go to a real ledger with fsync, while another
thread keeps asking the catalogue, as a colleague does.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "tests")]

from tagged_collection import ids, workspace  # noqa: E402 - after the path is set, so that a bare checkout works

from workbench.tagging import TagSession  # noqa: E402 - likewise

CITY, WORDS = "Xmp.photoshop.City", "Xmp.dc.subject"


def timed(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def cases(session: TagSession, saves: int) -> Iterator[tuple[str, float, list[float]]]:
    """Yield what was measured: name, limit in ms, times."""
    yield "save acknowledged", 20, [timed(lambda n=n: session.set(CITY, None, f"City {n}")) for n in range(saves)]
    words = ["t", "te", "term 1", "rm 39", "leinen", "nothing there"]
    session.complete(WORDS, "t")  # the first one sorts the vocabulary
    yield "terms of 4,004", 30, [timed(lambda w=w: session.complete(WORDS, w)) for w in words * 20]
    taken = []
    for _ in range(min(saves, len(session.ids) - 1)):
        session.peek(64)
        session._following._ahead.submit(lambda: None).result()  # what a person's look at the image is long enough for
        taken.append(timed(session.accept))
    yield "accept, and the next image's values", 50, taken


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--images", type=int, default=200)
    options.add_argument("--saves", type=int, default=200)
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    home = given.folder or Path(tempfile.mkdtemp())
    ws = workspace(home, given.images)
    stop = threading.Event()

    def colleague() -> None:
        while not stop.wait(0.02):
            ws.sql("select count(*) from metadata")

    busy = threading.Thread(target=colleague)
    busy.start()
    session = TagSession(ws, "shop", ids(ws), queue="bench")
    failed = 0
    print(f"{'':40} {'limit':>7} {'median':>8} {'p95':>8} {'slowest':>8}")
    for name, limit, times in cases(session, given.saves):
        p95 = statistics.quantiles(times, n=20)[-1]
        ok = statistics.median(times) <= limit
        failed += not ok
        row = f"{limit:>7g} {statistics.median(times):>8.1f} {p95:>8.1f} {max(times):>8.1f}"
        print(f"{name:40} {row}  {'pass' if ok else 'FAIL'}")
    stop.set()
    busy.join()
    session.close()
    ws.close()
    return failed


if __name__ == "__main__":
    sys.exit(main())
