"""Looking at pictures in worker processes: one that hangs or bursts its reader costs itself only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench import images, problems, sources
from workbench.errors import WorkbenchError
from workbench.suggesters import Subject, Trouble
from workbench.workers import Failure, Pool

SECONDS = 60.0
"""That one picture may take; a first one also loads the model."""

_MEMORY = 3 * 2**30

Item = tuple[str, str, Any]
"""image_id, URI, and what the task is told besides."""


class Looking:
    """Runs a task over the pictures of images.

    Parameters
    ----------
    task : str
        ``package.module:function``; takes an `Item`, and returns what can't be read as a `WorkbenchError`.
    seconds : float
        That one picture may take.
    workers : int, optional
        Processes; one for each core when not given.
    """

    def __init__(self, task: str, *, seconds: float = SECONDS, workers: int | None = None) -> None:
        self._pool = Pool(task, workers=workers, deadline=seconds, memory=_MEMORY, ahead=2)

    def over(self, subjects: Sequence[Subject], told: Any = None) -> Iterator[tuple[str, Any]]:
        """Yield each image's id and what the task made of its picture, or a `Trouble`."""
        items: list[Item] = [(subject.image_id, subject.uri, told) for subject in subjects]
        for (image_id, _, _), result in self._pool.run(items):
            if isinstance(result, Failure):
                result = Trouble(image_id, f"{problems.problem('read', result.kind).message} {result.detail[-200:]}")
            elif isinstance(result, WorkbenchError):
                result = Trouble(image_id, result.message)
            yield image_id, result

    def close(self) -> None:
        """End the processes."""
        self._pool.close()


def rendered(item: Item) -> bytes | WorkbenchError:
    """Return the picture as a JPEG without any metadata; the third part of the item is its long edge in pixels."""
    _, uri, edge = item
    try:
        with sources.open_blob(uri) as blob:
            return images.large_jpeg(blob.data, edge=edge)
    except WorkbenchError as error:
        return error
