import assert from "node:assert/strict";
import test from "node:test";

import { inTurn, rested } from "../../workbench/widgets/js/turns.js";

/** Questions whose answers the test gives when it likes. */
function desk() {
  const asked = [];
  const shown = [];
  const failed = [];
  const busy = [];
  const turns = inTurn({
    run: (what) => new Promise((done, wrong) => asked.push({ what, done, wrong })),
    show: (got) => shown.push(got),
    fail: (error) => failed.push(error.message),
    busy: (is) => busy.push(is),
  });
  return { asked, shown, failed, busy, turns };
}

const settled = () => new Promise((done) => setImmediate(done));

test("one question at a time, and only the last answer is shown", async () => {
  const { asked, shown, busy, turns } = desk();
  turns.ask("first");
  turns.ask("second");
  assert.deepEqual(asked.map((one) => one.what), ["first"]);
  asked[0].done("late");
  await settled();
  assert.deepEqual(shown, []);
  asked[1].done("now");
  await settled();
  assert.deepEqual([shown, busy], [["now"], [true, false]]);
});

test("a search still being typed gives way while it waits; a click never does", async () => {
  const { asked, turns } = desk();
  turns.ask("s", true);
  turns.ask("sh", true);
  turns.ask("sho", true);
  turns.ask("click");
  turns.ask("shoe", true);
  while (asked.length < 4) {
    asked.at(-1).done();
    await settled();
  }
  assert.deepEqual(asked.map((one) => one.what), ["s", "sho", "click", "shoe"]);
});

test("a failure shows when nothing newer waits, and the next question is asked all the same", async () => {
  const { asked, failed, shown, turns } = desk();
  turns.ask("bad");
  turns.ask("good");
  asked[0].wrong(new Error("old"));
  await settled();
  asked[1].done("fine");
  await settled();
  assert.deepEqual([failed, shown], [[], ["fine"]]);
  turns.ask("bad again");
  asked[2].wrong(new Error("new"));
  await settled();
  assert.deepEqual(failed, ["new"]);
  assert.equal(turns.waiting(), 0);
});

test("it acts once, when the typing has rested", () => {
  const timers = new Map();
  let number = 0;
  const clock = { setTimeout: (done) => (timers.set((number += 1), done), number), clearTimeout: (timer) => timers.delete(timer) };
  let acted = 0;
  const typing = rested(() => (acted += 1), 250, clock);
  typing.later();
  typing.later();
  assert.deepEqual([timers.size, typing.pending(), acted], [1, true, 0]);
  const [[timer, rings]] = timers;
  timers.delete(timer);
  rings();
  assert.deepEqual([typing.pending(), acted], [false, 1]);
  typing.later();
  typing.stop();
  assert.deepEqual([timers.size, typing.pending()], [0, false]);
  typing.now();
  assert.equal(acted, 2);
});
