// @ts-check
// The filters with their counts: one section a facet, its values as boxes to tick.

import { button, el, icon } from "./dom.js";

const FEW = 6;
const MANY = 15;
const FOLD = "M4 6l4 4 4-4";

/**
 * @typedef {{value: string | number, label: string, title: string, count: number | null, on: boolean}} Value
 * @typedef {{key: string, label: string, all: boolean, values: Value[], more: boolean}} Facet
 */

/**
 * The values to show of a facet: few, but every chosen one; or those that contain what was typed.
 * @param {Value[]} values @param {boolean} open @param {string} [typed]
 */
export function shownValues(values, open, typed = "") {
  const wanted = typed.trim().toLowerCase();
  if (open) return wanted ? values.filter((one) => one.on || one.label.toLowerCase().includes(wanted)) : values;
  return values.filter((one, place) => place < FEW || one.on);
}

/**
 * @param {{toggle: (facet: string, value: any) => void, more: (facet: string) => Promise<Value[]>, fold: (folded: string[]) => void}} act
 */
export function facetsPanel(act) {
  /** @type {Facet[]} */
  let facets = [];
  /** @type {Set<string>} */
  let folded = new Set();
  /** @type {Set<string>} */
  const open = new Set();
  /** @type {Map<string, Value[]>} */
  const all = new Map();
  /** @type {Map<string, string>} */
  const typed = new Map();
  const element = el("nav", { class: "wb-x-facets", "aria-label": "Filters" });

  function draw() {
    const focused = /** @type {HTMLElement | null} */ (element.querySelector(":focus"))?.dataset.key;
    const top = element.scrollTop;
    element.replaceChildren(...facets.filter((facet) => facet.values.length).map(section));
    element.scrollTop = top;
    if (focused) [...element.querySelectorAll("[data-key]")].find((one) => /** @type {HTMLElement} */ (one).dataset.key === focused)?.focus({ preventScroll: true });
  }

  /** @param {Facet} facet */
  function section(facet) {
    const isOpen = !folded.has(facet.key);
    const chosen = facet.values.filter((one) => one.on).length;
    const head = el("button", { type: "button", class: "wb-facet-head", "aria-expanded": String(isOpen), "data-key": `fold:${facet.key}`, onclick: () => fold(facet.key) }, [
      icon(FOLD),
      el("span", { text: facet.label }),
      ...(chosen ? [el("span", { class: "wb-facet-on", text: String(chosen), title: `${chosen} chosen` })] : []),
    ]);
    const box = el("section", { class: `wb-facet wb-facet-${facet.key}` }, [el("h3", {}, [head])]);
    if (isOpen) box.append(...inside(facet));
    return box;
  }

  /** @param {Facet} facet @returns {HTMLElement[]} */
  function inside(facet) {
    const isOpen = open.has(facet.key);
    const values = isOpen ? (all.get(facet.key) ?? facet.values) : facet.values;
    const shown = shownValues(values, isOpen, typed.get(facet.key));
    const list = el("ul", { "aria-label": facet.label }, shown.map((one) => item(facet, one)));
    const parts = [list];
    if (isOpen && values.length > MANY) parts.unshift(finder(facet));
    if (isOpen || values.length > shown.length || facet.more) parts.push(moreButton(facet, isOpen));
    return parts;
  }

  /** @param {Facet} facet @param {Value} one */
  function item(facet, one) {
    const box = el("input", { type: "checkbox", "data-key": `${facet.key}:${one.value}`, onchange: () => act.toggle(facet.key, one.value) });
    box.checked = one.on;
    return el("li", { class: one.on ? "wb-on" : one.count === 0 ? "wb-zero" : "" }, [
      el("label", { title: one.title }, [
        box,
        el("span", { class: "wb-facet-label", text: one.label }),
        el("span", { class: "wb-facet-count", text: one.count === null ? "" : one.count.toLocaleString("en") }),
      ]),
    ]);
  }

  /** @param {Facet} facet */
  function finder(facet) {
    const input = el("input", { type: "search", class: "wb-facet-find", placeholder: `Find in ${facet.label.toLowerCase()}…`, "aria-label": `Find in ${facet.label}`, "data-key": `find:${facet.key}` });
    input.value = typed.get(facet.key) ?? "";
    input.addEventListener("input", () => {
      typed.set(facet.key, input.value);
      const list = input.parentElement?.querySelector("ul");
      const values = all.get(facet.key) ?? facet.values;
      list?.replaceChildren(...shownValues(values, true, input.value).map((one) => item(facet, one)));
    });
    return input;
  }

  /** @param {Facet} facet @param {boolean} isOpen */
  function moreButton(facet, isOpen) {
    return button(isOpen ? "fewer" : "more…", () => void widen(facet, !isOpen), { class: "wb-button wb-facet-more", "data-key": `more:${facet.key}`, "aria-label": `${isOpen ? "Fewer" : "More"}: ${facet.label}` });
  }

  /** @param {Facet} facet @param {boolean} to */
  async function widen(facet, to) {
    if (!to) open.delete(facet.key);
    else open.add(facet.key);
    typed.delete(facet.key);
    draw();
    if (to && facet.more) {
      all.set(facet.key, await act.more(facet.key));
      draw();
    }
  }

  /** @param {string} key */
  function fold(key) {
    if (!folded.delete(key)) folded.add(key);
    act.fold([...folded]);
    draw();
  }

  return {
    element,
    /** @param {Facet[]} given @param {string[]} closed */
    show(given, closed) {
      facets = given;
      folded = new Set(closed);
      all.clear();
      draw();
      for (const facet of facets) if (open.has(facet.key) && facet.more) void widen(facet, true);
    },
  };
}
