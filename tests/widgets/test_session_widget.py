"""The protocol between browser and Python, and how modules are joined."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadValue, NotFound
from workbench.grid import Reply
from workbench.widgets import session_widget
from workbench.widgets.session_widget import SessionWidget, answer, assemble, in_this_cell, prefixed


def double(number: int) -> dict[str, Any]:
    return {"double": number * 2}


def measure(buffers: list[bytes]) -> Reply:
    return Reply({"sizes": [len(one) for one in buffers]}, [b"back"])


def refuse() -> dict[str, Any]:
    raise NotFound("No such image.", hint="Look again.")


VERBS = {"double": double, "measure": measure, "refuse": refuse}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_answers() -> None:
    assert answer(VERBS, {"id": "a:1", "command": "double", "args": {"number": 4}}) == (
        {"id": "a:1", "ok": True, "view": {"double": 8}},
        [],
    )
    reply, buffers = answer(VERBS, {"id": "a:2", "command": "measure"}, [b"12", b"345"])
    assert (reply["view"], buffers) == ({"sizes": [2, 3]}, [b"back"])


def test_errors_carry_hint_and_traceback() -> None:
    reply, _ = answer(VERBS, {"id": "a:1", "command": "refuse"})
    assert (reply["ok"], reply["error"], reply["hint"]) == (False, "No such image.", "Look again.")
    assert "in refuse" in reply["traceback"]


@pytest.mark.parametrize("command", ["", "nothing", "__init__", "_receive", None, 7, ["double"]])
def test_unknown_commands_are_refused(command: object) -> None:
    reply, _ = answer(VERBS, {"id": "a:1", "command": command})
    assert not reply["ok"]
    assert "Unknown command" in reply["error"]


@given(JSON)
def test_whatever_comes_there_is_an_answer(message: Any) -> None:
    reply, buffers = answer(VERBS, message)
    assert not reply["ok"]
    assert reply["error"]
    assert reply["hint"]
    assert not buffers
    json.dumps(reply)


def test_a_message_sent_twice_is_carried_out_once() -> None:
    done = []
    widget = SessionWidget({"add": lambda: {"count": done.append(1) or len(done)}})
    sent: list[Any] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    for _ in range(2):
        widget._handle_custom_msg({"id": "a:1", "command": "add", "args": {}}, [])
    assert done == [1]
    assert sent[0] == sent[1] == {"id": "a:1", "ok": True, "view": {"count": 1}}


def test_a_part_has_its_prefix() -> None:
    assert set(prefixed("grid.", VERBS)) == {"grid.double", "grid.measure", "grid.refuse"}


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return folder / "top.js"


def test_modules_are_joined_and_run_once(tmp_path: Path) -> None:
    top = write(
        tmp_path,
        deep="export let runs = [];\nruns.push(1);\nexport function count() { return runs.length; }\n",
        left='import { count } from "./deep.js";\nexport const left = () => count();\nexport class Kind {}\n',
        top='import { left as there, Kind } from "./left.js";\nimport {\n  count,\n} from "./deep.js";\n'
        "export default { said: [there(), count(), typeof Kind] };\n",
    )
    joined = tmp_path / "joined.mjs"
    joined.write_text(assemble(top) + "\n", "utf-8")
    script = f"import('{joined.as_uri()}').then((m) => console.log(JSON.stringify(m.default.said)))"
    said = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(said.stdout) == [1, 1, "function"]


@pytest.mark.parametrize(
    "text",
    [
        'import * as all from "./left.js";\n',
        'import left from "./left.js";\n',
        'import "./left.js";\n',
        'import { a } from "https://x/y.js";\n',
    ],
)
def test_other_forms_of_import_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadValue, match="form"):
        assemble(write(tmp_path, left="export const a = 1;\n", top=text))


def test_a_circle_is_refused(tmp_path: Path) -> None:
    top = write(
        tmp_path,
        left='import { b } from "./top.js";\nexport const a = 1;\n',
        top='import { a } from "./left.js";\nexport const b = 1;\n',
    )
    with pytest.raises(BadValue, match="circle"):
        assemble(top)


def test_a_cell_that_runs_again_finds_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    run = iter(
        [
            ("cell-1", "run-1"),
            ("cell-1", "run-1"),
            ("cell-1", "run-2"),
            ("cell-1", "run-2"),
            ("cell-2", "run-3"),
            ("", ""),
        ]
    )
    monkeypatch.setattr(session_widget, "_cell_and_run", lambda: next(run))
    assert in_this_cell("grid", "first") is None
    assert in_this_cell("grid", "second") is None
    assert in_this_cell("grid", "first again") == "first"
    assert in_this_cell("grid", "second again") == "second"
    assert in_this_cell("grid", "elsewhere") is None
    assert in_this_cell("grid", "no notebook") is None
