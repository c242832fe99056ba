"""Writing XMP: change some properties of a packet and leave every other byte of it as it is.

The packet is never written anew. Expat says where each property lies, what is to change is cut out, and one
description with the new values goes in before ``</rdf:RDF>``; foreign namespaces, histories, comments and padding
keep their bytes. Forms after ISO 16684-1 (XMP part 1, 7.4 to 7.9): simple values, Bag, Seq, language alternatives with
``x-default`` first, structures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from xml.parsers import expat

from workbench import splices, xmp
from workbench.errors import BadValue
from workbench.splices import Splice, Untouchable

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "http://www.w3.org/XML/1998/namespace"
_ARRAYS = {(RDF, "Bag"): "Bag", (RDF, "Seq"): "Seq", (RDF, "Alt"): "Alt"}
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
).encode()
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_BLANK = b" \t\r\n"
_UNREADABLE = "The XMP that is there can't be read ({}), so changing it would lose it."
_REFUSED = ("hostile_xmp", "unparseable_xmp", "repaired_xmp", "too_many_values")


class Name(NamedTuple):
    """A property's namespace, the prefix it is usually written with, and its name there."""

    uri: str
    prefix: str
    local: str


@dataclass(frozen=True, slots=True)
class Array:
    """A list of values: ``form`` is ``Bag`` (no order), ``Seq`` (in order) or ``Alt`` (the first is preferred)."""

    form: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """A value made of named fields."""

    fields: tuple[tuple[Name, Node], ...]


@dataclass(frozen=True, slots=True)
class Languages:
    """Texts by language, as a change: a text sets that language, None takes it away, all others stay."""

    texts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Members:
    """Fields of a structure, as a change: a value sets that field, None takes it away, all others stay."""

    fields: Mapping[Name, Node | None]


Node = str | Array | Structure | Languages
Change = Node | Members | None


def patch(old: bytes | None, changes: Mapping[Name, Change]) -> bytes:
    """Return a packet with these properties changed.

    Parameters
    ----------
    old : bytes or None
        The packet as embedded, in UTF-8, with or without wrapper and padding; None makes a new one.
    changes : mapping of Name to Change
        None takes a property away, in whatever form and place it stands.

    Returns
    -------
    bytes
        The same packet with the old values cut out and the new ones in a description of their own at the end.

    Raises
    ------
    BadValue
        A value holds a character that XML can't hold.
    Untouchable
        The packet is damaged, hostile, or holds something that would be lost.
    """
    for change in changes.values():
        check(change)
    packet = _EMPTY if old is None or not old.strip(b"\0" + _BLANK) else old
    document = _read(packet)
    cuts = list(_cuts(packet, document, set(changes)))
    written = {name: _settled(name, change, document) for name, change in changes.items()}
    kept = {name: node for name, node in written.items() if node is not None}
    if not cuts and not kept:
        return packet
    return splices.apply(packet, [*cuts, *_insertion(packet, document, kept)])


def check(change: Change) -> None:
    """Raise BadValue naming the first character in a value that XML can't hold (XML 1.0, 2.2)."""
    for text in _texts(change):
        found = _FORBIDDEN.search(text)
        if found:
            shown = text[max(0, found.start() - 20) : found.start()]
            raise BadValue(
                f"The character U+{ord(found[0]):04X} after “{shown}” can't be written into metadata.",
                hint="Remove it; it is invisible and usually comes from copying.",
            )


def _texts(change: Change) -> Iterator[str]:
    if isinstance(change, str):
        yield change
    elif isinstance(change, Array):
        for item in change.items:
            yield from _texts(item)
    elif isinstance(change, Languages):
        yield from (text for text in change.texts.values() if text)
    elif isinstance(change, Members | Structure):
        pairs = change.fields.items() if isinstance(change, Members) else change.fields
        for _, member in pairs:
            yield from _texts(member)


def rows(packet: bytes | None, changed: Iterable[Name] = ()) -> list[xmp.Row]:
    """Return what a packet says except about these properties, in an order that can be compared."""
    if not packet:
        return []
    keys = {key(name) for name in changed}
    return [row for row in _in_order(packet) if top(row.key) not in keys]


@lru_cache(maxsize=4)
def _in_order(packet: bytes) -> list[xmp.Row]:
    return sorted(parsed(packet).rows, key=_order)


@lru_cache(maxsize=4)
def parsed(packet: bytes) -> xmp.Packet:
    """Return what `xmp.parse` says; the packet of a file on its way is asked for many times."""
    return xmp.parse(packet)


def _order(row: xmp.Row) -> tuple[str, str, int, str]:
    return row.key, row.lang or "", row.ordinal, row.value


def flattened(path: str, node: Node) -> Iterator[tuple[str, str | None, str]]:
    """Yield key, language and text of every part of a value, as a reader should find them under ``path``."""
    if isinstance(node, str):
        yield path, None, node[: xmp.MAX_TEXT]
    elif isinstance(node, Languages):
        yield from ((path, tag, text[: xmp.MAX_TEXT]) for tag, text in with_default(node.texts).items())
    elif isinstance(node, Structure):
        for name, inner in node.fields:
            yield from flattened(f"{path}/{name.prefix}:{name.local}", inner)
    else:
        for number, item in enumerate(node.items, 1):
            yield from flattened(path if isinstance(item, str) else f"{path}[{number}]", item)


def has_forms(old: bytes, changes: Mapping[Name, Change]) -> bool:
    """Say whether these properties already stand in a packet in the forms that the changes would write."""
    document = _read(old)
    for name, change in changes.items():
        found = list(document.properties(name))
        if document.attribute(name) is not None:
            found.append(document.rdf)
        if change is None and found:
            return False
        if change is not None and (len(found) != 1 or _form(_model(found[0])) != _form(change)):
            return False
    return True


def _form(change: Change) -> str:
    if isinstance(change, Array):
        return change.form
    return {"Members": "Structure"}.get(type(change).__name__, type(change).__name__)


def key(name: Name) -> str:
    """Return the Exiv2-style key of a property, such as ``Xmp.dc.title``."""
    return f"Xmp.{xmp.GROUPS.get(name.uri) or name.prefix}.{name.local}"


@lru_cache(maxsize=4096)
def top(path: str) -> str:
    """Return the key of the property that a longer key leads into."""
    return path.split("/", 1)[0].split("[", 1)[0]


def strip_padding(packet: bytes) -> bytes:
    """Return the packet without the blanks before its closing wrapper and after it."""
    end = packet.rfind(b"<?xpacket end")
    if end < 0:
        return packet.rstrip(b"\0" + _BLANK)
    return packet[:end].rstrip(_BLANK) + b"\n" + packet[end:].rstrip(b"\0" + _BLANK)


# ── where everything lies ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True, eq=False)
class _Element:
    """An element: its name, its attributes by name, and where its tag begins and ends and it itself ends."""

    uri: str
    local: str
    attributes: dict[tuple[str, str], str]
    raw: dict[bytes, tuple[str, str]]
    start: int
    inside: int
    close: int = 0
    end: int = 0
    children: list[_Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def name(self) -> tuple[str, str]:
        return self.uri, self.local

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class _Document(NamedTuple):
    rdf: _Element
    about: str

    def properties(self, wanted: Name) -> Iterator[_Element]:
        for description in self.rdf.children:
            yield from (child for child in description.children if child.name == (wanted.uri, wanted.local))

    def attribute(self, wanted: Name) -> str | None:
        pairs = (description.attributes.get((wanted.uri, wanted.local)) for description in self.rdf.children)
        return next((value for value in pairs if value is not None), None)


@lru_cache(maxsize=4)
def _read(packet: bytes) -> _Document:
    for kind, detail in parsed(packet).problems:
        if kind in _REFUSED:
            raise Untouchable(_UNREADABLE.format(detail))
    roots = list(_rdf(_Walk(packet).root))
    if len(roots) != 1:
        raise Untouchable("The XMP that is there doesn't have exactly one RDF element.")
    abouts = {_about(description) for description in roots[0].children} - {""}
    if len(abouts) > 1:
        raise Untouchable("The XMP that is there speaks of several resources.")
    return _Document(roots[0], abouts.pop() if abouts else "")


def _about(description: _Element) -> str:
    return description.attributes.get((RDF, "about")) or description.attributes.get(("", "about")) or ""


def _rdf(element: _Element) -> Iterator[_Element]:
    if element.name == (RDF, "RDF"):
        yield element
    else:
        for child in element.children:
            yield from _rdf(child)


class _Walk:
    """Lets expat read the packet and notes the byte positions of every element."""

    def __init__(self, packet: bytes) -> None:
        first = len(packet) - len(packet.lstrip(b"\0" + _BLANK))
        self.body = packet[: _document_end(packet)]
        self.first = first
        self.root = _Element("", "", {}, {}, 0, 0)
        self.stack = [self.root]
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.namespace_prefixes = True
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.finish
        self.parser.CharacterDataHandler = self.characters
        try:
            self.parser.Parse(self.body[first:], True)
        except expat.ExpatError as error:
            raise Untouchable(_UNREADABLE.format(error)) from error

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        start = self.first + self.parser.CurrentByteIndex
        tag = _TAG.match(self.body, start)
        if not tag:
            raise Untouchable("The XMP that is there is written in an unusual way.")
        uri, local, _ = _split(name)
        names = {_split(full): value for full, value in attributes.items()}
        raw = {f"{n[2]}:{n[1]}".lstrip(":").encode(): n[:2] for n in names}
        plain = {n[:2]: value for n, value in names.items()}
        element = _Element(uri, local, plain, raw, start, tag.end())
        self.stack[-1].children.append(element)
        self.stack.append(element)

    def finish(self, _name: str) -> None:
        element = self.stack.pop()
        if self.body[element.inside - 2 : element.inside] == b"/>":
            element.close = element.end = element.inside
        else:
            element.close = self.first + self.parser.CurrentByteIndex
            element.end = self.body.index(b">", element.close) + 1

    def characters(self, piece: str) -> None:
        self.stack[-1].pieces.append(piece)


def _split(name: str) -> tuple[str, str, str]:
    """Take expat's ``uri local prefix`` apart; names without a namespace have the last part only."""
    parts = name.split(" ")
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ("xml" if parts[0] == _XML else "")


def _document_end(packet: bytes) -> int:
    """Return where the document ends: padding and what stands behind the wrapper is no part of it."""
    end = packet.rfind(b"<?xpacket end")
    close = packet.find(b"?>", end) if end > 0 else -1
    return close + 2 if close > 0 else len(packet.rstrip(b"\0" + _BLANK))


# ── cutting out ───────────────────────────────────────────────────────────────────────────────────────────────


def _cuts(packet: bytes, document: _Document, names: set[Name]) -> Iterator[Splice]:
    wanted = {(name.uri, name.local) for name in names}
    for description in document.rdf.children:
        inner = [child for child in description.children if child.name in wanted]
        outer = [raw for raw, full in description.raw.items() if full in wanted]
        if not inner and not outer:
            continue
        if _would_be_empty(packet, description, inner, len(outer)):
            yield _cut(packet, description, document.rdf.inside)
            continue
        yield from _attribute_cuts(packet, description, set(outer))
        for child in inner:
            yield _cut(packet, child, description.inside)


def _would_be_empty(packet: bytes, description: _Element, inner: list[_Element], outer: int) -> bool:
    about = sum(full in ((RDF, "about"), ("", "about")) for full in description.raw.values())
    if description.name != (RDF, "Description") or len(description.raw) > about + outer:
        return False
    rest, at = b"", description.inside
    for child in inner:
        rest += packet[at : child.start]
        at = child.end
    return not (rest + packet[at : max(at, description.close)]).strip(_BLANK)


def _cut(packet: bytes, element: _Element, limit: int) -> Splice:
    """Cut an element out together with the line break and indentation before it."""
    start = element.start
    while start > limit and packet[start - 1] in _BLANK:
        start -= 1
    return Splice(start, element.end, b"")


def _attribute_cuts(packet: bytes, description: _Element, names: set[bytes]) -> Iterator[Splice]:
    for found in _ATTRIBUTE.finditer(packet, description.start, description.inside):
        if found[1] in names:
            yield Splice(found.start(), found.end(), b"")


# ── what is there, as values ──────────────────────────────────────────────────────────────────────────────────


def _settled(name: Name, change: Change, document: _Document) -> Node | None:
    """Turn a change into the value to write, merging with what is there where the change says so."""
    if isinstance(change, Languages):
        return _merged_languages(name, change, document)
    if isinstance(change, Members):
        return _merged_members(name, change, document)
    return change


def _merged_languages(name: Name, change: Languages, document: _Document) -> Node | None:
    texts: dict[str, str] = dict(_texts_there(name, document))
    for tag, text in change.texts.items():
        texts.pop(xmp.language(tag), None)
        if text and not text.isspace():
            texts[xmp.language(tag)] = text
    return Languages(texts) if texts else None


def _texts_there(name: Name, document: _Document) -> Iterator[tuple[str, str]]:
    plain = document.attribute(name)
    if plain:
        yield "x-default", plain
    for element in document.properties(name):
        model = _model(element)
        if isinstance(model, str):
            yield xmp.language(element.attributes.get((_XML, "lang"), "x-default")), model
        elif isinstance(model, Languages):
            yield from ((tag, text) for tag, text in model.texts.items() if text)
        elif isinstance(model, Array) and all(isinstance(item, str) for item in model.items):
            yield from (("x-default", str(item)) for item in model.items[:1])
        else:
            raise Untouchable(f"{key(name)} isn't a text by language in this file.")


def _merged_members(name: Name, change: Members, document: _Document) -> Node | None:
    there: dict[tuple[str, str], tuple[Name, Node]] = {}
    for element in document.properties(name):
        model = _model(element)
        if not isinstance(model, Structure):
            raise Untouchable(f"{key(name)} isn't a structure in this file.")
        there |= {field_name[::2]: (field_name, node) for field_name, node in model.fields}
    for member, node in change.fields.items():
        there.pop(member[::2], None)
        if node is not None:
            there[member[::2]] = (member, node)
    return Structure(tuple(there.values())) if there else None


def _model(element: _Element) -> Node:
    """Return an element's value; refuse what has qualifiers, because writing it anew would drop them."""
    known = {(RDF, "parseType"), (_XML, "lang"), (RDF, "about")}
    extra = {full: value for full, value in element.attributes.items() if full not in known}
    as_structure = element.attributes.get((RDF, "parseType")) == "Resource"
    if len(element.children) == 1 and not as_structure and not extra:
        return _inner_model(element.children[0])
    if as_structure or (extra and not element.children and not element.text.strip()):
        return _structure(element, extra)
    if element.children or extra:
        raise Untouchable("A value in the XMP that is there has qualifiers, which rewriting would lose.")
    return element.text


def _inner_model(inner: _Element) -> Node:
    form = _ARRAYS.get(inner.name)
    if form is None:
        extra = {full: value for full, value in inner.attributes.items() if full != (RDF, "about")}
        return _structure(inner, extra)
    tags = [item.attributes.get((_XML, "lang")) for item in inner.children]
    items = [_model(item) for item in inner.children]
    if any(tags):
        if not all(isinstance(item, str) for item in items):
            raise Untouchable("A text by language in the XMP that is there is more than a text.")
        return Languages({xmp.language(tag or "x-default"): str(item) for tag, item in zip(tags, items, strict=True)})
    return Array(form, tuple(items))


def _structure(element: _Element, extra: Mapping[tuple[str, str], str]) -> Structure:
    if any(full[0] in (RDF, _XML) for full in extra) or any(child.uri == RDF for child in element.children):
        raise Untouchable("A structure in the XMP that is there has qualifiers, which rewriting would lose.")
    prefixes = {full: raw.partition(b":")[0].decode() for raw, full in element.raw.items()}
    fields: list[tuple[Name, Node]] = [(Name(f[0], prefixes[f], f[1]), value) for f, value in extra.items()]
    fields += [(Name(child.uri, "ns", child.local), _model(child)) for child in element.children]
    return Structure(tuple(fields))


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────


def _insertion(packet: bytes, document: _Document, kept: Mapping[Name, Node]) -> Iterator[Splice]:
    """Put one description with all new values before the end of the RDF element."""
    if not kept:
        return
    rdf = document.rdf
    body = _Writer(kept, document.about).description().encode()
    if rdf.close == rdf.inside == rdf.end:
        tag = packet[rdf.start : rdf.inside]
        name = re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]
        yield Splice(rdf.inside - 2, rdf.inside, b">\n" + body + b"\n </" + name + b">")
        return
    at = rdf.close
    while at > rdf.inside and packet[at - 1] in _BLANK:
        at -= 1
    yield Splice(at, at, b"\n" + body)


class _Writer:
    """Writes values as RDF/XML, collecting the namespaces they need."""

    def __init__(self, kept: Mapping[Name, Node], about: str) -> None:
        self.kept = kept
        self.about = about
        self.prefixes: dict[str, str] = {RDF: "rdf"}

    def description(self) -> str:
        lines = [line for name, node in self.kept.items() for line in self.element(self.named(name), node, "   ")]
        declared = "".join(f'\n    xmlns:{prefix}="{escaped(uri)}"' for uri, prefix in self.prefixes.items())
        return "\n".join(
            [f'  <rdf:Description rdf:about="{escaped(self.about)}"{declared}>', *lines, "  </rdf:Description>"]
        )

    def named(self, name: Name) -> str:
        if name.uri not in self.prefixes:
            prefix, number = name.prefix or "ns", 1
            while prefix in self.prefixes.values():
                number += 1
                prefix = f"{name.prefix}{number}"
            self.prefixes[name.uri] = prefix
        return f"{self.prefixes[name.uri]}:{name.local}"

    def element(self, tag: str, node: Node, indent: str, attributes: str = "") -> Iterator[str]:
        if isinstance(node, str):
            yield f"{indent}<{tag}{attributes}>{escaped(node)}</{tag}>"
            return
        if isinstance(node, Structure):
            yield f'{indent}<{tag}{attributes} rdf:parseType="Resource">'
            for name, value in node.fields:
                yield from self.element(self.named(name), value, indent + " ")
        else:
            yield f"{indent}<{tag}{attributes}>"
            form, items = _as_items(node)
            yield f"{indent} <rdf:{form}>"
            for attribute, item in items:
                yield from self.element("rdf:li", item, indent + "  ", attribute)
            yield f"{indent} </rdf:{form}>"
        yield f"{indent}</{tag}>"


def _as_items(node: Array | Languages) -> tuple[str, list[tuple[str, Node]]]:
    if isinstance(node, Array):
        return node.form, [("", item) for item in node.items]
    return "Alt", [(f' xml:lang="{escaped(tag)}"', text) for tag, text in with_default(node.texts).items()]


def with_default(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Return the texts with ``x-default`` first, which every language alternative must have (XMP part 1, 8.2.2.4)."""
    present = {xmp.language(tag): text for tag, text in texts.items() if text}
    default = present.pop("x-default", None) or next(iter(present.values()), None)
    return ({"x-default": default} if default else {}) | present


def escaped(text: str) -> str:
    """Return the text as XML content or attribute value; a carriage return would otherwise read as a line feed."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#xD;")):
        text = text.replace(character, entity)
    return text
