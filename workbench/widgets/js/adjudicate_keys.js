// @ts-check
// The keys of adjudication, in one table: the widget acts on it and the help panel shows it.

/** @typedef {import("./keys.js").Key & {repeats?: boolean}} DecideKey */

/** @type {DecideKey[]} */
export const CHOOSE_KEYS = [
  { keys: ["1", "ArrowLeft"], shown: "1, ←", command: "left", says: "The left entry is right; next difference" },
  { keys: ["2", "ArrowRight"], shown: "2, →", command: "right", says: "The right entry is right; next difference" },
  { keys: ["e", "E", "3"], shown: "E, 3", command: "edit", says: "Neither: write what is right" },
  { keys: ["c", "C"], shown: "C", command: "comment", says: "Say why: goes with the decision" },
  { keys: ["s", "S"], shown: "S", command: "skip", says: "Skip: comes again at the end" },
  { keys: ["u", "U"], shown: "U", command: "undo", says: "Take the last decision back" },
  { keys: ["PageDown", "n", "N"], shown: "N, Page down", command: "next", says: "Next difference, nothing said about this one" },
  { keys: ["PageUp", "p", "P"], shown: "P, Page up", command: "previous", says: "Difference before" },
  { keys: ["r", "R"], shown: "R", command: "refresh", says: "Look for what has been entered since" },
];

/** @type {DecideKey[]} */
export const LOOK_KEYS = [
  { keys: ["+", "="], shown: "+, wheel", command: "closer", says: "Zoom in", repeats: true },
  { keys: ["-"], shown: "−, wheel", command: "further", says: "Zoom out", repeats: true },
  { keys: ["0"], shown: "0, double click", command: "fit", says: "Fit the picture" },
  { keys: ["?", "F1"], shown: "?", command: "help", says: "Show or hide these keys" },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Close what is open" },
];

/** While something is written. @type {DecideKey[]} */
export const WRITE_KEYS = [
  { keys: ["Enter"], shown: "Ctrl + Enter", command: "save", says: "Decide for what is written; next difference", ctrl: true },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Leave the box" },
];

/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat?: boolean}} Pressed */

/**
 * What a key asks for. A key that is held down decides nothing: only looking repeats.
 * @param {Pressed} pressed @param {boolean} writing @returns {string | null}
 */
export function decideCommandOf(pressed, writing) {
  const ctrl = pressed.ctrlKey || pressed.metaKey;
  if (pressed.altKey) return null;
  const table = writing ? WRITE_KEYS : [...CHOOSE_KEYS, ...LOOK_KEYS];
  const found = table.find((one) => one.keys.includes(pressed.key) && ctrl === Boolean(one.ctrl));
  return found && (!pressed.repeat || found.repeats) ? found.command : null;
}

/**
 * What was written, in the field's shape: a line an entry for lists, a text a language.
 * @param {string} control @param {{lang: string, text: string}[]} boxes
 */
export function written(control, boxes) {
  if (control === "languages") return Object.fromEntries(boxes.map(({ lang, text }) => [lang, text]));
  const text = boxes[0]?.text ?? "";
  return control === "chips" ? text.split("\n") : text;
}
