"""The command line of reports: ``workbench report qc|audit|dedup|delivery|operations|all``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from workbench import bench
from workbench.command_verbs import workspace_folder
from workbench.report_theme import read_theme

KINDS = ("qc", "audit", "dedup", "delivery", "operations")
"""Kinds of reports; ``all`` makes a folder for each. That `workbench.reports` has the same, a test says."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``workbench report``."""
    parser.add_argument("kind", choices=(*KINDS, "all"), help="what about; all makes a folder for each")
    parser.add_argument("--workspace", required=True, metavar="DIR", help="the workspace folder")
    parser.add_argument("--out", required=True, metavar="DIR", help="a folder that doesn't exist yet, or is empty")
    parser.add_argument("--batch", help="only this batch")
    parser.add_argument("--period", help="only this time: 2026-03, 2026-W10, 2026-03-02..2026-03-06")
    parser.add_argument("--language", default="en", help="en or de: of the report's own words")
    parser.add_argument("--theme", metavar="FILE", help="the client's name, logo and colours: a TOML file")
    parser.add_argument("--title", default="", help="who or what it is for")
    parser.add_argument("--format", action="append", help="html, pdf, xlsx, csv, parquet or json; all when not given")
    parser.add_argument("--notebook", metavar="FILE", help="run this notebook with the same, and hide its code")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    parser.add_argument("--actor", help="who works; the login name when not given")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the reports, and say what they are."""
    from workbench import reports  # brings plotly's script and the typesetter, which few commands need

    folder = workspace_folder(args)
    out = Path(args.out)
    if args.notebook:
        return _by_notebook(args, folder.absolute(), out)
    wanted = {kind: out / kind for kind in KINDS} if args.kind == "all" else {args.kind: out}
    formats = tuple(args.format or reports.FORMATS)
    how = {name: getattr(args, name) for name in ("batch", "period", "language", "title", "overwrite")}
    theme = read_theme(args.theme)
    made = []
    with bench.open(folder, actor=args.actor) as ws:
        for kind, to in wanted.items():
            made.append(reports.report(ws, kind, to, theme=theme, formats=formats, **how))
            print(made[-1], file=sys.stderr if args.json else sys.stdout)
    if args.json:
        told = [reports.as_dict(one.content) | {"folder": str(one.folder)} for one in made]
        print(json.dumps(told if args.kind == "all" else told[0], ensure_ascii=False, indent=1))
    return 0


def _by_notebook(args: argparse.Namespace, folder: Path, out: Path) -> int:
    from workbench import report_notebook  # brings Jupyter

    given = {name: getattr(args, name) for name in ("kind", "batch", "period", "language")}
    given["theme"] = str(Path(args.theme).absolute()) if args.theme else None
    print(report_notebook.run(args.notebook, out, {"workspace": str(folder), "out": "report", **given}))
    return 0
