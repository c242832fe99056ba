"""A notebook run by itself, with parameters, and handed over without its code.

The cell tagged ``parameters`` is followed by one that sets what was given, as papermill does it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench import page_parts
from workbench.errors import BadValue
from workbench.tables import write_whole

_WITHOUT_CODE = {"template_name": "basic", "exclude_input": True, "exclude_output_prompt": True}
_STYLE = """
main { overflow-x: auto; } td, th { overflow-wrap: break-word; } .anchor-link { display: none; }
table.dataframe { width: auto; border: none; }
table.dataframe td, table.dataframe th { text-align: left; padding-right: 18px; border-width: 0 0 1px; }
"""


def run(
    notebook: str | os.PathLike[str],
    to: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    timeout: int = 600,
) -> Path:
    """Run a notebook from top to bottom and write it down twice: as it ran, and as a page without its code.

    Parameters
    ----------
    notebook : path
        It stays as it is.
    to : path
        A folder; the notebook runs in it.
    parameters : mapping, optional
        Name → number, text or None, for the cell tagged ``parameters``.
    timeout : int
        Seconds that one cell may take.

    Returns
    -------
    Path
        The page: self-contained, nothing in it runs or is loaded.

    Raises
    ------
    BadValue
        It can't be read, has no such cell, or a cell failed; the message is the cell's.
    """
    import nbformat  # these come with JupyterLab, and only this needs them
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbconvert import HTMLExporter

    source, folder = Path(notebook), Path(to)
    try:
        book = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    except (OSError, ValueError) as error:
        raise BadValue(f"{source} can't be read: {error}.", hint="Name a notebook.") from error
    if parameters:
        cell = nbformat.v4.new_code_cell(_assigned(parameters))  # type: ignore[no-untyped-call]  # as above
        book.cells.insert(_after(book, source), cell)
    folder.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(book, timeout=timeout, resources={"metadata": {"path": str(folder)}})
    try:
        with ThreadPoolExecutor(1) as thread:  # also where an event loop is under way
            thread.submit(client.execute).result()
    except CellExecutionError as error:
        said = f"{error.ename}: {error.evalue}"
        raise BadValue(f"{source.name} failed: {said}", hint="Run it in JupyterLab to see where.") from error
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.metadata["jupyter"] = {"source_hidden": True}
    written: str = nbformat.writes(book)  # type: ignore[no-untyped-call]  # as above
    write_whole(folder / source.name, written.encode("utf-8", "replace"))
    exporter = HTMLExporter(**_WITHOUT_CODE)  # type: ignore[no-untyped-call]  # as above
    body, _ = exporter.from_notebook_node(book)
    page = page_parts.document(source.stem, body, style=_STYLE, charts=False)
    return write_whole(folder / f"{source.stem}.html", page.encode("utf-8", "replace"))


def _after(book: Any, source: Path) -> int:
    for place, cell in enumerate(book.cells):
        if "parameters" in cell.metadata.get("tags", []):
            return place + 1
    raise BadValue(f"{source.name} takes no parameters.", hint="Tag a cell of it with `parameters`.")


def _assigned(parameters: Mapping[str, Any]) -> str:
    for name, value in parameters.items():
        if not name.isidentifier() or not (value is None or isinstance(value, str | int | float)):
            raise BadValue(f"{name!r} can't be set to {value!r}.", hint="Give numbers and texts, by name.")
    return "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
