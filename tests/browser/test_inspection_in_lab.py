"""An inspection in a real notebook: a sample drawn, looked at by keyboard, judged, sent back and fed back."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspected_collection import BATCH, ready

import workbench as wb
from browser.conftest import Opener
from browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.lab]

MOVED = """(before) => {
  const root = document.querySelector(".wb-inspect"), picture = document.querySelector(".wb-tag-image");
  const image = root?.dataset.image;
  return image && image !== before && picture?.dataset.id === image && picture.complete && picture.naturalWidth > 0;
}"""
CELLS = """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]))"""


def there(notebook: Notebook, before: str = "") -> str:
    notebook.page.wait_for_function(MOVED, arg=before, timeout=30_000)
    return str(notebook.page.locator(".wb-inspect").get_attribute("data-image"))


def test_drawn_inspected_by_keyboard_judged_and_fed_back(in_lab: Opener, lab: Lab, tmp_path: Path) -> None:
    ws = ready(tmp_path)
    folder = ws.folder
    ws.close()
    path = lab.write(
        "inspect.ipynb",
        f'import workbench as wb\nws = wb.open({str(folder)!r}, actor="cy")\n'
        f'sample = ws.qc.draw("{BATCH}", aql=10.0, seed=3)',
        'wb.Inspection(ws, sample, "shop")',
        "print(ws.qc.judge(sample))",
        f'ws.qc.rework("{BATCH}")',
        'ws.qc.feedback("ann")',
    )
    with in_lab(path) as notebook:
        notebook.run(0)
        notebook.run(1)
        image = there(notebook)
        before = notebook.page.evaluate(CELLS)
        notebook.page.locator(".wb-inspect-list").focus()
        for key in [*"bdxyzm?", "?", "Escape", "ArrowUp", "Control+m"]:
            notebook.page.keyboard.press(key)
        assert notebook.page.evaluate(CELLS) == before
        for number in range(8):
            if number < 3:
                for key in ("ArrowDown", "1", "c"):
                    notebook.page.keyboard.press(key)
                notebook.page.keyboard.type("look again")
                notebook.page.keyboard.press("Enter")
                notebook.page.locator(".wb-inspect-said").wait_for()
            notebook.page.keyboard.press("Enter")
            if number < 7:
                image = there(notebook, image)
        notebook.page.locator(".wb-tag-empty", has_text="Every image is inspected").wait_for()
        assert notebook.page.evaluate(CELLS) == before
        for cell in (2, 3, 4):
            notebook.run(cell)
        assert notebook.errors() == []
        notebook.page.get_by_text("3 defective of 8 inspected").first.wait_for()
    with wb.open(folder, actor="dora") as other:
        assert other.qc.batches()["state"].tolist() == ["rework"]
        assert set(other.qc.rework(BATCH)["what"]) == {"Xmp.photoshop.Headline: wrong (look again)"}
        assert other.check().empty
