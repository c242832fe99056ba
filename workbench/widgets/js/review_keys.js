// @ts-check
// The keys of the review of duplicates, in one table: the widget acts on it and the help panel shows it.

/** @typedef {import("./keys.js").Key & {repeats?: boolean}} ReviewKey */

/** @type {ReviewKey[]} */
export const DECIDE_KEYS = [
  { keys: ["Enter"], shown: "Enter", command: "accept", says: "Accept: the keeper stays, the others may go; next cluster" },
  { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], shown: "1 – 9", command: "number", says: "Keep this one instead" },
  { keys: ["k", "K"], shown: "K", command: "keep", says: "Keep the one that is compared" },
  { keys: ["v"], shown: "V", command: "variant", says: "A variant: both stay" },
  { keys: ["n"], shown: "N", command: "not_duplicate", says: "Not a duplicate" },
  { keys: ["V"], shown: "Shift + V", command: "all_variant", says: "All of this cluster are variants" },
  { keys: ["N"], shown: "Shift + N", command: "all_not_duplicate", says: "None of this cluster are duplicates" },
  { keys: ["s", "S"], shown: "S", command: "skip", says: "Skip: comes again at the end" },
  { keys: ["u", "U"], shown: "U", command: "undo", says: "Undo, also what was decided earlier" },
  { keys: ["a", "A"], shown: "A", command: "bulk", says: "Accept all of this kind, after a preview" },
];

/** @type {ReviewKey[]} */
export const LOOK_KEYS = [
  { keys: ["b", "B"], shown: "B", command: "blink", says: "Blink: one over the other, by turns" },
  { keys: ["d", "D"], shown: "D", command: "difference", says: "Show where they differ" },
  { keys: [" "], shown: "Space", command: "swap", says: "While blinking: the other one, and stay" },
  { keys: ["ArrowRight", "ArrowDown"], shown: "→", command: "look_next", says: "Compare the next image of the cluster", repeats: true },
  { keys: ["ArrowLeft", "ArrowUp"], shown: "←", command: "look_previous", says: "Compare the one before", repeats: true },
  { keys: ["+", "="], shown: "+, wheel", command: "closer", says: "Zoom in, both together", repeats: true },
  { keys: ["-"], shown: "−, wheel", command: "further", says: "Zoom out", repeats: true },
  { keys: ["0"], shown: "0", command: "fit", says: "Fit the frame" },
  { keys: ["PageDown"], shown: "Page down", command: "next", says: "Next cluster, nothing said about this one" },
  { keys: ["PageUp"], shown: "Page up", command: "previous", says: "Cluster before" },
  { keys: ["?", "F1"], shown: "?", command: "help", says: "Show or hide these keys" },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Close what is open; side by side again" },
];

/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat?: boolean}} Pressed */

/**
 * What a key asks for. A key that is held down decides nothing: only looking repeats.
 * @param {Pressed} pressed @returns {string | null}
 */
export function reviewCommandOf(pressed) {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const found = [...DECIDE_KEYS, ...LOOK_KEYS].find((one) => one.keys.includes(pressed.key));
  return found && (!pressed.repeat || found.repeats) ? found.command : null;
}
