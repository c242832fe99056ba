"""Models that somebody supplies as ONNX files, run on this machine. The door to onnxruntime: an extra.

A model takes one picture and gives numbers: a score for each label, or what describes the picture.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import BadValue, MissingExtra, StorageError

USUAL_EDGE = 224
"""Pixels of a model's picture where the model leaves them open."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the pictures of ImageNet, red, green and blue from 0 to 1: what most models expect to be taken off."""

Colours = tuple[float, float, float]


class Model(NamedTuple):
    """A model that was loaded.

    Attributes
    ----------
    session : onnxruntime.InferenceSession
    width, height : int or None
        Of the picture that it takes; None where it takes any.
    channels_first : bool
        Whether colours come before rows and columns.
    """

    session: Any
    width: int | None
    height: int | None
    channels_first: bool


def must_be_there() -> None:
    """Raise `MissingExtra` when onnxruntime isn't installed."""
    if find_spec("onnxruntime") is None:
        raise MissingExtra(
            "Models in ONNX files need the package onnxruntime.",
            hint="Run pip install 'image-workbench[onnx]'.",
        )


@cache
def load(file: str) -> Model:
    """Load a model, once in a process; it computes on one core.

    Raises
    ------
    MissingExtra
        onnxruntime isn't installed.
    StorageError
        The file can't be loaded.
    BadValue
        It doesn't take a picture.
    """
    must_be_there()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # there is a process for each core
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors share no base
        raise StorageError(f"{Path(file).name} can't be loaded: {str(error)[:200]}") from None
    shape = session.get_inputs()[0].shape
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise BadValue(f"{Path(file).name} doesn't take a picture: its input has the shape {shape}.")
    side = [n if isinstance(n, int) and n > 0 else None for n in shape]
    first = side[1] == 3
    height, width = (side[2], side[3]) if first else (side[1], side[2])
    return Model(session, width, height, first)


def run(model: Model, rgb: npt.NDArray[np.uint8], mean: Colours, std: Colours) -> list[npt.NDArray[np.float32]]:
    """Return what a model makes of one picture: each of its outputs.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        Of the model's size, in sRGB.
    mean, std : (float, float, float)
        Taken off the colours, as parts of 255, and what is left divided by.
    """
    values = ((rgb / 255 - np.array(mean)) / np.array(std)).astype(np.float32)
    batch = (values.transpose(2, 0, 1) if model.channels_first else values)[None]
    made = model.session.run(None, {model.session.get_inputs()[0].name: batch})
    return [np.asarray(output, dtype=np.float32) for output in made]
