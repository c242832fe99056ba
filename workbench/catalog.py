"""The catalogue: everything that can be asked, in DuckDB. Derived, and the only module that knows duckdb.

One DuckDB file can be open in one process only. So the file is opened under a lock, kept open while nobody else wants
it, and handed over between two questions when somebody does: whoever waits leaves a note (`catalog.wanted`), whoever
holds the file looks for the note. Every thread works on a connection of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout

from workbench.errors import BadQuery, BadValue, Broken, NotFound, StorageError, TooMuch, WorkspaceBusy

Connection = duckdb.DuckDBPyConnection

InvalidInput = duckdb.InvalidInputException
"""What DuckDB raises for an argument it can't work with, such as a pattern that is no regular expression."""

PATIENCE = 60.0
"""Seconds to wait for another process to hand the catalogue over."""

_POLL = 0.005
_LOOK = 0.02
_OPEN: weakref.WeakSet[Catalog] = weakref.WeakSet()


def sql_folder() -> Path:
    """Return the folder with the SQL: inside the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "sql"


@dataclass(frozen=True, slots=True)
class Query:
    """A named query of ``sql/<module>.sql``: its name, parameters, explanation and SQL."""

    name: str
    parameters: tuple[str, ...]
    doc: str
    sql: str
    module: str


def parse_queries(text: str, module: str) -> list[Query]:
    """Return the queries of one file: ``-- name: some_name(a, b)``, comment lines that explain, one statement."""
    found = []
    for block in text.split("-- name:")[1:]:
        head, _, body = block.partition("\n")
        name, _, parameters = head.strip().rstrip(")").partition("(")
        lines = body.splitlines()
        cut = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
        doc = " ".join(line.lstrip("- ").strip() for line in lines[:cut])
        sql = "\n".join(lines[cut:]).strip().rstrip(";")
        names = tuple(p.strip() for p in parameters.split(",") if p.strip())
        found.append(Query(name.strip(), names, doc, sql, module))
    return found


def load_queries(folder: Path | None = None) -> dict[str, Query]:
    """Return every named query by name."""
    queries: dict[str, Query] = {}
    for path in sorted((folder or sql_folder()).glob("*.sql")):
        for query in parse_queries(path.read_text("utf-8"), path.stem):
            if query.name in queries:
                raise Broken(f"Two queries are called {query.name!r}.", hint="Rename one.")
            queries[query.name] = query
    return queries


class Catalog:
    """The DuckDB file of a workspace, shared politely between threads and processes.

    Parameters
    ----------
    path : Path
        The DuckDB file; made and migrated when missing.
    catch_up : callable
        Called with a connection at the start of every outermost lease: applies what the ledger has and the catalogue
        doesn't.
    """

    def __init__(self, path: Path, catch_up: Callable[[Connection], None]) -> None:
        self.path = path
        self.queries = load_queries()
        self._catch_up = catch_up
        self._lock = FileLock(str(path.with_suffix(".lock")), thread_local=False)
        self._wanted = path.with_suffix(".wanted")
        self._holder = path.with_suffix(".holder")
        self._state = threading.Condition()
        self._writing = threading.RLock()
        self._root: Connection | None = None
        self._cursors: dict[int, Connection] = {}
        self._leases = 0
        self._opening = False
        self._closed = threading.Event()
        self._own = threading.local()
        _OPEN.add(self)
        self._watch = threading.Thread(target=self._hand_over_when_wanted, name="catalog-hand-over", daemon=True)
        self._watch.start()

    # -- leases

    @contextlib.contextmanager
    def lease(self) -> Iterator[Connection]:
        """Yield this thread's connection, up to date with the ledger; keep it for a question, not for a coffee.

        Leases nest. Never hand the connection to another thread, and leave no result unread.

        Raises
        ------
        WorkspaceBusy
            Another process kept the catalogue for longer than `PATIENCE`.
        """
        if getattr(self._own, "depth", 0):
            self._own.depth += 1
            try:
                yield self._cursors[threading.get_ident()]
            finally:
                self._own.depth -= 1
            return
        connection = self._enter()
        self._own.depth = 1
        try:
            self._catch_up(connection)
            yield connection
        finally:
            self._own.depth = 0
            self._leave()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection inside one transaction: all of it or nothing. Writers of this process take turns."""
        with self.lease() as connection, self._writing:
            connection.execute("begin")
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                roll_back(connection)
                raise

    def _enter(self) -> Connection:
        with self._state:
            while self._opening or (self._root is not None and self._leases and self._is_wanted()):
                self._state.wait(_LOOK)
            if self._root is None:
                self._opening = True
            else:
                return self._lend()
        try:
            root = self._open()
        except BaseException:
            with self._state:
                self._opening = False
                self._state.notify_all()
            raise
        with self._state:
            self._root, self._opening = root, False
            self._state.notify_all()
            return self._lend()

    def _lend(self) -> Connection:
        assert self._root is not None
        self._leases += 1
        me = threading.get_ident()
        if me not in self._cursors:
            self._forget_dead_threads()
            self._cursors[me] = self._root.cursor()
        return self._cursors[me]

    def _forget_dead_threads(self) -> None:
        alive = {thread.ident for thread in threading.enumerate()}
        for ident in [i for i in self._cursors if i not in alive]:
            self._cursors.pop(ident).close()

    def _is_wanted(self) -> bool:
        """Whether somebody waits for the file; where the folder can't be looked at just now, nobody does."""
        try:
            return self._wanted.exists()
        except OSError:
            return False

    def _leave(self) -> None:
        with self._state:
            self._leases -= 1
            if not self._leases and self._is_wanted():
                self._shut()
            self._state.notify_all()

    def _open(self) -> Connection:
        self._take_file_lock()
        try:
            root = self._connect()
            migrate(root)
            return root
        except BaseException:
            self._lock.release()
            raise

    def _take_file_lock(self) -> None:
        deadline = time.monotonic() + PATIENCE
        if self._is_wanted():
            _pause(_POLL, _LOOK)  # who asked first goes first
        while True:
            try:
                self._lock.acquire(timeout=0)
                break
            except Timeout:
                if time.monotonic() > deadline:
                    raise WorkspaceBusy(
                        f"Another program has kept the catalogue for {PATIENCE:.0f} seconds ({self._who()}).",
                        hint="Wait for it, or close it, and try again. Nothing that was saved is lost.",
                    ) from None
            with contextlib.suppress(OSError):
                self._wanted.touch()
            _pause(_POLL / 2, _POLL)
        with contextlib.suppress(OSError):
            self._wanted.unlink()
        with contextlib.suppress(OSError):
            self._holder.write_text(f"process {os.getpid()}")

    def _who(self) -> str:
        with contextlib.suppress(OSError):
            return self._holder.read_text()
        return "unknown process"

    def _connect(self) -> Connection:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(self.path.parent / ".spill"),
            "memory_limit": f"{memory_limit() // 2**20}MiB",
            "lock_configuration": "true",
        }
        try:
            if not self.path.exists():  # a write-ahead log left over from a file that was deleted belongs to nothing
                self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)
            return duckdb.connect(str(self.path), config=settings)
        except duckdb.IOException as error:
            raise StorageError(
                f"The catalogue can't be opened: {error}.",
                hint="If it was made by another version or is damaged, run `workbench rebuild`: nothing is lost by it.",
            ) from error
        except duckdb.Error as error:
            raise Broken(
                f"The catalogue is damaged: {error}.", hint="Run `workbench rebuild`: nothing is lost by it."
            ) from error

    def _shut(self) -> None:
        """Close the file and let others have it. Call with the state held and no lease out."""
        if self._root is None:
            return
        self._close_connections()
        self._lock.release()

    def _close_connections(self) -> None:
        assert self._root is not None
        for cursor in self._cursors.values():
            cursor.close()
        self._cursors.clear()
        self._root.close()
        self._root = None

    def _hand_over_when_wanted(self) -> None:
        while not self._closed.wait(_LOOK):
            if self._root is not None and self._is_wanted():
                with self._state:
                    if not self._leases:
                        self._shut()
                    self._state.notify_all()

    def close(self) -> None:
        """Close the file once nobody in this process uses it; the next lease opens it again."""
        with self._state:
            self._state.wait_for(lambda: not self._leases, timeout=PATIENCE)
            self._shut()

    def remake(self) -> None:
        """Delete the file and make an empty one, while nobody else has it.

        Raises
        ------
        WorkspaceBusy
            Somebody in this program, or another program, didn't let go of it.
        """
        with self._state:
            if not self._state.wait_for(lambda: not self._leases and not self._opening, timeout=PATIENCE):
                raise WorkspaceBusy("This program is still using the catalogue.", hint="End what is running first.")
            if self._root is None:
                self._take_file_lock()
            else:
                self._close_connections()
            try:
                self.path.unlink(missing_ok=True)
                self._root = self._connect()
                migrate(self._root)
            except BaseException:
                self._lock.release()
                raise

    def stop(self) -> None:
        """Close for good."""
        self._closed.set()
        _OPEN.discard(self)
        self.close()
        if self._watch is not threading.current_thread():
            self._watch.join()

    # -- questions

    def query(self, name: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run a named query.

        Raises
        ------
        NotFound
            There is no query of that name.
        BadValue
            Parameters are missing or unknown.
        """
        query = self.named(name)
        if set(query.parameters) != set(parameters):
            raise BadValue(
                f"The query {name!r} takes ({', '.join(query.parameters)}), not ({', '.join(parameters)}).",
                hint=query.doc,
            )
        with self.lease() as connection:
            return as_frame(connection.sql(query.sql, params=dict(parameters) or None).to_arrow_table())

    def named(self, name: str) -> Query:
        """Return a named query."""
        if name not in self.queries:
            raise NotFound(f"There is no query called {name!r}.", hint=f"Known: {', '.join(sorted(self.queries))}.")
        return self.queries[name]

    def ask(
        self, sql: str, parameters: Mapping[str, Any] | list[Any] | None, *, max_rows: int, seconds: float
    ) -> pa.Table:
        """Run one statement that only reads, with limits, and return an Arrow table.

        Raises
        ------
        BadQuery
            It doesn't parse, isn't one reading statement, or asks for something that isn't there.
        TooMuch
            It took longer than ``seconds``, more memory than allowed, or gave more than ``max_rows`` rows.
        """
        _refuse_unless_reading(sql)
        with self.lease() as connection, _time_limit(connection, seconds):
            connection.execute("begin transaction read only")
            try:
                return _read_up_to(connection.sql(sql, params=parameters or None).to_arrow_reader(10_000), max_rows)
            except duckdb.InterruptException as error:
                raise TooMuch(
                    f"The question took longer than {seconds:g} seconds and was stopped.",
                    hint="Ask for less (a WHERE, a LIMIT), or allow more time with seconds=….",
                ) from error
            except duckdb.OutOfMemoryException as error:
                raise TooMuch("The question needs more memory than allowed.", hint="Ask for less at a time.") from error
            except (duckdb.Error, pa.ArrowException) as error:
                if "INTERRUPT" in str(error).upper():
                    raise TooMuch(
                        f"The question took longer than {seconds:g} seconds and was stopped.",
                        hint="Ask for less (a WHERE, a LIMIT), or allow more time with seconds=….",
                    ) from error
                raise BadQuery(str(error), hint=_hint(error)) from error
            finally:
                roll_back(connection)


def _pause(least: float, most: float) -> None:
    time.sleep(random.uniform(least, most))  # noqa: S311  uneven waits, no secret


@atexit.register
def _stop_all() -> None:
    """DuckDB must be closed before the interpreter takes its types down."""
    for catalog in list(_OPEN):
        if not catalog._leases:
            catalog.stop()


_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(), pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype(),
}  # fmt: skip


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Return a DataFrame in which whole numbers stay whole where some are missing."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_NULLABLE.get)
    return frame


def memory_limit() -> int:
    """Return the bytes of memory DuckDB may use: a quarter of the machine's, between 1 and 8 GiB."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = 8 * 2**30
    return max(2**30, min(8 * 2**30, total // 4))


def migrate(connection: Connection) -> list[str]:
    """Bring the schema up to date, each migration in a transaction; return the names of those that ran."""
    connection.execute('create table if not exists migrations (name varchar not null, "at" timestamp not null)')
    done = {row[0] for row in connection.execute("select name from migrations").fetchall()}
    ran = []
    for path in sorted((sql_folder() / "schema").glob("*.sql")):
        if path.stem in done:
            continue
        connection.execute("begin")
        try:
            connection.execute(path.read_text("utf-8"))
            connection.execute("insert into migrations values (?, current_timestamp::timestamp)", [path.stem])
            connection.execute("commit")
        except BaseException:
            roll_back(connection)
            raise
        ran.append(path.stem)
    return ran


def roll_back(connection: Connection) -> None:
    """Undo the transaction, if it hasn't ended by itself: what was wrong must not be hidden by there being none."""
    with contextlib.suppress(duckdb.Error):
        connection.execute("rollback")


@contextlib.contextmanager
def rows_as(connection: Connection, name: str, table: pa.Table) -> Iterator[None]:
    """Let SQL on this connection see an Arrow table under a name for a while."""
    try:
        connection.register(name, table)
    except duckdb.Error as error:
        if "KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from error  # it came while DuckDB asked Python something
        raise
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # after a failure the transaction refuses even this
            connection.unregister(name)
        raise
    connection.unregister(name)


def arrow_table(connection: Connection, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
    """Run one statement and return everything as Arrow, by the way that copies least in this version of DuckDB."""
    if hasattr(connection, "fetch_arrow_table"):  # before 2.0
        table: pa.Table = connection.execute(sql, dict(parameters)).to_arrow_table()
        return table
    return connection.sql(sql, params=dict(parameters)).to_arrow_table()


def was_interrupted(error: BaseException) -> bool:
    """Tell whether somebody pressed Ctrl-C: within a query, DuckDB before 2.0 makes an error of its own of it."""
    return isinstance(error, KeyboardInterrupt) or (
        isinstance(error, RuntimeError) and "Query interrupted" in str(error)
    )


def _refuse_unless_reading(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise BadQuery(str(error), hint="Check the spelling near the mark.") from error
    reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) != 1 or statements[0].type not in reading:
        raise BadQuery(
            "Only one statement that reads (SELECT, WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN) can run here.",
            hint="Values are changed through ws.set_values and the forms, never by SQL.",
        )


@contextlib.contextmanager
def _time_limit(connection: Connection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read_up_to(reader: pa.RecordBatchReader, max_rows: int) -> pa.Table:
    batches, rows = [], 0
    for batch in reader:
        rows += batch.num_rows
        if rows > max_rows:
            reader.close()
            raise TooMuch(
                f"The question gives more than {max_rows:,} rows.",
                hint="Add a LIMIT or count first, or allow more with max_rows=….",
            )
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=reader.schema)


def _hint(error: Exception) -> str:
    text = str(error)
    if "file system operations are disabled" in text or "external access" in text.lower():
        return "SQL here sees the workspace only, no files."
    if "read-only mode" in text:
        return "SQL here only reads."
    return "`ws.sql('show tables')` lists what there is."
