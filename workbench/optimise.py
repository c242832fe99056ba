"""Making files smaller where they are: without loss, shrunk or converted by a policy; originals kept until confirmed.

The original's bytes are copied into the workspace and read back before its file is replaced, all at once, by one that
is proved first: the same pixels, or a structural similarity above a floor; the metadata byte for byte. A converted file
gets a name with its own ending, which nothing else may have, and the image keeps what was entered for it. What is about
to be done goes into the ledger before, what was done after it; `recover` tells from the disk what became of a run that
was killed in between.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from filelock import FileLock, Timeout

from workbench import conversion, dedup_settings, images, recompress, removal, sources
from workbench.bulk import ids_of, lent, selection
from workbench.errors import (
    BadValue,
    Cancelled,
    MissingExtra,
    NotFound,
    Stale,
    StorageError,
    WorkbenchError,
    WorkspaceBusy,
)
from workbench.events import pack, unpack
from workbench.recompress import Refused
from workbench.relations import content_key
from workbench.renaming import folded
from workbench.replacement import checksum_of, sync_folder, write_file
from workbench.scan import scan
from workbench.similarity import ssim
from workbench.tables import write_whole
from workbench.workspace import Change, Workspace

LOSSLESS, SHRUNK, CONVERTED = "lossless", "shrunk", "converted"

Tell = Callable[[int, int], None]

_AT_ONCE = 64 << 20
_LONGEST_NAME = 255
_ENDINGS = {"BMP": (".bmp", ".dib"), "TIFF": (".tif", ".tiff"), "PNG": (".png",)}


@dataclass(frozen=True, slots=True)
class Policy:
    """How files may be made smaller; the table ``[optimise]`` of ``dedup.toml``.

    Attributes
    ----------
    max_edge : int or None
        Long edge in pixels that JPEGs are shrunk to; None recompresses without loss.
    ssim_floor : float
        The least structural similarity of a shrunk file to the original at the same size, 0 to 1.
    least_saving : float
        Part of its bytes that a file must become smaller by to be touched, 0 to 1.
    convert_to : str or None
        Format that BMP, TIFF and PNG become: ``jpeg`` or ``webp`` at a quality that keeps the floor, or ``png`` with
        the same pixels. See `workbench.conversion`.
    """

    max_edge: int | None = None
    ssim_floor: float = 0.98
    least_saving: float = 0.01
    convert_to: str | None = None

    def __post_init__(self) -> None:
        edge = self.max_edge
        if edge is not None and (isinstance(edge, bool) or not isinstance(edge, int) or edge < 16):
            raise BadValue(f"Pictures can't be shrunk to {edge!r} pixels.", hint="Say 16 or more, or leave it out.")
        if not 0 < self.ssim_floor < 1 or not 0 <= self.least_saving < 1:
            raise BadValue("The floor and the least saving are parts of 1.", hint="Say 0.98 and 0.01.")
        if self.convert_to is not None and self.convert_to not in conversion.TARGETS:
            raise BadValue(f"Nothing is converted to {self.convert_to!r}.", hint=f"Say {_or(conversion.TARGETS)}.")
        if self.convert_to is not None and edge is not None and not conversion.TARGETS[self.convert_to].lossy:
            raise BadValue("A PNG that is shrunk isn't the same picture.", hint="Leave max_edge out, or say jpeg.")

    @property
    def how(self) -> str:
        """``lossless``, ``shrunk`` or ``converted``."""
        if self.convert_to is not None:
            return CONVERTED
        return LOSSLESS if self.max_edge is None else SHRUNK


def _or(words: Sequence[str] | dict[str, Any]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}"


def policy_of(ws: Workspace) -> Policy:
    """Return the workspace's policy, from its ``dedup.toml``.

    Raises
    ------
    BadValue
        It says something that isn't known, or can't be.
    """
    told = dict(dedup_settings.load(ws.folder).tables.get("optimise", {}))
    unknown = sorted(told.keys() - set(Policy.__dataclass_fields__))
    if unknown:
        raise BadValue(
            f"[optimise] doesn't know {unknown[0]!r}.", hint=f"Known: {', '.join(Policy.__dataclass_fields__)}."
        )
    try:
        return Policy(**told)
    except TypeError as error:
        raise BadValue("[optimise] of dedup.toml has a value of the wrong kind.", hint="Give numbers.") from error


@dataclass(frozen=True, slots=True)
class Step:
    """What would become of one file.

    Attributes
    ----------
    image_id, uri, path : str
    before, after : str
        SHA-256, hex.
    size_before, size_after : int
        Bytes.
    likeness : float or None
        Structural similarity; None where the pixels are the same.
    content_before, content_after : str
        What stands for the picture: see `workbench.relations.content_key`.
    new_uri : str
        Where a converted file goes; empty for one that is replaced.
    lost : tuple of str
        Keys of metadata that the new format has no place for.
    """

    image_id: str
    uri: str
    path: str
    before: str
    after: str
    size_before: int
    size_after: int
    likeness: float | None
    content_before: str
    content_after: str
    new_uri: str = ""
    lost: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the file is called afterwards."""
        return sources.readable(self.new_uri or self.uri).rpartition("/")[2]

    def record(self, how: str) -> list[Any]:
        """Return it as the ledger keeps it."""
        return [
            self.image_id, self.uri, how, self.before, self.after, self.size_before, self.size_after, self.likeness,
            self.content_before, self.content_after,
        ]  # fmt: skip

    def plan(self, how: str) -> list[Any]:
        """Return it as the ledger keeps what is about to be done."""
        return [*self.record(how), self.new_uri]


@dataclass(slots=True)
class Optimisation:
    """What making files smaller would do, and after `apply` what it did.

    Attributes
    ----------
    policy : Policy
    steps : list of Step
    left : list of (image_id, path, reason)
        Files that stay as they are.
    job_id : str
    done : list of Step
        After `apply`.
    failed : list of (image_id, path, reason)
        After `apply`.
    """

    ws: Workspace
    policy: Policy
    steps: list[Step] = field(default_factory=list)
    left: list[tuple[str, str, str]] = field(default_factory=list)
    roots: dict[str, str] = field(default_factory=dict)
    job_id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    done: list[Step] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    applied: bool = False

    @property
    def saved(self) -> int:
        """Bytes that the files would be, or are, smaller by."""
        return sum(step.size_before - step.size_after for step in (self.done if self.applied else self.steps))

    def frame(self) -> pd.DataFrame:
        """Return a row a file: image_id, path, name (then), size_before, size_after, saved (bytes), likeness, lost.

        ``lost`` names the metadata that a converted file has no place for.
        """
        rows = [
            (s.image_id, s.path, s.name, s.size_before, s.size_after, s.size_before - s.size_after, s.likeness,
             ", ".join(s.lost))
            for s in self.steps
        ]  # fmt: skip
        columns = ["image_id", "path", "name", "size_before", "size_after", "saved", "likeness", "lost"]
        return pd.DataFrame(rows, columns=columns)

    def refusals(self) -> pd.DataFrame:
        """Return what stays as it is, and why: image_id, path, reason."""
        return pd.DataFrame([*self.left, *self.failed], columns=["image_id", "path", "reason"])

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "job_id": self.job_id, "how": self.policy.how, "files": len(self.done if self.applied else self.steps),
            "saved": self.saved, "left": len(self.left), "failed": len(self.failed), "applied": self.applied,
        }  # fmt: skip

    def __repr__(self) -> str:
        files, words = (len(self.done), "are") if self.applied else (len(self.steps), "would be")
        smaller = f"{files:,} files {words} {self.saved:,} bytes smaller ({self.policy.how})"
        lines = [f"{smaller}, {len(self.left):,} stay as they are."]
        reasons = Counter(reason for *_, reason in [*self.left, *self.failed])
        lines += [f"  {number:,} × {reason}" for reason, number in reasons.most_common(8)]
        if lost := Counter(key for step in self.steps for key in step.lost):
            named = ", ".join(f"{key} ({number:,})" for key, number in lost.most_common(8))
            lines.append(f"The new format has no place for some metadata: {named}.")
        if self.applied:
            lines.append(f"The originals are kept: .restore() puts them back, .confirm() frees {self.saved:,} bytes.")
        else:
            lines.append("No file is touched yet: .frame() lists them, .apply() does it.")
        return "\n".join(lines)

    def apply(
        self, reason: str = "", *, progress: Tell | None = None, cancel: threading.Event | None = None
    ) -> Optimisation:
        """Replace the files by smaller ones, and keep the originals.

        Raises
        ------
        Stale
            It was applied already.
        WorkspaceBusy
            Somebody else is at it in this workspace.
        """
        if self.applied:
            raise Stale("This was applied already.", hint="Make a new preview.")
        tell, total = progress or (lambda done, all_of_them: None), len(self.steps)
        with _alone(self.ws):
            self.applied = True
            for chunk in _chunks(self.steps):
                if cancel is not None and cancel.is_set():
                    break
                _replace_chunk(self, chunk, reason)
                tell(len(self.done) + len(self.failed), total)
        _look_again(self.ws, {self.roots[step.image_id] for step in self.done})
        return self

    def restore(self, reason: str = "") -> Restored:
        """Put the originals back: see `restore`."""
        return restore(self.ws, self.job_id, reason=reason)

    def confirm(self, reason: str) -> int:
        """Let go of the originals: see `confirm`."""
        return confirm(self.ws, self.job_id, reason=reason)


# ── planning ──────────────────────────────────────────────────────────────────────────────────────────────────


def preview(
    ws: Workspace,
    images: Any = None,
    policy: Policy | None = None,
    *,
    progress: Tell | None = None,
    cancel: threading.Event | None = None,
) -> Optimisation:
    """Work out how much smaller files can become. Every file is coded and proved; none is touched.

    Parameters
    ----------
    images : list of str, DataFrame or Search, optional
        All images when not given.
    policy : Policy, optional
        The workspace's when not given: without loss, unless its ``dedup.toml`` says otherwise.
    progress : callable, optional
        Called with how many files were tried, of how many.
    cancel : threading.Event, optional

    Raises
    ------
    MissingExtra
        A library is missing: the extra ``optimise``.
    Cancelled
        Somebody set ``cancel``.
    """
    made = Optimisation(ws, policy or policy_of(ws))
    rows = lent(ws, "files_to_optimise", selection(ids_of(ws, images))).to_pylist()
    made.roots = {row["image_id"]: row["root"] for row in rows}
    if made.policy.convert_to is not None:
        _name_anew(rows, conversion.TARGETS[made.policy.convert_to])
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:  # the encoders work outside Python's lock
        for done, found in enumerate(threads.map(lambda row: _tried(row, made.policy, cancel), rows), 1):
            if isinstance(found, Step):
                made.steps.append(found)
            else:
                made.left.append(found)
            if progress is not None:
                progress(done, len(rows))
    return made


def _tried(row: dict[str, Any], policy: Policy, cancel: threading.Event | None) -> Step | tuple[str, str, str]:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Nothing was touched.", hint="Start again when you like.")
    try:
        data = _read(row)
        made = _smaller(data, row["format"], policy)
        new = made.data
    except (Refused, WorkbenchError, OSError) as error:
        if isinstance(error, MissingExtra):
            raise
        return row["image_id"], row["path"], _words(error)
    measured = images.measure(new)
    after = hashlib.sha256(new).hexdigest()
    return Step(
        row["image_id"], row["uri"], row["path"], row["checksum"], after, len(data), len(new), made.likeness,
        row["content"], content_key(measured.picture_hash, after), row.get("new_uri", ""), made.lost,
    )  # fmt: skip


def _name_anew(rows: list[dict[str, Any]], target: conversion.Target) -> None:
    """Give each row that may be converted ``new_uri``, or ``refused``: why it can't have the name it would get."""
    taken: dict[bytes, set[str]] = {}
    wanted: Counter[tuple[bytes, str]] = Counter()
    for row in rows:
        if not _may_be_named(row, target):
            continue  # refused for a better reason
        folder, _, name = sources.local_bytes(row["uri"]).rpartition(b"/")
        new = os.fsencode(_stem(os.fsdecode(name), row["format"])) + target.ending.encode()
        row["new_uri"] = sources.local_uri(folder + b"/" + new)
        row["place"] = folder, folded(os.fsdecode(new))
        wanted[row["place"]] += 1
        if folder not in taken:
            taken[folder] = _listed(folder)
        if row["place"][1] in taken[folder]:
            row["refused"] = f"Another file is called {sources.readable(row['new_uri']).rpartition('/')[2]} already."
        elif folded(os.fsdecode(name) + ".xmp") in taken[folder]:
            row["refused"] = "Its sidecar file has its whole name: rename the two, or take its values in, first."
        elif len(new) > _LONGEST_NAME:
            row["refused"] = "The new name would be too long."
    for row in rows:
        if "place" in row and wanted[row["place"]] > 1 and "refused" not in row:
            row["refused"] = "Another file would get the same name."


def _may_be_named(row: dict[str, Any], target: conversion.Target) -> bool:
    return row["format"] in conversion.SOURCES and row["format"] != target.format and sources.is_local(row["uri"])


def _listed(folder: bytes) -> set[str]:
    try:
        return {folded(os.fsdecode(name)) for name in os.listdir(folder)}  # noqa: PTH208  bytes paths
    except OSError:
        return set()  # the files in it say why they can't be read


def _stem(name: str, format: str) -> str:
    """Return a file's name without the ending of its format; all of it where it ends otherwise."""
    ending = next((e for e in _ENDINGS[format] if name.lower().endswith(e) and len(name) > len(e)), "")
    return name[: len(name) - len(ending)]


def _words(error: Exception) -> str:
    if isinstance(error, WorkbenchError):
        return error.message
    return f"It can't be read: {error.strerror}." if isinstance(error, OSError) else str(error)


def _read(row: dict[str, Any]) -> bytes:
    if not sources.is_local(row["uri"]):
        raise Refused("Files that aren't on this machine can't be changed here.")
    if row.get("refused"):
        raise Refused(row["refused"])
    if row["broken"]:
        raise Refused("Something is wrong with the file: see the view problems.")
    path = sources.local_bytes(row["uri"])
    status = os.lstat(path)
    if row.get("new_uri") and stat.S_ISLNK(status.st_mode):
        raise Refused("It is a link to a file elsewhere.")
    if status.st_nlink > 1:
        raise Refused("It shares its bytes with another file (a hard link).")
    with sources.open_blob(row["uri"]) as blob:
        data = bytes(blob.data)
    if hashlib.sha256(data).hexdigest() != row["checksum"]:
        raise Refused("It was changed since it was scanned.")
    return data


def _smaller(data: bytes, format: str, policy: Policy) -> conversion.Converted:
    if policy.convert_to is not None:
        made = conversion.convert(data, policy.convert_to, floor=policy.ssim_floor, edge=policy.max_edge)
    elif policy.max_edge is None:
        made = conversion.Converted(recompress.recompress(data, format).data, None, ())
    else:
        made = conversion.Converted(*shrink(data, format, policy), ())
    if len(data) - len(made.data) < max(1, len(data) * policy.least_saving):
        raise Refused("Too little would be saved.")
    return made


def shrink(data: bytes, format: str, policy: Policy) -> tuple[bytes, float]:
    """Return a JPEG shrunk to a policy's edge, of the least quality that keeps its floor, with all of its metadata.

    Returns
    -------
    file : bytes
    likeness : float
        Structural similarity to the original at the same size.

    Raises
    ------
    Refused
        It is no JPEG, small enough already, or no quality keeps the floor.
    """
    if format != "JPEG":
        raise Refused(f"{format} files aren't shrunk where they are: convert them into a folder.")
    parts = recompress.jpeg_parts(data)
    recompress.must_be_movable(parts)
    low, high, best = conversion.LEAST, conversion.MOST, None
    while low <= high:
        quality = (low + high) // 2
        found = _encoded(data, parts, quality, policy)
        if found[1] >= policy.ssim_floor:
            best, high = found, quality - 1
        else:
            low = quality + 1
    if best is None:
        raise Refused(f"No quality keeps a similarity of {policy.ssim_floor:g}.")
    return best


def _encoded(data: bytes, parts: recompress.JpegParts, quality: int, policy: Policy) -> tuple[bytes, float]:
    try:
        file, source = images.encoded(data, format="JPEG", quality=quality, edge=policy.max_edge)
        likeness = ssim(source, images.decoded(file))
    except BadValue as error:
        raise Refused(error.message) from error
    return recompress.with_metadata_of(file, parts), likeness


# ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _alone(ws: Workspace) -> Iterator[None]:
    """Hold off others who make files smaller, and first find out what became of a run that was killed."""
    lock = FileLock(str(ws.folder / "optimise.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise WorkspaceBusy("Somebody is making files smaller in this workspace.", hint="Wait for it to end.") from None
    note = ws.folder / "optimise.unfinished"
    try:
        if note.exists():
            _settle(ws)
        note.touch()
        yield
        note.unlink(missing_ok=True)
    finally:
        lock.release()


def _chunks(steps: Sequence[Step]) -> Iterator[list[Step]]:
    chunk: list[Step] = []
    for step in steps:
        chunk.append(step)
        if sum(one.size_before for one in chunk) >= _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _replace_chunk(job: Optimisation, chunk: list[Step], reason: str) -> None:
    """Announce a few files, replace each, and record what was done."""
    chunk_id = uuid.uuid4().hex
    about = {"job_id": job.job_id, "chunk_id": chunk_id, "count": len(chunk)}
    records = [step.plan(job.policy.how) for step in chunk]
    with job.ws.change(reason) as change:
        change.add("optimise_planned", about, attachment=pack(records))
    done = []
    for step in chunk:
        try:
            _replace(job, step)
            done.append(step)
        except (Refused, WorkbenchError, OSError) as error:
            job.failed.append((step.image_id, step.path, _words(error)))
    _record(job.ws, about, [step.plan(job.policy.how) for step in done], reason)
    job.done += done


def _replace(job: Optimisation, step: Step) -> None:
    place = sources.local_bytes(step.uri)
    with sources.open_blob(step.uri) as blob:
        data = bytes(blob.data)
    if hashlib.sha256(data).hexdigest() != step.before:
        raise Refused("It was changed since the preview.")
    new = _smaller(data, "PNG" if data.startswith(b"\x89PNG") else "JPEG", job.policy).data
    if hashlib.sha256(new).hexdigest() != step.after:
        raise Refused("The encoder made something else than in the preview.")
    _keep(job.ws, data, step.before)
    if step.new_uri:
        _exchange(place, step.before, sources.local_bytes(step.new_uri), new)
    else:
        write_file(place, place, new, keep_mtime=True, expected=step.before)


def _exchange(old: bytes, checksum: str, new: bytes, data: bytes) -> None:
    """Put a file beside another of the same folder, and take that away: both are there in between, never neither."""
    write_file(old, new, data, keep_mtime=True)
    try:
        _take_away(old, checksum)
    except (Refused, OSError):
        _take_away(new, hashlib.sha256(data).hexdigest())
        raise


def _take_away(place: bytes, checksum: str) -> None:
    """Remove a file whose bytes are kept elsewhere, unless it has become another."""
    if checksum_of(place) != checksum:
        raise Refused("It was changed meanwhile.")
    os.unlink(place)  # noqa: PTH108  bytes paths
    sync_folder(place.rpartition(b"/")[0])


def _keep(ws: Workspace, data: bytes, checksum: str) -> None:
    """Copy an original into the workspace, and read it back."""
    place = _original(ws, checksum)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists() or checksum_of(place) != checksum:
        write_whole(place, data)
    if checksum_of(place) != checksum:
        raise StorageError("The original couldn't be kept: it doesn't read back equal.", hint="Check the disk.")


def _original(ws: Workspace, checksum: str) -> Path:
    return ws.folder / "originals" / checksum[:2] / checksum


def _record(ws: Workspace, about: dict[str, Any], plans: list[list[Any]], reason: str) -> None:
    told = {"job_id": about["job_id"], "count": len(plans)}
    records, moves = [plan[:10] for plan in plans], [_moved(plan[1], plan[10]) for plan in plans if _new_uri(plan)]
    with ws.change(reason) as change:
        change.add("files_optimised", told, attachment=pack(records), event_id=f"files-optimised-{about['chunk_id']}")
        _add_names(change, about["chunk_id"], moves, "converted")


def _new_uri(plan: Sequence[Any]) -> str:
    return plan[10] if len(plan) > 10 else ""  # older ledgers have none


def _moved(uri: str, new_uri: str) -> list[Any]:
    """Return a new name as `files_renamed` records it."""
    name = sources.readable(new_uri).rpartition("/")[2]
    return [sources.image_id(uri), sources.image_id(new_uri), new_uri, name, None]


def _add_names(change: Change, chunk_id: str, moves: list[list[Any]], what: str) -> None:
    """Add to a change that files have new names: what is known of the images goes along."""
    if moves:
        told = {"plan_id": chunk_id, "count": len(moves), "fields": [], "what": what}
        change.add("files_renamed", told, attachment=pack(moves), event_id=f"files-renamed-{chunk_id}")


def _look_again(ws: Workspace, roots: set[str]) -> None:
    for root in sorted(roots):
        scan(ws, root)


def recover(ws: Workspace) -> int:
    """Find out what became of files that were about to be replaced when a run was killed; return how many were.

    Does nothing while a run is under way.
    """
    if not (ws.folder / "optimise.unfinished").exists():
        return 0
    before = ws.ledger.head()[0]
    with contextlib.suppress(WorkspaceBusy), _alone(ws):
        pass
    return sum(event.payload["count"] for event in ws.ledger.read(after=before) if event.kind == "files_optimised")


def _settle(ws: Workspace) -> None:
    for row in ws.query("open_optimisations").to_dict("records"):
        about = json.loads(row["payload"])
        plans = unpack(ws.ledger.attachment(int(row["seq"])) or b"")
        done = [p for p in plans if (_settled(ws, p) if _new_uri(p) else _is_now(p[1], p[4]))]
        _record(ws, about, done, row["reason"])
    for row in ws.query("open_originals").to_dict("records"):
        about = json.loads(row["payload"])
        backs = [_Back(*record) for record in unpack(ws.ledger.attachment(int(row["seq"])) or b"")]
        _note_back(ws, about["chunk_id"], [back for back in backs if _is_back(back)], row["reason"])


def _settled(ws: Workspace, plan: Sequence[Any]) -> bool:
    """Say whether a file was converted; where both are there, take the old away, or the new if the old was changed."""
    old, new = (sources.local_bytes(uri) for uri in (plan[1], plan[10]))
    if not os.path.lexists(old):
        return os.path.lexists(new)
    if not _is_now(plan[10], plan[4]):
        return False
    ours = _is_now(plan[1], plan[3])
    with contextlib.suppress(OSError, Refused):
        if ours and checksum_of(_original(ws, plan[3])) == plan[3]:
            _take_away(old, plan[3])
            return True
    with contextlib.suppress(OSError, Refused):
        _take_away(new, plan[4])
    return False


def _is_now(uri: str, checksum: str) -> bool:
    try:
        return checksum_of(sources.local_bytes(uri)) == checksum
    except OSError:
        return False


# ── back, or for good ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Restored:
    """What became of files whose originals were to be put back.

    Attributes
    ----------
    files : int
        That are the original again, byte for byte.
    left : list of (path, reason)
        That aren't, and why.
    """

    files: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.files:,} originals are back."]
        return "\n".join([*lines, *(f"  {path}: {reason}" for path, reason in self.left)])


def restore(ws: Workspace, job_id: str | None = None, *, reason: str = "") -> Restored:
    """Put the originals back in the place of smaller files, byte for byte, with the time they had.

    Parameters
    ----------
    job_id : str, optional
        Only those of one run.

    Raises
    ------
    NotFound
        Nothing of that is kept.
    """
    ws.must_be_allowed("optimised_restored")
    made, done, chunk_id = Restored(), [], uuid.uuid4().hex
    with _alone(ws):
        rows = _kept(ws, job_id)
        backs = [_back_of(row) for row in rows]
        planned = any(back.target for back in backs)
        if planned:
            with ws.change(reason) as change:
                about = {"chunk_id": chunk_id, "count": len(backs)}
                change.add("originals_planned", about, attachment=pack([list(back) for back in backs]))
        for row, back in zip(rows, backs, strict=True):
            try:
                _put_back(ws, back)
                done.append((row, back))
            except (Refused, WorkbenchError, OSError) as error:
                made.left.append((row["path"], _words(error)))
        if planned or done:
            _note_back(ws, chunk_id, [back for _, back in done], reason)
    made.files = len(done)
    _look_again(ws, {row["root"] for row, _ in done if isinstance(row["root"], str)})
    return made


class _Back(NamedTuple):
    """A file whose original is to be put back: under which name, where that is another (a URI)."""

    job_id: str
    known_as: str
    uri: str
    target: str
    before: str
    after: str


def _back_of(row: dict[Any, Any]) -> _Back:
    target = ""
    if row["how"] == CONVERTED:
        folder, _, name = sources.local_bytes(row["uri"]).rpartition(b"/")
        was, now = os.fsdecode(sources.local_bytes(row["was_at"]).rpartition(b"/")[2]), os.fsdecode(name)
        endings = [ending for known in _ENDINGS.values() for ending in known if was.lower().endswith(ending)]
        ending = was[len(was) - len(endings[0]) :] if endings and len(was) > len(endings[0]) else ""
        ours = next((t.ending for t in conversion.TARGETS.values() if now.lower().endswith(t.ending)), "")
        target = sources.local_uri(folder + b"/" + os.fsencode(now[: len(now) - len(ours)] + ending))
    return _Back(row["job_id"], row["known_as"], row["uri"], target, row["before"], row["after"])


def _note_back(ws: Workspace, chunk_id: str, done: Sequence[_Back], reason: str) -> None:
    """Record which originals are back, and under which names."""
    moves = [_moved(back.uri, back.target) for back in done if back.target]
    with ws.change(reason) as change:
        told = {"count": len(done)}
        records = [[back.job_id, back.known_as] for back in done]
        event_id = f"optimised-restored-{chunk_id}"
        change.add("optimised_restored", told, attachment=pack(records), event_id=event_id)
        _add_names(change, chunk_id, moves, "originals put back")


def _is_back(back: _Back) -> bool:
    """Say whether an original is back; where the converted file is still beside it, take that away."""
    if not back.target:
        return _is_now(back.uri, back.before)
    if not _is_now(back.target, back.before):
        return False
    if _is_now(back.uri, back.after):
        with contextlib.suppress(OSError, Refused):
            _take_away(sources.local_bytes(back.uri), back.after)
    return not os.path.lexists(sources.local_bytes(back.uri))


def _put_back(ws: Workspace, back: _Back) -> None:
    place = sources.local_bytes(back.uri)
    if not back.target and _is_now(back.uri, back.before):
        return  # killed between putting it back and saying so
    original = _original(ws, back.before).read_bytes()
    if hashlib.sha256(original).hexdigest() != back.before:
        raise Refused("The original that was kept is damaged.")
    if not back.target:
        write_file(place, place, original, keep_mtime=True, expected=back.after)
    elif checksum_of(place) != back.after:
        raise Refused("It was changed since it was converted.")
    else:
        _exchange(place, back.after, sources.local_bytes(back.target), original)


def confirm(ws: Workspace, job_id: str | None = None, *, reason: str) -> int:
    """Let go of the originals of smaller files; return the bytes that this freed. There is no way back.

    An original whose smaller file isn't in its place any more, byte for byte, is kept.

    Parameters
    ----------
    job_id : str, optional
        Only those of one run.
    reason : str
        Why; stands in the ledger.

    Raises
    ------
    NotAllowed
        Somebody without the right to purge.
    BadValue
        No reason was given.
    NotFound
        Nothing of that is kept.
    """
    ws.must_be_allowed("optimised_confirmed")
    removal.require_right(ws, "purge")
    if not reason.strip():
        raise BadValue("Say why the originals may go.", hint="The reason stands in the ledger.")
    with _alone(ws):
        rows = _kept(ws, job_id)
        safe = [row for row in rows if _is_now(row["uri"], row["after"])]
        _note(ws, "optimised_confirmed", safe, reason)
        sums = sorted({row["before"] for row in safe})
        needed = set(ws.query("kept_originals", checksums=sums)["before"])
        return sum(_let_go(_original(ws, checksum)) for checksum in sums if checksum not in needed)


def _let_go(place: Path) -> int:
    try:
        freed = place.stat().st_size
        place.unlink()
    except FileNotFoundError:
        return 0
    return freed


def _kept(ws: Workspace, job_id: str | None) -> list[dict[Any, Any]]:
    rows = ws.query("optimised_now", job_id=job_id).to_dict("records")
    if not rows:
        raise NotFound("No originals of smaller files are kept.", hint="Look into the view optimised.")
    return rows


def _note(ws: Workspace, kind: str, rows: list[dict[Any, Any]], reason: str) -> None:
    records = [[row["job_id"], row["known_as"]] for row in rows]
    if records:
        with ws.change(reason) as change:
            change.add(kind, {"count": len(records)}, attachment=pack(records))
