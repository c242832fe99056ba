// @ts-check
// Completeness by field and batch, and how audits went over time: tables and bars that can be read aloud.

import { button, el } from "./dom.js";

/** @param {number} count */
const number = (count) => count.toLocaleString("en");

/** Whole percent, but never 0 or 100 where some are there or missing. @param {number} part @param {number} whole */
export function percent(part, whole) {
  if (!whole) return "–";
  const share = (100 * part) / whole;
  if (share > 0 && share < 1) return "<1 %";
  if (share < 100 && share > 99) return ">99 %";
  return `${Math.round(share)} %`;
}

/**
 * Draw the completeness map: a button for each cell that lacks something.
 * @param {any} heat @param {(field: string, batch: string) => void} open
 */
export function heatMap(heat, open) {
  if (!heat || !heat.rows.length) return el("p", { class: "wb-a-nothing wb-hint", text: "There is nothing to count yet." });
  const head = el("tr", {}, [
    el("th", { scope: "col", text: "Field" }),
    ...heat.batches.map((/** @type {any} */ batch) => el("th", { scope: "col" }, [
      el("span", { class: "wb-a-batch", text: batch.name, title: batch.name }), el("span", { class: "wb-hint", text: number(batch.n) }),
    ])),
  ]);
  const rows = heat.rows.map((/** @type {any} */ row) =>
    el("tr", {}, [
      el("th", { scope: "row", text: row.label, title: row.field }),
      ...row.cells.map((/** @type {any} */ cell) => el("td", {}, [heatCell(row, cell, open)])),
    ]),
  );
  const left = heat.left_off ? `The last ${heat.batches.length} batches; ${number(heat.left_off)} earlier ones are left out.` : "";
  return el("div", { class: "wb-a-map" }, [
    el("p", { class: "wb-hint", text: `How many images have a value. Click a cell to see those without. ${left}` }),
    el("div", { class: "wb-a-scroll", tabindex: 0, role: "region", "aria-label": "Completeness" }, [
      el("table", { class: "wb-a-heat" }, [el("thead", {}, [head]), el("tbody", {}, rows)]),
    ]),
  ]);
}

/** @param {any} row @param {any} cell @param {(field: string, batch: string) => void} open */
function heatCell(row, cell, open) {
  const missing = cell.n - cell.present;
  const words = `${row.label}, ${cell.batch}: ${number(cell.present)} of ${number(cell.n)} have a value`;
  const one = button(words, () => open(row.field, cell.batch), { class: "wb-a-cell", title: words, disabled: !missing }, [percent(cell.present, cell.n)]);
  const share = cell.n ? cell.present / cell.n : 0;
  one.style.setProperty("--wb-share", `${Math.round(share * 100)}%`);
  return one;
}

/**
 * Draw findings per audit as bars by severity, with the numbers beside them.
 * @param {any[]} trend
 */
export function trendTable(trend) {
  if (!trend || !trend.length) return el("p", { class: "wb-a-nothing wb-hint", text: "No audit has been made by this profile." });
  const most = Math.max(1, ...trend.map((one) => one.findings));
  const rows = [...trend].reverse().map((one, at, all) => {
    const before = all[at + 1];
    const change = before ? one.findings - before.findings : 0;
    const said = !before ? "" : change === 0 ? "as before" : `${change > 0 ? "+" : "−"}${number(Math.abs(change))}`;
    return el("tr", {}, [
      el("th", { scope: "row" }, [el("span", { text: one.at }), el("span", { class: "wb-hint", text: ` ${one.actor}` })]),
      el("td", { class: "wb-a-number", text: number(one.images) }),
      el("td", { class: "wb-a-number", text: number(one.findings) }),
      el("td", { class: change < 0 ? "wb-a-better wb-a-number" : "wb-a-number", text: said }),
      el("td", { class: "wb-a-bars" }, [bars(one, most)]),
    ]);
  });
  return el("div", { class: "wb-a-map" }, [
    el("p", { class: "wb-hint", text: "What each audit by this profile found, the last one first (UTC)." }),
    el("div", { class: "wb-a-scroll", tabindex: 0, role: "region", "aria-label": "Trend" }, [
      el("table", { class: "wb-a-trend" }, [
        el("thead", {}, [el("tr", {}, ["Audit", "Images", "Findings", "Change", "Errors, warnings, hints"].map((text) => el("th", { scope: "col", text })))]),
        el("tbody", {}, rows),
      ]),
    ]),
  ]);
}

/** @param {any} one @param {number} most */
function bars(one, most) {
  const words = `${number(one.error)} errors, ${number(one.warning)} warnings, ${number(one.info)} hints`;
  return el("div", { class: "wb-a-bar", role: "img", "aria-label": words, title: words }, ["error", "warning", "info"].map((kind) => {
    const part = el("span", { class: `wb-a-part wb-a-${kind}` });
    part.style.width = `${(100 * one[kind]) / most}%`;
    return part;
  }));
}
