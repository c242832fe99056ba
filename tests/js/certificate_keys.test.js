// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { certificateCommandOf, LOOK_AT_PAIR_KEYS, SAY_KEYS } from "../../workbench/widgets/js/certificate_keys.js";

/** @param {string} key @param {object} [more] */
const pressed = (key, more = {}) => certificateCommandOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test("one key says what a pair is", () => {
  assert.deepEqual(["Enter", "r", "W", "s", "u"].map((key) => pressed(key)), ["right", "right", "wrong", "unsure", "back"]);
});

test("a key held down says nothing, but goes on zooming", () => {
  assert.equal(pressed("Enter", { repeat: true }), null);
  assert.equal(pressed("+", { repeat: true }), "closer");
});

test("the notebook's own shortcuts stay its own", () => {
  assert.equal(pressed("r", { ctrlKey: true }), null);
  assert.equal(pressed("w", { metaKey: true }), null);
});

test("no key has two meanings", () => {
  const keys = [...SAY_KEYS, ...LOOK_AT_PAIR_KEYS].flatMap((one) => one.keys);
  assert.equal(new Set(keys).size, keys.length);
});
