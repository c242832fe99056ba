"""The generator of invented work: it says what it is, does what it says, and does the same again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from invented_week import BATCHES

import workbench as wb
from workbench import sample_work
from workbench.errors import BadValue
from workbench.reports import INVENTED
from workbench.sample_work import PEOPLE, Recorded


@pytest.fixture(scope="module")
def ws(week: Recorded) -> Iterator[wb.Bench]:
    with wb.open(week.folder, actor="you") as opened:
        yield opened


def test_every_event_says_that_the_people_are_invented(ws: wb.Bench) -> None:
    events = ws.sql("select reason, actor from events")
    assert events["reason"].str.startswith(INVENTED).all()
    assert set(events["actor"]) == {"Ada", "Ben", "Cleo", "Iris", "Max", "Nora"}


def test_the_ledger_verifies_and_every_check_holds(ws: wb.Bench) -> None:
    assert ws.verify().events == ws.ledger.head()[0]
    assert ws.check().empty


def test_time_goes_forward_and_nobody_works_at_night(ws: wb.Bench) -> None:
    events = ws.sql('select "at" from events order by seq')["at"]
    assert events.is_monotonic_increasing
    assert events.dt.hour.between(8, 17).all()
    assert (events.dt.day_of_week < 5).all()


def test_the_inspector_finds_what_was_planted(week: Recorded, ws: wb.Bench) -> None:
    first = ws.sql("select i.image_id from sample_items i join samples s using (sample_id) where s.resubmission = 0")
    found = ws.sql(
        "select d.image_id, d.field, d.defect, d.operator from defects d join samples s using (sample_id) "
        "where s.resubmission = 0"
    )
    planted = week.planted[week.planted["image_id"].isin(first["image_id"])]
    wanted = {tuple(row) for row in planted[["image_id", "field", "defect", "operator"]].to_numpy()}
    assert {tuple(row) for row in found.to_numpy()} == wanted
    assert wanted


def test_the_pace_that_is_measured_is_the_one_that_was_worked_at(week: Recorded, ws: wb.Bench) -> None:
    measured = ws.sql("select actor, seconds from work_items where task = 'tagging' and seconds is not null")
    for person in PEOPLE:
        true = week.seconds[person.name]
        seen = measured.loc[measured["actor"] == person.name, "seconds"].mean()
        assert seen == pytest.approx(sum(true) / len(true), rel=0.25)


def test_known_answers_are_as_right_as_was_planted(week: Recorded, ws: wb.Bench) -> None:
    counted = ws.sql(
        'select actor, avg("right"::int) as part, count(*) as n from gold_answers group by actor order by 1'
    )
    planted = week.answers.groupby("operator")["right"].agg(["mean", "size"])
    assert dict(zip(counted["actor"], counted["n"], strict=True)) == planted["size"].to_dict()
    assert counted["part"].tolist() == pytest.approx(planted["mean"].tolist())


def test_part_of_the_differences_is_still_open(week: Recorded, ws: wb.Bench) -> None:
    states = ws.sql("select state, count(*) as n from field_comparisons group by state").set_index("state")["n"]
    assert states["agreed"] > 0
    assert states["adjudicated"] > 0
    assert states["open"] > 0
    assert week.task_id in set(ws.sql("select task_id from double_entries")["task_id"])


def test_batches_end_where_the_story_leaves_them(ws: wb.Bench) -> None:
    states = ws.qc.batches().set_index("batch")["state"]
    assert states["Spring"] == "delivered"
    assert states["Summer"] in ("accepted", "rework")
    assert states["Autumn"] == "in_work"
    assert len(list((ws.folder / "exports" / "Spring").rglob("*.jpg"))) == BATCHES["Spring"]


def test_the_same_seed_tells_the_same_story(week: Recorded, tmp_path: Path) -> None:
    places = {batch: week.folder.parent / "images" / batch for batch in BATCHES}
    again = sample_work.record(tmp_path / "ws", places, seed=7, double=10)
    assert again.planted.equals(week.planted)
    assert again.seconds == week.seconds


def test_it_wants_a_new_folder_and_enough_to_tell(week: Recorded, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="is a workspace already"):
        sample_work.record(week.folder, {"a": tmp_path, "b": tmp_path})
    with pytest.raises(BadValue, match="too little"):
        sample_work.record(tmp_path / "new", {"a": tmp_path})
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadValue, match="There are no images"):
        sample_work.record(tmp_path / "new", {"a": tmp_path / "empty", "b": tmp_path / "empty"})


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("LA-10256_blue_front.tif", "Blue lamp 10256, front view"),
        ("MG-10354_white_angle (1).jpg", "White pot 10354, from the side"),
        ("Plate 0099.tif", "Glass plate 99"),
        ("scan00307.jpg", "Scanned page 307"),
        ("IMG_2217.jpg", "Photograph 2217"),
        ("XX-1_blue_front.jpg", "Photograph 1"),
        ("nested", "Photograph nested"),
    ],
)
def test_what_people_enter_is_what_the_picture_shows(name: str, title: str) -> None:
    assert sample_work.title_of(name) == title


def test_a_misspelt_title_is_one(week: Recorded, ws: wb.Bench) -> None:
    slips = week.planted[week.planted["defect"] == "misspelt"]
    entered = ws.sql("select h.*, i.name from history h join images i using (image_id) where field = 'Xmp.dc.title'")
    assert len(slips)
    for slip in slips.itertuples():
        said = entered[(entered["image_id"] == slip.image_id) & (entered["actor"] == slip.operator)].iloc[0]
        assert said["value"] != sample_work.title_of(said["name"])
        assert sorted(said["value"]) == sorted(sample_work.title_of(said["name"]))
