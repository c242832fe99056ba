"""A clean collection of made-up metadata, and errors of every kind planted into it: what an audit should find."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

Image = dict[str, Any]
"""``values``: field → text, list or language → text; other keys are columns of image_facts."""

_THINGS = [
    "rowing boat", "market hall", "wooden bridge", "glass vase", "mountain hut", "winter orchard", "harbour crane",
    "copper kettle", "tram stop", "reading lamp", "stone wall", "paper kite", "field barn", "railway clock",
    "wool blanket",
]  # fmt: skip
_VIEWS = ["seen from the left", "in the evening", "after rain", "from above", "close up", "with people", "at noon"]
_KEYWORDS = [
    "boat", "market", "bridge", "vase", "mountain", "winter", "harbour", "kettle", "tram", "lamp", "stone", "paper",
    "barn", "railway", "blanket", "evening", "landscape", "architecture", "furniture", "transport", "agriculture",
]  # fmt: skip
_PLACES = [
    ("Freiburg", "Germany", "DE", 47.99, 7.85), ("Lyon", "France", "FR", 45.76, 4.84),
    ("Turin", "Italy", "IT", 45.07, 7.69),
    ("Leeds", "United Kingdom", "GB", 53.80, -1.55), ("Porto", "Portugal", "PT", 41.15, -8.61),
]  # fmt: skip


def clean(count: int, *, seed: int = 1, size: int = 200) -> list[Image]:
    """Return images whose metadata is as it should be: nothing of it deserves a finding."""
    draw = random.Random(seed)
    return [_image(number, draw, size) for number in range(count)]


def _image(number: int, draw: random.Random, size: int) -> Image:
    batch = f"batch-{number // size:04}"
    place = _PLACES[number // size % len(_PLACES)]
    thing, view = draw.choice(_THINGS), draw.choice(_VIEWS)
    day = 1 + number % size * 27 // size
    clock = f"{draw.randrange(8, 20):02}:{draw.randrange(60):02}:{draw.randrange(60):02}"
    when = f"2024-{1 + number // size % 12:02}-{day:02}T{clock}"
    title = f"A {thing} {view}, number {number}"
    values: dict[str, Any] = {
        "Xmp.dc.title": {"x-default": title, "de": f"Das ist Nummer {number} und eine Ansicht mit dem Motiv"},
        "Xmp.dc.description": {
            "x-default": f"This picture of the {thing} was made {view} for the catalogue, item {number}."
        },
        "Xmp.dc.subject": draw.sample(_KEYWORDS, draw.randrange(3, 8)),
        "Xmp.dc.creator": ["Ann Lee"],
        "Xmp.dc.rights": {"x-default": "© 2024 Northlight Studio"},
        "Xmp.photoshop.DateCreated": when,
        "Xmp.photoshop.City": place[0],
        "Xmp.photoshop.Country": place[1],
        "Xmp.iptc.CountryCode": place[2],
        "Xmp.photoshop.Credit": "Northlight Studio",
        "Xmp.iptc.AltTextAccessibility": {"x-default": f"A {thing}, {view}; picture {number}"},
        "Xmp.xmpRights.UsageTerms": {"x-default": "Editorial use only"},
        "Xmp.xmpRights.WebStatement": "https://northlight.example/terms",
        "Xmp.xmp.Rating": str(draw.randrange(1, 6)),
        "Xmp.exif.GPSLatitude": _xmp_degrees(place[3] + draw.uniform(-0.05, 0.05), "NS"),
        "Xmp.exif.GPSLongitude": _xmp_degrees(place[4] + draw.uniform(-0.05, 0.05), "EW"),
        "Xmp.xmp.CreatorTool": "Capture Desk 4",
    }
    return {
        "image_id": f"{number:020x}", "batch": batch, "name": f"NL_{number:07}.jpg",
        "picture_hash": f"jpeg:{number:064x}",
        "brightness": 0.5 + draw.uniform(-0.05, 0.05), "width": 3000, "height": 2000, "values": values,
    }  # fmt: skip


def _xmp_degrees(degrees: float, signs: str) -> str:
    whole = int(abs(degrees))
    return f"{whole},{(abs(degrees) - whole) * 60:.6f}{signs[degrees < 0]}"


def rows(images: list[Image]) -> Iterator[tuple[str, str, str | None, int, str]]:
    """Yield image_id, field, lang, ordinal, value, as in ``file_values``."""
    for image in images:
        for key, value in image["values"].items():
            for lang, content in value.items() if isinstance(value, dict) else [(None, value)]:
                for ordinal, item in enumerate(content if isinstance(content, list) else [content]):
                    yield image["image_id"], key, lang, ordinal, item


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────

Plant = Callable[[Image], None]


def _put(key: str, value: Any, lang: str | None = "x-default") -> Plant:
    def plant(image: Image) -> None:
        if isinstance(image["values"].get(key), dict) and isinstance(value, str) and lang:
            image["values"][key] = {**image["values"][key], lang: value}
        else:
            image["values"][key] = value

    return plant


def _drop(*keys: str) -> Plant:
    return lambda image: [image["values"].pop(key, None) for key in keys] and None


def _fact(**facts: Any) -> Plant:
    return lambda image: image.update(facts)


def _file_name(image: Image) -> None:
    image["values"]["Xmp.dc.title"] = {"x-default": image["name"].removesuffix(".jpg")}


def _repeat_title(image: Image) -> None:
    image["values"]["Xmp.dc.description"] = {"x-default": image["values"]["Xmp.dc.title"]["x-default"]}


def _keyword(*words: str) -> Plant:
    return lambda image: image["values"].update({"Xmp.dc.subject": ["boat", "evening", *words]})


def _soup(image: Image) -> None:
    image["values"]["Xmp.dc.subject"] = [f"detail {chr(97 + n // 26)}{chr(97 + n % 26)}o" for n in range(60)]


PLANTS: dict[str, Plant] = {
    "missing": _drop("Xmp.dc.creator"),
    "blank": _put("Xmp.dc.title", "---"),
    "placeholder": _put("Xmp.dc.title", "DSC_0042.JPG"),
    "title_is_file_name": _file_name,
    "description_repeats_title": _repeat_title,
    "description_too_short": _put("Xmp.dc.description", "A boat"),
    "city_without_country": _drop("Xmp.photoshop.Country", "Xmp.iptc.CountryCode"),
    "unlicensed": _drop("Xmp.dc.rights", "Xmp.xmpRights.UsageTerms", "Xmp.xmpRights.WebStatement"),
    "terms_without_notice": _drop("Xmp.dc.rights"),
    "too_long_for_iptc": _put("Xmp.photoshop.City", "Llanfairpwllgwyngyllgogerychwyrndrobwll"),
    "title_too_long": _put("Xmp.dc.title", "A very long title that tells it all " * 5),
    "shouting": _put("Xmp.dc.title", "A ROWING BOAT IN THE EVENING"),
    "mojibake": _put("Xmp.dc.description", "A cafÃ© in the old town beside the market"),
    "markup": _put("Xmp.dc.description", "A boat<br/>in the <b>harbour</b> of the old town"),
    "entities": _put("Xmp.dc.description", "Fish &amp; chips in the harbour of the old town"),
    "odd_spaces": _put("Xmp.dc.title", "A boat   in the harbour"),
    "personal_contact": _put("Xmp.dc.description", "Ask ann.lee@northlight.example for the big version"),
    "bad_address": _put("Xmp.xmpRights.WebStatement", "northlight dot example"),
    "rating_out_of_range": _put("Xmp.xmp.Rating", "7"),
    "urgency_out_of_range": _put("Xmp.photoshop.Urgency", "high"),
    "bad_country_code": _put("Xmp.iptc.CountryCode", "D"),
    "unknown_source_type": _put("Xmp.iptcExt.DigitalSourceType", "photo"),
    "malformed_date": _put("Xmp.photoshop.DateCreated", "next tuesday"),
    "impossible_date": _put("Xmp.photoshop.DateCreated", "2024-02-30T10:00:00"),
    "future_date": _put("Xmp.photoshop.DateCreated", "2092-05-01T10:00:00"),
    "before_photography": _put("Xmp.photoshop.DateCreated", "1701-05-01T10:00:00"),
    "clock_never_set": _put("Xmp.photoshop.DateCreated", "2000-01-01T00:03:12"),
    "taken_after_file": _put("Xmp.photoshop.DateCreated", "2025-06-05T10:00:00"),
    "taken_after_edited": _put("Xmp.xmp.ModifyDate", "2019-01-01T10:00:00"),
    "notice_older_than_picture": _put("Xmp.dc.rights", "© 2011 Northlight Studio"),
    "position_nowhere": _put("Xmp.exif.GPSLatitude", "147,30.0N"),
    "position_zero": lambda image: image["values"].update(
        {"Xmp.exif.GPSLatitude": "0,0.0N", "Xmp.exif.GPSLongitude": "0,0.0E"}
    ),
    "position_far_away": lambda image: image["values"].update(
        {"Xmp.exif.GPSLatitude": "35,40.0N", "Xmp.exif.GPSLongitude": "139,45.0E"}
    ),
    "country_and_code": _put("Xmp.iptc.CountryCode", "JP"),
    "city_in_another_country": lambda image: image["values"].update(
        {
            "Xmp.photoshop.Country": "Spain",
            "Xmp.iptc.CountryCode": "ES",
            "Xmp.exif.GPSLatitude": "40,0.0N",
            "Xmp.exif.GPSLongitude": "3,0.0W",
        }
    ),
    "keyword_soup": _soup,
    "few_keywords": _put("Xmp.dc.subject", ["boat"]),
    "keywords_run_together": _keyword("bridge, tram, lamp, stone"),
    "keyword_sentence": _keyword("a long sentence about the boat that somebody has put into one keyword"),
    "keyword_nothing": _keyword("n/a"),
    "keyword_repeated": _keyword("Boat"),
    "keyword_spelling": _keyword("MARKET"),
    "keyword_plural": _keyword("mountains"),
    "keyword_typo": _keyword("architcture"),
    "wrong_language": _put("Xmp.dc.title", "The picture of the boat and the harbour is on the wall", "de"),
    "holder_varies": _put("Xmp.dc.rights", "© 2024 Somebody Else"),
    "rare_value": _put("Xmp.dc.creator", ["Unlikely Person"]),
    "rare_dimensions": _fact(width=60, height=40),
    "rare_brightness": _fact(brightness=0.001),
    "stale_digest": _fact(iptc_digest="stale"),
    "undeclared_charset": _fact(iptc_charset="cp1252"),
    "unmarked_generated": _put("Xmp.xmp.CreatorTool", "Midjourney v6"),
}
"""Rule → an error that it must find in an image that was clean; `plant` adds those that concern several images."""


BY_SHARE = {
    "keyword_typo",
    "city_in_another_country",
    "holder_varies",
    "rare_value",
    "rare_dimensions",
    "rare_brightness",
}
"""Rules that look at how frequent something is: planted often enough, it is no error any more."""


def plant(images: list[Image], *, each: int = 3, seed: int = 2) -> dict[str, set[str]]:
    """Plant every kind of error into images of its own; return rule → ids of the images it must be found in.

    The first batch gets one description for all its images, and no other error.
    """
    copied = images[0]["batch"]
    planted = _copy_text([image for image in images if image["batch"] == copied])
    others = [image for image in images if image["batch"] != copied]
    chosen = random.Random(seed).sample(range(len(others)), each * len(PLANTS) + 2 * each)
    for rule, error in PLANTS.items():
        for _ in range(each):
            image = others[chosen.pop()]
            error(image)
            planted.setdefault(rule, set()).add(image["image_id"])
    for _ in range(each):
        one, other = others[chosen.pop()], others[chosen.pop()]
        other["picture_hash"] = one["picture_hash"]
        planted.setdefault("copies_differ", set()).update((one["image_id"], other["image_id"]))
    return planted


def _copy_text(images: list[Image]) -> dict[str, set[str]]:
    for image in images:
        image["values"]["Xmp.dc.description"] = {"x-default": "A picture from our new and beautiful catalogue"}
    return {"copied": {image["image_id"] for image in images}}


# ── into a catalogue ──────────────────────────────────────────────────────────────────────────────────────────


def store(connection: Any, images: list[Image]) -> None:
    """Write images into a migrated catalogue, as a scan would have."""
    import pyarrow as pa

    values = list(rows(images))
    names = ["image_id", "field", "lang", "ordinal", "value"]
    kinds = [pa.string(), pa.string(), pa.string(), pa.int32(), pa.string()]
    columns = zip(names, kinds, zip(*values, strict=True), strict=True)
    connection.register("said", pa.table({name: pa.array(column, kind) for name, kind, column in columns}))
    facts = {name: [image.get(name) for image in images] for name in _FACTS}
    connection.register("facts", pa.table({name: pa.array(facts[name], kind) for name, kind in _arrow(pa).items()}))
    for statement in _STORE:
        connection.execute(statement)
    connection.unregister("said")
    connection.unregister("facts")


_FACTS = (
    "image_id", "batch", "name", "picture_hash", "brightness", "width", "height", "iptc_digest", "iptc_charset",
)  # fmt: skip


def _arrow(pa: Any) -> dict[str, Any]:
    text = ("image_id", "batch", "name", "picture_hash", "iptc_digest", "iptc_charset")
    return {n: pa.string() if n in text else pa.float64() if n == "brightness" else pa.int32() for n in _FACTS}


_STORE = (
    "insert into file_values (image_id, field, lang, ordinal, value, origin) select *, 'xmp' from said",
    """
    insert into keywords (keyword, folded, image_id)
    select min(value), fold(value), image_id from said where field = 'Xmp.dc.subject' group by fold(value), image_id
    """,
    """
    insert into image_facts by name
    select f.*, 'file:///c/' || f.batch || '/' || f.name as uri, 's' as source, f.batch || '/' || f.name as path,
           f.batch as folder, 100000 as size, timestamp '2025-06-01' as modified_at,
           timestamp '2025-06-02' as received_at,
           'x' as checksum, 'JPEG' as format, 'image/jpeg' as mime, moment_of(d.value) as captured_at,
           coalesce(k.n, 0)::int as keyword_count
    from facts f left join said d on d.image_id = f.image_id and d.field = 'Xmp.photoshop.DateCreated'
    left join (select image_id, count(*) as n from keywords group by image_id) k on k.image_id = f.image_id
    """,
    "insert into stale_metadata select image_id from facts",
)
