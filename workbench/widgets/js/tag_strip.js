// @ts-check
// The images around the one shown, small: where one is, what is done, and a selection to apply values to.

import { el } from "./dom.js";

const BEFORE = 3;
const SHOWN = 16;

/**
 * @param {(start: number, stop: number) => Promise<{view: any, buffers: DataView[]}>} fetchStrip
 * @param {(place: number) => void} go
 */
export function mountStrip(fetchStrip, go) {
  const element = el("div", { class: "wb-strip", role: "group", "aria-label": "Images around this one" });
  /** @type {Map<string, string>} */
  const urls = new Map();
  /** @type {any[]} */
  let items = [];
  /** @type {Set<string>} */
  const chosen = new Set();
  let at = 0;
  let count = 0;
  let reach = 0;
  let ticket = 0;

  function draw() {
    element.replaceChildren(
      ...items.map((item) => {
        const words = [`Image ${item.place + 1}`, item.name, item.outcome === "open" ? "" : item.outcome, chosen.has(item.id) ? "selected" : ""].filter(Boolean).join(", ");
        const url = urls.get(item.id);
        const one = el("button", {
          type: "button", class: `wb-strip-one wb-is-${item.outcome}`, tabindex: -1, "aria-label": words, title: words,
          "aria-current": item.place === at ? "true" : null, "aria-pressed": String(chosen.has(item.id)),
        }, [url ? el("img", { src: url, alt: "", draggable: "false" }) : el("span", { text: String(item.place + 1) })]);
        one.addEventListener("click", (/** @type {MouseEvent} */ event) => {
          if (event.shiftKey) choose(Math.min(at + 1, item.place), Math.max(at - 1, item.place));
          else if (event.ctrlKey || event.metaKey) toggle(item.id);
          else go(item.place);
        });
        return one;
      }),
    );
  }

  /** @param {string} id */
  function toggle(id) {
    if (!chosen.delete(id)) chosen.add(id);
    draw();
  }

  /** @param {number} first @param {number} last */
  function choose(first, last) {
    for (const item of items) if (item.place >= first && item.place <= last && item.place !== at) chosen.add(item.id);
    draw();
  }

  async function refresh() {
    const mine = (ticket += 1);
    const start = Math.max(0, at - BEFORE);
    try {
      const { view, buffers } = await fetchStrip(start, Math.min(count, start + SHOWN));
      if (mine !== ticket) return;
      items = view.items;
      const kept = new Set(items.map((item) => item.id));
      for (const [id, url] of urls) {
        if (kept.has(id)) continue;
        URL.revokeObjectURL(url);
        urls.delete(id);
      }
      for (const item of items) {
        if (item.thumb !== null && !urls.has(item.id)) urls.set(item.id, URL.createObjectURL(new Blob([/** @type {any} */ (buffers[item.thumb])])));
      }
      draw();
    } catch {
      // the strip is a convenience: the form tells of what is wrong
    }
  }

  return {
    element,
    refresh,
    /** @param {number} place @param {number} of @param {boolean} moved */
    show(place, of, moved) {
      [at, count] = [place, of];
      if (moved) {
        chosen.clear();
        reach = 0;
      }
      draw();
      if (!moved || !items.length) void refresh();
    },
    /** Select one more image after this one, or one less. @param {number} by @param {(words: string) => void} say */
    select(by, say) {
      reach = Math.max(0, Math.min(reach + by, items.filter((item) => item.place > at).length));
      chosen.clear();
      for (const item of items) if (item.place > at && item.place <= at + reach) chosen.add(item.id);
      draw();
      say(`${chosen.size} selected`);
    },
    selected: () => [...chosen],
    clear() {
      const had = chosen.size > 0;
      chosen.clear();
      reach = 0;
      draw();
      return had;
    },
    destroy() {
      ticket += 1;
      for (const url of urls.values()) URL.revokeObjectURL(url);
    },
  };
}
