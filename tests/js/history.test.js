// @ts-check
// What the history works out by itself: the keys, and times in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dayInWords, FIND_KEYS, STEPS, TIME_KEYS, whenOf } from "../../workbench/widgets/js/history_keys.js";
import { commandOf } from "../../workbench/widgets/js/keys.js";

const ALL = [...TIME_KEYS, ...FIND_KEYS];

test("no key means two things, and each is explained", () => {
  const keys = ALL.flatMap((one) => one.keys);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(ALL.every((one) => one.shown && one.says && one.command));
});

test("every key that moves has a step, and back in time is down the list", () => {
  assert.ok(Object.keys(STEPS).every((name) => TIME_KEYS.some((one) => one.command === name)));
  assert.equal(STEPS.older, -STEPS.newer);
  assert.ok(STEPS.oldest > STEPS.much_older && STEPS.newest < STEPS.much_newer);
  const pressed = { key: "j", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  assert.equal(commandOf(ALL, pressed), "older");
  assert.equal(commandOf(ALL, { ...pressed, ctrlKey: true }), null);
});

test("days and times are UTC, whatever the computer's zone", () => {
  assert.deepEqual(whenOf("2026-03-02T23:59:58.123456"), { day: "2026-03-02", time: "23:59:58" });
  assert.equal(dayInWords("2026-03-02"), "Monday, 2 March 2026");
  assert.equal(dayInWords("no day"), "no day");
});
