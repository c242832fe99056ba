// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { holds, howMany, minus, withoutRange, withRange } from "../../workbench/widgets/js/ranges.js";

/** A small repeatable source of numbers. @param {number} seed */
function dice(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

/** @param {Set<number>} set @returns {[number, number][]} */
function rangesOf(set) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const place of [...set].sort((a, b) => a - b)) {
    const last = ranges[ranges.length - 1];
    if (last && last[1] === place) last[1] += 1;
    else ranges.push([place, place + 1]);
  }
  return ranges;
}

test("ranges behave as a set of places, whatever is put in and taken out", () => {
  const roll = dice(7);
  for (let round = 0; round < 200; round += 1) {
    /** @type {[number, number][]} */
    let ranges = [];
    const set = new Set();
    for (let step = 0; step < 12; step += 1) {
      const start = roll(30);
      const stop = start + roll(12);
      const put = roll(2) === 1;
      ranges = put ? withRange(ranges, start, stop) : withoutRange(ranges, start, stop);
      for (let place = start; place < stop; place += 1) put ? set.add(place) : set.delete(place);
      assert.deepEqual(ranges, rangesOf(set));
      assert.equal(howMany(ranges), set.size);
      for (let place = 0; place < 45; place += 1) assert.equal(holds(ranges, place), set.has(place));
    }
  }
});

test("what is left of one set without another", () => {
  const roll = dice(11);
  for (let round = 0; round < 500; round += 1) {
    const one = new Set(Array.from({ length: roll(20) }, () => roll(25)));
    const other = new Set(Array.from({ length: roll(20) }, () => roll(25)));
    const left = new Set([...one].filter((place) => !other.has(place)));
    assert.deepEqual(minus(rangesOf(one), rangesOf(other)), rangesOf(left));
  }
});

test("nothing changes an argument", () => {
  /** @type {[number, number][]} */
  const ranges = [[2, 4], [8, 9]];
  withRange(ranges, 3, 8);
  withoutRange(ranges, 0, 9);
  minus(ranges, [[2, 3]]);
  assert.deepEqual(ranges, [[2, 4], [8, 9]]);
});
