// @ts-check
// Zoom and pan of a picture in a frame: where its left top corner is and how many screen pixels one of its pixels takes.

/** @typedef {{scale: number, x: number, y: number}} View */
/** @typedef {{width: number, height: number}} Size */

/** The closest one can get: screen pixels a picture pixel. @type {number} */
export const CLOSEST = 16;

/** @param {Size} picture @param {Size} frame @returns {View} */
export function fitted(picture, frame) {
  const scale = Math.min(1, frame.width / picture.width, frame.height / picture.height) || 1;
  return settled({ scale, x: 0, y: 0 }, picture, frame);
}

/** @param {View} view @param {Size} picture @param {Size} frame */
export function isFitted(view, picture, frame) {
  return view.scale <= fitted(picture, frame).scale * 1.001;
}

/**
 * Zoom so that what is under (x, y) of the frame stays there.
 * @param {View} view @param {Size} picture @param {Size} frame @param {number} factor
 * @param {number} [x] @param {number} [y]
 * @returns {View}
 */
export function zoomed(view, picture, frame, factor, x = frame.width / 2, y = frame.height / 2) {
  const least = fitted(picture, frame).scale;
  const scale = Math.max(least, Math.min(CLOSEST, view.scale * factor));
  const grown = scale / view.scale;
  return settled({ scale, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown }, picture, frame);
}

/**
 * @param {View} view @param {Size} picture @param {Size} frame @param {number} dx @param {number} dy
 * @returns {View}
 */
export function panned(view, picture, frame, dx, dy) {
  return settled({ ...view, x: view.x + dx, y: view.y + dy }, picture, frame);
}

/**
 * Keep the picture in the frame: centred where it is smaller, without a margin where it is larger.
 * @param {View} view @param {Size} picture @param {Size} frame
 * @returns {View}
 */
export function settled(view, picture, frame) {
  return {
    scale: view.scale,
    x: placed(view.x, picture.width * view.scale, frame.width),
    y: placed(view.y, picture.height * view.scale, frame.height),
  };
}

/** @param {number} at @param {number} length @param {number} room */
function placed(at, length, room) {
  if (length <= room) return (room - length) / 2;
  return Math.max(room - length, Math.min(0, at));
}
