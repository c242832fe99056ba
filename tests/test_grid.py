"""The grid without a browser: the selection as ranges, windows, details, and what survives a change of images."""

from __future__ import annotations

import threading

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from widgets.small_workspace import SCRIPT, SmallWorkspace, image_id

from workbench.errors import BadValue, NotFound
from workbench.grid import BADGES, CAPTIONS, LONGEST_CAPTION, WIDEST_WINDOW, GridSession, Selection

EDGES = st.integers(0, 40)
CHANGES = st.lists(st.tuples(st.booleans(), EDGES, EDGES), max_size=30)


@pytest.fixture(scope="module")
def ws() -> SmallWorkspace:
    return SmallWorkspace(120)


@given(CHANGES)
def test_selection_is_a_set_of_places(changes: list[tuple[bool, int, int]]) -> None:
    selection, expected = Selection(), set()
    for put, start, stop in changes:
        if put:
            selection.add(start, stop)
            expected |= set(range(start, stop))
        else:
            selection.remove(start, stop)
            expected -= set(range(start, stop))
        assert selection.places().tolist() == sorted(expected)
        assert len(selection) == len(expected)
        assert all((place in selection) == (place in expected) for place in range(42))
        edges = [edge for pair in selection.ranges for edge in pair]
        assert edges == sorted(set(edges))  # sorted, never empty, never touching


def test_all_of_ten_million_is_one_range() -> None:
    selection = Selection([(0, 10_000_000)])
    selection.remove(5, 6)
    assert selection.ranges == [(0, 5), (6, 10_000_000)]


def test_shows_everything_by_path(ws: SmallWorkspace) -> None:
    session = GridSession(ws)
    frame = session.frame(all=True)
    assert len(session) == len(frame) == 120
    assert frame["image_id"].tolist() == session.ids
    assert frame["path"].is_monotonic_increasing


def test_keeps_the_order_given_and_shows_each_once(ws: SmallWorkspace) -> None:
    ids = [image_id(5), image_id(2), image_id(5), image_id(9)]
    expected = [image_id(5), image_id(2), image_id(9)]
    assert GridSession(ws, ids).ids == expected
    assert GridSession(ws, pd.DataFrame({"image_id": ids})).ids == expected
    assert GridSession(ws, type("Search", (), {"ids": lambda _: ids})()).ids == expected
    assert GridSession(ws, iter(ids)).frame(all=True)["image_id"].tolist() == expected


def test_window_carries_captions_badges_and_thumbnails(ws: SmallWorkspace) -> None:
    reply = GridSession(ws, [image_id(8), image_id(7), image_id(1)], badges=tuple(BADGES)).window(0, 99)
    copy, dicom, untitled = reply.view["items"]
    assert (reply.view["start"], reply.view["stop"]) == (0, 3)
    assert [item["caption"] for item in reply.view["items"]] == [item["name"] for item in reply.view["items"]]
    assert reply.buffers[copy["thumb"]] == ws.thumbnails.get_many(["sum8"])["sum8"]
    assert dicom["thumb"] is None
    assert dicom["format"] == "DICOM"
    assert [badge["text"] for badge in copy["badges"]][:1] == ["2 copies"]
    assert "no title" in [badge["text"] for badge in untitled["badges"]]
    assert "no keywords" in [badge["text"] for badge in untitled["badges"]]
    assert all(badge["means"] for item in reply.view["items"] for badge in item["badges"])


def test_images_of_a_cluster_to_be_reviewed_say_so_and_what_is_proposed() -> None:
    ws = SmallWorkspace(12)
    ws.add_cluster([image_id(1), image_id(2), image_id(3)])
    ws.add_cluster([image_id(4), image_id(5)], state="decided")
    wanted = [image_id(number) for number in (1, 2, 4, 6)]
    items = GridSession(ws, wanted).window(0, 9).view["items"]
    found = [[badge for badge in item["badges"] if badge["kind"] == "duplicate"] for item in items]
    assert [[badge["text"] for badge in badges] for badges in found[:2]] == [["duplicate, stays"], ["duplicate"]]
    assert found[1][0]["means"] == "In a cluster of 3 duplicates to be reviewed (exact). It may go."
    assert not [badge for badges in found[2:] for badge in badges if badge["text"].startswith("duplicate")]
    quiet = GridSession(ws, wanted, badges=["no title"]).window(0, 9).view["items"]
    assert not [badge for item in quiet for badge in item["badges"] if badge["kind"] == "duplicate"]


@pytest.mark.parametrize("caption", CAPTIONS)
def test_every_caption_can_be_read(ws: SmallWorkspace, caption: str) -> None:
    items = GridSession(ws, caption=caption).window(0, 120, thumbnails=False).view["items"]
    assert all(isinstance(item["caption"], str) for item in items)


def test_embedded_key_as_caption_is_cut_and_stays_text() -> None:
    ws = SmallWorkspace(3)
    ws.add_embedded(image_id(0), "Xmp.photoshop.City", SCRIPT)
    ws.add_embedded(image_id(1), "Xmp.photoshop.City", "A" * 10_000)
    session = GridSession(ws, [image_id(0), image_id(1), image_id(2)], caption="Xmp.photoshop.City")
    said = [item["caption"] for item in session.window(0, 3).view["items"]]
    assert said == [SCRIPT, "A" * LONGEST_CAPTION, ""]
    assert session.view()["captions"][-1] == {"key": "Xmp.photoshop.City", "label": "Xmp.photoshop.City"}


def test_a_file_that_never_became_an_image_has_its_place() -> None:
    ws = SmallWorkspace(2)
    ws.add_problem("f" * 20, "The file ends too early.", path="press/torn.jpg")
    session = GridSession(ws, ["f" * 20, image_id(0)], caption="pixels")
    torn = session.window(0, 2).view["items"][0]
    assert (torn["name"], torn["thumb"], torn["badges"][0]["means"]) == ("torn.jpg", None, "The file ends too early.")
    details = session.details("f" * 20)
    assert details["problems"][0]["detail"] == "at byte 121"
    assert details["facts"] == [{"key": "path", "value": "press/torn.jpg"}]


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [(-5, 2, (0, 2)), (118, 500, (118, 120)), (7, 3, (7, 7)), (10**9, 10**10, (120, 120))],
)
def test_window_is_cut_to_what_there_is(ws: SmallWorkspace, start: int, stop: int, expected: tuple[int, int]) -> None:
    view = GridSession(ws).window(start, stop).view
    assert (view["start"], view["stop"]) == expected
    assert len(view["items"]) == expected[1] - expected[0]


def test_window_has_a_widest() -> None:
    assert (
        len(GridSession(SmallWorkspace(WIDEST_WINDOW + 9)).window(0, 10**9, thumbnails=False).view["items"])
        == WIDEST_WINDOW
    )


@pytest.mark.parametrize("images", ["abc", [1, 2], ["ÄÖ"], [None], pd.DataFrame({"id": ["a"]})])
def test_what_is_no_list_of_images_is_refused(ws: SmallWorkspace, images: object) -> None:
    with pytest.raises(BadValue) as caught:
        GridSession(ws, images)  # type: ignore[arg-type]  # that is the point
    assert caught.value.hint


def test_unknown_ids_captions_and_badges_are_refused_by_name(ws: SmallWorkspace) -> None:
    with pytest.raises(NotFound, match="0000"):
        GridSession(ws, [image_id(1), "0" * 20])
    with pytest.raises(BadValue, match="colour"):
        GridSession(ws, caption="colour")
    with pytest.raises(BadValue, match="ugly"):
        GridSession(ws, badges=["ugly"])
    with pytest.raises(NotFound):
        GridSession(ws).details("0" * 20)


def test_selecting_by_ranges_is_cut_to_the_grid_and_repeatable(ws: SmallWorkspace) -> None:
    session = GridSession(ws)
    for _ in range(2):
        assert session.select(add=[[-3, 2], [118, 999]], remove=[[1, 2]])["selected"] == 4
        assert session.view()["ranges"] == [(0, 2), (118, 120)]
    assert session.selected == [session.ids[place] for place in (0, 1, 118, 119)]
    assert session.frame()["image_id"].tolist() == session.selected


@pytest.mark.parametrize("pair", [[1], [1, 2, 3], [0.5, 2], ["0", "1"], [True, 2], 7, [None, None]])
def test_a_range_that_is_none_is_refused(ws: SmallWorkspace, pair: object) -> None:
    with pytest.raises(BadValue):
        GridSession(ws).select(add=[pair])  # type: ignore[list-item]  # that is the point


def test_nothing_selected_gives_an_empty_table(ws: SmallWorkspace) -> None:
    frame = GridSession(ws).frame()
    assert frame.empty
    assert "image_id" in frame.columns


def test_other_images_keep_selection_and_focus(ws: SmallWorkspace) -> None:
    session = GridSession(ws, [image_id(n) for n in range(10)])
    session.select_ids([image_id(3), image_id(9)])
    session.focus(3)
    stale = session.view()["revision"]
    session.show([image_id(n) for n in (20, 9, 3, 21)])
    assert session.selected == [image_id(9), image_id(3)]
    assert session.view()["focus"] == 2
    session.select(add=[[0, 1]], revision=stale)  # from a browser that hasn't heard of it
    assert session.selected == [image_id(9), image_id(3)]


def test_a_new_session_takes_over_what_the_last_one_had(ws: SmallWorkspace) -> None:
    before = GridSession(ws)
    before.select(add=[[5, 9]])
    before.focus(7, 5, 12.5)
    before.show_as(size=200, caption="title")
    after = GridSession(ws)
    after.take_over(before)
    assert after.view() == before.view()
    fewer = GridSession(ws, before.ids[6:])
    fewer.take_over(before)
    assert fewer.selected == before.selected[1:]
    assert fewer.ids[fewer.view()["focus"]] == before.ids[7]


def test_details_cut_what_is_endless() -> None:
    ws = SmallWorkspace(1)
    ws.add_embedded(image_id(0), "Xmp.dc.title", "Berg", "de")
    ws.add_embedded(image_id(0), "Xmp.dc.description", "x" * 100_000)
    long, title = GridSession(ws).details(image_id(0))["embedded"]
    assert (len(long["value"]), long["length"]) == (2_000, 100_000)
    assert (title["lang"], title["value"]) == ("de", "Berg")


def test_large_is_a_picture_a_browser_shows(ws: SmallWorkspace) -> None:
    reply = GridSession(ws).large(image_id(1), edge=400)
    assert reply.view["edge"] == 400
    assert reply.buffers[0].startswith(b"\xff\xd8")


def test_two_threads_share_a_session(ws: SmallWorkspace) -> None:
    session, errors = GridSession(ws), []

    def work(first: int) -> None:
        try:
            for place in range(first, 120, 4):
                session.select(add=[[place, place + 1]])
                assert session.window(place, place + 1).view["items"][0]["id"] == session.ids[place]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[first]) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert session.view()["ranges"] == [(0, 120)]
