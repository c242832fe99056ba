"""Changing XMP packets: right forms, and nothing else touched."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_files import NAMESPACES, RDF
from metadata_files import packet as made

from workbench import packet, xmp
from workbench.errors import BadValue
from workbench.packet import Array, Languages, Members, Name, Structure
from workbench.splices import Untouchable

TITLE = Name(NAMESPACES["dc"], "dc", "title")
SUBJECT = Name(NAMESPACES["dc"], "dc", "subject")
CREATOR = Name(NAMESPACES["dc"], "dc", "creator")
RATING = Name(NAMESPACES["xmp"], "xmp", "Rating")
CITY = Name(NAMESPACES["photoshop"], "photoshop", "City")
CONTACT = Name(NAMESPACES["Iptc4xmpCore"], "Iptc4xmpCore", "CreatorContactInfo")
EMAIL = Name(NAMESPACES["Iptc4xmpCore"], "Iptc4xmpCore", "CiEmailWork")
PHONE = Name(NAMESPACES["Iptc4xmpCore"], "Iptc4xmpCore", "CiTelWork")

HISTORY = (
    '<!-- kept -->\n<xmpMM:History><rdf:Seq><rdf:li rdf:parseType="Resource"><xmpMM:action>saved</xmpMM:action>'
    "</rdf:li></rdf:Seq></xmpMM:History><own:thing xmlns:own='http://client.example/1/'><![CDATA[a < b]]></own:thing>"
)


def values(data: bytes, key: str) -> list[tuple[str | None, str]]:
    return [(row.lang, row.value) for row in xmp.parse(data).rows if row.key == key]


def element(data: bytes, name: Name) -> ElementTree.Element:
    found = list(ElementTree.fromstring(data).iter(f"{{{name.uri}}}{name.local}"))
    assert len(found) == 1
    return found[0]


def test_a_new_packet_is_wrapped_and_has_the_forms_of_the_standard() -> None:
    data = packet.patch(
        None,
        {
            TITLE: Languages({"de": "Boote", "x-default": "Boats"}),
            SUBJECT: Array("Bag", ("sea", "boats & nets")),
            CREATOR: Array("Seq", ("Ann",)),
            CITY: "<Bergen>",
        },
    )
    assert data.startswith(b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>')
    assert data.endswith(b'<?xpacket end="w"?>')
    assert [child.tag for child in element(data, SUBJECT)] == [f"{{{RDF}}}Bag"]
    assert [child.tag for child in element(data, CREATOR)] == [f"{{{RDF}}}Seq"]
    assert [child.tag for child in element(data, TITLE)] == [f"{{{RDF}}}Alt"]
    assert values(data, "Xmp.dc.title") == [("x-default", "Boats"), ("de", "Boote")]
    assert values(data, "Xmp.photoshop.City") == [(None, "<Bergen>")]
    assert packet.has_forms(data, {SUBJECT: Array("Bag", ("x",)), TITLE: Languages({})})
    assert not packet.has_forms(data, {SUBJECT: Array("Seq", ("x",))})


def test_every_byte_that_is_not_the_property_stays() -> None:
    old = made(f"{HISTORY}<dc:title>old</dc:title>", 'xmp:Rating="3" photoshop:City="Oslo"')
    new = packet.patch(old, {TITLE: "new", RATING: "5"})
    without = old.replace(b"<dc:title>old</dc:title>", b"").replace(b' xmp:Rating="3"', b"")
    added = re.sub(
        rb"\n  <rdf:Description rdf:about=\"\"\n    xmlns:rdf.*?</rdf:Description>", b"", new, flags=re.DOTALL
    )
    assert added == without
    assert values(new, "Xmp.dc.title") == [(None, "new")]
    assert values(new, "Xmp.xmp.Rating") == [(None, "5")]
    assert packet.rows(old, [TITLE, RATING]) == packet.rows(new, [TITLE, RATING])


def test_writing_the_same_twice_gives_the_same_bytes_and_clearing_leaves_no_shell() -> None:
    old = made(HISTORY)
    changes = {TITLE: Languages({"x-default": "a", "fr": "b"}), SUBJECT: Array("Bag", ("c", "d"))}
    once = packet.patch(old, changes)
    assert packet.patch(once, changes) == once
    assert packet.patch(once, {TITLE: None, SUBJECT: None}) == old
    assert packet.patch(old, {TITLE: None}) == old


def test_other_languages_stay_and_none_takes_one_away() -> None:
    items = '<rdf:li xml:lang="x-default">a</rdf:li><rdf:li xml:lang="de-at">b</rdf:li><rdf:li xml:lang="fr">c</rdf:li>'
    old = made(f"<dc:title><rdf:Alt>{items}</rdf:Alt></dc:title>")
    new = packet.patch(old, {TITLE: Languages({"fr": None, "ja": "船", "x-default": "A"})})
    assert values(new, "Xmp.dc.title") == [("x-default", "A"), ("de-AT", "b"), ("ja", "船")]
    assert values(packet.patch(None, {TITLE: Languages({"de": "Boot"})}), "Xmp.dc.title") == [
        ("x-default", "Boot"),
        ("de", "Boot"),
    ]
    assert values(packet.patch(made("", 'dc:title="plain"'), {TITLE: Languages({"de": "D"})}), "Xmp.dc.title") == [
        ("x-default", "plain"),
        ("de", "D"),
    ]


@pytest.mark.parametrize(
    "there",
    [
        '<Iptc4xmpCore:CreatorContactInfo rdf:parseType="Resource"><Iptc4xmpCore:CiTelWork>1</Iptc4xmpCore:CiTelWork>'
        "</Iptc4xmpCore:CreatorContactInfo>",
        '<Iptc4xmpCore:CreatorContactInfo Iptc4xmpCore:CiTelWork="1"/>',
        '<Iptc4xmpCore:CreatorContactInfo><rdf:Description Iptc4xmpCore:CiTelWork="1"/>'
        "</Iptc4xmpCore:CreatorContactInfo>",
        "<Iptc4xmpCore:CreatorContactInfo><rdf:Description><Iptc4xmpCore:CiTelWork>1</Iptc4xmpCore:CiTelWork>"
        "</rdf:Description></Iptc4xmpCore:CreatorContactInfo>",
    ],
)
def test_one_member_of_a_structure_changes_in_every_form_it_can_have(there: str) -> None:
    new = packet.patch(made(there), {CONTACT: Members({EMAIL: "a@b.example"})})
    rows = {row.key.rpartition(":")[2]: row.value for row in xmp.parse(new).rows}
    assert rows == {"CiTelWork": "1", "CiEmailWork": "a@b.example"}
    gone = packet.patch(new, {CONTACT: Members({EMAIL: None, PHONE: None})})
    assert xmp.parse(gone).rows == []


def test_structures_nest_and_lists_hold_them() -> None:
    name = Name(NAMESPACES["Iptc4xmpExt"], "Iptc4xmpExt", "LocationShown")
    city = Name(NAMESPACES["Iptc4xmpExt"], "Iptc4xmpExt", "City")
    label = Name(NAMESPACES["Iptc4xmpExt"], "Iptc4xmpExt", "LocationName")
    places = Array(
        "Bag", (Structure(((city, "Paris"), (label, Languages({"fr": "Ville"})))), Structure(((city, "Rom"),)))
    )
    rows = [(row.key, row.lang, row.value) for row in xmp.parse(packet.patch(None, {name: places})).rows]
    assert rows == [
        ("Xmp.iptcExt.LocationShown[1]/Iptc4xmpExt:City", None, "Paris"),
        ("Xmp.iptcExt.LocationShown[1]/Iptc4xmpExt:LocationName", "x-default", "Ville"),
        ("Xmp.iptcExt.LocationShown[1]/Iptc4xmpExt:LocationName", "fr", "Ville"),
        ("Xmp.iptcExt.LocationShown[2]/Iptc4xmpExt:City", None, "Rom"),
    ]


def test_odd_but_valid_wrappings_work() -> None:
    bare = f'<r:RDF xmlns:r="{RDF}"/>'.encode()
    assert values(packet.patch(bare, {TITLE: "t"}), "Xmp.dc.title") == [(None, "t")]
    padded = b"\0\n" + made("") + b"\0" * 40
    new = packet.patch(padded, {TITLE: "t"})
    assert new.startswith(b"\0\n<?xpacket")
    assert new.endswith(b"\0" * 40)
    other = made("").replace(b'<rdf:Description rdf:about=""', b"<rdf:Description rdf:about='urn:x'")
    assert b'rdf:about="urn:x"' in packet.patch(other, {TITLE: "t"})
    assert packet.patch(b"", {TITLE: "t"}) == packet.patch(None, {TITLE: "t"})


@pytest.mark.parametrize(
    ("old", "why"),
    [
        (b"<x:xmpmeta", "can't be read"),
        (b"\x80\x81 not xml", "can't be read"),
        (made("<dc:title>a\x01b</dc:title>"), "can't be read"),
        (made("", prolog='<!DOCTYPE a [<!ENTITY b "c">]>'), "can't be read"),
        (made("").decode().encode("utf-16"), "unusual"),
        (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "RDF"),
        (made("").replace(b"</rdf:RDF>", b"</rdf:RDF>" + f"<r:RDF xmlns:r='{RDF}'/>".encode()), "RDF"),
        (made('<rdf:li/></rdf:Description><rdf:Description rdf:about="a"/><rdf:Description rdf:about="b">'), "several"),
        (made('<dc:title rdf:ID="q"><rdf:Alt><rdf:li xml:lang="de">a</rdf:li></rdf:Alt></dc:title>'), "qualifiers"),
    ],
)
def test_what_would_be_lost_is_refused(old: bytes, why: str) -> None:
    with pytest.raises(Untouchable, match=why):
        packet.patch(old, {TITLE: Languages({"de": "x"})})


@pytest.mark.parametrize("bad", ["a\x00", "\ufffe", "\uffff", "x\x1f", "\ud800"])
def test_characters_that_xml_cannot_hold_are_named(bad: str) -> None:
    with pytest.raises(BadValue, match=rf"U\+{ord(bad[-1]):04X}"):
        packet.patch(None, {SUBJECT: Array("Bag", ("fine", bad))})


def test_padding_can_be_taken_away() -> None:
    full = packet.patch(made(""), {TITLE: "t"})
    short = packet.strip_padding(full)
    assert len(short) < len(full) - 40
    assert xmp.parse(short) == xmp.parse(full)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1).filter(
    lambda text: not text.isspace()
)
WITH_BREAKS = st.lists(TEXTS, min_size=1, max_size=3).map("\r\n".join)


@given(
    st.lists(WITH_BREAKS, min_size=1, max_size=4), st.dictionaries(st.sampled_from(["de", "en-GB", "ar"]), WITH_BREAKS)
)
def test_every_text_comes_back_as_it_went_in(words: list[str], texts: dict[str, str]) -> None:
    old = made(HISTORY, 'xmp:Rating="1"')
    new = packet.patch(old, {SUBJECT: Array("Bag", tuple(words)), TITLE: Languages(texts)})
    assert [value for _, value in values(new, "Xmp.dc.subject")] == words
    assert dict(values(new, "Xmp.dc.title")) == packet.with_default(texts)
    assert packet.rows(new, [SUBJECT, TITLE]) == packet.rows(old)
    assert packet.patch(new, {SUBJECT: None, TITLE: None}) == old
