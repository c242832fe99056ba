"""Reports for clients and project managers: of quality, audits, duplicates, deliveries and operations.

A folder for each: ``index.html`` (one self-contained page), ``report.pdf``, ``report.xlsx``, ``report.json`` (every
number with what it rests on, the named query it comes from, and the ledger's position), ``tables/`` (CSV and Parquet)
and ``manifest-sha256.txt``. The same position of the ledger gives the same bytes of page, CSV and JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import (
    manifests,
    report_audit,
    report_delivery,
    report_duplicates,
    report_operations,
    report_page,
    report_print,
    report_quality,
    spreadsheets,
)
from workbench.errors import BadValue, NotFound, WorkspaceBusy
from workbench.replacement import write_folder
from workbench.report_figures import colours, plotly, svg
from workbench.report_model import Content, Remark, Section
from workbench.report_questions import Asked, Scope, scope
from workbench.report_theme import PAPER, Theme, read_theme
from workbench.report_words import Words
from workbench.tables import as_csv, as_parquet
from workbench.workspace import VERSION, Workspace

if TYPE_CHECKING:
    import plotly.graph_objects as go

KINDS: dict[str, tuple[Callable[[Asked], list[Section]], tuple[str, ...]]] = {
    "qc": (report_quality.sections, ("sampled", "inspectors", "agreeing", "pauses", "names", "scope")),
    "audit": (report_audit.sections, ("rules", "ignored", "scope")),
    "dedup": (report_duplicates.sections, ("unfound", "pictures", "names")),
    "delivery": (report_delivery.sections, ("arrived", "exports", "scope")),
    "operations": (report_operations.sections, ("pauses", "future", "names", "money", "scope")),
}
"""Kind of report → what makes its sections, and the words for what it doesn't show."""

FORMATS = ("html", "pdf", "xlsx", "csv", "parquet", "json")
"""What a report can be written as."""

INVENTED = "Invented, for practice"
"""How the reasons of events begin that tell of people who don't exist; a report of such work says so."""

_ATTEMPTS = 3
_IN_A_SHEET = 50_000
"""Rows of a table that the spreadsheet has: nobody reads more there, and CSV and Parquet have all."""

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as SVG: a notebook shows it, with or without a network, and nothing in it runs."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written.

    Attributes
    ----------
    folder : Path
    content : Content
        What it says, as sections.
    files : dict of str to str
        Path inside the folder → SHA-256.
    """

    folder: Path
    content: Content
    files: dict[str, str]

    @property
    def page(self) -> Path:
        """Where the page is."""
        return self.folder / "index.html"

    def numbers(self) -> pd.DataFrame:
        """Return every number: label, value as written, low, high, n, method."""
        words = Words(self.content.language)
        rows = [
            (
                one.label,
                words.written(one.value, one.unit),
                words.basis(one),
                one.value,
                one.low,
                one.high,
                one.n,
                one.key,
            )
            for one in self.content.numbers()
        ]
        return pd.DataFrame(rows, columns=["what", "value", "rests on", "exactly", "low", "high", "n", "key"])

    def tables(self) -> list[str]:
        """Return the keys of its tables."""
        return [table.key for table in self.content.tables()]

    def figures(self) -> list[str]:
        """Return the keys of its figures."""
        return [figure.key for figure in self.content.figures()]

    def frame(self, table: str) -> pd.DataFrame:
        """Return one of the tables, by its key."""
        return self._one(self.content.tables(), table).data.to_pandas()  # type: ignore[no-any-return]  # untyped pyarrow

    def table(self, table: str) -> pd.DataFrame:
        """Return one of the tables as the page shows it: the columns people read, written out, all rows."""
        one, words = self._one(self.content.tables(), table), Words(self.content.language)
        rows = one.rows()
        made: dict[str, list[str]] = {}
        for column in one.columns:
            cells = (
                (words.written(row[column.name], column.unit), report_page.under(column, row, words)) for row in rows
            )
            made[column.heading] = [f"{said} ({below})" if below else said for said, below in cells]
        return pd.DataFrame(made)

    def figure(self, figure: str) -> go.Figure:
        """Return one of the figures, by its key, to be shown in a notebook."""
        import plotly.graph_objects as go  # half a second, which the command line needn't wait for

        made = plotly(self._one(self.content.figures(), figure), Words(self.content.language))
        for trace in made["data"]:
            trace["marker"] = trace.get("marker", {}) | {"color": colours(Theme())[trace.pop("meta")["role"]]}
            if "line" in trace:
                trace["line"]["color"] = trace["marker"]["color"]
        for shape in made["layout"]["shapes"]:
            del shape["meta"]
        return go.Figure(made["data"], made["layout"] | {"height": made["height"], "template": "none"})

    def drawing(self, figure: str) -> Drawing:
        """Return one of the figures as a drawing, as it is printed."""
        words = Words(self.content.language)
        return Drawing(
            svg(self._one(self.content.figures(), figure), words, colours(Theme()), ground=PAPER, titled=True)
        )

    @staticmethod
    def _one(parts: list[Any], key: str) -> Any:
        for part in parts:
            if part.key == key:
                return part
        known = ", ".join(part.key for part in parts)
        raise NotFound(f"The report has no {key!r}.", hint=f"It has {known or 'none'}.")

    def __str__(self) -> str:
        n = self.content
        return (
            f"{n.title} of {n.subtitle}: {len(n.numbers())} numbers, {len(n.tables())} tables, "
            f"{len(n.figures())} figures. It is in {self.folder}."
        )


# ── finding out ───────────────────────────────────────────────────────────────────────────────────────────────


def gather(
    ws: Workspace,
    kind: str,
    *,
    batch: str | None = None,
    period: str | None = None,
    language: str = "en",
    title: str = "",
) -> Content:
    """Gather what a report says, without writing anything.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    batch, period : str, optional
        Only this batch; only this time: see `workbench.report_questions.scope`.
    language : str
        Of the report's own words.
    title : str
        Who or what it is for; the workspace's name when not given.

    Raises
    ------
    BadValue
        There is no such kind, period or language.
    NotFound
        There is no such batch.
    WorkspaceBusy
        Somebody kept changing things while it was gathered.
    """
    if kind not in KINDS:
        raise BadValue(f"There is no report of {kind!r}.", hint=f"There are {', '.join(KINDS)}.")
    words, about = Words(language), scope(batch, period)
    for _ in range(_ATTEMPTS):
        before = ws.ledger.head()
        made = _gather(ws, kind, about, words, before, title)
        if ws.ledger.head() == before:
            return made
    raise WorkspaceBusy("Somebody keeps changing things.", hint="Make the report when the others have paused.")


def _gather(ws: Workspace, kind: str, about: Scope, words: Words, head: tuple[int, str], title: str) -> Content:
    at = next((event.at for event in ws.ledger.read(after=head[0] - 1, limit=1)), "")
    made = Content(
        kind, words.language, words(f"kind.{kind}"), title or ws.name, ws.name, head[0], head[1], at, VERSION,
        _said(about, words),
    )  # fmt: skip
    maker, unsaid = KINDS[kind]
    with ws.reading() as connection:
        asked = Asked(ws, connection, about, words, at)
        if about.batch and not asked.rows("progress_of_batches"):
            raise NotFound(f"There is no batch {about.batch!r}.", hint="ws.query('progress_of_batches') lists them.")
        made.sections = maker(asked)
        invented = asked.rows("reasons_given", like=INVENTED)[0]["events"]
    if invented:
        made.sections[0].parts.insert(0, Remark(words("invented"), look="warn"))
    made.unsaid = [words(f"unsaid.{one}") for one in unsaid if one != "scope" or about != Scope()]
    return made


def _said(about: Scope, words: Words) -> dict[str, str]:
    told = {words("batch"): about.batch, words("period"): about.period}
    return {name: value for name, value in told.items() if value}


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────


def report(
    ws: Workspace,
    kind: str,
    to: str | os.PathLike[str],
    *,
    batch: str | None = None,
    period: str | None = None,
    language: str = "en",
    theme: str | os.PathLike[str] | Theme | None = None,
    title: str = "",
    formats: Sequence[str] = FORMATS,
    overwrite: bool = False,
) -> Report:
    """Write a report.

    Parameters
    ----------
    kind : str
        ``qc``, ``audit``, ``dedup``, ``delivery`` or ``operations``.
    to : str or path
        A folder that doesn't exist yet, or is empty.
    batch : str, optional
        Only this batch.
    period : str, optional
        Only this time: ``2026``, ``2026-03``, ``2026-W10``, ``2026-03-02``, or two of them with ``..`` between.
    language : str
        ``en`` or ``de``: of the report's own words, numbers and dates.
    theme : path or Theme, optional
        The client's name, logo and colours: see `workbench.report_theme.read_theme`.
    title : str
        Who or what it is for; the workspace's name when not given.
    formats : sequence of str
        Of `FORMATS`.
    overwrite : bool
        Replace an earlier report of that folder.

    Returns
    -------
    Report

    Raises
    ------
    BadValue
        Something isn't known, or the folder has something in it that is no report.
    NotFound
        There is no such batch.
    StorageError
        It can't be written; then nothing is.

    Examples
    --------
    >>> ws.report("qc", "march", period="2026-03", language="de")  # doctest: +SKIP
    """
    target = Path(to).expanduser().absolute()
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise BadValue(f"No report is written as {', '.join(sorted(unknown))}.", hint=f"Say {', '.join(FORMATS)}.")
    look = theme if isinstance(theme, Theme) else read_theme(theme)
    _must_be_free(target, overwrite=overwrite)
    made = gather(ws, kind, batch=batch, period=period, language=language, title=title)
    files = dict(rendered(made, look, formats))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    write_folder(target, {**files, manifests.NAME: manifests.manifest(sums)})
    return Report(target, made, sums)


def rendered(content: Content, theme: Theme, formats: Sequence[str] = FORMATS) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every file that a report consists of."""
    words = Words(content.language)
    if "html" in formats:
        yield "index.html", report_page.page(content, words, theme).encode("utf-8", "replace")
    if "pdf" in formats:
        yield "report.pdf", report_print.pdf(content, words, theme)
    if "xlsx" in formats:
        yield "report.xlsx", spreadsheets.book(_sheets(content, words), at=content.as_of(), most=_IN_A_SHEET)
    if "json" in formats:
        yield (
            "report.json",
            (json.dumps(as_dict(content), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode(
                "utf-8", "replace"
            ),
        )
    for table in content.tables():
        if "csv" in formats:
            yield f"tables/{table.key}.csv", b"\xef\xbb\xbf" + as_csv(table.data).encode("utf-8", "replace")
        if "parquet" in formats:
            yield f"tables/{table.key}.parquet", as_parquet(table.data)


def as_dict(content: Content) -> dict[str, Any]:
    """Return every number of a report with what it rests on, as JSON-able data."""
    return {
        "report": content.kind,
        "format": _SCHEMA,
        "language": content.language,
        "title": content.title,
        "of": content.subtitle,
        "workspace": content.workspace,
        "version": content.version,
        "scope": content.scope,
        "ledger": {"events": content.events, "head": content.head, "at": content.at},
        "numbers": [one.as_dict() for one in content.numbers()],
        "tables": {
            table.key: {
                "title": table.title, "query": table.query, "rows": table.data.num_rows,
                "columns": table.data.column_names, "file": f"tables/{table.key}.csv",
            }
            for table in content.tables()
        },
        "does_not_show": content.unsaid,
    }  # fmt: skip


_UNITS = {"hours": " (h)", "seconds": " (s)"}
"""What stands behind the heading of a column in a sheet, where the cells are plain numbers."""


def _sheets(content: Content, words: Words) -> Iterator[spreadsheets.Sheet]:
    heads = [words.known("sheet", name) for name in ("what", "value", "low", "high", "n", "method", "unit", "query")]
    rows = [
        (one.label, one.value, one.low, one.high, one.n, one.method, one.unit, one.query) for one in content.numbers()
    ]
    about = [(content.title, content.subtitle), (words("as_of", at=content.at), ""), *content.scope.items()]
    about += [(words("ledger_position"), words.count(content.events)), (words("ledger_hash"), content.head)]
    about += [(words("unsaid"), one) for one in content.unsaid]
    yield spreadsheets.Sheet(words("sheet.about"), ["", ""], about, ["text", "text"])
    units = ["text", "number", "number", "number", "count", "text", "text", "text"]
    yield spreadsheets.Sheet(words("sheet.numbers"), heads, rows, units)
    for table in content.tables():
        headings = {
            column.name: (f"{column.heading}{_UNITS.get(column.unit, '')}", column.unit) for column in table.columns
        }
        for column in table.columns:
            for end in ("low", "high", "n"):
                if name := getattr(column, end):
                    unit = "count" if end == "n" else column.unit
                    headings.setdefault(name, (f"{column.heading}: {words.known('sheet', end)}", unit))
        names = [name for name in headings if name in table.data.column_names]
        few = table.data.slice(0, _IN_A_SHEET + 1)
        cells = list(zip(*(few[name].to_pylist() for name in names), strict=True)) if names else []
        yield spreadsheets.Sheet(
            table.title, [headings[name][0] for name in names], cells, [headings[name][1] for name in names]
        )


def _must_be_free(target: Path, *, overwrite: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if overwrite and (target / manifests.NAME).is_file() and any(map(target.glob, ("report.json", "index.html"))):
        return
    hint = "Name a new folder, or say overwrite to replace an earlier report." if target.is_dir() else "Name a folder."
    raise BadValue(f"{target} isn't empty.", hint=hint)
