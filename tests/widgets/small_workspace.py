"""A workspace in memory with made-up images: the real catalogue schema, real thumbnails, no files on disk."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
from PIL import Image, ImageDraw

from workbench.catalog import sql_folder
from workbench.errors import NotFound

SCRIPT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
ROWS = """
insert into image_facts by name
select substr(sha256('image' || i), 1, 20) as image_id, 'file:///made/' || i as uri, 'file:///made' as source,
       'first' as batch, printf('%s/IMG_%08d.jpg', ['shop', 'press', 'archive'][i % 3 + 1], i) as path,
       ['shop', 'press', 'archive'][i % 3 + 1] as folder,
       printf('IMG_%08d.jpg', i) as name, 100000 + i * 37 as size, timestamp '2026-01-01' as received_at,
       'sum' || i as checksum, 'jpeg:' || (case when i % 10 = 9 then i - 1 else i end) as picture_hash,
       case when i % 50 = 7 then 'DICOM' else 'JPEG' end as format, 'image/jpeg' as mime,
       case when i % 50 = 7 then null else 1600 end as width, case when i % 50 = 7 then null else 1200 end as height,
       1 as orientation, timestamp '2020-01-01' + to_hours(i::integer) as captured_at, 'Canon' as camera_make,
       'Canon EOS 5D' as camera_model, case when i % 4 = 1 then null else 'Title ' || i end as title
from range($count) r(i)
"""


def made_picture(number: int, width: int = 320, height: int = 240) -> bytes:
    """Draw a picture one can tell from the others: a hue, a hill and its number."""
    picture = Image.new("HSV", (width, height), (number * 47 % 256, 70, 225)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    peak = width * (number * 37 % 100) // 100
    shade = picture.point(lambda value: value * 2 // 3).getpixel((0, 0))
    draw.polygon([(0, height), (peak, height // 3), (width, height)], fill=shade)
    draw.text((width // 20, height // 20), f"{number:,}", fill="white", font_size=height // 6)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


class SmallThumbnails:
    """Draws a thumbnail the first time it is asked for."""

    def __init__(self) -> None:
        self.made: dict[int, bytes] = {}

    def get_many(self, checksums: Sequence[str]) -> dict[str, bytes]:
        numbers = {checksum: int(checksum.removeprefix("sum")) for checksum in checksums}
        return {checksum: self._made(number) for checksum, number in numbers.items() if number % 50 != 7}

    def _made(self, number: int) -> bytes:
        key = number % 97 if number >= 1000 else number
        if key not in self.made:
            self.made[key] = made_picture(key)
        return self.made[key]


class SmallWorkspace:
    """What a widget needs of a workspace: ``reading()``, ``thumbnails``, ``image_bytes()``."""

    def __init__(self, count: int) -> None:
        self.root = duckdb.connect()
        for script in sorted((sql_folder() / "schema").glob("*.sql")):
            self.root.execute(script.read_text("utf-8"))
        self.root.execute(ROWS, {"count": count})
        self.own = threading.local()
        self.thumbnails = SmallThumbnails()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        if not hasattr(self.own, "connection"):
            self.own.connection = self.root.cursor()
        yield self.own.connection

    def image_bytes(self, image_id: str) -> bytes:
        with self.reading() as connection:
            row = connection.execute("select checksum from image_facts where image_id = ?", [image_id]).fetchone()
        if not row:
            raise NotFound("No such image.", hint="Look again.")
        return made_picture(int(row[0].removeprefix("sum")), 1600, 1200)

    def add_embedded(self, image_id: str, key: str, value: str, lang: str | None = None) -> None:
        self.root.execute("insert into embedded values (?, ?, ?, 0, ?)", [image_id, key, lang, value])

    def add_problem(self, image_id: str, message: str, *, path: str = "broken.jpg", kind: str = "truncated") -> None:
        self.root.execute(
            "insert into file_problems by name select ? as image_id, ? as uri, 'file:///made' as source,"
            " 'first' as batch, ? as path, 'decode' as stage, ? as kind, ? as message, 'at byte 121' as detail",
            [image_id, f"file:///made/{path}", path, kind, message],
        )

    def add_cluster(self, images: list[str], *, state: str = "open") -> None:
        """Put images into one cluster of duplicates, the first to stay; state as people left it."""
        for place, image_id in enumerate(images):
            self.root.execute(
                "insert into cluster_rows by name select ? as cluster_id, image_id, ? as role, 'because' as reason,"
                " 1 as score, 'exact' as relation, checksum from image_facts where image_id = ?",
                [images[0], "redundant" if place else "keeper", image_id],
            )
        if state != "open":
            self.root.execute(
                "insert into cluster_decisions by name"
                " select ? as cluster_id, ? as decision, 'ann' as actor, now()::timestamp as at, 1 as seq",
                [images[0], state],
            )


def image_id(number: int) -> str:
    """Return the id of a made-up image."""
    return hashlib.sha256(f"image{number}".encode()).hexdigest()[:20]
