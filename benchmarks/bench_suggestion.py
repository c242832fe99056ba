"""How long do suggestions for many images take? Prints a table of suggesters and seconds.

    python benchmarks/bench_suggestion.py [--images 10000]

The images are made up: a third tagged, in folders of 200 with names like a camera's, every tenth nearly the same
picture as another one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import workbench as wb  # noqa: E402 - after the path is set, so that a bare checkout works
from workbench.suggesters import LOCAL  # noqa: E402 - likewise

FACTS = """
insert into image_facts by name
select left(sha256('image ' || i), 20) as image_id, 'file:///c/' || path as uri, 's' as source,
       'b' as batch, path, folder, name, 1000 as size, timestamp '2026-01-01' as received_at,
       sha256('bytes ' || i) as checksum,
       'jpeg:' || sha256('picture ' || (i // 20 * 20 + greatest(i % 20, 1))) as picture_hash, 'JPEG' as format,
       'image/jpeg' as mime,
       case when i % 10 = 3 then xor(hash(i - 1), 5::ubigint) else hash(i) end as phash, false as flat,
       timestamp '2026-01-01' + to_seconds(i * 5) as captured_at, 0 as keyword_count
from (
    select i, 'Rain jackets ' || i // 200 as folder, printf('red coat IMG_%06d.jpg', i) as name,
           folder || '/' || name as path
    from range($images) r(i)
)
"""
VALUES = """
insert into file_values by name
select image_id, field, case when field = 'Xmp.dc.title' then 'x-default' end as lang, n as ordinal,
       field || ' ' || left(image_id, 3) || n as value, 'xmp' as origin
from image_facts, (
    values ('Xmp.dc.title', 0), ('Xmp.dc.subject', 0), ('Xmp.dc.subject', 1), ('Xmp.dc.creator', 0)
) v(field, n)
where hash(image_id) % 3 = 0
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    images = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder, wb.open(Path(folder) / "ws", actor="bench") as ws:
        with ws.catalog.writing() as connection:
            connection.execute(FACTS, {"images": images})
            connection.execute(VALUES)
        cpu = time.process_time()
        report = ws.suggest(None, LOCAL, profile="ecommerce")
        cpu = time.process_time() - cpu
        print(report)
        print(f"{images:,} images: {report.kept:,} suggestions in {report.seconds:.1f} s ({cpu:.1f} CPU-s).")
        ids = ws.sql("select suggestion_id from suggestions where suggester = 'sequence'")["suggestion_id"].tolist()
        since = time.monotonic()
        ws.accept(ids)
        print(f"{len(ids):,} accepted in {time.monotonic() - since:.1f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
