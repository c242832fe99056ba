// @ts-check
// The keys of the inspection, in one table: the widget acts on it and the help panel shows it.

/** @typedef {import("./keys.js").Key & {repeats?: boolean}} InspectionKey */

/** @type {InspectionKey[]} */
export const INSPECT_KEYS = [
  { keys: ["Enter"], shown: "Enter", command: "done", says: "Done with this image: it passes, or is defective by its marks; next image" },
  { keys: ["ArrowDown"], shown: "↓", command: "down", says: "Next field", repeats: true },
  { keys: ["ArrowUp"], shown: "↑", command: "up", says: "Field above", repeats: true },
  { keys: ["Home"], shown: "Home", command: "first", says: "First field" },
  { keys: ["End"], shown: "End", command: "last", says: "The picture itself" },
  { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"], shown: "1 – 9", command: "number", says: "Mark this defect in the field, or take the mark away" },
  { keys: ["v", "V"], shown: "V", command: "severity", says: "Another severity for the last mark of the field" },
  { keys: ["c", "C"], shown: "C", command: "comment", says: "Comment on the last mark of the field; without one, on the image" },
  { keys: ["Backspace", "Delete"], shown: "Backspace", command: "clear", says: "Take all marks of the field away" },
  { keys: ["s", "S"], shown: "S", command: "skip", says: "Skip: comes again at the end" },
  { keys: ["ArrowLeft", "PageUp"], shown: "←", command: "previous", says: "Image before, to look at it again" },
  { keys: ["u", "U"], shown: "U", command: "undo", says: "Undo: take the last inspection back" },
  { keys: ["j", "J"], shown: "J", command: "judge", says: "Judge the batch, when every image is inspected" },
];

/** @type {InspectionKey[]} */
export const LOOKING_KEYS = [
  { keys: ["+", "="], shown: "+, wheel", command: "closer", says: "Zoom in", repeats: true },
  { keys: ["-"], shown: "−, wheel", command: "further", says: "Zoom out", repeats: true },
  { keys: ["f", "F"], shown: "F, double click", command: "fit", says: "Fit the picture; again: actual pixels" },
  { keys: [], shown: "Shift + arrow", command: "pan", says: "Move the picture", repeats: true },
  { keys: ["?", "F1"], shown: "?", command: "help", says: "Show or hide these keys" },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Close what is open; back to the fields" },
];

/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean, repeat?: boolean}} Pressed */

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/**
 * What a key asks for. A key that is held down says nothing about an image: only looking repeats.
 * @param {Pressed} pressed @returns {string | null}
 */
export function inspectionCommandOf(pressed) {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  if (pressed.shiftKey && ARROWS.includes(pressed.key)) return "pan";
  const found = [...INSPECT_KEYS, ...LOOKING_KEYS].find((one) => one.keys.includes(pressed.key));
  return found && (!pressed.repeat || found.repeats) ? found.command : null;
}
