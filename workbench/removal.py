"""Removal: redundant copies go into quarantine, come back, and only much later, and by somebody named, are deleted.

Nothing moves before it is sure that it is what was reviewed, that the file which stays in its stead is there, whole and
as reviewed, and that the metadata of the one are merged into the other.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import certificate, dedup_settings, history, images, merging, quarantine, sources
from workbench.errors import BadValue, NotAllowed, NotFound, Stale, Uncertified
from workbench.events import Event
from workbench.quarantine import Held, Refusal, held, place_bytes
from workbench.removal_journal import (
    DONE,
    PURGE,
    QUARANTINE,
    RESTORE,
    Item,
    Left,
    RemovalReport,
    Tell,
    alone,
    carry_out,
    items_of,
    no_scans,
    recover,
    recover_alone,
)  # fmt: skip
from workbench.workspace import Workspace

LINKS = {
    "": "move duplicates",
    "hardlink": "replace duplicates by hard links, and move them",
    "reflink": "replace duplicates by reflinks, and move them",
}
"""What may be left under the name of a file that goes → what is then done."""

EVENTS = ("removal_planned", *DONE.values(), "removal_ended")
"""The kinds of events that removals, restorations and purges write."""

WAITING_DAYS = 30.0
"""Days that a file lies in quarantine before it may be deleted, unless ``dedup.toml`` says otherwise."""

CERTIFY_FROM, CERTIFY_SHARE = 1_000, 0.01
"""Images from which on a removal needs a certificate, and the share of wrong ones that it must show to be undercut."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What ``[quarantine]`` of ``dedup.toml`` says.

    Attributes
    ----------
    folders : tuple of str
        Quarantine folders on other volumes than the workspace's.
    waiting_days : float
        See `WAITING_DAYS`.
    certify_from : int
        How many images a removal must be of to need a certificate; 1 for every removal.
    certify_share : float
        Its certificate must show that fewer than this share of all are wrong, 0 to 1.
    """

    folders: tuple[str, ...] = ()
    waiting_days: float = WAITING_DAYS
    certify_from: int = CERTIFY_FROM
    certify_share: float = CERTIFY_SHARE


def rules_of(ws: Workspace) -> Rules:
    """Return the workspace's rules.

    Raises
    ------
    BadValue
        They say something that can't be.
    """
    said = dict(dedup_settings.load(ws.folder).tables.get("quarantine", {}))
    folders, days = said.pop("folders", []), said.pop("waiting_days", WAITING_DAYS)
    listed = isinstance(folders, list) and all(
        isinstance(f, str) and Path(f).expanduser().is_absolute() for f in folders
    )
    large, share = said.pop("certify_from", CERTIFY_FROM), said.pop("certify_share", CERTIFY_SHARE)
    number = _is_number(days) and 0 <= days <= 36_500
    sure = _is_number(large) and large == int(large) >= 1 and _is_number(share) and 0 < share < 1
    if said or not (listed and number and sure):
        raise BadValue(
            "dedup.toml: [quarantine] knows folders (a list of whole paths), waiting_days (0 or more), certify_from "
            "(1 or more) and certify_share (between 0 and 1).",
            hint="Mend it.",
        )
    return Rules(tuple(folders), float(days), int(large), float(share))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def require_right(ws: Workspace, right: str) -> None:
    """Let those through who have a right: ``[people]`` of ``workspace.toml`` lists the rights of each.

    Raises
    ------
    NotAllowed
        The actor isn't listed there with that right.
    """
    people = ws.settings.get("people", {})
    rights = people.get(ws.actor, []) if isinstance(people, dict) else []
    if not isinstance(rights, list) or right not in rights:
        raise NotAllowed(
            f"{ws.actor} may not {right}.",
            hint=f'Who may stands in workspace.toml: [people], then "{ws.actor}" = ["{right}"].',
        )


# ── the plan ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Plan:
    """What would be moved into quarantine, put back, or deleted there. Nothing is touched before `apply`.

    Attributes
    ----------
    action : str
        ``quarantine``, ``restore`` or ``purge``.
    items : list of Item
        What goes.
    left : list of Left
        What was asked for and doesn't go, and why.
    keepers : dict
        Id → path and bytes of what stays.
    merge : MergePreview or None
        What is written into the images that stay, before anything goes.
    notes : list of str
        What else should be known.
    """

    ws: Workspace
    action: str
    what: str
    items: list[Item] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    keepers: dict[str, tuple[str, int]] = field(default_factory=dict)
    merge: merging.MergePreview | None = None
    notes: list[str] = field(default_factory=list)
    plan_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    undecided: bool = False
    vouched: dict[str, str] = field(default_factory=dict)
    applied: RemovalReport | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Files that go, their bytes, images that stay, files that were asked for and don't go."""
        stay = {item.keeper_id for item in self.items}
        gone = sum(item.size for item in self.items)
        return {"go": len(self.items), "bytes": gone, "stay": len(stay), "left": len(self.left)}

    def pairs(self) -> list[tuple[str, str]]:
        """Return each image that goes, with the one that stays in its stead: what a certificate is drawn from."""
        return [(item.image_id, item.keeper_id) for item in self.items if item.goes_with is None]

    @property
    def digest(self) -> str:
        """What tells this plan from any that would do something else: the same whenever the same is planned."""
        parts = [(i.image_id, i.checksum, i.keeper_id, i.keeper_checksum, i.leaves) for i in self.items]
        return quarantine.digest_of(self.action, sorted(parts))

    def frame(self) -> pd.DataFrame:
        """Return a row a file, cluster by cluster: cluster_id, what (stays, goes, left), image_id, path, bytes,
        relation, note.
        """  # noqa: D205  the columns don't fit one line
        columns = ["cluster_id", "what", "image_id", "path", "bytes", "relation", "note"]
        rows: list[tuple[Any, ...]] = []
        last = ""
        for item in self.items:
            if self.action == QUARANTINE and item.cluster_id != last:
                path, size = self.keepers[item.keeper_id]
                rows.append((item.cluster_id, "stays", item.keeper_id, path, size, "", ""))
                last = item.cluster_id
            rows.append(self._row(item))
        rows += [("", "left", one.image_id, sources.readable(one.uri), 0, "", one.reason) for one in self.left]
        return pd.DataFrame(rows, columns=columns)

    def _row(self, item: Item) -> tuple[Any, ...]:
        link = f"a {item.leaves} to what stays takes its place" if item.leaves else ""
        note = "goes along with its image" if item.goes_with else link
        return item.cluster_id, "goes", item.image_id, item.path, item.size, item.relation, note

    def __repr__(self) -> str:
        return f"{self}\nNothing is touched yet: .frame() lists the files, .apply() does it."

    def __str__(self) -> str:
        counts = self.counts
        lines = [f"{self.what}: {counts['go']:,} files ({counts['bytes']:,} bytes), {counts['left']:,} are left."]
        reasons = [one.reason for one in self.left]
        lines += [f"  {reasons.count(reason):,} × {reason}" for reason in dict.fromkeys(reasons)]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        rows = self.frame().to_dict("records")
        return {"action": self.action, "what": self.what, "digest": self.digest, "notes": self.notes, **self.counts,
                "files": rows}  # fmt: skip

    def apply(
        self,
        reason: str = "",
        *,
        uncertified: str = "",
        progress: Tell | None = None,
        cancel: threading.Event | None = None,
    ) -> RemovalReport:
        """Do it, file by file; what can't be done safely is left, with the reason.

        Parameters
        ----------
        uncertified : str
            Why a removal that needs a certificate may go without; stands in the ledger.

        Raises
        ------
        Uncertified
            So many images would go that a sample of them must have been looked at (`Rules`), and none was, or it
            shows too little.
        Stale
            It was applied already, or somebody changed values that were to be merged.
        WorkspaceBusy
            Another removal is under way, or a source is being scanned.
        NotAllowed
            To purge is the right of some people only.
        """
        if self.applied is not None:
            raise Stale("This was applied already.", hint="Make a new plan.")
        if self.action == QUARANTINE:
            self.vouched = _vouched(self, uncertified)
        steps = {QUARANTINE: _remove, RESTORE: _restore, PURGE: _purge}
        self.applied = steps[self.action](self, reason or self.what, progress, cancel)
        return self.applied


def plan(
    ws: Workspace,
    clusters: Sequence[str] | None = None,
    *,
    relations: Sequence[str] | None = None,
    images: Sequence[str] | None = None,
    undecided: bool = False,
    leave: str = "",
    merge: bool = True,
    policy: Mapping[str, Any] | None = None,
    answers: merging.Answers | None = None,
) -> Plan:
    """Plan to move the redundant images of clusters into quarantine.

    Parameters
    ----------
    clusters : sequence of str, optional
        Only these clusters; all that were decided when not given.
    relations : sequence of str, optional
        Only images so related to the one that stays: ``exact`` …; ``duplicate`` where only a person says so.
    images : sequence of str, optional
        Only these.
    undecided : bool
        Also clusters that nobody decided; then name clusters, relations or images.
    leave : str
        Consolidate: ``hardlink`` or ``reflink`` leaves a link to the file that stays under the name of each equal one.
    merge : bool
        Write into the image that stays what the others know more, by ``policy`` and ``answers`` as in
        `workbench.merging.preview`. An image about which the policy says to ask is left until it is answered.

    Raises
    ------
    BadValue
        Undecided clusters, and no filter.
    NotFound
        There is no such cluster.
    """
    if undecided and clusters is None and relations is None and images is None:
        raise BadValue("Not everything that nobody has decided.", hint="Name clusters, relations or images.")
    if leave not in LINKS:
        raise BadValue(f"There is no link called {leave!r}.", hint="Say hardlink or reflink.")
    recover(ws)
    made = Plan(ws, QUARANTINE, f"{LINKS[leave]} into quarantine", undecided=undecided)
    rows = _candidates(ws, clusters, relations, images, undecided=undecided)
    _must_know(ws, clusters)
    rules = rules_of(ws)
    going = [row for row in rows if _may_go(made, row)]
    going = _with_companions(ws, made, going)
    if merge:
        going = _with_merge(ws, made, going, policy, answers)
    _draw_up(ws, made, [row | {"leaves": leave} for row in going], rules)
    if (count := len(made.pairs())) >= rules.certify_from:
        made.notes.append(f"{count:,} images are so many that a random sample of them must be looked at first.")
    return made


def _vouched(made: Plan, uncertified: str) -> dict[str, str]:
    """Return what vouches for a removal, for the ledger: nothing, a certificate, or why there is none."""
    rules, pairs = rules_of(made.ws), made.pairs()
    if len(pairs) < rules.certify_from:
        return {}
    known = certificate.covering(made.ws, pairs)
    if known is not None and known.shows(rules.certify_share):
        return {"certificate": known.draw_id}
    if uncertified.strip():
        return {"uncertified": uncertified.strip()}
    looked = "nobody has looked at a random sample of them" if known is None else f"the sample says: {known.statement}"
    raise Uncertified(
        f"{len(pairs):,} images would go, and {looked[:1].lower()}{looked[1:].rstrip('.')}.",
        hint=f"It must show that fewer than {rules.certify_share * 100:g} % are wrong: in a notebook "
        "wb.CertificateReview(ws, ws.dedup.certify(plan)), look at every pair, apply. "
        "Or say uncertified='why it needn't'.",
    )


def _candidates(
    ws: Workspace,
    clusters: Sequence[str] | None,
    relations: Sequence[str] | None,
    images: Sequence[str] | None,
    *,
    undecided: bool,
) -> list[dict[Any, Any]]:
    lists = [None if given is None else list(given) for given in (clusters, relations, images)]
    names = dict(zip(("cluster_ids", "relations", "image_ids"), lists, strict=True))
    return ws.query("removal_candidates", undecided=undecided, **names).to_dict("records")


def _must_know(ws: Workspace, clusters: Sequence[str] | None) -> None:
    if clusters is None:
        return
    known = set(ws.query("known_clusters", cluster_ids=list(clusters))["cluster_id"])
    if missing := [one for one in clusters if one not in known]:
        raise NotFound(f"There is no cluster {missing[0]!r}.", hint="Take the ids from the view duplicate_clusters.")


def _may_go(made: Plan, row: dict[Any, Any]) -> bool:
    """Whether nothing speaks against an image's going; the reason goes into the plan."""
    against = row["against"] if isinstance(row["against"], str) else ""
    if not against and not (sources.is_local(row["uri"]) and sources.is_local(row["keeper_uri"])):
        against = "Files that aren't on this machine can't be moved from here."
    if against:
        made.left.append(Left(row["image_id"], row["uri"], against))
    return not against


def _with_companions(ws: Workspace, made: Plan, rows: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Leave images whose companion stays: the files of one shot stay together."""
    found = ws.query("companions_of", image_ids=[row["image_id"] for row in rows])
    needs = list(zip(found["image_id"], found["companion_id"], found["path"], strict=True))
    going = {row["image_id"] for row in rows}
    while apart := {image: path for image, other, path in needs if image in going and other not in going}:
        going -= apart.keys()
        for row in rows:
            if row["image_id"] in apart:
                reason = f"It belongs with {apart[row['image_id']]}, which stays."
                made.left.append(Left(row["image_id"], row["uri"], reason))
    return [row for row in rows if row["image_id"] in going]


def _with_merge(
    ws: Workspace,
    made: Plan,
    rows: list[dict[Any, Any]],
    policy: Mapping[str, Any] | None,
    answers: merging.Answers | None,
) -> list[dict[Any, Any]]:
    """Preview the merge; leave the clusters about which the policy says to ask, until somebody answers."""
    preview = merging.preview_groups(ws, _groups(rows), policy, answers=answers)
    asked = {q.cluster_id: q.field for q in preview.questions if q.asked}
    for row in rows:
        if row["cluster_id"] in asked:
            reason = f"What the images say in {asked[row['cluster_id']]} differs, and nobody has chosen."
            made.left.append(Left(row["image_id"], row["uri"], reason))
    going = [row for row in rows if row["cluster_id"] not in asked]
    if asked:
        kept = {k: v for k, v in (answers or {}).items() if k[0] in {row["keeper_id"] for row in going}}
        preview = merging.preview_groups(ws, _groups(going), policy, answers=kept)
    made.merge = preview
    if preview.steps:
        counts = preview.counts
        made.notes.append(f"{counts['values']:,} values of {counts['changed']:,} images that stay are merged first.")
    return going


def _groups(rows: list[dict[Any, Any]]) -> list[tuple[str, str, list[str]]]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        grouped.setdefault((row["cluster_id"], row["keeper_id"]), []).append(row["image_id"])
    return [(cluster, keeper, others) for (cluster, keeper), others in grouped.items()]


def _draw_up(ws: Workspace, made: Plan, rows: list[dict[Any, Any]], rules: Rules) -> None:
    """Give everything that goes its place in quarantine, sidecar files behind their images."""
    beside: dict[str, list[dict[Any, Any]]] = {}
    for sidecar in ws.query("sidecars_beside", image_ids=[row["image_id"] for row in rows]).to_dict("records"):
        beside.setdefault(sidecar["goes_with"], []).append(sidecar)
    copied = 0
    for row in rows:
        made.keepers[row["keeper_id"]] = (row["keeper_path"], row["keeper_size"])
        along = [] if row["leaves"] else beside.get(row["image_id"], [])
        for file in (row, *along):
            about = {**row, **file, "relation": "sidecar" if file is not row else row["relation"]}
            item, by_renaming = _item(ws, made, about, rules)
            made.items.append(item)
            copied += 0 if by_renaming else item.size
    if sidecars := sum(item.goes_with is not None for item in made.items):
        made.notes.append(f"{sidecars:,} sidecar files go along.")
    if copied:
        free = shutil.disk_usage(ws.folder).free
        made.notes.append(
            f"{copied:,} bytes lie on another volume than quarantine: they are copied, which takes time and space "
            f"({free:,} bytes are free). dedup.toml can name a folder on their volume."
        )


def _item(ws: Workspace, made: Plan, about: dict[Any, Any], rules: Rules) -> tuple[Item, bool]:
    path = sources.local_bytes(about["uri"])
    own, *others = quarantine.roots(ws.folder, rules.folders)
    root, by_renaming = quarantine.root_for(path, own, others)
    place = quarantine.place_text(ws.folder, root, made.plan_id, quarantine.name_for(about["image_id"], path))
    with contextlib.suppress(OSError):
        about["mode"] = os.lstat(path).st_mode & 0o7777
    whole = {"mode": 0, "goes_with": None, **about, "plan_id": made.plan_id, "place": place}
    whole = {name: int(v) if name in ("size", "mtime_ns", "mode") else v for name, v in whole.items()}
    [item] = items_of([whole])
    return item, by_renaming


# ── into quarantine ───────────────────────────────────────────────────────────────────────────────────────────


class _Guard:
    """Holds the file that stays while others go: there, whole, with the bytes it was reviewed with."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._file: Held | None = None
        self._whole: set[str] = set()

    def hold(self, uri: str, checksum: str, *, same_bytes: bool) -> None:
        """Hold a file, or raise `Refusal`; the one that is held already is only looked at again."""
        path = sources.local_bytes(uri)
        try:
            if self._file is not None and (self._file.path, self._file.checksum) == (path, checksum):
                self._file.must_be_still_there()
                return
            self.release()
            self._file = self._stack.enter_context(held(path, checksum, to_move=False))
            self._must_be_whole(self._file, same_bytes=same_bytes)
        except Refusal as refusal:
            self.release()
            raise Refusal(f"The file that would stay: {str(refusal)[:1].lower()}{str(refusal)[1:]}") from refusal

    def look_again(self) -> Held:
        """Return the file that is held; raise `Refusal` when it isn't there any more."""
        if self._file is None:
            raise Refusal("Nothing stays in its stead.")
        self._file.must_be_still_there()
        return self._file

    def _must_be_whole(self, file: Held, *, same_bytes: bool) -> None:
        if file.checksum in self._whole:
            return
        picture = images.measure(file.bytes())
        bad = next((p for p in picture.problems if p.stage == "decode"), None)
        if bad is not None:
            raise Refusal(f"It can't be decoded: {bad.message}")
        if picture.picture_hash is None and not same_bytes:
            raise Refusal("Nothing here can decode it, so nobody can tell whether it is whole.")
        self._whole.add(file.checksum)

    def release(self) -> None:
        """Let go of it."""
        self._stack.close()
        self._file = None


def _remove(made: Plan, reason: str, progress: Tell | None, cancel: threading.Event | None) -> RemovalReport:
    ws = made.ws
    with alone(ws) as note:
        recover_alone(ws, note)
        with no_scans(ws, {item.source for item in made.items}):
            items, left = _still_planned(made)
            merged = None if made.merge is None else made.merge.apply(reason)
            about = {**made.vouched, **({} if merged is None else {"merge": merged.seq})}
            with _guarded() as guard:
                move = _mover(ws, guard)
                how: dict[str, Any] = {
                    "what": made.what, "run_id": made.plan_id, "reason": reason, "locked": True, "about": about,
                }  # fmt: skip
                report = carry_out(
                    ws, note, QUARANTINE, items, move, left=left, progress=progress, cancel=cancel, **how
                )  # fmt: skip
            if merged is not None:
                report.notes.append(_merged_told(merged, moved=bool(report.done)))
            return report


def _merged_told(merged: Event, *, moved: bool) -> str:
    said = f"Metadata were merged into {merged.payload['count']:,} images that stay, as change {merged.seq}"
    return f"{said}." if moved else f"{said}, though nothing was moved: `workbench undo {merged.seq}` takes them back."


@contextlib.contextmanager
def _guarded() -> Iterator[_Guard]:
    guard = _Guard()
    try:
        yield guard
    finally:
        guard.release()


def _still_planned(made: Plan) -> tuple[list[Item], list[Left]]:
    """Tell what may still go from what was decided otherwise since the plan was made."""
    clusters = sorted({item.cluster_id for item in made.items})
    rows = _candidates(made.ws, clusters, None, None, undecided=made.undecided)
    known = {(r["image_id"], r["checksum"], r["keeper_id"], r["keeper_checksum"]) for r in rows if _is_open(r)}
    images = {i.image_id: (i.image_id, i.checksum, i.keeper_id, i.keeper_checksum) for i in made.items}
    items, left = [], list(made.left)
    for item in made.items:
        if images.get(item.goes_with or item.image_id) in known:
            items.append(item)
        else:
            left.append(Left(item.image_id, item.uri, "It was decided otherwise, or changed, since the plan was made."))
    return items, left


def _is_open(row: dict[Any, Any]) -> bool:
    return not isinstance(row["against"], str)


def _mover(ws: Workspace, guard: _Guard) -> Callable[[Item], None]:
    gone: set[str] = set()

    def move(item: Item) -> None:
        if item.goes_with is not None and item.goes_with not in gone:
            raise Refusal("The image that it belongs to stays.")
        path, keeper = sources.local_bytes(item.uri), sources.local_bytes(item.keeper_uri)
        if quarantine.is_same_file(path, keeper):
            raise Refusal("It is the very file that would stay, under another name.")
        guard.hold(item.keeper_uri, item.keeper_checksum, same_bytes=item.checksum == item.keeper_checksum)
        with held(path, item.checksum, to_move=True) as file:
            keeper_held = guard.look_again()
            place = place_bytes(ws.folder, item.place)
            if item.leaves:
                quarantine.take_and_link(file, place, keeper_held, item.leaves)
            else:
                quarantine.take(file, place)
        gone.add(item.image_id)

    return move


# ── and back ──────────────────────────────────────────────────────────────────────────────────────────────────


def restoration(ws: Workspace, images: Sequence[str] | None = None, *, plans: Sequence[str] | None = None) -> Plan:
    """Plan to put files back from quarantine to where they were.

    Parameters
    ----------
    images, plans : sequence of str, optional
        Only these images, only what these removals took out; everything when neither is given. The beginning of a
        removal's id will do.

    Raises
    ------
    NotFound
        There is no such removal.
    BadValue
        Several begin so.
    """
    recover(ws)
    made = Plan(ws, RESTORE, "put files back from quarantine")
    made.items = _in_quarantine(ws, images, _called(ws, plans))
    return made


def _called(ws: Workspace, plans: Sequence[str] | None) -> list[str] | None:
    """Return the removals that were named, by their whole ids."""
    return None if plans is None else [_one_called(ws, start) for start in plans]


def _one_called(ws: Workspace, start: str) -> str:
    found = ws.query("removals_called", start=start)["plan_id"].tolist() if start else []
    if not found:
        raise NotFound(f"There is no removal {start!r}.", hint="The view removal_runs lists them, by plan_id.")
    if len(found) > 1:
        raise BadValue(f"{len(found):,} removals begin with {start!r}.", hint="Say more of the id.")
    return str(found[0])


def restore(
    ws: Workspace,
    images: Sequence[str] | None = None,
    *,
    plans: Sequence[str] | None = None,
    reason: str = "",
    progress: Tell | None = None,
    cancel: threading.Event | None = None,
) -> RemovalReport:
    """Put files back from quarantine: bytes, names, times and permissions as they were.

    A name that another file has taken meanwhile is left to it: the file stays in quarantine, and the report says so.
    Once all files of a removal are back, the metadata that were merged for it are taken back, too, unless somebody
    changed one of these values since; where they stay, the report says so, and how to take them back.

    Parameters
    ----------
    images, plans : sequence of str, optional
        As in `restoration`, which see for the errors.
    """
    return restoration(ws, images, plans=plans).apply(reason, progress=progress, cancel=cancel)


def undo(ws: Workspace, seq: int, *, reason: str = "") -> Event:
    """Put back what one removal moved into quarantine, as `restore` does, whichever of its events is named.

    Raises
    ------
    BadValue
        That event was no removal, or one that can't be undone.
    Stale
        Nothing of it is in quarantine any more, or not everything could be put back; what could is.
    """
    event = ws.ledger.read(after=seq - 1, limit=1)[0]
    plan_id = str(event.payload["plan_id"])
    action = str(ws.query("action_of_removal", plan_id=plan_id)["action"].iloc[0])
    if action == RESTORE:
        raise BadValue(f"Change {seq} put files back.", hint="To remove them again, make a new plan: ws.dedup.plan().")
    if action == PURGE:
        raise BadValue(f"Change {seq} deleted files for good.", hint="Only a backup can bring them back.")
    back = restoration(ws, plans=[plan_id])
    if not back.items:
        raise Stale(f"Nothing of change {seq} is in quarantine any more.", hint="Look into the view removals.")
    report = back.apply(reason or f"undo of {seq}")
    if report.left:
        raise Stale(
            f"{len(report.done):,} of {len(back.items):,} files are back: {sources.readable(report.left[0].uri)}: "
            f"{report.left[0].reason}",
            hint="The others are still in quarantine: ws.dedup.restore() tries again. See the view not_removed.",
        )
    return next(event for event in report.events if event.kind == "files_restored")


def told_of_undo(ws: Workspace, seq: int) -> list[str]:
    """Say what became of the metadata that were merged for a removal that `undo` put back."""
    [planned] = ws.ledger.read(after=seq - 1, limit=1)
    return [_merge_told(ws, merge) for merge in _merges_of(ws, [str(planned.payload["plan_id"])])]


def _in_quarantine(ws: Workspace, images: Sequence[str] | None, plans: Sequence[str] | None) -> list[Item]:
    lists = {"image_ids": images, "plan_ids": plans}
    found = ws.query("quarantined_files", **{k: None if v is None else list(v) for k, v in lists.items()})
    return items_of(found.to_dict("records"))


def _restore(made: Plan, reason: str, progress: Tell | None, cancel: threading.Event | None) -> RemovalReport:
    ws = made.ws
    left_behind: set[tuple[str, str]] = set()

    def move(item: Item) -> None:
        if item.goes_with is not None and (item.plan_id, item.goes_with) in left_behind:
            raise Refusal("The image that it belongs to isn't put back.")
        try:
            place, path = place_bytes(ws.folder, item.place), sources.local_bytes(item.uri)
            quarantine.give_back(place, path, item.checksum, keeper=item.link_to)
        except Refusal:
            left_behind.add(item.key)
            raise

    with alone(ws) as note:
        recover_alone(ws, note)
        items, left = _still_in_quarantine(made)
        report = carry_out(
            ws, note, RESTORE, items, move, what=made.what, left=left, reason=reason, progress=progress, cancel=cancel
        )
        merges = _merges_of(ws, sorted({item.plan_id for item in report.done}))
        _take_back(ws, merges, reason)
        report.notes += [_merge_told(ws, merge) for merge in merges]
        return report


def _merges_of(ws: Workspace, plans: Sequence[str]) -> list[dict[Any, Any]]:
    return ws.query("merges_of_removals", plan_ids=list(plans)).to_dict("records")


def _take_back(ws: Workspace, merges: Sequence[Mapping[Any, Any]], reason: str) -> None:
    """Take back what was merged for removals of which every file is back, where that can be."""
    for seq in (int(merge["seq"]) for merge in merges if merge["all_back"]):
        with contextlib.suppress(Stale, NotAllowed):
            history.undo(ws, seq, reason=reason)


def _merge_told(ws: Workspace, row: Mapping[Any, Any]) -> str:
    """Say of the metadata that were merged for a removal whether they were taken back, and how else they can be."""
    seq = int(row["seq"])
    if (by := history.undone_by(ws, seq)) is not None:
        return f"The metadata merged into {row['images']:,} images that stay are taken back, by change {by}."
    said = f"The metadata merged into {row['images']:,} images that stay are still there"
    if not row["all_back"]:
        return f"{said}, as not all files are back: `workbench undo {seq}` takes them back."
    if history.is_overtaken(ws, seq):
        return (
            f"{said}, as somebody changed some of these values since: `workbench undo {seq} --force` takes them back, "
            "and those changes with them."
        )
    return f"{said}: `workbench undo {seq}` takes them back."


def _still_in_quarantine(made: Plan) -> tuple[list[Item], list[Left]]:
    now = {item.key for item in _in_quarantine(made.ws, None, sorted({item.plan_id for item in made.items}))}
    gone = [Left(i.image_id, i.uri, "It isn't in quarantine any more.") for i in made.items if i.key not in now]
    return [item for item in made.items if item.key in now], made.left + gone


# ── for good ──────────────────────────────────────────────────────────────────────────────────────────────────


def purge(ws: Workspace, images: Sequence[str] | None = None, *, plans: Sequence[str] | None = None) -> Plan:
    """Plan to delete for good what has been in quarantine long enough.

    Parameters
    ----------
    images, plans : sequence of str, optional
        As in `restoration`.

    Raises
    ------
    NotAllowed
        The actor has no right ``purge``.
    NotFound
        There is no such removal.
    """
    require_right(ws, PURGE)
    recover(ws)
    made = Plan(ws, PURGE, "delete quarantined files for good")
    days = rules_of(ws).waiting_days
    since = _quarantined_at(ws)
    now = datetime.now(UTC).replace(tzinfo=None)
    for item in _in_quarantine(ws, images, _called(ws, plans)):
        due = since[item.key] + timedelta(days=days)
        if due <= now:
            made.items.append(item)
        else:
            made.left.append(Left(item.image_id, item.uri, f"It stays in quarantine until {due:%Y-%m-%d %H:%M} UTC."))
    return made


def _quarantined_at(ws: Workspace) -> dict[tuple[str, str], datetime]:
    found = ws.query("quarantined_files", image_ids=None, plan_ids=None)
    moments = found["at"].dt.to_pydatetime()
    return dict(zip(zip(found["plan_id"], found["image_id"], strict=True), moments, strict=True))


def _purge(made: Plan, reason: str, progress: Tell | None, cancel: threading.Event | None) -> RemovalReport:
    ws = made.ws
    require_right(ws, PURGE)
    with alone(ws) as note, _guarded() as guard:
        recover_alone(ws, note)
        items, left = _still_in_quarantine(made)

        def move(item: Item) -> None:
            _hold_survivor(ws, guard, item)
            quarantine.destroy(place_bytes(ws.folder, item.place), item.checksum)

        return carry_out(
            ws, note, PURGE, items, move, what=made.what, left=left, reason=reason, progress=progress, cancel=cancel
        )


def _hold_survivor(ws: Workspace, guard: _Guard, item: Item) -> None:
    """Hold a file in place that has the picture of the one that was kept, wherever it is now."""
    found = ws.query("survivors", keeper_id=item.keeper_id, keeper_content=item.keeper_content, checksum=item.checksum)
    refusal = Refusal("No file that stayed in its stead is catalogued any more.")
    for uri, checksum in zip(found["uri"], found["checksum"], strict=True):
        try:
            guard.hold(uri, checksum, same_bytes=checksum in (item.checksum, item.keeper_checksum))
            return
        except Refusal as why:
            refusal = why
    raise refusal


# ── looking after it ──────────────────────────────────────────────────────────────────────────────────────────


def verify(ws: Workspace, *, plans: Sequence[str] | None = None) -> pd.DataFrame:
    """Read everything in quarantine, and what stays in its stead: a row a finding, none when all is well.

    Returns
    -------
    DataFrame
        plan_id, image_id, path, finding.
    """
    found: list[tuple[str, str, str, str]] = []
    with _guarded() as guard:
        for item in _in_quarantine(ws, None, _called(ws, plans)):
            place = place_bytes(ws.folder, item.place)
            if quarantine.checksum_if_plain(place) != item.checksum:
                found.append((*item.key, item.path, "It isn't in quarantine as it was put there."))
            try:
                _hold_survivor(ws, guard, item)
            except Refusal as refusal:
                found.append((*item.key, item.path, str(refusal)))
    return pd.DataFrame(found, columns=["plan_id", "image_id", "path", "finding"])


def references(ws: Workspace) -> pd.DataFrame:
    """Return what stays in the stead of each file that was removed, for those who refer to files by name.

    Returns
    -------
    DataFrame
        old_path, old_uri, keeper_path, keeper_uri (where it is now), relation, state, checksum, keeper_checksum,
        cluster_id, plan_id, removed_by, removed_at.
    """
    found = ws.query("removed_references")
    for side in ("old", "keeper"):
        found[f"{side}_path"] = [sources.readable(uri) for uri in found[f"{side}_uri"]]
    first = ["old_path", "keeper_path", "old_uri", "keeper_uri"]
    return found[first + [name for name in found if name not in first]]
