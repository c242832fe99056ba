// @ts-check
// What was typed and isn't saved yet: one message at a time, the latest value of each field, never an older one after it.

/** @typedef {{image_id: string, field: string, lang: string | null, value: any, visit: string}} Edit */

/** Milliseconds of rest after which what was typed is saved. @type {number} */
export const REST = 300;

/**
 * @param {(edit: Edit) => Promise<any>} send
 * @param {{saved: (edit: Edit, answer: any, idle: boolean) => void, failed: (edit: Edit, error: any) => void, changed: () => void}} tell
 * @param {{setTimeout: (done: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} [clock]
 */
export function openEdits(send, tell, clock = globalThis) {
  /** @type {Map<string, Edit>} */
  const waiting = new Map();
  /** @type {Promise<void> | null} */
  let running = null;
  /** @type {any} */
  let timer = null;
  /** @param {Edit} edit */
  const keyOf = (edit) => JSON.stringify([edit.image_id, edit.field, edit.lang]);

  async function run() {
    for (;;) {
      const [first] = waiting;
      if (!first) break;
      const [key, edit] = first;
      waiting.delete(key);
      try {
        const answer = await send(edit);
        tell.saved(edit, answer, !waiting.size);
      } catch (error) {
        tell.failed(edit, error);
      }
    }
    running = null;
    tell.changed();
  }

  /** Save now what is waiting; resolves when everything is. @returns {Promise<void>} */
  function flush() {
    clock.clearTimeout(timer);
    if (!running && waiting.size) running = run();
    return running ?? Promise.resolve();
  }

  return {
    flush,
    /** @param {Edit} edit @param {boolean} [now] */
    put(edit, now = false) {
      waiting.delete(keyOf(edit));
      waiting.set(keyOf(edit), edit);
      tell.changed();
      clock.clearTimeout(timer);
      if (now) void flush();
      else timer = clock.setTimeout(() => void flush(), REST);
    },
    /** Take out what is waiting, to be sent along with something else, once what is on its way has arrived. */
    async taken() {
      clock.clearTimeout(timer);
      const listed = [...waiting.values()];
      waiting.clear();
      await running;
      return listed;
    },
    busy: () => Boolean(running) || waiting.size > 0,
  };
}
