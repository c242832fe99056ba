"""The verbs of quality control on a bench: ``ws.qc.draw(…)`` and the like, each a line that leads to its module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import batches, lots, roles
from workbench import defect_types as defects
from workbench import pace as pacing
from workbench.entry_verbs import EntryVerbs

if TYPE_CHECKING:
    from workbench.events import Event
    from workbench.sampling import Switch
    from workbench.workspace import Workspace


class Qc(EntryVerbs):
    """What can be done about quality; reached as ``ws.qc``.

    Parameters
    ----------
    ws : Workspace
    """

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    # -- people, batches

    def roles(self) -> pd.DataFrame:
        """Return who may do what: see `workbench.roles`."""
        names = [role for role in roles.ROLES if role != "administrator"]
        rows = [{"what": says, **{role: role in who for role in names}} for says, who, _ in roles.DOINGS]
        return pd.DataFrame(rows).set_index("what").replace({True: "✓", False: ""})

    def people(self) -> pd.DataFrame:
        """List the people that ``workspace.toml`` names, with their roles and rights."""
        named = self._ws.people
        told = {actor: (named.roles.get(actor, ()), named.rights.get(actor, ())) for actor in sorted(named.names)}
        listed = [(actor, ", ".join(sorted(has)), ", ".join(sorted(may))) for actor, (has, may) in told.items()]
        return pd.DataFrame(listed, columns=["actor", "roles", "rights"])

    def batches(self) -> pd.DataFrame:
        """Return where every batch stands: see `workbench.batches.states`."""
        return batches.states(self._ws)

    def move(self, batch: str, state: str, *, reason: str = "") -> Event:
        """Bring a batch to another state: see `workbench.batches.move`."""
        return batches.move(self._ws, batch, state, reason=reason)

    # -- samples and lots

    def draw(self, batch: str, **how: Any) -> lots.Sample:
        """Draw a sample of a batch: ``ws.qc.draw("2026-03", aql=1.5)``; see `workbench.lots.draw`."""
        return lots.draw(self._ws, batch, **how)

    def second(self, sample: lots.Sample | str) -> lots.Sample:
        """Draw the second sample of a double plan: see `workbench.lots.second`."""
        return lots.second(self._ws, sample)

    def samples(self, batch: str | None = None) -> pd.DataFrame:
        """List the samples that were drawn: see `workbench.lots.samples`."""
        return lots.samples(self._ws, batch)

    def sample(self, sample: lots.Sample | str) -> lots.Sample:
        """Return a sample as it stands now: see `workbench.lots.get`."""
        return lots.get(self._ws, sample)

    def judge(self, sample: lots.Sample | str, *, reason: str = "") -> lots.LotVerdict:
        """Judge a batch by its sample: see `workbench.lots.judge`."""
        return lots.judge(self._ws, sample, reason=reason)

    def void(self, sample: lots.Sample | str, reason: str) -> None:
        """Set a sample aside that can't be inspected to its end: see `workbench.lots.void`."""
        lots.void(self._ws, sample, reason)

    def verdicts(self) -> pd.DataFrame:
        """List how batches were judged: see `workbench.lots.verdicts`."""
        return lots.verdicts(self._ws)

    def switching(self, **how: Any) -> Switch:
        """Say how strictly the next lot is to be inspected: see `workbench.lots.switching`."""
        return lots.switching(self._ws, **how)

    def rework(self, batch: str, *, everything: bool = False) -> pd.DataFrame:
        """List what is to be mended of a batch: see `workbench.lots.rework`."""
        return lots.rework(self._ws, batch, everything=everything)

    # -- people's work

    def defect_types(self) -> defects.DefectTypes:
        """Return the types of defects of this workspace: see `workbench.defect_types.load`."""
        return defects.load(self._ws.folder)

    def feedback(self, operator: str | None = None, **how: Any) -> pacing.Feedback:
        """Return what inspectors said of somebody's work, one's own when left out: see `workbench.pace.feedback`."""
        return pacing.feedback(self._ws, operator or self._ws.actor, **how)

    def pace(self, **what: Any) -> pd.DataFrame:
        """Return how fast people work, from events: see `workbench.pace.pace`."""
        return pacing.pace(self._ws, **what)
