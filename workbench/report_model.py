"""What a report is made of, whatever it is written as: sections of words, numbers, figures and tables.

One model, several renderers: the page, the print, the spreadsheet, CSV, Parquet and JSON show the same numbers because
they are given the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa

Unit = Literal["count", "share", "number", "bytes", "seconds", "hours", "per_hour", "days", "date", "text"]
"""How a value is written: see `workbench.report_words.Words.written`."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a report, with what it rests on.

    Attributes
    ----------
    key : str
        Its name in ``report.json``: ``first_pass``, or ``progress.done:spring`` for one of several.
    label : str
        What it counts, in the report's language.
    value : float, int, str or None
        None where nothing was counted that it could be made of.
    unit : str
        See `Unit`; a share is a part of 1.
    n : int
        How many things it was made from.
    low, high : float or None
        Its interval; none where everything was counted and nothing estimated.
    method : str
        How the interval was made, or that the number was counted in full.
    query : str
        The named query it comes from.
    note : str
        A remark in the report's language.
    """

    key: str
    label: str
    value: float | int | str | None
    unit: Unit
    n: int
    low: float | None = None
    high: float | None = None
    method: str = ""
    query: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        In the data.
    heading : str
        What people read.
    unit : str
        See `Unit`.
    low, high, n : str
        Columns with the interval of this one, and with what it rests on: shown below the value, not beside it.
    """

    name: str
    heading: str
    unit: Unit = "text"
    low: str = ""
    high: str = ""
    n: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: everything in it goes to CSV, Parquet and the spreadsheet; the page shows its first rows.

    Attributes
    ----------
    key : str
        Names its files.
    title : str
    columns : tuple of Column
        What is shown, in this order.
    data : pyarrow.Table
        May have more columns than are shown.
    query : str
        The named query it answers.
    note : str
    show : int
        Rows on the page and in print.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    data: pa.Table
    query: str = ""
    note: str = ""
    show: int = 15

    def rows(self, most: int | None = None) -> list[dict[str, Any]]:
        """Return its rows, or the first of them."""
        return list((self.data if most is None else self.data.slice(0, most)).to_pylist())


Look = Literal["bars", "line", "points", "step", "dashed"]


@dataclass(frozen=True, slots=True)
class Series:
    """What one thing in a figure shows.

    Attributes
    ----------
    name : str
    look : str
        See `Look`.
    x, y : tuple
        As long as each other; None in ``y`` leaves a gap.
    low, high : tuple of float or None
        Ends of the intervals, for points.
    colour : str
        A role: accent, second, third, fourth, good, warn, bad, soft.
    right : bool
        Measured on the axis to the right, which goes from 0 to 1.
    """

    name: str
    look: Look
    x: tuple[Any, ...]
    y: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    colour: str = "accent"
    right: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: what it measures, in which unit, and how far it goes where that is fixed."""

    title: str = ""
    unit: Unit = "count"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Attributes
    ----------
    key, title : str
    says : str
        What it shows, for those who don't see it.
    series : tuple of Series
    x, y : Axis
        The unit ``text`` makes an axis of names, in the order of the series; ``date`` one of days.
    sideways : bool
        Names stand on the left, values go to the right.
    stacked : bool
    marks : tuple of (float, str)
        Lines across at a value, each with its name: along ``x``.
    height : int
        CSS pixels; 0 for what fits.
    """

    key: str
    title: str
    says: str
    series: tuple[Series, ...]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    sideways: bool = False
    stacked: bool = False
    marks: tuple[tuple[float, str], ...] = ()
    height: int = 0

    def names(self) -> list[str]:
        """Return the names on an axis of names, each once."""
        return list(dict.fromkeys(str(x) for one in self.series for x in one.x))


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence that stands out: a verdict or a signal. ``look`` is good, warn, bad or empty."""

    words: str
    more: str = ""
    look: str = ""


Part = str | Number | Table | Figure | Remark


@dataclass(slots=True)
class Section:
    """A section: its parts in order. Numbers that follow each other stand side by side."""

    key: str
    title: str
    parts: list[Part] = field(default_factory=list)

    def add(self, *parts: Part | None) -> Section:
        """Add parts, leaving out None."""
        self.parts += [part for part in parts if part is not None and part != ""]
        return self


@dataclass(slots=True)
class Content:
    """Everything that a report says.

    Attributes
    ----------
    kind, language : str
    title, subtitle : str
    workspace : str
        The workspace's name.
    events, head, at : int, str, str
        The ledger's position, the hash there, and when its last event was (UTC).
    version : str
        Of the workbench.
    scope : dict of str to str
        Batch and period, where the report is of less than everything.
    sections : list of Section
    unsaid : list of str
        What the report does not show.
    """

    kind: str
    language: str
    title: str
    subtitle: str
    workspace: str
    events: int
    head: str
    at: str
    version: str
    scope: dict[str, str] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)

    def _of(self, kind: type) -> Iterator[Any]:
        return (part for section in self.sections for part in section.parts if isinstance(part, kind))

    def numbers(self) -> list[Number]:
        """Return every number that stands by itself."""
        return list(self._of(Number))

    def tables(self) -> list[Table]:
        """Return every table."""
        return list(self._of(Table))

    def figures(self) -> list[Figure]:
        """Return every figure."""
        return list(self._of(Figure))

    def as_of(self) -> datetime | None:
        """Return when the ledger's last event was."""
        return datetime.fromisoformat(self.at) if self.at else None
