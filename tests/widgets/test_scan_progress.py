from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets import HTML, HTMLMath, Widget

from workbench.scan import Progress
from workbench.widgets.busy_kernel import answer_while_busy
from workbench.widgets.scan_progress import ScanProgress, duration, summary


def shown(widget: ScanProgress) -> list[str]:
    labels = [widget.counts, widget.pace, widget.left, widget.problems]
    return [label.value for label in labels]


def everything_below(widget: Widget) -> list[Widget]:
    return [widget, *(deeper for child in getattr(widget, "children", ()) for deeper in everything_below(child))]


def test_it_shows_the_course_of_a_scan() -> None:
    with ScanProgress(threading.Event()) as tell:
        tell(Progress("listing", listed=20_000))
        assert tell.counts.value == "Looking for files: 20,000 so far …"
        tell(Progress("reading", total=360))
        assert shown(tell) == ["0 of 360 files", "", "starting …", ""]
        tell(Progress("reading", total=360, done=90, images=80, problems=7, seconds=3.0))
        assert shown(tell) == ["90 of 360 files", "30 files/s", "about 9 s left", "7 with problems so far"]
        assert (tell.bar.value, tell.bar.max) == (90, 360)
        tell(Progress("finished", total=360, done=360, images=351, problems=14, seconds=12.0))
    assert tell.box.children == (tell.final,)
    assert tell.final.value == "360 files in less than a second: 351 images, 14 with problems."


def test_a_click_on_cancel_sets_the_event_and_says_so() -> None:
    cancel = threading.Event()
    with ScanProgress(cancel) as tell:
        tell(Progress("reading", total=100, done=10, seconds=1.0))
        tell.button.click()
        assert cancel.is_set()
        assert tell.button.disabled
        tell(Progress("reading", total=100, done=11, seconds=1.1))
        assert tell.left.value == "stopping …"
        tell(Progress("cancelled", total=100, done=12))
    assert tell.final.value.endswith("12 of 100 files read and kept. Scan again to go on from there.")


def test_waiting_for_another_scan_can_be_cancelled() -> None:
    cancel = threading.Event()
    with ScanProgress(cancel) as tell:
        tell(Progress("waiting"))
        assert "Another scan" in tell.counts.value
        tell.button.click()
    assert cancel.is_set()


def test_an_error_leaves_no_bar_that_never_ends() -> None:
    tell = ScanProgress(threading.Event())
    full = OSError("disk full")
    with pytest.raises(OSError, match="disk full"), tell:
        raise full
    assert tell.box.children == (tell.final,)
    assert "before its end" in tell.final.value


def test_nothing_in_it_understands_markup() -> None:
    with ScanProgress(threading.Event()) as tell:
        assert not [widget for widget in everything_below(tell.box) if isinstance(widget, HTML | HTMLMath)]


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("finished", total=1, done=1, images=1), "1 file in 12 s: 1 image."),
        (Progress("finished", total=2, done=2, problems=2), "2 files in 12 s: 0 images, 2 with problems."),
        (
            Progress("finished", unchanged=5_000, total=7, done=7, images=7),
            "7 files in 12 s: 7 images; 5,000 unchanged, not read again.",
        ),
        (Progress("finished", unchanged=380), "Nothing to read in 12 s: all 380 files are as they were."),
        (Progress("finished"), "Nothing to read in 12 s: no files in this folder."),
    ],
)
def test_the_line_that_stays(progress: Progress, line: str) -> None:
    assert summary(progress, 12.2) == line


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "less than a second"),
        (12, "12 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (5_340, "89 min"),
        (7_500, "2 h 05 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_longer_time_never_reads_shorter(one: float, other: float) -> None:
    short, long = sorted([one, other])
    assert in_seconds(duration(short)) <= in_seconds(duration(long)) + 60


def in_seconds(words: str) -> int:
    if words == "less than a second":
        return 0
    sizes = {"s": 1, "min": 60, "h": 3600}
    parts = words.split()
    return sum(int(number) * sizes[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))


def test_a_widget_forgets_which_thread_spoke_last() -> None:
    button = ScanProgress(threading.Event()).button
    button.comm._reply_subshell_id = None  # what ipykernel notes when a cell makes a widget
    answer_while_busy(button)
    assert not hasattr(button.comm, "_reply_subshell_id")
    answer_while_busy(button)
    button.close()
    answer_while_busy(button)
