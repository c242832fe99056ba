"""Merging the metadata of duplicates: previewed, asked about where they disagree, written, and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_collections import fill, image_ids, jpeg
from tagged_collection import shown

import workbench as wb
from workbench import merging
from workbench.errors import BadValue, NotFound, Stale

TITLE, KEYWORDS, CITY, RIGHTS = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.photoshop.City", "Xmp.dc.rights"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    files = {
        "original.jpg": jpeg(1, "Shirt", ("shirt", "linen")),
        "copies/longer.jpg": jpeg(1, "Red linen shirt", ("Linen", "summer")),
        "copies/bare.jpg": jpeg(1),
        "other.jpg": jpeg(2, "A shoe", ("shoe",)),
        "other copy.jpg": jpeg(2, "A shoe", ("shoe",)),
    }
    fill(tmp_path / "images", files)
    with wb.open(tmp_path / "ws", actor="ann") as made:
        made.scan(tmp_path / "images", progress=False)
        yield made


def shirts(ws: wb.Bench) -> tuple[str, str, list[str]]:
    ids = image_ids(ws)
    return "shirts", ids["original.jpg"], [ids["copies/longer.jpg"], ids["copies/bare.jpg"]]


def test_a_preview_says_what_would_change_and_changes_nothing(ws: wb.Bench) -> None:
    name, keeper, others = shirts(ws)
    preview = merging.preview_groups(ws, [(name, keeper, others)])
    rows = {row["field"]: row for row in preview.frame().to_dict("records")}
    assert (rows[TITLE]["before"], rows[TITLE]["after"]) == ("Shirt", "Red linen shirt")
    assert (rows[KEYWORDS]["before"], rows[KEYWORDS]["after"]) == ("shirt; linen", "shirt; linen; summer")
    assert rows[KEYWORDS]["policy"] == "union"
    assert rows[KEYWORDS]["taken_from"] == "copies/longer.jpg"
    assert rows[KEYWORDS]["cluster_id"] == "shirts"
    assert shown(ws, keeper, TITLE) == [("x-default", "Shirt")]
    assert ws.changes().empty
    assert "Nothing is changed yet" in repr(preview)


def test_the_diff_shows_only_what_goes_and_comes(ws: wb.Bench) -> None:
    name, keeper, others = shirts(ws)
    assert merging.preview_groups(ws, [(name, keeper, others)]).diff().splitlines() == [
        f"original.jpg ({keeper})",
        f"  {KEYWORDS}  [union, from copies/longer.jpg]",
        "    + summer",
        f"  {TITLE}  [longest, from copies/longer.jpg]",
        "    - Shirt",
        "    + Red linen shirt",
    ]


def test_it_is_written_as_one_change_and_undone(ws: wb.Bench) -> None:
    name, keeper, others = shirts(ws)
    preview = merging.preview_groups(ws, [(name, keeper, others)])
    event = preview.apply(reason="before removal")
    assert event is not None
    assert event.payload["count"] == 1
    assert shown(ws, keeper, KEYWORDS) == [(None, "shirt"), (None, "linen"), (None, "summer")]
    assert set(ws.sql("select distinct origin from entered")["origin"]) == {"merged"}
    assert merging.preview_groups(ws, [(name, keeper, others)]).steps == []
    ws.undo(event.seq)
    assert shown(ws, keeper, TITLE) == [("x-default", "Shirt")]
    assert ws.sql("select * from entered").empty


def test_a_colleague_who_was_faster_isn_t_overwritten(ws: wb.Bench) -> None:
    name, keeper, others = shirts(ws)
    preview = merging.preview_groups(ws, [(name, keeper, others)])
    ws.set_values([keeper], {TITLE: "Typed meanwhile"})
    with pytest.raises(Stale):
        preview.apply()


def test_what_people_entered_counts_and_what_they_emptied_stays_empty(ws: wb.Bench) -> None:
    name, keeper, (longer, bare) = shirts(ws)
    ws.set_values([bare], {TITLE: {"x-default": "Bluse", "de": "Bluse"}, CITY: "Rome"})
    ws.set_values([keeper], {KEYWORDS: None})
    preview = merging.preview_groups(ws, [(name, keeper, [longer, bare])])
    after = {step.field: merging.shown(step.after) for step in preview.steps}
    assert after == {TITLE: "de: Bluse | x-default: Bluse", CITY: "Rome"}


def test_a_disagreement_is_listed_and_an_answer_settles_it(ws: wb.Bench) -> None:
    name, keeper, (longer, bare) = shirts(ws)
    ws.set_values([longer], {CITY: "Rome"})
    ws.set_values([bare], {CITY: "Oslo"})
    preview = merging.preview_groups(ws, [(name, keeper, [longer, bare])])
    asked = preview.open_questions()
    assert set(asked[asked["field"] == CITY]["says"]) == {"Rome", "Oslo"}
    assert CITY not in {step.field for step in preview.steps}
    answered = merging.preview_groups(
        ws, [(name, keeper, [longer, bare])], answers={(keeper, "photoshop:City"): "Oslo"}
    )
    answered.apply()
    assert shown(ws, keeper, CITY) == [(None, "Oslo")]
    assert answered.open_questions()[lambda f: f["field"] == CITY].empty


def test_ask_takes_nothing_unanswered(ws: wb.Bench) -> None:
    name, keeper, others = shirts(ws)
    preview = merging.preview_groups(ws, [(name, keeper, others)], {"dc:title": "ask", "bag": "keep"})
    assert preview.steps == []
    [question] = preview.questions
    assert question.asked
    assert [says for _, says in question.options] == ["Shirt", "Red linen shirt"]
    assert "1 questions" in repr(preview)


def test_the_workspace_s_own_rules_count(ws: wb.Bench) -> None:
    (ws.folder / "dedup.toml").write_text('[merge.fields]\n"dc:title" = "keep"\n', "utf-8")
    name, keeper, others = shirts(ws)
    assert [step.field for step in merging.preview_groups(ws, [(name, keeper, others)]).steps] == [KEYWORDS]
    (ws.folder / "dedup.toml").write_text('[merge.fields]\n"dc:title" = "guess"\n', "utf-8")
    with pytest.raises(BadValue, match="guess"):
        merging.preview_groups(ws, [(name, keeper, others)])


def test_clusters_are_merged_by_their_ids(ws: wb.Bench) -> None:
    ws.find_duplicates(["exact"], progress=False)
    ids = image_ids(ws)
    [cluster] = ws.sql("select cluster_id, keeper from duplicate_clusters").to_dict("records")
    [other] = {ids["other.jpg"], ids["other copy.jpg"]} - {cluster["keeper"]}
    ws.set_values([other], {RIGHTS: "© Client"})
    preview = merging.preview(ws, [cluster["cluster_id"]])
    preview.apply()
    assert shown(ws, cluster["keeper"], RIGHTS) == [("x-default", "© Client")]
    with pytest.raises(NotFound):
        merging.preview(ws, ["no such cluster"])


def test_without_ids_only_decided_clusters_are_merged(ws: wb.Bench) -> None:
    ws.find_duplicates(["exact"], progress=False)
    assert merging.preview(ws).clusters == {}


def test_calls_that_can_not_be_are_refused(ws: wb.Bench) -> None:
    name, keeper, others = shirts(ws)
    with pytest.raises(BadValue, match="two groups"):
        merging.preview_groups(ws, [(name, keeper, [keeper])])
    with pytest.raises(BadValue, match="stays"):
        merging.preview_groups(ws, [(name, keeper, others)], answers={(others[0], TITLE): "x"})
    with pytest.raises(BadValue, match="one value"):
        merging.preview_groups(ws, [(name, keeper, others)], answers={(keeper, CITY): ["a", "b"]})
    with pytest.raises(BadValue):
        merging.preview_groups(ws, [(name, keeper, others)], {"dc:title": "best"})


def test_nothing_to_merge_is_no_change(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    preview = merging.preview_groups(ws, [("shoes", ids["other.jpg"], [ids["other copy.jpg"]])])
    assert (preview.apply(), preview.unchanged, preview.diff()) == (None, 1, "")
    assert merging.preview_groups(ws, []).frame().empty
