"""Every notebook runs top to bottom on the sample, and is what a person who doesn't program can read."""

from __future__ import annotations

import ast
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.catalog import load_queries

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def test_the_first_notebooks_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS][:3] == ["00_tour", "01_scan", "02_explore"]


@every_notebook
def test_it_is_stripped_and_short_and_begins_with_words(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert len(notebook.cells) <= 15
    for cell in notebook.cells:
        assert cell.source.strip()
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}


@every_notebook
def test_it_asks_nobody_to_program(path: Path) -> None:
    for cell in code(path):
        tree = ast.parse(cell)
        programming = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.While)
        assert not [node for node in ast.walk(tree) if isinstance(node, programming)]
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert not [text for text in texts if text.lower().lstrip().startswith(("select ", "with ", "from "))]
        assert len(cell.splitlines()) <= 6


@every_notebook
def test_its_words_come_before_its_code_and_say_how_to_use_ones_own_images(path: Path) -> None:
    cells = read(path).cells
    kinds = [cell.cell_type for cell in cells]
    assert ("code", "code", "code") not in zip(kinds, kinds[1:], kinds[2:], strict=False)
    assert "your own" in cells[-1].source.lower()


@every_notebook
def test_its_links_lead_somewhere(path: Path) -> None:
    for cell in read(path).cells:
        for linked in cell.source.split("](")[1:]:
            assert (path.parent / linked.partition(")")[0]).exists()


@every_notebook
def test_the_questions_it_names_can_be_asked(path: Path) -> None:
    words = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    named = set(re.findall(r"^\| `([a-z]+(?:_[a-z]+)+)` \|", words, re.MULTILINE))
    assert named <= set(load_queries())
    assert named or path.stem != "00_tour"


@pytest.mark.timeout(1500)  # looking for every kind of duplicate takes minutes on a slow machine
@every_notebook
def test_it_runs_from_top_to_bottom(path: Path, sample_home: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path)
    environment = os.environ | {
        "WORKBENCH_DEMO": str(sample_home),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    notebook = read(path)
    client = NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(tmp_path)}})
    with ThreadPoolExecutor(1) as thread:  # where no browser test before has left an event loop
        thread.submit(client.execute, env=environment).result()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
