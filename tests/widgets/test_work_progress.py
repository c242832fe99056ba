from __future__ import annotations

import threading

import pytest
from ipywidgets import HTML, HTMLMath

from workbench import bench
from workbench.widgets.work_progress import WorkProgress


def test_it_shows_the_course_and_one_line_stays() -> None:
    with WorkProgress(threading.Event(), "Embedding", "files") as tell:
        assert tell.line.value == "Embedding …"
        tell(0, 1_200)
        assert tell.line.value == "Embedding: 0 of 1,200 files"
        tell(600, 1_200, "copies")
        assert tell.line.value.startswith("Embedding (copies): 600 of 1,200 files, about ")
        assert (tell.bar.value, tell.bar.max) == (600, 1_200)
        tell(1_200, 1_200)
    assert tell.box.children == (tell.line,)
    assert tell.line.value == "Embedding: 1,200 files in less than a second."


def test_a_click_on_cancel_sets_the_event_and_says_what_is_kept() -> None:
    cancel = threading.Event()
    with WorkProgress(cancel, "Suggesting", "images") as tell:
        tell(10, 100)
        tell.button.click()
        assert cancel.is_set()
        assert tell.button.disabled
        tell(16, 100)
        assert tell.line.value.endswith("stopping …")
    assert tell.line.value == "Suggesting cancelled after less than a second: 16 of 100 images done and kept."


def test_cancelled_when_all_was_done_is_done() -> None:
    cancel = threading.Event()
    with WorkProgress(cancel, "Embedding", "files") as tell:
        tell(5, 5)
        tell.button.click()
    assert "cancelled" not in tell.line.value


def test_an_error_leaves_no_bar_that_never_ends() -> None:
    tell = WorkProgress(threading.Event(), "Embedding", "files")
    full = OSError("disk full")
    tell(3, 9)
    with pytest.raises(OSError, match="disk full"), tell:
        raise full
    assert tell.box.children == (tell.line,)
    assert "before its end" in tell.line.value


def test_names_are_text_and_nothing_counts_below_zero() -> None:
    with WorkProgress(threading.Event(), "Embedding", "files") as tell:
        tell(0, 0, "<img src=x onerror=alert(1)>")
        assert not isinstance(tell.line, HTML | HTMLMath)
        assert tell.bar.max == 1
    assert tell.line.value == "Embedding: 0 files in less than a second."


@pytest.mark.parametrize(
    ("kind", "about", "display"),
    [("scan", (), "ScanProgress"), ("find", (), "FindingProgress"), ("work", ("Embedding", "files"), "WorkProgress")],
)
def test_whatever_takes_long_is_shown_where_somebody_looks(
    kind: str, about: tuple[str, ...], display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = threading.Event()
    with bench._shown(kind, True, cancel, *about) as quiet:
        assert quiet is None  # neither a notebook nor a terminal
    with bench._shown(kind, print, cancel, *about) as given:
        assert given is print
    monkeypatch.setattr(bench, "in_notebook", lambda: True)
    assert type(bench._shown(kind, True, cancel, *about)).__name__ == display
    with bench._shown(kind, False, cancel, *about) as off:
        assert off is None
    monkeypatch.setattr(bench, "in_notebook", lambda: False)
    monkeypatch.setattr(bench.sys.stderr, "isatty", lambda: True)
    assert type(bench._shown(kind, True, cancel, *about)).__name__.startswith("Terminal")
