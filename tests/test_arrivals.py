from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded, photograph, with_segment
from PIL import Image
from small_collections import fill, image_ids

import workbench as wb
from workbench import arrivals
from workbench.dedup_settings import Settings
from workbench.errors import BadValue, NotFound, SourceUnreachable, StorageError
from workbench.known_pictures import KnownPictures
from workbench.turning_away import FOLDER, put_back, turned_away
from workbench.workers import Pool

ONE, OTHER = photograph(420, 300, 1), photograph(420, 300, 2)
NEW = photograph(420, 300, 9)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("arrivals")
    fill(home / "in", {
        "one.jpg": encoded(ONE, "JPEG", quality=92), "other.jpg": encoded(OTHER, "JPEG", quality=92),
        "white.png": encoded(Image.new("RGB", (80, 60), "white"), "PNG"),
    })  # fmt: skip
    return home


@pytest.fixture(scope="module")
def ws(home: Path) -> Iterator[wb.Bench]:
    with wb.open(home / "ws", actor="tester") as bench:
        bench.scan(home / "in", workers=1, progress=False)
        yield bench


COPIES = {
    "exact": lambda: encoded(ONE, "JPEG", quality=92),
    "same-picture": lambda: with_segment(encoded(ONE, "JPEG", quality=92), 0xFE, b"another comment"),
    "smaller": lambda: encoded(ONE.resize((260, 186)), "PNG"),
    "recompressed": lambda: encoded(ONE, "JPEG", quality=40),
    "turned": lambda: encoded(ONE.transpose(Image.Transpose.ROTATE_90), "JPEG"),
    "mirrored": lambda: encoded(ONE.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "WEBP"),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_told_from_what_it_is_a_copy_of(ws: wb.Bench, kind: str) -> None:
    arrival = ws.check(COPIES[kind]())
    assert arrival.verdict == "duplicate"
    assert arrival.is_duplicate
    assert [m.path for m in arrival.of] == ["one.jpg"]
    assert arrival.of[0].image_id == image_ids(ws)["one.jpg"]
    assert arrival.of[0].relation == (kind if kind in ("exact", "same-picture") else "fuzzy")
    assert arrival.because.endswith(".")
    assert arrival.because in str(arrival)
    assert arrival.action == "none"


def test_a_new_picture_is_new_though_a_path_or_bytes(ws: wb.Bench, tmp_path: Path) -> None:
    fill(tmp_path, {"neu é.jpg": encoded(NEW, "JPEG")})
    for given in (tmp_path / "neu é.jpg", str(tmp_path / "neu é.jpg"), (tmp_path / "neu é.jpg").read_bytes()):
        arrival = ws.check(given)
        assert (arrival.verdict, arrival.of) == ("new", [])
        assert "among 3 images" in arrival.because
    assert ws.check(str(tmp_path / "neu é.jpg")).name == str(tmp_path / "neu é.jpg")


def test_a_flat_picture_is_compared_by_its_bytes_only(ws: wb.Bench) -> None:
    arrival = ws.check(encoded(Image.new("RGB", (90, 60), "white"), "PNG"))
    assert arrival.verdict == "new"
    assert "nearly one grey" in arrival.because
    again = ws.check(encoded(Image.new("RGB", (80, 60), "white"), "PNG"))
    assert again.of[0].relation == "exact"


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"", "empty"), (b"not a picture", "not_an_image"), (encoded(ONE, "JPEG")[:2_000], "truncated")],
)
def test_what_is_no_picture_is_an_answer_not_an_error(ws: wb.Bench, data: bytes, kind: str) -> None:
    arrival = ws.check(data)
    assert (arrival.verdict, arrival.problem) == ("problem", kind)
    assert arrival.because


def test_a_catalogued_file_is_known(ws: wb.Bench, home: Path) -> None:
    assert ws.check(home / "in" / "one.jpg").verdict == "known"


def test_what_there_is_not_raises(ws: wb.Bench, tmp_path: Path) -> None:
    with pytest.raises((SourceUnreachable, NotFound)):
        ws.check(tmp_path / "nothing.jpg")
    with pytest.raises(BadValue, match="file"):
        ws.check(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadValue, match="file"):
        ws.check(tmp_path / "pipe")
    with pytest.raises(BadValue, match="delete"):
        ws.check(b"", policy="delete")
    with pytest.raises(BadValue, match="moved"):
        ws.check(b"", policy="quarantine")


def test_without_a_file_the_catalogue_is_checked_as_ever(ws: wb.Bench) -> None:
    assert list(ws.check().columns) == ["check", "says", "row"]


def test_what_people_said_counts_more_than_what_is_seen(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(ONE, "JPEG", quality=55)
    content = wb.measure.measure_arrival(data)
    facts = dict(zip(wb.measure.PICTURE_FACTS, content.facts or (), strict=False))
    keys = sorted((facts["picture_hash"], ws.sql("select picture_hash from images where path = 'one.jpg'").iloc[0, 0]))
    for decision, verdict in (("variant", "variant"), ("not_duplicate", "new"), ("duplicate", "duplicate")):
        with ws.catalog.writing() as connection:
            connection.execute("delete from pair_decisions")
            connection.execute(
                'insert into pair_decisions (content_a, content_b, decision, actor, "at", seq) '
                "values (?, ?, ?, 'anna', current_timestamp::timestamp, 1)", [*keys, decision],
            )  # fmt: skip
        arrival = ws.check(data)
        assert arrival.verdict == verdict
        assert ("anna said" in arrival.because) == (decision != "not_duplicate")
    with ws.catalog.writing() as connection:
        connection.execute("delete from pair_decisions")


def test_the_memory_follows_the_catalogue(tmp_path: Path) -> None:
    fill(tmp_path / "in", {"one.jpg": encoded(ONE, "JPEG")})
    copy = encoded(NEW, "JPEG", quality=60)
    with wb.open(tmp_path / "ws", actor="tester") as ws:
        assert "among 0 images" in ws.check(copy).because
        ws.scan(tmp_path / "in", workers=1, progress=False)
        assert "among 1 images" in ws.check(copy).because
        fill(tmp_path / "in", {"new.jpg": encoded(NEW, "JPEG")})
        ws.scan(tmp_path / "in", workers=1, progress=False)
        assert ws.check(copy).of[0].path == "new.jpg"
        (tmp_path / "in" / "new.jpg").unlink()
        ws.scan(tmp_path / "in", workers=1, progress=False)
        assert ws.check(copy).verdict == "new"
        fill(tmp_path / "in", {"one.jpg": encoded(NEW, "JPEG")})  # as many images as before, and another one
        ws.scan(tmp_path / "in", workers=1, progress=False)
        assert ws.check(copy).of[0].path == "one.jpg"


def test_the_memory_is_read_in_pieces_and_anew(ws: wb.Bench) -> None:
    known = KnownPictures()
    known.follow(ws)
    assert known.count == 3
    assert len(known.hashes) == 2, "the white one says nothing"
    ids = image_ids(ws)
    details = known.details(ws, range(3))
    assert {row[2]: row[0] for row in details.values()} == ids
    known.rows[0] = 10_000
    assert len(known.details(ws, range(3))) == 2, "a row that is gone is absent"
    known.rows[0] = known.rows[1]
    assert 0 not in known.details(ws, [0]), "a row that is another image's isn't taken for this one"
    before = np.sort(known.bytes_digests)
    known.count += 1  # as if one had been taken out meanwhile
    known.follow(ws)
    assert np.array_equal(np.sort(known.bytes_digests), before)


def test_an_image_that_was_renamed_is_known_by_its_new_name(tmp_path: Path) -> None:
    fill(tmp_path / "in", {"one.jpg": encoded(ONE, "JPEG", quality=92)})
    with wb.open(tmp_path / "ws", actor="tester") as bench:
        bench.scan(tmp_path / "in", workers=1, progress=False)
        assert bench.check(COPIES["exact"]()).of[0].path == "one.jpg"
        bench.bulk.rename("sold", list(image_ids(bench).values())).apply()
        for kind in ("exact", "recompressed"):
            [match] = bench.check(COPIES[kind]()).of
            assert (match.path, match.image_id) == ("sold.jpg", image_ids(bench)["sold.jpg"])


def test_known_bytes_are_not_decoded_and_the_answer_is_the_same(
    ws: wb.Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_bytes = COPIES["exact"]()
    other = known_bytes[:15] + bytes([known_bytes[15] ^ 1]) + known_bytes[16:]  # another resolution, the same size
    fill(tmp_path, {"again.jpg": known_bytes, "same size.jpg": other})
    with monkeypatch.context() as patched:
        patched.setattr(arrivals._Checker, "_catalogued", lambda *_: None)
        decoded = [ws.check(given) for given in (tmp_path / "again.jpg", COPIES["exact"]())]
    with monkeypatch.context() as patched:
        patched.setattr(Pool, "run", lambda *_: pytest.fail("its bytes are known"))
        known = [ws.check(given) for given in (tmp_path / "again.jpg", COPIES["exact"]())]
    assert [{**a.as_dict(), "seconds": 0} for a in decoded] == [{**a.as_dict(), "seconds": 0} for a in known]
    assert ws.check(tmp_path / "same size.jpg").of[0].relation == "same-picture"


def test_files_that_arrived_before_are_known_where_asked_for(ws: wb.Bench, tmp_path: Path) -> None:
    third = photograph(420, 300, 31)
    fill(tmp_path, {
        "first.jpg": encoded(third, "JPEG"), "again.jpg": encoded(third, "JPEG"),
        "small.jpg": encoded(third.resize((240, 171)), "JPEG"),
        "turned.jpg": encoded(third.transpose(Image.Transpose.ROTATE_180), "JPEG"),
    })  # fmt: skip
    assert arrivals.check(ws, tmp_path / "first.jpg").verdict == "new"
    assert arrivals.check(ws, tmp_path / "again.jpg", remember=True).verdict == "new", (
        "nobody was to remember the first"
    )
    assert arrivals.check(ws, tmp_path / "again.jpg", remember=True).verdict in ("new", "known"), (
        "it is no copy of itself"
    )
    for name in ("first.jpg", "small.jpg", "turned.jpg"):
        arrival = arrivals.check(ws, tmp_path / name)
        assert arrival.verdict == "duplicate", name
        assert arrival.of[0].path == str(tmp_path / "again.jpg")
        assert arrival.of[0].image_id == ""


def test_a_duplicate_is_moved_out_of_the_way_and_back(ws: wb.Bench, home: Path, tmp_path: Path) -> None:
    data = encoded(ONE, "JPEG", quality=70)
    for _ in range(2):
        path = fill(tmp_path, {"d/copy.jpg": data}) / "d" / "copy.jpg"
        os.utime(path, (1_700_000_000, 1_700_000_000))
        arrival = ws.check(path, policy="quarantine")
        assert arrival.action == "quarantined"
        assert not path.exists()
        place = Path(arrival.place or "")
        assert place.read_bytes() == data
        assert place.is_relative_to(home / "ws" / FOLDER)
        assert "Moved to" in str(arrival)
    listed = turned_away(ws)
    assert listed["path"].tolist()[:2] == [str(path)] * 2
    assert len(set(listed["place"][:2])) == 2, "neither overwrote the other"
    assert put_back(ws, place) == str(path)
    assert path.read_bytes() == data
    assert path.stat().st_mtime == 1_700_000_000
    assert turned_away(ws)["put_back"].tolist()[:2] == [True, False]
    with pytest.raises(StorageError, match="put back"):
        put_back(ws, listed["place"].iloc[1])  # its name is taken by the first
    with pytest.raises(NotFound):
        put_back(ws, tmp_path / "elsewhere.jpg")


def test_refusing_moves_nothing_and_is_noted(ws: wb.Bench, tmp_path: Path) -> None:
    path = fill(tmp_path, {"copy.jpg": encoded(ONE, "JPEG", quality=71)}) / "copy.jpg"
    arrival = ws.check(path, policy="refuse")
    assert (arrival.action, arrival.place) == ("refused", None)
    assert path.exists()
    noted = ws.ledger.read(after=ws.ledger.head()[0] - 1)[0]
    assert (noted.kind, noted.payload["policy"], noted.payload["because"]) == (
        "arrival_turned_away", "refuse", arrival.because,
    )  # fmt: skip
    before = ws.ledger.head()
    assert ws.check(fill(tmp_path, {"n.jpg": encoded(NEW, "JPEG")}) / "n.jpg", policy="refuse").action == "none"
    assert ws.ledger.head() == before, "nothing is noted of what may come in"


def test_nothing_is_turned_away_for_a_file_that_is_gone(tmp_path: Path) -> None:
    """Else the only copy could be kept out because of a catalogue that isn't true any more."""
    original = fill(tmp_path / "in", {"one.jpg": encoded(ONE, "JPEG")}) / "one.jpg"
    copy = fill(tmp_path, {"copy.jpg": encoded(ONE, "JPEG", quality=70)}) / "copy.jpg"
    with wb.open(tmp_path / "ws", actor="tester") as ws:
        ws.scan(tmp_path / "in", workers=1, progress=False)
        for spoil in (lambda: original.write_bytes(b"something else"), original.unlink):
            spoil()
            arrival = ws.check(copy, policy="quarantine")
            assert (arrival.verdict, arrival.action) == ("duplicate", "none")
            assert "may stay" in arrival.because
            assert copy.exists()


def test_what_cannot_be_moved_stays_and_says_why(ws: wb.Bench, tmp_path: Path) -> None:
    path = fill(tmp_path, {"copy.jpg": encoded(ONE, "JPEG", quality=72)}) / "copy.jpg"
    os.link(path, tmp_path / "second name.jpg")
    arrival = ws.check(path, policy="quarantine")
    assert arrival.action == "failed"
    assert "couldn't be moved" in arrival.because
    assert path.exists()


def test_the_policy_may_stand_in_the_settings(ws: wb.Bench, tmp_path: Path) -> None:
    path = fill(tmp_path, {"copy.jpg": encoded(ONE, "JPEG", quality=73)}) / "copy.jpg"
    strict = Settings(tables={"arrivals": {"policy": "refuse"}})
    assert arrivals.check(ws, path, settings=strict).action == "refused"
    assert arrivals.check(ws, path, settings=strict, policy="report").action == "none"


def test_answers_are_plain_data_too(ws: wb.Bench) -> None:
    plain = ws.check(COPIES["turned"]()).as_dict()
    assert plain["verdict"] == "duplicate"
    assert plain["of"][0]["evidence"]["symmetry"] in ("rotate_90", "rotate_270")
    assert 0 < plain["seconds"] < 60


def test_several_threads_may_ask_at_once(ws: wb.Bench) -> None:
    verdicts: list[str] = []
    asking = [threading.Thread(target=lambda k=k: verdicts.append(ws.check(COPIES[k]()).verdict)) for k in COPIES]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert verdicts == ["duplicate"] * len(COPIES)


def test_closing_ends_the_worker(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws", actor="tester")
    ws.check(encoded(NEW, "JPEG"))
    [worker] = arrivals._checkers[ws].pool.pids()
    ws.close()
    assert ws not in arrivals._checkers
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
