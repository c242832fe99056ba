// @ts-check
// The list of terms under a field while somebody types: arrows choose, Enter takes, Escape closes.

import { el } from "./dom.js";

/** @typedef {{term: string, label: string, path: string}} Term */

let made = 0;

/**
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 * @param {{find: (text: string) => Promise<Term[]>, take: (term: string) => void, first: boolean, skip?: (term: string) => boolean}} given
 * `first` preselects the first term, for fields that hold nothing else
 */
export function suggestBox(input, given) {
  const id = `wb-terms-${(made += 1)}`;
  const list = el("ul", { class: "wb-terms", id, role: "listbox", "aria-label": "Terms", hidden: true });
  /** @type {Term[]} */
  let terms = [];
  let active = -1;
  let ticket = 0;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    ticket += 1;
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} to */
  function choose(to) {
    active = to;
    [...list.children].forEach((/** @type {any} */ row, i) => row.setAttribute("aria-selected", String(i === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${id}-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function draw() {
    list.replaceChildren(
      ...terms.map((term, i) => {
        const row = el("li", { id: `${id}-${i}`, role: "option", "aria-selected": "false" }, [el("span", { class: "wb-term", dir: "auto", text: term.label })]);
        const more = [term.label === term.term ? "" : term.term, term.path].filter(Boolean).join(" · ");
        if (more) row.append(el("span", { class: "wb-hint", text: more }));
        row.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => {
          event.preventDefault();
          take(i);
        });
        return row;
      }),
    );
    list.hidden = !terms.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (terms.length) list.scrollIntoView({ block: "nearest" });
    choose(terms.length && given.first && input.value.trim() ? 0 : -1);
  }

  /** @param {number} which */
  function take(which) {
    const term = terms[which];
    close();
    if (term) given.take(term.term);
  }

  async function look() {
    const mine = (ticket += 1);
    const text = input.value.trim();
    const found = await given.find(text).catch(() => []);
    if (mine !== ticket || document.activeElement === null) return;
    terms = found.filter((term) => term.term !== text && !given.skip?.(term.term));
    draw();
  }

  /** Act on a key; true when it was this list's. @param {KeyboardEvent} event */
  function key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    if (event.key === "ArrowDown" && list.hidden) {
      void look();
      return true;
    }
    if (list.hidden) return false;
    if (event.key === "ArrowDown") choose((active + 1) % terms.length);
    else if (event.key === "ArrowUp") choose(active <= 0 ? terms.length - 1 : active - 1);
    else if (event.key === "Enter" && active >= 0) take(active);
    else if (event.key === "Escape") close();
    else return false;
    return true;
  }

  input.addEventListener("input", () => (input.value.trim() ? void look() : close()));
  input.addEventListener("blur", close);
  return { list, key, close };
}
