"""A notebook in miniature: the real ES module in a real browser, the real Python widget in this process, no Jupyter.

The comm is replaced by two queues. A small server on this machine's loopback carries them, binary buffers included, so
messages travel while the test does something else, and Python answers on a thread of its own, as a kernel does.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import comm
from comm.base_comm import BaseComm
from playwright.sync_api import Error, sync_playwright

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CLOSED = None
THEMES = {
    "light": {
        "--jp-layout-color0": "#ffffff", "--jp-layout-color1": "#ffffff", "--jp-layout-color2": "#eeeeee",
        "--jp-ui-font-color1": "rgba(0, 0, 0, 0.87)", "--jp-ui-font-color2": "rgba(0, 0, 0, 0.54)",
        "--jp-border-color2": "#e0e0e0", "--jp-brand-color1": "#1976d2",
        "--jp-error-color1": "#d32f2f", "--jp-warn-color1": "#f57c00",
        "--jp-ui-font-family": "system-ui, sans-serif",
    },
    "dark": {
        "--jp-layout-color0": "#111111", "--jp-layout-color1": "#212121", "--jp-layout-color2": "#424242",
        "--jp-ui-font-color1": "rgba(255, 255, 255, 1)", "--jp-ui-font-color2": "rgba(255, 255, 255, 0.7)",
        "--jp-border-color2": "#424242", "--jp-brand-color1": "#2196f3",
        "--jp-error-color1": "#e57373", "--jp-warn-color1": "#ffb74d",
        "--jp-ui-font-family": "system-ui, sans-serif",
    },
}  # fmt: skip

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>mini host</title>
<style>html{background:var(--jp-layout-color0)} body{margin:12px}</style><div id="place"></div>
<script type="module">
const PAGE_NUMBER = 0;
const listeners = new Set();
window.leaked = [];
window.problems = [];
addEventListener("error", (event) => window.problems.push(String(event.message)));
addEventListener("unhandledrejection", (event) => window.problems.push(String(event.reason)));
for (const type of ["keydown", "keypress", "keyup"]) {
  document.addEventListener(type, (event) => window.leaked.push(event.key));
}
// A comm loses nothing: what the browser drops (it drops every request when an interface of the machine changes) is
// asked for again, and numbers keep anything from being heard twice.
async function ask(url, options) {
  for (let pause = 50; ; pause *= 2) {
    try {
      const got = await fetch(url, options);
      return { status: got.status, bytes: await got.arrayBuffer() };
    } catch (error) {
      if (window.hungUp) return new Promise(() => {});
      if (pause > 2000) throw error;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}
const sent = [];
let sending = false;
let said = 0;
let heard = 0;
async function pump() {
  if (sending) return;
  sending = true;
  while (sent.length) await ask(`/send?page=${PAGE_NUMBER}&nth=${said++}`, { method: "POST", body: sent.shift() });
  sending = false;
}
const model = {
  get: (name) => window.state[name], set() {}, save_changes() {},
  on: (event, listener) => event === "msg:custom" && listeners.add(listener),
  off: (event, listener) => listeners.delete(listener),
  send(content, _callbacks, buffers = []) {
    const head = new TextEncoder().encode(JSON.stringify({ content, sizes: buffers.map((one) => one.byteLength) }));
    sent.push(new Blob([new Uint32Array([head.length]), head, ...buffers]));
    pump();
  },
};
async function listen() {
  for (;;) {
    const { status, bytes } = await ask(`/next?page=${PAGE_NUMBER}&nth=${heard}`);
    if (status !== 200) return;
    heard += 1;
    const length = new DataView(bytes).getUint32(0, true);
    const { content, sizes } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
    let at = 4 + length;
    const buffers = sizes.map((size) => new DataView(bytes, (at += size) - size, size));
    for (const listener of listeners) listener(content, buffers);
  }
}
window.started = performance.now();
const { esm, css } = await (await fetch("/widget")).json();
const style = document.createElement("style");
style.textContent = css;
document.head.append(style);
const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
listen();
window.unmount = await module.default.render({ model, el: document.getElementById("place") });
</script>"""


class QueueComm(BaseComm):
    """A comm whose messages to the browser go into a queue."""

    outbox: queue.Queue[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.outbox = queue.Queue()
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        data = data or {}
        if msg_type == "comm_msg" and data.get("method") == "custom":
            self.outbox.put((data["content"], [bytes(one) for one in buffers or []]))


class MiniHost:
    """Shows a widget in a page and carries its messages.

    Parameters
    ----------
    page : playwright page
    make : callable
        Makes the widget; called inside, so that its comm is the queue.
    """

    def __init__(self, page: Any, make: Callable[[], Any]) -> None:
        before, comm.create_comm = comm.create_comm, QueueComm
        try:
            self.widget = make()
        finally:
            comm.create_comm = before
        self.page = page
        self.inbox: queue.Queue[Any] = queue.Queue()
        self.asked: list[dict[str, Any]] = []
        self.told: list[Any] = []
        self.heard: set[tuple[int, int]] = set()
        self.turn, self.hearing = threading.Lock(), threading.Lock()
        self.lose: Callable[[dict[str, Any]], bool] = lambda _: False
        self.threads = [threading.Thread(target=self._answer, daemon=True)]
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.threads.append(threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True))
        self.page_number = 0
        for thread in self.threads:
            thread.start()

    @property
    def outbox(self) -> queue.Queue[Any]:
        return self.widget.comm.outbox

    def open(self, theme: str = "light") -> Any:
        """Load the page, or load it again."""
        self._hang_up()
        self.page.goto(f"http://127.0.0.1:{self.server.server_port}/")
        css = ";".join(f"{name}:{value}" for name, value in THEMES[theme].items())
        self.page.evaluate("css => document.documentElement.setAttribute('style', css)", css)
        return self.page

    def close(self) -> None:
        with suppress(Error):  # a page that has crashed or gone
            self.page.evaluate("window.hungUp = true")
        self._hang_up()
        self.inbox.put(CLOSED)
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join(5)
        self.widget.close()

    def _hang_up(self) -> None:
        """Nobody listens to the old page any more: what it was owed is lost, as when a page is reloaded."""
        with self.turn:
            self.page_number += 1
            self.told = []
            with self.outbox.mutex:
                self.outbox.queue.clear()

    def _answer(self) -> None:
        while (got := self.inbox.get()) is not CLOSED:
            content, buffers = got
            self.asked.append(content)
            if not self.lose(content):
                self.widget._handle_custom_msg(content, buffers)

    def _next(self, page_number: int, nth: int) -> tuple[Any, list[bytes]] | None:
        while page_number == self.page_number:
            with self.turn, suppress(queue.Empty):
                if nth < len(self.told):
                    return self.told[nth]
                self.told.append(self.outbox.get(timeout=0.05))
        return None

    def _handler(host) -> type[BaseHTTPRequestHandler]:  # noqa: N805  (self is the request's below)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or every answer waits 40 ms for the browser's acknowledgement

            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                if self.path == "/":
                    page = PAGE.replace("PAGE_NUMBER = 0", f"PAGE_NUMBER = {host.page_number}")
                    self.reply(page.encode(), "text/html; charset=utf-8")
                elif self.path == "/widget":
                    self.reply(json.dumps({"esm": str(host.widget._esm), "css": str(host.widget._css)}).encode())
                elif got := host._next(*self.numbers()):
                    self.reply(framed(*got))
                else:
                    self.reply(b"", status=204)

            def do_POST(self) -> None:
                got = unframed(self.rfile.read(int(self.headers["Content-Length"])))
                with host.hearing:
                    if self.numbers() not in host.heard:
                        host.heard.add(self.numbers())
                        host.inbox.put(got)
                self.reply(b"{}")

            def numbers(self) -> tuple[int, int]:
                page, nth = (int(one) for one in re.findall(r"=(\d+)", self.path))
                return page, nth

            def reply(self, body: bytes, kind: str = "application/octet-stream", status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                with suppress(ConnectionError):  # the page has gone
                    self.end_headers()
                    self.wfile.write(body)

        return Handler


def framed(content: Any, buffers: list[bytes]) -> bytes:
    head = json.dumps({"content": content, "sizes": [len(one) for one in buffers]}, allow_nan=False).encode()
    return struct.pack("<I", len(head)) + head + b"".join(buffers)


def unframed(body: bytes) -> tuple[Any, list[memoryview]]:
    length = struct.unpack_from("<I", body)[0]
    head = json.loads(body[4 : 4 + length])
    at, buffers = 4 + length, []
    for size in head["sizes"]:
        buffers.append(memoryview(body)[at : at + size])
        at += size
    return head["content"], buffers


def chromium() -> str | None:
    """Return the browser the tests use, or None."""
    return os.environ.get("WORKBENCH_CHROMIUM") or next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@contextmanager
def browser() -> Iterator[Any]:
    """Start a headless Chromium with a fresh profile."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium(), headless=True, args=CHROMIUM_FLAGS, ignore_default_args=["--hide-scrollbars"]
        )
        try:
            yield started
        finally:
            started.close()
