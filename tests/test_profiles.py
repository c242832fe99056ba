"""Profiles: those shipped, one's own, what is wrong in a file by its line, and what is wrong with a value."""

import os
import re
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import fields, profiles
from workbench.errors import BadValue, NotFound, StorageError
from workbench.profile_rules import RULES, TYPES, Finding, is_placeholder
from workbench.profile_source import places

SHIPPED = [
    "archive", "dublin-core", "ecommerce", "iptc-core", "iptc-ext", "legal-evidence", "medical", "training-set",
]  # fmt: skip


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / "profiles" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def profile(folder: Path, text: str) -> profiles.Profile:
    write(folder, text)
    return profiles.load("mine", folder)


def field(folder: Path, body: str, key: str = "Xmp.wb.x") -> Any:
    return profile(folder, f'[[fields]]\nkey = "{key}"\n{body}').fields[key]


def rules(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity) for finding in findings]


# ── shipped ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_shipped() -> None:
    entries = profiles.available()
    assert [entry.name for entry in entries] == SHIPPED
    assert all(entry.shipped and not entry.problem and entry.label for entry in entries)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profiles_have_no_mistakes_and_their_examples_no_findings(name: str) -> None:
    assert profiles.check(name) == []
    found = profiles.load(name)
    assert found.validate(found.example) == []
    assert len(found.example) > len(found.fields) * 0.8


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profiles_say_everything_in_three_languages(name: str) -> None:
    found = profiles.load(name)
    for words in (found.label, found.description, *(group.label for group in found.groups)):
        assert words.keys() >= {"en", "de", "fr"}
    for wanted in found.fields.values():
        assert wanted.label.keys() >= {"en", "de", "fr"}, wanted.key
        assert wanted.guideline("de"), wanted.key
        assert wanted.group in {group.key for group in found.groups}, wanted.key
        assert wanted.examples or wanted.vocabulary or wanted.spec.structure or wanted.type == "boolean" or (
            wanted.type == "number"
        ), wanted.key  # fmt: skip
        for example in wanted.examples if wanted.type != "structure" else ():
            value = [example] if wanted.spec.is_list else example
            assert wanted.check(value) == [], wanted.key


def test_the_standards_are_whole() -> None:
    assert len(profiles.load("dublin-core").fields) == 15
    core, both = profiles.load("iptc-core"), profiles.load("iptc-ext")
    assert core.fields.keys() == {key for key, spec in fields.FIELDS.items() if spec.section == "core"}
    assert both.fields.keys() == {key for key, spec in fields.FIELDS.items() if spec.section}
    assert sum(not wanted.spec.since for wanted in both.fields.values()) == 59


def test_terms_of_the_standards_are_addresses() -> None:
    wanted = profiles.load("iptc-ext").fields
    for key in ("Xmp.iptcExt.DigitalSourceType", "Xmp.plus.ModelReleaseStatus", "Xmp.plus.DataMining"):
        vocabulary = wanted[key].vocabulary
        assert vocabulary is not None
        assert all(term.term.startswith("http://") for term in vocabulary)


def test_a_profile_loads_while_one_reads_its_name() -> None:
    begun = time.process_time()
    for _ in range(5):
        profiles.load("iptc-ext")
    assert (time.process_time() - begun) / 5 < 0.3


# ── what a hospital doesn't want ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "value", "severity"),
    [
        ("Exif.GPSInfo.GPSLatitude", "51/1 30/1 0/1", "error"),
        ("Xmp.exif.GPSLatitude", "51,30N", "error"),
        ("Xmp.iptcExt.LocationCreated[1]/Iptc4xmpExt:City", "Ghent", "error"),
        ("Xmp.iptcExt.PersonInImage", ["Marie Le Goff"], "error"),
        ("Exif.Photo.BodySerialNumber", "4711", "error"),
        ("Xmp.dc.description", {"de": "Herr Müller, geb. 12.3.1950"}, "warning"),
        ("Xmp.dc.description", "DOB 1950-03-12", "warning"),
        ("Xmp.dc.description", "MRN: 00417233", "warning"),
        ("Xmp.dc.subject", ["wound", "call +32 478 123456"], "warning"),
        ("Xmp.dc.title", "contact: jan@clinic.example", "warning"),
    ],
)
def test_personal_data_is_found_wherever_it_hides(key: str, value: object, severity: str) -> None:
    found = [f for f in profiles.load("medical").validate({key: value}, partial=True) if f.rule == "personal_data"]
    assert found
    assert {finding.severity for finding in found} == {severity}
    assert {finding.field for finding in found} == {key}


def test_medical_has_no_identifying_field_and_harmless_words_pass() -> None:
    medical = profiles.load("medical")
    assert not [key for key in medical.fields if medical.forbids(key)]
    assert {wanted.key for wanted in medical.fields.values() if wanted.personal} >= {"Xmp.dc.description"}
    for words in ("Superficial abrasion, 12 x 8 mm", "Left forearm, day 3", "S51.8", "2 cm dent, 1950s prosthesis"):
        assert medical.validate({"Xmp.dc.description": words, "Exif.GPSInfo.GPSLatitude": ""}, partial=True) == []


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ('type = "text"\nrequired = true', None, [("missing", "error")]),
        ('type = "text"\nrecommended = true', None, [("missing", "warning")]),
        ('type = "list"\nrequired = true', [], [("missing", "error")]),
        ('type = "text"', None, []),
        ('type = "text"\nrequired = true', "  \t", [("empty", "error")]),
        ('type = "text"', "", [("empty", "warning")]),
        ('type = "list"', ["a", " "], [("empty", "warning")]),
        ('type = "text"', "Untitled", [("placeholder", "warning")]),
        ('type = "text"', "DSC_0001.JPG", [("placeholder", "warning")]),
        ('type = "list"', ["dog", "n/a"], [("placeholder", "warning")]),
        ('type = "text"', ["a"], [("wrong_kind", "error")]),
        ('type = "text"', {"de": "a"}, [("wrong_kind", "error")]),
        ('type = "text"', object(), [("wrong_kind", "error")]),
        ('type = "langalt"', {"not a language": "a"}, [("wrong_kind", "error")]),
        ('type = "langalt"', {"de": ["a"]}, [("wrong_kind", "error")]),
        ('type = "list"', [["a"]], [("wrong_kind", "error")]),
        ('type = "text"\nmax_chars = 3', "äöüß", [("too_long", "error")]),
        ('type = "text"\nmax_chars = 4', "äöüß", []),
        ('type = "text"\nmax_bytes = 7', "äöüß", [("too_long", "error")]),
        ('type = "text"\nmax_bytes = 8', "äöüß", []),
        ('type = "choice"\nvocabulary = ["red", "blue"]', "rad", [("not_in_vocabulary", "error")]),
        ('type = "choice"\nvocabulary = ["red"]\nstrict = false', "rad", [("not_in_vocabulary", "info")]),
        ('type = "choice"\nvocabulary = ["none"]', "none", []),
        ("type = \"text\"\npattern = '[A-Z]+'", "AB", []),
        ("type = \"text\"\npattern = '[A-Z]+'", "AB1", [("bad_pattern", "error")]),
        ('type = "date"', "1920~", []),
        ('type = "date"', date(1920, 5, 31), []),
        ('type = "date"', "next tuesday", [("bad_date", "error")]),
        ('type = "date"\nuncertain = false', "1920~", [("bad_date", "error")]),
        ('type = "date"\nuncertain = false', "1920-05", []),
        ('type = "number"\nminimum = 1\nmaximum = 9', 5, []),
        ('type = "number"\nminimum = 1\nmaximum = 9', "9.5", [("out_of_range", "error")]),
        ('type = "number"\nmaximum = 9', 10, [("out_of_range", "error")]),
        ('type = "number"', "12,5", [("wrong_kind", "error")]),
        ('type = "number"', "nan", [("wrong_kind", "error")]),
        ('type = "number"', "1_000", [("wrong_kind", "error")]),
        ('type = "rating"', -1, []),
        ('type = "rating"', 6, [("out_of_range", "error")]),
        ('type = "rating"', 2.5, [("wrong_kind", "error")]),
        ('type = "boolean"', True, []),
        ('type = "boolean"', "False", []),
        ('type = "boolean"', "ja", [("wrong_kind", "error")]),
        ('type = "langalt"\nlanguages = ["en", "de"]', {"x-default": "a dog", "de-AT": "ein Hund"}, []),
        ('type = "langalt"\nlanguages = ["en", "de"]', {"en": "a dog"}, [("missing_language", "warning")]),
        ('type = "langalt"\nlanguages = ["en", "de"]', {"en": "a", "de": " "},
         [("empty", "warning"), ("missing_language", "warning")]),
        ('type = "langalt"\nlanguages = ["en", "de"]', "a dog", [("missing_language", "warning")]),
    ],
)  # fmt: skip
def test_a_value_and_what_is_found(tmp_path: Path, body: str, value: object, expected: list[tuple[str, str]]) -> None:
    found = field(tmp_path, body).check(value)
    assert rules(found) == expected
    assert all(finding.rule in RULES and finding.message and finding.field == "Xmp.wb.x" for finding in found)


def test_findings_say_by_how_much_and_what_instead(tmp_path: Path) -> None:
    chars, size = (
        field(tmp_path, f'type = "text"\n{limit} = 3').check("äöüß")[0] for limit in ("max_chars", "max_bytes")
    )
    assert chars.message == "1 character too long: at most 3 characters fit."
    assert size.message == "5 bytes too long: at most 3 bytes fit."
    colour = field(tmp_path, 'type = "choice"\nvocabulary = [{ term = "blue", label = { de = "Blau" } }, "red"]')
    assert [colour.check(text)[0].suggestion for text in ("BLAU", "bleu", "spaceship")] == ["blue", "blue", None]
    assert field(tmp_path, 'type = "date"').check("circa 1920")[0].suggestion == "1920~"
    assert field(tmp_path, 'type = "number"').check("12,5")[0].suggestion == "12.5"
    assert field(tmp_path, 'type = "boolean"').check("ja")[0].suggestion == "True"


def test_iptc_iim_limits_are_warnings_unless_the_profile_sets_them(tmp_path: Path) -> None:
    title = profiles.load("iptc-core").fields["Xmp.dc.title"]
    assert title.max_bytes == 64
    assert title.check("é" * 32) == []
    found = title.check({"x-default": "é" * 33, "fr": "é" * 99})
    assert rules(found) == [("too_long", "warning")]
    assert found[0].message == "2 bytes too long: at most 64 bytes fit in IPTC-IIM, where it would be cut."
    assert rules(field(tmp_path, "max_bytes = 64", "Xmp.dc.title").check("é" * 33)) == [("too_long", "error")]
    assert field(tmp_path, "max_bytes = 0", "Xmp.dc.title").check("é" * 99) == []
    assert field(tmp_path, 'iim = ""', "Xmp.dc.title").check("é" * 99) == []


def test_the_mapping_can_be_changed(tmp_path: Path) -> None:
    wanted = field(tmp_path, 'type = "text"\nexif = ["Exif.Image.XPSubject"]\niim = "Iptc.Application2.Headline"')
    assert wanted.spec.carriers == ("Xmp.wb.x", "Exif.Image.XPSubject", "Iptc.Application2.Headline")
    assert (wanted.spec.iim_bytes, wanted.max_bytes) == (256, 256)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("Xmp.iptc.CreatorContactInfo", "a@b.example", "named members"),
        ("Xmp.iptc.CreatorContactInfo", {"CiAdrCiti": "Ghent"}, "perhaps CiAdrCity?"),
        ("Xmp.iptc.CreatorContactInfo", {"CiAdrCity": ["Ghent"]}, "one value"),
        ("Xmp.iptc.CreatorContactInfo", {"CiAdrCity": {"de": "Gent"}}, "no languages"),
        ("Xmp.iptcExt.LocationCreated", [{"City": "Ghent"}, {"City": "Bruges"}], "At most 1"),
        ("Xmp.iptcExt.LocationShown", [{"exif:GPSAltitude": "high"}], "is a number"),
        ("Xmp.iptcExt.ArtworkOrObject", [{"AODateCreated": "circa 1880"}], "is a date"),
        ("Xmp.iptcExt.ImageRegion", [{"RegionBoundary": "all"}], "is a structure"),
        ("Xmp.iptcExt.ImageRegion", [{"RegionBoundary": {"rbX": "left"}}], "is a number"),
        ("Xmp.iptcExt.ImageRegion", [{"shape": "round"}], "no member"),
    ],
)
def test_structures_have_the_members_of_the_standard(key: str, value: object, words: str) -> None:
    found = profiles.load("iptc-ext").fields[key].check(value)
    assert [finding.severity for finding in found] == ["error"]
    assert words in found[0].message


def test_a_region_may_carry_any_property() -> None:
    region = {"rId": "1", "dc:description": {"x-default": "A boat"}}
    assert profiles.load("iptc-ext").fields["Xmp.iptcExt.ImageRegion"].check([region]) == []


def test_partial_values_are_checked_without_asking_for_the_rest() -> None:
    shop = profiles.load("ecommerce")
    assert {finding.rule for finding in shop.validate({})} == {"missing"}
    assert shop.validate({}, partial=True) == []
    assert rules(shop.validate({"Xmp.wb.sku": "rj 1042"}, partial=True)) == [("bad_pattern", "error")]
    assert rules(shop.validate({"Xmp.wb.sku": None}, partial=True)) == [("missing", "error")]


@pytest.mark.parametrize(
    "text",
    ["untitled", " N/A ", "DSC_0001", "IMG_1234.jpg", "_MG_0042", "P1010001", "Unbenannt-3", "???",
     "OLYMPUS DIGITAL CAMERA", "PXL_20240101_101010123", "Screenshot 2024-01-01", "xxx", "---"],
)  # fmt: skip
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["Harbour", "RJ-1042", "unknown", "Image of a dog", "P 38", "1921", "NA", "東京"])
def test_what_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


# ── files with mistakes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[fields]]\nkey = "Xmp.dc.title"\nrequierd = true', 3, "unknown key “requierd” – did you mean “required”?"),
        ('lable = "x"\n[[fields]]\nkey = "Xmp.dc.title"', 1, "did you mean “label”?"),
        ('[[fields]]\nkey = "Xmp.dc.title"\ntype = "txet"', 3, "did you mean “text”?"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nrequired = "yes"', 3, "must be true or false"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nmax_bytes = true', 3, "must be a whole number"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nmax_bytes = -1', 3, "can't be negative"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nlabel = { en = 1 }', 3, "a text for each language"),
        ('[[fields]]\nkey = "Xmp.dc.title"\n\n[[fields]]\nkey = "Xmp.dc.title"', 5, "there twice, first in line 2"),
        ('[[fields]]\nkey = "Xmp.dc.titel"', 2, "Did you mean Xmp.dc.title?"),
        ('[[fields]]\nkey = "Xmp.ddc.title"', 2, "did you mean “dc”?"),
        ('[[fields]]\nkey = "dc:title"', 2, "must be written as Xmp.dc.title"),
        ("[[fields]]\nrequired = true", 1, "has no key"),
        ('[[fields]]\nkey = "Xmp.wb.x"', 2, "needs a type"),
        ('[[fields]]\nkey = "Xmp.wb.x"\ntype = "structure"', 3, "can't be a structure"),
        ('[[fields]]\nkey = "Xmp.dc.title"\ntype = "boolean"', 3, "can't be of type “boolean”"),
        ('[[fields]]\nkey = "Xmp.dc.title"\npattern = "[a-"', 3, "isn't a regular expression"),
        ('[[personal]]\npattern = "("', 2, "isn't a regular expression"),
        ('[[personal]]\nmessage = "x"', 1, "has no “pattern”"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nvocabulary = "absent.csv"', 3, "isn't there"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nvocabulary = "../../secret.csv"', 3, "beside the profile"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nvocabulary = []', 3, "list of terms"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nvocabulary = ["a", "a"]', 3, "there twice"),
        ('[[fields]]\nkey = "Xmp.dc.title"\ngroup = "nowhere"', 3, "no group “nowhere”"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nexif = ["Image.Artist"]', 3, "begin with Exif."),
        ('[[fields]]\nkey = "Xmp.xmp.Rating"\nminimum = 3\nmaximum = 1', 3, "more than"),
        ('[[fields]]\nkey = "Xmp.xmp.Rating"\ndefault = 9\ntype = "rating"', 3, "the default breaks"),
        ('[[fields]]\nkey = "Xmp.dc.title"\nrequired = true\nomit = true', 4, "at once"),
        ('extends = "dublin"', 1, "it extends 'dublin', which isn't there"),
        ('# a note\nextends = "mine"', 2, "can't extend itself"),
        ('name = "x"\nlabel = = "y"', 2, "This isn't TOML"),
        ('name = """never closed', 1, "This isn't TOML"),
        ("", 1, "empty"),
        ("fields = 3", 1, "double brackets"),
        ('fields = ["Xmp.dc.title"]', 1, "written as a table"),
        ('[fields]\nkey = "Xmp.dc.title"', 1, "double brackets"),
        ("[example]\n\"Xmp.dc.title\" = 'x'\n[[fields]]\nkey = 'Xmp.dc.title'\nmax_chars = 0", 2, "breaks its own"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    write(tmp_path, text)
    found = profiles.check("mine", tmp_path)
    assert [(mistake.path, mistake.line) for mistake in found] == [("mine.toml", line)]
    assert words in found[0].message
    if not text.startswith("[example]"):
        with pytest.raises(BadValue, match=f"mine.toml, line {line}: "):
            profiles.load("mine", tmp_path)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "colours.csv").write_text("term,broader\nred,warm\n", "utf-8")
    write(tmp_path, """
label = { en = "Mine" }

[[fields]]
key = "Xmp.dc.title"
help = \"\"\"
[[fields]]
requierd = "not a key: this is a text"
\"\"\"
requierd = true

[[fields]]
key = "Xmp.dc.subject"
vocabulary = "colours.csv"
examples = [
    "key = 1",
    "]",
]
max_chars = "many"
""")  # fmt: skip
    with pytest.raises(BadValue) as caught:
        profiles.load("mine", tmp_path)
    assert [re.findall(r"\S+, line \d+", line) for line in caught.value.message.splitlines()[1:]] == [
        ["colours.csv, line 2"], ["mine.toml, line 10"], ["mine.toml, line 19"],
    ]  # fmt: skip
    assert "3 mistakes" in caught.value.message


def test_profiles_that_extend_each_other_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "two"', "one")
    write(tmp_path, 'extends = ["dublin-core", "one"]', "two")
    assert [(m.path, m.line) for m in profiles.check("one", tmp_path)] == [("two.toml", 1)]
    assert "one → two → one" in profiles.check("one", tmp_path)[0].message


def test_a_mistake_in_what_it_extends_is_named_there(tmp_path: Path) -> None:
    write(tmp_path, '\n[[fields]]\nkey = "Xmp.dc.title"\nrequierd = true', "base")
    write(tmp_path, 'extends = "base"')
    assert [str(mistake)[:17] for mistake in profiles.check("mine", tmp_path)] == ["base.toml, line 4"]


def test_files_that_are_no_profile(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes(b'name = "Schl\xfcssel"')
    assert "UTF-8" in profiles.check("mine", tmp_path)[0].message
    path.write_bytes(b"a = [" * 100_000)
    assert profiles.check(path)
    path.write_bytes(b"#" * (5 * 2**20))
    assert "at most" in profiles.check(path)[0].message
    assert profiles.available(tmp_path)[0].problem
    path.write_bytes('\ufefflabel = "Mit BOM"\r\nlanguages = ["de"]\r\n'.encode())
    assert profiles.load(path).title() == "Mit BOM"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, 'label = "x"')
    path.chmod(0)
    with pytest.raises(NotFound, match="can't be read"):
        profiles.load("mine", tmp_path)


@pytest.mark.parametrize("name", ["nothing", "../mine", "", "Ecommerce", "x.toml", "a/b", "ecommerce\0"])
def test_what_isnt_there_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, 'label = "x"')
    with pytest.raises(NotFound) as caught:
        profiles.load(name, tmp_path)
    assert caught.value.hint


# ── one's own ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_profile_of_ones_own_begins_with_a_line(tmp_path: Path) -> None:
    path = profiles.start("acme", extends="ecommerce", folder=tmp_path)
    assert path == tmp_path / "profiles" / "acme.toml"
    own, shop = profiles.load("acme", tmp_path), profiles.load("ecommerce")
    assert own.fields.keys() == shop.fields.keys()
    assert (own.title(), own.extends, own.validate(own.example)) == ("Acme", ("ecommerce",), [])
    assert profiles.available(tmp_path)[0].name == "acme"
    with pytest.raises(BadValue, match="already"):
        profiles.start("acme", folder=tmp_path)
    # The notes in the file are a profile, too.
    said = path.read_text("utf-8").replace("# [[", "[[")
    said = re.sub(r"^# (?=\w+ = )", "", said, flags=re.MULTILINE)
    path.write_text(said, "utf-8")
    assert profiles.load("acme", tmp_path).fields["Xmp.wb.clientReference"].check("AC-2041") == []


def test_a_beginning_that_cant_be(tmp_path: Path) -> None:
    for name in ("Acme", "../acme", "a b", "", "x" * 65):
        with pytest.raises(BadValue):
            profiles.start(name, folder=tmp_path)
    with pytest.raises(NotFound):
        profiles.start("acme", extends="nothing", folder=tmp_path)
    (tmp_path / "profiles").write_text("a file is in the way")
    with pytest.raises((StorageError, BadValue)):
        profiles.start("acme", folder=tmp_path)


def test_extending_changes_only_what_is_written(tmp_path: Path) -> None:
    own = profile(tmp_path, """
extends = ["iptc-core", "archive"]
languages = ["cy", "en"]

[[groups]]
key = "content"
label = { cy = "Cynnwys" }

[[fields]]
key = "Xmp.dc.title"
label = { cy = "Teitl" }
required = false

[[fields]]
key = "Xmp.wb.shelf"
type = "text"
group = "content"

[[fields]]
key = "Xmp.wb.sizes"
type = "number"
many = true
ordered = true

[[fields]]
key = "Xmp.dc.source"
omit = true
""")  # fmt: skip
    title = own.fields["Xmp.dc.title"]
    assert (title.name("cy"), title.name("de"), title.required) == ("Teitl", "Titel", False)
    assert title.languages == ("cy", "en")
    assert "Xmp.dc.source" not in own.fields
    assert "Xmp.dc.source" not in own.example
    assert own.fields["Xmp.wb.sizes"].spec.array == "seq"
    assert own.fields["Xmp.wb.sizes"].check([1, "2"]) == []
    content = next(group for group in own.groups if group.key == "content")
    assert (content.name("cy"), content.name("en")) == ("Cynnwys", "Content")
    assert own.by_group()["content"][-1].key == "Xmp.wb.shelf"


def test_a_workspaces_profile_hides_and_may_extend_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, 'label = "Our shop"\nextends = "ecommerce"', "ecommerce")
    assert profiles.load("ecommerce", tmp_path).title() == "Our shop"
    assert len(profiles.load("ecommerce", tmp_path).fields) == len(profiles.load("ecommerce").fields)
    assert [entry.shipped for entry in profiles.available(tmp_path) if entry.name == "ecommerce"] == [False]


def test_a_vocabulary_of_ones_own_lies_beside_the_profile(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "shades.csv").write_text("term,de\nsky,Himmel\n", "utf-8")
    (tmp_path / "profiles" / "tones.toml").write_text('terms = ["dark"]', "utf-8")
    own = profile(tmp_path, 'extends = "ecommerce"\n[[fields]]\nkey = "Xmp.wb.colour"\nvocabulary = "shades.csv"')
    assert own.fields["Xmp.wb.colour"].check("himmel")[0].suggestion == "sky"
    assert "tones" not in [entry.name for entry in profiles.available(tmp_path)]


# ── invariants ────────────────────────────────────────────────────────────────────────────────────────────────

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(profiles.load("iptc-ext").fields)), values)
def test_no_value_breaks_the_checks(key: str, value: object) -> None:
    for finding in EXT.validate({key: value}, partial=True):
        assert finding.rule in RULES
        assert finding.field == key
        assert finding.severity in ("error", "warning", "info")


EXT = profiles.load("iptc-ext")


@given(st.integers(1, 5), st.integers(0, 4))
def test_lines_are_found_whatever_stands_between(tables: int, blank: int) -> None:
    between = "\n" * blank + '# [[fields]]\n"a b" = """\n[[fields]]\n"""\n' + "\n" * blank
    text = "".join(f"[[fields]]\nkey = 'k{n}'\n{between}" for n in range(tables))
    found = places(text)
    lines = text.splitlines()
    for number in range(tables):
        assert lines[found["fields", number, "key"] - 1] == f"key = 'k{number}'"
        assert lines[found["fields", number] - 1] == "[[fields]]"
    assert ("fields", tables) not in found


def test_every_type_can_be_used(tmp_path: Path) -> None:
    for kind in TYPES:
        if kind != "structure":
            assert field(tmp_path, f'type = "{kind}"').type == kind
