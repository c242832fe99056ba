"""The lists in README.md that are made from the code. Run this file to write them."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from workbench import errors, events
from workbench.__main__ import COMMANDS
from workbench.catalog import Catalog

README = Path(__file__).parents[2] / "README.md"


def commands() -> str:
    rows = [f"| `workbench {name}` | {(verb.__doc__ or '').strip()} |" for name, verb in COMMANDS.items()]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def dictionary() -> str:
    sql = (
        "select table_name as t, column_name as c, comment from duckdb_columns() "
        "where comment is not null and not internal order by t, column_index"
    )
    about = (
        "select view_name as t, comment from duckdb_views() where comment is not null and not internal union all "
        "select table_name, comment from duckdb_tables() where comment is not null and not internal order by t"
    )
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "catalog.duckdb", lambda connection: None)
        columns = catalog.ask(sql, None, max_rows=1000, seconds=30).to_pylist()
        views = catalog.ask(about, None, max_rows=1000, seconds=30).to_pylist()
        catalog.stop()
    parts = []
    for view in views:
        rows = [f"| `{c['c']}` | {c['comment']} |" for c in columns if c["t"] == view["t"]]
        summary = f"<summary><code>{view['t']}</code>: {view['comment']}</summary>"
        parts.append("\n".join(["<details>", summary, "", "| column | means |", "|---|---|", *rows, "", "</details>"]))
    return "\n\n".join(parts)


def event_kinds() -> str:
    rows = [f"| `{name}` | {kind.says} |" for name, kind in events.KINDS.items()]
    return "\n".join(["| event | says |", "|---|---|", *rows])


def error_tree() -> str:
    return "```text\n" + re.search(r"::\n\n(.*?)\n\nEach carries", errors.__doc__ or "", re.DOTALL).group(1) + "\n```"  # type: ignore[union-attr]  # fails the test


LISTS = {"commands": commands, "dictionary": dictionary, "events": event_kinds, "errors": error_tree}


def filled(text: str) -> str:
    """Return README's text with every generated list made anew."""
    for name, make in LISTS.items():
        pattern = rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)"
        made = make()
        text = re.sub(pattern, lambda m, made=made: f"{m.group(1)}{made}\n{m.group(2)}", text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
