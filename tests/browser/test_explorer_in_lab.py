"""The explorer in a real notebook: by mouse and keyboard, in both themes, and two notebooks on one workspace."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Opener
from browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.lab]

COUNT = "document.querySelector('.wb-x-count')?.textContent"
READY = """() => {
  const explorer = document.querySelector('.wb-explorer');
  const cells = [...document.querySelectorAll('.wb-row:not([hidden]) .wb-cell:not([hidden])')];
  return explorer?.getAttribute('aria-busy') === 'false' && cells.length > 0
    && cells.every((cell) => !cell.classList.contains('wb-loading'));
}"""
CELLS = """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]))"""
LABEL = "getComputedStyle(document.querySelector('.wb-chart-timeline .xtick text')).fill"


def notebook_on_the_sample(lab: Lab, name: str, sample_home: Path) -> str:
    return lab.write(
        f"{name}.ipynb",
        f"import workbench as wb\nws = wb.open({str(sample_home / 'workspace')!r}, actor={name!r})",
        "explorer = wb.Explorer(ws)\nexplorer",
        "print(len(explorer.frame()))",
    )


def opened_explorer(notebook: Notebook) -> Any:
    notebook.run(0)
    notebook.run(1)
    ready(notebook)
    return notebook.page


def ready(notebook: Notebook) -> None:
    notebook.page.wait_for_function(READY, timeout=30_000)


def says(notebook: Notebook, count: str) -> None:
    notebook.page.wait_for_function(f"said => {COUNT} === said", arg=count, timeout=30_000)
    ready(notebook)


def total(notebook: Notebook) -> int:
    return int(re.sub(r"\D", "", notebook.page.evaluate(COUNT).split(" ")[0]))


def framed(notebook: Notebook) -> int:
    notebook.run(2)
    return int(notebook.text(2))


def search(notebook: Notebook, words: str) -> None:
    box = notebook.page.get_by_role("searchbox", name="Search", exact=True)
    box.fill(words)
    box.press("Enter")


def lightness(page: Any) -> int:
    return min(int(one) for one in re.findall(r"\d+", page.evaluate(LABEL))[:3])


def test_mouse_and_keyboard_filter_and_a_reload_keeps_it(
    in_lab: Opener, lab: Lab, sample_home: Path, pictures: Path
) -> None:
    with in_lab(notebook_on_the_sample(lab, "explorer-flow", sample_home), width=1500) as notebook:
        page = opened_explorer(notebook)
        everything = total(notebook)
        before = page.evaluate(CELLS)
        png = page.locator(".wb-facet-format li").filter(has_text="PNG")
        count = int(re.sub(r"\D", "", png.inner_text()) or 0)
        png.get_by_role("checkbox").click()
        says(notebook, f"{count:,} of {everything:,} images")
        assert framed(notebook) == count
        search(notebook, 'format:png folder:"Catalogue 2025/Bags/"')
        page.wait_for_function(f"was => {COUNT} !== was", arg=f"{count:,} of {everything:,} images")
        ready(notebook)
        fewer = total(notebook)
        assert 0 < fewer < count
        for key in ("Tab", "ArrowDown", "d", "d", "x", "Escape"):
            page.keyboard.press(key)
        assert page.evaluate(CELLS) == before
        notebook.command("docmanager:save")
        page.reload()
        notebook.wait_until_idle()
        ready(notebook)
        assert total(notebook) == fewer
        notebook.shoot(pictures, "explorer-in-lab")
        assert notebook.errors() == []
        assert notebook.page_errors == []


def test_charts_are_readable_after_a_change_of_theme(in_lab: Opener, lab: Lab, sample_home: Path) -> None:
    with in_lab(notebook_on_the_sample(lab, "explorer-theme", sample_home), width=1500) as notebook:
        page = opened_explorer(notebook)
        page.wait_for_function(f"() => document.querySelector('.wb-chart-timeline .xtick text') && {LABEL}")
        assert lightness(page) < 120
        notebook.theme("JupyterLab Dark")
        page.wait_for_function(f"() => Math.min(...{LABEL}.match(/\\d+/g).slice(0, 3).map(Number)) > 150")
        notebook.theme("JupyterLab Light")
        page.wait_for_function(f"() => Math.min(...{LABEL}.match(/\\d+/g).slice(0, 3).map(Number)) < 120")


def test_two_notebooks_work_on_one_workspace_at_once(
    in_lab: Opener, lab: Lab, sample_home: Path, tmp_path: Path
) -> None:
    """One scans while the other explores and saves: nobody waits, nobody sees a lock."""
    home = tmp_path / "shared"
    more = home / "more"
    shutil.copytree(sample_home / "Client images", more)
    opens = f"import workbench as wb\nws = wb.open({str(home / 'workspace')!r}, actor={{!r}})"
    scans = lab.write(
        "two-scan.ipynb",
        opens.format("scanner"),
        f"ws.scan({str(more / 'Catalogue 2025')!r}, progress=False).images",
        f"report = ws.scan({str(more)!r}, workers=1)\nprint(report.outcome, report.images)",
    )
    looks = lab.write(
        "two-look.ipynb",
        opens.format("analyst"),
        "explorer = wb.Explorer(ws)\nexplorer",
        "import time\n"
        "one = ws.search('').ids().to_pylist()[0]\nlongest = 0\n"
        "for number in range(40):\n"
        "    begun = time.monotonic()\n"
        "    ws.set_values([one], {'Xmp.dc.title': f'Title {number}'})\n"
        "    longest = max(longest, time.monotonic() - begun)\n"
        "print(longest < 5, ws.query('catalogue_counts')['images'][0] > 0)",
        "print(ws.sql(\"select count(*) from events where kind = 'values_set'\").iat[0, 0], ws.check().empty)",
    )
    with in_lab(scans, width=1100) as scanner:
        scanner.run(0)
        scanner.run(1)
        with in_lab(looks, width=1500) as looker:
            looker.run(0)
            scanner.start(2)
            looker.run(1)
            ready(looker)
            looker.run(2)
            assert looker.text(2).split() == ["True", "True"]
            scanner.wait_until_ended(240)
            assert scanner.text(2).split()[0] == "finished"
            looker.run(3)
            assert looker.text(3).split() == ["40", "True"]
            assert looker.errors() + scanner.errors() == []
