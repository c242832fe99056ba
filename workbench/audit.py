"""Audit: what is wrong with the metadata of a collection, rule by rule, and what to do about it.

The rules are data (``audit_rules.toml``) and what a profile asks for; they run in SQL over one wide row an image. What
was found stands in the view ``findings``; how much it was, each time, in ``audits``.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench import audit_rules, ignoring, profiles
from workbench.audit_rules import Rule, quoted
from workbench.catalog import Connection, arrow_table, rows_as
from workbench.errors import BadValue, NotFound
from workbench.events import Event
from workbench.profiles import Profile
from workbench.reconcile import refresh_wide
from workbench.workspace import Workspace

COMPLETENESS = (
    "Xmp.dc.title", "Xmp.dc.description", "Xmp.dc.subject", "Xmp.dc.creator", "Xmp.dc.rights",
    "Xmp.photoshop.DateCreated",
    "Xmp.photoshop.Headline", "Xmp.photoshop.City", "Xmp.photoshop.Country", "Xmp.exif.GPSLatitude",
    "Xmp.iptc.AltTextAccessibility", "Xmp.xmpRights.UsageTerms", "Xmp.iptcExt.DigitalSourceType", "Xmp.xmp.Rating",
)  # fmt: skip
"""Fields whose completeness is shown where no profile says which matter."""

TYPO = {"typo_share": 0.02, "typo_least": 50, "typo_length": 7}
"""When a keyword is called misspelt: it has at most this share of the other's images, which are at least so many, and
at least this length."""

STEPS = ("gathering what the metadata says", "comparing spellings", "checking every rule", "counting")
"""What an audit does, one after the other."""

Tell = Callable[[int, int, str], None]

_WEIGHTS = {"error": 9, "warning": 3, "info": 1}
_MOST_NEAREST = 200
_NEEDS = {
    "keyword_matching": ("make_audited_keywords", "make_spellings"),
    "keyword_variant": ("make_audited_keywords", "make_spellings", "make_keyword_variants", "make_variant_images"),
    "unlike_its_copies": ("make_copied_pictures",),
}  # fmt: skip


def audit(
    ws: Workspace,
    profile: str | PathLike[str] | Profile | None = None,
    *,
    images: Sequence[str] | None = None,
    batch: str | None = None,
    language: str | None = None,
    progress: Tell | None = None,
) -> Audit:
    """Audit the metadata: of all images, of a batch, or of some images.

    Parameters
    ----------
    ws : Workspace
    profile : str, path or Profile, optional
        What the client wants; without one the general rules alone are checked.
    images : sequence of str, optional
        Ids of the images to audit. What concerns whole batches is still judged by the whole batch.
    batch : str, optional
        The batch to audit.
    language : str, optional
        In which the rules speak: ``en``, ``de`` or ``fr``. That of ``workspace.toml``, or English, when not given.
    progress : callable, optional
        Called with how many steps are done, how many there are, and what is being done.

    Returns
    -------
    Audit

    Raises
    ------
    NotFound
        There is no such profile or batch, or an image isn't catalogued.
    BadValue
        The profile has mistakes, or both images and a batch are given.
    """
    if images is not None and batch is not None:
        raise BadValue("Give images or a batch, not both.", hint="A batch is audited whole.")
    wanted = profile if profile is None or isinstance(profile, Profile) else profiles.load(profile, ws.folder)
    made = Audit(ws, wanted, batch, tuple(dict.fromkeys(images)) if images is not None else None)
    made.language = language or made.language
    made.run(progress)
    return made


@dataclass
class Audit:
    """What an audit found.

    Attributes
    ----------
    ws : Workspace
    profile : Profile or None
    batch : str or None
        The batch it looked at; None for all.
    image_ids : tuple of str or None
        The images it looked at; None for all.
    audit_id : str
    rules : list of Rule
        What was looked for.
    looked_at : int
        How many images.
    language : str
        In which the rules speak.
    """

    ws: Workspace
    profile: Profile | None
    batch: str | None = None
    image_ids: tuple[str, ...] | None = None
    audit_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    rules: list[Rule] = field(default_factory=list)
    looked_at: int = 0
    language: str = ""

    def __post_init__(self) -> None:
        self.language = self.language or str(self.ws.settings.get("language") or "en")

    @property
    def name(self) -> str:
        """The profile's name; empty where there is none."""
        return self.profile.name if self.profile else ""

    # -- running

    def run(self, progress: Tell | None = None) -> None:
        """Look for everything and write down what was found."""
        tell = progress or (lambda done, total, what: None)
        tell(0, len(STEPS), STEPS[0])
        self.rules = audit_rules.shipped(with_profile=self.profile is not None)
        if self.profile is not None:
            self.rules += audit_rules.of_profile(self.profile)
        self.rules = audit_rules.in_language(self.rules, self.language, self.profile)
        with self.ws.catalog.writing() as connection:
            refresh_wide(connection, [key for rule in self.rules for key in rule.columns])
            tell(1, len(STEPS), STEPS[1])
            self.looked_at = self._set_scope(connection)
            with self._prepared(connection):
                tell(2, len(STEPS), STEPS[2])
                self._write(connection)
            tell(3, len(STEPS), STEPS[3])
            counts = self._counted(connection)
            connection.execute("drop table audit_scope")
        self._record(counts)
        tell(len(STEPS), len(STEPS), "")

    def _set_scope(self, connection: Connection) -> int:
        """Note which images are audited; raise where they aren't there."""
        condition, given = self._scope()
        connection.execute(
            f"create or replace temp table audit_scope as select image_id from metadata_wide {condition}", given
        )
        [(count,)] = connection.execute("select count(*) from audit_scope").fetchall()
        if self.batch is not None and not count:
            raise NotFound(
                f"There is no batch {self.batch!r} with images.", hint="`ws.sql('from batches')` lists them."
            )
        if self.image_ids is not None and count < len(self.image_ids):
            raise NotFound(f"{len(self.image_ids) - count} of these images aren't catalogued.", hint="Check the ids.")
        return int(count)

    def _scope(self, *, alias: str = "") -> tuple[str, dict[str, Any]]:
        if self.batch is not None:
            return f"where {alias}batch = $batch", {"batch": self.batch}
        if self.image_ids is not None:
            return f"where {alias}image_id in (select unnest($ids::varchar[]))", {"ids": list(self.image_ids)}
        return "", {}

    @contextlib.contextmanager
    def _prepared(self, connection: Connection) -> Iterator[None]:
        """Make and lend what the rules look up."""
        kinds = {rule.kind for rule in self.rules}
        steps = dict.fromkeys(step for kind, needed in _NEEDS.items() if kind in kinds for step in needed)
        for step in steps:
            query = audit_rules.kinds()[step]
            connection.execute(query.sql, {name: TYPO[name] for name in query.parameters} or None)
        with (
            rows_as(connection, "country_spellings", pa.Table.from_pylist(audit_rules.country_boxes())),
            rows_as(connection, "languages", pa.Table.from_pylist(audit_rules.languages())),
        ):
            connection.execute(audit_rules.kinds()["make_country_boxes"].sql)
            with rows_as(connection, "bad_values", self._bad_values(connection)):
                yield
        for table in ("spellings", "keyword_variants", "variant_images", "copied_pictures", "country_boxes"):
            connection.execute(f"drop table if exists {table}")
        connection.execute("drop view if exists audited_keywords")

    def _bad_values(self, connection: Connection) -> pa.Table:
        """Return the values that SQL can't judge, judged here, each distinct value once, with what is to be noted."""
        rows = [
            {"rule": rule.id, "field": rule.field, "value": value, "near": near}
            for rule in self.rules if rule.kind == "not_a_term"
            for value, near in self._judged(rule, _distinct(connection, rule.field))
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, pa.schema([(n, pa.string()) for n in ("rule", "field", "value", "near")]))

    def _judged(self, rule: Rule, values: list[str]) -> Iterator[tuple[str, str | None]]:
        assert self.profile is not None
        if rule.id.startswith(audit_rules.PERSONAL):
            pattern = self.profile.personal_patterns[int(rule.id.removeprefix(audit_rules.PERSONAL)) - 1].pattern
            yield from ((value, match[0]) for value in values if (match := pattern.search(value)))
            return
        wanted = self.profile.fields[rule.field]
        if rule.id == "bad_pattern" and wanted.pattern is not None:
            yield from ((value, None) for value in values if not wanted.pattern.fullmatch(value))
        elif wanted.vocabulary is not None:
            bad = [value for value in values if value not in wanted.vocabulary]
            for place, value in enumerate(bad):
                yield value, wanted.vocabulary.nearest(value) if place < _MOST_NEAREST else None

    def _write(self, connection: Connection) -> None:
        names = ["rule", "field", "title", "severity", "says", "suggestion"]
        about = [(rule.id, rule.field, rule.title, rule.severity, rule.says, rule.suggestion) for rule in self.rules]
        columns = {name: list(column) for name, column in zip(names, zip(*about, strict=True), strict=True)}
        found, given = audit_rules.compiled(self.rules)
        limit = (
            ""
            if self.batch is None and self.image_ids is None
            else "where image_id in (select image_id from audit_scope)"
        )
        steps = audit_rules.kinds()
        with rows_as(connection, "rules_now", pa.table(columns)):
            for step in ("forget_rules", "add_rules"):
                connection.execute(steps[step].sql, {"profile": self.name})
        connection.execute(steps["forget_findings" if limit else "forget_all_findings"].sql, {"profile": self.name})
        connection.execute(
            "insert into audit_findings (profile, rule, field, image_id, value, note) "
            f"select $profile, rule, field, image_id, value, note from ({found}) {limit}",
            given | {"profile": self.name},
        )

    def _counted(self, connection: Connection) -> list[list[Any]]:
        rows = connection.execute(audit_rules.kinds()["count_findings"].sql, {"profile": self.name}).fetchall()
        return [["", "", sum(row[2] for row in rows), self.looked_at], *([*row, self.looked_at] for row in rows)]

    def _record(self, counts: list[list[Any]]) -> None:
        if self.image_ids is not None:  # a look at some images says nothing about the collection's way
            return
        payload = {"audit_id": self.audit_id, "profile": self.name, "batch": self.batch or "", "counts": counts}
        with self.ws.change() as change:
            change.add("audit_made", payload)

    # -- looking

    def _ask(self, query: str, **given: Any) -> pd.DataFrame:
        """Run a query of this module on the findings of this audit."""
        condition, scope = self._scope(alias="w.")
        sql = self.ws.catalog.named(query).sql.replace("where true", condition or "where true")
        return self.ws.sql(sql, {"profile": self.name} | scope | given, max_rows=10_000_000)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """A row for each image and rule: image_id, rule, severity, field, value, message, suggestion, ignored.

        ``ignored`` is the reason where somebody said that it is all right.

        Read when first asked for: after another audit by the same profile, what that one found.
        """
        return self._ask("audit_findings_of")

    def summary(self) -> pd.DataFrame:
        """Count the findings: a row for each rule and field, the worst first.

        Returns
        -------
        DataFrame
            rule, field, title, severity, suggestion, images (how many), ignored (how many more somebody said are all
            right), share (of the images looked at), n (those).
        """
        found = self._ask("audit_summary")
        found["share"] = found["images"] / max(1, self.looked_at)
        found["n"] = self.looked_at
        return found

    def worst(self, count: int = 5) -> pd.DataFrame:
        """Return the worst problems: an error weighs 9, a warning 3, a hint 1, each times its images."""
        found = self.summary()
        found = found[found["images"] > 0]
        weight = found["severity"].map(_WEIGHTS) * found["images"]
        return found.loc[weight.sort_values(ascending=False, kind="stable").index].head(count).reset_index(drop=True)

    def images(self, rule: str, field: str | None = None, *, ignored: bool = False) -> list[str]:
        """Return the ids of the images that break a rule, for an ImageGrid.

        Parameters
        ----------
        rule : str
        field : str, optional
            Key of the field; all the rule's when not given.
        ignored : bool
            Those instead of which somebody said that they are all right.

        Raises
        ------
        NotFound
            There is no such rule.
        """
        if all(rule != known.id for known in self.rules):
            raise NotFound(f"There is no rule {rule!r}.", hint="`audit.summary()` lists those that found something.")
        ids: list[str] = self._ask("audit_images", rule=rule, field=field, ignored=ignored)["image_id"].tolist()
        return ids

    def ignore(self, rule: str, field: str | None = None, images: Sequence[str] | None = None, *, reason: str) -> Event:
        """Say of a rule's findings that they are all right: see `workbench.ignoring.ignore`.

        Parameters
        ----------
        images : sequence of str, optional
            All that break the rule when not given.
        """
        ids = self.images(rule, field) if images is None else images
        self.__dict__.pop("findings", None)
        return ignoring.ignore(self.ws, self.name, rule, field or "", ids, reason=reason)

    def reopen(
        self, rule: str, field: str | None = None, images: Sequence[str] | None = None, *, reason: str = ""
    ) -> Event:
        """Let findings count again that were ignored: see `workbench.ignoring.reopen`."""
        ids = self.images(rule, field, ignored=True) if images is None else images
        self.__dict__.pop("findings", None)
        return ignoring.reopen(self.ws, self.name, rule, field or "", ids, reason=reason)

    def completeness(self, fields: Sequence[str] | None = None) -> pd.DataFrame:
        """Count where fields have a value, for a heat map.

        Parameters
        ----------
        fields : sequence of str, optional
            Those of the profile, or the general ones, when not given.

        Returns
        -------
        DataFrame
            field, label, batch, present (how many images have a value), n (images of the batch), share.
        """
        wanted = list(fields or (self.profile.fields if self.profile else COMPLETENESS))
        with self.ws.catalog.writing() as connection:
            refresh_wide(connection, wanted)
            condition, given = self._scope()
            counted = ", ".join(f"count({quoted(key)}) as {quoted(key)}" for key in wanted)
            sql = f"select batch, count(*) as n, {counted} from metadata_wide {condition} group by batch order by batch"
            table = arrow_table(connection, sql, given).to_pandas()
        long: pd.DataFrame = table.melt(["batch", "n"], var_name="field", value_name="present")
        long["label"] = [self._label(key) for key in long["field"]]
        long["share"] = long["present"] / long["n"]
        return long[["field", "label", "batch", "present", "n", "share"]]

    def _label(self, key: str) -> str:
        if self.profile and key in self.profile.fields:
            return self.profile.fields[key].name(self.language)
        return audit_rules.label(key, self.language)

    def trend(self) -> pd.DataFrame:
        """Return how much each audit by this profile found, the first one first: to see what has improved.

        Returns
        -------
        DataFrame
            at, audit_id, rule (None for the whole), severity, findings, images, actor.
        """
        return self.ws.query("audit_trend", profile=self.name, batch=self.batch)

    def as_dict(self) -> dict[str, Any]:
        """Return the audit as plain data."""
        rules = self.summary().to_dict("records")
        return {
            "audit_id": self.audit_id,
            "profile": self.name,
            "batch": self.batch,
            "images": self.looked_at,
            "findings": sum(row["images"] for row in rules),
            "ignored": sum(row["ignored"] for row in rules),
            "rules": rules,
        }

    def __repr__(self) -> str:
        return f"<Audit of {self.looked_at:,} images by {self.name or 'the general rules'}>"

    def __str__(self) -> str:
        found = self.summary()
        ignored = int(found["ignored"].sum())
        found = found[found["images"] > 0]
        said = f", {ignored:,} ignored" if ignored else ""
        lines = [f"{self.looked_at:,} images, {int(found['images'].sum()):,} findings by {len(found)} rules{said}."]
        lines += [f"  {row.severity:<8}{row.images:>10,}  {row.share:>6.1%}  {row.title}" for row in found.itertuples()]
        return "\n".join(lines)


def _distinct(connection: Connection, key: str) -> list[str]:
    query = audit_rules.kinds()["distinct_values"].sql
    return [row[0] for row in connection.execute(query, {"field": key}).fetchall()]
