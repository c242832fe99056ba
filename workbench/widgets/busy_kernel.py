"""Widgets that answer while a cell is running."""

from __future__ import annotations

import ipywidgets as widgets


def answer_while_busy(widget: widgets.Widget) -> None:
    """Let the messages of a widget be handled beside a running cell.

    JupyterLab asks a kernel to handle widget messages on a second thread (a subshell). ipykernel 7.4, however, hands a
    message to whichever thread spoke last through that widget. After a cell made the widget, that is the cell's own,
    and a click waits until the cell has ended. This forgets who spoke last, so that JupyterLab's choice counts. It has
    to be called again after each time that a cell sends something through the widget.

    Kernels that keep no such note, and places without a kernel, aren't touched.
    """
    if widget.comm is not None:
        vars(widget.comm).pop("_reply_subshell_id", None)
