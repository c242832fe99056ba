"""Every cell of the sampling tables, arrows too, against the rule that the tables of the standard are built by.

Each table repeats one sequence of numbers along its diagonals: the next letter's sample is about 1.6 times as large, as
the next AQL is, so what stands at one letter and AQL stands one letter on at one AQL less. The sequences are written
down here a second time, apart from the tables; the odds check both.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from workbench import sampling
from workbench.sampling import Plan, aqls, operating_characteristic

TABLES = tomllib.loads(Path(sampling.__file__).with_name("sampling_tables.toml").read_text("utf-8"))
LETTERS = "ABCDEFGHJKLMNPQR"
SIZES = [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150]
FIRST = {"normal": 14, "tightened": 15, "reduced": 14}  # column of the first number in row A
SINGLE = {
    "normal": "0/1 ^ v 1/2 2/3 3/4 5/6 7/8 10/11 14/15 21/22 30/31 44/45",
    "tightened": "0/1 v v 1/2 2/3 3/4 5/6 8/9 12/13 18/19 27/28 41/42",
    "reduced": "0/1 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24",
}
DOUBLE = {
    "normal": "* ^ v 0/2+1/2 0/3+3/4 1/4+4/5 2/5+6/7 3/7+8/9 5/9+12/13 7/11+18/19 11/16+26/27 17/22+37/38 25/31+56/57",
    "tightened": "* v v 0/2+1/2 0/3+3/4 1/4+4/5 2/5+6/7 3/7+11/12 6/10+15/16 9/14+23/24 15/20+34/35 23/29+52/53",
    "reduced": "* ^ v 0/2+0/2 0/3+0/4 0/4+1/5 0/4+3/6 1/5+4/7 2/7+6/9 3/8+8/12 5/10+12/16 7/12+18/22 11/17+26/30",
}
OWN = {  # reduced inspection of the smallest samples, which are two for three letters, has sequences of its own
    "A": "0/1 v v 1/2 2/3 3/4 5/6 7/8 10/11 14/15 21/22 30/31",
    "B": "0/1 ^ v 0/2 1/3 2/4 3/5 5/6 7/8 10/11 14/15 21/22 30/31",
}


def expected(kind: str, severity: str, letter: str) -> list[str]:
    """The cells of a row, by the rule."""
    row, steps = LETTERS.index(letter), (SINGLE if kind == "single" else DOUBLE)[severity].split()
    if kind == "single" and severity == "reduced":
        steps = OWN.get(letter, " ".join(steps)).split()
    if row >= LETTERS.index("F"):
        steps = steps[: 10 if severity == "tightened" else 11]  # larger samples end where one in ten is defective
    places = [row + column - FIRST[severity] for column in range(len(aqls()))]
    cells = ["v" if at < 0 else steps[at] if at < len(steps) else "^" for at in places]
    if letter == "A":  # there is no row above it
        cells = [
            "v" if cell == "^" or (severity == "tightened" and at == 0) else cell
            for cell, at in zip(cells, places, strict=True)
        ]
    if letter == "R":  # nor one below, but for the one that tightened inspection adds
        cells = [
            "^" if cell == "v" and (severity != "tightened" or at == 1) else cell
            for cell, at in zip(cells, places, strict=True)
        ]
    if kind == "double" and letter in ("ABC" if severity == "reduced" else "A"):  # too small to be parted
        cells = ["*" if "/" in cell else cell for cell in cells]
    return cells


def rows(kind: str, severity: str) -> dict[str, tuple[int, list[str]]]:
    parted = [line.split() for line in TABLES[kind][severity].splitlines()]
    return {cells[0]: (int(cells[1]), cells[2:]) for cells in parted}


@pytest.mark.parametrize("kind", ["single", "double"])
@pytest.mark.parametrize("severity", ["normal", "tightened", "reduced"])
def test_each_cell_is_what_the_diagonals_say(kind: str, severity: str) -> None:
    table = rows(kind, severity)
    assert "".join(table) == LETTERS + ("S" if severity == "tightened" else "")
    for letter in LETTERS:
        assert table[letter][1] == expected(kind, severity, letter), letter


@pytest.mark.parametrize("kind", ["single", "double"])
@pytest.mark.parametrize("severity", ["normal", "tightened", "reduced"])
def test_samples_grow_by_one_series(kind: str, severity: str) -> None:
    """Two fifths of the normal sample when reduced; each of two samples is as large as the letter before has."""
    back = (2 if severity == "reduced" else 0) + (kind == "double")
    for row, (letter, (n, _)) in enumerate(rows(kind, severity).items()):
        none = kind == "double" and letter in ("ABC" if severity == "reduced" else "A")
        assert n == (0 if none else SIZES[max(0, row - back)]), letter


def test_the_row_that_only_tightened_inspection_has() -> None:
    for kind, n, cell in (("single", 3150, "1/2"), ("double", 2000, "0/2+1/2")):
        size, cells = rows(kind, "tightened")["S"]
        assert size == n
        assert cells == ["^", "^", cell] + ["^"] * 23


def test_levels_of_quality_grow_as_samples_do() -> None:
    mantissas = {1.0, 1.5, 2.5, 4.0, 6.5}
    assert len(aqls()) == 26
    assert {float(f"{aql:e}".partition("e")[0]) for aql in aqls()} == mantissas
    series = np.array(SIZES, float)
    assert np.abs(np.log(series[1:] / series[:-1]) - np.log(10) / 5).max() < 0.06


def test_tightened_is_normal_of_the_next_stricter_column() -> None:
    """As far as six defectives; from there on tightened inspection has numbers of its own between the columns."""
    normal, tightened = rows("single", "normal"), rows("single", "tightened")
    compared = 0
    for letter in LETTERS:
        for column in range(1, len(aqls())):
            cell = tightened[letter][1][column]
            if cell in ("0/1", "1/2", "2/3", "3/4", "5/6"):
                assert cell == normal[letter][1][column - 1], (letter, column)
                compared += 1
    assert compared > 70


@pytest.mark.parametrize(("severity", "least"), [("normal", 0.86), ("tightened", 0.77), ("reduced", 0.87)])
def test_each_cell_lets_through_work_of_the_agreed_quality(severity: str, least: float) -> None:
    """One wrong digit in a cell takes its odds out of these bounds or breaks its diagonal."""
    for letter, (n, cells) in rows("single", severity).items():
        for aql, cell in zip(aqls(), cells, strict=True):
            if "/" in cell:
                accept, reject = map(int, cell.split("/"))
                own = Plan(n, accept, reject, aql=aql, severity=severity)
                assert least < operating_characteristic(own, [aql / 100])[0], (letter, aql)


@pytest.mark.parametrize("severity", ["normal", "tightened"])
def test_two_samples_decide_as_one_does(severity: str) -> None:
    """The double plan of every cell has the odds of its single plan, at any quality."""
    single, compared = rows("single", severity), 0
    for letter, (n, cells) in rows("double", severity).items():
        for aql, cell, other in zip(aqls(), cells, single[letter][1], strict=True):
            if "+" not in cell:
                continue
            (a1, r1), (a2, r2) = (map(int, part.split("/")) for part in cell.split("+"))
            a, r = map(int, other.split("/"))
            pair = Plan(n, a1, r1, kind="double", aql=aql, n2=n, accept2=a2, reject2=r2)
            one = Plan(single[letter][0], a, r, aql=aql)
            shares = np.linspace(0, min(1.0 if aql <= 10 else 99, 3 * (a + 1) / one.n), 60)
            gap = operating_characteristic(pair, shares) - operating_characteristic(one, shares)
            assert np.abs(gap).max() < (0.09 if aql <= 10 else 0.15), (letter, aql)
            compared += 1
    assert compared > 110
