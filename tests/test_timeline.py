"""What happened: to an image under all its names, to a batch, in a person's day; and values as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from double_entered import TITLE as TITLE_KEY
from double_entered import differing
from inspected_collection import BATCH, in_order, tagged
from small_collections import fill
from tagged_collection import picture, workspace

import workbench as wb
from workbench import event_words, events, timeline
from workbench.adjudication import AdjudicationSession
from workbench.errors import BadValue, NotFound
from workbench.history_session import HistorySession
from workbench.inspection import InspectionSession

pytestmark = pytest.mark.core
CITY, TITLE = "Xmp.photoshop.City", "Xmp.dc.title"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tagged(tmp_path_factory.mktemp("told"), 6)
    made.close()
    return made.folder


@pytest.fixture
def actor() -> str:
    return "cy"


def whats(ws: wb.Bench, **about: object) -> list[str]:
    """What happened, the first first, each event once."""
    frame = ws.history.timeline(**about).drop_duplicates("seq")
    return [str(what) for what in frame["what"]][::-1]


# -- words


def test_every_kind_of_event_has_words() -> None:
    assert set(event_words._WORDS) == set(events.KINDS)
    assert {area for area, _ in event_words._WORDS.values()} == set(event_words.AREAS)


def test_a_sentence_survives_what_is_missing_or_looks_like_a_template() -> None:
    for kind in events.KINDS:
        assert event_words.sentence(kind, {})
    assert event_words.sentence("batch_moved", {"batch": "{state.__class__}", "state": "rework"}) == (
        "Moved batch {state.__class__} from received to rework"
    )
    assert event_words.sentence("of_the_future", {}) == "of the future"


# -- an image


def test_an_image_from_its_receipt_on_with_before_and_after(ws: wb.Bench) -> None:
    image_id = in_order(ws)[0]
    ws.set_values([image_id], {CITY: "Tbilisi"}, reason="the letter")
    ws.set_values(in_order(ws), {CITY: "Batumi"})
    ws.withdraw_values([image_id], [CITY])
    told = ws.history.timeline(image=image_id)
    cities = told[told["changed"] == CITY]
    assert cities[["before", "after"]].fillna("–").to_numpy().tolist() == [
        ["Batumi", "–"], ["Tbilisi", "Batumi"], ["–", "Tbilisi"],
    ]  # fmt: skip
    assert cities["reason"].tolist()[-1] == "the letter"
    assert told["what"].iloc[-1] == f"Received in batch {BATCH}"
    assert set(told["image_id"]) == {image_id}


def test_changes_of_many_at_once_their_undoing_and_renaming_are_told(ws: wb.Bench) -> None:
    image_id, *others = in_order(ws)
    records = [[one, CITY, None, 0, f"City {n}", "entered"] for n, one in enumerate([image_id, *others])]
    with ws.change("all at once") as change:
        payload = {"count": len(records), "fields": [CITY], "what": "in bulk"}
        change.add("values_changed", payload, attachment=events.pack(records))
    ws.undo(change.events[0].seq)
    told = ws.history.timeline(image=image_id)
    assert told["what"].tolist()[:2] == [f"Changed values: undo of {change.events[0].seq}", "Changed values: in bulk"]
    assert told[["before", "after"]].fillna("–").to_numpy().tolist()[:2] == [["City 0", "–"], ["–", "City 0"]]
    assert set(ws.history.timeline(image=others[0])["after"].dropna()) >= {"City 1"}


def test_inspection_double_entry_and_decision_are_told(ws: wb.Bench) -> None:
    ws.qc.move(BATCH, "ready_for_qc")
    session = InspectionSession(ws, ws.qc.draw(BATCH, aql=4.0, seed=1), "dublin-core")
    image_id = str(session.view()["image"]["image_id"])
    session.mark(TITLE, "wrong", comment="says nothing")
    session.done()
    session.close()
    told = ws.history.timeline(image=image_id)
    [marked] = told[told["changed"] == TITLE].query("what == 'Inspected: defective'")["after"]
    assert marked == "wrong (major): says nothing"
    assert any(what.startswith("Drew a sample of batch") for what in told["what"])


def test_blind_answers_are_not_told(tmp_path: Path) -> None:
    with workspace(tmp_path, 4, actor="cleo") as ws:
        task = differing(ws)
        told = ws.history.timeline(image=task.image_ids[0])
        entered = told[told["what"] == "Entered in blind double entry"]
        assert len(entered)
        assert set(entered["after"]) == {"not shown"}
        session = AdjudicationSession(ws)
        image_id, field = session.difference.key
        session.choose("left", comment="reads better")
        session.release()
        decided = ws.history.timeline(image=image_id)
        line = decided[decided["what"].str.startswith("Decided between")]
        assert set(line["changed"]) == {field, "comment"}
        assert field == TITLE_KEY


def test_known_answers_are_told_to_those_who_set_them_only(ws: wb.Bench) -> None:
    image_id = in_order(ws)[0]
    with ws.change() as change:
        change.add(
            "gold_set", {"image_id": image_id, "values": {CITY: "Batumi"}, "comparators": {CITY: {"kind": "exact"}}}
        )
    assert "Said what the right answers are" in whats(ws, image=image_id)
    settings = ws.folder / "workspace.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[people]\nann = "operator"\ncy = "administrator"\n', "utf-8")
    assert "Said what the right answers are" in whats(ws, image=image_id)
    with wb.open(ws.folder, actor="ann") as hers:
        assert "Said what the right answers are" not in whats(hers, image=image_id)


def test_nobody_and_nothing(ws: wb.Bench) -> None:
    with pytest.raises(NotFound, match="no image"):
        ws.history.timeline(image="0" * 20)
    with pytest.raises(NotFound, match="no batch"):
        ws.history.timeline(batch="autumn")
    with pytest.raises(NotFound, match="hasn't done anything"):
        ws.history.timeline(person="zoe")
    with pytest.raises(BadValue, match="more than one thing"):
        ws.history.timeline(batch=BATCH, person="ann")
    with pytest.raises(BadValue, match="is no time"):
        ws.history.timeline(person="ann", day="yesterday")
    with pytest.raises(BadValue, match="ends before it begins"):
        ws.history.timeline(since="2026-03-02", until="2026-03-01")
    assert ws.history.timeline(person="ann", day="1999-12-31").empty


# -- batches and days


def test_a_batch_and_a_day(ws: wb.Bench) -> None:
    assert whats(ws, batch=BATCH)[-1] == "Entered values"
    assert f"Moved batch {BATCH} from received to in work" in whats(ws, batch=BATCH)
    bob = ws.history.timeline(person="bob")
    assert set(bob["actor"]) == {"bob"}
    changed = bob[bob["what"] == "Entered values"]
    assert changed[["changed", "after"]].to_numpy().tolist() == [["Xmp.dc.creator", "Bob B."], [CITY, "Batumi"]]
    assert set(changed["images"]) == {3}
    assert ws.history.days()["actor"].tolist() == ["bob", "ann"]


# -- moments


def test_values_as_they_were_at_every_event(ws: wb.Bench) -> None:
    """Whatever was set, the moment after an event shows it, and the moment before what was there."""
    image_id = in_order(ws)[0]
    cities = ["Tbilisi", "Batumi", None, "Kutaisi"]
    seqs = [ws.set_values([image_id], {CITY: city})[0].seq for city in cities]
    for seq, city in zip(seqs, cities, strict=True):
        then = ws.history(image_id, CITY, as_of=seq)["value"].tolist()
        assert then == ([city] if city else [])
    assert ws.history(image_id, CITY, as_of=seqs[0] - 1).empty
    now = ws.sql("select field, lang, ordinal, value, origin from metadata where image_id = ? order by all", [image_id])
    was = ws.history(image_id, as_of=ws.ledger.head()[0])[list(now.columns)]
    assert was.sort_values(list(now.columns)).fillna("").to_numpy().tolist() == now.fillna("").to_numpy().tolist()


def test_a_moment_is_a_position_a_time_or_a_day(ws: wb.Bench) -> None:
    image_id = in_order(ws)[0]
    event = ws.set_values([image_id], {CITY: "Tbilisi"})[0]
    for moment in (event.seq, event.at, event.at[:10]):
        assert ws.history(image_id, CITY, as_of=moment)["value"].tolist() == ["Tbilisi"]
    assert ws.history(image_id, CITY, as_of="2001-01-01").empty
    for wrong in (-1, event.seq + 1, "noon", 1.5):
        with pytest.raises(BadValue):
            timeline.seq_at(ws, wrong)  # type: ignore[arg-type]  # what people try


# -- the session


def test_of_a_batch_every_event_says_which_image_it_is_about(ws: wb.Bench) -> None:
    paths = dict(ws.sql("select image_id, path from images").to_numpy().tolist())
    rows = HistorySession(ws, batch=BATCH).window(0, 200)["rows"]
    about_one = [one for one in rows if one["image_id"]]
    assert about_one
    assert all(one["path"] == paths[one["image_id"]] for one in about_one)
    assert not any(one["path"] for one in rows if not one["image_id"])
    alone = HistorySession(ws, image=about_one[0]["image_id"]).window(0, 200)["rows"]
    assert {one["path"] for one in alone} == {""}


def test_the_session_filters_searches_opens_and_goes_back(ws: wb.Bench) -> None:
    session = HistorySession(ws, batch=BATCH)
    whole = session.view()
    assert whole["listed"] == whole["count"]
    assert whole["rows"][0]["seq"] > whole["rows"][-1]["seq"]
    assert {row["area"] for row in session.filter(off=["values"])["rows"]} >= {"received", "quality"}
    assert session.filter(off=[], actor="ann")["listed"] == 3
    assert session.filter(actor="", words="HEMD 1")["listed"] == 1
    assert session.filter(words="nobody wrote this")["empty"]["title"] == "Nothing like that"
    one = session.filter(words="hemd 1")["rows"][0]
    opened = session.open(one["image_id"])
    assert opened["about"] == "image"
    assert opened["back"]
    back = session.back()
    assert (back["about"], back["words"], back["back"]) == ("batch", "hemd 1", False)


def test_the_moment_of_the_session(ws: wb.Bench) -> None:
    session = HistorySession(ws, batch=BATCH)
    rows = session.view()["rows"]
    tagged_one = next(row for row in rows if row["image_id"])
    told = session.moment(tagged_one["seq"])
    assert told["values"][0] | {"at": None} == {
        "key": TITLE, "label": "Title", "text": "de: Hemd 2\nShirt 2", "origin": "entered", "by": "ann", "at": None,
        "changed": True,
    }  # fmt: skip
    moved = next(row for row in rows if row["what"].startswith("Moved batch"))
    assert ["State of the batch", "in work"] in session.moment(moved["seq"])["facts"]
    with pytest.raises(NotFound, match="isn't in this history"):
        session.moment(1)


def test_the_session_verifies_and_says_when_it_does_not(ws: wb.Bench) -> None:
    session = HistorySession(ws, batch=BATCH)
    assert session.verify()["ok"]
    with ws.ledger._transaction() as db:
        db.execute("drop trigger events_no_update")
        db.execute("update events set reason = 'another' where seq = 3")
    assert session.verify()["says"] == "Event 3 was changed after it was written."
    assert not session.view()["verified"]["ok"]


def test_the_session_of_somebody_who_did_nothing(ws: wb.Bench) -> None:
    assert HistorySession(ws).view()["empty"]["title"] == "Nothing on this day"


def test_a_picture_that_is_gone_is_a_thumbnail(ws: wb.Bench) -> None:
    image_id = in_order(ws)[0]
    session = HistorySession(ws, image=image_id)
    large = session.picture(image_id, 800).buffers[0]
    uri = ws.sql("select uri from images where image_id = ?", [image_id])["uri"][0]
    path = Path(uri.removeprefix("file://"))
    kept = path.rename(path.with_suffix(".away"))
    assert session.picture(image_id, 800).buffers[0][:2] in (b"\xff\xd8", b"RI")
    assert large
    kept.rename(path)


def test_new_events_come_in_when_asked_for(ws: wb.Bench) -> None:
    image_id = in_order(ws)[0]
    session = HistorySession(ws, image=image_id)
    before = session.view()["count"]
    ws.set_values([image_id], {CITY: "Tbilisi"})
    assert session.view()["count"] == before
    assert session.refresh()["count"] == before + 1


def test_a_file_that_takes_the_name_of_another_has_its_own_history(tmp_path: Path) -> None:
    fill(tmp_path / "in", {"a.jpg": picture(1, "One")})
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        ws.scan(tmp_path / "in", batch="x", progress=False, workers=1)
        [old] = in_order(ws)
        ws.set_values([old], {CITY: "Old"})
        (tmp_path / "in" / "a.jpg").rename(tmp_path / "in" / "b.jpg")
        ws.scan(tmp_path / "in", batch="y", progress=False, workers=1)
        fill(tmp_path / "in", {"a.jpg": picture(2, "Two")})
        ws.scan(tmp_path / "in", batch="z", progress=False, workers=1)
        names = dict(ws.sql("select name, image_id from images").to_numpy().tolist())
        assert "Old" in set(ws.history.timeline(image=names["b.jpg"])["after"])
        received = whats(ws, image=names["b.jpg"])
        assert [what for what in received if what.startswith("Received")] == [
            "Received in batch x",
            "Received in batch y",
        ]


def test_names_passed_round_in_a_circle_keep_each_files_history_apart(tmp_path: Path) -> None:
    fill(tmp_path / "in", {f"{n:04}.jpg": picture(n, f"Shirt {n}") for n in (1, 2, 3)})
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        ws.scan(tmp_path / "in", progress=False, workers=1)
        ids = in_order(ws)
        for number, image_id in enumerate(ids, 1):
            ws.set_values([image_id], {CITY: f"City {number}"})
        ws.bulk.rename("{sequence:04}", [ids[-1], *ids[:-1]]).apply()  # 3 → 1, 1 → 2, 2 → 3
        for number, image_id in zip((3, 1, 2), in_order(ws), strict=True):
            told = ws.history.timeline(image=image_id)
            assert set(told[told["changed"] == CITY]["after"]) == {f"City {number}"}
            assert f"/{number:04}.jpg" in " ".join(told[told["changed"] == "file"]["after"])
            assert told["what"].str.startswith("Renamed").any()
