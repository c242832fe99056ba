"""A small collection to tag, with a client's profile that has one field of every kind."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from small_collections import fill, image_ids
from widgets.small_workspace import made_picture

import workbench as wb

PROFILE = """
name = "shop"
label = { en = "Shop" }

[[groups]]
key = "words"
label = { en = "Words" }

[[groups]]
key = "facts"
label = { en = "Facts" }

[[fields]]
key = "Xmp.dc.title"
group = "words"
help = "What it is, in a few words."
examples = ["Red linen shirt"]
languages = ["en", "de", "ar"]

[[fields]]
key = "Xmp.photoshop.Headline"
group = "words"
max_chars = 40

[[fields]]
key = "Xmp.dc.description"
group = "words"
help = "What a customer must know."

[[fields]]
key = "Xmp.dc.subject"
group = "words"
type = "list"
vocabulary = "terms.csv"
strict = false

[[fields]]
key = "Xmp.dc.creator"
group = "words"
type = "list"

[[fields]]
key = "Xmp.photoshop.DateCreated"
group = "facts"
uncertain = true

[[fields]]
key = "Xmp.xmp.Rating"
group = "facts"
type = "rating"
minimum = 0
maximum = 5

[[fields]]
key = "Xmp.xmpRights.Marked"
group = "facts"
type = "boolean"

[[fields]]
key = "Xmp.photoshop.City"
group = "facts"
recommended = true

[[fields]]
key = "Xmp.photoshop.Country"
group = "facts"
required = true
type = "choice"
vocabulary = ["Germany", "France", "Georgia"]
"""


def packet(title: str, country: str = "Germany") -> bytes:
    """An XMP packet with a title, two keywords and a country; the country missing when empty."""
    where = f"<photoshop:Country>{country}</photoshop:Country>" if country else ""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:subject><rdf:Bag><rdf:li>shirt</rdf:li><rdf:li>linen</rdf:li></rdf:Bag></dc:subject>{where}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def picture(number: int, title: str, country: str = "Germany", *, large: bool = False) -> bytes:
    out = io.BytesIO()
    size = (1600, 1200) if large else (160, 120)
    Image.open(io.BytesIO(made_picture(number, *size))).save(out, "JPEG", quality=80, xmp=packet(title, country))
    return out.getvalue()


def workspace(home: Path, count: int = 10, *, actor: str = "ann", large: bool = False) -> wb.Bench:
    """A scanned workspace of so many shirts, with the profile ``shop`` in it."""
    fill(home / "shirts", {f"{n:02}.jpg": picture(n, f"Shirt {n}", large=large) for n in range(count)})
    ws = wb.open(home / "ws", actor=actor)
    (ws.folder / "profiles").mkdir(exist_ok=True)
    (ws.folder / "profiles" / "shop.toml").write_text(PROFILE, "utf-8")
    rows = [f"term {n:04}," for n in range(4_000)]
    terms = ["term,de", "shirt,Hemd", "linen,Leinen", "linen shirt,Leinenhemd", "sleeve,Ärmel", *rows]
    (ws.folder / "profiles" / "terms.csv").write_text("\n".join(terms), "utf-8")
    ws.scan(home / "shirts", progress=False)
    return ws


def ids(ws: wb.Bench) -> list[str]:
    """Image ids in the order of their names."""
    found = image_ids(ws)
    return [found[path] for path in sorted(found)]


def shown(ws: wb.Bench, image_id: str, field: str) -> list[tuple[str | None, str]]:
    """What the catalogue says of a field: (lang, value)."""
    rows = ws.sql(
        "select lang, value from metadata where image_id = ? and field = ? order by lang, ordinal", [image_id, field]
    )
    return [(None if lang != lang or lang is None else str(lang), str(value)) for lang, value in rows.to_numpy()]
