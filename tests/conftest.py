"""What all tests share: the sample collection, and what happens where there is no browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from invented_week import record
from playwright.sync_api import Browser
from widgets.mini_host import browser, chromium

import workbench as wb
from workbench.demo import open_sample
from workbench.sample_work import Recorded

UNDER_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
# A shared machine may be slow at any moment; and what CI says should be the same twice.
settings.register_profile("everywhere", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if UNDER_CI else "everywhere")

NO_BROWSER = "NOT TESTED: this needs Chromium, and there is none (put it on the PATH or name it in WORKBENCH_CHROMIUM)"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none; under CI that is a failure."""
    needs = item.get_closest_marker("browser") or item.get_closest_marker("lab")
    if needs is None or chromium() is not None:
        return
    if UNDER_CI:
        pytest.fail(NO_BROWSER, pytrace=False)
    pytest.skip(NO_BROWSER)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """The browser, started once: playwright can't start twice in one process."""
    with browser() as started:
        yield started


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo: the sample collection and a workspace it is scanned into, made once for all tests."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    home = (tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent) / "demo"
    with FileLock(f"{home}.lock"):
        open_sample(home, actor="tester").close()
    return home


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A workspace with a week of invented work, to look at only."""
    return record(tmp_path_factory.mktemp("week"))


@pytest.fixture
def actor() -> str:
    """Who opens ``ws``."""
    return "ann"


@pytest.fixture
def ws(tmp_path: Path, scanned: Path, actor: str) -> Iterator[wb.Bench]:
    """A copy of the workspace ``scanned``, which a module makes once."""
    shutil.copytree(scanned, tmp_path / "ws")
    with wb.open(tmp_path / "ws", actor=actor) as opened:
        yield opened


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another volume."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("NOT TESTED: there is no second volume here")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)
