"""Which of two copies was made from the other: what was put around one, or on it."""

import numpy as np
import pytest
from seen_pictures import copy, original

from workbench import comparing, verification
from workbench.comparing import Comparison, Shown
from workbench.derivation import Derived, derived
from workbench.edits import encoded


def told(number: int, kind: str, *, turned_round: bool = False) -> Derived:
    both = [original(number), copy(number, kind)]
    one, other = both[::-1] if turned_round else both
    found = verification.verify(one, other)
    assert found.is_duplicate
    return derived(one, other, found.evidence["homography"], found.evidence["covers_a"], found.evidence["covers_b"])


@pytest.mark.parametrize("kind", ["border_white", "border_black", "instant_print", "screenshot_phone", "rotate_10"])
def test_what_was_put_around_a_copy_is_seen(kind: str) -> None:
    assert [told(number, kind).framed for number in range(2)] == ["b", "b"]


def test_it_is_the_same_whichever_way_round() -> None:
    assert told(0, "border_black", turned_round=True).framed == "a"
    assert told(1, "marked", turned_round=True).written_on == "a"


@pytest.mark.parametrize(("number", "kind"), [(1, "marked"), (3, "marked"), (0, "text_over")])
def test_what_was_put_on_a_copy_is_seen(number: int, kind: str) -> None:
    assert told(number, kind).written_on == "b"


@pytest.mark.parametrize("kind", ["crop_50", "crop_square", "jpeg_q20", "brighter", "resize_50", "mirror", "blur"])
def test_a_part_or_another_tone_is_no_frame_and_no_lettering(kind: str) -> None:
    assert [told(number, kind) for number in range(2)] == [Derived(None, None)] * 2


def test_small_overlaps_say_nothing() -> None:
    tiny = np.full((16, 16, 3), 90, np.uint8)
    assert derived(tiny, tiny, np.eye(3), 1.0, 1.0) == Derived(None, None)


def test_a_comparison_says_so_in_its_evidence() -> None:
    shown = [
        Shown(str(n) * 64, "file:///none", encoded(p)) for n, p in enumerate([original(0), copy(0, "border_black")])
    ]
    found = comparing.compare(Comparison(shown[0], shown[1], None, None))
    assert isinstance(found, verification.Verdict)
    assert found.evidence["framed"] == "b"
    same = comparing.compare(Comparison(shown[0], shown[0], None, None))
    assert isinstance(same, verification.Verdict)
    assert "framed" not in same.evidence
