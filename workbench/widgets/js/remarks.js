// @ts-check
// What an inspector said: at each field that it is about, and of the whole image above them.

import { button, el } from "./dom.js";

/** @typedef {{defect: string, severity: string, counts: boolean, comment: string, label?: string | null}} Remark */

/** @param {Remark} one */
export function remarkRow(one) {
  return el("li", { class: `wb-remark${one.counts ? "" : " wb-remark-noted"}` }, [
    ...(one.label ? [el("span", { text: `${one.label}:` })] : []),
    el("strong", { text: one.defect }),
    el("span", { class: "wb-hint", text: one.severity }),
    ...(one.comment ? [el("span", { class: "wb-remark-said", dir: "auto", text: one.comment })] : []),
  ]);
}

/** The box above the fields. @param {(key: string) => void} go to a field with a remark */
export function mountRemarks(go) {
  const element = el("section", { class: "wb-remarked", role: "note", "aria-label": "What the inspector said", hidden: true });

  return {
    element,
    /**
     * @param {{by: string, at: string, comment: string, rows: Remark[]} | null} told
     * @param {{key: string, label: string}[]} fields those with remarks that stand
     */
    show(told, fields) {
      element.hidden = !told || !(told.comment || told.rows.length || fields.length);
      if (!told || element.hidden) return element.replaceChildren();
      const links = fields.map((one) => button(`Go to ${one.label} (Alt + R)`, () => go(one.key), { class: "wb-link" }, [one.label]));
      element.replaceChildren(
        el("div", { class: "wb-remarked-head" }, [
          el("strong", { text: "Sent back" }),
          el("span", { class: "wb-hint", text: `${told.by}, ${new Date(told.at).toLocaleString()}` }),
          ...(links.length ? [el("span", { class: "wb-remarked-links" }, [el("span", { text: "To mend:" }), ...links])] : []),
        ]),
        ...(told.comment ? [el("p", { class: "wb-remark-said", dir: "auto", text: told.comment })] : []),
        ...(told.rows.length ? [el("ul", { class: "wb-remarks" }, told.rows.map(remarkRow))] : []),
      );
    },
  };
}
