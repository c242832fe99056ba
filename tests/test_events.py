import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog import sql_folder
from workbench.errors import BadValue
from workbench.events import KINDS, Draft, Event, canonical, digest, flatten, pack, rows, unpack


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(BadValue, match="no kind of event"):
        Draft("teleported", {})


def test_missing_key_is_named() -> None:
    with pytest.raises(BadValue, match="uri"):
        Draft("source_added", {"source": "a"})


def test_every_kind_that_applies_has_its_sql_and_no_sql_is_left_over() -> None:
    applied = {name for name, kind in KINDS.items() if kind.applies}
    assert {path.stem for path in (sql_folder() / "apply").glob("*.sql")} == applied


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(), st.text()), min_size=1, max_size=5), max_size=20))
def test_what_is_packed_is_unpacked(records: list[list[object]]) -> None:
    assert unpack(pack(records)) == records


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text())))
def test_canonical_is_one_text_whatever_the_order(payload: dict[str, object]) -> None:
    backwards = dict(reversed(list(payload.items())))
    assert canonical(payload) == canonical(backwards)
    assert json.loads(canonical(payload)) == payload


def test_digest_depends_on_every_part() -> None:
    parts = (1, "id", "2026-01-01T00:00:00.000000Z", "ann", "values_set", "why", "{}", "1.0", "0" * 64)
    digests = {digest(*parts)}
    for position in range(len(parts)):
        changed = list(parts)
        changed[position] = 2 if position == 0 else parts[position] + "x"
        digests.add(digest(*changed))
    assert len(digests) == len(parts) + 1


def test_values_flatten_with_languages_lists_and_clearing() -> None:
    values = {"a": "x", "b": ["p", "q"], "c": {"x-default": "t", "de": ["u", "v"]}, "d": None, "e": [], "f": 3}
    assert list(flatten(values)) == [
        ("a", None, 0, "x"),
        ("b", None, 0, "p"),
        ("b", None, 1, "q"),
        ("c", "x-default", 0, "t"),
        ("c", "de", 0, "u"),
        ("c", "de", 1, "v"),
        ("d", None, 0, None),
        ("e", None, 0, None),
        ("f", None, 0, "3"),
    ]


def test_rows_carry_who_and_when() -> None:
    payload = {"image_ids": ["i1", "i2"], "values": {"Xmp.dc.title": "t"}}
    event = Event(7, "e", "2026-01-01T00:00:00.000000Z", "ann", "values_set", "", payload, "1", "p", "h")
    made = rows(event)
    assert [r["image_id"] for r in made] == ["i1", "i2"]
    assert {(r["seq"], r["actor"]) for r in made} == {(7, "ann")}
