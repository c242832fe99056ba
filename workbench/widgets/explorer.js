// @ts-check
// The explorer: search, filters with counts, charts and the grid, all from one answer of Python.

import { mountGrid } from "./image_grid.js";
import { asWidget } from "./js/as_widget.js";
import { chartsPanel } from "./js/charts_panel.js";
import { button, el, errorBox, icon, ICONS } from "./js/dom.js";
import { EXPLORER_KEYS } from "./js/explorer_keys.js";
import { facetsPanel } from "./js/facets_panel.js";
import { commandOf, staysHere } from "./js/keys.js";
import { problemsView } from "./js/problems_view.js";
import { inTurn, rested } from "./js/turns.js";

const TYPING = 250;
const NARROW = 800;
const WIDE = 1340;
const SHAPES = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7L14 14",
  back: "M6 3L2.5 6.5 6 10M3 6.5h6.5a4 4 0 0 1 0 8H7",
  forward: "M10 3l3.5 3.5L10 10M13 6.5H6.5a4 4 0 0 0 0 8H9",
  filters: "M2 4h12M4.5 8h7M6.5 12h3",
  charts: "M2.5 13.5h11M4.5 11V7M8 11V3M11.5 11V8",
  code: "M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3",
};

/** @typedef {{command: string, args: Record<string, any>}} Asked */

/**
 * @param {HTMLElement} root
 * @param {import("./js/channel.js").Channel} channel
 */
export function mountExplorer(root, channel) {
  /** @type {any} */
  let told = null;
  /** @type {any} */
  let grid = null;
  let gone = false;
  let width = 0;
  let drawer = false;
  let revision = -1;
  /** @type {((view: any) => void) | null} */
  let gridChanged = null;

  // -- elements

  const input = el("input", {
    type: "search", class: "wb-x-input", placeholder: "Search: words, or format:png, missing:title …", "aria-label": "Search",
    spellcheck: "false", autocomplete: "off",
  });
  const grammar = el("div", { class: "wb-x-grammar", role: "dialog", "aria-label": "How to search", hidden: true });
  const grammarButton = button("How to search", () => showGrammar(grammar.hidden), { class: "wb-button wb-x-how", "aria-expanded": "false" }, ["?"]);
  const wipe = button("Clear the search", () => {
    ask("clear");
    input.focus();
  }, { class: "wb-button wb-x-wipe", hidden: true }, [icon(ICONS.close)]);
  const note = el("div", { class: "wb-x-note", role: "alert", hidden: true });
  const back = button("Undo the last filter (Ctrl+Z)", () => ask("back"), { class: "wb-button wb-x-back", disabled: true }, [icon(SHAPES.back)]);
  const forward = button("Redo (Ctrl+Shift+Z)", () => ask("forward"), { class: "wb-button", disabled: true }, [icon(SHAPES.forward)]);
  const again = button("Ask again: something may have been scanned meanwhile", () => ask("refresh"), {}, [icon(SHAPES.refresh)]);
  const toggles = {
    facets: toggle("facets", "Filters", SHAPES.filters),
    charts: toggle("charts", "Charts", SHAPES.charts),
    sql: toggle("sql", "SQL", SHAPES.code),
  };
  const searchBox = el("form", { role: "search", class: "wb-x-search" }, [icon(SHAPES.search), input, wipe, grammarButton, grammar, note]);
  const top = el("div", { class: "wb-x-top" }, [
    searchBox,
    el("div", { class: "wb-x-tools" }, [back, forward, again, el("span", { class: "wb-x-gap" }), toggles.facets, toggles.charts, toggles.sql]),
  ]);
  const tabs = { images: tab("images", "Images"), problems: tab("problems", "Problems") };
  const chips = el("div", { class: "wb-x-chips", role: "group", "aria-label": "Active filters" });
  const second = el("div", { class: "wb-x-second" }, [el("div", { role: "tablist", class: "wb-x-tabs" }, [tabs.images, tabs.problems]), chips]);
  const trouble = el("div", { class: "wb-x-trouble" });
  const progress = el("div", { class: "wb-x-busy", hidden: true });
  const live = el("div", { class: "wb-unseen", role: "status", "aria-live": "polite" });

  const facets = facetsPanel({
    toggle: (facet, value) => ask("toggle", { facet, value }),
    more: async (facet) => (await channel.call("more", { facet })).view.values,
    fold: (folded) => void channel.call("show", { folded }).catch(fail),
  });
  const charts = chartsPanel(channel, {
    limit: (what, bounds) => ask("limit", { what, bounds }),
    toggle: (facet, value) => ask("toggle", { facet, value }),
  });
  const problems = problemsView(channel, {
    find(query) {
      ask("find", { query });
      ask("show", { tab: "images" });
    },
  });
  const gridRoot = el("div");
  const empty = el("div", { class: "wb-empty wb-x-empty", hidden: true });
  const sqlText = el("pre", { tabindex: 0, "aria-label": "SQL" });
  const copied = el("span", { class: "wb-hint", role: "status" });
  const sql = el("section", { class: "wb-x-sql", "aria-label": "SQL", hidden: true }, [
    el("header", {}, [
      el("strong", { text: "What was asked" }),
      el("span", { class: "wb-hint", text: "Run it with ws.sql(\"\"\"…\"\"\")" }),
      copied,
      button("Copy", () => void copy(), {}),
    ]),
    sqlText,
  ]);
  const pictures = el("div", { class: "wb-x-pictures" }, [gridRoot, empty]);
  const main = el("main", { class: "wb-x-main" }, [pictures, sql]);
  const shade = el("div", { class: "wb-x-shade", hidden: true, onclick: () => openDrawer(false) });
  const body = el("div", { class: "wb-x-body" }, [facets.element, shade, main, charts.element, problems.element]);
  const opening = el("div", { class: "wb-x-opening", role: "status", text: "Opening the collection…" });
  for (const part of [facets, charts, problems]) part.element.hidden = true; // until it is known what is open
  root.classList.add("wb", "wb-explorer");
  root.replaceChildren(top, second, trouble, body, progress, live, opening);

  const count = el("span", { class: "wb-total wb-x-count" });
  const sorting = el("select", { "aria-label": "Sort by", title: "Sort by" });
  const direction = button("Direction", () => ask("order", { sort: told.sort, descending: !told.descending }), { class: "wb-button wb-x-way" }, [icon(SHAPES.down)]);
  const sortField = el("span", { class: "wb-field" }, [el("span", { text: "Sort" }), sorting, direction]);

  // -- asking

  const turns = inTurn({
    run: (/** @type {Asked} */ { command, args }) => channel.call(command, args),
    show: (got, asked) => {
      if (gone) return;
      fail(null);
      accept(got.view, asked.command === "find" && asked.args.typing);
    },
    fail: (error, asked) => {
      if (gone) return;
      if (asked.command === "find" && error.hint !== undefined && told) wrong(error);
      else fail(error);
    },
    busy: (is) => {
      root.setAttribute("aria-busy", String(is));
      progress.hidden = !is;
    },
  });
  const typing = rested(() => turns.ask({ command: "find", args: { query: input.value, typing: true } }, true), TYPING);

  /** @param {string} command @param {Record<string, any>} [args] */
  function ask(command, args = {}) {
    typing.stop();
    turns.ask({ command, args });
  }

  /** @param {any} error */
  function fail(error) {
    opening.hidden = true;
    trouble.replaceChildren(...(error ? [errorBox(error, () => ask("view"))] : []));
  }

  /** The search text can't be read: say why under the box, and leave everything else. @param {any} error */
  function wrong(error) {
    note.hidden = false;
    note.replaceChildren(el("strong", { text: error.message }), el("span", { text: ` ${error.hint}` }));
    input.setAttribute("aria-invalid", "true");
  }

  function right() {
    note.hidden = true;
    input.removeAttribute("aria-invalid");
  }

  // -- showing

  /** @param {any} view @param {boolean} [typed] the person is still typing: leave the box alone */
  function accept(view, typed = false) {
    told = view;
    opening.hidden = true;
    if (view.height) root.style.height = `${view.height}px`;
    right();
    if (!typed && !typing.pending()) input.value = view.query;
    wipe.hidden = !input.value;
    back.disabled = !view.back;
    forward.disabled = !view.forward;
    showGrid(view);
    showCounts(view);
    showChips(view);
    facets.show(view.facets, view.panels.folded ?? []);
    sqlText.textContent = view.sql;
    arrange();
    live.textContent = `${of(view)}: ${view.said}`;
  }

  /** @param {any} view */
  function showGrid(view) {
    const changed = view.grid.revision !== revision;
    revision = view.grid.revision;
    if (!grid) {
      grid = mountGrid(gridRoot, gridChannel(view.grid), { keys: [{ title: "Explorer", keys: EXPLORER_KEYS }] });
      gridRoot.querySelector(".wb-total").replaceWith(count);
      gridRoot.querySelectorAll(".wb-bar-side")[1].prepend(sortField);
    } else if (changed) gridChanged?.(view.grid);
    const nothing = view.count === 0;
    gridRoot.hidden = nothing;
    empty.hidden = !nothing;
    if (nothing) empty.replaceChildren(...(view.total ? noMatch(view) : noImages(view)));
  }

  /** The grid's own channel: its first answer is here already, and what changes comes with the explorer's. @param {any} first */
  function gridChannel(first) {
    let ready = first;
    return {
      /** @type {import("./js/channel.js").Call} */
      call(command, args, buffers) {
        if (command !== "view" || !ready) return channel.call(`grid.${command}`, args, buffers);
        const view = ready;
        ready = null;
        return Promise.resolve({ view, buffers: [] });
      },
      /** @type {import("./js/channel.js").On} */
      on(event, listener) {
        if (event !== "changed") return channel.on(event, listener);
        gridChanged = listener;
        return () => (gridChanged = null);
      },
    };
  }

  /** @param {any} view */
  function showCounts(view) {
    count.textContent = of(view);
    count.title = view.said;
    tabs.images.lastChild.textContent = view.count.toLocaleString("en");
    tabs.problems.lastChild.textContent = view.problems.files.toLocaleString("en");
    sorting.replaceChildren(
      ...view.sorts.map((/** @type {any} */ one) => el("option", { value: one.key, text: one.label, selected: one.key === view.sort })),
    );
    direction.replaceChildren(icon(view.descending ? SHAPES.down : SHAPES.up));
    direction.setAttribute("aria-label", view.descending ? "Descending; change to ascending" : "Ascending; change to descending");
    direction.title = view.descending ? "Largest or latest first" : "Smallest or earliest first";
    grammar.replaceChildren(
      el("strong", { text: "Write any of these; all must hold" }),
      el("dl", {}, view.grammar.flatMap((/** @type {any} */ one) => [
        el("dt", {}, [button(one.write, () => example(one.write), { class: "wb-button wb-x-example", title: "Add it to the search" })]),
        el("dd", { text: one.finds }),
      ])),
    );
  }

  /** @param {any} view */
  function of({ count: found, total }) {
    const all = total.toLocaleString("en");
    return found === total ? `${all} image${total === 1 ? "" : "s"}` : `${found.toLocaleString("en")} of ${all} images`;
  }

  /** @param {any} view */
  function showChips(view) {
    const focused = chips.contains(document.activeElement);
    chips.replaceChildren(
      ...view.chips.map((/** @type {any} */ one) =>
        el("span", { class: one.minus ? "wb-chip wb-chip-minus" : "wb-chip" }, [
          el("span", { class: "wb-chip-label", text: one.minus ? `not ${one.label.toLowerCase()}` : one.label }),
          el("span", { class: "wb-chip-words", text: one.words, title: one.words }),
          button(`Remove ${one.label} ${one.words}`, () => ask("remove", { part: one.part }), { class: "wb-button wb-chip-off" }, [icon(ICONS.close)]),
        ]),
      ),
      ...(view.chips.length ? [button("Clear all", () => ask("clear"), { class: "wb-button wb-x-clear" })] : []),
    );
    if (focused) (chips.querySelector("button") ?? input).focus({ preventScroll: true });
  }

  /** @param {any} view */
  function noMatch(view) {
    return [
      el("strong", { text: "No image matches" }),
      el("span", { class: "wb-hint", text: `You asked for ${view.said}.` }),
      el("div", { class: "wb-x-ways" }, [button("Clear all filters", () => ask("clear")), ...(view.back ? [button("Undo the last one", () => ask("back"))] : [])]),
    ];
  }

  /** @param {any} view */
  function noImages(view) {
    const troubled = view.problems.files;
    return [
      el("strong", { text: "No images yet" }),
      el("span", { class: "wb-hint", text: "Scan a folder in another cell, then press Refresh:" }),
      el("code", { text: 'ws.scan("path/to/folder")' }),
      el("div", { class: "wb-x-ways" }, [
        button("Refresh", () => ask("refresh")),
        ...(troubled ? [button(`See the ${troubled.toLocaleString("en")} files with problems`, () => ask("show", { tab: "problems" }))] : []),
      ]),
    ];
  }

  // -- what is open, and where

  /** @param {string} name @param {string} label @param {string} shape */
  function toggle(name, label, shape) {
    return button(label, () => flip(name), { class: "wb-button wb-tick", "aria-pressed": "false", title: `Show or hide: ${label}` }, [icon(shape), el("span", { text: label })]);
  }

  /** @param {string} name @param {string} label */
  function tab(name, label) {
    const one = el("button", { type: "button", role: "tab", class: "wb-x-tab", "aria-selected": "false", onclick: () => ask("show", { tab: name }) }, [
      el("span", { text: label }), el("span", { class: "wb-facet-count" }),
    ]);
    one.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = one === tabs.images ? tabs.problems : tabs.images;
      other.focus();
      other.click();
    });
    return one;
  }

  const isNarrow = () => width < NARROW;
  /** @param {string} name */
  function isOpen(name) {
    if (name === "facets" && isNarrow()) return drawer;
    const said = told?.panels[name];
    return said ?? (name === "charts" ? !isNarrow() : name !== "sql");
  }

  /** @param {string} name */
  function flip(name) {
    if (name === "facets" && isNarrow()) openDrawer(!drawer);
    else if (told) ask("show", { [name]: !isOpen(name) });
  }

  /** @param {boolean} to */
  function openDrawer(to) {
    drawer = to;
    arrange();
    if (to) facets.element.querySelector("button")?.focus({ preventScroll: true });
    else if (root.contains(document.activeElement)) toggles.facets.focus({ preventScroll: true });
  }

  function arrange() {
    if (!told) return;
    const at = document.activeElement;
    const held = root.contains(at);
    const inProblems = told.panels.tab === "problems";
    const blank = told.total === 0;
    for (const [name, one] of Object.entries(tabs)) {
      one.setAttribute("aria-selected", String(name === told.panels.tab));
      one.tabIndex = name === told.panels.tab ? 0 : -1;
    }
    for (const [name, one] of Object.entries(toggles)) {
      one.setAttribute("aria-pressed", String(isOpen(name)));
      one.hidden = inProblems;
    }
    root.classList.toggle("wb-x-narrow", isNarrow());
    root.classList.toggle("wb-x-wide", width >= WIDE);
    facets.element.hidden = inProblems || blank || !isOpen("facets");
    shade.hidden = inProblems || !isNarrow() || !drawer;
    charts.element.hidden = inProblems || blank || !isOpen("charts");
    main.hidden = inProblems;
    sql.hidden = !isOpen("sql");
    problems.element.hidden = !inProblems;
    if (inProblems) problems.show(told.problems);
    charts.show(charts.element.hidden ? null : told.charts);
    if (held && at instanceof HTMLElement && !at.checkVisibility()) grid.focus(); // or the notebook would get the next keys
  }

  /** @param {boolean} to */
  function showGrammar(to) {
    grammar.hidden = !to;
    grammarButton.setAttribute("aria-expanded", String(to));
    if (to) grammar.querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {string} write */
  function example(write) {
    showGrammar(false);
    input.value = `${input.value} ${write}`.trim();
    input.focus();
    input.setSelectionRange(input.value.length - write.length, input.value.length);
    typing.later();
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(told.sql);
      copied.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(sqlText); // no clipboard here: mark it, so that Ctrl+C does it
      copied.textContent = "Press Ctrl+C to copy";
    }
    setTimeout(() => (copied.textContent = ""), 3000);
  }

  // -- keyboard

  /** @param {string} command */
  function perform(command) {
    if (command === "search") {
      input.focus();
      input.select();
    } else if (command === "help") grid?.help();
    else if (command === "back" || command === "forward") ask(command);
    else flip(command);
  }

  /** @param {Event} event */
  function isWriting(event) {
    const at = event.target;
    return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLInputElement && !["checkbox", "range"].includes(at.type));
  }

  /** Before the grid, which keeps every letter to itself. @param {KeyboardEvent} event */
  function early(event) {
    if (isWriting(event) || (event.target instanceof Element && event.target.closest(".wb-large"))) return;
    const command = commandOf(EXPLORER_KEYS, event);
    if (!command || command === "leave" || (command === "help" && gridRoot.contains(/** @type {Node} */ (event.target)))) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) perform(command);
  }

  /** @param {KeyboardEvent} event */
  function late(event) {
    if (event.type === "keydown" && event.key === "Escape") leave();
    if (staysHere(EXPLORER_KEYS, event) || isWriting(event)) event.stopPropagation();
  }

  function leave() {
    if (!grammar.hidden) {
      showGrammar(false);
      input.focus();
    } else if (drawer && isNarrow()) openDrawer(false);
    else grid?.focus();
  }

  root.addEventListener("keydown", early, true);
  for (const type of ["keydown", "keypress", "keyup"]) root.addEventListener(type, /** @type {any} */ (late));
  searchBox.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    ask("find", { query: input.value });
  });
  input.addEventListener("input", () => {
    wipe.hidden = !input.value;
    typing.later();
  });
  sorting.addEventListener("change", () => ask("order", { sort: sorting.value, descending: told.descending }));
  document.addEventListener("pointerdown", outside, true);

  /** @param {Event} event */
  function outside(event) {
    if (!grammar.hidden && event.target instanceof Node && !searchBox.contains(event.target)) showGrammar(false);
  }

  const watch = new ResizeObserver(() => {
    if (!root.clientWidth || root.clientWidth === width) return;
    width = root.clientWidth;
    arrange();
  });
  watch.observe(root);
  const off = channel.on("changed", (view) => accept(view));
  ask("view");

  return {
    destroy() {
      gone = true;
      typing.stop();
      off();
      watch.disconnect();
      document.removeEventListener("pointerdown", outside, true);
      charts.destroy();
      grid?.destroy();
    },
  };
}

export default asWidget(mountExplorer);
