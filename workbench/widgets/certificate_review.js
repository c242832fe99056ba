// @ts-check
// The sample of a removal: one pair a screen, what would stay beside what would go, and the keyboard.

import { asGroup, asWidget, begin, comeHome, hearKeys } from "./js/as_widget.js";
import { certificateCommandOf, LOOK_AT_PAIR_KEYS, SAY_KEYS } from "./js/certificate_keys.js";
import { button, el, helpPanel, icon, ICONS, showTrouble } from "./js/dom.js";
import { panelOf } from "./js/review_panel.js";
import { staysInForm } from "./js/tag_keys.js";
import { caption, EDGE, mountTwins } from "./js/twin_view.js";

/** What was said of a pair → as people say it. @type {Record<string, string>} */
const SAID = { right: "right", wrong: "wrong", unsure: "not sure" };

/** @param {HTMLElement} root @param {import("./js/channel.js").Channel} channel */
export function mountCertificate(root, channel) {
  /** @type {any} */
  let page = null;
  let gone = false;
  /** The last thing that was asked for: commands wait for each other. @type {Promise<any>} */
  let turn = Promise.resolve();

  const title = el("span", { class: "wb-review-title", text: "Sample of a removal" });
  const where = el("span", { class: "wb-review-where" });
  const bar = el("span", { class: "wb-review-done", role: "progressbar", "aria-label": "Looked at", "aria-valuemin": 0 }, [el("i")]);
  const pace = el("span", { class: "wb-review-pace" });
  const head = el("header", { class: "wb-review-bar" }, [
    el("div", { class: "wb-review-side" }, [title, where]),
    el("div", { class: "wb-review-side wb-review-progress" }, [bar, pace]),
    button("Keyboard help (?)", () => help(), {}, ["?"]),
  ]);
  const troubles = el("div", { class: "wb-review-troubles" });
  const status = el("span", { class: "wb-review-status", role: "status", "aria-live": "polite" });
  const twins = mountTwins(async (image_id, edge) => (await channel.call("picture", { image_id, edge })).buffers[0], () => undefined, say);
  const verdict = el("div", { class: "wb-review-verdict", hidden: true });
  const panel = el("aside", { class: "wb-review-panel", "aria-label": "Why, metadata and files", tabindex: 0 });
  const missing = el("div", { class: "wb-certify-done", hidden: true });
  const left = el("div", { class: "wb-review-left" }, [verdict, twins.element, missing]);
  const main = el("div", { class: "wb-review-main" }, [left, panel]);
  const done = el("div", { class: "wb-certify-done", hidden: true });
  const right = button("Right: they are duplicates, and the better one stays (Enter)", () => run("right"), { class: "wb-button wb-main" }, [icon(ICONS.check), el("span", { text: "Right" }), el("kbd", { text: "Enter" })]);
  const wrong = button("Wrong: no duplicates, or the wrong one would stay (W)", () => run("wrong"), {}, ["Wrong", el("kbd", { text: "W" })]);
  const unsure = button("Not sure; it counts as wrong (S)", () => run("unsure"), {}, ["Not sure", el("kbd", { text: "S" })]);
  const back = button("Back to the last one (U)", () => run("back"), {}, ["Back", el("kbd", { text: "U" })]);
  const note = el("input", { class: "wb-certify-note", type: "text", maxlength: 2000, placeholder: "Why (C)", "aria-label": "Why: stands beside what you say of this pair" });
  const foot = el("footer", { class: "wb-review-foot" }, [el("div", { class: "wb-review-side" }, [right, wrong, unsure, back]), note, status]);
  asGroup(root, "wb-review", "Sample of a removal");
  root.classList.add("wb-certify");
  root.append(head, troubles, main, done, foot);

  // -- showing

  /** @param {string} words */
  function say(words) {
    status.textContent = words;
  }

  /** @param {any} error @param {() => void} [retry] */
  function trouble(error, retry) {
    if (gone) return;
    showTrouble(troubles, error, retry);
    say(error?.message ?? String(error));
  }

  /** @param {any} told */
  function show(told) {
    const moved = page?.pair?.place !== told.pair?.place || !page;
    page = told;
    const pair = page.pair;
    main.hidden = !pair;
    done.hidden = Boolean(pair);
    for (const one of [right, wrong, unsure, note]) one.disabled = !pair;
    back.disabled = !page.can_go_back;
    title.textContent = `Sample of ${page.what}`;
    root.dataset.pair = pair ? String(pair.place) : "";
    if (pair) showPair(pair, moved);
    else {
      void twins.show(null, null);
      done.replaceChildren(
        el("strong", { text: page.finished ? "All pairs have been looked at" : "Nothing to look at" }),
        el("p", { text: page.statement }),
        button("Look at them again, from the first (→)", () => run("next"), { class: "wb-button" }, ["Look at them again"]),
      );
    }
    showProgress();
    if (moved) void channel.call("peek", { edge: EDGE }).catch(() => {});
  }

  /** @param {any} pair @param {boolean} moved */
  function showPair(pair, moved) {
    const cluster = pair.cluster;
    where.textContent = `${pair.place + 1} of ${page.progress.count}`;
    if (moved) {
      note.value = pair.note;
      if (twins.mode() !== "side") twins.perform("side");
    }
    missing.hidden = Boolean(cluster);
    twins.element.hidden = !cluster;
    const said = pair.verdict ? `${pair.judged_by || "Somebody"} said: ${SAID[pair.verdict] ?? pair.verdict}. What you say now counts.` : "";
    verdict.hidden = !said && !pair.changed;
    verdict.textContent = [said, pair.changed].filter(Boolean).join(" ");
    if (!cluster) {
      void twins.show(null, null);
      panel.replaceChildren();
      missing.replaceChildren(el("strong", { text: "This pair can't be shown" }), el("p", { text: `${pair.missing} The sample was drawn from: ${pair.paths.join(" stays, ")} goes.` }));
      return;
    }
    const [kept, other] = [cluster.keeper, cluster.looked].map((id) => cluster.members.find((/** @type {any} */ one) => one.image_id === id));
    void twins.show({ ...kept, proposed: true }, { ...other, proposed: false });
    caption(twins.captions[0], kept, "would stay", "wb-stays");
    caption(twins.captions[1], other, "would go", "wb-goes");
    panel.replaceChildren(...panelOf(cluster));
    if (moved) panel.scrollTop = 0;
  }

  function showProgress() {
    const { count, done: looked, left: rest, wrong: off, per_hour } = page.progress;
    bar.firstChild.style.width = `${count ? (100 * looked) / count : 0}%`;
    bar.setAttribute("aria-valuemax", String(count));
    bar.setAttribute("aria-valuenow", String(looked));
    const speed = per_hour === null ? "" : ` · ${Math.round(per_hour).toLocaleString("en")} an hour`;
    pace.textContent = `${looked.toLocaleString("en")} looked at · ${rest.toLocaleString("en")} left · ${off.toLocaleString("en")} wrong or not sure${speed}`;
    if (!page.pair) where.textContent = "";
  }

  // -- doing

  /** @param {string} command @param {Record<string, any>} [args] @param {string} [says] */
  async function perform(command, args = {}, says = "") {
    const asked = turn.then(async () => (gone ? null : (await channel.call(command, args)).view));
    turn = asked.catch(() => {});
    try {
      const told = await asked;
      if (!told || gone) return;
      troubles.replaceChildren();
      show(told);
      say(says);
    } catch (error) {
      trouble(error);
    }
  }

  /** What is said says of which pair, so that nothing unseen is judged. @param {string} command */
  function run(command) {
    if (command === "help") return help();
    if (command === "leave") return leave();
    if (["closer", "further", "fit", "blink", "difference", "swap"].includes(command)) return page?.pair?.cluster && twins.perform(command);
    if (["back", "next", "previous"].includes(command)) return void perform(command);
    if (!page?.pair) return;
    if (command === "comment") return note.focus();
    const { place } = page.pair;
    void perform("judge", { verdict: command, place, note: note.value.trim() }, `${place + 1}: ${SAID[command]}`);
  }

  function help() {
    const there = root.querySelector(".wb-help");
    if (there) return there.remove();
    root.append(helpPanel([{ title: "Say", keys: SAY_KEYS }, { title: "Look", keys: LOOK_AT_PAIR_KEYS }], help));
  }

  function leave() {
    const open = root.querySelector(".wb-help");
    if (open) open.remove();
    else if (twins.mode() !== "side") twins.perform("side");
    root.focus();
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target */
  function pressed(event, target) {
    if (target === note && !["Escape", "Enter"].includes(event.key)) return;
    if (target === note) {
      event.preventDefault();
      return root.focus();
    }
    const command = certificateCommandOf(event);
    if (!command) return;
    if (target.closest("button") && ["Enter", " "].includes(event.key)) return;
    if (target === panel && ["PageDown", "PageUp"].includes(event.key)) return;
    event.preventDefault();
    run(command);
  }

  hearKeys(root, staysInForm, pressed);
  comeHome(root, "input, .wb-help, .wb-error", () => root.focus({ preventScroll: true }));
  const off = [
    channel.on("ahead", ({ image_id }) => void twins.fetched(image_id).catch(() => {})),
    channel.on("slow", (is) => is && say("Python is busy …")),
  ];
  void begin(root, channel, { show, trouble, gone: () => gone });

  return {
    destroy() {
      gone = true;
      off.forEach((stop) => stop());
      twins.destroy();
    },
  };
}

export default asWidget(mountCertificate);
