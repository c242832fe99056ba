"""IPTC-IIM as it lies in the bytes: datasets, and the character set nobody declared.

Layout and dataset names from the IPTC Information Interchange Model 4.2; keys as Exiv2 writes them.
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.exif import western

_UTF8 = b"\x1b%G"
_LATIN1 = (b"\x1b.A", b"\x1b-A")
_MAX_DATASETS = 20_001
_BYTE_LIMITS = (32, 64, 128, 256, 2000)


class Dataset(NamedTuple):
    """One IIM dataset: record, number and the bytes of its value."""

    record: int
    number: int
    value: bytes


class Parsed(NamedTuple):
    """The datasets of a block, and whether it ended in the middle of one."""

    datasets: list[Dataset]
    damaged: bool


def parse(block: bytes) -> Parsed:
    """Split an IIM block into its datasets; never raises.

    Zero padding between and after datasets is normal; anything else that isn't a dataset means damage, and reading
    goes on at the next tag marker.
    """
    found: list[Dataset] = []
    at, damaged = 0, False
    while at < len(block) and len(found) < _MAX_DATASETS:
        if block[at] != 0x1C:
            following = block.find(b"\x1c", at)
            end = following if following >= 0 else len(block)
            damaged |= any(block[at:end])
            at = end
            continue
        head = block[at : at + 5]
        start, size = at + 5, int.from_bytes(head[3:5], "big")
        if size & 0x8000:
            width = size & 0x7FFF
            size = int.from_bytes(block[start : start + width], "big") if width <= 4 else len(block)
            start += width
        if len(head) < 5 or start + size > len(block):
            return Parsed(found, True)
        found.append(Dataset(head[1], head[2], block[start : start + size]))
        at = start + size
    return Parsed(found, damaged)


def charset(datasets: list[Dataset]) -> str | None:
    """Say which character set the text is in: what is declared where the bytes agree, otherwise what fits them.

    Returns
    -------
    str or None
        ``'utf-8 declared'``, ``'latin-1 declared'``, ``'ascii'``, ``'utf-8'``, ``'cp1252'``, or None without text.
    """
    declared = next((d.value for d in datasets if (d.record, d.number) == (1, 90)), b"")
    texts = [d.value for d in datasets if d.record == 2 and (d.record, d.number) not in _BINARY]
    if not texts:
        return None
    if declared.startswith(_LATIN1):
        return "latin-1 declared"
    if not all(map(_is_utf8, texts)):
        return "cp1252"
    if declared.startswith(_UTF8):
        return "utf-8 declared"
    return "ascii" if all(map(bytes.isascii, texts)) else "utf-8"


def _is_utf8(value: bytes) -> bool:
    """Say whether this is UTF-8; a last character that a field's byte limit has cut in two is forgiven."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(value) in _BYTE_LIMITS
    return True


def text(value: bytes, spoken: str | None) -> str:
    """Decode one value in the character set that `charset` named."""
    if spoken == "cp1252":
        decoded = western(value)
    elif spoken == "latin-1 declared":
        decoded = value.decode("latin-1")
    else:
        decoded = value.decode("utf-8", "ignore")
    return decoded.rstrip("\0 ")


def key(dataset: Dataset) -> str:
    """Return the Exiv2 key of a dataset; an unknown one is written as its number."""
    record = {1: "Envelope", 2: "Application2"}.get(dataset.record, f"0x{dataset.record:04x}")
    names = _ENVELOPE if dataset.record == 1 else _APPLICATION if dataset.record == 2 else {}
    return f"Iptc.{record}.{names.get(dataset.number) or f'0x{dataset.number:04x}'}"


def shown(dataset: Dataset, spoken: str | None) -> str:
    """Return a dataset's value for people: dates and times with their separators, never with an invented zone."""
    place, value = (dataset.record, dataset.number), dataset.value
    if place == (1, 90):
        return value.decode("latin-1").replace("\x1b", "ESC ")
    if place in _NUMBERS:
        return str(int.from_bytes(value[:8], "big"))
    if place in _BINARY or dataset.record not in (1, 2):
        return f"({len(value)} bytes)"
    decoded = text(value, spoken)
    if dataset.number in _DATES.get(dataset.record, ()) and len(decoded) == 8 and decoded.isdecimal():
        return f"{decoded[:4]}-{decoded[4:6]}-{decoded[6:]}"
    if dataset.number in _TIMES.get(dataset.record, ()) and len(decoded) in (6, 11) and decoded[:6].isdecimal():
        zone = f"{decoded[6:9]}:{decoded[9:]}" if decoded[6:] else ""
        return f"{decoded[:2]}:{decoded[2:4]}:{decoded[4:6]}{zone}"
    return decoded


def _table(words: str) -> dict[int, str]:
    pairs = (word.split("=") for word in words.split())
    return {int(number): label for number, label in pairs}


_BINARY = {(2, 125), (2, 202)}
_NUMBERS = {(1, 0), (1, 20), (1, 22), (1, 120), (1, 122), (2, 0), (2, 200), (2, 201)}
_DATES = {1: (70,), 2: (30, 37, 47, 55, 62)}
_TIMES = {1: (80,), 2: (35, 38, 60, 63)}
_ENVELOPE = _table("""
    0=ModelVersion 5=Destination 20=FileFormat 22=FileVersion 30=ServiceId 40=EnvelopeNumber 50=ProductId
    60=EnvelopePriority 70=DateSent 80=TimeSent 90=CharacterSet 100=UNO 120=ARMId 122=ARMVersion
""")
_APPLICATION = _table("""
    0=RecordVersion 3=ObjectType 4=ObjectAttribute 5=ObjectName 7=EditStatus 8=EditorialUpdate 10=Urgency 12=Subject
    15=Category 20=SuppCategory 22=FixtureId 25=Keywords 26=LocationCode 27=LocationName 30=ReleaseDate
    35=ReleaseTime 37=ExpirationDate 38=ExpirationTime 40=SpecialInstructions 42=ActionAdvised
    45=ReferenceService 47=ReferenceDate 50=ReferenceNumber 55=DateCreated 60=TimeCreated 62=DigitizationDate
    63=DigitizationTime 65=Program 70=ProgramVersion 75=ObjectCycle 80=Byline 85=BylineTitle 90=City
    92=SubLocation 95=ProvinceState 100=CountryCode 101=CountryName 103=TransmissionReference 105=Headline
    110=Credit 115=Source 116=Copyright 118=Contact 120=Caption 122=Writer 125=RasterizedCaption 130=ImageType
    131=ImageOrientation 135=Language 150=AudioType 151=AudioRate 152=AudioResolution 153=AudioDuration
    154=AudioOutcue 200=PreviewFormat 201=PreviewVersion 202=Preview
""")
