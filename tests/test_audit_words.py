"""What the audit's rules say in German and French."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from audited_collection import workspace

import workbench as wb
from workbench import audit_rules, profiles
from workbench.__main__ import main

SHIPPED = ("dublin-core", "iptc-ext", "ecommerce", "medical", "legal-evidence", "archive", "training-set")
LANGUAGES = ("de", "fr")
COUNTRY = "Xmp.photoshop.Country"


def ids() -> set[str]:
    return {row["id"] for row in audit_rules._table()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_the_workbench_is_there(language: str) -> None:
    assert ids() <= audit_rules._words()[language].keys()
    assert audit_rules._words()["de"].keys() == audit_rules._words()["fr"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("row", audit_rules._table(), ids=lambda row: row["id"])
def test_they_put_the_same_in(language: str, row: dict[str, str]) -> None:
    english = " ".join(row[name] for name in ("title", "says", "suggestion"))
    told = " ".join(audit_rules._words()[language][row["id"]])
    assert set(re.findall(r"\{\w+\}", told)) - {"{label}"} == set(re.findall(r"\{\w+\}", english)) - {"{label}"}
    assert ("{label}" in told) == ("{label}" in english)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHIPPED)
def test_no_rule_of_a_profile_stays_in_english(language: str, name: str) -> None:
    profile = profiles.load(name)
    rules = audit_rules.shipped(with_profile=True) + audit_rules.of_profile(profile)
    said = audit_rules.in_language(rules, language, profile)
    assert [(one.id, one.field, one.parameters) for one in said] == [(r.id, r.field, r.parameters) for r in rules]
    assert [one.id for one, rule in zip(said, rules, strict=True) if one.title == rule.title] == []
    assert {hole for one in said for hole in re.findall(r"\{\w+\}", one.title + one.says + one.suggestion)} <= {
        "{value}", "{note}",
    }  # fmt: skip


def test_another_language_is_english() -> None:
    rules = audit_rules.shipped()
    assert audit_rules.in_language(rules, "sv") == rules
    assert audit_rules.in_language(rules, "de-AT") == audit_rules.in_language(rules, "de")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("audited"))
    made.close()
    return made.folder


@pytest.fixture
def folder(scanned: Path, tmp_path: Path) -> Path:
    return shutil.copytree(scanned, tmp_path / "ws")


def test_an_audit_speaks_as_it_is_told(folder: Path) -> None:
    with wb.open(folder, actor="ann") as ws:
        made = ws.audit("shop", language="de")
        [title] = made.summary().query("rule == 'required' and field == @COUNTRY")["title"]
        assert title == "Country muss ausgefüllt sein", "the client's profile has no German label"
        first = made.findings.query("rule == 'mojibake'").iloc[0]
        assert first["message"].startswith("„CafÃ© MÃ¼ller“: Der Text wurde")
        assert set(ws.audit(language="fr").summary()["title"]) & {
            "Les droits manquent",
            "Rien ne dit qui peut l’utiliser",
        }


def test_or_as_the_workspace_is_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open(folder / "workspace.toml", "a", encoding="utf-8") as file:
        file.write('language = "fr"\n')
    with wb.open(folder, actor="ann") as ws:
        assert ws.audit("shop").language == "fr"
    assert main(["audit", "--workspace", str(folder), "--json"]) == 1
    titles = {row["rule"]: row["title"] for row in json.loads(capsys.readouterr().out)["rules"]}
    assert titles["unlicensed"] == "Rien ne dit qui peut l’utiliser"
    assert main(["audit", "--workspace", str(folder), "--json", "--language", "de"]) == 1
    titles = {row["rule"]: row["title"] for row in json.loads(capsys.readouterr().out)["rules"]}
    assert titles["unlicensed"] == "Nirgends steht, wer es benutzen darf"
