from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded, photograph
from PIL import Image, ImageOps
from small_collections import fill, image_ids

import workbench as wb
from workbench.dedup_settings import Settings
from workbench.finders import fuzzy
from workbench.relations import DUPLICATES, Pair

TURNS = {
    "rotate_90": Image.Transpose.ROTATE_90, "rotate_180": Image.Transpose.ROTATE_180,
    "rotate_270": Image.Transpose.ROTATE_270, "mirror": Image.Transpose.FLIP_LEFT_RIGHT,
    "flip": Image.Transpose.FLIP_TOP_BOTTOM, "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}  # fmt: skip


def files() -> dict[str, bytes]:
    """Originals, copies of one of them in every way, two pictures of nothing, and one that can't be decoded."""
    made = {f"original-{n}.jpg": encoded(photograph(420, 300, n), "JPEG", quality=92) for n in range(1, 5)}
    one = photograph(420, 300, 1)
    made |= {f"{name}.jpg": encoded(one.transpose(turn), "JPEG", quality=85) for name, turn in TURNS.items()}
    made["small.png"] = encoded(one.resize((210, 150)), "PNG")
    made["grey.webp"] = encoded(ImageOps.grayscale(one), "WEBP")
    made["white-1.png"] = encoded(Image.new("RGB", (90, 60), "white"), "PNG")
    made["white-2.png"] = encoded(Image.new("RGB", (91, 60), "white"), "PNG")
    made["cut.jpg"] = made["original-1.jpg"][:900]
    return made


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    home = tmp_path_factory.mktemp("fuzzy")
    fill(home / "in", files())
    with wb.open(home / "ws", actor="tester") as bench:
        bench.scan(home / "in", workers=1, progress=False)
        yield bench


def by_name(ws: wb.Bench, pairs: list[Pair]) -> dict[frozenset[str], Pair]:
    names = {image_id: path for path, image_id in image_ids(ws).items()}
    return {frozenset((names[p.image_a], names[p.image_b])): p for p in pairs}


def test_every_copy_is_found_turned_or_not_and_nothing_else(ws: wb.Bench) -> None:
    pairs = list(fuzzy.find(ws, settings=Settings()))
    found = by_name(ws, pairs)
    copies = {f"{name}.jpg" for name in TURNS} | {"small.png", "grey.webp"}
    for copy in copies:
        assert found[frozenset(("original-1.jpg", copy))].relation in DUPLICATES, copy
    allowed = copies | {"original-1.jpg"}
    assert all(key <= allowed for key in found), "pictures of nothing, and other pictures, are in no pair"
    assert len(pairs) == len(found), "each pair once"
    for found_pair in pairs:
        assert found_pair.image_a < found_pair.image_b
        assert found_pair.method == "fuzzy"
        assert 0 <= found_pair.evidence["bits"] <= 10
        assert found_pair.evidence["from"] in (found_pair.image_a, found_pair.image_b)


@pytest.mark.parametrize("name", TURNS)
def test_how_a_copy_is_turned_is_said(ws: wb.Bench, name: str) -> None:
    ids = image_ids(ws)
    found = by_name(ws, list(fuzzy.find(ws)))[frozenset(("original-1.jpg", f"{name}.jpg"))]
    back = {"rotate_90": "rotate_270", "rotate_270": "rotate_90"}.get(name, name)
    assert found.evidence["symmetry"] == (name if found.evidence["from"] == ids["original-1.jpg"] else back)


def test_what_was_verified_once_is_remembered(ws: wb.Bench) -> None:
    before = sorted(fuzzy.find(ws))
    with ws.catalog.writing() as connection:
        connection.execute(
            "update pair_checks set score = 0.875 where relation <> 'unrelated' and method like 'fuzzy%'"
        )
    again = sorted(fuzzy.find(ws))
    assert [p[:4] for p in again] == [p[:4] for p in before]
    assert {p.score for p in again} == {0.875}, "it was read, not made again"
    fresh = list(fuzzy.find(ws, settings=Settings(thresholds={"least": 0.51})))
    assert {p.score for p in fresh} != {0.875}, "other thresholds ask again"


def test_only_pairs_of_the_images_asked_for(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    asked = [ids["mirror.jpg"], ids["original-2.jpg"]]
    some, every = list(fuzzy.find(ws, images=asked)), list(fuzzy.find(ws))
    assert {p[:3] for p in some} == {p[:3] for p in every if ids["mirror.jpg"] in p[:2]}
    assert list(fuzzy.find(ws, images=[ids["white-1.png"]])) == []
    assert list(fuzzy.find(ws, images=[])) == []


def test_a_catalogue_scanned_before_gets_the_turned_hashes_from_its_thumbnails(ws: wb.Bench) -> None:
    expected = {p[:3] for p in fuzzy.find(ws)}
    with ws.catalog.writing() as connection:
        connection.execute("create or replace temp table kept as select image_id, phashes from image_facts")
        connection.execute("update image_facts set phashes = null")
    assert {p[:3] for p in fuzzy.find(ws)} == expected
    with ws.reading() as connection:
        sql = (
            "select k.phashes, f.phashes from image_facts f join kept k using (image_id) "
            "where f.phash is not null and not f.flat"
        )
        rows = connection.execute(sql).fetchall()
    assert len(rows) == len(files()) - 3
    for scanned, made in rows:
        assert made[0] == scanned[0]
        assert max((a ^ b).bit_count() for a, b in zip(scanned, made, strict=True)) <= 6


def test_no_thumbnail_and_no_turned_hashes_is_no_reason_to_fail(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with ws.catalog.writing() as connection:
        connection.execute("update image_facts set phashes = null")
    monkeypatch.setattr(fuzzy, "turned_hashes", lambda thumbnail: wb.images.turned_hashes(b"\xff\xd8 cut"))
    found = by_name(ws, list(fuzzy.find(ws)))
    assert frozenset(("original-1.jpg", "small.png")) in found, "upright copies are found all the same"
    monkeypatch.undo()
    list(fuzzy.find(ws))  # makes them for the other tests


def test_cancelling_ends_it(ws: wb.Bench) -> None:
    cancel = threading.Event()
    cancel.set()
    assert list(fuzzy.find(ws, cancel=cancel)) == []


def test_progress_is_told(ws: wb.Bench) -> None:
    told: list[tuple[int, int]] = []
    list(fuzzy.find(ws, progress=lambda done, total: told.append((done, total))))
    assert told[0] == (0, 0)
    assert told[-1][0] == told[-1][1] > 0


def test_an_empty_workspace_has_no_pairs(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="tester") as empty:
        assert list(fuzzy.find(empty)) == []


def test_many_pictures_with_one_hash_do_not_explode() -> None:
    random = np.random.default_rng(1)
    crowd = np.repeat(random.integers(0, 2**64, (1, 8), dtype=np.uint64), 3_000, axis=0)
    others = random.integers(0, 2**64, (50, 8), dtype=np.uint64)
    table = fuzzy.pa.table({"content": [str(n) for n in range(3_050)]})
    known = fuzzy.Hashed(table, np.concatenate([crowd, others]), random.integers(0, 2**64, 3_050, dtype=np.uint64))
    found = fuzzy._nearest(fuzzy._of_all(known, 10, 20, "auto", lambda part: None), 3_050, 20)
    assert 3_000 * 20 * 0.9 < len(found.i) <= 3_000 * 20
    assert (found.i != found.j).all()
    assert np.bincount(np.concatenate([found.i, found.j]), minlength=3_050)[:3_000].min() >= 20


def test_large_catalogues_are_verified_by_workers(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {p[:4] for p in fuzzy.find(ws)}
    with ws.catalog.writing() as connection:
        connection.execute("delete from pair_checks")
    monkeypatch.setattr("workbench.finders.judging._FEW", 0)
    assert {p[:4] for p in fuzzy.find(ws, settings=Settings(tables={"fuzzy": {"workers": 1}}))} == here


def test_the_verb_writes_the_pairs(ws: wb.Bench) -> None:
    report = ws.find_duplicates(["fuzzy"], progress=False)
    assert report["fuzzy"].pairs == len(list(fuzzy.find(ws)))
    found = ws.sql("select distinct method, relation from duplicate_pairs")
    assert set(found["method"]) == {"fuzzy"}
