"""143 texts that mean harm, in every widget: nothing runs, nothing is fetched from elsewhere, nothing stays hidden."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile_world
import pytest
from hostile_payloads import AWAY, HIT, MARKUP, PAYLOADS
from hostile_world import BATCHES, in_order

import workbench as wb
from widgets.mini_host import MiniHost
from workbench.widgets.adjudicate import Adjudicate
from workbench.widgets.audit_board import AuditBoard
from workbench.widgets.cluster_review import ClusterReview
from workbench.widgets.double_entry import DoubleEntry
from workbench.widgets.explorer import Explorer
from workbench.widgets.history import History
from workbench.widgets.image_grid import ImageGrid
from workbench.widgets.inspection import Inspection
from workbench.widgets.tag_form import TagForm

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

HIDDEN = r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff]"
TRIPWIRE = """
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => { window.__hit = name; };
window.seen = new Set();
"""
LOOK = """() => {
  const root = document.querySelector("#place > div") ?? document.body;
  const hidden = /HIDDEN/;
  const bad = [];
  const active = "script, iframe, frame, object, embed, base, meta, link, video, audio, math, template";
  for (const one of root.querySelectorAll(active)) bad.push(`<${one.tagName}>`);
  const mine = /^(blob:|data:image\\/|#)/;
  for (const one of root.querySelectorAll("*")) {
    for (const { name, value } of one.attributes) {
      if (/^on/i.test(name)) bad.push(`${one.tagName} ${name}`);
      const leads = /^(href|src|action|xlink:href|formaction|srcdoc)$/i.test(name);
      if (leads && !mine.test(value)) bad.push(`${name}=${value}`);
      const read = ["title", "aria-label", "alt", "placeholder"].includes(name);
      if (read && hidden.test(value)) bad.push(`${name}: ${escape(value)}`);
    }
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest("style, textarea")) continue;
    if (hidden.test(node.data)) bad.push(`hidden in ${node.parentElement?.className}: ${escape(node.data)}`);
    window.seen.add(node.data);
  }
  for (const box of root.querySelectorAll("input, textarea")) window.seen.add(box.value);
  return { bad: bad.slice(0, 5), hit: window.__hit ?? null };
}""".replace("HIDDEN", HIDDEN)
SPELLED = """(texts) => {
  const hidden = /HIDDEN/g;
  const spelled = (text) => text.replace(hidden, (one) => `\\\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const bare = (text) => spelled(text).replace(/\\s+/g, " ").trim();
  const seen = [...window.seen].map((one) => bare(one)).join("\\n");
  return texts.filter((one) => seen.includes(bare(one))).length;
}""".replace("HIDDEN", HIDDEN)
CALM = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_world.make(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def ws(tmp_path: Path, made: Path) -> Iterator[wb.Bench]:
    shutil.copytree(made, tmp_path / "ws")
    opened = wb.open(tmp_path / "ws", actor="zoe")
    yield opened
    opened.close()


class Watched:
    """A page in which nothing may run, open or be asked for elsewhere."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.away: list[str] = []
        page.add_init_script(TRIPWIRE)
        page.on("dialog", lambda dialog: (self.away.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: self.away.append(f"popup {popup.url}"))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "blob:", "data:", "file:///")):
            self.away.append(url)

    def look(self) -> None:
        """Fail if anything ran, was fetched, or is hidden; remember what is shown."""
        self.page.evaluate(CALM)
        told = self.page.evaluate(LOOK)
        assert told == {"bad": [], "hit": None}
        assert self.away == []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.look()

    def shown(self) -> int:
        """How many of the payloads have been on the screen, as they are or with what is hidden in them written out."""
        return int(self.page.evaluate(SPELLED, PAYLOADS))


@pytest.fixture
def watched(page: Any) -> Watched:
    return Watched(page)


def test_the_tripwire_trips(page: Any, watched: Watched) -> None:
    """What would be found if a widget forgot itself: without this the others prove nothing."""
    page.goto("about:blank")
    page.set_content("<div id=place><div></div></div>")
    tripped = 0
    for text in [one for one in MARKUP if "http-equiv" not in one]:  # that one leaves the page
        page.evaluate("window.__hit = null")
        watched.away.clear()
        page.evaluate("(text) => { document.querySelector('#place > div').innerHTML = text; }", text)
        page.evaluate(CALM)
        told = page.evaluate(LOOK)
        tripped += bool(told["bad"] or told["hit"] or watched.away)
    page.set_content("<p>away</p>")
    assert tripped >= 30


def test_there_are_enough_of_them() -> None:
    assert len(set(PAYLOADS)) >= 140
    assert sum(HIT in text or AWAY in text for text in PAYLOADS) >= 50


def test_explorer(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    host(lambda: Explorer(ws))
    page.wait_for_function("document.querySelectorAll('.wb-cell img:not([hidden])').length > 3")
    page.wait_for_function("document.querySelectorAll('.wb-plot:not([hidden]) .main-svg').length > 0")
    watched.look()
    page.locator(".wb-cell").first.click()
    watched.press("Enter")
    page.wait_for_selector(".wb-large")
    for _ in range(24):
        watched.press("PageDown")
    watched.press("Escape", "/")
    for text in (MARKUP[0], MARKUP[9], "keyword:\u202e", "{{7*7}}"):
        page.get_by_role("searchbox", name="Search", exact=True).fill(text)
        watched.press("Enter")
    assert watched.shown() > 30


def test_grid(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    host(lambda: ImageGrid(ws, caption="title", height=800))
    page.wait_for_function("document.querySelectorAll('.wb-cell img:not([hidden])').length > 3")
    page.locator(".wb-cell").first.click()
    for _ in range(14):
        watched.press("PageDown")
    assert watched.shown() > 100


def test_tag_form(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    ids = in_order(ws)[: len(hostile_world.chunks())]
    made = host(lambda: TagForm(ws, "shop", ids))
    for image_id in ids:
        page.wait_for_function("(id) => document.querySelector('.wb-tag-image')?.dataset.id === id", arg=image_id)
        watched.look()
        page.locator(".wb-tag-field").first.locator("input, textarea").first.click()
        page.keyboard.press("Alt+h")
        watched.look()
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+ArrowRight")
    assert made.widget.session is not None
    assert watched.shown() > 100


def test_tag_form_in_rework(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    ws.qc.move(BATCHES[0], "rework", reason=MARKUP[0])
    host(lambda: TagForm(ws, "shop", ws.qc.rework(BATCHES[0])))
    for _ in range(3):
        page.wait_for_selector(".wb-remarked .wb-remark-said")
        watched.look()
        page.locator(".wb-tag").focus()
        watched.press("Alt+r", "Alt+ArrowRight")
    assert page.locator(".wb-tag-field .wb-remark").count() == len(PAYLOADS[::9])
    assert watched.shown() > len(PAYLOADS[::9])


def test_audit_board(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    host(lambda: AuditBoard(ws, "shop"))
    calm = "document.querySelector('.wb-audit')?.getAttribute('aria-busy') === 'false'"
    page.wait_for_function(calm)
    watched.look()
    for place in range(3):
        page.locator(".wb-a-rule").nth(place).click()
        page.wait_for_function("document.querySelectorAll('.wb-a-pictures .wb-cell img:not([hidden])').length > 0")
        page.wait_for_function(calm)
        watched.look()
        page.locator(".wb-a-pictures .wb-cell:visible").first.click()
        for _ in range(8):
            watched.press("ArrowRight")
            page.wait_for_function(calm)
        watched.press("l")
    assert watched.shown() > 15


def test_cluster_review(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    host(lambda: ClusterReview(ws))
    page.wait_for_function("document.querySelector('.wb-review')?.dataset.cluster")
    page.locator(".wb-review").focus()
    for _ in range(8):
        watched.press("PageDown", "ArrowRight")
    assert watched.shown() > 15


def test_inspection(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    sample = (
        ws.query("sample_of_batch", batch=BATCHES[0]) if "sample_of_batch" in ws.queries()["name"].tolist() else None
    )
    assert sample is None or len(sample)
    drawn = str(ws.sql("select sample_id from samples")["sample_id"][0])
    host(lambda: Inspection(ws, drawn, "shop"))
    page.wait_for_function("document.querySelector('.wb-tag-image')?.complete")
    page.locator(".wb-inspect").click(position={"x": 300, "y": 10})
    for _ in range(3):
        watched.press("ArrowDown", "1", "Enter")
    assert watched.shown() > 10


def test_adjudication(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    host(lambda: Adjudicate(ws))
    page.wait_for_function("document.querySelector('.wb-judge')?.dataset.image")
    page.locator(".wb-judge").focus()
    for _ in range(2 * len(hostile_world.chunks())):
        watched.press("s")
    watched.press("e", "Escape", "?", "Escape", "1", "u")
    assert watched.shown() > 100


def test_double_entry(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    ids = in_order(ws)[20:40]
    task = ws.qc.double_entry(
        [hostile_world.TITLE, hostile_world.WORDS], ids, people=("zoe", "max"), profile="shop", start="file"
    )  # fmt: skip
    host(lambda: DoubleEntry(ws, task.task_id))
    for image_id in task.image_ids:
        page.wait_for_function("(id) => document.querySelector('.wb-tag-image')?.dataset.id === id", arg=image_id)
        watched.look()
        page.locator(".wb-tag-field").first.locator("input, textarea").first.click()
        page.keyboard.press("Alt+ArrowRight")
    assert watched.shown() > 15


def test_history(ws: wb.Bench, host: Show, watched: Watched, page: Any) -> None:
    settled = (
        "() => { const one = document.querySelector('.wb-hist')?.dataset; return one?.seq && one.seq === one.shown; }"
    )
    for about in ({"batch": BATCHES[0]}, {"batch": BATCHES[2]}, {"person": hostile_world.ACTORS[0]}):
        shown = host(lambda about=about: History(ws, **about))
        page.wait_for_function(settled)
        page.locator(".wb-hist").focus()
        for _ in range(12):
            watched.press("PageDown")
        assert watched.shown() > (60 if "batch" in about else 10)
        shown.page.goto("about:blank")
