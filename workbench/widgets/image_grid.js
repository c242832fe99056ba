// @ts-check
// The image grid: any number of thumbnails, drawn by a few rows of elements that are used again and again.

import { asWidget } from "./js/as_widget.js";
import { button, el, errorBox, helpPanel, icon, ICONS } from "./js/dom.js";
import { nextWanted } from "./js/fetch_plan.js";
import {
  isScaled, layOut, offsetAt, offsetKept, offsetToShow, placesAt, rowOf, rowsAt, scrollTopAt, stepped, topOf, within,
} from "./js/grid_layout.js";
import { commandOf, GRID_KEYS, LARGE_KEYS, staysHere } from "./js/keys.js";
import { mountLarge } from "./js/large_view.js";
import { holds, howMany } from "./js/ranges.js";
import { delta, newSelection, select } from "./js/selection.js";

/**
 * @typedef {[number, number]} Range
 * @typedef {{id: string, name: string, format: string, caption: string, badges: {text: string, kind: string, means: string}[],
 *   url: string | null, of: string}} Item
 * @typedef {{element: HTMLElement, cells: Cell[], row: number}} Row
 * @typedef {{element: HTMLElement, picture: HTMLImageElement, blank: HTMLElement, badges: HTMLElement, caption: HTMLElement,
 *   item: Item | null | undefined}} Cell
 */

const GAP = 12;
const TEXT = 26;
const SPARE_ROWS = 2;
const KEPT = 3000;
const STEP = 24;
const SETTLE = 150;

/**
 * Put a grid into an element. Usable inside another widget: give it a channel to the session's verbs.
 * @param {HTMLElement} root
 * @param {import("./js/channel.js").Channel} channel
 * @param {{height?: number, keys?: {title: string, keys: import("./js/keys.js").Key[]}[], selected?: (count: number) => void, focused?: (place: number, item: Item | null) => void}} [options]
 */
export function mountGrid(root, channel, options = {}) {
  /** @type {any} */
  let told = null;
  let selection = newSelection({ count: 0 });
  /** @type {Range[]} */
  let acknowledged = [];
  let telling = false;
  let size = 160;
  let caption = "name";
  let layout = layOut({ count: 0, width: 1, view: 1, size, gap: GAP, text: TEXT });
  let offset = 0;
  let expected = -1;
  let frame = 0;
  let gone = false;
  /** @type {Map<number, Item>} */
  const items = new Map();
  /** @type {Map<number, Row>} */
  const drawn = new Map();
  /** @type {Row[]} */
  const free = [];
  /** @type {Range[]} */
  let underWay = [];
  /** @type {any} */
  let failure = null;
  /** @type {any} */
  let settling;
  /** @type {any} */
  let saying;
  const uid = `wb${Math.random().toString(36).slice(2, 8)}`;

  const total = el("span", { class: "wb-total" });
  const chosen = el("span", { class: "wb-chosen", hidden: true });
  const clear = button("Clear", () => act({ type: "none" }), { class: "wb-button wb-clear", hidden: true, title: "Select nothing (Esc)" });
  const captions = el("select", { "aria-label": "Caption", title: "What stands under each picture" });
  const slider = el("input", { type: "range", "aria-label": "Thumbnail size", title: "Thumbnail size (+ and −)", step: 4 });
  const slow = el("span", { class: "wb-slow", role: "status", hidden: true, text: "Waiting for Python…" });
  const bar = el("div", { class: "wb-bar" }, [
    el("div", { class: "wb-bar-side" }, [total, chosen, clear, slow]),
    el("div", { class: "wb-bar-side" }, [
      el("label", { class: "wb-field" }, [el("span", { text: "Caption" }), captions]),
      el("label", { class: "wb-field" }, [el("span", { text: "Size" }), slider]),
      button("Keyboard help", () => perform("help"), { class: "wb-button wb-round" }, ["?"]),
    ]),
  ]);
  const tall = el("div", { class: "wb-tall", role: "presentation" });
  const scroller = el("div", {
    class: "wb-scroller", role: "grid", tabindex: 0, "aria-label": "Images", "aria-multiselectable": "true", "aria-busy": "true",
  }, [tall]);
  const empty = el("div", { class: "wb-empty", hidden: true });
  const trouble = el("div", { class: "wb-trouble" });
  const live = el("div", { class: "wb-unseen", role: "status", "aria-live": "polite" });
  const body = el("div", { class: "wb-body" }, [scroller, empty]);
  root.classList.add("wb", "wb-grid");
  root.replaceChildren(bar, trouble, body, live);
  if (options.height) root.style.height = `${options.height}px`;

  const large = mountLarge(root, channel, {
    count: () => selection.count,
    item: itemAt,
    selected: (place) => holds(selection.ranges, place),
    toggle: (place) => act({ type: "toggle", place }),
    moved: (place) => place !== selection.focus && act({ type: "move", place }),
    closed: () => scroller.focus({ preventScroll: true }),
  });

  // -- what Python says

  /** @param {any} view */
  function accept(view) {
    const fresh = !told || told.revision !== view.revision;
    told = view;
    if (fresh) forget();
    if (view.height && !options.height) root.style.height = `${view.height}px`;
    selection = newSelection(view);
    acknowledged = view.ranges;
    size = view.size;
    caption = view.caption;
    [slider.min, slider.max] = view.sizes;
    slider.value = size;
    captions.replaceChildren(
      ...view.captions.map((/** @type {any} */ one) => el("option", { value: one.key, text: one.label, selected: one.key === caption })),
    );
    total.textContent = `${view.count.toLocaleString("en")} ${view.count === 1 ? "image" : "images"}`;
    empty.hidden = view.count > 0;
    scroller.hidden = !view.count;
    empty.replaceChildren(el("strong", { text: view.empty.title }), el("span", { class: "wb-hint", text: view.empty.hint }));
    scroller.setAttribute("aria-busy", "false");
    measure();
    if (fresh) goTo(topOf(layout, Math.floor(view.top / layout.columns)) - GAP + (view.top % 1) * layout.row);
    said();
    later();
  }

  async function refresh() {
    try {
      fail(null);
      const { view, buffers } = await channel.call("view");
      accept(view);
      if (view.first?.revision === view.revision) keep(view.first, buffers, false);
    } catch (error) {
      fail(error);
    }
  }

  /** @param {any} error */
  function fail(error) {
    failure = error;
    trouble.replaceChildren(...(error ? [errorBox(error, () => (told ? retry() : refresh()))] : []));
  }

  function retry() {
    fail(null);
    void tell();
    later();
  }

  function forget() {
    for (const item of items.values()) release(item);
    items.clear();
    underWay = [];
    for (const [index, row] of drawn) recycle(index, row);
  }

  /** @param {Item} item */
  function release(item) {
    if (item.url) URL.revokeObjectURL(item.url);
  }

  // -- thumbnails on demand

  function fetchMore() {
    if (gone || failure || !told) return;
    const seen = placesAt(layout, offset);
    const spare = placesAt(layout, offset, SPARE_ROWS);
    const [, below] = placesAt(layout, offset + layout.view);
    const [above] = placesAt(layout, offset - layout.view);
    /** @type {Range[]} */
    const near = [[seen[1], Math.max(spare[1], below)], [Math.min(above, spare[0]), seen[0]]];
    const wanted = nextWanted({ seen, near, has: (place) => items.get(place)?.of === caption, underWay });
    if (!wanted) return;
    void fetchOne(wanted);
    fetchMore();
  }

  /** @param {Range} range */
  async function fetchOne(range) {
    const asked = { revision: told.revision, caption };
    const words = rangeHas(range);
    underWay.push(range);
    try {
      const { view, buffers } = await channel.call("window", { start: range[0], stop: range[1], thumbnails: !words, caption });
      if (gone || asked.revision !== told.revision) return;
      if (view.revision !== told.revision) return void refresh();
      keep(view, buffers, words);
    } catch (error) {
      if (!gone) fail(error);
    } finally {
      underWay = underWay.filter((one) => one !== range);
      later();
    }
  }

  /** Whether the pictures are there and only the captions are of another field. @param {Range} range */
  function rangeHas([start, stop]) {
    for (let place = start; place < stop; place += 1) if (!items.has(place)) return false;
    return true;
  }

  /** @param {any} view @param {DataView[]} buffers @param {boolean} words */
  function keep(view, buffers, words) {
    view.items.forEach((/** @type {any} */ got, /** @type {number} */ i) => {
      const place = view.start + i;
      const before = items.get(place);
      const url = words ? (before?.url ?? null) : got.thumb === null ? null : URL.createObjectURL(new Blob([/** @type {any} */ (buffers[got.thumb])]));
      if (before && !words) release(before);
      items.delete(place);
      items.set(place, { ...got, url, of: view.caption });
    });
    const [first, last] = placesAt(layout, offset, SPARE_ROWS);
    for (const [place, item] of items) {
      if (items.size <= KEPT) break;
      if (place >= first && place < last) continue;
      release(item);
      items.delete(place);
    }
  }

  /** @param {number} place @returns {Promise<Item>} */
  async function itemAt(place) {
    const there = items.get(place);
    if (there) return there;
    const { view, buffers } = await channel.call("window", { start: place, stop: place + 1, thumbnails: true, caption });
    keep(view, buffers, false);
    const item = items.get(place);
    if (!item) throw new Error("This image isn't in the grid any more.");
    return item;
  }

  // -- drawing

  function later() {
    if (!frame && !gone) frame = requestAnimationFrame(draw);
  }

  function measure() {
    const before = layout;
    const style = { width: scroller.clientWidth || 1, view: scroller.clientHeight || 1 };
    layout = layOut({ count: selection.count, ...style, size, gap: GAP, text: TEXT });
    scroller.style.setProperty("--wb-columns", String(layout.columns));
    scroller.style.setProperty("--wb-size", `${size}px`);
    tall.style.height = `${layout.spacer}px`;
    scroller.setAttribute("aria-rowcount", String(layout.rows));
    scroller.setAttribute("aria-colcount", String(layout.columns));
    if (before.columns === layout.columns && before.row === layout.row && before.view === layout.view && before.count === layout.count) return;
    if (before.columns !== layout.columns) for (const [index, row] of drawn) recycle(index, row);
    if (before.count === layout.count && before.view > 1) {
      const [first, last] = placesAt(before, offset);
      const stay = selection.focus >= first && selection.focus < last ? selection.focus : first;
      goTo(offsetKept(before, layout, offset, stay));
    } else goTo(offset);
  }

  /** @param {number} to */
  function goTo(to) {
    offset = within(layout, to);
    scroller.scrollTop = scrollTopAt(layout, offset);
    expected = scroller.scrollTop;
    settle();
    later();
  }

  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (gone || !told) return;
    const [first, last] = rowsAt(layout, offset, SPARE_ROWS);
    for (const [index, row] of drawn) if (index < first || index >= last) recycle(index, row);
    const shift = isScaled(layout) ? scroller.scrollTop - offset : 0;
    for (let index = first; index < last; index += 1) {
      const row = drawn.get(index) ?? newRow(index);
      row.element.style.transform = `translateY(${topOf(layout, index) + shift}px)`;
      row.cells.forEach((cell, column) => fill(cell, index * layout.columns + column, column));
    }
    scroller.setAttribute("aria-activedescendant", selection.count ? `${uid}-${selection.focus}` : "");
    const count = howMany(selection.ranges);
    chosen.hidden = clear.hidden = !count;
    chosen.textContent = `${count.toLocaleString("en")} selected`;
    fetchMore();
  }

  /** @param {number} index @param {Row} row */
  function recycle(index, row) {
    drawn.delete(index);
    row.element.hidden = true;
    free.push(row);
  }

  /** @param {number} index @returns {Row} */
  function newRow(index) {
    const row = free.pop() ?? makeRow();
    while (row.cells.length < layout.columns) {
      const cell = makeCell();
      row.cells.push(cell);
      row.element.append(cell.element);
    }
    while (row.cells.length > layout.columns) row.cells.pop()?.element.remove();
    row.element.setAttribute("aria-rowindex", String(index + 1));
    row.element.hidden = false;
    row.row = index;
    drawn.set(index, row);
    return row;
  }

  /** @returns {Row} */
  function makeRow() {
    const element = el("div", { class: "wb-row", role: "row" });
    tall.append(element);
    return { element, cells: [], row: -1 };
  }

  /** @returns {Cell} */
  function makeCell() {
    const picture = el("img", { alt: "", draggable: "false", decoding: "async" });
    const blank = el("div", { class: "wb-blank" });
    const badges = el("div", { class: "wb-badges" });
    const words = el("div", { class: "wb-caption" });
    const thumb = el("div", { class: "wb-thumb" }, [blank, picture, badges, el("span", { class: "wb-check", "aria-hidden": "true" }, [icon(ICONS.check)])]);
    const element = el("div", { class: "wb-cell", role: "gridcell" }, [thumb, words]);
    return { element, picture, blank, badges, caption: words, item: undefined };
  }

  /** @param {Cell} cell @param {number} place @param {number} column */
  function fill(cell, place, column) {
    const { element } = cell;
    element.hidden = place >= selection.count;
    if (element.hidden) return;
    const on = holds(selection.ranges, place);
    const item = items.get(place) ?? null;
    if (element.dataset.place !== String(place)) {
      element.dataset.place = String(place);
      element.id = `${uid}-${place}`;
      element.setAttribute("aria-colindex", String(column + 1));
    }
    element.setAttribute("aria-selected", String(on));
    element.classList.toggle("wb-focus", place === selection.focus);
    if (cell.item === item) return;
    cell.item = item;
    element.classList.toggle("wb-loading", !item);
    element.setAttribute("aria-label", item ? spoken(item) : "Loading");
    show(cell, item);
  }

  /** @param {Cell} cell @param {Item | null} item */
  function show(cell, item) {
    cell.picture.hidden = !item?.url;
    if (item?.url) {
      if (cell.picture.src !== item.url) cell.picture.src = item.url;
    } else cell.picture.removeAttribute("src");
    cell.blank.replaceChildren(
      ...(item && !item.url ? [el("strong", { text: item.format || "?" }), el("span", { text: item.name })] : []),
    );
    cell.badges.replaceChildren(
      ...(item?.badges ?? []).map((badge) => el("span", { class: `wb-badge wb-badge-${badge.kind}`, title: badge.means, text: badge.text })),
    );
    cell.caption.textContent = item ? item.caption || "–" : "";
    cell.caption.title = item?.caption ?? "";
  }

  /** @param {Item} item */
  function spoken(item) {
    return [item.name, item.caption === item.name ? "" : item.caption, ...item.badges.map((badge) => badge.text)].filter(Boolean).join(", ");
  }

  // -- what a person does

  /** @param {import("./js/selection.js").SelectionEvent} event */
  function act(event) {
    const before = selection;
    selection = select(selection, event);
    if (selection.focus !== before.focus) said();
    if (selection.ranges !== before.ranges) {
      options.selected?.(howMany(selection.ranges));
      said();
      void tell();
    }
    if ("place" in event && selection.count) goTo(offsetToShow(layout, offset, selection.focus));
    settle();
    later();
  }

  /** Tell Python what changed since it last agreed; one message at a time, so that they can't overtake each other. */
  async function tell() {
    if (telling || !told) return;
    telling = true;
    try {
      for (;;) {
        const change = delta(acknowledged, selection.ranges);
        if (!change) break;
        const now = selection.ranges;
        const { revision } = told;
        await channel.call("select", { ...change, revision });
        if (revision === told.revision) acknowledged = now;
      }
    } catch (error) {
      if (!gone) fail(error);
    } finally {
      telling = false;
    }
  }

  /** Remember in Python where the person is, once they rest. */
  function settle() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (gone || !told) return;
      const [row] = rowsAt(layout, offset + GAP);
      const into = Math.max(0, Math.min(0.99, (offset + GAP - topOf(layout, row)) / layout.row));
      const top = row * layout.columns + into;
      void channel.call("focus", { place: selection.focus, anchor: selection.anchor, top }).catch(fail);
    }, SETTLE);
  }

  /** Say the focused image to who doesn't see it, once they rest. */
  function said() {
    options.focused?.(selection.focus, items.get(selection.focus) ?? null);
    clearTimeout(saying);
    saying = setTimeout(() => {
      const item = items.get(selection.focus);
      if (gone || !selection.count) return;
      const where = `${selection.focus + 1} of ${selection.count}`;
      const on = holds(selection.ranges, selection.focus) ? "selected" : "";
      live.textContent = [item ? spoken(item) : "", where, on, `${howMany(selection.ranges)} selected in all`].filter(Boolean).join(", ");
    }, SETTLE);
  }

  /** @param {string} command @param {boolean} [shift] */
  function perform(command, shift = false) {
    if (command === "all" || command === "none") act({ type: command });
    else if (command === "toggle") act({ type: "toggle", place: selection.focus });
    else if (command === "open") open(selection.focus);
    else if (command === "bigger") resize(size + STEP);
    else if (command === "smaller") resize(size - STEP);
    else if (command === "help") help();
    else act({ type: shift ? "extend" : "move", place: stepped(layout, selection.focus, command) });
  }

  /** @param {number} place */
  function open(place) {
    if (selection.count) void large.open(place);
  }

  /** @param {number} to */
  function resize(to) {
    if (!told) return;
    size = Math.max(told.sizes[0], Math.min(told.sizes[1], to));
    slider.value = String(size);
    measure();
    later();
    void channel.call("show_as", { size }).catch(fail);
  }

  function help() {
    const there = body.querySelector(".wb-help");
    if (there) {
      there.remove();
      scroller.focus({ preventScroll: true });
    } else {
      body.append(helpPanel([...(options.keys ?? []), { title: "Grid", keys: GRID_KEYS }, { title: "Large view", keys: LARGE_KEYS }], help));
    }
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (large.isOpen() || !staysHere(GRID_KEYS, event)) return;
    event.stopPropagation();
    if (event.type !== "keydown" || event.target !== scroller) {
      if (event.type === "keydown" && event.key === "Escape") help_or_back();
      return;
    }
    const command = commandOf(GRID_KEYS, event);
    if (!command) return;
    event.preventDefault();
    if (command === "none" && body.querySelector(".wb-help")) help();
    else perform(command, event.shiftKey);
  }

  function help_or_back() {
    if (body.querySelector(".wb-help")) help();
    else scroller.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event @returns {number | null} */
  function placeOf(event) {
    const cell = event.target instanceof Element ? event.target.closest(".wb-cell") : null;
    return cell instanceof HTMLElement ? Number(cell.dataset.place) : null;
  }

  /** @param {MouseEvent} event */
  function press(event) {
    const place = placeOf(event);
    if (event.button !== 0 || place === null) return;
    scroller.focus({ preventScroll: true });
    const onCheck = event.target instanceof Element && event.target.closest(".wb-check");
    if (event.shiftKey) {
      event.preventDefault();
      act({ type: "extend", place });
    } else act({ type: event.ctrlKey || event.metaKey || onCheck ? "toggle" : "only", place });
  }

  function scrolled() {
    if (Math.abs(scroller.scrollTop - expected) < 1) return;
    expected = -1;
    offset = offsetAt(layout, scroller.scrollTop);
    settle();
    later();
  }

  /** A wheel step on a scaled scrollbar would jump thousands of rows. @param {WheelEvent} event */
  function wheel(event) {
    if (!isScaled(layout) || event.ctrlKey) return;
    const unit = [1, 16, layout.view][event.deltaMode] ?? 1;
    const to = within(layout, offset + event.deltaY * unit);
    if (to === offset) return;
    event.preventDefault();
    goTo(to);
  }

  for (const type of ["keydown", "keypress", "keyup"]) root.addEventListener(type, /** @type {any} */ (key));
  scroller.addEventListener("mousedown", press);
  scroller.addEventListener("dblclick", (/** @type {MouseEvent} */ event) => {
    const place = placeOf(event);
    if (place !== null && !(event.target instanceof Element && event.target.closest(".wb-check"))) open(place);
  });
  scroller.addEventListener("scroll", scrolled, { passive: true });
  scroller.addEventListener("wheel", wheel, { passive: false });
  slider.addEventListener("input", () => resize(Number(slider.value)));
  captions.addEventListener("change", () => {
    caption = captions.value;
    later();
    void channel.call("show_as", { caption }).catch(fail);
  });
  const watch = new ResizeObserver(() => {
    measure();
    draw(); // now: rows of another number of columns are gone, and waiting for the next frame would show none
  });
  watch.observe(scroller);
  const off = [channel.on("changed", accept), channel.on("slow", (is) => (slow.hidden = !is))];
  void refresh();

  return {
    refresh,
    focus: () => scroller.focus({ preventScroll: true }),
    open,
    help,
    destroy() {
      gone = true;
      clearTimeout(settling);
      clearTimeout(saying);
      cancelAnimationFrame(frame);
      watch.disconnect();
      off.forEach((stop) => stop());
      large.destroy();
      forget();
    },
  };
}

export default asWidget(mountGrid);
