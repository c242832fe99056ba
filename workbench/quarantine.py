"""Quarantine: files leave a collection so that they can come back, whole. The door to the disk for removal.

A file is opened, locked and hashed, and what was hashed is what is moved: by renaming where quarantine lies on its
volume, else by a copy that is synced and read back before the original goes. Whatever instant the process is killed at,
the file is in its place, in quarantine, or (only between two system calls) in both; `settle` says which, and tidies.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import signal
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench import sources
from workbench.errors import StorageError, WorkbenchError
from workbench.replacement import (
    PREFIX,
    SUFFIX,
    checksum_of,
    move_without_overwriting,
    only_holds_the_name,
    sweep,
    sync_folder,
    write_file,
)

try:
    import fcntl
except ImportError:  # Windows: an open file can't be moved there anyway
    _LOCKS = _LEASES = False
else:
    _LOCKS, _LEASES = True, hasattr(fcntl, "F_SETLEASE")

OWN = "quarantine"
"""The folder inside a workspace."""

_FICLONE = 0x40049409  # _IOW(0x94, 9, int), linux/fs.h
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WORDS = {
    errno.ENOENT: "It isn't there any more.",
    errno.ENOTDIR: "It isn't there any more.",
    errno.ELOOP: "It is a link, not a file.",
    errno.EISDIR: "It is a folder now.",
    errno.EROFS: "It lies on a volume that can't be written.",
    errno.ENOSPC: "There is no space left for it.",
    errno.EDQUOT: "There is no space left for it.",
    errno.EACCES: "Its folder may not be changed: permission is missing.",
    errno.EPERM: "It is protected against being moved.",
}


_TAKEN = "Its name is taken by another file now."


class Refusal(Exception):
    """Why one file isn't touched: a sentence for people. The file is as it was."""


def in_words(error: OSError) -> str:
    """Return a sentence for what the system said."""
    known = _WORDS.get(error.errno or 0)
    return known or f"The system refused: {error.strerror or error}."


# ── looking at a file ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Held:
    """A file that is open and, where the system can, locked against other removals.

    Attributes
    ----------
    path : bytes
    descriptor : int
    status : os.stat_result
        As it was when the bytes were hashed.
    checksum : str
        SHA-256 of the bytes, hexadecimal.
    """

    path: bytes
    descriptor: int
    status: os.stat_result
    checksum: str

    def must_be_still_there(self) -> None:
        """Raise `Refusal` when another file lies under the name now, or somebody wrote since it was hashed."""
        try:
            now = os.lstat(self.path)
        except OSError as error:
            raise Refusal(in_words(error)) from error
        if _identity(now) != _identity(self.status) or _version(now) != _version(self.status):
            raise Refusal("It was changed at this very moment.")

    def bytes(self) -> bytes:
        """Return the bytes."""
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self.descriptor), "rb") as file:
            return file.read()


@contextlib.contextmanager
def held(path: bytes, checksum: str, *, to_move: bool) -> Iterator[Held]:
    """Open a file and see that it is what it should be.

    Parameters
    ----------
    path : bytes
    checksum : str
        SHA-256 that its bytes must have.
    to_move : bool
        It is to be moved: nobody else may hold it, write to it, or know it by another name. Else it is to stay, and
        others may hold it for the same purpose.

    Raises
    ------
    Refusal
        It isn't there, can't be read, is a link, has other bytes, or somebody else is at it.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        reason = "It can't be read: permission is missing." if error.errno == errno.EACCES else in_words(error)
        raise Refusal(reason) from error
    try:
        status = os.fstat(descriptor)
        _must_be_plain(status, to_move=to_move)
        _lock(descriptor, alone=to_move)
        if to_move and _is_written(descriptor):
            raise Refusal("Another program has it open for writing.")
        file = Held(path, descriptor, status, _hashed(descriptor))
        if file.checksum != checksum:
            raise Refusal("It was changed since it was scanned.")
        file.must_be_still_there()
        yield file
    finally:
        with contextlib.suppress(OSError):  # closed already, to be moved on Windows
            os.close(descriptor)


def _must_be_plain(status: os.stat_result, *, to_move: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Refusal("It isn't a plain file.")
    if to_move and status.st_nlink > 1:
        raise Refusal("It has other names (hard links): moving one of them would free nothing.")


def _lock(descriptor: int, *, alone: bool) -> None:
    if not _LOCKS:
        return
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refusal("Another removal, or another program, holds it just now.") from None
    except OSError:
        return  # a file system without locks


def _is_written(descriptor: int) -> bool:
    """Whether somebody has the file open for writing, where the system tells: Linux refuses a read lease then."""
    if not _LEASES:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # the usual signal would end this process
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _hashed(descriptor: int) -> str:
    try:
        return checksum_of(descriptor)
    except OSError as error:
        raise Refusal(f"It can't be read: {error.strerror}.") from error


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _version(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def checksum_if_plain(path: bytes) -> str | None:
    """Return the SHA-256 of a plain file; None when there is none, or it can't be read."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    try:
        return _hashed(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    except Refusal:
        return None
    finally:
        os.close(descriptor)


def is_same_file(one: bytes, other: bytes) -> bool:
    """Whether two names lead to one file: by hard or symbolic links, or a folder mounted twice."""
    try:
        return os.path.samefile(one, other)  # noqa: PTH121  bytes paths
    except OSError:
        return False


# ── where it goes ─────────────────────────────────────────────────────────────────────────────────────────────


def root_for(path: bytes, own: Path, others: Sequence[Path] = ()) -> tuple[Path, bool]:
    """Return the quarantine folder for a file, and whether it gets there by renaming.

    Parameters
    ----------
    path : bytes
    own : Path
        The workspace's; taken where it lies on the file's volume, or where nothing does.
    others : sequence of Path
        Those configured for other volumes.
    """
    try:
        volume = os.stat(os.path.dirname(path)).st_dev  # noqa: PTH116, PTH120  bytes paths
    except OSError:
        return own, True
    for root in (own, *others):
        if _volume_of(root) == volume:
            return root, True
    return own, False


def _volume_of(folder: Path) -> int | None:
    """Return the volume a folder lies on, or will lie on when it is made."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return place.stat().st_dev
    return None


def name_for(image_id: str, path: bytes) -> str:
    """Return a name for a file in quarantine: the id, and the ending where it is a harmless one."""
    ending = os.fsdecode(path).rpartition(".")[2]
    plain = ending.isascii() and ending.isalnum() and len(ending) <= 8
    return f"{image_id}.{ending.lower()}" if plain else image_id


def roots(folder: Path, configured: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every quarantine folder of a workspace, its own first."""
    return [folder / OWN, *(Path(given).expanduser().absolute() for given in configured)]


# ── moving ────────────────────────────────────────────────────────────────────────────────────────────────────


def take(file: Held, place: bytes) -> None:
    """Move a held file into quarantine.

    Parameters
    ----------
    file : Held
        Held ``to_move``.
    place : bytes
        Where it goes; nothing may be there.

    Raises
    ------
    Refusal
        It couldn't be moved, or somebody put another file in its place meanwhile: everything is as it was.
    """
    if os.path.lexists(place):
        raise Refusal("Its place in quarantine is taken.")
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120  bytes paths
        if os.name == "nt":
            os.close(file.descriptor)
        os.rename(file.path, place)  # noqa: PTH104  bytes paths
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise Refusal(in_words(error)) from error
        _take_by_copy(file, place)
        return
    if _identity(os.lstat(place)) != _identity(file.status):
        _put_back(place, file.path)
        raise Refusal("Another file was put in its place at this very moment.")


def take_and_link(file: Held, place: bytes, keeper: Held, how: str) -> None:
    """Move a held file into quarantine and leave, under its name, a link to an equal file that stays.

    Parameters
    ----------
    keeper : Held
        The file that stays.
    how : str
        ``hardlink``: another name of it. ``reflink``: a copy that shares its blocks until one of the two is written
        (Linux FICLONE: Btrfs, XFS, bcachefs …), with the times and permissions of the file it replaces.

    Raises
    ------
    Refusal
        The volume has no such links, the files aren't equal, or as `take`: everything is as it was.
    """
    if file.checksum != keeper.checksum:
        raise Refusal("Only an equal file can be replaced by a link.")
    link = _linked(file, keeper, how)
    try:
        take(file, place)
    except BaseException:
        os.unlink(link)  # noqa: PTH108  bytes paths
        raise
    try:
        move_without_overwriting(link, file.path)
    except OSError as error:
        os.unlink(link)  # noqa: PTH108  bytes paths
        _put_back(place, file.path)
        raise Refusal(in_words(error)) from error


def _linked(file: Held, keeper: Held, how: str) -> bytes:
    """Make the link beside the file, under a name that `tidy` knows."""
    folder = os.path.dirname(file.path)  # noqa: PTH120  bytes paths
    link = folder + f"/{PREFIX}{secrets.token_hex(8)}{SUFFIX}".encode()
    try:
        if how == "hardlink":
            os.link(keeper.path, link, follow_symlinks=False)
        else:
            _clone(keeper, link)
            shutil.copystat(file.path, link, follow_symlinks=False)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(link)  # noqa: PTH108  bytes paths
        known = {errno.EXDEV, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS, errno.EPERM}
        reason = f"A {how} to the file that stays can't be made there." if error.errno in known else in_words(error)
        raise Refusal(reason) from error
    return link


def _clone(keeper: Held, target: bytes) -> None:
    if not _LOCKS:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.ioctl(descriptor, _FICLONE, keeper.descriptor)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if checksum_if_plain(target) != keeper.checksum:
        raise Refusal("Its copy doesn't read back equal.")


def _put_back(place: bytes, path: bytes) -> None:
    try:
        move_without_overwriting(place, path)
    except OSError as error:
        raise StorageError(
            f"{path!r} was taken by mistake and can't be put back: {error.strerror}.",
            hint=f"It lies, whole, at {place!r}: move it by hand.",
        ) from error


def _take_by_copy(file: Held, place: bytes) -> None:
    if not os.access(os.path.dirname(file.path), os.W_OK):  # noqa: PTH120  bytes paths
        raise Refusal(_WORDS[errno.EACCES])
    _copied(file, place)
    try:
        file.must_be_still_there()
        os.unlink(file.path)  # noqa: PTH108  bytes paths
    except (Refusal, OSError) as error:
        os.unlink(place)  # noqa: PTH108  bytes paths
        raise Refusal(str(error) if isinstance(error, Refusal) else in_words(error)) from error


def _copied(file: Held, target: bytes, *, overwrite: bool = False) -> None:
    """Copy a held file with its times, permissions and attributes; synced, and read back equal."""
    try:
        write_file(file.path, target, file.bytes(), keep_mtime=True, overwrite=overwrite)
    except (WorkbenchError, MemoryError) as error:
        cause = error.__cause__
        raise Refusal(in_words(cause) if isinstance(cause, OSError) else str(error)) from error
    if checksum_if_plain(target) != file.checksum:
        os.unlink(target)  # noqa: PTH108  bytes paths
        raise Refusal("Its copy doesn't read back equal.")


def give_back(place: bytes, path: bytes, checksum: str, *, keeper: bytes | None = None) -> None:
    """Move a file out of quarantine to where it was.

    Parameters
    ----------
    keeper : bytes, optional
        Where a link to this file was left under the name: the link is replaced.

    Raises
    ------
    Refusal
        The name is taken, the quarantined file isn't what it was, or it can't be moved: nothing was overwritten, and
        the file is still in quarantine.
    """
    with held(place, checksum, to_move=True) as file:
        replaces = keeper is not None and (is_same_file(path, keeper) or checksum_if_plain(path) == checksum)
        if os.path.lexists(path) and not replaces:
            raise Refusal(_TAKEN)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120  bytes paths
            if os.name == "nt":
                os.close(file.descriptor)
            (os.replace if replaces else move_without_overwriting)(place, path)
        except FileExistsError:
            raise Refusal(_TAKEN) from None
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise Refusal(in_words(error)) from error
            _copied(file, path, overwrite=replaces)
            os.unlink(place)  # noqa: PTH108  bytes paths


def destroy(place: bytes, checksum: str) -> None:
    """Delete a quarantined file for good.

    Raises
    ------
    Refusal
        It isn't what was put there, or can't be deleted.
    """
    with held(place, checksum, to_move=True) as file:
        if os.name == "nt":
            os.close(file.descriptor)
        try:
            os.unlink(place)  # noqa: PTH108  bytes paths
        except OSError as error:
            raise Refusal(in_words(error)) from error


# ── after a crash ─────────────────────────────────────────────────────────────────────────────────────────────


def settle(
    path: bytes, place: bytes, checksum: str, *, mtime_ns: int, homeward: bool, keeper: bytes | None = None
) -> str:
    """Say where a file is that was on its way when the process was killed; of two equals one is dropped.

    Parameters
    ----------
    mtime_ns : int
        When the file was last changed, as recorded: a file that somebody else put in its place isn't it.
    homeward : bool
        It was being given back.
    keeper : bytes, optional
        Where a link to this file is, or was to be, left under the name.

    Returns
    -------
    str
        ``place`` (in quarantine), ``path`` (where it belongs), or ``nowhere``.
    """
    in_quarantine, at_home = os.path.lexists(place), os.path.lexists(path)
    if not in_quarantine:
        return "path" if at_home else "nowhere"
    if keeper is not None and not homeward:
        return _settle_link(path, place, checksum)
    if keeper is not None and is_same_file(path, keeper):
        return "place"
    if at_home and _is_spare(path, place, checksum, mtime_ns):
        os.unlink(place)  # noqa: PTH108  bytes paths
        return "path"
    if at_home and homeward and only_holds_the_name(path, place):
        os.unlink(path)  # noqa: PTH108  bytes paths
    return "place"


def _settle_link(path: bytes, place: bytes, checksum: str) -> str:
    """Take a file back out of quarantine whose link was never left."""
    if os.path.lexists(path):
        return "place"
    try:
        give_back(place, path, checksum)
    except Refusal:
        return "place"
    return "path"


def _is_spare(path: bytes, place: bytes, checksum: str, mtime_ns: int) -> bool:
    """Whether the file at home is the very one in quarantine, so that the one in quarantine can go."""
    here, there = os.lstat(path), os.lstat(place)
    if _identity(here) == _identity(there):
        return True
    whole = checksum_if_plain(path) == checksum and checksum_if_plain(place) == checksum
    return whole and abs(here.st_mtime_ns - mtime_ns) < 2_000_000_000  # FAT counts in two seconds


def tidy(folders: Iterable[bytes]) -> None:
    """Remove from folders what a killed copy left there, and quarantine folders that are empty; sync them."""
    for folder in folders:
        sweep(folder)
        sync_folder(folder)


def place_bytes(folder: Path, place: str) -> bytes:
    """Return the path of a place as it stands in the records: inside the workspace it is relative to it."""
    return sources.local_bytes(place) if sources.is_local(place) else os.fsencode(folder / place)


def place_text(folder: Path, root: Path, *parts: str) -> str:
    """Return a place as it stands in the records, so that a workspace can be moved with what is in it."""
    if root == folder / OWN:
        return "/".join((OWN, *parts))
    return sources.local_uri(os.fsencode(root.joinpath(*parts)))


def digest_of(*parts: object) -> str:
    """Return a short name for plain data: the same for the same."""
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:12]
