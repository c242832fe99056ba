"""Values as people enter them, turned into what each carrier holds: XMP properties, EXIF tags, IPTC datasets.

Forms after ISO 16684-1 (XMP), Exif 3.0 and IPTC-IIM 4.2, mapped as the Metadata Working Group's guidelines 2.0 say.
What a carrier can't hold truthfully (an uncertain date, an offset from UTC nobody knows) is left out of it, never
invented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from workbench import exif_write, fields, iptc, moments
from workbench.errors import BadValue
from workbench.exif_write import Tag, Value
from workbench.fields import FieldSpec, Member
from workbench.iptc import Dataset
from workbench.packet import Array, Change, Languages, Members, Name, Node, Structure

_URIS = {fields.XMP_PREFIXES.get(prefix, prefix): uri for prefix, uri in fields.NAMESPACES.items()}
_XMP_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_EXIF_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(.*))?", re.ASCII)
_UNCERTAIN = re.compile(r"(?=.*([~?%X]|\.\.|/))[\dXY~?%/.,\[\]{}:TZ+-]+", re.ASCII)
_IIM_NUMBERS = {iptc.key(Dataset(2, number, b"")): (2, number) for number in range(256)}
VERSIONS: dict[Tag, Value] = {
    ("Photo", 0x9000): Value(exif_write.UNDEFINED, 4, b"0232"),
    ("GPSInfo", 0): Value(exif_write.BYTE, 4, bytes([2, 3, 0, 0])),
}
"""The version tags that new EXIF and GPS directories must have."""
_TAGS: dict[str, Tag] = {
    f"Exif.{group}.{name}": (group, number)
    for group, pairs in {
        "Image": {
            "ImageDescription": 0x010E, "Make": 0x010F, "Model": 0x0110, "Software": 0x0131, "DateTime": 0x0132,
            "Artist": 0x013B, "Copyright": 0x8298,
        },
        "Photo": {
            "DateTimeOriginal": 0x9003, "DateTimeDigitized": 0x9004, "OffsetTime": 0x9010, "OffsetTimeOriginal": 0x9011,
            "OffsetTimeDigitized": 0x9012, "UserComment": 0x9286, "SubSecTime": 0x9290, "SubSecTimeOriginal": 0x9291,
            "SubSecTimeDigitized": 0x9292, "ImageUniqueID": 0xA420, "CameraOwnerName": 0xA430,
            "BodySerialNumber": 0xA431, "LensMake": 0xA433, "LensModel": 0xA434, "LensSerialNumber": 0xA435,
        },
        "GPSInfo": {
            "GPSLatitudeRef": 1, "GPSLatitude": 2, "GPSLongitudeRef": 3, "GPSLongitude": 4, "GPSAltitudeRef": 5,
            "GPSAltitude": 6,
        },
    }.items()
    for name, number in pairs.items()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field to be changed: what is known of it, its name in a packet, and the change."""

    spec: FieldSpec
    name: Name
    change: Change

    @property
    def changes_default(self) -> bool:
        """Whether this sets or clears the text without a language, which is what EXIF and IPTC hold."""
        return not isinstance(self.change, Languages) or "x-default" in self.change.texts


def wanted(values: Mapping[str, object], specs: Mapping[str, FieldSpec] | None = None) -> list[Wanted]:
    """Check values and say how they are written in XMP.

    Parameters
    ----------
    values : mapping
        Field key → text or number, mapping of language → text (or None to clear that language), list, mapping of
        member → value for structures (a list of these for several), or None to clear the field. A key may name one
        member: ``Xmp.iptc.CreatorContactInfo/Iptc4xmpCore:CiEmailWork``. Blank texts clear.
    specs : mapping, optional
        Fields that no standard has.

    Raises
    ------
    BadValue
        A value doesn't have the form of its field.
    NotFound
        A field isn't known.
    """
    found: dict[Name, Wanted] = {}
    for key, value in values.items():
        top, _, member = key.partition("/")
        spec = (specs or {}).get(top) or fields.spec(top)
        name = Name(spec.namespace, spec.xmp_prefix, spec.name)
        change = _member_change(spec, member, value, found.get(name)) if member else _change(spec, value)
        found[name] = Wanted(spec, name, change)
    return list(found.values())


def _member_change(spec: FieldSpec, member: str, value: object, before: Wanted | None) -> Members:
    if spec.kind != "structure":
        raise BadValue(f"{spec.key} isn't a single structure, so a member of it can't be named.", hint=_WHOLE)
    known = _member(spec.structure, member, spec.key)
    there = before.change.fields if before and isinstance(before.change, Members) else {}
    return Members({**there, _qualified(known.name): _node(known, known.name, value)})


_WHOLE = "Give the whole field a list of mappings."


def _change(spec: FieldSpec, value: object) -> Change:
    if spec.name == "Orientation" and value is not None:
        raise BadValue("The orientation isn't changed by embedding.", hint="Leave Xmp.tiff.Orientation out.")
    if spec.kind == "langalt" and not _blank(value):
        return _languages(spec.key, value, clear=True)
    return _node(spec, spec.key, value)


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _node(spec: FieldSpec | Member, key: str, value: object) -> Node | None:
    if _blank(value):
        return None
    if spec.kind in ("bag", "seq"):
        return _array(spec, key, value)
    if spec.kind == "structure":
        return _structure(spec.structure, key, value)
    if spec.kind == "structures":
        given = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        items = [node for node in (_structure(spec.structure, key, one) for one in given) if node]
        return Array((spec.array or "bag").capitalize(), tuple(items)) if items else None
    if spec.kind == "langalt":
        return _languages(key, value, clear=False)
    return simple(spec.kind, key, value)


def _languages(key: str, value: object, *, clear: bool) -> Languages:
    if isinstance(value, Mapping):
        texts = {str(tag): None if _blank(text) else simple("text", key, text) for tag, text in value.items()}
        for tag in texts:
            if not re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", tag):
                raise BadValue(f"{tag!r} isn't a language tag.", hint="Use tags such as de, en-GB or x-default.")
        return Languages(texts if clear else {tag: text for tag, text in texts.items() if text})
    return Languages({"x-default": simple("text", key, value)})


def _array(spec: FieldSpec | Member, key: str, value: object) -> Array | None:
    if isinstance(value, Mapping):
        raise BadValue(f"{key} holds a list, not a mapping.", hint="Give a list of texts.")
    given = value if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str) else [value]
    ordered = sorted(given, key=str) if isinstance(given, set | frozenset) else given
    items = [simple(spec.item, key, one) for one in ordered if not _blank(one)]
    return Array(spec.kind.capitalize(), tuple(items)) if items else None


def _structure(structure: str | None, key: str, value: object) -> Structure | None:
    if not isinstance(value, Mapping):
        raise BadValue(f"{key} is a structure.", hint="Give a mapping of its members to values.")
    found = []
    for named, inner in value.items():
        member = _member(structure, str(named), key)
        node = _node(member, f"{key}/{member.name}", inner)
        if node is not None:
            found.append((_qualified(member.name), node))
    return Structure(tuple(found)) if found else None


def _member(structure: str | None, named: str, key: str) -> Member:
    known = fields.STRUCTURES.get(structure or "", ())
    prefix, _, local = named.rpartition(":")
    written = f"{fields.XMP_PREFIXES.get(prefix, prefix)}:{local}"
    member = next((m for m in known if m.name == written or (not prefix and m.name.endswith(f":{local}"))), None)
    if member is None:
        names = ", ".join(m.name for m in known)
        raise BadValue(f"{key} has no member {named!r}.", hint=f"Its members are {names}." if names else "")
    return member


def _qualified(name: str) -> Name:
    prefix, _, local = name.partition(":")
    return Name(_URIS[prefix], prefix, local)


# ── single values ─────────────────────────────────────────────────────────────────────────────────────────────


def simple(kind: str, key: str, value: object) -> str:
    """Return one value as XMP writes it.

    Raises
    ------
    BadValue
        It isn't of its kind: a date that isn't in the calendar, a place that isn't on Earth, no number.
    """
    if isinstance(value, Mapping | list | tuple | set | frozenset | bytes):
        raise BadValue(f"{key} holds a single value, not a {type(value).__name__}.", hint="Give one text or number.")
    if kind == "boolean":
        return _boolean(key, value)
    if kind == "date":
        return xmp_date(key, value)
    if key.endswith(("GPSLatitude", "GPSLongitude")):
        return _place(key, value)
    if key.endswith("GPSAltitude"):
        return _ratio(_number(key, value))
    if kind in ("integer", "real"):
        number = _number(key, value)
        if kind == "integer" and number != number.to_integral_value():
            raise BadValue(f"{key} holds a whole number, not {value}.", hint="Leave the fraction out.")
        return f"{number.to_integral_value() if kind == 'integer' else number.normalize():f}"
    return str(value)


def _number(key: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > 10**15:
        raise BadValue(f"{key} holds a number, not {str(value)[:40]!r}.", hint="Write it with digits and a point.")
    return number


def _ratio(number: Decimal) -> str:
    ratio = Fraction(number).limit_denominator(10_000)
    return f"{ratio.numerator}/{ratio.denominator}"


def _boolean(key: str, value: object) -> str:
    known = {"true": "True", "1": "True", "yes": "True", "false": "False", "0": "False", "no": "False"}
    said = known.get(str(value).strip().lower())
    if said is None:
        raise BadValue(f"{key} is true or false, not {str(value)[:40]!r}.", hint="Write True or False.")
    return said


def xmp_date(key: str, value: object) -> str:
    """Return a date as XMP writes it, as exact as it was given and no more; uncertain ones by EDTF stay as they are.

    Raises
    ------
    BadValue
        It is no date, or not in the calendar.
    """
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value).strip()
    as_exif = _EXIF_DATE.fullmatch(text)
    if as_exif:
        clock = f"T{as_exif[4]}{(as_exif[5] or '').strip()}" if as_exif[4] else ""
        text = "-".join(as_exif.groups()[:3]) + clock
    elif len(text) > 10 and text[10] == " ":
        text = f"{text[:10]}T{text[11:].replace(' ', '')}"
    if _XMP_DATE.fullmatch(text):
        try:
            moments.moment(text)
            return text
        except ValueError:
            pass
    elif _UNCERTAIN.fullmatch(text):
        return text
    raise BadValue(
        f"{key}: {str(value)[:60]!r} isn't a date.",
        hint="Write 2024-05-01, 2024-05, 2024 or 2024-05-01T12:30:00+02:00; uncertain ones as 1920~ or 192X.",
    )


def is_uncertain(text: str) -> bool:
    """Say whether a date is one that only EDTF can express, so that other programs may not understand it."""
    return _XMP_DATE.fullmatch(text) is None


def _place(key: str, value: object) -> str:
    """Return a latitude or longitude as XMP writes it: ``48,51.498N``."""
    limit, signs = (90, "NS") if key.endswith("Latitude") else (180, "EW")
    text = str(value).strip()
    try:
        if text[-1:].upper() in ("N", "S", "E", "W"):
            moments.xmp_degrees(text, limit)
            return text.upper().replace(" ", "")
        number = _number(key, value)
        moments.degrees(f"{abs(number)}/1", signs[number < 0], limit)
    except ValueError as error:
        raise BadValue(f"{key}: {text[:40]!r} isn't a place on Earth.", hint="Write 48.8583 or 48,51.498N.") from error
    minutes = abs(number) * 60
    whole, rest = divmod(round(minutes, 6), 60)
    return f"{whole:.0f},{_plain(rest)}{signs[number < 0]}"


def _plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


# ── EXIF ──────────────────────────────────────────────────────────────────────────────────────────────────────


def exif_tags(spec: FieldSpec, texts: Sequence[str], order: str, warnings: list[str]) -> dict[Tag, Value | None]:
    """Return the EXIF tags that carry a field.

    Parameters
    ----------
    spec : FieldSpec
    texts : sequence of str
        What XMP says: nothing, one text, or the entries of a list.
    order : str
        The stream's byte order as `struct` writes it.
    warnings : list of str
        Takes a sentence for everything that EXIF can't hold.

    Returns
    -------
    dict
        None for tags to be taken away. Empty for fields without EXIF tags.
    """
    names = (*spec.exif, *spec.exif_parts)
    if not names or any(name not in _TAGS for name in names):
        return {}
    places = [_TAGS[name] for name in names]
    made: Sequence[Value | None] = [None] * len(places)
    if texts:
        if spec.kind == "date":
            made = _exif_date(texts[0], warnings)
        elif spec.kind == "gps":
            made = _exif_place(texts[0], order)
        elif names[0].endswith("GPSAltitude"):
            made = _exif_height(texts[0], order)
        elif names[0].endswith("UserComment"):
            made = [_user_comment(texts[0], order, warnings)]
        else:
            made = [exif_write.text(creators(texts))]
    return dict(zip(places, made, strict=True))


def creators(texts: Sequence[str]) -> str:
    """Join a list for a tag that holds one text, quoting what holds a semicolon (Metadata Working Group 2.0, 5.3)."""
    if len(texts) == 1:
        return texts[0]
    return "; ".join('"' + text.replace('"', '""') + '"' if ";" in text else text for text in texts)


def _exif_date(text: str, warnings: list[str]) -> list[Value | None]:
    match = _XMP_DATE.fullmatch(text)
    if not match or not match[4]:
        warnings.append(f"EXIF can only hold a full date and time, so {text} isn't in it.")
        return [None, None, None]
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    clock = f"{year}:{month}:{day} {hour}:{minute}:{second or '00'}"
    offset = {"Z": "+00:00"}.get(zone, zone)
    return [
        exif_write.text(clock),
        exif_write.text(fraction) if fraction else None,
        exif_write.text(offset) if offset else None,
    ]


def _exif_place(text: str, order: str) -> list[Value | None]:
    limit = 90 if text[-1] in "NS" else 180
    exact = Fraction(str(abs(moments.xmp_degrees(text, limit)))).limit_denominator(10**9)
    units = round(exact * 3_600 * 10_000)
    degrees, rest = divmod(units, 3_600 * 10_000)
    minutes, seconds = divmod(rest, 60 * 10_000)
    return [
        exif_write.rationals(order, (degrees, 1), (minutes, 1), (seconds, 10_000)),
        exif_write.text(text[-1]),
    ]


def _exif_height(text: str, order: str) -> list[Value | None]:
    height = Fraction(text)
    pair = (abs(height.numerator), height.denominator)
    return [exif_write.rationals(order, pair), Value(exif_write.BYTE, 1, b"\1" if height < 0 else b"\0")]


def _user_comment(text: str, order: str, warnings: list[str]) -> Value | None:
    if text.isascii():
        data = b"ASCII\0\0\0" + text.encode("ascii")
    elif max(text) <= "\uffff":
        data = b"UNICODE\0" + text.encode("utf-16-le" if order == "<" else "utf-16-be")
    else:
        warnings.append("EXIF's user comment can't hold emoji without harm to other programs; it is in XMP only.")
        return None
    return Value(exif_write.UNDEFINED, len(data), data)


# ── IPTC-IIM ──────────────────────────────────────────────────────────────────────────────────────────────────


def iim_texts(spec: FieldSpec, texts: Sequence[str], warnings: list[str]) -> dict[tuple[int, int], list[str]]:
    """Return the IIM datasets that carry a field: (record, number) → texts, none to take it away."""
    if not spec.iim or spec.iim not in _IIM_NUMBERS:
        return {}
    place = _IIM_NUMBERS[spec.iim]
    if spec.kind == "date":
        found = {place: _iim_date(texts, warnings)}
        if spec.iim_time:
            found[_IIM_NUMBERS[spec.iim_time]] = _iim_time(texts)
        return found
    if spec.iim_repeats or len(texts) < 2:
        return {place: list(texts)}
    return {place: [creators(texts)]}


def _iim_date(texts: Sequence[str], warnings: list[str]) -> list[str]:
    match = _XMP_DATE.fullmatch(texts[0]) if texts else None
    if match:
        return [f"{match[1]}{match[2] or '00'}{match[3] or '00'}"]
    if texts:
        warnings.append(f"IPTC can only hold a certain date, so {texts[0]} isn't in it.")
    return []


def _iim_time(texts: Sequence[str]) -> list[str]:
    """Return the time of day; its offset from UTC is obligatory there, so without one there is no time."""
    match = _XMP_DATE.fullmatch(texts[0]) if texts else None
    if not match or not match[4] or not match[8]:
        return []
    zone = "+0000" if match[8] == "Z" else match[8].replace(":", "")
    return [f"{match[4]}{match[5]}{match[6] or '00'}{zone}"]


def iim_limits(specs: Sequence[FieldSpec]) -> dict[tuple[int, int], int]:
    """Return the byte limits of the datasets that carry these fields."""
    return {_IIM_NUMBERS[spec.iim]: spec.iim_bytes for spec in specs if spec.iim in _IIM_NUMBERS and spec.iim_bytes}
