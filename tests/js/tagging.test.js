// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { openEdits, REST } from "../../workbench/widgets/js/edits.js";
import { bytesOf, charactersOf, counted, splitList } from "../../workbench/widgets/js/lengths.js";
import { inOrder, percent, sureOnes, wholly } from "../../workbench/widgets/js/tag_offers.js";
import { OFFER_KEYS, STAGE_KEYS, staysInForm, TAG_KEYS, tagCommandOf } from "../../workbench/widgets/js/tag_keys.js";

/** @param {string} key @param {object} [with_] */
const press = (key, with_ = {}) => ({ key, code: key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...with_ });

test("no key means two things, and each is explained", () => {
  for (const table of [[...TAG_KEYS, ...OFFER_KEYS], STAGE_KEYS]) {
    const all = table.flatMap((one) => one.keys.map((key) => `${one.ctrl ?? ""} ${one.alt ?? ""} ${one.shift ?? ""} ${key}`));
    assert.equal(new Set(all).size, all.length);
    assert.ok(table.every((one) => one.shown && one.says));
  }
});

test("keys with Alt go by their place, so that ç on a Mac is still C", () => {
  assert.equal(tagCommandOf(TAG_KEYS, press("ç", { code: "KeyC", altKey: true })), "copy");
  assert.equal(tagCommandOf(TAG_KEYS, press("Ç", { code: "KeyC", altKey: true, shiftKey: true })), "copy_all");
  assert.equal(tagCommandOf(TAG_KEYS, press("c", { code: "KeyC" })), null);
  assert.equal(tagCommandOf(TAG_KEYS, press("Enter", { ctrlKey: true })), "accept");
  assert.equal(tagCommandOf(TAG_KEYS, press("Enter", { metaKey: true })), "accept");
  assert.equal(tagCommandOf(TAG_KEYS, press("Enter")), null);
  assert.equal(tagCommandOf(TAG_KEYS, press("Z", { ctrlKey: true, shiftKey: true })), "redo");
  assert.equal(tagCommandOf(STAGE_KEYS, press("?", { shiftKey: true })), "help");
});

test("suggestions have keys of their own", () => {
  const keys = { Enter: "take", KeyE: "edit_offer", Backspace: "reject", ArrowDown: "other" };
  for (const [code, command] of Object.entries(keys)) {
    assert.equal(tagCommandOf(OFFER_KEYS, press(code, { altKey: true })), command);
    assert.equal(tagCommandOf(OFFER_KEYS, press(code)), null);
  }
  assert.equal(tagCommandOf(OFFER_KEYS, press("Enter", { altKey: true, shiftKey: true })), "take_sure");
});

/** @param {object} more */
const offer = (more) => ({ suggestion_id: "a", lang: null, value: "v", confidence: 0.5, suggester: "names", model: "rules", version: "1", evidence: "", ...more });

test("suggestions say all about themselves, and never more than they are sure", () => {
  assert.equal(percent(0.999), "99 %");
  assert.equal(percent(0.29), "29 %");
  assert.equal(wholly(offer({ evidence: "the name" })), "50 % sure, by names, model rules, version 1. From: the name");
  assert.deepEqual(inOrder([offer({ lang: "en" }), offer({ lang: "de" })], "de").map((one) => one.lang), ["de", "en"]);
});

test("what one key takes is counted as Python counts it", () => {
  const [sure, unsure] = [offer({ confidence: 0.9 }), offer({ confidence: 0.7 })];
  assert.equal(sureOnes([{ list: true, value: ["x"], suggestions: [sure, sure, unsure] }], 0.8), 2);
  assert.equal(sureOnes([{ list: false, value: null, suggestions: [sure, sure] }, { list: false, value: "x", suggestions: [sure] }], 0.8), 1);
  const [de, en] = [offer({ lang: "de", confidence: 0.9 }), offer({ lang: "x-default", confidence: 0.9 })];
  assert.equal(sureOnes([{ list: false, value: { "x-default": "x" }, suggestions: [de, en] }], 0.8), 1);
});

test("everything stays but saving the notebook", () => {
  for (const key of ["a", "Enter", "Escape", "ArrowUp", "F1"]) assert.ok(staysInForm(press(key)));
  assert.ok(staysInForm(press("m", { ctrlKey: true })));
  assert.ok(!staysInForm(press("s", { ctrlKey: true })));
});

test("lengths are counted as the rules count", () => {
  assert.equal(bytesOf("äöü"), 6);
  assert.equal(charactersOf("a😀ä"), 3);
  assert.deepEqual(counted("ääää", { max_chars: 4, max_bytes: 7 }), { says: "4 / 4 · 8 / 7 bytes", over: true });
  assert.deepEqual(counted("abc", { max_chars: null, max_bytes: null }), { says: "3", over: false });
  assert.deepEqual(splitList(" a, b;\nc d ,,"), ["a", "b", "c d"]);
});

/** Edits with a clock that `rest` moves and answers that `answer` gives. */
function pretend() {
  /** @type {{edit: any, done: () => void, failed: (error: any) => void}[]} */
  const sent = [];
  /** @type {(() => void) | null} */
  let due = null;
  /** @type {any[]} */
  const told = [];
  const clock = {
    setTimeout: (/** @type {() => void} */ done, /** @type {number} */ ms) => {
      assert.equal(ms, REST);
      return (due = done);
    },
    clearTimeout: () => (due = null),
  };
  const edits = openEdits(
    (edit) => new Promise((done, failed) => sent.push({ edit, done: () => done({}), failed })),
    { saved: (edit) => told.push(edit.value), failed: (edit, error) => told.push([edit.value, error]), changed: () => {} },
    clock,
  );
  const settle = () => new Promise((done) => setImmediate(done));
  return { edits, sent, told, settle, rest: () => due?.() };
}

/** @param {string} value @param {string} [field] */
const edit = (value, field = "title") => ({ image_id: "i", field, lang: null, value, visit: "1" });

test("only the latest of what was typed is saved, after a rest", async () => {
  const { edits, sent, rest, settle, told } = pretend();
  for (const text of ["h", "ha", "hat"]) edits.put(edit(text));
  assert.equal(sent.length, 0);
  rest();
  await settle();
  assert.deepEqual(sent.map((one) => one.edit.value), ["hat"]);
  assert.ok(edits.busy());
  sent[0].done();
  await settle();
  assert.ok(!edits.busy());
  assert.deepEqual(told, ["hat"]);
});

test("one message at a time, so that an older value never comes after a newer one", async () => {
  const { edits, sent, settle } = pretend();
  edits.put(edit("one"), true);
  edits.put(edit("two"), true);
  edits.put(edit("three"), true);
  edits.put(edit("x", "city"), true);
  await settle();
  assert.deepEqual(sent.map((one) => one.edit.value), ["one"]);
  sent[0].done();
  await settle();
  assert.deepEqual(sent.map((one) => one.edit.value), ["one", "three"]);
  sent[1].done();
  await settle();
  assert.deepEqual(sent.map((one) => one.edit.value), ["one", "three", "x"]);
});

test("what is waiting can go along with something else", async () => {
  const { edits, sent, settle } = pretend();
  edits.put(edit("one"), true);
  edits.put(edit("two"));
  const taken = edits.taken();
  await settle();
  sent[0].done();
  assert.deepEqual((await taken).map((one) => one.value), ["two"]);
  assert.ok(!edits.busy());
});

test("a save that fails is told, and the next one goes on", async () => {
  const { edits, sent, settle, told } = pretend();
  edits.put(edit("one"), true);
  edits.put(edit("x", "city"), true);
  await settle();
  sent[0].failed("full");
  await settle();
  sent[1].done();
  await settle();
  assert.deepEqual(told, [["one", "full"], "x"]);
});
