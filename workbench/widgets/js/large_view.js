// @ts-check
// One image large, over the whole page: fit, zoom, pan, next and previous, and all of its metadata beside it.

import { button, el, errorBox, helpPanel, icon, ICONS } from "./dom.js";
import { gestures } from "./gestures.js";
import { commandOf, LARGE_KEYS, staysHere } from "./keys.js";
import { fitted, isFitted, panned, settled, zoomed } from "./viewport.js";

/**
 * @typedef {{id: string, name: string, format: string, caption: string, badges: any[], url: string | null}} Item
 * @typedef {{
 *   count: () => number, item: (place: number) => Promise<Item>, selected: (place: number) => boolean,
 *   toggle: (place: number) => void, moved: (place: number) => void, closed: () => void,
 * }} Around
 */

const ZOOM_STEP = 1.25;
const PAN_STEP = 80;
const FIRST_EDGE = 2048;
const FULL_EDGE = 8192;

/** @param {HTMLElement} root @param {import("./channel.js").Channel} channel @param {Around} around */
export function mountLarge(root, channel, around) {
  let place = 0;
  let ticket = 0;
  /** @type {Item | null} */
  let item = null;
  let picture = { width: 1, height: 1 };
  let view = { scale: 1, x: 0, y: 0 };
  let edge = FIRST_EDGE;
  let sharper = false;
  /** @type {string | null} */
  let url = null;
  /** @type {any} */
  let known = null;

  const name = el("span", { class: "wb-large-name" });
  const where = el("span", { class: "wb-large-where" });
  const image = el("img", { class: "wb-large-image", alt: "", draggable: "false" });
  const note = el("div", { class: "wb-large-note", hidden: true });
  const stage = el("div", { class: "wb-large-stage" }, [image, note]);
  const zoomText = el("span", { class: "wb-large-zoom", "aria-live": "polite" });
  const filter = el("input", { type: "search", placeholder: "Search in the metadata", "aria-label": "Search in the metadata" });
  const facts = el("div", { class: "wb-large-facts" });
  const panel = el("aside", { class: "wb-large-panel", "aria-label": "Metadata" }, [filter, facts]);
  const tickText = el("span", { text: "Select" });
  const tick = button("Select this image", () => perform("toggle"), { class: "wb-button wb-tick", "aria-pressed": "false" }, [
    icon(ICONS.check),
    tickText,
  ]);
  const bar = el("header", { class: "wb-large-bar" }, [
    el("div", { class: "wb-large-title" }, [name, where]),
    el("div", { class: "wb-large-tools" }, [
      tick,
      button("Previous image", () => perform("previous"), {}, [icon(ICONS.previous)]),
      button("Next image", () => perform("next"), {}, [icon(ICONS.next)]),
      button("Zoom out", () => perform("further"), {}, [icon(ICONS.minus)]),
      zoomText,
      button("Zoom in", () => perform("closer"), {}, [icon(ICONS.plus)]),
      button("Fit the window", () => perform("fit"), {}, [icon(ICONS.fit)]),
      button("Show or hide the metadata", () => perform("panel"), {}, [icon(ICONS.panel)]),
      button("Keyboard help", () => perform("help"), {}, ["?"]),
      button("Close", () => perform("close"), {}, [icon(ICONS.close)]),
    ]),
  ]);
  const dialog = el("dialog", { class: "wb wb-large", "aria-label": "Large view", tabindex: -1 }, [
    bar,
    el("div", { class: "wb-large-body" }, [stage, panel]),
  ]);
  root.append(dialog);

  const frame = () => ({ width: stage.clientWidth || 1, height: stage.clientHeight || 1 });

  function paint() {
    image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale * (picture.width / (image.naturalWidth || picture.width))})`;
    zoomText.textContent = `${Math.round(view.scale * 100)} %`;
    stage.classList.toggle("wb-zoomed", !isFitted(view, picture, frame()));
    if (view.scale * (picture.width / (image.naturalWidth || 1)) > 1.05) void sharpen();
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  function zoom(factor, x, y) {
    view = zoomed(view, picture, frame(), factor, x, y);
    paint();
  }

  /** Ask once for all the pixels when somebody looks closer than the first rendering goes. */
  async function sharpen() {
    if (sharper || !item || edge >= Math.max(picture.width, picture.height)) return;
    sharper = true;
    edge = Math.min(FULL_EDGE, Math.max(picture.width, picture.height));
    const mine = ticket;
    try {
      const { buffers } = await channel.call("large", { image_id: item.id, edge });
      if (mine === ticket) await put(buffers[0], mine);
    } catch {
      // the picture that is there stays
    }
  }

  /** @param {DataView} bytes @param {number} mine */
  async function put(bytes, mine) {
    const next = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)], { type: "image/jpeg" }));
    const probe = new Image();
    probe.src = next;
    await probe.decode();
    if (mine !== ticket) return URL.revokeObjectURL(next);
    if (url) URL.revokeObjectURL(url);
    url = next;
    image.src = next;
    await image.decode().catch(() => {});
    if (mine === ticket) {
      note.hidden = true;
      image.hidden = false;
      image.classList.remove("wb-soft");
    }
  }

  /** @param {number} next */
  async function show(next) {
    place = Math.max(0, Math.min(around.count() - 1, next));
    ticket += 1;
    const mine = ticket;
    edge = FIRST_EDGE;
    sharper = false;
    where.textContent = `${(place + 1).toLocaleString("en")} of ${around.count().toLocaleString("en")}`;
    around.moved(place);
    showTick();
    try {
      const found = await around.item(place);
      if (mine !== ticket) return;
      item = found;
    } catch (error) {
      if (mine === ticket) fail(error);
      return;
    }
    name.textContent = item.name;
    image.alt = item.name;
    preview(item);
    await Promise.all([picturePart(mine), detailsPart(mine)]);
  }

  /** The thumbnail, blown up, until the picture is there. @param {Item} shown */
  function preview(shown) {
    note.hidden = true;
    image.hidden = !shown.url;
    if (!shown.url) return;
    image.classList.add("wb-soft");
    image.src = shown.url;
    const mine = ticket;
    void image.decode().then(
      () => {
        if (mine !== ticket || !image.classList.contains("wb-soft")) return;
        const grow = FIRST_EDGE / Math.max(image.naturalWidth, image.naturalHeight, 1);
        picture = { width: image.naturalWidth * grow, height: image.naturalHeight * grow };
        view = fitted(picture, frame());
        paint();
      },
      () => {},
    );
  }

  /** @param {number} mine */
  async function picturePart(mine) {
    try {
      const { buffers } = await channel.call("large", { image_id: item?.id, edge });
      if (mine !== ticket) return;
      await put(buffers[0], mine);
      if (mine !== ticket) return;
      measure();
      view = fitted(picture, frame());
      paint();
    } catch (error) {
      if (mine === ticket) fail(error);
    }
  }

  /** The picture's own size: what the catalogue says, or else the rendering's. */
  function measure() {
    const said = Object.fromEntries((known?.facts ?? []).map((/** @type {any} */ fact) => [fact.key, fact.value]));
    const [width, height] = [Number(said.oriented_width), Number(said.oriented_height)];
    const same = known?.image_id === item?.id && width > 0 && height > 0;
    picture = same ? { width, height } : { width: image.naturalWidth || 1, height: image.naturalHeight || 1 };
  }

  /** @param {number} mine */
  async function detailsPart(mine) {
    try {
      const { view: told } = await channel.call("details", { image_id: item?.id });
      if (mine !== ticket) return;
      known = told;
      if (image.naturalWidth && !image.classList.contains("wb-soft")) {
        const wasFitted = isFitted(view, picture, frame());
        measure();
        view = wasFitted ? fitted(picture, frame()) : settled(view, picture, frame());
        paint();
      }
      showFacts();
    } catch (error) {
      if (mine === ticket) facts.replaceChildren(errorBox(error));
    }
  }

  /** @param {any} error */
  function fail(error) {
    image.hidden = true;
    note.hidden = false;
    note.replaceChildren(
      el("div", { class: "wb-large-format", text: item?.format || "?" }),
      el("p", { text: "This file can't be shown large." }),
      errorBox(error),
    );
  }

  function showTick() {
    const on = around.selected(place);
    tick.setAttribute("aria-pressed", String(on));
    tickText.textContent = on ? "Selected" : "Select";
  }

  function showFacts() {
    /** @type {string[]} */
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    /** @param {...string} texts */
    const matches = (...texts) => words.every((word) => texts.join(" ").toLowerCase().includes(word));
    const problems = known.problems.filter((/** @type {any} */ p) => matches("problem", p.kind, p.message));
    const parts = [
      problems.length && section("Problems", problems.map(problemRow), "wb-problems"),
      known.keywords.length && matches("keywords", ...known.keywords) && section("Keywords", [pills(known.keywords)]),
      ...groups(known.embedded).map(([title, rows]) => rowsOf(title, rows.filter((/** @type {any} */ r) => matches(r.key, r.lang ?? "", r.value)))),
      rowsOf("File", known.facts.filter((/** @type {any} */ f) => matches(f.key, f.value))),
    ].filter(Boolean);
    const nothing = el("p", { class: "wb-hint", text: words.length ? "Nothing matches." : "No metadata." });
    facts.replaceChildren(...(parts.length ? /** @type {Node[]} */ (parts) : [nothing]));
    if (known.more) facts.append(el("p", { class: "wb-hint", text: "There is more; the table `embedded` has it all." }));
  }

  /** @param {string} command */
  function perform(command) {
    const zoomedIn = !isFitted(view, picture, frame());
    /** @type {Record<string, [number, number]>} */
    const ways = { left: [PAN_STEP, 0], right: [-PAN_STEP, 0], up: [0, PAN_STEP], down: [0, -PAN_STEP] };
    if (command in ways && zoomedIn) {
      view = panned(view, picture, frame(), ...ways[command]);
      paint();
    } else if (command === "left" || command === "previous") void (place > 0 && show(place - 1));
    else if (command === "right" || command === "next") void (place < around.count() - 1 && show(place + 1));
    else if (command === "closer") zoom(ZOOM_STEP);
    else if (command === "further") zoom(1 / ZOOM_STEP);
    else if (command === "actual") zoom(1 / view.scale);
    else if (command === "fit") {
      view = fitted(picture, frame());
      paint();
    } else if (command === "toggle") {
      around.toggle(place);
      showTick();
    } else if (command === "panel") dialog.classList.toggle("wb-no-panel");
    else if (command === "filter") {
      dialog.classList.remove("wb-no-panel");
      filter.focus();
    } else if (command === "help") help();
    else if (command === "close") close();
  }

  function help() {
    const open = dialog.querySelector(".wb-help");
    if (open) open.remove();
    else dialog.append(helpPanel([{ title: "Large view", keys: LARGE_KEYS }], help));
  }

  function close() {
    const helping = dialog.querySelector(".wb-help");
    if (helping) return helping.remove();
    ticket += 1;
    dialog.close();
    around.closed();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!staysHere(LARGE_KEYS, event)) return;
    event.stopPropagation();
    if (event.type !== "keydown") return;
    const typing = event.target === filter;
    if (typing && event.key !== "Escape") return;
    const onButton = event.target instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key);
    const command = onButton || event.key === "Tab" ? null : commandOf(LARGE_KEYS, event);
    if (!command) return;
    event.preventDefault();
    if (typing) dialog.focus();
    else perform(command);
  }

  gestures(stage, {
    begins(event) {
      if (event.type === "pointerdown" && !image.hidden) {
        event.preventDefault();
        dialog.focus();
      }
      return event.type === "wheel" || !image.hidden;
    },
    pan(dx, dy) {
      view = panned(view, picture, frame(), dx, dy);
      paint();
    },
    zoom,
    twice: () => perform(isFitted(view, picture, frame()) ? "actual" : "fit"),
  });
  filter.addEventListener("input", () => known && showFacts());
  for (const type of ["keydown", "keypress", "keyup"]) dialog.addEventListener(type, key);
  dialog.addEventListener("cancel", (/** @type {Event} */ event) => event.preventDefault());
  const watch = new ResizeObserver(() => {
    if (!dialog.open) return;
    view = settled(zoomed(view, picture, frame(), 1), picture, frame());
    paint();
  });
  watch.observe(stage);

  return {
    /** @param {number} at */
    open(at) {
      known = null;
      facts.replaceChildren();
      if (!dialog.open) dialog.showModal();
      dialog.focus();
      return show(at);
    },
    isOpen: () => dialog.open,
    destroy() {
      watch.disconnect();
      if (url) URL.revokeObjectURL(url);
      dialog.remove();
    },
  };
}

/** @param {any} problem */
function problemRow(problem) {
  const row = el("div", { class: "wb-problem" }, [el("strong", { text: problem.message })]);
  if (problem.detail) row.append(el("div", { class: "wb-hint", text: problem.detail }));
  return row;
}

/** @param {string[]} words */
function pills(words) {
  return el("div", { class: "wb-pills" }, words.map((text) => el("span", { class: "wb-pill", text })));
}

/** Embedded values by standard, in the order people ask for them. @param {any[]} embedded @returns {[string, any[]][]} */
function groups(embedded) {
  const titles = ["Xmp", "Iptc", "Exif"];
  return titles.map((title) => [title.toUpperCase(), embedded.filter((row) => row.key.startsWith(`${title}.`))]);
}

/** @param {string} title @param {any[]} rows */
function rowsOf(title, rows) {
  if (!rows.length) return null;
  return section(title, [
    el(
      "dl",
      { class: "wb-rows" },
      rows.flatMap((row) => {
        const cut = row.length > row.value.length;
        const value = el("dd", { text: row.value });
        if (cut) value.append(el("span", { class: "wb-hint", text: ` … ${row.length.toLocaleString("en")} characters in all` }));
        const term = el("dt", { text: row.key.replace(/^(Xmp|Iptc|Exif)\./, ""), title: row.key });
        if (row.lang) term.append(el("span", { class: "wb-lang", text: row.lang }));
        return [term, value];
      }),
    ),
  ]);
}

/** @param {string} title @param {Node[]} inside @param {string} [style] */
function section(title, inside, style = "") {
  return el("section", { class: style }, [el("h3", { text: title }), ...inside]);
}
