// @ts-check
// The keys of looking at a sample, in one table: the widget acts on it and the help panel shows it.

import { LOOK_KEYS } from "./review_keys.js";

/** @typedef {import("./review_keys.js").ReviewKey} ReviewKey */

/** @type {ReviewKey[]} */
export const SAY_KEYS = [
  { keys: ["Enter", "r", "R"], shown: "Enter, R", command: "right", says: "Right: duplicates, and the better one stays" },
  { keys: ["w", "W"], shown: "W", command: "wrong", says: "Wrong: no duplicates, or the wrong one would stay" },
  { keys: ["s", "S"], shown: "S", command: "unsure", says: "Not sure; it counts as wrong" },
  { keys: ["c", "C"], shown: "C", command: "comment", says: "Write why, before saying it" },
  { keys: ["u", "U"], shown: "U", command: "back", says: "Back to the last one, to say something else of it" },
];

/** Those of the review but for members: a pair has no others. @type {ReviewKey[]} */
export const LOOK_AT_PAIR_KEYS = [
  ...LOOK_KEYS.filter((one) => !["look_next", "look_previous", "next", "previous"].includes(one.command)),
  { keys: ["ArrowRight", "PageDown"], shown: "→", command: "next", says: "Next pair, nothing said about this one" },
  { keys: ["ArrowLeft", "PageUp"], shown: "←", command: "previous", says: "Pair before" },
];

/**
 * What a key asks for. A key that is held down says nothing.
 * @param {import("./review_keys.js").Pressed} pressed @returns {string | null}
 */
export function certificateCommandOf(pressed) {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const found = [...SAY_KEYS, ...LOOK_AT_PAIR_KEYS].find((one) => one.keys.includes(pressed.key));
  return found && (!pressed.repeat || found.repeats) ? found.command : null;
}
