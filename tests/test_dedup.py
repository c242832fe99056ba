"""Finding duplicates in a workspace: pairs, run records, resuming, rebuilding, and what follows files that move."""

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from picture_files import photograph
from PIL import Image
from small_collections import command, fill, image_ids, png

import workbench as wb
from workbench import clusters, dedup
from workbench.dedup import FindProgress
from workbench.dedup_settings import USUAL, Settings, load
from workbench.errors import BadValue
from workbench.finders.metadata import statements
from workbench.relations import Pair, decision_keys, pair

BY_SQL = ["exact", "same-picture", "metadata"]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "workspace", actor="ann") as opened:
        yield opened


def scanned(ws: wb.Bench, folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    ws.scan(fill(folder, files), progress=False, workers=1, batch="first")
    return image_ids(ws)


def pairs(ws: wb.Bench) -> set[tuple[str, str, str]]:
    named = {v: k for k, v in image_ids(ws).items()}
    found = ws.sql("select image_a, image_b, relation from duplicate_pairs")
    return {(*sorted((named[a], named[b])), relation) for a, b, relation in found.itertuples(index=False)}


def grouped(ws: wb.Bench) -> list[list[str]]:
    found = ws.sql(
        "select list(path order by role, path) as paths from cluster_members join images using (image_id) "
        "group by cluster_id order by paths[1]"
    )
    return [list(paths) for paths in found["paths"]]


def commented(data: bytes, words: bytes) -> bytes:
    """A PNG with a comment: other bytes, the same picture."""
    import struct
    import zlib

    body = b"Comment\0" + words
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body))
    return data[:-12] + chunk + data[-12:]


THREE = {"a/1.png": png(1), "b/1.png": png(1), "c/1.png": png(1), "a/2.png": png(2), "3.png": png(3)}


# -- what is found


def test_equal_files_are_a_star_of_pairs_not_all_with_all(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", {f"{n:02}.png": png(1) for n in range(20)} | {"else.png": png(2)})
    report = ws.find_duplicates(BY_SQL, progress=False)
    assert report.relations == {"exact": 19}
    assert (report.clusters, report.redundant) == (1, 19)
    assert report.bytes_to_gain == 19 * len(png(1))


def test_the_same_picture_with_other_metadata_is_found_once_for_each_other_content(
    ws: wb.Bench, tmp_path: Path
) -> None:
    plain, noted = png(1), commented(png(1), b"words")
    scanned(ws, tmp_path / "in", {"1.png": plain, "2.png": plain, "3.png": noted, "4.png": noted, "5.png": png(2)})
    report = ws.find_duplicates(BY_SQL, progress=False)
    assert report.relations == {"exact": 2, "same-picture": 1}
    assert [sorted(g) for g in grouped(ws)] == [["1.png", "2.png", "3.png", "4.png"]]


def test_only_the_methods_asked_for_are_run(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", {"1.png": png(1), "2.png": commented(png(1), b"x")})
    assert ws.find_duplicates(["exact"], progress=False).relations == {}
    assert ws.find_duplicates(["same-picture"], progress=False).relations == {"same-picture": 1}


def test_some_images_only(ws: wb.Bench, tmp_path: Path) -> None:
    ids = scanned(ws, tmp_path / "in", {"1.png": png(1), "2.png": png(1), "3.png": png(2), "4.png": png(2)})
    report = ws.find_duplicates(["exact"], images=[ids["4.png"]], progress=False)
    assert pairs(ws) == {("3.png", "4.png", "exact")}
    assert report.images == 1
    assert ws.sql("from dedup_runs").empty, "a look at some says nothing about the collection"


def test_an_empty_workspace_has_none(ws: wb.Bench) -> None:
    report = ws.find_duplicates(BY_SQL, progress=False)
    assert (report.images, report.clusters, report.relations) == (0, 0, {})


def test_what_the_report_says(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE)
    report = ws.find_duplicates(BY_SQL, progress=False)
    assert "1 clusters; 2 images" in str(report)
    assert json.loads(json.dumps(report.as_dict()))["methods"][0]["method"] == "exact"
    assert report["exact"].pairs == 2


def test_unknown_methods_are_refused(ws: wb.Bench) -> None:
    with pytest.raises(BadValue, match="telepathy"):
        ws.find_duplicates(["telepathy"], progress=False)
    with pytest.raises(BadValue):
        ws.find_duplicates([], progress=False)


# -- again, and going on


def test_a_second_search_finds_nothing_left_to_do(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE)
    ws.find_duplicates(BY_SQL, progress=False)
    before = ws.sql("from duplicate_pairs order by image_a, image_b").to_dict("records")
    again = ws.find_duplicates(BY_SQL, progress=False)
    assert {m.outcome for m in again.methods} == {"unchanged"}
    assert ws.sql("from duplicate_pairs order by image_a, image_b").to_dict("records") == before
    assert {m.outcome for m in ws.find_duplicates(BY_SQL, again=True, progress=False).methods} == {"finished"}
    assert ws.sql("select * exclude (evidence) from duplicate_pairs").shape[0] == len(before)


def test_new_files_are_found_and_ids_of_clusters_stay(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE)
    ws.find_duplicates(BY_SQL, progress=False)
    before = set(ws.sql("from duplicate_clusters")["cluster_id"])
    scanned(ws, tmp_path / "in", {"d/1.png": png(1), "d/3.png": png(3)})
    report = ws.find_duplicates(BY_SQL, progress=False)
    assert report["exact"].outcome == "finished"
    after = ws.sql("from duplicate_clusters").set_index("cluster_id")
    assert before < set(after.index)
    assert after.loc[before.pop(), "images"] == 4


class Slow:
    """A finder that can be cancelled in the midst of its pairs."""

    def __init__(self, found: list[Pair], cancel_after: int | None = None) -> None:
        self.found, self.cancel_after = found, cancel_after

    def find(self, ws: Any, *, images: Any, settings: Any, progress: Any, cancel: threading.Event) -> Iterator[Pair]:
        for done, one in enumerate(self.found):
            if done == self.cancel_after:
                cancel.set()
                return
            progress(done, len(self.found))
            yield one


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the method ``content`` be a finder of the test's: what it yields is what counts here."""

    def put(finder: Slow) -> None:
        monkeypatch.setattr(dedup.importlib, "import_module", lambda name: finder)

    return put


def taken(number: int, when: str, camera: str = "Model 1") -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0110], exif.get_ifd(0x8769)[0x9003] = camera, f"2024:05:06 {when}"
    photograph(60, 40, number).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


def test_a_variant_of_the_next_moment_from_the_same_camera_is_a_burst(ws: wb.Bench, tmp_path: Path, slow: Any) -> None:
    ids = scanned(ws, tmp_path / "in", {
        "first": taken(1, "10:00:00"), "next": taken(2, "10:00:03"), "same": taken(3, "10:00:00"),
        "late": taken(4, "10:00:04"), "other": taken(5, "10:00:01", "Model 2"), "none": png(6),
    })  # fmt: skip
    found = [pair(ids["first"], ids[name], "variant", "content", 0.5, {}) for name in ids if name != "first"]
    slow(Slow([*found, pair(ids["next"], ids["late"], "fuzzy", "content", 0.5, {})]))
    ws.find_duplicates(["content"], progress=False)
    bursts = {(a, b) for a, b, relation in pairs(ws) if relation == "burst"}
    assert bursts == {("first", "next")}, "not of the same moment, later, or by another camera; nor what is a copy"
    assert ("late", "next", "fuzzy") in pairs(ws)
    (ws.folder / "dedup.toml").write_text("[burst]\nseconds = 4\n")
    report = ws.find_duplicates(["content"], progress=False)
    assert report["content"].outcome == "finished", "what was said by another measure is said again"
    assert ("first", "late", "burst") in pairs(ws)


@pytest.mark.parametrize("wrong", ["'3 s'", "-1", "inf", "nan", "true"])
def test_seconds_of_a_burst_are_seconds(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "dedup.toml").write_text(f"[burst]\nseconds = {wrong}\n")
    with pytest.raises(BadValue, match="burst"):
        load(tmp_path)


def test_what_was_found_before_a_cancel_is_kept_and_the_rest_comes_later(
    ws: wb.Bench, tmp_path: Path, slow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dedup, "_AT_ONCE", 1)
    ids = scanned(ws, tmp_path / "in", {f"{n}.png": png(n) for n in range(6)})
    found = [pair(ids[f"{n}.png"], ids[f"{n + 1}.png"], "fuzzy", "content", 0.5, {"n": n}) for n in (0, 2, 4)]
    slow(Slow(found, cancel_after=2))
    report = ws.find_duplicates(["exact", "content"], progress=False)
    assert (report.outcome, report["content"].outcome, report["content"].pairs) == ("cancelled", "cancelled", 2)
    assert report.clusters == 2, "clusters of what is known"
    slow(Slow(found))
    report = ws.find_duplicates(["exact", "content"], progress=False)
    assert (report["exact"].outcome, report["content"].outcome) == ("unchanged", "finished")
    assert report["content"].pairs == 3
    slow(Slow(found[:1]))
    assert ws.find_duplicates(["content"], again=True, progress=False)["content"].pairs == 1, "what isn't so any more"


def test_a_search_that_is_cancelled_before_it_begins_leaves_everything(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE)
    ws.find_duplicates(BY_SQL, progress=False)
    cancel = threading.Event()
    cancel.set()
    report = ws.find_duplicates(BY_SQL, cancel=cancel, again=True, progress=False)
    assert (report.outcome, report.clusters, report.relations) == ("cancelled", 1, {"exact": 2})


def test_progress_says_where_it_is(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE)
    told: list[str] = []

    def tell(now: FindProgress) -> None:
        told.append(f"{now.phase} {now.method}".strip())
        assert now.in_words()

    ws.find_duplicates(BY_SQL, progress=tell)
    assert told == ["waiting", *(f"finding {m}" for m in BY_SQL), "measuring", "clustering", "finished"]


# -- what changes meanwhile


def test_pairs_and_clusters_follow_a_file_that_moves_and_forget_one_that_changes(ws: wb.Bench, tmp_path: Path) -> None:
    home = tmp_path / "in"
    scanned(ws, home, THREE)
    ws.find_duplicates(BY_SQL, progress=False)
    (home / "b/1.png").rename(home / "b/renamed.png")
    ws.scan(home, progress=False, workers=1)
    assert ws.check().empty
    assert {p for group in grouped(ws) for p in group} == {"a/1.png", "b/renamed.png", "c/1.png"}
    (home / "b/renamed.png").write_bytes(png(77))
    ws.scan(home, progress=False, workers=1)
    assert ws.check().empty
    assert pairs(ws) == {("a/1.png", "c/1.png", "exact")} or pairs(ws) == set(), "the star may have lost its centre"
    ws.find_duplicates(BY_SQL, progress=False)
    assert pairs(ws) == {("a/1.png", "c/1.png", "exact")}


def test_pairs_and_clusters_follow_a_file_that_is_renamed_here(ws: wb.Bench, tmp_path: Path) -> None:
    ids = scanned(ws, tmp_path / "in", THREE)
    ws.find_duplicates(BY_SQL, progress=False)
    clusters_before = set(ws.sql("from duplicate_clusters")["cluster_id"])
    ws.bulk.rename("renamed-{stem}", [ids["a/1.png"], ids["c/1.png"]]).apply()
    assert {p for group in grouped(ws) for p in group} == {"a/renamed-1.png", "b/1.png", "c/renamed-1.png"}
    assert ws.check().empty
    assert set(ws.sql("from duplicate_clusters")["cluster_id"]) == clusters_before


def test_a_rebuild_finds_the_same_again_as_it_was_found(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE | {"b/2.png": commented(png(2), b"w")})
    (ws.folder / "dedup.toml").write_text('[[keeper]]\nrule = "path"\n')
    ws.find_duplicates(["exact"], progress=False)
    (ws.folder / "dedup.toml").unlink()
    tables = ("pair_facts", "cluster_rows", "cluster_parts", "dedup_run_rows", "dedup_done")

    def state() -> dict[str, Any]:
        with ws.reading() as connection:
            return {name: sorted(connection.execute(f"from {name}").fetchall()) for name in tables}

    before = state()
    assert len(before["pair_facts"]) == 2
    ws.rebuild(progress=False, workers=1)
    assert state() == before
    assert ws.check().empty


def test_decisions_hold_in_the_views_and_in_the_clusters(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", {"1.png": png(1), "2.png": commented(png(1), b"w"), "3.png": png(3)})
    ws.find_duplicates(BY_SQL, progress=False)
    facts = ws.sql("select picture_hash, checksum from images where path in ('1.png', '2.png')")
    keys = decision_keys(*facts.itertuples(index=False, name=None))
    assert set(keys) == set(facts["checksum"]), "one picture: the bytes tell them apart"

    def decide(decision: str) -> None:
        with ws.catalog.writing() as connection:
            connection.execute(
                'insert into pair_decisions (content_a, content_b, decision, actor, "at", seq) '
                "select ?, ?, ?, 'bob', timestamp '2026-05-01', 1 + count(*) from pair_decisions",
                [*keys, decision],
            )
        clusters.refresh(ws, keys)

    decide("not_duplicate")
    assert pairs(ws) == {("1.png", "2.png", "not_duplicate")}
    assert grouped(ws) == []
    decide("duplicate")
    assert len(grouped(ws)) == 1
    assert ws.sql("select state from duplicate_clusters")["state"].tolist() == ["decided"]
    assert ws.find_duplicates(BY_SQL, again=True, progress=False).relations == {"duplicate": 1}


def test_a_refresh_gives_what_making_all_gives(ws: wb.Bench, tmp_path: Path) -> None:
    files = {f"{folder}/{n}.png": png(n) for n in range(6) for folder in "ab"}
    scanned(ws, tmp_path / "in", files)
    ws.find_duplicates(BY_SQL, progress=False)

    def rows() -> list[Any]:
        return sorted(ws.sql("from cluster_rows").itertuples(index=False, name=None))

    before, checksum = rows(), ws.sql("select checksum from images limit 1")["checksum"].iloc[0]
    clusters.refresh(ws, [checksum])
    assert rows() == before
    assert clusters.make(ws) == {"clusters": 6, "images": 12}
    assert rows() == before


# -- settings


def test_the_shipped_settings_can_be_read_and_kept(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.methods == USUAL
    assert settings.keepers
    assert settings.metadata
    assert Settings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


def test_a_workspace_says_how_it_wants_it(tmp_path: Path) -> None:
    (tmp_path / "dedup.toml").write_text('methods = ["exact"]\n[fuzzy]\nradius = 6\n[arrivals]\npolicy = "refuse"\n')
    settings = load(tmp_path)
    assert (settings.methods, settings.radius) == (("exact",), 6)
    assert settings.tables["arrivals"] == {"policy": "refuse"}
    assert settings.keepers, "what isn't said is as it comes"


def test_what_readme_says_can_be_written(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    [said] = [block.partition("```")[0] for block in readme.split("```toml\n")[1:] if "[[keeper]]" in block]
    (tmp_path / "dedup.toml").write_text(said, "utf-8")
    settings = load(tmp_path)
    assert [rule["rule"] for rule in settings.keepers] == ["source", "original", "resolution"]
    assert "photoshop" in settings.keepers[1]["software"], "what a rule doesn't say is as it comes"
    assert len(statements(settings)) == 1


@pytest.mark.parametrize(
    "said",
    [
        'methods = "exact"', 'methods = ["guess"]', "methods = []", "[fuzzy]\nradius = -1", "[fuzzy]\nradius = true",
        "keeper = 3", "metadata = [1]", "strange = 4", "= ", "\udcff", "[fuzzy]\nradius = 33", "[content]\nworkers = 0",
        '[arrivals]\npolicy = "delete"', '[arrivals]\nparts = "yes"', "[companions]\nextensions = [1]",
    ],
)  # fmt: skip
def test_mistakes_in_the_settings_are_said(tmp_path: Path, said: str) -> None:
    (tmp_path / "dedup.toml").write_bytes(said.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadValue, match=r"dedup\.toml"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("said", "meant"), [("[brust]\nseconds = 2", "burst"), ("[burst]\nsecond = 1", "seconds"), ("[x]\n", "arrivals")]
)
def test_what_is_mistyped_is_said_with_what_may_be_meant(tmp_path: Path, said: str, meant: str) -> None:
    (tmp_path / "dedup.toml").write_text(said)
    with pytest.raises(BadValue) as found:
        load(tmp_path)
    assert meant in found.value.hint


def test_an_editor_that_writes_a_mark_before_the_text_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "dedup.toml").write_text('methods = ["exact"]\n[fuzzy]\ncandidates = 7\n', "utf-8-sig")
    settings = load(tmp_path)
    assert settings.methods == ("exact",)
    assert settings.tables["fuzzy"]["candidates"] == 7


# -- the command line


def test_the_command_line_finds(ws: wb.Bench, tmp_path: Path) -> None:
    scanned(ws, tmp_path / "in", THREE)
    ws.close()
    folder = str(tmp_path / "workspace")
    ran = command("dedup", "find", "--workspace", folder, "--method", "exact", "--json")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["outcome"], found["relations"], found["clusters"]) == ("finished", {"exact": 2}, 1)
    assert command("dedup", "find", "--workspace", str(tmp_path / "nothing")).returncode == 1


# -- photographs, from copies to clusters


def test_copies_of_a_photograph_meet_in_one_cluster_with_the_original_as_keeper(ws: wb.Bench, tmp_path: Path) -> None:
    def jpeg(image: Image.Image, quality: int) -> bytes:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        return out.getvalue()

    original = photograph(960, 640, seed=5)
    files = {
        "original.jpg": jpeg(original, 92),
        "small.jpg": jpeg(original.resize((480, 320)), 92),
        "squeezed.jpg": jpeg(original, 30),
        "other.jpg": jpeg(photograph(960, 640, seed=6), 92),
    }
    scanned(ws, tmp_path / "in", files)
    report = ws.find_duplicates(progress=False)
    assert report.outcome == "finished"
    assert grouped(ws) == [["original.jpg", "small.jpg", "squeezed.jpg"]]
    assert ws.check().empty
