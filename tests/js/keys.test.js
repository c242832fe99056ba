// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { commandOf, GRID_KEYS, LARGE_KEYS, staysHere } from "../../workbench/widgets/js/keys.js";

/** @param {string} key @param {object} [with_] */
const press = (key, with_ = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...with_ });

test("no key means two things", () => {
  for (const table of [GRID_KEYS, LARGE_KEYS]) {
    const all = table.flatMap((entry) => entry.keys.map((key) => `${entry.ctrl ? "ctrl " : ""}${key}`));
    assert.equal(new Set(all).size, all.length);
  }
});

test("every entry of the help is explained", () => {
  for (const entry of [...GRID_KEYS, ...LARGE_KEYS]) assert.ok(entry.shown && entry.says);
});

test("ctrl a selects all, a alone does nothing", () => {
  assert.equal(commandOf(GRID_KEYS, press("a", { ctrlKey: true })), "all");
  assert.equal(commandOf(GRID_KEYS, press("a", { metaKey: true })), "all");
  assert.equal(commandOf(GRID_KEYS, press("a")), null);
});

test("single letters and everything known stay; the notebook's own shortcuts go on", () => {
  for (const table of [GRID_KEYS, LARGE_KEYS]) {
    for (const key of "abcdefghijklmnopqrstuvwxyzABDMXYZ0123456789,.") assert.ok(staysHere(table, press(key)), key);
    for (const key of ["Enter", "ArrowUp", "Escape", "Delete", "Backspace", " "]) assert.ok(staysHere(table, press(key)), key);
    assert.ok(staysHere(table, press("Enter", { shiftKey: true })), "shift enter would run the cell");
    assert.ok(staysHere(table, press("ArrowDown", { ctrlKey: true, shiftKey: true })), "would move the cell");
    assert.ok(!staysHere(table, press("s", { ctrlKey: true })), "saving the notebook");
    assert.ok(!staysHere(table, press("F5")), "reloading the page");
  }
});
