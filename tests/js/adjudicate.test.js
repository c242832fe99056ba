// @ts-check
// What adjudication and feedback work out by themselves: the keys, what was written, a value in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CHOOSE_KEYS, decideCommandOf, LOOK_KEYS, WRITE_KEYS, written } from "../../workbench/widgets/js/adjudicate_keys.js";
import { inWords } from "../../workbench/widgets/js/feedback.js";

/** @param {string} key @param {object} [with_] */
const press = (key, with_ = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...with_ });

test("no key means two things, and each is explained", () => {
  const all = [...CHOOSE_KEYS, ...LOOK_KEYS].flatMap((one) => one.keys);
  assert.equal(new Set(all).size, all.length);
  assert.ok([...CHOOSE_KEYS, ...LOOK_KEYS, ...WRITE_KEYS].every((one) => one.shown && one.says));
});

test("one key chooses a side; held down it decides nothing", () => {
  assert.equal(decideCommandOf(press("1"), false), "left");
  assert.equal(decideCommandOf(press("ArrowRight"), false), "right");
  assert.equal(decideCommandOf(press("1", { repeat: true }), false), null);
  assert.equal(decideCommandOf(press("+", { repeat: true }), false), "closer");
  assert.equal(decideCommandOf(press("1", { ctrlKey: true }), false), null);
  assert.equal(decideCommandOf(press("1", { altKey: true }), false), null);
});

test("while somebody writes, letters are letters", () => {
  for (const key of ["1", "2", "e", "s", "u", "ArrowLeft", "Enter"]) assert.equal(decideCommandOf(press(key), true), null);
  assert.equal(decideCommandOf(press("Enter", { ctrlKey: true }), true), "save");
  assert.equal(decideCommandOf(press("Enter", { metaKey: true }), true), "save");
  assert.equal(decideCommandOf(press("Escape"), true), "leave");
});

test("what was written has the field's shape", () => {
  assert.equal(written("text", [{ lang: "", text: "a" }]), "a");
  assert.equal(written("text", []), "");
  assert.deepEqual(written("chips", [{ lang: "", text: "a\nb" }]), ["a", "b"]);
  assert.deepEqual(written("languages", [{ lang: "x-default", text: "a" }, { lang: "de", text: "" }]), { "x-default": "a", de: "" });
});

test("a value in words", () => {
  assert.equal(inWords(null), "nothing");
  assert.equal(inWords(["a", "b"]), "a, b");
  assert.equal(inWords({ "x-default": "A", de: "B" }), "A; de: B");
});
