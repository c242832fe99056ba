from __future__ import annotations

import errno
import importlib.util
import mmap
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import sources
from workbench.errors import BadValue, MissingExtra, NotFound, SourceUnreachable, StorageError
from workbench.sources import Listed, Unlisted, image_id, local_bytes, local_path, local_uri, open_blob, root_uri, walk

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names, links or pipes")


def listing(root: str | Path, **options: list[str]) -> dict[str, Listed | Unlisted]:
    met = list(walk(root_uri(root), **options))
    named = {entry.path: entry for entry in met}
    assert len(named) == len(met), "something was listed twice"
    return named


def kind(entry: Listed | Unlisted) -> str:
    assert isinstance(entry, Unlisted)
    assert entry.problem.stage == "list"
    return entry.problem.kind


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name.encode())
    return folder


@pytest.fixture
def memory() -> Iterator[str]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield "memory://shop"
    system.store.clear()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach and that may get deeper than Python can delete; pytest's own are neither."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for inner in folder.iterdir():
        inner.chmod(0o755)
    subprocess.run(["rm", "-rf", folder], check=True)


@contextmanager
def without_power() -> Iterator[None]:
    """Let permissions count even where the tests run as root."""
    powerful = os.geteuid() == 0
    if powerful:
        os.seteuid(65534)
    try:
        yield
    finally:
        if powerful:
            os.seteuid(0)


# — addresses —


def test_a_folder_has_one_address_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "spring sale 100%"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    written: list[str | bytes | Path] = [
        folder,
        str(folder),
        str(folder) + os.sep,
        "spring sale 100%",
        "spring sale 100%/../spring sale 100%",
        "~/spring sale 100%",
        folder.as_uri(),
        folder.as_uri() + "/",
        folder.as_uri().replace("file:///", "file://localhost/"),
        os.fsencode(folder),
    ]
    assert {root_uri(each) for each in written} == {folder.as_uri()}


@posix_only
def test_parent_of_a_link_is_the_parent_of_its_target(tmp_path: Path) -> None:
    fill(tmp_path, "real/inner/x.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "inner")
    assert root_uri(f"{tmp_path}/link/..") == (tmp_path / "real").as_uri()


@pytest.mark.parametrize(
    "source", ["", "a\0b", "nope://bucket/x", "file://elsewhere/share", "file:relative", "file:///a%00b"]
)
def test_no_address_at_all_is_a_bad_value(source: str) -> None:
    with pytest.raises(BadValue):
        root_uri(source)


def test_what_is_not_there_is_unreachable(tmp_path: Path, memory: str) -> None:
    for source in (tmp_path / "gone", memory + "/gone"):
        with pytest.raises(SourceUnreachable) as caught:
            root_uri(source)
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.errno == errno.ENOENT
        assert caught.value.hint


def test_a_store_without_its_package_says_which() -> None:
    if importlib.util.find_spec("dropboxdrivefs"):
        pytest.skip("the package that should be missing is installed")
    with pytest.raises(MissingExtra, match="dropbox"):
        root_uri("dropbox://folder")


def test_windows_drives_and_shares() -> None:
    pairs = {
        "C:\\Photos\\Café 1".encode(): "file:///C:/Photos/Caf%C3%A9%201",
        b"c:\\Photos\\": "file:///C:/Photos",
        b"C:\\": "file:///C:/",
        b"\\\\?\\C:\\deep": "file:///C:/deep",
        b"\\\\server\\share\\x#1": "file://server/share/x%231",
    }
    for path, uri in pairs.items():
        assert local_uri(path, windows=True) == uri
    assert local_bytes("file:///C:/Photos/Caf%C3%A9%201", windows=True) == "C:/Photos/Café 1".encode()
    assert local_bytes("file:///C:/", windows=True) == b"C:/"
    assert local_bytes("file://server/share/x%231", windows=True) == b"//server/share/x#1"


names = st.binary(min_size=1, max_size=40).filter(lambda name: not {0, 47} & set(name) and name not in (b".", b".."))


@given(st.lists(names, min_size=1, max_size=5))
def test_no_byte_of_a_posix_path_is_lost_in_its_address(parts: list[bytes]) -> None:
    path = b"/" + b"/".join(parts)
    uri = local_uri(path, windows=False)
    assert uri.isascii()
    assert " " not in uri
    assert local_bytes(uri, windows=False) == path


windows_names = st.text(st.characters(exclude_characters='/\\:*?"<>|', exclude_categories=["Cc", "Cs"]), min_size=1)


@given(st.lists(windows_names, min_size=1))
def test_no_character_of_a_windows_path_is_lost_in_its_address(parts: list[str]) -> None:
    path = ("D:/" + "/".join(parts)).encode()
    assert local_bytes(local_uri(path.replace(b"/", b"\\"), windows=True), windows=True) == path


def test_image_id_is_twenty_hex_digits_of_the_addresses_sha256() -> None:
    # sha256sum of the same text, by coreutils
    assert image_id("file:///a") == "49f9160320a550b55367"
    assert image_id("file:///a") != image_id("file:///A")


# — listing —


def test_lists_every_file_with_size_and_time(tmp_path: Path) -> None:
    fill(tmp_path, "b.jpg", "a.jpg", ".hidden", "sub/c.jpg", "sub/deeper/d.jpg", "-rf", "notes.txt")
    os.utime(tmp_path / "a.jpg", ns=(0, 1_234_567_890_123_456_700))
    found = listing(tmp_path)
    assert list(found) == ["-rf", ".hidden", "a.jpg", "b.jpg", "notes.txt", "sub/c.jpg", "sub/deeper/d.jpg"]
    entry = found["a.jpg"]
    assert entry == Listed((tmp_path / "a.jpg").as_uri(), "a.jpg", 5, (tmp_path / "a.jpg").stat().st_mtime_ns)


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    fill(tmp_path, "only one.jpg")
    found = listing(tmp_path / "only one.jpg")
    assert [entry.uri for entry in found.values()] == [(tmp_path / "only one.jpg").as_uri()]
    assert list(found) == ["only one.jpg"]


def test_an_empty_folder_lists_nothing(tmp_path: Path) -> None:
    assert listing(tmp_path) == {}


def test_names_in_every_alphabet_survive(tmp_path: Path) -> None:
    written = ["Straße.jpg", "写真.png", "صورة.jpg", "a b#c?d%20.jpg", "🙂.gif", "new\nline.jpg", "x" * 250]
    fill(tmp_path, *written)
    found = listing(tmp_path)
    assert set(found) == set(written)
    for name, entry in found.items():
        with open_blob(entry.uri) as blob:
            assert blob.data == name.encode()
            assert blob.local_path == str(tmp_path / name)


@posix_only
def test_undecodable_names_are_shown_and_read(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9\xff.jpg"
    with open(raw, "wb") as file:
        file.write(b"bytes")
    [(shown, entry)] = listing(tmp_path).items()
    assert shown == r"caf\xe9\xff.jpg"
    assert entry.uri.endswith("/caf%E9%FF.jpg")
    with open_blob(entry.uri) as blob:
        assert blob.data == b"bytes"
        assert blob.local_path is not None
        assert os.fsencode(blob.local_path) == raw


@posix_only
@pytest.mark.parametrize(("depth", "name"), [(1_500, "d"), (60, "n" * 200)])
def test_no_depth_is_too_deep(open_folder: Path, depth: int, name: str) -> None:
    handle = os.open(open_folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    file = os.open("bottom.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=handle)
    os.write(file, b"deep")
    os.close(file)
    os.close(handle)
    [(shown, entry)] = listing(open_folder).items()
    assert shown == f"{name}/" * depth + "bottom.jpg"
    with open_blob(entry.uri) as blob:
        assert blob.data == b"deep"


@posix_only
def test_links_make_no_circles_and_nothing_is_listed_twice(tmp_path: Path) -> None:
    inside, outside = tmp_path / "source", tmp_path / "elsewhere"
    fill(inside, "zoo/a.jpg")
    fill(outside, "far/b.jpg", "single.jpg")
    (inside / "zoo" / "up").symlink_to(inside)
    (inside / "aaa").symlink_to(inside / "zoo")
    (inside / "itself").symlink_to(inside / "itself")
    (inside / "broken").symlink_to(inside / "nothing")
    (inside / "out").symlink_to(outside)
    (inside / "out too").symlink_to(outside / "far")
    (inside / "file.jpg").symlink_to(outside / "single.jpg")
    (outside / "back").symlink_to(inside)
    found = listing(inside)
    assert {name for name, entry in found.items() if isinstance(entry, Listed)} == {
        "zoo/a.jpg",
        "file.jpg",
        "out/single.jpg",
        "out/far/b.jpg",
    }
    linked = found["file.jpg"]
    assert isinstance(linked, Listed)
    assert linked.size == len("single.jpg")
    assert kind(found["itself"]) == kind(found["broken"]) == "not_a_file"
    assert len(found) == 6


@posix_only
def test_pipes_and_sockets_are_told_and_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    monkeypatch.chdir(tmp_path)  # a socket's path may have 108 bytes
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("door.jpg")
        found = listing(tmp_path)
    assert [kind(entry) for entry in found.values()] == ["not_a_file", "not_a_file"]
    with pytest.raises(SourceUnreachable, match="regular file"), open_blob(found["pipe.jpg"].uri):
        pass
    with pytest.raises(StorageError), open_blob(tmp_path.as_uri()):
        pass


@posix_only
def test_a_closed_folder_is_a_row_and_the_rest_is_listed(open_folder: Path) -> None:
    fill(open_folder, "a/1.jpg", "closed/2.jpg", "z/3.jpg", "no entry/4.jpg")
    (open_folder / "closed").chmod(0)
    (open_folder / "no entry").chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    with without_power():
        found = listing(open_folder)
    assert set(found) == {"a/1.jpg", "z/3.jpg", "closed", "no entry/4.jpg"}
    assert kind(found["closed"]) == "unreadable_folder"
    assert found["closed"].uri == (open_folder / "closed").as_uri()
    assert kind(found["no entry/4.jpg"]) == "unreadable"


@posix_only
def test_a_closed_source_is_an_error_so_that_its_files_do_not_count_as_vanished(open_folder: Path) -> None:
    inner = fill(open_folder / "inner", "1.jpg")
    uri = root_uri(inner)
    inner.chmod(0)
    with without_power():
        with pytest.raises(SourceUnreachable):
            walk(uri)
        with pytest.raises(SourceUnreachable), open_blob(uri + "/1.jpg"):
            pass
    shutil.rmtree(inner)
    with pytest.raises(SourceUnreachable):
        walk(uri)


def test_the_workspaces_own_files_are_left_out(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "workspace/thumbnails/t.jpg", "b/workspace/c.jpg", "ledger.sqlite")
    exclude = [(tmp_path / "workspace").as_uri(), (tmp_path / "ledger.sqlite").as_uri(), (tmp_path / "gone").as_uri()]
    assert set(listing(tmp_path, exclude=exclude)) == {"a.jpg", "b/workspace/c.jpg"}
    # the source itself is never left out: somebody asked for it
    assert set(listing(tmp_path / "workspace", exclude=exclude)) == {"thumbnails/t.jpg"}


def test_a_walk_is_a_stream_and_copes_with_what_vanishes_under_it(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg", "sub/c.jpg", "sub2/d.jpg")
    met = walk(root_uri(tmp_path))
    assert next(met).path == "a.jpg"
    (tmp_path / "b.jpg").unlink()
    shutil.rmtree(tmp_path / "sub")
    rest = {entry.path: entry for entry in met}
    assert kind(rest["b.jpg"]) == kind(rest["sub"]) == "vanished_while_reading"
    assert isinstance(rest["sub2/d.jpg"], Listed)


def test_a_hundred_thousand_files_are_listed_in_little_time(tmp_path: Path) -> None:
    count = 20_000
    for folder in range(20):
        (tmp_path / f"batch {folder}").mkdir()
        for number in range(count // 20):
            (tmp_path / f"batch {folder}" / f"IMG_{number:05}.jpg").touch()
    uri = root_uri(tmp_path)
    begun = time.process_time()
    assert sum(1 for _ in walk(uri)) == count
    assert time.process_time() - begun < 5 * 1.5 * count / 100_000  # five-fold, for slow and busy machines


# — other stores —


def test_other_stores_list_and_read_with_the_same_code(memory: str) -> None:
    system = fsspec.filesystem("memory")
    for name in ("b.jpg", "a b#1?.jpg", "sub/深/c.jpg"):
        system.pipe(f"/shop/{name}", name.encode())
    root = root_uri(memory + "/")
    found = {entry.path: entry for entry in walk(root, exclude=[f"{root}/b.jpg"])}
    assert list(found) == ["a b#1?.jpg", "sub/深/c.jpg"]
    for name, entry in found.items():
        assert isinstance(entry, Listed)
        assert entry.size == len(name.encode())
        assert abs(entry.mtime_ns / 1e9 - time.time()) < 3600
        with open_blob(entry.uri) as blob:
            assert (blob.data, blob.local_path, blob.mtime_ns) == (name.encode(), None, entry.mtime_ns)
    [single] = walk(root_uri(f"{memory}/b.jpg"))
    assert single.path == "b.jpg"
    with pytest.raises(NotFound), open_blob(root + "/gone.jpg"):
        pass
    with pytest.raises(StorageError), open_blob(root + "/sub"):
        pass


# — reading —


def test_large_files_are_mapped_wherever_they_are(tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "IN_MEMORY", 1_000)
    content = os.urandom(1_001)
    (tmp_path / "big.tif").write_bytes(content)
    fsspec.filesystem("memory").pipe("/shop/big.tif", content)
    for uri in ((tmp_path / "big.tif").as_uri(), root_uri(memory + "/big.tif")):
        with open_blob(uri) as blob:
            assert isinstance(blob.data, mmap.mmap)
            assert blob.data[:] == content
            assert blob.size == 1_001
            held = memoryview(blob.data)
        assert bytes(held) == content
        with pytest.raises(TypeError):
            blob.data[0] = 0
        held.release()


def test_small_and_empty_files_are_bytes(tmp_path: Path) -> None:
    fill(tmp_path, "x").joinpath("empty").touch()
    for name in ("x", "empty"):
        with open_blob((tmp_path / name).as_uri()) as blob:
            assert blob.data == (tmp_path / name).read_bytes()
            assert blob.size == len(blob.data)
            assert blob.mtime_ns == (tmp_path / name).stat().st_mtime_ns


def test_a_vanished_file_is_not_found(tmp_path: Path) -> None:
    fill(tmp_path, "file")
    for name in ("gone.jpg", "file/below"):
        with pytest.raises(NotFound), open_blob((tmp_path / name).as_uri()):
            pass


def test_an_error_in_the_block_stays_what_it_is(tmp_path: Path) -> None:
    fill(tmp_path, "x")
    with pytest.raises(FileNotFoundError, match="mine"), open_blob((tmp_path / "x").as_uri()):
        raise FileNotFoundError("mine")


def test_addresses_are_shown_as_people_write_them() -> None:
    assert sources.readable(local_uri("/photos/Café 1".encode(), windows=False)) == "/photos/Café 1"
    assert sources.readable("file:///caf%E9") == r"/caf\xe9"
    assert sources.readable("s3://bucket/Café 1") == "s3://bucket/Café 1"


def test_local_path_is_for_local_files_only(tmp_path: Path) -> None:
    assert local_path(tmp_path.as_uri()) == str(tmp_path)
    assert local_path("s3://bucket/key") is None
