// @ts-check
// The history: what happened, who did it and why; and beside it how things were right after any event.

import { asGroup, asWidget, begin, hearKeys } from "./js/as_widget.js";
import { button, el, helpPanel, icon, ICONS, showTrouble } from "./js/dom.js";
import { dayInWords, FIND_KEYS, STEPS, TIME_KEYS, whenOf } from "./js/history_keys.js";
import { commandOf, staysHere } from "./js/keys.js";
import { mountStage } from "./js/tag_stage.js";
import { inTurn, rested } from "./js/turns.js";

const KEYS = [...TIME_KEYS, ...FIND_KEYS];
const TYPING = 250;
let mounted = 0;

/** @param {HTMLElement} root @param {import("./js/channel.js").Channel} channel */
export function mountHistory(root, channel) {
  const uid = `wb-history-${(mounted += 1)}`;
  /** @type {any} */
  let page = null;
  /** What has been told so far, the latest first. @type {any[]} */
  let rows = [];
  let at = 0;
  let gone = false;

  const back = button("Back (B)", () => run("back"), { hidden: true }, [icon(ICONS.previous), "Back"]);
  const title = el("h3", { class: "wb-hist-title", dir: "auto" });
  const counted = el("span", { class: "wb-hint wb-hist-count" });
  const sound = el("span", { class: "wb-hist-sound", role: "status" });
  const head = el("header", { class: "wb-hist-bar" }, [
    el("div", { class: "wb-hist-side wb-hist-named" }, [back, title, counted]),
    el("div", { class: "wb-hist-side" }, [
      sound,
      button("Verify the chain of the ledger (V)", () => run("verify"), {}, ["Verify", el("kbd", { text: "V" })]),
      button("Look for what has happened since (R)", () => run("refresh"), {}, ["Look again", el("kbd", { text: "R" })]),
      button("Keyboard help (?)", () => run("help"), { class: "wb-button wb-round" }, ["?"]),
    ]),
  ]);
  const words = el("input", { type: "search", placeholder: "Words (F)", "aria-label": "Only events with these words", dir: "auto" });
  const people = el("select", { "aria-label": "Only what one person did" });
  const areas = el("div", { class: "wb-hist-areas", role: "group", "aria-label": "Kinds of events" });
  const chooser = el("div", { class: "wb-hist-bar wb-hist-chooser" }, [areas, el("div", { class: "wb-hist-side" }, [people, words])]);
  const troubles = el("div");

  const list = el("div", { class: "wb-hist-list", role: "listbox", tabindex: 0, "aria-label": "What happened, the latest first" });
  const slider = el("input", { type: "range", class: "wb-hist-slider", min: 0, step: 1, "aria-label": "Moment: from the first event to the latest" });
  const moment = el("strong", { class: "wb-hist-moment" });
  const stage = mountStage(async (image_id, edge) => (await channel.call("picture", { image_id, edge })).buffers[0], (command) => run(command));
  const whose = el("div", { class: "wb-hist-whose" });
  const then = el("div", { class: "wb-hist-then" });
  const side = el("section", { class: "wb-hist-panel", "aria-label": "As it was then" }, [
    el("div", { class: "wb-hist-time" }, [moment, slider]),
    stage.element,
    whose,
    then,
  ]);
  const main = el("div", { class: "wb-hist-main" }, [list, side]);
  const empty = el("div", { class: "wb-hist-empty", hidden: true });
  const status = el("span", { class: "wb-hint", role: "status", "aria-live": "polite" });
  asGroup(root, "wb-hist", "History");
  root.append(head, chooser, troubles, main, empty, el("footer", { class: "wb-hist-foot" }, [status]));

  /** @param {any} error @param {() => void} [retry] */
  function trouble(error, retry) {
    if (gone) return;
    showTrouble(troubles, error, retry);
  }

  // -- what there is

  const pages = inTurn({
    run: async (/** @type {[string, any]} */ [command, args]) => (await channel.call(command, args)).view,
    show: (told) => !gone && showPage(told),
    fail: (error) => trouble(error),
  });
  const moments = inTurn({
    run: async (/** @type {number} */ seq) => (await channel.call("moment", { seq })).view,
    show: (told) => !gone && showMoment(told),
    fail: (error) => trouble(error),
  });

  /** @param {any} told */
  function showPage(told) {
    const here = rows[at]?.seq;
    const same = page?.title === told.title;
    page = told;
    rows = told.rows;
    troubles.replaceChildren();
    back.hidden = !page.back;
    title.textContent = page.title;
    const fewer = page.listed < page.count ? `${page.listed.toLocaleString("en")} of ` : "";
    counted.textContent = `${fewer}${page.count.toLocaleString("en")} event${page.count === 1 ? "" : "s"}`;
    showSound(page.verified);
    showChooser();
    main.hidden = Boolean(page.empty);
    empty.hidden = !page.empty;
    if (page.empty) empty.replaceChildren(el("strong", { text: page.empty.title }), el("span", { class: "wb-hint", text: page.empty.hint }));
    status.textContent = page.searched ? `The words were looked for in the latest ${page.searched.toLocaleString("en")} events.` : "";
    list.replaceChildren();
    append(rows);
    slider.max = String(Math.max(0, page.listed - 1));
    const again = same ? rows.findIndex((one) => one.seq === here) : 0;
    if (rows.length) choose(Math.max(0, again));
  }

  function showChooser() {
    areas.replaceChildren(
      ...page.areas.map((/** @type {any} */ one, /** @type {number} */ place) =>
        button(`${one.label}: show or hide (${place + 1})`, () => toggle(place), { class: "wb-button wb-hist-area", "aria-pressed": String(one.on), "data-area": one.key }, [
          el("kbd", { text: String(place + 1) }),
          el("span", { text: one.label }),
          el("span", { class: "wb-hint", text: one.count.toLocaleString("en") }),
        ]),
      ),
    );
    people.hidden = page.people.length < 2;
    people.replaceChildren(el("option", { value: "", text: "Everybody" }), ...page.people.map((/** @type {[string, number]} */ [name, n]) => el("option", { value: name, text: `${name} (${n.toLocaleString("en")})` })));
    people.value = page.actor ?? "";
    if (root.ownerDocument.activeElement !== words) words.value = page.words;
  }

  /** @param {any} told */
  function showSound(told) {
    sound.className = `wb-hist-sound${told ? (told.ok ? " wb-hist-good" : " wb-hist-bad") : ""}`;
    sound.textContent = told ? (told.ok ? `✓ ${told.events.toLocaleString("en")} events verified` : `✗ ${told.says}`) : "";
    sound.title = told ? (told.ok ? `Last hash: ${told.head}` : told.hint) : "";
  }

  /** @param {any[]} more */
  function append(more) {
    const start = list.querySelectorAll(".wb-hist-row").length;
    more.forEach((one, offset) => {
      const { day } = whenOf(one.at);
      if (list.dataset.day !== day || !list.childElementCount) list.append(el("div", { class: "wb-hist-day", text: dayInWords(day) }));
      list.dataset.day = day;
      list.append(rowOf(one, start + offset));
    });
  }

  /** @param {any} one @param {number} place */
  function rowOf(one, place) {
    const many = one.images > 1 ? [el("span", { class: "wb-hint", text: ` ${one.images.toLocaleString("en")} images` })] : [];
    if (one.path) many.push(el("span", { class: "wb-hint wb-hist-which", dir: "auto", text: one.path }));
    return el("div", { class: "wb-hist-row", role: "option", id: `${uid}-${one.seq}`, "data-seq": one.seq, "data-area": one.area, "aria-selected": "false", onclick: () => choose(place) }, [
      el("span", { class: "wb-hist-clock", text: whenOf(one.at).time }),
      el("span", { class: "wb-hist-actor", dir: "auto", text: one.actor }),
      el("div", { class: "wb-hist-what" }, [
        el("div", {}, [el("span", { class: "wb-hist-said", dir: "auto", text: one.what }), ...many]),
        ...one.lines.map(lineOf),
        ...(one.reason ? [el("div", { class: "wb-hint wb-hist-why", dir: "auto", text: `“${one.reason}”` })] : []),
      ]),
    ]);
  }

  /** @param {[string, string | null, string | null]} line */
  function lineOf([label, before, after]) {
    const was = before && before !== after ? [el("del", { dir: "auto", text: before }), " → "] : [];
    const now = after ? el("span", { dir: "auto", text: after }) : el("i", { class: "wb-hint", text: after === "" ? "left empty" : "nothing" });
    return el("div", { class: "wb-hist-line" }, [el("span", { class: "wb-hint", text: label }), el("span", {}, [...was, now])]);
  }

  // -- a moment

  /** @param {number} place */
  async function choose(place) {
    const wanted = Math.max(0, Math.min(place, page.listed - 1));
    try {
      while (wanted >= rows.length && !gone) {
        const { view } = await channel.call("window", { start: rows.length });
        if (view.start !== rows.length || !view.rows.length) break;
        rows = rows.concat(view.rows);
        append(view.rows);
      }
    } catch (error) {
      return trouble(error);
    }
    if (gone || !rows[wanted]) return;
    at = wanted;
    const one = rows[at];
    list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    const row = list.querySelector(`[data-seq="${one.seq}"]`);
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    list.setAttribute("aria-activedescendant", `${uid}-${one.seq}`);
    slider.value = String(page.listed - 1 - at);
    const { day, time } = whenOf(one.at);
    slider.setAttribute("aria-valuetext", `${day} ${time}, ${one.what}`);
    moment.textContent = `${day} ${time} UTC`;
    root.dataset.seq = String(one.seq);
    moments.ask(one.seq, true);
  }

  /** @param {any} told */
  function showMoment(told) {
    root.dataset.shown = String(told.seq);
    void stage.show(told.image);
    stage.element.hidden = !told.image;
    const open = told.image && page.about !== "image" ? [button("Its whole history (Enter)", () => run("open"), { class: "wb-button wb-small" }, ["Its history", el("kbd", { text: "Enter" })])] : [];
    whose.replaceChildren(...(told.image ? [el("span", { class: "wb-hist-name", dir: "auto", text: told.image.path }), ...open] : []));
    const parts = told.values ? valuesOf(told) : [];
    if (page.about !== "image") parts.unshift(factsOf(told));
    then.replaceChildren(...parts);
  }

  /** @param {any} told */
  function valuesOf(told) {
    const heading = el("h4", { text: told.now ? "Values since then" : "Values at that moment" });
    if (!told.values.length) return [heading, el("p", { class: "wb-hint", text: "None." })];
    const filed = told.values.some((/** @type {any} */ one) => !one.by);
    return [
      heading,
      el("dl", { class: "wb-hist-values" }, told.values.flatMap((/** @type {any} */ one) => [
        el("dt", { class: one.changed ? "wb-hist-changed" : "", text: one.label, title: one.key }),
        el("dd", { class: one.changed ? "wb-hist-changed" : "" }, [
          el("span", { class: "wb-hist-text", dir: "auto", text: one.text || "left empty" }),
          el("span", { class: "wb-hint", dir: "auto", text: one.by ? `${one.by}, ${whenOf(one.at).day}` : one.origin }),
        ]),
      ])),
      ...(filed ? [el("p", { class: "wb-hint", text: "What the file itself says is as it was scanned last; the ledger keeps what people did." })] : []),
    ];
  }

  /** @param {any} told */
  function factsOf(told) {
    return el("dl", { class: "wb-hist-values wb-hist-facts" }, [
      el("dt", { text: "Up to this event" }),
      el("dd", {}),
      ...told.facts.flatMap((/** @type {[string, string]} */ [label, text]) => [el("dt", { text: label }), el("dd", { text })]),
    ]);
  }

  // -- doing

  /** @param {number} place */
  function toggle(place) {
    const one = page.areas[place];
    if (!one) return;
    const hidden = page.areas.filter((/** @type {any} */ each) => (each === one ? each.on : !each.on));
    pages.ask(["filter", { off: hidden.map((/** @type {any} */ each) => each.key) }]);
  }

  const typed = rested(() => pages.ask(["filter", { words: words.value }], true), TYPING);
  words.addEventListener("input", () => typed.later());
  people.addEventListener("change", () => pages.ask(["filter", { actor: people.value }]));
  slider.addEventListener("input", () => void choose(page.listed - 1 - Number(slider.value)));
  list.addEventListener("scroll", () => {
    if (page && rows.length < page.listed && list.scrollTop + list.clientHeight > list.scrollHeight - 400) void more();
  });
  let fetching = false;

  async function more() {
    if (fetching) return;
    fetching = true;
    try {
      const { view } = await channel.call("window", { start: rows.length });
      if (view.start === rows.length && !gone) {
        rows = rows.concat(view.rows);
        append(view.rows);
      }
    } catch (error) {
      trouble(error);
    }
    fetching = false;
  }

  async function verify() {
    status.textContent = "Verifying …";
    try {
      const { view } = await channel.call("verify");
      if (gone) return;
      status.textContent = view.ok ? `Every hash fits. The last one is ${view.head}.` : view.hint;
      showSound(view);
    } catch (error) {
      trouble(error);
    }
  }

  /** @param {string} command @param {string} [key] */
  function run(command, key = "") {
    if (command in STEPS) return void choose(STEPS[command] === Infinity ? page.listed - 1 : Math.max(0, at + STEPS[command]));
    if (["closer", "further", "fit", "actual"].includes(command)) return stage.perform(command);
    if (command === "area") return toggle(Number(key) - 1);
    if (command === "find") return words.focus();
    if (command === "verify") return void verify();
    if (command === "help") return help();
    if (command === "leave") return leave();
    if (command === "all") {
      words.value = "";
      return pages.ask(["filter", { off: [], actor: "", words: "" }]);
    }
    if (command === "open") {
      const image_id = rows[at]?.image_id;
      if (image_id && page.about !== "image") pages.ask(["open", { image_id }]);
      return;
    }
    pages.ask([command, {}]);
  }

  function help() {
    const there = root.querySelector(".wb-help");
    if (there) return there.remove();
    root.append(helpPanel([{ title: "Time", keys: TIME_KEYS }, { title: "Find, look, verify", keys: FIND_KEYS }], help));
  }

  function leave() {
    root.querySelector(".wb-help")?.remove();
    root.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target */
  function pressed(event, target) {
    if (!page) return;
    const writing = target === words || target === people;
    const command = writing ? (event.key === "Escape" || (event.key === "Enter" && target === words) ? "leave" : null) : commandOf(KEYS, event);
    if (!command || (target.tagName === "BUTTON" && event.key === "Enter")) return;
    event.preventDefault();
    run(command, event.key);
  }

  hearKeys(root, (event) => staysHere(KEYS, event), pressed);
  const off = channel.on("slow", (is) => (status.textContent = is ? "Python is busy …" : ""));
  void begin(root, channel, { show: showPage, trouble, gone: () => gone });

  return {
    destroy() {
      gone = true;
      typed.stop();
      off();
      stage.destroy();
    },
  };
}

export default asWidget(mountHistory);
