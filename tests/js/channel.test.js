// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { openChannel, PATIENCE, PINGS, scoped } from "../../workbench/widgets/js/channel.js";

/** A kernel that answers by `answers`, or loses what `loses` says; time passes when `tick` says so. */
function pretend({ answers = (/** @type {any} */ m) => ({ ok: true, view: { of: m.command } }), loses = (/** @type {any} */ _) => false } = {}) {
  /** @type {any[]} */
  const sent = [];
  /** @type {Set<Function>} */
  const listeners = new Set();
  /** @type {{at: number, done: () => void}[]} */
  let timers = [];
  let now = 0;
  const model = {
    on: (/** @type {string} */ _, /** @type {Function} */ listener) => listeners.add(listener),
    off: (/** @type {string} */ _, /** @type {Function} */ listener) => listeners.delete(listener),
    say: (/** @type {any} */ message, /** @type {any} */ buffers) => [...listeners].forEach((l) => l(message, buffers)),
    send(/** @type {any} */ message) {
      sent.push(message);
      if (!loses(message)) queueMicrotask(() => model.say({ id: message.id, ...answers(message) }, []));
    },
  };
  const clock = {
    setTimeout: (/** @type {() => void} */ done, /** @type {number} */ ms) => {
      const timer = { at: now + ms, done };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (/** @type {any} */ timer) => (timers = timers.filter((one) => one !== timer)),
  };
  const tick = async (/** @type {number} */ ms) => {
    now += ms;
    const due = timers.filter((one) => one.at <= now);
    timers = timers.filter((one) => one.at > now);
    due.forEach((one) => one.done());
    await new Promise((done) => setImmediate(done));
  };
  return { model, clock, sent, tick, channel: openChannel(model, clock) };
}

test("it shakes hands before the first question that changes something", async () => {
  const { channel, sent } = pretend();
  assert.deepEqual((await channel.call("select")).view, { of: "select" });
  assert.deepEqual(sent.map((m) => m.command), [...Array(PINGS).fill("ping"), "select"]);
});

test("a question that only reads goes out at once, and again after the pings when it is lost", async () => {
  let lost = 0;
  const { channel, tick, sent } = pretend({ loses: (m) => m.command === "view" && (lost += 1) === 1 });
  const answer = channel.call("view");
  assert.deepEqual(sent.map((m) => m.command), ["ping", "view"]);
  await tick(0);
  assert.deepEqual((await answer).view, { of: "view" });
  const asked = sent.filter((m) => m.command === "view");
  assert.deepEqual(asked[0].id, asked[1].id);
});

test("a lost ping is sent again and freezes nothing", async () => {
  let lost = 0;
  const { channel, tick, sent } = pretend({ loses: () => (lost += 1) <= 2 });
  const answer = channel.call("select");
  await tick(PATIENCE.ping);
  await tick(PATIENCE.ping * 2);
  assert.deepEqual((await answer).view, { of: "select" });
  assert.equal(sent.filter((m) => m.command === "ping").length, PINGS + 2);
});

test("a question is sent again under the same id, and one is told that it takes long", async () => {
  let lost = 0;
  const { channel, tick, sent } = pretend({ loses: (m) => m.command === "window" && (lost += 1) === 1 });
  /** @type {boolean[]} */
  const slow = [];
  channel.on("slow", (is) => slow.push(is));
  await channel.ready;
  const answer = channel.call("window", { start: 0 });
  await tick(0);
  await tick(PATIENCE.slow);
  assert.deepEqual(slow, [true]);
  await tick(PATIENCE.question);
  await answer;
  assert.deepEqual(slow, [true, false]);
  const asked = sent.filter((m) => m.command === "window");
  assert.equal(asked.length, 2);
  assert.equal(asked[0].id, asked[1].id);
});

test("an error comes with hint and traceback", async () => {
  const { channel } = pretend({
    answers: (m) => (m.command === "ping" ? { ok: true, view: {} } : { ok: false, error: "No.", hint: "Do.", traceback: "At." }),
  });
  await assert.rejects(channel.call("x"), { message: "No.", hint: "Do.", traceback: "At." });
});

test("another view's answers pass by, and events reach who listens", async () => {
  const { channel, model } = pretend();
  await channel.ready;
  model.say({ id: "somebody:1", ok: true, view: {} });
  /** @type {any[]} */
  const heard = [];
  const stop = scoped(channel, "grid.").on("changed", (view) => heard.push(view));
  model.say({ event: "grid.changed", view: 1 });
  model.say({ event: "changed", view: 2 });
  stop();
  model.say({ event: "grid.changed", view: 3 });
  assert.deepEqual(heard, [1]);
});

test("a part's commands carry its prefix", async () => {
  const { channel, sent } = pretend();
  await channel.ready;
  await scoped(channel, "grid.").call("window", { start: 1 });
  assert.deepEqual(sent.at(-1).command, "grid.window");
  assert.deepEqual(sent.at(-1).args, { start: 1 });
});
