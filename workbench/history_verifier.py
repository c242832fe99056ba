#!/usr/bin/env python3
"""Verify an exported history, with nothing but Python itself: ``python verify.py [FOLDER] [--head HASH]``.

Every event carries the SHA-256 of its own content and of the event before. This script computes these again from the
content, follows the chain from the first event to the last, and compares attachments and files with their checksums.

When all events are there in full, the last hash stands for every one of them: whoever wrote it down earlier can tell
that nothing was changed, left out or added. Where events are given by their hashes only, these can't be computed again:
then each exported event fits its own hash and its place, no more.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GENESIS = "0" * 64


class Wrong(Exception):
    """Something doesn't fit; the sentence says what."""


def digest(event: dict[str, Any]) -> str:
    """Return the SHA-256 that an event must have, computed from its content."""
    payload = json.dumps(event["payload"], sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    names = ("seq", "event_id", "at", "actor", "kind", "reason")
    line = json.dumps([*(event[n] for n in names), payload, event["version"], event["prev"]], ensure_ascii=False)
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            summed.update(piece)
    return summed.hexdigest()


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                found = json.loads(line)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise Wrong(f"{path.name}, line {number}: not an event.")
            yield found


def check_event(folder: Path, event: dict[str, Any]) -> int:
    """Compute one event's hash again, and its attachment's; return how many attachments that were."""
    try:
        seq, fits = event["seq"], digest(event) == event["hash"]
        wanted = event["payload"].get("attachment_sha256")
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Wrong(f"Event {event.get('seq')}: something is missing from it.") from None
    if not fits:
        raise Wrong(f"Event {seq} was changed after it was written: its hash doesn't fit its content.")
    if wanted is None:
        return 0
    path = folder / "attachments" / f"{int(seq)}.zlib"
    if not path.is_file():
        raise Wrong(f"The attachment of event {seq} is missing.")
    if sha256_of(path) != wanted:
        raise Wrong(f"The attachment of event {seq} was changed.")
    return 1


def check_chain(folder: Path, head: dict[str, Any]) -> tuple[int, int]:
    """Follow the chain from the first event to the last; return how many events, and how many of them in full."""
    seq, prev, full = 0, GENESIS, 0
    for event in lines_of(folder / "chain.jsonl"):
        if event.get("seq") != seq + 1:
            raise Wrong(f"Event {seq + 1} is missing from the chain.")
        if event.get("prev") != prev:
            raise Wrong(f"Event {seq + 1} doesn't follow the event before it.")
        if "payload" in event:
            check_event(folder, event)
            full += 1
        seq, prev = seq + 1, str(event.get("hash"))
    if [seq, prev] != [head["seq"], head["hash"]]:
        raise Wrong(f"The chain ends at event {seq}, not where the export says: at event {head['seq']}.")
    return seq, full


def check_selected(folder: Path) -> tuple[int, int]:
    """Prove every event of ``events.jsonl``, and that each stands in the chain; return how many, and attachments."""
    places = ((one["seq"], one["prev"], one["hash"]) for one in lines_of(folder / "chain.jsonl"))
    count = attachments = 0
    for event in lines_of(folder / "events.jsonl"):
        attachments += check_event(folder, event)
        mine = (event["seq"], event["prev"], event["hash"])
        if not any(place == mine for place in places):  # goes on where it stopped: both are in order
            raise Wrong(f"Event {event['seq']} doesn't stand in the chain, or stands there twice.")
        count += 1
    return count, attachments


def check_files(folder: Path, files: dict[str, str]) -> None:
    """Compare every file with the checksum that the manifest gives."""
    for name, wanted in files.items():
        path = folder / name
        if folder.resolve() not in path.resolve().parents:
            raise Wrong(f"The manifest names a file outside the folder: {name!r}.")
        if not path.is_file():
            raise Wrong(f"{name!r} is missing.")
        if sha256_of(path) != wanted:
            raise Wrong(f"{name!r} was changed.")


def verify(folder: Path, head: str | None = None) -> str:
    """Verify a whole export; return what was proved. Raises `Wrong`, naming the first thing that doesn't fit."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        if head and manifest["head"]["hash"] != head.strip().lower():
            raise Wrong("The export's last hash isn't the one given with --head.")
        check_files(folder, manifest["files"])
        events, full = check_chain(folder, manifest["head"])
        count, attachments = check_selected(folder)
    except OSError as error:
        raise Wrong(f"{error.filename} can't be read: {error.strerror}.") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Wrong(f"The export isn't whole: {error}.") from None
    proved = max(full, count)
    last = f"Its last hash is {manifest['head']['hash']}."
    if proved == events:
        last += " If it was written down elsewhere and is the same, nothing was changed, left out or added."
    else:
        last += (
            f"\nThe other {events - proved:,} events are given by their hashes only, which can't be computed again: "
            "for a proof from the first event to the last, ask for an export with --whole."
        )
    return (
        f"OK: {count:,} events exported, every hash fits its content; {attachments:,} attachments fit.\n"
        f"The chain goes through all {events:,} events of the ledger; {proved:,} were computed again in full.\n"
        f"{last}"
    )


def main() -> int:
    """Run on the command line: 0 when everything fits, 1 when something doesn't."""
    parser = argparse.ArgumentParser(description="Verify an exported history.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--head", help="the last hash, as it was written down elsewhere")
    args = parser.parse_args()
    try:
        print(verify(args.folder, args.head))
    except Wrong as wrong:
        print(f"NOT VERIFIED: {wrong}".encode("ascii", "backslashreplace").decode(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
