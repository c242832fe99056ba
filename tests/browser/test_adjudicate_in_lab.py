"""A double entry in a real notebook: entered blind by one person, decided by another, no key gets out."""

from __future__ import annotations

from pathlib import Path

import pytest
from double_entered import COUNTRY, HEADLINE, enter, opened
from tagged_collection import workspace

import workbench as wb
from browser.conftest import Opener
from browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.lab]

MOVED = """(before) => {
  const root = document.querySelector(".wb-judge"), picture = root?.querySelector(".wb-tag-image");
  const now = `${root?.dataset.image} ${root?.dataset.field}`;
  const there = root?.dataset.image && picture?.dataset.id === root.dataset.image && picture.naturalWidth > 0;
  return there && now !== before;
}"""
CELLS = """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]))"""


def shown(notebook: Notebook, before: str = "") -> str:
    notebook.page.wait_for_function(MOVED, arg=before, timeout=60_000)
    root = notebook.page.locator(".wb-judge")
    return f"{root.get_attribute('data-image')} {root.get_attribute('data-field')}"


def test_entered_blind_and_decided_by_keyboard(in_lab: Opener, lab: Lab, tmp_path: Path) -> None:
    ws = workspace(tmp_path, 2, actor="cleo")
    task = opened(ws, [HEADLINE, COUNTRY], 2)
    enter(ws, task, "ben", {n: {HEADLINE: "SECRET shirt", COUNTRY: "France"} for n in range(2)})
    folder = ws.folder
    ws.close()
    path = lab.write(
        "double.ipynb",
        f"import workbench as wb\nann = wb.open({str(folder)!r}, actor='ann')\nwb.DoubleEntry(ann)",
        f"cleo = wb.open({str(folder)!r}, actor='cleo')\nwb.Adjudicate(cleo)",
    )
    with in_lab(path) as notebook:
        page = notebook.page
        notebook.run(0)
        for image_id in task.image_ids:
            page.wait_for_function(
                "(id) => document.querySelector('.wb-tag')?.dataset.image === id", arg=image_id, timeout=60_000
            )
            assert "SECRET" not in page.locator(".wb-tag").inner_text()
            page.locator(f'.wb-tag-field[data-key="{HEADLINE}"]').locator("input, textarea").first.click()
            page.keyboard.type("Red shirt")
            page.keyboard.press("Tab")
            page.keyboard.type("France")
            page.keyboard.press("Control+Enter")
        page.locator(".wb-tag-status", has_text="All done").wait_for(timeout=60_000)
        notebook.run(1)
        first = shown(notebook)
        before = page.evaluate(CELLS)
        page.locator(".wb-judge").focus()
        for key in [*"bdhxyzmqwa?", "?", "Escape", "ArrowUp", "Control+m", "Alt+b", "0", "8"]:
            page.keyboard.press(key)
        assert shown(notebook) == first
        page.keyboard.press("1")
        second = shown(notebook, first)
        page.keyboard.press("u")
        assert shown(notebook, second) == first
        notebook.run(1)
        assert shown(notebook) == first, "a cell that runs again goes on where one was"
        page.locator(".wb-judge").last.focus()
        page.keyboard.press("1")
        shown(notebook, first)
        page.keyboard.press("2")
        page.get_by_text("All decided").last.wait_for()
        assert page.evaluate(CELLS) == before
        assert notebook.errors() == []
    with wb.open(folder, actor="dan") as other:
        states = other.sql("select field, state, count(*) as n from field_comparisons group by all order by all")
        assert states.to_numpy().tolist() == [[COUNTRY, "agreed", 2], [HEADLINE, "adjudicated", 2]]
