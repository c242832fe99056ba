r"""Search: find images by what is written in them, where they come from and what they lack; count, page and chart them.

The language of the search box, as `parse` reads it (parts are joined by *and*; order doesn't matter):

==========================  ==========================================================================================
``shoe``                    the word occurs in any text, also inside a longer word; case and accents don't count
``"red shoe"``              the words occur one after the other
``keyword:"summer sale"``   has this keyword; repeat it for images that have several
``format:png``              is of this format; also ``batch:``, ``source:``, ``folder:``, ``camera:``;
                            ``format:png,gif`` or repeating it means any of them
``folder:2024/``            in this folder or anywhere below it (without the ``/``: directly in it)
``year:2024``               captured in this year; ``year:2020..2023``, ``year:2020,2024``
``date:2024-03-01``         captured on this day, in this month (``2024-03``) or year (``2024``);
                            ``date:2024-01..2024-03``, ``date:2024..``, ``date:>=2024-03``
``size:>2MB``               file size (B, KB, MB, GB, 1 KB = 1000 B); also ``>=``, ``<``, ``<=``, ``size:1MB..2MB``
``pixels:>=12MP``           width × height (a number, KP or MP); the same signs as for size
``place:48,11,49,12``       taken between these degrees: south, west, north, east; west > east crosses the antimeridian
``problem:truncated``       has a problem of this kind; ``problem:any``
``duplicates:open``         is in a cluster of duplicates to be reviewed; also ``decided``, ``skipped``, ``any``
``missing:title``           has no title; also description, keywords, creator, copyright, captured_at, gps
``has:title``               the opposite, ``-missing:title``
``id:0a1b…``                these images; several with commas
``-keyword:old``            a minus before any part leaves out the images it finds
==========================  ==========================================================================================

A value with blanks, commas or quotes stands in double quotes; inside them ``\"`` is a quote and ``\\`` a backslash.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Protocol

import pandas as pd
import pyarrow as pa

from workbench.catalog import Connection, arrow_table, load_queries
from workbench.errors import BadValue

MISSING = ("title", "description", "keywords", "creator", "copyright", "captured_at", "gps")
"""Fields that a filter can ask to be missing."""

CLUSTER_STATES = ("open", "decided", "skipped")
"""What became of the cluster of duplicates that an image is in."""

FACETS = ("format", "batch", "source", "year", "camera", "keyword", "problem", "duplicates", "missing", "folder")
"""What `Search.facets` counts."""

SORTS = {
    "captured_at": "captured_at",
    "name": "name",
    "size": "size",
    "received_at": "received_at",
    "megapixels": "width::bigint * height",
    "sharpness": "sharpness",
    "rating": "rating",
    "title": "title",
    "path": "path",
}
"""Sort key → what is compared. Texts sort by code point; what is missing comes last, whichever the direction."""

PAGE_COLUMNS = (
    "image_id", "path", "name", "batch", "format", "size", "width", "height", "captured_at", "title",
)  # fmt: skip
"""The columns of a page unless others are asked for: fewer columns, faster pages."""

SIZE_EDGES = (0.0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 16, 24, 36, 50, 100)
"""Lower edges of the bins of `Search.sizes`, in megapixels."""

_ANY_OF = ("format", "batch", "source", "folder", "camera", "year", "problem", "duplicates")
_SPELLINGS = {"JPG": "JPEG", "JPE": "JPEG", "TIF": "TIFF", "HEIF": "HEIC"}
_MOST_BINS = 120
_GRID = (40, 50)


class Asked(Protocol):
    """What `search` needs of a workspace."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Return a context manager that yields a DuckDB connection."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which images; every condition must hold.

    Attributes
    ----------
    text : tuple of str
        All must occur in the image's texts, case and accents aside. One string is split at blanks.
    keywords : tuple of str
        The image has all of them, case and accents aside.
    format, batch, source, folder, camera : tuple of str
        Any of them. A folder that ends with ``/`` means it and all below.
    year : tuple of int
        Captured in any of them.
    date_from, date_to : date, optional
        First and last day of capture, both included.
    place : (south, west, north, east), optional
        Degrees; west > east crosses the antimeridian.
    size, pixels : (int or None, int or None)
        Least and most bytes, or pixels (width × height), both included.
    problem : tuple of str
        Kinds, any of them; ``any`` means whatever kind.
    duplicates : tuple of str
        In a cluster of duplicates in one of these `CLUSTER_STATES`; ``any`` means in whatever cluster.
    missing : tuple of str
        Names from `MISSING`; all are missing.
    image_ids : tuple of str, optional
        Only these images; None means all.
    without : Filter, optional
        Images that meet any single condition of this one are left out.

    Raises
    ------
    BadValue
        A condition can't be right.
    """

    text: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    place: tuple[float, float, float, float] | None = None
    size: tuple[int | None, int | None] = (None, None)
    pixels: tuple[int | None, int | None] = (None, None)
    problem: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    image_ids: tuple[str, ...] | None = None
    without: Filter | None = None

    def __post_init__(self) -> None:
        self._set("text", _words(self.text))
        for name in ("keywords", "format", "batch", "source", "folder", "camera", "problem", "duplicates", "missing"):
            self._set(name, _texts(name, getattr(self, name)))
        self._set("format", tuple(dict.fromkeys(_SPELLINGS.get(f.upper(), f.upper()) for f in self.format)))
        self._set("year", _years(self.year))
        for name in ("date_from", "date_to"):
            self._set(name, _day(name, getattr(self, name)))
        _in_order("date", self.date_from, self.date_to)
        for name in ("size", "pixels"):
            self._set(name, _range(name, getattr(self, name)))
        if self.place is not None:
            self._set("place", _box(self.place))
        if self.image_ids is not None:
            self._set("image_ids", tuple(filter(None, _texts("image_ids", self.image_ids))))
        for name in self.missing:
            _one_of("missing", name, MISSING)
        for state in self.duplicates:
            _one_of("duplicates", state, (*CLUSTER_STATES, "any"))
        if self.without is not None and not self.without:
            self._set("without", None)
        if self.without is not None and self.without.without is not None:
            raise BadValue("`without` inside `without`.", hint="Put the inner conditions into the filter itself.")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __bool__(self) -> bool:
        return self != _ALL

    def describe(self) -> str:
        """Say the filter in words.

        Examples
        --------
        >>> parse("shoe format:png -keyword:old").describe()
        'images with the text “shoe”, with format PNG; but none with the keyword “old”'
        """
        said = ", ".join(_say(self))
        left_out = ", ".join(_say(self.without or _ALL))
        return (f"images {said}" if said else "all images") + (f"; but none {left_out}" if left_out else "")

    def query(self) -> str:
        """Return the filter in the language of the search box: ``parse(f.query()) == f``."""
        minus = [f"-{part}" for part in _parts(self.without)] if self.without is not None else []
        return " ".join([*_parts(self), *minus])


# -- checking what is asked


def _words(text: Iterable[str]) -> tuple[str, ...]:
    words = text.split() if isinstance(text, str) else text
    return tuple(word for word in _texts("text", words) if word.strip())


def _texts(name: str, value: Iterable[str]) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else tuple(value)
    for text in values:
        if not isinstance(text, str):
            raise BadValue(f"{name}: {text!r} isn't text.", hint="Give strings.")
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise BadValue(f"{name}: {text!r} holds half a character.", hint="Leave the stray surrogate out.")
    return tuple(dict.fromkeys(values))


def _years(value: Iterable[int] | int) -> tuple[int, ...]:
    values = (value,) if isinstance(value, int) else tuple(value)
    for year in values:
        if isinstance(year, bool) or not isinstance(year, int) or not 0 < year < 10_000:
            raise BadValue(f"{year!r} isn't a year.", hint="Give years between 1 and 9999.")
    return tuple(dict.fromkeys(values))


def _day(name: str, value: date | None) -> date | None:
    if value is not None and not isinstance(value, date):
        raise BadValue(f"{name}: {value!r} isn't a date.", hint="Give a datetime.date.")
    return value.date() if isinstance(value, datetime) else value


def _range(name: str, value: Sequence[int | None]) -> tuple[int | None, int | None]:
    if len(tuple(value)) != 2 or any(v is not None and not 0 <= v < 2**63 for v in value):
        raise BadValue(f"{name}: {value!r} isn't a range.", hint="Give (least, most); None where there is no limit.")
    low, high = (None if v is None else int(v) for v in value)
    _in_order(name, low, high)
    return low, high


def _in_order(name: str, low: Any, high: Any) -> None:
    if low is not None and high is not None and low > high:
        raise BadValue(f"{name}: {high} comes before {low}.", hint="Swap the two.")


def _box(value: Sequence[float]) -> tuple[float, float, float, float]:
    box = tuple(float(v) for v in value)
    if len(box) != 4 or not (-90 <= box[0] <= box[2] <= 90 and all(-180 <= v <= 180 for v in (box[1], box[3]))):
        raise BadValue(f"{value!r} isn't a box on the globe.", hint="Give south, west, north, east in degrees.")
    return box[0], box[1], box[2], box[3]


def _one_of(what: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise BadValue(f"{what}: {value!r} is unknown.", hint=f"Known: {', '.join(known)}.")


_ALL = Filter()


# -- from filter to SQL


@cache
def _queries() -> dict[str, str]:
    return {name: query.sql for name, query in load_queries().items() if query.module == "search"}


class Clause(NamedTuple):
    """A condition in SQL, and the facet it belongs to ('' for none)."""

    facet: str
    sql: str


class _Compiler:
    """Turns filters into clauses; every value becomes a parameter."""

    def __init__(self, fold: Callable[[Sequence[str]], list[str]]) -> None:
        self.parameters: dict[str, Any] = {}
        self._fold = fold

    def clauses(self, wanted: Filter) -> list[Clause]:
        """Return the clauses of a filter, all of which must hold; the costly ones last."""
        found = [Clause(facet, sql) for facet, sql in self._facets(wanted)]
        found += [Clause("", sql) for sql in self._others(wanted)]
        for atom in _atoms(wanted.without or _ALL):
            inner = " and ".join(clause.sql for clause in self.clauses(atom))
            found.append(Clause("", f"({inner}) is not true"))
        return found

    def _facets(self, wanted: Filter) -> Iterator[tuple[str, str]]:
        for name in ("format", "batch", "source", "camera", "year"):
            if values := getattr(wanted, name):
                yield name, self._fill(name, values=list(values))
        if wanted.folder:
            yield "folder", self._folder(wanted.folder)
        if "any" in wanted.problem:
            yield "problem", self._fill("any_problem")
        elif wanted.problem:
            yield "problem", self._fill("problem", values=list(wanted.problem))
        if wanted.duplicates:
            states = CLUSTER_STATES if "any" in wanted.duplicates else wanted.duplicates
            yield "duplicates", self._fill("duplicates", values=list(states))

    def _folder(self, folders: tuple[str, ...]) -> str:
        exact = [folder for folder in folders if not folder.endswith("/")]
        either = [self._fill("folder", values=exact)] if exact else []
        either += [self._fill("folder_below", folder=f.rstrip("/")) for f in folders if f.endswith("/")]
        return f"({' or '.join(either)})"

    def _others(self, wanted: Filter) -> Iterator[str]:
        limits = {
            "date_from": wanted.date_from, "date_to": wanted.date_to,
            "size_from": wanted.size[0], "size_to": wanted.size[1],
            "pixels_from": wanted.pixels[0], "pixels_to": wanted.pixels[1],
        }  # fmt: skip
        yield from (self._fill(name, limit=limit) for name, limit in limits.items() if limit is not None)
        yield from (self._fill(f"missing_{name}") for name in wanted.missing)
        if wanted.place is not None:
            south, west, north, east = wanted.place
            fragment = "place" if west <= east else "place_across"
            yield self._fill(fragment, south=south, west=west, north=north, east=east)
        if wanted.image_ids is not None:
            yield self._fill("image_ids", ids=list(wanted.image_ids))
        for keyword in dict.fromkeys(self._fold(wanted.keywords)):
            yield self._fill("keyword", keyword=keyword)
        if wanted.text:
            yield self._fill("text", words=self._fold(wanted.text))

    def _fill(self, fragment: str, **values: Any) -> str:
        """Return a fragment's condition, its parameters renamed so that no two clauses share one."""
        number = len(self.parameters)
        condition = _queries()[f"where_{fragment}"].split("where", 1)[1].strip()
        self.parameters |= {f"{name}_{number}": value for name, value in values.items()}
        return re.sub(r"\$(\w+)", rf"$\1_{number}", condition)


def _atoms(wanted: Filter) -> Iterator[Filter]:
    """Split a filter into filters of one condition each."""
    conditions: list[dict[str, Any]] = []
    for name in ("text", "keywords", "missing"):
        conditions += [{name: (value,)} for value in getattr(wanted, name)]
    if wanted.date_from or wanted.date_to:
        conditions.append({"date_from": wanted.date_from, "date_to": wanted.date_to})
    for name in (*_ANY_OF, "place", "size", "pixels", "image_ids"):
        if getattr(wanted, name) != getattr(_ALL, name):
            conditions.append({name: getattr(wanted, name)})
    return (Filter(**condition) for condition in conditions)


def _insert(statement: str, clauses: Iterable[str]) -> str:
    """Put the clauses where the statement says ``where true`` or ``and true``."""
    condition = "\n  and ".join(clauses) or "true"
    return re.sub(r"\b(where|and) true\b", lambda found: f"{found[1]} {condition}", statement, count=1)


def _literal(value: Any) -> str:
    """Write a parameter as SQL, for reading and copying."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        quoted = "'" + value.replace("'", "''") + "'"
        return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in value else quoted
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return repr(value)


# -- what a search answers


class Cursor(NamedTuple):
    """Where a page ended: the sort value of its last image, and its id."""

    value: Any
    image_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some images in order, and where the next page starts (None: this was the last)."""

    rows: pd.DataFrame
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many images share a value."""

    value: str | int
    count: int


@dataclass(frozen=True, slots=True)
class TimeBin:
    """Images captured from the first to the last day, both included."""

    first: date
    last: date
    count: int


@dataclass(frozen=True, slots=True)
class PlaceBin:
    """Images near each other: their mean position, and the box (south, west, north, east) around them, in degrees."""

    latitude: float
    longitude: float
    count: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SizeBin:
    """Images of ``low`` ≤ megapixels < ``high``; ``pixels`` is the same range for `Filter`."""

    low: float
    high: float | None
    count: int
    pixels: tuple[int, int | None]


class Charts(NamedTuple):
    """What a search looks like in time, in space and in size."""

    timeline: list[TimeBin]
    places: list[PlaceBin]
    sizes: list[SizeBin]


def search(ws: Asked, wanted: Filter | str = _ALL, *, sort: str = "captured_at", descending: bool = False) -> Search:
    """Prepare a search; nothing is counted or fetched before it is asked for.

    Parameters
    ----------
    ws : Workspace
        Or anything with ``reading()``.
    wanted : Filter or str
        Which images; a string is read by `parse`.
    sort : str
        A key of `SORTS`. Images that tie follow by image_id; those without a value come last in both directions.
    descending : bool
        Largest or latest first.

    Raises
    ------
    BadValue
        The sort key is unknown, or the text can't be read.
    """
    _one_of("sort", sort, SORTS)
    return Search(ws, parse(wanted) if isinstance(wanted, str) else wanted, sort, descending)


class Search:
    """One question to the catalogue; made by `search`. Answers are always those of now."""

    def __init__(self, ws: Asked, wanted: Filter, sort: str, descending: bool) -> None:
        self.filter = wanted
        self.sort = sort
        self.descending = descending
        self._ws = ws
        self._table = "images"
        compiler = _Compiler(self._fold)
        self._clauses = compiler.clauses(wanted)
        self._parameters = compiler.parameters

    def __repr__(self) -> str:
        return f"<Search {self.filter.describe()}, by {self.sort}{' descending' * self.descending}>"

    def count(self) -> int:
        """Return how many images match."""
        return int(self._rows(self._statement("search_count"))[0][0])

    def ids(self) -> pa.Array:
        """Return the ids of all matching images, in order: a string array."""
        with self._ws.reading() as con:
            column = arrow_table(con, self._statement("search_ids") + self._order(), self._parameters).column(0)
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())

    def page(self, after: Cursor | None = None, size: int = 100, *, columns: Sequence[str] = PAGE_COLUMNS) -> Page:
        """Return the images that follow ``after``; as fast at the end as at the beginning.

        Parameters
        ----------
        after : Cursor, optional
            ``page.next`` of the page before; the first page when None.
        size : int
            At most so many images, ≥ 1.
        columns : sequence of str
            Columns of the ``images`` view.

        Raises
        ------
        BadValue
            ``size`` < 1, or a column is unknown.
        """
        if size < 1:
            raise BadValue(f"A page of {size} images.", hint="Ask for at least one.")
        with self._ws.reading() as con:
            statement, parameters = self._page_statement(after, size + 1)
            found = con.execute(statement, parameters).fetchall()
            rows = _fetch(con, [image_id for image_id, _ in found[:size]], columns)
        last = found[size - 1] if len(found) > size else None
        return Page(rows, Cursor(last[1], last[0]) if last else None)

    def frame(self) -> pd.DataFrame:
        """Return every matching image, in order, with all columns of the ``images`` view."""
        with self._ws.reading() as con:
            return con.execute(self._statement("search_rows") + self._order(), self._parameters).df()

    def sql(self) -> str:
        """Return the SQL of `frame` with its values written out, to be read, copied and run by ``ws.sql``."""
        statement = self._statement("search_rows") + self._order()
        return re.sub(r"\$(\w+)", lambda found: _literal(self._parameters[found[1]]), statement)

    def facets(self, top: int = 50) -> dict[str, list[FacetCount]]:
        """Count the values that the matching images share.

        A facet of which any value may match (format, batch, source, year, camera, problem, folder) is counted under
        all conditions but its own: the counts say what choosing another value *too* would bring. Keywords and missing
        fields must all match, so their counts say what is left when one more is chosen.

        Parameters
        ----------
        top : int
            At most so many values each, the most frequent first; chosen values are always among them.

        Returns
        -------
        dict
            A key of `FACETS` → its counts. Years are ints, keywords are written as in one of the images.
        """
        with self._ws.reading() as con:
            rows = self._count_facets(con, top) if self.filter else self._count_all(con, top)
        counts: dict[str, list[FacetCount]] = {facet: [] for facet in FACETS}
        for facet, value, count in rows:
            counts[facet].append(FacetCount(int(value) if facet == "year" else value, count))
        self._add_chosen(counts)
        return counts

    def timeline(self) -> list[TimeBin]:
        """Count images by day, month, quarter, year, … of capture: the finest that makes at most 120 bins."""
        ((first, last),) = self._rows(self._statement("search_time_span"))
        if first is None:
            return []
        unit = next(unit for unit in _UNITS if _bins(unit, first, last) <= _MOST_BINS)
        rows = self._rows(self._statement("search_timeline"), unit=unit)
        return [TimeBin(start, _last_day(unit, start), count) for start, count in rows]

    def places(self) -> list[PlaceBin]:
        """Count images by place, in at most 2,000 heaps; the largest first."""
        ((south, west, north, east),) = self._rows(self._statement("search_place_span"))
        if south is None:
            return []
        rows, columns = _GRID
        high, wide = (north - south) / rows or 1.0, (east - west) / columns or 1.0
        grid = {"south": south, "west": west, "high": high, "wide": wide, "rows": rows, "columns": columns}
        heaps = self._rows(self._statement("search_places"), **grid)
        return [PlaceBin(lat, lon, count, tuple(box)) for lat, lon, count, *box in heaps]

    def sizes(self) -> list[SizeBin]:
        """Count images by megapixels, in the bins of `SIZE_EDGES`; bins without images too."""
        edges = [round(edge * 1e6) for edge in SIZE_EDGES]
        counts = dict(self._rows(self._statement("search_sizes"), edges=edges))
        bins = []
        for place, low in enumerate(SIZE_EDGES, start=1):
            high = SIZE_EDGES[place] if place < len(SIZE_EDGES) else None
            pixels = (edges[place - 1], None if high is None else edges[place] - 1)
            bins.append(SizeBin(low, high, counts.get(place, 0), pixels))
        return bins

    def charts(self) -> Charts:
        """Return `timeline`, `places` and `sizes`, the conditions looked at only once for all three."""
        found = copy.copy(self)
        found._table, found._clauses, found._parameters = "search_found", [], {}
        with self._ws.reading() as con:
            con.execute(self._statement("keep_search_found"), self._parameters)
            try:
                return Charts(found.timeline(), found.places(), found.sizes())
            finally:
                con.execute(_queries()["drop_search_found"])

    # -- how

    def _fold(self, words: Sequence[str]) -> list[str]:
        if not words:
            return []
        with self._ws.reading() as con:
            rows = con.execute(_queries()["fold_words"], {"words": list(words)}).fetchall()
        return list(rows[0][0])

    def _statement(self, name: str) -> str:
        statement = _queries()[name].replace("from images ", f"from {self._table} ")
        return _insert(statement, (clause.sql for clause in self._clauses))

    def _order(self) -> str:
        return f"\norder by {SORTS[self.sort]} {'desc' if self.descending else 'asc'} nulls last, image_id"

    def _rows(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        with self._ws.reading() as con:
            return con.execute(statement, {**self._parameters, **more}).fetchall()

    def _page_statement(self, after: Cursor | None, limit: int) -> tuple[str, dict[str, Any]]:
        key = SORTS[self.sort]
        clauses = [clause.sql for clause in self._clauses]
        parameters = {**self._parameters, "limit": limit}
        if after is not None:
            clauses.append(self._later_than(key, after.value))
            parameters["after_id"] = after.image_id
            parameters |= {} if after.value is None else {"after": after.value}
        statement = _insert(_queries()["search_ids"].replace("image_id", f"image_id, {key}", 1), clauses)
        return f"{statement}{self._order()}\nlimit $limit", parameters

    def _later_than(self, key: str, value: Any) -> str:
        if value is None:
            return f"({key} is null and image_id > $after_id)"
        sign = "<" if self.descending else ">"
        return f"({key} {sign} $after or ({key} = $after and image_id > $after_id) or {key} is null)"

    def _count_facets(self, con: Connection, top: int) -> list[tuple[str, str, int]]:
        flagged = [clause for clause in self._clauses if clause.facet not in ("", "duplicates")]
        rest = [clause.sql for clause in self._clauses if clause not in flagged]
        statement = _insert(_queries()["search_facets"], rest)
        for facet, sql in flagged:
            statement = statement.replace(f"true as in_{facet}", f"coalesce({sql}, false) as in_{facet}", 1)
        chosen = [(facet, str(value)) for facet in _ANY_OF for value in getattr(self.filter, facet)]
        more = {"top": top, "facets": [facet for facet, _ in chosen], "chosen": [value for _, value in chosen]}
        rows = con.execute(statement, {**self._parameters, **more}).fetchall()
        keywords = con.execute(self._statement("search_keyword_facet"), {**self._parameters, "top": top}).fetchall()
        return [*rows, *keywords, *self._count_clusters(con)]

    def _count_clusters(self, con: Connection) -> list[tuple[str, str, int]]:
        others = [clause.sql for clause in self._clauses if clause.facet != "duplicates"]
        statement = _insert(_queries()["search_duplicates_facet"], others)
        return con.execute(statement, _named_in(statement, self._parameters)).fetchall()

    def _count_all(self, con: Connection, top: int) -> list[tuple[str, str, int]]:
        kept = con.execute(_queries()["known_facets"], {"top": top}).fetchall()
        rows = kept or con.execute(_queries()["all_facets"], {"top": top}).fetchall()
        return [*rows, *self._count_clusters(con)]

    def _add_chosen(self, counts: dict[str, list[FacetCount]]) -> None:
        """Show chosen values that no image has with a count of 0, so that they can be unchosen."""
        for facet in _ANY_OF:
            shown = {count.value for count in counts[facet]}
            counts[facet] += [FacetCount(v, 0) for v in getattr(self.filter, facet) if v not in shown]


def _named_in(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that a statement names: DuckDB refuses others."""
    return {name: parameters[name] for name in set(re.findall(r"\$(\w+)", statement))}


def _fetch(con: Connection, ids: list[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows of these images, in this order."""
    known = [column[0] for column in con.execute("select * from images limit 0").description or ()]
    for column in columns:
        _one_of("column", column, known)
    listed = ", ".join(dict.fromkeys(["image_id", *columns]))
    rows = con.execute(_queries()["search_rows_of"].replace("*", listed, 1), {"ids": ids}).df()
    return rows.set_index("image_id", drop=False).loc[ids].reset_index(drop=True)[list(columns)]


_UNITS = {"day": 0, "month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1_200, "millennium": 12_000}
"""Unit of `Search.timeline` → its months."""


def _bins(unit: str, first: date, last: date) -> int:
    if unit == "day":
        return (last - first).days + 1
    return (last.year * 12 + last.month - first.year * 12 - first.month) // _UNITS[unit] + 2


def _last_day(unit: str, start: date) -> date:
    if unit == "day":
        return start
    months = ((start.year * 12 + start.month - 1) // _UNITS[unit] + 1) * _UNITS[unit]
    return date(months // 12, months % 12 + 1, 1) - timedelta(1) if months // 12 <= date.max.year else date.max


# -- the language of the search box

_PART = re.compile(r'(-?)(?:([^\W\d]\w*):)?((?:"(?:[^"\\]|\\.)*"|[^\s"])*)', re.DOTALL)
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",]+)|(,)', re.DOTALL)
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_PIXELS = {"": 1, "P": 1, "KP": 10**3, "MP": 10**6, "GP": 10**9}


class _Part(NamedTuple):
    """One part of a search text: where it starts, what it says."""

    at: int
    written: str
    minus: bool
    key: str
    raw: str

    def refuse(self, why: str, hint: str) -> BadValue:
        return BadValue(f"{self.written!r} (at character {self.at + 1}): {why}", hint=hint)

    def text(self) -> str:
        """The value, quotes taken off."""
        return "".join(_unescape(quoted) + plain + comma for quoted, plain, comma in _PIECE.findall(self.raw))

    def values(self) -> tuple[str, ...]:
        """The values between commas, quotes taken off."""
        values = [""]
        for quoted, plain, comma in _PIECE.findall(self.raw):
            if comma:
                values.append("")
            else:
                values[-1] += _unescape(quoted) + plain
        return tuple(values)


def parse(text: str) -> Filter:
    """Read a search text; the language is the table above, in this module's own description.

    Raises
    ------
    BadValue
        A part can't be read: the message names it and where it starts.

    Examples
    --------
    >>> parse("red shoe format:png,gif year:2024 -keyword:old").format
    ('PNG', 'GIF')
    """
    wanted: dict[str, Any] = {}
    unwanted: dict[str, Any] = {}
    for part in _split(text):
        leave_out = part.minus != (part.key == "has")
        side = unwanted if leave_out else wanted
        for name, value in _read(part).items():
            side[name] = _merge(part, name, side.get(name), value, leave_out=leave_out)
        _check(part, side)
    return Filter(**wanted, without=Filter(**unwanted) if unwanted else None)


def _check(part: _Part, conditions: dict[str, Any]) -> None:
    """Blame the part after which the conditions can't be right any more."""
    try:
        Filter(**conditions)
    except BadValue as error:
        raise part.refuse(error.message, error.hint) from None


def _split(text: str) -> Iterator[_Part]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _PART.match(text, at)
        written = found[0] if found else ""
        if not written or (found and found.end() < len(text) and text[found.end()] == '"'):
            part = _Part(at, text[at : at + 40], False, "", "")
            raise part.refuse("the quotation mark isn't closed.", 'Write a quote inside quotes as \\".')
        assert found
        minus, key, raw = found[1], found[2] or "", found[3]
        if minus and not key and not raw:
            minus, raw = "", "-"
        yield _Part(at, written, bool(minus), key.lower(), raw)
        at = found.end()


def _unescape(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


_LISTS = {
    "keyword": "keywords", "format": "format", "batch": "batch", "source": "source", "folder": "folder",
    "camera": "camera", "problem": "problem", "duplicates": "duplicates", "missing": "missing", "has": "missing",
    "id": "image_ids",
}  # fmt: skip
"""Key in a search text → field of `Filter`, for those that hold texts."""

_RANGES = ("date", "size", "pixels")
KEYS = (*_LISTS, "year", *_RANGES, "place")
"""The keys that `parse` knows."""


def _read(part: _Part) -> dict[str, Any]:
    """Return the fields of `Filter` that one part sets."""
    if not part.key:
        return {"text": (part.text(),)}
    if part.key not in KEYS:
        raise part.refuse(
            f"{part.key!r} is not something to search by.",
            f'Known: {", ".join(KEYS)}. To look for it as text, put it in quotes: "{part.key}:…".',
        )
    if not part.raw:
        raise part.refuse(f"nothing stands after {part.key}:.", "Write what to look for right after the colon.")
    if part.key in _LISTS:
        return {_LISTS[part.key]: part.values()}
    if part.key == "year":
        return {"year": tuple(_years_of(part))}
    if part.key == "place":
        return {"place": _place_of(part)}
    return _limits_of(part)


def _merge(part: _Part, name: str, old: Any, new: Any, *, leave_out: bool) -> Any:
    """Join what two parts say about one field; what can't be joined is refused."""
    if old is None or old == (None, None):
        return new
    if (
        name in ("size", "pixels")
        and not leave_out
        and all(a is None or b is None for a, b in zip(old, new, strict=True))
    ):
        return tuple(a if b is None else b for a, b in zip(old, new, strict=True))
    if name in ("size", "pixels", "place", "date_from", "date_to"):
        raise part.refuse(f"there is another {part.key}: already.", f"Join them, such as {part.key}:from..to.")
    return (*old, *new)


def _years_of(part: _Part) -> Iterator[int]:
    for value in part.values():
        first, dots, last = value.partition("..")
        if not re.fullmatch(r"\d{4}", first) or (dots and not re.fullmatch(r"\d{4}", last)):
            raise part.refuse(f"{value!r} isn't a year.", "Write year:2024, year:2020..2023 or year:2020,2024.")
        yield from range(int(first), int(last or first) + 1)


def _place_of(part: _Part) -> tuple[float, ...]:
    try:
        return tuple(float(value) for value in part.values())
    except ValueError:
        hint = "Write south,west,north,east in degrees, such as place:48.0,11.3,48.3,11.8."
        raise part.refuse("that isn't a box on the globe.", hint) from None


_SIGNED = re.compile(r"(>=|<=|>|<)(.+)", re.DOTALL)


def _limits_of(part: _Part) -> dict[str, Any]:
    """Read ``x``, ``x..y``, ``x..``, ``..y``, ``>x`` and so on."""
    value = part.text()
    measure: Callable[[_Part, str], tuple[Any, Any]] = _days if part.key == "date" else _amounts
    low: Any = None
    high: Any = None
    if signed := _SIGNED.fullmatch(value):
        low, high = _beyond(part, signed[1], *measure(part, signed[2]))
    elif ".." in value and value != "..":
        first_text, last_text = value.split("..", 1)
        low = measure(part, first_text)[0] if first_text else None
        high = measure(part, last_text)[1] if last_text else None
    else:
        low, high = measure(part, value)
    if part.key == "date":
        return {name: day for name, day in (("date_from", low), ("date_to", high)) if day is not None}
    return {part.key: (low, high)}


def _beyond(part: _Part, sign: str, first: Any, last: Any) -> tuple[Any, Any]:
    """Return the limits that a sign before a day, month or amount means."""
    step: Any = timedelta(1) if part.key == "date" else 1
    try:
        if ">" in sign:
            return (first if "=" in sign else last + step), None
        return None, (last if "=" in sign else first - step)
    except OverflowError:
        raise part.refuse("the calendar ends there.", "Dates go from 0001-01-01 to 9999-12-31.") from None


def _days(part: _Part, written: str) -> tuple[date, date]:
    """Return the first and last day of a year, a month or a day."""
    wrong = part.refuse(f"{written!r} isn't a date.", "Write 2024, 2024-03 or 2024-03-01, or from..to.")
    found = re.fullmatch(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?", written)
    if not found:
        raise wrong
    try:
        first = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise wrong from None
    return first, _last_day("day" if found[3] else "month" if found[2] else "year", first)


def _amounts(part: _Part, written: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", written)
    units = _BYTES if part.key == "size" else _PIXELS
    if not found or found[2].upper() not in units:
        hint = f"Write a number and one of {', '.join(filter(None, units))}, such as {part.key}:>2M{list(units)[1]}."
        raise part.refuse(f"{written!r} isn't an amount.", hint)
    amount = (
        round(float(found[1]) * units[found[2].upper()]) if "." in found[1] else int(found[1]) * units[found[2].upper()]
    )
    return amount, amount


# -- a filter written out


def _parts(wanted: Filter) -> Iterator[str]:
    """Yield the parts of a search text that say the filter (without its `without`)."""
    yield from (_quote(word) for word in wanted.text)
    for key, name in _LISTS.items():
        if key == "has" or getattr(wanted, name) is None:
            continue
        if name == "keywords" or name == "missing":
            yield from (f"{key}:{_quote(value)}" for value in getattr(wanted, name))
        elif (values := getattr(wanted, name)) or key == "id":
            yield f"{key}:{','.join(map(_quote, values or ('',)))}"
    if wanted.year:
        yield f"year:{','.join(f'{year:04}' for year in wanted.year)}"
    for key, low, high in _limits(wanted):
        yield f"{key}:{low}..{high}"
    if wanted.place is not None:
        yield f"place:{','.join(map(repr, wanted.place))}"


def _limits(wanted: Filter) -> Iterator[tuple[str, str, str]]:
    days = tuple(day and day.isoformat() for day in (wanted.date_from, wanted.date_to))
    for key, (low, high) in (("date", days), ("size", wanted.size), ("pixels", wanted.pixels)):
        if low is not None or high is not None:
            yield key, "" if low is None else str(low), "" if high is None else str(high)


def _quote(value: str) -> str:
    if re.fullmatch(r'(?!-)[^\s",:\\]+', value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _say(wanted: Filter) -> Iterator[str]:
    """Yield the conditions in words."""
    yield from (f"with the text “{word}”" for word in wanted.text)
    yield from (f"with the keyword “{keyword}”" for keyword in wanted.keywords)
    for name in ("format", "batch", "source", "folder", "camera", "year"):
        if values := getattr(wanted, name):
            yield f"with {name} {' or '.join(str(value) or '(top)' for value in values)}"
    for key, low, high in _limits(wanted):
        unit = {"size": " bytes", "pixels": " pixels", "date": ""}[key]
        between = f"from {low} to {high}" if low and high else f"from {low} on" if low else f"up to {high}"
        yield f"with {key} {between}{unit}"
    if wanted.place is not None:
        yield "with a place between {}° and {}° north, {}° and {}° east".format(
            *(wanted.place[i] for i in (0, 2, 1, 3))
        )
    if wanted.problem:
        yield f"with {'any problem' if 'any' in wanted.problem else 'problem ' + ' or '.join(wanted.problem)}"
    if wanted.duplicates:
        states = "" if "any" in wanted.duplicates else f" ({' or '.join(wanted.duplicates)})"
        yield f"in a cluster of duplicates{states}"
    yield from (f"with no {name.replace('_', ' ')}" for name in wanted.missing)
    if wanted.image_ids is not None:
        yield f"with one of {len(wanted.image_ids)} ids"
