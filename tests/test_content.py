"""The content finder, on a small collection that is really scanned: what it finds, keeps, and doesn't do twice."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from seen_pictures import FAMILIES, photo

import workbench as wb
from workbench import comparing, edits, features, shared_spots
from workbench.comparing import Shown
from workbench.dedup_settings import Settings
from workbench.errors import WorkbenchError
from workbench.finders import content, judging
from workbench.verification import Thresholds

KINDS = ("crop_50", "mirror_crop", "screenshot", "rotate_5")
ONE = Settings(tables={"content": {"workers": 1}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(edits.encoded(photo(number)))
        for kind in KINDS:
            (folder / f"{number}-{kind}.jpg").write_bytes(edits.edited_file(photo(number), kind, seed=number))
    made = FAMILIES["colours"](np.random.default_rng(5))
    for number in range(3):
        (folder / f"product-{number}.jpg").write_bytes(edits.encoded(np.asarray(next(made).convert("RGB"))))
    (folder / "again.jpg").write_bytes((folder / "0.jpg").read_bytes())
    (folder / "flat.jpg").write_bytes(edits.encoded(np.full((200, 300, 3), 120, np.uint8)))
    return folder


@pytest.fixture
def ws(folder: Path, tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "ws", actor="anna") as bench:
        bench.scan(folder)
        yield bench


def named(ws: wb.Bench, pairs: list[content.Pair]) -> dict[frozenset[str], str]:
    names = dict(ws.sql("select image_id, name from images").itertuples(index=False))
    names = {image: "0.jpg" if name == "again.jpg" else name for image, name in names.items()}
    return {frozenset((names[p.image_a], names[p.image_b])): p.relation for p in pairs}


def test_copies_are_found_and_lookalikes_are_variants(ws: wb.Bench) -> None:
    steps: list[tuple[int, int]] = []
    pairs = list(content.find(ws, settings=ONE, progress=lambda done, total: steps.append((done, total))))
    found = named(ws, pairs)
    wanted = [frozenset((f"{n}.jpg", f"{n}-{kind}.jpg")) for n in range(3) for kind in KINDS]
    assert sum(found.get(pair) in ("content", "fuzzy") for pair in wanted) >= 11
    for pair, relation in found.items():
        one, other = (name.removesuffix(".jpg").split("-")[0] for name in pair)
        assert relation == "variant" or (one == other and one != "product"), (pair, relation)
    assert all(p.image_a < p.image_b and p.method == "content" and 0 <= p.score <= 1 for p in pairs)
    assert all(p.evidence["from"] in (p.image_a, p.image_b) for p in pairs)
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1]


def test_a_second_run_says_the_same_without_comparing(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sorted(content.find(ws, settings=ONE), key=lambda p: p[:2])
    checks = ws.sql("select count(*) as n from pair_checks")["n"][0]
    monkeypatch.setattr(content.Pool, "run", lambda *_: pytest.fail("nothing is left to do"))
    assert sorted(content.find(ws, settings=ONE), key=lambda p: p[:2]) == first
    assert ws.sql("select count(*) as n from pair_checks")["n"][0] == checks


def test_a_cancelled_search_keeps_what_it_described(ws: wb.Bench) -> None:
    cancel = threading.Event()

    def stop(done: int, total: int) -> None:
        cancel.set()

    assert list(content.find(ws, settings=ONE, progress=stop, cancel=cancel)) == []
    with content.descriptors_of(ws) as cache:
        assert cache.count() > 0
    assert list(content.find(ws, settings=ONE))


def test_only_pairs_of_the_images_asked_about(ws: wb.Bench) -> None:
    every = list(content.find(ws, settings=ONE))
    image_id = ws.sql("select image_id from images where name = '1.jpg'")["image_id"][0]
    some = list(content.find(ws, settings=ONE, images=[image_id]))
    assert some
    assert {p[:3] for p in some} == {p[:3] for p in every if image_id in p[:2]}
    assert list(content.find(ws, settings=ONE, images=["nobody"])) == []


def test_a_lost_cache_and_lost_thumbnails_are_made_again(ws: wb.Bench) -> None:
    first = named(ws, list(content.find(ws, settings=ONE)))
    ws.thumbnails.close()
    for place in ("features", "thumbnails"):
        for file in (ws.folder / place).glob("*.sqlite*"):
            file.write_bytes(b"no database")
    with wb.open(ws.folder, actor="anna") as again:
        assert named(again, list(content.find(again, settings=ONE))).keys() >= first.keys()


def test_nothing_to_compare_is_no_trouble(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="anna") as empty:
        assert list(content.find(empty)) == []


def test_thresholds_of_settings_are_taken_and_others_left() -> None:
    taken = judging.thresholds_of(Settings(thresholds={"inliers": 33, "anything": 1}))
    assert taken.inliers == 33
    assert taken.agreement == Thresholds().agreement


def test_features_survive_packing_and_damage_is_noticed() -> None:
    found = features.extract(photo(0), most=40)
    other = features.extract(photo(1), most=7)
    blob = shared_spots.pack(found, other)
    back = shared_spots.unpack(blob)
    assert back is not None
    assert [len(marks.places) for marks in back] == [40, 7]
    assert (back[0].descriptors == found.descriptors).all()
    edge = max(found.size)
    assert np.abs(back[0].places * edge - (found.points[:, 0] + 1j * found.points[:, 1])).max() < 0.05
    assert np.abs(np.abs(back[0].turns) * edge - found.scales).max() < 0.05
    assert np.abs(np.exp(1j * np.radians(found.angles)) - back[0].turns / np.abs(back[0].turns)).max() < 0.01
    for damaged in (b"", blob[:-1], b"x" + blob[1:], blob[:4] + b"\0\0" + blob[6:]):
        assert shared_spots.unpack(damaged) is None


def test_what_cannot_be_read_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    bad = Shown("0" * 64, (tmp_path / "text.jpg").as_uri(), None)
    gone = Shown("1" * 64, (tmp_path / "gone.jpg").as_uri(), b"damaged")
    for shown in (bad, gone):
        assert isinstance(comparing.describe(shown), WorkbenchError)
        assert isinstance(comparing.compare(comparing.Comparison(shown, shown, None, None)), WorkbenchError)
