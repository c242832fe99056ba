"""The review of duplicates without a browser: what is shown, what is decided and kept, what comes next, and undo."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from reviewed_collection import multiply, put_pairs, shown, workspace
from small_collections import fill, image_ids, png

import workbench as wb
from workbench import clusters
from workbench.cluster_review import ReviewSession
from workbench.decisions import take_back
from workbench.errors import BadValue, NotFound, Stale
from workbench.rebuild import rebuild


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clusters of three images, two of each kind."""
    made = workspace(tmp_path_factory.mktemp("review"), 8, copies=2)
    made.close()
    return made.folder


@pytest.fixture
def other(ws: wb.Bench) -> Iterator[wb.Bench]:
    """The same workspace, as somebody else has it open."""
    made = wb.open(ws.folder, actor="ben")
    yield made
    made.close()


@pytest.fixture
def review(ws: wb.Bench) -> Iterator[ReviewSession]:
    made = ReviewSession(ws)
    yield made
    made.close()


@pytest.fixture
def begun() -> Iterator[Callable[..., ReviewSession]]:
    made: list[ReviewSession] = []

    def begin(ws: wb.Bench, **how: Any) -> ReviewSession:
        made.append(ReviewSession(ws, **how))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def member(view: dict[str, Any], path: str) -> dict[str, Any]:
    return next(one for one in view["cluster"]["members"] if one["path"] == path)


def settled(review: ReviewSession) -> None:
    """Wait until what was put off is done."""
    done = threading.Event()
    review._loading.ahead(done.set)
    assert done.wait(30)


def relation(ws: wb.Bench, one: str, other: str) -> str:
    ids = image_ids(ws)
    a, b = sorted((ids[one], ids[other]))
    found = ws.sql("select relation from duplicate_pairs where image_a = ? and image_b = ?", [a, b])
    return str(found["relation"].iloc[0])


# ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cluster_is_shown_with_its_keeper_and_why_in_words(review: ReviewSession) -> None:
    view = review.view()
    json.dumps(view, allow_nan=False)
    cluster = view["cluster"]
    assert shown(view) == ["originals/004.jpg", "exact/004-1.jpg", "exact/004-2.jpg"]
    assert cluster["keeper"] == cluster["proposed"] == cluster["members"][0]["image_id"]
    assert cluster["looked"] == cluster["members"][1]["image_id"]
    assert cluster["why"]
    assert cluster["members"][1]["words"] == ["The files are the same, byte for byte.", "Every tile agrees."]
    assert cluster["gain"] == 2 * cluster["members"][1]["size"]
    assert (cluster["place"], cluster["count"]) == (0, 8)


def test_only_metadata_that_differ_are_shown_and_all_facts(review: ReviewSession) -> None:
    view = review.filter(["same-picture"])
    cluster = view["cluster"]
    assert [one["label"] for one in cluster["fields"]] == ["Title"]
    assert cluster["fields"][0]["values"] == {cluster["keeper"]: "Hill 5", cluster["looked"]: "Hill 5, copy 1"}
    facts = {one["key"]: one for one in cluster["facts"]}
    assert facts["folder"]["differs"]
    assert not facts["pixels"]["differs"]
    assert facts["pixels"]["values"][cluster["keeper"]] == "320 × 240"


def test_how_one_picture_lies_on_the_other_is_told_from_the_keeper(tmp_path: Path) -> None:
    fill(tmp_path / "images", {"a.png": png(1, 32), "b.png": png(2, 16)})
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        ws.scan(tmp_path / "images", progress=False)
        ids = image_ids(ws)
        half = [[0.5, 0, 0.25], [0, 0.5, 0.25], [0, 0, 1]]
        put_pairs(ws, "content", ids["a.png"], [ids["b.png"]], homography=half)
        clusters.make(ws)
        review = ReviewSession(ws)
        cluster = review.view()["cluster"]
        [compared] = [one for one in cluster["members"] if one["image_id"] == cluster["looked"]]
        forward = min(ids.values()) == cluster["keeper"]
        expected = half if forward else [[2, 0, -0.5], [0, 2, -0.5], [0, 0, 1]]
        assert [[round(x, 9) for x in row] for row in compared["align"]] == expected
        review.close()


def test_evidence_that_is_none_harms_nothing(ws: wb.Bench, begun: Callable[..., ReviewSession]) -> None:
    with ws.catalog.writing() as connection:
        connection.execute("""update pair_facts set evidence = '{"homography": [[1, "x"]], "because": ["a", 7]'""")
    view = begun(ws).view()
    assert view["cluster"]["members"][1]["align"] is None
    assert view["cluster"]["members"][1]["words"] == ["The files are the same, byte for byte."]


def test_without_duplicates_it_says_so(tmp_path: Path, begun: Callable[..., ReviewSession]) -> None:
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        review = begun(ws)
        view = review.view()
        assert view["cluster"] is None
        assert view["empty"]["title"] == "No duplicates"
        with pytest.raises(NotFound):
            review.accept()
        assert review.undo()["cluster"] is None
        assert review.bulk_preview()["clusters"] == 0
        review.close()


def test_clusters_come_by_bytes_by_doubt_or_by_number(review: ReviewSession) -> None:
    by_bytes = [review.accept()["cluster"]["id"] for _ in range(3)]
    assert review.frame()["gain"].is_monotonic_decreasing
    assert by_bytes == review.frame()["cluster_id"].tolist()[1:4]
    assert review.order("uncertainty")["cluster"]["relation"] == "content"
    assert len(review.order("images")["cluster"]["members"]) == 3
    with pytest.raises(BadValue):
        review.order("'; drop table clusters")


def test_a_filter_shows_some_kinds_and_what_is_sure(review: ReviewSession) -> None:
    assert review.filter(["fuzzy"])["progress"]["count"] == 2
    assert {one["relation"]: one["open"] for one in review.view()["kinds"]} == {
        "exact": 2, "same-picture": 2, "fuzzy": 2, "content": 2,
    }  # fmt: skip
    assert review.filter(at_least=0.9)["progress"]["count"] == 6
    assert review.filter(["content"], at_least=0.9)["empty"]["title"] == "No such clusters"
    for wrong in (["nonsense"], "exact"):
        with pytest.raises(BadValue):
            review.filter(wrong)
    with pytest.raises(BadValue):
        review.filter(at_least=2)


# ── deciding ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_verb_a_cluster_and_all_is_decided(ws: wb.Bench, review: ReviewSession) -> None:
    for _ in range(7):
        assert not review.accept()["finished"]
    view = review.accept()
    assert view["finished"]
    assert view["empty"]["title"] == "All done"
    assert view["progress"]["done"] == view["progress"]["count"] == 8
    assert view["progress"]["to_gain"] == 0
    found = ws.sql("select distinct state, decided_by from duplicate_clusters")
    assert found.to_numpy().tolist() == [["decided", "ann"]]
    assert ws.sql("select count(*) as n from cluster_reviews where decision = 'duplicate'")["n"].iloc[0] == 8
    assert ws.check().empty


def test_another_keeper_holds_and_survives_new_clusters(ws: wb.Bench, review: ReviewSession) -> None:
    view = review.keeper(3)
    assert shown(view)[0] == "exact/004-2.jpg"
    assert view["cluster"]["state"] == "open"
    chosen = view["cluster"]["keeper"]
    review.accept()
    roles = "select image_id from cluster_members where role = 'keeper' and image_id = ?"
    assert len(ws.sql(roles, [chosen])) == 1
    clusters.make(ws)
    assert len(ws.sql(roles, [chosen])) == 1
    assert ws.sql("select state from duplicate_clusters where keeper = ?", [chosen])["state"].tolist() == ["decided"]


def test_a_number_nobody_has_is_refused(review: ReviewSession) -> None:
    for wrong in (0, 4, -1, None, "2", 1.0):
        with pytest.raises(NotFound):
            review.keeper(wrong)  # type: ignore[arg-type]  # what is tried
    with pytest.raises(NotFound):
        review.keeper(image_id="../../etc/passwd")
    with pytest.raises(NotFound):
        review.look("unknown")


def test_one_of_several_is_a_variant_and_the_rest_is_accepted(ws: wb.Bench, review: ReviewSession) -> None:
    review.filter(["fuzzy"])
    first = review.cluster_id
    view = review.variant()
    assert view["cluster"]["id"] == first
    assert member(view, "fuzzy/006-1.jpg")["mark"] == "variant"
    assert view["cluster"]["looked"] == member(view, "fuzzy/006-2.jpg")["image_id"]
    assert view["undo"] == "variant: 006-1.jpg"
    review.accept()
    settled(review)
    assert relation(ws, "originals/006.jpg", "fuzzy/006-1.jpg") == "variant"
    assert relation(ws, "originals/006.jpg", "fuzzy/006-2.jpg") == "duplicate"
    left = ws.sql(
        "select c.state, c.images from duplicate_clusters c join cluster_members m using (cluster_id) join images i "
        "on i.image_id = m.image_id where i.path = 'fuzzy/006-2.jpg'"
    )
    assert left.to_numpy().tolist() == [["decided", 2]]
    assert review.view()["progress"] | {"gained": 0} == review.view()["progress"] | {"gained": 0, "done": 1, "left": 1}
    assert ws.check().empty


def test_when_all_are_marked_the_cluster_is_decided_by_that(ws: wb.Bench, review: ReviewSession) -> None:
    review.filter(["fuzzy"])
    first = review.cluster_id
    assert review.variant()["cluster"]["id"] == first
    assert review.not_duplicate()["cluster"]["id"] != first
    found = ws.sql("select decision, bytes from cluster_reviews where cluster_id = ?", [first])
    assert found.to_numpy().tolist() == [["mixed", 0]]


def test_no_duplicates_at_all_are_never_asked_about_again(ws: wb.Bench, review: ReviewSession) -> None:
    review.filter(["content"])
    first = review.cluster_id
    assert review.not_duplicate(whole=True)["cluster"]["id"] != first
    settled(review)
    clusters.make(ws)
    assert ws.sql("select 1 as x from duplicate_clusters where cluster_id = ?", [first]).empty
    assert review.view()["progress"]["done"] == 1
    again = ReviewSession(ws, relations=["content"])
    assert again.view()["progress"]["left"] == 1
    assert again.view()["progress"]["done"] == 1
    again.close()
    assert ws.check().empty


def test_what_a_person_said_outlives_a_rename_and_a_rebuild(ws: wb.Bench, review: ReviewSession, scanned: Path) -> None:
    review.filter(["content"])
    review.not_duplicate(whole=True)
    review.accept()
    before = ws.sql("select decision, count(*) as n from pair_decisions group by 1 order by 1").to_numpy().tolist()
    images = scanned.parent / "images" / "content"
    moved = images.with_name("renamed")
    images.rename(moved)
    try:
        ws.scan(scanned.parent / "images", progress=False)
        clusters.make(ws)
        assert relation(ws, "originals/003.jpg", "renamed/003-1.jpg") == "not_duplicate"
    finally:
        moved.rename(images)
        ws.scan(scanned.parent / "images", progress=False)
    rebuild(ws)
    after = ws.sql("select decision, count(*) as n from pair_decisions group by 1 order by 1").to_numpy().tolist()
    assert after == before == [["duplicate", 2], ["not_duplicate", 3]]


def test_a_verb_about_another_cluster_than_the_one_shown_does_nothing(ws: wb.Bench, review: ReviewSession) -> None:
    first = review.cluster_id
    second = review.accept(cluster_id=first)["cluster"]["id"]
    for verb in (review.accept, review.skip, review.variant, review.not_duplicate):
        assert verb(cluster_id=first)["cluster"]["id"] == second
    assert len(ws.sql("select * from cluster_reviews")) == 1


def test_a_skipped_cluster_comes_again_when_all_others_are_done(review: ReviewSession) -> None:
    first = review.cluster_id
    assert review.skip()["progress"]["skipped"] == 1
    for _ in range(6):
        review.accept()
    view = review.accept()
    assert view["cluster"]["id"] == first
    assert (view["cluster"]["state"], view["cluster"]["decided_by"]) == ("skipped", "ann")
    assert review.accept()["finished"]


# ── undo ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_can_be_undone_step_by_step(ws: wb.Bench, review: ReviewSession) -> None:
    before = review.frame()[["cluster_id", "state", "keeper"]].to_numpy().tolist()
    first = review.cluster_id
    review.accept()
    review.keeper(2)
    review.accept()
    review.not_duplicate(whole=True)
    review.skip()
    review.variant()
    for _ in range(5):
        view = review.undo()
    assert view["undo"] is None
    assert view["cluster"]["id"] == first
    assert review.frame()[["cluster_id", "state", "keeper"]].to_numpy().tolist() == before
    for table in ("cluster_reviews", "pair_decisions", "keeper_decisions", "cluster_decisions"):
        assert ws.sql(f"select count(*) as n from {table}")["n"].iloc[0] == 0
    assert ws.check().empty


def test_a_cluster_that_is_none_any_more_is_counted_no_longer(review: ReviewSession) -> None:
    gone, count = review.cluster_id, len(review.queue.counted())
    assert gone is not None
    review.queue.forget(gone)
    assert gone not in review.queue.listed
    assert len(review.queue.counted()) == count - 1
    review.queue.forget(gone)
    assert review.view()["cluster"] is not None


def test_clusters_are_counted_by_one_list_though_another_thread_makes_the_next(
    review: ReviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, begun, go_on = review.queue, threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        assert go_on.wait(30)

    monkeypatch.setattr(queue, "catch_up", held)
    queue.listed.append("gone since")
    loading = threading.Thread(target=queue.load)
    loading.start()
    assert begun.wait(30)
    threading.Timer(0.2, go_on.set).start()
    assert "gone since" not in [one.cluster_id for one in queue.counted()]
    loading.join()


def test_undo_shows_the_cluster_as_it_was_about_to_be_decided(review: ReviewSession) -> None:
    first = review.cluster_id
    chosen = review.keeper(2)["cluster"]["keeper"]
    review.accept()
    view = review.undo()
    assert (view["cluster"]["id"], view["cluster"]["keeper"], view["cluster"]["state"]) == (first, chosen, "open")


def test_after_undoing_clusters_come_in_their_order_again(review: ReviewSession) -> None:
    came = [review.cluster_id]
    for _ in range(4):
        review.accept()
        came.append(review.cluster_id)
    for expected in (came[3], came[2], came[1]):
        assert review.undo()["cluster"]["id"] == expected
    for expected in came[2:]:
        review.accept()
        assert review.cluster_id == expected


def test_undo_opens_also_what_was_made_anew_of_the_decision(ws: wb.Bench, review: ReviewSession) -> None:
    review.bulk_accept(review.bulk_preview()["token"])
    clusters.make(ws)
    assert review.undo()["progress"]["left"] == 8
    settled(review)
    assert ws.sql("select distinct state from duplicate_clusters")["state"].tolist() == ["open"]
    assert review.view()["progress"]["left"] == 8


def test_an_earlier_decision_holds_again_when_the_later_one_is_undone(ws: wb.Bench, review: ReviewSession) -> None:
    review.accept()
    review.previous()
    review.not_duplicate(whole=True)
    assert relation(ws, "originals/004.jpg", "exact/004-1.jpg") == "not_duplicate"
    review.undo()
    assert relation(ws, "originals/004.jpg", "exact/004-1.jpg") == "duplicate"


def test_what_was_decided_before_the_session_can_be_undone(
    ws: wb.Bench, review: ReviewSession, begun: Callable[..., ReviewSession]
) -> None:
    first = review.cluster_id
    review.accept()
    review.close()
    again = begun(ws)
    assert again.cluster_id != first
    assert "decided before" in again.view()["undo"]
    assert again.undo()["cluster"]["id"] == first
    assert again.view()["progress"]["done"] == 0


def test_undoing_twice_at_once_undoes_once(
    ws: wb.Bench, review: ReviewSession, begun: Callable[..., ReviewSession]
) -> None:
    review.accept()
    review.accept()
    twin = begun(ws)
    review.undo()
    assert twin.undo()["progress"]["done"] == 1
    assert len(ws.sql("select * from events where kind = 'clusters_reopened'")) == 1


# ── many at once ──────────────────────────────────────────────────────────────────────────────────────────────


def test_all_exact_ones_are_accepted_after_a_preview_and_undone_by_one_key(ws: wb.Bench, review: ReviewSession) -> None:
    review.filter(["exact", "same-picture"])
    preview = review.bulk_preview()
    assert (preview["clusters"], preview["redundant"], preview["proved"]) == (4, 8, True)
    assert preview["kinds"] == {"exact": 2, "same-picture": 2}
    assert preview["bytes"] == review.view()["progress"]["to_gain"]
    view = review.bulk_accept(preview["token"])
    assert (view["accepted"], view["progress"]["left"], view["finished"]) == (4, 0, True)
    assert ws.sql("select count(*) as n from events where kind = 'clusters_decided'")["n"].iloc[0] == 1
    assert (
        ws.sql("select state from duplicate_clusters where relation in ('exact', 'same-picture')")["state"].tolist()
        == ["decided"] * 4
    )
    assert review.undo()["progress"]["left"] == 4
    assert ws.check().empty


def test_a_preview_that_isnt_the_last_is_refused(review: ReviewSession) -> None:
    first = review.bulk_preview()["token"]
    second = review.bulk_preview()["token"]
    for wrong in (first, "", None):
        with pytest.raises(Stale):
            review.bulk_accept(wrong)  # type: ignore[arg-type]  # the same
    assert review.bulk_accept(second)["accepted"] == 8
    with pytest.raises(Stale):
        review.bulk_accept(second)


def test_what_somebody_decided_since_the_preview_is_left_out(
    review: ReviewSession, other: wb.Bench, begun: Callable[..., ReviewSession]
) -> None:
    ben = begun(other)
    preview = review.bulk_preview()
    assert (preview["clusters"], preview["held"]) == (7, 1)
    ben.accept()
    assert review.bulk_accept(preview["token"])["accepted"] == 6


def test_many_decisions_go_into_an_attachment_and_are_the_same(
    ws: wb.Bench, review: ReviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.review_queue.INLINE", 3)
    review.bulk_accept(review.bulk_preview()["token"])
    assert ws.sql("select count(*) as n from pair_decisions")["n"].iloc[0] == 16
    assert review.undo()["progress"]["left"] == 8
    ws.verify()


# ── several reviewers ─────────────────────────────────────────────────────────────────────────────────────────


def test_two_reviewers_never_get_the_same_cluster(
    review: ReviewSession, other: wb.Bench, begun: Callable[..., ReviewSession]
) -> None:
    ben = begun(other)
    seen = [review.cluster_id, ben.cluster_id]
    for _ in range(3):
        review.peek()
        seen += [ben.accept()["cluster"]["id"], review.accept()["cluster"]["id"]]
    assert len(set(seen)) == 8
    assert review.view()["progress"]["done"] == 6
    review.accept()
    assert ben.accept()["finished"]
    assert review.view()["progress"]["left"] == 0


def test_whoever_leaves_gives_the_cluster_back(
    review: ReviewSession, other: wb.Bench, begun: Callable[..., ReviewSession]
) -> None:
    mine = review.cluster_id
    review.close()
    assert begun(other).cluster_id == mine


def test_alone_one_sees_every_cluster(ws: wb.Bench, review: ReviewSession, begun: Callable[..., ReviewSession]) -> None:
    assert begun(ws, queue=None).cluster_id == review.cluster_id


def test_a_cluster_that_somebody_else_has_shows_who(
    review: ReviewSession, other: wb.Bench, begun: Callable[..., ReviewSession]
) -> None:
    begun(other)
    assert review.next()["cluster"]["held_by"] == "ben"


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_pictures_of_the_next_clusters_are_rendered_ahead(review: ReviewSession) -> None:
    told: list[str] = []
    review.on_ahead = told.append
    following = review.peek()["next"]
    settled(review)
    assert len(told) == 6
    assert review.accept()["cluster"]["id"] == following
    assert {one["image_id"] for one in review.view()["cluster"]["members"][:2]} == set(told[:2])
    [picture] = review.picture(told[0]).buffers
    assert picture[:2] == b"\xff\xd8"


def test_only_pictures_of_clusters_shown_are_given_and_only_of_some_size(review: ReviewSession) -> None:
    keeper = review.view()["cluster"]["keeper"]
    with pytest.raises(NotFound):
        review.picture("../../etc/passwd")
    for edge in (0, 10**9, "large"):
        with pytest.raises(BadValue):
            review.picture(keeper, edge)  # type: ignore[arg-type]  # the same
    answer = review.thumbs([keeper, "unknown"])
    assert list(answer.view["found"]) == [keeper]
    assert len(answer.buffers) == 1


# ── a second look ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def looked_at(review: ReviewSession, other: wb.Bench, begun: Callable[..., ReviewSession]) -> ReviewSession:
    """Ann has accepted everything; Ben looks at four clusters again."""
    review.bulk_accept(review.bulk_preview()["token"])
    return begun(other, second=4, seed=7)


def test_a_second_look_is_blind_and_changes_nothing_where_both_agree(ws: wb.Bench, looked_at: ReviewSession) -> None:
    view = looked_at.view()
    assert (view["second"], view["progress"]["count"], view["undo"]) == (True, 4, None)
    assert (view["cluster"]["state"], view["cluster"]["decision"], view["cluster"]["decided_by"]) == ("open", "", None)
    for _ in range(3):
        looked_at.accept()
    assert looked_at.accept()["finished"]
    assert looked_at.agreement().to_numpy().tolist() == [["ann", "ben", 4, 4]]
    assert ws.sql("select distinct state, decided_by from duplicate_clusters").to_numpy().tolist() == [
        ["decided", "ann"]
    ]
    assert ws.check().empty


def test_where_two_people_disagree_the_cluster_is_open_again(
    ws: wb.Bench, review: ReviewSession, looked_at: ReviewSession
) -> None:
    disputed = [looked_at.cluster_id]
    disputed.append(looked_at.not_duplicate(whole=True)["cluster"]["id"])
    looked_at.keeper(2)
    looked_at.accept()
    assert looked_at.agreement().to_numpy().tolist() == [["ann", "ben", 2, 0]]
    view = review.next()
    assert view["progress"]["left"] == 2
    found = ws.sql("select cluster_id from duplicate_clusters where state = 'open' order by cluster_id")
    assert found["cluster_id"].tolist() == sorted(disputed)
    assert ws.check().empty


def test_a_second_look_can_be_undone_and_is_never_made_in_bulk(looked_at: ReviewSession) -> None:
    first = looked_at.cluster_id
    looked_at.accept()
    assert looked_at.undo()["cluster"]["id"] == first
    assert looked_at.agreement().empty
    with pytest.raises(BadValue):
        looked_at.bulk_accept(looked_at.bulk_preview()["token"])


def test_the_same_seed_draws_the_same_sample_and_nothing_is_drawn_twice(
    review: ReviewSession, looked_at: ReviewSession, other: wb.Bench, begun: Callable[..., ReviewSession]
) -> None:
    twin = begun(other, second=4, seed=7)
    assert twin.queue.listed == looked_at.queue.listed
    twin.close()
    looked = [looked_at.cluster_id, looked_at.accept()["cluster"]["id"]]
    looked_at.accept()
    assert not set(looked) & set(begun(other, second=8).queue.listed)


def test_there_must_be_something_to_look_at(ws: wb.Bench) -> None:
    for wrong in (3, -1):
        with pytest.raises(BadValue):
            ReviewSession(ws, second=wrong)


# ── from a notebook or a script ───────────────────────────────────────────────────────────────────────────────


def test_the_certain_ones_are_accepted_from_a_script_and_taken_back(ws: wb.Bench, review: ReviewSession) -> None:
    certain = ws.dedup.accept()
    assert certain.counts == {"clusters": 4, "redundant": 8, "bytes": int(certain.frame()["gain"].sum()), "held": 0}
    assert set(certain.frame()["relation"]) == {"exact", "same-picture"}
    assert len(certain.frame(2)) == 2
    with pytest.raises(BadValue):
        certain.undo()
    assert certain.apply() == 4
    assert review.view()["progress"]["done"] == 4
    with pytest.raises(Stale):
        certain.apply()
    certain.undo()
    assert review.view()["progress"]["done"] == 0
    with pytest.raises(BadValue):
        ws.dedup.accept(["nonsense"])


def test_everybodys_decisions_are_taken_back_at_once(ws: wb.Bench, review: ReviewSession, other: wb.Bench) -> None:
    other.dedup.accept().apply()
    review.filter(["content"])
    review.not_duplicate(whole=True)
    review.filter(["fuzzy"])
    review.keeper(2)
    review.accept()
    settled(review)
    before = ws.sql("select count(*) as n from duplicate_clusters")["n"].iloc[0]
    assert take_back(ws, "practice") == 3
    assert ws.sql("select distinct state from duplicate_clusters")["state"].tolist() == ["open"]
    assert ws.sql("select count(*) as n from duplicate_clusters")["n"].iloc[0] == before + 1
    assert take_back(ws, "practice") == 0
    assert ws.check().empty


def test_kinds_are_counted(ws: wb.Bench) -> None:
    found = ws.query("review_by_kind")
    assert found[["relation", "clusters", "images", "decided"]].to_numpy().tolist() == [
        ["exact", 2, 6, 0], ["same-picture", 2, 6, 0], ["fuzzy", 2, 6, 0], ["content", 2, 6, 0],
    ]  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_clusters_in_the_queue(ws: wb.Bench, begun: Callable[..., ReviewSession]) -> None:
    multiply(ws, 1_250)
    review = begun(ws)
    assert review.view()["progress"]["count"] == 10_008
    for _ in range(3):
        review.accept()
    assert review.bulk_accept(review.bulk_preview()["token"])["accepted"] == 10_005
    assert review.undo()["progress"]["left"] == 10_005
