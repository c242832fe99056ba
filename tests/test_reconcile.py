import hashlib
import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_files import ascii_entry, iim, packet, picture, resource, segment, tiff
from small_collections import account, fill, image_ids, jpeg

import workbench as wb
from workbench import metadata, reconcile
from workbench.catalog import Catalog
from workbench.errors import BadValue, NotFound
from workbench.fields import FIELDS

pytestmark = pytest.mark.core

IMAGE = pa.schema(
    {"image_id": pa.string(), "uri": pa.string(), "format": pa.string(), "iptc_digest": pa.string()}
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
    image = {"image_id": image_id, "uri": f"file:///x/{image_id}.jpg", "format": "JPEG", "iptc_digest": digest} | about
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


@settings(deadline=None, max_examples=60)  # a shared machine may be slow
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


# -- the digest


BLOCK = iim((2, 5, b"Title"))
RIGHT, WRONG = hashlib.md5(BLOCK).digest(), hashlib.md5(b"").digest()


def in_jpeg(*noted: bytes) -> bytes:
    blocks = resource(0x0404, BLOCK) + b"".join(resource(0x0425, each) for each in noted)
    plain = picture()
    return plain[:2] + segment(0xED, b"Photoshop 3.0\0" + blocks) + plain[2:]


def in_tiff(*noted: bytes) -> bytes:
    padded = BLOCK + b"\0" * (-len(BLOCK) % 4)
    blocks = b"".join(resource(0x0425, each) for each in noted)
    entries = [(0x83BB, 7, len(padded), padded)] + [(0x8649, 7, len(blocks), blocks)] * bool(blocks)
    return tiff(entries)


@pytest.mark.parametrize("holder", [in_jpeg, in_tiff])
@pytest.mark.parametrize(
    ("noted", "state"),
    [((RIGHT,), "current"), ((WRONG,), "stale"), ((), "absent"), ((bytes(16),), "absent"), ((b"short",), "absent")],
)
def test_the_digest_is_compared_with_the_block(holder: Any, noted: tuple[bytes, ...], state: str) -> None:
    assert metadata.read(holder(*noted), format=None).iptc_digest == state


def test_a_file_without_iptc_has_no_digest_to_speak_of() -> None:
    assert metadata.read(picture(), format="JPEG").iptc_digest is None


# -- what people enter, on top


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Bench]:
    with wb.open(tmp_path / "workspace", actor="ann") as opened:
        opened.scan(fill(tmp_path / "photos", FILES), progress=False, workers=1, batch="b")
        yield opened


FILES = {"one.jpg": jpeg(1, "In the file", ("cat", "dog")), "two.jpg": jpeg(2)}


def says(ws: wb.Bench, path: str, field: str = "Xmp.dc.title") -> list[tuple[Any, ...]]:
    found = ws.query("metadata_of", image_ids=[image_ids(ws)[path]])
    rows = found[found["field"] == field][["lang", "value", "origin", "actor"]]
    return [tuple(None if pd.isna(v) else v for v in row) for row in rows.itertuples(index=False, name=None)]


def test_a_value_entered_counts_over_the_file_in_all_its_languages(ws: wb.Bench) -> None:
    assert says(ws, "one.jpg") == [("x-default", "In the file", "xmp", None)]
    ws.set_values([image_ids(ws)["one.jpg"]], {"Xmp.dc.title": {"de": "Eingegeben"}}, origin="template")
    assert says(ws, "one.jpg") == [("de", "Eingegeben", "template", "ann")]
    assert len(ws.sql("select * from metadata where field = 'Xmp.dc.subject'")) == 2


def test_a_cleared_field_hides_what_the_file_says_until_that_is_withdrawn(ws: wb.Bench) -> None:
    one = image_ids(ws)["one.jpg"]
    ws.set_values([one], {"Xmp.dc.title": None})
    assert says(ws, "one.jpg") == []
    assert ws.sql("select field, actor from cleared").to_dict("records") == [{"field": "Xmp.dc.title", "actor": "ann"}]
    assert ws.sql("select * from entered").empty
    ws.withdraw_values([one], ["Xmp.dc.title"])
    assert says(ws, "one.jpg") == [("x-default", "In the file", "xmp", None)]
    ws.set_values([one], {"Xmp.dc.title": "Again"})
    assert says(ws, "one.jpg") == [(None, "Again", "entered", "ann")]


def test_values_come_from_known_places_only(ws: wb.Bench) -> None:
    with pytest.raises(BadValue, match="guess"):
        ws.set_values([image_ids(ws)["one.jpg"]], {"Xmp.dc.title": "x"}, origin="guess")
    with pytest.raises(NotFound):
        ws.withdraw_values(["nobody"], ["Xmp.dc.title"])


def test_the_view_and_the_query_for_a_few_say_the_same(ws: wb.Bench) -> None:
    ids = image_ids(ws)
    ws.set_values([ids["two.jpg"]], {"Xmp.dc.subject": ["b", "a"], "Xmp.dc.title": None})
    every = ws.sql("select * from metadata order by image_id, field, lang nulls first, ordinal")
    assert every.equals(ws.query("metadata_of", image_ids=list(ids.values())))


def wide(ws: wb.Bench) -> dict[str, dict[str, Any]]:
    """file name → its row for auditing."""
    with ws.catalog.writing() as connection:
        reconcile.refresh_wide(connection, ["Xmp.acme.shelf"])
        rows = connection.execute("from metadata_wide").fetchdf()
    return {row["name"]: row for row in rows.to_dict("records")}


def test_the_wide_table_follows_what_is_entered(ws: wb.Bench) -> None:
    before = wide(ws)
    assert before["one.jpg"]["Xmp.dc.title"] == "In the file"
    assert (before["one.jpg"]["Xmp.dc.subject"], before["one.jpg"]["keyword_count"]) == ("cat; dog", 2)
    ws.set_values([image_ids(ws)["two.jpg"]], {"Xmp.acme.shelf": "B4", "Xmp.photoshop.DateCreated": "1920-05"})
    ws.set_values([image_ids(ws)["one.jpg"]], {"Xmp.dc.title": None, "Xmp.dc.subject": []})
    after = wide(ws)
    assert after["two.jpg"]["Xmp.acme.shelf"] == "B4"
    assert after["two.jpg"]["captured"] == pd.Timestamp("1920-05-01")
    assert after["one.jpg"]["Xmp.dc.title"] is None
    assert (after["one.jpg"]["keyword_count"], after["one.jpg"]["batch"]) == (0, "b")


# -- sidecar files


def sidecar(title: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="{title}"/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def city(ws: wb.Bench) -> dict[str, str]:
    """path → city, and where it comes from."""
    found = ws.sql(
        "select path, value || ', ' || origin as said from metadata join images using (image_id) "
        "where field = 'Xmp.photoshop.City'"
    )
    return dict(zip(found["path"], found["said"], strict=True))


def test_sidecars_are_read_followed_and_forgotten(ws: wb.Bench, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    fill(photos, {"one.jpg.xmp": sidecar("Ulm"), "two.XMP": sidecar("Köln"), "lonely.xmp": sidecar("Rom")})
    ws.scan(photos, progress=False, workers=1)
    assert city(ws) == {"one.jpg": "Ulm, sidecar", "two.jpg": "Köln, sidecar"}
    assert set(ws.sql("select kind from problems")["kind"]) == {"sidecar"}
    fill(photos, {"two.jpg.xmp": sidecar("Bonn")})
    (photos / "one.jpg.xmp").write_bytes(sidecar("Neu-Ulm"))
    ws.scan(photos, progress=False, workers=1)
    assert city(ws) == {"one.jpg": "Neu-Ulm, sidecar", "two.jpg": "Bonn, sidecar"}
    for name in ("one.jpg.xmp", "two.jpg.xmp"):
        (photos / name).unlink()
    report = ws.scan(photos, progress=False, workers=1)
    assert (report.read, report.vanished) == (0, 2)
    assert city(ws) == {"two.jpg": "Köln, sidecar"}
    account(ws, 4)


def test_a_sidecar_without_its_second_ending_belongs_to_the_raw_file(catalog: Catalog) -> None:
    with catalog.writing() as connection:
        connection.execute(
            "insert into sidecar_values values ('s', 'file:///x/a', 'Xmp.photoshop.City', null, 0, 'Ulm')"
        )
    say(catalog, {})
    assert shown(catalog, "Xmp.photoshop.City") == [(None, "Ulm", "sidecar")]
    with catalog.writing() as connection:
        connection.execute(
            "insert into image_facts by name select 'raw' as image_id, 'file:///x/a.nef' as uri, 'NEF' as format, "
            "'s' as source, 'b' as batch, '' as path, '' as folder, '' as name, 1 as size, '' as checksum, "
            "now()::timestamp as received_at, '' as mime"
        )
    say(catalog, {})
    assert shown(catalog, "Xmp.photoshop.City") == []
    say(catalog, {}, image_id="raw", uri="file:///x/a.nef", format="NEF")
    assert shown(catalog, "Xmp.photoshop.City") == [(None, "Ulm", "sidecar")]


@pytest.mark.parametrize("content", [b"", b"<x", b"\0" * 99, b"not xml at all", sidecar("\x01")])
def test_a_sidecar_that_cannot_be_read_harms_nothing(ws: wb.Bench, tmp_path: Path, content: bytes) -> None:
    ws.scan(fill(tmp_path / "photos", {"one.xmp": content}), progress=False, workers=1)
    assert says(ws, "one.jpg") == [("x-default", "In the file", "xmp", None)]
    account(ws, 3)


# -- ExifTool's reading by the same guidelines


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="ExifTool isn't installed")
def test_exiftool_shows_the_same_values(catalog: Catalog, tmp_path: Path) -> None:
    cases = list(itertools.product([False, True], [False, True], [False, True], ["current", "stale", "absent"]))
    for number, (exif, iptc, xmp, digest) in enumerate(cases):
        (tmp_path / f"{number:02}.jpg").write_bytes(carried(exif, iptc, xmp, digest))
    line = ["exiftool", "-use", "MWG", "-j", "-q", "-MWG:Description", "-MWG:Creator", "-MWG:City", str(tmp_path)]
    told = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
    fields = {"Description": "Xmp.dc.description", "Creator": "Xmp.dc.creator", "City": "Xmp.photoshop.City"}
    for row in told:
        data = Path(row["SourceFile"]).read_bytes()
        read = metadata.read(data, format="JPEG")
        values: Rows = {}
        for key, lang, _, value in read.values:
            values[key] = {lang: value} if lang else value
        say(catalog, values, digest=read.iptc_digest or "absent")
        ours = {name: [r[1] for r in shown(catalog, field)] for name, field in fields.items()}
        assert ours == {name: [row[name]] if name in row else [] for name in fields}, row["SourceFile"]


def carried(exif: bool, iptc: bool, xmp: bool, digest: str) -> bytes:
    """A JPEG in which each carrier says something of its own, or nothing."""
    block = iim((2, 120, b"IPTC text"), (2, 80, b"IPTC person"), (2, 90, b"IPTC town"))
    noted = {"current": hashlib.md5(block).digest(), "stale": bytes(range(16))}.get(digest)
    resources = resource(0x0404, block) + (resource(0x0425, noted) if noted else b"")
    body = (
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">XMP text</rdf:li></rdf:Alt></dc:description>'
        "<dc:creator><rdf:Seq><rdf:li>XMP person</rdf:li></rdf:Seq></dc:creator>"
        "<photoshop:City>XMP town</photoshop:City>"
    )
    parts = b""
    if exif:
        parts += segment(
            0xE1, b"Exif\0\0" + tiff([ascii_entry(0x010E, "EXIF text"), ascii_entry(0x013B, "EXIF person")])
        )
    if xmp:
        parts += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(body))
    if iptc:
        parts += segment(0xED, b"Photoshop 3.0\0" + resources)
    plain = picture()
    return plain[:2] + parts + plain[2:]


PATH = "Xmp.iptcExt.LocationShown[1]/Iptc4xmpExt:City"
WORDS = st.sampled_from(["boat", "Boat", "Das Boot", "日本", "a; b", "'", '"'])
SAYINGS = st.fixed_dictionaries(
    {},
    optional={
        "Xmp.dc.title": st.dictionaries(st.sampled_from(["x-default", "de", "ar"]), WORDS, min_size=1),
        "Xmp.dc.subject": st.lists(WORDS, min_size=1, max_size=5),
        "Xmp.photoshop.City": WORDS,
        "Xmp.photoshop.DateCreated": st.sampled_from(["1920", "2024-05", "2024-05-01T10:00:00", "nonsense"]),
        PATH: WORDS,
    },
)


@settings(deadline=None, max_examples=60)  # a shared machine may be slow
@given(said=SAYINGS)
def test_the_wide_row_says_what_the_metadata_says(tmp_path_factory: pytest.TempPathFactory, said: Rows) -> None:
    catalog = _shared(tmp_path_factory)
    with catalog.writing() as connection:
        connection.execute("delete from image_facts")
        connection.execute(
            "insert into image_facts by name select 'a' as image_id, 'file:///x/a.jpg' as uri, 'JPEG' as format, "
            "'s' as source, 'b' as batch, '' as path, '' as folder, '' as name, 1 as size, '' as checksum, "
            "now()::timestamp as received_at, '' as mime"
        )
    say(catalog, said)
    with catalog.writing() as connection:
        reconcile.refresh_wide(connection)
    [row] = catalog.ask("from metadata_wide", None, max_rows=2, seconds=20).to_pylist()
    titles, words = said.get("Xmp.dc.title", {}), said.get("Xmp.dc.subject", [])
    assert row["Xmp.dc.title"] == (titles.get("x-default") or titles.get(min(titles)) if titles else None)
    assert row["Xmp.dc.subject"] == ("; ".join(words) or None)
    assert (row["keyword_count"], row["keyword_repeated"]) == (len(words), len({w.lower() for w in words}) < len(words))
    assert (row["Xmp.photoshop.City"], row["Xmp.iptcExt.LocationShown"]) == (
        said.get("Xmp.photoshop.City"),
        said.get(PATH),
    )
    assert (row["captured"] is None) == (said.get("Xmp.photoshop.DateCreated", "nonsense") == "nonsense")
