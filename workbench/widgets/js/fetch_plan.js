// @ts-check
// Which places to ask Python for next: what is in sight first, then what lies around it. Nothing is queued, so what one
// has scrolled past is never asked for.

/** @typedef {[number, number]} Range */

/** Places one request may ask for. @type {number} */
export const MOST = 96;
/** Requests under way at once. @type {number} */
export const AT_ONCE = 2;

/**
 * @param {{seen: Range, near: Range[], has: (place: number) => boolean, underWay: Range[]}} given
 *   what is in sight, what to prefetch (nearest first), what is there, what was asked for
 * @returns {Range | null}
 */
export function nextWanted({ seen, near, has, underWay }) {
  if (underWay.length >= AT_ONCE) return null;
  const wanted = firstMissing(seen, has, underWay);
  if (wanted) return wanted;
  if (underWay.length) return null;
  for (const around of near) {
    const more = firstMissing(around, has, underWay);
    if (more) return more;
  }
  return null;
}

/** @param {Range} range @param {(place: number) => boolean} has @param {Range[]} underWay @returns {Range | null} */
function firstMissing([start, stop], has, underWay) {
  /** @param {number} place */
  const missing = (place) => !has(place) && !underWay.some(([a, b]) => a <= place && place < b);
  let from = start;
  while (from < stop && !missing(from)) from += 1;
  if (from >= stop) return null;
  let to = from + 1;
  while (to < stop && to - from < MOST && missing(to)) to += 1;
  return [from, to];
}
