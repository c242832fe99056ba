"""Embedding in place, killed at random moments or on a full disk: every file is the old one or the new one, whole."""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from metadata_files import jpeg, packet, png

from workbench import embedding, metadata, replacement
from workbench.errors import StorageError

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("WB_KILLS", "200"))
TAIL = 120_000
NAMES = ["0.png", "1.jpg", "2.png", "3.jpg"]

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["workbench.embedding", "workbench.replacement", "metadata_files"])


def picture(name: str) -> bytes:
    """Make a file that is long enough for a write to take a while."""
    xmp = packet(f"<dc:source>{name}</dc:source>")
    whole = jpeg(xmp=xmp) if name.endswith("jpg") else png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    return whole + b"tail" * (TAIL // 4) + name.encode()


def values(turn: int) -> dict[str, object]:
    return {"Xmp.dc.title": f"turn {turn}", "Xmp.dc.subject": ["a", str(turn)]}


def rewrite(path: Path, turn: int) -> None:
    """Embed in place, as a program would."""
    old = path.read_bytes()
    made = embedding.embed_bytes(old, values(turn))
    assert embedding.verify(old, made.new_bytes, values(turn)) == []
    replacement.write_file(path, path, made.new_bytes, expected=hashlib.sha256(old).hexdigest(), keep_mtime=True)


def embed_forever(folder: Path, say: Connection) -> None:
    """Give every file another title, round after round, and say so the first time."""
    for turn in itertools.count():
        for name in NAMES:
            rewrite(folder / name, turn)
        if not turn:
            say.send("running")


def embed_once(folder: Path, say: Connection, limit: int) -> None:
    """Embed where no file may have more than ``limit`` bytes, and say what came of it."""
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        rewrite(folder / "1.jpg", 0)
    except StorageError as error:
        say.send((str(error), error.hint))
    else:
        say.send(("written", ""))


def run(
    target: Callable[..., None], folder: Path, *extra: object
) -> tuple[multiprocessing.process.BaseProcess, object]:
    """Start a process and wait for its first word."""
    here, there = SERVER.Pipe(duplex=False)
    process = SERVER.Process(target=target, args=(folder, there, *extra), daemon=True)
    process.start()
    there.close()
    assert here.poll(60), "the process never said anything"
    return process, here.recv()


def whole(folder: Path, name: str) -> bool:
    """Say whether a file is, byte for byte, the original or what embedding into the original makes."""
    found = (folder / name).read_bytes()
    title = metadata.read(found, format=None).title
    expected = picture(name)
    if title:
        expected = embedding.embed_bytes(expected, values(int(title.removeprefix("turn ")))).new_bytes
    return found == expected


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name in NAMES:
        (tmp_path / name).write_bytes(picture(name))
    yield tmp_path
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == NAMES


def test_a_kill_at_any_moment_damages_nothing(folder: Path) -> None:
    chance = random.Random(20)
    damaged, left = [], 0
    for kill in range(KILLS):
        process, _ = run(embed_forever, folder)
        process.join(chance.uniform(0, 0.04))  # it never ends: the timeout is the random moment
        assert process.is_alive()
        process.kill()
        process.join()
        left += len(replacement.sweep(folder))
        damaged += [(kill, name) for name in NAMES if not whole(folder, name)]
    assert damaged == []
    assert left > KILLS / 50, f"only {left} of {KILLS} kills met a write, so this shows little"


def test_a_limit_on_file_sizes_damages_nothing_and_says_so(folder: Path) -> None:
    process, said = run(embed_once, folder, TAIL // 2)
    process.join()
    assert isinstance(said, tuple)
    assert "couldn't be written" in said[0]
    assert "as it was" in said[1]
    assert all((folder / name).read_bytes() == picture(name) for name in NAMES)


def mounted(place: Path) -> bool:
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def test_a_full_disk_damages_nothing_and_says_so(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    if not mounted(disk):
        pytest.skip("NOT TESTED: only root may mount a small disk")
    try:
        (disk / "1.jpg").write_bytes(picture("1.jpg"))
        with pytest.raises(OSError, match="No space"):
            (disk / "filler").write_bytes(bytes(2 * 2**20))
        process, said = run(embed_once, disk, 0)
        process.join()
        assert isinstance(said, tuple)
        assert "No space" in said[0]
        assert (disk / "1.jpg").read_bytes() == picture("1.jpg")
        assert sorted(path.name for path in disk.iterdir()) == ["1.jpg", "filler"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)
