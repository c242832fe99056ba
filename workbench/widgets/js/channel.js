// @ts-check
// Questions to Python and their answers: {id, command, args} → {id, ok, view} or {id, ok: false, error, hint, traceback}.

/**
 * @typedef {{view: any, buffers: DataView[]}} Answer
 * @typedef {{error: string, hint: string, traceback: string}} Failure
 * @typedef {(command: string, args?: Record<string, any>, buffers?: ArrayBuffer[]) => Promise<Answer>} Call
 * @typedef {(event: string, listener: (view: any) => void) => () => void} On
 * @typedef {{call: Call, on: On}} Channel
 * @typedef {{send: Function, on: Function, off?: Function}} Model
 */

/** Answered pings in a row before the first question: a fresh channel may lose some messages. @type {number} */
export const PINGS = 3;
/** Questions that change nothing, so that one more is harmless: they needn't wait for the pings. @type {RegExp} */
export const READS = /(^|\.)(view|window)$/;
/** Milliseconds without an answer after which a ping, and a question, is sent again (longer each time). */
export const PATIENCE = { ping: 300, question: 6000, slow: 1200 };

/** An error Python answered with; shown with its hint, and its traceback one click away. */
export class Refused extends Error {
  /** @param {Failure} failure */
  constructor(failure) {
    super(failure.error);
    this.hint = failure.hint;
    this.traceback = failure.traceback;
  }
}

/**
 * @param {Model} model
 * @param {{setTimeout: (done: () => void, ms: number) => any, clearTimeout: (timer: any) => void}} [clock]
 * @returns {Channel & {ready: Promise<void>, close: () => void}}
 */
export function openChannel(model, clock = globalThis) {
  const name = Math.random().toString(36).slice(2, 10);
  /** @type {Map<string, {done: (answer: Answer) => void, failed: (error: Error) => void}>} */
  const waiting = new Map();
  /** @type {Map<string, Set<(view: any) => void>>} */
  const listeners = new Map();
  let asked = 0;
  let slow = 0;
  let closed = false;

  /** @type {On} */
  function on(event, listener) {
    const set = listeners.get(event) ?? new Set();
    listeners.set(event, set.add(listener));
    return () => set.delete(listener);
  }

  /** @param {string} event @param {any} view */
  function emit(event, view) {
    for (const listener of listeners.get(event) ?? []) listener(view);
  }

  /** @param {any} message @param {DataView[]} [buffers] */
  function receive(message, buffers = []) {
    if (message?.event) return emit(message.event, message.view);
    const one = waiting.get(message?.id);
    if (!one) return; // another view's answer, or a second one to a question sent twice
    waiting.delete(message.id);
    if (message.ok) one.done({ view: message.view, buffers });
    else one.failed(new Refused(message));
  }

  /** @param {number} change */
  function slower(change) {
    const before = slow > 0;
    slow += change;
    if (before !== slow > 0) emit("slow", slow > 0);
  }

  /** @param {string} command @param {Record<string, any>} args @param {ArrayBuffer[]} buffers @param {number} patience */
  function ask(command, args, buffers, patience) {
    const message = { id: `${name}:${(asked += 1)}`, command, args };
    /** @type {any} */
    let again;
    let isSlow = false;
    const late = clock.setTimeout(() => {
      isSlow = true;
      slower(1);
    }, PATIENCE.slow);
    /** @param {number} wait */
    const send = (wait) => {
      if (closed) return;
      model.send(message, undefined, buffers);
      again = clock.setTimeout(() => send(wait * 2), wait);
    };
    return new Promise((/** @type {(answer: Answer) => void} */ done, failed) => {
      waiting.set(message.id, { done, failed });
      send(patience);
      // Answers come in turn: what was asked before the last ping and has no answer by then got lost.
      if (!steady && command !== "ping") void ready.then(() => waiting.has(message.id) && !closed && model.send(message, undefined, buffers));
    }).finally(() => {
      clock.clearTimeout(again);
      clock.clearTimeout(late);
      if (isSlow) slower(-1);
    });
  }

  async function shakeHands() {
    for (let i = 0; i < PINGS; i += 1) await ask("ping", {}, [], PATIENCE.ping);
  }

  model.on("msg:custom", receive);
  let steady = false;
  const ready = shakeHands().then(() => {
    steady = true;
  });
  return {
    ready,
    on,
    call(command, args = {}, buffers = []) {
      if (!steady && READS.test(command)) return ask(command, args, buffers, PATIENCE.question);
      return ready.then(() => ask(command, args, buffers, PATIENCE.question));
    },
    close() {
      closed = true;
      waiting.clear();
      model.off?.("msg:custom", receive);
    },
  };
}

/**
 * The same channel for a part of a larger widget: its commands and events carry a prefix.
 * @param {Channel} channel @param {string} prefix @returns {Channel}
 */
export function scoped(channel, prefix) {
  return {
    call: (command, args, buffers) => channel.call(prefix + command, args, buffers),
    on: (event, listener) => channel.on(event === "slow" ? event : prefix + event, listener),
  };
}
