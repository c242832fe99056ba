"""What a report asks the catalogue: of which batch and period, in whose words; and how shares and means become numbers.

Every number says what it rests on. A share of things that were looked at is Wilson's interval; a mean is Student's;
what was counted in full has no interval, and says so.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from workbench import profiles
from workbench.catalog import Connection, arrow_table
from workbench.errors import BadValue
from workbench.intervals import wilson
from workbench.report_model import Column, Figure, Number, Table, Unit
from workbench.report_words import Words
from workbench.workspace import Workspace

_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?|-W(\d\d))?")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about.

    Attributes
    ----------
    batch : str or None
        None for all.
    since, until : datetime or None
        The first moment, and the first one after; UTC, naive.
    period : str
        As it was said.
    """

    batch: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    period: str = ""


def scope(batch: str | None = None, period: str | None = None) -> Scope:
    """Return what a report is about.

    Parameters
    ----------
    batch : str, optional
    period : str, optional
        A year, month, week (ISO 8601) or day, or two of them with ``..`` between, the last one included; either may be
        left out.

    Raises
    ------
    BadValue
        That is no period.

    Examples
    --------
    >>> scope(period="2026-02").until
    datetime.datetime(2026, 3, 1, 0, 0)
    >>> scope(period="2026-W10..").since
    datetime.datetime(2026, 3, 2, 0, 0)
    """
    if not period:
        return Scope(batch or None)
    first, dots, last = period.partition("..")
    since = _bounds(first, period)[0] if first else None
    until = _bounds(last if dots else first, period)[1] if (last or not dots) else None
    if since is not None and until is not None and since >= until:
        raise BadValue(f"The period {period!r} ends before it begins.", hint="Say 2026-03..2026-04.")
    return Scope(batch or None, since, until, period)


def _bounds(said: str, period: str) -> tuple[datetime, datetime]:
    found = _PERIOD.fullmatch(said.strip())
    try:
        year, month, day, week = (int(part) if part else 0 for part in found.groups()) if found else (0, 0, 0, 0)
        if week:
            first = datetime.combine(date.fromisocalendar(year, week, 1), datetime.min.time())
            return first, first + timedelta(7)
        first = datetime(year, month or 1, day or 1)  # noqa: DTZ001  UTC throughout, as the catalogue has it
        if day:
            return first, first + timedelta(1)
        return first, first.replace(
            year=year + month // 12 if month else year + 1, month=month % 12 + 1 if month else 1
        )
    except (ValueError, OverflowError) as error:
        raise BadValue(
            f"{period!r} is no period.", hint="Say 2026, 2026-03, 2026-W10 or 2026-03-02..2026-03-06."
        ) from error


_DATED = frozenset({"since", "until"})


class Asked:
    """One report's questions: the same connection, scope and words for all.

    Parameters
    ----------
    ws : Workspace
    connection : Connection
    about : Scope
    words : Words
    as_of : str
        When the ledger's last event was; forecasts begin there.
    """

    def __init__(self, ws: Workspace, connection: Connection, about: Scope, words: Words, as_of: str) -> None:
        self.ws, self.connection, self.about, self.words, self.as_of = ws, connection, about, words, as_of

    def table(self, query: str, **more: Any) -> pa.Table:
        """Return the answer of a named query; batch and period are filled in where it takes them."""
        known = self.ws.catalog.named(query)
        scoped = {"batch": self.about.batch, "since": self.about.since, "until": self.about.until} | more
        return arrow_table(self.connection, known.sql, {name: scoped[name] for name in known.parameters})

    def rows(self, query: str, **more: Any) -> list[dict[str, Any]]:
        """Return the same as rows."""
        return list(self.table(query, **more).to_pylist())

    def field(self, key: str) -> str:
        """Return what people call a field, after the shipped profiles; its key where none knows it."""
        return _labels(self.words.language).get(key, key)

    # -- parts of a report

    def total(
        self, key: str, value: float | None, n: int, query: str, *, unit: Unit = "count", note: str = ""
    ) -> Number:
        """Return a number that was counted in full."""
        return Number(key, self.words(_word(key)), value, unit, n, method=self.words("in_full"), query=query, note=note)

    def share(self, key: str, k: int, n: int, query: str, *, note: str = "", sampled: bool = True) -> Number:
        """Return a share: with Wilson's interval where it speaks for more than what was looked at."""
        label = self.words(_word(key))
        if not n:
            return Number(key, label, None, "share", 0, method=self.words("nothing_counted"), query=query, note=note)
        if not sampled:
            return Number(key, label, k / n, "share", n, method=self.words("in_full"), query=query, note=note)
        made = wilson(k, n)
        return Number(
            key, label, k / n, "share", n, made.low, made.high, self.words("at_95", method=made.method), query, note
        )

    def listed(self, key: str, data: pa.Table, *columns: Column | str, query: str = "", **more: Any) -> Table:
        """Return a table; a column that is only named takes its heading from the words, and its unit from the data."""
        made = tuple(self.column(one, data) if isinstance(one, str) else one for one in columns)
        return Table(key, self.words(f"table.{_word(key)}"), made, data, query, **more)

    def column(self, name: str, data: pa.Table) -> Column:
        """Return a column by its name; ``low`` and ``high`` beside a share are put below it."""
        kind = data.schema.field(name).type
        unit: Unit = "date" if pa.types.is_timestamp(kind) else "count" if pa.types.is_integer(kind) else "text"
        if name in _UNITS:
            unit = _UNITS[name]
        made = Column(name, self.words(f"column.{name}"), unit)
        low, high, n = (f"{name}_{end}" for end in ("low", "high", "n"))
        if low in data.column_names and high in data.column_names:
            made = replace(made, low=low, high=high)
        return replace(made, n=n) if n in data.column_names else made

    def figure(self, key: str, series: Any, **more: Any) -> Figure:
        """Return a figure; its title and what it says come from the words."""
        name = _word(key)
        return Figure(key, self.words(f"figure.{name}"), self.words(f"says.{name}"), tuple(series), **more)


@functools.cache
def _labels(language: str) -> dict[str, str]:
    known = [profiles.load(name).fields for name in ("iptc-core", "dublin-core")]
    return {key: one.name(language) for fields in known for key, one in fields.items()}


def _word(key: str) -> str:
    """Return what the words call one of several parts: ``rules`` for ``rules-2``, ``share`` for ``share:ann``."""
    return re.sub(r"(:.*|-\d+)$", "", key, flags=re.DOTALL)


_UNITS: dict[str, Unit] = {
    "bytes": "bytes", "found_bytes": "bytes", "seconds": "seconds", "hours": "hours", "idle": "seconds",
    "share": "share",
    "day": "date", "expected": "date", "first_day": "date", "per_hour": "per_hour", "days_left": "days",
    "kappa": "number", "alpha": "number", "bytes_before": "bytes", "bytes_after": "bytes", "saved": "bytes",
    "mean_seconds": "seconds", "correct_share": "share", "agreed_share": "share", "defective_share": "share",
    "tagged_share": "share", "part": "share", "running": "share", "bytes_held": "bytes",
}  # fmt: skip
"""Column → its unit, where the data's type doesn't say it."""


def with_columns(data: pa.Table, **columns: list[Any]) -> pa.Table:
    """Return a table with columns added, or put in the place of those of the same name."""
    for name, values in columns.items():
        at = data.schema.get_field_index(name)
        made = pa.array(values) if any(value is not None for value in values) else pa.nulls(len(values), pa.float64())
        data = data.append_column(name, made) if at < 0 else data.set_column(at, name, made)
    return data


def with_share(data: pa.Table, name: str, part: str, whole: str) -> pa.Table:
    """Return a table with a share of two of its columns, its Wilson interval, and n."""
    made = [wilson(k, n) if n else None for k, n in zip(*(data[c].to_pylist() for c in (part, whole)), strict=True)]
    columns = {
        name: [one and one.share for one in made],
        f"{name}_low": [one and one.low for one in made],
        f"{name}_high": [one and one.high for one in made],
        f"{name}_n": data[whole].to_pylist(),
    }
    return with_columns(data, **columns)


def mean_interval(count: int, total: float, squares: float) -> tuple[float, float, float] | None:
    """Return a mean and its 95 % interval after Student, from count, sum and sum of squares; None for fewer than two.

    Examples
    --------
    >>> tuple(round(part, 2) for part in mean_interval(4, 40.0, 420.0))
    (10.0, 5.89, 14.11)
    """
    if count < 2:
        return None
    from scipy import special  # here: a workspace opens without it

    mean = total / count
    spread = math.sqrt(max(0.0, squares - count * mean * mean) / (count - 1))
    reach = float(special.stdtrit(count - 1, 0.975)) * spread / math.sqrt(count)
    return mean, mean - reach, mean + reach
