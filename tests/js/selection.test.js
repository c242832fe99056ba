// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { delta, newSelection, select } from "../../workbench/widgets/js/selection.js";

/** @param {any[]} events @param {number} [count] */
const after = (events, count = 100) => events.reduce(select, newSelection({ count }));

test("a click selects one and forgets the others", () => {
  const state = after([{ type: "only", place: 3 }, { type: "only", place: 8 }]);
  assert.deepEqual(state.ranges, [[8, 9]]);
  assert.equal(state.focus, 8);
});

test("shift stretches and shrinks from where one began, and leaves the rest alone", () => {
  const begun = [{ type: "toggle", place: 50 }, { type: "move", place: 10 }, { type: "extend", place: 20 }];
  assert.deepEqual(after(begun).ranges, [[10, 21], [50, 51]]);
  assert.deepEqual(after([...begun, { type: "extend", place: 12 }]).ranges, [[10, 13], [50, 51]]);
  assert.deepEqual(after([...begun, { type: "extend", place: 5 }]).ranges, [[5, 11], [50, 51]]);
});

test("toggling twice is nothing; all and none are one range and none", () => {
  assert.deepEqual(after([{ type: "toggle", place: 4 }, { type: "toggle", place: 4 }]).ranges, []);
  assert.deepEqual(after([{ type: "all" }], 10_000_000).ranges, [[0, 10_000_000]]);
  assert.deepEqual(after([{ type: "all" }, { type: "none" }]).ranges, []);
});

test("moving keeps the selection and stays inside", () => {
  const state = after([{ type: "toggle", place: 4 }, { type: "move", place: 1000 }]);
  assert.equal(state.focus, 99);
  assert.deepEqual(state.ranges, [[4, 5]]);
  assert.equal(after([{ type: "move", place: -7 }]).focus, 0);
});

test("an empty grid stays as it is", () => {
  assert.deepEqual(after([{ type: "all" }, { type: "only", place: 0 }, { type: "extend", place: 2 }], 0).ranges, []);
});

test("a delta carries one selection into the next", () => {
  assert.deepEqual(delta([[0, 10]], [[5, 12]]), { add: [[10, 12]], remove: [[0, 5]] });
  assert.equal(delta([[0, 10]], [[0, 10]]), null);
});
