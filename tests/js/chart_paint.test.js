import assert from "node:assert/strict";
import test from "node:test";

import { crossed, isBlank, joined, painted } from "../../workbench/widgets/js/chart_paint.js";

const colours = { ink: "ink", quiet: "quiet", line: "line", page: "page", brand: "brand", other: "other", land: "land" };
const size = { width: 300, height: 200 };
const bars = (meta) => ({ data: [{ type: "bar", y: [1, 2], meta }], layout: { xaxis: { type: "date" }, yaxis: {} } });

test("bars take the brand's colour, those not chosen a quiet one", () => {
  const { data, layout } = painted(bars({ role: "bars", chosen: [true, false] }), colours, size, "h");
  assert.deepEqual(data[0].marker.color, ["brand", "other"]);
  assert.equal(painted(bars({ role: "bars" }), colours, size, "h").data[0].marker.color, "brand");
  assert.deepEqual([layout.width, layout.height, layout.xaxis.type, layout.xaxis.gridcolor], [300, 200, "date", "line"]);
  assert.deepEqual([layout.dragmode, layout.selectdirection, layout.selections], ["select", "h", []]);
});

test("dots keep their sizes, the coast is a thin line, and no chart that can't be drawn on tries to", () => {
  const figure = { data: [{ meta: { role: "coast" } }, { meta: { role: "points" }, marker: { size: [6, 9] } }], layout: {} };
  const { data, layout } = painted(figure, colours, size, "none");
  assert.deepEqual([data[0].line.color, data[1].marker.size, data[1].marker.color], ["land", [6, 9], "brand"]);
  assert.equal(layout.dragmode, false);
});

test("painting leaves the figure as it came, so that it can be painted again in other colours", () => {
  const figure = bars({ role: "bars" });
  const before = JSON.stringify(figure);
  painted(figure, colours, size, "h");
  assert.equal(JSON.stringify(figure), before);
});

test("several bars join into one span, several dots into one box", () => {
  const days = [["2024-03-01", "2024-03-31"], ["2024-01-01", "2024-01-31"]];
  assert.deepEqual(joined("date", days), ["2024-01-01", "2024-03-31"]);
  assert.deepEqual(joined("pixels", [[0, 99_999], [100_000, 249_999]]), [0, 249_999]);
  assert.deepEqual(joined("pixels", [[50_000_000, 99], [100_000_000, null]]), [50_000_000, null]);
  assert.deepEqual(joined("place", [[48, 11, 49, 12], [-3, 20, -2, 21]]), [-3, 11, 49, 21]);
  assert.equal(joined("date", []), null);
});

test("a chart without bars or dots is blank, whatever coast it has", () => {
  const coast = { y: [1, 2, null], meta: { role: "coast" } };
  assert.equal(isBlank({ data: [coast, { y: [] }] }), true);
  assert.equal(isBlank({ data: [coast, { y: [1] }] }), false);
  assert.equal(isBlank({ data: [] }), true);
});

test("a box drawn across bars takes every bar it touches, drawn either way", () => {
  const days = [["2024-01-01", "2024-01-31"], ["2024-02-01", "2024-02-29"], ["2024-04-01", "2024-04-30"]];
  assert.deepEqual(crossed("date", ["2024-01-31 20:00:00.5", "2024-02-01 03:00"], days), days.slice(0, 2));
  assert.deepEqual(crossed("date", ["2024-04-02", "2024-02-15"], days), days.slice(1));
  assert.deepEqual(crossed("date", ["2024-03-02", "2024-03-15"], days), []);
  assert.deepEqual(crossed("pixels", [0.9, 1.1], ["a", "b", "c"]), ["a", "b"]);
  assert.deepEqual(crossed("pixels", [2.5, 1.5], ["a", "b", "c"]), ["b", "c"]);
  assert.deepEqual(crossed("pixels", [9, 12], ["a", "b", "c"]), []);
});
