"""Certificates: drawn so that anybody can draw them again, looked at, and what may be said afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import command, image_ids, pictures

import workbench as wb
from workbench import certificate
from workbench.certificate import Certificate, Draw
from workbench.errors import BadValue, NotFound


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    home = tmp_path_factory.mktemp("certificate")
    with wb.open(home / "ws", actor="ann") as ws:
        ws.scan(pictures(home / "images", 40), progress=False)
        yield ws


@pytest.fixture
def pairs(shared: wb.Bench) -> list[tuple[str, str]]:
    """Thirty files to go, of which each three have one that stays."""
    found = image_ids(shared)
    ids = [found[path] for path in sorted(found)]
    return [(ids[10 + n], ids[n // 3]) for n in range(30)]


def test_the_same_seed_draws_the_same_pairs_whatever_their_order(
    shared: wb.Bench, pairs: list[tuple[str, str]]
) -> None:
    one = certificate.draw(shared, pairs, 8, seed=7)
    frame = pd.DataFrame(reversed(pairs), columns=["image_id", "keeper_id"])
    two = certificate.draw(shared, frame, 8, seed="7")
    assert one.draw_id != two.draw_id
    assert one.frame()["image_id"].tolist() == two.frame()["image_id"].tolist()
    assert set(zip(one.frame()["image_id"], one.frame()["keeper_id"], strict=True)) <= set(pairs)
    other = certificate.draw(shared, pairs, 8, seed=8)
    assert other.frame()["image_id"].tolist() != one.frame()["image_id"].tolist()


def test_every_pair_is_drawn_about_as_often_as_any_other(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    rows = certificate._with_checksums(shared, pairs)
    drawn = dict.fromkeys(rows, 0)
    for seed in range(600):
        for row in sorted(rows, key=lambda one, word=str(seed): certificate._lot(word, one))[:10]:
            drawn[row] += 1
    assert 140 < min(drawn.values()) <= max(drawn.values()) < 262  # 200 expected; ± 5 standard deviations


def test_a_review_without_an_error_ends_in_a_statement(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, 20, seed=1, what="plan 3")
    assert "no statement yet" in drawn.result().statement
    assert drawn.result().share is None
    drawn.judge(range(19), "right")
    assert len(drawn.open()) == 1
    drawn.judge(19, "right", note="the border is the scanner's")
    result = drawn.result()
    assert (result.judged, result.wrong, result.most_wrong) == (20, 0, 2)
    assert result.statement == (
        "20 of 30 pairs, drawn at random, were looked at; none was wrong. "
        "With 95 % confidence, < 10 % are wrong (at most 2 of 30)."
    )
    assert result.shows(0.07)
    assert not result.shows(0.06)


def test_errors_and_doubts_count_and_the_last_word_does(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, 10, seed=2)
    drawn.judge(range(10), "right")
    drawn.judge(3, "wrong", note="other colour")
    drawn.judge(4, "unsure")
    drawn.judge(5, "wrong")
    drawn.judge(5, "right")
    result = drawn.result()
    assert (result.wrong, result.unsure, result.said_wrong) == (2, 1, 1)
    assert "were looked at; 1 was wrong, 1 not sure, counted as wrong." in result.statement
    assert "At least 1 is, with" in result.statement
    assert result.as_dict()["unsure"] == 1
    row = drawn.frame().set_index("place").loc[3]
    assert (row["verdict"], row["note"], row["judged_by"]) == ("wrong", "other colour", "ann")


def test_a_doubt_counts_but_is_not_said_to_be_an_error(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, 10, seed=2)
    drawn.judge(range(10), "right")
    drawn.judge(4, "wrong")
    as_wrong = drawn.result().most_wrong
    drawn.judge(4, "unsure")
    result = drawn.result()
    assert (result.wrong, result.most_wrong, result.least_wrong) == (1, as_wrong, 0)
    assert "were looked at; 1 not sure, counted as wrong." in result.statement
    assert "was wrong" not in result.statement
    assert "At least" not in result.statement


def test_all_of_them_is_no_matter_of_chance(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, 30)
    drawn.judge(range(30), "right")
    assert drawn.result().statement.endswith("none was wrong. That was all of them.")


def test_as_many_are_drawn_as_the_share_asks_for(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, share=0.2)
    drawn.judge(range(int(drawn.about["sampled"])), "right")
    assert drawn.result().shows(0.2)
    assert drawn.about["sampled"] < 30


def test_it_covers_the_plan_it_was_drawn_from_and_no_other(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, 3)
    assert drawn.covers(pairs[::-1])
    assert not drawn.covers(pairs[:-1])
    assert not drawn.covers([*pairs[:-1], (pairs[-1][0], pairs[0][1])])


def test_colleagues_and_later_sessions_see_it(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    drawn = certificate.draw(shared, pairs, 2)
    with wb.open(shared.folder, actor="ben") as other:
        Draw(other, drawn.draw_id).judge([0, 1], "right")
    assert set(drawn.frame()["judged_by"]) == {"ben"}
    assert certificate.certificates(shared)[0].draw_id == drawn.draw_id
    row = shared.sql("select * from certificates where draw_id = ?", [drawn.draw_id]).iloc[0]
    assert (row["judged"], row["wrong"], row["sampled"]) == (2, 0, 2)


def test_a_rebuild_brings_it_back(tmp_path: Path) -> None:
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        ws.scan(pictures(tmp_path / "images", 6), progress=False)
        ids = sorted(image_ids(ws).values())
        drawn = certificate.draw(ws, [(i, ids[0]) for i in ids[1:]], 3, seed=5)
        drawn.judge(1, "wrong")
        before = drawn.frame()
    assert command("rebuild", "--workspace", tmp_path / "ws", "--quiet").returncode == 0
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        pd.testing.assert_frame_equal(Draw(ws, drawn.draw_id).frame(), before)


def test_calls_that_can_not_be_are_refused(shared: wb.Bench, pairs: list[tuple[str, str]]) -> None:
    for wrong in ([], [*pairs, pairs[0]], pd.DataFrame({"image_id": ["x"]})):
        with pytest.raises(BadValue):
            certificate.draw(shared, wrong)
    for n in (0, 31):
        with pytest.raises(BadValue):
            certificate.draw(shared, pairs, n)
    with pytest.raises(NotFound):
        certificate.draw(shared, [("nothing", pairs[0][1])])
    with pytest.raises(NotFound):
        Draw(shared, "nothing")
    drawn = certificate.draw(shared, pairs, 3)
    for places, verdict in ((3, "right"), (-1, "right"), ([], "right"), (0, "fine")):
        with pytest.raises(BadValue):
            drawn.judge(places, verdict)


@given(st.integers(1, 10**7), st.data())
def test_what_is_said_is_never_more_than_what_is_shown(population: int, data: st.DataObject) -> None:
    sampled = data.draw(st.integers(1, min(population, 5000)))
    wrong = data.draw(st.integers(0, min(sampled, 50)))
    most = certificate.intervals.most_errors(wrong, sampled, population)
    made = Certificate("d", "w", population, sampled, sampled, wrong, 0.95, most, "1", "")
    if "<" in made.statement:
        said = float(made.statement.partition("< ")[2].partition(" %")[0])
        assert said / 100 > most / population
        assert said / 100 < (most + 1) / population * 1.11
    assert f"{sampled:,} of {population:,}" in made.statement
    assert made.as_dict()["statement"] == made.statement
