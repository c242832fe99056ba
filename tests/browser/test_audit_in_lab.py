"""The audit notebook as an analyst uses it: one problem mended in bulk, one by hand, copies, the next audit."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from browser.conftest import Opener
from browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.lab]

TITLE, MINE = "Xmp.dc.title", "A boat in the harbour of Kotor"
GAINED = """(wanted) => {
  const one = [...document.querySelectorAll(".wb-a-gain")].find((it) => it.textContent.includes("Title is required"));
  const [was, now] = (one?.querySelector("b").textContent ?? "0 → 0").split(" → ").map(Number);
  return was - now === wanted;
}"""


def test_an_analyst_finds_mends_embeds_and_sees_the_audit_improve(in_lab: Opener, lab: Lab, pictures: Path) -> None:
    with in_lab("03_metadata_audit.ipynb") as notebook:
        notebook.run(seconds=600)
        page = notebook.page
        assert notebook.errors() == []
        board = page.locator(".wb-audit")
        assert board.locator(".wb-a-card").count() == 5
        board.scroll_into_view_if_needed()
        gain = board.locator(".wb-a-gain").filter(has_text="Nothing says who may use it")
        before, after = (int(number) for number in gain.locator("b").text_content().split(" → "))
        assert before > 100 > after
        assert any((lab.root / "copies with rights").rglob("*.jpg"))

        board.locator(".wb-a-card").filter(has_text="Title is required").click()
        board.get_by_role("textbox", name="Title").fill("An invoice of 2025")
        board.get_by_role("textbox", name="Title").press("Enter")
        title = board.locator(".wb-a-gain").filter(has_text="Title is required")
        title.wait_for()
        was, now = (int(number) for number in title.locator("b").text_content().split(" → "))
        assert now == was - 1
        board.get_by_role("tab", name="Trend").click()
        board.get_by_role("button", name="Audit again").click()
        board.locator(".wb-a-trend .wb-a-better").first.wait_for()
        notebook.shoot(pictures, "audit-in-lab")
        assert notebook.page_errors == []
        assert page.locator(".wb-error:visible").count() == 0


@pytest.mark.timeout(900)  # the whole notebook, and then by hand
def test_one_title_by_form_fifty_by_template_and_all_of_them_in_the_copies(
    in_lab: Opener, lab: Lab, tmp_path: Path, pictures: Path
) -> None:
    with in_lab("03_metadata_audit.ipynb") as notebook:
        notebook.run(seconds=600)
        page = notebook.page
        form = page.locator(".wb-tag")
        form.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('.wb-tag')?.dataset.image")
        first = form.get_attribute("data-image")
        form.locator(f'.wb-tag-field[data-key="{TITLE}"] textarea, .wb-tag-field[data-key="{TITLE}"] input').first.fill(
            MINE
        )
        page.keyboard.press("Control+Enter")
        page.wait_for_function("(seen) => document.querySelector('.wb-tag')?.dataset.image !== seen", arg=first)

        board = page.locator(".wb-audit")
        board.scroll_into_view_if_needed()
        board.get_by_role("button", name="Audit again").click()
        board.locator(".wb-a-gain").filter(has_text="Title is required").wait_for()
        board.locator(".wb-a-card").filter(has_text="Title is required").click()
        board.get_by_role("button", name="All problems").wait_for()
        board.locator(".wb-a-said p").first.wait_for()
        board.locator(".wb-a-pictures .wb-scroller").focus()
        page.keyboard.press("Space")
        for _ in range(49):
            page.keyboard.press("Shift+ArrowRight")
        board.get_by_role("option", name="The 50 images selected").wait_for(state="attached")
        page.keyboard.press("b")
        page.keyboard.type("Fifty: {folder}, {stem|clean}")
        page.keyboard.press("Enter")
        board.get_by_text("Apply to 50 images").click()
        gained = board.locator(".wb-a-gain").filter(has_text="Title is required")
        page.wait_for_function(GAINED, arg=51)
        assert gained.is_visible()
        notebook.run(5, seconds=600)
        assert notebook.errors() == []
        assert "Embedding (copy)" in notebook.text(5)
        notebook.shoot(pictures, "audit-mended-in-lab")
        assert notebook.page_errors == []
    with wb.open(tmp_path / "copies", actor="client") as client:
        client.scan(lab.root / "copies with rights", progress=False, workers=1)
        found = client.sql("select value from metadata where field = ?", [TITLE])["value"]
    assert (found == MINE).sum() == 1
    assert found.str.startswith("Fifty: ").sum() == 50
