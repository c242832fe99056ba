"""Try out, on the collection at hand, what a search for duplicates finds and what it takes for duplicates wrongly.

How well pictures can be told apart belongs to a collection: what never errs among holiday photographs errs all the time
in a catalogue. So edited copies of some of the collection's own pictures are made, in memory, and looked for; and pairs
of pictures that are no copies of each other are laid before verification: by chance, by the likeness of their hashes,
and made to look alike. The score from which on a pair is called a duplicate is set by what comes of it.
"""

from __future__ import annotations

import json
import math
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import comparing, dedup, edits, hash_index, trials
from workbench.calibration_figures import Calibration, Pairs, Recall, pairs_of, recall_of
from workbench.comparing import Comparison, Shown
from workbench.dedup_settings import Settings
from workbench.errors import BadValue, TooMuch
from workbench.finders import content, judging
from workbench.relations import DUPLICATES
from workbench.shared_spots import Spots, lying, spots_of, unpack
from workbench.trials import Trial, Tried
from workbench.verification import Thresholds, Verdict
from workbench.word_index import WordIndex, words_of
from workbench.workers import Pool
from workbench.workspace import Workspace

SAMPLE = 24
"""Pictures that copies are made of."""
QUICK_SAMPLE, QUICK_PAIRS = 8, 300
"""The same, and the number of pairs, where nobody asked: a review shouldn't wait long."""
FEWEST = 50
"""Different pictures below which calibrating unasked isn't worth the time: the figures would say next to nothing."""
PAIRS = 600
"""Pairs by chance, and as many of the nearest hashes, that are verified."""
MOST = 50_000
"""Pictures among which copies are looked for; of more, that many are drawn."""
LEVELS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""Scores that may be demanded for a duplicate; never less than verification demands by itself."""
PRICE = 0.01
"""Part of the copies that may be lost for telling made look-alikes apart: they are no sample of the collection."""

Tell = Callable[[int, int, str], None]
_METHODS = ("exact", "same-picture", "fuzzy", "content")
_DEADLINE = 180.0
_REFUTED = ("variant", "not_duplicate", "burst", "companion")


def calibrate(
    ws: Workspace,
    *,
    sample: int = SAMPLE,
    pairs: int = PAIRS,
    kinds: Sequence[str] | None = None,
    seed: int = 0,
    settings: Settings | None = None,
    workers: int | None = None,
    progress: Tell | None = None,
    cancel: threading.Event | None = None,
    record: bool = True,
) -> Calibration:
    """Measure on this collection what is found and what is taken for a duplicate wrongly, and choose thresholds.

    Duplicates are looked for first where that wasn't done. Nothing is written but the event with the figures:
    copies exist in memory only.

    Parameters
    ----------
    ws : Workspace
    sample : int
        Pictures that copies of every kind are made of.
    pairs : int
        Pairs by chance, and as many of the nearest hashes, that are verified.
    kinds : sequence of str, optional
        Of `edits.KINDS`; all when not given.
    seed : int
        Decides which pictures and pairs are drawn, and how copies are edited.
    settings : Settings, optional
        Those of the workspace's ``dedup.toml`` when not given.
    workers : int, optional
        Processes; one for each core when not given.
    progress : callable, optional
        Called with how much is done, of how much, and what is being done.
    cancel : threading.Event, optional
        Set it from anywhere to end; then nothing is stored.
    record : bool
        Whether the figures go into the ledger, and the thresholds hold from now on.

    Raises
    ------
    BadValue
        There is no such kind of edit, or there are fewer than two pictures to compare.
    """
    unknown = [kind for kind in kinds or () if kind not in edits.KINDS]
    if unknown or sample < 1 or pairs < 0:
        what = f"There is no kind of edit {', '.join(unknown)}." if unknown else "A sample needs one picture at least."
        raise BadValue(what, hint=f"Kinds: {', '.join(edits.KINDS)}.")
    given = settings or dedup.calibrated(ws, dedup.load(ws.folder))
    run = _Run(ws, given, seed, workers, progress, cancel or threading.Event())
    return run.run(sample, pairs, tuple(kinds or edits.KINDS), record=record)


@dataclass(slots=True)
class _Run:
    """One calibration under way."""

    ws: Workspace
    settings: Settings
    seed: int
    workers: int | None
    tell: Tell | None
    cancel: threading.Event
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    contents: int = 0
    upright: dict[int, Spots] = field(default_factory=dict)

    def run(self, sample: int, pairs: int, kinds: tuple[str, ...], *, record: bool) -> Calibration:
        started = time.monotonic()
        self._search()
        self.table = self.ws.query("pictures_to_try", seed=self.seed, most=MOST)
        self.contents = int(self.ws.query("contents_counted")["contents"].iloc[0])
        if len(self.table) < 2:
            raise BadValue(
                "There are fewer than two different pictures to calibrate on.",
                hint="Scan a source with pictures first.",
            )
        tried = self._try_copies(sample, kinds)
        drawn = {"random": self._by_chance(pairs), "nearest": self._nearest(pairs)}
        verified = {name: self._verify(name, chosen) for name, chosen in drawn.items()}
        found = self.ws.query("found_by_score")
        least = self._chosen(tried, verified, found)
        made = Calibration(
            uuid.uuid4().hex[:12],
            {"least": least},
            self.seed,
            self.contents,
            min(sample, len(self.table)),
            tuple(self._recalls(tried, kinds, least)),
            tuple(self._sets(tried, verified, found, least)),
            round(time.monotonic() - started, 3),
            "cancelled" if self.cancel.is_set() else "finished",
        )
        if record and made.outcome == "finished":
            _record(self.ws, made)
        return made

    def _say(self, done: int, total: int, doing: str) -> None:
        if self.tell is not None:
            self.tell(done, total, doing)

    @property
    def thresholds(self) -> Thresholds:
        """What verification demands by itself: the score is chosen here."""
        return replace(judging.thresholds_of(self.settings), least=Thresholds().least)

    def _search(self) -> None:
        def shown(now: dedup.FindProgress) -> None:
            self._say(now.done, now.total, now.in_words())

        dedup.find_duplicates(
            self.ws, _METHODS, settings=self.settings, progress=shown if self.tell else None, cancel=self.cancel
        )

    # -- copies

    def _try_copies(self, sample: int, kinds: tuple[str, ...]) -> list[tuple[int, Tried]]:
        """Return every copy tried with whether hash or words led to it (1 or 0)."""
        rows = list(range(min(sample, len(self.table))))
        items = {self.table["content"][row]: row for row in rows}
        thumbnails = self._thumbnails(rows)
        tried: list[tuple[int, Tried]] = []
        with ExitStack() as stack:
            index = self._index(stack, len(rows))
            pool = stack.enter_context(
                Pool(f"{trials.__name__}:attempt", workers=self.workers, deadline=_DEADLINE, ahead=2)
            )
            work = (
                Trial(
                    name, self.table["uri"][row], some, self.seed + row, self._others(row, thumbnails), self.thresholds
                )
                for some in _pieces((*kinds, *edits.LOOKALIKES), 13)
                for name, row in items.items()
            )
            total = len(items) * math.ceil((len(kinds) + len(edits.LOOKALIKES)) / 13)
            for done, (trial, came) in enumerate(pool.run(self._until_cancelled(work)), 1):
                row = items[trial.content]
                came = came if isinstance(came, list) else []  # what can't be read now was a problem before
                tried += [(int(self._is_proposed(index, row, one)), one) for one in came]
                self._say(done, total, "Looking for edited copies")
        return tried

    def _until_cancelled(self, work: Iterator[Any]) -> Iterator[Any]:
        for item in work:
            if self.cancel.is_set():
                return
            yield item

    def _thumbnails(self, rows: Sequence[int]) -> dict[int, bytes]:
        found = self.ws.thumbnails.get_many([self.table["checksum"][row] for row in rows])
        return {row: found[c] for row in rows if (c := self.table["checksum"][row]) in found}

    def _others(self, row: int, thumbnails: dict[int, bytes]) -> tuple[bytes, ...]:
        """Return pictures for collages: the next ones of the sample."""
        count = max(1, len(thumbnails))
        wanted = [(row + step) % count for step in (1, 2, 3)]
        return tuple(thumbnails[other] for other in wanted if other != row and other in thumbnails)

    def _index(self, stack: ExitStack, sample: int) -> WordIndex:
        """Return an index of the visual words of all pictures, numbered by their rows; keep those of the sample."""
        cache = stack.enter_context(content.descriptors_of(self.ws))
        index = WordIndex(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="words-"))))
        checksums = self.table["checksum"].tolist()
        for start in range(0, len(checksums), 256):
            known = cache.get_many(checksums[start : start + 256])
            for row, checksum in enumerate(checksums[start : start + 256], start):
                both = unpack(known.get(checksum, b""))
                if both is not None:
                    index.add(row, words_of(both[0].descriptors))
                    if row < sample:
                        self.upright[row] = spots_of(both[0])
            self._say(start, len(checksums), "Reading visual words")
        index.finish()
        return index

    def _is_proposed(self, index: WordIndex, row: int, one: Tried) -> bool:
        """Tell whether a search would compare the copy with its original: by hash, or by words."""
        if one.bits <= self.settings.radius:
            return True
        both = unpack(one.described)
        if both is None or row not in self.upright:
            return False
        table = self.settings.tables.get("content", {})
        most, least = int(table.get("candidates", content.CANDIDATES)), float(table.get("votes", content.VOTES))
        agree, _ = lying((spots_of(both[0]), spots_of(both[1])), self.upright[row])
        return agree >= int(table.get("agreeing", content.AGREEING)) and row in content.neighbours(
            index, both, most=most, least=least
        )

    # -- pairs of different pictures

    def _by_chance(self, count: int) -> list[tuple[int, int]]:
        """Return pairs of rows drawn by chance, each once."""
        size, rng = len(self.table), np.random.default_rng([self.seed, 1])
        possible = size * (size - 1) // 2
        chosen: set[tuple[int, int]] = set()
        while len(chosen) < min(count, possible):
            one, other = sorted(int(v) for v in rng.choice(size, 2, replace=False))
            chosen.add((one, other))
        return sorted(chosen)

    def _nearest(self, count: int) -> list[tuple[int, int]]:
        """Return the pairs of rows whose hashes differ least."""
        hashes = self.table["phash"].to_numpy(np.uint64)
        for radius in (12, 8, 4, 0):
            try:
                found = hash_index.pairs_within(hashes, radius)
            except TooMuch:
                continue
            order = np.argsort(found.distance, kind="stable")[:count]
            return [(int(found.i[k]), int(found.j[k])) for k in order]
        return []

    def _verify(self, name: str, chosen: Sequence[tuple[int, int]]) -> list[tuple[float, str | None]]:
        """Return what verification says of pairs: the score, and what is known of the pair otherwise."""
        known = self._known(chosen)
        rows = sorted({row for both in chosen for row in both})
        thumbnails = self._thumbnails(rows)
        shown = {row: Shown(self.table["checksum"][row], self.table["uri"][row], thumbnails.get(row)) for row in rows}
        items = (Comparison(shown[one], shown[other], None, self.thresholds) for one, other in chosen)
        places = {(shown[a].checksum, shown[b].checksum): known[n] for n, (a, b) in enumerate(chosen)}
        scored = []
        with Pool(f"{comparing.__name__}:compare", workers=self.workers, deadline=60.0, ahead=8) as pool:
            for done, (item, verdict) in enumerate(pool.run(self._until_cancelled(items)), 1):
                if isinstance(verdict, Verdict):
                    scored.append((verdict.score, places[item.one.checksum, item.other.checksum]))
                self._say(done, len(chosen), _SETS[name])
        return scored

    def _known(self, chosen: Sequence[tuple[int, int]]) -> list[str | None]:
        """Return what search and people said of pairs: a relation, or None."""
        contents = self.table["content"]
        answer = self.ws.query(
            "known_of_pairs",
            contents_a=[contents[one] for one, _ in chosen],
            contents_b=[contents[other] for _, other in chosen],
        )
        return [value if isinstance(value, str) else None for value in answer["relation"]]

    # -- figures

    def _chosen(
        self, tried: list[tuple[int, Tried]], verified: dict[str, list[tuple[float, str | None]]], found: pd.DataFrame
    ) -> float:
        """Return the score to demand on this collection."""
        wrong = [score for name, pairs in verified.items() for score, known in pairs if _is_wrong(name, known)]
        for score, refuted in zip(found["score"], found["refuted"], strict=True):
            wrong += [float(score)] * int(refuted)
        alike = [one.score for _, one in tried if one.kind in edits.LOOKALIKES]
        copies = [one.score for led, one in tried if led and one.kind in edits.KINDS]
        return least_score(wrong, alike, copies)

    def _recalls(self, tried: list[tuple[int, Tried]], kinds: tuple[str, ...], least: float) -> Iterator[Recall]:
        for kind in kinds:
            mine = [(proposed, one) for proposed, one in tried if one.kind == kind]
            proposed = sum(led for led, _ in mine)
            found = sum(bool(led) and one.score >= least for led, one in mine)
            edit = edits.KINDS[kind]
            yield recall_of(kind, edit.says, edit.family, len(mine), proposed, found)

    def _sets(
        self,
        tried: list[tuple[int, Tried]],
        verified: dict[str, list[tuple[float, str | None]]],
        found: pd.DataFrame,
        least: float,
    ) -> Iterator[Pairs]:
        above = found[found["score"] >= least]
        yield _pairs(
            "all", self.contents * (self.contents - 1) // 2, int(above["found"].sum()), int(above["refuted"].sum())
        )
        for name, pairs in verified.items():
            accepted = [known for score, known in pairs if score >= least]
            yield _pairs(name, len(pairs), len(accepted), sum(_is_wrong(name, known) for known in accepted))
        for kind in edits.LOOKALIKES:
            scores = [one.score for _, one in tried if one.kind == kind]
            wrong = sum(score >= least for score in scores)
            yield _pairs(kind, len(scores), wrong, wrong)


_SETS = {
    "all": "All pairs of the collection",
    "random": "Pairs by chance",
    "nearest": "Pairs of the nearest hashes",
} | {kind: f"Made to differ: {says}" for kind, (says, _) in edits.LOOKALIKES.items()}


def _pieces(things: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(things), size):
        yield tuple(things[start : start + size])


def _is_wrong(name: str, known: str | None) -> bool:
    """Tell whether a pair is no duplicate for all that is known; by chance nothing is, unless something says so."""
    return known in _REFUTED or (name == "random" and known not in (*DUPLICATES, "duplicate"))


def _pairs(kind: str, tried: int, accepted: int, refuted: int) -> Pairs:
    return pairs_of(kind, _SETS[kind], tried, accepted, refuted)


def least_score(wrong: Sequence[float], alike: Sequence[float], copies: Sequence[float]) -> float:
    """Return the score to demand for a duplicate.

    Of `LEVELS`, the one at which fewest pairs of the collection known to be none are taken for duplicates; of these,
    the one at which fewest pairs are that were made to look alike, as far as that costs no more than `PRICE` of the
    copies; of these, the smallest.

    Parameters
    ----------
    wrong : sequence of float
        Scores of pairs of the collection known to be none.
    alike : sequence of float
        Those of pairs made to look alike.
    copies : sequence of float
        Those of edited copies.
    """

    def above(scores: Sequence[float], level: float) -> int:
        return sum(score >= level for score in scores)

    fewest = min(above(wrong, level) for level in LEVELS)
    levels = [level for level in LEVELS if above(wrong, level) == fewest]
    enough = above(copies, levels[0]) - PRICE * len(copies)
    return min((level for level in levels if above(copies, level) >= enough), key=lambda v: (above(alike, v), v))


# -- the record


def _record(ws: Workspace, made: Calibration) -> None:
    figures = [["recall", r.kind, r.says, r.tried, r.proposed, r.found, 0, r.low, r.high] for r in made.recalls]
    for p in made.pairs:
        low = p.refuted / p.tried if p.tried else 0.0
        figures.append(["pairs", p.kind, p.says, p.tried, p.tried, p.accepted, p.refuted, low, p.bound])
    about = {name: getattr(made, name) for name in ("calibration_id", "thresholds", "seed", "pictures", "sampled")}
    with ws.change() as change:
        change.add("duplicates_calibrated", about | {"figures": figures})


def last(ws: Workspace) -> Calibration | None:
    """Return the last calibration of a workspace, or None."""
    found = ws.query("last_calibration")
    if found.empty:
        return None
    row = found.iloc[0]
    figures = ws.query("calibration_figures_of", calibration_id=row["calibration_id"]).to_dict("records")
    recalls = [
        recall_of(f["kind"], f["says"], _family(f["kind"]), f["tried"], f["proposed"], f["found"])
        for f in figures
        if f["part"] == "recall"
    ]
    pairs = [
        pairs_of(f["kind"], f["says"], f["tried"], f["found"], f["refuted"]) for f in figures if f["part"] == "pairs"
    ]
    return Calibration(
        row["calibration_id"], json.loads(row["thresholds"]), int(row["seed"]), int(row["pictures"]),
        int(row["sampled"]), tuple(recalls), tuple(pairs),
    )  # fmt: skip


def _family(kind: str) -> str:
    return edits.KINDS[kind].family if kind in edits.KINDS else ""  # a kind of another version


def is_due(ws: Workspace) -> bool:
    """Tell whether a review should be preceded by a calibration.

    It isn't where there was one; where the workspace's ``dedup.toml`` says ``[calibration] automatic = false``; where
    nobody has looked for duplicates; and where there are fewer than `FEWEST` pictures.
    """
    automatic = dedup.load(ws.folder).tables.get("calibration", {}).get("automatic", True)
    if not automatic or last(ws) is not None or ws.query("last_searches").empty:
        return False
    return int(ws.query("contents_counted")["contents"].iloc[0]) >= FEWEST


def before_review(ws: Workspace, *, decline: bool = False, **how: Any) -> Calibration | None:
    """Calibrate if that is due, and search again where it changed the thresholds.

    Parameters
    ----------
    ws : Workspace
    decline : bool
        Somebody doesn't want it: nothing happens.
    **how
        As for `calibrate`; by default a smaller sample than there.

    Returns
    -------
    Calibration or None
        The last one there is.
    """
    if decline or not is_due(ws):
        return last(ws)
    made = calibrate(ws, **{"sample": QUICK_SAMPLE, "pairs": QUICK_PAIRS, **how})
    if made.outcome == "finished" and made.thresholds["least"] > Thresholds().least:
        dedup.find_duplicates(ws, _METHODS, cancel=how.get("cancel"))
    return made
