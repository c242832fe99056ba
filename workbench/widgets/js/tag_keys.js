// @ts-check
// The tagging form's keys, in one table: the form acts on it and the help panel shows it.

/** @typedef {import("./keys.js").Key & {alt?: boolean, anywhere?: boolean}} TagKey */

/** What can be done with suggestions; by place on the keyboard, as below. @type {TagKey[]} */
export const OFFER_KEYS = [
  { keys: ["Enter", "NumpadEnter"], shown: "Alt + Enter", command: "take", says: "Take the suggestion; go to the next field that has one", alt: true },
  { keys: ["KeyE"], shown: "Alt + E", command: "edit_offer", says: "Put the suggestion into the field, to correct it", alt: true },
  { keys: ["Backspace"], shown: "Alt + Backspace", command: "reject", says: "Reject the suggestion", alt: true },
  { keys: ["ArrowDown"], shown: "Alt + ↓", command: "other", says: "Another suggestion", alt: true },
  { keys: ["Enter", "NumpadEnter"], shown: "Alt + Shift + Enter", command: "take_sure", says: "Take all sure suggestions for empty fields and lists", alt: true, shift: true },
];

/** Keys by place on the keyboard where Alt is held: with it, some systems type other characters. @type {TagKey[]} */
export const TAG_KEYS = [
  { keys: ["Enter"], shown: "Ctrl + Enter", command: "accept", says: "Done: save and go to the next image", ctrl: true },
  { keys: [], shown: "Tab, Shift + Tab", command: "", says: "Next field, previous field" },
  { keys: ["ArrowRight"], shown: "Alt + →", command: "next", says: "Next image, this one not done yet", alt: true },
  { keys: ["ArrowLeft"], shown: "Alt + ←", command: "previous", says: "Previous image", alt: true },
  { keys: ["KeyS"], shown: "Alt + S", command: "skip", says: "Skip: comes again at the end", alt: true },
  { keys: ["KeyC"], shown: "Alt + C", command: "copy", says: "Copy this field from the previous image", alt: true },
  { keys: ["KeyC"], shown: "Alt + Shift + C", command: "copy_all", says: "Copy all fields that are empty here", alt: true, shift: true },
  { keys: ["KeyO"], shown: "Alt + O", command: "take_over", says: "Take over what the file says", alt: true },
  { keys: ["KeyR"], shown: "Alt + R", command: "remark", says: "Next field that an inspector remarked on", alt: true },
  { keys: ["KeyH"], shown: "Alt + H", command: "history", says: "History of this field", alt: true },
  { keys: ["ArrowRight"], shown: "Alt + Shift + →", command: "more", says: "Select one more image in the strip", alt: true, shift: true },
  { keys: ["ArrowLeft"], shown: "Alt + Shift + ←", command: "fewer", says: "Select one less", alt: true, shift: true },
  { keys: ["KeyA"], shown: "Alt + A", command: "apply", says: "Apply this field to the selected images", alt: true },
  { keys: ["KeyA"], shown: "Alt + Shift + A", command: "apply_all", says: "Apply all fields to the selected images", alt: true, shift: true },
  { keys: ["z"], shown: "Ctrl + Z", command: "undo", says: "Undo", ctrl: true },
  { keys: ["y"], shown: "Ctrl + Y", command: "redo", says: "Redo", ctrl: true },
  { keys: ["Z", "z"], shown: "Ctrl + Shift + Z", command: "redo", says: "Redo", ctrl: true, shift: true },
  { keys: ["Equal", "NumpadAdd", "BracketRight"], shown: "Alt + +", command: "closer", says: "Zoom in", alt: true },
  { keys: ["Minus", "NumpadSubtract", "Slash"], shown: "Alt + −", command: "further", says: "Zoom out", alt: true },
  { keys: ["Digit0", "Numpad0"], shown: "Alt + 0", command: "fit", says: "Fit the picture", alt: true },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Close what is open; leave the field" },
  { keys: ["F1"], shown: "F1, ?", command: "help", says: "Show or hide these keys" },
];

/** With the picture focused. @type {TagKey[]} */
export const STAGE_KEYS = [
  { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], shown: "← → ↑ ↓", command: "pan", says: "Move the picture" },
  { keys: ["+", "="], shown: "+, wheel", command: "closer", says: "Zoom in" },
  { keys: ["-"], shown: "−, wheel", command: "further", says: "Zoom out" },
  { keys: ["0"], shown: "0", command: "fit", says: "Fit the picture" },
  { keys: ["1"], shown: "1, double click", command: "actual", says: "Actual pixels" },
  { keys: ["?"], shown: "?", command: "help", says: "Show or hide the keys" },
  { keys: ["Enter"], shown: "Enter", command: "enter", says: "Back to the fields" },
];

/** @typedef {{key: string, code: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean}} Pressed */

/** @param {TagKey[]} table @param {Pressed} pressed @returns {string | null} */
export function tagCommandOf(table, pressed) {
  const ctrl = pressed.ctrlKey || pressed.metaKey;
  const found = table.find((entry) => {
    if (ctrl !== Boolean(entry.ctrl) || pressed.altKey !== Boolean(entry.alt)) return false;
    if ((entry.ctrl || entry.alt) && pressed.shiftKey !== Boolean(entry.shift)) return false;
    return entry.keys.includes(pressed.altKey ? pressed.code : pressed.key);
  });
  return found?.command || null;
}

/** Whether a key stays in the form: all but saving the notebook. @param {Pressed} pressed */
export function staysInForm(pressed) {
  return !((pressed.ctrlKey || pressed.metaKey) && !pressed.altKey && ["s", "S"].includes(pressed.key));
}
