"""The inspection's session: who gets what, what is written, what can be taken back; and that it is never double."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inspected_collection import BATCH, ready
from small_collections import NOT_COMPARED

import workbench as wb
from workbench import defect_types
from workbench.errors import BadValue, NotAllowed, NotFound, Stale
from workbench.events import Draft
from workbench.inspection import PICTURE, InspectionSession

TITLE = "Xmp.dc.title"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ws = ready(tmp_path_factory.mktemp("inspection"))
    ws.qc.draw(BATCH, aql=10.0, level="III", seed=5)
    ws.close()
    return ws.folder


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "ws"))


@pytest.fixture
def ws(folder: Path) -> Iterator[wb.Bench]:
    with wb.open(folder, actor="cy") as opened:
        yield opened


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(ws: wb.Bench, clock: Clock) -> Iterator[InspectionSession]:
    made = InspectionSession(ws, sample_of(ws), "shop", clock=clock)
    yield made
    made.close()


def sample_of(ws: wb.Bench) -> str:
    return str(ws.qc.samples().iloc[0]["sample_id"])


def inspections(ws: wb.Bench) -> list[dict[Any, Any]]:
    return ws.sql("select * from inspections order by seq").to_dict("records")


def test_what_is_marked_is_written_when_done(session: InspectionSession, ws: wb.Bench, clock: Clock) -> None:
    here = session.image_id
    clock.now = 7.0
    session.mark(TITLE, "wrong", comment="  a coat  ")
    session.mark(PICTURE, "picture", "minor")
    session.say("in a hurry")
    before = len(inspections(ws))
    clock.now = 12.5
    page = session.done()
    assert (before, page["marks"], page["comment"], page["progress"]["done"]) == (0, [], "", 1)
    [found] = inspections(ws)
    assert (found["image_id"], found["verdict"], found["comment"]) == (here, "defective", "in a hurry")
    assert found["seconds"] == 12.5
    rows = ws.sql("select field, defect, severity, comment from defects order by field nulls last")
    assert rows.iloc[0].tolist() == [TITLE, "wrong", "major", "a coat"]
    assert rows.iloc[1, 1:].tolist() == ["picture", "minor", ""]
    assert rows["field"].isna().tolist() == [False, True]


def test_only_what_counts_makes_an_image_defective(session: InspectionSession, ws: wb.Bench) -> None:
    assert session.mark(TITLE, "misspelt")["would_be"] == "pass"
    assert session.mark(TITLE, "misspelt", "major")["would_be"] == "defective"
    assert len(session.view()["marks"]) == 1
    assert session.unmark(TITLE)["marks"] == []
    session.mark(TITLE, "misspelt")
    session.done()
    assert inspections(ws)[0]["verdict"] == "pass"
    assert len(ws.sql("from defects")) == 1


def test_a_type_that_is_about_the_picture_goes_there(session: InspectionSession) -> None:
    [mark] = session.mark(TITLE, "picture")["marks"]
    assert mark["field"] == PICTURE


def test_a_pause_is_no_working_time(session: InspectionSession, ws: wb.Bench, clock: Clock) -> None:
    clock.now += 10
    session.mark(TITLE, "wrong")
    clock.now += 3600
    session.unmark(TITLE)
    clock.now += 5
    session.done()
    clock.now += 121
    session.done()
    assert inspections(ws)[0]["seconds"] == 15.0
    assert inspections(ws)[1]["seconds"] != inspections(ws)[1]["seconds"]  # nobody knows
    assert session.progress()["per_hour"] == 480.0


def test_undo_takes_the_inspection_back(session: InspectionSession, ws: wb.Bench) -> None:
    first = session.image_id
    session.mark(TITLE, "wrong")
    session.done()
    session.done()
    session.undo()
    page = session.undo()
    assert (page["image"]["image_id"], [m["defect"] for m in page["marks"]]) == (first, ["wrong"])
    assert inspections(ws) == []
    assert ws.sql("select count(*) as n from events where kind = 'inspection_withdrawn'")["n"].iloc[0] == 2
    with pytest.raises(NotFound, match="nothing to undo"):
        session.undo()
    session.unmark(TITLE)
    session.done()
    assert [one["verdict"] for one in inspections(ws)] == ["pass"]


def test_undo_of_a_second_look_opens_the_image_again(session: InspectionSession, ws: wb.Bench) -> None:
    session.done()
    session.previous()
    session.mark(TITLE, "wrong")
    session.done()
    assert [one["verdict"] for one in inspections(ws)] == ["defective"]
    session.undo()
    assert inspections(ws) == []
    assert set(ws.sql("select state from sample_items")["state"]) == {"open"}


def test_looking_back_keeps_what_was_marked(session: InspectionSession) -> None:
    with pytest.raises(NotFound, match="no image before"):
        session.previous()
    session.done()
    second = session.image_id
    session.mark(TITLE, "too_vague")
    session.previous()
    page = session.done()
    assert page["image"]["image_id"] == second
    assert [one["defect"] for one in page["marks"]] == ["too_vague"]


def test_what_isnt_there_is_refused(session: InspectionSession, ws: wb.Bench) -> None:
    for call, says in (
        (lambda: session.mark("Xmp.none", "wrong"), "no field"), (lambda: session.mark(TITLE, "ugly"), "no type"),
        (lambda: session.mark(TITLE, "wrong", "fatal"), "no severity"), (lambda: session.say("x" * 3000), "3,000"),
        (lambda: session.say(7), "must be text"),  # type: ignore[arg-type]  # what a browser could send
    ):  # fmt: skip
        with pytest.raises(BadValue, match=says):
            call()
    with pytest.raises(Stale, match="Another image"):
        session.done(image_id="somebody's")
    with pytest.raises(NotFound, match="no sample"):
        InspectionSession(ws, "none")
    with pytest.raises(NotFound, match="profile"):
        InspectionSession(ws, sample_of(ws), "none")


def test_the_same_message_twice_writes_once(session: InspectionSession, ws: wb.Bench) -> None:
    here = session.image_id
    session.done(image_id=here)
    with pytest.raises(Stale):
        session.done(image_id=here)
    assert len(inspections(ws)) == 1


def test_ones_own_work_is_never_handed_out(folder: Path) -> None:
    with wb.open(folder, actor="ann") as ann:
        session = InspectionSession(ann, sample_of(ann), "shop")
        own = set(ann.sql("select image_id from history where actor = 'ann'")["image_id"])
        seen = []
        while session.image_id is not None:
            seen.append(session.image_id)
            session.done()
        assert seen
        assert not own & set(seen)
        assert len(seen) + session.progress()["own"] == 13
        assert session.view()["empty"]["title"] == "The rest is your own work"
        assert ann.check().empty
        session.close()


def test_who_corrects_a_value_on_the_way_doesnt_inspect_it(session: InspectionSession, ws: wb.Bench) -> None:
    ws.set_values([str(session.image_id)], {TITLE: {"x-default": "better"}})
    with pytest.raises(NotAllowed, match="Nobody inspects their own work"):
        session.done()
    session.skip()
    while session.image_id is not None:
        session.done()
    assert session.progress()["own"] == 1


def test_the_ledger_refuses_it_too(folder: Path) -> None:
    told = {"sample_id": "s", "image_id": "i", "verdict": "pass", "defects": [], "comment": "", "seconds": None}
    draft = Draft("item_inspected", told | {"operator": "ann"})
    with wb.open(folder, actor="ann") as ann, pytest.raises(NotAllowed, match="entered what is to be inspected"):
        ann.ledger.append([draft], actor="ann")


def test_what_is_let_go_of_is_free_at_once(session: InspectionSession, folder: Path) -> None:
    held = session.image_id
    session.peek()
    session.release()
    with wb.open(folder, actor="dora") as dora:
        other = InspectionSession(dora, sample_of(dora), "shop")
        assert other.image_id == held
        other.close()


def test_a_judged_sample_isnt_inspected_again(session: InspectionSession, ws: wb.Bench) -> None:
    while session.image_id is not None:
        session.done()
    ws.qc.judge(session.sample)
    with pytest.raises(Stale, match="judged: accepted"):
        InspectionSession(ws, session.sample, "shop")
    for verb in (session.undo, session.previous, session.done, session.judge):
        with pytest.raises(Stale, match="judged"):
            verb()
    assert len(inspections(ws)) == 13
    assert session.view()["empty"]["title"] == f"“{BATCH}” is accepted"


@pytest.mark.parametrize(("defective", "verdict"), [(0, "is accepted"), (13, "goes back: it is rejected")])
def test_the_batch_is_judged_where_it_was_inspected(session: InspectionSession, defective: int, verdict: str) -> None:
    with pytest.raises(BadValue, match="13 of 13 images aren't inspected yet"):
        session.judge()
    while session.image_id is not None:
        if defective:
            session.mark(TITLE, "wrong")
        session.done()
    asked = session.view()["empty"]
    assert (asked["title"], asked["judge"]) == ("Every image is inspected", True)
    assert asked["hint"].startswith(f"{defective} of 13 images are defective. AQL 10,")
    page = session.judge()
    assert page["empty"]["title"] == f"“{BATCH}” {verdict}"
    assert f"Defective: {defective} of 13: " in page["empty"]["hint"]
    assert ("ws.qc.rework" in page["empty"]["hint"]) == bool(defective)
    assert (page["undo"], page["before"], "judge" in page["empty"]) == (0, False, False)


def test_a_sample_without_a_plan_judges_nothing(ws: wb.Bench) -> None:
    session = InspectionSession(ws, ws.qc.draw(BATCH, n=2, seed=1), "shop")
    while session.image_id is not None:
        session.done()
    asked = session.view()["empty"]
    assert (asked["hint"], asked["judge"]) == (
        "0 of 2 images are defective. It shows what is wrong, and judges nothing.",
        False,
    )
    session.close()


def test_a_program_that_dies_leaves_nothing_half_done(ws: wb.Bench, folder: Path) -> None:
    gone = InspectionSession(ws, sample_of(ws), "shop")
    gone.done()
    gone.mark(TITLE, "wrong")
    with wb.open(folder, actor="dora") as dora:
        other = InspectionSession(dora, sample_of(dora), "shop")
        assert other.progress()["done"] == 1
        assert other.image_id != gone.image_id  # it is held for a while, if its program still runs
        other.close()
    gone.close()


def test_files_that_are_gone_are_told_and_left_out(ws: wb.Bench) -> None:
    sample = ws.qc.sample(sample_of(ws))
    path = ws.sql("select path from images where image_id = ?", [sample.image_ids[0]])["path"].iloc[0]
    with ws.catalog.writing() as connection:
        connection.execute("delete from image_facts where path = $path", {"path": path})
    session = InspectionSession(ws, sample, "shop")
    while session.image_id is not None:
        session.done()
    assert session.progress()["gone"] == 1
    assert "ws.qc.void" in session.view()["empty"]["hint"]
    session.close()


@pytest.mark.parametrize("seed", range(2))
def test_three_inspectors_at_once_never_look_at_the_same_image(folder: Path, seed: int) -> None:
    """Whatever they do, in whatever order: every image is inspected once, and by nobody whose work it is."""
    errors: list[BaseException] = []

    def work(actor: str) -> None:
        luck = random.Random(f"{seed}-{actor}")
        try:
            with wb.open(folder, actor=actor) as mine:
                session = InspectionSession(mine, sample_of(mine), "shop")
                while session.image_id is not None:
                    what = luck.choice(["done", "done", "done", "skip", "peek", "undo", "mark", "previous"])
                    try:
                        session.mark(TITLE, "wrong") if what == "mark" else getattr(session, what)()
                    except (NotFound, Stale, NotAllowed):
                        session.skip()
                session.close()
        except BaseException as error:  # in a thread: told below
            errors.append(error)

    people = ["ann", "bob", "cy", "dora"]
    threads = [threading.Thread(target=work, args=[actor]) for actor in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert errors == []
    with wb.open(folder, actor="eve") as eve:
        rest = InspectionSession(eve, sample_of(eve), "shop")
        while rest.image_id is not None:
            rest.done()
        rest.close()
        looks = eve.sql("select image_id, count(*) as n from inspections group by image_id")
        assert set(looks["n"]) == {1}
        assert len(looks) == 13
        mine = "select 1 from inspections i join history h on h.image_id = i.image_id and h.actor = i.inspector"
        assert eve.sql(mine).empty
        open_looks = "select image_id from inspection_rows where not withdrawn group by image_id, inspector"
        assert len(eve.sql(open_looks)) == 13  # a second look is by the same person
        assert eve.check().empty


def test_all_of_it_survives_a_rebuild(session: InspectionSession, ws: wb.Bench) -> None:
    session.mark(TITLE, "wrong")
    session.done()
    session.previous()
    session.mark(TITLE, "missing")
    session.done()
    session.undo()
    session.done()
    tables = ["inspection_rows", "defect_rows", "sample_images", "queue_items"]
    assert not NOT_COMPARED & set(tables)
    before = [ws.sql(f"from {name} order by all") for name in tables]
    ws.rebuild(progress=False, workers=1)
    assert all(ws.sql(f"from {name} order by all").equals(table) for name, table in zip(tables, before, strict=True))


# ── the list of defects ───────────────────────────────────────────────────────────────────────────────────────

OWN = """
[severities.bad]
label = { en = "bad", de = "schlimm" }
rejects_lot = true
[severities.note]
counts = false
[[types]]
key = "1"
name = "glare"
severity = "bad"
label = { en = "Glare", de = "Blendung" }
"""


def test_the_shipped_list_says_everything_in_three_languages() -> None:
    shipped = defect_types.load()
    assert [one.key for one in shipped.types.values()] == [str(n) for n in range(1, 10)]
    for one in shipped.types.values():
        assert set(one.label) == set(one.help) == {"en", "de", "fr"}
    assert shipped.counts("critical")
    assert shipped.rejects_lot("critical")
    assert not shipped.counts("minor")
    assert shipped.counts("one that was taken out of the list")
    assert shipped.label("wrong", "de") == "Falsch"
    assert shipped.label("taken_out") == "taken_out"


def test_a_client_has_its_own_list(ws: wb.Bench) -> None:
    (ws.folder / "defects.toml").write_text(OWN, "utf-8")
    session = InspectionSession(ws, sample_of(ws), "shop", language="de")
    form = session.view()["form"]
    assert [(one["name"], one["label"]) for one in form["types"]] == [("glare", "Blendung")]
    session.mark(TITLE, "glare")
    session.done()
    while session.image_id is not None:
        session.done()
    assert ws.qc.judge(session.sample).verdict == "rejected"
    assert ws.qc.feedback("ann").as_dict()["operator"] == "ann"
    session.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[types", "can't be read"),
        ("", "lists no types"),
        ("types = 3\nseverities = 4", "must be a table"),
        ("[severities]\na = 3\n[[types]]\nname = 'x'", "must be a table"),
        (OWN.replace('name = "glare"', ""), "has no name"),
        (OWN.replace('key = "1"', 'key = "x"'), "has no key"),
        (OWN.replace('severity = "bad"', 'severity = "worse"'), "no severity of the list"),
        (OWN + OWN[OWN.index("[[types]]") :], "twice"),
    ],
)
def test_a_list_that_cant_be_read_is_said(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "defects.toml").write_text(text, "utf-8")
    with pytest.raises(BadValue, match=says):
        defect_types.load(tmp_path)
    (tmp_path / "defects.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadValue, match="can't be read"):
        defect_types.load(tmp_path)


# ── feedback and pace ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_operator_hears_what_was_wrong(session: InspectionSession, ws: wb.Bench) -> None:
    while session.image_id is not None:
        whose = ws.sql("select operator from sample_items where image_id = ?", [session.image_id])["operator"].iloc[0]
        if whose == "ann":
            session.mark(TITLE, "wrong", comment="look again")
            session.mark(TITLE, "misspelt")
        session.done()
    told = ws.qc.feedback("ann")
    assert told.inspected == told.defective > 0
    assert f"{told.defective} of {told.inspected}: 100 % (95 %: " in told.says
    assert told.by_type()["defect"].tolist() == ["Misspelt", "Wrong"]
    assert set(told.defects["comment"]) == {"look again", ""}
    assert "<table" in told._repr_html_()
    assert ws.qc.feedback("bob").defective == 0
    assert "Nothing of zoe's work" in ws.qc.feedback("zoe").says
    assert ws.qc.feedback("ann", since="2999-01-01").inspected == 0
    assert ws.qc.feedback("ann", language="de").defects["defect"].isin(["Falsch", "Schreibfehler"]).all()


def test_hostile_feedback_is_text(session: InspectionSession, ws: wb.Bench) -> None:
    (ws.folder / "defects.toml").write_text(OWN.replace('"Glare"', "'<script>alert(1)</script>'"), "utf-8")
    session = InspectionSession(ws, sample_of(ws), "shop")
    session.mark(TITLE, "glare")
    whose = ws.sql("select operator from sample_items where image_id = ?", [session.image_id])["operator"].iloc[0]
    session.done()
    assert "<script>" not in ws.qc.feedback(whose)._repr_html_()
    session.close()
