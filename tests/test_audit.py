import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_collections import fill, image_ids, jpeg

import workbench as wb
from workbench import audit_rules, profiles
from workbench.audit import Audit, audit
from workbench.catalog import load_queries, sql_folder
from workbench.errors import BadValue, NotFound
from workbench.fields import FIELDS

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
import planted

pytestmark = pytest.mark.core

TITLE, CITY, SUBJECT = "Xmp.dc.title", "Xmp.photoshop.City", "Xmp.dc.subject"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "workspace", actor="ann") as opened:
        yield opened


def store(ws: wb.Bench, images: list[planted.Image]) -> None:
    with ws.catalog.writing() as connection:
        planted.store(connection, images)


def found(made: Audit) -> dict[str, set[str]]:
    """Rule → ids of the images that it found something in."""
    return {str(rule): set(ids) for rule, ids in made.findings.groupby("rule")["image_id"]}


def numbered(number: int) -> str:
    return f"{number:020x}"


# -- the rules


def test_there_are_more_than_forty_rules_and_each_names_its_own_kind() -> None:
    rules = audit_rules.shipped()
    assert len({rule.id for rule in rules}) >= 40
    assert {rule.kind for rule in rules} <= set(audit_rules.kinds())
    assert len({(rule.id, rule.field) for rule in rules}) == len(rules)


def test_every_rule_speaks_in_sentences_about_known_fields() -> None:
    for rule in audit_rules.shipped():
        assert rule.severity in audit_rules.SEVERITIES
        assert set(rule.columns) <= set(FIELDS), rule.id
        assert rule.says.endswith((".", "}")), rule.id
        assert rule.suggestion.endswith("."), rule.id
        assert not set("{}") & set(rule.title), rule.id


def test_every_kind_says_what_it_finds() -> None:
    assert [query.name for query in audit_rules.kinds().values() if not query.doc.endswith(".")] == []


def test_every_kind_is_used_by_a_rule_or_a_profile() -> None:
    used = {rule.kind for rule in audit_rules.shipped()}
    for entry in profiles.available():
        used |= {rule.kind for rule in audit_rules.of_profile(profiles.load(entry.name))}
    by_language = {"language_missing"}  # no shipped profile wants several
    kinds = {query.name for query in load_queries(sql_folder() / "audit").values() if query.module == "kinds"}
    assert kinds == used | by_language


def test_countries_lie_on_earth_and_no_spelling_stands_for_two() -> None:
    boxes = audit_rules.country_boxes()
    assert all(-90 <= box["south"] < box["north"] <= 90 for box in boxes)
    assert all(-180 <= box["west"] <= 180 and -180 <= box["east"] <= 180 for box in boxes)
    spellings = [box["spelling"].casefold() for box in boxes]
    assert len({(s, box["name"]) for s, box in zip(spellings, boxes, strict=True)}) == len(set(spellings))


@pytest.mark.parametrize("pattern", [r"(?!a)b", r"(?<=a)b", r"(a)\1", r"(?>a)b", "a++"])
def test_patterns_that_only_python_understands_are_known(pattern: str) -> None:
    assert not audit_rules.is_plain(pattern)
    assert audit_rules.is_plain(r"(?i)[A-Z]{2,3}(-\d+)?|https?://\S+")


# -- planted errors


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    with wb.open(tmp_path_factory.mktemp("clean") / "w", actor="ann") as ws:
        store(ws, planted.clean(2_000))
        yield audit(ws)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Audit, dict[str, set[str]]]]:
    images = planted.clean(2_000)
    wanted = planted.plant(images)
    with wb.open(tmp_path_factory.mktemp("faulty") / "w", actor="ann") as ws:
        store(ws, images)
        yield audit(ws), wanted


def test_a_clean_collection_has_no_findings(clean: Audit) -> None:
    assert clean.looked_at == 2_000
    assert clean.findings.empty
    assert clean.summary().empty
    assert clean.worst().empty


@pytest.mark.parametrize("rule", [*planted.PLANTS, "copies_differ", "copied"])
def test_what_was_planted_is_found(faulty: tuple[Audit, dict[str, set[str]]], rule: str) -> None:
    made, wanted = faulty
    assert wanted[rule] <= found(made).get(rule, set())


def test_nothing_is_found_in_images_that_were_left_clean(faulty: tuple[Audit, dict[str, set[str]]]) -> None:
    made, wanted = faulty
    assert set().union(*found(made).values()) <= set().union(*wanted.values())


def test_findings_are_one_row_an_image_and_rule_in_whole_sentences(faulty: tuple[Audit, Any]) -> None:
    rows = faulty[0].findings
    assert list(rows) == ["image_id", "rule", "severity", "field", "value", "message", "suggestion", "ignored"]
    assert not rows.duplicated(["image_id", "rule", "field"]).any()
    assert not rows["message"].str.contains(r"\{\w*\}").any()
    said = dict(zip(rows["rule"], rows["message"], strict=True))
    assert said["keyword_typo"] == "“architcture”, where many more write “architecture”."
    assert said["position_far_away"].endswith(" doesn't lie in Japan.") or "doesn't lie in" in said["position_far_away"]
    assert (
        said["mojibake"]
        == "“A cafÃ© in the old town beside the market”: text in one character set was read as another (“Ã©”)."
    )


def test_the_summary_counts_images_and_says_of_how_many(faulty: tuple[Audit, dict[str, set[str]]]) -> None:
    made, wanted = faulty
    row = made.summary().set_index(["rule", "field"]).loc[("copied", "Xmp.dc.description")]
    assert (row["images"], row["n"], row["share"]) == (200, 2_000, 0.1)
    order = [audit_rules.SEVERITIES.index(severity) for severity in made.summary()["severity"]]
    assert order == sorted(order)
    assert made.worst(1)["rule"].tolist() == ["copied"]
    assert set(made.images("copied")) == wanted["copied"]
    assert made.images("copied", TITLE) == []


def test_text_for_people(faulty: tuple[Audit, Any]) -> None:
    made = faulty[0]
    assert "The same Description in the whole batch" in str(made)
    assert "2,000 images" in repr(made)
    assert made.as_dict()["images"] == 2_000


# -- single rules, their edges


def one(ws: wb.Bench, **values: Any) -> dict[str, list[str]]:
    """Audit one image that says this beside being clean; rule → its messages."""
    [image] = planted.clean(1)
    image["values"] |= {f"Xmp.{key.replace('_', '.')}": value for key, value in values.items()}
    image["values"] = {key: value for key, value in image["values"].items() if value is not None}
    store(ws, [image])
    rows = audit(ws).findings
    return {str(rule): list(messages) for rule, messages in rows.groupby("rule")["message"]}


@pytest.mark.parametrize("date", ["1920", "1920-05", "2024-02-29", "2024-05-01T10:00", "2024-05-01T10:00:00.5+02:00"])
def test_dates_of_every_exactness_are_dates(ws: wb.Bench, date: str) -> None:
    assert not {"malformed_date", "impossible_date"} & one(ws, photoshop_DateCreated=date).keys()


@pytest.mark.parametrize("date", ["circa 1920", "01.05.2024", "2024/05/01", "May 2024", "20240501"])
def test_what_is_no_date_is_said(ws: wb.Bench, date: str) -> None:
    assert "malformed_date" in one(ws, photoshop_DateCreated=date)


@pytest.mark.parametrize("date", ["2023-02-29", "2024-13-01", "2024-00-10T10:00:00", "2024-05-01T25:00:00"])
def test_what_stands_in_no_calendar_is_said(ws: wb.Bench, date: str) -> None:
    assert "impossible_date" in one(ws, photoshop_DateCreated=date)


@pytest.mark.parametrize(
    "text",
    [
        "Café Müller in Ålesund",
        "東京の夜景をながめる",
        "صورة للمدينة القديمة",
        "Вид на старый город",
        "Âge d'or, façade Ã l'ancienne",
    ],
)
def test_letters_of_any_language_are_not_garbled(ws: wb.Bench, text: str) -> None:
    assert "mojibake" not in one(ws, dc_description={"x-default": text})


@pytest.mark.parametrize("text", ["Café Müller in Ålesund", "Вид на город", "日本の写真です", "naïve façade"])
@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_letters_read_in_the_wrong_character_set_are(ws: wb.Bench, text: str, wrong: str) -> None:
    garbled = text.encode().decode(wrong, "replace")
    assert "mojibake" in one(ws, dc_description={"x-default": garbled})


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "The old man and the sea is a book"), ("en", "Der alte Mann und das Meer ist ein Buch"),
        ("ru", "A view of the town"), ("en", "Вид на старый город"), ("ja", "A view of the town"),
        ("fr-CA", "Der Mann und das Meer"),
    ],
)  # fmt: skip
def test_a_text_in_another_language_than_its_tag(ws: wb.Bench, lang: str, text: str) -> None:
    [message] = one(ws, dc_title={"x-default": "A view of number 1", lang: text})["wrong_language"]
    assert f"is tagged {lang}" in message


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "Blick über die Stadt"), ("en", "Schloss Neuschwanstein"), ("de", "2024"), ("zh", "东京"),
        ("ja", "東京"),
        ("en", "The Deutsche Bank in the city"), ("tlh", "whatever this is and the"), ("ru", "Вид на город"),
        ("fr", "Le chat"),
    ],
)  # fmt: skip
def test_a_text_in_the_language_of_its_tag_or_in_none_to_tell(ws: wb.Bench, lang: str, text: str) -> None:
    assert "wrong_language" not in one(ws, dc_title={"x-default": "A view of number 1", lang: text})


@pytest.mark.parametrize("country", ["FR", "France", "frankreich", "FRANCE"])
def test_a_position_far_from_its_country_in_any_spelling(ws: wb.Bench, country: str) -> None:
    there = {"exif_GPSLatitude": "35,40.0N", "exif_GPSLongitude": "139,45.0E"}
    messages = one(ws, photoshop_Country=country, iptc_CountryCode=None, **there)["position_far_away"]
    assert messages == ["35.667, 139.750 doesn't lie in France."]


@pytest.mark.parametrize(
    ("country", "latitude", "longitude"),
    [
        ("Fiji", "17,45.0S", "178,0.0E"), ("Fiji", "16,45.0S", "179,50.0W"), ("Russia", "65,0.0N", "170,0.0W"),
        ("Atlantis", "0,30.0N", "30,0.0W"), ("Monaco", "43,44.0N", "7,25.0E"),
    ],
)  # fmt: skip
def test_a_position_in_its_country_even_across_the_date_line(
    ws: wb.Bench, country: str, latitude: str, longitude: str
) -> None:
    values = {"photoshop_Country": country, "iptc_CountryCode": None, "photoshop_City": None}
    assert "position_far_away" not in one(ws, exif_GPSLatitude=latitude, exif_GPSLongitude=longitude, **values)


def test_half_a_position_is_none(ws: wb.Bench) -> None:
    assert "position_nowhere" in one(ws, exif_GPSLongitude=None)


@pytest.mark.parametrize(
    "text", ["'; drop table images; --", "{field} {value} {note}", "$p0_words", "\x00", "a" * 40_000]
)
def test_hostile_values_are_only_values(ws: wb.Bench, text: str) -> None:
    one(ws, dc_title={"x-default": text}, dc_subject=[text, "boat"], photoshop_City=text)
    assert ws.sql("select count(*) as n from images")["n"].iloc[0] == 1


def test_an_empty_collection(ws: wb.Bench) -> None:
    made = audit(ws)
    assert (made.looked_at, len(made.findings), len(made.completeness())) == (0, 0, 0)


# -- keywords


def keyworded(ws: wb.Bench, counts: dict[str, int]) -> pd.DataFrame:
    images = planted.clean(sum(counts.values()))
    words = [word for word, count in counts.items() for _ in range(count)]
    for word, image in zip(words, images, strict=True):
        image["values"][SUBJECT] = [word, "tram"]
    store(ws, images)
    rows = audit(ws).findings
    return rows[rows["rule"].str.startswith("keyword_")]


def test_spellings_of_one_keyword_are_told_with_the_usual_one(ws: wb.Bench) -> None:
    rows = keyworded(ws, {"Zürich": 60, "zurich": 3, "T-shirt": 50, "t shirt": 2})
    messages = set(rows[rows["rule"] == "keyword_spelling"]["message"])
    assert messages == {"“zurich”, where others write “Zürich”.", "“t shirt”, where others write “T-shirt”."}


def test_singular_and_plural_are_one_concept(ws: wb.Bench) -> None:
    rows = keyworded(ws, {"berry": 30, "berries": 3, "box": 30, "boxes": 2, "glass": 30, "bus": 9})
    assert set(rows[rows["rule"] == "keyword_plural"]["value"]) == {"berries", "boxes"}


def test_a_rare_spelling_one_letter_away_is_a_typo_and_a_frequent_one_a_word(ws: wb.Bench) -> None:
    rows = keyworded(ws, {"landscape": 100, "lanscape": 1, "portrait": 100, "portrayt": 40, "architecture": 100})
    typos = rows[rows["rule"] == "keyword_typo"]
    assert typos["value"].tolist() == ["lanscape"]


# -- batches


def test_what_concerns_batches_is_judged_within_each(ws: wb.Bench) -> None:
    images = planted.clean(400)
    for image in images[:200]:
        image["values"]["Xmp.photoshop.Credit"] = "Agency North"
    images[7]["values"]["Xmp.photoshop.Credit"] = "(c) 2024 AGENCY NORTH, all rights reserved"
    images[8]["values"]["Xmp.photoshop.Credit"] = "Agency South"
    store(ws, images)
    assert found(audit(ws))["holder_varies"] == {numbered(8)}


def test_a_batch_or_a_few_images_alone(ws: wb.Bench) -> None:
    images = planted.clean(400)
    for number in (5, 205):
        images[number]["values"][TITLE] = {"x-default": "untitled"}
    store(ws, images)
    assert found(audit(ws))["placeholder"] == {numbered(5), numbered(205)}
    made = audit(ws, batch="batch-0001")
    assert (made.looked_at, found(made)["placeholder"]) == (200, {numbered(205)})
    assert made.summary()["n"].tolist() == [200] * len(made.summary())
    assert set(made.completeness()["batch"]) == {"batch-0001"}
    few = audit(ws, images=[numbered(5), numbered(6)])
    assert (few.looked_at, found(few)["placeholder"]) == (2, {numbered(5)})
    assert len(ws.sql("select * from findings where rule = 'placeholder'")) == 2, "the others' findings stay"


def test_what_cannot_be_audited(ws: wb.Bench) -> None:
    store(ws, planted.clean(3))
    with pytest.raises(NotFound, match="batch"):
        audit(ws, batch="nowhere")
    with pytest.raises(NotFound, match="aren't catalogued"):
        audit(ws, images=[numbered(1), "nobody"])
    with pytest.raises(BadValue, match="not both"):
        audit(ws, images=[numbered(1)], batch="batch-0000")
    with pytest.raises(NotFound):
        audit(ws, "no such profile")
    with pytest.raises(NotFound, match="no rule"):
        audit(ws).images("no such rule")


# -- profiles

PROFILE = """
name = "client"
label = { en = "Client" }
languages = ["en", "de"]
forbidden = ["Xmp.exif.GPS*", "Exif.GPSInfo.*", "Exif.Canon.SerialNumber"]

[[fields]]
key = "Xmp.dc.title"
required = true
max_chars = 20

[[fields]]
key = "Xmp.wb.sku"
type = "text"
label = { en = "SKU" }
required = true
pattern = "(?!X)[A-Z]{2}-[0-9]{4}"
message = "Two letters, a hyphen, four digits."

[[fields]]
key = "Xmp.dc.subject"
type = "list"
vocabulary = ["boat", "tram"]

[[fields]]
key = "Xmp.photoshop.City"
recommended = true
pattern = "[A-Z].*"

[[fields]]
key = "Xmp.xmp.Rating"
type = "rating"
minimum = 3
"""


@pytest.fixture
def client(ws: wb.Bench) -> profiles.Profile:
    (ws.folder / "profiles").mkdir()
    (ws.folder / "profiles" / "client.toml").write_text(PROFILE, "utf-8")
    return profiles.load("client", ws.folder)


def test_a_profile_says_what_must_be_there_and_how(ws: wb.Bench, client: profiles.Profile) -> None:
    images = planted.clean(6)
    for image in images:
        image["values"] |= {"Xmp.wb.sku": "AB-1234", SUBJECT: ["boat", "tram"], "Xmp.xmp.Rating": "4"}
        image["values"][TITLE] = {"x-default": "Boat", "de": "Das Boot"}
        del image["values"]["Xmp.exif.GPSLatitude"], image["values"]["Xmp.exif.GPSLongitude"]
    del images[0]["values"]["Xmp.wb.sku"]
    images[1]["values"]["Xmp.wb.sku"] = "XB-1234"
    images[2]["values"][SUBJECT] = ["boat", "trams"]
    images[3]["values"][TITLE] = {"x-default": "A boat that has a very long title"}
    images[4]["values"] |= {"Xmp.exif.GPSLatitude": "47,59.0N", "Xmp.exif.GPSLongitude": "7,51.0E", CITY: "freiburg"}
    images[5]["values"]["Xmp.xmp.Rating"] = "1"
    store(ws, images)
    made = audit(ws, "client")
    got = {(rule, field): set(ids) for (rule, field), ids in made.findings.groupby(["rule", "field"])["image_id"]}
    assert got[("required", "Xmp.wb.sku")] == {numbered(0)}
    assert got[("bad_pattern", "Xmp.wb.sku")] == {numbered(1)}
    assert got[("not_in_vocabulary", SUBJECT)] == {numbered(2)}
    assert got[("too_long", TITLE)] == got[("missing_language_de", TITLE)] == {numbered(3)}
    assert got[("personal_data", "Xmp.exif.GPSLatitude")] == got[("bad_pattern", CITY)] == {numbered(4)}
    assert got[("out_of_range", "Xmp.xmp.Rating")] == {numbered(5)}
    assert "missing" not in made.summary()["rule"].tolist(), "the profile says itself what must be there"
    near = made.findings.set_index("rule").loc["not_in_vocabulary", "suggestion"]
    assert near == "Choose a term: perhaps “tram”."
    assert ws.sql("select distinct profile from findings")["profile"].tolist() == ["client"]


def test_every_pattern_for_personal_data_is_looked_for(ws: wb.Bench) -> None:
    medical = profiles.load("medical")
    given_away = ["Call +49 761 555 1234 about it", "MRN: 00123456", "Born 12.03.1961", "Write to a.b@clinic.example"]
    images = planted.clean(len(given_away) + 1)
    for text, image in zip(given_away, images, strict=False):
        image["values"]["Xmp.dc.description"] = {"x-default": text}
    store(ws, images)
    rows = audit(ws, medical).findings
    rows = rows[rows["rule"].str.startswith("personal_text_") & (rows["field"] == "Xmp.dc.description")]
    wanted = {
        (image["image_id"], f"personal_text_{number}")
        for image in images
        for number, personal in enumerate(medical.personal_patterns, 1)
        if personal.pattern.search(image["values"]["Xmp.dc.description"]["x-default"])
    }
    assert set(zip(rows["image_id"], rows["rule"], strict=True)) == wanted
    assert not all(audit_rules.is_plain(personal.pattern.pattern) for personal in medical.personal_patterns)
    assert {numbered(0), numbered(3)} <= {image_id for image_id, _ in wanted}


def test_tags_that_the_profile_forbids_are_found_where_no_field_shows_them(
    ws: wb.Bench, client: profiles.Profile
) -> None:
    store(ws, planted.clean(2))
    with ws.catalog.writing() as connection:
        connection.execute(
            "insert into embedded values (?, 'Exif.Canon.SerialNumber', null, 0, '42'), "
            "(?, 'Exif.Canon.Serial', null, 0, '42')",
            [numbered(0), numbered(1)],
        )
    assert found(audit(ws, client))["personal_tags"] == {numbered(0)}


@pytest.mark.parametrize("name", [entry.name for entry in profiles.available()])
def test_every_shipped_profile_audits(ws: wb.Bench, name: str) -> None:
    store(ws, planted.clean(20))
    made = audit(ws, name)
    assert (made.looked_at, made.name) == (20, name)
    complete = made.completeness()
    assert list(complete["field"].unique()) == list(made.profile.fields if made.profile else ())
    assert complete["share"].between(0, 1).all()


@pytest.mark.parametrize("name", [entry.name for entry in profiles.available()])
def test_an_audit_agrees_with_the_profile_about_its_own_example(ws: wb.Bench, name: str) -> None:
    profile = profiles.load(name)
    [image] = planted.clean(1)
    image["values"] = {k: _said(v) for k, v in profile.example.items() if not profile.fields[k].spec.structure}
    store(ws, [image])
    rows = audit(ws, profile).findings
    by_profile = {rule.id for rule in audit_rules.of_profile(profile)} - {"recommended"}
    structures = {key for key, field in profile.fields.items() if field.spec.structure}
    told = rows[rows["rule"].isin(by_profile) & ~rows["field"].isin(structures)]
    assert told[~told["rule"].str.startswith("personal_text")].empty, told.to_string()


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {lang: _said(content) for lang, content in value.items()}
    return [str(item) for item in value] if isinstance(value, list) else str(value)


# -- mending, and seeing it get better


def test_a_value_entered_mends_the_finding_and_the_trend_shows_it(ws: wb.Bench, tmp_path: Path) -> None:
    ws.scan(
        fill(tmp_path / "photos", {"a.jpg": jpeg(1, "untitled"), "b.jpg": jpeg(2, "A boat at noon")}),
        progress=False,
        workers=1,
    )
    first = audit(ws)
    before = len(first.findings)
    assert first.images("placeholder") == [image_ids(ws)["a.jpg"]]
    ws.set_values(first.images("placeholder"), {TITLE: "A tram at night"})
    second = audit(ws)
    assert "placeholder" not in found(second)
    trend = second.trend()
    assert trend[trend["rule"] == "placeholder"]["findings"].tolist() == [1]
    whole = trend[trend["rule"].isna()]
    assert whole["findings"].tolist() == [before, len(second.findings)]
    assert whole["images"].tolist() == [2, 2]
    assert whole["actor"].tolist() == ["ann", "ann"]


def test_clearing_a_field_makes_it_missing(ws: wb.Bench, tmp_path: Path) -> None:
    ws.scan(fill(tmp_path / "photos", {"a.jpg": jpeg(1, "A boat", ("boat", "tram"))}), progress=False, workers=1)
    assert {TITLE, SUBJECT}.isdisjoint(audit(ws).findings["field"])
    ws.set_values(list(image_ids(ws).values()), {TITLE: None, SUBJECT: None})
    missing = audit(ws).findings.query("rule == 'missing'")["field"]
    assert {TITLE, SUBJECT} <= set(missing)


def test_completeness_counts_by_field_and_batch(ws: wb.Bench) -> None:
    images = planted.clean(400)
    for image in images[:50]:
        del image["values"][CITY]
    store(ws, images)
    rows = audit(ws).completeness([CITY, TITLE]).set_index(["field", "batch"])
    assert (rows.loc[(CITY, "batch-0000"), "present"], rows.loc[(CITY, "batch-0000"), "n"]) == (150, 200)
    assert rows.loc[(TITLE, "batch-0001"), "share"] == 1
    assert rows.loc[(CITY, "batch-0000"), "label"] == FIELDS[CITY].label


def test_audits_survive_a_rebuild_and_findings_are_made_anew(ws: wb.Bench, tmp_path: Path) -> None:
    ws.scan(fill(tmp_path / "photos", {"a.jpg": jpeg(1, "untitled")}), progress=False, workers=1)
    before = audit(ws)
    kept = before.trend()
    ws.rebuild(workers=1, progress=False)
    assert ws.sql("select * from findings").empty
    after = audit(ws)
    assert after.findings.equals(before.findings)
    pd.testing.assert_frame_equal(after.trend().head(len(kept)), kept)
    assert ws.check().empty


def test_carriers_that_contradict_are_told_until_somebody_settles_it(ws: wb.Bench) -> None:
    store(ws, planted.clean(2))
    with ws.catalog.writing() as connection:
        connection.execute(
            "insert into value_conflicts by name select ? as image_id, ? as field, 'x-default' as lang, "
            "'Older' as iptc, 'Newer' as xmp, 'xmp' as origin, 'absent' as digest",
            [numbered(0), TITLE],
        )
        connection.execute(
            "insert into receipts by name select image_id, source, batch, uri, "
            "now()::timestamp as received_at, 1 as seq from image_facts"
        )
    [message] = audit(ws).findings.query("rule == 'carriers_contradict'")["message"]
    assert message.startswith("IPTC: Older | XMP: Newer. XMP counts")
    ws.set_values([numbered(0)], {TITLE: "A title that holds"})
    assert "carriers_contradict" not in found(audit(ws))


def test_damaged_metadata_is_told_once_an_image(ws: wb.Bench) -> None:
    store(ws, planted.clean(2))
    with ws.catalog.writing() as connection:
        for kind in ("unparseable_xmp", "unparseable_iptc"):
            connection.execute(
                "insert into file_problems by name select image_id, uri, source, batch, path, 'metadata' as stage, "
                "? as kind, 'It is damaged.' as message, 'why' as detail from image_facts limit 1",
                [kind],
            )
    assert len(audit(ws).findings.query("rule == 'damaged_metadata'")) == 1
