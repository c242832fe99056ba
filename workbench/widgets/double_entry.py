"""The forms for entering blind in JupyterLab: `DoubleEntry` and `Training`."""

from __future__ import annotations

from typing import Any

from workbench import double_entry as entering
from workbench import entry_session
from workbench.entry_session import PASS_MARK, EntrySession, Work
from workbench.errors import NotFound
from workbench.grid import Images
from workbench.widgets.tag_form import TagForm
from workbench.workspace import Workspace


class DoubleEntry(TagForm):
    """The tagging form over a task of double entry: what anybody else entered shows nowhere.

    Parameters
    ----------
    ws : Workspace
    task : str, optional
        The task; the one opened last that this person may enter when left out.
    gold : float
        Share of images with known answers that are mixed in, 0 to under 1.
    feedback : bool
        Whether one is told at once how a known answer went.
    names : bool
        Whether file names are shown even where known answers are mixed in, which names may tell.
    language : str, optional
    height : int
        Height of the widget, pixels.

    Raises
    ------
    NotFound
        There is no such task, or none for this person.
    NotAllowed
        The task is for two other people.

    Examples
    --------
    >>> DoubleEntry(ws, task.task_id, gold=0.05)  # doctest: +SKIP
    """

    session: EntrySession

    def __init__(
        self,
        ws: Workspace,
        task: str | None = None,
        *,
        gold: float = 0.0,
        feedback: bool = False,
        names: bool = False,
        language: str | None = None,
        height: int = 760,
    ) -> None:
        work = entry_session.double_entry(ws, task or _for(ws), gold=gold, feedback=feedback, names=names)
        self._begin("double entry", lambda: EntrySession(ws, work, language=language), height)


def _for(ws: Workspace) -> str:
    found = entering.tasks(ws)
    for row in found.to_dict("records"):
        people = entering.task(ws, row["task_id"]).people
        if not people or ws.actor in people:
            return str(row["task_id"])
    raise NotFound("There is no double entry for you.", hint="ws.qc.double_entry(…) opens one.")


class MixedForm(TagForm):
    """The tagging form as ever, with images among the others whose answers are known; they look like any other.

    That is why nothing has suggestions here, file names aren't shown, and none are mixed in among images of a batch
    that was sent back; see `workbench.entry_session.with_gold`.

    Parameters
    ----------
    ws : Workspace
    profile : str
    images : DataFrame, list of str, search, optional
        All when left out.
    queue : str, optional
        Name of a queue shared with others.
    gold : float
        Share of images with known answers, 0 to under 1.
    feedback : bool
        Whether one is told at once how a known answer went.
    seed : str
        Mixes them in at other places.
    names : bool
        Whether file names are shown, which may tell images from elsewhere.
    language : str, optional
    height : int
        Height of the widget, pixels.
    """

    session: EntrySession

    def __init__(
        self,
        ws: Workspace,
        profile: str,
        images: Images | None = None,
        *,
        queue: str | None = None,
        gold: float = 0.05,
        feedback: bool = False,
        seed: str = "",
        names: bool = False,
        language: str | None = None,
        height: int = 760,
    ) -> None:
        work = entry_session.with_gold(
            ws, profile, images, queue=queue or "", share=gold, feedback=feedback, seed=seed, names=names
        )  # fmt: skip
        self._begin("mixed form", lambda: EntrySession(ws, work, queue, language=language), height)


class Training(TagForm):
    """A training for newcomers: images whose answers are known, the guideline with each answer, and a pass mark.

    Parameters
    ----------
    ws : Workspace
    profile : str
    n : int
        Images.
    pass_mark : float
        Share of right answers that is asked for, over 0 to 1.
    feedback : bool
        Whether one is told at once how an answer went.
    seed : str, optional
        Draws the same images again, and goes on with a training that was begun with it.
    language : str, optional
    height : int
        Height of the widget, pixels.

    Examples
    --------
    >>> training = Training(ws, "shop", n=20, pass_mark=0.9)  # doctest: +SKIP
    >>> training.result()["says"]  # doctest: +SKIP
    """

    session: EntrySession

    def __init__(
        self,
        ws: Workspace,
        profile: str = "dublin-core",
        n: int = 20,
        *,
        pass_mark: float = PASS_MARK,
        feedback: bool = True,
        seed: str | None = None,
        language: str | None = None,
        height: int = 760,
    ) -> None:
        work: Work = entry_session.training(ws, profile, n, pass_mark=pass_mark, feedback=feedback, seed=seed)
        self._begin("training", lambda: EntrySession(ws, work, language=language), height)

    def result(self) -> dict[str, Any]:
        """Return how the training stands: see `workbench.entry_session.EntrySession.result`."""
        return self.session.result()
