"""Bulk changes on the command line: shown first, done with --yes, taken back by number."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from small_collections import command, fill, jpeg

import workbench as wb
from workbench.bulk_commands import values_of
from workbench.errors import BadValue

TITLE, WORDS = "Xmp.dc.title", "Xmp.dc.subject"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three images with titles and keywords, scanned."""
    files = {f"{n}.jpg": jpeg(n, f"Shirt {n}", ("Linen", "shirt")) for n in range(3)}
    fill(tmp_path / "photos", files)
    with wb.open(tmp_path / "w", actor="ann") as ws:
        ws.scan(tmp_path / "photos", progress=False)
    return tmp_path


def bulk(home: Path, *words: Any) -> Any:
    return command("bulk", words[0], "--workspace", home / "w", "--actor", "ann", *words[1:])


def titles(home: Path) -> list[str]:
    with wb.open(home / "w", actor="ann") as ws:
        found = ws.sql(f"select value from metadata where field = '{TITLE}' and lang = 'x-default' order by image_id")
        return sorted(found["value"])


def test_nothing_is_changed_until_one_says_yes_and_undo_takes_it_back(home: Path) -> None:
    shown = bulk(home, "set", f"{TITLE}=A shirt")
    assert shown.returncode == 0, shown.stderr
    assert "3 images would change" in shown.stdout
    assert "Shirt 1" in shown.stdout
    assert "Nothing is changed yet: say --yes" in shown.stdout
    assert ".apply()" not in shown.stdout
    assert titles(home) == ["Shirt 0", "Shirt 1", "Shirt 2"]
    done = json.loads(bulk(home, "set", f"{TITLE}=A shirt", "--yes", "--reason", "all the same", "--json").stdout)
    assert (done["changed"], done["refused"]) == (3, 0)
    assert titles(home) == ["A shirt"] * 3
    [row] = json.loads(command("changes", "--workspace", home / "w", "--last", "1", "--json").stdout)
    assert (row["seq"], row["reason"], row["undoable"]) == (done["applied"], "all the same", True)
    undone = command("undo", done["applied"], "--workspace", home / "w", "--actor", "ann")
    assert undone.stdout.startswith(f"Change {done['applied']} is taken back")
    assert titles(home) == ["Shirt 0", "Shirt 1", "Shirt 2"]
    again = command("undo", done["applied"], "--workspace", home / "w")
    assert (again.returncode, "undone already" in again.stderr) == (1, True)


def test_only_what_a_search_finds(home: Path) -> None:
    done = bulk(home, "replace", TITLE, "SHIRT", "Blouse", "--ignore-case", "--query", "1.jpg", "--yes")
    assert "1 changed" in done.stdout
    assert titles(home) == ["Blouse 1", "Shirt 0", "Shirt 2"]
    done = bulk(home, "replace", TITLE, r"^(\w+) (\d)$", r"\2 \1", "--regex", "--yes")
    assert titles(home) == ["0 Shirt", "1 Blouse", "2 Shirt"]


def test_keywords_templates_and_names(home: Path) -> None:
    assert "3 changed" in bulk(home, "merge-keywords", "linen", "Linen", "--yes").stdout
    with wb.open(home / "w", actor="ann") as ws:
        assert sorted(set(ws.sql(f"select value from metadata where field = '{WORDS}'")["value"])) == ["linen", "shirt"]
        ws.bulk.save_template(ws.bulk.make_template("credit", {"Xmp.photoshop.Credit": "Studio {sequence}"}))
    assert "3 changed" in bulk(home, "template", "credit", "--yes").stdout
    assert "3 changed" in bulk(home, "rename", "shirt_{sequence:02}", "--yes").stdout
    assert sorted(one.name for one in (home / "photos").iterdir()) == ["shirt_01.jpg", "shirt_02.jpg", "shirt_03.jpg"]
    assert "3 changed" in bulk(home, "organise", "{format}", "--yes").stdout
    assert len(list((home / "photos" / "JPEG").iterdir())) == 3


def test_out_to_a_sheet_and_back(home: Path) -> None:
    sheet = home / "titles.csv"
    assert "sheet-in" in bulk(home, "sheet-out", sheet, "--field", TITLE, "--field", WORDS).stdout
    rows = list(csv.reader(sheet.read_text("utf-8-sig").splitlines()))
    edited = [[cell.replace("Shirt 2", "The last one") for cell in row] for row in rows]
    with sheet.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows(edited)
    assert "1 images would change" in bulk(home, "sheet-in", sheet).stdout
    assert "1 changed" in bulk(home, "sheet-in", sheet, "--yes").stdout
    assert titles(home) == ["Shirt 0", "Shirt 1", "The last one"]


def test_what_words_give() -> None:
    assert values_of([f"{TITLE}=a=b"]) == {TITLE: "a=b"}
    assert values_of([f"{TITLE}[de]=Hemd", f"{TITLE}[fr]=Chemise"]) == {TITLE: {"de": "Hemd", "fr": "Chemise"}}
    assert values_of([f"{WORDS}=one", f"{WORDS}=two"]) == {WORDS: ["one", "two"]}
    assert values_of([f"{TITLE}="]) == {TITLE: None}
    assert values_of(["Xmp.photoshop.City=Batumi\nand more"]) == {"Xmp.photoshop.City": "Batumi\nand more"}


@pytest.mark.parametrize(
    "words", [["title"], [f"{TITLE}=a", f"{TITLE}=b"], [f"{TITLE}=a", f"{TITLE}[de]=b"], ["=x"], ["no field=x"]]
)
def test_what_words_dont(words: list[str]) -> None:
    with pytest.raises(BadValue):
        values_of(words)
