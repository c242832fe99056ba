"""The image grid in a real notebook: beside a busy cell, after a re-run and a reload, and no key gets out."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Opener
from browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.lab]

TESTS = Path(__file__).parent.parent
LOADED = """(place) => {
  const cells = [...document.querySelectorAll(".wb-row:not([hidden]) .wb-cell:not([hidden])")];
  const pictures = cells.flatMap((cell) => [...cell.querySelectorAll("img:not([hidden])")]);
  return cells.some((cell) => cell.dataset.place === String(place))
    && cells.every((cell) => !cell.classList.contains("wb-loading"))
    && pictures.every((picture) => picture.complete && picture.naturalWidth > 0);
}"""
CELLS = """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]))"""


def notebook_with_grid(lab: Lab, name: str) -> str:
    return lab.write(
        f"{name}.ipynb",
        f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
        "from widgets.small_workspace import SmallWorkspace\nimport workbench as wb\nws = SmallWorkspace(5000)",
        "grid = wb.ImageGrid(ws)\ngrid",
        "print(len(grid.selected), grid.session.view()['focus'])",
        "import threading\nthreading.Event().wait(6)\nprint('no longer busy')",
    )


def loaded(page: Any, place: int) -> None:
    page.wait_for_function(LOADED, arg=place, timeout=20_000)


def press(notebook: Notebook, *keys: str) -> None:
    notebook.page.locator(".wb-scroller").focus()
    for key in keys:
        notebook.page.keyboard.press(key)


def state(notebook: Notebook) -> list[str]:
    """Return, once Python has heard all, how many are selected and which has the focus."""
    notebook.page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true), 300))")
    notebook.run(2)
    return notebook.text(2).split()


def test_a_rerun_cell_and_a_reloaded_page_show_the_same(in_lab: Opener, lab: Lab) -> None:
    with in_lab(notebook_with_grid(lab, "grid-again")) as notebook:
        notebook.run(0)
        notebook.run(1)
        loaded(notebook.page, 0)
        press(notebook, "End")
        loaded(notebook.page, 4999)
        press(notebook, "Space", "Shift+ArrowLeft", "Shift+ArrowLeft")
        assert state(notebook) == ["3", "4997"]
        notebook.run(1)
        loaded(notebook.page, 4999)
        notebook.page.get_by_text("3 selected", exact=True).wait_for()
        assert state(notebook) == ["3", "4997"]
        notebook.command("docmanager:save")
        notebook.page.reload()
        notebook.wait_until_idle()
        loaded(notebook.page, 4999)
        notebook.page.get_by_text("3 selected", exact=True).wait_for()
        assert notebook.errors() == []


ROWS_APART = """(list) => {
  const tops = (tag) => [...list.querySelectorAll(tag)].map((one) => one.getBoundingClientRect().top);
  const [names, values] = [tops("dt"), tops("dd")];
  if (!names.length || names.length !== values.length) return -1;
  return Math.max(...names.map((top, n) => Math.abs(top - values[n])));
}"""


def test_names_stand_beside_their_values_whatever_jupyterlab_makes_of_lists(in_lab: Opener, lab: Lab) -> None:
    with in_lab(notebook_with_grid(lab, "grid-lists")) as notebook:
        notebook.run(0)
        notebook.run(1)
        loaded(notebook.page, 0)
        press(notebook, "?")
        keys = notebook.page.get_by_role("dialog", name="Keyboard").locator("dl")
        keys.first.wait_for()
        assert {0 <= keys.nth(n).evaluate(ROWS_APART) <= 6 for n in range(keys.count())} == {True}
        assert max(key.bounding_box()["height"] for key in keys.locator("kbd").all()) < 30, "no key's name is broken"
        notebook.page.keyboard.press("Escape")
        press(notebook, "Enter")
        facts = notebook.page.locator(".wb-large-facts dl")
        facts.first.wait_for()
        assert {0 <= facts.nth(n).evaluate(ROWS_APART) <= 4 for n in range(facts.count())} == {True}


def test_thumbnails_come_while_a_cell_is_busy(in_lab: Opener, lab: Lab) -> None:
    with in_lab(notebook_with_grid(lab, "grid-busy")) as notebook:
        notebook.run(0)
        notebook.run(1)
        loaded(notebook.page, 0)
        notebook.start(3)
        notebook.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
        )
        press(notebook, "End")
        loaded(notebook.page, 4999)
        assert "no longer busy" not in notebook.text(3)
        notebook.wait_until_ended()


def test_no_key_changes_the_notebook(in_lab: Opener, lab: Lab, pictures: Path) -> None:
    with in_lab(notebook_with_grid(lab, "grid-keys")) as notebook:
        notebook.run(0)
        notebook.run(1)
        loaded(notebook.page, 0)
        notebook.shoot(pictures, "grid-in-lab")
        before = notebook.page.evaluate(CELLS)
        keys = [
            *string.ascii_letters.replace("I", ""),
            *string.digits,
            "Delete",
            "Backspace",
            "Enter",
            "Escape",
            "Shift+Enter",
        ]
        for key in keys:
            press(notebook, key)
            if key.endswith("Enter") and notebook.page.locator("dialog[open]").count():
                notebook.page.keyboard.press("Escape")
        assert notebook.page.evaluate(CELLS) == before
        assert notebook.page_errors == []
