"""The audit notebook as an analyst uses it: one problem mended in bulk, one by hand, copies, the next audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.conftest import Opener
from browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.lab]


def test_an_analyst_finds_mends_embeds_and_sees_the_audit_improve(in_lab: Opener, lab: Lab, pictures: Path) -> None:
    with in_lab("03_metadata_audit.ipynb") as notebook:
        notebook.run(seconds=240)
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
