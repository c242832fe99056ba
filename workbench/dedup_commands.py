"""The command line of de-duplication: ``workbench dedup VERB``, each verb registered with its arguments."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import bench
from workbench.dedup_settings import METHODS
from workbench.errors import BadValue


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: what runs, and what adds its arguments to the parser (besides --workspace, --actor and --json)."""

    run: Callable[[bench.Bench, argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None]


def say(data: Any, args: argparse.Namespace, text: str) -> None:
    """Print a result: as JSON where ``--json`` was said, else in words."""
    print(json.dumps(data, ensure_ascii=False, indent=1) if args.json else text)


def _find(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Find duplicates and put them into clusters."""
    report = ws.find_duplicates(args.method, again=args.again, progress=not args.quiet)
    say(report.as_dict(), args, str(report))
    return 130 if report.outcome == "cancelled" else 0


def _find_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method", action="append", choices=METHODS, help="only this method; may be said several times"
    )
    parser.add_argument("--again", action="store_true", help="also what was done and hasn't changed since")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


VERBS: dict[str, Verb] = {"find": Verb(_find, _find_arguments)}
"""Verb → what it does; its help is the first line of the function's docstring."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the verbs to the parser of ``workbench dedup``."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, verb in VERBS.items():
        says = (verb.run.__doc__ or "").strip().splitlines()[0]
        made = verbs.add_parser(name, help=says, description=says)
        made.add_argument("--workspace", required=True, metavar="DIR", help="the workspace folder")
        made.add_argument("--actor", help="who works; the login name when not given")
        made.add_argument("--json", action="store_true", help="print JSON")
        verb.arguments(made)


def run(args: argparse.Namespace) -> int:
    """Run a verb; return the exit code."""
    folder = Path(args.workspace)
    if not (folder / "workspace.toml").exists():
        raise BadValue(f"{folder} is not a workspace.", hint="Make one with `workbench scan SOURCE --workspace DIR`.")
    with bench.open(folder, actor=args.actor) as ws:
        return VERBS[args.verb].run(ws, args)
