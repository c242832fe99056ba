"""The review of duplicates in a real notebook: cleared by keyboard, taken out, put back, no key gets out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reviewed_collection import workspace

import workbench as wb
from browser.conftest import Opener
from browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.lab]

MOVED = """(before) => {
  const root = document.querySelector(".wb-review"), pictures = [...document.querySelectorAll(".wb-twin-image")];
  return root?.dataset.cluster && root.dataset.cluster !== before && pictures.length === 2
    && pictures.every((one) => one.complete && one.naturalWidth > 0);
}"""
CELLS = """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]))"""


def there(notebook: Notebook, before: str = "") -> str:
    notebook.page.wait_for_function(MOVED, arg=before, timeout=30_000)
    return str(notebook.page.locator(".wb-review").get_attribute("data-cluster"))


def decided(folder: Path) -> list[Any]:
    with wb.open(folder, actor="ben") as other:
        found = other.sql("select decision, count(*) as n from cluster_reviews group by all order by 1")
        return list(found.to_numpy().tolist())


def test_cleared_by_keyboard_taken_out_and_put_back(in_lab: Opener, lab: Lab, tmp_path: Path) -> None:
    ws = workspace(tmp_path, 4)
    folder = ws.folder
    ws.close()
    path = lab.write(
        "review.ipynb",
        f'import workbench as wb\nws = wb.open({str(folder)!r}, actor="ann")',
        "review = wb.ClusterReview(ws, calibrate=False)\nreview",
        "print(ws.dedup.apply(ws.dedup.plan(), progress=False))",
        "print(ws.dedup.restore(progress=False))",
    )
    copies = [tmp_path / "images" / name for name in ("exact/000-1.jpg", "same-picture/001-1.jpg", "fuzzy/002-1.jpg")]
    kept = {file: file.read_bytes() for file in copies}
    with in_lab(path) as notebook:
        notebook.run(0)
        notebook.run(1)
        first = there(notebook)
        before = notebook.page.evaluate(CELLS)
        notebook.page.locator(".wb-review").focus()
        for key in [*"bdbdhxyzmcwq?", "?", "Escape", "ArrowUp", "Control+m", "Alt+b", "0", "8"]:
            notebook.page.keyboard.press(key)
        assert notebook.page.evaluate(CELLS) == before
        cluster = there(notebook)
        assert cluster == first
        for key in ("Enter", "Enter", "Enter"):
            notebook.page.keyboard.press(key)
            cluster = there(notebook, cluster)
        notebook.page.keyboard.press("n")
        notebook.page.get_by_text("All done").wait_for()
        assert notebook.page.evaluate(CELLS) == before
        assert sum(count for _, count in decided(folder)) == 4
        notebook.page.keyboard.press("u")
        there(notebook)
        notebook.page.keyboard.press("n")
        notebook.page.get_by_text("All done").wait_for()
        notebook.run(2)
        assert notebook.errors() == []
        assert sum(not file.exists() for file in copies) >= 2
        notebook.run(3)
        assert {file: file.read_bytes() for file in copies} == kept
        notebook.run(1)
        notebook.page.get_by_text("All done").last.wait_for()
        assert notebook.errors() == []
    assert dict(decided(folder)) == {"duplicate": 3, "not_duplicate": 1}
