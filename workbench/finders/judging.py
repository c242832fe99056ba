"""Having proposed pairs verified: in worker processes where they are many, and once only for each two contents."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields
from typing import Any, NamedTuple, Self

from workbench.comparing import Comparison, Shown
from workbench.deciding import code_digest
from workbench.dedup_settings import Settings
from workbench.errors import StorageError, WorkbenchError
from workbench.events import canonical
from workbench.relations import Pair, pair
from workbench.verification import Thresholds, Verdict
from workbench.workers import Failure, Pool
from workbench.workspace import Workspace

_FEW = 40
"""Pairs that are verified right here: starting worker processes takes longer."""
_DEADLINE = 60.0
_TOO_MANY = 20
"""Comparisons that crash, before any that doesn't, beyond which it isn't the pictures."""


def thresholds_of(settings: Settings) -> Thresholds:
    """Return the thresholds that settings name; what verification doesn't know is for others."""
    known = {f.name for f in fields(Thresholds)}
    return Thresholds(**{name: value for name, value in settings.thresholds.items() if name in known})


def key_of(method: str, thresholds: Thresholds) -> str:
    """Return under what verdicts are remembered: what looked, by which code, and what it measured itself by."""
    limits = hashlib.sha256(canonical(asdict(thresholds)).encode()).hexdigest()[:8]
    return f"{method} {code_digest()} {limits}"


class Content(NamedTuple):
    """One picture, as one of its files shows it."""

    content: str
    image_id: str
    checksum: str
    uri: str


class Proposed(NamedTuple):
    """Two pictures that may be the same; ``one`` looks like ``other`` after the hint, which may be empty.

    Without a hint, it may be known whether one is mirrored.
    """

    one: Content
    other: Content
    hint: str
    evidence: dict[str, Any]
    mirrored: bool | None = None


class Judge:
    """Verifies proposed pairs, and remembers what was said of two contents with the same thresholds.

    Parameters
    ----------
    ws : Workspace
    method : str
        Goes into the pairs.
    task : str
        What compares, for the workers: ``module:function``, given a `Comparison`.
    settings : Settings
    expected : float
        How many pairs there will be at most.
    trusted : sequence of str
        Other methods whose verdicts count as well; not where they found two pictures unrelated, as they may have
        looked less closely.
    """

    def __init__(
        self,
        ws: Workspace,
        method: str,
        task: str,
        settings: Settings,
        expected: float,
        *,
        trusted: Sequence[str] = (),
    ) -> None:
        self.ws, self.method, self.task, self.thresholds = ws, method, task, thresholds_of(settings)
        self.key, *self._trusted = (key_of(name, self.thresholds) for name in (method, *trusted))
        self._workers = settings.tables.get(method, {}).get("workers")
        self._expected, self._stack = expected, ExitStack()
        self._pool: Pool | None = None
        self._successes, self._crashes = 0, 0

    def __enter__(self) -> Self:
        """Forget what was said with other thresholds or by other code: clusters would go on believing it."""
        with self.ws.catalog.writing() as connection:
            forgotten = {"method": self.method, "key": self.key}
            connection.execute(self.ws.catalog.named("forget_old_checks").sql, forgotten)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def pairs(self, group: Sequence[Proposed]) -> Iterator[Pair]:
        """Yield those of some proposed pairs that are related."""
        before = self._said_before(group)
        todo = [one for one in group if _key(one) not in before]
        told = {id(one): verdict for one, verdict in self._compared(todo)}
        self._note([(one, told[id(one)]) for one in todo if id(one) in told])
        for one in group:
            if _key(one) in before:
                yield from self._pair(one, *before[_key(one)])
            elif id(one) in told:
                verdict = told[id(one)]
                yield from self._pair(one, verdict.relation, verdict.score, verdict.evidence)

    def _pair(self, wanted: Proposed, relation: str, score: float, evidence: dict[str, Any]) -> Iterator[Pair]:
        if relation != "unrelated":
            first = _in_order(wanted)[0]
            told = {**evidence, **wanted.evidence, "from": first.image_id}
            yield pair(wanted.one.image_id, wanted.other.image_id, relation, self.method, score, told)

    def _compared(self, todo: Sequence[Proposed]) -> Iterator[tuple[Proposed, Verdict]]:
        thumbnails = self.ws.thumbnails.get_many({c.checksum for one in todo for c in _in_order(one)})
        items, of = [], {}
        for wanted in todo:
            one, other = (Shown(c.checksum, c.uri, thumbnails.get(c.checksum)) for c in _in_order(wanted))
            items.append(Comparison(one, other, _hint(wanted), self.thresholds, wanted.mirrored))
            of[one.checksum, other.checksum] = wanted
        for item, verdict in self._run(items):
            self._watch(verdict)
            if isinstance(verdict, Verdict):
                yield of[item.one.checksum, item.other.checksum], verdict

    def _watch(self, answer: object) -> None:
        """Notice when it isn't single pictures that can't be compared: a search that found nothing would look done."""
        self._successes += isinstance(answer, Verdict)
        self._crashes += isinstance(answer, Failure)
        if isinstance(answer, Failure) and self._crashes >= _TOO_MANY and not self._successes:
            raise StorageError(
                f"Pictures can't be compared: {self._crashes} tries in a row ended with {answer.kind}.",
                hint=answer.detail.strip().splitlines()[-1] if answer.detail.strip() else "Check this installation.",
            )

    def _run(self, items: list[Comparison]) -> Iterator[tuple[Comparison, Any]]:
        if self._expected <= _FEW:
            module, _, name = self.task.partition(":")
            yield from _here(getattr(importlib.import_module(module), name), items)
        elif items:
            if self._pool is None:
                made = Pool(self.task, workers=self._workers, deadline=_DEADLINE, ahead=8)
                self._pool = self._stack.enter_context(made)
            yield from self._pool.run(items)

    def _said_before(self, group: Sequence[Proposed]) -> dict[tuple[str, str], tuple[str, float, dict[str, Any]]]:
        keys = [_key(one) for one in group]
        asked = {
            "contents_a": [a for a, _ in keys], "contents_b": [b for _, b in keys],
            "method": self.key, "trusted": self._trusted,
        }  # fmt: skip
        with self.ws.reading() as connection:
            found = connection.execute(self.ws.catalog.named("checks_made").sql, asked).fetchall()
        return {(a, b): (relation, score, json.loads(evidence)) for a, b, relation, score, evidence in found}

    def _note(self, told: Sequence[tuple[Proposed, Verdict]]) -> None:
        if not told:
            return
        keys = [_key(one) for one, _ in told]
        with self.ws.catalog.writing() as connection:
            connection.execute(
                self.ws.catalog.named("note_checks").sql,
                {
                    "contents_a": [a for a, _ in keys],
                    "contents_b": [b for _, b in keys],
                    "method": self.key,
                    "relations": [verdict.relation for _, verdict in told],
                    "scores": [verdict.score for _, verdict in told],
                    "evidences": [canonical(verdict.evidence) for _, verdict in told],
                },
            )


def _here(task: Any, items: Iterable[Comparison]) -> Iterator[tuple[Comparison, Any]]:
    for item in items:
        try:
            yield item, task(item)
        except WorkbenchError as error:
            yield item, error


def _in_order(wanted: Proposed) -> tuple[Content, Content]:
    """Return the two contents by their keys: in this direction they are compared and remembered."""
    one, other = sorted((wanted.one, wanted.other), key=lambda c: c.content)
    return one, other


def _key(wanted: Proposed) -> tuple[str, str]:
    one, other = _in_order(wanted)
    return one.content, other.content


_BACK = {"rotate_90": "rotate_270", "rotate_270": "rotate_90"}


def _hint(wanted: Proposed) -> str | None:
    turned = _in_order(wanted)[0] is not wanted.one
    return (_BACK.get(wanted.hint, wanted.hint) if turned else wanted.hint) or None
