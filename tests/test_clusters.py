"""Clusters: groups, keepers, ids and decisions, made of rows without a workspace."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.clusters import Clusters, Known, cluster
from workbench.relations import DUPLICATES

RULES = [{"rule": "resolution"}, {"rule": "path"}]


def image(image_id: str, content: str | None = None, /, **facts: Any) -> dict[str, Any]:
    """What is known of one image; its content is its own unless said."""
    known = {
        "image_id": image_id, "content": content or f"p:{image_id}", "checksum": f"c:{image_id}", "source": "s",
        "path": image_id, "name": image_id, "format": "JPEG", "width": 100, "height": 100, "pixels": 10_000,
        "true_pixels": 10_000, "made_over": 0.0,
        "step": None, "mode": "RGB", "software": None, "derived": False, "values_embedded": 0, "camera": False,
        "companions": 0, "modified_at": datetime(2026, 1, 1), "received_at": datetime(2026, 2, 1),
    }  # fmt: skip
    assert facts.keys() <= known.keys()
    return known | facts


def facts(*images: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [i[name] for i in images] for name in images[0]}


def known(images: list[dict[str, Any]], *pairs: tuple[str, str, str], **more: Any) -> Known:
    return Known([(a, b, relation, 0.9) for a, b, relation in pairs], facts(*images), **more)


def sets(made: Clusters) -> list[set[str]]:
    found: dict[str, set[str]] = {}
    for row in made.rows:
        found.setdefault(row.cluster_id, set()).add(row.image_id)
    return sorted(found.values(), key=min)


def keepers(made: Clusters) -> list[str]:
    return sorted(row.image_id for row in made.rows if row.role == "keeper")


def test_equal_files_are_one_cluster_though_only_paired_with_the_first() -> None:
    same = [image(n, "p", checksum="c") for n in "abcd"]
    made = cluster(known(same, ("a", "b", "exact"), ("a", "c", "exact"), ("a", "d", "exact")), RULES)
    assert sets(made) == [{"a", "b", "c", "d"}]
    assert {row.relation for row in made.rows} == {"exact"}


def test_a_hash_pair_of_one_copy_holds_for_all_copies() -> None:
    images = [image("a", "p"), image("b", "p"), image("x", "q"), image("y", "q")]
    pairs = [("a", "b", "same-picture"), ("x", "y", "exact"), ("b", "y", "fuzzy")]
    made = cluster(known(images, *pairs), RULES)
    assert sets(made) == [{"a", "b", "x", "y"}]
    relations = {row.image_id: row.relation for row in made.rows}
    assert relations == {"a": "fuzzy", "b": "same-picture", "x": "fuzzy", "y": "fuzzy"}, "the keeper shows the weakest"


def test_look_alikes_do_not_chain() -> None:
    images = [image(n) for n in "abc"]
    made = cluster(known(images, ("a", "b", "fuzzy"), ("b", "c", "fuzzy"), ("a", "c", "variant")), RULES)
    assert len(sets(made)) == 1
    assert not {"a", "c"} <= sets(made)[0]


@pytest.mark.parametrize("said", ["unrelated", "variant", "not_duplicate"])
def test_what_was_refused_keeps_apart_though_no_pair_says_so(said: str) -> None:
    images = [image(n) for n in "abc"]
    pairs = [("a", "b", "fuzzy"), ("b", "c", "fuzzy")]
    assert sets(cluster(known(images, *pairs), RULES)) == [{"a", "b", "c"}]
    apart = known(images, *pairs, verdicts=[("p:a", "p:c", said)])
    assert all(not {"a", "c"} <= group for group in sets(cluster(apart, RULES)))


def test_two_corners_of_one_picture_are_both_copies_of_it() -> None:
    images = [image("left"), image("right"), image("whole", pixels=40_000, true_pixels=40_000)]
    pairs = [("left", "whole", "content"), ("right", "whole", "content")]
    made = cluster(known(images, *pairs, verdicts=[("p:left", "p:right", "unrelated")]), RULES)
    assert (sets(made), keepers(made)) == ([{"left", "right", "whole"}], ["whole"])


@pytest.mark.parametrize("relation", ["not_duplicate", "variant", "burst", "companion"])
def test_what_people_or_cameras_say_keeps_apart(relation: str) -> None:
    assert sets(cluster(known([image("a"), image("b")], ("a", "b", relation)), RULES)) == []


def test_a_person_who_says_duplicate_is_believed_against_a_verification() -> None:
    images = [image("a"), image("b"), image("c")]
    made = cluster(known(images, ("a", "b", "duplicate"), verdicts=[("p:a", "p:b", "duplicate")]), RULES)
    assert sets(made) == [{"a", "b"}]
    assert {row.relation for row in made.rows} == {"duplicate"}


def test_what_was_found_is_told_though_a_person_said_duplicate() -> None:
    images = [image("a", "p", checksum="1"), image("b", "p", checksum="1"), image("c", "p", checksum="2"), image("d")]
    pairs = [("a", n, "duplicate") for n in "bcd"]
    found = {("a", "b"): "exact", ("a", "c"): "same-picture"}
    made = cluster(known(images, *pairs, chosen={"a": 1}, found=found), RULES)
    told = {row.image_id: (row.relation, row.said) for row in made.rows if row.role == "redundant"}
    assert told == {"b": ("exact", True), "c": ("same-picture", True), "d": ("duplicate", True)}


def test_what_was_found_is_told_of_what_hangs_on_a_third() -> None:
    images = [image("a", "p"), image("b", "q"), image("c", "q", checksum="c:other")]
    pairs = [("a", "b", "duplicate"), ("b", "c", "same-picture")]
    made = cluster(known(images, *pairs, chosen={"a": 1}, found={("a", "b"): "fuzzy"}), RULES)
    assert {row.relation for row in made.rows} == {"fuzzy"}


def test_what_a_person_said_of_contents_holds_for_files_nobody_paired() -> None:
    images = [image("a", "p"), image("b", "p"), image("c", "q"), image("d", "r")]
    pairs = [("a", "b", "exact"), ("b", "c", "fuzzy"), ("c", "d", "fuzzy")]
    made = cluster(known(images, *pairs, verdicts=[("p", "r", "duplicate")]), RULES)
    assert {"a", "b", "d"} <= sets(made)[0]


def test_the_same_picture_can_be_parted_by_its_bytes() -> None:
    images = [image("a", "p"), image("b", "p"), image("c", "p")]
    pairs = [("a", "b", "same-picture"), ("a", "c", "not_duplicate")]
    assert sets(cluster(known(images, *pairs), RULES)) == [{"a", "b"}]


def test_a_preferred_content_stays_whatever_the_rules_say() -> None:
    images = [image("small", pixels=10, true_pixels=10), image("large")]
    pair = ("large", "small", "fuzzy")
    assert keepers(cluster(known(images, pair), RULES)) == ["large"]
    assert keepers(cluster(known(images, pair, better=[("p:small", "p:large")]), RULES)) == ["small"]


def test_a_chosen_file_stays_among_equals_the_last_choice_counting() -> None:
    images = [image(n, "p") for n in "abc"]
    pairs = [("a", "b", "exact"), ("a", "c", "exact")]
    made = cluster(known(images, *pairs, chosen={"c": 4, "b": 7}), RULES)
    assert keepers(made) == ["b"]
    assert next(r.reason for r in made.rows if r.role == "keeper") == "chosen by a person"


def test_preferences_in_a_circle_leave_it_to_the_rules() -> None:
    images = [image("small", pixels=10, true_pixels=10), image("large")]
    circle = [("p:small", "p:large"), ("p:large", "p:small")]
    assert keepers(cluster(known(images, ("large", "small", "fuzzy"), better=circle), RULES)) == ["large"]


def test_ids_come_from_contents_not_from_where_files_are() -> None:
    before = cluster(known([image("a", "p"), image("b", "q")], ("a", "b", "fuzzy")), RULES)
    after = cluster(known([image("z", "p"), image("k", "q")], ("k", "z", "fuzzy")), RULES)
    assert {r.cluster_id for r in before.rows} == {r.cluster_id for r in after.rows}


def test_two_clusters_of_one_content_have_two_ids() -> None:
    images = [image(n, "p", checksum=c) for n, c in (("a", "1"), ("b", "1"), ("x", "2"), ("y", "2"))]
    made = cluster(known(images, ("a", "b", "exact"), ("x", "y", "exact")), RULES)
    assert sets(made) == [{"a", "b"}, {"x", "y"}]


def test_files_of_one_shot_stay_and_go_together() -> None:
    images = [
        image(n, c, path=p)
        for n, c, p in (("1", "j", "b/1.jpg"), ("2", "j", "a/1.jpg"), ("3", "r", "a/b/1.dng"), ("4", "r", "b/1.dng"))
    ]
    pairs = [("1", "2", "exact"), ("3", "4", "exact"), ("2", "3", "companion"), ("1", "4", "companion")]
    made = cluster(known(images, *pairs), RULES)
    assert set(keepers(made)) in ({"1", "4"}, {"2", "3"})


def test_a_companion_is_not_redundant_while_its_image_stays() -> None:
    images = [image("raw1", "r"), image("raw2", "r"), image("edited", "j")]
    made = cluster(known(images, ("raw1", "raw2", "exact"), ("edited", "raw2", "companion")), RULES)
    assert all(row.image_id != "raw2" or row.role == "keeper" for row in made.rows)


def test_metadata_alone_make_no_cluster() -> None:
    assert cluster(known([image("a"), image("b")], ("a", "b", "metadata")), RULES).rows == []


# -- properties

NAMES = [f"{n:02}" for n in range(12)]
RELATED = st.sampled_from([*DUPLICATES, "duplicate", "variant", "burst", "companion", "not_duplicate"])
some_pairs = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda p: p[0] < p[1]), RELATED, max_size=25
)


@st.composite
def collections(draw: st.DrawFn) -> Known:
    pairs = draw(some_pairs)
    sizes = draw(st.lists(st.integers(1, 4), min_size=len(NAMES), max_size=len(NAMES)))
    images = [image(n, pixels=s * 1000, true_pixels=s * 1000) for n, s in zip(NAMES, sizes, strict=True)]
    # Equal contents are what exact finders pair, and nothing else is.
    root = dict(zip(NAMES, NAMES, strict=True))
    for (a, b), relation in sorted(pairs.items()):
        if relation in ("exact", "same-picture"):
            old, new = root[b], root[a]
            root = {name: new if r == old else r for name, r in root.items()}
    images = [i | {"content": f"p:{root[i['image_id']]}"} for i in images]
    scored = [(a, b, relation, draw(st.floats(0, 1))) for (a, b), relation in pairs.items()]
    chosen = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9), max_size=3))
    return Known(scored, facts(*images), chosen=chosen)


@given(collections(), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_rows(what: Known, chance: random.Random) -> None:
    pairs = list(what.pairs)
    rows = [dict(zip(what.facts, row, strict=True)) for row in zip(*what.facts.values(), strict=True)]
    chance.shuffle(pairs)
    chance.shuffle(rows)
    shuffled = replace(what, pairs=pairs, facts=facts(*rows))
    assert sorted(cluster(shuffled, RULES).rows) == sorted(cluster(what, RULES).rows)


@given(collections())
def test_each_cluster_has_one_keeper_and_each_image_one_cluster(what: Known) -> None:
    made = cluster(what, RULES)
    ids = [row.image_id for row in made.rows]
    assert len(ids) == len(set(ids))
    assert len(keepers(made)) == len({row.cluster_id for row in made.rows}) == len(sets(made))
    assert all(len(group) > 1 for group in sets(made))


@given(collections())
def test_what_is_apart_never_shares_a_cluster(what: Known) -> None:
    apart = [
        (a, b) for a, b, relation, _ in what.pairs if relation in ("not_duplicate", "variant", "burst", "companion")
    ]
    for group in sets(cluster(what, RULES)):
        assert not any(a in group and b in group for a, b in apart)


@given(collections())
def test_nobody_goes_whose_companion_stays(what: Known) -> None:
    made = cluster(what, RULES)
    going = {row.image_id for row in made.rows if row.role == "redundant"}
    for a, b, relation, _ in what.pairs:
        if relation == "companion":
            assert (a in going) == (b in going) or not {a, b} & going


@given(collections(), st.data())
def test_a_cluster_that_was_decided_stays_as_it_was_decided(what: Known, data: st.DataObject) -> None:
    # Whoever keeps another file than the one with a companion keeps that one, too; that is shown above.
    what = replace(what, pairs=[pair for pair in what.pairs if pair[2] != "companion"])
    rows = cluster(what, RULES).rows
    if not rows:
        return
    chosen = data.draw(st.sampled_from(sorted({row.cluster_id for row in rows})))
    members = [row.image_id for row in rows if row.cluster_id == chosen]
    keeper = data.draw(st.sampled_from(members))
    content = dict(zip(what.facts["image_id"], what.facts["content"], strict=True))
    said = {tuple(sorted((keeper, m))): 1.0 for m in members if content[m] != content[keeper]}
    pairs = [(a, b, "duplicate" if (a, b) in said else relation, score) for a, b, relation, score in what.pairs]
    verdicts = [(*sorted((content[a], content[b])), "duplicate") for a, b in said]
    after = cluster(replace(what, pairs=pairs, verdicts=verdicts, chosen={**what.chosen, keeper: 100}), RULES).rows
    [now] = [{r.image_id for r in after if r.cluster_id == row.cluster_id} for row in after if row.image_id == keeper]
    assert set(members) <= now
    assert next(row.role for row in after if row.image_id == keeper) == "keeper"


def test_work_grows_with_the_pairs_not_with_their_square() -> None:
    n = 20_000
    day = datetime(2026, 1, 1)
    images = [image(f"{i:06}", modified_at=day + timedelta(seconds=i)) for i in range(n)]
    pairs = [(f"{i:06}", f"{i + 1:06}", "fuzzy") for i in range(0, n - 1, 2)]
    assert len(sets(cluster(known(images, *pairs), RULES))) == n // 2
