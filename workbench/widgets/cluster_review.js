// @ts-check
// The review of duplicates: one cluster a screen, two of its images side by side, and the keyboard.

import { asGroup, asWidget, begin, comeHome, hearKeys } from "./js/as_widget.js";
import { button, el, helpPanel, icon, ICONS, showTrouble } from "./js/dom.js";
import { DECIDE_KEYS, LOOK_KEYS, reviewCommandOf } from "./js/review_keys.js";
import { bulkPanel, counted, fateOf, mountMembers, panelOf, RELATION_NAMES, sizeWords } from "./js/review_panel.js";
import { staysInForm } from "./js/tag_keys.js";
import { caption, EDGE, mountTwins } from "./js/twin_view.js";

const THUMBS_KEPT = 600;
const SURE = [["0", "Any certainty"], ["0.9", "90 % sure or more"], ["0.99", "99 % sure or more"]];

/** @param {HTMLElement} root @param {import("./js/channel.js").Channel} channel */
export function mountReview(root, channel) {
  /** @type {any} */
  let page = null;
  let gone = false;
  /** What is to be compared next: another press before the answer goes on from there. @type {string | null} */
  let wanted = null;
  /** The last thing that was asked for: commands wait for each other. @type {Promise<any>} */
  let turn = Promise.resolve();
  /** @type {Map<string, string>} */
  const thumbs = new Map();
  const thumbOf = (/** @type {string} */ id) => thumbs.get(id);

  const title = el("span", { class: "wb-review-title", text: "Duplicates" });
  const where = el("span", { class: "wb-review-where" });
  const bar = el("span", { class: "wb-review-done", role: "progressbar", "aria-label": "Decided", "aria-valuemin": 0 }, [el("i")]);
  const pace = el("span", { class: "wb-review-pace" });
  const order = el("select", { "aria-label": "Order", onchange: () => run("order", { by: order.value }) });
  const kind = el("select", { "aria-label": "Kind", onchange: () => filter() });
  const sure = el("select", { "aria-label": "How sure", onchange: () => filter() }, SURE.map(([value, text]) => el("option", { value, text })));
  const bulk = button("Accept all of this kind, after a preview (A)", () => run("bulk"), {}, ["Accept all …"]);
  const head = el("header", { class: "wb-review-bar" }, [
    el("div", { class: "wb-review-side" }, [title, where]),
    el("div", { class: "wb-review-side wb-review-progress" }, [bar, pace]),
    el("div", { class: "wb-review-side" }, [kind, sure, order, bulk, button("Keyboard help (?)", () => help(), {}, ["?"])]),
  ]);
  const troubles = el("div", { class: "wb-review-troubles" });
  const status = el("span", { class: "wb-review-status", role: "status", "aria-live": "polite" });
  const twins = mountTwins(async (image_id, edge) => (await channel.call("picture", { image_id, edge })).buffers[0], thumbOf, say);
  const members = mountMembers({ look: (image_id) => run("look", { image_id }), keep: (image_id) => run("keeper", { image_id }) }, thumbOf);
  const verdict = el("div", { class: "wb-review-verdict", hidden: true });
  const panel = el("aside", { class: "wb-review-panel", "aria-label": "Why, metadata and files", tabindex: 0 });
  const accept = button("Accept: the keeper stays, the others may go (Enter)", () => run("accept"), { class: "wb-button wb-main" }, [icon(ICONS.check), el("span", { text: "Accept" }), el("kbd", { text: "Enter" })]);
  const variant = button("A variant: both stay (V)", () => run("variant"), {}, ["Variant", el("kbd", { text: "V" })]);
  const apartText = el("span", { text: "Not a duplicate" });
  const apart = button("Not a duplicate (N)", () => run("not_duplicate"), {}, [apartText, el("kbd", { text: "N" })]);
  const skip = button("Skip: comes again at the end (S)", () => run("skip"), {}, ["Skip", el("kbd", { text: "S" })]);
  const undo = button("Undo (U)", () => run("undo"), {}, ["Undo", el("kbd", { text: "U" })]);
  const foot = el("footer", { class: "wb-review-foot" }, [
    el("div", { class: "wb-review-side" }, [accept, variant, apart, skip, undo]),
    status,
  ]);
  const left = el("div", { class: "wb-review-left" }, [verdict, twins.element, members.element]);
  const main = el("div", { class: "wb-review-main" }, [left, panel]);
  const empty = el("div", { class: "wb-review-empty", hidden: true });
  asGroup(root, "wb-review", "Review of duplicates");
  root.append(head, troubles, main, empty, foot);

  // -- showing

  /** @param {string} words @param {boolean} [quiet] */
  function say(words, quiet = false) {
    status.textContent = words;
    status.classList.toggle("wb-hint", quiet);
  }

  /** @param {any} error @param {() => void} [retry] */
  function trouble(error, retry) {
    if (gone) return;
    showTrouble(troubles, error, retry);
    say(error?.message ?? String(error));
  }

  /** @param {any} told */
  function show(told) {
    const moved = page?.cluster?.id !== told.cluster?.id;
    page = told;
    if (moved) wanted = null;
    const cluster = page.cluster;
    empty.hidden = Boolean(cluster);
    main.hidden = !cluster;
    if (cluster) showCluster(cluster, moved);
    else {
      root.dataset.cluster = "";
      empty.replaceChildren(el("strong", { text: page.empty.title }), el("span", { class: "wb-hint", text: page.empty.hint }));
      void twins.show(null, null);
    }
    for (const one of [accept, variant, apart, skip]) one.disabled = !cluster;
    title.textContent = page.second ? "Second look at duplicates" : "Duplicates";
    bulk.hidden = page.second;
    undo.disabled = !page.undo;
    undo.title = page.undo ? `Undo: ${page.undo} (U)` : "Nothing to undo";
    showProgress();
    showChoices();
    if (moved) ahead();
  }

  /** @param {any} cluster @param {boolean} moved */
  function showCluster(cluster, moved) {
    const kept = cluster.members.find((/** @type {any} */ one) => one.image_id === cluster.keeper);
    const other = cluster.members.find((/** @type {any} */ one) => one.image_id === cluster.looked) ?? null;
    if (moved && twins.mode() !== "side") twins.perform("side");
    const given = [kept, other].map((one) => one && { ...one, proposed: one.image_id === cluster.proposed });
    void twins.show(given[0], given[1]);
    caption(twins.captions[0], kept, "stays", "wb-stays");
    caption(twins.captions[1], other, fateOf(other), other?.mark ? "wb-stays" : "wb-goes");
    if (other) twins.captions[1].append(button(`Keep image ${other.number} instead (${other.number < 10 ? other.number : "K"})`, () => run("keep"), { class: "wb-button wb-small" }, ["Keep this one"]));
    members.element.hidden = cluster.images < 3;
    members.show(cluster);
    panel.replaceChildren(...panelOf(cluster));
    if (moved) panel.scrollTop = 0;
    showVerdict(cluster);
    where.textContent = `${(cluster.place + 1).toLocaleString("en")} of ${cluster.count.toLocaleString("en")}`;
    const many = cluster.images > 2;
    apartText.textContent = many ? "This is no duplicate" : "Not a duplicate";
    apart.title = many ? "The one compared is no duplicate (N); none of them are (Shift + N)" : "Not a duplicate (N)";
    variant.title = many ? "The one compared is a variant (V); all of them are (Shift + V)" : "A variant: both stay (V)";
    accept.title = `Accept: ${kept.name} stays, ${sizeWords(cluster.gain)} may go (Enter)`;
    for (const one of [accept, variant, apart]) one.setAttribute("aria-label", one.title);
    root.dataset.cluster = cluster.id;
    void fetchThumbs(cluster.members.map((/** @type {any} */ one) => one.image_id));
    if (moved) say(`${RELATION_NAMES[cluster.relation] ?? cluster.relation}, ${counted(cluster.images, "image")}, ${sizeWords(cluster.gain)} to gain`, true);
  }

  /** @param {any} cluster */
  function showVerdict(cluster) {
    /** @type {Record<string, string>} */
    const words = { duplicate: "Accepted", variant: "Said to be variants", not_duplicate: "Said to be no duplicates", mixed: "Accepted in part", skipped: "Skipped" };
    const said = cluster.state !== "open" ? `${words[cluster.decision] ?? "Decided"} by ${cluster.decided_by ?? "somebody"}. What you say now counts.` : "";
    const held = cluster.held_by ? `${cluster.held_by} is at this cluster now.` : "";
    verdict.hidden = !said && !held;
    verdict.textContent = [said, held].filter(Boolean).join(" ");
  }

  function showProgress() {
    const { done, count, left: rest, skipped, gained, to_gain, per_hour, idle_after } = page.progress;
    bar.firstChild.style.width = `${count ? (100 * done) / count : 0}%`;
    bar.setAttribute("aria-valuemax", String(count));
    bar.setAttribute("aria-valuenow", String(done));
    const speed = per_hour === null ? "" : ` · ${Math.round(per_hour).toLocaleString("en")} an hour`;
    const later = skipped ? ` (${skipped.toLocaleString("en")} skipped)` : "";
    const bytes = page.second ? "" : ` · ${sizeWords(gained)} gained, ${sizeWords(to_gain)} to gain`;
    pace.textContent = `${done.toLocaleString("en")} decided · ${rest.toLocaleString("en")} left${later}${bytes}${speed}`;
    pace.title = `My pace counts working time; pauses longer than ${idle_after} seconds are left out.`;
    if (!page.cluster) where.textContent = "";
  }

  function showChoices() {
    const chosen = page.relations.length === 1 ? page.relations[0] : page.relations.length ? "some" : "";
    const kinds = page.kinds.map((/** @type {any} */ one) => [one.relation, `${RELATION_NAMES[one.relation] ?? one.relation} (${one.open.toLocaleString("en")})`]);
    const all = page.kinds.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.open, 0);
    const some = chosen === "some" ? [["some", "Several kinds"]] : [];
    options(kind, [["", `All kinds (${all.toLocaleString("en")})`], ...kinds, ...some], chosen);
    options(order, Object.entries(page.orders), page.order);
    sure.value = SURE.map(([value]) => value).find((value) => Number(value) === page.at_least) ?? "0";
  }

  /** @param {HTMLSelectElement} select @param {string[][]} wanted @param {string} value */
  function options(select, wanted, value) {
    const before = [...select.options].map((one) => `${one.value}\n${one.text}`).join("\n");
    if (before !== wanted.map(([key, text]) => `${key}\n${text}`).join("\n")) select.replaceChildren(...wanted.map(([key, text]) => el("option", { value: key, text })));
    select.value = value;
  }

  /** @param {string[]} ids */
  async function fetchThumbs(ids) {
    const missing = ids.filter((id) => !thumbs.has(id)).slice(0, 200);
    if (!missing.length) return;
    try {
      const { view, buffers } = await channel.call("thumbs", { image_ids: missing });
      for (const [id, at] of Object.entries(view.found)) thumbs.set(id, URL.createObjectURL(new Blob([/** @type {any} */ (buffers[at])])));
      while (thumbs.size > THUMBS_KEPT) {
        const [old, url] = /** @type {[string, string]} */ (thumbs.entries().next().value);
        URL.revokeObjectURL(url);
        thumbs.delete(old);
      }
      const found = Object.keys(view.found);
      members.thumbsCame(found);
      twins.thumbsCame(found);
      for (const place of root.querySelectorAll(".wb-bulk [data-thumb]")) {
        const url = thumbs.get(/** @type {HTMLElement} */ (place).dataset.thumb ?? "");
        if (url) place.replaceChildren(el("img", { src: url, alt: "" }));
      }
    } catch {
      // thumbnails are a convenience: the pictures tell of what is wrong
    }
  }

  /** Have the next clusters taken, loaded and rendered while somebody looks at this one. */
  function ahead() {
    void channel.call("peek", { edge: EDGE }).catch(() => {});
  }

  // -- doing

  /** One command after the other. @param {string} command @param {Record<string, any>} args */
  function ask(command, args) {
    const asked = turn.then(async () => (gone ? null : (await channel.call(command, args)).view));
    turn = asked.catch(() => {});
    return asked;
  }

  /** @param {string} command @param {Record<string, any>} [args] @param {string} [says] */
  async function perform(command, args = {}, says = "") {
    try {
      const told = await ask(command, args);
      if (!told || gone) return null;
      troubles.replaceChildren();
      show(told);
      if (says) say(says);
      if (told.finished && page.progress.left) say(`That was the last one for you: ${page.progress.left} left, with others or skipped.`);
      return told;
    } catch (error) {
      trouble(error);
      return null;
    }
  }

  function filter() {
    const relations = kind.value === "some" ? page.relations : kind.value ? [kind.value] : [];
    run("filter", { relations, at_least: Number(sure.value) });
  }

  /** @param {number} by */
  function look(by) {
    const others = page.cluster.members.filter((/** @type {any} */ one) => one.image_id !== page.cluster.keeper);
    const from = wanted ?? page.cluster.looked;
    const next = others[others.findIndex((/** @type {any} */ one) => one.image_id === from) + by];
    if (!next) return;
    wanted = next.image_id;
    void perform("look", { image_id: wanted, cluster_id: page.cluster.id }).then(() => {
      if (wanted === next.image_id) wanted = null;
    });
  }

  /** What is asked for without a key says which cluster it means, so that nothing unseen is decided. @param {string} command @param {Record<string, any>} [args] */
  function run(command, args = {}) {
    if (command === "help") return help();
    if (command === "leave") return leave();
    if (["closer", "further", "fit", "blink", "difference", "swap"].includes(command)) return page?.cluster && twins.perform(command);
    if (["undo", "next", "previous", "order", "filter"].includes(command)) return void perform(command, args);
    if (command === "bulk") return page?.second ? say("A second look is a look at each.") : void preview();
    if (!page?.cluster) return;
    const cluster_id = page.cluster.id;
    if (command === "look_next" || command === "look_previous") return look(command === "look_next" ? 1 : -1);
    if (command === "keep") return page.cluster.looked && perform("keeper", { image_id: page.cluster.looked, cluster_id });
    if (command === "all_variant" || command === "all_not_duplicate") return void perform(command.slice(4), { cluster_id, whole: true });
    return void perform(command, { cluster_id, ...args });
  }

  async function preview() {
    if (root.querySelector(".wb-bulk")) return;
    try {
      const told = await ask("bulk_preview", {});
      if (!told || gone) return;
      const close = () => {
        box.remove();
        root.focus();
      };
      const acceptThem = () => {
        close();
        void perform("bulk_accept", { token: told.token }).then((done) => done && say(`Accepted ${counted(done.accepted, "cluster")}. U takes it back.`));
      };
      const box = bulkPanel(told, { accept: acceptThem, close }, thumbOf);
      root.append(box);
      box.querySelector(".wb-main:not(:disabled)")?.focus();
      void fetchThumbs(told.examples.flatMap((/** @type {any} */ one) => one.members.map((/** @type {any} */ each) => each.image_id)));
    } catch (error) {
      trouble(error);
    }
  }

  function help() {
    const there = root.querySelector(".wb-help:not(.wb-bulk)");
    if (there) return there.remove();
    root.append(helpPanel([{ title: "Decide", keys: DECIDE_KEYS }, { title: "Look", keys: LOOK_KEYS }], help));
  }

  function leave() {
    const open = root.querySelector(".wb-help");
    if (open) {
      open.remove();
      return root.focus();
    }
    if (twins.mode() !== "side") return twins.perform("side");
    root.focus();
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target */
  function pressed(event, target) {
    const own = target.closest("button, select, summary");
    const command = reviewCommandOf(event);
    if (!command) return;
    if (own && (["Enter", " "].includes(event.key) || (own.tagName === "SELECT" && command !== "leave"))) return;
    if (target === panel && ["ArrowDown", "ArrowUp", "PageDown", "PageUp"].includes(event.key)) return;
    if (root.querySelector(".wb-bulk") && command !== "leave") return;
    event.preventDefault();
    if (command === "number") {
      if (page?.cluster && Number(event.key) <= page.cluster.images) run("keeper", { number: Number(event.key) });
      else if (page?.cluster) say(`There is no image ${event.key} here.`);
      return;
    }
    run(command);
  }

  hearKeys(root, staysInForm, pressed);
  comeHome(root, "select, summary, details, .wb-help, .wb-error", () => root.focus({ preventScroll: true }));
  const off = [
    channel.on("ahead", ({ image_id }) => void twins.fetched(image_id).catch(() => {})),
    channel.on("changed", (told) => show(told)),
    channel.on("slow", (is) => is && say("Python is busy …")),
  ];
  void begin(root, channel, { show, trouble, gone: () => gone });

  return {
    destroy() {
      gone = true;
      off.forEach((stop) => stop());
      twins.destroy();
      for (const url of thumbs.values()) URL.revokeObjectURL(url);
    },
  };
}

export default asWidget(mountReview);
