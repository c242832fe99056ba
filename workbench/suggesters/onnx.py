"""A classifier of one's own: an ONNX file with labels, run on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench import images, onnx_models, sources
from workbench.errors import BadValue, WorkbenchError
from workbench.onnx_models import MEAN, STD, USUAL_EDGE, Colours
from workbench.suggesters import Setting, StillHere, Subject, Suggestion, Trouble, Wants, missing
from workbench.suggesters.pictures import SECONDS, Item, Looking

KEYWORDS = "Xmp.dc.subject"

_MOST_LABELS = 100_000

Scores = npt.NDArray[np.float32]


class _Told(NamedTuple):
    model: str
    mean: Colours
    std: Colours


class Classifier:
    """Proposes the labels that a classifier gives a picture.

    Parameters
    ----------
    setting : Setting
        Options: ``model`` (the ONNX file: one picture in, a score for each label out), ``labels`` (a text file with a
        label a line, or a JSON list), ``field`` (keywords when not given), ``least`` (confidence, 0.3), ``most`` (5),
        ``mean`` and ``std`` (for each of red, green and blue, of values 0 to 1), ``seconds`` for one picture,
        ``workers``.

    Raises
    ------
    BadValue
        An option is missing or can't be right.
    """

    name = "onnx"
    wants: Wants = "image"

    def __init__(self, setting: Setting) -> None:
        if find_spec("onnxruntime") is None:
            raise missing(self.name, "onnxruntime")
        told = setting.options
        path = _file(told, "model")
        self.model = path.name
        self.version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        self._labels = _labels(_file(told, "labels"))
        self._field = str(told.get("field", KEYWORDS))
        self._least, self._most = float(told.get("least", 0.3)), int(told.get("most", 5))
        self._told = _Told(str(path), _three(told, "mean", MEAN), _three(told, "std", STD))
        self._looking = Looking(
            f"{__name__}:classify", seconds=told.get("seconds", SECONDS), workers=told.get("workers")
        )

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion | Trouble | StillHere]:
        """Yield the labels of each picture that are sure enough, the surest first."""
        for image_id, scores in self._looking.over(subjects, self._told):
            if isinstance(scores, Trouble):
                yield scores
            elif len(scores) != len(self._labels):
                raise BadValue(f"The model gives {len(scores):,} scores for {len(self._labels):,} labels.")
            else:
                yield StillHere()
                for at in np.argsort(-scores, kind="stable")[: self._most]:
                    if scores[at] >= self._least:
                        sure = min(1.0, float(scores[at]))
                        told = f"classified by {self.model}"
                        yield Suggestion(
                            image_id, self._field, None, self._labels[at], sure, self.model, self.version, told
                        )

    def close(self) -> None:
        """End the processes."""
        self._looking.close()


def _file(told: Mapping[str, Any], option: str) -> Path:
    if option not in told:
        raise BadValue(f"The suggester 'onnx' needs the option {option!r}.", hint="Name a file.")
    path = Path(str(told[option])).expanduser()
    if not path.is_file():
        raise BadValue(f"There is no file {path}.", hint=f"It was named as {option!r} of the suggester 'onnx'.")
    return path


def _three(told: Mapping[str, Any], option: str, usual: Colours) -> Colours:
    values = tuple(float(value) for value in told.get(option, usual))
    if len(values) != 3 or (option == "std" and 0 in values):
        raise BadValue(f"{option!r} must be three numbers.", hint="One each for red, green and blue.")
    return values[0], values[1], values[2]


def _labels(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else [t for t in text.splitlines() if t.strip()]
    except ValueError as error:
        raise BadValue(f"{path.name} can't be read: {error}.", hint="Give a label a line, in UTF-8.") from None
    if not isinstance(found, list) or not 0 < len(found) <= _MOST_LABELS:
        raise BadValue(f"{path.name} holds no list of labels.", hint="Give a label a line.")
    return [str(label).strip() for label in found]


def classify(item: Item) -> Scores | WorkbenchError:
    """Return a picture's scores, one a label, as probabilities; runs in a worker."""
    _, uri, told = item
    try:
        model = onnx_models.load(told.model)
        with sources.open_blob(uri) as blob:
            size = model.width or USUAL_EDGE, model.height or USUAL_EDGE
            rgb = images.pixels(blob.data, width=size[0], height=size[1])
    except WorkbenchError as error:
        return error
    return _probabilities(onnx_models.run(model, rgb, told.mean, told.std)[0].ravel())


def _probabilities(scores: Scores) -> Scores:
    """Return scores that are probabilities as they are, others by softmax."""
    if scores.size and scores.min() >= 0 and scores.max() <= 1 and abs(float(scores.sum()) - 1) < 0.01:
        return scores
    grown = np.exp(scores - scores.max(initial=-np.inf))
    return np.asarray(grown / grown.sum(), dtype=np.float32)
