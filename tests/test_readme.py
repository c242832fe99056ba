"""What README says is true: its lists are the code's, its Python runs, its command lines exist."""

import re
import runpy
import shlex
from pathlib import Path

import pytest

from workbench.__main__ import _parser

HOME = Path(__file__).parents[1]
README = (HOME / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_generated_lists_are_up_to_date() -> None:
    lists = runpy.run_path(str(HOME / "tests" / "house" / "readme_lists.py"))
    assert lists["filled"](README) == README, "run python tests/house/readme_lists.py"


def test_python_runs_from_top_to_bottom(
    tmp_path: Path, sample_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DEMO", str(sample_home))
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    assert "finished" in capsys.readouterr().out
    names["ws"].close()  # type: ignore[attr-defined]  # made by the first block


def test_command_lines_parse() -> None:
    lines = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ workbench")]
    assert len(lines) >= 4
    for line in lines:
        assert _parser().parse_args(shlex.split(line)[1:]).command in line


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (HOME / target).exists(), target
