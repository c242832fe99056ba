import hashlib
import io
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from PIL import Image
from small_collections import fill

import workbench as wb
from workbench import manifests, metadata
from workbench.embed import embed, undo_embed
from workbench.errors import BadValue, NotFound
from workbench.events import pack
from workbench.scan import scan
from workbench.workspace import Workspace


def picture(format: str = "JPEG", shade: int = 90) -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((120, 80)).convert("RGB").point(lambda v: (v + shade) % 256)
    image.save(out, format)
    return out.getvalue()


def titles(path: Path) -> dict[str | None, str]:
    found = metadata.read(path.read_bytes(), format="JPEG")
    return {lang: value for key, lang, _, value in found.values if key == "Xmp.dc.title"}


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "client"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(picture())
    (folder / "sub" / "ü b.jpg").write_bytes(picture(shade=10))
    (folder / "c.gif").write_bytes(picture("GIF"))
    (folder / "d.png").write_bytes(picture("PNG"))
    return folder


@pytest.fixture
def ws(tmp_path: Path, originals: Path):
    with Workspace(tmp_path / "ws", actor="ann") as made:
        scan(made, originals)
        yield made


def ids(ws: Workspace) -> dict[str, str]:
    rows = ws.sql("select path, image_id from images")
    return dict(zip(rows["path"], rows["image_id"], strict=True))


TITLE = {"Xmp.dc.title": {"x-default": "Harbour", "de": "Hafen"}, "Xmp.dc.subject": ["boat", "Boot"]}


def test_names_that_are_no_text_are_embedded_too(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe\xe4.jpg")
    fill(tmp_path / "photos", {odd: picture(), "plain.jpg": picture(shade=10)})
    with wb.open(tmp_path / "w", actor="ann") as ws:
        ws.scan(tmp_path / "photos", progress=False, workers=1)
        ws.set_values(list(ids(ws).values()), TITLE)
        report = embed(ws, list(ids(ws).values()), to=tmp_path / "out")
        assert report.counts() == {"embedded": 2}
        assert titles(tmp_path / "out" / "photos" / odd) == TITLE["Xmp.dc.title"]
        assert str(tmp_path / "out" / "photos" / r"\xff\xfe\xe4.jpg") in report.frame()["target"].tolist()
        listed = manifests.listed((tmp_path / "out" / manifests.NAME).read_bytes())
        assert sorted(listed) == ["photos/plain.jpg", f"photos/{odd}"]
        assert embed(ws, list(ids(ws).values()), mode="inplace").counts() == {"embedded": 2}
        ws.rebuild(progress=False)
        assert ws.check().empty
    if tool := shutil.which("sha256sum"):
        subprocess.run([tool, "-c", "--quiet", manifests.NAME], cwd=tmp_path / "out", check=True)


def test_a_ledger_with_half_characters_is_replayed(tmp_path: Path) -> None:
    with wb.open(tmp_path / "w", actor="ann") as ws:
        record = ["i", "file:///a.jpg", "copied", None, "/out/\udcff.jpg", None, None]
        with ws.change() as change:
            change.add("files_embedded", {"mode": "copy", "count": 1, "to": "/out"}, attachment=pack([record]))
        assert ws.sql("select target from embeds")["target"].tolist() == [r"/out/\udcff.jpg"]
        ws.verify()


def test_copies_carry_the_values_and_originals_stay(ws: Workspace, originals: Path, tmp_path: Path) -> None:
    before = {path: checksum(path) for path in originals.rglob("*.*")}
    known = ids(ws)
    ws.set_values([known["a.jpg"], known["sub/ü b.jpg"], known["c.gif"]], TITLE)
    report = embed(ws, list(known.values()), to=tmp_path / "out")
    assert report.counts() == {"embedded": 2, "sidecar": 1, "copied": 1}
    assert {path: checksum(path) for path in originals.rglob("*.*")} == before
    out = tmp_path / "out" / "client"
    assert titles(out / "sub" / "ü b.jpg") == {"x-default": "Harbour", "de": "Hafen"}
    assert checksum(out / "d.png") == before[originals / "d.png"]
    assert checksum(out / "c.gif") == before[originals / "c.gif"]
    assert b"Hafen" in (out / "c.gif.xmp").read_bytes()
    rows = {row["path"]: row for row in report.files}
    assert rows["c.gif"]["why"].endswith(".")
    listed = manifests.listed((tmp_path / "out" / manifests.NAME).read_bytes())
    there = {path.relative_to(tmp_path / "out").as_posix(): checksum(path) for path in out.rglob("*.*")}
    assert listed == there
    assert len(listed) == 5
    listed = ws.sql("select how, count(*) as n from deliveries group by how order by how")
    assert dict(zip(listed["how"], listed["n"], strict=True)) == {"copied": 1, "embedded": 2, "sidecar": 1}


def test_existing_exports_are_not_overwritten_unless_asked(ws: Workspace, tmp_path: Path) -> None:
    known = ids(ws)
    ws.set_values([known["a.jpg"]], TITLE)
    assert embed(ws, [known["a.jpg"]], to=tmp_path / "out").counts() == {"embedded": 1}
    again = embed(ws, [known["a.jpg"]], to=tmp_path / "out")
    assert again.counts() == {"failed": 1}
    assert "exists already" in again.files[0]["why"]
    assert embed(ws, [known["a.jpg"]], to=tmp_path / "out", overwrite=True).counts() == {"embedded": 1}


def test_in_place_and_back_bit_for_bit(ws: Workspace, originals: Path) -> None:
    known = ids(ws)
    before = {path: checksum(path) for path in originals.rglob("*.*")}
    ws.set_values(list(known.values()), TITLE, reason="letter")
    report = embed(ws, list(known.values()), mode="inplace", reason="asked by client")
    assert report.counts()["embedded"] == 3
    assert titles(originals / "a.jpg")["de"] == "Hafen"
    assert ws.sql("select title from images where path = 'a.jpg'")["title"].tolist() == ["Harbour"]
    undone = undo_embed(ws, report.events[0])
    assert undone.counts() == {"restored": 3}
    after = {path: checksum(path) for path in originals.rglob("*.*") if path.suffix != ".xmp"}
    assert after == before
    assert ws.check().empty
    ws.verify()


def test_a_file_changed_by_somebody_else_is_not_restored(ws: Workspace, originals: Path) -> None:
    known = ids(ws)
    ws.set_values([known["a.jpg"]], TITLE)
    report = embed(ws, [known["a.jpg"]], mode="inplace")
    (originals / "a.jpg").write_bytes(picture(shade=50))
    mine = checksum(originals / "a.jpg")
    assert undo_embed(ws, report.events[0]).counts() == {"failed": 1}
    assert checksum(originals / "a.jpg") == mine


def test_sidecars_beside_the_originals(ws: Workspace, originals: Path) -> None:
    known = ids(ws)
    ws.set_values([known["a.jpg"]], TITLE)
    report = embed(ws, list(known.values()), mode="sidecar")
    assert report.counts() == {"sidecar": 1, "unchanged": 3}
    assert b"Hafen" in (originals / "a.jpg.xmp").read_bytes()


def test_a_cleared_field_is_cleared_in_the_file(ws: Workspace, originals: Path, tmp_path: Path) -> None:
    known = ids(ws)
    ws.set_values([known["a.jpg"]], TITLE)
    embed(ws, [known["a.jpg"]], mode="inplace")
    ws.set_values([known["a.jpg"]], {"Xmp.dc.title": None})
    embed(ws, [known["a.jpg"]], to=tmp_path / "out")
    assert titles(tmp_path / "out" / "client" / "a.jpg") == {}


def test_one_bad_file_costs_itself_only(ws: Workspace, originals: Path, tmp_path: Path) -> None:
    known = ids(ws)
    ws.set_values([known["a.jpg"], known["d.png"]], TITLE)
    (originals / "a.jpg").unlink()
    report = embed(ws, [known["a.jpg"], known["d.png"]], to=tmp_path / "out")
    assert report.counts() == {"embedded": 1, "failed": 1}
    assert "1 failed" in str(report)


def test_cancelled_keeps_what_was_done(ws: Workspace, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    report = embed(ws, list(ids(ws).values()), to=tmp_path / "out", cancel=cancel)
    assert report.cancelled
    assert report.files == []


@pytest.mark.parametrize("how", [{"mode": "teleport"}, {"mode": "copy"}, {"mode": "inplace", "to": "x"}])
def test_calls_that_cannot_be_right(ws: Workspace, how: dict[str, str]) -> None:
    with pytest.raises(BadValue):
        embed(ws, list(ids(ws).values()), **how)


def test_unknown_images_and_events_are_named(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="0123"):
        embed(ws, ["0123"], to=tmp_path)
    with pytest.raises(NotFound, match="no file in place"):
        undo_embed(ws, 1)


def test_the_bench_tells_how_far_it_is_and_can_be_stopped(ws: Workspace, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    every = list(ids(ws).values())
    with wb.open(ws.folder, actor="ben") as bench:
        bench.embed(every, to=tmp_path / "out", progress=lambda done, total: told.append((done, total)))
        assert told == [(0, 4), (4, 4)]
        cancel = threading.Event()
        report = bench.embed(every, to=tmp_path / "no", progress=lambda *_: cancel.set(), cancel=cancel)
    assert report.cancelled
    assert not report.files
