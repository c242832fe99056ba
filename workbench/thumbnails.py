"""The thumbnails of a workspace: a cache in one SQLite file, keyed by the checksum of the original.

A cache may lose anything and must never get in the way. A damaged database is left behind and a new one, with the
next number in its name, started in its place; a damaged picture counts as absent; whoever finds a thumbnail missing
makes it again. Numbered names let several processes come to the same conclusion without asking each other.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from workbench.errors import BadValue, StorageError, WorkspaceBusy

Answer = TypeVar("Answer")

_PATIENCE = 30.0  # seconds to wait for another writer
_AT_ONCE = 500  # checksums in one question
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# SQLITE_ERROR is a statement that doesn't fit the tables: ours are constant, so somebody else's database lies there.
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_ERROR,
}
_MOVED = {sqlite3.SQLITE_READONLY_DBMOVED}
_RENEWALS = 3  # new databases tried for one question, before the storage itself is called broken
_PAGE = 8192  # bytes
_SCHEMA = """
create table if not exists thumbnails (
    checksum blob    not null unique,
    check32  integer not null,
    picture  blob    not null
)
"""
_STORE = """
insert into thumbnails (checksum, check32, picture) values (?, ?, ?)
on conflict (checksum) do update set check32 = excluded.check32, picture = excluded.picture
"""
_FETCH = "select checksum, check32, picture from thumbnails where checksum in ({})"


class Thumbnails:
    """The thumbnail cache in a folder; safe from several threads and several processes at once.

    Parameters
    ----------
    folder : str or path
        Made if it isn't there.

    Raises
    ------
    StorageError
        The folder can't be made or written to.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._idle: list[_Connection] = []
        self._inherited: list[_Connection] = []
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._closed = False
        self._attempt(lambda connection: None)

    def put_many(self, pictures: Iterable[tuple[str, bytes]]) -> None:
        """Store thumbnails, all or none.

        Parameters
        ----------
        pictures : iterable of (checksum, picture)
            SHA-256 of the original in hex, and the encoded thumbnail. One stored before is replaced.

        Raises
        ------
        BadValue
            A checksum that is none.
        StorageError
            The disk is full or refuses.
        WorkspaceBusy
            Another process has been writing for half a minute.
        """
        rows = [(key := _key(checksum), _check(key, picture), picture) for checksum, picture in pictures]
        if rows:
            self._attempt(lambda connection: connection.store(rows))

    def get_many(self, checksums: Iterable[str]) -> dict[str, bytes]:
        """Return the thumbnails there are, by checksum; the others are simply absent from the answer."""
        asked = {_key(checksum): checksum for checksum in checksums}
        keys = list(asked)
        found: dict[str, bytes] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            found.update((asked[key], picture) for key, picture in self._attempt(partial(_Connection.fetch, keys=some)))
        return found

    def has(self, checksum: str) -> bool:
        """Tell whether there is a thumbnail for `checksum`."""
        return bool(self.get_many([checksum]))

    def count(self) -> int:
        """Return how many thumbnails there are."""
        return self._attempt(lambda connection: connection.count())

    def bytes_used(self) -> int:
        """Return how many bytes the cache takes on disk."""
        total = 0
        for file in self.folder.glob("thumbnails-*"):
            with suppress(FileNotFoundError):
                total += file.stat().st_size
        return total

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _attempt(self, action: Callable[[_Connection], Answer]) -> Answer:
        """Do something with a connection; wait for other writers, and start a new database if this one is damaged."""
        patience_ends, renewals = time.monotonic() + _PATIENCE, 0
        while True:
            try:
                path = self._newest()
                with self._lease(path) as connection:
                    return action(connection)
            except (sqlite3.Error, UnicodeDecodeError) as error:  # Python chokes on messages that quote a damaged name
                code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
                if (code in _MOVED or code & 0xFF in _BUSY) and time.monotonic() < patience_ends:
                    time.sleep(random.uniform(0.001, 0.02))  # noqa: S311 # uneven, so that no writer starves
                elif _is_damage(code, path) and renewals < _RENEWALS:
                    renewals += 1
                    _start_after(path)
                else:
                    raise _storage_error(self.folder, code, error) from error
            except OSError as error:
                raise _storage_error(self.folder, 0, error) from error

    def _newest(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return max(self.folder.glob("thumbnails-????.sqlite"), default=self.folder / "thumbnails-0001.sqlite")

    @contextmanager
    def _lease(self, path: Path) -> Iterator[_Connection]:
        """Lend a connection to one thread at a time: one opened before, if it still leads to `path`."""
        connection = self._idle_connection(path) or _Connection(path)
        try:
            connection.prepare()
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            keep = not self._closed
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def _idle_connection(self, path: Path) -> _Connection | None:
        if self._owner != os.getpid():
            # SQLite's connections don't survive a fork; even closing the parent's here could do harm.
            self._inherited, self._idle = self._idle, []
            self._lock, self._owner = threading.Lock(), os.getpid()
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or connection.leads_to(path):
                return connection
            connection.close()


class _Connection:
    """One connection to one database file."""

    def __init__(self, path: Path) -> None:
        self._sqlite = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        self._sqlite.text_factory = bytes  # in a damaged row a picture may claim to be text
        self._path, self._file, self._ready = path, path.stat(), False

    def prepare(self) -> None:
        if not self._ready:
            self._sqlite.execute(f"pragma page_size = {_PAGE}")
            self._sqlite.execute("pragma journal_mode = wal")
            # After a power cut the last thumbnails may be missing, never the file damaged: enough for a cache.
            self._sqlite.execute("pragma synchronous = normal")
            self._sqlite.execute(_SCHEMA)
            self._ready = True

    def leads_to(self, path: Path) -> bool:
        """Tell whether `path` is still the file that was opened: somebody may have cleared the cache."""
        try:
            return path == self._path and os.path.samestat(self._file, path.stat())
        except OSError:
            return False

    def store(self, rows: Sequence[tuple[bytes, int, bytes]]) -> None:
        self._sqlite.execute("begin immediate")
        self._sqlite.executemany(_STORE, rows)
        self._sqlite.execute("commit")

    def fetch(self, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        rows = self._sqlite.execute(_FETCH.format(", ".join("?" * len(keys))), keys)
        return [(key, picture) for key, check, picture in rows if _sound(key, check, picture)]

    def count(self) -> int:
        return int(self._sqlite.execute("select count(*) from thumbnails").fetchone()[0])

    def close(self) -> None:
        self._sqlite.close()


def _key(checksum: str) -> bytes:
    try:
        key = bytes.fromhex(checksum)
    except (TypeError, ValueError):
        key = b""
    if len(key) != 32:
        raise BadValue(f"{checksum!r} is no SHA-256 checksum.", hint="It has 64 hexadecimal digits.")
    return key


def _check(key: bytes, picture: bytes) -> int:
    return zlib.crc32(picture, zlib.crc32(key))


def _sound(key: object, check: object, picture: object) -> bool:
    return isinstance(key, bytes) and isinstance(picture, bytes) and check == _check(key, picture)


def _is_damage(code: int, path: Path) -> bool:
    if code & 0xFF == sqlite3.SQLITE_READONLY:  # one flipped bit says so; a colleague's permissions may, too
        return os.access(path, os.W_OK)
    return code & 0xFF in _DAMAGED


def _start_after(damaged: Path) -> None:
    """Let an empty database follow a damaged one, and delete what came before."""
    number = int(damaged.stem[-4:]) + 1
    try:
        damaged.with_name(f"thumbnails-{number:04}.sqlite").touch()
    except OSError as error:
        raise _storage_error(damaged.parent, 0, error) from error
    for file in damaged.parent.glob("thumbnails-????.sqlite*"):
        if int(file.name[11:15]) < number:
            with suppress(OSError):  # Windows keeps it while somebody has it open
                file.unlink()


def _storage_error(folder: Path, code: int, error: Exception) -> StorageError:
    if code & 0xFF in _BUSY:
        return WorkspaceBusy(f"Somebody keeps writing to {folder}.", hint="Try again in a minute.")
    return StorageError(
        f"Thumbnails can't be kept in {folder}: {error}.", hint="Check that the disk isn't full and may be written to."
    )
