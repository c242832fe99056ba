// @ts-check
// The keyboard, in one table: the widgets act on it and the help panel shows it.

/** @typedef {{keys: string[], shown: string, command: string, says: string, shift?: boolean, ctrl?: boolean}} Key */

/** @type {Key[]} */
export const GRID_KEYS = [
  { keys: ["ArrowLeft"], shown: "←", command: "left", says: "Previous image" },
  { keys: ["ArrowRight"], shown: "→", command: "right", says: "Next image" },
  { keys: ["ArrowUp"], shown: "↑", command: "up", says: "Row above" },
  { keys: ["ArrowDown"], shown: "↓", command: "down", says: "Row below" },
  { keys: ["PageUp"], shown: "Page up", command: "page_up", says: "Screen above" },
  { keys: ["PageDown"], shown: "Page down", command: "page_down", says: "Screen below" },
  { keys: ["Home"], shown: "Home", command: "home", says: "First image" },
  { keys: ["End"], shown: "End", command: "end", says: "Last image" },
  { keys: [" "], shown: "Space", command: "toggle", says: "Select or deselect" },
  { keys: [], shown: "Shift + any of these", command: "", says: "Select a range" },
  { keys: ["a", "A"], shown: "Ctrl + A", command: "all", says: "Select all", ctrl: true },
  { keys: ["Escape"], shown: "Esc", command: "none", says: "Select nothing" },
  { keys: ["Enter"], shown: "Enter", command: "open", says: "Open large, with all metadata" },
  { keys: ["+", "="], shown: "+", command: "bigger", says: "Bigger thumbnails" },
  { keys: ["-"], shown: "−", command: "smaller", says: "Smaller thumbnails" },
  { keys: ["?"], shown: "?", command: "help", says: "Show or hide these keys" },
];

/** @type {Key[]} */
export const LARGE_KEYS = [
  { keys: ["ArrowLeft"], shown: "←", command: "left", says: "Previous image; when zoomed, move left" },
  { keys: ["ArrowRight"], shown: "→", command: "right", says: "Next image; when zoomed, move right" },
  { keys: ["ArrowUp"], shown: "↑", command: "up", says: "When zoomed, move up" },
  { keys: ["ArrowDown"], shown: "↓", command: "down", says: "When zoomed, move down" },
  { keys: ["PageUp", "p"], shown: "Page up, P", command: "previous", says: "Previous image, zoomed or not" },
  { keys: ["PageDown", "n"], shown: "Page down, N", command: "next", says: "Next image, zoomed or not" },
  { keys: ["+", "="], shown: "+, wheel", command: "closer", says: "Zoom in" },
  { keys: ["-"], shown: "−, wheel", command: "further", says: "Zoom out" },
  { keys: ["0"], shown: "0", command: "fit", says: "Fit the window" },
  { keys: ["1"], shown: "1", command: "actual", says: "Actual pixels" },
  { keys: [" "], shown: "Space", command: "toggle", says: "Select or deselect" },
  { keys: ["i"], shown: "I", command: "panel", says: "Show or hide the metadata" },
  { keys: ["/"], shown: "/", command: "filter", says: "Search in the metadata" },
  { keys: ["?"], shown: "?", command: "help", says: "Show or hide these keys" },
  { keys: ["Escape", "Enter"], shown: "Esc, Enter", command: "close", says: "Back to the grid" },
];

/** @typedef {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean}} Pressed */

/** @param {Key[]} table @param {Pressed} pressed @returns {string | null} */
export function commandOf(table, pressed) {
  const ctrl = pressed.ctrlKey || pressed.metaKey;
  if (pressed.altKey) return null;
  const found = table.find((key) => key.keys.includes(pressed.key) && ctrl === Boolean(key.ctrl));
  return found ? found.command : null;
}

/**
 * Whether a key stays in the widget: what it knows, and everything without Ctrl, Alt or Cmd, because in a notebook a
 * single letter deletes, moves or converts cells. The browser's and the notebook's Ctrl shortcuts go on working.
 * @param {Key[]} table @param {Pressed} pressed
 */
export function staysHere(table, pressed) {
  if (commandOf(table, pressed)) return true;
  if (table.some((key) => key.keys.includes(pressed.key) && pressed.key.length > 1)) return true;
  return !(pressed.ctrlKey || pressed.metaKey || pressed.altKey) && !/^F\d+$/.test(pressed.key);
}
