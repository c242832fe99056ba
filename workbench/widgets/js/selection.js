// @ts-check
// The selection as (state, event) → state. Python keeps the truth; `delta` says what to tell it.

import { holds, minus, withRange, withoutRange } from "./ranges.js";

/** @typedef {[number, number]} Range */
/**
 * `kept` is what was selected before the present range began: shift moves one end and leaves the rest alone.
 * @typedef {{count: number, focus: number, anchor: number, ranges: Range[], kept: Range[]}} Selection
 * @typedef {{type: "move" | "extend" | "only" | "toggle", place: number} | {type: "all"} | {type: "none"}} SelectionEvent
 */

/**
 * @param {{count: number, focus?: number, anchor?: number, ranges?: Range[]}} given
 * @returns {Selection}
 */
export function newSelection({ count, focus = 0, anchor = focus, ranges = [] }) {
  return { count, focus, anchor, ranges, kept: ranges };
}

/** @param {Selection} state @param {SelectionEvent} event @returns {Selection} */
export function select(state, event) {
  if (event.type === "all") {
    /** @type {Range[]} */
    const all = state.count ? [[0, state.count]] : [];
    return { ...state, ranges: all, kept: all };
  }
  if (event.type === "none") return { ...state, ranges: [], kept: [], anchor: state.focus };
  if (!state.count) return state;
  const place = Math.max(0, Math.min(state.count - 1, event.place));
  if (event.type === "move") return { ...state, focus: place, anchor: place, kept: state.ranges };
  if (event.type === "only") return began(state, place, [[place, place + 1]]);
  if (event.type === "toggle") {
    const change = holds(state.ranges, place) ? withoutRange : withRange;
    return began(state, place, change(state.ranges, place, place + 1));
  }
  const low = Math.min(state.anchor, place);
  const high = Math.max(state.anchor, place);
  return { ...state, focus: place, ranges: withRange(state.kept, low, high + 1) };
}

/** @param {Selection} state @param {number} place @param {Range[]} ranges @returns {Selection} */
function began(state, place, ranges) {
  return { ...state, focus: place, anchor: place, ranges, kept: ranges };
}

/**
 * What changed from one selection to the next, or null.
 * @param {Range[]} before @param {Range[]} after
 * @returns {{add: Range[], remove: Range[]} | null}
 */
export function delta(before, after) {
  if (before === after) return null;
  const add = minus(after, before);
  const remove = minus(before, after);
  return add.length || remove.length ? { add, remove } : null;
}
