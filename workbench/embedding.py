"""Values into files: plan, embed, verify, undo, and sidecars where a file is better left alone.

Nothing here decodes or writes a picture, and pyexiv2 never writes: the new bytes are the old ones with a few splices,
and `verify` reads them back through `workbench.metadata` before anybody puts them in place of the old ones. XMP is
always written; EXIF and IPTC-IIM only where the file has them already or the caller asks.
"""

from __future__ import annotations

import mmap
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from workbench import containers, exif, exif_write, formats, iim, iptc, metadata, packet, splices, xmp
from workbench import wanted as entered
from workbench.containers import Container
from workbench.errors import BadValue
from workbench.exif_write import Tag, Value
from workbench.fields import FieldSpec
from workbench.packet import Languages, Members
from workbench.splices import Splice, Untouchable
from workbench.wanted import Wanted

Data = bytes | mmap.mmap
Tags = dict[Tag, Value | None]
Values = Mapping[str, object]

CARRIERS = ("xmp", "exif", "iptc")
_SIGNED = "The file carries content credentials (C2PA), which would no longer fit its bytes."


@dataclass(frozen=True, slots=True)
class Plan:
    """What embedding would do with a file.

    Attributes
    ----------
    how : str
        ``'embed'`` or ``'sidecar'``.
    why : str
        For a sidecar the reason, in a sentence; otherwise empty.
    warnings : list of str
        What people should know: cut texts, transcoded blocks, dates a carrier can't hold.
    carriers : list of str
        Which of ``xmp``, ``exif`` and ``iptc`` would change.
    splices : list of Splice
        The changes themselves, so that `embed_bytes` needn't find them again.
    """

    how: str
    why: str = ""
    warnings: list[str] = field(default_factory=list)
    carriers: list[str] = field(default_factory=list)
    splices: list[Splice] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file with new metadata, not yet written anywhere.

    Attributes
    ----------
    new_bytes : bytes
        The whole file.
    warnings : list of str
        As in `Plan`.
    undo : bytes
        For `restore_bytes`; to be kept where the change is recorded.
    carriers : list of str
        Which of ``xmp``, ``exif`` and ``iptc`` changed; empty where the file said all this already.
    before, after : str
        SHA-256 of the file as it was and as it is, in hexadecimal digits.
    """

    new_bytes: bytes
    warnings: list[str]
    undo: bytes
    carriers: list[str]
    before: str
    after: str


def plan(
    data: Data,
    values: Values,
    *,
    format: str | None = None,
    allow_c2pa: bool = False,
    carriers: Collection[str] = (),
    specs: Mapping[str, FieldSpec] | None = None,
) -> Plan:
    """Say whether values can go into a file without harm, and what that would change; nothing is written.

    Parameters
    ----------
    data : bytes or mmap.mmap
        The whole file.
    values : mapping
        Field key → value, as `wanted.wanted` takes them. Languages and members not named stay as they are.
    format : str, optional
        What `images.measure` recognised; told from the content when left out.
    allow_c2pa : bool
        Write also into files whose content credentials this breaks.
    carriers : collection of str
        ``'exif'`` and ``'iptc'`` to make these blocks where the file has none.
    specs : mapping, optional
        Fields that no standard has.

    Raises
    ------
    BadValue
        A value doesn't fit its field, or holds a character that metadata can't hold.
    NotFound
        A field isn't known.
    """
    job = _Job(data, entered.wanted(values, specs), carriers)
    try:
        job.prepare(format, allow_c2pa)
    except Untouchable as reason:
        return Plan("sidecar", str(reason), job.warnings)
    return Plan("embed", "", job.warnings, job.changed, job.splices)


def embed_bytes(
    data: Data,
    values: Values,
    *,
    format: str | None = None,
    allow_c2pa: bool = False,
    carriers: Collection[str] = (),
    specs: Mapping[str, FieldSpec] | None = None,
    planned: Plan | None = None,
) -> Embedded:
    """Put values into a copy of a file's bytes.

    Parameters are those of `plan`, and ``planned``: what it returned for the same bytes and values.

    Raises
    ------
    BadValue
        As for `plan`, and where `plan` says ``sidecar``.
    NotFound
        A field isn't known.
    """
    if planned is None:
        planned = plan(data, values, format=format, allow_c2pa=allow_c2pa, carriers=carriers, specs=specs)
    if planned.how != "embed":
        raise BadValue(planned.why, hint="Write a sidecar beside it instead.")
    new = splices.apply(data, planned.splices)
    undo, before, after = splices.pack(data, new, planned.splices)
    return Embedded(new, planned.warnings, undo, planned.carriers, before, after)


def restore_bytes(new_bytes: Data, undo: bytes) -> bytes:
    """Return the original file, bit for bit.

    Raises
    ------
    Stale
        The file was changed since the values were embedded.
    BadValue
        ``undo`` isn't what `embed_bytes` returned, or is damaged.
    """
    return splices.undo(new_bytes, undo)


class _Job:
    """One file on its way: what is wanted, and what has to be spliced."""

    def __init__(self, data: Data, wanted: list[Wanted], asked: Collection[str]) -> None:
        unknown = set(asked) - set(CARRIERS)
        if unknown:
            raise BadValue(f"{min(unknown)!r} isn't a carrier.", hint="Carriers are xmp, exif and iptc.")
        for one in wanted:
            packet.check(one.change)
        self.data = data
        self.wanted = wanted
        self.asked = asked
        self.warnings: list[str] = []
        self.changed: list[str] = []
        self.splices: list[Splice] = []

    def prepare(self, format: str | None, allow_c2pa: bool) -> None:
        container = containers.open_container(self.data, format or formats.recognise(self.data).format)
        if container.signed and not allow_c2pa:
            raise Untouchable(_SIGNED)
        if container.signed:
            self.warnings.append(_SIGNED)
        self.warnings += [_uncertain(one) for one in self.wanted if _is_uncertain(one)]
        new_xmp = self._xmp(container)
        said = _said(new_xmp, self.wanted)
        tags = self._tags(container, said)
        block = self._iptc(container, said)
        for carrier, touched in (("xmp", new_xmp != container.xmp), ("exif", bool(tags)), ("iptc", block is not None)):
            if touched and carrier in container.odd:
                raise Untouchable(container.odd[carrier])
            if touched:
                self.changed.append(carrier)
        self.splices = container.splices(new_xmp, tags, block)

    def _xmp(self, container: Container) -> bytes | None:
        keys = {packet.key(one.name) for one in self.wanted}
        if container.xmp_more and any(packet.top(row.key) in keys for row in packet.parsed(container.xmp_more).rows):
            raise Untouchable("The file keeps one of these fields in the second part of its XMP.")
        new = packet.patch(container.xmp, {one.name: one.change for one in self.wanted})
        silent = container.xmp is None and not packet.rows(new)
        same = packet.rows(container.xmp) == packet.rows(new) and _same_form(container.xmp, self.wanted)
        return container.xmp if silent or same else new

    def _tags(self, container: Container, said: Mapping[str, list[str]]) -> Tags:
        if container.exif is None and "exif" not in self.asked:
            return {}
        stream = container.exif if container.exif is not None else exif_write.EMPTY
        there = {(entry.group, entry.tag): entry for entry in exif.entries(stream)}
        found: Tags = {}
        for one in self.wanted:
            if one.changes_default and not _agrees(one, said, stream, there):
                found |= entered.exif_tags(one.spec, said[one.spec.key], container.order, self.warnings)
        return _needed(found, stream, there)

    def _iptc(self, container: Container, said: Mapping[str, list[str]]) -> bytes | None:
        if container.iptc is None and "iptc" not in self.asked:
            return None
        changes: dict[tuple[int, int], list[str]] = {}
        for one in self.wanted:
            if one.changes_default:
                changes |= entered.iim_texts(one.spec, said[one.spec.key], self.warnings)
        if not changes or (container.iptc is None and not any(changes.values())):
            return None
        limits = entered.iim_limits([one.spec for one in self.wanted])
        if "iptc" in container.odd:
            raise Untouchable(container.odd["iptc"])
        written = iim.write(container.iptc or b"", changes, limits)
        self.warnings += written.warnings
        return None if written.data == (container.iptc or b"") else written.data


def _is_uncertain(one: Wanted) -> bool:
    return one.spec.kind == "date" and isinstance(one.change, str) and entered.is_uncertain(one.change)


def _uncertain(one: Wanted) -> str:
    return f"{one.spec.label}: other programs may not understand the uncertain date {one.change}."


def _said(new: bytes | None, wanted: Iterable[Wanted]) -> dict[str, list[str]]:
    """Return what the packet says for each field, as EXIF and IPTC would hold it: list, or text without a language."""
    said: dict[str, list[str]] = {one.spec.key: [] for one in wanted}
    for row in packet.parsed(new).rows if new else []:
        if row.key in said and row.lang in (None, "x-default"):
            said[row.key].append(row.value)
    return said


def _same_form(old: bytes | None, wanted: Iterable[Wanted]) -> bool:
    return old is not None and packet.has_forms(old, {one.name: one.change for one in wanted})


def _agrees(one: Wanted, said: Mapping[str, list[str]], stream: exif.Data, there: Mapping[Tag, exif.Entry]) -> bool:
    """Say whether EXIF holds a date that a less exact one in XMP doesn't contradict, so that it can stay."""
    texts = said[one.spec.key]
    entry = there.get(_date_tag(one.spec))
    if one.spec.kind != "date" or not texts or entry is None or "T" in texts[0] or entered.is_uncertain(texts[0]):
        return False
    return exif.shown(stream, entry).replace(":", "-").startswith(texts[0])


def _date_tag(spec: FieldSpec) -> Tag:
    made = entered.exif_tags(spec, [], "<", [])
    return next(iter(made), ("", 0))


def _needed(wanted: Tags, stream: exif.Data, there: Mapping[Tag, exif.Entry]) -> Tags:
    """Leave out the tags that are so already; add the version that a new directory must begin with."""
    found = {tag: value for tag, value in wanted.items() if not _is_so(tag, value, stream, there)}
    groups = {group for (group, _), value in found.items() if value}
    new = {tag: value for tag, value in entered.VERSIONS.items() if tag[0] in groups and tag not in there}
    return found | new


def _is_so(tag: Tag, value: Value | None, stream: exif.Data, there: Mapping[Tag, exif.Entry]) -> bool:
    entry = there.get(tag)
    if value is None or entry is None:
        return value is None and entry is None
    same = exif.raw(stream, entry) == value.data and entry.type == value.type
    return same or (entry.type == exif_write.ASCII and exif.shown(stream, entry) == exif.text(value.data))


# ── verifying ─────────────────────────────────────────────────────────────────────────────────────────────────


def verify(
    old: Data,
    new: Data,
    values: Values,
    *,
    format: str | None = None,
    specs: Mapping[str, FieldSpec] | None = None,
) -> list[str]:
    """Compare a file before and after embedding, by reading both anew; nothing is decoded.

    Parameters
    ----------
    old, new : bytes or mmap.mmap
        The whole files.
    values : mapping
        What was to be embedded.

    Returns
    -------
    list of str
        A sentence for everything that isn't as it must be: the coded picture, pages, colour profile, maker notes,
        thumbnail, trailing data, other tags and values, and whether the wanted values read back equal. Empty when all
        is well.
    """
    wanted = entered.wanted(values, specs)
    kinds = format or formats.recognise(old).format, format or formats.recognise(new).format
    try:
        before, after = (containers.open_container(data, kind) for data, kind in zip((old, new), kinds, strict=True))
    except Untouchable as reason:
        return [str(reason)]
    found = [] if before.foreign() == after.foreign() else ["The picture, or something beside the metadata, changed."]
    found += _changed_exif(before, after, wanted)
    found += _changed_iptc(before, after, wanted)
    found += _changed_xmp(before, after, wanted)
    found += _disagreeing(after, wanted)
    return found + _not_read_back(new, kinds[1], after, wanted)


def _changed_exif(before: Container, after: Container, wanted: list[Wanted]) -> list[str]:
    mine = {tag for one in wanted for tag in entered.exif_tags(one.spec, [], "<", [])} | set(entered.VERSIONS)
    if before.exif is None:
        return []
    if after.exif is None:
        return ["The EXIF block is gone."]
    pairs = [_foreign_tags(container.exif, mine) for container in (before, after) if container.exif is not None]
    return [
        f"{exif.name(group, tag)} changed."
        for group, tag in pairs[0].keys() | pairs[1].keys()
        if pairs[0].get((group, tag)) != pairs[1].get((group, tag))
    ]


def _foreign_tags(stream: exif.Data, mine: Collection[Tag]) -> dict[Tag, tuple[int, int, bytes]]:
    """Return every other tag with its type and bytes; a maker note also with its place, the thumbnail as a picture."""
    there = {(entry.group, entry.tag): entry for entry in exif.entries(stream)}
    found = {}
    for place, entry in there.items():
        if place in mine or entry.tag in _POINTERS or (entry.group == "Image" and entry.tag in _BLOCKS):
            continue
        where = entry.start if entry.tag == _MAKER_NOTE else 0
        found[place] = (entry.type, where, exif.raw(stream, entry))
        length = there.get((entry.group, _LENGTH))
        if entry.tag == _THUMBNAIL and length is not None:
            start, size = (exif.integers(stream, one)[0] for one in (entry, length))
            found["Thumbnail", 0] = (0, start, bytes(stream[start : start + size]))
    return found


_MAKER_NOTE, _THUMBNAIL, _LENGTH = 0x927C, 0x0201, 0x0202
_POINTERS = {exif.EXIF_IFD, exif.GPS_IFD}
_BLOCKS = {exif.XMP, exif.IPTC, exif.PHOTOSHOP}


def _changed_iptc(before: Container, after: Container, wanted: list[Wanted]) -> list[str]:
    mine = {place for one in wanted for place in entered.iim_texts(one.spec, [], [])} | {(1, 90), (2, 0)}
    rows = [_foreign_datasets(container.iptc or b"", mine) for container in (before, after)]
    return [] if rows[0] == rows[1] else ["IPTC values that weren't meant changed."]


def _foreign_datasets(block: bytes, mine: Collection[tuple[int, int]]) -> list[tuple[str, str]]:
    datasets = iptc.parse(block).datasets
    spoken = iptc.charset(datasets)
    return [(iptc.key(one), iptc.shown(one, spoken)) for one in datasets if one[:2] not in mine]


def _changed_xmp(before: Container, after: Container, wanted: list[Wanted]) -> list[str]:
    names = [one.name for one in wanted]
    kept = [one.name for one in wanted if isinstance(one.change, Languages | Members)]
    found = packet.rows(before.xmp, names) == packet.rows(after.xmp, names) and before.xmp_more == after.xmp_more
    merged = before.xmp is None or all(_rest(before, one) == _rest(after, one) for one in wanted if one.name in kept)
    return [] if found and merged else ["XMP values that weren't meant changed."]


def _rest(container: Container, one: Wanted) -> list[xmp.Row]:
    """Return the rows of a merged field that the change doesn't name."""
    key = packet.key(one.name)
    rows = [row for row in packet.rows(container.xmp) if packet.top(row.key) == key]
    if isinstance(one.change, Languages):
        named = {xmp.language(tag) for tag in one.change.texts} | {"x-default"}
        return [row for row in rows if row.lang is not None and row.lang not in named]
    fields = one.change.fields if isinstance(one.change, Members) else ()
    parts = tuple(f"{key}/{name.prefix}:{name.local}" for name in fields)
    return [row for row in rows if not row.key.startswith(parts)]


def _disagreeing(after: Container, wanted: list[Wanted]) -> list[str]:
    """Say which carriers would have to change again to agree with what XMP now says."""
    job, said = _Job(after.data, wanted, ()), _said(after.xmp, wanted)
    stale = {"EXIF": bool(job._tags(after, said)), "IPTC": job._iptc(after, said) is not None}
    return [f"{carrier} doesn't say what XMP says." for carrier, is_stale in stale.items() if is_stale]


def _not_read_back(new: Data, format: str | None, after: Container, wanted: list[Wanted]) -> list[str]:
    """Compare what was wanted with what the reader, which decodes EXIF by Exiv2, finds in the new file."""
    read = metadata.read(new, format=format)
    rows: dict[str, list[tuple[str, str | None, str]]] = {}
    for key, lang, _, value in read.values:
        rows.setdefault(packet.top(key), []).append((key, lang, value))
    found = []
    for one in wanted:
        if not _reads(one.change, packet.key(one.name), rows.get(packet.key(one.name), [])):
            found.append(f"{one.spec.label} doesn't read back as it was given.")
        found += _stale_carriers(one, rows, after)
    return found


def _reads(change: packet.Change, key: str, rows: list[tuple[str, str | None, str]]) -> bool:
    """Say whether a field reads as a change says; what a merging change doesn't name is compared elsewhere."""
    if change is None:
        return not rows
    if isinstance(change, Languages):
        texts = {lang: text for _, lang, text in rows}
        right = all(texts.get(xmp.language(tag)) == (text or None) for tag, text in change.texts.items() if text)
        gone = [tag for tag, text in change.texts.items() if not text and xmp.language(tag) != "x-default"]
        return right and not any(xmp.language(tag) in texts for tag in gone) and (not texts or "x-default" in texts)
    if isinstance(change, Members):
        parts = {f"{key}/{name.prefix}:{name.local}": node for name, node in change.fields.items()}
        there = [row for row in rows if row[0].startswith(tuple(parts))]
        wanted = [row for path, node in parts.items() if node is not None for row in packet.flattened(path, node)]
        return sorted(map(repr, there)) == sorted(map(repr, wanted))
    return rows == list(packet.flattened(key, change))


def _stale_carriers(one: Wanted, rows: Mapping[str, list[tuple[str, str | None, str]]], after: Container) -> list[str]:
    if not one.changes_default or one.spec.kind in ("date", "gps", "real"):
        return []
    texts = [value for _, lang, value in rows.get(one.spec.key, []) if lang in (None, "x-default")]
    joined = entered.creators(texts) if texts else ""
    found = []
    for key in one.spec.exif:
        said = rows.get(key, [("", None, "")])[0][2]
        if after.exif is not None and said and said != exif.text(joined.encode()):
            found.append(f"{key} doesn't read back as it was given.")
    return found


# ── sidecars ──────────────────────────────────────────────────────────────────────────────────────────────────


def sidecar_bytes(
    values: Values, existing: bytes | None = None, *, specs: Mapping[str, FieldSpec] | None = None
) -> bytes:
    """Return an XMP sidecar with these values.

    Parameters
    ----------
    values : mapping
        As for `plan`.
    existing : bytes or None
        The sidecar that is there; everything else in it stays.

    Raises
    ------
    BadValue
        A value doesn't fit its field, or the sidecar that is there can't be read.
    """
    wanted = entered.wanted(values, specs)
    names = [one.name for one in wanted]
    try:
        new = packet.patch(existing, {one.name: one.change for one in wanted})
    except Untouchable as reason:
        raise BadValue(str(reason), hint="Move the sidecar away; a new one will be written.") from reason
    if packet.rows(existing, names) != packet.rows(new, names):
        raise BadValue("Something else in the sidecar would change.", hint="Move it away; a new one will be written.")
    return new


def sidecar_name(name: str, beside: Collection[str] = ()) -> str:
    """Return the name of a picture's sidecar.

    Parameters
    ----------
    name : str
        The picture's file name: ``boats.jpg``.
    beside : collection of str
        The names in its folder. ``boats.xmp`` is used where it exists and ``boats.jpg.xmp`` doesn't.

    Returns
    -------
    str
        ``boats.jpg.xmp`` unless the folder says otherwise: with it ``boats.jpg`` and ``boats.png`` don't share one.
    """
    full = f"{name}.xmp"
    stem, dot, _ = name.rpartition(".")
    known = {one.lower(): one for one in beside}
    short = f"{stem}.xmp" if dot and stem else full
    if full.lower() not in known and short.lower() in known:
        return known[short.lower()]
    return known.get(full.lower(), full)
