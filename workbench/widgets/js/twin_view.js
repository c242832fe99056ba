// @ts-check
// Two pictures side by side, zoomed and moved together; or one over the other, by turns or as a map of their difference.

import { contained, cssOf, differenceWords, heat, inverted, laid, multiplied } from "./difference.js";
import { button, el, icon, ICONS } from "./dom.js";
import { gestures } from "./gestures.js";
import { keptPictures } from "./pictures.js";
import { fitted, isFitted, panned, settled, zoomed } from "./viewport.js";

const ZOOM_STEP = 1.3;
const LEAST = 1600; // small pictures are enlarged to be looked at
const BLINK_MS = 550;
const MAP_EDGE = 720;
const KEPT = 40;
const FULL_EDGE = 8192;

/** @typedef {{image_id: string, number: number, name: string, format: string, width: number | null, height: number | null, align: any, proposed: boolean}} Shown */
/** @typedef {"side" | "blink" | "difference"} Mode */

/** Longest edge that is asked for first. @type {number} */
export const EDGE = 1400;

/**
 * Say which picture is which: its number, its path, and what becomes of it. Where there is no room, folders are cut, not names.
 * @param {HTMLElement} place @param {any} one @param {string} fate @param {string} look
 */
export function caption(place, one, fate, look) {
  if (!one) return place.replaceChildren();
  const end = one.path.lastIndexOf("/") + 1;
  const path = [
    el("bdi", { class: "wb-twin-folder", text: one.path.slice(0, end) }),
    el("bdi", { class: "wb-twin-file", text: one.path.slice(end) }),
  ];
  place.replaceChildren(
    el("span", { class: "wb-review-number", text: String(one.number) }),
    el("span", { class: "wb-twin-name", title: one.path }, path),
    el("span", { class: `wb-twin-fate ${look}`, text: fate }),
  );
}

/**
 * @param {(image_id: string, edge: number) => Promise<DataView>} fetchPicture
 * @param {(image_id: string) => string | undefined} thumbOf
 * @param {(words: string) => void} say
 */
export function mountTwins(fetchPicture, thumbOf, say) {
  const pictures = keptPictures(fetchPicture, EDGE, KEPT, (id) => shown.some((one) => one?.image_id === id));
  const sides = [makeSide("keeper"), makeSide("other")];
  /** @type {(Shown | null)[]} */
  let shown = [null, null];
  /** @type {Mode} */
  let mode = "side";
  let top = 1;
  /** @type {any} */
  let timer = null;
  let canvas = { width: LEAST, height: LEAST };
  let view = { scale: 1, x: 0, y: 0 };
  let fits = true;
  let ticket = 0;
  let sharper = false;

  const zoomText = el("span", { class: "wb-twin-zoom", "aria-live": "off" });
  const blink = button("Blink: one over the other, by turns (B)", () => perform("blink"), { class: "wb-button wb-labelled", "aria-pressed": "false" }, ["Blink", el("kbd", { text: "B" })]);
  const difference = button("Show where they differ (D)", () => perform("difference"), { class: "wb-button wb-labelled", "aria-pressed": "false" }, ["Difference", el("kbd", { text: "D" })]);
  const tools = el("div", { class: "wb-twin-tools", role: "group", "aria-label": "How to look" }, [
    blink,
    difference,
    button("Zoom out (−)", () => perform("further"), { tabindex: -1 }, [icon(ICONS.minus)]),
    zoomText,
    button("Zoom in (+)", () => perform("closer"), { tabindex: -1 }, [icon(ICONS.plus)]),
    button("Fit the frame (0)", () => perform("fit"), { tabindex: -1 }, [icon(ICONS.fit)]),
  ]);
  const map = el("canvas", { class: "wb-twin-map", role: "img", "aria-label": "Where the two differ" });
  const key = el("div", { class: "wb-twin-key", hidden: true }, [el("span", { text: "same" }), el("i"), el("span", { text: "different" }), el("b"), el("span", { text: "only in the keeper" })]);
  const element = el("div", { class: "wb-twins" }, [sides[0].frame, sides[1].frame, tools, key]);
  sides[0].stage.append(map);

  /**
   * @param {string} role
   * @returns {{caption: HTMLElement, note: HTMLElement, holder: HTMLElement, stage: HTMLElement, frame: HTMLElement, image: HTMLImageElement | null}}
   */
  function makeSide(role) {
    const caption = el("figcaption", { class: "wb-twin-caption" });
    const note = el("div", { class: "wb-twin-note", hidden: true });
    const holder = el("div", { class: "wb-twin-holder" });
    const stage = el("div", { class: "wb-twin-stage" }, [holder, note]);
    const frame = el("figure", { class: `wb-twin wb-twin-${role}` }, [caption, stage]);
    return { caption, note, holder, stage, frame, image: null };
  }

  const frame = () => ({ width: sides[0].stage.clientWidth || 1, height: sides[0].stage.clientHeight || 1 });

  /** How the right picture lies in the frame: as it is when side by side, over the keeper when that is known. */
  function placed(/** @type {number} */ side) {
    const one = sides[side].image;
    const size = one ? { width: one.naturalWidth || 1, height: one.naturalHeight || 1 } : { width: 1, height: 1 };
    if (side === 0) return { size, matrix: contained(size, canvas) };
    const matrix = (mode === "side" ? null : aligned()) ?? contained(size, canvas);
    return { size, matrix };
  }

  /** From the keeper to the other, both from 0 to 1, where the evidence says it: it tells of the proposed keeper. */
  function aligned() {
    const [kept, other] = shown;
    if (!kept || !other || (!kept.align && !kept.proposed) || (!other.align && !other.proposed)) return null;
    const back = kept.proposed ? null : inverted(kept.align);
    if (!kept.proposed && !back) return null;
    if (other.proposed) return back;
    return back ? multiplied(other.align, back) : other.align;
  }

  function paint() {
    const css = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    sides.forEach((side, at) => {
      if (!side.image) return;
      const { size, matrix } = placed(at);
      side.image.style.width = `${size.width}px`;
      side.image.style.height = `${size.height}px`;
      side.image.style.transform = `${css} ${cssOf(matrix, size, canvas)}`;
    });
    map.style.transform = `${css} scale(${canvas.width / (map.width || 1)}, ${canvas.height / (map.height || 1)})`;
    fits = isFitted(view, canvas, frame());
    zoomText.textContent = fits ? "fit" : `${(view.scale / fitted(canvas, frame()).scale).toFixed(1)} ×`;
    element.classList.toggle("wb-zoomed", !fits);
    if (view.scale * canvas.width > EDGE * 1.3) void sharpen();
  }

  /** Ask for all the pixels of both when somebody looks closer than the first renderings go. */
  async function sharpen() {
    if (sharper) return;
    sharper = true;
    const mine = ticket;
    for (const [at, one] of shown.entries()) {
      if (!one || Math.max(one.width ?? 0, one.height ?? 0) <= EDGE) continue;
      const made = await pictures.load(one.image_id, FULL_EDGE).catch(() => null);
      if (!made || mine !== ticket || shown[at] !== one) return;
      put(at, made, one);
      paint();
    }
  }

  /** @param {number} at @param {HTMLImageElement} made @param {Shown} of @param {boolean} [soft] */
  function put(at, made, of, soft = false) {
    const side = sides[at];
    const image = /** @type {HTMLImageElement} */ (soft ? made : made.cloneNode());
    image.alt = `${at ? "Compared" : "Keeper"}: ${of.name}`;
    image.className = `wb-twin-image${soft ? " wb-soft" : ""}`;
    image.dataset.id = of.image_id;
    image.draggable = false;
    side.image = image;
    if (!soft) side.note.hidden = true;
    overlay();
  }

  /** Put both pictures where the mode wants them. */
  function overlay() {
    const [left, right] = sides;
    const flat = mode !== "side";
    const both = [left.image, right.image];
    left.holder.replaceChildren(...(flat ? both : [left.image]).filter((image) => image !== null));
    right.holder.replaceChildren(...(flat ? [] : [right.image]).filter((image) => image !== null));
    both.forEach((image, at) => image?.classList.toggle("wb-under", flat && (mode === "difference" || at !== top)));
    map.hidden = mode !== "difference";
    key.hidden = mode !== "difference";
    element.dataset.mode = mode;
  }

  /** @param {number} at @param {Shown | null} next */
  async function showSide(at, next) {
    const side = sides[at];
    const mine = ticket;
    shown[at] = next;
    side.note.hidden = true;
    if (!next) {
      side.image = null;
      return overlay();
    }
    const ready = pictures.here(next.image_id);
    if (ready) return put(at, ready, next);
    soften(at, next);
    try {
      const made = await pictures.fetched(next.image_id);
      if (mine === ticket && shown[at] === next) put(at, made, next);
    } catch (error) {
      if (mine !== ticket || shown[at] !== next) return;
      side.note.hidden = false; // over the thumbnail, where there is one
      side.note.replaceChildren(
        el("strong", { text: next.format || "?" }),
        el("span", { text: `This picture can't be shown. ${/** @type {any} */ (error)?.message ?? ""}` }),
        el("span", { class: "wb-hint", text: /** @type {any} */ (error)?.hint ?? "" }),
      );
    }
  }

  /** The thumbnail, enlarged, until the picture is there. @param {number} at @param {Shown} next */
  function soften(at, next) {
    sides[at].image = null;
    const thumb = thumbOf(next.image_id);
    if (!thumb) return overlay();
    const image = new Image();
    image.src = thumb;
    const mine = ticket;
    image.decode().then(() => {
      if (mine !== ticket || sides[at].image || shown[at] !== next) return;
      put(at, image, next, true);
      paint();
    }, () => {});
  }

  /** @param {Shown | null} kept @param {Shown | null} other */
  async function show(kept, other) {
    const same = kept?.image_id === shown[0]?.image_id && other?.image_id === shown[1]?.image_id;
    if (same) {
      shown = [kept, other];
      return;
    }
    ticket += 1;
    const mine = ticket;
    sharper = false;
    top = 1;
    const { width, height } = kept?.width && kept.height ? /** @type {{width: number, height: number}} */ (kept) : { width: 4, height: 3 };
    const grown = Math.max(1, LEAST / Math.max(width, height));
    canvas = { width: width * grown, height: height * grown };
    view = fitted(canvas, frame());
    const both = [showSide(0, kept), showSide(1, other)];
    paint();
    await Promise.all(both);
    if (mine !== ticket) return;
    paint();
    if (mode === "difference") draw();
    named();
  }

  function named() {
    if (mode === "blink") say(top ? "Blinking: the one compared" : "Blinking: the keeper");
    element.dataset.top = mode === "blink" ? (top ? "other" : "keeper") : "";
  }

  /** Draw the map of the difference. */
  function draw() {
    const [left, right] = sides.map((side) => side.image);
    if (!left || !right) return say("There is nothing to compare.");
    const share = MAP_EDGE / Math.max(canvas.width, canvas.height);
    const size = { width: Math.max(1, Math.round(canvas.width * share)), height: Math.max(1, Math.round(canvas.height * share)) };
    const [one, other] = [left, right].map((image, at) => {
      const { matrix } = placed(at);
      const shrunk = Math.min(1, (MAP_EDGE * 1.5) / Math.max(image.naturalWidth, image.naturalHeight));
      const taken = { width: Math.max(1, Math.round(image.naturalWidth * shrunk)), height: Math.max(1, Math.round(image.naturalHeight * shrunk)) };
      return laid(pixelsOf(image, taken), taken, matrix, size);
    });
    const found = heat(one, other, size);
    map.width = size.width;
    map.height = size.height;
    map.getContext("2d").putImageData(new ImageData(/** @type {any} */ (found.pixels), size.width, size.height), 0, 0);
    const words = differenceWords(found);
    map.setAttribute("aria-label", words);
    say(words);
    paint();
  }

  /** @param {HTMLImageElement} image @param {{width: number, height: number}} size */
  function pixelsOf(image, size) {
    const sheet = new OffscreenCanvas(size.width, size.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (sheet.getContext("2d", { willReadFrequently: true }));
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, size.width, size.height);
    return context.getImageData(0, 0, size.width, size.height).data;
  }

  /** @param {Mode} next */
  function setMode(next) {
    mode = next;
    top = 1;
    clearInterval(timer);
    timer = null;
    overlay();
    const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches;
    if (mode === "blink" && !calm) timer = setInterval(swap, BLINK_MS);
    view = fitted(canvas, frame());
    paint();
    if (mode === "difference") draw();
    else if (mode === "side") say("");
    named();
    blink.setAttribute("aria-pressed", String(mode === "blink"));
    difference.setAttribute("aria-pressed", String(mode === "difference"));
  }

  function swap() {
    top = 1 - top;
    overlay();
    named();
  }

  /** @param {string} command */
  function perform(command) {
    if (command === "blink" || command === "difference") setMode(mode === command ? "side" : command);
    else if (command === "side") setMode("side");
    else if (command === "swap" && mode === "blink") {
      clearInterval(timer);
      timer = null;
      swap();
    } else if (command === "closer") zoom(ZOOM_STEP);
    else if (command === "further") zoom(1 / ZOOM_STEP);
    else if (command === "fit") {
      view = fitted(canvas, frame());
      paint();
    }
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  function zoom(factor, x, y) {
    view = zoomed(view, canvas, frame(), factor, x, y);
    paint();
  }

  for (const { stage } of sides) {
    gestures(stage, {
      pan(dx, dy) {
        view = panned(view, canvas, frame(), dx, dy);
        paint();
      },
      zoom,
      twice: () => perform(fits ? "closer" : "fit"),
    });
  }
  const watch = new ResizeObserver(() => {
    view = fits ? fitted(canvas, frame()) : settled(zoomed(view, canvas, frame(), 1), canvas, frame());
    paint();
  });
  watch.observe(sides[0].stage);
  overlay();

  return {
    element,
    captions: sides.map((side) => side.caption),
    show,
    fetched: pictures.fetched,
    perform,
    mode: () => mode,
    /** A thumbnail has come. @param {string[]} ids */
    thumbsCame(ids) {
      shown.forEach((one, at) => one && ids.includes(one.image_id) && !sides[at].image && !pictures.here(one.image_id) && soften(at, one));
    },
    destroy() {
      clearInterval(timer);
      watch.disconnect();
      pictures.destroy();
    },
  };
}
