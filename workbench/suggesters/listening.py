"""Listening to a suggester in a thread of its own, so that one that hangs or never ends can be left behind."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.suggesters import Subject, Suggester, Trouble

MOST = 200
"""Answers taken, of one image, before a suggester is thought to have lost its way."""

_LOOK = 0.1
_END = object()


class Hung(Exception):
    """A suggester was silent for too long."""


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def answers(suggester: Suggester, batch: Sequence[Subject], patience: float, cancel: threading.Event) -> Iterator[Any]:
    """Yield what a suggester says of a batch.

    Ends early when somebody cancels. Raises `Hung` after ``patience`` seconds of silence (the thread is left to
    itself), and whatever the suggester raises.
    """
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    left = threading.Event()
    threading.Thread(
        target=_speak, args=(suggester, batch, heard, left), name=f"suggester-{suggester.name}", daemon=True
    ).start()
    try:
        yield from _listen(heard, len(batch), patience, cancel)
    finally:
        left.set()


def _speak(
    suggester: Suggester, batch: Sequence[Subject], heard: queue.SimpleQueue[Any], left: threading.Event
) -> None:
    try:
        for count, one in enumerate(suggester.suggest(batch)):
            if left.is_set():
                return
            if count >= MOST * len(batch):
                heard.put(Trouble(None, f"More than {MOST:,} suggestions for each image: the rest was left out."))
                break
            heard.put(one)
        heard.put(_END)
    except BaseException as error:
        heard.put(_Raised(error))


def _listen(heard: queue.SimpleQueue[Any], images: int, patience: float, cancel: threading.Event) -> Iterator[Any]:
    since = time.monotonic()
    while not cancel.is_set():
        try:
            one = heard.get(timeout=min(_LOOK, patience))
        except queue.Empty:
            if time.monotonic() - since > patience:
                raise Hung(f"It said nothing for {patience:g} seconds over {images:,} images and was left.") from None
            continue
        if one is _END:
            return
        if isinstance(one, _Raised):
            raise one.error if isinstance(one.error, Exception) else RuntimeError(f"It ended with {one.error!r}.")
        yield one
        since = time.monotonic()
