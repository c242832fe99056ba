"""Services that look at pictures for us: what asking one has in common, whoever offers it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from workbench.errors import StorageError
from workbench.suggesters import Setting, StillHere, Subject, Suggestion, Trouble, Wants
from workbench.suggesters.pictures import Looking
from workbench.suggesters.reading import Line, TextReader

KEYWORDS = "Xmp.dc.subject"
EDGE = 1_600
"""Long edge in pixels of what is sent."""

TRIES = 5
"""How often a busy service is asked about one picture."""

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds
_UNANSWERED = 3  # pictures in a row without an answer before a service is given up

Result = TypeVar("Result")


class Busy(Exception):
    """The service can't answer now; perhaps later.

    Parameters
    ----------
    message : str
    after : float or None
        Seconds it asked us to wait.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Refused(Exception):
    """The service won't look at this picture."""


@dataclass(slots=True)
class Answer:
    """What a service sees: labels with confidence (0–1), lines of text, and which model looked."""

    labels: list[tuple[str, float]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    model: str = ""
    version: str = ""


class Service:
    """Asks a service about pictures, one by one. What is sent is a rendering without metadata."""

    name: str
    model: str
    version: str
    sends_to: str
    wants: Wants = "image"

    def __init__(self, setting: Setting) -> None:
        self._reader = TextReader(setting)
        self._wait = setting.wait
        self._looking = Looking("workbench.suggesters.pictures:rendered", workers=1)
        self._unanswered = 0

    def ask(self, picture: bytes) -> Answer:
        """Return what the service says of a JPEG.

        Raises
        ------
        Busy
            It can't answer now.
        Refused
            It won't look at this picture.
        NotAllowed
            It doesn't let us ask.
        """
        raise NotImplementedError

    def suggest(self, subjects: Sequence[Subject]) -> Iterator[Suggestion | Trouble | StillHere]:
        """Yield what the service sees and reads."""
        for image_id, picture in self._looking.over(subjects, EDGE):
            if isinstance(picture, Trouble):
                yield picture
                continue
            yield StillHere()
            try:
                answer = patiently(partial(self.ask, picture), self._wait)
                self._unanswered = 0
                yield from self._of(image_id, answer)
            except Refused as error:
                yield Trouble(image_id, str(error))
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                yield Trouble(image_id, f"{self.sends_to} gave an answer that makes no sense: {error!r}.")
            except Busy as error:
                self._unanswered += 1
                if self._unanswered >= _UNANSWERED:
                    raise StorageError(f"{self.sends_to} doesn't answer: {error}") from error
                yield Trouble(image_id, f"{self.sends_to} didn't answer: {error}")

    def _of(self, image_id: str, answer: Answer) -> Iterator[Suggestion]:
        model, version = answer.model or self.model, answer.version or self.version
        for label, sure in answer.labels:
            yield Suggestion(image_id, KEYWORDS, None, label, sure, model, version, "what the picture shows")
        for key, value, sure in self._reader.proposals(answer.lines):
            yield Suggestion(image_id, key, None, value, sure, model, version, "text in the picture")

    def close(self) -> None:
        """End the process."""
        self._looking.close()


def patiently(call: Callable[[], Result], wait: Callable[[float], object], *, tries: int = TRIES) -> Result:
    """Call again while the service is busy, after waits that double and vary; raise its last `Busy`.

    Parameters
    ----------
    wait : callable
        Waits so many seconds; returns something true to stop trying.
    """
    for attempt in range(tries):
        try:
            return call()
        except Busy as busy:
            if attempt == tries - 1 or wait(_seconds(attempt, busy.after)):
                raise
    raise AssertionError("tries is above zero")


def _seconds(attempt: int, after: float | None) -> float:
    if after is not None:
        return min(_LONGEST_WAIT, max(0.0, after))
    return min(_LONGEST_WAIT, _FIRST_WAIT * float(2**attempt)) * random.uniform(0.5, 1)  # noqa: S311 - uneven waits, no secret
