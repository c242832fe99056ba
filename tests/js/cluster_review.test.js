// What the review of duplicates works out by itself: where two pictures differ, how one lies on the other, the keys.

import assert from "node:assert/strict";
import { test } from "node:test";

import { contained, cssOf, differenceWords, heat, inverted, laid, multiplied } from "../../workbench/widgets/js/difference.js";
import { DECIDE_KEYS, LOOK_KEYS, reviewCommandOf } from "../../workbench/widgets/js/review_keys.js";

const SAME = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
const plain = { ctrlKey: false, metaKey: false, altKey: false };

/** A picture of one colour. */
function flat(width, height, [r, g, b]) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < pixels.length; at += 4) pixels.set([r, g, b, 255], at);
  return pixels;
}

function near(one, other) {
  one.flat().forEach((value, i) => assert.ok(Math.abs(value - other.flat()[i]) < 1e-9, `${one} against ${other}`));
}

test("a map and its inverse come to nothing, for a crop, a turn and a perspective", () => {
  for (const map of [[[0.5, 0, 0.25], [0, 0.5, 0.25], [0, 0, 1]], [[0, -1, 1], [1, 0, 0], [0, 0, 1]], [[1, 0.1, 0], [0, 1, 0.2], [0.1, 0.2, 1]]]) {
    near(multiplied(map, inverted(map)), SAME);
  }
  assert.equal(inverted([[0, 0, 0], [0, 0, 0], [0, 0, 0]]), null);
  assert.equal(inverted([[Number.NaN, 0, 0], [0, 1, 0], [0, 0, 1]]), null);
});

test("a picture of another shape lies in the middle of the frame", () => {
  near(contained({ width: 400, height: 300 }, { width: 800, height: 600 }), SAME);
  const upright = contained({ width: 300, height: 600 }, { width: 600, height: 600 });
  near(upright, [[2, 0, -0.5], [0, 1, 0], [0, 0, 1]]);
  near(contained({ width: 0, height: 0 }, { width: 10, height: 10 }), SAME);
});

test("as CSS the corners come where they belong", () => {
  const css = cssOf(SAME, { width: 100, height: 50 }, { width: 200, height: 100 });
  assert.deepEqual(css.match(/-?[\d.e-]+/g).slice(1).map(Number), [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

test("what is laid on itself is itself, and where it doesn't reach nothing is", () => {
  const pixels = flat(8, 4, [10, 20, 30]);
  assert.deepEqual(laid(pixels, { width: 8, height: 4 }, SAME, { width: 8, height: 4 }), pixels);
  const small = laid(pixels, { width: 8, height: 4 }, [[2, 0, -0.5], [0, 2, -0.5], [0, 0, 1]], { width: 8, height: 8 });
  assert.equal(small[3], 0);
  assert.equal(small[(4 * 8 + 4) * 4 + 3], 255);
});

test("equal pictures differ nowhere, others everywhere, and a mark only where it is", () => {
  const size = { width: 40, height: 40 };
  const grey = flat(40, 40, [128, 128, 128]);
  assert.deepEqual(heat(grey, grey, size).differs, 0);
  assert.equal(heat(grey, flat(40, 40, [255, 0, 0]), size).differs, 1);
  const marked = grey.slice();
  for (let y = 10; y < 20; y += 1) for (let x = 10; x < 20; x += 1) marked.set([255, 255, 255, 255], (y * 40 + x) * 4);
  const found = heat(grey, marked, size);
  assert.ok(found.differs > 0.05 && found.differs < 0.1, String(found.differs));
  const [r, , b] = found.pixels.slice((15 * 40 + 15) * 4);
  assert.ok(r - b > 100);
  const [quiet, , same] = found.pixels.slice(0, 4);
  assert.ok(Math.abs(quiet - same) < 2);
});

test("a little noise is no difference", () => {
  const size = { width: 16, height: 16 };
  assert.equal(heat(flat(16, 16, [100, 100, 100]), flat(16, 16, [108, 95, 103]), size).differs, 0);
});

test("where one doesn't reach it isn't compared", () => {
  const size = { width: 4, height: 4 };
  const found = heat(flat(4, 4, [9, 9, 9]), new Uint8ClampedArray(64), size);
  assert.deepEqual([found.differs, found.overlaps], [0, 0]);
  assert.equal(differenceWords(found), "They don't overlap.");
});

test("a difference is told in words", () => {
  assert.equal(differenceWords({ differs: 0, overlaps: 1 }), "No difference that one could see.");
  assert.match(differenceWords({ differs: 0.004, overlaps: 1 }), /^Less than 1 %/);
  assert.match(differenceWords({ differs: 0.25, overlaps: 0.5 }), /^25 % .* It covers 50 % of the keeper\.$/);
});

test("keys mean what the help says, and none means two things", () => {
  const all = [...DECIDE_KEYS, ...LOOK_KEYS].flatMap((one) => one.keys);
  assert.equal(new Set(all).size, all.length);
  assert.equal(reviewCommandOf({ key: "Enter", ...plain }), "accept");
  assert.equal(reviewCommandOf({ key: "N", ...plain }), "all_not_duplicate");
  assert.equal(reviewCommandOf({ key: "7", ...plain }), "number");
  assert.equal(reviewCommandOf({ key: "x", ...plain }), null);
});

test("with Ctrl, Alt or Cmd a key means nothing here", () => {
  for (const held of ["ctrlKey", "altKey", "metaKey"]) assert.equal(reviewCommandOf({ key: "n", ...plain, [held]: true }), null);
});

test("a key that is held down decides nothing, and goes on looking", () => {
  for (const key of ["Enter", "n", "v", "s", "u", "1", "b"]) assert.equal(reviewCommandOf({ key, ...plain, repeat: true }), null);
  assert.equal(reviewCommandOf({ key: "ArrowRight", ...plain, repeat: true }), "look_next");
});
