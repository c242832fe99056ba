"""The notebooks as a person sees them: run in JupyterLab from top to bottom, in the light and the dark theme."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.conftest import NOTEBOOKS, Opener

pytestmark = [pytest.mark.browser, pytest.mark.lab]

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

NOTEBOOK_FILES = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.timeout(1500)  # looking for every kind of duplicate takes minutes on a slow machine
@pytest.mark.parametrize("path", NOTEBOOK_FILES, ids=lambda path: path.stem)
def test_it_runs_in_jupyterlab_without_an_error(path: Path, in_lab: Opener, pictures: Path) -> None:
    with in_lab(path.name) as notebook:
        notebook.run(seconds=1200)
        assert notebook.errors() == []
        assert [output for cell in notebook.outputs() for output in cell if output.get("name") == "stderr"] == []
        for name, theme in THEMES.items():
            notebook.theme(theme)
            notebook.shoot(pictures, f"{path.stem}-{name}")
        assert notebook.page.locator(".wb-error:visible").all_inner_texts() == []
        assert notebook.page.get_by_text("Error displaying widget").count() == 0
        assert notebook.page.get_by_text("Loading widget").count() == 0
        assert notebook.page_errors == []


def test_the_scan_notebook_tells_what_it_did(in_lab: Opener, sample_home: Path) -> None:
    collection = sample_home / "Client images"
    files = sum(1 for file in collection.rglob("*") if file.is_file())
    with in_lab("01_scan.ipynb") as notebook:
        notebook.run(seconds=240)
        again = notebook.page.get_by_text(f"all {files} files are as they were")
        again.last.scroll_into_view_if_needed()
        assert again.last.is_visible()
        assert f"{files} files" in notebook.text(2)
