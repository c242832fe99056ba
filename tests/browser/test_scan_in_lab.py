"""A scan in a real notebook: seen, cancelled by its button, stopped by the notebook's."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from browser.conftest import Opener
from browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.lab]

MANY = 240


@pytest.fixture(scope="module")
def many_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough large photographs to keep a scan busy: one picture under many names."""
    folder = tmp_path_factory.mktemp("many")
    rough = np.random.default_rng(7).integers(0, 255, (250, 375, 3), dtype=np.uint8)
    Image.fromarray(rough).resize((3000, 2000)).save(folder / "0.jpg", quality=90)
    for number in range(1, MANY):
        os.link(folder / "0.jpg", folder / f"{number}.jpg")
    return folder


def scanning(lab: Lab, name: str, source: Path) -> str:
    return lab.write(
        f"{name}.ipynb",
        f"import workbench as wb\nws = wb.open({name!r}, actor='tester')",
        f"report = ws.scan({str(source)!r}, batch='b', workers=1)\nprint(report.outcome, report.read, report.files)",
    )


def outcome(printed: str) -> tuple[str, int, int]:
    word, read, files = printed.split()
    return word, int(read), int(files)


@pytest.mark.parametrize("how", ["cancel", "stop"])
def test_a_scan_is_cancelled_while_its_cell_is_busy(how: str, in_lab: Opener, lab: Lab, many_images: Path) -> None:
    with in_lab(scanning(lab, f"interrupted-by-{how}", many_images)) as notebook:
        notebook.run(0)
        notebook.start(1)
        button = {
            "cancel": notebook.page.get_by_role("button", name="Cancel", exact=True),
            "stop": notebook.page.locator('.jp-NotebookPanel-toolbar [data-command="notebook:interrupt-kernel"]'),
        }[how]
        notebook.page.get_by_text("files/s").wait_for()
        button.click()
        notebook.wait_until_ended()
        word, read, files = outcome(notebook.text(1))
        assert (word, files) == ("cancelled", MANY)
        assert 0 < read < MANY
        notebook.page.get_by_text(f"{read} of {MANY} files read and kept").wait_for()
        assert notebook.errors() == []
