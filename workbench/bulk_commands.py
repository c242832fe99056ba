"""The command line of bulk changes: ``workbench bulk VERB``. Each shows what would change; ``--yes`` does it."""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from typing import Any

from workbench import bench
from workbench.bulk import Preview, is_list
from workbench.command_verbs import Verb, as_text, say
from workbench.errors import BadValue
from workbench.fields import exiv2_key
from workbench.renaming import RenamePreview
from workbench.search import Search
from workbench.templates import MODES

SHOWN = 20
"""Changes that a preview lists."""

_ASSIGNED = re.compile(r"(?P<field>[^=\[\]]+)(?:\[(?P<lang>[A-Za-z-]+)\])?=(?P<value>.*)", re.DOTALL)


def _set(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Put the same values into fields of many images."""
    return _offer(ws.bulk.set_values(values_of(args.value), _images(ws, args), mode=args.mode), args)


def values_of(assigned: list[str]) -> dict[str, Any]:
    """Return the values that words like ``Xmp.dc.title[de]=Hemd`` give.

    Returns
    -------
    dict
        Field → a text, a list where the field is one or is said several times, languages → texts, or None to clear it.

    Raises
    ------
    BadValue
        One isn't of this form, or two say different things of the same field.
    """
    texts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in assigned:
        if (found := _ASSIGNED.fullmatch(one)) is None:
            raise BadValue(
                f"{one!r} gives no field a value.", hint="Write FIELD=VALUE, or FIELD[LANGUAGE]=VALUE; FIELD= clears."
            )
        texts[exiv2_key(found["field"].strip())][found["lang"] or ""].append(found["value"])
    return {key: _value(key, by_lang) for key, by_lang in texts.items()}


def _value(key: str, by_lang: dict[str, list[str]]) -> Any:
    said = [text for texts in by_lang.values() for text in texts]
    if said == [""]:
        return None
    many = [lang for lang, texts in by_lang.items() if len(texts) > 1]
    if not is_list(key) and (many or ("" in by_lang and len(by_lang) > 1)):
        raise BadValue(f"{key} is given several values.", hint="Say it once, or once for each language.")
    if "" in by_lang:
        return by_lang[""] if is_list(key) else by_lang[""][0]
    return {lang: texts[0] for lang, texts in by_lang.items()}


def _template(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Fill in fields by a template that is saved in the workspace."""
    return _offer(ws.bulk.template(args.name, _images(ws, args)), args)


def _replace(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Replace text inside a field, in every language."""
    how = {"regex": args.regex, "case": not args.ignore_case}
    return _offer(ws.bulk.find_replace(args.field, args.find, args.replacement, _images(ws, args), **how), args)


def _merge_keywords(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Give variants of a keyword one spelling."""
    return _offer(ws.bulk.merge_keywords({args.keyword: args.variant}, _images(ws, args), field=args.field), args)


def _rename(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Rename files by a pattern with variables."""
    return _offer(ws.bulk.rename(args.pattern, _images(ws, args)), args)


def _organise(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Move files into folders of their source by a pattern with variables."""
    return _offer(ws.bulk.organise(args.pattern, _images(ws, args)), args)


def _sheet_out(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Save metadata as a sheet to be edited in a spreadsheet program."""
    path = ws.sheet_out(args.to, args.field, _images(ws, args), languages=args.language or ())
    say({"to": str(path)}, args, f"Written to {path}. `workbench bulk sheet-in` reads it back.")
    return 0


def _sheet_in(ws: bench.Bench, args: argparse.Namespace) -> int:
    """Read an edited sheet back."""
    return _offer(ws.sheet_in(args.sheet), args)


def _offer(made: Preview | RenamePreview, args: argparse.Namespace) -> int:
    """Show a preview; with ``--yes`` apply it."""
    told = {"what": made.what, **made.counts, "applied": None}
    if args.yes:
        event = made.apply(args.reason)
        text = f"{made.what}: {made.counts['changed']:,} changed, {made.counts['refused']:,} refused."
        if event is not None:
            text += f" `workbench undo {event.seq} --workspace {args.workspace}` takes it back."
            told["applied"] = event.seq
    else:
        first = made.frame(SHOWN)
        more = f"The first {SHOWN} are shown. " if len(made.frame(SHOWN + 1)) > SHOWN else ""
        head = repr(made).rpartition("\n")[0]  # its last line tells of Python
        text = f"{head}\n\n{as_text(first)}\n{more}Nothing is changed yet: say --yes to do it."
    say(told, args, text)
    return 0


def _images(ws: bench.Bench, args: argparse.Namespace) -> Search | None:
    return ws.search(args.query) if args.query else None


def _changing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it; without it, it is only shown")
    parser.add_argument("--reason", default="", help="why; stands in the ledger")


def _asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--query", default="", help="only the images that this finds, as in search; all when not given")


def _of_images(parser: argparse.ArgumentParser) -> None:
    _asking(parser)
    _changing(parser)


def _set_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("value", nargs="+", metavar="FIELD=VALUE", help="or FIELD[LANGUAGE]=VALUE; FIELD= clears it")
    parser.add_argument("--mode", choices=MODES, default="set", help="what becomes of what is there (set)")
    _of_images(parser)


def _template_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="of the template")
    _of_images(parser)


def _replace_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("field", help="its key, as Xmp.dc.title")
    parser.add_argument("find", help="text, or with --regex a regular expression (RE2)")
    parser.add_argument("replacement", metavar="replace", help="what stands there then")
    parser.add_argument("--regex", action="store_true", help="find by a regular expression")
    parser.add_argument("--ignore-case", action="store_true", help="upper and lower case are alike")
    _of_images(parser)


def _merge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("keyword", help="the spelling that stays")
    parser.add_argument("variant", nargs="+", help="a spelling that becomes it")
    parser.add_argument("--field", default="Xmp.dc.subject", help="another list than the keywords")
    _of_images(parser)


def _pattern_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", help='as "{date:%%Y-%%m-%%d}_{sequence:04}"')
    _of_images(parser)


def _sheet_out_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", help="a file that ends with .csv or .xlsx; one of this name is replaced")
    parser.add_argument("--field", action="append", required=True, help="a column; may be said several times")
    parser.add_argument("--language", action="append", help="also columns of this language; may be said several times")
    _asking(parser)


def _sheet_in_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sheet", help="the file that was edited")
    _changing(parser)


VERBS: dict[str, Verb] = {
    "set": Verb(_set, _set_arguments),
    "template": Verb(_template, _template_arguments),
    "replace": Verb(_replace, _replace_arguments),
    "merge-keywords": Verb(_merge_keywords, _merge_arguments),
    "rename": Verb(_rename, _pattern_arguments),
    "organise": Verb(_organise, _pattern_arguments),
    "sheet-out": Verb(_sheet_out, _sheet_out_arguments),
    "sheet-in": Verb(_sheet_in, _sheet_in_arguments),
}
"""Verb → what it does."""
