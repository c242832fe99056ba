// @ts-check
// The keys of the audit board, beside those of its grid.

/** @type {import("./keys.js").Key[]} */
export const AUDIT_KEYS = [
  { keys: ["e", "E"], shown: "E", command: "edit", says: "Mend the focused image: write its value" },
  { keys: ["s", "S"], shown: "S", command: "take", says: "Take the suggestion for the focused image" },
  { keys: ["i", "I"], shown: "I", command: "ignore", says: "Say why the focused image is all right: it counts no more" },
  { keys: ["b", "B"], shown: "B", command: "bulk", says: "Mend many: the selected images, or all" },
  { keys: ["l", "L"], shown: "L", command: "list", says: "Back to the list of problems" },
  { keys: ["z", "Z"], shown: "Ctrl + Z", command: "undo", says: "Undo the last change made here", ctrl: true },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "From a box back to the images" },
  { keys: ["?"], shown: "?", command: "help", says: "Show or hide these keys" },
];
