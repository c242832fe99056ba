// @ts-check
// Where things stand in the grid, in pixels. `offset` is how far down one has come in the whole grid, however tall;
// `scrollTop` is where the browser's scrollbar is. They differ when the grid is taller than a browser can make an element.

/** Browsers stop somewhere between 16 and 33 million pixels. @type {number} */
export const TALLEST = 8_000_000;

/**
 * @typedef {{count: number, columns: number, rows: number, cell: number, row: number, gap: number, height: number,
 *   spacer: number, view: number}} Layout
 */

/**
 * @param {{count: number, width: number, view: number, size: number, gap: number, text: number}} given
 *   number of images, inner width and height of the visible part, height of a thumbnail, gap, height of the caption
 * @returns {Layout}
 */
export function layOut({ count, width, view, size, gap, text }) {
  const columns = Math.max(1, Math.floor((width - gap) / (size + gap)));
  const cell = Math.max(1, (width - gap * (columns + 1)) / columns);
  const row = size + text + gap;
  const rows = Math.ceil(count / columns);
  const height = rows * row + gap;
  return { count, columns, rows, cell, row, gap, height, spacer: Math.min(height, TALLEST), view };
}

/** @param {Layout} layout */
export function isScaled(layout) {
  return layout.spacer < layout.height;
}

/** @param {Layout} layout */
export function lowest(layout) {
  return Math.max(0, layout.height - layout.view);
}

/** @param {Layout} layout @param {number} offset */
export function within(layout, offset) {
  return Math.max(0, Math.min(lowest(layout), offset));
}

/** @param {Layout} layout @param {number} scrollTop */
export function offsetAt(layout, scrollTop) {
  if (!isScaled(layout)) return within(layout, scrollTop);
  return within(layout, (scrollTop / (layout.spacer - layout.view)) * lowest(layout));
}

/** @param {Layout} layout @param {number} offset */
export function scrollTopAt(layout, offset) {
  if (!isScaled(layout)) return within(layout, offset);
  return (within(layout, offset) / lowest(layout)) * (layout.spacer - layout.view);
}

/** @param {Layout} layout @param {number} place */
export function rowOf(layout, place) {
  return Math.floor(place / layout.columns);
}

/** @param {Layout} layout @param {number} row */
export function topOf(layout, row) {
  return layout.gap + row * layout.row;
}

/**
 * The rows to draw, first and one past the last.
 * @param {Layout} layout @param {number} offset @param {number} [more] rows above and below
 * @returns {[number, number]}
 */
export function rowsAt(layout, offset, more = 0) {
  const first = Math.floor((offset - layout.gap) / layout.row) - more;
  const last = Math.ceil((offset + layout.view - layout.gap) / layout.row) + more;
  return [Math.max(0, Math.min(layout.rows, first)), Math.max(0, Math.min(layout.rows, last))];
}

/**
 * The places to draw, first and one past the last.
 * @param {Layout} layout @param {number} offset @param {number} [more] rows above and below
 * @returns {[number, number]}
 */
export function placesAt(layout, offset, more = 0) {
  const [first, last] = rowsAt(layout, offset, more);
  return [first * layout.columns, Math.min(layout.count, last * layout.columns)];
}

/**
 * The smallest move that brings a place into sight.
 * @param {Layout} layout @param {number} offset @param {number} place
 */
export function offsetToShow(layout, offset, place) {
  const top = topOf(layout, rowOf(layout, place)) - layout.gap;
  const bottom = top + layout.row + layout.gap;
  if (top < offset) return within(layout, top);
  if (bottom > offset + layout.view) return within(layout, bottom - layout.view);
  return within(layout, offset);
}

/**
 * The offset that keeps a place where it was when the layout changes.
 * @param {Layout} before @param {Layout} after @param {number} offset @param {number} place
 */
export function offsetKept(before, after, offset, place) {
  const above = topOf(before, rowOf(before, place)) - offset;
  return within(after, topOf(after, rowOf(after, place)) - above);
}

/**
 * Where a step of the keyboard leads.
 * @param {Layout} layout @param {number} place @param {string} step
 */
export function stepped(layout, place, step) {
  const page = Math.max(1, Math.floor(layout.view / layout.row)) * layout.columns;
  const column = place % layout.columns;
  const last = layout.count - 1;
  /** @type {Record<string, number>} */
  const steps = {
    left: place - 1,
    right: place + 1,
    up: place < layout.columns ? place : place - layout.columns,
    down: downFrom(layout, place),
    page_up: place - page < 0 ? column : place - page,
    page_down: place + page > last ? last : place + page,
    home: 0,
    end: last,
  };
  return Math.max(0, Math.min(last, steps[step] ?? place));
}

/** @param {Layout} layout @param {number} place */
function downFrom(layout, place) {
  const below = place + layout.columns;
  if (below < layout.count) return below;
  return rowOf(layout, place) < layout.rows - 1 ? layout.count - 1 : place;
}
