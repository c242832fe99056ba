// @ts-check
// The picture of the form: shown at once when it was fetched ahead, zoomed and moved with wheel, mouse and keys.

import { el, button, icon, ICONS } from "./dom.js";
import { gestures } from "./gestures.js";
import { keptPictures } from "./pictures.js";
import { fitted, isFitted, panned, settled, zoomed } from "./viewport.js";

const ZOOM_STEP = 1.3;
const PAN_STEP = 70;
const FULL_EDGE = 8192;
const KEPT = 4;

/** @typedef {{image_id: string, name: string, format: string, width: number | null, height: number | null}} Shown */

/** Longest edge that is asked for first. @type {number} */
export const EDGE = 1600;

/** @param {(image_id: string, edge: number) => Promise<DataView>} fetchPicture @param {(name: string) => void} act */
export function mountStage(fetchPicture, act) {
  const pictures = keptPictures(fetchPicture, EDGE, KEPT, (id) => id === shown?.image_id);
  /** @type {Shown | null} */
  let shown = null;
  /** @type {HTMLImageElement | null} */
  let image = null;
  let picture = { width: 1, height: 1 };
  let view = { scale: 1, x: 0, y: 0 };
  let sharper = false;
  let fits = true;

  const note = el("div", { class: "wb-tag-note", hidden: true });
  const zoomText = el("span", { class: "wb-tag-zoom" });
  const tools = el("div", { class: "wb-tag-zoomer" }, [
    button("Zoom out", () => act("further"), { tabindex: -1 }, [icon(ICONS.minus)]),
    zoomText,
    button("Zoom in", () => act("closer"), { tabindex: -1 }, [icon(ICONS.plus)]),
    button("Fit the picture", () => act("fit"), { tabindex: -1 }, [icon(ICONS.fit)]),
  ]);
  const holder = el("div", { class: "wb-tag-holder" });
  const stage = el("div", { class: "wb-tag-stage", tabindex: 0, role: "group", "aria-label": "Picture" }, [holder, note, tools]);
  const frame = () => ({ width: stage.clientWidth || 1, height: stage.clientHeight || 1 });

  function paint() {
    if (!image) return;
    const scale = view.scale * (picture.width / (image.naturalWidth || picture.width));
    image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${scale})`;
    zoomText.textContent = `${Math.round(view.scale * 100)} %`;
    fits = isFitted(view, picture, frame());
    stage.classList.toggle("wb-zoomed", !fits);
    if (scale > 1.05) void sharpen();
  }

  /** Ask for all the pixels when somebody looks closer than the first rendering goes. */
  async function sharpen() {
    if (sharper || !shown || EDGE >= Math.max(picture.width, picture.height)) return;
    sharper = true;
    const mine = shown;
    const made = await pictures.load(mine.image_id, FULL_EDGE).catch(() => null);
    if (!made || mine !== shown || !image) return;
    put(made, mine);
    paint();
  }

  /** @param {HTMLImageElement} made @param {Shown} of */
  function put(made, of) {
    image = made;
    image.alt = of.name;
    image.className = "wb-tag-image";
    image.dataset.id = of.image_id;
    holder.replaceChildren(image);
    note.hidden = true;
  }

  /** @param {Shown | null} next */
  async function show(next) {
    if (next?.image_id === shown?.image_id) return;
    shown = next;
    sharper = false;
    if (!next) return holder.replaceChildren();
    const coming = pictures.fetched(next.image_id);
    note.hidden = true;
    const late = setTimeout(() => next === shown && image?.dataset.id !== next.image_id && holder.replaceChildren(), 120);
    try {
      const made = await coming;
      if (next !== shown) return;
      put(made, next);
      picture = { width: next.width || made.naturalWidth || 1, height: next.height || made.naturalHeight || 1 };
      view = fitted(picture, frame());
      paint();
    } catch (error) {
      if (next !== shown) return;
      image = null;
      holder.replaceChildren();
      note.hidden = false;
      note.replaceChildren(
        el("strong", { text: next.format || "?" }),
        el("span", { text: `This picture can't be shown. ${/** @type {any} */ (error)?.message ?? ""}` }),
        el("span", { class: "wb-hint", text: "Its fields can be filled in all the same." }),
      );
    } finally {
      clearTimeout(late);
    }
  }

  /** @param {string} command @param {string} [key] */
  function perform(command, key) {
    if (!image) return;
    const ways = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [PAN_STEP, 0], ArrowRight: [-PAN_STEP, 0], ArrowUp: [0, PAN_STEP], ArrowDown: [0, -PAN_STEP] });
    if (command === "closer") view = zoomed(view, picture, frame(), ZOOM_STEP);
    else if (command === "further") view = zoomed(view, picture, frame(), 1 / ZOOM_STEP);
    else if (command === "fit") view = fitted(picture, frame());
    else if (command === "actual") view = zoomed(view, picture, frame(), 1 / view.scale);
    else if (command === "pan" && key) view = panned(view, picture, frame(), ...ways[key]);
    paint();
  }

  gestures(stage, {
    begins: () => image !== null,
    pan(dx, dy) {
      view = panned(view, picture, frame(), dx, dy);
      paint();
    },
    zoom(factor, x, y) {
      view = zoomed(view, picture, frame(), factor, x, y);
      paint();
    },
    twice: () => act(isFitted(view, picture, frame()) ? "actual" : "fit"),
  });
  const watch = new ResizeObserver(() => {
    if (!image) return;
    view = fits ? fitted(picture, frame()) : settled(zoomed(view, picture, frame(), 1), picture, frame());
    paint();
  });
  watch.observe(stage);

  return {
    element: stage,
    show,
    fetched: pictures.fetched,
    perform,
    destroy() {
      watch.disconnect();
      pictures.destroy();
    },
  };
}
