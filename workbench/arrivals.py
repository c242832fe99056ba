"""Arriving files: is this picture new, or is it here already, and why? Asked before a file is taken in.

What is needed to answer at once is kept in memory: of each image two short digests, a perceptual hash and its size. It
follows the catalogue by itself. A file whose bytes are catalogued isn't decoded again; any other is, in a worker
process, as in a scan: a hostile one can do no harm here. Where neither bytes nor hashes know a picture, parts of it are
looked for: crops, screenshots, collages; see `workbench.known_parts`, which takes disk and time, so that larger
collections ask for it.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from workbench import dedup_settings, sources, turning_away
from workbench.comparing import Comparison, Shown, compare, compare_turned, look_ahead
from workbench.dedup_settings import Settings
from workbench.errors import BadValue, WorkbenchError
from workbench.finders.judging import thresholds_of
from workbench.fingerprints import SYMMETRIES
from workbench.hash_index import HashIndex
from workbench.in_words import InWords
from workbench.known_parts import Found, KnownParts
from workbench.known_pictures import KnownPictures
from workbench.measure import PICTURE_FACTS, Item, Measured, failed
from workbench.relations import DUPLICATES, RELATIONS, content_key
from workbench.verification import Verdict
from workbench.workers import Failure, Pool
from workbench.workspace import Workspace

Policy = Literal["report", "refuse", "quarantine"]

POLICIES: dict[str, str] = {
    "report": "Say what it is; nothing else happens.",
    "refuse": "Say that a duplicate is refused; the file stays where it is, for whoever sent it.",
    "quarantine": "Move a duplicate out of the way, into the workspace's folder for refused files.",
}
"""What becomes of a duplicate → in words."""

VERDICTS: dict[str, str] = {
    "new": "Nothing like it was found here.",
    "duplicate": "It is here already.",
    "variant": "Something here is alike, but differs where it matters.",
    "known": "It is this very file that is catalogued.",
    "problem": "It can't be read as a picture.",
}
"""What can be said of an arriving file → in words."""

PARTS_UP_TO = 100_000
"""Images up to which parts of pictures are looked for unless ``dedup.toml`` says otherwise."""

_TASK = "workbench.measure:measure_arrival"
_DESCRIBED = 64  # pictures that one check describes at most, in half a second
_DEADLINE, _MEMORY = 60.0, 2 * 2**30
_MOST = 20  # pictures with near hashes that one is compared with
_REMEMBERED = 20_000  # files that arrived and aren't catalogued yet


@dataclass(frozen=True, slots=True)
class Match:
    """Something that an arriving file is a copy or a variant of.

    Attributes
    ----------
    image_id : str
        Empty for a file that arrived a moment ago and isn't catalogued yet.
    path : str
        As people know it.
    relation : str
        Of `workbench.relations.RELATIONS`, or what somebody decided.
    score : float
        0 to 1.
    because : str
        A sentence.
    uri, checksum : str
        Where it is, and the SHA-256 of its bytes.
    evidence : mapping
        Figures, where pictures were compared: see `workbench.verification.Verdict`.
    """

    image_id: str
    path: str
    relation: str
    score: float
    because: str
    uri: str
    checksum: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_duplicate(self) -> bool:
        """Whether it is a copy."""
        return self.relation in DUPLICATES or self.relation == "duplicate"


@dataclass(slots=True)
class Arrival(InWords):
    """What is said of one arriving file.

    Attributes
    ----------
    name : str
        Of the file; empty where bytes were given.
    verdict : str
        A key of `VERDICTS`.
    because : str
        A sentence.
    of : list of Match
        What it is like, the strongest first.
    policy : str
        A key of `POLICIES`.
    action : str
        ``none``, ``refused`` or ``quarantined``; ``failed`` where it should have been moved and couldn't.
    place : str or None
        Where it was moved to.
    checksum : str or None
        SHA-256 of the bytes.
    problem : str or None
        What is wrong with the file: a key of `workbench.problems.KINDS`.
    seconds : float
        That the answer took.
    """

    name: str
    verdict: str
    because: str
    of: list[Match] = field(default_factory=list)
    policy: Policy = "report"
    action: str = "none"
    place: str | None = None
    checksum: str | None = None
    problem: str | None = None
    seconds: float = 0.0

    @property
    def is_duplicate(self) -> bool:
        """Whether it is here already."""
        return self.verdict == "duplicate"

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        said = self.verdict
        if self.of:
            said += f" of {self.of[0].path}" + (f" and {len(self.of) - 1} more" if len(self.of) > 1 else "")
        said += f": {self.name or 'these bytes'} – {self.because}"
        if self.action == "quarantined":
            said += f" Moved to {self.place}."
        elif self.action != "none":
            said += f" {self.action.capitalize()}."
        # One line, whatever a file's name holds.
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in said)


def check(
    ws: Workspace,
    file: str | Path | bytes,
    *,
    policy: Policy | None = None,
    settings: Settings | None = None,
    remember: bool = False,
) -> Arrival:
    """Say whether a picture is new or here already, and why.

    The same bytes, the same picture in other bytes, and copies that were edited lightly, turned or mirrored are found.
    Parts of pictures (crops, screenshots, collages) are looked for in collections of up to `PARTS_UP_TO` images, or
    ``parts_up_to`` of ``[arrivals]`` in ``dedup.toml``, whose ``parts = true`` or ``false`` decides without counting.
    Each check describes some pictures that aren't yet; `prepare` describes all. The answer says what was searched.

    Parameters
    ----------
    ws : Workspace
    file : str, Path or bytes
        A path or URI, or the file itself.
    policy : str, optional
        What becomes of a duplicate: a key of `POLICIES`. That of ``[arrivals]`` in ``dedup.toml``, else ``report``.
    settings : Settings, optional
        Those of the workspace when not given.
    remember : bool
        Whether to know this file when the next arrives, though it isn't catalogued yet.

    Raises
    ------
    BadValue
        There is no such policy, bytes are to be moved, or ``[arrivals]`` says something that can't be.
    NotFound, SourceUnreachable
        There is no such file, or it can't be looked at. What can't be read as a picture is an answer, not an error.
    """
    chosen = settings or dedup_settings.load(ws.folder)
    wanted = policy_of(policy, chosen)
    if wanted == "quarantine" and not isinstance(file, str | Path):
        raise BadValue("Bytes can't be moved into quarantine.", hint="Give the file's path, or another policy.")
    return _checker(ws).check(file, wanted, chosen, remember=remember)


def prepare(
    ws: Workspace,
    *,
    settings: Settings | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: threading.Event | None = None,
) -> int:
    """Describe the pictures in which parts of arriving ones are looked for; return how many can be found in now.

    Takes some 10 ms and 2 kB a picture, and nothing where that was done before.

    Parameters
    ----------
    ws : Workspace
    settings : Settings, optional
        Those of the workspace when not given. Where they say that parts aren't looked for, nothing is done.
    most : int, optional
        Describe so many at most; all when not given.
    progress : callable, optional
        Called with how many can be found in, of how many images.
    cancel : threading.Event, optional
        Set it from anywhere to end; what was described is kept.
    """
    return _checker(ws).prepare(settings or dedup_settings.load(ws.folder), most, progress, cancel)


def parts_wanted(settings: Settings, images: int) -> bool:
    """Return whether parts of pictures are looked for in a collection of so many images.

    Raises
    ------
    BadValue
        ``[arrivals]`` says something that can't be.
    """
    told = settings.tables.get("arrivals", {})
    asked, upto = told.get("parts"), told.get("parts_up_to", PARTS_UP_TO)
    if asked not in (None, True, False) or isinstance(upto, bool) or not isinstance(upto, int) or upto < 0:
        raise BadValue("[arrivals] can't be read.", hint="parts is true or false, and parts_up_to a number of images.")
    return images <= upto if asked is None else bool(asked)


def policy_of(policy: str | None, settings: Settings) -> Policy:
    """Return the policy asked for, else that of the settings."""
    said = policy or settings.tables.get("arrivals", {}).get("policy", "report")
    if said not in POLICIES:
        raise BadValue(f"There is no policy {said!r}.", hint=f"Known: {', '.join(POLICIES)}.")
    return cast(Policy, said)


_checkers: weakref.WeakKeyDictionary[Workspace, _Checker] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def _checker(ws: Workspace) -> _Checker:
    with _making:
        if ws not in _checkers:
            _checkers[ws] = _Checker(ws)
            ws.until_closed.callback(let_go, ws)
        return _checkers[ws]


def let_go(ws: Workspace) -> None:
    """End the worker process that decodes arriving files, and forget what was kept in memory."""
    with _making:
        checker = _checkers.pop(ws, None)
    if checker is not None:
        checker.pool.close()


# -- what is laid beside what


class _Near(NamedTuple):
    """How the arriving picture is turned to look like another, and in how many bits their hashes differ then."""

    symmetry: int
    bits: int


class _Other(NamedTuple):
    """An image, or a file that arrived before, beside which an arriving one is laid."""

    image_id: str
    uri: str
    path: str
    checksum: str
    picture_hash: str | None
    content: str

    def match(self, relation: str, score: float, because: str, evidence: Mapping[str, Any] | None = None) -> Match:
        """Return what an arriving file has to do with this one."""
        return Match(self.image_id, self.path, relation, score, because, self.uri, self.checksum, evidence or {})


class _Seen(NamedTuple):
    """What was measured of the arriving file."""

    uri: str
    checksum: str
    picture_hash: str | None
    phashes: list[int] | None
    flat: bool
    thumbnail: bytes | None
    held: bytes | None = None  # where bytes arrive that are no file

    @property
    def content(self) -> str:
        return content_key(self.picture_hash, self.checksum)

    @property
    def shown(self) -> Shown:
        return Shown(self.checksum, self.uri, self.thumbnail, self.held)


# -- the check itself


class _Checker:
    """Answers for one workspace, one file at a time."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = weakref.ref(ws)
        self.pool = Pool(_TASK, workers=1, deadline=_DEADLINE, memory=_MEMORY)
        self._known = KnownPictures()
        self._parts = KnownParts(ws.folder / "parts")
        self._arrived: list[_Other] = []
        self._arrived_hashes, self._arrived_hashed = HashIndex(), np.empty(0, np.int64)
        self._alone = threading.RLock()

    @property
    def ws(self) -> Workspace:
        ws = self._ws()
        assert ws is not None, "whoever asks has the workspace"
        return ws

    def check(self, file: str | Path | bytes, policy: Policy, settings: Settings, *, remember: bool) -> Arrival:
        began = time.monotonic()
        with self._alone:
            name, uri, item = _asked(file)
            arrival = Arrival(name, "problem", "", policy=policy)
            seen = self._catalogued(uri, item) or self._measured(uri, item, arrival)
            if seen is not None:
                if isinstance(item, bytes):
                    seen = seen._replace(held=item)
                arrival.checksum = seen.checksum
                self._judge(arrival, seen, settings)
                if remember and arrival.verdict in ("new", "variant"):
                    self._remember(name, seen)
        if arrival.is_duplicate and policy != "report":
            turning_away.turn_away(self.ws, arrival, uri)
        arrival.seconds = round(time.monotonic() - began, 4)
        return arrival

    def prepare(
        self,
        settings: Settings,
        most: int | None,
        progress: Callable[[int, int], None] | None,
        cancel: threading.Event | None,
    ) -> int:
        left = most if most is not None else sys.maxsize
        with self._alone:
            self._known.follow(self.ws)
            if not parts_wanted(settings, self._known.count):
                return 0
            while left > 0 and not (cancel is not None and cancel.is_set()):
                left -= self._parts.follow(self.ws, min(left, _DESCRIBED))
                if progress is not None:
                    progress(self._parts.count, self._known.count)
                if self._parts.complete:
                    break
        return self._parts.count

    def _catalogued(self, uri: str, item: Item | bytes) -> _Seen | None:
        """Return what is known of a file whose very bytes are catalogued: it needn't be decoded once more."""
        with self.ws.reading():
            self._known.follow(self.ws)
        size = len(item) if isinstance(item, bytes) else item.size
        checksum = _checksum(item) if bool((self._known.sizes == size).any()) else None
        if checksum is None:
            return None
        with self.ws.reading() as connection:
            asked = {"checksum": checksum, "picture_hash": None}
            [(digest, _)] = connection.execute(self.ws.catalog.named("digests_of").sql, asked).fetchall()
            rows = self._known.rows[self._known.bytes_digests == np.uint64(digest)][:_MOST].tolist()
            sql = self.ws.catalog.named("facts_of_bytes").sql
            found = connection.execute(sql, {"checksum": checksum, "rows": rows}).fetchall() if rows else []
        if not found:
            return None
        thumbnail = self.ws.thumbnails.get_many([checksum]).get(checksum)
        [(picture_hash, phashes, flat)] = found
        return _Seen(uri, checksum, picture_hash, phashes, flat, thumbnail)

    def _measured(self, uri: str, item: Item | bytes, arrival: Arrival) -> _Seen | None:
        """Return what a worker process finds out about a file; where it can't be read, the answer says why."""
        [(_, measured)] = self.pool.run([item])
        if isinstance(measured, Failure):
            measured = failed(measured.kind, measured.detail, stage="decode")
        arrival.checksum = measured.checksum
        seen = _seen(uri, measured)
        if seen is None:
            arrival.because, arrival.problem = measured.problems[0].message, measured.problems[0].kind
        return seen

    def _judge(self, arrival: Arrival, seen: _Seen, settings: Settings) -> None:
        with self.ws.reading():  # one lease for all questions; comparing needs none
            near, others = self._candidates(seen, settings.radius)
            said = self._said(seen, others)
        itself = next((o for o in others.values() if o.uri == seen.uri and o.checksum == seen.checksum), None)
        if itself is not None:
            arrival.verdict, arrival.because = "known", f"{VERDICTS['known']} Its image_id is {itself.image_id}."
            return
        others = {called: other for called, other in others.items() if other.uri != seen.uri}
        matches = self._matches(seen, near, others, said, settings)
        looked = "" if any(match.is_duplicate for match in matches) else self._look_for_parts(seen, matches, settings)
        arrival.of = sorted(matches, key=_strength)
        if arrival.of:
            arrival.verdict = "duplicate" if arrival.of[0].is_duplicate else "variant"
            arrival.because = arrival.of[0].because
        else:
            arrival.verdict, arrival.because = "new", f"{self._why_new(seen, near)}{looked}"

    # -- parts of pictures

    def _look_for_parts(self, seen: _Seen, matches: list[Match], settings: Settings) -> str:
        """Add the pictures that hold a part of an arriving one, or the other way round; say what was searched."""
        if seen.flat or seen.thumbnail is None or not self._known.count:
            return ""
        if not parts_wanted(settings, self._known.count):
            return " Parts of pictures weren't looked for."
        self._parts.follow(self.ws, _DESCRIBED)
        one = seen.shown
        found = {one.checksum: one for one in self._parts.alike(self.ws, one)}
        met = {match.checksum for match in matches}
        others = [other for other in self._files(found.keys() - met) if other.uri != seen.uri]
        with self.ws.reading():
            said = self._said(seen, dict(enumerate(others)))
        thumbnails = self.ws.thumbnails.get_many({other.checksum for other in others})
        for other in others:
            shown = Shown(other.checksum, other.uri, thumbnails.get(other.checksum))
            match = (
                _decided(other, *said[other.content])
                if other.content in said
                else _laid_beside(one, shown, found[other.checksum], other, settings)
            )
            if match is not None and match.relation != "not_duplicate":
                matches.append(match)
        searched = f"{min(self._parts.count, self._known.count):,}"
        if not self._parts.complete:
            searched += f" of {self._known.count:,}"
        return f" Parts of pictures were looked for in {searched}."

    def _files(self, checksums: Collection[str]) -> list[_Other]:
        """Return the catalogued files of these bytes."""
        if not checksums:
            return []
        with self.ws.reading() as connection:
            sql = self.ws.catalog.named("digests_of_files").sql
            rows = connection.execute(sql, {"checksums": sorted(checksums)}).fetchall()
        known = self._known.bytes_digests
        places = [place for _, digest in rows for place in np.flatnonzero(known == np.uint64(digest))[:_MOST].tolist()]
        return [_Other(*values) for _, values in sorted(self._known.details(self.ws, places).items())]

    def _why_new(self, seen: _Seen, near: Mapping[int, _Near]) -> str:
        said = f"Nothing like it was found among {self._known.count:,} images."
        if seen.flat or seen.phashes is None:
            return said + " Only equal ones could be found: its picture is nearly one grey, or has no decoder here."
        if near:
            said = f"{len(near)} of {self._known.count:,} images are alike at first sight, and none when compared."
        with self.ws.reading() as connection:
            sql = self.ws.catalog.named("removed_before").sql
            removed = connection.execute(sql, {"checksum": seen.checksum}).fetchall()
        if removed:
            path, by, at = removed[0]
            said += f" A file of the same bytes, {path}, was taken out by {by} on {at:%Y-%m-%d}."
        return said

    # -- candidates

    def _candidates(self, seen: _Seen, radius: int) -> tuple[dict[int, _Near], dict[int, _Other]]:
        """Return what is near by hash, and everything that may be a copy, by its place.

        Places from 0 on are those of catalogued images; files that arrived before count down from -1.
        """
        with self.ws.reading() as connection:
            sql = self.ws.catalog.named("digests_of").sql
            asked = {"checksum": seen.checksum, "picture_hash": seen.picture_hash}
            [(of_bytes, of_picture)] = connection.execute(sql, asked).fetchall()
        known = self._known
        equal = known.bytes_digests == np.uint64(of_bytes)
        if seen.picture_hash is not None:
            equal |= known.picture_digests == np.uint64(of_picture)
        near = self._near(seen, radius)
        if near and not equal.any():
            look_ahead(seen.shown)  # it will probably be compared: the catalogue is asked meanwhile
        places = {*np.flatnonzero(equal)[:_MOST].tolist(), *(place for place in near if place >= 0)}
        met = {place: _Other(*row) for place, row in known.details(self.ws, places).items()}
        uris = {other.uri for other in met.values()}
        for number, other in enumerate(self._arrived):
            if other.uri not in uris and (-1 - number in near or _equal(seen, other)):
                met[-1 - number] = other
        return {place: way for place, way in near.items() if place in met}, met

    def _near(self, seen: _Seen, radius: int) -> dict[int, _Near]:
        """Return the pictures with the nearest hashes, by place."""
        if seen.flat or seen.phashes is None:
            return {}
        variants = np.array(seen.phashes, np.uint64)
        found, here = self._known.hashes.near(variants, radius), self._arrived_hashes.near(variants, radius)
        places = [*self._known.hashed[found.j].tolist(), *(-1 - self._arrived_hashed[here.j]).tolist()]
        ways = zip(
            [*found.i.tolist(), *here.i.tolist()], [*found.distance.tolist(), *here.distance.tolist()], strict=True
        )
        near = {place: _Near(symmetry, bits) for place, (symmetry, bits) in zip(places, ways, strict=True)}
        return dict(sorted(near.items(), key=lambda n: (n[1].bits, n[0]))[:_MOST])

    # -- verdicts

    def _matches(
        self,
        seen: _Seen,
        near: Mapping[int, _Near],
        others: Mapping[int, _Other],
        said: Mapping[str, tuple[str, str]],
        settings: Settings,
    ) -> list[Match]:
        thumbnails = self.ws.thumbnails.get_many({others[place].checksum for place in near if place in others})
        nearest = next(iter(near), None)
        matches = []
        for place, other in others.items():
            match = _equal(seen, other)
            if match is None and other.content in said:
                match = _decided(other, *said[other.content])
            if match is None and place in near:
                shown = Shown(other.checksum, other.uri, thumbnails.get(other.checksum))
                if place == nearest:
                    look_ahead(seen.shown, shown)  # of the others few are copies: their files stay closed
                match = self._compared(seen, other, shown, near[place], settings)
            if match is not None and match.relation != "not_duplicate":
                matches.append(match)
        return matches

    def _said(self, seen: _Seen, others: Mapping[int, _Other]) -> dict[str, tuple[str, str]]:
        contents = sorted({o.content for o in others.values()} - {seen.content})
        if not contents:
            return {}
        with self.ws.reading() as connection:
            rows = connection.execute(
                self.ws.catalog.named("said_of").sql, {"content": seen.content, "contents": contents}
            ).fetchall()
        return {(b if a == seen.content else a): (decision, actor) for a, b, decision, actor in rows}

    def _compared(self, seen: _Seen, other: _Other, shown: Shown, way: _Near, settings: Settings) -> Match | None:
        verdict = compare_turned(Comparison(seen.shown, shown, SYMMETRIES[way.symmetry], thresholds_of(settings)))
        if not isinstance(verdict, Verdict) or verdict.relation == "unrelated":
            return None
        turned = verdict.evidence.get("symmetry", "identity")
        because = str(verdict.evidence["because"])
        if turned != "identity":
            because += f" One is turned or mirrored ({turned.replace('_', ' ')})."
        evidence = {**verdict.evidence, "bits": way.bits}
        return other.match(verdict.relation, verdict.score, because, evidence)

    # -- files that aren't catalogued yet

    def _remember(self, name: str, seen: _Seen) -> None:
        if any(other.uri == seen.uri and other.checksum == seen.checksum for other in self._arrived):
            return
        if len(self._arrived) >= _REMEMBERED:
            self._arrived.clear()
            self._arrived_hashes, self._arrived_hashed = HashIndex(), np.empty(0, np.int64)
        if seen.phashes is not None and not seen.flat:
            self._arrived_hashes.add(np.array(seen.phashes[:1], np.uint64))
            self._arrived_hashed = np.append(self._arrived_hashed, len(self._arrived))
        self._arrived.append(_Other("", seen.uri, name, seen.checksum, seen.picture_hash, seen.content))
        if seen.thumbnail:
            self.ws.thumbnails.put_many([(seen.checksum, seen.thumbnail)])


def _asked(file: str | Path | bytes) -> tuple[str, str, Item | bytes]:
    """Return a file's name, its URI, and what a worker process is given; the first two empty where bytes are."""
    if not isinstance(file, str | Path):
        return "", "", bytes(file)
    uri = sources.root_uri(file)
    listed = next(iter(sources.walk(uri)), None)
    if not isinstance(listed, sources.Listed) or listed.uri != uri:
        raise BadValue(f"{file} is no file.", hint="Give one file; `workbench watch` takes a folder.")
    item = Item(sources.image_id(uri), uri, listed.path, listed.size, listed.mtime_ns)
    return sources.readable(uri), uri, item


def _checksum(item: Item | bytes) -> str | None:
    """Return the SHA-256 of a file; None where it is far away, can't be read, or somebody writes to it."""
    if isinstance(item, bytes):
        return hashlib.sha256(item).hexdigest()
    if not sources.is_local(item.uri):
        return None
    try:
        with sources.open_blob(item.uri) as blob:
            return hashlib.sha256(blob.data).hexdigest() if blob.mtime_ns == item.mtime_ns else None
    except (WorkbenchError, OSError):
        return None  # a worker process finds out why


def _strength(match: Match) -> tuple[bool, int, float, str]:
    rank = (*RELATIONS, "duplicate").index(match.relation)
    return not match.is_duplicate, rank, -match.score, match.path


def _seen(uri: str, measured: Measured) -> _Seen | None:
    if measured.facts is None or measured.checksum is None:
        return None
    facts = dict(zip(PICTURE_FACTS, measured.facts, strict=False))
    return _Seen(
        uri, measured.checksum, facts["picture_hash"], facts["phashes"], bool(facts["flat"]), measured.thumbnail
    )  # fmt: skip


def _laid_beside(one: Shown, shown: Shown, found: Found, other: _Other, settings: Settings) -> Match | None:
    """Compare an arriving picture with one that seems to hold a part of it, or the other way round.

    Only copies are told: that two pictures have the same backdrop is nothing to hold a new one up for.
    """
    verdict = compare(Comparison(one, shown, None, thresholds_of(settings), found.mirrored))
    if not isinstance(verdict, Verdict) or not verdict.is_duplicate:
        return None
    return other.match(verdict.relation, verdict.score, str(verdict.evidence["because"]), verdict.evidence)


def _equal(seen: _Seen, other: _Other) -> Match | None:
    if other.checksum == seen.checksum:
        return other.match("exact", 1.0, RELATIONS["exact"])
    if other.picture_hash is not None and other.picture_hash == seen.picture_hash:
        return other.match("same-picture", 1.0, RELATIONS["same-picture"])
    return None


def _decided(other: _Other, decision: str, actor: str) -> Match:
    words = {"duplicate": "a copy", "variant": "a variant"}.get(decision, "something else")
    return other.match(decision, 1.0, f"{actor} said that it is {words}.")
