// @ts-check
// What somebody is told of an answer that is known: which fields were right, what the others should have been, and why.

import { button, el, icon, ICONS } from "./dom.js";

/** A value in words. @param {any} value @returns {string} */
export function inWords(value) {
  if (value === null || value === undefined || value === "") return "nothing";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object") return String(value);
  const known = Object.entries(value);
  return known.map(([lang, text]) => (lang === "x-default" ? inWords(text) : `${lang}: ${inWords(text)}`)).join("; ");
}

/** @param {any} value */
function quoted(value) {
  const words = inWords(value);
  return words === "nothing" ? words : el("q", { dir: "auto", text: words });
}

/** @param {any} row */
function line(row) {
  const parts = [el("span", { class: "wb-told-mark", text: row.right ? "✓" : "✗", "aria-label": row.right ? "right" : "wrong" }), el("strong", { text: row.label })];
  if (row.right) parts.push(el("span", { class: "wb-hint", dir: "auto", text: inWords(row.given) }));
  else {
    parts.push(el("span", {}, ["you entered ", quoted(row.given), ", right is ", quoted(row.expected)]));
    for (const why of [row.comment, row.guideline]) if (why) parts.push(el("span", { class: "wb-hint", dir: "auto", text: why }));
  }
  return el("li", { class: row.right ? "wb-told-right" : "wb-told-wrong" }, parts);
}

/** @param {{feedback?: any, result?: any, image?: any}} told @param {() => void} close @returns {HTMLElement} */
export function feedbackBox(told, close) {
  const box = el("div", { class: "wb-told", role: "status" });
  if (told.feedback) {
    const { right, of, rows, image_id } = told.feedback;
    const which = told.image?.image_id === image_id ? "this image" : "the image before";
    const head = right === of ? `All right on ${which}.` : `On ${which}: ${right} of ${of} right.`;
    box.append(el("p", {}, [el("strong", { text: head }), el("span", { class: "wb-hint", text: " Its answers were known." })]), el("ul", {}, rows.map(line)));
  }
  if (told.result) box.append(el("p", { class: "wb-told-result" }, [el("strong", { text: told.result.passed ? "Training passed." : "Training not passed." }), ` ${told.result.says}`]));
  box.append(button("Close", close, { class: "wb-button wb-small" }, [icon(ICONS.close)]));
  return box;
}
