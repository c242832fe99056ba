import assert from "node:assert/strict";
import test from "node:test";

import { EXPLORER_KEYS } from "../../workbench/widgets/js/explorer_keys.js";
import { shownValues } from "../../workbench/widgets/js/facets_panel.js";
import { commandOf, GRID_KEYS } from "../../workbench/widgets/js/keys.js";

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const values = Array.from({ length: 20 }, (_, i) => ({ value: i, label: `Value ${i}`, title: "", count: 20 - i, on: i === 12 }));

test("a facet shows a few values, and every chosen one", () => {
  assert.deepEqual(shownValues(values, false).map((one) => one.value), [0, 1, 2, 3, 4, 5, 12]);
  assert.equal(shownValues(values, true).length, 20);
});

test("an open facet can be searched; chosen values stay in sight", () => {
  assert.deepEqual(shownValues(values, true, " VALUE 1 ").map((one) => one.value), [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.deepEqual(shownValues(values, true, "nothing").map((one) => one.value), [12]);
});

test("the explorer's keys don't take any of the grid's, help and Esc aside, which mean the same in both", () => {
  for (const key of EXPLORER_KEYS) {
    for (const pressed of key.keys) {
      const inGrid = commandOf(GRID_KEYS, { ...plain, key: pressed, ctrlKey: Boolean(key.ctrl) });
      assert.ok(inGrid === null || ["help", "leave"].includes(key.command), `${key.shown} is ${inGrid} in the grid`);
    }
  }
});

test("Ctrl+Z undoes, Ctrl+Shift+Z and Ctrl+Y redo, a bare z does nothing", () => {
  const said = (given) => commandOf(EXPLORER_KEYS, { ...plain, ...given });
  assert.deepEqual(
    [said({ key: "z", ctrlKey: true }), said({ key: "Z", ctrlKey: true, shiftKey: true }), said({ key: "y", metaKey: true }), said({ key: "z" })],
    ["back", "forward", "forward", null],
  );
});
