// @ts-check
// What the inspection's keys mean, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { INSPECT_KEYS, inspectionCommandOf, LOOKING_KEYS } from "../../workbench/widgets/js/inspection_keys.js";

/** @param {string} key @param {object} [with_] */
const press = (key, with_ = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...with_ });

test("no key means two things, and each is explained", () => {
  const all = [...INSPECT_KEYS, ...LOOKING_KEYS].flatMap((one) => one.keys);
  assert.equal(new Set(all).size, all.length);
  assert.ok([...INSPECT_KEYS, ...LOOKING_KEYS].every((one) => one.shown && one.says));
});

test("one key says that an image is done; held down it says nothing", () => {
  assert.equal(inspectionCommandOf(press("Enter")), "done");
  assert.equal(inspectionCommandOf(press("Enter", { repeat: true })), null);
  assert.equal(inspectionCommandOf(press("7", { repeat: true })), null);
  assert.equal(inspectionCommandOf(press("ArrowDown", { repeat: true })), "down");
});

test("the browser's own shortcuts stay its own; Shift and an arrow move the picture", () => {
  for (const with_ of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) assert.equal(inspectionCommandOf(press("c", with_)), null);
  assert.equal(inspectionCommandOf(press("ArrowLeft", { shiftKey: true })), "pan");
  assert.equal(inspectionCommandOf(press("ArrowLeft")), "previous");
  assert.equal(inspectionCommandOf(press("x")), null);
});
