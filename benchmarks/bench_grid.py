"""How fast does the image grid show its first thumbnails, and those at a place one jumps to, in a real JupyterLab?

    python benchmarks/bench_grid.py [--images 100000] [--jumps 30] [--kernels 3]

Fills a workspace with made-up images and real thumbnails, opens JupyterLab in Chromium, and measures inside the page,
from the command to run the cell (or from the jump) to the frame in which every thumbnail in sight is decoded. Each
kernel is new: the first grid of a kernel pays for imports and for the widget's script.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from browser.lab import Lab, Notebook, opened  # noqa: E402 - after the path is set, so that a bare checkout works
from widgets.mini_host import browser  # noqa: E402 - likewise
from widgets.small_workspace import made_picture  # noqa: E402 - likewise

import workbench as wb  # noqa: E402 - likewise
from synthetic import fill  # noqa: E402 - likewise

FIRST, JUMP = 500, 200

SEEN = """() => {
  const box = document.querySelector('.wb-scroller')?.getBoundingClientRect();
  if (!box) return false;
  const cells = [...document.querySelectorAll('.wb-row:not([hidden]) .wb-cell:not([hidden])')].filter((cell) => {
    const { top, bottom } = cell.getBoundingClientRect();
    return bottom > box.top && top < box.bottom;
  });
  return cells.length > 0 && cells.every((cell) => !cell.classList.contains('wb-loading')
    && [...cell.querySelectorAll('img:not([hidden])')].every((one) => one.complete && one.naturalWidth > 0));
}"""
TIMED = f"""async (act) => {{
  const seen = {SEEN};
  const begun = performance.now();
  (0, eval)(act)();
  for (;;) {{
    await new Promise((done) => requestAnimationFrame(done));
    if (performance.now() - begun > 20 && seen()) return performance.now() - begun;
    if (performance.now() - begun > 20000) throw new Error('nothing to see');
  }}
}}"""
RUN = "() => { window.jupyterapp.commands.execute('notebook:run-cell'); }"

JUMP_TO = "() => { const s = document.querySelector('.wb-scroller'); s.scrollTop = %s * s.scrollHeight; }"


def filled(folder: Path, images: int) -> None:
    """Make a workspace of made-up images whose thumbnails are pictures."""
    pictures = [made_picture(number) for number in range(97)]
    with wb.open(folder, actor="bench") as ws:
        with ws.catalog.writing() as connection:
            fill(connection, images)
        sums = (hashlib.sha256(f"bytes {number}".encode()).hexdigest() for number in range(images))
        ws.thumbnails.put_many((checksum, pictures[number % 97]) for number, checksum in enumerate(sums))


def select(notebook: Notebook, cell: int) -> None:
    notebook.page.evaluate("which => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = which; }", cell)


def measured(notebook: Notebook, jumps: int) -> Iterator[tuple[str, float]]:
    """Yield what was measured in one kernel: what, milliseconds."""
    page, chance = notebook.page, random.Random(5)
    notebook.run(0)
    select(notebook, 1)
    yield "first grid of a kernel", page.evaluate(TIMED, RUN)
    notebook.wait_until_idle()
    for busy in (False, True):
        if busy:
            notebook.start(2)
            page.wait_for_function(
                "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
            )
        for _ in range(jumps):
            yield "jump, cell busy" if busy else "jump", page.evaluate(TIMED, JUMP_TO % chance.random())
    notebook.command("notebook:interrupt-kernel")
    notebook.wait_until_idle()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--images", type=int, default=100_000)
    options.add_argument("--jumps", type=int, default=30)
    options.add_argument("--kernels", type=int, default=3)
    given = options.parse_args()
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as home:
        filled(Path(home, "workspace"), given.images)
        with Lab(Path(home, "lab")) as lab, browser() as chrome:
            name = lab.write(
                "grid.ipynb",
                f"import workbench as wb\nws = wb.open({str(Path(home, 'workspace'))!r}, actor='bench')",
                "wb.ImageGrid(ws)",
                "import threading\nthreading.Event().wait(120)",
            )
            for _ in range(given.kernels):
                with opened(chrome, lab, name) as notebook:
                    for what, time in measured(notebook, given.jumps):
                        times.setdefault(what, []).append(time)
    missed = 0
    print(f"{'ms, ' + format(given.images, ',') + ' images':28} {'limit':>6} {'median':>7} {'p95':>7} {'slowest':>8}")
    for what, taken in times.items():
        limit = JUMP if what.startswith("jump") else FIRST
        middle = statistics.median(taken)
        p95 = sorted(taken)[int(0.95 * (len(taken) - 1))]
        missed += middle > limit
        print(
            f"{what:28} {limit:6} {middle:7.0f} {p95:7.0f} {max(taken):8.0f}  {'ok' if middle <= limit else 'MISSED'}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
