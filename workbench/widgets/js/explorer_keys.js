// @ts-check
// The explorer's keys besides the grid's own, in one table: the widget acts on it and the help panel shows it.

/** @type {import("./keys.js").Key[]} */
export const EXPLORER_KEYS = [
  { keys: ["/"], shown: "/", command: "search", says: "Go to the search box" },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Back to the pictures" },
  { keys: ["z"], shown: "Ctrl + Z", command: "back", says: "Undo the last change of the filter", ctrl: true },
  { keys: ["Z", "y"], shown: "Ctrl + Shift + Z", command: "forward", says: "Redo it", ctrl: true },
  { keys: ["f"], shown: "F", command: "facets", says: "Show or hide the filters" },
  { keys: ["c"], shown: "C", command: "charts", says: "Show or hide the charts" },
  { keys: ["q"], shown: "Q", command: "sql", says: "Show or hide the SQL" },
  { keys: ["?"], shown: "?", command: "help", says: "Show or hide these keys" },
];
