"""A real JupyterLab for tests: a server of its own, and a notebook in a browser to act on and ask about."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import quote

import nbformat
from playwright.sync_api import Browser, Page, Request

HERE = re.compile(r"^((https?|wss?)://(localhost|127\.0\.0\.1)(:\d+)?(/|$)|blob:|data:|about:)")
"""Addresses that stay on this machine."""

KERNEL_IDLE = """(path) => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return panel?.context?.path === path && panel.content?.widgets?.length > 0
        && panel.sessionContext.session?.kernel?.status === 'idle';
}"""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def private_jupyter(home: Path) -> dict[str, str]:
    """Return an environment in which Jupyter reads and writes nothing of the person who runs the tests."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    for name in folders.values():
        (home / name).mkdir(parents=True)
    off = {"fetchNews": "false", "checkForUpdates": False}
    notifications = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notifications.parent.mkdir(parents=True)
    notifications.write_text(json.dumps(off), "utf-8")
    return os.environ | {variable: str(home / name) for variable, name in folders.items()}


def wait_for(what: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    """Ask again and again until it is so; a server that died says why."""
    for _ in range(int(seconds / 0.1)):
        if what():
            return
        try:
            code = process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"The server ended with {code}:\n{log.read_text('utf-8', 'replace')[-3000:]}")
    raise AssertionError(f"Nothing after {seconds} s:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def answers(url: str) -> bool:
    """Tell whether a server answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


class Lab:
    """A JupyterLab server over one folder of notebooks.

    Parameters
    ----------
    home : Path
        Made by this class: ``notebooks`` is the root that the server shows, the rest is Jupyter's own.
    environment : dict of str to str
        What the kernels get on top.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        self.root = home / "notebooks"
        self.root.mkdir(parents=True)
        self.log = home / "server.log"
        self.token = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
            "--ip=127.0.0.1", f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}",
            "--allow-root", "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]  # fmt: skip
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=home, env=private_jupyter(home / "jupyter") | environment, stdout=log, stderr=log
            )
        wait_for(lambda: answers(f"{self.url}/api?token={self.token}"), self._process, self.log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def address(self, path: str) -> str:
        """Return where a notebook opens, in a JupyterLab workspace of its own."""
        return f"{self.url}/lab/workspaces/w{secrets.token_hex(4)}/tree/{quote(path)}?token={self.token}"

    def write(self, name: str, *cells: str) -> str:
        """Make a notebook of these code cells; return its path for `Notebook`."""
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells], metadata=kernel)
        nbformat.write(notebook, self.root / name)
        return name


class Notebook:
    """One notebook open in a page of JupyterLab. Everything that takes time is waited for, by condition."""

    def __init__(self, page: Page, lab: Lab, path: str) -> None:
        self.page, self.lab, self.path = page, lab, path
        self.asked_for: list[str] = []
        self.page_errors: list[str] = []
        page.on("request", self._note_request)
        page.on("websocket", lambda socket: self.asked_for.append(socket.url))
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        page.goto(lab.address(path))
        self.wait_until_idle()

    def _note_request(self, request: Request) -> None:
        self.asked_for.append(request.url)

    def strangers(self) -> list[str]:
        """Return every address asked for that isn't on this machine."""
        return [url for url in self.asked_for if not HERE.match(url)]

    def wait_until_idle(self, seconds: float = 90) -> None:
        """Wait until this notebook is in front and its kernel has nothing to do."""
        self.page.wait_for_function(KERNEL_IDLE, arg=self.path, timeout=seconds * 1000)

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of JupyterLab and wait for its end."""
        self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)", [name, arguments]
        )

    def start(self, cell: int | None = None) -> None:
        """Start running one code cell (counted from 0, of the code cells), or all cells; don't wait."""
        self.page.evaluate(
            """(which) => {
                const panel = window.jupyterapp.shell.currentWidget;
                const codes = panel.content.widgets.map((w, i) => [w, i]).filter(([w]) => w.model.type === 'code');
                if (which !== null) {
                    panel.content.deselectAll();
                    panel.content.activeCellIndex = codes[which][1];
                }
                window.ended = null;
                window.jupyterapp.commands.execute(which === null ? 'notebook:run-all-cells' : 'notebook:run-cell')
                    .then(() => { window.ended = 'yes'; }, (error) => { window.ended = String(error); });
            }""",
            cell,
        )

    def wait_until_ended(self, seconds: float = 120) -> None:
        """Wait until what was started has ended, and what it printed is here."""
        self.page.wait_for_function("() => window.ended !== null", timeout=seconds * 1000)
        self.wait_until_idle(seconds)

    def run(self, cell: int | None = None, seconds: float = 120) -> None:
        """Run one code cell, or all, to the end."""
        self.start(cell)
        self.wait_until_ended(seconds)

    def outputs(self) -> list[list[dict[str, Any]]]:
        """Return the outputs of every code cell, as they would be saved."""
        return list(
            self.page.evaluate("""() => window.jupyterapp.shell.currentWidget.content.widgets
            .filter((w) => w.model.type === 'code').map((w) => w.model.outputs.toJSON())""")
        )

    def text(self, cell: int) -> str:
        """Return what a code cell printed."""
        return "".join("".join(o["text"]) for o in self.outputs()[cell] if o["output_type"] == "stream")

    def errors(self) -> list[str]:
        """Return the errors that cells ended with."""
        outputs = [o for cell in self.outputs() for o in cell]
        return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]

    def shut_down(self) -> None:
        """End the kernel: the next test gets the machine to itself."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def theme(self, name: str) -> None:
        """Change to ``JupyterLab Light`` or ``JupyterLab Dark``."""
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_selector(f'body[data-jp-theme-name="{name}"]', state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def shoot(self, folder: Path, name: str) -> None:
        """Save a picture of the whole notebook from its top, as tall as it is, the sidebar closed."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        tall = self.page.evaluate("""() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')]
            .reduce((sum, cell) => sum + cell.getBoundingClientRect().height + 4, 0)""")
        self.page.set_viewport_size({"width": size["width"], "height": min(int(tall) + 260, 12_000)})
        self.page.wait_for_function("""() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.activeCellIndex = 0;
            content.widgets[0].node.scrollIntoView({ block: 'start' });
            const top = content.widgets[0].node.getBoundingClientRect().top;
            const waiting = document.querySelectorAll('[aria-label="Loading"]').length > 0
                || /Loading…|Opening the collection/.test(content.node.innerText);
            return top > 0 && top < 150 && !waiting && [...document.images].every((image) => image.complete);
        }""")
        self.page.screenshot(path=folder / f"{name}.png")
        self.page.set_viewport_size(size)


@contextmanager
def opened(browser: Browser, lab: Lab, path: str, *, width: int = 1280) -> Iterator[Notebook]:
    """Open a notebook in a fresh profile; afterwards nothing may have left this machine."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    try:
        notebook = Notebook(context.new_page(), lab, path)
        yield notebook
        assert notebook.strangers() == []
        notebook.shut_down()
    except Exception as error:
        error.add_note(f"What the notebook showed: {context.pages[0].inner_text('body')[-3000:]}")
        context.pages[0].screenshot(path=lab.root.parent / "failed.png")
        raise
    finally:
        context.close()


def screenshots(fallback: Path) -> Path:
    """Return where pictures go: ``$WORKBENCH_SCREENSHOTS`` keeps them."""
    return Path(os.environ.get("WORKBENCH_SCREENSHOTS") or fallback)
