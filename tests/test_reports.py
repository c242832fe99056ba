"""Reports: the same numbers in every format, each with what it rests on; the same bytes again; nothing hostile runs."""

import csv
import hashlib
import html
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from python_calamine import load_workbook
from small_collections import jpeg

import workbench as wb
from workbench import intervals, manifests, report_commands, report_figures, report_print, reports
from workbench.__main__ import main
from workbench.errors import BadValue, NotFound, StorageError
from workbench.report_model import Axis, Column, Content, Figure, Number, Remark, Section, Series, Table
from workbench.report_operations import forecast
from workbench.report_questions import mean_interval, scope
from workbench.report_theme import LEAST_CONTRAST, PAPER, Theme, contrast, read_theme
from workbench.report_words import Words, languages
from workbench.sample_work import Recorded
from workbench.spreadsheets import Sheet, book

SCRIPT = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
HOSTILE = [
    SCRIPT, "</script><script>window.hacked=1</script>", "=HYPERLINK(\"http://evil\")", "@SUM(A1)", "-2+3", "+1",
    "\t=1",
    "https://evil.example", "\\\\evil\\share", "\u202egpj.exe", "a\x07\x00\x1bb", "#eval[x] $x$ \\ ] @ref",
    "javascript:run()",
    "{{x}} {0} %s", "\u2028new\u2029", "日本語", "עברית", "العربية", "हिन्दी", "\ud800", "&lt;b&gt;", "'", "\"",
    "]]>", "x" * 5000,
]  # fmt: skip


@pytest.fixture(scope="module")
def ws(week: Recorded) -> Iterator[wb.Bench]:
    with wb.open(week.folder, actor="you") as opened:
        yield opened


@pytest.fixture(scope="module")
def written(ws: wb.Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, reports.Report]:
    home = tmp_path_factory.mktemp("reports")
    return {kind: ws.report(kind, home / kind) for kind in reports.KINDS}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "empty", actor="ann") as opened:
        yield opened


# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", reports.KINDS)
def test_every_report_has_every_format_and_a_manifest_that_holds(written: dict[str, Any], kind: str) -> None:
    made = written[kind]
    wanted = manifests.listed((made.folder / manifests.NAME).read_bytes())
    assert {"index.html", "report.pdf", "report.xlsx", "report.json"} <= wanted.keys()
    for name, sum_ in wanted.items():
        assert hashlib.sha256((made.folder / name).read_bytes()).hexdigest() == sum_
    for table in made.content.tables():
        rows = list(csv.reader(io.StringIO((made.folder / f"tables/{table.key}.csv").read_text("utf-8-sig"))))
        assert len(rows) == table.data.num_rows + 1
        assert pq.read_table(made.folder / f"tables/{table.key}.parquet").num_rows == table.data.num_rows


@pytest.mark.parametrize("kind", reports.KINDS)
def test_the_same_position_of_the_ledger_gives_the_same_bytes(ws: wb.Bench, written: dict[str, Any], kind: str) -> None:
    with wb.open(ws.folder, actor="somebody") as other:
        content = reports.gather(other, kind)
    for name, made in reports.rendered(content, Theme()):
        assert hashlib.sha256(made).hexdigest() == written[kind].files[name], name


@pytest.mark.parametrize("kind", reports.KINDS)
def test_no_number_is_naked(written: dict[str, Any], kind: str) -> None:
    about = json.loads((written[kind].folder / "report.json").read_text("utf-8"))
    assert about["numbers"] or kind == "dedup"  # nobody has looked for duplicates here
    for number in about["numbers"]:
        assert number["method"], number["key"]
        assert number["query"] in wb.catalog.load_queries(), number["key"]
        if number["value"] is not None and "%" in number["method"]:
            assert number["low"] <= number["value"] <= number["high"]
    assert about["ledger"]["events"] == written[kind].content.events
    assert len(about["ledger"]["head"]) == 64
    assert about["does_not_show"]


def test_the_numbers_are_those_of_the_catalogue(ws: wb.Bench, written: dict[str, Any]) -> None:
    numbers = {one.key: one for one in written["qc"].content.numbers()}
    looked = ws.sql(
        "select count(*) as n, count(*) filter (i.verdict = 'pass') as good from inspections i "
        "join samples s using (sample_id) where s.resubmission = 0"
    ).iloc[0]
    interval = intervals.wilson(int(looked["good"]), int(looked["n"]))
    first = numbers["first_pass"]
    assert (first.value, first.low, first.high, first.n) == (interval.share, interval.low, interval.high, looked["n"])
    pairs = ws.sql("select count(*) as n, count(*) filter (agree) as same from field_comparisons").iloc[0]
    assert (numbers["agreement"].n, numbers["agreement"].value) == (pairs["n"], pairs["same"] / pairs["n"])
    tagged = {one.key: one for one in written["operations"].content.numbers()}["tagged"]
    assert tagged.value == ws.sql("select count(distinct image_id) as n from entered")["n"][0] / 60


def test_agreement_beyond_chance_fits_the_share_that_agrees(written: dict[str, Any]) -> None:
    for row in written["qc"].frame("agreement").to_dict("records"):
        assert (row["alpha"] == pytest.approx(1.0)) == (row["agreed"] == row["pairs"])
        assert row["alpha"] <= row["agreed_share"] + 1e-9
        assert row["alpha_low"] <= row["alpha"] <= row["alpha_high"]


def test_page_and_spreadsheet_and_command_say_the_same(
    ws: wb.Bench, written: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, words = written["qc"], Words()
    page = made.page.read_text("utf-8")
    for number in made.content.numbers():
        assert html.escape(words.written(number.value, number.unit)) in page
        assert html.escape(words.basis(number)) in page
    sheet = load_workbook(io.BytesIO((made.folder / "report.xlsx").read_bytes())).get_sheet_by_name("Numbers")
    rows = {row[0]: row for row in sheet.to_python()[1:]}
    for number in made.content.numbers():
        assert rows[number.label][1] == pytest.approx(number.value)
        assert rows[number.label][4] == number.n
    code = main(["report", "qc", "--workspace", str(ws.folder), "--out", str(tmp_path / "out"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["numbers"] == json.loads((made.folder / "report.json").read_text("utf-8"))["numbers"]
    assert made.numbers()["exactly"].tolist() == [number["value"] for number in told["numbers"]]


def test_all_reports_at_once_by_one_command(ws: wb.Bench, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    assert main(["report", "all", "--workspace", str(ws.folder), "--out", str(out), "--format", "json"]) == 0
    assert {one.name for one in out.iterdir()} == set(reports.KINDS) == set(report_commands.KINDS)


def test_a_report_of_invented_people_says_so(written: dict[str, Any]) -> None:
    for made in written.values():
        assert "invented" in made.page.read_text("utf-8")


def test_what_a_project_manager_asks_for_is_there(written: dict[str, Any]) -> None:
    tables = {kind: {table.key for table in made.content.tables()} for kind, made in written.items()}
    figures = {kind: {figure.key for figure in made.content.figures()} for kind, made in written.items()}
    assert {"lots", "defects", "pareto", "operators", "agreement", "adjudicated", "gold", "pace", "people"} <= tables[
        "qc"
    ]
    assert {"odds", "pareto", "operators", "agreement", "gold", "cusum", "days", "pace"} <= figures["qc"]
    assert {"progress", "work_by_day", "people", "scans", "problems"} <= tables["operations"]
    assert {"rules-0", "filled"} <= tables["audit"]
    assert {"status", "files", "written"} <= tables["delivery"]
    verdicts = [part for part in written["qc"].content.sections[1].parts if isinstance(part, Remark)]
    assert any(part.look == "good" and "Spring" in part.words for part in verdicts)
    assert all("seed" in part.more and "AQL" in part.more for part in verdicts)


def test_batch_and_period_narrow_a_report_down(ws: wb.Bench) -> None:
    whole, part = reports.gather(ws, "operations"), reports.gather(ws, "operations", batch="Autumn")
    images = [one.value for made in (whole, part) for one in made.numbers() if one.key == "images"]
    assert images == [60, 12]
    assert part.scope == {"Batch": "Autumn"}
    assert len(part.unsaid) == len(whole.unsaid) + 1
    before = reports.gather(ws, "qc", period="2026-02")
    assert {one.key: one.n for one in before.numbers()}["inspected"] == 0
    monday = reports.gather(ws, "operations", period="2026-03-02")
    days = next(table for table in monday.tables() if table.key == "work_by_day").data["day"].to_pylist()
    assert set(days) == {"2026-03-02"}


def test_an_empty_workspace_has_reports(empty: wb.Bench, tmp_path: Path) -> None:
    for kind in reports.KINDS:
        made = empty.report(kind, tmp_path / kind)
        assert made.page.stat().st_size > 1_000_000
        assert all(one.method for one in made.content.numbers())


# ── where it goes ─────────────────────────────────────────────────────────────────────────────────────────────


def test_where_nobody_looked_for_duplicates_the_report_says_nothing_of_them(empty: wb.Bench, tmp_path: Path) -> None:
    before = empty.report("dedup", tmp_path / "before")
    assert "Nobody has looked for duplicates yet" in (before.folder / "index.html").read_text("utf-8")
    assert before.numbers().empty
    empty.find_duplicates(["exact"], progress=False)
    after = empty.report("dedup", tmp_path / "after")
    assert "No duplicates were found." in (after.folder / "index.html").read_text("utf-8")


def test_a_fact_that_was_entered_is_known_and_one_that_was_emptied_is_not(week: Recorded, tmp_path: Path) -> None:
    shutil.copytree(week.folder, tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock"))
    with wb.open(tmp_path / "ws", actor="you") as ws:
        before = ws.query("metadata_filled", batch=None).iloc[0]
        known = "select count(distinct image_id) as n from metadata where field = 'Xmp.dc.title'"
        assert before["title"] == ws.sql(known)["n"][0]
        assert before["title"] > ws.sql("select count(title) as n from images")["n"][0]
        one = ws.sql("select image_id from entered where field = 'Xmp.dc.title' order by all limit 1")["image_id"][0]
        ws.set_values([one], {"Xmp.dc.title": None, "Xmp.dc.rights": {"x-default": "ours"}})
        after = ws.query("metadata_filled", batch=None).iloc[0]
        assert (after["title"], after["images"]) == (before["title"] - 1, before["images"])


def test_nothing_of_somebody_elses_is_overwritten(empty: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    for overwrite in (False, True):
        with pytest.raises(BadValue, match="isn't empty"):
            empty.report("audit", tmp_path / "mine", formats=("json",), overwrite=overwrite)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    empty.report("audit", tmp_path / "out", formats=("json",))
    with pytest.raises(BadValue, match="isn't empty"):
        empty.report("audit", tmp_path / "out", formats=("json",))
    again = empty.report("audit", tmp_path / "out", formats=("json",), language="de", overwrite=True)
    assert json.loads((again.folder / "report.json").read_text("utf-8"))["language"] == "de"
    assert {one.name for one in tmp_path.iterdir()} == {"mine", "out", "empty"}


def test_where_it_cannot_be_written_nothing_is_left(empty: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        empty.report("audit", tmp_path / "file" / "out", formats=("json",))


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"kind": "money"}, BadValue), ({"batch": "nowhere"}, NotFound), ({"period": "soon"}, BadValue),
        ({"language": "xx"}, BadValue), ({"formats": ("docx",)}, BadValue), ({"theme": "missing.toml"}, BadValue),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(
    empty: wb.Bench, tmp_path: Path, how: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        empty.report(**{"kind": "qc", "to": tmp_path / "out"} | how)
    assert caught.value.hint
    assert not (tmp_path / "out").exists()


def test_parts_that_a_report_lacks_are_named(written: dict[str, Any]) -> None:
    assert written["qc"].frame("operators")["operator"].tolist() == ["Ada", "Ben", "Cleo"]
    assert written["qc"].figure("pareto").data[0].type == "bar"
    with pytest.raises(NotFound) as caught:
        written["qc"].frame("money")
    assert "operators" in caught.value.hint


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_language_has_the_same_words() -> None:
    known = {language: Words(language)._words for language in languages()}
    assert {"en", "de"} <= set(known)
    for words in known.values():
        assert words.keys() == known["en"].keys()
        for key, said in words.items():
            assert set(re.findall(r"{(\w+)}", said)) == set(re.findall(r"{(\w+)}", known["en"][key])), key


@pytest.mark.parametrize("kind", reports.KINDS)
def test_another_language_says_the_same_numbers(ws: wb.Bench, written: dict[str, Any], kind: str) -> None:
    german = reports.gather(ws, kind, language="de")
    pairs = list(zip(german.numbers(), written[kind].content.numbers(), strict=True))
    assert [(a.key, a.value, a.low, a.n) for a, _ in pairs] == [(b.key, b.value, b.low, b.n) for _, b in pairs]
    assert all(a.title != b.title for a, b in zip(german.sections, written[kind].content.sections, strict=True))
    page = dict(reports.rendered(german, Theme(), ("html",)))["index.html"].decode()
    assert '<html lang="de">' in page
    assert "What this report does not show" not in page


def test_numbers_are_written_as_people_write_them() -> None:
    en, de = Words("en"), Words("de")
    assert (en.number(1234.5, 1), de.number(1234.5, 1)) == ("1,234.5", "1.234,5")
    assert [en.share(part) for part in (0.0, 0.0001, 0.021, 0.9999, 1.0)] == [
        "0 %",
        "< 0.1 %",
        "2.1 %",
        "> 99.9 %",
        "100 %",
    ]
    assert (en.bytes(0), en.bytes(1234), en.bytes(2.5e9)) == ("0 bytes", "1.2 kB", "2.5 GB")
    assert (en.written(None, "count"), en.written(float("nan"), "share")) == ("–", "–")
    assert de.written("2026-03-02", "date") == "02.03.2026"
    assert de.written(datetime(2026, 3, 2, 9, 5), "date") == "02.03.2026 09:05 UTC"


def test_every_word_that_is_asked_for_is_there(ws: wb.Bench) -> None:
    used: set[str] = set()
    for path in Path(reports.__file__).parent.glob("report*.py"):
        used |= set(re.findall(r'words\(\s*"([a-z_.]+)"', path.read_text("utf-8")))
    assert used <= Words()._words.keys()
    assert len(used) > 50


# ── period, forecast, means ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "since", "until"),
    [
        ("2026", "2026-01-01", "2027-01-01"), ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-W01", "2025-12-29", "2026-01-05"), ("2026-03-02..2026-03-06", "2026-03-02", "2026-03-07"),
        ("2026-03..2026-04", "2026-03-01", "2026-05-01"),
    ],
)  # fmt: skip
def test_periods(said: str, since: str, until: str) -> None:
    made = scope(period=said)
    assert (made.since, made.until) == (datetime.fromisoformat(since), datetime.fromisoformat(until))


@given(st.text(max_size=24))
def test_any_period_is_one_or_is_refused(said: str) -> None:
    try:
        made = scope(period=said)
    except BadValue as error:
        said = error.hint
        made = scope()
    assert said or made == scope()
    assert made.since is None or made.until is None or made.since < made.until


def test_open_periods_and_turned_ones() -> None:
    assert scope(period="..2026-03").since is None
    assert scope(period="2026-03..").until is None
    with pytest.raises(BadValue, match="ends before it begins"):
        scope(period="2026-04..2026-03")
    with pytest.raises(BadValue, match="no period"):
        scope(period="2026-02-30")


@given(st.lists(st.floats(0.1, 1e4), min_size=2, max_size=40))
def test_the_interval_of_a_mean_is_students(values: list[float]) -> None:
    from scipy import stats

    made = mean_interval(len(values), sum(values), sum(value * value for value in values))
    assert made is not None
    mean, low, high = made
    spread = pd.Series(values).std()
    if spread > 1e-3 * mean:  # else rounding is all there is
        wanted = stats.t.interval(0.95, len(values) - 1, loc=pd.Series(values).mean(), scale=stats.sem(values))
        assert (low, high) == pytest.approx(wanted, rel=1e-3, abs=1e-3 * mean)
    assert low <= mean <= high


def test_a_forecast_carries_on_the_last_days() -> None:
    left, low, high, n, expected, early, late = forecast(100, [20, 22, 18, 20], date(2026, 3, 6))
    assert (left, n, expected) == (5.0, 4, "2026-03-13")
    assert low < left < high
    assert early <= expected <= late


def test_a_forecast_says_nothing_of_too_little() -> None:
    for left, done in ((10, [5, 5]), (0, [5, 5, 5]), (-3, [1, 2, 3]), (10, [])):
        assert forecast(left, done, date(2026, 3, 6)) == (None,) * 7
    wild = forecast(1_000_000, [1, 90, 1], date(2026, 3, 6))
    assert wild[2] is None
    assert wild[4] is None


# ── looks ─────────────────────────────────────────────────────────────────────────────────────────────────────


def theme(folder: Path, text: str) -> Path:
    (folder / "theme.toml").write_text(text, "utf-8")
    return folder / "theme.toml"


def test_a_theme_has_a_name_a_logo_and_colours(ws: wb.Bench, tmp_path: Path) -> None:
    (tmp_path / "logo.jpg").write_bytes(jpeg(3))
    path = theme(tmp_path, 'name = "Client <GmbH>"\nlogo = "logo.jpg"\naccent = "#7a1f5c"\nfooter = "Confidential"\n')
    page = ws.report("audit", tmp_path / "out", theme=path).page.read_text("utf-8")
    assert "Client &lt;GmbH&gt;" in page
    assert '<img src="data:image/jpeg;base64,' in page
    assert "--accent: #7a1f5c" in page
    assert "Confidential" in page


@given(st.integers(0, 0xFFFFFF))
def test_a_colour_that_cannot_be_read_is_refused_and_the_nearest_is_named(number: int) -> None:
    from workbench.report_theme import _colour

    colour = f"#{number:06x}"
    if contrast(colour, PAPER) >= LEAST_CONTRAST:
        assert _colour(colour, PAPER, 0) == colour
        return
    with pytest.raises(BadValue) as caught:
        _colour(colour, PAPER, 0)
    [nearest] = re.findall(r"#[0-9a-f]{6}", caught.value.hint)
    assert contrast(nearest, PAPER) >= LEAST_CONTRAST


@pytest.mark.parametrize(
    "text",
    ["name = 3", "shadow = 'x'", "accent = 'red'", "accent = '#ffff00'", "accent_dark = '#000000'",
     "logo = 'theme.toml'",
     "logo = 'gone.png'", "not toml"],
)  # fmt: skip
def test_a_theme_that_will_not_do_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_theme(theme(tmp_path, text))
    assert caught.value.hint


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    st.lists(st.tuples(st.text(max_size=40), st.one_of(st.none(), st.floats(0, 1e9))), min_size=1, max_size=12),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["bars", "points", "line", "step"]),
)
def test_any_figure_can_be_drawn(
    rows: list[tuple[str, float | None]], sideways: bool, stacked: bool, look: Any
) -> None:
    names, values = tuple(name for name, _ in rows), tuple(value for _, value in rows)
    named, across = Axis(unit="text"), Axis("x", "count")
    series = (Series("one", look, names, values), Series("two", look, names, values, colour="second"))
    figure = Figure("f", "t", "s", series, x=across if sideways else named, y=named if sideways else across,
                    sideways=sideways, stacked=stacked)  # fmt: skip
    drawn = report_figures.svg(figure, Words(), report_figures.colours(Theme()))
    ElementTree.fromstring(drawn)
    assert "nan" not in drawn
    json.dumps(report_figures.plotly(figure, Words()), allow_nan=False)


@given(st.floats(0, 1e12), st.integers(2, 9))
def test_ticks_are_round_and_within(high: float, most: int) -> None:
    if high < 1e-6:
        return
    made = report_figures.ticks(0.0, high, most)
    assert made[0] == 0
    assert 1 <= len(made) <= most + 2
    assert all(0 <= one <= high * (1 + 1e-9) for one in made)


# ── hostile ───────────────────────────────────────────────────────────────────────────────────────────────────


def hostile_content() -> Content:
    """A report of nothing but payloads, everywhere data can come in."""
    made = Content(
        "qc", "en", "Quality report", SCRIPT, SCRIPT, 1, "0" * 64, "2026-03-02T08:00:00+00:00", "0", {"Batch": SCRIPT}
    )
    columns = (Column("a", HOSTILE[1]), Column("b", "b", "count"))
    clean = [one.encode("utf-8", "replace").decode() for one in HOSTILE]
    data = pa.table({"a": clean, "b": list(range(len(clean)))})
    names, values = tuple(clean), tuple(float(n) for n in range(len(clean)))
    for place, (named, sideways) in enumerate([(Axis(unit="text"), True), (Axis(unit="text"), False)]):
        axes = {"y": named} if sideways else {"x": named}
        series = (Series(clean[0], "bars", names, values), Series(clean[2], "line", names, values))
        figure = Figure(f"f{place}", clean[0], clean[1], series,
                        sideways=sideways, **axes, marks=((1.0, SCRIPT),) if sideways else ())  # fmt: skip
        made.sections.append(Section(f"s{place}", SCRIPT, [figure]))
    numbers = [Number(f"k{n}", one, 0.5, "share", 3, 0.1, 0.9, one, "q", one) for n, one in enumerate(HOSTILE)]
    made.sections.append(
        Section(
            "s9",
            clean[1],
            [*numbers, Table("t", SCRIPT, columns, data, show=99), Remark(SCRIPT, clean[1], "bad"), SCRIPT],
        )
    )
    made.unsaid = list(HOSTILE)
    return made


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return dict(reports.rendered(hostile_content(), Theme(name=SCRIPT, footer=SCRIPT)))


def test_the_page_has_no_tag_that_came_from_data(hostile: dict[str, bytes]) -> None:
    page = hostile["index.html"].decode()
    assert "<script>window" not in page
    assert "<img src=x" not in page
    assert page.count("<script>") == 4  # plotly, the drawing, and a line for each of two figures
    assert "\u202e" not in page
    assert "\x07" not in page


@pytest.mark.browser
def test_nothing_runs_in_a_browser(hostile: dict[str, bytes], chrome: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(hostile["index.html"])
    for scheme in ("light", "dark"):
        page = chrome.new_page(color_scheme=scheme)
        told: list[str] = []
        page.on("console", lambda message, told=told: told.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        page.on(
            "request", lambda request, told=told: told.append(request.url) if request.url.startswith("http") else None
        )
        page.goto((tmp_path / "index.html").as_uri())
        assert page.locator(".main-svg").count() >= 2
        assert page.evaluate("window.hacked") is None
        assert told == []
        page.close()


def test_a_spreadsheet_has_no_formula_and_no_link(hostile: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(hostile["report.xlsx"])) as packed:
        for name in packed.namelist():
            content = packed.read(name).decode("utf-8", "replace")
            assert "<f>" not in content
            assert "<hyperlink " not in content
            assert "relationships/hyperlink" not in content
    rows = load_workbook(io.BytesIO(hostile["report.xlsx"])).get_sheet_by_index(2).to_python()
    assert not [row[0] for row in rows if str(row[0]).startswith(("=", "+", "@", "-"))]
    assert all(isinstance(row[1], float) for row in rows[1:])


def test_a_csv_file_has_no_formula(hostile: dict[str, bytes]) -> None:
    rows = list(csv.reader(io.StringIO(hostile["tables/t.csv"].decode("utf-8-sig"))))
    assert not [row[0] for row in rows if row[0].startswith(("=", "+", "@", "-", "\t"))]


def test_a_printed_report_takes_anything_for_words(hostile: dict[str, bytes]) -> None:
    printed = hostile["report.pdf"]
    assert printed.startswith(b"%PDF")
    assert b"/JavaScript" not in printed
    assert b"/URI" not in printed


def test_what_no_font_has_stands_by_its_code() -> None:
    assert report_print._missing('error: the text `"日"` could not be displayed with font `"x"`') == ["日"]
    assert report_print._missing('the text `"\\u{65e5}a"` could not be displayed with any font') == ["日"]
    assert report_print._printable({"a": ["日x", 3]}, {"日"}) == {"a": ["[65E5]x", 3]}


def test_sheets_get_names_that_excel_takes() -> None:
    names = ["a/b:c", "a/b:c", "x" * 50, "x" * 50, "", "'"]
    made = load_workbook(io.BytesIO(book([Sheet(name, ["h"], [("v",)], ["text"]) for name in names]))).sheet_names
    assert len(set(made)) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in made)


def test_a_sheet_that_is_cut_says_so() -> None:
    made = load_workbook(io.BytesIO(book([Sheet("s", ["h"], [(n,) for n in range(9)], ["count"])], most=5)))
    cells = made.get_sheet_by_index(0).to_python()
    assert [row[0] for row in cells[:6]] == ["h", 0, 1, 2, 3, 4]
    assert "CSV file has all" in cells[6][0]
    assert len(cells) == 7


def test_cells_are_typed() -> None:
    rows = [("text", 1.5, datetime(2026, 3, 2, 9, 5), None), (None, 2, None, float("nan"))]
    made = load_workbook(io.BytesIO(book([Sheet("s", list("abcd"), rows, ["text", "share", "date", "count"])])))
    cells = made.get_sheet_by_index(0).to_python()
    assert cells[1][:3] == ["text", 1.5, datetime(2026, 3, 2, 9, 5)]
    assert cells[2][1] == 2.0


@pytest.mark.parametrize(("days", "step"), [(4, 86_400_000), (40, None)])
def test_an_axis_names_each_day_once(days: int, step: int | None) -> None:
    names = tuple(pd.date_range("2026-03-03", periods=days).strftime("%Y-%m-%d"))
    series = (Series("s", "points", names, (0.0,) * days),)
    drawn = report_figures.plotly(Figure("f", "t", "s", series, x=Axis(unit="date"), y=Axis(unit="share")), Words())
    assert drawn["layout"]["xaxis"].get("dtick") == step
    assert drawn["data"][0]["cliponaxis"] is False, "a point at nothing shows whole"


@pytest.mark.parametrize(("longest", "step"), [(4.0, 1), (72.0, None)])
def test_an_axis_counts_one_by_one_only_as_far_as_there_is_room(longest: float, step: int | None) -> None:
    series = (Series("s", "line", (1, int(longest)), (0.5, 1.0)),)
    figure = Figure("f", "t", "s", series, x=Axis("answers", "count", 0.0, longest), y=Axis(unit="number"))
    assert report_figures.plotly(figure, Words())["layout"]["xaxis"].get("dtick") == step
