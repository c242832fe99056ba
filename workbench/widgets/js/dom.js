// @ts-check
// Elements. Text only ever goes in as text: what comes from an image is data, never markup.

/**
 * @param {string} tag
 * @param {Record<string, any>} [given] attributes; `text` is the text, `on…` a listener, false or null leaves out
 * @param {(Node | string)[]} [children]
 * @returns {any}
 */
export function el(tag, given = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * An icon drawn here; nothing is loaded.
 * @param {string} path of a 16 × 16 box, stroked
 */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "wb-icon");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  close: "M4 4l8 8M12 4l-8 8",
  previous: "M10 3L5 8l5 5",
  next: "M6 3l5 5-5 5",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  check: "M3.5 8.5l3 3 6-7",
  panel: "M2.5 3.5h11v9h-11zM10 3.5v9",
};

/**
 * @param {string} label @param {() => void} press @param {Record<string, any>} [given] @param {(Node | string)[]} [inside]
 * @returns {HTMLButtonElement}
 */
export function button(label, press, given = {}, inside = [label]) {
  const name = inside[0] === label ? {} : { "aria-label": label, title: label };
  return el("button", { type: "button", class: "wb-button", onclick: press, ...name, ...given }, inside);
}

/**
 * An error a person can read, its traceback one click away.
 * @param {any} error @param {() => void} [retry] @returns {HTMLElement}
 */
export function errorBox(error, retry) {
  const box = el("div", { class: "wb-error", role: "alert" }, [
    el("strong", { text: error?.message ?? String(error) }),
    el("span", { class: "wb-hint", text: error?.hint ?? "" }),
  ]);
  const trace = error?.traceback ?? error?.stack;
  if (trace) {
    box.append(el("details", {}, [el("summary", { text: "Technical details" }), el("pre", { text: trace, tabindex: 0 })]));
  }
  if (retry) box.append(button("Try again", retry));
  return box;
}

/**
 * The help panel, from the tables the widgets act on.
 * @param {{title: string, keys: import("./keys.js").Key[]}[]} tables @param {() => void} close
 */
export function helpPanel(tables, close) {
  const parts = tables.map(({ title, keys }) =>
    el("section", {}, [
      el("h3", { text: title }),
      el(
        "dl",
        {},
        keys.flatMap((key) => [el("dt", {}, [el("kbd", { text: key.shown })]), el("dd", { text: key.says })]),
      ),
    ]),
  );
  return el("div", { class: "wb-help", role: "dialog", "aria-label": "Keyboard" }, [
    el("header", {}, [el("h2", { text: "Keyboard" }), button("Close", close, {}, [icon(ICONS.close)])]),
    el("div", { class: "wb-help-tables" }, parts),
  ]);
}

/** What nobody sees, or turns the letters around it: control and direction characters, blanks without width. */
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff]/g;
const READ_ALOUD = ["title", "aria-label", "alt", "placeholder"];

/** A text with what is hidden in it written out. @param {string} text */
export function spelled(text) {
  return text.replace(HIDDEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * From now on, show hidden characters in every text below an element: before they are painted, whoever wrote them there.
 * What stands in boxes to write in stays as it is, or it would be saved like that.
 * @param {HTMLElement} root
 */
export function showHidden(root) {
  /** @param {Node} node */
  function spell(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = /** @type {Text} */ (node);
      const shown = spelled(text.data);
      if (shown !== text.data && text.parentElement?.tagName !== "TEXTAREA") text.data = shown;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const element = /** @type {Element} */ (node);
    for (const name of READ_ALOUD) {
      const text = element.getAttribute(name);
      if (text && spelled(text) !== text) element.setAttribute(name, spelled(text));
    }
    node.childNodes.forEach(spell);
  }
  const changed = (/** @type {MutationRecord[]} */ records) =>
    records.forEach((one) => (one.type === "childList" ? one.addedNodes.forEach(spell) : spell(one.target)));
  spell(root);
  new MutationObserver(changed).observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: READ_ALOUD });
}

/**
 * Show an error in a place, until somebody closes it or it is tried again.
 * @param {HTMLElement} place @param {any} error @param {() => void} [retry]
 */
export function showTrouble(place, error, retry) {
  const box = errorBox(error, retry);
  box.append(button("Close", () => place.replaceChildren(), { class: "wb-button wb-small" }, [icon(ICONS.close)]));
  place.replaceChildren(box);
}
