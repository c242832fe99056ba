"""XMP packets: from RDF/XML to plain rows, without ever trusting what is inside.

Reads the RDF forms of ISO 16684-1 (XMP part 1): property elements and attributes, ``parseType="Resource"``, nested
descriptions, Bag, Seq and Alt, language alternatives. A packet can't make this expand entities, open anything, or
descend without end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

MAX_PACKET = 32 * 2**20
MAX_DEPTH = 64
MAX_ROWS = 20_000
MAX_TEXT = 32_768
_MAX_NODES = 200_000

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_DESCRIPTION, _LI, _VALUE, _RESOURCE = (_RDF + word for word in ("Description", "li", "value", "resource"))
_ARRAYS = (_RDF + "Bag", _RDF + "Seq", _RDF + "Alt")
_STRUCTURE = (_RDF + "RDF", _DESCRIPTION, *_ARRAYS, "adobe:ns:meta/ xmpmeta", "adobe:ns:meta/ xapmeta")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Row(NamedTuple):
    """One value: its Exiv2-style key, its language if it has one, its place in a list, and the text."""

    key: str
    lang: str | None
    ordinal: int
    value: str


@dataclass(slots=True)
class Packet:
    """What a packet holds.

    Attributes
    ----------
    rows : list of Row
        In the order of the packet.
    problems : list of (str, str)
        Kind of problem and detail: ``hostile_xmp``, ``unparseable_xmp``, ``repaired_xmp``, ``value_too_long``,
        ``too_many_values``.
    """

    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


class _HostileError(Exception):
    """The packet does what no packet needs to do."""


class _Node:
    __slots__ = ("attributes", "children", "length", "name", "pieces")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[_Node] = []
        self.pieces: list[str] = []
        self.length = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def parse(packet: bytes) -> Packet:
    """Read an XMP packet; never raises.

    Parameters
    ----------
    packet : bytes
        The packet as embedded, in UTF-8, UTF-16 or UTF-32, with or without its wrapper and padding.

    Returns
    -------
    Packet
        A damaged packet gives the properties that were complete before the damage; a hostile one gives none.
    """
    found = Packet()
    if len(packet) > MAX_PACKET:
        found.problems.append(("hostile_xmp", f"The packet has {len(packet):,} bytes."))
        return found
    plain = _as_utf8(packet)
    if not plain:
        return found
    try:
        builder, error = _build(plain)
        if error:
            builder, error = _second_try(plain, builder, error, found)
    except _HostileError as hostile:
        found.problems.append(("hostile_xmp", str(hostile)))
        return found
    if error:
        found.problems.append(("unparseable_xmp", error))
    _Reading(builder, found).read()
    return found


def _as_utf8(packet: bytes) -> bytes:
    """Return the packet in UTF-8, without padding and byte order mark."""
    head = packet[:4]
    for mark, codec in _CODECS:
        if head.startswith(mark):
            packet = packet.decode(codec, "replace").encode("utf-8", "replace")
            break
    packet = packet.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n")
    end = packet.rfind(b"<?xpacket end")
    close = packet.find(b"?>", end) if end > 0 else -1
    return packet[: close + 2] if close > 0 else packet


_CODECS = (
    (b"\0\0\0<", "utf-32-be"), (b"<\0\0\0", "utf-32-le"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
    (b"\0<", "utf-16-be"), (b"<\0", "utf-16-le"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip


def _second_try(plain: bytes, first: _Builder, error: str, found: Packet) -> tuple[_Builder, str]:
    """Replace the characters that XML doesn't allow and parse again; keep the first result if that changes nothing."""
    cleaned = _cleaned(plain)
    if cleaned == plain:
        return first, error
    again, still = _build(cleaned)
    if not still:
        found.problems.append(("repaired_xmp", error))
    return again, still


def _cleaned(plain: bytes) -> bytes:
    try:
        decoded = plain.decode("utf-8")
    except UnicodeDecodeError:
        decoded = _mixed(plain)
    return _FORBIDDEN.sub("\ufffd", decoded).encode("utf-8")


def _mixed(plain: bytes) -> str:
    """Decode UTF-8 with stray bytes; if every stray byte fits Windows-1252 that is what it was."""
    strays = re.compile(b"[\x80-\xff]+")

    def one(match: re.Match[bytes]) -> bytes:
        try:
            match[0].decode("utf-8")
        except UnicodeDecodeError:
            return match[0].decode("cp1252", "replace").encode("utf-8")
        return match[0]

    return strays.sub(one, plain).decode("utf-8", "replace")


class _Builder:
    """Turns expat's events into a small tree, with every limit applied while reading."""

    def __init__(self) -> None:
        self.root = _Node("", {})
        self.stack = [self.root]
        self.prefixes: dict[str, str] = {}
        self.nodes = 0
        self.cut = 0
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.buffer_size = 65536
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartNamespaceDeclHandler = self.namespace
        self.parser.StartDoctypeDeclHandler = self.doctype

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.nodes += 1
        if len(self.stack) > MAX_DEPTH:
            raise _HostileError(f"Elements are nested more than {MAX_DEPTH} deep.")
        if self.nodes > _MAX_NODES:
            raise _HostileError(f"There are more than {_MAX_NODES:,} elements.")
        node = _Node(name, attributes)
        self.stack[-1].children.append(node)
        self.stack.append(node)

    def end(self, _name: str) -> None:
        self.stack.pop()

    def characters(self, piece: str) -> None:
        node = self.stack[-1]
        if node.length <= MAX_TEXT:
            node.pieces.append(piece)
        node.length += len(piece)

    def namespace(self, prefix: str | None, uri: str | None) -> None:
        if uri and prefix:
            self.prefixes.setdefault(uri, prefix)

    def doctype(self, *_declaration: object) -> None:
        raise _HostileError("The packet has a document type declaration, where entities are defined.")

    def drop_unfinished(self) -> None:
        """Forget a value that was cut off, keep the complete ones beside it."""
        last = self.stack[-1]
        if len(self.stack) > 1 and last.name not in _STRUCTURE and not last.children:
            self.stack[-2].children.remove(last)


def _build(plain: bytes) -> tuple[_Builder, str]:
    builder = _Builder()
    try:
        builder.parser.Parse(plain, True)
    except expat.ExpatError as error:
        builder.drop_unfinished()
        return builder, str(error)
    return builder, ""


class _Reading:
    """Walks the tree and writes rows."""

    def __init__(self, builder: _Builder, found: Packet) -> None:
        self.root = builder.root
        self.prefixes = builder.prefixes
        self.found = found
        self.long = 0
        self.languages: dict[tuple[str, str], int] = {}

    def read(self) -> None:
        for rdf in _rdf_roots(self.root):
            for description in rdf.children:
                self.fields(description, "")
        if self.long:
            self.found.problems.append(("value_too_long", f"{self.long} XMP values"))
        if len(self.found.rows) > MAX_ROWS:
            del self.found.rows[MAX_ROWS:]
            self.found.problems.append(("too_many_values", "XMP"))

    def fields(self, node: _Node, path: str) -> None:
        """Write the properties of a description or structure: its attributes and its child elements."""
        for name, value in node.attributes.items():
            if not _is_syntax(name):
                self.add(self.joined(path, name), None, 0, value)
        for child in node.children:
            if len(self.found.rows) > MAX_ROWS:
                return
            if not child.name.startswith(_RDF) or child.name == _RDF + "type":
                self.property(child, self.joined(path, child.name))

    def property(self, node: _Node, path: str, ordinal: int = 0) -> None:
        """Write whatever form a property's value takes."""
        inner = node.children[0] if node.children else None
        if node.attributes.get(_RDF + "parseType") == "Resource":
            self.structure(node, path, ordinal)
        elif inner is None:
            self.leaf(node, path, ordinal)
        elif inner.name in _ARRAYS:
            self.array(inner, path)
        else:
            self.structure(inner, path, ordinal)

    def leaf(self, node: _Node, path: str, ordinal: int) -> None:
        value = node.text or node.attributes.get(_RESOURCE) or node.attributes.get(_VALUE) or ""
        self.add(path, node.attributes.get(_XML_LANG), ordinal, value)
        self.fields(node, path)

    def structure(self, node: _Node, path: str, ordinal: int) -> None:
        """Write a structure's fields; one with an rdf:value is that value with qualifiers beside it."""
        value = next((child for child in node.children if child.name == _VALUE), None)
        if value is not None:
            self.add(path, node.attributes.get(_XML_LANG), ordinal, value.text)
        elif _VALUE in node.attributes:
            self.add(path, None, ordinal, node.attributes[_VALUE])
        self.fields(node, path)

    def array(self, node: _Node, path: str) -> None:
        for ordinal, item in enumerate(child for child in node.children if child.name == _LI):
            plain = not item.children and all(name in (_XML_LANG, _RESOURCE) for name in item.attributes)
            value = any(child.name == _VALUE for inner in (item, *item.children) for child in inner.children)
            if plain or value:
                self.property(item, path, ordinal)
            else:
                self.property(item, f"{path}[{ordinal + 1}]")

    def add(self, key: str, lang: str | None, ordinal: int, value: str) -> None:
        if not value or value.isspace():
            return
        if lang:
            lang = language(lang)
            ordinal = self.languages.get((key, lang), 0)
            self.languages[key, lang] = ordinal + 1
        if len(value) > MAX_TEXT:
            self.long += 1
            value = value[:MAX_TEXT]
        self.found.rows.append(Row(key, lang, ordinal, value))

    def joined(self, path: str, name: str) -> str:
        uri, _, local = name.rpartition(" ")
        if not path:
            return f"Xmp.{self.prefix(uri, GROUPS)}.{local}"
        return f"{path}/{self.prefix(uri, _INSIDE)}:{local}"

    def prefix(self, uri: str, usual: dict[str, str]) -> str:
        return usual.get(uri) or self.prefixes.get(uri) or "unknown"


def _rdf_roots(node: _Node) -> list[_Node]:
    """Find the rdf:RDF elements near the top, whatever they are wrapped in."""
    level, found = [node], []
    for _ in range(4):
        found += [child for child in level if child.name == _STRUCTURE[0]]
        level = [child for parent in level for child in parent.children if parent.name != _STRUCTURE[0]]
    return found


def _is_syntax(name: str) -> bool:
    return name.startswith((_RDF, "http://www.w3.org/XML/1998/namespace ")) or " " not in name


def language(tag: str) -> str:
    """Write a language tag in the usual case: ``x-default``, ``de``, ``en-US``, ``zh-Hant`` (RFC 5646, 2.1.1)."""
    first, *rest = tag.strip().lower().split("-")
    if first in ("x", "i"):
        return "-".join([first, *rest])
    sizes = {2: str.upper, 4: str.title}
    return "-".join([first, *(sizes.get(len(part), str)(part) for part in rest)])


def _table(words: str) -> dict[str, str]:
    """Return namespace → group; some writers leave out a namespace's last character, or write another."""
    lines = [line.split() for line in words.strip().splitlines()]
    return {uri.rstrip("/#") + end: group for group, uri in lines for end in ("/", "#", "")}


GROUPS = _table("""
    dc http://purl.org/dc/elements/1.1/
    dcterms http://purl.org/dc/terms/
    xmp http://ns.adobe.com/xap/1.0/
    xmpRights http://ns.adobe.com/xap/1.0/rights/
    xmpMM http://ns.adobe.com/xap/1.0/mm/
    xmpBJ http://ns.adobe.com/xap/1.0/bj/
    xmpTPg http://ns.adobe.com/xap/1.0/t/pg/
    xmpG http://ns.adobe.com/xap/1.0/g/
    xmpGImg http://ns.adobe.com/xap/1.0/g/img/
    xmpDM http://ns.adobe.com/xmp/1.0/DynamicMedia/
    stRef http://ns.adobe.com/xap/1.0/sType/ResourceRef#
    stEvt http://ns.adobe.com/xap/1.0/sType/ResourceEvent#
    stVer http://ns.adobe.com/xap/1.0/sType/Version#
    stJob http://ns.adobe.com/xap/1.0/sType/Job#
    stDim http://ns.adobe.com/xap/1.0/sType/Dimensions#
    stFnt http://ns.adobe.com/xap/1.0/sType/Font#
    stArea http://ns.adobe.com/xmp/sType/Area#
    pdf http://ns.adobe.com/pdf/1.3/
    photoshop http://ns.adobe.com/photoshop/1.0/
    crs http://ns.adobe.com/camera-raw-settings/1.0/
    crss http://ns.adobe.com/camera-raw-saved-settings/1.0/
    lr http://ns.adobe.com/lightroom/1.0/
    tiff http://ns.adobe.com/tiff/1.0/
    exif http://ns.adobe.com/exif/1.0/
    exifEX http://cipa.jp/exif/1.0/
    aux http://ns.adobe.com/exif/1.0/aux/
    iptc http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/
    iptcExt http://iptc.org/std/Iptc4xmpExt/2008-02-29/
    plus http://ns.useplus.org/ldf/xmp/1.0/
    mediapro http://ns.iview-multimedia.com/mediapro/1.0/
    expressionmedia http://ns.microsoft.com/expressionmedia/1.0/
    MicrosoftPhoto http://ns.microsoft.com/photo/1.0/
    MP http://ns.microsoft.com/photo/1.2/
    MPRI http://ns.microsoft.com/photo/1.2/t/RegionInfo#
    MPReg http://ns.microsoft.com/photo/1.2/t/Region#
    mwg-rs http://www.metadataworkinggroup.com/schemas/regions/
    mwg-kw http://www.metadataworkinggroup.com/schemas/keywords/
    digiKam http://www.digikam.org/ns/1.0/
    kipi http://www.digikam.org/ns/kipi/1.0/
    GPano http://ns.google.com/photos/1.0/panorama/
    acdsee http://ns.acdsee.com/iptc/1.0/
    audio http://www.audio/
    video http://www.video/
""")
"""Namespace → the group Exiv2 files it under in a key."""

_INSIDE = GROUPS | _table("""
    Iptc4xmpCore http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/
    Iptc4xmpExt http://iptc.org/std/Iptc4xmpExt/2008-02-29/
""")
