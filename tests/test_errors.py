"""Errors as people meet them: a sentence, and in a notebook which of their own lines led to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import workbench as wb
from workbench.errors import BadValue, Broken, LedgerBroken, WorkbenchError

CELL = """\
def mine(folder):
    return wb.open(folder, actor="")

mine(folder)
"""


Shown = Callable[..., str]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What IPython shows of a cell that fails."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))

    def run(cell: str, **names: object) -> str:
        shell.user_ns.update(names)
        shell.run_cell(cell)
        return capsys.readouterr().out

    return run


def test_a_notebook_shows_the_sentence_and_the_persons_own_lines(shown: Shown, tmp_path: Path) -> None:
    with pytest.raises(BadValue) as caught:
        wb.open(tmp_path, actor="")
    assert shown(CELL, wb=wb, folder=tmp_path).strip().splitlines() == [
        f"BadValue: {caught.value}",
        "    in line 4: mine(folder)",
        '    in line 2: return wb.open(folder, actor="")',
    ]


def test_what_is_no_error_of_ours_keeps_its_traceback(shown: Shown) -> None:
    told = shown("1 / 0")
    assert "Traceback" in told
    assert "ZeroDivisionError" in told


@pytest.mark.parametrize("kind", [Broken, LedgerBroken])
def test_what_must_be_looked_into_keeps_its_traceback(kind: type[WorkbenchError]) -> None:
    with pytest.raises(WorkbenchError) as caught:
        raise kind("The chain is broken.", hint="Call someone.")
    told = "".join(caught.value._render_traceback_())
    assert told.startswith("Traceback")
    assert "The chain is broken. Call someone." in told


def test_a_script_ends_with_a_traceback_as_ever() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from workbench.errors import Stale\nraise Stale('Gone.', hint='Reload.')"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("Traceback")
    assert ran.stderr.strip().endswith("Stale: Gone. Reload.")
