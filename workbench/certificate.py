"""Certificates: a random sample of a removal is looked at, and shows how few of all its pairs can be wrong.

Draw → review → statement. The draw is an event with its seed, so that anybody can repeat it; every verdict is an event;
the statement is exact (`workbench.intervals`), for the finite number of pairs that were to be removed.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from workbench import intervals
from workbench.errors import BadValue, NotFound
from workbench.events import pack
from workbench.workspace import Workspace

VERDICTS: dict[str, str] = {
    "right": "They are duplicates, and the better one stays.",
    "wrong": "They are no duplicates, or the wrong one would stay.",
    "unsure": "Nobody can tell; it counts as wrong.",
}
"""What can be said of a pair → in words."""


class Planned(Protocol):
    """A plan to remove files."""

    def pairs(self) -> list[tuple[str, str]]:
        """Return what goes, and what stays in its stead."""


Pairs = Planned | pd.DataFrame | Iterable[tuple[str, str]]
"""A plan to remove files, a frame with the columns image_id (goes) and keeper_id (stays), or such tuples."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a sample shows.

    Attributes
    ----------
    draw_id, what : str
    population, sampled, judged, wrong : int
        Pairs to be removed, pairs drawn, looked at, and counted as wrong: those found wrong, and those nobody can tell.
    confidence : float
        Of the statement.
    most_wrong : int or None
        How many of all pairs are wrong at most; None while not all that were drawn have been looked at.
    seed : str
    digest : str
        SHA-256 of all pairs that were drawn from.
    unsure : int
        Of those counted as wrong, the ones nobody can tell.
    """

    draw_id: str
    what: str
    population: int
    sampled: int
    judged: int
    wrong: int
    confidence: float
    most_wrong: int | None
    seed: str
    digest: str
    unsure: int = 0

    @property
    def share(self) -> float | None:
        """The share of all pairs that isn't exceeded, 0 to 1; None while the review isn't finished."""
        return None if self.most_wrong is None else self.most_wrong / self.population

    @property
    def least_wrong(self) -> int | None:
        """How many of all pairs are wrong at least, by a bound of its own at the same confidence, without doubts."""
        if self.most_wrong is None:
            return None
        not_wrong = self.sampled - self.said_wrong
        most = intervals.most_errors(not_wrong, self.sampled, self.population, confidence=self.confidence)
        return self.population - most

    @property
    def said_wrong(self) -> int:
        """How many somebody said are wrong."""
        return self.wrong - self.unsure

    def shows(self, share: float) -> bool:
        """Whether it shows that fewer than a share of all pairs are wrong."""
        return self.share is not None and self.share < share

    @property
    def statement(self) -> str:
        """What can be said, in words, with n, the errors, the bound and the confidence."""
        if self.most_wrong is None:
            return f"{self.judged:,} of the {self.sampled:,} pairs drawn have been looked at: no statement yet."
        errors = _errors(self.said_wrong, self.unsure)
        found = f"{self.sampled:,} of {self.population:,} pairs, drawn at random, were looked at; {errors}."
        if self.sampled == self.population:
            return f"{found} That was all of them."
        sure = f"{_percent(self.confidence)} %"
        if self.most_wrong == self.population:
            return f"{found} That shows nothing: all of them may be wrong."
        most = f"at most {self.most_wrong:,} of {self.population:,}" if self.most_wrong else "none"
        bound = _careful((self.most_wrong + 1) / self.population)
        said = f"{found} With {sure} confidence, < {bound} % are wrong ({most})."
        if not self.said_wrong:
            return said
        are = "is" if self.least_wrong == 1 else "are"
        return f"{said} At least {self.least_wrong:,} {are}, with the same confidence."

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        names = (
            "draw_id",
            "what",
            "population",
            "sampled",
            "judged",
            "wrong",
            "confidence",
            "most_wrong",
            "seed",
            "digest",
            "unsure",
        )
        return {name: getattr(self, name) for name in names} | {"share": self.share, "statement": self.statement}

    def __str__(self) -> str:
        return self.statement


def _errors(wrong: int, unsure: int) -> str:
    said = {0: "none was wrong", 1: "1 was wrong"}.get(wrong, f"{wrong:,} were wrong")
    doubt = f"{unsure:,} not sure, counted as wrong"
    return said if not unsure else f"{said}, {doubt}" if wrong else doubt


def _percent(share: float) -> str:
    return f"{share * 100:.6g}"


def _careful(share: float) -> str:
    """Return a share in per cent with two digits, rounded up."""
    percent, decimals = intervals.percent_above(share)
    return f"{percent:.{decimals}f}"


class Draw:
    """A random sample of a removal, to be looked at by anybody, in any order, over any time.

    Parameters
    ----------
    ws : Workspace
    draw_id : str

    Raises
    ------
    NotFound
        Nothing was drawn under this id.
    """

    def __init__(self, ws: Workspace, draw_id: str) -> None:
        self.ws = ws
        self.draw_id = draw_id
        found = ws.query("drawn_sample", draw_id=draw_id).to_dict("records")
        if not found:
            raise NotFound(f"Nothing was drawn as {draw_id!r}.", hint="Look into the view certificates.")
        self.about: Mapping[Any, Any] = found[0]

    def __repr__(self) -> str:
        return f"<Draw {self.draw_id} of {self.about['what']}: {self.result()}>"

    def frame(self) -> pd.DataFrame:
        """Return the pairs in the order drawn, with paths, checksums, and the last verdict on each."""
        return self.ws.query("drawn_pairs", draw_id=self.draw_id)

    def open(self) -> pd.DataFrame:
        """Return the pairs that nobody has looked at."""
        found = self.frame()
        return found[found["verdict"].isna()].reset_index(drop=True)

    def judge(self, places: int | Sequence[int], verdict: str, note: str = "") -> None:
        """Say of pairs whether they are right. The last word on each counts.

        Parameters
        ----------
        places : int or sequence of int
            As in `frame`.
        verdict : str
            A key of `VERDICTS`.
        note : str
            Why.

        Raises
        ------
        BadValue
            The verdict isn't known, or there is no such place.
        """
        wanted = [places] if isinstance(places, int) else list(places)
        if verdict not in VERDICTS:
            raise BadValue(f"A pair can't be {verdict!r}.", hint=f"Say one of {', '.join(VERDICTS)}.")
        wrong = [place for place in wanted if not 0 <= place < int(self.about["sampled"])]
        if wrong or not wanted:
            raise BadValue(
                f"There is no pair {wrong[:3]}.", hint=f"They are numbered 0 to {self.about['sampled'] - 1}."
            )
        with self.ws.change(note) as change:
            change.add(
                "certificate_judged", {"draw_id": self.draw_id, "rows": [[int(p), verdict, note] for p in wanted]}
            )

    def result(self) -> Certificate:
        """Return what the sample shows so far."""
        known, verdicts = self.about, self.frame()["verdict"]
        judged, unsure = int(verdicts.notna().sum()), int((verdicts == "unsure").sum())
        wrong = int((verdicts == "wrong").sum()) + unsure
        population, sampled, confidence = int(known["population"]), int(known["sampled"]), float(known["confidence"])
        done = judged == sampled
        most = intervals.most_errors(wrong, sampled, population, confidence=confidence) if done else None
        return Certificate(
            self.draw_id,
            known["what"],
            population,
            sampled,
            judged,
            wrong,
            confidence,
            most,
            known["seed"],
            known["digest"],
            unsure,
        )

    def covers(self, pairs: Pairs) -> bool:
        """Whether these are the pairs that the sample was drawn from: none added, none changed."""
        return _digest(_with_checksums(self.ws, _listed(pairs))) == str(self.about["digest"])


def draw(
    ws: Workspace,
    pairs: Pairs,
    n: int | None = None,
    *,
    share: float = 0.01,
    confidence: float = 0.95,
    seed: int | str | None = None,
    what: str = "a removal",
) -> Draw:
    """Draw a random sample of the pairs of a removal.

    Parameters
    ----------
    pairs : Plan, DataFrame or iterable of (image_id, keeper_id)
        All pairs: what goes, and what stays in its stead.
    n : int, optional
        How many to draw; as many as show, when none is wrong, that fewer than ``share`` are.
    share : float
    confidence : float
    seed : int or str, optional
        The same pairs and the same seed give the same sample, in any order and on any machine; a random seed when not
        given.
    what : str
        What it is drawn from, in words.

    Raises
    ------
    BadValue
        There are no pairs, the same twice, fewer than ``n``, or one isn't catalogued.
    """
    listed = _with_checksums(ws, _listed(pairs))
    count = intervals.sample_size(share, population=len(listed), confidence=confidence) if n is None else n
    if not 1 <= count <= len(listed):
        raise BadValue(f"{count:,} of {len(listed):,} pairs can't be drawn.", hint="Draw at least 1, at most all.")
    word = str(secrets.randbits(64) if seed is None else seed)
    rows = sorted(listed, key=lambda pair: _lot(word, pair))[:count]
    draw_id = uuid.uuid4().hex[:16]
    about = {"draw_id": draw_id, "what": what, "population": len(listed), "sampled": count, "seed": word}
    about |= {"digest": _digest(listed), "confidence": confidence}
    with ws.change() as change:
        change.add("certificate_drawn", about, attachment=pack([[n, *row] for n, row in enumerate(rows)]))
    return Draw(ws, draw_id)


def covering(ws: Workspace, pairs: Pairs) -> Certificate | None:
    """Return what samples of just these pairs show; of several that are finished the least favourable, else the latest.

    Somebody who draws until a sample is without errors gains nothing by it.
    """
    digest = _digest(_with_checksums(ws, _listed(pairs)))
    found = [Draw(ws, draw_id).result() for draw_id in ws.query("certificates_of", digest=digest)["draw_id"]]
    done = [one for one in found if one.share is not None]
    return max(done, key=lambda one: one.share or 0.0) if done else next(iter(found), None)


def certificates(ws: Workspace) -> list[Certificate]:
    """Return what every sample that was drawn shows, the latest first."""
    return [Draw(ws, draw_id).result() for draw_id in ws.query("all_certificates")["draw_id"]]


Row = tuple[str, str, str, str]


def _listed(pairs: Pairs) -> list[tuple[str, str]]:
    if isinstance(pairs, pd.DataFrame):
        if not {"image_id", "keeper_id"} <= set(pairs.columns):
            raise BadValue("The frame doesn't say which stays.", hint="It needs the columns image_id and keeper_id.")
        found = list(zip(pairs["image_id"], pairs["keeper_id"], strict=True))
    else:
        listed = pairs if isinstance(pairs, Iterable) else pairs.pairs()
        found = [(str(one), str(other)) for one, other in listed]
    if len({image_id for image_id, _ in found}) < len(found):
        raise BadValue("An image would be removed twice.", hint="List each image that goes once.")
    if not found:
        raise BadValue("There are no pairs to draw from.", hint="Plan a removal first.")
    return found


def _with_checksums(ws: Workspace, pairs: list[tuple[str, str]]) -> list[Row]:
    ids = sorted({image_id for pair in pairs for image_id in pair})
    known = ws.query("checksums_of", image_ids=ids)
    sums = dict(zip(known["image_id"], known["checksum"], strict=True))
    missing = [image_id for image_id in ids if image_id not in sums]
    if missing:
        raise NotFound(f"Not catalogued: {missing[0]}.", hint="Plan the removal anew.")
    return sorted((one, other, sums[one], sums[other]) for one, other in pairs)


def _digest(rows: list[Row]) -> str:
    return hashlib.sha256("\n".join(" ".join(row) for row in rows).encode()).hexdigest()


def _lot(seed: str, row: Row) -> bytes:
    """Return the number that a pair draws: whoever has the least ones is in the sample."""
    return hashlib.sha256("\0".join((seed, *row)).encode()).digest()
