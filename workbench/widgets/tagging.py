"""The tagging form with a line above it to choose what to tag, for people who don't program: `Tagging`."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets

from workbench import profiles
from workbench.errors import BadValue, WorkbenchError
from workbench.search import Search, search
from workbench.widgets.session_widget import in_this_cell
from workbench.widgets.tag_form import TagForm
from workbench.workspace import Workspace

WHAT = {
    "All images": None,
    "Images without a title": "Xmp.dc.title",
    "Images without a description": "Xmp.dc.description",
    "Images without keywords": "Xmp.dc.subject",
}
"""What can be tagged → the field that has nothing; besides, a search of one's own."""

_OWN = "What I search for:"


class Tagging(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Choose a profile and what to tag, and start: the form opens below.

    A cell that runs again lets go of the images that the form it showed before had taken.

    Parameters
    ----------
    ws : Workspace
        An open workspace.
    profile : str, optional
        The profile that is chosen at first.
    query : str, optional
        A search that is filled in at first, as in ``ws.search``.
    height : int
        Height of the form, pixels.

    Attributes
    ----------
    form : TagForm or None
        The form that was started last.

    Raises
    ------
    NotFound
        The workspace knows no such profile.

    Examples
    --------
    >>> Tagging(ws)  # doctest: +SKIP
    >>> Tagging(ws, profile="ecommerce", query="missing:title folder:shop/").start()  # doctest: +SKIP
    """

    def __init__(self, ws: Workspace, *, profile: str = "dublin-core", query: str = "", height: int = 760) -> None:
        profiles.load(profile, ws.folder)
        made: dict[str, Tagging] = {}
        before = (in_this_cell("tagging", made) or {}).get("tagging")
        made["tagging"] = self
        if before is not None and before.form is not None:
            before.form.close()  # or its images would stay taken
        self.ws, self._height = ws, height
        self.form: TagForm | None = None
        entries = [entry for entry in profiles.available(ws.folder) if not entry.problem]
        choices = [(entry.label, entry.name) for entry in entries]
        if profile not in [name for _, name in choices]:
            choices.insert(0, (profile, profile))
        self.profile = _labelled(widgets.Dropdown(options=choices, value=profile), "Fields", "15em")
        first = _OWN if query else next(iter(WHAT))
        self.what = _labelled(widgets.Dropdown(options=[*WHAT, _OWN], value=first), "Images", "16em")
        self.query = widgets.Text(value=query, placeholder='missing:title folder:"Shop/"', layout={"width": "17em"})
        self.queue = widgets.Text(placeholder="none")
        self.queue = _labelled(self.queue, "Shared list", "13em")
        self.queue.tooltip = "Whoever gives the same name shares the work: nobody gets an image that somebody else has."
        self.button = widgets.Button(description="Start", button_style="primary", layout={"width": "7em"})
        self.said = widgets.HTML()
        self.button.on_click(lambda _: self.start())
        self.what.observe(lambda _: self._show_query(), "value")
        for box in (self.query, self.queue):
            box.continuous_update = False
        self._line = widgets.HBox(layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "4px 14px"})
        self._show_query()
        super().__init__([self._line, self.said])

    def _show_query(self) -> None:
        own = [self.query] if self.what.value == _OWN else []
        self._line.children = [self.profile, self.what, *own, self.queue, self.button]

    def images(self) -> Search | list[str]:
        """Return the images that are chosen.

        Raises
        ------
        BadValue
            The search can't be understood, or finds nothing.
        """
        field = WHAT.get(self.what.value)
        if field is not None:
            found: Search | list[str] = [str(one) for one in self.ws.query("tagging_without", field=field)["image_id"]]
        else:
            found = search(self.ws, self.query.value if self.what.value == _OWN else "", sort="path")
        if not (found.count() if isinstance(found, Search) else found):
            raise BadValue("There are no such images.", hint="Choose others, or search for something else.")
        return found

    def start(self) -> TagForm | None:
        """Open the form for what is chosen, as the button does; None when it can't, and why is shown."""
        try:
            made = TagForm(
                self.ws, self.profile.value, self.images(), queue=self.queue.value.strip() or None, height=self._height
            )  # fmt: skip
        except WorkbenchError as error:
            self._say(f"{error.message} {error.hint}")
            return None
        if self.form is not None:
            self.form.close()
        self.form = made
        self._say("")
        self.button.description = "Start anew"
        self.children = [self._line, self.said, made]
        return made

    def _say(self, words: str) -> None:
        self.said.value = _as_text(words)

    def close(self) -> None:
        """Let go of the images taken, and close the widget."""
        form = getattr(self, "form", None)  # one that couldn't be made is closed, too
        if form is not None:
            form.close()
        super().close()


def _labelled(box: Any, label: str, width: str) -> Any:
    box.description = label
    box.style.description_width = "initial"
    box.layout.width = width
    return box


def _as_text(words: str) -> str:
    return f"<span role='status'>{html.escape(words)}</span>" if words else ""
