"""What is said about findings, in the languages that labels have."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

import workbench as wb
from workbench import finding_words, profiles
from workbench.finding_words import LANGUAGES, Words, words_of
from workbench.form_views import told_finding
from workbench.profile_rules import Finding
from workbench.tagging import TagSession

PROFILE = """
name = "strict"
[[fields]]
key = "Xmp.dc.title"
label = { en = "Title", de = "Titel", fr = "Titre" }
required = true
max_chars = 1200
languages = ["de"]
[[fields]]
key = "Xmp.xmp.Rating"
type = "rating"
[[fields]]
key = "Xmp.photoshop.City"
pattern = "[A-Z].*"
message = { en = "Begin with a capital.", de = "Mit einem Großbuchstaben beginnen." }
[[fields]]
key = "Xmp.photoshop.Country"
vocabulary = ["Germany"]
[[fields]]
key = "Xmp.photoshop.DateCreated"
[[fields]]
key = "Xmp.iptcExt.LocationCreated"
[[fields]]
key = "Xmp.photoshop.Credit"
max_bytes = 5
[[fields]]
key = "Xmp.xmpRights.Marked"
"""

BROKEN = [
    {}, {"Xmp.dc.title": "  "}, {"Xmp.dc.title": "untitled"}, {"Xmp.dc.title": "x" * 2_401},
    {"Xmp.dc.title": {"fr": "Un titre"}}, {"Xmp.xmp.Rating": 7}, {"Xmp.xmp.Rating": "many"}, {"Xmp.xmp.Rating": "1.5"},
    {"Xmp.photoshop.City": "bonn"}, {"Xmp.photoshop.Country": "Germny"}, {"Xmp.photoshop.DateCreated": "next tuesday"},
    {"Xmp.photoshop.DateCreated": "1920~"}, {"Xmp.photoshop.City": ["a", "b"]}, {"Xmp.photoshop.City": {"de": "Köln"}},
    {"Xmp.iptcExt.LocationCreated": [{"Cty": "Bonn"}, {"City": ["a"]}]}, {"Xmp.photoshop.Credit": "Studio"},
    {"Xmp.xmpRights.Marked": "perhaps"}, {"Xmp.photoshop.City": b"bytes"},
]  # fmt: skip


@pytest.fixture
def profile(tmp_path: Path) -> profiles.Profile:
    path = tmp_path / "strict.toml"
    path.write_text(PROFILE, "utf-8")
    return profiles.load(path)


def found(profile: profiles.Profile, values: dict[str, object]) -> Finding:
    return next(f for f in profile.validate(values, partial=bool(values)))


def test_every_sentence_is_there_in_every_language_with_the_same_places() -> None:
    for key, templates in finding_words._table().items():
        assert tuple(templates) == LANGUAGES, key
        places = {lang: set(re.findall(r"\{(\w+)\}", text)) for lang, text in templates.items()}
        assert key == "no_date" or places["en"] == places["de"] == places["fr"], key
        assert len(set(templates.values())) == 3, key


@pytest.mark.parametrize("values", BROKEN, ids=str)
def test_each_finding_is_said_in_each_language(profile: profiles.Profile, values: dict[str, object]) -> None:
    finding = found(profile, values)
    assert finding.says() == finding.says("en") == finding.message
    said = {lang: finding.says(lang) for lang in LANGUAGES}
    assert said["en"] != said["de"], "said in English only"
    assert told_finding(finding, "de")["message"] == said["de"]


@pytest.mark.parametrize(
    ("values", "lang", "said"),
    [
        ({}, "de", "Titel muss ausgefüllt sein."),
        ({}, "fr-CA", "Titre est obligatoire."),
        ({}, "xx", "Title is required."),
        ({"Xmp.dc.title": "x" * 2_401}, "de", "1.201 Zeichen zu lang: höchstens 1.200 Zeichen passen."),
        ({"Xmp.dc.title": "x" * 1_201}, "fr", "Trop long de 1 caractère : 1\u202f200 caractères au plus."),
        ({"Xmp.xmp.Rating": 7}, "de", "Das muss von -1 bis 5 sein."),
        ({"Xmp.photoshop.City": "bonn"}, "de", "Mit einem Großbuchstaben beginnen."),
        ({"Xmp.photoshop.City": "bonn"}, "fr", "Begin with a capital."),
        ({"Xmp.photoshop.Country": "Germny"}, "fr", "Ce n’est pas un terme du vocabulaire ; peut-être « Germany » ?"),
    ],
)
def test_they_are_said_as_people_there_write(
    profile: profiles.Profile, values: dict[str, object], lang: str, said: str
) -> None:
    assert found(profile, values).says(lang) == said


def test_words_are_text_and_can_be_copied() -> None:
    made = words_of("at_least", low=1.5)
    assert made == "This must be at least 1.5."
    assert made.in_language("de") == "Das muss mindestens 1,5 sein."
    for twin in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert isinstance(twin, Words)
        assert twin.in_language("fr") == "Ce doit être au moins 1,5."


def test_braces_in_a_value_are_only_text(profile: profiles.Profile) -> None:
    finding = found(profile, {"Xmp.photoshop.Country": "{near} {label.__class__}"})
    assert finding.says("de") == "Das ist kein Begriff des Vokabulars."
    assert Words({"en": "{a}"}, a="{b}") == "{b}"


def test_the_form_is_in_the_workspaces_language_or_in_the_one_named(tmp_path: Path, profile: profiles.Profile) -> None:
    with wb.open(tmp_path / "w", actor="ann"):
        pass
    with open(tmp_path / "w" / "workspace.toml", "a", encoding="utf-8") as file:
        file.write('language = "de"\n')
    with wb.open(tmp_path / "w", actor="ann") as ws:
        made = TagSession(ws, profile, [])
        assert made.language == "de"
        made.close()
        other = TagSession(ws, profile, [], language="fr")
        assert other.language == "fr"
        other.close()
