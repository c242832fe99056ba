"""The page of a de-duplication report, section by section."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.calibration_figures import Pairs, pairs_tried
from workbench.page_parts import (
    Bars,
    Column,
    Row,
    badge,
    bar_chart,
    count,
    document,
    moment,
    moments,
    money,
    numbers,
    picture,
    plain,
    share,
    size,
    sizes,
    statement,
    table,
    text,
    tile,
    two_lines,
)
from workbench.relations import DECISIONS, RELATIONS
from workbench.report_certainty import taken_wrongly
from workbench.report_words import Words

if TYPE_CHECKING:
    from workbench.certificate import Certificate
    from workbench.dedup_report import Example, Findings

_LISTED = 15
_WORDS = Words()

NAMES: dict[str, str] = {
    "exact": "Exact copies",
    "same-picture": "Same picture",
    "fuzzy": "Light edits",
    "content": "Crops and parts",
    "variant": "Variants",
    "burst": "Bursts",
    "companion": "Companions",
    "metadata": "Alike by metadata",
    "duplicate": "Duplicates by decision",
    "not_duplicate": "Not duplicates",
    "sidecar": "Sidecar files",
}
"""Relation → what a heading calls it."""

_APART = ("variant", "burst", "companion", "not_duplicate")
_PROVED = ("exact", "same-picture")
_STATES = {
    "open": ("undecided", "waits"),
    "skipped": ("skipped", "waits"),
    "decided": ("decided", ""),
    "quarantined": ("in quarantine", "gone"),
    "purged": ("deleted", "gone"),
    "restored": ("put back", "waits"),
}
_COLOURS = {
    "undecided": ("Undecided", "#b9c2cd"),
    "decided": ("Decided, still there", "#1f5fa8"),
    "quarantined": ("In quarantine", "#5fa777"),
    "purged": ("Deleted", "#2b7a4b"),
}
_HOW = {"single": "one by one", "bulk": "many at once, after a preview", "second": "a second look"}


def page(found: Findings, title: str) -> str:
    """Return the page.

    Parameters
    ----------
    found : Findings
        See `workbench.dedup_report.findings`.
    title : str
        Its heading.
    """
    body = "\n".join(part for section in _SECTIONS if (part := section(found)))
    footer = (
        f"Made by image-workbench from the workspace “{found.name}” at event {found.events:,} of its ledger. "
        "The same position of the ledger gives the same report."
    )
    return document(
        f"De-duplication report · {title}", f"{_header(found, title)}\n{body}\n<footer>{text(footer)}</footer>"
    )


def _header(found: Findings, title: str) -> str:
    seen = f"As of {moment(found.at)} · {count(found.numbers['images'], 'image')} looked at"
    return f'<header><p class="kind">De-duplication report</p><h1>{text(title)}</h1><p>{text(seen)}</p></header>'


def _section(heading: str, *parts: str) -> str:
    return f"<section><h2>{text(heading)}</h2>{''.join(parts)}</section>"


def _note(words: str) -> str:
    return f'<p class="soft">{text(words)}</p>' if words else ""


def _relation_cell(row: Row) -> str:
    relation = str(row["relation"])
    return two_lines(NAMES.get(relation, relation), _says(relation))


def _says(relation: str) -> str:
    return RELATIONS.get(relation) or DECISIONS.get(relation, "")


def _state(state: str) -> str:
    return badge(*_STATES.get(state, (state, "")))


# ── sections ──────────────────────────────────────────────────────────────────────────────────────────────────


def _summary(found: Findings) -> str:
    n = found.numbers
    decided, clusters = n["clusters_by_decision"], n["clusters"] + n["cleared_clusters"]
    among = f"{share(n['found'], n['images'])} of the images, in {count(clusters, 'cluster')}"
    waiting = f"{n['open_clusters']:,} open, {n['skipped_clusters']:,} skipped"
    waiting += f", {n['cleared_undecided_clusters']:,} removed undecided" if n["cleared_undecided_clusters"] else ""
    now = f"{n['quarantined']:,} in quarantine, {n['purged']:,} deleted, {n['restored']:,} put back"
    out = n["quarantined_bytes"] + n["purged_bytes"]
    tiles = [
        tile(f"{n['found']:,}", "duplicates found", among),
        tile(size(n["found_bytes"]), "in duplicates", "bytes of the files that may go"),
        tile(f"{decided:,} of {clusters:,}", "clusters decided", waiting),
        tile(f"{n['removed']:,}", "files removed", now),
        tile(size(out), "taken out of the collection", f"of which {size(n['purged_bytes'])} freed for good"),
        *_cost(found),
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>{_in_words(found)}'


def _cost(found: Findings) -> Iterator[str]:
    price, n = found.price, found.numbers
    if price.per_gb:
        rate = f"at {price.per_gb:g} {price.currency} per GB and {price.per}"
        everything = f"{money(n['money_found'], price.currency)} for all that was found"
        saved = money(n["money_removed"], price.currency)
        yield tile(saved, f"a {price.per} for what was removed", f"{rate}; {everything}")


def _in_words(found: Findings) -> str:
    n = found.numbers
    if not n["found"] and not found.rows("runs"):
        return "<p>Nobody has looked for duplicates yet: whether there are any isn't known.</p>"
    if not n["found"]:
        return "<p>No duplicates were found. What was looked at, and what could not be, stands below.</p>"
    said = [f"Of {count(n['images'], 'image')}, {n['found']:,} are duplicates of others that stay."]
    if n["removed"]:
        said.append(f"{count(n['removed'], 'file')} of them {'was' if n['removed'] == 1 else 'were'} taken out.")
    else:
        said.append("Nothing has been removed.")
    if n["quarantined"]:
        said.append("What is in quarantine can be put back, byte for byte, under its old name.")
    if n["undecided"]:
        waiting = count(n["undecided"], "duplicate waits", "duplicates wait")
        said.append(f"{waiting} for a decision and stay until then.")
    return f"<p>{text(' '.join(said), longest=1_000)}</p>"


def _kinds(found: Findings) -> str:
    rows, n = found.rows("kinds"), found.numbers
    if not rows:
        return ""
    columns = [
        Column("What ties them to the image that stays", _relation_cell, "", "All duplicates"),
        numbers("Found", "found", n["found"]),
        sizes("Bytes", "found_bytes", n["found_bytes"]),
        *(numbers(name, key, n[key]) for key, name in _KIND_COLUMNS.items()),
    ]
    labels = [NAMES.get(row["relation"], row["relation"]) for row in rows]
    series = [
        Bars(name, colour, [row[key] for row in rows])
        for key, (name, colour) in _COLOURS.items()
        if any(row[key] for row in rows)
    ]
    says = "Duplicates by kind and state; the table below has the figures."
    chart = bar_chart("kinds", labels, series, says=says, unit="files") if series else ""
    return _section("What was found", chart, table(columns, rows), _apart(found))


_KIND_COLUMNS = {key: name for key, (name, _) in _COLOURS.items()}


def _apart(found: Findings) -> str:
    rows = [row for row in found.rows("relations") if row["relation"] in _APART]
    if not rows:
        return ""
    columns = [
        Column("Pairs that are related but no duplicates", _relation_cell),
        numbers("Pairs", "pairs"),
        numbers("Decided by people", "decided"),
    ]
    return f"<h3>Alike, and kept apart</h3>{_note('Both images of each of these pairs stay.')}{table(columns, rows)}"


def _review(found: Findings) -> str:
    rows, n = found.rows("reviews"), found.numbers
    if not rows:
        return _section("Review", "<p>Nobody has reviewed a cluster yet.</p>")
    columns = [
        plain("Who", "actor"),
        Column("Decision", lambda row: text(str(row["decision"]).replace("_", " ")), "short"),
        Column("How", lambda row: text(_HOW.get(str(row["how"]), row["how"]))),
        numbers("Clusters", "clusters"),
        numbers("Images", "images"),
        moments("First", "first_at"),
        moments("Last", "last_at"),
    ]
    intro = "<p>Every decision is an entry in the workspace's ledger, with its author and time.</p>"
    agreed = share(n["second_looks_agreed"], n["second_looks"])
    again = f"{count(n['second_looks'], 'cluster')} had a second look; {agreed} of these came to the same decision."
    return _section("Review", intro, table(columns, rows), _note(again if n["second_looks"] else ""))


def _sure(found: Findings) -> str:
    if not found.certificates and found.calibrated is None:
        return ""
    return _section("How sure it is", _certificates(found), _calibration(found))


def _certificates(found: Findings) -> str:
    if not found.certificates:
        return ""
    intro = (
        "A random sample of what is to be removed is looked at by people. The bound is exact (hypergeometric) for "
        "the number of pairs that there are."
    )
    return f"<h3>By looking</h3><p>{text(intro)}</p>{''.join(map(_certificate, found.certificates))}"


def _calibration(found: Findings) -> str:
    whole = found.calibrated
    if whole is None:
        return ""
    rows = [row for row in found.rows("calibration") if row["part"] == "recall" and row["tried"]]
    intro = (
        f"Edited copies of {count(int(whole['sampled']), 'picture')} of this collection were made in memory, of "
        f"{count(int(whole['kinds'] or 0), 'kind')}, and looked for among {count(int(whole['pictures']), 'picture')}: "
        f"{share(whole['recall'] or 0, 1)} were found on average, {share(whole['least_recall'] or 0, 1)} of the kind "
        "found least."
    )
    shown = rows[:_LISTED]
    says = "Edited copies found, by kind of edit; the least found first."
    bars = [Bars("Found", "#1f5fa8", [row["share"] for row in shown])]
    chart = bar_chart("calibration", [str(row["says"])[:60] for row in shown], bars, says=says, percent=True)
    least = f"The {len(shown)} kinds found least of {len(rows)}" if len(shown) < len(rows) else "All kinds"
    picture_of_it = chart + _note(f"{least}.") + _recall(rows) if shown else ""
    pairs = pairs_tried(found.rows("calibration"))
    reviewed = any(row["decision"] != "skipped" for row in found.rows("reviews"))
    wrong = " ".join(taken_wrongly(_WORDS, pairs, reviewed=reviewed))
    said = f"<p>{text(intro, longest=1_000)}</p><p>{text(wrong, longest=2_000)}</p>"
    return f"<h3>By trying out</h3>{said}{picture_of_it}{_wrongly(pairs)}"


def _recall(rows: Sequence[Row]) -> str:
    """Every kind of edit with its bounds; folded, as there may be a hundred."""
    columns = [
        plain("Kind of edit", "says"),
        numbers("Copies", "tried"),
        numbers("Compared", "proposed"),
        numbers("Found", "found"),
        Column("Share", lambda row: share(row["found"], row["tried"]), "n"),
        Column("With 95 % confidence", lambda row: text(f"{share(row['low'], 1)} to {share(row['high'], 1)}"), "n"),
    ]
    how = _note("Bounds after Wilson. Compared: a candidate for verification at all.")
    return f"<details><summary>All {len(rows)} kinds, with bounds</summary>{table(columns, rows)}{how}</details>"


def _wrongly(pairs: Sequence[Pairs]) -> str:
    if not pairs:
        return ""
    columns = [
        plain("Pairs of different pictures", "says"),
        numbers("Tried", "tried"),
        numbers("Taken for duplicates", "accepted"),
        numbers("Known to be wrong", "refuted"),
        Column("Wrong at most, if only these are", lambda row: text(_WORDS.bound(row["bound"])), "n"),
        Column("Wrong at most, if all taken are", lambda row: text(_WORDS.bound(row["worst"])), "n"),
    ]
    how = "The last two columns are upper bounds of the rate, 95 % (Clopper-Pearson)."
    return table(columns, [one._asdict() for one in pairs]) + _note(how)


def _certificate(one: Certificate) -> str:
    about = f"Sample {one.draw_id} ({one.what}); seed {one.seed}; confidence {one.confidence * 100:g} %"
    return statement(one.statement, about, holds=one.most_wrong is not None and not one.wrong)


def _removal(found: Findings) -> str:
    rows, n = found.rows("removed"), found.numbers
    if not rows:
        return ""
    columns = [
        Column("Taken out", _removed_cell),
        plain("Stays in its stead", "kept_path"),
        Column("Now", lambda row: _state(str(row["state"])), "short"),
        Column("By", lambda row: two_lines(row["removed_by"], moment(row["removed_at"])), "short"),
    ]
    beside = f" {count(n['sidecars'], 'sidecar file')} went along." if n["sidecars"] else ""
    checked = (
        "Before a file was moved, it and the image that stays were read again and compared with their checksums in the "
        f"catalogue.{_unreviewed(n['removed_undecided'], n['removed'])}{beside}"
    )
    largest = sorted(rows, key=lambda row: (-int(row["size"]), str(row["path"])))[:_LISTED]
    return _section(
        "What was removed", f"<p>{text(checked)}</p>", table(columns, largest), _more(largest, rows, "removed")
    )


def _unreviewed(some: int, removed: int) -> str:
    if not some:
        return ""
    which = "all" if some == removed else f"{some:,} of"
    return f" Nobody had decided about {which} {count(removed, 'image')}: they went by what the search had found."


def _removed_cell(row: Row) -> str:
    return two_lines(row["path"], f"{NAMES.get(row['relation'], row['relation'])}, {size(int(row['size']))}")


def _more(shown: list[Any], rows: list[Any], name: str) -> str:
    if len(shown) == len(rows):
        return ""
    return f'<p class="soft">The {len(shown)} largest of {len(rows):,}; <code>tables/{name}.csv</code> has all.</p>'


def _kept(found: Findings) -> str:
    rows = found.rows("kept")
    if not rows:
        return ""
    columns = [
        Column("Stays", lambda row: two_lines(row["path"], _facts(row))),
        Column("In place of", lambda row: text(count(int(row["stands_for"]), "file")), "n"),
        sizes("Their bytes", "bytes_of_others"),
        Column("SHA-256", lambda row: f'<span class="mono">{text(row["checksum"][:16])}…</span>', "short"),
    ]
    largest = sorted(rows, key=lambda row: (-int(row["bytes_of_others"]), str(row["path"])))[:_LISTED]
    intro = f"{count(len(rows), 'image stays', 'images stay')} in place of others{_by_whom(found)}"
    return _section("What stays", f"<p>{text(intro)}</p>", table(columns, largest), _more(largest, rows, "kept"))


def _by_whom(found: Findings) -> str:
    kept, undecided = found.numbers["kept"], found.numbers["kept_undecided"]
    if not undecided:
        return ", by decision."
    if undecided == kept:
        return ". Nobody decided that: the rules for what stays chose."
    some = f", {kept - undecided:,} of them by decision."
    return f"{some} For the others nobody decided it: the rules for what stays chose."


def _facts(row: Row) -> str:
    pixels = f", {row['width']:,} × {row['height']:,} pixels" if row["width"] else ""
    return f"{row['format']}{pixels}, {size(int(row['size']))}"


def _smaller(found: Findings) -> str:
    rows, n = found.rows("optimised"), found.numbers
    if not rows:
        return ""
    states = {"optimised": "original kept", "restored": "original put back", "confirmed": "original let go"}
    columns = [
        Column("How", lambda row: text("without loss" if row["how"] == "lossless" else row["how"])),
        Column("Now", lambda row: text(states.get(str(row["state"]), row["state"]))),
        numbers("Files", "files"),
        sizes("Before", "bytes_before"),
        sizes("After", "bytes_after"),
        sizes("Saved", "saved"),
    ]
    intro = f"{count(n['optimised'], 'file')} made smaller where they are, by {size(n['optimised_saved'])}."
    return _section("What was made smaller", f"<p>{text(intro)}</p>", table(columns, rows))


def _evidence(found: Findings) -> str:
    groups: dict[str, list[Example]] = {}
    for example in found.examples:
        groups.setdefault(str(example.row["relation"]), []).append(example)
    if not groups:
        return ""
    intro = (
        "Of each kind the largest pairs. The difference is taken with the duplicate laid on the image that stays: grey "
        "where they agree, red where they don't, white where the duplicate doesn't reach."
    )
    kinds = [
        f"<h3>{text(NAMES.get(relation, relation))}</h3>{_note(_says(relation))}{''.join(map(_card, group))}"
        for relation, group in groups.items()
    ]
    return _section("Evidence", f"<p>{text(intro)}</p>", *kinds)


def _card(example: Example) -> str:
    row, shown = example.row, example.shown
    proved = row["relation"] in _PROVED
    because = "Proved." if proved else f"{row['because']} Score {min(float(row['sure']), 0.999):.3f} of 1."
    pictures = [
        picture(shown.kept, "Stays", str(row["kept_path"])),
        picture(shown.other, "Duplicate", f"{row['other_path']}, {size(int(row['bytes']))}"),
        picture(shown.difference, "Difference", _differing(shown.differing), "How they lie on each other isn't known."),
    ]
    return (
        f'<div class="pair"><p>{_state(str(row["state"]))} <span class="soft">{text(because)}</span></p>'
        f'<div class="pictures">{"".join(pictures)}</div></div>'
    )


def _differing(part: float | None) -> str:
    if part is None:
        return ""
    return f"{share(part, 1)} of the shared area differs visibly" if part else "nothing differs visibly"


def _skipped(found: Findings) -> str:
    rows = found.rows("skipped")
    if not rows:
        return _section("What was left out", "<p>Nothing: every file was read, compared and decided.</p>")
    columns = [
        plain("What", "stage", "short"),
        plain("Why", "reason"),
        numbers("Files", "files"),
        plain("For example", "path"),
    ]
    where = '<p class="soft"><code>tables/skipped.csv</code> names every file.</p>'
    return _section("What was left out, and why", table(columns, _reasons(rows)), where)


def _reasons(rows: list[dict[str, Any]]) -> Iterator[Row]:
    counted: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        counted.setdefault((str(row["stage"]), str(row["reason"])), []).append(str(row["path"]))
    for (stage, reason), paths in counted.items():
        yield {"stage": stage, "reason": reason, "files": len(paths), "path": paths[0]}


def _how(found: Findings) -> str:
    rows = found.rows("runs")
    columns = [
        plain("Method", "method"), moments("When", "at"), plain("By", "actor"), numbers("Images", "images"),
        numbers("Pairs", "pairs"), plain("Outcome", "outcome"),
    ]  # fmt: skip
    return _section("How it was looked for", table(columns, rows)) if rows else ""


def _verify(found: Findings) -> str:
    intro = (
        "One command compares the files of this report with their checksums, follows the chain of the workspace's "
        "ledger, and reads every image that stays again:"
    )
    return _section(
        "Checking this report",
        f"<p>{text(intro)}</p><pre>workbench dedup verify-report FOLDER</pre>",
        f"<dl><dt>Position in the ledger</dt><dd>event {found.events:,}, {text(moment(found.at))}</dd>",
        f'<dt>Hash of that event</dt><dd class="mono">{text(found.head)}</dd>',
        "<dt>Tables</dt><dd>as CSV and Parquet in <code>tables/</code>; the figures in <code>report.json</code></dd>",
        "<dt>Checksums</dt><dd><code>manifest-sha256.txt</code>, as <code>sha256sum -c</code> reads it</dd></dl>",
    )


_SECTIONS: tuple[Callable[[Findings], str], ...] = (
    _summary,
    _kinds,
    _review,
    _sure,
    _removal,
    _kept,
    _smaller,
    _evidence,
    _skipped,
    _how,
    _verify,
)
