// @ts-check
// One field of the form: its name, how it is entered, what is wrong, what the file says, the guideline, the history.

import { button, el, errorBox, icon } from "./dom.js";
import { counted } from "./lengths.js";
import { languageName, makeControl } from "./tag_controls.js";
import { remarkRow } from "./remarks.js";
import { makeOffers } from "./tag_offers.js";

const CLOCK = "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3";
const CARRIERS = { exif: "EXIF", iptc: "IPTC", xmp: "XMP", sidecar: "Sidecar" };
const HOW = /** @type {Record<string, string>} */ ({ entered: "entered", template: "by template", suggested: "suggestion accepted" });

/**
 * @typedef {{
 *   edited: (field: string, lang: string | null, value: any, now?: boolean) => void,
 *   call: (command: string, args: Record<string, any>) => Promise<any>,
 *   act: (command: string, field: string, args?: Record<string, any>) => void,
 *   onward: (field: string) => void, offer: (command: string, field: string) => void, rtl: string[],
 * }} Around
 */

/** A value on one line, as text. @param {any} value @param {string} first @returns {string} */
export function oneLine(value, first) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object") return String(value);
  const parts = Object.entries(value);
  if (parts.length === 1 && parts[0][0] === "x-default") return String(parts[0][1]);
  return parts.map(([lang, text]) => `${languageName(lang, first)}: ${text}`).join("  ·  ");
}

/** @param {any} one @param {any} other */
const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** @param {import("./tag_controls.js").FieldForm} field @param {string} uid @param {Around} around */
export function makeField(field, uid, around) {
  const id = `${uid}-${field.key.replace(/\W/g, "_")}`;
  /** @type {any} */
  let state = { value: null, findings: [], conflicts: [] };
  let insisting = false;

  const control = makeControl(field, id, {
    edited(lang, value, now) {
      count();
      around.edited(field.key, lang, value, now);
    },
    complete: async (text) => (await around.call("complete", { field: field.key, text })).terms,
    readDate: (text) => around.call("read_date", { text }),
    onward: () => around.onward(field.key),
    rtl: around.rtl,
  });
  const counter = el("span", { class: "wb-counter" });
  const origin = el("span", { class: "wb-origin" });
  const clock = button("History of this field (Alt + H)", () => void history(), { class: "wb-button wb-small", tabindex: -1 }, [icon(CLOCK)]);
  const mark = field.required ? "required" : field.recommended ? "recommended" : "";
  const head = el("div", { class: "wb-field-head" }, [
    el("label", { for: id, text: field.label }),
    ...(mark ? [el("span", { class: `wb-mark wb-${mark}`, text: mark })] : []),
    ...(field.personal ? [el("span", { class: "wb-mark", text: "personal data" })] : []),
    el("span", { class: "wb-gap" }),
    counter,
    origin,
    clock,
  ]);
  const offers = makeOffers(field, id, { act: (command) => around.offer(command, field.key) });
  const remarks = el("ul", { class: "wb-remarks", id: `${id}-remarks`, "aria-label": "What the inspector said" });
  const findings = el("ul", { class: "wb-findings", id: `${id}-findings` });
  const said = el("div", { class: "wb-said" });
  const guide = el("div", { class: "wb-guide", id: `${id}-guide` }, guideline(field));
  const panel = el("div", { class: "wb-history", hidden: true, role: "region", "aria-label": `History of ${field.label}` });
  const element = el("div", { class: "wb-tag-field", "data-key": field.key }, [head, control.element, remarks, offers.element, findings, said, guide, panel]);
  for (const box of control.element.querySelectorAll("input, textarea, select")) {
    box.setAttribute("aria-describedby", `${id}-remarks ${id}-offer ${id}-findings ${id}-guide`);
    if (field.required) box.setAttribute("aria-required", "true");
  }

  function count() {
    const active = document.activeElement;
    const texts = control.texts();
    const mine = texts.find((one) => one.lang !== null && control.target(one.lang) === active) ?? texts[0];
    const longest = field.control === "chips" ? texts.reduce((a, b) => (b.text.length > a.text.length ? b : a), { lang: null, text: "" }) : mine;
    const limits = mine && mine.lang && !["x-default", field.first].includes(mine.lang) ? { ...field, max_bytes: null } : field;
    const told = field.control === "chips" && !field.max_bytes && !field.max_chars ? { says: "", over: false } : counted(longest?.text ?? "", limits);
    counter.textContent = ["date", "number", "rating", "yes_no", "none"].includes(field.control) ? "" : told.says;
    counter.classList.toggle("wb-over", told.over);
  }

  function showFindings() {
    const there = state.findings.filter((/** @type {any} */ one) => insisting || !["missing", "missing_language"].includes(one.rule));
    findings.replaceChildren(...there.map((/** @type {any} */ one) => findingRow(one)));
    const bad = there.some((/** @type {any} */ one) => one.severity === "error");
    element.classList.toggle("wb-bad", bad);
    for (const box of control.element.querySelectorAll(".wb-input, .wb-chip-input")) box.setAttribute("aria-invalid", String(bad));
  }

  /** @param {any} one */
  function findingRow(one) {
    const lang = one.lang && field.control === "languages" ? `${languageName(one.lang, field.first)}: ` : "";
    const row = el("li", { class: `wb-finding-${one.severity}` }, [el("span", { text: lang + one.message })]);
    if (one.suggestion && field.control !== "date") {
      row.append(button(`Take “${one.suggestion}”`, () => around.act("suggestion", field.key, { finding: one }), { class: "wb-link", tabindex: -1 }));
    }
    return row;
  }

  function showSaid() {
    const rows = [];
    if (state.entered && !same(state.value, state.file) && state.file !== null) {
      rows.push(saidRow("File", state.file, "Take over (Alt + O)", () => around.act("take_over", field.key)));
    }
    if (state.cleared) rows.unshift(el("div", { class: "wb-hint", text: "Emptied on purpose: what the file says isn't shown." }));
    for (const conflict of state.conflicts) {
      const lang = conflict.lang && conflict.lang !== "x-default" ? ` (${languageName(conflict.lang, field.first)})` : "";
      const parts = Object.entries(CARRIERS).filter(([key]) => conflict[key] !== null);
      rows.push(el("div", { class: "wb-conflict", title: conflict.why }, [
        el("strong", { text: `The file contradicts itself${lang}` }),
        ...parts.map(([key, name]) => saidRow(name, conflict[key], "Take", () => around.act("take_over", field.key, { origin: key, lang: conflict.lang }))),
        el("span", { class: "wb-hint", text: conflict.why }),
      ]));
    }
    said.replaceChildren(...rows);
  }

  /** @param {string} who @param {any} value @param {string} verb @param {() => void} take */
  function saidRow(who, value, verb, take) {
    return el("div", { class: "wb-said-row" }, [
      el("span", { class: "wb-carrier", text: who }),
      el("span", { class: "wb-said-text", dir: "auto", text: oneLine(value, field.first) }),
      button(verb, take, { class: "wb-link", tabindex: -1 }),
    ]);
  }

  function meta() {
    const name = CARRIERS[/** @type {keyof typeof CARRIERS} */ (state.origin)] ?? "file";
    const from = state.entered ? `${HOW[state.how] ?? state.how} by ${state.actor}` : state.value !== null ? `from ${name}` : "";
    origin.textContent = from;
    origin.classList.toggle("wb-mine", Boolean(state.entered));
    origin.title = state.at ? new Date(state.at).toLocaleString() : "";
    count();
    offers.show(state.suggestions ?? [], language());
    remarks.replaceChildren(...(state.remarks ?? []).map(remarkRow));
    element.classList.toggle("wb-is-remarked", remarks.childElementCount > 0);
    showFindings();
    showSaid();
  }

  /** The language that is being entered. */
  function language() {
    const active = document.activeElement;
    return active instanceof HTMLElement && element.contains(active) ? (active.dataset.lang ?? null) : null;
  }

  /** Put a suggestion where it can be corrected; false where there is no box for it. @param {import("./tag_offers.js").Offer} offer */
  function correct(offer) {
    const box = control.target(offer.lang);
    if (!(box instanceof HTMLInputElement || box instanceof HTMLTextAreaElement)) return false;
    if ((box.dataset.lang ?? null) !== offer.lang) return false;
    box.value = offer.value;
    box.focus();
    if (field.control !== "chips") box.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  async function history() {
    if (!panel.hidden) return closeHistory();
    panel.hidden = false;
    panel.replaceChildren(el("span", { class: "wb-hint", text: "Looking …" }));
    try {
      const told = await around.call("history", { field: field.key });
      panel.replaceChildren(el("ol", {}, told.changes.map(historyRow)));
      panel.querySelector("button")?.focus();
    } catch (error) {
      panel.replaceChildren(errorBox(error));
    }
  }

  /** @param {any} change */
  function historyRow(change) {
    const what = { set: oneLine(change.value, field.first), cleared: "emptied", withdrawn: "back to the file", file: oneLine(change.value, field.first) || "nothing" };
    const who = change.what === "file" ? "The file" : `${change.actor}, ${new Date(change.at).toLocaleString()}`;
    return el("li", {}, [
      el("span", { class: "wb-hint", text: who, title: change.reason }),
      el("span", { class: `wb-said-text wb-what-${change.what}`, dir: "auto", text: what[/** @type {keyof typeof what} */ (change.what)] }),
      button("Revert", () => around.act("revert", field.key, { seq: change.seq }), { class: "wb-button wb-small" }),
    ]);
  }

  function closeHistory() {
    if (panel.hidden) return false;
    panel.hidden = true;
    panel.replaceChildren();
    return true;
  }

  element.addEventListener("focusin", () => {
    count();
    offers.at(language());
  });
  return {
    element,
    field,
    control,
    offers,
    correct,
    history,
    closeHistory,
    /** Show another image's value, or what a command made of this one's. @param {any} next */
    show(next) {
      state = next;
      insisting = false;
      closeHistory();
      control.render(next.value, next);
      meta();
    },
    /** Take note of what a save changed; the text that is being typed stays. @param {any} next */
    saved(next) {
      state = next;
      meta();
    },
    /** Suggestions that were read after the image was shown. @param {import("./tag_offers.js").Offer[]} found */
    offered(found) {
      state = { ...state, suggestions: found };
      offers.show(found, language());
    },
    /** Also say what is missing. */
    insist() {
      insisting = true;
      showFindings();
    },
    state: () => state,
    /** @param {string | null} lang @param {boolean} [all] */
    focus(lang, all = true) {
      const box = /** @type {any} */ (control.target(lang));
      box.focus();
      if (all && box instanceof HTMLInputElement) box.select();
      else if (box instanceof HTMLTextAreaElement) box.setSelectionRange(box.value.length, box.value.length);
    },
  };
}

/** @param {import("./tag_controls.js").FieldForm} field */
function guideline(field) {
  const parts = field.help ? [el("span", { text: field.help })] : [];
  if (field.examples.length) parts.push(el("span", { class: "wb-examples", text: `For example: ${field.examples.map((one) => `“${one}”`).join(", ")}` }));
  return parts;
}
