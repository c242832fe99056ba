"""Where images come from: list a source and read its files, on this machine or in an object store.

A source and everything in it has a URI. Local ones are ``file:///…`` with the *raw bytes* of the name
percent-encoded, so a name in no known encoding survives; others are what fsspec calls them
(``s3://bucket/key``). The local walk is our own: faster than fsspec's, lossless, and without limits on depth.
"""

# ruff: noqa: PTH111, PTH116 (paths are raw bytes or open handles here, which pathlib doesn't take)

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import re
import shutil
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, BinaryIO, NamedTuple, NoReturn
from urllib.parse import quote_from_bytes, unquote_to_bytes

import fsspec

from workbench.errors import BadValue, MissingExtra, NotFound, SourceUnreachable
from workbench.problems import Problem, problem

IN_MEMORY = 64 * 2**20
"""Files up to this many bytes are read whole; larger ones are memory-mapped."""

_WINDOWS = os.name == "nt"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+)://")
_LONG_PATH = 3_500  # bytes; the kernel takes 4,096 in one call, so beyond this we go down folder by folder
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Listed:
    r"""A file met in a source.

    Attributes
    ----------
    uri : str
        Its address.
    path : str
        Its name relative to the source, for people; bytes that are no UTF-8 are shown as ``\xNN``.
    size : int
        Bytes.
    mtime_ns : int
        When it was last changed, nanoseconds since 1970 UTC; 0 where the store doesn't say.
    """

    uri: str
    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Something met in a source that can't be catalogued, and why."""

    uri: str
    path: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of one file.

    Attributes
    ----------
    data : bytes or mmap.mmap
        Bytes up to `IN_MEMORY`, a read-only memory map above.
    size : int
        ``len(data)``.
    local_path : str or None
        The file's name on this machine, for libraries that want one.
    mtime_ns : int
        As in `Listed`, asked for *after* reading: compare it to see whether somebody wrote meanwhile.
    """

    data: bytes | mmap.mmap
    size: int
    local_path: str | None
    mtime_ns: int


# — addresses —


def root_uri(source: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str:
    """Return the canonical URI of a folder, a single file, or a place in a store.

    Parameters
    ----------
    source : str, bytes or path
        A path (``~`` and relative paths are understood) or a URI.

    Returns
    -------
    str
        Without a trailing slash, except where the source is a whole file system.

    Raises
    ------
    BadValue
        It is empty, or no address of a kind known here.
    SourceUnreachable
        There is nothing at that address, or it may not be looked at.
    MissingExtra
        The store needs a package that isn't installed.
    """
    given = os.fspath(source)
    if not given or "\0" in os.fsdecode(given):
        raise BadValue(f"{given!r} is not a source.", hint="Give a folder, a file or an address such as s3://bucket.")
    if isinstance(given, str) and given[:5].lower() == "file:":
        uri = local_uri(os.fsencode(_absolute(local_bytes(given))))
    elif isinstance(given, str) and _SCHEME.match(given):
        uri = _canonical_remote(given)
    else:
        uri = local_uri(os.fsencode(_absolute(given)))
    _check_reachable(uri)
    return uri


def image_id(uri: str) -> str:
    """Return the identity of the image at `uri`: the first 20 hex digits of the SHA-256 of the URI."""
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def is_local(uri: str) -> bool:
    """Tell whether `uri` names something on this machine."""
    return uri.startswith("file:")


def local_path(uri: str) -> str | None:
    """Return the path that `open` takes for a local `uri`, or None for other stores."""
    return os.fsdecode(local_bytes(uri)) if is_local(uri) else None


def readable(uri: str) -> str:
    """Return what to show people for `uri`: the path of a local file, the address of another."""
    return local_bytes(uri).decode("utf-8", "backslashreplace") if is_local(uri) else uri


def shown(path: str | os.PathLike[str]) -> str:
    """Return what to show people for a path, with the codes of bytes that are no UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def local_uri(path: bytes, *, windows: bool = _WINDOWS) -> str:
    """Return the ``file:`` URI (RFC 8089) of an absolute path given as raw bytes.

    Windows drives become ``file:///C:/…`` and shares ``file://server/share/…``.
    """
    if not windows:
        return "file:///" + quote_from_bytes(path.strip(b"/"))
    path = path.replace(b"\\", b"/").removeprefix(b"//?/")
    if path.startswith(b"//"):
        return "file:" + quote_from_bytes(path.rstrip(b"/"))
    drive, rest = path[:1].upper() + path[1:2], path[2:].strip(b"/")
    return f"file:///{quote_from_bytes(drive, safe=':')}/{quote_from_bytes(rest)}"


def local_bytes(uri: str, *, windows: bool = _WINDOWS) -> bytes:
    """Return the absolute path, as raw bytes, that a ``file:`` URI names.

    Raises
    ------
    BadValue
        Not a ``file:`` URI of this machine, or a relative one.
    """
    rest = uri[5:].replace("\\", "/") if windows else uri[5:]
    host, slash, path = rest[2:].partition("/") if rest.startswith("//") else ("", rest[:1], rest[1:])
    share = windows and host not in ("", "localhost")
    if not is_local(uri.lower()) or slash != "/" or not (share or host in ("", "localhost")):
        raise BadValue(f"{uri!r} is not a file on this machine.", hint="Write file:///folder, with three slashes.")
    raw = unquote_to_bytes(path.encode("utf-8", "surrogateescape"))
    if b"\0" in raw:
        raise BadValue(f"{uri!r} has a NUL character in it, which no file name has.")
    if share:
        return b"//" + host.encode() + b"/" + raw
    return raw if windows else b"/" + raw.strip(b"/")


def _absolute(path: str | bytes) -> str | bytes:
    expanded = os.path.expanduser(path)
    parts = os.fsdecode(expanded).replace(os.sep, "/").split("/")
    # "link/.." means the parent of the link's target, which only the file system knows.
    return os.path.realpath(expanded) if ".." in parts else os.path.abspath(expanded)


def _canonical_remote(uri: str) -> str:
    system, path = _remote(uri)
    return str(system.unstrip_protocol(path.rstrip("/"))) if path.strip("/") else str(system.unstrip_protocol(path))


def _remote(uri: str) -> tuple[Any, str]:
    try:
        system, path = fsspec.core.url_to_fs(uri)
    except ImportError as error:
        raise MissingExtra(f"Reading {uri} needs another package.", hint=str(error)) from error
    except ValueError as error:
        raise BadValue(f"{uri!r} is not an address known here.", hint=str(error)) from error
    return system, str(path)


# — listing —


def walk(root: str, *, exclude: Iterable[str] = ()) -> Iterator[Listed | Unlisted]:
    """List every file of a source, as a stream: a folder's files by name, then its folders.

    Links to files are listed like files, with the size and time of what they point to. Each folder is listed once:
    under its own name if it lies in the source, otherwise under the first link that leads there; so links can't
    make circles and nothing counts twice. Broken links, devices, sockets and unreadable folders are `Unlisted`.

    Parameters
    ----------
    root : str
        A source, as returned by `root_uri`.
    exclude : iterable of str
        URIs of folders and files to leave out: the workspace's own.

    Yields
    ------
    Listed or Unlisted
        One for everything met.

    Raises
    ------
    SourceUnreachable
        The source itself can't be listed (nothing is concluded about its files then).
    """
    _check_reachable(root)
    return _walk_local(root, frozenset(exclude)) if is_local(root) else _walk_remote(root, frozenset(exclude))


def _check_reachable(uri: str) -> None:
    try:
        if is_local(uri):
            with _reached(local_bytes(uri)) as place:
                if stat.S_ISDIR(os.stat(place).st_mode):
                    os.scandir(place).close()
            return
        system, path = _remote(uri)
        system.invalidate_cache()
        if not system.exists(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError as error:
        _unreachable(uri, error)


class _Folder(NamedTuple):
    where: bytes
    uri: str  # with a slash at the end
    shown: str  # likewise, empty for the root


def _walk_local(root: str, exclude: frozenset[str]) -> Iterator[Listed | Unlisted]:
    where = local_bytes(root)
    itself = _identity(where)
    if itself is None:
        yield _single_file(root, where)
        return
    seen = {known for uri in exclude if is_local(uri) and (known := _identity(local_bytes(uri)))} - {itself}
    own, linked = [_Folder(where, root.rstrip("/") + "/", "")], deque[_Folder]()
    while own or linked:
        # Links wait until the source's own folders are done: what a folder is called must not hang on the alphabet.
        folder = own.pop() if own else linked.popleft()
        found: list[_Folder] = []
        try:
            with _reached(folder.where) as place:
                status = os.stat(place)
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                yield from _list_folder(folder, place, exclude, found, linked)
        except OSError as error:
            yield _unlisted_folder(folder, error)
        own.extend(reversed(found))


def _list_folder(
    folder: _Folder, place: bytes | int, exclude: frozenset[str], found: list[_Folder], linked: deque[_Folder]
) -> Iterator[Listed | Unlisted]:
    entries, failure = _entries(place)
    for entry in entries:
        name = os.fsencode(entry.name)
        uri = folder.uri + quote_from_bytes(name)
        shown = folder.shown + name.decode("utf-8", "backslashreplace")
        if uri in exclude:
            continue
        try:
            if entry.is_dir():
                inner = _Folder(folder.where.rstrip(b"/") + b"/" + name, uri + "/", shown + "/")
                (linked if entry.is_symlink() else found).append(inner)
                continue
            status = entry.stat()
        except OSError as error:
            yield Unlisted(uri, shown, _entry_problem(entry, error))
            continue
        if stat.S_ISREG(status.st_mode):
            yield Listed(uri, shown, status.st_size, status.st_mtime_ns)
        else:
            yield Unlisted(uri, shown, problem("list", "not_a_file", stat.filemode(status.st_mode)))
    if failure:
        yield _unlisted_folder(folder, failure)


def _entries(place: bytes | int) -> tuple[list[os.DirEntry[Any]], OSError | None]:
    """Return a folder's entries by name; if reading it fails half-way, those got so far and the failure."""
    entries: list[os.DirEntry[Any]] = []
    failure = None
    with os.scandir(place) as listing:
        try:
            entries.extend(listing)
        except OSError as error:
            failure = error
    entries.sort(key=attrgetter("name"))
    return entries, failure


def _entry_problem(entry: os.DirEntry[Any], error: OSError) -> Problem:
    if entry.is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
        return problem("list", "not_a_file", f"link that leads nowhere: {error.strerror}")
    if isinstance(error, FileNotFoundError):
        return problem("list", "vanished_while_reading", str(error.strerror))
    return problem("list", "unreadable", str(error.strerror))


def _unlisted_folder(folder: _Folder, error: OSError) -> Unlisted:
    kind = "vanished_while_reading" if isinstance(error, FileNotFoundError) else "unreadable_folder"
    return Unlisted(folder.uri.rstrip("/"), folder.shown.rstrip("/"), problem("list", kind, str(error.strerror)))


def _single_file(uri: str, where: bytes) -> Listed | Unlisted:
    shown = where.rpartition(b"/")[2].decode("utf-8", "backslashreplace")
    try:
        status = os.stat(where)
    except OSError as error:
        _unreachable(uri, error)
    if not stat.S_ISREG(status.st_mode):
        return Unlisted(uri, shown, problem("list", "not_a_file", stat.filemode(status.st_mode)))
    return Listed(uri, shown, status.st_size, status.st_mtime_ns)


def _identity(where: bytes) -> tuple[int, int] | None:
    with suppress(OSError), _reached(where) as place:
        status = os.stat(place)
        if stat.S_ISDIR(status.st_mode):
            return status.st_dev, status.st_ino
    return None


def _walk_remote(root: str, exclude: frozenset[str]) -> Iterator[Listed | Unlisted]:
    system, top = _remote(root)
    if system.isfile(top):
        yield _listed_remote(root, top.rpartition("/")[2], system.info(top))
        return
    folders = [top]
    while folders:
        folder = folders.pop()
        found: list[str] = []
        try:
            entries = sorted(system.ls(folder, detail=True), key=itemgetter("name"))
        except OSError as error:
            if folder == top:
                _unreachable(root, error)
            shown = folder[len(top) :].strip("/")
            reason = problem("list", "unreadable_folder", str(error))
            yield Unlisted(str(system.unstrip_protocol(folder)), shown, reason)
            continue
        for entry in entries:
            name = str(entry["name"])
            uri = str(system.unstrip_protocol(name))
            if uri in exclude or name.rstrip("/") == folder.rstrip("/"):  # some stores list the folder in itself
                continue
            if entry["type"] == "directory":
                found.append(name)
            else:
                yield _listed_remote(uri, name[len(top) :].lstrip("/"), entry)
        folders.extend(reversed(found))


def _listed_remote(uri: str, shown: str, entry: dict[str, Any]) -> Listed | Unlisted:
    if entry["type"] != "file":
        return Unlisted(uri, shown, problem("list", "not_a_file", str(entry["type"])))
    return Listed(uri, shown, int(entry.get("size") or 0), _remote_mtime(entry))


def _remote_mtime(entry: dict[str, Any]) -> int:
    """Return nanoseconds since 1970 UTC: every store has its own name and type for it."""
    for key in ("mtime", "LastModified", "last_modified", "updated", "modified", "created"):
        value = entry.get(key)
        if isinstance(value, datetime):
            value = value.timestamp()
        elif isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value).timestamp()
        if isinstance(value, int | float):
            return round(value * 1_000_000) * 1_000  # a float of seconds holds microseconds, no more
    return 0


# — reading —


@contextmanager
def open_blob(uri: str) -> Iterator[Blob]:
    """Open one file for reading and close it at the end of the ``with`` block.

    Parameters
    ----------
    uri : str
        An address from `walk`.

    Yields
    ------
    Blob
        Its bytes. They are not to be used after the block.

    Raises
    ------
    NotFound
        It isn't there any more.
    SourceUnreachable
        It can't be read; ``errno`` and ``__cause__`` say why. A folder or a device can't either.
    """
    try:
        blob = _read_local(uri) if is_local(uri) else _read_remote(uri)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{uri} isn't there any more.", hint="Scan its source again.") from error
    except OSError as error:
        _unreachable(uri, error)
    try:
        yield blob
    finally:
        if isinstance(blob.data, mmap.mmap):
            with suppress(BufferError):  # somebody still holds a view of it; it closes with the last one
                blob.data.close()


def _read_local(uri: str) -> Blob:
    where = local_bytes(uri)
    handle = _open_local(where)
    with open(handle, "rb", buffering=0) as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        data = _mapped(file) if status.st_size > IN_MEMORY else file.readall()
        return Blob(data, len(data), os.fsdecode(where), os.fstat(handle).st_mtime_ns)


def _open_local(where: bytes) -> int:
    # Not waiting matters for a pipe put in a file's place: opening it would hang until somebody writes.
    flags = os.O_RDONLY | _NO_WAITING
    if len(where) < _LONG_PATH:
        return os.open(where, flags)
    folder, _, name = where.rpartition(b"/")
    with _reached(folder) as place:
        return os.open(name, flags, dir_fd=place) if isinstance(place, int) else os.open(where, flags)


def _mapped(file: Any) -> mmap.mmap:
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _read_remote(uri: str) -> Blob:
    system, path = _remote(uri)
    entry = system.info(path)
    if entry["type"] != "file":
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if int(entry.get("size") or 0) <= IN_MEMORY:
        data: bytes | mmap.mmap = bytes(system.cat_file(path))
    else:
        data = _downloaded(lambda: system.open(path, "rb"))
    return Blob(data, len(data), None, _remote_mtime(entry))


def _downloaded(opener: Callable[[], BinaryIO]) -> mmap.mmap:
    with opener() as remote, tempfile.TemporaryFile() as local:
        shutil.copyfileobj(remote, local, 4 * 2**20)
        local.flush()
        return _mapped(local)


def _unreachable(uri: str, error: OSError) -> NoReturn:
    failure = SourceUnreachable(
        f"{uri} can't be read: {error.strerror or error}.",
        hint="Check that the disk or share is connected and that you may read it.",
    )
    failure.errno = error.errno
    raise failure from error


@contextmanager
def _reached(folder: bytes) -> Iterator[bytes | int]:
    """Give what system calls take for a folder: its path, or an open handle if the path is too long for them."""
    if _WINDOWS or len(folder) < _LONG_PATH:
        yield folder
        return
    handle = _descend(folder.split(b"/"))
    try:
        yield handle
    finally:
        os.close(handle)


def _descend(parts: list[bytes], stride: int = 10) -> int:
    handle = os.open(b"/", os.O_RDONLY)
    for start in range(0, len(parts), stride):
        step = b"/".join(parts[start : start + stride]).lstrip(b"/") or b"."
        try:
            inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle
