"""143 texts that mean harm, in all that leaves a workspace: pages, tables, spreadsheets, PDF, notebooks' outputs."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile_world
import pytest
from hostile_payloads import PAYLOADS
from hostile_world import BATCHES, in_order
from playwright.sync_api import Browser
from python_calamine import load_workbook

import workbench as wb
from workbench.tables import visible

pytestmark = pytest.mark.browser

HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff]")
STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
TRIPWIRE = "for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => { window.__hit = name; };"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    folder = hostile_world.make(tmp_path_factory.mktemp("hostile files"))
    with wb.open(folder, actor="zoe") as opened:
        yield opened


@pytest.fixture(scope="module")
def pack(ws: wb.Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that can be written, in folders."""
    home = tmp_path_factory.mktemp("written")
    for kind in ("qc", "audit", "dedup", "delivery", "operations"):
        ws.report(kind, home / kind, title=PAYLOADS[0])
    ws.dedup.report(home / "duplicates.html")
    ws.history.export(home / "history")
    ws.history.export(home / "history of an image", image=in_order(ws)[5])
    for form in ("csv", "xlsx"):
        ws.export(form, home / form)
    wb.save_table(ws.sql("select image_id, field, value from metadata"), home / "values.csv")
    return home


def pages(pack: Path) -> list[Path]:
    return sorted(pack.rglob("*.html"))


def test_pages_run_nothing_and_ask_for_nothing(pack: Path, chrome: Browser) -> None:
    assert len(pages(pack)) >= 8
    context = chrome.new_context()
    page = context.new_page()
    page.add_init_script(TRIPWIRE)
    away: list[str] = []
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else away.append(request.url),
    )
    page.on("dialog", lambda dialog: (away.append(dialog.message), dialog.dismiss()))
    for path in pages(pack):
        page.goto(path.as_uri())
        told = page.evaluate(
            """() => ({ hit: window.__hit ?? null, text: document.body.innerText, title: document.title,
              active: [...document.querySelectorAll(
                "iframe, object, embed, base, link, form[action], [onload], [onerror]")]
                .map((one) => one.outerHTML.slice(0, 80)),
              links: [...document.querySelectorAll("a[href]")].map((one) => one.getAttribute("href"))
                .filter((href) => !/^(#|https:\\/\\/|[\\w./%-]+$)/.test(href)) })"""
        )
        assert (told["hit"], told["active"], told["links"], away) == (None, [], [], []), path
        assert HIDDEN.findall(told["text"] + told["title"]) == [], path
    context.close()


def test_the_history_shows_every_text_with_what_is_hidden_written_out(pack: Path, chrome: Browser) -> None:
    page = chrome.new_page()
    page.goto((pack / "history" / "index.html").as_uri())
    text = re.sub(r"\s+", " ", page.evaluate("document.body.textContent"))
    page.close()
    shown = [one for one in PAYLOADS if re.sub(r"\s+", " ", visible(one.split("\n")[0], width=290)).strip() in text]
    assert len(shown) >= 140
    assert r"\u202egpj.exe" in text


def test_the_history_verifies_by_itself(pack: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", pack / "history" / "verify.py"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_no_csv_has_a_cell_that_computes(pack: Path) -> None:
    found = sorted(pack.rglob("*.csv"))
    assert len(found) >= 10
    cells = 0
    for path in found:
        for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
            for cell in row:
                if re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", cell):
                    continue  # a number
                assert not cell.lstrip(" \n").startswith(STARTS), (path, cell)
                cells += 1
    assert cells > 1_000


def test_no_spreadsheet_has_a_formula_a_link_or_anything_outside(pack: Path) -> None:
    found = sorted(pack.rglob("*.xlsx"))
    assert len(found) >= 5
    for path in found:
        with zipfile.ZipFile(path) as book:
            names = book.namelist()
            assert not [
                name
                for name in names
                if re.search("external|vba|macro|activeX|embeddings|connections", name, re.IGNORECASE)
            ]
            for name in names:
                text = book.read(name).decode("utf-8", "replace")
                if name.endswith((".xml", ".rels")):
                    assert not re.search(r"<f[ >/]|<hyperlink|ddeLink|oleLink|TargetMode=\"External\"", text), (
                        path,
                        name,
                    )
        load_workbook(str(path)).get_sheet_by_index(0).to_python()


def test_no_pdf_has_a_script_a_link_or_a_file(pack: Path) -> None:
    found = sorted(pack.rglob("*.pdf"))
    assert len(found) == 5
    for path in found:
        raw = path.read_bytes()
        whole = raw + b"".join(_inflated(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.DOTALL))
        assert not re.search(
            rb"/(JavaScript|JS|Launch|URI|SubmitForm|ImportData|EmbeddedFile|RichMedia|AA)\b", whole
        ), path
        assert b"root:" not in whole  # of /etc/passwd, which some of the texts ask to be read


def _inflated(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return b""


def test_what_notebooks_show_runs_nothing(ws: wb.Bench, chrome: Browser) -> None:
    """What a cell leaves on the screen: frames, and the objects that draw themselves."""
    image = in_order(ws)[3]
    shown: list[Any] = [
        ws.sql("select * from metadata limit 400"), ws.sql("select * from images"),
        ws.history.timeline(batch=BATCHES[0]),
        ws.history.timeline(image=image), ws.history(image), ws.history.images(last=200), ws.changes(last=100),
        ws.qc.batches(), ws.qc.verdicts(), ws.query("double_entry_list"), ws.search("").page(size=150).rows,
    ]  # fmt: skip
    context = chrome.new_context()
    page = context.new_page()
    page.add_init_script(TRIPWIRE)
    away: list[str] = []
    page.on("request", lambda request: away.append(request.url))
    page.goto("about:blank")
    away.clear()
    drawn = 0
    for one in shown:
        make = getattr(one, "_repr_html_", None)
        if make is not None and (text := make()):
            page.set_content(text)
            active = page.evaluate("document.querySelectorAll('script, img, iframe, svg').length")
            assert (page.evaluate("window.__hit ?? null"), active) == (None, 0)
            drawn += 1
    context.close()
    assert drawn >= 10
    assert away == []


def test_the_workspace_is_sound_after_all_that(ws: wb.Bench, tmp_path: Path) -> None:
    assert ws.verify().events > len(PAYLOADS)
    assert ws.check().empty
    assert len(ws.sql("select * from images")) == len(PAYLOADS)
    assert not Path("/tmp/hit").exists()  # which some of the texts would make
    shutil.rmtree(tmp_path)
