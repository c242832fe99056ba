"""A notebook that runs by itself with parameters, and is handed over without its code."""

from pathlib import Path

import nbformat
import pytest

from workbench import report_notebook
from workbench.errors import BadValue

SECRET = "the code of this cell"


def notebook(path: Path, *cells: str, tag: bool = True) -> Path:
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    if tag:
        made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, path)
    return path


def test_it_runs_with_parameters_and_hides_its_code(tmp_path: Path) -> None:
    source = notebook(tmp_path / "a.ipynb", "number, text = 1, None", f"print(number * 2, text)  # {SECRET}")
    before = source.read_bytes()
    page = report_notebook.run(source, tmp_path / "out", {"number": 21, "text": "<b>'\"\n"})
    assert source.read_bytes() == before
    shown = page.read_text("utf-8")
    assert "42 &lt;b&gt;" in shown
    assert SECRET not in shown
    assert "default-src 'none'" in shown
    assert "http" not in shown.replace("http-equiv", "").replace("http://www.w3.org", "")
    ran = nbformat.read(tmp_path / "out" / "a.ipynb", as_version=4)
    assert [cell.metadata["jupyter"]["source_hidden"] for cell in ran.cells] == [True] * 3
    assert ran.cells[1].source == "number = 21\ntext = '<b>\\'\"\\n'"


def test_what_fails_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="ZeroDivisionError"):
        report_notebook.run(notebook(tmp_path / "a.ipynb", "1 / 0"), tmp_path / "out")
    with pytest.raises(BadValue, match="takes no parameters"):
        report_notebook.run(notebook(tmp_path / "b.ipynb", "1", tag=False), tmp_path / "out", {"a": 1})
    with pytest.raises(BadValue, match="can't be read"):
        report_notebook.run(tmp_path / "gone.ipynb", tmp_path / "out")
    (tmp_path / "c.ipynb").write_text("no notebook")
    with pytest.raises(BadValue, match="can't be read"):
        report_notebook.run(tmp_path / "c.ipynb", tmp_path / "out")


@pytest.mark.parametrize(("name", "value"), [("a b", 1), ("a", ["list"]), ("import os\nx", 1)])
def test_a_parameter_is_a_name_and_a_plain_value(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(BadValue, match="can't be set"):
        report_notebook.run(notebook(tmp_path / "a.ipynb", "a = 1"), tmp_path / "out", {name: value})


def test_the_notebook_of_reports_takes_what_the_command_gives() -> None:
    book = nbformat.read(Path(__file__).parents[1] / "notebooks" / "09_qc_report.ipynb", as_version=4)
    [cell] = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", [])]
    for name in ("workspace", "kind", "batch", "period", "language", "theme", "out"):
        assert name in cell.source
