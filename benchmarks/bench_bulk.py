"""How long bulk work takes: a template on many images, undone again; find and replace; a sheet out and in.

``python benchmarks/bench_bulk.py [images]``: a made-up catalogue, a real workspace and ledger. Times are on the clock
and in CPU-seconds, with everything: preview, event, catching up.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import synthetic
import workbench as wb
from workbench.templates import template

SHOP = template(
    "shop",
    {
        "Xmp.dc.title": {"mode": "set", "text": {"de": "{stem|clean} {sequence:05}"}},
        "Xmp.dc.subject": {"mode": "append", "text": ["{folder}", "{batch}"]},
        "Xmp.dc.rights": "© Client {date:%Y|or:2026}",
    },
)


@contextmanager
def timed(what: str) -> Iterator[None]:
    clock, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"{what:<46}{time.perf_counter() - clock:7.2f} s {time.process_time() - cpu:8.2f} CPU-s", flush=True)


def main(images: int) -> None:
    with tempfile.TemporaryDirectory() as folder, wb.open(Path(folder) / "w", actor="bench") as ws:
        with ws.catalog.writing() as connection:
            synthetic.fill(connection, images)
        ids = ws.sql("select image_id from images order by path")["image_id"].tolist()
        with timed("3 fields by template: preview"):
            preview = ws.bulk.template(SHOP, ids)
        print(f"  {preview.counts['values']:,} values of {preview.counts['changed']:,} images")
        with timed("  apply and catch up"):
            preview.apply()
            ws.query("sources")
        with timed("  undo and catch up"):
            preview.undo()
            ws.query("sources")
        with timed("one value for all: preview, apply, catch up"):
            tagged = ws.bulk.set_values({"Xmp.photoshop.Credit": "Studio"}, ids)
            tagged.apply()
            ws.query("sources")
        with timed("  undo and catch up"):
            tagged.undo()
            ws.query("sources")
        ws.bulk.set_values({"Xmp.dc.title": "The colour of the year"}, ids).apply()
        with timed("find and replace: preview, apply, catch up"):
            ws.bulk.find_replace("Xmp.dc.title", "colou?r", "hue", ids, regex=True).apply()
            ws.query("sources")
        path = Path(folder) / "sheet.xlsx"
        with timed("sheet out (XLSX, 2 fields)"):
            ws.sheet_out(path, ["Xmp.dc.title", "Xmp.dc.subject"], ids)
        with timed("sheet in, untouched"):
            ws.sheet_in(path)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
