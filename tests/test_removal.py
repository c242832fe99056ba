"""Removal: only what was decided, never without a verified survivor, everything back, and for good only by right."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from small_collections import account, command, dump, fill, image_ids, jpeg, png

import workbench as wb
from workbench import removal, removal_journal, sources
from workbench.errors import BadValue, NotAllowed, NotFound, Stale, Uncertified, WorkspaceBusy
from workbench.removal import Plan
from workbench.removal_journal import RemovalReport

TITLE = "Xmp.dc.title"
SAME = ("exact", "same-picture")
FILES = {
    "originals/one.jpg": jpeg(1, "One", ("red",)),
    "copies/one copy.jpg": jpeg(1, "One", ("red",)),
    "copies/one again.jpg": jpeg(1, "One", ("blue",)),
    "originals/two.png": png(2),
    "copies/two backup.png": png(2),
    "copies/two backup.png.xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    "alone.png": png(3),
}
GO = ["copies/one again.jpg", "copies/one copy.jpg", "copies/two backup.png", "copies/two backup.png.xmp"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scanned collection with its duplicates found: made once, put back for every test."""
    home = tmp_path_factory.mktemp("removal")
    folder = fill(home / "photos", FILES)
    for number, path in enumerate(sorted(folder.rglob("*.*"), reverse=True)):
        os.utime(path, ns=(10**18 + number, 10**18 + number * 1_000_000_007))
    opened(home / "w", folder, ann=["purge"]).close()
    for name in ("photos", "w"):
        shutil.move(home / name, home / f"{name} as made")
    return home


@pytest.fixture
def home(template: Path) -> Path:
    for name in ("photos", "w"):
        shutil.rmtree(template / name, ignore_errors=True)
        shutil.copytree(template / f"{name} as made", template / name)
    return template


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "photos"


@pytest.fixture
def ws(home: Path) -> Iterator[wb.Bench]:
    with wb.open(home / "w", actor="ann") as made:
        yield made


def opened(home: Path, folder: Path, actor: str = "ann", **people: list[str]) -> wb.Bench:
    """A workspace in which the duplicates are found; the people have rights."""
    home.mkdir(parents=True, exist_ok=True)
    rights = "".join(f"{name} = {rights!r}\n" for name, rights in people.items())
    (home / "workspace.toml").write_text(f'name = "w"\nformat = 1\n\n[people]\n{rights}')
    made = wb.open(home, actor=actor)
    if made.query("sources").empty:
        made.scan(folder, progress=False, workers=1)
        made.find_duplicates(SAME, progress=False)
    return made


def planned(ws: wb.Bench, **more: Any) -> Plan:
    return ws.dedup.plan(relations=SAME, undecided=True, **more)


def files(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Everything in a folder: name → bytes, time, permissions."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    about = [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in found]
    return {str(path.relative_to(folder)): facts for path, facts in zip(found, about, strict=True)}


def reasons(report: RemovalReport | Plan, folder: Path) -> dict[str, str]:
    """Name → why it was left."""
    return {os.path.relpath(sources.readable(one.uri), folder): one.reason for one in report.left}


def decide(ws: wb.Bench) -> None:
    """Accept every cluster as a reviewer does."""
    review = wb.ClusterReview(ws)
    try:
        review.session.bulk_accept(review.session.bulk_preview()["token"])
    finally:
        review.session.close()


# ── what is planned ───────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_was_decided_goes(ws: wb.Bench, folder: Path) -> None:
    assert ws.dedup.plan().counts == {"go": 0, "bytes": 0, "stay": 0, "left": 0}
    with pytest.raises(BadValue, match="nobody has decided"):
        ws.dedup.plan(undecided=True)
    with pytest.raises(NotFound):
        ws.dedup.plan(["no such cluster"])
    before = files(folder)
    decide(ws)
    plan = ws.dedup.plan()
    assert sorted(item.path for item in plan.items) == GO
    assert plan.counts["stay"] == 2
    shown = plan.frame()
    assert shown[shown["what"] == "stays"]["path"].tolist() == ["originals/one.jpg", "originals/two.png"] or (
        shown[shown["what"] == "stays"]["path"].tolist() == ["originals/two.png", "originals/one.jpg"]
    )
    assert shown["bytes"].sum() == sum(len(content) for name, content in FILES.items() if name != "alone.png")
    assert "sidecar files go along" in repr(plan)
    assert "Nothing is touched yet" in repr(plan)
    assert files(folder) == before
    assert ws.dedup.plan().digest == plan.digest
    assert ws.dedup.plan(relations=["exact"]).digest != plan.digest


def test_what_was_found_is_told_whatever_was_decided_and_put_back(ws: wb.Bench) -> None:
    decide(ws)
    plan = ws.dedup.plan()
    kinds = {item.path: item.relation for item in plan.items}
    exact = ws.dedup.plan(relations=["exact"]).digest
    assert sorted(set(kinds.values())) == ["exact", "same-picture", "sidecar"]
    ws.dedup.apply(plan, progress=False)
    ws.dedup.restore(progress=False)
    again = ws.dedup.plan()
    assert {item.path: item.relation for item in again.items} == kinds
    assert ws.dedup.plan(relations=["exact"]).digest == exact
    assert ws.dedup.plan(relations=["duplicate"]).items == []
    ws.find_duplicates(SAME, progress=False)
    assert {item.path: item.relation for item in ws.dedup.plan().items} == kinds
    assert set(ws.sql("select state from duplicate_clusters")["state"]) == {"decided"}


def test_in_quarantine_and_back(ws: wb.Bench, folder: Path) -> None:
    ids, before, catalogued = image_ids(ws), files(folder), dump(ws)
    ws.set_values([ids["copies/one copy.jpg"]], {"Xmp.dc.source": "the client's disk"})
    report = ws.dedup.apply(planned(ws), "a test")
    assert sorted(item.path for item in report.done) == GO
    assert report.left == []
    assert sorted(files(folder)) == ["alone.png", "originals/one.jpg", "originals/two.png"]
    assert sorted(image_ids(ws)) == sorted(files(folder))
    assert sorted(ws.sql("select path from quarantined")["path"]) == GO
    assert ws.sql("select * from vanished").empty
    assert removal.verify(ws).empty
    account(ws, 3)
    scanned = ws.scan(folder, progress=False, workers=1)
    assert (scanned.read, scanned.vanished) == (0, 0), "the catalogue knew it all"
    removed = dump(ws)
    ws.rebuild(progress=False, workers=1)
    rebuilt = dump(ws)
    found_again = {"pair_facts", "cluster_parts", "dedup_done"}  # without the pairs of what is gone
    assert {t for t in rebuilt if rebuilt[t] != removed[t]} <= found_again
    back = ws.dedup.restore()
    assert len(back.done) == 4
    assert files(folder) == before
    account(ws, 7)
    after = dump(ws)
    assert {
        t: after[t] for t in ("image_facts", "embedded", "keywords", "search_texts", "seen_files", "file_problems")
    } == {
        t: catalogued[t] for t in ("image_facts", "embedded", "keywords", "search_texts", "seen_files", "file_problems")
    }
    held = ws.sql("select path, value from entered join images using (image_id) where field = 'Xmp.dc.source'")
    assert dict(held.itertuples(index=False))["copies/one copy.jpg"] == "the client's disk"
    assert list((ws.folder / "quarantine").rglob("*.*")) == []
    assert ws.dedup.restore().done == []


def test_the_metadata_are_merged_before_anything_goes(ws: wb.Bench) -> None:
    plan = planned(ws)
    assert any("merged first" in note for note in plan.notes)
    report = plan.apply()
    [seq] = ws.sql("select merge from removal_runs")["merge"].tolist()
    assert f"merged into 1 images that stay, as change {seq}." in str(report)
    kinds = ws.sql("select kind from events order by seq")["kind"].tolist()
    assert kinds.index("values_changed") < kinds.index("files_quarantined")
    keywords = ws.sql(
        "select value from metadata join images using (image_id) "
        "where path = 'originals/one.jpg' and field = 'Xmp.dc.subject'"
    )
    assert {"red", "blue"} <= set(keywords["value"])


def merged(ws: wb.Bench) -> list[str]:
    return ws.sql("select value from entered where origin = 'merged'")["value"].tolist()


def test_putting_everything_back_takes_the_merge_back(ws: wb.Bench) -> None:
    said = ws.sql("from metadata order by all").to_dict("records")
    planned(ws).apply("a test")
    assert merged(ws)
    [seq] = ws.sql("select merge from removal_runs")["merge"].tolist()
    report = ws.dedup.restore(reason="a mistake", progress=False)
    assert merged(ws) == []
    assert ws.sql("from metadata order by all").to_dict("records") == said
    change = ws.changes().iloc[0]
    assert (change["what"], change["reason"]) == (f"undo of {seq}", "a mistake")
    assert report.notes == [f"The metadata merged into 1 images that stay are taken back, by change {change['seq']}."]
    assert report.notes[0] in str(report)
    assert report.as_dict()["notes"] == report.notes


def test_a_merge_stays_until_all_files_are_back(ws: wb.Bench) -> None:
    ids, report = image_ids(ws), planned(ws).apply()
    [seq] = ws.sql("select merge from removal_runs")["merge"].tolist()
    some = ws.dedup.restore([ids["copies/one again.jpg"]], progress=False)
    assert merged(ws)
    assert f"`workbench undo {seq}` takes them back" in some.notes[0]
    assert "are taken back" in ws.dedup.restore(plans=[report.run_id], progress=False).notes[0]
    assert merged(ws) == []


def test_a_merge_that_somebody_changed_since_stays_and_is_told(ws: wb.Bench) -> None:
    planned(ws).apply()
    [seq] = ws.sql("select merge from removal_runs")["merge"].tolist()
    ws.set_values([image_ids(ws)["originals/one.jpg"]], {"Xmp.dc.subject": ["green"]})
    [note] = ws.dedup.restore(progress=False).notes
    assert f"`workbench undo {seq} --force`" in note
    assert "are still there" in note
    assert ws.sql("select value from entered")["value"].tolist() == ["green"]


def test_a_merge_that_was_undone_before_is_not_undone_again(ws: wb.Bench) -> None:
    planned(ws).apply()
    event = ws.undo(int(ws.sql("select merge from removal_runs")["merge"].iloc[0]))
    assert ws.dedup.restore(progress=False).notes[0].endswith(f"are taken back, by change {event.seq}.")
    assert merged(ws) == []


def test_whoever_may_not_change_values_is_told_who_takes_a_merge_back(ws: wb.Bench, home: Path) -> None:
    planned(ws).apply()
    [seq] = ws.sql("select merge from removal_runs")["merge"].tolist()
    (home / "w/workspace.toml").write_text(
        'name = "w"\nformat = 1\n[people]\nann = "analyst"\npam = "project_manager"\n'
    )
    with wb.open(home / "w", actor="pam") as hers:
        [note] = hers.dedup.restore(progress=False).notes
    assert note.endswith(f"are still there: `workbench undo {seq}` takes them back.")


def test_to_undo_a_removal_takes_its_merge_back(ws: wb.Bench) -> None:
    report = planned(ws).apply()
    assert ws.undo(report.events[0].seq).kind == "files_restored"
    assert merged(ws) == []


def test_a_removal_that_there_is_not_is_an_error_and_nothing_is_recorded(ws: wb.Bench, folder: Path) -> None:
    run = planned(ws).apply().run_id
    head = ws.ledger.head()
    for plans in (["80ddd7d7x"], [""]):
        with pytest.raises(NotFound, match="no removal"):
            ws.dedup.restore(plans=plans, progress=False)
    assert ws.dedup.restore(plans=[], progress=False).done == []
    assert ws.ledger.head() == head
    assert len(ws.dedup.restore(plans=[run[:8]], progress=False).done) == 4
    head = ws.ledger.head()
    again = ws.dedup.restore(plans=[run], progress=False)
    assert (str(again), ws.ledger.head()) == ("0 files (0 bytes) put back, 0 not.", head)


def test_the_beginning_of_several_ids_is_not_enough(ws: wb.Bench) -> None:
    with ws.catalog.writing() as connection:
        for plan_id in ("ab1", "ab2"):
            connection.execute(
                "insert into removal_plans by name select ? as plan_id, 'quarantine' as action, '' as what, "
                "0 as files, 'ann' as actor, timestamp '2026-05-01' as \"at\", 0 as seq",
                [plan_id],
            )
    with pytest.raises(BadValue, match="2 removals begin with 'ab'"):
        ws.dedup.restore(plans=["ab"], progress=False)


def test_what_nobody_has_chosen_is_left(ws: wb.Bench, folder: Path) -> None:
    ids = image_ids(ws)
    ws.set_values([ids["originals/one.jpg"]], {TITLE: "Front"})
    ws.set_values([ids["copies/one copy.jpg"]], {TITLE: "Back"})
    plan = planned(ws, policy={TITLE: "ask"})
    assert "nobody has chosen" in reasons(plan, folder)["copies/one copy.jpg"]
    assert sorted(item.path for item in plan.items) == GO[2:]
    answered = planned(ws, policy={TITLE: "ask"}, answers={(ids["originals/one.jpg"], TITLE): "Front"})
    assert sorted(item.path for item in answered.items) == GO
    answered.apply()


def companion(ws: wb.Bench, one: str, other: str) -> None:
    ids = image_ids(ws)
    pair = sorted([ids[one], ids[other]])
    with ws.catalog.writing() as connection:
        connection.execute(
            "insert into pair_facts select $a, $b, 'companion', 'metadata', 1, '{}', 'r', a.checksum, b.checksum "
            "from image_facts a, image_facts b where a.image_id = $a and b.image_id = $b",
            dict(zip("ab", pair, strict=True)),
        )


def test_a_companion_never_goes_alone(ws: wb.Bench, folder: Path) -> None:
    companion(ws, "copies/two backup.png", "alone.png")
    plan = planned(ws)
    assert reasons(plan, folder) == {"copies/two backup.png": "It belongs with alone.png, which stays."}
    companion(ws, "copies/one copy.jpg", "copies/two backup.png")
    assert set(reasons(planned(ws), folder)) == {"copies/two backup.png", "copies/one copy.jpg"}


def test_companions_that_both_go_may_go(ws: wb.Bench) -> None:
    companion(ws, "copies/one copy.jpg", "copies/two backup.png")
    assert planned(ws).left == []


def test_a_companion_of_what_stays_stays(ws: wb.Bench, folder: Path) -> None:
    with ws.catalog.writing() as connection:
        connection.execute("delete from pair_facts where relation = 'exact'")  # which would outweigh it
    companion(ws, "copies/two backup.png", "originals/two.png")
    assert "belongs together" in reasons(planned(ws), folder)["copies/two backup.png"]


def test_what_others_were_removed_for_stays(ws: wb.Bench, folder: Path) -> None:
    planned(ws).apply()
    ids = image_ids(ws)
    with ws.catalog.writing() as connection:
        for path, role in (("originals/one.jpg", "redundant"), ("alone.png", "keeper")):
            connection.execute(
                "insert into cluster_rows by name select 'made up' as cluster_id, image_id, $role as role, "
                "'' as reason, 1 as score, 'fuzzy' as relation, checksum from image_facts where image_id = $id",
                {"role": role, "id": ids[path]},
            )
    plan = ws.dedup.plan(["made up"], undecided=True)
    assert reasons(plan, folder) == {"originals/one.jpg": "It stays in the stead of 2 files that were removed."}


# ── what stays in its place ───────────────────────────────────────────────────────────────────────────────────


def gone_but(report: RemovalReport) -> list[str]:
    return sorted(item.path for item in report.done)


def test_nothing_goes_for_a_keeper_that_is_not_as_reviewed(ws: wb.Bench, folder: Path) -> None:
    plan = planned(ws)
    (folder / "originals/one.jpg").rename(folder / "originals/moved by somebody.jpg")
    (folder / "originals/two.png").write_bytes(png(2) + b"more")
    report = plan.apply()
    assert report.done == []
    told = reasons(report, folder)
    assert told["copies/one copy.jpg"] == "The file that would stay: it isn't there any more."
    assert told["copies/two backup.png"] == "The file that would stay: it was changed since it was scanned."
    assert told["copies/two backup.png.xmp"] == "The image that it belongs to stays."
    [seq] = ws.sql("select merge from removal_runs")["merge"].tolist()
    assert f"though nothing was moved: `workbench undo {seq}` takes them back." in str(report)
    assert {name for name in FILES if name.startswith("copies")} <= set(files(folder))
    assert ws.sql("select reason from not_removed").shape[0] == 4


def test_nothing_goes_for_a_keeper_that_cannot_be_decoded(ws: wb.Bench, folder: Path) -> None:
    plan = planned(ws, merge=False)
    cut = (folder / "originals/one.jpg").read_bytes()[:-300]
    (folder / "originals/one.jpg").write_bytes(cut)
    checksum = hashlib.sha256(cut).hexdigest()
    plan.items = [replace(i, keeper_checksum=checksum) if i.relation == "exact" else i for i in plan.items]
    with ws.catalog.writing() as connection:
        one = {"sum": checksum, "id": sources.image_id((folder / "originals/one.jpg").as_uri())}
        connection.execute("update image_facts set checksum = $sum where image_id = $id", one)
        connection.execute("update cluster_rows set checksum = $sum where image_id = $id", one)
    report = plan.apply()
    assert "can't be decoded" in reasons(report, folder)["copies/one copy.jpg"]
    assert (folder / "copies/one copy.jpg").exists()


def test_links_never_count_as_copies(tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos", {"z real.png": png(1), "y real.png": png(5)})
    (folder / "a.png").symlink_to("z real.png")
    (folder / "b.png").hardlink_to(folder / "y real.png")
    before = files(folder)
    with opened(tmp_path / "w", folder) as ws:
        report = planned(ws).apply()
        assert report.done == []
        assert set(reasons(report, folder).values()) == {"It is the very file that would stay, under another name."}
    assert files(folder) == before


def test_a_keeper_that_is_a_link_keeps_nothing(tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos", {"z copy.png": png(1)})
    fill(tmp_path / "elsewhere", {"real.png": png(1)})
    (folder / "a.png").symlink_to(tmp_path / "elsewhere" / "real.png")
    with opened(tmp_path / "w", folder) as ws:
        report = planned(ws).apply()
    assert list(reasons(report, folder).values()) == ["The file that would stay: it is a link, not a file."]
    assert (folder / "z copy.png").exists()


def test_what_changed_since_the_plan_is_left(ws: wb.Bench, folder: Path) -> None:
    plan = planned(ws)
    (folder / "copies/one copy.jpg").write_bytes(b"edited")
    (folder / "copies/two backup.png").unlink()
    report = plan.apply()
    assert gone_but(report) == ["copies/one again.jpg"]
    assert reasons(report, folder)["copies/one copy.jpg"] == "It was changed since it was scanned."
    assert reasons(report, folder)["copies/two backup.png"] == "It isn't there any more."
    assert (folder / "copies/one copy.jpg").read_bytes() == b"edited"
    assert (folder / "copies/two backup.png.xmp").exists()
    told = str(report)
    assert f"1 × It was changed since it was scanned.\n           {folder / 'copies/one copy.jpg'}\n" in told
    assert "not_removed" in told
    listed = ws.sql("select path, reason from not_removed")
    assert dict(listed.itertuples(index=False)) == reasons(report, folder)


def test_only_some_of_many_files_are_named() -> None:
    left = [removal_journal.Left(f"{n}", f"file:///a/{n}.png", "It was changed.") for n in range(1_005)]
    told = str(RemovalReport("quarantine", "run", left=left))
    assert "1,005 × It was changed." in told
    assert "/a/2.png" in told
    assert "/a/3.png" not in told
    assert "and 1,002 more" in told


def test_what_was_decided_otherwise_since_the_plan_is_left(ws: wb.Bench, folder: Path) -> None:
    plan = planned(ws)
    with ws.catalog.writing() as connection:
        connection.execute("delete from cluster_rows where role = 'redundant'")
    report = plan.apply()
    assert set(reasons(report, folder).values()) == {"It was decided otherwise, or changed, since the plan was made."}
    assert set(files(folder)) == set(FILES)
    with pytest.raises(Stale):
        plan.apply()


def swap_roles(ws: wb.Bench) -> None:
    """Let the copies stay and the originals go."""
    with ws.catalog.writing() as connection:
        connection.execute(
            "update cluster_rows set role = case when image_id in (select image_id from image_facts "
            "where path in ('copies/one copy.jpg', 'copies/two backup.png')) then 'keeper' else 'redundant' end"
        )


def survivors(folder: Path) -> dict[str, int]:
    """Picture → how many of it are in place."""
    names = files(folder)
    return {word: sum(f"/{word}" in name and not name.endswith(".xmp") for name in names) for word in ("one", "two")}


@pytest.fixture
def two(home: Path) -> Iterator[tuple[wb.Bench, wb.Bench]]:
    """Two workspaces over one collection, of which the one would keep what the other would remove."""
    shutil.rmtree(home / "w2", ignore_errors=True)
    shutil.copytree(home / "w", home / "w2")
    with wb.open(home / "w", actor="ann") as first, wb.open(home / "w2", actor="bob") as second:
        swap_roles(second)
        yield first, second


def test_two_workspaces_that_want_opposite_things_leave_a_survivor(
    two: tuple[wb.Bench, wb.Bench], folder: Path
) -> None:
    plans = [planned(ws) for ws in two]
    plans[0].apply()
    assert plans[1].apply().done == []
    assert survivors(folder) == {"one": 1, "two": 1}


@pytest.mark.parametrize("turn", range(4))
def test_two_at_the_same_moment_leave_a_survivor(two: tuple[wb.Bench, wb.Bench], folder: Path, turn: int) -> None:
    plans, together = [planned(ws) for ws in two], threading.Barrier(2)

    def run(plan: Plan) -> None:
        together.wait(60)
        plan.apply()

    threads = [threading.Thread(target=run, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert min(survivors(folder).values()) >= 1, survivors(folder)


def test_one_at_a_time(ws: wb.Bench, folder: Path) -> None:
    plan = planned(ws)
    with removal_journal.alone(ws), pytest.raises(WorkspaceBusy, match="being removed"):
        plan.apply()
    [lock] = ws.folder.glob("scan-*.lock")
    with FileLock(str(lock)), pytest.raises(WorkspaceBusy, match="being scanned"):
        plan.apply()
    assert len(plan.apply().done) == 4


# ── links instead ─────────────────────────────────────────────────────────────────────────────────────────────


def test_hard_links_instead(ws: wb.Bench, folder: Path) -> None:
    before = files(folder)
    report = planned(ws, leave="hardlink").apply()
    assert gone_but(report) == ["copies/one copy.jpg", "copies/two backup.png"]
    assert reasons(report, folder) == {"copies/one again.jpg": "Only an equal file can be replaced by a link."}
    assert (folder / "copies/two backup.png").samefile(folder / "originals/two.png")
    assert len(image_ids(ws)) == 6
    assert ws.scan(folder, progress=False, workers=1).read == 0, "the links are known"
    account(ws, 7)
    assert gone_but(planned(ws).apply()) == ["copies/one again.jpg"]
    ws.dedup.restore()
    assert files(folder) == before
    account(ws, 7)
    with pytest.raises(BadValue, match="no link"):
        planned(ws, leave="shortcut")


# ── back ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_name_that_is_taken_is_left_to_whoever_took_it(ws: wb.Bench, folder: Path) -> None:
    planned(ws).apply()
    (folder / "copies/two backup.png").write_bytes(b"new")
    report = ws.dedup.restore()
    assert gone_but(report) == GO[:2]
    told = reasons(report, folder)
    assert told["copies/two backup.png"] == "Its name is taken by another file now."
    assert told["copies/two backup.png.xmp"] == "The image that it belongs to isn't put back."
    assert (folder / "copies/two backup.png").read_bytes() == b"new"
    (folder / "copies/two backup.png").unlink()
    assert gone_but(ws.dedup.restore()) == GO[2:]


def test_some_and_then_the_others(ws: wb.Bench, folder: Path) -> None:
    ids = image_ids(ws)
    planned(ws).apply()
    (folder / "copies").rmdir()
    assert gone_but(ws.dedup.restore([ids["copies/two backup.png"]])) == GO[2:]
    plan_id = ws.sql("select distinct plan_id from quarantined")["plan_id"].iloc[0]
    assert gone_but(ws.dedup.restore(plans=[plan_id])) == GO[:2]
    assert set(files(folder)) == set(FILES)


def test_an_equal_file_that_arrives_meanwhile_is_new(ws: wb.Bench, folder: Path) -> None:
    ids = image_ids(ws)
    ws.set_values([ids["copies/two backup.png"]], {TITLE: "mine"})
    planned(ws).apply()
    fill(folder, {"arrived.png": png(2)})
    assert ws.scan(folder, progress=False, workers=1).moved == 0
    assert pd.isna(ws.sql("select moved_from from images where path = 'arrived.png'")["moved_from"].iloc[0])
    ws.dedup.restore()
    titles = ws.sql("select path, value from entered join images using (image_id) where field = $f", {"f": TITLE})
    assert dict(titles.itertuples(index=False))["copies/two backup.png"] == "mine"
    account(ws, 8)


# ── for good ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_by_right_and_only_after_a_while(ws: wb.Bench) -> None:
    planned(ws).apply()
    with wb.open(ws.folder, actor="bob") as bobs, pytest.raises(NotAllowed, match="bob may not purge"):
        bobs.dedup.purge()
    plan = ws.dedup.purge()
    assert plan.counts["go"] == 0
    assert plan.left[0].reason.startswith("It stays in quarantine until 2")
    (ws.folder / "dedup.toml").write_text("[quarantine]\nwaiting_days = 0\n")
    plan = ws.dedup.purge()
    assert plan.counts["go"] == 4
    assert len(list((ws.folder / "quarantine").rglob("*.*"))) == 4, "nothing is deleted yet"
    assert len(plan.apply("the client agreed").done) == 4
    assert list((ws.folder / "quarantine").rglob("*.*")) == []
    assert set(ws.sql("select state from removals")["state"]) == {"purged"}
    assert ws.sql("select * from vanished").empty
    account(ws, 3)
    assert ws.dedup.restore().done == []


@pytest.fixture
def purging(ws: wb.Bench) -> wb.Bench:
    """A workspace in which everything is in quarantine and may be deleted."""
    (ws.folder / "dedup.toml").write_text("[quarantine]\nwaiting_days = 0\n")
    planned(ws).apply()
    return ws


def test_the_last_copy_is_never_deleted(purging: wb.Bench, folder: Path) -> None:
    (folder / "originals/one.jpg").unlink()
    (folder / "originals/two.png").write_bytes(png(2)[:-30])
    report = purging.dedup.purge().apply()
    assert report.done == []
    assert {one.reason for one in report.left} == {
        "The file that would stay: it isn't there any more.",
        "The file that would stay: it was changed since it was scanned.",
    }
    purging.scan(folder, progress=False, workers=1)
    report = purging.dedup.purge().apply()
    assert {one.reason for one in report.left} == {"No file that stayed in its stead is catalogued any more."}
    assert not removal.verify(purging).empty


def test_a_keeper_that_moved_still_counts(purging: wb.Bench, folder: Path) -> None:
    (folder / "originals/one.jpg").rename(folder / "elsewhere.jpg")
    purging.scan(folder, progress=False, workers=1)
    assert len(purging.dedup.purge().apply().done) == 4


def test_what_was_tampered_with_is_not_deleted(purging: wb.Bench) -> None:
    [place] = (purging.folder / "quarantine").rglob("*.xmp")
    place.write_bytes(b"tampered")
    report = purging.dedup.purge().apply()
    assert [one.reason for one in report.left] == ["It was changed since it was scanned."]
    assert removal.verify(purging)["finding"].tolist() == ["It isn't in quarantine as it was put there."]
    assert len(purging.dedup.restore().left) == 1


# ── stopped half-way ──────────────────────────────────────────────────────────────────────────────────────────


def test_cancelled_half_way(ws: wb.Bench, folder: Path) -> None:
    cancel = threading.Event()
    report = planned(ws).apply(progress=lambda done, total: cancel.set(), cancel=cancel)
    assert (report.outcome, len(report.done)) == ("cancelled", 1)
    assert len(files(folder)) == 6
    assert ws.sql("select outcome, done from removal_runs").values.tolist() == [["cancelled", 1]]
    assert len(planned(ws).apply().done) == 3


def test_ctrl_c_keeps_what_was_done(ws: wb.Bench, folder: Path) -> None:
    report = planned(ws).apply(progress=lambda done, total: signal.raise_signal(signal.SIGINT))
    assert report.outcome == "cancelled"
    assert [item.path for item in report.done] == ws.sql("select path from quarantined")["path"].tolist()
    assert len(files(folder)) == 7 - len(report.done) == 6
    assert not (ws.folder / "removal.unfinished").exists()


class Killed(BaseException):
    """Ends a run as a kill would."""


def test_what_was_left_half_done_is_settled_on_opening(ws: wb.Bench, folder: Path) -> None:
    def die(done: int, total: int) -> None:
        if done == 2:
            raise Killed

    before = files(folder)
    with pytest.raises(Killed):
        planned(ws).apply(progress=die)
    assert (ws.folder / "removal.unfinished").exists()
    assert ws.sql("select * from quarantined").empty
    with wb.open(ws.folder, actor="bob") as again:
        assert again.sql("select outcome from removal_runs")["outcome"].tolist() == ["recovered"]
        assert len(again.sql("select * from quarantined")) == 2
        account(again, 5)
        with pytest.raises(Killed):
            removal.restore(again, progress=die)
        assert len(planned(again).apply().done) == 4, "the next run settles it just as well"
        again.dedup.restore()
    assert files(folder) == before


# ── other volumes ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_collection_on_another_volume(tmp_path: Path, elsewhere: Path) -> None:
    folder = fill(elsewhere / "photos", FILES)
    before = files(folder)
    with opened(tmp_path / "w", folder) as ws:
        plan = planned(ws)
        assert any("another volume" in note for note in plan.notes)
        assert len(plan.apply().done) == 4
        assert len(list((ws.folder / "quarantine").rglob("*.*"))) == 4
        assert len(ws.dedup.restore().done) == 4
        account(ws, 7)
    assert files(folder) == before


def test_a_quarantine_on_that_volume(tmp_path: Path, elsewhere: Path) -> None:
    folder = fill(elsewhere / "photos", FILES)
    with opened(tmp_path / "w", folder) as ws:
        (ws.folder / "dedup.toml").write_text(f'[quarantine]\nfolders = ["{folder}/.quarantine"]\n')
        plan = planned(ws)
        assert not any("another volume" in note for note in plan.notes)
        plan.apply()
        assert len(list((folder / ".quarantine").rglob("*.*"))) == 4
        assert ws.scan(folder, progress=False, workers=1).files == 3, "scans don't walk it"
        ws.rebuild(progress=False, workers=1)
        account(ws, 3)
        assert len(ws.dedup.restore().done) == 4
        account(ws, 7)


@pytest.mark.parametrize(
    "text",
    [
        "folders = 'x'",
        "folders = ['relative']",
        "waiting_days = -1",
        "waiting_days = 'soon'",
        "wait = 3",
        "waiting_days = true",
        "certify_from = 0",
        "certify_from = 1.5",
        "certify_from = inf",
        "certify_share = 1",
        "certify_share = 'small'",
    ],
)
def test_settings_that_cannot_be(ws: wb.Bench, text: str) -> None:
    (ws.folder / "dedup.toml").write_text(f"[quarantine]\n{text}\n")
    with pytest.raises(BadValue, match="quarantine"):
        planned(ws)


@pytest.mark.parametrize(
    "people", ["ann", ["ann"], {"ann": "purge"}, {"ann": {"purge": True}}, {"bob": ["purge"]}, None]
)
def test_people_without_a_right(ws: wb.Bench, people: object) -> None:
    ws.settings["people"] = people
    with pytest.raises(NotAllowed):
        removal.require_right(ws, "purge")


# ── a certificate before large removals ───────────────────────────────────────────────────────────────────────

LARGE = "[quarantine]\ncertify_from = 3\ncertify_share = 0.5\n"


def vouched(ws: wb.Bench) -> dict[str, str | None]:
    """What the ledger says of the removal."""
    found = ws.sql("select certificate, uncertified from removal_runs where action = 'quarantine'").to_dict("records")
    assert len(found) == 1
    return {str(name): value if isinstance(value, str) else None for name, value in found[0].items()}


def test_a_large_removal_waits_for_a_sample_that_was_looked_at(ws: wb.Bench, folder: Path) -> None:
    (ws.folder / "dedup.toml").write_text(LARGE)
    before, plan = files(folder), planned(ws)
    assert "a random sample of them must be looked at" in repr(plan)
    with pytest.raises(Uncertified, match="nobody has looked") as caught:
        plan.apply()
    assert "ws.dedup.certify" in caught.value.hint
    draw = ws.dedup.certify(plan)
    with pytest.raises(Uncertified, match="no statement yet"):
        plan.apply()
    assert plan.applied is None
    assert files(folder) == before
    draw.judge(range(len(draw.frame())), "right")
    assert len(plan.apply().done) == 4
    assert vouched(ws) == {"certificate": draw.draw_id, "uncertified": None}
    removed = ws.sql("select * from removal_runs")
    ws.rebuild(progress=False, workers=1)
    pd.testing.assert_frame_equal(ws.sql("select * from removal_runs"), removed)


def test_a_sample_with_errors_vouches_for_nothing_and_neither_does_a_luckier_one(ws: wb.Bench, folder: Path) -> None:
    (ws.folder / "dedup.toml").write_text(LARGE)
    before, plan = files(folder), planned(ws)
    bad, lucky = ws.dedup.certify(plan, 3), ws.dedup.certify(plan, 3)
    bad.judge([0, 1], "wrong")
    bad.judge(2, "right")
    lucky.judge([0, 1, 2], "right")
    with pytest.raises(Uncertified, match="2 were wrong"):
        plan.apply()
    assert files(folder) == before


def test_going_without_a_sample_is_said_and_recorded(ws: wb.Bench) -> None:
    (ws.folder / "dedup.toml").write_text(LARGE)
    with pytest.raises(Uncertified):
        planned(ws).apply(uncertified="  ")
    report = ws.dedup.apply(planned(ws), uncertified="the client wants it today")
    assert len(report.done) == 4
    assert vouched(ws) == {"certificate": None, "uncertified": "the client wants it today"}


def test_a_small_removal_needs_none_and_records_none(ws: wb.Bench) -> None:
    assert removal.rules_of(ws).certify_from == 1_000
    planned(ws).apply(uncertified="not needed")
    assert vouched(ws) == {"certificate": None, "uncertified": None}


# ── undoing ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_removal_is_undone_as_any_change(ws: wb.Bench, folder: Path) -> None:
    before = files(folder)
    planned(ws).apply("a test", uncertified="")
    listed = ws.changes()
    row = listed[listed["what"].str.contains("quarantine")].iloc[0]
    assert (row["images"], bool(row["undoable"]), row["reason"]) == (4, True, "a test")
    event = ws.undo(int(row["seq"]))
    assert (event.kind, event.reason) == ("files_restored", f"undo of {row['seq']}")
    assert files(folder) == before
    now = ws.changes().set_index("seq").loc[row["seq"]]
    assert (bool(now["undoable"]), now["undone_by"]) == (False, event.seq)
    with pytest.raises(Stale, match="in quarantine"):
        ws.undo(int(row["seq"]))
    with pytest.raises(BadValue, match="put files back") as caught:
        ws.undo(event.seq)
    assert "ws.dedup.plan" in caught.value.hint


@pytest.mark.parametrize("kind", ["removal_planned", "files_quarantined", "removal_ended"])
def test_whichever_of_its_events_is_named(ws: wb.Bench, folder: Path, kind: str) -> None:
    before = files(folder)
    report = planned(ws).apply()
    [seq] = [event.seq for event in report.events if event.kind == kind]
    ws.undo(seq, reason="the wrong client")
    assert files(folder) == before


def test_what_cannot_be_put_back_is_said(purging: wb.Bench, folder: Path) -> None:
    [seq] = purging.sql("select seq from removal_plans")["seq"].tolist()
    (folder / "copies/one copy.jpg").write_bytes(b"somebody else's")
    with pytest.raises(Stale, match=r"3 of 4 files are back.*Its name is taken") as caught:
        purging.undo(seq)
    assert "restore()" in caught.value.hint
    (folder / "copies/one copy.jpg").unlink()
    gone = purging.dedup.purge().apply()
    with pytest.raises(BadValue, match="for good"):
        purging.undo(gone.events[0].seq)


# ── the command line ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_on_the_command_line(tmp_path: Path, home: Path, folder: Path) -> None:
    before, where = files(folder), ("--workspace", home / "w", "--actor", "bob")
    filters = ("--undecided", "--relation", "exact")
    nothing = command("dedup", "plan", *where).stdout
    assert "for a decision" in nothing
    assert "--undecided" in nothing
    assert "--undecided" not in command("dedup", "plan", *where, "--undecided", "--relation", "variant").stdout
    assert "apply" not in nothing, "there is nothing to do"
    shown = command("dedup", "plan", *where, *filters)
    assert shown.returncode == 0, shown.stderr
    assert "one copy.jpg" in shown.stdout
    program, *said = shlex.split(shown.stdout.strip().rpartition("\n")[2])
    assert program == "workbench"
    assert command("dedup", "apply", *where, *filters).returncode == 1
    refused = command("dedup", "apply", *where, *filters, "--plan", "0" * 12)
    assert "isn't what was shown" in refused.stderr
    assert files(folder) == before
    applied = command(*said, "--actor", "bob", "--reason", "letter of 3 March")
    assert applied.returncode == 0, applied.stderr
    assert "3 files" in applied.stdout
    assert "perhaps it was done" in command(*said, "--actor", "bob").stderr
    saved = command("dedup", "references", tmp_path / "references.csv", *where)
    assert saved.returncode == 0, saved.stderr
    assert "one copy.jpg" in (tmp_path / "references.csv").read_text("utf-8-sig")
    assert "may not purge" in command("dedup", "purge", *where).stderr
    assert command("dedup", "restore", *where).returncode == 1
    unknown = command("dedup", "restore", *where, "--run", "80ddd7d7x")
    assert (unknown.returncode, "There is no removal" in unknown.stderr) == (1, True)
    assert command("dedup", "restore", *where, "--all").returncode == 0
    assert files(folder) == before
    only_said = command("dedup", "plan", *where, "--undecided", "--relation", "duplicate")
    assert "0 files" in only_said.stdout, only_said.stderr
    ended = command("dedup", "apply", *where, "--undecided", "--relation", "same-picture", "--yes")
    assert ended.returncode == 0, ended.stderr
    listed = json.loads(command("changes", *where, "--json").stdout)
    [seq] = [row["seq"] for row in listed if "quarantine" in row["what"] and row["undoable"]]
    undone = command("undo", str(seq), *where)
    assert "The metadata merged into 1 images that stay are taken back, by change" in undone.stdout, undone.stderr


def test_references_are_harmless_in_a_spreadsheet(tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos", {"a.png": png(1), "=cmd copy.png": png(1)})
    with opened(tmp_path / "w", folder) as ws:
        planned(ws).apply()
        found = removal.references(ws)
        assert found["old_path"].tolist() == [str(folder / "=cmd copy.png")]
        assert found["keeper_path"].tolist() == [str(folder / "a.png")]
