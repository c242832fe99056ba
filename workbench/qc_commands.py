"""The command line of quality control: ``workbench qc VERB``, a table of verbs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from workbench import bench, gold, lots
from workbench.batches import STATES
from workbench.command_verbs import Verb, say, show
from workbench.double_entry import STARTS
from workbench.errors import BadValue
from workbench.sampling import KINDS, LEVELS, SEVERITIES


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


def _void(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Set a sample aside that can't be inspected to its end."""
    ws.qc.void(args.sample, args.reason)
    say({"sample_id": args.sample, "state": "void"}, args, f"Sample {args.sample} is set aside.")
    return 0


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


def _defect_types(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List what can be wrong, and how bad it is taken to be."""
    types = ws.qc.defect_types()
    language = str(ws.settings.get("language") or "en")
    listed = [(one.key, one.name, types.label(one.name, language), one.severity) for one in types.types.values()]
    return show(pd.DataFrame(sorted(listed), columns=["key", "name", "label", "severity"]), args)


def _pace(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Show how long items take, from events; pauses longer than two minutes are left out."""
    return show(ws.qc.pace(task=args.task, since=args.since, until=args.until), args)


# -- double entry and known answers


def _double_entry(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Have two people enter the same fields of the same images, blind to each other."""
    names = ("batch", "profile", "what", "start", "seed")
    how = {field: _comparator(told) for field, told in _pairs(args.how, "--how")}
    images = ws.search(args.query) if args.query else None
    given = {name: getattr(args, name) for name in names}
    task = ws.qc.double_entry(args.field, images, people=args.people or (), how=how, **given)
    says = f"{task.task_id}: {', '.join(task.fields)} of {_images_said(len(task.image_ids))}, by {_by(task.people)}."
    say(asdict(task) | {"fields": task.fields}, args, says)
    return 0


def _comparator(told: str) -> str | dict[str, Any]:
    if not told.startswith("{"):
        return told
    try:
        found: dict[str, Any] = json.loads(told)
    except ValueError as error:
        raise BadValue(f"{told!r} isn't JSON: {error}.", hint='Say {"kind": "number", "tolerance": 0.5}.') from error
    return found


def _images_said(count: int) -> str:
    return f"{count:,} image{'s' * (count != 1)}"


def _by(people: Sequence[str]) -> str:
    return " and ".join(people) or "whoever takes an image"


def _pairs(told: Sequence[str] | None, option: str) -> list[tuple[str, str]]:
    found = [one.partition("=") for one in told or ()]
    if wrong := next((f"{field}{sign}{text}" for field, sign, text in found if not (field and sign)), None):
        raise BadValue(f"{option} {wrong!r} names no field with a value.", hint=f"Say {option} Xmp.dc.title=…")
    return [(field, text) for field, _, text in found]


def _double_entries(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List the tasks of double entry and how far each is."""
    return show(ws.qc.double_entries(), args)


def _compare(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Compare what two people have finished; what they agree on counts as a value from then on."""
    made = ws.qc.compare(args.task)
    say(asdict(made) | {"differing": made.differing}, args, str(made))
    return 0


def _differences(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List where two entries differ; not those of one's own that somebody else is yet to decide."""
    found = ws.qc.comparisons(args.task, None if args.state == "all" else args.state)
    own = (found["state"] == "open") & ((found["actor_a"] == ws.actor) | (found["actor_b"] == ws.actor))
    code = show(found[~own].reset_index(drop=True), args)
    if own.any():
        print(f"Not listed, because somebody else decides: {own.sum():,} of your own.", file=sys.stderr)
    return code


def _my_entries(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List what oneself has entered for a task of double entry."""
    return show(ws.qc.my_entries(args.task), args)


def _agreement(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Say how far entries agree, each figure with its n and interval."""
    return show(ws.qc.agreement(args.task, by=args.by), args)


def _gold(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List the images whose answers are known, and how they were answered."""
    return show(ws.qc.gold(), args)


def _set_gold(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Say what the right answers for images are: what counts there now, or a value."""
    values = {field: text or None for field, text in _pairs(args.value, "--value")} or None
    given = {name: getattr(args, name) for name in ("profile", "category", "comment")}
    count = ws.qc.set_gold(_chosen(ws, args), args.field, values, **given)
    say({"images": count}, args, f"The answers for {_images_said(count)} are known.")
    return 0


def _withdraw_gold(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Say that images are no known answers any more; what was answered stays."""
    ids = _chosen(ws, args)
    ws.qc.withdraw_gold(ids)
    say({"images": len(ids)}, args, f"No known answers any more: {_images_said(len(ids))}.")
    return 0


def _chosen(ws: bench.Bench, args: argparse.Namespace) -> list[str]:
    if bool(args.query) == bool(args.image):
        raise BadValue("Which images?", hint="Say --query, in the words of search, or --image ID.")
    return args.image or [str(one) for one in ws.search(args.query).ids().to_pylist()]


def _gold_figures(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Count the answers on images whose answers are known: who was right how often."""
    return show(ws.qc.gold_figures(by=args.by, training={"no": False, "only": True, "all": None}[args.training]), args)


def _trainings(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List the trainings that were ended, the latest first."""
    return show(ws.qc.trainings(args.person), args)


# -- their arguments


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


def _void_arguments(parser: argparse.ArgumentParser) -> None:
    _sample(parser)
    parser.add_argument("--reason", required=True, help="why; stands in the ledger")


def _double_entry_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("field", nargs="+", metavar="FIELD", help="keys of fields of the profile, as Xmp.dc.title")
    parser.add_argument("--people", nargs=2, metavar="NAME", help="the two who enter; whoever comes, when not given")
    parser.add_argument("--batch", help="the images of this batch; all, when not given")
    parser.add_argument("--query", help="only the images that this finds, as in search")
    parser.add_argument("--profile", default="dublin-core", help="says what the fields are")
    parser.add_argument(
        "--how",
        action="append",
        metavar="FIELD=COMPARATOR",
        help='how a field is compared: a name, or {"kind": …} as JSON',
    )
    parser.add_argument("--start", choices=STARTS, default="blank", help="what the form begins with")
    parser.add_argument("--what", default="", help="what it is about, for lists")
    parser.add_argument("--seed", help="mixes which of two entries is shown first when somebody decides")


def _task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="its id, as `workbench qc double-entries` lists it")


def _differences_arguments(parser: argparse.ArgumentParser) -> None:
    _task(parser)
    states = ("open", "adjudicated", "agreed", "all")
    parser.add_argument("--state", choices=states, default="open", help="those to be decided, when not given")


def _agreement_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", nargs="?", metavar="TASK", help="one task; all, when not given")
    parser.add_argument("--by", default="field", help="field, people, category, batch, day, week, comparator or all")


def _images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--query", help="the images that this finds, as in search")
    parser.add_argument("--image", action="append", metavar="ID", help="this image; may be said more than once")


def _set_gold_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("field", nargs="+", metavar="FIELD", help="keys of fields of the profile")
    _images(parser)
    parser.add_argument(
        "--value", action="append", metavar="FIELD=TEXT", help="the right answer; what counts there now, when not given"
    )
    parser.add_argument("--profile", default="dublin-core", help="says what the fields are")
    parser.add_argument("--category", default="", help="what kind of items these are, to count by")
    parser.add_argument("--comment", default="", help="why that is right: shown as feedback")


def _gold_figures_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", choices=gold.BY, default="actor")
    parser.add_argument("--training", choices=("no", "only", "all"), default="no", help="whether trainings count")


def _trainings_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("person", nargs="?", help="whose; everybody's, when not given")


VERBS: dict[str, Verb] = {
    "roles": Verb(_roles),
    "people": Verb(_people),
    "batches": Verb(_batches),
    "move": Verb(_move, _move_arguments),
    "draw": Verb(_draw, _draw_arguments),
    "second": Verb(_second, _sample),
    "samples": Verb(_samples, _batch_if),
    "judge": Verb(_judge, _judge_arguments),
    "void": Verb(_void, _void_arguments),
    "verdicts": Verb(_verdicts),
    "switching": Verb(_switching, _switching_arguments),
    "rework": Verb(_rework, _rework_arguments),
    "feedback": Verb(_feedback, _feedback_arguments),
    "defect-types": Verb(_defect_types),
    "pace": Verb(_pace, _pace_arguments),
    "double-entry": Verb(_double_entry, _double_entry_arguments),
    "double-entries": Verb(_double_entries),
    "compare": Verb(_compare, _task),
    "differences": Verb(_differences, _differences_arguments),
    "my-entries": Verb(_my_entries, _task),
    "agreement": Verb(_agreement, _agreement_arguments),
    "gold": Verb(_gold),
    "set-gold": Verb(_set_gold, _set_gold_arguments),
    "withdraw-gold": Verb(_withdraw_gold, _images),
    "gold-figures": Verb(_gold_figures, _gold_figures_arguments),
    "trainings": Verb(_trainings, _trainings_arguments),
}
"""Verb → what it does."""
