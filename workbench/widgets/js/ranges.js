// @ts-check
// Sets of places as sorted ranges [start, stop) that don't touch: all of ten million is one range.

/** @typedef {[number, number]} Range */

/** @param {Range[]} ranges @param {number} start @param {number} stop @returns {Range[]} */
export function withRange(ranges, start, stop) {
  if (start >= stop) return ranges;
  const before = ranges.filter((range) => range[1] < start);
  const after = ranges.filter((range) => range[0] > stop);
  const touched = ranges.slice(before.length, ranges.length - after.length);
  const first = touched.length ? Math.min(start, touched[0][0]) : start;
  const last = touched.length ? Math.max(stop, touched[touched.length - 1][1]) : stop;
  return [...before, [first, last], ...after];
}

/** @param {Range[]} ranges @param {number} start @param {number} stop @returns {Range[]} */
export function withoutRange(ranges, start, stop) {
  if (start >= stop) return ranges;
  /** @type {Range[]} */
  const kept = [];
  for (const [a, b] of ranges) {
    if (a < Math.min(b, start)) kept.push([a, Math.min(b, start)]);
    if (Math.max(a, stop) < b) kept.push([Math.max(a, stop), b]);
  }
  return kept;
}

/** @param {Range[]} ranges @param {number} place */
export function holds(ranges, place) {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle][1] <= place) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low][0] <= place;
}

/** @param {Range[]} ranges */
export function howMany(ranges) {
  return ranges.reduce((sum, [a, b]) => sum + b - a, 0);
}

/**
 * What is in `ranges` and not in `others`.
 * @param {Range[]} ranges @param {Range[]} others @returns {Range[]}
 */
export function minus(ranges, others) {
  /** @type {Range[]} */
  const left = [];
  let at = 0;
  for (const [start, stop] of ranges) {
    let from = start;
    while (at < others.length && others[at][1] <= from) at += 1;
    for (let i = at; i < others.length && others[i][0] < stop; i += 1) {
      if (others[i][0] > from) left.push([from, others[i][0]]);
      from = Math.max(from, others[i][1]);
    }
    if (from < stop) left.push([from, stop]);
  }
  return left;
}
