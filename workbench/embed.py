"""Embed: write what people entered into files. The verb over a workspace; `embedding` is the engine it drives.

By default into copies in a folder. In place only when asked, and then so that `undo_embed` restores every file bit for
bit: what the file needs for that is on disk before the ledger names the change, and the ledger before the file changes.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pandas as pd

from workbench import embedding, manifests, sources
from workbench.errors import BadValue, NotFound, Stale, StorageError, WorkbenchError
from workbench.events import Event, pack
from workbench.fields import FIELDS, FieldSpec
from workbench.in_words import InWords
from workbench.profiles import load
from workbench.replacement import sweep, write_file
from workbench.scan import scan
from workbench.workspace import Workspace

MODES = ("copy", "inplace", "sidecar")
_AT_ONCE = 50
_BYTES_AT_ONCE = 64 * 2**20

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class _File:
    """One image on its way: where it is, what shall be said, what became of it."""

    image_id: str
    uri: str
    path: str
    source: str
    format: str
    root: str
    values: dict[str, Any]
    how: str = ""
    why: str = ""
    target: str = ""
    before: str | None = None
    after: str | None = None
    warnings: list[str] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)
    write: Callable[[], object] | None = None

    def record(self) -> list[Any]:
        return [self.image_id, self.uri, self.how, self.why or None, self.shown_target or None, self.before, self.after]

    @property
    def shown_target(self) -> str:
        return sources.shown(self.target)


@dataclass(frozen=True, slots=True)
class EmbedReport(InWords):
    """What became of each file.

    Attributes
    ----------
    mode : str
    files : list of dict
        image_id, path, how (``embedded``, ``sidecar``, ``copied``, ``failed``), why, target, warnings.
    events : list of int
        Positions in the ledger; `undo_embed` takes them.
    cancelled : bool
    """

    mode: str
    files: list[dict[str, Any]]
    events: list[int]
    cancelled: bool = False

    def counts(self) -> dict[str, int]:
        """Return how many files ended how."""
        return dict(Counter(file["how"] for file in self.files))

    def frame(self) -> pd.DataFrame:
        """Return a row a file."""
        return pd.DataFrame(self.files, columns=["image_id", "path", "how", "why", "target", "warnings"])

    def __str__(self) -> str:
        said = ", ".join(f"{count:,} {how}" for how, count in sorted(self.counts().items())) or "no images were given"
        lines = [f"Embedding ({self.mode}){', cancelled' if self.cancelled else ''}: {said}."]
        reasons = Counter(file["why"] for file in self.files if file["why"])
        lines += [f"  {count:>6,} {why}" for why, count in reasons.most_common(10)]
        return "\n".join(lines)


def embed(
    ws: Workspace,
    image_ids: Sequence[str],
    *,
    mode: str = "copy",
    to: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    carriers: Collection[str] = (),
    keep_mtime: bool = False,
    allow_c2pa: bool = False,
    overwrite: bool = False,
    reason: str = "",
    progress: Tell | None = None,
    cancel: threading.Event | None = None,
) -> EmbedReport:
    """Write what was entered for images into files.

    Parameters
    ----------
    ws : Workspace
    image_ids : sequence of str
    mode : str
        ``copy``: into copies below ``to`` (images nobody entered anything for are copied as they are).
        ``inplace``: into the files themselves. ``sidecar``: into XMP files beside the originals, or below ``to``.
    to : path, optional
        The export folder; needed for ``copy``.
    profile : str, optional
        Only this profile's fields, in its shapes; every entered field when not given.
    carriers : collection of str
        ``exif`` and ``iptc``: make these blocks where a file has none. Existing ones are always kept in step.
    keep_mtime : bool
        Keep the files' modification time.
    allow_c2pa : bool
        Also write into files whose content credentials this breaks.
    overwrite : bool
        Replace files that are already in the export folder.
    reason : str, optional
        Why; stands in the ledger.
    progress : callable, optional
        Called with how many files are done, and how many there are.
    cancel : threading.Event, optional
        Set it to stop: the files done so far are whole, recorded and listed in the manifest.

    Returns
    -------
    EmbedReport
        A row for every image; copies get a manifest of checksums beside them. What can't be guaranteed gets a
        sidecar and the reason; what fails costs that file only.

    Raises
    ------
    BadValue
        The mode isn't known, or ``copy`` has no folder.
    NotFound
        An id isn't catalogued.
    NotAllowed
        The person's roles don't allow it.
    """
    ws.must_be_allowed("files_embedded")
    folder = _checked(mode, to)
    specs, only = _specs(ws, profile)
    files = _files(ws, list(dict.fromkeys(image_ids)), only)
    job = _Job(ws, mode, folder, specs, carriers, keep_mtime, allow_c2pa, overwrite, reason)
    cancel = cancel or threading.Event()
    done: list[_File] = []
    tell = progress or (lambda done, total: None)
    tell(0, len(files))
    for chunk in job.chunks(files, cancel):
        job.commit(chunk)
        done += chunk
        tell(len(done), len(files))
    if mode == "copy" and folder is not None:
        job.write_manifest(folder, done)
    if mode == "inplace" and any(file.how == "embedded" for file in done):
        for root in dict.fromkeys(file.root for file in done):
            scan(ws, root)
    rows = [
        {
            "image_id": f.image_id,
            "path": f.path,
            "how": f.how,
            "why": f.why,
            "target": f.shown_target,
            "warnings": f.warnings,
        }
        for f in done
    ]
    return EmbedReport(mode, rows, [event.seq for event in job.events], cancelled=len(done) < len(files))


def undo_embed(ws: Workspace, seq: int, *, reason: str = "") -> EmbedReport:
    """Restore the files that an embedding changed in place, bit for bit.

    Parameters
    ----------
    ws : Workspace
    seq : int
        The event's position in the ledger (``EmbedReport.events``).

    Raises
    ------
    NotFound
        That event changed no file in place.
    """
    ws.must_be_allowed("files_embedded")
    rows = ws.query("embedded_in_place", seq=seq)
    if rows.empty:
        raise NotFound(f"Event {seq} changed no file in place.", hint="See the view deliveries.")
    changed = rows.to_dict("records")
    files = [_File(r["image_id"], r["uri"], sources.readable(r["uri"]), "", "", "", {}) for r in changed]
    journal = ws.folder / "journal"
    for file, row in zip(files, changed, strict=True):
        file.before, file.after, file.target = row["after"], row["before"], file.path
        try:
            _restore(file, _undo_path(journal, row["kept_as"], str(file.before)))
        except (WorkbenchError, OSError) as error:
            file.how, file.why = "failed", str(error)
    with ws.change(reason) as change:
        about = {"mode": "restored", "count": len(files), "undoes": seq}
        change.add("files_embedded", about, attachment=pack([file.record() for file in files]))
    shown = [{"image_id": f.image_id, "path": f.path, "how": f.how, "why": f.why} for f in files]
    for root in _roots(ws, [f.image_id for f in files]):
        scan(ws, root)
    return EmbedReport("restored", shown, [event.seq for event in change.events])


def _restore(file: _File, kept: Path) -> None:
    undo = kept.read_bytes()
    place = _local(file.uri)
    with sources.open_blob(file.uri) as blob:
        original = embedding.restore_bytes(bytes(blob.data), undo)
    write_file(place, place, original, expected=file.before)
    file.how = "restored"


def _roots(ws: Workspace, ids: list[str]) -> list[str]:
    return list(dict.fromkeys(ws.query("files_to_embed", ids=ids)["root"]))


def _checked(mode: str, to: str | os.PathLike[str] | None) -> Path | None:
    if mode not in MODES:
        raise BadValue(f"There is no mode {mode!r}.", hint=f"Choose one of {', '.join(MODES)}.")
    if mode == "copy" and to is None:
        raise BadValue("Copies need a folder to go to.", hint="Say to=….")
    if mode == "inplace" and to is not None:
        raise BadValue("In place means where the files are, not a folder.", hint="Leave out to=…, or use mode='copy'.")
    return None if to is None else Path(to).expanduser().absolute()


def _specs(ws: Workspace, profile: str | None) -> tuple[Mapping[str, FieldSpec] | None, set[str] | None]:
    if profile is None:
        return None, None
    fields = load(profile, folder=ws.folder).fields
    return {key: one.spec for key, one in fields.items()}, set(fields)


def _files(ws: Workspace, ids: list[str], only: set[str] | None) -> list[_File]:
    found = ws.query("files_to_embed", ids=ids)
    missing = sorted(set(ids) - set(found["image_id"]))
    if missing:
        raise NotFound(f"Not catalogued: {', '.join(missing[:3])}{' …' * (len(missing) > 3)}.", hint="Check the ids.")
    values = _values(ws, ids, only)
    return [
        _File(**{str(k): v for k, v in row.items()}, values=values.get(row["image_id"], {}))
        for row in found.to_dict("records")
    ]


def _values(ws: Workspace, ids: list[str], only: set[str] | None) -> dict[str, dict[str, Any]]:
    rows = ws.query("values_to_embed", ids=ids)
    made: dict[str, dict[str, Any]] = {}
    for (image_id, key), group in rows.groupby(["image_id", "field"], sort=False):
        if only is None or key in only:
            made.setdefault(str(image_id), {})[str(key)] = _content(str(key), group)
    return made


def _content(key: str, rows: pd.DataFrame) -> Any:
    """Return one field's entered rows as the engine takes them."""
    entries = [
        (lang if isinstance(lang, str) else None, v) for lang, v in zip(rows["lang"], rows["value"], strict=True)
    ]
    if all(not isinstance(value, str) for _, value in entries):
        return None
    spec = FIELDS.get(key)
    if spec is not None and spec.is_list:
        return [value for _, value in entries]
    if any(lang for lang, _ in entries) or (spec is not None and spec.kind == "langalt"):
        return {lang or "x-default": value for lang, value in entries}
    return entries[0][1] if len(entries) == 1 else [value for _, value in entries]


class _Job:
    """One embedding under way."""

    def __init__(
        self,
        ws: Workspace,
        mode: str,
        folder: Path | None,
        specs: Mapping[str, FieldSpec] | None,
        carriers: Collection[str],
        keep_mtime: bool,
        allow_c2pa: bool,
        overwrite: bool,
        reason: str,
    ) -> None:
        self.ws, self.mode, self.folder, self.specs, self.carriers = ws, mode, folder, specs, carriers
        self.keep_mtime, self.allow_c2pa, self.overwrite, self.reason = keep_mtime, allow_c2pa, overwrite, reason
        self.journal = ws.folder / "journal"
        self.events: list[Event] = []
        self._swept: set[Path] = set()

    def chunks(self, files: list[_File], cancel: threading.Event) -> Iterator[list[_File]]:
        """Prepare files, a few at a time: nothing is written yet."""
        chunk: list[_File] = []
        weight = 0
        for file in files:
            if cancel.is_set():
                break
            try:
                weight += self._prepare(file)
            except (WorkbenchError, OSError) as error:
                file.how, file.why, file.write = "failed", str(error), None
            chunk.append(file)
            if len(chunk) >= _AT_ONCE or weight >= _BYTES_AT_ONCE:
                yield chunk
                chunk, weight = [], 0
        if chunk:
            yield chunk

    def commit(self, chunk: list[_File]) -> None:
        """Write a chunk: in place the ledger first, so that no change goes without a record; else what came of it."""
        if self.mode == "inplace":
            self._record(chunk)
        failed = [file for file in chunk if not self._write(file)]
        if self.mode != "inplace":
            self._record(chunk)
        elif failed:
            self._record(failed)

    def write_manifest(self, folder: Path, done: list[_File]) -> None:
        """Note the checksums of what was delivered, beside what the folder's manifest lists already."""
        place = folder / manifests.NAME
        known = manifests.listed(place.read_bytes()) if place.exists() else {}
        for file in done:
            if file.after is not None and file.target and file.how != "failed":
                known[Path(file.target).relative_to(folder).as_posix()] = file.after
            known |= {Path(path).relative_to(folder).as_posix(): digest for path, digest in file.beside.items()}
        if known:
            write_file(None, place, manifests.manifest(known), overwrite=True)

    def _record(self, chunk: list[_File]) -> None:
        with self.ws.change(self.reason) as change:
            about = {"mode": self.mode, "count": len(chunk), "to": str(self.folder or "")}
            change.add("files_embedded", about, attachment=pack([file.record() for file in chunk]))
        self.events += change.events

    def _write(self, file: _File) -> bool:
        try:
            if file.write is not None:
                file.write()
        except (WorkbenchError, OSError) as error:
            file.how, file.why = "failed", str(error)
            return False
        finally:
            file.write = None
        return True

    def _prepare(self, file: _File) -> int:
        with sources.open_blob(file.uri) as blob:
            data = bytes(blob.data)
        target = self._target(file)
        if self.mode == "sidecar":
            return self._sidecar(file, target, "")
        if not file.values:
            return self._as_it_is(file, data, target)
        planned = embedding.plan(data, file.values, **self._how(file))
        file.warnings = planned.warnings
        if planned.how == "sidecar":
            self._as_it_is(file, data, target)
            return len(data) + self._sidecar(file, target, planned.why, also=file.write)
        return self._embedded(file, data, target, planned)

    def _how(self, file: _File) -> dict[str, Any]:
        return {
            "format": file.format, "allow_c2pa": self.allow_c2pa, "carriers": self.carriers, "specs": self.specs,
        }  # fmt: skip

    def _embedded(self, file: _File, data: bytes, target: Path, planned: embedding.Plan) -> int:
        made = embedding.embed_bytes(data, file.values, **self._how(file), planned=planned)
        wrong = embedding.verify(data, made.new_bytes, file.values, format=file.format, specs=self.specs)
        if wrong:
            raise StorageError(f"More than was meant would change: {wrong[0]}", hint="Nothing was written.")
        file.how, file.before, file.after, file.target = "embedded", made.before, made.after, os.fspath(target)
        if self.mode == "inplace":
            self._keep_undo(file, made.undo)
        expected = made.before if self.mode == "inplace" else None
        file.write = lambda: self._place(file, target, made.new_bytes, expected)
        return len(made.new_bytes)

    def _keep_undo(self, file: _File, undo: bytes) -> None:
        self.journal.mkdir(exist_ok=True)
        write_file(None, _undo_path(self.journal, file.image_id, str(file.after)), undo, overwrite=True)

    def _as_it_is(self, file: _File, data: bytes, target: Path) -> int:
        file.how = "copied" if self.mode == "copy" else "unchanged"
        if self.mode == "copy":
            file.target, file.after = os.fspath(target), hashlib.sha256(data).hexdigest()
            file.beside[file.target] = file.after
            file.write = lambda: self._place(file, target, data, None)
        return len(data)

    def _sidecar(self, file: _File, target: Path, why: str, also: Callable[[], object] | None = None) -> int:
        if not file.values:
            file.how = "unchanged"
            return 0
        beside = [path.name for path in target.parent.iterdir()] if target.parent.is_dir() else []
        place = target.parent / embedding.sidecar_name(target.name, beside)
        existing = place.read_bytes() if place.exists() else None
        made = embedding.sidecar_bytes(file.values, existing, specs=self.specs)
        file.how, file.why, file.target = "sidecar", why, os.fspath(place)
        file.after = hashlib.sha256(made).hexdigest()

        def write() -> None:
            if also is not None:
                also()
            place.parent.mkdir(parents=True, exist_ok=True)
            write_file(None, place, made, overwrite=existing is not None or self.overwrite)

        file.write = write
        return len(made)

    def _target(self, file: _File) -> Path:
        if self.folder is None:
            return _local(file.uri)
        inside = unquote_to_bytes(file.uri[len(file.root) :].lstrip("/")) or os.fsencode(file.path)
        return self.folder / os.fsdecode(file.source) / os.fsdecode(inside)

    def _place(self, file: _File, target: Path, content: bytes, expected: str | None) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent not in self._swept:
            self._swept.add(target.parent)
            sweep(target.parent)
        source = _local(file.uri) if sources.is_local(file.uri) else None
        write_file(
            source, target, content, keep_mtime=self.keep_mtime, overwrite=self.overwrite or expected is not None,
            expected=expected,
        )  # fmt: skip


def _undo_path(journal: Path, image_id: str, after: str) -> Path:
    return journal / f"{image_id}-{after[:16]}.undo"


def _local(uri: str) -> Path:
    if not sources.is_local(uri):
        raise Stale("Only files on this machine can be written in place.", hint="Use mode='copy'.")
    return Path(os.fsdecode(sources.local_bytes(uri)))
