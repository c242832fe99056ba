"""How sure the duplicates report is, and in whose words: caveats, doubts, and a German report that is German."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewed_collection import workspace
from small_collections import fill

import workbench as wb
from workbench import calibration, edits, formats, intervals, problems, quarantine, removal, report_words, reports
from workbench.certificate import Certificate
from workbench.report_certainty import certified
from workbench.report_model import Content
from workbench.report_words import Words

SENTENCES = tomllib.loads(Path(report_words.__file__).with_name("report_sentences.toml").read_text("utf-8"))
ENGLISH = re.compile(
    r"\b(the|is|were|of|by|nobody|pairs|duplicates|compared|unchanged|copies|picture)\b", re.IGNORECASE
)


def filled_in(folder: Path) -> wb.Bench:
    """Eight clusters; some removed undecided, one left, a sample drawn, a calibration, and broken files."""
    fill(folder / "images", {"broken.jpg": b"\xff\xd8\xff\xe0", "empty.jpg": b"", "letter.txt": b"dear all"})
    ws = workspace(folder)
    found = ws.find_duplicates(["exact", "same-picture", "fuzzy"], progress=False)
    assert found.outcome == "finished"
    plan = ws.dedup.plan(relations=["exact", "same-picture"], undecided=True)
    ws.dedup.certify(plan, 2, seed=1, what=plan.what[:1].lower() + plan.what[1:])
    (gone,) = [one.uri for one in plan.items][:1]
    Path(wb.sources.local_path(gone) or "").unlink()
    plan.apply("no time")
    drawn = ws.dedup.certify(ws.dedup.plan(relations=["fuzzy"], undecided=True), 1, seed=1, what="a removal")
    drawn.judge(0, "unsure")
    figures: list[list[Any]] = [["recall", kind, edit.says, 40, 40, 38, 0, 0.8, 0.99] for kind, edit in KINDS.items()]
    figures += [["pairs", "all", "All pairs of the collection", 11_781, 11_781, 19, 0, 0, 0.00025]]
    figures += [["pairs", "other_colour", calibration._SETS["other_colour"], 19, 19, 7, 7, 0, 0.6]]
    about = {"calibration_id": "c", "thresholds": {"score": 0.6}, "seed": 0, "pictures": 90, "sampled": 40}
    with ws.change() as change:
        change.add("duplicates_calibrated", about | {"figures": figures})
    return ws


KINDS = edits.KINDS


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    with filled_in(tmp_path_factory.mktemp("certain")) as opened:
        yield opened


def everything(content: Content) -> dict[str, list[str]]:
    """All that a report says in words of its own, by where: no paths, names or seeds."""
    said: dict[str, list[str]] = {}
    for section in content.sections:
        said[section.key] = [section.title, *(part for part in section.parts if isinstance(part, str))]
        said[section.key] += [f"{one.words} {one.more}" for one in section.parts if isinstance(one, reports.Remark)]
    said["numbers"] = [f"{one.label} {one.note} {one.method}" for one in content.numbers()]
    own = {"relation", "decision", "review", "state", "method", "outcome", "stage", "reason", "edit"}
    for table in content.tables():
        shown = [one.name for one in table.columns if one.name in own]
        said.setdefault(table.key, []).extend([table.title, *(one.heading for one in table.columns)])
        said[table.key] += [str(value) for name in shown for value in table.data[name].to_pylist()]
    return said


def test_a_german_report_is_german(ws: wb.Bench) -> None:
    said = everything(reports.gather(ws, "dedup", language="de"))
    assert {"calibration", "runs", "skipped", "removed", "kinds", "kept"} <= said.keys()
    found = {where: [one for one in words if ENGLISH.search(one)] for where, words in said.items()}
    assert {where: words for where, words in found.items() if words} == {}
    assert "Die Datei ist leer (0 Bytes)." in said["skipped"]
    assert "Das ist eine Textdatei, kein Bild." in said["skipped"]
    assert "geglättet" in said["calibration"]
    assert Words("de").bytes(0) == "0 Bytes"
    assert "2 Paare wurden gezogen (Duplikate in Quarantäne verschieben); noch hat sie niemand angesehen." in " ".join(
        said["sure"]
    )


def test_every_report_says_what_nobody_looked_at_and_what_nobody_decided(ws: wb.Bench) -> None:
    worst = Words().bound(intervals.upper_bound(19, 11_781))
    said = everything(reports.gather(ws, "dedup"))
    certain = " ".join(said["sure"])
    assert f"Nobody has looked at 19 of them yet; were they all wrong, it would be fewer than {worst}." in certain
    assert "worst: Made to differ: a part in another colour (7 of 19)" in certain
    assert "1 not sure, counted as wrong" in certain
    assert "Nobody had decided about 3 of 3 images that were taken out" in " ".join(said["removed"])
    german = " ".join(everything(reports.gather(ws, "dedup", language="de"))["sure"])
    assert "19 davon hat noch niemand angesehen" in german
    assert "Verschieden gemacht: ein Teil in anderer Farbe (7 von 19)" in german


def said_of_files() -> list[str]:
    """What the workbench says of edits and files in sentences of its own."""
    others = [what for _, _, what in formats._OTHERS] + list(formats._RIFF.values())
    return [
        *(edit.says for edit in edits.KINDS.values()), *calibration._SETS.values(), *problems.KINDS.values(), *others,
        *quarantine._WORDS.values(), *(f"{what} into quarantine" for what in removal.LINKS.values()),
    ]  # fmt: skip


@pytest.mark.parametrize("language", [one for one in report_words.languages() if one != "en"])
def test_every_edit_problem_and_refusal_has_words_in_every_language(language: str) -> None:
    words = Words(language)
    assert [one for one in said_of_files() if words.sentence(one) == one] == []
    for english, said in SENTENCES[language].items():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", said)), english


@pytest.mark.parametrize("source", ["removal", "quarantine"])
def test_every_reason_why_a_file_stays_is_known(source: str) -> None:
    code = Path(removal.__file__).with_name(f"{source}.py").read_text("utf-8")
    found = re.findall(r'Refusal\(\s*"([^"]+)"\)|Left\([^)]*, "([^"]+)"\)', code)
    reasons = [one or other for one, other in found]
    assert len(reasons) > 5
    assert [one for one in reasons if Words("de").sentence(one) == one] == []


@pytest.mark.parametrize("query", ["removal_candidates", "report_skipped"])
def test_every_reason_that_a_query_gives_is_known(ws: wb.Bench, query: str) -> None:
    reasons = re.findall(r"'([A-Z](?:[^']|'')*\.)'", ws.catalog.named(query).sql)
    assert len(reasons) > 1
    reasons = [one.replace("''", "'") for one in reasons]
    assert [one for one in reasons if Words("de").sentence(one) == one] == []


@given(st.text(max_size=40))
def test_any_other_words_stay_as_they_are(said: str) -> None:
    assert Words("en").sentence(said) == said
    assert Words("de").sentence(f"\x00{said}") == f"\x00{said}"
    assert Words("de").sentence(f"It belongs with {said}x, which stays.") == f"Sie gehört zu {said}x; diese bleibt."


@given(st.integers(2, 10**6), st.data())
def test_what_a_sample_shows_is_the_same_in_every_language(population: int, data: st.DataObject) -> None:
    sampled = data.draw(st.integers(1, min(population, 3000)))
    wrong = data.draw(st.integers(0, min(sampled, 20)))
    unsure = data.draw(st.integers(0, wrong))
    most = intervals.most_errors(wrong, sampled, population)
    one = Certificate("d", "w", population, sampled, sampled, wrong, 0.95, most, "1", "", unsure)
    said = {language: " ".join(certified(Words(language), one)) for language in ("en", "de")}
    assert ("not sure" in said["en"]) == ("nicht sicher" in said["de"]) == ("not sure" in one.statement) == bool(unsure)
    assert ("at least" in said["en"]) == ("mindestens" in said["de"]) == ("At least" in one.statement)
    numbers = {language: re.findall(r"\d[\d.,]*\d|\d", text) for language, text in said.items()}
    assert [re.sub(r"\D", "", one) for one in numbers["en"]] == [re.sub(r"\D", "", one) for one in numbers["de"]]
    if "<" in one.statement:
        bound = one.statement.partition("< ")[2].partition(" %")[0]
        assert f"< {bound} %" in said["en"]
