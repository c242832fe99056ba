"""Converting files where they are: the image keeps what was entered, and the original comes back to the byte."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from small_collections import command, fill, image_ids
from test_conversion import photograph, saved, tags
from test_optimise import Killed, known

import workbench as wb
from workbench import images, optimise
from workbench.errors import BadValue, NotFound
from workbench.optimise import Policy, preview

TO_PNG = Policy(convert_to="png")
TO_JPEG = Policy(convert_to="jpeg", ssim_floor=0.85)


def pictures() -> dict[str, bytes]:
    return {
        "coat.bmp": saved(photograph(1, 240, 180), "BMP"),
        "Mütze.TIFF": saved(photograph(2, 240, 180), "TIFF", exif=tags(x0112=6)),
        "scan.2019": saved(photograph(3, 240, 180), "BMP"),
        "photo.png": saved(photograph(4, 240, 180), "PNG"),
        "old.jpg": saved(photograph(5, 240, 180), "JPEG"),
        "print.tif": saved(photograph(6, 240, 180).convert("CMYK"), "TIFF"),
    }


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    home = fill(tmp_path / "images", pictures())
    for n, path in enumerate(sorted(home.iterdir())):
        path.chmod(0o640)
        os.utime(path, ns=(10**18 + n, 10**18 + n * 10**9 + 17))
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/workspace.toml").write_text('name = "small"\nformat = 1\n\n[people]\nann = ["purge"]\n')
    with wb.open(tmp_path / "ws", actor="ann") as made:
        made.scan(home, progress=False)
        yield made


def folder(ws: wb.Bench) -> Path:
    return ws.folder.parent / "images"


def names(ws: wb.Bench) -> set[str]:
    return {path.name for path in folder(ws).iterdir()}


def title(ws: wb.Bench) -> list[tuple[str, str]]:
    rows = ws.sql(
        "select path, value from metadata join images using (image_id) where field = 'Xmp.dc.title' order by 1"
    )
    return list(rows.itertuples(index=False, name=None))


def reasons(made: optimise.Optimisation) -> dict[str, str]:
    return dict(zip(made.refusals()["path"], made.refusals()["reason"], strict=True))


def test_a_preview_names_the_new_files_and_touches_none(ws: wb.Bench) -> None:
    before = known(folder(ws))
    made = preview(ws, policy=TO_JPEG)
    frame = made.frame().set_index("path")
    assert frame["name"].to_dict() == {
        "coat.bmp": "coat.jpg", "Mütze.TIFF": "Mütze.jpg", "scan.2019": "scan.2019.jpg", "photo.png": "photo.jpg",
    }  # fmt: skip
    assert (frame["likeness"] >= 0.85).all()
    assert (frame["saved"] == frame["size_before"] - frame["size_after"]).all()
    assert made.saved == frame["saved"].sum() > 0
    said = reasons(made)
    assert "CMYK" in said["print.tif"]
    assert said["old.jpg"] == "It is a JPEG already."
    assert known(folder(ws)) == before


@pytest.mark.parametrize("policy", [TO_PNG, TO_JPEG], ids=["png", "jpeg"])
def test_an_image_keeps_what_was_entered_and_gets_its_original_back(ws: wb.Bench, policy: Policy) -> None:
    ids, before = image_ids(ws), known(folder(ws))
    ws.set_values([ids["coat.bmp"]], {"Xmp.dc.title": "Red coat"})
    ws.set_values([ids["Mütze.TIFF"]], {"Xmp.dc.title": "Cap"})
    made = preview(ws, policy=policy).apply("less storage")
    assert not made.failed
    ending = ".png" if policy is TO_PNG else ".jpg"
    assert {"coat" + ending, "Mütze" + ending, "scan.2019" + ending, "old.jpg", "print.tif"} <= names(ws)
    assert not {"coat.bmp", "Mütze.TIFF", "scan.2019"} & names(ws)
    assert title(ws) == [("Mütze" + ending, "Cap"), ("coat" + ending, "Red coat")]
    now = ws.sql("select name, format, width, height, orientation from images").set_index("name")
    assert now.loc["coat" + ending, "format"] == ("PNG" if policy is TO_PNG else "JPEG")
    assert tuple(now.loc["Mütze" + ending, ["width", "height", "orientation"]]) == (180, 240, 1)
    stat = (folder(ws) / ("coat" + ending)).stat()
    assert (stat.st_mtime_ns, stat.st_mode & 0o777) == (before["coat.bmp"][1], 0o640)
    rows = ws.sql("select * from optimised")
    assert set(rows["how"]) == {"converted"}
    assert rows["saved"].sum() == made.saved
    assert set(rows["image_id"]) <= set(image_ids(ws).values())
    assert ws.check().empty

    assert made.restore("not wanted").left == []
    assert known(folder(ws)) == before
    assert title(ws) == [("Mütze.TIFF", "Cap"), ("coat.bmp", "Red coat")]
    assert image_ids(ws) == ids
    assert ws.check().empty
    with pytest.raises(NotFound):
        made.restore()


def test_without_loss_the_pixels_are_the_same(ws: wb.Bench) -> None:
    data = pictures()["coat.bmp"]
    preview(ws, policy=TO_PNG).apply()
    assert images.same_pixels(data, (folder(ws) / "coat.png").read_bytes())


def test_nothing_is_overwritten(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    (folder(ws) / "COAT.JPG").write_bytes(b"mine")
    (folder(ws) / "scan.2019.jpg").symlink_to("nowhere")
    (folder(ws) / "photo.png.xmp").write_bytes(b"<x/>")
    fill(folder(ws), {"Mütze.png": pictures()["photo.png"]})
    ws.scan(folder(ws), progress=False)
    said = reasons(preview(ws, policy=TO_JPEG))
    assert "called coat.jpg already" in said["coat.bmp"]
    assert "already" in said["scan.2019"]
    assert "sidecar" in said["photo.png"]
    assert said["Mütze.TIFF"] == said["Mütze.png"] == "Another file would get the same name."
    made = preview(ws, [ids["Mütze.TIFF"]], TO_JPEG)
    (folder(ws) / "Mütze.jpg").write_bytes(b"came meanwhile")
    made.apply()
    assert [(path, reason) for _, path, reason in made.failed] == [("Mütze.TIFF", "Mütze.jpg exists already.")]
    assert (folder(ws) / "Mütze.jpg").read_bytes() == b"came meanwhile"
    assert (folder(ws) / "Mütze.TIFF").read_bytes() == pictures()["Mütze.TIFF"]


def test_what_changed_meanwhile_is_left(ws: wb.Bench) -> None:
    made = preview(ws, policy=TO_JPEG)
    (folder(ws) / "coat.bmp").write_bytes(b"another")
    made.apply()
    assert ("coat.bmp", "It was changed since the preview.") in [(path, why) for _, path, why in made.failed]
    assert (folder(ws) / "coat.bmp").read_bytes() == b"another"
    assert not (folder(ws) / "coat.jpg").exists()
    (folder(ws) / "photo.jpg").write_bytes(b"edited")
    (folder(ws) / "scan.2019").write_bytes(b"somebody's own")
    left = dict(made.restore().left)
    assert left == {"photo.jpg": "It was changed since it was converted.", "scan.2019.jpg": "scan.2019 exists already."}
    assert (folder(ws) / "photo.jpg").read_bytes() == b"edited"
    assert (folder(ws) / "scan.2019").read_bytes() == b"somebody's own"
    assert (folder(ws) / "Mütze.TIFF").read_bytes() == pictures()["Mütze.TIFF"]


def test_a_converted_file_that_was_renamed_gets_its_ending_back(ws: wb.Bench) -> None:
    made = preview(ws, [image_ids(ws)["coat.bmp"]], TO_PNG).apply()
    ws.bulk.rename("sold", [image_ids(ws)["coat.png"]]).apply()
    assert made.restore().files == 1
    assert (folder(ws) / "sold.bmp").read_bytes() == pictures()["coat.bmp"]
    assert not (folder(ws) / "sold.png").exists()
    assert "sold.bmp" in image_ids(ws)


def test_new_names_that_came_with_converting_are_not_undone_alone(ws: wb.Bench) -> None:
    preview(ws, [image_ids(ws)["coat.bmp"]], TO_PNG).apply()
    [seq] = ws.sql("select seq from events where kind = 'files_renamed'")["seq"]
    with pytest.raises(BadValue, match="converting"):
        ws.undo(int(seq))
    assert (folder(ws) / "coat.png").exists()


def test_confirming_lets_the_originals_go(ws: wb.Bench) -> None:
    made = preview(ws, policy=TO_PNG).apply()
    assert made.confirm("looked at all") == sum(step.size_before for step in made.done)
    assert not [path for path in (ws.folder / "originals").rglob("*") if path.is_file()]


def test_a_rebuild_knows_the_new_names(ws: wb.Bench) -> None:
    ws.set_values([image_ids(ws)["coat.bmp"]], {"Xmp.dc.title": "Red coat"})
    preview(ws, policy=TO_PNG).apply()
    ids, said = image_ids(ws), title(ws)
    ws.close()
    assert command("rebuild", "--workspace", ws.folder, "--quiet").returncode == 0
    with wb.open(ws.folder, actor="ann") as again:
        assert (image_ids(again), title(again)) == (ids, said)


# -- killed half-way


def dying(monkeypatch: pytest.MonkeyPatch, name: str, at: int, *, after: bool) -> None:
    """Have the process end at the so many-th call of a function, before or after it."""
    real, calls = getattr(optimise, name), []

    def dies(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) < at:
            return real(*arguments, **options)
        if after:
            real(*arguments, **options)
        raise Killed

    monkeypatch.setattr(optimise, name, dies)


@pytest.mark.parametrize(
    ("name", "at", "after"),
    [("write_file", 2, False), ("write_file", 2, True), ("_take_away", 1, False), ("_take_away", 3, True),
     ("_record", 1, False)],
)  # fmt: skip
def test_a_run_that_was_killed_is_settled(
    ws: wb.Bench, name: str, at: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, before = image_ids(ws), known(folder(ws))
    for path, image_id in ids.items():
        ws.set_values([image_id], {"Xmp.dc.title": path})
    dying(monkeypatch, name, at, after=after)
    with pytest.raises(Killed):
        preview(ws, policy=TO_PNG).apply()
    monkeypatch.undo()
    optimise.recover(ws)
    ws.scan(folder(ws), progress=False)
    # Each picture is there once, under the old name or the new, with its title.
    assert len(names(ws)) == len(before)
    assert sorted(Path(value).stem for _, value in title(ws)) == sorted(Path(path).stem for path in before)
    assert all(Path(value).stem in path for path, value in title(ws))
    assert ws.check().empty
    done = len(ws.sql("select * from optimised where state = 'optimised'"))
    if done:
        assert optimise.restore(ws).files == done
    assert known(folder(ws)) == before
    assert image_ids(ws) == ids


@pytest.mark.parametrize(
    ("name", "at", "after"), [("write_file", 1, True), ("_take_away", 2, False), ("_note_back", 1, False)]
)
def test_a_restoration_that_was_killed_is_settled(
    ws: wb.Bench, name: str, at: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, before = image_ids(ws), known(folder(ws))
    for path, image_id in ids.items():
        ws.set_values([image_id], {"Xmp.dc.title": path})
    made = preview(ws, policy=TO_PNG).apply()
    dying(monkeypatch, name, at, after=after)
    with pytest.raises(Killed):
        made.restore()
    monkeypatch.undo()
    optimise.recover(ws)
    ws.scan(folder(ws), progress=False)
    assert len(names(ws)) == len(before)
    assert all(Path(value).stem in path for path, value in title(ws))
    assert len(title(ws)) == len(before)
    if len(ws.sql("select * from optimised where state = 'optimised'")):
        made.restore()
    assert known(folder(ws)) == before
    assert image_ids(ws) == ids


def test_a_file_edited_after_the_kill_is_not_taken_away(ws: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    dying(monkeypatch, "_take_away", 1, after=False)
    with pytest.raises(Killed):
        preview(ws, [image_ids(ws)["coat.bmp"]], TO_PNG).apply()
    monkeypatch.undo()
    assert {"coat.bmp", "coat.png"} <= names(ws)
    (folder(ws) / "coat.bmp").write_bytes(b"edited since")
    assert optimise.recover(ws) == 0
    assert (folder(ws) / "coat.bmp").read_bytes() == b"edited since"
    assert "coat.png" not in names(ws)


# -- policies, and the command line


def test_policies_that_make_no_sense_are_refused(ws: wb.Bench) -> None:
    for wrong in ({"convert_to": "gif"}, {"convert_to": "png", "max_edge": 100}):
        with pytest.raises(BadValue):
            Policy(**wrong)
    (ws.folder / "dedup.toml").write_text('[optimise]\nconvert_to = "webp"\nssim_floor = 0.9\n')
    assert optimise.policy_of(ws) == Policy(None, 0.9, convert_to="webp")
    (ws.folder / "dedup.toml").write_text("[optimise]\nconvert_to = 3\n")
    with pytest.raises(BadValue):
        optimise.policy_of(ws)


def test_converting_can_shrink_as_well(ws: wb.Bench) -> None:
    preview(ws, [image_ids(ws)["coat.bmp"]], Policy(120, 0.8, convert_to="webp")).apply()
    with Image.open(io.BytesIO((folder(ws) / "coat.webp").read_bytes())) as small:
        assert small.size == (120, 90)


def test_the_command_line_converts_and_brings_back(ws: wb.Bench) -> None:
    before = known(folder(ws))
    ws.close()
    here = ("--workspace", ws.folder, "--actor", "ann")
    shown = command("dedup", "optimise", *here, "--to", "webp", "--floor", "0.85")
    assert shown.returncode == 0
    assert "(converted)" in shown.stdout
    assert known(folder(ws)) == before
    assert command("dedup", "optimise", *here, "--to", "webp", "--floor", "0.85", "--yes").returncode == 0
    assert "coat.webp" in names(ws)
    assert command("dedup", "optimise", *here, "--restore").returncode == 0
    assert known(folder(ws)) == before
    refused = command("dedup", "optimise", *here, "--to", "jpeg", "--floor", "7")
    assert refused.returncode != 0
    assert "parts of 1" in refused.stderr
