"""Look at many images: the order, the window on it, the selection, one image in detail. No Jupyter in here.

`GridSession` is what the grid widget shows and drives. It can be used alone, from a script or a test::

    session = GridSession(ws)
    session.window(0, 20).view["items"]
    session.select(add=[[0, 3]])
    session.selected
"""

from __future__ import annotations

import datetime
import functools
import math
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.catalog import load_queries
from workbench.errors import BadValue, NotFound

Range = tuple[int, int]
"""Places from the first up to, not including, the second."""

CAPTIONS = {
    "name": "File name",
    "title": "Title",
    "description": "Description",
    "path": "Path",
    "format": "Format",
    "pixels": "Pixels",
    "size": "File size",
    "captured_at": "Captured",
    "camera": "Camera",
    "creator": "Creator",
    "copyright": "Copyright",
    "rating": "Rating",
    "batch": "Batch",
    "image_id": "Image id",
}
"""What a caption can say, besides any embedded key such as ``Xmp.photoshop.City``."""

BADGES = {
    "problem": "the file has a problem",
    "duplicate": "it is in a cluster of duplicates to be reviewed, or the same picture exists more than once",
    "no title": "no title",
    "no description": "no description",
    "no creator": "no creator",
    "no copyright": "no copyright",
    "no date": "no capture date",
    "no place": "no GPS position",
    "no keywords": "no keywords",
}
"""The badges a cell can carry, and what each means."""

USUAL_BADGES = ("problem", "duplicate", "no title")

SMALLEST, LARGEST = 72, 320
WIDEST_WINDOW = 400
LONGEST_CAPTION = 160
LONGEST_VALUE = 2_000
MOST_VALUES = 3_000
LARGE_EDGES = (256, 8_192)


@dataclass(frozen=True, slots=True)
class Reply:
    """A verb's answer that carries bytes: ``view`` refers to ``buffers`` by their index."""

    view: dict[str, Any]
    buffers: list[bytes] = field(default_factory=list)


class Thumbnails(Protocol):
    """Where thumbnails come from."""

    def get_many(self, checksums: Sequence[str]) -> Mapping[str, bytes]:
        """Return the thumbnails there are, by checksum."""
        ...


class Readable(Protocol):
    """What the grid needs of a workspace."""

    @property
    def thumbnails(self) -> Thumbnails:
        """The thumbnail cache."""
        ...

    def reading(self) -> AbstractContextManager[Any]:
        """Lease this thread's connection."""
        ...

    def image_bytes(self, image_id: str) -> bytes:
        """Return the file's bytes."""
        ...


class Searchable(Protocol):
    """Anything that can name images: a search, for instance."""

    def ids(self) -> Iterable[str]:
        """Return image ids in the order to show."""
        ...


class Selection:
    """A set of places, kept as sorted ranges: all of ten million is one range."""

    def __init__(self, ranges: Iterable[Sequence[int]] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in ranges:
            self.add(start, stop)

    @property
    def ranges(self) -> list[Range]:
        """The ranges, sorted, apart from each other."""
        return list(zip(self._starts, self._stops, strict=True))

    def add(self, start: int, stop: int) -> None:
        """Put places ``start`` … ``stop - 1`` in."""
        if start >= stop:
            return
        low, high = bisect_left(self._stops, start), bisect_right(self._starts, stop)
        if low < high:
            start, stop = min(start, self._starts[low]), max(stop, self._stops[high - 1])
        self._starts[low:high], self._stops[low:high] = [start], [stop]

    def remove(self, start: int, stop: int) -> None:
        """Take places ``start`` … ``stop - 1`` out."""
        if start >= stop:
            return
        low, high = bisect_right(self._stops, start), bisect_left(self._starts, stop)
        left = [(self._starts[low], start)] if low < high and self._starts[low] < start else []
        right = [(stop, self._stops[high - 1])] if low < high and self._stops[high - 1] > stop else []
        kept = left + right
        self._starts[low:high], self._stops[low:high] = [a for a, _ in kept], [b for _, b in kept]

    def __len__(self) -> int:
        return sum(self._stops) - sum(self._starts)

    def __contains__(self, place: int) -> bool:
        at = bisect_right(self._starts, place) - 1
        return at >= 0 and place < self._stops[at]

    def places(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return every place in, ascending."""
        spans = [np.arange(a, b, dtype=np.int64) for a, b in self.ranges]
        return np.concatenate(spans) if spans else np.empty(0, np.int64)


@functools.cache
def _sql(name: str) -> str:
    return load_queries()[name].sql


def _rows(ws: Readable, name: str, **parameters: Any) -> list[dict[str, Any]]:
    with ws.reading() as connection:
        result = connection.execute(_sql(name), parameters)
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _packed(ids: Iterable[str]) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    """Keep ids in 20 bytes each, not in Python strings: 200 MB, not 700, for ten million."""
    listed = ids if isinstance(ids, np.ndarray) else np.array(list(ids), dtype=object)
    return listed.astype(np.bytes_) if len(listed) else np.empty(0, "S20")


def _packed_arrow(ids: pa.Array) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    """Pack an Arrow array without making a million Python strings: its characters lie one behind the other already."""
    offsets, characters = ids.buffers()[1:]
    width = np.int64 if pa.types.is_large_string(ids.type) else np.int32
    ends = np.frombuffer(offsets, width)[ids.offset : ids.offset + len(ids) + 1] if len(ids) else np.empty(0, width)
    if not len(ids) or (np.diff(ends) != 20).any():
        return _packed(ids.to_pylist())
    return np.frombuffer(characters, "S20", count=len(ids), offset=int(ends[0]))


def _all_ids(ws: Readable) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    with ws.reading() as connection:
        return _packed(connection.execute(_sql("grid_all")).fetchnumpy()["image_id"])


Images = pd.DataFrame | Searchable | Iterable[str]


def _chosen_ids(ws: Readable, images: Images) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    if isinstance(images, str):
        raise BadValue("One text isn't a list of images.", hint="Give a list: [image_id].")
    if isinstance(images, pd.DataFrame):
        if "image_id" not in images.columns:
            raise BadValue("The table has no column image_id.", hint="Select image_id along with the rest.")
        listed = images["image_id"].tolist()
    else:
        found = images.ids() if hasattr(images, "ids") else images
        if isinstance(found, pa.Array):  # a search's own answer: no id in it twice, none unknown
            return _packed_arrow(found)
        listed = list(found)
    listed = list(dict.fromkeys(listed))
    if wrong := [one for one in listed if not isinstance(one, str) or not one.isascii()]:
        raise BadValue(f"This isn't an image id: {wrong[0]!r}.", hint="Ids are texts of 20 digits and letters a–f.")
    if unknown := [row["image_id"] for row in _rows(ws, "grid_unknown", ids=listed)]:
        raise NotFound(
            f"No such image: {', '.join(unknown[:3])}.", hint="Take ids from ws.sql, a search or another grid."
        )
    return _packed(listed)


class GridSession:
    """A long row of images, a window on it, and what is selected.

    Parameters
    ----------
    ws : Workspace
        Anything with ``reading()``, ``thumbnails`` and ``image_bytes()``.
    images : DataFrame, list of str, search, optional
        Which images, in which order: a table with a column ``image_id``, ids, or anything with ``ids()``. All when
        left out.
    caption : str
        A name in `CAPTIONS`, or any embedded key (``"Xmp.photoshop.City"``).
    badges : sequence of str
        Names in `BADGES`.
    size : int
        Height of a thumbnail in the grid, pixels.

    Raises
    ------
    BadValue
        An unknown caption or badge, or something that isn't images.
    NotFound
        An id nobody knows.

    Notes
    -----
    Messages can arrive on another thread while a cell runs. What changes is guarded by a lock; questions to the
    catalogue are asked outside of it.
    """

    def __init__(
        self,
        ws: Readable,
        images: Images | None = None,
        *,
        caption: str = "name",
        badges: Sequence[str] = USUAL_BADGES,
        size: int = 160,
    ) -> None:
        self.ws = ws
        self._lock = threading.RLock()
        self._all = images is None
        self._ids = _all_ids(ws) if images is None else _chosen_ids(ws, images)
        self._revision = 0
        self._selection = Selection()
        self._focus, self._anchor, self._top = 0, 0, 0.0
        self._caption, self._size = _known_caption(caption), _known_size(size)
        self._fields = dict(CAPTIONS) | {caption: CAPTIONS.get(caption, caption)}
        self._badges = _known_badges(badges)

    # -- what a widget shows and asks

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """The commands a widget may send."""
        return {
            "view": self.view,
            "window": self.window,
            "select": self.select,
            "focus": self.focus,
            "show_as": self.show_as,
            "details": self.details,
            "large": self.large,
        }

    def view(self) -> dict[str, Any]:
        """Return everything a fresh widget needs to look as the last one did."""
        with self._lock:
            return {
                "count": len(self._ids),
                "revision": self._revision,
                "focus": self._focus,
                "anchor": self._anchor,
                "top": self._top,
                "ranges": self._selection.ranges,
                "size": self._size,
                "sizes": [SMALLEST, LARGEST],
                "caption": self._caption,
                "captions": [{"key": key, "label": label} for key, label in self._fields.items()],
                "empty": _empty_words(self._all),
            }

    def window(self, start: int, stop: int, thumbnails: bool = True, caption: str | None = None) -> Reply:
        """Return what the cells ``start`` … ``stop - 1`` show.

        Parameters
        ----------
        start, stop : int
            Places; cut to what there is, and to `WIDEST_WINDOW`.
        thumbnails : bool
            Send the thumbnails too.
        caption : str, optional
            The caption to read; the session's when left out.

        Returns
        -------
        Reply
            ``view["items"]``: one a place, ``thumb`` the index of its buffer or None.
        """
        with self._lock:
            start = max(0, min(_whole(start), len(self._ids)))
            stop = max(start, min(_whole(stop), len(self._ids), start + WIDEST_WINDOW))
            ids = [one.decode() for one in self._ids[start:stop]]
            revision, chosen = self._revision, self._caption
        caption = _known_caption(caption or chosen)
        items = self._items(ids, caption)
        buffers = self._attach_thumbnails(items) if thumbnails else []
        for item in items:
            del item["checksum"]
        view = {"start": start, "stop": stop, "revision": revision, "caption": caption, "items": items}
        return Reply(view, buffers)

    def select(
        self,
        add: Sequence[Sequence[int]] = (),
        remove: Sequence[Sequence[int]] = (),
        revision: int | None = None,
    ) -> dict[str, Any]:
        """Change the selection by ranges of places; doing it twice does no more than once."""
        with self._lock:
            if revision is None or revision == self._revision:
                for start, stop in (self._within(pair) for pair in remove):
                    self._selection.remove(start, stop)
                for start, stop in (self._within(pair) for pair in add):
                    self._selection.add(start, stop)
            return {"selected": len(self._selection), "revision": self._revision}

    def focus(self, place: int, anchor: int | None = None, top: float = 0.0) -> dict[str, Any]:
        """Remember where the person is: the focused place, where a range began, and the row at the top."""
        with self._lock:
            last = max(0, len(self._ids) - 1)
            self._focus = max(0, min(_whole(place), last))
            self._anchor = self._focus if anchor is None else max(0, min(_whole(anchor), last))
            self._top = max(0.0, float(top)) if math.isfinite(float(top)) else 0.0
            return {"focus": self._focus}

    def show_as(self, size: int | None = None, caption: str | None = None) -> dict[str, Any]:
        """Change the thumbnails' height (pixels) or the caption."""
        with self._lock:
            if size is not None:
                self._size = _known_size(size)
            if caption is not None:
                self._caption = _known_caption(caption)
                self._fields.setdefault(caption, caption)
            return {"size": self._size, "caption": self._caption}

    def details(self, image_id: str) -> dict[str, Any]:
        """Return one image's facts, keywords, problems and all embedded metadata, long values cut.

        Raises
        ------
        NotFound
            No file has that id.
        """
        files = _rows(self.ws, "grid_file", image_id=image_id)
        problems = _rows(self.ws, "grid_problems", ids=[image_id])
        if not files and not problems:
            raise NotFound(f"No such image: {image_id}.", hint="It may have gone in a newer scan: run the cell again.")
        values = _rows(self.ws, "grid_embedded", image_id=image_id, longest=LONGEST_VALUE, most=MOST_VALUES)
        facts = files[0] if files else {"path": problems[0]["path"]}
        return {
            "image_id": image_id,
            "facts": [{"key": key, "value": _words(value)} for key, value in facts.items() if value is not None],
            "keywords": [row["keyword"] for row in _rows(self.ws, "grid_keywords", image_id=image_id)],
            "problems": [{k: row[k] or "" for k in ("stage", "kind", "message", "detail")} for row in problems],
            "embedded": values,
            "more": len(values) == MOST_VALUES,
        }

    def large(self, image_id: str, edge: int = 2_048) -> Reply:
        """Return a rendering a browser can show, its longer edge at most ``edge`` pixels, as the only buffer."""
        from workbench.images import large_jpeg

        edge = max(LARGE_EDGES[0], min(_whole(edge), LARGE_EDGES[1]))
        return Reply({"image_id": image_id, "edge": edge}, [large_jpeg(self.ws.image_bytes(image_id), edge=edge)])

    # -- what a person in a notebook asks

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> list[str]:
        """All image ids, in the grid's order."""
        with self._lock:
            ids = self._ids
        return [one.decode() for one in ids]

    @property
    def selected(self) -> list[str]:
        """The selected image ids, in the grid's order."""
        with self._lock:
            return [one.decode() for one in self._ids[self._selection.places()]]

    def frame(self, *, all: bool = False) -> pd.DataFrame:
        """Return the rows of ``images`` that are selected, or of the whole grid, in its order."""
        with self.ws.reading() as connection:
            ids = self.ids if all else self.selected
            table: pd.DataFrame = connection.execute(_sql("grid_frame"), {"ids": ids}).df()
            return table

    def select_ids(self, ids: Iterable[str]) -> None:
        """Select exactly these images; ids the grid doesn't show are passed over."""
        wanted = _packed(dict.fromkeys(ids))
        with self._lock:
            self._selection = Selection()
            for place in np.flatnonzero(np.isin(self._ids, wanted)).tolist():
                self._selection.add(place, place + 1)

    def show(self, images: Images | None = None) -> None:
        """Show other images; what is still there stays selected and focused."""
        ids = _all_ids(self.ws) if images is None else _chosen_ids(self.ws, images)
        with self._lock:
            kept, focused = self.selected, self._focused_id()
            self._ids, self._all, self._top = ids, images is None, 0.0
            self._revision += 1
            self._selection = Selection()
            self._focus = self._anchor = self._place_of(focused)
            if kept:
                self.select_ids(kept)

    def take_over(self, other: GridSession) -> None:
        """Continue where another session was: selection, focus, scroll, size and caption."""
        with other._lock:
            same = np.array_equal(self._ids, other._ids)
            kept, ranges, focused = ([] if same else other.selected), other._selection.ranges, other._focused_id()
            place = (other._focus, other._anchor, other._top)
            size, caption, fields = other._size, other._caption, dict(other._fields)
        with self._lock:
            self._size, self._caption, self._fields = size, caption, self._fields | fields
            if same:
                self._selection = Selection(ranges)
                self._focus, self._anchor, self._top = place
            else:
                self.select_ids(kept)
                self._focus = self._anchor = self._place_of(focused)

    # -- inside

    def _focused_id(self) -> bytes | None:
        return bytes(self._ids[self._focus]) if len(self._ids) else None

    def _place_of(self, image_id: bytes | None) -> int:
        if image_id is None:
            return 0
        found = np.flatnonzero(self._ids == image_id).tolist()
        return int(found[0]) if found else 0

    def _within(self, pair: Sequence[int]) -> Range:
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise BadValue(f"A range is two numbers, not {pair!r}.", hint="Give [start, stop].")
        start, stop = (_whole(number) for number in pair)
        return max(0, start), min(len(self._ids), stop)

    def _items(self, ids: list[str], caption: str) -> list[dict[str, Any]]:
        with self.ws.reading():  # one lease for all the questions
            rows = {row["image_id"]: row for row in _rows(self.ws, "grid_rows", ids=ids)}
            problems: dict[str, list[dict[str, Any]]] = {}
            for row in _rows(self.ws, "grid_problems", ids=ids):
                problems.setdefault(row["image_id"], []).append(row)
            copies = self._copies(rows)
            self._note_clusters(rows)
            self._note_keywords(rows)
            embedded = {} if caption in CAPTIONS else self._embedded(ids, caption)
        return [
            self._item(image_id, rows.get(image_id), problems.get(image_id, []), copies, caption, embedded)
            for image_id in ids
        ]

    def _item(
        self,
        image_id: str,
        row: dict[str, Any] | None,
        problems: list[dict[str, Any]],
        copies: Mapping[str, int],
        caption: str,
        embedded: Mapping[str, str],
    ) -> dict[str, Any]:
        path = row["path"] if row else problems[0]["path"] if problems else ""
        name = row["name"] if row else path.rpartition("/")[2]
        known = row or {"name": name, "path": path, "image_id": image_id}
        said = _caption(caption, known) if caption in CAPTIONS else embedded.get(image_id)
        return {
            "id": image_id,
            "name": name,
            "format": row["format"] if row else "",
            "caption": (said or "")[:LONGEST_CAPTION],
            "badges": [badge for kind in self._badges if (badge := _badge(kind, row, problems, copies))],
            "thumb": None,
            "checksum": row["checksum"] if row else None,
        }

    def _copies(self, rows: Mapping[str, dict[str, Any]]) -> dict[str, int]:
        hashes = [row["picture_hash"] for row in rows.values() if row["picture_hash"]]
        if "duplicate" not in self._badges or not hashes:
            return {}
        return {row["picture_hash"]: row["copies"] for row in _rows(self.ws, "grid_copies", hashes=hashes)}

    def _note_clusters(self, rows: Mapping[str, dict[str, Any]]) -> None:
        if "duplicate" in self._badges:
            for row in _rows(self.ws, "grid_clusters", ids=list(rows)):
                rows[row["image_id"]]["cluster"] = row

    def _note_keywords(self, rows: Mapping[str, dict[str, Any]]) -> None:
        if "no keywords" in self._badges:
            having = {row["image_id"] for row in _rows(self.ws, "grid_with_keywords", ids=list(rows))}
            for image_id, row in rows.items():
                row["has_keywords"] = image_id in having

    def _embedded(self, ids: list[str], key: str) -> dict[str, str]:
        return {row["image_id"]: row["value"] for row in _rows(self.ws, "grid_embedded_values", ids=ids, key=key)}

    def _attach_thumbnails(self, items: list[dict[str, Any]]) -> list[bytes]:
        wanted = list({item["checksum"] for item in items if item["checksum"]})
        found = self.ws.thumbnails.get_many(wanted) if wanted else {}
        buffers: list[bytes] = []
        for item in items:
            if thumbnail := found.get(item["checksum"] or ""):
                item["thumb"] = len(buffers)
                buffers.append(thumbnail)
        return buffers


def _whole(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number // 1:
        raise BadValue(f"This isn't a whole number: {number!r}.", hint="Places are counted from 0.")
    return int(number)


def _known_caption(caption: str) -> str:
    if isinstance(caption, str) and (caption in CAPTIONS or caption.partition(".")[0] in ("Exif", "Iptc", "Xmp")):
        return caption
    raise BadValue(
        f"There is no caption {caption!r}.",
        hint=f"Take one of {', '.join(CAPTIONS)}, or an embedded key such as Xmp.photoshop.City.",
    )


def _known_badges(badges: Sequence[str]) -> tuple[str, ...]:
    if isinstance(badges, str):
        badges = (badges,)
    if wrong := [badge for badge in badges if badge not in BADGES]:
        raise BadValue(f"There is no badge {wrong[0]!r}.", hint=f"Take any of {', '.join(BADGES)}.")
    return tuple(dict.fromkeys(badges))


def _known_size(size: int) -> int:
    return max(SMALLEST, min(_whole(size), LARGEST))


def _empty_words(everything: bool) -> dict[str, str]:
    if everything:
        return {"title": "No images yet", "hint": 'Scan a folder first: ws.scan("path/to/folder").'}
    return {"title": "No images match", "hint": "Loosen the search, or show all with ImageGrid(ws)."}


def _caption(caption: str, row: Mapping[str, Any]) -> str:
    if caption == "camera":
        make, model = row.get("camera_make") or "", row.get("camera_model") or ""
        return model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    if caption == "pixels":
        return f"{row['oriented_width']} × {row['oriented_height']}" if row.get("oriented_width") else ""
    if caption == "size":
        return _bytes(row["size"]) if row.get("size") is not None else ""
    return _words(row.get(caption))


def _badge(
    kind: str, row: Mapping[str, Any] | None, problems: Sequence[Mapping[str, Any]], copies: Mapping[str, int]
) -> dict[str, str] | None:
    if kind == "problem":
        means = "; ".join(dict.fromkeys(problem["message"] for problem in problems))
        return {"text": "problem", "kind": "problem", "means": means} if problems else None
    if row is None:
        return None
    if kind == "duplicate":
        return _duplicate_badge(row, copies.get(row["picture_hash"], 1))
    columns = {"no date": "captured_at", "no place": "latitude", "no keywords": "has_keywords"}
    value = row[columns.get(kind, kind.removeprefix("no "))]
    return None if value not in (None, "", False) else {"text": kind, "kind": "gap", "means": BADGES[kind]}


def _duplicate_badge(row: Mapping[str, Any], copies: int) -> dict[str, str] | None:
    """Tell of the cluster that waits to be reviewed; without one, of equal pictures."""
    if cluster := row.get("cluster"):
        stays = "It is the one proposed to stay." if cluster["role"] == "keeper" else "It may go."
        means = f"In a cluster of {cluster['images']} duplicates to be reviewed ({cluster['relation']}). {stays}"
        text = "duplicate, stays" if cluster["role"] == "keeper" else "duplicate"
        return {"text": text, "kind": "duplicate", "means": means}
    means = f"The same picture is here {copies} times."
    return {"text": f"{copies} copies", "kind": "duplicate", "means": means} if copies > 1 else None


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError
