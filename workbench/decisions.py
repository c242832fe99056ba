"""Decisions about clusters of duplicates, as they go into the ledger: by content, so that nobody is asked twice."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from workbench.clusters import cluster_id, make
from workbench.relations import content_key
from workbench.review_pages import Member, Page
from workbench.workspace import Workspace

MOST_APART = 100
"""Up to so many members, all pairs are noted when a whole cluster is no duplicates; of more, those with the first."""


def decision_rows(page: Page, keeper: str, marks: dict[str, str], whole: str = "") -> list[list[Any]]:
    """Return the rows of ``clusters_decided`` for one cluster: first about all of it, then a row a pair.

    Parameters
    ----------
    page : Page
    keeper : str
        Image that stays.
    marks : dict
        image_id → ``variant`` or ``not_duplicate``, for what is no duplicate of the keeper.
    whole : str
        One of these for every pair of the cluster.
    """
    kept = page.member(keeper)
    others = [one for one in page.members if one is not kept]
    said = {one.image_id: whole or marks.get(one.image_id, "duplicate") for one in others}
    gone = [one for one in others if said[one.image_id] == "duplicate"]
    rows: list[list[Any]] = [_pair_row(page, kept, one, said[one.image_id]) for one in others]
    if whole and len(others) < MOST_APART:
        rows += [_pair_row(page, one, other, whole) for one, other in combinations(others, 2)]
    elif not whole:  # what is none of the keeper's is none of the others' either
        apart = [one for one in others if one not in gone]
        rows += [_pair_row(page, one, other, said[other.image_id]) for one in gone for other in apart]
    rows += _rest_row(page, kept, gone) if gone and len(gone) < len(others) else []
    verdicts = set(said.values())
    verdict = verdicts.pop() if len(verdicts) == 1 else "mixed"
    gained = sum(one.facts["size"] for one in gone)
    return [[page.cluster_id, verdict, keeper, None, None, None, len(page.members), gained, page.relation], *rows]


def take_back(ws: Workspace, reason: str = "") -> int:
    """Take every decision about clusters back, everybody's, and make the clusters anew; return how many events it was.

    The ledger keeps what had been decided, and that it was taken back.
    """
    decided = ws.query("review_decided")["seq"].tolist()
    with ws.change(reason) as change:
        for seq in decided:
            told = {"decided": int(seq), "clusters": [], "what": reason}
            change.add("clusters_reopened", told, event_id=f"reopened-{seq}")
    if decided:
        make(ws)
    return len(decided)


def _rest_row(page: Page, kept: Member, gone: list[Member]) -> list[list[Any]]:
    """Say the same of the cluster that is left without the others: it gets an id of its own, and isn't asked about."""
    keys = {content_key(one.facts["picture_hash"], one.facts["checksum"]) for one in (kept, *gone)}
    gained = sum(one.facts["size"] for one in gone)
    name = cluster_id(keys)
    return (
        []
        if name == page.cluster_id
        else [[name, "rest", kept.image_id, None, None, None, 1 + len(gone), gained, page.relation]]
    )


def _pair_row(page: Page, one: Member, other: Member, decision: str) -> list[Any]:
    first, second = (content_key(m.facts["picture_hash"], m.facts["checksum"]) for m in (one, other))
    if first == second:
        first, second = one.facts["checksum"], other.facts["checksum"]
    return [page.cluster_id, decision, one.image_id, first, other.image_id, second, None, None, None]


def said(decision: str) -> str:
    """Return a decision about a cluster in words."""
    words = {"duplicate": "accepted", "not_duplicate": "not duplicates", "variant": "variants"}
    return words.get(decision, "accepted in part" if decision == "mixed" else decision)
