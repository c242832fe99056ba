"""A small collection with known mistakes to audit: countries missing or misspelt, a garbled title, one with markup."""

from __future__ import annotations

import html
from pathlib import Path

from small_collections import fill
from tagged_collection import PROFILE, picture
from widgets.small_workspace import SCRIPT

import workbench as wb

GARBLED = "CafÃ© MÃ¼ller"
WITHOUT_COUNTRY = 6


def pictures() -> dict[str, bytes]:
    """Twelve shirts: the first six without a country, then one misspelt, one garbled, one hostile, three in order."""
    made = {f"{n:02}.jpg": picture(n, f"Linen shirt {n}", "") for n in range(WITHOUT_COUNTRY)}
    made["06.jpg"] = picture(6, "Linen shirt 6", "Germny")
    made["07.jpg"] = picture(7, GARBLED)
    made["08.jpg"] = picture(8, html.escape(SCRIPT))
    return made | {f"{n:02}.jpg": picture(n, f"Linen shirt {n}") for n in range(9, 12)}


def workspace(home: Path, *, actor: str = "ann") -> wb.Bench:
    """The collection, scanned, with the profile ``shop`` in its workspace."""
    fill(home / "shirts", pictures())
    ws = wb.open(home / "ws", actor=actor)
    (ws.folder / "profiles").mkdir(exist_ok=True)
    (ws.folder / "profiles" / "shop.toml").write_text(PROFILE, "utf-8")
    (ws.folder / "profiles" / "terms.csv").write_text("term\nshirt\nlinen\n", "utf-8")
    ws.scan(home / "shirts", batch="spring", progress=False)
    return ws
