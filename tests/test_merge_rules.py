"""Rules for merging metadata: which policy for which field, and what each makes of what the images say."""

import tomllib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import dedup_settings, merge_rules
from workbench.errors import BadValue
from workbench.fields import FIELDS, KINDS
from workbench.merge_rules import POLICIES, Merged, Rules, Said, comparable, contradicts, defaults, fits, kind_of, merge

TEXTS = st.lists(st.text("abAB ä", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=3)
LANGUAGES = st.dictionaries(st.sampled_from([None, "x-default", "de"]), TEXTS, max_size=3)
IMAGES = st.lists(st.tuples(LANGUAGES, st.booleans()), min_size=1, max_size=4)


def said(*texts: str, by: str = "a", lang: str | None = None, entered: bool = False, year: int = 0) -> Said:
    return Said(by, {lang: list(texts)} if texts else {}, entered, datetime(year, 1, 1) if year else None)


def texts(made: Merged, lang: str | None = None) -> list[str]:
    return made.languages.get(lang, [])


# -- which policy


def test_every_kind_of_field_has_a_policy_that_fits() -> None:
    assert set(defaults().kinds) == {*KINDS, "unknown"}
    for key, spec in FIELDS.items():
        assert fits(defaults().policy(key), spec.kind), key
    for key in defaults().fields:
        assert key in FIELDS


@pytest.mark.parametrize(
    ("key", "policy"),
    [
        ("Xmp.dc.subject", "union"),
        ("Xmp.dc.rights", "agree"),
        ("Xmp.dc.creator", "agree"),
        ("Xmp.dc.title", "longest"),
        ("Xmp.photoshop.DateCreated", "oldest"),
        ("Xmp.tiff.Make", "keep"),
        ("Xmp.xmpMM.DocumentID", "keep"),
        ("Xmp.exif.GPSLatitude", "agree"),
        ("Xmp.wb.sku", "agree"),
        ("Xmp.iptcExt.LocationShown", "keep"),
        ("Xmp.iptcExt.LocationShown[1]/Iptc4xmpExt:City", "keep"),
    ],
)
def test_the_defaults(key: str, policy: str) -> None:
    assert defaults().policy(key) == policy


def test_a_file_may_say_otherwise_for_fields_namespaces_and_kinds() -> None:
    table = tomllib.loads(
        '[merge.fields]\n"dc:title" = "ask"\n[merge.namespaces]\nphotoshop = "keep"\n[merge.kinds]\nbag = "keep"\n'
    )
    rules = defaults().over(table["merge"])
    assert rules.policy("Xmp.dc.title") == "ask"
    assert rules.policy("Xmp.photoshop.City") == "keep"
    assert rules.policy("Xmp.photoshop.Headline") == "longest"  # a field of the shipped rules is still nearer
    assert rules.policy("Xmp.dc.subject") == "keep"
    assert defaults().policy("Xmp.dc.title") == "longest"


def test_rules_can_also_be_given_flat() -> None:
    rules = defaults().over({"Xmp.dc.subject": "keep", "text": "ask"})
    assert (rules.policy("Xmp.dc.subject"), rules.policy("Xmp.photoshop.City")) == ("keep", "ask")


def test_what_the_rules_write_can_be_read_by_the_settings(tmp_path: Path) -> None:
    (tmp_path / "dedup.toml").write_text(defaults().over({"dc:title": "ask"}).as_toml(), "utf-8")
    again = Rules().over(dedup_settings.load(tmp_path).tables["merge"])
    assert again == defaults().over({"dc:title": "ask"})


@pytest.mark.parametrize(
    "table",
    [
        {"fields": {"dc:title": "newest"}},
        {"fields": {"dc:title": 3}},
        {"fields": {"nothing": "keep"}},
        {"fields": {"Xmp.iptcExt.LocationShown": "union"}},
        {"fields": {"Xmp.photoshop.City": "union"}},
        {"kinds": {"bag": None}},
    ],
)
def test_rules_that_can_not_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        defaults().over(table)


# -- what each policy makes of it


def test_union_keeps_the_order_and_spelling_of_the_keeper() -> None:
    made = merge("union", "bag", said("Shoe", "red"), [said("shoe", "summer", by="b"), said("RED", "sale", by="c")])
    assert texts(made) == ["Shoe", "red", "summer", "sale"]
    assert made.sources == ("b", "c")


def test_union_of_a_text_in_languages_adds_languages_only() -> None:
    keeper = Said("a", {"x-default": ["Shirt"]})
    other = Said("b", {"x-default": ["Hemd"], "de": ["Hemd"]})
    made = merge("union", "langalt", keeper, [other])
    assert made == Merged({"x-default": ["Shirt"], "de": ["Hemd"]}, ("b",), True)


def test_agree_fills_a_gap_only_where_the_others_agree() -> None:
    assert texts(merge("agree", "text", said(), [said("Rome", by="b"), said("Rome ", by="c")])) == ["Rome"]
    undecided = merge("agree", "text", said(), [said("Rome", by="b"), said("Oslo", by="c")])
    assert (texts(undecided), undecided.open) == ([], True)
    kept = merge("agree", "text", said("Paris"), [said("Rome", by="b")])
    assert (texts(kept), kept.sources, kept.open) == (["Paris"], (), True)


def test_agreeing_lists_may_have_another_order_where_order_means_nothing() -> None:
    assert texts(merge("agree", "bag", said(), [said("x", "y", by="b"), said("y", "x", by="c")])) == ["x", "y"]
    assert merge("agree", "seq", said(), [said("x", "y", by="b"), said("y", "x", by="c")]).open


def test_longest_counts_letters_and_not_spaces() -> None:
    assert texts(merge("longest", "text", said("Red  shirt     "), [said("Red shirts", by="b")])) == ["Red shirts"]
    assert merge("longest", "text", said("Same"), [said("Emas", by="b")]).sources == ()


def test_oldest_takes_the_earliest_date_and_of_one_date_the_most_exact() -> None:
    others = [said("2021", by="b"), said("2019-05-03", by="c"), said("2019-05-03T10:00:00", by="d")]
    assert texts(merge("oldest", "date", said("2020-01-05"), others)) == ["2019-05-03T10:00:00"]
    assert texts(merge("oldest", "date", said("2020"), [said("2020-11-30", by="b")])) == ["2020-11-30"]


def test_a_clock_that_was_never_set_is_no_old_date() -> None:
    assert texts(merge("oldest", "date", said("2000-01-01T00:00:12"), [said("2019-05-03", by="b")])) == ["2019-05-03"]


def test_oldest_of_other_fields_is_what_the_oldest_image_says() -> None:
    others = [said("young", by="b", year=2020), said("old", by="c", year=2001), said("unknown", by="d")]
    assert texts(merge("oldest", "text", said("mine", year=2010), others)) == ["old"]


@pytest.mark.parametrize("policy", ["longest", "oldest", "agree"])
def test_what_somebody_entered_counts_over_what_files_say(policy: str) -> None:
    others = [said("a much longer text of a file", by="b", year=1990), said("typed", by="c", entered=True, year=2024)]
    assert texts(merge(policy, "text", said(), others)) == ["typed"]
    typed = said("mine", entered=True, year=2024)
    assert texts(merge(policy, "text", typed, [others[0]])) == ["mine"]


def test_languages_are_merged_apart() -> None:
    keeper = Said("a", {"x-default": ["A long English title"], "de": ["Kurz"]})
    other = Said("b", {"x-default": ["Short"], "de": ["Ein langer Titel"], "fr": ["Titre"]})
    made = merge("longest", "langalt", keeper, [other])
    assert made.languages == {"x-default": ["A long English title"], "de": ["Ein langer Titel"], "fr": ["Titre"]}


def test_ask_and_keep_take_nothing() -> None:
    others = [said("other", by="b")]
    assert merge("ask", "text", said("mine"), others) == Merged({None: ["mine"]}, (), True)
    assert merge("keep", "text", said("mine"), others) == Merged({None: ["mine"]})
    assert merge("ask", "text", said("same"), [said("same", by="b")]).open is False


@given(st.sampled_from(sorted(POLICIES)), st.sampled_from(["bag", "seq", "langalt", "text", "date"]), IMAGES)
def test_nothing_is_invented_and_no_language_of_the_keeper_is_lost(
    policy: str, kind: str, images: list[tuple[dict[str | None, list[str]], bool]]
) -> None:
    voices = [Said(str(n), languages, typed) for n, (languages, typed) in enumerate(images)]
    made = merge(policy, kind, voices[0], voices[1:])
    for lang, said_now in made.languages.items():
        assert set(said_now) <= {text for one in voices for text in one.languages.get(lang, [])}
    assert made.languages.keys() >= voices[0].languages.keys()
    assert set(made.sources) <= {one.image_id for one in voices[1:]} | {voices[0].image_id}
    if policy in ("keep", "ask"):
        assert made.languages == voices[0].languages


@given(IMAGES)
def test_union_has_every_keyword_once_and_merging_again_changes_nothing(
    images: list[tuple[dict[str | None, list[str]], bool]],
) -> None:
    voices = [Said(str(n), languages, typed) for n, (languages, typed) in enumerate(images)]
    made = merge("union", "bag", voices[0], voices[1:])
    for lang in {lang for one in voices for lang in one.languages}:
        wanted = {comparable(text, "bag") for one in voices for text in one.languages.get(lang, [])}
        assert {comparable(text, "bag") for text in made.languages[lang]} == wanted
    again = merge("union", "bag", Said("k", made.languages), voices[1:])
    assert again.languages == made.languages


# -- fields that belong together


def test_a_place_is_not_put_together_from_two_places() -> None:
    group = next(group for group in merge_rules.TOGETHER if "Xmp.photoshop.City" in group)
    keeper = {"Xmp.photoshop.Country": said("France")}
    berlin = {"Xmp.photoshop.City": said("Berlin", by="b"), "Xmp.photoshop.Country": said("Germany", by="b")}
    lyon = {"Xmp.photoshop.City": said("Lyon", by="c"), "Xmp.photoshop.Country": said(" France", by="c")}
    assert contradicts(keeper, berlin, group)
    assert not contradicts(keeper, lyon, group)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("48,51.5000N", "48.858333N", True),
        ("48,51,30N", "48,51.5N", True),
        ("48,51.5N", "48,51.5S", False),
        ("nonsense", "nonsense", True),
    ],
)
def test_positions_are_compared_as_positions(one: str, other: str, same: bool) -> None:
    assert (comparable(one, "gps") == comparable(other, "gps")) is same


def test_the_kind_of_what_nobody_knows() -> None:
    assert [kind_of(key) for key in ("Xmp.wb.sku", "Xmp.a.b[1]/x:y", "")] == ["unknown", "structure", "unknown"]
