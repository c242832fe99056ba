"""What a calibration came to: recall by kind of edit, false matches by set of pairs, each with its bounds. Pure.

Recall has Wilson's interval (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA
22, 1927), the rate of false matches Clopper and Pearson's bound. Both take trials for independent; pairs of a
collection share pictures, so take the last figure for an order of magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from workbench.intervals import upper_bound

TARGET = 1e-6
"""The rate of false matches that is aimed at."""

_UNSURE = 0.5
_TOO_FEW = "so few pairs can't show that they are rarer than one in a million."


class Recall(NamedTuple):
    """How many copies of one kind of edit were found.

    Attributes
    ----------
    kind, says, family : str
        Of the edit.
    tried, proposed, found : int
        Copies; those that hashes or visual words led to; those that verification then called duplicates.
    low, high : float
        Wilson's interval of ``found / tried``, 95 %.
    """

    kind: str
    says: str
    family: str
    tried: int
    proposed: int
    found: int
    low: float
    high: float


class Pairs(NamedTuple):
    """What became of one set of pairs of different pictures.

    Attributes
    ----------
    kind, says : str
        ``all`` (of the collection, as the last search decided), ``random``, ``nearest``, or a kind of look-alikes.
    tried, accepted : int
        Pairs; those called duplicates.
    refuted : int
        Of the accepted known to be none: people said so, or they were made to differ. What nobody has called wrong
        isn't counted: many a one will be a duplicate.
    bound : float
        The rate of false matches that isn't exceeded, 95 %.
    worst : float
        The same if every accepted pair were wrong.
    """

    kind: str
    says: str
    tried: int
    accepted: int
    refuted: int
    bound: float
    worst: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration came to.

    Attributes
    ----------
    thresholds : dict
        Chosen for this collection; what isn't in it stays as built in.
    pictures, sampled : int
        Different pictures there are to find copies among; those that copies were made of.
    recalls : tuple of Recall
    pairs : tuple of Pairs
    outcome : str
        ``finished``, or ``cancelled``: then the figures are of what was done by then and nothing is stored.
    """

    calibration_id: str
    thresholds: dict[str, Any]
    seed: int
    pictures: int
    sampled: int
    recalls: tuple[Recall, ...]
    pairs: tuple[Pairs, ...]
    seconds: float = 0.0
    outcome: str = "finished"

    def frame(self) -> pd.DataFrame:
        """Return recall by kind of edit, what is found least first, with its interval."""
        made = pd.DataFrame(self.recalls, columns=list(Recall._fields))
        made.insert(6, "recall", made["found"] / made["tried"].clip(lower=1))
        return made.sort_values(["recall", "kind"], ignore_index=True)

    def false_matches(self) -> pd.DataFrame:
        """Return what was taken for duplicates among pairs of different pictures, with bounds."""
        return pd.DataFrame(self.pairs, columns=list(Pairs._fields))

    @property
    def recall(self) -> float:
        """Recall, averaged over the kinds of edits."""
        shares = [r.found / r.tried for r in self.recalls if r.tried]
        return sum(shares) / len(shares) if shares else math.nan

    @property
    def whole(self) -> Pairs:
        """What became of all pairs of the collection."""
        return next(p for p in self.pairs if p.kind == "all")

    def confidence(self, rate: float = TARGET) -> float:
        """Return how sure it is that false matches are rarer than a rate, from 0 to 1."""
        return sureness(self.whole.refuted, self.whole.tried, rate)

    def chart(self) -> Any:
        """Draw recall by kind with its interval, as a plotly figure."""
        from workbench.calibration_chart import recall_chart

        return recall_chart(self.frame())

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        more = {"recall": self.recall, "confidence": self.confidence()}
        return (
            plain | more | {"recalls": [r._asdict() for r in self.recalls], "pairs": [p._asdict() for p in self.pairs]}
        )

    def __str__(self) -> str:
        if self.outcome == "cancelled":
            return (
                f"Calibration cancelled after {self.seconds:.0f} s: nothing was stored, and thresholds are as before."
            )
        worst = min((r for r in self.recalls if r.tried), key=lambda r: r.found / r.tried, default=None)
        lines = [
            f"Calibration {self.outcome}: {self.sampled:,} of {self.pictures:,} pictures, {self.seconds:.0f} s.",
            f"  Copies found: {self.recall:.1%} on average over {len(self.recalls)} kinds of edits"
            + (f"; least: {worst.says} ({worst.found} of {worst.tried})." if worst else "."),
            f"  Duplicates from a score of {self.thresholds.get('least')} on.",
            f"  {self.statement()}",
        ]
        lines += [f"  {p.says}: {p.accepted:,} of {p.tried:,} taken for duplicates." for p in self.pairs[1:]]
        return "\n".join(lines)

    def statement(self) -> str:
        """Say what the number of pairs allows to be said about false matches, and no more."""
        whole, open_ = self.whole, self.whole.accepted - self.whole.refuted
        sure = self.confidence()
        text = (
            f"Of {whole.tried:,} pairs of the collection {whole.accepted:,} are taken for duplicates, of which "
            f"{whole.refuted:,} are known to be none: fewer than {whole.bound:.2g} of all pairs are false matches "
            "(95 % confidence); "
            + (f"that they are rarer than one in a million is {sure:.0%} sure." if sure > _UNSURE else _TOO_FEW)
        )
        if open_:
            text += f" Of the other {open_:,} nobody has said so; were they all wrong, it would be {whole.worst:.2g}."
        return text


def wilson(found: int, tried: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's score interval of a share; 0 and 1 where nothing was tried.

    Parameters
    ----------
    found, tried : int
    z : float
        The normal quantile: 1.96 for 95 %.

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson(24, 24)]
    [0.862, 1.0]
    """
    if not tried:
        return 0.0, 1.0
    share, extra = found / tried, z * z / tried
    middle = (share + extra / 2) / (1 + extra)
    reach = z / (1 + extra) * math.sqrt(share * (1 - share) / tried + extra / (4 * tried))
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return (0.0 if found == 0 else low), (1.0 if found == tried else high)


def sureness(errors: int, tried: int, rate: float) -> float:
    """Return with what confidence so few errors in so many trials show a rate below the one given.

    One less the chance of at most so many errors at that rate (binomial).
    """
    if not tried:
        return 0.0
    log_rate, log_rest = math.log(rate), math.log1p(-rate)
    terms = [
        math.exp(
            math.lgamma(tried + 1)
            - math.lgamma(k + 1)
            - math.lgamma(tried - k + 1)
            + k * log_rate
            + (tried - k) * log_rest
        )
        for k in range(min(errors, tried) + 1)
    ]
    return max(0.0, 1.0 - math.fsum(terms))


def pairs_of(kind: str, says: str, tried: int, accepted: int, refuted: int) -> Pairs:
    """Return what became of a set of pairs, with its bounds."""
    bound, worst = (upper_bound(k, tried) if tried else 1.0 for k in (refuted, accepted))
    return Pairs(kind, says, tried, accepted, refuted, bound, worst)


def pairs_tried(rows: Iterable[Mapping[str, Any]]) -> list[Pairs]:
    """Return the sets of pairs among the rows of ``calibration_figures``, those that any were tried of."""
    return [
        pairs_of(row["kind"], row["says"], row["tried"], row["found"], row["refuted"])._replace(bound=row["high"])
        for row in rows
        if row["part"] == "pairs" and row["tried"]
    ]


def made_alike(pairs: Iterable[Pairs]) -> list[Pairs]:
    """Return the sets of pairs that were made to look alike and yet to differ."""
    return [one for one in pairs if one.kind not in ("all", "random", "nearest")]


def recall_of(kind: str, says: str, family: str, tried: int, proposed: int, found: int) -> Recall:
    """Return what was found of one kind of edit, with its interval."""
    return Recall(kind, says, family, tried, proposed, found, *wilson(found, tried))
