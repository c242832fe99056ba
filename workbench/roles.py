"""Roles: who may do what, in one table; it is held to where events are written.

People and their roles stand in ``workspace.toml``::

    [people]
    ana = "operator"
    ben = ["analyst", "qc_specialist"]

A workspace that gives nobody a role lets everybody do everything. What this protects against is a slip: an operator who
accepts a batch, an inspector who is handed what they entered. It doesn't protect against somebody who means harm: who
works is what they said when they opened the workspace, whoever can write the folder can change ``workspace.toml`` or
write events with a program of their own, and in a notebook every line of Python is theirs. What remains then is the
chain of the ledger: what was written can't be changed afterwards without `verify` telling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import BadValue, NotAllowed

ROLES: dict[str, str] = {
    "operator": "enters values, hour after hour",
    "analyst": "looks after the collection: scans, audits, changes in bulk, de-duplicates",
    "qc_specialist": "inspects the work of others, and judges batches by it",
    "project_manager": "plans, hands batches on, delivers",
    "administrator": "may do everything",
}
"""Role → what it is for."""

RIGHTS: dict[str, str] = {"purge": "delete for good what is in quarantine"}
"""What no role brings, not even the administrator's: it is named beside the roles → what it lets one do."""

_TABLE = """
O A Q P  Enter values, decide on suggestions         values_set values_withdrawn suggestion_accepted suggestion_edited
                                                     suggestion_rejected suggestion_reopened
O A Q P  Take images from a queue, and return them   item_taken item_returned
O A Q .  Enter blind, answer known items             entry_made entry_withdrawn entry_finished entries_compared
                                                     gold_answered training_ended
O A Q P  Start a batch, say that it is ready for QC  batch_moved:received batch_moved:in_work batch_moved:ready_for_qc
. A Q .  Change in bulk, ignore findings             values_changed findings_ignored findings_reopened
. A Q P  Audit, look for duplicates                  audit_made duplicates_found duplicates_calibrated
. A Q .  Decide about duplicates                     clusters_decided clusters_reopened
. A . P  Scan, watch a folder                        source_added scan_started arrival_turned_away
. A . P  Write, rename, shrink or remove files       rename_planned removal_planned optimise_planned files_embedded
                                                     originals_planned optimised_restored optimised_confirmed
. . Q P  Draw samples, set up double entry           sample_drawn certificate_drawn double_entry_opened
. . Q .  Inspect, judge, accept or send back         item_inspected inspection_withdrawn lot_judged certificate_judged
                                                     batch_moved:accepted batch_moved:rework
. . Q .  Adjudicate, set known answers               field_adjudicated adjudication_withdrawn gold_set gold_withdrawn
. . . P  Deliver a batch                             batch_moved:delivered
"""

RECORDS = frozenset((
    "workspace_created", "images_received", "scan_finished", "rename_staged", "files_renamed", "arrival_put_back",
    "files_quarantined", "files_restored", "files_purged", "removal_ended", "files_optimised",
))  # fmt: skip
"""Kinds of events that tell what has become of files: written whoever is there, after what led to it was allowed."""

_COLUMNS = ("operator", "analyst", "qc_specialist", "project_manager")


def _read_table() -> list[tuple[str, frozenset[str], tuple[str, ...]]]:
    read: list[tuple[str, frozenset[str], tuple[str, ...]]] = []
    for line in _TABLE.strip().splitlines():
        marks, says, kinds = line[:7].split(), line[9:53].strip(), tuple(line[53:].split())
        if not marks:
            last = read.pop()
            read.append((last[0], last[1], last[2] + kinds))
            continue
        who = {role for role, mark in zip(_COLUMNS, marks, strict=True) if mark != "."}
        read.append((says, frozenset(who | {"administrator"}), kinds))
    return read


DOINGS = _read_table()
"""What can be done: in words, by whom, the kinds of events it leaves (``kind:state`` for a batch going to a state)."""

MAY: dict[str, frozenset[str]] = {kind: who for _, who, kinds in DOINGS for kind in kinds}
"""Kind of event → roles that may write it; a kind that isn't here is an administrator's."""

_SAYS = {kind: says for says, _, kinds in DOINGS for kind in kinds}


@dataclass(frozen=True, slots=True)
class People:
    """The people of a workspace and their roles.

    Attributes
    ----------
    roles : mapping of str to frozenset of str
        Actor → roles, for those who have any; empty when nobody has.
    rights : mapping of str to frozenset of str
        Actor → `RIGHTS`.
    """

    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Everybody who is named."""
        return {*self.roles, *self.rights}

    def of(self, actor: str) -> frozenset[str]:
        """Return the roles of somebody; all of them where nobody is named."""
        return self.roles.get(actor, frozenset()) if self.roles else frozenset(ROLES)

    def who_may(self, kind: str, payload: Mapping[str, Any] | None = None) -> list[str]:
        """Return the people who may write such an event, sorted."""
        wanted = allowed(kind, payload or {})
        return sorted(actor for actor, roles in self.roles.items() if wanted is None or roles & wanted)

    def check(self, actor: str, kind: str, payload: Mapping[str, Any] | None = None) -> None:
        """Refuse what somebody may not do.

        Raises
        ------
        NotAllowed
            The hint names who may.
        """
        told = payload or {}
        if kind == "item_inspected" and told.get("operator") == actor:
            raise NotAllowed(
                f"{actor} entered what is to be inspected.", hint="Nobody inspects their own work: ask somebody else."
            )
        wanted = allowed(kind, told)
        if not self.roles or wanted is None or self.of(actor) & wanted:
            return
        if actor not in self.roles:
            raise NotAllowed(
                f"{actor!r} isn't among the people of this workspace.",
                hint="Open it as one of them (actor=…), or ask for a line under [people] in workspace.toml.",
            )
        may = ", ".join(self.who_may(kind, told)) or "an administrator; none is named in workspace.toml yet"
        roles = " and ".join(sorted(self.of(actor))) or "no role"
        raise NotAllowed(f"{actor} ({roles}) may not do this: {_doing(kind, told)}.", hint=f"Who may: {may}.")


def allowed(kind: str, payload: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the roles that may write such an event; None when everybody may."""
    if kind in RECORDS:
        return None
    return MAY.get(_key(kind, payload), frozenset({"administrator"}))


def _key(kind: str, payload: Mapping[str, Any]) -> str:
    return f"{kind}:{payload.get('state')}" if kind == "batch_moved" else kind


def _doing(kind: str, payload: Mapping[str, Any]) -> str:
    says = _SAYS.get(_key(kind, payload), kind.replace("_", " "))
    return says[0].lower() + says[1:]


def people(settings: Mapping[str, Any]) -> People:
    """Read the people out of the settings of a workspace.

    Parameters
    ----------
    settings : mapping
        What ``workspace.toml`` says. ``people`` maps an actor to a role, a list of roles, or a table with ``roles``.

    Raises
    ------
    BadValue
        A role nobody knows, or a table that can't be read.
    """
    named = settings.get("people", {})
    if not isinstance(named, Mapping):
        raise BadValue("[people] in workspace.toml must be a table.", hint='Write lines like: ana = "operator".')
    words = {str(actor): _words_of(str(actor), told) for actor, told in named.items()}
    roles = {actor: said - RIGHTS.keys() for actor, said in words.items() if said - RIGHTS.keys()}
    return People(roles, {actor: said & RIGHTS.keys() for actor, said in words.items() if said & RIGHTS.keys()})


def _words_of(actor: str, told: object) -> frozenset[str]:
    listed = told.get("roles", []) if isinstance(told, Mapping) else told
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list) or not all(isinstance(role, str) for role in listed):
        raise BadValue(f"The roles of {actor} can't be read.", hint='Write a role, or a list: ["analyst", "operator"].')
    if unknown := sorted(set(listed) - ROLES.keys() - RIGHTS.keys()):
        known = ", ".join([*ROLES, *RIGHTS])
        raise BadValue(f"{actor} has a role nobody knows: {unknown[0]!r}.", hint=f"Known: {known}.")
    return frozenset(listed)
