"""The finder that a supplied model serves: real models, made here byte by byte, run by the real onnxruntime."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_files import describer
from PIL import Image
from seen_pictures import photo
from small_collections import fill, image_ids, png

import workbench as wb
from workbench import dedup_settings, descriptors, images, onnx_models
from workbench.descriptors import Preparation
from workbench.errors import BadValue, MissingExtra, StorageError, WorkbenchError

SIZE = (760, 520)


def file_of(pixels: Any) -> bytes:
    return images.jpeg_of(np.asarray(pixels), quality=92)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photographs, edited copies of one, and one that can't be read any more."""
    home = tmp_path_factory.mktemp("descriptor")
    first = photo(1)
    darker = np.clip(first.astype(np.float32) * 0.9, 0, 255).astype(np.uint8)
    smaller = np.asarray(Image.fromarray(first).resize((380, 260)))
    pictures = {
        "one.jpg": first,
        "two.jpg": photo(2),
        "three.jpg": photo(3),
        "darker.jpg": darker,
        "small.jpg": smaller,
    }
    fill(home / "src", {name: file_of(pixels) for name, pixels in pictures.items()} | {"flat.png": png(1)})
    fill(
        home / "models", {"model.onnx": describer(), "parts.onnx": describer(parts=True), "cut.onnx": describer()[:70]}
    )
    return home


@pytest.fixture
def ws(home: Path, tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "ws", actor="ann") as made:
        made.scan(home / "src", progress=False, workers=1)
        told(made, home, least=0.9, workers=1)
        yield made


def told(ws: wb.Bench, home: Path, model: str = "model.onnx", **more: Any) -> None:
    """Write what the workspace says about its model."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"model": str(home / "models" / model), **more}.items()]
    (ws.folder / "dedup.toml").write_text("\n".join(["[descriptor]", *lines]))


def related(ws: wb.Bench) -> dict[frozenset[str], tuple[str, dict[str, Any]]]:
    """Paths of two images → how they are related, and on what evidence."""
    names = {image_id: path for path, image_id in image_ids(ws).items()}
    rows = ws.sql("select image_a, image_b, relation, evidence from duplicate_pairs where method = 'descriptor'")
    return {
        frozenset((names[row.image_a], names[row.image_b])): (row.relation, json.loads(row.evidence))
        for row in rows.itertuples()
    }


def test_copies_are_proposed_by_the_model_and_verified(ws: wb.Bench) -> None:
    report = ws.find_duplicates(["descriptor"], progress=False)
    assert (report.outcome, report["descriptor"].outcome) == ("finished", "finished")
    found = related(ws)
    copies = [frozenset(pair) for pair in (("one.jpg", "darker.jpg"), ("one.jpg", "small.jpg"))]
    assert {found[pair][0] for pair in copies} == {"fuzzy"}
    assert all(found[pair][1]["cosine"] >= 0.9 for pair in copies)
    assert not {relation for pair, (relation, _) in found.items() if pair & {"two.jpg", "three.jpg"}} & {
        "fuzzy",
        "content",
    }
    assert ws.sql("select max(images) as n from duplicate_clusters")["n"].iloc[0] == 3
    assert ws.find_duplicates(["descriptor"], progress=False)["descriptor"].outcome == "unchanged"


def test_it_runs_by_itself_where_a_model_is_named_and_only_there(ws: wb.Bench, tmp_path: Path) -> None:
    assert dedup_settings.load(ws.folder).methods == dedup_settings.METHODS
    assert dedup_settings.load(tmp_path).methods == dedup_settings.USUAL
    (ws.folder / "dedup.toml").write_text('methods = ["exact"]\n[descriptor]\nmodel = "m.onnx"\n')
    assert dedup_settings.load(ws.folder).methods == ("exact",)


def test_the_model_is_believed_alone_only_where_that_is_said(ws: wb.Bench, home: Path) -> None:
    told(ws, home, least=-1.0, candidates=9, workers=1)
    ws.find_duplicates(["descriptor"], progress=False)
    apart = frozenset(("two.jpg", "three.jpg"))
    assert related(ws).get(apart, ("unrelated",))[0] not in ("fuzzy", "content")
    told(ws, home, least=-1.0, candidates=9, workers=1, alone_from=-1.0)
    ws.find_duplicates(["descriptor"], progress=False)
    relation, evidence = related(ws)[apart]
    assert (relation, evidence["verified"]) == ("content", False) or relation == "variant"
    assert "finds them alike" in evidence["because"] or relation == "variant"


def test_vectors_are_made_once(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.find_duplicates(["descriptor"], progress=False)
    [cache] = (ws.folder / "descriptors").iterdir()
    before = sorted((path.name, path.stat().st_size) for path in cache.iterdir())

    def never(*_: Any) -> None:
        raise AssertionError("a picture was described again")

    monkeypatch.setattr(descriptors, "ToDescribe", never)
    monkeypatch.setattr("workbench.finders.descriptor.ToDescribe", never)
    ws.find_duplicates(["descriptor"], progress=False, again=True)
    assert sorted((path.name, path.stat().st_size) for path in cache.iterdir()) == before


def test_only_pairs_of_some_images_are_found(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    ws.find_duplicates(["descriptor"], images=[ids["small.jpg"]], progress=False)
    assert all("small.jpg" in pair for pair in related(ws))
    assert frozenset(("one.jpg", "small.jpg")) in related(ws)


def test_a_search_that_is_cancelled_ends_and_can_be_done_again(ws: wb.Bench) -> None:
    cancel = threading.Event()
    cancel.set()
    assert ws.find_duplicates(["descriptor"], progress=False, cancel=cancel).outcome == "cancelled"
    assert ws.find_duplicates(["descriptor"], progress=False)["descriptor"].outcome == "finished"


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "nowhere.onnx"}, {"fit": "bend"}, {"mean": [1, 2]}, {"std": [1, 0, 1]}, {"edge": 3}, {"pool": "last"},
        {"output": 7}, {"least": 2}, {"least": "much"}, {"alone_from": True},
    ],
)  # fmt: skip
def test_settings_that_can_not_be_right_are_named(ws: wb.Bench, home: Path, wrong: dict[str, Any]) -> None:
    told(ws, home, **wrong)
    with pytest.raises(BadValue) as caught:
        ws.find_duplicates(["descriptor"], progress=False)
    assert next(iter(wrong)) in str(caught.value)
    assert caught.value.hint


def test_without_a_model_it_says_what_to_supply(ws: wb.Bench) -> None:
    (ws.folder / "dedup.toml").unlink()
    with pytest.raises(BadValue, match="no model is named") as caught:
        ws.find_duplicates(["descriptor"], progress=False)
    assert "dedup.toml" in caught.value.hint


def test_a_file_that_is_no_model_is_said_before_anything_runs(ws: wb.Bench, home: Path) -> None:
    told(ws, home, "cut.onnx")
    with pytest.raises(StorageError, match=r"cut\.onnx can't be loaded"):
        ws.find_duplicates(["descriptor"], progress=False)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_models, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"image-workbench\[onnx\]"):
        onnx_models.must_be_there()


# -- what the model is given, and what is taken of it


def vector(home: Path, pixels: Any, **more: Any) -> Any:
    how = Preparation(str(home / "models" / more.pop("model", "model.onnx")), **more)
    made = descriptors.describe(descriptors.ToDescribe("0" * 64, "", file_of(pixels), how))
    assert not isinstance(made, WorkbenchError)
    return np.frombuffer(made, np.float32)


def test_the_answer_is_that_of_the_model(home: Path) -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, 32:] = 255
    found = vector(home, pixels, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)).reshape(3, 8, 8)
    assert np.linalg.norm(found) == pytest.approx(1)
    assert found[:, :, :3] == pytest.approx(0, abs=0.01)
    assert found[:, :, 5:] == pytest.approx(found[0, 0, 7], rel=0.02)


def test_a_picture_is_cut_framed_or_stretched_as_said(home: Path) -> None:
    wide = np.zeros((64, 192, 3), np.uint8)
    wide[:, 64:128] = 255  # the middle third
    plain = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    cut, framed, stretched = (
        vector(home, wide, fit=fit, **plain).reshape(3, 8, 8)[0] for fit in ("crop", "pad", "squash")
    )
    assert cut.min() > 0.9 * cut.max()  # nothing but the middle
    assert framed[0].min() > 0.3 * framed.max()  # grey above
    assert stretched[0, 0] < 0.02 < stretched[0, 4]


def test_of_vectors_for_parts_the_first_or_the_mean_is_taken(home: Path) -> None:
    pixels = photo(4)
    first, mean = (vector(home, pixels, model="parts.onnx", pool=pool) for pool in ("auto", "mean"))
    assert first.shape == mean.shape == (8,)
    assert not np.allclose(first, mean)


def test_a_picture_that_can_not_be_read_is_an_error_of_its_own(home: Path, tmp_path: Path) -> None:
    how = Preparation(str(home / "models/model.onnx"))
    gone = descriptors.describe(descriptors.ToDescribe("0" * 64, (tmp_path / "gone.jpg").as_uri(), None, how))
    torn = descriptors.describe(descriptors.ToDescribe("0" * 64, "", b"\xff\xd8 no jpeg", how))
    assert isinstance(gone, WorkbenchError)
    assert isinstance(torn, WorkbenchError)


def test_another_model_or_preparation_has_vectors_of_its_own(home: Path) -> None:
    model = str(home / "models/model.onnx")
    keys = {
        Preparation(model).key,
        Preparation(model, fit="crop").key,
        Preparation(str(home / "models/parts.onnx")).key,
    }
    assert len(keys) == 3
    assert Preparation(model).key in keys


# -- which are near


@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(1, 6), st.floats(-1, 1), st.booleans())
def test_near_ones_are_those_of_a_plain_search(seed: int, count: int, most: int, least: float, some: bool) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = list(range(0, count, 2)) if some else list(range(count))
    found = {(i, j): c for i, j, c in descriptors.near(vectors, least, most, only=np.array(rows, np.int64))}
    cosines = vectors @ vectors.T
    wanted = set()
    for i in rows:
        order = sorted((j for j in range(count) if j != i), key=lambda j: -cosines[i, j])[:most]
        wanted |= {(min(i, j), max(i, j)) for j in order if cosines[i, j] >= least}
    assert len(found) == len(wanted)
    for pair in set(found) ^ wanted:  # equally near ones, or on the very edge
        assert min(abs(cosines[pair] - least), *(abs(cosines[pair] - c) for c in found.values())) < 1e-5
    assert all(cosines[pair] == pytest.approx(cosine, abs=1e-5) for pair, cosine in found.items())


def test_a_picture_without_a_vector_is_near_none() -> None:
    vectors = np.array([[1, 0], [0, 0], [1, 0]], np.float32)
    assert [(i, j) for i, j, _ in descriptors.near(vectors, 0.5, 3)] == [(0, 2)]
