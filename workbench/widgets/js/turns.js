// @ts-check
// Questions taken in turn, so that answers can't overtake each other and only the last one is shown.

/**
 * @template Asked, Got
 * @typedef {{ask: (asked: Asked, replaceable?: boolean) => void, waiting: () => number}} Turns
 */

/**
 * One question at a time. A replaceable question (a search still being typed) gives way to the next of its kind while it
 * waits; others are all asked. An answer is shown only when nothing newer waits.
 * @template Asked, Got
 * @param {{run: (asked: Asked) => Promise<Got>, show: (got: Got, asked: Asked) => void,
 *   fail: (error: any, asked: Asked) => void, busy?: (is: boolean) => void}} given
 * @returns {Turns<Asked, Got>}
 */
export function inTurn({ run, show, fail, busy = () => {} }) {
  /** @type {{asked: Asked, replaceable: boolean}[]} */
  const queue = [];
  let running = false;

  async function next() {
    const turn = queue.shift();
    if (!turn) {
      running = false;
      return busy(false);
    }
    try {
      const got = await run(turn.asked);
      if (!queue.length) show(got, turn.asked);
    } catch (error) {
      if (!queue.length) fail(error, turn.asked);
    }
    void next();
  }

  return {
    ask(asked, replaceable = false) {
      if (replaceable && queue.length && queue[queue.length - 1].replaceable) queue.pop();
      queue.push({ asked, replaceable });
      if (running) return;
      running = true;
      busy(true);
      void next();
    },
    waiting: () => queue.length,
  };
}

/**
 * Wait until nobody calls any more for so many milliseconds.
 * @param {() => void} act @param {number} ms
 * @param {{setTimeout: (done: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} [clock]
 */
export function rested(act, ms, clock = globalThis) {
  /** @type {any} */
  let timer = null;
  const stop = () => {
    clock.clearTimeout(timer);
    timer = null;
  };
  return {
    later() {
      stop();
      timer = clock.setTimeout(() => {
        timer = null;
        act();
      }, ms);
    },
    now() {
      stop();
      act();
    },
    stop,
    pending: () => timer !== null,
  };
}
