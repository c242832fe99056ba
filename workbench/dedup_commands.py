"""The command line of de-duplication: ``workbench dedup VERB``, a table of verbs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import replace

from workbench import bench, certificate, optimise, removal, turning_away
from workbench.command_verbs import Apart, Verb, as_text, say, show
from workbench.conversion import TARGETS
from workbench.dedup_settings import METHODS
from workbench.errors import BadValue, Stale, StorageError
from workbench.relations import DUPLICATES
from workbench.stopping import until_stopped
from workbench.tables import save_table


def _find(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Find duplicates and put them into clusters."""
    with until_stopped() as stop:
        report = ws.find_duplicates(args.method, again=args.again, progress=not args.quiet, cancel=stop)
    say(report.as_dict(), args, str(report))
    return 130 if report.outcome == "cancelled" else 0


def _quietly(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _find_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method", action="append", choices=METHODS, help="only this method; may be said several times"
    )
    parser.add_argument("--again", action="store_true", help="also what was done and hasn't changed since")
    _quietly(parser)


def _plan(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Show what would be moved into quarantine; nothing is touched."""
    made = _planned(ws, args)
    shown = f"\n{as_text(made.frame())}\nNothing is touched yet. This does it:\n  {_applying(made, args)}"
    say(made.as_dict(), args, f"{made}\n{shown if made.items else _waiting(ws, args)}")
    return 0


def _applying(made: removal.Plan, args: argparse.Namespace) -> str:
    """Return the command that carries out a plan as it was shown."""
    words = ["workbench", "dedup", "apply", "--workspace", str(args.workspace)]
    for name in ("cluster", "relation", "image"):
        words += [word for value in getattr(args, name) or () for word in (f"--{name}", value)]
    words += [f"--{name.replace('_', '-')}" for name in ("undecided", "no_merge") if getattr(args, name)]
    words += ["--leave", args.leave] if args.leave else []
    return shlex.join([*words, "--plan", made.digest])


def _waiting(ws: bench.Bench, args: argparse.Namespace) -> str:
    """Say what may be done where no cluster is decided."""
    [waiting] = ws.sql("select count(*) as clusters from duplicate_clusters where state = 'open'").clusters
    if not waiting:
        return "No cluster waits for a decision."
    wait = "1 cluster waits" if waiting == 1 else f"{waiting:,} clusters wait"
    review = f"{wait} for a decision: review {'it' if waiting == 1 else 'them'} in the notebook 06_dedup_review"
    return f"{review}." if args.undecided else f"{review}, or take what is certain with --undecided --relation exact."


def _apply(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Move the redundant images of clusters into quarantine."""
    made = _planned(ws, args)
    if args.plan not in (None, made.digest):
        raise Stale(
            "What would be moved isn't what was shown.",
            hint="Say the filters that `dedup plan` was given, or run it again and look: perhaps it was done.",
        )
    if args.plan is None and not args.yes:
        raise BadValue("Nobody has looked at the plan.", hint="Run `workbench dedup plan` first, or say --yes.")
    return _carried_out(ws, made, args)


def _planned(ws: bench.Bench, args: argparse.Namespace) -> removal.Plan:
    return ws.dedup.plan(
        args.cluster,
        relations=args.relation,
        images=args.image,
        undecided=args.undecided,
        leave=args.leave,
        merge=not args.no_merge,
    )


def _certify(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Draw a random sample of what `plan` shows, to be looked at in a notebook; or say what a sample shows."""
    if args.draw:
        shown = certificate.Draw(ws, args.draw).result()
        say(shown.as_dict(), args, str(shown))
        return 0
    made = _planned(ws, args)
    how = {"seed": args.seed, "what": args.what or made.what[:1].lower() + made.what[1:]}
    draw = ws.dedup.certify(made, args.count, **{name: value for name, value in how.items() if value is not None})
    look = f'Look at the pairs in a notebook: wb.CertificateReview(ws, "{draw.draw_id}"). Then `dedup apply`.'
    say(draw.result().as_dict(), args, f"{draw!r}\n{look}")
    return 0


def _certify_arguments(parser: argparse.ArgumentParser) -> None:
    _plan_arguments(parser)
    parser.add_argument("--count", type=int, metavar="N", help="how many pairs; as many as are needed when not said")
    parser.add_argument("--seed", help="draws the same sample again")
    parser.add_argument("--what", default="", help="what it is drawn from, in words")
    parser.add_argument("--draw", metavar="ID", help="draw nothing: say what this sample shows")


def _restore(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Put files back from quarantine to where they were."""
    if not (args.image or args.run or args.all):
        raise BadValue("Which files?", hint="Say --image, --run, or --all.")
    others = len(turning_away.waiting(ws)) if args.all else 0
    told = (
        f"{others:,} arriving files that were turned away are no part of it: `workbench dedup turned-away` lists them."
    )
    return _carried_out(ws, removal.restoration(ws, args.image, plans=args.run), args, [told] if others else [])


def _turned_away(ws: bench.Bench, args: argparse.Namespace) -> int:
    """List arriving files that were turned away, or move them back to where they arrived."""
    if not args.put_back:
        return show(ws.dedup.turned_away(), args)
    places = turning_away.waiting(ws)["place"].tolist() if args.put_back == ["all"] else args.put_back
    back, left = [], []
    for place in places:
        try:
            back.append(ws.dedup.put_back(place))
        except StorageError as error:
            left.append({"place": place, "reason": str(error)})
    lines = [f"{len(back):,} files put back, {len(left):,} not.", *back, *(one["reason"] for one in left)]
    say({"put_back": back, "left": left}, args, "\n  ".join(lines))
    return 1 if left else 0


def _turned_away_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--put-back",
        action="append",
        metavar="PLACE",
        help="move back what lies there, as the list says, or all; may be said several times",
    )


def _purge(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Delete for good what has been in quarantine long enough."""
    made = ws.dedup.purge(args.image, plans=args.run)
    if not args.yes:
        say(
            made.as_dict(),
            args,
            f"{made}\n\n{as_text(made.frame())}\nSay --yes to delete them: there is no way back.",
        )
        return 0
    return _carried_out(ws, made, args)


def _references(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Save which file stays in the stead of each one that was removed."""
    found = removal.references(ws)
    path = save_table(found, args.to)
    say({"files": len(found), "to": str(path)}, args, f"{len(found):,} references written to {path}.")
    return 0


def _carried_out(ws: bench.Bench, made: removal.Plan, args: argparse.Namespace, notes: Sequence[str] = ()) -> int:
    why = getattr(args, "uncertified", "")
    with until_stopped() as stop:
        report = ws.dedup.apply(made, args.reason, uncertified=why, progress=not args.quiet, cancel=stop)
    report.notes += notes
    say(report.as_dict(), args, str(report))
    return 130 if report.outcome == "cancelled" else 1 if report.left else 0


def _plan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cluster", action="append", help="only this cluster; may be said several times")
    parser.add_argument(
        "--relation",
        action="append",
        choices=[*DUPLICATES, "duplicate"],
        help="only images so related to what stays; duplicate: where only a person says so",
    )
    parser.add_argument("--image", action="append", metavar="ID", help="only this image; may be said several times")
    parser.add_argument("--undecided", action="store_true", help="also clusters that nobody decided; needs a filter")
    parser.add_argument(
        "--leave", choices=[n for n in removal.LINKS if n], default="", help="leave a link of this kind"
    )
    parser.add_argument("--no-merge", action="store_true", help="don't merge metadata into what stays")


def _apply_arguments(parser: argparse.ArgumentParser) -> None:
    _plan_arguments(parser)
    parser.add_argument("--plan", metavar="DIGEST", help="only if it is this plan, as `dedup plan` showed it")
    parser.add_argument("--yes", action="store_true", help="whatever the plan is")
    parser.add_argument("--uncertified", default="", metavar="WHY", help="why a large removal may go without a sample")
    _run_arguments(parser)


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    _which_arguments(parser)
    parser.add_argument("--all", action="store_true", help="everything that is in quarantine")
    _run_arguments(parser)


def _purge_arguments(parser: argparse.ArgumentParser) -> None:
    _which_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="delete; without it they are only listed")
    _run_arguments(parser)


def _which_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image", action="append", metavar="ID", help="only this image; may be said several times")
    parser.add_argument("--run", action="append", metavar="ID", help="only what this run took out")


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", default="", help="why; stands in the ledger")
    _quietly(parser)


def _references_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", help="a file that ends with .csv, .json or .parquet")


def _report(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Write the report: a page that can go to a client, its tables, and their checksums."""
    from workbench import dedup_report  # brings OpenCV and plotly, which few commands need

    price = dedup_report.Price(args.price_per_gb, args.currency, args.per)
    made = ws.dedup.report(args.out, price=price, examples=args.examples, overwrite=args.overwrite, title=args.title)
    say({"folder": str(made.folder), "numbers": made.numbers, "files": made.files}, args, str(made))
    return 0


def _verify_report(args: argparse.Namespace) -> int:
    """Check a report again: its files, the ledger it was made at, and every image that stays."""
    from workbench import dedup_report  # as above

    found = dedup_report.verify_report(args.report, args.workspace)
    say(found.as_dict(), args, str(found))
    return 0 if found.ok else 1


def _optimise(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Make files smaller where they are, without loss unless told otherwise, or convert them; originals are kept."""
    if args.restore:
        back = optimise.restore(ws, args.job, reason=args.reason)
        say({"restored": back.files, "left": back.left}, args, str(back))
        return 1 if back.left else 0
    if args.confirm:
        freed = optimise.confirm(ws, args.job, reason=args.reason)
        say({"freed": freed}, args, f"The originals are let go: {freed:,} bytes are free.")
        return 0
    asked = {"convert_to": args.to, "ssim_floor": args.floor}
    policy = replace(optimise.policy_of(ws), **{name: value for name, value in asked.items() if value is not None})
    made = ws.dedup.optimise(ws.search(args.query) if args.query else None, policy)
    if args.yes:
        made.apply(args.reason)
    say(made.as_dict(), args, repr(made))
    return 1 if made.failed else 0


def _optimise_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--yes", action="store_true", help="do it; without it, it is only worked out")
    what.add_argument("--restore", action="store_true", help="put originals back")
    what.add_argument("--confirm", action="store_true", help="let go of originals: there is no way back")
    parser.add_argument("--query", default="", help="only the images that this finds, as in search")
    parser.add_argument("--to", choices=TARGETS, help="convert BMP, TIFF and PNG to this format; png is without loss")
    parser.add_argument("--floor", type=float, metavar="X", help="least structural similarity to the original, 0 to 1")
    parser.add_argument("--job", metavar="ID", help="only what this run made smaller")
    parser.add_argument("--reason", default="", help="why; stands in the ledger")


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="DIR", help="a folder that doesn't exist yet")
    parser.add_argument("--title", default="", help="who or what it is for; the workspace's name when not given")
    parser.add_argument("--price-per-gb", type=float, default=0.0, metavar="X", help="what 10⁹ bytes cost")
    parser.add_argument("--currency", default="EUR", help="of that price")
    parser.add_argument("--per", default="month", help="month, year …: what that price is for")
    parser.add_argument("--examples", type=int, default=4, help="pairs of each kind to show as evidence")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier report in that folder")


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT", help="the folder of the report")
    parser.add_argument("--workspace", metavar="DIR", help="where the workspace is, if it was moved since")


def _calibrate(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Try out on this collection what is found and what is taken for a duplicate wrongly, and set thresholds."""
    how = {name: value for name in ("sample", "pairs") if (value := getattr(args, name)) is not None}
    with until_stopped() as stop:
        made = ws.dedup.calibrate(kinds=args.kind, seed=args.seed, progress=not args.quiet, cancel=stop, **how)
    say(made.as_dict(), args, str(made))
    return 130 if made.outcome == "cancelled" else 0


def _calibrate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sample", type=int, help="how many pictures copies are made of")
    parser.add_argument("--pairs", type=int, help="how many pairs by chance, and as many alike")
    parser.add_argument("--kind", action="append", help="only this kind of edit; may be said several times")
    parser.add_argument("--seed", type=int, default=0, help="decides what is drawn")
    _quietly(parser)


def _prepare(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Describe all pictures, so that parts of arriving ones are looked for in them at once."""
    with until_stopped() as stop:
        described = ws.dedup.prepare(progress=not args.quiet, cancel=stop)
    [images] = ws.sql("select count(*) as images from image_facts").images
    said = f"Parts of arriving pictures are looked for in {described:,} of {images:,} images."
    say({"described": described, "images": int(images)}, args, said)
    return 130 if stop.is_set() else 0


VERBS: dict[str, Verb | Apart] = {
    "find": Verb(_find, _find_arguments),
    "calibrate": Verb(_calibrate, _calibrate_arguments),
    "prepare": Verb(_prepare, _quietly),
    "plan": Verb(_plan, _plan_arguments),
    "certify": Verb(_certify, _certify_arguments),
    "apply": Verb(_apply, _apply_arguments),
    "restore": Verb(_restore, _restore_arguments),
    "turned-away": Verb(_turned_away, _turned_away_arguments),
    "purge": Verb(_purge, _purge_arguments),
    "references": Verb(_references, _references_arguments),
    "optimise": Verb(_optimise, _optimise_arguments),
    "report": Verb(_report, _report_arguments),
    "verify-report": Apart(_verify_report, _verify_arguments),
}
"""Verb → what it does."""
