"""The errors of the workbench, named by what the person who meets them can do.

::

    WorkbenchError
    ├── CallError                fix the call
    │   ├── BadValue             (ValueError)       an argument that can't be right
    │   ├── BadQuery             (ValueError)       SQL that can't run, or may not
    │   ├── TooMuch              (ValueError)       more rows or time than the limit allows
    │   └── MissingExtra         (ImportError)      an optional package isn't installed
    ├── NotFound                 check the id       (LookupError)
    ├── NotAllowed               ask somebody else  (PermissionError)
    │   └── Uncertified          have a random sample looked at first
    ├── Stale                    reload             somebody changed it meanwhile
    ├── StorageError             check the storage  (OSError)
    │   ├── SourceUnreachable    a source can't be listed or read
    │   └── WorkspaceBusy        (TimeoutError)     somebody holds the catalogue and doesn't answer
    ├── Cancelled                start again when you like
    └── Broken                   stop and call someone
        └── LedgerBroken         the chain of events doesn't verify

Each carries a ``hint``: one sentence about what to do next. A failure of one image is never an
exception; it is a row in ``problems``.
"""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

_NOT_THEIRS = (str(Path(__file__).parent), sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))


class WorkbenchError(Exception):
    """Base of everything the workbench raises on purpose.

    Parameters
    ----------
    message : str
        What happened, in a sentence a person understands.
    hint : str, optional
        What to do about it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the sentence, and which of the person's own lines led to it."""
        frames = traceback.extract_tb(self.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_NOT_THEIRS) and frame.line]
        return [f"{type(self).__name__}: {self}", *(f"    in line {frame.lineno}: {frame.line}" for frame in own)]


class CallError(WorkbenchError):
    """The call is wrong as it stands: fix it."""


class BadValue(CallError, ValueError):
    """An argument that can't be right."""


class BadQuery(CallError, ValueError):
    """SQL that can't run, or that may not."""


class TooMuch(CallError, ValueError):
    """A question that would take more rows or more time than allowed."""


class MissingExtra(CallError, ImportError):
    """An optional package isn't installed."""


class NotFound(WorkbenchError, LookupError):
    """No such thing: check the id or the name."""


class NotAllowed(WorkbenchError, PermissionError):
    """Your role may not do this: ask somebody whose role may."""


class Uncertified(NotAllowed):
    """A removal so large that a random sample of it must have been looked at: do that, or say why it needn't."""


class Stale(WorkbenchError):
    """Somebody changed it meanwhile: reload."""


class StorageError(WorkbenchError, OSError):
    """The storage doesn't do what it should: check disk, network and permissions."""


class SourceUnreachable(StorageError):
    """A source can't be listed or read."""


class WorkspaceBusy(StorageError, TimeoutError):
    """Another process holds the catalogue and doesn't give it back."""


class Cancelled(WorkbenchError):
    """Somebody cancelled the work; what was done so far is kept."""


class Broken(WorkbenchError):
    """Records contradict each other: stop and call someone."""

    def _render_traceback_(self) -> list[str]:
        return traceback.format_exception(self)


class LedgerBroken(Broken):
    """The chain of events doesn't verify."""
