"""What the review of duplicates shows, as plain dicts: a cluster, its images, what differs, and why, in words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.fields import FIELDS
from workbench.relations import DECISIONS, RELATIONS
from workbench.review_pages import LONGEST, Member, Page

MOST_FIELDS = 60

NUMBERED = 9
AROUND = 60
"""Of a large cluster the members that have a key are shown, and so many before and after the one compared."""

FACTS = {
    "pixels": "Pixels",
    "size": "File size",
    "format": "Format",
    "folder": "Folder",
    "captured": "Captured",
    "camera": "Camera",
    "modified": "File changed",
    "batch": "Batch",
    "colour": "Colour",
    "sharpness": "Sharpness",
    "fields": "Metadata",
}
"""What is compared of the files, and what it is called."""


def cluster_view(page: Page, keeper: str, marks: Mapping[str, str], looked: str) -> dict[str, Any]:
    """Return a cluster as it is shown: its members, the keeper and why, what differs between the two compared."""
    kept, members = page.member(keeper), page.members
    compared_ones = [one for one in members if one.image_id in (keeper, looked)]
    place = next((at for at, one in enumerate(members) if one.image_id == looked), 0)
    listed = [
        member_view(one, at + 1, members[0], marks.get(one.image_id))
        for at, one in enumerate(members)
        if at < NUMBERED or abs(at - place) <= AROUND or one is kept
    ]
    return {
        "id": page.cluster_id,
        "keeper": keeper,
        "looked": looked,
        "proposed": members[0].image_id,
        "why": reasons(members[0].facts["reason"]),
        "gain": sum(one.facts["size"] for one in members if one is not kept and one.image_id not in marks),
        "images": len(members),
        "members": listed,
        "facts": compared(compared_ones),
        "fields": [
            {**named, "values": {one.image_id: one.values.get(named["key"], "") for one in compared_ones}}
            for named in differing(compared_ones)
        ],
    }


def member_view(one: Member, number: int, proposed: Member, mark: str | None) -> dict[str, Any]:
    """Return one image of a cluster: which it is, how it stands to the proposed keeper, and on what that rests."""
    row = one.facts
    first = one is proposed
    return {
        "image_id": one.image_id,
        "number": number,
        "mark": mark,
        **{key: row[key] for key in ("name", "path", "format", "width", "height", "size", "relation")},
        "score": float(row["score"]),
        "why": [] if first else reasons(row["reason"].removeprefix("the keeper: ")),
        "words": [] if first else evidence_words(row["relation"], one.evidence),
        "align": None if first else alignment(one.evidence, proposed.image_id),
    }


def compared(members: Sequence[Member]) -> list[dict[str, Any]]:
    """Return the facts of these images beside each other: key, label, values by image, and whether they differ."""
    told = {one.image_id: facts_of(one) for one in members}
    rows = []
    for key, label in FACTS.items():
        values = {image_id: facts.get(key, "") for image_id, facts in told.items()}
        if any(values.values()):
            rows.append({"key": key, "label": label, "values": values, "differs": len(set(values.values())) > 1})
    return rows


def progress_view(listed: Sequence[Any]) -> dict[str, Any]:
    """Return how far the clusters listed are decided, and the bytes gained and to gain."""
    decided = [one for one in listed if one.state == "decided"]
    rest = [one for one in listed if one.state != "decided"]
    return {
        "count": len(listed),
        "done": len(decided),
        "left": len(rest),
        "skipped": sum(1 for one in rest if one.state == "skipped"),
        "gained": sum(one.gained for one in decided),
        "to_gain": sum(one.gain for one in rest),
    }


def bulk_view(clusters: Sequence[Any], examples: Sequence[Page]) -> dict[str, Any]:
    """Return what accepting clusters would do: how many, of which kinds, the files that may go; and some of them."""
    kinds: dict[str, int] = {}
    for one in clusters:
        kinds[one.relation] = kinds.get(one.relation, 0) + 1
    return {
        "clusters": len(clusters),
        "redundant": sum(one.images - 1 for one in clusters),
        "bytes": sum(one.gain for one in clusters),
        "kinds": kinds,
        "proved": kinds.keys() <= {"exact", "same-picture"},
        "examples": [
            {
                "images": len(page.members),
                "members": [{key: one.facts[key] for key in ("image_id", "name", "path")} for one in page.members[:4]],
            }
            for page in examples
        ],
    }


def empty_view(known: int, listed: int) -> dict[str, str]:
    """Say why there is no cluster."""
    if not known:
        return {"title": "No duplicates", "hint": "None were found, or nobody has looked: ws.find_duplicates()."}
    if not listed:
        return {"title": "No such clusters", "hint": "Choose another kind above."}
    return {"title": "All done", "hint": "Every cluster of this kind is decided, or somebody else is at it."}


def facts_of(one: Member) -> dict[str, str]:
    """Return what is compared of a file, in words; what nobody knows is left out."""
    row = one.facts
    depth = f", {row['bit_depth']} bit" if row["bit_depth"] else ""
    profile = f", {row['icc_name'] or 'with a profile'}" if row["has_icc"] else ""
    told = {
        "pixels": f"{row['width']:,} × {row['height']:,}" if row["width"] and row["height"] else "",
        "size": size_words(row["size"]),
        "format": row["format"],
        "folder": row["folder"] or "(top)",
        "captured": row["captured"] or "",
        "camera": row["camera"] or "",
        "modified": row["modified"] or "",
        "batch": row["batch"],
        "colour": f"{row['mode']}{depth}{profile}" if row["mode"] else "",
        "sharpness": f"{row['sharpness']:,.0f}" if row["sharpness"] is not None else "",
        "fields": f"{len(one.values)} field{'' if len(one.values) == 1 else 's'}" if one.values else "none",
    }
    return {key: text for key, text in told.items() if text}


def size_words(size: int) -> str:
    """Return a number of bytes as people say it: 3.4 MB."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{size:,} bytes" if unit == "bytes" else f"{value:.{1 if value < 100 else 0}f} {unit}"


def differing(members: Sequence[Member]) -> list[dict[str, str]]:
    """Return the metadata fields in which these images don't all say the same, by their labels."""
    keys = dict.fromkeys(key for one in members for key in one.values)
    apart = [key for key in keys if len({one.values.get(key) for one in members}) > 1]
    named = [{"key": key, "label": FIELDS[key].label if key in FIELDS else key} for key in apart]
    return sorted(named, key=lambda one: one["label"].casefold())[:MOST_FIELDS]


def evidence_words(relation: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what an image and the keeper have to do with each other: the relation first, then what it rests on."""
    told = [RELATIONS.get(relation) or DECISIONS.get(relation) or relation]
    for row in rows:
        evidence = parsed(row["evidence"])
        words = evidence.get("because", [])
        told += [str(one)[:LONGEST] for one in ([words] if isinstance(words, str) else words)]
    return list(dict.fromkeys(told))


def parsed(evidence: object) -> dict[str, Any]:
    """Return evidence as a dict; what isn't one, as none."""
    try:
        made = json.loads(str(evidence))
    except ValueError:
        return {}
    return made if isinstance(made, dict) else {}


def alignment(rows: Sequence[Mapping[str, Any]], keeper: str) -> list[list[float]] | None:
    """Return how an image lies on the proposed keeper, where the evidence says it.

    Returns
    -------
    list or None
        Homography, 3 rows of 3: from points of the keeper to those of the image, both from 0 to 1.
    """
    for row in rows:
        evidence = parsed(row["evidence"])
        with contextlib.suppress(ValueError, TypeError, np.linalg.LinAlgError):
            matrix = np.asarray(evidence.get("homography", ""), np.float64)
            if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
                continue
            laid = matrix if evidence.get("from", row["image_a"]) == keeper else np.linalg.inv(matrix)
            plain: list[list[float]] = laid.tolist()
            return plain
    return None


def reasons(text: str) -> list[str]:
    """Return the reasons for a keeper one by one, each as a sentence."""
    parts = [part.strip() for part in text.split("; ")]
    return [f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts if part]
