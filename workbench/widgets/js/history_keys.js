// @ts-check
// The keys of the history, in one table: the widget acts on it and the help panel shows it.

/** @type {import("./keys.js").Key[]} */
export const TIME_KEYS = [
  { keys: ["ArrowDown", "j", "J"], shown: "↓, J", command: "older", says: "Event before: further back in time" },
  { keys: ["ArrowUp", "k", "K"], shown: "↑, K", command: "newer", says: "Event after: towards now" },
  { keys: ["PageDown"], shown: "Page down", command: "much_older", says: "Ten events back" },
  { keys: ["PageUp"], shown: "Page up", command: "much_newer", says: "Ten events on" },
  { keys: ["Home"], shown: "Home", command: "newest", says: "The latest event" },
  { keys: ["End"], shown: "End", command: "oldest", says: "The first event" },
  { keys: ["Enter", "o", "O"], shown: "Enter, O", command: "open", says: "The whole history of this event’s image" },
  { keys: ["Backspace", "b", "B"], shown: "B, Backspace", command: "back", says: "Back to what was shown before" },
];

/** @type {import("./keys.js").Key[]} */
export const FIND_KEYS = [
  { keys: ["f", "F", "/"], shown: "F, /", command: "find", says: "Only events with some words in them" },
  { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], shown: "1 … 9", command: "area", says: "Show or hide one kind of event" },
  { keys: ["a", "A"], shown: "A", command: "all", says: "Show everything" },
  { keys: ["r", "R"], shown: "R", command: "refresh", says: "Look for what has happened since" },
  { keys: ["v", "V"], shown: "V", command: "verify", says: "Verify the chain of the ledger" },
  { keys: ["+", "="], shown: "+, wheel", command: "closer", says: "Zoom in" },
  { keys: ["-"], shown: "−, wheel", command: "further", says: "Zoom out" },
  { keys: ["0"], shown: "0", command: "fit", says: "Fit the picture" },
  { keys: ["?", "F1"], shown: "?", command: "help", says: "Show or hide these keys" },
  { keys: ["Escape"], shown: "Esc", command: "leave", says: "Close what is open" },
];

/** How far each command moves in the list, whose first is the latest. @type {Record<string, number>} */
export const STEPS = { older: 1, newer: -1, much_older: 10, much_newer: -10, newest: -Infinity, oldest: Infinity };

/** The day and the time of day of a moment in UTC. @param {string} at ISO 8601 without a zone */
export function whenOf(at) {
  return { day: at.slice(0, 10), time: at.slice(11, 19) };
}

/** A day in words, of this locale. @param {string} day */
export function dayInWords(day) {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.valueOf())) return day;
  return date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}
