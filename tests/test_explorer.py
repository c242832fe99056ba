"""The explorer without a browser: steps there and back, filters by click, what is shown, problems."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from widgets.small_workspace import SCRIPT, SmallWorkspace, image_id

from workbench.errors import BadValue
from workbench.explorer import FACET_WORDS, GRAMMAR, ExplorerSession, chips
from workbench.search import FACETS, MISSING, SORTS, Filter, parse, search

COUNT = 120


@pytest.fixture
def ws() -> SmallWorkspace:
    """120 images: 3 DICOM files, every 4th without a title, some with places and keywords; two broken files."""
    made = SmallWorkspace(COUNT)
    made.root.execute("update image_facts set latitude = 48 + size % 7, longitude = 11 - size % 5 where size % 3 = 0")
    made.root.execute("insert into search_texts select image_id, fold(name) from image_facts")
    for number in range(10):
        word = "Été" if number % 2 else "Summer Sale"
        folded = "ete" if number % 2 else "summer sale"
        made.root.execute("insert into keywords values (?, ?, ?)", [word, folded, image_id(number)])
    made.add_problem("f" * 20, "This isn't an image.", path="notes.txt", kind="not_an_image")
    made.add_problem("e" * 20, "Cut off.", path="a/cut.jpg")
    made.add_problem(image_id(3), "No date.", path="shop/three.jpg", kind="bad_date")
    return made


@pytest.fixture
def session(ws: SmallWorkspace) -> ExplorerSession:
    return ExplorerSession(ws)


def facet(view: dict[str, Any], key: str) -> dict[Any, tuple[int, bool]]:
    (found,) = [one for one in view["facets"] if one["key"] == key]
    return {value["value"]: (value["count"], value["on"]) for value in found["values"]}


# -- what is shown


def test_all_is_shown_at_first(session: ExplorerSession) -> None:
    view = session.view()
    assert (view["count"], view["total"], view["query"], view["chips"]) == (COUNT, COUNT, "", [])
    assert [one["key"] for one in view["facets"]] == list(FACET_WORDS)
    assert facet(view, "format") == {"JPEG": (117, False), "DICOM": (3, False)}
    assert facet(view, "keyword") == {"Summer Sale": (5, False), "Été": (5, False)}
    assert facet(view, "missing")["title"] == (30, False)
    assert set(view["charts"]) == {"timeline", "places", "sizes", "formats"}
    assert view["grid"]["count"] == COUNT
    assert (view["back"], view["forward"]) == (False, False)
    json.dumps(view, allow_nan=False)


def test_the_grid_the_count_the_table_and_the_sql_agree(session: ExplorerSession, ws: SmallWorkspace) -> None:
    session.find("format:jpeg missing:title -keyword:ete")
    view = session.order("name", descending=True)
    frame = session.frame()
    with ws.reading() as connection:
        by_sql = [row[0] for row in connection.execute(f"select image_id from ({view['sql']})").fetchall()]
    assert view["count"] == len(frame) > 0
    assert frame["image_id"].tolist() == session.grid.ids == by_sql
    assert frame["name"].is_monotonic_decreasing


def test_only_the_selected_rows(session: ExplorerSession) -> None:
    session.find("missing:title")
    session.grid.select(add=[[2, 4]])
    assert session.frame(selected=True)["image_id"].tolist() == session.selected == session.grid.ids[2:4]


def test_what_the_help_shows_can_be_searched_for() -> None:
    for write, _ in GRAMMAR:
        assert parse(write)


# -- steps


def test_a_click_adds_a_value_and_another_takes_it_away(session: ExplorerSession) -> None:
    view = session.toggle("format", "DICOM")
    assert (view["count"], view["query"]) == (3, "format:DICOM")
    assert facet(view, "format") == {"JPEG": (117, False), "DICOM": (3, True)}
    view = session.toggle("format", "JPEG")
    assert (view["count"], view["query"]) == (COUNT, "format:DICOM,JPEG")
    assert session.toggle("format", "DICOM")["query"] == "format:JPEG"
    assert session.toggle("year", "2020")["query"] == "format:JPEG year:2020"


def test_a_keyword_is_the_same_however_it_is_written(session: ExplorerSession) -> None:
    view = session.find("keyword:ÉTÉ")
    assert view["count"] == 5
    assert facet(view, "keyword") == {"Été": (5, True)}
    assert session.toggle("keyword", "été")["query"] == ""


def test_back_and_forward_walk_through_what_was_asked(session: ExplorerSession) -> None:
    session.toggle("format", "DICOM")
    session.order("size", descending=True)
    session.toggle("missing", "title")
    view = session.back()
    assert (view["query"], view["sort"], view["descending"], view["forward"]) == ("format:DICOM", "size", True, True)
    assert session.back()["sort"] == "captured_at"
    view = session.back()
    assert (view["query"], view["count"], view["back"]) == ("", COUNT, False)
    assert session.back()["query"] == ""
    assert session.forward()["query"] == "format:DICOM"
    session.find("img")
    assert session.view()["forward"] is False  # another way was taken
    assert session.back()["query"] == "format:DICOM"


def test_many_letters_are_one_step(session: ExplorerSession) -> None:
    session.toggle("format", "JPEG")
    for typed in ("i", "im", "img"):
        session.find(typed, typing=True)
    assert session.back()["query"] == "format:JPEG"
    assert session.forward()["query"] == "img"


def test_the_number_of_steps_is_bounded(session: ExplorerSession) -> None:
    for number in range(205):
        session.find(f"img{number}")
    assert len(session._steps) == 200
    assert session.back()["query"] == "img203"


@pytest.mark.parametrize("wrong", ["fromat:png", "year:soon", '"open', "place:1,2", "date:2024-13"])
def test_what_cant_be_read_changes_nothing(session: ExplorerSession, wrong: str) -> None:
    before = session.find("format:dicom")
    with pytest.raises(BadValue, match="at character 5") as caught:
        session.find(f"img {wrong}")
    assert wrong[:5] in caught.value.message
    assert caught.value.hint
    after = session.view()
    assert (after["query"], after["count"], after["back"]) == (before["query"], 3, True)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("find", {"query": 7}),
        ("toggle", {"facet": "colour", "value": "red"}),
        ("toggle", {"facet": "year", "value": "soon"}),
        ("toggle", {"facet": "format", "value": None}),
        ("toggle", {"facet": "missing", "value": "everything"}),
        ("order", {"sort": "image_id; drop table image_facts"}),
        ("limit", {"what": "date", "bounds": ["yesterday", "today"]}),
        ("limit", {"what": "date", "bounds": ["2024-01-01"]}),
        ("limit", {"what": "pixels", "bounds": [-5, 3]}),
        ("limit", {"what": "place", "bounds": [0, 0, float("nan"), 1]}),
        ("limit", {"what": "place", "bounds": 5}),
        ("limit", {"what": "colour", "bounds": [1, 2]}),
        ("show", {"charts": "maybe"}),
        ("show", {"folded": ["colour"]}),
        ("show", {"window": True}),
        ("more", {"facet": "colour"}),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(session: ExplorerSession, verb: str, args: dict[str, Any]) -> None:
    before = session.view()
    with pytest.raises(BadValue) as caught:
        session.verbs[verb](**args)
    assert caught.value.hint
    assert session.view() == before


# -- charts filter


def test_bars_and_dots_limit_what_is_shown(session: ExplorerSession) -> None:
    first, last = session.view()["charts"]["timeline"]["data"][0]["customdata"][0]
    view = session.limit("date", [first, last])
    assert view["count"] == 24  # one image an hour
    assert view["chips"][0] == {"part": f"date:{first}..{last}", "label": "Captured", "words": first, "minus": False}
    assert session.clear()["count"] == COUNT
    dots = session.view()["charts"]["places"]["data"][-1]
    view = session.limit("place", dots["customdata"][0])
    assert view["count"] >= 1
    session.clear()
    assert session.limit("pixels", [1_000_000, None])["count"] == 117
    assert session.figure("sizes").data[0].customdata
    with pytest.raises(BadValue):
        session.figure("colours")


@given(st.tuples(*[st.floats(-90, 90), st.floats(-180, 180)] * 2))
def test_a_box_grows_to_hold_its_corners(corners: tuple[float, float, float, float]) -> None:
    from workbench.explorer import _outward

    south, north = sorted((corners[0], corners[2]))
    west, east = sorted((corners[1], corners[3]))
    box = _outward(south, west, north, east)
    assert -90 <= box[0] <= south <= north <= box[2] <= 90
    assert -180 <= box[1] <= west <= east <= box[3] <= 180
    assert Filter(place=box).query() == parse(Filter(place=box).query()).query()


# -- chips

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=6)
some = st.lists(words, max_size=3, unique=True).map(tuple)
parts = {
    "text": some,
    "keywords": some,
    "format": st.lists(st.sampled_from(["PNG", "JPEG", "TIFF"]), max_size=3, unique=True).map(tuple),
    "folder": some,
    "year": st.lists(st.integers(1900, 2100), max_size=3, unique=True).map(tuple),
    "problem": some,
    "missing": st.lists(st.sampled_from(MISSING), max_size=3, unique=True).map(tuple),
    "date_from": st.none() | st.dates(date(1900, 1, 1)),
    "size": st.tuples(st.none() | st.integers(0, 10**12), st.none()),
    "pixels": st.tuples(st.integers(0, 10**6), st.integers(10**6, 10**9)) | st.just((None, None)),
    "place": st.none() | st.just((48.0, 11.0, 49.0, 12.5)),
}
filters = st.builds(Filter, **parts)
both = st.builds(lambda kept, left: Filter(**{**vars_of(kept), "without": left or None}), filters, filters)


def vars_of(wanted: Filter) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in parts}


@given(both)
def test_a_filter_comes_apart_into_chips_and_nothing_is_left(wanted: Filter) -> None:
    left = wanted
    while found := chips(left):
        assert all(chip.words and chip.label and parse(chip.part) for chip in found)
        left = found[0].rest
    assert not left


@given(both)
def test_chips_together_say_the_filter(wanted: Filter) -> None:
    together = " ".join(chip.part for chip in chips(wanted))
    assert same(parse(together), wanted)


def same(one: Filter, other: Filter) -> bool:
    """Whether two filters say the same, `without` nothing or none being equal."""
    return one.query() == other.query()


def test_removing_a_chip_drops_that_condition_only(session: ExplorerSession) -> None:
    view = session.find("img format:jpeg missing:title -keyword:ete")
    assert [(one["part"], one["minus"]) for one in view["chips"]] == [
        ("img", False),
        ("format:JPEG", False),
        ("missing:title", False),
        ("-keyword:ete", True),
    ]
    assert session.remove("-keyword:ete")["query"] == "img format:JPEG missing:title"
    assert session.remove("format:JPEG")["query"] == "img missing:title"
    assert session.remove("format:JPEG")["query"] == "img missing:title"  # twice is no more than once


def test_what_people_read(session: ExplorerSession) -> None:
    said = {
        "missing:gps": ("Missing", "GPS position"),
        "problem:not_an_image": ("Problem", "not an image"),
        'folder:""': ("Folder", "(top folder)"),
        "size:>=2MB": ("File size", "from 2 MB"),
        "pixels:1MP..2MP": ("Pixels", "1 MP to 2 MP"),
        "date:2024-02": ("Captured", "2024-02-01 to 2024-02-29"),
        "place:48,11,49,12.5": ("Place", "48° to 49° north, 11° to 12.5° east"),
        f"source:{'file:///a%20b/c%C3%A9/'!r}".replace("'", '"'): ("Source", "cé"),
        "id:ab,cd": ("Ids", "2 images"),
    }
    for query, (label, value) in said.items():
        (chip,) = chips(parse(query))
        assert (chip.label, chip.words) == (label, value)


def test_metadata_stays_as_it_is(ws: SmallWorkspace) -> None:
    ws.root.execute("update image_facts set camera_model = ? where size % 2 = 0", [SCRIPT])
    session = ExplorerSession(ws)
    view = session.toggle("camera", SCRIPT)
    assert view["count"] == COUNT // 2
    assert view["chips"][0]["words"] == SCRIPT
    assert facet(view, "camera")[SCRIPT] == (COUNT // 2, True)
    assert session.back()["count"] == COUNT


# -- facets


def test_a_facet_shows_more_on_demand(ws: SmallWorkspace) -> None:
    for number in range(100):
        word = f"word {number:03}"
        ws.root.execute("insert into keywords values (?, ?, ?)", [word, word, image_id(number)])
    session = ExplorerSession(ws)
    (shown,) = [one for one in session.view()["facets"] if one["key"] == "keyword"]
    assert (len(shown["values"]), shown["more"]) == (40, True)
    more = session.more("keyword")
    assert (len(more["values"]), more["complete"]) == (102, True)
    session.toggle("keyword", "word 099")
    assert [one["value"] for one in session.more("keyword")["values"] if one["on"]] == ["word 099"]


def test_a_chosen_value_that_nothing_has_can_be_unchosen(session: ExplorerSession) -> None:
    view = session.find('format:webp keyword:nowhere folder:shop/ problem:any "img"')
    assert facet(view, "format")["WEBP"] == (0, True)
    assert facet(view, "keyword")["nowhere"] == (0, True)
    assert facet(view, "folder")["shop/"] == (None, True)  # with all below it: not counted as one folder
    assert session.toggle("keyword", "nowhere")["query"].count("keyword") == 0


def test_years_read_from_the_latest(session: ExplorerSession, ws: SmallWorkspace) -> None:
    ws.root.execute("update image_facts set captured_at = captured_at + to_years(size::int % 9)")
    years = list(facet(session.refresh(), "year"))
    assert years == sorted(years, reverse=True)
    assert len(years) == 9


def test_duplicates_to_be_reviewed_are_a_click_away(session: ExplorerSession, ws: SmallWorkspace) -> None:
    assert facet(session.view(), "duplicates") == {}
    ws.add_cluster([image_id(number) for number in (10, 11, 12)])
    ws.add_cluster([image_id(20), image_id(21)], state="decided")
    assert facet(session.refresh(), "duplicates") == {"open": (3, False), "decided": (2, False)}
    view = session.toggle("duplicates", "open")
    assert (view["count"], view["query"]) == (3, "duplicates:open")
    assert view["said"] == "images in a cluster of duplicates (open)"
    assert [chip["words"] for chip in view["chips"]] == ["to be reviewed"]
    assert facet(view, "duplicates") == {"open": (3, True), "decided": (2, False)}
    assert session.toggle("duplicates", "decided")["count"] == 5
    assert session.find("-duplicates:any")["count"] == COUNT - 5
    with pytest.raises(BadValue, match="unknown"):
        session.find("duplicates:maybe")


# -- problems


def test_files_that_never_became_images_are_found(session: ExplorerSession) -> None:
    problems = session.view()["problems"]
    assert (problems["files"], problems["unread"]) == (3, 2)
    assert [(one["kind"], one["files"], one["images"]) for one in problems["kinds"]] == [
        ("bad_date", 1, 1),
        ("not_an_image", 1, 0),
        ("truncated", 1, 0),
    ]
    rows = session.problems()["rows"]
    assert [row["path"] for row in rows] == ["a/cut.jpg", "notes.txt", "shop/three.jpg"]
    assert [row["is_image"] for row in rows] == [False, False, True]
    assert [row["path"] for row in session.problems("not_an_image")["rows"]] == ["notes.txt"]
    assert len(session.problems(unread=True)["rows"]) == 2
    assert session.find("problem:bad_date")["count"] == 1
    assert len(session.problem_frame()) == 3


def test_problems_follow_the_batch_and_the_source(session: ExplorerSession, ws: SmallWorkspace) -> None:
    ws.root.execute("update file_problems set batch = 'second' where kind = 'truncated'")
    view = session.toggle("batch", "second")
    assert [one["kind"] for one in view["problems"]["kinds"]] == ["truncated"]
    assert view["problems"]["within"] == "second"
    assert view["problems"]["files"] == 3  # the tab tells of all
    assert [row["batch"] for row in session.problems()["rows"]] == ["second"]


def test_problems_come_a_page_at_a_time(ws: SmallWorkspace) -> None:
    for number in range(250):
        ws.add_problem(f"{number:020}", "Cut off.", path=f"z{number:03}.jpg")
    session = ExplorerSession(ws)
    first = session.problems("truncated")
    rest = session.problems("truncated", skip=len(first["rows"]))
    assert (len(first["rows"]), first["more"], rest["more"]) == (200, True, False)
    paths = [row["path"] for row in first["rows"] + rest["rows"]]
    assert len(paths) == len(set(paths)) == 251


# -- meanwhile


def test_what_a_scan_adds_is_noticed(session: ExplorerSession, ws: SmallWorkspace) -> None:
    session.find("format:jpeg")
    session.grid.select(add=[[0, 2]])
    chosen = session.selected
    ws.root.execute("insert into image_facts select * replace (repeat('a', 20) as image_id) from image_facts limit 1")
    view = session.view()
    assert (view["count"], view["total"]) == (118, COUNT + 1)
    assert session.selected == chosen
    ws.root.execute("delete from image_facts where image_id = repeat('a', 20)")
    assert session.back()["count"] == COUNT


def test_nothing_is_counted_twice_for_the_same_question(session: ExplorerSession, monkeypatch: Any) -> None:
    session.toggle("format", "DICOM")
    session.clear()
    counted: list[str] = []
    facets = type(session.search).facets
    monkeypatch.setattr(type(session.search), "facets", lambda *a: counted.append("") or facets(*a))
    session.view()
    session.show(sql=True)
    session.back()
    session.order("size", descending=True)
    assert counted == []
    session.refresh()
    assert counted == [""]


def test_charts_that_are_closed_cost_nothing(session: ExplorerSession) -> None:
    assert session.show(charts=False)["charts"] is None
    assert set(session.show(charts=True)["charts"]) == {"timeline", "places", "sizes", "formats"}


def test_a_cell_that_runs_again_goes_on_where_it_was(ws: SmallWorkspace) -> None:
    before = ExplorerSession(ws, "format:jpeg")
    before.toggle("missing", "title")
    before.order("size")
    before.show(sql=True, tab="problems")
    before.grid.select(add=[[1, 3]])
    again = ExplorerSession(ws, "format:jpeg")
    again.take_over(before)
    assert again.view() | {"grid": None} == before.view() | {"grid": None}
    assert again.selected == before.selected
    assert again.back()["sort"] == "captured_at"
    other = ExplorerSession(ws, "format:dicom")
    other.take_over(before)
    assert (other.query, other.view()["count"]) == ("format:dicom", 3)  # the cell asks for something else now
    assert other.view()["panels"]["tab"] == "problems"


def test_an_empty_catalogue_can_be_looked_at() -> None:
    session = ExplorerSession(SmallWorkspace(0))
    view = session.view()
    assert (view["count"], view["total"], view["problems"]["kinds"]) == (0, 0, [])
    assert session.problems()["rows"] == []
    assert session.frame().empty
    assert session.toggle("format", "PNG")["count"] == 0


def test_every_sort_works(session: ExplorerSession) -> None:
    offered = [one["key"] for one in session.view()["sorts"]]
    assert sorted(offered) == sorted(SORTS)
    for key in offered:
        assert session.order(key, descending=True)["count"] == COUNT
    assert set(FACET_WORDS) == set(FACETS)


def test_the_search_is_there_for_code(session: ExplorerSession, ws: SmallWorkspace) -> None:
    session.find("format:dicom")
    assert session.search.count() == search(ws, "format:dicom").count() == 3
    assert session.filter == parse("format:dicom")
