"""Watching a folder for arriving files: each is answered for once it has stopped growing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from workbench import dedup_settings, sources
from workbench.arrivals import Arrival, Policy, check, policy_of, prepare
from workbench.dedup_settings import Settings
from workbench.errors import BadValue, NotFound, StorageError
from workbench.in_words import InWords
from workbench.sources import Listed
from workbench.workspace import Workspace

SETTLE = 1.0
"""Seconds for which a file has to stay as it is before it counts as arrived; ten times that while it is empty."""

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", "~")
"""Ends of names that programs give to files which they haven't finished."""

_LEAST, _SHARE = 0.2, 5  # seconds between two looks, and how many times longer than a look takes

_DESCRIBED = 16  # pictures that are described between two looks

_State = tuple[int, int]  # size, mtime_ns


@dataclass(slots=True)
class WatchReport(InWords):
    """What arrived while a folder was watched.

    Attributes
    ----------
    verdicts : dict
        Verdict → files: see `workbench.arrivals.VERDICTS`.
    turned_away : int
        Refused, or moved out of the way.
    seconds : float
    """

    verdicts: dict[str, int] = field(default_factory=dict)
    turned_away: int = 0
    seconds: float = 0.0

    def count(self, arrival: Arrival) -> None:
        """Count one answer."""
        self.verdicts[arrival.verdict] = self.verdicts.get(arrival.verdict, 0) + 1
        self.turned_away += arrival.action in ("refused", "quarantined")

    def __str__(self) -> str:
        said = ", ".join(f"{count:,} {verdict}" for verdict, count in self.verdicts.items()) or "nothing arrived"
        where = " `workbench dedup turned-away` lists them, and puts them back." if self.turned_away else ""
        return f"Watched for {self.seconds:.0f} s: {said}; {self.turned_away:,} turned away.{where}"


def watch(
    ws: Workspace,
    folder: str | Path,
    *,
    policy: Policy | None = None,
    settings: Settings | None = None,
    settle: float | None = None,
    once: bool = False,
    tell: Callable[[Arrival], None] | None = None,
    stop: threading.Event | None = None,
) -> WatchReport:
    """Answer for each file that arrives in a folder or below it: see `workbench.arrivals.check`.

    What is there already when it begins counts as arriving. Files that arrived before are known to those that come
    later, catalogued or not. A file that is written again is answered for again.

    Parameters
    ----------
    ws : Workspace
    folder : str or Path
        Or another source; what lies in the workspace itself isn't looked at.
    policy : str, optional
        What becomes of duplicates: see `workbench.arrivals.check`.
    settings : Settings, optional
        Those of the workspace when not given; its table ``arrivals`` may hold ``policy`` and ``settle``.
    settle : float, optional
        Seconds without a change after which a file counts as arrived; `SETTLE` when nobody says.
    once : bool
        End when everything that is there has been answered for.
    tell : callable, optional
        Called with each `Arrival`.
    stop : threading.Event, optional
        Set it from anywhere to end; the file at hand is answered for first.

    Raises
    ------
    BadValue
        There is no such policy, it is no time, or the folder lies in the workspace.
    SourceUnreachable
        The folder can't be listed.
    """
    chosen = settings or dedup_settings.load(ws.folder)
    wait = float(chosen.tables.get("arrivals", {}).get("settle", SETTLE)) if settle is None else settle
    if not 0 <= wait < 86_400:
        raise BadValue(f"A file can't settle for {wait} seconds.", hint="Give seconds from 0 on.")
    wanted, uri = policy_of(policy, chosen), sources.root_uri(folder)
    if f"{uri}/".startswith(f"{sources.root_uri(ws.folder)}/"):
        raise BadValue(f"{folder} lies in the workspace.", hint="Name the folder where files arrive.")
    return _Watch(ws, uri, wanted, chosen, wait, tell, stop or threading.Event()).run(once=once)


class _Watch:
    """One folder being watched."""

    def __init__(
        self,
        ws: Workspace,
        uri: str,
        policy: Policy,
        settings: Settings,
        settle: float,
        tell: Callable[[Arrival], None] | None,
        stop: threading.Event,
    ) -> None:
        self.ws, self.uri, self.policy, self.settings, self.settle = ws, uri, policy, settings, settle
        self.tell, self.stop = tell or (lambda arrival: None), stop
        self.report = WatchReport()
        self._answered: dict[str, _State] = {}
        self._growing: dict[str, tuple[_State, float]] = {}

    def run(self, *, once: bool) -> WatchReport:
        began = time.monotonic()
        while not self.stop.is_set():
            looked = time.monotonic()
            try:
                self._look()
            except StorageError:
                if once:
                    raise
                # A share that is away for a minute comes back; what waits keeps waiting.
            if once and not self._growing:
                break
            spent = time.monotonic() - looked
            if not once and not self._growing:
                self._prepare()
            self.stop.wait(max(min(_LEAST, self.settle / 2), _SHARE * spent if not once else 0.01))
        self.report.seconds = round(time.monotonic() - began, 3)
        return self.report

    def _prepare(self) -> None:
        """Describe some pictures while nothing arrives."""
        with suppress(StorageError):
            prepare(self.ws, settings=self.settings, most=_DESCRIBED)

    def _look(self) -> None:
        """Look once at everything in the folder, and answer for what has settled."""
        there: set[str] = set()
        for listed in sources.walk(self.uri, exclude=[sources.root_uri(self.ws.folder)]):
            if self.stop.is_set():
                return
            if isinstance(listed, Listed) and not _is_unfinished(listed.path):
                there.add(listed.uri)
                if self._has_settled(listed):
                    self._answer(listed)
        for uri in self._growing.keys() - there:
            del self._growing[uri]
        for uri in self._answered.keys() - there:
            del self._answered[uri]

    def _has_settled(self, listed: Listed) -> bool:
        state = (listed.size, listed.mtime_ns)
        if self._answered.get(listed.uri) == state:
            return False
        before, since = self._growing.get(listed.uri, (None, 0.0))
        now = time.monotonic()
        if before != state:
            self._growing[listed.uri] = state, now
            return False
        return now - since >= (self.settle if listed.size else 10 * self.settle)

    def _answer(self, listed: Listed) -> None:
        try:
            arrival = check(self.ws, listed.uri, policy=self.policy, settings=self.settings, remember=True)
        except (NotFound, BadValue, StorageError):
            arrival = None  # gone, or the catalogue or the share is busy
        if arrival is None or arrival.problem == "changed_while_reading":
            self._growing[listed.uri] = (listed.size, listed.mtime_ns), time.monotonic()
            return  # as long as it is there, it is asked again
        self._growing.pop(listed.uri, None)
        self._answered[listed.uri] = listed.size, listed.mtime_ns
        self.report.count(arrival)
        self.tell(arrival)


def _is_unfinished(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name.startswith(".") or name.endswith(UNFINISHED)
