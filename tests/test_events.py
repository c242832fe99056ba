import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog import sql_folder
from workbench.errors import BadValue
from workbench.events import KINDS, Draft, Event, canonical, columns, digest, flatten, pack, rows, unpack


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(BadValue, match="no kind of event"):
        Draft("teleported", {})


def test_missing_key_is_named() -> None:
    with pytest.raises(BadValue, match="uri"):
        Draft("source_added", {"source": "a"})


def test_every_kind_that_applies_has_its_sql_and_no_sql_is_left_over() -> None:
    applied = {name for name, kind in KINDS.items() if kind.applies}
    assert {path.stem for path in (sql_folder() / "apply").glob("*.sql")} == applied


SCALARS = st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["],\n[", "],[", ",\n", "\\n", "[", '"']))
CELLS = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.lists(st.lists(SCALARS, max_size=2), max_size=3))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=20))
def test_what_is_packed_is_unpacked_and_is_a_line_each(records: list[list[object]]) -> None:
    packed = pack(records)
    assert unpack(packed) == records
    lines = zlib.decompress(packed).decode("utf-8", "surrogatepass").split("\n")
    assert [json.loads(line) for line in lines if line] == records


@given(
    st.lists(
        st.tuples(st.text(), st.text(), st.none() | st.text(), st.integers(0, 9), st.none() | st.text(), st.none())
    )
)
def test_columns_say_the_same_as_rows(records: list[tuple[object, ...]]) -> None:
    payload = {"count": 1, "fields": [], "what": "x"}
    event = Event(7, "id", "2026-01-01T00:00:00.000000Z", "ann", "values_changed", "", payload, "1", "", "")
    told = columns(event, pack(records))
    assert [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)] == rows(event, pack(records))


def test_columns_of_an_event_without_bulk_are_its_rows() -> None:
    payload = {"image_ids": ["a", "b"], "values": {"f": ["x", "y"], "g": None}}
    event = Event(7, "id", "2026-01-01T00:00:00.000000Z", "ann", "values_set", "", payload, "1", "", "")
    told = columns(event)
    assert told["value"] == ["x", "y", None] * 2
    assert told["seq"] == [7] * 6


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
