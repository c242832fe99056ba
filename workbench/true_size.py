"""What copies really hold: looked at once by checksum, and only where that may decide which of them is kept."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from workbench import detail, images, sources
from workbench.catalog import arrow_table, rows_as
from workbench.errors import WorkbenchError
from workbench.relations import FinderProgress
from workbench.workers import Pool
from workbench.workspace import Workspace

_AT_ONCE = 500
_DEADLINE = 120.0
_OF_WEBP = 10.0  # a step such as a JPEG of middling quality has: WebP doesn't say


class Details(NamedTuple):
    """How much of its resolution and of its area a picture uses, 0 to 1, and how coarsely a JPEG was rounded."""

    share: float
    inner: float
    step: float | None


def look(item: tuple[str, str, int, int]) -> Details | None:
    """Return what a file's picture really holds (see `workbench.detail`); None where it can't be read.

    Parameters
    ----------
    item : tuple
        Checksum, URI, width and height in pixels, upright.
    """
    _, uri, width, height = item
    try:
        with sources.open_blob(uri) as blob:
            step = detail.quantisation(blob.data) if blob.data[:2] == b"\xff\xd8" else None
            is_lossy = blob.data[8:16] == b"WEBPVP8 "
            pixels = images.pixels(blob.data, width=width, height=height)
    except WorkbenchError:
        return None
    grey = (pixels @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.uint8)
    return Details(detail.true_share(grey, _OF_WEBP if is_lossy else step), detail.inner_share(grey), step)


def measure(ws: Workspace, progress: FinderProgress, cancel: threading.Event) -> int:
    """Measure the pictures of which it matters; return how many.

    It matters of pictures that are edited copies of each other, where the metadata don't tell which is the original.
    """
    with ws.reading() as connection:
        asked = arrow_table(connection, ws.catalog.named("pictures_to_measure").sql, {})
    todo = list(zip(*(column.to_pylist() for column in asked.columns), strict=True))
    if not todo:
        return 0
    done: list[tuple[str, Details | None]] = []
    with Pool(f"{__name__}:look", deadline=_DEADLINE, ahead=4) as pool:
        for number, (item, seen) in enumerate(pool.run(todo), 1):
            done.append((item[0], seen if isinstance(seen, Details) else None))
            progress(number, len(todo))
            if len(done) >= _AT_ONCE:
                _note(ws, done)
            if cancel.is_set():
                pool.cancel()
                break
    _note(ws, done)
    return len(todo)


def _note(ws: Workspace, done: list[tuple[str, Details | None]]) -> None:
    columns = {
        name: pa.array([seen and getattr(seen, name) for _, seen in done], pa.float64()) for name in Details._fields
    }
    table = pa.table({"checksum": pa.array([checksum for checksum, _ in done], pa.string()), **columns})
    with ws.catalog.writing() as connection, rows_as(connection, "pictures_measured", table):
        connection.execute(ws.catalog.named("note_details").sql)
    done.clear()
