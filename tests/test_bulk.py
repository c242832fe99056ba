"""Bulk work: what a preview says is what happens, and undo brings back what was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_collections import fill, image_ids, jpeg, pictures

import workbench as wb
from workbench.errors import BadValue, NotFound, Stale
from workbench.templates import template

TITLE, WORDS, ABOUT, RIGHTS = "Xmp.dc.title", "Xmp.dc.subject", "Xmp.dc.description", "Xmp.photoshop.Credit"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    files = {f"shoes/red_shoe_{n}.jpg": jpeg(n, f"Shoe {n}", ("shoe", "SHOES", "red")[: n + 1]) for n in range(3)}
    folder = pictures(fill(tmp_path / "photos", files), 2)
    with wb.open(tmp_path / "w", actor="ann") as opened:
        opened.scan(folder, progress=False, workers=1)
        yield opened


def said(ws: wb.Bench, field: str) -> dict[str, list[tuple[str | None, str]]]:
    """path → (language, value) of a field."""
    sql = "select path, lang, value from metadata join images using (image_id) where field = $f "
    rows = ws.sql(sql + "order by path, lang, ordinal", {"f": field})
    found: dict[str, list[tuple[str | None, str]]] = {}
    for path, lang, value in rows.astype(object).where(rows.notna(), None).itertuples(index=False):
        found.setdefault(path, []).append((lang, value))
    return found


def everything(ws: wb.Bench) -> list[dict[str, object]]:
    return ws.sql_table("select image_id, field, lang, ordinal, value from metadata order by all").to_pylist()


def test_a_template_fills_in_what_it_says_and_is_undone(ws: wb.Bench) -> None:
    before = everything(ws)
    made = template(
        "shop",
        {
            TITLE: {"mode": "set", "text": {"de": "{stem|clean|title} Nr. {sequence:03}"}},
            WORDS: {"mode": "append", "text": ["{folder|or:loose}", "red"]},
            ABOUT: {"mode": "only_if_empty", "text": "{Xmp.dc.title|or:none} ({format}, {width}×{height})"},
        },
    )
    preview = ws.bulk.template(made)
    assert everything(ws) == before, "a preview changes nothing"
    assert preview.counts == {"changed": 5, "unchanged": 0, "refused": 0, "values": 15, "reasons": {}}
    event = preview.apply(reason="shop")
    assert event is not None
    titles = said(ws, TITLE)
    assert titles["shoes/red_shoe_1.jpg"] == [("de", "Red Shoe 1 Nr. 004"), ("x-default", "Shoe 1")]
    assert said(ws, WORDS)["shoes/red_shoe_1.jpg"] == [(None, "shoe"), (None, "SHOES"), (None, "shoes"), (None, "red")]
    assert said(ws, ABOUT)["000.png"] == [("x-default", "none (PNG, 16×16)")]
    assert set(ws.sql("select distinct origin from entered")["origin"]) == {"template"}
    undone = preview.undo()
    assert everything(ws) == before
    ws.undo(undone.seq)
    assert said(ws, TITLE) == titles


def test_undo_needs_no_memory_and_works_for_others(ws: wb.Bench) -> None:
    before = everything(ws)
    [seq] = [e.seq for e in ws.set_values(list(image_ids(ws).values()), {TITLE: "All the same"}, reason="by mistake")]
    with wb.open(ws.folder, actor="bob") as other:
        listed = other.changes()
        told = listed.loc[0, ["seq", "actor", "reason", "images", "undoable"]].tolist()
        assert told == [seq, "ann", "by mistake", 5, True]
        other.undo(seq)
        assert everything(other) == before
        with pytest.raises(Stale, match="undone already"):
            other.undo(seq)
    listed = ws.changes()
    assert listed["undoable"].tolist() == [True, False]
    assert listed["undone_by"].tolist()[1] == seq + 1


def test_undo_is_refused_where_somebody_went_on(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    first = ws.bulk.set_values({RIGHTS: "Client"}, list(ids.values())).apply()
    with wb.open(ws.folder, actor="bob") as other:
        other.set_values([ids["000.png"]], {RIGHTS: "Somebody else"})
    assert first is not None
    with pytest.raises(Stale, match="bob"):
        ws.undo(first.seq)
    assert not ws.changes().set_index("seq").loc[first.seq, "undoable"]
    ws.undo(first.seq, force=True)
    assert said(ws, RIGHTS) == {}


def test_a_preview_goes_stale(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    preview = ws.bulk.set_values({RIGHTS: "Client"}, list(ids.values()))
    with wb.open(ws.folder, actor="bob") as other:
        other.set_values([ids["000.png"]], {RIGHTS: "Somebody else"})
    with pytest.raises(Stale, match="bob changed 1"):
        preview.apply()
    again = ws.bulk.set_values({RIGHTS: "Client"}, list(ids.values()))
    again.apply()
    with pytest.raises(Stale, match="already"):
        again.apply()


def test_clearing_hides_what_the_file_says_and_undo_shows_it_again(ws: wb.Bench) -> None:
    before = said(ws, TITLE)
    preview = ws.bulk.set_values({TITLE: None}, None)
    assert preview.counts["changed"] == 3
    assert preview.counts["unchanged"] == 2
    preview.apply()
    assert said(ws, TITLE) == {}
    preview.undo()
    assert said(ws, TITLE) == before


def test_find_and_replace(ws: wb.Bench) -> None:
    preview = ws.bulk.find_replace(TITLE, r"shoe (\d)", r"Boot no. \1", regex=True, case=False)
    assert preview.frame()["after"].tolist() == ["Boot no. 0", "Boot no. 1", "Boot no. 2"]
    assert ws.bulk.find_replace(TITLE, "shoe", "boot").counts["changed"] == 0
    assert ws.bulk.find_replace(TITLE, "Sh.e", "boot").counts["changed"] == 0, "plain text isn't a pattern"
    preview.apply()
    assert said(ws, TITLE)["shoes/red_shoe_2.jpg"] == [("x-default", "Boot no. 2")]


def test_patterns_that_would_hang_elsewhere_dont(ws: wb.Bench) -> None:
    ws.set_values([image_ids(ws)["000.png"]], {TITLE: "a" * 20_000})
    assert ws.bulk.find_replace(TITLE, "(a+)+$b|(a|a)*c", "x", regex=True).counts["changed"] == 0


@pytest.mark.parametrize(
    ("find", "replace", "says"),
    [("(", "x", "regular"), ("", "x", "nothing"), ("a", r"\1", "group"), ("x" * 2000, "", "long")],
)
def test_patterns_that_cant_be_right(ws: wb.Bench, find: str, replace: str, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        ws.bulk.find_replace(TITLE, find, replace, regex=True)


def test_keywords_are_merged(ws: wb.Bench) -> None:
    preview = ws.bulk.merge_keywords({"Shoes": ["shoe", "SHOES", "Schuhe"]})
    assert preview.counts["changed"] == 3
    preview.apply()
    assert said(ws, WORDS)["shoes/red_shoe_2.jpg"] == [(None, "Shoes"), (None, "red")]
    with pytest.raises(BadValue, match="two keywords"):
        ws.bulk.merge_keywords({"a": ["x"], "b": ["x"]})


def test_history_of_one_field(ws: wb.Bench) -> None:
    image_id = image_ids(ws)["000.png"]
    ws.set_values([image_id], {TITLE: {"de": "Eins"}}, reason="first")
    event = ws.bulk.set_values({TITLE: None}, [image_id]).apply(reason="second")
    ws.withdraw_values([image_id], [TITLE], reason="third")
    told = ws.history(image_id, TITLE)
    assert told["what"].tolist() == ["withdrawn", "cleared", "set"]
    assert told["reason"].tolist() == ["third", "second", "first"]
    assert event is not None
    assert ws.history(image_id, "Xmp.dc.rights").empty


def test_templates_are_kept(ws: wb.Bench) -> None:
    made = ws.bulk.make_template("client x", {TITLE: "{stem}", WORDS: {"mode": "append", "text": ["a", "b"]}})
    ws.bulk.save_template(made)
    assert ws.bulk.templates() == ["client x"]
    assert ws.bulk.load_template("client x") == made
    assert ws.bulk.template("client x").counts["changed"] == 5
    with pytest.raises(NotFound, match="client y"):
        ws.bulk.load_template("client y")
    for name in ("../evil", "a/b", "", "x" * 200, "nul\0"):
        with pytest.raises(BadValue):
            ws.bulk.load_template(name)


def test_what_cant_be_right_is_said(ws: wb.Bench) -> None:
    ids = list(image_ids(ws).values())
    with pytest.raises(NotFound, match="feedfeed"):
        ws.bulk.set_values({TITLE: "x"}, ["feedfeed"])
    with pytest.raises(BadValue, match="languages"):
        ws.bulk.set_values({RIGHTS: {"de": "x"}}, ids)
    with pytest.raises(BadValue, match="one value"):
        ws.bulk.set_values({RIGHTS: ["x", "y"]}, ids)
    with pytest.raises(BadValue, match="no mode"):
        ws.bulk.set_values({TITLE: "x"}, ids, mode="shout")
    with pytest.raises(BadValue, match="search"):
        ws.bulk.set_values({TITLE: "x"}, ids[0])
    with pytest.raises(NotFound, match="no change"):
        ws.undo(999)
    with pytest.raises(BadValue, match="can't be undone"):
        ws.undo(1)


def test_a_variable_without_a_value_is_refused_for_that_image(ws: wb.Bench) -> None:
    preview = ws.bulk.template(template("t", {ABOUT: "Photo of {Xmp.dc.title}"}), ws.search(""))
    assert preview.counts["changed"] == 3
    assert preview.counts["reasons"] == {"Xmp.dc.title is empty.": 2}
    assert sorted(preview.refusals()["path"]) == ["000.png", "001.png"]


def test_a_rebuild_remembers_every_change(ws: wb.Bench) -> None:
    first = ws.bulk.set_values({TITLE: {"de": "Eins"}}, None).apply()
    ws.bulk.merge_keywords({"Shoes": ["shoe"]}).apply()
    assert first is not None
    told = ws.sql_table("select * from history order by all").to_pylist()
    before = everything(ws)
    ws.rebuild(progress=False, workers=1)
    assert everything(ws) == before
    assert ws.sql_table("select * from history order by all").to_pylist() == told
    ws.undo(first.seq)
    assert said(ws, TITLE)["shoes/red_shoe_0.jpg"] == [("x-default", "Shoe 0")]
