"""Replacing files: whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import replacement
from workbench.errors import BadValue, Stale, StorageError

NEW = b"new" * 50_000
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_with_its_mode_and_on_request_its_time(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"old")
    file.chmod(0o640)
    os.utime(file, ns=(10**18, 10**18 + 123_456_789))
    replacement.write_file(file, file, NEW, keep_mtime=True)
    assert file.read_bytes() == NEW
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.stat().st_mtime_ns == 10**18 + 123_456_789
    replacement.write_file(file, file, b"again")
    assert file.stat().st_mtime_ns > 10**18 + 123_456_789
    assert only(tmp_path) == ["a.jpg"]


def test_extended_attributes_come_along(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"old")
    try:
        os.setxattr(file, "user.colour", b"red")
    except (OSError, AttributeError):
        pytest.skip("NOT TESTED: this file system has no extended attributes")
    replacement.write_file(file, file, NEW)
    assert os.getxattr(file, "user.colour") == b"red"


def test_another_file_is_never_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"theirs")
    (tmp_path / "a.jpg").write_bytes(b"old")
    with pytest.raises(BadValue, match="exists"):
        replacement.write_file(tmp_path / "a.jpg", tmp_path / "b.jpg", NEW)
    assert (tmp_path / "b.jpg").read_bytes() == b"theirs"
    replacement.write_file(tmp_path / "a.jpg", tmp_path / "b.jpg", NEW, overwrite=True)
    replacement.write_file(tmp_path / "a.jpg", tmp_path / "c.jpg", NEW)
    assert (tmp_path / "b.jpg").read_bytes() == (tmp_path / "c.jpg").read_bytes() == NEW
    assert only(tmp_path) == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_new_file_without_a_source_has_ordinary_permissions(tmp_path: Path) -> None:
    made = replacement.write_file(None, tmp_path / "a.xmp", b"x")
    (tmp_path / "plain").write_bytes(b"x")
    assert made.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(b"old")
    (tmp_path / "link.jpg").symlink_to("real.jpg")
    replacement.write_file(tmp_path / "link.jpg", tmp_path / "link.jpg", NEW)
    assert (tmp_path / "link.jpg").is_symlink()
    assert (tmp_path / "real.jpg").read_bytes() == NEW


def test_names_of_any_bytes_and_length_work(tmp_path: Path) -> None:
    for name in (b"\xff\xfe.jpg", "日本".encode() * 40 + b".jpg"):
        path = os.fsencode(tmp_path) + b"/" + name
        with open(path, "wb") as file:
            file.write(b"old")
        replacement.write_file(path, path, NEW)
        with open(path, "rb") as file:
            assert file.read() == NEW


def test_a_file_changed_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"changed")
    with pytest.raises(Stale):
        replacement.write_file(file, file, NEW, expected=hashlib.sha256(b"old").hexdigest())
    assert file.read_bytes() == b"changed"
    assert only(tmp_path) == ["a.jpg"]
    replacement.write_file(file, file, NEW, expected=hashlib.sha256(b"changed").hexdigest())
    assert file.read_bytes() == NEW


def test_a_full_disk_leaves_the_file_and_no_rubbish(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StorageError) as caught:
            replacement.write_file(file, file, NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.hint
    assert file.read_bytes() == b"old"
    assert only(tmp_path) == ["a.jpg"]


@pytest.mark.skipif(AS_ROOT, reason="NOT TESTED: root may write anywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"old")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError):
            replacement.write_file(file, file, NEW)
    finally:
        tmp_path.chmod(0o700)
    assert file.read_bytes() == b"old"


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        replacement.write_file(None, tmp_path / "gone" / "a.jpg", NEW)


WRITER = """
import sys, time
from pathlib import Path
from workbench import replacement
with replacement._temporary(Path(sys.argv[1])) as (descriptor, path):
    print(path.name, flush=True)
    sys.stdin.read()
"""


def test_sweeping_removes_what_a_kill_left_and_nothing_in_use(tmp_path: Path) -> None:
    others = ["mine.part", ".workbench-short.part", "a.jpg", f".workbench-{'0' * 16}.part.jpg"]
    for name in others:
        (tmp_path / name).write_bytes(b"x")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    name = writer.stdout.readline().strip()
    assert replacement.sweep(tmp_path) == []
    assert name in only(tmp_path)
    writer.kill()
    writer.communicate()
    assert [path.name for path in replacement.sweep(tmp_path)] == [name]
    assert only(tmp_path) == sorted(others)
    assert replacement.sweep(tmp_path / "gone") == []


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "none here")


def two_files(folder: Path) -> tuple[Path, Path]:
    """A file, and where it may go."""
    (folder / "old").write_bytes(NEW)
    return folder / "old", folder / "new"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_moves_and_none_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(replacement.os, "link", no_links)  # as on FAT and some network shares
    old, new = two_files(tmp_path)
    identity = old.stat().st_ino
    replacement.move_without_overwriting(os.fsencode(old), os.fsencode(new))
    assert (only(tmp_path), new.stat().st_ino, new.read_bytes()) == (["new"], identity, NEW)
    old.write_bytes(b"another")
    with pytest.raises(FileExistsError):
        replacement.move_without_overwriting(old, new)
    assert (old.read_bytes(), new.read_bytes()) == (b"another", NEW)


def test_a_name_held_in_vain_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = two_files(tmp_path)
    monkeypatch.setattr(replacement.os, "link", no_links)
    monkeypatch.setattr(replacement.os, "replace", no_links)
    with pytest.raises(PermissionError):
        replacement.move_without_overwriting(old, new)
    assert only(tmp_path) == ["old"]


def test_a_move_to_another_volume_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("NOT TESTED: there is no other volume here")
    old, _ = two_files(tmp_path)
    new = memory / f"{tmp_path.name}-{os.getpid()}"
    with pytest.raises(OSError, match="ross-device") as caught:
        replacement.move_without_overwriting(old, new)
    assert (caught.value.errno, only(tmp_path), new.exists()) == (errno.EXDEV, ["old"], False)


def test_only_an_empty_newer_file_holds_a_name(tmp_path: Path) -> None:
    old, new = two_files(tmp_path)
    os.utime(old, ns=(1, 1))
    new.touch()
    assert replacement.only_holds_the_name(new, old)
    os.utime(new, ns=(0, 0))
    assert not replacement.only_holds_the_name(new, old)
    new.write_bytes(b"theirs")
    assert not replacement.only_holds_the_name(new, old)
    assert not replacement.only_holds_the_name(tmp_path, old)


def test_a_checksum_is_that_of_the_bytes_by_name_and_by_descriptor(tmp_path: Path) -> None:
    old, new = two_files(tmp_path)
    told = hashlib.sha256(NEW).hexdigest()
    with old.open("rb") as file:
        assert replacement.checksum_of(old) == replacement.checksum_of(os.fsencode(old)) == told
        assert replacement.checksum_of(file.fileno()) == told
        assert os.fstat(file.fileno()).st_size == len(NEW)
    with pytest.raises(FileNotFoundError):
        replacement.checksum_of(new)


def test_a_folder_that_can_not_be_synced_is_no_error(tmp_path: Path) -> None:
    replacement.sync_folder(tmp_path)
    replacement.sync_folder(os.fsencode(tmp_path / "not there"))
    assert only(tmp_path) == []
