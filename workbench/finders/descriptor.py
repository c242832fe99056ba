"""Pairs whose pictures a model describes alike: one that the user supplies as an ONNX file (SSCD, DINOv2, CLIP …).

The vectors propose, exactly and completely; `workbench.verification` decides. What it can't lay on each other, another
view of the same thing for instance, is a pair only where ``dedup.toml`` says from which cosine on the model is to be
believed by itself.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench import descriptors, onnx_models
from workbench.dedup_settings import Settings
from workbench.descriptors import Preparation, ToDescribe, Vectors
from workbench.errors import BadValue
from workbench.finders.judging import Content, Judge, Proposed
from workbench.relations import FinderProgress, Pair, pair
from workbench.thumbnails import Thumbnails
from workbench.workers import Pool
from workbench.workspace import Workspace

LEAST, CANDIDATES = 0.6, 10
"""Cosine from which on two pictures are compared, and with how many each is, the nearest."""

TASK = "workbench.comparing:compare"
_AT_ONCE, _DEADLINE, _MEMORY = 256, 120.0, 3 * 2**30
_BECAUSE = "A model of what pictures show finds them alike ({:.3f} of 1); nothing could be laid on each other."


def find(
    ws: Workspace,
    *,
    images: Sequence[str] | None = None,
    settings: Settings | None = None,
    progress: FinderProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of images that the supplied model describes alike and that verification finds related.

    Parameters
    ----------
    ws : Workspace
    images : sequence of str, optional
        Only pairs that one of these is in.
    settings : Settings, optional
        Its table ``descriptor`` holds ``model`` and other attributes of `workbench.descriptors.Preparation`, and may
        hold ``least``, ``candidates``, ``workers``, and ``alone_from``: the cosine from which on a pair counts as
        ``content`` although verification finds nothing to lay on each other. Without it no pair does.
    progress : callable, optional
        Called with how many of all steps are done: each image is described, then compared.
    cancel : threading.Event, optional
        Set it from anywhere to end; what is described and compared by then is kept.

    Raises
    ------
    BadValue
        No model is named, or something that can't be is said.
    MissingExtra
        onnxruntime isn't installed.
    StorageError
        The model can't be loaded.
    """
    settings = settings or Settings()
    table = settings.tables.get("descriptor", {})
    how = descriptors.preparation(table, ws.folder)
    least, alone = _part(table, "least", LEAST), _part(table, "alone_from", math.inf)
    outputs = len(onnx_models.load(how.model).session.get_outputs())  # what is wrong with it is said once, here
    if how.output >= outputs:
        raise BadValue(f"[descriptor] of dedup.toml: the model has no output {how.output}.", hint="The first is 0.")
    cancel, tell = cancel or threading.Event(), progress or (lambda done, total: None)
    with ws.reading() as connection:
        rows = connection.sql(ws.catalog.named("contents_to_compare").sql).to_arrow_table()
    if len(rows) < 2:
        return
    vectors = described(ws, rows, how, table.get("workers"), tell, cancel)
    found = descriptors.near(vectors, least, int(table.get("candidates", CANDIDATES)), only=_only(ws, rows, images))
    with Judge(ws, "descriptor", TASK, settings, math.inf) as judge:
        proposals = (Proposed(_content(rows, i), _content(rows, j), "", {"cosine": round(c, 4)}) for i, j, c in found)
        while not cancel.is_set() and (group := list(islice(proposals, _AT_ONCE))):
            yield from _judged(judge, group, alone)
            tell(len(rows), 2 * len(rows))


def _part(table: Any, name: str, usual: float) -> float:
    value = table.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or (value != usual and not -1 <= value <= 1):
        raise BadValue(f"[descriptor] of dedup.toml: {name} must be a cosine, such as 0.9.", hint="Mend it.")
    return float(value)


def _judged(judge: Judge, group: list[Proposed], alone: float) -> Iterator[Pair]:
    """Yield what verification finds, and what the model is believed by itself."""
    related = list(judge.pairs(group))
    yield from related
    known = {(p.image_a, p.image_b) for p in related}
    for one in group:
        ids, cosine = sorted((one.one.image_id, one.other.image_id)), one.evidence["cosine"]
        if cosine >= alone and (ids[0], ids[1]) not in known:
            told = {"because": _BECAUSE.format(cosine), "cosine": cosine, "verified": False}
            yield pair(ids[0], ids[1], "content", judge.method, max(0.0, min(1.0, cosine)), told)


def _content(rows: pa.Table, row: int) -> Content:
    return Content(*(rows[name][row].as_py() for name in Content._fields))


def _only(ws: Workspace, rows: pa.Table, images: Sequence[str] | None) -> npt.NDArray[np.int64] | None:
    """Return the rows of the images asked about."""
    if images is None:
        return None
    with ws.reading() as connection:
        asked = connection.execute(ws.catalog.named("contents_of").sql, {"ids": list(images)}).fetchall()
    wanted = {content for _, content in asked}
    return np.array([at for at, content in enumerate(rows["content"].to_pylist()) if content in wanted], np.int64)


# ── describing ────────────────────────────────────────────────────────────────────────────────────────────────


def described(
    ws: Workspace, rows: pa.Table, how: Preparation, workers: Any, tell: FinderProgress, cancel: threading.Event
) -> Vectors:
    """Return a vector for each row, of length 0 where there is none; what was made before is kept by checksum."""
    made: dict[int, Vectors] = {}
    with (
        Thumbnails(ws.folder / "descriptors" / how.key) as cache,
        Pool(f"{descriptors.__name__}:describe", workers=workers, deadline=_DEADLINE, memory=_MEMORY, ahead=2) as pool,
    ):
        for some in _pieces(range(len(rows))):
            if cancel.is_set():
                break
            checksums = [rows["checksum"][row].as_py() for row in some]
            known = cache.get_many(checksums)
            todo = [row for row, checksum in zip(some, checksums, strict=True) if checksum not in known]
            fresh = dict(_made(ws, pool, rows, todo, how))
            cache.put_many(fresh.items())
            for row, checksum in zip(some, checksums, strict=True):
                if (packed := known.get(checksum) or fresh.get(checksum)) is not None:
                    made[row] = np.frombuffer(packed, np.float32)
            tell(some[-1] + 1, 2 * len(rows))
    wide = max((len(vector) for vector in made.values()), default=0)
    vectors = np.zeros((len(rows), wide), np.float32)
    for row, vector in made.items():
        if len(vector) == wide:
            vectors[row] = vector
    return vectors


def _made(ws: Workspace, pool: Pool, rows: pa.Table, todo: list[int], how: Preparation) -> Iterator[tuple[str, bytes]]:
    checksums = {row: rows["checksum"][row].as_py() for row in todo}
    thumbnails = ws.thumbnails.get_many(checksums.values())
    items = [ToDescribe(c, rows["uri"][row].as_py(), thumbnails.get(c), how) for row, c in checksums.items()]
    for item, result in pool.run(items) if items else ():
        if isinstance(result, bytes):  # else the picture can't be read, which the scan has said
            yield item.checksum, result


def _pieces(rows: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(rows)
    while piece := list(islice(rest, _AT_ONCE)):
        yield piece
