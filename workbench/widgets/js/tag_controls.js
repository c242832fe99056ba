// @ts-check
// How each kind of field is entered: a text, texts by language, chips, a date, a number, yes or no.

import { button, el, icon, ICONS } from "./dom.js";
import { splitList } from "./lengths.js";
import { suggestBox } from "./suggest_box.js";

/**
 * @typedef {{
 *   key: string, label: string, group: string, control: string, long: boolean, help: string, examples: string[],
 *   required: boolean, recommended: boolean, languages: string[], first: string, max_bytes: number | null,
 *   max_chars: number | null, completes: boolean, terms: number, strict: boolean, personal: boolean,
 *   low: number | null, high: number | null,
 * }} FieldForm
 * @typedef {{
 *   edited: (lang: string | null, value: any, now?: boolean) => void,
 *   complete: (text: string) => Promise<import("./suggest_box.js").Term[]>,
 *   readDate: (text: string) => Promise<{words: string | null, suggestion: string | null}>,
 *   onward: () => void, rtl: string[],
 * }} Given
 * @typedef {{
 *   element: HTMLElement, render: (value: any, state: any) => void, commit: () => void,
 *   key: (event: KeyboardEvent) => boolean, texts: () => {lang: string | null, text: string}[],
 *   target: (lang: string | null) => HTMLElement,
 * }} Control
 */

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
export function makeControl(field, id, given) {
  const makers = /** @type {Record<string, typeof textControl>} */ ({
    languages: languagesControl, chips: chipsControl, date: dateControl, yes_no: yesNoControl, none: noControl,
    number: numberControl, rating: numberControl,
  });
  return (makers[field.control] ?? textControl)(field, id, given);
}

/** @param {FieldForm} field @param {Record<string, any>} more @returns {any} */
function textBox(field, more) {
  const box = field.long ? el("textarea", { rows: 2, class: "wb-input", ...more }) : el("input", { type: "text", class: "wb-input", ...more });
  box.setAttribute("autocomplete", "off");
  box.setAttribute("spellcheck", field.terms ? "false" : "true");
  if (field.long && !SIZES_ITSELF) box.addEventListener("input", () => grow(box));
  return box;
}

/** Whether the browser makes a text area as high as its text (`field-sizing`), without a layout for each. */
const SIZES_ITSELF = typeof CSS !== "undefined" && CSS.supports("field-sizing", "content");

/** Let a text area be as high as its text, up to a limit. @param {HTMLTextAreaElement} box */
function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(240, box.scrollHeight + 2)}px`;
}

/** @param {any} box @param {string} value */
function put(box, value) {
  if (box.value === value) return;
  box.value = value;
  if (box instanceof HTMLTextAreaElement && !SIZES_ITSELF) grow(box);
}

/** @param {KeyboardEvent} event */
const isPlainEnter = (event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
function textControl(field, id, given) {
  const box = textBox(field, { id, dir: "auto" });
  const terms = field.completes && !field.long ? suggestBox(box, { find: given.complete, take, first: field.strict }) : null;
  const named = el("span", { class: "wb-hint wb-named" });
  /** @param {string} term */
  function take(term) {
    box.value = term;
    given.edited(null, term, true);
  }
  box.addEventListener("input", () => given.edited(null, box.value));
  return {
    element: el("div", { class: "wb-control" }, terms ? [box, terms.list, named] : [box, named]),
    render(value, state) {
      put(box, value ?? "");
      terms?.close();
      named.textContent = state.labels?.[value] ?? "";
    },
    commit: () => terms?.close(),
    key(event) {
      if (terms?.key(event)) return true;
      if (!field.long && isPlainEnter(event)) return given.onward(), true;
      return false;
    },
    texts: () => [{ lang: null, text: box.value }],
    target: () => box,
  };
}

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
function numberControl(field, id, given) {
  const box = el("input", { type: "text", inputmode: "decimal", class: "wb-input wb-short", id, autocomplete: "off" });
  box.addEventListener("input", () => given.edited(null, box.value));
  /** @param {number} by */
  function step(by) {
    const [low, high] = [field.low ?? -Infinity, field.high ?? Infinity];
    const next = Math.min(high, Math.max(low, (Number(box.value) || 0) + by));
    box.value = String(next);
    given.edited(null, box.value);
  }
  return {
    element: el("div", { class: "wb-control" }, [box]),
    render: (value) => put(box, value ?? ""),
    commit() {},
    key(event) {
      if (isPlainEnter(event)) return given.onward(), true;
      if (event.altKey || event.ctrlKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return false;
      step(event.key === "ArrowUp" ? 1 : -1);
      return true;
    },
    texts: () => [{ lang: null, text: box.value }],
    target: () => box,
  };
}

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
function yesNoControl(field, id, given) {
  const choice = el("select", { id, class: "wb-input wb-short" }, [["", "–"], ["True", "Yes"], ["False", "No"]].map(([value, text]) => el("option", { value, text })));
  choice.addEventListener("change", () => given.edited(null, choice.value, true));
  return {
    element: el("div", { class: "wb-control" }, [choice]),
    render: (value) => (choice.value = ["True", "False"].find((one) => one.toLowerCase() === String(value ?? "").toLowerCase()) ?? ""),
    commit() {},
    key: (event) => (isPlainEnter(event) ? (given.onward(), true) : false),
    texts: () => [{ lang: null, text: choice.value }],
    target: () => choice,
  };
}

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
function dateControl(field, id, given) {
  const box = el("input", { type: "text", class: "wb-input wb-date", id, autocomplete: "off", placeholder: "1920-05-31, 1920~, 192X, 1914/1918" });
  const words = el("span", { class: "wb-words", "aria-live": "polite" });
  const instead = button("", () => take(), { class: "wb-link", hidden: true, tabindex: -1 }, [""]);
  /** @type {string | null} */
  let suggestion = null;
  let ticket = 0;

  /** @param {{words: string | null, suggestion: string | null}} told */
  function tell(told) {
    words.textContent = told.words ?? "";
    suggestion = told.suggestion;
    instead.hidden = !suggestion;
    instead.textContent = suggestion ? `Enter writes it as ${suggestion}` : "";
  }
  function take() {
    if (!suggestion) return;
    box.value = suggestion;
    given.edited(null, suggestion, true);
    void read();
    box.focus();
  }
  async function read() {
    const mine = (ticket += 1);
    if (!box.value.trim()) return tell({ words: null, suggestion: null });
    const told = await given.readDate(box.value.trim()).catch(() => null);
    if (told && mine === ticket) tell(told);
  }
  box.addEventListener("input", () => {
    given.edited(null, box.value);
    void read();
  });
  return {
    element: el("div", { class: "wb-control" }, [box, el("div", { class: "wb-date-words" }, [words, instead])]),
    render(value, state) {
      put(box, value ?? "");
      ticket += 1;
      const bad = state.findings?.find((/** @type {any} */ one) => one.suggestion);
      tell({ words: state.words ?? null, suggestion: bad?.suggestion ?? null });
    },
    commit() {},
    key(event) {
      if (!isPlainEnter(event)) return false;
      if (suggestion) take();
      else given.onward();
      return true;
    },
    texts: () => [{ lang: null, text: box.value }],
    target: () => box,
  };
}

/** @param {string} lang @param {string} first */
export function languageName(lang, first) {
  if (lang === "x-default" && !first) return "Default";
  const code = lang === "x-default" ? first : lang;
  let name = code;
  try {
    name = new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    // not a language's code: shown as it is
  }
  return lang === "x-default" ? `${name} (default)` : name;
}

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
function languagesControl(field, id, given) {
  /** @type {Map<string, any>} */
  const boxes = new Map();
  const columns = el("div", { class: "wb-langs" });
  const add = el("input", { type: "text", class: "wb-input wb-add-lang", placeholder: "+ language", "aria-label": `Another language for ${field.label}: its code, such as fr or ar`, maxlength: 12, tabindex: -1 });
  let own = new Set(field.languages);

  /** @param {string} lang */
  function boxOf(lang) {
    const known = boxes.get(lang);
    if (known) return known;
    const rtl = given.rtl.includes(lang.split("-")[0]);
    const box = textBox(field, { id: boxes.size ? `${id}-${lang}` : id, lang: lang === "x-default" ? field.first || null : lang, dir: rtl ? "rtl" : "auto", "data-lang": lang, "aria-label": `${field.label}, ${languageName(lang, field.first)}` });
    box.addEventListener("input", () => given.edited(lang, box.value));
    boxes.set(lang, box);
    const head = el("span", { class: "wb-lang-name", text: languageName(lang, field.first) });
    columns.append(el("div", { class: "wb-lang-column", "data-of": lang }, [head, box]));
    return box;
  }
  boxOf("x-default");
  for (const lang of field.languages) boxOf(lang);

  function addOne() {
    const lang = add.value.trim();
    if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(lang)) return;
    add.value = "";
    own.add(lang);
    boxOf(lang).focus();
    heads();
  }
  function heads() {
    columns.classList.toggle("wb-one-lang", boxes.size === 1);
  }
  heads();
  return {
    element: el("div", { class: "wb-control" }, [columns, add]),
    render(value) {
      const texts = value ?? {};
      for (const lang of Object.keys(texts)) boxOf(lang);
      for (const [lang, box] of boxes) {
        if (lang in texts || lang === "x-default" || own.has(lang)) {
          put(box, texts[lang] ?? "");
          continue;
        }
        box.parentElement.remove();
        boxes.delete(lang);
      }
      heads();
    },
    commit() {},
    key(event) {
      if (!isPlainEnter(event)) return false;
      if (event.target === add) addOne();
      else if (field.long) return false;
      else given.onward();
      return true;
    },
    texts: () => [...boxes].map(([lang, box]) => ({ lang, text: box.value })),
    target: (lang) => boxes.get(lang ?? "x-default") ?? boxes.get("x-default"),
  };
}

/** @param {FieldForm} field @param {string} id @param {Given} given @returns {Control} */
function chipsControl(field, id, given) {
  const box = el("input", { type: "text", class: "wb-chip-input", id, autocomplete: "off", dir: "auto" });
  const terms = suggestBox(box, { find: given.complete, take: (term) => add([term]), first: field.strict, skip: (term) => words.includes(term) });
  const chips = el("span", { class: "wb-chips", role: "list" });
  const whole = el("div", { class: "wb-chip-box wb-input" }, [chips, box]);
  /** @type {string[]} */
  let words = [];
  /** @type {Record<string, string>} */
  let labels = {};

  function draw() {
    chips.replaceChildren(
      ...words.map((word, i) => {
        const cut = button(`Remove ${word}`, () => remove(i), { class: "wb-chip-cut", tabindex: -1 }, [icon(ICONS.close)]);
        const text = labels[word] ? `${labels[word]} (${word})` : word;
        const chip = el("span", { class: "wb-chip", role: "listitem", dir: "auto" }, [el("span", { text }), cut]);
        return chip;
      }),
    );
  }
  /** @param {string[]} more */
  function add(more) {
    box.value = "";
    const fresh = more.filter((word, i) => !words.includes(word) && more.indexOf(word) === i);
    if (!fresh.length) return;
    words = [...words, ...fresh];
    draw();
    given.edited(null, words, true);
  }
  /** @param {number} which */
  function remove(which) {
    words = words.filter((_, i) => i !== which);
    draw();
    given.edited(null, words, true);
    box.focus();
  }
  function commit() {
    terms.close();
    if (box.value.trim()) add(splitList(box.value));
  }
  box.addEventListener("input", () => {
    if (/[,;]/.test(box.value)) commit();
  });
  box.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/[,;\n\t]/.test(text)) return;
    event.preventDefault();
    add(splitList(text));
  });
  box.addEventListener("blur", commit);
  whole.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => {
    if (event.target !== whole && event.target !== chips) return;
    event.preventDefault();
    box.focus();
  });
  return {
    element: el("div", { class: "wb-control" }, [whole, terms.list]),
    render(value, state) {
      words = [...(value ?? [])];
      labels = state.labels ?? {};
      box.value = "";
      terms.close();
      draw();
    },
    commit,
    key(event) {
      if (terms.key(event)) return true;
      if (isPlainEnter(event)) return box.value.trim() ? commit() : given.onward(), true;
      if (event.key === "Backspace" && !event.altKey && !box.value && words.length && !event.repeat) return remove(words.length - 1), true;
      return false;
    },
    texts: () => words.map((text) => ({ lang: null, text })),
    target: () => box,
  };
}

/** @param {FieldForm} field @param {string} id @returns {Control} */
function noControl(field, id) {
  const rows = el("dl", { class: "wb-parts", id, tabindex: -1 });
  return {
    element: el("div", { class: "wb-control" }, [rows]),
    render(_value, state) {
      const parts = state.parts ?? [];
      rows.replaceChildren(...parts.flatMap((/** @type {any} */ part) => [el("dt", { text: part.name }), el("dd", { dir: "auto", text: part.value })]));
      if (!parts.length) rows.append(el("dd", { class: "wb-hint", text: `Nothing here. ${field.label} has parts; they are entered with ws.set_values.` }));
    },
    commit() {},
    key: () => false,
    texts: () => [],
    target: () => rows,
  };
}
