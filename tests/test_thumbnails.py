from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import BadValue, StorageError, WorkspaceBusy
from workbench.thumbnails import Thumbnails

ROOT = Path(__file__).parent.parent


def checksum(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def picture(number: int, size: int = 3_000) -> bytes:
    return (str(number).encode() * size)[:size]


def filled(folder: Path, count: int) -> Thumbnails:
    cache = Thumbnails(folder)
    cache.put_many([(checksum(number), picture(number)) for number in range(count)])
    return cache


def database(folder: Path) -> Path:
    return max(folder.glob("thumbnails-*.sqlite"))


@contextmanager
def another_process(script: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield process
        process.kill()


def test_what_was_put_is_got_and_the_rest_is_absent(tmp_path: Path) -> None:
    with filled(tmp_path / "made" / "here", 3) as cache:
        asked = [checksum(2), checksum(0), checksum(99), checksum(2)]
        assert cache.get_many(asked) == {checksum(0): picture(0), checksum(2): picture(2)}
        assert cache.has(checksum(1))
        assert not cache.has(checksum(99))
        assert cache.count() == 3
        assert cache.get_many([]) == {}
        cache.put_many([])
        assert cache.bytes_used() >= 3 * 3_000


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.binary(min_size=32, max_size=32), st.binary(max_size=20_000), max_size=8), st.booleans())
def test_any_bytes_come_back_as_they_were(pictures: dict[bytes, bytes], capitals: bool) -> None:
    named = {key.hex().upper() if capitals else key.hex(): value for key, value in pictures.items()}
    with tempfile.TemporaryDirectory() as folder:
        with Thumbnails(folder) as cache:
            cache.put_many(named.items())
        with Thumbnails(folder) as again:
            assert again.get_many(named) == named
            assert again.count() == len(named)


def test_more_than_sqlite_takes_in_one_question(tmp_path: Path) -> None:
    with filled(tmp_path, 2_500) as cache:
        assert len(cache.get_many(checksum(number) for number in range(40_000))) == 2_500


def test_putting_twice_replaces(tmp_path: Path) -> None:
    with filled(tmp_path, 1) as cache:
        cache.put_many([(checksum(0), b"new"), (checksum(1), b"a"), (checksum(1), b"b")])
        assert cache.get_many([checksum(0), checksum(1)]) == {checksum(0): b"new", checksum(1): b"b"}
        assert cache.count() == 2


@pytest.mark.parametrize("bad", ["", "abc", "zz" * 32, "00" * 31, "'; drop table thumbnails; --"])
def test_what_is_no_checksum_is_refused_and_nothing_is_stored(tmp_path: Path, bad: str) -> None:
    with Thumbnails(tmp_path) as cache:
        with pytest.raises(BadValue):
            cache.put_many([(checksum(1), b"good"), (bad, b"x")])
        with pytest.raises(BadValue):
            cache.get_many([bad])
        assert cache.count() == 0


# — damage —


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 500, b"SQLite format 3\0" + bytes(8_000)])
def test_a_file_that_is_no_database_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "thumbnails-0001.sqlite").write_bytes(content)
    with filled(tmp_path, 2) as cache:
        assert cache.count() == 2
    with Thumbnails(tmp_path) as again:
        assert again.count() == 2
    assert len(list(tmp_path.glob("thumbnails-*.sqlite"))) == 1


def test_somebody_elses_database_is_replaced(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "thumbnails-0001.sqlite")
    other.execute("create table thumbnails (something_else)")
    other.close()
    with filled(tmp_path, 2) as cache:
        assert cache.has(checksum(1))


def test_a_cut_off_database_is_replaced_while_in_use(tmp_path: Path) -> None:
    with filled(tmp_path, 500):
        pass
    with Thumbnails(tmp_path) as cache:
        os.truncate(database(tmp_path), database(tmp_path).stat().st_size // 3)
        everything = [checksum(number) for number in range(500)]
        found = cache.get_many(everything)
        assert all(found[checksum(number)] == picture(number) for number in range(500) if checksum(number) in found)
        cache.put_many((checksum(number), picture(number)) for number in range(500))
        assert len(cache.get_many(everything)) == 500


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bits_make_a_wrong_thumbnail(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with filled(folder, 12):
            pass
        content = bytearray(database(folder).read_bytes())
        for _ in range(data.draw(st.integers(1, 8))):
            place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 300))
            content[place] ^= data.draw(st.integers(1, 255))
        database(folder).write_bytes(content)
        with Thumbnails(folder) as cache:
            for number in range(12):
                assert cache.get_many([checksum(number)]).get(checksum(number)) in (picture(number), None)
            cache.put_many((checksum(number), picture(number)) for number in range(12))
            found = cache.get_many(checksum(number) for number in range(12))
            assert all(found.get(checksum(number), picture(number)) == picture(number) for number in range(12))


def test_a_cleared_cache_is_started_anew_while_in_use(tmp_path: Path) -> None:
    with filled(tmp_path, 5) as cache:
        for file in tmp_path.iterdir():
            file.unlink()
        assert cache.get_many([checksum(0)]) == {}
        cache.put_many([(checksum(0), b"again")])
        with Thumbnails(tmp_path) as other:
            assert other.get_many([checksum(0)]) == {checksum(0): b"again"}


def test_a_place_that_takes_no_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        Thumbnails(tmp_path / "file")
    assert caught.value.hint
    (tmp_path / "odd" / "thumbnails-0001.sqlite").mkdir(parents=True)
    with pytest.raises(StorageError):
        Thumbnails(tmp_path / "odd")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a small file system")
def test_a_full_disk_is_a_storage_error_and_stores_nothing(tmp_path: Path) -> None:
    script = """
import resource, signal, sys
from workbench.thumbnails import Thumbnails
from workbench.errors import StorageError
with Thumbnails(sys.argv[1]) as cache:
    cache.put_many([("00" * 32, b"small")])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        cache.put_many([(f"{n:064x}", bytes(50_000)) for n in range(1, 9)])
    except StorageError as error:
        print("refused", cache.count(), cache.get_many(["00" * 32]) == {"00" * 32: b"small"})
"""
    with another_process(script, tmp_path) as process:
        assert process.communicate()[0].split() == ["refused", "1", "True"]


# — several at once —


def test_many_threads_share_one_cache(tmp_path: Path) -> None:
    with Thumbnails(tmp_path) as cache:

        def work(thread: int) -> int:
            for start in range(thread * 100, thread * 100 + 100, 10):
                numbers = range(start, start + 10)
                cache.put_many([(checksum(number), picture(number)) for number in numbers])
                assert len(cache.get_many(checksum(number) for number in numbers)) == 10
            return 100

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(work, range(8))) == cache.count() == 800


WRITER = """
import hashlib, sys
from workbench.thumbnails import Thumbnails
folder, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with Thumbnails(folder) as cache:
    for start in range(first, last, 5):
        texts = [str(n).encode() for n in range(start, start + 5)]
        named = [(hashlib.sha256(text).hexdigest(), (text * 3000)[:3000]) for text in texts]
        cache.put_many(named)
        assert len(cache.get_many(key for key, _ in named)) == 5
        print(start, flush=True)
"""


def test_several_processes_write_at_once_and_none_sees_a_lock(tmp_path: Path) -> None:
    with (
        another_process(WRITER, tmp_path, 0, 500) as one,
        another_process(WRITER, tmp_path, 400, 900) as two,
        Thumbnails(tmp_path) as cache,
    ):
        cache.put_many([(checksum(1_000), b"from here")])
        assert len(one.communicate()[0].split()) == 100
        assert len(two.communicate()[0].split()) == 100
        assert one.returncode == two.returncode == 0
        assert cache.count() == 901


def test_processes_agree_on_a_new_database_when_theirs_is_damaged(tmp_path: Path) -> None:
    with filled(tmp_path, 50):
        pass
    with Thumbnails(tmp_path) as one, Thumbnails(tmp_path) as two:
        assert one.count() == two.count() == 50
        database(tmp_path).write_bytes(b"rubbish" * 10_000)
        assert one.get_many([checksum(1)]) == two.get_many([checksum(1)]) == {}
        one.put_many([(checksum(1), b"one")])
        two.put_many([(checksum(2), b"two")])
        assert two.get_many([checksum(1), checksum(2)]) == one.get_many([checksum(1), checksum(2)])
        assert one.count() == 2


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_writer_leaves_whole_transactions(tmp_path: Path) -> None:
    for kill in range(5):
        with another_process(WRITER, tmp_path, 10_000 * kill, 10_000 * kill + 10_000) as writer:
            assert writer.stdout is not None
            done = [int(writer.stdout.readline()) for _ in range(10 + 7 * kill)]
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        with Thumbnails(tmp_path) as cache:
            wanted = [checksum(number + offset) for number in done for offset in range(5)]
            assert len(cache.get_many(wanted)) == len(wanted)
            assert cache.count() % 5 == 0
    assert [file.name for file in tmp_path.glob("thumbnails-*.sqlite")] == ["thumbnails-0001.sqlite"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_uses_connections_of_its_own(tmp_path: Path) -> None:
    script = """
import os, sys
from workbench.thumbnails import Thumbnails
cache = Thumbnails(sys.argv[1])
cache.put_many([("00" * 32, b"parent")])
child = os.fork()
if child == 0:
    cache.put_many([("11" * 32, b"child")])
    os._exit(0 if cache.count() == 2 else 1)
assert os.waitpid(child, 0)[1] == 0
print(cache.get_many(["00" * 32, "11" * 32]) == {"00" * 32: b"parent", "11" * 32: b"child"})
"""
    with another_process(script, tmp_path) as process:
        assert process.communicate()[0].strip() == "True"


def test_somebody_who_never_stops_writing_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.thumbnails._PATIENCE", 0.2)
    with filled(tmp_path, 1) as cache:
        holder = sqlite3.connect(database(tmp_path), isolation_level=None)
        holder.execute("begin immediate")
        assert cache.has(checksum(0)), "reading never waits for a writer"
        with pytest.raises(WorkspaceBusy):
            cache.put_many([(checksum(1), b"x")])
        holder.execute("rollback")
        cache.put_many([(checksum(1), b"x")])
        holder.close()


def test_closing_twice_is_fine_and_a_closed_cache_still_answers(tmp_path: Path) -> None:
    cache = filled(tmp_path, 1)
    cache.close()
    cache.close()
    assert cache.count() == 1


def test_reading_is_quick(tmp_path: Path) -> None:
    with filled(tmp_path, 5_000) as cache:
        wanted = [checksum(number) for number in range(0, 5_000, 2)]
        begun = time.process_time()
        for start in range(0, 2_500, 50):
            assert len(cache.get_many(wanted[start : start + 50])) == 50
        assert (time.process_time() - begun) / 2_500 < 5 * 50e-6  # five-fold, for slow and busy machines
