// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { CLOSEST, fitted, isFitted, panned, zoomed } from "../../workbench/widgets/js/viewport.js";

const picture = { width: 4000, height: 3000 };
const frame = { width: 1000, height: 500 };

test("fitted: all of it, in the middle, never blown up", () => {
  const view = fitted(picture, frame);
  assert.equal(view.scale, 500 / 3000);
  assert.equal(view.y, 0);
  assert.ok(Math.abs(view.x - (1000 - 4000 * view.scale) / 2) < 1e-9);
  assert.equal(fitted({ width: 10, height: 10 }, frame).scale, 1);
});

test("what is under the pointer stays under it", () => {
  const near = zoomed(fitted(picture, frame), picture, frame, 8, 500, 250);
  const nearer = zoomed(near, picture, frame, 2, 620, 130);
  assert.ok(Math.abs((620 - near.x) / near.scale - (620 - nearer.x) / nearer.scale) < 1e-6);
  assert.ok(Math.abs((130 - near.y) / near.scale - (130 - nearer.y) / nearer.scale) < 1e-6);
});

test("zoom stops at both ends", () => {
  const view = fitted(picture, frame);
  assert.equal(zoomed(view, picture, frame, 1e9).scale, CLOSEST);
  assert.ok(isFitted(zoomed(view, picture, frame, 1e-9), picture, frame));
  assert.deepEqual(zoomed(zoomed(view, picture, frame, 4), picture, frame, 1e-9), view);
});

test("pan never shows more margin than it must", () => {
  const near = zoomed(fitted(picture, frame), picture, frame, 10);
  const corner = panned(near, picture, frame, 1e9, 1e9);
  assert.deepEqual([corner.x, corner.y], [0, 0]);
  const other = panned(near, picture, frame, -1e9, -1e9);
  assert.ok(Math.abs(other.x + picture.width * near.scale - frame.width) < 1e-6);
  assert.deepEqual(panned(fitted(picture, frame), picture, frame, 300, 300), fitted(picture, frame));
});
