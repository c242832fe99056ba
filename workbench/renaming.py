"""Renaming files by a pattern: planned first, nothing overwritten, gone through with after a crash, and undone.

The plan goes into the ledger before the first file is touched. Files that pass names round among them (``1`` becomes
``2``, ``2`` becomes ``3``) are first put aside under names of their own. Whatever instant the process is killed at,
every file is there under its old name, its new one, or the one it was put aside under, and `recover` finishes the plan.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from workbench import sources
from workbench.bulk import Bulk, Refused, as_known, ids_of, lent, selection
from workbench.errors import BadValue, Stale, StorageError, WorkspaceBusy
from workbench.events import Event, pack, unpack
from workbench.history import refuse_if_undone
from workbench.replacement import move_without_overwriting, only_holds_the_name, sync_folder
from workbench.templates import Rendered, Text, parse, template
from workbench.workspace import Workspace

_FORBIDDEN = '<>:"/\\|?*'
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_LONGEST = 255
_RAW = {"DNG", "CR2", "CR3", "CRW", "NEF", "NRW", "ARW", "SR2", "RAF", "ORF", "RW2", "PEF", "SRW", "X3F", "IIQ", "3FR"}


@dataclass(frozen=True, slots=True)
class Move:
    """One file's way from an old name to a new one.

    Attributes
    ----------
    image_id, uri, new_uri : str
    name : str
        The new name, readable.
    aside : str
        Where the file is put meanwhile; empty when it goes straight.
    folder, from_folder : str or None
        Folders inside the source, readable: the new one and the old one; None where it stays in its folder.
    """

    image_id: str
    uri: str
    new_uri: str
    name: str
    aside: str = ""
    folder: str | None = None
    from_folder: str | None = None


@dataclass(slots=True)
class RenamePreview:
    """What a renaming would do. No file is touched before `apply`.

    Attributes
    ----------
    moves : list of Move
        Sidecar files that go along are among them.
    unchanged : int
        Images that are called so already.
    refused : list of Refused
    failed : list of str
        After `apply`: files that couldn't be renamed, and why.
    """

    ws: Workspace
    what: str
    moves: list[Move] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    applied: Event | None = None
    undoes: tuple[int, ...] = ()
    verb: str = "renamed"

    @property
    def counts(self) -> dict[str, int]:
        """Files that would be renamed (sidecars too), images that are called so already, images refused."""
        return {"changed": len(self.moves), "unchanged": self.unchanged, "refused": len(self.refused)}

    def __repr__(self) -> str:
        counts = self.counts
        return (
            f"{self.what}: {counts['changed']:,} files would be {self.verb}, {counts['unchanged']:,} are so already, "
            f"{counts['refused']:,} refused.\n"
            "No file is touched yet: .frame() shows the names, .apply() does it."
        )

    def frame(self, first: int | None = None) -> pd.DataFrame:
        """Return the names: image_id, folder, before, after; only the ``first`` rows when given.

        Of files that change their folder, ``after`` is the new path inside the source.
        """
        rows = []
        for move in self.moves[:first]:
            folder, _, name = sources.readable(move.uri).rpartition("/")
            after = move.name if move.folder is None else f"{move.folder}/{move.name}".lstrip("/")
            rows.append((move.image_id, folder, name, after))
        return pd.DataFrame(rows, columns=["image_id", "folder", "before", "after"])

    def refusals(self) -> pd.DataFrame:
        """Return what is refused: image_id, reason."""
        return pd.DataFrame([(r.image_id, r.reason) for r in self.refused], columns=["image_id", "reason"])

    def apply(self, reason: str = "") -> Event | None:
        """Rename the files; return the event, None when there is nothing to rename.

        Raises
        ------
        Stale
            It was applied already.
        WorkspaceBusy
            Somebody else is renaming files of this workspace.
        """
        if self.applied is not None:
            raise Stale(f"This was applied already, as change {self.applied.seq}.", hint="Make a new preview.")
        if self.moves:
            self.applied = _carry_out(self, reason or self.what)
        return self.applied

    def undo(self, reason: str = "") -> Event:
        """Give the files their old names back."""
        if self.applied is None:
            raise BadValue("This preview wasn't applied.", hint="There is nothing to undo.")
        return undo_rename(self.ws, self.applied.seq, reason=reason)


# ── planning ──────────────────────────────────────────────────────────────────────────────────────────────────


def rename(ws: Workspace, pattern: str, images: Any = None) -> RenamePreview:
    """Plan to rename files by a pattern.

    Parameters
    ----------
    pattern : str
        A text with variables, see `workbench.templates`: ``"{date:%Y-%m-%d}_{sequence:04}"``. Without folders; the
        ending of the file is kept.
    images : list of str, DataFrame or Search, optional
        All images when not given; their order is the order of ``{sequence}``.

    Raises
    ------
    BadValue
        The pattern isn't one, or has characters that file names can't have everywhere.
    """
    text = _checked(parse(pattern))
    ids = ids_of(ws, images)
    preview = RenamePreview(ws, f"rename by {pattern}")
    groups = list(_groups(ws, text, ids, preview))
    preview.moves = _without_collisions(groups, preview)
    return preview


def organise(ws: Workspace, pattern: str, images: Any = None) -> RenamePreview:
    """Plan to move files into folders of their source by a pattern; they keep their names.

    Parameters
    ----------
    pattern : str
        Folders with variables, see `workbench.templates`: ``"{date:%Y}/{Xmp.photoshop.City|or:no place}"``. Whatever
        a variable says becomes the name of one folder: it can't lead anywhere else.
    images : list of str, DataFrame or Search, optional
        All images when not given.

    Raises
    ------
    BadValue
        The pattern isn't one, or has characters that folders' names can't have everywhere.
    """
    parts = [_checked(parse(part)) for part in pattern.strip("/").split("/")]
    ids = ids_of(ws, images)
    preview = RenamePreview(ws, f"organise by {pattern}", verb="moved")
    variables = template("organise", {"Xmp.dc.title": "".join(part.source for part in parts)})
    known, folders = as_known(ws, ids, variables), _Folders()
    roots = ws.query("sources").groupby("source")["uri"].min().to_dict()
    groups = []
    for row in lent(ws, "selected_facts", selection(ids)).to_pylist():
        try:
            inside = [_part(text.render(known[row["image_id"]].lookup)) for text in parts]
            moves = _moves_into(row, str(roots[row["source"]]), inside, folders)
        except (_Refusal, StorageError) as error:
            preview.refused.append(Refused(row["image_id"], "", str(error)))
            continue
        groups += [moves] if moves else []
        preview.unchanged += not moves
    preview.moves = _without_collisions(groups, preview)
    return preview


def _checked(text: Text) -> Text:
    wrong = [c for part in text.parts if isinstance(part, str) for c in part if c in _FORBIDDEN or c < " "]
    if wrong or not text.parts:
        raise BadValue(
            f"Names can't have {wrong[0]!r} everywhere." if wrong else "A folder in the pattern has no name.",
            hint="Use letters, digits, - and _.",
        )
    return text


def _part(rendered: Rendered) -> str:
    """Return one folder's name."""
    if rendered.missing:
        raise _Refusal(f"{rendered.missing[0]} is empty.")
    name = _clean(rendered.text)
    if len(name.encode()) > _LONGEST:
        raise _Refusal("The name would be too long.")
    return name


def _moves_into(row: dict[str, Any], root: str, inside: list[str], folders: _Folders) -> list[Move]:
    """Return the moves of an image and its sidecar files into another folder; none when it is there already."""
    if not sources.is_local(row["uri"]):
        raise _Refusal("Files that aren't on this machine can't be moved here.")
    home = sources.local_bytes(root)
    target = b"/".join([home.rstrip(b"/"), *map(os.fsencode, inside)])
    folder, _, name = sources.local_bytes(row["uri"]).rpartition(b"/")
    if folder == target:
        return []
    beside = folders[folder]
    if beside.get(folded(os.fsdecode(name))) != name:
        raise _Refusal("The file isn't there any more.")
    _ = folders[target]  # refused here when something else stands in the way
    readable = os.fsdecode(name)
    names = [name, *(sidecar for sidecar, _ in _sidecars(readable, readable, row["format"], beside))]
    places = {"folder": "/".join(inside), "from_folder": row["folder"]}
    return [_move_to(folder + b"/" + one, target + b"/" + one, **places) for one in names]


def _move_to(old: bytes, new: bytes, *, folder: str, from_folder: str) -> Move:
    uri, new_uri = sources.local_uri(old), sources.local_uri(new)
    name = sources.readable(new_uri).rpartition("/")[2]
    return Move(sources.image_id(uri), uri, new_uri, name, folder=folder, from_folder=from_folder)


def _groups(ws: Workspace, text: Text, ids: list[str], preview: RenamePreview) -> Iterator[list[Move]]:
    """Yield the moves of each image: its own, and those of the sidecar files beside it."""
    variables = template("rename", {"Xmp.dc.title": text.source})
    known = as_known(ws, ids, variables)
    folders = _Folders()
    for row in lent(ws, "selected_facts", selection(ids)).to_pylist():
        rendered = text.render(known[row["image_id"]].lookup)
        try:
            moves = _moves_of(row, _file_name(rendered, row["filename"]), folders)
        except (_Refusal, StorageError) as error:
            preview.refused.append(Refused(row["image_id"], "", str(error)))
            continue
        if moves:
            yield moves
        else:
            preview.unchanged += 1


class _Refusal(Exception):
    """Why one image isn't renamed."""


def _file_name(rendered: Rendered, old: str) -> str:
    """Return a name that every file system takes, with the ending the file had."""
    if rendered.missing:
        raise _Refusal(f"{rendered.missing[0]} is empty.")
    wanted = rendered.text
    stem, dot, ending = old.rpartition(".")
    if stem and wanted.lower().endswith(f".{ending.lower()}"):
        wanted = wanted[: -len(ending) - 1]
    clean = _clean(wanted)
    name = f"{clean}{dot}{ending}" if stem else clean
    if len(name.encode()) > _LONGEST:
        raise _Refusal("The name would be too long.")
    return name


def _clean(wanted: str) -> str:
    clean = "".join("_" if c in _FORBIDDEN or unicodedata.category(c) in ("Cc", "Cs") else c for c in wanted)
    clean = unicodedata.normalize("NFC", clean).strip().rstrip(". ")
    if not clean or clean.startswith("."):
        raise _Refusal("The name would be empty or hidden.")
    if _RESERVED.fullmatch(clean.split(".")[0]):
        raise _Refusal(f"Windows keeps the name {clean!r} for itself.")
    return clean


class _Folders:
    """What lies in the folders that are looked at: folded name → name, so that case and accents' form don't count."""

    def __init__(self) -> None:
        self._listed: dict[bytes, dict[str, bytes]] = {}

    def __getitem__(self, folder: bytes) -> dict[str, bytes]:
        if folder not in self._listed:
            try:
                self._listed[folder] = {folded(os.fsdecode(name)): name for name in os.listdir(folder)}  # noqa: PTH208  bytes paths
            except FileNotFoundError:
                self._listed[folder] = {}
            except OSError as error:
                raise StorageError(f"The folder can't be listed: {error.strerror}.") from error
        return self._listed[folder]


def folded(name: str) -> str:
    """Return a file name as file systems compare that don't tell case or the form of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _moves_of(row: dict[str, Any], name: str, folders: _Folders) -> list[Move]:
    if not sources.is_local(row["uri"]):
        raise _Refusal("Files that aren't on this machine can't be renamed here.")
    path = sources.local_bytes(row["uri"])
    folder, _, old = path.rpartition(b"/")
    if os.fsencode(name) == old:
        return []
    beside = folders[folder]
    if beside.get(folded(os.fsdecode(old))) != old:
        raise _Refusal("The file isn't there any more.")
    moves = [_move(row["image_id"], folder, old, name)]
    for sidecar, new in _sidecars(os.fsdecode(old), name, row["format"], beside):
        moves.append(_move(sources.image_id(sources.local_uri(folder + b"/" + sidecar)), folder, sidecar, new))
    return moves


def _move(image_id: str, folder: bytes, old: bytes, name: str) -> Move:
    new_uri = sources.local_uri(folder + b"/" + os.fsencode(name))
    return Move(image_id, sources.local_uri(folder + b"/" + old), new_uri, name)


def _sidecars(old: str, name: str, format: str, beside: dict[str, bytes]) -> Iterator[tuple[bytes, str]]:
    """Yield the sidecar files that belong to a file, and what they will be called."""
    if full := beside.get(folded(f"{old}.xmp")):
        yield full, name + os.fsdecode(full)[-4:]
    stem, new_stem = Path(old).stem, Path(name).stem
    short = beside.get(folded(f"{stem}.xmp"))
    if short is None or folded(old).endswith(".xmp"):
        return
    others = [
        n for n in beside if n.rpartition(".")[0] == folded(stem) and n not in (folded(old), folded(f"{stem}.xmp"))
    ]
    if not others or format in _RAW:
        yield short, new_stem + os.fsdecode(short)[-4:]
    elif not any(n.rpartition(".")[2].upper() in _RAW for n in others):
        raise _Refusal(f"Its sidecar {os.fsdecode(short)} belongs to other files as well.")


def _without_collisions(groups: list[list[Move]], preview: RenamePreview) -> list[Move]:
    """Return the moves that no other file is in the way of, those put aside first that have to be."""
    folders = _Folders()
    while True:
        leaving = {_place(move.uri) for group in groups for move in group}
        wanted: dict[tuple[bytes, str], int] = {}
        for group in groups:
            for move in group:
                wanted[_place(move.new_uri)] = wanted.get(_place(move.new_uri), 0) + 1
        kept = [g for g in groups if all(_is_free(m, wanted, leaving, folders) for m in g)]
        if len(kept) == len(groups):
            return [_aside(move, leaving & wanted.keys()) for group in groups for move in group]
        stay = {group[0].image_id for group in kept}
        for group in groups:
            if group[0].image_id not in stay:
                reason = f"Another file is called {group[0].name}, or would be."
                preview.refused.append(Refused(group[0].image_id, "", reason))
        groups = kept


def _place(uri: str) -> tuple[bytes, str]:
    folder, _, name = sources.local_bytes(uri).rpartition(b"/")
    return folder, folded(os.fsdecode(name))


def _is_free(
    move: Move, wanted: dict[tuple[bytes, str], int], leaving: set[tuple[bytes, str]], folders: _Folders
) -> bool:
    place = _place(move.new_uri)
    return wanted[place] == 1 and (place in leaving or place[1] not in folders[place[0]])


def _aside(move: Move, passed_round: set[tuple[bytes, str]]) -> Move:
    """Have a file put aside whose old or new name is also the other's of some file: then any order will do."""
    if not {_place(move.uri), _place(move.new_uri)} & passed_round:
        return move
    folder = sources.local_bytes(move.uri).rpartition(b"/")[0]
    aside = sources.local_uri(folder + b"/.renaming-" + uuid.uuid4().hex.encode() + b".part")
    return replace(move, aside=aside)


# ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _alone(ws: Workspace) -> Iterator[Path]:
    """Hold off other renamings, and leave a note until the block ends well, for `recover` to find."""
    lock, note = FileLock(str(ws.folder / "rename.lock")), ws.folder / "rename.unfinished"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise WorkspaceBusy("Somebody is renaming files of this workspace.", hint="Wait for it to end.") from None
    try:
        yield note
    finally:
        lock.release()


def _carry_out(preview: RenamePreview, reason: str) -> Event:
    plan_id = uuid.uuid4().hex
    about = {"plan_id": plan_id, "what": preview.what, "undoes": list(preview.undoes)}
    records = [list(astuple(move)) for move in preview.moves]
    with _alone(preview.ws) as note:
        note.touch()
        with preview.ws.change(reason) as change:
            change.add("rename_planned", about, attachment=pack(records), event_id=f"rename-planned-{plan_id}")
        event = _finish(preview.ws, about, preview.moves, reason, preview.failed)
        note.unlink(missing_ok=True)
    return event


def _finish(
    ws: Workspace,
    about: dict[str, Any],
    moves: list[Move],
    reason: str,
    failed: list[str],
    *,
    again: bool = False,
    staged: bool = False,
) -> Event:
    """Go through with a plan from wherever it is; ``again`` when it was begun before."""
    plan_id = about["plan_id"]
    _make_folders(moves, failed)
    asides = [move for move in moves if move.aside]
    if asides and not staged:
        if all(_try(move.uri, move.aside, failed, again=again) for move in asides):
            with ws.change(reason) as change:
                change.add("rename_staged", {"plan_id": plan_id}, event_id=f"rename-staged-{plan_id}")
        else:
            _put_back(asides, failed)
            moves = [move for move in moves if not move.aside]
    done = [move for move in moves if _arrive(move, failed, again=again)]
    for folder in {sources.local_bytes(uri).rpartition(b"/")[0] for move in moves for uri in (move.uri, move.new_uri)}:
        sync_folder(folder)
    records = [[m.image_id, sources.image_id(m.new_uri), m.new_uri, m.name, m.folder] for m in done]
    payload = {"plan_id": plan_id, "count": len(done), "fields": [], "what": about["what"]}
    payload |= {"undoes": about["undoes"]} if about.get("undoes") else {}
    with ws.change(reason) as change:
        change.add("files_renamed", payload, attachment=pack(records), event_id=f"files-renamed-{plan_id}")
    return change.events[0]


def _make_folders(moves: list[Move], failed: list[str]) -> None:
    for folder in sorted({sources.local_bytes(m.new_uri).rpartition(b"/")[0] for m in moves if m.folder is not None}):
        try:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103  bytes paths
        except OSError as error:
            failed.append(f"{os.fsdecode(folder)} can't be made: {error.strerror}.")


def _put_back(asides: list[Move], failed: list[str]) -> None:
    for move in asides:
        if os.path.lexists(sources.local_bytes(move.aside)):
            _try(move.aside, move.uri, failed)


def _arrive(move: Move, failed: list[str], *, again: bool) -> bool:
    """Bring a file to its new name; one that was put aside and can't get there goes back."""
    if _try(move.aside or move.uri, move.new_uri, failed, again=again):
        return True
    if move.aside:
        _put_back([move], failed)
    return False


def _try(uri: str, new_uri: str, failed: list[str], *, again: bool = False) -> bool:
    """Rename one file unless that is done already; whether it is at its new name now."""
    old, new = sources.local_bytes(uri), sources.local_bytes(new_uri)
    try:
        if again and not os.path.lexists(old):
            return os.path.lexists(new)
        if again and os.path.lexists(new):
            _take_up(old, new)
        else:
            move_without_overwriting(old, new)
    except OSError as error:
        failed.append(f"{sources.readable(uri)} can't be renamed: {error.strerror}.")
        return False
    return True


def _take_up(old: bytes, new: bytes) -> None:
    """Go on with a file for which the renaming was killed: it has both names, or the new one is only held."""
    here, there = os.lstat(old), os.lstat(new)
    if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) and here.st_nlink > 1:
        os.unlink(old)  # noqa: PTH108  bytes paths; killed between link and unlink
    elif only_holds_the_name(new, old):
        os.replace(old, new)  # noqa: PTH105  killed between holding the name and using it
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


# ── after a crash, and back ───────────────────────────────────────────────────────────────────────────────────


def recover(ws: Workspace) -> list[Event]:
    """Finish renamings that were killed half-way; return their events. Does nothing while one is under way."""
    if not (ws.folder / "rename.unfinished").exists():
        return []
    finished = []
    try:
        with _alone(ws) as note:
            for row in ws.query("open_renames").to_dict("records"):
                about = json.loads(row["payload"])
                moves = [Move(*record) for record in unpack(ws.ledger.attachment(int(row["seq"])) or b"")]
                known = ws.query("events_by_id", event_ids=[f"rename-staged-{about['plan_id']}"])
                finished.append(_finish(ws, about, moves, row["reason"], [], again=True, staged=not known.empty))
            note.unlink(missing_ok=True)
    except WorkspaceBusy:
        return []
    return finished


def undo_rename(ws: Workspace, seq: int, *, reason: str = "") -> Event:
    """Give files the names back that they had before a renaming.

    Raises
    ------
    Stale
        It was undone already, or a file isn't where the renaming put it, or its old name is taken: then no file is
        touched.
    """
    refuse_if_undone(ws, seq)
    if not _was_planned(ws, seq):
        raise BadValue(
            "These names came with converting the files.",
            hint="Put the originals back: `dedup optimise --restore`.",
        )
    data = ws.ledger.attachment(seq)
    planned = {m.new_uri: m for m in _planned(ws, seq)}
    back = RenamePreview(ws, f"undo of {seq}", undoes=(seq,))
    groups = []
    for _, new_id, new_uri, *_ in unpack(data or b""):
        old = planned[new_uri]
        name = sources.readable(old.uri).rpartition("/")[2]
        if not os.path.lexists(sources.local_bytes(new_uri)):
            raise Stale(f"{sources.readable(new_uri)} isn't there any more.", hint="Nothing was renamed.")
        groups.append([Move(new_id, new_uri, old.uri, name, folder=old.from_folder, from_folder=old.folder)])
    back.moves = _without_collisions(groups, back)
    if back.refused:
        raise Stale(f"{len(back.refused):,} of the old names are taken.", hint="Nothing was renamed.")
    event = back.apply(reason or f"undo of {seq}")
    if event is None:
        raise Stale(f"Change {seq} renamed no file.", hint="There is nothing to undo.")
    return event


def _was_planned(ws: Workspace, seq: int) -> bool:
    [event] = ws.ledger.read(after=seq - 1, limit=1)
    return not ws.query("events_by_id", event_ids=[f"rename-planned-{event.payload['plan_id']}"]).empty


def _planned(ws: Workspace, seq: int) -> list[Move]:
    [event] = ws.ledger.read(after=seq - 1, limit=1)
    known = ws.query("events_by_id", event_ids=[f"rename-planned-{event.payload['plan_id']}"])
    data = ws.ledger.attachment(int(known["seq"].iloc[0]))
    return [Move(*record) for record in unpack(data or b"")]


class EveryBulk(Bulk):
    """Bulk changes, of values and of file names."""

    def rename(self, pattern: str, images: Any = None) -> RenamePreview:
        """Plan to rename files by a pattern: see `rename`."""
        return rename(self.ws, pattern, images)

    def organise(self, pattern: str, images: Any = None) -> RenamePreview:
        """Plan to move files into folders by a pattern: see `organise`."""
        return organise(self.ws, pattern, images)
