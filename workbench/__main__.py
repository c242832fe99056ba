"""The command line: thin, every command a verb of the workspace."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import workbench
from workbench import (
    bulk_commands,
    command_verbs,
    dedup_commands,
    history_commands,
    qc_commands,
    removal,
    report_commands,
    suggesters,
)
from workbench.catalog import was_interrupted
from workbench.command_verbs import as_text, in_commands, opened, say
from workbench.delivery import FORMATS as EXPORTS
from workbench.errors import BadValue, Broken, WorkbenchError
from workbench.search import SORTS
from workbench.stopping import until_stopped
from workbench.tables import FORMATS, render, write_whole

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {}


def scan(args: argparse.Namespace) -> int:
    """Scan folders (or other sources) into a workspace."""
    how = {"batch": args.batch, "workers": args.workers, "again": args.again, "progress": not args.quiet}
    with workbench.open(args.workspace, actor=args.actor) as ws, until_stopped() as stop:
        reports = []
        for source in args.source:
            reports.append(ws.scan(source, cancel=stop, **how))
            if reports[-1].outcome == "cancelled":
                break
        counts = ws.query("catalogue_counts").iloc[0]
    total = {name: int(counts[name]) for name in ("files", "images", "problem_files")}
    text = "\n".join(map(str, reports))
    text += f"\nThe workspace now has {total['files']:,} files: {total['images']:,} images; "
    text += f"{total['problem_files']:,} files have problems."
    say({"scans": [r.as_dict() for r in reports], "workspace": total}, args, text)
    return 130 if reports[-1].outcome == "cancelled" else 0


def sql(args: argparse.Namespace) -> int:
    """Ask the catalogue in SQL (read-only)."""
    with opened(args) as ws:
        statement = sys.stdin.read() if args.statement == "-" else args.statement
        table = ws.sql_table(statement, max_rows=args.max_rows, seconds=args.seconds)
    if args.format == "parquet" and not args.out:
        raise BadValue("Parquet can't be shown on a screen.", hint="Name a file with --out.")
    content = render(table, args.format, raw=args.raw)
    if args.out:
        write_whole(args.out, content)
        print(f"{table.num_rows:,} rows written to {args.out}.", file=sys.stderr)
    else:
        sys.stdout.buffer.write(content)
    return 0


def search(args: argparse.Namespace) -> int:
    """Find images by words, keyword:…, format:…, date:…, missing:… and the like."""
    with opened(args) as ws:
        found = ws.search(args.query, sort=args.sort, descending=args.descending)
        count = found.count()
        rows = found.page(size=args.limit).rows
    if args.json:
        records = json.loads(rows.to_json(orient="records", date_format="iso"))
        print(json.dumps({"count": count, "images": records}, ensure_ascii=False, indent=1))
    else:
        columns = [c for c in ("image_id", "path", "format", "captured_at", "title") if c in rows]
        sys.stdout.buffer.write(as_text(rows[columns]).encode())
        print(f"{count:,} images match." + (f" The first {len(rows):,} are shown." if count > len(rows) else ""))
    return 0


def rebuild(args: argparse.Namespace) -> int:
    """Make the catalogue again from the ledger and the files."""
    with opened(args) as ws:
        reports = ws.rebuild(workers=args.workers, progress=not args.quiet)
    say([r.as_dict() for r in reports], args, "\n".join(map(str, reports)) or "No sources yet.")
    return 0 if all(r.outcome == "finished" for r in reports) else 1


def check(args: argparse.Namespace) -> int:
    """Verify the ledger's chain and run every check of the catalogue."""
    with opened(args) as ws:
        try:
            verified = ws.verify()
        except Broken as error:
            say({"ok": False, "chain": str(error), "findings": []}, args, f"✗ {error}")
            return 1
        found = ws.check()
    rows = found.to_dict("records")
    lines = [f"✓ The chain of {verified.events:,} events verifies; its head is {verified.head}."]
    lines += [f"✗ {row['check']}: {row['says']} {row['row']}" for row in rows] or [
        "✓ Every check of the catalogue holds."
    ]
    data = {"ok": not rows, "events": verified.events, "head": verified.head, "findings": rows}
    say(data, args, "\n".join(lines))
    return 1 if rows else 0


def embed(args: argparse.Namespace) -> int:
    """Write what was entered into copies of the files (or in place, or into sidecars)."""
    with opened(args) as ws:
        found = ws.search(args.query).ids().to_pylist()
        report = ws.embed(
            found, mode=args.mode, to=args.to, profile=args.profile, keep_mtime=args.keep_mtime, reason=args.reason,
            progress=not args.quiet,
        )  # fmt: skip
    say({"counts": report.counts(), "files": report.files}, args, str(report))
    return 1 if report.counts().get("failed") else 0


def export(args: argparse.Namespace) -> int:
    """Export metadata as CSV, XLSX, JSON, JSON-LD, XML or Parquet, with a manifest."""
    with opened(args) as ws:
        images = ws.search(args.query) if args.query else None
        made = ws.export(args.format, args.to, images=images, fields=args.field, profile=args.profile)
    say(asdict(made), args, str(made))
    return 0


def audit(args: argparse.Namespace) -> int:
    """Say what is wrong with the metadata, by a profile's rules and the general ones."""
    with opened(args) as ws:
        made = ws.audit(args.profile, batch=args.batch, language=args.language, progress=not args.quiet)
        found, text = made.as_dict(), str(made)
    say(found, args, text)
    return 1 if any(row["severity"] == "error" and row["images"] for row in found["rules"]) else 0


def sample(args: argparse.Namespace) -> int:
    """Make the sample collection: a client's folder to try things on."""
    report = workbench.make_sample(args.folder)
    print(report)
    return 0


def suggest(args: argparse.Namespace) -> int:
    """Let machines propose values, from names, similar images, vocabularies and so on."""
    with opened(args) as ws:
        images = ws.search(args.query) if args.query else None
        named = args.suggester or suggesters.LOCAL
        with until_stopped() as stop:
            report = ws.suggest(images, named, profile=args.profile, progress=not args.quiet, cancel=stop)
    say(report.as_dict(), args, str(report))
    return 0 if all(one.outcome == "finished" for one in report.suggesters) else 1


def bulk(args: argparse.Namespace) -> int:
    """Change the metadata or names of many images at once: `workbench bulk --help` lists the verbs."""
    return command_verbs.run(args, bulk_commands.VERBS)


def changes(args: argparse.Namespace) -> int:
    """List the latest changes, and which of them can be taken back."""
    with opened(args) as ws:
        return command_verbs.show(ws.changes(last=args.last), args)


def undo(args: argparse.Namespace) -> int:
    """Take a change back, by its number in `workbench changes`; that is a change, too."""
    with opened(args) as ws:
        event = ws.undo(args.seq, reason=args.reason, force=args.force)
        notes = removal.told_of_undo(ws, args.seq) if event.kind == "files_restored" else []
    told = {"undone": args.seq, "seq": event.seq, "count": event.payload.get("count"), "notes": notes}
    say(told, args, "\n".join([f"Change {args.seq} is taken back, by change {event.seq}.", *notes]))
    return 0


def dedup(args: argparse.Namespace) -> int:
    """Find duplicates, and what follows: `workbench dedup --help` lists the verbs."""
    return command_verbs.run(args, dedup_commands.VERBS)


def qc(args: argparse.Namespace) -> int:
    """Control quality: batches, samples, verdicts, pace: `workbench qc --help` lists the verbs."""
    return command_verbs.run(args, qc_commands.VERBS)


def report(args: argparse.Namespace) -> int:
    """Write a report for a client: of quality, audits, duplicates, deliveries or operations."""
    return report_commands.run(args)


def history(args: argparse.Namespace) -> int:
    """Show what happened, or export it for an auditor: `workbench history --help` lists the verbs."""
    return history_commands.run(args)


def watch(args: argparse.Namespace) -> int:
    """Watch a folder, and say of each arriving file whether it is here already."""
    from workbench import watching  # brings OpenCV, which few commands need

    def tell(arrival: Any) -> None:
        print(json.dumps(arrival.as_dict(), ensure_ascii=False) if args.json else arrival, flush=True)

    with opened(args) as ws, until_stopped() as stop:
        if not args.once:
            print(f"Watching {args.folder}; Ctrl-C ends it.", file=sys.stderr, flush=True)
        report = watching.watch(
            ws, args.folder, policy=args.policy, settle=args.settle, once=args.once, tell=tell, stop=stop
        )  # fmt: skip
    print(report, file=sys.stderr)
    return 1 if args.once and report.turned_away else 0


COMMANDS.update(
    scan=scan,
    audit=audit,
    sql=sql,
    search=search,
    rebuild=rebuild,
    check=check,
    embed=embed,
    sample=sample,
    export=export,
    suggest=suggest,
    bulk=bulk,
    changes=changes,
    undo=undo,
    dedup=dedup,
    qc=qc,
    report=report,
    history=history,
    watch=watch,
)


_FAMILIES: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "bulk": lambda parser: command_verbs.add_to(parser, bulk_commands.VERBS),
    "dedup": lambda parser: command_verbs.add_to(parser, dedup_commands.VERBS),
    "qc": lambda parser: command_verbs.add_to(parser, qc_commands.VERBS),
    "report": report_commands.add_to,
    "history": history_commands.add_to,
}
"""Commands that have verbs or arguments of their own → what adds these."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbench", description="A workbench for image collections.")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {name: _command(commands, name, verb) for name, verb in COMMANDS.items()}
    for name in ("scan", "rebuild"):
        made[name].add_argument("--workers", type=int, help="worker processes; one for each core when not given")
    for name in ("scan", "rebuild", "audit", "embed", "suggest"):
        made[name].add_argument("--quiet", action="store_true", help="no progress bar")
    for name in (
        "audit",
        "export",
        "scan",
        "search",
        "rebuild",
        "check",
        "embed",
        "suggest",
        "changes",
        "undo",
        "watch",
    ):
        made[name].add_argument("--json", action="store_true", help="print JSON")
    made["scan"].add_argument("source", nargs="+", help="a folder, a file, or a URI")
    made["scan"].add_argument("--batch", help="name for what is received by this scan")
    made["scan"].add_argument("--again", action="store_true", help="read every file again, changed or not")
    made["sql"].add_argument("statement", help="one SELECT, or - to read it from standard input")
    made["sql"].add_argument("--format", choices=FORMATS, default="table", help="how to show the rows (table)")
    made["sql"].add_argument("--out", help="write to this file")
    made["sql"].add_argument("--raw", action="store_true", help="CSV: leave text that looks like a formula as it is")
    made["sql"].add_argument(
        "--max-rows", type=int, default=1_000_000, help="more rows than this are an error (1,000,000)"
    )
    made["sql"].add_argument("--seconds", type=float, default=60.0, help="a longer run is an error (60)")
    made["search"].add_argument("query", nargs="?", default="", help='e.g. "red shoe format:png missing:title"')
    made["search"].add_argument(
        "--sort", choices=SORTS, default="path", metavar="BY", help=f"{', '.join(SORTS)} (path)"
    )
    made["search"].add_argument("--descending", action="store_true", help="the last first")
    made["search"].add_argument("--limit", type=int, default=20, help="show so many at most (20)")
    made["embed"].add_argument(
        "query", nargs="?", default="", help="which images, in the words of search; all if empty"
    )
    made["embed"].add_argument("--mode", choices=("copy", "inplace", "sidecar"), default="copy")
    made["embed"].add_argument("--to", metavar="DIR", help="the export folder, for copies")
    made["embed"].add_argument("--profile", help="only this profile's fields")
    made["embed"].add_argument("--keep-mtime", action="store_true", help="keep the files' modification time")
    made["embed"].add_argument("--reason", default="", help="why; stands in the ledger")
    made["audit"].add_argument("--profile", help="what the client wants; the general rules alone when not given")
    made["audit"].add_argument("--batch", help="only this batch")
    made["audit"].add_argument("--language", help="en, de or fr; that of workspace.toml when not given")
    made["export"].add_argument("format", choices=EXPORTS)
    made["export"].add_argument("to", help="a folder that doesn't exist yet")
    made["export"].add_argument("--query", default="", help="only the images that this finds, as in search")
    made["export"].add_argument("--field", action="append", help="only this field; may be said several times")
    made["export"].add_argument("--profile", help="only the fields of this profile")
    made["suggest"].add_argument(
        "--suggester",
        action="append",
        help=f"one of {', '.join(suggesters.BUILT_IN)}, or a plug-in; may be said several "
        f"times. {', '.join(suggesters.LOCAL)} when not given; aws and gcloud send the pictures out",
    )
    made["suggest"].add_argument("--profile", help="only what fits this profile's fields")
    made["suggest"].add_argument("--query", default="", help="only for the images that this finds, as in search")
    made["changes"].add_argument("--last", type=int, default=50, metavar="N", help="how many at most (50)")
    made["undo"].add_argument("seq", type=int, help="its number")
    made["undo"].add_argument("--force", action="store_true", help="also what was changed again since")
    made["undo"].add_argument("--reason", default="", help="why; stands in the ledger")
    made["watch"].add_argument("folder", help="where files arrive")
    made["watch"].add_argument(
        "--policy", choices=("report", "refuse", "quarantine"), help="what becomes of duplicates; report if nobody says"
    )
    made["watch"].add_argument("--settle", type=float, help="seconds without a change after which a file has arrived")
    made["watch"].add_argument("--once", action="store_true", help="end when what is there is answered for")
    made["sample"].add_argument("folder", help="where to make it")
    return parser


def _command(commands: Any, name: str, verb: Callable[..., int]) -> argparse.ArgumentParser:
    says = (verb.__doc__ or "").strip()
    made: argparse.ArgumentParser = commands.add_parser(name, help=says, description=says)
    if name in _FAMILIES:
        _FAMILIES[name](made)
    elif name != "sample":
        made.add_argument("--workspace", required=True, metavar="DIR", help="the workspace folder")
        made.add_argument("--actor", help="who works; the login name when not given")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 an error or a finding, 2 wrong usage, 130 cancelled."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a name may hold what the terminal can't show
    args = _parser().parse_args(argv)
    try:
        return COMMANDS[args.command](args)
    except WorkbenchError as error:
        if args.debug:
            traceback.print_exc()
        hint = in_commands(error.hint)
        print(f"workbench: {error.message}\n  {hint}".rstrip(), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, RuntimeError) as error:
        if not was_interrupted(error):
            raise
        print("\nworkbench: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
