// @ts-check
// The fields of an inspection: one list, one of them current, each with its value and what is wrong with it.

import { button, el, icon, ICONS } from "./dom.js";
import { oneLine } from "./tag_field.js";

/** @typedef {{field: string, defect: string, severity: string, comment: string}} Mark */
/** @typedef {{name: string, key: string, severity: string, label: string, help: string, picture: boolean}} Type */
/** @typedef {{name: string, label: string, counts: boolean}} Severity */
/** @typedef {{key: string, label: string, group: string | null, required?: boolean, first?: string}} Row */

const PICTURE = "";
const CARRIERS = /** @type {Record<string, string>} */ ({ exif: "EXIF", iptc: "IPTC", xmp: "XMP", sidecar: "sidecar" });

/**
 * @param {string} uid
 * @param {{unmark: (field: string, defect: string) => void, moved: () => void}} around
 */
export function mountFields(uid, around) {
  /** @type {Row[]} */
  let rows = [];
  /** @type {Map<string, any>} */
  const items = new Map();
  let current = "";
  /** @type {any} */
  let form = null;

  const list = el("ul", { class: "wb-inspect-list", role: "listbox", tabindex: 0, "aria-label": "Fields" });

  /** @param {Row} row @param {number} place */
  function item(row, place) {
    const made = el("li", { class: "wb-inspect-row", role: "option", id: `${uid}-${place}`, "data-key": row.key, onclick: () => select(row.key) });
    items.set(row.key, made);
    return made;
  }

  /** @param {any} page */
  function show(page) {
    form = page.form;
    rows = [
      ...form.fields,
      ...page.besides.map((/** @type {any} */ one) => ({ key: one.key, label: one.label, group: "besides" })),
      { key: PICTURE, label: "The picture itself", group: "picture" },
    ];
    items.clear();
    const named = { ...form.groups, besides: "Entered besides", picture: "" };
    /** @type {any} */
    let group = null;
    const parts = [];
    for (const [place, row] of rows.entries()) {
      if (row.group !== group && named[row.group ?? ""]) parts.push(el("li", { class: "wb-inspect-group", role: "presentation", text: named[row.group ?? ""] }));
      group = row.group;
      parts.push(item(row, place));
    }
    list.replaceChildren(...parts);
    const besides = Object.fromEntries(page.besides.map((/** @type {any} */ one) => [one.key, one]));
    for (const row of rows) fill(row, page.fields[row.key] ?? besides[row.key] ?? null, page.marks);
    if (!items.has(current)) current = rows[0]?.key ?? "";
    point();
  }

  /** @param {Row} row @param {any} state @param {Mark[]} marks */
  function fill(row, state, marks) {
    const made = items.get(row.key);
    const head = el("span", { class: "wb-inspect-label" }, [
      el("span", { text: row.label }),
      ...(row.required ? [el("span", { class: "wb-mark wb-required", text: "required" })] : []),
    ]);
    const value = el("span", { class: "wb-inspect-value" }, row.key === PICTURE ? [] : said(state, row));
    const found = (state?.findings ?? []).map((/** @type {any} */ one) => el("span", { class: `wb-inspect-finding wb-finding-${one.severity}`, text: one.message }));
    made.replaceChildren(head, value, ...found, el("span", { class: "wb-inspect-marks" }));
    mark(row, marks);
  }

  /** @param {any} state @param {Row} row @returns {Node[]} */
  function said(state, row) {
    const value = state?.value;
    const empty = value === null || value === undefined || (Array.isArray(value) && !value.length);
    if (empty && state?.parts?.length) return state.parts.map((/** @type {any} */ one) => el("span", { dir: "auto", text: `${one.name}: ${one.value}` }));
    if (empty) return [el("span", { class: "wb-hint", text: "nothing" })];
    const from = state.entered === undefined || state.entered ? [] : [el("span", { class: "wb-inspect-from", text: CARRIERS[state.origin] ?? "file" })];
    const shown = Array.isArray(value)
      ? value.map((one) => el("span", { class: "wb-inspect-chip", dir: "auto", text: one }))
      : [el("span", { dir: "auto", text: oneLine(value, row.first ?? "") })];
    return [...shown, ...(state.words ? [el("span", { class: "wb-hint", text: state.words })] : []), ...from];
  }

  /** @param {Row} row @param {Mark[]} marks */
  function mark(row, marks) {
    const mine = marks.filter((one) => one.field === row.key);
    const made = items.get(row.key);
    made.classList.toggle("wb-inspect-wrong", mine.length > 0);
    made.querySelector(".wb-inspect-marks").replaceChildren(...mine.map(chip));
  }

  /** @param {Mark} one */
  function chip(one) {
    const type = form.types.find((/** @type {Type} */ known) => known.name === one.defect);
    const severity = form.severities.find((/** @type {Severity} */ known) => known.name === one.severity);
    const label = type?.label ?? one.defect;
    const cut = button(`Take “${label}” away`, () => around.unmark(one.field, one.defect), { class: "wb-chip-cut", tabindex: -1 }, [icon(ICONS.close)]);
    return el("span", { class: `wb-inspect-mark${severity?.counts === false ? " wb-inspect-noted" : ""}` }, [
      el("strong", { text: label }),
      el("span", { text: severity?.label ?? one.severity }),
      ...(one.comment ? [el("span", { class: "wb-inspect-said", dir: "auto", text: one.comment })] : []),
      cut,
    ]);
  }

  function point() {
    for (const [key, made] of items) made.setAttribute("aria-selected", String(key === current));
    const made = items.get(current);
    if (!made) return;
    list.setAttribute("aria-activedescendant", made.id);
    made.scrollIntoView({ block: "nearest" });
    around.moved();
  }

  /** @param {string} key */
  function select(key) {
    current = key;
    point();
  }

  return {
    element: list,
    show,
    /** Only the marks changed. @param {Mark[]} marks */
    marked(marks) {
      for (const row of rows) mark(row, marks);
    },
    current: () => current,
    /** @param {string} key */
    label: (key) => rows.find((row) => row.key === key)?.label ?? key,
    /** @param {"up" | "down" | "first" | "last"} way */
    move(way) {
      const at = rows.findIndex((row) => row.key === current);
      const last = rows.length - 1;
      const to = { up: Math.max(0, at - 1), down: Math.min(last, at + 1), first: 0, last }[way];
      if (rows[to]) select(rows[to].key);
    },
  };
}
