from dataclasses import dataclass

import pytest
from IPython.lib.pretty import pretty

from workbench.in_words import InWords
from workbench.intervals import wilson
from workbench.scan import ScanReport


@dataclass(frozen=True, slots=True)
class Found(InWords):
    images: int

    def __str__(self) -> str:
        return f"{self.images} images."


@pytest.mark.parametrize("result", [Found(3), wilson(3, 100), ScanReport("1", "photos", "file:///photos", "first")])
def test_a_cell_shows_what_print_shows(result: object) -> None:
    assert pretty(result) == str(result)
    assert repr(result).startswith(type(result).__name__ + "(")
