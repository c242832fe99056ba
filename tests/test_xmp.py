"""XMP packets: every RDF form, every kind of damage, and no attack that gets through."""

import time
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_files import packet

from workbench import xmp


def rows(body: str, **options: str) -> list[tuple]:
    parsed = xmp.parse(packet(body, **options))
    assert parsed.problems == []
    return [tuple(row) for row in parsed.rows]


def alternatives(name: str, *pairs: tuple[str, str]) -> str:
    items = "".join(f"<rdf:li xml:lang={quoteattr(lang)}>{escape(text)}</rdf:li>" for lang, text in pairs)
    return f"<{name}><rdf:Alt>{items}</rdf:Alt></{name}>"


def test_language_alternatives_stay_apart():
    body = alternatives("dc:title", ("x-default", "Harbour"), ("de", "Hafen"), ("FR-fr", "Port"))
    assert rows(body) == [
        ("Xmp.dc.title", "x-default", 0, "Harbour"),
        ("Xmp.dc.title", "de", 0, "Hafen"),
        ("Xmp.dc.title", "fr-FR", 0, "Port"),
    ]


def test_text_that_looks_like_a_language_separator_isnt_one():
    trap = 'one, lang="fr" two, lang="de" three'
    assert rows(alternatives("dc:title", ("x-default", trap))) == [("Xmp.dc.title", "x-default", 0, trap)]


def test_two_alternatives_in_one_language_are_both_kept():
    body = alternatives("dc:title", ("de", "eins"), ("de", "zwei"))
    assert rows(body) == [("Xmp.dc.title", "de", 0, "eins"), ("Xmp.dc.title", "de", 1, "zwei")]


@pytest.mark.parametrize("form", ["Bag", "Seq"])
def test_list_items_are_numbered_from_zero(form):
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in ("sea", "ship", "sea"))
    body = f"<dc:subject><rdf:{form}>{items}</rdf:{form}></dc:subject>"
    assert rows(body) == [("Xmp.dc.subject", None, n, word) for n, word in enumerate(["sea", "ship", "sea"])]


def test_attributes_are_properties():
    found = rows("", attributes='xmp:Rating="4" photoshop:City="Kraków"')
    assert found == [("Xmp.xmp.Rating", None, 0, "4"), ("Xmp.photoshop.City", None, 0, "Kraków")]


STRUCTURES = {
    "parse type": '<{0} rdf:parseType="Resource"><Iptc4xmpCore:CiAdrCity>Oslo</Iptc4xmpCore:CiAdrCity></{0}>',
    "nested description": "<{0}><rdf:Description><Iptc4xmpCore:CiAdrCity>Oslo</Iptc4xmpCore:CiAdrCity>"
    "</rdf:Description></{0}>",
    "nested attributes": '<{0}><rdf:Description Iptc4xmpCore:CiAdrCity="Oslo"/></{0}>',
    "attributes": '<{0} Iptc4xmpCore:CiAdrCity="Oslo"/>',
}


@pytest.mark.parametrize("form", STRUCTURES)
def test_every_form_of_a_structure_reads_the_same(form):
    body = STRUCTURES[form].format("Iptc4xmpCore:CreatorContactInfo")
    assert rows(body) == [("Xmp.iptc.CreatorContactInfo/Iptc4xmpCore:CiAdrCity", None, 0, "Oslo")]


def test_structures_in_a_list_have_a_place_in_their_path():
    item = '<rdf:li rdf:parseType="Resource"><stRef:documentID>{}</stRef:documentID></rdf:li>'
    body = f"<xmpMM:Ingredients><rdf:Bag>{item.format('a')}{item.format('b')}</rdf:Bag></xmpMM:Ingredients>"
    assert rows(body) == [
        ("Xmp.xmpMM.Ingredients[1]/stRef:documentID", None, 0, "a"),
        ("Xmp.xmpMM.Ingredients[2]/stRef:documentID", None, 0, "b"),
    ]


def test_a_value_with_qualifiers_is_that_value():
    body = (
        '<dc:source rdf:parseType="Resource"><rdf:value>Archive 7</rdf:value>'
        "<photoshop:Credit>N.N.</photoshop:Credit></dc:source>"
    )
    assert rows(body) == [
        ("Xmp.dc.source", None, 0, "Archive 7"),
        ("Xmp.dc.source/photoshop:Credit", None, 0, "N.N."),
    ]


def test_a_link_is_its_address():
    assert rows('<dc:relation rdf:resource="http://example.org/1"/>') == [
        ("Xmp.dc.relation", None, 0, "http://example.org/1")
    ]


def test_odd_prefixes_get_the_usual_name_and_unknown_ones_stay():
    body = (
        '<ns1:format xmlns:ns1="http://purl.org/dc/elements/1.1/">image/jpeg</ns1:format>'
        '<house:Shelf xmlns:house="http://example.org/house/">7b</house:Shelf>'
    )
    assert rows(body) == [("Xmp.dc.format", None, 0, "image/jpeg"), ("Xmp.house.Shelf", None, 0, "7b")]


def test_several_descriptions_are_one_packet():
    twice = packet("<dc:format>a</dc:format>").replace(
        b"</rdf:RDF>", b'<rdf:Description xmlns:q="http://ns.adobe.com/photoshop/1.0/" q:City="B"/></rdf:RDF>'
    )
    assert [row.value for row in xmp.parse(twice).rows] == ["a", "B"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig"])
def test_every_encoding_of_the_standard(codec):
    plain = packet("<photoshop:City>Zürich 東京</photoshop:City>").decode()
    bare = plain[plain.index("<x:xmpmeta") : plain.index("</x:xmpmeta>") + 12]
    parsed = xmp.parse(bare.encode(codec))
    assert (parsed.rows[0].value, parsed.problems) == ("Zürich 東京", [])


BOMB = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("prolog", [BOMB, EXTERNAL, '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">'])
def test_entities_are_hostile_and_nothing_is_expanded(prolog):
    parsed = xmp.parse(packet("<photoshop:City>&a;</photoshop:City>", prolog=prolog))
    assert [kind for kind, _ in parsed.problems] == ["hostile_xmp"]
    assert parsed.rows == []


def test_nesting_without_end_is_hostile_and_quick():
    deep = "<photoshop:City>" * 100_000 + "x" + "</photoshop:City>" * 100_000
    started = time.process_time()
    parsed = xmp.parse(packet(deep))
    assert [kind for kind, _ in parsed.problems] == ["hostile_xmp"]
    assert time.process_time() - started < 1


def test_a_ten_million_character_field_is_cut_quickly():
    started = time.process_time()
    parsed = xmp.parse(packet(f"<photoshop:City>{'x' * 10_000_000}</photoshop:City><dc:format>y</dc:format>"))
    assert [len(row.value) for row in parsed.rows] == [xmp.MAX_TEXT, 1]
    assert [kind for kind, _ in parsed.problems] == ["value_too_long"]
    assert time.process_time() - started < 2


def test_too_many_values_are_cut():
    items = "<rdf:li>x</rdf:li>" * (xmp.MAX_ROWS + 5)
    parsed = xmp.parse(packet(f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"))
    assert len(parsed.rows) == xmp.MAX_ROWS
    assert [kind for kind, _ in parsed.problems] == ["too_many_values"]


def test_an_enormous_packet_is_refused():
    assert [kind for kind, _ in xmp.parse(b" " * (xmp.MAX_PACKET + 1)).problems] == ["hostile_xmp"]


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("a\ufffeb".encode(), "a\ufffdb"),
        (b"caf\xe9 \xc3\xa9", "café é"),
        (b"a\x07b", "a\ufffdb"),
        (b"a\xed\xa0\x80b", None),
    ],
    ids=["U+FFFE", "cp1252", "control", "surrogate"],
)
def test_forbidden_characters_are_replaced_and_the_rest_is_read(raw, read):
    broken = packet("<photoshop:City>@</photoshop:City><dc:format>jpeg</dc:format>").replace(b"@", raw)
    parsed = xmp.parse(broken)
    assert [kind for kind, _ in parsed.problems] == ["repaired_xmp"]
    assert parsed.rows[1].value == "jpeg"
    assert read is None or parsed.rows[0].value == read


def test_a_cut_packet_gives_the_values_before_the_cut():
    whole = packet("<photoshop:City>Rome</photoshop:City><photoshop:Country>Italy</photoshop:Country>")
    parsed = xmp.parse(whole[: whole.index(b"aly")])
    assert [row.value for row in parsed.rows] == ["Rome"]
    assert [kind for kind, _ in parsed.problems] == ["unparseable_xmp"]


@pytest.mark.parametrize("junk", [b"", b"\0\0\0", b"   "])
def test_an_empty_packet_is_nothing(junk):
    assert xmp.parse(junk) == xmp.Packet()


def test_what_isnt_xml_is_a_problem():
    assert [kind for kind, _ in xmp.parse(b"hello").problems] == ["unparseable_xmp"]


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(junk):
    xmp.parse(junk)
    xmp.parse(packet("<dc:format>@</dc:format>").replace(b"@", junk))


@given(st.data())
def test_any_cut_and_any_flipped_bit_is_survived(data):
    body = alternatives("dc:title", ("x-default", "a"), ("de", "b")) + STRUCTURES["parse type"].format("dc:x")
    whole = bytearray(packet(body))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    xmp.parse(bytes(whole))
    xmp.parse(bytes(whole[:place]))


XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=60
).filter(lambda text: not text.isspace())
LANGUAGES = st.lists(
    st.sampled_from(["x-default", "de", "en-US", "zh-Hant-TW", "pt-BR", "ru"]), min_size=1, unique=True
)


@given(LANGUAGES, st.data())
def test_language_alternatives_come_back_as_written(languages, data):
    pairs = [(lang, data.draw(XML_TEXT)) for lang in languages]
    assert rows(alternatives("dc:description", *pairs)) == [
        ("Xmp.dc.description", lang, 0, text) for lang, text in pairs
    ]
