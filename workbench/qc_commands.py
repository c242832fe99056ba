"""The command line of quality control: ``workbench qc VERB``, each verb registered with its arguments."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench import bench, lots
from workbench.batches import STATES
from workbench.errors import BadValue
from workbench.sampling import KINDS, LEVELS, SEVERITIES
from workbench.tables import render


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: what runs, and what adds its arguments to the parser (besides --workspace, --actor and --json)."""

    run: Callable[[bench.Bench, argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None


def say(data: Any, args: argparse.Namespace, text: str) -> None:
    """Print a result: as JSON where ``--json`` was said, else in words."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str) if args.json else text)


def show(table: pd.DataFrame, args: argparse.Namespace) -> int:
    """Print a table."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    say(arrow.to_pylist(), args, render(arrow, "table").decode())
    return 0


def _roles(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Show who may do what."""
    return show(ws.qc.roles().reset_index(), args)


def _people(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List the people that workspace.toml names, with their roles."""
    return show(ws.qc.people(), args)


def _batches(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Show where every batch stands."""
    return show(ws.qc.batches(), args)


def _move(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Bring a batch to another state."""
    event = ws.qc.move(args.batch, args.state, reason=args.reason)
    say(event.payload | {"seq": event.seq}, args, f"{args.batch} is {args.state} now.")
    return 0


def _draw(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Draw a sample of a batch, to be inspected."""
    names = ("aql", "level", "severity", "kind", "n", "seed", "stratify", "by_risk")
    sample = ws.qc.draw(args.batch, **{name: getattr(args, name) for name in names})
    say(_as_dict(sample), args, f"Sample {sample.sample_id}: {sample.says}")
    return 0


def _second(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Draw the second sample of a double plan."""
    sample = ws.qc.second(args.sample)
    say(_as_dict(sample), args, f"Sample {sample.sample_id}: {sample.says}")
    return 0


def _as_dict(sample: lots.Sample) -> dict[str, Any]:
    return asdict(sample) | {"n": sample.n, "says": sample.says}


def _samples(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List the samples that were drawn."""
    return show(ws.qc.samples(args.batch), args)


def _judge(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Judge a batch by its sample: it is accepted, or sent back for rework."""
    verdict = ws.qc.judge(args.sample, reason=args.reason)
    say(asdict(verdict), args, str(verdict))
    return 0 if verdict.verdict == "accepted" else 1


def _verdicts(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List how batches were judged."""
    return show(ws.qc.verdicts(), args)


def _switching(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Say how strictly the next lot is to be inspected, and why."""
    now = ws.qc.switching(aql=args.aql, level=args.level, reduced_allowed=args.reduced_allowed)
    say(now._asdict(), args, f"{now.severity}: {now.reason}")
    return 0


def _rework(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List what is to be mended of a batch."""
    return show(ws.qc.rework(args.batch, everything=args.everything), args)


def _feedback(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Show what inspectors said of somebody's work."""
    told = ws.qc.feedback(args.operator, since=args.since)
    if args.json:
        say(told.as_dict(), args, "")
        return 0
    print(told.says)
    return show(told.defects, args)


def _pace(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Show how long items take, from events; pauses longer than two minutes are left out."""
    return show(ws.qc.pace(task=args.task, since=args.since, until=args.until), args)


def _batch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch")


def _batch_if(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", help="only of this batch")


def _sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sample", metavar="SAMPLE", help="its id, as `workbench qc samples` lists it")


def _reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", default="", help="why; stands in the ledger")


def _move_arguments(parser: argparse.ArgumentParser) -> None:
    _batch(parser)
    parser.add_argument("state", choices=STATES)
    _reason(parser)


def _draw_arguments(parser: argparse.ArgumentParser) -> None:
    _batch(parser)
    parser.add_argument("--aql", type=float, help="acceptable quality level, percent defective")
    parser.add_argument("--level", choices=LEVELS, default="II", help="inspection level")
    parser.add_argument("--severity", choices=SEVERITIES, help="what the lots before say, when not given")
    parser.add_argument("--kind", choices=KINDS, default="single")
    parser.add_argument("--n", type=int, help="so many, without a plan")
    parser.add_argument("--seed", type=int, help="the same seed draws the same images")
    parser.add_argument("--stratify", metavar="BY", help=f"{', '.join(lots.STRATA)}, or a field")
    parser.add_argument("--by-risk", action="store_true", help="what has findings more often; judges nothing")


def _judge_arguments(parser: argparse.ArgumentParser) -> None:
    _sample(parser)
    _reason(parser)


def _switching_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--aql", type=float, help="only lots judged by this one")
    parser.add_argument("--level", choices=LEVELS, default="II")
    parser.add_argument("--reduced-allowed", action="store_true", help="less inspection for good work was agreed")


def _rework_arguments(parser: argparse.ArgumentParser) -> None:
    _batch(parser)
    parser.add_argument("--everything", action="store_true", help="all images, those with defects first")


def _feedback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operator", nargs="?", help="whose; one's own when not given")
    parser.add_argument("--since", metavar="TIME", help="UTC, like 2026-03-01")


def _pace_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", choices=("tagging", "inspection", "entry", "adjudication"))
    parser.add_argument("--since", metavar="TIME", help="UTC, like 2026-03-01")
    parser.add_argument("--until", metavar="TIME", help="UTC")


VERBS: dict[str, Verb] = {
    "roles": Verb(_roles),
    "people": Verb(_people),
    "batches": Verb(_batches),
    "move": Verb(_move, _move_arguments),
    "draw": Verb(_draw, _draw_arguments),
    "second": Verb(_second, _sample),
    "samples": Verb(_samples, _batch_if),
    "judge": Verb(_judge, _judge_arguments),
    "verdicts": Verb(_verdicts),
    "switching": Verb(_switching, _switching_arguments),
    "rework": Verb(_rework, _rework_arguments),
    "feedback": Verb(_feedback, _feedback_arguments),
    "pace": Verb(_pace, _pace_arguments),
}
"""Verb → what it does; its help is the first line of the function's docstring."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the verbs to the parser of ``workbench qc``."""
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
