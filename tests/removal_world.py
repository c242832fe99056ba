"""A small world of duplicates to remove, restore and purge in, and to kill at any instant, and what must hold then."""

from __future__ import annotations

import hashlib
import math
import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path

from small_collections import fill, jpeg, png

import workbench as wb
from workbench import removal, removal_journal, sources

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["workbench", "workbench.removal", "workbench.bench", "pandas", "pyarrow", "duckdb"])
# To start a process is to ask after every other, and how one ended can be read only once: one thread at a time.
_CHILDREN = threading.Lock()

ACTIONS = ("apply", "restore", "purge")
SETTINGS = "[quarantine]\nwaiting_days = 0\n"
EXACT = ("exact", "same-picture")
_ROUNDS = 80


def collection(folder: Path, clusters: int) -> Path:
    """Clusters of one original and two copies, the one exact, the other with another title; sidecars beside some."""
    files: dict[str, bytes] = {}
    for n in range(clusters):
        original = jpeg(n * 7 + 1, f"Title {n}", ("one", "two")) if n % 2 else png(n)
        files[f"originals/{n:03}.{'jpg' if n % 2 else 'png'}"] = original
        files[f"copies/first/{n:03} copy.{'jpg' if n % 2 else 'png'}"] = original
        other = jpeg(n * 7 + 1, f"Another {n}") if n % 2 else original
        files[f"copies/second/{n:03} backup.{'jpg' if n % 2 else 'png'}"] = other
        if n % 3 == 0:
            files[f"copies/second/{n:03} backup.{'jpg' if n % 2 else 'png'}.xmp"] = (
                b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
            )
    fill(folder, files)
    for number, path in enumerate(sorted(folder.rglob("*.*"))):
        os.utime(path, ns=(10**18 + number * 10**9, 10**18 + number * 10**9 + 123_456_789))
        path.chmod(0o600 + number % 3 * 0o040)
    return folder


@dataclass
class File:
    """What a file was when the world was made."""

    checksum: str
    mtime_ns: int
    mode: int


def known(folder: Path) -> dict[str, File]:
    """Every file of a folder: path → what it is."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(folder))] = File(digest, status.st_mtime_ns, status.st_mode & 0o7777)
    return found


def work(world: World, seed: int, takes: dict[str, float], say: Connection) -> None:
    """Open the workspace, which recovers it, say what is wrong with it, then do something and die at a random instant.

    The signal of a timer that counts this process's computing ends it as suddenly as kill -9 does, and meets it at
    work however busy the machine is. Says in the end how long it took, when it wasn't met.
    """
    chance = random.Random(seed)
    removal_journal._AT_ONCE = chance.choice([3, 200])
    with wb.open(world.home, actor="ann") as ws:
        faults = world.faults(ws)
        action = chance.choice(world.possible())
        say.send((faults, action, world.inside, world.purged))
        made = _planned(ws, action, chance, world.clusters)
        late, within = chance.random() < 0.7, takes.get(action, 0.0)
        begun = time.process_time()

        def moving(done: int, total: int) -> None:
            if within and done == late:
                signal.setitimer(signal.ITIMER_PROF, chance.uniform(1e-5, within / 2 if late else within))

        moving(0, 0)
        made.apply(progress=moving)
        signal.setitimer(signal.ITIMER_PROF, 0)
    say.send(time.process_time() - begun)


def _planned(ws: wb.Bench, action: str, chance: random.Random, clusters: int) -> removal.Plan:
    if action == "apply":
        leave = chance.choice(["", "", "hardlink"])
        return removal.plan(ws, relations=EXACT, undecided=True, leave=leave)
    if action == "restore":
        return removal.restoration(ws)
    inside = ws.sql("select image_id from quarantined where goes_with is null order by 1")["image_id"].tolist()
    return removal.purge(ws, chance.sample(inside, min(max(2, clusters // 3), len(inside))))


@dataclass
class World:
    """A workspace over a collection, and everything that was ever in it."""

    home: Path
    folder: Path
    clusters: int = 24
    was: dict[str, File] = field(default_factory=dict)
    inside: int = 0
    purged: int = 0

    @classmethod
    def made(cls, home: Path, folder: Path, clusters: int = 24) -> World:
        world = cls(home, collection(folder, clusters), clusters)
        home.mkdir(parents=True)
        (home / "dedup.toml").write_text(SETTINGS)
        (home / "workspace.toml").write_text('name = "kills"\nformat = 1\n\n[people]\nann = ["purge"]\n')
        with wb.open(home, actor="ann") as ws:
            ws.scan(folder, progress=False, workers=1)
            ws.find_duplicates(["exact", "same-picture"], progress=False)
            ids = ws.sql("select image_id, path from images")
            for image_id, path in zip(ids["image_id"], ids["path"], strict=True):
                ws.set_values([image_id], {"Xmp.dc.source": path})
        world.was = known(folder)
        return world

    def kept(self) -> World:
        """Set the world aside as it is, for `again`."""
        for place in (self.home, self.folder):
            place.rename(_aside(place))
        return self

    def again(self) -> World:
        """Return the world as it was set aside, in the same places: much faster than to make another."""
        for place in (self.home, self.folder):
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(_aside(place), place)
        return replace(self)

    def possible(self) -> list[str]:
        """What can be done now."""
        left = len(self.was) - self.clusters - self.purged
        return [*["apply"] * (self.inside < left), *["restore", "purge"] * (self.inside > 0)]

    def round(self, seed: int, takes: dict[str, float]) -> tuple[list[str], str, float | None]:
        """Let another process check the world, do something and die; return the faults, what it did, and the seconds
        of computing that took, None when it died at it.
        """
        here, there = SERVER.Pipe(duplex=False)
        process = SERVER.Process(target=work, args=(self, seed, takes, there), daemon=True)
        with _CHILDREN:
            process.start()
        there.close()
        with here:
            faults, action, self.inside, self.purged = here.recv()
            wait([process.sentinel])
            with _CHILDREN:
                process.join()
            assert process.exitcode in (0, -signal.SIGPROF), f"{action} {seed} ended with {process.exitcode}"
            return faults, action, here.recv() if process.exitcode == 0 else None

    def faults(self, ws: wb.Bench) -> list[str]:
        """Name everything that isn't as it must be."""
        found = ["the note is still there"] * (self.home / "removal.unfinished").exists()
        taken = ws.sql("select path, place, state, leaves from removals")
        catalogued = set(ws.sql("select uri from files")["uri"])
        found += ws.sql("select 'has no end: ' || plan_id as said from removal_runs where outcome = 'under way'")[
            "said"
        ].tolist()
        quarantined = {r.path: r.place for r in taken.itertuples() if r.state == "quarantined"}
        purged = {r.path for r in taken.itertuples() if r.state == "purged"}
        linked = {r.path for r in taken.itertuples() if r.state != "restored" and r.leaves}
        self.inside, self.purged = len(quarantined), len(purged)
        at_home = known(self.folder)
        found += self._misplaced(at_home, quarantined, purged, linked)
        found += self._in_quarantine(quarantined)
        found += [f"{path} isn't catalogued" for path in at_home if (self.folder / path).as_uri() not in catalogued]
        found += [f"{uri} is catalogued and not there" for uri in catalogued if not at_home.get(self._path(uri))]
        return found

    def _path(self, uri: str) -> str:
        return os.path.relpath(sources.readable(uri), self.folder)

    def _misplaced(
        self, at_home: dict[str, File], quarantined: dict[str, str], purged: set[str], linked: set[str]
    ) -> list[str]:
        found = [f"{path} came from nowhere" for path in at_home if path not in self.was]
        for path, was in self.was.items():
            places = [path in at_home, path in quarantined, path in purged]
            if sum(places) != 1 + (path in linked):
                found.append(f"{path} is at home, in quarantine, purged: {places}")
            if path in linked:
                if path not in at_home or at_home[path].checksum != was.checksum:
                    found.append(f"{path} isn't a link to an equal file")
            elif path in at_home and at_home[path] != was:
                found.append(f"{path} isn't as it was: {at_home[path]} {was}")
            if path.startswith("originals/") and path not in at_home:
                found.append(f"the original {path} isn't in place")
        return found

    def _in_quarantine(self, quarantined: dict[str, str]) -> list[str]:
        found = []
        for path, place in quarantined.items():
            where = self.home / place
            if not where.is_file() or hashlib.sha256(where.read_bytes()).hexdigest() != self.was[path].checksum:
                found.append(f"{path} isn't at {place}")
        there = {str(p.relative_to(self.home)) for p in (self.home / "quarantine").rglob("*") if p.is_file()}
        return found + [f"{place} belongs to nothing" for place in there - set(quarantined.values())]


@dataclass
class Killing:
    """What killing came to."""

    kills: int = 0
    amid: dict[str, int] = field(default_factory=dict)
    moved_some: int = 0
    faults: list[str] = field(default_factory=list)
    worlds: int = 0
    seconds: float = 0.0


def _aside(place: Path) -> Path:
    return place.with_name(f"{place.name} as made")


def kill(
    places: list[tuple[Path, Path]],
    kills: int,
    *,
    seed: int,
    clusters: int = 24,
    minutes: float = math.inf,
    tell: Callable[[Killing], None] | None = None,
) -> Killing:
    """Kill removals, restorations and purges at random instants until so many were hit at work.

    Parameters
    ----------
    places : list of (Path, Path)
        Where workspaces and collections go: a world is made in each, and in turn put back as it was made.
    kills : int
        Only those count that met the process at work.
    clusters : int
        Of each world.
    minutes : float
        No new world is begun after so many.
    """
    made, chance, begun = Killing(), random.Random(seed), time.monotonic()
    worlds = [
        World.made(home / f"w{seed}-{n}", folder / f"c{seed}-{n}", clusters).kept()
        for n, (home, folder) in enumerate(places)
    ]
    takes: list[dict[str, float]] = [{} for _ in worlds]
    while sum(made.amid.values()) < kills and not made.faults and made.seconds < minutes * 60:
        turn = made.worlds % len(worlds)
        made.worlds += 1
        _kill_in(worlds[turn].again(), made, kills, chance, takes[turn], tell)
        made.seconds = time.monotonic() - begun
    return made


def _kill_in(
    world: World,
    made: Killing,
    kills: int,
    chance: random.Random,
    takes: dict[str, float],
    tell: Callable[[Killing], None] | None,
) -> None:
    for _ in range(_ROUNDS):
        if sum(made.amid.values()) >= kills or made.faults or world.purged > len(world.was) // 3:
            break
        before = world.inside, world.purged
        made.faults, action, took = world.round(chance.randrange(10**9), takes)
        made.moved_some += (world.inside, world.purged) != before
        if took is None:
            made.kills += 1
            made.amid[action] = made.amid.get(action, 0) + 1
            takes[action] *= 1.05
        else:
            takes[action] = min(took, takes.get(action, took) * 0.8)  # it had less to do than the first time
        if tell is not None:
            tell(made)
    if not made.faults:
        made.faults += _in_the_end(world)


def _in_the_end(world: World) -> list[str]:
    """Restore everything, and compare it with what was there in the beginning."""
    with wb.open(world.home, actor="ann") as ws:
        faults = world.faults(ws)
        faults += [str(one) for one in removal.restore(ws).left]
        ws.verify()
        faults += [f"{row.check}: {row.row}" for row in ws.check().itertuples()]
        purged = set(ws.sql("select path from removals where state <> 'restored'")["path"])
        sql = "select path, value from entered join images using (image_id) where field = 'Xmp.dc.source'"
        values = dict(ws.sql(sql).itertuples(index=False))
    at_home = known(world.folder)
    there = {path: was for path, was in world.was.items() if path not in purged}
    faults += [f"{path} isn't as it was" for path, was in there.items() if at_home.get(path) != was]
    copies = [path for path in there if path.startswith("copies") and not path.endswith(".xmp")]
    return faults + [f"{path} lost its value" for path in copies if values[path] != path]
