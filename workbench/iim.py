"""Writing IPTC-IIM: change some datasets of a block, in UTF-8 that says so, and keep all others.

The character set is declared for a whole block, so a block in another one is transcoded as a whole. Layout after
IPTC-IIM 4.2 (1:90 holds ``ESC % G`` for UTF-8), Photoshop image resources 0x0404 (the block) and 0x0425 (its MD5, by
which the Metadata Working Group's guidelines recognise who wrote last).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workbench import iptc
from workbench.iptc import Dataset
from workbench.splices import Untouchable

UTF8 = b"\x1b%G"
_CHARSET, _VERSION = (1, 90), (2, 0)
_BINARY = {(2, 0), (2, 125), (2, 200), (2, 201), (2, 202)}
_JOINER, _SELECTORS, _SKINS = "\u200d", range(0xFE00, 0xFE10), range(0x1F3FB, 0x1F400)
_FLAGS, _TAGS = range(0x1F1E6, 0x1F200), range(0xE0020, 0xE0080)

Place = tuple[int, int]


class Block(NamedTuple):
    """A block to be written, and what people should know about it."""

    data: bytes
    warnings: list[str]


def write(old: bytes, changes: Mapping[Place, Sequence[str] | None], limits: Mapping[Place, int]) -> Block:
    """Return an IIM block with these datasets changed.

    Parameters
    ----------
    old : bytes
        The block that is there, or empty.
    changes : mapping of (record, number) to texts
        None or no texts take the dataset away; several texts repeat it.
    limits : mapping of (record, number) to int
        Most bytes for one text in UTF-8; longer ones are cut between two characters a person sees, with a warning.

    Raises
    ------
    Untouchable
        The block that is there is damaged.
    """
    parsed = iptc.parse(old)
    if parsed.damaged:
        raise Untouchable("The IPTC block that is there is damaged, so changing it would lose part of it.")
    warnings: list[str] = []
    written = {place: _values(place, texts or (), limits, warnings) for place, texts in changes.items()}
    kept = _transcoded(parsed.datasets, set(written), warnings)
    same = {place: [d.value for d in parsed.datasets if d[:2] == place] for place in written} == written
    if same and kept == [d for d in parsed.datasets if d[:2] not in written]:
        return Block(old, warnings)
    return Block(b"".join(map(encoded, _ordered(parsed.datasets, kept, written))), warnings)


def _values(place: Place, texts: Sequence[str], limits: Mapping[Place, int], warnings: list[str]) -> list[bytes]:
    found = []
    for text in texts:
        value = text.encode("utf-8")
        limit = limits.get(place)
        if limit is not None and len(value) > limit:
            label = iptc.key(Dataset(*place, b"")).rpartition(".")[2]
            warnings.append(f"IPTC {label} holds {limit} bytes: {len(value)} were cut in the IPTC copy, not in XMP.")
            value = cut(text, limit).encode("utf-8")
        if value:
            found.append(value)
    return found


def _transcoded(datasets: list[Dataset], replaced: set[Place], warnings: list[str]) -> list[Dataset]:
    """Return the datasets that stay, their texts in UTF-8."""
    spoken = iptc.charset(datasets)
    kept = [dataset for dataset in datasets if dataset[:2] not in replaced]
    if spoken not in ("cp1252", "latin-1 declared"):
        return kept
    moved = [dataset._replace(value=_in_utf8(dataset, spoken)) for dataset in kept]
    if moved != kept:
        warnings.append(f"The IPTC texts that were there ({spoken}) are now in UTF-8, and say so.")
    return moved


def _in_utf8(dataset: Dataset, spoken: str) -> bytes:
    if dataset.record != 2 or dataset[:2] in _BINARY:
        return dataset.value
    if spoken == "latin-1 declared":
        return dataset.value.decode("latin-1").encode("utf-8")
    return iptc.text(dataset.value + b".", spoken)[:-1].encode("utf-8")


def _ordered(before: list[Dataset], kept: list[Dataset], written: Mapping[Place, list[bytes]]) -> list[Dataset]:
    """Put new datasets where the old ones stood, or behind the last one with a smaller number."""
    found = [dataset for dataset in kept if dataset[:2] != _CHARSET]
    for place, values in written.items():
        at = _position(before, found, place)
        found[at:at] = [Dataset(*place, value) for value in values]
    if any(d.record == 2 for d in found) and not any(d[:2] == _VERSION for d in found):
        found.insert(sum(d.record < 2 for d in found), Dataset(*_VERSION, b"\0\x04"))
    return [Dataset(*_CHARSET, UTF8), *found] if found else []


def _position(before: list[Dataset], found: list[Dataset], place: Place) -> int:
    """Return where a dataset goes: before what stood behind it, counted from the end, or by its number."""
    first = next((n for n, dataset in enumerate(before) if dataset[:2] == place), None)
    if first is not None:
        following = [dataset[:2] for dataset in before[first:] if dataset[:2] not in (place, _CHARSET)]
        at = len(found) - len(following)
        if [dataset[:2] for dataset in found[max(at, 0) :]] == following:
            return at
    return _by_number(found, place)


def _by_number(found: list[Dataset], place: Place) -> int:
    return 1 + max((n for n, dataset in enumerate(found) if dataset[:2] <= place), default=-1)


def encoded(dataset: Dataset) -> bytes:
    """Return a dataset as bytes; one of 32,768 bytes or more has the extended form of its length."""
    head = b"\x1c" + bytes(dataset[:2])
    size = len(dataset.value)
    if size < 0x8000:
        return head + size.to_bytes(2, "big") + dataset.value
    return head + b"\x80\x04" + size.to_bytes(4, "big") + dataset.value


def digest(block: bytes) -> bytes:
    """Return the MD5 of a block, which Photoshop resource 0x0425 keeps."""
    return hashlib.md5(block, usedforsecurity=False).digest()


# ── cutting ───────────────────────────────────────────────────────────────────────────────────────────────────


def cut(text: str, limit: int) -> str:
    """Return the longest beginning of a text that fits into ``limit`` bytes of UTF-8 and ends between graphemes."""
    kept, used = [], 0
    for cluster in graphemes(text):
        used += len(cluster.encode("utf-8"))
        if used > limit:
            break
        kept.append(cluster)
    return "".join(kept).rstrip()


def graphemes(text: str) -> list[str]:
    """Split a text into what people see as single characters.

    After Unicode Standard Annex 29 with what the standard library knows: marks, joiners, variation selectors, skin
    tones, tags, flags and Hangul syllables stay together. Where it is unsure it joins, so a cut never splits.
    """
    found: list[str] = []
    for character in text:
        if found and _belongs(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _belongs(before: str, character: str) -> bool:
    point, last = ord(character), before[-1]
    if before == "\r" and character == "\n":
        return True
    if last in "\r\n":
        return False
    if unicodedata.category(character) in ("Mn", "Mc", "Me") or character == _JOINER or last == _JOINER:
        return True
    if point in _SELECTORS or point in _SKINS or point in _TAGS or unicodedata.combining(character):
        return True
    if point in _FLAGS:
        return ord(last) in _FLAGS and len(before) % 2 == 1
    jamo = 0x1100 <= ord(last) <= 0x11FF and 0x1100 <= point <= 0x11FF
    return jamo or (_virama(last) and character.isalpha())


def _virama(character: str) -> bool:
    return unicodedata.combining(character) == 9


# ── Photoshop image resources ─────────────────────────────────────────────────────────────────────────────────


class Resource(NamedTuple):
    """One Photoshop image resource: its number, its bytes as they stand, and its content."""

    number: int
    whole: bytes
    body: bytes


def resources(block: bytes) -> list[Resource]:
    """Split a run of Photoshop image resources.

    Raises
    ------
    Untouchable
        Something in it isn't a resource.
    """
    found, at = [], 0
    while at < len(block):
        start = at + 6 + (block[at + 6] | 1) + 1 if at + 12 <= len(block) else len(block)
        size = int.from_bytes(block[start : start + 4], "big")
        end = start + 4 + size
        if block[at : at + 4] not in _SIGNATURES or end > len(block):
            if any(block[at:]):
                raise Untouchable("The Photoshop block that is there is damaged.")
            found.append(Resource(-1, block[at:], b""))
            break
        close = min(end + (size & 1), len(block))
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        found.append(Resource(number, block[at:close], block[start + 4 : end]))
        at = close
    return found


_SIGNATURES = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")
_IPTC, _DIGEST = 0x0404, 0x0425


def with_iptc(block: bytes, data: bytes) -> bytes:
    """Return a run of image resources with this IIM block and its digest; all other resources keep their bytes."""
    fresh = [resource(_IPTC, data), resource(_DIGEST, digest(data))] if data else []
    parts: list[bytes] = []
    for known in resources(block):
        if known.number not in (_IPTC, _DIGEST):
            parts.append(known.whole)
        elif known.number == _IPTC and fresh:
            parts.append(fresh[0])
            fresh[0] = b""
        elif known.number == _DIGEST and fresh:
            parts.append(fresh[1])
            fresh[1] = b""
    return b"".join(fresh) + b"".join(parts)


def iptc_of(block: bytes) -> bytes | None:
    """Return the IIM block in a run of image resources, or None; two of them can't be kept in step.

    Raises
    ------
    Untouchable
        There are several, or the run is damaged.
    """
    found = [known.body for known in resources(block) if known.number == _IPTC]
    if len(found) > 1:
        raise Untouchable("The file holds several IPTC blocks.")
    return found[0] if found else None


def resource(number: int, body: bytes) -> bytes:
    """Return an image resource without a name."""
    return b"8BIM" + number.to_bytes(2, "big") + b"\0\0" + len(body).to_bytes(4, "big") + body + b"\0" * (len(body) & 1)
