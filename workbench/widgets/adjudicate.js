// @ts-check
// Adjudication: a picture, what the field is for, two people's entries side by side, and one key that decides.

import { CHOOSE_KEYS, decideCommandOf, LOOK_KEYS, WRITE_KEYS, written } from "./js/adjudicate_keys.js";
import { asGroup, asWidget, begin, comeHome, hearKeys } from "./js/as_widget.js";
import { button, el, helpPanel, icon, ICONS, showTrouble } from "./js/dom.js";
import { staysInForm } from "./js/tag_keys.js";
import { suggestBox } from "./js/suggest_box.js";
import { EDGE, mountStage } from "./js/tag_stage.js";

const KEY_OF = /** @type {Record<string, string>} */ ({ left: "1", right: "2" });
let mounted = 0;

/** Whether terms are offered while a field is written, as in the form. @param {any} field */
const offersTerms = (field) => field.completes && (field.control === "chips" || (field.control === "text" && !field.long));

/** @param {HTMLElement} root @param {import("./js/channel.js").Channel} channel */
export function mountAdjudication(root, channel) {
  const uid = `wb-judge-${(mounted += 1)}`;
  /** @type {any} */
  let page = null;
  let gone = false;
  let warned = "";
  /** Terms offered while somebody writes; null where none are. @type {{key: (event: KeyboardEvent) => boolean} | null} */
  let terms = null;
  /** The last thing that was asked for: commands wait for each other. @type {Promise<any>} */
  let turn = Promise.resolve();

  const title = el("span", { class: "wb-judge-title" });
  const bar = el("span", { class: "wb-judge-done", role: "progressbar", "aria-label": "Decided", "aria-valuemin": 0 }, [el("i")]);
  const pace = el("span", { class: "wb-judge-pace" });
  const again = button("Look for what has been entered since (R)", () => run("refresh"), {}, ["Look again", el("kbd", { text: "R" })]);
  const head = el("header", { class: "wb-judge-bar" }, [
    el("div", { class: "wb-judge-side" }, [title]),
    el("div", { class: "wb-judge-side wb-judge-progress" }, [bar, pace]),
    el("div", { class: "wb-judge-side" }, [again, button("Keyboard help (?)", () => help(), {}, ["?"])]),
  ]);
  const troubles = el("div", { class: "wb-judge-troubles" });
  const status = el("span", { class: "wb-judge-status", role: "status", "aria-live": "polite" });
  const name = el("span", { class: "wb-judge-name", dir: "auto" });
  const stage = mountStage(async (image_id, edge) => (await channel.call("picture", { image_id, edge })).buffers[0], (command) => run(command));
  const label = el("h3", { class: "wb-judge-label", id: `${uid}-field` });
  const counted = el("span", { class: "wb-judge-counted wb-hint" });
  const guideline = el("div", { class: "wb-judge-guideline" });
  const cards = /** @type {Record<string, any>} */ ({});
  for (const side of ["left", "right"]) {
    cards[side] = el("button", { type: "button", class: "wb-judge-card", "data-side": side, onclick: () => run(side) });
  }
  const note = el("p", { class: "wb-judge-note" });
  const editing = el("div", { class: "wb-judge-edit", hidden: true });
  const comment = el("textarea", { class: "wb-input wb-judge-comment", rows: 1, maxlength: 2000, placeholder: "Why (optional)", id: `${uid}-why` });
  const edit = button("Neither: write what is right (E)", () => run("edit"), {}, ["Write another", el("kbd", { text: "E" })]);
  const skip = button("Skip: comes again at the end (S)", () => run("skip"), {}, ["Skip", el("kbd", { text: "S" })]);
  const undo = button("Undo (U)", () => run("undo"), {}, ["Undo", el("kbd", { text: "U" })]);
  const panel = el("section", { class: "wb-judge-panel", "aria-labelledby": `${uid}-field` }, [
    el("div", { class: "wb-judge-head" }, [label, counted]),
    guideline,
    el("div", { class: "wb-judge-cards" }, [cards.left, cards.right]),
    note,
    el("div", { class: "wb-judge-does" }, [edit, skip, undo]),
    editing,
    el("label", { class: "wb-judge-why", for: `${uid}-why` }, ["Comment ", el("kbd", { text: "C" })]),
    comment,
  ]);
  const main = el("div", { class: "wb-judge-main" }, [el("div", { class: "wb-judge-left" }, [stage.element]), panel]);
  const empty = el("div", { class: "wb-judge-empty", hidden: true });
  const foot = el("footer", { class: "wb-judge-foot" }, [name, status]);
  asGroup(root, "wb-judge", "Adjudication");
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

  const idOf = (/** @type {any} */ one) => (one ? `${one.image.image_id} ${one.field.key}` : "");

  /** @param {any} told */
  function show(told) {
    const moved = !page || idOf(page.difference) !== idOf(told.difference);
    page = told;
    title.textContent = page.title;
    const one = page.difference;
    main.hidden = !one;
    empty.hidden = Boolean(one);
    root.dataset.image = one?.image.image_id ?? "";
    root.dataset.field = one?.field.key ?? "";
    if (one) showDifference(one, moved);
    else {
      const back = page.undo ? [button(`Undo: ${page.undo} (U)`, () => run("undo"), {}, ["Undo the last decision", el("kbd", { text: "U" })])] : [];
      empty.replaceChildren(el("strong", { text: page.empty.title }), el("span", { class: "wb-hint", text: page.empty.hint }), ...back);
      name.textContent = "";
      void stage.show(null);
    }
    undo.disabled = !page.undo;
    undo.title = page.undo ? `Undo: ${page.undo} (U)` : "Nothing to undo";
    showProgress();
    if (moved && one) void channel.call("peek", { edge: EDGE }).catch(() => {});
  }

  /** @param {any} one @param {boolean} moved */
  function showDifference(one, moved) {
    void stage.show(one.image);
    name.textContent = one.image.path;
    label.textContent = one.field.label;
    const [at, of] = one.of_image;
    counted.textContent = of > 1 ? `difference ${at} of ${of} on this image` : "";
    const examples = one.field.examples.length ? [el("span", { class: "wb-hint", dir: "auto", text: `For example: ${one.field.examples.join("; ")}` })] : [];
    guideline.replaceChildren(...(one.field.help ? [el("span", { dir: "auto", text: one.field.help })] : []), ...examples);
    for (const side of ["left", "right"]) card(side, one[side]);
    const far = one.distance === null ? "" : ` Distance ${Number(one.distance.toFixed(3))}.`;
    note.replaceChildren(el("strong", { text: one.note }), el("span", { class: "wb-hint", text: ` Compared by: ${one.comparator.replaceAll("_", " ")}.${far}` }));
    if (!moved) return;
    warned = "";
    comment.value = "";
    closeEdit();
    panel.scrollTop = 0;
  }

  /** @param {string} side @param {any} told */
  function card(side, told) {
    const lines = told.lines.map((/** @type {any} */ line) =>
      el("span", { class: "wb-judge-line" }, [
        ...(line.name ? [el("span", { class: "wb-judge-lang", text: line.name === "x-default" ? page.difference.field.first || "default" : line.name })] : []),
        el("span", { class: "wb-judge-text", dir: "auto" }, line.parts.length ? line.parts.map((/** @type {[string, boolean]} */ [text, differs]) => (differs ? el("mark", { text: visible(text) }) : document.createTextNode(text))) : [el("span", { class: "wb-hint", text: "—" })]),
      ]),
    );
    if (!lines.length) lines.push(el("span", { class: "wb-hint wb-judge-line", text: "left empty" }));
    const says = side === "left" ? "The left entry is right (1)" : "The right entry is right (2)";
    cards[side].title = says;
    cards[side].setAttribute("aria-label", `${says}: ${told.lines.map((/** @type {any} */ line) => line.parts.map((/** @type {any} */ part) => part[0]).join("")).join("; ") || "left empty"}`);
    cards[side].replaceChildren(el("kbd", { text: KEY_OF[side] }), el("span", { class: "wb-judge-lines" }, lines));
  }

  /** Blanks that differ are shown as signs, or nobody would see them. @param {string} text */
  function visible(text) {
    return /^\s+$/.test(text) ? text.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll("\u00a0", "⍽") : text;
  }

  function showProgress() {
    const { done, left, count, per_hour, own, idle_after } = page.progress;
    bar.firstChild.style.width = `${count ? (100 * done) / count : 0}%`;
    bar.setAttribute("aria-valuemax", String(count));
    bar.setAttribute("aria-valuenow", String(done));
    const speed = per_hour === null ? "" : ` · ${Math.round(per_hour).toLocaleString("en")} an hour`;
    const mine = own ? ` · ${own.toLocaleString("en")} of your own, for somebody else` : "";
    pace.textContent = `${done.toLocaleString("en")} decided · ${left.toLocaleString("en")} left${mine}${speed}`;
    pace.title = `My pace counts working time; pauses longer than ${idle_after} seconds are left out.`;
  }

  // -- writing something else

  function openEdit() {
    const one = page?.difference;
    if (!one) return;
    const { control, languages } = one.field;
    const from = one.left.value ?? one.right.value;
    /** @type {[string, string][]} */
    let boxes = [["", Array.isArray(from) ? from.join("\n") : typeof from === "object" && from ? "" : String(from ?? "")]];
    if (control === "languages") {
      const known = { ...one.right.value, ...one.left.value };
      boxes = [...new Set([...languages, ...Object.keys(known)])].map((lang) => [lang, String(known[lang] ?? "")]);
    }
    const hint = control === "chips" ? "One entry a line. " : "";
    editing.replaceChildren(
      ...boxes.map(([lang, text]) => {
        const named = lang === "x-default" ? one.field.first || "default" : lang;
        const box = el("textarea", { class: "wb-input", rows: control === "chips" ? 4 : one.field.long ? 4 : 1, "data-lang": lang, dir: page.rtl.includes(lang) ? "rtl" : "auto", "aria-label": `${one.field.label}${lang ? `, ${named}` : ""}` });
        box.value = text;
        const listed = offersTerms(one.field) ? termsFor(box, one.field) : [];
        return el("label", { class: "wb-judge-box" }, [...(lang ? [el("span", { class: "wb-hint", text: named })] : []), el("span", { class: "wb-control" }, [box, ...listed])]);
      }),
      el("div", { class: "wb-judge-does" }, [
        button("Decide for this (Ctrl + Enter)", () => run("save"), { class: "wb-button wb-main" }, [icon(ICONS.check), el("span", { text: "This is right" }), el("kbd", { text: "Ctrl Enter" })]),
        el("span", { class: "wb-hint", text: `${hint}Esc leaves it.` }),
      ]),
    );
    editing.hidden = false;
    editing.querySelector("textarea")?.focus();
    editing.querySelector("textarea")?.select();
    editing.scrollIntoView({ block: "nearest" });
  }

  /** Terms for what is being written, as in the form: for a text, or for the line one is at. @param {any} box @param {any} field */
  function termsFor(box, field) {
    const many = field.control === "chips";
    const bounds = () => {
      const at = box.selectionStart ?? 0;
      const end = box.value.indexOf("\n", at);
      return many ? [box.value.lastIndexOf("\n", at - 1) + 1, end < 0 ? box.value.length : end] : [0, box.value.length];
    };
    const made = suggestBox(box, {
      find: async () => {
        const text = box.value.slice(...bounds()).trim();
        return text ? (await channel.call("complete", { field: field.key, text })).view.terms : [];
      },
      take(term) {
        const [from, to] = bounds();
        box.setRangeText(term, from, to, "end");
      },
      skip: (term) => many && box.value.split("\n").some((/** @type {string} */ line) => line.trim() === term),
      first: field.strict && !many,
    });
    terms = made;
    return [made.list];
  }

  function closeEdit() {
    terms = null;
    editing.hidden = true;
    editing.replaceChildren();
  }

  async function save() {
    const one = page?.difference;
    if (!one || editing.hidden) return;
    const boxes = [...editing.querySelectorAll("textarea")].map((box) => ({ lang: box.dataset.lang ?? "", text: box.value }));
    const value = written(one.field.control, boxes);
    const mine = idOf(one);
    const told = await perform("edit", { value, comment: comment.value, anyway: warned === `${mine} ${JSON.stringify(value)}`, image_id: one.image.image_id, field: one.field.key });
    if (!told?.refused) return void (told && root.focus({ preventScroll: true }));
    warned = `${mine} ${JSON.stringify(value)}`;
    say(`${told.refused[0].message} Ctrl + Enter again takes it as it is.`);
  }

  // -- doing

  /** One command after the other. @param {string} command @param {Record<string, any>} args */
  async function perform(command, args = {}) {
    const asked = turn.then(() => (gone ? null : channel.call(command, args)));
    turn = asked.catch(() => {});
    try {
      const told = (await asked)?.view;
      if (!told || gone) return null;
      troubles.replaceChildren();
      show(told);
      return told;
    } catch (error) {
      trouble(error);
      return null;
    }
  }

  /** A decision says what it is about, so that nothing unseen is decided. @param {string} side */
  function choose(side) {
    const one = page?.difference;
    if (!one) return;
    const [of, said] = [idOf(one), comment.value];
    void perform("choose", { side, comment: said, image_id: one.image.image_id, field: one.field.key }).then((told) => {
      if (told && idOf(told.difference) !== of) say(`${side === "left" ? "Left" : "Right"} it is. U takes it back.`, true);
    });
  }

  /** @param {string} command */
  function run(command) {
    if (command === "left" || command === "right") return choose(command);
    if (["closer", "further", "fit", "actual"].includes(command)) return stage.perform(command);
    if (command === "edit") return openEdit();
    if (command === "save") return void save();
    if (command === "comment") return comment.focus();
    if (command === "help") return help();
    if (command === "leave") return leave();
    void perform(command).then((told) => {
      if (!told) return;
      if (command === "undo") say("Taken back.", true);
      if (command === "refresh") say(`${told.progress.left.toLocaleString("en")} to be decided.`, true);
    });
  }

  function help() {
    const there = root.querySelector(".wb-help");
    if (there) return there.remove();
    root.append(helpPanel([{ title: "Decide", keys: CHOOSE_KEYS }, { title: "Look", keys: LOOK_KEYS }, { title: "While writing", keys: WRITE_KEYS }], help));
  }

  function leave() {
    const open = root.querySelector(".wb-help");
    if (open) open.remove();
    else if (!editing.hidden && root.ownerDocument.activeElement !== comment) closeEdit();
    root.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target */
  function pressed(event, target) {
    const writing = target.tagName === "TEXTAREA";
    if (terms && editing.contains(target) && terms.key(event)) return event.preventDefault();
    const command = decideCommandOf(event, writing);
    if (!command) return;
    if (writing && command === "save" && editing.hidden) return;
    event.preventDefault();
    run(command);
  }

  hearKeys(root, staysInForm, pressed);
  comeHome(root, "textarea, label, summary, details, .wb-help, .wb-error, .wb-judge-edit", () => editing.hidden && root.focus({ preventScroll: true }));
  const off = [
    channel.on("ahead", ({ image_id }) => void stage.fetched(image_id).catch(() => {})),
    channel.on("changed", (told) => show(told)),
    channel.on("slow", (is) => is && say("Python is busy …")),
  ];
  void begin(root, channel, { show, trouble, gone: () => gone });

  return {
    destroy() {
      gone = true;
      off.forEach((stop) => stop());
      stage.destroy();
    },
  };
}

export default asWidget(mountAdjudication);
