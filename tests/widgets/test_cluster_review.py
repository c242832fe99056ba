"""The review of duplicates as a person meets it: the real module and widget in a real browser, a real workspace."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from reviewed_collection import put_pairs, workspace
from small_collections import image_ids
from waiting import until

import workbench as wb
from widgets.mini_host import MiniHost
from widgets.small_workspace import SCRIPT
from workbench import clusters
from workbench.errors import BadValue
from workbench.widgets.cluster_review import ClusterReview

pytestmark = pytest.mark.browser
Show = Callable[..., MiniHost]

ON_SCREEN = """(cluster) => {
  const root = document.querySelector(".wb-review"), pictures = [...document.querySelectorAll(".wb-twin-image")];
  return root?.dataset.cluster === cluster && pictures.length === 2
    && pictures.every((one) => one.complete && one.naturalWidth > 0 && !one.classList.contains("wb-soft"));
}"""
UNNAMED = """() => [...document.querySelectorAll(".wb-review button, .wb-review select, .wb-review [role]")]
  .filter((one) => !one.closest("[hidden]") && !one.getAttribute("aria-label") && !one.textContent.trim())
  .map((one) => one.outerHTML.slice(0, 80))"""
OVERFLOWING = """() => [...document.querySelectorAll(
    ".wb-review, .wb-review-bar, .wb-review-foot, .wb-review-panel, .wb-help")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clusters of three images."""
    made = workspace(tmp_path_factory.mktemp("review"), 8, copies=2, edge=800)
    made.close()
    return made.folder


@pytest.fixture
def review(ws: wb.Bench, host: Show, page: Any) -> MiniHost:
    """The review on the first of eight clusters, with the keyboard in it."""
    made = host(lambda: ClusterReview(ws))
    there(made)
    page.locator(".wb-review").focus()
    return made


def there(review: MiniHost) -> str:
    """Wait until the session's cluster is on the screen, with both pictures."""
    cluster = str(review.widget.session.cluster_id)
    review.page.wait_for_function(ON_SCREEN, arg=cluster)
    return cluster


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def moved_from(review: MiniHost, cluster: str) -> str:
    until(lambda: review.widget.session.cluster_id != cluster)
    return there(review)


def says(page: Any, words: str) -> None:
    page.locator(".wb-review-status", has_text=words).wait_for()


def captions(page: Any) -> list[str]:
    texts = page.locator(".wb-twin-caption").all_inner_texts()
    return [text.replace("/\n", "/").replace("\n", " ") for text in texts]


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cluster_is_told_in_words(review: MiniHost, page: Any) -> None:
    assert captions(page) == ["1 originals/005.jpg stays", "2 same-picture/005-1.jpg may go Keep this one"]
    told = page.locator(".wb-review-panel").inner_text()
    assert "The picture is the same, pixel for pixel" in told
    assert "Every tile agrees." in told
    assert "Why 1 rather than 2" in told
    differ = page.locator(".wb-differs th").all_inner_texts()
    assert {"Title", "Folder"} <= set(differ)
    assert not {"Pixels", "Format", "Keywords"} & set(differ)
    assert "0 decided · 8 left" in page.locator(".wb-review-pace").inner_text()
    assert page.locator(".wb-review-where").inner_text() == "1 of 8"


def test_where_metadata_agree_it_says_so(review: MiniHost, page: Any) -> None:
    row = page.locator(".wb-differs", has_text="Title").locator("td")
    assert row.all_inner_texts() == ["Hill 5", "Hill 5, copy 1"]
    page.get_by_label("Kind", exact=True).select_option("exact")
    page.get_by_text("Their metadata say the same.").wait_for()
    assert page.locator(".wb-differs th").all_inner_texts() == ["Folder"]


def test_both_pictures_are_zoomed_and_moved_together(review: MiniHost, page: Any) -> None:
    both = """() => [...document.querySelectorAll(".wb-twin-image")]
      .map((one) => one.style.transform.split(" matrix3d")[0])"""
    before = page.evaluate(both)
    assert before[0] == before[1]
    box = page.locator(".wb-twin-other .wb-twin-stage").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.wheel(0, -600)
    page.locator(".wb-zoomed").wait_for()
    zoomed = page.evaluate(both)
    assert zoomed[0] == zoomed[1] != before[0]
    page.mouse.down()
    page.mouse.move(box["x"] - 10, box["y"] + 10)
    page.mouse.up()
    dragged = page.evaluate(both)
    assert dragged[0] == dragged[1] != zoomed[0]
    press(page, "0")
    assert page.evaluate(both) == before


def test_blinking_shows_one_over_the_other_by_turns(review: MiniHost, page: Any) -> None:
    press(page, "b")
    page.locator('.wb-twins[data-top="keeper"]').wait_for()
    page.locator('.wb-twins[data-top="other"]').wait_for()
    press(page, " ")
    top = page.locator(".wb-twins").get_attribute("data-top")
    assert page.locator(".wb-twin-keeper .wb-twin-image:not(.wb-under)").count() == 1
    press(page, " ")
    assert page.locator(".wb-twins").get_attribute("data-top") != top
    press(page, "Escape")
    assert page.locator(".wb-twins").get_attribute("data-mode") == "side"


def test_the_difference_is_a_map_and_a_sentence(review: MiniHost, page: Any) -> None:
    press(page, "d")
    says(page, "No difference that one could see.")
    assert page.locator(".wb-twin-map").is_visible()
    assert page.locator(".wb-twin-map").get_attribute("aria-label") == "No difference that one could see."
    press(page, "d")
    assert not page.locator(".wb-twin-map").is_visible()


def test_pictures_that_differ_are_hot_where_they_do(ws: wb.Bench, host: Show, page: Any) -> None:
    ids = image_ids(ws)
    with ws.catalog.writing() as connection:
        connection.execute("delete from pair_facts")
    put_pairs(ws, "content", ids["originals/000.jpg"], [ids["originals/001.jpg"]])
    clusters.make(ws)
    there(host(lambda: ClusterReview(ws)))
    page.locator(".wb-review").focus()
    press(page, "d")
    says(page, "of what both show differs plainly")
    hot = """() => { const map = document.querySelector(".wb-twin-map");
      const [r, g, b] = map.getContext("2d").getImageData(map.width / 2, 5, 1, 1).data; return r - b; }"""
    assert page.evaluate(hot) > 80


def test_a_mirrored_copy_lies_right_over_the_keeper(ws: wb.Bench, host: Show, page: Any) -> None:
    ids = image_ids(ws)
    with ws.catalog.writing() as connection:
        connection.execute("delete from pair_facts")
    put_pairs(
        ws, "fuzzy", ids["originals/002.jpg"], [ids["fuzzy/002-1.jpg"]], homography=[[-1, 0, 1], [0, 1, 0], [0, 0, 1]]
    )
    clusters.make(ws)
    there(host(lambda: ClusterReview(ws)))
    page.locator(".wb-review").focus()
    transform = """() => document.querySelectorAll(".wb-twin-image")[1].style.transform.includes("matrix3d(-")"""
    assert not page.evaluate(transform)
    press(page, "b")
    assert page.evaluate(transform)


# ── deciding ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_key_a_cluster(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    cluster = there(review)
    for _ in range(7):
        press(page, "Enter")
        cluster = moved_from(review, cluster)
    press(page, "Enter")
    page.get_by_text("All done").wait_for()
    assert ws.sql("select count(*) as n from cluster_reviews")["n"].iloc[0] == 8
    assert page.evaluate("window.leaked") == []


def test_the_next_cluster_is_made_ready_while_one_looks(review: MiniHost, page: Any) -> None:
    session, cluster = review.widget.session, there(review)
    for _ in range(3):
        until(lambda: session._reserved is not None)
        coming = {one.image_id for one in session._loading.page(session._reserved).members[:2]}
        until(lambda coming=coming: {image_id for image_id, _ in session._loading._pictures} >= coming)
        press(page, "Enter")
        cluster = moved_from(review, cluster)


def test_keys_choose_keepers_and_mark_others(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    first = there(review)
    press(page, "3")
    page.locator(".wb-keeps", has_text="005-2.jpg").wait_for()
    assert captions(page)[0] == "3 same-picture/005-2.jpg stays"
    press(page, "k")
    page.locator(".wb-keeps", has_text="005-1.jpg").wait_for()
    press(page, "1")
    page.locator(".wb-keeps", has_text="005.jpg").wait_for()
    page.locator('.wb-looked[data-id]:has-text("005-2.jpg")').wait_for()
    page.locator(".wb-looked", has_text="005-2.jpg").wait_for()
    press(page, "n")
    page.locator(".wb-apart", has_text="no duplicate").wait_for()
    press(page, "7")
    says(page, "There is no image 7 here.")
    press(page, "Enter")
    second = moved_from(review, first)
    press(page, "Shift+V")
    third = moved_from(review, second)
    press(page, "s")
    moved_from(review, third)
    found = ws.sql("select decision from cluster_reviews order by seq")
    assert found["decision"].tolist() == ["mixed", "variant", "skipped"]
    assert page.evaluate("window.leaked.filter((key) => key !== 'Shift')") == []


def test_undo_brings_the_cluster_back(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    first = there(review)
    assert page.get_by_role("button", name="Undo").is_disabled()
    press(page, "Enter")
    second = moved_from(review, first)
    press(page, "u")
    assert moved_from(review, second) == first
    assert ws.sql("select * from cluster_reviews").empty


def test_a_key_held_down_or_pressed_twice_decides_one_cluster(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    first = there(review)
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")  # repeats
    page.keyboard.up("Enter")
    moved_from(review, first)
    twice = """() => { for (let i = 0; i < 2; i += 1) document.querySelector(".wb-review")
      .dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })); }"""
    second = there(review)
    page.evaluate(twice)
    third = moved_from(review, second)
    page.evaluate("window.settled = new Promise((done) => setTimeout(done, 0))")
    until(lambda: sum(1 for one in review.asked if one["command"] == "accept") == 3)
    assert review.widget.session.cluster_id == third
    assert len(ws.sql("select * from cluster_reviews")) == 2


def test_everything_works_by_mouse(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    first = there(review)
    page.locator(".wb-review-member", has_text="005-2.jpg").get_by_text("Keep").click()
    page.locator(".wb-keeps", has_text="005-2.jpg").wait_for()
    page.locator(".wb-review-member", has_text="005-1.jpg").locator(".wb-review-look").click()
    page.locator(".wb-looked", has_text="005-1.jpg").wait_for()
    page.get_by_role("button", name="no duplicate").click()
    page.locator(".wb-apart").wait_for()
    page.get_by_role("button", name="Accept: ").click()
    moved_from(review, first)
    assert page.evaluate("document.activeElement.classList.contains('wb-review')")
    page.get_by_role("button", name="Undo").click()
    until(lambda: review.widget.session.cluster_id == first)


def test_all_of_a_kind_are_accepted_after_a_preview(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    page.get_by_label("Kind", exact=True).select_option("exact")
    page.locator(".wb-review-where", has_text="of 2").wait_for()
    page.locator(".wb-review").focus()
    press(page, "a")
    dialog = page.get_by_role("dialog", name="Accept many clusters")
    dialog.wait_for()
    assert "Accept 2 clusters at once?" in dialog.inner_text()
    assert "4 files may go" in dialog.inner_text()
    assert "proved" not in dialog.inner_text()
    dialog.locator("img").first.wait_for()
    assert ws.sql("select * from cluster_reviews").empty
    press(page, "Enter")
    says(page, "Accepted 2 clusters.")
    assert ws.sql("select distinct how from cluster_reviews")["how"].tolist() == ["bulk"]
    press(page, "u")
    page.locator(".wb-review-where", has_text="1 of 2").wait_for()
    press(page, "a")
    dialog.wait_for()
    press(page, "Escape")
    assert dialog.count() == 0
    assert ws.sql("select * from cluster_reviews").empty


def test_what_isnt_proved_is_said_before_all_of_it_is_accepted(review: MiniHost, page: Any) -> None:
    press(page, "a")
    page.get_by_text("Not all of these are proved to be the same.").wait_for()


def test_a_second_look_says_so_and_has_no_bulk(ws: wb.Bench, host: Show, page: Any) -> None:
    first = ClusterReview(ws)
    first.session.bulk_accept(first.session.bulk_preview()["token"])
    first.close()
    there(host(lambda: ClusterReview(ws, second=3)))
    assert "Second look" in page.locator(".wb-review-title").inner_text()
    assert page.locator(".wb-review-verdict").is_hidden()
    assert page.get_by_text("Accept all").is_hidden()
    page.locator(".wb-review").focus()
    press(page, "a")
    says(page, "A second look is a look at each.")


# ── the keyboard, the reader, the edges ───────────────────────────────────────────────────────────────────────


def test_no_key_reaches_the_notebook(review: MiniHost, page: Any) -> None:
    for key in [
        *string.ascii_letters,
        *string.digits,
        *".,-+/?#",
        "Enter",
        "Escape",
        "ArrowUp",
        "Delete",
        "PageUp",
        "F1",
    ]:
        press(page, key)
    press(page, "Shift+Enter", "Control+Enter", "Alt+Enter", "Control+b", "Control+m", "Control+Shift+ArrowDown")
    assert page.evaluate("window.leaked.filter((key) => !['Shift', 'Control', 'Alt'].includes(key))") == []


def test_help_lists_the_keys(review: MiniHost, page: Any) -> None:
    press(page, "?")
    told = page.get_by_role("dialog", name="Keyboard").inner_text()
    assert all(words in told for words in ("Enter", "1 – 9", "Not a duplicate", "Blink", "Undo"))
    press(page, "Escape")
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_has_a_name_and_fits_in_any_width(ws: wb.Bench, host: Show, page: Any, theme: str) -> None:
    review = host(lambda: ClusterReview(ws), theme)
    there(review)
    page.locator(".wb-review").focus()
    for width in (700, 900, 1280, 2500):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOWING) == []
        press(page, "?")
        assert page.evaluate(OVERFLOWING) == []
        press(page, "?")
    assert page.evaluate(UNNAMED) == []
    assert page.locator(".wb-review").get_attribute("aria-label")
    assert page.locator(".wb-twin-image").first.get_attribute("alt").startswith("Keeper: ")
    assert page.locator(".wb-review-status").get_attribute("aria-live") == "polite"


def test_tab_goes_through_the_buttons_and_enter_on_one_presses_only_that(
    ws: wb.Bench, review: MiniHost, page: Any
) -> None:
    first = there(review)
    page.get_by_role("button", name="Skip").focus()
    press(page, "Enter")
    moved_from(review, first)
    assert ws.sql("select decision from cluster_reviews")["decision"].tolist() == ["skipped"]


def test_hostile_text_is_shown_as_text(ws: wb.Bench, host: Show, page: Any) -> None:
    ids = image_ids(ws)
    with ws.catalog.writing() as connection:
        connection.execute("delete from pair_facts")
        connection.execute(
            "update image_facts set name = $script, path = $script, folder = $script", {"script": SCRIPT}
        )
    ws.set_values([ids["originals/000.jpg"]], {"Xmp.dc.title": {"de": SCRIPT}, "Xmp.dc.subject": [SCRIPT]})
    put_pairs(ws, "content", ids["originals/000.jpg"], [ids["originals/001.jpg"]], because=SCRIPT)
    clusters.make(ws)
    there(host(lambda: ClusterReview(ws)))
    page.locator(".wb-review").focus()
    told = page.locator(".wb-review-panel").inner_text()
    assert told.count("<script>") >= 3
    press(page, "a")
    page.get_by_role("dialog").wait_for()
    press(page, "Escape", "Enter")
    page.get_by_text("All done").wait_for()
    assert page.evaluate("window.hacked") is None
    assert page.locator(".wb-review script, .wb-review img[onerror]").count() == 0


def test_without_duplicates_it_says_what_to_do(ws: wb.Bench, host: Show, page: Any) -> None:
    with ws.catalog.writing() as connection:
        connection.execute("delete from cluster_rows")
    host(lambda: ClusterReview(ws))
    page.get_by_text("No duplicates").wait_for()
    assert "ws.find_duplicates()" in page.locator(".wb-review-empty").inner_text()
    assert page.get_by_role("button", name="Accept: ").is_disabled()
    page.locator(".wb-review").focus()
    press(page, "Enter", "n", "1", "b", "a")
    page.get_by_text("Nothing is open here").wait_for()


def test_a_picture_that_cannot_be_shown_says_so_and_can_be_decided(ws: wb.Bench, host: Show, page: Any) -> None:
    found = ws.sql("select image_id, uri from images where path = 'same-picture/005-1.jpg'").iloc[0]
    file = Path(found["uri"].removeprefix("file://"))
    kept = file.read_bytes()
    file.unlink()
    try:
        review = host(lambda: ClusterReview(ws))
        page.get_by_text("This picture can't be shown.").wait_for()
        page.locator(".wb-review").focus()
        first = review.widget.session.cluster_id
        press(page, "Enter")
        moved_from(review, first)
    finally:
        file.write_bytes(kept)


def test_an_error_is_shown_with_its_hint(review: MiniHost, page: Any) -> None:
    first = there(review)
    real = review.widget._verbs["accept"]

    def fails(**_: Any) -> Any:
        review.widget._verbs["accept"] = real
        raise BadValue("The disk is full.", hint="Free some space.")

    review.widget._verbs["accept"] = fails
    press(page, "Enter")
    trouble = page.locator(".wb-review-troubles .wb-error")
    trouble.wait_for()
    assert "The disk is full." in trouble.inner_text()
    assert "Free some space." in trouble.inner_text()
    press(page, "Enter")
    moved_from(review, first)
    assert trouble.count() == 0


def test_after_a_reload_everything_is_as_it_was(review: MiniHost, page: Any) -> None:
    first = there(review)
    press(page, "Enter")
    moved_from(review, first)
    press(page, "3")
    page.locator(".wb-keeps", has_text="-2.jpg").wait_for()
    before = captions(page), page.locator(".wb-review-pace").inner_text().split(" · ")[:2]
    review.open("dark")
    there(review)
    assert (captions(page), page.locator(".wb-review-pace").inner_text().split(" · ")[:2]) == before


def test_what_a_colleague_decides_meanwhile_is_seen(ws: wb.Bench, review: MiniHost, page: Any) -> None:
    first = there(review)
    with wb.open(ws.folder, actor="ben") as other:
        ben = ClusterReview(other)
        assert ben.session.cluster_id != first
        ben.session.accept()
        ben.close()
    press(page, "Enter")
    moved_from(review, first)
    page.locator(".wb-review-pace", has_text="2 decided · 6 left").wait_for()


@pytest.fixture
def large(tmp_path: Path) -> Iterator[wb.Bench]:
    """One cluster of 41 images."""
    made = workspace(tmp_path, 1, copies=40)
    yield made
    made.close()


def test_clusters_with_many_members_scroll(large: wb.Bench, host: Show, page: Any) -> None:
    review = host(lambda: ClusterReview(large))
    there(review)
    strip = page.locator(".wb-review-members")
    assert strip.evaluate("(one) => one.scrollWidth > one.clientWidth * 2")
    page.locator(".wb-review").focus()
    last = review.widget.session.view()["cluster"]["members"][-1]
    for _ in range(39):
        press(page, "ArrowRight")
    page.locator(f'.wb-looked[data-id="{last["image_id"]}"]').wait_for()
    assert strip.evaluate("(one) => one.scrollLeft > 0")
