"""Looking at the pairs of a certificate, one by one: the session behind the widget, no Jupyter.

::

    session = CertificateSession(ws.dedup.certify(plan))
    session.judge("right")  # and on to the next

Whatever is said of a pair is an event of the ledger; the last word on each counts (`workbench.certificate`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from workbench.certificate import VERDICTS, Draw
from workbench.errors import BadValue, NotFound
from workbench.grid import Reply
from workbench.review_pages import EDGE, Loading, Page, Row, known_edge
from workbench.review_views import cluster_view
from workbench.tag_pages import Pace

SHOWN_AHEAD = 3
LONGEST_NOTE = 2_000


class Pairs(Loading):
    """Reads the pairs of a draw ahead of the person: each is a page of two, called by its place."""

    def __init__(self, draw: Draw) -> None:
        super().__init__(draw.ws)
        self.draw_id = draw.draw_id

    def members(self, cluster_ids: Sequence[str]) -> list[Row]:
        """Read the images of one pair."""
        return [row for one in cluster_ids for row in self.ask("drawn_members", draw_id=self.draw_id, place=int(one))]

    def _read(self, cluster_ids: Sequence[str]) -> dict[str, Page]:
        pages: dict[str, Page] = {}
        for one in cluster_ids:  # the same image may stay in the stead of several: each pair by itself
            pages |= super()._read([one])
        return pages


class CertificateSession:
    """One person's way through a sample of a removal.

    Parameters
    ----------
    draw : Draw
        See `workbench.certificate.draw`.
    clock : callable
        Seconds that only grow, for the pace.
    """

    def __init__(self, draw: Draw, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.ws, self.draw = draw.ws, draw
        self.on_ahead: Callable[[str], None] = lambda image_id: None
        self._lock = threading.RLock()
        self._loading = Pairs(draw)
        self._pace = Pace(clock)
        self._said: list[int] = []
        self._rows = self._frame()
        self._place = self._open_after(-1)

    def _frame(self) -> list[Row]:
        return [{str(key): value for key, value in row.items()} for row in self.draw.frame().to_dict("records")]

    @property
    def verbs(self) -> dict[str, Callable[..., Reply | dict[str, Any]]]:
        """What a browser may ask for."""
        names = ("view", "judge", "back", "next", "previous", "peek", "picture", "thumbs")
        return {name: getattr(self, name) for name in names}

    @property
    def place(self) -> int | None:
        """The pair shown, from 0; None when all have been looked at and none is looked at again."""
        return self._place

    def view(self) -> dict[str, Any]:
        """Return the pair shown, how far the sample is looked at, and what it shows."""
        with self._lock:
            self._rows = self._frame()
            return self._view()

    def _view(self) -> dict[str, Any]:
        result = self.draw.result()
        return {
            "pair": None if self._place is None else self._pair(self._place),
            "progress": {
                "count": result.sampled,
                "done": result.judged,
                "left": result.sampled - result.judged,
                "wrong": result.wrong,
                **self._pace.view(),
            },
            "what": result.what,
            "statement": result.statement,
            "finished": result.judged == result.sampled,
            "verdicts": VERDICTS,
            "can_go_back": bool(self._said),
        }

    def _pair(self, place: int) -> dict[str, Any]:
        row = self._rows[place]
        told = {
            "place": place,
            "verdict": _text(row["verdict"]),
            "judged_by": _text(row["judged_by"]),
            "note": _text(row["note"]),
            "paths": [row["keeper_path"], row["path"]],
        }
        try:
            page = self._loading.page(str(place))
        except NotFound:
            return {**told, "missing": "Neither of them is in the collection any more."}
        if len(page.members) < 2:
            return {**told, "missing": f"Only {page.members[0].facts['path']} is in the collection any more."}
        keeper, going = page.members
        changed = [one.facts["path"] for one in page.members if one.facts["changed"]]
        return {
            **told,
            "cluster": cluster_view(page, keeper.image_id, {}, going.image_id),
            "changed": f"Changed since the sample was drawn: {', '.join(changed)}." if changed else "",
        }

    # -- verbs

    def judge(self, verdict: str, *, place: int | None = None, note: str = "") -> dict[str, Any]:
        """Say of the pair shown whether it is right, and go on to the next that nobody has looked at.

        Parameters
        ----------
        verdict : str
            A key of `workbench.certificate.VERDICTS`.
        place : int, optional
            The pair that is meant; when another one is shown nothing is said of either.
        note : str
            Why.

        Raises
        ------
        BadValue
            The verdict isn't known, or the note is too long.
        NotFound
            No pair is shown.
        """
        with self._lock:
            self._pace.touch()
            if self._place is None:
                raise NotFound("All pairs have been looked at.", hint="Go back to one to say something else of it.")
            if place not in (None, self._place):
                return self._view()
            if len(note) > LONGEST_NOTE:
                raise BadValue("This note is too long.", hint=f"Use at most {LONGEST_NOTE:,} characters.")
            self.draw.judge(self._place, verdict, note)
            self._pace.accepted += 1
            self._said.append(self._place)
            self._rows = self._frame()
            self._place = self._open_after(self._place)
            return self._view()

    def back(self) -> dict[str, Any]:
        """Return to the pair of which something was said last, to say something else of it."""
        with self._lock:
            if not self._said:
                raise NotFound("You haven't said anything yet.", hint="Use the arrow keys to look at other pairs.")
            self._place = self._said.pop()
            return self._view()

    def next(self) -> dict[str, Any]:
        """Look at the pair after this one."""
        return self._step(1)

    def previous(self) -> dict[str, Any]:
        """Look at the pair before this one."""
        return self._step(-1)

    def _step(self, by: int) -> dict[str, Any]:
        with self._lock:
            self._pace.touch()
            last = len(self._rows) - 1
            start = (-1 if by > 0 else last + 1) if self._place is None else self._place
            self._place = max(0, min(last, start + by))
            return self._view()

    def _open_after(self, place: int) -> int | None:
        """Return the next pair, and round, that nobody has looked at."""
        count = len(self._rows)
        turned = [(place + 1 + step) % count for step in range(count)]
        return next((one for one in turned if not _text(self._rows[one]["verdict"])), None)

    # -- pictures

    def peek(self, edge: int = EDGE) -> dict[str, Any]:
        """Have the pairs that come next loaded, and their pictures rendered."""
        edge = known_edge(edge)
        with self._lock:
            start = -1 if self._place is None else self._place
            coming = [
                one for one in range(start + 1, len(self._rows)) if not _text(self._rows[one]["verdict"])
            ][:SHOWN_AHEAD]  # fmt: skip
        self._loading.ahead(lambda: self._render(coming, edge))
        return {"next": coming[0] if coming else None}

    def _render(self, coming: list[int], edge: int) -> None:
        self._loading.load([str(one) for one in coming])
        for place in coming:
            for one in self._loading.page(str(place)).members:
                self._loading.picture(one.image_id, edge)
                self.on_ahead(one.image_id)

    def picture(self, image_id: str, edge: int = EDGE) -> Reply:
        """Return a rendering of an image of a pair that was shown, its longer edge at most ``edge`` pixels."""
        return Reply({"image_id": image_id}, [self._loading.picture(image_id, known_edge(edge))])

    def thumbs(self, image_ids: Sequence[str]) -> Reply:
        """Return the thumbnails there are: ``found`` maps image_id to a buffer's index."""
        return self._loading.thumbs(image_ids)

    def close(self) -> None:
        """End what runs ahead."""
        self._loading.close()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
