"""Calibration: figures that can be relied on, thresholds that hold from then on, and nothing written but that."""

import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import fill, image_ids, pictures

import workbench as wb
from workbench import calibration, dedup, edits, sample_pictures
from workbench.__main__ import main
from workbench.calibration_chart import recall_chart
from workbench.calibration_figures import Calibration, pairs_of, recall_of, sureness, wilson
from workbench.errors import BadValue
from workbench.verification import Thresholds

KINDS = ("jpeg_q70", "mirror", "resize_50")
SCENES = ("mountains", "sea", "skyline", "table", "lake")


def scene(number: int) -> bytes:
    drawn = sample_pictures.scene(SCENES[number % 5], np.random.default_rng(number), (420, 300))
    return edits.encoded(np.asarray(drawn))


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.rglob("*"))}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six different pictures, of one of which there is a smaller copy, and its workspace."""
    folder = tmp_path_factory.mktemp("calibrated")
    files = {f"{n}.jpg": scene(n) for n in range(6)}
    copy = edits.edited_file(edits.edited(np.asarray(sample_pictures.stored("coffee.png")), "resize_50"), "jpeg_q50")
    files |= {"coffee.jpg": edits.encoded(np.asarray(sample_pictures.stored("coffee.png"))), "coffee small.jpg": copy}
    fill(folder / "files", files)
    with wb.open(folder / "workspace", actor="ann") as ws:
        ws.scan(folder / "files", progress=False, workers=1)
    return folder


@pytest.fixture(scope="module")
def made(home: Path) -> Calibration:
    before = state(home / "files")
    with wb.open(home / "workspace", actor="ann") as ws:
        found = calibration.calibrate(ws, sample=4, pairs=12, kinds=KINDS, workers=1, seed=5)
    assert state(home / "files") == before
    return found


@pytest.fixture
def ws(home: Path, made: Calibration) -> Iterator[wb.Bench]:
    with wb.open(home / "workspace", actor="ben") as opened:
        yield opened


def test_copies_that_any_search_finds_are_found(made: Calibration) -> None:
    assert made.outcome == "finished"
    assert [r.kind for r in made.recalls] == list(KINDS)
    assert [(r.tried, r.proposed, r.found) for r in made.recalls] == [(4, 4, 4)] * 3
    assert made.recall == 1.0
    assert list(made.frame()["recall"]) == [1.0] * 3


def test_pairs_of_different_pictures_are_counted_by_where_they_come_from(made: Calibration) -> None:
    sets = {p.kind: p for p in made.pairs}
    assert list(sets) == ["all", "random", "nearest", *edits.LOOKALIKES]
    assert (sets["all"].tried, sets["all"].accepted, sets["all"].refuted) == (28, 1, 0)  # 8 pictures; the coffee twice
    assert sets["random"].tried == 12
    assert sets["random"].refuted == 0
    assert sets["nearest"].accepted == 1
    assert sets["other_part"].tried == 4
    assert sets["other_part"].accepted == 0
    assert all(p.refuted <= p.accepted <= p.tried for p in made.pairs)


def test_so_few_pairs_are_said_to_show_little(made: Calibration) -> None:
    assert made.whole.bound == pytest.approx(1 - 0.05 ** (1 / 28), rel=1e-6)
    assert made.confidence() == pytest.approx(28e-6, rel=1e-3)
    assert "so few pairs can't show" in made.statement()
    assert "Of the other 1 nobody has said so" in made.statement()
    assert "100.0% on average over 3 kinds" in str(made)


def test_it_is_in_the_ledger_and_in_the_views(ws: wb.Bench, made: Calibration) -> None:
    row = ws.sql("select * from calibrations where calibration_id = $1", [made.calibration_id]).iloc[0]
    assert (row["sampled"], row["pictures"], row["kinds"], row["recall"], row["actor"]) == (4, 8, 3, 1.0, "ann")
    assert json.loads(row["thresholds"]) == made.thresholds
    assert row["false_match_bound"] == pytest.approx(made.whole.bound)
    figures = ws.sql("select kind, tried, found from calibration_figures where part = 'recall' order by kind")
    assert figures.values.tolist() == [["jpeg_q70", 4, 4], ["mirror", 4, 4], ["resize_50", 4, 4]]
    assert ws.verify().events > 0
    assert ws.check().empty


def test_the_last_one_can_be_had_again(ws: wb.Bench, made: Calibration) -> None:
    again = ws.dedup.calibration()
    assert again is not None
    assert (again.recalls, again.pairs, again.thresholds) == (made.recalls, made.pairs, made.thresholds)


def test_searches_go_by_its_thresholds_from_then_on(ws: wb.Bench, made: Calibration) -> None:
    assert dedup.calibrated(ws, dedup.load(ws.folder)).thresholds == made.thresholds
    own = dedup.Settings(thresholds={"least": 0.91})
    assert dedup.calibrated(ws, own) == own


def test_the_same_seed_comes_to_the_same_and_record_false_leaves_no_trace(ws: wb.Bench, made: Calibration) -> None:
    head = ws.ledger.head()
    again = calibration.calibrate(ws, sample=4, pairs=12, kinds=KINDS, workers=2, seed=5, record=False)
    events = ws.ledger.read(after=head[0])
    assert {event.kind for event in events} <= {"duplicates_found"}
    assert (again.recalls, again.thresholds) == (made.recalls, made.thresholds)
    assert again.pairs == made.pairs


def test_what_people_refuted_is_a_false_match(home: Path, made: Calibration, tmp_path: Path) -> None:
    with wb.open(tmp_path / "workspace", actor="ann") as ws:
        ws.scan(home / "files", progress=False, workers=1)
        ws.find_duplicates(["content", "fuzzy"], progress=False)
        refute(ws, "coffee.jpg", "coffee small.jpg")
        found = calibration.calibrate(ws, sample=1, pairs=3, kinds=("jpeg_q70",), workers=1)
    assert found.whole.refuted == found.whole.accepted
    if found.whole.accepted:
        assert found.whole.bound > made.whole.bound
    else:  # a higher score is demanded now
        assert found.thresholds["least"] > Thresholds().least


def refute(ws: wb.Bench, one: str, other: str) -> None:
    """Let somebody say that two images are no duplicates, as a review does."""
    ids = image_ids(ws)
    known = ws.sql("select image_id, content_key(picture_hash, checksum) as content from image_facts")
    contents = dict(zip(known["image_id"], known["content"], strict=True))
    a, b = sorted((ids[one], ids[other]))
    row = ["0" * 16, "not_duplicate", a, contents[a], b, contents[b], 2, 0, "content"]
    with ws.change() as change:
        change.add("clusters_decided", {"count": 1, "what": "a test", "how": "one", "rows": [row]})
    assert ws.sql("select relation from duplicate_pairs")["relation"].tolist() == ["not_duplicate"]


def test_a_picture_that_is_gone_is_left_out(home: Path, tmp_path: Path) -> None:
    fill(tmp_path / "files", {f"{n}.jpg": scene(n) for n in range(3)})
    with wb.open(tmp_path / "workspace", actor="ann") as ws:
        ws.scan(tmp_path / "files", progress=False, workers=1)
        (tmp_path / "files" / "1.jpg").unlink()
        (tmp_path / "files" / "2.jpg").write_bytes(b"no picture any more")
        found = calibration.calibrate(ws, sample=3, pairs=3, kinds=("jpeg_q70",), workers=1)
    assert [(r.tried, r.found) for r in found.recalls] == [(1, 1)]


def test_one_that_is_cancelled_stores_nothing(ws: wb.Bench) -> None:
    cancel, known = threading.Event(), ws.dedup.calibration()

    def tell(done: int, total: int, doing: str) -> None:
        if doing.startswith("Looking for edited"):
            cancel.set()

    found = ws.dedup.calibrate(sample=4, pairs=4, kinds=KINDS, workers=1, progress=tell, cancel=cancel)
    assert found.outcome == "cancelled"
    assert "cancelled" in str(found)
    assert ws.dedup.calibration() == known


@pytest.mark.parametrize("how", [{"kinds": ["inverted"]}, {"sample": 0}, {"pairs": -1}])
def test_what_makes_no_sense_is_refused(ws: wb.Bench, how: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        calibration.calibrate(ws, **how)  # type: ignore[arg-type]  # one at a time


def test_an_empty_workspace_says_what_is_missing(tmp_path: Path) -> None:
    with wb.open(tmp_path / "workspace") as ws, pytest.raises(BadValue, match="fewer than two"):
        calibration.calibrate(ws)


def test_before_a_review_it_is_done_once_unless_declined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = {"sample": 1, "pairs": 2, "kinds": ("jpeg_q70",), "workers": 1}
    with wb.open(tmp_path / "workspace", actor="ann") as ws:
        ws.scan(pictures(tmp_path / "files", 4), progress=False, workers=1)
        assert calibration.before_review(ws, **quick) is None  # nobody has looked for duplicates
        ws.find_duplicates(["fuzzy", "content"], progress=False)
        assert calibration.before_review(ws, **quick) is None  # four pictures would say nothing
        monkeypatch.setattr(calibration, "FEWEST", 2)
        assert calibration.before_review(ws, decline=True, **quick) is None
        (ws.folder / "dedup.toml").write_text("[calibration]\nautomatic = false\n")
        assert calibration.before_review(ws, **quick) is None
        (ws.folder / "dedup.toml").unlink()
        assert calibration.is_due(ws)
        first = ws.dedup.before_review(progress=False, **quick)
        assert first is not None
        assert not calibration.is_due(ws)
        head = ws.ledger.head()
        again = calibration.before_review(ws, **quick)
        assert again is not None
        assert again.calibration_id == first.calibration_id
        assert ws.ledger.head() == head


def test_the_command_line_calibrates(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["dedup", "calibrate", "--workspace", str(home / "workspace"), "--sample", "1", "--pairs", "2", "--quiet"]
    assert main([*said, "--kind", "mirror", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [r["kind"] for r in told["recalls"]] == ["mirror"]
    assert told["outcome"] == "finished"


def test_the_chart_has_a_row_for_every_kind(made: Calibration) -> None:
    figure = recall_chart(made.frame())
    assert sorted(kind for trace in figure.data for kind in trace.y) == sorted(KINDS)
    assert all(
        0 <= low <= x for trace in made.chart().data for x, low in zip(trace.x, trace.error_x.arrayminus, strict=True)
    )


# -- figures


@pytest.mark.parametrize(
    ("found", "tried", "low", "high"),
    [(24, 24, 0.862, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (1, 1, 0.2065, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_gives_the_published_bounds(found: int, tried: int, low: float, high: float) -> None:
    assert wilson(found, tried) == pytest.approx((low, high), abs=1e-3)


@given(st.integers(0, 500).flatmap(lambda tried: st.tuples(st.integers(0, tried), st.just(tried))))
def test_wilson_holds_the_share_and_is_the_same_from_the_other_side(counts: tuple[int, int]) -> None:
    found, tried = counts
    low, high = wilson(found, tried)
    assert 0 <= low <= (found / tried if tried else 0.5) <= high <= 1
    assert wilson(tried - found, tried) == pytest.approx((1 - high, 1 - low))


def test_three_million_pairs_without_error_show_one_in_a_million() -> None:
    assert sureness(0, 2_995_732, 1e-6) == pytest.approx(0.95, abs=1e-4)
    assert sureness(0, 0, 1e-6) == 0.0
    assert sureness(5, 1_000_000, 1e-6) < 0.01
    assert sureness(1, 4_743_865, 1e-6) == pytest.approx(0.95, abs=1e-3)


@given(st.integers(0, 40), st.integers(0, 5000), st.floats(1e-7, 0.2))
def test_more_errors_never_make_it_surer(errors: int, more: int, rate: float) -> None:
    tried = errors + more
    assert 0 <= sureness(errors, tried, rate) <= 1
    assert sureness(errors + 1, tried + 1, rate) <= sureness(errors, tried + 1, rate) + 1e-9


@pytest.mark.parametrize(
    ("wrong", "alike", "copies", "least"),
    [
        ([], [], [], 0.5),
        ([0.2, 0.49], [], [1.0], 0.5),
        ([0.62, 0.84], [], [0.6], 0.85),  # no pair known to be none, whatever it costs
        ([1.0, 0.7], [], [0.9], 0.75),  # one can't be kept out: the other is
        ([], [0.8], [0.9] * 99, 0.85),  # a look-alike is kept out where that is cheap
        ([], [0.8], [0.9] * 99 + [0.6] * 2, 0.5),  # and isn't where it costs copies
        ([0.6], [0.8, 0.7], [0.9] * 99 + [0.74] * 9, 0.65),
    ],
)
def test_the_score_demanded(wrong: list[float], alike: list[float], copies: list[float], least: float) -> None:
    assert calibration.least_score(wrong, alike, copies) == least


def test_nothing_tried_is_nothing_known() -> None:
    assert pairs_of("random", "", 0, 0, 0).bound == 1.0
    assert recall_of("grey", "", "colour", 0, 0, 0).high == 1.0
    empty = Calibration("x", {}, 0, 0, 0, (), (pairs_of("all", "", 0, 0, 0),))
    assert math.isnan(empty.recall)
    assert empty.confidence() == 0.0
