"""The fields of the standards: what each is called, what shape it has in XMP, and which EXIF and IIM tags carry it.

A field is named by its XMP key as Exiv2 writes it (``Xmp.dc.title``; Exiv2 says ``iptc`` for Iptc4xmpCore and
``iptcExt`` for Iptc4xmpExt). Sources: XMP (ISO 16684-1), IPTC Photo Metadata Standard 2025.1 (Core 1.5, Extension 1.9),
PLUS LDF 1.2.1, IPTC-IIM 4.2 for the byte limits, and the Metadata Working Group's guidelines 2.0 for the carriers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from workbench.errors import BadValue, NotFound

NAMESPACES: dict[str, str] = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "iptc": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "iptcExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "wb": "https://image-workbench.example/ns/1.0/",
}
"""Exiv2's prefix → namespace; ``wb`` is the workbench's own, for fields no standard has."""

XMP_PREFIXES: dict[str, str] = {"iptc": "Iptc4xmpCore", "iptcExt": "Iptc4xmpExt"}
"""Exiv2's prefix → the prefix the standard writes into files, where the two differ."""

KINDS = (
    "text", "longtext", "langalt", "bag", "seq", "date", "integer", "real", "boolean", "choice", "structure",
    "structures", "gps",
)  # fmt: skip
"""Shapes a field can have."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a standard.

    Attributes
    ----------
    key : str
        XMP key as Exiv2 writes it.
    label : str
        English name: the standard's label for forms, such as “City” for what it calls City (legacy).
    kind : str
        One of `KINDS`. ``langalt`` is a text in several languages, ``bag`` and ``seq`` are lists without and with an
        order, ``structures`` a list of structures.
    exif : tuple of str
        EXIF tags that carry the value, by precedence.
    iim : str or None
        IPTC-IIM dataset that carries it.
    iim_bytes : int or None
        Most bytes that dataset holds, for each value.
    iim_repeats : bool
        Whether the dataset may occur several times.
    exif_parts : tuple of str
        EXIF tags with the rest of the value: fractions of a second, the offset from UTC, the hemisphere.
    iim_time : str or None
        The dataset with the time that belongs to the date in `iim`.
    also : tuple of str
        Tags that programs write too; read where the carriers are silent, never written.
    item : str
        What a list holds: ``text``, ``date``, ``integer`` or ``langalt``; the same as ``kind`` for single values.
    array : str or None
        ``bag``, ``seq`` or ``alt``: the RDF container in the file.
    structure : str or None
        Key of `STRUCTURES`, for structures and lists of them.
    most : int or None
        How many entries the standard allows in a list.
    section : str
        ``core`` or ``extension`` for properties of the IPTC standard, otherwise empty.
    since : str
        Version of the IPTC standard from which on the property exists, where that is later than 2021.1.
    """

    key: str
    label: str
    kind: str
    exif: tuple[str, ...] = ()
    iim: str | None = None
    iim_bytes: int | None = None
    iim_repeats: bool = False
    exif_parts: tuple[str, ...] = ()
    iim_time: str | None = None
    also: tuple[str, ...] = ()
    item: str = "text"
    array: str | None = None
    structure: str | None = None
    most: int | None = None
    section: str = ""
    since: str = ""

    @property
    def prefix(self) -> str:
        """Exiv2's prefix: ``iptcExt`` of ``Xmp.iptcExt.Event``."""
        return self.key.split(".", 2)[1]

    @property
    def name(self) -> str:
        """The name inside the namespace: ``Event`` of ``Xmp.iptcExt.Event``."""
        return self.key.split(".", 2)[2]

    @property
    def namespace(self) -> str:
        """The namespace's URI."""
        return NAMESPACES[self.prefix]

    @property
    def xmp_prefix(self) -> str:
        """The prefix that the standard writes into files."""
        return XMP_PREFIXES.get(self.prefix, self.prefix)

    @property
    def xmp_name(self) -> str:
        """The qualified name in a packet: ``Iptc4xmpExt:Event``."""
        return f"{self.xmp_prefix}:{self.name}"

    @property
    def carriers(self) -> tuple[str, ...]:
        """Every key that holds this field's value in a file, XMP first."""
        return (self.key, *self.exif, *((self.iim,) if self.iim else ()))

    @property
    def is_list(self) -> bool:
        """Whether the field holds several values."""
        return self.kind in ("bag", "seq", "structures")


# Columns: key, shape, label. A shape in brackets is what a list holds; a name after a colon is a structure; *n is the
# most entries the standard allows.
_CORE = """
iptc.AltTextAccessibility        langalt         Alt Text (Accessibility)
photoshop.City                   text            City
dc.rights                        langalt         Copyright Notice
photoshop.Country                text            Country
iptc.CountryCode                 text            Country Code
dc.creator                       seq             Creator
iptc.CreatorContactInfo          structure:ContactInfo  Creator's Contact Info
photoshop.AuthorsPosition        text            Creator's jobtitle
photoshop.Credit                 text            Credit Line
photoshop.DateCreated            date            Date Created
dc.description                   langalt         Description
photoshop.CaptionWriter          text            Description Writer
iptc.ExtDescrAccessibility       langalt         Extended Description (Accessibility)
photoshop.Headline               text            Headline
photoshop.Instructions           longtext        Instructions
iptc.IntellectualGenre           text            Intellectual Genre
photoshop.TransmissionReference  text            Job Id
dc.subject                       bag             Keywords
photoshop.State                  text            Province or State
xmpRights.UsageTerms             langalt         Rights Usage Terms
iptc.Scene                       bag             Scene Code
photoshop.Source                 text            Source (Supply Chain)
iptc.SubjectCode                 bag             Subject Code
iptc.Location                    text            Sublocation
dc.title                         langalt         Title
"""

_EXTENSION = """
iptcExt.AddlModelInfo            longtext        Additional Model Information
iptcExt.ArtworkOrObject          bag:ArtworkOrObject    Artwork or Object in the Image
iptcExt.OrganisationInImageCode  bag             Code of Organisation Featured in the Image
plus.CopyrightOwner              seq:CopyrightOwner     Copyright Owner
iptcExt.AboutCvTerm              bag:CvTerm      CV-Term About Image
iptcExt.DigImageGUID             text            Digital Image GUID
iptcExt.DigitalSourceType        choice          Digital Source Type
iptcExt.EmbdEncRightsExpr        bag:EmbdEncRightsExpr  Embedded Encoded Rights Expression
iptcExt.EventId                  bag             Event Identifier
iptcExt.Event                    langalt         Event Name
iptcExt.Genre                    bag:CvTerm      Genre
plus.ImageCreator                seq:ImageCreator       Image Creator
xmp.Rating                       integer         Image Rating
iptcExt.ImageRegion              bag:ImageRegion Image Region
iptcExt.RegistryId               bag:RegistryEntry      Image Registry Entry
plus.ImageSupplier               seq:ImageSupplier*1    Image Supplier
plus.ImageSupplierImageID        text            Image Supplier Image ID
plus.Licensor                    seq:Licensor*3  Licensor
iptcExt.LinkedEncRightsExpr      bag:LinkedEncRightsExpr  Linked Encoded Rights Expression
iptcExt.LocationCreated          bag:Location*1  Location Created
iptcExt.LocationShown            bag:Location    Location Shown in the Image
iptcExt.MaxAvailHeight           integer         Max Avail Height
iptcExt.MaxAvailWidth            integer         Max Avail Width
plus.MinorModelAgeDisclosure     choice          Minor Model Age Disclosure
iptcExt.ModelAge                 bag(integer)    Model Age
plus.ModelReleaseID              bag             Model Release Id
plus.ModelReleaseStatus          choice          Model Release Status
iptcExt.OrganisationInImageName  bag             Name of Organisation Featured in the Image
iptcExt.PersonInImage            bag             Person Shown in the Image
iptcExt.PersonInImageWDetails    bag:Person      Person Shown in the Image with Details
iptcExt.ProductInImage           bag:Product     Product Shown in the Image
plus.PropertyReleaseID           bag             Property Release Id
plus.PropertyReleaseStatus       choice          Property Release Status
xmpRights.WebStatement           text            Web Statement of Rights
"""

_LATER = {
    "2022.1": "iptcExt.Contributor              bag:EntityWithRole     Contributor",
    "2023.1": """
plus.DataMining                  choice          Data Mining
plus.OtherConstraints            langalt         Other Constraints
""",
    "2025.1": """
iptcExt.AIPromptInformation      longtext        AI Prompt Information
iptcExt.AIPromptWriterName       text            AI Prompt Writer Name
iptcExt.AISystemUsed             text            AI System Used
iptcExt.AISystemVersionUsed      text            AI System Version Used
""",
}

_OTHERS = """
dc.contributor                   bag             Contributor
dc.coverage                      text            Coverage
dc.date                          seq(date)       Date
dc.format                        text            Format
dc.identifier                    text            Identifier
dc.language                      bag             Language
dc.publisher                     bag             Publisher
dc.relation                      bag             Relation
dc.source                        text            Source
dc.type                          bag             Type
dcterms.provenance               longtext        Provenance
dcterms.rightsHolder             text            Rights Holder
dcterms.isPartOf                 text            Is Part Of
dcterms.license                  text            License
dcterms.temporal                 text            Temporal Coverage
dcterms.spatial                  text            Spatial Coverage
dcterms.extent                   text            Extent
dcterms.medium                   text            Medium
xmp.CreateDate                   date            Date Digitised
xmp.ModifyDate                   date            Date Modified
xmp.MetadataDate                 date            Date of Metadata
xmp.CreatorTool                  text            Creator Tool
xmp.Identifier                   bag             Identifiers
xmp.Label                        text            Colour Label
xmp.Nickname                     text            Nickname
xmpRights.Certificate            text            Rights Certificate
xmpRights.Marked                 boolean         Copyrighted
xmpRights.Owner                  bag             Rights Owner
xmpMM.DocumentID                 text            Document ID
xmpMM.InstanceID                 text            Instance ID
xmpMM.OriginalDocumentID         text            Original Document ID
xmpMM.PreservedFileName          text            Preserved File Name
photoshop.Category               text            Category
photoshop.SupplementalCategories bag             Supplemental Categories
photoshop.Urgency                integer         Urgency
lr.hierarchicalSubject           bag             Hierarchical Keywords
plus.CopyrightStatus             choice          Copyright Status
plus.CreditLineRequired          choice          Credit Line Required
plus.TermsAndConditionsURL       text            Terms and Conditions URL
exif.DateTimeOriginal            date            Original Date (EXIF)
exif.UserComment                 langalt         User Comment
exif.GPSLatitude                 gps             Latitude
exif.GPSLongitude                gps             Longitude
exif.GPSAltitude                 real            Altitude
exif.ImageUniqueID               text            Image Unique ID
exifEX.BodySerialNumber          text            Camera Serial Number
exifEX.CameraOwnerName           text            Camera Owner
exifEX.LensMake                  text            Lens Maker
exifEX.LensModel                 text            Lens Model
exifEX.LensSerialNumber          text            Lens Serial Number
aux.Lens                         text            Lens
aux.SerialNumber                 text            Serial Number
aux.OwnerName                    text            Owner Name
tiff.Make                        text            Camera Maker
tiff.Model                       text            Camera Model
tiff.Orientation                 integer         Orientation
tiff.Software                    text            Software
"""

# Metadata Working Group 2.0, chapters 5 and 6, and the IPTC standard's mapping to IIM 4.2. The byte limits are those of
# IIM 4.2, chapter 6, and the same in the IPTC's iptc-pmd-techreference_2021.1 but for 2:04 (ObjectAttribute): there 64,
# for the text alone; the dataset has 68, with the three digits and the colon before it.
_EXIF = """
dc.description          Image.ImageDescription
dc.creator              Image.Artist
dc.rights               Image.Copyright
photoshop.DateCreated   Photo.DateTimeOriginal   + Photo.SubSecTimeOriginal Photo.OffsetTimeOriginal
xmp.CreateDate          Photo.DateTimeDigitized  + Photo.SubSecTimeDigitized Photo.OffsetTimeDigitized
xmp.ModifyDate          Image.DateTime           + Photo.SubSecTime Photo.OffsetTime
xmp.CreatorTool         Image.Software
exif.UserComment        Photo.UserComment
exif.GPSLatitude        GPSInfo.GPSLatitude      + GPSInfo.GPSLatitudeRef
exif.GPSLongitude       GPSInfo.GPSLongitude     + GPSInfo.GPSLongitudeRef
exif.GPSAltitude        GPSInfo.GPSAltitude      + GPSInfo.GPSAltitudeRef
exif.ImageUniqueID      Photo.ImageUniqueID
exifEX.BodySerialNumber Photo.BodySerialNumber
exifEX.CameraOwnerName  Photo.CameraOwnerName
exifEX.LensMake         Photo.LensMake
exifEX.LensModel        Photo.LensModel
exifEX.LensSerialNumber Photo.LensSerialNumber
tiff.Make               Image.Make
tiff.Model              Image.Model
tiff.Orientation        Image.Orientation
"""

_IIM = """
dc.title                         ObjectName             64
dc.description                   Caption              2000
dc.subject                       Keywords               64  repeats
dc.creator                       Byline                 32  repeats
dc.rights                        Copyright             128
photoshop.AuthorsPosition        BylineTitle            32
photoshop.CaptionWriter          Writer                 32
photoshop.Category               Category                3
photoshop.SupplementalCategories SuppCategory           32  repeats
photoshop.City                   City                   32
photoshop.State                  ProvinceState          32
photoshop.Country                CountryName            64
photoshop.Credit                 Credit                 32
photoshop.Headline               Headline              256
photoshop.Instructions           SpecialInstructions   256
photoshop.Source                 Source                 32
photoshop.TransmissionReference  TransmissionReference  32
photoshop.Urgency                Urgency                 1
photoshop.DateCreated            DateCreated             8  TimeCreated
xmp.CreateDate                   DigitizationDate        8  DigitizationTime
iptc.CountryCode                 CountryCode             3
iptc.Location                    SubLocation            32
iptc.IntellectualGenre           ObjectAttribute        68
iptc.SubjectCode                 Subject               236  repeats
"""

_ALSO = """
dc.title            Exif.Image.XPTitle
dc.description      Exif.Image.XPComment Xmp.tiff.ImageDescription
dc.creator          Exif.Image.XPAuthor Xmp.tiff.Artist
dc.rights           Xmp.tiff.Copyright
dc.subject          Exif.Image.XPKeywords
xmp.Rating          Exif.Image.Rating
photoshop.DateCreated Xmp.exif.DateTimeOriginal
xmp.CreateDate      Xmp.exif.DateTimeDigitized
xmp.ModifyDate      Xmp.tiff.DateTime
xmp.CreatorTool     Xmp.tiff.Software Iptc.Application2.Program
exifEX.BodySerialNumber Xmp.aux.SerialNumber
exifEX.CameraOwnerName  Xmp.aux.OwnerName
exifEX.LensModel        Xmp.aux.Lens
"""

# Structures: a name, then its members as qualified name, shape.
_STRUCTURES = """
ContactInfo
  Iptc4xmpCore:CiAdrExtadr text, Iptc4xmpCore:CiAdrCity text, Iptc4xmpCore:CiAdrCtry text,
  Iptc4xmpCore:CiEmailWork text, Iptc4xmpCore:CiTelWork text, Iptc4xmpCore:CiAdrPcode text,
  Iptc4xmpCore:CiAdrRegion text, Iptc4xmpCore:CiUrlWork text
ArtworkOrObject
  Iptc4xmpExt:AOCircaDateCreated text, Iptc4xmpExt:AOContentDescription langalt,
  Iptc4xmpExt:AOContributionDescription langalt, Iptc4xmpExt:AOCopyrightNotice text, Iptc4xmpExt:AOCreator seq,
  Iptc4xmpExt:AOCreatorId seq, Iptc4xmpExt:AOCurrentCopyrightOwnerId text,
  Iptc4xmpExt:AOCurrentCopyrightOwnerName text, Iptc4xmpExt:AOCurrentLicensorId text,
  Iptc4xmpExt:AOCurrentLicensorName text, Iptc4xmpExt:AODateCreated date, Iptc4xmpExt:AOPhysicalDescription langalt,
  Iptc4xmpExt:AOSource text, Iptc4xmpExt:AOSourceInvNo text, Iptc4xmpExt:AOSourceInvURL text,
  Iptc4xmpExt:AOStylePeriod bag, Iptc4xmpExt:AOTitle langalt
CopyrightOwner
  plus:CopyrightOwnerID text, plus:CopyrightOwnerName text
CvTerm
  Iptc4xmpExt:CvId text, Iptc4xmpExt:CvTermId text, Iptc4xmpExt:CvTermName langalt, Iptc4xmpExt:CvTermRefinedAbout text
EmbdEncRightsExpr
  Iptc4xmpExt:EncRightsExpr longtext, Iptc4xmpExt:RightsExprEncType text, Iptc4xmpExt:RightsExprLangId text
Entity
  xmp:Identifier bag, Iptc4xmpExt:Name langalt
EntityWithRole
  xmp:Identifier bag, Iptc4xmpExt:Name langalt, Iptc4xmpExt:Role bag
ImageCreator
  plus:ImageCreatorID text, plus:ImageCreatorName text
ImageRegion
  Iptc4xmpExt:RegionBoundary structure:RegionBoundary, Iptc4xmpExt:rId text, Iptc4xmpExt:Name langalt,
  Iptc4xmpExt:rCtype bag:Entity, Iptc4xmpExt:rRole bag:Entity
ImageSupplier
  plus:ImageSupplierID text, plus:ImageSupplierName text
Licensor
  plus:LicensorID text, plus:LicensorName text, plus:LicensorStreetAddress text, plus:LicensorExtendedAddress text,
  plus:LicensorCity text, plus:LicensorRegion text, plus:LicensorPostalCode text, plus:LicensorCountry text,
  plus:LicensorTelephoneType1 choice, plus:LicensorTelephone1 text, plus:LicensorTelephoneType2 choice,
  plus:LicensorTelephone2 text, plus:LicensorEmail text, plus:LicensorURL text
LinkedEncRightsExpr
  Iptc4xmpExt:LinkedRightsExpr text, Iptc4xmpExt:RightsExprEncType text, Iptc4xmpExt:RightsExprLangId text
Location
  xmp:Identifier bag, Iptc4xmpExt:City text, Iptc4xmpExt:CountryCode text, Iptc4xmpExt:CountryName text,
  Iptc4xmpExt:LocationId bag, Iptc4xmpExt:LocationName langalt, Iptc4xmpExt:ProvinceState text,
  Iptc4xmpExt:Sublocation text, Iptc4xmpExt:WorldRegion text, exif:GPSAltitude real, exif:GPSLatitude gps,
  exif:GPSLongitude gps
Person
  Iptc4xmpExt:PersonCharacteristic bag:CvTerm, Iptc4xmpExt:PersonDescription langalt, Iptc4xmpExt:PersonId bag,
  Iptc4xmpExt:PersonName langalt
Product
  Iptc4xmpExt:ProductDescription langalt, Iptc4xmpExt:ProductGTIN text, Iptc4xmpExt:ProductId text,
  Iptc4xmpExt:ProductName langalt
RegionBoundary
  Iptc4xmpExt:rbShape choice, Iptc4xmpExt:rbUnit choice, Iptc4xmpExt:rbX real, Iptc4xmpExt:rbY real,
  Iptc4xmpExt:rbW real, Iptc4xmpExt:rbH real, Iptc4xmpExt:rbRx real, Iptc4xmpExt:rbVertices seq:BoundaryPoint
BoundaryPoint
  Iptc4xmpExt:rbX real, Iptc4xmpExt:rbY real
RegistryEntry
  Iptc4xmpExt:RegEntryRole text, Iptc4xmpExt:RegItemId text, Iptc4xmpExt:RegOrgId text
"""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a structure.

    Attributes
    ----------
    name : str
        Qualified name as in the file: ``Iptc4xmpExt:City``.
    kind : str
        One of `KINDS`.
    item : str
        What a list holds.
    structure : str or None
        Key of `STRUCTURES` where the member is a structure itself.
    array : str or None
        RDF container: ``bag``, ``seq`` or ``alt``.
    """

    name: str
    kind: str
    item: str = "text"
    structure: str | None = None
    array: str | None = None


_SHAPE = re.compile(r"(\w+)(?:\((\w+)\))?(?::(\w+))?(?:\*(\d+))?")


def _shape(word: str) -> tuple[str, str, str | None, str | None, int | None]:
    """Read ``bag(integer)`` or ``seq:Licensor*3`` into kind, item, structure, container and most."""
    match = _SHAPE.fullmatch(word)
    assert match is not None, word
    base, item, structure, most = match.groups()
    array = {"bag": "bag", "seq": "seq", "langalt": "alt"}.get(base)
    kind = "structures" if structure and array else base
    item = item or ("text" if base in ("bag", "seq") else base)
    return kind, item, structure, array, int(most) if most else None


def _rows(words: str) -> list[list[str]]:
    return [line.split() for line in words.strip().splitlines()]


def _structures() -> dict[str, tuple[Member, ...]]:
    found: dict[str, tuple[Member, ...]] = {}
    for block in re.split(r"\n(?=\w)", _STRUCTURES.strip()):
        title, _, body = block.partition("\n")
        pairs = [member.split() for member in body.split(",")]
        found[title] = tuple(_member(name, shape) for name, shape in pairs)
    return found


def _member(name: str, shape: str) -> Member:
    kind, item, structure, array, _most = _shape(shape)
    return Member(name, kind, item, structure, array)


def _carriers() -> dict[str, dict[str, object]]:
    """Return what each field's carriers are, as keyword arguments for `FieldSpec`."""
    found: dict[str, dict[str, object]] = {}
    for key, tag, *parts in _rows(_EXIF):
        found[key] = {"exif": (f"Exif.{tag}",), "exif_parts": tuple(f"Exif.{part}" for part in parts[1:])}
    for key, dataset, size, *more in _rows(_IIM):
        time = next((f"Iptc.Application2.{word}" for word in more if word != "repeats"), None)
        found.setdefault(key, {}).update(
            iim=f"Iptc.Application2.{dataset}", iim_bytes=int(size), iim_repeats="repeats" in more, iim_time=time
        )
    for key, *others in _rows(_ALSO):
        found.setdefault(key, {}).update(also=tuple(others))
    return found


def _fields() -> dict[str, FieldSpec]:
    carriers = _carriers()
    tables = [(_CORE, "core", ""), (_EXTENSION, "extension", ""), (_OTHERS, "", "")]
    tables += [(words, "extension", version) for version, words in _LATER.items()]
    found = {}
    for words, section, since in tables:
        for key, shape, *label in _rows(words):
            kind, item, structure, array, most = _shape(shape)
            spec = FieldSpec(
                f"Xmp.{key}", " ".join(label), kind, item=item, structure=structure, array=array, most=most,
                section=section, since=since, **carriers.get(key, {}),  # type: ignore[arg-type]  # read from the tables
            )  # fmt: skip
            found[spec.key] = spec
    return found


STRUCTURES: dict[str, tuple[Member, ...]] = _structures()
"""Structure → its members. Language alternatives, a structure to the IPTC, are the kind ``langalt`` here."""

FIELDS: dict[str, FieldSpec] = _fields()
"""Key → field."""

CARRIERS: dict[str, str] = {carrier: spec.key for spec in FIELDS.values() for carrier in spec.carriers}
"""XMP, EXIF or IIM key → key of the field it carries."""

_WRITTEN = {written: prefix for prefix, written in XMP_PREFIXES.items()}
_KEY = re.compile(r"Xmp\.(\w+)\.([A-Za-z_][\w.-]*)")


def exiv2_key(name: str) -> str:
    """Return a field's key for whatever people write: ``dc:title``, ``XMP-dc:title``, ``Iptc4xmpExt:Event``.

    Parameters
    ----------
    name : str
        A key, a qualified name, or the key of a carrier (``Exif.Image.Artist`` gives ``Xmp.dc.creator``).

    Returns
    -------
    str
        ``Xmp.<prefix>.<name>``, with the prefixes Exiv2 uses.

    Raises
    ------
    BadValue
        The name has none of these forms, or its namespace isn't known.
    """
    name = name.strip()
    if name in CARRIERS:
        return CARRIERS[name]
    prefix, colon, local = name.removeprefix("XMP-").partition(":")
    if not colon and name.startswith("Xmp."):
        _, prefix, local = name.split(".", 2) if name.count(".") >= 2 else ("", "", "")
    prefix = _WRITTEN.get(prefix, {"iptcCore": "iptc"}.get(prefix, prefix))
    key = f"Xmp.{prefix}.{local}"
    if prefix not in NAMESPACES or not local:
        raise BadValue(f"{name!r} isn't the name of a field.", hint=_similar(name))
    return key


def spec(key: str) -> FieldSpec:
    """Return what is known of a field.

    Parameters
    ----------
    key : str
        Its key, or another form that `exiv2_key` understands.

    Raises
    ------
    NotFound
        No standard here has this field; the hint names one that looks like it.
    """
    found = FIELDS.get(key) or FIELDS.get(CARRIERS.get(key, ""))
    if found is None:
        try:
            found = FIELDS.get(exiv2_key(key))
        except BadValue as error:
            raise NotFound(error.message, hint=error.hint) from None
    if found is None:
        raise NotFound(f"No standard known here has a field {key!r}.", hint=_similar(key))
    return found


def custom(key: str, label: str, kind: str = "text", *, item: str = "text") -> FieldSpec:
    """Describe a field that no standard has, so that it can be written and read like the others.

    Parameters
    ----------
    key : str
        Such as ``Xmp.wb.sku``; the namespace must be known (`NAMESPACES`).
    label : str
        English name.
    kind, item : str
        As in `FieldSpec`.

    Raises
    ------
    BadValue
        The key isn't one, or the kind isn't known.
    """
    match = _KEY.fullmatch(key)
    if not match or match[1] not in NAMESPACES:
        raise BadValue(f"{key!r} can't be the key of a field.", hint="Own fields are called like Xmp.wb.sku.")
    if kind not in KINDS:
        raise BadValue(f"{kind!r} isn't a kind of field.", hint=f"Kinds are {', '.join(KINDS)}.")
    array = {"bag": "bag", "seq": "seq", "langalt": "alt"}.get(kind)
    return FieldSpec(key, label, kind, item=item if kind in ("bag", "seq") else kind, array=array)


def _similar(key: str) -> str:
    by_name = {spec.name.lower(): spec.key for spec in FIELDS.values()}
    name = re.split(r"[.:]", key)[-1].lower()
    near = get_close_matches(name, by_name, 1) or get_close_matches(key, FIELDS, 1)
    return f"Did you mean {by_name.get(near[0], near[0])}?" if near else "Keys look like Xmp.dc.title."
