"""The command line of histories: ``workbench history export|show``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from workbench import bench
from workbench.command_verbs import opened
from workbench.tables import render


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of ``workbench history``."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    made = {name: verbs.add_parser(name, help=verb.__doc__, description=verb.__doc__) for name, verb in _VERBS.items()}
    for one in made.values():
        one.add_argument("--workspace", required=True, metavar="DIR", help="the workspace folder")
        one.add_argument("--actor", help="who works; the login name when not given")
        one.add_argument("--image", metavar="ID", help="only what happened to this image")
        one.add_argument("--batch", help="only what happened to this batch")
        one.add_argument("--person", help="only what this person did")
        one.add_argument("--since", help="only since then (UTC): 2026-03-02, or 2026-03-02T09:30")
        one.add_argument("--until", help="only up to then; a day means all of it")
        one.add_argument("--json", action="store_true", help="print JSON")
    made["export"].add_argument(
        "--out", required=True, metavar="DIR", help="a folder that doesn't exist yet, or is empty"
    )
    made["export"].add_argument("--whole", action="store_true", help="put all events in full into the chain")


def run(args: argparse.Namespace) -> int:
    """Carry a verb out."""
    about = {name: getattr(args, name) for name in ("image", "batch", "person", "since", "until")}
    with opened(args) as ws:
        return _VERBS[args.verb](ws, args, about)


def _export(ws: bench.Bench, args: argparse.Namespace, about: dict[str, Any]) -> int:
    """Write a history for an auditor: a page, the events, and a script that verifies them."""
    made = ws.history.export(args.out, whole=args.whole, **about)
    told = {"folder": str(made.folder), "events": made.events, "attachments": made.attachments, "ledger": made.ledger}
    print(json.dumps({**told, "head": made.head}, ensure_ascii=False, indent=1) if args.json else made)
    return 0


def _show(ws: bench.Bench, args: argparse.Namespace, about: dict[str, Any]) -> int:
    """List what happened, the latest first."""
    frame = ws.history.timeline(**about)
    if args.json:
        print(frame.to_json(orient="records", date_format="iso", force_ascii=False, indent=1))
        return 0
    shown = frame[["seq", "at", "actor", "what", "changed", "before", "after", "reason"]]
    sys.stdout.buffer.write(render(pa.Table.from_pandas(shown, preserve_index=False), "table"))
    return 0


_VERBS: dict[str, Callable[[bench.Bench, argparse.Namespace, dict[str, Any]], int]] = {"export": _export, "show": _show}
