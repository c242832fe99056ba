"""What the command line's families of verbs share: how a verb is registered, gets its workspace, and prints.

A family is a table of `Verb`; the help of a verb is the first line of its function's docstring.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench import bench
from workbench.errors import BadValue
from workbench.tables import render


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: what runs, and what adds its arguments to the parser (besides --workspace, --actor and --json)."""

    run: Callable[[bench.Bench, argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None


@dataclass(frozen=True, slots=True)
class Apart:
    """A verb that opens no workspace by itself: all its arguments are its own, besides --json."""

    run: Callable[[argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None]


def add_to(parser: argparse.ArgumentParser, family: Mapping[str, Verb | Apart]) -> None:
    """Add the verbs of a family to its parser."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, verb in family.items():
        says = (verb.run.__doc__ or "").strip().splitlines()[0]
        made = verbs.add_parser(name, help=says, description=says)
        if isinstance(verb, Verb):
            made.add_argument("--workspace", required=True, metavar="DIR", help="the workspace folder")
            made.add_argument("--actor", help="who works; the login name when not given")
        made.add_argument("--json", action="store_true", help="print JSON")
        verb.arguments(made)


def run(args: argparse.Namespace, family: Mapping[str, Verb | Apart]) -> int:
    """Run a verb; return the exit code."""
    verb = family[args.verb]
    if isinstance(verb, Apart):
        return verb.run(args)
    with opened(args) as ws:
        return verb.run(ws, args)


def opened(args: argparse.Namespace) -> bench.Bench:
    """Open the workspace that ``--workspace`` names, for ``--actor``."""
    return bench.open(workspace_folder(args), actor=args.actor)


def workspace_folder(args: argparse.Namespace) -> Path:
    """Return the folder that ``--workspace`` names.

    Raises
    ------
    BadValue
        It isn't a workspace.
    """
    folder = Path(args.workspace)
    if not (folder / "workspace.toml").exists():
        raise BadValue(f"{folder} is not a workspace.", hint="Make one with `workbench scan SOURCE --workspace DIR`.")
    return folder


def say(data: Any, args: argparse.Namespace, text: str) -> None:
    """Print a result: as JSON where ``--json`` was said, else in words."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str) if args.json else text)


def as_text(table: pd.DataFrame) -> str:
    """Return a table as text."""
    return render(pa.Table.from_pandas(table, preserve_index=False), "table").decode()


def show(table: pd.DataFrame, args: argparse.Namespace) -> int:
    """Print a table."""
    say(pa.Table.from_pandas(table, preserve_index=False).to_pylist(), args, as_text(table))
    return 0


_COMMANDS = {
    r"ws\.qc\.(?!train\b)([a-z_]+)\([^)]*\)": lambda found: f"`workbench qc {found[1].replace('_', '-')}`",
    r"ws\.dedup\.(plan|restore|purge|report)\([^)]*\)": lambda found: f"`workbench dedup {found[1]}`",
    r"ws\.dedup\.turned_away\([^)]*\)": lambda found: "`workbench dedup turned-away`",
    r"ws\.undo\((\d+), force=True\)": lambda found: f"`workbench undo {found[1]} --force`",
    r"ws\.(changes|search|undo)\([^)]*\)": lambda found: f"`workbench {found[1]}`",
    r"`?ws\.sql\('([^']+)'\)`?": lambda found: f'`workbench sql "{found[1]}"`',
    r"ws\.history\(image_id\)": lambda found: "`workbench history show --image ID`",
    r"ws\.set_values\b": lambda found: "`workbench bulk set`",
}


def in_commands(hint: str) -> str:
    """Return a hint that names Python calls with the commands that do the same, where there are any."""
    for call, command in _COMMANDS.items():
        hint = re.sub(call, command, hint)
    return hint
