"""Templates: what is written is what comes out, mistakes are named by their place, and TOML keeps them whole."""

from __future__ import annotations

import contextlib
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadValue
from workbench.templates import MODES, Known, from_toml, parse, template, to_toml

KNOWN = Known(
    {
        "filename": "IMG_0001-red.shoe.jpg", "stem": "IMG_0001-red.shoe", "sequence": 7, "folder": "Schuhe",
        "date": datetime(2024, 3, 1, 9, 5), "width": 640, "batch": None,
    },
    {"exif.Model": "X-T5"},
    {
        "Xmp.dc.title": (("de", 0, "Schuh"), ("x-default", 0, "Shoe")),
        "Xmp.dc.subject": ((None, 0, "a"), (None, 1, "b")),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plain", "plain"),
        ("{{not a variable}}", "{not a variable}"),
        ("{stem|clean}", "IMG 0001 red shoe"),
        ("{stem|clean|upper}", "IMG 0001 RED SHOE"),
        ("{folder|slug}-{sequence:04}", "schuhe-0007"),
        ("{sequence}", "7"),
        ("{date}", "2024-03-01"),
        ("{date:%Y/%m}", "2024/03"),
        ("{exif.Model} {width}", "X-T5 640"),
        ("{Xmp.dc.title}/{Xmp.dc.title.de}", "Shoe/Schuh"),
        ("{Xmp.dc.subject}", "a, b"),
        ("{batch|or:none}", "none"),
        ("{filename|left:3|lower}", "img"),
        ("{Xmp.dc.title.fr|or:–}", "–"),
    ],
)
def test_what_a_text_becomes(text: str, says: str) -> None:
    rendered = parse(text).render(KNOWN.lookup)
    assert (rendered.text, rendered.missing) == (says, ())


def test_what_is_missing_is_named() -> None:
    assert parse("{batch} {exif.Lens} {Xmp.dc.title.fr}").render(KNOWN.lookup).missing == (
        "batch", "exif.Lens", "Xmp.dc.title.fr",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("ab {filname}", 4, "{filename}"),
        ("{open", 1, "Close"),
        ("x}", 2, "}}"),
        ("{stem|cleen}", 1, "clean"),
        ("{date:%Q}", 1, "%Y"),
        ("{stem:04}", 1, "numbers"),
        ("{sequence:99}", 1, "numbers"),
        ("{Xmp.nope.title}", 1, "Xmp.dc.title"),
        ("{}", 1, "Known"),
        ("{stem|left:x}", 1, "left"),
        ("{__class__}", 1, "Known"),
    ],
)
def test_mistakes_are_named_by_place(text: str, place: int, hint: str) -> None:
    with pytest.raises(BadValue, match=f"at character {place}") as caught:
        parse(text)
    assert hint in caught.value.hint


@given(st.text())
def test_text_without_variables_is_itself(text: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert parse(escaped).render(KNOWN.lookup).text == text


@given(st.text(), st.text())
def test_what_an_image_says_is_never_taken_for_a_template(before: str, said: str) -> None:
    known = Known({"folder": said})
    text = before.replace("{", "{{").replace("}", "}}") + "{folder|or:none}"
    assert parse(text).render(known.lookup).text == before + (said or "none")


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadValue):
        assert parse(text).source == text


PLAIN = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), min_size=1)
CONTENT = PLAIN | st.lists(PLAIN, min_size=1, max_size=3) | st.dictionaries(
    st.sampled_from(["x-default", "de", "zh-Hant"]), PLAIN, min_size=1
)  # fmt: skip
FIELDS = st.fixed_dictionaries({"mode": st.sampled_from(MODES), "text": CONTENT})


@given(
    PLAIN.filter(str.strip),
    st.dictionaries(st.sampled_from(["Xmp.dc.title", "Xmp.wb.sku", "Xmp.dc.subject"]), FIELDS, min_size=1),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_toml_keeps_a_template_whole(name: str, fields: dict[str, object], about: str) -> None:
    made = template(name, fields, about=about)
    assert from_toml(to_toml(made)) == made


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("name = ?\n", "line 1"),
        ("", "name"),
        ('name = "x"', "no fields"),
        ('name = "x"\n[fields."Xmp.dc.title"]\nmode = "shout"\ntext = "a"', "no mode 'shout'"),
        ('name = "x"\n[fields."Xmp.dc.title"]\nmode = "set"', "no text|is no text"),
        ('name = "x"\n[fields."Xmp.dc.title"]\ntext = "{nope}"', "Xmp.dc.title: There is no variable 'nope'"),
        ('name = "x"\n[fields."Xmp.dc.title"]\ntext = "a"\nmod = "set"', "'mod'"),
        ('name = "x"\n[fields."title"]\ntext = "a"', "isn't the name of a field"),
        ('name = "x"\nfields = 3', "isn't a template"),
    ],
)
def test_files_with_mistakes(source: str, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        from_toml(source)


def test_dates_without_a_time_and_numbers_too() -> None:
    known = Known({"today": date(2026, 1, 2), "sequence": 12345})
    assert parse("{today:%d.%m.%y} {sequence:03}").render(known.lookup).text == "02.01.26 12345"
