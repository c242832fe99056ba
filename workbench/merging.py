"""Merging the metadata of duplicates into the one that stays: a preview as a diff, then one change that can be undone.

What counts of each image is what its metadata says now: values that people entered over those of its files. A field
that somebody emptied in the keeper stays empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench import dedup_settings, merge_rules
from workbench.bulk import Content, Preview, Refused, Step, has_languages, in_order, is_list, lent, selection, shown
from workbench.errors import BadValue, NotFound
from workbench.fields import exiv2_key
from workbench.merge_rules import Merged, Rules, Said
from workbench.workspace import Workspace

ORIGIN = "merged"
"""How a value came about that was taken from a duplicate."""

Answers = Mapping[tuple[str, str], Any]
"""(image_id of the keeper, field) → text, list of texts, mapping of language → text, or None for nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """A field in which a cluster's images say different things, of which nothing was made.

    Attributes
    ----------
    cluster_id, keeper, field : str
    asked : bool
        Whether the policy says to ask; otherwise the keeper's value stays unless somebody answers.
    options : tuple of (image_id, value)
        What each image says, as people read it; the keeper's first.
    """

    cluster_id: str
    keeper: str
    field: str
    asked: bool
    options: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class MergePreview(Preview):
    """What merging would write into the images that stay. Nothing is changed before `apply`.

    Attributes
    ----------
    questions : list of Question
        What the images don't agree about; give answers to `preview`, or leave the keeper's value.
    taken_from : dict
        (keeper, field) → the images that something is taken from.
    clusters : dict
        Keeper → its cluster.
    policies : dict
        Field → policy.
    """

    questions: list[Question] = field(default_factory=list)
    taken_from: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def frame(self, first: int | None = None) -> pd.DataFrame:
        """Return before and after: cluster_id, image_id, path, field, policy, before, after, taken_from (paths).

        Parameters
        ----------
        first : int, optional
            Only so many rows; all when not given.
        """
        columns = ["cluster_id", "image_id", "path", "field", "policy", "before", "after", "taken_from"]
        return pd.DataFrame([self._row(step) for step in self.steps[:first]], columns=columns)

    def _row(self, step: Step) -> tuple[str, ...]:
        sources = self.taken_from.get((step.image_id, step.field), ())
        return (
            self.clusters[step.image_id], step.image_id, self.paths.get(step.image_id, ""), step.field,
            self.policies.get(step.field, ""), shown(step.before), shown(step.after),
            "; ".join(self.paths.get(one, one) for one in sources),
        )  # fmt: skip

    def open_questions(self) -> pd.DataFrame:
        """Return what the images don't agree about: cluster_id, keeper, field, asked, image_id, path, says."""
        rows = [
            (q.cluster_id, q.keeper, q.field, q.asked, image_id, self.paths.get(image_id, ""), says)
            for q in self.questions
            for image_id, says in q.options
        ]
        return pd.DataFrame(rows, columns=["cluster_id", "keeper", "field", "asked", "image_id", "path", "says"])

    def diff(self, first: int | None = None) -> str:
        """Return the change as text, image by image: what goes after ``-``, what comes after ``+``."""
        lines: list[str] = []
        for step, row in zip(self.steps[:first], (self._row(step) for step in self.steps[:first]), strict=True):
            _, image_id, path, name, policy, _, _, sources = row
            if f"{path} ({image_id})" not in lines:
                lines.append(f"{path} ({image_id})")
            lines.append(f"  {name}  [{policy}{f', from {sources}' if sources else ''}]")
            lines += [f"    {line}" for line in _changes(step.before, step.after)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        counts = self.counts
        lines = [
            f"{self.what}: {counts['values']:,} values of {counts['changed']:,} images would change; "
            f"{self.unchanged:,} images lack nothing."
        ]
        asked = sum(q.asked for q in self.questions)
        if asked:
            lines.append(f"  {asked:,} questions: .open_questions() lists them; without an answer the keeper's stays.")
        if len(self.questions) > asked:
            lines.append(f"  {len(self.questions) - asked:,} times the images disagree, and the keeper's value stays.")
        lines += [f"  {count:,} × {reason}" for reason, count in counts["reasons"].items()]
        return "\n".join([*lines, "Nothing is changed yet: .diff() and .frame() show it, .apply() does it."])


def _changes(before: Content, after: Content) -> Iterator[str]:
    yield from (f"- {_entry(one)}" for one in before if _without_place(one) not in map(_without_place, after))
    yield from (f"+ {_entry(one)}" for one in after if _without_place(one) not in map(_without_place, before))


def _without_place(entry: tuple[str | None, int, str]) -> tuple[str | None, str]:
    return entry[0], entry[2]


def _entry(entry: tuple[str | None, int, str]) -> str:
    lang, _, value = entry
    return f"{lang}: {value}" if lang not in (None, "x-default") else value


# ── previewing ────────────────────────────────────────────────────────────────────────────────────────────────


def rules_of(ws: Workspace) -> Rules:
    """Return the workspace's rules: those that come with the workbench, under ``[merge]`` of its ``dedup.toml``."""
    return merge_rules.defaults().over(dedup_settings.load(ws.folder).tables.get("merge", {}))


def preview(
    ws: Workspace,
    cluster_ids: Sequence[str] | None = None,
    policy: Rules | Mapping[str, Any] | None = None,
    *,
    answers: Answers | None = None,
) -> MergePreview:
    """Work out what the images that stay would take over from their duplicates.

    Parameters
    ----------
    cluster_ids : sequence of str, optional
        All clusters that were decided when not given.
    policy : Rules or mapping, optional
        The workspace's rules when not given; a mapping of field or kind → policy comes before them.
    answers : mapping, optional
        What somebody chose for a keeper's field, over any policy.

    Raises
    ------
    NotFound
        There is no such cluster.
    BadValue
        A policy isn't known, or an answer doesn't belong to a keeper.
    """
    wanted = ws.query("decided_clusters")["cluster_id"].tolist() if cluster_ids is None else list(cluster_ids)
    found = ws.query("members_of_clusters", cluster_ids=wanted)
    missing = sorted(set(wanted) - set(found["cluster_id"]))
    if missing:
        raise NotFound(f"There is no cluster {missing[0]!r}.", hint="Take the ids from the view duplicate_clusters.")
    groups: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for cluster_id, image_id, role in zip(found["cluster_id"], found["image_id"], found["role"], strict=True):
        groups[cluster_id].append((image_id, role == "keeper"))
    listed = []
    for cluster_id, members in groups.items():
        keepers = [image_id for image_id, keeps in members if keeps]
        listed += [(cluster_id, keepers[0], [i for i, keeps in members if not keeps])] if keepers else []
    return preview_groups(ws, listed, policy, answers=answers)


def preview_groups(
    ws: Workspace,
    groups: Iterable[tuple[str, str, Sequence[str]]],
    policy: Rules | Mapping[str, Any] | None = None,
    *,
    answers: Answers | None = None,
) -> MergePreview:
    """Work out the merge for groups of images that needn't be clusters.

    Parameters
    ----------
    groups : iterable of (name, keeper, others)
        An image may be in one group only, as the keeper or as another.
    policy, answers
        See `preview`.

    Raises
    ------
    BadValue
        An image is in two groups, or an answer doesn't belong to a keeper.
    """
    listed = [(name, keeper, list(others)) for name, keeper, others in groups]
    rules = policy if isinstance(policy, Rules) else rules_of(ws).over(policy or {})
    ids = [image_id for _, keeper, others in listed for image_id in (keeper, *others)]
    if len(ids) != len(set(ids)):
        raise BadValue("An image is in two groups.", hint="Merge one group after the other.")
    made = MergePreview(ws, "merge metadata into the images that stay", ORIGIN, ws.ledger.head()[0])
    said = _Metadata(ws, ids)
    made.paths = said.paths
    chosen = _checked_answers(answers or {}, {keeper for _, keeper, _ in listed})
    for name, keeper, others in listed:
        made.clusters[keeper] = name
        _merge_group(made, rules, said, keeper, others, chosen.get(keeper, {}))
    return made


class _Metadata:
    """What the metadata of some images says."""

    def __init__(self, ws: Workspace, ids: list[str]) -> None:
        selected = selection(ids)
        ages = lent(ws, "ages_of_images", selected)
        self.paths: dict[str, str] = dict(zip(ages["image_id"].to_pylist(), ages["path"].to_pylist(), strict=True))
        taken = dict(zip(ages["image_id"].to_pylist(), ages["taken_at"].to_pylist(), strict=True))
        self.contents: dict[str, dict[str, Content]] = defaultdict(dict)
        entered: set[tuple[str, str]] = set()
        table = lent(ws, "all_values_of_images", selected)
        names = ("image_id", "field", "lang", "ordinal", "value", "entered")
        for image_id, key, lang, place, value, typed in zip(*(table[n].to_pylist() for n in names), strict=True):
            self.contents[image_id][key] = (*self.contents[image_id].get(key, ()), (lang, place, value))
            entered |= {(image_id, key)} if typed else set()
        self.said = {
            image_id: {
                key: Said(image_id, _languages(key, content), (image_id, key) in entered, taken.get(image_id))
                for key, content in contents.items()
            }
            for image_id, contents in self.contents.items()
        }
        cleared = lent(ws, "cleared_fields_of_images", selected)
        self.cleared = set(zip(cleared["image_id"].to_pylist(), cleared["field"].to_pylist(), strict=True))

    def of(self, image_id: str, key: str) -> Said:
        return self.said.get(image_id, {}).get(key, Said(image_id, {}))


def _languages(key: str, content: Content) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for lang, _, value in content:
        found.setdefault("x-default" if lang is None and has_languages(key) else lang, []).append(value)
    return found


def _merge_group(
    made: MergePreview,
    rules: Rules,
    said: _Metadata,
    keeper: str,
    others: Sequence[str],
    answers: Mapping[str, Content],
) -> None:
    steps = len(made.steps)
    fields = sorted({key for image_id in (keeper, *others) for key in said.said.get(image_id, {})} | answers.keys())
    for key in fields:
        before = said.contents.get(keeper, {}).get(key, ())
        policy = made.policies.setdefault(key, rules.policy(key))
        if key in answers:
            after: Content = answers[key]
        elif (keeper, key) in said.cleared:
            continue
        else:
            after = _merged(made, policy, said, keeper, _donors(said, keeper, others, key), key)
        if after != before:
            made.steps.append(Step(keeper, key, before, after))
    made.unchanged += len(made.steps) == steps


def _donors(said: _Metadata, keeper: str, others: Sequence[str], key: str) -> list[str]:
    """Return the images that a field may be taken from: all but those that contradict the keeper about its group."""
    group = next((group for group in merge_rules.TOGETHER if key in group), None)
    if group is None:
        return list(others)
    mine = said.said.get(keeper, {})
    return [one for one in others if not merge_rules.contradicts(mine, said.said.get(one, {}), group)]


def _merged(made: MergePreview, policy: str, said: _Metadata, keeper: str, others: Sequence[str], key: str) -> Content:
    kind, mine = merge_rules.kind_of(key), said.of(keeper, key)
    before = said.contents.get(keeper, {}).get(key, ())
    if kind in ("structure", "structures") and policy == "keep":
        _refuse_structure(made, said, keeper, others, key)
        return before
    found: Merged = merge_rules.merge(policy, kind, mine, [said.of(one, key) for one in others])
    if found.open:
        voices = [(one, shown(said.contents.get(one, {}).get(key, ()))) for one in (keeper, *others)]
        options = tuple(voice for voice in voices if voice[1])
        made.questions.append(Question(made.clusters[keeper], keeper, key, policy == "ask", options))
    if found.sources:
        made.taken_from[keeper, key] = found.sources
        return in_order(key, found.languages)
    return before


def _refuse_structure(made: MergePreview, said: _Metadata, keeper: str, others: Sequence[str], key: str) -> None:
    """Say what a duplicate has in a structure that the keeper hasn't: nobody takes structures apart unasked."""
    if any(said.of(one, key).languages for one in others) and not said.of(keeper, key).languages:
        reason = "A duplicate has a structure that the keeper lacks: take it over by hand, or keep that file."
        made.refused.append(Refused(keeper, key, reason))


def _checked_answers(answers: Answers, keepers: set[str]) -> dict[str, dict[str, Content]]:
    found: dict[str, dict[str, Content]] = {}
    for (keeper, name), value in answers.items():
        if keeper not in keepers:
            raise BadValue(f"{keeper!r} isn't an image that stays.", hint="Answers belong to keepers.")
        key = exiv2_key(name)
        by_lang = value if isinstance(value, Mapping) else {"x-default" if has_languages(key) else None: value}
        texts = {
            lang: list(v) if isinstance(v, list | tuple) else [str(v)] for lang, v in by_lang.items() if v is not None
        }
        if not is_list(key) and any(len(several) > 1 for several in texts.values()):
            raise BadValue(f"{key} holds one value.", hint="Give one text, not a list.")
        found.setdefault(keeper, {})[key] = in_order(key, texts)
    return found
