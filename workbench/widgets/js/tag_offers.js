// @ts-check
// What machines suggest for a field, one at a time under it: taken, corrected or rejected by a key, and never a value before.

import { button, el, icon, ICONS } from "./dom.js";
import { languageName } from "./tag_controls.js";

/**
 * @typedef {{
 *   suggestion_id: string, lang: string | null, value: string, confidence: number, suggester: string, model: string,
 *   version: string, evidence: string,
 * }} Offer
 * @typedef {{act: (command: "take" | "edit_offer" | "reject" | "other") => void}} Around
 */

/** @param {number} confidence 0 to 1 */
export const percent = (confidence) => `${Math.floor(confidence * 100 + 1e-9)} %`;

/** Whose suggestion it is, all of it, for the tooltip and for who listens. @param {Offer} offer */
export function wholly(offer) {
  const from = offer.evidence ? ` From: ${offer.evidence}` : "";
  return `${percent(offer.confidence)} sure, by ${offer.suggester}, model ${offer.model}, version ${offer.version}.${from}`;
}

/** The suggestions, those of one language first; otherwise the surest first, as they come. @param {Offer[]} offers @param {string | null} lang */
export function inOrder(offers, lang) {
  return [...offers.filter((one) => one.lang === lang), ...offers.filter((one) => one.lang !== lang)];
}

/**
 * How many suggestions are sure enough and have a place that is empty: of a list all, otherwise the surest of a language.
 * @param {{list: boolean, value: any, suggestions?: Offer[]}[]} fields @param {number} atLeast 0 to 1
 */
export function sureOnes(fields, atLeast) {
  return fields.reduce((count, { list, value, suggestions }) => {
    const sure = (suggestions ?? []).filter((one) => one.confidence >= atLeast);
    if (list) return count + sure.length;
    const free = sure.filter((one) => !(value !== null && typeof value === "object" ? value[one.lang ?? "x-default"] : value));
    return count + new Set(free.map((one) => one.lang)).size;
  }, 0);
}

/** @param {import("./tag_controls.js").FieldForm} field @param {string} id @param {Around} around */
export function makeOffers(field, id, around) {
  /** @type {Offer[]} */
  let offers = [];
  /** @type {string | null} */
  let shown = null;
  /** Decided about, while Python doesn't know yet. @type {Set<string>} */
  const gone = new Set();
  const element = el("div", { class: "wb-offer", id: `${id}-offer`, hidden: true });

  function current() {
    return offers.find((one) => one.suggestion_id === shown) ?? offers[0] ?? null;
  }

  function draw() {
    const offer = current();
    element.hidden = !offer;
    if (!offer) return element.replaceChildren();
    const lang = field.control === "languages" && offer.lang ? `${languageName(offer.lang, field.first)}: ` : "";
    const whole = wholly(offer);
    const what = `“${offer.value.slice(0, 80)}”`;
    /** @param {string} label @param {"take" | "edit_offer" | "reject" | "other"} command @param {Node[]} inside */
    const does = (label, command, inside) => button(label, () => around.act(command), { class: "wb-button wb-small", tabindex: -1 }, inside);
    const others = offers.length > 1 ? [does(`Another suggestion (Alt + ↓): ${offers.length} in all`, "other", [el("span", { text: `${offers.indexOf(offer) + 1} of ${offers.length}` })])] : [];
    element.replaceChildren(
      el("span", { class: "wb-offer-text", title: `${offer.value}\n${whole}` }, [
        el("span", { class: "wb-unseen", text: "Suggested: " }),
        el("span", { class: "wb-hint", text: lang }),
        el("span", { class: "wb-offer-value", dir: "auto", text: offer.value }),
      ]),
      el("span", { class: "wb-offer-from", title: whole }, [
        el("span", { class: "wb-offer-sure", text: percent(offer.confidence) }),
        el("span", { class: "wb-offer-model", text: `${offer.model} ${offer.version}` }),
        el("span", { class: "wb-unseen", text: whole }),
      ]),
      el("span", { class: "wb-offer-does" }, [
        does(`Take ${what} (Alt + Enter)`, "take", [icon(ICONS.check)]),
        does(`Put ${what} into the field, to correct it (Alt + E)`, "edit_offer", [icon("M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z")]),
        does(`Reject ${what} (Alt + Backspace)`, "reject", [icon(ICONS.close)]),
        ...others,
      ]),
    );
  }

  return {
    element,
    current,
    any: () => offers.length > 0,
    /** @param {Offer[]} found @param {string | null} lang */
    show(found, lang) {
      const ids = new Set(found.map((one) => one.suggestion_id));
      for (const one of [...gone]) if (!ids.has(one)) gone.delete(one);
      offers = inOrder(found.filter((one) => !gone.has(one.suggestion_id)), lang);
      if (!ids.has(shown ?? "")) shown = null;
      draw();
    },
    /** The suggestions for the language somebody is at come first. @param {string | null} lang */
    at(lang) {
      if (!offers.length || lang === null || offers[0].lang === lang) return;
      offers = inOrder(offers, lang);
      shown = null;
      draw();
    },
    other() {
      const at = offers.findIndex((one) => one === current());
      shown = offers.length ? offers[(at + 1) % offers.length].suggestion_id : null;
      draw();
    },
    /** Decided: the next one shows at once. @param {Offer} offer @param {boolean} alone whether others of its language go with it */
    drop(offer, alone) {
      gone.add(offer.suggestion_id);
      offers = offers.filter((one) => one !== offer && !(alone && one.lang === offer.lang));
      shown = null;
      draw();
    },
    /** Show again what couldn't be decided. @param {string} suggestion_id */
    restore: (suggestion_id) => gone.delete(suggestion_id),
  };
}
