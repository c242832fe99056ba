"""The house rules, checked: names, doors, reasons, and that lists in words are true."""

import ast
import re
import subprocess
import tokenize
import tomllib
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PACKAGE = HOME / "workbench"

DOORS = {
    "duckdb": {"catalog.py"},
    "sqlite3": {"ledger.py", "thumbnails.py"},
    "fsspec": {"sources.py"},
    "PIL": {"images.py", "edits.py", "fingerprints.py", "sample.py", "sample_pictures.py", "sample_metadata.py"},
    "pillow_heif": {"images.py", "sample.py", "sample_pictures.py"},
    "imagehash": {"fingerprints.py"},
    "cv2": {"features.py"},
    "pyexiv2": {"metadata.py"},
    "python_calamine": {"spreadsheets.py"},
    "rapidfuzz": {"comparators.py"},
    "xlsxwriter": {"spreadsheets.py"},
    "tqdm": {"terminal.py"},
    "typst": {"report_print.py"},
    "skimage": {"sample.py", "sample_pictures.py"},
}
"""Third-party library → the only modules that may import it; the sample's makers and `edits` draw and save pictures."""

ONLY_IN_WIDGETS = {"ipywidgets", "anywidget", "IPython"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "core", "misc"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in names}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOME, capture_output=True, check=True).stdout
    return [HOME / name for name in listed.decode().split("\0") if name and (HOME / name).is_file()]


@pytest.mark.parametrize("library", sorted(DOORS))
def test_one_library_one_door(library: str) -> None:
    users = {path.name for path in modules() if library in imported(path)}
    assert users <= DOORS[library]


def test_only_the_widgets_know_jupyter() -> None:
    outside = [p for p in modules() if "widgets" not in p.parts and imported(p) & ONLY_IN_WIDGETS]
    assert outside == []


def test_no_file_is_called_after_nothing() -> None:
    assert [p for p in tracked() if p.stem in FORBIDDEN_NAMES] == []


def test_every_ignore_carries_its_reason() -> None:
    unreasoned = []
    for path in [p for p in tracked() if p.suffix == ".py"]:
        with tokenize.open(path) as file:
            for token in tokenize.generate_tokens(file.readline):
                found = (
                    re.search(r"#\s*(noqa|type: ignore)[^#]*(#.*)?$", token.string)
                    if token.type == tokenize.COMMENT
                    else None
                )
                if found and not (
                    found.group(2) or re.search(r"(noqa: [A-Z0-9, ]+|ignore\[[\w, -]+\])\s+\S", token.string)
                ):
                    unreasoned.append(f"{path.relative_to(HOME)}:{token.start[0]}")
    assert unreasoned == []


def test_nothing_speaks_of_this_machine_or_an_index() -> None:
    hosts = "|".join(["pypi" + r"\.org", "files\\.pythonhosted", "registry\\.npm" + "js", "deb\\.debian"])
    pattern = re.compile(rf"({hosts})|(?<![\w.])/work/(main|shared)|/tmp/brief")
    guilty = []
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".webp", ".ico"} or path == Path(__file__):
            continue
        text = path.read_text("utf-8", errors="replace")
        guilty += [f"{path.relative_to(HOME)}: {m.group(0)}" for m in pattern.finditer(text)]
    assert guilty == []


def requirement(text: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([\w.-]+)\s*(.*)", text).groups()  # type: ignore[union-attr]  # fails the test
    return {"python-duckdb": "duckdb"}.get(name.lower(), name.lower()), bound.replace(" ", "")


def test_environment_and_pyproject_agree() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = dict(map(requirement, project["dependencies"] + project["optional-dependencies"]["demo"]))
    wanted["python"] = project["requires-python"]
    lines = (HOME / "environment.yml").read_text("utf-8").split("dependencies:")[1].splitlines()
    listed = [line.strip().lstrip("- ").strip() for line in lines if line.strip().startswith("- ")]
    listed = [entry for entry in listed if entry not in ("pip", "pip:", "-e .", "e .")]
    assert dict(map(requirement, listed)) == wanted


def test_version_is_said_once() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"## {project['version']}" in (HOME / "CHANGELOG.md").read_text("utf-8")


def test_top_of_the_project_is_what_was_agreed() -> None:
    for name in ("notebooks", "workbench", "sql", "environment.yml", "tests", "README.md"):
        assert (HOME / name).exists(), name
