"""Widgets answer while the very cell that made them is still running, as it is after Run All Cells."""

from __future__ import annotations

import re

import pytest

from browser.conftest import Opener
from browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.lab]


def test_a_grid_fills_while_its_own_cell_is_running(in_lab: Opener, lab: Lab) -> None:
    path = lab.write(
        "busy.ipynb",
        "import threading\nimport workbench as wb\nws = wb.open_sample(actor='tester')",
        "display(wb.ImageGrid(ws))\nthreading.Event().wait(60)",
    )
    with in_lab(path) as notebook:
        notebook.run(0)
        notebook.start(1)
        notebook.page.get_by_text(re.compile(r"^\d+ images$")).wait_for()
        notebook.page.wait_for_function("""() => {
            const cells = document.querySelectorAll('.wb-scroller [aria-label]');
            return cells.length > 5 && ![...cells].some((cell) => cell.getAttribute('aria-label') === 'Loading');
        }""")
        assert notebook.page.evaluate("() => window.ended") is None
        notebook.command("notebook:interrupt-kernel")
        notebook.wait_until_ended()
