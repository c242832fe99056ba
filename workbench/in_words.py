"""What a result looks like as the last line of a notebook's cell: the sentences that `print` shows."""

from __future__ import annotations

from typing import Any


class InWords:
    """A result that is shown by what its ``str`` says, not by the names and values of all its parts."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        # IPython takes a class's own `__repr__`, which every dataclass has, before an inherited `_repr_pretty_`.
        type.__setattr__(cls, "_repr_pretty_", InWords._repr_pretty_)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))
