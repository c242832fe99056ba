"""Making files smaller where they are: proved, journalled, undone to the byte, and confirmed by those who may."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from small_collections import command, fill, image_ids
from tagged_collection import packet

import workbench as wb
from workbench import images, optimise, sources
from workbench.errors import BadValue, NotAllowed, NotFound, Stale, WorkspaceBusy
from workbench.optimise import Policy, preview


def scene(number: int, format: str = "JPEG", **how: object) -> bytes:
    y, x = np.mgrid[0:180, 0:240]
    colours = np.stack([(x * 3 + number * 40) % 256, (y * 2 + x) % 256, 128 + 100 * np.sin((x + number) / 9)], axis=-1)
    out = io.BytesIO()
    more = {"xmp": packet(f"Picture {number}"), "quality": 92} if format == "JPEG" else {"compress_level": 1}
    Image.fromarray(colours.astype(np.uint8)).save(out, format, **{**more, **how})
    return out.getvalue()


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    files = {f"{n}.jpg": scene(n) for n in range(3)}
    files |= {"flat.png": scene(9, "PNG"), "photo.webp": scene(4, "WEBP", quality=80), "broken.jpg": scene(5)[:900]}
    home = fill(tmp_path / "images", files)
    for n, path in enumerate(sorted(home.iterdir())):
        os.utime(path, ns=(10**18 + n, 10**18 + n * 10**9 + 17))
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/workspace.toml").write_text('name = "small"\nformat = 1\n\n[people]\nann = ["purge"]\n')
    with wb.open(tmp_path / "ws", actor="ann") as made:
        made.scan(home, progress=False)
        yield made


def known(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        p.name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in sorted(folder.iterdir())
    }


def folder(ws: wb.Bench) -> Path:
    return ws.folder.parent / "images"


def values(ws: wb.Bench) -> list[tuple[str, str, str]]:
    rows = ws.sql("select path, field, value from metadata join images using (image_id) order by all")
    return list(rows.itertuples(index=False, name=None))


def test_a_preview_proves_every_file_and_touches_none(ws: wb.Bench) -> None:
    before = known(folder(ws))
    made = preview(ws)
    assert sorted(made.frame()["path"]) == ["0.jpg", "1.jpg", "2.jpg", "flat.png"]
    assert made.saved == made.frame()["saved"].sum() > 0
    reasons = dict(zip(made.refusals()["path"], made.refusals()["reason"], strict=True))
    assert reasons == {"photo.webp": "WEBP files can't be recompressed without loss here."}
    assert known(folder(ws)) == before
    assert "No file is touched yet" in repr(made)


def test_files_get_smaller_in_their_place_and_everything_else_stays(ws: wb.Bench) -> None:
    before, said, pixels = known(folder(ws)), values(ws), (folder(ws) / "0.jpg").read_bytes()
    made = preview(ws).apply("less storage")
    after = known(folder(ws))
    assert {name for name in before if before[name][0] != after[name][0]} == {"0.jpg", "1.jpg", "2.jpg", "flat.png"}
    assert {name: when for name, (_, when) in before.items()} == {name: when for name, (_, when) in after.items()}
    assert values(ws) == said
    assert images.same_pixels(pixels, (folder(ws) / "0.jpg").read_bytes())
    rows = ws.sql("select * from optimised")
    assert rows["saved"].sum() == made.saved
    assert set(rows["state"]) == {"optimised"}
    sums = ws.sql("select name, checksum from images")
    assert dict(zip(sums["name"], sums["checksum"], strict=True)) == {
        n: s for n, (s, _) in after.items() if n != "broken.jpg"
    }
    assert ws.check().empty
    assert preview(ws).steps == []


def test_restoring_gives_back_every_byte_and_time(ws: wb.Bench) -> None:
    before = known(folder(ws))
    made = preview(ws).apply()
    assert known(folder(ws)) != before
    assert made.restore("not wanted").files == 4
    assert known(folder(ws)) == before
    assert set(ws.sql("select state from optimised")["state"]) == {"restored"}
    with pytest.raises(NotFound):
        made.restore()
    assert ws.check().empty


def test_only_those_who_may_confirm_it_and_then_there_is_no_way_back(ws: wb.Bench) -> None:
    made = preview(ws).apply()
    kept = [p for p in (ws.folder / "originals").rglob("*") if p.is_file()]
    assert len(kept) == 4
    with wb.open(ws.folder, actor="ben") as other, pytest.raises(NotAllowed):
        optimise.confirm(other, reason="why not")
    with pytest.raises(BadValue):
        made.confirm(" ")
    assert made.confirm("looked at all") == sum(step.size_before for step in made.done)
    assert not [p for p in (ws.folder / "originals").rglob("*") if p.is_file()]
    with pytest.raises(NotFound):
        made.restore()


def test_an_original_whose_smaller_file_is_gone_is_not_let_go(ws: wb.Bench) -> None:
    made = preview(ws).apply()
    (folder(ws) / "1.jpg").unlink()
    made.confirm("looked at all")
    [left] = [p for p in (ws.folder / "originals").rglob("*") if p.is_file()]
    assert left.name == next(step.before for step in made.done if step.path == "1.jpg")


def test_what_changed_meanwhile_is_left(ws: wb.Bench) -> None:
    made = preview(ws)
    (folder(ws) / "0.jpg").write_bytes(scene(77))
    made.apply()
    assert [reason for *_, reason in made.failed] == ["It was changed since the preview."]
    assert (folder(ws) / "0.jpg").read_bytes() == scene(77)
    with pytest.raises(Stale):
        made.apply()
    (folder(ws) / "1.jpg").write_bytes(scene(78))
    restored = made.restore()
    assert restored.files == 2
    assert [Path(path).name for path, _ in restored.left] == ["1.jpg"]
    assert (folder(ws) / "1.jpg").read_bytes() == scene(78)


def test_a_file_with_two_names_is_left(ws: wb.Bench) -> None:
    os.link(folder(ws) / "0.jpg", folder(ws).parent / "second name.jpg")
    reasons = dict(zip(preview(ws).refusals()["path"], preview(ws).refusals()["reason"], strict=True))
    assert "hard link" in reasons["0.jpg"]


def test_decisions_about_duplicates_hold_for_the_smaller_files(ws: wb.Bench) -> None:
    rows = ws.sql("select image_id, picture_hash from images where name in ('0.jpg', '1.jpg') order by name")
    (one, two), hashes = rows["image_id"], sorted(rows["picture_hash"])
    with ws.catalog.writing() as connection:
        connection.execute(
            "insert into pair_decisions by name select ? as content_a, ? as content_b, 'not_duplicate' as decision, "
            "'ann' as actor, now()::timestamp as \"at\", 1 as seq",
            hashes,
        )
    preview(ws).apply()
    new = sorted(ws.sql("select picture_hash from images where image_id in (?, ?)", [one, two])["picture_hash"])
    assert new != hashes
    found = ws.sql("select * from last_pair_decisions")
    assert sorted(map(tuple, found[["content_a", "content_b"]].to_numpy())) == sorted([tuple(hashes), tuple(new)])


# -- killed half-way


class Killed(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("when", ["before the file", "after the file"])
def test_a_run_that_was_killed_is_settled_by_what_the_disk_says(
    ws: wb.Bench, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = known(folder(ws)), optimise.write_file
    done: list[str] = []

    def dies(*arguments: object, **options: object) -> object:
        if len(done) == 2:
            if when == "after the file":
                real(*arguments, **options)  # type: ignore[arg-type]  # handed through
            raise Killed
        done.append(str(arguments[0]))
        return real(*arguments, **options)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(optimise, "write_file", dies)
    with pytest.raises(Killed):
        preview(ws).apply()
    monkeypatch.undo()
    assert ws.sql("select * from optimised").empty
    changed = {name for name, (digest, _) in known(folder(ws)).items() if digest != before[name][0]}
    assert optimise.recover(ws) == len(changed) == (3 if when == "after the file" else 2)
    assert optimise.recover(ws) == 0
    ws.scan(folder(ws), progress=False)
    assert len(ws.sql("select * from optimised")) == len(changed)
    optimise.restore(ws)
    assert known(folder(ws)) == before


def test_two_at_once_do_not_get_into_each_others_way(ws: wb.Bench) -> None:
    made = preview(ws)
    with optimise._alone(ws), pytest.raises(WorkspaceBusy):
        made.apply()
    assert len(made.apply().done) == 4


def test_a_rebuild_knows_what_was_made_smaller(ws: wb.Bench) -> None:
    preview(ws).apply()
    before = ws.sql('select * exclude ("at") from optimised order by all')
    ws.close()
    assert command("rebuild", "--workspace", ws.folder, "--quiet").returncode == 0
    with wb.open(ws.folder, actor="ann") as again:
        pd.testing.assert_frame_equal(again.sql('select * exclude ("at") from optimised order by all'), before)


# -- shrinking by a policy


def test_shrinking_keeps_the_floor_and_the_metadata(ws: wb.Bench) -> None:
    said = [row for row in values(ws) if row[0].endswith(".jpg")]
    original = (folder(ws) / "0.jpg").read_bytes()
    made = preview(ws, policy=Policy(max_edge=120, ssim_floor=0.95)).apply()
    assert {step.path for step in made.done} == {"0.jpg", "1.jpg", "2.jpg"}
    assert all(step.likeness is not None and step.likeness >= 0.95 for step in made.done)
    assert images.measure((folder(ws) / "0.jpg").read_bytes()).width == 120
    assert [row for row in values(ws) if row[0].endswith(".jpg")] == said
    made.restore()
    assert (folder(ws) / "0.jpg").read_bytes() == original


def test_a_higher_floor_costs_more_bytes(ws: wb.Bench) -> None:
    sizes = [
        preview(ws, policy=Policy(max_edge=160, ssim_floor=floor)).steps[0].size_after for floor in (0.8, 0.95, 0.99)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]
    assert preview(ws, policy=Policy(max_edge=160, ssim_floor=0.999999)).steps == []


def test_the_policy_stands_in_dedup_toml(ws: wb.Bench) -> None:
    (ws.folder / "dedup.toml").write_text("[optimise]\nmax_edge = 100\nssim_floor = 0.9\n")
    assert optimise.policy_of(ws) == Policy(100, 0.9)
    for wrong in ("max_edge = 3", 'max_edge = "big"', "ssim_floor = 2", "colour = 1", "ssim_floor = 'x'"):
        (ws.folder / "dedup.toml").write_text(f"[optimise]\n{wrong}\n")
        with pytest.raises(BadValue):
            optimise.policy_of(ws)


def test_nothing_to_do_and_nobody_to_do_it_for(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    made = preview(ws, [ids["photo.webp"]]).apply()
    assert (made.done, made.saved) == ([], 0)
    with pytest.raises(NotFound):
        preview(ws, ["nothing"])
    assert sources.is_local(ws.sql("select uri from images limit 1")["uri"][0])
