import contextlib
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_collections import command, fill, jpeg, pictures, png

import workbench as wb
from workbench.__main__ import main
from workbench.command_verbs import in_commands

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scanned workspace that these tests only read."""
    made = tmp_path_factory.mktemp("main")
    folder = pictures(made / "photos", 3)
    fill(folder, {"evil.jpg": jpeg(1, "=cmd|calc", ("red",)), "cut.png": png(4)[:50], "a\x1b[31mb.png": png(5)})
    ran = command("scan", folder, "--workspace", made / "w", "--batch", "b1", "--quiet", "--actor", "ann")
    assert (ran.returncode, ran.stderr) == (0, "")
    return made


def sql(home: Path, statement: str, *more: str | Path):
    return command("sql", statement, "--workspace", home / "w", *more)


def test_scan_says_what_it_did(home: Path) -> None:
    ran = command("scan", home / "photos", "--workspace", home / "w", "--json")
    assert ran.returncode == 0
    said = json.loads(ran.stdout)
    assert said["workspace"] == {"files": 6, "images": 5, "problem_files": 1}
    [scan] = said["scans"]
    assert (scan["outcome"], scan["files"], scan["unchanged"], scan["read"]) == ("finished", 6, 6, 0)
    text = command("scan", home / "photos", "--workspace", home / "w").stdout
    assert "6 files" in text
    assert "5 images" in text


def test_sql_as_table_csv_json(home: Path, tmp_path: Path) -> None:
    asked = "select path, title from images where title is not null"
    assert "=cmd|calc" in sql(home, asked).stdout
    [head, row] = csv.reader(sql(home, asked, "--format", "csv").stdout.splitlines())
    assert (head, row) == (["path", "title"], ["evil.jpg", "'=cmd|calc"])
    assert sql(home, asked, "--format", "csv", "--raw").stdout.splitlines()[1] == "evil.jpg,=cmd|calc"
    assert json.loads(sql(home, asked, "--format", "json").stdout) == [{"path": "evil.jpg", "title": "=cmd|calc"}]
    out = tmp_path / "out.parquet"
    ran = sql(home, "select * from images order by path", "--format", "parquet", "--out", out)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert pq.read_table(out)["path"].to_pylist() == ["000.png", "001.png", "002.png", "a\x1b[31mb.png", "evil.jpg"]


def test_sql_from_standard_input(home: Path) -> None:
    ran = command("sql", "-", "--workspace", home / "w", "--format", "json", input="select count(*) as n from images")
    assert json.loads(ran.stdout) == [{"n": 5}]


def test_names_do_not_steer_the_terminal(home: Path) -> None:
    assert "\x1b" not in sql(home, "select path from images").stdout
    assert "\x1b" not in command("search", "", "--workspace", home / "w").stdout


def test_a_terminal_that_knows_no_unicode(home: Path) -> None:
    ran = command(
        "check", "--workspace", home / "w", env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sql", "selec 1", "--workspace", "{w}"], "syntax error"),
        (["sql", "select nothing from images", "--workspace", "{w}"], "nothing"),
        (["sql", "delete from applied", "--workspace", "{w}"], "Only one statement that reads"),
        (["sql", "select * from read_csv('/etc/passwd')", "--workspace", "{w}"], "no files"),
        (["sql", "select * from range(100)", "--workspace", "{w}", "--max-rows", "10"], "more than 10 rows"),
        (["sql", "select 1", "--workspace", "{w}", "--format", "parquet"], "--out"),
        (["sql", "select 1", "--workspace", "{w}", "--out", "/proc/nowhere/x"], "can't be written"),
        (["sql", "select 1", "--workspace", "{w}", "--out", "{w}"], "can't be written"),
        (["sql", "select 1", "--workspace", "{w}/missing"], "is not a workspace"),
        (["check", "--workspace", "/dev/null"], "is not a workspace"),
        (["rebuild", "--workspace", "{w}/missing"], "is not a workspace"),
        (["scan", "{w}/missing", "--workspace", "{w}"], "can't be read"),
        (["scan", "{w}", "--workspace", "{w}"], "workspace itself"),
        (["scan", "{w}/..", "--workspace", "{w}", "--workers", "0"], "can't work"),
        (["scan", "nosuch://bucket/x", "--workspace", "{w}"], "nosuch"),
        (["scan", "{w}/..", "--workspace", "{w}", "--actor", ""], "name"),
        (["scan", "{w}/..", "--workspace", "/dev/null"], "can't be made"),
    ],
)
def test_errors_are_sentences_with_a_hint(
    home: Path, arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main([argument.replace("{w}", str(home / "w")) for argument in arguments])
    said = capfd.readouterr().err
    assert code == 1
    assert says in said
    assert said.startswith("workbench: ")
    assert len(said.strip().splitlines()) >= 2
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["scan"], ["sql", "select 1"], ["scan", "x", "--workers", "two"]]
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    ran = command(*arguments)
    assert ran.returncode == 2
    assert "usage" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_debug_shows_the_traceback(home: Path) -> None:
    ran = command("--debug", "sql", "selec 1", "--workspace", home / "w")
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


def test_check_says_that_all_is_well(home: Path) -> None:
    ran = command("check", "--workspace", home / "w")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "verifies" in ran.stdout
    said = json.loads(command("check", "--workspace", home / "w", "--json").stdout)
    assert said["ok"] is True
    assert len(said["head"]) == 64


def test_rebuild_says_what_it_did(tmp_path: Path) -> None:
    with wb.open(tmp_path / "w", actor="ann"):
        pass
    assert command("rebuild", "--workspace", tmp_path / "w").stdout == "No sources yet.\n"
    command("scan", pictures(tmp_path / "photos", 2), "--workspace", tmp_path / "w")
    [report] = json.loads(command("rebuild", "--workspace", tmp_path / "w", "--json").stdout)
    assert (report["outcome"], report["read"]) == ("finished", 2)
    (tmp_path / "photos").rename(tmp_path / "gone")
    ran = command("rebuild", "--workspace", tmp_path / "w")
    assert ran.returncode == 1
    assert "unreachable" in ran.stdout


def test_a_reader_that_goes_away(home: Path) -> None:
    line = [sys.executable, "-m", "workbench", "sql", "select * from range(1000000)", "--workspace", str(home / "w")]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert "Traceback" not in said


def on_a_terminal(*args: object) -> str:
    """Return what a command shows where its standard error is a terminal."""
    termios = pytest.importorskip("termios")
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    line = [sys.executable, "-m", "workbench", *map(str, args)]
    running = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError), open(ours, "rb", buffering=0) as screen:  # the end is an error on Linux
        while more := screen.read(65_536):
            seen += more
    assert running.wait() in (0, 1)
    return seen.decode()


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        (("embed", "--to", "out"), "Embedding: 100%"),
        (("audit",), "Auditing: 100%"),
        (("suggest", "--suggester", "names"), "Suggesting: 100%"),
    ],
)
def test_a_terminal_sees_how_far_it_is(home: Path, tmp_path: Path, verb: tuple[str, ...], shown: str) -> None:
    given = [str(tmp_path / "out") if word == "out" else word for word in verb]
    assert shown in on_a_terminal(*given, "--workspace", home / "w")
    assert "%" not in on_a_terminal(*given, "--workspace", home / "w", "--quiet")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("ws.qc.batches() lists them.", "`workbench qc batches` lists them."),
        ("Hand it in first: ws.qc.move('b1', 'ready_for_qc').", "Hand it in first: `workbench qc move`."),
        ("`ws.sql('from batches')` lists them.", '`workbench sql "from batches"` lists them.'),
        ("Undo that first, or ws.undo(7, force=True).", "Undo that first, or `workbench undo 7 --force`."),
        ("Values are changed through ws.set_values.", "Values are changed through `workbench bulk set`."),
        ("Say one of them.", "Say one of them."),
    ],
)
def test_hints_name_commands(told: str, said: str) -> None:
    assert in_commands(told) == said


def test_every_command_that_a_hint_names_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Read all hints of the package that name calls, and ask for the help of what they become."""
    texts = "\n".join(one.read_text("utf-8") for one in Path(wb.__file__).parent.glob("*.py"))
    named = set(re.findall(r"ws\.(?:qc|dedup)\.[a-z_]+\([^)\n]*\)", "\n".join(re.findall(r"hint=.*", texts))))
    commands = {found[1] for one in named if (found := re.fullmatch(r"`workbench ([a-z -]+)`", in_commands(one)))}
    assert {"qc batches", "qc samples", "qc verdicts"} <= commands
    for one in commands:
        with pytest.raises(SystemExit) as ended:
            main([*one.split(), "--help"])
        assert ended.value.code == 0, one
    capsys.readouterr()
