"""Explore a collection: search, facets, charts and the grid as one thing to work with. No Jupyter in here.

`ExplorerSession` is what the explorer widget shows and drives. It can be used alone, from a script or a test::

    session = ExplorerSession(ws, "format:png")
    session.toggle("year", 2024)
    session.view()["count"]
    session.back()
"""

from __future__ import annotations

import functools
import math
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import unquote

import pandas as pd

from workbench import charts
from workbench.catalog import load_queries
from workbench.errors import BadValue
from workbench.grid import GridSession, Readable, Reply
from workbench.problems import KINDS
from workbench.search import CLUSTER_STATES, FACETS, MISSING, SORTS, FacetCount, Filter, Search, parse, search

FACET_WORDS = {
    "format": "Format", "batch": "Batch", "source": "Source", "folder": "Folder", "year": "Year", "camera": "Camera",
    "keyword": "Keyword", "problem": "Problem", "duplicates": "Duplicates", "missing": "Missing",
}  # fmt: skip
"""The facets in the order they are shown, and what they are called."""

SORT_WORDS = {
    "captured_at": "Capture time", "received_at": "Arrival", "path": "Path", "name": "File name", "title": "Title",
    "size": "File size", "megapixels": "Megapixels", "sharpness": "Sharpness", "rating": "Rating",
}  # fmt: skip

CLUSTER_WORDS = {"open": "to be reviewed", "decided": "decided", "skipped": "skipped", "any": "any"}

MISSING_WORDS = {"captured_at": "capture time", "gps": "GPS position"}

GRAMMAR = (
    ("shoe", "the word anywhere in the texts or the file name"),
    ('"red shoe"', "the words one after the other"),
    ("keyword:sale", "has this keyword"),
    ("format:png,gif", "is one of these; also batch, source, folder, camera"),
    ("folder:2024/", "in this folder or below it"),
    ("year:2020..2023", "captured in these years"),
    ("date:2024-03", "captured on this day, in this month or year; also 2024-01..2024-03"),
    ("size:>2MB", "large files; also <, <=, >=, 1MB..2MB"),
    ("pixels:>=12MP", "large pictures"),
    ("place:48,11,49,12", "between these degrees: south, west, north, east"),
    ("problem:any", "something is wrong with it; or a kind of problem"),
    ("duplicates:open", "is in a cluster of duplicates to be reviewed; also decided, skipped, any"),
    ("missing:title", "has no title; also description, keywords, creator, copyright, captured_at, gps"),
    ("has:gps", "the opposite of missing"),
    ("-keyword:old", "a minus leaves out what the part finds"),
)
"""The search language in short; `workbench.search` has it in full."""

PANELS: dict[str, tuple[Any, ...]] = {
    "facets": (True, False, None), "charts": (True, False, None), "sql": (False, True), "tab": ("images", "problems"),
}  # fmt: skip
"""Parts a person can open and close, what each can be, the usual first; None leaves it to the width there is."""

VALUES_SHOWN, VALUES_AT_MOST, PROBLEMS_A_PAGE = 40, 500, 200
_REMEMBERED, _STEPS = 4, 200

_FIELDS = {"keyword": "keywords"}
_SEVERAL = (
    "text", "keywords", "format", "batch", "source", "folder", "year", "camera", "problem", "duplicates", "missing",
)  # fmt: skip
_WHOLE = ("place", "size", "pixels", "image_ids")


class Chip(NamedTuple):
    """One condition of a filter: how it is written, in words, and the filter without it."""

    part: str
    label: str
    words: str
    minus: bool
    rest: Filter

    def shown(self) -> dict[str, Any]:
        """Return what a browser needs of it."""
        return {"part": self.part, "label": self.label, "words": self.words, "minus": self.minus}


@dataclass(frozen=True, slots=True)
class Step:
    """What was asked: the filter as written, and the order."""

    query: str
    sort: str
    descending: bool


@dataclass(slots=True)
class _Answer:
    """What a search found, kept as long as the catalogue stays as it is."""

    count: int
    facets: dict[str, list[FacetCount]]
    figures: dict[str, dict[str, Any]] | None = None


class ExplorerSession:
    """A search that is refined step by step, with all that is shown beside its images.

    Parameters
    ----------
    ws : Workspace
        Anything with ``reading()``, ``thumbnails`` and ``image_bytes()``.
    query : str
        In the language of the search box (`workbench.search.parse`).
    sort : str
        A key of `workbench.search.SORTS`.
    descending : bool
        Largest or latest first.

    Attributes
    ----------
    grid : GridSession
        The matching images as a grid, with what is selected.

    Raises
    ------
    BadValue
        The query can't be read or the sort key is unknown.

    Notes
    -----
    Every verb returns the whole `view`, so that what a browser shows comes from one answer. Nothing is saved: a filter
    is a way of looking.
    """

    def __init__(self, ws: Readable, query: str = "", *, sort: str = "captured_at", descending: bool = False) -> None:
        self.ws = ws
        self.began_with = Step(query, sort, descending)
        self._lock = threading.RLock()
        self._search = search(ws, query, sort=sort, descending=descending)
        self._steps, self._at = [self.began_with], 0
        self._typing = False
        self._answers: dict[str, _Answer] = {}  # the order doesn't count
        self._known: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._stamp = self._stamp_now()
        self._panels: dict[str, Any] = {"facets": None, "charts": None, "sql": False, "tab": "images", "folded": []}
        self.grid = GridSession(ws, self._search)

    # -- what a widget shows and asks

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """The commands a widget may send."""
        return {
            "view": self.view,
            "find": self.find,
            "toggle": self.toggle,
            "remove": self.remove,
            "clear": self.clear,
            "order": self.order,
            "limit": self.limit,
            "back": self.back,
            "forward": self.forward,
            "refresh": self.refresh,
            "show": self.show,
            "more": self.more,
            "problems": self.problems,
        }

    def view(self) -> dict[str, Any]:
        """Return everything there is to show."""
        with self._lock:
            self._notice_changes()
            return self._view()

    def find(self, query: str, typing: bool = False) -> dict[str, Any]:
        """Search for something else; ``typing`` makes one step of many letters.

        Raises
        ------
        BadValue
            The query can't be read; what was shown stays.
        """
        if not isinstance(query, str):
            raise BadValue(f"A search is text, not {query!r}.", hint="Give a string.")
        with self._lock:
            return self._go(query, typing=bool(typing))

    def toggle(self, facet: str, value: str | int) -> dict[str, Any]:
        """Ask for a value of a facet, or ask for it no longer."""
        if facet not in FACETS:
            raise BadValue(f"There is no facet {facet!r}.", hint=f"Take one of {', '.join(FACETS)}.")
        with self._lock:
            return self._go(_toggled(self.filter, facet, value).query())

    def remove(self, part: str) -> dict[str, Any]:
        """Drop one condition, by how a chip writes it; one that isn't there is dropped already."""
        with self._lock:
            rest = next((chip.rest for chip in chips(self.filter) if chip.part == part), self.filter)
            return self._go(rest.query())

    def clear(self) -> dict[str, Any]:
        """Drop all conditions."""
        with self._lock:
            return self._go("")

    def order(self, sort: str, descending: bool = False) -> dict[str, Any]:
        """Show the images in another order.

        Raises
        ------
        BadValue
            The sort key is unknown.
        """
        with self._lock:
            return self._go(self._step.query, sort=sort, descending=bool(descending))

    def limit(self, what: str, bounds: Sequence[Any]) -> dict[str, Any]:
        """Take only images within bounds, as a part of a chart says them.

        Parameters
        ----------
        what : str
            ``date``, ``pixels`` or ``place``.
        bounds : sequence
            First and last day (ISO), least and most pixels (None: no limit), or south, west, north, east (degrees).

        Raises
        ------
        BadValue
            Anything else.
        """
        with self._lock:
            return self._go(_limited(self.filter, what, bounds).query())

    def back(self) -> dict[str, Any]:
        """Undo the last change of the filter or the order."""
        with self._lock:
            return self._travel(-1)

    def forward(self) -> dict[str, Any]:
        """Redo what `back` undid."""
        with self._lock:
            return self._travel(1)

    def refresh(self) -> dict[str, Any]:
        """Ask the catalogue anew."""
        with self._lock:
            self._renew()
            return self._view()

    def show(self, **panels: Any) -> dict[str, Any]:
        """Open or close panels (`PANELS`), so that they are found that way again."""
        for name, value in panels.items():
            _check_panel(name, value)
        with self._lock:
            self._panels |= panels
            return self._view()

    def more(self, facet: str) -> dict[str, Any]:
        """Return up to 500 values of one facet; ``complete`` tells whether these are all."""
        if facet not in FACETS:
            raise BadValue(f"There is no facet {facet!r}.", hint=f"Take one of {', '.join(FACETS)}.")
        with self._lock:
            found = self._search.facets(VALUES_AT_MOST)[facet]
            shown = _shown_values(facet, found, self.filter)
            return {"facet": facet, "values": shown, "complete": len(found) < VALUES_AT_MOST}

    def problems(self, kind: str = "", unread: bool = False, skip: int = 0) -> dict[str, Any]:
        """Return files with problems, those that never became an image too, a page at a time.

        Parameters
        ----------
        kind : str
            Only this kind; all when empty.
        unread : bool
            Only files that aren't among the images.
        skip : int
            How many rows came before.
        """
        asked = {"kind": str(kind), "unread": bool(unread), "skip": max(0, int(skip)), "most": PROBLEMS_A_PAGE + 1}
        rows = self._rows("explorer_problem_files", **asked, **self._places_asked())
        shown = [{**row, "label": kind_words(row["kind"])} for row in rows[:PROBLEMS_A_PAGE]]
        return {"kind": kind, "unread": unread, "skip": asked["skip"], "rows": shown, "more": len(rows) > len(shown)}

    # -- what a person in a notebook asks

    @property
    def search(self) -> Search:
        """The search as it stands: count, frame, facets, SQL."""
        return self._search

    @property
    def filter(self) -> Filter:
        """The conditions as they stand."""
        return self._search.filter

    @property
    def query(self) -> str:
        """The search text as it stands."""
        return self._step.query

    @property
    def selected(self) -> list[str]:
        """The ids of the selected images, in the grid's order."""
        return self.grid.selected

    def frame(self, *, selected: bool = False) -> pd.DataFrame:
        """Return the rows of ``images`` that match, or only the selected ones, in the order shown."""
        return self.grid.frame() if selected else self._search.frame()

    def problem_frame(self) -> pd.DataFrame:
        """Return the rows of ``problems`` in the batches and sources of the filter."""
        asked = {"kind": "", "unread": False, "skip": 0, "most": 2**62}
        return pd.DataFrame(self._rows("explorer_problem_files", **asked, **self._places_asked()))

    def figure(self, chart: str) -> Any:
        """Return one of the charts as a plotly figure: ``timeline``, ``places``, ``sizes``, ``formats``."""
        if chart not in ("timeline", "places", "sizes", "formats"):
            raise BadValue(f"There is no chart {chart!r}.", hint="Take timeline, places, sizes or formats.")
        if chart == "formats":
            return charts.formats(self._search.facets()["format"], self.filter.format)
        drawn: Callable[[Any], Any] = getattr(charts, chart)
        return drawn(getattr(self._search, chart)())

    def take_over(self, other: ExplorerSession) -> None:
        """Continue where another session was, unless it began with another question than this one."""
        with other._lock, self._lock:
            self._panels = dict(other._panels)
            if other.began_with == self.began_with:
                self._steps, self._at = list(other._steps), other._at
                self._ask(self._step)
            self.grid.take_over(other.grid)

    # -- inside

    @property
    def _step(self) -> Step:
        return self._steps[self._at]

    def _go(
        self, query: str, *, sort: str | None = None, descending: bool | None = None, typing: bool = False
    ) -> dict[str, Any]:
        """Take a step, if it leads anywhere; nothing is changed when the question can't be asked."""
        here = self._step
        wanted = Step(query, here.sort if sort is None else sort, here.descending if descending is None else descending)
        self._notice_changes()
        if wanted != here:
            if self._meaning(wanted) != self._meaning(here):
                self._ask(wanted)
            keep = self._at if typing and self._typing else self._at + 1
            self._steps = [*self._steps[:keep], wanted][-_STEPS:]
            self._at = len(self._steps) - 1
        self._typing = typing
        return self._view()

    def _meaning(self, step: Step) -> tuple[Filter, str, bool]:
        return parse(step.query), step.sort, step.descending

    def _travel(self, way: int) -> dict[str, Any]:
        self._notice_changes()
        to = max(0, min(len(self._steps) - 1, self._at + way))
        if to != self._at:
            self._ask(self._steps[to])
            self._at, self._typing = to, False
        return self._view()

    def _ask(self, step: Step) -> None:
        asked = search(self.ws, step.query, sort=step.sort, descending=step.descending)
        self.grid.show(asked)
        self._search = asked

    def _notice_changes(self) -> None:
        """Ask anew when the catalogue isn't what it was: a scan goes on, or somebody else works here."""
        if self._stamp_now() != self._stamp:
            self._renew()

    def _renew(self) -> None:
        self._stamp = self._stamp_now()
        self._answers.clear()
        self._known.clear()
        self._ask(self._step)

    def _stamp_now(self) -> tuple[Any, ...]:
        return tuple(str(value) for value in self._rows("explorer_stamp")[0].values())

    def _answer(self) -> _Answer:
        """Return what the search found: counted once, as long as the catalogue stays the same."""
        answer = self._answers.pop(self.query, None) or _Answer(len(self.grid), self._search.facets(VALUES_SHOWN + 1))
        if answer.figures is None and self._panels["charts"] is not False:
            answer.figures = _figures(self._search, answer.facets["format"])
        self._answers[self.query] = answer
        while len(self._answers) > _REMEMBERED:
            del self._answers[next(iter(self._answers))]
        return answer

    def _view(self) -> dict[str, Any]:
        with self.ws.reading():  # one lease for all the questions
            answer = self._answer()
            totals = self._kept("explorer_total")[0]
            kinds = self._kept("explorer_problem_kinds", **self._places_asked())
        step, panels = self._step, self._panels
        return {
            "query": step.query,
            "said": self.filter.describe(),
            "count": answer.count,
            "total": totals["images"],
            "sort": step.sort,
            "descending": step.descending,
            "sorts": [{"key": key, "label": SORT_WORDS[key]} for key in SORT_WORDS if key in SORTS],
            "chips": [
                {"part": c.part, "label": c.label, "words": c.words, "minus": c.minus} for c in chips(self.filter)
            ],
            "facets": [_shown_facet(key, answer.facets[key], self.filter) for key in FACET_WORDS],
            "charts": answer.figures if panels["charts"] is not False else None,
            "sql": self._search.sql(),
            "problems": {
                "files": totals["troubled"],
                "unread": totals["unread"],
                "kinds": [_shown_kind(kind) for kind in kinds],
                "within": _within_words(self.filter),
            },
            "back": self._at > 0,
            "forward": self._at < len(self._steps) - 1,
            "panels": dict(panels),
            "grid": self.grid.view(),
            "grammar": [{"write": write, "finds": finds} for write, finds in GRAMMAR],
        }

    def _kept(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return rows, asked for once as long as the catalogue stays the same."""
        key = (name, repr(parameters))
        if key not in self._known:
            self._known[key] = self._rows(name, **parameters)
        return self._known[key]

    def _places_asked(self) -> dict[str, list[str]]:
        return {"batches": list(self.filter.batch), "sources": list(self.filter.source)}

    def _rows(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.ws.reading() as connection:
            result = connection.execute(_queries()[name], parameters)
            columns = [column[0] for column in result.description]
            return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@functools.cache
def _queries() -> dict[str, str]:
    return {name: query.sql for name, query in load_queries().items() if query.module == "explorer"}


def _check_panel(name: str, value: Any) -> None:
    if name == "folded" and isinstance(value, list) and all(one in FACETS for one in value):
        return
    if name not in PANELS or value not in PANELS[name]:
        raise BadValue(f"{name!r} can't be {value!r}.", hint=f"There are {', '.join(PANELS)} and folded.")


def _figures(asked: Search, formats: list[FacetCount]) -> dict[str, dict[str, Any]]:
    """Draw all charts, as a browser takes them."""
    found = asked.charts()
    return {
        "timeline": charts.timeline(found.timeline).to_dict(),
        "places": charts.places(found.places).to_dict(),
        "sizes": charts.sizes(found.sizes).to_dict(),
        "formats": charts.formats(formats, asked.filter.format).to_dict(),
    }


# -- filters, changed by a click


def _toggled(wanted: Filter, facet: str, value: str | int) -> Filter:
    """Return a filter with one more value, or one less if it was there."""
    name = _FIELDS.get(facet, facet)
    chosen = getattr(wanted, name)
    value = int(value) if facet == "year" and str(value).isdigit() else value
    left = tuple(one for one in chosen if not _same(facet, one, value))
    changed: dict[str, Any] = {name: left if len(left) < len(chosen) else (*chosen, value)}
    return replace(wanted, **changed)


def _same(facet: str, one: str | int, other: str | int) -> bool:
    return _folded(str(one)) == _folded(str(other)) if facet == "keyword" else one == other


def _folded(text: str) -> str:
    """Return text without case and accents, as the catalogue compares keywords."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(one for one in parts if not unicodedata.combining(one))


def _limited(wanted: Filter, what: str, bounds: Sequence[Any]) -> Filter:
    try:
        if what == "date":
            first, last = (date.fromisoformat(day) for day in bounds)
            return replace(wanted, date_from=first, date_to=last)
        if what == "pixels":
            low, high = (None if one is None else int(one) for one in bounds)
            return replace(wanted, pixels=(low, high))
        if what == "place":
            return replace(wanted, place=_outward(*(float(one) for one in bounds)))
    except (TypeError, ValueError) as error:
        raise BadValue(f"These aren't bounds of {what}: {bounds!r}.", hint=str(error)) from None
    raise BadValue(f"A chart can't limit {what!r}.", hint="Take date, pixels or place.")


def _outward(south: float, west: float, north: float, east: float) -> tuple[float, float, float, float]:
    """Round a box to 10 m or so, outward, and keep it on the globe."""
    if not all(map(math.isfinite, (south, west, north, east))):
        raise BadValue("This box has no bounds.", hint="Give degrees.")
    low = [math.floor(one * 1e4) / 1e4 for one in (south, west)]
    high = [math.ceil(one * 1e4) / 1e4 for one in (north, east)]
    return max(-90.0, low[0]), max(-180.0, low[1]), min(90.0, high[0]), min(180.0, high[1])


# -- filters, in words


def chips(wanted: Filter) -> list[Chip]:
    """Take a filter apart into conditions that can be dropped one by one.

    Returns
    -------
    list of Chip
        In the order people read them; those after a minus last.
    """
    found = [Chip(part.query(), *_words(part), False, rest) for part, rest in _parted(wanted)]
    for part, rest in _parted(wanted.without or Filter()):
        kept = replace(wanted, without=rest or None)
        found.append(Chip(Filter(without=part).query(), *_words(part), True, kept))
    return found


def _parted(wanted: Filter) -> Iterator[tuple[Filter, Filter]]:
    """Yield each single condition, and the filter without it."""
    for name in _SEVERAL:
        values = getattr(wanted, name)
        for place, value in enumerate(values):
            alone: dict[str, Any] = {name: (value,)}
            others: dict[str, Any] = {name: values[:place] + values[place + 1 :]}
            yield Filter(**alone), replace(wanted, **others)
    if wanted.date_from or wanted.date_to:
        yield Filter(date_from=wanted.date_from, date_to=wanted.date_to), replace(wanted, date_from=None, date_to=None)
    for name in _WHOLE:
        if getattr(wanted, name) != getattr(Filter(), name):
            yield Filter(**{name: getattr(wanted, name)}), replace(wanted, **{name: getattr(Filter(), name)})


def _words(part: Filter) -> tuple[str, str]:
    """Say one condition: what it is about, and its value."""
    for facet in FACET_WORDS:
        if values := getattr(part, _FIELDS.get(facet, facet)):
            return FACET_WORDS[facet], value_words(facet, values[0])
    if part.text:
        return "Text", part.text[0]
    if part.date_from or part.date_to:
        return "Captured", _span(part.date_from, part.date_to, str)
    if part.place is not None:
        south, west, north, east = (f"{degrees:.6g}°" for degrees in part.place)
        return "Place", f"{south} to {north} north, {west} to {east} east"
    if part.image_ids is not None:
        return "Ids", part.image_ids[0] if len(part.image_ids) == 1 else f"{len(part.image_ids):,} images"
    if part.size != (None, None):
        return "File size", _span(*part.size, lambda size: f"{size / 1e6:.4g} MB")
    return "Pixels", _span(*part.pixels, lambda pixels: f"{pixels / 1e6:.4g} MP")


def _span(low: Any, high: Any, say: Callable[[Any], str]) -> str:
    if low is None or high is None:
        return f"from {say(low)}" if high is None else f"up to {say(high)}"
    return say(low) if low == high else f"{say(low)} to {say(high)}"


def value_words(facet: str, value: str | int) -> str:
    """Say a facet's value to people: ``captured_at`` is a capture time, a source's URI a folder's name."""
    if facet == "missing":
        return MISSING_WORDS.get(str(value), str(value))
    if facet == "problem":
        return kind_words(str(value))
    if facet == "duplicates":
        return CLUSTER_WORDS.get(str(value), str(value))
    if facet == "source":
        return unquote(str(value)).rstrip("/").rpartition("/")[2] or str(value)
    return str(value) if value != "" else "(top folder)" if facet == "folder" else "(none)"


def kind_words(kind: str) -> str:
    """Say a kind of problem: ``not_an_image`` is ``not an image``."""
    return (
        kind.replace("_", " ")
        .replace("xmp", "XMP")
        .replace("iptc", "IPTC")
        .replace("exif", "EXIF")
        .replace("gps", "GPS")
    )


def _shown_kind(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "label": kind_words(row["kind"]), "message": KINDS.get(row["kind"], row["message"])}


def _within_words(wanted: Filter) -> str:
    said = [value_words(name, value) for name in ("batch", "source") for value in getattr(wanted, name)]
    return ", ".join(said)


def _shown_facet(key: str, counts: list[FacetCount], wanted: Filter) -> dict[str, Any]:
    return {
        "key": key,
        "label": FACET_WORDS[key],
        "all": key in ("keyword", "missing"),
        "values": _shown_values(key, counts[:VALUES_SHOWN], wanted),
        "more": len(counts) > VALUES_SHOWN,
    }


def _shown_values(facet: str, counts: Sequence[FacetCount], wanted: Filter) -> list[dict[str, Any]]:
    """Return values with their counts; chosen ones that the counts leave out come first, to be unchosen."""
    chosen = getattr(wanted, _FIELDS.get(facet, facet))
    there = [one.value for one in counts]
    lost = [value for value in chosen if not any(_same(facet, value, one) for one in there)]
    for_all = "any" if facet in ("problem", "duplicates") else None
    rows = [FacetCount(value, 0) for value in lost if value != for_all] + list(counts)
    if facet == "year":
        rows = sorted(rows, key=lambda one: -int(one.value))
    return [
        {
            "value": one.value,
            "label": value_words(facet, one.value),
            "title": _title(facet, one.value),
            "count": None if facet == "folder" and str(one.value).endswith("/") else one.count,
            "on": any(_same(facet, value, one.value) for value in chosen),
        }
        for one in rows
    ]


def _title(facet: str, value: str | int) -> str:
    if facet == "problem":
        return KINDS.get(str(value), str(value))
    return (
        f"no {value_words(facet, value)}"
        if facet == "missing"
        else unquote(str(value))
        if facet == "source"
        else str(value)
    )


assert set(FACET_WORDS) == set(FACETS)
assert set(SORT_WORDS) == set(SORTS)
assert set(MISSING_WORDS) <= set(MISSING)
assert set(CLUSTER_WORDS) == {*CLUSTER_STATES, "any"}
