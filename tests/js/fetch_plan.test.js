// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { AT_ONCE, MOST, nextWanted } from "../../workbench/widgets/js/fetch_plan.js";

/** @param {any} given */
const wanted = (given) => nextWanted({ seen: [100, 140], near: [[140, 180], [60, 100]], has: () => false, underWay: [], ...given });

test("what is in sight comes first, then below, then above", () => {
  assert.deepEqual(wanted({}), [100, 140]);
  assert.deepEqual(wanted({ has: (/** @type {number} */ p) => p >= 100 && p < 140 }), [140, 180]);
  assert.deepEqual(wanted({ has: (/** @type {number} */ p) => p >= 100 }), [60, 100]);
  assert.equal(wanted({ has: () => true }), null);
});

test("only what is missing, and nothing twice", () => {
  assert.deepEqual(wanted({ has: (/** @type {number} */ p) => p < 110 || p >= 120 }), [110, 120]);
  assert.deepEqual(wanted({ underWay: [[100, 120]] }), [120, 140]);
});

test("after a jump the new place is asked for at once, in front of any prefetch", () => {
  assert.deepEqual(wanted({ underWay: [[5000, 5040]] }), [100, 140]);
  assert.equal(wanted({ underWay: [[100, 140]] }), null, "no prefetch while something else is under way");
});

test("never more at once, never more in one", () => {
  assert.equal(wanted({ underWay: Array.from({ length: AT_ONCE }, () => [0, 1]) }), null);
  assert.deepEqual(wanted({ seen: [0, 1000] }), [0, MOST]);
});
