"""`make demo`, as it starts: the address it prints opens the tour, and nothing pops up or goes out."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from browser.lab import HERE, answers, private_jupyter, wait_for
from workbench.demo import free_port, lab_environment
from workbench.errors import BadValue

pytestmark = [pytest.mark.browser, pytest.mark.lab]


class Demo(NamedTuple):
    url: str
    process: subprocess.Popen[bytes]
    said: Path


@pytest.fixture
def demo(sample_home: Path, tmp_path: Path) -> Iterator[Demo]:
    said = tmp_path / "said.txt"
    command = [sys.executable, "-m", "workbench.demo", "--folder", str(sample_home), "--port", "0", "--browser", "no"]
    environment = private_jupyter(tmp_path / "jupyter")
    for setting in (tmp_path / "jupyter" / "settings").rglob("*.jupyterlab-settings"):
        setting.unlink()  # as on a machine that never ran JupyterLab
    with said.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        wait_for(lambda: "The tour:" in said.read_text("utf-8"), process, said)
        url = re.search(r"http://\S+", said.read_text("utf-8"))
        assert url is not None
        server = url[0].partition("/lab/")[0]
        wait_for(lambda: answers(f"{server}/api"), process, said)
        yield Demo(url[0], process, said)
        process.kill()


def test_it_opens_the_tour_and_ends_without_leaving_anything(demo: Demo, chrome: Browser) -> None:
    page = chrome.new_page()
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(demo.url)
    page.locator("h1", has_text="A tour of the workbench").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    assert page.locator(".Toastify__toast").count() == 0
    assert [url for url in asked_for if not HERE.match(url)] == []
    page.close()
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(30) == 0
    assert "Making the sample" not in demo.said.read_text("utf-8")
    with (
        pytest.raises(ConnectionError),
        socket.create_connection(("127.0.0.1", int(demo.url.split(":")[2].split("/")[0]))),
    ):
        pass


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(BadValue, match="No port"):
        free_port(70_000)


def test_notebooks_that_are_open_elsewhere_stay_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERLAB_WORKSPACES_DIR", "/elsewhere")
    environment = lab_environment(tmp_path, "token")
    assert Path(environment["JUPYTERLAB_WORKSPACES_DIR"]).parent == tmp_path
