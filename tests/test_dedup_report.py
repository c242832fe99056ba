"""The report of a de-duplication: true, complete, the same again, offline, and checked again by one command."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser
from reviewed_collection import workspace
from small_collections import command, fill

import workbench as wb
from workbench import dedup_report, sources
from workbench.cluster_review import ReviewSession
from workbench.dedup_report import Price, findings, report, verify_report
from workbench.errors import BadValue, StorageError
from workbench.intervals import upper_bound
from workbench.report_words import Words

HOSTILE = "<img src=x onerror=run()> =cmd() \u202egpj.txt"


def decide(ws: wb.Bench, count: int, *, skip: int = 0) -> None:
    session = ReviewSession(ws)
    for _ in range(count):
        session.accept()
    for _ in range(skip):
        session.skip()
    session.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    """Eight clusters of four kinds: three decided, one skipped; two files removed, one of them put back."""
    home = tmp_path_factory.mktemp("report")
    fill(home / "images", {"broken.jpg": b"\xff\xd8\xff\xe0", f"{HOSTILE}.txt": b"no image"})
    with workspace(home) as ws:
        decide(ws, 3, skip=1)
        made = ws.dedup.plan()
        drawn = ws.dedup.certify(made, 2, seed=1, what="the first removal")
        drawn.judge([0, 1], "right")
        made.apply("cleared")
        [first, *_] = sorted(item.image_id for item in made.items)
        ws.dedup.restore([first], progress=False)
        yield ws


@pytest.fixture(scope="module")
def made(world: wb.Bench, tmp_path_factory: pytest.TempPathFactory) -> dedup_report.Report:
    return report(world, tmp_path_factory.mktemp("out") / "report", price=Price(2.5, "CHF", "year"), title=HOSTILE)


def test_the_numbers_are_those_of_the_catalogue(world: wb.Bench, made: dedup_report.Report) -> None:
    n = made.numbers
    assert n["images"] == 16
    assert n["images_now"] == world.sql("select count(*) as n from images")["n"][0] == 14
    assert (n["found"], n["removed"], n["quarantined"], n["restored"], n["purged"]) == (8, 2, 2, 1, 0)
    gone = world.sql("select sum(size) as n from quarantined")["n"][0]
    assert n["quarantined_bytes"] == gone
    assert n["money_removed"] == pytest.approx(int(gone) / 1e9 * 2.5)
    assert n["clusters"] + n["cleared_clusters"] == 8
    assert n["skipped_clusters"] == 1
    assert sum(kind["found"] for kind in n["by_kind"].values()) == n["found"]


def test_every_file_is_found_kept_or_left_out_for_a_reason(world: wb.Bench, made: dedup_report.Report) -> None:
    tables = {name: pd.read_parquet(made.folder / f"tables/{name}.parquet") for name in dedup_report.TABLES}
    assert set(tables["kept"]["of_them_removed"]) == {0, 1}
    assert tables["removed"]["state"].value_counts().to_dict() == {"quarantined": 2, "restored": 1}
    left = tables["skipped"].groupby("stage")["path"].apply(list).to_dict()
    assert len(left["not compared"]) == 2
    assert len(left["not decided"]) == 5
    assert set(tables["clusters"]["role"]) == {"keeper", "redundant"}
    for name, frame in tables.items():
        csv = pd.read_csv(made.folder / f"tables/{name}.csv", encoding="utf-8-sig")
        assert csv.columns.tolist() == frame.columns.tolist()
        assert len(csv) == len(frame)


def test_a_spreadsheet_shows_formulas_instead_of_running_them(tmp_path: Path) -> None:
    fill(tmp_path / "images", {"=HYPERLINK(1).txt": b"text"})
    with wb.open(tmp_path / "ws") as ws:
        ws.scan(tmp_path / "images", progress=False)
        made = report(ws, tmp_path / "out")
    assert ",'=HYPERLINK" in (made.folder / "tables/skipped.csv").read_text("utf-8")


def test_the_same_position_of_the_ledger_gives_the_same_bytes(
    world: wb.Bench, made: dedup_report.Report, tmp_path: Path
) -> None:
    again = report(world, made.folder.parent / "again", price=Price(2.5, "CHF", "year"), title=HOSTILE)
    assert again.files == made.files
    with wb.open(world.folder, actor="somebody else") as other:
        third = report(other, made.folder.parent / "third", price=Price(2.5, "CHF", "year"), title=HOSTILE)
    assert third.files == made.files


def test_nothing_is_written_into_the_ledger(world: wb.Bench, tmp_path: Path) -> None:
    before = world.ledger.head()
    report(world, tmp_path / "out")
    assert world.ledger.head() == before
    about = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert (about["ledger"]["events"], about["ledger"]["head"]) == before


def test_names_are_data_and_never_markup(made: dedup_report.Report) -> None:
    page = made.page.read_text("utf-8")
    page = page[: page.index("<script>")] + page[page.index("</head>") :]
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x onerror=run()&gt;" in page


def test_the_certificate_and_every_kind_are_in_the_page(made: dedup_report.Report) -> None:
    page = made.page.read_text("utf-8")
    assert "2 of 3 pairs, drawn at random, were looked at; none was wrong." in page
    for words in ("Exact copies", "Same picture", "Light edits", "Crops and parts", "in quarantine", "put back"):
        assert words in page
    assert page.count('alt="Difference') >= 4
    assert "CHF" in page


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    """Eight clusters of four kinds: the exact and the same pictures were removed, and nobody had looked at any."""
    with workspace(tmp_path_factory.mktemp("hasty")) as ws:
        ws.dedup.plan(relations=["exact", "same-picture"], undecided=True).apply("no time")
        yield ws


def test_what_nobody_decided_is_not_said_to_be_decided(hasty: wb.Bench, tmp_path: Path) -> None:
    made = report(hasty, tmp_path / "out", examples=0)
    n, page = made.numbers, made.page.read_text("utf-8")
    assert (n["removed"], n["removed_undecided"], n["clusters_by_decision"], n["human_pairs"]) == (4, 4, 0, 0)
    assert not made.frame("removed")["decided"].any()
    assert "Nobody has reviewed a cluster yet." in page
    assert "0 of 8" in page
    assert "4 open, 0 skipped, 4 removed undecided" in page
    assert "4 images stay in place of others. Nobody decided that" in page
    assert "by decision" not in page
    assert "Nobody had decided about all 4 images" in page
    assert "0 clusters decided" in str(made)


def test_some_that_were_decided_are_told_from_those_that_were_not(tmp_path: Path) -> None:
    with workspace(tmp_path) as ws:
        decide(ws, 2)
        ws.dedup.plan().apply("reviewed")
        left = ws.sql("select cluster_id from duplicate_clusters where state = 'open' order by all limit 1")
        ws.dedup.plan(left["cluster_id"].tolist(), undecided=True).apply("not reviewed")
        decide(ws, 2)
        made = report(ws, tmp_path / "out", examples=0)
        n, page = made.numbers, made.page.read_text("utf-8")
        assert (n["removed"], n["removed_undecided"], n["clusters_by_decision"], n["kept_undecided"]) == (3, 1, 4, 1)
        assert "4 of 8" in page
        assert "5 images stay in place of others, 4 of them by decision." in page
        assert "Nobody had decided about 1 of 3 images" in page
        ws.dedup.restore(ws.sql("select image_id from quarantined")["image_id"].tolist(), progress=False)
        assert findings(ws, examples=0).numbers["removed_undecided"] == 0


def test_the_page_calls_a_state_the_same_everywhere(made: dedup_report.Report) -> None:
    page = made.page.read_text("utf-8")
    assert re.findall("<th[^>]*>(Decided[^<]*)<", page) == ["Decided, still there"]
    assert "compared with their checksums in the catalogue" in page
    assert "had been reviewed" not in page
    assert "3 images stay in place of others, by decision." in page


def test_what_trying_out_showed_stands_there_with_bounds(tmp_path: Path) -> None:
    figures = [
        ["recall", "crop_50", HOSTILE, 40, 39, 38, 0, 0.835, 0.986],
        ["recall", "jpeg_q10", "JPEG of quality 10", 40, 40, 40, 0, 0.912, 1.0],
        ["pairs", "all", "all of them", 5_000, 5_000, 2, 0, 0.0, 0.000737],
    ]
    about = {"calibration_id": "c1", "thresholds": {"score": 0.6}, "seed": 0, "pictures": 90, "sampled": 40}
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        with ws.change() as change:
            change.add("duplicates_calibrated", about | {"figures": figures})
        page = report(ws, tmp_path / "out", examples=0).page.read_text("utf-8")
    assert "All 2 kinds, with bounds" in page
    for words in ("84 % to 99 %", "91 % to 100 %", "95 %</td>", "0.074 %", "Clopper-Pearson"):
        assert words in page
    assert HOSTILE not in page


TAKEN = [
    ["pairs", "all", "All pairs of the collection", 11_781, 11_781, 19, 2, 0, 0.0005],
    ["pairs", "nearest", "Pairs of the nearest hashes", 40, 40, 19, 2, 0, 0.2],
    ["pairs", "other_colour", "Made to differ: a part in another colour", 19, 19, 7, 7, 0, 0.6],
    ["pairs", "other_word", "Made to differ: another word on a label", 21, 21, 0, 0, 0, 0.14],
]


def tried_out(ws: wb.Bench, refuted: int) -> None:
    figures = [[*TAKEN[0][:6], refuted, *TAKEN[0][7:]], *TAKEN[1:]]
    about = {"calibration_id": f"c{refuted}", "thresholds": {"score": 0.6}, "seed": 0, "pictures": 90, "sampled": 19}
    with ws.change() as change:
        change.add("duplicates_calibrated", about | {"figures": figures})


def test_what_nobody_looked_at_is_not_said_to_be_right(hasty: wb.Bench, tmp_path: Path) -> None:
    tried_out(hasty, 0)
    page = report(hasty, tmp_path / "out", examples=0).page.read_text("utf-8")
    assert "19 were taken for duplicates, of which people had refuted 0. If only these are wrong, " in page
    worst = Words().bound(upper_bound(19, 11_781))
    assert f"Nobody has looked at 19 of them yet; were they all wrong, it would be fewer than {worst}." in page
    assert f">{worst}</td>" in page
    assert "Of 40 pairs made to look alike and yet to differ, 7 were taken for duplicates, all of them wrongly" in page
    assert "worst: Made to differ: a part in another colour (7 of 19)" in page


def test_after_a_review_it_says_what_was_refuted_and_the_worst_all_the_same(world: wb.Bench, tmp_path: Path) -> None:
    shutil.copytree(world.folder, tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock"))
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        tried_out(ws, 2)
        page = report(ws, tmp_path / "some", examples=0).page.read_text("utf-8")
        assert "That nobody refuted the other 17 doesn&#x27;t mean that somebody looked at each; were they" in page
        assert "Nobody has looked at 17" not in page
        tried_out(ws, 19)
        page = report(ws, tmp_path / "all", examples=0).page.read_text("utf-8")
    assert "were they all wrong" not in page


@pytest.mark.browser
def test_the_page_shows_itself_without_network_or_errors(
    made: dedup_report.Report, chrome: Browser, tmp_path: Path
) -> None:
    alone = shutil.copy(made.page, tmp_path / "moved.html")
    for width, media in ((1200, "screen"), (390, "screen"), (690, "print")):
        page = chrome.new_page(viewport={"width": width, "height": 900})
        asked, said = [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.goto(Path(alone).as_uri())
        page.emulate_media(media=media)  # type: ignore[arg-type]  # one of the two words it knows
        page.wait_for_selector("#kinds .main-svg")
        assert [url for url in asked if not url.startswith("data:")] == [Path(alone).as_uri()]
        assert said == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
        assert page.evaluate("typeof run") == "undefined"
        page.close()


# -- checking it again


def test_an_untouched_report_holds(world: wb.Bench, made: dedup_report.Report) -> None:
    found = verify_report(made.folder)
    assert found.ok, str(found)
    assert [check for check, _, _ in found.checks] == ["report", "ledger", "kept files"]
    assert found.frame()["holds"].all()


def copied(made: dedup_report.Report, name: str) -> Path:
    target = made.folder.parent / name
    shutil.copytree(made.folder, target)
    return target


def test_a_changed_missing_or_added_file_is_noticed(made: dedup_report.Report) -> None:
    for name, tamper in {
        "changed": lambda home: (home / "tables/kinds.csv").write_text("relation,found\n"),
        "missing": lambda home: (home / "index.html").unlink(),
        "added": lambda home: (home / "tables/more.csv").write_text("x"),
        "unlisted": lambda home: (home / "manifest-sha256.txt").unlink(),
    }.items():
        home = copied(made, name)
        tamper(home)
        found = verify_report(home)
        assert not found.ok
        assert found.checks[0][:2] == ("report", False), name


def test_a_kept_file_that_changed_or_went_is_named(tmp_path: Path) -> None:
    with workspace(tmp_path, 4) as ws:
        decide(ws, 4)
        made = report(ws, tmp_path / "out")
        kept = pd.read_parquet(made.folder / "tables/kept.parquet")
        assert len(kept) == 4
        places = [Path(sources.local_path(uri) or "") for uri in kept["uri"]]
        places[0].write_bytes(places[0].read_bytes() + b"x")
        places[1].unlink()
        found = verify_report(made.folder)
    assert found.checks[1][1]
    assert found.checks[2][:2] == ("kept files", False)
    assert "2 of 4" in found.checks[2][2]
    assert kept["path"][0] in found.checks[2][2]


def test_a_kept_file_that_was_renamed_is_still_kept(tmp_path: Path) -> None:
    with workspace(tmp_path, 4) as ws:
        decide(ws, 4)
        made = report(ws, tmp_path / "out")
        ws.bulk.rename("renamed {sequence:03}").apply()
        assert verify_report(made.folder).ok


def test_another_ledger_is_noticed_and_later_work_is_not_held_against_it(
    made: dedup_report.Report, tmp_path: Path
) -> None:
    with wb.open(tmp_path / "other") as other:
        other.scan(made.folder.parent, progress=False)
    found = verify_report(made.folder, tmp_path / "other")
    assert found.checks[1][:2] == ("ledger", False)
    assert "another ledger" in found.checks[1][2]


def test_a_moved_workspace_can_be_named(made: dedup_report.Report, tmp_path: Path) -> None:
    elsewhere = tmp_path / "far away" / "report"
    shutil.copytree(made.folder, elsewhere)
    found = verify_report(elsewhere)
    assert not found.ok
    assert "say where it is" in found.checks[1][2]
    about = json.loads((made.folder / "report.json").read_text("utf-8"))
    assert verify_report(elsewhere, made.folder / about["workspace_folder"]).ok


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"report": "other"}', '{"ledger": {"events": 1, "head": 2}}'])
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(BadValue):
        verify_report(tmp_path)


# -- writing it


def test_a_folder_with_something_in_it_is_left_alone(world: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    for overwrite in (False, True):
        with pytest.raises(BadValue, match="isn't empty"):
            report(world, tmp_path, overwrite=overwrite)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    first = report(world, tmp_path / "out")
    with pytest.raises(BadValue):
        report(world, tmp_path / "out")
    assert report(world, tmp_path / "out", overwrite=True).files == first.files
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.txt", "out"]


def test_a_folder_that_can_not_be_made_leaves_nothing(world: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        report(world, tmp_path / "file" / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_an_empty_workspace_has_a_report_too(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws") as ws:
        made = report(ws, tmp_path / "out", price=Price(1.0))
        assert made.numbers["found"] == made.numbers["images"] == 0
        assert "Nobody has looked for duplicates yet" in made.page.read_text("utf-8")
        assert verify_report(made.folder).ok


@pytest.mark.parametrize("wrong", [{"examples": -1}, {"price": Price(-1.0)}, {"price": Price(float("nan"))}])
def test_less_than_nothing_is_refused(world: wb.Bench, wrong: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        findings(world, **wrong)  # type: ignore[arg-type]  # each is one of its arguments


def test_without_examples_and_price_the_page_has_neither(world: wb.Bench, tmp_path: Path) -> None:
    page = report(world, tmp_path / "out", examples=0).page.read_text("utf-8")
    assert "<h2>Evidence</h2>" not in page
    assert "EUR" not in page


def test_the_command_line_writes_and_checks_it(world: wb.Bench, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command("dedup", "report", "--workspace", world.folder, "--out", out, "--price-per-gb", "0.2", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["numbers"]["found"] == 8
    assert said["files"]["index.html"] == hashlib.sha256((out / "index.html").read_bytes()).hexdigest()
    checked = command("dedup", "verify-report", out)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search("✓ kept files: . files are there, byte for byte", checked.stdout)
    (out / "report.json").write_text((out / "report.json").read_text() + " ")
    assert command("dedup", "verify-report", out, "--json").returncode == 1
