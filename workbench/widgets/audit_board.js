// @ts-check
// The audit board: the worst problems, the list of all, the images of one, and mending them one by one or together.

import { mountGrid } from "./image_grid.js";
import { AUDIT_KEYS } from "./js/audit_keys.js";
import { heatMap, percent, trendTable } from "./js/audit_maps.js";
import { bulkPanel, findingPanel } from "./js/audit_mend.js";
import { asWidget } from "./js/as_widget.js";
import { button, el, errorBox, icon, ICONS } from "./js/dom.js";
import { commandOf, staysHere } from "./js/keys.js";
import { howMany } from "./js/ranges.js";
import { inTurn } from "./js/turns.js";

const NARROW = 1040;
const WORDS = { error: "Error", warning: "Warning", info: "Hint" };
const TABS = { rules: "Problems", completeness: "Completeness", trend: "Trend" };
const BACK = "M6 3L2.5 6.5 6 10M3 6.5h6.5a4 4 0 0 1 0 8H7";

/** @param {number} count */
const number = (count) => count.toLocaleString("en");

/**
 * @param {HTMLElement} root
 * @param {import("./js/channel.js").Channel} channel
 */
export function mountAuditBoard(root, channel) {
  /** @type {any} */
  let told = null;
  /** @type {any} */
  let grid = null;
  let revision = -1;
  let gone = false;
  let asked = 0;
  let place = 0;
  let picked = 0;
  /** @type {((view: any) => void) | null} */
  let gridChanged = null;
  /** @type {any} */
  let looking;

  // -- elements

  const profile = el("select", { "aria-label": "Profile", title: "What the client wants" });
  const run = button("Run audit", () => runAudit(profile.value), { class: "wb-button wb-a-run" });
  const numbers = el("span", { class: "wb-a-numbers wb-hint" });
  const undo = button("Undo", () => ask("undo"), { class: "wb-button", hidden: true }, [icon(BACK), el("span", { text: "Undo" })]);
  const top = el("header", { class: "wb-a-top" }, [
    el("label", { class: "wb-field" }, [el("span", { text: "Profile" }), profile]), run, numbers, el("span", { class: "wb-a-gap" }), undo,
  ]);
  const busy = el("div", { class: "wb-a-busy", role: "progressbar", "aria-label": "Auditing", hidden: true });
  const trouble = el("div", { class: "wb-a-trouble" });
  const better = el("section", { class: "wb-a-improved", "aria-label": "What got better", hidden: true });
  const cards = el("ol", { class: "wb-a-cards", "aria-label": "The worst problems" });
  const tabs = Object.fromEntries(Object.entries(TABS).map(([name, label]) => [name, tab(name, label)]));
  const severities = el("div", { class: "wb-a-severities", role: "group", "aria-label": "Which problems" });
  const second = el("div", { class: "wb-a-second" }, [el("div", { role: "tablist", class: "wb-a-tabs" }, Object.values(tabs)), severities]);
  const list = el("ul", { class: "wb-a-list", "aria-label": "Problems" });
  const nothing = el("div", { class: "wb-a-nothing", hidden: true });
  const title = el("h3", { class: "wb-a-title" });
  const advice = el("p", { class: "wb-hint wb-a-advice" });
  const leave = button("All problems", () => ask("close"), { class: "wb-button wb-a-close" }, [icon(ICONS.previous), el("span", { text: "All problems" })]);
  const ignored = button("Ignored", () => told?.chosen && ask("choose", { rule: told.chosen.rule, field: told.chosen.field, ignored: !told.chosen.shows_ignored }), { class: "wb-button wb-tick wb-a-switch", title: "Show what somebody said is all right" });
  const gridRoot = el("div");
  const none = el("div", { class: "wb-a-none", hidden: true });
  const finding = findingPanel({
    fix: (image, field, value) => ask("fix_one", { image_id: image, field, value }),
    take: (image) => ask("take", { image_id: image }),
    ignore: (image, reason) => ask("ignore", { image_id: image, reason }),
    reopen: (image) => ask("reopen", { image_id: image }),
    choose: (rule, field) => ask("choose", { rule, field }),
    back: () => grid?.focus(),
  });
  const bulk = bulkPanel({
    suggested: (scope) => ask("fix_suggested", { scope }),
    set: (given) => ask("set_for", given),
    ignore: (scope, reason) => ask("ignore", { scope, reason }),
    reopen: (scope) => ask("reopen", { scope }),
    apply: () => ask("apply"),
    discard: () => ask("discard"),
    back: () => grid?.focus(),
  });
  const side = el("aside", { class: "wb-a-side", "aria-label": "Mend" }, [finding.element, bulk.element]);
  const work = el("section", { class: "wb-a-work", "aria-label": "Images", hidden: true }, [
    el("div", { class: "wb-a-head" }, [leave, el("div", {}, [title, advice]), el("span", { class: "wb-a-gap" }), ignored]),
    el("div", { class: "wb-a-split" }, [el("div", { class: "wb-a-pictures" }, [gridRoot, none]), side]),
  ]);
  const page = el("div", { class: "wb-a-page", hidden: true });
  const body = el("div", { class: "wb-a-body" }, [list, work, page, nothing]);
  const live = el("div", { class: "wb-unseen", role: "status", "aria-live": "polite" });
  const opening = el("div", { class: "wb-a-opening", role: "status", text: "Opening the audit…" });
  root.classList.add("wb", "wb-audit");
  root.tabIndex = -1;
  root.replaceChildren(top, busy, trouble, better, cards, second, body, live, opening);

  // -- asking

  const turns = inTurn({
    run: (/** @type {{command: string, args: any}} */ { command, args }) => channel.call(command, args),
    show: (got) => {
      if (gone) return;
      fail(null);
      accept(got.view);
    },
    fail: (error) => !gone && fail(error),
    busy: (is) => {
      root.setAttribute("aria-busy", String(is));
      busy.hidden = !is;
      run.disabled = is;
    },
  });

  /** @param {string} command @param {Record<string, any>} [args] */
  function ask(command, args = {}) {
    turns.ask({ command, args });
  }

  /** @param {string} wanted */
  function runAudit(wanted) {
    asked += 1;
    ask("run", { profile: wanted, ticket: `${Date.now()}-${asked}` });
  }

  /** @param {any} error */
  function fail(error) {
    opening.hidden = true;
    trouble.replaceChildren(...(error ? [errorBox(error), button("Close", () => fail(null), { class: "wb-button wb-a-off" })] : []));
    if (error) trouble.scrollIntoView({ block: "nearest" });
  }

  // -- showing

  /** @param {any} view */
  function accept(view) {
    told = view;
    opening.hidden = true;
    if (view.height) root.style.height = `${view.height}px`;
    const at = document.activeElement;
    const held = root.contains(at);
    profile.replaceChildren(...view.profiles.map((/** @type {any} */ one) => el("option", { value: one.key, text: one.label, selected: one.key === view.profile })));
    run.textContent = view.ran ? "Audit again" : "Run audit";
    showNumbers(view);
    undo.hidden = !view.undo;
    undo.title = view.undo ? `Undo: ${view.undo.what} (Ctrl+Z)` : "";
    showImproved(view);
    showCards(view);
    showTabs(view);
    showList(view);
    showWork(view);
    page.hidden = view.tab === "rules" || Boolean(view.chosen);
    if (!page.hidden) page.replaceChildren(view.tab === "trend" ? trendTable(view.trend) : heatMap(view.heat, (field, batch) => ask("gap", { field, batch })));
    showNothing(view);
    if (live.textContent !== view.said) live.textContent = view.said;
    if (held && at instanceof HTMLElement && (!at.isConnected || !at.checkVisibility())) rest();
  }

  /** The keyboard stays in here, whatever was redrawn: or the notebook would get the next keys. */
  function rest() {
    const inGrid = told.chosen && !gridRoot.hidden;
    if (inGrid) grid?.focus();
    else (list.querySelector("[aria-current='true']") ?? list.querySelector("button") ?? root).focus({ preventScroll: true });
  }

  /** @param {any} view */
  function showNumbers(view) {
    const stale = view.unchecked ? ` ${number(view.unchecked)} changed since: audit again to see what is left.` : "";
    numbers.textContent = view.ran
      ? `Every one of ${number(view.images)} images was looked at, by ${view.rules_checked} rules: ${number(view.findings)} findings${view.ignored ? `, ${number(view.ignored)} ignored` : ""}.${stale}`
      : "Nothing was audited yet.";
    numbers.classList.toggle("wb-a-stale", view.unchecked > 0);
  }

  /** @param {any} view */
  function showImproved(view) {
    const gained = view.improved.filter((/** @type {any} */ one) => one.after < one.before);
    const lost = view.improved.filter((/** @type {any} */ one) => one.after > one.before);
    better.hidden = !view.improved.length;
    better.replaceChildren(
      el("strong", { text: "Since you began" }),
      ...[...gained, ...lost].slice(0, 8).map((/** @type {any} */ one) =>
        el("span", { class: one.after < one.before ? "wb-a-gain" : "wb-a-loss", title: one.title }, [
          el("span", { text: one.title }), el("b", { text: `${number(one.before)} → ${number(one.after)}` }),
        ])),
      ...(view.improved.length > 8 ? [el("span", { class: "wb-hint", text: `and ${view.improved.length - 8} more` })] : []),
    );
  }

  /** @param {any} view */
  function showCards(view) {
    const focused = cards.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    cards.hidden = !view.worst.length;
    cards.classList.toggle("wb-a-small", Boolean(view.chosen) || view.tab !== "rules");
    cards.replaceChildren(...view.worst.map((/** @type {any} */ one, /** @type {number} */ at) => el("li", {}, [card(one, at + 1)])));
    if (focused) cards.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  /** @param {any} one @param {number} rank */
  function card(one, rank) {
    const words = `${one.title}: ${WORDS[/** @type {"error"} */ (one.severity)]}, ${number(one.images)} of ${number(one.n)} images`;
    const meter = el("span", { class: "wb-a-meter", "aria-hidden": "true" }, [el("span", {})]);
    meter.firstChild.style.width = `${Math.max(1, 100 * one.share)}%`;
    return el("button", {
      type: "button", class: `wb-a-card wb-a-${one.severity}`, "aria-label": `${rank}. ${words}`, "data-key": key(one),
      "aria-current": String(isChosen(one)), title: one.suggestion, onclick: () => ask("choose", { rule: one.rule, field: one.field }),
    }, [
      el("span", { class: "wb-a-kind", text: WORDS[/** @type {"error"} */ (one.severity)] }),
      el("span", { class: "wb-a-name", text: one.title }),
      el("span", { class: "wb-a-count" }, [el("b", { text: number(one.images) }), ` of ${number(one.n)} images · ${percent(one.images, one.n)}`]),
      meter,
    ]);
  }

  /** @param {any} one */
  const key = (one) => `${one.rule} ${one.field}`;
  /** @param {any} one */
  const isChosen = (one) => Boolean(told.chosen) && told.chosen.rule === one.rule && told.chosen.field === one.field;

  /** @param {any} view */
  function showTabs(view) {
    for (const [name, one] of Object.entries(tabs)) {
      one.setAttribute("aria-selected", String(name === view.tab));
      one.tabIndex = name === view.tab ? 0 : -1;
    }
    second.hidden = !view.ran;
    severities.hidden = view.tab !== "rules";
    const focused = severities.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    severities.replaceChildren(...view.severities.map((/** @type {any} */ one) =>
      button(one.label, () => flip(one.key), { class: `wb-button wb-tick wb-a-filter wb-a-${one.key}`, "data-key": one.key, "aria-pressed": String(one.on) }, [
        el("span", { class: "wb-a-dot", "aria-hidden": "true" }), el("span", { text: `${one.count} ${one.count === 1 ? one.label.slice(0, -1) : one.label}` }),
      ])));
    if (focused) severities.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }

  /** @param {string} which */
  function flip(which) {
    for (const one of told.severities) if (one.key === which) one.on = !one.on; // at once: a second press may come before the answer
    showTabs(told);
    ask("severity", { which: told.severities.filter((/** @type {any} */ one) => one.on).map((/** @type {any} */ one) => one.key) });
  }

  /** @param {any} view */
  function showList(view) {
    const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    const top = list.scrollTop;
    list.hidden = view.tab !== "rules" || !view.rules.length;
    list.replaceChildren(...view.rules.map((/** @type {any} */ one) => el("li", {}, [
      el("button", {
        type: "button", class: "wb-a-rule", "data-key": key(one), "aria-current": String(isChosen(one)),
        "aria-label": `${WORDS[/** @type {"error"} */ (one.severity)]}: ${one.title}, ${number(one.images)} images${one.ignored ? `, ${number(one.ignored)} ignored` : ""}`,
        onclick: () => ask("choose", { rule: one.rule, field: one.field }),
      }, [
        el("span", { class: `wb-a-dot wb-a-${one.severity}`, "aria-hidden": "true" }),
        el("span", { class: "wb-a-name", text: one.title }),
        ...(one.ignored ? [el("span", { class: "wb-hint wb-a-left", text: `${number(one.ignored)} ignored` })] : []),
        el("span", { class: "wb-a-number", text: number(one.images) }),
      ]),
    ])));
    list.scrollTop = top;
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  /** @param {any} view */
  function showWork(view) {
    const { chosen } = view;
    root.classList.toggle("wb-a-working", Boolean(chosen));
    work.hidden = !chosen;
    if (!chosen) return;
    title.textContent = chosen.title;
    advice.textContent = chosen.images && chosen.suggestion ? chosen.suggestion : "";
    const changed = view.grid.revision !== revision;
    revision = view.grid.revision;
    if (changed) place = view.grid.focus;
    ignored.hidden = !chosen.rule || (!chosen.ignored && !chosen.shows_ignored);
    ignored.textContent = `Ignored (${number(chosen.ignored)})`;
    ignored.setAttribute("aria-pressed", String(chosen.shows_ignored));
    const empty = chosen.images === 0;
    gridRoot.hidden = empty;
    none.hidden = !empty;
    side.hidden = empty && !view.preview;
    if (empty) none.replaceChildren(el("strong", { text: "Nothing left to mend here" }), el("span", { class: "wb-hint", text: view.undo ? `${view.said} Undo brings it back.` : "No image breaks this rule." }));
    if (!grid) {
      grid = mountGrid(gridRoot, gridChannel(view.grid), { keys: [{ title: "Audit", keys: AUDIT_KEYS }], focused: moved, selected: (count) => bulk.selected((picked = count)) });
    } else if (changed) gridChanged?.(view.grid);
    if (changed) picked = howMany(view.grid.ranges);
    bulk.show(view, picked);
    look();
  }

  /** The grid's own channel: what changes in it comes with the board's answers. @param {any} first */
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

  /** @param {number} to */
  function moved(to) {
    if (place === to && finding.place() === to) return;
    place = to;
    look();
  }

  /** Say what was found in the focused image, once the person rests. */
  function look() {
    clearTimeout(looking);
    place = Math.max(0, Math.min(place, (told?.chosen?.images ?? 1) - 1));
    if (!told?.chosen || !told.chosen.images) return finding.show(null, told?.chosen);
    looking = setTimeout(async () => {
      const wanted = place;
      try {
        const { view } = await channel.call("finding", { place: wanted });
        if (!gone && wanted === place) finding.show(view, told.chosen);
      } catch (error) {
        if (!gone) fail(error);
      }
    }, 60);
  }

  /** @param {any} view */
  function showNothing(view) {
    const clean = view.ran && !view.findings && !view.rules.length;
    const filtered = view.ran && view.findings > 0 && !view.rules.length;
    nothing.hidden = view.tab !== "rules" || Boolean(view.chosen) || !(clean || filtered || !view.ran);
    if (nothing.hidden) return;
    if (!view.ran) nothing.replaceChildren(el("strong", { text: "Choose a profile and press “Run audit”" }), el("span", { class: "wb-hint", text: "Nothing is changed by it." }));
    else if (!view.images) nothing.replaceChildren(el("strong", { text: "No images yet" }), el("span", { class: "wb-hint", text: "Scan a folder in another cell, then press “Audit again”:" }), el("code", { text: 'ws.scan("path/to/folder")' }));
    else if (clean) nothing.replaceChildren(el("strong", { text: "Nothing is wrong" }), el("span", { class: "wb-hint", text: `All ${number(view.images)} images pass every rule.` }));
    else nothing.replaceChildren(el("strong", { text: "Nothing of this kind" }), el("span", { class: "wb-hint", text: "Press errors, warnings or hints above to see the others." }));
  }

  /** @param {string} name @param {string} label */
  function tab(name, label) {
    const one = el("button", { type: "button", role: "tab", class: "wb-a-tab", "aria-selected": "false", text: label, onclick: () => turnTo(name) });
    one.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const all = Object.values(tabs);
      const other = all[(all.indexOf(one) + step + all.length) % all.length];
      other.focus();
      other.click();
    });
    return one;
  }

  /** @param {string} name */
  function turnTo(name) {
    if (told?.chosen) ask("close");
    ask("show", { tab: name });
  }

  // -- keyboard

  /** @param {string} command */
  function perform(command) {
    if (command === "edit") finding.edit();
    else if (command === "take") finding.take();
    else if (command === "ignore") finding.ignore();
    else if (command === "bulk") bulk.focus();
    else if (command === "undo" && told?.undo) ask("undo");
    else if (command === "help") grid?.help();
    else if (command === "list") toList();
  }

  function toList() {
    if (root.classList.contains("wb-a-narrow") && told?.chosen) ask("close");
    (list.querySelector("[aria-current='true']") ?? list.querySelector("button"))?.focus();
  }

  /** @param {Event} event */
  function isWriting(event) {
    const at = event.target;
    return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLInputElement && !["checkbox", "radio", "range"].includes(at.type));
  }

  /** Before the grid, which keeps every letter to itself. @param {KeyboardEvent} event */
  function early(event) {
    if (isWriting(event) || (event.target instanceof Element && event.target.closest(".wb-large"))) return;
    const command = commandOf(AUDIT_KEYS, event);
    if (!command || command === "leave" || (command === "help" && gridRoot.contains(/** @type {Node} */ (event.target)))) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) perform(command);
  }

  /** @param {KeyboardEvent} event */
  function late(event) {
    if (event.type === "keydown") {
      if (event.key === "Escape" && told?.chosen && !gridRoot.hidden) grid?.focus();
      else if (["ArrowDown", "ArrowUp"].includes(event.key) && list.contains(/** @type {Node} */ (event.target))) walk(event);
    }
    if (staysHere(AUDIT_KEYS, event) || isWriting(event)) event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const all = [...list.querySelectorAll("button")];
    const to = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
  }

  root.addEventListener("keydown", early, true);
  for (const type of ["keydown", "keypress", "keyup"]) root.addEventListener(type, /** @type {any} */ (late));
  profile.addEventListener("change", () => runAudit(profile.value));
  const watch = new ResizeObserver(() => root.clientWidth && root.classList.toggle("wb-a-narrow", root.clientWidth < NARROW));
  watch.observe(root);
  const off = channel.on("changed", (view) => accept(view));
  ask("view");

  return {
    destroy() {
      gone = true;
      clearTimeout(looking);
      off();
      watch.disconnect();
      grid?.destroy();
    },
  };
}

export default asWidget(mountAuditBoard);
