"""Remedies: what a suggestion makes of a value, and that nothing is made where only a person can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.bulk import Content
from workbench.remedies import REMEDIES, remedy, repaired

KEYWORDS: Content = ((None, 0, "Scan"), (None, 1, "paper"))
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
TITLE, SUBJECT = "Xmp.dc.title", "Xmp.dc.subject"


@pytest.mark.parametrize(
    ("rule", "field", "before", "value", "note", "after"),
    [
        ("keyword_spelling", SUBJECT, ["Scan", "paper"], "Scan", "scan", ["scan", "paper"]),
        ("keyword_plural", SUBJECT, ["bags", "bag"], "bags", "bag", ["bag"]),
        ("keyword_typo", SUBJECT, ["papre"], "papre", "paper", ["paper"]),
        ("not_in_vocabulary", "Xmp.photoshop.Country", ["Germny"], "Germny", "Germany", ["Germany"]),
        ("keyword_nothing", SUBJECT, ["shirt", "x"], "x", "", ["shirt"]),
        ("keyword_repeated", SUBJECT, ["sale", "Sale", "été", "SALE"], "", "", ["sale", "été"]),
        ("keywords_run_together", SUBJECT, ["a, b;c", "d"], "a, b;c", "", ["a", "b", "c", "d"]),
        ("odd_spaces", "Xmp.photoshop.City", ["  New   York "], "", "", ["New York"]),
        ("entities", "Xmp.dc.creator", ["Dolce &amp; Gabbana"], "", "", ["Dolce & Gabbana"]),
        ("position_zero", "Xmp.exif.GPSLatitude", ["0,0N"], "0, 0", "", []),
        ("unmarked_generated", "Xmp.iptcExt.DigitalSourceType", [], "SDXL", "", [GENERATED]),
    ],
)  # fmt: skip
def test_each_does_what_its_rule_says(
    rule: str, field: str, before: list[str], value: str, note: str, after: list[str]
) -> None:
    content = tuple((None, place, text) for place, text in enumerate(before))
    made = remedy(rule, field, content, value, note)
    assert made is not None
    assert [text for _, _, text in made] == after
    assert remedy(rule, field, made, value, note) is None  # once is enough


@pytest.mark.parametrize(
    ("rule", "field", "value", "note"),
    [
        ("missing", TITLE, None, None),  # nobody but a person knows the title
        ("keyword_spelling", SUBJECT, "another", "scan"),  # the value isn't there any more
        ("not_in_vocabulary", SUBJECT, "Scan", None),  # nothing is near
        ("holder_varies", SUBJECT, "Scan", "x" * 100),  # the note may be cut
        ("mojibake", "", "x", "y"),
    ],
)
def test_where_only_a_person_can_tell_there_is_none(rule: str, field: str, value: str | None, note: str | None) -> None:
    assert remedy(rule, field, KEYWORDS, value, note) is None


def test_every_language_is_mended_and_kept() -> None:
    before = (("de", 0, "GrÃ¼n"), ("x-default", 0, "green"))
    assert remedy("mojibake", TITLE, before, "", "") == (("de", 0, "Grün"), ("x-default", 0, "green"))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"]), min_size=1))
def test_what_was_read_wrongly_is_read_again(text: str) -> None:
    assert repaired(text.encode().decode("latin-1")) in (text, repaired(text))


@given(st.text(st.characters(min_codepoint=0x3000, exclude_categories=["Cs"])))
def test_what_was_never_read_wrongly_stays(text: str) -> None:
    assert repaired(text) == text


@given(
    rule=st.sampled_from(sorted(REMEDIES)),
    texts=st.lists(st.text(st.sampled_from("aA b;,&é"), min_size=1, max_size=6), max_size=4),
    note=st.text(st.sampled_from("xyz"), max_size=3),
)
def test_a_remedy_never_leaves_blanks_or_doubles(rule: str, texts: list[str], note: str) -> None:
    content = tuple((None, place, text) for place, text in enumerate(texts))
    made = remedy(rule, SUBJECT, content, texts[0] if texts else "", note)
    if made is not None:
        after = [text for _, _, text in made]
        assert all(text.strip() for text in after)
        assert len(after) == len(set(after))
