"""OCR: text in the picture, read on this machine by RapidOCR (its package carries the models)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import metadata as distributions
from importlib.util import find_spec
from typing import Any

from workbench.errors import WorkbenchError
from workbench.suggesters import Setting, StillHere, Subject, Suggestion, Trouble, Wants, missing
from workbench.suggesters.pictures import SECONDS, Item, Looking, rendered
from workbench.suggesters.reading import Line, TextReader

EDGE = 1_600
"""Long edge in pixels of what is read."""


class Ocr:
    """Proposes the text that is in a picture, a title and article numbers from it.

    Latin, Chinese and Japanese writing is read; Cyrillic, Greek, Arabic, Korean and Indian writing isn't.

    Parameters
    ----------
    setting : Setting
        Options: ``text_field``, ``seconds`` for one picture, ``workers``.
    """

    name = "ocr"
    model = "RapidOCR PP-OCR"
    wants: Wants = "image"

    def __init__(self, setting: Setting) -> None:
        for package in ("rapidocr", "onnxruntime"):
            if find_spec(package) is None:
                raise missing(self.name, package)
        self.version = distributions.version("rapidocr")
        self._reader = TextReader(setting)
        told = setting.options
        self._looking = Looking(f"{__name__}:read", seconds=told.get("seconds", SECONDS), workers=told.get("workers"))

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion | Trouble | StillHere]:
        """Yield what was read, picture by picture."""
        for image_id, lines in self._looking.over(subjects, EDGE):
            yield lines if isinstance(lines, Trouble) else StillHere()
            for key, value, sure in self._reader.proposals(lines) if isinstance(lines, list) else ():
                told = "text in the picture"
                yield Suggestion(image_id, key, None, value, sure, self.model, self.version, told)

    def close(self) -> None:
        """End the processes."""
        self._looking.close()


def read(item: Item) -> list[Line] | WorkbenchError:
    """Return the lines of text in a picture, from top to bottom; runs in a worker."""
    picture = rendered(item)
    if isinstance(picture, WorkbenchError):
        return picture
    found = _engine()(picture)
    if found.txts is None:
        return []
    placed = sorted(zip(found.boxes, found.txts, found.scores, strict=True), key=lambda line: _top(line[0]))
    return [Line(text, float(sure), float(box[3][1] - box[0][1])) for box, text, sure in placed]


def _top(box: Any) -> tuple[float, float]:
    return float(box[0][1]), float(box[0][0])


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
