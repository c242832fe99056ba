"""Delivery: metadata out in the forms that other systems read, with a manifest beside it.

A delivery is a folder laid out as BagIt says (RFC 8493): the files in ``data/``, their SHA-256 in
``manifest-sha256.txt``, and ``delivery.json`` with what it is and how much. The folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench import manifests
from workbench.bulk import Content, as_languages, contents, has_languages, ids_of, is_list, lent, selection
from workbench.errors import BadValue, StorageError
from workbench.fields import exiv2_key
from workbench.in_words import InWords
from workbench.profiles import load
from workbench.replacement import checksum_of
from workbench.sheets import sheet_rows
from workbench.sources import shown
from workbench.spreadsheets import to_csv, to_xlsx
from workbench.tables import as_parquet
from workbench.workspace import Workspace

FORMATS = ("csv", "xlsx", "json", "jsonld", "xml", "xml-each", "parquet")
"""``xml`` is one Dublin Core RDF file for all images, ``xml-each`` one file an image, named by its id."""

_ELEMENTS = (
    "contributor", "coverage", "creator", "date", "description", "format", "identifier", "language", "publisher",
    "relation", "rights", "source", "subject", "title", "type",
)  # fmt: skip
_ALSO = {"date": ("Xmp.photoshop.DateCreated",), "coverage": ("Xmp.photoshop.City", "Xmp.photoshop.Country")}
_PLAIN = {
    "creditText": "Xmp.photoshop.Credit", "headline": "Xmp.photoshop.Headline",
    "dateCreated": "Xmp.photoshop.DateCreated", "license": "Xmp.xmpRights.WebStatement",
}  # fmt: skip
_TEXTS = {
    "name": "Xmp.dc.title", "caption": "Xmp.dc.description", "copyrightNotice": "Xmp.dc.rights",
    "accessibilitySummary": "Xmp.iptc.AltTextAccessibility",
}  # fmt: skip
_PLACES = ("Xmp.iptc.Location", "Xmp.photoshop.City", "Xmp.photoshop.State", "Xmp.photoshop.Country")


@dataclass(slots=True)
class Delivery(InWords):
    """A delivery that was written.

    Attributes
    ----------
    folder : str
    format : str
    images, values, fields : int
        How many it holds.
    files : dict
        Path inside the folder → SHA-256.
    """

    folder: str
    format: str
    images: int
    values: int
    fields: int
    files: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.values:,} values in {self.fields:,} fields of {self.images:,} images, as {self.format}, "
            f"in {self.folder}: {len(self.files):,} files and their manifest."
        )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What goes into a delivery."""

    ws: Workspace
    images: list[dict[str, Any]]
    fields: list[str]
    values: dict[tuple[str, str], Content]

    @property
    def ids(self) -> list[str]:
        return [image["image_id"] for image in self.images]

    def of(self, image: dict[str, Any], key: str) -> Content:
        return self.values.get((image["image_id"], key), ())


def export(
    ws: Workspace,
    format: str,
    to: str | os.PathLike[str],
    *,
    images: Any = None,
    fields: Sequence[str] | None = None,
    profile: str | os.PathLike[str] | None = None,
) -> Delivery:
    """Export metadata as a delivery.

    Parameters
    ----------
    format : str
        One of `FORMATS`. CSV and XLSX have a row an image, Parquet a row a value.
    to : str or path
        A folder that doesn't exist yet, or is empty.
    images : list of str, DataFrame or Search, optional
        All images when not given.
    fields : sequence of str, optional
        Field keys; every field that the images have when not given.
    profile : str or path, optional
        A profile whose fields are exported, where ``fields`` isn't given.

    Raises
    ------
    BadValue
        The format isn't known, or the folder has something in it.
    StorageError
        It can't be written; then nothing is.
    """
    if format not in FORMATS:
        raise BadValue(f"There is no format {format!r}.", hint=f"Choose one of {', '.join(FORMATS)}.")
    target = Path(to).expanduser().absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BadValue(f"{target} isn't empty.", hint="Name a new folder for every delivery.")
    if fields is None and profile is not None:
        fields = list(load(profile, ws.folder).fields)
    chosen = _choose(ws, images, fields)
    made = Delivery(
        str(target), format, len(chosen.images), sum(map(len, chosen.values.values())), len(chosen.fields)
    )  # fmt: skip
    _write_folder(target, made, _MAKERS[format](chosen), ws)
    return made


def _choose(ws: Workspace, images: Any, fields: Sequence[str] | None) -> _Chosen:
    selected = selection(ids_of(ws, images))
    if fields is None:
        keys = lent(ws, "delivered_fields", selected)["field"].to_pylist()
    else:
        keys = list(dict.fromkeys(exiv2_key(key) for key in fields))
    rows = lent(ws, "delivered_images", selected).to_pylist()
    return _Chosen(ws, rows, keys, contents(ws, [row["image_id"] for row in rows], keys))


# ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────

Files = Iterator[tuple[str, bytes]]


def _rows(chosen: _Chosen) -> list[list[str]]:
    """Return a row an image: path and checksum, then the fields."""
    sums = {image["image_id"]: image["checksum"] for image in chosen.images}
    if chosen.fields:
        rows = sheet_rows(chosen.ws, chosen.fields, chosen.ids)
    else:
        rows = [["image_id", "path", ""], *[[image["image_id"], image["path"], ""] for image in chosen.images]]
    heading, *rest = rows
    return [["image_id", "path", "sha256", *heading[3:]], *[[r[0], r[1], sums[r[0]], *r[3:]] for r in rest]]


def _csv(chosen: _Chosen) -> Files:
    yield "metadata.csv", to_csv(_rows(chosen))


def _xlsx(chosen: _Chosen) -> Files:
    yield "metadata.xlsx", to_xlsx(_rows(chosen))


def _parquet(chosen: _Chosen) -> Files:
    table = lent(chosen.ws, "delivered_values", selection(chosen.ids), fields=chosen.fields)
    yield "metadata.parquet", as_parquet(table)


def _json(chosen: _Chosen) -> Files:
    records = [
        {name: image[name] for name in ("image_id", "path", "checksum", "format")}
        | {"metadata": {key: _plain(key, chosen.of(image, key)) for key in chosen.fields if chosen.of(image, key)}}
        for image in chosen.images
    ]
    yield "metadata.json", _dumped(records)


def _plain(key: str, content: Content) -> Any:
    """Return a field's content as JSON: text, list, or mapping of language to text."""
    languages = as_languages(content)
    simple = {lang or "x-default": texts[0] if len(texts) == 1 else texts for lang, texts in languages.items()}
    if has_languages(key) or set(languages) != {None}:
        return simple
    return languages[None] if is_list(key) else simple["x-default"]


def _dumped(data: Any) -> bytes:
    # `<` is escaped so that the file can be put into a web page as it is.
    return (json.dumps(data, ensure_ascii=False, indent=1).replace("<", "\\u003c") + "\n").encode("utf-8", "replace")


def _jsonld(chosen: _Chosen) -> Files:
    graph = [_image_object(chosen, image) for image in chosen.images]
    yield "metadata.jsonld", _dumped({"@context": "https://schema.org", "@graph": graph})


def _image_object(chosen: _Chosen, image: dict[str, Any]) -> dict[str, Any]:
    """Return an image as schema.org's ImageObject."""
    made: dict[str, Any] = {
        "@type": "ImageObject", "identifier": image["image_id"], "contentUrl": quote(image["path"]),
        "encodingFormat": image["mime"], "contentSize": str(image["size"]), "sha256": image["checksum"],
    }  # fmt: skip
    made |= {name: image[name] for name in ("width", "height") if image[name] is not None}
    for name, key in _TEXTS.items():
        if content := chosen.of(image, key):
            made[name] = _in_languages(content)
    for name, key in _PLAIN.items():
        if content := chosen.of(image, key):
            made[name] = content[0][2]
    if content := chosen.of(image, "Xmp.dc.subject"):
        made["keywords"] = [value for *_, value in content]
    if content := chosen.of(image, "Xmp.dc.creator"):
        made["creator"] = [{"@type": "Person", "name": value} for *_, value in content]
    return made | _place(chosen, image)


def _in_languages(content: Content) -> Any:
    default = (None, "x-default")
    values = [value if lang in default else {"@value": value, "@language": lang} for lang, _, value in content]
    return values[0] if len(values) == 1 else values


def _place(chosen: _Chosen, image: dict[str, Any]) -> dict[str, Any]:
    names = [content[0][2] for key in _PLACES if (content := chosen.of(image, key))]
    place: dict[str, Any] = {"name": ", ".join(names)} if names else {}
    shared = {"Xmp.exif.GPSLatitude", "Xmp.exif.GPSLongitude"} <= set(chosen.fields)
    if shared and image["latitude"] is not None and image["longitude"] is not None:
        point = {"latitude": image["latitude"], "longitude": image["longitude"]}
        place["geo"] = {"@type": "GeoCoordinates", **point}
    return {"contentLocation": {"@type": "Place", **place}} if place else {}


_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_OPENING = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="{_RDF}" xmlns:dc="{_DC}">\n'
_CLOSING = "</rdf:RDF>\n"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _xml(chosen: _Chosen) -> Files:
    parts = [_described(chosen, image) for image in chosen.images]
    yield "metadata.rdf", "".join([_OPENING, *parts, _CLOSING]).encode()


def _xml_each(chosen: _Chosen) -> Files:
    for image in chosen.images:
        yield f"{image['image_id']}.rdf", (_OPENING + _described(chosen, image) + _CLOSING).encode()


def _described(chosen: _Chosen, image: dict[str, Any]) -> str:
    """Return an image's Dublin Core elements as RDF/XML."""
    lines = [f'<rdf:Description rdf:about="{_escaped(quote(image["path"]))}">']
    for element in _ELEMENTS:
        keys = (f"Xmp.dc.{element}", *_ALSO.get(element, ()))
        found = next((content for key in keys if (content := chosen.of(image, key))), ())
        if not found and element in ("format", "identifier"):
            found = ((None, 0, image["mime"] if element == "format" else image["image_id"]),)
        lines += [_element(element, lang, value) for lang, _, value in found]
    return "\n ".join(lines) + "\n</rdf:Description>\n"


def _element(element: str, lang: str | None, value: str) -> str:
    tagged = f' xml:lang="{_escaped(lang)}"' if lang and lang != "x-default" else ""
    return f"<dc:{element}{tagged}>{_escaped(value)}</dc:{element}>"


def _escaped(text: str) -> str:
    return html.escape(_NOT_XML.sub("\ufffd", text)).replace("\r", "&#13;")


_MAKERS: dict[str, Callable[[_Chosen], Files]] = {
    "csv": _csv, "xlsx": _xlsx, "json": _json, "jsonld": _jsonld, "xml": _xml, "xml-each": _xml_each,
    "parquet": _parquet,
}  # fmt: skip


# ── the folder ────────────────────────────────────────────────────────────────────────────────────────────────


def _write_folder(target: Path, made: Delivery, files: Files, ws: Workspace) -> None:
    """Write everything into a folder beside the target, which takes its name when all is there."""
    spare = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        (spare / "data").mkdir(parents=True)
        for name, content in files:
            _write(spare / "data" / name, content)
            made.files[f"data/{name}"] = hashlib.sha256(content).hexdigest()
        _write(spare / "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        _write(spare / "manifest-sha256.txt", manifests.manifest(made.files))
        seq, head = ws.ledger.head()
        about: dict[str, Any] = {"workspace": ws.name, "actor": ws.actor, "made_at": datetime.now(UTC).isoformat()}
        counted = {name: value for name, value in asdict(made).items() if name != "folder"}
        about |= {"ledger_seq": seq, "ledger_head": head}
        _write(spare / "delivery.json", _dumped(about | counted))
        if target.exists():
            target.rmdir()
        spare.rename(target)
    except OSError as error:
        shutil.rmtree(spare, ignore_errors=True)
        raise StorageError(
            f"The delivery can't be written: {error.strerror}.",
            hint="Check the folder and free space; nothing was kept.",
        ) from error
    except BaseException:
        shutil.rmtree(spare, ignore_errors=True)
        raise


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def verify_delivery(folder: str | os.PathLike[str]) -> list[str]:
    """Compare a delivery with its manifest; return what is wrong, in sentences: nothing when all is well.

    Raises
    ------
    StorageError
        The manifest can't be read.
    """
    root = Path(folder)
    try:
        listed = manifests.listed((root / manifests.NAME).read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{root} has no manifest that can be read.", hint="Is it a delivery?") from error
    there = {path.relative_to(root).as_posix(): path for path in (root / "data").rglob("*") if path.is_file()}
    wrong = [f"{shown(name)} is missing." for name in listed if name not in there]
    wrong += [f"{shown(name)} isn't in the manifest." for name in there if name not in listed]
    return wrong + [
        f"{shown(name)} was changed." for name in listed if name in there and checksum_of(there[name]) != listed[name]
    ]
