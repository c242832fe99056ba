"""The charts: whatever is drawn, it can be sent, and what it stands for can be asked for."""

from __future__ import annotations

import html
import json
import math
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from workbench import charts
from workbench.coastlines import COASTLINES
from workbench.search import SIZE_EDGES, FacetCount, PlaceBin, SizeBin, TimeBin

counts = st.integers(1, 10**7)
spans = st.tuples(st.dates(), st.dates()).map(sorted)
times = st.lists(st.builds(lambda span, count: TimeBin(span[0], span[1], count), spans, counts), max_size=9).map(
    lambda bins: sorted(bins, key=lambda one: (one.first, one.last))
)
spots = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
heaps = st.lists(
    st.builds(lambda spot, n: PlaceBin(spot[0], spot[1], n, (spot[0], spot[1], spot[0], spot[1])), spots, counts),
    max_size=9,
)


def size_bins(of: list[int]) -> list[SizeBin]:
    highs = [*SIZE_EDGES[1:], None]
    bins = []
    for low, high, count in zip(SIZE_EDGES, highs, of, strict=True):
        bins.append(SizeBin(low, high, count, (round(low * 1e6), None if high is None else round(high * 1e6) - 1)))
    return bins


@given(times)
@example([TimeBin(date.min, date.min, 1)])
@example([TimeBin(date.max, date.max, 1)])
@example([TimeBin(date.min, date.max, 1)])
@example([])
def test_any_time_can_be_drawn(bins: list[TimeBin]) -> None:
    (trace,) = charts.timeline(bins).to_dict()["data"]
    json.dumps(charts.timeline(bins).to_dict(), allow_nan=False)
    assert trace["customdata"] == [[one.first.isoformat(), one.last.isoformat()] for one in bins]
    assert all(width > 0 for width in trace["width"])


@given(heaps)
@example([PlaceBin(90.0, 180.0, 1, (90.0, 180.0, 90.0, 180.0))])
@example([])
def test_any_place_is_on_the_map(found: list[PlaceBin]) -> None:
    figure = charts.places(found).to_dict()
    json.dumps(figure, allow_nan=False)
    (west, east), (south, north) = figure["layout"]["xaxis"]["range"], figure["layout"]["yaxis"]["range"]
    assert west < east
    assert south < north
    for one in found:
        assert west <= one.longitude <= east
        assert south <= one.latitude <= north
    assert figure["layout"]["yaxis"]["scaleanchor"] == "x"


def test_a_degree_is_as_long_north_as_east_at_that_latitude() -> None:
    spot = PlaceBin(60.0, 10.0, 1, (60.0, 10.0, 60.0, 10.0))
    assert math.isclose(charts.places([spot]).layout.yaxis.scaleratio, 2.0, rel_tol=1e-9)


def test_the_coast_is_drawn_only_where_it_is_true_enough() -> None:
    munich, lima = (PlaceBin(lat, lon, 1, (lat, lon, lat, lon)) for lat, lon in ((48.1, 11.6), (-12.0, -77.0)))
    assert [trace.meta["role"] for trace in charts.places([munich]).data] == ["points"]
    assert [trace.meta["role"] for trace in charts.places([munich, lima]).data] == ["coast", "points"]
    for line in COASTLINES:
        assert len(line) > 2
        assert all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in line)


def test_sizes_begin_and_end_where_there_are_images() -> None:
    of = [0] * len(SIZE_EDGES)
    of[2], of[4] = 5, 1
    (bars,) = charts.sizes(size_bins(of)).data
    assert list(bars.y) == [5, 0, 1]
    assert bars.customdata[0] == [250_000, 499_999]
    of[-1] = 7
    (bars,) = charts.sizes(size_bins(of)).data
    assert bars.customdata[-1] == [100_000_000, None]
    assert charts.sizes(size_bins([0] * len(of))).data[0].y == ()


def test_names_are_text_not_markup() -> None:
    name = "<a href=x>&</a>"
    figure = charts.formats([FacetCount(name, 3), FacetCount("PNG", 1)], chosen=[name])
    (bars,) = figure.data
    assert figure.layout.yaxis.ticktext == ("PNG", "&lt;a href=x&gt;&amp;&lt;/a&gt;")
    assert "<a" not in bars.hovertext[1]
    assert list(bars.customdata) == ["PNG", name]  # what is asked for is the name itself
    assert bars.meta["chosen"] == [False, True]


@given(st.lists(st.text(), max_size=12, unique=True))
def test_long_names_are_cut_and_stay_apart(names: list[str]) -> None:
    figure = charts.formats([FacetCount(name, 1) for name in names])
    assert len(set(figure.data[0].y)) == len(figure.layout.yaxis.ticktext or ()) == min(10, len(names))
    assert all(len(html.unescape(label)) <= 16 for label in figure.layout.yaxis.ticktext or ())


@given(st.text())
def test_plain_text_has_no_tags(text: str) -> None:
    said = charts.plain(text)
    assert not set(said) & set("<>")
    assert said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text
