"""The tagging form in a real notebook: saved while one types, no key gets out, a dead kernel loses nothing."""

from __future__ import annotations

import os
import signal
import string
from pathlib import Path
from typing import Any

import pytest
from tagged_collection import ids, shown, workspace

import workbench as wb
from browser.conftest import Opener
from browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.lab]

CITY = "Xmp.photoshop.City"
ON_SCREEN = """(image) => {
  const root = document.querySelector(".wb-tag"), picture = root?.querySelector(".wb-tag-image");
  return root?.dataset.image === image && picture?.dataset.id === image && picture.naturalWidth > 0;
}"""
CELLS = """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]))"""


def there(page: Any, image_id: str) -> None:
    page.wait_for_function(ON_SCREEN, arg=image_id, timeout=20_000)


def city(notebook: Notebook) -> Any:
    return notebook.page.locator(f'.wb-tag-field[data-key="{CITY}"] input')


def saved(notebook: Notebook) -> None:
    notebook.page.locator(".wb-tag-status", has_text="Saved").wait_for()


def test_typed_in_a_notebook_and_found_again_after_the_kernel_died(in_lab: Opener, lab: Lab, tmp_path: Path) -> None:
    ws = workspace(tmp_path, 4)
    images, folder = ids(ws), ws.folder
    ws.close()
    path = lab.write(
        "tagging.ipynb",
        f'import workbench as wb\nws = wb.open({str(folder)!r}, actor="ann")',
        'form = wb.TagForm(ws, "shop")\nform',
        "import os\nprint(os.getpid())",
    )
    with in_lab(path) as notebook:
        notebook.run(0)
        notebook.run(1)
        there(notebook.page, images[0])
        notebook.run(2)
        kernel = int(notebook.text(2))
        before = notebook.page.evaluate(CELLS)
        city(notebook).click()
        for key in [*string.ascii_lowercase, *"mdxyzab", "F1", "Escape", "Alt+h", "Escape", "Shift+Enter", "Control+m"]:
            notebook.page.keyboard.press(key)
        assert notebook.page.evaluate(CELLS) == before
        city(notebook).fill("Tbilisi")
        notebook.page.keyboard.press("Control+Enter")
        there(notebook.page, images[1])
        city(notebook).fill("Batumi")
        saved(notebook)
        assert notebook.errors() == []
        os.kill(kernel, signal.SIGKILL)
    with wb.open(folder, actor="ben") as other:
        assert shown(other, images[0], CITY) == [(None, "Tbilisi")]
        assert shown(other, images[1], CITY) == [(None, "Batumi")]


def test_the_line_of_choices_in_a_notebook_run_twice(in_lab: Opener, lab: Lab, tmp_path: Path, pictures: Path) -> None:
    ws = workspace(tmp_path, 3)
    images, folder = ids(ws), ws.folder
    ws.close()
    opening = f'import workbench as wb\nws = wb.open({str(folder)!r}, actor="ann")'
    path = lab.write("choices.ipynb", opening, 'tagging = wb.Tagging(ws, profile="shop")\ntagging')
    with in_lab(path) as notebook:
        page = notebook.page
        notebook.run(0)
        for _ in range(2):  # the second time the images of the first form are free again
            notebook.run(1)
            page.get_by_label("Shared list").last.fill("morning")
            page.get_by_label("Shared list").last.press("Tab")
            page.get_by_role("button", name="Start", exact=True).last.click()
            there(page, images[0])
        city(notebook).fill("Batumi")
        page.keyboard.press("Control+Enter")
        there(page, images[1])
        notebook.shoot(pictures, "choices-in-lab")
        assert notebook.errors() == []
        assert notebook.page_errors == []
    with wb.open(folder, actor="ben") as other:
        assert shown(other, images[0], CITY) == [(None, "Batumi")]
        assert other.sql("select outcome from queues where image_id = ?", [images[0]])["outcome"].tolist() == ["done"]
