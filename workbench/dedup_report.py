"""The report of a de-duplication: what was found, decided, kept and removed, on what evidence, and what was left out.

A folder: ``index.html`` (one self-contained page), ``tables/`` (CSV and Parquet), ``report.json`` (the numbers, and the
position of the ledger they were true at) and ``manifest-sha256.txt``. The same ledger position gives the same bytes.
`verify_report` checks it again: the report's files, the ledger up to that position, and the files that were kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench import dedup_page, manifests, sources
from workbench.catalog import arrow_table
from workbench.certificate import Certificate, certificates
from workbench.errors import BadValue, LedgerBroken, WorkbenchError, WorkspaceBusy
from workbench.evidence import Shown, evidence_of, show
from workbench.in_words import InWords
from workbench.page_parts import size
from workbench.relations import RELATIONS
from workbench.replacement import checksum_of, write_folder
from workbench.tables import as_csv, as_parquet
from workbench.workspace import VERSION, Workspace

TABLES: dict[str, str] = {
    "kinds": "report_kinds",
    "relations": "report_related",
    "reviews": "report_reviews",
    "clusters": "report_members",
    "removed": "report_removed",
    "kept": "report_kept",
    "skipped": "report_skipped",
    "runs": "report_runs",
    "calibration": "report_calibration",
    "optimised": "report_optimised",
}
"""Table of the report → the named query that it holds the answer of."""

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Price:
    """What storage costs.

    Attributes
    ----------
    per_gb : float
        For 10⁹ bytes; 0 leaves money out of the report.
    currency, per : str
        As written behind the figure: ``EUR`` … ``month``.
    """

    per_gb: float = 0.0
    currency: str = "EUR"
    per: str = "month"

    def of(self, held: int) -> float:
        """Return what so many bytes cost."""
        return held / 1e9 * self.per_gb


@dataclass(frozen=True, slots=True)
class Example:
    """A pair shown as evidence: a row of ``report_examples``, and its pictures."""

    row: dict[str, Any]
    shown: Shown


@dataclass(slots=True)
class Findings:
    """Everything that a report says.

    Attributes
    ----------
    name : str
        The workspace's name.
    events, head : int, str
        The ledger's position, and the hash there.
    at : str
        When its last event was, UTC.
    numbers : dict
        The figures by name; bytes are bytes.
    tables : dict
        By their names in `TABLES`.
    certificates : list of Certificate
    examples : list of Example
    calibrated : dict or None
        The last calibration as a whole: see the view ``calibrations``.
    price : Price
    """

    name: str
    events: int
    head: str
    at: str
    price: Price
    numbers: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)
    certificates: list[Certificate] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    calibrated: dict[str, Any] | None = None

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return a table's rows."""
        return list(self.tables[table].to_pylist())

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, and where the ledger stood, as JSON-able data."""
        return {
            "report": "de-duplication",
            "format": 1,
            "workspace": self.name,
            "version": VERSION,
            "ledger": {"events": self.events, "head": self.head, "at": self.at},
            "price": {"per_gb": self.price.per_gb, "currency": self.price.currency, "per": self.price.per},
            "numbers": self.numbers,
            "certificates": [one.as_dict() for one in self.certificates],
            "calibration": self.calibrated and {name: _jsonable(value) for name, value in self.calibrated.items()},
            "tables": {name: table.num_rows for name, table in self.tables.items()},
        }


def _jsonable(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written.

    Attributes
    ----------
    folder : Path
    numbers : dict
        As in ``report.json``.
    files : dict
        Path inside the folder → SHA-256.
    """

    folder: Path
    numbers: dict[str, Any]
    files: dict[str, str]

    def frame(self, table: str) -> pd.DataFrame:
        """Return one of its tables, by its name in `TABLES`."""
        if table not in TABLES:
            raise BadValue(f"The report has no table {table!r}.", hint=f"It has {', '.join(TABLES)}.")
        return pd.read_parquet(self.folder / "tables" / f"{table}.parquet")

    @property
    def page(self) -> Path:
        """The page to open or to send."""
        return self.folder / "index.html"

    def __str__(self) -> str:
        n = self.numbers
        return (
            f"{n['found']:,} duplicates ({size(n['found_bytes'])}) of {n['images']:,} images; "
            f"{n['clusters_by_decision']:,} clusters decided; {n['removed']:,} files removed. "
            f"The report is in {self.page}."
        )


# ── finding out ───────────────────────────────────────────────────────────────────────────────────────────────


def findings(ws: Workspace, *, price: Price | None = None, examples: int = 6) -> Findings:
    """Gather what a report says, without writing anything.

    Parameters
    ----------
    price : Price, optional
        Without it there is no money in the report.
    examples : int
        Pairs to show as evidence, of each kind; 0 for none.

    Raises
    ------
    WorkspaceBusy
        Somebody kept changing things while it was gathered.
    BadValue
        A price or a number of examples below 0.
    """
    cost = price or Price()
    if examples < 0 or not cost.per_gb >= 0:
        raise BadValue("A report can't show fewer than nothing.", hint="Say 0 for none.")
    for _ in range(_ATTEMPTS):
        before = ws.ledger.head()
        made = _gather(ws, cost, examples, before)
        if ws.ledger.head() == before:
            return made
    raise WorkspaceBusy("Somebody keeps changing things.", hint="Make the report when the others have paused.")


def _gather(ws: Workspace, price: Price, examples: int, head: tuple[int, str]) -> Findings:
    at = [event.at for event in ws.ledger.read(after=head[0] - 1, limit=1)]
    made = Findings(ws.name, head[0], head[1], at[0] if at else "", price)
    with ws.reading() as connection:

        def ask(name: str, **parameters: Any) -> pa.Table:
            return arrow_table(connection, ws.catalog.named(name).sql, parameters)

        made.tables = {table: ask(query) for table, query in TABLES.items()}
        totals, looks = ask("report_totals").to_pylist()[0], ask("report_second_looks").to_pylist()[0]
        made.calibrated = next(iter(ask("report_calibrated").to_pylist()), None)
        chosen = ask("report_examples", most=examples).to_pylist() if examples else []
    made.certificates = certificates(ws)
    made.numbers = _numbers(made, totals, looks)
    made.examples = list(_examples(ws, chosen))
    return made


def _numbers(made: Findings, totals: dict[str, Any], looks: dict[str, Any]) -> dict[str, Any]:
    kinds = made.rows("kinds")
    summed = {name: sum(row[name] for row in kinds) for name in kinds[0] if name != "relation"} if kinds else _NOTHING
    removed, freed = summed["quarantined"] + summed["purged"], summed["purged_bytes"]
    out = summed["quarantined_bytes"] + freed
    smaller = [row for row in made.rows("optimised") if row["state"] != "restored"]
    out_undecided = [row for row in _out(made) if not row["decided"]]
    cleared = {row["cluster_id"] for row in out_undecided} - {row["cluster_id"] for row in made.rows("clusters")}
    stay = {row["kept_id"] for row in out_undecided}
    return {
        **{name: int(value) for name, value in totals.items() if name != "last_event_at"},
        **{name: int(value) for name, value in summed.items()},
        "images": int(totals["images"]) + removed,
        "images_now": int(totals["images"]),
        "removed": removed,
        "removed_bytes": out,
        "found_share": summed["found"] / (totals["images"] + removed) if totals["images"] + removed else 0.0,
        "second_looks": int(looks["looks"]),
        "second_looks_agreed": int(looks["agreed"]),
        "human_pairs": sum(row["decided"] for row in made.rows("relations")),
        "removed_undecided": len(out_undecided),
        "cleared_undecided_clusters": len(cleared),
        "clusters_by_decision": int(totals["decided_clusters"] + totals["cleared_clusters"]) - len(cleared),
        "kept_undecided": sum(row["image_id"] in stay for row in made.rows("kept")),
        "money_found": made.price.of(summed["found_bytes"]),
        "money_removed": made.price.of(out),
        "money_freed": made.price.of(freed),
        "kept": made.tables["kept"].num_rows,
        "skipped": made.tables["skipped"].num_rows,
        "optimised": sum(row["files"] for row in smaller),
        "optimised_saved": sum(int(row["saved"]) for row in smaller),
        "by_kind": {row["relation"]: {k: int(v) for k, v in row.items() if k != "relation"} for row in kinds},
    }


def _out(made: Findings) -> list[dict[str, Any]]:
    """Return the images that were taken out and not put back."""
    return [row for row in made.rows("removed") if row["state"] != "restored" and not row["goes_with"]]


_NOTHING = dict.fromkeys(
    ("found", "found_bytes", "undecided", "decided", "quarantined", "quarantined_bytes", "purged", "purged_bytes",
     "restored"), 0)  # fmt: skip


def _examples(ws: Workspace, rows: list[dict[str, Any]]) -> Iterator[Example]:
    sums = {row[name] for row in rows for name in ("kept_checksum", "other_checksum")}
    thumbnails = ws.thumbnails.get_many(sorted(sums))
    for row in rows:
        noted = evidence_of(row["evidence"])
        kept, other = thumbnails.get(row["kept_checksum"]), thumbnails.get(row["other_checksum"])
        swapped = noted.get("from", row["image_a"]) == row["other_id"]
        pictures = show(kept, other, relation=row["relation"], evidence=noted, swapped=swapped)
        yield Example(row | {"because": str(noted.get("because", "")) or RELATIONS.get(row["relation"], "")}, pictures)


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────


def report(
    ws: Workspace,
    to: str | os.PathLike[str],
    *,
    price: Price | float | None = None,
    examples: int = 6,
    overwrite: bool = False,
    title: str = "",
) -> Report:
    """Write the report of the workspace's de-duplication.

    Parameters
    ----------
    to : str or path
        A folder that doesn't exist yet, or is empty.
    price : Price or float, optional
        What storage costs (a number: in EUR for 10⁹ bytes and month); without it there is no money in the report.
    examples : int
        Pairs to show as evidence, of each kind.
    overwrite : bool
        Replace an earlier report of that folder.
    title : str
        Who or what it is for; the workspace's name when not given.

    Raises
    ------
    BadValue
        The folder has something in it that is no report.
    StorageError
        It can't be written; then nothing is.
    """
    target = Path(to).expanduser().absolute()
    _must_be_free(target, overwrite=overwrite)
    cost = Price(float(price)) if isinstance(price, int | float) else price
    found = findings(ws, price=cost, examples=examples)
    about = found.as_dict() | {"title": title or found.name, "workspace_folder": _way(ws.folder, target)}
    files = dict(_files(found, about))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    write_folder(target, {**files, manifests.NAME: manifests.manifest(sums)})
    return Report(target, found.numbers, sums)


def _way(folder: Path, target: Path) -> str:
    """Return how one gets from the report to the workspace; empty where there is no way (another drive)."""
    try:
        return Path(os.path.relpath(folder.resolve(), target.resolve())).as_posix()
    except ValueError:
        return ""


def _must_be_free(target: Path, *, overwrite: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if overwrite and (target / "report.json").is_file() and (target / manifests.NAME).is_file():
        return
    hint = "Name a new folder, or say overwrite to replace an earlier report." if target.is_dir() else "Name a folder."
    raise BadValue(f"{target} isn't empty.", hint=hint)


def _files(found: Findings, about: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    yield "index.html", dedup_page.page(found, about["title"]).encode("utf-8", "replace")
    yield "report.json", (json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    for name, table in found.tables.items():
        yield f"tables/{name}.csv", b"\xef\xbb\xbf" + as_csv(table).encode("utf-8", "replace")
        yield f"tables/{name}.parquet", as_parquet(table)


# ── verifying ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Verification(InWords):
    """What became of a report and of what it speaks of.

    Attributes
    ----------
    checks : list of (str, bool, str)
        What was checked, whether it holds, and what was found.
    """

    checks: list[tuple[str, bool, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(holds for _, holds, _ in self.checks)

    def frame(self) -> pd.DataFrame:
        """Return what was checked: check, holds, found."""
        return pd.DataFrame(self.checks, columns=["check", "holds", "found"])

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"ok": self.ok, "checks": [{"check": c, "holds": h, "found": f} for c, h, f in self.checks]}

    def __str__(self) -> str:
        lines = [f"{'✓' if holds else '✗'} {check}: {found}" for check, holds, found in self.checks]
        return "\n".join([*lines, "Everything holds." if self.ok else "Something doesn't hold."])


def verify_report(
    folder: str | os.PathLike[str],
    workspace: str | os.PathLike[str] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a report again: its own files, the ledger up to its position, and every file that was kept.

    Parameters
    ----------
    folder : str or path
        The report.
    workspace : str or path, optional
        Where the workspace is now; where it was when the report was made when not given.
    progress : callable, optional
        Called with how many kept files were read, and how many there are.

    Returns
    -------
    Verification
        A line for every check; what can't be checked doesn't hold.

    Raises
    ------
    BadValue
        The folder is no report.
    """
    home = Path(folder).expanduser().absolute()
    about = _about(home)
    made = Verification()
    made.checks.append(_check_files(home))
    place = Path(workspace).expanduser().absolute() if workspace is not None else home / about["workspace_folder"]
    if not (place / "ledger.sqlite").is_file():
        made.checks.append(("ledger", False, "The workspace isn't where it was: say where it is now."))
        return made
    with Workspace(place) as ws:
        made.checks.append(_check_ledger(ws, about["ledger"]))
        made.checks.append(_check_kept(ws, home, progress or (lambda done, total: None)))
    return made


def _about(home: Path) -> dict[str, Any]:
    try:
        about = json.loads((home / "report.json").read_text("utf-8"))
        wanted = about["ledger"]["events"], about["ledger"]["head"], about["workspace_folder"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadValue(f"{home} is no report of a de-duplication.", hint="Name the folder with report.json.") from error
    if about.get("report") != "de-duplication" or not isinstance(wanted[0], int):
        raise BadValue(f"{home} is another kind of report.", hint="Name the folder with the right report.json.")
    return dict(about)


def _check_files(home: Path) -> tuple[str, bool, str]:
    try:
        wanted = manifests.listed((home / manifests.NAME).read_bytes())
    except (OSError, ValueError):
        return "report", False, "The list of checksums is missing or can't be read."
    there = {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()} - {manifests.NAME}
    wrong = sorted(name for name in wanted if name not in there or checksum_of(home / name) != wanted[name])
    more = sorted(there - wanted.keys())
    if wrong or more or not {"index.html", "report.json"} <= wanted.keys():
        return "report", False, f"Changed or missing: {', '.join([*wrong, *more][:5]) or 'the page'}."
    return "report", True, f"{len(wanted):,} files are as they were written."


def _check_ledger(ws: Workspace, known: dict[str, Any]) -> tuple[str, bool, str]:
    if ws.ledger.hash_at(known["events"]) != known["head"]:
        return "ledger", False, f"Event {known['events']:,} isn't the one the report was made at: another ledger."
    try:
        verified = ws.verify()
    except LedgerBroken as error:
        return "ledger", False, str(error)
    later = verified.events - known["events"]
    more = f"; {later:,} events came later" if later else ""
    return "ledger", True, f"The chain of {verified.events:,} events verifies and goes through the report's{more}."


def _check_kept(ws: Workspace, home: Path, tell: Callable[[int, int], None]) -> tuple[str, bool, str]:
    try:
        kept = pd.read_parquet(home / "tables" / "kept.parquet", columns=["image_id", "uri", "path", "checksum"])
    except (OSError, ValueError) as error:
        return "kept files", False, f"Their table can't be read: {error}."
    moved = ws.query("where_images_are_now", image_ids=kept["image_id"].tolist())
    places = dict(zip(moved["old_id"], moved["uri"], strict=True))
    recorded = ws.query("changes_on_record", image_ids=kept["image_id"].tolist())
    accounted = set(zip(recorded["old_id"], recorded["checksum"], strict=True))
    wrong, changed = [], 0
    for done, row in enumerate(kept.itertuples(index=False), 1):
        found = _read_again(str(places.get(row.image_id, row.uri)))
        if found is None:
            wrong.append(f"{row.path} can't be read")
        elif found != row.checksum and (row.image_id, found) not in accounted:
            wrong.append(f"{row.path} isn't the same any more")
        changed += found is not None and found != row.checksum
        tell(done, len(kept))
    if wrong:
        return "kept files", False, f"{len(wrong):,} of {len(kept):,}: {'; '.join(wrong[:5])}."
    since = f", {changed:,} of them as a later change on record left them" if changed else ""
    return "kept files", True, f"{len(kept):,} files are there, byte for byte{since}."


def _read_again(uri: str) -> str | None:
    try:
        with sources.open_blob(uri) as blob:
            return hashlib.sha256(blob.data).hexdigest()
    except (WorkbenchError, OSError):
        return None
