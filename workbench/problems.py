"""What can be wrong with a file, in sentences: one `Problem` becomes one row of ``problems``."""

from __future__ import annotations

from dataclasses import dataclass

KINDS: dict[str, str] = {
    # list: met while walking a source
    "unreadable_folder": "This folder can't be opened, so nothing in it was seen.",
    "not_a_file": "This is a device, a socket or a broken link, not a file.",
    # read: the bytes
    "unreadable": "The file can't be read: permission is missing or the storage fails.",
    "vanished_while_reading": "The file was listed but was gone before it could be read.",
    "changed_while_reading": "The file changed while it was being read; scan again when nobody writes to it.",
    "empty": "The file is empty (0 bytes).",
    "not_an_image": "This isn't an image.",
    "sidecar": "This is a sidecar file: what it says counts for the image beside it.",
    # decode: the picture
    "truncated": "The picture is cut off: part of the file is missing.",
    "corrupt": "The picture can't be decoded: the file is damaged.",
    "decompression_bomb": "The picture claims more pixels than a photograph has; it wasn't decoded, for safety.",
    "timeout": "Reading took longer than the time allowed for one file.",
    "out_of_memory": "Reading needed more memory than allowed for one file.",
    "crashed": "The program that reads files crashed on this one.",
    # metadata: what is embedded
    "hostile_xmp": "The XMP metadata is built like an attack (entities or extreme nesting); it wasn't read.",
    "unparseable_xmp": "The XMP metadata is damaged and can't be read.",
    "repaired_xmp": "The XMP metadata holds damaged characters; they were replaced so that the rest could be read.",
    "unparseable_iptc": "The IPTC metadata is damaged and can't be read.",
    "unparseable_exif": "The EXIF metadata is damaged and can't be read.",
    "value_too_long": "A metadata value is absurdly long; only its beginning was kept.",
    "too_many_values": "There are absurdly many metadata values; only the first were kept.",
    "bad_date": "The capture date isn't a date.",
    "bad_gps": "The GPS position isn't a place on Earth.",
}
"""Kind of problem → the sentence shown for it."""

STAGES = ("list", "read", "decode", "metadata")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one file.

    Attributes
    ----------
    stage : str
        Where it was met: ``list``, ``read``, ``decode`` or ``metadata``.
    kind : str
        A key of `KINDS`.
    message : str
        The sentence shown to people.
    detail : str
        What the library said, for those who want to know.
    """

    stage: str
    kind: str
    message: str
    detail: str = ""


def problem(stage: str, kind: str, detail: str = "", *, message: str = "") -> Problem:
    """Make a `Problem` whose message is looked up in `KINDS` unless one is given.

    ``detail`` is cut at 500 characters: libraries quote hostile input back at length.
    """
    return Problem(stage, kind, message or KINDS[kind], detail[:500])
