import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from small_collections import command, entered, image_ids, pictures

import workbench as wb
from workbench import events
from workbench.catalog import sql_folder
from workbench.errors import BadValue, Broken, NotFound, StorageError, WorkbenchError
from workbench.ledger import Ledger
from workbench.workspace import Workspace

pytestmark = pytest.mark.core


@pytest.fixture
def ws(tmp_path: Path):
    with wb.open(tmp_path / "workspace", actor="ann") as opened:
        yield opened


@pytest.fixture
def scanned(ws: wb.Bench, tmp_path: Path) -> wb.Bench:
    ws.scan(pictures(tmp_path / "photos", 4), progress=False, workers=1, batch="b")
    return ws


def values(ws: Workspace) -> list[tuple[object, ...]]:
    found = ws.sql("select field, lang, ordinal, value, actor from entered order by all")
    return [tuple(None if v != v else v for v in row) for row in found.itertuples(index=False, name=None)]


# -- opening


def test_a_new_folder_becomes_a_workspace_once(tmp_path: Path) -> None:
    for _ in range(2):
        with wb.open(tmp_path / "a" / "b", actor="ann") as ws:
            assert ws.name == "b"
            assert ws.ledger.head()[0] == 1
            assert "ann" in repr(ws)


def test_many_open_a_new_workspace_at_once(tmp_path: Path) -> None:
    line = "import sys, workbench as wb; wb.open(sys.argv[1], actor='a').sql('from images')"
    opening = [subprocess.Popen([sys.executable, "-c", line, str(tmp_path / "w")]) for _ in range(4)]
    assert [process.wait(120) for process in opening] == [0] * 4
    with wb.open(tmp_path / "w", actor="ann") as ws:
        assert ws.verify().events == 1
        assert ws.check().empty


@pytest.mark.parametrize(
    "name", ["spaces  in it", "фото 日本", 'quo"te', "-dash", "glob*[x]", "hash#1", "100%", "it's", "~", ":memory:"]
)
def test_any_folder_name(tmp_path: Path, name: str) -> None:
    for _ in range(2):
        with wb.open(tmp_path / name, actor="ann") as ws:
            assert ws.sql("select 1 as one")["one"].tolist() == [1]
            assert ws.name == name


@pytest.mark.parametrize("name", ["new\nline", "back\\slash", "what?", "\udcff\udcfe"])
def test_folder_names_that_duckdb_cannot_open(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValue, match="can't be in") as caught:
        wb.open(tmp_path / name, actor="ann")
    assert "without" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("actor", ["", "  ", "a\nb", "x" * 201, "\x1b[31m"])
def test_nobody_works_under_such_a_name(tmp_path: Path, actor: str) -> None:
    with pytest.raises(BadValue, match="name"):
        wb.open(tmp_path / "w", actor=actor)
    assert not (tmp_path / "w").exists()


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(StorageError, match="can't be made") as caught:
        wb.open(tmp_path / "f", actor="ann")
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"this is = = not toml", b"\xff\xfe\x00", b'name = "x"\nformat = 99\n'])
def test_settings_that_cannot_be_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "workspace.toml").write_bytes(content)
    with pytest.raises(WorkbenchError, match=r"workspace\.toml") as caught:
        wb.open(tmp_path, actor="ann")
    assert caught.value.hint
    assert not (tmp_path / "ledger.sqlite").exists()


def test_settings_without_a_name_take_the_folders(tmp_path: Path) -> None:
    (tmp_path / "workspace.toml").write_text("")
    with wb.open(tmp_path, actor="ann") as ws:
        assert ws.name == tmp_path.name


READ_ONLY = """
import os, sys
import workbench as wb
from workbench.errors import StorageError
wb.open(sys.argv[2], actor="ann").close()
os.setuid(65534)
try:
    wb.open(sys.argv[1], actor="ann")
except StorageError as error:
    print(error.hint)
"""


def test_a_folder_one_may_not_write_to(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become nobody")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", READ_ONLY, tmp_path / "w", tmp_path / "mine"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == "Choose a folder you may write to.", ran.stderr


# -- values


def test_values_of_every_shape(scanned: wb.Bench) -> None:
    [first, *_] = image_ids(scanned).values()
    shapes = {
        "Xmp.dc.title": {"x-default": "Title", "de": "Titel"}, "Xmp.dc.subject": ["b", "a"], "Xmp.xmp.Rating": 3,
        "Xmp.dc.rights": "'; drop table images; --",
    }  # fmt: skip
    scanned.set_values([first, first], shapes, reason="letter")
    assert values(scanned) == [
        ("Xmp.dc.rights", None, 0, "'; drop table images; --", "ann"),
        ("Xmp.dc.subject", None, 0, "b", "ann"), ("Xmp.dc.subject", None, 1, "a", "ann"),
        ("Xmp.dc.title", "de", 0, "Titel", "ann"), ("Xmp.dc.title", "x-default", 0, "Title", "ann"),
        ("Xmp.xmp.Rating", None, 0, "3", "ann"),
    ]  # fmt: skip
    scanned.set_values(
        [first], {"Xmp.dc.title": "One", "Xmp.dc.subject": None, "Xmp.xmp.Rating": [], "Xmp.dc.rights": {}}
    )
    assert values(scanned) == [("Xmp.dc.title", None, 0, "One", "ann")]
    assert scanned.sql("select reason from events order by seq desc limit 1 offset 1")["reason"].tolist() == ["letter"]


def test_the_same_image_named_twice_has_each_value_once(scanned: wb.Bench) -> None:
    [first, *_] = image_ids(scanned).values()
    with scanned.change() as change:
        change.add("values_set", {"image_ids": [first, first], "values": {"Xmp.dc.title": "x"}})
    assert len(values(scanned)) == 1


def test_values_of_an_unknown_image_are_refused(scanned: wb.Bench) -> None:
    with pytest.raises(NotFound, match="nobody"):
        scanned.set_values(["nobody"], {"Xmp.dc.title": "x"})
    with pytest.raises(BadValue):
        scanned.set_values([], {"Xmp.dc.title": "x"})
    assert values(scanned) == []


def test_a_change_that_fails_half_way_writes_nothing(scanned: wb.Bench) -> None:
    head = scanned.ledger.head()
    with pytest.raises(ZeroDivisionError), scanned.change() as change:
        change.add("values_set", {"image_ids": [str(1 // len(change.events))], "values": {}})
    with pytest.raises(BadValue, match="no kind"), scanned.change() as change:
        change.add("no_such_kind", {})
    with scanned.change():
        pass
    assert scanned.ledger.head() == head


def test_image_bytes(scanned: wb.Bench, tmp_path: Path) -> None:
    ids = image_ids(scanned)
    assert scanned.image_bytes(ids["001.png"]) == (tmp_path / "photos" / "001.png").read_bytes()
    (tmp_path / "photos" / "001.png").unlink()
    with pytest.raises(NotFound):
        scanned.image_bytes(ids["001.png"])
    with pytest.raises(NotFound):
        scanned.image_bytes("../../etc/passwd")


def test_the_queries_are_listed(ws: wb.Bench) -> None:
    listed = ws.queries()
    assert "unknown_images" in listed["name"].tolist()
    assert listed["answers"].str.len().min() >= 10


# -- the ledger and the catalogue, out of step


def test_an_event_of_a_newer_version(scanned: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setitem(events.KINDS, "values_hallowed", events.KINDS["values_set"])
        with scanned.change() as change:
            change.add("values_hallowed", {"image_ids": [], "values": {}})
    with pytest.raises(Broken, match="values_hallowed") as caught:
        scanned.sql("from images")
    assert "upgrade" in caught.value.hint
    assert scanned.verify().events > 1


def test_a_ledger_put_back_from_a_backup(tmp_path: Path) -> None:
    home = tmp_path / "w"
    with wb.open(home, actor="ann") as ws:
        ws.scan(pictures(tmp_path / "photos", 2), progress=False, workers=1)
    shutil.copy(home / "ledger.sqlite", tmp_path / "backup")
    with wb.open(home, actor="ann") as ws:
        ws.set_values(list(image_ids(ws).values()), {"Xmp.dc.title": "lost by the backup"})
        assert len(entered(ws)) == 2
    for left in home.glob("ledger.sqlite*"):
        left.unlink()
    shutil.copy(tmp_path / "backup", home / "ledger.sqlite")
    with wb.open(home, actor="ann") as ws:
        with pytest.raises(Broken, match="another ledger") as caught:
            ws.sql("from images")
        assert "workbench rebuild" in caught.value.hint
        with ws.change() as change:
            change.add("values_set", {"image_ids": ["x"], "values": {}})
        ws.rebuild(progress=False)
        assert entered(ws) == {}
        assert len(image_ids(ws)) == 2


def test_a_deleted_catalogue_comes_back_with_what_people_did(tmp_path: Path) -> None:
    home = tmp_path / "w"
    with wb.open(home, actor="ann") as ws:
        ws.scan(pictures(tmp_path / "photos", 2), progress=False, workers=1)
        ws.set_values(list(image_ids(ws).values()), {"Xmp.dc.title": "kept"})
    (home / "catalog.duckdb").unlink()
    with wb.open(home, actor="ann") as ws:
        assert {row[3] for row in values(ws)} == {"kept"}
        found = ws.check()
        assert found["check"].tolist() == ["sources_seen_whole"]
        assert "run `workbench rebuild`" in found["says"].iloc[0]
        assert "received: 2" in found["row"].iloc[0]


def test_thousands_of_pending_events_are_applied(scanned: wb.Bench, tmp_path: Path) -> None:
    ids = list(image_ids(scanned).values())
    for number in range(3):
        with scanned.change() as change:
            for n in range(900):
                payload = {"image_ids": [ids[n % 4]], "values": {"Xmp.dc.title": f"{number} {n}"}}
                change.add("values_set", payload)
    assert sorted(entered(scanned).values()) == ["2 896", "2 897", "2 898", "2 899"]
    assert scanned.check().empty


# -- in company

HOLD = """
import sys
import workbench as wb
ws = wb.open(sys.argv[1], actor="bob")
with ws.reading() as connection:
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_save_never_waits_for_the_catalogue(scanned: wb.Bench) -> None:
    ids = list(image_ids(scanned).values())
    line = [sys.executable, "-c", HOLD, str(scanned.folder)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        scanned.catalog.close()
        assert holder.stdout.readline() == b"held\n"
        began = time.monotonic()
        for n in range(20):
            with scanned.change() as change:
                change.add("values_set", {"image_ids": ids, "values": {"Xmp.dc.title": str(n)}})
        took = time.monotonic() - began
        assert holder.poll() is None
        holder.stdin.close()
        holder.wait(60)
    assert took < 5, f"20 saves took {took:.1f} s"
    assert set(entered(scanned).values()) == {"19"}


KERNEL = """
import json, sys, time
import workbench as wb
ws = wb.open(sys.argv[1], actor=sys.argv[2])
ids = sys.argv[3:]
took = []
print("ready", flush=True)
sys.stdin.readline()
for n in range(25):
    began = time.monotonic()
    with ws.change() as change:
        change.add("values_set", {"image_ids": ids, "values": {"Xmp.dc.description": f"{sys.argv[2]} {n}"}})
    took.append(time.monotonic() - began)
    assert ws.sql("select count(*) as n from entered where field = 'Xmp.dc.description'")["n"].iloc[0] == len(ids)
print(json.dumps(max(took)))
"""


def test_two_kernels_a_scan_and_a_question_at_once(scanned: wb.Bench, tmp_path: Path) -> None:
    pictures(tmp_path / "photos", 120)
    ids, home = list(image_ids(scanned).values()), str(scanned.folder)
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, home, who, *ids], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for who in ("bob", "cyd")
    ]  # fmt: skip
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n", kernel.stderr.read()
    line = [sys.executable, "-m", "workbench"]
    others = [
        subprocess.Popen([*line, *what, "--workspace", home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for what in (["scan", str(tmp_path / "photos"), "--quiet"], ["sql", "select count(*) from images"])
    ]
    slowest = []
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    for process in (*kernels, *others):
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "lock" not in err.lower()
        if process in kernels:
            slowest.append(json.loads(out.splitlines()[-1]))
    assert max(slowest) < 2.0
    assert len(image_ids(scanned)) == 120
    assert scanned.check().empty
    assert scanned.verify().events >= 50


def test_threads_of_one_process_at_once(scanned: wb.Bench) -> None:
    ids = list(image_ids(scanned).values())
    wrong: list[BaseException] = []

    def work(who: int) -> None:
        try:
            for n in range(15):
                scanned.set_values([ids[who]], {"Xmp.dc.title": f"{who} {n}"})
                found = scanned.sql("select value from entered where image_id = ?", [ids[who]])
                assert found["value"].tolist() == [f"{who} {n}"]
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=[who]) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# -- a full disk

FULL = """
import resource, signal, sys
import workbench as wb
from workbench.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ws = wb.open(sys.argv[1], actor="bob")
ws.ledger.head()
size = max(p.stat().st_size for p in ws.folder.glob("ledger.sqlite*")) + 20_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
for n in range(10_000):
    try:
        with ws.change() as change:
            change.add("values_set", {"image_ids": ["a"], "values": {"x": "y" * 3000}}, event_id=f"first {n}")
            change.add("values_set", {"image_ids": ["b"], "values": {"x": "z" * 3000}}, event_id=f"second {n}")
    except StorageError as error:
        print(n, error.hint)
        break
"""


def test_a_full_disk_loses_nothing_and_writes_nothing_half(scanned: wb.Bench) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    before = scanned.verify().events
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(scanned.folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    count, hint = ran.stdout.split(" ", 1)
    assert "free space" in hint
    assert scanned.verify().events == before + 2 * int(count)
    scanned.set_values([image_ids(scanned)["000.png"]], {"Xmp.dc.title": "goes on"})
    assert entered(scanned) == {"000.png": "goes on"}


# -- the checks

PAIR = (
    "insert into pair_facts select {0}.image_id, {1}.image_id, '{2}', 'm', 1, '{{}}', 'r', {0}.checksum, {1}.checksum "
    "from image_facts a, image_facts b where a.image_id < b.image_id; "
)
CLUSTER = (
    "insert into cluster_rows by name select {} as cluster_id, image_id, {} as role, 'why' as reason, 1 as score, "
    "'exact' as relation, {} as checksum from image_facts"
)
TASK = (
    "insert into double_entry_tasks by name select 't' as task_id, '' as what, 'p' as profile, '{}' as people, "
    "'blank' as start, 's' as seed, 'pm' as actor, now()::timestamp as \"at\", 1 as seq;"
)
ENTRY = (
    "insert into entry_rows by name select 't' as task_id, 'i' as image_id, {} as actor, 'f' as field, {} as part, "
    "'v' as value, 'v' as content, now()::timestamp as \"at\", {} as seq;"
)
ANSWERS = (
    "insert into gold_answer_rows by name select 't' as task_id, 'i' as image_id, 'f' as field, true as \"right\", "
    "'exact' as comparator, {} as training, 'ann' as actor, now()::timestamp as \"at\", unnest([2, 3]) as seq;"
)
PLANTED = {
    "every_file_accounted_for": "delete from image_facts where path = '000.png'",
    "one_row_a_file": "insert into image_facts from image_facts where path = '000.png'",
    "no_facts_without_a_file": "insert into embedded by name "
    "select 'nobody' as image_id, 'k' as key, 0 as ordinal, 'v' as value",
    "every_file_received": "delete from receipts where uri like '%000.png'",
    "facts_as_received": "update image_facts set checksum = 'x' where path = '000.png'",
    "keyword_counts": "update image_facts set keyword_count = 7 where path = '000.png'",
    "facet_counts": "update facet_counts set images = images + 1 where facet = 'format'",
    "entered_for_known_images": "insert into entered_values by name "
    "select 'nobody' as image_id, 'f' as field, 0 as ordinal, 'v' as value, 'a' as actor, "
    'now()::timestamp as "at", 1 as seq',
    "entered_once": "insert into entered_values by name select image_id, 'f' as field, 0 as ordinal, 'v' as value, "
    "'a' as actor, now()::timestamp as \"at\", unnest([1, 2]) as seq from receipts",
    "moves_lead_somewhere": "insert into aliases values ('a', 'b'), ('b', 'c')",
    "sources_named": "delete from source_roots",
    "sources_seen_whole": "delete from surveys",
    "ledger_applied": "delete from ledger_events where seq = 2",
    "pairs_in_order": PAIR.format("b", "a", "exact"),
    "clusters_have_one_keeper": CLUSTER.format("'c'", "'redundant'", "checksum"),
    "clusters_hold_images_once": CLUSTER.format("unnest(['c', 'd'])", "'keeper'", "checksum"),
    "clusters_hold_what_is_there": CLUSTER.format("'c'", "'keeper'", "'another'"),
    "clusters_respect_decisions": PAIR.format("a", "b", "variant") + CLUSTER.format("'c'", "'keeper'", "checksum"),
    "nobody_inspects_their_own_work": "insert into inspection_rows by name select 's' as sample_id, "
    "'i' as image_id, 'ann' as inspector, 'pass' as verdict, '' as comment, false as withdrawn, "
    "now()::timestamp as \"at\", 9 as seq; insert into value_history by name select 'i' as image_id, 'f' as field, "
    "'v' as value, 'ann' as actor, now()::timestamp as \"at\", 8 as seq",
    "entries_by_who_was_asked": TASK.format('["ann", "ben"]') + ENTRY.format("'cy'", 0, 2),
    "entries_for_known_images": ENTRY.format("'ann'", 0, 2),
    "entries_whole": ENTRY.format("'ann'", 0, 2) + ENTRY.format("'ann'", 1, 3),
    "entries_compared_once": "insert into comparison_runs by name select 't' as task_id, 5 as upto, 1 as pairs, "
    "0 as agreed, 'ann' as actor, now()::timestamp as \"at\", 6 as seq; insert into compared_rows by name "
    "select 't' as task_id, 'i' as image_id, 'f' as field, 2 as seq_a, 9 as seq_b, false as agree",
    "nobody_decides_between_their_own_entries": ENTRY.format("'ann'", 0, 2)
    + "insert into adjudication_rows by name select 't' as task_id, 'i' as image_id, 'f' as field, 'first' as chosen, "
    "'' as comment, 'ann' as adjudicator, now()::timestamp as \"at\", 9 as seq",
    "known_answers_once": ANSWERS.format("false"),
    "trainings_as_answered": ANSWERS.format("true") + "insert into trainings by name select 't' as training_id, "
    "'p' as profile, 1 as images, 2 as answered, 1 as correct, 0.9 as pass_mark, true as passed, 'ann' as actor, "
    'now()::timestamp as "at", 9 as seq',
    "companions_stay_together": PAIR.format("a", "b", "companion")
    + CLUSTER.format("image_id", "case when path = '000.png' then 'redundant' else 'keeper' end", "checksum"),
}


def test_every_check_has_a_violation_planted() -> None:
    assert {path.stem for path in (sql_folder() / "checks").glob("*.sql")} == set(PLANTED)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("healthy")
    with wb.open(home / "w", actor="ann") as ws:
        ws.scan(pictures(home / "photos", 3), progress=False, workers=1)
        assert ws.check().empty
        yield ws


@pytest.mark.parametrize("check", PLANTED)
def test_a_planted_violation_is_found(healthy: wb.Bench, check: str) -> None:
    text = (sql_folder() / "checks" / f"{check}.sql").read_text("utf-8")
    assert text.startswith("-- ")
    with healthy.reading() as connection:
        connection.execute("begin")
        try:
            connection.execute(PLANTED[check])
            assert connection.execute(text).fetchall() != []
        finally:
            connection.execute("rollback")


def test_findings_name_check_and_row(scanned: wb.Bench) -> None:
    with scanned.catalog.writing() as connection:
        connection.execute(PLANTED["facts_as_received"])
    [found] = scanned.check().to_dict("records")
    assert found["check"] == "facts_as_received"
    assert "checksum: x, received_checksum: " in found["row"]
    ran = command("check", "--workspace", scanned.folder, "--json")
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["findings"] == [found]


def test_the_checks_name_the_first_broken_event(scanned: wb.Bench) -> None:
    ledger = Ledger(scanned.folder / "ledger.sqlite", version="1")
    database = ledger._connection()
    database.execute("drop trigger events_no_update")
    database.execute("update events set actor = 'eve' where seq = 3")
    ledger.close()
    ran = command("check", "--workspace", scanned.folder)
    assert ran.returncode == 1
    assert "Event 3 was changed" in ran.stdout
