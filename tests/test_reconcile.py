from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import reconcile
from workbench.catalog import Catalog
from workbench.fields import FIELDS

pytestmark = pytest.mark.core

IMAGE = pa.schema(
    {"image_id": pa.string(), "uri": pa.string(), "format": pa.string(), "digest": pa.string()}
    | {"latitude": pa.float64(), "longitude": pa.float64()}
)
ROW = pa.schema(
    {"image_id": pa.string(), "key": pa.string(), "lang": pa.string(), "ordinal": pa.int32(), "value": pa.string()}
)

Rows = dict[str, Any]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "catalog.duckdb", lambda connection: None)
    yield made
    made.stop()


def rows_of(values: Rows) -> Iterator[tuple[str, str | None, int, str]]:
    """Key → text, list of texts, or language → text, as rows of ``embedded``."""
    for key, value in values.items():
        for lang, content in value.items() if isinstance(value, dict) else [(None, value)]:
            for ordinal, item in enumerate(content if isinstance(content, list) else [content]):
                yield key, lang, ordinal, item


def say(catalog: Catalog, values: Rows, *, image_id: str = "a", digest: str = "absent", **about: Any) -> None:
    """Reconcile one image that has these embedded values."""
    image = {"image_id": image_id, "uri": f"file:///x/{image_id}.jpg", "format": "JPEG", "digest": digest} | about
    embedded = [dict(zip(ROW.names, (image_id, *row), strict=True)) for row in rows_of(values)]
    with catalog.writing() as connection:
        reconcile.reconcile(
            catalog, connection, pa.Table.from_pylist([image], IMAGE), pa.Table.from_pylist(embedded, ROW)
        )


def ask(catalog: Catalog, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in catalog.ask(sql, None, max_rows=1000, seconds=20).to_pylist()]


def shown(catalog: Catalog, field: str) -> list[tuple[Any, ...]]:
    return ask(catalog, f"select lang, value, origin from metadata where field = '{field}' order by lang, ordinal")


def conflicts(catalog: Catalog) -> list[tuple[Any, ...]]:
    return ask(catalog, "select field, lang, exif, iptc, xmp, sidecar, shown from metadata_conflicts order by all")


DESCRIPTION = {
    "Exif.Image.ImageDescription": "in EXIF",
    "Iptc.Application2.Caption": "in IPTC",
    "Xmp.dc.description": {"x-default": "in XMP"},
}


@pytest.mark.parametrize("digest", ["current", "stale", "absent"])
def test_exif_comes_first_for_the_description_and_what_the_others_say_is_kept(catalog: Catalog, digest: str) -> None:
    say(catalog, DESCRIPTION, digest=digest)
    assert shown(catalog, "Xmp.dc.description") == [("x-default", "in EXIF", "exif")]
    assert conflicts(catalog) == [
        ("Xmp.dc.description", "x-default", "in EXIF", "in IPTC", "in XMP", None, "exif"),
    ]


@pytest.mark.parametrize(
    ("digest", "counts", "why"),
    [
        ("current", ("x-default", "in XMP", "xmp"), "digest is current"),
        ("stale", ("x-default", "in IPTC", "iptc"), "digest is stale"),
        ("absent", ("x-default", "in XMP", "xmp"), "there is no digest"),
    ],
)
def test_the_digest_says_whether_iptc_or_xmp_is_newer(
    catalog: Catalog, digest: str, counts: tuple[str, str, str], why: str
) -> None:
    values = {"Iptc.Application2.ObjectName": "in IPTC", "Xmp.dc.title": {"x-default": "in XMP"}}
    say(catalog, values, digest=digest)
    assert shown(catalog, "Xmp.dc.title") == [counts]
    [(said,)] = ask(catalog, "select why from metadata_conflicts")
    assert why in said


@pytest.mark.parametrize("digest", ["current", "stale", "absent"])
def test_a_carrier_that_is_silent_leaves_the_field_to_the_next(catalog: Catalog, digest: str) -> None:
    blanks = {"Exif.Image.ImageDescription": "   ", "Iptc.Application2.Caption": "in IPTC"}
    say(catalog, blanks, digest=digest)
    assert shown(catalog, "Xmp.dc.description") == [("x-default", "in IPTC", "iptc")]
    assert conflicts(catalog) == []


def test_every_language_is_kept_and_only_the_default_is_decided(catalog: Catalog) -> None:
    texts = {"x-default": "A cat", "de": "Eine Katze", "ar": "قطة"}
    say(catalog, {"Xmp.dc.description": texts, "Exif.Image.ImageDescription": "A tomcat"})
    assert shown(catalog, "Xmp.dc.description") == [
        ("ar", "قطة", "xmp"), ("de", "Eine Katze", "xmp"), ("x-default", "A tomcat", "exif"),
    ]  # fmt: skip
    assert [row[1] for row in conflicts(catalog)] == ["x-default"]


def test_an_older_carrier_in_one_of_the_languages_is_no_conflict(catalog: Catalog) -> None:
    texts = {"x-default": "A cat", "de": "Eine Katze"}
    say(catalog, {"Xmp.dc.title": texts, "Iptc.Application2.ObjectName": "Eine Katze"})
    assert conflicts(catalog) == []


def test_what_a_camera_writes_by_itself_never_hides_what_a_person_wrote(catalog: Catalog) -> None:
    say(catalog, DESCRIPTION | {"Exif.Image.ImageDescription": "OLYMPUS DIGITAL CAMERA"})
    assert shown(catalog, "Xmp.dc.description") == [("x-default", "in XMP", "xmp")]
    assert conflicts(catalog)[0][2] is None


def test_creators_in_one_exif_tag_are_a_list(catalog: Catalog) -> None:
    say(catalog, {"Exif.Image.Artist": "Ann Lee; Bo Ek", "Xmp.dc.creator": ["Ann Lee", "Bo Ek"]})
    assert shown(catalog, "Xmp.dc.creator") == [(None, "Ann Lee", "exif"), (None, "Bo Ek", "exif")]
    assert conflicts(catalog) == []


def test_dates_are_written_alike_and_a_less_exact_one_is_no_conflict(catalog: Catalog) -> None:
    say(
        catalog,
        {
            "Exif.Photo.DateTimeOriginal": "2024:05:01 12:30:00",
            "Exif.Photo.SubSecTimeOriginal": "45",
            "Exif.Photo.OffsetTimeOriginal": "+02:00",
            "Iptc.Application2.DateCreated": "2024-05-01",
            "Xmp.photoshop.DateCreated": "2024-05-01T12:30:00",
        },
    )
    assert shown(catalog, "Xmp.photoshop.DateCreated") == [(None, "2024-05-01T12:30:00.45+02:00", "exif")]
    assert conflicts(catalog) == []


@pytest.mark.parametrize("unset", ["0000:00:00 00:00:00", "    :  :     :  :  "])
def test_a_clock_that_was_never_set_says_nothing(catalog: Catalog, unset: str) -> None:
    values = {"Exif.Photo.DateTimeOriginal": unset, "Iptc.Application2.DateCreated": "1920-00-00"}
    say(catalog, values)
    assert shown(catalog, "Xmp.photoshop.DateCreated") == [(None, "1920", "iptc")]


def test_iptc_date_and_time_are_one_value(catalog: Catalog) -> None:
    values = {"Iptc.Application2.DateCreated": "2024-05-01", "Iptc.Application2.TimeCreated": "08:15:00+01:00"}
    say(catalog, values)
    assert shown(catalog, "Xmp.photoshop.DateCreated") == [(None, "2024-05-01T08:15:00+01:00", "iptc")]


def test_a_date_that_is_none_stays_as_it_was_written(catalog: Catalog) -> None:
    say(catalog, {"Exif.Photo.DateTimeOriginal": "next tuesday"})
    assert shown(catalog, "Xmp.photoshop.DateCreated") == [(None, "next tuesday", "exif")]


def test_positions_are_written_as_xmp_does(catalog: Catalog) -> None:
    exif = {"Exif.GPSInfo.GPSLatitude": "48/1 30/1 0/1", "Exif.GPSInfo.GPSLongitude": "2/1 15/1 0/1"}
    xmp = {"Xmp.exif.GPSLatitude": "48,30,0N", "Xmp.exif.GPSLongitude": "2,15.0W"}
    say(catalog, exif | xmp, latitude=48.5, longitude=-2.25)
    assert shown(catalog, "Xmp.exif.GPSLatitude") == [(None, "48,30.000000N", "exif")]
    assert shown(catalog, "Xmp.exif.GPSLongitude") == [(None, "2,15.000000W", "exif")]
    assert conflicts(catalog) == []


@pytest.mark.parametrize(
    ("long", "cut"), [("t" * 80, "t" * 64), ("ü" * 60, "ü" * 32), ("日" * 50, "日" * 21)], ids=["ascii", "ü", "日"]
)
def test_a_text_cut_by_the_iptc_limit_is_no_conflict(catalog: Catalog, long: str, cut: str) -> None:
    say(catalog, {"Xmp.dc.title": {"x-default": long}, "Iptc.Application2.ObjectName": cut})
    assert conflicts(catalog) == []
    say(catalog, {"Xmp.dc.title": {"x-default": long}, "Iptc.Application2.ObjectName": cut[:10]})
    assert len(conflicts(catalog)) == 1


def test_the_order_of_keywords_is_no_conflict_and_a_missing_one_is(catalog: Catalog) -> None:
    say(catalog, {"Xmp.dc.subject": ["cat", "dog"], "Iptc.Application2.Keywords": ["dog", "cat"]})
    assert conflicts(catalog) == []
    say(catalog, {"Xmp.dc.subject": ["cat", "dog"], "Iptc.Application2.Keywords": ["dog"]})
    assert conflicts(catalog) == [("Xmp.dc.subject", None, None, "dog", "cat; dog", None, "xmp")]


def test_what_programs_write_as_well_counts_only_where_nothing_else_speaks(catalog: Catalog) -> None:
    say(catalog, {"Exif.Image.XPTitle": "Windows", "Xmp.tiff.Artist": "Ann"})
    assert shown(catalog, "Xmp.dc.title") == [("x-default", "Windows", "exif")]
    assert shown(catalog, "Xmp.dc.creator") == [(None, "Ann", "xmp")]
    say(catalog, {"Exif.Image.XPTitle": "Windows", "Iptc.Application2.ObjectName": "IPTC"})
    assert shown(catalog, "Xmp.dc.title") == [("x-default", "IPTC", "iptc")]
    assert conflicts(catalog) == []


def test_settings_of_programs_are_no_metadata_and_a_clients_own_fields_are(catalog: Catalog) -> None:
    city = "Xmp.iptcExt.LocationShown[1]/Iptc4xmpExt:City"
    say(catalog, {"Xmp.crs.Exposure": "1", "Xmp.acme.shelf": "B4", city: "Ulm"})
    assert [row[0] for row in ask(catalog, "select field from metadata order by 1")] == [
        "Xmp.acme.shelf",
        city,
    ]


def test_reconciling_twice_changes_nothing_and_again_replaces(catalog: Catalog) -> None:
    for _ in range(2):
        say(catalog, DESCRIPTION)
    assert len(shown(catalog, "Xmp.dc.description")) == len(conflicts(catalog)) == 1
    say(catalog, {})
    assert ask(catalog, "select * from metadata") == conflicts(catalog) == []


SAID = st.none() | st.sampled_from(["one", " one ", "two", "TWO", "日本", "سنة"])


@given(exif=SAID, iptc=SAID, xmp=SAID, digest=st.sampled_from(["current", "stale", "absent"]))
def test_nothing_is_ever_dropped_in_silence(
    tmp_path_factory: pytest.TempPathFactory, exif: str | None, iptc: str | None, xmp: str | None, digest: str
) -> None:
    carriers = {"Exif.Image.Copyright": exif, "Iptc.Application2.Copyright": iptc, "Xmp.dc.rights": xmp}
    texts = {text.strip() for text in carriers.values() if text}
    catalog = _shared(tmp_path_factory)
    say(catalog, {key: value for key, value in carriers.items() if value}, digest=digest)
    values = [row[1] for row in shown(catalog, "Xmp.dc.rights")]
    assert len(values) == min(1, len(texts))
    assert set(values) <= texts
    assert {text for row in conflicts(catalog) for text in row[2:6] if text} == (texts if len(texts) > 1 else set())


_CATALOGS: dict[str, Catalog] = {}


def _shared(factory: pytest.TempPathFactory) -> Catalog:
    """One catalogue for all examples of a property."""
    if "one" not in _CATALOGS:
        _CATALOGS["one"] = Catalog(factory.mktemp("shared") / "catalog.duckdb", lambda connection: None)
    return _CATALOGS["one"]


def test_every_carrier_belongs_to_a_field_once() -> None:
    table = reconcile.carriers().to_pylist()
    assert len({(row["field"], row["key"]) for row in table}) == len(table)
    assert {row["field"] for row in table} == set(FIELDS)
