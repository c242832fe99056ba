"""A history for an auditor: a page to read, the events as JSONL, and a script that verifies them by itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from workbench import event_words, page_parts, timeline
from workbench.errors import BadValue, StorageError
from workbench.event_words import Line
from workbench.events import Event
from workbench.history_verifier import sha256_of
from workbench.in_words import InWords
from workbench.page_parts import Column, text
from workbench.timeline import About, Happening, Timeline
from workbench.workspace import Workspace

MOST_SHOWN = 20_000
"""Events on the page; `events.jsonl` has all."""

_AT_ONCE = 2_000
_STYLE = """
td.what{min-width:17em} .line{display:grid;grid-template-columns:minmax(7em,12em) 1fr;gap:0 .8em;margin:.1em 0}
.line>span:first-child{color:#5c6670} .line .was{color:#8a3a2c;text-decoration:line-through}
.hash{font:12px/1.5 ui-monospace,monospace;overflow-wrap:anywhere} td{vertical-align:top} main{max-width:1180px}
"""


@dataclass(frozen=True, slots=True)
class Exported(InWords):
    """A history that was exported.

    Attributes
    ----------
    events, attachments : int
        How many were exported in full.
    ledger : int
        How many events the ledger had.
    head : str
        Hash of its last event: write it down elsewhere, so that nobody can exchange everything.
    """

    folder: Path
    events: int
    attachments: int
    ledger: int
    head: str

    def __str__(self) -> str:
        return (
            f"{self.events:,} of {self.ledger:,} events exported to {self.folder}, "
            f"with {self.attachments:,} attachments.\nRead index.html; verify with: python verify.py --head {self.head}"
        )


def export(
    ws: Workspace,
    out: str | Path,
    *,
    image: str | None = None,
    batch: str | None = None,
    person: str | None = None,
    since: str | datetime | date | None = None,
    until: str | datetime | date | None = None,
    whole: bool = False,
) -> Exported:
    """Write what happened, to be read and verified by somebody who has no workbench.

    The folder gets ``index.html``, ``events.jsonl``, ``chain.jsonl``, ``attachments/``, ``manifest.json`` and
    ``verify.py``. Events that aren't exported are in the chain by their hashes only.

    Parameters
    ----------
    out : str or Path
        A folder that doesn't exist yet, or is empty.
    image, batch, person : str, optional
        Only what is about one of these.
    since, until : str, datetime or date, optional
        Only this time; see `workbench.timeline.about`.
    whole : bool
        Put all events of the ledger into the chain in full, so that each is proved by its content: everybody's work.

    Raises
    ------
    LedgerBroken
        The chain doesn't verify; nothing is exported.
    BadValue
        The folder has something in it.
    """
    ws.verify()
    since = date.min if person is not None and since is None and until is None else since  # not their last day alone
    told = timeline.about(ws, image=image, batch=batch, person=person, since=since, until=until)
    to = Path(out).expanduser().absolute()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise BadValue(f"{to} isn't empty.", hint="Name a folder that doesn't exist yet.")
    part = to.with_name(f"{to.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / "attachments").mkdir(parents=True)
        made = _write(ws, part, Timeline(ws, told), to, whole=whole)
        if to.exists():
            to.rmdir()
        part.rename(to)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise StorageError(f"{to} can't be written: {error.strerror}.", hint="Check space and permissions.") from error
    return made


def _write(ws: Workspace, folder: Path, line: Timeline, to: Path, *, whole: bool) -> Exported:
    head, head_hash = ws.ledger.head()
    wanted = {one["seq"] for one in line.heads}
    count = attachments = 0
    with (
        (folder / "events.jsonl").open("w", encoding="utf-8") as chosen,
        (folder / "chain.jsonl").open("w", encoding="utf-8") as chain,
    ):
        for event in _all(ws, head):
            full = {name: getattr(event, name) for name in _NAMES}
            mine = event.seq in wanted
            if mine:
                chosen.write(json.dumps(full) + "\n")
                count += 1
            chain.write(json.dumps(full if whole else {name: full[name] for name in ("seq", "prev", "hash")}) + "\n")
            if (mine or whole) and (data := _attachment(ws, event)) is not None:
                (folder / "attachments" / f"{event.seq}.zlib").write_bytes(data)
                attachments += 1
    made = Exported(to, count, attachments, head, head_hash)
    (folder / "index.html").write_text(_page(ws, line, made, whole=whole), "utf-8")
    shutil.copyfile(Path(__file__).with_name("history_verifier.py"), folder / "verify.py")
    files = {
        path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    last = {"seq": head, "hash": head_hash}
    manifest = {"about": _words(line.about), "events": count, "head": last, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return made


_NAMES = ("seq", "event_id", "at", "actor", "kind", "reason", "payload", "version", "prev", "hash")


def _all(ws: Workspace, head: int) -> Iterator[Event]:
    seq = 0
    while seq < head and (some := ws.ledger.read(after=seq, limit=min(_AT_ONCE, head - seq))):
        yield from some
        seq = some[-1].seq


def _attachment(ws: Workspace, event: Event) -> bytes | None:
    return ws.ledger.attachment(event.seq) if "attachment_sha256" in event.payload else None


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────


def _words(about: About) -> str:
    named = {"image": f"image {about.image}", "batch": f"batch {about.batch}", "person": f"work of {about.person}"}
    told = named.get(about.kind, "everything")
    start, end = about.since, about.until
    told += f", from {start:%Y-%m-%d %H:%M} UTC" if start.year > 1 else ""
    return told + (f", before {end:%Y-%m-%d %H:%M} UTC" if end.year < 9999 else "")


def _page(ws: Workspace, line: Timeline, made: Exported, *, whole: bool) -> str:
    title = f"History: {_words(line.about)}"
    if line.about.image is not None:
        title = f"History: {timeline.image_facts(ws, line.about.image)['path']}"
    seqs = [one["seq"] for one in line.heads][-MOST_SHOWN:]
    told = [one for start in range(0, len(seqs), _AT_ONCE) for one in line.tell(seqs[start : start + _AT_ONCE])]
    left = len(line.heads) - len(seqs)
    people = len({one["actor"] for one in line.heads})
    tiles = [
        page_parts.tile(f"{made.events:,}", "events here", f"of {made.ledger:,} in the ledger"),
        page_parts.tile(f"{people:,}", "people", "whose work this is"),
        page_parts.tile(f"{made.attachments:,}", "attachments", "lists that belong to events"),
    ]
    body = [
        f"<h1>{text(title)}</h1>",
        f'<p class="soft">Workspace {text(ws.name)}, ledger up to event {made.ledger:,}. Times are UTC.</p>',
        f'<div class="tiles">{"".join(tiles)}</div>',
        _how_to_verify(made, whole=whole),
        "<h2>What happened</h2>",
        f"<p>The latest {len(seqs):,} events are here; {left:,} earlier ones are in events.jsonl.</p>" if left else "",
        page_parts.table(_COLUMNS, [_row(one) for one in told]) if told else "<p>Nothing happened.</p>",
    ]
    return page_parts.document(title, "\n".join(body), style=_STYLE, charts=False)


def _how_to_verify(made: Exported, *, whole: bool) -> str:
    proves = _PROVES_ALL if whole or made.events == made.ledger else _PROVES_SOME
    return (
        "<h2>How to verify</h2><p>Every event holds the SHA-256 of its content and of the event before. In this "
        "folder, run <code>python verify.py</code>: it needs Python 3.11 or later and nothing else, reads events.jsonl "
        "and chain.jsonl and the attachments, and computes every hash again. The ledger’s last hash was</p>"
        f'<p class="hash">{text(made.head)}</p><p>{proves} It doesn’t prove that people are who they said '
        "they were. Answers in blind double entry are in events.jsonl, not on this page.</p>"
    )


_PROVES_ALL = (
    "All events of the ledger are here in full. If that hash was written down elsewhere earlier and is the same, "
    "nothing was changed, left out or added since."
)
_PROVES_SOME = (
    "Other events are here by their hashes only, which can’t be computed again: each event here fits its own hash and "
    "its place in the chain. For a proof from the first event to the last, ask for an export with --whole."
)


def _row(one: Happening) -> dict[str, Any]:
    return {"one": one, "seq": one.seq, "actor": one.actor, "at": one.at, "reason": one.reason}


def _what(row: Mapping[str, Any]) -> str:
    one: Happening = row["one"]
    about = f" <small>{one.images:,} images</small>" if (one.images or 0) > 1 else ""
    return f"{text(one.what)}{about}" + "".join(map(_line, one.lines))


def _line(line: Line) -> str:
    was = f'<span class="was">{_by_lines(line.before)}</span> → ' if line.before and line.before != line.after else ""
    now = _by_lines(line.after) if line.after else f"<i>{'nothing' if line.after is None else 'left empty'}</i>"
    return f'<div class="line"><span>{text(timeline.label(line.label))}</span><span>{was}{now}</span></div>'


def _by_lines(value: str) -> str:
    return "<br>".join(text(one) for one in value.split("\n"))


_COLUMNS = [
    page_parts.numbers("No.", "seq"),
    Column("When (UTC)", lambda row: text(f"{row['at']:%Y-%m-%d %H:%M:%S}"), "short"),
    page_parts.plain("Who", "actor", "short"),
    Column("About", lambda row: text(event_words.AREAS[row["one"].area]), "short"),
    Column("What", _what, "what"),
    page_parts.plain("Why", "reason"),
]
