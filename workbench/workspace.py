"""The workspace: a folder with the ledger (what people did) and the catalogue (what can be asked), kept in step."""

from __future__ import annotations

import contextlib
import getpass
import os
import threading
import tomllib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata as distribution
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout

from workbench import events, roles, sources
from workbench.catalog import Catalog, Connection, as_frame, roll_back, rows_as, sql_folder
from workbench.errors import BadValue, Broken, NotFound, StorageError, WorkspaceBusy
from workbench.events import Draft, Event
from workbench.ledger import Ledger, Verified
from workbench.thumbnails import Thumbnails

try:
    VERSION = distribution.version("image-workbench")
except distribution.PackageNotFoundError:  # a bare checkout
    VERSION = "0+checkout"

_ARROW = {"text": pa.string(), "int": pa.int64(), "float": pa.float64()}
_APPLY_AT_ONCE = 1_000
_FORMAT = 1

_TEMPLATE = """# A workspace of image-workbench. Keep this file and ledger.sqlite: everything else can be made again.
name = {name}
format = {format}
"""


@dataclass(slots=True)
class Change:
    """Events that belong together: written to the ledger all at once, or not at all."""

    reason: str
    drafts: list[Draft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(
        self, kind: str, payload: Mapping[str, Any], *, attachment: bytes | None = None, event_id: str = ""
    ) -> None:
        """Add an event; it is checked now and written when the change ends without an error."""
        more = {"event_id": event_id} if event_id else {}
        self.drafts.append(Draft(kind, payload, attachment, **more))


class Workspace:
    """One open workspace, as one person. Usable from any thread; any number of processes may have it open.

    Parameters
    ----------
    folder : str or Path
        Made when missing.
    actor : str, optional
        Who works here; the login name when not given. Stands in every event.
    """

    def __init__(self, folder: str | Path, *, actor: str | None = None) -> None:
        self.folder = Path(folder).expanduser().absolute()
        self.actor = _clean_actor(actor)
        _make(self.folder)
        self.settings = _settings(self.folder / "workspace.toml")
        self._people = (self._settings_stamp(), roles.people(self.settings))
        self.ledger = Ledger(self.folder / "ledger.sqlite", version=VERSION, guard=self._guard)
        self.thumbnails = Thumbnails(self.folder / "thumbnails")
        self.catalog = Catalog(self.folder / "catalog.duckdb", self._catch_up)
        self._catching_up = threading.Lock()
        self.until_closed = contextlib.ExitStack()
        """What is to be let go of when the workspace closes."""
        if self.ledger.head()[0] == 0:
            created = Draft("workspace_created", {"name": self.name}, event_id="workspace-created")
            self.ledger.append([created], actor=self.actor)

    @property
    def name(self) -> str:
        """The workspace's name, from ``workspace.toml``."""
        return str(self.settings.get("name", self.folder.name))

    def __repr__(self) -> str:
        return f"<Workspace {str(self.folder)!r} as {self.actor!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files."""
        self.until_closed.close()
        self.catalog.stop()
        self.ledger.close()
        self.thumbnails.close()

    # -- who may do what

    @property
    def people(self) -> roles.People:
        """The people that ``workspace.toml`` names, and their roles: as the file is now."""
        stamp = self._settings_stamp()
        if stamp != self._people[0]:
            self._people = (stamp, roles.people(_settings(self.folder / "workspace.toml")))
        return self._people[1]

    def _settings_stamp(self) -> tuple[int, int]:
        try:
            found = (self.folder / "workspace.toml").stat()
        except OSError as error:
            raise StorageError(
                f"workspace.toml can't be read: {error.strerror}.", hint="Put it back from a backup."
            ) from error
        return found.st_mtime_ns, found.st_size

    def must_be_allowed(self, kind: str, payload: Mapping[str, Any] | None = None) -> None:
        """Refuse early what `change` would refuse in the end: for work that touches files before its event is written.

        Raises
        ------
        NotAllowed
            The person's roles don't allow it; the hint names who may.
        """
        self.people.check(self.actor, kind, payload)

    def _guard(self, drafts: Sequence[Draft], actor: str) -> None:
        people = self.people
        for draft in drafts:
            people.check(actor, draft.kind, draft.payload)

    # -- what people do

    @contextlib.contextmanager
    def change(self, reason: str = "") -> Iterator[Change]:
        """Collect events and write them when the block ends; an exception inside writes nothing.

        Durable on return, and independent of who holds the catalogue: a save never waits for a scan.

        Examples
        --------
        >>> with ws.change(reason="client's letter of 3 March") as change:  # doctest: +SKIP
        ...     change.add("values_set", {"image_ids": ids, "values": {"Xmp.dc.rights": "© Client"}})
        """
        change = Change(reason)
        yield change
        if change.drafts:
            change.events = self.ledger.append(change.drafts, actor=self.actor, reason=reason)

    def set_values(
        self, image_ids: list[str], values: Mapping[str, Any], *, reason: str = "", origin: str = "entered"
    ) -> list[Event]:
        """Enter values for fields of images, replacing what was entered for those fields before.

        Parameters
        ----------
        image_ids : list of str
        values : mapping
            Field key → text, list of texts, mapping of language → text, or None to clear the field: then also what the
            file says there is no longer shown.
        reason : str, optional
        origin : str
            ``entered``, or ``template`` or ``suggested`` for values that weren't typed.

        Raises
        ------
        NotFound
            An id isn't catalogued.
        """
        if origin not in events.ORIGINS:
            raise BadValue(f"Values can't come from {origin!r}.", hint=f"Say one of {', '.join(events.ORIGINS)}.")
        ids = list(dict.fromkeys(image_ids))
        self._must_know(ids)
        more = {} if origin == events.ORIGINS[0] else {"origin": origin}
        with self.change(reason) as change:
            change.add("values_set", {"image_ids": ids, "values": dict(values), **more})
        return change.events

    def withdraw_values(self, image_ids: list[str], fields: list[str], *, reason: str = "") -> list[Event]:
        """Take back what was entered for fields of images, so that what their files say shows again.

        Raises
        ------
        NotFound
            An id isn't catalogued.
        """
        ids = list(dict.fromkeys(image_ids))
        self._must_know(ids)
        with self.change(reason) as change:
            change.add("values_withdrawn", {"image_ids": ids, "fields": list(dict.fromkeys(fields))})
        return change.events

    def _must_know(self, ids: list[str]) -> None:
        if not ids:
            raise BadValue("No image was named.", hint="Give at least one image_id.")
        unknown = self.query("unknown_images", image_ids=ids)["image_id"].tolist()
        if unknown:
            named = ", ".join(unknown[:3]) + " …" * (len(unknown) > 3)
            raise NotFound(f"Not catalogued: {named}.", hint="Check the ids.")

    # -- questions

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield this thread's DuckDB connection, up to date; for short use by the workbench's own code."""
        with self.catalog.lease() as connection:
            yield connection

    def query(self, name: str, /, **parameters: Any) -> pd.DataFrame:
        """Run a named query (``ws.queries()`` lists them) and return a DataFrame."""
        return self.catalog.query(name, parameters)

    def queries(self) -> pd.DataFrame:
        """Return the named queries: name, parameters, what each answers."""
        known = sorted(self.catalog.queries.values(), key=lambda q: (q.module, q.name))
        listed = [(q.module, q.name, ", ".join(q.parameters), q.doc) for q in known]
        return pd.DataFrame(listed, columns=["module", "name", "parameters", "answers"])

    def sql(
        self,
        statement: str,
        parameters: Mapping[str, Any] | list[Any] | None = None,
        *,
        max_rows: int = 1_000_000,
        seconds: float = 60.0,
    ) -> pd.DataFrame:
        """Ask in SQL and get a DataFrame. Reads this workspace only: no changes, no files, no network.

        Parameters
        ----------
        statement : str
            One SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN).
        parameters : mapping or list, optional
            Values for ``$name`` or ``?``.
        max_rows : int
            More rows than this raise `TooMuch`.
        seconds : float
            A longer run raises `TooMuch`.
        """
        return as_frame(self.sql_table(statement, parameters, max_rows=max_rows, seconds=seconds))

    def sql_table(
        self,
        statement: str,
        parameters: Mapping[str, Any] | list[Any] | None = None,
        *,
        max_rows: int = 1_000_000,
        seconds: float = 60.0,
    ) -> pa.Table:
        """Like `sql`, as an Arrow table."""
        return self.catalog.ask(statement, parameters, max_rows=max_rows, seconds=seconds)

    def image_bytes(self, image_id: str) -> bytes:
        """Return the bytes of an image's file as they are now.

        Raises
        ------
        NotFound
            The id isn't catalogued, or its file is gone.
        StorageError
            The file can't be read.
        """
        found = self.query("uri_of_image", image_id=image_id)
        if found.empty:
            raise NotFound(f"There is no image {image_id!r}.", hint="Check the id.")
        with sources.open_blob(found["uri"].iloc[0]) as blob:
            return bytes(blob.data)

    # -- keeping in step

    def _catch_up(self, connection: Connection) -> None:
        """Apply to the catalogue what the ledger has and it doesn't, in one transaction."""
        head, _ = self.ledger.head()
        if _applied(connection)[0] == head:
            return
        with self._catching_up:
            self._check_same_history(connection)
            while pending := self.ledger.read(after=_applied(connection)[0], limit=_APPLY_AT_ONCE):
                self._apply(connection, pending)

    def _check_same_history(self, connection: Connection) -> None:
        seq, known = _applied(connection)
        if self.ledger.hash_at(seq) != known:
            raise Broken(
                "The catalogue was made from another ledger than the one in this folder.",
                hint="If ledger.sqlite was put back from a backup on purpose, run `workbench rebuild`; "
                "else call someone.",
            )

    def _apply(self, connection: Connection, pending: list[Event]) -> None:
        connection.execute("begin")
        try:
            for (kind, _), group in groupby(pending, key=_applies_with):
                self._apply_kind(connection, kind, list(group))
            _record(connection, pending)
            connection.execute("commit")
        except BaseException:
            roll_back(connection)
            raise

    def _apply_kind(self, connection: Connection, kind: str, group: list[Event]) -> None:
        known = events.KINDS.get(kind)
        if known is None:
            raise Broken(
                f"The ledger has an event {kind!r} that this version doesn't know.",
                hint="It was written by a newer image-workbench: upgrade.",
            )
        if not known.applies:
            return
        types = {**known.columns, "seq": "int", "at": "text", "actor": "text"}
        if len(group) == 1:
            told = events.columns(group[0], self._attachment_of(group[0]))
        else:
            rows = [row for event in group for row in events.rows(event, self._attachment_of(event))]
            told = {name: [row.get(name) for row in rows] for name in types}
        table = pa.table({name: _arrow(told[name], _ARROW[type]) for name, type in types.items()})
        with rows_as(connection, "event_rows", table):
            connection.execute((sql_folder() / "apply" / f"{kind}.sql").read_text("utf-8"))

    def _attachment_of(self, event: Event) -> bytes | None:
        return self.ledger.attachment(event.seq) if "attachment_sha256" in event.payload else None

    def verify(self) -> Verified:
        """Verify the chain of the ledger; raises `LedgerBroken` naming the first event that doesn't fit."""
        return self.ledger.verify()

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold off other rebuilds, and leave a note until the block ends well, for `check` to find.

        Raises
        ------
        WorkspaceBusy
            Another rebuild is under way.
        """
        lock, note = FileLock(str(self.folder / "rebuild.lock")), self.folder / "rebuild.unfinished"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise WorkspaceBusy("A rebuild of this workspace is under way.", hint="Wait for it to end.") from None
        try:
            note.touch()
            yield
            note.unlink(missing_ok=True)
        finally:
            lock.release()

    def unfinished_rebuild(self) -> str | None:
        """Say what is the matter if a rebuild began and didn't come to its end; None when all is well."""
        if not (self.folder / "rebuild.unfinished").exists():
            return None
        lock = FileLock(str(self.folder / "rebuild.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return "A rebuild is under way; what it hasn't read yet is missing."
        lock.release()
        return "A rebuild did not finish; run `workbench rebuild` again."

    def check(self) -> pd.DataFrame:
        """Run every check of ``sql/checks``: one row a finding (check, what it says, row); empty when all is well.

        At most 20 findings of each check are returned. A rebuild that didn't come to its end is a finding, too.
        """
        found = []
        if (reason := self.unfinished_rebuild()) is not None:
            found.append(("rebuild", reason, ""))
        for path in sorted((sql_folder() / "checks").glob("*.sql")):
            text = path.read_text("utf-8")
            says = text.splitlines()[0].lstrip("- ")
            with self.reading() as connection:
                rows = connection.execute(text).fetchdf()
            found += [(path.stem, says, _row_text(row)) for row in rows.head(20).to_dict("records")]
        return pd.DataFrame(found, columns=["check", "says", "row"])


def _row_text(row: Mapping[Hashable, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in row.items())


def _arrow(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    """Return a column; half characters, which Arrow and DuckDB know nothing of, are shown as their codes."""
    try:
        return pa.array(values, type)
    except UnicodeEncodeError:
        return pa.array([v.encode("utf-8", "backslashreplace").decode() if isinstance(v, str) else v for v in values])


def _applies_with(event: Event) -> tuple[str, int]:
    """Return what is equal for events that are applied together: one with an attachment is bulk enough by itself."""
    return event.kind, event.seq if "attachment_sha256" in event.payload else 0


def _applied(connection: Connection) -> tuple[int, str]:
    [row] = connection.execute("select seq, hash from applied").fetchall()
    return row[0], row[1]


def _record(connection: Connection, applied: list[Event]) -> None:
    columns = ["seq", "event_id", "at", "actor", "kind", "reason", "payload", "version"]
    listed = [
        (e.seq, e.event_id, e.at, e.actor, e.kind, e.reason, events.canonical(e.payload), e.version) for e in applied
    ]
    table = pa.table({c: list(values) for c, values in zip(columns, zip(*listed, strict=True), strict=True)})
    with rows_as(connection, "event_rows", table):
        connection.execute(
            'insert into ledger_events (seq, event_id, "at", actor, kind, reason, payload, version) '
            'select seq, event_id, "at"::timestamp, actor, kind, reason, payload, version from event_rows'
        )
    last = applied[-1]
    connection.execute("update applied set seq = $seq, hash = $hash", {"seq": last.seq, "hash": last.hash})


def _clean_actor(actor: str | None) -> str:
    if actor is None:
        try:
            actor = getpass.getuser()
        except (OSError, KeyError):
            actor = "unknown"
    actor = actor.strip()
    if not actor or len(actor) > 200 or not actor.isprintable():
        raise BadValue(f"{actor!r} can't be a person's name.", hint="Give a short readable actor, like 'analyst-1'.")
    return actor


def _make(folder: Path) -> None:
    forbidden = "?" if os.sep == "\\" else "?\\"  # DuckDB can't open a file there
    if not str(folder).isprintable() or any(c in str(folder) for c in forbidden):
        raise BadValue(
            f"A workspace can't be in {str(folder)!r}.",
            hint="Choose a folder without question marks, backslashes and control characters in its name.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "thumbnails").mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError), open(folder / "workspace.toml", "x", encoding="utf-8") as file:
            file.write(_TEMPLATE.format(name=_toml_text(folder.name), format=_FORMAT))
    except OSError as error:
        raise StorageError(
            f"The workspace {folder} can't be made: {error.strerror}.", hint="Choose a folder you may write to."
        ) from error


def _toml_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadValue(f"{path} can't be read: {error}.", hint="Mend it, or put it back from a backup.") from error
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}.", hint="Check permissions.") from error
    if settings.get("format", _FORMAT) != _FORMAT:
        raise BadValue(
            f"{path} says format {settings['format']!r}; this version knows format {_FORMAT}.",
            hint="The workspace was made by another image-workbench: use that one.",
        )
    return settings
