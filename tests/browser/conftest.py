"""One JupyterLab for all tests that need it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.lab import Lab, Notebook, opened, screenshots

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"

Opener = Callable[..., AbstractContextManager[Notebook]]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, sample_home: Path) -> Iterator[Lab]:
    """A JupyterLab over copies of the project's notebooks, with the sample made already."""
    with Lab(tmp_path_factory.mktemp("lab") / "home", WORKBENCH_DEMO=str(sample_home)) as started:
        for notebook in NOTEBOOKS.glob("*.ipynb"):
            shutil.copy(notebook, started.root)
        yield started


@pytest.fixture
def in_lab(chrome: Browser, lab: Lab) -> Opener:
    """Open a notebook by its path: ``with in_lab("00_tour.ipynb") as notebook:``."""
    return lambda path, **how: opened(chrome, lab, path, **how)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go."""
    return screenshots(tmp_path / "screenshots")
