"""The base of every widget: shows a session's view, turns messages into its verbs, and nothing else.

The protocol, over the widget's own channel::

    browser → Python    {id, command, args} + binary buffers
    Python → browser    {id, ok: true, view} + binary buffers
                        {id, ok: false, error, hint, traceback}
                        {event, view}                              when Python changed something by itself

Commands are looked up in a table, so anything unknown is refused. A message can be sent again when its answer doesn't
come (a busy or restarting kernel loses some): verbs either do no more the second time than the first, or answer without
buffers, in which case the first answer is repeated.
"""

from __future__ import annotations

import re
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from workbench.errors import BadValue, NotFound, WorkbenchError
from workbench.grid import Reply
from workbench.widgets.busy_kernel import answer_while_busy

Verb = Callable[..., Reply | dict[str, Any]]

_REMEMBERED = 256
_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.{1,2}/[^"]+)";?[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function\*? |const |let |class )", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_NAME = re.compile(r"^export (?:async )?(?:function\*?|const|let|class) ([A-Za-z_$][\w$]*)", re.MULTILINE)


def assemble(module: Path) -> str:
    """Join an ES module and everything it imports into one.

    anywidget loads a module from a blob, where relative imports can't be resolved. Each imported module becomes a
    function that runs once and returns its exports. Imports look like ``import { a, b as c } from "./x.js";``, exports
    like ``export function``, ``export const``, ``export class``; an ``export default`` counts in the first module only.

    Raises
    ------
    BadValue
        An import or export of another form, or modules that import each other in a circle.
    """
    parts: list[str] = []
    _join(module.resolve(), parts, {}, ())
    return "\n".join(parts)


def _join(path: Path, parts: list[str], done: dict[Path, str], above: tuple[Path, ...]) -> str:
    if path in above:
        raise BadValue(f"{path.name} imports itself in a circle.", hint="Move what both need into a third module.")
    if path in done:
        return done[path]
    text = path.read_text("utf-8")

    def bind(found: re.Match[str]) -> str:
        other = _join((path.parent / found[2]).resolve(), parts, done, (*above, path))
        names = re.sub(r"\bas\b", ":", found[1])
        return f"const {{{names}}} = {other};"

    body = _IMPORT.sub(bind, text)
    if above:
        body = _DEFAULT.sub("const by_default = ", _EXPORT.sub("", body))  # a part has no use for a widget's own entry
    if re.search(r"^import\b", body, re.MULTILINE) or (above and re.search(r"^export\b", body, re.MULTILINE)):
        raise BadValue(f"{path.name} imports or exports in a form that can't be joined.", hint="See assemble().")
    stem = re.sub(r"\W", "_", path.stem)
    done[path] = name = f"module_{len(done)}_{stem}"
    if above:
        exports = ", ".join(_NAME.findall(text))
        body = f"const {name} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();"
    parts.append(body)
    return name


def styles(*names: str) -> str:
    """Join style sheets of this folder."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


def prefixed(prefix: str, verbs: Mapping[str, Verb]) -> dict[str, Verb]:
    """Return verbs under longer names, so that one widget can hold several sessions: ``grid.window``."""
    return {f"{prefix}{name}": verb for name, verb in verbs.items()}


def answer(verbs: Mapping[str, Verb], message: Any, buffers: Sequence[Any] = ()) -> tuple[dict[str, Any], list[bytes]]:
    """Carry one message out and return the reply and its buffers; errors are replies too."""
    asked = message if isinstance(message, dict) else {}
    try:
        verb, args = _looked_up(verbs, asked)
        got = verb(**args, buffers=list(buffers)) if buffers else verb(**args)
        reply = got if isinstance(got, Reply) else Reply(got)
        return {"id": asked["id"], "ok": True, "view": reply.view}, reply.buffers
    except Exception as error:
        return {"id": asked.get("id"), "ok": False, **told(error)}, []


def told(error: Exception) -> dict[str, str]:
    """Return what a widget shows of an error: the sentence, the hint, and the traceback for who wants it."""
    words = {
        "error": f"{type(error).__name__}: {error}",
        "hint": "This shouldn't happen. Please report it, with the technical details.",
        "traceback": "".join(traceback.format_exception(error)),
    }
    if isinstance(error, WorkbenchError):
        words |= {"error": error.message, "hint": error.hint}
    return words


def _looked_up(verbs: Mapping[str, Verb], asked: Mapping[str, Any]) -> tuple[Verb, dict[str, Any]]:
    command, args = asked.get("command"), asked.get("args", {})
    if not isinstance(asked.get("id"), str) or not isinstance(args, dict):
        raise BadValue("A message needs an id, a command and its arguments by name.", hint="Reload the page.")
    if not isinstance(command, str) or command not in verbs:
        raise NotFound(f"Unknown command: {command!r}.", hint="Reload the page: the widget may be of another version.")
    return verbs[command], args


class SessionWidget(anywidget.AnyWidget):
    """A widget over a session: give it the session's verbs.

    Parameters
    ----------
    verbs : mapping of str to callable
        What the browser may ask for. Each takes its arguments by name and returns a dict, or a `Reply` with buffers.
    """

    _esm: ClassVar[str] = "export default { render() {} }"
    _css: ClassVar[str] = ""

    def __init__(self, verbs: Mapping[str, Verb], **kwargs: Any) -> None:
        self._verbs: dict[str, Verb] = {"ping": _pong, **verbs}
        self._answered: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._answering = threading.Lock()
        super().__init__(**kwargs)
        self.on_msg(self._receive)
        answer_while_busy(self)

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a message to the browser, whose answer may come while a cell is running."""
        super().send(content, buffers)
        answer_while_busy(self)

    def push(self, event: str, view: Mapping[str, Any]) -> None:
        """Tell every open view of this widget that something changed here."""
        self.send({"event": event, "view": dict(view)})

    def _receive(self, _widget: Any, message: Any, buffers: Sequence[Any]) -> None:
        ident = message.get("id") if isinstance(message, dict) else None
        with self._answering:
            known = self._answered.get(ident) if isinstance(ident, str) else None
        if known is not None:
            self.send(known)
            return
        reply, out = answer(self._verbs, message, buffers)
        if isinstance(ident, str) and not out:
            self._remember(ident, reply)
        self.send(reply, out or None)

    def _remember(self, ident: str, reply: dict[str, Any]) -> None:
        with self._answering:
            self._answered[ident] = reply
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)


def _pong() -> dict[str, Any]:
    return {"pong": True}


_cells: dict[tuple[str, str, int], Any] = {}
_running: dict[str, tuple[str, int]] = {}


def in_this_cell(kind: str, session: Any) -> Any | None:
    """Return the session the same cell made when it last ran, if any, and keep this one for the next time.

    A cell that runs again makes a new widget; the person expects to find it as they left it. JupyterLab tells the
    cell's id with each run; without one (other front ends, scripts) there is nothing to remember.
    """
    cell, run = _cell_and_run()
    if not cell:
        return None
    last_run, number = _running.get(cell, ("", 0))
    number = number + 1 if run == last_run else 0
    _running[cell] = (run, number)
    key = (cell, kind, number)
    before = _cells.get(key)
    _cells[key] = session
    return before


def _cell_and_run() -> tuple[str, str]:
    from IPython import get_ipython

    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))
