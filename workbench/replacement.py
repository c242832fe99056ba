"""Putting new bytes in a file's place so that a kill at any instant leaves either the old file or the new one.

A temporary file in the same folder, synced, read back and compared, then renamed. What a kill leaves behind has a name
that `sweep` knows, and a lock that tells it whether somebody is still writing. What everything that touches files needs
is here, too: moving without overwriting, syncing a folder, the checksum of a file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.errors import BadValue, Stale, StorageError

try:
    import fcntl

    _LOCKS = True
except ImportError:  # Windows, where the age of a file tells
    _LOCKS = False

Where = str | bytes | os.PathLike[str] | os.PathLike[bytes]

PREFIX, SUFFIX = ".workbench-", ".part"
_OLD = 3600
_NO_LINKS = {
    errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV,
}  # fmt: skip
_HINT = "Check the disk's free space and the folder's permissions; the file is as it was."


def write_file(
    source: Where | None,
    target: Where,
    new_bytes: bytes,
    *,
    keep_mtime: bool = False,
    overwrite: bool = False,
    expected: str | None = None,
) -> Path:
    """Write a file so that it is never half there.

    Parameters
    ----------
    source : path or None
        The file the bytes were made from: it gives permissions, extended attributes and, on request, the time.
    target : path
        Where the bytes go. The same as ``source`` replaces it; a link is followed.
    new_bytes : bytes
    keep_mtime : bool
        Give the new file the source's modification time.
    overwrite : bool
        Replace another file than the source.
    expected : str, optional
        SHA-256 that the target must still have just before it is replaced, as hexadecimal digits.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    StorageError
        It couldn't be written, or didn't read back equal; the target is as it was.
    BadValue
        The target exists and ``overwrite`` isn't set.
    Stale
        The target isn't what was expected.
    """
    place = Path(os.fsdecode(os.path.realpath(os.fspath(target))))
    same = source is not None and os.path.realpath(os.fsdecode(os.fspath(source))) == str(place)
    replaces = overwrite or same
    if not replaces and os.path.lexists(place):
        raise BadValue(f"{place.name} exists already.", hint="Choose another folder, or say overwrite=True.")
    try:
        with _temporary(place.parent) as (descriptor, temporary):
            _fill(descriptor, temporary, new_bytes)
            _dress(descriptor, source, keep_mtime=keep_mtime)
            if expected is not None and checksum_of(place) != expected:
                raise Stale(f"{place.name} was changed meanwhile.", hint="Scan it again.")
            if os.name == "nt":
                os.close(descriptor)  # an open file can't be renamed there
            (os.replace if replaces else move_without_overwriting)(temporary, place)
            sync_folder(place.parent)
    except FileExistsError as error:
        raise BadValue(f"{place.name} exists already.", hint="Choose another folder, or say overwrite=True.") from error
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{place.name} couldn't be written: {error.strerror or error}.", hint=_HINT) from error
    return place


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield a new, locked file in the folder; it is gone afterwards unless it was renamed."""
    descriptor, path = _created(folder)
    try:
        yield descriptor, path
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()


def _created(folder: Path) -> tuple[int, Path]:
    while True:
        path = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        if _lock(descriptor) and path.exists():
            return descriptor, path
        os.close(descriptor)  # somebody swept it before it was locked


def _lock(descriptor: int) -> bool:
    if not _LOCKS:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: the age tells
    return True


def _fill(descriptor: int, temporary: Path, new_bytes: bytes) -> None:
    view = memoryview(new_bytes)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)
    if temporary.read_bytes() != new_bytes:
        raise StorageError(f"{temporary.parent.name}: what was written doesn't read back equal.", hint=_HINT)


def _dress(descriptor: int, source: Where | None, *, keep_mtime: bool) -> None:
    """Give the new file what belongs to a file but isn't in it; what the file system refuses is left out."""
    if source is None:
        if os.chmod in os.supports_fd:
            os.chmod(descriptor, 0o666 & ~_umask())
        return
    known = Path(os.fsdecode(source)).stat()
    if os.chmod in os.supports_fd:
        os.chmod(descriptor, stat.S_IMODE(known.st_mode))
    with contextlib.suppress(OSError, AttributeError):
        os.fchown(descriptor, known.st_uid, known.st_gid)
    with contextlib.suppress(OSError, AttributeError):
        for name in os.listxattr(source):
            os.setxattr(descriptor, name, os.getxattr(source, name))
    if keep_mtime:
        os.utime(descriptor, ns=(known.st_atime_ns, known.st_mtime_ns))


def _umask() -> int:
    known = os.umask(0o077)
    os.umask(known)
    return known


def sweep(folder: Where) -> list[Path]:
    """Remove what killed processes left in a folder, and nothing that is still being written.

    Returns
    -------
    list of Path
        What was removed.
    """
    removed = []
    with contextlib.suppress(OSError):
        for entry in sorted(Path(os.fsdecode(folder)).iterdir()):
            if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX) and _abandoned(entry):
                with contextlib.suppress(OSError):
                    entry.unlink()
                    removed.append(entry)
    return removed


def _abandoned(path: Path) -> bool:
    if len(path.name) != len(PREFIX) + 16 + len(SUFFIX) or path.is_symlink():
        return False
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        if not _LOCKS:
            return time.time() - path.stat().st_mtime > _OLD
        return _lock(descriptor)
    finally:
        os.close(descriptor)


# ── what everything that touches files needs ──────────────────────────────────────────────────────────────────


def checksum_of(file: Where | int) -> str:
    """Return the SHA-256 of a file, or of an open one from where it is read on: hexadecimal digits.

    Raises
    ------
    OSError
        It can't be read.
    """
    with open(file, "rb", closefd=not isinstance(file, int)) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder so that it is there whole or not at all, in the place of one that is there.

    Parameters
    ----------
    target : Path
    files : mapping of str to bytes
        Path within the folder, with slashes → content.

    Raises
    ------
    StorageError
        It can't be written; what was there before still is.
    """
    spare = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        for name, content in files.items():
            (spare / name).parent.mkdir(parents=True, exist_ok=True)
            with (spare / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if target.exists():
            target.rename(old := spare.with_suffix(".old"))
            spare.rename(target)
            shutil.rmtree(old)
        else:
            spare.rename(target)
    except OSError as error:
        shutil.rmtree(spare, ignore_errors=True)
        reason = error.strerror or error
        raise StorageError(f"{target} can't be written: {reason}.", hint="Check the folder and free space.") from error


def sync_folder(folder: Where) -> None:
    """Bring to the disk what files a folder holds under which names, where the system can."""
    with contextlib.suppress(OSError):  # some file systems can't, and Windows opens no folder
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def move_without_overwriting(old: Where, new: Where) -> None:
    """Rename a file on its volume.

    A kill in between may leave it under both names, or the new name held by an empty file: see `only_holds_the_name`.

    Raises
    ------
    FileExistsError
        The new name is taken.
    OSError
        It can't be renamed; EXDEV when the new name lies on another volume. The file is where it was.
    """
    if os.name == "nt":
        os.rename(old, new)  # noqa: PTH104  bytes paths; Windows never overwrites here
        return
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.stat(os.path.dirname(new) or os.curdir).st_dev != os.lstat(old).st_dev:  # noqa: PTH116, PTH120  as above
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV)) from error
        _move_over_a_held_name(old, new)
    else:
        os.unlink(old)  # noqa: PTH108  bytes paths


def _move_over_a_held_name(old: Where, new: Where) -> None:
    """Move a file where none can have two names: an empty file holds the new one meanwhile."""
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.replace(old, new)  # noqa: PTH105  bytes paths
    except OSError:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), os.lstat(new)):
                os.unlink(new)  # noqa: PTH108  bytes paths
        raise
    finally:
        os.close(descriptor)


def only_holds_the_name(name: Where, file: Where) -> bool:
    """Whether a process was killed between holding a name for a file and using it."""
    here, there = os.lstat(name), os.lstat(file)
    newer = here.st_mtime_ns > there.st_mtime_ns
    return stat.S_ISREG(here.st_mode) and here.st_size == 0 < there.st_size and here.st_nlink == 1 and newer
