"""Arriving crops, screenshots and collages of what is catalogued: found by a few features of each picture."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import with_segment
from seen_pictures import photo
from small_collections import command, fill, image_ids

import workbench as wb
from workbench import arrivals, edits, features, known_parts
from workbench.arrivals import parts_wanted, prepare
from workbench.dedup_settings import Settings
from workbench.errors import BadValue
from workbench.known_parts import BYTES, KnownParts
from workbench.relations import content_key
from workbench.watching import watch

PICTURES = 5


def files() -> dict[str, bytes]:
    made = {f"{number}.jpg": edits.encoded(photo(number)) for number in range(PICTURES)}
    return made | {"flat.jpg": edits.encoded(np.full((200, 300, 3), 120, np.uint8))}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("parts") / "in", files())


@pytest.fixture(scope="module")
def ws(home: Path) -> Iterator[wb.Bench]:
    with wb.open(home.parent / "ws", actor="tester") as bench:
        bench.scan(home, workers=1, progress=False)
        yield bench


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Iterator[wb.Bench]:
    """A workspace that a test may spoil."""
    fill(tmp_path / "in", {f"{number}.jpg": (home / f"{number}.jpg").read_bytes() for number in range(3)})
    with wb.open(tmp_path / "ws", actor="tester") as bench:
        bench.scan(tmp_path / "in", workers=1, progress=False)
        yield bench


def part(kind: str, of: int = 0) -> bytes:
    return edits.edited_file(photo(of), kind, seed=of, others=[photo(31), photo(32), photo(33)])


@pytest.mark.parametrize("kind", ["crop_50", "mirror_crop", "screenshot", "collage_2x2"])
@pytest.mark.parametrize("of", [0, 2, 3, 4])
def test_a_part_is_told_from_what_it_is_of(ws: wb.Bench, kind: str, of: int) -> None:
    arrival = ws.check(part(kind, of))
    assert arrival.verdict == "duplicate"
    assert arrival.of[0].path == f"{of}.jpg"
    assert arrival.of[0].image_id == image_ids(ws)[f"{of}.jpg"]
    assert arrival.of[0].relation in ("content", "fuzzy")
    assert arrival.because.endswith(".")


def test_a_new_picture_is_new_and_the_answer_says_what_was_searched(ws: wb.Bench) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    arrival = ws.check(edits.encoded(noise))
    assert (arrival.verdict, arrival.of) == ("new", [])
    assert arrival.because.endswith(f"Parts of pictures were looked for in {PICTURES}.")


def test_what_bytes_or_hashes_know_is_not_searched_for(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        pytest.fail("it is known already")

    monkeypatch.setattr(KnownParts, "follow", never)
    monkeypatch.setattr(KnownParts, "alike", never)
    known = files()["1.jpg"]
    for data in (known, with_segment(known, 0xFE, b"a comment"), edits.edited_file(photo(1), "jpeg_q50", seed=1)):
        assert ws.check(data).verdict == "duplicate"
    assert ws.check(files()["flat.jpg"]).verdict == "duplicate"


def test_collections_that_are_too_large_ask_for_it() -> None:
    assert parts_wanted(Settings(), arrivals.PARTS_UP_TO)
    assert not parts_wanted(Settings(), arrivals.PARTS_UP_TO + 1)
    assert parts_wanted(Settings(tables={"arrivals": {"parts": True}}), 10**7)
    assert not parts_wanted(Settings(tables={"arrivals": {"parts": False}}), 1)
    assert not parts_wanted(Settings(tables={"arrivals": {"parts_up_to": 10}}), 11)
    for wrong in ({"parts": "yes"}, {"parts_up_to": -1}, {"parts_up_to": "many"}, {"parts_up_to": True}, {"parts": 2}):
        with pytest.raises(BadValue):
            parts_wanted(Settings(tables={"arrivals": wrong}), 1)


def test_it_can_be_switched_off_and_the_answer_says_so(own: wb.Bench) -> None:
    (own.folder / "dedup.toml").write_text("[arrivals]\nparts = false\n")
    arrival = own.check(part("crop_50"))
    assert arrival.verdict == "new"
    assert "weren't looked for" in arrival.because
    assert prepare(own) == 0
    assert not (own.folder / "parts").exists()
    (own.folder / "dedup.toml").write_text("[arrivals]\nparts = true\n")
    assert own.check(part("crop_50")).verdict == "duplicate"


def test_each_check_describes_some_and_says_how_far_it_is(own: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_DESCRIBED", 1)
    said = [own.check(edits.encoded(photo(40 + n))).because for n in range(3)]
    assert [text.rpartition(" in ")[2] for text in said] == ["1 of 3.", "2 of 3.", "3."]


def test_nothing_is_described_twice(own: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    assert own.dedup.prepare(progress=lambda done, total: told.append((done, total))) == 3
    assert told[-1] == (3, 3)
    assert sum(path.stat().st_size for path in (own.folder / "parts").iterdir()) <= 3 * BYTES + 100
    own.close()
    monkeypatch.setattr(features, "extract", lambda *_, **__: pytest.fail("described already"))
    with wb.open(own.folder, actor="tester") as again:
        assert prepare(again) == 3


def test_prepared_on_the_command_line(own: wb.Bench) -> None:
    line = command("dedup", "prepare", "--workspace", own.folder, "--quiet")
    assert (line.returncode, line.stdout.strip()) == (0, "Parts of arriving pictures are looked for in 3 of 3 images.")
    told = command("dedup", "prepare", "--workspace", own.folder, "--quiet", "--json")
    assert json.loads(told.stdout) == {"described": 3, "images": 3}


def test_a_cancelled_preparation_keeps_what_it_has(own: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_DESCRIBED", 1)
    cancel = threading.Event()
    assert prepare(own, progress=lambda done, total: cancel.set(), cancel=cancel) == 1
    assert prepare(own, most=1) == 2
    assert prepare(own) == 3


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda data: b"x" * len(data)])
def test_damaged_files_are_made_again(own: wb.Bench, damage: object) -> None:
    prepare(own)
    own.close()
    for path in (own.folder / "parts").glob("*.parts"):
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]  # one of the three above
    with wb.open(own.folder, actor="tester") as again:
        assert again.check(part("crop_50")).verdict == "duplicate"
        assert len(KnownParts(again.folder / "parts")._segments) == 0
        assert prepare(again) == 3


def test_pictures_that_came_and_went_are_followed(own: wb.Bench) -> None:
    crop = part("crop_50", 4)
    assert own.check(crop).verdict == "new"
    folder = own.folder.parent / "in"
    fill(folder, {"sub/late.jpg": files()["4.jpg"]})
    own.scan(folder, workers=1, progress=False)
    assert own.check(crop).of[0].path == "sub/late.jpg"
    own.bulk.rename("moved", [image_ids(own)["sub/late.jpg"]]).apply()
    assert own.check(crop).of[0].path == "sub/moved.jpg"
    (folder / "sub/moved.jpg").unlink()
    own.scan(folder, workers=1, progress=False)
    assert own.check(crop).verdict == "new"


def test_what_people_said_counts(own: wb.Bench) -> None:
    crop = part("crop_50")
    assert own.check(crop).verdict == "duplicate"
    fill(own.folder.parent / "in", {"crop.jpg": crop})
    own.scan(own.folder.parent / "in", workers=1, progress=False)
    rows = own.sql("select picture_hash, checksum from images where name in ('0.jpg', 'crop.jpg') order by name")
    keys = sorted(content_key(*row) for row in rows.itertuples(index=False, name=None))
    with own.catalog.writing() as connection:
        connection.execute(
            "insert into pair_decisions by name select ? as content_a, ? as content_b, 'not_duplicate' as decision, "
            "'ann' as actor, now()::timestamp as \"at\", 1 as seq",
            keys,
        )
    (own.folder.parent / "in/crop.jpg").unlink()
    own.scan(own.folder.parent / "in", workers=1, progress=False)
    assert own.check(crop).verdict == "new"


def test_a_watched_folder_tells_parts(own: wb.Bench, tmp_path: Path) -> None:
    fill(tmp_path / "drop", {"crop.jpg": part("crop_50"), "other.jpg": edits.encoded(photo(41))})
    told: list[arrivals.Arrival] = []
    watch(own, tmp_path / "drop", settle=0, once=True, tell=told.append)
    assert {Path(a.name).name: a.verdict for a in told} == {"crop.jpg": "duplicate", "other.jpg": "new"}


# -- the files


def pictures(count: int, seed: int) -> list[tuple[str, known_parts.Descriptors]]:
    random = np.random.default_rng(seed)
    names = [random.bytes(32).hex() for _ in range(count)]
    return [(name, random.integers(0, 256, (int(random.integers(0, 12)), 32), dtype=np.uint8)) for name in names]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=24), st.integers(0, 2**32 - 1))
def test_however_it_grew_every_picture_is_found_by_its_words(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], seed: int
) -> None:
    parts, every = KnownParts(tmp_path_factory.mktemp("grown") / "parts"), pictures(sum(sizes), seed)
    rest = iter(every)
    for size in sizes:
        parts._add([next(rest) for _ in range(size)])
    other = KnownParts(parts.folder)
    other._load()
    for index in (parts, other):
        assert len(index._segments) <= 12
        assert len(index._keys) == len(every)
        for checksum, descriptors in every:
            votes = dict(index._votes(descriptors))
            assert checksum in votes or len(descriptors) < 1
            assert max(votes.values(), default=0) == votes.get(checksum, 0)


def test_two_processes_see_what_each_other_described(tmp_path: Path) -> None:
    one, other = KnownParts(tmp_path), KnownParts(tmp_path)
    first, second = pictures(6, 1), pictures(6, 2)
    one._add(first)
    other._add(second)
    for index in (one, other):
        index._load()
        assert len(index._keys) == 12
