// @ts-check
// Where two pictures differ, as a picture; and the geometry of laying one over the other. No browser needed.

/** Rows of a projective map. @typedef {number[][]} Matrix */
/** @typedef {{width: number, height: number}} Size */

/** Differences of a channel up to this are taken for compression. @type {number} */
export const NOISE = 14;
/** From this on a difference can be seen without looking for it. @type {number} */
export const PLAIN = 40;

/** @type {Matrix} */
const SAME = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/** @param {Matrix} a @param {Matrix} b @returns {Matrix} */
export function multiplied(a, b) {
  return a.map((row) => [0, 1, 2].map((column) => row.reduce((sum, value, i) => sum + value * b[i][column], 0)));
}

/** The inverse, or null where there is none. @param {Matrix} m @returns {Matrix | null} */
export function inverted(m) {
  const [[a, b, c], [d, e, f], [g, h, i]] = m;
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!Number.isFinite(det) || Math.abs(det) < 1e-12) return null;
  const parts = [[e * i - f * h, c * h - b * i, b * f - c * e], [f * g - d * i, a * i - c * g, c * d - a * f], [d * h - e * g, b * g - a * h, a * e - b * d]];
  return parts.map((row) => row.map((value) => value / det));
}

/** @param {number} x @param {number} y @returns {Matrix} */
export function scaling(x, y) {
  return [[x, 0, 0], [0, y, 0], [0, 0, 1]];
}

/**
 * From the frame to a picture, both from 0 to 1: the picture as large as fits in, in the middle.
 * @param {Size} picture @param {Size} frame @returns {Matrix}
 */
export function contained(picture, frame) {
  const shape = (picture.width / picture.height) / (frame.width / frame.height);
  if (!(shape > 0) || Math.abs(shape - 1) < 0.015) return SAME;
  const [w, h] = shape > 1 ? [1, 1 / shape] : [shape, 1];
  return [[1 / w, 0, (w - 1) / (2 * w)], [0, 1 / h, (h - 1) / (2 * h)], [0, 0, 1]];
}

/**
 * As a CSS transform, of an element as large as `from` to a frame as large as `to`.
 * @param {Matrix} frameToPicture @param {Size} from @param {Size} to
 */
export function cssOf(frameToPicture, from, to) {
  const back = inverted(frameToPicture) ?? SAME;
  const [[a, b, c], [d, e, f], [g, h, i]] = multiplied(multiplied(scaling(to.width, to.height), back), scaling(1 / from.width, 1 / from.height));
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
}

/**
 * A picture laid into a frame; alpha 0 where it doesn't reach.
 * @param {Uint8ClampedArray} pixels RGBA @param {Size} size @param {Matrix} frameToPicture @param {Size} frame
 * @returns {Uint8ClampedArray}
 */
export function laid(pixels, size, frameToPicture, frame) {
  const out = new Uint8ClampedArray(frame.width * frame.height * 4);
  const [[a, b, c], [d, e, f], [g, h, i]] = frameToPicture;
  for (let y = 0, at = 0; y < frame.height; y += 1) {
    const v = (y + 0.5) / frame.height;
    for (let x = 0; x < frame.width; x += 1, at += 4) {
      const u = (x + 0.5) / frame.width;
      const w = g * u + h * v + i;
      const px = ((a * u + b * v + c) / w) * size.width - 0.5;
      const py = ((d * u + e * v + f) / w) * size.height - 0.5;
      if (!(px >= -0.5 && py >= -0.5 && px < size.width - 0.5 && py < size.height - 0.5)) continue;
      const x0 = Math.max(0, Math.floor(px));
      const y0 = Math.max(0, Math.floor(py));
      const x1 = Math.min(size.width - 1, x0 + 1);
      const y1 = Math.min(size.height - 1, y0 + 1);
      const fx = Math.max(0, px - x0);
      const fy = Math.max(0, py - y0);
      for (let channel = 0; channel < 3; channel += 1) {
        const top = pixels[(y0 * size.width + x0) * 4 + channel] * (1 - fx) + pixels[(y0 * size.width + x1) * 4 + channel] * fx;
        const low = pixels[(y1 * size.width + x0) * 4 + channel] * (1 - fx) + pixels[(y1 * size.width + x1) * 4 + channel] * fx;
        out[at + channel] = top * (1 - fy) + low * fy;
      }
      out[at + 3] = 255;
    }
  }
  return out;
}

/**
 * The difference of two pictures of one size: grey where they agree, yellow to red where they don't, blue where one ends.
 * @param {Uint8ClampedArray} one RGBA @param {Uint8ClampedArray} other @param {Size} size
 * @returns {{pixels: Uint8ClampedArray, differs: number, overlaps: number}} shares, 0 to 1: of what both show, what plainly differs; of the frame, what both show
 */
export function heat(one, other, { width, height }) {
  const count = width * height;
  const raw = new Float32Array(count);
  for (let p = 0, at = 0; p < count; p += 1, at += 4) {
    raw[p] = other[at + 3] ? Math.max(Math.abs(one[at] - other[at]), Math.abs(one[at + 1] - other[at + 1]), Math.abs(one[at + 2] - other[at + 2])) : -1;
  }
  const pixels = new Uint8ClampedArray(count * 4);
  let plain = 0;
  let both = 0;
  for (let y = 0, p = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, p += 1) {
      const at = p * 4;
      const grey = 40 + 0.22 * (one[at] + one[at + 1] + one[at + 2]);
      pixels[at + 3] = 255;
      if (raw[p] < 0) {
        pixels.set([grey * 0.55, grey * 0.65, grey * 0.9 + 25], at);
        continue;
      }
      both += 1;
      const value = around(raw, x, y, width, height);
      if (value >= PLAIN) plain += 1;
      const hot = Math.max(0, Math.min(1, (value - NOISE) / (110 - NOISE)));
      const [r, g, b] = hot < 0.5 ? [255, 214 - hot * 150, 40] : [255 - (hot - 0.5) * 60, 139 - (hot - 0.5) * 250, 40];
      const share = hot ? 0.35 + 0.65 * hot : 0;
      pixels.set([grey + (r - grey) * share, grey + (g - grey) * share, grey + (b - grey) * share], at);
    }
  }
  return { pixels, differs: both ? plain / both : 0, overlaps: count ? both / count : 0 };
}

/** The mean of what is around a place: one pixel off is no difference yet. @param {Float32Array} raw @param {number} x @param {number} y @param {number} width @param {number} height */
function around(raw, x, y, width, height) {
  let sum = 0;
  let count = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) {
      const value = raw[v * width + u];
      if (value < 0) continue;
      sum += value;
      count += 1;
    }
  }
  return count ? sum / count : 0;
}

/** What a difference comes to, in words. @param {{differs: number, overlaps: number}} found */
export function differenceWords({ differs, overlaps }) {
  const part = overlaps < 0.985 ? ` It covers ${Math.round(overlaps * 100)} % of the keeper.` : "";
  if (!overlaps) return "They don't overlap.";
  if (differs < 0.0002) return `No difference that one could see.${part}`;
  const share = differs * 100;
  return `${share < 1 ? "Less than 1" : Math.round(share)} % of what both show differs plainly.${part}`;
}
