"""Fields: the IPTC standard's 59 properties and 18 structures, their shapes, and the carriers the MWG names."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import fields, iptc, profiles, xmp
from workbench.errors import BadValue, NotFound
from workbench.fields import FIELDS, KINDS, NAMESPACES, STRUCTURES

# The XMP ids of iptc-pmd-techreference_2021.1, section ipmd_top.
CORE = """
Iptc4xmpCore:AltTextAccessibility photoshop:City dc:rights photoshop:Country Iptc4xmpCore:CountryCode dc:creator
Iptc4xmpCore:CreatorContactInfo photoshop:AuthorsPosition photoshop:Credit photoshop:DateCreated dc:description
photoshop:CaptionWriter Iptc4xmpCore:ExtDescrAccessibility photoshop:Headline photoshop:Instructions
Iptc4xmpCore:IntellectualGenre photoshop:TransmissionReference dc:subject photoshop:State xmpRights:UsageTerms
Iptc4xmpCore:Scene photoshop:Source Iptc4xmpCore:SubjectCode Iptc4xmpCore:Location dc:title
"""
EXTENSION = """
Iptc4xmpExt:EventId Iptc4xmpExt:Event Iptc4xmpExt:AddlModelInfo Iptc4xmpExt:ArtworkOrObject
Iptc4xmpExt:OrganisationInImageCode plus:CopyrightOwner Iptc4xmpExt:AboutCvTerm Iptc4xmpExt:DigImageGUID
Iptc4xmpExt:DigitalSourceType Iptc4xmpExt:EmbdEncRightsExpr Iptc4xmpExt:Genre plus:ImageCreator xmp:Rating
Iptc4xmpExt:ImageRegion Iptc4xmpExt:RegistryId plus:ImageSupplier plus:ImageSupplierImageID plus:Licensor
Iptc4xmpExt:LinkedEncRightsExpr Iptc4xmpExt:LocationCreated Iptc4xmpExt:LocationShown Iptc4xmpExt:MaxAvailHeight
Iptc4xmpExt:MaxAvailWidth plus:MinorModelAgeDisclosure Iptc4xmpExt:ModelAge plus:ModelReleaseID
plus:ModelReleaseStatus Iptc4xmpExt:OrganisationInImageName Iptc4xmpExt:PersonInImage
Iptc4xmpExt:PersonInImageWDetails Iptc4xmpExt:ProductInImage plus:PropertyReleaseID plus:PropertyReleaseStatus
xmpRights:WebStatement
"""
# The standard's names of its structures (ipmd_struct there) → those of `STRUCTURES`.
EIGHTEEN = {
    "CreatorContactInfo": "ContactInfo", "ArtworkOrObject": "ArtworkOrObject", "CvTerm": "CvTerm",
    "EmbdEncRightsExpr": "EmbdEncRightsExpr", "Entity": "Entity", "ImageRegion": "ImageRegion",
    "RegionBoundary": "RegionBoundary", "RegionBoundaryPoint": "BoundaryPoint",
    "LinkedEncRightsExpr": "LinkedEncRightsExpr", "Location": "Location", "PersonWDetails": "Person",
    "ProductWGtin": "Product", "RegistryEntry": "RegistryEntry", "Licensor": "Licensor",
    "CopyrightOwner": "CopyrightOwner", "ImageCreator": "ImageCreator", "ImageSupplier": "ImageSupplier",
    "AltLang": None,  # a text in several languages: the standard counts it as a structure; here it is a kind
}  # fmt: skip


def test_the_standard_of_2021_is_whole() -> None:
    named = {section: {s.xmp_name for s in FIELDS.values() if s.section == section and not s.since}
             for section in ("core", "extension")}  # fmt: skip
    assert named == {"core": set(CORE.split()), "extension": set(EXTENSION.split())}
    assert [len(names) for names in named.values()] == [25, 34]
    assert len(EIGHTEEN) == 18
    assert {ours for ours in EIGHTEEN.values() if ours} == STRUCTURES.keys() - {"EntityWithRole"}, "that is of 2022.1"
    assert "langalt" in KINDS
    assert Counter(spec.since for spec in FIELDS.values() if spec.since) == {"2022.1": 1, "2023.1": 2, "2025.1": 4}


@pytest.mark.parametrize(
    ("key", "kind", "array", "structure", "xmp_name"),
    [
        ("Xmp.dc.title", "langalt", "alt", None, "dc:title"),
        ("Xmp.dc.creator", "seq", "seq", None, "dc:creator"),
        ("Xmp.dc.subject", "bag", "bag", None, "dc:subject"),
        ("Xmp.dc.date", "seq", "seq", None, "dc:date"),
        ("Xmp.photoshop.DateCreated", "date", None, None, "photoshop:DateCreated"),
        ("Xmp.iptc.CreatorContactInfo", "structure", None, "ContactInfo", "Iptc4xmpCore:CreatorContactInfo"),
        ("Xmp.iptcExt.LocationCreated", "structures", "bag", "Location", "Iptc4xmpExt:LocationCreated"),
        ("Xmp.iptcExt.Event", "langalt", "alt", None, "Iptc4xmpExt:Event"),
        ("Xmp.plus.Licensor", "structures", "seq", "Licensor", "plus:Licensor"),
        ("Xmp.xmp.Rating", "integer", None, None, "xmp:Rating"),
    ],
)
def test_shapes(key: str, kind: str, array: str | None, structure: str | None, xmp_name: str) -> None:
    spec = FIELDS[key]
    assert (spec.kind, spec.array, spec.structure, spec.xmp_name) == (kind, array, structure, xmp_name)
    assert spec.is_list == (kind in ("bag", "seq", "structures"))


def test_every_field_is_consistent() -> None:
    for key, spec in FIELDS.items():
        assert key == spec.key == f"Xmp.{spec.prefix}.{spec.name}"
        assert spec.kind in KINDS
        assert spec.namespace.startswith("http")
        assert (spec.kind in ("structure", "structures")) == (spec.structure is not None)
        assert (spec.iim is None) == (spec.iim_bytes is None)
        assert spec.label


def test_structures_are_closed_and_in_known_namespaces() -> None:
    prefixes = {fields.XMP_PREFIXES.get(prefix, prefix) for prefix in NAMESPACES}
    used = {spec.structure for spec in FIELDS.values()}
    for members in STRUCTURES.values():
        assert len({member.name for member in members}) == len(members)
        used |= {member.structure for member in members}
        for member in members:
            assert member.name.partition(":")[0] in prefixes
            assert member.kind in KINDS
    # An entity is met only inside regions.
    assert used - {None} == STRUCTURES.keys()


def test_namespaces_are_those_that_reading_uses() -> None:
    for prefix, uri in NAMESPACES.items():
        assert prefix == "wb" or xmp.GROUPS[uri] == prefix
    assert len(set(NAMESPACES.values())) == len(NAMESPACES)


def test_datasets_and_limits() -> None:
    by_name = {name: number for number, name in iptc._APPLICATION.items()}
    for spec in FIELDS.values():
        for dataset in filter(None, (spec.iim, spec.iim_time)):
            assert dataset.removeprefix("Iptc.Application2.") in by_name
    limits = {spec.name: spec.iim_bytes for spec in FIELDS.values() if spec.iim}
    assert limits.items() >= {
        "title": 64, "description": 2000, "subject": 64, "creator": 32, "rights": 128, "Headline": 256, "City": 32,
        "Location": 32, "State": 32, "Country": 64, "CountryCode": 3, "Credit": 32, "Source": 32, "Instructions": 256,
    }.items()  # fmt: skip
    repeating = {spec.name for spec in FIELDS.values() if spec.iim_repeats}
    assert repeating == {"subject", "creator", "SupplementalCategories", "SubjectCode"}


def test_carriers_of_the_working_group() -> None:
    expected = {
        "Exif.Image.ImageDescription": "Xmp.dc.description",
        "Exif.Image.Artist": "Xmp.dc.creator",
        "Exif.Image.Copyright": "Xmp.dc.rights",
        "Exif.Photo.DateTimeOriginal": "Xmp.photoshop.DateCreated",
        "Exif.Photo.DateTimeDigitized": "Xmp.xmp.CreateDate",
        "Exif.Image.DateTime": "Xmp.xmp.ModifyDate",
        "Iptc.Application2.Caption": "Xmp.dc.description",
        "Iptc.Application2.Byline": "Xmp.dc.creator",
        "Xmp.dc.title": "Xmp.dc.title",
    }
    assert fields.CARRIERS.items() >= expected.items()
    date = FIELDS["Xmp.photoshop.DateCreated"]
    assert date.iim_time == "Iptc.Application2.TimeCreated"
    assert date.exif_parts == ("Exif.Photo.SubSecTimeOriginal", "Exif.Photo.OffsetTimeOriginal")
    assert date.carriers[0] == date.key


def test_no_carrier_belongs_to_two_fields() -> None:
    carried = Counter(carrier for spec in FIELDS.values() for carrier in spec.carriers)
    assert [carrier for carrier, count in carried.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Xmp.dc.title", "Xmp.dc.title"),
        ("dc:title", "Xmp.dc.title"),
        (" XMP-dc:title ", "Xmp.dc.title"),
        ("Iptc4xmpExt:Event", "Xmp.iptcExt.Event"),
        ("XMP-iptcCore:Location", "Xmp.iptc.Location"),
        ("Xmp.Iptc4xmpCore.Location", "Xmp.iptc.Location"),
        ("Exif.Image.Artist", "Xmp.dc.creator"),
        ("Iptc.Application2.City", "Xmp.photoshop.City"),
    ],
)
def test_fields_by_whatever_people_call_them(name: str, key: str) -> None:
    assert fields.exiv2_key(name) == key
    assert fields.spec(name) is FIELDS[key]


@pytest.mark.parametrize("name", ["Xmp.dc.titel", "dc:titel", "title", "Xmp.nowhere.title", "Xmp.title", ""])
def test_an_unknown_field_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        fields.spec(name)
    assert ("Xmp.dc.title" in caught.value.hint) or not name


def test_own_fields() -> None:
    sku = fields.custom("Xmp.wb.sku", "SKU")
    assert (sku.kind, sku.namespace, sku.xmp_name) == ("text", NAMESPACES["wb"], "wb:sku")
    sizes = fields.custom("Xmp.wb.sizes", "Sizes", "seq", item="integer")
    assert (sizes.array, sizes.item) == ("seq", "integer")
    for key, kind in (("Xmp.unknown.sku", "text"), ("wb.sku", "text"), ("Xmp.wb.1", "text"), ("Xmp.wb.sku", "colour")):
        with pytest.raises(BadValue):
            fields.custom(key, "x", kind)


@given(st.sampled_from(sorted(FIELDS)))
def test_written_names_lead_back_to_the_field(key: str) -> None:
    assert fields.exiv2_key(FIELDS[key].xmp_name) == key


@given(st.text(max_size=60))
def test_any_name_is_a_key_or_an_error_with_a_hint(name: str) -> None:
    try:
        said = fields.exiv2_key(name)
    except BadValue as error:
        said = error.hint
    assert said


@pytest.mark.parametrize(
    ("key", "dataset", "most"),
    [
        # IPTC-IIM 4.2, chapter 6: what each dataset of record 2 holds at most.
        ("Xmp.iptc.IntellectualGenre", "ObjectAttribute", 68),
        ("Xmp.dc.title", "ObjectName", 64),
        ("Xmp.photoshop.Urgency", "Urgency", 1),
        ("Xmp.iptc.SubjectCode", "Subject", 236),
        ("Xmp.photoshop.Category", "Category", 3),
        ("Xmp.photoshop.SupplementalCategories", "SuppCategory", 32),
        ("Xmp.dc.subject", "Keywords", 64),
        ("Xmp.photoshop.Instructions", "SpecialInstructions", 256),
        ("Xmp.photoshop.DateCreated", "DateCreated", 8),
        ("Xmp.dc.creator", "Byline", 32),
        ("Xmp.photoshop.AuthorsPosition", "BylineTitle", 32),
        ("Xmp.photoshop.City", "City", 32),
        ("Xmp.iptc.Location", "SubLocation", 32),
        ("Xmp.photoshop.State", "ProvinceState", 32),
        ("Xmp.iptc.CountryCode", "CountryCode", 3),
        ("Xmp.photoshop.Country", "CountryName", 64),
        ("Xmp.photoshop.TransmissionReference", "TransmissionReference", 32),
        ("Xmp.photoshop.Headline", "Headline", 256),
        ("Xmp.photoshop.Credit", "Credit", 32),
        ("Xmp.photoshop.Source", "Source", 32),
        ("Xmp.dc.rights", "Copyright", 128),
        ("Xmp.dc.description", "Caption", 2000),
        ("Xmp.photoshop.CaptionWriter", "Writer", 32),
    ],
)
def test_bytes_that_iim_allows(key: str, dataset: str, most: int) -> None:
    assert (FIELDS[key].iim, FIELDS[key].iim_bytes) == (f"Iptc.Application2.{dataset}", most)


SOURCES = """
digitalCapture computationalCapture negativeFilm positiveFilm print humanEdits algorithmicallyEnhanced digitalCreation
dataDrivenMedia trainedAlgorithmicMedia compositeWithTrainedAlgorithmicMedia algorithmicMedia screenCapture
virtualRecording composite compositeCapture compositeSynthetic
"""


def test_vocabularies_are_those_of_the_standards() -> None:
    wanted = profiles.load("iptc-ext").fields
    sources = {term.term.rpartition("/")[2] for term in wanted["Xmp.iptcExt.DigitalSourceType"].vocabulary}
    assert sources == set(SOURCES.split())
    mining = (
        "UNSPECIFIED ALLOWED PROHIBITED PROHIBITED-AIMLTRAINING PROHIBITED-GENAIMLTRAINING PROHIBITED-SEECONSTRAINT "
    )
    mining += "PROHIBITED-EXCEPTSEARCHENGINEINDEXING PROHIBITED-SEEEMBEDDEDRIGHTSEXPR PROHIBITED-SEELINKEDRIGHTSEXPR"
    for profile in ("iptc-ext", "training-set"):
        terms = {term.term for term in profiles.load(profile).fields["Xmp.plus.DataMining"].vocabulary}
        assert terms == {f"http://ns.useplus.org/ldf/vocab/DMI-{name}" for name in mining.split()}
    scenes = [term.term for term in wanted["Xmp.iptc.Scene"].vocabulary]
    assert scenes == [f"01{number:02}00" for number in range(1, 25)]
