"""How long from the key to the next one on the screen: a cluster of ten thousand, an image to tag, an item to inspect?

    python benchmarks/bench_widgets.py [--times 30]

The real modules in a real Chromium, real workspaces; what is next has been made ready, as while somebody looks. From
the key to the frame in which the pictures are decoded; the kernel's CPU time for the same is given beside it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import inspected_collection  # noqa: E402 - after the path is set, so that a bare checkout works
import reviewed_collection  # noqa: E402 - likewise
import tagged_collection  # noqa: E402 - likewise
from waiting import until  # noqa: E402 - likewise
from widgets.mini_host import MiniHost, browser  # noqa: E402 - likewise

import workbench as wb  # noqa: E402 - likewise

THERE = """([root, images, key, before]) => {
  const pictures = [...document.querySelectorAll(images)];
  return document.querySelector(root).dataset[key] !== before && pictures.length > 0
    && pictures.every((one) => one.complete && one.naturalWidth > 0 && !one.classList.contains("wb-soft"));
}"""
TIMED = f"""(what) => new Promise((done) => {{
  const there = {THERE}, begun = performance.now(), [, , , , place, press] = what;
  const look = () => requestAnimationFrame(() => (there(what) ? done(performance.now() - begun) : look()));
  const target = place ? document.querySelector(place) : document.activeElement;
  target.dispatchEvent(new KeyboardEvent("keydown", {{ ...press, bubbles: true, cancelable: true }}));
  look();
}})"""
ENTER = {"key": "Enter", "code": "Enter"}
Times = list[tuple[float, float]]


def pressed(host: MiniHost, times: int, ready: Callable[[Any], bool], *what: Any) -> Times:
    """Press a key so often, each time when the next one is ready; return the milliseconds passed and computed."""
    root, images, key, place, press = what
    page, session, taken = host.page, host.widget.session, []
    page.wait_for_function(THERE, arg=[root, images, key, None])
    for _ in range(times):
        until(lambda: ready(session))
        before = page.evaluate("([root, key]) => document.querySelector(root).dataset[key]", [root, key])
        begun = time.process_time()
        passed = page.evaluate(TIMED, [root, images, key, before, place, press])
        taken.append((passed, (time.process_time() - begun) * 1000))
    return taken


def clusters(page: Any, home: Path, times: int) -> Times:
    def ready(session: Any) -> bool:
        if session._reserved is None:
            return False
        coming = {one.image_id for one in session._loading.page(session._reserved).members[:2]}
        return {image_id for image_id, _ in session._loading._pictures} >= coming

    with reviewed_collection.workspace(home, times + 2, edge=800) as ws:
        reviewed_collection.multiply(ws, 10_000 // (times + 2))
        host = shown(page, lambda: wb.ClusterReview(ws))
        return pressed(host, times, ready, ".wb-review", ".wb-twin-image", "cluster", ".wb-review", ENTER)


def images(page: Any, home: Path, times: int) -> Times:
    def ready(session: Any) -> bool:
        coming = session.ids[session.ids.index(session.image_id) + 1]
        return (coming, 1_600) in session._following._pictures

    with tagged_collection.workspace(home, times + 2, large=True) as ws:
        host = shown(page, lambda: wb.TagForm(ws, "shop"))
        return pressed(host, times, ready, ".wb-tag", ".wb-tag-image", "image", ".wb-tag", {**ENTER, "ctrlKey": True})


def items(page: Any, home: Path, times: int) -> Times:
    def ready(session: Any) -> bool:
        return bool(session._coming) and (session._coming[0], 1_600) in session._following._pictures

    with inspected_collection.ready(home, large=True) as ws:
        drawn = ws.qc.draw(inspected_collection.BATCH, aql=10.0, level="III", seed=5)
        host = shown(page, lambda: wb.Inspection(ws, drawn.sample_id))
        few = min(times, drawn.n - 2)
        return pressed(host, few, ready, ".wb-inspect", ".wb-tag-image", "image", ".wb-inspect-list", ENTER)


def shown(page: Any, make: Callable[[], Any]) -> MiniHost:
    host = MiniHost(page, make)
    host.open()
    return host


CASES: list[tuple[str, float, Callable[[Any, Path, int], Times]]] = [
    ("review: next cluster", 200, clusters),
    ("form: next image", 150, images),
    ("inspection: next item", 200, items),
]


def measured(times: int) -> Iterator[tuple[str, float, Times]]:
    for name, limit, case in CASES:
        with tempfile.TemporaryDirectory() as home, browser() as chrome:
            page = chrome.new_context(viewport={"width": 1400, "height": 900}).new_page()
            yield name, limit, case(page, Path(home), times)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=30)
    failed = 0
    print(f"{'ms':28} {'limit':>6} {'median':>8} {'p95':>8} {'slowest':>8} {'CPU':>6}")
    for name, limit, taken in measured(options.parse_args().times):
        passed = sorted(one for one, _ in taken)
        p95, cpu = passed[int(0.95 * (len(passed) - 1))], statistics.median(one for _, one in taken)
        middle = statistics.median(passed)
        failed += middle > limit
        row = f"{limit:6g} {middle:8.0f} {p95:8.0f} {passed[-1]:8.0f} {cpu:6.0f}"
        print(f"{name:28} {row}  {'ok' if middle <= limit else 'MISSED'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
