"""What a model that somebody supplies (SSCD, DINOv2, CLIP …) makes of pictures: a vector each, near for alike ones.

Imports no more than it needs: each worker pays for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import images, onnx_models, sources
from workbench.errors import BadValue, WorkbenchError
from workbench.onnx_models import MEAN, STD, USUAL_EDGE, Colours

Vectors = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

FITS = ("squash", "crop", "pad")
"""How a picture gets a model's size: stretched to it; its middle cut out; whole, with grey around it."""

POOLS = ("auto", "first", "mean")
"""What of an output that has a vector for each part of the picture is taken: the first (as of DINOv2), or the mean."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a model is given, and what is taken of its answer: the table ``[descriptor]`` of ``dedup.toml``.

    Attributes
    ----------
    model : str
        The ONNX file: one picture in, a vector out.
    edge : int
        Pixels of the picture's sides where the model leaves them open.
    fit : str
        Of `FITS`.
    mean, std : (float, float, float)
        For red, green and blue from 0 to 1: what is taken off, and what the rest is divided by.
    output : int
        Which of its outputs, from 0.
    pool : str
        Of `POOLS`; ``auto`` takes the vector where there is one, else the first.
    """

    model: str
    edge: int = USUAL_EDGE
    fit: str = "squash"
    mean: Colours = MEAN
    std: Colours = STD
    output: int = 0
    pool: str = "auto"

    def __post_init__(self) -> None:
        for ok, what in (
            (Path(self.model).is_file(), f"model: there is no file {self.model}"),
            (_whole(self.edge) and 16 <= self.edge <= 2_048, "edge must be a whole number from 16 to 2048"),
            (self.fit in FITS, f"fit must be one of {', '.join(FITS)}"),
            (_three(self.mean), "mean must be three numbers"),
            (_three(self.std) and 0 not in self.std, "std must be three numbers other than 0"),
            (_whole(self.output) and self.output >= 0, "output must be a whole number from 0"),
            (self.pool in POOLS, f"pool must be one of {', '.join(POOLS)}"),
        ):
            if not ok:
                raise BadValue(f"[descriptor] of dedup.toml: {what}.", hint="README says what it may hold.")

    @property
    def key(self) -> str:
        """12 hex digits that are others for another model, or one that is given something else."""
        held = hashlib.sha256(Path(self.model).read_bytes())
        held.update(repr(astuple(self)[1:]).encode())
        return held.hexdigest()[:12]


def preparation(table: Mapping[str, Any], folder: Path) -> Preparation:
    """Return what the table ``[descriptor]`` says; a model's path is taken from the workspace's folder.

    Raises
    ------
    BadValue
        It names no model, or says something that can't be.
    """
    if not isinstance(table.get("model"), str):
        raise BadValue(
            "Pictures can't be described: no model is named.",
            hint='Supply an ONNX file, and name it in dedup.toml: [descriptor], then model = "sscd.onnx".',
        )
    said: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in table.items() if n in _KNOWN}
    return Preparation(**{**said, "model": str(folder / Path(table["model"]).expanduser())})


_KNOWN = set(Preparation.__dataclass_fields__)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _three(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and all(isinstance(v, int | float) for v in value)


class ToDescribe(NamedTuple):
    """A picture to describe: its file's checksum and URI, its thumbnail where there is one, and how."""

    checksum: str
    uri: str
    thumbnail: bytes | None
    how: Preparation


def describe(item: ToDescribe) -> bytes | WorkbenchError:
    """Return a picture's vector, of length 1, as bytes (float32); what can't be read is returned as an error."""
    try:
        model = onnx_models.load(item.how.model)
        size = model.width or item.how.edge, model.height or item.how.edge
        if item.thumbnail is not None:
            picture = fitted(item.thumbnail, size, item.how.fit)
        else:
            with sources.open_blob(item.uri) as blob:
                picture = fitted(blob.data, size, item.how.fit)
    except WorkbenchError as error:
        return error
    outputs = onnx_models.run(model, picture, item.how.mean, item.how.std)
    return _direction(pooled(outputs[item.how.output], item.how.pool)).tobytes()


def fitted(data: Any, size: tuple[int, int], fit: str) -> Pixels:
    """Return a picture in a size (width, height): shape (height, width, 3), sRGB."""
    width, height = size
    if fit == "squash":
        return images.pixels(data, width=width, height=height)
    held = images.measure(data)
    own = (held.width or width), (held.height or height)
    if (held.orientation or 1) >= 5:
        own = own[::-1]
    choose = max if fit == "crop" else min
    scale = choose(width / own[0], height / own[1])
    across, down = (max(1, round(side * scale)) for side in own)
    picture = images.pixels(data, width=across, height=down)
    if fit == "crop":
        left, top = (across - width) // 2, (down - height) // 2
        return picture[max(0, top) :, max(0, left) :][:height, :width]
    framed = np.full((height, width, 3), 128, np.uint8)
    left, top = (width - across) // 2, (height - down) // 2
    framed[top : top + down, left : left + across] = picture
    return framed


def pooled(output: Vectors, pool: str) -> Vectors:
    """Return one vector of a model's output: (1, d), (1, parts, d) or (1, d, rows, columns)."""
    one = output[0] if output.ndim > 1 else output
    if one.ndim == 3:
        return np.asarray(one.mean(axis=(1, 2)), np.float32)
    if one.ndim == 2:
        return np.asarray(one.mean(axis=0) if pool == "mean" else one[0], np.float32)
    return np.asarray(one.ravel(), np.float32)


def _direction(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 and np.isfinite(length) else np.zeros_like(vector)


# ── which are near ────────────────────────────────────────────────────────────────────────────────────────────

_BLOCK = 1_024


def near(
    vectors: Vectors, least: float, most: int, *, only: npt.NDArray[np.int64] | None = None
) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of vectors that are near: exact, block by block.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, d)
        Of length 1, or 0 for those that are near none.
    least : float
        The cosine from which on two are near.
    most : int
        How many each may have, the nearest; of two a pair it is enough that one has the other among them.
    only : ndarray of int, optional
        Only pairs that one of these rows is in.

    Yields
    ------
    (int, int, float)
        Two rows, the lesser first, and their cosine; each pair once, by the row that it was found from.
    """
    rows = np.arange(len(vectors)) if only is None else np.asarray(only)
    told: set[tuple[int, int]] = set()
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        found = _nearest(vectors, block, least, most)
        for i, j, cosine in zip(*(part.tolist() for part in found), strict=True):
            pair = min(i, j), max(i, j)
            if pair not in told:
                told.add(pair)
                yield *pair, cosine


def _nearest(
    vectors: Vectors, block: npt.NDArray[np.int64], least: float, most: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Vectors]:
    """Return the nearest of each row of a block among all, best first."""
    best_at = np.empty((len(block), 0), np.int64)
    best = np.empty((len(block), 0), np.float32)
    for start in range(0, len(vectors), 16 * _BLOCK):
        part = vectors[start : start + 16 * _BLOCK]
        cosines = vectors[block] @ part.T
        cosines[block[:, None] == np.arange(start, start + len(part))] = -2.0
        places = np.broadcast_to(np.arange(start, start + len(part)), cosines.shape)
        best, best_at = np.hstack([best, cosines]), np.hstack([best_at, places])
        order = np.argsort(-best, axis=1, kind="stable")[:, :most]
        best, best_at = np.take_along_axis(best, order, 1), np.take_along_axis(best_at, order, 1)
    row, column = np.nonzero(best >= least)
    return block[row], best_at[row, column], best[row, column]
